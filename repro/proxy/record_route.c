/*
 * RFC 3261 16.6 step 4 with RFC 5658 and RFC 5626 5: stays in the path of a dialog, or of a registration. Called on the shard's
 * loop, when the transport of a branch is known, or on the proxy's; looks only at what never changes after the start.
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
	struct sip_flow *flow; /* lent: its peer is reached by this, and no other way; NULL: by any */
	bool is_sips;          /* RFC 3261 16.6 step 4 */
};

static void put_token(struct sip_str token, struct sip_buf *b)
{
	if (!token.len)
		return;
	sip_buf_put_str(b, token);
	sip_buf_put_char(b, '@');
}

/* A configured URI with a token is that URI with another user. */
static void put_configured(struct sip_str uri, struct sip_str token, struct sip_buf *b)
{
	struct sip_uri parsed;

	if (!token.len || sip_uri_parse(uri, &parsed) != SIP_OK) {
		sip_buf_put_str(b, uri);
		return;
	}
	sip_buf_put_str(b, parsed.scheme_text);
	sip_buf_put_char(b, ':');
	put_token(token, b);
	sip_buf_put_str(b, sip_str_from(uri, (size_t)(parsed.host.p - uri.p)));
}

static void put_own(const struct side *s, struct sip_str token, struct sip_buf *b)
{
	enum sip_transport_kind kind = sip_transport_kind_of(s->transport);

	sip_buf_put_z(b, s->is_sips ? "sips:" : "sip:");
	put_token(token, b);
	sip_transport_put_sent_by(s->transport, s->peer, b);
	if (kind != SIP_TRANSPORT_UDP) {
		SIP_BUF_LIT(b, ";transport=");
		sip_buf_put_str(b, sip_transport_kind_param(kind, s->is_sips));
	}
}

static void put_uri(const struct repro_config *c, const struct side *s, struct sip_str token, struct sip_buf *b)
{
	struct sip_str uri = configured_uri(c, s->transport);
	struct sip_uri parsed;

	sip_buf_put_char(b, '<');
	if (uri.len)
		put_configured(uri, token, b);
	else
		put_own(s, token, b);
	if (!uri.len || sip_uri_parse(uri, &parsed) != SIP_OK || !sip_uri_has_param(&parsed, SIP_URI_PARAM_LR))
		SIP_BUF_LIT(b, ";lr");
}

static enum sip_err push(const struct repro_proxy *p, struct sip_message *m, enum sip_header id, const struct side *s)
{
	char text[512], token_text[REPRO_FLOW_TOKEN_MAX];
	struct sip_buf b, token;
	enum sip_err err = SIP_OK;

	sip_buf_init_fixed(&token, token_text, sizeof token_text);
	if (s->flow)
		err = repro_flow_token_put(p->o.tokens, s->flow, &token);
	if (err != SIP_OK)
		return err;
	sip_buf_init_fixed(&b, text, sizeof text);
	put_uri(p->start_config, s, sip_buf_str(&token), &b);
	if (id == SIP_HEADER_PATH)
		SIP_BUF_LIT(&b, ";ob");
	sip_buf_put_char(&b, '>');
	return b.err == SIP_OK ? sip_message_push(m, id, sip_buf_str(&b)) : b.err;
}

/* ---- flows ------------------------------------------------------------------------------------------------------------- */

static struct sip_flow *flow_of(const struct sip_message *m)
{
	return sip_flow_from_ref(sip_message_flow(m));
}

/* Nobody is between us and who made it. Our own Via is not on it yet. */
static bool is_first_hop(const struct sip_message *m)
{
	return flow_of(m) && sip_message_count(m, SIP_HEADER_VIA) == 1;
}

/* RFC 5626 5.3.2: the flow by which the caller of a new dialog must be reached in it; NULL: any way will do. */
static struct sip_flow *flow_to_caller(const struct repro_config *c, const struct sip_message *m)
{
	const struct sip_name_addr *contact = sip_message_name_addr(m, SIP_HEADER_CONTACT, 0);

	if (!is_first_hop(m))
		return NULL;
	if (repro_flow_token_is_due(sip_flow_kind(flow_of(m))))
		return flow_of(m);
	if (c->set.disable_outbound)
		return NULL;
	return c->set.enable_flow_tokens || (contact && sip_uri_has_param(&contact->uri, SIP_URI_PARAM_OB)) ? flow_of(m) : NULL;
}

static bool is_secure(const struct sip_transport *t)
{
	return sip_transport_kinds[sip_transport_kind_of(t)].is_secure;
}

static bool asks_for_sips(const struct sip_message *m)
{
	const struct sip_uri *uri = sip_message_uri(m);
	const struct sip_name_addr *route = sip_message_name_addr(m, SIP_HEADER_ROUTE, 0);

	return (uri && uri->scheme == SIP_URI_SIPS) || (route && route->uri.scheme == SIP_URI_SIPS);
}

/* RFC 5626 5.1: a REGISTER of several flows, and we are the first it meets. */
static enum sip_err add_path(const struct repro_proxy *p, struct sip_message *m, const struct sip_transport *by,
			     const struct sip_addr *to)
{
	const struct sip_name_addr *contact = sip_message_name_addr(m, SIP_HEADER_CONTACT, 0);
	struct sip_str value;

	if (p->start_config->set.disable_outbound || !contact || !is_first_hop(m) ||
	    !sip_params_find(contact->params, SIP_STR("reg-id"), &value))
		return SIP_OK;
	return push(p, m, SIP_HEADER_PATH, &(struct side){ by, to, flow_of(m), asks_for_sips(m) });
}

/* Two where the ways differ; one with a token serves both sides: who sends by that flow is not sent back on it. */
static enum sip_err record(const struct repro_proxy *p, struct sip_message *m, struct side *out)
{
	struct sip_flow *in = flow_of(m), *caller = flow_to_caller(p->start_config, m);
	bool crosses = in && (sip_flow_transport(in) != out->transport || (caller && out->flow));
	enum sip_err err = SIP_OK;

	if (!crosses && !caller && !out->flow && !is_configured(p->start_config, out->transport) &&
	    !sip_transport_kinds[sip_transport_kind_of(out->transport)].is_stream)
		return SIP_OK;
	if (crosses) {
		struct side back = { sip_flow_transport(in), sip_flow_remote(in), caller,
				     out->is_sips && is_secure(sip_flow_transport(in)) };
		err = push(p, m, SIP_HEADER_RECORD_ROUTE, &back);
	} else if (!out->flow) {
		out->flow = caller;
	}
	return err == SIP_OK ? push(p, m, SIP_HEADER_RECORD_ROUTE, out) : err;
}

static enum sip_err stay(const struct repro_proxy *p, struct sip_message *m, struct side *out)
{
	/* RFC 3261 26.2.2, RFC 5630 5.3: it never leaves by an insecure hop. */
	if (sip_message_uri(m) && sip_message_uri(m)->scheme == SIP_URI_SIPS && !is_secure(out->transport))
		return SIP_E_DENIED;
	if (sip_message_method(m) == SIP_METHOD_REGISTER && !out->flow)
		return add_path(p, m, out->transport, out->peer);
	return makes_a_dialog(sip_message_method(m)) ? record(p, m, out) : SIP_OK;
}

enum sip_err repro__record_route_by(const struct repro_proxy *p, struct sip_message *m, struct sip_flow *out)
{
	return stay(p, m, &(struct side){ sip_flow_transport(out), sip_flow_remote(out), out, asks_for_sips(m) });
}

enum sip_err repro__record_route(void *arg, struct sip_message *m, struct sip_transport *by, const struct sip_addr *to)
{
	return stay(arg, m, &(struct side){ by, to, NULL, asks_for_sips(m) });
}
