/*
 * The server's side: looks at credentials, says whose HA1 is needed, decides by it, writes challenges. Functions of
 * what they are given; the nonces are shared by all. RFC 3261 22.1, 22.2, 22.4, RFC 7616 3.3, RFC 8760 2.3.
 */
#include "dum/auth/auth.h"

void dum_server_auth_init(struct dum_server_auth *s, struct sip_str realm, struct sip_nonces *nonces)
{
	memset(s, 0, sizeof *s);
	s->realm = realm;
	s->nonces = nonces;
	s->algorithms[s->algorithm_count++] = SIP_DIGEST_SHA_256;
	s->algorithms[s->algorithm_count++] = SIP_DIGEST_MD5;
}

unsigned dum_server_auth_status(const struct dum_server_auth *s)
{
	return s->is_proxy ? 407 : 401;
}

/* Its place among those we ask for; algorithm_count: we do not. */
static size_t rank_of(const struct dum_server_auth *s, enum sip_digest_algorithm algorithm)
{
	size_t i = 0;

	while (i < s->algorithm_count && s->algorithms[i] != algorithm)
		i++;
	return i;
}

static bool is_offered(const struct dum_server_auth *s, const struct sip_credentials *c)
{
	if (c->is_session || (c->qop == SIP_QOP_AUTH_INT && !s->takes_auth_int) || (c->qop == SIP_QOP_NONE && s->needs_qop))
		return false;
	return rank_of(s, c->algorithm) < s->algorithm_count;
}

/* Of those for our realm that answer something we offer, the one we like best. SYNTAX: one is broken and none is right. */
static enum sip_err find_best(const struct dum_server_auth *s, const struct sip_message *request,
			      struct sip_credentials *out)
{
	enum sip_header id = s->is_proxy ? SIP_HEADER_PROXY_AUTHORIZATION : SIP_HEADER_AUTHORIZATION;
	enum sip_err result = SIP_E_NOTFOUND;
	struct sip_str value;

	for (size_t i = 0; sip_message_value(request, id, i, &value); i++) {
		struct sip_credentials c;
		enum sip_err err = sip_credentials_parse(value, &c);
		if (err == SIP_E_SYNTAX && result == SIP_E_NOTFOUND)
			result = SIP_E_SYNTAX;
		if (err != SIP_OK || !sip_str_eq_nocase(c.realm, s->realm) || !is_offered(s, &c))
			continue;
		if (result == SIP_OK && rank_of(s, c.algorithm) >= rank_of(s, out->algorithm))
			continue;
		*out = c;
		result = SIP_OK;
	}
	return result;
}

enum dum_server_auth_verdict dum_server_auth_check(const struct dum_server_auth *s, const struct sip_message *request,
						   struct sip_digest_hash *h, int64_t now_us,
						   struct dum_server_claim *claim)
{
	enum sip_method method = sip_message_method(request);
	struct sip_credentials *c = &claim->credentials;
	enum sip_err err;

	if (method == SIP_METHOD_ACK || method == SIP_METHOD_CANCEL)
		return DUM_SERVER_AUTH_EXEMPT;
	err = find_best(s, request, c);
	if (err == SIP_E_SYNTAX)
		return DUM_SERVER_AUTH_BAD;
	if (err != SIP_OK)
		return DUM_SERVER_AUTH_CHALLENGE;
	/* A stale nonce is told before anybody is looked up: the next try costs the same look-up again. */
	switch (sip_nonces_peek(s->nonces, h, s->realm, c->nonce, now_us)) {
	case SIP_NONCE_GOOD:
		break;
	case SIP_NONCE_STALE:
	case SIP_NONCE_REPLAYED:
		return DUM_SERVER_AUTH_STALE;
	case SIP_NONCE_BAD:
		return s->denies_foreign_nonces && c->nonce.len ? DUM_SERVER_AUTH_DENIED : DUM_SERVER_AUTH_CHALLENGE;
	}
	if (c->user.len > sizeof claim->user)
		return DUM_SERVER_AUTH_DENIED;
	claim->user_len = sip_quoted_decode(c->user, claim->user);
	return DUM_SERVER_AUTH_NEED_CREDENTIALS;
}

enum dum_server_auth_verdict dum_server_auth_verify(const struct dum_server_auth *s, const struct sip_message *request,
						    const struct dum_server_claim *claim, struct sip_str ha1,
						    struct sip_digest_hash *h, int64_t now_us)
{
	const struct sip_credentials *c = &claim->credentials;
	enum sip_err err = sip_credentials_verify(c, h, ha1, sip_message_method_text(request), sip_message_body(request));

	if (err != SIP_OK)
		return err == SIP_E_DENIED ? DUM_SERVER_AUTH_DENIED : DUM_SERVER_AUTH_FAILED;
	return sip_nonces_check(s->nonces, h, s->realm, c->nonce, c->nc, now_us) == SIP_NONCE_GOOD ? DUM_SERVER_AUTH_OK
												   : DUM_SERVER_AUTH_STALE;
}

enum sip_err dum_server_auth_put_challenges(const struct dum_server_auth *s, struct sip_message *response,
					    struct sip_digest_hash *h, int64_t now_us, bool is_stale)
{
	enum sip_header id = s->is_proxy ? SIP_HEADER_PROXY_AUTHENTICATE : SIP_HEADER_WWW_AUTHENTICATE;
	char nonce[SIP_NONCE_LEN + 1];
	struct sip_challenge c = { .realm = s->realm, .is_stale = is_stale, .has_auth = true, .has_auth_int = s->takes_auth_int };
	enum sip_err err = sip_nonces_make(s->nonces, h, s->realm, now_us, nonce);

	c.nonce = sip_str_make(nonce, SIP_NONCE_LEN);
	for (size_t i = 0; err == SIP_OK && i < s->algorithm_count; i++) {
		struct sip_buf b;
		c.algorithm = s->algorithms[i];
		sip_buf_init(&b, 4096);
		sip_challenge_put(&b, &c);
		err = b.err == SIP_OK ? sip_message_add(response, id, sip_buf_str(&b)) : b.err;
		sip_buf_fini(&b);
	}
	return err;
}
