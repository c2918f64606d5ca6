/* dum/auth/server_auth: every verdict, and the challenges as they stand on a response. */
#include "tests/unit/dum/auth/auth_test.h"

static enum sip_err open_with_bob(struct rig *r)
{
	enum sip_err err = rig_open(r);
	return err == SIP_OK ? dum_profile_add_credentials(r->profile, SIP_STR("*"), SIP_STR("bob"), SIP_STR("zanzibar")) : err;
}

/* A request that carries credentials for a fresh nonce of the server. */
static enum sip_err asked_once(struct rig *r, const char *body)
{
	enum sip_err err = rig_request(r, "INVITE", body);
	if (err == SIP_OK)
		err = rig_challenge(r, false, RIG_NOW);
	return err == SIP_OK ? rig_request(r, "INVITE", body) : err;
}

static enum sip_err test_server_auth_challenges_name_every_algorithm_in_order(void)
{
	struct rig r;
	struct sip_challenge c, d;
	struct sip_str value;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	UNIT_EQ(dum_server_auth_status(&r.server), 401);
	r.server.is_proxy = true;
	r.server.takes_auth_int = true;
	UNIT_EQ(dum_server_auth_status(&r.server), 407);
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	UNIT_TRY(rig_response(&r, 407, ""));
	UNIT_TRY(dum_server_auth_put_challenges(&r.server, r.response, r.h, RIG_NOW, true));
	UNIT_EQ(sip_message_count(r.response, SIP_HEADER_PROXY_AUTHENTICATE), 2);
	UNIT_EQ(sip_message_count(r.response, SIP_HEADER_WWW_AUTHENTICATE), 0);
	UNIT_CHECK(sip_message_value(r.response, SIP_HEADER_PROXY_AUTHENTICATE, 0, &value));
	UNIT_EQ(sip_challenge_parse(value, &c), SIP_OK);
	UNIT_EQ(c.algorithm, SIP_DIGEST_SHA_256);
	UNIT_CHECK(c.is_stale && c.has_auth && c.has_auth_int);
	UNIT_STR(c.realm, "biloxi.com");
	UNIT_CHECK(sip_message_value(r.response, SIP_HEADER_PROXY_AUTHENTICATE, 1, &value));
	UNIT_EQ(sip_challenge_parse(value, &d), SIP_OK);
	UNIT_EQ(d.algorithm, SIP_DIGEST_MD5);
	UNIT_CHECK(sip_str_eq(c.nonce, d.nonce));
out:
	rig_close(&r);
	return err;
}

/* The steps are apart: what the claim says is enough to look somebody up. */
static enum sip_err test_server_auth_when_answered_says_whose_and_then_decides(void)
{
	struct rig r;
	struct dum_server_claim claim;
	char ha1[SIP_DIGEST_HEX_MAX];
	enum sip_err err;
	UNIT_TRY(open_with_bob(&r));
	UNIT_TRY(asked_once(&r, ""));
	UNIT_EQ(dum_server_auth_check(&r.server, r.request, r.h, RIG_NOW, &claim), DUM_SERVER_AUTH_NEED_CREDENTIALS);
	UNIT_STR(sip_str_make(claim.user, claim.user_len), "bob");
	UNIT_EQ(claim.credentials.algorithm, SIP_DIGEST_SHA_256);
	UNIT_TRY(sip_digest_ha1(r.h, SIP_DIGEST_SHA_256, SIP_STR("bob"), SIP_STR("biloxi.com"), SIP_STR("zanzibar"), ha1));
	UNIT_EQ(dum_server_auth_verify(&r.server, r.request, &claim, SIP_STR(""), r.h, RIG_NOW), DUM_SERVER_AUTH_DENIED);
	UNIT_EQ(dum_server_auth_verify(&r.server, r.request, &claim, sip_str_of(ha1), r.h, RIG_NOW), DUM_SERVER_AUTH_OK);
	/* The count is used up; and a look-up that lasts may outlast the nonce. */
	UNIT_EQ(dum_server_auth_verify(&r.server, r.request, &claim, sip_str_of(ha1), r.h, RIG_NOW), DUM_SERVER_AUTH_STALE);
	dum_client_auth_clear(&r.client);
	UNIT_TRY(asked_once(&r, ""));
	UNIT_EQ(dum_server_auth_check(&r.server, r.request, r.h, RIG_NOW, &claim), DUM_SERVER_AUTH_NEED_CREDENTIALS);
	UNIT_EQ(dum_server_auth_verify(&r.server, r.request, &claim, sip_str_of(ha1), r.h, RIG_NOW + 90000000),
		DUM_SERVER_AUTH_STALE);
out:
	if (sip_mem_has_failed())
		err = SIP_E_NOMEM;
	rig_close(&r);
	return err;
}

static enum sip_err test_server_auth_when_wrong_denies(void)
{
	struct rig r;
	enum sip_err err;
	UNIT_TRY(open_with_bob(&r));
	UNIT_TRY(asked_once(&r, ""));
	UNIT_EQ(rig_serve(&r, "other", RIG_NOW), DUM_SERVER_AUTH_DENIED);
	UNIT_EQ(rig_serve(&r, "zanzibar", RIG_NOW + 90000000), DUM_SERVER_AUTH_STALE);
	UNIT_EQ(rig_serve(&r, "zanzibar", RIG_NOW), DUM_SERVER_AUTH_OK);
	UNIT_EQ(rig_serve(&r, "zanzibar", RIG_NOW), DUM_SERVER_AUTH_STALE);
	r.server.realm = SIP_STR("atlanta.com");
	UNIT_EQ(rig_serve(&r, "zanzibar", RIG_NOW), DUM_SERVER_AUTH_CHALLENGE);
out:
	if (sip_mem_has_failed())
		err = SIP_E_NOMEM;
	rig_close(&r);
	return err;
}

/* RFC 3261 22.1: nobody can answer a challenge to an ACK or a CANCEL. */
static enum sip_err test_server_auth_never_asks_ack_and_cancel(void)
{
	struct rig r;
	enum sip_err err;
	UNIT_TRY(open_with_bob(&r));
	UNIT_TRY(rig_request(&r, "ACK", ""));
	UNIT_EQ(rig_serve(&r, "zanzibar", RIG_NOW), DUM_SERVER_AUTH_EXEMPT);
	UNIT_TRY(rig_request(&r, "CANCEL", ""));
	UNIT_EQ(rig_serve(&r, "zanzibar", RIG_NOW), DUM_SERVER_AUTH_EXEMPT);
	UNIT_TRY(rig_request(&r, "BYE", ""));
	UNIT_EQ(rig_serve(&r, "zanzibar", RIG_NOW), DUM_SERVER_AUTH_CHALLENGE);
out:
	rig_close(&r);
	return err;
}

#define FOREIGN "realm=\"biloxi.com\", nonce=\"foreign\", uri=\"sip:bob@biloxi.com\", response=\"1\""
static enum sip_err test_server_auth_of_odd_credentials_says_what_they_are(void)
{
	static const struct {
		const char *value;
		bool denies_foreign;
		enum dum_server_auth_verdict verdict;
	} rows[] = {
		{ "Digest username=\"bob\"", false, DUM_SERVER_AUTH_BAD },
		{ "Basic Ym9iOg==", false, DUM_SERVER_AUTH_CHALLENGE },
		{ "Digest username=\"bob\", " FOREIGN, false, DUM_SERVER_AUTH_CHALLENGE },
		{ "Digest username=\"bob\", " FOREIGN, true, DUM_SERVER_AUTH_DENIED },
		/* not what we ask for: asked anew, whatever the nonce */
		{ "Digest username=\"bob\", algorithm=SHA-512-256, " FOREIGN, true, DUM_SERVER_AUTH_CHALLENGE },
		{ "Digest username=\"bob\", algorithm=MD5-sess, cnonce=\"c\", nc=00000001, qop=auth, " FOREIGN, true,
		  DUM_SERVER_AUTH_CHALLENGE },
		{ "Digest username=\"bob\", cnonce=\"c\", nc=00000001, qop=auth-int, " FOREIGN, true, DUM_SERVER_AUTH_CHALLENGE },
		/* an empty nonce announces an algorithm only */
		{ "Digest username=\"bob\", realm=\"biloxi.com\", nonce=\"\", uri=\"sip:b\", response=\"\"", true,
		  DUM_SERVER_AUTH_CHALLENGE },
	};
	struct rig r;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		r.server.denies_foreign_nonces = rows[i].denies_foreign;
		UNIT_TRY(rig_request(&r, "INVITE", ""));
		UNIT_TRY(rig_add_field(r.request, SIP_HEADER_AUTHORIZATION, rows[i].value));
		unit_check_int(rig_serve(&r, "zanzibar", RIG_NOW), rows[i].verdict, rows[i].value, __FILE__, __LINE__);
	}
out:
	rig_close(&r);
	return err;
}

static enum sip_err test_server_auth_with_auth_int_guards_the_body(void)
{
	struct rig r;
	struct sip_str value;
	struct sip_credentials c;
	enum sip_err err;
	UNIT_TRY(open_with_bob(&r));
	r.server.takes_auth_int = true;
	UNIT_TRY(rig_request(&r, "INVITE", "v=0\r\n"));
	UNIT_TRY(rig_response(&r, 401, ""));
	UNIT_TRY(dum_server_auth_put_challenges(&r.server, r.response, r.h, RIG_NOW, false));
	UNIT_CHECK(sip_message_value(r.response, SIP_HEADER_WWW_AUTHENTICATE, 0, &value));
	/* as if a server offered auth-int alone */
	char text[300];
	struct sip_buf b;
	struct sip_challenge ch;
	UNIT_EQ(sip_challenge_parse(value, &ch), SIP_OK);
	ch.has_auth = false;
	sip_buf_init_fixed(&b, text, sizeof text);
	sip_challenge_put(&b, &ch);
	UNIT_TRY(sip_message_set(r.response, SIP_HEADER_WWW_AUTHENTICATE, sip_buf_str(&b)));
	UNIT_TRY(rig_on_challenge(&r));
	UNIT_TRY(rig_request(&r, "INVITE", "v=0\r\n"));
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_AUTHORIZATION, 0, &c));
	UNIT_EQ(c.qop, SIP_QOP_AUTH_INT);
	UNIT_EQ(rig_serve(&r, "zanzibar", RIG_NOW), DUM_SERVER_AUTH_OK);
	UNIT_TRY(rig_request(&r, "INVITE", "v=0\r\n"));
	UNIT_TRY(sip_message_set_body(r.request, SIP_STR("application/sdp"), SIP_STR("v=1\r\n")));
	UNIT_EQ(rig_serve(&r, "zanzibar", RIG_NOW), DUM_SERVER_AUTH_DENIED);
out:
	if (sip_mem_has_failed())
		err = SIP_E_NOMEM;
	rig_close(&r);
	return err;
}

/* RFC 2069, as RFC 3261 22.4 wants it taken; and not where the options forbid. */
static enum sip_err test_server_auth_without_qop_is_taken_unless_forbidden(void)
{
	char line[200], nonce[SIP_NONCE_LEN + 1];
	struct sip_buf b;
	struct rig r;
	enum sip_err err;
	UNIT_TRY(open_with_bob(&r));
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	UNIT_TRY(sip_nonces_make(r.nonces, r.h, r.server.realm, RIG_NOW, nonce));
	sip_buf_init_fixed(&b, line, sizeof line);
	sip_buf_putf(&b, "WWW-Authenticate: Digest realm=\"biloxi.com\", nonce=\"%s\"\r\n", nonce);
	UNIT_TRY(rig_response(&r, 401, sip_buf_z(&b)));
	UNIT_TRY(rig_on_challenge(&r));
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	UNIT_EQ(rig_serve(&r, "zanzibar", RIG_NOW), DUM_SERVER_AUTH_OK);
	r.server.needs_qop = true;
	UNIT_EQ(rig_serve(&r, "zanzibar", RIG_NOW), DUM_SERVER_AUTH_CHALLENGE);
out:
	if (sip_mem_has_failed())
		err = SIP_E_NOMEM;
	rig_close(&r);
	return err;
}

/* Credentials of two algorithms for one realm: the one asked for first counts. */
static enum sip_err test_server_auth_of_several_takes_the_one_it_likes_best(void)
{
	static const char *const values[] = {
		"Digest username=\"a\", algorithm=SHA-512-256, " FOREIGN,
		"Digest username=\"b\", algorithm=MD5, " FOREIGN,
		"Digest username=\"c\", algorithm=SHA-256, " FOREIGN,
	};
	struct rig r;
	struct dum_server_claim claim;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	for (size_t i = 0; i < SIP_COUNTOF(values); i++)
		UNIT_TRY(rig_add_field(r.request, SIP_HEADER_AUTHORIZATION, values[i]));
	UNIT_EQ(dum_server_auth_check(&r.server, r.request, r.h, RIG_NOW, &claim), DUM_SERVER_AUTH_CHALLENGE);
	UNIT_STR(claim.credentials.user, "c");
	r.server.algorithms[0] = SIP_DIGEST_MD5;
	r.server.algorithm_count = 1;
	UNIT_EQ(dum_server_auth_check(&r.server, r.request, r.h, RIG_NOW, &claim), DUM_SERVER_AUTH_CHALLENGE);
	UNIT_STR(claim.credentials.user, "b");
out:
	rig_close(&r);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_server_auth_challenges_name_every_algorithm_in_order),
	UNIT_CASE(test_server_auth_when_answered_says_whose_and_then_decides),
	UNIT_CASE(test_server_auth_when_wrong_denies),
	UNIT_CASE(test_server_auth_never_asks_ack_and_cancel),
	UNIT_CASE(test_server_auth_of_odd_credentials_says_what_they_are),
	UNIT_CASE(test_server_auth_with_auth_int_guards_the_body),
	UNIT_CASE(test_server_auth_without_qop_is_taken_unless_forbidden),
	UNIT_CASE(test_server_auth_of_several_takes_the_one_it_likes_best),
};
const struct unit_suite server_auth_suite = { "dum/auth/server_auth", cases, SIP_COUNTOF(cases) };
