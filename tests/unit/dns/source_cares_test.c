#include "tests/unit/dns/dns_test.h"

#include <stdio.h>
#include <unistd.h>

#define PATIENT_MS 20000 /* a try: a busy machine may answer late */

/* A name server on the same loop: the first label of the name says what it does. */
struct server {
	struct sip_loop *loop;
	struct sip_io io;
	char text[40];
	unsigned asked;
};
struct net {
	struct server server;
	struct dns_options options;
	struct dns_resolver *resolver;
};

enum { HEADER = 12, MESSAGE_MAX = 512 };

/* The question as it came, with these flags and counts; then `tail`. */
static void reply(struct server *s, const struct sockaddr_in *to, unsigned char *m, size_t len, unsigned rcode,
		  unsigned answers, const void *tail, size_t tail_len)
{
	m[2] = 0x85;
	m[3] = (unsigned char)(0x80 | rcode);
	m[7] = (unsigned char)answers;
	m[9] = m[11] = 0;
	memcpy(m + len, tail, tail_len);
	UNIT_CHECK(sendto(s->io.fd, m, len + tail_len, 0, (const struct sockaddr *)to, sizeof *to) > 0);
}

static void answer(struct server *s, const struct sockaddr_in *to, unsigned char *m, size_t len)
{
	static const unsigned char a[] = { 0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 5 };
	static const unsigned char junk[] = { 0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0, 60, 255, 255, 1 };
	size_t end = HEADER;

	while (end < len && m[end])
		end += m[end] + 1u;
	if (end + 5 > len)
		return;
	end += 5;
	switch (m[HEADER + 1]) {
	case 'a': /* an address */
		reply(s, to, m, end, 0, m[end - 3] == DNS_TYPE_A, a, m[end - 3] == DNS_TYPE_A ? sizeof a : 0);
		break;
	case 'n': /* NXDOMAIN */
		reply(s, to, m, end, 3, 0, a, 0);
		break;
	case 's': /* SERVFAIL */
		reply(s, to, m, end, 2, 0, a, 0);
		break;
	case 'j': /* junk */
		reply(s, to, m, end, 0, 1, junk, sizeof junk);
		break;
	default: /* silence */
		break;
	}
}

static void on_request(void *arg, unsigned events)
{
	struct server *s = arg;
	unsigned char m[MESSAGE_MAX + 64];
	struct sockaddr_in from;
	socklen_t from_len = sizeof from;
	ssize_t n = recvfrom(s->io.fd, m, MESSAGE_MAX, MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);

	(void)events;
	s->asked++;
	if (n >= HEADER)
		answer(s, &from, m, (size_t)n);
}

static enum sip_err server_open(struct server *s)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	UNIT_CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&in, sizeof in) == 0 &&
		   getsockname(fd, (struct sockaddr *)&in, &len) == 0);
	snprintf(s->text, sizeof s->text, "127.0.0.1:%u", ntohs(in.sin_port));
	sip_io_init(&s->io, fd, on_request, s);
	return sip_loop_add_io(s->loop, &s->io, SIP_IO_READ);
}

static enum sip_err net_open(struct net *n, unsigned timeout_ms)
{
	struct sip_loop_options o;
	enum sip_err err;

	memset(n, 0, sizeof *n);
	n->server.io.fd = -1;
	sip_loop_options_init(&o);
	o.name = "test";
	err = sip_loop_create(&o, &n->server.loop);
	if (err == SIP_OK)
		err = server_open(&n->server);
	if (err != SIP_OK) {
		if (n->server.io.fd >= 0)
			close(n->server.io.fd);
		n->server.io.fd = -1;
		return err;
	}
	dns_options_init(&n->options);
	n->options.loop = n->server.loop;
	n->options.servers = n->server.text;
	n->options.hosts_path = "";
	n->options.timeout_ms = timeout_ms;
	n->options.tries = 1;
	n->options.ttl_min = 0;
	return dns_resolver_create(&n->options, &n->resolver);
}

static void net_close(struct net *n)
{
	dns_resolver_destroy(&n->resolver);
	if (n->server.io.fd >= 0) {
		sip_loop_remove_io(n->server.loop, &n->server.io);
		close(n->server.io.fd);
	}
	sip_loop_unref(&n->server.loop);
}

struct heard {
	struct net *net;
	unsigned calls;
	enum sip_err err;
	size_t count;
	bool must_destroy;
};

static void on_heard(void *arg, enum sip_err err, const struct dns_target *targets, size_t count)
{
	struct heard *h = arg;

	(void)targets;
	h->calls++;
	h->err = err;
	h->count = count;
	sip_loop_wake(h->net->server.loop);
	if (h->must_destroy)
		dns_resolver_destroy(&h->net->resolver);
}

static enum sip_err ask_for(struct net *n, const char *host, struct heard *h)
{
	struct dns_locate_options o = { .port = 5060, .kind = SIP_TRANSPORT_UDP, .kinds = USUAL, .has_ipv4 = true,
					.has_ipv6 = true };
	struct dns_locate *l = NULL;

	h->net = n;
	o.host = sip_str_of(host);
	return dns_locate_start(n->resolver, &o, on_heard, h, &l);
}

static enum sip_err hear(struct net *n, const char *host, struct heard *h)
{
	enum sip_err err;

	memset(h, 0, sizeof *h);
	err = ask_for(n, host, h);
	for (int i = 0; i < 1000 && err == SIP_OK && h->calls == 0; i++)
		err = sip_loop_turn(n->server.loop, SIP_SECONDS(1));
	UNIT_EQ(h->calls, 1);
	return err == SIP_OK ? h->err : err;
}

static enum sip_err hear_one(const char *host, unsigned timeout_ms, enum sip_err expected)
{
	struct heard h;
	struct net n;
	enum sip_err err;

	UNIT_TRY(net_open(&n, timeout_ms));
	err = hear(&n, host, &h);
	if (err == SIP_E_NOMEM)
		goto out;
	UNIT_EQ(err, expected);
	UNIT_EQ(h.count, expected == SIP_OK ? 1 : 0);
	UNIT_CHECK(n.server.asked >= 2);
	err = SIP_OK;
out:
	net_close(&n);
	return err;
}

static enum sip_err test_cares_when_answered_then_found(void)
{
	return hear_one("a.test", PATIENT_MS, SIP_OK);
}

static enum sip_err test_cares_when_nxdomain_then_not_found(void)
{
	return hear_one("n.test", PATIENT_MS, SIP_E_NOTFOUND);
}

static enum sip_err test_cares_when_servfail_then_dns(void)
{
	return hear_one("s.test", PATIENT_MS, SIP_E_DNS);
}

static enum sip_err test_cares_when_junk_then_dns(void)
{
	return hear_one("j.test", PATIENT_MS, SIP_E_DNS);
}

static enum sip_err test_cares_when_silent_then_dns_after_the_time_out(void)
{
	return hear_one("x.test", 50, SIP_E_DNS);
}

static enum sip_err test_cares_when_name_is_none_of_the_wire_then_dns(void)
{
	static const char label[] = "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij.test";
	struct heard h;
	struct net n;
	enum sip_err err;

	UNIT_TRY(net_open(&n, PATIENT_MS));
	err = hear(&n, label, &h); /* RFC 1035 2.3.4: labels 63 octets or less */
	if (err == SIP_E_NOMEM)
		goto out;
	UNIT_EQ(err, SIP_E_DNS);
	UNIT_EQ(n.server.asked, 0);
	err = SIP_OK;
out:
	net_close(&n);
	return err;
}

/* Three searches are under way; the first one's answer ends them all. */
static enum sip_err test_cares_when_destroyed_within_the_call_back_then_all_end(void)
{
	static const char *const hosts[] = { "a1.test", "x2.test", "a3.test" };
	struct heard h[3];
	struct net n;
	enum sip_err err;

	memset(h, 0, sizeof h);
	UNIT_TRY(net_open(&n, PATIENT_MS));
	h[0].must_destroy = true;
	for (size_t i = 0; i < 3 && n.resolver; i++)
		UNIT_TRY(ask_for(&n, hosts[i], &h[i]));
	for (int i = 0; i < 1000 && h[0].calls == 0; i++)
		UNIT_TRY(sip_loop_turn(n.server.loop, SIP_SECONDS(1)));
	UNIT_CHECK(n.resolver == NULL);
	UNIT_EQ(h[0].calls, 1);
	UNIT_EQ(h[1].err, SIP_E_STOPPED);
	UNIT_EQ(h[2].calls, 1);
	err = h[0].err;
out:
	net_close(&n);
	return err;
}

/* A descriptor that cannot be watched would never be heard: what is under way ends at once. */
static enum sip_err test_cares_when_descriptors_cannot_be_watched_then_ends(void)
{
	struct sip_loop_options o;
	struct heard h = { 0 };
	struct net n;
	enum sip_err err;

	memset(&n, 0, sizeof n);
	n.server.io.fd = -1;
	sip_loop_options_init(&o);
	o.name = "test";
	o.poll = SIP_POLL_NONE;
	UNIT_TRY(sip_loop_create(&o, &n.server.loop));
	dns_options_init(&n.options);
	n.options.loop = n.server.loop;
	n.options.servers = "127.0.0.1:9";
	UNIT_TRY(dns_resolver_create(&n.options, &n.resolver));
	err = ask_for(&n, "a.test", &h);
	UNIT_EQ(h.calls, 1);
	UNIT_EQ(h.err, SIP_E_NOMEM);
out:
	net_close(&n);
	return err;
}

static enum sip_err test_cares_when_too_many_servers_then_limit(void)
{
	char servers[40 * 16];
	struct sip_buf b;
	struct net n;
	enum sip_err err;

	UNIT_TRY(net_open(&n, PATIENT_MS));
	sip_buf_init_fixed(&b, servers, sizeof servers);
	for (int i = 1; i <= 33; i++)
		sip_buf_putf(&b, "%s127.0.0.%d:53", i > 1 ? "," : "", i);
	n.options.servers = sip_buf_z(&b);
	dns_resolver_destroy(&n.resolver);
	err = dns_resolver_create(&n.options, &n.resolver);
	UNIT_EQ(err, SIP_E_LIMIT);
	n.options.servers = "127.0.0.1:53,nonsense";
	if (err == SIP_E_LIMIT)
		err = dns_resolver_create(&n.options, &n.resolver);
	UNIT_EQ(err, SIP_E_INVAL);
	err = err == SIP_E_NOMEM ? err : SIP_OK;
out:
	net_close(&n);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_cares_when_descriptors_cannot_be_watched_then_ends),
	UNIT_CASE(test_cares_when_too_many_servers_then_limit),
	UNIT_CASE(test_cares_when_answered_then_found),
	UNIT_CASE(test_cares_when_nxdomain_then_not_found),
	UNIT_CASE(test_cares_when_servfail_then_dns),
	UNIT_CASE(test_cares_when_junk_then_dns),
	UNIT_CASE(test_cares_when_silent_then_dns_after_the_time_out),
	UNIT_CASE(test_cares_when_name_is_none_of_the_wire_then_dns),
	UNIT_CASE(test_cares_when_destroyed_within_the_call_back_then_all_end),
};
SUITE(source_cares);
