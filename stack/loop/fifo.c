/*
 * The FIFO. Producers of any thread hold its lock for a few instructions; the consumer's loop takes
 * everything in one lock and consumes it in chunks, timers between them. What is waiting and what is
 * being consumed count together, so that a bound is a bound also while a long batch is worked off.
 */
#include "config.h"

#include "stack/loop/loop_priv.h"

#include <errno.h>
#include <time.h>

enum { STRIDE = 16 /* nodes between two looks of the producers at the backlog */ };

#define READ(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)
#define WRITE(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELAXED)

static enum sip_err init_locks(struct sip_fifo *f)
{
	pthread_condattr_t attr;
	if (pthread_condattr_init(&attr) != 0)
		return SIP_E_NOMEM;
	int failed = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) != 0 || pthread_cond_init(&f->filled, &attr) != 0;
	pthread_condattr_destroy(&attr);
	if (failed)
		return SIP_E_NOMEM;
	if (pthread_mutex_init(&f->lock, NULL) == 0)
		return SIP_OK;
	pthread_cond_destroy(&f->filled);
	return SIP_E_NOMEM;
}

enum sip_err sip_fifo_init(struct sip_fifo *f, struct sip_loop *loop, const struct sip_fifo_options *o)
{
	static const struct sip_fifo empty;
	MUST(!loop || o->fn);
	if (o->max == 0)
		return SIP_E_INVAL;
	*f = empty;
	enum sip_err err = init_locks(f);
	if (err != SIP_OK)
		return err;
	f->tail = &f->head;
	f->o = *o;
	if (f->o.high == 0 || f->o.high > f->o.max)
		f->o.high = f->o.max;
	if (f->o.low >= f->o.high)
		f->o.low = f->o.high - 1;
	sip_fifo_batch_init(&f->taken);
	if (loop) {
		SIP_LOOP_MINE(loop);
		f->loop = loop;
		f->cells = sip_loop_cells(loop);
		sip_list_add_tail(&loop->fifos, &f->node);
	}
	return SIP_OK;
}

/* What waits and what is being consumed. Refusals are counted here because producers have other cells. */
static void show(struct sip_fifo *f)
{
	int64_t depth = (int64_t)sip_fifo_depth(f);
	uint64_t refused = READ(f->refused);
	if (depth != f->shown)
		sip_metric_add(f->cells, SIP_M_FIFO_DEPTH, depth - f->shown);
	if (refused != f->counted)
		sip_metric_add(f->cells, SIP_M_FIFO_REFUSED, (int64_t)(refused - f->counted));
	f->shown = depth;
	f->counted = refused;
}

/* Appends all that waits to a batch of the consumer's. */
static size_t take_all(struct sip_fifo *f, struct sip_fifo_batch *out)
{
	size_t n = f->depth;
	if (n == 0)
		return 0;
	*out->tail = f->head;
	out->tail = f->tail;
	out->count += n;
	f->head = NULL;
	f->tail = &f->head;
	WRITE(f->depth, 0);
	return n;
}

/* Closed, and empty when what was left has been given to `discard`. */
static void empty(struct sip_fifo *f, sip_fifo_fn discard)
{
	struct sip_fifo_node *n;
	pthread_mutex_lock(&f->lock);
	f->is_closed = true;
	take_all(f, &f->taken);
	MUST(f->sleepers == 0);
	pthread_mutex_unlock(&f->lock);
	MUST(discard || f->taken.count == 0);
	while ((n = sip_fifo_batch_pop(&f->taken)) != NULL)
		discard(f->o.arg, n);
	WRITE(f->backlog, 0);
	show(f);
	f->cells = NULL;
}

void sip_fifo_detach(struct sip_fifo *f, sip_fifo_fn discard)
{
	struct sip_loop *l = f->loop;
	empty(f, discard);
	if (!l)
		return;
	SIP_LOOP_MINE(l);
	if (l->next_fifo == &f->node)
		l->next_fifo = f->node.next;
	if (l->draining == f)
		l->draining = NULL;
	sip_list_remove(&f->node);
	pthread_mutex_lock(&f->lock);
	f->loop = NULL;
	pthread_mutex_unlock(&f->lock);
}

void sip_fifo_fini(struct sip_fifo *f, sip_fifo_fn discard)
{
	sip_fifo_detach(f, discard);
	pthread_cond_destroy(&f->filled);
	pthread_mutex_destroy(&f->lock);
}

/* ---- posting ---------------------------------------------------------------------------------------------------- */

enum rank { NEW, ESSENTIAL, ANSWER };

static enum sip_err admit(struct sip_fifo *f, size_t n, enum rank rank)
{
	size_t depth = f->depth + READ(f->backlog);
	if (f->is_closed)
		return SIP_E_CLOSED;
	if (rank == ANSWER)
		return SIP_OK;
	if (f->is_refusing && depth <= f->o.low)
		f->is_refusing = false;
	if (depth >= f->o.high)
		f->is_refusing = true;
	if (depth >= f->o.max || n > f->o.max - depth || (rank == NEW && f->is_refusing)) {
		WRITE(f->refused, f->refused + n);
		return SIP_E_FULL;
	}
	return SIP_OK;
}

static enum sip_err post(struct sip_fifo *f, struct sip_fifo_node *head, struct sip_fifo_node **tail, size_t n,
			 enum rank rank)
{
	pthread_mutex_lock(&f->lock);
	struct sip_loop *loop = f->loop;
	enum sip_err err = admit(f, n, rank);
	if (err == SIP_OK) {
		if (f->depth == 0)
			WRITE(f->head_us, head->posted_us);
		*f->tail = head;
		f->tail = tail;
		WRITE(f->depth, f->depth + n);
		if (f->sleepers > 0)
			pthread_cond_signal(&f->filled);
	}
	pthread_mutex_unlock(&f->lock);
	if (err == SIP_OK && loop)
		sip__loop_posted(loop);
	return err;
}

static enum sip_err post_one(struct sip_fifo *f, struct sip_fifo_node *n, int64_t now_us, enum rank rank)
{
	n->next = NULL;
	n->posted_us = now_us;
	return post(f, n, &n->next, 1, rank);
}

enum sip_err sip_fifo_post(struct sip_fifo *f, struct sip_fifo_node *n, int64_t now_us)
{
	return post_one(f, n, now_us, NEW);
}

enum sip_err sip_fifo_post_essential(struct sip_fifo *f, struct sip_fifo_node *n, int64_t now_us)
{
	return post_one(f, n, now_us, ESSENTIAL);
}

enum sip_err sip_fifo_post_answer(struct sip_fifo *f, struct sip_fifo_node *n, int64_t now_us)
{
	return post_one(f, n, now_us, ANSWER);
}

enum sip_err sip_fifo_post_batch(struct sip_fifo *f, struct sip_fifo_batch *b, int64_t now_us)
{
	if (b->count == 0)
		return SIP_OK;
	for (struct sip_fifo_node *n = b->head; n; n = n->next)
		n->posted_us = now_us;
	enum sip_err err = post(f, b->head, b->tail, b->count, ESSENTIAL);
	if (err == SIP_OK)
		sip_fifo_batch_init(b);
	return err;
}

/* ---- consuming -------------------------------------------------------------------------------------------------- */

/* Up to a chunk; false when the FIFO was ended by its own consumer. */
static bool consume(struct sip_fifo *f, size_t most)
{
	struct sip_loop *l = f->loop;
	for (size_t i = 0; i < most; i++) {
		struct sip_fifo_node *n = sip_fifo_batch_pop(&f->taken);
		size_t left = f->taken.count;
		int64_t posted_us = n->posted_us;
		f->o.fn(f->o.arg, n);
		if (l->draining != f)
			return false;
		if (left < STRIDE || left % STRIDE == 0) {
			WRITE(f->backlog, left);
			WRITE(f->taken_us, posted_us);
		}
	}
	return true;
}

/* A chunk's own average weighs more the longer the chunk: one node is measured badly by a clock of microseconds. */
static void note_service(struct sip_fifo *f, size_t n, int64_t us)
{
	int64_t weight = (int64_t)n, old = f->service_ns;
	int64_t seen = us > 0 ? us * 1000 / weight : 0;
	WRITE(f->service_ns, old + (seen - old) * weight / (weight + 32));
}

bool sip__fifo_drain(struct sip_fifo *f)
{
	struct sip_loop *l = f->loop;
	if (READ(f->depth) == 0)
		return false;
	pthread_mutex_lock(&f->lock);
	WRITE(f->taken_us, f->head_us);
	size_t n = take_all(f, &f->taken);
	WRITE(f->backlog, n);
	pthread_mutex_unlock(&f->lock);
	int64_t age = l->now - f->taken_us;
	sip_metric_observe(f->cells, SIP_M_FIFO_AGE_MICROSECONDS, age > 0 ? (uint64_t)age : 0);
	show(f);
	l->draining = f;
	while (f->taken.count > 0) {
		size_t most = f->taken.count < SIP__CHUNK ? f->taken.count : SIP__CHUNK;
		int64_t before = l->now;
		if (!consume(f, most))
			return true;
		note_service(f, most, sip__loop_refresh(l) - before);
		sip__loop_consumed(l, most);
		if (l->draining != f)
			return true;
	}
	l->draining = NULL;
	show(f);
	return true;
}

bool sip__fifo_is_empty(struct sip_fifo *f)
{
	pthread_mutex_lock(&f->lock);
	bool is_empty = f->depth == 0;
	pthread_mutex_unlock(&f->lock);
	return is_empty;
}

/* The condition's clock is the kernel's, whatever clock the loops follow. */
static void deadline_after(struct timespec *ts, int64_t us)
{
	int64_t now_us = sip_clock_real.now_us(sip_clock_real.arg);
	int64_t at_us = us < INT64_MAX - now_us ? now_us + us : INT64_MAX;
	ts->tv_sec = (time_t)(at_us / 1000000);
	ts->tv_nsec = (long)(at_us % 1000000) * 1000;
}

enum sip_err sip_fifo_take(struct sip_fifo *f, struct sip_fifo_batch *out, int64_t timeout_us)
{
	struct timespec deadline = { 0, 0 };
	int failed = timeout_us == 0 ? ETIMEDOUT : 0;
	MUST(!f->loop);
	sip_fifo_batch_init(out);
	if (timeout_us > 0)
		deadline_after(&deadline, timeout_us);
	pthread_mutex_lock(&f->lock);
	while (f->depth == 0 && !f->is_closed && failed != ETIMEDOUT) {
		f->sleepers++;
		failed = timeout_us < 0 ? pthread_cond_wait(&f->filled, &f->lock)
					: pthread_cond_timedwait(&f->filled, &f->lock, &deadline);
		f->sleepers--;
	}
	size_t n = take_all(f, out);
	bool is_closed = f->is_closed;
	pthread_mutex_unlock(&f->lock);
	if (n > 0)
		return SIP_OK;
	return is_closed ? SIP_E_CLOSED : SIP_E_TIMEOUT;
}

void sip_fifo_close(struct sip_fifo *f)
{
	pthread_mutex_lock(&f->lock);
	f->is_closed = true;
	pthread_cond_broadcast(&f->filled);
	pthread_mutex_unlock(&f->lock);
}

/* ---- figures ---------------------------------------------------------------------------------------------------- */

size_t sip_fifo_depth(const struct sip_fifo *f)
{
	return READ(f->depth) + READ(f->backlog);
}

int64_t sip_fifo_age_us(const struct sip_fifo *f, int64_t now_us)
{
	int64_t age = 0;
	if (READ(f->backlog) > 0)
		age = now_us - READ(f->taken_us);
	else if (READ(f->depth) > 0)
		age = now_us - READ(f->head_us);
	return age > 0 ? age : 0;
}

int64_t sip_fifo_expected_wait_us(const struct sip_fifo *f)
{
	uint64_t depth = sip_fifo_depth(f), service_ns = (uint64_t)READ(f->service_ns);
	if (service_ns > 0 && depth > (uint64_t)INT64_MAX / service_ns)
		return INT64_MAX / 1000;
	return (int64_t)(depth * service_ns / 1000);
}
