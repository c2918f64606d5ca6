/* The disk fails: locked, full, unwritable, missing, not a database. Memory goes on, and the file catches up. */
#include "tests/unit/repro/store/store_test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define AOR "sip:bob@example.com"

static sqlite3 *other_connection(struct store_rig *r)
{
	char path[128];
	sqlite3 *db = NULL;
	snprintf(path, sizeof(path), "%s/" REPRO_STORE_FILE, r->folder);
	return sqlite3_open(path, &db) == SQLITE_OK ? db : NULL;
}

static enum sip_err test_store_when_locked_goes_on_in_memory_and_catches_up(void)
{
	struct store_rig r;
	struct waiter w;
	char text[200];
	struct sip_buf b;
	sqlite3 *db = NULL;
	struct repro_store_figures f;
	enum sip_err err;
	waiter_init(&w);
	sip_buf_init_fixed(&b, text, sizeof(text));
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, true));
	UNIT_TRY(repro_store_start(r.store));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", NOW_S + 60, &w.job));
	UNIT_EQ(waiter_wait(&w, 1), SIP_OK);
	db = other_connection(&r);
	UNIT_EQ(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.2", NOW_S + 60, &w.job));
	UNIT_EQ(waiter_wait(&w, 2), SIP_E_STORE);
	UNIT_CHECK(!repro_store_is_healthy(r.store, &b));
	UNIT_STR(sip_buf_str(&b), "database: database is locked; 1 changes only in memory");
	/* While it fails nobody waits for it. */
	UNIT_TRY(put_contact(&r, "sip:c@example.com", "sip:c@192.0.2.2", NOW_S + 60, &w.job));
	UNIT_EQ(waiter_wait(&w, 3), SIP_E_STORE);
	UNIT_EQ(count_contacts(&r, AOR, NOW_S), 2);
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", 0, NULL));
	UNIT_EQ(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	rig_await_recoveries(&r, 1);
	UNIT_CHECK(repro_store_is_healthy(r.store, NULL));
	repro_store_figures(r.store, &f);
	UNIT_CHECK(f.failures >= 1);
	UNIT_EQ(f.unwritten, 0);
	rig_close(&r);
	UNIT_TRY(rig_open(&r, true));
	UNIT_EQ(count_contacts(&r, AOR, NOW_S), 1);
	UNIT_EQ(count_contacts(&r, "sip:c@example.com", NOW_S), 1);
out:
	sqlite3_close(db);
	rig_fini(&r);
	waiter_fini(&w);
	return err;
}

static enum sip_err test_store_when_disk_is_full_goes_on_in_memory_and_catches_up(void)
{
	enum { MANY = 400 };
	struct store_rig r;
	struct waiter w;
	char aor[64];
	enum sip_err err;
	waiter_init(&w);
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, true));
	/* SQLITE_FULL as from a full disk. */
	UNIT_TRY(repro__file_exec(&r.store->file, "PRAGMA max_page_count = 6"));
	UNIT_TRY(repro_store_start(r.store));
	for (unsigned i = 0; i < MANY; i++)
		UNIT_TRY(put_contact(&r, aor_at(i, aor), "sip:a@192.0.2.1", NOW_S + 60, i + 1 == MANY ? &w.job : NULL));
	UNIT_EQ(waiter_wait(&w, 1), SIP_E_STORE);
	UNIT_CHECK(!repro_store_is_healthy(r.store, NULL));
	UNIT_EQ(repro_location_binding_count(r.loc), MANY);
	UNIT_CHECK(sip_metrics_get(r.metrics, REPRO_M_STORE_FAILURES) > 0);
	UNIT_CHECK(sip_metrics_get(r.metrics, REPRO_M_STORE_UNWRITTEN) > 0);
	/* Stopping tries once more; whoever has made room by then loses nothing. */
	repro_store_stop(r.store);
	UNIT_CHECK(!repro_store_is_healthy(r.store, NULL));
	UNIT_TRY(repro__file_exec(&r.store->file, "PRAGMA max_page_count = 100000"));
	r.store->is_stopped = false;
	repro_store_stop(r.store);
	UNIT_CHECK(repro_store_is_healthy(r.store, NULL));
	UNIT_EQ(sip_metrics_get(r.metrics, REPRO_M_STORE_UNWRITTEN), 0);
	rig_close(&r);
	UNIT_TRY(rig_open(&r, true));
	UNIT_EQ(repro_location_binding_count(r.loc), MANY);
out:
	rig_fini(&r);
	waiter_fini(&w);
	return err;
}

static enum sip_err test_store_where_nothing_can_be_made_says_what_to_do(void)
{
	struct store_rig r;
	char kept[sizeof(r.folder)];
	char path[128];
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	memcpy(kept, r.folder, sizeof(kept));
	memcpy(r.folder, "/tmp/store_test_no/no", sizeof("/tmp/store_test_no/no"));
	UNIT_EQ(rig_open(&r, true), SIP_E_STORE);
	UNIT_CHECK(strstr(r.why, "its folder does not exist") != NULL);
	rig_close(&r);
	memcpy(r.folder, kept, sizeof(kept));
	/* root writes anywhere */
	if (geteuid() != 0) {
		UNIT_EQ(chmod(r.folder, 0500), 0);
		UNIT_EQ(rig_open(&r, true), SIP_E_STORE);
		UNIT_CHECK(strstr(r.why, "writable") != NULL);
		UNIT_EQ(chmod(r.folder, 0700), 0);
		rig_close(&r);
	}
	snprintf(path, sizeof(path), "%s/" REPRO_STORE_FILE, r.folder);
	FILE *f = fopen(path, "w");
	UNIT_CHECK(f != NULL);
	for (unsigned i = 0; i < 1000; i++)
		fputs("this is no database\n", f);
	fclose(f);
	UNIT_EQ(rig_open(&r, true), SIP_E_STORE);
	UNIT_CHECK(strstr(r.why, "not a database") != NULL);
	UNIT_CHECK(r.store == NULL);
out:
	rig_fini(&r);
	return err;
}

/* The file cannot be written any more while repro runs, as on a file system that has become read-only. */
static enum sip_err test_store_when_read_only_goes_on_in_memory(void)
{
	struct store_rig r;
	struct waiter w;
	enum sip_err err;
	waiter_init(&w);
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, true));
	UNIT_TRY(repro__file_exec(&r.store->file, "PRAGMA query_only = 1"));
	UNIT_TRY(repro_store_start(r.store));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", NOW_S + 60, &w.job));
	UNIT_EQ(waiter_wait(&w, 1), SIP_E_STORE);
	UNIT_EQ(count_contacts(&r, AOR, NOW_S), 1);
out:
	rig_fini(&r);
	waiter_fini(&w);
	return err;
}

static enum sip_err test_store_when_its_queue_is_full_refuses_the_update(void)
{
	enum { ROOM = 3 };
	struct store_rig r;
	struct repro_store_options so;
	struct repro_location_options lo;
	char aor[64];
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	repro_store_options_init(&so);
	so.folder = r.folder;
	so.queue_max = ROOM;
	UNIT_TRY(repro_store_open(&so, &r.store, NULL));
	repro_location_options_init(&lo);
	lo.rand = &r.rand;
	lo.store = r.store;
	UNIT_TRY(repro_location_create(&lo, &r.loc));
	for (unsigned i = 0; i < ROOM; i++)
		UNIT_TRY(put_contact(&r, aor_at(i, aor), "sip:a@192.0.2.1", NOW_S + 60, NULL));
	err = put_contact(&r, aor_at(ROOM, aor), "sip:a@192.0.2.1", NOW_S + 60, NULL);
	if (err == SIP_E_NOMEM)
		goto out;
	UNIT_EQ(err, SIP_E_FULL);
	err = put_contact(&r, aor_at(0, aor), "sip:b@192.0.2.1", NOW_S + 60, NULL);
	if (err == SIP_E_NOMEM)
		goto out;
	UNIT_EQ(err, SIP_E_FULL);
	UNIT_EQ(repro_location_binding_count(r.loc), ROOM);
	UNIT_EQ(count_contacts(&r, aor_at(0, aor), NOW_S), 1);
	UNIT_EQ(count_contacts(&r, aor_at(ROOM, aor), NOW_S), 0);
	repro_store_stop(r.store);
	UNIT_EQ(put_contact(&r, aor_at(0, aor), "sip:b@192.0.2.1", NOW_S + 60, NULL), SIP_E_STOPPED);
	UNIT_EQ(repro_store_start(r.store), SIP_E_STATE);
	struct repro_location *second = NULL;
	UNIT_EQ(repro_location_create(&lo, &second), SIP_E_EXISTS);
	err = SIP_OK;
out:
	rig_fini(&r);
	return err;
}

static enum sip_err test_store_batches_what_waits(void)
{
	enum { MANY = 1000 };
	struct store_rig r;
	struct repro_store_figures f;
	struct waiter w;
	char aor[64];
	enum sip_err err;
	waiter_init(&w);
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, true));
	for (unsigned i = 0; i < MANY; i++)
		UNIT_TRY(put_contact(&r, aor_at(i, aor), "sip:a@192.0.2.1", NOW_S + 60, i + 1 == MANY ? &w.job : NULL));
	repro_store_figures(r.store, &f);
	UNIT_EQ(f.queued, MANY);
	UNIT_TRY(repro_store_start(r.store));
	UNIT_EQ(waiter_wait(&w, 1), SIP_OK);
	repro_store_figures(r.store, &f);
	UNIT_EQ(f.commits, 1);
	UNIT_EQ(f.changes, MANY);
	UNIT_EQ(f.queued, 0);
out:
	rig_fini(&r);
	waiter_fini(&w);
	return err;
}

/* ---- everything at once: threads that register, a file that comes and goes ---------------------------------*/

enum { RACERS = 2, RACES = 4000, RACE_AORS = 40 };

static void *race(void *arg)
{
	struct store_rig *r = arg;
	char aor[64], contact[64];
	for (unsigned i = 0; i < RACES; i++) {
		aor_at((i * 7) % RACE_AORS, aor);
		aor_at(i % 3, contact);
		if (put_contact(r, aor, contact, i % 5 ? NOW_S + 60 + i : 0, NULL) != SIP_OK)
			return r;
	}
	return NULL;
}

static void put_set(void *arg, struct repro_contacts *c)
{
	struct sip_buf *all = arg;
	for (unsigned i = 0; i < RACE_AORS; i++) {
		char aor[64];
		if (sip_str_eq(c->aor, sip_str_of(aor_at(i, aor))))
			repro__row_encode(&all[i], c);
	}
}

static void put_all(struct store_rig *r, struct sip_buf all[RACE_AORS])
{
	size_t cursor = 0;
	while (repro_location_walk(r->loc, &cursor, 1000, put_set, all))
		;
}

static enum sip_err test_store_after_a_storm_holds_what_memory_held(void)
{
	struct store_rig r;
	struct sip_buf before[RACE_AORS], after[RACE_AORS];
	pthread_t threads[RACERS];
	struct repro_store_figures f;
	sqlite3 *db = NULL;
	void *failed;
	enum sip_err err;
	for (unsigned i = 0; i < RACE_AORS; i++) {
		sip_buf_init(&before[i], 0);
		sip_buf_init(&after[i], 0);
	}
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, true));
	r.cells = NULL;
	db = other_connection(&r);
	UNIT_TRY(repro_store_start(r.store));
	UNIT_EQ(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (unsigned i = 0; i < RACERS; i++)
		UNIT_EQ(pthread_create(&threads[i], NULL, race, &r), 0);
	rig_await_failures(&r, 1);
	UNIT_EQ(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	for (unsigned i = 0; i < RACERS; i++) {
		pthread_join(threads[i], &failed);
		UNIT_CHECK(failed == NULL);
	}
	repro_store_stop(r.store);
	UNIT_CHECK(repro_store_is_healthy(r.store, NULL));
	repro_store_figures(r.store, &f);
	UNIT_CHECK(f.failures > 0);
	put_all(&r, before);
	rig_close(&r);
	UNIT_TRY(rig_open(&r, true));
	put_all(&r, after);
	for (unsigned i = 0; i < RACE_AORS; i++)
		UNIT_CHECK(sip_str_eq(sip_buf_str(&before[i]), sip_buf_str(&after[i])));
out:
	sqlite3_close(db);
	rig_fini(&r);
	for (unsigned i = 0; i < RACE_AORS; i++) {
		sip_buf_fini(&before[i]);
		sip_buf_fini(&after[i]);
	}
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_store_when_locked_goes_on_in_memory_and_catches_up),
	UNIT_CASE_NO_OOM(test_store_when_disk_is_full_goes_on_in_memory_and_catches_up),
	UNIT_CASE_NO_OOM(test_store_where_nothing_can_be_made_says_what_to_do),
	UNIT_CASE_NO_OOM(test_store_when_read_only_goes_on_in_memory),
	UNIT_CASE_NO_OOM(test_store_when_its_queue_is_full_refuses_the_update),
	UNIT_CASE_NO_OOM(test_store_batches_what_waits),
	UNIT_CASE_NO_OOM(test_store_after_a_storm_holds_what_memory_held),
};
const struct unit_suite failure_suite = { "repro/store/store_writer", cases, SIP_COUNTOF(cases) };
