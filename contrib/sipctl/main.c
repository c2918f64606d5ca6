/* sipctl: SIP from the command line. Each verb is a row. */
#include "contrib/sipctl/sipctl.h"

#include <stdio.h>

static const struct {
	const char *verb;
	int (*run)(int argc, char **argv);
	const char *help;
} verbs[] = {
	{ "parse", sipctl_parse, "[--json] [--stream] [FILE]   what the stack says of a message" },
	{ "options", sipctl_send, "URI [OPTION …]               sends OPTIONS" },
	{ "register", sipctl_send, "URI --contact URI [OPTION …] binds a contact (--expires 0 removes it)" },
	{ "message", sipctl_send, "URI --text TEXT [OPTION …]   sends a MESSAGE" },
	{ "locate", sipctl_locate, "URI [--dns ADDR:PORT]        where RFC 3263 says it goes" },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < SIP_COUNTOF(verbs); i++)
		if (strcmp(argv[1], verbs[i].verb) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	fputs("usage: sipctl VERB …\n", stderr);
	for (size_t i = 0; i < SIP_COUNTOF(verbs); i++)
		fprintf(stderr, "  sipctl %-8s %s\n", verbs[i].verb, verbs[i].help);
	fputs("options of those that send: --proxy URI, --from URI, --transport udp|tcp|tls|ws|wss|dtls, --user NAME, --password PASSWORD,\n"
	      "  --ca FILE, --cert FILE, --key FILE, --algorithm MD5|SHA-256, --expires SECONDS, --timeout SECONDS, --verbose\n",
	      stderr);
	return argc > 1 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
}
