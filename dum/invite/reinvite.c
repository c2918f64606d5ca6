/*
 * Changing a session that stands: re-INVITE, both ways, and what happens when both do it at once (RFC 3261 14, RFC 6141). DUM's loop.
 */
#include "dum/invite/invite_priv.h"

/* ---- ours ------------------------------------------------------------------------------------------------------------------- */

/* A 2xx that has its ACK, or whose ACK waits for our answer. */
static bool is_known_2xx(const struct dum_session *x, uint32_t cseq)
{
	return (x->ack && x->ack_cseq == cseq) || (x->state == DUM__SESSION_REINVITE_OFFERED && x->rack_cseq == cseq);
}

/* RFC 4028 7.4: the same again, with the interval that is asked for; as often as a call (client_call.c). */
static bool is_too_short(struct dum_session *x, const struct sip_message *m)
{
	return sip_message_status(m) == 422 && dum__timer_note_min_se(x, m) && x->interval_tries++ < 3;
}

static void on_response(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why)
{
	struct dum_session *x = arg;
	struct sip_str type, body = dum__oa_body_of(m, &type);
	struct dum__input i = { .message = m, .status = sip_message_status(m) };
	const struct sip_cseq *cseq = sip_message_cseq(m);
	enum dum__session_input on = DUM__ON_RX_FAILURE;
	enum sip_err err;

	(void)r;
	(void)why;
	if (i.status < 200 || !cseq)
		return;
	if (i.status < 300 && is_known_2xx(x, cseq->number))
		on = DUM__ON_RX_2XX_AGAIN;
	else if (i.status < 300 && !body.len)
		on = DUM__ON_RX_2XX_ILLEGAL;
	else if (i.status < 300)
		on = x->reinvite_has_offer ? DUM__ON_RX_2XX : DUM__ON_RX_2XX_OFFER;
	else if (i.status == 491 || is_too_short(x, m))
		on = DUM__ON_RX_PENDING;
	else if (dum_invite_is_gone(i.status))
		on = DUM__ON_RX_GONE;
	if (on == DUM__ON_RX_2XX || on == DUM__ON_RX_2XX_OFFER)
		dum_dialog_on_response(x->usage.dialog, SIP_METHOD_INVITE, m);
	err = dum__session_run(x, on, &i);
	if (err != SIP_OK && i.status < 300 && !x->usage.is_ended)
		err = dum__session_run(x, DUM__ON_FAILED, &i);
	(void)err;
}

/* With what is held as an offer, or without one. */
enum sip_err dum__act_send_reinvite(struct dum_session *x, const struct dum__input *i)
{
	struct dum_profile *p = x->usage.set->profile;
	uint32_t stale = dum_profile_number(p, DUM_PROFILE_STALE_REINVITE_TIME);
	struct sip_message *m = NULL;
	enum sip_err err;

	(void)i;
	err = dum_dialog_make_request(x->usage.dialog, SIP_METHOD_INVITE, 0, DUM_DRESS_CONTACT | DUM_DRESS_CAPABILITIES, &m);
	if (err == SIP_OK)
		err = dum__timer_put_request(x, p, x->min_se_s, m);
	if (err == SIP_OK && x->oa.held.bytes)
		err = sip_message_set_body(m, dum__body_type(&x->oa.held), dum__body_bytes(&x->oa.held));
	if (err == SIP_OK)
		err = dum_dialog_send(x->usage.dialog, &x->usage, on_response, x, &m, &x->reinvite);
	sip_message_unref(&m);
	if (err != SIP_OK)
		return err;
	x->reinvite_has_offer = x->oa.held.bytes != NULL;
	if (x->reinvite_has_offer) {
		dum__oa_step(&x->oa, DUM__OA_TX_OFFER);
		x->oa.carrier = DUM__IN_INVITE;
	}
	if (stale)
		sip_loop_arm(x->usage.set->dum->loop, &x->wait_timer, SIP_SECONDS(stale));
	return SIP_OK;
}

static void stop_waiting(struct dum_session *x)
{
	sip_loop_disarm(x->usage.set->dum->loop, &x->wait_timer);
}

enum sip_err dum__act_reinvite_done(struct dum_session *x, const struct dum__input *i)
{
	const struct sip_cseq *cseq = sip_message_cseq(i->message);
	enum sip_err err = dum__client_send_ack(x, cseq->number, x->reinvite ? dum_request_message(x->reinvite) : NULL);
	bool is_refresh = x->is_refresh;
	struct sip_str type;

	if (err != SIP_OK)
		return err;
	stop_waiting(x);
	x->interval_tries = 0;
	dum__timer_on_response(x, i->message);
	dum__oa_step(&x->oa, DUM__OA_RX_ANSWER);
	dum__body_move(&x->oa.local, &x->oa.held);
	x->is_refresh = false;
	/* RFC 4028 7.4: a refresh changes nothing; a peer may all the same. */
	if (!is_refresh || dum__session_hash(x, dum__oa_body_of(i->message, &type)) != x->oa.remote)
		dum__session_tell_body(x, DUM_EVENT_ANSWER, i->message);
	return SIP_OK;
}

enum sip_err dum__act_reinvite_offered(struct dum_session *x, const struct dum__input *i)
{
	enum sip_err err = dum__refusal_make(&x->oa.refusal, i->message);

	if (err != SIP_OK)
		return err;
	stop_waiting(x);
	dum__timer_on_response(x, i->message);
	dum__oa_step(&x->oa, DUM__OA_RX_OFFER);
	x->oa.carrier = DUM__IN_2XX;
	x->rack_cseq = sip_message_cseq(i->message)->number;
	if (!dum_usage_is_heard(&x->usage, DUM_EVENT_OFFER)) {
		struct dum__input end = { .status = 488 };
		return dum__session_run(x, DUM__ON_DO_REJECT, &end);
	}
	dum__session_tell_body(x, DUM_EVENT_OFFER, i->message);
	return SIP_OK;
}

static void tell_rejected(struct dum_session *x, const struct sip_message *m)
{
	bool is_refresh = x->is_refresh;

	x->is_refresh = false;
	if (is_refresh && m)
		dum__timer_on_failure(x, m);
	else if (!is_refresh)
		dum__session_tell(x, x->reinvite_has_offer ? DUM_EVENT_OFFER_REJECTED : DUM_EVENT_OFFER_REQUEST_REJECTED, m);
}

/* The session goes on as it was (14.1). */
enum sip_err dum__act_reinvite_failed(struct dum_session *x, const struct dum__input *i)
{
	stop_waiting(x);
	if (x->reinvite_has_offer)
		dum__oa_step(&x->oa, DUM__OA_REFUSED);
	dum__body_clear(&x->oa.held);
	tell_rejected(x, i->message);
	return SIP_OK;
}

/* 14.1: who made the Call-ID waits 2.1 to 4 s, the other one less than 2 s, in steps of 10 ms. */
int64_t dum__glare_wait_us(struct dum_session *x)
{
	struct sip_rand *rand = dum_core_rand(x->usage.set->dum);

	return SIP_MS(x->usage.dialog->is_client ? 2100 + 10 * (int64_t)sip_rand_below(rand, 191) :
						   10 * (int64_t)sip_rand_below(rand, 201));
}

enum sip_err dum__act_glare(struct dum_session *x, const struct dum__input *i)
{
	int64_t wait_us = i->status == 422 ? 0 : dum__glare_wait_us(x);

	if (x->reinvite_has_offer)
		dum__oa_step(&x->oa, DUM__OA_REFUSED);
	sip_loop_arm(x->usage.set->dum->loop, &x->wait_timer, wait_us);
	return SIP_OK;
}

/* ---- the peer's ------------------------------------------------------------------------------------------------------------------ */

static enum sip_err refuse_unheard(struct dum_session *x)
{
	struct dum__input i = { .status = 488 };

	return dum__session_run(x, DUM__ON_DO_REJECT, &i);
}

enum sip_err dum__act_take_reinvite(struct dum_session *x, const struct dum__input *i)
{
	struct sip_str type, body = dum__oa_body_of(i->message, &type);
	enum dum_event_kind kind = body.len ? DUM_EVENT_OFFER : DUM_EVENT_OFFER_REQUIRED;

	dum__update_give_up(x);
	if (x->usage.is_ended || x->state != DUM__SESSION_REINVITE_IN)
		return SIP_OK; /* by the application, when it was told */
	dum__body_clear(&x->oa.held);
	dum__server_take_invite(x, i->in);
	if (body.len) {
		dum__oa_step(&x->oa, DUM__OA_RX_OFFER);
		x->oa.carrier = DUM__IN_INVITE;
	}
	if (!dum_usage_is_heard(&x->usage, kind))
		return refuse_unheard(x);
	if (body.len)
		dum__session_tell_body(x, kind, i->message);
	else
		dum__session_tell(x, kind, i->message);
	return SIP_OK;
}

/* Theirs came while ours waited to go again: ours is given up, and the application may offer anew. */
enum sip_err dum__act_give_way(struct dum_session *x, const struct dum__input *i)
{
	(void)i;
	stop_waiting(x);
	dum__body_clear(&x->oa.held);
	tell_rejected(x, NULL);
	return SIP_OK;
}

enum sip_err dum__act_take_reinvite_in_glare(struct dum_session *x, const struct dum__input *i)
{
	(void)dum__act_give_way(x, i);
	return x->usage.is_ended || x->state != DUM__SESSION_REINVITE_IN ? SIP_OK : dum__act_take_reinvite(x, i);
}

enum sip_err dum__act_answer_reinvite(struct dum_session *x, const struct dum__input *i)
{
	(void)i;
	return x->oa.held.bytes ? dum__server_send_2xx(x, 200) : SIP_E_STATE;
}

static void end_of_invite_in(struct dum_session *x)
{
	if (dum__oa_is_answer_due(&x->oa))
		dum__oa_step(&x->oa, DUM__OA_REFUSED);
	dum__body_clear(&x->oa.held);
	dum_incoming_release(&x->invite_in);
}

enum sip_err dum__act_reject_reinvite(struct dum_session *x, const struct dum__input *i)
{
	struct dum_answer a = { .status = i->status, .reason = i->reason };

	if (i->status < 400 || i->status > 699)
		return SIP_E_INVAL;
	dum_incoming_answer(x->invite_in, &a);
	end_of_invite_in(x);
	return SIP_OK;
}

enum sip_err dum__act_cancel_reinvite(struct dum_session *x, const struct dum__input *i)
{
	(void)i;
	dum_incoming_refuse(x->invite_in, 487);
	end_of_invite_in(x);
	return SIP_OK;
}

/* 14.2: ours is out. */
enum sip_err dum__act_pending(struct dum_session *x, const struct dum__input *i)
{
	(void)x;
	dum_incoming_refuse_as(i->in, SIP_REFUSAL_GLARE);
	return SIP_OK;
}

/* 14.2: a second one before the first is answered; Retry-After 0 to 10 s. */
enum sip_err dum__act_busy(struct dum_session *x, const struct dum__input *i)
{
	dum__refuse_busy(x, i->in);
	return SIP_OK;
}

/* RFC 6337 4.3: theirs, in an UPDATE, waits for our answer: 500. Ours is out: 491. */
enum sip_err dum__act_refuse_second(struct dum_session *x, const struct dum__input *i)
{
	return x->update_in ? dum__act_busy(x, i) : dum__act_pending(x, i);
}

void dum__refuse_busy(struct dum_session *x, struct dum_incoming *in)
{
	char text[8];
	struct sip_buf b;
	struct dum_answer a = { .status = sip_refusal_code(SIP_REFUSAL_BUSY), .name = { SIP_STR_INIT("Retry-After") } };

	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_put_u64(&b, sip_rand_below(dum_core_rand(x->usage.set->dum), 11));
	a.value[0] = sip_buf_str(&b);
	dum_incoming_answer(in, &a);
}
