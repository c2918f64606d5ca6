/* RFC 3261 16.5 and 16.7 step 4: the contacts of a 3xx become candidates, when the settings say so. */
#include "repro/processor/processor.h"

enum repro_verdict repro_recursive_redirect_process(void *arg, struct repro_request *r)
{
	const struct sip_name_addr *a;
	unsigned status = sip_message_status(r->response);
	bool has_new = false;

	(void)arg;
	if (!repro_proxy_config(r->proxy)->set.recursive_redirect || status < 300 || status > 399)
		return REPRO_CONTINUE;
	for (size_t i = 0; (a = sip_message_name_addr(r->response, SIP_HEADER_CONTACT, i)) != NULL; i++) {
		struct repro_target_options o = { .uri = a->uri.text, .is_bound = true };
		if (a->is_star || !sip_uri_is_sip(&a->uri) || sip_name_addr_q(a, 1000, &o.q) != SIP_OK)
			continue;
		has_new |= repro_request_add_target(r, &o) == SIP_OK;
	}
	if (has_new)
		sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_REDIRECTS);
	return REPRO_CONTINUE;
}
