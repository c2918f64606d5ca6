/* The suites of stack/security's unit tests. */
#ifndef TESTS_UNIT_STACK_SECURITY_SECURITY_TEST_H
#define TESTS_UNIT_STACK_SECURITY_SECURITY_TEST_H

#include "stack/security/security.h"
#include "tests/support/unit.h"

extern const struct unit_suite digest_suite, nonce_suite, challenge_suite, auth_info_suite;

#endif
