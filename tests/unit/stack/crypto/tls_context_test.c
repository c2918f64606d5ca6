/* What a context allows, and what it remembers: versions, ciphers, options; resumption, also over a reload. */
#include "stack/crypto/crypto_priv.h"
#include "tests/unit/stack/crypto/clock.h"
#include "tests/unit/stack/crypto/freed.h"
#include "tests/unit/stack/crypto/tls_test.h"

#include <stdio.h>
#include <string.h>

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
		UNIT_TRY(duo_context(tls_pki, &at_client, &o, NULL, &d.for_client));
		sip_tls_options_init(&o);
		o.floor = cases[i].server_floor;
		o.ciphers = cases[i].server_ciphers;
		UNIT_TRY(duo_context(tls_pki, &at_server, &o, NULL, &d.for_server));
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
	UNIT_TRY(duo_keystore(tls_pki, &trust, &k));
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

static enum sip_err test_context_when_loaded_from_files_is_who_they_say_and_trusts_them(void)
{
	char authority[256], certificate[256], key[256], text[400];
	struct sip_buf why;
	struct sip_tls_context *none = NULL;
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	snprintf(authority, sizeof(authority), "%s", certs_path(tls_pki, "root.pem"));
	snprintf(certificate, sizeof(certificate), "%s", certs_path(tls_pki, "a.pem"));
	snprintf(key, sizeof(key), "%s", certs_path(tls_pki, "a.key"));
	sip_buf_init_fixed(&why, text, sizeof(text));
	UNIT_TRY(sip_tls_context_load(authority, NULL, NULL, &why, &d.for_client, NULL));
	UNIT_TRY(sip_tls_context_load(authority, certificate, key, &why, &d.for_server, NULL));
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_CHECK(duo_is_up(&d));
	err = sip_tls_context_load("/nowhere/ca.pem", NULL, NULL, &why, &none, NULL);
	if (err == SIP_E_NOMEM)
		goto out;
	UNIT_EQ(err, SIP_E_NOTFOUND);
	UNIT_STR(sip_buf_str(&why), "/nowhere/ca.pem: not found");
	err = SIP_OK;
out:
	duo_fini(&d);
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
	UNIT_TRY(duo_context(tls_pki, &nobody, &o, NULL, &d.for_client));
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
	enum sip_err err = duo_context(tls_pki, at_client, &o, d->for_client, &client);
	o.clients = SIP_TLS_VERIFY_MANDATORY;
	if (err == SIP_OK)
		err = duo_context(tls_pki, at_server, &o, d->for_server, &server);
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
	err = duo_context(tls_pki, &weak, &o, d.for_server, &none);
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
	UNIT_TRY(tls_make_contexts(&d));
	UNIT_TRY(duo_connect(&d, "a.test"));
	duo_close(&d);
	UNIT_TRY(duo_connect(&d, "b.test"));
	UNIT_CHECK(duo_is_up(&d) && !sip_tls_session_is_resumed(d.client.s));
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_session_when_staples_are_demanded_since_is_not_resumed(void)
{
	const struct duo_trust at_client = { .pair = NULL }, at_server = { .pair = "a", .ocsp = "a" };
	struct sip_tls_context *careful = NULL;
	struct sip_tls_options o;
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	sip_tls_options_init(&o);
	UNIT_TRY(duo_context(tls_pki, &at_client, &o, NULL, &d.for_client));
	UNIT_TRY(duo_context(tls_pki, &at_server, &o, NULL, &d.for_server));
	UNIT_TRY(duo_connect(&d, "a.test"));
	duo_close(&d);
	o.demands_staple = true;
	UNIT_TRY(duo_context(tls_pki, &at_client, &o, d.for_client, &careful));
	sip_tls_context_unref(&d.for_client);
	d.for_client = careful;
	for (int i = 0; i < 2; i++) {
		UNIT_TRY(duo_connect(&d, "a.test"));
		UNIT_CHECK(duo_is_up(&d));
		UNIT_EQ(sip_tls_session_is_resumed(d.client.s), i);
		duo_close(&d);
	}
out:
	duo_fini(&d);
	return err;
}

/* As a client that keeps no day. */
static enum sip_err make_young(struct sip__tls_memory *m)
{
	struct sip_addr at;
	int64_t now = sip__cert_time_now();
	SSL_SESSION *session = NULL;
	enum sip_err err;
	UNIT_TRY(sip_addr_parse_port(&at, SIP_STR("192.0.2.1:5061"), 0));
	session = sip__tls_memory_find(m, SIP_STR("a.test"), &at);
	UNIT_CHECK(session && SSL_SESSION_set1_ticket_appdata(session, &now, sizeof(now)) == 1);
	if (session)
		sip__tls_memory_put(m, SIP_STR("a.test"), &at, session);
out:
	SSL_SESSION_free(session);
	return err;
}

/* Each meeting brings a new ticket, and yet every fifteenth is a full handshake: 100 minutes lie between two. */
static enum sip_err meet_for_two_days(struct duo *d, bool is_client_forgetful)
{
	enum { OFTEN = 15 };
	enum sip_err err = SIP_OK;
	for (int i = 0; i < 2 * OFTEN; i++) {
		clock_set_ahead(i * 100 * 60);
		if (i > 0 && is_client_forgetful)
			UNIT_TRY(make_young(d->for_client->memory));
		UNIT_TRY(duo_connect(d, "a.test"));
		UNIT_CHECK(duo_is_up(d));
		UNIT_EQ(sip_tls_session_is_resumed(d->client.s), i % OFTEN != 0);
		UNIT_EQ(sip_tls_session_is_resumed(d->server.s), i % OFTEN != 0);
		duo_close(d);
	}
out:
	clock_set_ahead(0);
	return err;
}

static enum sip_err test_session_of_a_server_is_resumed_for_a_day(void)
{
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(tls_make_contexts(&d)); /* the server judges nobody */
	UNIT_TRY(meet_for_two_days(&d, false));
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_session_of_a_client_with_a_certificate_is_resumed_for_a_day(void)
{
	const struct duo_trust client = { .pair = "b" }, server = { .pair = "a" };
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(reload(&d, &client, &server, SIP_TLS_1_3));
	UNIT_TRY(meet_for_two_days(&d, true));
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_session_of_1_2_is_resumed_for_two_hours(void)
{
	static const struct {
		int minutes;
		bool is_resumed;
	} cases[] = { { 0, false }, { 60, true }, { 119, true }, { 121, false }, { 122, true } };
	const struct duo_trust client = { .pair = "b" }, server = { .pair = "a" };
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(reload(&d, &client, &server, SIP_TLS_1_2));
	for (size_t i = 0; i < SIP_COUNTOF(cases); i++) {
		clock_set_ahead(cases[i].minutes * 60);
		UNIT_TRY(duo_connect(&d, "a.test"));
		UNIT_CHECK(duo_is_up(&d));
		UNIT_EQ(sip_tls_session_is_resumed(d.server.s), cases[i].is_resumed);
		duo_close(&d);
	}
out:
	clock_set_ahead(0);
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
	UNIT_TRY(tls_make_contexts(&d));
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

/* One session more or less than there is memory for: of none its secret stays behind. */
static enum sip_err remember_with_failure(SSL_SESSION *session, const struct sip_addr *at, unsigned long n, bool *has_failed)
{
	unsigned char secret[SSL_MAX_MASTER_KEY_LENGTH];
	size_t len = SSL_SESSION_get_master_key(session, secret, sizeof(secret));
	struct sip__tls_memory *m = NULL;
	enum sip_err err = sip__tls_memory_create(3, &m);
	if (err != SIP_OK)
		return err;
	freed_watch(secret, len);
	sip_mem_fail_at(n);
	sip__tls_memory_put(m, SIP_STR("one"), at, session);
	*has_failed = sip_mem_has_failed();
	sip_mem_fail_at(0);
	UNIT_EQ(sip__tls_memory_count(m), !*has_failed);
	sip__tls_memory_unref(&m);
	UNIT_CHECK(len > 0 && !freed_has_seen());
	freed_watch(NULL, 0);
	return SIP_OK;
}

static enum sip_err test_memory_when_it_ends_leaves_no_secret_behind(void)
{
	struct sip_addr at;
	SSL_SESSION *session = NULL;
	bool has_failed = true;
	unsigned long n = 1;
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(tls_make_contexts(&d));
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_TRY(sip_addr_parse_port(&at, SIP_STR("192.0.2.1:5061"), 0));
	session = sip__tls_memory_find(d.for_client->memory, SIP_STR("a.test"), &at);
	UNIT_TRY_PTR(session);
	for (; has_failed; n++)
		UNIT_TRY(remember_with_failure(session, &at, n, &has_failed));
	UNIT_EQ(n, 4); /* the entry, the table, and once neither */
out:
	SSL_SESSION_free(session);
	duo_fini(&d);
	return err;
}

/* Tables of many handshakes are not run again without memory: other cases do the same ones, and in a second. */
static const struct unit_case cases[] = {
	UNIT_CASE_DEAR(test_nothing_in_common_is_unsupported),
	UNIT_CASE_DEAR(test_context_when_an_option_is_wrong_says_which),
	UNIT_CASE_DEAR(test_context_when_loaded_from_files_is_who_they_say_and_trusts_them),
	UNIT_CASE_DEAR(test_session_when_it_cannot_be_is_refused),
	UNIT_CASE_DEAR(test_session_when_met_before_is_resumed_over_a_reload),
	UNIT_CASE_NO_OOM(test_session_of_1_2_when_met_before_is_resumed_as_well),
	UNIT_CASE_DEAR(test_reload_when_broken_changes_nothing),
	UNIT_CASE_DEAR(test_session_of_another_name_is_not_resumed),
	UNIT_CASE_DEAR(test_session_when_staples_are_demanded_since_is_not_resumed),
	UNIT_CASE_NO_OOM(test_session_of_a_server_is_resumed_for_a_day),
	UNIT_CASE_NO_OOM(test_session_of_a_client_with_a_certificate_is_resumed_for_a_day),
	UNIT_CASE_NO_OOM(test_session_of_1_2_is_resumed_for_two_hours),
	UNIT_CASE_DEAR(test_memory_when_full_forgets_the_least_used),
	UNIT_CASE_NO_OOM(test_memory_when_it_ends_leaves_no_secret_behind), /* it has failures of its own */
};
const struct unit_suite tls_context_suite = { "stack/crypto/tls_context", cases, SIP_COUNTOF(cases) };
