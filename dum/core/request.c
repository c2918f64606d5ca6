/*
 * Requests of ours: dressed, shown to the application, sent, and sent again with credentials when a 401 or 407 can be answered
 * (RFC 3261 22.2). A request lives until its final response, an INVITE with a 2xx until no further one can come. DUM's loop.
 */
#include "dum/core/core.h"

/* Longer than timer M, 64*T1: a 2xx of another fork may come that late (RFC 6026 7.2). */
#define LINGER_T1 80

struct dum_request {
	struct dum *dum;             /* lent by itself, who outlives its requests */
	struct dum_handle handle;    /* our cookie at the stack */
	struct dum_request_options o;
	struct dum_request **owner;  /* lent: the field it is known by; NULL once it is over */
	struct sip_message *message; /* owned: as it was sent last, without our Via */
	struct dum_grave grave;
	struct sip_timer timer;
	uint64_t tx;
	bool is_invite;
	bool is_over;                /* the final response was told */
	bool is_cancelled;
};

static void bury(void *object)
{
	struct dum_request *r = object;

	sip_loop_disarm(r->dum->loop, &r->timer);
	dum_profile_unref(&r->o.profile);
	sip_flow_unref(&r->o.flow);
	sip_message_unref(&r->message);
	sip_free(r);
}

static void end(struct dum_request *r)
{
	if (r->owner && *r->owner == r)
		*r->owner = NULL;
	r->owner = NULL;
	dum_handles_remove(r->dum->handles, r->handle);
	dum_core_bury(r->dum, &r->grave, bury, r);
}

static void on_lingered(void *arg)
{
	struct dum_request *r = arg;
	struct dum *d = r->dum;

	dum_core_enter(d);
	end(r);
	dum_core_leave(d);
}

static enum sip_err send_now(struct dum_request *r)
{
	struct dum *d = r->dum;
	struct sip_message *m = NULL;
	struct dum_way way = { 0 };
	enum sip_err err = sip_message_clone(r->message, &m);

	if (err == SIP_OK)
		err = dum_way_find(d, r->o.profile, m, r->o.by_uri, &way);
	way.to.flow = r->o.flow;
	if (err == SIP_OK)
		err = sip_user_request(d->user, &m, &way.to, dum_handle_to_u64(r->handle), &r->tx);
	dum_way_leave(&way);
	sip_message_unref(&m);
	return err;
}

static void show(struct dum *d, struct dum_handle usage, struct sip_message *m)
{
	if (d->handlers.on_ready_to_send)
		d->handlers.on_ready_to_send(d, usage, m);
}

static enum sip_err create(struct dum *d, const struct dum_request_options *o, struct sip_message *m, struct dum_request **out)
{
	struct dum_request *r = sip_alloc_zero(sizeof *r);
	enum sip_err err;

	if (!r)
		return SIP_E_NOMEM;
	err = dum_handles_add(d->handles, DUM_HANDLE_REQUEST, r, &r->handle);
	if (err != SIP_OK) {
		sip_free(r);
		return err;
	}
	r->dum = d;
	r->o = *o;
	dum_profile_ref(r->o.profile);
	if (r->o.flow)
		sip_flow_ref(r->o.flow);
	r->is_invite = sip_message_method(m) == SIP_METHOD_INVITE;
	sip_timer_init(&r->timer, on_lingered, r);
	*out = r;
	return SIP_OK;
}

enum sip_err dum_request_send(struct dum *d, const struct dum_request_options *o, struct sip_message **m, struct dum_request **out)
{
	struct dum_request *r = NULL;
	enum sip_err err = create(d, o, *m, &r);

	if (err != SIP_OK)
		return err;
	r->message = *m;
	if (o->auth)
		err = dum_client_auth_add(o->auth, r->message, o->profile, d->hash, dum_core_rand(d));
	if (err == SIP_OK) {
		show(d, o->usage, r->message);
		err = send_now(r);
	}
	if (err != SIP_OK) {
		r->message = NULL; /* still the caller's */
		end(r);
		return err;
	}
	*m = NULL;
	dum_request_forget(out); /* one that lingers for repetitions of its 2xx: they are strays from now on */
	r->owner = out;
	*out = r;
	return SIP_OK;
}

const struct sip_message *dum_request_message(const struct dum_request *r)
{
	return r->message;
}

void dum_request_forget(struct dum_request **rp)
{
	struct dum_request *r = *rp;
	enum sip_err err = SIP_OK;

	*rp = NULL;
	if (!r)
		return;
	/* An INVITE that rings would wait for its final answer for ever (RFC 3261 17.1.1.2). */
	if (r->is_invite && !r->is_over)
		err = sip_user_abandon(r->dum->user, r->tx);
	(void)err; /* without the stack there is nothing left to give up */
	end(r);
}

enum sip_err dum_request_cancel(struct dum_request *r, struct sip_str reason)
{
	if (!r->is_invite || r->is_over)
		return SIP_E_STATE;
	r->is_cancelled = true;
	return sip_user_cancel(r->dum->user, r->tx, reason);
}

/* The same request with the credentials asked for, and the next CSeq number (RFC 3261 8.1.3.5, 22.2). */
static enum sip_err repeat(struct dum_request *r)
{
	struct dum *d = r->dum;
	struct sip_buf b;
	char room[64];
	enum sip_err err;

	sip_buf_init_fixed(&b, room, sizeof room);
	sip_buf_put_u64(&b, r->o.next_cseq(r->o.cseq_arg));
	SIP_BUF_LIT(&b, " ");
	sip_buf_put_str(&b, sip_message_method_text(r->message));
	err = b.err;
	if (err == SIP_OK)
		err = sip_message_set(r->message, SIP_HEADER_CSEQ, sip_buf_str(&b));
	if (err == SIP_OK)
		err = dum_client_auth_add(r->o.auth, r->message, r->o.profile, d->hash, dum_core_rand(d));
	if (err == SIP_OK) {
		show(d, r->o.usage, r->message);
		err = send_now(r);
	}
	return err;
}

static bool answered_challenge(struct dum_request *r, const struct sip_message *m)
{
	unsigned status = sip_message_status(m);

	if ((status != 401 && status != 407) || !r->o.auth || r->is_cancelled)
		return false;
	return dum_client_auth_on_challenge(r->o.auth, m, r->message, r->o.profile, r->dum->hash) == SIP_OK &&
	       repeat(r) == SIP_OK;
}

void dum_request_on_response(struct dum *d, struct sip_user_event *e)
{
	struct dum_request *r = dum_handles_find(d->handles, dum_handle_from_u64(e->cookie), DUM_HANDLE_REQUEST);
	unsigned status = sip_message_status(e->message);
	struct sip_message *m = e->message;
	bool is_last;

	if (!r && status >= 200 && status < 300 && sip_message_method(m) == SIP_METHOD_INVITE)
		d->up->on_stray(d, m); /* nobody waits for it any more, but its sender waits for an ACK */
	if (!r || r->tx != e->tx || (r->is_over && (status < 200 || status >= 300)))
		return;
	if (status >= 300 && answered_challenge(r, m))
		return;
	if (r->o.auth && dum_client_auth_on_response(r->o.auth, m, r->message, r->o.profile, d->hash) != SIP_OK)
		dum_client_auth_clear(r->o.auth); /* it does not know our secret: nothing of it is believed */
	is_last = status >= 300 || (status >= 200 && !r->is_invite);
	if (status >= 200 && !r->is_over) {
		r->is_over = true;
		if (!is_last)
			sip_loop_arm(d->loop, &r->timer, LINGER_T1 * d->t1_us);
	}
	/* Off our Via: what is told is what was sent to us, and may be passed on. */
	if (sip_message_pop(m, SIP_HEADER_VIA) != SIP_OK && NEVER(true))
		return;
	r->o.on_response(r->o.arg, r, m, e->why);
	if (is_last)
		end(r);
}

/* A transaction that ended without a word: there was no memory for one. */
void dum_request_on_ended(struct dum *d, struct sip_user_event *e)
{
	struct dum_request *r = dum_handles_find(d->handles, dum_handle_from_u64(e->cookie), DUM_HANDLE_REQUEST);
	struct sip_message *m = NULL;

	if (!e->cookie || !r || r->tx != e->tx || r->is_over)
		return;
	if (sip_response_make(r->message, 503, NULL, sip_str_make(NULL, 0), &m) != SIP_OK)
		return; /* again no memory: the owner's own timers end it */
	r->is_over = true;
	r->o.on_response(r->o.arg, r, m, e->why == SIP_OK ? SIP_E_STOPPED : e->why);
	sip_message_unref(&m);
	end(r);
}

enum sip_err dum_request_send_ack(struct dum *d, struct dum_profile *p, struct dum_handle usage, bool by_uri,
				  uint64_t *branch, struct sip_message **m)
{
	struct dum_way way = { 0 };
	enum sip_err err;

	show(d, usage, *m);
	err = dum_way_find(d, p, *m, by_uri, &way);
	way.to.branch = branch;
	if (err == SIP_OK)
		err = sip_user_send(d->user, m, &way.to);
	dum_way_leave(&way);
	return err;
}
