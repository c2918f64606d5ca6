/* From the command line to the end: builds, waits for signals, closes. On the main thread. */
#include "repro/runner/runner_priv.h"

/* Whether it could be told was said when we were ready; systemd's own deadline sees to the rest. */
static void tell(enum repro__state state)
{
	(void)repro__notify(state, 0);
}

static void watch(struct repro__house *h)
{
	for (;;) {
		unsigned interval = (unsigned)h->config->set.statistics_log_interval;
		switch (repro__signals_wait(interval ? (int)(interval * 1000) : -1)) {
		case REPRO__SIGNAL_STOP:
			tell(REPRO__STATE_STOPPING);
			return;
		case REPRO__SIGNAL_DRAIN:
			tell(REPRO__STATE_STOPPING);
			repro__house_drain(h, REPRO__DRAIN_SECONDS);
			return;
		case REPRO__SIGNAL_TAKEN_OVER:
			if (!__atomic_load_n(&h->is_taken_over, __ATOMIC_ACQUIRE))
				break; /* somebody else's signal */
			(void)repro__notify(REPRO__STATE_TAKEN_OVER, h->successor);
			repro__house_leave(h, (unsigned)h->config->set.take_over_drain);
			return;
		case REPRO__SIGNAL_RELOAD:
			tell(REPRO__STATE_RELOADING);
			repro__house_reload(h);
			tell(REPRO__STATE_READY);
			break;
		case REPRO__SIGNAL_NONE:
			repro__house_log_statistics(h);
			break;
		}
	}
}

int repro_runner_run(const struct repro_command_line *line)
{
	struct repro__house house;
	int status;

	repro__signals_block();
	status = repro__house_build(&house, line);
	if (status == 0)
		status = repro__house_light(&house);
	if (status == 0)
		watch(&house);
	repro__house_close(&house);
	return status;
}

int repro_runner_check(const struct repro_command_line *line)
{
	struct repro_config *c = repro__house_config(line);
	struct repro__tls tls;
	char text[600];
	struct sip_buf why;
	enum sip_err err;

	if (!c)
		return REPRO_EXIT_CONFIG;
	sip_buf_init_fixed(&why, text, sizeof text);
	err = repro__tls_load(&tls, c, NULL, &why);
	repro_config_unref(&c);
	if (err != SIP_OK) {
		fprintf(stderr, "repro: %s\n", sip_buf_z(&why));
		return REPRO_EXIT_CONFIG;
	}
	repro__tls_fini(&tls);
	puts("The configuration is good.");
	return REPRO_EXIT_OK;
}

int repro_runner_dump(const struct repro_command_line *line)
{
	struct repro_config *c = repro__house_config(line);
	struct sip_buf b;

	if (!c)
		return REPRO_EXIT_CONFIG;
	sip_buf_init(&b, 0);
	repro_config_put(c, &b);
	(void)fwrite(b.p, 1, b.len, stdout);
	sip_buf_fini(&b);
	repro_config_unref(&c);
	return REPRO_EXIT_OK;
}
