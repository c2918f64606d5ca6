/* The kernel's clocks, and one for tests that moves when it is told to. The only callers of clock_gettime. */
#include "stack/loop/clock.h"

#include <time.h>

static int64_t read_us(clockid_t id)
{
	struct timespec ts;
	if (NEVER(clock_gettime(id, &ts) != 0))
		return 0;
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t real_now(void *arg)
{
	(void)arg;
	return read_us(CLOCK_MONOTONIC);
}

static int64_t real_wall(void *arg)
{
	(void)arg;
	return read_us(CLOCK_REALTIME);
}

const struct sip_clock sip_clock_real = { real_now, real_wall, NULL };

static int64_t virtual_now(void *arg)
{
	const struct sip_clock_virtual *v = arg;
	return v->now;
}

static int64_t virtual_wall(void *arg)
{
	const struct sip_clock_virtual *v = arg;
	return v->now + v->wall_off;
}

void sip_clock_virtual_init(struct sip_clock_virtual *v, int64_t wall_us)
{
	v->clock.now_us = virtual_now;
	v->clock.wall_us = virtual_wall;
	v->clock.arg = v;
	v->now = SIP_SECONDS(1);
	v->wall_off = wall_us - v->now;
}

void sip_clock_virtual_advance(struct sip_clock_virtual *v, int64_t us)
{
	MUST(us >= 0);
	v->now += us;
}
