/*
 * The client's memory of challenges: which realms asked, with what nonce, and whether they refused what was shown. One
 * dialog set's, on its loop. RFC 3261 22.1 … 22.3, RFC 7616 3.3 … 3.6, RFC 8760 2.4.
 */
#include "dum/auth/auth.h"

enum { CNONCE_LEN = 16, TEXTS_MOST = 4096, VALUE_MOST = 32 * 1024 };

struct dum_client_realm {
	struct dum_client_realm *next; /* owned */
	bool is_proxy;
	struct sip_challenge challenge; /* slices of `text` */
	uint32_t nc;                   /* uses of this nonce */
	bool is_proven;                /* they were accepted with this nonce, or with the one it follows */
	uint64_t last_use;
	char cnonce[CNONCE_LEN];       /* of the last use; of a session: of all (RFC 7616 3.4.2) */
	char text[];
};

/* A response as it is gone through. */
struct round {
	struct dum_client_auth *a;
	const struct sip_message *response, *sent;
	struct dum_profile *profile;
	struct sip_digest_hash *h;
	struct sip_str decided[DUM_CLIENT_AUTH_REALMS_MAX]; /* realms of the present header */
	unsigned decided_count;
	unsigned answers;
	bool is_refused, is_unknown;
};

static enum sip_header credentials_header(bool is_proxy)
{
	return is_proxy ? SIP_HEADER_PROXY_AUTHORIZATION : SIP_HEADER_AUTHORIZATION;
}

void dum_client_auth_init(struct dum_client_auth *a)
{
	memset(a, 0, sizeof *a);
}

void dum_client_auth_clear(struct dum_client_auth *a)
{
	while (a->realms) {
		struct dum_client_realm *r = a->realms;
		a->realms = r->next;
		sip_free(r);
	}
	a->count = 0;
}

void dum_client_auth_fini(struct dum_client_auth *a)
{
	dum_client_auth_clear(a);
	a->tries = 0;
}

unsigned dum_client_auth_count(const struct dum_client_auth *a)
{
	return a->count;
}

/* ---- realms ------------------------------------------------------------------------------------------------------- */

static struct dum_client_realm *find_realm(const struct dum_client_auth *a, bool is_proxy, struct sip_str realm)
{
	struct dum_client_realm *r = a->realms;

	while (r && !(r->is_proxy == is_proxy && sip_str_eq(r->challenge.realm, realm)))
		r = r->next;
	return r;
}

static void drop_realm(struct dum_client_auth *a, struct dum_client_realm *gone)
{
	struct dum_client_realm **at = &a->realms;

	if (!gone)
		return;
	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	a->count--;
	sip_free(gone);
}

static void drop_oldest(struct dum_client_auth *a)
{
	struct dum_client_realm *oldest = a->realms;

	for (struct dum_client_realm *r = a->realms; r; r = r->next)
		if (r->last_use < oldest->last_use)
			oldest = r;
	drop_realm(a, oldest);
}

static void keep_slice(char **at, struct sip_str *s)
{
	if (s->len)
		memcpy(*at, s->p, s->len);
	s->p = s->p ? *at : NULL;
	*at += s->len;
}

/* In place of what was known of the realm; the nonce has not been used yet. */
static enum sip_err keep_challenge(struct dum_client_auth *a, bool is_proxy, const struct sip_challenge *c)
{
	struct dum_client_realm *old = find_realm(a, is_proxy, c->realm), *r, **at = &a->realms;
	size_t len = c->realm.len + c->nonce.len + c->opaque.len;
	char *text;

	if (len > TEXTS_MOST)
		return SIP_E_TOOBIG;
	r = sip_alloc_zero(sizeof *r + len);
	if (!r)
		return SIP_E_NOMEM;
	text = r->text;
	r->is_proxy = is_proxy;
	r->challenge = *c;
	r->last_use = ++a->uses;
	keep_slice(&text, &r->challenge.realm);
	keep_slice(&text, &r->challenge.nonce);
	keep_slice(&text, &r->challenge.opaque);
	/* Requests side by side may be challenged with one nonce: its uses go on being counted. */
	if (old && old->challenge.algorithm == c->algorithm && sip_str_eq(old->challenge.nonce, c->nonce)) {
		r->nc = old->nc;
		memcpy(r->cnonce, old->cnonce, CNONCE_LEN);
	}
	drop_realm(a, old); /* only now: `c` may speak of its texts */
	if (a->count == DUM_CLIENT_AUTH_REALMS_MAX)
		drop_oldest(a);
	while (*at)
		at = &(*at)->next;
	*at = r;
	a->count++;
	return SIP_OK;
}

/* ---- the profile's credentials ------------------------------------------------------------------------------------ */

/* NOTFOUND also for a realm longer than any that could have some, and for an HA1 that is none of this algorithm. */
static enum sip_err find_secret(struct dum_profile *profile, struct sip_str realm, enum sip_digest_algorithm algorithm,
				struct dum_credentials *out)
{
	char plain[2 * DUM_PROFILE_SECRET_MAX];
	size_t len;
	enum sip_err err;

	if (realm.len > sizeof plain)
		return SIP_E_NOTFOUND;
	len = sip_quoted_decode(realm, plain);
	err = dum_profile_find_credentials(profile, sip_str_make(plain, len), sip_digest_hash_name(algorithm), out);
	if (err != SIP_OK || !out->is_ha1 || out->secret_len == 2 * sip_digest_hash_size(algorithm))
		return err;
	sip_crypto_wipe(out, sizeof *out);
	return SIP_E_NOTFOUND;
}

/* The HA1 the profile has now for credentials that were sent. NOTFOUND: none, or another user's. */
static enum sip_err present_ha1(const struct round *r, const struct sip_credentials *sent, char out[SIP_DIGEST_HEX_MAX])
{
	char user[2 * DUM_PROFILE_SECRET_MAX];
	struct dum_credentials have;
	struct sip_str name, secret;
	enum sip_err err = find_secret(r->profile, sent->realm, sent->algorithm, &have);

	if (err != SIP_OK)
		return err;
	name = sip_str_make(have.user, have.user_len);
	secret = sip_str_make(have.secret, have.secret_len);
	if (sent->user.len > sizeof user || !sip_str_eq(sip_str_make(user, sip_quoted_decode(sent->user, user)), name)) {
		err = SIP_E_NOTFOUND;
	} else if (!have.is_ha1) {
		err = sip_digest_ha1(r->h, sent->algorithm, name, sent->realm, secret, out);
	} else {
		for (size_t i = 0; i < secret.len; i++)
			out[i] = sip_char_lower(secret.p[i]);
		out[secret.len] = '\0';
	}
	sip_crypto_wipe(&have, sizeof have);
	return err;
}

/* Would the profile still say what was sent? OK: yes; DENIED: no, it has changed; NOMEM. */
static enum sip_err is_still_ours(const struct round *r, const struct sip_credentials *sent)
{
	char ha1[SIP_DIGEST_HEX_MAX];
	enum sip_err err = present_ha1(r, sent, ha1);

	if (err == SIP_OK)
		err = sip_credentials_verify(sent, r->h, sip_str_of(ha1), sip_message_method_text(r->sent),
					     sip_message_body(r->sent));
	sip_crypto_wipe(ha1, sizeof ha1);
	return err == SIP_OK || err == SIP_E_NOMEM ? err : SIP_E_DENIED;
}

/* ---- a challenge -------------------------------------------------------------------------------------------------- */

/*
 * Many servers forget to say "stale" of a nonce that has grown old: where the credentials had been accepted with it, a
 * new nonce is worth one more try. So it is where another request has brought a newer nonce meanwhile.
 */
static bool is_outworn(const struct dum_client_realm *known, const struct sip_credentials *sent, const struct sip_challenge *c)
{
	if (!known || sip_str_eq(sent->nonce, c->nonce))
		return false;
	return known->is_proven || !sip_str_eq(known->challenge.nonce, sent->nonce);
}

/* Was the realm shown these very credentials? DENIED: yes. */
static enum sip_err check_refusal(const struct round *r, bool is_proxy, const struct sip_challenge *c)
{
	const struct dum_client_realm *known = find_realm(r->a, is_proxy, c->realm);
	struct sip_credentials sent;
	struct sip_str value;

	if (c->is_stale)
		return SIP_OK;
	for (size_t i = 0; sip_message_value(r->sent, credentials_header(is_proxy), i, &value); i++) {
		if (sip_credentials_parse(value, &sent) != SIP_OK || !sip_str_eq(sent.realm, c->realm))
			continue;
		if (is_outworn(known, &sent, c))
			continue;
		enum sip_err err = is_still_ours(r, &sent);
		if (err != SIP_E_DENIED)
			return err == SIP_OK ? SIP_E_DENIED : err;
	}
	return SIP_OK;
}

static bool is_decided(const struct round *r, struct sip_str realm)
{
	for (unsigned i = 0; i < r->decided_count; i++)
		if (sip_str_eq(r->decided[i], realm))
			return true;
	return r->decided_count == DUM_CLIENT_AUTH_REALMS_MAX;
}

static bool is_understood(struct sip_str value, struct sip_challenge *c)
{
	/* A session needs a cnonce, and a cnonce a qop (RFC 3261 22.4, 8). */
	return sip_challenge_parse(value, c) == SIP_OK && (!c->is_session || c->has_auth || c->has_auth_int);
}

static enum sip_err weigh(struct round *r, bool is_proxy, const struct sip_challenge *c)
{
	struct dum_credentials have;
	enum sip_err err = find_secret(r->profile, c->realm, c->algorithm, &have);

	if (err != SIP_OK) {
		r->is_unknown = true;
		return SIP_OK;
	}
	sip_crypto_wipe(&have, sizeof have);
	err = check_refusal(r, is_proxy, c);
	if (err == SIP_OK)
		err = keep_challenge(r->a, is_proxy, c);
	if (err == SIP_E_NOMEM)
		return err;
	r->decided[r->decided_count++] = c->realm;
	if (err == SIP_E_DENIED) {
		r->is_refused = true;
		drop_realm(r->a, find_realm(r->a, is_proxy, c->realm));
	}
	r->answers += err == SIP_OK;
	return SIP_OK;
}

static enum sip_err weigh_all(struct round *r, bool is_proxy)
{
	enum sip_header id = is_proxy ? SIP_HEADER_PROXY_AUTHENTICATE : SIP_HEADER_WWW_AUTHENTICATE;
	struct sip_challenge c;
	struct sip_str value;
	enum sip_err err = SIP_OK;

	r->decided_count = 0;
	for (size_t i = 0; err == SIP_OK && sip_message_value(r->response, id, i, &value); i++)
		if (is_understood(value, &c) && !is_decided(r, c.realm))
			err = weigh(r, is_proxy, &c);
	return err;
}

enum sip_err dum_client_auth_on_challenge(struct dum_client_auth *a, const struct sip_message *response,
					  const struct sip_message *sent, struct dum_profile *profile,
					  struct sip_digest_hash *h)
{
	struct round r = { .a = a, .response = response, .sent = sent, .profile = profile, .h = h };
	enum sip_err err = a->tries < DUM_CLIENT_AUTH_TRIES_MAX ? weigh_all(&r, false) : SIP_E_LIMIT;

	if (err == SIP_OK)
		err = weigh_all(&r, true);
	if (err == SIP_OK && r.answers) {
		a->tries++;
		return SIP_OK;
	}
	a->tries = 0; /* who gives up may begin anew with another request */
	if (err != SIP_OK)
		return err;
	return r.is_refused ? SIP_E_DENIED : r.is_unknown ? SIP_E_NOTFOUND : SIP_E_UNSUPPORTED;
}

/* ---- another response --------------------------------------------------------------------------------------------- */

/* Which credentials an Authentication-Info speaks of: it names no realm, so those of its cnonce, or the only ones. */
static bool find_spoken_of(const struct sip_message *sent, bool is_proxy, const struct sip_auth_info *info,
			   struct sip_credentials *out)
{
	struct sip_credentials c;
	struct sip_str value;
	unsigned found = 0;

	for (size_t i = 0; sip_message_value(sent, credentials_header(is_proxy), i, &value); i++) {
		if (sip_credentials_parse(value, &c) != SIP_OK)
			continue;
		if (info->cnonce.p && !sip_str_eq(info->cnonce, c.cnonce))
			continue;
		*out = c;
		found++;
	}
	return found == 1;
}

static enum sip_err take_next_nonce(struct dum_client_auth *a, bool is_proxy, const struct sip_auth_info *info,
				    const struct sip_credentials *sent)
{
	struct dum_client_realm *r = find_realm(a, is_proxy, sent->realm);
	struct sip_challenge next;
	enum sip_err err;

	/* A session keeps the nonce it was founded on; an older response may not undo what a newer one has said. */
	if (!info->nextnonce.len || !r || r->challenge.is_session || !sip_str_eq(r->challenge.nonce, sent->nonce) ||
	    sip_str_eq(r->challenge.nonce, info->nextnonce))
		return SIP_OK;
	next = r->challenge;
	next.nonce = info->nextnonce;
	err = keep_challenge(a, is_proxy, &next);
	if (err == SIP_OK)
		find_realm(a, is_proxy, sent->realm)->is_proven = true;
	return err == SIP_E_TOOBIG ? SIP_OK : err;
}

/* Whoever lets a request pass has accepted what it carried. */
static void note_proven(const struct round *r, bool is_proxy)
{
	struct sip_credentials sent;
	struct sip_str value;

	for (size_t i = 0; sip_message_value(r->sent, credentials_header(is_proxy), i, &value); i++) {
		struct dum_client_realm *known;
		if (sip_credentials_parse(value, &sent) != SIP_OK)
			continue;
		known = find_realm(r->a, is_proxy, sent.realm);
		if (known && sip_str_eq(known->challenge.nonce, sent.nonce))
			known->is_proven = true;
	}
}

static enum sip_err on_info(const struct round *r, bool is_proxy)
{
	struct sip_str name = is_proxy ? SIP_STR("Proxy-Authentication-Info") : SIP_STR("Authentication-Info");
	char ha1[SIP_DIGEST_HEX_MAX];
	struct sip_auth_info info;
	struct sip_credentials sent;
	struct sip_str value;
	enum sip_err err = SIP_E_NOTFOUND;

	if (!sip_message_find(r->response, name, 0, &value) || sip_auth_info_parse(value, &info) != SIP_OK ||
	    !find_spoken_of(r->sent, is_proxy, &info, &sent))
		return SIP_OK;
	if (info.rspauth.p)
		err = present_ha1(r, &sent, ha1);
	if (err == SIP_OK)
		err = sip_auth_info_verify(&info, &sent, r->h, sip_str_of(ha1), sip_message_body(r->response));
	sip_crypto_wipe(ha1, sizeof ha1);
	/* What proves nothing, or cannot be checked because the profile has changed its mind since, is taken all the same. */
	return err == SIP_E_DENIED || err == SIP_E_NOMEM ? err : take_next_nonce(r->a, is_proxy, &info, &sent);
}

enum sip_err dum_client_auth_on_response(struct dum_client_auth *a, const struct sip_message *response,
					 const struct sip_message *sent, struct dum_profile *profile,
					 struct sip_digest_hash *h)
{
	struct round r = { .a = a, .response = response, .sent = sent, .profile = profile, .h = h };
	unsigned status = sip_message_status(response);
	enum sip_err err, proxy_err;

	if (status < 200 || status == 401 || status == 407)
		return SIP_OK;
	a->tries = 0;
	note_proven(&r, false);
	note_proven(&r, true);
	err = on_info(&r, false);
	proxy_err = on_info(&r, true);
	return err != SIP_OK ? err : proxy_err;
}

/* ---- a request ---------------------------------------------------------------------------------------------------- */

static enum sip_err remove_credentials(struct sip_message *m, enum sip_header id, struct sip_str realm)
{
	struct sip_credentials c;
	struct sip_str value;
	enum sip_err err = SIP_OK;

	for (size_t i = 0; err == SIP_OK && sip_message_value(m, id, i, &value);) {
		if (sip_credentials_parse(value, &c) == SIP_OK && sip_str_eq(c.realm, realm))
			err = sip_message_remove(m, id, i);
		else
			i++;
	}
	return err;
}

static enum sip_err put_credentials(struct dum_client_realm *r, struct sip_message *m, struct sip_digest_hash *h,
				    struct sip_rand *rand, const struct dum_credentials *have)
{
	struct sip_str secret = sip_str_make(have->secret, have->secret_len);
	struct sip_credentials_input in = {
		.user = sip_str_make(have->user, have->user_len),
		.method = sip_message_method_text(m),
		.uri = sip_message_uri_text(m),
		.body = sip_message_body(m),
		.nc = r->nc + 1,
	};
	struct sip_buf b;
	enum sip_err err;

	if (have->is_ha1)
		in.ha1 = secret;
	else
		in.password = secret;
	if (r->nc == 0 || !r->challenge.is_session)
		sip_rand_token(rand, r->cnonce, CNONCE_LEN);
	in.cnonce = sip_str_make(r->cnonce, CNONCE_LEN);
	sip_buf_init(&b, VALUE_MOST);
	err = sip_challenge_answer(&r->challenge, h, &in, &b);
	if (err == SIP_OK)
		err = sip_message_add(m, credentials_header(r->is_proxy), sip_buf_str(&b));
	if (err == SIP_OK)
		r->nc++;
	sip_buf_fini(&b);
	return err;
}

static enum sip_err add_realm(struct dum_client_auth *a, struct dum_client_realm *r, struct sip_message *m,
			      struct dum_profile *profile, struct sip_digest_hash *h, struct sip_rand *rand)
{
	struct dum_credentials have;
	enum sip_err err = remove_credentials(m, credentials_header(r->is_proxy), r->challenge.realm);

	if (err != SIP_OK || r->nc == UINT32_MAX)
		return err;
	if (find_secret(profile, r->challenge.realm, r->challenge.algorithm, &have) != SIP_OK)
		return SIP_OK;
	r->last_use = ++a->uses;
	err = put_credentials(r, m, h, rand, &have);
	sip_crypto_wipe(&have, sizeof have);
	return err;
}

enum sip_err dum_client_auth_add(struct dum_client_auth *a, struct sip_message *request, struct dum_profile *profile,
				 struct sip_digest_hash *h, struct sip_rand *rand)
{
	enum sip_method method = sip_message_method(request);
	enum sip_err err = SIP_OK;

	if (method == SIP_METHOD_ACK || method == SIP_METHOD_CANCEL)
		return SIP_OK;
	for (struct dum_client_realm *r = a->realms; r && err == SIP_OK; r = r->next)
		err = add_realm(a, r, request, profile, h, rand);
	return err;
}

enum sip_err dum_client_auth_copy(struct sip_message *ack, const struct sip_message *invite)
{
	struct sip_str value;
	enum sip_err err = SIP_OK;

	for (unsigned is_proxy = 0; is_proxy < 2; is_proxy++) {
		enum sip_header id = credentials_header(is_proxy);
		sip_message_remove_all(ack, id);
		for (size_t i = 0; err == SIP_OK && sip_message_value(invite, id, i, &value); i++)
			err = sip_message_add(ack, id, value);
	}
	return err;
}
