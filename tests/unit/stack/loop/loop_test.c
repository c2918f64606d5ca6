/* The turn: the order of its steps, its bounds, hooks, and being turned by somebody else's loop. */
#include "tests/unit/stack/loop/loop_test.h"

#include <poll.h>
#include <string.h>

enum { NODES = 3000 };

struct scene {
	struct still still;
	struct sip_fifo a, b;
	struct sip_loop_hook hook, other_hook;
	struct sip_timer timer;
	char story[64];
	size_t told;
	size_t a_count, b_count, a_at_timer;
	int64_t takes_us;
	bool is_endless;
	bool wants_hook_again;
	bool removes_other_hook;
};
static struct scene c;
static struct sip_fifo_node nodes[NODES];

static void tell(char what)
{
	if (c.told < sizeof c.story - 1)
		c.story[c.told++] = what;
}

static void on_a(void *arg, struct sip_fifo_node *n)
{
	(void)arg;
	c.a_count++;
	tell('a');
	if (c.takes_us)
		sip_clock_virtual_advance(&c.still.time, c.takes_us);
	if (c.is_endless)
		UNIT_EQ(sip_fifo_post(&c.b, n, sip_loop_now(c.still.loop)), SIP_OK);
}

static void on_b(void *arg, struct sip_fifo_node *n)
{
	(void)arg;
	c.b_count++;
	tell('b');
	if (c.is_endless)
		UNIT_EQ(sip_fifo_post(&c.a, n, sip_loop_now(c.still.loop)), SIP_OK);
}

static void on_hook(void *arg)
{
	(void)arg;
	tell('h');
	if (c.wants_hook_again)
		sip_loop_want_hook(&c.hook);
	if (c.removes_other_hook)
		sip_loop_remove_hook(c.still.loop, &c.other_hook);
}

static void on_other_hook(void *arg)
{
	(void)arg;
	tell('o');
}

static void on_timer(void *arg)
{
	(void)arg;
	tell('t');
	c.a_at_timer = c.a_count;
	sip_loop_want_hook(&c.hook);
}

static void post_to(struct sip_fifo *f, struct sip_fifo_node *n)
{
	UNIT_EQ(sip_fifo_post(f, n, sip_loop_now(c.still.loop)), SIP_OK);
}

static enum sip_err begin(void)
{
	struct sip_fifo_options a = { .name = "a", .max = NODES, .fn = on_a };
	struct sip_fifo_options b = { .name = "b", .max = NODES, .fn = on_b };
	memset(&c, 0, sizeof c);
	enum sip_err err = still_init(&c.still);
	if (err != SIP_OK) {
		still_fini(&c.still);
		return err;
	}
	UNIT_EQ(sip_fifo_init(&c.a, c.still.loop, &a), SIP_OK);
	UNIT_EQ(sip_fifo_init(&c.b, c.still.loop, &b), SIP_OK);
	c.hook.fn = on_hook;
	c.other_hook.fn = on_other_hook;
	sip_loop_add_hook(c.still.loop, &c.hook);
	sip_loop_add_hook(c.still.loop, &c.other_hook);
	sip_timer_init(&c.timer, on_timer, NULL);
	return SIP_OK;
}

static void end(void)
{
	sip_loop_disarm(c.still.loop, &c.timer);
	sip_loop_remove_hook(c.still.loop, &c.hook);
	sip_loop_remove_hook(c.still.loop, &c.other_hook);
	sip_fifo_fini(&c.a, NULL);
	sip_fifo_fini(&c.b, NULL);
	still_fini(&c.still);
}

static void on_discard(void *arg, struct sip_fifo_node *n)
{
	(void)arg, (void)n;
}

static enum sip_err test_loop_when_all_is_due_then_timers_fifos_hooks_in_this_order(void)
{
	enum sip_err err = begin();
	if (err != SIP_OK)
		return err;
	post_to(&c.a, &nodes[0]);
	post_to(&c.b, &nodes[1]);
	sip_loop_arm(c.still.loop, &c.timer, SIP_MS(5));
	UNIT_EQ(sip_loop_sleep_us(c.still.loop), 0);
	sip_clock_virtual_advance(&c.still.time, SIP_MS(5));
	still_turn(&c.still);
	UNIT_STR(sip_str_of(c.story), "tabh");
	still_turn(&c.still);
	UNIT_STR(sip_str_of(c.story), "tabh");
	UNIT_EQ(sip_metrics_get(c.still.metrics, SIP_M_LOOP_TURNS), 2);
	end();
	return SIP_OK;
}

static enum sip_err test_loop_when_only_a_timer_waits_then_says_how_long(void)
{
	enum sip_err err = begin();
	if (err != SIP_OK)
		return err;
	UNIT_EQ(sip_loop_sleep_us(c.still.loop), -1);
	sip_loop_arm(c.still.loop, &c.timer, SIP_SECONDS(32));
	UNIT_EQ(sip_loop_sleep_us(c.still.loop), SIP_SECONDS(32));
	sip_loop_arm(c.still.loop, &c.timer, SIP_MS(500));
	UNIT_EQ(sip_loop_sleep_us(c.still.loop), SIP_MS(500));
	sip_clock_virtual_advance(&c.still.time, SIP_MS(499));
	still_turn(&c.still);
	UNIT_EQ(c.told, 0);
	UNIT_EQ(sip_loop_sleep_us(c.still.loop), SIP_MS(1));
	sip_clock_virtual_advance(&c.still.time, SIP_MS(1));
	still_turn(&c.still);
	UNIT_STR(sip_str_of(c.story), "th");
	sip_loop_arm(c.still.loop, &c.timer, -5);
	UNIT_EQ(sip_loop_sleep_us(c.still.loop), 0);
	sip_loop_arm(c.still.loop, &c.timer, INT64_MAX);
	UNIT_CHECK(sip_loop_sleep_us(c.still.loop) > SIP_SECONDS(86400));
	end();
	return SIP_OK;
}

static enum sip_err test_loop_when_a_batch_is_long_then_timers_run_between(void)
{
	enum sip_err err = begin();
	if (err != SIP_OK)
		return err;
	for (int i = 0; i < 1000; i++)
		post_to(&c.a, &nodes[i]);
	c.takes_us = 10;
	sip_loop_arm(c.still.loop, &c.timer, SIP_MS(1));
	still_turn(&c.still);
	UNIT_EQ(c.a_count, 1000);
	UNIT_EQ(c.a_at_timer, 256);
	end();
	return SIP_OK;
}

static enum sip_err test_loop_when_fifos_fill_each_other_then_the_turn_has_a_bound(void)
{
	enum sip_err err = begin();
	if (err != SIP_OK)
		return err;
	c.is_endless = true;
	post_to(&c.a, &nodes[0]);
	still_turn(&c.still);
	UNIT_EQ(c.a_count + c.b_count, 2 * 8);
	UNIT_EQ(sip_loop_sleep_us(c.still.loop), 0);
	still_turn(&c.still);
	UNIT_EQ(c.a_count + c.b_count, 4 * 8);
	sip_fifo_fini(&c.a, on_discard);
	struct sip_fifo_options a = { .name = "a", .max = NODES, .fn = on_a };
	UNIT_EQ(sip_fifo_init(&c.a, c.still.loop, &a), SIP_OK);
	end();
	return SIP_OK;
}

static enum sip_err test_loop_when_hooks_are_wanted_then_each_runs_once_a_turn(void)
{
	enum sip_err err = begin();
	if (err != SIP_OK)
		return err;
	c.wants_hook_again = true;
	sip_loop_want_hook(&c.hook);
	sip_loop_want_hook(&c.other_hook);
	UNIT_EQ(sip_loop_sleep_us(c.still.loop), 0);
	still_turn(&c.still);
	UNIT_STR(sip_str_of(c.story), "ho");
	still_turn(&c.still);
	UNIT_STR(sip_str_of(c.story), "hoh");
	c.wants_hook_again = false;
	c.removes_other_hook = true;
	sip_loop_want_hook(&c.other_hook);
	still_turn(&c.still);
	UNIT_STR(sip_str_of(c.story), "hohh");
	end();
	return SIP_OK;
}

static enum sip_err test_loop_when_time_stands_still_then_now_is_the_clocks(void)
{
	enum sip_err err = begin();
	if (err != SIP_OK)
		return err;
	UNIT_EQ(sip_loop_now(c.still.loop), SIP_SECONDS(1));
	UNIT_EQ(c.still.time.clock.wall_us(c.still.time.clock.arg), SIP_SECONDS(1700000000));
	sip_clock_virtual_advance(&c.still.time, 17);
	UNIT_EQ(sip_loop_now(c.still.loop), SIP_SECONDS(1) + 17);
	UNIT_EQ(c.still.time.clock.wall_us(c.still.time.clock.arg), SIP_SECONDS(1700000000) + 17);
	UNIT_CHECK(sip_loop_clock(c.still.loop) == &c.still.time.clock);
	uint64_t first = sip_rand_u64(sip_loop_rand(c.still.loop));
	struct sip_rand same;
	sip_rand_init_seed(&same, 1);
	UNIT_CHECK(sip_rand_u64(&same) == first);
	end();
	UNIT_CHECK(sip_clock_real.wall_us(NULL) > SIP_SECONDS(1700000000));
	return SIP_OK;
}

/* ---- turned by another's loop ------------------------------------------------------------------------------------ */

static bool is_readable(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };
	return poll(&p, 1, 0) == 1;
}

static void *post_from_elsewhere(void *arg)
{
	struct sip_fifo *f = arg;
	UNIT_EQ(sip_fifo_post(f, &nodes[0], 0), SIP_OK);
	return NULL;
}

static enum sip_err test_loop_when_embedded_then_its_descriptor_tells_of_posts_and_wakes(void)
{
	struct sip_loop_options o;
	struct sip_fifo_options a = { .name = "a", .max = NODES, .fn = on_a };
	struct sip_loop *l;
	struct sip_fifo f;
	pthread_t id;
	memset(&c, 0, sizeof c);
	sip_loop_options_init(&o);
	UNIT_EQ(sip_loop_create(&o, &l), SIP_OK);
	UNIT_EQ(sip_fifo_init(&f, l, &a), SIP_OK);
	int fd = sip_loop_fd(l);
	UNIT_CHECK(fd >= 0 && !is_readable(fd));
	for (int round = 1; round <= 100; round++) {
		UNIT_EQ(pthread_create(&id, NULL, post_from_elsewhere, &f), 0);
		pthread_join(id, NULL);
		UNIT_CHECK(is_readable(fd));
		UNIT_EQ(sip_loop_sleep_us(l), 0);
		UNIT_EQ(sip_loop_turn(l, 0), SIP_OK);
		UNIT_EQ(c.a_count, round);
		UNIT_CHECK(!is_readable(fd));
		UNIT_EQ(sip_loop_sleep_us(l), -1);
	}
	/* One's own posts need no descriptor. */
	UNIT_EQ(sip_fifo_post(&f, &nodes[1], 0), SIP_OK);
	UNIT_CHECK(!is_readable(fd));
	UNIT_EQ(sip_loop_sleep_us(l), 0);
	UNIT_EQ(sip_loop_turn(l, 0), SIP_OK);
	sip_loop_wake(l);
	UNIT_CHECK(is_readable(fd));
	UNIT_EQ(sip_loop_turn(l, 0), SIP_OK);
	UNIT_CHECK(!is_readable(fd));
	sip_fifo_fini(&f, NULL);
	sip_loop_unref(&l);
	return SIP_OK;
}

static enum sip_err test_loop_when_it_says_it_sleeps_then_looks_again(void)
{
	struct sip_loop_options o;
	struct sip_fifo_options a = { .name = "a", .max = NODES, .fn = on_a };
	struct sip_loop *l;
	struct sip_fifo f;
	pthread_t id;
	memset(&c, 0, sizeof c);
	sip_loop_options_init(&o);
	UNIT_EQ(sip_loop_create(&o, &l), SIP_OK);
	UNIT_EQ(sip_fifo_init(&f, l, &a), SIP_OK);
	UNIT_EQ(sip_loop_turn(l, 0), SIP_OK);
	/* A post that found it awake wakes nobody, but is seen before the sleep. */
	l->state = SIP__AWAKE;
	UNIT_EQ(pthread_create(&id, NULL, post_from_elsewhere, &f), 0);
	pthread_join(id, NULL);
	UNIT_CHECK(!is_readable(l->wake.reader));
	UNIT_CHECK(!sip__loop_fall_asleep(l));
	UNIT_EQ(sip_loop_turn(l, 0), SIP_OK);
	UNIT_EQ(c.a_count, 1);
	l->state = SIP__AWAKE;
	sip_loop_wake(l);
	UNIT_CHECK(!is_readable(l->wake.reader));
	UNIT_CHECK(!sip__loop_fall_asleep(l));
	UNIT_EQ(sip_loop_turn(l, 0), SIP_OK);
	/* One that finds it asleep wakes it. */
	UNIT_CHECK(sip__loop_fall_asleep(l));
	UNIT_EQ(pthread_create(&id, NULL, post_from_elsewhere, &f), 0);
	pthread_join(id, NULL);
	UNIT_EQ(l->state, SIP__NOTIFIED);
	UNIT_CHECK(is_readable(l->wake.reader));
	UNIT_EQ(sip_loop_turn(l, -1), SIP_OK);
	UNIT_EQ(c.a_count, 2);
	sip_fifo_fini(&f, NULL);
	sip_loop_unref(&l);
	return SIP_OK;
}

static enum sip_err test_loop_when_stopped_before_it_runs_then_turns_once(void)
{
	struct sip_loop_options o;
	struct sip_loop *l = NULL;
	enum sip_err err;
	sip_loop_options_init(&o);
	UNIT_TRY(sip_loop_create(&o, &l));
	sip_loop_stop(l);
	UNIT_EQ(sip_loop_run(l), SIP_OK);
	sip_loop_stop(l);
	sip_loop_stop(l);
	UNIT_EQ(sip_loop_run(l), SIP_OK);
	sip_loop_ref(l);
	struct sip_loop *again = l;
	sip_loop_unref(&again);
	UNIT_CHECK(again == NULL);
out:
	sip_loop_unref(&l);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_loop_when_all_is_due_then_timers_fifos_hooks_in_this_order),
	UNIT_CASE(test_loop_when_only_a_timer_waits_then_says_how_long),
	UNIT_CASE(test_loop_when_a_batch_is_long_then_timers_run_between),
	UNIT_CASE(test_loop_when_fifos_fill_each_other_then_the_turn_has_a_bound),
	UNIT_CASE(test_loop_when_hooks_are_wanted_then_each_runs_once_a_turn),
	UNIT_CASE(test_loop_when_time_stands_still_then_now_is_the_clocks),
	UNIT_CASE_NO_OOM(test_loop_when_embedded_then_its_descriptor_tells_of_posts_and_wakes),
	UNIT_CASE_NO_OOM(test_loop_when_it_says_it_sleeps_then_looks_again),
	UNIT_CASE(test_loop_when_stopped_before_it_runs_then_turns_once),
};
SUITE(loop);
