/* Requests out of dialogs, ours and theirs (RFC 3261 8, RFC 3428). DUM's loop; dum_send from any thread. */
#include "dum/dialog/dialog.h"
#include "dum/pager/pager.h"
#include "dum/pager/pager_in.h"

struct dum_pager {
	struct dum_usage usage;
	struct dum_request *request;
	bool is_message;
};

static void bury(struct dum_usage *u)
{
	sip_free(u);
}

static void end_pager(struct dum_pager *p)
{
	dum_request_forget(&p->request);
	dum_usage_end(&p->usage);
}

/* The request goes on unheard: it cannot be taken back. */
static enum sip_err end(struct dum_usage *u, struct sip_str reason)
{
	(void)reason;
	end_pager((struct dum_pager *)u);
	return SIP_OK;
}

static void stop(struct dum_usage *u)
{
	end_pager((struct dum_pager *)u);
}

static const struct dum_usage_class class_ = { .kind = DUM_HANDLE_PAGER, .end = end, .stop = stop, .bury = bury };

static void on_response(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why)
{
	struct dum_pager *p = arg;
	struct dum_event e = { .message = m, .status = sip_message_status(m) };
	bool is_good = e.status < 300;

	(void)r;
	(void)why;
	if (e.status < 200)
		return;
	if (p->is_message)
		e.kind = is_good ? DUM_EVENT_PAGER_SUCCESS : DUM_EVENT_PAGER_FAILURE;
	else
		e.kind = is_good ? DUM_EVENT_REQUEST_SUCCESS : DUM_EVENT_REQUEST_FAILURE;
	if (!sip_message_value(m, SIP_HEADER_CONTENT_TYPE, 0, &e.type))
		e.type = sip_str_make(NULL, 0);
	e.body = sip_message_body(m);
	dum_usage_tell(&p->usage, &e);
	if (!p->usage.is_ended)
		end_pager(p);
}

/* ---- ours ---------------------------------------------------------------------------------------------------------------- */

enum { TEXT_METHOD, TEXT_TARGET, TEXT_TYPE, TEXT_BODY, TEXT_FROM, TEXT_HEADERS };

static enum sip_err make(struct dum_set *s, const struct dum_deed *a, struct sip_message **out)
{
	struct dum_outgoing o = { .method = a->text[TEXT_METHOD], .uri = a->text[TEXT_TARGET], .from = a->text[TEXT_FROM] };
	struct sip_message *m = NULL;
	enum sip_err err;

	/* RFC 3428 4: a MESSAGE has no Contact. */
	if (!sip_str_eq(o.method, SIP_STR("MESSAGE")))
		o.dress = DUM_DRESS_CONTACT |
			  (sip_str_eq(o.method, SIP_STR("OPTIONS")) ? DUM_DRESS_ALL : DUM_DRESS_CAPABILITIES); /* RFC 3261 11.1 */
	err = dum_set_make_request(s, &o, &m);
	if (err == SIP_OK && a->text[TEXT_BODY].len)
		err = sip_message_set_body(m, a->text[TEXT_TYPE], a->text[TEXT_BODY]);
	if (err == SIP_OK)
		err = dum_dress_add_headers(m, a->text[TEXT_HEADERS]);
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
	struct sip_message *m = NULL;
	enum sip_err err = d->is_shutting_down ? SIP_E_STATE : dum_set_create(d, profile, none, none, NULL, &s);

	if (err == SIP_OK)
		err = create(s, a, &p);
	if (err == SIP_OK)
		err = make(s, a, &m);
	if (err == SIP_OK)
		err = dum_set_send(s, &p->usage, on_response, p, &m, &p->request);
	sip_message_unref(&m);
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
