/* CSeq: a number and a method. Slices, no state, any thread. RFC 3261 20.16, 8.1.1.5. */
#include "stack/header/header_priv.h"

#define CSEQ_MAX 2147483647u

enum sip_err sip_cseq_parse(struct sip_str value, struct sip_cseq *out)
{
	uint64_t number = 0;
	size_t i = 0;
	memset(out, 0, sizeof *out);
	out->method = SIP_METHOD_UNKNOWN;
	while (i < value.len && (unsigned)(unsigned char)value.p[i] - '0' <= 9) {
		number = number * 10 + ((unsigned)(unsigned char)value.p[i++] - '0');
		if (number > CSEQ_MAX)
			number = (uint64_t)CSEQ_MAX + 1;
	}
	if (i == 0 || i == value.len || !sip_char_is(value.p[i], SIP_CC_LWS))
		return SIP_E_SYNTAX;
	const char *end = value.p + value.len;
	const char *from = sip_char_skip_lws(value.p + i, end);
	const char *p = sip_char_run(from, end, SIP_CC_TOKEN);
	if (p == from || sip_char_skip_lws(p, end) != end)
		return SIP_E_SYNTAX;
	out->method_text = sip__slice(from, p);
	out->method = (uint8_t)sip_method_find(out->method_text);
	if (number > CSEQ_MAX)
		return SIP_E_RANGE;
	out->number = (uint32_t)number;
	return SIP_OK;
}
