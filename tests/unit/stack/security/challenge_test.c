/* stack/security/challenge: both sides of RFC 7616 and RFC 8760 as header values, and what is broken about some. */
#include "tests/unit/stack/security/security_test.h"

static const char rfc2617[] =
	"Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\","
	" uri=\"/dir/index.html\", qop=auth, nc=00000001, cnonce=\"0a4f113b\","
	" response=\"6629FAE49393a05397450978507c4ef1\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";

static enum sip_err test_credentials_of_rfc2617_are_read_and_right(void)
{
	char ha1[SIP_DIGEST_HEX_MAX];
	struct sip_digest_hash *h = NULL;
	struct sip_credentials c;
	enum sip_err err;
	UNIT_TRY(sip_digest_hash_create(&h));
	UNIT_EQ(sip_credentials_parse(sip_str_of(rfc2617), &c), SIP_OK);
	UNIT_STR(c.user, "Mufasa");
	UNIT_STR(c.realm, "testrealm@host.com");
	UNIT_STR(c.nonce, "dcd98b7102dd2f0e8b11d0f600bfb0c093");
	UNIT_STR(c.uri, "/dir/index.html");
	UNIT_STR(c.cnonce, "0a4f113b");
	UNIT_STR(c.opaque, "5ccc069c403ebaf9f0171e9517f40e41");
	UNIT_EQ(c.nc, 1);
	UNIT_EQ(c.qop, SIP_QOP_AUTH);
	UNIT_EQ(c.algorithm, SIP_DIGEST_MD5);
	UNIT_CHECK(!c.has_algorithm && !c.is_session);
	UNIT_TRY(sip_digest_ha1(h, SIP_DIGEST_MD5, c.user, c.realm, SIP_STR("Circle Of Life"), ha1));
	UNIT_EQ(sip_credentials_verify(&c, h, sip_str_of(ha1), SIP_STR("GET"), SIP_STR("")), SIP_OK);
	UNIT_EQ(sip_credentials_verify(&c, h, sip_str_of(ha1), SIP_STR("PUT"), SIP_STR("")), SIP_E_DENIED);
	UNIT_EQ(sip_credentials_verify(&c, h, SIP_STR(""), SIP_STR("GET"), SIP_STR("")), SIP_E_DENIED);
	UNIT_TRY(sip_digest_ha1(h, SIP_DIGEST_MD5, c.user, c.realm, SIP_STR("circle of life"), ha1));
	UNIT_EQ(sip_credentials_verify(&c, h, sip_str_of(ha1), SIP_STR("GET"), SIP_STR("")), SIP_E_DENIED);
	c.response.len--;
	UNIT_EQ(sip_credentials_verify(&c, h, sip_str_of(ha1), SIP_STR("GET"), SIP_STR("")), SIP_E_DENIED);
out:
	sip_digest_hash_destroy(&h);
	return err;
}

static enum sip_err test_credentials_when_broken_are_refused(void)
{
	static const struct {
		const char *value;
		enum sip_err err;
	} rows[] = {
		{ "Basic QWxhZGRpbg==", SIP_E_UNSUPPORTED },
		{ "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\"", SIP_E_SYNTAX },
		{ "Digest realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\"", SIP_E_SYNTAX },
		{ "Digest username=\"a\", username=\"b\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\"", SIP_E_SYNTAX },
		{ "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", qop=auth", SIP_E_SYNTAX },
		{ "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", qop=auth, cnonce=\"c\"",
		  SIP_E_SYNTAX },
		{ "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", qop=auth, cnonce=\"c\","
		  " nc=0000000g", SIP_E_SYNTAX },
		{ "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", qop=auth, cnonce=\"c\","
		  " nc=000000001", SIP_E_SYNTAX },
		{ "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", qop=auth, cnonce=\"c\","
		  " nc=00000000", SIP_E_SYNTAX },
		{ "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", qop=auth-conf, cnonce=\"c\","
		  " nc=00000001", SIP_E_UNSUPPORTED },
		{ "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", algorithm=SHA-1",
		  SIP_E_UNSUPPORTED },
		{ "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", algorithm=MD5-sess", SIP_E_SYNTAX },
		{ "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", userhash=true",
		  SIP_E_UNSUPPORTED },
		{ "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x", SIP_E_SYNTAX },
		{ "Digest username=\"a\", realm=\"\", nonce=\"n\", uri=\"u\", response=\"x\"", SIP_OK },
		{ "digest USERNAME=\"a\",Realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\",algorithm=\"sha-256\",other=1", SIP_OK },
	};
	struct sip_credentials c;
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		enum sip_err err = sip_credentials_parse(sip_str_of(rows[i].value), &c);
		unit_check_int(err, rows[i].err, rows[i].value, __FILE__, __LINE__);
	}
	return SIP_OK;
}

static enum sip_err test_challenge_when_put_reads_back(void)
{
	char text[400];
	struct sip_buf b;
	struct sip_challenge back;
	const struct sip_challenge c = {
		.realm = SIP_STR("biloxi.com"), .nonce = SIP_STR("dcd98b71"), .opaque = SIP_STR("5ccc"),
		.algorithm = SIP_DIGEST_SHA_256, .is_stale = true, .has_auth = true, .has_auth_int = true,
	};
	sip_buf_init_fixed(&b, text, sizeof(text));
	sip_challenge_put(&b, &c);
	UNIT_STR(sip_buf_str(&b), "Digest realm=\"biloxi.com\", nonce=\"dcd98b71\", opaque=\"5ccc\", stale=true,"
				  " algorithm=SHA-256, qop=\"auth,auth-int\"");
	UNIT_EQ(sip_challenge_parse(sip_buf_str(&b), &back), SIP_OK);
	UNIT_STR(back.realm, "biloxi.com");
	UNIT_STR(back.nonce, "dcd98b71");
	UNIT_STR(back.opaque, "5ccc");
	UNIT_EQ(back.algorithm, SIP_DIGEST_SHA_256);
	UNIT_CHECK(back.is_stale && back.has_auth && back.has_auth_int && !back.is_session);
	UNIT_EQ(sip_challenge_parse(SIP_STR("Digest realm=\"r\""), &back), SIP_E_SYNTAX);
	UNIT_EQ(sip_challenge_parse(SIP_STR("Digest realm=\"r\", nonce=\"n\", qop=\"auth-conf\""), &back), SIP_E_UNSUPPORTED);
	UNIT_EQ(sip_challenge_parse(SIP_STR("NTLM realm=\"r\", nonce=\"n\""), &back), SIP_E_UNSUPPORTED);
	UNIT_EQ(sip_challenge_parse(SIP_STR("Digest realm=\"r\", nonce=\"n\", qop=\",\""), &back), SIP_E_UNSUPPORTED);
	return SIP_OK;
}

/* RFC 3261 22.4: "servers MUST always send a "qop" parameter", and some send it with nothing in it. */
static enum sip_err test_a_challenge_with_an_empty_qop_has_none(void)
{
	static const char *const values[] = {
		"Digest realm=\"r\", nonce=\"n\", qop=\"\"", "Digest qop=\" \", realm=\"r\", nonce=\"n\", algorithm=MD5",
	};
	struct sip_challenge c;
	for (size_t i = 0; i < SIP_COUNTOF(values); i++) {
		UNIT_EQ(sip_challenge_parse(sip_str_of(values[i]), &c), SIP_OK);
		UNIT_CHECK(!c.has_auth && !c.has_auth_int && c.algorithm == SIP_DIGEST_MD5);
	}
	return SIP_OK;
}

static enum sip_err answer_and_verify(struct sip_digest_hash *h, const struct sip_challenge *c, enum sip_digest_qop qop)
{
	char text[900], ha1[SIP_DIGEST_HEX_MAX];
	struct sip_buf b;
	struct sip_credentials back;
	const struct sip_credentials_input in = {
		.user = SIP_STR("bob"), .password = SIP_STR("zanzibar"), .method = SIP_STR("INVITE"),
		.uri = SIP_STR("sip:bob@biloxi.com"), .body = SIP_STR("v=0\r\n"), .cnonce = SIP_STR("0a4f113b"), .nc = 31,
	};
	enum sip_err err;
	sip_buf_init_fixed(&b, text, sizeof(text));
	UNIT_TRY(sip_challenge_answer(c, h, &in, &b));
	UNIT_EQ(sip_credentials_parse(sip_buf_str(&b), &back), SIP_OK);
	UNIT_STR(back.user, "bob");
	UNIT_EQ(back.algorithm, c->algorithm);
	UNIT_EQ(back.is_session, c->is_session);
	UNIT_EQ(back.qop, qop);
	UNIT_EQ(back.nc, qop == SIP_QOP_NONE ? 0 : 31);
	UNIT_TRY(sip_digest_ha1(h, c->algorithm, in.user, c->realm, in.password, ha1));
	UNIT_EQ(sip_credentials_verify(&back, h, sip_str_of(ha1), in.method, in.body), SIP_OK);
	if (qop == SIP_QOP_AUTH_INT)
		UNIT_EQ(sip_credentials_verify(&back, h, sip_str_of(ha1), in.method, SIP_STR("v=1\r\n")), SIP_E_DENIED);
out:
	return err;
}

/* RFC 8760 2.3: every algorithm, each with every qop and as a session. */
static enum sip_err test_challenge_when_answered_verifies(void)
{
	struct sip_digest_hash *h = NULL;
	enum sip_err err;
	UNIT_TRY(sip_digest_hash_create(&h));
	for (unsigned i = 0; i < SIP_DIGEST_ALGORITHM_COUNT; i++) {
		struct sip_challenge c = { .realm = SIP_STR("biloxi.com"), .nonce = SIP_STR("dcd98b71"),
					   .algorithm = (enum sip_digest_algorithm)i };
		UNIT_TRY(answer_and_verify(h, &c, SIP_QOP_NONE));
		c.has_auth_int = true;
		UNIT_TRY(answer_and_verify(h, &c, SIP_QOP_AUTH_INT));
		c.has_auth = true;
		UNIT_TRY(answer_and_verify(h, &c, SIP_QOP_AUTH));
		c.is_session = true;
		UNIT_TRY(answer_and_verify(h, &c, SIP_QOP_AUTH));
	}
out:
	sip_digest_hash_destroy(&h);
	return err;
}

/* A stored HA1 answers as the password does it was made of. */
static enum sip_err test_challenge_when_answered_with_ha1_verifies(void)
{
	char text[900], ha1[SIP_DIGEST_HEX_MAX];
	struct sip_digest_hash *h = NULL;
	struct sip_credentials back;
	struct sip_buf b;
	const struct sip_challenge c = { .realm = SIP_STR("biloxi.com"), .nonce = SIP_STR("dcd98b71"),
					 .algorithm = SIP_DIGEST_SHA_256, .has_auth = true };
	struct sip_credentials_input in = { .user = SIP_STR("bob"), .method = SIP_STR("INVITE"), .nc = 1,
					    .uri = SIP_STR("sip:bob@biloxi.com"), .cnonce = SIP_STR("0a4f113b") };
	enum sip_err err;
	UNIT_TRY(sip_digest_hash_create(&h));
	UNIT_TRY(sip_digest_ha1(h, c.algorithm, in.user, c.realm, SIP_STR("zanzibar"), ha1));
	in.ha1 = sip_str_of(ha1);
	sip_buf_init_fixed(&b, text, sizeof(text));
	UNIT_TRY(sip_challenge_answer(&c, h, &in, &b));
	UNIT_EQ(sip_credentials_parse(sip_buf_str(&b), &back), SIP_OK);
	UNIT_EQ(sip_credentials_verify(&back, h, sip_str_of(ha1), in.method, in.body), SIP_OK);
	in.ha1.len = 32;
	UNIT_EQ(sip_challenge_answer(&c, h, &in, &b), SIP_E_INVAL);
out:
	sip_digest_hash_destroy(&h);
	return err;
}

/* A Contact's URI may hold quotes and becomes a Request-URI: escaped it stays one text, and what is hashed is the URI (RFC 7616 3.4.3). */
static enum sip_err test_challenge_when_the_uri_has_quotes_then_it_is_one_text(void)
{
	char text[900], ha1[SIP_DIGEST_HEX_MAX];
	struct sip_digest_hash *h = NULL;
	struct sip_credentials back;
	struct sip_buf b;
	const struct sip_challenge c = { .realm = SIP_STR("r"), .nonce = SIP_STR("n"), .has_auth = true };
	const struct sip_credentials_input in = { .user = SIP_STR("bob"), .password = SIP_STR("zanzibar"), .method = SIP_STR("BYE"),
						  .uri = SIP_STR("sip:b@h;x=\",opaque=\""), .nc = 1, .cnonce = SIP_STR("0a4f113b") };
	enum sip_err err;
	UNIT_TRY(sip_digest_hash_create(&h));
	UNIT_TRY(sip_digest_ha1(h, c.algorithm, in.user, c.realm, in.password, ha1));
	sip_buf_init_fixed(&b, text, sizeof text);
	UNIT_TRY(sip_challenge_answer(&c, h, &in, &b));
	UNIT_EQ(sip_credentials_parse(sip_buf_str(&b), &back), SIP_OK);
	UNIT_STR(back.uri, "sip:b@h;x=\\\",opaque=\\\"");
	UNIT_EQ(sip_credentials_verify(&back, h, sip_str_of(ha1), in.method, in.body), SIP_OK);
	back.uri = SIP_STR("sip:b@h;x=");
	UNIT_EQ(sip_credentials_verify(&back, h, sip_str_of(ha1), in.method, in.body), SIP_E_DENIED);
out:
	sip_digest_hash_destroy(&h);
	return err;
}

static const char with_headers[] =
	"SIP/2.0 401 Unauthorized\r\n"
	"Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\n"
	"CSeq: 1 REGISTER\r\n"
	"WWW-Authenticate: NTLM realm=\"r\"\r\n"
	"WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", algorithm=SHA-1024, qop=\"auth\"\r\n"
	"WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", algorithm=SHA-256, qop=\"auth\"\r\n"
	"WWW-Authenticate: Digest realm=\"r\", nonce=\"n3\", algorithm=MD5, qop=\"auth\"\r\n"
	"Authorization: Digest username=\"a\"\r\n"
	"Authorization: Digest username=\"a\", realm=\"other\", nonce=\"n\", uri=\"u\", response=\"1\"\r\n"
	"Authorization: Digest username=\"a\", realm=\"R\", nonce=\"n\", uri=\"u\", response=\"2\"\r\n"
	"Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"3\", algorithm=SHA-256\r\n"
	"Content-Length: 0\r\n\r\n";

/* RFC 8760 2.4: the client takes the topmost it supports; the server the strongest of its realm. */
static enum sip_err test_challenge_choose_takes_the_topmost_known(void)
{
	struct sip_packet *packet = sip_packet_copy(with_headers, sizeof(with_headers) - 1);
	struct sip_message *m = NULL;
	struct sip_challenge ch;
	struct sip_credentials c;
	enum sip_err err;
	UNIT_TRY_PTR(packet);
	UNIT_TRY(sip_message_parse(packet, 0, sip_packet_len(packet), &sip_limits_default, &m));
	err = sip_challenge_choose(m, SIP_HEADER_WWW_AUTHENTICATE, &ch);
	if (sip_mem_has_failed())
		goto out;
	UNIT_EQ(err, SIP_OK);
	UNIT_STR(ch.nonce, "n2");
	UNIT_EQ(sip_challenge_choose(m, SIP_HEADER_PROXY_AUTHENTICATE, &ch), SIP_E_NOTFOUND);
	UNIT_EQ(sip_credentials_find(m, SIP_HEADER_AUTHORIZATION, SIP_STR("r"), &c), SIP_OK);
	UNIT_STR(c.response, "3");
	UNIT_EQ(sip_credentials_find(m, SIP_HEADER_AUTHORIZATION, SIP_STR("other"), &c), SIP_OK);
	UNIT_STR(c.response, "1");
	UNIT_EQ(sip_credentials_find(m, SIP_HEADER_AUTHORIZATION, SIP_STR("none"), &c), SIP_E_SYNTAX);
	UNIT_EQ(sip_credentials_find(m, SIP_HEADER_PROXY_AUTHORIZATION, SIP_STR("r"), &c), SIP_E_NOTFOUND);
	err = SIP_OK;
out:
	if (sip_mem_has_failed())
		err = SIP_E_NOMEM;
	sip_message_unref(&m);
	sip_packet_unref(&packet);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_credentials_of_rfc2617_are_read_and_right),
	UNIT_CASE(test_credentials_when_broken_are_refused),
	UNIT_CASE(test_challenge_when_put_reads_back),
	UNIT_CASE(test_a_challenge_with_an_empty_qop_has_none),
	UNIT_CASE(test_challenge_when_answered_verifies),
	UNIT_CASE(test_challenge_when_answered_with_ha1_verifies),
	UNIT_CASE(test_challenge_when_the_uri_has_quotes_then_it_is_one_text),
	UNIT_CASE(test_challenge_choose_takes_the_topmost_known),
};
const struct unit_suite challenge_suite = { "stack/security/challenge", cases, SIP_COUNTOF(cases) };
