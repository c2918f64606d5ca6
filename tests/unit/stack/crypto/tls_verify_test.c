/* Certificates of either side: who is asked for one, whose is taken, and why one is refused. */
#include "stack/crypto/crypto_priv.h"
#include "tests/unit/stack/crypto/clock.h"
#include "tests/unit/stack/crypto/tls_test.h"

/* ---- certificates of clients ------------------------------------------------------------------------------------------- */

/* The client shows `pair` (NULL: none) to a server that asks as `clients`. */
static enum sip_err ask_client(const char *pair, enum sip_tls_verify clients, enum sip_tls_version ceiling, struct duo *d)
{
	const struct duo_trust at_client = { .pair = pair }, at_server = { .pair = "a" };
	struct sip_tls_options o;
	sip_tls_options_init(&o);
	o.ceiling = ceiling;
	enum sip_err err = duo_context(tls_pki, &at_client, &o, NULL, &d->for_client);
	o.clients = clients;
	if (err == SIP_OK)
		err = duo_context(tls_pki, &at_server, &o, NULL, &d->for_server);
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
	UNIT_TRY(duo_context(tls_pki, &c->server, &o, NULL, &d.for_server));
	o.allows_wildcards = c->allows_wildcards;
	o.demands_staple = c->demands_staple;
	UNIT_TRY(duo_context(tls_pki, &c->client, &o, NULL, &d.for_client));
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

/* The server sends its staple so many days from now, the client looks at it so many days from now. */
static enum sip_err staple_between(const char *pair, const char *name, int sent, int seen, enum sip_tls_version ceiling, struct duo *d)
{
	const struct duo_trust at_client = { .pair = NULL }, at_server = { .pair = pair, .ocsp = pair };
	struct sip_tls_options o;
	enum sip_err err;
	sip_tls_options_init(&o);
	o.ceiling = ceiling;
	UNIT_TRY(duo_context(tls_pki, &at_server, &o, NULL, &d->for_server));
	o.demands_staple = true;
	UNIT_TRY(duo_context(tls_pki, &at_client, &o, NULL, &d->for_client));
	clock_set_ahead(sent * CLOCK_DAY);
	UNIT_TRY(duo_open(d, name));
	d->client.err = sip_tls_session_handshake(d->client.s);
	duo_feed(&d->server, sip_tls_session_out(d->client.s));
	sip_tls_session_took(d->client.s, sip_tls_session_out(d->client.s).len);
	clock_set_ahead(seen * CLOCK_DAY);
	UNIT_TRY(duo_pump(d));
out:
	clock_set_ahead(0);
	return err;
}

static enum sip_err test_staple_when_old_is_refused_and_not_sent(void)
{
	static const char old[] = " has a stapled OCSP response that is out of date", none[] = " has no stapled OCSP response";
	static const struct {
		const char *pair, *name;
		int sent, seen;
		const char *why; /* after the name */
	} cases[] = {
		{ "a", "a.test", 9, 9, "" },
		{ "a", "a.test", 9, 11, old },
		{ "a", "a.test", 11, 11, none },
		/* One that does not say until when is good for seven days, of which two are over. */
		{ "open", "open.test", 4, 4, "" },
		{ "open", "open.test", 4, 6, old },
		{ "open", "open.test", 6, 6, none },
	};
	char text[128];
	struct sip_buf why;
	struct duo d;
	enum sip_err err = SIP_OK;
	for (size_t i = 0; err == SIP_OK && i < 2 * SIP_COUNTOF(cases); i++) {
		size_t k = i / 2;
		duo_init(&d);
		err = staple_between(cases[k].pair, cases[k].name, cases[k].sent, cases[k].seen, i % 2 ? SIP_TLS_1_2 : SIP_TLS_1_3, &d);
		sip_buf_init_fixed(&why, text, sizeof(text));
		if (*cases[k].why)
			sip_buf_putf(&why, "the certificate of %s%s", cases[k].name, cases[k].why);
		if (err == SIP_OK) {
			UNIT_EQ(duo_is_up(&d), !*cases[k].why);
			UNIT_STR(sip_str_of(sip_tls_session_why(d.client.s)), sip_buf_z(&why));
		}
		duo_fini(&d);
	}
	return err;
}

/* Tables of many handshakes are not run again without memory: other cases do the same ones, and in a second. */
static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_client_certificate_is_asked_for_as_set),
	UNIT_CASE_DEAR(test_identities_come_one_after_the_other),
	UNIT_CASE_NO_OOM(test_server_certificate_when_bad_is_refused_with_the_reason),
	UNIT_CASE_NO_OOM(test_revocation_list_when_there_is_one_is_looked_at),
	UNIT_CASE_NO_OOM(test_staple_when_there_is_one_is_verified),
	UNIT_CASE_NO_OOM(test_staple_when_old_is_refused_and_not_sent),
};
const struct unit_suite tls_verify_suite = { "stack/crypto/tls_verify", cases, SIP_COUNTOF(cases) };
