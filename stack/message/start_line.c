/* A start line alone. No state, any thread. RFC 3261 7.1, 7.2; RFC 3420 2.1. */
#include "stack/message/start_line_priv.h"

enum sip_err sip_start_line_parse(struct sip_str line, struct sip_start_line *out)
{
	bool is_untidy = false;
	struct sip_uri uri;
	enum sip_err err;

	*out = (struct sip_start_line){ .is_request = false };
	err = line.len ? sip__start_line_read(line, out, &is_untidy) : SIP_E_SYNTAX;
	if (err != SIP_OK)
		return err;
	if (!sip__is_version_2(out->version))
		return SIP_E_SYNTAX;
	if (!out->is_request)
		return sip__is_status(out->status) ? SIP_OK : SIP_E_SYNTAX;
	return sip__is_token(out->method) && sip_uri_parse(out->uri, &uri) == SIP_OK ? SIP_OK : SIP_E_SYNTAX;
}
