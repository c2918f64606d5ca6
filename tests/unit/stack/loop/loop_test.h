/* The suites of stack/loop's unit tests, one a source file, and what they share. */
#ifndef TESTS_UNIT_STACK_LOOP_LOOP_TEST_H
#define TESTS_UNIT_STACK_LOOP_LOOP_TEST_H

#include "config.h"

#include "stack/loop/loop_priv.h"
#include "tests/support/unit.h"

#define LOOP_SUITES(X) X(timer) X(fifo) X(congestion) X(fdset) X(io) X(loop) X(thread)
#define X(name) extern const struct unit_suite name##_suite;
LOOP_SUITES(X)
#undef X

#define SUITE(stem) \
	const struct unit_suite stem##_suite = { "stack/loop/" #stem, cases, SIP_COUNTOF(cases) }

/* A loop without descriptors under a clock that stands still. */
struct still {
	struct sip_clock_virtual time;
	struct sip_metrics *metrics;
	struct sip_loop *loop;
};
enum sip_err still_init(struct still *s);
void still_fini(struct still *s);
/* Turns once without waiting. */
void still_turn(struct still *s);

#endif
