/* repro/store/location in memory: atomic updates, bounds, expiry, snapshots, memory per binding. */
#include "tests/unit/repro/store/store_test.h"

#include <malloc.h>
#include <stdlib.h>

#define AOR "sip:bob@example.com"

/* UNIT_TRY has been through; a find may lack memory to drop what expired. */
#define TRY_COUNT(actual, expected)                        \
	do {                                               \
		unsigned found = (actual);                 \
		if (sip_mem_has_failed()) {                \
			err = SIP_E_NOMEM;                 \
			goto out;                          \
		}                                          \
		UNIT_EQ(found, expected);                  \
	} while (0)

static enum sip_err test_location_contacts_come_refresh_and_go(void)
{
	struct store_rig r;
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, false));
	UNIT_EQ(count_contacts(&r, AOR, NOW_S), 0);
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", NOW_S + 60, NULL));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.2", NOW_S + 120, NULL));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", NOW_S + 90, NULL));
	UNIT_EQ(count_contacts(&r, AOR, NOW_S), 2);
	UNIT_EQ(repro_location_binding_count(r.loc), 2);
	UNIT_EQ(repro_location_aor_count(r.loc), 1);
	UNIT_EQ(sip_metrics_get(r.metrics, REPRO_M_BINDINGS), 2);
	struct repro_contacts *c = repro_location_find(r.loc, SIP_STR(AOR), NOW_S, NULL);
	UNIT_STR(c->aor, AOR);
	UNIT_STR(c->bindings[0].contact, "sip:bob@192.0.2.1");
	UNIT_EQ(c->bindings[0].expires_s, NOW_S + 90);
	UNIT_STR(c->bindings[1].contact, "sip:bob@192.0.2.2");
	UNIT_EQ(c->first_expiry_s, NOW_S + 90);
	repro_contacts_unref(&c);
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", 0, NULL));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.2", 0, NULL));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.2", 0, NULL));
	UNIT_EQ(count_contacts(&r, AOR, NOW_S), 0);
	UNIT_EQ(repro_location_binding_count(r.loc), 0);
	UNIT_EQ(repro_location_aor_count(r.loc), 0);
	UNIT_EQ(sip_metrics_get(r.metrics, REPRO_M_BINDINGS), 0);
	UNIT_EQ(sip_metrics_get(r.metrics, REPRO_M_AORS), 0);
out:
	rig_fini(&r);
	return err;
}

static enum sip_err test_location_snapshot_outlives_the_change(void)
{
	struct store_rig r;
	struct repro_contacts *c = NULL;
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, false));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", NOW_S + 60, NULL));
	c = repro_location_find(r.loc, SIP_STR(AOR), NOW_S, NULL);
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", 0, NULL));
	UNIT_EQ(c->count, 1);
	UNIT_STR(c->bindings[0].contact, "sip:bob@192.0.2.1");
out:
	repro_contacts_unref(&c);
	rig_fini(&r);
	return err;
}

struct refusal {
	enum sip_err err;
};

static enum sip_err refuse(void *arg, struct repro_contacts_edit *e)
{
	struct refusal *f = arg;
	/* Changes before a refusal must leave no trace. */
	while (e->count > 0)
		repro_contacts_edit_remove(e, 0);
	return f->err;
}

/* RFC 3261 10.3 step 7: "the binding updates MUST be committed (that is, made visible to the proxy or redirect server)
 * if and only if all binding updates and additions succeed". */
static enum sip_err test_location_update_when_refused_changes_nothing(void)
{
	struct store_rig r;
	struct refusal f = { SIP_E_STATE };
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, false));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", NOW_S + 60, NULL));
	struct repro_update u = { .aor = SIP_STR(AOR), .now_s = NOW_S, .fn = refuse, .arg = &f };
	UNIT_EQ(repro_location_update(r.loc, &u), SIP_E_STATE);
	UNIT_CHECK(u.contacts == NULL);
	UNIT_EQ(count_contacts(&r, AOR, NOW_S), 1);
	UNIT_EQ(repro_location_binding_count(r.loc), 1);
out:
	rig_fini(&r);
	return err;
}

static enum sip_err test_location_bounds_are_reached(void)
{
	struct store_rig r;
	char contact[64];
	static char large[REPRO_BINDING_TEXT_MAX + 2];
	struct repro_location_options o;
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, false));
	repro_location_unref(&r.loc);
	repro_location_options_init(&o);
	o.rand = &r.rand;
	o.bindings_max = 5;
	o.contacts_max = 3;
	UNIT_TRY(repro_location_create(&o, &r.loc));
	for (unsigned i = 0; i < 3; i++)
		UNIT_TRY(put_contact(&r, AOR, aor_at(i, contact), NOW_S + 60, NULL));
	err = put_contact(&r, AOR, aor_at(3, contact), NOW_S + 60, NULL);
	UNIT_EQ(err, SIP_E_LIMIT);
	memset(large, 'a', sizeof(large) - 1);
	err = put_contact(&r, "sip:e@example.com", large, NOW_S + 60, NULL);
	UNIT_EQ(err, SIP_E_TOOBIG);
	UNIT_TRY(put_contact(&r, "sip:c@example.com", "sip:c@192.0.2.1", NOW_S + 60, NULL));
	UNIT_TRY(put_contact(&r, "sip:d@example.com", "sip:d@192.0.2.1", NOW_S + 60, NULL));
	err = put_contact(&r, "sip:e@example.com", "sip:e@192.0.2.1", NOW_S + 60, NULL);
	if (err == SIP_E_NOMEM)
		goto out;
	UNIT_EQ(err, SIP_E_LIMIT);
	UNIT_EQ(repro_location_binding_count(r.loc), 5);
	/* A refresh at the limit is no more than before. */
	UNIT_TRY(put_contact(&r, "sip:d@example.com", "sip:d@192.0.2.1", NOW_S + 90, NULL));
	UNIT_TRY(put_contact(&r, "sip:d@example.com", "sip:d@192.0.2.1", 0, NULL));
	UNIT_TRY(put_contact(&r, "sip:e@example.com", "sip:e@192.0.2.1", NOW_S + 60, NULL));
	o.contacts_max = REPRO_CONTACTS_MAX + 1;
	struct repro_location *none = NULL;
	UNIT_EQ(repro_location_create(&o, &none), SIP_E_INVAL);
out:
	rig_fini(&r);
	return err;
}

static enum sip_err test_location_expired_ones_are_gone_when_looked_up(void)
{
	struct store_rig r;
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, false));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", NOW_S + 60, NULL));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.2", NOW_S + 120, NULL));
	TRY_COUNT(count_contacts(&r, AOR, NOW_S + 59), 2);
	TRY_COUNT(count_contacts(&r, AOR, NOW_S + 60), 1);
	UNIT_EQ(repro_location_binding_count(r.loc), 1);
	TRY_COUNT(count_contacts(&r, AOR, NOW_S + 120), 0);
	UNIT_EQ(repro_location_aor_count(r.loc), 0);
	UNIT_EQ(sip_metrics_get(r.metrics, REPRO_M_BINDINGS_EXPIRED), 2);
	UNIT_EQ(sip_metrics_get(r.metrics, REPRO_M_BINDINGS), 0);
out:
	rig_fini(&r);
	return err;
}

static void count_set(void *arg, struct repro_contacts *c)
{
	unsigned *count = arg;
	*count += c->count;
}

static enum sip_err test_location_sweep_drops_the_expired(void)
{
	enum { MANY = 500 };
	struct store_rig r;
	char aor[64];
	size_t cursor = 0;
	unsigned seen = 0, slices = 1;
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, false));
	for (unsigned i = 0; i < MANY; i++)
		UNIT_TRY(put_contact(&r, aor_at(i, aor), "sip:a@192.0.2.1", NOW_S + 60 + (i % 2) * 60, NULL));
	while (repro_location_walk(r.loc, &cursor, 64, count_set, &seen))
		slices++;
	UNIT_EQ(seen, MANY);
	UNIT_EQ(cursor, 0);
	UNIT_CHECK(slices > 1);
	while (repro_location_sweep(r.loc, &cursor, 100, NOW_S + 59, r.cells))
		;
	UNIT_EQ(repro_location_binding_count(r.loc), MANY);
	while (repro_location_sweep(r.loc, &cursor, 100, NOW_S + 60, r.cells))
		;
	TRY_COUNT((unsigned)repro_location_binding_count(r.loc), MANY / 2);
	while (repro_location_sweep(r.loc, &cursor, 100, NOW_S + 200, r.cells))
		;
	TRY_COUNT((unsigned)repro_location_binding_count(r.loc), 0);
	UNIT_EQ(sip_metrics_get(r.metrics, REPRO_M_BINDINGS), 0);
	UNIT_EQ(sip_metrics_get(r.metrics, REPRO_M_AORS), 0);
	UNIT_EQ(sip_metrics_get(r.metrics, REPRO_M_BINDINGS_EXPIRED), MANY);
out:
	rig_fini(&r);
	return err;
}

struct test_flow {
	struct sip_ref ref;
	unsigned *ended;
};

static void flow_destroy(void *object)
{
	struct test_flow *f = object;
	(*f->ended)++;
	sip_free(f);
}

static enum sip_err add_with_flow(void *arg, struct repro_contacts_edit *e)
{
	struct test_flow *f = arg;
	struct repro_binding b = { .contact = SIP_STR("sip:bob@192.0.2.1"), .expires_s = NOW_S + 60, .flow = &f->ref };
	return repro_contacts_edit_add(e, &b);
}

static enum sip_err test_location_holds_the_flow_while_bound(void)
{
	struct store_rig r;
	unsigned ended = 0;
	struct test_flow *f = NULL;
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, false));
	f = sip_alloc(sizeof(*f));
	UNIT_TRY_PTR(f);
	sip_ref_init(&f->ref, 1, flow_destroy);
	f->ended = &ended;
	struct repro_update u = { .aor = SIP_STR(AOR), .now_s = NOW_S, .fn = add_with_flow, .arg = f };
	err = repro_location_update(r.loc, &u);
	sip_ref_put(&f->ref);
	if (err == SIP_OK) {
		UNIT_EQ(ended, 0);
		UNIT_CHECK(u.contacts->bindings[0].flow == &f->ref);
		repro_contacts_unref(&u.contacts);
		UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", 0, NULL));
		UNIT_EQ(ended, 1);
	}
out:
	rig_fini(&r);
	return err;
}

/* FIGURES: 0.45 kB a binding with 100,000 AORs. */
static enum sip_err test_location_binding_costs_less_than_450_bytes(void)
{
	enum { MANY = 100000 };
	struct store_rig r;
	char aor[64], contact[80];
	struct sip_buf b;
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, false));
#if !defined(SIP_SANITIZED)
	size_t before = mallinfo2().uordblks;
	for (unsigned i = 0; i < MANY; i++) {
		sip_buf_init_fixed(&b, contact, sizeof(contact));
		sip_buf_putf(&b, "sip:user%05u@192.168.100.%u:5060;transport=udp", i, i % 250);
		UNIT_TRY(put_contact(&r, aor_at(i, aor), sip_buf_z(&b), NOW_S + 3600, NULL));
	}
	size_t each = (mallinfo2().uordblks - before) / MANY;
	/* Valgrind's allocator knows no mallinfo2. */
	if (each > 0)
		UNIT_CHECK(each <= 450);
	if (getenv("STORE_TEST_FIGURES"))
		printf("bytes per binding: %zu\n", each);
#else
	(void)aor;
	(void)contact;
	(void)b;
#endif
out:
	rig_fini(&r);
	return err;
}

/* ---- threads -------------------------------------------------------------------------------------------------*/

enum { RACERS = 3, RACES = 3000, RACE_AORS = 5 };

static void *race(void *arg)
{
	struct store_rig *r = arg;
	char aor[64], contact[64];
	for (unsigned i = 0; i < RACES; i++) {
		aor_at(i % RACE_AORS, aor);
		aor_at(i % 3, contact);
		enum sip_err err = put_contact(r, aor, contact, i % 4 ? NOW_S + 60 : 0, NULL);
		struct repro_contacts *c = repro_location_find(r->loc, sip_str_of(aor), NOW_S, NULL);
		if (err != SIP_OK || (c && (c->count == 0 || c->count > 3)))
			abort();
		repro_contacts_unref(&c);
	}
	return NULL;
}

static enum sip_err test_location_threads_see_whole_sets(void)
{
	struct store_rig r;
	pthread_t threads[RACERS];
	char aor[64];
	unsigned left = 0;
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, false));
	r.cells = NULL;
	for (unsigned i = 0; i < RACERS; i++)
		UNIT_EQ(pthread_create(&threads[i], NULL, race, &r), 0);
	for (unsigned i = 0; i < RACERS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < RACE_AORS; i++)
		left += count_contacts(&r, aor_at(i, aor), NOW_S);
	UNIT_EQ(repro_location_binding_count(r.loc), left);
out:
	rig_fini(&r);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_location_contacts_come_refresh_and_go),
	UNIT_CASE(test_location_snapshot_outlives_the_change),
	UNIT_CASE(test_location_update_when_refused_changes_nothing),
	UNIT_CASE(test_location_bounds_are_reached),
	UNIT_CASE(test_location_expired_ones_are_gone_when_looked_up),
	UNIT_CASE_NO_OOM(test_location_sweep_drops_the_expired),
	UNIT_CASE(test_location_holds_the_flow_while_bound),
	UNIT_CASE_NO_OOM(test_location_binding_costs_less_than_450_bytes),
	UNIT_CASE_NO_OOM(test_location_threads_see_whole_sets),
};
const struct unit_suite location_suite = { "repro/store/location", cases, SIP_COUNTOF(cases) };
