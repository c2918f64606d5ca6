/*
 * OpenSSL's own allocations failing, one after the other, while keystores, contexts and sessions are made and shake hands: what is
 * ours must stand that, whatever OpenSSL answers. A program of its own: its memory functions are set before its first allocation.
 */
#include "tests/unit/stack/crypto/duo.h"

#include <openssl/crypto.h>

#include <stdlib.h>

enum { STRIDE = 149 /* of some 20,000 allocations: a second's worth */, LAST = 100000 };

static struct certs *pki;
static unsigned long fail_in;
static bool has_failed;

static bool must_fail(void)
{
	if (fail_in == 0 || --fail_in > 0)
		return false;
	has_failed = true;
	return true;
}

static void *on_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return must_fail() ? NULL : malloc(size);
}

static void *on_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return must_fail() ? NULL : realloc(p, size);
}

static void on_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* Both sides show certificates, so that everything there is takes part. */
static enum sip_err meet(struct duo *d)
{
	const struct duo_trust at_client = { .pair = "b", .crl = "root" }, at_server = { .pair = "a", .ocsp = "a" };
	struct sip_tls_options o;
	sip_tls_options_init(&o);
	enum sip_err err = duo_context(pki, &at_client, &o, NULL, &d->for_client);
	o.clients = SIP_TLS_VERIFY_MANDATORY;
	if (err == SIP_OK)
		err = duo_context(pki, &at_server, &o, NULL, &d->for_server);
	return err == SIP_OK ? duo_connect(d, "a.test") : err;
}

static enum sip_err test_openssl_without_memory_is_survived(void)
{
	bool is_over = false;
	for (unsigned long turn = 0; turn < LAST / STRIDE && !is_over; turn++) {
		struct duo d;
		if (!unit_is_our_share(turn))
			continue;
		duo_init(&d);
		has_failed = false;
		fail_in = 1 + turn * STRIDE;
		enum sip_err err = meet(&d);
		bool is_up = err == SIP_OK && duo_is_up(&d);
		fail_in = 0;
		is_over = !has_failed;
		/* Nothing came of it, and somebody knows; or it came about all the same. */
		UNIT_CHECK(is_up || (has_failed && (err != SIP_OK || d.client.err != SIP_OK || d.server.err != SIP_OK)));
		if (is_up)
			UNIT_CHECK(sip_tls_session_is_peer(d.client.s, SIP_STR("a.test")) && sip_tls_session_is_peer(d.server.s, SIP_STR("b.test")));
		duo_fini(&d);
	}
	UNIT_CHECK(is_over);
	return SIP_OK;
}

int main(int argc, char **argv)
{
	/* What is to fail is not ours here. */
	static const struct unit_case cases[] = { UNIT_CASE_NO_OOM(test_openssl_without_memory_is_survived) };
	static const struct unit_suite suite = { "stack/crypto/openssl_memory", cases, SIP_COUNTOF(cases) };
	static const struct unit_suite *const suites[] = { &suite };
	if (CRYPTO_set_mem_functions(on_malloc, on_realloc, on_free) != 1)
		return EXIT_FAILURE;
	pki = certs_create();
	certs_authority(pki, "root");
	certs_leaf(pki, "a", "root", "URI:sip:a.test");
	certs_leaf(pki, "b", "root", "DNS:b.test");
	certs_crl(pki, "root", NULL, 10);
	certs_ocsp(pki, "a", "root", "root", CERTS_GOOD, 10);
	int status = unit_main(argc, argv, suites, SIP_COUNTOF(suites));
	certs_destroy(&pki);
	return status;
}
