/* Levels read off FIFOs, without a lock and without a memory of their own. Any thread. */
#include "stack/loop/congestion.h"

void sip_congestion_init(struct sip_congestion *c, enum sip_congestion_metric metric, uint64_t tolerance)
{
	static const struct sip_congestion empty;
	*c = empty;
	c->is_on = true;
	c->metric = metric;
	c->tolerance = tolerance;
}

enum sip_err sip_congestion_add(struct sip_congestion *c, const struct sip_fifo *f)
{
	if (c->count >= SIP_CONGESTION_FIFOS)
		return SIP_E_LIMIT;
	c->fifos[c->count++] = f;
	return SIP_OK;
}

static enum sip_congestion_level level_at(uint64_t value, uint64_t tolerance)
{
	uint64_t eighty_percent = tolerance - tolerance / 5;
	if (tolerance == 0 || value < eighty_percent)
		return SIP_CONGESTION_NORMAL;
	return value < tolerance ? SIP_CONGESTION_REFUSE_NEW : SIP_CONGESTION_REFUSE_MOST;
}

static enum sip_congestion_level level_by_bound(const struct sip_fifo *f)
{
	size_t depth = sip_fifo_depth(f);
	if (depth >= f->o.max)
		return SIP_CONGESTION_REFUSE_MOST;
	return depth >= f->o.high ? SIP_CONGESTION_REFUSE_NEW : SIP_CONGESTION_NORMAL;
}

static enum sip_congestion_level level_by_time(const struct sip_congestion *c, const struct sip_fifo *f, int64_t us)
{
	uint64_t tolerance_us = f->o.tolerance_us > 0 ? (uint64_t)f->o.tolerance_us : c->tolerance * 1000;
	return level_at((uint64_t)us, tolerance_us);
}

enum sip_congestion_level sip_congestion_level_of(const struct sip_congestion *c, const struct sip_fifo *f,
						  int64_t now_us)
{
	enum sip_congestion_level by_metric = SIP_CONGESTION_NORMAL;
	if (!c->is_on)
		return SIP_CONGESTION_NORMAL;
	switch (c->metric) {
	case SIP_CONGESTION_BY_SIZE:
		by_metric = level_at(sip_fifo_depth(f), c->tolerance);
		break;
	case SIP_CONGESTION_BY_TIME_DEPTH:
		by_metric = level_by_time(c, f, sip_fifo_age_us(f, now_us));
		break;
	case SIP_CONGESTION_BY_WAIT_TIME:
		by_metric = level_by_time(c, f, sip_fifo_expected_wait_us(f));
		break;
	}
	enum sip_congestion_level by_bound = level_by_bound(f);
	return by_metric > by_bound ? by_metric : by_bound;
}

enum sip_congestion_level sip_congestion_level(const struct sip_congestion *c, int64_t now_us)
{
	enum sip_congestion_level worst = SIP_CONGESTION_NORMAL;
	for (size_t i = 0; i < c->count; i++) {
		enum sip_congestion_level level = sip_congestion_level_of(c, c->fifos[i], now_us);
		if (level > worst)
			worst = level;
	}
	return worst;
}
