/* What is on disk comes back: an orderly stop, kill -9 after the last answer, unreadable rows. */
#include "tests/unit/repro/store/store_test.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define AOR "sip:bob@example.com"

static enum sip_err test_store_after_a_stop_gives_everything_back(void)
{
	struct store_rig r;
	struct repro_contacts *c = NULL;
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, true));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", NOW_S + 60, NULL));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.2;x=\"1:2 3\"", NOW_S + 120, NULL));
	UNIT_TRY(put_contact(&r, "sip:gone@example.com", "sip:g@192.0.2.2", NOW_S + 120, NULL));
	UNIT_TRY(put_contact(&r, "sip:gone@example.com", "sip:g@192.0.2.2", 0, NULL));
	UNIT_TRY(put_contact(&r, "sip:late@example.com", "sip:l@192.0.2.2", NOW_S + 1, NULL));
	rig_close(&r);
	UNIT_TRY(rig_open(&r, true));
	UNIT_EQ(repro_location_aor_count(r.loc), 2);
	UNIT_EQ(sip_metrics_get(r.metrics, REPRO_M_AORS), 2);
	UNIT_EQ(sip_metrics_get(r.metrics, REPRO_M_BINDINGS), 3);
	c = repro_location_find(r.loc, SIP_STR(AOR), NOW_S, NULL);
	UNIT_CHECK(c != NULL);
	UNIT_EQ(c->count, 2);
	UNIT_STR(c->bindings[0].contact, "sip:bob@192.0.2.1");
	UNIT_STR(c->bindings[1].contact, "sip:bob@192.0.2.2;x=\"1:2 3\"");
	UNIT_STR(c->bindings[1].call_id, "a84b4c76e66710@pc33.atlanta.com");
	UNIT_STR(c->bindings[1].user_agent, "Linphone/4.5");
	UNIT_EQ(c->bindings[1].cseq, 7);
	UNIT_EQ(c->bindings[1].q, 1000);
	UNIT_EQ(c->bindings[1].expires_s, NOW_S + 120);
	UNIT_EQ(c->bindings[1].kind, SIP_TRANSPORT_TCP);
	UNIT_EQ(sip_addr_port(&c->bindings[1].source), 5062);
	UNIT_CHECK(c->bindings[1].flow == NULL);
	/* The same AOR keeps its row. */
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", 0, NULL));
	UNIT_TRY(put_contact(&r, "sip:new@example.com", "sip:n@192.0.2.2", NOW_S + 60, NULL));
	repro_contacts_unref(&c);
	rig_close(&r);
	UNIT_TRY(rig_open(&r, true));
	UNIT_EQ(count_contacts(&r, AOR, NOW_S), 1);
	UNIT_EQ(count_contacts(&r, "sip:new@example.com", NOW_S), 1);
out:
	repro_contacts_unref(&c);
	rig_fini(&r);
	return err;
}

enum { REGISTERED = 10000, REFRESHED = 500 };

/* Registers, waits for the last answer as a registrar before its 200, says so, and waits to be killed. */
static void register_and_wait(struct store_rig *r, int out)
{
	struct waiter w;
	char aor[64];
	waiter_init(&w);
	if (rig_open(r, true) != SIP_OK || repro_store_start(r->store) != SIP_OK)
		_exit(1);
	for (unsigned i = 0; i < REGISTERED; i++) {
		bool is_last = i + 1 == REGISTERED;
		if (put_contact(r, aor_at(i, aor), "sip:a@192.0.2.1:5060", NOW_S + 3600, is_last ? &w.job : NULL) != SIP_OK)
			_exit(2);
	}
	if (waiter_wait(&w, 1) != SIP_OK)
		_exit(3);
	if (write(out, "!", 1) != 1)
		_exit(4);
	for (;;)
		pause();
}

static enum sip_err test_store_after_kill_9_has_every_binding(void)
{
	struct store_rig r;
	char aor[64];
	int status = 0;
	int ends[2];
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_EQ(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0)
		register_and_wait(&r, ends[1]);
	UNIT_CHECK(child > 0);
	close(ends[1]);
	UNIT_EQ(read(ends[0], aor, 1), 1);
	close(ends[0]);
	UNIT_EQ(kill(child, SIGKILL), 0);
	UNIT_EQ(waitpid(child, &status, 0), child);
	UNIT_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	int64_t from_us = sip_clock_real.now_us(sip_clock_real.arg);
	UNIT_TRY(rig_open(&r, true));
	if (getenv("STORE_TEST_FIGURES"))
		printf("loading %d bindings: %lld us\n", REGISTERED,
		       (long long)(sip_clock_real.now_us(sip_clock_real.arg) - from_us));
	UNIT_EQ(repro_location_binding_count(r.loc), REGISTERED);
	UNIT_EQ(count_contacts(&r, aor_at(REGISTERED - 1, aor), NOW_S), 1);
out:
	rig_fini(&r);
	return err;
}

/* Registers and waits for the disk; then a refresh of each, which waits for nothing; says so, and waits to be killed. */
static void refresh_and_wait(struct store_rig *r, int out)
{
	struct waiter w;
	char aor[64];
	waiter_init(&w);
	if (rig_open(r, true) != SIP_OK || repro_store_start(r->store) != SIP_OK)
		_exit(1);
	for (unsigned i = 0; i < REFRESHED; i++)
		if (put_contact(r, aor_at(i, aor), "sip:a@192.0.2.1:5060", NOW_S + 3600, &w.job) != SIP_OK ||
		    waiter_wait(&w, i + 1) != SIP_OK)
			_exit(2);
	for (unsigned i = 0; i < REFRESHED; i++)
		if (put_contact(r, aor_at(i, aor), "sip:a@192.0.2.1:5060", NOW_S + 3700, NULL) != SIP_OK)
			_exit(3);
	if (write(out, "!", 1) != 1)
		_exit(4);
	for (;;)
		pause();
}

static enum sip_err test_store_after_kill_9_of_refreshes_has_every_binding(void)
{
	struct store_rig r;
	char aor[64];
	int status = 0;
	int ends[2];
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_EQ(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0)
		refresh_and_wait(&r, ends[1]);
	UNIT_CHECK(child > 0);
	close(ends[1]);
	UNIT_EQ(read(ends[0], aor, 1), 1);
	close(ends[0]);
	UNIT_EQ(kill(child, SIGKILL), 0);
	UNIT_EQ(waitpid(child, &status, 0), child);
	UNIT_TRY(rig_open(&r, true));
	UNIT_EQ(repro_location_binding_count(r.loc), REFRESHED);
	/* None has lost more than half of its life. */
	for (unsigned i = 0; i < REFRESHED; i++)
		UNIT_EQ(count_contacts(&r, aor_at(i, aor), NOW_S + 1850), 1);
out:
	rig_fini(&r);
	return err;
}

struct refresh {
	const char *contact;
	int64_t now_s, expires_s; /* of the refresh, from NOW_S on */
	bool is_pending;
};

/* After a registration for 3,600 s that is on disk. */
static enum sip_err check_refresh(const struct refresh *f)
{
	struct store_rig r;
	struct waiter w;
	struct repro_contacts *c = NULL;
	bool is_pending = false;
	enum sip_err err;
	waiter_init(&w);
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, true));
	UNIT_TRY(repro_store_start(r.store));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", NOW_S + 3600, &w.job));
	UNIT_EQ(waiter_wait(&w, 1), SIP_OK);
	UNIT_TRY(put_contact_at(&r, AOR, f->contact, NOW_S + f->now_s, NOW_S + f->expires_s, &w.job, &is_pending));
	UNIT_EQ(is_pending, f->is_pending);
	if (is_pending)
		UNIT_EQ(waiter_wait(&w, 2), SIP_OK);
	/* Written at the stop at the latest. */
	rig_close(&r);
	UNIT_TRY(rig_open(&r, true));
	c = repro_location_find(r.loc, SIP_STR(AOR), NOW_S, NULL);
	UNIT_CHECK(c != NULL);
	UNIT_STR(c->bindings[c->count - 1].contact, f->contact);
	UNIT_EQ(c->bindings[c->count - 1].expires_s, NOW_S + f->expires_s);
out:
	repro_contacts_unref(&c);
	rig_fini(&r);
	waiter_fini(&w);
	return err;
}

static enum sip_err test_store_only_a_mere_refresh_may_be_late(void)
{
	static const struct refresh rows[] = {
		{ "sip:bob@192.0.2.1", 0, 3600, false },
		{ "sip:bob@192.0.2.1", 1, 3601, false },
		{ "sip:bob@192.0.2.1", 1799, 5399, false },
		/* half of what is asked for would be lost */
		{ "sip:bob@192.0.2.1", 1800, 5400, true },
		{ "sip:bob@192.0.2.1", 0, 7300, true },
		/* shorter than the file says */
		{ "sip:bob@192.0.2.1", 0, 3599, true },
		/* nearly over */
		{ "sip:bob@192.0.2.1", 3571, 3600, true },
		{ "sip:bob@192.0.2.2", 0, 3600, true },
	};
	enum sip_err err = SIP_OK;
	for (size_t i = 0; i < SIP_COUNTOF(rows) && err == SIP_OK; i++)
		err = check_refresh(&rows[i]);
	return err;
}

/* What is not on disk yet vouches for nothing; a late refresh that is overtaken is not written after. */
static enum sip_err test_store_late_refreshes_keep_their_order(void)
{
	struct store_rig r;
	bool is_pending = false;
	struct waiter w;
	enum sip_err err;
	waiter_init(&w);
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, true));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", NOW_S + 3600, NULL));
	UNIT_TRY(put_contact_at(&r, AOR, "sip:bob@192.0.2.1", NOW_S, NOW_S + 3600, &w.job, &is_pending));
	UNIT_CHECK(is_pending);
	UNIT_TRY(repro_store_start(r.store));
	UNIT_EQ(waiter_wait(&w, 1), SIP_OK);
	UNIT_TRY(put_contact_at(&r, AOR, "sip:bob@192.0.2.1", NOW_S, NOW_S + 3650, &w.job, &is_pending));
	UNIT_CHECK(!is_pending);
	UNIT_TRY(put_contact_at(&r, AOR, "sip:bob@192.0.2.1", NOW_S, NOW_S + 3660, &w.job, &is_pending));
	UNIT_CHECK(!is_pending);
	UNIT_TRY(put_contact_at(&r, AOR, "sip:bob@192.0.2.1", NOW_S, 0, &w.job, &is_pending));
	UNIT_CHECK(is_pending);
	rig_close(&r);
	UNIT_TRY(rig_open(&r, true));
	UNIT_EQ(count_contacts(&r, AOR, NOW_S), 0);
out:
	rig_fini(&r);
	waiter_fini(&w);
	return err;
}

static int64_t moved_now(void *arg)
{
	return __atomic_load_n((int64_t *)arg, __ATOMIC_RELAXED);
}

static enum sip_err test_store_late_refresh_is_written_within_5_s(void)
{
	int64_t now_us = NOW_S * 1000000;
	const struct sip_clock clock = { .now_us = moved_now, .wall_us = moved_now, .arg = &now_us };
	struct store_rig r;
	struct repro_store_figures f;
	bool is_pending = true;
	struct waiter w;
	enum sip_err err;
	waiter_init(&w);
	UNIT_TRY(rig_init(&r));
	r.clock = &clock;
	UNIT_TRY(rig_open(&r, true));
	UNIT_TRY(repro_store_start(r.store));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", NOW_S + 3600, &w.job));
	UNIT_EQ(waiter_wait(&w, 1), SIP_OK);
	UNIT_TRY(put_contact_at(&r, AOR, "sip:bob@192.0.2.1", NOW_S, NOW_S + 3700, NULL, &is_pending));
	UNIT_CHECK(!is_pending);
	UNIT_TRY(put_contact(&r, "sip:c@example.com", "sip:c@192.0.2.1", NOW_S + 3600, &w.job));
	UNIT_EQ(waiter_wait(&w, 2), SIP_OK);
	repro_store_figures(r.store, &f);
	UNIT_EQ(f.changes, 2);
	__atomic_store_n(&now_us, NOW_S * 1000000 + SIP_SECONDS(5), __ATOMIC_RELAXED);
	/* The writer looks at the time after each batch; the second of these finds the first one's work done. */
	UNIT_TRY(put_contact(&r, "sip:d@example.com", "sip:d@192.0.2.1", NOW_S + 3600, &w.job));
	UNIT_EQ(waiter_wait(&w, 3), SIP_OK);
	UNIT_TRY(put_contact(&r, "sip:e@example.com", "sip:e@192.0.2.1", NOW_S + 3600, &w.job));
	UNIT_EQ(waiter_wait(&w, 4), SIP_OK);
	repro_store_figures(r.store, &f);
	UNIT_EQ(f.changes, 5);
out:
	rig_fini(&r);
	waiter_fini(&w);
	return err;
}

static enum sip_err test_store_when_flushed_then_late_refreshes_are_written(void)
{
	struct store_rig r;
	struct repro_store_figures f;
	bool is_pending = true;
	struct waiter w;
	enum sip_err err;
	waiter_init(&w);
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, true));
	UNIT_EQ(repro_store_flush(r.store, 0), SIP_E_TIMEOUT); /* there is no writer yet */
	UNIT_TRY(repro_store_start(r.store));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", NOW_S + 3600, &w.job));
	UNIT_EQ(waiter_wait(&w, 1), SIP_OK);
	UNIT_TRY(put_contact_at(&r, AOR, "sip:bob@192.0.2.1", NOW_S, NOW_S + 3700, NULL, &is_pending));
	UNIT_CHECK(!is_pending);
	UNIT_TRY(repro_store_flush(r.store, 60000));
	repro_store_figures(r.store, &f);
	UNIT_EQ(f.changes, 2);
	repro_store_stop(r.store);
	UNIT_EQ(repro_store_flush(r.store, 60000), SIP_E_STOPPED);
out:
	rig_fini(&r);
	waiter_fini(&w);
	return err;
}

/* A claim that goes from one to the next is nobody else's at any moment. */
static enum sip_err test_store_when_its_claim_is_taken_then_it_is_never_free(void)
{
	struct store_rig old, fresh;
	enum sip_err err;
	UNIT_TRY(rig_init(&old));
	fresh = old;
	UNIT_TRY(rig_open(&old, true));
	UNIT_TRY(rig_open(&fresh, true));
	UNIT_EQ(repro_store_claim_fd(old.store), -1);
	UNIT_TRY(repro_store_claim(old.store, NULL));
	UNIT_EQ(repro_store_claim(fresh.store, NULL), SIP_E_INUSE);
	repro_store_take_claim(fresh.store, dup(repro_store_claim_fd(old.store)));
	rig_close(&old);
	UNIT_TRY(rig_open(&old, true));
	UNIT_EQ(repro_store_claim(old.store, NULL), SIP_E_INUSE);
	rig_close(&fresh);
	UNIT_TRY(repro_store_claim(old.store, NULL));
out:
	rig_fini(&old);
	return err;
}

static enum sip_err run_sql(struct store_rig *r, const char *sql)
{
	char path[128];
	sqlite3 *db = NULL;
	int rc;
	snprintf(path, sizeof(path), "%s/" REPRO_STORE_FILE, r->folder);
	rc = sqlite3_open(path, &db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return rc == SQLITE_OK ? SIP_OK : SIP_E_STORE;
}

static enum sip_err test_store_rows_that_cannot_be_read_are_left_out(void)
{
	static const char bad_rows[] =
		"INSERT INTO location VALUES (100, 'sip:x1@e', 2000000000, 'nonsense');"
		"INSERT INTO location VALUES (101, 'sip:x2@e', 2000000000, x'');"
		"INSERT INTO location VALUES (102, 'sip:x3@e', 2000000000, '2000000000 1000 1 0 0:0:99:short');"
		"INSERT INTO location VALUES (103, 'sip:x4@e', 2000000000, '2000000000 1001 1 0 0:0:1:a0:0:0:0:');"
		"INSERT INTO location VALUES (104, 'sip:bob@example.com', 2000000000, '2000000000 1000 1 0 0:0:1:a0:0:0:0:');"
		"INSERT INTO location VALUES (105, 'sip:x5@e', 2000000000, '2000000000 1000 1 0 0:0:1:a0:0:0:0:')";
	struct store_rig r;
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, true));
	UNIT_TRY(put_contact(&r, AOR, "sip:bob@192.0.2.1", NOW_S + 60, NULL));
	rig_close(&r);
	UNIT_TRY(run_sql(&r, bad_rows));
	UNIT_TRY(rig_open(&r, true));
	UNIT_EQ(repro_location_aor_count(r.loc), 2);
	UNIT_EQ(count_contacts(&r, "sip:x5@e", NOW_S), 1);
	/* The next writing takes them away. */
	UNIT_TRY(put_contact(&r, "sip:new@example.com", "sip:n@192.0.2.1", NOW_S + 60, NULL));
	rig_close(&r);
	UNIT_TRY(rig_open(&r, true));
	UNIT_CHECK(!r.store->is_behind);
	UNIT_EQ(repro_location_aor_count(r.loc), 3);
out:
	rig_fini(&r);
	return err;
}

static enum sip_err test_store_of_a_newer_version_is_refused(void)
{
	struct store_rig r;
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, true));
	rig_close(&r);
	UNIT_TRY(run_sql(&r, "PRAGMA user_version = 99"));
	UNIT_EQ(rig_open(&r, true), SIP_E_STORE);
	UNIT_CHECK(strstr(r.why, "newer version") != NULL);
	UNIT_CHECK(r.store == NULL);
out:
	rig_fini(&r);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_store_after_a_stop_gives_everything_back),
	UNIT_CASE_NO_OOM(test_store_after_kill_9_has_every_binding),
	UNIT_CASE_NO_OOM(test_store_after_kill_9_of_refreshes_has_every_binding),
	UNIT_CASE_NO_OOM(test_store_only_a_mere_refresh_may_be_late),
	UNIT_CASE_NO_OOM(test_store_late_refreshes_keep_their_order),
	UNIT_CASE_NO_OOM(test_store_late_refresh_is_written_within_5_s),
	UNIT_CASE_NO_OOM(test_store_when_flushed_then_late_refreshes_are_written),
	UNIT_CASE_NO_OOM(test_store_when_its_claim_is_taken_then_it_is_never_free),
	UNIT_CASE_NO_OOM(test_store_rows_that_cannot_be_read_are_left_out),
	UNIT_CASE_NO_OOM(test_store_of_a_newer_version_is_refused),
};
const struct unit_suite survival_suite = { "repro/store/store", cases, SIP_COUNTOF(cases) };
