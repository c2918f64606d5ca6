#include "tests/unit/stack/base/base_test.h"

static enum sip_err test_str_eq_nocase_for_all_lengths(void)
{
	char a[40];
	char b[40];
	for (size_t n = 0; n <= 33; n++) {
		for (size_t i = 0; i < n; i++) {
			a[i] = (char)('A' + i % 26);
			b[i] = (char)('a' + i % 26);
		}
		UNIT_CHECK(sip_str_eq_nocase(sip_str_make(a, n), sip_str_make(b, n)));
		for (size_t i = 0; i < n; i++) {
			char kept = b[i];
			b[i] = '#';
			UNIT_CHECK(!sip_str_eq_nocase(sip_str_make(a, n), sip_str_make(b, n)));
			b[i] = kept;
		}
		UNIT_CHECK(!sip_str_eq_nocase(sip_str_make(a, n), sip_str_make(b, n + 1)));
	}
	UNIT_CHECK(sip_str_eq_nocase(sip_str_make(NULL, 0), SIP_STR("")));
	return SIP_OK;
}

/* Every pair of bytes, at every place of a word: folded letters alone may agree. */
static enum sip_err test_str_eq_nocase_for_every_byte(void)
{
	for (unsigned x = 0; x < 256; x++) {
		for (unsigned y = 0; y < 256; y++) {
			char a[9] = "abcdefgh";
			char b[9] = "ABCDEFGH";
			a[x % 8] = (char)x;
			b[x % 8] = (char)y;
			bool is_same = sip_char_lower((char)x) == sip_char_lower((char)y);
			bool is_found = sip_str_eq_nocase(sip_str_make(a, 8), sip_str_make(b, 8));
			if (is_same != is_found)
				UNIT_EQ(x * 256 + y, -1);
		}
	}
	UNIT_CHECK(!sip_str_eq_nocase(SIP_STR("@@@@"), SIP_STR("````")));
	UNIT_CHECK(!sip_str_eq_nocase(SIP_STR("[[[["), SIP_STR("{{{{")));
	return SIP_OK;
}

static enum sip_err test_str_cmp_nocase_orders(void)
{
	UNIT_EQ(sip_str_cmp_nocase(SIP_STR("Abc"), SIP_STR("aBC")), 0);
	UNIT_CHECK(sip_str_cmp_nocase(SIP_STR("abc"), SIP_STR("abd")) < 0);
	UNIT_CHECK(sip_str_cmp_nocase(SIP_STR("B"), SIP_STR("a")) > 0);
	UNIT_CHECK(sip_str_cmp_nocase(SIP_STR("ab"), SIP_STR("abc")) < 0);
	UNIT_CHECK(sip_str_cmp_nocase(SIP_STR("abc"), SIP_STR("ab")) > 0);
	UNIT_CHECK(sip_str_cmp_nocase(SIP_STR("\xff"), SIP_STR("a")) > 0);
	UNIT_EQ(sip_str_cmp_nocase(SIP_STR(""), sip_str_make(NULL, 0)), 0);
	return SIP_OK;
}

static enum sip_err test_str_starts_and_ends(void)
{
	struct sip_str s = SIP_STR("Transport12Interface");
	UNIT_CHECK(sip_str_starts_nocase(s, SIP_STR("TRANSPORT")));
	UNIT_CHECK(sip_str_starts_nocase(s, SIP_STR("")));
	UNIT_CHECK(!sip_str_starts_nocase(SIP_STR("tran"), SIP_STR("transport")));
	UNIT_CHECK(sip_str_ends_nocase(s, SIP_STR("INTERFACE")));
	UNIT_CHECK(sip_str_ends_nocase(s, SIP_STR("")));
	UNIT_CHECK(!sip_str_ends_nocase(SIP_STR("face"), SIP_STR("interface")));
	UNIT_CHECK(!sip_str_ends_nocase(s, SIP_STR("Transport")));
	return SIP_OK;
}

static enum sip_err test_str_find_and_trim(void)
{
	UNIT_EQ(sip_str_find(SIP_STR("abc"), 'c'), 2);
	UNIT_EQ(sip_str_find(SIP_STR("abc"), 'x'), 3);
	UNIT_EQ(sip_str_find(sip_str_make(NULL, 0), 'x'), 0);
	UNIT_STR(sip_str_trim(SIP_STR(" \t\r\n a b \r\n")), "a b");
	UNIT_STR(sip_str_trim(SIP_STR(" \t ")), "");
	UNIT_STR(sip_str_trim(sip_str_make(NULL, 0)), "");
	UNIT_STR(sip_str_from(SIP_STR("abc"), 1), "bc");
	UNIT_STR(sip_str_from(SIP_STR("abc"), 9), "");
	return SIP_OK;
}

static enum sip_err test_str_to_number_bounds(void)
{
	uint64_t n = 7;
	uint32_t m = 7;
	UNIT_EQ(sip_str_to_u64(SIP_STR("18446744073709551615"), UINT64_MAX, &n), SIP_OK);
	UNIT_CHECK(n == UINT64_MAX);
	UNIT_EQ(sip_str_to_u64(SIP_STR("18446744073709551616"), UINT64_MAX, &n), SIP_E_RANGE);
	UNIT_CHECK(n == UINT64_MAX);
	UNIT_EQ(sip_str_to_u64(SIP_STR("99999999999999999999999999"), 100, &n), SIP_E_RANGE);
	UNIT_EQ(n, 100);
	UNIT_EQ(sip_str_to_u64(SIP_STR("000000000000000000000000000001"), 100, &n), SIP_OK);
	UNIT_EQ(n, 1);
	UNIT_EQ(sip_str_to_u64(SIP_STR("101"), 100, &n), SIP_E_RANGE);
	UNIT_EQ(sip_str_to_u64(SIP_STR("100"), 100, &n), SIP_OK);
	UNIT_EQ(sip_str_to_u64(SIP_STR("0"), 0, &n), SIP_OK);
	UNIT_EQ(sip_str_to_u64(SIP_STR(""), 100, &n), SIP_E_SYNTAX);
	UNIT_EQ(sip_str_to_u64(SIP_STR("-1"), 100, &n), SIP_E_SYNTAX);
	UNIT_EQ(sip_str_to_u64(SIP_STR("999999x"), 100, &n), SIP_E_SYNTAX);
	UNIT_EQ(sip_str_to_u64(SIP_STR("1 "), 100, &n), SIP_E_SYNTAX);
	UNIT_EQ(n, 0);
	UNIT_EQ(sip_str_to_u32(SIP_STR("4294967295"), UINT32_MAX, &m), SIP_OK);
	UNIT_CHECK(m == UINT32_MAX);
	UNIT_EQ(sip_str_to_u32(SIP_STR("4294967296"), UINT32_MAX, &m), SIP_E_RANGE);
	UNIT_CHECK(m == UINT32_MAX);
	return SIP_OK;
}

static enum sip_err test_str_cut_gives_each_piece(void)
{
	struct sip_str rest = SIP_STR(" a ,, b,");
	struct sip_str piece = SIP_STR("");
	UNIT_CHECK(sip_str_cut(&rest, ',', &piece));
	UNIT_STR(piece, "a");
	UNIT_CHECK(sip_str_cut(&rest, ',', &piece));
	UNIT_STR(piece, "");
	UNIT_CHECK(sip_str_cut(&rest, ',', &piece));
	UNIT_STR(piece, "b");
	UNIT_CHECK(!sip_str_cut(&rest, ',', &piece));
	rest = sip_str_make(NULL, 0);
	UNIT_CHECK(!sip_str_cut(&rest, ',', &piece));
	return SIP_OK;
}

/* RFC 3629 3 and 4: the edges of each form, and each a byte beyond. */
static enum sip_err test_str_is_utf8_at_each_edge(void)
{
	static const char *const good[] = { "", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
					    "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "eight at a time, \xc3\xa9 or not" };
	static const char *const bad[] = { "\x80", "\xbf", "\xc1\xbf", "\xc2", "\xc2\x7f", "\xc2\xc0", "\xe0\x9f\xbf", "\xe0\xa0", "\xe0\xa0\x7f",
					   "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf0\x90\x80\xc0", "\xf4\x90\x80\x80",
					   "\xf5\x80\x80\x80", "\xff", "\xfe" };
	char text[40];
	for (size_t i = 0; i < SIP_COUNTOF(good); i++)
		UNIT_CHECK(sip_str_is_utf8(sip_str_of(good[i])));
	UNIT_CHECK(sip_str_is_utf8(sip_str_make(NULL, 0)));
	UNIT_CHECK(sip_str_is_utf8(sip_str_make("a\0b", 3)));
	/* Wherever it stands. */
	for (size_t i = 0; i < SIP_COUNTOF(bad); i++) {
		size_t n = strlen(bad[i]);
		for (size_t at = 0; at + n <= sizeof(text); at++) {
			memset(text, 'x', sizeof(text));
			memcpy(text + at, bad[i], n);
			UNIT_CHECK(!sip_str_is_utf8(sip_str_make(text, sizeof(text))));
			UNIT_CHECK(!sip_str_is_utf8(sip_str_make(text, at + n)));
		}
	}
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_str_eq_nocase_for_all_lengths),
	UNIT_CASE(test_str_eq_nocase_for_every_byte),
	UNIT_CASE(test_str_cmp_nocase_orders),
	UNIT_CASE(test_str_starts_and_ends),
	UNIT_CASE(test_str_find_and_trim),
	UNIT_CASE(test_str_to_number_bounds),
	UNIT_CASE(test_str_cut_gives_each_piece),
	UNIT_CASE(test_str_is_utf8_at_each_edge),
};
SUITE(str);
