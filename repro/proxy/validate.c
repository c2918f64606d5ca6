/* RFC 3261 16.3: what a request must pass before it is proxied. On the proxy's loop. */
#include "repro/proxy/proxy_priv.h"

#define TAGS_MOST 32 /* named back */

/* What is wrong with it, nothing but the request says: it would be refused alike each time. */
static bool refuse(struct repro_request *r, enum sip_refusal refusal)
{
	repro_request_answer_once(r);
	repro_request_refuse(r, refusal);
	return false;
}

/* Extensions that bind proxies: none is implemented, so every tag is named back (16.3 step 5). */
static bool require_nothing(struct repro_request *r)
{
	struct sip_value_walk walk = { .is_begun = false };
	struct sip_message *response;
	struct sip_str tag;
	unsigned named = 0;
	enum sip_err err = SIP_OK;

	if (!sip_message_has(r->message, SIP_HEADER_PROXY_REQUIRE))
		return true;
	repro_request_answer_once(r);
	response = repro_request_make_response(r, sip_refusal_code(SIP_REFUSAL_PROXY_REQUIRE), NULL);
	while (response && err == SIP_OK && named++ < TAGS_MOST &&
	       sip_message_next_value(r->message, SIP_HEADER_PROXY_REQUIRE, &walk, &tag))
		err = sip_message_add(response, SIP_HEADER_UNSUPPORTED, tag);
	repro_request_respond(r, &response);
	return false;
}

static bool check_max_forwards(struct repro_request *r)
{
	uint32_t hops;

	if (sip_message_number(r->message, SIP_HEADER_MAX_FORWARDS, &hops) == SIP_OK && hops == 0) {
		sip_metric_count(r->proxy->cells, REPRO_M_LOOPS);
		return refuse(r, SIP_REFUSAL_HOPS);
	}
	return true;
}

bool repro_request_understands(struct repro_request *r)
{
	struct sip_value_walk walk = { .is_begun = false };
	struct sip_message *response = NULL;
	struct sip_str tag;
	unsigned named = 0;
	enum sip_err err = SIP_OK;

	while (err == SIP_OK && named < TAGS_MOST && sip_message_next_value(r->message, SIP_HEADER_REQUIRE, &walk, &tag)) {
		if (sip_str_eq_nocase(tag, SIP_STR("path")) ||
		    (sip_str_eq_nocase(tag, SIP_STR("outbound")) && !r->proxy->config->set.disable_outbound))
			continue;
		if (named++ == 0)
			response = repro_request_make_response(r, sip_refusal_code(SIP_REFUSAL_EXTENSION), NULL);
		err = response ? sip_message_add(response, SIP_HEADER_UNSUPPORTED, tag) : SIP_E_NOMEM;
	}
	if (named)
		repro_request_respond(r, &response);
	return named == 0;
}

bool repro__validate(struct repro_request *r)
{
	const struct sip_uri *uri = sip_message_uri(r->message);

	if (!uri)
		return refuse(r, SIP_REFUSAL_REQUEST_URI);
	if (!sip_uri_is_sip(uri))
		return refuse(r, SIP_REFUSAL_PROXY_SCHEME);
	/* Addressed to this very element: it is not proxied, so the rules for proxying do not apply. */
	if (uri->user.len == 0 && repro_proxy_is_mine(r->proxy, uri) && !sip_message_has(r->message, SIP_HEADER_ROUTE))
		return true;
	if (!check_max_forwards(r))
		return false;
	if (repro__loop_found(r)) {
		sip_metric_count(r->proxy->cells, REPRO_M_LOOPS);
		return refuse(r, SIP_REFUSAL_LOOP);
	}
	return r->tx == 0 || require_nothing(r);
}
