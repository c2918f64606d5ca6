/* dns over c-ares and real sockets, against a dnsmasq of our own and ports where nobody answers. */
#include "contrib/sipctl/sipctl.h"
#include "dns/dns.h"
#include "tests/support/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A try: an answer may come late on a busy machine; of a server that does not answer nothing is to be waited for. */
#define PATIENT_MS 20000
#define BESIDE_A_DEAD_ONE_MS 3000
#define DEAD_MS 300

enum { SKIPPED = 77, BIG = 60, MANY = 50, TURNS_MAX = 2000 };

static pid_t server_pid;
static char server[40];  /* "127.0.0.1:port" */
static char silent[40];  /* bound, never read */
static char refusing[40]; /* not bound */

/* ---- the servers --------------------------------------------------------------------------------------------- */
static int bind_port(int type, uint16_t port, char text[40])
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in.sin_port = htons(port);
	if (fd < 0 || bind(fd, (struct sockaddr *)&in, sizeof in) != 0 ||
	    getsockname(fd, (struct sockaddr *)&in, &len) != 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	snprintf(text, 40, "127.0.0.1:%u", ntohs(in.sin_port));
	return fd;
}

/* A port that is free for UDP and TCP at this moment. */
static bool find_port(char text[40])
{
	for (int i = 0; i < 100; i++) {
		char again[40];
		int udp = bind_port(SOCK_DGRAM, 0, text);
		uint16_t port = udp < 0 ? 0 : (uint16_t)strtoul(strchr(text, ':') + 1, NULL, 10);
		int tcp = port == 0 ? -1 : bind_port(SOCK_STREAM, port, again);
		if (udp >= 0)
			close(udp);
		if (tcp >= 0) {
			close(tcp);
			return true;
		}
	}
	return false;
}

static void exec_server(int log_fd)
{
	static char port[48], big[BIG][80];
	static const char *fixed[] = {
		"dnsmasq", "-d", "-C", "/dev/null", "--no-resolv", "--no-hosts", "--log-facility=-",
		"--listen-address=127.0.0.1", "--bind-interfaces", "--local=/test/", "--local-ttl=60",
		"--naptr-record=example.test,20,50,S,SIP+D2U,,_sip._udp.example.test",
		"--naptr-record=example.test,10,50,S,SIP+D2T,,_sip._tcp.example.test",
		"--srv-host=_sip._tcp.example.test,a.example.test,5070,10,60",
		"--srv-host=_sip._tcp.example.test,b.example.test,5071,20,0",
		"--srv-host=_sip._udp.example.test,b.example.test,5060,0,0",
		"--host-record=a.example.test,192.0.2.1,2001:db8::1", "--host-record=b.example.test,192.0.2.2",
		"--cname=alias.example.test,a.example.test", port,
	};
	const char *argv[SIP_COUNTOF(fixed) + BIG + 1];
	size_t n = 0;

	snprintf(port, sizeof port, "--port=%s", strchr(server, ':') + 1);
	for (; n < SIP_COUNTOF(fixed); n++)
		argv[n] = fixed[n];
	for (int i = 0; i < BIG; i++) {
		snprintf(big[i], sizeof big[i], "--srv-host=_sip._udp.big.test,a.example.test,%d,%d,0", 6000 + i, i);
		argv[n++] = big[i];
	}
	argv[n] = NULL;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(log_fd, STDERR_FILENO);
	execvp("dnsmasq", (char *const *)(uintptr_t)argv);
	execv("/usr/sbin/dnsmasq", (char *const *)(uintptr_t)argv);
	_exit(SKIPPED);
}

/* It says so on its log when it has begun. */
static bool start_server(void)
{
	char text[4096];
	size_t len = 0;
	ssize_t n;
	int fds[2];

	if (!find_port(server) || pipe(fds) != 0)
		return false;
	server_pid = fork();
	if (server_pid == 0)
		exec_server(fds[1]);
	close(fds[1]);
	while (len + 1 < sizeof text && (n = read(fds[0], text + len, sizeof text - 1 - len)) > 0) {
		len += (size_t)n;
		text[len] = '\0';
		if (strstr(text, "started, version"))
			return true;
	}
	text[len] = '\0';
	fprintf(stderr, "dnsmasq did not start: %s\n", text);
	return false;
}

/* ---- the client ---------------------------------------------------------------------------------------------- */
struct client {
	struct sip_loop *loop;
	struct dns_resolver *resolver;
	unsigned calls;
	enum sip_err err;
	size_t count;
	char text[4096];
};

static void on_located(void *arg, enum sip_err err, const struct dns_target *targets, size_t count)
{
	struct client *c = arg;
	struct sip_buf b;

	c->calls++;
	c->err = err;
	c->count = count;
	sip_loop_wake(c->loop);
	sip_buf_init_fixed(&b, c->text, sizeof c->text - 1);
	for (size_t i = 0; i < count; i++) {
		sip_buf_put_z(&b, i ? ", " : "");
		sip_buf_put_str(&b, sip_transport_kinds[targets[i].kind].uri_name);
		sip_buf_put_char(&b, ' ');
		sip_addr_put(&b, &targets[i].addr);
	}
	c->text[b.len] = '\0';
}

static enum sip_err client_open(struct client *c, const char *servers, enum sip_poll_kind poll, unsigned timeout_ms)
{
	struct sip_loop_options lo;
	struct dns_options o;
	enum sip_err err;

	memset(c, 0, sizeof *c);
	sip_loop_options_init(&lo);
	lo.name = "dns";
	lo.poll = poll;
	err = sip_loop_create(&lo, &c->loop);
	if (err != SIP_OK)
		return err;
	dns_options_init(&o);
	o.loop = c->loop;
	o.servers = servers;
	o.hosts_path = "";
	o.timeout_ms = timeout_ms;
	o.tries = 1;
	return dns_resolver_create(&o, &c->resolver);
}

static void client_close(struct client *c)
{
	dns_resolver_destroy(&c->resolver);
	sip_loop_unref(&c->loop);
}

static enum sip_err client_start(struct client *c, const char *text, struct dns_locate **l)
{
	struct dns_locate_options o;
	struct sip_uri uri;
	enum sip_err err = sip_uri_parse(sip_str_of(text), &uri);

	if (err != SIP_OK)
		return err;
	memset(&o, 0, sizeof o);
	o.uri = &uri;
	o.kinds = 1u << SIP_TRANSPORT_UDP | 1u << SIP_TRANSPORT_TCP | 1u << SIP_TRANSPORT_TLS;
	o.has_ipv4 = o.has_ipv6 = true;
	return dns_locate_start(c->resolver, &o, on_located, c, l);
}

static void client_wait(struct client *c, unsigned calls)
{
	for (int i = 0; i < TURNS_MAX && c->calls < calls; i++)
		UNIT_EQ(sip_loop_turn(c->loop, SIP_SECONDS(10)), SIP_OK);
	UNIT_EQ(c->calls, calls);
}

static enum sip_err client_find(struct client *c, const char *uri)
{
	struct dns_locate *l = NULL;
	enum sip_err err;

	c->calls = 0;
	err = client_start(c, uri, &l);
	if (err == SIP_OK)
		client_wait(c, 1);
	return err == SIP_OK ? c->err : err;
}

static void check_example(struct client *c)
{
	UNIT_EQ(client_find(c, "sip:example.test"), SIP_OK);
	UNIT_STR(sip_str_of(c->text),
		 "tcp [2001:db8::1]:5070, tcp 192.0.2.1:5070, tcp 192.0.2.2:5071, udp 192.0.2.2:5060");
}

static enum sip_err find_with(enum sip_poll_kind poll)
{
	struct client c;
	enum sip_err err;

	UNIT_TRY(client_open(&c, server, poll, PATIENT_MS));
	check_example(&c);
	UNIT_EQ(client_find(&c, "sip:192.0.2.9"), SIP_OK);
	UNIT_STR(sip_str_of(c.text), "udp 192.0.2.9:5060");
	UNIT_EQ(client_find(&c, "sip:alias.example.test:5080;transport=tcp"), SIP_OK);
	UNIT_STR(sip_str_of(c.text), "tcp [2001:db8::1]:5080, tcp 192.0.2.1:5080");
	UNIT_EQ(client_find(&c, "sip:b.example.test"), SIP_OK);
	UNIT_STR(sip_str_of(c.text), "udp 192.0.2.2:5060");
	UNIT_EQ(client_find(&c, "sip:nowhere.test"), SIP_E_NOTFOUND);
	/* Refused by this server: nobody answered. */
	UNIT_EQ(client_find(&c, "sip:example.org:5060"), SIP_E_DNS);
out:
	client_close(&c);
	return err;
}

static enum sip_err test_dns_when_dnsmasq_answers_then_targets(void)
{
	return find_with(SIP_POLL_EPOLL);
}

static enum sip_err test_dns_when_loop_is_poll_then_the_same(void)
{
	return find_with(SIP_POLL_POLL);
}

static enum sip_err test_dns_when_answer_is_truncated_then_tcp(void)
{
	struct client c;
	enum sip_err err;

	UNIT_TRY(client_open(&c, server, SIP_POLL_EPOLL, PATIENT_MS));
	UNIT_EQ(client_find(&c, "sip:big.test;transport=udp"), SIP_OK);
	UNIT_EQ(c.count, 32);
	UNIT_CHECK(strncmp(c.text, "udp [2001:db8::1]:6000, udp 192.0.2.1:6000, udp [2001:db8::1]:6001", 66) == 0);
out:
	client_close(&c);
	return err;
}

static enum sip_err test_dns_when_a_server_is_dead_then_the_other_answers(void)
{
	const char *const dead[] = { silent, refusing };
	struct client c = { 0 };
	enum sip_err err = SIP_OK;
	char servers[100];

	for (size_t i = 0; i < 2; i++) {
		snprintf(servers, sizeof servers, "%s,%s", dead[i], server);
		UNIT_TRY(client_open(&c, servers, SIP_POLL_EPOLL, BESIDE_A_DEAD_ONE_MS));
		/* A host of one family: the other's answer may come too late to be waited for. */
		UNIT_EQ(client_find(&c, "sip:example.test;transport=udp"), SIP_OK);
		UNIT_STR(sip_str_of(c.text), "udp 192.0.2.2:5060");
		client_close(&c);
	}
out:
	client_close(&c);
	return err;
}

static enum sip_err test_dns_when_every_server_is_dead_then_dns(void)
{
	const char *const dead[] = { silent, refusing };
	struct client c = { 0 };
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < 2; i++) {
		UNIT_TRY(client_open(&c, dead[i], SIP_POLL_EPOLL, DEAD_MS));
		UNIT_EQ(client_find(&c, "sip:example.test:5060"), SIP_E_DNS);
		client_close(&c);
	}
out:
	client_close(&c);
	return err;
}

static enum sip_err start_many(struct client *c)
{
	enum sip_err err = SIP_OK;

	for (unsigned i = 0; i < MANY && err == SIP_OK; i++) {
		struct dns_locate *l = NULL;
		char uri[60];
		snprintf(uri, sizeof uri, "sip:n%u.example.test:5060", i);
		err = client_start(c, uri, &l);
	}
	return err;
}

static enum sip_err test_dns_when_many_at_once_then_all_answered(void)
{
	struct client c;
	enum sip_err err;

	UNIT_TRY(client_open(&c, server, SIP_POLL_EPOLL, PATIENT_MS));
	UNIT_TRY(start_many(&c));
	client_wait(&c, MANY);
	UNIT_EQ(c.err, SIP_E_NOTFOUND);
	UNIT_EQ(dns_resolver_cached(c.resolver), 2 * MANY);
out:
	client_close(&c);
	return err;
}

static enum sip_err test_dns_when_destroyed_with_queries_under_way_then_stopped(void)
{
	struct client c;
	enum sip_err err;

	UNIT_TRY(client_open(&c, silent, SIP_POLL_EPOLL, DEAD_MS));
	UNIT_TRY(start_many(&c));
	UNIT_EQ(c.calls, 0);
	dns_resolver_destroy(&c.resolver);
	UNIT_EQ(c.calls, MANY);
	UNIT_EQ(c.err, SIP_E_STOPPED);
out:
	client_close(&c);
	return err;
}

static void on_located_destroy(void *arg, enum sip_err err, const struct dns_target *targets, size_t count)
{
	struct client *c = arg;

	on_located(arg, err, targets, count);
	dns_resolver_destroy(&c->resolver);
}

static enum sip_err test_dns_when_destroyed_within_the_call_back_then_safe(void)
{
	struct dns_locate_options o = { .port = 5060, .kind = SIP_TRANSPORT_UDP, .kinds = 1, .has_ipv4 = true };
	struct dns_locate *l = NULL;
	struct client c;
	enum sip_err err;

	UNIT_TRY(client_open(&c, server, SIP_POLL_EPOLL, PATIENT_MS));
	o.host = SIP_STR("a.example.test");
	UNIT_TRY(dns_locate_start(c.resolver, &o, on_located_destroy, &c, &l));
	UNIT_TRY(start_many(&c));
	client_wait(&c, 1 + MANY);
	UNIT_CHECK(c.resolver == NULL);
out:
	client_close(&c);
	return err;
}

static enum sip_err test_dns_when_servers_are_nonsense_then_invalid(void)
{
	struct client c;

	UNIT_EQ(client_open(&c, "not an address", SIP_POLL_EPOLL, DEAD_MS), SIP_E_INVAL);
	client_close(&c);
	return SIP_OK;
}

/* ---- sipctl locate ------------------------------------------------------------------------------------------- */
static int run_sipctl(char **argv, char *text, size_t size)
{
	int argc = 0, status, saved = dup(STDOUT_FILENO), old_err = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	size_t n = 0;

	while (argv[argc])
		argc++;
	UNIT_CHECK(file != NULL && saved >= 0 && old_err >= 0);
	if (!file)
		return -1;
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	status = sipctl_locate(argc, argv);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	dup2(old_err, STDERR_FILENO);
	close(saved);
	close(old_err);
	rewind(file);
	n = fread(text, 1, size - 1, file);
	text[n] = '\0';
	fclose(file);
	return status;
}

static enum sip_err test_sipctl_locate_prints_targets(void)
{
	static char verb[] = "locate", dns[] = "--dns", uri[] = "sip:bob@example.test", none[] = "sip:nowhere.test",
		    bad[] = "bob", numeric[] = "sips:192.0.2.1";
	char *const found[] = { verb, uri, dns, server, NULL }, *const not_found[] = { verb, dns, server, none, NULL };
	char *const usage[] = { verb, NULL }, *const nonsense[] = { verb, bad, NULL };
	char *const num[] = { verb, numeric, NULL };
	char text[2000], *argv[5];

#define RUN(args) (memcpy(argv, args, sizeof args), run_sipctl(argv, text, sizeof text))
	UNIT_EQ(RUN(found), 0);
	UNIT_CHECK(strstr(text, "tcp [2001:db8::1]:5070 example.test\ntcp 192.0.2.1:5070 example.test\n"
				"tcp 192.0.2.2:5071 example.test\nudp 192.0.2.2:5060 example.test\n") == text);
	UNIT_EQ(RUN(num), 0);
	UNIT_STR(sip_str_of(text), "tls 192.0.2.1:5061 192.0.2.1\n");
	UNIT_EQ(RUN(not_found), 1);
	UNIT_EQ(RUN(usage), 2);
	UNIT_EQ(RUN(nonsense), 2);
#undef RUN
	return SIP_OK;
}

/* Not run again for each allocation: the network between them is not ours to repeat. */
static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_dns_when_dnsmasq_answers_then_targets),
	UNIT_CASE_NO_OOM(test_dns_when_loop_is_poll_then_the_same),
	UNIT_CASE_NO_OOM(test_dns_when_answer_is_truncated_then_tcp),
	UNIT_CASE_NO_OOM(test_dns_when_a_server_is_dead_then_the_other_answers),
	UNIT_CASE_NO_OOM(test_dns_when_every_server_is_dead_then_dns),
	UNIT_CASE_NO_OOM(test_dns_when_many_at_once_then_all_answered),
	UNIT_CASE_NO_OOM(test_dns_when_destroyed_with_queries_under_way_then_stopped),
	UNIT_CASE_NO_OOM(test_dns_when_destroyed_within_the_call_back_then_safe),
	UNIT_CASE_NO_OOM(test_dns_when_servers_are_nonsense_then_invalid),
	UNIT_CASE_NO_OOM(test_sipctl_locate_prints_targets),
};
static const struct unit_suite dns_suite = { "live/dns", cases, SIP_COUNTOF(cases) };

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = { &dns_suite };
	int silent_fd, status = 0, result;

	if (!start_server()) {
		if (server_pid > 0 && waitpid(server_pid, &status, 0) > 0 && WIFEXITED(status) &&
		    WEXITSTATUS(status) == SKIPPED)
			return SKIPPED;
		return 1;
	}
	silent_fd = bind_port(SOCK_DGRAM, 0, silent);
	if (silent_fd < 0 || !find_port(refusing))
		return 1;
	result = unit_main(argc, argv, suites, 1);
	close(silent_fd);
	kill(server_pid, SIGTERM);
	waitpid(server_pid, &status, 0);
	return result;
}
