#include "tests/unit/stack/header/header_rooms_test.h"

static enum sip_err test_method_find_gives_its_row(void)
{
	for (unsigned id = 0; id < SIP_METHOD_COUNT; id++)
		UNIT_EQ(sip_method_find(sip_method_names[id]), id);
	return SIP_OK;
}

/* RFC 3261 7.1: "method names are case-sensitive". RFC 4475 3.1.1.5: "%" is no escape in a method. */
static enum sip_err test_method_find_other_names_gives_unknown(void)
{
	static const char *const others[] = { "", "I", "invite", "Invite", "INVITe", "INVIT", "INVITES", "RE%47IST%45R" };
	for (size_t i = 0; i < SIP_COUNTOF(others); i++)
		UNIT_EQ(sip_method_find(sip_str_of(others[i])), SIP_METHOD_UNKNOWN);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_method_find_gives_its_row),
	UNIT_CASE(test_method_find_other_names_gives_unknown),
};
SUITE(method);
