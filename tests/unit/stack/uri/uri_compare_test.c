#include "tests/unit/stack/uri/uri_rooms_test.h"

struct pair {
	const char *a, *b;
};

static void check_pairs(const struct pair *pairs, size_t count, bool are_equal)
{
	static const struct sip_hash_key key = { { 7, 9 } };
	for (size_t i = 0; i < count; i++) {
		struct sip_uri a, b;
		UNIT_EQ(sip_uri_parse(sip_str_of(pairs[i].a), &a), SIP_OK);
		UNIT_EQ(sip_uri_parse(sip_str_of(pairs[i].b), &b), SIP_OK);
		unit_check(sip_uri_eq(&a, &b) == are_equal, pairs[i].a, __FILE__, __LINE__);
		unit_check(sip_uri_eq(&b, &a) == are_equal, pairs[i].b, __FILE__, __LINE__);
		if (are_equal)
			unit_check(sip_uri_hash(&key, &a) == sip_uri_hash(&key, &b), pairs[i].a, __FILE__, __LINE__);
	}
}

/* RFC 3261 19.1.4: "The URIs within each of the following sets are equivalent". */
static enum sip_err test_uri_eq_examples_of_the_rfc_are_equal(void)
{
	static const struct pair pairs[] = {
		{ "sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp" },
		{ "sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5" },
		{ "sip:carol@chicago.com", "sip:carol@chicago.com;security=on" },
		{ "sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on" },
		{ "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
		  "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com" },
		{ "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
		  "sip:alice@atlanta.com?priority=urgent&subject=project%20x" },
		{ "sip:carol@chicago.com", "sip:carol@chicago.com;security=off" },
	};
	check_pairs(pairs, SIP_COUNTOF(pairs), true);
	return SIP_OK;
}

/* RFC 3261 19.1.4: "The URIs within each of the following sets are not equivalent". */
static enum sip_err test_uri_eq_examples_of_the_rfc_are_not_equal(void)
{
	static const struct pair pairs[] = {
		{ "SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP" },
		{ "sip:bob@biloxi.com", "sip:bob@biloxi.com:5060" },
		{ "sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp" },
		{ "sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp" },
		{ "sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting" },
		{ "sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4" },
		{ "sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off" },
	};
	check_pairs(pairs, SIP_COUNTOF(pairs), false);
	return SIP_OK;
}

static enum sip_err test_uri_eq_rules_hold(void)
{
	static const struct pair equal[] = {
		{ "sip:a@h;lr", "sip:a@h" },                     { "sip:a@h;LR;x=1", "sip:a@h;y;lr" },
		{ "sip:*21#@h", "sip:*21%23@h" },
		{ "sip:a%2db@h", "sip:a-b@h" },                  { "sip:a%2Fb@h", "sip:a%2fb@h" },
		{ "sip:a:%70w@h", "sip:a:pw@h" },                { "sip:a@[::1]", "sip:a@[0:0::0001]" },
		{ "sip:a@h.", "sip:a@H" },                       { "sip:a@h;%78=%31", "sip:a@h;x=1" },
		{ "sip:a@h?Route=x&Route=y", "sip:a@h?route=y&ROUTE=x" },
		{ "sip:h?Subject=%41b", "sip:h?subject=aB" },
		{ "tel:+1-201-555-0123", "tel:+1(201)5550123" }, { "TEL:7042;a=b;phone-context=+1-2",
		"tel:70-42;phone-context=+12;A=b" },
		{ "tel:1;ext=1-2", "tel:1;EXT=12" },             { "HTTP:a", "http:a" },
	};
	static const struct pair different[] = {
		{ "sip:a@h", "sips:a@h" },                       { "sip:a@h", "sip:h" },
		{ "sip:a@h", "sip:a:@h" },                       { "sip:a:p@h", "sip:a:P@h" },
		{ "sip:a%3Bb@h", "sip:a;b@h" },                  { "sip:a@h;user=phone", "sip:a@h" },
		{ "sip:a@h;ttl=1", "sip:a@h" },                  { "sip:a@h;method=INVITE", "sip:a@h" },
		{ "sip:a@h;maddr=h", "sip:a@h" },                { "sip:a@h;transport=tcp", "sip:a@h;transport=udp" },
		{ "sip:a@h;x=1;x=2", "sip:a@h;x=1" },            { "sip:a@h;x", "sip:a@h;x=" },
		{ "sip:a@h?a=b", "sip:a@h?a=c" },                { "sip:a@h?a=b&a=b", "sip:a@h?a=b" },
		{ "sip:a@h?body=a", "sip:a@h?body=A" },          { "sip:a@h?Call-ID=a", "sip:a@h?Call-ID=A" },
		{ "sip:null-%00-null@h", "sip:null-@h" },        { "sip:%00@h", "sip:%00%00@h" },
		{ "tel:+1201", "tel:1201" },                     { "tel:1;a=b", "tel:1" },
		{ "tel:1;phone-context=a", "tel:1;phone-context=b" }, { "http:a", "http:A" },
		{ "http:a", "https:a" },                         { "sip:1@h", "tel:1" },
	};
	check_pairs(equal, SIP_COUNTOF(equal), true);
	check_pairs(different, SIP_COUNTOF(different), false);
	return SIP_OK;
}

/* The tail of a long user counts as well. */
static enum sip_err test_uri_hash_sees_the_whole_user(void)
{
	static const struct sip_hash_key key = { { 7, 9 } };
	char text[600];
	struct sip_uri u;
	memset(text, 'a', sizeof text);
	memcpy(text, "sip:", 4);
	memcpy(text + sizeof text - 2, "@h", 2);
	UNIT_EQ(sip_uri_parse(sip_str_make(text, sizeof text), &u), SIP_OK);
	uint64_t before = sip_uri_hash(&key, &u);
	text[sizeof text - 3] = 'b';
	UNIT_EQ(sip_uri_parse(sip_str_make(text, sizeof text), &u), SIP_OK);
	UNIT_CHECK(sip_uri_hash(&key, &u) != before);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_uri_eq_examples_of_the_rfc_are_equal),
	UNIT_CASE(test_uri_eq_examples_of_the_rfc_are_not_equal),
	UNIT_CASE(test_uri_eq_rules_hold),
	UNIT_CASE(test_uri_hash_sees_the_whole_user),
};
SUITE(uri_compare);
