#include "tests/unit/stack/uri/uri_rooms_test.h"

#include <stdio.h>

static enum sip_err tel(const char *text, struct sip_tel *out)
{
	struct sip_uri u;

	UNIT_EQ(sip_uri_parse(sip_str_of(text), &u), SIP_OK);
	return sip_tel_of(&u, out);
}

static void check_put(const struct sip_tel *t, void (*put)(struct sip_buf *b, const struct sip_tel *t), const char *expected)
{
	char room[256];
	struct sip_buf b;

	sip_buf_init_fixed(&b, room, sizeof room);
	put(&b, t);
	UNIT_STR(sip_buf_str(&b), expected);
	sip_buf_fini(&b);
}

static void put_at_h(struct sip_buf *b, const struct sip_tel *t)
{
	sip_tel_put_sip(b, t, SIP_STR("gw.example.com:5070"));
}

static enum sip_err test_tel_when_of_either_scheme_then_its_parts(void)
{
	struct sip_tel t;

	UNIT_EQ(tel("tel:+1-201-555-0123;ext=22;isub=1;npdi;rn=+1-202-555-0199;cic=+1-6789", &t), SIP_OK);
	UNIT_CHECK(t.is_global && t.has_npdi);
	UNIT_STR(t.ext, "22");
	UNIT_STR(t.isub, "1");
	UNIT_STR(t.rn, "+1-202-555-0199");
	UNIT_STR(t.cic, "+1-6789");
	UNIT_EQ(t.context.p == NULL && t.tgrp.p == NULL, true);
	check_put(&t, sip_tel_put_number, "+12015550123");
	check_put(&t, sip_tel_put, "tel:+1-201-555-0123;isub=1;ext=22;cic=+1-6789;npdi;rn=+1-202-555-0199");
	check_put(&t, put_at_h, "sip:+1-201-555-0123;isub=1;ext=22;cic=+1-6789;npdi;rn=+1-202-555-0199@gw.example.com:5070;user=phone");
	UNIT_EQ(tel("sip:7042;phone-context=example.com;rn=1;rn-context=+44;tgrp=t1;trunk-context=c.example@gw.example.com;user=PHONE", &t), SIP_OK);
	UNIT_CHECK(!t.is_global && !t.has_npdi);
	UNIT_STR(t.number, "7042");
	UNIT_STR(t.context, "example.com");
	UNIT_STR(t.rn_context, "+44");
	UNIT_STR(t.tgrp, "t1");
	UNIT_STR(t.trunk_context, "c.example");
	check_put(&t, sip_tel_put, "tel:7042;phone-context=example.com;rn=1;rn-context=+44;tgrp=t1;trunk-context=c.example");
	return SIP_OK;
}

/* RFC 3261 19.1.6: in lower case, isub and postd first, the others by name; 19.1.2: what a user part cannot hold is escaped. */
static enum sip_err test_tel_put_sip_writes_equal_ones_alike(void)
{
	static const struct {
		const char *tel, *sip;
	} made[] = {
		{ "tel:+358-555-1234567;postd=pp22", "sip:+358-555-1234567;postd=pp22" },
		{ "tel:+358-555-1234567;POSTD=PP22", "sip:+358-555-1234567;postd=pp22" },
		{ "tel:+358-555-1234567;pOstd=pP2;isUb=1411", "sip:+358-555-1234567;isub=1411;postd=pp2" },
		{ "tel:+358-555-1234567;tsp=a.b;phone-context=5", "sip:+358-555-1234567;phone-context=5;tsp=a.b" },
		{ "tel:1A;z=Zz;foo=bar;aaaa=baz;phone-context=B.example;foo=ABC", "sip:1a;phone-context=b.example;aaaa=baz;foo=bar;foo=ABC;z=Zz" },
		{ "tel:+1-2;x=b:c", "sip:+1-2;x=b%3Ac" },
		{ "tel:+1;x=[b]:%3a/c", "sip:+1;x=%5Bb%5D%3A%3a/c" },
		{ "tel:+1;verstat=TN-Validation-Passed", "sip:+1;verstat=TN-Validation-Passed" },
		{ "tel:*#21#;phone-context=h", "sip:*%2321%23;phone-context=h" },
	};

	for (size_t i = 0; i < SIP_COUNTOF(made); i++) {
		char expected[128], room[256];
		struct sip_tel t, again;
		struct sip_uri u;
		struct sip_buf b;

		UNIT_EQ(tel(made[i].tel, &t), SIP_OK);
		snprintf(expected, sizeof expected, "%s@gw.example.com:5070;user=phone", made[i].sip);
		check_put(&t, put_at_h, expected);
		/* And back. */
		UNIT_EQ(tel(expected, &again), SIP_OK);
		sip_buf_init_fixed(&b, room, sizeof room);
		sip_tel_put(&b, &again);
		UNIT_EQ(sip_uri_parse(sip_buf_str(&b), &u), SIP_OK);
		check_put(&again, put_at_h, expected);
		sip_buf_fini(&b);
	}
	return SIP_OK;
}

/* RFC 3261 19.1.2: in a user part "#" is escaped; anything may be. */
static enum sip_err test_tel_when_escaped_in_a_sip_uri_then_read(void)
{
	struct sip_tel t;

	UNIT_EQ(tel("sip:%2B4%39-1;x=a,b?c=d;%65xt=5@h;user=phone", &t), SIP_OK);
	UNIT_CHECK(t.is_global);
	UNIT_STR(t.ext, "5");
	check_put(&t, sip_tel_put_number, "+491");
	check_put(&t, sip_tel_put, "tel:+49-1;%65xt=5;x=a%2Cb%3Fc%3Dd");
	UNIT_EQ(tel("sip:*21%23;;phone-context=h@h;user=phone", &t), SIP_OK);
	check_put(&t, sip_tel_put, "tel:*21#;phone-context=h");
	UNIT_EQ(tel("sip:*21#@h;user=phone", &t), SIP_OK);
	check_put(&t, put_at_h, "sip:*21%23@gw.example.com:5070;user=phone");
	return SIP_OK;
}

/* RFC 3261 19.1.1: without user=phone recipients may read a number all the same. */
static enum sip_err test_tel_of_user_does_not_ask_for_user_phone(void)
{
	struct sip_uri u;
	struct sip_tel t;

	UNIT_EQ(sip_uri_parse(SIP_STR("sip:+1-(234)-5;ext=4545@h"), &u), SIP_OK);
	UNIT_EQ(sip_tel_of(&u, &t), SIP_E_NOTFOUND);
	UNIT_EQ(sip_tel_of_user(&u, &t), SIP_OK);
	UNIT_STR(t.ext, "4545");
	check_put(&t, sip_tel_put_number, "+12345");
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:alice@h"), &u), SIP_OK);
	UNIT_EQ(sip_tel_of_user(&u, &t), SIP_E_SYNTAX);
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:h"), &u), SIP_OK);
	UNIT_EQ(sip_tel_of_user(&u, &t), SIP_E_NOTFOUND);
	UNIT_EQ(sip_uri_parse(SIP_STR("tel:+1"), &u), SIP_OK);
	UNIT_EQ(sip_tel_of_user(&u, &t), SIP_E_NOTFOUND);
	return SIP_OK;
}

static enum sip_err test_tel_when_there_are_too_many_parameters_then_said(void)
{
	char text[2 * SIP_URI_PARTS_MAX + 32] = "sip:1", *w = text + 5;
	struct sip_tel t;

	for (unsigned i = 0; i < SIP_URI_PARTS_MAX; i++, w += 2)
		memcpy(w, ";a", 2);
	strcpy(w, "@h;user=phone");
	UNIT_EQ(tel(text, &t), SIP_OK);
	strcpy(w, ";a@h;user=phone");
	UNIT_EQ(tel(text, &t), SIP_E_RANGE);
	return SIP_OK;
}

static enum sip_err test_tel_when_it_is_no_number_then_said(void)
{
	static const char *const bad[] = { "sip:alice@h;user=phone", "sip:+@h;user=phone", "sip:+12x@h;user=phone", "sip:-@h;user=phone",
					   "sip:1;phone-context=a;Phone-%43ontext@h;user=phone" };
	static const char *const other[] = { "sip:123@h", "sip:h;user=phone", "sip:1@h;user=ip", "mailto:1" };
	struct sip_tel t;

	for (size_t i = 0; i < SIP_COUNTOF(bad); i++)
		unit_check(tel(bad[i], &t) == SIP_E_SYNTAX, bad[i], __FILE__, __LINE__);
	for (size_t i = 0; i < SIP_COUNTOF(other); i++)
		unit_check(tel(other[i], &t) == SIP_E_NOTFOUND, other[i], __FILE__, __LINE__);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_tel_when_of_either_scheme_then_its_parts),
	UNIT_CASE(test_tel_put_sip_writes_equal_ones_alike),
	UNIT_CASE(test_tel_when_escaped_in_a_sip_uri_then_read),
	UNIT_CASE(test_tel_of_user_does_not_ask_for_user_phone),
	UNIT_CASE(test_tel_when_there_are_too_many_parameters_then_said),
	UNIT_CASE(test_tel_when_it_is_no_number_then_said),
};
SUITE(tel);
