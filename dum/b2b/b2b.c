/*
 * A link between an incoming session and the call made for it. It listens to both (struct dum_tap) and says to one what it hears
 * of the other. It ends with the second of them. DUM's loop.
 */
#include "dum/b2b/b2b.h"
#include "dum/dialog/dialog.h"
#include "dum/invite/invite.h"
#include "dum/invite/invite_in.h"

struct kept { /* what a fork has said while the caller knows of what another one has said */
	struct sip_list node;        /* in b->kept */
	bool is_offer;               /* in its 2xx: the ACK waits for the answer */
	struct dum_handle session;
	size_t type_len, body_len;
	char bytes[];
};

struct dum_b2b {
	struct dum *dum;             /* lent by itself, who outlives it */
	struct dum_grave grave;
	struct dum_handle in, out;   /* the sessions; none before there is one, and after it has ended */
	struct dum_handle set;       /* of the call we make */
	struct dum_handle requests[2][2]; /* of `in`, of `out`: an INFO, a MESSAGE that waits for the other side's answer */
	struct sip_str from, target, headers;      /* owned, behind this struct */
	struct dum_profile *profile; /* owned: a reference; NULL: the manager's */
	bool is_calling;             /* the call has been made, or could not be */
	struct dum_handle voice;     /* the fork whose answer the caller has; stale when it was not the one that answered the call */
	struct dum_handle asker;     /* the fork whose offer the caller is to answer */
	struct sip_list kept;
	size_t kept_count;
	bool is_asking;              /* the caller's UPDATE waits for the answer of `out` */
	bool stands;                 /* both have agreed once */
	bool is_retold;              /* one has been offered what the other one has answered to somebody else, or to a refresh … */
	bool is_retold_out;          /* … and it is the callee */
	bool is_over;
};

static void tap(void *arg, struct dum_event *e);

static void drop_kept(struct dum_b2b *b, struct kept *k)
{
	sip_list_remove(&k->node);
	b->kept_count--;
	sip_free(k);
}

static void bury(void *object)
{
	struct dum_b2b *b = object;

	while (!sip_list_is_empty(&b->kept))
		drop_kept(b, SIP_CONTAINER(b->kept.next, struct kept, node));
	dum_profile_unref(&b->profile);
	sip_free(b);
}

static struct dum_usage *session_of(struct dum_b2b *b, struct dum_handle h)
{
	return dum_handles_find(b->dum->handles, h, DUM_HANDLE_SESSION);
}

/* Off what it listens to; freed when everybody has left. */
static void finish(struct dum_b2b *b)
{
	struct dum_usage *in = session_of(b, b->in), *out = session_of(b, b->out);
	struct dum_set *s = dum_handles_find(b->dum->handles, b->set, DUM_HANDLE_SET);

	b->is_over = true;
	if (in)
		in->tap.fn = NULL;
	if (out)
		out->tap.fn = NULL;
	if (s)
		s->tap.fn = NULL;
	dum_core_bury(b->dum, &b->grave, bury, b);
}

static void finish_if_done(struct dum_b2b *b)
{
	if (!b->is_over && dum_handle_is_none(b->in) && dum_handle_is_none(b->out) && dum_handle_is_none(b->set))
		finish(b);
}

/* ---- making the other call ------------------------------------------------------------------------------------------------ */

/* A challenge of the other side's is none of this one's: whoever has the credentials is on neither. */
static unsigned without_challenge(unsigned status)
{
	return status == 401 || status == 407 ? 403 : status;
}

static void give_up(struct dum_b2b *b, unsigned status)
{
	enum sip_err err = SIP_OK;

	if (!dum_handle_is_none(b->in))
		err = dum_session_reject(b->dum, b->in, without_challenge(status), sip_str_make(NULL, 0));
	(void)err; /* answered already: its own end follows */
}

/* Without an offer of the caller's a callee may make one in a reliable 1xx; that is nothing for a caller who cannot take one. */
static enum sip_err choose_profile(struct dum_b2b *b)
{
	struct dum_usage *in = session_of(b, b->in);
	const struct sip_message *invite = in ? dum_invite_waiting(in) : NULL;
	struct dum_profile *p = b->profile ? b->profile : b->dum->profile;
	enum sip_err err;

	if (!invite || sip_message_has_token(invite, SIP_HEADER_REQUIRE, SIP_STR("100rel")) ||
	    (sip_message_has_token(invite, SIP_HEADER_SUPPORTED, SIP_STR("100rel")) &&
	     dum_profile_number(in->set->profile, DUM_PROFILE_UAS_RELIABLE) != DUM_RELIABLE_NEVER))
		return SIP_OK;
	err = dum_profile_create(p, &p);
	if (err == SIP_OK) {
		dum_profile_unref(&b->profile);
		b->profile = p;
		err = dum_profile_set_number(p, DUM_PROFILE_UAC_RELIABLE, DUM_RELIABLE_NEVER);
	}
	return err;
}

static void call(struct dum_b2b *b, const struct dum_event *offer)
{
	struct dum_invite_options o;
	struct dum_set *s;

	b->is_calling = true;
	if (!offer && choose_profile(b) != SIP_OK) {
		give_up(b, 503);
		return;
	}
	dum_invite_options_init(&o);
	o.target = b->target;
	o.from = b->from;
	o.headers = b->headers;
	o.profile = b->profile;
	if (offer) {
		o.type = offer->type;
		o.body = offer->body;
	}
	if (dum_invite(b->dum, &o, &b->set) != SIP_OK) {
		memset(&b->set, 0, sizeof b->set);
		give_up(b, 503);
		return;
	}
	s = dum_handles_find(b->dum->handles, b->set, DUM_HANDLE_SET);
	if (NEVER(!s))
		return;
	s->tap.fn = tap;
	s->tap.arg = b;
}

/* ---- what one side says --------------------------------------------------------------------------------------------------- */

static bool is_in(const struct dum_b2b *b, const struct dum_event *e)
{
	return dum_handle_eq(e->handle, b->in);
}

static struct dum_handle other(const struct dum_b2b *b, const struct dum_event *e)
{
	return is_in(b, e) ? b->out : b->in;
}

/* Of several forks the first that says something of media is the one the caller hears, until another one answers the call. */
static bool is_heard(struct dum_b2b *b, const struct dum_event *e)
{
	if (is_in(b, e) || b->stands)
		return true;
	if (dum_handle_is_none(b->voice))
		b->voice = b->out = e->handle;
	return dum_handle_eq(e->handle, b->voice);
}

/* Without memory for it the caller goes on with what it has. */
static bool keep(struct dum_b2b *b, const struct dum_event *e)
{
	struct kept *k = b->kept_count < DUM_DIALOGS_MAX ? sip_alloc(sizeof *k + e->type.len + e->body.len) : NULL;

	if (!k)
		return false;
	k->is_offer = e->kind == DUM_EVENT_OFFER;
	k->session = e->handle;
	k->type_len = e->type.len;
	k->body_len = e->body.len;
	memcpy(k->bytes, e->type.p, e->type.len);
	memcpy(k->bytes + e->type.len, e->body.p, e->body.len);
	sip_list_add_tail(&b->kept, &k->node);
	b->kept_count++;
	return true;
}

/* The call was answered by another fork than the one the caller has heard: what that one said is offered as soon as it may be. */
static void tell_kept(struct dum_b2b *b)
{
	struct dum_usage *out = session_of(b, b->out);
	enum sip_err err;
	struct kept *k;

	SIP_LIST_FOR(node, &b->kept) {
		k = SIP_CONTAINER(node, struct kept, node);
		if (!dum_handle_eq(k->session, b->out))
			continue;
		err = dum_session_provide_offer(b->dum, b->in, sip_str_make(k->bytes, k->type_len),
						sip_str_make(k->bytes + k->type_len, k->body_len));
		b->is_retold = err == SIP_OK && !k->is_offer;
		b->is_retold_out = false;
		b->asker = b->out;
		if (err != SIP_OK && k->is_offer && out) /* its 2xx would wait for ever */
			err = out->class_->end(out, sip_str_make(NULL, 0));
		drop_kept(b, k);
		(void)err;
		return;
	}
}

/* A fork's offer in its 2xx, of which the caller has heard another one's: it is accepted first, and offered this one then. */
static enum sip_err accept_first(struct dum_b2b *b, const struct dum_event *e)
{
	enum sip_err err = keep(b, e) ? SIP_OK : SIP_E_NOMEM;

	if (err == SIP_OK)
		err = dum_session_accept(b->dum, b->in, 200);
	b->stands |= err == SIP_OK;
	return err;
}

static enum sip_err pass_offer(struct dum_b2b *b, const struct dum_event *e)
{
	struct dum_usage *in = session_of(b, b->in);
	bool is_waiting = in && dum_invite_waiting(in), is_final = !is_in(b, e) && e->status >= 200;
	enum sip_err err = dum_session_provide_offer(b->dum, other(b, e), e->type, e->body);

	if (err == SIP_OK && !is_in(b, e))
		b->asker = e->handle;
	if (is_in(b, e) || !is_waiting)
		return err;
	/* Our INVITE had none: the 2xx brings it, or a reliable 1xx; the caller is told in the same. */
	if (is_final && err == SIP_E_STATE)
		return accept_first(b, e);
	if (err == SIP_OK && is_final)
		return dum_session_accept(b->dum, b->in, 200);
	if (err == SIP_OK && e->status > 100)
		return dum_session_provisional(b->dum, b->in, e->status, true);
	return err;
}

static void on_offer(struct dum_b2b *b, const struct dum_event *e)
{
	enum sip_err err;

	if (is_in(b, e) && !b->is_calling) {
		call(b, e);
		return;
	}
	if (!is_in(b, e) && e->status >= 200)
		b->out = b->voice = e->handle; /* whose answer is to go there */
	err = is_heard(b, e) ? pass_offer(b, e) : SIP_E_STATE;
	b->is_asking |= err == SIP_OK && is_in(b, e) && !b->stands;
	if (err != SIP_OK)
		err = dum_session_reject(b->dum, e->handle, err == SIP_E_STATE ? 491 : 500, sip_str_make(NULL, 0));
	(void)err;
}

static void on_offer_required(struct dum_b2b *b, const struct dum_event *e)
{
	enum sip_err err;

	if (is_in(b, e) && !b->is_calling) {
		call(b, NULL);
		return;
	}
	err = dum_session_request_offer(b->dum, other(b, e));
	if (err != SIP_OK)
		err = dum_session_reject(b->dum, e->handle, 491, sip_str_make(NULL, 0));
	(void)err;
}

static void on_answer(struct dum_b2b *b, const struct dum_event *e)
{
	enum sip_err err;

	if (b->is_retold && is_in(b, e) != b->is_retold_out) { /* nobody waits for what it says to what it was to know */
		b->is_retold = false;
		return;
	}
	if (!is_heard(b, e)) {
		(void)keep(b, e);
		return;
	}
	if (is_in(b, e) && !dum_handle_eq(b->asker, b->out))
		return; /* that fork is gone */
	b->is_asking = false;
	err = dum_session_provide_answer(b->dum, other(b, e), e->type, e->body);
	if (err == SIP_E_STATE && b->stands) { /* to a refresh of ours, and it says something new */
		b->is_retold = dum_session_provide_offer(b->dum, other(b, e), e->type, e->body) == SIP_OK;
		b->is_retold_out = is_in(b, e);
	}
	/* else it had it before, as early media */
}

static void on_refused(struct dum_b2b *b, const struct dum_event *e)
{
	unsigned status = e->status >= 400 && !dum_invite_is_gone(e->status) ? without_challenge(e->status) : 488;
	enum sip_err err;

	if (b->is_retold && is_in(b, e) != b->is_retold_out) {
		b->is_retold = false;
		return;
	}
	b->is_asking = false;
	err = dum_session_reject(b->dum, other(b, e), status, sip_str_make(NULL, 0));
	(void)err;
}

static void on_provisional(struct dum_b2b *b, const struct dum_event *e)
{
	bool has_body = sip_message_body(e->message).len != 0;
	enum sip_err err;

	if (is_in(b, e) || e->status == 199)
		return;
	if (dum_handle_is_none(b->out))
		b->out = e->handle;
	/* With a body the early media, or the answer, says it. */
	if (!has_body) {
		err = dum_session_provisional(b->dum, b->in, e->status, false);
		(void)err;
	}
}

static void on_early_media(struct dum_b2b *b, const struct dum_event *e)
{
	enum sip_err err = is_heard(b, e) ? dum_session_provide_answer(b->dum, b->in, e->type, e->body) : SIP_E_STATE;

	if (err == SIP_OK)
		err = dum_session_provisional(b->dum, b->in, e->status, true);
	(void)err;
}

/* The caller's UPDATE was for this one: it is to ask again. */
static void on_fork_gone(struct dum_b2b *b, const struct dum_event *e)
{
	static const struct dum_handle none;
	enum sip_err err = SIP_OK;

	if (!dum_handle_eq(e->handle, b->out))
		return;
	b->out = none; /* the call goes on without it */
	if (b->is_asking)
		err = dum_session_reject(b->dum, b->in, 491, sip_str_make(NULL, 0));
	b->is_asking = false;
	(void)err;
}

/* The answer came reliably, before the 2xx. */
static void pass_early_answer(struct dum_b2b *b, const struct dum_event *e)
{
	enum sip_err err;

	if (!is_in(b, e) && e->status > 100 && e->status < 200 && dum_handle_eq(e->handle, b->voice)) {
		err = dum_session_provisional(b->dum, b->in, e->status, true);
		(void)err;
	}
}

static void on_connected(struct dum_b2b *b, const struct dum_event *e)
{
	enum sip_err err;

	if (is_in(b, e))
		return;
	b->out = e->handle;
	b->stands = true;
	if (e->message) {
		err = dum_session_accept(b->dum, b->in, e->status);
		(void)err; /* it waits for a PRACK, or is gone: then its end ends this side */
	}
}

/* ---- beside the session -------------------------------------------------------------------------------------------------------- */

static void answer(struct dum_b2b *b, struct dum_handle request, unsigned status)
{
	struct dum_incoming *in = dum_handles_find(b->dum->handles, request, DUM_HANDLE_SERVER_REQUEST);

	if (in)
		dum_incoming_refuse(in, status); /* or accept: it is only a status */
}

static void on_info(struct dum_b2b *b, const struct dum_event *e)
{
	struct dum_handle *slot = &b->requests[!is_in(b, e)][e->kind == DUM_EVENT_MESSAGE];
	enum sip_err err = e->kind == DUM_EVENT_INFO ? dum_session_info(b->dum, other(b, e), e->type, e->body) :
							 dum_session_message(b->dum, other(b, e), e->type, e->body);

	if (err == SIP_OK) {
		*slot = e->request;
		return;
	}
	answer(b, e->request, 500);
}

static void on_info_answered(struct dum_b2b *b, const struct dum_event *e)
{
	bool is_message = e->kind == DUM_EVENT_MESSAGE_SUCCESS || e->kind == DUM_EVENT_MESSAGE_FAILURE;
	struct dum_handle *slot = &b->requests[is_in(b, e)][is_message];
	struct dum_handle request = *slot;

	memset(slot, 0, sizeof *slot);
	/* This side's dialog is there; without a status it never went. */
	answer(b, request, dum_invite_is_gone(e->status) || !e->status ? 500 : without_challenge(e->status));
}

/* 15.1.2: what still waits when one side is over. */
static void answer_all(struct dum_b2b *b)
{
	for (size_t i = 0; i < 4; i++) {
		struct dum_handle request = b->requests[i / 2][i % 2];
		memset(&b->requests[i / 2][i % 2], 0, sizeof request);
		answer(b, request, 487);
	}
}

/* ---- the end ----------------------------------------------------------------------------------------------------------------------- */

static void end_other(struct dum_b2b *b, const struct dum_event *e)
{
	struct dum_usage *u = session_of(b, other(b, e));
	struct dum_set *s = dum_handles_find(b->dum->handles, b->set, DUM_HANDLE_SET);
	enum sip_err err = SIP_OK;

	if (is_in(b, e)) {
		/* Before it answers, the whole call is cancelled. */
		if (s)
			err = dum_set_end(s, sip_str_make(NULL, 0));
	} else if (u && e->status >= 300 && dum_invite_waiting(u)) {
		give_up(b, e->status);
	} else if (u && !u->is_ended) {
		err = u->class_->end(u, sip_str_make(NULL, 0));
	}
	(void)err;
}

static void on_terminated(struct dum_b2b *b, const struct dum_event *e)
{
	static const struct dum_handle none;

	if (!is_in(b, e) && !dum_handle_eq(e->handle, b->out))
		return; /* a fork that was not taken */
	answer_all(b);
	if (e->reason != DUM_REASON_FORKED)
		end_other(b, e);
	if (is_in(b, e))
		b->in = none;
	else
		b->out = none;
	finish_if_done(b);
}

static void on_set_terminated(struct dum_b2b *b)
{
	static const struct dum_handle none;

	b->set = none;
	give_up(b, 480); /* if it is not answered by now, nobody will */
	finish_if_done(b);
}

static void tap(void *arg, struct dum_event *e)
{
	struct dum_b2b *b = arg;

	switch (e->kind) {
	case DUM_EVENT_OFFER:
		on_offer(b, e);
		break;
	case DUM_EVENT_OFFER_REQUIRED:
		on_offer_required(b, e);
		break;
	case DUM_EVENT_ANSWER:
		on_answer(b, e);
		pass_early_answer(b, e);
		break;
	case DUM_EVENT_OFFER_REJECTED:
	case DUM_EVENT_OFFER_REQUEST_REJECTED:
		on_refused(b, e);
		break;
	case DUM_EVENT_PROVISIONAL:
		on_provisional(b, e);
		break;
	case DUM_EVENT_EARLY_MEDIA:
		on_early_media(b, e);
		break;
	case DUM_EVENT_CONNECTED:
		on_connected(b, e);
		break;
	case DUM_EVENT_INFO:
	case DUM_EVENT_MESSAGE:
		on_info(b, e);
		break;
	case DUM_EVENT_INFO_SUCCESS:
	case DUM_EVENT_INFO_FAILURE:
	case DUM_EVENT_MESSAGE_SUCCESS:
	case DUM_EVENT_MESSAGE_FAILURE:
		on_info_answered(b, e);
		break;
	case DUM_EVENT_SET_FAILURE:
	case DUM_EVENT_SET_REDIRECTED:
		give_up(b, e->status < 400 ? 480 : e->status);
		break;
	case DUM_EVENT_CONNECTED_CONFIRMED:
		if (is_in(b, e))
			tell_kept(b);
		break;
	case DUM_EVENT_FORK_DESTROYED:
		on_fork_gone(b, e);
		break;
	case DUM_EVENT_TERMINATED:
		on_terminated(b, e);
		break;
	case DUM_EVENT_SET_TERMINATED:
		on_set_terminated(b);
		break;
	default:
		break;
	}
}

/* ---- its beginning -------------------------------------------------------------------------------------------------------------------- */

void dum_b2b_options_init(struct dum_b2b_options *o)
{
	memset(o, 0, sizeof *o);
}

/* The fields of the incoming INVITE that are to be seen on the other side. */
static void put_passed(const struct sip_message *invite, struct sip_str names, struct sip_buf *b)
{
	struct sip_str name, value;

	while (sip_str_cut(&names, ',', &name)) {
		name = sip_str_trim(name);
		for (size_t n = 0; sip_message_find(invite, name, n, &value); n++)
			sip_buf_putf(b, "%.*s: %.*s\r\n", SIP_STR_ARG(name), SIP_STR_ARG(value));
	}
}

/* From without its tag. */
static void put_from(const struct sip_message *invite, struct sip_str from, struct sip_buf *b)
{
	const struct sip_name_addr *a = sip_message_name_addr(invite, SIP_HEADER_FROM, 0);

	if (from.len || !a)
		sip_buf_put_str(b, from);
	else if (a->display.len)
		sip_buf_putf(b, "\"%.*s\" <%.*s>", SIP_STR_ARG(a->display), SIP_STR_ARG(a->uri.text));
	else
		sip_buf_putf(b, "<%.*s>", SIP_STR_ARG(a->uri.text));
}

static enum sip_err make(struct dum *d, const struct dum_b2b_options *o, struct sip_str from, struct sip_str headers,
			 struct dum_b2b **out)
{
	struct dum_b2b *b = sip_alloc_zero(sizeof *b + from.len + o->target.len + headers.len);
	char *text;

	if (!b)
		return SIP_E_NOMEM;
	text = (char *)(b + 1);
	b->dum = d;
	sip_list_init(&b->kept);
	b->from = sip_str_make(memcpy(text, from.p, from.len), from.len);
	text += from.len;
	b->target = sip_str_make(memcpy(text, o->target.p, o->target.len), o->target.len);
	text += o->target.len;
	if (headers.len)
		b->headers = sip_str_make(memcpy(text, headers.p, headers.len), headers.len);
	b->profile = o->profile;
	if (b->profile)
		dum_profile_ref(b->profile);
	*out = b;
	return SIP_OK;
}

enum sip_err dum_b2b_create(struct dum *d, struct dum_handle incoming, const struct dum_b2b_options *o)
{
	const struct sip_message *invite;
	struct dum_usage *u;
	struct dum_b2b *b = NULL;
	struct sip_buf from, headers;
	enum sip_err err;

	if (!sip_loop_is_mine(d->loop))
		return SIP_E_STATE;
	u = dum_handles_find(d->handles, incoming, DUM_HANDLE_SESSION);
	if (!u)
		return SIP_E_STALE;
	invite = dum_invite_waiting(u);
	if (!invite || u->tap.fn)
		return SIP_E_STATE;
	if (!o->target.len)
		return SIP_E_INVAL;
	sip_buf_init(&from, 4096);
	sip_buf_init(&headers, 16384);
	put_from(invite, o->from, &from);
	sip_buf_put_str(&headers, o->headers);
	put_passed(invite, o->passed, &headers);
	err = from.err != SIP_OK ? from.err : headers.err;
	if (err == SIP_OK)
		err = make(d, o, sip_buf_str(&from), sip_buf_str(&headers), &b);
	sip_buf_fini(&from);
	sip_buf_fini(&headers);
	if (err != SIP_OK)
		return err;
	b->in = incoming;
	u->tap.fn = tap;
	u->tap.arg = b;
	return SIP_OK;
}
