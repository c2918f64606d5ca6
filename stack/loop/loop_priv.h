/* What the files of stack/loop share and nobody else sees. Include config.h first. */
#ifndef STACK_LOOP_LOOP_PRIV_H
#define STACK_LOOP_LOOP_PRIV_H

#include "stack/loop/loop.h"

struct pollfd;
struct epoll_event;
struct sip__poller;

/* One kernel interface. All on the loop's thread. */
struct sip__poll_ops {
	enum sip_err (*open)(struct sip__poller *p);
	void (*close)(struct sip__poller *p);
	/* The slot table has grown to p->cap. NOMEM. */
	enum sip_err (*grow)(struct sip__poller *p, size_t cap);
	enum sip_err (*add)(struct sip__poller *p, int slot);
	enum sip_err (*change)(struct sip__poller *p, int slot, unsigned events);
	void (*remove)(struct sip__poller *p, int slot);
	/* Microseconds, <0 for ever; an interrupted wait finds nothing. IO. */
	enum sip_err (*wait)(struct sip__poller *p, int64_t timeout_us);
	/* Delivers what wait found; call-backs may add and remove what they like. */
	void (*dispatch)(struct sip__poller *p);
	enum sip_err (*build)(struct sip__poller *p, struct sip_fdset *set);
	/* Takes from the set what wait would have found. */
	enum sip_err (*collect)(struct sip__poller *p, const struct sip_fdset *set);
};
extern const struct sip__poll_ops sip__poll_epoll, sip__poll_poll, sip__poll_none;

struct sip__slot {
	struct sip_io *io;   /* lent; NULL: free */
	uint32_t generation; /* of whoever has the slot: an event of an earlier one is stale */
	int next_free;
};

struct sip__poller {
	const struct sip__poll_ops *ops;
	struct sip__slot *slots;    /* owned */
	size_t cap;
	size_t count;               /* slots in use */
	int free;                   /* head of the free slots, or -1 */
	int fd;                     /* epoll's, or -1 */
	struct epoll_event *events; /* owned; epoll's harvest */
	struct pollfd *fds;         /* owned; one a slot, poll's */
	size_t ready;               /* what the last wait found */
};
void sip__poller_init(struct sip__poller *p, const struct sip__poll_ops *ops);
void sip__poller_fini(struct sip__poller *p);
enum sip_err sip__poller_add(struct sip__poller *p, struct sip_io *io, unsigned events) SIP_MUST_USE;
void sip__poller_remove(struct sip__poller *p, struct sip_io *io);
/* To the object in the slot, unless it no longer wants to know. */
void sip__poller_deliver(struct sip__poller *p, int slot, unsigned events);
/* Rounded up to milliseconds, as the kernel's calls want it. */
int sip__poll_ms(int64_t timeout_us);

/* ---- wake: a descriptor that another thread, or a signal handler, makes readable ------------------------------- */
struct sip__wake {
	int reader;
	int writer; /* the same for an eventfd */
};
enum sip_err sip__wake_open(struct sip__wake *w) SIP_MUST_USE;
enum sip_err sip__wake_open_pipe(struct sip__wake *w) SIP_MUST_USE;
void sip__wake_close(struct sip__wake *w);
void sip__wake_signal(const struct sip__wake *w);
void sip__wake_drain(const struct sip__wake *w);

/* ---- the loop ---------------------------------------------------------------------------------------------------- */
/*
 * Who sleeps is woken, once. The loop sets ASLEEP and only then asks every FIFO, under its lock, whether it is empty.
 * A producer posts under that lock and only then reads the state. Whichever of the two has the lock first, the other
 * sees what it did: either the loop finds the node, or the producer finds ASLEEP. For wake and stop, which take no
 * lock, both sides are sequentially consistent.
 */
enum { SIP__AWAKE, SIP__ASLEEP, SIP__NOTIFIED };
enum {
	SIP__LOOP_MAGIC = 0x6c6f6f70,
	SIP__CHUNK = 256, /* nodes consumed before due timers are looked at again */
	SIP__ROUNDS = 8   /* over the FIFOs before descriptors have their turn again */
};

struct sip_loop {
	struct sip_ref ref;
	const char *name;
	const struct sip_clock *clock; /* lent, outlives us */
	struct sip_log *log;           /* lent, outlives us; may be NULL */
	struct sip_metrics *metrics;   /* counted; may be NULL */
	struct sip_metrics_cells *cells; /* lent by metrics */
	int64_t now;
	bool is_turning;
	bool is_run;                   /* turned by sip_loop_run: nobody else looks at our descriptors */
	bool has_pending;              /* work is left: no sleep in the next turn */
	uintptr_t owner;               /* the thread that turns us, by an address of its own; 0: none yet; or: */
#define SIP__LOOP_PROMISED ((uintptr_t)1) /* a thread that is being started */
	struct sip__poller poller;
	struct sip__wake wake;
	struct sip_io wake_io;
	struct sip_list fifos;
	struct sip_list *next_fifo;    /* of a walk in progress, or NULL */
	struct sip_fifo *draining;     /* whose node is being consumed, or NULL */
	size_t consumed;               /* nodes, since timers were looked at */
	struct sip_list hooks;
	struct sip_list *next_hook;    /* of a walk in progress, or NULL */
	struct sip_rand rand;
	struct sip_timer_wheel wheel;
	char apart[64];                /* what other threads write stands on a line of its own */
	int state;
	int is_woken;
	int is_stopped;
};

/* The reading clock: l->now follows. */
int64_t sip__loop_refresh(struct sip_loop *l);
/* Nodes have been consumed: after a chunk of them due timers have their turn. */
void sip__loop_consumed(struct sip_loop *l, size_t n);
/* Says that it sleeps, and only then looks for work. True: there is none, and who brings some will wake it. */
bool sip__loop_fall_asleep(struct sip_loop *l);
/* A post has been made: wakes the loop when it sleeps. Any thread. */
void sip__loop_posted(struct sip_loop *l);
/* Forgets which thread it belonged to. Nobody turns it. */
void sip__loop_disown(struct sip_loop *l);
void sip__loop_own(struct sip_loop *l);

/* Consumes all that waits in one FIFO when it is asked; false when there was nothing. */
bool sip__fifo_drain(struct sip_fifo *f);
/* True when nothing waits, under its lock. */
bool sip__fifo_is_empty(struct sip_fifo *f);

#endif
