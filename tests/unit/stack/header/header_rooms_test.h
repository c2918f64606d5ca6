/* The suites of stack/header's unit tests, one a source file. */
#ifndef TESTS_UNIT_STACK_HEADER_HEADER_ROOMS_TEST_H
#define TESTS_UNIT_STACK_HEADER_HEADER_ROOMS_TEST_H

#include "stack/header/header.h"
#include "tests/support/unit.h"

#define HEADER_SUITES(X) X(header) X(method) X(via) X(name_addr) X(cseq) \
	X(values) X(word) X(forms) X(list_value) X(auth_value) X(mutation)
#define X(name) extern const struct unit_suite name##_suite;
HEADER_SUITES(X)
#undef X

#define SUITE(stem) \
	const struct unit_suite stem##_suite = { "stack/header/" #stem, cases, SIP_COUNTOF(cases) }

#endif
