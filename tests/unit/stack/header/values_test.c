/* The small value types: number, call_id, media_type. */
#include "tests/unit/stack/header/header_rooms_test.h"

static enum sip_err test_number_parse_skips_what_may_follow(void)
{
	static const struct {
		const char *text;
		enum sip_err err;
		uint32_t number;
	} values[] = {
		{ "0", SIP_OK, 0 }, { "0068", SIP_OK, 68 }, { "255", SIP_OK, 255 }, { "18000;duration=3600", SIP_OK, 18000 },
		{ "120 (I'm in a meeting)", SIP_OK, 120 }, { "60 ; refresher=uac", SIP_OK, 60 }, { "70000", SIP_OK, 70000 },
		{ "70001", SIP_E_RANGE, 70000 }, { "99999999999999999999999999", SIP_E_RANGE, 70000 }, { "", SIP_E_SYNTAX, 0 },
		{ "-999", SIP_E_SYNTAX, 0 }, { "1 2", SIP_E_SYNTAX, 0 }, { "1x", SIP_E_SYNTAX, 0 }, { ";1", SIP_E_SYNTAX, 0 },
		{ "1.5", SIP_E_SYNTAX, 0 }, { "1,2", SIP_E_SYNTAX, 0 },
	};
	for (size_t i = 0; i < SIP_COUNTOF(values); i++) {
		uint32_t number = 0;
		enum sip_err err = sip_number_parse(sip_str_of(values[i].text), 70000, &number);
		unit_check(err == values[i].err, values[i].text, __FILE__, __LINE__);
		UNIT_EQ(number, values[i].number);
	}
	return SIP_OK;
}

static enum sip_err test_call_id_is_valid_for_words_only(void)
{
	static const char *const good[] = { "a", "a84b4c76e66710@pc33.example.com",
		"intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{" };
	static const char *const bad[] = { "", "@", "a@", "@a", "a@b@c", "a b", "a,b", "a;b", "a=b", "\x80", "a\r\n b" };
	for (size_t i = 0; i < SIP_COUNTOF(good); i++)
		unit_check(sip_call_id_is_valid(sip_str_of(good[i])), good[i], __FILE__, __LINE__);
	for (size_t i = 0; i < SIP_COUNTOF(bad); i++)
		unit_check(!sip_call_id_is_valid(sip_str_of(bad[i])), bad[i], __FILE__, __LINE__);
	return SIP_OK;
}

static enum sip_err test_media_type_parse_gives_its_parts(void)
{
	struct sip_media_type m;
	UNIT_EQ(sip_media_type_parse(SIP_STR("application/sdp"), &m), SIP_OK);
	UNIT_STR(m.type, "application");
	UNIT_STR(m.subtype, "sdp");
	UNIT_EQ(m.params.len, 0);
	UNIT_EQ(sip_media_type_parse(SIP_STR("multipart / mixed ; boundary=\"a;b\""), &m), SIP_OK);
	UNIT_STR(m.subtype, "mixed");
	UNIT_STR(m.params, "boundary=\"a;b\"");
	UNIT_EQ(sip_media_type_parse(SIP_STR("*/*;q=0.1"), &m), SIP_OK);
	static const char *const bad[] = { "", "a", "a/", "/b", "a/b c", "a b/c", "a/b;;", "a/b;c=\"", "a/b,c/d" };
	for (size_t i = 0; i < SIP_COUNTOF(bad); i++)
		unit_check(sip_media_type_parse(sip_str_of(bad[i]), &m) == SIP_E_SYNTAX, bad[i], __FILE__, __LINE__);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_number_parse_skips_what_may_follow),
	UNIT_CASE(test_call_id_is_valid_for_words_only),
	UNIT_CASE(test_media_type_parse_gives_its_parts),
};
SUITE(values);
