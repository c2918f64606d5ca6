/*
 * An INVITE session: made with its dialog, told about, ended with one last word. DUM's loop.
 */
#include "dum/invite/invite_priv.h"

static bool on_request(struct dum_usage *u, struct dum_incoming *in);
static bool on_ack(struct dum_usage *u, const struct sip_message *m);

static bool on_late_2xx(struct dum_usage *u, const struct sip_message *m)
{
	struct dum_session *x = (struct dum_session *)u;
	const struct sip_cseq *cseq = sip_message_cseq(m);
	struct dum__input i = { .message = m };

	if (!x->ack || !cseq || cseq->number != x->ack_cseq)
		return false;
	return dum__session_run(x, DUM__ON_RX_2XX_AGAIN, &i) == SIP_OK;
}

static enum sip_err end(struct dum_usage *u, struct sip_str reason)
{
	struct dum_session *x = (struct dum_session *)u;
	struct dum__input i = { .status = 480, .reason = reason };
	enum sip_err err = dum__session_set_end_reason(x, reason);

	return err == SIP_OK ? dum__session_run(x, DUM__ON_DO_END, &i) : err;
}

static void stop(struct dum_usage *u)
{
	struct dum_session *x = (struct dum_session *)u;

	x->why = DUM_REASON_STOPPED;
	dum__session_end(x);
}

static void forget_requests(struct dum_session *x)
{
	dum_request_forget(&x->reinvite);
	dum_request_forget(&x->update);
	dum_request_forget(&x->prack);
	dum_request_forget(&x->bye);
	dum_request_forget(&x->info);
	dum_request_forget(&x->message);
}

static void release_incoming(struct dum_session *x)
{
	dum_incoming_release(&x->invite_in);
	dum_incoming_release(&x->update_in);
	dum_incoming_release(&x->prack_in);
}

static void disarm_all(struct dum_session *x)
{
	struct sip_loop *loop = x->usage.set->dum->loop;

	sip_loop_disarm(loop, &x->ok_timer);
	sip_loop_disarm(loop, &x->ack_timer);
	sip_loop_disarm(loop, &x->provisional_timer);
	sip_loop_disarm(loop, &x->wait_timer);
	sip_loop_disarm(loop, &x->update_timer);
	dum__timer_stop(x);
}

static void bury(struct dum_usage *u)
{
	struct dum_session *x = (struct dum_session *)u;
	char *reason = (char *)(uintptr_t)x->end_reason.p;

	dum__body_clear(&x->oa.held);
	dum__body_clear(&x->oa.in_update);
	dum__body_clear(&x->oa.local);
	dum__body_clear(&x->oa.refusal);
	dum__info_drop_kept(x);
	sip_message_unref(&x->ok);
	sip_packet_unref(&x->ack);
	sip_free(reason);
	sip_free(x);
}

static const struct dum_usage_class class_ = {
	.kind = DUM_HANDLE_SESSION,
	.on_request = on_request,
	.on_ack = on_ack,
	.on_late_2xx = on_late_2xx,
	.end = end,
	.stop = stop,
	.bury = bury,
};

/* ---- timers that belong to no part of their own -------------------------------------------------------------------------- */

static void run_by_timer(struct dum_session *x, enum dum__session_input on)
{
	struct dum *d = x->usage.set->dum;
	struct dum__input i = { 0 };
	enum sip_err err;

	dum_core_enter(d);
	err = dum__session_run(x, on, &i);
	(void)err; /* no row: it came to nothing */
	dum_core_leave(d);
}

static void on_ok_due(void *arg)
{
	struct dum_session *x = arg;
	struct dum *d = x->usage.set->dum;
	struct sip_message *m = NULL;

	/* 13.3.1.4: at T1, doubled up to T2, until the ACK comes. */
	x->ok_wait_us = x->ok_wait_us * 2 < d->t2_us ? x->ok_wait_us * 2 : d->t2_us;
	sip_loop_arm(d->loop, &x->ok_timer, x->ok_wait_us);
	if (!x->invite_in || sip_message_clone(x->ok, &m) != SIP_OK)
		return;
	dum_core_enter(d);
	if (dum_incoming_send(x->invite_in, &m) != SIP_OK)
		sip_loop_disarm(d->loop, &x->ok_timer);
	dum_core_leave(d);
}

static void on_no_ack(void *arg)
{
	run_by_timer(arg, DUM__ON_NO_ACK);
}

static void on_wait_over(void *arg)
{
	struct dum_session *x = arg;

	if (x->state == DUM__SESSION_UAS_NEW || x->state == DUM__SESSION_UAS_ACCEPTING)
		run_by_timer(x, DUM__ON_EXPIRED);
	else
		run_by_timer(x, x->state == DUM__SESSION_REINVITE_GLARE ? DUM__ON_GLARE_DUE : DUM__ON_STALE);
}

static void on_provisional_due(void *arg)
{
	struct dum_session *x = arg;
	struct dum *d = x->usage.set->dum;
	struct dum_answer a = { .status = x->provisional, .dress = DUM_DRESS_CONTACT };
	struct sip_message *m = NULL;
	bool is_reliable;

	dum_core_enter(d);
	is_reliable = dum__reliable_is_wanted(x, false);
	dum__server_arm_provisional(x, is_reliable);
	if (x->invite_in && dum_incoming_make(x->invite_in, &a, &m) == SIP_OK &&
	    (is_reliable ? dum__reliable_send(x, &m, false, false) : dum_incoming_send(x->invite_in, &m)) != SIP_OK)
		sip_loop_disarm(d->loop, &x->provisional_timer);
	dum_core_leave(d);
}

enum sip_err dum__session_create(struct dum_set *s, struct dum_dialog *g, struct dum_call *call, struct dum_session **out)
{
	struct dum_session *x = sip_alloc_zero(sizeof *x);
	enum sip_err err;

	if (!x)
		return SIP_E_NOMEM;
	err = dum_usage_init(&x->usage, &class_, s, g);
	if (err != SIP_OK) {
		sip_free(x);
		return err;
	}
	x->call = call;
	x->is_client = call != NULL;
	x->state = x->is_client ? DUM__SESSION_UAC_EARLY : DUM__SESSION_UAS_NEW;
	sip_list_init(&x->reliables);
	sip_timer_init(&x->ok_timer, on_ok_due, x);
	sip_timer_init(&x->ack_timer, on_no_ack, x);
	sip_timer_init(&x->wait_timer, on_wait_over, x);
	sip_timer_init(&x->provisional_timer, on_provisional_due, x);
	dum__timer_init(x);
	dum__update_init(x);
	*out = x;
	return SIP_OK;
}

/* ---- telling -------------------------------------------------------------------------------------------------------------- */

/* Who sent this request, if it was asked. */
static struct sip_str user_of(const struct dum_session *x, const struct sip_message *m)
{
	const struct dum_incoming *waiting[] = { x->invite_in, x->update_in, x->prack_in };

	for (size_t i = 0; m && i < SIP_COUNTOF(waiting); i++)
		if (waiting[i] && waiting[i]->message == m)
			return waiting[i]->user;
	return sip_str_make(NULL, 0);
}

static void tell(struct dum_session *x, struct dum_event *e)
{
	e->user = user_of(x, e->message);
	e->status = e->message && !sip_message_is_request(e->message) ? sip_message_status(e->message) : 0;
	e->is_client = x->is_client;
	dum_usage_tell(&x->usage, e);
}

void dum__session_tell(struct dum_session *x, enum dum_event_kind kind, const struct sip_message *m)
{
	struct dum_event e = { .kind = kind, .message = m };

	if (!x->usage.is_ended)
		tell(x, &e);
}

uint64_t dum__session_hash(const struct dum_session *x, struct sip_str body)
{
	return sip_hash_bytes(&x->usage.set->dum->key, body.p, body.len);
}

void dum__session_tell_body(struct dum_session *x, enum dum_event_kind kind, const struct sip_message *m)
{
	struct dum_event e = { .kind = kind, .message = m };

	if (x->usage.is_ended)
		return;
	e.body = dum__oa_body_of(m, &e.type);
	if (kind == DUM_EVENT_OFFER)
		x->oa.offered = dum__session_hash(x, e.body);
	else if (kind == DUM_EVENT_ANSWER)
		x->oa.remote = dum__session_hash(x, e.body);
	tell(x, &e);
}

void dum__session_end(struct dum_session *x)
{
	struct dum_event e = { .kind = DUM_EVENT_TERMINATED, .reason = (enum dum_reason)x->why, .status = x->end_status };

	if (x->usage.is_ended)
		return;
	x->state = DUM__SESSION_ENDED;
	disarm_all(x);
	dum__reliable_drop_all(x);
	if (x->is_told) {
		e.message = x->end_message;
		e.is_client = x->is_client;
		dum_usage_tell(&x->usage, &e);
	}
	forget_requests(x);
	release_incoming(x);
	if (x->call)
		dum__call_session_ended(x->call, x);
	dum_usage_end(&x->usage);
}

/* What the peer says of itself, in whatever it sends. */
void dum__session_note_peer(struct dum_session *x, const struct sip_message *m)
{
	if (sip_message_has(m, SIP_HEADER_ALLOW))
		x->peer_has_update = sip_message_has_token(m, SIP_HEADER_ALLOW, sip_method_names[SIP_METHOD_UPDATE]);
}

enum sip_err dum__session_set_end_reason(struct dum_session *x, struct sip_str reason)
{
	char *copy;

	if (!reason.len || x->end_reason.len)
		return SIP_OK;
	copy = sip_strdup(reason.p, reason.len);
	if (!copy)
		return SIP_E_NOMEM;
	x->end_reason = sip_str_make(copy, reason.len);
	return SIP_OK;
}

/* ---- what comes in the dialog ----------------------------------------------------------------------------------------------- */

static void on_reinvite(struct dum_session *x, struct dum_incoming *in)
{
	struct dum__input i = { .message = in->message, .in = in };
	bool is_glare = dum__oa_is_our_offer_out(&x->oa) || dum__oa_is_answer_due(&x->oa);
	enum sip_err err;

	dum__session_note_peer(x, in->message);
	(void)dum__timer_note_min_se(x, in->message);
	if (dum__timer_refuses(x, in))
		return;
	err = dum__session_run(x, is_glare ? DUM__ON_RX_INVITE_GLARE : DUM__ON_RX_INVITE, &i);
	if (!in->is_answered && x->invite_in != in)
		dum_incoming_refuse(in, err == SIP_OK ? 487 : 500); /* OK: the application hung up before it could be told of it */
}

static bool on_request(struct dum_usage *u, struct dum_incoming *in)
{
	struct dum_session *x = (struct dum_session *)u;
	struct dum__input i = { .message = in->message, .in = in };

	in->usage = u->handle;
	switch (in->method) {
	case SIP_METHOD_INVITE:
		on_reinvite(x, in);
		return true;
	case SIP_METHOD_BYE:
		if (dum__session_run(x, DUM__ON_RX_BYE, &i) != SIP_OK && !in->is_answered)
			dum_incoming_refuse_as(in, SIP_REFUSAL_NO_DIALOG);
		return true;
	case SIP_METHOD_PRACK:
		dum__reliable_on_prack(x, in);
		return true;
	case SIP_METHOD_UPDATE:
		dum__update_on_request(x, in);
		return true;
	default:
		return dum__info_on_request(x, in);
	}
}

static bool on_ack(struct dum_usage *u, const struct sip_message *m)
{
	struct dum_session *x = (struct dum_session *)u;
	const struct sip_cseq *cseq = sip_message_cseq(m);
	struct dum__input i = { .message = m };
	struct sip_str type, body;
	bool is_answer_due = dum__oa_is_our_offer_out(&x->oa) && x->oa.carrier == DUM__IN_2XX;
	enum sip_err err;

	if (!x->ok || !cseq || cseq->number != x->ok_cseq)
		return false;
	body = dum__oa_body_of(m, &type);
	err = dum__session_run(x, is_answer_due && !body.len ? DUM__ON_RX_ACK_ILLEGAL : DUM__ON_RX_ACK, &i);
	(void)err; /* a repetition */
	return true;
}

const struct sip_message *dum_invite_waiting(const struct dum_usage *session)
{
	const struct dum_session *x = (const struct dum_session *)session;

	return x->state == DUM__SESSION_UAS_NEW && x->invite_in ? x->invite_in->message : NULL;
}
