#include "tests/unit/stack/base/base_test.h"

static struct sip_scan scan_of(const char *z)
{
	struct sip_scan s;
	sip_scan_init(&s, sip_str_of(z));
	return s;
}

/* RFC 3261 25.1 written out a second time, as its text has it. */
static enum sip_err test_scan_classes_are_the_grammar(void)
{
#define ALPHANUM "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define UNRESERVED ALPHANUM "-_.!~*'()"
	static const struct {
		unsigned class;
		const char *members;
	} rows[] = {
		{ SIP_CC_DIGIT, "0123456789" },
		{ SIP_CC_ALPHA, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" },
		{ SIP_CC_HEX, "0123456789abcdefABCDEF" },
		{ SIP_CC_TOKEN, ALPHANUM "-.!%*_+`'~" },
		{ SIP_CC_WORD, ALPHANUM "-.!%*_+`'~()<>:\\\"/[]?{}" },
		{ SIP_CC_LWS, " \t\r\n" },
		{ SIP_CC_HOST, ALPHANUM "-._" },
		{ SIP_CC_USER, UNRESERVED "&=+$,;?/" },
		{ SIP_CC_PARAM, UNRESERVED "[]/:&+$" },
		{ SIP_CC_HEADER, UNRESERVED "[]/?:+$" },
		{ SIP_CC_PASSWORD, UNRESERVED "&=+$," },
		{ SIP_CC_SCHEME, ALPHANUM "+-." },
	};
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		for (int c = 0; c < 256; c++) {
			bool is_member = c != 0 && strchr(rows[i].members, c) != NULL;
			if (sip_char_is((char)c, rows[i].class) != is_member)
				UNIT_EQ(rows[i].class * 256 + (unsigned)c, -1);
		}
	}
	return SIP_OK;
}

static enum sip_err test_scan_reads_in_order(void)
{
	struct sip_scan s = scan_of("SIP/2.0/UDP host-1.a_b:5060 ; x=\"a\\\"b\" , end");
	UNIT_STR(sip_scan_token(&s), "SIP");
	UNIT_CHECK(sip_scan_expect(&s, '/'));
	UNIT_STR(sip_scan_token(&s), "2.0");
	UNIT_CHECK(sip_scan_accept(&s, '/'));
	UNIT_CHECK(!sip_scan_accept(&s, '/'));
	UNIT_STR(sip_scan_run(&s, SIP_CC_ALPHA), "UDP");
	sip_scan_lws(&s);
	UNIT_STR(sip_scan_run(&s, SIP_CC_HOST), "host-1.a_b");
	UNIT_CHECK(sip_scan_accept_sep(&s, ':'));
	UNIT_EQ(sip_scan_number(&s, 65535), 5060);
	UNIT_CHECK(!sip_scan_accept_sep(&s, ','));
	UNIT_CHECK(sip_scan_accept_sep(&s, ';'));
	UNIT_STR(sip_scan_until(&s, '='), "x");
	UNIT_EQ(sip_scan_peek(&s), '=');
	UNIT_CHECK(sip_scan_accept(&s, '='));
	UNIT_STR(sip_scan_quoted(&s), "a\\\"b");
	UNIT_CHECK(sip_scan_accept_sep(&s, ','));
	UNIT_STR(sip_scan_run0(&s, SIP_CC_DIGIT), "");
	UNIT_STR(sip_scan_until(&s, 'X'), "end");
	UNIT_CHECK(sip_scan_is_end(&s));
	UNIT_EQ(sip_scan_peek(&s), 0);
	UNIT_CHECK(sip_scan_finish(&s));
	UNIT_CHECK(sip_scan_is_ok(&s));
	return SIP_OK;
}

static enum sip_err test_scan_when_failed_then_sticks(void)
{
	struct sip_scan s = scan_of("abc;def");
	UNIT_STR(sip_scan_token(&s), "abc");
	UNIT_CHECK(!sip_scan_expect(&s, ','));
	UNIT_EQ(s.err, SIP_E_SYNTAX);
	UNIT_EQ(s.err_at, 3);
	UNIT_CHECK(!sip_scan_fail(&s, SIP_E_RANGE));
	UNIT_EQ(s.err, SIP_E_SYNTAX);
	UNIT_CHECK(!sip_scan_accept(&s, ';'));
	UNIT_CHECK(!sip_scan_accept_sep(&s, ';'));
	UNIT_CHECK(!sip_scan_expect(&s, ';'));
	UNIT_EQ(sip_scan_run(&s, SIP_CC_TOKEN).len, 0);
	UNIT_EQ(sip_scan_run0(&s, SIP_CC_WORD).len, 0);
	UNIT_EQ(sip_scan_until(&s, 'f').len, 0);
	UNIT_EQ(sip_scan_quoted(&s).len, 0);
	UNIT_EQ(sip_scan_number(&s, 9), 0);
	UNIT_EQ(sip_scan_peek(&s), 0);
	UNIT_CHECK(sip_scan_is_end(&s));
	UNIT_CHECK(!sip_scan_finish(&s));
	UNIT_EQ(s.p - s.start, 3);
	UNIT_EQ(s.err_at, 3);
	return SIP_OK;
}

static enum sip_err test_scan_lws_takes_folds_only(void)
{
	static const struct {
		const char *text;
		size_t taken;
	} rows[] = {
		{ " \t x", 3 },  { "\r\n x", 3 },      { "\n\tx", 2 },   { " \r\n \r\n x", 7 }, { "\r\nx", 0 },
		{ "\r\n", 0 },   { " \r\n\r\n x", 1 }, { "\r x", 2 },    { "", 0 },             { "\r", 0 },
		{ "x", 0 },      { "\n", 0 },          { "  ", 2 },
	};
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		struct sip_scan s = scan_of(rows[i].text);
		sip_scan_lws(&s);
		UNIT_EQ(s.p - s.start, rows[i].taken);
	}
	return SIP_OK;
}

static enum sip_err test_scan_quoted_edges(void)
{
	static const struct {
		const char *text;
		const char *inside; /* NULL: fails */
	} rows[] = {
		{ "\"\"", "" },
		{ "\"a b\"c", "a b" },
		{ "\"\\\\\"", "\\\\" },
		{ "\"\\\"\"", "\\\"" },
		{ "\"a\r\n b\"", "a\r\n b" },
		{ "\"\xc3\xa9\"", "\xc3\xa9" },
		{ "\"", NULL },
		{ "\"a", NULL },
		{ "\"a\\", NULL },
		{ "\"a\\\"", NULL },
		{ "\"a\r\nb\"", NULL },
		{ "\"a\\\nb\"", NULL },
		{ "a\"\"", NULL },
		{ "", NULL },
	};
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		struct sip_scan s = scan_of(rows[i].text);
		struct sip_str inside = sip_scan_quoted(&s);
		UNIT_EQ(s.err, rows[i].inside ? SIP_OK : SIP_E_SYNTAX);
		UNIT_STR(inside, rows[i].inside ? rows[i].inside : "");
		if (!rows[i].inside)
			UNIT_EQ(s.err_at, 0);
	}
	return SIP_OK;
}

static enum sip_err test_scan_number_bounds(void)
{
	struct sip_scan s = scan_of("65535 65536");
	UNIT_EQ(sip_scan_number(&s, 65535), 65535);
	sip_scan_lws(&s);
	UNIT_EQ(sip_scan_number(&s, 65535), 0);
	UNIT_EQ(s.err, SIP_E_RANGE);
	UNIT_EQ(s.err_at, 6);
	s = scan_of("x");
	UNIT_EQ(sip_scan_number(&s, 65535), 0);
	UNIT_EQ(s.err, SIP_E_SYNTAX);
	s = scan_of("18446744073709551616");
	UNIT_EQ(sip_scan_number(&s, UINT64_MAX), 0);
	UNIT_EQ(s.err, SIP_E_RANGE);
	return SIP_OK;
}

static enum sip_err test_scan_finish_when_more_then_fails(void)
{
	struct sip_scan s = scan_of(" \t ");
	UNIT_CHECK(sip_scan_finish(&s));
	s = scan_of(" x");
	UNIT_CHECK(!sip_scan_finish(&s));
	UNIT_EQ(s.err_at, 1);
	sip_scan_init(&s, sip_str_make(NULL, 0));
	UNIT_CHECK(sip_scan_finish(&s));
	sip_scan_init(&s, sip_str_make("a\0b", 3));
	UNIT_STR(sip_scan_token(&s), "a");
	UNIT_EQ(sip_scan_peek(&s), 0);
	UNIT_CHECK(!sip_scan_is_end(&s));
	UNIT_CHECK(!sip_scan_finish(&s));
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_scan_classes_are_the_grammar),
	UNIT_CASE(test_scan_reads_in_order),
	UNIT_CASE(test_scan_when_failed_then_sticks),
	UNIT_CASE(test_scan_lws_takes_folds_only),
	UNIT_CASE(test_scan_quoted_edges),
	UNIT_CASE(test_scan_number_bounds),
	UNIT_CASE(test_scan_finish_when_more_then_fails),
};
SUITE(scan);
