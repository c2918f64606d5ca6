/* Credentials and challenges: a scheme and its parameters. Slices, no state, any thread. RFC 3261 20.7, RFC 7616 3. */
#include "stack/header/header_priv.h"

enum sip_err sip_auth_value_parse(struct sip_str value, struct sip_auth_value *out)
{
	const char *end = sip_str_end(value);
	const char *p = sip_char_run(value.p, end, SIP_CC_TOKEN);
	out->text = value;
	out->scheme = sip__slice(value.p, p);
	out->params = sip__slice(p, end);
	if (p == value.p || (p < end && !sip_char_is(*p, SIP_CC_LWS)))
		return SIP_E_SYNTAX;
	out->params = sip_str_trim(out->params);
	return SIP_OK;
}

enum sip_err sip_auth_value_parse_params(struct sip_str value, struct sip_auth_value *out)
{
	struct sip_str rest = value, name = { NULL, 0 }, param;
	bool is_quoted;

	out->text = out->params = value;
	out->scheme = sip_str_make(NULL, 0);
	if (value.len == 0)
		return SIP_E_SYNTAX;
	while (sip_auth_value_next(&rest, &name, &param, &is_quoted))
		;
	return rest.len || !name.p ? SIP_E_SYNTAX : SIP_OK;
}

/* Unquoted values are read up to the next comma or space: URIs and base64 are often left without quotes. */
static const char *take_value(const char *p, const char *end, struct sip_str *value, bool *is_quoted)
{
	const char *from = p;
	*is_quoted = p < end && *p == '"';
	if (*is_quoted) {
		struct sip_scan s;
		sip_scan_init(&s, sip__slice(p, end));
		*value = sip_scan_quoted(&s);
		return sip_scan_is_ok(&s) ? s.p : NULL;
	}
	p = sip_char_run_text(p, end, SIP_CC_TOKEN);
	while (p < end && *p != ',' && *p != '"' && !sip_char_is(*p, SIP_CC_LWS))
		p++;
	*value = sip__slice(from, p);
	return p;
}

bool sip_auth_value_next(struct sip_str *params, struct sip_str *name, struct sip_str *value, bool *is_quoted)
{
	if (params->len == 0)
		return false;
	const char *end = params->p + params->len;
	const char *p = params->p;
	while (p < end && (*p == ',' || sip_char_is(*p, SIP_CC_LWS)))
		p++;
	*params = sip__slice(p, end);
	const char *from = p;
	p = sip_char_run_text(p, end, SIP_CC_TOKEN);
	struct sip_str found = sip__slice(from, p);
	p = sip_char_skip_lws(p, end);
	if (found.len == 0 || p == end || *p != '=')
		return false;
	p = take_value(sip_char_skip_lws(p + 1, end), end, value, is_quoted);
	if (!p)
		return false;
	p = sip_char_skip_lws(p, end);
	if (p < end && *p != ',')
		return false;
	*name = found;
	*params = sip__slice(p < end ? p + 1 : p, end);
	return true;
}
