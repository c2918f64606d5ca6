/*
 * RFC 3261 16.7: responses of the branches, one answer to the caller. On the proxy's loop, inside
 * repro__request_enter and _leave.
 */
#include "repro/proxy/proxy_priv.h"

static bool is_final(const struct repro_target *t)
{
	return t->state == REPRO_TARGET_DONE;
}

/* Sends a response of a branch on; a 2xx to an INVITE also after the first (16.7 step 5). Takes *m. */
static void send_on(struct repro_request *r, struct sip_message **m)
{
	unsigned status = sip_message_status(*m);
	enum sip_err err;

	if (status < 200 || !r->is_answered) {
		repro_request_respond(r, m);
		return;
	}
	err = sip_user_respond(r->proxy->user, r->tx, m);
	if (err != SIP_OK)
		sip_metric_count(r->proxy->cells, REPRO_M_LOST);
	sip_message_unref(m);
}

static void on_provisional(struct repro_request *r, struct repro_target *t, struct sip_message **m)
{
	unsigned status = sip_message_status(*m);

	if (is_final(t))
		return;
	if (t->state == REPRO_TARGET_TRYING)
		t->state = REPRO_TARGET_PROCEEDING;
	if (status == 100) /* hop by hop (16.7 step 5) */
		return;
	if (t->state == REPRO_TARGET_PROCEEDING && r->method == SIP_METHOD_INVITE)
		repro__timer_c_start(t);
	if (!r->is_answered)
		send_on(r, m);
}

static void on_success(struct repro_request *r, struct sip_message **m)
{
	if (r->method == SIP_METHOD_INVITE || !r->is_answered)
		send_on(r, m);
	r->no_new_branches = true;
	if (r->method == SIP_METHOD_INVITE)
		repro_request_cancel_branches(r, SIP_STR("SIP;cause=200;text=\"Call completed elsewhere\""));
}

static void keep_best(struct repro_request *r, struct sip_message **m)
{
	unsigned status = sip_message_status(*m);
	unsigned before = r->best ? sip_message_status(r->best) : 0;

	if (repro__best_is_better(status, before)) {
		sip_message_unref(&r->best);
		r->best = *m;
		*m = NULL;
		return;
	}
	if ((before == 401 || before == 407) && (status == 401 || status == 407) &&
	    repro__best_add_challenges(r->best, *m) != SIP_OK)
		sip_metric_count(r->proxy->cells, REPRO_M_LOST);
}

/* A 3xx whose contacts are all being tried has nothing left to say (16.7 step 4). */
static bool is_used_up(const struct sip_message *m, size_t contacts)
{
	return contacts > 0 && !sip_message_has(m, SIP_HEADER_CONTACT);
}

static void on_failure(struct repro_request *r, struct repro_target *t, struct sip_message **m)
{
	if (sip_message_status(*m) >= 600) {
		r->no_new_branches = true;
		repro_request_cancel_branches(r, sip_str_make(NULL, 0));
	} else if (!r->no_new_branches && r->proxy->o.response_chain.count) {
		size_t keep = r->step;
		size_t contacts = sip_message_count(*m, SIP_HEADER_CONTACT);
		r->response = *m;
		r->responder = t;
		r->step = 0;
		(void)repro__chain_run(&r->proxy->o.response_chain, r);
		r->step = keep;
		r->response = NULL;
		r->responder = NULL;
		if (is_used_up(*m, contacts))
			return;
	}
	if (!r->is_answered)
		keep_best(r, m);
}

static void on_final(struct repro_request *r, struct repro_target *t, struct sip_message **m)
{
	unsigned status = sip_message_status(*m);
	bool was_final = is_final(t);

	if (!was_final) {
		t->state = REPRO_TARGET_DONE;
		t->status = status;
		repro__timer_c_stop(t);
		r->pending--;
	}
	if (status < 300)
		on_success(r, m);
	else if (!was_final && !repro__target_replace(r, t, status))
		on_failure(r, t, m);
}

void repro__response_in(struct repro_request *r, struct repro_target *t, struct sip_message **m)
{
	unsigned status = sip_message_status(*m);

	/* Step 3: our own Via off. What has none left was meant for us alone. */
	if (sip_message_count(*m, SIP_HEADER_VIA) < 2 || sip_message_pop(*m, SIP_HEADER_VIA) != SIP_OK) {
		if (status >= 200)
			repro__response_local(r, t, 502);
	} else if (status < 200) {
		on_provisional(r, t, m);
	} else {
		on_final(r, t, m);
	}
	if (status >= 200 && r->pending == 0 && !r->is_answered)
		repro_request_run_targets(r);
}

void repro__response_local(struct repro_request *r, struct repro_target *t, unsigned status)
{
	struct sip_message *m;

	if (is_final(t))
		return;
	t->state = REPRO_TARGET_DONE;
	t->status = status;
	repro__timer_c_stop(t);
	r->pending--;
	if (repro__target_replace(r, t, status))
		return;
	m = repro_request_make_response(r, status, NULL);
	if (m && !r->is_answered)
		keep_best(r, &m);
	sip_message_unref(&m);
}

static bool has_candidates(const struct repro_request *r)
{
	for (size_t i = 0; i < r->target_count; i++)
		if (r->targets[i]->state == REPRO_TARGET_CANDIDATE)
			return true;
	return false;
}

/* Late news for a non-INVITE helps nobody: its caller has timed out as well (RFC 4320 4.2). */
static bool is_silent_timeout(const struct repro_request *r, unsigned status)
{
	return status == 408 && r->method != SIP_METHOD_INVITE;
}

void repro__response_settle(struct repro_request *r)
{
	unsigned status = r->best ? sip_message_status(r->best) : 0;

	if (r->is_answered || r->pending)
		return;
	if (!r->no_new_branches && has_candidates(r) && sip_timer_is_armed(&r->group_timer))
		return; /* the next group starts with the timer */
	if (r->is_cancelled && status < 600) {
		repro_request_reply(r, 487, NULL);
	} else if (is_silent_timeout(r, status)) {
		if (sip_user_abandon(r->proxy->user, r->tx) != SIP_OK)
			sip_metric_count(r->proxy->cells, REPRO_M_LOST);
		r->is_answered = true;
	} else if (!r->best) {
		repro_request_reply(r, 480, NULL);
	} else if (status == 503) { /* 16.7 step 6: our branch is out of service, we are not */
		repro_request_reply(r, 500, NULL);
	} else {
		repro_request_respond(r, &r->best);
	}
}
