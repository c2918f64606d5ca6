#include "tests/unit/stack/base/base_test.h"

#include <stdio.h>

static enum sip_err test_buf_put_grows(void)
{
	enum sip_err err = SIP_OK;
	struct sip_buf b;
	sip_buf_init(&b, 0);
	for (unsigned i = 0; i < 1000; i++)
		sip_buf_put_u64(&b, i);
	UNIT_TRY(b.err);
	UNIT_EQ(b.len, 10 + 90 * 2 + 900 * 3);
	UNIT_STR(sip_str_make(b.p, 15), "012345678910111");
	sip_buf_clear(&b);
	UNIT_EQ(b.len, 0);
	SIP_BUF_LIT(&b, "a");
	sip_buf_put_z(&b, "b");
	sip_buf_put_str(&b, SIP_STR("c"));
	sip_buf_put_char(&b, 'd');
	sip_buf_put_hex(&b, "\x0f\xa0", 2);
	sip_buf_putf(&b, "%d%s", -7, "x");
	sip_buf_put_u64(&b, UINT64_MAX);
	sip_buf_put(&b, NULL, 0);
	UNIT_TRY(b.err);
	UNIT_STR(sip_buf_str(&b), "abcd0fa0-7x18446744073709551615");
	UNIT_EQ(strlen(sip_buf_z(&b)), b.len);
out:
	sip_buf_fini(&b);
	return err;
}

static enum sip_err test_buf_put_u64_when_digits_grow_then_all_are_there(void)
{
	uint64_t power = 1;
	char mem[64], expected[64];
	struct sip_buf b;
	for (unsigned digits = 1; digits <= SIP_BUF_U64_MAX; digits++, power *= 10) {
		for (unsigned less = 0; less < 2; less++) {
			sip_buf_init_fixed(&b, mem, sizeof mem);
			sip_buf_put_u64(&b, power - less);
			snprintf(expected, sizeof expected, "%llu", (unsigned long long)(power - less));
			UNIT_STR(sip_buf_str(&b), expected);
			UNIT_EQ(sip_buf_write_u64(mem, power - less) - mem, (long)strlen(expected));
		}
		sip_buf_init_fixed(&b, mem, digits - 1);
		sip_buf_put_u64(&b, power);
		UNIT_EQ(b.err, SIP_E_LIMIT);
	}
	return SIP_OK;
}

static enum sip_err test_buf_putf_when_long_then_whole(void)
{
	enum sip_err err = SIP_OK;
	struct sip_buf b;
	sip_buf_init(&b, 0);
	sip_buf_putf(&b, "%0*d", 1000, 1);
	UNIT_TRY(b.err);
	UNIT_EQ(b.len, 1000);
	UNIT_EQ(b.p[0], '0');
	UNIT_EQ(b.p[999], '1');
out:
	sip_buf_fini(&b);
	return err;
}

static enum sip_err test_buf_when_full_then_sticks(void)
{
	char mem[8];
	struct sip_buf b;
	sip_buf_init_fixed(&b, mem, sizeof mem);
	SIP_BUF_LIT(&b, "12345678");
	UNIT_EQ(b.err, SIP_OK);
	UNIT_CHECK(sip_buf_reserve(&b, 0) == mem + 8);
	sip_buf_put_char(&b, '9');
	UNIT_EQ(b.err, SIP_E_LIMIT);
	UNIT_STR(sip_buf_str(&b), "12345678");
	UNIT_CHECK(sip_buf_reserve(&b, 0) == NULL);
	UNIT_STR(sip_str_of(sip_buf_z(&b)), "");
	sip_buf_clear(&b);
	sip_buf_put_hex(&b, "abcde", 5);
	UNIT_EQ(b.err, SIP_E_LIMIT);
	UNIT_EQ(b.len, 0);
	sip_buf_clear(&b);
	UNIT_CHECK(sip_buf_reserve(&b, SIZE_MAX) == NULL);
	UNIT_EQ(b.err, SIP_E_LIMIT);
	sip_buf_put_z(&b, "x");
	UNIT_EQ(b.len, 0);
	sip_buf_fini(&b);
	sip_buf_init_fixed(&b, NULL, 0);
	sip_buf_put_char(&b, 'x');
	UNIT_EQ(b.err, SIP_E_LIMIT);
	return SIP_OK;
}

static enum sip_err test_buf_when_over_limit_then_limit(void)
{
	enum sip_err err = SIP_OK;
	struct sip_buf b;
	sip_buf_init(&b, 300);
	for (unsigned i = 0; i < 300; i++)
		sip_buf_put_char(&b, 'x');
	UNIT_TRY(b.err);
	UNIT_EQ(b.cap, 300);
	sip_buf_put_char(&b, 'y');
	UNIT_EQ(b.err, SIP_E_LIMIT);
	UNIT_EQ(b.len, 300);
	UNIT_CHECK(sip_buf_take(&b, NULL) == NULL);
out:
	sip_buf_fini(&b);
	return err;
}

static enum sip_err test_buf_take_moves_the_bytes(void)
{
	enum sip_err err = SIP_OK;
	char mem[8];
	size_t len = 0;
	char *p = NULL;
	struct sip_buf b;
	sip_buf_init(&b, 0);
	SIP_BUF_LIT(&b, "abc");
	UNIT_TRY_PTR(p = sip_buf_take(&b, &len));
	UNIT_STR(sip_str_make(p, len), "abc");
	UNIT_EQ(b.len, 0);
	sip_free(p);
	UNIT_TRY_PTR(p = sip_buf_take(&b, &len));
	UNIT_EQ(len, 0);
	sip_free(p);
	SIP_BUF_LIT(&b, "again");
	UNIT_TRY(b.err);
	UNIT_STR(sip_buf_str(&b), "again");
	sip_buf_fini(&b);
	sip_buf_init_fixed(&b, mem, sizeof mem);
	SIP_BUF_LIT(&b, "fixed");
	UNIT_TRY_PTR(p = sip_buf_take(&b, &len));
	UNIT_STR(sip_str_make(p, len), "fixed");
	sip_free(p);
out:
	sip_buf_fini(&b);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_buf_put_grows),
	UNIT_CASE(test_buf_put_u64_when_digits_grow_then_all_are_there),
	UNIT_CASE(test_buf_putf_when_long_then_whole),
	UNIT_CASE(test_buf_when_full_then_sticks),
	UNIT_CASE(test_buf_when_over_limit_then_limit),
	UNIT_CASE(test_buf_take_moves_the_bytes),
};
SUITE(buf);
