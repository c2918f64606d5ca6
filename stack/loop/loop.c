/*
 * One turn of a loop: timers, wait, descriptors, FIFOs, hooks. Everything here belongs to the
 * turning thread but sip_loop_wake, sip_loop_stop and sip__loop_posted (see SIP__ASLEEP).
 */
#include "config.h"

#include "stack/loop/loop_priv.h"

/* Initial-exec: one instruction to reach, also from the shared object. */
static _Thread_local char own_address __attribute__((tls_model("initial-exec")));

#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_SEQ_CST)
#define STORE(field, value) __atomic_store_n(&(field), (value), __ATOMIC_SEQ_CST)
#define SWAP(field, value) __atomic_exchange_n(&(field), (value), __ATOMIC_SEQ_CST)

/* ---- create and end --------------------------------------------------------------------------------------------- */

void sip_loop_options_init(struct sip_loop_options *o)
{
	static const struct sip_loop_options defaults = { .name = "loop", .poll = SIP_POLL_EPOLL };
	*o = defaults;
}

static void on_wake(void *arg, unsigned events)
{
	struct sip_loop *l = arg;
	(void)events;
	sip__wake_drain(&l->wake);
	sip_metric_count(l->cells, SIP_M_LOOP_WAKES);
}

static void destroy(void *object)
{
	struct sip_loop *l = object;
	if (l->wake_io.slot >= 0)
		sip__poller_remove(&l->poller, &l->wake_io);
	MUST(!l->is_turning && l->wheel.count == 0 && l->poller.count == 0);
	MUST(sip_list_is_empty(&l->fifos) && sip_list_is_empty(&l->hooks));
	sip__poller_fini(&l->poller);
	sip__wake_close(&l->wake);
	sip_metrics_unref(&l->metrics);
	sip_free(l);
}

static const struct sip__poll_ops *poll_ops(enum sip_poll_kind kind)
{
	switch (kind) {
	case SIP_POLL_POLL:
		return &sip__poll_poll;
	case SIP_POLL_NONE:
		return &sip__poll_none;
	case SIP_POLL_EPOLL:
		break;
	}
	return &sip__poll_epoll;
}

static enum sip_err open_poller(struct sip_loop *l, enum sip_poll_kind kind)
{
	enum sip_err err = l->poller.ops->open(&l->poller);
	if (err != SIP_OK || kind == SIP_POLL_NONE)
		return err;
	err = sip__wake_open(&l->wake);
	if (err != SIP_OK)
		return err;
	sip_io_init(&l->wake_io, l->wake.reader, on_wake, l);
	return sip__poller_add(&l->poller, &l->wake_io, SIP_IO_READ);
}

static enum sip_err open_metrics(struct sip_loop *l, struct sip_metrics *metrics)
{
	if (!metrics)
		return SIP_OK;
	sip_metrics_ref(metrics);
	l->metrics = metrics;
	return sip_metrics_add_cells(metrics, &l->cells);
}

enum sip_err sip_loop_create(const struct sip_loop_options *o, struct sip_loop **out)
{
	*out = NULL;
	struct sip_loop *l = sip_alloc_zero(sizeof *l);
	if (!l)
		return SIP_E_NOMEM;
	sip_ref_init(&l->ref, SIP__LOOP_MAGIC, destroy);
	l->name = o->name ? o->name : "loop";
	l->clock = o->clock ? o->clock : &sip_clock_real;
	l->log = o->log;
	l->state = SIP__ASLEEP;
	l->wake.reader = l->wake.writer = l->wake_io.slot = -1;
	sip_list_init(&l->fifos);
	sip_list_init(&l->hooks);
	sip__poller_init(&l->poller, poll_ops(o->poll));
	sip_timer_wheel_init(&l->wheel, sip__loop_refresh(l));
	enum sip_err err = open_metrics(l, o->metrics);
	if (err == SIP_OK)
		err = open_poller(l, o->poll);
	if (err != SIP_OK) {
		sip_loop_unref(&l);
		return err;
	}
	if (o->seed)
		sip_rand_init_seed(&l->rand, o->seed);
	else
		sip_rand_init_os(&l->rand);
	*out = l;
	return SIP_OK;
}

void sip_loop_ref(struct sip_loop *l)
{
	MUST(l->ref.magic == SIP__LOOP_MAGIC);
	sip_ref_get(&l->ref);
}

void sip_loop_unref(struct sip_loop **l)
{
	struct sip_loop *old = *l;
	*l = NULL;
	if (!old)
		return;
	MUST(old->ref.magic == SIP__LOOP_MAGIC);
	sip_ref_put(&old->ref);
}

/* ---- whose it is, and what time ---------------------------------------------------------------------------------- */

void sip__loop_own(struct sip_loop *l)
{
	__atomic_store_n(&l->owner, (uintptr_t)&own_address, __ATOMIC_RELAXED);
}

void sip__loop_disown(struct sip_loop *l)
{
	__atomic_store_n(&l->owner, 0, __ATOMIC_RELAXED);
}

bool sip_loop_is_mine(const struct sip_loop *l)
{
	uintptr_t owner = __atomic_load_n(&l->owner, __ATOMIC_RELAXED);
	return owner == 0 || owner == (uintptr_t)&own_address;
}

int64_t sip__loop_refresh(struct sip_loop *l)
{
	l->now = l->clock->now_us(l->clock->arg);
	return l->now;
}

int64_t sip_loop_now(const struct sip_loop *l)
{
	return l->is_turning ? l->now : l->clock->now_us(l->clock->arg);
}

const struct sip_clock *sip_loop_clock(const struct sip_loop *l)
{
	return l->clock;
}

struct sip_log *sip_loop_log(const struct sip_loop *l)
{
	return l->log;
}

struct sip_rand *sip_loop_rand(struct sip_loop *l)
{
	SIP_LOOP_MINE(l);
	return &l->rand;
}

struct sip_metrics_cells *sip_loop_cells(const struct sip_loop *l)
{
	return l->cells;
}

/* ---- timers and hooks -------------------------------------------------------------------------------------------- */

void sip_loop_arm(struct sip_loop *l, struct sip_timer *t, int64_t delay_us)
{
	SIP_LOOP_MINE(l);
	int64_t now = sip_loop_now(l);
	if (delay_us < 0)
		delay_us = 0;
	sip_timer_wheel_add(&l->wheel, t, delay_us < INT64_MAX - now ? now + delay_us : INT64_MAX);
}

void sip_loop_disarm(struct sip_loop *l, struct sip_timer *t)
{
	SIP_LOOP_MINE(l);
	sip_timer_wheel_remove(&l->wheel, t);
}

static struct sip_loop_hook *hook_of(struct sip_list *node)
{
	return SIP_CONTAINER(node, struct sip_loop_hook, node);
}

static struct sip_fifo *fifo_of(struct sip_list *node)
{
	return SIP_CONTAINER(node, struct sip_fifo, node);
}

void sip_loop_add_hook(struct sip_loop *l, struct sip_loop_hook *h)
{
	SIP_LOOP_MINE(l);
	MUST(!sip_list_is_linked(&h->node));
	sip_list_add_tail(&l->hooks, &h->node);
}

void sip_loop_remove_hook(struct sip_loop *l, struct sip_loop_hook *h)
{
	SIP_LOOP_MINE(l);
	if (l->next_hook == &h->node)
		l->next_hook = h->node.next;
	sip_list_remove(&h->node);
}

static bool is_any_hook_wanted(const struct sip_loop *l)
{
	SIP_LIST_FOR(node, &l->hooks)
		if (hook_of(node)->is_wanted)
			return true;
	return false;
}

static void run_hooks(struct sip_loop *l)
{
	for (struct sip_list *node = l->hooks.next; node != &l->hooks; node = l->next_hook) {
		struct sip_loop_hook *h = hook_of(node);
		l->next_hook = node->next;
		if (!h->is_wanted)
			continue;
		h->is_wanted = false;
		h->fn(h->arg);
	}
	l->next_hook = NULL;
}

/* ---- waking and stopping ----------------------------------------------------------------------------------------- */

static void rouse(struct sip_loop *l)
{
	int asleep = SIP__ASLEEP;
	if (LOAD(l->state) == SIP__ASLEEP &&
	    __atomic_compare_exchange_n(&l->state, &asleep, SIP__NOTIFIED, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		sip__wake_signal(&l->wake);
}

void sip__loop_posted(struct sip_loop *l)
{
	if (LOAD(l->state) == SIP__ASLEEP && __atomic_load_n(&l->owner, __ATOMIC_RELAXED) != (uintptr_t)&own_address)
		rouse(l);
}

void sip_loop_wake(struct sip_loop *l)
{
	STORE(l->is_woken, 1);
	rouse(l);
}

void sip_loop_stop(struct sip_loop *l)
{
	STORE(l->is_stopped, 1);
	sip_loop_wake(l);
}

static bool is_all_empty(const struct sip_loop *l)
{
	SIP_LIST_FOR(node, &l->fifos)
		if (!sip__fifo_is_empty(fifo_of(node)))
			return false;
	return true;
}

bool sip__loop_fall_asleep(struct sip_loop *l)
{
	STORE(l->state, SIP__ASLEEP);
	return is_all_empty(l) && !LOAD(l->is_woken);
}

/* ---- a turn ------------------------------------------------------------------------------------------------------ */

static bool has_work(const struct sip_loop *l)
{
	if (l->has_pending || is_any_hook_wanted(l))
		return true;
	SIP_LIST_FOR(node, &l->fifos)
		if (__atomic_load_n(&fifo_of(node)->depth, __ATOMIC_RELAXED) > 0)
			return true;
	return false;
}

static int64_t shorter(int64_t a, int64_t b)
{
	if (a < 0)
		return b;
	return b < 0 || a < b ? a : b;
}

static enum sip_err wait_for_events(struct sip_loop *l, int64_t max_wait_us)
{
	int64_t wait = 0;
	bool is_woken = SWAP(l->is_woken, 0);
	if (!is_woken && !has_work(l))
		wait = shorter(max_wait_us, sip_timer_wheel_wait_us(&l->wheel, l->now));
	if (wait != 0 && !sip__loop_fall_asleep(l))
		wait = 0;
	enum sip_err err = SIP_OK;
	/* Nothing but the wake to look at, and nobody outside who looks at it: it keeps until the next sleep. */
	if (wait != 0 || !l->is_run || l->poller.count > 1)
		err = l->poller.ops->wait(&l->poller, wait);
	STORE(l->state, SIP__AWAKE);
	if (err != SIP_OK)
		SIP_LOG(l->log, SIP_LOG_ERR, "loop", "%s: cannot wait for descriptors", l->name);
	return err;
}

static size_t fire_timers(struct sip_loop *l)
{
	l->consumed = 0;
	return sip_timer_wheel_fire(&l->wheel, l->now);
}

void sip__loop_consumed(struct sip_loop *l, size_t n)
{
	l->consumed += n;
	if (l->consumed >= SIP__CHUNK)
		fire_timers(l);
}

static void drain_fifos(struct sip_loop *l)
{
	bool has_drained = true;
	for (int round = 0; has_drained && round < SIP__ROUNDS; round++) {
		has_drained = false;
		for (struct sip_list *node = l->fifos.next; node != &l->fifos; node = l->next_fifo) {
			l->next_fifo = node->next;
			if (sip__fifo_drain(fifo_of(node)))
				has_drained = true;
		}
		l->next_fifo = NULL;
	}
	l->has_pending = has_drained;
}

/* How many timers fired. */
static size_t begin_turn(struct sip_loop *l)
{
	MUST(!l->is_turning);
	if (__atomic_load_n(&l->owner, __ATOMIC_RELAXED) != (uintptr_t)&own_address)
		sip__loop_own(l);
	if (LOAD(l->state) != SIP__AWAKE)
		STORE(l->state, SIP__AWAKE);
	l->is_turning = true;
	sip__loop_refresh(l);
	return fire_timers(l);
}

static void end_turn(struct sip_loop *l)
{
	sip__loop_refresh(l);
	l->poller.ops->dispatch(&l->poller);
	drain_fifos(l);
	run_hooks(l);
	sip_metric_count(l->cells, SIP_M_LOOP_TURNS);
	l->is_turning = false;
}

/* Whoever turns us sleeps on our descriptors next, without us. */
static void leave(struct sip_loop *l)
{
	if (!sip__loop_fall_asleep(l))
		l->has_pending = true;
}

enum sip_err sip_loop_turn(struct sip_loop *l, int64_t max_wait_us)
{
	/* Whoever asks for a single turn may have waited for just this timer. */
	if (begin_turn(l) > 0)
		max_wait_us = 0;
	enum sip_err err = wait_for_events(l, max_wait_us);
	end_turn(l);
	leave(l);
	return err;
}

enum sip_err sip_loop_run(struct sip_loop *l)
{
	enum sip_err err;
	l->is_run = true;
	do {
		begin_turn(l);
		err = wait_for_events(l, -1);
		end_turn(l);
	} while (err == SIP_OK && !SWAP(l->is_stopped, 0));
	l->is_run = false;
	leave(l);
	return err;
}

/* ---- for those who bring their own thread ------------------------------------------------------------------------ */

enum sip_err sip_loop_build_fdset(struct sip_loop *l, struct sip_fdset *set)
{
	SIP_LOOP_MINE(l);
	return l->poller.ops->build(&l->poller, set);
}

int64_t sip_loop_sleep_us(const struct sip_loop *l)
{
	if (has_work(l) || LOAD(l->is_woken))
		return 0;
	return sip_timer_wheel_wait_us(&l->wheel, sip_loop_now(l));
}

enum sip_err sip_loop_process_fdset(struct sip_loop *l, const struct sip_fdset *set)
{
	begin_turn(l);
	STORE(l->is_woken, 0);
	enum sip_err err = set ? l->poller.ops->collect(&l->poller, set) : SIP_OK;
	end_turn(l);
	leave(l);
	return err;
}

int sip_loop_fd(const struct sip_loop *l)
{
	return l->poller.fd;
}
