/* CSeq: a number and a method. Slices, no state, any thread. RFC 3261 20.16, 8.1.1.5. */
#include "stack/header/header_priv.h"

#define CSEQ_MAX 2147483647u

/* A method we do not know, or one we do and blanks; what is known needs no look at its letters. */
static bool take_other_method(struct sip_cseq *out, const char *from, const char *end)
{
	const char *p = sip_char_run(from, end, SIP_CC_TOKEN);
	out->method_text = sip__slice(from, p);
	out->method = (uint8_t)sip_method_find(out->method_text);
	return p > from && sip_char_skip_lws(p, end) == end;
}

enum sip_err sip_cseq_parse(struct sip_str value, struct sip_cseq *out)
{
	const char *end = sip_str_end(value);
	const char *p = value.p;
	uint64_t number = 0;
	unsigned digit;
	out->number = 0;
	out->method = SIP_METHOD_UNKNOWN;
	out->method_text = sip_str_make(NULL, 0);
	for (; p < end && (digit = (unsigned)(unsigned char)*p - '0') <= 9; p++)
		number = number > CSEQ_MAX ? number : number * 10 + digit;
	if (p == value.p || p == end || !sip_char_is(*p, SIP_CC_LWS))
		return SIP_E_SYNTAX;
	p = sip_char_skip_lws(p, end);
	out->method_text = sip__slice(p, end);
	out->method = (uint8_t)sip_method_find(out->method_text);
	if (SIP_UNLIKELY(out->method == SIP_METHOD_UNKNOWN) && !take_other_method(out, p, end))
		return SIP_E_SYNTAX;
	if (number > CSEQ_MAX)
		return SIP_E_RANGE;
	out->number = (uint32_t)number;
	return SIP_OK;
}
