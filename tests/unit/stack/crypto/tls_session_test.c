/* Unit tests of stack/crypto/tls_session, tls_context, tls_verify and tls_memory: two sessions speak to each other. */
#include "tests/unit/stack/crypto/duo.h"

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

int main(int argc, char **argv)
{
	static const struct unit_case session_cases[] = {
		UNIT_CASE(test_handshake_of_1_3_when_both_can),
		UNIT_CASE(test_handshake_of_1_2_when_one_can_no_more),
		UNIT_CASE(test_handshake_byte_by_byte_is_the_same),
		UNIT_CASE(test_sni_when_known_picks_the_pair),
	};
	static const struct unit_suite sessions = { "stack/crypto/tls_session", session_cases, SIP_COUNTOF(session_cases) };
	static const struct unit_suite *const suites[] = { &sessions };
	pki = certs_create();
	certs_authority(pki, "root");
	certs_leaf(pki, "a", "root", "URI:sip:a.test,DNS:host.a.test");
	certs_leaf(pki, "b", "root", "DNS:b.test");
	int status = unit_main(argc, argv, suites, SIP_COUNTOF(suites));
	certs_destroy(&pki);
	return status;
}
