#include "tests/unit/stack/base/base_test.h"

enum { NODES = 1000 };

static const struct sip_hash_key no_key = { { 0, 0 } };
static const struct sip_hash_key some_key = { { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u } };

/* Of the reference implementation: bytes 0, 1, 2 … under the key of zeros. */
static enum sip_err test_hash_bytes_is_siphash_1_3(void)
{
	static const struct {
		size_t len;
		uint64_t hash;
	} rows[] = {
		{ 0, 0xd1fba762150c532cu },  { 1, 0x68a914128e01e473u },  { 7, 0x2f098ab0c751325au },
		{ 8, 0xead411e67ebe2eeau },  { 9, 0x75927f9d95124362u },  { 15, 0xf30eb725bb91c9eau },
		{ 16, 0x8972188433a5c5b7u }, { 17, 0x4883c49a2c009c1du }, { 63, 0x385d3e39e5f37359u },
	};
	unsigned char bytes[64];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)i;
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++)
		UNIT_CHECK(sip_hash_bytes(&no_key, bytes, rows[i].len) == rows[i].hash);
	UNIT_CHECK(sip_hash_bytes(&some_key, NULL, 0) == 0xabac0158050fc4dcu);
	return SIP_OK;
}

static enum sip_err test_hash_nocase_is_the_hash_of_lower_case(void)
{
	char mixed[70];
	char lower[70];
	for (size_t n = 0; n < sizeof mixed; n++) {
		for (size_t i = 0; i < n; i++) {
			mixed[i] = (char)(i * 37 + n);
			lower[i] = sip_char_lower(mixed[i]);
		}
		UNIT_CHECK(sip_hash_nocase(&some_key, sip_str_make(mixed, n)) ==
			   sip_hash_bytes(&some_key, lower, n));
	}
	UNIT_CHECK(sip_hash_nocase(&some_key, SIP_STR("Z9hG4BK-ABCDEFGH")) ==
		   sip_hash_nocase(&some_key, SIP_STR("z9hG4bK-abcdefgh")));
	UNIT_CHECK(sip_hash_nocase(&some_key, SIP_STR("@")) != sip_hash_nocase(&some_key, SIP_STR("`")));
	UNIT_CHECK(sip_hash_mix(1, 2) != sip_hash_mix(2, 1));
	return SIP_OK;
}

struct numbered {
	struct sip_hash_node node;
	size_t number;
	unsigned seen;
};

static struct numbered *number_of(struct sip_hash_node *node)
{
	return SIP_CONTAINER(node, struct numbered, node);
}

static enum sip_err fill(struct sip_hash *t, struct numbered *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		all[i] = (struct numbered){ .number = i };
		enum sip_err err = sip_hash_add(t, &all[i].node, sip_hash_bytes(&some_key, &i, sizeof i));
		if (err != SIP_OK)
			return err;
	}
	return SIP_OK;
}

static enum sip_err test_hash_when_grown_then_all_are_found(void)
{
	enum sip_err err = SIP_OK;
	static struct numbered all[NODES];
	struct sip_hash t;
	sip_hash_init(&t, 0);
	UNIT_CHECK(sip_hash_first(&t, 1) == NULL);
	UNIT_TRY(fill(&t, all, NODES));
	UNIT_EQ(t.count, NODES);
	UNIT_EQ(t.mask, 1023);
	UNIT_EQ(t.used, NODES);
	for (size_t i = 0; i < NODES; i++)
		UNIT_CHECK(sip_hash_first(&t, all[i].node.hash) == &all[i].node);
	for (size_t i = 0; i < NODES; i += 2)
		UNIT_CHECK(sip_hash_remove(&t, &all[i].node));
	for (size_t i = 0; i < NODES; i++)
		UNIT_CHECK(sip_hash_first(&t, all[i].node.hash) == (i % 2 ? &all[i].node : NULL));
	UNIT_CHECK(!sip_hash_remove(&t, &all[0].node));
	UNIT_EQ(t.count, NODES / 2);
	UNIT_EQ(t.used, NODES);
out:
	sip_hash_fini(&t);
	return err;
}

/* Without memory to grow, the table only becomes denser. */
static enum sip_err test_hash_when_growth_fails_then_the_add_does_not(void)
{
	enum sip_err err = SIP_OK;
	static struct numbered all[NODES];
	struct sip_hash t;
	sip_hash_init(&t, 0);
	err = fill(&t, all, 16);
	UNIT_EQ(err, SIP_OK);
	size_t mask = t.mask;
	struct numbered more = { .number = 0 };
	sip_mem_fail_at(1);
	err = sip_hash_add(&t, &more.node, 77);
	bool has_failed = sip_mem_has_failed();
	sip_mem_fail_at(0);
	UNIT_EQ(err, SIP_OK);
	UNIT_CHECK(has_failed);
	UNIT_EQ(t.mask, mask);
	UNIT_CHECK(sip_hash_first(&t, 77) == &more.node);
	for (size_t i = 0; i < 16; i++)
		UNIT_CHECK(sip_hash_first(&t, all[i].node.hash) == &all[i].node);
	sip_hash_fini(&t);
	sip_hash_init(&t, 0);
	sip_mem_fail_at(1);
	err = sip_hash_add(&t, &more.node, 77);
	sip_mem_fail_at(0);
	UNIT_EQ(err, SIP_E_NOMEM);
	UNIT_EQ(t.count, 0);
	UNIT_CHECK(!sip_hash_remove(&t, &more.node));
	sip_hash_fini(&t);
	return SIP_OK;
}

static enum sip_err test_hash_when_at_limit_then_full(void)
{
	enum sip_err err = SIP_OK;
	struct numbered all[4];
	struct numbered one = { .number = 9 };
	struct sip_hash t;
	sip_hash_init(&t, 4);
	UNIT_TRY(fill(&t, all, 4));
	UNIT_EQ(sip_hash_add(&t, &one.node, 1), SIP_E_FULL);
	UNIT_CHECK(sip_hash_remove(&t, &all[2].node));
	UNIT_TRY(sip_hash_add(&t, &one.node, 1));
	UNIT_EQ(t.count, 4);
out:
	sip_hash_fini(&t);
	return err;
}

/* Equal hashes and hashes of one bucket, over two growths: the newest first, nothing mixed up. */
static enum sip_err test_hash_collisions_keep_order(void)
{
	enum sip_err err = SIP_OK;
	static struct numbered same[3];
	static struct numbered near[40];
	struct sip_hash t;
	sip_hash_init(&t, 0);
	for (size_t i = 0; i < 3; i++) {
		same[i].number = i;
		UNIT_TRY(sip_hash_add(&t, &same[i].node, 5));
	}
	for (size_t i = 0; i < 40; i++)
		UNIT_TRY(sip_hash_add(&t, &near[i].node, 5 + 1024 * (i + 1)));
	struct sip_hash_node *n = sip_hash_first(&t, 5);
	for (size_t i = 3; i-- > 0;) {
		UNIT_CHECK(n != NULL);
		if (!n)
			goto out;
		UNIT_EQ(number_of(n)->number, i);
		n = sip_hash_next(n);
	}
	UNIT_CHECK(n == NULL);
	UNIT_CHECK(sip_hash_remove(&t, &same[1].node));
	n = sip_hash_first(&t, 5);
	UNIT_CHECK(n == &same[2].node);
	UNIT_CHECK(n && sip_hash_next(n) == &same[0].node);
	UNIT_CHECK(sip_hash_first(&t, 5 + 1024 * 40) == &near[39].node);
out:
	sip_hash_fini(&t);
	return err;
}

struct walk {
	struct sip_hash *t;
	size_t count;
	size_t stop_after;
	bool is_removing;
};

static bool on_node(void *arg, struct sip_hash_node *node)
{
	struct walk *w = arg;
	number_of(node)->seen++;
	w->count++;
	if (w->is_removing)
		sip_hash_remove(w->t, node);
	return w->count != w->stop_after;
}

static enum sip_err test_hash_walk_sees_all_and_may_remove(void)
{
	enum sip_err err = SIP_OK;
	static struct numbered all[NODES];
	struct sip_hash t;
	struct walk w = { .t = &t };
	sip_hash_init(&t, 0);
	sip_hash_walk(&t, on_node, &w);
	UNIT_EQ(w.count, 0);
	UNIT_TRY(fill(&t, all, NODES));
	sip_hash_walk(&t, on_node, &w);
	UNIT_EQ(w.count, NODES);
	w = (struct walk){ .t = &t, .stop_after = 10 };
	sip_hash_walk(&t, on_node, &w);
	UNIT_EQ(w.count, 10);
	w = (struct walk){ .t = &t, .is_removing = true };
	sip_hash_walk(&t, on_node, &w);
	UNIT_EQ(w.count, NODES);
	UNIT_EQ(t.count, 0);
out:
	sip_hash_fini(&t);
	return err;
}

static enum sip_err test_hash_walk_some_in_slices(void)
{
	enum sip_err err = SIP_OK;
	static struct numbered all[NODES];
	static struct numbered more[2 * NODES];
	struct sip_hash t;
	struct walk w = { .t = &t };
	size_t cursor = 0;
	unsigned slices = 1;
	sip_hash_init(&t, 0);
	UNIT_CHECK(!sip_hash_walk_some(&t, &cursor, 10, on_node, &w));
	UNIT_TRY(fill(&t, all, NODES));
	UNIT_CHECK(sip_hash_walk_some(&t, &cursor, 0, on_node, &w));
	UNIT_EQ(w.count, 0);
	while (sip_hash_walk_some(&t, &cursor, 100, on_node, &w))
		slices++;
	UNIT_EQ(slices, 10);
	UNIT_EQ(w.count, NODES);
	for (size_t i = 0; i < NODES; i++)
		UNIT_EQ(all[i].seen, 1);
	UNIT_CHECK(!sip_hash_walk_some(&t, &cursor, 100, on_node, &w));
	cursor = 0;
	UNIT_CHECK(sip_hash_walk_some(&t, &cursor, 512, on_node, &w));
	UNIT_TRY(fill(&t, more, 2 * NODES));
	while (sip_hash_walk_some(&t, &cursor, 100, on_node, &w))
		;
	for (size_t i = 0; i < NODES; i++)
		UNIT_CHECK(all[i].seen >= 2);
	cursor = 0;
	w = (struct walk){ .t = &t, .stop_after = 3 };
	UNIT_CHECK(!sip_hash_walk_some(&t, &cursor, SIZE_MAX, on_node, &w));
	UNIT_EQ(w.count, 3);
	UNIT_CHECK(!sip_hash_walk_some(&t, &cursor, SIZE_MAX, on_node, &w));
	UNIT_EQ(w.count, 3);
out:
	sip_hash_fini(&t);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_hash_bytes_is_siphash_1_3),
	UNIT_CASE(test_hash_nocase_is_the_hash_of_lower_case),
	UNIT_CASE(test_hash_when_grown_then_all_are_found),
	/* Orders failures itself. */
	UNIT_CASE_NO_OOM(test_hash_when_growth_fails_then_the_add_does_not),
	UNIT_CASE(test_hash_when_at_limit_then_full),
	UNIT_CASE(test_hash_collisions_keep_order),
	UNIT_CASE(test_hash_walk_sees_all_and_may_remove),
	UNIT_CASE(test_hash_walk_some_in_slices),
};
SUITE(hash);
