/* Timer C (RFC 3261 16.6 step 11, 16.8): a branch that only ever rings is cancelled, a silent one is over. On the proxy's loop. */
#include "repro/proxy/proxy_priv.h"

static void on_timer_c(void *arg)
{
	struct repro_target *t = arg;
	struct repro_request *r = t->request;
	bool has_rung = t->state == REPRO_TARGET_PROCEEDING;
	enum sip_err err;

	repro__request_enter(r);
	sip_metric_count(r->proxy->cells, REPRO_M_TIMER_C);
	repro_request_explain(r, "timer_c", "gives up on %.*s", SIP_STR_ARG(t->uri));
	t->state = REPRO_TARGET_CANCELLED;
	err = sip_user_cancel(r->proxy->user, t->tx, SIP_STR("SIP;cause=408;text=\"Timer C\""));
	if (!has_rung || err != SIP_OK) {
		repro__response_local(r, t, 408);
		if (r->pending == 0 && !r->is_answered)
			repro_request_run_targets(r);
	}
	repro__request_leave(r);
}

void repro__timer_c_start(struct repro_target *t)
{
	struct repro_proxy *p = t->request->proxy;

	if (!t->timer_c.fn)
		sip_timer_init(&t->timer_c, on_timer_c, t);
	/* "The timer MUST be larger than 3 minutes", which is what the setting says by default. */
	sip_loop_arm(p->loop, &t->timer_c, SIP_SECONDS(p->config->set.timer_c) + SIP_MS(1));
}

void repro__timer_c_stop(struct repro_target *t)
{
	if (t->timer_c.fn)
		sip_loop_disarm(t->request->proxy->loop, &t->timer_c);
}
