/* ";name=value;flag" as it stands behind URIs and header values. No state, any thread. RFC 3261 25.1 generic-param. */
#include "stack/uri/uri.h"

/* Beyond tokens: hosts, and what URIs may hold unescaped. */
#define NAME_CLASSES (SIP_CC_TOKEN | SIP_CC_PARAM)

/* The end of the value that begins at p, or NULL. */
static const char *take_value(const char *p, const char *end, struct sip_str *value)
{
	if (p < end && *p == '"') {
		struct sip_scan s;
		sip_scan_init(&s, sip_str_make(p, (size_t)(end - p)));
		*value = sip_scan_quoted(&s);
		return sip_scan_is_ok(&s) ? s.p : NULL;
	}
	const char *from = p;
	p = sip_char_run_text(p, end, NAME_CLASSES);
	/* Base64 is often left unquoted. */
	while (p < end && *p == '=')
		p = sip_char_run(p + 1, end, NAME_CLASSES);
	*value = sip_str_make(from, (size_t)(p - from));
	return p;
}

bool sip_params_next(struct sip_str *raw, struct sip_str *name, struct sip_str *value)
{
	if (raw->len == 0)
		return false;
	const char *end = raw->p + raw->len;
	const char *from = sip_char_skip_lws(raw->p, end);
	const char *p = sip_char_run(from, end, NAME_CLASSES);
	size_t len = (size_t)(p - from);
	value->p = NULL;
	value->len = 0;
	p = sip_char_skip_lws(p, end);
	if (p < end && *p == '=') {
		p = take_value(sip_char_skip_lws(p + 1, end), end, value);
		if (!p)
			return false;
		p = sip_char_skip_lws(p, end);
	}
	if (p < end && *p == ';')
		p = sip_char_skip_lws(p + 1, end);
	else if (p < end)
		return false;
	if (len == 0)
		return false;
	*name = sip_str_make(from, len);
	*raw = sip_str_make(p, (size_t)(end - p));
	return true;
}

bool sip_params_find(struct sip_str raw, struct sip_str name, struct sip_str *value)
{
	struct sip_str at;
	struct sip_str found;
	while (sip_params_next(&raw, &at, &found)) {
		if (sip_str_eq_nocase(at, name)) {
			*value = found;
			return true;
		}
	}
	return false;
}
