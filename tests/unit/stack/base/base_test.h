/* The suites of stack/base's unit tests, one a source file. */
#ifndef TESTS_UNIT_STACK_BASE_BASE_TEST_H
#define TESTS_UNIT_STACK_BASE_BASE_TEST_H

#include "tests/support/unit.h"

#define BASE_SUITES(X)                                                      \
	X(check) X(mem) X(str) X(buf) X(scan) X(escape) X(hash) X(rand) X(addr) X(log) X(metric) X(settings)
#define X(name) extern const struct unit_suite name##_suite;
BASE_SUITES(X)
#undef X

#define SUITE(stem) \
	const struct unit_suite stem##_suite = { "stack/base/" #stem, cases, SIP_COUNTOF(cases) }

#endif
