/* repro/worker: answers come home, order by key, a full queue, stopping, and a loop that has gone. */
#include "repro/worker/worker.h"
#include "tests/support/unit.h"

#include <sched.h>

enum { MANY = 2000, KEYS = 7 };

struct count_job {
	struct repro_job job;
	unsigned key_at;  /* which of the keys */
	unsigned number;  /* within the key */
};
struct count_rig {
	struct sip_loop *loop;
	struct repro_answers answers;
	struct repro_pool *pool;
	struct count_job *jobs; /* owned */
	unsigned next[KEYS];    /* the number that must run next; one worker a key at a time */
	unsigned disorder;      /* atomic */
	unsigned ran;           /* atomic */
	unsigned done;
	unsigned dropped;       /* atomic */
};
static struct count_rig rig;

static void on_run(struct repro_job *job)
{
	struct count_job *c = SIP_CONTAINER(job, struct count_job, job);
	if (job->key) {
		/* Unguarded on purpose: the lane is the guard, and the thread sanitizer sees it when it is none. */
		unsigned next = rig.next[c->key_at];
		if (next != c->number)
			__atomic_add_fetch(&rig.disorder, 1, __ATOMIC_RELAXED);
		sched_yield();
		rig.next[c->key_at] = next + 1;
	}
	__atomic_add_fetch(&rig.ran, 1, __ATOMIC_RELAXED);
	job->err = c->number % 2 ? SIP_E_IO : SIP_OK;
}

static void on_done(struct repro_job *job)
{
	struct count_job *c = SIP_CONTAINER(job, struct count_job, job);
	UNIT_EQ(job->err, c->number % 2 ? SIP_E_IO : SIP_OK);
	rig.done++;
}

static void on_drop(struct repro_job *job)
{
	(void)job;
	__atomic_add_fetch(&rig.dropped, 1, __ATOMIC_RELAXED);
}

static enum sip_err rig_open(unsigned threads, size_t max)
{
	struct sip_loop_options lo;
	struct repro_pool_options po;
	enum sip_err err;
	memset(&rig, 0, sizeof(rig));
	sip_loop_options_init(&lo);
	lo.name = "test";
	err = sip_loop_create(&lo, &rig.loop);
	if (err != SIP_OK)
		return err;
	err = repro_answers_init(&rig.answers, rig.loop);
	if (err != SIP_OK) {
		sip_loop_unref(&rig.loop);
		return err;
	}
	repro_pool_options_init(&po);
	po.threads = threads;
	if (max)
		po.max = max;
	err = repro_pool_create(&po, &rig.pool);
	rig.jobs = err == SIP_OK ? sip_alloc_zero(MANY * sizeof(*rig.jobs)) : NULL;
	return err == SIP_OK && !rig.jobs ? SIP_E_NOMEM : err;
}

static void rig_close(void)
{
	repro_pool_unref(&rig.pool);
	if (rig.loop)
		repro_answers_fini(&rig.answers);
	sip_loop_unref(&rig.loop);
	sip_free(rig.jobs);
	rig.jobs = NULL;
}

static struct repro_job *job_at(unsigned i)
{
	struct count_job *c = &rig.jobs[i];
	c->key_at = i % KEYS;
	c->number = i / KEYS;
	c->job.key = 100 + c->key_at;
	c->job.run = on_run;
	c->job.done = on_done;
	c->job.drop = on_drop;
	c->job.answers = &rig.answers;
	return &c->job;
}

static enum sip_err test_pool_jobs_of_a_key_run_in_order_and_come_home(void)
{
	enum sip_err err;
	UNIT_TRY(rig_open(4, 0));
	for (unsigned i = 0; i < MANY; i++) {
		struct repro_job *job = job_at(i);
		UNIT_TRY(repro_pool_post(rig.pool, &job));
		UNIT_CHECK(job == NULL);
	}
	while (rig.done < MANY)
		UNIT_TRY(sip_loop_turn(rig.loop, 1000000));
	UNIT_EQ(rig.ran, MANY);
	UNIT_EQ(rig.disorder, 0);
	repro_pool_stop(rig.pool);
	UNIT_EQ(repro_pool_depth(rig.pool), 0);
out:
	rig_close();
	return err;
}

static enum sip_err test_pool_when_stopped_runs_what_it_has_taken(void)
{
	enum sip_err err;
	UNIT_TRY(rig_open(1, 0));
	for (unsigned i = 0; i < MANY; i++) {
		struct repro_job *job = job_at(i);
		UNIT_TRY(repro_pool_post(rig.pool, &job));
	}
	repro_pool_stop(rig.pool);
	repro_pool_stop(rig.pool);
	UNIT_EQ(rig.ran, MANY);
	struct repro_job *late = job_at(0);
	UNIT_EQ(repro_pool_post(rig.pool, &late), SIP_E_STOPPED);
	UNIT_CHECK(late != NULL);
	while (rig.done < MANY)
		UNIT_TRY(sip_loop_turn(rig.loop, 0));
	UNIT_EQ(rig.dropped, 0);
out:
	rig_close();
	return err;
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void on_gated_run(struct repro_job *job)
{
	(void)job;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

static enum sip_err test_pool_when_full_refuses(void)
{
	enum { ROOM = 5 };
	enum sip_err err;
	unsigned taken = 0;
	pthread_mutex_lock(&gate);
	UNIT_TRY(rig_open(1, ROOM));
	for (unsigned i = 0; i < MANY; i++) {
		struct repro_job *job = job_at(i);
		job->key = i % 2 ? 1 : 0;
		job->run = on_gated_run;
		job->done = on_drop;
		err = repro_pool_post(rig.pool, &job);
		if (err != SIP_OK)
			break;
		taken++;
	}
	UNIT_EQ(err, SIP_E_FULL);
	UNIT_CHECK(taken == ROOM || taken == ROOM + 1);
	err = SIP_OK;
out:
	pthread_mutex_unlock(&gate);
	if (rig.pool)
		repro_pool_stop(rig.pool);
	while (rig.loop && rig.dropped < taken && sip_loop_turn(rig.loop, 0) == SIP_OK)
		;
	rig_close();
	return err;
}

static enum sip_err test_answers_when_closed_drop_the_job(void)
{
	enum sip_err err;
	UNIT_TRY(rig_open(0, 0));
	for (unsigned i = 0; i < 3; i++) {
		struct repro_job *job = job_at(i);
		job->key = 0;
		if (i == 2)
			repro_answers_close(&rig.answers);
		UNIT_TRY(repro_pool_post(rig.pool, &job));
	}
	UNIT_EQ(rig.ran, 3);
	UNIT_EQ(rig.dropped, 1);
	UNIT_EQ(rig.done, 0);
out:
	rig_close();
	/* Those that were waiting are dropped with the FIFO. */
	if (err == SIP_OK)
		UNIT_EQ(rig.dropped, 3);
	return err;
}

static enum sip_err test_job_without_answers_is_done_where_it_ran(void)
{
	enum sip_err err;
	UNIT_TRY(rig_open(0, 0));
	struct repro_job *job = job_at(0);
	job->answers = NULL;
	UNIT_TRY(repro_pool_post(rig.pool, &job));
	UNIT_EQ(rig.done, 1);
	struct repro_pool_options po;
	struct repro_pool *none = NULL;
	repro_pool_options_init(&po);
	po.threads = 65;
	UNIT_EQ(repro_pool_create(&po, &none), SIP_E_INVAL);
out:
	rig_close();
	return err;
}

int main(int argc, char **argv)
{
	static const struct unit_case cases[] = {
		UNIT_CASE_NO_OOM(test_pool_jobs_of_a_key_run_in_order_and_come_home),
		UNIT_CASE_NO_OOM(test_pool_when_stopped_runs_what_it_has_taken),
		UNIT_CASE_NO_OOM(test_pool_when_full_refuses),
		UNIT_CASE(test_answers_when_closed_drop_the_job),
		UNIT_CASE(test_job_without_answers_is_done_where_it_ran),
	};
	static const struct unit_suite suite = { "repro/worker/pool", cases, SIP_COUNTOF(cases) };
	static const struct unit_suite *const suites[] = { &suite };
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
