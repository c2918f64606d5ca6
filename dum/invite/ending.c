/*
 * How sessions end: BYE, either way and at once (RFC 3261 15). The callee waits for the ACK before it hangs up (15.1.1). DUM's loop.
 */
#include "dum/invite/invite_in.h"
#include "dum/invite/invite_priv.h"

bool dum_invite_is_gone(unsigned status)
{
	static const unsigned gone[] = { 404, 408, 410, 416, 481, 482, 483, 484, 485, 502, 604 };

	for (size_t i = 0; i < SIP_COUNTOF(gone); i++)
		if (gone[i] == status)
			return true;
	return false;
}

static void on_bye_response(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why)
{
	struct dum_session *x = arg;
	struct dum__input i = { .message = m, .status = sip_message_status(m) };
	enum sip_err err;

	(void)r;
	(void)why;
	if (i.status < 200)
		return;
	/* Whatever the answer: 15.1.1 ends the session with the request. */
	err = dum__session_run(x, DUM__ON_BYE_DONE, &i);
	(void)err;
}

static void note_why(struct dum_session *x, enum dum_reason why)
{
	if (x->why == DUM_REASON_NONE)
		x->why = (uint8_t)why;
}

static void refuse_pending(struct dum_incoming *in)
{
	if (in && !in->is_answered)
		dum_incoming_refuse(in, 487);
}

static void answer_ok(struct dum_incoming *in)
{
	struct dum_answer a = { .status = 200 };

	dum_incoming_answer(in, &a);
}

/* A PRACK that matched gets a 2xx, and one with an offer an answer in it (RFC 3262 3, 5): it is all over, so every stream is refused. */
static void answer_pending_prack(struct dum_incoming *in)
{
	struct dum__body refusal = { 0 };
	struct dum_answer a = { .status = 200 };

	if (!in || in->is_answered)
		return;
	if (dum__refusal_make(&refusal, in->message) == SIP_OK && refusal.bytes) {
		a.type = dum__body_type(&refusal);
		a.body = dum__body_bytes(&refusal);
	}
	dum_incoming_answer(in, &a);
	dum__body_clear(&refusal);
}

void dum__refuse_all_pending(struct dum_session *x)
{
	struct dum_incoming *update = x->update_in, *prack = x->prack_in;

	x->update_in = x->prack_in = NULL;
	refuse_pending(update);
	answer_pending_prack(prack);
	refuse_pending(x->invite_in);
}

enum sip_err dum__act_send_bye(struct dum_session *x, const struct dum__input *i)
{
	struct sip_message *m = NULL;
	enum sip_err err;

	(void)i;
	sip_loop_disarm(x->usage.set->dum->loop, &x->wait_timer);
	dum__timer_stop(x);
	note_why(x, DUM_REASON_LOCAL_BYE);
	dum__refuse_all_pending(x);
	err = dum_dialog_make_request(x->usage.dialog, SIP_METHOD_BYE, 0, 0, &m);
	if (err == SIP_OK && x->end_reason.len)
		err = sip_message_set(m, SIP_HEADER_REASON, x->end_reason);
	if (err == SIP_OK)
		err = dum_dialog_send(x->usage.dialog, &x->usage, on_bye_response, x, &m, &x->bye);
	sip_message_unref(&m);
	if (err != SIP_OK) {
		/* No way to say so: the peer finds out by itself, and we are done. */
		dum__session_end(x);
		return SIP_OK;
	}
	dum_incoming_release(&x->invite_in);
	return SIP_OK;
}

enum sip_err dum__act_note_end(struct dum_session *x, const struct dum__input *i)
{
	(void)i;
	note_why(x, DUM_REASON_LOCAL_BYE);
	return SIP_OK;
}

enum sip_err dum__act_bye_done(struct dum_session *x, const struct dum__input *i)
{
	(void)i;
	dum__session_end(x);
	return SIP_OK;
}

/* RFC 3261 12.2.1.2, RFC 5057 5.1: the dialog is gone at the peer. */
enum sip_err dum__act_gone(struct dum_session *x, const struct dum__input *i)
{
	note_why(x, i->status == 408 ? DUM_REASON_TIMEOUT : DUM_REASON_ERROR);
	x->end_status = (uint16_t)i->status;
	return dum__act_send_bye(x, i);
}

enum sip_err dum__act_stale(struct dum_session *x, const struct dum__input *i)
{
	note_why(x, DUM_REASON_TIMEOUT);
	dum__session_tell(x, DUM_EVENT_STALE_REINVITE, NULL);
	if (x->usage.is_ended || x->bye)
		return SIP_OK;
	return dum__act_send_bye(x, i);
}

/* 15.1.2: 200, and every request still unanswered gets 487. */
enum sip_err dum__act_answer_bye(struct dum_session *x, const struct dum__input *i)
{
	answer_ok(i->in);
	x->why = DUM_REASON_REMOTE_BYE;
	x->end_message = i->message;
	dum__refuse_all_pending(x);
	dum__session_end(x);
	return SIP_OK;
}

/* Both hung up at once. Ours ends by its own answer. */
enum sip_err dum__act_bye_while_wanting_one(struct dum_session *x, const struct dum__input *i)
{
	(void)x;
	answer_ok(i->in);
	return SIP_OK;
}

enum sip_err dum__act_refuse_481(struct dum_session *x, const struct dum__input *i)
{
	(void)x;
	dum_incoming_refuse_as(i->in, SIP_REFUSAL_NO_DIALOG);
	return SIP_OK;
}

enum sip_err dum__act_give_up(struct dum_session *x, const struct dum__input *i)
{
	(void)i;
	note_why(x, DUM_REASON_ERROR);
	dum__session_end(x);
	return SIP_OK;
}
