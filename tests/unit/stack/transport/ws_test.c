/* All suites of the WebSocket layer. */
#include "tests/unit/stack/transport/ws_test.h"

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = { &ws_handshake_suite, &ws_suite };

	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
