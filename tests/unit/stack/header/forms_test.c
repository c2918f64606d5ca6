/* The value types with a form of their own that few headers have: dialog_ref, rack, date, warning, timestamp, and their table. */
#include "tests/unit/stack/header/header_rooms_test.h"

#include <stdio.h>
#include <time.h>

/* All of it is refused, and every type says so of what is not even begun. */
static void refuse(enum sip_value_type type, const char *const *texts, size_t count, enum sip_err err)
{
	_Alignas(16) unsigned char form[1024];

	UNIT_CHECK(sip_value_rows[type].size <= sizeof form);
	for (size_t i = 0; i < count; i++)
		unit_check(sip_value_rows[type].parse(sip_str_of(texts[i]), form) == err, texts[i], __FILE__, __LINE__);
}

/* RFC 3891 6.1: "A Replaces header field MUST contain exactly one to-tag and exactly one from-tag"; RFC 3911 7.1, RFC 4538 4 */
static enum sip_err test_dialog_ref_when_of_any_header_then_tags_by_their_side(void)
{
	static const char *const bad[] = { "", ";to-tag=a", "a b;to-tag=a", "a;to-tag=1;to-tag=2", "a;from-tag", "a;x y",
					   "1@h", "1@h;to-tag=1", "1@h;from-tag=0", "1@h;local-tag=1;to-tag=2", "1@h;to-tag=1;from-tag=",
					   "1@h;to-tag=1;from-tag=2;remote-tag=3" };
	struct sip_dialog_ref d;

	UNIT_EQ(sip_dialog_ref_parse(SIP_STR("98732@sip.example.com ;from-tag=r33th4x0r ;to-tag=ff87ff;early-only"), &d), SIP_OK);
	UNIT_STR(d.call_id, "98732@sip.example.com");
	UNIT_STR(d.local_tag, "ff87ff");
	UNIT_STR(d.remote_tag, "r33th4x0r");
	UNIT_CHECK(d.is_early_only);
	UNIT_EQ(sip_dialog_ref_parse(SIP_STR("fa77as7dad8-sd98ajzz@host.example.com;local-tag=kkaz-;remote-tag=6544"), &d), SIP_OK);
	UNIT_STR(d.local_tag, "kkaz-");
	UNIT_STR(d.remote_tag, "6544");
	UNIT_CHECK(!d.is_early_only);
	UNIT_EQ(sip_dialog_ref_parse(SIP_STR("87134@171.161.34.23;to-tag=24796;from-tag=0"), &d), SIP_OK);
	UNIT_STR(d.remote_tag, "0");
	refuse(SIP_VALUE_DIALOG_REF, bad, SIP_COUNTOF(bad), SIP_E_SYNTAX);
	return SIP_OK;
}

/* RFC 3262 7.2 */
static enum sip_err test_rack_when_whole_then_its_three_parts(void)
{
	static const char *const bad[] = { "", "1", "1 ", "1 2", "1 2 ", "x 2 INVITE", "1 x INVITE", "1,2 INVITE", "1 2 INVITE x" };
	static const char *const large[] = { "4294967296 1 INVITE", "1 2147483648 INVITE" };
	struct sip_rack r;

	UNIT_EQ(sip_rack_parse(SIP_STR("776656 1 INVITE"), &r), SIP_OK);
	UNIT_EQ(r.rseq, 776656);
	UNIT_EQ(r.cseq, 1);
	UNIT_EQ(r.method, SIP_METHOD_INVITE);
	UNIT_EQ(sip_rack_parse(SIP_STR("1\r\n 2\tFOO"), &r), SIP_OK);
	UNIT_EQ(r.method, SIP_METHOD_UNKNOWN);
	UNIT_STR(r.method_text, "FOO");
	refuse(SIP_VALUE_RACK, bad, SIP_COUNTOF(bad), SIP_E_SYNTAX);
	refuse(SIP_VALUE_RACK, large, SIP_COUNTOF(large), SIP_E_RANGE);
	return SIP_OK;
}

static enum sip_err test_date_when_of_any_year_then_seconds_since_1970(void)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} dates[] = {
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },           { "Sat, 13 Nov 2010 23:29:00 GMT", 1289690940 },
		{ "Thu, 21 Feb 2002 13:02:03 GMT", 1014296523 },  { "Tue, 29 Feb 2000 23:59:60 GMT", 951868799 },
		{ "Wed, 31 Dec 1969 23:59:59 GMT", -1 },          { "Fri, 01 Jan 2038 00:00:00 gmt", 2145916800 },
		{ "sat,  1 jan 2000  0:00:00 GMT", 946684800 },   { "Mon, 01 Mar 2100 00:00:00 GMT", 4107542400 },
		{ "Sat, 01 Jan 0000 00:00:00 GMT", -62167219200 }, { "Wed, 01 Mar 0000 00:00:00 GMT", -62162035200 },
	};
	static const char *const bad[] = {
		"", "Sat", "Sat 13 Nov 2010 23:29:00 GMT", "Sax, 13 Nov 2010 23:29:00 GMT", "Sat, 32 Nov 2010 23:29:00 GMT",
		"Sat, 31 Nov 2010 23:29:00 GMT", "Sat, 0 Nov 2010 23:29:00 GMT", "Sat, 29 Feb 2100 23:29:00 GMT",
		"Sat, 13 Foo 2010 23:29:00 GMT", "Sat, 13 Nov 2010 24:29:00 GMT", "Sat, 13 Nov 2010 23:60:00 GMT",
		"Sat, 13 Nov 2010 23:29:61 GMT", "Sat, 13 Nov 2010 23:29 GMT", "Sat, 13 Nov 2010 23:29:00 EST",
		"Sat, 13 Nov 2010 23:29:00", "Sat, 13 Nov 2010 23:29:00 GMT x", "Sat, 13 Nov 99999 23:29:00 GMT",
	};
	struct sip_date d;

	for (size_t i = 0; i < SIP_COUNTOF(dates); i++) {
		unit_check(sip_date_parse(sip_str_of(dates[i].text), &d) == SIP_OK, dates[i].text, __FILE__, __LINE__);
		UNIT_EQ(d.seconds, dates[i].seconds);
	}
	refuse(SIP_VALUE_DATE, bad, SIP_COUNTOF(bad), SIP_E_SYNTAX);
	return SIP_OK;
}

static void check_put(int64_t seconds)
{
	struct sip_date d = { seconds };
	time_t t = (time_t)seconds;
	char text[64], expected[64];
	struct sip_buf b;
	struct tm tm;

	sip_buf_init_fixed(&b, text, sizeof text);
	sip_date_put(&b, &d);
	UNIT_CHECK(gmtime_r(&t, &tm) != NULL);
	size_t n = strftime(expected, sizeof expected, "%a, %d %b ", &tm);
	snprintf(expected + n, sizeof expected - n, "%04d %02d:%02d:%02d GMT", tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	UNIT_STR(sip_buf_str(&b), expected);
	UNIT_EQ(sip_date_parse(sip_buf_str(&b), &d), SIP_OK);
	UNIT_EQ(d.seconds, seconds);
}

static enum sip_err test_date_when_put_then_that_of_the_calendar(void)
{
	static const int64_t first = -INT64_C(62167219200), last = INT64_C(253402300799), ends[] = { INT64_MIN, first - 1, last + 1, INT64_MAX };
	char text[64];
	struct sip_buf b;

	for (int64_t seconds = first; seconds <= last; seconds += INT64_C(86400) * 13 + 4321)
		check_put(seconds);
	for (int64_t day = -800; day < 40000; day++) { /* of 1967 … 2079 each */
		check_put(day * 86400);
		check_put(day * 86400 + 86399);
	}
	check_put(first);
	check_put(first + INT64_C(60) * 86400 - 1);
	check_put(first + INT64_C(60) * 86400);
	check_put(last);
	for (size_t i = 0; i < SIP_COUNTOF(ends); i++) {
		struct sip_date d = { ends[i] };
		sip_buf_init_fixed(&b, text, sizeof text);
		sip_date_put(&b, &d);
		UNIT_CHECK(b.err == SIP_E_INVAL && b.len == 0);
	}
	return SIP_OK;
}

/* RFC 3261 20.43 */
static enum sip_err test_warning_when_whole_then_code_agent_and_text(void)
{
	static const char *const bad[] = { "", "30", "3070 h \"x\"", "307", "307 ", "307 h", "307 h x", "307 h \"x", "307 h \"x\" y", "307 \"x\"",
					   "3x7 h \"x\"", "000 h \"x\"", "099 h \"x\"" };
	struct sip_warning w;

	UNIT_EQ(sip_warning_parse(SIP_STR("307 isi.edu:5060 \"Session parameter 'foo' \\\" not understood\""), &w), SIP_OK);
	UNIT_EQ(w.code, 307);
	UNIT_STR(w.agent, "isi.edu:5060");
	UNIT_STR(w.words, "Session parameter 'foo' \\\" not understood");
	UNIT_EQ(sip_warning_parse(SIP_STR("399 [2001:db8::1]\"\""), &w), SIP_OK);
	UNIT_STR(w.agent, "[2001:db8::1]");
	UNIT_EQ(w.words.len, 0);
	UNIT_EQ(sip_warning_parse(SIP_STR("100 h \"x\""), &w), SIP_OK);
	UNIT_EQ(w.code, 100);
	refuse(SIP_VALUE_WARNING, bad, SIP_COUNTOF(bad), SIP_E_SYNTAX);
	return SIP_OK;
}

/* RFC 3261 20.38 */
static enum sip_err test_timestamp_when_whole_then_time_and_delay(void)
{
	static const char *const bad[] = { "", "x", "1x", "1 x", "1 2 3", "-1", "1.5.2", "1..2" };
	static const char *const large[] = { "99999999999999999999", "1 99999999999999999999.5" };
	struct sip_timestamp t;

	UNIT_EQ(sip_timestamp_parse(SIP_STR("54"), &t), SIP_OK);
	UNIT_EQ(t.time_us, 54000000);
	UNIT_CHECK(!t.has_delay);
	UNIT_EQ(sip_timestamp_parse(SIP_STR("54.0210009 0.5"), &t), SIP_OK);
	UNIT_EQ(t.time_us, 54021000);
	UNIT_EQ(t.delay_us, 500000);
	UNIT_CHECK(t.has_delay);
	UNIT_EQ(sip_timestamp_parse(SIP_STR(".5 7."), &t), SIP_OK);
	UNIT_EQ(t.time_us, 500000);
	UNIT_EQ(t.delay_us, 7000000);
	refuse(SIP_VALUE_TIMESTAMP, bad, SIP_COUNTOF(bad), SIP_E_SYNTAX);
	refuse(SIP_VALUE_TIMESTAMP, large, SIP_COUNTOF(large), SIP_E_RANGE);
	return SIP_OK;
}

static enum sip_err test_auth_params_when_alone_then_no_scheme(void)
{
	static const char *const bad[] = { "", "a", "a=\"b", "a=b c=d", ",", " ,\r\n , " };
	struct sip_auth_value a;

	UNIT_EQ(sip_auth_value_parse_params(SIP_STR("nextnonce=\"47364c23\", qop=auth"), &a), SIP_OK);
	UNIT_EQ(a.scheme.len, 0);
	UNIT_STR(a.params, "nextnonce=\"47364c23\", qop=auth");
	refuse(SIP_VALUE_AUTH_PARAMS, bad, SIP_COUNTOF(bad), SIP_E_SYNTAX);
	return SIP_OK;
}

static enum sip_err test_value_rows_when_there_is_a_form_then_nothing_is_no_value(void)
{
	static const char *const nothing[] = { "" };
	_Alignas(16) unsigned char form[1024];

	for (int type = 0; type < SIP_VALUE_COUNT; type++) {
		UNIT_EQ(sip_value_rows[type].size != 0, sip_value_rows[type].parse != NULL);
		if (!sip_value_rows[type].parse)
			continue;
		refuse((enum sip_value_type)type, nothing, 1, SIP_E_SYNTAX);
		UNIT_EQ(sip_value_rows[type].parse(sip_str_make(NULL, 0), form), SIP_E_SYNTAX);
	}
	UNIT_STR(sip_value_rows[SIP_VALUE_NAME_ADDR].name, "NAME_ADDR");
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_dialog_ref_when_of_any_header_then_tags_by_their_side),
	UNIT_CASE(test_rack_when_whole_then_its_three_parts),
	UNIT_CASE(test_date_when_of_any_year_then_seconds_since_1970),
	UNIT_CASE(test_date_when_put_then_that_of_the_calendar),
	UNIT_CASE(test_warning_when_whole_then_code_agent_and_text),
	UNIT_CASE(test_timestamp_when_whole_then_time_and_delay),
	UNIT_CASE(test_auth_params_when_alone_then_no_scheme),
	UNIT_CASE(test_value_rows_when_there_is_a_form_then_nothing_is_no_value),
};
SUITE(forms);
