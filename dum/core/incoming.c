/*
 * Requests that wait for our answer: found by their transaction when a CANCEL comes, given a handle when an application is to
 * answer, refused by themselves when nobody does. DUM's loop.
 */
#include "dum/core/core.h"

static uint64_t hash_of(const struct dum *d, uint64_t tx)
{
	return sip_hash_bytes(&d->key, &tx, sizeof tx);
}

static struct dum_incoming *find(struct dum *d, uint64_t tx)
{
	for (struct sip_hash_node *n = sip_hash_first(&d->incoming, hash_of(d, tx)); n; n = sip_hash_next(n)) {
		struct dum_incoming *in = SIP_CONTAINER(n, struct dum_incoming, node);
		if (in->tx == tx)
			return in;
	}
	return NULL;
}

static void bury(void *object)
{
	struct dum_incoming *in = object;

	sip_free((char *)(uintptr_t)in->user.p);
	sip_message_unref(&in->message);
	dum_profile_unref(&in->profile);
	sip_free(in);
}

/* Off all tables; freed when everybody has left. */
static void finish(struct dum_incoming *in)
{
	struct dum *d = in->dum;

	sip_loop_disarm(d->loop, &in->timer);
	if (sip_hash_remove(&d->incoming, &in->node)) {
		dum_handles_remove(d->handles, in->handle);
		dum_core_bury(d, &in->grave, bury, in);
	}
}

static void on_late(void *arg)
{
	struct dum_incoming *in = arg;
	struct dum *d = in->dum;

	dum_core_enter(d);
	if (in->on_over)
		in->on_over(in->arg, in);
	dum_incoming_release(&in);
	dum_core_leave(d);
}

static enum sip_err create(struct dum *d, struct sip_user_event *e, struct dum_incoming **out)
{
	struct dum_incoming *in = sip_alloc_zero(sizeof *in);
	enum sip_err err;

	if (!in)
		return SIP_E_NOMEM;
	err = sip_hash_add(&d->incoming, &in->node, hash_of(d, e->tx));
	if (err != SIP_OK) {
		sip_free(in);
		return err;
	}
	in->dum = d;
	in->tx = e->tx;
	in->message = e->message;
	e->message = NULL;
	in->method = sip_message_method(in->message);
	in->profile = d->profile;
	dum_profile_ref(in->profile);
	in->is_merged = e->is_merged;
	in->came_us = dum_core_now(d);
	sip_timer_init(&in->timer, on_late, in);
	*out = in;
	return SIP_OK;
}

void dum_incoming_on_request(struct dum *d, struct sip_user_event *e)
{
	struct dum_incoming *in = NULL;
	enum sip_err err = create(d, e, &in);

	if (err == SIP_OK) {
		d->up->on_request(d, in);
		return;
	}
	/* Full, or no memory: a later try may do better. */
	if (sip_user_reply(d->user, e->tx, e->message, 503, NULL) != SIP_OK)
		err = sip_user_abandon(d->user, e->tx);
}

void dum_incoming_on_cancel(struct dum *d, struct sip_user_event *e)
{
	struct dum_incoming *in = find(d, e->tx);

	if (in && in->on_cancel && !in->is_answered)
		in->on_cancel(in->arg, in, e->message);
}

/* By then the client has given up: timer F (RFC 3261 17.1.2.2), and a late answer would only do harm (RFC 4320 4.2). */
static void arm(struct dum_incoming *in)
{
	int64_t left = in->came_us + dum_core_patience_us(in->dum) - dum_core_now(in->dum);

	sip_loop_arm(in->dum->loop, &in->timer, left > 0 ? left : 0);
}

enum sip_err dum_incoming_show(struct dum_incoming *in)
{
	enum sip_err err;

	if (!dum_handle_is_none(in->handle))
		return SIP_OK;
	err = dum_handles_add(in->dum->handles, DUM_HANDLE_SERVER_REQUEST, in, &in->handle);
	if (err == SIP_OK)
		arm(in);
	return err;
}

void dum_incoming_hide(struct dum_incoming *in)
{
	sip_loop_disarm(in->dum->loop, &in->timer);
	dum_handles_remove(in->dum->handles, in->handle);
	memset(&in->handle, 0, sizeof in->handle);
}

enum sip_err dum_incoming_set_user(struct dum_incoming *in, struct sip_str user)
{
	char *copy = sip_strdup(user.p, user.len);

	if (!copy)
		return SIP_E_NOMEM;
	sip_free((char *)(uintptr_t)in->user.p);
	in->user = sip_str_make(copy, user.len);
	return SIP_OK;
}

void dum_incoming_await(struct dum_incoming *in, void (*on_over)(void *arg, struct dum_incoming *in), void *arg)
{
	in->on_over = on_over;
	in->arg = arg;
	arm(in);
}

/* ---- answers ----------------------------------------------------------------------------------------------------------- */

static enum sip_err put_fields(const struct dum_answer *a, struct sip_message *m)
{
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(a->name) && err == SIP_OK; i++)
		if (a->name[i].len)
			err = sip_message_add_field(m, a->name[i], a->value[i]);
	if (err == SIP_OK && a->body.len)
		err = sip_message_set_body(m, a->type, a->body);
	return err;
}

enum sip_err dum_incoming_make(struct dum_incoming *in, const struct dum_answer *a, struct sip_message **out)
{
	struct dum *d = in->dum;
	char tag[SIP_USER_TAG_LEN], phrase[128];
	struct sip_str to_tag = in->tag.len ? in->tag : sip_user_tag(d->user, in->tx, tag);
	const char *reason = NULL;
	struct sip_message *m = NULL;
	enum sip_err err;

	if (a->reason.len) {
		size_t n = a->reason.len < sizeof phrase ? a->reason.len : sizeof phrase - 1;
		memcpy(phrase, a->reason.p, n);
		phrase[n] = '\0';
		reason = phrase;
	}
	if (a->status < 100 || a->status > 699)
		return SIP_E_INVAL;
	err = sip_response_make(in->message, a->status, reason, to_tag, &m);
	if (err == SIP_OK)
		err = dum_dress_response(d, in->profile, in->message, m, a->dress);
	if (err == SIP_OK)
		err = put_fields(a, m);
	if (err == SIP_OK && d->handlers.on_ready_to_send)
		d->handlers.on_ready_to_send(d, in->usage, m);
	if (err == SIP_OK)
		*out = m;
	else
		sip_message_unref(&m);
	return err;
}

enum sip_err dum_incoming_send(struct dum_incoming *in, struct sip_message **m)
{
	bool is_final = sip_message_status(*m) >= 200, is_failure = sip_message_status(*m) >= 300;
	enum sip_err err = sip_user_respond(in->dum->user, in->tx, m);

	sip_message_unref(m);
	if (err == SIP_OK && is_final) {
		in->is_answered = true;
		sip_loop_disarm(in->dum->loop, &in->timer);
		/* A 2xx to an INVITE is repeated until its ACK; of all else the transaction takes care. */
		if (in->method != SIP_METHOD_INVITE || is_failure)
			finish(in);
	}
	return err;
}

void dum_incoming_answer(struct dum_incoming *in, const struct dum_answer *a)
{
	struct sip_message *m = NULL;
	enum sip_err err = dum_incoming_make(in, a, &m);

	if (err == SIP_E_INVAL && a->reason.len) { /* it is no phrase, and the peer waits */
		struct dum_answer plain = *a;
		plain.reason = sip_str_make(NULL, 0);
		err = dum_incoming_make(in, &plain, &m);
	}
	if (err == SIP_OK)
		err = dum_incoming_send(in, &m);
	if (err != SIP_OK)
		dum_incoming_release(&in);
}

void dum_incoming_refuse(struct dum_incoming *in, unsigned status)
{
	struct dum_answer a = { .status = status };

	dum_incoming_answer(in, &a);
}

void dum_incoming_refuse_as(struct dum_incoming *in, enum sip_refusal refusal)
{
	const struct sip_refusal_row *row = &sip_refusal_rows[refusal];
	struct dum_answer a = { .status = row->code, .reason = sip_str_of(row->reason) };

	dum_incoming_answer(in, &a);
}

void dum_incoming_refuse_method(struct dum_incoming *in)
{
	char room[256];
	struct sip_buf b;
	struct dum_answer a = { .status = sip_refusal_code(SIP_REFUSAL_METHOD), .name = { SIP_STR_INIT("Allow") } };

	sip_buf_init_fixed(&b, room, sizeof room);
	dum_dress_put_allow(in->profile, &b);
	a.value[0] = sip_buf_str(&b);
	dum_incoming_answer(in, &a);
}

void dum_incoming_release(struct dum_incoming **inp)
{
	struct dum_incoming *in = *inp;
	enum sip_err err;

	*inp = NULL;
	if (!in)
		return;
	if (!in->is_answered && sip_list_is_linked(&in->grave.node) == false) {
		in->is_answered = true;
		/* Without memory the transaction ends by its own timers. */
		err = sip_user_abandon(in->dum->user, in->tx);
		(void)err;
	}
	finish(in);
}
