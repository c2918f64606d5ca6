#include "tests/unit/stack/uri/uri_rooms_test.h"

static enum sip_err test_param_find_in_any_case_gives_its_row(void)
{
	char text[64];

	for (unsigned id = 0; id < SIP_PARAM_COUNT; id++) {
		struct sip_str name = sip_param_rows[id].name;

		UNIT_EQ(sip_param_find(name), id);
		for (size_t i = 0; i < name.len; i++)
			text[i] = sip_char_is(name.p[i], SIP_CC_ALPHA) ? (char)(name.p[i] ^ 0x20) : name.p[i];
		UNIT_EQ(sip_param_find(sip_str_make(text, name.len)), id);
	}
	UNIT_EQ(sip_param_find(SIP_STR("x-other")), SIP_PARAM_UNKNOWN);
	UNIT_EQ(sip_param_find(SIP_STR("")), SIP_PARAM_UNKNOWN);
	return SIP_OK;
}

static enum sip_err test_param_when_typed_then_read_as_what_it_is(void)
{
	struct sip_str raw = SIP_STR("Expires=60;q=0.5;lr;transport=tcp;reg-id=x;rport;duration=99999999999"), value;
	uint32_t n;

	UNIT_CHECK(sip_param_has(raw, SIP_PARAM_LR));
	UNIT_CHECK(!sip_param_has(raw, SIP_PARAM_OB));
	UNIT_CHECK(sip_param_text(raw, SIP_PARAM_TRANSPORT, &value));
	UNIT_STR(value, "tcp");
	UNIT_CHECK(!sip_param_text(raw, SIP_PARAM_TAG, &value));
	UNIT_EQ(sip_param_number(raw, SIP_PARAM_EXPIRES, 7, &n), SIP_OK);
	UNIT_EQ(n, 60);
	UNIT_EQ(sip_param_number(raw, SIP_PARAM_TTL, 7, &n), SIP_OK);
	UNIT_EQ(n, 7);
	UNIT_EQ(sip_param_number(raw, SIP_PARAM_REG_ID, 7, &n), SIP_E_SYNTAX);
	UNIT_EQ(sip_param_number(raw, SIP_PARAM_RPORT, 7, &n), SIP_E_SYNTAX);
	UNIT_EQ(sip_param_number(raw, SIP_PARAM_DURATION, 7, &n), SIP_E_RANGE);
	UNIT_EQ(n, UINT32_MAX);
	UNIT_EQ(sip_param_q(raw, 1000, &n), SIP_OK);
	UNIT_EQ(n, 500);
	UNIT_EQ(sip_param_q(SIP_STR("x"), 1000, &n), SIP_OK);
	UNIT_EQ(n, 1000);
	UNIT_EQ(sip_param_q(SIP_STR("q=2"), 1000, &n), SIP_E_SYNTAX);
	return SIP_OK;
}

/* RFC 3840 9: boolean = "TRUE" / "FALSE"; without a value it is true. */
static enum sip_err test_param_when_a_feature_tag_is_false_then_it_has_it_not(void)
{
	struct sip_str raw = SIP_STR("audio;video=false;isfocus=\"FALSE\";automata=\"TRUE\";data=\"!TRUE\";control=\"!FALSE\"");

	UNIT_CHECK(sip_param_has(raw, SIP_PARAM_AUDIO));
	UNIT_CHECK(!sip_param_has(raw, SIP_PARAM_VIDEO));
	UNIT_CHECK(!sip_param_has(raw, SIP_PARAM_IS_FOCUS));
	UNIT_CHECK(sip_param_has(raw, SIP_PARAM_AUTOMATA));
	UNIT_CHECK(!sip_param_has(raw, SIP_PARAM_DATA));
	UNIT_CHECK(sip_param_has(raw, SIP_PARAM_CONTROL));
	UNIT_CHECK(!sip_param_has(raw, SIP_PARAM_APPLICATION));
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_param_find_in_any_case_gives_its_row),
	UNIT_CASE(test_param_when_typed_then_read_as_what_it_is),
	UNIT_CASE(test_param_when_a_feature_tag_is_false_then_it_has_it_not),
};
SUITE(param);
