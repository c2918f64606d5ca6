/* The suites of dum/invite. */
#ifndef TESTS_UNIT_DUM_INVITE_INVITE_TEST_H
#define TESTS_UNIT_DUM_INVITE_INVITE_TEST_H

#include "tests/support/unit.h"

#include <stdio.h>

extern const struct unit_suite session_machine_suite, offer_answer_suite;

#endif
