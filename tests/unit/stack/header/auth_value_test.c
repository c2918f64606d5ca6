#include "tests/unit/stack/header/header_rooms_test.h"

static enum sip_err test_auth_value_parse_gives_scheme_and_parameters(void)
{
	struct sip_auth_value a;
	struct sip_str name, value;
	bool is_quoted;
	UNIT_EQ(sip_auth_value_parse(SIP_STR("Digest username=\"b\\\"o,b\" "
					     ", realm = \"\",\r\n nc=00000001, ,uri=sip:a@b;c=d"), &a),
		SIP_OK);
	UNIT_STR(a.scheme, "Digest");
	UNIT_CHECK(sip_auth_value_next(&a.params, &name, &value, &is_quoted));
	UNIT_STR(name, "username");
	UNIT_STR(value, "b\\\"o,b");
	UNIT_CHECK(is_quoted);
	UNIT_CHECK(sip_auth_value_next(&a.params, &name, &value, &is_quoted));
	UNIT_STR(name, "realm");
	UNIT_EQ(value.len, 0);
	UNIT_CHECK(sip_auth_value_next(&a.params, &name, &value, &is_quoted));
	UNIT_STR(name, "nc");
	UNIT_STR(value, "00000001");
	UNIT_CHECK(!is_quoted);
	UNIT_CHECK(sip_auth_value_next(&a.params, &name, &value, &is_quoted));
	UNIT_STR(name, "uri");
	UNIT_STR(value, "sip:a@b;c=d");
	UNIT_CHECK(!sip_auth_value_next(&a.params, &name, &value, &is_quoted));
	UNIT_EQ(a.params.len, 0);
	return SIP_OK;
}

static enum sip_err test_auth_value_parse_other_schemes_are_taken(void)
{
	struct sip_auth_value a;
	UNIT_EQ(sip_auth_value_parse(SIP_STR("NoOneKnowsThisScheme opaque-data=here"), &a), SIP_OK);
	UNIT_STR(a.scheme, "NoOneKnowsThisScheme");
	UNIT_STR(a.params, "opaque-data=here");
	UNIT_EQ(sip_auth_value_parse(SIP_STR("Negotiate"), &a), SIP_OK);
	UNIT_EQ(a.params.len, 0);
	UNIT_EQ(sip_auth_value_parse(SIP_STR(""), &a), SIP_E_SYNTAX);
	UNIT_EQ(sip_auth_value_parse(SIP_STR("=x"), &a), SIP_E_SYNTAX);
	UNIT_EQ(sip_auth_value_parse(SIP_STR("Digest,x=y"), &a), SIP_E_SYNTAX);
	return SIP_OK;
}

static enum sip_err test_auth_value_next_broken_leaves_the_rest(void)
{
	static const char *const broken[] = { "a", "a=\"b", "a=\"b\"c", "=b", "a b", "a=b c", "\"a\"=b", "a=b\"c\"" };
	for (size_t i = 0; i < SIP_COUNTOF(broken); i++) {
		struct sip_str params = sip_str_of(broken[i]);
		struct sip_str name, value;
		bool is_quoted;
		unit_check(!sip_auth_value_next(&params, &name, &value, &is_quoted), broken[i], __FILE__, __LINE__);
		UNIT_CHECK(params.len > 0);
	}
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_auth_value_parse_gives_scheme_and_parameters),
	UNIT_CASE(test_auth_value_parse_other_schemes_are_taken),
	UNIT_CASE(test_auth_value_next_broken_leaves_the_rest),
};
SUITE(auth_value);
