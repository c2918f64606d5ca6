/*
 * UPDATE (RFC 3311): an offer, or only a refresh, that needs no three-way handshake; in early dialogs too. DUM's loop.
 */
#include "dum/invite/invite_priv.h"

/* ---- ours ------------------------------------------------------------------------------------------------------------------- */

static void on_success(struct dum_session *x, const struct sip_message *request, const struct sip_message *m)
{
	struct sip_str type, body = dum__oa_body_of(m, &type);
	bool is_ours = dum__oa_is_our_offer_out(&x->oa) && x->oa.carrier == DUM__IN_UPDATE;

	dum_dialog_on_response(x->usage.dialog, sip_message_method(request), m);
	/* One sent before the 2xx says nothing of the session's interval, and its answer may come after it (RFC 4028 7.1). */
	if (sip_message_has(request, SIP_HEADER_SESSION_EXPIRES))
		dum__timer_on_response(x, m);
	if (!is_ours)
		return;
	if (!body.len) {
		dum__body_clear(&x->oa.in_update);
		dum__oa_step(&x->oa, DUM__OA_REFUSED);
		dum__session_tell(x, DUM_EVENT_ILLEGAL_NEGOTIATION, m);
		return;
	}
	dum__oa_step(&x->oa, DUM__OA_RX_ANSWER);
	dum__body_move(&x->oa.local, &x->oa.in_update);
	dum__session_tell_body(x, DUM_EVENT_ANSWER, m);
}

/* 5.3: the session is as it was; after a 491 the offer goes again in a while. */
static void on_failure(struct dum_session *x, const struct sip_message *m, bool is_refresh)
{
	if (!dum__oa_is_our_offer_out(&x->oa) || x->oa.carrier != DUM__IN_UPDATE)
		return;
	dum__oa_step(&x->oa, DUM__OA_REFUSED);
	if (sip_message_status(m) == 491) {
		sip_loop_arm(x->usage.set->dum->loop, &x->update_timer, dum__glare_wait_us(x));
		return;
	}
	dum__body_clear(&x->oa.in_update);
	if (!is_refresh)
		dum__session_tell(x, DUM_EVENT_OFFER_REJECTED, m);
}

void dum__update_on_response(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why)
{
	struct dum_session *x = arg;
	struct dum__input i = { .message = m, .status = sip_message_status(m) };
	bool is_refresh = x->is_refresh;
	enum sip_err err;

	(void)why;
	if (i.status < 200)
		return;
	x->update = NULL; /* what is told may send the next one */
	x->is_refresh = false;
	if (i.status < 300)
		on_success(x, dum_request_message(r), m);
	else
		on_failure(x, m, is_refresh);
	dum__server_accept_if_wanted(x);
	if (x->usage.is_ended || i.status < 300)
		return;
	/* RFC 3262 3: 481 to a PRACK is about the response it names. */
	if (!dum_invite_is_gone(i.status) || (i.status == 481 && sip_message_method(dum_request_message(r)) == SIP_METHOD_PRACK)) {
		if (is_refresh)
			dum__timer_on_failure(x, m);
		return;
	}
	err = dum__session_run(x, DUM__ON_RX_GONE, &i); /* an early one waits for the INVITE's own answer */
	(void)err;
}

static const struct dum__body *offer_of(const struct dum_session *x)
{
	return x->oa.held.bytes ? &x->oa.held : &x->oa.in_update;
}

enum sip_err dum__update_put_offer(struct dum_session *x, struct sip_message *m)
{
	return sip_message_set_body(m, dum__body_type(offer_of(x)), dum__body_bytes(offer_of(x)));
}

void dum__update_offer_sent(struct dum_session *x)
{
	if (x->oa.held.bytes)
		dum__body_move(&x->oa.in_update, &x->oa.held);
	dum__oa_step(&x->oa, DUM__OA_TX_OFFER);
	x->oa.carrier = DUM__IN_UPDATE;
}

enum sip_err dum__update_send(struct dum_session *x, bool has_offer)
{
	struct sip_message *m = NULL;
	enum sip_err err;

	if (x->update)
		return SIP_E_STATE; /* 5.1: one at a time */
	err = dum_dialog_make_request(x->usage.dialog, SIP_METHOD_UPDATE, 0, DUM_DRESS_CONTACT | DUM_DRESS_CAPABILITIES, &m);
	if (err == SIP_OK && x->usage.dialog->is_confirmed)
		err = dum__timer_put_request(x, x->usage.set->profile, x->min_se_s, m);
	if (err == SIP_OK && has_offer)
		err = dum__update_put_offer(x, m);
	if (err == SIP_OK)
		err = dum_dialog_send(x->usage.dialog, &x->usage, dum__update_on_response, x, &m, &x->update);
	sip_message_unref(&m);
	if (err == SIP_OK && has_offer)
		dum__update_offer_sent(x);
	return err;
}

/* By UPDATE as before, or by re-INVITE when the session stands by now. */
static enum sip_err offer_again(struct dum_session *x)
{
	struct dum__input i = { 0 };
	enum sip_err err;

	if (x->state == DUM__SESSION_UAC_EARLY || x->state == DUM__SESSION_UAS_NEW)
		return x->peer_has_update ? dum__update_send(x, true) : SIP_E_STATE;
	if (!x->oa.held.bytes)
		dum__body_move(&x->oa.held, &x->oa.in_update);
	else if (x->oa.in_update.bytes)
		return SIP_E_STATE;
	err = dum__session_run(x, DUM__ON_DO_REINVITE, &i);
	if (err != SIP_OK)
		dum__body_clear(&x->oa.held);
	return err;
}

static void on_glare_over(void *arg)
{
	struct dum_session *x = arg;
	struct dum *d = x->usage.set->dum;

	dum_core_enter(d);
	if (x->state == DUM__SESSION_UAS_ACCEPTED || x->state == DUM__SESSION_UAS_ACCEPTING) {
		sip_loop_arm(d->loop, &x->update_timer, dum__glare_wait_us(x)); /* the ACK first */
	} else if (!dum__oa_can(&x->oa, DUM__OA_TX_OFFER) || x->update || offer_again(x) != SIP_OK) {
		dum__body_clear(&x->oa.in_update);
		dum__session_tell(x, DUM_EVENT_OFFER_REJECTED, NULL);
	}
	dum_core_leave(d);
}

static void reject_waiting(struct dum_session *x)
{
	sip_loop_disarm(x->usage.set->dum->loop, &x->update_timer);
	dum__body_clear(&x->oa.in_update);
	dum__body_clear(&x->oa.held);
	dum__session_tell(x, DUM_EVENT_OFFER_REJECTED, NULL);
}

void dum__update_give_up(struct dum_session *x)
{
	if (!x->update && (x->oa.in_update.bytes || x->oa.held.bytes))
		reject_waiting(x);
}

void dum__update_send_held(struct dum_session *x)
{
	bool is_early = x->state == DUM__SESSION_UAC_EARLY;

	if (x->oa.held.bytes && x->oa.state == DUM__OA_AGREED && !x->update && (is_early || x->state == DUM__SESSION_CONNECTED) &&
	    offer_again(x) != SIP_OK)
		reject_waiting(x);
}

void dum__update_init(struct dum_session *x)
{
	sip_timer_init(&x->update_timer, on_glare_over, x);
}

/* ---- the peer's ---------------------------------------------------------------------------------------------------------------- */

static void send_ok(struct dum_session *x, struct dum_incoming *in, const struct dum__body *body)
{
	struct dum_answer a = { .status = 200, .dress = DUM_DRESS_CONTACT | DUM_DRESS_CAPABILITIES };
	struct sip_message *m = NULL;
	enum sip_err err;

	if (body) {
		a.type = dum__body_type(body);
		a.body = dum__body_bytes(body);
	}
	err = dum_incoming_make(in, &a, &m);
	if (err == SIP_OK && x->usage.dialog->is_confirmed)
		err = dum__timer_put_response(x, in->message, m);
	if (err == SIP_OK)
		dum_dialog_on_target_refresh(x->usage.dialog, in);
	if (err == SIP_OK)
		err = dum_incoming_send(in, &m);
	sip_message_unref(&m);
	if (err != SIP_OK)
		dum_incoming_release(&in);
}

static void on_unanswered(void *arg, struct dum_incoming *in)
{
	struct dum_session *x = arg;

	(void)in;
	x->update_in = NULL;
	dum__oa_step(&x->oa, DUM__OA_REFUSED);
	dum__server_accept_if_wanted(x);
}

/* 5.2: 491 while our offer is out; 500 with Retry-After while theirs waits for us, or nothing is agreed on yet. */
static bool is_refused(struct dum_session *x, struct dum_incoming *in)
{
	if (dum__oa_is_our_offer_out(&x->oa)) {
		dum_incoming_refuse_as(in, SIP_REFUSAL_GLARE);
	} else if (x->oa.state == DUM__OA_AGREED) {
		if (dum_usage_is_heard(&x->usage, DUM_EVENT_OFFER))
			return false;
		dum_incoming_refuse_as(in, SIP_REFUSAL_NO_OFFERS);
	} else {
		dum__refuse_busy(x, in);
	}
	return true;
}

/* An offer of ours that waits to go again gives way; false: the application, told of it, has hung up or offered anew. */
static bool gives_way(struct dum_session *x, struct dum_incoming *in)
{
	struct dum__input i = { .message = in->message, .in = in };

	if (x->state != DUM__SESSION_REINVITE_GLARE) {
		if (x->oa.held.bytes)
			reject_waiting(x);
		return !x->usage.is_ended && x->state != DUM__SESSION_BYE_SENT && dum__oa_can(&x->oa, DUM__OA_RX_OFFER);
	}
	return dum__session_run(x, DUM__ON_RX_UPDATE, &i) == SIP_OK && x->state == DUM__SESSION_CONNECTED &&
	       dum__oa_can(&x->oa, DUM__OA_RX_OFFER);
}

static void take_offer(struct dum_session *x, struct dum_incoming *in)
{
	if (is_refused(x, in))
		return;
	if (!gives_way(x, in)) {
		dum_incoming_refuse_as(in, SIP_REFUSAL_GLARE);
		return;
	}
	dum__oa_step(&x->oa, DUM__OA_RX_OFFER);
	x->oa.carrier = DUM__IN_UPDATE;
	x->update_in = in;
	dum_incoming_await(in, on_unanswered, x);
	dum__session_tell_body(x, DUM_EVENT_OFFER, in->message);
}

void dum__update_on_request(struct dum_session *x, struct dum_incoming *in)
{
	struct sip_str type, body = dum__oa_body_of(in->message, &type);

	dum__session_note_peer(x, in->message);
	(void)dum__timer_note_min_se(x, in->message);
	if (x->state == DUM__SESSION_BYE_SENT)
		dum_incoming_refuse_as(in, SIP_REFUSAL_NO_DIALOG);
	else if (dum__timer_refuses(x, in))
		return;
	else if (x->update_in || x->state == DUM__SESSION_UAS_ENDING)
		dum__refuse_busy(x, in); /* 5.2: with an offer or without; our BYE waits for the ACK, and the peer knows of none */
	else if (body.len)
		take_offer(x, in);
	else
		send_ok(x, in, NULL);
}

enum sip_err dum__update_answer(struct dum_session *x)
{
	struct dum_incoming *in = x->update_in;

	if (!in || !x->oa.held.bytes)
		return SIP_E_STATE;
	x->update_in = NULL;
	dum__oa_step(&x->oa, DUM__OA_TX_ANSWER);
	dum__body_move(&x->oa.local, &x->oa.held);
	send_ok(x, in, &x->oa.local);
	dum__server_accept_if_wanted(x);
	return SIP_OK;
}
