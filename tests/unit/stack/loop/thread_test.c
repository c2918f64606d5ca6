/*
 * Threads that turn loops, and the proof that no wake is lost. Threads allocate on their own, so
 * no failures are ordered here.
 */
#include "tests/unit/stack/loop/loop_test.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { PRODUCERS = 4, NODES_EACH = 40000, PINGS = 20000, RACES = 100000, PATIENCE_MS = 20000 };

struct node {
	struct sip_fifo_node link;
	int producer;
	int number;
};

struct sink {
	struct sip_loop *loop;
	struct sip_thread thread;
	struct sip_fifo fifo;
	struct sip_fifo *answers; /* where nodes go on to, or NULL */
	int last[PRODUCERS];
	int wrong;
	size_t count;
};

static void on_node(void *arg, struct sip_fifo_node *link)
{
	struct sink *s = arg;
	struct node *n = SIP_CONTAINER(link, struct node, link);
	s->wrong += n->number != s->last[n->producer] + 1 || !sip_loop_is_mine(s->loop);
	s->last[n->producer] = n->number;
	__atomic_store_n(&s->count, s->count + 1, __ATOMIC_RELEASE);
	if (s->answers)
		s->wrong += sip_fifo_post_answer(s->answers, link, sip_loop_now(s->loop)) != SIP_OK;
}

static enum sip_err sink_open(struct sink *s, enum sip_poll_kind poll, struct sip_metrics *metrics, size_t max)
{
	struct sip_loop_options o;
	struct sip_fifo_options fo = { .name = "sink", .max = max, .fn = on_node, .arg = s };
	memset(s, 0, sizeof *s);
	for (int i = 0; i < PRODUCERS; i++)
		s->last[i] = -1;
	sip_loop_options_init(&o);
	o.name = "sink-with-a-long-name";
	o.poll = poll;
	o.metrics = metrics;
	enum sip_err err = sip_loop_create(&o, &s->loop);
	if (err == SIP_OK)
		err = sip_fifo_init(&s->fifo, s->loop, &fo);
	return err;
}

static void sink_close(struct sink *s)
{
	sip_thread_stop(&s->thread);
	sip_fifo_fini(&s->fifo, NULL);
	sip_loop_unref(&s->loop);
}

struct producer {
	pthread_t id;
	struct sink *sink;
	struct node *nodes;
	int number;
};

static int64_t real_now(void)
{
	return sip_clock_real.now_us(sip_clock_real.arg);
}

/* By one, then by batches; what is refused is posted again when there is room. */
static void *produce(void *arg)
{
	struct producer *p = arg;
	struct sip_fifo_batch batch;
	sip_fifo_batch_init(&batch);
	for (int i = 0; i < NODES_EACH; i++) {
		p->nodes[i].producer = p->number;
		p->nodes[i].number = i;
		if (i < NODES_EACH / 2) {
			while (sip_fifo_post(&p->sink->fifo, &p->nodes[i].link, real_now()) != SIP_OK)
				sched_yield();
			continue;
		}
		sip_fifo_batch_add(&batch, &p->nodes[i].link);
		if (batch.count == 16 || i == NODES_EACH - 1) {
			while (sip_fifo_post_batch(&p->sink->fifo, &batch, real_now()) != SIP_OK)
				sched_yield();
		}
	}
	return NULL;
}

static bool wait_for_count(struct sink *s, size_t count)
{
	int64_t until = real_now() + SIP_MS(PATIENCE_MS);
	while (__atomic_load_n(&s->count, __ATOMIC_ACQUIRE) < count) {
		if (real_now() > until)
			return false;
		sched_yield();
	}
	return true;
}

static void run_producers(enum sip_poll_kind poll)
{
	struct sink sink;
	struct producer p[PRODUCERS];
	struct sip_metrics *metrics = NULL;
	UNIT_EQ(sip_metrics_create(sip_metric_rows, SIP_METRIC_COUNT, &metrics), SIP_OK);
	UNIT_EQ(sink_open(&sink, poll, metrics, 5000), SIP_OK);
	UNIT_EQ(sip_thread_start(&sink.thread, sink.loop), SIP_OK);
	for (int i = 0; i < PRODUCERS; i++) {
		p[i].sink = &sink;
		p[i].number = i;
		p[i].nodes = calloc(NODES_EACH, sizeof *p[i].nodes);
		UNIT_EQ(pthread_create(&p[i].id, NULL, produce, &p[i]), 0);
	}
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(p[i].id, NULL);
	UNIT_CHECK(wait_for_count(&sink, (size_t)PRODUCERS * NODES_EACH));
	uint64_t refused = __atomic_load_n(&sink.fifo.refused, __ATOMIC_RELAXED);
	sink_close(&sink);
	UNIT_EQ(sink.wrong, 0);
	UNIT_EQ(sink.count, PRODUCERS * NODES_EACH);
	UNIT_EQ(sip_metrics_get(metrics, SIP_M_FIFO_DEPTH), 0);
	UNIT_EQ(sip_metrics_get(metrics, SIP_M_FIFO_REFUSED), (int64_t)refused);
	UNIT_CHECK(sip_metrics_get(metrics, SIP_M_FIFO_AGE_MICROSECONDS) > 0);
	for (int i = 0; i < PRODUCERS; i++)
		free(p[i].nodes);
	sip_metrics_unref(&metrics);
}

static enum sip_err test_thread_when_four_produce_then_all_arrive_in_order(void)
{
	run_producers(SIP_POLL_EPOLL);
	run_producers(SIP_POLL_POLL);
	return SIP_OK;
}

/* One node goes to and fro: each side sleeps until it comes, so that a single lost wake would stop it for good. */
struct ping {
	struct sink there;
	struct sip_loop *here;
	struct sip_fifo fifo;
	struct node node;
	int rounds;
	bool has_lost;
};

static void on_pong(void *arg, struct sip_fifo_node *link)
{
	struct ping *p = arg;
	if (++p->rounds == PINGS) {
		sip_loop_stop(p->here);
		return;
	}
	p->node.number = p->rounds;
	UNIT_EQ(sip_fifo_post(&p->there.fifo, link, sip_loop_now(p->here)), SIP_OK);
}

static void on_patience_ended(void *arg)
{
	struct ping *p = arg;
	p->has_lost = true;
	sip_loop_stop(p->here);
}

static enum sip_err test_thread_when_both_sleep_then_no_wake_is_lost(void)
{
	struct ping p;
	struct sip_timer patience;
	struct sip_loop_options o;
	struct sip_fifo_options fo = { .name = "pong", .max = 10, .fn = on_pong, .arg = &p };
	p.rounds = 0;
	p.has_lost = false;
	UNIT_EQ(sink_open(&p.there, SIP_POLL_EPOLL, NULL, 10), SIP_OK);
	sip_loop_options_init(&o);
	UNIT_EQ(sip_loop_create(&o, &p.here), SIP_OK);
	UNIT_EQ(sip_fifo_init(&p.fifo, p.here, &fo), SIP_OK);
	p.there.answers = &p.fifo;
	sip_timer_init(&patience, on_patience_ended, &p);
	sip_loop_arm(p.here, &patience, SIP_MS(PATIENCE_MS));
	UNIT_EQ(sip_thread_start(&p.there.thread, p.there.loop), SIP_OK);
	p.node.producer = p.node.number = 0;
	UNIT_EQ(sip_fifo_post(&p.there.fifo, &p.node.link, 0), SIP_OK);
	UNIT_EQ(sip_loop_run(p.here), SIP_OK);
	UNIT_EQ(p.rounds, PINGS);
	UNIT_CHECK(!p.has_lost);
	sink_close(&p.there);
	UNIT_EQ(p.there.wrong, 0);
	sip_loop_disarm(p.here, &patience);
	sip_fifo_fini(&p.fifo, NULL);
	sip_loop_unref(&p.here);
	return SIP_OK;
}

static bool is_count(struct sink *s, size_t count)
{
	return __atomic_load_n(&s->count, __ATOMIC_ACQUIRE) >= count;
}

/*
 * Each post aims, by a random pause, at the moments in which the consumer goes to sleep after the one before. A
 * consumer that does not look again once it has said that it sleeps is caught by this.
 */
static enum sip_err test_thread_when_posts_race_with_falling_asleep_then_none_is_lost(void)
{
	static struct node nodes[RACES];
	struct sink sink;
	struct sip_rand r;
	sip_rand_init_seed(&r, 7);
	UNIT_EQ(sink_open(&sink, SIP_POLL_EPOLL, NULL, RACES), SIP_OK);
	UNIT_EQ(sip_thread_start(&sink.thread, sink.loop), SIP_OK);
	bool has_come = true;
	for (int i = 0; i < RACES && has_come; i++) {
		nodes[i].number = i;
		UNIT_EQ(sip_fifo_post(&sink.fifo, &nodes[i].link, 0), SIP_OK);
		for (int spins = 0; spins < 2000 && !is_count(&sink, (size_t)i + 1); spins++)
			;
		has_come = wait_for_count(&sink, (size_t)i + 1);
		for (volatile uint64_t pause = sip_rand_below(&r, 400); pause > 0; pause--)
			;
	}
	UNIT_CHECK(has_come);
	sink_close(&sink);
	UNIT_EQ(sink.wrong, 0);
	return SIP_OK;
}

/* ---- a thread's manners ------------------------------------------------------------------------------------------ */

struct look {
	struct sip_loop *loop;
	struct sip_timer timer;
	char name[16];
	bool is_mine;
	bool is_blocked;
};

static void on_look(void *arg)
{
	struct look *k = arg;
	sigset_t set;
	pthread_getname_np(pthread_self(), k->name, sizeof k->name);
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	k->is_blocked = sigismember(&set, SIGTERM) == 1 && sigismember(&set, SIGINT) == 1;
	k->is_mine = sip_loop_is_mine(k->loop);
	sip_loop_stop(k->loop);
}

static enum sip_err test_thread_when_started_then_is_named_and_deaf_to_signals(void)
{
	struct look k = { .is_mine = false };
	struct sip_thread t = { .is_running = false };
	struct sip_loop_options o;
	sigset_t before, after;
	sip_loop_options_init(&o);
	o.name = "sink-with-a-long-name";
	UNIT_EQ(sip_loop_create(&o, &k.loop), SIP_OK);
	UNIT_CHECK(sip_loop_is_mine(k.loop));
	sip_timer_init(&k.timer, on_look, &k);
	sip_loop_arm(k.loop, &k.timer, SIP_MS(1));
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	UNIT_EQ(sip_thread_start(&t, k.loop), SIP_OK);
	UNIT_EQ(sip_thread_start(&t, k.loop), SIP_E_STATE);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	UNIT_EQ(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
	pthread_join(t.id, NULL);
	UNIT_CHECK(!sip_loop_is_mine(k.loop));
	sip__loop_disown(k.loop);
	UNIT_EQ(t.result, SIP_OK);
	UNIT_EQ(strcmp(k.name, "sink-with-a-lon"), 0);
	UNIT_CHECK(k.is_mine && k.is_blocked);
	sip_loop_unref(&t.loop);
	sip_loop_unref(&k.loop);
	return SIP_OK;
}

static enum sip_err test_thread_when_stopped_at_once_then_ends_and_its_loop_is_free(void)
{
	for (int i = 0; i < 200; i++) {
		struct sink sink;
		UNIT_EQ(sink_open(&sink, SIP_POLL_EPOLL, NULL, 10), SIP_OK);
		sip_thread_stop(&sink.thread);
		UNIT_EQ(sip_thread_start(&sink.thread, sink.loop), SIP_OK);
		sip_thread_stop(&sink.thread);
		UNIT_CHECK(sip_loop_is_mine(sink.loop));
		UNIT_EQ(sip_loop_turn(sink.loop, 0), SIP_OK);
		UNIT_EQ(sip_thread_start(&sink.thread, sink.loop), SIP_OK);
		sink_close(&sink);
	}
	return SIP_OK;
}

/* ---- blocking take ----------------------------------------------------------------------------------------------- */

static void *take_all_there_is(void *arg)
{
	struct sink *s = arg;
	struct sip_fifo_batch b;
	while (sip_fifo_take(&s->fifo, &b, -1) == SIP_OK)
		while (sip_fifo_batch_pop(&b))
			s->count++;
	return NULL;
}

static enum sip_err test_thread_when_it_takes_then_sleeps_until_posted_or_closed(void)
{
	static struct sink sink;
	struct sip_fifo_options fo = { .name = "jobs", .max = 100 };
	static struct node nodes[2000];
	pthread_t id;
	UNIT_EQ(sip_fifo_init(&sink.fifo, NULL, &fo), SIP_OK);
	sink.count = 0;
	UNIT_EQ(pthread_create(&id, NULL, take_all_there_is, &sink), 0);
	for (size_t i = 0; i < SIP_COUNTOF(nodes); i++)
		while (sip_fifo_post(&sink.fifo, &nodes[i].link, 0) != SIP_OK)
			sched_yield();
	sip_fifo_close(&sink.fifo);
	pthread_join(id, NULL);
	UNIT_EQ(sink.count, SIP_COUNTOF(nodes));
	sip_fifo_fini(&sink.fifo, NULL);
	return SIP_OK;
}

/* ---- waking from elsewhere --------------------------------------------------------------------------------------- */

static struct sip_loop *of_handler;

static void on_signal(int signo)
{
	(void)signo;
	sip_loop_stop(of_handler);
}

static void *send_signal(void *arg)
{
	pthread_kill(*(pthread_t *)arg, SIGUSR1);
	return NULL;
}

static enum sip_err test_thread_when_a_signal_handler_stops_then_run_returns(void)
{
	struct sip_loop_options o;
	struct sigaction act, old;
	pthread_t self = pthread_self(), id;
	sip_loop_options_init(&o);
	UNIT_EQ(sip_loop_create(&o, &of_handler), SIP_OK);
	memset(&act, 0, sizeof act);
	act.sa_handler = on_signal;
	sigaction(SIGUSR1, &act, &old);
	for (int i = 0; i < 50; i++) {
		UNIT_EQ(pthread_create(&id, NULL, send_signal, &self), 0);
		UNIT_EQ(sip_loop_run(of_handler), SIP_OK);
		pthread_join(id, NULL);
	}
	sigaction(SIGUSR1, &old, NULL);
	sip_loop_unref(&of_handler);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_thread_when_four_produce_then_all_arrive_in_order),
	UNIT_CASE_NO_OOM(test_thread_when_both_sleep_then_no_wake_is_lost),
	UNIT_CASE_NO_OOM(test_thread_when_posts_race_with_falling_asleep_then_none_is_lost),
	UNIT_CASE_NO_OOM(test_thread_when_started_then_is_named_and_deaf_to_signals),
	UNIT_CASE_NO_OOM(test_thread_when_stopped_at_once_then_ends_and_its_loop_is_free),
	UNIT_CASE_NO_OOM(test_thread_when_it_takes_then_sleeps_until_posted_or_closed),
	UNIT_CASE_NO_OOM(test_thread_when_a_signal_handler_stops_then_run_returns),
};
SUITE(thread);
