/* One name-addr or addr-spec with its parameters. Slices, no state, any thread. RFC 3261 20.10, 20.20, 20.39, 25.1. */
#include "stack/header/header_priv.h"

/* Display names are tokens with space between; beyond the grammar, UTF-8 needs no quotes. Stops at what follows. */
static const char *display_end(const char *p, const char *end)
{
	for (;;) {
		p = sip_char_run(p, end, SIP_CC_TOKEN | SIP_CC_LWS);
		if (p == end || (unsigned char)*p < 0x80)
			return p;
		p++;
	}
}

/* Up to the "<", or the start again when there are no brackets; NULL when it can be neither. */
static const char *take_display(struct sip_name_addr *out, const char *p, const char *end)
{
	const char *from = p;
	if (*p == '<')
		return p;
	if (*p == '"') {
		struct sip_scan s;
		sip_scan_init(&s, sip__slice(p, end));
		out->display = sip_scan_quoted(&s);
		p = sip_char_skip_lws(s.p, end);
		return sip_scan_is_ok(&s) && p < end && *p == '<' ? p : NULL;
	}
	p = display_end(p, end);
	if (p < end && *p == '<') {
		const char *last = p;
		while (last > from && sip_char_is(last[-1], SIP_CC_LWS))
			last--;
		out->display = sip__slice(from, last);
		return p;
	}
	return p < end && *p == ':' ? from : NULL;
}

/* The URI between brackets, empty when they do not close; *at goes past them. */
static struct sip_str take_bracketed(struct sip_name_addr *out, const char **at, const char *end)
{
	const char *from = *at + 1;
	const char *close = memchr(from, '>', (size_t)(end - from));
	if (!close)
		return sip_str_make(NULL, 0);
	out->is_bracketed = true;
	*at = sip_char_skip_lws(close + 1, end);
	return sip__slice(from, close);
}

/* Without brackets the first ";" begins the parameters of the header, and "?" and "," may not stand in the URI. */
static struct sip_str take_bare(const char **at, const char *end)
{
	struct sip_str text = sip__slice(*at, end);
	text.len = sip_str_find(text, ';');
	*at = text.p + text.len;
	while (text.len > 0 && sip_char_is(text.p[text.len - 1], SIP_CC_LWS))
		text.len--;
	if (sip_str_find(text, '?') < text.len || sip_str_find(text, ',') < text.len)
		return sip_str_make(NULL, 0);
	return text;
}

static enum sip_err parse_params(struct sip_name_addr *out, const char *p, const char *end)
{
	struct sip_str rest = sip__slice(p, end);
	struct sip_str name, value;
	out->params = rest;
	do {
		if (!sip_params_next(&rest, &name, &value))
			return SIP_E_SYNTAX;
		if (!SIP_STR_IS(name, "tag"))
			continue;
		if (out->tag.p || value.len == 0)
			return SIP_E_SYNTAX;
		out->tag = value;
	} while (rest.len > 0);
	return SIP_OK;
}

enum sip_err sip_name_addr_parse(struct sip_str value, struct sip_name_addr *out)
{
	struct sip_str uri = { NULL, 0 };
	const char *end = value.p + value.len;
	/* All but the URI, which its parser clears. */
	out->display = uri;
	out->is_star = out->is_bracketed = false;
	out->params = out->tag = uri;
	out->text = value;
	const char *p = value.len ? take_display(out, value.p, end) : NULL;
	if (p)
		uri = *p == '<' ? take_bracketed(out, &p, end) : take_bare(&p, end);
	enum sip_err err = sip_uri_parse(uri, &out->uri);
	if (value.len == 1 && *value.p == '*') {
		out->is_star = true;
		return SIP_OK;
	}
	if (err != SIP_OK || p == end)
		return err;
	return *p == ';' ? parse_params(out, p + 1, end) : SIP_E_SYNTAX;
}

enum sip_err sip_name_addr_q(const struct sip_name_addr *a, uint32_t missing, uint32_t *q)
{
	struct sip_str text;
	*q = missing;
	if (!sip_params_find(a->params, SIP_STR("q"), &text))
		return SIP_OK;
	if (text.len == 0 || text.len > 5 || (text.p[0] != '0' && text.p[0] != '1'))
		return SIP_E_SYNTAX;
	if (text.len > 1 && text.p[1] != '.')
		return SIP_E_SYNTAX;
	uint32_t value = text.p[0] == '1' ? 1000 : 0;
	uint32_t weight = 100;
	for (size_t i = 2; i < text.len; i++, weight /= 10) {
		if (!sip_char_is(text.p[i], SIP_CC_DIGIT))
			return SIP_E_SYNTAX;
		value += weight * ((uint32_t)text.p[i] - '0');
	}
	if (value > 1000)
		return SIP_E_SYNTAX;
	*q = value;
	return SIP_OK;
}
