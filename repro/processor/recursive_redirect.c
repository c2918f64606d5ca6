/*
 * RFC 3261 16.5 and 16.7 step 4: the contacts of a 3xx become candidates and leave the response, when the settings say so
 * and the Request-URI was ours to change.
 */
#include "repro/processor/processor.h"

enum repro_verdict repro_recursive_redirect_process(void *arg, struct repro_request *r)
{
	const struct sip_name_addr *a;
	unsigned status = sip_message_status(r->response);
	bool has_new = false;

	(void)arg;
	if (!repro_proxy_config(r->proxy)->set.recursive_redirect || r->role != REPRO_ROLE_IN || status < 300 || status > 399)
		return REPRO_CONTINUE;
	for (size_t i = 0; i < REPRO_TARGETS_MAX && (a = sip_message_name_addr(r->response, SIP_HEADER_CONTACT, i)) != NULL;) {
		struct repro_target_options o = { .uri = a->uri.text, .is_bound = true };
		bool is_new = !a->is_star && sip_uri_is_sip(&a->uri) && sip_name_addr_q(a, 1000, &o.q) == SIP_OK &&
			      repro_request_add_target(r, &o) == SIP_OK;
		has_new |= is_new;
		/* Without memory to take it out the caller may try it too: no harm but traffic. */
		if (!is_new || sip_message_remove(r->response, SIP_HEADER_CONTACT, i) != SIP_OK)
			i++;
	}
	if (has_new)
		sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_REDIRECTS);
	return REPRO_CONTINUE;
}
