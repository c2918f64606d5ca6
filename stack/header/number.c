/* delta-seconds and their like. No state, any thread. RFC 3261 25.1 delta-seconds, 20.33. */
#include "stack/header/header_priv.h"

enum sip_err sip_number_parse(struct sip_str value, uint32_t max, uint32_t *out)
{
	if (value.len == 0) /* perhaps a parameter without one, which is nowhere */
		return SIP_E_SYNTAX;
	const char *end = sip_str_end(value), *p = value.p;
	uint64_t number = 0;
	unsigned digit;
	for (; p < end && (digit = (unsigned)(unsigned char)*p - '0') <= 9; p++)
		number = number > max ? number : number * 10 + digit;
	if (p == value.p)
		return SIP_E_SYNTAX;
	p = sip_char_skip_lws(p, end);
	if (p < end && *p != ';' && *p != '(')
		return SIP_E_SYNTAX;
	*out = number > max ? max : (uint32_t)number;
	return number > max ? SIP_E_RANGE : SIP_OK;
}

/* The comment that begins at p, brackets in it counted; its end, or NULL. RFC 3261 25.1 comment */
static const char *take_comment(const char *p, const char *end, struct sip_str *comment)
{
	const char *from = p + 1;
	unsigned depth = 0;

	for (; p < end; p++) {
		if (*p == '\\' && end - p > 1)
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0) {
			*comment = sip__slice(from, p);
			return p + 1;
		}
	}
	return NULL;
}

enum sip_err sip_number_value_parse(struct sip_str value, struct sip_number_value *out)
{
	const char *end = sip_str_end(value), *p;
	enum sip_err err;

	memset(out, 0, sizeof *out);
	out->text = value;
	err = sip_number_parse(value, UINT32_MAX, &out->number);
	if (err != SIP_OK)
		return err;
	p = sip_char_skip_lws(sip_char_run(value.p, end, SIP_CC_DIGIT), end);
	if (p < end && *p == '(')
		p = take_comment(p, end, &out->comment);
	return p ? sip__take_params(&out->params, p, end) : SIP_E_SYNTAX;
}
