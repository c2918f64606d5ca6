/*
 * Request contexts: from the request's arrival to its last branch. Owned by the proxy, on the
 * proxy's loop. A context is over when it is answered and no branch is out.
 */
#include "repro/proxy/proxy_priv.h"

#include <stdarg.h>
#include <stdio.h>

static uint64_t mix(uint64_t id)
{
	return sip_hash_mix(0x7265717565737473u, id);
}

struct repro_request *repro_request_find(struct repro_proxy *p, uint64_t id)
{
	struct sip_hash_node *n = sip_hash_first(&p->by_id, mix(id));

	for (; n; n = sip_hash_next(n)) {
		struct repro_request *r = SIP_CONTAINER(n, struct repro_request, by_id);
		if (r->id == id)
			return r;
	}
	return NULL;
}

struct repro_request *repro__request_find_tx(struct repro_proxy *p, uint64_t tx)
{
	struct sip_hash_node *n = sip_hash_first(&p->by_tx, mix(tx));

	for (; n; n = sip_hash_next(n)) {
		struct repro_request *r = SIP_CONTAINER(n, struct repro_request, by_tx);
		if (r->tx == tx)
			return r;
	}
	return NULL;
}

static void on_group_timer(void *arg)
{
	struct repro_request *r = arg;

	repro__request_enter(r);
	repro_request_run_targets(r);
	repro__request_leave(r);
}

struct repro_request *repro__request_create(struct repro_proxy *p, uint64_t tx, struct sip_message **m)
{
	struct repro_request *r = sip_slab_alloc(&p->contexts);

	if (!r)
		return NULL;
	memset(r, 0, offsetof(struct repro_request, first_block));
	r->magic = REPRO__REQUEST_MAGIC;
	r->proxy = p;
	r->tx = tx;
	r->id = p->next_id++;
	r->method = sip_message_method(*m);
	sip_arena_init(&r->arena, r->first_block, sizeof r->first_block, 256 * 1024);
	sip_timer_init(&r->group_timer, on_group_timer, r);
	if (sip_hash_add(&p->by_id, &r->by_id, mix(r->id)) != SIP_OK) {
		sip_slab_free(&p->contexts, r);
		return NULL;
	}
	if (tx && sip_hash_add(&p->by_tx, &r->by_tx, mix(tx)) != SIP_OK) {
		(void)sip_hash_remove(&p->by_id, &r->by_id);
		sip_slab_free(&p->contexts, r);
		return NULL;
	}
	r->message = *m;
	*m = NULL;
	sip_metric_add(p->cells, REPRO_M_REQUEST_CONTEXTS, 1);
	return r;
}

static void destroy(struct repro_request *r)
{
	struct repro_proxy *p = r->proxy;

	for (size_t i = 0; i < r->target_count; i++) {
		repro__timer_c_stop(r->targets[i]);
		sip_flow_unref(&r->targets[i]->flow);
	}
	sip_loop_disarm(p->loop, &r->group_timer);
	sip_flow_unref(&r->flow);
	sip_message_unref(&r->message);
	sip_message_unref(&r->best);
	sip_arena_fini(&r->arena);
	(void)sip_hash_remove(&p->by_id, &r->by_id);
	if (r->tx)
		(void)sip_hash_remove(&p->by_tx, &r->by_tx);
	r->magic = 0;
	sip_slab_free(&p->contexts, r);
	sip_metric_add(p->cells, REPRO_M_REQUEST_CONTEXTS, -1);
}

void repro__request_enter(struct repro_request *r)
{
	MUST_BE(r, REPRO__REQUEST_MAGIC);
	r->busy++;
}

void repro__request_leave(struct repro_request *r)
{
	if (--r->busy == 0 && r->is_answered && r->pending == 0 && !r->is_waiting)
		destroy(r);
}

void repro__request_drop(struct repro_request *r)
{
	MUST(r->busy == 0);
	destroy(r);
}

/* ---- answering ----------------------------------------------------------------------------------------------------- */

void repro_request_answer_once(struct repro_request *r)
{
	r->answers_once = true;
}

struct sip_message *repro_request_make_response(struct repro_request *r, unsigned status, const char *reason)
{
	const struct sip_user *u = r->proxy->user;
	char text[SIP_USER_TAG_LEN];
	struct sip_str tag = r->answers_once ? sip_user_tag_once(u, r->message, text) : sip_user_tag(u, r->tx, text);
	struct sip_message *response = NULL;
	enum sip_err err = sip_response_make(r->message, status, reason, tag, &response);

	if (err == SIP_E_INVAL) /* the reason is no phrase: IANA's is */
		err = sip_response_make(r->message, status, NULL, tag, &response);
	if (err == SIP_OK && r->proxy->config->set.server_text[0])
		err = sip_message_set(response, SIP_HEADER_SERVER, sip_str_of(r->proxy->config->set.server_text));
	if (err != SIP_OK)
		sip_message_unref(&response);
	return response;
}

void repro_request_respond(struct repro_request *r, struct sip_message **response)
{
	struct repro_proxy *p = r->proxy;
	enum sip_err err = SIP_E_NOMEM;
	unsigned status = *response ? sip_message_status(*response) : 0;

	if (r->tx && !r->is_answered && *response)
		err = r->answers_once ? sip_user_respond_once(p->user, r->tx, response) : sip_user_respond(p->user, r->tx, response);
	/* Without memory for an answer the transaction must still end: the stack says 500 when it can. */
	if (r->tx && !r->is_answered && err != SIP_OK && status != 100)
		err = sip_user_abandon(p->user, r->tx);
	if (err != SIP_OK && r->tx && !r->is_answered)
		sip_metric_count(p->cells, REPRO_M_LOST);
	if (status >= 200 || status == 0)
		r->is_answered = true;
	sip_metric_count(p->cells, repro_metrics_response(status));
	sip_message_unref(response);
}

void repro_request_reply(struct repro_request *r, unsigned status, const char *reason)
{
	struct sip_message *response;

	if (r->is_answered)
		return;
	if (r->tx == 0) { /* an ACK is never answered (RFC 3261 17) */
		r->is_answered = true;
		return;
	}
	response = repro_request_make_response(r, status, reason);
	repro_request_explain(r, "proxy", "answers %u", status);
	repro_request_respond(r, &response);
}

void repro_request_refuse(struct repro_request *r, enum sip_refusal refusal)
{
	const struct sip_refusal_row *row = &sip_refusal_rows[refusal];

	repro_request_reply(r, row->code, row->reason[0] ? row->reason : NULL);
}

void repro_request_reply_not_allowed(struct repro_request *r, struct sip_str allow)
{
	struct sip_message *response;

	if (r->tx == 0) { /* an ACK is never answered */
		r->is_answered = true;
		return;
	}
	response = repro_request_make_response(r, 405, NULL);
	if (response && sip_message_add(response, SIP_HEADER_ALLOW, allow) != SIP_OK)
		sip_message_unref(&response);
	repro_request_respond(r, &response);
}

void repro_request_explain(const struct repro_request *r, const char *who, const char *format, ...)
{
	const struct sip_log *log = sip_loop_log(r->proxy->loop);
	char text[400];
	va_list args;

	if (!sip_log_is_on(log, SIP_LOG_DEBUG))
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	sip_log_write(log, SIP_LOG_DEBUG, who, sip_message_call_id(r->message), "%s", text);
}

/* ---- the way of a request ------------------------------------------------------------------------------------------- */

static void finish_request_chain(struct repro_request *r, enum repro_verdict verdict)
{
	if (verdict == REPRO_WAIT)
		return;
	if (verdict == REPRO_DONE && !NEVER(!r->is_answered))
		return;
	if (r->is_answered)
		return;
	if (r->target_count == 0) {
		repro_request_reply(r, 480, NULL);
		return;
	}
	if (r->tx == 0)
		repro__forward_ack(r);
	else
		repro_request_run_targets(r);
}

void repro__request_begin(struct repro_request *r)
{
	repro__request_enter(r);
	if (repro__validate(r) && repro__route_preprocess(r))
		finish_request_chain(r, repro__chain_run(&r->proxy->o.request_chain, r));
	repro__request_leave(r);
}

void repro_request_resume(struct repro_request *r)
{
	MUST_BE(r, REPRO__REQUEST_MAGIC);
	if (!r->is_waiting)
		return;
	r->is_waiting = false;
	repro__request_enter(r);
	if (!r->is_answered)
		finish_request_chain(r, repro__chain_run(r->chain, r));
	repro__request_leave(r);
}

void repro_request_run_targets(struct repro_request *r)
{
	size_t keep = r->step, before;

	repro__request_enter(r);
	/* A group that cannot be sent at all is over at once: the next one does not wait for its time. */
	do {
		if (r->is_answered || r->no_new_branches)
			break;
		before = r->tried;
		r->step = 0;
		(void)repro__chain_run(&r->proxy->o.target_chain, r);
		r->step = keep;
	} while (r->pending == 0 && r->tried > before);
	if (r->pending == 0)
		repro__response_settle(r);
	repro__request_leave(r);
}

void repro_request_cancel_branches(struct repro_request *r, struct sip_str reason)
{
	for (size_t i = 0; i < r->target_count; i++) {
		struct repro_target *t = r->targets[i];
		if (t->state != REPRO_TARGET_TRYING && t->state != REPRO_TARGET_PROCEEDING)
			continue;
		t->state = REPRO_TARGET_CANCELLED;
		repro__timer_c_stop(t);
		/* Without memory for a CANCEL the branch rings on until its own end; the transaction's timers see to that. */
		if (sip_user_cancel(r->proxy->user, t->tx, reason) != SIP_OK)
			sip_metric_count(r->proxy->cells, REPRO_M_LOST);
		else
			sip_metric_count(r->proxy->cells, REPRO_M_FORWARD_CANCEL);
	}
}

void repro__request_cancel(struct repro_request *r, struct sip_message *cancel)
{
	struct sip_str reason = { NULL, 0 };

	repro__request_enter(r);
	r->is_cancelled = true;
	r->no_new_branches = true;
	/* RFC 3326 2: the reason of the CANCEL goes along with the CANCELs we send. */
	if (cancel && !sip_message_value(cancel, SIP_HEADER_REASON, 0, &reason))
		reason = sip_str_make(NULL, 0);
	repro_request_cancel_branches(r, reason);
	if (r->pending == 0)
		repro_request_reply(r, 487, NULL);
	repro__request_leave(r);
}
