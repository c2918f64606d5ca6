/*
 * Requests inside a dialog, both ways (RFC 3261 12.2): out with the next number by the route set, strict routers included; in with
 * a number that may not go back, then to the usage that knows it. DUM's loop.
 */
#include "dum/dialog/dialog.h"

static struct sip_str next_route(const struct dum_dialog *g, size_t *at)
{
	struct sip_str route;

	if (*at >= g->routes_len)
		return sip_str_make(NULL, 0);
	route = sip_str_of(g->routes + *at);
	*at += route.len + 1;
	return route;
}

static enum sip_err add_routes(const struct dum_dialog *g, struct sip_message *m, size_t at)
{
	enum sip_err err = SIP_OK;

	for (struct sip_str r; err == SIP_OK && (r = next_route(g, &at)).len;)
		err = sip_message_add(m, SIP_HEADER_ROUTE, r);
	return err;
}

bool dum_dialog_is_strict(const struct dum_dialog *g)
{
	struct sip_str first;
	struct sip_name_addr a;
	size_t at = 0;

	first = next_route(g, &at);
	return first.len && sip_name_addr_parse(first, &a) == SIP_OK && !sip_name_addr_is_loose(&a);
}

/* RFC 3261 12.2.1.1: a first route without lr becomes the Request-URI, and the target the last Route. */
static enum sip_err add_route_set(const struct dum_dialog *g, struct sip_message *m)
{
	size_t at = 0;
	struct sip_str first = next_route(g, &at);
	struct sip_name_addr a;
	struct sip_buf b;
	char room[1024];
	enum sip_err err;

	if (!first.len)
		return SIP_OK;
	if (!dum_dialog_is_strict(g) || sip_name_addr_parse(first, &a) != SIP_OK)
		return add_routes(g, m, 0);
	sip_buf_init_fixed(&b, room, sizeof room);
	sip_uri_put_request(&b, &a.uri);
	err = b.err != SIP_OK ? b.err : sip_message_set_uri(m, sip_buf_str(&b));
	if (err == SIP_OK)
		err = add_routes(g, m, at);
	sip_buf_clear(&b);
	sip_buf_putf(&b, "<%s>", g->target);
	if (err == SIP_OK)
		err = b.err != SIP_OK ? b.err : sip_message_add(m, SIP_HEADER_ROUTE, sip_buf_str(&b));
	return err;
}

enum sip_err dum_dialog_make_request(struct dum_dialog *g, enum sip_method method, uint32_t cseq, unsigned dress,
				     struct sip_message **out)
{
	struct sip_request_options r;
	struct sip_message *m = NULL;
	enum sip_err err;

	sip_request_options_init(&r);
	r.method = sip_method_names[method];
	r.uri = sip_str_of(g->target);
	r.from = g->local;
	r.to = g->remote;
	r.call_id = g->set->call_id;
	r.cseq = cseq ? cseq : ++g->local_cseq;
	err = sip_request_make(&r, &m);
	if (err == SIP_OK)
		err = add_route_set(g, m);
	if (err == SIP_OK)
		err = dum_dress_request(g->set->dum, g->set->profile, m, dress);
	/* RFC 4028 7.1: in each request but ACK. */
	if (err == SIP_OK && method != SIP_METHOD_ACK && dum_profile_number(g->set->profile, DUM_PROFILE_SESSION_TIME) &&
	    !sip_message_has_token(m, SIP_HEADER_SUPPORTED, SIP_STR("timer")))
		err = sip_message_add(m, SIP_HEADER_SUPPORTED, SIP_STR("timer"));
	if (err == SIP_OK)
		*out = m;
	else
		sip_message_unref(&m);
	return err;
}

static uint32_t next_cseq(void *arg)
{
	struct dum_dialog *g = arg;

	return ++g->local_cseq;
}

enum sip_err dum_dialog_send(struct dum_dialog *g, struct dum_usage *u,
			     void (*on_response)(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why),
			     void *arg, struct sip_message **m, struct dum_request **out)
{
	struct dum_request_options o = {
		.profile = g->set->profile, .auth = &g->set->auth, .usage = u->handle, .on_response = on_response, .arg = arg,
	};

	o.next_cseq = next_cseq;
	o.cseq_arg = g;
	o.by_uri = dum_dialog_is_strict(g);
	return dum_request_send(g->set->dum, &o, m, out);
}

/* ---- in ------------------------------------------------------------------------------------------------------------------ */

/* 12.2.2: a number that goes back is a request out of order. */
static bool is_in_order(struct dum_dialog *g, const struct sip_message *m)
{
	const struct sip_cseq *cseq = sip_message_cseq(m);

	if (!cseq || (g->has_remote_cseq && cseq->number <= g->remote_cseq))
		return false;
	g->remote_cseq = cseq->number;
	g->has_remote_cseq = true;
	return true;
}

void dum_dialog_on_request(struct dum_dialog *g, struct dum_incoming *in)
{
	struct dum_answer options = { .status = 200, .dress = DUM_DRESS_ALL };

	if (!is_in_order(g, in->message)) {
		dum_incoming_refuse_as(in, SIP_REFUSAL_ORDER);
		return;
	}
	dum_profile_unref(&in->profile);
	in->profile = g->set->profile;
	dum_profile_ref(in->profile);
	SIP_LIST_FOR_SAFE(node, after, &g->usages) {
		struct dum_usage *u = SIP_CONTAINER(node, struct dum_usage, node);
		if (u->class_->on_request && u->class_->on_request(u, in))
			return;
	}
	if (in->method == SIP_METHOD_OPTIONS)
		dum_incoming_answer(in, &options); /* 11.2: as outside, and it changes nothing here */
	else if (in->method == SIP_METHOD_BYE || in->method == SIP_METHOD_PRACK || in->method == SIP_METHOD_NOTIFY)
		dum_incoming_refuse_as(in, SIP_REFUSAL_NO_DIALOG);
	else
		dum_incoming_refuse_method(in);
}
