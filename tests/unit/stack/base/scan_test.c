#include "tests/unit/stack/base/base_test.h"

#include "stack/base/marks.h"

#include <stdio.h>

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

/* Every byte at every place of every length around a block, alone and behind one that the class holds too: as by single bytes. */
static enum sip_err test_scan_run_of_text_is_the_same_as_of_bytes(void)
{
	static const unsigned classes[] = { SIP_CC_HOST, SIP_CC_TOKEN, SIP_CC_WORD, SIP_CC_TOKEN | SIP_CC_PARAM };
	bool is_same = true;

	for (size_t len = 0; len <= 34; len++) {
		/* Allocated so that valgrind sees what is read outside of it. */
		char *text = sip_alloc(len), *end;
		if (!text)
			return SIP_E_NOMEM;
		end = text + len;
		for (size_t at = 0; at < len; at++)
			for (unsigned c = 0; c < 256; c++)
				for (size_t i = 0; i < SIP_COUNTOF(classes); i++) {
					memset(text, "azAZ09-."[c % 8], len);
					text[at / 2] = "a_"[at % 2];
					text[at] = (char)c;
					is_same &= sip_char_run_text(text, end, classes[i]) == sip_char_run(text, end, classes[i]);
				}
		sip_free(text);
	}
	UNIT_CHECK(is_same);
	return SIP_OK;
}

#ifdef __SSE2__
/* Every byte at every place of every length around a window, by all registers that there are. */
static enum sip_err test_marks_of_a_window_are_the_same_by_every_way(void)
{
	const sip__marks_fn *ways;
	size_t count = sip__marks_ways(&ways);
	bool is_same = true;

	for (size_t len = 16; len <= 66; len++) {
		char *text = sip_alloc(len), *end;
		if (!text)
			return SIP_E_NOMEM;
		end = text + len;
		for (size_t at = 0; at < len && at < SIP__MARKS_WINDOW; at++)
			for (unsigned c = 0; c < 256; c++) {
				memset(text, "azAZ09-."[c % 8], len);
				text[at] = (char)c;
				bool is_mark = c == '_' || !sip_char_is((char)c, SIP_CC_HOST);
				uint64_t marks = (uint64_t)is_mark << at | (len < SIP__MARKS_WINDOW ? UINT64_C(1) << len : 0);
				for (size_t i = 0; i < count; i++)
					is_same &= ways[i](text, end) == marks;
			}
		sip_free(text);
	}
	UNIT_CHECK(is_same);
	return SIP_OK;
}
#endif

/* Runs taken one behind the other, over windows, are those by single bytes; what is looked for is found where memchr finds it. */
static enum sip_err test_marks_give_the_same_runs_as_bytes(void)
{
	static const unsigned classes[] = { SIP_CC_HOST, SIP_CC_TOKEN, SIP_CC_WORD, SIP_CC_TOKEN | SIP_CC_PARAM };
	static const char bytes[] = "aZ0-.;@>_% \x80";
	struct sip_rand r;
	bool is_same = true;

	sip_rand_init_seed(&r, 3261);
	for (unsigned round = 0; round < 4000; round++) {
		size_t len = (size_t)sip_rand_below(&r, 200), often = 1 + (size_t)sip_rand_below(&r, 100);
		char *text = sip_alloc(len + (len == 0)), *end;
		struct sip__marks m;
		if (!text)
			return SIP_E_NOMEM;
		end = text + len;
		for (size_t i = 0; i < len; i++)
			text[i] = sip_rand_below(&r, often) ? 'x' : bytes[sip_rand_below(&r, sizeof bytes - 1)];
		sip__marks_init(&m, text, end);
		for (const char *p = text; p <= end; p++) {
			unsigned class = classes[sip_rand_below(&r, SIP_COUNTOF(classes))];
			const char *run = sip__marks_run(&m, p, class), *found = p;
			while (found < end && *found != '@' && *found != '>')
				found++;
			is_same &= run == sip_char_run(p, end, class) && sip__marks_find(&m, p, '@', '>') == found;
			/* Back to before the run, which a text that is read on never asks for, costs a look and no more. */
			p = sip_rand_below(&r, 4) && run < end ? run : p;
		}
		sip_free(text);
	}
	UNIT_CHECK(is_same);
	return SIP_OK;
}

/* The close at every place of every length around a block, with an escape or a line end in front of it or not. */
static enum sip_err test_scan_quoted_of_every_length(void)
{
	static const struct {
		const char *inside;
		bool is_good;
	} marks[] = { { "a", true }, { "\\\"", true }, { "\\\\", true }, { "\r\n ", true }, { "\n", false }, { "\r", false } };
	char text[96];

	for (size_t i = 0; i < SIP_COUNTOF(marks); i++)
		for (int before = 0; before < 36; before++)
			for (int behind = 0; behind < 36; behind++) {
				int len = snprintf(text, sizeof text, "\"%.*s%s%.*s\"x", before,
						   "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", marks[i].inside, behind,
						   "cccccccccccccccccccccccccccccccccccc");
				struct sip_scan s = scan_of(text);
				struct sip_str inside = sip_scan_quoted(&s);
				UNIT_EQ(sip_scan_is_ok(&s), marks[i].is_good);
				if (marks[i].is_good)
					UNIT_EQ(inside.len, (size_t)len - 3);
			}
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_scan_classes_are_the_grammar),
	UNIT_CASE(test_scan_reads_in_order),
	UNIT_CASE(test_scan_when_failed_then_sticks),
	UNIT_CASE(test_scan_lws_takes_folds_only),
	UNIT_CASE(test_scan_quoted_edges),
#ifdef __SSE2__
	UNIT_CASE_NO_OOM(test_marks_of_a_window_are_the_same_by_every_way),
#endif
	UNIT_CASE_NO_OOM(test_marks_give_the_same_runs_as_bytes),
	UNIT_CASE(test_scan_quoted_of_every_length),
	UNIT_CASE_NO_OOM(test_scan_run_of_text_is_the_same_as_of_bytes),
	UNIT_CASE(test_scan_number_bounds),
	UNIT_CASE(test_scan_finish_when_more_then_fails),
};
SUITE(scan);
