/* Which reliable response a PRACK is for. Slices, no state, any thread. RFC 3262 7.2. */
#include "stack/header/header_priv.h"

enum sip_err sip_rack_parse(struct sip_str value, struct sip_rack *out)
{
	const char *end = sip_str_end(value), *p;
	struct sip_cseq cseq;
	enum sip_err err;

	memset(out, 0, sizeof *out);
	if (value.len == 0)
		return SIP_E_SYNTAX;
	p = sip_char_run(value.p, end, SIP_CC_DIGIT);
	if (p == value.p || p == end || !sip_char_is(*p, SIP_CC_LWS))
		return SIP_E_SYNTAX;
	err = sip_str_to_u32(sip__slice(value.p, p), UINT32_MAX, &out->rseq);
	if (err != SIP_OK)
		return err;
	err = sip_cseq_parse(sip__slice(sip_char_skip_lws(p, end), end), &cseq);
	out->cseq = cseq.number;
	out->method = cseq.method;
	out->method_text = cseq.method_text;
	return err;
}
