/* dum/auth/client_auth: what is answered and what is given up, which challenge counts, and how a nonce is used. */
#include "tests/unit/dum/auth/auth_test.h"

static enum sip_err know_bob(struct rig *r, const char *realm)
{
	return dum_profile_add_credentials(r->profile, sip_str_of(realm), SIP_STR("bob"), SIP_STR("zanzibar"));
}

/* A call with an error that is expected, where memory may end as well. */
#define TRY_IS(call, expected)                  \
	do {                                    \
		err = (call);                   \
		if (err == SIP_E_NOMEM)         \
			goto out;               \
		UNIT_EQ(err, (expected));       \
	} while (0)

static enum sip_err test_client_auth_when_asked_answers_and_then_before_it_is_asked(void)
{
	struct rig r;
	struct sip_credentials c;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	UNIT_TRY(know_bob(&r, "biloxi.com"));
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	UNIT_CHECK(!sip_message_has(r.request, SIP_HEADER_AUTHORIZATION));
	UNIT_EQ(rig_serve(&r, "zanzibar", RIG_NOW), DUM_SERVER_AUTH_CHALLENGE);
	UNIT_TRY(rig_challenge(&r, false, RIG_NOW));
	for (unsigned i = 1; i <= 3; i++) {
		UNIT_TRY(rig_request(&r, i == 1 ? "INVITE" : "BYE", ""));
		UNIT_EQ(sip_message_count(r.request, SIP_HEADER_AUTHORIZATION), 1);
		UNIT_CHECK(rig_credentials(&r, SIP_HEADER_AUTHORIZATION, 0, &c));
		UNIT_EQ(c.nc, i);
		UNIT_EQ(c.algorithm, SIP_DIGEST_SHA_256); /* topmost */
		UNIT_STR(c.uri, "sip:bob@biloxi.com");
		err = rig_serve(&r, "zanzibar", RIG_NOW) == DUM_SERVER_AUTH_OK ? SIP_OK : SIP_E_DENIED;
		if (sip_mem_has_failed())
			err = SIP_E_NOMEM;
		UNIT_TRY(err);
	}
	UNIT_EQ(dum_client_auth_count(&r.client), 1);
	dum_client_auth_clear(&r.client);
	UNIT_EQ(dum_client_auth_count(&r.client), 0);
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	UNIT_CHECK(!sip_message_has(r.request, SIP_HEADER_AUTHORIZATION));
out:
	rig_close(&r);
	return err;
}

static enum sip_err test_client_auth_without_credentials_gives_up(void)
{
	struct rig r;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	UNIT_TRY(know_bob(&r, "atlanta.com"));
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	TRY_IS(rig_challenge(&r, false, RIG_NOW), SIP_E_NOTFOUND);
	UNIT_EQ(dum_client_auth_count(&r.client), 0);
	UNIT_TRY(rig_response(&r, 401, "WWW-Authenticate: Basic realm=\"atlanta.com\"\r\n"
				       "WWW-Authenticate: Digest realm=\"atlanta.com\", nonce=\"n\", algorithm=SHA-1\r\n"
				       "WWW-Authenticate: Digest realm=\"atlanta.com\", nonce=\"n\", algorithm=MD5-sess\r\n"));
	TRY_IS(rig_on_challenge(&r), SIP_E_UNSUPPORTED);
	UNIT_TRY(rig_response(&r, 401, ""));
	TRY_IS(rig_on_challenge(&r), SIP_E_UNSUPPORTED);
	err = SIP_OK;
out:
	rig_close(&r);
	return err;
}

/* RFC 7616 3.3: not stale, so the password is wrong, and the same once more would be as wrong. */
static enum sip_err test_client_auth_when_refused_gives_up_until_the_profile_changes(void)
{
	struct rig r;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	UNIT_TRY(dum_profile_add_credentials(r.profile, SIP_STR("biloxi.com"), SIP_STR("bob"), SIP_STR("wrong")));
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	UNIT_TRY(rig_challenge(&r, false, RIG_NOW));
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	TRY_IS(rig_challenge(&r, false, RIG_NOW), SIP_E_DENIED);
	UNIT_EQ(dum_client_auth_count(&r.client), 0);
	UNIT_TRY(know_bob(&r, "biloxi.com"));
	UNIT_TRY(rig_challenge(&r, false, RIG_NOW)); /* the same response, and now it can be answered */
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	UNIT_EQ(rig_serve(&r, "zanzibar", RIG_NOW), DUM_SERVER_AUTH_OK);
	UNIT_TRY(dum_profile_add_credentials(r.profile, SIP_STR("biloxi.com"), SIP_STR("robert"), SIP_STR("zanzibar")));
	UNIT_TRY(rig_challenge(&r, false, RIG_NOW)); /* another user, too */
out:
	rig_close(&r);
	return err;
}

static enum sip_err test_client_auth_when_stale_tries_again_within_bounds(void)
{
	struct rig r;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	UNIT_TRY(know_bob(&r, "biloxi.com"));
	for (unsigned i = 0; i < DUM_CLIENT_AUTH_TRIES_MAX; i++) {
		UNIT_TRY(rig_request(&r, "INVITE", ""));
		UNIT_TRY(rig_challenge(&r, true, RIG_NOW));
	}
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	TRY_IS(rig_challenge(&r, true, RIG_NOW), SIP_E_LIMIT);
	UNIT_TRY(rig_challenge(&r, true, RIG_NOW)); /* a row that begins anew */
out:
	rig_close(&r);
	return err;
}

/* A nonce that was accepted and has grown old, of a server that does not say "stale". */
static enum sip_err test_client_auth_when_an_accepted_nonce_is_challenged_tries_once_more(void)
{
	struct rig r;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	UNIT_TRY(know_bob(&r, "biloxi.com"));
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	UNIT_TRY(rig_challenge(&r, false, RIG_NOW));
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	UNIT_TRY(rig_response(&r, 486, ""));
	UNIT_TRY(rig_on_response(&r));
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	UNIT_TRY(rig_challenge(&r, false, RIG_NOW));
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	TRY_IS(rig_challenge(&r, false, RIG_NOW), SIP_E_DENIED);
	err = SIP_OK;
out:
	rig_close(&r);
	return err;
}

/* RFC 8760 2.4: the topmost it supports; here also: for which there is something to answer with. */
static enum sip_err test_client_auth_takes_the_topmost_it_can_answer(void)
{
	static const char lines[] =
		"WWW-Authenticate: Digest realm=\"biloxi.com\", nonce=\"n0\", algorithm=SHA-1024, qop=\"auth\"\r\n"
		"WWW-Authenticate: Digest realm=\"biloxi.com\", nonce=\"n1\", algorithm=SHA-512-256, qop=\"auth\"\r\n"
		"WWW-Authenticate: Digest realm=\"biloxi.com\", nonce=\"n2\", algorithm=SHA-256, qop=\"auth\"\r\n"
		"WWW-Authenticate: Digest realm=\"biloxi.com\", nonce=\"n3\", algorithm=MD5, qop=\"auth-int\", opaque=\"o\"\r\n";
	char ha1[SIP_DIGEST_HEX_MAX];
	struct rig r;
	struct sip_credentials c;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	UNIT_TRY(know_bob(&r, "*"));
	UNIT_TRY(rig_request(&r, "INVITE", "v=0\r\n"));
	UNIT_TRY(rig_response(&r, 401, lines));
	UNIT_TRY(rig_on_challenge(&r));
	UNIT_TRY(rig_request(&r, "INVITE", "v=0\r\n"));
	UNIT_EQ(sip_message_count(r.request, SIP_HEADER_AUTHORIZATION), 1);
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_AUTHORIZATION, 0, &c));
	UNIT_STR(c.nonce, "n1");
	UNIT_EQ(c.algorithm, SIP_DIGEST_SHA_512_256);
	/* Whoever keeps HA1s of MD5 answers the MD5 challenge. */
	dum_client_auth_clear(&r.client);
	dum_profile_remove_credentials(r.profile, SIP_STR("*"));
	UNIT_TRY(sip_digest_ha1(r.h, SIP_DIGEST_MD5, SIP_STR("bob"), SIP_STR("biloxi.com"), SIP_STR("zanzibar"), ha1));
	UNIT_TRY(dum_profile_add_ha1(r.profile, SIP_STR("biloxi.com"), SIP_STR("bob"), SIP_STR("SHA-256"), sip_str_of(ha1)));
	TRY_IS(rig_on_challenge(&r), SIP_E_NOTFOUND); /* too short for SHA-256 */
	UNIT_TRY(dum_profile_add_ha1(r.profile, SIP_STR("biloxi.com"), SIP_STR("bob"), SIP_STR("MD5"), sip_str_of(ha1)));
	UNIT_TRY(rig_on_challenge(&r));
	UNIT_TRY(rig_request(&r, "INVITE", "v=0\r\n"));
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_AUTHORIZATION, 0, &c));
	UNIT_STR(c.nonce, "n3");
	UNIT_STR(c.opaque, "o");
	UNIT_EQ(c.qop, SIP_QOP_AUTH_INT);
	UNIT_EQ(sip_credentials_verify(&c, r.h, sip_str_of(ha1), SIP_STR("INVITE"), SIP_STR("v=0\r\n")), SIP_OK);
	UNIT_TRY(rig_response(&r, 401, "WWW-Authenticate: Digest realm=\"biloxi.com\", nonce=\"n4\", qop=\"auth\"\r\n"));
	TRY_IS(rig_on_challenge(&r), SIP_E_DENIED); /* HA1s are compared as well */
	err = SIP_OK;
out:
	rig_close(&r);
	return err;
}

/* RFC 3261 22.3: both kinds of challenge in one response, several realms; what we can answer is answered. */
static enum sip_err test_client_auth_when_many_realms_ask_answers_those_it_can(void)
{
	struct rig r;
	struct sip_credentials c;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	UNIT_TRY(know_bob(&r, "biloxi.com"));
	UNIT_TRY(know_bob(&r, "proxy \"one\""));
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	UNIT_TRY(rig_response(&r, 407, "Proxy-Authenticate: Digest realm=\"proxy \\\"one\\\"\", nonce=\"p1\", qop=\"auth\"\r\n"
				       "Proxy-Authenticate: Digest realm=\"proxy two\", nonce=\"p2\", qop=\"auth\"\r\n"
				       "WWW-Authenticate: Digest realm=\"biloxi.com\", nonce=\"w1\"\r\n"));
	UNIT_TRY(rig_on_challenge(&r));
	UNIT_EQ(dum_client_auth_count(&r.client), 2);
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	UNIT_EQ(sip_message_count(r.request, SIP_HEADER_PROXY_AUTHORIZATION), 1);
	UNIT_EQ(sip_message_count(r.request, SIP_HEADER_AUTHORIZATION), 1);
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_PROXY_AUTHORIZATION, 0, &c));
	UNIT_STR(c.realm, "proxy \\\"one\\\"");
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_AUTHORIZATION, 0, &c));
	UNIT_EQ(c.qop, SIP_QOP_NONE);
	UNIT_EQ(rig_serve(&r, "zanzibar", RIG_NOW), DUM_SERVER_AUTH_CHALLENGE); /* w1 is not its nonce */
	/* The proxy is satisfied, the server is not: the proxy's are shown once more, the server's no more. */
	UNIT_TRY(rig_response(&r, 401, "WWW-Authenticate: Digest realm=\"biloxi.com\", nonce=\"w2\"\r\n"));
	TRY_IS(rig_on_challenge(&r), SIP_E_DENIED);
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	UNIT_EQ(sip_message_count(r.request, SIP_HEADER_AUTHORIZATION), 0);
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_PROXY_AUTHORIZATION, 0, &c));
	UNIT_EQ(c.nc, 2);
	err = SIP_OK;
out:
	rig_close(&r);
	return err;
}

static enum sip_err test_client_auth_add_replaces_what_was_there_for_the_realm(void)
{
	struct rig r;
	struct sip_message *ack = NULL;
	struct sip_credentials c;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	UNIT_TRY(know_bob(&r, "biloxi.com"));
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	UNIT_TRY(rig_challenge(&r, false, RIG_NOW));
	UNIT_TRY(rig_request(&r, "INVITE", ""));
	UNIT_TRY(rig_add_field(r.request, SIP_HEADER_AUTHORIZATION,
			       "Digest username=\"x\", realm=\"other\", nonce=\"n\", uri=\"sip:a\", response=\"1\""));
	/* the same message, sent once more */
	UNIT_TRY(dum_client_auth_add(&r.client, r.request, r.profile, r.h, &r.rand));
	UNIT_EQ(sip_message_count(r.request, SIP_HEADER_AUTHORIZATION), 2);
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_AUTHORIZATION, 0, &c));
	UNIT_STR(c.realm, "other");
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_AUTHORIZATION, 1, &c));
	UNIT_EQ(c.nc, 2);
	UNIT_TRY(sip_message_clone(r.request, &ack));
	UNIT_TRY(sip_message_set(ack, SIP_HEADER_AUTHORIZATION, SIP_STR("Digest x=y")));
	UNIT_TRY(dum_client_auth_copy(ack, r.request));
	UNIT_EQ(sip_message_count(ack, SIP_HEADER_AUTHORIZATION), 2);
	UNIT_TRY(rig_request(&r, "ACK", ""));
	UNIT_CHECK(!sip_message_has(r.request, SIP_HEADER_AUTHORIZATION));
	/* Credentials that have left the profile are not shown any more. */
	dum_profile_remove_credentials(r.profile, SIP_STR("biloxi.com"));
	UNIT_TRY(rig_request(&r, "BYE", ""));
	UNIT_CHECK(!sip_message_has(r.request, SIP_HEADER_AUTHORIZATION));
out:
	sip_message_unref(&ack);
	rig_close(&r);
	return err;
}

/* Two requests at once may be challenged with one nonce; a count is not used twice all the same. */
static enum sip_err test_client_auth_when_the_nonce_is_known_goes_on_counting(void)
{
	static const char line[] = "WWW-Authenticate: Digest realm=\"biloxi.com\", nonce=\"n\", qop=\"auth\"\r\n";
	struct rig r;
	struct sip_message *first;
	struct sip_credentials c;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	UNIT_TRY(know_bob(&r, "biloxi.com"));
	UNIT_TRY(rig_request(&r, "MESSAGE", ""));
	UNIT_TRY(rig_response(&r, 401, line));
	UNIT_TRY(rig_on_challenge(&r));
	first = r.request;
	r.request = NULL;
	err = rig_request(&r, "MESSAGE", "");
	sip_message_unref(&r.request);
	r.request = first;
	UNIT_TRY(err);
	UNIT_TRY(rig_on_challenge(&r));
	UNIT_TRY(rig_request(&r, "MESSAGE", ""));
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_AUTHORIZATION, 0, &c));
	UNIT_EQ(c.nc, 2);
out:
	rig_close(&r);
	return err;
}

static enum sip_err test_client_auth_realms_are_bounded(void)
{
	char line[200];
	struct sip_buf b;
	struct rig r;
	struct sip_credentials c;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	UNIT_TRY(know_bob(&r, "*"));
	for (unsigned i = 0; i < DUM_CLIENT_AUTH_REALMS_MAX + 2; i++) {
		sip_buf_init_fixed(&b, line, sizeof line);
		sip_buf_putf(&b, "Proxy-Authenticate: Digest realm=\"r%u\", nonce=\"n\", qop=\"auth\"\r\n", i);
		UNIT_TRY(rig_request(&r, "MESSAGE", ""));
		UNIT_TRY(rig_response(&r, 407, sip_buf_z(&b)));
		UNIT_TRY(rig_on_challenge(&r));
	}
	UNIT_EQ(dum_client_auth_count(&r.client), DUM_CLIENT_AUTH_REALMS_MAX);
	UNIT_TRY(rig_request(&r, "MESSAGE", ""));
	UNIT_EQ(sip_message_count(r.request, SIP_HEADER_PROXY_AUTHORIZATION), DUM_CLIENT_AUTH_REALMS_MAX);
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_PROXY_AUTHORIZATION, 0, &c));
	UNIT_STR(c.realm, "r2"); /* the oldest went */
out:
	rig_close(&r);
	return err;
}

/* RFC 7616 3.4.2: a session is bound to its first nonce and cnonce. */
static enum sip_err test_client_auth_of_a_session_keeps_its_cnonce(void)
{
	char cnonce[40];
	struct rig r;
	struct sip_credentials c;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	UNIT_TRY(know_bob(&r, "biloxi.com"));
	UNIT_TRY(rig_request(&r, "MESSAGE", ""));
	UNIT_TRY(rig_response(&r, 401,
			      "WWW-Authenticate: Digest realm=\"biloxi.com\", nonce=\"n\", algorithm=MD5-sess, qop=\"auth\"\r\n"));
	UNIT_TRY(rig_on_challenge(&r));
	UNIT_TRY(rig_request(&r, "MESSAGE", ""));
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_AUTHORIZATION, 0, &c));
	UNIT_CHECK(c.is_session && c.cnonce.len == 16);
	memcpy(cnonce, c.cnonce.p, 16);
	cnonce[16] = '\0';
	UNIT_TRY(rig_response(&r, 200, "Authentication-Info: nextnonce=\"n2\"\r\n"));
	UNIT_TRY(rig_on_response(&r));
	UNIT_TRY(rig_request(&r, "MESSAGE", ""));
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_AUTHORIZATION, 0, &c));
	UNIT_STR(c.cnonce, cnonce);
	UNIT_STR(c.nonce, "n");
	UNIT_EQ(c.nc, 2);
out:
	rig_close(&r);
	return err;
}

/* RFC 7616 3.5. */
static enum sip_err test_client_auth_takes_the_next_nonce(void)
{
	struct rig r;
	struct sip_credentials c;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	UNIT_TRY(know_bob(&r, "biloxi.com"));
	UNIT_TRY(rig_request(&r, "MESSAGE", ""));
	UNIT_TRY(rig_challenge(&r, false, RIG_NOW));
	UNIT_TRY(rig_request(&r, "MESSAGE", ""));
	UNIT_TRY(rig_response(&r, 200, "Authentication-Info: nextnonce=\"fresh\"\r\n"));
	UNIT_TRY(rig_on_response(&r));
	UNIT_TRY(rig_request(&r, "MESSAGE", ""));
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_AUTHORIZATION, 0, &c));
	UNIT_STR(c.nonce, "fresh");
	UNIT_EQ(c.nc, 1);
	UNIT_EQ(c.algorithm, SIP_DIGEST_SHA_256);
	/* Of another request's cnonce, of a provisional response, or a wrong proof: not taken. */
	UNIT_TRY(rig_response(&r, 200, "Authentication-Info: nextnonce=\"x\", cnonce=\"other\"\r\n"));
	UNIT_TRY(rig_on_response(&r));
	UNIT_TRY(rig_response(&r, 180, "Authentication-Info: nextnonce=\"x\"\r\n"));
	UNIT_TRY(rig_on_response(&r));
	UNIT_TRY(rig_response(&r, 200, "Proxy-Authentication-Info: nextnonce=\"x\"\r\n"));
	UNIT_TRY(rig_on_response(&r));
	UNIT_TRY(rig_response(&r, 200, "Authentication-Info: nextnonce=\"x\", rspauth=\"0123456789abcdef\"\r\n"));
	TRY_IS(rig_on_response(&r), SIP_E_DENIED);
	UNIT_TRY(rig_request(&r, "MESSAGE", ""));
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_AUTHORIZATION, 0, &c));
	UNIT_STR(c.nonce, "fresh");
	UNIT_EQ(c.nc, 2);
	/* An old nonce that nobody called stale: accepted before, by way of the next nonce. */
	UNIT_TRY(rig_response(&r, 401, "WWW-Authenticate: Digest realm=\"biloxi.com\", nonce=\"n\", qop=\"auth\"\r\n"));
	UNIT_TRY(rig_on_challenge(&r));
out:
	rig_close(&r);
	return err;
}

static enum sip_err test_client_auth_when_the_server_proves_itself_takes_the_nonce(void)
{
	char line[300], ha1[SIP_DIGEST_HEX_MAX], proof[SIP_DIGEST_HEX_MAX];
	struct sip_buf b;
	struct rig r;
	struct sip_credentials c;
	enum sip_err err;
	UNIT_TRY(rig_open(&r));
	UNIT_TRY(know_bob(&r, "biloxi.com"));
	UNIT_TRY(rig_request(&r, "MESSAGE", ""));
	UNIT_TRY(rig_challenge(&r, false, RIG_NOW));
	UNIT_TRY(rig_request(&r, "MESSAGE", ""));
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_AUTHORIZATION, 0, &c));
	UNIT_TRY(sip_digest_ha1(r.h, c.algorithm, c.user, c.realm, SIP_STR("zanzibar"), ha1));
	struct sip_digest_input in = { .algorithm = c.algorithm, .qop = c.qop, .ha1 = sip_str_of(ha1), .nonce = c.nonce,
				       .nc = c.nc_text, .cnonce = c.cnonce, .uri = c.uri };
	UNIT_TRY(sip_digest_response(r.h, &in, proof));
	sip_buf_init_fixed(&b, line, sizeof line);
	sip_buf_putf(&b, "Authentication-Info: nextnonce=\"fresh\", qop=auth, rspauth=\"%s\", cnonce=\"%.*s\", nc=%.*s\r\n", proof,
		     SIP_STR_ARG(c.cnonce), SIP_STR_ARG(c.nc_text));
	UNIT_TRY(rig_response(&r, 200, sip_buf_z(&b)));
	UNIT_TRY(rig_on_response(&r));
	UNIT_TRY(rig_request(&r, "MESSAGE", ""));
	UNIT_CHECK(rig_credentials(&r, SIP_HEADER_AUTHORIZATION, 0, &c));
	UNIT_STR(c.nonce, "fresh");
out:
	rig_close(&r);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_client_auth_when_asked_answers_and_then_before_it_is_asked),
	UNIT_CASE(test_client_auth_without_credentials_gives_up),
	UNIT_CASE(test_client_auth_when_refused_gives_up_until_the_profile_changes),
	UNIT_CASE(test_client_auth_when_stale_tries_again_within_bounds),
	UNIT_CASE(test_client_auth_when_an_accepted_nonce_is_challenged_tries_once_more),
	UNIT_CASE(test_client_auth_takes_the_topmost_it_can_answer),
	UNIT_CASE(test_client_auth_when_many_realms_ask_answers_those_it_can),
	UNIT_CASE(test_client_auth_add_replaces_what_was_there_for_the_realm),
	UNIT_CASE(test_client_auth_when_the_nonce_is_known_goes_on_counting),
	UNIT_CASE(test_client_auth_realms_are_bounded),
	UNIT_CASE(test_client_auth_of_a_session_keeps_its_cnonce),
	UNIT_CASE(test_client_auth_takes_the_next_nonce),
	UNIT_CASE(test_client_auth_when_the_server_proves_itself_takes_the_nonce),
};
const struct unit_suite client_auth_suite = { "dum/auth/client_auth", cases, SIP_COUNTOF(cases) };
