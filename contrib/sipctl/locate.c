/* sipctl locate: where RFC 3263 says a request to this URI goes. A loop of its own, run until the answer is there. */
#include "contrib/sipctl/sipctl.h"

#include "dns/dns.h"

#include <stdio.h>

enum { FOUND = 0, NOT_FOUND = 1, USAGE = 2 };

struct search {
	struct sip_loop *loop; /* lent */
	bool is_done;
	enum sip_err err;
};

static int usage(void)
{
	fputs("usage: sipctl locate URI [--dns ADDR:PORT]\n", stderr);
	return USAGE;
}

static int failed(const char *what, enum sip_err err)
{
	fprintf(stderr, "sipctl: %s: %s\n", what, sip_err_text(err));
	return NOT_FOUND;
}

static void on_located(void *arg, enum sip_err err, const struct dns_target *targets, size_t count)
{
	struct search *s = arg;
	char addr[SIP_ADDR_TEXT];

	s->is_done = true;
	s->err = err;
	sip_loop_stop(s->loop);
	for (size_t i = 0; i < count; i++) {
		struct sip_str kind = sip_transport_kinds[targets[i].kind].uri_name;
		printf("%.*s %s %.*s\n", SIP_STR_ARG(kind), sip_addr_text(&targets[i].addr, addr),
		       SIP_STR_ARG(targets[i].domain));
	}
}

static enum sip_err locate(struct sip_loop *loop, struct dns_resolver *resolver, const struct sip_uri *uri)
{
	struct search s = { loop, false, SIP_OK };
	struct dns_locate_options o = { 0 };
	struct dns_locate *search = NULL;
	enum sip_err err;

	o.uri = uri;
	o.kinds = (1u << SIP_TRANSPORT_KIND_COUNT) - 1u;
	o.has_ipv4 = o.has_ipv6 = true;
	err = dns_locate_start(resolver, &o, on_located, &s, &search);
	if (err == SIP_OK && !s.is_done)
		err = sip_loop_run(loop);
	if (!s.is_done)
		dns_locate_cancel(&search);
	return err == SIP_OK ? s.err : err;
}

static int locate_with(const char *uri_text, const char *servers)
{
	struct sip_loop_options lo;
	struct dns_options o;
	struct dns_resolver *resolver = NULL;
	struct sip_loop *loop = NULL;
	struct sip_uri uri;
	enum sip_err err;

	if (sip_uri_parse(sip_str_of(uri_text), &uri) != SIP_OK)
		return usage();
	sip_loop_options_init(&lo);
	lo.name = "sipctl";
	err = sip_loop_create(&lo, &loop);
	if (err != SIP_OK)
		return failed("loop", err);
	dns_options_init(&o);
	o.loop = loop;
	o.servers = servers;
	err = dns_resolver_create(&o, &resolver);
	if (err == SIP_OK)
		err = locate(loop, resolver, &uri);
	dns_resolver_destroy(&resolver);
	sip_loop_unref(&loop);
	return err == SIP_OK ? FOUND : failed(uri_text, err);
}

int sipctl_locate(int argc, char **argv)
{
	const char *uri = NULL, *servers = NULL;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--dns") == 0 && i + 1 < argc && !servers)
			servers = argv[++i];
		else if (argv[i][0] != '-' && !uri)
			uri = argv[i];
		else
			return usage();
	}
	return uri ? locate_with(uri, servers) : usage();
}
