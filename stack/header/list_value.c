/* Takes comma lists apart. No state, any thread. RFC 3261 7.3.1. */
#include "stack/header/header_priv.h"

/* Behind the quoted string or bracket that begins at p; the end when it does not close. */
static const char *skip_closed(const char *p, const char *end)
{
	if (*p == '<') {
		const char *close = memchr(p, '>', (size_t)(end - p));
		return close ? close + 1 : end;
	}
	for (p++; p < end && *p != '"'; p++) {
		if (*p == '\\' && end - p > 1)
			p++;
	}
	return p < end ? p + 1 : end;
}

static const char *find_comma(const char *p, const char *end)
{
	/* Most values have none. */
	if (!memchr(p, ',', (size_t)(end - p)))
		return end;
	while (p < end && *p != ',')
		p = *p == '"' || *p == '<' ? skip_closed(p, end) : p + 1;
	return p;
}

/* Past commas with nothing between them, too. */
static const char *skip_empty(const char *p, const char *end)
{
	while ((p = sip_char_skip_lws(p, end)) < end && *p == ',')
		p++;
	return p;
}

bool sip_list_value_next(struct sip_str *rest, struct sip_str *value)
{
	if (rest->len == 0)
		return false;
	const char *end = rest->p + rest->len;
	const char *p = skip_empty(rest->p, end);
	const char *comma = find_comma(p, end);
	*value = sip_str_trim(sip__slice(p, comma));
	*rest = sip__slice(skip_empty(comma, end), end);
	return value->len > 0;
}
