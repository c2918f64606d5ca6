/* ";name=value;flag" as it stands behind URIs and header values. No state, any thread. RFC 3261 25.1 generic-param. */
#include "stack/uri/take.h"

const char *sip__param_closed(const char *p, const char *end, struct sip_str *value)
{
	if (*p == '"') {
		struct sip_scan s;
		sip_scan_init(&s, sip_str_make(p, (size_t)(end - p)));
		*value = sip_scan_quoted(&s);
		return sip_scan_is_ok(&s) ? s.p : NULL;
	}
	const char *close = memchr(p, '>', (size_t)(end - p));
	if (!close)
		return NULL;
	*value = sip_str_make(p, (size_t)(close + 1 - p));
	return close + 1;
}

bool sip_params_next(struct sip_str *raw, struct sip_str *name, struct sip_str *value)
{
	if (raw->len == 0)
		return false;
	struct sip__marks m;
	sip__marks_init(&m, raw->p, raw->p + raw->len);
	const char *next = sip__param_take(&m, raw->p, name, value);
	if (!next)
		return false;
	*raw = sip_str_make(next, (size_t)(m.end - next));
	return true;
}

bool sip_params_find(struct sip_str raw, struct sip_str name, struct sip_str *value)
{
	struct sip_str at;
	struct sip_str found;
	struct sip__marks m;
	const char *p = raw.p;
	if (raw.len == 0)
		return false;
	sip__marks_init(&m, p, p + raw.len);
	while (sip__params_walk(&m, &p, &at, &found)) {
		if (sip_str_eq_nocase(at, name)) {
			*value = found;
			return true;
		}
	}
	return false;
}

struct sip_str sip_params_trim(struct sip_str value)
{
	while (value.len > 0 && (value.p[value.len - 1] == ';' || sip_char_is(value.p[value.len - 1], SIP_CC_LWS)))
		value.len--;
	return value;
}
