/* Values that are a word with parameters, and numbers with theirs. */
#include "tests/unit/stack/header/header_rooms_test.h"

static enum sip_err test_token_when_it_is_one_then_word_and_params(void)
{
	static const char *const bad[] = { "", ";a", "a b", "a/b", "\"a\"", "a;;b", "a;b=\"", "a,b", "a=b", "+a=\"", "+a=b c", "+a b" };
	struct sip_word w;

	UNIT_EQ(sip_word_parse_token(SIP_STR("presence.winfo;id=7 ; x"), &w), SIP_OK);
	UNIT_STR(w.text, "presence.winfo;id=7 ; x");
	UNIT_STR(w.word, "presence.winfo");
	UNIT_STR(w.params, "id=7 ; x");
	UNIT_EQ(sip_word_parse_token(SIP_STR("*;audio;require"), &w), SIP_OK);
	UNIT_STR(w.word, "*");
	UNIT_EQ(sip_word_parse_token(SIP_STR("100rel"), &w), SIP_OK);
	UNIT_EQ(w.params.len, 0);
	for (size_t i = 0; i < SIP_COUNTOF(bad); i++)
		unit_check(sip_word_parse_token(sip_str_of(bad[i]), &w) == SIP_E_SYNTAX, bad[i], __FILE__, __LINE__);
	return SIP_OK;
}

static enum sip_err test_token_when_a_feature_stands_in_its_place_then_params_alone(void)
{
	struct sip_str value;
	struct sip_word w;

	UNIT_EQ(sip_word_parse_token(SIP_STR("+sip.pns=\"apns\";+sip.pnsreg=\"130\""), &w), SIP_OK);
	UNIT_EQ(w.word.len, 0);
	UNIT_CHECK(sip_params_find(w.params, SIP_STR("+sip.pns"), &value) && sip_str_eq(value, SIP_STR("apns")));
	UNIT_CHECK(sip_params_find(w.params, SIP_STR("+sip.pnsreg"), &value) && sip_str_eq(value, SIP_STR("130")));
	UNIT_EQ(sip_word_parse_token(SIP_STR("+g.x;+sip.pns=\"apns\""), &w), SIP_OK);
	UNIT_STR(w.word, "+g.x");
	UNIT_STR(w.params, "+sip.pns=\"apns\"");
	return SIP_OK;
}

static enum sip_err test_word_when_quoted_or_not_then_what_stands_before_the_params(void)
{
	static const char *const bad[] = { "", ";a", " ;a", "\"a", "\"a\"b", "a;=", "\"a\";b c" };
	struct sip_word w;

	UNIT_EQ(sip_word_parse(SIP_STR("\"Visited; network\";id=1"), &w), SIP_OK);
	UNIT_STR(w.word, "Visited; network");
	UNIT_CHECK(w.is_quoted);
	UNIT_STR(w.params, "id=1");
	UNIT_EQ(sip_word_parse(SIP_STR("eyJhbGciOi.abc/+==;info=<https://x.example/c;r>;alg=ES256"), &w), SIP_OK);
	UNIT_STR(w.word, "eyJhbGciOi.abc/+==");
	UNIT_CHECK(!w.is_quoted);
	UNIT_STR(w.params, "info=<https://x.example/c;r>;alg=ES256");
	for (size_t i = 0; i < SIP_COUNTOF(bad); i++)
		unit_check(sip_word_parse(sip_str_of(bad[i]), &w) == SIP_E_SYNTAX, bad[i], __FILE__, __LINE__);
	return SIP_OK;
}

static enum sip_err test_params_when_alone_then_all_of_it(void)
{
	struct sip_word w;

	UNIT_EQ(sip_word_parse_params(SIP_STR("icid-value=1234;orig-ioi=home1.net"), &w), SIP_OK);
	UNIT_STR(w.params, "icid-value=1234;orig-ioi=home1.net");
	UNIT_EQ(w.word.len, 0);
	UNIT_EQ(sip_word_parse_params(SIP_STR(""), &w), SIP_E_SYNTAX);
	UNIT_EQ(sip_word_parse_params(SIP_STR("a=b c"), &w), SIP_E_SYNTAX);
	return SIP_OK;
}

static enum sip_err test_number_value_when_more_stands_behind_it_then_comment_and_params(void)
{
	static const char *const bad[] = { "", "x", "1 (a", "1 (a(b)", "1 (a) b", "1 (\\", "1;a b" };
	struct sip_number_value v;

	UNIT_EQ(sip_number_value_parse(SIP_STR("120 (in a \\) (real) hurry);duration=3600"), &v), SIP_OK);
	UNIT_EQ(v.number, 120);
	UNIT_STR(v.comment, "in a \\) (real) hurry");
	UNIT_STR(v.params, "duration=3600");
	UNIT_EQ(sip_number_value_parse(SIP_STR("4000;refresher=uac"), &v), SIP_OK);
	UNIT_EQ(v.comment.p == NULL, true);
	UNIT_STR(v.params, "refresher=uac");
	UNIT_EQ(sip_number_value_parse(SIP_STR("70"), &v), SIP_OK);
	UNIT_EQ(sip_number_value_parse(SIP_STR("4294967296"), &v), SIP_E_RANGE);
	for (size_t i = 0; i < SIP_COUNTOF(bad); i++)
		unit_check(sip_number_value_parse(sip_str_of(bad[i]), &v) == SIP_E_SYNTAX, bad[i], __FILE__, __LINE__);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_token_when_it_is_one_then_word_and_params),
	UNIT_CASE(test_token_when_a_feature_stands_in_its_place_then_params_alone),
	UNIT_CASE(test_word_when_quoted_or_not_then_what_stands_before_the_params),
	UNIT_CASE(test_params_when_alone_then_all_of_it),
	UNIT_CASE(test_number_value_when_more_stands_behind_it_then_comment_and_params),
};
SUITE(word);
