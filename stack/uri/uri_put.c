/* URIs made from URIs: addresses of record, Request-URIs, socket addresses. No state. RFC 3261 10.3, 16.6, 19.1.5. */
#include "stack/uri/uri_priv.h"

#include "stack/base/escape.h"

/* In canonical form. */
static void put_escaped(struct sip_buf *b, struct sip_str s, bool folds_case)
{
	while (s.len > 0) {
		size_t plain = folds_case ? 0 : (size_t)(sip_char_run(s.p, sip_str_end(s), SIP_CC_USER) - s.p);
		sip_buf_put(b, s.p, plain);
		s = sip_str_from(s, plain);
		if (s.len == 0)
			return;
		struct sip__char c = sip__char_next(&s);
		if (c.is_escaped)
			sip_percent_encode(b, sip_str_make((const char *)&c.value, 1), 0);
		else
			sip_buf_put_char(b, folds_case ? sip_char_lower((char)c.value) : (char)c.value);
	}
}

static void put_lower(struct sip_buf *b, struct sip_str s)
{
	char *to = sip_buf_reserve(b, s.len);
	if (!to)
		return;
	for (size_t i = 0; i < s.len; i++)
		to[i] = sip_char_lower(s.p[i]);
	sip_buf_advance(b, s.len);
}

static void put_host(struct sip_buf *b, struct sip_str host)
{
	struct sip_addr addr;
	if (sip__host_ipv6(host, &addr)) {
		sip_addr_put_uri_host(b, &addr);
		return;
	}
	if (host.len > 1 && host.p[host.len - 1] == '.')
		host.len--;
	put_lower(b, host);
}

/* In digits: no visual separators, small letters. */
static void put_number(struct sip_buf *b, struct sip_str number)
{
	for (size_t i = 0; i < number.len; i++)
		if (!sip__is_visual(number.p[i]))
			sip_buf_put_char(b, sip_char_lower(number.p[i]));
}

static void put_tel_aor(struct sip_buf *b, const struct sip_uri *u)
{
	struct sip_str context;
	SIP_BUF_LIT(b, "tel:");
	put_number(b, u->user);
	if (u->user.p[0] != '+' && sip_uri_find_param(u, SIP_STR("phone-context"), &context)) {
		SIP_BUF_LIT(b, ";phone-context=");
		if (context.len && context.p[0] == '+')
			put_number(b, context);
		else
			put_escaped(b, context, true);
	}
}

void sip_uri_put_aor(struct sip_buf *b, const struct sip_uri *u)
{
	if (u->scheme == SIP_URI_TEL) {
		put_tel_aor(b, u);
		return;
	}
	if (u->scheme == SIP_URI_OTHER) {
		put_lower(b, u->scheme_text);
		sip_buf_put_char(b, ':');
		sip_buf_put_str(b, u->opaque);
		return;
	}
	SIP_BUF_LIT(b, "sip:");
	if (u->has_user) {
		put_escaped(b, u->user, false);
		sip_buf_put_char(b, '@');
	}
	put_host(b, u->host);
	/* 5060 of sips too: it is the default of what stands here. */
	if (u->port != 0 && u->port != 5060 && !(u->scheme == SIP_URI_SIPS && u->port == 5061)) {
		sip_buf_put_char(b, ':');
		sip_buf_put_u64(b, u->port);
	}
}

void sip_uri_put_user(struct sip_buf *b, struct sip_str user)
{
	sip__escaped_put(b, user, SIP_CC_USER, false);
}

void sip_uri_put_sip(struct sip_buf *b, bool is_secure, struct sip_str user, struct sip_str host, uint16_t port)
{
	bool has_brackets = sip_str_find(host, ':') < host.len && host.p[0] != '[';
	sip_buf_put_z(b, is_secure ? "sips:" : "sip:");
	if (user.len) {
		sip_percent_encode(b, user, SIP_CC_USER);
		sip_buf_put_char(b, '@');
	}
	if (has_brackets)
		sip_buf_put_char(b, '[');
	sip_buf_put_str(b, host);
	if (has_brackets)
		sip_buf_put_char(b, ']');
	if (port) {
		sip_buf_put_char(b, ':');
		sip_buf_put_u64(b, port);
	}
}

static bool is_one_of(struct sip_str name, const struct sip_str *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sip__escaped_eq(name, names[i], true))
			return true;
	return false;
}

void sip_uri_put_params(struct sip_buf *b, const struct sip_uri *u, const struct sip_str *without, size_t count)
{
	struct sip_str rest = u->params, name, value;
	const char *from = rest.p;
	while (sip_params_next(&rest, &name, &value)) {
		size_t len = (size_t)(rest.p - from);
		if (!is_one_of(name, without, count)) {
			sip_buf_put_char(b, ';');
			sip_buf_put(b, from, rest.len ? len - 1 : len);
		}
		from = rest.p;
	}
}

/* Up to its parameters and headers. */
static void put_head(struct sip_buf *b, const struct sip_uri *u)
{
	const char *end = u->params.p ? u->params.p - 1 : u->headers.p ? u->headers.p - 1 : sip_str_end(u->text);
	sip_buf_put(b, u->text.p, (size_t)(end - u->text.p));
}

void sip_uri_put_request(struct sip_buf *b, const struct sip_uri *u)
{
	static const struct sip_str method = SIP_STR_INIT("method");
	if (!sip_uri_is_sip(u) || (u->headers.p == NULL && !sip_uri_has_param(u, SIP_URI_PARAM_METHOD))) {
		sip_buf_put_str(b, u->text);
		return;
	}
	put_head(b, u);
	sip_uri_put_params(b, u, &method, 1);
}

void sip_uri_put_route(struct sip_buf *b, const struct sip_uri *u)
{
	static const struct sip_str dropped[] = { SIP_STR_INIT("method"), SIP_STR_INIT("lr") };
	put_head(b, u);
	sip_uri_put_params(b, u, dropped, SIP_COUNTOF(dropped));
	SIP_BUF_LIT(b, ";lr");
}

enum sip_err sip_uri_host_addr(const struct sip_uri *u, uint16_t default_port, struct sip_addr *out)
{
	uint16_t port = u->port ? u->port : default_port;
	if (u->host.len == 0 || (u->host.p[0] != '[' && !sip_char_is(u->host.p[0], SIP_CC_DIGIT)))
		return SIP_E_NOTFOUND;
	if (sip_addr_parse(out, u->host, port) == SIP_OK)
		return SIP_OK;
	return u->host.p[0] == '[' ? SIP_E_SYNTAX : SIP_E_NOTFOUND;
}

void sip_uri_put_header(struct sip_buf *b, bool is_first, struct sip_str name, struct sip_str value)
{
	if (name.len == 0) {
		if (b->err == SIP_OK)
			b->err = SIP_E_INVAL;
		return;
	}
	sip_buf_put_char(b, is_first ? '?' : '&');
	sip_percent_encode(b, name, SIP_CC_HEADER);
	sip_buf_put_char(b, '=');
	sip_percent_encode(b, value, SIP_CC_HEADER);
}
