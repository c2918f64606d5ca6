/* RFC 3261 16.4: takes off what brought the request to us, before anyone decides where it goes. On the proxy's loop. */
#include "repro/proxy/proxy_priv.h"

static bool out_of_memory(struct repro_request *r)
{
	repro_request_reply(r, 500, NULL);
	return false;
}

/* A strict router before us has put our Record-Route into the Request-URI; the real one is last in Route. */
static enum sip_err undo_strict_route(struct sip_message *m)
{
	size_t last = sip_message_count(m, SIP_HEADER_ROUTE) - 1;
	const struct sip_name_addr *route = sip_message_name_addr(m, SIP_HEADER_ROUTE, last);
	enum sip_err err;

	if (!route)
		return SIP_E_SYNTAX;
	err = sip_message_set_uri(m, route->uri.text);
	return err == SIP_OK ? sip_message_remove(m, SIP_HEADER_ROUTE, last) : err;
}

/* maddr names us: what remains is the address it stands for, on the default port and transport. */
static enum sip_err drop_maddr(struct repro_request *r, const struct sip_uri *uri)
{
	struct sip_buf b;
	struct sip_str rest = uri->params, name, value;
	enum sip_err err;

	sip_buf_init(&b, 8192);
	sip_buf_put_str(&b, uri->scheme_text);
	sip_buf_put_char(&b, ':');
	if (uri->has_user) {
		sip_buf_put_str(&b, uri->user);
		sip_buf_put_char(&b, '@');
	}
	sip_buf_put_str(&b, uri->host);
	while (sip_params_next(&rest, &name, &value)) {
		if (sip_str_eq_nocase(name, SIP_STR("maddr")) || sip_str_eq_nocase(name, SIP_STR("transport")))
			continue;
		sip_buf_put_char(&b, ';');
		sip_buf_put_str(&b, name);
		if (value.len) {
			sip_buf_put_char(&b, '=');
			sip_buf_put_str(&b, value);
		}
	}
	err = b.err == SIP_OK ? sip_message_set_uri(r->message, sip_buf_str(&b)) : b.err;
	sip_buf_fini(&b);
	return err;
}

static bool maddr_is_mine(const struct repro_request *r, const struct sip_uri *uri)
{
	return sip_uri_has_param(uri, SIP_URI_PARAM_MADDR) &&
	       sip_stack_is_own_address(r->proxy->o.stack, uri->param[SIP_URI_PARAM_MADDR], uri->port);
}

/* Of two of ours the last one names the side it is going to. */
static bool note_flow(struct repro_request *r, struct sip_str user)
{
	char text[SIP_ADDR_TEXT + 40];
	struct sip_buf hop;
	const struct sip_uri *uri;

	r->flow_hop = sip_str_make(NULL, 0);
	sip_buf_init_fixed(&hop, text, sizeof text);
	uri = sip_message_uri(r->message);
	if (!repro__flow_token_read(r->proxy, user, uri && uri->scheme == SIP_URI_SIPS, &hop))
		return true;
	r->flow_hop = sip_arena_str(&r->arena, sip_buf_str(&hop));
	return r->flow_hop.p != NULL;
}

bool repro__route_preprocess(struct repro_request *r)
{
	struct sip_message *m = r->message;
	const struct sip_uri *uri = sip_message_uri(m);
	const struct sip_name_addr *route;

	if (sip_uri_has_param(uri, SIP_URI_PARAM_LR) && uri->user.len == 0 && sip_message_has(m, SIP_HEADER_ROUTE) &&
	    repro_proxy_is_own_route(r->proxy, uri)) {
		enum sip_err err = undo_strict_route(m);
		if (err == SIP_E_NOMEM)
			return out_of_memory(r);
		uri = err == SIP_OK ? sip_message_uri(m) : NULL;
		if (!uri) {
			repro_request_reply(r, 400, "Bad Route");
			return false;
		}
		r->had_route = true;
	}
	if (maddr_is_mine(r, uri) && drop_maddr(r, uri) != SIP_OK)
		return out_of_memory(r);
	/* Two of ours where the transports differed on the way here (RFC 5658). */
	while (sip_message_has(m, SIP_HEADER_ROUTE)) {
		route = sip_message_name_addr(m, SIP_HEADER_ROUTE, 0);
		if (!route) {
			repro_request_reply(r, 400, "Bad Route");
			return false;
		}
		if (!repro_proxy_is_own_route(r->proxy, &route->uri))
			break;
		if (!note_flow(r, route->uri.user) || sip_message_pop(m, SIP_HEADER_ROUTE) != SIP_OK)
			return out_of_memory(r);
		r->had_route = true;
	}
	return true;
}
