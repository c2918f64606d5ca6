/* The FIFO in one thread: order, bounds, batches, figures, and its end. */
#include "tests/unit/stack/loop/loop_test.h"

#include <string.h>

enum { NODES = 1000 };

struct node {
	struct sip_fifo_node link;
	int number;
};

struct consumer {
	struct still still;
	struct sip_fifo fifo;
	int seen[NODES];
	size_t count;
	size_t discarded;
	int64_t takes_us;       /* what consuming one costs on the clock */
	size_t end_after;       /* the FIFO is ended in the call-back of this node (from 1) */
	struct node *post_more; /* posted by the first node consumed */
	enum sip_err more_result;
	size_t depth_at_first;
};

static struct consumer c;
static struct node nodes[NODES];

static void on_discard(void *arg, struct sip_fifo_node *link)
{
	struct consumer *k = arg;
	(void)link;
	k->discarded++;
}

static void on_node(void *arg, struct sip_fifo_node *link)
{
	struct consumer *k = arg;
	struct node *n = SIP_CONTAINER(link, struct node, link);
	if (k->count == 0)
		k->depth_at_first = sip_fifo_depth(&k->fifo);
	k->seen[k->count++] = n->number;
	if (k->takes_us)
		sip_clock_virtual_advance(&k->still.time, k->takes_us);
	if (k->post_more) {
		n = k->post_more;
		k->post_more = NULL;
		k->more_result = sip_fifo_post(&k->fifo, &n->link, sip_loop_now(k->still.loop));
	}
	if (k->count == k->end_after)
		sip_fifo_fini(&k->fifo, on_discard);
}

static enum sip_err begin(size_t max, size_t high, size_t low)
{
	struct sip_fifo_options o = { .name = "test", .max = max, .high = high, .low = low, .fn = on_node, .arg = &c };
	memset(&c, 0, sizeof c);
	for (int i = 0; i < NODES; i++)
		nodes[i].number = i;
	enum sip_err err = still_init(&c.still);
	if (err == SIP_OK)
		err = sip_fifo_init(&c.fifo, c.still.loop, &o);
	if (err != SIP_OK)
		still_fini(&c.still);
	return err;
}

static void end(void)
{
	sip_fifo_fini(&c.fifo, NULL);
	UNIT_EQ(sip_metrics_get(c.still.metrics, SIP_M_FIFO_DEPTH), 0);
	still_fini(&c.still);
}

static int64_t now(void)
{
	return sip_loop_now(c.still.loop);
}

static enum sip_err test_fifo_when_posted_and_batched_then_all_come_in_order(void)
{
	struct sip_fifo_batch batch;
	enum sip_err err = begin(NODES, 0, 0);
	if (err != SIP_OK)
		return err;
	sip_fifo_batch_init(&batch);
	UNIT_EQ(sip_fifo_post_batch(&c.fifo, &batch, now()), SIP_OK);
	UNIT_EQ(sip_fifo_post(&c.fifo, &nodes[0].link, now()), SIP_OK);
	UNIT_EQ(sip_loop_sleep_us(c.still.loop), 0);
	for (int i = 1; i < NODES - 1; i++)
		sip_fifo_batch_add(&batch, &nodes[i].link);
	UNIT_EQ(sip_fifo_post_batch(&c.fifo, &batch, now()), SIP_OK);
	UNIT_EQ(batch.count, 0);
	UNIT_CHECK(batch.head == NULL);
	UNIT_EQ(sip_fifo_post_essential(&c.fifo, &nodes[NODES - 1].link, now()), SIP_OK);
	UNIT_EQ(sip_fifo_depth(&c.fifo), NODES);
	still_turn(&c.still);
	UNIT_EQ(c.count, NODES);
	for (int i = 0; i < NODES; i++)
		UNIT_EQ(c.seen[i], i);
	UNIT_EQ(sip_fifo_depth(&c.fifo), 0);
	UNIT_EQ(sip_loop_sleep_us(c.still.loop), -1);
	end();
	return SIP_OK;
}

static enum sip_err test_fifo_when_over_high_water_then_refuses_new_work_until_low(void)
{
	enum sip_err err = begin(6, 4, 1);
	if (err != SIP_OK)
		return err;
	for (int i = 0; i < 4; i++)
		UNIT_EQ(sip_fifo_post(&c.fifo, &nodes[i].link, now()), SIP_OK);
	UNIT_EQ(sip_fifo_post(&c.fifo, &nodes[4].link, now()), SIP_E_FULL);
	UNIT_EQ(sip_fifo_post_essential(&c.fifo, &nodes[4].link, now()), SIP_OK);
	UNIT_EQ(sip_fifo_post_essential(&c.fifo, &nodes[5].link, now()), SIP_OK);
	UNIT_EQ(sip_fifo_post_essential(&c.fifo, &nodes[6].link, now()), SIP_E_FULL);
	UNIT_EQ(sip_fifo_post_answer(&c.fifo, &nodes[6].link, now()), SIP_OK);
	UNIT_EQ(sip_fifo_depth(&c.fifo), 7);
	/* The first that is consumed leaves six: still above low water. */
	c.post_more = &nodes[7];
	still_turn(&c.still);
	UNIT_EQ(c.more_result, SIP_E_FULL);
	UNIT_EQ(c.depth_at_first, 7);
	UNIT_EQ(c.count, 7);
	UNIT_EQ(sip_fifo_post(&c.fifo, &nodes[7].link, now()), SIP_OK);
	still_turn(&c.still);
	UNIT_EQ(c.count, 8);
	UNIT_EQ(c.fifo.refused, 3);
	UNIT_EQ(sip_metrics_get(c.still.metrics, SIP_M_FIFO_REFUSED), 3);
	end();
	return SIP_OK;
}

static enum sip_err test_fifo_when_a_batch_does_not_fit_then_none_of_it_is_taken(void)
{
	struct sip_fifo_batch batch;
	enum sip_err err = begin(4, 0, 0);
	if (err != SIP_OK)
		return err;
	sip_fifo_batch_init(&batch);
	for (int i = 0; i < 3; i++)
		sip_fifo_batch_add(&batch, &nodes[i].link);
	UNIT_EQ(sip_fifo_post(&c.fifo, &nodes[3].link, now()), SIP_OK);
	UNIT_EQ(sip_fifo_post(&c.fifo, &nodes[4].link, now()), SIP_OK);
	UNIT_EQ(sip_fifo_post_batch(&c.fifo, &batch, now()), SIP_E_FULL);
	UNIT_EQ(batch.count, 3);
	UNIT_EQ(sip_fifo_depth(&c.fifo), 2);
	still_turn(&c.still);
	UNIT_EQ(sip_fifo_post_batch(&c.fifo, &batch, now()), SIP_OK);
	still_turn(&c.still);
	UNIT_EQ(c.count, 5);
	UNIT_EQ(c.fifo.refused, 3);
	end();
	return SIP_OK;
}

static enum sip_err test_fifo_when_consumed_then_knows_age_and_expected_wait(void)
{
	enum sip_err err = begin(NODES, 0, 0);
	if (err != SIP_OK)
		return err;
	c.takes_us = 100;
	UNIT_EQ(sip_fifo_age_us(&c.fifo, now()), 0);
	for (int i = 0; i < 256; i++)
		UNIT_EQ(sip_fifo_post(&c.fifo, &nodes[i].link, now()), SIP_OK);
	sip_clock_virtual_advance(&c.still.time, 5000);
	UNIT_EQ(sip_fifo_age_us(&c.fifo, now()), 5000);
	UNIT_EQ(sip_fifo_age_us(&c.fifo, 0), 0);
	UNIT_EQ(sip_fifo_expected_wait_us(&c.fifo), 0);
	still_turn(&c.still);
	UNIT_EQ(sip_metrics_get(c.still.metrics, SIP_M_FIFO_AGE_MICROSECONDS), 1);
	UNIT_EQ(sip_fifo_age_us(&c.fifo, now()), 0);
	/* 256 nodes of 100 us outweigh the zero from before. */
	UNIT_CHECK(c.fifo.service_ns > 85000 && c.fifo.service_ns <= 100000);
	for (int i = 0; i < 10; i++)
		UNIT_EQ(sip_fifo_post(&c.fifo, &nodes[i].link, now()), SIP_OK);
	UNIT_CHECK(sip_fifo_expected_wait_us(&c.fifo) > 850 && sip_fifo_expected_wait_us(&c.fifo) <= 1000);
	still_turn(&c.still);
	end();
	return SIP_OK;
}

static enum sip_err test_fifo_when_ended_with_nodes_then_discards_them(void)
{
	enum sip_err err = begin(NODES, 0, 0);
	if (err != SIP_OK)
		return err;
	for (int i = 0; i < 600; i++)
		UNIT_EQ(sip_fifo_post(&c.fifo, &nodes[i].link, now()), SIP_OK);
	c.end_after = 300;
	still_turn(&c.still);
	UNIT_EQ(c.count, 300);
	UNIT_EQ(c.discarded, 300);
	still_turn(&c.still);
	UNIT_EQ(sip_metrics_get(c.still.metrics, SIP_M_FIFO_DEPTH), 0);
	still_fini(&c.still);
	return SIP_OK;
}

static enum sip_err test_fifo_when_closed_then_gives_what_it_has_and_takes_no_more(void)
{
	enum sip_err err = begin(NODES, 0, 0);
	if (err != SIP_OK)
		return err;
	UNIT_EQ(sip_fifo_post(&c.fifo, &nodes[0].link, now()), SIP_OK);
	sip_fifo_close(&c.fifo);
	UNIT_EQ(sip_fifo_post(&c.fifo, &nodes[1].link, now()), SIP_E_CLOSED);
	UNIT_EQ(sip_fifo_post_essential(&c.fifo, &nodes[1].link, now()), SIP_E_CLOSED);
	UNIT_EQ(sip_fifo_post_answer(&c.fifo, &nodes[1].link, now()), SIP_E_CLOSED);
	still_turn(&c.still);
	UNIT_EQ(c.count, 1);
	end();
	return SIP_OK;
}

static enum sip_err test_fifo_when_taken_then_waits_no_longer_than_told(void)
{
	struct sip_fifo_options o = { .name = "jobs", .max = 10 };
	struct sip_fifo_batch b;
	struct sip_fifo f;
	UNIT_EQ(sip_fifo_init(&f, NULL, &o), SIP_OK);
	UNIT_EQ(sip_fifo_take(&f, &b, 0), SIP_E_TIMEOUT);
	UNIT_EQ(b.count, 0);
	int64_t before = sip_clock_real.now_us(NULL);
	UNIT_EQ(sip_fifo_take(&f, &b, SIP_MS(5)), SIP_E_TIMEOUT);
	UNIT_CHECK(sip_clock_real.now_us(NULL) - before >= SIP_MS(5));
	UNIT_EQ(sip_fifo_post(&f, &nodes[0].link, 1), SIP_OK);
	UNIT_EQ(sip_fifo_post(&f, &nodes[1].link, 2), SIP_OK);
	UNIT_EQ(sip_fifo_take(&f, &b, INT64_MAX), SIP_OK);
	UNIT_EQ(b.count, 2);
	UNIT_CHECK(sip_fifo_batch_pop(&b) == &nodes[0].link && sip_fifo_batch_pop(&b) == &nodes[1].link);
	UNIT_CHECK(sip_fifo_batch_pop(&b) == NULL);
	UNIT_EQ(sip_fifo_post(&f, &nodes[0].link, 1), SIP_OK);
	sip_fifo_close(&f);
	UNIT_EQ(sip_fifo_take(&f, &b, -1), SIP_OK);
	UNIT_EQ(sip_fifo_take(&f, &b, -1), SIP_E_CLOSED);
	sip_fifo_fini(&f, NULL);
	o.max = 0;
	UNIT_EQ(sip_fifo_init(&f, NULL, &o), SIP_E_INVAL);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_fifo_when_posted_and_batched_then_all_come_in_order),
	UNIT_CASE(test_fifo_when_over_high_water_then_refuses_new_work_until_low),
	UNIT_CASE(test_fifo_when_a_batch_does_not_fit_then_none_of_it_is_taken),
	UNIT_CASE(test_fifo_when_consumed_then_knows_age_and_expected_wait),
	UNIT_CASE(test_fifo_when_ended_with_nodes_then_discards_them),
	UNIT_CASE(test_fifo_when_closed_then_gives_what_it_has_and_takes_no_more),
	UNIT_CASE(test_fifo_when_taken_then_waits_no_longer_than_told),
};
SUITE(fifo);
