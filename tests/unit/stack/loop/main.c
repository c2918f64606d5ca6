/* Runs the unit tests of stack/loop. */
#include "tests/unit/stack/loop/loop_test.h"

enum sip_err still_init(struct still *s)
{
	struct sip_loop_options o;
	s->metrics = NULL;
	s->loop = NULL;
	sip_clock_virtual_init(&s->time, SIP_SECONDS(1700000000));
	enum sip_err err = sip_metrics_create(sip_metric_rows, SIP_METRIC_COUNT, &s->metrics);
	if (err != SIP_OK)
		return err;
	sip_loop_options_init(&o);
	o.name = "still";
	o.clock = &s->time.clock;
	o.poll = SIP_POLL_NONE;
	o.metrics = s->metrics;
	o.seed = 1;
	return sip_loop_create(&o, &s->loop);
}

void still_fini(struct still *s)
{
	sip_loop_unref(&s->loop);
	sip_metrics_unref(&s->metrics);
}

void still_turn(struct still *s)
{
	UNIT_EQ(sip_loop_turn(s->loop, 0), SIP_OK);
}

int main(int argc, char **argv)
{
#define X(name) &name##_suite,
	static const struct unit_suite *const suites[] = { LOOP_SUITES(X) };
#undef X
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
