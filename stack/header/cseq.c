/* CSeq: a number and a method. Slices, no state, any thread. RFC 3261 20.16, 8.1.1.5. */
#include "stack/header/header_priv.h"

#define CSEQ_MAX 2147483647u

enum sip_err sip_cseq_parse(struct sip_str value, struct sip_cseq *out)
{
	const char *end = value.p + value.len;
	const char *p = value.p;
	uint64_t number = 0;
	unsigned digit;
	out->number = 0;
	out->method = SIP_METHOD_UNKNOWN;
	out->method_text = sip_str_make(NULL, 0);
	while (p < end && *p == '0')
		p++;
	const char *last = end - p > 11 ? p + 11 : end;
	while (p < last && (digit = (unsigned)(unsigned char)*p - '0') <= 9) {
		number = number * 10 + digit;
		p++;
	}
	p = sip_char_run(p, end, SIP_CC_DIGIT);
	if (p == value.p || p == end || !sip_char_is(*p, SIP_CC_LWS))
		return SIP_E_SYNTAX;
	const char *from = sip_char_skip_lws(p, end);
	p = sip_char_run(from, end, SIP_CC_TOKEN);
	if (p == from || sip_char_skip_lws(p, end) != end)
		return SIP_E_SYNTAX;
	out->method_text = sip__slice(from, p);
	out->method = (uint8_t)sip_method_find(out->method_text);
	if (number > CSEQ_MAX)
		return SIP_E_RANGE;
	out->number = (uint32_t)number;
	return SIP_OK;
}
