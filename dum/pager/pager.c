/* Requests out of dialogs, ours and theirs (RFC 3261 8, RFC 3428). DUM's loop; dum_send from any thread. */
#include "dum/pager/pager_priv.h"

static void on_response(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why);

static void bury(struct dum_usage *u)
{
	struct dum_pager *p = (struct dum_pager *)u;

	sip_message_unref(&p->message);
	sip_free(p);
}

static enum sip_err send_now(struct dum_pager *p)
{
	return dum_set_send(p->usage.set, &p->usage, on_response, p, &p->message, &p->request);
}

static void tell_unsent(struct dum_pager *p)
{
	struct dum_event e = { .kind = DUM_EVENT_PAGER_FAILURE, .status = 503 };

	dum_usage_tell(&p->usage, &e);
}

/* Its turn has come; one that cannot be sent lets the next. What is told may end any of them, and so give the turn on. */
static void go_on(struct dum_pager *p)
{
	struct dum_pager *next;

	while (p && !p->usage.is_ended && send_now(p) != SIP_OK) {
		next = dum__line_leave(p);
		tell_unsent(p);
		dum_usage_end(&p->usage);
		p = next;
	}
}

static void end_pager(struct dum_pager *p)
{
	struct dum_pager *next = dum__line_leave(p);

	dum_request_forget(&p->request);
	dum_usage_end(&p->usage);
	go_on(next);
}

/* The request goes on unheard: it cannot be taken back. */
static enum sip_err end(struct dum_usage *u, struct sip_str reason)
{
	struct dum_pager *p = (struct dum_pager *)u;

	(void)reason;
	if (!p->line || !p->request) {
		end_pager(p);
		return SIP_OK;
	}
	p->is_unheard = true;
	dum_handles_remove(u->set->dum->handles, u->handle);
	return SIP_OK;
}

static void stop(struct dum_usage *u)
{
	struct dum_pager *p = (struct dum_pager *)u;

	(void)dum__line_leave(p); /* nobody has a turn any more */
	end_pager(p);
}

static const struct dum_usage_class class_ = { .kind = DUM_HANDLE_PAGER, .end = end, .stop = stop, .bury = bury };

static void tell_answer(struct dum_pager *p, const struct sip_message *m)
{
	struct dum_event e = { .message = m, .status = sip_message_status(m) };
	bool is_good = e.status < 300;

	if (p->is_message)
		e.kind = is_good ? DUM_EVENT_PAGER_SUCCESS : DUM_EVENT_PAGER_FAILURE;
	else
		e.kind = is_good ? DUM_EVENT_REQUEST_SUCCESS : DUM_EVENT_REQUEST_FAILURE;
	if (!sip_message_value(m, SIP_HEADER_CONTENT_TYPE, 0, &e.type))
		e.type = sip_str_make(NULL, 0);
	e.body = sip_message_body(m);
	dum_usage_tell(&p->usage, &e);
}

static void on_response(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why)
{
	struct dum_pager *p = arg;

	(void)r;
	(void)why;
	if (sip_message_status(m) < 200)
		return;
	p->request = NULL; /* it is over: what is told may end us */
	if (!p->is_unheard)
		tell_answer(p, m);
	if (!p->usage.is_ended)
		end_pager(p);
}

/* ---- ours ---------------------------------------------------------------------------------------------------------------- */

enum { TEXT_METHOD, TEXT_TARGET, TEXT_TYPE, TEXT_BODY, TEXT_FROM, TEXT_HEADERS };

/* What asks for something that lasts says how long: as the application, else as the profile. */
static enum sip_err put_expires(struct dum_profile *p, struct sip_message *m)
{
	enum sip_method method = sip_message_method(m);
	struct sip_buf b;
	char text[16];
	uint32_t n = 0;

	if (method == SIP_METHOD_PUBLISH)
		n = dum_profile_number(p, DUM_PROFILE_PUBLICATION_TIME);
	else if (method == SIP_METHOD_SUBSCRIBE)
		n = dum_profile_number(p, DUM_PROFILE_SUBSCRIPTION_TIME);
	if (!n || sip_message_has(m, SIP_HEADER_EXPIRES))
		return SIP_OK;
	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_put_u64(&b, n);
	return sip_message_set(m, SIP_HEADER_EXPIRES, sip_buf_str(&b));
}

static enum sip_err make(struct dum_set *s, const struct dum_deed *a, struct sip_message **out)
{
	struct dum_outgoing o = {
		.method = a->text[TEXT_METHOD],
		.uri = a->text[TEXT_TARGET],
		.from = a->text[TEXT_FROM],
		.type = a->text[TEXT_TYPE],
		.body = a->text[TEXT_BODY],
		.headers = a->text[TEXT_HEADERS],
	};
	struct sip_message *m = NULL;
	enum sip_err err;

	/* RFC 3428 4: a MESSAGE has no Contact. */
	if (!sip_str_eq(o.method, SIP_STR("MESSAGE")))
		o.dress = DUM_DRESS_CONTACT |
			  (sip_str_eq(o.method, SIP_STR("OPTIONS")) ? DUM_DRESS_ALL : DUM_DRESS_CAPABILITIES); /* RFC 3261 11.1 */
	err = dum_set_make_request(s, &o, &m);
	if (err == SIP_OK)
		err = put_expires(s->profile, m);
	if (err == SIP_OK)
		*out = m;
	else
		sip_message_unref(&m);
	return err;
}

static enum sip_err create(struct dum_set *s, const struct dum_deed *a, struct dum_pager **out)
{
	struct dum_pager *p = sip_alloc_zero(sizeof *p);
	enum sip_err err;

	if (!p)
		return SIP_E_NOMEM;
	p->is_message = sip_str_eq(a->text[TEXT_METHOD], SIP_STR("MESSAGE"));
	p->usage.handle = a->made;
	err = dum_usage_init(&p->usage, &class_, s, NULL);
	if (err != SIP_OK)
		sip_free(p);
	else
		*out = p;
	return err;
}

static enum sip_err do_send(struct dum *d, const struct dum_deed *a)
{
	struct sip_str none = sip_str_make(NULL, 0);
	struct dum_profile *profile = a->profile ? a->profile : d->profile;
	struct dum_set *s = NULL;
	struct dum_pager *p = NULL;
	enum sip_err err = d->is_shutting_down ? SIP_E_STATE : dum_set_create(d, profile, none, none, NULL, &s);

	if (err == SIP_OK)
		err = create(s, a, &p);
	if (err == SIP_OK)
		err = make(s, a, &p->message);
	if (err == SIP_OK && p->is_message)
		err = dum__line_join(p, p->message);
	if (err == SIP_OK && (!p->line || dum__line_is_first(p)))
		err = send_now(p);
	if (err == SIP_OK)
		return SIP_OK;
	if (p)
		end_pager(p);
	else if (s)
		dum_set_end_if_empty(s);
	return err;
}

void dum_send_options_init(struct dum_send_options *o)
{
	memset(o, 0, sizeof *o);
	o->method = SIP_STR("MESSAGE");
}

static bool is_of_dialogs(struct sip_str method)
{
	enum sip_method m = sip_method_find(method);

	return m == SIP_METHOD_INVITE || m == SIP_METHOD_ACK || m == SIP_METHOD_CANCEL || m == SIP_METHOD_BYE ||
	       m == SIP_METHOD_PRACK || m == SIP_METHOD_UPDATE;
}

enum sip_err dum_send(struct dum *d, const struct dum_send_options *o, struct dum_handle *h)
{
	struct dum_deed a = {
		.fn = do_send,
		.text = { o->method, o->target, o->type, o->body, o->from, o->headers },
	};

	if (!o->target.len || !o->method.len || is_of_dialogs(o->method))
		return SIP_E_INVAL;
	if (!a.text[TEXT_TYPE].len)
		a.text[TEXT_TYPE] = SIP_STR("text/plain");
	return dum_deed_make(d, &a, DUM_HANDLE_PAGER, o->profile, h);
}

/* ---- theirs ----------------------------------------------------------------------------------------------------------------- */

static void show(struct dum *d, struct dum_incoming *in, enum dum_event_kind kind)
{
	struct dum_event e = { .kind = kind, .message = in->message };

	if (!dum_event_is_heard(d, kind)) {
		dum_incoming_refuse_method(in);
		return;
	}
	if (dum_incoming_show(in) != SIP_OK) {
		dum_incoming_refuse(in, 503);
		return;
	}
	e.handle = e.request = in->handle;
	e.user = in->user;
	if (!sip_message_value(in->message, SIP_HEADER_CONTENT_TYPE, 0, &e.type))
		e.type = sip_str_make(NULL, 0);
	e.body = sip_message_body(in->message);
	dum_event_tell(d, &e);
}

void dum_pager_on_message(struct dum *d, struct dum_incoming *in)
{
	show(d, in, DUM_EVENT_PAGER_ARRIVED);
}

void dum_pager_on_other(struct dum *d, struct dum_incoming *in)
{
	show(d, in, DUM_EVENT_REQUEST_RECEIVED);
}
