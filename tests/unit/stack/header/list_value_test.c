#include "tests/unit/stack/header/header_rooms_test.h"

static void check_list(const char *text, const char *const *expected)
{
	struct sip_str rest = sip_str_of(text);
	struct sip_str value;
	size_t n = 0;
	while (sip_list_value_next(&rest, &value)) {
		if (!expected[n]) {
			unit_check(false, text, __FILE__, __LINE__);
			return;
		}
		UNIT_STR(value, expected[n]);
		n++;
	}
	unit_check(expected[n] == NULL, text, __FILE__, __LINE__);
	UNIT_EQ(rest.len, 0);
}
#define CHECK_LIST(text, ...) check_list(text, (const char *const[]){ __VA_ARGS__, NULL })

static enum sip_err test_list_value_next_cuts_at_commas_outside_of_quotes_and_brackets(void)
{
	CHECK_LIST("", NULL);
	CHECK_LIST("  ", NULL);
	CHECK_LIST("a", "a");
	CHECK_LIST("a, b ,\r\n c", "a", "b", "c");
	CHECK_LIST("a,,b", "a", "b");
	CHECK_LIST(",a", "a");
	CHECK_LIST("a,", "a");
	CHECK_LIST(" , ,\r\n\t,a , ,b, ,", "a", "b");
	CHECK_LIST(",", NULL);
	CHECK_LIST(" , ,", NULL);
	CHECK_LIST("\"Watson, T\" <sip:a,b@c;d?e=f>;q=0.7, \"x\\\",\" <sip:d>", "\"Watson, T\" <sip:a,b@c;d?e=f>;q=0.7",
		   "\"x\\\",\" <sip:d>");
	CHECK_LIST("sip:a@b;x=\"1,2\",sip:c@d", "sip:a@b;x=\"1,2\"", "sip:c@d");
	CHECK_LIST("<sip:\"@h>,<sip:b\">", "<sip:\"@h>", "<sip:b\">");
	CHECK_LIST("\"a,b", "\"a,b");
	CHECK_LIST("\"a,b\\", "\"a,b\\");
	CHECK_LIST("<a,b", "<a,b");
	CHECK_LIST("INVITE, ACK,CANCEL", "INVITE", "ACK", "CANCEL");
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_list_value_next_cuts_at_commas_outside_of_quotes_and_brackets),
};
SUITE(list_value);
