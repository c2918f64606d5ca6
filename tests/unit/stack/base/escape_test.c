#include "tests/unit/stack/base/base_test.h"

static enum sip_err test_percent_decode(void)
{
	char out[32];
	size_t len = 0;
	UNIT_EQ(sip_percent_decode(SIP_STR("a%20b%C3%a9%00"), out, &len), SIP_OK);
	UNIT_CHECK(sip_str_eq(sip_str_make(out, len), sip_str_make("a b\xc3\xa9\0", 6)));
	UNIT_EQ(sip_percent_decode(SIP_STR(""), out, &len), SIP_OK);
	UNIT_EQ(len, 0);
	UNIT_EQ(sip_percent_decode(SIP_STR("%"), out, &len), SIP_E_SYNTAX);
	UNIT_EQ(sip_percent_decode(SIP_STR("a%2"), out, &len), SIP_E_SYNTAX);
	UNIT_EQ(sip_percent_decode(SIP_STR("%g0"), out, &len), SIP_E_SYNTAX);
	UNIT_EQ(sip_percent_decode(SIP_STR("%0g"), out, &len), SIP_E_SYNTAX);
	return SIP_OK;
}

static enum sip_err test_percent_encode_and_back(void)
{
	enum sip_err err = SIP_OK;
	char all[256];
	char back[256 * 3];
	size_t len = 0;
	struct sip_buf b;
	sip_buf_init(&b, 0);
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (char)i;
	sip_percent_encode(&b, sip_str_make(all, sizeof all), SIP_CC_USER);
	UNIT_TRY(b.err);
	UNIT_EQ(sip_percent_decode(sip_buf_str(&b), back, &len), SIP_OK);
	UNIT_CHECK(sip_str_eq(sip_str_make(back, len), sip_str_make(all, sizeof all)));
	sip_buf_clear(&b);
	sip_percent_encode(&b, SIP_STR("a:b@\xff"), SIP_CC_USER);
	UNIT_TRY(b.err);
	UNIT_STR(sip_buf_str(&b), "a%3Ab%40%FF");
out:
	sip_buf_fini(&b);
	return err;
}

static enum sip_err test_percent_eq(void)
{
	UNIT_CHECK(sip_percent_eq(SIP_STR("a%62c"), SIP_STR("%61b%63")));
	UNIT_CHECK(sip_percent_eq(SIP_STR("%4a"), SIP_STR("%4A")));
	UNIT_CHECK(!sip_percent_eq(SIP_STR("a"), SIP_STR("A")));
	UNIT_CHECK(!sip_percent_eq(SIP_STR("a"), SIP_STR("ab")));
	UNIT_CHECK(!sip_percent_eq(SIP_STR("ab"), SIP_STR("a")));
	UNIT_CHECK(sip_percent_eq(SIP_STR("%zz"), SIP_STR("%zz")));
	UNIT_CHECK(sip_percent_eq(SIP_STR("%"), SIP_STR("%25")));
	UNIT_CHECK(sip_percent_eq(SIP_STR(""), sip_str_make(NULL, 0)));
	return SIP_OK;
}

static enum sip_err test_quoted_both_ways(void)
{
	enum sip_err err = SIP_OK;
	char out[32];
	struct sip_buf b;
	sip_buf_init(&b, 0);
	UNIT_EQ(sip_quoted_decode(SIP_STR("a\\\"b\\\\c\\d"), out), 6);
	UNIT_STR(sip_str_make(out, 6), "a\"b\\cd");
	UNIT_EQ(sip_quoted_decode(SIP_STR("a\\"), out), 2);
	UNIT_EQ(sip_quoted_decode(SIP_STR(""), out), 0);
	sip_quoted_encode(&b, SIP_STR("a\"b\\c\td\r\ne\x01"));
	UNIT_TRY(b.err);
	UNIT_STR(sip_buf_str(&b), "\"a\\\"b\\\\c\td  e\\\x01\"");
	struct sip_scan s;
	sip_scan_init(&s, sip_buf_str(&b));
	size_t n = sip_quoted_decode(sip_scan_quoted(&s), out);
	UNIT_CHECK(sip_scan_finish(&s));
	UNIT_STR(sip_str_make(out, n), "a\"b\\c\td  e\x01");
out:
	sip_buf_fini(&b);
	return err;
}

static enum sip_err test_hex_decode(void)
{
	unsigned char out[3] = { 0 };
	UNIT_EQ(sip_hex_decode(SIP_STR("00aBFf"), out, 3), SIP_OK);
	UNIT_EQ(out[1], 0xab);
	UNIT_EQ(out[2], 0xff);
	UNIT_EQ(sip_hex_decode(SIP_STR("00aBF"), out, 3), SIP_E_SYNTAX);
	UNIT_EQ(sip_hex_decode(SIP_STR("00aBFf0"), out, 3), SIP_E_SYNTAX);
	UNIT_EQ(sip_hex_decode(SIP_STR("00aBFg"), out, 3), SIP_E_SYNTAX);
	UNIT_EQ(sip_hex_decode(SIP_STR("0xaBF "), out, 3), SIP_E_SYNTAX);
	UNIT_EQ(sip_hex_decode(SIP_STR(""), out, 0), SIP_OK);
	return SIP_OK;
}

/* RFC 4648 10. */
static enum sip_err test_base64_vectors(void)
{
	static const char *const rows[][2] = {
		{ "", "" },           { "f", "Zg==" },          { "fo", "Zm8=" },         { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" }, { "\xfb\xff", "+/8=" },
	};
	enum sip_err err = SIP_OK;
	char out[16];
	size_t len;
	struct sip_buf b;
	sip_buf_init(&b, 0);
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		sip_buf_clear(&b);
		sip_base64_encode(&b, rows[i][0], strlen(rows[i][0]));
		UNIT_TRY(b.err);
		UNIT_STR(sip_buf_str(&b), rows[i][1]);
		UNIT_EQ(sip_base64_decode(sip_str_of(rows[i][1]), out, &len), SIP_OK);
		UNIT_STR(sip_str_make(out, len), rows[i][0]);
	}
out:
	sip_buf_fini(&b);
	return err;
}

static enum sip_err test_base64_when_broken_then_syntax(void)
{
	static const char *const rows[] = {
		"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "====", "Z===", "Zg==Zg==", "Zm-_", "Zm 9", "=m9v", "Zm=v",
	};
	char out[16];
	size_t len;
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++)
		UNIT_EQ(sip_base64_decode(sip_str_of(rows[i]), out, &len), SIP_E_SYNTAX);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_percent_decode),
	UNIT_CASE(test_percent_encode_and_back),
	UNIT_CASE(test_percent_eq),
	UNIT_CASE(test_quoted_both_ways),
	UNIT_CASE(test_hex_decode),
	UNIT_CASE(test_base64_vectors),
	UNIT_CASE(test_base64_when_broken_then_syntax),
};
SUITE(escape);
