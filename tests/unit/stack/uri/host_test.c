#include "tests/unit/stack/uri/uri_rooms_test.h"

static enum sip_err test_host_scan_takes_host_and_port(void)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
		size_t taken;
		enum sip_err err;
	} hosts[] = {
		{ "h", "h", 0, 1, SIP_OK },
		{ "pc33.example.com:5060;x", "pc33.example.com", 5060, 21, SIP_OK },
		{ "h : 1 ", "h", 1, 5, SIP_OK },
		{ "h ;", "h", 0, 1, SIP_OK },
		{ "192.0.2.1:00065535", "192.0.2.1", 65535, 18, SIP_OK },
		{ "[::1]:1", "[::1]", 1, 7, SIP_OK },
		{ "[fe80::1%25en_0-a.1]:1;x", "[fe80::1%25en_0-a.1]", 1, 22, SIP_OK },
		{ "[fe80::1%eth0]", "[fe80::1%eth0]", 0, 14, SIP_OK },
		{ "[fe80::1%]", "", 0, 0, SIP_E_SYNTAX },
		{ "[fe80::1%25e/0]", "", 0, 0, SIP_E_SYNTAX },
		{ "[fe80::1%25e", "", 0, 0, SIP_E_SYNTAX },
		{ "[%25eth0]", "", 0, 0, SIP_E_SYNTAX },
		{ "a_b.c.", "a_b.c.", 0, 6, SIP_OK },
		{ "h:0", "h", 0, 2, SIP_E_RANGE },
		{ "h:65536", "h", 0, 2, SIP_E_RANGE },
		{ "h:4294972356", "h", 0, 2, SIP_E_RANGE },
		{ "h:", "h", 0, 2, SIP_E_SYNTAX },
		{ "h:x", "h", 0, 2, SIP_E_SYNTAX },
		{ "", "", 0, 0, SIP_E_SYNTAX },
		{ ".h", "", 0, 0, SIP_E_SYNTAX },
		{ "-h", "", 0, 0, SIP_E_SYNTAX },
		{ "[::1", "", 0, 0, SIP_E_SYNTAX },
		{ "[x::]", "", 0, 0, SIP_E_SYNTAX },
		{ "[12]", "", 0, 0, SIP_E_SYNTAX },
	};
	for (size_t i = 0; i < SIP_COUNTOF(hosts); i++) {
		struct sip_scan s;
		struct sip_str host;
		uint16_t port;
		sip_scan_init(&s, sip_str_of(hosts[i].text));
		bool ok = sip_host_scan(&s, &host, &port);
		unit_check(ok == (hosts[i].err == SIP_OK), hosts[i].text, __FILE__, __LINE__);
		UNIT_EQ(s.err, hosts[i].err);
		UNIT_EQ(s.p - s.start, hosts[i].taken);
		UNIT_STR(host, hosts[i].host);
		if (ok)
			UNIT_EQ(port, hosts[i].port);
	}
	return SIP_OK;
}

static bool eq(const char *a, const char *b)
{
	bool forth = sip_host_eq(sip_str_of(a), sip_str_of(b));
	bool back = sip_host_eq(sip_str_of(b), sip_str_of(a));
	UNIT_EQ(forth, back);
	return forth;
}

static enum sip_err test_host_eq_compares_names_and_addresses(void)
{
	UNIT_CHECK(eq("Example.COM", "example.com."));
	UNIT_CHECK(!eq("example.com", "example.org"));
	UNIT_CHECK(!eq("example.com", "www.example.com"));
	UNIT_CHECK(eq("[2001:db8::1]", "[2001:DB8:0:0::1]"));
	UNIT_CHECK(eq("[2001:db8::1]", "2001:db8::1"));
	UNIT_CHECK(eq("[fe80::1%251]", "[FE80:0::1%25lo]"));
	UNIT_CHECK(!eq("[fe80::1%251]", "[fe80::1%252]"));
	UNIT_CHECK(!eq("[2001:db8::1]", "[2001:db8::2]"));
	UNIT_CHECK(eq("192.0.2.1", "192.0.2.1"));
	UNIT_CHECK(!eq("192.0.2.1", "192.0.2.10"));
	UNIT_CHECK(!eq("phone21.boxesbybob.com", "192.0.2.4"));
	UNIT_CHECK(!eq("", "a"));
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_host_scan_takes_host_and_port),
	UNIT_CASE(test_host_eq_compares_names_and_addresses),
};
SUITE(host);
