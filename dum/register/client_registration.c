/*
 * Our bindings at a registrar: made, refreshed before they run out, made again after failures with growing waits (RFC 5626 4.5),
 * taken out at the end (RFC 3261 10.2). One Call-ID and a growing CSeq for all of it (10.2.4). DUM's loop.
 */
#include "dum/register/register_priv.h"

enum state {
	ADDING,    /* a REGISTER is under way */
	STANDING,  /* the bindings are there; the timer refreshes them */
	WAITING,   /* it failed; the timer tries again */
	REMOVING   /* the last REGISTER is under way */
};

struct dum_registration {
	struct dum_usage usage;
	struct dum_request *request;
	enum state state;
	struct sip_timer timer;
	struct dum__keepalive keepalive;
	uint32_t expires_s;        /* asked for */
	unsigned failures;         /* in a row */
	unsigned flow_failures;    /* flows in a row that did not last */
	bool is_end_wanted;        /* when the REGISTER under way is answered */
	bool is_all;               /* the end takes every binding */
	bool has_service_route;    /* the profile's is of ours */
	char instance[9];          /* tells our Contact from others of the same host */
	struct sip_str registrar, aor, contacts, headers; /* owned, behind this struct */
};

static enum sip_err send_register(struct dum_registration *r, uint32_t expires_s);

static void bury(struct dum_usage *u)
{
	sip_free(u);
}

static void forget_service_route(struct dum_registration *r)
{
	if (r->has_service_route)
		dum_profile_unset(r->usage.set->profile, DUM_PROFILE_SERVICE_ROUTE);
	r->has_service_route = false;
}

static void end_registration(struct dum_registration *r)
{
	forget_service_route(r);
	dum__keepalive_stop(&r->keepalive);
	sip_loop_disarm(r->usage.set->dum->loop, &r->timer);
	dum_request_forget(&r->request);
	dum_usage_end(&r->usage);
}

static void tell(struct dum_registration *r, enum dum_event_kind kind, const struct sip_message *m, uint32_t number)
{
	struct dum_event e = { .kind = kind, .message = m, .status = m ? sip_message_status(m) : 0, .number = number };

	dum_usage_tell(&r->usage, &e);
}

static enum sip_err begin_removal(struct dum_registration *r)
{
	enum sip_err err;

	r->state = REMOVING;
	sip_loop_disarm(r->usage.set->dum->loop, &r->timer);
	err = send_register(r, 0);
	if (err != SIP_OK) {
		tell(r, DUM_EVENT_REGISTRATION_REMOVED, NULL, 0);
		end_registration(r);
	}
	return err;
}

static enum sip_err end(struct dum_usage *u, struct sip_str reason)
{
	struct dum_registration *r = (struct dum_registration *)u;

	(void)reason;
	switch (r->state) {
	case ADDING:
		r->is_end_wanted = true;
		return SIP_OK;
	case STANDING:
		return begin_removal(r);
	case WAITING:
		/* Nothing stands that could be taken out. */
		tell(r, DUM_EVENT_REGISTRATION_REMOVED, NULL, 0);
		end_registration(r);
		return SIP_OK;
	case REMOVING:
		break;
	}
	return SIP_OK;
}

static void stop(struct dum_usage *u)
{
	end_registration((struct dum_registration *)u);
}

static const struct dum_usage_class class_ = { .kind = DUM_HANDLE_REGISTRATION, .end = end, .stop = stop, .bury = bury };

/* ---- the REGISTER --------------------------------------------------------------------------------------------------------- */

static void put_contacts(struct dum_registration *r, struct sip_buf *b)
{
	struct dum_profile *p = r->usage.set->profile;
	struct sip_str instance = dum_profile_text(p, DUM_PROFILE_INSTANCE_ID);
	uint32_t reg_id = dum_profile_number(p, DUM_PROFILE_REG_ID);

	if (r->contacts.len) {
		sip_buf_put_str(b, r->contacts);
		return;
	}
	dum_dress_put_contact(p, dum_profile_flag(p, DUM_PROFILE_RINSTANCE) ? sip_str_of(r->instance) : sip_str_make(NULL, 0), b);
	if (instance.len)
		sip_buf_putf(b, ";+sip.instance=\"<%.*s>\"", SIP_STR_ARG(instance));
	if (instance.len && dum_profile_flag(p, DUM_PROFILE_OUTBOUND) && reg_id)
		sip_buf_putf(b, ";reg-id=%u", (unsigned)reg_id);
}

static enum sip_err dress(struct dum_registration *r, struct sip_message *m, uint32_t expires_s)
{
	bool is_outbound = dum_profile_flag(r->usage.set->profile, DUM_PROFILE_OUTBOUND);
	struct sip_buf b;
	char number[16];
	enum sip_err err;

	sip_buf_init(&b, 8192);
	if (r->is_all && expires_s == 0)
		SIP_BUF_LIT(&b, "*");
	else
		put_contacts(r, &b);
	err = b.err != SIP_OK ? b.err : sip_message_set(m, SIP_HEADER_CONTACT, sip_buf_str(&b));
	sip_buf_fini(&b);
	sip_buf_init_fixed(&b, number, sizeof number);
	sip_buf_put_u64(&b, expires_s);
	if (err == SIP_OK)
		err = sip_message_set(m, SIP_HEADER_EXPIRES, sip_buf_str(&b));
	if (err == SIP_OK)
		err = sip_message_add(m, SIP_HEADER_SUPPORTED, is_outbound ? SIP_STR("path, outbound") : SIP_STR("path"));
	return err == SIP_OK ? dum_dress_add_headers(m, r->headers) : err;
}

static void on_response(void *arg, struct dum_request *q, const struct sip_message *m, enum sip_err why);

static enum sip_err send_register(struct dum_registration *r, uint32_t expires_s)
{
	struct dum_set *s = r->usage.set;
	struct dum_outgoing o = {
		.method = SIP_STR_INIT("REGISTER"), .uri = r->registrar, .from = r->aor, .to = r->aor, .dress = DUM_DRESS_CAPABILITIES,
	};
	struct sip_message *m = NULL;
	enum sip_err err = dum_set_make_request(s, &o, &m);

	if (err == SIP_OK)
		err = dress(r, m, expires_s);
	if (err == SIP_OK)
		err = dum_set_send(s, &r->usage, on_response, r, &m, &r->request);
	sip_message_unref(&m);
	return err;
}

/* ---- its answer ------------------------------------------------------------------------------------------------------------- */

/* How long ours stands: what its Contact says, else Expires, else what we asked for (10.2.4). */
static uint32_t granted(const struct dum_registration *r, const struct sip_message *m)
{
	const struct sip_name_addr *a;
	struct sip_str value;
	uint32_t n, best = 0;
	bool is_ours;

	for (size_t i = 0; (a = sip_message_name_addr(m, SIP_HEADER_CONTACT, i)) != NULL; i++) {
		is_ours = sip_uri_find_param(&a->uri, SIP_STR("rinstance"), &value) ? sip_str_eq(value, sip_str_of(r->instance)) :
										      best == 0;
		if (is_ours && sip_params_find(a->params, SIP_STR("expires"), &value) &&
		    sip_str_to_u32(value, UINT32_MAX, &n) == SIP_OK)
			best = n;
	}
	if (best)
		return best;
	return sip_message_number(m, SIP_HEADER_EXPIRES, &n) == SIP_OK && n ? n : r->expires_s;
}

static void note_service_route(struct dum_registration *r, const struct sip_message *m)
{
	struct sip_value_walk walk = { 0 };
	struct sip_str value;
	struct sip_buf b;
	enum sip_err err;

	sip_buf_init(&b, 8192);
	while (sip_message_next_value(m, SIP_HEADER_SERVICE_ROUTE, &walk, &value)) {
		if (b.len)
			SIP_BUF_LIT(&b, ", ");
		sip_buf_put_str(&b, value);
	}
	/* RFC 3608 5: the newest answer counts, one without takes the old one away. */
	err = b.err;
	if (err == SIP_OK && b.len)
		err = dum_profile_set_text(r->usage.set->profile, DUM_PROFILE_SERVICE_ROUTE, sip_buf_str(&b));
	else
		forget_service_route(r);
	r->has_service_route |= err == SIP_OK && b.len; /* too long a route to follow is none */
	sip_buf_fini(&b);
}

static void on_success(struct dum_registration *r, const struct sip_message *m)
{
	uint32_t s = granted(r, m);
	/* Half of a short one, all but a tenth of a long one; never a busy loop. */
	int64_t wait = s < 60 ? SIP_SECONDS((int64_t)s) / 2 : SIP_SECONDS((int64_t)s) - SIP_SECONDS((int64_t)s) / 10;

	r->failures = 0;
	note_service_route(r, m);
	dum__keepalive_start(&r->keepalive, r->usage.set->profile, m);
	r->state = STANDING;
	if (r->is_end_wanted) {
		if (begin_removal(r) != SIP_OK)
			return;
		return;
	}
	sip_loop_arm(r->usage.set->dum->loop, &r->timer, wait < SIP_SECONDS(1) ? SIP_SECONDS(1) : wait);
	tell(r, DUM_EVENT_REGISTRATION_SUCCESS, m, s);
}

/* 423: longer, as it says (10.2.8). */
static bool asks_for_longer(struct dum_registration *r, const struct sip_message *m)
{
	uint32_t least;

	if (sip_message_status(m) != 423 || sip_message_number(m, SIP_HEADER_MIN_EXPIRES, &least) != SIP_OK || least <= r->expires_s)
		return false;
	r->expires_s = least;
	return send_register(r, least) == SIP_OK;
}

static bool is_for_good(unsigned status)
{
	return status == 401 || status == 403 || status == 404 || status == 405 || status == 407 || status == 410 || status >= 600;
}

/* Seconds until the next try: Retry-After, or base * 2^failures up to the maximum, of it half to all (RFC 5626 4.5). */
static uint32_t next_wait(struct dum_registration *r, const struct sip_message *m, unsigned failures)
{
	struct dum_profile *p = r->usage.set->profile;
	uint64_t base = dum_profile_number(p, DUM_PROFILE_REGISTRATION_RETRY_BASE);
	uint64_t most = dum_profile_number(p, DUM_PROFILE_REGISTRATION_RETRY_MAX);
	uint64_t wait = base << (failures < 16 ? failures : 16);
	uint32_t after;

	if (m && sip_message_number(m, SIP_HEADER_RETRY_AFTER, &after) == SIP_OK && after)
		return after;
	wait = wait > most ? most : wait;
	return (uint32_t)(wait / 2 + sip_rand_below(dum_core_rand(r->usage.set->dum), wait / 2 + 1));
}

static void on_failure(struct dum_registration *r, const struct sip_message *m)
{
	uint32_t wait;

	forget_service_route(r); /* RFC 3608 6.1 */
	dum__keepalive_stop(&r->keepalive);
	if (!r->is_end_wanted && asks_for_longer(r, m))
		return;
	if (r->is_end_wanted || is_for_good(sip_message_status(m)) ||
	    !dum_profile_number(r->usage.set->profile, DUM_PROFILE_REGISTRATION_RETRY_BASE)) {
		tell(r, DUM_EVENT_REGISTRATION_FAILURE, m, 0);
		end_registration(r);
		return;
	}
	r->failures++;
	wait = next_wait(r, m, r->failures);
	r->state = WAITING;
	sip_loop_arm(r->usage.set->dum->loop, &r->timer, SIP_SECONDS((int64_t)wait));
	tell(r, DUM_EVENT_REGISTRATION_RETRY, m, wait);
}

static void on_response(void *arg, struct dum_request *q, const struct sip_message *m, enum sip_err why)
{
	struct dum_registration *r = arg;
	unsigned status = sip_message_status(m);

	(void)q;
	(void)why;
	if (status < 200)
		return;
	if (r->state == REMOVING) {
		tell(r, DUM_EVENT_REGISTRATION_REMOVED, m, 0);
		end_registration(r);
	} else if (status < 300) {
		on_success(r, m);
	} else {
		on_failure(r, m);
	}
}

static void on_due(void *arg)
{
	struct dum_registration *r = arg;
	struct dum *d = r->usage.set->dum;

	dum_core_enter(d);
	r->state = ADDING;
	if (send_register(r, r->expires_s) != SIP_OK) {
		r->state = WAITING;
		sip_loop_arm(d->loop, &r->timer, SIP_SECONDS(5)); /* no memory: later */
	}
	dum_core_leave(d);
}

/*
 * RFC 5626 4.5: the bindings by this flow are dead, and made again by another one; soon, unless flows there do not last. Without
 * outbound nobody has bound them to it, and the next refresh is early enough.
 */
static void on_flow_gone(void *arg, bool has_lasted)
{
	struct dum_registration *r = arg;
	struct dum *d = r->usage.set->dum;
	struct dum_profile *p = r->usage.set->profile;
	int64_t wait;

	if (r->state != STANDING || !dum_profile_flag(p, DUM_PROFILE_OUTBOUND))
		return;
	r->flow_failures = has_lasted ? 0 : r->flow_failures + 1;
	/* Within a second: all who were bound to an edge that went do not come at one time. */
	wait = has_lasted ? SIP_MS((int64_t)sip_rand_below(dum_core_rand(d), 1000)) :
			    SIP_SECONDS((int64_t)next_wait(r, NULL, r->flow_failures));
	sip_loop_arm(d->loop, &r->timer, wait);
}

/* ---- what applications ask -------------------------------------------------------------------------------------------------------- */

enum { TEXT_REGISTRAR, TEXT_AOR, TEXT_CONTACTS, TEXT_HEADERS };

void dum_register_options_init(struct dum_register_options *o)
{
	memset(o, 0, sizeof *o);
}

static struct sip_str put(char **to, struct sip_str s)
{
	struct sip_str copy = sip_str_make(*to, s.len);

	if (s.len)
		memcpy(*to, s.p, s.len);
	*to += s.len;
	return copy;
}

static enum sip_err create(struct dum_set *s, const struct dum_deed *a, struct sip_str registrar, struct sip_str aor,
			   struct dum_registration **out)
{
	struct dum_registration *r =
		sip_alloc_zero(sizeof *r + registrar.len + aor.len + a->text[TEXT_CONTACTS].len + a->text[TEXT_HEADERS].len);
	enum sip_err err;
	char *text;

	if (!r)
		return SIP_E_NOMEM;
	text = (char *)(r + 1);
	r->registrar = put(&text, registrar);
	r->aor = put(&text, aor);
	r->contacts = put(&text, a->text[TEXT_CONTACTS]);
	r->headers = put(&text, a->text[TEXT_HEADERS]);
	r->expires_s = a->number ? a->number : dum_profile_number(s->profile, DUM_PROFILE_REGISTRATION_TIME);
	sip_rand_token(dum_core_rand(s->dum), r->instance, sizeof r->instance - 1);
	sip_timer_init(&r->timer, on_due, r);
	dum__keepalive_init(&r->keepalive, s->dum, on_flow_gone, r);
	r->usage.handle = a->made;
	err = dum_usage_init(&r->usage, &class_, s, NULL);
	if (err != SIP_OK)
		sip_free(r);
	else
		*out = r;
	return err;
}

/* "sip:" and the domain; the address of record in brackets. */
static enum sip_err read_aor(struct dum_profile *p, const struct dum_deed *a, struct sip_buf *registrar, struct sip_buf *aor)
{
	struct sip_str text = a->text[TEXT_AOR].len ? a->text[TEXT_AOR] : dum_profile_text(p, DUM_PROFILE_FROM);
	struct sip_name_addr n;

	if (!text.len || sip_name_addr_parse(text, &n) != SIP_OK || !n.uri.host.len)
		return SIP_E_INVAL;
	if (n.is_bracketed)
		sip_buf_put(aor, text.p, (size_t)(n.uri.text.p + n.uri.text.len + 1 - text.p));
	else
		sip_buf_putf(aor, "<%.*s>", SIP_STR_ARG(n.uri.text));
	if (a->text[TEXT_REGISTRAR].len) {
		sip_buf_put_str(registrar, a->text[TEXT_REGISTRAR]);
	} else {
		sip_buf_putf(registrar, "%.*s:%.*s", SIP_STR_ARG(n.uri.scheme_text), SIP_STR_ARG(n.uri.host));
		if (n.uri.port)
			sip_buf_putf(registrar, ":%u", n.uri.port);
	}
	return registrar->err != SIP_OK ? registrar->err : aor->err;
}

static enum sip_err begin(struct dum_set *s, const struct dum_deed *a, struct dum_registration **out)
{
	struct sip_buf registrar, aor;
	enum sip_err err;

	sip_buf_init(&registrar, 4096);
	sip_buf_init(&aor, 4096);
	err = read_aor(s->profile, a, &registrar, &aor);
	if (err == SIP_OK)
		err = create(s, a, sip_buf_str(&registrar), sip_buf_str(&aor), out);
	sip_buf_fini(&registrar);
	sip_buf_fini(&aor);
	return err == SIP_OK ? send_register(*out, (*out)->expires_s) : err;
}

static enum sip_err do_register(struct dum *d, const struct dum_deed *a)
{
	struct sip_str none = sip_str_make(NULL, 0);
	struct dum_profile *profile = a->profile ? a->profile : d->profile;
	struct dum_set *s = NULL;
	struct dum_registration *r = NULL;
	enum sip_err err = d->is_shutting_down ? SIP_E_STATE : dum_set_create(d, profile, none, none, NULL, &s);

	if (err == SIP_OK)
		err = begin(s, a, &r);
	if (err == SIP_OK)
		return SIP_OK;
	if (r)
		end_registration(r);
	else if (s)
		dum_set_end_if_empty(s);
	return err;
}

enum sip_err dum_register(struct dum *d, const struct dum_register_options *o, struct dum_handle *h)
{
	struct dum_deed a = {
		.fn = do_register,
		.text = { o->registrar, o->aor, o->contacts, o->headers },
		.number = o->expires_s,
	};

	return dum_deed_make(d, &a, DUM_HANDLE_REGISTRATION, o->profile, h);
}

static enum sip_err do_refresh(struct dum *d, const struct dum_deed *a)
{
	struct dum_registration *r = dum_handles_find(d->handles, a->handle, DUM_HANDLE_REGISTRATION);

	if (!r)
		return SIP_E_STALE;
	if (r->state == ADDING || r->state == REMOVING)
		return SIP_E_STATE;
	sip_loop_disarm(d->loop, &r->timer);
	on_due(r);
	return SIP_OK;
}

enum sip_err dum_registration_refresh(struct dum *d, struct dum_handle h)
{
	struct dum_deed a = { .fn = do_refresh, .handle = h };

	return dum_deed_do(d, &a);
}

static enum sip_err do_remove_all(struct dum *d, const struct dum_deed *a)
{
	struct dum_registration *r = dum_handles_find(d->handles, a->handle, DUM_HANDLE_REGISTRATION);

	if (!r)
		return SIP_E_STALE;
	r->is_all = true;
	if (r->state == WAITING)
		return begin_removal(r);
	return end(&r->usage, sip_str_make(NULL, 0));
}

enum sip_err dum_registration_remove_all(struct dum *d, struct dum_handle h)
{
	struct dum_deed a = { .fn = do_remove_all, .handle = h };

	return dum_deed_do(d, &a);
}
