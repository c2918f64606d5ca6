/*
 * stack/loop: one turn of a loop, and what turns in it: descriptors, timers, FIFOs, hooks.
 * A loop owns objects, a thread turns a loop. Only sip_loop_wake, sip_fifo_post* and
 * sip_loop_stop may be called from elsewhere; everything else belongs to the turning thread.
 *
 * A turn: (1) due timers, in order of time, equals first come first served; (2) wait for
 * descriptors, at most until the next timer and not at all when a FIFO holds something;
 * (3) ready descriptors; (4) FIFOs, everything in them at once, again while they fill each
 * other, within a bound; (5) hooks, once (a transport flushes its batch there).
 */
#ifndef STACK_LOOP_LOOP_H
#define STACK_LOOP_LOOP_H

#include "stack/base/base.h"
#include "stack/loop/clock.h"
#include "stack/loop/timer.h"
#include "stack/loop/poll.h"
#include "stack/loop/fdset.h"
#include "stack/loop/fifo.h"
#include "stack/loop/congestion.h"
#include "stack/loop/thread.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_loop; /* counted */

struct sip_loop_options {
	const char *name;                /* a few letters, for logs and thread names; lent for ever */
	const struct sip_clock *clock;   /* NULL: the real one; lent, outlives the loop */
	enum sip_poll_kind poll;
	struct sip_log *log;             /* may be NULL; lent, outlives the loop */
	struct sip_metrics *metrics;     /* may be NULL; the loop takes a reference and cells of its own */
	uint64_t seed;                   /* 0: operating-system randomness; else reproducible */
};
void sip_loop_options_init(struct sip_loop_options *o);

/* NOMEM, or what the kernel refused. The caller has one reference. */
enum sip_err sip_loop_create(const struct sip_loop_options *o, struct sip_loop **out) SIP_MUST_USE;
void sip_loop_ref(struct sip_loop *l);
/* The last one: everything must have been removed from the loop (MUST). */
void sip_loop_unref(struct sip_loop **l);

/*
 * One turn, sleeping at most max_wait_us (0: not at all; <0: as long as need be), and not at all when a timer fired.
 * IO when the poller fails.
 */
enum sip_err sip_loop_turn(struct sip_loop *l, int64_t max_wait_us) SIP_MUST_USE;
/* Turns until sip_loop_stop. */
enum sip_err sip_loop_run(struct sip_loop *l) SIP_MUST_USE;
/* Makes sip_loop_run return after its present turn. Any thread; in a signal handler too. */
void sip_loop_stop(struct sip_loop *l);
/* The loop turns once more before it sleeps again. Any thread; in a signal handler too. */
void sip_loop_wake(struct sip_loop *l);

/*
 * The time of this turn, microseconds, monotonic; the same for all that happens in one step of a turn (of a long
 * batch of a FIFO: in 256 nodes). Outside a turn: the clock's.
 */
int64_t sip_loop_now(const struct sip_loop *l);
const struct sip_clock *sip_loop_clock(const struct sip_loop *l);
struct sip_log *sip_loop_log(const struct sip_loop *l);
struct sip_rand *sip_loop_rand(struct sip_loop *l);
struct sip_metrics_cells *sip_loop_cells(const struct sip_loop *l);
/* True on the thread that is turning the loop, and before its first turn on any. */
bool sip_loop_is_mine(const struct sip_loop *l);
/* MUST be on its thread; compiled in only with --enable-checks. */
#ifdef SIP_CHECK_THREADS
#define SIP_LOOP_MINE(l) MUST(sip_loop_is_mine(l))
#else
#define SIP_LOOP_MINE(l) ((void)(l))
#endif

/* ---- descriptors ---------------------------------------------------------------------------------------------- */
enum { SIP_IO_READ = 1, SIP_IO_WRITE = 2, SIP_IO_ERROR = 4 /* always watched; also hang-up */ };
/* An error or a hang-up is told as ERROR | READ, so that whoever reads finds the end of the stream or the error. */
typedef void (*sip_io_fn)(void *arg, unsigned events);
struct sip_io {
	int fd;          /* the object's own; the loop never closes it */
	unsigned events; /* watched now */
	sip_io_fn fn;
	void *arg;
	int slot;        /* the poller's; <0: on no loop */
};
/* Prepares (no loop yet). */
void sip_io_init(struct sip_io *io, int fd, sip_io_fn fn, void *arg);
/* It MUST be on no loop. NOMEM, UNSUPPORTED (SIP_POLL_NONE), LIMIT, or what the kernel refused. */
enum sip_err sip_loop_add_io(struct sip_loop *l, struct sip_io *io, unsigned events) SIP_MUST_USE;
enum sip_err sip_loop_change_io(struct sip_loop *l, struct sip_io *io, unsigned events) SIP_MUST_USE;
/* Also from within any call-back of the loop: no event for it is delivered after. Before the descriptor is closed. */
void sip_loop_remove_io(struct sip_loop *l, struct sip_io *io);

/* ---- timers --------------------------------------------------------------------------------------------------- */
/* Due after delay_us (rounded up to the timer's tick of 1 ms); an armed one is moved. */
void sip_loop_arm(struct sip_loop *l, struct sip_timer *t, int64_t delay_us);
void sip_loop_disarm(struct sip_loop *l, struct sip_timer *t);

/* ---- hooks: once a turn, after the FIFOs are empty ------------------------------------------------------------- */
struct sip_loop_hook {
	struct sip_list node;
	void (*fn)(void *arg);
	void *arg;
	bool is_wanted;
};
void sip_loop_add_hook(struct sip_loop *l, struct sip_loop_hook *h);
void sip_loop_remove_hook(struct sip_loop *l, struct sip_loop_hook *h);
/* It runs at the end of this turn (only hooks that were wanted run). */
static inline void sip_loop_want_hook(struct sip_loop_hook *h)
{
	h->is_wanted = true;
}

/* ---- for those who bring their own thread ("embedded") --------------------------------------------------------- */
/* Adds what the loop wants watched to the set. NOMEM. */
enum sip_err sip_loop_build_fdset(struct sip_loop *l, struct sip_fdset *set) SIP_MUST_USE;
/*
 * How long the caller may sleep: 0 now, <0 for ever, else microseconds. Ask it last before sleeping: what the
 * caller's own thread posts or arms after it wakes nobody; what other threads post does.
 */
int64_t sip_loop_sleep_us(const struct sip_loop *l);
/* One turn over what the set found ready (set may be NULL: only timers and FIFOs). */
enum sip_err sip_loop_process_fdset(struct sip_loop *l, const struct sip_fdset *set) SIP_MUST_USE;
/*
 * One descriptor for the whole loop (readable: call sip_loop_turn(l, 0)); together with sip_loop_sleep_us it is all
 * that someone else's loop needs. -1 when the poller has none (poll).
 */
int sip_loop_fd(const struct sip_loop *l);

#ifdef __cplusplus
}
#endif
#endif
