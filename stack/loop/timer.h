/*
 * Timers live in their objects. A hierarchical wheel with a tick of 1 ms: arming, moving and
 * disarming cost the same for one timer as for a million; equal times fire in the order they were armed.
 */
#ifndef STACK_LOOP_TIMER_H
#define STACK_LOOP_TIMER_H

#include "stack/base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*sip_timer_fn)(void *arg);

struct sip_timer {
	struct sip_list node;
	int64_t due_us;
	sip_timer_fn fn;
	void *arg; /* lent: usually the object the timer lives in */
};

static inline void sip_timer_init(struct sip_timer *t, sip_timer_fn fn, void *arg)
{
	t->node.next = t->node.prev = NULL;
	t->due_us = 0;
	t->fn = fn;
	t->arg = arg;
}
static inline bool sip_timer_is_armed(const struct sip_timer *t)
{
	return sip_list_is_linked(&t->node);
}

#define SIP_WHEEL_BITS 8
#define SIP_WHEEL_SLOTS (1 << SIP_WHEEL_BITS)
#define SIP_WHEEL_LEVELS 4 /* 2^32 ms = 49 days; further off waits in the last slot and is dealt again */

struct sip_timer_wheel {
	int64_t now_ms;      /* everything up to here has fired */
	size_t count;
	int64_t next_ms;     /* a lower bound of the earliest due time; valid when count > 0 */
	uint64_t occupied[SIP_WHEEL_LEVELS][SIP_WHEEL_SLOTS / 64];
	struct sip_list slots[SIP_WHEEL_LEVELS][SIP_WHEEL_SLOTS];
	struct sip_list due; /* being fired */
};
void sip_timer_wheel_init(struct sip_timer_wheel *w, int64_t now_us);
void sip_timer_wheel_add(struct sip_timer_wheel *w, struct sip_timer *t, int64_t due_us);
void sip_timer_wheel_remove(struct sip_timer_wheel *w, struct sip_timer *t);
/* Microseconds until the next one is due (0: now), or -1: none. */
int64_t sip_timer_wheel_wait_us(struct sip_timer_wheel *w, int64_t now_us);
/* Fires what is due, in order; a timer armed meanwhile for now fires in the next call. Returns how many. */
size_t sip_timer_wheel_fire(struct sip_timer_wheel *w, int64_t now_us);

#ifdef __cplusplus
}
#endif
#endif
