/* From text to a URI in one pass; nothing is copied. No state, any thread. RFC 3261 19.1.1 and 25.1, RFC 3966. */
#include "stack/uri/take.h"
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

static const char *fail(enum sip_err *err, enum sip_err why)
{
	*err = why;
	return NULL;
}

static unsigned find_known(struct sip_str name)
{
	unsigned i = 0;
#define SIP_URI_PARAM(id, text, rfc)             \
	if (SIP_STR_IS(name, text))              \
		return SIP_URI_PARAM_##id;
#include "stack/uri/uri_param_table.h"
#undef SIP_URI_PARAM
	if (sip_str_find(name, '%') == name.len)
		return SIP_URI_PARAM_COUNT;
	while (i < SIP_URI_PARAM_COUNT && !sip__escaped_eq(param_names[i], name, true))
		i++;
	return i;
}

bool sip__uri_keep_param(struct sip_uri *out, struct sip_str name, struct sip_str value)
{
	unsigned id = find_known(name);
	if (id == SIP_URI_PARAM_COUNT)
		return true;
	unsigned bit = 1u << id;
	if ((out->params_seen & bit) || ((NEEDS_VALUE & bit) && value.len == 0))
		return false;
	out->params_seen = (uint8_t)(out->params_seen | bit);
	out->param[id] = value;
	return true;
}

bool sip__uri_knows(struct sip_str name)
{
	return find_known(name) != SIP_URI_PARAM_COUNT;
}

/* What stands in quotes has to be seen as one text by whoever looks for the end of the URI. */
static bool may_be_quoted(char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>';
}

const char *sip__uri_take_odd(const char *p, const char *end, struct sip_str *value)
{
	struct sip__marks m;
	const char *from = p;
	if (*p == '"') {
		for (from = ++p; p < end && may_be_quoted(*p);)
			p++;
		*value = slice(from, p);
		return p < end && *p == '"' ? p + 1 : NULL;
	}
	sip__marks_init(&m, p, end);
	for (p = sip__uri_run(&m, p, SIP_CC_PARAM); p < end && *p == '=';)
		p = sip__uri_run(&m, p + 1, SIP_CC_PARAM);
	*value = slice(from, p);
	return p;
}

/* Beyond the grammar, what is often left unescaped and can mean nothing else there. */
static bool is_let_pass(char c)
{
	return c == '=' || c == ';' || c == '@';
}

const char *sip__uri_take_headers(struct sip_uri *out, const char *p, const char *end, enum sip_err *err)
{
	struct sip__marks m;
	unsigned count = 0;
	const char *from = p + 1;
	sip__marks_init(&m, p, end);
	do {
		const char *name = ++p;
		p = sip__uri_run(&m, p, SIP_CC_HEADER);
		if (p == name || p == end || *p != '=')
			return fail(err, SIP_E_SYNTAX);
		do
			p = sip__uri_run(&m, p + 1, SIP_CC_HEADER);
		while (p < end && is_let_pass(*p));
		if (++count > SIP_URI_PARTS_MAX)
			return fail(err, SIP_E_RANGE);
	} while (p < end && *p == '&');
	out->headers = slice(from, p);
	return p;
}

const char *sip__uri_take_user(struct sip_uri *out, const char *p, const char *end, enum sip_err *err)
{
	struct sip__marks m;
	const char *from = p;
	sip__marks_init(&m, p, end);
	p = sip__uri_run(&m, p, SIP_CC_USER | SIP_CC_HASH);
	out->has_user = true;
	out->user = slice(from, p);
	if (p == from)
		return fail(err, SIP_E_SYNTAX);
	if (p < end && *p == ':') {
		from = p + 1;
		p = sip__uri_run(&m, from, SIP_CC_PASSWORD);
		out->password = slice(from, p);
	}
	return p < end && *p == '@' ? p + 1 : fail(err, SIP_E_SYNTAX);
}

/* A local number without its phone-context is taken too: "tel:112" is common (RFC 3966 5.1.5 asks for one). */
static const char *take_tel(struct sip_uri *out, struct sip__marks *m, const char *p, enum sip_err *err)
{
	const char *from = p;
	bool is_global = p < m->end && *p == '+';
	bool has_digit = false;
	if (is_global)
		p++;
	for (; p < m->end; p++) {
		bool is_digit = sip_char_is(*p, SIP_CC_DIGIT) ||
				(!is_global && (sip_char_is(*p, SIP_CC_HEX) || *p == '*' || *p == '#'));
		if (!is_digit && !sip__is_visual(*p))
			break;
		has_digit |= is_digit;
	}
	out->user = slice(from, p);
	if (!has_digit)
		return fail(err, SIP_E_SYNTAX);
	if (p == m->end || *p != ';')
		return p;
	p = sip__uri_take_params(out, m, p, err);
	return p && sip__has_two_contexts(out->params) ? fail(err, SIP_E_SYNTAX) : p;
}

/* RFC 2396 uric: reserved, unreserved, escaped; and the brackets of IPv6 references, and the fragment of a page. */
static const char *take_opaque(struct sip_uri *out, struct sip__marks *m, const char *p, enum sip_err *err)
{
	const char *from = p;
	for (;;) {
		p = sip__uri_run(m, p, SIP_CC_USER | SIP_CC_PARAM | SIP_CC_HEADER | SIP_CC_HASH);
		if (p == m->end || *p != '@')
			break;
		p++;
	}
	out->opaque = slice(from, p);
	return p > from ? p : fail(err, SIP_E_SYNTAX);
}

const char *sip__uri_take_scheme(struct sip_uri *out, const char *p, const char *end, enum sip_err *err)
{
	struct sip__marks m;
	const char *from = p;
	if (p == end || !sip_char_is(*p, SIP_CC_ALPHA))
		return fail(err, SIP_E_SYNTAX);
	sip__marks_init(&m, p, end);
	p = sip__marks_run(&m, p, SIP_CC_SCHEME);
	if (p == end || *p != ':')
		return fail(err, SIP_E_SYNTAX);
	out->scheme_text = slice(from, p);
	p++;
	if (SIP_STR_IS(out->scheme_text, "sips"))
		out->scheme = SIP_URI_SIPS;
	else if (SIP_STR_IS(out->scheme_text, "tel"))
		out->scheme = SIP_URI_TEL;
	else if (!SIP_STR_IS(out->scheme_text, "sip"))
		out->scheme = SIP_URI_OTHER;
	if (sip_uri_is_sip(out))
		return sip__uri_take_sip(out, &m, p, err);
	return out->scheme == SIP_URI_TEL ? take_tel(out, &m, p, err) : take_opaque(out, &m, p, err);
}

enum sip_err sip_uri_parse(struct sip_str text, struct sip_uri *out)
{
	enum sip_err err = SIP_E_SYNTAX;
	const char *end = sip_str_end(text);
	struct sip__marks m;
	sip__marks_init(&m, text.p, end);
	const char *p = sip__uri_take(out, &m, text.p, &err);
	out->text = text;
	return p == end && text.len ? SIP_OK : p ? SIP_E_SYNTAX : err;
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
