/* stack/security/nonce: whose, how old, which counts, and what happens when the table is full. */
#include "tests/unit/stack/security/security_test.h"

#define T0 INT64_C(1000000)

struct nonce_rig {
	struct sip_rand rand;
	struct sip_digest_hash *h;
	struct sip_nonces *n;
	char nonce[SIP_NONCE_LEN + 1];
};

static enum sip_err rig_open(struct nonce_rig *r, size_t table_max)
{
	struct sip_nonces_options o;
	enum sip_err err;
	memset(r, 0, sizeof(*r));
	sip_rand_init_seed(&r->rand, 7);
	err = sip_digest_hash_create(&r->h);
	if (err != SIP_OK)
		return err;
	sip_nonces_options_init(&o);
	o.rand = &r->rand;
	o.lifetime_us = 60000000;
	if (table_max)
		o.table_max = table_max;
	return sip_nonces_create(&o, &r->n);
}

static void rig_close(struct nonce_rig *r)
{
	sip_nonces_unref(&r->n);
	sip_digest_hash_destroy(&r->h);
}

static enum sip_nonce_verdict check(struct nonce_rig *r, uint32_t nc, int64_t now_us)
{
	return sip_nonces_check(r->n, r->h, SIP_STR("here"), sip_str_of(r->nonce), nc, now_us);
}

static enum sip_err test_nonce_when_fresh_is_good_and_in_time_stale(void)
{
	struct nonce_rig r;
	enum sip_err err;
	UNIT_TRY(rig_open(&r, 0));
	UNIT_TRY(sip_nonces_make(r.n, r.h, SIP_STR("here"), T0, r.nonce));
	UNIT_EQ(strlen(r.nonce), SIP_NONCE_LEN);
	UNIT_EQ(check(&r, 0, T0), SIP_NONCE_GOOD);
	UNIT_EQ(check(&r, 0, T0 + 60000000), SIP_NONCE_GOOD);
	UNIT_EQ(check(&r, 0, T0 + 60000001), SIP_NONCE_STALE);
	UNIT_EQ(check(&r, 1, T0 + 60000001), SIP_NONCE_STALE);
	UNIT_EQ(sip_nonces_peek(r.n, r.h, SIP_STR("here"), sip_str_of(r.nonce), T0), SIP_NONCE_GOOD);
	UNIT_EQ(sip_nonces_peek(r.n, r.h, SIP_STR("there"), sip_str_of(r.nonce), T0), SIP_NONCE_BAD);
	UNIT_EQ(sip_nonces_count(r.n), 0);
out:
	rig_close(&r);
	return err;
}

static enum sip_err test_nonce_when_changed_is_bad(void)
{
	struct nonce_rig r;
	enum sip_err err;
	UNIT_TRY(rig_open(&r, 0));
	UNIT_TRY(sip_nonces_make(r.n, r.h, SIP_STR("here"), T0, r.nonce));
	for (size_t i = 0; i < SIP_NONCE_LEN; i++) {
		char kept = r.nonce[i];
		r.nonce[i] = kept == 'A' ? 'B' : 'A';
		UNIT_EQ(check(&r, 1, T0), SIP_NONCE_BAD);
		r.nonce[i] = kept;
	}
	r.nonce[SIP_NONCE_LEN - 1] = '\0';
	UNIT_EQ(check(&r, 1, T0), SIP_NONCE_BAD);
	UNIT_EQ(sip_nonces_check(r.n, r.h, SIP_STR("here"), SIP_STR(""), 1, T0), SIP_NONCE_BAD);
	UNIT_EQ(sip_nonces_check(r.n, r.h, SIP_STR("here"), SIP_STR("dcd98b7102dd2f0e8b11d0f600bfb0c0"), 1, T0),
		SIP_NONCE_BAD);
out:
	rig_close(&r);
	return err;
}

static enum sip_err test_nonce_of_another_process_is_bad(void)
{
	struct nonce_rig r, other;
	enum sip_err err;
	memset(&other, 0, sizeof(other));
	UNIT_TRY(rig_open(&r, 0));
	UNIT_TRY(rig_open(&other, 0));
	sip_nonces_unref(&other.n);
	sip_rand_init_seed(&other.rand, 8);
	struct sip_nonces_options o;
	sip_nonces_options_init(&o);
	o.rand = &other.rand;
	UNIT_TRY(sip_nonces_create(&o, &other.n));
	UNIT_TRY(sip_nonces_make(other.n, other.h, SIP_STR("here"), T0, r.nonce));
	UNIT_EQ(check(&r, 1, T0), SIP_NONCE_BAD);
out:
	rig_close(&other);
	rig_close(&r);
	return err;
}

/* RFC 7616 3.4.6: a count that was used proves a replay; those within the window may come out of order. */
static enum sip_err test_nonce_count_when_used_twice_is_replayed(void)
{
	struct nonce_rig r;
	enum sip_err err;
	UNIT_TRY(rig_open(&r, 0));
	UNIT_TRY(sip_nonces_make(r.n, r.h, SIP_STR("here"), T0, r.nonce));
	enum sip_nonce_verdict first = check(&r, 1, T0);
	if (sip_mem_has_failed()) {
		err = first == SIP_NONCE_STALE ? SIP_E_NOMEM : SIP_E_INVAL;
		goto out;
	}
	UNIT_EQ(first, SIP_NONCE_GOOD);
	UNIT_EQ(check(&r, 1, T0), SIP_NONCE_REPLAYED);
	UNIT_EQ(check(&r, 3, T0), SIP_NONCE_GOOD);
	UNIT_EQ(check(&r, 2, T0), SIP_NONCE_GOOD);
	UNIT_EQ(check(&r, 2, T0), SIP_NONCE_REPLAYED);
	UNIT_EQ(check(&r, 3 + SIP_NONCE_WINDOW, T0), SIP_NONCE_GOOD);
	UNIT_EQ(check(&r, 3, T0), SIP_NONCE_REPLAYED);
	UNIT_EQ(check(&r, 4, T0), SIP_NONCE_GOOD);
	UNIT_EQ(check(&r, UINT32_MAX, T0), SIP_NONCE_GOOD);
	UNIT_EQ(check(&r, UINT32_MAX - SIP_NONCE_WINDOW, T0), SIP_NONCE_REPLAYED);
	UNIT_EQ(check(&r, UINT32_MAX - 1, T0), SIP_NONCE_GOOD);
	UNIT_EQ(check(&r, UINT32_MAX, T0), SIP_NONCE_REPLAYED);
	UNIT_EQ(sip_nonces_count(r.n), 1);
out:
	rig_close(&r);
	return err;
}

/* What the table forgets is stale ever after, so that a full table opens no door. */
static enum sip_err test_nonce_when_table_is_full_forgets_safely(void)
{
	enum { MANY = 400, ROOM = 64 };
	static char nonces[MANY][SIP_NONCE_LEN + 1];
	struct nonce_rig r;
	unsigned replayed = 0, stale = 0;
	enum sip_err err;
	UNIT_TRY(rig_open(&r, ROOM));
	for (unsigned i = 0; i < MANY; i++) {
		UNIT_TRY(sip_nonces_make(r.n, r.h, SIP_STR("here"), T0, nonces[i]));
		UNIT_EQ(sip_nonces_check(r.n, r.h, SIP_STR("here"), sip_str_of(nonces[i]), 1, T0), SIP_NONCE_GOOD);
		UNIT_CHECK(sip_nonces_count(r.n) <= ROOM);
	}
	for (unsigned i = 0; i < MANY; i++) {
		switch (sip_nonces_check(r.n, r.h, SIP_STR("here"), sip_str_of(nonces[i]), 1, T0)) {
		case SIP_NONCE_STALE:
			stale++;
			break;
		case SIP_NONCE_REPLAYED:
			replayed++;
			break;
		case SIP_NONCE_GOOD:
		case SIP_NONCE_BAD:
			UNIT_CHECK(false);
			break;
		}
	}
	UNIT_EQ(replayed + stale, MANY);
	UNIT_EQ(replayed, sip_nonces_count(r.n));
	/* Time empties it again, as it is used. */
	for (unsigned i = 0; i < MANY; i++) {
		UNIT_TRY(sip_nonces_make(r.n, r.h, SIP_STR("here"), T0 + 90000000, r.nonce));
		UNIT_EQ(check(&r, 1, T0 + 90000000), SIP_NONCE_GOOD);
	}
	UNIT_CHECK(sip_nonces_count(r.n) <= ROOM);
out:
	rig_close(&r);
	return err;
}

/* Another process goes on: what was given out is good there, what was used there is not good again. */
static enum sip_err test_nonces_when_taken_by_another_then_it_goes_on(void)
{
	struct nonce_rig old, fresh;
	struct sip_buf b;
	char used[SIP_NONCE_LEN + 1], unused[SIP_NONCE_LEN + 1];
	enum sip_err err = rig_open(&old, 64), second = rig_open(&fresh, 64);
	const struct sip_str scope = SIP_STR("here");

	sip_buf_init(&b, 0);
	err = err == SIP_OK ? second : err;
	if (err != SIP_OK)
		goto out;
	UNIT_TRY(sip_nonces_make(old.n, old.h, scope, T0, used));
	UNIT_TRY(sip_nonces_make(old.n, old.h, scope, T0, unused));
	UNIT_EQ(sip_nonces_check(old.n, old.h, scope, sip_str_of(used), 3, T0), SIP_NONCE_GOOD);
	sip_nonces_put(old.n, &b);
	UNIT_TRY(b.err);
	UNIT_TRY(sip_nonces_take(fresh.n, sip_buf_str(&b)));
	UNIT_EQ(sip_nonces_count(fresh.n), 1);
	UNIT_EQ(sip_nonces_check(fresh.n, fresh.h, scope, sip_str_of(unused), 1, T0), SIP_NONCE_GOOD);
	UNIT_EQ(sip_nonces_check(fresh.n, fresh.h, scope, sip_str_of(used), 3, T0), SIP_NONCE_REPLAYED);
	UNIT_EQ(sip_nonces_check(fresh.n, fresh.h, scope, sip_str_of(used), 2, T0), SIP_NONCE_GOOD);
	UNIT_EQ(sip_nonces_check(fresh.n, fresh.h, scope, sip_str_of(used), 4, T0), SIP_NONCE_GOOD);
	for (size_t cut = 1; cut < b.len; cut++)
		if (cut % 24 != 0)
			UNIT_EQ(sip_nonces_take(fresh.n, sip_str_make(b.p, b.len - cut)), SIP_E_SYNTAX);
out:
	sip_buf_fini(&b);
	rig_close(&old);
	rig_close(&fresh);
	return err;
}

static enum sip_err test_nonces_with_wrong_options_are_refused(void)
{
	struct sip_nonces_options o;
	struct sip_nonces *n = NULL;
	sip_nonces_options_init(&o);
	UNIT_EQ(sip_nonces_create(&o, &n), SIP_E_INVAL);
	UNIT_CHECK(n == NULL);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_nonce_when_fresh_is_good_and_in_time_stale),
	UNIT_CASE(test_nonce_when_changed_is_bad),
	UNIT_CASE(test_nonce_of_another_process_is_bad),
	UNIT_CASE(test_nonce_count_when_used_twice_is_replayed),
	UNIT_CASE_NO_OOM(test_nonce_when_table_is_full_forgets_safely),
	UNIT_CASE(test_nonces_when_taken_by_another_then_it_goes_on),
	UNIT_CASE(test_nonces_with_wrong_options_are_refused),
};
const struct unit_suite nonce_suite = { "stack/security/nonce", cases, SIP_COUNTOF(cases) };
