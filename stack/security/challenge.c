/*
 * Authorization and WWW-Authenticate values, read and written, for both sides of digest authentication.
 * Values only; runs on the caller's loop. RFC 3261 22 and 25.1, RFC 7616 3.3 and 3.4, RFC 8760.
 */
#include "stack/security/security.h"

/* A parameter kept as it stands: where its slice goes. */
struct param_row {
	struct sip_str name;
	size_t offset;
};
struct raw_credentials {
	struct sip_str user, realm, nonce, uri, response, cnonce, opaque, nc, algorithm, qop, userhash;
};
static const struct param_row credentials_params[] = {
	{ SIP_STR_INIT("username"), offsetof(struct raw_credentials, user) },
	{ SIP_STR_INIT("realm"), offsetof(struct raw_credentials, realm) },
	{ SIP_STR_INIT("nonce"), offsetof(struct raw_credentials, nonce) },
	{ SIP_STR_INIT("uri"), offsetof(struct raw_credentials, uri) },
	{ SIP_STR_INIT("response"), offsetof(struct raw_credentials, response) },
	{ SIP_STR_INIT("cnonce"), offsetof(struct raw_credentials, cnonce) },
	{ SIP_STR_INIT("opaque"), offsetof(struct raw_credentials, opaque) },
	{ SIP_STR_INIT("nc"), offsetof(struct raw_credentials, nc) },
	{ SIP_STR_INIT("algorithm"), offsetof(struct raw_credentials, algorithm) },
	{ SIP_STR_INIT("qop"), offsetof(struct raw_credentials, qop) },
	{ SIP_STR_INIT("userhash"), offsetof(struct raw_credentials, userhash) },
};
struct raw_challenge {
	struct sip_str realm, nonce, opaque, stale, algorithm, qop;
};
static const struct param_row challenge_params[] = {
	{ SIP_STR_INIT("realm"), offsetof(struct raw_challenge, realm) },
	{ SIP_STR_INIT("nonce"), offsetof(struct raw_challenge, nonce) },
	{ SIP_STR_INIT("opaque"), offsetof(struct raw_challenge, opaque) },
	{ SIP_STR_INIT("stale"), offsetof(struct raw_challenge, stale) },
	{ SIP_STR_INIT("algorithm"), offsetof(struct raw_challenge, algorithm) },
	{ SIP_STR_INIT("qop"), offsetof(struct raw_challenge, qop) },
};

static enum sip_err keep_param(const struct param_row *rows, size_t count, void *into, struct sip_str name,
			       struct sip_str value)
{
	for (size_t i = 0; i < count; i++) {
		if (!sip_str_eq_nocase(name, rows[i].name))
			continue;
		struct sip_str *field = (struct sip_str *)(void *)((char *)into + rows[i].offset);
		if (field->p)
			return SIP_E_SYNTAX;
		*field = value.p ? value : SIP_STR("");
		return SIP_OK;
	}
	return SIP_OK;
}

/* A slice that was there has p set, even when it is empty. */
static enum sip_err read_params(struct sip_str value, const struct param_row *rows, size_t count, void *into)
{
	struct sip_auth_value auth;
	struct sip_str name, text;
	bool is_quoted;
	enum sip_err err = sip_auth_value_parse(value, &auth);
	if (err != SIP_OK)
		return err;
	if (!sip_str_eq_nocase(auth.scheme, SIP_STR("Digest")))
		return SIP_E_UNSUPPORTED;
	while (err == SIP_OK && sip_auth_value_next(&auth.params, &name, &text, &is_quoted))
		err = keep_param(rows, count, into, name, text);
	if (err == SIP_OK && !sip_str_is_empty(sip_str_trim(auth.params)))
		err = SIP_E_SYNTAX;
	return err;
}

/* "SHA-256-sess" is SHA-256 bound to a session; no name at all is MD5. */
static enum sip_err read_algorithm(struct sip_str text, enum sip_digest_algorithm *algorithm, bool *is_session)
{
	static const struct sip_str suffix = SIP_STR_INIT("-sess");
	*algorithm = SIP_DIGEST_MD5;
	*is_session = false;
	if (!text.p)
		return SIP_OK;
	*is_session = sip_str_ends_nocase(text, suffix);
	if (*is_session)
		text.len -= suffix.len;
	return sip_digest_hash_find(text, algorithm) == SIP_OK ? SIP_OK : SIP_E_UNSUPPORTED;
}

static enum sip_err read_count(struct sip_str text, uint32_t *out)
{
	uint32_t n = 0;
	if (text.len == 0 || text.len > 8)
		return SIP_E_SYNTAX;
	for (size_t i = 0; i < text.len; i++) {
		char c = sip_char_lower(text.p[i]);
		if (!sip_char_is(c, SIP_CC_HEX))
			return SIP_E_SYNTAX;
		n = n << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*out = n;
	return n > 0 ? SIP_OK : SIP_E_SYNTAX;
}

static enum sip_err read_qop(const struct raw_credentials *raw, struct sip_credentials *c)
{
	if (!raw->qop.p) {
		c->qop = SIP_QOP_NONE;
		return c->is_session && !raw->cnonce.p ? SIP_E_SYNTAX : SIP_OK;
	}
	if (sip_str_eq_nocase(raw->qop, SIP_STR("auth")))
		c->qop = SIP_QOP_AUTH;
	else if (sip_str_eq_nocase(raw->qop, SIP_STR("auth-int")))
		c->qop = SIP_QOP_AUTH_INT;
	else
		return SIP_E_UNSUPPORTED;
	return raw->cnonce.p ? read_count(raw->nc, &c->nc) : SIP_E_SYNTAX;
}

enum sip_err sip_credentials_parse(struct sip_str value, struct sip_credentials *c)
{
	struct raw_credentials raw = { 0 };
	enum sip_err err = read_params(value, credentials_params, SIP_COUNTOF(credentials_params), &raw);
	if (err != SIP_OK)
		return err;
	if (!raw.user.p || !raw.realm.p || !raw.nonce.p || !raw.uri.p || !raw.response.p)
		return SIP_E_SYNTAX;
	if (raw.userhash.p && !sip_str_eq_nocase(raw.userhash, SIP_STR("false")))
		return SIP_E_UNSUPPORTED;
	memset(c, 0, sizeof(*c));
	c->user = raw.user;
	c->realm = raw.realm;
	c->nonce = raw.nonce;
	c->uri = raw.uri;
	c->response = raw.response;
	c->cnonce = raw.cnonce;
	c->opaque = raw.opaque;
	c->nc_text = raw.nc;
	c->has_algorithm = raw.algorithm.p != NULL;
	err = read_algorithm(raw.algorithm, &c->algorithm, &c->is_session);
	return err == SIP_OK ? read_qop(&raw, c) : err;
}

enum sip_err sip_credentials_find(const struct sip_message *m, enum sip_header header, struct sip_str realm,
				  struct sip_credentials *out)
{
	enum sip_err result = SIP_E_NOTFOUND;
	struct sip_str value;
	for (size_t i = 0; sip_message_value(m, header, i, &value); i++) {
		struct sip_credentials c;
		enum sip_err err = sip_credentials_parse(value, &c);
		if (err == SIP_E_SYNTAX && result == SIP_E_NOTFOUND)
			result = SIP_E_SYNTAX;
		if (err != SIP_OK || !sip_str_eq_nocase(c.realm, realm))
			continue;
		if (result == SIP_OK && c.algorithm <= out->algorithm)
			continue;
		*out = c;
		result = SIP_OK;
	}
	return result;
}

enum sip_err sip_credentials_verify(const struct sip_credentials *c, struct sip_digest_hash *h, struct sip_str ha1,
				    struct sip_str method, struct sip_str body)
{
	char expected[SIP_DIGEST_HEX_MAX];
	char given[SIP_DIGEST_HEX_MAX];
	struct sip_digest_input in = {
		.algorithm = c->algorithm,
		.is_session = c->is_session,
		.qop = c->qop,
		.ha1 = ha1,
		.nonce = c->nonce,
		.nc = c->nc_text,
		.cnonce = c->cnonce,
		.method = method,
		.uri = c->uri,
		.body = body,
	};
	size_t len = 2 * sip_digest_hash_size(c->algorithm);
	char *uri = NULL;
	enum sip_err err;
	if (c->response.len != len || ha1.len != len)
		return SIP_E_DENIED;
	if (sip_str_find(c->uri, '\\') < c->uri.len) { /* it is hashed as it is (RFC 7616 3.4.3) */
		uri = sip_alloc(c->uri.len);
		if (!uri)
			return SIP_E_NOMEM;
		in.uri = sip_str_make(uri, sip_quoted_decode(c->uri, uri));
	}
	err = sip_digest_response(h, &in, expected);
	sip_free(uri);
	if (err != SIP_OK)
		return err;
	for (size_t i = 0; i < len; i++)
		given[i] = sip_char_lower(c->response.p[i]);
	return sip_crypto_is_equal(sip_str_make(expected, len), sip_str_make(given, len)) ? SIP_OK : SIP_E_DENIED;
}

void sip_challenge_put(struct sip_buf *b, const struct sip_challenge *c)
{
	SIP_BUF_LIT(b, "Digest realm=");
	sip_quoted_encode(b, c->realm);
	SIP_BUF_LIT(b, ", nonce=");
	sip_quoted_encode(b, c->nonce);
	if (c->opaque.len > 0) {
		SIP_BUF_LIT(b, ", opaque=");
		sip_quoted_encode(b, c->opaque);
	}
	if (c->is_stale)
		SIP_BUF_LIT(b, ", stale=true");
	SIP_BUF_LIT(b, ", algorithm=");
	sip_buf_put_str(b, sip_digest_hash_name(c->algorithm));
	if (c->has_auth || c->has_auth_int)
		sip_buf_putf(b, ", qop=\"%s%s%s\"", c->has_auth ? "auth" : "",
			     c->has_auth && c->has_auth_int ? "," : "", c->has_auth_int ? "auth-int" : "");
}

enum sip_err sip_challenge_parse(struct sip_str value, struct sip_challenge *c)
{
	struct raw_challenge raw = { 0 };
	struct sip_str piece;
	enum sip_err err = read_params(value, challenge_params, SIP_COUNTOF(challenge_params), &raw);
	if (err != SIP_OK)
		return err;
	if (!raw.realm.p || !raw.nonce.p)
		return SIP_E_SYNTAX;
	memset(c, 0, sizeof(*c));
	c->realm = raw.realm;
	c->nonce = raw.nonce;
	c->opaque = raw.opaque;
	c->is_stale = raw.stale.p && sip_str_eq_nocase(raw.stale, SIP_STR("true"));
	err = read_algorithm(raw.algorithm, &c->algorithm, &c->is_session);
	if (err != SIP_OK || sip_str_trim(raw.qop).len == 0)
		return err;
	while (sip_str_cut(&raw.qop, ',', &piece)) {
		c->has_auth |= sip_str_eq_nocase(piece, SIP_STR("auth"));
		c->has_auth_int |= sip_str_eq_nocase(piece, SIP_STR("auth-int"));
	}
	return c->has_auth || c->has_auth_int ? SIP_OK : SIP_E_UNSUPPORTED;
}

enum sip_err sip_challenge_choose(const struct sip_message *m, enum sip_header header, struct sip_challenge *out)
{
	struct sip_str value;
	for (size_t i = 0; sip_message_value(m, header, i, &value); i++) {
		if (sip_challenge_parse(value, out) == SIP_OK)
			return SIP_OK;
	}
	return SIP_E_NOTFOUND;
}

/* Raw text goes back between quotes as it came. */
static void put_raw(struct sip_buf *b, const char *name, struct sip_str raw)
{
	sip_buf_putf(b, ", %s=\"", name);
	sip_buf_put_str(b, raw);
	sip_buf_put_char(b, '"');
}

static void put_credentials(struct sip_buf *b, const struct sip_challenge *c, const struct sip_digest_input *d,
			    struct sip_str user, const char *response)
{
	SIP_BUF_LIT(b, "Digest username=");
	sip_quoted_encode(b, user);
	put_raw(b, "realm", c->realm);
	put_raw(b, "nonce", c->nonce);
	SIP_BUF_LIT(b, ", uri=");
	sip_quoted_encode(b, d->uri); /* a Request-URI may hold quotes, from a Contact that does */
	put_raw(b, "response", sip_str_of(response));
	SIP_BUF_LIT(b, ", algorithm=");
	sip_buf_put_str(b, sip_digest_hash_name(c->algorithm));
	if (c->is_session)
		SIP_BUF_LIT(b, "-sess");
	if (d->qop != SIP_QOP_NONE || c->is_session)
		put_raw(b, "cnonce", d->cnonce);
	if (d->qop != SIP_QOP_NONE)
		sip_buf_putf(b, ", qop=%s, nc=%.*s", d->qop == SIP_QOP_AUTH ? "auth" : "auth-int", SIP_STR_ARG(d->nc));
	if (c->opaque.p)
		put_raw(b, "opaque", c->opaque);
}

/* From what is stored, or from the password. */
static enum sip_err make_ha1(const struct sip_challenge *c, struct sip_digest_hash *h,
			     const struct sip_credentials_input *in, char out[SIP_DIGEST_HEX_MAX])
{
	if (in->ha1.len == 0)
		return sip_digest_ha1(h, c->algorithm, in->user, c->realm, in->password, out);
	if (in->ha1.len != 2 * sip_digest_hash_size(c->algorithm))
		return SIP_E_INVAL;
	for (size_t i = 0; i < in->ha1.len; i++)
		out[i] = sip_char_lower(in->ha1.p[i]);
	out[in->ha1.len] = '\0';
	return SIP_OK;
}

enum sip_err sip_challenge_answer(const struct sip_challenge *c, struct sip_digest_hash *h,
				  const struct sip_credentials_input *in, struct sip_buf *b)
{
	char ha1[SIP_DIGEST_HEX_MAX];
	char response[SIP_DIGEST_HEX_MAX];
	char nc[16];
	struct sip_buf nc_buf;
	struct sip_digest_input d = {
		.algorithm = c->algorithm,
		.is_session = c->is_session,
		.qop = c->has_auth ? SIP_QOP_AUTH : c->has_auth_int ? SIP_QOP_AUTH_INT : SIP_QOP_NONE,
		.nonce = c->nonce,
		.cnonce = in->cnonce,
		.method = in->method,
		.uri = in->uri,
		.body = in->body,
	};
	enum sip_err err = make_ha1(c, h, in, ha1);
	if (err != SIP_OK)
		return err;
	sip_buf_init_fixed(&nc_buf, nc, sizeof(nc));
	sip_buf_putf(&nc_buf, "%08x", (unsigned)in->nc);
	d.nc = sip_buf_str(&nc_buf);
	d.ha1 = sip_str_of(ha1);
	err = sip_digest_response(h, &d, response);
	sip_crypto_wipe(ha1, sizeof(ha1));
	if (err != SIP_OK)
		return err;
	put_credentials(b, c, &d, in->user, response);
	return b->err;
}
