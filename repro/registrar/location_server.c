/* RFC 3261 16.5: the contacts of the address of record the Request-URI names become targets. On the proxy's loop. */
#include "repro/registrar/registrar_priv.h"

/*
 * The connection the contact was registered by, while it lives; a sips request only goes by a secure one (RFC 5630 5.3). One with a
 * reg-id has no other way, whatever its state.
 */
static struct sip_flow *flow_of(const struct repro_request *r, const struct repro_binding *b)
{
	struct sip_flow *flow = sip_flow_from_ref(b->flow);
	bool is_secure = flow && sip_transport_kinds[sip_flow_kind(flow)].is_secure;

	if (!flow || b->reg_id)
		return flow;
	if (sip_message_uri(r->message)->scheme == SIP_URI_SIPS && !is_secure)
		return NULL;
	return sip_flow_state(flow) == SIP_FLOW_GONE || sip_flow_state(flow) == SIP_FLOW_CLOSING ? NULL : flow;
}

/* An instance is tried by one flow at a time, the one heard of last; the others stand by (RFC 5626 7). */
static bool is_spare(const struct repro_contacts *c, unsigned index)
{
	const struct repro_binding *b = &c->bindings[index], *other;

	for (unsigned i = 0; b->reg_id && i < c->count; i++) {
		other = &c->bindings[i];
		if (i != index && other->reg_id && sip_str_eq(other->instance, b->instance) && repro__outbound_is_alive(other) &&
		    (other->expires_s > b->expires_s || (other->expires_s == b->expires_s && i < index)))
			return true;
	}
	return false;
}

/* A phone that came by UDP before we were started anew: its contact may be behind a NAT, its address was not. */
static void put_source(const struct repro_binding *b, struct sip_buf *text)
{
	char address[SIP_ADDR_TEXT];

	if (!b->reg_id || b->flow || b->path.len || sip_addr_is_none(&b->source))
		return;
	SIP_BUF_LIT(text, "sip:");
	sip_buf_put_str(text, sip_str_of(sip_addr_text(&b->source, address)));
	SIP_BUF_LIT(text, ";transport=udp");
}

static enum sip_err add_binding(struct repro_request *r, const struct repro_contacts *contacts, unsigned index)
{
	const struct repro_binding *b = &contacts->bindings[index];
	char source[SIP_ADDR_TEXT + 32];
	struct sip_buf next_hop;
	struct sip_str path[REPRO__PATH_MAX], rest = b->path;
	struct repro_target_options o = { .q = b->q, .is_bound = true, .path = path };
	struct sip_uri uri;
	enum sip_err err;

	if (sip_uri_parse(b->contact, &uri) != SIP_OK || !sip_uri_is_sip(&uri))
		return SIP_OK; /* a mailto: is a fine contact, but not one to forward to */
	while (o.path_count < SIP_COUNTOF(path) && sip_list_value_next(&rest, &path[o.path_count]))
		o.path_count++;
	sip_buf_init_fixed(&next_hop, source, sizeof source);
	put_source(b, &next_hop);
	o.next_hop = sip_buf_str(&next_hop);
	o.uri = b->contact;
	o.flow = flow_of(r, b);
	o.is_flow_only = o.flow && (b->reg_id || repro_flow_token_is_due(b->kind));
	/* Nobody connects to a WebSocket client (RFC 7118 1). */
	if (!o.flow && !o.path_count && sip_transport_kinds[b->kind].is_web)
		return SIP_OK;
	if (b->reg_id) {
		o.instance = b->instance;
		o.reg_id = b->reg_id;
		o.is_spare = is_spare(contacts, index);
	}
	err = repro_request_add_target(r, &o);
	return err == SIP_E_NOMEM ? err : SIP_OK;
}

/* There are contacts, but none that may be used: no sip for sips (RFC 5630 5.3), or nothing SIP can reach. */
static void reply_unreachable(struct repro_request *r)
{
	struct sip_message *response = repro_request_make_response(r, 480, NULL);

	if (response && sip_message_uri(r->message)->scheme == SIP_URI_SIPS &&
	    sip_message_add(response, SIP_HEADER_WARNING, SIP_STR("380 repro \"SIPS Not Allowed\"")) != SIP_OK)
		sip_message_unref(&response);
	repro_request_respond(r, &response);
}

enum repro_verdict repro_location_server_process(void *arg, struct repro_request *r)
{
	struct repro_registrar *g = arg;
	struct repro_contacts *contacts;
	char text[512];
	struct sip_buf aor;
	unsigned count, failed = 0;
	enum sip_err err = SIP_OK;

	MUST_BE(g, REPRO__REGISTRAR_MAGIC);
	if (r->role != REPRO_ROLE_IN || r->target_count)
		return REPRO_CONTINUE;
	sip_buf_init_fixed(&aor, text, sizeof text);
	repro_proxy_put_aor(r->proxy, sip_message_uri(r->message), &aor);
	if (aor.err != SIP_OK) {
		repro_request_refuse(r, SIP_REFUSAL_AOR_SIZE);
		return REPRO_DONE;
	}
	contacts = repro_location_find(g->o.location, sip_buf_str(&aor), repro__registrar_now_s(g),
				       repro_proxy_cells(r->proxy));
	for (unsigned i = 0; contacts && err == SIP_OK && i < contacts->count; i++)
		if (repro__outbound_is_alive(&contacts->bindings[i]))
			err = add_binding(r, contacts, i);
		else
			failed++;
	count = contacts ? contacts->count : 0;
	repro_request_explain(r, "location", "%.*s has %u contacts", SIP_STR_ARG(sip_buf_str(&aor)), count);
	repro_contacts_unref(&contacts);
	if (err != SIP_OK) {
		repro_request_reply(r, 500, NULL);
		return REPRO_DONE;
	}
	if (r->target_count)
		return REPRO_CONTINUE;
	sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_NO_ROUTE);
	if (count == 0)
		repro_request_refuse(r, SIP_REFUSAL_NOBODY);
	else if (failed == count)
		repro_request_refuse(r, SIP_REFUSAL_FLOW_GONE);
	else
		reply_unreachable(r);
	return REPRO_DONE;
}
