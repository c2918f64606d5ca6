/* From text to a URI in one pass; nothing is copied. No state, any thread. RFC 3261 19.1.1 and 25.1, RFC 3966. */
#include "stack/uri/uri_priv.h"

#define SIP_URI_PARAM(id, name, rfc) SIP_STR_INIT(name),
static const struct sip_str param_names[SIP_URI_PARAM_COUNT] = {
#include "stack/uri/uri_param_table.h"
};
#undef SIP_URI_PARAM

/* Parameters that mean nothing without a value. */
#define NEEDS_VALUE                                                                                             \
	(1u << SIP_URI_PARAM_TRANSPORT | 1u << SIP_URI_PARAM_USER | 1u << SIP_URI_PARAM_METHOD |                \
	 1u << SIP_URI_PARAM_TTL | 1u << SIP_URI_PARAM_MADDR)

static struct sip_str slice(const char *from, const char *to)
{
	return sip_str_make(from, (size_t)(to - from));
}

/* The end of the longest run of these classes and of whole escapes. */
static const char *run_escaped(const char *p, const char *end, unsigned classes)
{
	for (;;) {
		p = sip_char_run(p, end, classes);
		if (end - p < 3 || *p != '%' || !sip_char_is(p[1], SIP_CC_HEX) || !sip_char_is(p[2], SIP_CC_HEX))
			return p;
		p += 3;
	}
}

static unsigned find_known(struct sip_str name)
{
	unsigned i = 0;
	if (sip_str_find(name, '%') == name.len) {
#define SIP_URI_PARAM(id, text, rfc)             \
	if (SIP_STR_IS(name, text))              \
		return SIP_URI_PARAM_##id;
#include "stack/uri/uri_param_table.h"
#undef SIP_URI_PARAM
		return SIP_URI_PARAM_COUNT;
	}
	while (i < SIP_URI_PARAM_COUNT && !sip__escaped_eq(param_names[i], name, true))
		i++;
	return i;
}

static enum sip_err keep_known(struct sip_uri *out, struct sip_str name, struct sip_str value)
{
	unsigned id = find_known(name);
	if (id == SIP_URI_PARAM_COUNT)
		return SIP_OK;
	unsigned bit = 1u << id;
	if ((out->params_seen & bit) || ((NEEDS_VALUE & bit) && value.len == 0))
		return SIP_E_SYNTAX;
	out->params_seen = (uint8_t)(out->params_seen | bit);
	out->param[id] = value;
	return SIP_OK;
}

/* From the first ";" on; *at becomes where they end. Those of tel have the same shape and none of these names. */
static enum sip_err parse_params(struct sip_uri *out, const char **at, const char *end)
{
	const char *p = *at;
	unsigned count = 0;
	const char *from = p + 1;
	while (p < end && *p == ';') {
		struct sip_str value = { NULL, 0 };
		const char *name = ++p;
		p = run_escaped(p, end, SIP_CC_PARAM);
		struct sip_str name_text = slice(name, p);
		if (name_text.len == 0)
			return SIP_E_SYNTAX;
		if (p < end && *p == '=') {
			const char *begin = ++p;
			p = run_escaped(p, end, SIP_CC_PARAM);
			value = slice(begin, p);
		}
		if (++count > SIP_URI_PARTS_MAX)
			return SIP_E_RANGE;
		if (out->scheme != SIP_URI_TEL) {
			enum sip_err err = keep_known(out, name_text, value);
			if (err != SIP_OK)
				return err;
		}
	}
	out->params = slice(from, p);
	*at = p;
	return SIP_OK;
}

/* From the "?" to the end of the URI. */
static enum sip_err parse_headers(struct sip_uri *out, const char *p, const char *end)
{
	unsigned count = 0;
	out->headers = slice(p + 1, end);
	do {
		const char *name = ++p;
		p = run_escaped(p, end, SIP_CC_HEADER);
		if (p == name || p == end || *p != '=')
			return SIP_E_SYNTAX;
		p = run_escaped(p + 1, end, SIP_CC_HEADER);
		if (++count > SIP_URI_PARTS_MAX)
			return SIP_E_RANGE;
	} while (p < end && *p == '&');
	return p == end ? SIP_OK : SIP_E_SYNTAX;
}

/* user [ ":" password ], which ends at the "@". */
static enum sip_err parse_user(struct sip_uri *out, const char *p, const char *at)
{
	const char *q = run_escaped(p, at, SIP_CC_USER);
	out->has_user = true;
	out->user = slice(p, q);
	if (q == p)
		return SIP_E_SYNTAX;
	if (q < at && *q == ':') {
		p = q + 1;
		q = run_escaped(p, at, SIP_CC_PASSWORD);
		out->password = slice(p, q);
	}
	return q == at ? SIP_OK : SIP_E_SYNTAX;
}

/*
 * Takes userinfo off if there is any, and gives the end of the host if that has come up on the way. What may
 * be a host may begin a user too; only an "@" further on tells.
 */
static enum sip_err take_userinfo(struct sip_uri *out, const char **at, const char *end, const char **host_end)
{
	const char *p = *at;
	const char *q = sip_char_run_text(p, end, SIP_CC_HOST);
	*host_end = NULL;
	if (q < end && *q != '@') {
		const char *sign = memchr(q, '@', (size_t)(end - q));
		if (sign) {
			*at = sign + 1;
			return parse_user(out, p, sign);
		}
	}
	if (q < end && *q == '@') {
		out->has_user = true;
		out->user = slice(p, q);
		*at = q + 1;
		return q == p ? SIP_E_SYNTAX : SIP_OK;
	}
	if (q > p && *p != '.' && *p != '-')
		*host_end = q;
	return SIP_OK;
}

static enum sip_err parse_sip(struct sip_uri *out, const char *p, const char *end)
{
	const char *q;
	enum sip_err err = take_userinfo(out, &p, end, &q);
	if (err != SIP_OK)
		return err;
	if (!q)
		q = sip_host_end(p, end);
	if (!q)
		return SIP_E_SYNTAX;
	out->host = slice(p, q);
	p = q;
	if (p < end && *p == ':') {
		p = sip_host_port_end(p + 1, end, &out->port, &err);
		if (!p)
			return err;
	}
	if (p < end && *p == ';') {
		err = parse_params(out, &p, end);
		if (err != SIP_OK)
			return err;
	}
	if (p < end)
		return *p == '?' ? parse_headers(out, p, end) : SIP_E_SYNTAX;
	return SIP_OK;
}

/* A local number without its phone-context is taken too: "tel:112" is common (RFC 3966 5.1.5 asks for one). */
static enum sip_err parse_tel(struct sip_uri *out, const char *p, const char *end)
{
	const char *from = p;
	bool is_global = p < end && *p == '+';
	bool has_digit = false;
	if (is_global)
		p++;
	for (; p < end && *p != ';'; p++) {
		bool is_digit = sip_char_is(*p, SIP_CC_DIGIT) ||
				(!is_global && (sip_char_is(*p, SIP_CC_HEX) || *p == '*' || *p == '#'));
		if (!is_digit && !sip__is_visual(*p))
			return SIP_E_SYNTAX;
		has_digit |= is_digit;
	}
	out->user = slice(from, p);
	if (!has_digit)
		return SIP_E_SYNTAX;
	return p < end ? parse_params(out, &p, end) == SIP_OK && p == end ? SIP_OK : SIP_E_SYNTAX : SIP_OK;
}

/* RFC 2396 uric: reserved, unreserved, escaped; and the brackets of IPv6 references. */
static enum sip_err parse_other(struct sip_uri *out, const char *p, const char *end)
{
	const char *from = p;
	for (;;) {
		p = run_escaped(p, end, SIP_CC_USER | SIP_CC_PARAM | SIP_CC_HEADER);
		if (p == end || *p != '@')
			break;
		p++;
	}
	out->opaque = slice(from, end);
	return p == end && p > from ? SIP_OK : SIP_E_SYNTAX;
}

static enum sip_err parse_other_scheme(struct sip_uri *out, const char *p, const char *end)
{
	const char *from = p;
	if (p == end || !sip_char_is(*p, SIP_CC_ALPHA))
		return SIP_E_SYNTAX;
	p = sip_char_run(p, end, SIP_CC_SCHEME);
	if (p == end || *p != ':')
		return SIP_E_SYNTAX;
	out->scheme_text = slice(from, p);
	if (sip_str_eq_nocase(out->scheme_text, SIP_STR("tel"))) {
		out->scheme = SIP_URI_TEL;
		return parse_tel(out, p + 1, end);
	}
	out->scheme = SIP_URI_OTHER;
	return parse_other(out, p + 1, end);
}

/* By hand: a memset of this size becomes a string instruction, which is slow to start. */
static inline void clear(struct sip_uri *out)
{
	const struct sip_str none = { NULL, 0 };
	out->scheme = SIP_URI_SIP;
	out->port = 0;
	out->has_user = false;
	out->params_seen = 0;
	out->scheme_text = out->user = out->password = out->host = none;
	out->params = out->headers = out->opaque = none;
#define SIP_URI_PARAM(id, name, rfc) out->param[SIP_URI_PARAM_##id] = none;
#include "stack/uri/uri_param_table.h"
#undef SIP_URI_PARAM
}

enum sip_err sip_uri_parse(struct sip_str text, struct sip_uri *out)
{
	const char *p = text.p;
	clear(out);
	out->text = text;
	if (text.len >= 5 && (p[0] | 0x20) == 's' && (p[1] | 0x20) == 'i' && (p[2] | 0x20) == 'p') {
		size_t n = (p[3] | 0x20) == 's' ? 4 : 3;
		if (p[n] == ':') {
			out->scheme = n == 4 ? SIP_URI_SIPS : SIP_URI_SIP;
			out->scheme_text = sip_str_make(p, n);
			return parse_sip(out, p + n + 1, p + text.len);
		}
	}
	return text.len ? parse_other_scheme(out, p, p + text.len) : SIP_E_SYNTAX;
}

bool sip_uri_find_param(const struct sip_uri *u, struct sip_str name, struct sip_str *value)
{
	struct sip_str raw = u->params;
	struct sip_str at;
	struct sip_str found;
	while (sip_params_next(&raw, &at, &found)) {
		if (sip__escaped_eq(at, name, true)) {
			*value = found;
			return true;
		}
	}
	return false;
}

enum sip_transport_kind sip_uri_transport(const struct sip_uri *u)
{
	return sip_transport_kind_find(u->param[SIP_URI_PARAM_TRANSPORT]);
}
