/*
 * Provisional responses that must arrive (RFC 3262), both sides: ours are numbered, repeated and acknowledged by PRACK; theirs are
 * taken in order and acknowledged. Only one of ours is out at a time; the next wait behind it. DUM's loop.
 */
#include "dum/invite/invite_priv.h"

/* ---- ours ---------------------------------------------------------------------------------------------------------------- */

bool dum__reliable_is_wanted(struct dum_session *x, bool has_body)
{
	uint32_t mode = dum_profile_number(x->usage.set->profile, DUM_PROFILE_UAS_RELIABLE);
	const struct sip_message *m = x->invite_in ? x->invite_in->message : NULL;

	if (!m || x->usage.dialog->is_confirmed)
		return false;
	if (sip_message_has_token(m, SIP_HEADER_REQUIRE, SIP_STR("100rel")))
		return true;
	if (!sip_message_has_token(m, SIP_HEADER_SUPPORTED, SIP_STR("100rel")))
		return false;
	return mode == DUM_RELIABLE_SUPPORTED || mode == DUM_RELIABLE_REQUIRED ||
	       (mode == DUM_RELIABLE_SUPPORTED_ESSENTIAL && has_body);
}

static void drop(struct dum__reliable *r)
{
	sip_loop_disarm(r->session->usage.set->dum->loop, &r->timer);
	sip_list_remove(&r->node);
	r->session->reliable_count--;
	sip_message_unref(&r->message);
	sip_free(r);
}

void dum__reliable_drop_all(struct dum_session *x)
{
	while (!sip_list_is_empty(&x->reliables))
		drop(SIP_CONTAINER(x->reliables.next, struct dum__reliable, node));
}

static enum sip_err send_one(struct dum__reliable *r)
{
	struct dum_session *x = r->session;
	struct dum *d = x->usage.set->dum;
	int64_t left = r->began_us + dum_core_patience_us(d) - dum_core_now(d);
	struct sip_message *m = NULL;
	enum sip_err err = x->invite_in ? sip_message_clone(r->message, &m) : SIP_E_STATE;

	if (err == SIP_OK)
		err = dum_incoming_send(x->invite_in, &m);
	if (err == SIP_OK) {
		r->is_sent = true;
		sip_loop_arm(d->loop, &r->timer, r->wait_us < left ? r->wait_us : left);
	}
	return err;
}

/* 3: at T1, doubled each time; after 64*T1 the INVITE is refused with a 5xx. */
static void on_due(void *arg)
{
	struct dum__reliable *r = arg;
	struct dum_session *x = r->session;
	struct dum *d = x->usage.set->dum;
	struct dum__input i = { .status = 504 };
	enum sip_err err;

	/* 3: after the 2xx it is repeated no more, but its PRACK may still come. */
	if (x->state != DUM__SESSION_UAS_NEW && x->state != DUM__SESSION_UAS_ACCEPTING) {
		sip_message_unref(&r->message);
		return;
	}
	dum_core_enter(d);
	if (dum_core_now(d) - r->began_us >= dum_core_patience_us(d)) {
		err = dum__session_run(x, DUM__ON_DO_REJECT, &i);
	} else {
		r->wait_us *= 2;
		err = send_one(r);
	}
	(void)err;
	dum_core_leave(d);
}

static enum sip_err number(struct dum_session *x, struct sip_message *m)
{
	struct sip_buf b;
	char text[16];
	enum sip_err err = sip_message_add(m, SIP_HEADER_REQUIRE, SIP_STR("100rel"));

	/* 3: the first between 1 and 2^31 - 1. */
	x->rseq = x->rseq ? x->rseq + 1 : 1 + (uint32_t)sip_rand_below(dum_core_rand(x->usage.set->dum), 1000000);
	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_put_u64(&b, x->rseq);
	return err == SIP_OK ? sip_message_set(m, SIP_HEADER_RSEQ, sip_buf_str(&b)) : err;
}

/* The oldest one that has not been sent, if none is out. */
static enum sip_err send_next(struct dum_session *x)
{
	struct dum__reliable *r;

	if (sip_list_is_empty(&x->reliables))
		return SIP_OK;
	r = SIP_CONTAINER(x->reliables.next, struct dum__reliable, node);
	if (r->is_sent)
		return SIP_OK;
	r->began_us = dum_core_now(x->usage.set->dum);
	r->wait_us = x->usage.set->dum->t1_us;
	return send_one(r);
}

enum sip_err dum__reliable_send(struct dum_session *x, struct sip_message **m, bool has_offer, bool has_answer)
{
	struct dum__reliable *r;
	enum sip_err err;

	if (x->reliable_count == DUM__RELIABLE_MAX)
		return SIP_E_LIMIT;
	r = sip_alloc_zero(sizeof *r);
	if (!r)
		return SIP_E_NOMEM;
	r->session = x;
	sip_timer_init(&r->timer, on_due, r);
	err = number(x, *m);
	r->rseq = x->rseq;
	r->cseq = sip_message_cseq(x->invite_in->message)->number;
	r->has_offer = has_offer;
	r->has_answer = has_answer;
	r->message = *m;
	*m = NULL;
	sip_list_add_tail(&x->reliables, &r->node);
	x->reliable_count++;
	if (err == SIP_OK)
		err = send_next(x);
	if (err != SIP_OK)
		drop(r);
	return err;
}

bool dum__reliable_blocks_2xx(const struct dum_session *x)
{
	SIP_LIST_FOR(node, &x->reliables) {
		const struct dum__reliable *r = SIP_CONTAINER(node, struct dum__reliable, node);
		if (r->has_offer || r->has_answer)
			return true;
	}
	return false;
}

/* RFC 3262 7.2 */
static bool is_rack_of(const struct sip_message *m, const struct dum__reliable *r)
{
	const struct sip_rack *rack = sip_message_rack(m);

	return rack && rack->rseq == r->rseq && rack->cseq == r->cseq && rack->method == SIP_METHOD_INVITE;
}

/* Nobody answered the offer in a PRACK in time. */
static void on_unanswered(void *arg, struct dum_incoming *in)
{
	struct dum_session *x = arg;

	(void)in;
	x->prack_in = NULL;
	dum__oa_step(&x->oa, DUM__OA_REFUSED);
	dum__server_accept_if_wanted(x);
}

/* COUNT: it is not refused (RFC 3311 5.2 of UPDATE). */
static enum sip_refusal refusal_of(struct dum_session *x)
{
	if (!dum_usage_is_heard(&x->usage, DUM_EVENT_OFFER))
		return SIP_REFUSAL_NO_OFFERS;
	if (dum__oa_can(&x->oa, DUM__OA_RX_OFFER))
		return SIP_REFUSAL_COUNT;
	return dum__oa_is_our_offer_out(&x->oa) ? SIP_REFUSAL_GLARE : SIP_REFUSAL_BUSY;
}

/* What the PRACK's body is, if it has one (5). True: it is answered, or waits for the application. */
static bool take_body(struct dum_session *x, struct dum_incoming *in, bool had_offer)
{
	struct sip_str type, body = dum__oa_body_of(in->message, &type);
	enum sip_refusal refusal;

	if (had_offer) {
		dum__oa_step(&x->oa, DUM__OA_RX_ANSWER);
		if (body.len)
			dum__session_tell_body(x, DUM_EVENT_ANSWER, in->message);
		else
			dum__session_tell(x, DUM_EVENT_ILLEGAL_NEGOTIATION, in->message);
		return false;
	}
	if (!body.len)
		return false;
	refusal = refusal_of(x);
	if (refusal != SIP_REFUSAL_COUNT) {
		dum_incoming_refuse_as(in, refusal);
		return true;
	}
	dum__oa_step(&x->oa, DUM__OA_RX_OFFER);
	x->oa.carrier = DUM__IN_PRACK;
	x->prack_in = in;
	dum_incoming_await(in, on_unanswered, x);
	dum__session_tell_body(x, DUM_EVENT_OFFER, in->message);
	return true;
}

void dum__reliable_on_prack(struct dum_session *x, struct dum_incoming *in)
{
	struct dum__reliable *r =
		sip_list_is_empty(&x->reliables) ? NULL : SIP_CONTAINER(x->reliables.next, struct dum__reliable, node);
	struct dum_answer ok = { .status = 200 };
	struct sip_message *m = in->message;
	bool had_offer;

	if (!r || !r->is_sent || !is_rack_of(m, r)) {
		dum_incoming_refuse_as(in, SIP_REFUSAL_NO_DIALOG);
		return;
	}
	had_offer = r->has_offer;
	drop(r);
	sip_message_ref(m);
	if (!take_body(x, in, had_offer))
		dum_incoming_answer(in, &ok);
	dum__session_tell(x, DUM_EVENT_PRACK, m);
	sip_message_unref(&m);
	if (!x->usage.is_ended && send_next(x) != SIP_OK)
		dum__reliable_drop_all(x);
	dum__server_accept_if_wanted(x);
}

/* The application's answer to an offer in a PRACK. */
enum sip_err dum__reliable_answer_prack(struct dum_session *x)
{
	struct dum_answer a = { .status = 200, .type = dum__body_type(&x->oa.held), .body = dum__body_bytes(&x->oa.held) };

	if (!x->prack_in || !x->oa.held.bytes)
		return SIP_E_STATE;
	dum__oa_step(&x->oa, DUM__OA_TX_ANSWER);
	dum_incoming_answer(x->prack_in, &a);
	x->prack_in = NULL;
	dum__body_move(&x->oa.local, &x->oa.held);
	dum__server_accept_if_wanted(x);
	return SIP_OK;
}

/* ---- theirs ----------------------------------------------------------------------------------------------------------------- */

bool dum__reliable_is_whole(const struct sip_message *m)
{
	uint32_t rseq;

	return !sip_message_has_token(m, SIP_HEADER_REQUIRE, SIP_STR("100rel")) ||
	       (sip_message_number(m, SIP_HEADER_RSEQ, &rseq) == SIP_OK && rseq != 0);
}

bool dum__reliable_take(struct dum_session *x, const struct sip_message *m, bool *is_reliable)
{
	uint32_t rseq;

	*is_reliable = false;
	if (!sip_message_has_token(m, SIP_HEADER_REQUIRE, SIP_STR("100rel")))
		return true;
	if (sip_message_number(m, SIP_HEADER_RSEQ, &rseq) != SIP_OK || rseq == 0)
		return false;
	/* 4: one more than the last, or it is neither acknowledged nor looked at. */
	if (x->rseq && rseq != x->rseq + 1)
		return false;
	x->rseq = rseq;
	*is_reliable = true;
	return true;
}

static void on_prack_response(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why)
{
	struct dum_session *x = arg;

	(void)why;
	if (sip_message_status(m) < 200)
		return;
	if (x->prack == r)
		x->prack = NULL;
	dum__update_send_held(x);
}

/* An answer to the peer's offer, or an offer of ours that was made when its answer was told (5). */
static enum sip_err put_body(struct dum_session *x, struct sip_message *m, bool *has_offer)
{
	enum sip_err err = SIP_OK;

	*has_offer = false;
	if (!x->oa.held.bytes)
		return SIP_OK;
	if (x->is_answer_due_in_prack) {
		err = dum__oa_put_held(&x->oa, m);
		if (err == SIP_OK)
			dum__oa_step(&x->oa, DUM__OA_TX_ANSWER);
		x->is_answer_due_in_prack = false;
	} else if (x->oa.state == DUM__OA_AGREED && !x->update) {
		*has_offer = true;
		err = dum__update_put_offer(x, m);
	}
	return err;
}

enum sip_err dum__reliable_send_prack(struct dum_session *x, uint32_t rseq, uint32_t cseq)
{
	struct sip_message *m = NULL;
	struct sip_buf b;
	char text[48];
	bool has_offer = false;
	enum sip_err err = dum_dialog_make_request(x->usage.dialog, SIP_METHOD_PRACK, 0, 0, &m);

	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_putf(&b, "%lu %lu INVITE", (unsigned long)rseq, (unsigned long)cseq);
	if (err == SIP_OK)
		err = sip_message_set(m, SIP_HEADER_RACK, sip_buf_str(&b));
	if (err == SIP_OK)
		err = put_body(x, m, &has_offer);
	/* A PRACK before this one may still be without its answer: it goes on, unheard. */
	if (!has_offer)
		dum_request_forget(&x->prack);
	if (err == SIP_OK)
		err = dum_dialog_send(x->usage.dialog, &x->usage, has_offer ? dum__update_on_response : on_prack_response, x, &m,
				      has_offer ? &x->update : &x->prack);
	if (err == SIP_OK && has_offer)
		dum__update_offer_sent(x);
	if (err == SIP_OK)
		x->pracked = rseq;
	sip_message_unref(&m);
	return err;
}
