#include "tests/unit/stack/uri/uri_rooms_test.h"

static enum sip_err test_uri_parse_everything_gives_its_parts(void)
{
	struct sip_uri u;
	struct sip_str value;
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:alice:se=cret@Atlanta.com:5070;"
				      "transport=tcp;x=%41;lr?subject=project%20x&to=a"), &u),
		SIP_OK);
	UNIT_EQ(u.scheme, SIP_URI_SIP);
	UNIT_STR(u.scheme_text, "sip");
	UNIT_CHECK(u.has_user);
	UNIT_STR(u.user, "alice");
	UNIT_STR(u.password, "se=cret");
	UNIT_STR(u.host, "Atlanta.com");
	UNIT_EQ(u.port, 5070);
	UNIT_STR(u.params, "transport=tcp;x=%41;lr");
	UNIT_STR(u.headers, "subject=project%20x&to=a");
	UNIT_EQ(sip_uri_transport(&u), SIP_TRANSPORT_TCP);
	UNIT_CHECK(sip_uri_has_param(&u, SIP_URI_PARAM_LR));
	UNIT_CHECK(!sip_uri_has_param(&u, SIP_URI_PARAM_MADDR));
	UNIT_CHECK(sip_uri_find_param(&u, SIP_STR("X"), &value));
	UNIT_STR(value, "%41");
	UNIT_CHECK(!sip_uri_find_param(&u, SIP_STR("y"), &value));
	return SIP_OK;
}

static enum sip_err test_uri_parse_shapes_gives_user_and_host(void)
{
	static const struct {
		const char *text;
		enum sip_uri_scheme scheme;
		const char *user, *host;
		uint16_t port;
	} shapes[] = {
		{ "sip:h", SIP_URI_SIP, "", "h", 0 },
		{ "SIPS:h", SIP_URI_SIPS, "", "h", 0 },
		{ "sIp:bob@biloxi.com", SIP_URI_SIP, "bob", "biloxi.com", 0 },
		{ "sips:1212@gateway.com", SIP_URI_SIPS, "1212", "gateway.com", 0 },
		{ "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", SIP_URI_SIP, "", "atlanta.com", 0 },
		{ "sip:+1-212-555-1212:1234@gateway.com;user=phone", SIP_URI_SIP, "+1-212-555-1212", "gateway.com", 0 },
		{ "sip:alice;day=tuesday@atlanta.com", SIP_URI_SIP, "alice;day=tuesday", "atlanta.com", 0 },
		{ "sip:user;par=u%40example.net@example.com", SIP_URI_SIP, "user;par=u%40example.net", "example.com", 0 },
		{ "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
		  SIP_URI_SIP, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", "example.com", 0 },
		{ "sip:sips%3Auser%40example.com@example.net", SIP_URI_SIP, "sips%3Auser%40example.com", "example.net", 0 },
		{ "sip:%00%00@host5.example.com", SIP_URI_SIP, "%00%00", "host5.example.com", 0 },
		{ "sip:[2001:db8::10]", SIP_URI_SIP, "", "[2001:db8::10]", 0 },
		{ "sip:[2001:db8::10]:5070", SIP_URI_SIP, "", "[2001:db8::10]", 5070 },
		{ "sip:[2001:db8::10:5070]", SIP_URI_SIP, "", "[2001:db8::10:5070]", 0 },
		{ "sip:ted@[::ffff:192.0.2.2]", SIP_URI_SIP, "ted", "[::ffff:192.0.2.2]", 0 },
		{ "sip:user@[2001:db8:::192.0.2.1]", SIP_URI_SIP, "user", "[2001:db8:::192.0.2.1]", 0 },
		{ "sip:192.0.2.1:65535", SIP_URI_SIP, "", "192.0.2.1", 65535 },
		{ "sip:a@b:1;x", SIP_URI_SIP, "a", "b", 1 },
		{ "sip:h?a=b", SIP_URI_SIP, "", "h", 0 },
		{ "sip:p.o-x:@h", SIP_URI_SIP, "p.o-x", "h", 0 },
		{ "tel:+1-201-555-0123;phone-context=example.com", SIP_URI_TEL, "+1-201-555-0123", "", 0 },
		{ "TEL:7042;phone-context=+1(20)", SIP_URI_TEL, "7042", "", 0 },
		{ "tel:*67#A", SIP_URI_TEL, "*67#A", "", 0 },
		{ "http://www.example.com/a?b=c@d", SIP_URI_OTHER, "", "", 0 },
		{ "soap.beep://192.0.2.103:3002", SIP_URI_OTHER, "", "", 0 },
		{ "nobodyKnowsThisScheme:totallyopaquecontent", SIP_URI_OTHER, "", "", 0 },
		{ "sipx:y", SIP_URI_OTHER, "", "", 0 },
		{ "s:y", SIP_URI_OTHER, "", "", 0 },
	};
	for (size_t i = 0; i < SIP_COUNTOF(shapes); i++) {
		struct sip_uri u;
		enum sip_err err = sip_uri_parse(sip_str_of(shapes[i].text), &u);
		unit_check(err == SIP_OK, shapes[i].text, __FILE__, __LINE__);
		UNIT_EQ(u.scheme, shapes[i].scheme);
		UNIT_STR(u.user, shapes[i].user);
		UNIT_STR(u.host, shapes[i].host);
		UNIT_EQ(u.port, shapes[i].port);
		UNIT_EQ(u.has_user, strchr(shapes[i].text, '@') != NULL && shapes[i].scheme != SIP_URI_OTHER);
		UNIT_EQ(u.opaque.len > 0, shapes[i].scheme == SIP_URI_OTHER);
	}
	return SIP_OK;
}

static enum sip_err test_uri_parse_broken_fails(void)
{
	static const char *const broken[] = {
		"", "s", "sip", "sip:", "sips:", ":", "1sip:h", "sip:@h", "sip::x@h", "sip:a@", "sip:a@b@c", "sip:a@b:", "sip:a@b:x",
		"sip:a b@c", "sip: a@c", "sip:a@c ", "sip:a@b c", "sip:a%4@c", "sip:a%@c", "sip:a%gg@c", "sip:a@b%41", "sip:a\"@c",
		"sip:a<@c", "sip:a@#c", "sip:a#@", "sip:a\x80@c", "sip:a\\@c", "sip:[a@c", "sip:a:b:c@d", "sip:a:b;c@d", "sip:a@b;",
		"sip:a@b;;c",
		"sip:a@b;=c", "sip:a@b;c=d=\"e\"", "sip:a@b;c=%4", "sip:a@b;c=d=%4", "sip:a@b;c d", "sip:a@b;c=\"d", "sip:a@b;c=\"d\"e",
		"sip:a@b;c=\"d e\"", "sip:a@b;c=\"<\"", "sip:a@b;c=\"\\\"\"", "sip:b;c=\"d@e\"", "sip:a@b?", "sip:a@b?c",
		"sip:a@b?=c",
		"sip:a@b?c=d&", "sip:a@b?c=d,e", "sip:a@b?c=d?&&", "sip:a@b?c=d;%4", "sip:a@b>", "<sip:a@b>", "sip:2001:db8::10",
		"sip:[2001:db8::10", "sip:[]", "sip:[::1]x", "sip:[::1].", "sip:a@.b", "sip:.", "sip:-b", "sip:a@b;lr;lr",
		"sip:a@b;lr;%6C%72",
		"sip:a@b;transport", "sip:a@b;transport=", "sip:a@b;transport=udp;Transport=udp", "sip:a@b;maddr", "sip:a@b;ttl=",
		"sip:a@b,c", "sip:a@b\r\n", "tel:", "tel:+", "tel:-", "tel:+a", "tel:12x", "tel:12;", "tel:12;a=b?c", "tel:12;a=b=c", "tel:12;phone-context=a;x;Phone-%43ontext=b", "tel:12;a=\"b\"", "tel:1 2",
		"http:", "http:a b", "http:a%4", "http:<a>", "http:\"a\"", "ht tp:a", "a\x00:b",
	};
	for (size_t i = 0; i < SIP_COUNTOF(broken); i++) {
		struct sip_uri u;
		enum sip_err err = sip_uri_parse(sip_str_of(broken[i]), &u);
		unit_check(err == SIP_E_SYNTAX, broken[i], __FILE__, __LINE__);
	}
	struct sip_uri u;
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:a@b:65536"), &u), SIP_E_RANGE);
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:a@b:0"), &u), SIP_E_RANGE);
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:a\0b@c"), &u), SIP_E_SYNTAX);
	UNIT_EQ(sip_uri_parse(sip_str_make(NULL, 0), &u), SIP_E_SYNTAX);
	return SIP_OK;
}

/* RFC 4475 3.1.1.3: "%6C%72" in a Contact is the lr parameter. */
static enum sip_err test_uri_parse_escaped_parameter_name_is_known(void)
{
	struct sip_uri u;
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31"), &u), SIP_OK);
	UNIT_CHECK(sip_uri_has_param(&u, SIP_URI_PARAM_LR));
	struct sip_str value;
	UNIT_CHECK(sip_uri_find_param(&u, SIP_STR("name"), &value));
	UNIT_STR(value, "v%61lue%25%34%31");
	return SIP_OK;
}

/* Not in the grammar, but on the wire: numbers with "#", parameters in quotes or ending in "=", headers escaped by half. */
static enum sip_err test_uri_parse_what_has_one_meaning_is_let_pass(void)
{
	struct sip_uri u;
	struct sip_str value;

	UNIT_EQ(sip_uri_parse(SIP_STR("sip:*21#1234#@h"), &u), SIP_OK);
	UNIT_STR(u.user, "*21#1234#");
	UNIT_STR(u.host, "h");
	UNIT_EQ(sip_uri_parse(SIP_STR("SIPS:#**00**#;a=/b:c#@h:5070;lr"), &u), SIP_E_SYNTAX);
	UNIT_EQ(sip_uri_parse(SIP_STR("SIPS:#**00**#;a=/b:c@h:5070;lr"), &u), SIP_OK);
	UNIT_STR(u.user, "#**00**#;a=/b");
	UNIT_STR(u.password, "c");
	UNIT_EQ(u.port, 5070);
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:a@h;thinfo=\"VG8+A;=,?@'\";transport=wss;x=\"\";y=QQ==;lr"), &u), SIP_OK);
	UNIT_CHECK(sip_uri_find_param(&u, SIP_STR("thinfo"), &value));
	UNIT_STR(value, "VG8+A;=,?@'");
	UNIT_CHECK(sip_uri_find_param(&u, SIP_STR("y"), &value));
	UNIT_STR(value, "QQ==");
	UNIT_EQ(sip_uri_transport(&u), SIP_TRANSPORT_WSS);
	UNIT_CHECK(sip_uri_has_param(&u, SIP_URI_PARAM_LR));
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:a@h;transport=tcp;x=\"\"?Replaces=1@2;to-tag=3&x=y=z"), &u), SIP_OK);
	UNIT_STR(u.headers, "Replaces=1@2;to-tag=3&x=y=z");
	UNIT_EQ(sip_uri_transport(&u), SIP_TRANSPORT_TCP);
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:a@h;transport=\"tcp\""), &u), SIP_E_SYNTAX);
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:a@h;%6Dethod=a=b"), &u), SIP_E_SYNTAX);
	UNIT_EQ(sip_uri_parse(SIP_STR("http://h/a#b"), &u), SIP_OK);
	UNIT_STR(u.opaque, "//h/a#b");
	return SIP_OK;
}

static enum sip_err test_uri_parse_many_parts_are_bounded(void)
{
	char text[1024];
	size_t n = 0;
	struct sip_uri u;
	memcpy(text, "sip:h", 5);
	n = 5;
	for (unsigned i = 0; i < SIP_URI_PARTS_MAX; i++, n += 2)
		memcpy(text + n, ";a", 2);
	UNIT_EQ(sip_uri_parse(sip_str_make(text, n), &u), SIP_OK);
	memcpy(text + n, ";a", 2);
	UNIT_EQ(sip_uri_parse(sip_str_make(text, n + 2), &u), SIP_E_RANGE);
	n = 5;
	for (unsigned i = 0; i <= SIP_URI_PARTS_MAX; i++, n += 3)
		memcpy(text + n, i ? "&a=" : "?a=", 3);
	UNIT_EQ(sip_uri_parse(sip_str_make(text, n - 3), &u), SIP_OK);
	UNIT_EQ(sip_uri_parse(sip_str_make(text, n), &u), SIP_E_RANGE);
	return SIP_OK;
}

/* Every byte in every place: what is taken lies inside, and is equal to itself. */
static enum sip_err test_uri_parse_with_every_byte_stays_inside(void)
{
	static const char *const seeds[] = { "sip:alice:pw@[::1]:5060;lr;x=%41?a=b&c=d", "sips:h.example.com;transport=tcp",
					     "tel:+1-201;ext=5", "http://a@b/c?d" };
	static const struct sip_hash_key key = { { 1, 2 } };
	char text[64];
	for (size_t s = 0; s < SIP_COUNTOF(seeds); s++) {
		size_t len = strlen(seeds[s]);
		memcpy(text, seeds[s], len);
		for (size_t at = 0; at < len; at++) {
			for (unsigned byte = 0; byte < 256; byte++) {
				struct sip_uri u, v;
				char copy[64];
				text[at] = (char)byte;
				memcpy(copy, text, len);
				if (sip_uri_parse(sip_str_make(text, len), &u) != SIP_OK)
					continue;
				UNIT_CHECK(u.host.len <= len && u.user.len <= len);
				UNIT_EQ(sip_uri_parse(sip_str_make(copy, len), &v), SIP_OK);
				UNIT_CHECK(sip_uri_eq(&u, &v));
				UNIT_CHECK(sip_uri_hash(&key, &u) == sip_uri_hash(&key, &v));
			}
			text[at] = seeds[s][at];
		}
	}
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_uri_parse_everything_gives_its_parts),
	UNIT_CASE(test_uri_parse_shapes_gives_user_and_host),
	UNIT_CASE(test_uri_parse_broken_fails),
	UNIT_CASE(test_uri_parse_escaped_parameter_name_is_known),
	UNIT_CASE(test_uri_parse_what_has_one_meaning_is_let_pass),
	UNIT_CASE(test_uri_parse_many_parts_are_bounded),
	UNIT_CASE(test_uri_parse_with_every_byte_stays_inside),
};
SUITE(uri);
