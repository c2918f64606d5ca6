/*
 * Whose request is this? One of a dialog that we stay in passes; one for our domains goes on; one
 * for others is relayed for our own users only, so that nobody has an open relay in us.
 */
#include "repro/processor/processor.h"

static enum repro_verdict add_request_uri(struct repro_request *r, enum repro_role role)
{
	struct repro_target_options o = { .uri = sip_message_uri_text(r->message), .q = 1000, .flow = r->flow,
					  .is_flow_only = r->flow };

	r->role = role;
	if (repro_request_add_target(r, &o) == SIP_OK)
		return REPRO_CONTINUE;
	repro_request_reply(r, 500, NULL);
	return REPRO_DONE;
}

static bool is_from_us(const struct repro_request *r)
{
	const struct sip_name_addr *from = sip_message_name_addr(r->message, SIP_HEADER_FROM, 0);

	return from && repro_proxy_is_mine(r->proxy, &from->uri);
}

static bool is_in_dialog(const struct repro_request *r)
{
	const struct sip_name_addr *to = sip_message_name_addr(r->message, SIP_HEADER_TO, 0);

	return r->had_route && to && to->tag.p;
}

enum repro_verdict repro_am_i_responsible_process(void *arg, struct repro_request *r)
{
	const struct sip_uri *uri = sip_message_uri(r->message);
	bool is_routed_on = sip_message_has(r->message, SIP_HEADER_ROUTE);

	(void)arg;
	if (r->flow) /* a token of ours says where it goes, and that somebody there is reached by us */
		return add_request_uri(r, REPRO_ROLE_IN_DIALOG);
	/* In a dialog the Request-URI is a contact: only an exact address of ours would mean us. */
	if (is_in_dialog(r) &&
	    (is_routed_on || !repro_proxy_is_mine(r->proxy, uri) ||
	     (uri->port == 0 && !repro_config_is_domain(repro_proxy_config(r->proxy), uri->host))))
		return add_request_uri(r, REPRO_ROLE_IN_DIALOG);
	/* What is left of maddr is somebody else's (16.5): the request goes there, whatever its domain. */
	if (!is_routed_on && !sip_uri_has_param(uri, SIP_URI_PARAM_MADDR) && repro_proxy_is_mine(r->proxy, uri)) {
		r->role = REPRO_ROLE_IN;
		return REPRO_CONTINUE;
	}
	if (repro_proxy_config(r->proxy)->set.always_allow_relaying || is_from_us(r) || r->tx == 0)
		return add_request_uri(r, REPRO_ROLE_OUT);
	sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_RELAY_DENIED);
	repro_request_refuse(r, SIP_REFUSAL_RELAYING);
	return REPRO_DONE;
}
