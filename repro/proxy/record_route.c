/*
 * RFC 3261 16.6 step 4 with RFC 5658: stays in the path of a dialog. Called on the shard's loop,
 * when the transport of a branch is known; looks only at what never changes after the start.
 */
#include "repro/proxy/proxy_priv.h"

static bool makes_a_dialog(enum sip_method method)
{
	return method == SIP_METHOD_INVITE || method == SIP_METHOD_SUBSCRIBE || method == SIP_METHOD_REFER ||
	       method == SIP_METHOD_NOTIFY;
}

static const struct repro_listener *listener_of(const struct repro_config *c, const struct sip_transport *t)
{
	for (size_t i = 0; i < c->listener_count; i++)
		if (c->listeners[i].kind == sip_transport_kind_of(t) &&
		    sip_addr_eq(&c->listeners[i].bind, sip_transport_bound(t)))
			return &c->listeners[i];
	return NULL;
}

/* The URI configured for this transport, or for all; empty: its own address. */
static struct sip_str configured_uri(const struct repro_config *c, const struct sip_transport *t)
{
	const struct repro_listener *l = listener_of(c, t);

	if (l && (l->record_route.len || l->record_route_auto))
		return l->record_route;
	return c->record_route;
}

static bool is_configured(const struct repro_config *c, const struct sip_transport *t)
{
	const struct repro_listener *l = listener_of(c, t);

	return c->set.force_record_routing || c->record_route.len || c->record_route_auto ||
	       (l && (l->record_route.len || l->record_route_auto));
}

struct side { /* one of the two we stand between */
	const struct sip_transport *transport;
	const struct sip_addr *peer;
	bool is_sips;   /* RFC 3261 16.6 step 4 */
	bool has_token; /* its peer is reached by the connection it made, and no other way */
};

static void put_own_uri(const struct side *s, struct sip_str token, struct sip_buf *b)
{
	enum sip_transport_kind kind = sip_transport_kind_of(s->transport);

	sip_buf_put_z(b, s->is_sips ? "sips:" : "sip:");
	sip_buf_put_str(b, token);
	sip_transport_put_sent_by(s->transport, s->peer, b);
	if (kind != SIP_TRANSPORT_UDP) {
		SIP_BUF_LIT(b, ";transport=");
		sip_buf_put_str(b, sip_transport_kind_param(kind, s->is_sips));
	}
	SIP_BUF_LIT(b, ";lr");
}

/* Its own user part gives way to a token. */
static void put_configured_uri(struct sip_str text, struct sip_str token, struct sip_buf *b)
{
	struct sip_uri uri;

	if (sip_uri_parse(text, &uri) != SIP_OK)
		return;
	if (!token.len) {
		sip_buf_put_str(b, text);
	} else {
		sip_buf_putf(b, "%.*s:%.*s%.*s", SIP_STR_ARG(uri.scheme_text), SIP_STR_ARG(token), SIP_STR_ARG(uri.host));
		if (uri.port)
			sip_buf_putf(b, ":%u", (unsigned)uri.port);
		if (uri.params.len)
			sip_buf_putf(b, ";%.*s", SIP_STR_ARG(uri.params));
	}
	if (!sip_uri_has_param(&uri, SIP_URI_PARAM_LR))
		SIP_BUF_LIT(b, ";lr");
}

static enum sip_err push(const struct repro_proxy *p, struct sip_message *m, const struct side *s)
{
	struct sip_str configured = configured_uri(p->start_config, s->transport);
	char text[512], room[80];
	struct sip_buf b, token;

	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_init_fixed(&token, room, sizeof room);
	if (s->has_token) {
		repro__flow_token_put(p, sip_transport_kind_of(s->transport), s->peer, &token);
		SIP_BUF_LIT(&token, "@");
	}
	SIP_BUF_LIT(&b, "<");
	if (configured.len)
		put_configured_uri(configured, sip_buf_str(&token), &b);
	else
		put_own_uri(s, sip_buf_str(&token), &b);
	SIP_BUF_LIT(&b, ">");
	return b.err == SIP_OK ? sip_message_push(m, SIP_HEADER_RECORD_ROUTE, sip_buf_str(&b)) : b.err;
}

static bool asks_for_sips(const struct sip_message *m)
{
	const struct sip_uri *uri = sip_message_uri(m);
	const struct sip_name_addr *route = sip_message_name_addr(m, SIP_HEADER_ROUTE, 0);

	return (uri && uri->scheme == SIP_URI_SIPS) || (route && route->uri.scheme == SIP_URI_SIPS);
}

/* It comes from a client itself, by a connection of its own. */
static bool comes_from_client(const struct sip_message *m, const struct sip_transport *in)
{
	return repro__flow_token_is_due(sip_transport_kind_of(in)) && sip_message_count(m, SIP_HEADER_VIA) == 1;
}

static bool is_secure(const struct sip_transport *t)
{
	return sip_transport_kinds[sip_transport_kind_of(t)].is_secure;
}

static enum sip_err stay(const struct repro_proxy *p, struct sip_message *m, struct sip_transport *by, const struct sip_addr *to,
			 bool is_client_flow)
{
	struct sip_flow *flow = sip_flow_from_ref(sip_message_flow(m));
	struct sip_transport *in = flow ? sip_flow_transport(flow) : NULL;
	struct side out = { by, to, asks_for_sips(m), is_client_flow && repro__flow_token_is_due(sip_transport_kind_of(by)) };
	struct side back = { in, flow ? sip_flow_remote(flow) : NULL, in && out.is_sips && is_secure(in),
			     in && comes_from_client(m, in) };
	bool is_double = in && (in != by || out.has_token || back.has_token);
	enum sip_err err = SIP_OK;

	/* RFC 3261 26.2.2, RFC 5630 5.3: it never leaves by an insecure hop. */
	if (sip_message_uri(m) && sip_message_uri(m)->scheme == SIP_URI_SIPS && !is_secure(by))
		return SIP_E_DENIED;
	if (!makes_a_dialog(sip_message_method(m)) ||
	    (!is_double && !is_configured(p->start_config, by) && !sip_transport_kinds[sip_transport_kind_of(by)].is_stream))
		return SIP_OK;
	if (is_double)
		err = push(p, m, &back);
	return err == SIP_OK ? push(p, m, &out) : err;
}

enum sip_err repro__record_route(void *arg, struct sip_message *m, struct sip_transport *by, const struct sip_addr *to)
{
	return stay(arg, m, by, to, false);
}

enum sip_err repro__record_route_flow(void *arg, struct sip_message *m, struct sip_transport *by, const struct sip_addr *to)
{
	return stay(arg, m, by, to, true);
}
