/*
 * The callee's side of a session: an INVITE comes, rings, and is accepted, refused, redirected or cancelled (RFC 3261 13.3); the 2xx
 * goes again and again until its ACK comes (13.3.1.4). DUM's loop.
 */
#include "dum/invite/invite_priv.h"

/* ---- the INVITE ------------------------------------------------------------------------------------------------------------ */

static void on_cancel(void *arg, struct dum_incoming *in, const struct sip_message *cancel)
{
	struct dum_session *x = arg;
	struct dum__input i = { .message = cancel, .in = in };
	enum sip_err err = dum__session_run(x, DUM__ON_RX_CANCEL, &i);

	(void)err; /* too late: it has been answered */
}

void dum__server_take_invite(struct dum_session *x, struct dum_incoming *in)
{
	dum_incoming_release(&x->invite_in);
	x->invite_in = in;
	in->usage = x->usage.handle;
	in->on_cancel = on_cancel;
	in->arg = x;
}

/* A set, a dialog and a session for it, or an answer that says why not. */
static struct dum_session *make_session(struct dum *d, struct dum_incoming *in)
{
	struct dum_set *s = NULL;
	struct dum_dialog *g = NULL;
	struct dum_session *x = NULL;
	enum sip_err err = dum_set_create(d, in->profile, sip_message_call_id(in->message), sip_str_make(NULL, 0), NULL, &s);

	if (err == SIP_OK) {
		s->is_untold = true;
		err = dum_dialog_create_server(s, in->message, &g);
	}
	if (err == SIP_OK)
		err = dum__session_create(s, g, NULL, &x);
	if (err == SIP_OK) {
		in->tag = s->tag;
		return x;
	}
	if (g)
		dum_dialog_end_if_empty(g);
	if (s)
		dum_set_end_if_empty(s);
	if (err == SIP_E_SYNTAX)
		dum_incoming_refuse_as(in, SIP_REFUSAL_CONTACT);
	else
		dum_incoming_refuse(in, 503);
	return NULL;
}

static bool wants_reliable(const struct sip_message *m)
{
	return sip_message_has_token(m, SIP_HEADER_REQUIRE, SIP_STR("100rel"));
}

/* 13.3.1 step 1. */
static void watch_expires(struct dum_session *x, const struct sip_message *invite)
{
	uint32_t s;

	if (sip_message_number(invite, SIP_HEADER_EXPIRES, &s) == SIP_OK && s)
		sip_loop_arm(x->usage.set->dum->loop, &x->wait_timer, SIP_SECONDS((int64_t)s));
}

void dum_invite_on_request(struct dum *d, struct dum_incoming *in)
{
	struct dum_session *x;
	struct sip_str type, body = dum__oa_body_of(in->message, &type);

	if (!dum_event_is_heard(d, DUM_EVENT_NEW_SESSION) || d->is_shutting_down) {
		if (d->is_shutting_down)
			dum_incoming_refuse(in, 480);
		else
			dum_incoming_refuse_method(in);
		return;
	}
	if (dum_profile_number(in->profile, DUM_PROFILE_UAS_RELIABLE) == DUM_RELIABLE_REQUIRED && !wants_reliable(in->message) &&
	    !sip_message_has_token(in->message, SIP_HEADER_SUPPORTED, SIP_STR("100rel"))) {
		struct dum_answer a = { .status = 421, .name = { SIP_STR_INIT("Require") }, .value = { SIP_STR_INIT("100rel") } };
		dum_incoming_answer(in, &a); /* RFC 3261 21.4.16 */
		return;
	}
	x = make_session(d, in);
	if (!x || dum__timer_refuses(x, in)) {
		if (x)
			dum__session_end(x);
		return;
	}
	dum__server_take_invite(x, in);
	dum__session_note_peer(x, in->message);
	(void)dum__timer_note_min_se(x, in->message);
	if (body.len) {
		dum__oa_step(&x->oa, DUM__OA_RX_OFFER);
		x->oa.carrier = DUM__IN_INVITE;
	}
	watch_expires(x, in->message);
	x->is_told = true;
	x->usage.set->is_untold = false;
	dum__session_tell(x, DUM_EVENT_NEW_SESSION, in->message);
	if (x->state != DUM__SESSION_UAS_NEW)
		return;
	if (body.len)
		dum__session_tell_body(x, DUM_EVENT_OFFER, in->message);
	else
		dum__session_tell(x, DUM_EVENT_OFFER_REQUIRED, in->message);
}

/* ---- provisional responses --------------------------------------------------------------------------------------------------- */

/* What is held goes with it: an answer or an offer that counts when it is sent reliably, a preview of the answer otherwise. */
static enum sip_err put_early(struct dum_session *x, struct sip_message *m, bool is_reliable, bool *has_offer, bool *has_answer)
{
	bool is_answer = dum__oa_is_answer_due(&x->oa) && x->oa.carrier == DUM__IN_INVITE;

	if (!x->oa.held.bytes)
		return SIP_E_STATE;
	if (!is_reliable)
		return is_answer ? sip_message_set_body(m, dum__body_type(&x->oa.held), dum__body_bytes(&x->oa.held)) : SIP_E_STATE;
	*has_answer = is_answer;
	*has_offer = !is_answer;
	return sip_message_set_body(m, dum__body_type(&x->oa.held), dum__body_bytes(&x->oa.held));
}

static void mark_early_sent(struct dum_session *x, bool has_offer)
{
	dum__body_move(&x->oa.local, &x->oa.held);
	dum__oa_step(&x->oa, has_offer ? DUM__OA_TX_OFFER : DUM__OA_TX_ANSWER);
	if (has_offer)
		x->oa.carrier = DUM__IN_1XX;
}

enum sip_err dum__server_provisional(struct dum_session *x, unsigned status, bool is_early)
{
	struct dum_answer a = { .status = status, .dress = DUM_DRESS_CONTACT | DUM_DRESS_CAPABILITIES };
	bool has_offer = false, has_answer = false, is_reliable = dum__reliable_is_wanted(x, is_early);
	struct sip_message *m = NULL;
	enum sip_err err;

	if (x->state != DUM__SESSION_UAS_NEW || !x->invite_in)
		return SIP_E_STATE;
	if (status < 101 || status > 199)
		return SIP_E_INVAL;
	err = dum_incoming_make(x->invite_in, &a, &m);
	if (err == SIP_OK && is_early && !x->is_early_kept)
		err = put_early(x, m, is_reliable, &has_offer, &has_answer);
	if (err == SIP_OK)
		err = is_reliable ? dum__reliable_send(x, &m, has_offer, has_answer) : dum_incoming_send(x->invite_in, &m);
	sip_message_unref(&m);
	if (err != SIP_OK)
		return err;
	if (has_offer || has_answer)
		mark_early_sent(x, has_offer);
	x->provisional = status;
	dum__server_arm_provisional(x, is_reliable);
	return SIP_OK;
}

/* RFC 3262 3: reliable ones need it once in two and a half times as long. */
void dum__server_arm_provisional(struct dum_session *x, bool is_reliable)
{
	int64_t again = SIP_SECONDS((int64_t)dum_profile_number(x->usage.set->profile, DUM_PROFILE_PROVISIONAL_RESEND_TIME));

	if (again)
		sip_loop_arm(x->usage.set->dum->loop, &x->provisional_timer, is_reliable ? again * 5 / 2 : again);
}

/* ---- the 2xx -------------------------------------------------------------------------------------------------------------------- */

/* The body a 2xx has to carry. */
static enum sip_err put_final(struct dum_session *x, struct sip_message *m)
{
	enum sip_err err;

	if (x->oa.state == DUM__OA_AGREED && !x->oa.held.bytes)
		return SIP_OK; /* all was said in reliable provisional responses */
	if (!x->oa.held.bytes)
		return SIP_E_STATE;
	err = dum__oa_put_held(&x->oa, m);
	if (err != SIP_OK)
		return err;
	if (dum__oa_is_answer_due(&x->oa)) {
		dum__oa_step(&x->oa, DUM__OA_TX_ANSWER);
	} else {
		dum__oa_step(&x->oa, DUM__OA_TX_OFFER);
		x->oa.carrier = DUM__IN_2XX;
	}
	return SIP_OK;
}

/* Sends a 2xx to the INVITE or re-INVITE that waits, and goes on sending it. */
enum sip_err dum__server_send_2xx(struct dum_session *x, unsigned status)
{
	struct dum_answer a = { .status = status, .dress = DUM_DRESS_CONTACT | DUM_DRESS_CAPABILITIES };
	struct dum *d = x->usage.set->dum;
	const struct sip_cseq *cseq = sip_message_cseq(x->invite_in->message);
	struct sip_message *m = NULL, *kept = NULL;
	struct dum__oa before = x->oa;
	enum sip_err err = dum_incoming_make(x->invite_in, &a, &m);

	if (err == SIP_OK)
		err = dum__timer_put_response(x, x->invite_in->message, m);
	if (err == SIP_OK)
		err = sip_message_clone(m, &kept);
	/* Both alike; only the one that goes out steps the machine of offers. */
	if (err == SIP_OK && x->oa.held.bytes)
		err = sip_message_set_body(kept, dum__body_type(&x->oa.held), dum__body_bytes(&x->oa.held));
	if (err == SIP_OK)
		err = put_final(x, m);
	if (err == SIP_OK)
		err = dum_incoming_send(x->invite_in, &m);
	if (err == SIP_OK)
		dum_dialog_on_target_refresh(x->usage.dialog, x->invite_in); /* RFC 6141 4.6: not before */
	sip_message_unref(&m);
	if (err != SIP_OK) {
		sip_message_unref(&kept);
		x->oa.state = before.state;
		return err;
	}
	sip_message_unref(&x->ok);
	x->ok = kept;
	x->ok_cseq = cseq->number;
	x->ok_wait_us = d->t1_us;
	sip_loop_arm(d->loop, &x->ok_timer, d->t1_us);
	sip_loop_arm(d->loop, &x->ack_timer, dum_core_patience_us(d));
	sip_loop_disarm(d->loop, &x->provisional_timer);
	return SIP_OK;
}

static enum sip_err accept_with(struct dum_session *x, unsigned status)
{
	const struct sip_message *invite = x->invite_in->message;
	enum sip_err err = dum__server_send_2xx(x, status);

	if (err != SIP_OK)
		return err;
	sip_loop_disarm(x->usage.set->dum->loop, &x->wait_timer);
	x->usage.dialog->is_confirmed = true;
	dum__session_tell(x, DUM_EVENT_CONNECTED, invite);
	return SIP_OK;
}

enum sip_err dum__act_accept(struct dum_session *x, const struct dum__input *i)
{
	if (!x->oa.held.bytes && x->oa.state != DUM__OA_AGREED)
		return SIP_E_STATE;
	return accept_with(x, i->status);
}

/*
 * Not before the PRACK of a provisional response that carried an offer or an answer (RFC 3262 3), nor while an UPDATE, ours or theirs, has its
 * offer out: a 2xx that crosses the answer would end the INVITE with a session nobody knows yet (RFC 3311 5, RFC 6337 4.3).
 */
bool dum__server_must_wait(const struct dum_session *x)
{
	return dum__reliable_blocks_2xx(x) || x->prack_in || x->update_in || (x->update && dum__oa_is_our_offer_out(&x->oa));
}

void dum__server_accept_if_wanted(struct dum_session *x)
{
	struct dum__input i = { 0 };

	if (!x->usage.is_ended && x->state == DUM__SESSION_UAS_ACCEPTING && !dum__server_must_wait(x) &&
	    dum__session_run(x, DUM__ON_DO_ACCEPT_NOW, &i) != SIP_OK) {
		i.status = 500;
		if (dum__session_run(x, DUM__ON_DO_REJECT, &i) != SIP_OK)
			dum__session_end(x);
	}
}

enum sip_err dum__act_accept_later(struct dum_session *x, const struct dum__input *i)
{
	x->accept_status = i->status;
	return SIP_OK;
}

enum sip_err dum__act_accept_now(struct dum_session *x, const struct dum__input *i)
{
	(void)i;
	return accept_with(x, x->accept_status);
}

static void stop_2xx(struct dum_session *x)
{
	struct sip_loop *loop = x->usage.set->dum->loop;

	sip_loop_disarm(loop, &x->ok_timer);
	sip_loop_disarm(loop, &x->ack_timer);
}

enum sip_err dum__act_confirm(struct dum_session *x, const struct dum__input *i)
{
	stop_2xx(x);
	dum_incoming_release(&x->invite_in);
	sip_message_unref(&x->ok);
	if (dum__oa_is_our_offer_out(&x->oa) && x->oa.carrier == DUM__IN_2XX) {
		dum__oa_step(&x->oa, DUM__OA_RX_ANSWER);
		dum__session_tell_body(x, DUM_EVENT_ANSWER, i->message);
	}
	dum__session_tell(x, DUM_EVENT_CONNECTED_CONFIRMED, i->message);
	dum__info_send_kept(x);
	return SIP_OK;
}

enum sip_err dum__act_confirm_illegal(struct dum_session *x, const struct dum__input *i)
{
	stop_2xx(x);
	x->why = DUM_REASON_ERROR;
	dum__session_tell(x, DUM_EVENT_ILLEGAL_NEGOTIATION, i->message);
	return x->usage.is_ended || x->bye ? SIP_OK : dum__act_send_bye(x, i);
}

enum sip_err dum__act_no_ack(struct dum_session *x, const struct dum__input *i)
{
	stop_2xx(x);
	x->why = DUM_REASON_TIMEOUT;
	dum__session_tell(x, DUM_EVENT_ACK_NOT_RECEIVED, NULL);
	return x->usage.is_ended || x->bye ? SIP_OK : dum__act_send_bye(x, i);
}

/* ---- no 2xx ----------------------------------------------------------------------------------------------------------------------- */

enum sip_err dum__act_reject(struct dum_session *x, const struct dum__input *i)
{
	struct dum_answer a = { .status = i->status, .reason = i->reason };

	if (i->status < 300 || i->status > 699)
		return SIP_E_INVAL;
	if (x->end_reason.len) {
		a.reason = sip_str_make(NULL, 0); /* what dum_end says goes into a Reason header (RFC 3326) */
		a.name[0] = SIP_STR("Reason");
		a.value[0] = x->end_reason;
	}
	if (i->status < 400) {
		a.reason = sip_str_make(NULL, 0);
		a.name[1] = SIP_STR("Contact");
		a.value[1] = i->reason;
	}
	x->why = i->status < 400 ? DUM_REASON_REDIRECTED : DUM_REASON_REJECTED;
	x->end_status = (uint16_t)i->status;
	dum_incoming_answer(x->invite_in, &a);
	dum__refuse_all_pending(x);
	dum__session_end(x);
	return SIP_OK;
}

enum sip_err dum__act_remote_cancel(struct dum_session *x, const struct dum__input *i)
{
	x->why = DUM_REASON_REMOTE_CANCEL;
	x->end_message = i->message;
	dum__refuse_all_pending(x);
	dum__session_end(x);
	return SIP_OK;
}

enum sip_err dum__act_expired(struct dum_session *x, const struct dum__input *i)
{
	(void)i;
	x->why = DUM_REASON_TIMEOUT;
	dum__refuse_all_pending(x);
	dum__session_end(x);
	return SIP_OK;
}
