/*
 * The timer wheel. Owned by its loop (or a test), turned by that thread alone. Time moves from
 * stop to stop: a tick that fires, or the begin of a slot that is dealt to the levels below; a
 * bitmap a level finds the next one, so that a jump of days costs no more than a step.
 */
#include "stack/loop/timer.h"

enum { US_A_TICK = 1000, WORDS = SIP_WHEEL_SLOTS / 64, FAR = SIP_WHEEL_LEVELS };

#define DIGIT(ms, level) ((unsigned)((uint64_t)(ms) >> ((level) * SIP_WHEEL_BITS)) & (SIP_WHEEL_SLOTS - 1))

void sip_timer_wheel_init(struct sip_timer_wheel *w, int64_t now_us)
{
	w->now_ms = now_us > 0 ? now_us / US_A_TICK : 0;
	w->count = 0;
	for (unsigned level = 0; level < SIP_WHEEL_LEVELS; level++) {
		for (unsigned word = 0; word < WORDS; word++)
			w->occupied[level][word] = 0;
		for (unsigned slot = 0; slot < SIP_WHEEL_SLOTS; slot++) {
			sip_list_init(&w->slots[level][slot]);
			w->least_ms[level][slot] = 0;
		}
	}
	sip_list_init(&w->far);
	sip_list_init(&w->due);
}

static int64_t due_ms(const struct sip_timer *t)
{
	if (t->due_us <= 0)
		return 0;
	return t->due_us / US_A_TICK + (t->due_us % US_A_TICK != 0);
}

static unsigned level_of(const struct sip_timer_wheel *w, int64_t ms)
{
	uint64_t differs = (uint64_t)ms ^ (uint64_t)w->now_ms;
	if (differs == 0)
		return 0;
	unsigned level = (63 - (unsigned)__builtin_clzll(differs)) / SIP_WHEEL_BITS;
	return level < FAR ? level : FAR;
}

static void place(struct sip_timer_wheel *w, struct sip_timer *t, int64_t ms)
{
	unsigned level = level_of(w, ms);
	if (level == FAR) {
		sip_list_add_tail(&w->far, &t->node);
		return;
	}
	unsigned slot = DIGIT(ms, level);
	uint64_t *word = &w->occupied[level][slot / 64];
	uint64_t bit = (uint64_t)1 << slot % 64;
	if (!(*word & bit) || ms < w->least_ms[level][slot])
		w->least_ms[level][slot] = ms;
	*word |= bit;
	sip_list_add_tail(&w->slots[level][slot], &t->node);
}

void sip_timer_wheel_add(struct sip_timer_wheel *w, struct sip_timer *t, int64_t due_us)
{
	sip_timer_wheel_remove(w, t);
	t->due_us = due_us;
	w->count++;
	int64_t ms = due_ms(t);
	if (ms <= w->now_ms)
		sip_list_add_tail(&w->due, &t->node);
	else
		place(w, t, ms);
}

static void vacate(struct sip_timer_wheel *w, unsigned level, unsigned slot)
{
	w->occupied[level][slot / 64] &= ~((uint64_t)1 << slot % 64);
}

void sip_timer_wheel_remove(struct sip_timer_wheel *w, struct sip_timer *t)
{
	if (!sip_timer_is_armed(t))
		return;
	sip_list_remove(&t->node);
	w->count--;
	int64_t ms = due_ms(t);
	if (ms <= w->now_ms)
		return;
	unsigned level = level_of(w, ms);
	if (level < FAR && sip_list_is_empty(&w->slots[level][DIGIT(ms, level)]))
		vacate(w, level, DIGIT(ms, level));
}

/* The first occupied slot from `from` on, or SIP_WHEEL_SLOTS. */
static unsigned find_occupied(const uint64_t *words, unsigned from)
{
	for (unsigned word = from / 64; word < WORDS; word++) {
		uint64_t bits = words[word];
		if (word == from / 64)
			bits &= ~(uint64_t)0 << from % 64;
		if (bits)
			return word * 64 + (unsigned)__builtin_ctzll(bits);
	}
	return SIP_WHEEL_SLOTS;
}

/* Where the first time after now_ms that anything waits for lies; false when nothing waits. */
static bool find_next(const struct sip_timer_wheel *w, unsigned *level, unsigned *slot)
{
	*slot = 0;
	for (*level = 0; *level < SIP_WHEEL_LEVELS; ++*level) {
		*slot = find_occupied(w->occupied[*level], DIGIT(w->now_ms, *level) + 1);
		if (*slot < SIP_WHEEL_SLOTS)
			return true;
	}
	return !sip_list_is_empty(&w->far);
}

/* When the slot begins; of the level beyond the wheel: when the wheel comes round. */
static int64_t begin_of(const struct sip_timer_wheel *w, unsigned level, unsigned slot)
{
	uint64_t now = (uint64_t)w->now_ms;
	if (level == FAR)
		return (int64_t)(((now >> FAR * SIP_WHEEL_BITS) + 1) << FAR * SIP_WHEEL_BITS);
	unsigned shift = (level + 1) * SIP_WHEEL_BITS;
	return (int64_t)((now >> shift << shift) | (uint64_t)slot << level * SIP_WHEEL_BITS);
}

static void deal(struct sip_timer_wheel *w, struct sip_list *from)
{
	struct sip_list all, *node;
	sip_list_init(&all);
	sip_list_splice_tail(&all, from);
	while ((node = sip_list_pop(&all)) != NULL) {
		struct sip_timer *t = SIP_CONTAINER(node, struct sip_timer, node);
		place(w, t, due_ms(t));
	}
}

/* Moves time on to `to`; what falls due on the way goes to `due`, in order. */
static void advance(struct sip_timer_wheel *w, int64_t to)
{
	unsigned level, slot;
	while (find_next(w, &level, &slot)) {
		int64_t stop = begin_of(w, level, slot);
		if (stop > to)
			break;
		w->now_ms = stop;
		if (level == FAR) {
			deal(w, &w->far);
		} else if (level > 0) {
			vacate(w, level, slot);
			deal(w, &w->slots[level][slot]);
		}
		unsigned tick = level > 0 ? 0 : slot;
		vacate(w, 0, tick);
		sip_list_splice_tail(&w->due, &w->slots[0][tick]);
	}
	w->now_ms = to;
}

int64_t sip_timer_wheel_wait_us(const struct sip_timer_wheel *w, int64_t now_us)
{
	unsigned level, slot;
	if (!sip_list_is_empty(&w->due))
		return 0;
	if (!find_next(w, &level, &slot))
		return -1;
	int64_t ms = level == FAR ? begin_of(w, level, slot) : w->least_ms[level][slot];
	if (ms > INT64_MAX / US_A_TICK)
		return INT64_MAX;
	return ms * US_A_TICK > now_us ? ms * US_A_TICK - now_us : 0;
}

size_t sip_timer_wheel_fire(struct sip_timer_wheel *w, int64_t now_us)
{
	struct sip_list batch, *node;
	size_t fired = 0;
	if (now_us / US_A_TICK > w->now_ms)
		advance(w, now_us / US_A_TICK);
	sip_list_init(&batch);
	sip_list_splice_tail(&batch, &w->due);
	while ((node = sip_list_pop(&batch)) != NULL) {
		struct sip_timer *t = SIP_CONTAINER(node, struct sip_timer, node);
		w->count--;
		fired++;
		t->fn(t->arg);
	}
	return fired;
}
