/* Congestion levels, read off FIFOs whose figures are set by hand. */
#include "tests/unit/stack/loop/loop_test.h"

static void open_fifo(struct sip_fifo *f, size_t max, size_t high)
{
	struct sip_fifo_options o = { .name = "test", .max = max, .high = high };
	UNIT_EQ(sip_fifo_init(f, NULL, &o), SIP_OK);
}

static enum sip_err test_congestion_when_by_size_then_rises_at_80_and_100_percent(void)
{
	static const struct {
		size_t depth;
		enum sip_congestion_level level;
	} rows[] = {
		{ 0, SIP_CONGESTION_NORMAL },     { 79, SIP_CONGESTION_NORMAL },
		{ 80, SIP_CONGESTION_REFUSE_NEW }, { 99, SIP_CONGESTION_REFUSE_NEW },
		{ 100, SIP_CONGESTION_REFUSE_MOST }, { 5000, SIP_CONGESTION_REFUSE_MOST },
	};
	struct sip_congestion c;
	struct sip_fifo f;
	open_fifo(&f, 1000000, 0);
	sip_congestion_init(&c, SIP_CONGESTION_BY_SIZE, 100);
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		f.depth = rows[i].depth;
		UNIT_EQ(sip_congestion_level_of(&c, &f, 0), rows[i].level);
		/* What is being consumed counts as what waits does. */
		f.backlog = f.depth / 2;
		f.depth -= f.backlog;
		UNIT_EQ(sip_congestion_level_of(&c, &f, 0), rows[i].level);
		f.backlog = 0;
	}
	c.tolerance = 0;
	UNIT_EQ(sip_congestion_level_of(&c, &f, 0), SIP_CONGESTION_NORMAL);
	f.depth = 0;
	sip_fifo_fini(&f, NULL);
	return SIP_OK;
}

static enum sip_err test_congestion_when_by_time_then_age_and_wait_count_in_milliseconds(void)
{
	struct sip_congestion c;
	struct sip_fifo f;
	open_fifo(&f, 1000000, 0);
	sip_congestion_init(&c, SIP_CONGESTION_BY_TIME_DEPTH, 200);
	f.depth = 1;
	f.head_us = 1000;
	UNIT_EQ(sip_congestion_level_of(&c, &f, 1000 + 159999), SIP_CONGESTION_NORMAL);
	UNIT_EQ(sip_congestion_level_of(&c, &f, 1000 + 160000), SIP_CONGESTION_REFUSE_NEW);
	UNIT_EQ(sip_congestion_level_of(&c, &f, 1000 + 200000), SIP_CONGESTION_REFUSE_MOST);
	f.o.tolerance_us = 400000;
	UNIT_EQ(sip_congestion_level_of(&c, &f, 1000 + 200000), SIP_CONGESTION_NORMAL);
	f.o.tolerance_us = 0;
	c.metric = SIP_CONGESTION_BY_WAIT_TIME;
	f.depth = 1000;
	f.service_ns = 159000;
	UNIT_EQ(sip_congestion_level_of(&c, &f, 0), SIP_CONGESTION_NORMAL);
	f.service_ns = 160000;
	UNIT_EQ(sip_congestion_level_of(&c, &f, 0), SIP_CONGESTION_REFUSE_NEW);
	f.service_ns = 200000;
	UNIT_EQ(sip_congestion_level_of(&c, &f, 0), SIP_CONGESTION_REFUSE_MOST);
	c.is_on = false;
	UNIT_EQ(sip_congestion_level_of(&c, &f, 0), SIP_CONGESTION_NORMAL);
	f.depth = 0;
	sip_fifo_fini(&f, NULL);
	return SIP_OK;
}

static enum sip_err test_congestion_when_a_fifo_reaches_its_own_bounds_then_rises_too(void)
{
	struct sip_congestion c;
	struct sip_fifo f, calm;
	open_fifo(&f, 10, 5);
	open_fifo(&calm, 10, 5);
	sip_congestion_init(&c, SIP_CONGESTION_BY_WAIT_TIME, 200);
	UNIT_EQ(sip_congestion_add(&c, &calm), SIP_OK);
	for (int i = 1; i < SIP_CONGESTION_FIFOS; i++)
		UNIT_EQ(sip_congestion_add(&c, &f), SIP_OK);
	UNIT_EQ(sip_congestion_add(&c, &f), SIP_E_LIMIT);
	f.depth = 4;
	UNIT_EQ(sip_congestion_level(&c, 0), SIP_CONGESTION_NORMAL);
	f.depth = 5;
	UNIT_EQ(sip_congestion_level(&c, 0), SIP_CONGESTION_REFUSE_NEW);
	f.depth = 10;
	UNIT_EQ(sip_congestion_level(&c, 0), SIP_CONGESTION_REFUSE_MOST);
	UNIT_EQ(sip_congestion_level_of(&c, &calm, 0), SIP_CONGESTION_NORMAL);
	f.depth = 0;
	sip_fifo_fini(&f, NULL);
	sip_fifo_fini(&calm, NULL);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_congestion_when_by_size_then_rises_at_80_and_100_percent),
	UNIT_CASE(test_congestion_when_by_time_then_age_and_wait_count_in_milliseconds),
	UNIT_CASE(test_congestion_when_a_fifo_reaches_its_own_bounds_then_rises_too),
};
SUITE(congestion);
