/* type "/" subtype and parameters; also the ranges of Accept. Slices, no state, any thread. RFC 3261 20.1, 20.15. */
#include "stack/header/header_priv.h"

enum sip_err sip_media_type_parse(struct sip_str value, struct sip_media_type *out)
{
	const char *end = sip_str_end(value);
	const char *p = sip_char_run(value.p, end, SIP_CC_TOKEN);
	memset(out, 0, sizeof *out);
	out->type = sip__slice(value.p, p);
	p = sip_char_skip_lws(p, end);
	if (out->type.len == 0 || p == end || *p != '/')
		return SIP_E_SYNTAX;
	const char *from = sip_char_skip_lws(p + 1, end);
	p = sip_char_run(from, end, SIP_CC_TOKEN);
	out->subtype = sip__slice(from, p);
	return out->subtype.len ? sip__take_params(&out->params, p, end) : SIP_E_SYNTAX;
}
