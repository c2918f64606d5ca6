/* The suites of the WebSocket layer, which needs no bed: it is a pump of bytes. */
#ifndef TESTS_UNIT_STACK_TRANSPORT_WS_TEST_H
#define TESTS_UNIT_STACK_TRANSPORT_WS_TEST_H

#include "stack/transport/ws_priv.h"
#include "tests/support/unit.h"

extern const struct unit_suite ws_handshake_suite, ws_suite;

#endif
