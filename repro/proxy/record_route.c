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

static void put_uri(const struct repro_config *c, const struct sip_transport *t, const struct sip_addr *peer,
		    struct sip_buf *b)
{
	enum sip_transport_kind kind = sip_transport_kind_of(t);
	struct sip_str uri = configured_uri(c, t);
	struct sip_uri parsed;

	sip_buf_put_char(b, '<');
	if (uri.len) {
		sip_buf_put_str(b, uri);
		if (sip_uri_parse(uri, &parsed) == SIP_OK && sip_uri_has_param(&parsed, SIP_URI_PARAM_LR)) {
			sip_buf_put_char(b, '>');
			return;
		}
	} else {
		SIP_BUF_LIT(b, "sip:");
		sip_transport_put_sent_by(t, peer, b);
		if (kind != SIP_TRANSPORT_UDP) {
			SIP_BUF_LIT(b, ";transport=");
			sip_buf_put_str(b, sip_transport_kinds[kind].uri_name);
		}
	}
	SIP_BUF_LIT(b, ";lr>");
}

static enum sip_err push(const struct repro_proxy *p, struct sip_message *m, const struct sip_transport *t,
			 const struct sip_addr *peer)
{
	char text[512];
	struct sip_buf b;

	sip_buf_init_fixed(&b, text, sizeof text);
	put_uri(p->start_config, t, peer, &b);
	return b.err == SIP_OK ? sip_message_push(m, SIP_HEADER_RECORD_ROUTE, sip_buf_str(&b)) : b.err;
}

enum sip_err repro__record_route(void *arg, struct sip_message *m, struct sip_transport *by, const struct sip_addr *to)
{
	const struct repro_proxy *p = arg;
	struct sip_flow *flow = sip_flow_from_ref(sip_message_flow(m));
	struct sip_transport *in = flow ? sip_flow_transport(flow) : NULL;
	bool crosses = in && in != by;
	bool is_wanted;
	enum sip_err err = SIP_OK;

	if (!makes_a_dialog(sip_message_method(m)))
		return SIP_OK;
	is_wanted = crosses || is_configured(p->start_config, by) ||
		    sip_transport_kinds[sip_transport_kind_of(by)].is_stream;
	if (!is_wanted)
		return SIP_OK;
	if (crosses)
		err = push(p, m, in, sip_flow_remote(flow));
	return err == SIP_OK ? push(p, m, by, to) : err;
}
