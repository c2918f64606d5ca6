/* One Via value. Slices, no state, any thread. RFC 3261 20.42 and 25.1 via-parm, RFC 3581, RFC 5118 4.5. */
#include "stack/header/header_priv.h"

#include "stack/uri/take.h"

#define SHORTEST 7 /* "a/b/c d" */

/* token SLASH token SLASH, with all the space that SLASH allows: the end, or NULL. */
static __attribute__((noinline)) const char *take_protocol(struct sip_via *out, const char *p, const char *end)
{
	struct sip__marks m;
	sip__marks_init(&m, p, end);
	const char *from = p;
	for (int part = 0; part < 2; part++) {
		const char *token = p;
		p = sip__marks_run(&m, p, SIP_CC_TOKEN);
		if (p == token)
			return NULL;
		out->protocol = sip__slice(from, p);
		p = sip_char_skip_lws(p, end);
		if (p == end || *p != '/')
			return NULL;
		p = sip_char_skip_lws(p + 1, end);
	}
	return p;
}

static enum sip_err take_rport(struct sip_via *out, const char *name, struct sip_str value)
{
	uint32_t port = 0;
	if (out->has_rport)
		return SIP_E_SYNTAX;
	out->has_rport = true;
	out->rport_at = name;
	if (value.len == 0)
		return SIP_OK;
	enum sip_err err = sip_str_to_u32(value, UINT16_MAX, &port);
	if (err == SIP_OK && port == 0)
		err = SIP_E_RANGE;
	out->rport = (uint16_t)port;
	return err;
}

static enum sip_err keep_param(struct sip_via *out, struct sip_str name, struct sip_str value)
{
	struct sip_str *slot = NULL;
	if (SIP_STR_IS(name, "branch"))
		slot = &out->branch;
	else if (SIP_STR_IS(name, "rport"))
		return take_rport(out, name.p, value);
	else if (SIP_STR_IS(name, "received"))
		slot = &out->received;
	else if (SIP_STR_IS(name, "maddr"))
		slot = &out->maddr;
	if (!slot)
		return SIP_OK;
	if (slot->p || value.len == 0)
		return SIP_E_SYNTAX;
	*slot = value;
	return SIP_OK;
}

static inline enum sip_err parse_params(struct sip_via *out, struct sip__marks *m, const char *p)
{
	struct sip_str name, value;
	out->params = sip__slice(p, m->end);
	while (p < m->end) {
		p = sip__param_take(m, p, &name, &value);
		enum sip_err err = p ? keep_param(out, name, value) : SIP_E_SYNTAX;
		if (err != SIP_OK)
			return err;
	}
	return SIP_OK;
}

static bool is_in_quotes(const char *p, const char *at)
{
	bool is_in = false;
	for (; p < at; p++) {
		if (*p == '"')
			is_in = !is_in;
		else if (is_in && *p == '\\')
			p++;
	}
	return is_in;
}

/* RFC 2543 6.40 had a comment behind the parameters. It has to stand apart, and behind what is whole: parentheses may be a value. */
static const char *without_comment(const char *p, const char *end)
{
	unsigned depth = 0;
	const char *at = end;
	while (at > p) {
		at--;
		if (*at == ')')
			depth++;
		else if (*at == '(' && --depth == 0)
			break;
	}
	if (at == p || !sip_char_is(at[-1], SIP_CC_LWS) || is_in_quotes(p, at))
		return end;
	while (at > p && sip_char_is(at[-1], SIP_CC_LWS))
		at--;
	return at > p && (at[-1] == ';' || at[-1] == '=') ? end : at;
}

/* transport LWS host [COLON port]; *at goes past them and the space behind. */
static inline enum sip_err parse_sent_by(struct sip_via *out, struct sip__marks *m, const char **at)
{
	enum sip_err err = SIP_E_SYNTAX;
	const char *from = *at, *end = m->end;
	const char *p = sip__marks_run(m, from, SIP_CC_TOKEN);
	out->transport_text = sip__slice(from, p);
	out->transport = sip_transport_kind_find(out->transport_text);
	if (p == from || p == end || !sip_char_is(*p, SIP_CC_LWS))
		return SIP_E_SYNTAX;
	from = sip_char_skip_lws(p, end);
	p = sip__host_take(m, from);
	if (!p)
		return SIP_E_SYNTAX;
	out->host = sip__slice(from, p);
	p = sip_char_skip_lws(p, end);
	if (p < end && *p == ':') {
		p = sip__port_take(sip_char_skip_lws(p + 1, end), end, &out->port, &err);
		if (!p)
			return err;
		p = sip_char_skip_lws(p, end);
	}
	*at = p;
	return SIP_OK;
}

/* Piece by piece: one memset of this size becomes a string instruction, which is slow to start. */
static inline void clear(struct sip_via *out)
{
	memset(&out->protocol, 0, sizeof out->protocol);
	memset(&out->transport_text, 0, sizeof out->transport_text);
	memset(&out->host, 0, sizeof out->host);
	memset(&out->branch, 0, sizeof out->branch);
	memset(&out->received, 0, sizeof out->received);
	memset(&out->maddr, 0, sizeof out->maddr);
	memset(&out->params, 0, sizeof out->params);
	out->transport = SIP_TRANSPORT_NONE;
	out->port = out->rport = 0;
	out->has_rport = false;
	out->rport_at = NULL;
}

enum sip_err sip_via_parse(struct sip_str value, struct sip_via *out)
{
	const char *p = value.p;
	clear(out);
	out->text = value;
	if (value.len < SHORTEST)
		return SIP_E_SYNTAX;
	const char *end = p + value.len;
	if (end[-1] == ')')
		end = without_comment(p, end);
	if (end - p >= 8 && memcmp(p, "SIP/2.0/", 8) == 0) {
		out->protocol = sip_str_make(p, 7);
		p = sip_char_skip_lws(p + 8, end);
	} else {
		p = take_protocol(out, p, end);
		if (!p)
			return SIP_E_SYNTAX;
	}
	struct sip__marks m;
	sip__marks_init(&m, p, end);
	enum sip_err err = parse_sent_by(out, &m, &p);
	if (err != SIP_OK)
		return err;
	if (p == end) {
		out->params = sip_str_make(end, 0);
		return SIP_OK;
	}
	return *p == ';' ? parse_params(out, &m, p + 1) : SIP_E_SYNTAX;
}

bool sip_via_has_cookie(const struct sip_via *v)
{
	return sip_str_starts_nocase(v->branch, SIP_STR("z9hG4bK"));
}
