#include "tests/unit/stack/uri/uri_rooms_test.h"

static enum sip_err test_params_next_cuts_one_after_the_other(void)
{
	struct sip_str raw = SIP_STR(" a = b ;\r\n flag;Q=\"x;\\\"y=z\" ; e= ;t=ab==;v6=[::1]:5; last");
	static const char *const expected[][2] = { { "a", "b" }, { "flag", NULL }, { "Q", "x;\\\"y=z" }, { "e", "" },
						   { "t", "ab==" }, { "v6", "[::1]:5" }, { "last", NULL } };
	struct sip_str name, value;
	for (size_t i = 0; i < SIP_COUNTOF(expected); i++) {
		UNIT_CHECK(sip_params_next(&raw, &name, &value));
		UNIT_STR(name, expected[i][0]);
		UNIT_STR(value, expected[i][1] ? expected[i][1] : "");
		UNIT_EQ(value.p != NULL, expected[i][1] != NULL);
	}
	UNIT_CHECK(!sip_params_next(&raw, &name, &value));
	UNIT_EQ(raw.len, 0);
	return SIP_OK;
}

static enum sip_err test_params_next_broken_leaves_the_rest(void)
{
	static const char *const broken[] = { ";", " ", "=a", "a b", "a=b c", "a=\"b", "a=\"b\"c", "a=<b", "a=<b>c", "a,b",
		"\"a\"=b", "a@b" };
	for (size_t i = 0; i < SIP_COUNTOF(broken); i++) {
		struct sip_str raw = sip_str_of(broken[i]);
		struct sip_str name, value;
		unit_check(!sip_params_next(&raw, &name, &value), broken[i], __FILE__, __LINE__);
		UNIT_STR(raw, broken[i]);
	}
	return SIP_OK;
}

static enum sip_err test_params_find_folds_case(void)
{
	struct sip_str value;
	UNIT_CHECK(sip_params_find(SIP_STR("x;Tag=1;tag=2"), SIP_STR("tAG"), &value));
	UNIT_STR(value, "1");
	UNIT_CHECK(!sip_params_find(SIP_STR("x;tags=1"), SIP_STR("tag"), &value));
	UNIT_CHECK(!sip_params_find(SIP_STR(""), SIP_STR("tag"), &value));
	UNIT_CHECK(!sip_params_find(SIP_STR("x;;tag=1"), SIP_STR("tag"), &value));
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_params_next_cuts_one_after_the_other),
	UNIT_CASE(test_params_next_broken_leaves_the_rest),
	UNIT_CASE(test_params_find_folds_case),
};
SUITE(params);
