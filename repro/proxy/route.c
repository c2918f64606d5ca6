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
	static const struct sip_str dropped[] = { SIP_STR_INIT("maddr"), SIP_STR_INIT("transport") };
	struct sip_buf b;
	enum sip_err err;

	sip_buf_init(&b, 8192);
	sip_buf_put_str(&b, uri->scheme_text);
	sip_buf_put_char(&b, ':');
	if (uri->has_user) {
		sip_buf_put_str(&b, uri->user);
		sip_buf_put_char(&b, '@');
	}
	sip_buf_put_str(&b, uri->host);
	sip_uri_put_params(&b, uri, dropped, SIP_COUNTOF(dropped));
	err = b.err == SIP_OK ? sip_message_set_uri(r->message, sip_buf_str(&b)) : b.err;
	sip_buf_fini(&b);
	return err;
}

static bool maddr_is_mine(const struct repro_request *r, const struct sip_uri *uri)
{
	return sip_uri_has_param(uri, SIP_URI_PARAM_MADDR) &&
	       sip_stack_is_own_address(r->proxy->o.stack, uri->param[SIP_URI_PARAM_MADDR], uri->port);
}

/* Of two of ours the last one names the side the request is going to; the first is that of its sender, by whatever flow he is here now. */
static bool is_followed_by_ours(const struct repro_request *r)
{
	const struct sip_name_addr *next = sip_message_name_addr(r->message, SIP_HEADER_ROUTE, 1);

	return next && repro_proxy_is_own_route(r->proxy, &next->uri, sip_name_addr_is_loose(next));
}

static bool is_between(const struct sip_flow *f, const struct repro_flow_ends *ends)
{
	return f && sip_flow_kind(f) == SIP_TRANSPORT_UDP && sip_addr_eq(sip_flow_remote(f), &ends->remote) &&
	       sip_addr_eq(sip_flow_local(f), &ends->local);
}

/* A flow of UDP that another process has named, or that was forgotten here; NULL: it is none of ours any more. */
static struct sip_flow *open_flow(const struct repro_request *r, const struct repro_flow_ends *ends)
{
	struct sip_flow *flow = sip_flow_from_ref(sip_message_flow(r->message));
	enum sip_err err = SIP_OK;

	if (is_between(flow, ends))
		sip_flow_ref(flow);
	else
		err = sip_stack_open_flow(r->proxy->o.stack, &ends->local, &ends->remote, &flow);
	/* Without room in the table it is good for this request. */
	if (err == SIP_OK && repro_flow_token_keep(r->proxy->o.tokens, flow) == SIP_E_CLOSED)
		sip_flow_unref(&flow);
	return flow;
}

/*
 * RFC 5626 5.3: a Route of ours with a flow token. By the flow the request came by it is on its way out, and the token has done its
 * work; else it goes over the flow, whose contact nobody else can reach. False: answered.
 */
static bool follow_token(struct repro_request *r, struct sip_str user)
{
	struct repro_flow_ends ends;
	struct sip_flow *flow;
	enum sip_err err;
	bool is_passing;

	if (!repro_flow_token_is(user))
		return true;
	err = repro_flow_token_read(r->proxy->o.tokens, user, &flow, &ends);
	if (err != SIP_OK && err != SIP_E_CLOSED && err != SIP_E_NOTFOUND) {
		if (err == SIP_E_SYNTAX)
			repro_request_refuse(r, SIP_REFUSAL_FLOW_TOKEN);
		else
			repro_request_reply(r, 500, NULL);
		return false;
	}
	is_passing = is_followed_by_ours(r);
	if (err == SIP_E_NOTFOUND && !is_passing)
		flow = open_flow(r, &ends);
	if (is_passing || (flow && sip_message_flow(r->message) == sip_flow_as_ref(flow))) {
		sip_flow_unref(&flow);
		return true;
	}
	if (!flow || sip_flow_state(flow) != SIP_FLOW_OPEN) {
		sip_flow_unref(&flow);
		repro_request_refuse(r, SIP_REFUSAL_FLOW_GONE);
		return false;
	}
	sip_flow_unref(&r->flow);
	r->flow = flow;
	return true;
}

bool repro__route_preprocess(struct repro_request *r)
{
	struct sip_message *m = r->message;
	const struct sip_uri *uri = sip_message_uri(m);
	const struct sip_name_addr *route;

	if (sip_uri_has_param(uri, SIP_URI_PARAM_LR) && uri->user.len == 0 && sip_message_has(m, SIP_HEADER_ROUTE) &&
	    repro_proxy_is_own_route(r->proxy, uri, true)) {
		enum sip_err err = undo_strict_route(m);
		if (err == SIP_E_NOMEM)
			return out_of_memory(r);
		uri = err == SIP_OK ? sip_message_uri(m) : NULL;
		if (!uri) {
			repro_request_refuse(r, SIP_REFUSAL_ROUTE);
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
			repro_request_refuse(r, SIP_REFUSAL_ROUTE);
			return false;
		}
		if (!repro_proxy_is_own_route(r->proxy, &route->uri, sip_name_addr_is_loose(route)))
			break;
		if (!follow_token(r, route->uri.user))
			return false;
		if (sip_message_pop(m, SIP_HEADER_ROUTE) != SIP_OK)
			return out_of_memory(r);
		r->had_route = true;
	}
	return true;
}
