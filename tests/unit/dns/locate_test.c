#include "tests/unit/dns/dns_test.h"

#define A DNS_TYPE_A
#define AAAA DNS_TYPE_AAAA
#define SRV DNS_TYPE_SRV
#define NAPTR DNS_TYPE_NAPTR

static const struct zone_row zone[] = {
	/* The example of RFC 3263 4.1. */
	{ "example.com", NAPTR, 60, "100 50 s SIP+D2U - _sip._udp.example.com", SIP_OK },
	{ "example.com", NAPTR, 60, "50 50 s SIPS+D2T - _sips._tcp.example.com", SIP_OK },
	{ "example.com", NAPTR, 60, "90 50 s SIP+D2T - _sip._tcp.example.com", SIP_OK },
	{ "_sips._tcp.example.com", SRV, 60, "0 0 5061 server1.example.com", SIP_OK },
	{ "_sip._tcp.example.com", SRV, 60, "1 0 5070 server2.example.com", SIP_OK },
	{ "_sip._tcp.example.com", SRV, 60, "0 0 5060 server1.example.com", SIP_OK },
	{ "_sip._udp.example.com", SRV, 60, "0 0 5060 server2.example.com", SIP_OK },
	{ "server1.example.com", A, 60, "192.0.2.1", SIP_OK },
	{ "server2.example.com", A, 60, "192.0.2.2", SIP_OK },
	/* NAPTR records that do not apply. */
	{ "odd.test", NAPTR, 60, "10 50 s SIP+D2S - _sip._sctp.odd.test", SIP_OK },
	{ "odd.test", NAPTR, 60, "11 50 u SIP+D2U - _sip._udp.odd.test", SIP_OK },
	{ "odd.test", NAPTR, 60, "12 50 s E2U+sip - _sip._udp.odd.test", SIP_OK },
	{ "odd.test", NAPTR, 60, "13 50 s SIP+D2U !.! _sip._udp.odd.test", SIP_OK },
	{ "odd.test", NAPTR, 60, "14 50 s SIP+D2U - -", SIP_OK },
	{ "odd.test", NAPTR, 60, "20 60 S sip+d2u - second.other.test", SIP_OK },
	{ "odd.test", NAPTR, 60, "20 50 S sip+d2t - first.other.test", SIP_OK },
	{ "first.other.test", SRV, 60, "0 0 1111 a.test", SIP_OK },
	{ "second.other.test", SRV, 60, "0 0 2222 a.test", SIP_OK },
	/* No NAPTR. */
	{ "srv.test", NAPTR, 60, NULL, SIP_E_DNS },
	{ "_sip._tcp.srv.test", SRV, 60, "0 0 5062 a.test", SIP_OK },
	{ "_sip._udp.srv.test", SRV, 60, "0 0 5063 a.test", SIP_OK },
	{ "_sips._tcp.srv.test", SRV, 60, "0 0 5064 a.test", SIP_OK },
	{ "_ws._tcp.srv.test", SRV, 60, "0 0 8080 a.test", SIP_OK },
	/* NAPTR without SRV behind it. */
	{ "half.test", NAPTR, 60, "10 50 s SIP+D2T - _sip._tcp.half.test", SIP_OK },
	{ "half.test", A, 60, "192.0.2.9", SIP_OK },
	/* Not available. */
	{ "_sip._udp.none.test", SRV, 60, "0 0 0 -", SIP_OK },
	{ "_sip._tcp.none.test", SRV, 60, "0 0 0 -", SIP_OK },
	{ "none.test", A, 60, "192.0.2.9", SIP_OK },
	{ "_sip._udp.part.test", SRV, 60, "0 0 0 -", SIP_OK },
	{ "_sip._tcp.part.test", SRV, 60, "0 0 5060 a.test", SIP_OK },
	/* Addresses. */
	{ "a.test", A, 60, "192.0.2.7", SIP_OK },
	{ "dual.test", A, 60, "192.0.2.1", SIP_OK },
	{ "dual.test", A, 60, "192.0.2.2", SIP_OK },
	{ "dual.test", A, 60, "192.0.2.3", SIP_OK },
	{ "dual.test", AAAA, 60, "2001:db8::1", SIP_OK },
	{ "dual.test", AAAA, 60, "2001:db8::2", SIP_OK },
	{ "numeric.test", NAPTR, 60, "10 50 s SIP+D2U - n.numeric.test", SIP_OK },
	{ "n.numeric.test", SRV, 60, "0 0 5060 192.0.2.44", SIP_OK },
	{ NULL, DNS_TYPE_NONE, 0, NULL, SIP_OK },
};

struct row {
	const char *uri;
	unsigned kinds;
	const char *targets;
};

static enum sip_err find_rows(const struct row *rows, size_t count, unsigned *asked)
{
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_open(&w, zone));
	for (size_t i = 0; i < count; i++)
		FIND(&w, rows[i].uri, rows[i].kinds, &f, rows[i].targets);
	if (asked)
		*asked = w.zone.asked;
out:
	world_close(&w);
	return err;
}

/* RFC 3263 4.2: "If TARGET is a numeric IP address, the client uses that address. If the URI also contains a port, it
 * uses that port. If no port is specified, it uses the default port for the particular transport protocol." */
static enum sip_err test_locate_when_numeric_then_told_at_once(void)
{
	static const struct row rows[] = {
		{ "sip:192.0.2.1", USUAL, "udp 192.0.2.1:5060" },
		{ "sip:[2001:db8::1]", USUAL, "udp [2001:db8::1]:5060" },
		{ "sip:bob@192.0.2.1:5070", USUAL, "udp 192.0.2.1:5070" },
		{ "sip:192.0.2.1;transport=tcp", USUAL, "tcp 192.0.2.1:5060" },
		{ "sip:192.0.2.1;transport=tls", USUAL, "tls 192.0.2.1:5061" },
		{ "sips:192.0.2.1", USUAL, "tls 192.0.2.1:5061" },
		{ "sips:192.0.2.1;transport=tcp", USUAL, "tls 192.0.2.1:5061" },
		{ "sips:192.0.2.1:5070", USUAL, "tls 192.0.2.1:5070" },
		{ "sips:192.0.2.1;transport=ws", USUAL | KIND(WSS), "wss 192.0.2.1:443" },
		{ "sip:192.0.2.1;transport=ws", USUAL | KIND(WS), "ws 192.0.2.1:80" },
		{ "sip:192.0.2.1", KIND(TCP) | KIND(TLS), "tcp 192.0.2.1:5060" },
		{ "sip:192.0.2.1", KIND(TLS), "tls 192.0.2.1:5061" },
		{ "sip:example.com;maddr=192.0.2.5", USUAL, "udp 192.0.2.5:5060" },
		{ "sip:example.com;maddr=[2001:db8::5];transport=tcp", USUAL, "tcp [2001:db8::5]:5060" },
	};
	unsigned asked = 0;
	enum sip_err err = find_rows(rows, SIP_COUNTOF(rows), &asked);

	UNIT_EQ(asked, 0);
	return err;
}

static enum sip_err test_locate_when_numeric_then_allocates_nothing(void)
{
	struct sip_str text = SIP_STR("sip:alice@192.0.2.1:5080;transport=tcp");
	struct dns_locate_options o = { .kinds = USUAL, .has_ipv4 = true };
	struct dns_locate *l = NULL;
	struct found f = { 0 };
	struct sip_uri uri;
	enum sip_err err;
	struct world w;

	UNIT_TRY(world_open(&w, zone));
	UNIT_TRY(sip_uri_parse(text, &uri));
	o.uri = &uri;
	sip_mem_fail_at(1);
	err = dns_locate_start(w.resolver, &o, on_found, &f, &l);
	UNIT_CHECK(!sip_mem_has_failed());
	sip_mem_fail_at(0);
	UNIT_EQ(err, SIP_OK);
	UNIT_CHECK(l == NULL);
	UNIT_STR(sip_str_of(f.text), "tcp 192.0.2.1:5080");
	UNIT_EQ(f.first.path, 0);
	dns_mark_failed(w.resolver, &f.first);
	UNIT_EQ(w.resolver->marks.table.count, 0);
out:
	world_close(&w);
	return err;
}

/* 4.1: "if no transport protocol is specified, and the TARGET is not numeric, but an explicit port is provided, the
 * client SHOULD use UDP for a SIP URI, and TCP for a SIPS URI." 4.2: "performs an A or AAAA record lookup". */
static enum sip_err test_locate_when_port_then_addresses_only(void)
{
	static const struct row rows[] = {
		{ "sip:a.test:5080", USUAL, "udp 192.0.2.7:5080" },
		{ "sips:a.test:5080", USUAL, "tls 192.0.2.7:5080" },
		{ "sip:a.test:5080;transport=tcp", USUAL, "tcp 192.0.2.7:5080" },
		{ "sip:a.test.:5080", KIND(TCP), "tcp 192.0.2.7:5080" },
		{ "sip:nowhere.test:5080;maddr=A.TEST", USUAL, "udp 192.0.2.7:5080" },
	};
	unsigned asked = 0;
	enum sip_err err = find_rows(rows, SIP_COUNTOF(rows), &asked);

	UNIT_EQ(asked, 2);
	return err;
}

/* 4.1: "This indicates that the server supports TLS over TCP, TCP, and UDP, in that order of preference." */
static enum sip_err test_locate_when_naptr_then_its_order(void)
{
	static const struct row rows[] = {
		{ "sip:example.com", USUAL,
		  "tls 192.0.2.1:5061, tcp 192.0.2.1:5060, tcp 192.0.2.2:5070, udp 192.0.2.2:5060" },
		/* "Since the client supports TCP and UDP, TCP will be used" */
		{ "sip:example.com", KIND(UDP) | KIND(TCP),
		  "tcp 192.0.2.1:5060, tcp 192.0.2.2:5070, udp 192.0.2.2:5060" },
		/* "a client resolving a SIPS URI MUST discard any services that do not contain SIPS" */
		{ "sips:example.com", USUAL, "tls 192.0.2.1:5061" },
		/* "the client discards any records whose services fields are not applicable"; "It is not necessary for
		 * the domain suffixes in the NAPTR replacement field to match the domain of the original query" */
		{ "sip:odd.test", USUAL, "tcp 192.0.2.7:1111, udp 192.0.2.7:2222" },
		{ "sip:numeric.test", USUAL, "udp 192.0.2.44:5060" },
	};

	return find_rows(rows, SIP_COUNTOF(rows), NULL);
}

/* 4.1: "If no NAPTR records are found, the client constructs SRV queries for those transport protocols it supports" */
static enum sip_err test_locate_when_no_naptr_then_srv_of_each_kind(void)
{
	static const struct row rows[] = {
		{ "sip:srv.test", USUAL | KIND(WS), "udp 192.0.2.7:5063, tcp 192.0.2.7:5062, tls 192.0.2.7:5064" },
		{ "sip:srv.test", KIND(TCP), "tcp 192.0.2.7:5062" },
		{ "sip:srv.test", KIND(WS), "ws 192.0.2.7:8080" },
		{ "sips:srv.test", USUAL, "tls 192.0.2.7:5064" },
		/* No applicable NAPTR is as good as none. */
		{ "sip:half.test", KIND(UDP), "udp 192.0.2.9:5060" },
	};

	return find_rows(rows, SIP_COUNTOF(rows), NULL);
}

/* 4.2: "because a transport was specified explicitly, the client performs an SRV query for that specific transport,
 * using the service identifier "_sips" for SIPS URIs." */
static enum sip_err test_locate_when_transport_then_its_srv(void)
{
	static const struct row rows[] = {
		{ "sip:srv.test;transport=tcp", USUAL, "tcp 192.0.2.7:5062" },
		{ "sip:srv.test;transport=udp", USUAL, "udp 192.0.2.7:5063" },
		{ "sip:srv.test;transport=tls", USUAL, "tls 192.0.2.7:5064" },
		{ "sips:srv.test;transport=tcp", USUAL, "tls 192.0.2.7:5064" },
		{ "sip:a.test;transport=tcp", USUAL, "tcp 192.0.2.7:5060" },
		{ "sips:a.test;transport=udp", USUAL | KIND(DTLS), "dtls-udp 192.0.2.7:5061" },
	};

	return find_rows(rows, SIP_COUNTOF(rows), NULL);
}

/* 4.2: "If no SRV records were found, the client performs an A or AAAA record lookup of the domain name … at the
 * default port for that transport." 4.1: "the client SHOULD use TCP for a SIPS URI, and UDP for a SIP URI." */
static enum sip_err test_locate_when_no_srv_then_default_port(void)
{
	static const struct row rows[] = {
		{ "sip:a.test", USUAL, "udp 192.0.2.7:5060" },
		{ "sips:a.test", USUAL, "tls 192.0.2.7:5061" },
		{ "sip:a.test", KIND(TCP) | KIND(TLS), "tcp 192.0.2.7:5060" },
		/* "using the transport protocol determined previously": by NAPTR */
		{ "sip:half.test", USUAL, "tcp 192.0.2.9:5060" },
	};

	return find_rows(rows, SIP_COUNTOF(rows), NULL);
}

/* RFC 2782: "A Target of "." means that the service is decidedly not available at this domain." */
static enum sip_err test_locate_when_srv_is_dot_then_not_available(void)
{
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_open(&w, zone));
	FIND_ERR(&w, "sip:none.test", USUAL, &f, SIP_E_NOTFOUND);
	UNIT_EQ(f.count, 0);
	FIND(&w, "sip:part.test", USUAL, &f, "tcp 192.0.2.7:5060");
out:
	world_close(&w);
	return err;
}

static enum sip_err test_locate_when_dual_stack_then_families_in_turn(void)
{
	struct dns_locate_options o = { .host = SIP_STR_INIT("dual.test"), .port = 5060, .kinds = USUAL };
	struct dns_locate *l = NULL;
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_open(&w, zone));
	FIND(&w, "sip:dual.test:5060", USUAL, &f,
	     "udp [2001:db8::1]:5060, udp 192.0.2.1:5060, udp [2001:db8::2]:5060, udp 192.0.2.2:5060, "
	     "udp 192.0.2.3:5060");
	o.kind = SIP_TRANSPORT_UDP;
	o.has_ipv4 = true;
	o.targets_max = 2;
	memset(&f, 0, sizeof f);
	UNIT_TRY(dns_locate_start(w.resolver, &o, on_found, &f, &l));
	UNIT_TRY(f.err);
	UNIT_STR(sip_str_of(f.text), "udp 192.0.2.1:5060, udp 192.0.2.2:5060");
	o.has_ipv4 = false;
	o.has_ipv6 = true;
	UNIT_TRY(dns_locate_start(w.resolver, &o, on_found, &f, &l));
	UNIT_TRY(f.err);
	UNIT_STR(sip_str_of(f.text), "udp [2001:db8::1]:5060, udp [2001:db8::2]:5060");
	o.has_ipv6 = false;
	UNIT_EQ(dns_locate_start(w.resolver, &o, on_found, &f, &l), SIP_E_UNSUPPORTED);
	o.host = SIP_STR("192.0.2.1");
	o.has_ipv6 = true;
	UNIT_EQ(dns_locate_start(w.resolver, &o, on_found, &f, &l), SIP_E_UNSUPPORTED);
out:
	world_close(&w);
	return err;
}

/* RFC 3263 5, the sent-by of a Via. */
static enum sip_err test_locate_when_via_then_section_5(void)
{
	static const struct {
		const char *host;
		uint16_t port;
		enum sip_transport_kind kind;
		const char *targets;
	} rows[] = {
		/* "If it contains a numeric IP address, the server attempts to send the response to that address, using
		 * the transport protocol from the Via header, and the port from sent-by, if present" */
		{ "192.0.2.1", 0, SIP_TRANSPORT_TLS, "tls 192.0.2.1:5061" },
		{ "[2001:db8::1]", 5080, SIP_TRANSPORT_UDP, "udp [2001:db8::1]:5080" },
		/* "a domain name and a port number, the server queries for A or AAAA records with that name" */
		{ "a.test", 5080, SIP_TRANSPORT_TCP, "tcp 192.0.2.7:5080" },
		/* "a domain name and no port, the server queries for SRV records at that domain name using the service
		 * identifier "_sips" if the Via transport is "TLS", "_sip" otherwise" */
		{ "srv.test", 0, SIP_TRANSPORT_TLS, "tls 192.0.2.7:5064" },
		{ "srv.test", 0, SIP_TRANSPORT_UDP, "udp 192.0.2.7:5063" },
	};
	struct dns_locate *l = NULL;
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_open(&w, zone));
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		struct dns_locate_options o = { .kinds = USUAL, .has_ipv4 = true, .has_ipv6 = true };
		memset(&f, 0, sizeof f);
		o.host = sip_str_of(rows[i].host);
		o.port = rows[i].port;
		o.kind = rows[i].kind;
		UNIT_TRY(dns_locate_start(w.resolver, &o, on_found, &f, &l));
		world_wait(&w, &f.calls, 1);
		UNIT_TRY(f.err);
		UNIT_STR(sip_str_of(f.text), rows[i].targets);
	}
out:
	world_close(&w);
	return err;
}

static enum sip_err test_locate_when_nothing_fits_then_says_so(void)
{
	static const struct {
		const char *uri;
		unsigned kinds;
		enum sip_err err;
	} rows[] = {
		{ "sips:a.test", KIND(UDP) | KIND(TCP), SIP_E_UNSUPPORTED },
		{ "sip:a.test", 0, SIP_E_UNSUPPORTED },
		{ "sip:a.test;transport=tls", KIND(UDP), SIP_E_UNSUPPORTED },
		{ "sip:a.test;transport=sctp", USUAL, SIP_E_UNSUPPORTED },
		{ "sips:192.0.2.1;transport=udp", USUAL, SIP_E_UNSUPPORTED },
		{ "tel:+15551234", USUAL, SIP_E_UNSUPPORTED },
		{ "sip:nowhere.test", USUAL, SIP_E_NOTFOUND },
		{ "sip:nowhere.test:5060", USUAL, SIP_E_NOTFOUND },
	};
	struct dns_locate_options o = { .kinds = USUAL, .has_ipv4 = true, .kind = SIP_TRANSPORT_UDP };
	static const char *const bad[] = { "", ".", "a..b", ".a", "a b", "a\\b" };
	struct dns_locate *l = NULL;
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_open(&w, zone));
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++)
		FIND_ERR(&w, rows[i].uri, rows[i].kinds, &f, rows[i].err);
	for (size_t i = 0; i < SIP_COUNTOF(bad); i++) {
		o.host = sip_str_of(bad[i]);
		UNIT_EQ(dns_locate_start(w.resolver, &o, on_found, &f, &l), SIP_E_SYNTAX);
	}
	o.kind = SIP_TRANSPORT_NONE;
	UNIT_EQ(dns_locate_start(w.resolver, &o, on_found, &f, &l), SIP_E_INVAL);
out:
	world_close(&w);
	return err;
}

static void on_domain(void *arg, enum sip_err err, const struct dns_target *targets, size_t count)
{
	unsigned *calls = arg;

	UNIT_EQ(err, SIP_OK);
	for (size_t i = 0; i < count; i++)
		UNIT_STR(targets[i].domain, "example.com");
	++*calls;
}

/* RFC 5922: what is checked is the name before DNS. */
static enum sip_err test_locate_when_found_then_domain_is_the_one_asked_for(void)
{
	struct dns_locate_options o = { .kinds = USUAL, .has_ipv4 = true };
	struct dns_locate *l = NULL;
	struct sip_uri uri;
	unsigned calls = 0;
	enum sip_err err;
	struct world w;

	UNIT_TRY(world_open(&w, zone));
	UNIT_TRY(sip_uri_parse(SIP_STR("sips:example.com"), &uri));
	o.uri = &uri;
	UNIT_TRY(dns_locate_start(w.resolver, &o, on_domain, &calls, &l));
	UNIT_CHECK(l != NULL);
	world_wait(&w, &calls, 1);
	UNIT_EQ(calls, 1);
out:
	world_close(&w);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_locate_when_numeric_then_told_at_once),
	UNIT_CASE_NO_OOM(test_locate_when_numeric_then_allocates_nothing), /* sets its own failing allocation */
	UNIT_CASE(test_locate_when_port_then_addresses_only),
	UNIT_CASE(test_locate_when_naptr_then_its_order),
	UNIT_CASE(test_locate_when_no_naptr_then_srv_of_each_kind),
	UNIT_CASE(test_locate_when_transport_then_its_srv),
	UNIT_CASE(test_locate_when_no_srv_then_default_port),
	UNIT_CASE(test_locate_when_srv_is_dot_then_not_available),
	UNIT_CASE(test_locate_when_dual_stack_then_families_in_turn),
	UNIT_CASE(test_locate_when_via_then_section_5),
	UNIT_CASE(test_locate_when_nothing_fits_then_says_so),
	UNIT_CASE(test_locate_when_found_then_domain_is_the_one_asked_for),
};
SUITE(locate);
