/* One name-addr or addr-spec with its parameters. Slices, no state, any thread. RFC 3261 20.10, 20.20, 20.39, 25.1. */
#include "stack/header/header_priv.h"

#include "stack/base/escape.h"
#include "stack/uri/take.h"

#define SHORTEST 3 /* "a:b"; but for "*" */

/* Display names are tokens with space between; beyond the grammar, UTF-8 needs no quotes. Stops at what follows. */
static inline const char *display_end(struct sip__marks *m, const char *p)
{
	for (;;) {
		p = sip__marks_run(m, p, SIP_CC_TOKEN | SIP_CC_LWS);
		if (p == m->end || (unsigned char)*p < 0x80)
			return p;
		p++;
	}
}

static __attribute__((noinline)) const char *take_quoted(struct sip_name_addr *out, const char *p, const char *end)
{
	struct sip_scan s;
	sip_scan_init(&s, sip__slice(p, end));
	out->display = sip_scan_quoted(&s);
	p = sip_char_skip_lws(s.p, end);
	return sip_scan_is_ok(&s) && p < end && *p == '<' ? p : NULL;
}

/* Up to the "<", or the start again when there are no brackets; NULL when it can be neither. */
static inline const char *take_display(struct sip_name_addr *out, struct sip__marks *m, const char *p)
{
	const char *from = p;
	if (*p == '<')
		return p;
	if (*p == '"')
		return take_quoted(out, p, m->end);
	p = display_end(m, p);
	if (p < m->end && *p == '<') {
		const char *last = p;
		while (last > from && sip_char_is(last[-1], SIP_CC_LWS))
			last--;
		out->display = sip__slice(from, last);
		return p;
	}
	return p < m->end && *p == ':' ? from : NULL;
}

/* The URI in its brackets, from the "<" on: past the space behind the ">". */
static inline const char *take_bracketed(struct sip_name_addr *out, struct sip__marks *m, const char *p, enum sip_err *err)
{
	const char *from = p + 1;
	p = sip__uri_take(&out->uri, m, from, err);
	if (!p)
		return NULL;
	*err = SIP_E_SYNTAX;
	if (p == m->end || *p != '>')
		return NULL;
	out->uri.text = sip__slice(from, p);
	out->is_bracketed = true;
	return sip_char_skip_lws(p + 1, m->end);
}

/* Without brackets the first ";" begins the parameters of the header, and "?" and "," may not stand in the URI. */
static const char *take_bare(struct sip_name_addr *out, const char *p, const char *end, enum sip_err *err)
{
	struct sip_str text = sip__slice(p, end);
	text.len = sip_str_find(text, ',');
	size_t n = sip_str_find(text, ';');
	if (n == text.len && p + n < end)
		return NULL;
	text.len = n;
	p = sip_str_end(text);
	while (text.len > 0 && sip_char_is(text.p[text.len - 1], SIP_CC_LWS))
		text.len--;
	if (sip_str_find(text, '?') == text.len)
		*err = sip_uri_parse(text, &out->uri);
	return *err == SIP_OK ? p : NULL;
}

static inline enum sip_err parse_params(struct sip_name_addr *out, struct sip__marks *m, const char *p)
{
	struct sip_str name, value;
	out->params = sip__slice(p, m->end);
	while (p < m->end) {
		p = sip__param_take(m, p, &name, &value);
		if (!p)
			return SIP_E_SYNTAX;
		if (!SIP_STR_IS(name, "tag"))
			continue;
		if (out->tag.p || value.len == 0)
			return SIP_E_SYNTAX;
		out->tag = value;
	}
	return SIP_OK;
}

static __attribute__((noinline)) enum sip_err without_uri(struct sip_name_addr *out, enum sip_err err)
{
	sip__uri_clear(&out->uri);
	out->uri.text = sip_str_make(NULL, 0);
	return err;
}

enum sip_err sip_name_addr_parse(struct sip_str value, struct sip_name_addr *out)
{
	enum sip_err err = SIP_E_SYNTAX;
	const char *p, *end = sip_str_end(value);
	struct sip__marks m;
	/* All but the URI, which its parser clears. */
	memset(&out->display, 0, sizeof out->display);
	memset(&out->params, 0, sizeof out->params);
	memset(&out->tag, 0, sizeof out->tag);
	out->is_star = out->is_bracketed = false;
	out->text = value;
	if (value.len < SHORTEST) {
		out->is_star = value.len == 1 && *value.p == '*';
		return without_uri(out, out->is_star ? SIP_OK : SIP_E_SYNTAX);
	}
	sip__marks_init(&m, value.p, end);
	p = take_display(out, &m, value.p);
	if (p)
		p = *p == '<' ? take_bracketed(out, &m, p, &err) : take_bare(out, p, end, &err);
	if (!p)
		return without_uri(out, err);
	if (p == end)
		return SIP_OK;
	return *p == ';' ? parse_params(out, &m, p + 1) : SIP_E_SYNTAX;
}

enum sip_err sip_name_addr_parse_one(struct sip_str value, struct sip_name_addr *out)
{
	if (SIP_LIKELY(value.len >= SHORTEST))
		return sip_name_addr_parse(value, out);
	enum sip_err err = sip_name_addr_parse(value, out);
	return err == SIP_OK ? SIP_E_SYNTAX : err;
}

enum sip_err sip_name_addr_q(const struct sip_name_addr *a, uint32_t missing, uint32_t *q)
{
	return sip_param_q(a->params, missing, q);
}

bool sip_name_addr_is_loose(const struct sip_name_addr *a)
{
	return sip_uri_has_param(&a->uri, SIP_URI_PARAM_LR) || sip_param_has(a->params, SIP_PARAM_LR);
}

void sip_name_addr_put(struct sip_buf *b, struct sip_str display, struct sip_str uri)
{
	if (display.len) {
		sip_quoted_encode(b, display);
		sip_buf_put_char(b, ' ');
	}
	sip_buf_put_char(b, '<');
	sip_buf_put_str(b, uri);
	sip_buf_put_char(b, '>');
}
