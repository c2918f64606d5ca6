/* The timer wheel, by example and against a sorted list. */
#include "tests/unit/stack/loop/loop_test.h"

#include <limits.h>

enum { RECORD_MOST = 4096 };

struct record {
	int ids[RECORD_MOST];
	size_t count;
};

struct numbered {
	struct sip_timer timer;
	struct record *record;
	int id;
	int64_t due_ms;     /* the model's */
	uint64_t order;     /* of arming */
	struct numbered *other; /* for deeds in the call-back */
	struct sip_timer_wheel *wheel;
	int64_t again_us;
};

static struct sip_timer_wheel wheel;
static struct record record;

static void on_due(void *arg)
{
	struct numbered *n = arg;
	if (n->record->count < RECORD_MOST)
		n->record->ids[n->record->count++] = n->id;
}

static void prepare(struct numbered *n, size_t count, sip_timer_fn fn)
{
	static const struct numbered zero;
	record.count = 0;
	for (size_t i = 0; i < count; i++) {
		n[i] = zero;
		sip_timer_init(&n[i].timer, fn, &n[i]);
		n[i].record = &record;
		n[i].wheel = &wheel;
		n[i].id = (int)i;
	}
}

static enum sip_err test_timer_when_armed_then_fires_at_its_tick(void)
{
	struct numbered n[1];
	prepare(n, 1, on_due);
	sip_timer_wheel_init(&wheel, SIP_SECONDS(1));
	UNIT_EQ(sip_timer_wheel_wait_us(&wheel, SIP_SECONDS(1)), -1);
	sip_timer_wheel_add(&wheel, &n[0].timer, SIP_SECONDS(1) + 1500);
	UNIT_EQ(sip_timer_wheel_wait_us(&wheel, SIP_SECONDS(1)), 2000);
	UNIT_EQ(sip_timer_wheel_fire(&wheel, SIP_SECONDS(1) + 1999), 0);
	UNIT_CHECK(sip_timer_is_armed(&n[0].timer));
	UNIT_EQ(sip_timer_wheel_fire(&wheel, SIP_SECONDS(1) + 2000), 1);
	UNIT_CHECK(!sip_timer_is_armed(&n[0].timer));
	UNIT_EQ(sip_timer_wheel_wait_us(&wheel, SIP_SECONDS(2)), -1);
	UNIT_EQ(wheel.count, 0);
	return SIP_OK;
}

static enum sip_err test_timer_when_equal_across_levels_then_fires_in_order_of_arming(void)
{
	static const int64_t dues[] = { 300, 70000, 20000000, 5000000000 };
	for (size_t k = 0; k < SIP_COUNTOF(dues); k++) {
		int64_t due = dues[k];
		struct numbered n[5];
		prepare(n, 5, on_due);
		sip_timer_wheel_init(&wheel, 0);
		sip_timer_wheel_add(&wheel, &n[0].timer, SIP_MS(due));
		sip_timer_wheel_fire(&wheel, SIP_MS(due * 3 / 4));
		sip_timer_wheel_add(&wheel, &n[1].timer, SIP_MS(due));
		sip_timer_wheel_fire(&wheel, SIP_MS(due - 45));
		sip_timer_wheel_add(&wheel, &n[2].timer, SIP_MS(due));
		sip_timer_wheel_fire(&wheel, SIP_MS(due - 1));
		sip_timer_wheel_add(&wheel, &n[3].timer, SIP_MS(due));
		sip_timer_wheel_add(&wheel, &n[4].timer, SIP_MS(due) - 999);
		UNIT_EQ(record.count, 0);
		UNIT_EQ(sip_timer_wheel_fire(&wheel, SIP_MS(due)), 5);
		for (size_t i = 0; i < record.count; i++)
			UNIT_EQ(record.ids[i], i);
	}
	return SIP_OK;
}

static enum sip_err test_timer_when_moved_or_removed_then_fires_once_or_never(void)
{
	struct numbered n[2];
	prepare(n, 2, on_due);
	sip_timer_wheel_init(&wheel, 0);
	sip_timer_wheel_remove(&wheel, &n[0].timer);
	sip_timer_wheel_add(&wheel, &n[0].timer, SIP_SECONDS(1));
	sip_timer_wheel_add(&wheel, &n[1].timer, SIP_SECONDS(1));
	sip_timer_wheel_add(&wheel, &n[0].timer, SIP_SECONDS(3));
	sip_timer_wheel_remove(&wheel, &n[1].timer);
	UNIT_EQ(wheel.count, 1);
	UNIT_EQ(sip_timer_wheel_fire(&wheel, SIP_SECONDS(2)), 0);
	UNIT_EQ(sip_timer_wheel_wait_us(&wheel, SIP_SECONDS(2)), SIP_SECONDS(1));
	UNIT_EQ(sip_timer_wheel_fire(&wheel, SIP_SECONDS(3)), 1);
	UNIT_EQ(record.ids[0], 0);
	return SIP_OK;
}

static void on_due_rearm(void *arg)
{
	struct numbered *n = arg;
	on_due(arg);
	sip_timer_wheel_add(n->wheel, &n->timer, n->again_us);
}

static void on_due_remove_other(void *arg)
{
	struct numbered *n = arg;
	on_due(arg);
	sip_timer_wheel_remove(n->wheel, &n->other->timer);
}

static enum sip_err test_timer_when_rearmed_for_now_then_fires_in_the_next_call(void)
{
	struct numbered n[1];
	prepare(n, 1, on_due_rearm);
	sip_timer_wheel_init(&wheel, 0);
	n[0].again_us = SIP_MS(10);
	sip_timer_wheel_add(&wheel, &n[0].timer, SIP_MS(10));
	UNIT_EQ(sip_timer_wheel_fire(&wheel, SIP_MS(10)), 1);
	UNIT_EQ(sip_timer_wheel_wait_us(&wheel, SIP_MS(10)), 0);
	UNIT_EQ(sip_timer_wheel_fire(&wheel, SIP_MS(10)), 1);
	UNIT_EQ(record.count, 2);
	sip_timer_wheel_remove(&wheel, &n[0].timer);
	UNIT_EQ(wheel.count, 0);
	return SIP_OK;
}

static enum sip_err test_timer_when_removed_by_one_due_before_then_never_fires(void)
{
	struct numbered n[3];
	prepare(n, 3, on_due_remove_other);
	sip_timer_wheel_init(&wheel, 0);
	n[0].other = &n[1];
	n[1].other = &n[1];
	n[2].other = &n[0];
	for (int i = 0; i < 3; i++)
		sip_timer_wheel_add(&wheel, &n[i].timer, SIP_MS(10 + (i == 1)));
	UNIT_EQ(sip_timer_wheel_fire(&wheel, SIP_MS(20)), 2);
	UNIT_EQ(record.ids[0], 0);
	UNIT_EQ(record.ids[1], 2);
	UNIT_EQ(wheel.count, 0);
	return SIP_OK;
}

static enum sip_err test_timer_when_time_jumps_days_then_does_not_spin(void)
{
	struct numbered n[4];
	const int64_t day = SIP_SECONDS(86400);
	prepare(n, 4, on_due);
	sip_timer_wheel_init(&wheel, SIP_SECONDS(1));
	sip_timer_wheel_add(&wheel, &n[3].timer, INT64_MAX);
	sip_timer_wheel_add(&wheel, &n[2].timer, 120 * day);
	sip_timer_wheel_add(&wheel, &n[1].timer, 30 * day);
	sip_timer_wheel_add(&wheel, &n[0].timer, 2 * day + 1);
	UNIT_EQ(sip_timer_wheel_wait_us(&wheel, day), day + 1000);
	UNIT_EQ(sip_timer_wheel_fire(&wheel, 40 * day), 2);
	UNIT_EQ(sip_timer_wheel_fire(&wheel, 119 * day), 0);
	UNIT_EQ(sip_timer_wheel_wait_us(&wheel, 119 * day), day);
	UNIT_EQ(sip_timer_wheel_fire(&wheel, 120 * day), 1);
	UNIT_EQ(sip_timer_wheel_fire(&wheel, 10000 * day), 0);
	UNIT_CHECK(sip_timer_wheel_wait_us(&wheel, 10000 * day) > 0);
	for (int i = 0; i < 3; i++)
		UNIT_EQ(record.ids[i], i);
	sip_timer_wheel_remove(&wheel, &n[3].timer);
	UNIT_EQ(sip_timer_wheel_wait_us(&wheel, 10000 * day), -1);
	return SIP_OK;
}

/* ---- against a sorted list --------------------------------------------------------------------------------------- */

enum { TIMERS = 200, STEPS = 20000 };
static struct numbered many[TIMERS];

static bool is_before(const struct numbered *a, const struct numbered *b)
{
	return a->due_ms < b->due_ms || (a->due_ms == b->due_ms && a->order < b->order);
}

static struct numbered *find_first(void)
{
	struct numbered *first = NULL;
	for (size_t i = 0; i < TIMERS; i++)
		if (many[i].order && (!first || is_before(&many[i], first)))
			first = &many[i];
	return first;
}

static int64_t random_span(struct sip_rand *r)
{
	/* Every level is as likely as the others, and ticks at its edges as those between. */
	unsigned bits = (unsigned)sip_rand_below(r, 36);
	int64_t span = (int64_t)sip_rand_below(r, (uint64_t)1 << bits);
	return sip_rand_chance(r, 300000) ? span & ~(int64_t)255 : span;
}

static void step_on(struct sip_rand *r, int64_t *now_ms)
{
	*now_ms += sip_rand_chance(r, 10000) ? random_span(r) : random_span(r) & 0xfff;
	record.count = 0;
	struct numbered *first = find_first();
	int64_t wait = sip_timer_wheel_wait_us(&wheel, SIP_MS(*now_ms));
	UNIT_CHECK(first ? wait >= 0 : wait == -1);
	if (first && wait > 0)
		UNIT_CHECK(*now_ms + wait / 1000 <= first->due_ms);
	sip_timer_wheel_fire(&wheel, SIP_MS(*now_ms));
	for (size_t i = 0; i < record.count; i++) {
		first = find_first();
		UNIT_CHECK(first && first->due_ms <= *now_ms && first->id == record.ids[i]);
		many[record.ids[i]].order = 0;
	}
	first = find_first();
	UNIT_CHECK(!first || first->due_ms > *now_ms);
}

static enum sip_err test_timer_when_random_then_agrees_with_a_sorted_list(void)
{
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct sip_rand r;
		int64_t now_ms = (int64_t)seed * 1000000007;
		uint64_t order = 0;
		sip_rand_init_seed(&r, seed);
		prepare(many, TIMERS, on_due);
		sip_timer_wheel_init(&wheel, SIP_MS(now_ms));
		for (int step = 0; step < STEPS; step++) {
			struct numbered *n = &many[sip_rand_below(&r, TIMERS)];
			uint64_t deed = sip_rand_below(&r, 10);
			if (deed < 6) {
				n->due_ms = now_ms + random_span(&r);
				n->order = ++order;
				sip_timer_wheel_add(&wheel, &n->timer, SIP_MS(n->due_ms));
			} else if (deed < 7) {
				n->order = 0;
				sip_timer_wheel_remove(&wheel, &n->timer);
			} else {
				step_on(&r, &now_ms);
			}
		}
		for (size_t i = 0; i < TIMERS; i++)
			sip_timer_wheel_remove(&wheel, &many[i].timer);
		UNIT_EQ(wheel.count, 0);
		UNIT_EQ(sip_timer_wheel_wait_us(&wheel, SIP_MS(now_ms)), -1);
	}
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_timer_when_armed_then_fires_at_its_tick),
	UNIT_CASE(test_timer_when_equal_across_levels_then_fires_in_order_of_arming),
	UNIT_CASE(test_timer_when_moved_or_removed_then_fires_once_or_never),
	UNIT_CASE(test_timer_when_rearmed_for_now_then_fires_in_the_next_call),
	UNIT_CASE(test_timer_when_removed_by_one_due_before_then_never_fires),
	UNIT_CASE(test_timer_when_time_jumps_days_then_does_not_spin),
	UNIT_CASE(test_timer_when_random_then_agrees_with_a_sorted_list),
};
SUITE(timer);
