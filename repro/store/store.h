/*
 * repro/store: what repro remembers. The location service (AOR to contacts) lives in memory and
 * is written through to a SQLite file by one writer thread; users live in the file and are
 * looked up in an immutable snapshot. No loop ever waits for the disk.
 *
 * What a completed registration survives: a kill -9 of the process, at any moment (WAL,
 * synchronous=NORMAL); a refresh of the last 5 s may be back with its former expiry. A loss of power may
 * take the last seconds, never the file's health.
 */
#ifndef REPRO_STORE_STORE_H
#define REPRO_STORE_STORE_H

#include "repro/worker/worker.h"
#include "repro/store/location.h"
#include "repro/store/user_store.h"

#ifdef __cplusplus
extern "C" {
#endif

#define REPRO_STORE_FILE "repro.db"

struct repro_store; /* the SQLite file; counted, any thread */
struct repro_store_options {
	const char *folder;            /* DatabasePath: the file is folder/repro.db, made when missing */
	const struct sip_clock *clock; /* NULL: the real one; lent, outlives the store */
	struct sip_log *log;           /* may be NULL; lent, outlives the store */
	struct sip_metrics *metrics;   /* of repro's table (repro/config/metrics.h); may be NULL */
	size_t queue_max;              /* changes waiting for the writer: 200,000; beyond: FULL */
	unsigned retry_ms;             /* after a failed commit, doubling to ten times that: 500 */
	unsigned busy_ms;              /* how long a commit waits for another process's lock: 500 */
};
void repro_store_options_init(struct repro_store_options *o);
/*
 * Opens or makes the file and brings its schema up. STORE with a sentence in `why` (may be NULL) that says what to do:
 * folder missing, not writable, not a database, of a newer version. No thread runs yet.
 */
enum sip_err repro_store_open(const struct repro_store_options *o, struct repro_store **out,
			      struct sip_buf *why) SIP_MUST_USE;
/*
 * For one that serves registrations: INUSE, with the sentence in `why`, while another process has claimed the file. It is ours
 * until the store ends; who only changes users needs no claim. Once, before loading.
 */
enum sip_err repro_store_claim(struct repro_store *s, struct sip_buf *why) SIP_MUST_USE;
/* The same, by the descriptor of one that claimed it and hands it over (…_claim_fd): it comes to the store. */
void repro_store_take_claim(struct repro_store *s, int fd);
/* What the claim is; lent by the store. -1: it has none. */
int repro_store_claim_fd(const struct repro_store *s);
void repro_store_ref(struct repro_store *s);
/* The last one stops the writer and closes the file. */
void repro_store_unref(struct repro_store **s);

/* Every living binding into the location service, which is empty yet. STORE, NOMEM, FULL. Before the writer starts. */
enum sip_err repro_store_load(struct repro_store *s, struct repro_location *loc, int64_t now_s) SIP_MUST_USE;
/* The writer's thread runs. Until then changes wait. NOMEM, AGAIN. */
enum sip_err repro_store_start(struct repro_store *s) SIP_MUST_USE;
/* Until all that was said before is on disk, late refreshes too; at most so long. TIMEOUT, STOPPED, NOMEM. Any thread. */
enum sip_err repro_store_flush(struct repro_store *s, unsigned timeout_ms) SIP_MUST_USE;
/* Writes what waits (one last try when the file is failing), answers everybody and ends the thread. Any thread. */
void repro_store_stop(struct repro_store *s);

/* False while the last commit has failed; why, and how many AORs are unwritten, goes to text (may be NULL). */
bool repro_store_is_healthy(struct repro_store *s, struct sip_buf *text);
struct repro_store_figures {
	uint64_t commits;      /* that succeeded */
	uint64_t changes;      /* written by them */
	uint64_t failures;     /* commits that failed */
	size_t queued;         /* changes waiting for the writer */
	size_t unwritten;      /* AORs in memory newer than on disk after a failure */
};
void repro_store_figures(struct repro_store *s, struct repro_store_figures *out);

#ifdef __cplusplus
}
#endif
#endif
