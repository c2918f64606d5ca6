#include "tests/unit/stack/base/base_test.h"

/* The first numbers of the authors' generator from the state 1, 2, 3, 4. */
static enum sip_err test_rand_seeded_is_xoshiro256ss(void)
{
	static const uint64_t expected[] = { 11520, 0, 1509978240, 1215971899390074240u };
	struct sip_rand r;
	sip_rand_init_seed(&r, 0);
	for (unsigned i = 0; i < 4; i++)
		r.s[i] = i + 1;
	for (size_t i = 0; i < SIP_COUNTOF(expected); i++)
		UNIT_CHECK(sip_rand_u64(&r) == expected[i]);
	return SIP_OK;
}

static enum sip_err test_rand_seeded_repeats(void)
{
	struct sip_rand a;
	struct sip_rand b;
	struct sip_rand c;
	unsigned char x[21];
	unsigned char y[21];
	sip_rand_init_seed(&a, 42);
	sip_rand_init_seed(&b, 42);
	sip_rand_init_seed(&c, 43);
	sip_rand_fill(&a, x, sizeof x);
	sip_rand_fill(&b, y, sizeof y);
	UNIT_EQ(memcmp(x, y, sizeof x), 0);
	UNIT_CHECK(sip_rand_u64(&a) == sip_rand_u64(&b));
	UNIT_CHECK(sip_rand_u64(&a) != sip_rand_u64(&c));
	return SIP_OK;
}

static enum sip_err test_rand_os_differs_and_is_wiped(void)
{
	static struct sip_rand a;
	static struct sip_rand b;
	static unsigned char much[3 * SIP_RAND_BLOCK];
	sip_rand_init_os(&a);
	sip_rand_init_os(&b);
	UNIT_CHECK(sip_rand_u64(&a) != sip_rand_u64(&b));
	for (size_t i = 0; i < 8; i++)
		UNIT_EQ(a.block[i], 0);
	UNIT_EQ(a.left, SIP_RAND_BLOCK - 8);
	sip_rand_fill(&a, much, sizeof much);
	UNIT_EQ(a.left, SIP_RAND_BLOCK - 8);
	UNIT_CHECK(memcmp(much, much + SIP_RAND_BLOCK, SIP_RAND_BLOCK) != 0);
	sip_rand_fill(&a, much, 0);
	return SIP_OK;
}

static enum sip_err test_rand_below_is_even(void)
{
	struct sip_rand r;
	unsigned hits[10] = { 0 };
	sip_rand_init_seed(&r, 7);
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t n = sip_rand_below(&r, 10);
		UNIT_CHECK(n < 10);
		hits[n % 10]++;
	}
	for (unsigned i = 0; i < 10; i++)
		UNIT_CHECK(hits[i] > 9500 && hits[i] < 10500);
	UNIT_EQ(sip_rand_below(&r, 1), 0);
	for (unsigned i = 0; i < 100; i++)
		UNIT_CHECK(sip_rand_below(&r, (UINT64_MAX / 2) + 2) <= (UINT64_MAX / 2) + 1);
	return SIP_OK;
}

static enum sip_err test_rand_chance(void)
{
	struct sip_rand r;
	unsigned hits = 0;
	sip_rand_init_seed(&r, 7);
	for (unsigned i = 0; i < 10000; i++) {
		UNIT_CHECK(!sip_rand_chance(&r, 0));
		UNIT_CHECK(sip_rand_chance(&r, 1000000));
		hits += sip_rand_chance(&r, 250000);
	}
	UNIT_CHECK(hits > 2300 && hits < 2700);
	return SIP_OK;
}

static enum sip_err test_rand_token_is_in_the_alphabet(void)
{
	enum sip_err err = SIP_OK;
	struct sip_rand r;
	struct sip_buf b;
	bool seen[256] = { false };
	size_t kinds = 0;
	sip_buf_init(&b, 0);
	sip_rand_init_seed(&r, 1);
	for (unsigned n = 0; n < 100; n++)
		sip_rand_put_token(&r, &b, n);
	UNIT_TRY(b.err);
	UNIT_EQ(b.len, 99 * 100 / 2);
	for (size_t i = 0; i < b.len; i++)
		seen[(unsigned char)b.p[i]] = true;
	for (int c = 0; c < 256; c++) {
		kinds += seen[c];
		UNIT_EQ(seen[c], (c >= '0' && c <= '9') || (c >= 'a' && c <= 'v'));
	}
	UNIT_EQ(kinds, 32);
out:
	sip_buf_fini(&b);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_rand_seeded_is_xoshiro256ss),
	UNIT_CASE(test_rand_seeded_repeats),
	UNIT_CASE(test_rand_os_differs_and_is_wiped),
	UNIT_CASE(test_rand_below_is_even),
	UNIT_CASE(test_rand_chance),
	UNIT_CASE(test_rand_token_is_in_the_alphabet),
};
SUITE(rand);
