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
	int64_t due_us; /* as asked for, before rounding */
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
#define SIP_WHEEL_LEVELS 4 /* 2^32 ms = 49 days; further off waits beside the wheel and is dealt every 49 days */

/*
 * A timer's level is the highest of the digits (base 256) in which its time differs from now_ms, its slot that
 * digit. So equal times always share a slot, and a slot dealt to the level below keeps their order.
 */
struct sip_timer_wheel {
	int64_t now_ms;      /* everything up to here has fired or is on `due` */
	size_t count;
	uint64_t occupied[SIP_WHEEL_LEVELS][SIP_WHEEL_SLOTS / 64];
	struct sip_list slots[SIP_WHEEL_LEVELS][SIP_WHEEL_SLOTS];
	int64_t least_ms[SIP_WHEEL_LEVELS][SIP_WHEEL_SLOTS]; /* a lower bound of the times in an occupied slot */
	struct sip_list far; /* beyond the wheel */
	struct sip_list due; /* fired by the next call */
};
void sip_timer_wheel_init(struct sip_timer_wheel *w, int64_t now_us);
/* Due at due_us, rounded up to the tick; a time past counts as now. An armed one is moved. */
void sip_timer_wheel_add(struct sip_timer_wheel *w, struct sip_timer *t, int64_t due_us);
/* One that is not armed is left alone. */
void sip_timer_wheel_remove(struct sip_timer_wheel *w, struct sip_timer *t);
/*
 * Microseconds until the next one is due (0: now), or -1: none. Never too long; too short, so that one call of
 * fire does nothing, only when the timer that was next has been removed, or the next is beyond the wheel.
 */
int64_t sip_timer_wheel_wait_us(const struct sip_timer_wheel *w, int64_t now_us);
/* Fires what is due, in order; a timer armed meanwhile for now fires in the next call. Returns how many. */
size_t sip_timer_wheel_fire(struct sip_timer_wheel *w, int64_t now_us);

#ifdef __cplusplus
}
#endif
#endif
