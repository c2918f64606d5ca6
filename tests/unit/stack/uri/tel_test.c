#include "tests/unit/stack/uri/uri_rooms_test.h"

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
	check_put(&t, sip_tel_put, "tel:+1-201-555-0123;ext=22;isub=1;npdi;rn=+1-202-555-0199;cic=+1-6789");
	check_put(&t, put_at_h, "sip:+1-201-555-0123;ext=22;isub=1;npdi;rn=+1-202-555-0199;cic=+1-6789@gw.example.com:5070;user=phone");
	UNIT_EQ(tel("sip:7042;phone-context=example.com;rn=1;rn-context=+44;tgrp=t1;trunk-context=c.example@gw.example.com;user=PHONE", &t), SIP_OK);
	UNIT_CHECK(!t.is_global && !t.has_npdi);
	UNIT_STR(t.number, "7042");
	UNIT_STR(t.context, "example.com");
	UNIT_STR(t.rn_context, "+44");
	UNIT_STR(t.tgrp, "t1");
	UNIT_STR(t.trunk_context, "c.example");
	check_put(&t, sip_tel_put, "tel:7042;phone-context=example.com;rn=1;rn-context=+44;tgrp=t1;trunk-context=c.example");
	UNIT_EQ(tel("tel:*#21#", &t), SIP_OK);
	check_put(&t, put_at_h, "sip:*%2321%23@gw.example.com:5070;user=phone");
	return SIP_OK;
}

static enum sip_err test_tel_when_it_is_no_number_then_said(void)
{
	static const char *const bad[] = { "sip:alice@h;user=phone", "sip:+@h;user=phone", "sip:+12x@h;user=phone", "sip:-@h;user=phone" };
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
	UNIT_CASE(test_tel_when_it_is_no_number_then_said),
};
SUITE(tel);
