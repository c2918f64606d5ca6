/*
 * Who asks (RFC 3261 22, RFC 7616, RFC 8760): requests are challenged as the profile says, the application brings the user's secret,
 * at once or later, and what proves right goes on to whom it is for. Nothing is kept meanwhile but the request. DUM's loop.
 */
#include "dum/manager/manager_priv.h"

struct asking { /* how this manager asks; a value */
	struct dum_server_auth auth;
	char realm[2 * DUM_PROFILE_SECRET_MAX + 2]; /* in quotes, with its escapes */
};

/* Made when the first one is needed: most managers ask nobody. */
static enum sip_err need_nonces(struct dum *d)
{
	struct sip_nonces_options o;

	if (d->nonces)
		return SIP_OK;
	sip_nonces_options_init(&o);
	o.rand = dum_core_rand(d);
	o.lifetime_us = SIP_SECONDS((int64_t)dum_profile_number(d->profile, DUM_PROFILE_DIGEST_NONCE_TIME));
	return sip_nonces_create(&o, &d->nonces);
}

/* Those of the profile, in its order, that the library can. */
static void add_algorithms(struct dum *d, struct dum_profile *p, struct dum_server_auth *s)
{
	unsigned char unused[SIP_DIGEST_SIZE_MAX];
	enum sip_digest_algorithm algorithm;
	struct sip_str rest, token;
	struct sip_buf b;
	char room[300];

	s->algorithm_count = 0;
	sip_buf_init_fixed(&b, room, sizeof room);
	dum_profile_put_list(p, DUM_PROFILE_DIGEST_ALGORITHMS, &b);
	rest = sip_buf_str(&b);
	while (s->algorithm_count < SIP_DIGEST_ALGORITHM_COUNT && sip_list_value_next(&rest, &token))
		if (sip_digest_hash_find(token, &algorithm) == SIP_OK &&
		    sip_digest_hash_once(d->hash, algorithm, SIP_STR(""), unused) == SIP_OK)
			s->algorithms[s->algorithm_count++] = algorithm;
}

static enum sip_err fill(struct dum *d, struct dum_profile *p, struct asking *a)
{
	struct sip_buf b;
	enum sip_err err = need_nonces(d);

	if (err != SIP_OK)
		return err;
	sip_buf_init_fixed(&b, a->realm, sizeof a->realm);
	sip_quoted_encode(&b, dum_profile_text(p, DUM_PROFILE_DIGEST_REALM));
	if (b.err != SIP_OK)
		return b.err;
	dum_server_auth_init(&a->auth, sip_str_make(a->realm + 1, b.len - 2), d->nonces);
	a->auth.takes_auth_int = dum_profile_flag(p, DUM_PROFILE_DIGEST_AUTH_INT);
	a->auth.needs_qop = dum_profile_flag(p, DUM_PROFILE_DIGEST_NEEDS_QOP);
	add_algorithms(d, p, &a->auth);
	return a->auth.algorithm_count ? SIP_OK : SIP_E_UNSUPPORTED;
}

static bool is_asked(const struct dum_incoming *in)
{
	const struct sip_name_addr *to = sip_message_name_addr(in->message, SIP_HEADER_TO, 0);
	struct dum_profile *p = in->profile;
	char room[1100];
	struct sip_buf b;

	if (!dum_profile_text(p, DUM_PROFILE_DIGEST_REALM).len || in->method == SIP_METHOD_ACK || in->method == SIP_METHOD_CANCEL)
		return false;
	if (to && to->tag.p && !dum_profile_flag(p, DUM_PROFILE_DIGEST_IN_DIALOGS))
		return false;
	sip_buf_init_fixed(&b, room, sizeof room);
	return !dum_profile_put_list(p, DUM_PROFILE_DIGEST_METHODS, &b) ||
	       dum_profile_has(p, DUM_PROFILE_DIGEST_METHODS, sip_message_method_text(in->message));
}

static void challenge(struct dum_incoming *in, const struct asking *a, bool is_stale)
{
	struct dum *d = in->dum;
	struct dum_answer answer = { .status = dum_server_auth_status(&a->auth) };
	struct sip_message *m = NULL;
	enum sip_err err = dum_incoming_make(in, &answer, &m);

	if (err == SIP_OK)
		err = dum_server_auth_put_challenges(&a->auth, m, d->hash, dum_core_now(d), is_stale);
	if (err == SIP_OK)
		err = dum_incoming_send(in, &m);
	sip_message_unref(&m);
	if (err != SIP_OK)
		dum_incoming_refuse(in, 500);
}

/* The INVITE is given up while its user is looked up. */
static void on_cancel(void *arg, struct dum_incoming *in, const struct sip_message *cancel)
{
	(void)arg;
	(void)cancel;
	dum_incoming_refuse(in, 487);
}

static void ask_application(struct dum_incoming *in, const struct dum_server_claim *claim)
{
	struct dum *d = in->dum;
	struct dum_event e = { .kind = DUM_EVENT_CREDENTIALS_NEEDED, .message = in->message };

	if (!dum_event_is_heard(d, DUM_EVENT_CREDENTIALS_NEEDED)) {
		dum_incoming_refuse_as(in, SIP_REFUSAL_FORBIDDEN);
		return;
	}
	if (dum_incoming_set_user(in, sip_str_make(claim->user, claim->user_len)) != SIP_OK || dum_incoming_show(in) != SIP_OK) {
		dum_incoming_refuse(in, 503);
		return;
	}
	in->is_asking = true;
	in->on_cancel = on_cancel;
	e.handle = e.request = in->handle;
	e.user = in->user;
	e.realm = dum_profile_text(in->profile, DUM_PROFILE_DIGEST_REALM);
	e.algorithm = sip_digest_hash_name(claim->credentials.algorithm);
	dum_event_tell(d, &e);
}

/* What is no reason to go on. */
static void refuse(struct dum_incoming *in, const struct asking *a, enum dum_server_auth_verdict verdict)
{
	switch (verdict) {
	case DUM_SERVER_AUTH_CHALLENGE:
		challenge(in, a, false);
		break;
	case DUM_SERVER_AUTH_STALE:
		challenge(in, a, true);
		break;
	case DUM_SERVER_AUTH_DENIED:
		dum_incoming_refuse_as(in, SIP_REFUSAL_FORBIDDEN);
		break;
	case DUM_SERVER_AUTH_BAD:
		dum_incoming_refuse_as(in, SIP_REFUSAL_CREDENTIALS);
		break;
	default:
		dum_incoming_refuse(in, 500);
	}
}

bool dum__manager_asks(struct dum *d, struct dum_incoming *in)
{
	enum dum_server_auth_verdict verdict = DUM_SERVER_AUTH_FAILED;
	struct dum_server_claim claim;
	struct asking a;

	if (!is_asked(in))
		return false;
	if (fill(d, in->profile, &a) == SIP_OK)
		verdict = dum_server_auth_check(&a.auth, in->message, d->hash, dum_core_now(d), &claim);
	if (verdict == DUM_SERVER_AUTH_EXEMPT)
		return false;
	if (verdict == DUM_SERVER_AUTH_NEED_CREDENTIALS)
		ask_application(in, &claim);
	else
		refuse(in, &a, verdict);
	return true;
}

/* ---- the application's answer ---------------------------------------------------------------------------------------------- */

enum { TEXT_HA1, TEXT_PASSWORD };

static enum sip_err verify(struct dum_incoming *in, const struct dum_deed *deed, const struct asking *a,
			   enum dum_server_auth_verdict *verdict)
{
	struct dum *d = in->dum;
	struct dum_server_claim claim;
	struct sip_str user, ha1 = deed->text[TEXT_HA1];
	char computed[SIP_DIGEST_HEX_MAX] = "";
	enum sip_err err = SIP_OK;

	/* It is the same question as before, unless its nonce has grown old, or the profile now likes other credentials better. */
	*verdict = dum_server_auth_check(&a->auth, in->message, d->hash, dum_core_now(d), &claim);
	if (*verdict != DUM_SERVER_AUTH_NEED_CREDENTIALS)
		return SIP_OK;
	user = sip_str_make(claim.user, claim.user_len);
	if (!sip_str_eq(user, in->user)) {
		*verdict = DUM_SERVER_AUTH_CHALLENGE;
		return SIP_OK;
	}
	if (deed->flag) {
		err = sip_digest_ha1(d->hash, claim.credentials.algorithm, user, a->auth.realm, deed->text[TEXT_PASSWORD], computed);
		ha1 = sip_str_of(computed);
	}
	if (err == SIP_OK)
		*verdict = dum_server_auth_verify(&a->auth, in->message, &claim, ha1, d->hash, dum_core_now(d));
	sip_crypto_wipe(computed, sizeof computed);
	return err;
}

static enum sip_err do_provide(struct dum *d, const struct dum_deed *deed)
{
	struct dum_incoming *in = dum_handles_find(d->handles, deed->handle, DUM_HANDLE_SERVER_REQUEST);
	enum dum_server_auth_verdict verdict = DUM_SERVER_AUTH_FAILED;
	struct asking a;
	enum sip_err err;

	if (!in)
		return SIP_E_STALE;
	if (!in->is_asking)
		return SIP_E_STATE;
	in->is_asking = false;
	in->on_cancel = NULL;
	err = fill(d, in->profile, &a);
	if (err == SIP_OK)
		err = verify(in, deed, &a, &verdict);
	if (err != SIP_OK)
		verdict = DUM_SERVER_AUTH_FAILED;
	if (verdict != DUM_SERVER_AUTH_OK) {
		refuse(in, &a, verdict);
		return SIP_OK;
	}
	dum_incoming_hide(in);
	dum__manager_pass(d, in);
	return SIP_OK;
}

enum sip_err dum_provide_ha1(struct dum *d, struct dum_handle request, struct sip_str ha1)
{
	struct dum_deed a = { .fn = do_provide, .handle = request, .is_secret = true, .text = { [TEXT_HA1] = ha1 } };

	return dum_handle_is_none(request) ? SIP_E_STALE : dum_deed_do(d, &a);
}

enum sip_err dum_provide_password(struct dum *d, struct dum_handle request, struct sip_str password)
{
	struct dum_deed a = { .fn = do_provide, .handle = request, .is_secret = true, .flag = true, .text = { [TEXT_PASSWORD] = password } };

	return dum_handle_is_none(request) ? SIP_E_STALE : dum_deed_do(d, &a);
}
