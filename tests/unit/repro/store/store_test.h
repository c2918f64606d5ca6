/* What the tests of repro/store share: a folder that goes away, a store and a location service in it, bindings. */
#ifndef TESTS_UNIT_REPRO_STORE_STORE_TEST_H
#define TESTS_UNIT_REPRO_STORE_STORE_TEST_H

#include "repro/store/store_priv.h"
#include "tests/support/unit.h"

#define NOW_S INT64_C(1700000000)

struct store_rig {
	char folder[64];
	char why[300];
	struct sip_rand rand;
	const struct sip_clock *clock; /* the store's; NULL: the real one */
	struct sip_metrics *metrics;
	struct sip_metrics_cells *cells;
	struct repro_store *store;   /* NULL: memory only */
	struct repro_location *loc;
	struct sip_log log;          /* hears the store fail and recover */
	pthread_mutex_t lock;
	pthread_cond_t heard;
	unsigned failures, recoveries; /* under the lock */
};
/* A fresh folder, nothing opened. */
enum sip_err rig_init(struct store_rig *r) SIP_MUST_USE;
/* Opens the store (unless memory only), makes the location service and loads it; the writer does not run. */
enum sip_err rig_open(struct store_rig *r, bool has_store) SIP_MUST_USE;
void rig_close(struct store_rig *r);  /* what is open; the folder stays */
void rig_fini(struct store_rig *r);   /* with the folder */

/* Until the store has said that often that it fails, that it has caught up. */
void rig_await_failures(struct store_rig *r, unsigned n);
void rig_await_recoveries(struct store_rig *r, unsigned n);

/* An update that adds or refreshes one contact (expires 0: removes it); the answer goes nowhere. */
enum sip_err put_contact(struct store_rig *r, const char *aor, const char *contact, int64_t expires_s,
			 struct repro_job *completion) SIP_MUST_USE;
/* The same at another time; tells whether the completion will be answered. */
enum sip_err put_contact_at(struct store_rig *r, const char *aor, const char *contact, int64_t now_s, int64_t expires_s,
			    struct repro_job *completion, bool *is_pending) SIP_MUST_USE;
/* The n-th made-up AOR. */
const char *aor_at(unsigned n, char text[64]);
/* How many contacts the AOR has now. */
unsigned count_contacts(struct store_rig *r, const char *aor, int64_t now_s);

/* A completion that can be waited for, answered on the writer's thread. */
struct waiter {
	struct repro_job job;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned answered;
	enum sip_err err;
};
void waiter_init(struct waiter *w);
void waiter_fini(struct waiter *w);
enum sip_err waiter_wait(struct waiter *w, unsigned answers);

extern const struct unit_suite location_suite, survival_suite, failure_suite, user_store_suite;

#endif
