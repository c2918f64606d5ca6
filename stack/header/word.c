/* A word with parameters behind it, by far the most frequent shape. Slices, no state, any thread. RFC 3261 25.1 generic-param. */
#include "stack/header/header_priv.h"

#include "stack/uri/take.h"

static enum sip_err look_at_params(struct sip_str text)
{
	struct sip_str name, value;
	struct sip__marks m;
	const char *p = text.p;

	sip__marks_init(&m, p, sip_str_end(text));
	while (sip__params_walk(&m, &p, &name, &value))
		;
	return p == m.end ? SIP_OK : SIP_E_SYNTAX;
}

enum sip_err sip__take_params(struct sip_str *params, const char *p, const char *end)
{
	p = sip_char_skip_lws(p, end);
	if (p == end)
		return SIP_OK;
	if (*p != ';')
		return SIP_E_SYNTAX;
	*params = sip_str_trim(sip__slice(p + 1, end));
	return look_at_params(*params);
}

static void clear(struct sip_word *out, struct sip_str value)
{
	memset(out, 0, sizeof *out);
	out->text = value;
}

enum sip_err sip_word_parse_token(struct sip_str value, struct sip_word *out)
{
	const char *end = sip_str_end(value), *p;

	clear(out, value);
	if (value.len == 0)
		return SIP_E_SYNTAX;
	p = sip_char_run(value.p, end, SIP_CC_TOKEN);
	if (*value.p == '+' && p < end && *p == '=') /* Feature-Caps without its "*" */
		return sip_word_parse_params(value, out);
	out->word = sip__slice(value.p, p);
	return p == value.p ? SIP_E_SYNTAX : sip__take_params(&out->params, p, end);
}

enum sip_err sip_word_parse(struct sip_str value, struct sip_word *out)
{
	const char *end = sip_str_end(value), *p;
	struct sip_scan s;

	clear(out, value);
	if (value.len == 0)
		return SIP_E_SYNTAX;
	if (*value.p == '"') {
		sip_scan_init(&s, value);
		out->word = sip_scan_quoted(&s);
		out->is_quoted = true;
		return sip_scan_is_ok(&s) ? sip__take_params(&out->params, s.p, end) : SIP_E_SYNTAX;
	}
	p = value.p + sip_str_find(value, ';');
	out->word = sip_str_trim(sip__slice(value.p, p));
	return out->word.len ? sip__take_params(&out->params, p, end) : SIP_E_SYNTAX;
}

enum sip_err sip_word_parse_params(struct sip_str value, struct sip_word *out)
{
	clear(out, value);
	if (value.len == 0)
		return SIP_E_SYNTAX;
	out->params = value;
	return look_at_params(value);
}
