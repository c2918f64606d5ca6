/*
 * The writer's thread: takes every change that waits, writes them in one transaction, answers whoever waits for
 * them; while it commits the next batch gathers. After a failure the changes stay in memory only; the next
 * attempt writes the whole location service anew, so that nothing need be remembered meanwhile.
 */
#include "repro/store/store_priv.h"

#include <signal.h>

enum { BACKOFF_TIMES = 10, WALK_SLICE = 1024, LATE_SLICE = 512 };

/* How late a refresh may be written that takes nothing from what the file says. */
#define LATE_US SIP_SECONDS(4)

void repro__change_destroy(struct repro__change *c)
{
	repro_contacts_unref(&c->set);
	sip_free(c);
}

static struct repro__change *change_of(struct sip_fifo_node *node)
{
	return SIP_CONTAINER(node, struct repro__change, node);
}

static int64_t now_us(const struct repro_store *s)
{
	return s->o.clock->now_us(s->o.clock->arg);
}

enum sip_err repro__store_post(struct repro_store *s, struct repro__change **c)
{
	enum sip_err err = sip_fifo_post_essential(&s->fifo, &(*c)->node, now_us(s));
	if (err == SIP_OK)
		*c = NULL;
	return err == SIP_E_CLOSED ? SIP_E_STOPPED : err;
}

/* ---- one batch ------------------------------------------------------------------------------------------------ */

struct rewrite {
	struct repro_store *s;
	enum sip_err err;
};

static void rewrite_set(void *arg, struct repro_contacts *c)
{
	struct rewrite *r = arg;
	if (r->err == SIP_OK)
		r->err = repro__file_put(&r->s->file, c->id, c, &r->s->scratch);
}

/* Memory is at least as new as every change taken so far; what changes during the walk comes in a later batch. */
static enum sip_err rewrite_all(struct repro_store *s)
{
	struct rewrite r = { s, repro__file_exec(&s->file, "DELETE FROM location") };
	size_t cursor = 0;
	bool is_more = s->location != NULL;
	while (is_more && r.err == SIP_OK)
		is_more = repro_location_walk(s->location, &cursor, WALK_SLICE, rewrite_set, &r);
	return r.err;
}

static enum sip_err write_changes(struct repro_store *s, const struct sip_fifo_batch *batch)
{
	enum sip_err err = SIP_OK;
	for (struct sip_fifo_node *n = batch->head; n && err == SIP_OK; n = n->next)
		if (!change_of(n)->flush)
			err = repro__file_put(&s->file, change_of(n)->id, change_of(n)->set, &s->scratch);
	return err;
}

static enum sip_err write_batch(struct repro_store *s, const struct sip_fifo_batch *batch)
{
	enum sip_err err = repro__file_begin(&s->file);
	if (err == SIP_OK)
		err = s->is_behind ? rewrite_all(s) : write_changes(s, batch);
	if (err == SIP_OK)
		err = repro__file_commit(&s->file);
	return err;
}

static void on_success(struct repro_store *s, size_t changes, int64_t took_us)
{
	bool was_failing;
	pthread_mutex_lock(&s->lock);
	was_failing = s->is_failing;
	s->is_failing = false;
	s->figures.commits++;
	s->figures.changes += changes;
	s->figures.unwritten = 0;
	pthread_mutex_unlock(&s->lock);
	s->is_behind = false;
	s->backoff_ms = s->o.retry_ms;
	sip_metric_count(s->cells, REPRO_M_STORE_COMMITS);
	sip_metric_add(s->cells, REPRO_M_STORE_CHANGES, (int64_t)changes);
	sip_metric_observe(s->cells, REPRO_M_STORE_MICROSECONDS, took_us > 0 ? (uint64_t)took_us : 0);
	if (was_failing)
		SIP_LOG(s->o.log, SIP_LOG_NOTICE, "store", "the database is written again and holds everything");
}

static void on_failure(struct repro_store *s)
{
	struct sip_buf b;
	bool was_failing;
	pthread_mutex_lock(&s->lock);
	was_failing = s->is_failing;
	s->is_failing = true;
	s->figures.failures++;
	sip_buf_init_fixed(&b, s->error, sizeof(s->error));
	sip_buf_putf(&b, "%.200s", repro__file_error(&s->file));
	sip_buf_z(&b);
	pthread_mutex_unlock(&s->lock);
	repro__file_rollback(&s->file);
	s->is_behind = true;
	s->retry_us = now_us(s) + (int64_t)s->backoff_ms * 1000;
	if (s->backoff_ms < s->o.retry_ms * BACKOFF_TIMES)
		s->backoff_ms *= 2;
	sip_metric_count(s->cells, REPRO_M_STORE_FAILURES);
	if (!was_failing)
		SIP_LOG(s->o.log, SIP_LOG_ERR, "store", "%s: %s; registrations go on in memory", s->path, s->error);
}

static void answer(struct sip_fifo_batch *batch, enum sip_err err)
{
	struct sip_fifo_node *n;
	while ((n = sip_fifo_batch_pop(batch))) {
		struct repro__change *c = change_of(n);
		struct repro_job *completion = c->completion;
		if (err == SIP_OK && c->set)
			repro__set_written(c->set);
		repro__change_destroy(c);
		if (!completion)
			continue;
		completion->err = err;
		repro_job_answer(completion);
	}
}

static void count_unwritten(struct repro_store *s, size_t more)
{
	size_t before, now;
	pthread_mutex_lock(&s->lock);
	before = s->shown_unwritten;
	s->figures.unwritten += more;
	now = s->shown_unwritten = s->figures.unwritten;
	pthread_mutex_unlock(&s->lock);
	if (s->cells && now != before)
		sip_metric_add(s->cells, REPRO_M_STORE_UNWRITTEN, (int64_t)now - (int64_t)before);
}

static size_t changes_in(const struct sip_fifo_batch *batch)
{
	size_t count = 0;

	for (struct sip_fifo_node *n = batch->head; n; n = n->next)
		count += !change_of(n)->flush;
	return count;
}

/* While the file fails, nobody waits for it: memory goes on and the next attempt is due at retry_us. */
static void handle(struct repro_store *s, struct sip_fifo_batch *batch, bool is_last)
{
	size_t count = changes_in(batch);
	enum sip_err err = SIP_E_STORE;
	bool is_due;
	pthread_mutex_lock(&s->lock);
	is_due = !s->is_failing;
	pthread_mutex_unlock(&s->lock);
	if (is_due || is_last || now_us(s) >= s->retry_us) {
		int64_t from_us = now_us(s);
		sip_metric_add(s->cells, REPRO_M_STORE_QUEUE, (int64_t)count);
		err = write_batch(s, batch);
		sip_metric_add(s->cells, REPRO_M_STORE_QUEUE, -(int64_t)count);
		if (err == SIP_OK)
			on_success(s, count, now_us(s) - from_us);
		else
			on_failure(s);
	}
	count_unwritten(s, err == SIP_OK ? 0 : count);
	answer(batch, err == SIP_OK ? SIP_OK : SIP_E_STORE);
}

/* ---- refreshes that could wait ---------------------------------------------------------------------------------- */

static enum sip_err write_sets(struct repro_store *s, struct repro_contacts *const *sets, size_t count)
{
	enum sip_err err = repro__file_begin(&s->file);
	for (size_t i = 0; i < count && err == SIP_OK; i++)
		err = repro__file_put(&s->file, sets[i]->id, sets[i], &s->scratch);
	return err == SIP_OK ? repro__file_commit(&s->file) : err;
}

/*
 * Each is its AOR's present set, and every change taken before is on disk: what comes later is in a later batch. When the
 * file fails, memory is written anew as after any failure.
 */
static void write_late(struct repro_store *s)
{
	struct repro_contacts *sets[LATE_SLICE];
	size_t stripe = 0, count;
	while (s->location && (count = repro__location_take_late(s->location, &stripe, sets, LATE_SLICE)) > 0) {
		int64_t from_us = now_us(s);
		enum sip_err err = s->is_behind ? SIP_OK : write_sets(s, sets, count);
		if (err != SIP_OK)
			on_failure(s);
		else if (!s->is_behind)
			on_success(s, count, now_us(s) - from_us);
		for (size_t i = 0; i < count; i++) {
			if (!s->is_behind)
				repro__set_written(sets[i]);
			repro_contacts_unref(&sets[i]);
		}
	}
	s->late_us = now_us(s) + LATE_US;
}

/* ---- a flush: a change of nothing, behind all others ----------------------------------------------------------------- */

/* The last one; 0: there is none. */
static uint64_t flush_in(const struct sip_fifo_batch *batch)
{
	uint64_t last = 0;

	for (struct sip_fifo_node *n = batch->head; n; n = n->next)
		if (change_of(n)->flush)
			last = change_of(n)->flush;
	return last;
}

static void tell_flushed(struct repro_store *s, uint64_t last)
{
	pthread_mutex_lock(&s->lock);
	s->flushed_last = last;
	pthread_cond_broadcast(&s->flushed);
	pthread_mutex_unlock(&s->lock);
}

enum sip_err repro_store_flush(struct repro_store *s, unsigned timeout_ms)
{
	struct repro__change *c = sip_alloc_zero(sizeof *c);
	struct timespec until; /* of the kernel's clock, whatever ours is */
	int64_t until_us;
	uint64_t wanted;
	enum sip_err err;

	repro__store_check(s);
	if (!c)
		return SIP_E_NOMEM;
	until_us = sip_clock_real.now_us(sip_clock_real.arg) + SIP_MS(timeout_ms);
	until.tv_sec = (time_t)(until_us / 1000000);
	until.tv_nsec = (long)(until_us % 1000000) * 1000;
	pthread_mutex_lock(&s->lock);
	wanted = c->flush = ++s->flushes_asked;
	err = repro__store_post(s, &c);
	while (err == SIP_OK && s->flushed_last < wanted)
		if (pthread_cond_timedwait(&s->flushed, &s->lock, &until) != 0)
			err = SIP_E_TIMEOUT;
	pthread_mutex_unlock(&s->lock);
	sip_free(c);
	return err;
}

/* ---- the thread ------------------------------------------------------------------------------------------------ */

static int64_t wait_us(const struct repro_store *s)
{
	int64_t left = (s->is_behind && s->retry_us < s->late_us ? s->retry_us : s->late_us) - now_us(s);
	return left > 0 ? left : 0;
}

static bool is_retry_due(const struct repro_store *s)
{
	return s->is_behind && now_us(s) >= s->retry_us;
}

static void *writer_main(void *arg)
{
	struct repro_store *s = arg;
	struct sip_fifo_batch batch;
	enum sip_err err;
	uint64_t flush;
	s->late_us = now_us(s) + LATE_US;
	do {
		sip_fifo_batch_init(&batch);
		err = sip_fifo_take(&s->fifo, &batch, wait_us(s));
		flush = flush_in(&batch);
		if (batch.count > 0 || (is_retry_due(s) && err != SIP_E_CLOSED))
			handle(s, &batch, false);
		if (now_us(s) >= s->late_us || err == SIP_E_CLOSED || flush)
			write_late(s);
		if (flush)
			tell_flushed(s, flush);
	} while (err != SIP_E_CLOSED);
	if (s->is_behind)
		handle(s, &batch, true);
	return NULL;
}

enum sip_err repro_store_start(struct repro_store *s)
{
	sigset_t all, before;
	enum sip_err err = SIP_OK;
	repro__store_check(s);
	pthread_mutex_lock(&s->lock);
	if (s->is_running || s->is_stopped) {
		err = SIP_E_STATE;
	} else {
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		if (pthread_create(&s->thread, NULL, writer_main, s) == 0)
			s->is_running = true;
		else
			err = SIP_E_AGAIN;
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	if (s->is_running && err == SIP_OK)
		pthread_setname_np(s->thread, "store");
	pthread_mutex_unlock(&s->lock);
	return err;
}

void repro__store_stop(struct repro_store *s)
{
	bool was_running, was_stopped;
	pthread_mutex_lock(&s->lock);
	was_running = s->is_running;
	was_stopped = s->is_stopped;
	s->is_stopped = true;
	s->is_running = false;
	pthread_mutex_unlock(&s->lock);
	if (was_stopped || !s->has_fifo)
		return;
	sip_fifo_close(&s->fifo);
	if (was_running)
		pthread_join(s->thread, NULL);
	else if (s->file.db)
		writer_main(s);
}

void repro_store_stop(struct repro_store *s)
{
	repro__store_check(s);
	repro__store_stop(s);
}
