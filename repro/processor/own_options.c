/* What is addressed to this very element: OPTIONS is answered (RFC 3261 11.2), REGISTER is the registrar's, the rest is not for us (8.2.1). */
#include "repro/processor/processor.h"

static bool registers(const struct repro_request *r)
{
	return !repro_proxy_config(r->proxy)->set.disable_registrar;
}

static void answer_options(struct repro_request *r)
{
	struct sip_message *response = repro_request_make_response(r, 200, NULL);
	enum sip_err err = response ? SIP_OK : SIP_E_NOMEM;

	if (err == SIP_OK)
		err = sip_message_add(response, SIP_HEADER_ALLOW,
				      registers(r) ? SIP_STR("INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER")
						   : SIP_STR("INVITE, ACK, CANCEL, BYE, OPTIONS"));
	if (err == SIP_OK)
		err = sip_message_add(response, SIP_HEADER_ACCEPT, SIP_STR("application/sdp"));
	if (err == SIP_OK)
		err = sip_message_add(response, SIP_HEADER_ACCEPT_ENCODING, SIP_STR("identity"));
	if (err == SIP_OK)
		err = sip_message_add(response, SIP_HEADER_ACCEPT_LANGUAGE, SIP_STR("en"));
	if (err == SIP_OK)
		err = sip_message_add(response, SIP_HEADER_SUPPORTED, SIP_STR("path"));
	if (err == SIP_OK && !repro_proxy_config(r->proxy)->set.disable_outbound)
		err = sip_message_add(response, SIP_HEADER_SUPPORTED, SIP_STR("outbound"));
	if (err != SIP_OK)
		sip_message_unref(&response);
	repro_request_respond(r, &response);
}

enum repro_verdict repro_own_options_process(void *arg, struct repro_request *r)
{
	(void)arg;
	if (r->role != REPRO_ROLE_IN || r->method == SIP_METHOD_REGISTER || sip_message_uri(r->message)->user.len)
		return REPRO_CONTINUE;
	repro_request_answer_once(r);
	if (r->method != SIP_METHOD_OPTIONS)
		repro_request_reply_not_allowed(r, registers(r) ? SIP_STR("OPTIONS, REGISTER") : SIP_STR("OPTIONS"));
	else if (repro_request_understands(r))
		answer_options(r);
	return REPRO_DONE;
}
