/* The suites of stack/uri's unit tests, one a source file. */
#ifndef TESTS_UNIT_STACK_URI_URI_ROOMS_TEST_H
#define TESTS_UNIT_STACK_URI_URI_ROOMS_TEST_H

#include "stack/uri/uri.h"
#include "tests/support/unit.h"

#define URI_SUITES(X) X(uri) X(uri_compare) X(uri_put) X(host) X(param) X(params) X(tel) X(transport_kind)
#define X(name) extern const struct unit_suite name##_suite;
URI_SUITES(X)
#undef X

#define SUITE(stem) \
	const struct unit_suite stem##_suite = { "stack/uri/" #stem, cases, SIP_COUNTOF(cases) }

#endif
