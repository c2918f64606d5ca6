/* base64 in lines, quoted-printable. */
#include "stack/content/content_priv.h"
#include "tests/unit/stack/content/content_rooms_test.h"

static enum sip_err test_quoted_printable_decode_as_rfc_2045_has_it(void)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} texts[] = {
		{ "", "" }, { "a=3Db", "a=b" }, { "a=3db", "a=b" }, { "Now's the time =\r\nfor all", "Now's the time for all" },
		{ "a=\nb", "ab" }, { "a= \t\r\nb", "ab" }, { "a=", "a" }, { "a= ", "a" }, { "a \t\r\nb ", "a\r\nb" }, { "a  b", "a  b" },
		{ "a=20\r\n", "a \r\n" }, { "=zz", NULL }, { "=3", NULL }, { "= a", NULL }, { "=\r", NULL }, { "a\nb\r", "a\nb\r" },
	};
	for (size_t i = 0; i < SIP_COUNTOF(texts); i++) {
		char out[64];
		size_t len = 0;
		enum sip_err err = sip__quoted_printable_decode(sip_str_of(texts[i].in), out, &len);
		unit_check(err == (texts[i].out ? SIP_OK : SIP_E_SYNTAX), texts[i].in, __FILE__, __LINE__);
		if (texts[i].out)
			UNIT_STR(sip_str_make(out, len), texts[i].out);
	}
	return SIP_OK;
}

static enum sip_err test_base64_lines_decode_skips_white_space_alone(void)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} texts[] = {
		{ "", "" }, { "aGVs\r\nbG8=\r\n", "hello" }, { " a G V s b G 8 = ", "hello" }, { "aGVsbG8", NULL }, { "aGVs-bG8=", NULL },
	};
	for (size_t i = 0; i < SIP_COUNTOF(texts); i++) {
		char out[64];
		size_t len = 0;
		enum sip_err err = sip__base64_lines_decode(sip_str_of(texts[i].in), out, &len);
		unit_check(err == (texts[i].out ? SIP_OK : SIP_E_SYNTAX), texts[i].in, __FILE__, __LINE__);
		if (texts[i].out)
			UNIT_STR(sip_str_make(out, len), texts[i].out);
	}
	return SIP_OK;
}

static bool has_short_lines(struct sip_str text)
{
	while (text.len) {
		size_t n = sip_str_find(text, '\n');
		if (n > 77)
			return false;
		text = sip_str_from(text, n + 1);
	}
	return true;
}

static enum sip_err test_transfer_put_then_decode_is_the_same(void)
{
	enum sip_err err = SIP_OK;
	struct sip_rand rand;
	char bytes[300], back[1200];
	size_t len;
	struct bed b;

	bed_init(&b);
	sip_rand_init_seed(&rand, 5);
	for (size_t n = 0; n < sizeof bytes; n++) {
		static const char pool[] = " \t\r\n=-aZ.\x80\xff\x7f\x01";
		for (size_t i = 0; i < n; i++)
			bytes[i] = pool[sip_rand_below(&rand, sizeof pool)];
		sip_buf_clear(&b.out);
		sip__base64_lines_put(&b.out, sip_str_make(bytes, n));
		UNIT_TRY(b.out.err);
		UNIT_CHECK(has_short_lines(sip_buf_str(&b.out)));
		UNIT_EQ(sip__base64_lines_decode(sip_buf_str(&b.out), back, &len), SIP_OK);
		UNIT_CHECK(sip_str_eq(sip_str_make(back, len), sip_str_make(bytes, n)));
		sip_buf_clear(&b.out);
		sip__quoted_printable_put(&b.out, sip_str_make(bytes, n));
		UNIT_TRY(b.out.err);
		UNIT_CHECK(has_short_lines(sip_buf_str(&b.out)));
		UNIT_EQ(sip__quoted_printable_decode(sip_buf_str(&b.out), back, &len), SIP_OK);
		UNIT_CHECK(sip_str_eq(sip_str_make(back, len), sip_str_make(bytes, n)));
	}
out:
	bed_fini(&b);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_quoted_printable_decode_as_rfc_2045_has_it),
	UNIT_CASE(test_base64_lines_decode_skips_white_space_alone),
	UNIT_CASE(test_transfer_put_then_decode_is_the_same),
};
SUITE(transfer);
