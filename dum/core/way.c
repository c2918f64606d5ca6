/*
 * The way out of a request, as its profile says: by the outbound proxy (RFC 3261 8.1.2), by a kind of transport, from an address of
 * ours. DUM's loop.
 */
#include "dum/core/core.h"

#define TRANSPORTS_MOST 64

/* The outbound proxy: for requests that have no route of their own, or for all. */
static enum sip_err apply_outbound_proxy(struct dum_profile *p, struct sip_message *m, struct sip_target *to)
{
	struct sip_str proxy = dum_profile_text(p, DUM_PROFILE_OUTBOUND_PROXY);
	const struct sip_name_addr *tag = sip_message_name_addr(m, SIP_HEADER_TO, 0);
	bool is_in_dialog = tag && tag->tag.p;
	char room[1040];
	struct sip_uri uri;
	struct sip_buf b;

	if (!proxy.len || (is_in_dialog && !dum_profile_flag(p, DUM_PROFILE_FORCE_OUTBOUND_PROXY)))
		return SIP_OK;
	if (is_in_dialog || !dum_profile_flag(p, DUM_PROFILE_OUTBOUND_AS_ROUTE)) {
		to->uri = proxy;
		return SIP_OK;
	}
	if (sip_uri_parse(proxy, &uri) != SIP_OK)
		return SIP_E_SYNTAX;
	sip_buf_init_fixed(&b, room, sizeof room);
	sip_buf_put_char(&b, '<');
	sip_uri_put_route(&b, &uri);
	sip_buf_put_char(&b, '>');
	return b.err == SIP_OK ? sip_message_push(m, SIP_HEADER_ROUTE, sip_buf_str(&b)) : b.err;
}

/* Where it would go: what was said, else the first Route, else the Request-URI. False: that is no SIP URI. */
static bool next_hop(const struct sip_message *m, struct sip_str said, struct sip_uri *out)
{
	const struct sip_name_addr *route = sip_message_name_addr(m, SIP_HEADER_ROUTE, 0);
	struct sip_str text = said.len ? said : route ? route->uri.text : sip_message_uri_text(m);

	return sip_uri_parse(text, out) == SIP_OK && sip_uri_is_sip(out);
}

/* The same hop by that kind of transport. What else its URI says is of no use on the way. */
static enum sip_err force_kind(struct dum_way *w, const struct sip_uri *hop, enum sip_transport_kind kind)
{
	struct sip_str maddr;
	struct sip_buf b;

	if (hop->host.len == 0 || kind >= SIP_TRANSPORT_KIND_COUNT)
		return SIP_OK;
	sip_buf_init_fixed(&b, w->room, sizeof w->room);
	sip_buf_putf(&b, "%.*s:%.*s", SIP_STR_ARG(hop->scheme_text), SIP_STR_ARG(hop->host));
	if (hop->port)
		sip_buf_putf(&b, ":%u", (unsigned)hop->port);
	if (sip_uri_find_param(hop, SIP_STR("maddr"), &maddr))
		sip_buf_putf(&b, ";maddr=%.*s", SIP_STR_ARG(maddr));
	sip_buf_putf(&b, ";transport=%.*s", SIP_STR_ARG(sip_transport_kinds[kind].uri_name));
	w->to.uri = sip_buf_str(&b);
	return b.err;
}

static bool is_from(const struct sip_transport *t, enum sip_transport_kind kind, const struct sip_addr *local, uint32_t port)
{
	return sip_transport_kind_of(t) == kind && !sip_transport_is_closed(t) &&
	       (sip_addr_is_none(local) || sip_addr_eq_host(sip_transport_bound(t), local)) &&
	       (!port || sip_addr_port(sip_transport_bound(t)) == port);
}

/* UNREACHABLE: nothing of ours is there. */
static enum sip_err force_local(struct dum *d, struct sip_str interface, uint32_t port, struct dum_way *w, enum sip_transport_kind kind)
{
	struct sip_transport *all[TRANSPORTS_MOST];
	struct sip_addr local;
	size_t n;

	sip_addr_clear(&local);
	if (interface.len && sip_addr_parse(&local, interface, 0) != SIP_OK)
		return SIP_E_UNREACHABLE;
	n = sip_stack_transports(d->stack, all, TRANSPORTS_MOST);
	for (size_t i = 0; i < n; i++) {
		if (!w->to.preferred && is_from(all[i], kind, &local, port))
			w->to.preferred = all[i];
		else
			sip_transport_unref(&all[i]);
	}
	return w->to.preferred ? SIP_OK : SIP_E_UNREACHABLE;
}

static enum sip_err apply_fixed_transport(struct dum *d, struct dum_profile *p, const struct sip_message *m, struct dum_way *w)
{
	enum sip_transport_kind kind = (enum sip_transport_kind)dum_profile_number(p, DUM_PROFILE_FIXED_TRANSPORT_KIND);
	struct sip_str interface = dum_profile_text(p, DUM_PROFILE_FIXED_TRANSPORT_INTERFACE);
	uint32_t port = dum_profile_number(p, DUM_PROFILE_FIXED_TRANSPORT_PORT);
	bool is_local = interface.len || port;
	enum sip_err err = SIP_OK;
	struct sip_uri hop;

	if ((kind == SIP_TRANSPORT_NONE && !is_local) || !next_hop(m, w->to.uri, &hop))
		return SIP_OK;
	if (kind != SIP_TRANSPORT_NONE)
		err = force_kind(w, &hop, kind);
	else
		kind = sip_uri_transport(&hop);
	if (kind == SIP_TRANSPORT_NONE)
		kind = hop.scheme == SIP_URI_SIPS ? SIP_TRANSPORT_TLS : SIP_TRANSPORT_UDP;
	else if (hop.scheme == SIP_URI_SIPS)
		kind = sip_transport_kind_secured(kind);
	return err == SIP_OK && is_local ? force_local(d, interface, port, w, kind) : err;
}

enum sip_err dum_way_find(struct dum *d, struct dum_profile *p, struct sip_message *m, bool by_uri, struct dum_way *w)
{
	enum sip_err err;

	sip_target_init(&w->to);
	w->to.prepare = dum_dress_prepare;
	w->to.prepare_arg = d;
	if (by_uri)
		w->to.uri = sip_message_uri_text(m); /* copied before the message goes */
	err = apply_outbound_proxy(p, m, &w->to);
	return err == SIP_OK ? apply_fixed_transport(d, p, m, w) : err;
}

void dum_way_leave(struct dum_way *w)
{
	sip_transport_unref(&w->to.preferred);
}
