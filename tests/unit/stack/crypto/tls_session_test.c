/* Unit tests of stack/crypto/tls_session, tls_context, tls_verify and tls_memory: two sessions speak to each other. */
#include "stack/crypto/crypto_priv.h"
#include "tests/unit/stack/crypto/duo.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct certs *pki;

/* Contexts as they come for both; the server shows a.test and b.test. */
static enum sip_err make_contexts(struct duo *d)
{
	const struct duo_trust at_client = { .pair = NULL }, at_server = { .pair = "a", .second = "b" };
	struct sip_tls_options o;
	sip_tls_options_init(&o);
	enum sip_err err = duo_context(pki, &at_client, &o, NULL, &d->for_client);
	sip_tls_options_init(&o);
	return err == SIP_OK ? duo_context(pki, &at_server, &o, NULL, &d->for_server) : err;
}

/* ---- handshake --------------------------------------------------------------------------------------------------------- */

static enum sip_err shake(enum sip_tls_version ceiling, const char *version, size_t piece)
{
	const struct duo_trust at_client = { .pair = NULL }, at_server = { .pair = "a" };
	struct sip_tls_options o;
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	d.piece = piece;
	sip_tls_options_init(&o);
	o.ceiling = ceiling;
	UNIT_TRY(duo_context(pki, &at_client, &o, NULL, &d.for_client));
	sip_tls_options_init(&o);
	UNIT_TRY(duo_context(pki, &at_server, &o, NULL, &d.for_server));
	UNIT_TRY(duo_open(&d, "a.test"));
	UNIT_EQ(sip_tls_session_write(d.client.s, SIP_STR("early")), SIP_E_STATE);
	UNIT_STR(sip_str_of(sip_tls_session_version(d.client.s)), "");
	UNIT_TRY(duo_pump(&d));
	UNIT_CHECK(duo_is_up(&d));
	UNIT_STR(sip_str_of(sip_tls_session_version(d.client.s)), version);
	UNIT_STR(sip_str_of(sip_tls_session_version(d.server.s)), version);
	UNIT_STR(sip_str_of(sip_tls_session_cipher(d.client.s)), sip_tls_session_cipher(d.server.s));
	UNIT_CHECK(sip_tls_session_has_certificate(d.client.s));
	UNIT_CHECK(!sip_tls_session_has_certificate(d.server.s));
	UNIT_CHECK(sip_tls_session_is_peer(d.client.s, SIP_STR("A.TEST")));
	UNIT_CHECK(!sip_tls_session_is_peer(d.client.s, SIP_STR("b.test")));
	UNIT_STR(sip_str_of(sip_tls_session_why(d.client.s)), "");
	UNIT_TRY(sip_tls_session_write(d.client.s, SIP_STR("hello")));
	UNIT_TRY(sip_tls_session_write(d.server.s, SIP_STR("good day")));
	UNIT_TRY(duo_pump(&d));
	UNIT_STR(sip_buf_str(&d.server.plain), "hello");
	UNIT_STR(sip_buf_str(&d.client.plain), "good day");
	UNIT_EQ(sip_tls_session_out(d.client.s).len, 0);
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_handshake_of_1_3_when_both_can(void)
{
	return shake(SIP_TLS_1_3, "TLSv1.3", 0);
}

static enum sip_err test_handshake_of_1_2_when_one_can_no_more(void)
{
	return shake(SIP_TLS_1_2, "TLSv1.2", 0);
}

static enum sip_err test_handshake_byte_by_byte_is_the_same(void)
{
	enum sip_err err = shake(SIP_TLS_1_3, "TLSv1.3", 1);
	return err == SIP_OK ? shake(SIP_TLS_1_2, "TLSv1.2", 1) : err;
}

static enum sip_err test_sni_when_known_picks_the_pair(void)
{
	static const struct {
		const char *name;
		bool is_up;
	} cases[] = { { "a.test", true }, { "b.test", true }, { "B.Test", true }, { "b.test.", true }, { "c.test", false } };
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(make_contexts(&d));
	for (size_t i = 0; i < SIP_COUNTOF(cases); i++) {
		UNIT_TRY(duo_connect(&d, cases[i].name));
		UNIT_EQ(sip_tls_session_is_up(d.client.s), cases[i].is_up);
		if (!cases[i].is_up) {
			UNIT_EQ(d.client.err, SIP_E_DENIED);
			UNIT_STR(sip_str_of(sip_tls_session_why(d.client.s)), "the certificate names a.test, not c.test");
		}
		duo_close(&d);
	}
out:
	duo_fini(&d);
	return err;
}

/* ---- certificates of clients ------------------------------------------------------------------------------------------- */

/* The client shows `pair` (NULL: none) to a server that asks as `clients`. */
static enum sip_err ask_client(const char *pair, enum sip_tls_verify clients, enum sip_tls_version ceiling, struct duo *d)
{
	const struct duo_trust at_client = { .pair = pair }, at_server = { .pair = "a" };
	struct sip_tls_options o;
	sip_tls_options_init(&o);
	o.ceiling = ceiling;
	enum sip_err err = duo_context(pki, &at_client, &o, NULL, &d->for_client);
	o.clients = clients;
	if (err == SIP_OK)
		err = duo_context(pki, &at_server, &o, NULL, &d->for_server);
	return err == SIP_OK ? duo_connect(d, "a.test") : err;
}

static enum sip_err test_client_certificate_is_asked_for_as_set(void)
{
	static const struct {
		const char *pair;
		enum sip_tls_verify clients;
		bool is_up;
		bool has_certificate;
		const char *why;
	} cases[] = {
		{ NULL, SIP_TLS_VERIFY_NONE, true, false, "" },
		{ "b", SIP_TLS_VERIFY_NONE, true, false, "" },
		{ NULL, SIP_TLS_VERIFY_OPTIONAL, true, false, "" },
		{ "b", SIP_TLS_VERIFY_OPTIONAL, true, true, "" },
		{ "stranger", SIP_TLS_VERIFY_OPTIONAL, false, false,
		  "the certificate of stranger.test is of an authority that is not trusted" },
		{ NULL, SIP_TLS_VERIFY_MANDATORY, false, false, "the peer has shown no certificate" },
		{ "b", SIP_TLS_VERIFY_MANDATORY, true, true, "" },
		{ "old", SIP_TLS_VERIFY_MANDATORY, false, false, "the certificate of old.test has expired" },
		{ "for_servers", SIP_TLS_VERIFY_MANDATORY, false, false, "the certificate of a.test is not for this use" },
		{ "for_sip", SIP_TLS_VERIFY_MANDATORY, true, true, "" },
	};
	struct duo d;
	enum sip_err err = SIP_OK;
	for (size_t i = 0; err == SIP_OK && i < 2 * SIP_COUNTOF(cases); i++) {
		size_t k = i / 2;
		duo_init(&d);
		err = ask_client(cases[k].pair, cases[k].clients, i % 2 ? SIP_TLS_1_2 : SIP_TLS_1_3, &d);
		if (err == SIP_OK) {
			UNIT_EQ(sip_tls_session_is_up(d.server.s), cases[k].is_up);
			UNIT_EQ(d.server.err, cases[k].is_up ? SIP_E_AGAIN : SIP_E_DENIED);
			UNIT_EQ(sip_tls_session_has_certificate(d.server.s), cases[k].has_certificate);
			UNIT_STR(sip_str_of(sip_tls_session_why(d.server.s)), cases[k].why);
			UNIT_EQ(sip_tls_session_is_peer(d.server.s, SIP_STR("b.test")), cases[k].has_certificate && *cases[k].pair == 'b');
			/* In 1.3 the client has finished before; it is told by an alert that it reads. */
			UNIT_CHECK(cases[k].is_up ? d.client.err == SIP_E_AGAIN
						  : d.client.err == SIP_E_DENIED || d.client.err == SIP_E_UNSUPPORTED);
			UNIT_EQ(sip_str_starts_nocase(sip_str_of(sip_tls_session_why(d.client.s)), SIP_STR("the peer says: ")), !cases[k].is_up);
		}
		duo_fini(&d);
	}
	return err;
}

static enum sip_err test_identities_come_one_after_the_other(void)
{
	char text[80];
	struct sip_buf b;
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(ask_client("many", SIP_TLS_VERIFY_OPTIONAL, SIP_TLS_1_3, &d));
	sip_buf_init_fixed(&b, text, sizeof(text));
	UNIT_CHECK(sip_tls_session_identity(d.server.s, 0, &b) && sip_str_eq(sip_buf_str(&b), SIP_STR("one.test")));
	sip_buf_clear(&b);
	UNIT_CHECK(sip_tls_session_identity(d.server.s, 1, &b) && sip_str_eq(sip_buf_str(&b), SIP_STR("two.test")));
	UNIT_CHECK(!sip_tls_session_identity(d.server.s, 2, &b));
	UNIT_CHECK(!sip_tls_session_identity(d.server.s, (size_t)-1, &b));
	UNIT_CHECK(!sip_tls_session_is_peer(d.server.s, SIP_STR("dns.test")));
out:
	duo_fini(&d);
	return err;
}

/* ---- certificates of servers ------------------------------------------------------------------------------------------- */

struct server_case {
	struct duo_trust client;
	struct duo_trust server;
	const char *name;
	bool allows_wildcards;
	bool demands_staple;
	const char *why; /* NULL: it is good */
};

static enum sip_err try_server(const struct server_case *c, enum sip_tls_version ceiling)
{
	struct sip_tls_options o;
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	sip_tls_options_init(&o);
	o.ceiling = ceiling;
	UNIT_TRY(duo_context(pki, &c->server, &o, NULL, &d.for_server));
	o.allows_wildcards = c->allows_wildcards;
	o.demands_staple = c->demands_staple;
	UNIT_TRY(duo_context(pki, &c->client, &o, NULL, &d.for_client));
	UNIT_TRY(duo_connect(&d, c->name));
	UNIT_STR(sip_str_of(sip_tls_session_why(d.client.s)), c->why ? c->why : "");
	UNIT_EQ(d.client.err, c->why ? SIP_E_DENIED : SIP_E_AGAIN);
	UNIT_EQ(duo_is_up(&d), c->why == NULL);
	UNIT_EQ(d.server.err, c->why ? SIP_E_DENIED : SIP_E_AGAIN);
	/* It stays as it is. */
	if (c->why)
		UNIT_EQ(sip_tls_session_handshake(d.client.s), SIP_E_DENIED);
out:
	duo_fini(&d);
	return err;
}

static enum sip_err try_servers(const struct server_case *cases, size_t count)
{
	enum sip_err err = SIP_OK;
	for (size_t i = 0; err == SIP_OK && i < count; i++) {
		err = try_server(&cases[i], SIP_TLS_1_3);
		if (err == SIP_OK)
			err = try_server(&cases[i], SIP_TLS_1_2);
	}
	return err;
}

static enum sip_err test_server_certificate_when_bad_is_refused_with_the_reason(void)
{
	static const struct server_case cases[] = {
		{ .server = { .pair = "old" }, .name = "old.test", .why = "the certificate of old.test has expired" },
		{ .server = { .pair = "unborn" }, .name = "unborn.test", .why = "the certificate of unborn.test is not valid yet" },
		{ .server = { .pair = "stranger" }, .name = "stranger.test",
		  .why = "the certificate of stranger.test is of an authority that is not trusted" },
		{ .server = { .pair = "self" }, .name = "self.test",
		  .why = "the certificate of self.test is signed by nobody but itself, and not trusted" },
		{ .server = { .pair = "by_leaf" }, .name = "by-leaf.test",
		  .why = "the certificate of a.test is signed by one that is no authority" },
		{ .server = { .pair = "for_code" }, .name = "code.test", .why = "the certificate of code.test is not for this use" },
		{ .server = { .pair = "for_sip" }, .name = "sip-only.test" },
		{ .server = { .pair = "for_any" }, .name = "any.test" },
		{ .server = { .pair = "for_nothing" }, .name = "nothing.test" },
		{ .server = { .pair = "chained" }, .name = "chained.test" },
		{ .server = { .pair = "wild" }, .name = "x.wild.test", .why = "the certificate names *.wild.test, not x.wild.test" },
		{ .server = { .pair = "wild" }, .name = "x.wild.test", .allows_wildcards = true },
		{ .server = { .pair = "wild" }, .name = "wild.test", .allows_wildcards = true,
		  .why = "the certificate names *.wild.test, not wild.test" },
		{ .server = { .pair = "nameless" }, .name = "x.test", .why = "the certificate names no SIP domain, not x.test" },
		{ .server = { .pair = "at_addr" }, .name = "192.0.2.1" },
		{ .server = { .pair = "at_addr" }, .name = "2001:db8::1" },
		{ .server = { .pair = "at_addr" }, .name = "192.0.2.2", .why = "the certificate names at.test, not 192.0.2.2" },
	};
	return try_servers(cases, SIP_COUNTOF(cases));
}

static enum sip_err test_revocation_list_when_there_is_one_is_looked_at(void)
{
	static const struct server_case cases[] = {
		{ .client = { .crl = "root" }, .server = { .pair = "a" }, .name = "a.test" },
		{ .client = { .crl = "root" }, .server = { .pair = "revoked" }, .name = "revoked.test",
		  .why = "the certificate of revoked.test has been revoked" },
		{ .client = { .crl = "root" }, .server = { .pair = "chained" }, .name = "chained.test",
		  .why = "the certificate of chained.test cannot be looked up: there is no revocation list of its authority" },
		{ .client = { .authority = "late", .crl = "late" }, .server = { .pair = "of_late" }, .name = "of-late.test",
		  .why = "the certificate of of-late.test cannot be looked up: the revocation list of its authority has expired" },
		{ .server = { .pair = "revoked" }, .name = "revoked.test" },
	};
	return try_servers(cases, SIP_COUNTOF(cases));
}

static enum sip_err test_staple_when_there_is_one_is_verified(void)
{
	static const struct server_case cases[] = {
		{ .server = { .pair = "a", .ocsp = "a" }, .name = "a.test" },
		{ .server = { .pair = "a", .ocsp = "a" }, .name = "a.test", .demands_staple = true },
		{ .server = { .pair = "a" }, .name = "a.test", .demands_staple = true,
		  .why = "the certificate of a.test has no stapled OCSP response" },
		{ .server = { .pair = "revoked", .ocsp = "revoked" }, .name = "revoked.test",
		  .why = "the certificate of revoked.test has been revoked, says its stapled OCSP response" },
		{ .server = { .pair = "b", .ocsp = "b" }, .name = "b.test",
		  .why = "the certificate of b.test is not known to its OCSP responder" },
		{ .server = { .pair = "forged", .ocsp = "forged" }, .name = "forged.test",
		  .why = "the certificate of forged.test has a stapled OCSP response nobody we trust has signed" },
		/* One out of date is not sent. */
		{ .server = { .pair = "stale", .ocsp = "stale" }, .name = "stale.test" },
	};
	return try_servers(cases, SIP_COUNTOF(cases));
}

/* ---- versions and ciphers ---------------------------------------------------------------------------------------------- */

static enum sip_err test_nothing_in_common_is_unsupported(void)
{
	static const struct {
		enum sip_tls_version client_ceiling, server_floor;
		const char *client_ciphers, *server_ciphers;
		const char *why;
	} cases[] = {
		{ SIP_TLS_1_2, SIP_TLS_1_3, NULL, NULL, "no shared version of TLS" },
		{ SIP_TLS_1_2, SIP_TLS_1_2, "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "no shared cipher" },
	};
	const struct duo_trust at_client = { .pair = NULL }, at_server = { .pair = "a" };
	struct sip_tls_options o;
	struct duo d;
	enum sip_err err = SIP_OK;
	duo_init(&d);
	for (size_t i = 0; i < SIP_COUNTOF(cases); i++) {
		sip_tls_options_init(&o);
		o.ceiling = cases[i].client_ceiling;
		o.ciphers = cases[i].client_ciphers;
		UNIT_TRY(duo_context(pki, &at_client, &o, NULL, &d.for_client));
		sip_tls_options_init(&o);
		o.floor = cases[i].server_floor;
		o.ciphers = cases[i].server_ciphers;
		UNIT_TRY(duo_context(pki, &at_server, &o, NULL, &d.for_server));
		UNIT_TRY(duo_connect(&d, "a.test"));
		UNIT_EQ(d.server.err, SIP_E_UNSUPPORTED);
		UNIT_STR(sip_str_of(sip_tls_session_why(d.server.s)), cases[i].why);
		UNIT_EQ(d.client.err, SIP_E_UNSUPPORTED);
		duo_fini(&d);
		duo_init(&d);
	}
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_context_when_an_option_is_wrong_says_which(void)
{
	static const struct {
		const char *ciphers, *suites, *domain, *keylog;
		enum sip_tls_version floor, ceiling;
		enum sip_err err;
		const char *why;
	} cases[] = {
		{ "ECDHE-ECDSA-AES128-GCM-SHA256:NONSENSE", NULL, "", NULL, SIP_TLS_1_2, SIP_TLS_1_3, SIP_E_INVAL, "NONSENSE: no such cipher" },
		{ "ECDHE+AESGCM:!ALL", NULL, "", NULL, SIP_TLS_1_2, SIP_TLS_1_3, SIP_E_INVAL, "ECDHE+AESGCM:!ALL: no cipher is left" },
		{ NULL, "TLS_AES_128_GCM_SHA256:TLS_X", "", NULL, SIP_TLS_1_2, SIP_TLS_1_3, SIP_E_INVAL, "TLS_X: no such cipher" },
		{ NULL, NULL, "c.test", NULL, SIP_TLS_1_2, SIP_TLS_1_3, SIP_E_INVAL, "c.test: there is no certificate for this domain" },
		{ NULL, NULL, "", NULL, SIP_TLS_1_3, SIP_TLS_1_2, SIP_E_INVAL, "versions of TLS: the highest allowed is below the lowest" },
		{ NULL, NULL, "", "/nowhere/keys", SIP_TLS_1_2, SIP_TLS_1_3, SIP_E_NOTFOUND, "/nowhere/keys: not found" },
		{ "ECDHE+AESGCM:!SHA384", "TLS_AES_128_GCM_SHA256", "a.test", NULL, SIP_TLS_1_2, SIP_TLS_1_3, SIP_OK, "" },
	};
	const struct duo_trust trust = { .pair = "a" };
	char text[256];
	struct sip_buf why;
	struct sip_keystore *k = NULL;
	struct sip_tls_context *c = NULL;
	struct sip_tls_options o;
	enum sip_err err;
	sip_buf_init_fixed(&why, text, sizeof(text));
	UNIT_TRY(duo_keystore(pki, &trust, &k));
	for (size_t i = 0; i < SIP_COUNTOF(cases); i++) {
		sip_tls_options_init(&o);
		o.keystore = k;
		o.ciphers = cases[i].ciphers;
		o.suites = cases[i].suites;
		o.domain = sip_str_of(cases[i].domain);
		o.keylog = cases[i].keylog;
		o.floor = cases[i].floor;
		o.ceiling = cases[i].ceiling;
		sip_buf_clear(&why);
		err = sip_tls_context_create(&o, NULL, &why, &c);
		if (err == SIP_E_NOMEM)
			goto out;
		UNIT_EQ(err, cases[i].err);
		UNIT_STR(sip_buf_str(&why), cases[i].why);
		sip_tls_context_unref(&c);
	}
	err = SIP_OK;
out:
	sip_tls_context_unref(&c);
	sip_keystore_unref(&k);
	return err;
}

static enum sip_err test_session_when_it_cannot_be_is_refused(void)
{
	const struct duo_trust nobody = { .pair = NULL };
	char long_name[300];
	struct sip_tls_session *s = NULL;
	struct sip_tls_session_options so;
	struct sip_tls_options o;
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	sip_tls_options_init(&o);
	UNIT_TRY(duo_context(pki, &nobody, &o, NULL, &d.for_client));
	sip_tls_session_options_init(&so);
	so.context = d.for_client;
	so.role = SIP_TLS_SERVER; /* with no certificate to show */
	err = sip_tls_session_create(&so, &s);
	UNIT_EQ(err, SIP_E_INVAL);
	so.role = SIP_TLS_CLIENT; /* of nobody */
	err = sip_tls_session_create(&so, &s);
	UNIT_EQ(err, SIP_E_INVAL);
	memset(long_name, 'a', sizeof(long_name));
	so.name = sip_str_make(long_name, sizeof(long_name));
	err = sip_tls_session_create(&so, &s);
	UNIT_EQ(err, SIP_E_INVAL);
	so.name = sip_str_make("a.test\0.evil", 12);
	err = sip_tls_session_create(&so, &s);
	UNIT_EQ(err, SIP_E_INVAL);
	err = sip_mem_has_failed() ? SIP_E_NOMEM : SIP_OK;
out:
	duo_fini(&d);
	return err;
}

/* ---- resumption -------------------------------------------------------------------------------------------------------- */

/* Twice to a.test; was the second resumed? */
static enum sip_err meet_twice(struct duo *d, bool is_resumed)
{
	enum sip_err err;
	UNIT_TRY(duo_connect(d, "a.test"));
	UNIT_CHECK(duo_is_up(d));
	duo_close(d);
	UNIT_TRY(duo_connect(d, "a.test"));
	UNIT_CHECK(duo_is_up(d));
	UNIT_EQ(sip_tls_session_is_resumed(d->client.s), is_resumed);
	UNIT_EQ(sip_tls_session_is_resumed(d->server.s), is_resumed);
	UNIT_CHECK(sip_tls_session_is_peer(d->client.s, SIP_STR("a.test")));
	UNIT_CHECK(!sip_tls_session_is_peer(d->client.s, SIP_STR("b.test")));
	UNIT_CHECK(sip_tls_session_is_peer(d->server.s, SIP_STR("b.test")));
out:
	return err;
}

/* The contexts change: the same again, with other authorities in one of them. */
static enum sip_err reload(struct duo *d, const struct duo_trust *at_client, const struct duo_trust *at_server, enum sip_tls_version ceiling)
{
	struct sip_tls_context *client = NULL, *server = NULL;
	struct sip_tls_options o;
	sip_tls_options_init(&o);
	o.ceiling = ceiling;
	enum sip_err err = duo_context(pki, at_client, &o, d->for_client, &client);
	o.clients = SIP_TLS_VERIFY_MANDATORY;
	if (err == SIP_OK)
		err = duo_context(pki, at_server, &o, d->for_server, &server);
	if (err != SIP_OK) {
		sip_tls_context_unref(&client);
		return err;
	}
	sip_tls_context_unref(&d->for_client);
	sip_tls_context_unref(&d->for_server);
	d->for_client = client;
	d->for_server = server;
	return SIP_OK;
}

static enum sip_err resume(enum sip_tls_version ceiling)
{
	const struct duo_trust client = { .pair = "b" }, server = { .pair = "a" };
	const struct duo_trust careful = { .pair = "b", .crl = "root" }, careful_server = { .pair = "a", .crl = "root" };
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(reload(&d, &client, &server, ceiling));
	UNIT_TRY(meet_twice(&d, true));
	duo_close(&d);
	/* Over a reload of the same, old tickets are good. */
	UNIT_TRY(reload(&d, &client, &server, ceiling));
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_CHECK(duo_is_up(&d) && sip_tls_session_is_resumed(d.client.s));
	duo_close(&d);
	/* When the server trusts otherwise, its tickets are not; when the client does, it has forgotten. */
	UNIT_TRY(reload(&d, &client, &careful_server, ceiling));
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_CHECK(duo_is_up(&d) && !sip_tls_session_is_resumed(d.client.s));
	duo_close(&d);
	UNIT_TRY(reload(&d, &careful, &careful_server, ceiling));
	UNIT_TRY(meet_twice(&d, true));
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_session_when_met_before_is_resumed_over_a_reload(void)
{
	return resume(SIP_TLS_1_3);
}

static enum sip_err test_session_of_1_2_when_met_before_is_resumed_as_well(void)
{
	return resume(SIP_TLS_1_2);
}

static enum sip_err test_reload_when_broken_changes_nothing(void)
{
	const struct duo_trust client = { .pair = "b" }, server = { .pair = "a" }, weak = { .pair = "weak" };
	struct sip_tls_context *none = NULL;
	struct sip_tls_options o;
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(reload(&d, &client, &server, SIP_TLS_1_3));
	UNIT_TRY(meet_twice(&d, true));
	duo_close(&d);
	sip_tls_options_init(&o);
	err = duo_context(pki, &weak, &o, d.for_server, &none);
	if (err == SIP_E_NOMEM)
		goto out;
	UNIT_EQ(err, SIP_E_INVAL);
	UNIT_CHECK(none == NULL);
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_CHECK(duo_is_up(&d) && sip_tls_session_is_resumed(d.server.s));
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_session_of_another_name_is_not_resumed(void)
{
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(make_contexts(&d));
	UNIT_TRY(duo_connect(&d, "a.test"));
	duo_close(&d);
	UNIT_TRY(duo_connect(&d, "b.test"));
	UNIT_CHECK(duo_is_up(&d) && !sip_tls_session_is_resumed(d.client.s));
out:
	duo_fini(&d);
	return err;
}

static bool is_known(struct sip__tls_memory *m, struct sip_str name, const struct sip_addr *peer)
{
	SSL_SESSION *session = sip__tls_memory_find(m, name, peer);
	SSL_SESSION_free(session);
	return session != NULL;
}

static enum sip_err test_memory_when_full_forgets_the_least_used(void)
{
	static const char *const names[] = { "one", "two", "three", "one", "four" };
	struct sip__tls_memory *m = NULL;
	struct sip_addr at, elsewhere;
	SSL_SESSION *session = NULL;
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(make_contexts(&d));
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_TRY(sip_addr_parse_port(&at, SIP_STR("192.0.2.1:5061"), 0));
	UNIT_TRY(sip_addr_parse_port(&elsewhere, SIP_STR("192.0.2.2:5061"), 0));
	UNIT_TRY(sip__tls_memory_create(3, &m));
	session = sip__tls_memory_find(d.for_client->memory, SIP_STR("a.test"), &at);
	UNIT_TRY_PTR(session);
	for (size_t i = 0; i < SIP_COUNTOF(names); i++)
		sip__tls_memory_put(m, sip_str_of(names[i]), &at, session);
	UNIT_EQ(sip__tls_memory_count(m), 3);
	UNIT_CHECK(is_known(m, SIP_STR("ONE"), &at));
	UNIT_CHECK(!is_known(m, SIP_STR("two"), &at));
	UNIT_CHECK(!is_known(m, SIP_STR("one"), &elsewhere));
	sip__tls_memory_remove(m, SIP_STR("one"), &at);
	sip__tls_memory_remove(m, SIP_STR("never"), &at);
	UNIT_EQ(sip__tls_memory_count(m), 2);
out:
	SSL_SESSION_free(session);
	sip__tls_memory_unref(&m);
	duo_fini(&d);
	return err;
}

/* ---- bytes that come --------------------------------------------------------------------------------------------------- */

static enum sip_err feed_server(const char *bytes, size_t len, size_t piece, struct duo *d)
{
	enum sip_err err = duo_open(d, "a.test");
	for (size_t at = 0; err == SIP_OK && at < len; at += piece)
		duo_feed(&d->server, sip_str_make(bytes + at, at + piece < len ? piece : len - at));
	return err == SIP_OK && d->server.err == SIP_E_NOMEM ? SIP_E_NOMEM : err;
}

static enum sip_err test_bytes_that_are_no_tls_are_refused(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *why;
	} cases[] = {
		{ "OPTIONS sip:a.test SIP/2.0\r\nVia: SIP/2.0/TCP b.test\r\n\r\n", 54, "that is not TLS" },
		{ "\r\n\r\n\r\n\r\n\r\n\r\n", 12, "that is not TLS" },
		{ "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", 34, "that is HTTP, not TLS" },
		{ "\x16\x03\x01\xff\xff garbage garbage", 21, "that is not TLS" },
		{ "\x16\x03\x01\x00\x04\x01\xff\xff\xff", 9, NULL },
		{ "\x15\x03\x01\x00\x02\x02\x28", 7, NULL },
		{ "\x17\x03\x03\x00\x05hello", 10, NULL },
	};
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(make_contexts(&d));
	for (size_t i = 0; i < 2 * SIP_COUNTOF(cases); i++) {
		size_t k = i / 2;
		UNIT_TRY(feed_server(cases[k].bytes, cases[k].len, i % 2 ? 1 : cases[k].len, &d));
		UNIT_EQ(d.server.err, SIP_E_SYNTAX);
		if (cases[k].why)
			UNIT_STR(sip_str_of(sip_tls_session_why(d.server.s)), cases[k].why);
		else
			UNIT_CHECK(sip_tls_session_out(d.server.s).len > 0);
		UNIT_EQ(sip_tls_session_handshake(d.server.s), d.server.err);
		UNIT_EQ(sip_tls_session_write(d.server.s, SIP_STR("x")), d.server.err);
		duo_close(&d);
	}
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_record_when_damaged_ends_the_session_with_an_alert(void)
{
	struct duo d;
	char record[256];
	struct sip_str out;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(make_contexts(&d));
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_TRY(sip_tls_session_write(d.client.s, SIP_STR("OPTIONS sip:a.test SIP/2.0")));
	out = sip_tls_session_out(d.client.s);
	UNIT_CHECK(out.len > 20 && out.len < sizeof(record));
	memcpy(record, out.p, out.len);
	record[out.len - 3] ^= 1;
	duo_feed(&d.server, sip_str_make(record, out.len));
	UNIT_EQ(d.server.err, SIP_E_SYNTAX);
	UNIT_STR(sip_str_of(sip_tls_session_why(d.server.s)), "a record is damaged");
	sip_tls_session_took(d.client.s, out.len);
	UNIT_TRY(duo_pump(&d));
	UNIT_EQ(d.client.err, SIP_E_CLOSED);
	UNIT_STR(sip_str_of(sip_tls_session_why(d.client.s)), "the peer says: a record was damaged");
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_large_transfers_come_whole_both_ways(void)
{
	enum { LARGE = 1 << 20 };
	char *large = sip_alloc(LARGE);
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY_PTR(large);
	for (size_t i = 0; i < LARGE; i++)
		large[i] = (char)(i * 31 + i / 251);
	UNIT_TRY(make_contexts(&d));
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_TRY(sip_tls_session_write(d.client.s, sip_str_make(large, LARGE)));
	UNIT_TRY(sip_tls_session_write(d.server.s, sip_str_make(large, LARGE)));
	d.piece = 1777;
	UNIT_TRY(duo_pump(&d));
	UNIT_CHECK(sip_str_eq(sip_buf_str(&d.server.plain), sip_str_make(large, LARGE)));
	UNIT_CHECK(sip_str_eq(sip_buf_str(&d.client.plain), sip_str_make(large, LARGE)));
out:
	duo_fini(&d);
	sip_free(large);
	return err;
}

static enum sip_err test_close_is_seen_by_the_peer(void)
{
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(make_contexts(&d));
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_TRY(sip_tls_session_write(d.client.s, SIP_STR("bye")));
	sip_tls_session_close(d.client.s);
	UNIT_TRY(duo_pump(&d));
	UNIT_STR(sip_buf_str(&d.server.plain), "bye");
	UNIT_EQ(d.server.err, SIP_E_CLOSED);
	UNIT_STR(sip_str_of(sip_tls_session_why(d.server.s)), "");
	UNIT_CHECK(!sip_tls_session_is_up(d.server.s));
	UNIT_EQ(sip_tls_session_write(d.server.s, SIP_STR("x")), SIP_E_CLOSED);
	sip_tls_session_feed(d.server.s, SIP_STR("what comes after the end"));
	UNIT_EQ(sip_tls_session_handshake(d.server.s), SIP_E_CLOSED);
	sip_tls_session_close(d.server.s);
	UNIT_TRY(duo_pump(&d));
	UNIT_EQ(d.client.err, SIP_E_CLOSED);
out:
	duo_fini(&d);
	return err;
}

/* A peer that asks to negotiate anew is refused and otherwise left alone. */
static enum sip_err test_renegotiation_is_refused(void)
{
	const struct duo_trust at_client = { .pair = NULL }, at_server = { .pair = "a" };
	struct sip_tls_options o;
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	sip_tls_options_init(&o);
	o.ceiling = SIP_TLS_1_2;
	UNIT_TRY(duo_context(pki, &at_client, &o, NULL, &d.for_client));
	UNIT_TRY(duo_context(pki, &at_server, &o, NULL, &d.for_server));
	UNIT_TRY(duo_connect(&d, "a.test"));
	SSL_clear_options(d.client.s->ssl, SSL_OP_NO_RENEGOTIATION);
	UNIT_EQ(SSL_renegotiate(d.client.s->ssl), 1);
	(void)SSL_do_handshake(d.client.s->ssl);
	UNIT_CHECK(sip_tls_session_out(d.client.s).len > 100);
	duo_feed(&d.server, sip_tls_session_out(d.client.s));
	UNIT_EQ(d.server.err, SIP_E_AGAIN);
	UNIT_CHECK(sip_tls_session_is_up(d.server.s));
	sip_tls_session_took(d.client.s, sip_tls_session_out(d.client.s).len);
	/* OpenSSL as a client gives up then. */
	UNIT_TRY(duo_pump(&d));
	UNIT_EQ(d.client.err, SIP_E_CLOSED);
	UNIT_STR(sip_str_of(sip_tls_session_why(d.client.s)), "the peer says: no renegotiation");
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_keys_are_changed_when_the_peer_asks(void)
{
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(make_contexts(&d));
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_EQ(SSL_key_update(d.client.s->ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	UNIT_TRY(sip_tls_session_write(d.client.s, SIP_STR("new")));
	UNIT_TRY(duo_pump(&d));
	UNIT_TRY(sip_tls_session_write(d.server.s, SIP_STR("new too")));
	UNIT_TRY(duo_pump(&d));
	UNIT_STR(sip_buf_str(&d.server.plain), "new");
	UNIT_STR(sip_buf_str(&d.client.plain), "new too");
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_early_end_of_the_peer_is_told(void)
{
	static const char close_notify[] = "\x15\x03\x03\x00\x02\x01\x00";
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(make_contexts(&d));
	UNIT_TRY(duo_open(&d, "a.test"));
	d.client.err = sip_tls_session_handshake(d.client.s);
	duo_feed(&d.server, sip_tls_session_out(d.client.s));
	UNIT_EQ(d.server.err, SIP_E_AGAIN);
	duo_feed(&d.client, sip_str_make(close_notify, 7));
	UNIT_EQ(d.client.err, SIP_E_CLOSED);
	sip_tls_session_close(d.client.s);
	err = sip_mem_has_failed() ? SIP_E_NOMEM : SIP_OK;
out:
	duo_fini(&d);
	return err;
}

/* ---- many loops -------------------------------------------------------------------------------------------------------- */

enum { THREADS = 3, MEETINGS = 30 };

static void *meet_often(void *arg)
{
	const struct duo *shared = arg;
	size_t good = 0;
	for (unsigned i = 0; i < MEETINGS; i++) {
		struct duo d;
		duo_init(&d);
		d.for_client = shared->for_client;
		d.for_server = shared->for_server;
		if (duo_connect(&d, i % 2 ? "a.test" : "b.test") == SIP_OK && duo_is_up(&d) &&
		    sip_tls_session_write(d.client.s, SIP_STR("hello")) == SIP_OK && duo_pump(&d) == SIP_OK)
			good += sip_str_eq(sip_buf_str(&d.server.plain), SIP_STR("hello"));
		duo_close(&d);
		sip_buf_fini(&d.client.plain);
		sip_buf_fini(&d.server.plain);
	}
	return good == MEETINGS ? arg : NULL;
}

static enum sip_err test_contexts_are_shared_by_threads(void)
{
	pthread_t threads[THREADS];
	void *good = NULL;
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(make_contexts(&d));
	for (size_t i = 0; i < THREADS; i++)
		UNIT_EQ(pthread_create(&threads[i], NULL, meet_often, &d), 0);
	for (size_t i = 0; i < THREADS; i++) {
		UNIT_EQ(pthread_join(threads[i], &good), 0);
		UNIT_CHECK(good == &d);
	}
	UNIT_EQ(sip__tls_memory_count(d.for_client->memory), 2);
out:
	duo_fini(&d);
	return err;
}

/* ---- session keys ------------------------------------------------------------------------------------------------------ */

static enum sip_err test_keylog_when_set_gets_lines_nobody_else_may_read(void)
{
	const struct duo_trust at_client = { .pair = NULL }, at_server = { .pair = "a" };
	const char *path = certs_path(pki, "keys.log");
	struct sip_tls_options o;
	struct stat st;
	struct duo d;
	enum sip_err err;
	char line[512];
	size_t lines = 0;
	FILE *f = NULL;
	(void)remove(path);
	duo_init(&d);
	sip_tls_options_init(&o);
	UNIT_TRY(duo_context(pki, &at_client, &o, NULL, &d.for_client));
	o.keylog = path;
	UNIT_TRY(duo_context(pki, &at_server, &o, NULL, &d.for_server));
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_EQ(stat(path, &st), 0);
	UNIT_EQ(st.st_mode & 0777, 0600);
	f = fopen(path, "r");
	UNIT_CHECK(f != NULL);
	while (f && fgets(line, sizeof(line), f)) {
		lines++;
		UNIT_CHECK(strchr(line, '\n') && (strstr(line, "_SECRET") || strncmp(line, "EXPORTER", 8) == 0));
	}
	UNIT_EQ(lines, 5);
out:
	if (f)
		fclose(f);
	duo_fini(&d);
	return err;
}

static void make_bad_ones(void)
{
	static const struct certs_order orders[] = {
		{ .name = "old", .issuer = "root", .san = "DNS:old.test", .from_days = -20, .until_days = -10 },
		{ .name = "unborn", .issuer = "root", .san = "DNS:unborn.test", .from_days = 10 },
		{ .name = "self", .san = "DNS:self.test" },
		{ .name = "by_leaf", .issuer = "a", .san = "DNS:by-leaf.test" },
		{ .name = "for_code", .issuer = "root", .san = "DNS:code.test", .eku = "codeSigning" },
		{ .name = "for_servers", .issuer = "root", .san = "DNS:a.test", .eku = "serverAuth" },
		{ .name = "for_sip", .issuer = "root", .san = "DNS:sip-only.test", .eku = "1.3.6.1.5.5.7.3.20" },
		{ .name = "for_any", .issuer = "root", .san = "DNS:any.test", .eku = "anyExtendedKeyUsage" },
		{ .name = "for_nothing", .issuer = "root", .san = "DNS:nothing.test" },
		{ .name = "weak", .issuer = "root", .san = "DNS:a.test", .rsa_bits = 1024 },
		{ .name = "nameless", .issuer = "root", .san = "URI:sip:alice@x.test" },
	};
	for (size_t i = 0; i < SIP_COUNTOF(orders); i++)
		certs_make(pki, &orders[i]);
}

static void make_certificates(void)
{
	const struct certs_order middle = { .name = "middle", .issuer = "root", .is_authority = true };
	pki = certs_create();
	certs_authority(pki, "root");
	certs_authority(pki, "elsewhere");
	certs_authority(pki, "late");
	certs_make(pki, &middle);
	certs_leaf(pki, "a", "root", "URI:sip:a.test,DNS:host.a.test");
	certs_leaf(pki, "b", "root", "DNS:b.test");
	certs_leaf(pki, "many", "root", "URI:sip:one.test,URI:sips:three.test,URI:sip:bob@one.test,URI:SIP:two.test:5061;x=y,DNS:dns.test");
	certs_leaf(pki, "stranger", "elsewhere", "DNS:stranger.test");
	certs_leaf(pki, "chained", "middle", "DNS:chained.test");
	certs_leaf(pki, "wild", "root", "DNS:*.wild.test");
	certs_leaf(pki, "at_addr", "root", "DNS:at.test,IP:192.0.2.1,IP:2001:db8::1");
	certs_leaf(pki, "revoked", "root", "DNS:revoked.test");
	certs_leaf(pki, "of_late", "late", "DNS:of-late.test");
	certs_leaf(pki, "forged", "root", "DNS:forged.test");
	certs_leaf(pki, "stale", "root", "DNS:stale.test");
	make_bad_ones();
	certs_crl(pki, "root", "revoked", 10);
	certs_crl(pki, "late", NULL, -1);
	certs_ocsp(pki, "a", "root", "root", CERTS_GOOD, 10);
	certs_ocsp(pki, "b", "root", "root", CERTS_UNKNOWN, 10);
	certs_ocsp(pki, "revoked", "root", "root", CERTS_REVOKED, 10);
	certs_ocsp(pki, "forged", "root", "elsewhere", CERTS_GOOD, 10);
	certs_ocsp(pki, "stale", "root", "root", CERTS_GOOD, -1);
}

int main(int argc, char **argv)
{
	/* Tables of many handshakes are not run again without memory: the others do the same ones, and in a second. */
	static const struct unit_case session_cases[] = {
		UNIT_CASE_DEAR(test_handshake_of_1_3_when_both_can),
		UNIT_CASE_DEAR(test_handshake_of_1_2_when_one_can_no_more),
		UNIT_CASE_NO_OOM(test_handshake_byte_by_byte_is_the_same),
		UNIT_CASE_NO_OOM(test_sni_when_known_picks_the_pair),
		UNIT_CASE_NO_OOM(test_client_certificate_is_asked_for_as_set),
		UNIT_CASE_DEAR(test_identities_come_one_after_the_other),
		UNIT_CASE_NO_OOM(test_server_certificate_when_bad_is_refused_with_the_reason),
		UNIT_CASE_NO_OOM(test_revocation_list_when_there_is_one_is_looked_at),
		UNIT_CASE_NO_OOM(test_staple_when_there_is_one_is_verified),
		UNIT_CASE_DEAR(test_nothing_in_common_is_unsupported),
		UNIT_CASE_DEAR(test_context_when_an_option_is_wrong_says_which),
		UNIT_CASE_DEAR(test_session_when_it_cannot_be_is_refused),
		UNIT_CASE_DEAR(test_session_when_met_before_is_resumed_over_a_reload),
		UNIT_CASE_NO_OOM(test_session_of_1_2_when_met_before_is_resumed_as_well),
		UNIT_CASE_DEAR(test_reload_when_broken_changes_nothing),
		UNIT_CASE_DEAR(test_session_of_another_name_is_not_resumed),
		UNIT_CASE_DEAR(test_memory_when_full_forgets_the_least_used),
		UNIT_CASE_NO_OOM(test_bytes_that_are_no_tls_are_refused),
		UNIT_CASE_DEAR(test_record_when_damaged_ends_the_session_with_an_alert),
		UNIT_CASE_NO_OOM(test_large_transfers_come_whole_both_ways),
		UNIT_CASE_DEAR(test_close_is_seen_by_the_peer),
		UNIT_CASE_DEAR(test_renegotiation_is_refused),
		UNIT_CASE_DEAR(test_keys_are_changed_when_the_peer_asks),
		UNIT_CASE_DEAR(test_early_end_of_the_peer_is_told),
		UNIT_CASE_NO_OOM(test_contexts_are_shared_by_threads), /* it starts threads */
		UNIT_CASE_DEAR(test_keylog_when_set_gets_lines_nobody_else_may_read),
	};
	static const struct unit_suite sessions = { "stack/crypto/tls_session", session_cases, SIP_COUNTOF(session_cases) };
	static const struct unit_suite *const suites[] = { &sessions };
	make_certificates();
	int status = unit_main(argc, argv, suites, SIP_COUNTOF(suites));
	certs_destroy(&pki);
	return status;
}
