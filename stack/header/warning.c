/* A code, who says so, and what it says. Slices, no state, any thread. RFC 3261 20.43. */
#include "stack/header/header_priv.h"

#define CODE_DIGITS 3

enum sip_err sip_warning_parse(struct sip_str value, struct sip_warning *out)
{
	const char *end = sip_str_end(value), *p, *from;
	struct sip_scan s;
	uint32_t code;

	memset(out, 0, sizeof *out);
	if (value.len < CODE_DIGITS)
		return SIP_E_SYNTAX;
	p = sip_char_run(value.p, end, SIP_CC_DIGIT);
	if (p - value.p != CODE_DIGITS || p == end || !sip_char_is(*p, SIP_CC_LWS))
		return SIP_E_SYNTAX;
	/* Three digits; as of a status, there is no class 0 (20.43: of the classes below 3 HTTP has some). */
	(void)!sip_str_to_u32(sip__slice(value.p, p), 999, &code);
	if (code < 100)
		return SIP_E_SYNTAX;
	out->code = (uint16_t)code;
	/* A host with its port, or a pseudonym: whatever stands before the text. */
	from = p = sip_char_skip_lws(p, end);
	while (p < end && !sip_char_is(*p, SIP_CC_LWS) && *p != '"')
		p++;
	out->agent = sip__slice(from, p);
	p = sip_char_skip_lws(p, end);
	if (out->agent.len == 0 || p == end || *p != '"')
		return SIP_E_SYNTAX;
	sip_scan_init(&s, sip__slice(p, end));
	out->words = sip_scan_quoted(&s);
	return sip_scan_is_ok(&s) && sip_char_skip_lws(s.p, end) == end ? SIP_OK : SIP_E_SYNTAX;
}
