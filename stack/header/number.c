/* delta-seconds and their like. No state, any thread. RFC 3261 25.1 delta-seconds, 20.33. */
#include "stack/header/header_priv.h"

enum sip_err sip_number_parse(struct sip_str value, uint32_t max, uint32_t *out)
{
	if (value.len == 0) /* perhaps a parameter without one, which is nowhere */
		return SIP_E_SYNTAX;
	const char *end = value.p + value.len;
	const char *p = sip_char_run(value.p, end, SIP_CC_DIGIT);
	struct sip_str digits = sip__slice(value.p, p);
	p = sip_char_skip_lws(p, end);
	if (p < end && *p != ';' && *p != '(')
		return SIP_E_SYNTAX;
	return sip_str_to_u32(digits, max, out);
}
