/* The suites of stack/message's unit tests, one a source file, and what they share. */
#ifndef TESTS_UNIT_STACK_MESSAGE_MESSAGE_ROOMS_TEST_H
#define TESTS_UNIT_STACK_MESSAGE_MESSAGE_ROOMS_TEST_H

#include "stack/message/message_priv.h"
#include "tests/support/unit.h"

#include <stdio.h>

#define MESSAGE_SUITES(X) X(index) X(values) X(every_header) X(edit) X(encode) X(check) X(frame) X(make) X(embedded) X(mutation) X(heap)
#define X(name) extern const struct unit_suite message_##name##_suite;
MESSAGE_SUITES(X)
#undef X

#define SUITE(stem) \
	const struct unit_suite message_##stem##_suite = { "stack/message/" #stem, cases, SIP_COUNTOF(cases) }

/* A request with most of what these tests ask about. */
extern const char *const sample_invite;
/* A packet with this text, parsed. */
enum sip_err parse_text(struct sip_str text, struct sip_message **out);
enum sip_err parse_z(const char *text, struct sip_message **out);
/* The message's bytes are this text (checked). */
enum sip_err check_encoded(const struct sip_message *m, const char *expected, const char *file, int line);
#define CHECK_ENCODED(m, expected) check_encoded((m), (expected), __FILE__, __LINE__)

#endif
