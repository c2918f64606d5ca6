/*
 * What a FIFO hop costs: nodes go through a chain of loops, posted by one or more producers, one at a
 * time or in batches, each loop with its own thread (dedicated) or all FIFOs on one loop (folded).
 * bench_fifo [--json] [--loops N]: nodes a case. Figures are nanoseconds a node and hop, wall clock.
 */
#include "stack/loop/loop.h"
#include "tests/bench/options.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOPS_MOST = 3, PRODUCERS_MOST = 4, DEPTH = 4096, LOOPS = 1000000 };

struct bench_case {
	const char *name;
	int hops;
	int producers;
	size_t batch;
	bool is_folded;
	bool is_paced; /* each node waits for the one before it to arrive: wake-ups and nothing else */
};
static const struct bench_case cases[] = {
	{ "folded-1-hop", 1, 1, 1, true, false },
	{ "folded-1-hop-batch-32", 1, 1, 32, true, false },
	{ "folded-3-hops", 3, 1, 1, true, false },
	{ "folded-3-hops-batch-32", 3, 1, 32, true, false },
	{ "dedicated-1-hop", 1, 1, 1, false, false },
	{ "dedicated-1-hop-batch-8", 1, 1, 8, false, false },
	{ "dedicated-1-hop-batch-32", 1, 1, 32, false, false },
	{ "dedicated-1-hop-4-producers", 1, 4, 1, false, false },
	{ "dedicated-1-hop-4-producers-batch-32", 1, 4, 32, false, false },
	{ "dedicated-3-hops", 3, 1, 1, false, false },
	{ "dedicated-3-hops-batch-32", 3, 1, 32, false, false },
	{ "dedicated-1-hop-paced", 1, 1, 1, false, true },
	{ "dedicated-3-hops-paced", 3, 1, 1, false, true },
};

struct stage {
	struct sip_loop *loop;
	struct sip_thread thread;
	struct sip_fifo fifo;
	struct stage *next;
	size_t batch; /* how many are handed on at once */
	struct sip_fifo_batch onward;
	struct sip_loop_hook flush;
	size_t count;
};
struct run {
	const struct bench_case *c;
	struct stage stages[HOPS_MOST];
	struct sip_fifo_node *nodes;
	size_t total;
};
struct producer {
	pthread_t id;
	struct run *run;
	struct sip_fifo_node *nodes;
	size_t count;
};

static void die(const char *what, enum sip_err err)
{
	fprintf(stderr, "bench_fifo: %s: %s\n", what, sip_err_text(err));
	exit(EXIT_FAILURE);
}

/* A full FIFO further on: whoever is before it waits, and turns the loop meanwhile when it is its own. */
static void yield(const struct run *r)
{
	if (r && r->c->is_folded) {
		enum sip_err err = sip_loop_turn(r->stages[0].loop, 0);
		if (err != SIP_OK)
			die("turn", err);
		return;
	}
	sched_yield();
}

static void on_flush(void *arg)
{
	struct stage *s = arg;
	while (sip_fifo_post_batch(&s->next->fifo, &s->onward, sip_loop_now(s->loop)) != SIP_OK)
		yield(NULL);
}

static void on_node(void *arg, struct sip_fifo_node *n)
{
	struct stage *s = arg;
	if (s->next && s->batch > 1) {
		sip_fifo_batch_add(&s->onward, n);
		sip_loop_want_hook(&s->flush);
		if (s->onward.count >= s->batch)
			on_flush(s);
	} else if (s->next) {
		while (sip_fifo_post_answer(&s->next->fifo, n, sip_loop_now(s->loop)) != SIP_OK)
			yield(NULL);
	}
	__atomic_store_n(&s->count, s->count + 1, __ATOMIC_RELEASE);
}

static void open_stage(struct run *r, int i)
{
	struct sip_loop_options o;
	struct stage *s = &r->stages[i];
	size_t max = r->c->is_folded ? SIZE_MAX / 2 : DEPTH;
	struct sip_fifo_options fo = { .name = "bench", .max = i ? SIZE_MAX / 2 : max, .fn = on_node, .arg = s };
	memset(s, 0, sizeof *s);
	sip_loop_options_init(&o);
	o.name = "bench";
	enum sip_err err = SIP_OK;
	if (i > 0 && r->c->is_folded) {
		s->loop = r->stages[0].loop;
		sip_loop_ref(s->loop);
	} else {
		err = sip_loop_create(&o, &s->loop);
	}
	if (err == SIP_OK)
		err = sip_fifo_init(&s->fifo, s->loop, &fo);
	if (err != SIP_OK)
		die("set up", err);
	s->next = i + 1 < r->c->hops ? s + 1 : NULL;
	s->batch = r->c->batch;
	sip_fifo_batch_init(&s->onward);
	s->flush.fn = on_flush;
	s->flush.arg = s;
	sip_loop_add_hook(s->loop, &s->flush);
}

static void close_stage(struct stage *s)
{
	sip_thread_stop(&s->thread);
	sip_loop_remove_hook(s->loop, &s->flush);
	sip_fifo_fini(&s->fifo, NULL);
	sip_loop_unref(&s->loop);
}

static int64_t now_us(void)
{
	return sip_clock_real.now_us(sip_clock_real.arg);
}

static size_t arrived(struct run *r)
{
	return __atomic_load_n(&r->stages[r->c->hops - 1].count, __ATOMIC_ACQUIRE);
}

static void *produce(void *arg)
{
	struct producer *p = arg;
	struct run *r = p->run;
	struct sip_fifo *f = &r->stages[0].fifo;
	struct sip_fifo_batch b;
	sip_fifo_batch_init(&b);
	int64_t now = now_us();
	for (size_t i = 0; i < p->count; i++) {
		if (r->c->batch > 1) {
			sip_fifo_batch_add(&b, &p->nodes[i]);
			if (b.count < r->c->batch && i + 1 < p->count)
				continue;
			while (sip_fifo_post_batch(f, &b, now) != SIP_OK)
				yield(r);
		} else {
			while (sip_fifo_post(f, &p->nodes[i], now) != SIP_OK)
				yield(r);
		}
		while (r->c->is_paced && arrived(r) < i + 1)
			sched_yield();
		/* As a transport does: what a turn has received is worked off before the next. */
		if (r->c->is_folded && i % 64 < r->c->batch)
			yield(r);
	}
	return NULL;
}

static void produce_all(struct run *r)
{
	struct producer p[PRODUCERS_MOST];
	size_t share = r->total / (size_t)r->c->producers;
	for (int i = 0; i < r->c->producers; i++)
		p[i] = (struct producer){ .run = r, .nodes = r->nodes + (size_t)i * share, .count = share };
	r->total = share * (size_t)r->c->producers;
	if (r->c->is_folded) {
		produce(&p[0]);
		return;
	}
	for (int i = 0; i < r->c->producers; i++)
		if (pthread_create(&p[i].id, NULL, produce, &p[i]) != 0)
			die("thread", SIP_E_LIMIT);
	for (int i = 0; i < r->c->producers; i++)
		pthread_join(p[i].id, NULL);
}

static double run_case(const struct bench_case *c, size_t loops)
{
	struct run r = { .c = c, .total = c->is_paced ? loops / 20 + 1 : loops };
	r.nodes = calloc(r.total, sizeof *r.nodes);
	if (!r.nodes)
		die("nodes", SIP_E_NOMEM);
	for (int i = 0; i < c->hops; i++)
		open_stage(&r, i);
	for (int i = 0; i < c->hops && !c->is_folded; i++) {
		enum sip_err err = sip_thread_start(&r.stages[i].thread, r.stages[i].loop);
		if (err != SIP_OK)
			die("thread", err);
	}
	int64_t before = now_us();
	produce_all(&r);
	while (arrived(&r) < r.total)
		yield(&r);
	int64_t took = now_us() - before;
	for (int i = 0; i < c->hops; i++)
		close_stage(&r.stages[i]);
	free(r.nodes);
	return (double)took * 1000 / (double)r.total / c->hops;
}

int main(int argc, char **argv)
{
	bool is_json = false;
	size_t loops = LOOPS;
	if (!bench_options(argc, argv, &is_json, &loops))
		return EXIT_FAILURE;
	if (loops < PRODUCERS_MOST)
		loops = PRODUCERS_MOST;
	for (size_t i = 0; i < SIP_COUNTOF(cases); i++) {
		double ns = run_case(&cases[i], loops);
		if (is_json)
			printf("{\"bench\":\"fifo\",\"case\":\"%s\",\"ns\":%.1f}\n", cases[i].name, ns);
		else
			printf("%-40s %9.1f ns a node and hop\n", cases[i].name, ns);
		fflush(stdout);
	}
	return EXIT_SUCCESS;
}
