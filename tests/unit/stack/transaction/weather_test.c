/*
 * Hundreds of transactions in bad weather: seeded loss, delay, reorder and duplication, random methods, answers, CANCELs and
 * abandoned ones. Whatever happens: each is announced once and ends once, with one final outcome, and no event lacks its row.
 */
#include "tests/unit/stack/transaction/transaction_test.h"

#include <stdio.h>

#define REQUESTS 120
#define SEEDS 25

struct fate {
	uint64_t tx;
	unsigned finals, ends;
	bool is_invite, is_unheard, is_final_2xx;
};
struct open_server { /* a request b has not answered finally */
	uint64_t tx;
	struct sip_message *request; /* owned */
	bool is_cancelled;
};
static struct weather {
	struct fate fates[REQUESTS];
	size_t requests;
	struct open_server open[REQUESTS];
	size_t announced, ended;
	struct sip_rand rand;
} world;

static struct fate *fate_of(uint64_t tx)
{
	for (size_t i = 0; i < world.requests; i++)
		if (world.fates[i].tx == tx)
			return &world.fates[i];
	return NULL;
}

static void on_client(struct party *p, const struct heard *h)
{
	struct fate *f = fate_of(h->tx);

	(void)p;
	if (!f)
		return;
	UNIT_EQ(f->ends, 0);
	if (h->kind == HEARD_ENDED)
		f->ends++;
	if (h->kind != HEARD_RESPONSE || h->status < 200)
		return;
	UNIT_CHECK(!f->is_unheard);
	if (!(f->is_final_2xx && h->status < 300)) /* a 2xx may be repeated */
		f->finals++;
	f->is_final_2xx = f->is_invite && h->status < 300;
}

static void close_server(size_t at)
{
	sip_message_unref(&world.open[at].request);
	world.open[at].tx = 0;
}

static void on_server(struct party *p, const struct heard *h)
{
	for (size_t i = 0; i < REQUESTS; i++) {
		if (h->kind == HEARD_REQUEST && !world.open[i].tx) {
			world.open[i] = (struct open_server){ h->tx, p->request, false };
			sip_message_ref(p->request);
			world.announced++;
			return;
		}
		if (h->kind != HEARD_REQUEST && world.open[i].tx == h->tx) {
			if (h->kind == HEARD_CANCEL) {
				UNIT_CHECK(!world.open[i].is_cancelled); /* told once */
				world.open[i].is_cancelled = true;
			} else if (h->kind == HEARD_ENDED)
				close_server(i);
			break;
		}
	}
	if (h->kind == HEARD_ENDED)
		world.ended++;
}

static unsigned pick(unsigned n)
{
	return (unsigned)sip_rand_below(&world.rand, n);
}

static enum sip_err respond(struct party *b, size_t at)
{
	static const unsigned finals[] = { 200, 200, 200, 404, 486, 302, 600, 503, 408 };
	struct open_server *o = &world.open[at];
	unsigned status = o->is_cancelled ? 487 : finals[pick(SIP_COUNTOF(finals))];
	struct sip_message *m = NULL;
	enum sip_err err;

	if (!o->is_cancelled && pick(3) == 0)
		status = 180;
	if (pick(20) == 0) {
		err = sip_shard_post_abandon(b->shard, o->tx, sip_loop_now(b->bed->loop));
		close_server(at);
		return err;
	}
	err = sip_response_make(o->request, status, NULL, SIP_STR("to"), &m);
	if (err == SIP_OK)
		err = sip_shard_post_response(b->shard, o->tx, &m, sip_loop_now(b->bed->loop));
	sip_message_unref(&m);
	if (status >= 200)
		close_server(at);
	return err;
}

static enum sip_err begin(struct party *a, bool is_tcp)
{
	struct fate *f = &world.fates[world.requests];
	enum sip_err err;

	f->is_invite = pick(2) == 0;
	err = bed_request(a, f->is_invite ? "INVITE" : "OPTIONS", is_tcp ? "sip:b@10.0.0.2;transport=tcp" : "sip:b@10.0.0.2", NULL,
			  &f->tx);
	if (err == SIP_OK)
		world.requests++;
	return err;
}

static enum sip_err disturb(struct party *a)
{
	struct fate *f = &world.fates[pick((unsigned)world.requests)];
	int64_t now = sip_loop_now(a->bed->loop);

	if (pick(4) == 0) {
		f->is_unheard = true;
		return sip_shard_post_abandon(a->shard, f->tx, now);
	}
	return sip_shard_post_cancel(a->shard, f->tx, sip_str_make(NULL, 0), now);
}

/* A host goes away, silently or not, or comes back. */
static enum sip_err break_something(struct bed *bed)
{
	struct sip_addr at = bed_addr(pick(2) ? "10.0.0.1:0" : "10.0.0.2:0");

	return sip_memory_net_fate(bed->net, &at, (enum sip_memory_fate)pick(3));
}

static enum sip_err mend_everything(struct bed *bed)
{
	struct sip_addr a = bed_addr("10.0.0.1:0");
	struct sip_addr b = bed_addr("10.0.0.2:0");
	enum sip_err err = sip_memory_net_fate(bed->net, &a, SIP_MEMORY_UP);

	return err == SIP_OK ? sip_memory_net_fate(bed->net, &b, SIP_MEMORY_UP) : err;
}

static enum sip_err play(struct bed *bed, bool is_breaking)
{
	enum sip_err err = SIP_OK;

	while (err == SIP_OK && world.requests < REQUESTS) {
		err = begin(&bed->a, pick(4) == 0);
		for (size_t i = 0; i < REQUESTS && err == SIP_OK; i++)
			if (world.open[i].tx && pick(5) == 0)
				err = respond(&bed->b, i);
		if (err == SIP_OK && pick(8) == 0)
			err = disturb(&bed->a);
		if (err == SIP_OK && is_breaking && pick(6) == 0)
			err = break_something(bed);
		bed_run(bed, pick(400));
	}
	if (err == SIP_OK)
		err = mend_everything(bed);
	for (int round = 0; err == SIP_OK && round < 40; round++) { /* everyone answers in the end */
		for (size_t i = 0; i < REQUESTS && err == SIP_OK; i++)
			if (world.open[i].tx)
				err = respond(&bed->b, i);
		bed_run(bed, 5000);
	}
	/* Timer C: an INVITE that rang and whose 2xx was lost, which nobody here repeats, is the user's to end (16.8). */
	for (size_t i = 0; i < world.requests && err == SIP_OK; i++)
		err = sip_shard_post_cancel(bed->a.shard, world.fates[i].tx, sip_str_make(NULL, 0), sip_loop_now(bed->loop));
	bed_run(bed, 70000);
	return err;
}

static void judge(struct bed *bed)
{
	for (size_t i = 0; i < world.requests; i++) {
		const struct fate *f = &world.fates[i];
		UNIT_EQ(f->ends, 1);
		UNIT_EQ(f->finals, f->is_unheard ? f->finals : 1);
		UNIT_CHECK(f->finals <= 1);
	}
	UNIT_EQ(world.announced, world.ended);
	UNIT_EQ(bed_metric(bed, SIP_M_UNLISTED), 0);
	UNIT_EQ(sip_shard_transactions(bed->a.shard), 0);
	UNIT_EQ(sip_shard_transactions(bed->b.shard), 0);
}

static enum sip_err run_seed(uint64_t seed, bool is_breaking)
{
	struct bed bed;
	enum sip_err err;

	memset(&world, 0, sizeof world);
	sip_rand_init_seed(&world.rand, seed);
	err = bed_open(&bed);
	if (err == SIP_OK) {
		bed.a.listener = on_client;
		bed.b.listener = on_server;
		bed.wire.seed = seed;
		bed.wire.loss = 100000;
		bed.wire.duplicate = 100000;
		bed.wire.reorder = 100000;
		bed.wire.delay_min_us = 1000;
		bed.wire.delay_max_us = 300000;
		sip_memory_net_set(bed.net, &bed.wire);
		err = play(&bed, is_breaking);
	}
	if (err == SIP_OK)
		judge(&bed);
	for (size_t i = 0; i < REQUESTS; i++)
		sip_message_unref(&world.open[i].request);
	return bed_close(&bed, err);
}

/* Without memory running out: what is lost then is another test's business. */
static enum sip_err test_in_bad_weather_everything_ends_once(void)
{
	enum sip_err err = SIP_OK;

	for (uint64_t seed = 1; seed <= SEEDS && err == SIP_OK; seed++)
		err = run_seed(seed, false);
	return err;
}

static enum sip_err test_with_hosts_that_come_and_go_everything_ends_once(void)
{
	enum sip_err err = SIP_OK;

	for (uint64_t seed = 1; seed <= SEEDS && err == SIP_OK; seed++)
		err = run_seed(1000 + seed, true);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_in_bad_weather_everything_ends_once),
	UNIT_CASE_NO_OOM(test_with_hosts_that_come_and_go_everything_ends_once),
};
const struct unit_suite weather_suite = { "stack/transaction/weather", cases, SIP_COUNTOF(cases) };
