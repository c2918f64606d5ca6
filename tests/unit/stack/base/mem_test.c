#include "tests/unit/stack/base/base_test.h"

static enum sip_err test_mem_when_told_then_only_the_nth_fails(void)
{
	void *p[3];
	sip_mem_fail_at(2);
	UNIT_CHECK(!sip_mem_has_failed());
	p[0] = sip_alloc(8);
	p[1] = sip_alloc_zero(8);
	bool has_failed = sip_mem_has_failed();
	p[2] = sip_alloc(8);
	sip_mem_fail_at(0);
	UNIT_CHECK(p[0] != NULL);
	UNIT_CHECK(p[1] == NULL);
	UNIT_CHECK(p[2] != NULL);
	UNIT_CHECK(has_failed);
	sip_free(p[0]);
	sip_free(p[2]);
	return SIP_OK;
}

static enum sip_err test_mem_realloc_when_failing_then_old_lives(void)
{
	char *p = sip_alloc(4);
	if (!p)
		return SIP_E_NOMEM;
	memcpy(p, "abc", 4);
	sip_mem_fail_at(1);
	char *q = sip_realloc(p, 4000);
	sip_mem_fail_at(0);
	UNIT_CHECK(q == NULL);
	UNIT_STR(sip_str_of(p), "abc");
	q = sip_realloc(p, 4000);
	if (q) {
		UNIT_STR(sip_str_of(q), "abc");
		p = q;
	}
	sip_free(p);
	return SIP_OK;
}

static enum sip_err test_mem_zero_sizes_and_absurd_ones(void)
{
	long before = sip_mem_balance();
	void *a = sip_alloc(0);
	void *b = sip_alloc_zero(0);
	void *c = sip_realloc(NULL, 0);
	char *d = sip_strdup(NULL, 0);
	char *e = sip_strdup("abcdef", 3);
	UNIT_CHECK(a && b && c && d && e);
	UNIT_EQ(sip_mem_balance() - before, 5);
	UNIT_STR(sip_str_of(d), "");
	UNIT_STR(sip_str_of(e), "abc");
	void *grown = sip_realloc(c, 0);
	UNIT_CHECK(grown != NULL);
	sip_free(a);
	sip_free(b);
	sip_free(grown);
	sip_free(d);
	sip_free(e);
	sip_free(NULL);
	UNIT_EQ(sip_mem_balance(), before);
	UNIT_CHECK(sip_strdup("x", SIZE_MAX) == NULL);
	return SIP_OK;
}

static enum sip_err test_mem_zero_is_zero(void)
{
	unsigned char *p = sip_alloc_zero(256);
	if (!p)
		return SIP_E_NOMEM;
	for (size_t i = 0; i < 256; i++)
		UNIT_EQ(p[i], 0);
	sip_free(p);
	return SIP_OK;
}

static enum sip_err test_arena_uses_the_lent_block_first(void)
{
	enum sip_err err = SIP_OK;
	_Alignas(8) char first[64];
	struct sip_arena a;
	sip_arena_init(&a, first, sizeof first, 4096);
	char *p = sip_arena_alloc(&a, 1);
	char *q = sip_arena_alloc(&a, 8);
	UNIT_CHECK(p == first);
	UNIT_CHECK(q == first + 8);
	UNIT_CHECK(sip_arena_alloc(&a, 48) == first + 16);
	UNIT_EQ(a.used, 0);
	UNIT_TRY_PTR(p = sip_arena_alloc(&a, 1));
	UNIT_CHECK(p < first || p >= first + sizeof first);
	UNIT_CHECK(a.used > 0);
	sip_arena_fini(&a);
	sip_arena_init(&a, first + 1, 20, 0);
	UNIT_CHECK(sip_arena_alloc(&a, 8) == first + 8);
	UNIT_CHECK(sip_arena_alloc(&a, 8) == NULL);
	sip_arena_fini(&a);
	sip_arena_init(&a, first + 1, 3, 0);
	UNIT_CHECK(sip_arena_alloc(&a, 1) == NULL);
out:
	sip_arena_fini(&a);
	return err;
}

static enum sip_err test_arena_grows_to_its_limit(void)
{
	enum sip_err err = SIP_OK;
	struct sip_arena a;
	size_t given = 0;
	sip_arena_init(&a, NULL, 0, 10000);
	for (;;) {
		unsigned char *p = sip_arena_alloc(&a, 40);
		if (!p)
			break;
		memset(p, 0xa5, 40);
		UNIT_EQ((uintptr_t)p % 8, 0);
		given += 40;
	}
	UNIT_CHECK(a.used <= 10000);
	UNIT_CHECK(given > 9000);
	UNIT_CHECK(sip_arena_alloc(&a, 10000) == NULL);
	UNIT_CHECK(sip_arena_alloc(&a, SIZE_MAX) == NULL);
	UNIT_CHECK(sip_arena_alloc(&a, SIZE_MAX - 6) == NULL);
	UNIT_CHECK(sip_arena_alloc_zero(&a, SIZE_MAX / 2) == NULL);
	sip_arena_fini(&a);
	sip_arena_init(&a, NULL, 0, 100);
	UNIT_CHECK(sip_arena_alloc(&a, 101) == NULL);
	UNIT_TRY_PTR(sip_arena_alloc(&a, 96));
	UNIT_CHECK(sip_arena_alloc(&a, 8) == NULL);
out:
	sip_arena_fini(&a);
	return err;
}

static enum sip_err test_arena_large_value_leaves_the_present_block(void)
{
	enum sip_err err = SIP_OK;
	struct sip_arena a;
	char *small;
	char *next;
	sip_arena_init(&a, NULL, 0, SIZE_MAX);
	UNIT_TRY_PTR(small = sip_arena_alloc(&a, 8));
	UNIT_TRY_PTR(sip_arena_alloc_zero(&a, 100000));
	UNIT_TRY_PTR(next = sip_arena_alloc(&a, 8));
	UNIT_CHECK(next == small + 8);
	UNIT_CHECK(sip_arena_alloc(&a, SIZE_MAX - 200) == NULL);
out:
	sip_arena_fini(&a);
	return err;
}

static enum sip_err test_arena_str_and_zero(void)
{
	enum sip_err err = SIP_OK;
	struct sip_arena a;
	struct sip_str s;
	unsigned char *z;
	sip_arena_init(&a, NULL, 0, 4096);
	s = sip_arena_str(&a, SIP_STR("hello"));
	UNIT_TRY_PTR(s.p);
	UNIT_STR(s, "hello");
	s = sip_arena_str(&a, sip_str_make(NULL, 0));
	UNIT_TRY_PTR(s.p);
	UNIT_EQ(s.len, 0);
	UNIT_TRY_PTR(z = sip_arena_alloc_zero(&a, 33));
	for (size_t i = 0; i < 33; i++)
		UNIT_EQ(z[i], 0);
	UNIT_CHECK(sip_arena_str(&a, sip_str_make(s.p, 5000)).p == NULL);
out:
	sip_arena_fini(&a);
	return err;
}

static enum sip_err test_slab_recycles(void)
{
	enum sip_err err = SIP_OK;
	struct sip_slab s;
	void *p = NULL;
	void *q = NULL;
	sip_slab_init(&s, 20, 0);
	UNIT_EQ(s.size, 32);
	UNIT_TRY_PTR(p = sip_slab_alloc(&s));
	memset(p, 0xff, 32);
	UNIT_EQ(s.live, 1);
	UNIT_EQ((uintptr_t)p % 16, 0);
	sip_slab_free(&s, p);
	UNIT_EQ(s.live, 0);
	UNIT_TRY_PTR(q = sip_slab_alloc(&s));
	UNIT_CHECK(p == q);
	sip_slab_free(&s, q);
	sip_slab_free(&s, NULL);
out:
	sip_slab_fini(&s);
	return err;
}

static enum sip_err test_slab_when_at_limit_then_null(void)
{
	enum sip_err err = SIP_OK;
	enum { LIMIT = 1500 };
	static void *p[LIMIT];
	size_t n = 0;
	struct sip_slab s;
	sip_slab_init(&s, 48, LIMIT);
	for (; n < LIMIT; n++) {
		UNIT_TRY_PTR(p[n] = sip_slab_alloc(&s));
		memset(p[n], (int)n, 48);
	}
	UNIT_CHECK(sip_slab_alloc(&s) == NULL);
	for (size_t i = 0; i < n; i++)
		UNIT_EQ(*(unsigned char *)p[i], i & 255);
	sip_slab_free(&s, p[--n]);
	UNIT_TRY_PTR(p[n] = sip_slab_alloc(&s));
	n++;
out:
	while (n > 0)
		sip_slab_free(&s, p[--n]);
	sip_slab_fini(&s);
	return err;
}

static enum sip_err test_slab_large_objects(void)
{
	enum sip_err err = SIP_OK;
	struct sip_slab s;
	void *p;
	sip_slab_init(&s, 100000, 0);
	UNIT_TRY_PTR(p = sip_slab_alloc(&s));
	memset(p, 1, 100000);
	sip_slab_free(&s, p);
out:
	sip_slab_fini(&s);
	return err;
}

/* A block given back comes again; more than are kept go their way; what another size asks for is another's. */
static enum sip_err test_mem_kept_blocks_come_again_up_to_their_bound(void)
{
	enum { SIZE = 5000, MORE = SIP_MEM_KEPT_MAX + 3 };
	long before = sip_mem_balance();
	void *p[MORE] = { NULL };
	enum sip_err err = SIP_OK;
	size_t count = 0;
	for (; count < MORE && err == SIP_OK; count++) {
		p[count] = sip_alloc_kept(SIZE);
		if (!p[count])
			err = SIP_E_NOMEM;
		else
			memset(p[count], 0x5a, SIZE);
	}
	for (size_t i = 0; i < count; i++)
		sip_free_kept(p[i], SIZE);
	UNIT_EQ(sip_mem_balance() - before, 0);
	if (err != SIP_OK)
		return err;
	void *other = sip_alloc_kept(100000);
	void *again = other ? sip_alloc_kept(SIZE) : NULL;
	if (again)
		memset(again, 0x5a, SIZE);
	UNIT_EQ(sip_mem_balance() - before, (other != NULL) + (again != NULL));
	if (!again)
		err = SIP_E_NOMEM;
	sip_free_kept(again, SIZE);
	sip_free_kept(other, 100000);
	sip_free_kept(NULL, SIZE);
	UNIT_EQ(sip_mem_balance() - before, 0);
	return err;
}

static const struct unit_case cases[] = {
	/* These order failures themselves. */
	UNIT_CASE_NO_OOM(test_mem_when_told_then_only_the_nth_fails),
	UNIT_CASE_NO_OOM(test_mem_realloc_when_failing_then_old_lives),
	UNIT_CASE_NO_OOM(test_mem_zero_sizes_and_absurd_ones),
	UNIT_CASE(test_mem_kept_blocks_come_again_up_to_their_bound),
	UNIT_CASE(test_mem_zero_is_zero),
	UNIT_CASE(test_arena_uses_the_lent_block_first),
	UNIT_CASE(test_arena_grows_to_its_limit),
	UNIT_CASE(test_arena_large_value_leaves_the_present_block),
	UNIT_CASE(test_arena_str_and_zero),
	UNIT_CASE(test_slab_recycles),
	UNIT_CASE(test_slab_when_at_limit_then_null),
	UNIT_CASE(test_slab_large_objects),
};
SUITE(mem);
