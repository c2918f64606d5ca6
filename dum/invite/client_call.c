/*
 * A call of ours before and beside its dialogs: one INVITE, the forks that come of it, redirects, and its end by CANCEL (RFC 3261
 * 9.1, 13.2, 8.1.3.4). It lives as long as one of its sessions, because every repetition of a 2xx wants an ACK. DUM's loop.
 */
#include "dum/invite/invite_priv.h"

#define REDIRECT_TARGETS_MAX 32

struct target {
	char *uri;      /* owned, zero-terminated */
	char *headers;  /* owned: what the contact's URI asks for; NULL: nothing */
	uint32_t q;     /* thousandths */
	bool is_tried;
};

struct dum_call {
	struct dum_usage usage;
	struct dum_request *invite;
	struct dum_session *winner;  /* the first fork that answered; lent, NULL when it is over */
	bool is_cancelled;
	bool is_answered;
	bool is_over;                /* a final answer has come, or none will */
	struct sip_timer timer;      /* stale call; cancelled without an answer */
	bool has_offer;
	struct dum__body offer;      /* until it is answered */
	struct sip_message *first;   /* owned: the INVITE that was redirected, of which each other one is made */
	struct target *targets;      /* owned: REDIRECT_TARGETS_MAX; NULL until somebody redirects us */
	size_t target_count, redirects;
	uint32_t min_se;             /* what a 422 asked for */
	unsigned interval_tries;
};

static void on_response(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why);

static void bury(struct dum_usage *u)
{
	struct dum_call *c = (struct dum_call *)u;

	dum__body_clear(&c->offer);
	for (size_t i = 0; i < c->target_count; i++) {
		sip_free(c->targets[i].uri);
		sip_free(c->targets[i].headers);
	}
	sip_free(c->targets);
	sip_message_unref(&c->first);
	sip_free(c);
}

static void end_call(struct dum_call *c)
{
	if (c->usage.is_ended)
		return;
	sip_loop_disarm(c->usage.set->dum->loop, &c->timer);
	dum_request_forget(&c->invite);
	dum_usage_end(&c->usage);
}

/* The sessions it has now; those that end while others are told are skipped by is_ended. */
static size_t sessions_of(struct dum_call *c, struct dum_session *out[DUM_SET_USAGES])
{
	struct dum_usage *usages[DUM_SET_USAGES];
	size_t n = dum_set_usages(c->usage.set, usages), k = 0;

	for (size_t i = 0; i < n; i++)
		if (usages[i]->class_->kind == DUM_HANDLE_SESSION && ((struct dum_session *)usages[i])->call == c)
			out[k++] = (struct dum_session *)usages[i];
	return k;
}

static void end_if_done(struct dum_call *c)
{
	struct dum_session *sessions[DUM_SET_USAGES];

	if (!c->usage.is_ended && c->is_over && sessions_of(c, sessions) == 0)
		end_call(c);
}

void dum__call_session_ended(struct dum_call *c, struct dum_session *x)
{
	x->call = NULL;
	if (c->winner == x)
		c->winner = NULL;
	end_if_done(c);
}

const struct sip_message *dum__call_invite(const struct dum_call *c)
{
	return c->invite ? dum_request_message(c->invite) : NULL;
}

static void run_all(struct dum_call *c, enum dum__session_input on, const struct dum__input *i, struct dum_session *but)
{
	struct dum_session *sessions[DUM_SET_USAGES];
	size_t n = sessions_of(c, sessions);
	enum sip_err err;

	for (size_t k = 0; k < n; k++) {
		if (sessions[k] == but || sessions[k]->usage.is_ended)
			continue;
		err = dum__session_run(sessions[k], on, i);
		(void)err; /* a fork that has no use for it */
	}
}

/* ---- the end of it ---------------------------------------------------------------------------------------------------- */

enum sip_err dum__call_cancel(struct dum_call *c, struct sip_str reason)
{
	struct dum__input i = { .reason = reason };
	enum sip_err err;

	if (c->is_answered || c->is_cancelled)
		return SIP_OK; /* its 2xx is in our hands: who takes it hangs up */
	if (c->is_over || !c->invite)
		return SIP_E_STATE;
	err = dum_request_cancel(c->invite, reason);
	if (err != SIP_OK)
		return err;
	c->is_cancelled = true;
	/* 9.1: without any answer it is given up after 64*T1. */
	sip_loop_arm(c->usage.set->dum->loop, &c->timer, dum_core_patience_us(c->usage.set->dum));
	run_all(c, DUM__ON_DO_END, &i, NULL);
	return SIP_OK;
}

static enum sip_err end(struct dum_usage *u, struct sip_str reason)
{
	struct dum_call *c = (struct dum_call *)u;

	/* Once it is answered its session ends it. */
	return c->is_over ? SIP_OK : dum__call_cancel(c, reason);
}

static void tell_set(struct dum_call *c, enum dum_event_kind kind, const struct sip_message *m)
{
	struct dum_event e = { .kind = kind, .message = m, .status = m ? sip_message_status(m) : 408 };

	dum_set_tell(c->usage.set, &e);
}

static void fail_all(struct dum_call *c, const struct sip_message *m)
{
	struct dum__input i = { .message = m, .status = m ? sip_message_status(m) : 408 };
	struct dum_session *sessions[DUM_SET_USAGES];

	if (sessions_of(c, sessions) == 0)
		tell_set(c, i.status < 400 ? DUM_EVENT_SET_REDIRECTED : DUM_EVENT_SET_FAILURE, m);
	c->is_over = true;
	run_all(c, DUM__ON_RX_FAILURE, &i, NULL);
	end_if_done(c);
}

static void on_timer(void *arg)
{
	struct dum_call *c = arg;
	struct dum *d = c->usage.set->dum;
	struct dum_session *sessions[DUM_SET_USAGES];
	size_t n;

	dum_core_enter(d);
	if (c->is_cancelled) {
		fail_all(c, NULL);
	} else if (!c->is_over) {
		n = sessions_of(c, sessions);
		for (size_t i = 0; i < n; i++)
			dum__session_tell(sessions[i], DUM_EVENT_STALE_CALL, NULL);
		if (dum__call_cancel(c, sip_str_make(NULL, 0)) != SIP_OK)
			fail_all(c, NULL);
	}
	dum_core_leave(d);
}

static void stop(struct dum_usage *u)
{
	struct dum_call *c = (struct dum_call *)u;

	c->is_over = true;
	if (sip_list_is_empty(&u->set->dialogs))
		end_call(c);
	else
		end_if_done(c);
}

static const struct dum_usage_class class_ = {
	.kind = DUM_HANDLE_NONE,
	.end = end,
	.stop = stop,
	.bury = bury,
};

/* ---- forks ---------------------------------------------------------------------------------------------------------------- */

static struct dum_session *session_in(struct dum_dialog *g)
{
	SIP_LIST_FOR(node, &g->usages) {
		struct dum_usage *u = SIP_CONTAINER(node, struct dum_usage, node);
		if (u->class_->kind == DUM_HANDLE_SESSION)
			return (struct dum_session *)u;
	}
	return NULL;
}

/* The session of the dialog this response is of; made when there is none. NULL: it cannot be. */
static struct dum_session *fork_of(struct dum_call *c, const struct dum_request *r, const struct sip_message *m, bool *is_new)
{
	const struct sip_name_addr *to = sip_message_name_addr(m, SIP_HEADER_TO, 0);
	struct dum_dialog *g = to ? dum_dialog_find(c->usage.set, to->tag) : NULL;
	struct dum_session *x = NULL;

	*is_new = false;
	if (g)
		return session_in(g);
	if (!to || dum_dialog_create_client(c->usage.set, dum_request_message(r), m, &g) != SIP_OK)
		return NULL;
	if (dum__session_create(c->usage.set, g, c, &x) != SIP_OK) {
		dum_dialog_end_if_empty(g);
		return NULL;
	}
	if (c->has_offer) {
		x->oa.state = DUM__OA_LOCAL;
		x->oa.carrier = DUM__IN_INVITE;
		if (dum__body_set(&x->oa.local, dum__body_type(&c->offer), dum__body_bytes(&c->offer)) != SIP_OK)
			x->oa.local.body_len = 0; /* a refresh will say nothing of it */
	}
	x->usage.tap = c->usage.set->tap;
	if (c->is_cancelled)
		x->state = DUM__SESSION_UAC_CANCELLING;
	*is_new = true;
	return x;
}

static void tell_new(struct dum_session *x, const struct sip_message *m)
{
	x->is_told = true;
	dum__session_note_peer(x, m);
	dum__session_tell(x, DUM_EVENT_NEW_SESSION, m);
}

static void on_provisional(struct dum_call *c, struct dum_request *r, const struct sip_message *m)
{
	const struct sip_name_addr *to = sip_message_name_addr(m, SIP_HEADER_TO, 0);
	struct dum_session *x;
	bool is_new;

	if (c->is_answered)
		return;
	if (sip_message_status(m) == 100 || !to || !to->tag.p) {
		tell_set(c, sip_message_status(m) == 100 ? DUM_EVENT_SET_TRYING : DUM_EVENT_SET_PROVISIONAL, m);
		return;
	}
	if (!dum__reliable_is_whole(m))
		return;
	/* RFC 6228 4: it has overtaken what would have made the dialog. */
	if (sip_message_status(m) == 199 && !dum_dialog_find(c->usage.set, to->tag) &&
	    !sip_message_has_token(m, SIP_HEADER_REQUIRE, SIP_STR("100rel")))
		return;
	x = fork_of(c, r, m, &is_new);
	if (!x)
		return; /* too many forks, or no memory: the final answer will tell */
	if (is_new)
		tell_new(x, m);
	if (!x->usage.is_ended)
		dum__client_provisional(x, m);
}

/* A fork nobody wants: ACK, then BYE (13.2.2.4). It is not told of. */
static void end_unwanted(struct dum_call *c, struct dum_session *x, const struct sip_message *m)
{
	struct dum__input i = { .message = m };

	(void)c;
	if (x->state == DUM__SESSION_UAC_EARLY)
		x->state = DUM__SESSION_UAC_CANCELLING;
	x->why = DUM_REASON_FORKED;
	if (dum__session_run(x, DUM__ON_RX_2XX, &i) != SIP_OK)
		dum__session_end(x);
}

static void on_success(struct dum_call *c, struct dum_request *r, const struct sip_message *m)
{
	struct dum__input i = { .message = m };
	struct dum_session *x;
	bool is_new;

	x = fork_of(c, r, m, &is_new);
	c->is_over = true;
	sip_loop_disarm(c->usage.set->dum->loop, &c->timer);
	if (!x) {
		c->usage.set->dum->up->on_stray(c->usage.set->dum, (struct sip_message *)(uintptr_t)m);
		run_all(c, DUM__ON_FORK_LOST, &i, NULL);
		end_if_done(c);
		return;
	}
	if (c->is_answered && is_new) {
		end_unwanted(c, x, m);
		return;
	}
	if (!c->is_answered) {
		c->is_answered = true;
		c->winner = x;
		dum__body_clear(&c->offer);
		run_all(c, DUM__ON_FORK_LOST, &i, x);
	}
	if (is_new && !c->is_cancelled)
		tell_new(x, m);
	if (!x->usage.is_ended)
		dum__client_final_2xx(x, m);
}

/* ---- other answers ---------------------------------------------------------------------------------------------------------- */

static struct sip_str headers_of(const struct target *t)
{
	return t->headers ? sip_str_of(t->headers) : SIP_STR("");
}

/* What it asks for is part of what it is (19.1.4). */
static bool is_known_target(const struct dum_call *c, struct sip_str uri, struct sip_str headers)
{
	for (size_t i = 0; i < c->target_count; i++)
		if (sip_str_eq(sip_str_of(c->targets[i].uri), uri) && sip_str_eq(headers_of(&c->targets[i]), headers))
			return true;
	return false;
}

/* One that there is no memory for is not tried. */
static void note_target(struct dum_call *c, struct sip_str uri, struct sip_str headers, uint32_t q, bool is_tried)
{
	struct target *t;

	if (!c->targets)
		c->targets = sip_alloc(REDIRECT_TARGETS_MAX * sizeof *c->targets);
	if (!c->targets || c->target_count == REDIRECT_TARGETS_MAX || is_known_target(c, uri, headers))
		return;
	t = &c->targets[c->target_count];
	t->uri = sip_strdup(uri.p, uri.len);
	t->headers = headers.len ? sip_strdup(headers.p, headers.len) : NULL;
	t->q = q;
	t->is_tried = is_tried;
	if (t->uri && (t->headers || headers.len == 0)) {
		c->target_count++;
		return;
	}
	sip_free(t->uri);
	sip_free(t->headers);
}

static void note_contacts(struct dum_call *c, struct dum_request *r, const struct sip_message *m)
{
	const struct sip_name_addr *a;
	struct sip_buf b;
	char room[1024];
	uint32_t q;

	if (!c->first) {
		if (sip_message_clone(dum_request_message(r), &c->first) != SIP_OK)
			return;
		/* They were for where it went; what another place asks for is added when it asks, or is known of its realm. */
		sip_message_remove_all(c->first, SIP_HEADER_AUTHORIZATION);
		sip_message_remove_all(c->first, SIP_HEADER_PROXY_AUTHORIZATION);
	}
	note_target(c, sip_message_uri_text(dum_request_message(r)), SIP_STR(""), 1000, true);
	for (size_t n = 0; (a = sip_message_name_addr(m, SIP_HEADER_CONTACT, n)) != NULL; n++) {
		if (a->is_star || a->uri.scheme == SIP_URI_OTHER)
			continue;
		if (sip_name_addr_q(a, 1000, &q) != SIP_OK)
			q = 0;
		sip_buf_init_fixed(&b, room, sizeof room);
		sip_uri_put_request(&b, &a->uri);
		if (b.err == SIP_OK)
			note_target(c, sip_buf_str(&b), a->uri.headers, q, false);
	}
}

static struct target *next_target(struct dum_call *c)
{
	struct target *best = NULL;

	for (size_t i = 0; i < c->target_count; i++)
		if (!c->targets[i].is_tried && (!best || c->targets[i].q > best->q))
			best = &c->targets[i];
	return best;
}

/* What the contact asks for, as far as it is harmless: who redirects us has none of our rights (8.1.3.4, 19.1.5). */
static enum sip_err aim_at(struct sip_message *m, const struct target *t)
{
	struct sip_uri wanted = { .headers = headers_of(t) };
	unsigned left_out;
	enum sip_err err = sip_message_set_uri(m, sip_str_of(t->uri));

	return err == SIP_OK ? sip_message_embed(m, &wanted, SIP_EMBED_HARMLESS, &left_out) : err;
}

/* `like` once more: next CSeq, and what has to be other (8.1.3.4, RFC 4028 7.4); `t` NULL: where it went. */
static enum sip_err invite_again(struct dum_call *c, const struct sip_message *like, const struct target *t)
{
	struct dum_set *s = c->usage.set;
	struct sip_message *m = NULL;
	struct sip_buf b;
	char room[32];
	enum sip_err err = sip_message_clone(like, &m);

	sip_buf_init_fixed(&b, room, sizeof room);
	sip_buf_putf(&b, "%lu INVITE", (unsigned long)++s->cseq);
	if (err == SIP_OK && t)
		err = aim_at(m, t);
	if (err == SIP_OK)
		err = sip_message_set(m, SIP_HEADER_CSEQ, sip_buf_str(&b));
	if (err == SIP_OK && c->min_se)
		err = dum__timer_put_request(NULL, s->profile, c->min_se, m);
	if (err == SIP_OK)
		err = dum_set_send(s, &c->usage, on_response, c, &m, &c->invite);
	sip_message_unref(&m);
	return err;
}

static bool followed(struct dum_call *c, struct dum_request *r, const struct sip_message *m)
{
	struct dum_profile *p = c->usage.set->profile;
	unsigned status = sip_message_status(m);
	struct target *t;

	if (c->is_cancelled || !dum_profile_flag(p, DUM_PROFILE_FOLLOW_REDIRECTS))
		return false;
	if (status < 400)
		note_contacts(c, r, m);
	if (status >= 600)
		return false;
	while (c->redirects < dum_profile_number(p, DUM_PROFILE_REDIRECT_LIMIT) && (t = next_target(c))) {
		t->is_tried = true;
		/* One whose headers are no good is passed over. */
		enum sip_err err = invite_again(c, c->first, t);
		c->redirects += err == SIP_OK;
		if (err != SIP_E_SYNTAX && err != SIP_E_LIMIT)
			return err == SIP_OK;
	}
	return false;
}

/* 422: our session interval is too small for somebody on the way (RFC 4028 7.4). */
static bool raised_interval(struct dum_call *c, struct dum_request *r, const struct sip_message *m)
{
	uint32_t min_se;

	if (sip_message_status(m) != 422 || c->is_cancelled || c->interval_tries++ >= 3 ||
	    sip_message_number(m, SIP_HEADER_MIN_SE, &min_se) != SIP_OK || min_se <= c->min_se)
		return false;
	c->min_se = min_se;
	return invite_again(c, dum_request_message(r), NULL) == SIP_OK;
}

static void on_failure(struct dum_call *c, struct dum_request *r, const struct sip_message *m)
{
	struct dum__input i = { .message = m, .status = sip_message_status(m) };

	if (raised_interval(c, r, m) || followed(c, r, m)) {
		run_all(c, DUM__ON_FORK_LOST, &i, NULL); /* 13.2.2.3: their INVITE is over */
		return;
	}
	fail_all(c, m);
}

static void on_response(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why)
{
	struct dum_call *c = arg;
	unsigned status = sip_message_status(m);

	(void)why;
	if (status < 200)
		on_provisional(c, r, m);
	else if (status < 300)
		on_success(c, r, m);
	else
		on_failure(c, r, m);
}

/* ---- its beginning -------------------------------------------------------------------------------------------------------------- */

void dum_invite_options_init(struct dum_invite_options *o)
{
	memset(o, 0, sizeof *o);
}

enum { TEXT_TARGET, TEXT_TYPE, TEXT_BODY, TEXT_FROM, TEXT_TO, TEXT_HEADERS };

static enum sip_err make_invite(struct dum_set *s, const struct dum_deed *a, struct sip_message **out)
{
	struct dum_outgoing o = {
		.method = SIP_STR_INIT("INVITE"),
		.uri = a->text[TEXT_TARGET],
		.from = a->text[TEXT_FROM],
		.to = a->text[TEXT_TO],
		.type = a->text[TEXT_TYPE],
		.body = a->text[TEXT_BODY],
		.headers = a->text[TEXT_HEADERS],
		.dress = DUM_DRESS_CONTACT | DUM_DRESS_CAPABILITIES,
	};
	uint32_t reliable = dum_profile_number(s->profile, DUM_PROFILE_UAC_RELIABLE);
	struct sip_message *m = NULL;
	enum sip_err err = dum_set_make_request(s, &o, &m);

	if (err == SIP_OK && reliable != DUM_RELIABLE_NEVER && !sip_message_has_token(m, SIP_HEADER_SUPPORTED, SIP_STR("100rel")))
		err = sip_message_add(m, reliable == DUM_RELIABLE_REQUIRED ? SIP_HEADER_REQUIRE : SIP_HEADER_SUPPORTED, SIP_STR("100rel"));
	if (err == SIP_OK)
		err = dum__timer_put_request(NULL, s->profile, 0, m);
	if (err == SIP_OK)
		*out = m;
	else
		sip_message_unref(&m);
	return err;
}

static enum sip_err call_create(struct dum_set *s, const struct dum_deed *a, struct dum_call **out)
{
	struct dum_call *c = sip_alloc_zero(sizeof *c);
	enum sip_err err = c ? SIP_OK : SIP_E_NOMEM;

	if (err == SIP_OK && a->text[TEXT_BODY].len)
		err = dum__body_set(&c->offer, a->text[TEXT_TYPE], a->text[TEXT_BODY]);
	if (err == SIP_OK)
		c->has_offer = c->offer.body_len != 0;
	if (err == SIP_OK)
		err = dum_usage_init(&c->usage, &class_, s, NULL);
	if (err != SIP_OK) {
		if (c)
			dum__body_clear(&c->offer);
		sip_free(c);
		return err;
	}
	sip_timer_init(&c->timer, on_timer, c);
	*out = c;
	return SIP_OK;
}

static enum sip_err do_invite(struct dum *d, const struct dum_deed *a)
{
	struct sip_str none = sip_str_make(NULL, 0);
	struct dum_profile *p = a->profile ? a->profile : d->profile;
	struct dum_set *s = NULL;
	struct dum_call *c = NULL;
	struct sip_message *m = NULL;
	uint32_t stale;
	enum sip_err err = d->is_shutting_down ? SIP_E_STATE : dum_set_create(d, p, none, none, &a->made, &s);

	if (err != SIP_OK)
		return err;
	err = call_create(s, a, &c);
	if (err == SIP_OK)
		err = make_invite(s, a, &m);
	if (err == SIP_OK)
		err = dum_set_send(s, &c->usage, on_response, c, &m, &c->invite);
	sip_message_unref(&m);
	if (err != SIP_OK) {
		if (c)
			end_call(c);
		dum_set_end_if_empty(s);
		return err;
	}
	stale = dum_profile_number(s->profile, DUM_PROFILE_STALE_CALL_TIME);
	if (stale)
		sip_loop_arm(d->loop, &c->timer, SIP_SECONDS(stale));
	return SIP_OK;
}

enum sip_err dum_invite(struct dum *d, const struct dum_invite_options *o, struct dum_handle *set)
{
	struct dum_deed a = {
		.fn = do_invite,
		.text = { o->target, o->type, o->body, o->from, o->to, o->headers },
	};

	if (!o->target.len)
		return SIP_E_INVAL;
	if (!a.text[TEXT_TYPE].len)
		a.text[TEXT_TYPE] = SIP_STR("application/sdp");
	return dum_deed_make(d, &a, DUM_HANDLE_SET, o->profile, set);
}
