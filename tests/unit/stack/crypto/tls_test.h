/* What the suites of TLS share: certificates, made once, and contexts over them. */
#ifndef TESTS_UNIT_STACK_CRYPTO_TLS_TEST_H
#define TESTS_UNIT_STACK_CRYPTO_TLS_TEST_H

#include "tests/unit/stack/crypto/duo.h"

extern struct certs *tls_pki;

/* Contexts as they come for both; the server shows a.test and b.test. */
enum sip_err tls_make_contexts(struct duo *d);

extern const struct unit_suite tls_context_suite, tls_session_suite, tls_tickets_suite, tls_verify_suite;

#endif
