#include "tests/unit/stack/header/header_rooms_test.h"

static enum sip_err test_via_parse_plain_gives_its_parts(void)
{
	struct sip_via v;
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP pc33.example.com:5066;branch=z9hG4bKnashds8;received=192.0.2.101;x"), &v),
		SIP_OK);
	UNIT_STR(v.protocol, "SIP/2.0");
	UNIT_STR(v.transport_text, "UDP");
	UNIT_EQ(v.transport, SIP_TRANSPORT_UDP);
	UNIT_STR(v.host, "pc33.example.com");
	UNIT_EQ(v.port, 5066);
	UNIT_STR(v.branch, "z9hG4bKnashds8");
	UNIT_STR(v.received, "192.0.2.101");
	UNIT_STR(v.params, "branch=z9hG4bKnashds8;received=192.0.2.101;x");
	UNIT_CHECK(v.maddr.p == NULL);
	UNIT_CHECK(!v.has_rport);
	UNIT_CHECK(sip_via_has_cookie(&v));
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/TLS h"), &v), SIP_OK);
	UNIT_EQ(v.transport, SIP_TRANSPORT_TLS);
	UNIT_STR(v.host, "h");
	UNIT_EQ(v.port, 0);
	UNIT_CHECK(!sip_via_has_cookie(&v));
	return SIP_OK;
}

/* RFC 3261 20.42: "Even though this specification mandates ... white space is allowed around the slashes and colon." */
static enum sip_err test_via_parse_space_everywhere_is_skipped(void)
{
	struct sip_via v;
	UNIT_EQ(sip_via_parse(SIP_STR("SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 "
				      ";branch=z9hG4bKa7c6a8dlze.1 (comment?)"), &v), SIP_OK);
	UNIT_STR(v.protocol, "SIP / 2.0");
	UNIT_EQ(v.transport, SIP_TRANSPORT_UDP);
	UNIT_STR(v.host, "first.example.com");
	UNIT_EQ(v.port, 4000);
	UNIT_STR(v.maddr, "224.2.0.1");
	UNIT_STR(v.branch, "z9hG4bKa7c6a8dlze.1");
	UNIT_EQ(sip_via_parse(SIP_STR("SIP  / 2.0\r\n / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8"), &v),
		SIP_OK);
	UNIT_EQ(v.transport, SIP_TRANSPORT_TCP);
	UNIT_STR(v.host, "spindle.example.com");
	UNIT_STR(v.branch, "z9hG4bK9ikj8");
	return SIP_OK;
}

static enum sip_err test_via_parse_ipv6_is_taken_with_brackets(void)
{
	struct sip_via v;
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP [2001:db8::9:1]:6050;received=2001:db8::9:255;branch=z9hG4bKas3"), &v),
		SIP_OK);
	UNIT_STR(v.host, "[2001:db8::9:1]");
	UNIT_EQ(v.port, 6050);
	UNIT_STR(v.received, "2001:db8::9:255");
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP [::ffff:192.0.2.10];received=[2001:db8::9:255];branch=z9hG4bKas3"), &v),
		SIP_OK);
	UNIT_STR(v.host, "[::ffff:192.0.2.10]");
	UNIT_STR(v.received, "[2001:db8::9:255]");
	return SIP_OK;
}

/* RFC 3581 3: "rport" with and without a value. */
static enum sip_err test_via_parse_rport_may_be_empty(void)
{
	struct sip_via v;
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h;rport;branch=z9hG4bK1"), &v), SIP_OK);
	UNIT_CHECK(v.has_rport);
	UNIT_EQ(v.rport, 0);
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h;RPORT=;branch=z9hG4bK1"), &v), SIP_OK);
	UNIT_CHECK(v.has_rport);
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h;rport=9988;branch=z9hG4bK1"), &v), SIP_OK);
	UNIT_EQ(v.rport, 9988);
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h;rport=65536"), &v), SIP_E_RANGE);
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h;rport=0"), &v), SIP_E_RANGE);
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h;rport=x"), &v), SIP_E_SYNTAX);
	return SIP_OK;
}

/* RFC 4475 3.1.1.10: "Via header fields ... with unknown transports". 3.1.1.2: any token as the branch. */
static enum sip_err test_via_parse_unknown_transport_is_taken(void)
{
	struct sip_via v;
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bK-.!%66*_+`'~"), &v), SIP_OK);
	UNIT_EQ(v.transport, SIP_TRANSPORT_NONE);
	UNIT_STR(v.transport_text, "UNKNOWN");
	UNIT_STR(v.branch, "z9hG4bK-.!%66*_+`'~");
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/udp t4;branch=Z9HG4BKx"), &v), SIP_OK);
	UNIT_EQ(v.transport, SIP_TRANSPORT_UDP);
	UNIT_CHECK(sip_via_has_cookie(&v));
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h;branch=390skdjuw"), &v), SIP_OK);
	UNIT_CHECK(!sip_via_has_cookie(&v));
	return SIP_OK;
}

/* Only what stands apart from a whole parameter is a comment, once. */
static enum sip_err test_via_parse_parentheses_may_be_a_name_or_a_value(void)
{
	struct sip_via v;
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h;a= (c) (e)"), &v), SIP_OK);
	UNIT_STR(v.params, "a= (c)");
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h;a= (c)"), &v), SIP_OK);
	UNIT_STR(v.params, "a= (c)");
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h;a; (c) (e (f))"), &v), SIP_OK);
	UNIT_STR(v.params, "a; (c)");
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h;a=\"b) (c\";d)"), &v), SIP_OK);
	UNIT_STR(v.params, "a=\"b) (c\";d)");
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h;a; (c)"), &v), SIP_OK);
	UNIT_STR(v.params, "a; (c)");
	return SIP_OK;
}

static enum sip_err test_via_parse_broken_fails(void)
{
	static const char *const broken[] = {
		"", "SIP", "SIP/2.0", "SIP/2.0/", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0/UDP ;branch=1", "SIP/2.0 UDP h",
		"/2.0/UDP h", "SIP//UDP h", "SIP/2.0/ h", "SIP/2.0/UDP,h", "SIP/2.0/UDP 192.0.2.15;;,;,,",
		"SIP/2.0/UDP 192.0.2.15;;", "SIP/2.0/UDP h:", "SIP/2.0/UDP h:x", "SIP/2.0/UDP h g",
		"SIP/2.0/UDP [::1", "SIP/2.0/UDP []", "SIP/2.0/UDP [1.2.3.4]", "SIP/2.0/UDP 2001:db8::1",
		"SIP/2.0/UDP h;branch", "SIP/2.0/UDP h;branch=", "SIP/2.0/UDP h;branch=a;branch=b", "SIP/2.0/UDP h;=a",
		"SIP/2.0/UDP h;rport;rport", "SIP/2.0/UDP h;a=\"b", "SIP/2.0/UDP h;a b", "SIP/2.0/UDP h;a=<", "SIP/2.0/UDP @h",
		"SIP/2.0/UDP h)", "SIP/2.0/UDP h())", "(((((((((())", "SIP/2.0/UDP h;received=a;received=b", "SIP/2.0/UDP %41",
	};
	struct sip_via v;
	for (size_t i = 0; i < SIP_COUNTOF(broken); i++) {
		enum sip_err err = sip_via_parse(sip_str_of(broken[i]), &v);
		unit_check(err == SIP_E_SYNTAX, broken[i], __FILE__, __LINE__);
	}
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h;"), &v), SIP_OK);
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h;branch=b ;"), &v), SIP_OK);
	UNIT_STR(v.branch, "b");
	UNIT_EQ(sip_via_parse(SIP_STR("a/b/c d"), &v), SIP_OK);
	UNIT_STR(v.host, "d");
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h:65536"), &v), SIP_E_RANGE);
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h:0"), &v), SIP_E_RANGE);
	UNIT_EQ(sip_via_parse(SIP_STR("SIP/2.0/UDP h:99999999999999999999999"), &v), SIP_E_RANGE);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_via_parse_plain_gives_its_parts),
	UNIT_CASE(test_via_parse_space_everywhere_is_skipped),
	UNIT_CASE(test_via_parse_ipv6_is_taken_with_brackets),
	UNIT_CASE(test_via_parse_rport_may_be_empty),
	UNIT_CASE(test_via_parse_unknown_transport_is_taken),
	UNIT_CASE(test_via_parse_parentheses_may_be_a_name_or_a_value),
	UNIT_CASE(test_via_parse_broken_fails),
};
SUITE(via);
