/*
 * What parsers take off a text from p on, inline, for the values of which every message has several: each gives where it ended, or
 * NULL. Slices, no state, any thread. RFC 3261 25.1.
 */
#ifndef STACK_URI_TAKE_H
#define STACK_URI_TAKE_H

#include "stack/base/marks.h"
#include "stack/uri/uri.h"

/* Of parameters; beyond tokens: hosts, and what URIs may hold unescaped. */
#define SIP__PARAM_CLASSES (SIP_CC_TOKEN | SIP_CC_PARAM)

/* The address in brackets that begins at p. */
const char *sip__host_closed(const char *p, const char *end);

static inline const char *sip__host_take(struct sip__marks *m, const char *p)
{
	if (p < m->end && *p == '[')
		return sip__host_closed(p, m->end);
	const char *q = sip__marks_run(m, p, SIP_CC_HOST);
	return q == p || *p == '.' || *p == '-' ? NULL : q;
}

/* The digits from p on; NULL: why is in *err. */
static inline const char *sip__port_take(const char *p, const char *end, uint16_t *port, enum sip_err *err)
{
	const char *from = p;
	unsigned value = 0, digit;
	while (p < end && (digit = (unsigned)(unsigned char)*p - '0') <= 9 && value <= UINT16_MAX) {
		value = value * 10 + digit;
		p++;
	}
	*port = (uint16_t)value;
	if (SIP_LIKELY(value - 1 < UINT16_MAX))
		return p;
	*port = 0;
	*err = p == from ? SIP_E_SYNTAX : SIP_E_RANGE;
	return NULL;
}

/* ---- URIs: RFC 3261 19.1.1, RFC 3966 ---- */

/* uri.c: what not every URI has. Where it ends; NULL: why is in *err. */
const char *sip__uri_take_scheme(struct sip_uri *out, const char *p, const char *end, enum sip_err *err); /* any, and all behind it */
const char *sip__uri_take_user(struct sip_uri *out, const char *p, const char *end, enum sip_err *err); /* user [":" password] "@" */
const char *sip__uri_take_headers(struct sip_uri *out, const char *p, const char *end, enum sip_err *err); /* from the "?" on */
/* Has a place: what it says means something here. */
bool sip__uri_knows(struct sip_str name);
/* The parameter's value that begins at p, where it holds what the grammar does not have: in quotes, or with "=" in it, as base64 ends. */
const char *sip__uri_take_odd(const char *p, const char *end, struct sip_str *value);
/* Into its place, if it has one; false: it is there twice, or without the value that it needs. */
bool sip__uri_keep_param(struct sip_uri *out, struct sip_str name, struct sip_str value);

/* The end of the longest run of these classes and of whole escapes. */
static inline const char *sip__uri_run(struct sip__marks *m, const char *p, unsigned classes)
{
	for (;;) {
		p = sip__marks_run(m, p, classes);
		if (SIP_LIKELY(p == m->end || *p != '%') || m->end - p < 3 || !sip_char_is(p[1], SIP_CC_HEX) ||
		    !sip_char_is(p[2], SIP_CC_HEX))
			return p;
		p += 3;
	}
}

/* From the first ";" on. Those of tel have the same shape and none of the names that are known. */
static inline const char *sip__uri_take_params(struct sip_uri *out, struct sip__marks *m, const char *p, enum sip_err *err)
{
	unsigned count = 0;
	const char *from = p + 1;
	*err = SIP_E_SYNTAX;
	do {
		struct sip_str name, value = { NULL, 0 };
		const char *begin = ++p;
		p = sip__uri_run(m, p, SIP_CC_PARAM);
		name = sip_str_make(begin, (size_t)(p - begin));
		if (p < m->end && *p == '=') {
			begin = ++p;
			p = sip__uri_run(m, p, SIP_CC_PARAM);
			value = sip_str_make(begin, (size_t)(p - begin));
			if (SIP_UNLIKELY(p < m->end && (*p == '=' || *p == '"')) && out->scheme != SIP_URI_TEL) {
				struct sip_str odd;
				p = sip__uri_take_odd(begin, m->end, &odd);
				if (!p || sip__uri_knows(name))
					return NULL;
				value = odd;
			}
		}
		if (SIP_UNLIKELY(++count > SIP_URI_PARTS_MAX))
			*err = SIP_E_RANGE;
		if (name.len == 0 || count > SIP_URI_PARTS_MAX)
			return NULL;
		if (out->scheme != SIP_URI_TEL && !sip__uri_keep_param(out, name, value))
			return NULL;
	} while (p < m->end && *p == ';');
	out->params = sip_str_make(from, (size_t)(p - from));
	return p;
}

/* Behind the scheme. What may be a host may begin a user too: only an "@" further on tells. */
static inline const char *sip__uri_take_sip(struct sip_uri *out, struct sip__marks *m, const char *p, enum sip_err *err)
{
	const char *q = sip__marks_run(m, p, SIP_CC_HOST);
	*err = SIP_E_SYNTAX;
	if (q < m->end && *q == '@' && q > p) {
		out->has_user = true;
		out->user = sip_str_make(p, (size_t)(q - p));
		p = q + 1;
	} else {
		q = sip__marks_find(m, q, '@', '>');
		if (q < m->end && *q == '@' && !(p = sip__uri_take_user(out, p, m->end, err)))
			return NULL;
	}
	q = sip__host_take(m, p);
	if (!q)
		return NULL;
	out->host = sip_str_make(p, (size_t)(q - p));
	if (q < m->end && *q == ':' && !(q = sip__port_take(q + 1, m->end, &out->port, err)))
		return NULL;
	if (q < m->end && *q == ';' && !(q = sip__uri_take_params(out, m, q, err)))
		return NULL;
	return q < m->end && *q == '?' ? sip__uri_take_headers(out, q, m->end, err) : q;
}

/* Piece by piece: one memset of this size becomes a string instruction, which is slow to start. */
static inline void sip__uri_clear(struct sip_uri *out)
{
	out->scheme = SIP_URI_SIP;
	out->port = 0;
	out->has_user = false;
	out->params_seen = 0;
	memset(&out->scheme_text, 0, sizeof out->scheme_text);
	memset(&out->user, 0, sizeof out->user);
	memset(&out->password, 0, sizeof out->password);
	memset(&out->host, 0, sizeof out->host);
	memset(&out->params, 0, sizeof out->params);
	memset(&out->headers, 0, sizeof out->headers);
	memset(&out->opaque, 0, sizeof out->opaque);
#define SIP_URI_PARAM(id, name, rfc) memset(&out->param[SIP_URI_PARAM_##id], 0, sizeof out->param[0]);
#include "stack/uri/uri_param_table.h"
#undef SIP_URI_PARAM
}

/* Up to what can be no part of one. All of *out but text is set. NULL: why is in *err. */
static inline const char *sip__uri_take(struct sip_uri *out, struct sip__marks *m, const char *p, enum sip_err *err)
{
	sip__uri_clear(out);
	if (SIP_UNLIKELY(m->end - p < 4 || memcmp(p, "sip:", 4) != 0))
		return sip__uri_take_scheme(out, p, m->end, err);
	out->scheme_text = sip_str_make(p, 3);
	return sip__uri_take_sip(out, m, p + 4, err);
}

/* ---- parameters of headers ---- */

/* A parameter's value in quotes, or a URI in its brackets, as Identity has it (RFC 8224 4). */
const char *sip__param_closed(const char *p, const char *end, struct sip_str *value);

static inline const char *sip__param_value(struct sip__marks *m, const char *p, struct sip_str *value)
{
	if (p < m->end && (*p == '"' || *p == '<'))
		return sip__param_closed(p, m->end, value);
	const char *from = p;
	p = sip__marks_run(m, p, SIP__PARAM_CLASSES);
	/* Base64 is often left unquoted. */
	while (SIP_UNLIKELY(p < m->end && *p == '='))
		p = sip__marks_run(m, p + 1, SIP__PARAM_CLASSES);
	*value = sip_str_make(from, (size_t)(p - from));
	return p;
}

/* What sip_params_next does, from p before the end on: where the next one begins (or the end), NULL: this one is broken. */
static inline const char *sip__param_take(struct sip__marks *m, const char *p, struct sip_str *name, struct sip_str *value)
{
	const char *from = sip_char_skip_lws(p, m->end);
	p = sip__marks_run(m, from, SIP__PARAM_CLASSES);
	*name = sip_str_make(from, (size_t)(p - from));
	*value = sip_str_make(NULL, 0);
	p = sip_char_skip_lws(p, m->end);
	if (p < m->end && *p == '=') {
		p = sip__param_value(m, sip_char_skip_lws(p + 1, m->end), value);
		if (!p)
			return NULL;
		p = sip_char_skip_lws(p, m->end);
	}
	if (name->len == 0 || (p < m->end && *p != ';'))
		return NULL;
	return p < m->end ? sip_char_skip_lws(p + 1, m->end) : p;
}

/* All of a text, one a call: false at its end, where *p is, or at a broken one, *p being NULL then. */
static inline bool sip__params_walk(struct sip__marks *m, const char **p, struct sip_str *name, struct sip_str *value)
{
	if (*p == m->end)
		return false;
	*p = sip__param_take(m, *p, name, value);
	return *p != NULL;
}

#endif
