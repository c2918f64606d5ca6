#include "tests/unit/stack/header/header_rooms_test.h"

static enum sip_err test_cseq_parse_gives_number_and_method(void)
{
	struct sip_cseq c;
	UNIT_EQ(sip_cseq_parse(SIP_STR("314159 INVITE"), &c), SIP_OK);
	UNIT_EQ(c.number, 314159);
	UNIT_EQ(c.method, SIP_METHOD_INVITE);
	UNIT_STR(c.method_text, "INVITE");
	UNIT_EQ(sip_cseq_parse(SIP_STR("0009\r\n  INVITE"), &c), SIP_OK);
	UNIT_EQ(c.number, 9);
	UNIT_EQ(sip_cseq_parse(SIP_STR("139122385 !interesting-Method0123456789_*+`.%indeed'~"), &c), SIP_OK);
	UNIT_EQ(c.method, SIP_METHOD_UNKNOWN);
	UNIT_STR(c.method_text, "!interesting-Method0123456789_*+`.%indeed'~");
	return SIP_OK;
}

/*
 * RFC 3261 8.1.1.5: "The sequence number value MUST be expressible as a 32-bit unsigned integer and MUST be less
 * than 2**31."
 */
static enum sip_err test_cseq_parse_number_has_31_bits(void)
{
	struct sip_cseq c;
	UNIT_EQ(sip_cseq_parse(SIP_STR("2147483647 ACK"), &c), SIP_OK);
	UNIT_EQ(c.number, 2147483647);
	UNIT_EQ(sip_cseq_parse(SIP_STR("2147483648 ACK"), &c), SIP_E_RANGE);
	UNIT_EQ(c.method, SIP_METHOD_ACK);
	UNIT_EQ(sip_cseq_parse(SIP_STR("36893488147419103232 REGISTER"), &c), SIP_E_RANGE);
	return SIP_OK;
}

static enum sip_err test_cseq_parse_broken_fails(void)
{
	static const char *const broken[] = { "", "1", "1 ", "INVITE", "1INVITE", "1 INVITE x", "-1 INVITE", "1 INV@TE",
					      " 1" };
	struct sip_cseq c;
	for (size_t i = 0; i < SIP_COUNTOF(broken); i++)
		unit_check(sip_cseq_parse(sip_str_of(broken[i]), &c) == SIP_E_SYNTAX, broken[i], __FILE__, __LINE__);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_cseq_parse_gives_number_and_method),
	UNIT_CASE(test_cseq_parse_number_has_31_bits),
	UNIT_CASE(test_cseq_parse_broken_fails),
};
SUITE(cseq);
