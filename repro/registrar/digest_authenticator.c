/*
 * Digest authentication (RFC 3261 22, RFC 7616, RFC 8760) of requests that claim to come from one
 * of our users. ACK, CANCEL and BYE are never challenged. On the proxy's loop; waits for nothing.
 */
#include "repro/registrar/registrar_priv.h"

struct asked { /* what we ask for, and how we say so */
	enum sip_header credentials;
	enum sip_header challenge;
	unsigned status;
	struct sip_str realm;
};

static bool is_exempt(const struct repro_request *r)
{
	return r->method == SIP_METHOD_ACK || r->method == SIP_METHOD_CANCEL || r->method == SIP_METHOD_BYE;
}

/* The identity the request claims: To of a REGISTER, From of the rest. */
static const struct sip_uri *claimed(const struct repro_request *r)
{
	enum sip_header id = r->method == SIP_METHOD_REGISTER ? SIP_HEADER_TO : SIP_HEADER_FROM;
	const struct sip_name_addr *a = sip_message_name_addr(r->message, id, 0);

	return a ? &a->uri : NULL;
}

/* A host is one whatever its case, a realm is not: the users' HA1s are of the name in small letters. */
static struct sip_str realm_of(struct repro_request *r, struct sip_str host)
{
	char text[256];
	bool is_small = true;

	for (size_t i = 0; i < host.len && i < sizeof text; i++) {
		text[i] = sip_char_lower(host.p[i]);
		is_small = is_small && text[i] == host.p[i];
	}
	if (is_small || host.len > sizeof text)
		return host;
	return sip_arena_str(&r->arena, sip_str_make(text, host.len));
}

static void fill_asked(struct repro_request *r, const struct sip_uri *uri, struct asked *a)
{
	const char *fixed = repro_proxy_config(r->proxy)->set.static_realm;
	bool is_register = r->method == SIP_METHOD_REGISTER;

	a->credentials = is_register ? SIP_HEADER_AUTHORIZATION : SIP_HEADER_PROXY_AUTHORIZATION;
	a->challenge = is_register ? SIP_HEADER_WWW_AUTHENTICATE : SIP_HEADER_PROXY_AUTHENTICATE;
	a->status = is_register ? 401 : 407;
	a->realm = fixed[0] ? sip_str_of(fixed) : realm_of(r, uri->host);
}

static enum sip_digest_algorithm algorithm_of(enum repro_algorithm a)
{
	return a == REPRO_ALGORITHM_SHA_256 ? SIP_DIGEST_SHA_256 : SIP_DIGEST_MD5;
}

static bool is_offered(const struct repro_config *c, enum sip_digest_algorithm algorithm)
{
	for (size_t i = 0; i < c->algorithm_count; i++)
		if (algorithm_of(c->algorithms[i]) == algorithm)
			return true;
	return false;
}

/* SHA-256 is welcome also where only MD5 is offered, for the sake of phones that give up when they see anything else. */
static bool is_welcome(const struct repro_config *c, enum sip_digest_algorithm algorithm)
{
	return algorithm == SIP_DIGEST_SHA_256 || is_offered(c, algorithm);
}

static enum sip_err put_challenge(struct sip_message *response, const struct asked *a, const struct sip_challenge *value)
{
	char text[600];
	struct sip_buf b;

	sip_buf_init_fixed(&b, text, sizeof text);
	sip_challenge_put(&b, value);
	return b.err == SIP_OK ? sip_message_add(response, a->challenge, sip_buf_str(&b)) : b.err;
}

/* Who names an algorithm in his credentials is challenged with that one alone; c is NULL when there are none. */
static void challenge(struct repro_registrar *g, struct repro_request *r, const struct asked *a,
		      const struct sip_credentials *c, bool is_stale)
{
	const struct repro_config *config = repro_proxy_config(r->proxy);
	struct sip_message *response;
	char nonce[SIP_NONCE_LEN + 1];
	struct sip_challenge value = { .realm = a->realm, .is_stale = is_stale, .has_auth = true };
	enum sip_err err;

	/* "needed primarily to handle unauthenticated requests for which a challenge response is issued" (RFC 3261 8.2.7) */
	repro_request_answer_once(r);
	response = repro_request_make_response(r, a->status, NULL);
	err = response ? SIP_OK : SIP_E_NOMEM;
	if (err == SIP_OK)
		err = sip_nonces_make(g->o.nonces, g->hash, a->realm, sip_loop_now(repro_proxy_loop(r->proxy)), nonce);
	value.nonce = sip_str_make(nonce, SIP_NONCE_LEN);
	if (err == SIP_OK && c && is_welcome(config, c->algorithm)) {
		value.algorithm = c->algorithm;
		err = put_challenge(response, a, &value);
	} else {
		for (size_t i = 0; err == SIP_OK && i < config->algorithm_count; i++) {
			value.algorithm = algorithm_of(config->algorithms[i]);
			err = put_challenge(response, a, &value);
		}
	}
	if (err != SIP_OK) {
		sip_message_unref(&response);
		repro_request_reply(r, 500, NULL);
		return;
	}
	sip_metric_count(repro_proxy_cells(r->proxy), is_stale ? REPRO_M_AUTH_STALE : REPRO_M_AUTH_NONE);
	if (r->method == SIP_METHOD_REGISTER)
		sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_REG_CHALLENGED);
	repro_request_respond(r, &response);
}

static enum repro_verdict refuse(struct repro_request *r, enum repro_metric why, unsigned status)
{
	sip_metric_count(repro_proxy_cells(r->proxy), why);
	repro_request_reply(r, status, NULL);
	return REPRO_DONE;
}

/* Who a wrong user and a wrong password are, is told apart in the metrics only. */
static enum sip_err prove(struct repro_registrar *g, const struct repro_request *r, const struct asked *a,
			  const struct sip_credentials *c)
{
	struct repro_users *users = g->o.store ? repro_user_store_get(g->o.store) : NULL;
	char name[REPRO_USER_TEXT_MAX];
	const struct repro_user *user = NULL;
	struct sip_str ha1;
	enum sip_err err = SIP_E_NOTFOUND;

	if (users && c->user.len <= sizeof name)
		user = repro_users_find(users, sip_str_make(name, sip_quoted_decode(c->user, name)), a->realm);
	if (user) {
		ha1 = c->algorithm == SIP_DIGEST_SHA_256 ? user->ha1_sha256 : user->ha1_md5;
		err = ha1.len ? sip_credentials_verify(c, g->hash, ha1, sip_message_method_text(r->message),
						       sip_message_body(r->message))
			      : SIP_E_UNSUPPORTED;
	}
	repro_users_unref(&users);
	return err;
}

/* "user@realm", escapes undone: what the registrar compares an address of record with. */
static bool keep_user(struct repro_request *r, const struct sip_credentials *c, struct sip_str realm)
{
	char text[2 * REPRO_USER_TEXT_MAX + 2];
	char name[REPRO_USER_TEXT_MAX];
	struct sip_buf b;

	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_put(&b, name, sip_quoted_decode(c->user, name));
	sip_buf_put_char(&b, '@');
	for (size_t i = 0; i < realm.len; i++)
		sip_buf_put_char(&b, sip_char_lower(realm.p[i]));
	r->user = b.err == SIP_OK ? sip_arena_str(&r->arena, sip_buf_str(&b)) : sip_str_make(NULL, 0);
	return r->user.p != NULL;
}

/* RFC 3261 22.3: our own credentials have done their work here; those for others go on. */
static void strip(struct repro_request *r, const struct asked *a)
{
	struct sip_credentials c;
	struct sip_str value;

	for (size_t i = 0; sip_message_value(r->message, a->credentials, i, &value);) {
		bool is_ours = sip_credentials_parse(value, &c) == SIP_OK && sip_str_eq_nocase(c.realm, a->realm);
		if (!is_ours || sip_message_remove(r->message, a->credentials, i) != SIP_OK)
			i++;
	}
}

static enum repro_verdict accept_user(struct repro_request *r, const struct asked *a, const struct sip_credentials *c,
				      const struct sip_uri *uri)
{
	char text[512];
	struct sip_buf aor;

	if (!keep_user(r, c, uri->host))
		return refuse(r, REPRO_M_REFUSED, 500);
	/* Nobody speaks for somebody else. */
	sip_buf_init_fixed(&aor, text, sizeof text);
	repro_proxy_put_aor(r->proxy, uri, &aor);
	if (aor.err != SIP_OK || aor.len < 4 || !sip_str_eq(sip_str_from(sip_buf_str(&aor), 4), r->user))
		return refuse(r, REPRO_M_AUTH_WRONG, sip_refusal_code(SIP_REFUSAL_FORBIDDEN));
	sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_AUTH_OK);
	strip(r, a);
	return REPRO_CONTINUE;
}

/* That the nonce was ours proves nothing of a datagram: it may have been given to somebody else. */
static bool is_source_proven(const struct repro_request *r)
{
	const struct sip_flow *flow = sip_flow_from_ref(sip_message_flow(r->message));

	return flow && sip_flow_kind(flow) != SIP_TRANSPORT_UDP;
}

static enum repro_verdict refuse_wrong(struct repro_request *r, enum repro_metric why)
{
	const struct repro_settings *set = &repro_proxy_config(r->proxy)->set;
	const struct sip_addr *source = sip_message_source(r->message);

	if (set->ban_points && set->ban_auth_points && source &&
	    sip_stack_offence(repro_proxy_stack(r->proxy), source, (unsigned)set->ban_auth_points, is_source_proven(r)) != SIP_OK)
		sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_LOST);
	return refuse(r, why, sip_refusal_code(SIP_REFUSAL_FORBIDDEN));
}

static enum repro_verdict examine(struct repro_registrar *g, struct repro_request *r, const struct asked *a,
				  const struct sip_credentials *c, const struct sip_uri *uri)
{
	int64_t now = sip_loop_now(repro_proxy_loop(r->proxy));
	enum sip_nonce_verdict nonce = sip_nonces_peek(g->o.nonces, g->hash, a->realm, c->nonce, now);
	enum sip_err err;

	if (nonce == SIP_NONCE_BAD && c->nonce.len && repro_proxy_config(r->proxy)->set.reject_bad_nonces)
		return refuse(r, REPRO_M_AUTH_BAD_NONCE, sip_refusal_code(SIP_REFUSAL_FORBIDDEN));
	if (nonce == SIP_NONCE_BAD || !is_welcome(repro_proxy_config(r->proxy), c->algorithm)) {
		challenge(g, r, a, c, false);
		return REPRO_DONE;
	}
	err = prove(g, r, a, c);
	if (err == SIP_E_NOMEM)
		return refuse(r, REPRO_M_REFUSED, 500);
	if (err != SIP_OK)
		return refuse_wrong(r, err == SIP_E_NOTFOUND ? REPRO_M_AUTH_UNKNOWN_USER : REPRO_M_AUTH_WRONG);
	if (nonce == SIP_NONCE_GOOD)
		nonce = sip_nonces_check(g->o.nonces, g->hash, a->realm, c->nonce, c->nc, now);
	if (nonce == SIP_NONCE_GOOD)
		return accept_user(r, a, c, uri);
	if (nonce == SIP_NONCE_REPLAYED)
		sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_AUTH_REPLAYED);
	challenge(g, r, a, c, true);
	return REPRO_DONE;
}

enum repro_verdict repro_digest_authenticator_process(void *arg, struct repro_request *r)
{
	struct repro_registrar *g = arg;
	const struct sip_uri *uri = claimed(r);
	struct sip_credentials c;
	struct asked a;
	enum sip_err err;

	MUST_BE(g, REPRO__REGISTRAR_MAGIC);
	if (is_exempt(r) || repro_proxy_config(r->proxy)->set.disable_auth || !uri || !repro_proxy_is_mine(r->proxy, uri))
		return REPRO_CONTINUE;
	fill_asked(r, uri, &a);
	if (!a.realm.p)
		return refuse(r, REPRO_M_REFUSED, 500);
	err = sip_credentials_find(r->message, a.credentials, a.realm, &c);
	if (err == SIP_E_SYNTAX)
		return refuse(r, REPRO_M_AUTH_WRONG, sip_refusal_code(SIP_REFUSAL_CREDENTIALS));
	if (err != SIP_OK) {
		challenge(g, r, &a, NULL, false);
		return REPRO_DONE;
	}
	return examine(g, r, &a, &c, uri);
}
