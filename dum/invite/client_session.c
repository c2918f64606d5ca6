/*
 * The caller's side of a session: provisional responses, the 2xx and its ACK (RFC 3261 13.2.2, RFC 3262 4, RFC 3264). DUM's loop.
 */
#include "dum/invite/invite_priv.h"

/* ---- provisional responses ------------------------------------------------------------------------------------------------ */

/* What a body in a reliable one means; false: it broke the rules. */
static bool take_reliable_body(struct dum_session *x, const struct sip_message *m)
{
	if (dum__oa_is_our_offer_out(&x->oa) && x->oa.carrier == DUM__IN_INVITE) {
		dum__oa_step(&x->oa, DUM__OA_RX_ANSWER);
		x->is_prack_due = true; /* what is offered in the call-back goes with it (RFC 6337 3.2) */
		dum__session_tell_body(x, DUM_EVENT_ANSWER, m);
		x->is_prack_due = false;
		return true;
	}
	if (x->oa.state == DUM__OA_AGREED)
		return true; /* RFC 6337 3.1.1: a copy of the answer, to be ignored */
	if (!dum__oa_step(&x->oa, DUM__OA_RX_OFFER))
		return false;
	x->oa.carrier = DUM__IN_1XX;
	x->is_answer_due_in_prack = true;
	dum__session_tell_body(x, DUM_EVENT_OFFER, m);
	return true;
}

static void send_prack_if_due(struct dum_session *x, const struct sip_message *m, uint32_t rseq)
{
	const struct sip_cseq *cseq = sip_message_cseq(m);
	struct dum__input i = { .message = m };
	enum sip_err err;

	if (x->usage.is_ended || x->is_answer_due_in_prack || x->rseq != rseq || x->pracked == rseq || !cseq)
		return; /* the application has answered in the call-back, say */
	err = dum__reliable_send_prack(x, rseq, cseq->number);
	if (err != SIP_OK)
		err = dum__session_run(x, DUM__ON_FAILED, &i);
	(void)err;
}

void dum__client_provisional(struct dum_session *x, const struct sip_message *m)
{
	struct sip_str type, body = dum__oa_body_of(m, &type);
	const struct sip_cseq *cseq = sip_message_cseq(m);
	struct dum__input i = { .message = m, .status = 199 };
	bool is_reliable;
	uint32_t rseq;

	if (!dum__reliable_take(x, m, &is_reliable) || !cseq)
		return;
	rseq = x->rseq;
	dum_dialog_on_response(x->usage.dialog, SIP_METHOD_INVITE, m);
	dum__session_note_peer(x, m);
	x->rack_cseq = cseq->number;
	dum__session_tell(x, DUM_EVENT_PROVISIONAL, m);
	if (!x->usage.is_ended && body.len) {
		if (!is_reliable)
			dum__session_tell_body(x, DUM_EVENT_EARLY_MEDIA, m);
		else if (!take_reliable_body(x, m))
			dum__session_tell(x, DUM_EVENT_ILLEGAL_NEGOTIATION, m);
	}
	if (is_reliable)
		send_prack_if_due(x, m, rseq);
	/* RFC 6228: this early dialog is over, the INVITE is not. */
	if (sip_message_status(m) == 199 && !x->usage.is_ended && dum__session_run(x, DUM__ON_FORK_LOST, &i) != SIP_OK)
		return;
}

/* ---- the ACK -------------------------------------------------------------------------------------------------------------- */

/* Ours, or that of who hangs up. */
static enum sip_err put_answer(struct dum_session *x, struct sip_message *m)
{
	enum sip_err err = SIP_OK;

	if (x->oa.held.bytes && dum__oa_is_answer_due(&x->oa) && x->oa.carrier == DUM__IN_2XX) {
		err = dum__oa_put_held(&x->oa, m);
		if (err == SIP_OK)
			dum__oa_step(&x->oa, DUM__OA_TX_ANSWER);
	} else if (x->oa.refusal.bytes) {
		err = sip_message_set_body(m, dum__body_type(&x->oa.refusal), dum__body_bytes(&x->oa.refusal));
	}
	dum__body_clear(&x->oa.refusal);
	return err;
}

static enum sip_err send_ack(struct dum_session *x, struct sip_message **m)
{
	struct dum_set *s = x->usage.set;

	return dum_request_send_ack(s->dum, s->profile, x->usage.handle, dum_dialog_is_strict(x->usage.dialog), &x->ack_branch, m);
}

static enum sip_err send_kept_ack(struct dum_session *x)
{
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;

	if (sip_frame_datagram(x->ack, &sip_limits_default, &m, &err) == SIP_FRAME_MESSAGE)
		err = send_ack(x, &m);
	sip_message_unref(&m);
	return err;
}

enum sip_err dum__client_send_ack(struct dum_session *x, uint32_t cseq, const struct sip_message *invite)
{
	struct sip_message *m = NULL;
	struct sip_packet *kept = NULL; /* it may be for as long as the session, so it is to be small */
	enum sip_err err = dum_dialog_make_request(x->usage.dialog, SIP_METHOD_ACK, cseq, 0, &m);

	if (err == SIP_OK && invite)
		err = dum_client_auth_copy(m, invite);
	if (err == SIP_OK)
		err = put_answer(x, m);
	if (err == SIP_OK)
		err = sip_message_encode(m, &kept);
	if (err == SIP_OK) {
		sip_packet_unref(&x->ack);
		x->ack = kept;
		x->ack_cseq = cseq;
		x->ack_branch = 0;
		err = send_ack(x, &m);
	}
	sip_message_unref(&m);
	return err;
}

/* The number of the INVITE that this answers, and the INVITE as it went. */
static enum sip_err ack(struct dum_session *x, const struct sip_message *m)
{
	const struct sip_cseq *cseq = m ? sip_message_cseq(m) : NULL;
	const struct sip_message *invite = x->reinvite ? dum_request_message(x->reinvite) : x->call ? dum__call_invite(x->call) : NULL;

	return dum__client_send_ack(x, cseq ? cseq->number : x->rack_cseq, invite);
}

enum sip_err dum__act_repeat_ack(struct dum_session *x, const struct dum__input *i)
{
	const struct sip_cseq *cseq = sip_message_cseq(i->message);

	if (!x->ack || !cseq || cseq->number != x->ack_cseq)
		return SIP_OK;
	return send_kept_ack(x);
}

/* A 2xx comes when it is too late for its offer. */
static enum sip_err ack_refusing(struct dum_session *x, const struct sip_message *m)
{
	bool is_offer = x->reinvite ? !x->reinvite_has_offer : x->oa.state == DUM__OA_NONE;
	enum sip_err err = SIP_OK;

	if (m && !sip_message_is_request(m) && is_offer)
		err = dum__refusal_make(&x->oa.refusal, m);
	return err == SIP_OK ? ack(x, m) : err;
}

enum sip_err dum__act_ack_alone(struct dum_session *x, const struct dum__input *i)
{
	return ack_refusing(x, i->message);
}

/* The peer hangs up while its offer waits for our answer: its 2xx wants an ACK all the same (13.2.2.4). */
enum sip_err dum__act_ack_and_answer_bye(struct dum_session *x, const struct dum__input *i)
{
	enum sip_err err;

	dum__body_clear(&x->oa.held);
	err = ack(x, NULL);
	(void)err; /* the session is over in any case */
	return dum__act_answer_bye(x, i);
}

/* ---- the 2xx ---------------------------------------------------------------------------------------------------------------- */

void dum__client_final_2xx(struct dum_session *x, const struct sip_message *m)
{
	struct sip_str type, body = dum__oa_body_of(m, &type);
	const struct sip_cseq *cseq = sip_message_cseq(m);
	struct dum__input i = { .message = m, .status = sip_message_status(m) };
	enum dum__session_input on = DUM__ON_RX_2XX_AGAIN;
	bool is_first = x->state == DUM__SESSION_UAC_EARLY || x->state == DUM__SESSION_UAC_CANCELLING;
	enum sip_err err;

	if (!cseq)
		return;
	if (is_first) {
		x->rack_cseq = cseq->number;
		dum_dialog_on_response(x->usage.dialog, SIP_METHOD_INVITE, m);
		dum__session_note_peer(x, m);
		if (dum__oa_is_our_offer_out(&x->oa) && x->oa.carrier == DUM__IN_INVITE)
			on = body.len ? DUM__ON_RX_2XX : DUM__ON_RX_2XX_ILLEGAL;
		else if (x->oa.state == DUM__OA_NONE)
			on = body.len ? DUM__ON_RX_2XX_OFFER : DUM__ON_RX_2XX_ILLEGAL;
		else
			on = dum__oa_is_answer_due(&x->oa) ? DUM__ON_RX_2XX_ILLEGAL : DUM__ON_RX_2XX;
	}
	err = dum__session_run(x, on, &i);
	if (err != SIP_OK && is_first)
		err = dum__session_run(x, DUM__ON_FAILED, &i);
	(void)err;
}

enum sip_err dum__act_connect(struct dum_session *x, const struct dum__input *i)
{
	bool is_answer = dum__oa_is_our_offer_out(&x->oa) && x->oa.carrier == DUM__IN_INVITE;
	enum sip_err err = ack(x, i->message);

	if (err != SIP_OK)
		return err;
	dum__timer_on_response(x, i->message);
	if (is_answer) {
		dum__oa_step(&x->oa, DUM__OA_RX_ANSWER);
		dum__session_tell_body(x, DUM_EVENT_ANSWER, i->message);
	}
	dum__session_tell(x, DUM_EVENT_CONNECTED, i->message);
	return SIP_OK;
}

enum sip_err dum__act_take_offer(struct dum_session *x, const struct dum__input *i)
{
	enum sip_err err = dum__refusal_make(&x->oa.refusal, i->message);

	if (err != SIP_OK)
		return err;
	dum__oa_step(&x->oa, DUM__OA_RX_OFFER);
	x->oa.carrier = DUM__IN_2XX;
	dum__timer_on_response(x, i->message);
	if (!dum_usage_is_heard(&x->usage, DUM_EVENT_OFFER)) {
		struct dum__input end = { .status = 488 };
		return dum__session_run(x, DUM__ON_DO_REJECT, &end);
	}
	dum__session_tell_body(x, DUM_EVENT_OFFER, i->message);
	return SIP_OK;
}

enum sip_err dum__act_send_answer_ack(struct dum_session *x, const struct dum__input *i)
{
	enum sip_err err = ack(x, NULL);

	(void)i;
	if (err == SIP_OK && !x->reinvite)
		dum__session_tell(x, DUM_EVENT_CONNECTED, NULL);
	return err;
}

enum sip_err dum__act_ack_and_bye(struct dum_session *x, const struct dum__input *i)
{
	enum sip_err err;

	if (i->message && !sip_message_is_request(i->message))
		dum_dialog_on_response(x->usage.dialog, SIP_METHOD_INVITE, i->message);
	dum__body_clear(&x->oa.held);
	err = ack_refusing(x, i->message);
	if (x->why == DUM_REASON_NONE && x->call)
		x->why = x->is_told ? DUM_REASON_LOCAL_BYE : DUM_REASON_LOCAL_CANCEL;
	(void)err; /* the BYE is on its way all the same */
	return dum__act_send_bye(x, i);
}

enum sip_err dum__act_illegal(struct dum_session *x, const struct dum__input *i)
{
	enum sip_err err = ack(x, i->message);

	x->why = DUM_REASON_ERROR;
	if (err == SIP_OK)
		dum__session_tell(x, DUM_EVENT_ILLEGAL_NEGOTIATION, i->message);
	if (x->usage.is_ended || x->bye)
		return SIP_OK;
	return dum__act_send_bye(x, i);
}

/* ---- no 2xx ------------------------------------------------------------------------------------------------------------------- */

enum sip_err dum__act_fail(struct dum_session *x, const struct dum__input *i)
{
	x->end_status = (uint16_t)i->status;
	x->why = i->status < 400 ? DUM_REASON_REDIRECTED : i->status == 408 ? DUM_REASON_TIMEOUT : DUM_REASON_REJECTED;
	dum__session_tell(x, i->status < 400 ? DUM_EVENT_REDIRECTED : DUM_EVENT_FAILURE, i->message);
	dum__session_end(x);
	return SIP_OK;
}

enum sip_err dum__act_cancel(struct dum_session *x, const struct dum__input *i)
{
	enum sip_err err = x->call ? dum__call_cancel(x->call, i->reason) : SIP_E_STATE;

	if (err == SIP_OK)
		x->why = DUM_REASON_LOCAL_CANCEL;
	return err;
}

enum sip_err dum__act_cancelled(struct dum_session *x, const struct dum__input *i)
{
	x->end_status = (uint16_t)i->status;
	x->why = DUM_REASON_LOCAL_CANCEL;
	dum__session_end(x);
	return SIP_OK;
}

enum sip_err dum__act_fork_lost(struct dum_session *x, const struct dum__input *i)
{
	/* Another branch, or the INVITE that follows on a refusal of this one. */
	x->why = i->status < 300 ? DUM_REASON_FORKED : i->status < 400 ? DUM_REASON_REDIRECTED : DUM_REASON_REJECTED;
	dum__session_tell(x, DUM_EVENT_FORK_DESTROYED, i->message);
	dum__session_end(x);
	return SIP_OK;
}
