/*
 * What applications ask of a session, from any thread: each function makes a deed of it, each deed an input of the machine.
 */
#include "dum/invite/invite_priv.h"

static struct dum_session *session_of(struct dum *d, const struct dum_deed *a)
{
	return dum_handles_find(d->handles, a->handle, DUM_HANDLE_SESSION);
}

static enum sip_err hold(struct dum_session *x, const struct dum_deed *a)
{
	static const struct sip_str sdp = SIP_STR_INIT("application/sdp");

	return a->text[1].len ? dum__body_set(&x->oa.held, a->text[0].len ? a->text[0] : sdp, a->text[1]) : SIP_E_INVAL;
}

/* ---- offers ---------------------------------------------------------------------------------------------------------------- */

static bool is_early(const struct dum_session *x)
{
	return x->state == DUM__SESSION_UAC_EARLY || x->state == DUM__SESSION_UAS_NEW;
}

/* The offer for the caller's INVITE may be another one as long as it has not been sent. */
static bool is_unsent(const struct dum_session *x)
{
	return x->state == DUM__SESSION_UAS_NEW && x->oa.state == DUM__OA_NONE && !x->is_early_kept;
}

static enum sip_err offer_now(struct dum_session *x)
{
	struct dum__input i = { 0 };

	if (x->state == DUM__SESSION_UAS_NEW && x->oa.state == DUM__OA_NONE)
		return SIP_OK; /* goes with accept, or a reliable provisional response */
	if (x->is_prack_due)
		return SIP_OK; /* in the call-back of a reliable response with an answer: goes with its PRACK (RFC 3262 5) */
	if (is_early(x) && x->oa.state == DUM__OA_AGREED) {
		/* RFC 3311 5.1: as the callee not before the PRACK for our answer; as the caller when ours has been answered (RFC 6337 4.3). */
		if (!x->peer_has_update || dum__reliable_blocks_2xx(x))
			return SIP_E_STATE;
		return x->prack ? SIP_OK : dum__update_send(x, true);
	}
	return dum__session_run(x, DUM__ON_DO_REINVITE, &i);
}

static enum sip_err do_provide_offer(struct dum *d, const struct dum_deed *a)
{
	struct dum_session *x = session_of(d, a);
	enum sip_err err;

	if (!x)
		return SIP_E_STALE;
	if (!dum__oa_can(&x->oa, DUM__OA_TX_OFFER) || x->update || x->oa.in_update.bytes || (x->oa.held.bytes && !is_unsent(x)))
		return SIP_E_STATE;
	err = hold(x, a);
	if (err == SIP_OK)
		err = offer_now(x);
	if (err != SIP_OK)
		dum__body_clear(&x->oa.held);
	return err;
}

enum sip_err dum_session_provide_offer(struct dum *d, struct dum_handle session, struct sip_str type, struct sip_str body)
{
	struct dum_deed a = { .fn = do_provide_offer, .handle = session, .text = { type, body } };

	return dum_deed_do(d, &a);
}

static enum sip_err do_request_offer(struct dum *d, const struct dum_deed *a)
{
	struct dum_session *x = session_of(d, a);
	struct dum__input i = { 0 };

	if (!x)
		return SIP_E_STALE;
	if (x->state != DUM__SESSION_CONNECTED || !dum__oa_can(&x->oa, DUM__OA_TX_OFFER) || x->oa.held.bytes || x->oa.in_update.bytes ||
	    x->update)
		return SIP_E_STATE;
	return dum__session_run(x, DUM__ON_DO_REINVITE, &i);
}

enum sip_err dum_session_request_offer(struct dum *d, struct dum_handle session)
{
	struct dum_deed a = { .fn = do_request_offer, .handle = session };

	return dum_deed_do(d, &a);
}

/* ---- answers ---------------------------------------------------------------------------------------------------------------- */

/* By what the offer came in. */
static enum sip_err answer_now(struct dum_session *x)
{
	struct dum__input i = { 0 };

	switch (x->oa.carrier) {
	case DUM__IN_1XX:
		return dum__reliable_send_prack(x, x->rseq, x->rack_cseq);
	case DUM__IN_PRACK:
		return dum__reliable_answer_prack(x);
	case DUM__IN_UPDATE:
		return dum__update_answer(x);
	case DUM__IN_2XX:
		return dum__session_run(x, DUM__ON_DO_ANSWER, &i);
	default:
		/* To the first INVITE it goes with accept, or a provisional response. */
		return x->state == DUM__SESSION_UAS_NEW ? SIP_OK : dum__session_run(x, DUM__ON_DO_ANSWER, &i);
	}
}

static enum sip_err do_provide_answer(struct dum *d, const struct dum_deed *a)
{
	struct dum_session *x = session_of(d, a);
	enum sip_err err;

	if (!x)
		return SIP_E_STALE;
	if (!dum__oa_is_answer_due(&x->oa))
		return SIP_E_STATE;
	err = hold(x, a);
	if (err == SIP_OK)
		err = answer_now(x);
	if (err != SIP_OK && !x->usage.is_ended)
		dum__body_clear(&x->oa.held);
	return err;
}

enum sip_err dum_session_provide_answer(struct dum *d, struct dum_handle session, struct sip_str type, struct sip_str body)
{
	struct dum_deed a = { .fn = do_provide_answer, .handle = session, .text = { type, body } };

	return dum_deed_do(d, &a);
}

/* ---- the INVITE that waits ----------------------------------------------------------------------------------------------------- */

static enum sip_err do_provisional(struct dum *d, const struct dum_deed *a)
{
	struct dum_session *x = session_of(d, a);

	return x ? dum__server_provisional(x, a->number, a->flag) : SIP_E_STALE;
}

enum sip_err dum_session_provisional(struct dum *d, struct dum_handle session, unsigned status, bool is_early_)
{
	struct dum_deed a = { .fn = do_provisional, .handle = session, .number = status, .flag = is_early_ };

	return dum_deed_do(d, &a);
}

static enum sip_err do_accept(struct dum *d, const struct dum_deed *a)
{
	struct dum_session *x = session_of(d, a);
	struct dum__input i = { .status = a->number };

	if (!x)
		return SIP_E_STALE;
	if (i.status < 200 || i.status > 299)
		return SIP_E_INVAL;
	return dum__session_run(x, dum__server_must_wait(x) ? DUM__ON_DO_ACCEPT_LATER : DUM__ON_DO_ACCEPT, &i);
}

enum sip_err dum_session_accept(struct dum *d, struct dum_handle session, unsigned status)
{
	struct dum_deed a = { .fn = do_accept, .handle = session, .number = status };

	return dum_deed_do(d, &a);
}

/* Of an UPDATE, or of a PRACK, which acknowledges what it names all the same (RFC 6337 2.3). */
static enum sip_err reject_offer(struct dum_session *x, struct dum_incoming **waiting, unsigned status)
{
	struct dum_incoming *in = *waiting;

	if (status < 400 || status > 699)
		return SIP_E_INVAL;
	*waiting = NULL;
	dum__oa_step(&x->oa, DUM__OA_REFUSED);
	dum__body_clear(&x->oa.held);
	dum_incoming_refuse(in, status);
	dum__server_accept_if_wanted(x);
	return SIP_OK;
}

static enum sip_err do_reject(struct dum *d, const struct dum_deed *a)
{
	struct dum_session *x = session_of(d, a);
	struct dum__input i = { .status = a->number, .reason = a->text[0] };

	if (!x)
		return SIP_E_STALE;
	if (x->update_in)
		return reject_offer(x, &x->update_in, i.status);
	return x->prack_in ? reject_offer(x, &x->prack_in, i.status) : dum__session_run(x, DUM__ON_DO_REJECT, &i);
}

enum sip_err dum_session_reject(struct dum *d, struct dum_handle session, unsigned status, struct sip_str reason)
{
	struct dum_deed a = { .fn = do_reject, .handle = session, .number = status, .text = { reason } };

	return status < 400 ? SIP_E_INVAL : dum_deed_do(d, &a);
}

enum sip_err dum_session_redirect(struct dum *d, struct dum_handle session, unsigned status, struct sip_str contacts)
{
	struct dum_deed a = { .fn = do_reject, .handle = session, .number = status, .text = { contacts } };

	return status < 300 || status > 399 || !contacts.len ? SIP_E_INVAL : dum_deed_do(d, &a);
}

/* ---- beside it -------------------------------------------------------------------------------------------------------------------- */

static enum sip_err do_info(struct dum *d, const struct dum_deed *a)
{
	struct dum_session *x = session_of(d, a);

	return x ? dum__info_send(x, SIP_METHOD_INFO, a->text[0], a->text[1]) : SIP_E_STALE;
}

static enum sip_err do_message(struct dum *d, const struct dum_deed *a)
{
	struct dum_session *x = session_of(d, a);

	return x ? dum__info_send(x, SIP_METHOD_MESSAGE, a->text[0], a->text[1]) : SIP_E_STALE;
}

enum sip_err dum_session_info(struct dum *d, struct dum_handle session, struct sip_str type, struct sip_str body)
{
	struct dum_deed a = { .fn = do_info, .handle = session, .text = { type, body } };

	return dum_deed_do(d, &a);
}

enum sip_err dum_session_message(struct dum *d, struct dum_handle session, struct sip_str type, struct sip_str body)
{
	struct dum_deed a = { .fn = do_message, .handle = session, .text = { type, body } };

	return dum_deed_do(d, &a);
}
