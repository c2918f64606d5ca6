/*
 * K threads over one bounded queue. A job with a key waits until every earlier job of that key has run: it
 * parks on the key's lane and whoever ran the one before puts it back. All of it under one lock, since a job
 * costs a disk or a network and the lock does not show.
 */
#include "repro/worker/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

enum { POOL_THREADS_MAX = 64, LANES = 256 };
#define POOL_MAGIC 0x706f6f6cu

/* Jobs whose keys fall into one lane take turns: order by key needs no table of keys. */
struct pool_lane {
	bool is_busy;          /* one of its jobs is ready or runs */
	struct sip_list parked;
};
struct repro_pool {
	struct sip_ref ref;
	struct repro_pool_options o;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct sip_list ready;  /* under the lock, as all that follows */
	size_t waiting;         /* ready and parked */
	size_t running;
	bool is_stopping;
	bool is_joined;
	struct pool_lane lanes[LANES];
	unsigned started;
	pthread_t threads[POOL_THREADS_MAX];
};

void repro_pool_options_init(struct repro_pool_options *o)
{
	memset(o, 0, sizeof(*o));
	o->name = "worker";
	o->threads = 2;
	o->max = 10000;
}

static struct pool_lane *lane_of(struct repro_pool *p, const struct repro_job *job)
{
	return job->key ? &p->lanes[sip_hash_mix(0, job->key) % LANES] : NULL;
}

static void run_job(struct repro_job *job)
{
	job->err = SIP_OK;
	job->run(job);
	repro_job_answer(job);
}

/* The lane's next job becomes ready. Under the lock. */
static void lane_next(struct repro_pool *p, struct pool_lane *lane)
{
	struct sip_list *next = sip_list_pop(&lane->parked);
	lane->is_busy = next != NULL;
	if (!next)
		return;
	sip_list_add_tail(&p->ready, next);
	pthread_cond_signal(&p->filled);
}

static void *pool_main(void *arg)
{
	struct repro_pool *p = arg;
	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct sip_list *node = sip_list_pop(&p->ready);
		if (!node) {
			if (p->is_stopping && p->waiting == 0)
				break;
			pthread_cond_wait(&p->filled, &p->lock);
			continue;
		}
		struct repro_job *job = SIP_CONTAINER(node, struct repro_job, list);
		struct pool_lane *lane = lane_of(p, job);
		p->waiting--;
		p->running++;
		pthread_mutex_unlock(&p->lock);
		run_job(job);
		pthread_mutex_lock(&p->lock);
		p->running--;
		if (lane)
			lane_next(p, lane);
		/* The others sleep until the last parked job has become theirs or is done. */
		if (p->is_stopping && p->waiting == 0)
			pthread_cond_broadcast(&p->filled);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void stop_threads(struct repro_pool *p)
{
	bool is_mine;
	pthread_mutex_lock(&p->lock);
	p->is_stopping = true;
	is_mine = !p->is_joined;
	p->is_joined = true;
	pthread_cond_broadcast(&p->filled);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; is_mine && i < p->started; i++)
		pthread_join(p->threads[i], NULL);
}

static void pool_destroy(void *object)
{
	struct repro_pool *p = object;
	stop_threads(p);
	pthread_cond_destroy(&p->filled);
	pthread_mutex_destroy(&p->lock);
	sip_free(p);
}

/* Signals are the runner's thread's business. */
static bool start_thread(struct repro_pool *p, unsigned at)
{
	sigset_t all, before;
	char name[16];
	int rc;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&p->threads[at], NULL, pool_main, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return false;
	snprintf(name, sizeof(name), "%.10s-%u", p->o.name, at);
	pthread_setname_np(p->threads[at], name);
	return true;
}

enum sip_err repro_pool_create(const struct repro_pool_options *o, struct repro_pool **out)
{
	struct repro_pool *p;
	if (o->threads > POOL_THREADS_MAX || o->max == 0 || !o->name)
		return SIP_E_INVAL;
	p = sip_alloc_zero(sizeof(*p));
	if (!p)
		return SIP_E_NOMEM;
	sip_ref_init(&p->ref, POOL_MAGIC, pool_destroy);
	p->o = *o;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->filled, NULL);
	sip_list_init(&p->ready);
	for (size_t i = 0; i < LANES; i++)
		sip_list_init(&p->lanes[i].parked);
	for (; p->started < o->threads; p->started++) {
		if (start_thread(p, p->started))
			continue;
		repro_pool_unref(&p);
		return SIP_E_AGAIN;
	}
	*out = p;
	return SIP_OK;
}

void repro_pool_ref(struct repro_pool *p)
{
	MUST_BE(&p->ref, POOL_MAGIC);
	sip_ref_get(&p->ref);
}

void repro_pool_unref(struct repro_pool **p)
{
	if (!*p)
		return;
	MUST_BE(&(*p)->ref, POOL_MAGIC);
	sip_ref_put(&(*p)->ref);
	*p = NULL;
}

static enum sip_err enqueue(struct repro_pool *p, struct repro_job *job)
{
	struct pool_lane *lane = lane_of(p, job);
	if (p->is_stopping)
		return SIP_E_STOPPED;
	if (p->waiting >= p->o.max)
		return SIP_E_FULL;
	p->waiting++;
	if (lane && lane->is_busy) {
		sip_list_add_tail(&lane->parked, &job->list);
		return SIP_OK;
	}
	if (lane)
		lane->is_busy = true;
	sip_list_add_tail(&p->ready, &job->list);
	pthread_cond_signal(&p->filled);
	return SIP_OK;
}

enum sip_err repro_pool_post(struct repro_pool *p, struct repro_job **job)
{
	enum sip_err err;
	MUST_BE(&p->ref, POOL_MAGIC);
	MUST((*job)->run != NULL && (*job)->done != NULL);
	if (p->o.threads == 0) {
		struct repro_job *now = *job;
		pthread_mutex_lock(&p->lock);
		err = p->is_stopping ? SIP_E_STOPPED : SIP_OK;
		pthread_mutex_unlock(&p->lock);
		if (err != SIP_OK)
			return err;
		*job = NULL;
		run_job(now);
		return SIP_OK;
	}
	pthread_mutex_lock(&p->lock);
	err = enqueue(p, *job);
	pthread_mutex_unlock(&p->lock);
	if (err == SIP_OK)
		*job = NULL;
	return err;
}

void repro_pool_stop(struct repro_pool *p)
{
	MUST_BE(&p->ref, POOL_MAGIC);
	stop_threads(p);
}

size_t repro_pool_depth(struct repro_pool *p)
{
	size_t depth;
	MUST_BE(&p->ref, POOL_MAGIC);
	pthread_mutex_lock(&p->lock);
	depth = p->waiting + p->running;
	pthread_mutex_unlock(&p->lock);
	return depth;
}
