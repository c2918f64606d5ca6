/* RFC 3261 16.6: one copy of the request for one target. On the proxy's loop. */
#include "repro/proxy/proxy_priv.h"

static enum sip_err count_hop(struct sip_message *m)
{
	char text[12];
	struct sip_buf b;
	uint32_t hops;

	if (sip_message_number(m, SIP_HEADER_MAX_FORWARDS, &hops) != SIP_OK)
		return sip_message_add(m, SIP_HEADER_MAX_FORWARDS, SIP_STR("70"));
	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_put_u64(&b, hops ? hops - 1 : 0);
	return sip_message_set(m, SIP_HEADER_MAX_FORWARDS, sip_buf_str(&b));
}

/* Step 6: a next hop without lr is a strict router, which wants to find itself in the Request-URI. */
static enum sip_err mind_strict_router(struct sip_message *m, struct sip_target *to)
{
	const struct sip_name_addr *route = sip_message_name_addr(m, SIP_HEADER_ROUTE, 0);
	struct sip_buf b;
	enum sip_err err;

	if (!route || sip_name_addr_is_loose(route))
		return SIP_OK;
	sip_buf_init(&b, 16384);
	sip_buf_put_char(&b, '<');
	sip_buf_put_str(&b, sip_message_uri_text(m));
	sip_buf_put_char(&b, '>');
	err = b.err == SIP_OK ? sip_message_add(m, SIP_HEADER_ROUTE, sip_buf_str(&b)) : b.err;
	sip_buf_fini(&b);
	if (err == SIP_OK)
		err = sip_message_set_uri(m, route->uri.text);
	if (err == SIP_OK)
		err = sip_message_pop(m, SIP_HEADER_ROUTE);
	to->uri = sip_message_uri_text(m); /* step 7: there, and not to the Route after it */
	return err;
}

static enum sip_err make_copy(struct repro_request *r, const struct repro_target *t, struct sip_target *to,
			      struct sip_message **out)
{
	struct sip_message *m = NULL;
	enum sip_err err = sip_message_clone(r->message, &m);

	if (err == SIP_OK && t->is_bound)
		err = sip_message_set_uri(m, t->uri);
	if (err == SIP_OK)
		err = count_hop(m);
	if (err == SIP_OK)
		err = repro__breadth_put(m, t->breadth);
	for (size_t i = t->path_count; err == SIP_OK && i > 0; i--)
		err = sip_message_push(m, SIP_HEADER_ROUTE, t->path[i - 1]);
	if (err == SIP_OK)
		err = mind_strict_router(m, to);
	if (err == SIP_OK && t->is_flow_only && r->tx)
		err = repro__record_route_by(r->proxy, m, t->flow);
	if (err != SIP_OK)
		sip_message_unref(&m);
	*out = m;
	return err;
}

static enum repro_metric metric_of(enum sip_method method)
{
	switch (method) {
	case SIP_METHOD_INVITE:
		return REPRO_M_FORWARD_INVITE;
	case SIP_METHOD_ACK:
		return REPRO_M_FORWARD_ACK;
	case SIP_METHOD_BYE:
		return REPRO_M_FORWARD_BYE;
	default:
		return REPRO_M_FORWARD_OTHER;
	}
}

static void fill_target(struct repro_request *r, const struct repro_target *t, struct sip_target *to)
{
	struct sip_flow *in = sip_flow_from_ref(sip_message_flow(r->message));

	sip_target_init(to);
	to->flow = t->flow;
	to->flow_only = t->is_flow_only;
	to->uri = t->next_hop;
	to->preferred = in ? sip_flow_transport(in) : NULL;
	to->shard = (int)r->proxy->o.shard;
	to->branch_extra = repro__loop_value(r);
	to->prepare = t->is_flow_only ? NULL : repro__record_route;
	to->prepare_arg = r->proxy;
}

/* A sips request is not sent to a next hop that was named by a sip URI (RFC 3261 26.2.2, RFC 5630 5.3). */
static bool is_insecure_hop(const struct sip_message *m)
{
	const struct sip_uri *uri = sip_message_uri(m);
	const struct sip_name_addr *route = sip_message_name_addr(m, SIP_HEADER_ROUTE, 0);

	return uri && uri->scheme == SIP_URI_SIPS && route && route->uri.scheme == SIP_URI_SIP;
}

void repro__request_start_target(struct repro_request *r, struct repro_target *t)
{
	struct repro_proxy *p = r->proxy;
	struct sip_message *m = NULL;
	struct sip_target to;
	size_t index = 0;
	enum sip_err err;

	while (r->targets[index] != t)
		index++;
	t->state = REPRO_TARGET_TRYING;
	r->tried++;
	r->pending++;
	fill_target(r, t, &to);
	err = make_copy(r, t, &to, &m);
	if (err == SIP_OK && is_insecure_hop(m))
		err = SIP_E_DENIED;
	if (err == SIP_OK)
		err = sip_user_request(p->user, &m, &to, r->id << 8 | index, &t->tx);
	repro_request_explain(r, "forward", "to %.*s: %s", SIP_STR_ARG(t->uri), sip_err_text(err));
	if (err != SIP_OK) {
		sip_message_unref(&m);
		repro__response_local(r, t, err == SIP_E_FULL ? 503 : err == SIP_E_DENIED ? 480 : 500);
		return;
	}
	sip_metric_count(p->cells, metric_of(r->method));
	if (r->method == SIP_METHOD_INVITE)
		repro__timer_c_start(t);
}

void repro__forward_ack(struct repro_request *r)
{
	struct sip_message *m = NULL;
	struct sip_target to;
	enum sip_err err;

	r->targets[0]->breadth = repro__breadth(r);
	fill_target(r, r->targets[0], &to);
	to.prepare = NULL;
	err = make_copy(r, r->targets[0], &to, &m);
	if (err == SIP_OK)
		err = sip_user_send(r->proxy->user, &m, &to);
	if (err != SIP_OK)
		sip_metric_count(r->proxy->cells, REPRO_M_LOST);
	else
		sip_metric_count(r->proxy->cells, REPRO_M_FORWARD_ACK);
	sip_message_unref(&m);
	r->is_answered = true;
}
