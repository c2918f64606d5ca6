/*
 * The FIFO: how threads meet. Many producers, one consumer; nodes live in what is posted;
 * a batch is posted and taken in one lock; bounded; it knows its depth, the age of its
 * head and the expected wait; a consumer is woken only when it sleeps. What is posted is
 * the consumer's from then on: the producer's pointer becomes NULL.
 */
#ifndef STACK_LOOP_FIFO_H
#define STACK_LOOP_FIFO_H

#include "stack/base/base.h"

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sip_loop;

struct sip_fifo_node {
	struct sip_fifo_node *next;
	int64_t posted_us;
};
/* A chain a producer collects before it posts. */
struct sip_fifo_batch {
	struct sip_fifo_node *head;
	struct sip_fifo_node **tail;
	size_t count;
};
static inline void sip_fifo_batch_init(struct sip_fifo_batch *b)
{
	b->head = NULL;
	b->tail = &b->head;
	b->count = 0;
}
static inline void sip_fifo_batch_add(struct sip_fifo_batch *b, struct sip_fifo_node *n)
{
	n->next = NULL;
	*b->tail = n;
	b->tail = &n->next;
	b->count++;
}
static inline struct sip_fifo_node *sip_fifo_batch_pop(struct sip_fifo_batch *b)
{
	struct sip_fifo_node *n = b->head;
	if (n && !(b->head = n->next))
		b->tail = &b->head;
	if (n)
		b->count--;
	return n;
}

/* The consumer's: called on its loop, for each node in order. The node is the consumer's. */
typedef void (*sip_fifo_fn)(void *arg, struct sip_fifo_node *node);

struct sip_fifo_options {
	const char *name;     /* for metrics and logs; lent for ever */
	size_t max;           /* nodes waiting or being consumed; posts beyond fail with FULL; not 0 */
	size_t high;          /* new work is refused from here (0: from max) … */
	size_t low;           /* … until the depth has fallen to here */
	int64_t tolerance_us; /* age or expected wait at which congestion is full (100 %); 0: as the congestion says */
	sip_fifo_fn fn;       /* NULL: taken by sip_fifo_take, not by a loop */
	void *arg;
};

struct sip_fifo {
	pthread_mutex_t lock;
	pthread_cond_t filled;       /* blocking take only */
	struct sip_fifo_node *head;  /* under the lock, as is what follows */
	struct sip_fifo_node **tail;
	size_t depth;                /* waiting; read relaxed by anyone */
	int64_t head_us;             /* when the oldest waiting was posted; read relaxed */
	uint64_t refused;            /* posts refused; read relaxed */
	unsigned sleepers;           /* threads in a blocking take */
	bool is_refusing;            /* between high and low water */
	bool is_closed;
	struct sip_loop *loop;       /* lent: consumer, woken when it sleeps; NULL with blocking takes */
	struct sip_list node;        /* on the loop's list of FIFOs */
	struct sip_fifo_options o;
	/* The consumer's, away from what producers write: */
	struct sip_fifo_batch taken;
	size_t backlog;              /* taken but not yet consumed; read relaxed */
	int64_t taken_us;            /* when the oldest of the backlog was posted; read relaxed */
	int64_t service_ns;          /* moving average per node; read relaxed */
	struct sip_metrics_cells *cells; /* the consumer's loop's */
	int64_t shown;               /* our part of the depth gauge */
	uint64_t counted;            /* refusals already counted */
};

/*
 * With a loop: attached to it, drained by it (o.fn MUST be there). Without: for sip_fifo_take. NOMEM, INVAL (max is 0).
 * The loop's thread, or before it turns.
 */
enum sip_err sip_fifo_init(struct sip_fifo *f, struct sip_loop *loop, const struct sip_fifo_options *o) SIP_MUST_USE;
/*
 * The consumer is done: closes it, gives what is left to `discard`, and takes it off its loop. Late producers of any
 * thread get CLOSED for as long as the memory lasts; then sip_fifo_fini, from any thread. The consumer's thread.
 */
void sip_fifo_detach(struct sip_fifo *f, sip_fifo_fn discard);
/*
 * Must be empty or is drained into `discard` (called with o.arg) first (may be NULL: MUST be empty). The consumer's
 * thread, also from within a call-back, its own too; no producers left.
 */
void sip_fifo_fini(struct sip_fifo *f, sip_fifo_fn discard);

/* New work: refused (FULL) above high water. On refusal the node stays the caller's. Any thread. */
enum sip_err sip_fifo_post(struct sip_fifo *f, struct sip_fifo_node *n, int64_t now_us) SIP_MUST_USE;
/* Work that ends work (ACK, BYE, responses, CANCEL): refused only at max. */
enum sip_err sip_fifo_post_essential(struct sip_fifo *f, struct sip_fifo_node *n, int64_t now_us) SIP_MUST_USE;
/*
 * Answers to what was accepted earlier (one per job in flight, so bounded by those): never refused,
 * except CLOSED once the consumer has closed the FIFO.
 */
enum sip_err sip_fifo_post_answer(struct sip_fifo *f, struct sip_fifo_node *n, int64_t now_us) SIP_MUST_USE;
/* A whole chain in one lock, all or none: FULL leaves it with the caller. Essential rule. */
enum sip_err sip_fifo_post_batch(struct sip_fifo *f, struct sip_fifo_batch *b, int64_t now_us) SIP_MUST_USE;

/* Everything at once; waits up to timeout_us (<0: for ever) while there is nothing. TIMEOUT, CLOSED (and empty). */
enum sip_err sip_fifo_take(struct sip_fifo *f, struct sip_fifo_batch *out, int64_t timeout_us) SIP_MUST_USE;
/* No more posts; blocked takers return. Any thread. */
void sip_fifo_close(struct sip_fifo *f);

/* Waiting and being consumed. Any thread, without the lock; good to a few nodes. */
size_t sip_fifo_depth(const struct sip_fifo *f);
int64_t sip_fifo_age_us(const struct sip_fifo *f, int64_t now_us);
/* How long something posted now is likely to wait. */
int64_t sip_fifo_expected_wait_us(const struct sip_fifo *f);

#ifdef __cplusplus
}
#endif
#endif
