/* Time comes from here and nowhere else, so that tests can replace it. */
#ifndef STACK_LOOP_CLOCK_H
#define STACK_LOOP_CLOCK_H

#include "stack/base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_clock {
	int64_t (*now_us)(void *arg);  /* monotonic */
	int64_t (*wall_us)(void *arg); /* since 1970-01-01, UTC */
	void *arg;
};
/* The kernel's. Any thread. */
extern const struct sip_clock sip_clock_real;

/* A clock that stands still until it is moved; both times start at a given wall time. One thread. */
struct sip_clock_virtual {
	struct sip_clock clock;
	int64_t now;      /* us since its start, begins at 1 s */
	int64_t wall_off; /* wall = now + wall_off */
};
void sip_clock_virtual_init(struct sip_clock_virtual *v, int64_t wall_us);
void sip_clock_virtual_advance(struct sip_clock_virtual *v, int64_t us);

#define SIP_MS(x) ((int64_t)(x) * 1000)
#define SIP_SECONDS(x) ((int64_t)(x) * 1000000)

#ifdef __cplusplus
}
#endif
#endif
