/*
 * repro/worker: threads that do what blocks (SQL, files, HTTP) so that no loop does. A job is
 * posted, runs on one of K threads, and comes back through the FIFO of the loop that asked.
 */
#ifndef REPRO_WORKER_WORKER_H
#define REPRO_WORKER_WORKER_H

#include "stack/loop/loop.h"

#ifdef __cplusplus
extern "C" {
#endif

struct repro_job;
typedef void (*repro_job_fn)(struct repro_job *job);

/* Where answers arrive: one a loop, for every kind of job. Belongs to its loop. */
struct repro_answers {
	struct sip_fifo fifo;
	const struct sip_clock *clock;
};
/* Attached to the loop. NOMEM. The loop's thread, or before it turns. */
enum sip_err repro_answers_init(struct repro_answers *a, struct sip_loop *loop) SIP_MUST_USE;
/* No more answers are taken: later ones go to their job's drop. Any thread. */
void repro_answers_close(struct repro_answers *a);
/* What still waits is dropped. The loop's thread; no one posts any more (pool stopped, store closed). */
void repro_answers_fini(struct repro_answers *a);

/* Lives in what is asked for; untouched by its owner from post until done or drop. */
struct repro_job {
	struct sip_fifo_node node;
	struct sip_list list;
	repro_job_fn run;              /* on a worker's thread; may set err */
	repro_job_fn done;             /* on the loop of `answers`: the job is its owner's again */
	repro_job_fn drop;             /* instead of done when that loop takes no more: frees it; any thread; NULL: nothing */
	struct repro_answers *answers; /* lent, outlives the job; NULL: done is called on the worker's thread */
	uint64_t key;                  /* jobs of one key run one at a time, in order of posting; 0: no order */
	enum sip_err err;              /* the outcome; OK unless run says otherwise */
};
/* Gives the job back to its loop (or drops it). For those who complete jobs without a pool. Any thread. */
void repro_job_answer(struct repro_job *job);

struct repro_pool; /* counted */
struct repro_pool_options {
	const char *name;            /* of the threads; lent for ever */
	unsigned threads;            /* 0: jobs run at once on the posting thread (the simulator); at most 64 */
	size_t max;                  /* jobs waiting: 10,000 */
};
void repro_pool_options_init(struct repro_pool_options *o);
/* The threads run. NOMEM, INVAL, AGAIN (no thread to be had). */
enum sip_err repro_pool_create(const struct repro_pool_options *o, struct repro_pool **out) SIP_MUST_USE;
void repro_pool_ref(struct repro_pool *p);
/* The last one stops it first. Never on one of its own threads. */
void repro_pool_unref(struct repro_pool **p);
/* Takes *job on success. FULL, STOPPED leave it with the caller. Any thread. */
enum sip_err repro_pool_post(struct repro_pool *p, struct repro_job **job) SIP_MUST_USE;
/* Takes nothing more, runs what was taken, ends the threads. Any thread but its own; once or often. */
void repro_pool_stop(struct repro_pool *p);
/* Jobs waiting, and running now. Any thread. */
size_t repro_pool_depth(struct repro_pool *p);

#ifdef __cplusplus
}
#endif
#endif
