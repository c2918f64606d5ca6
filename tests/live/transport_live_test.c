/* The transport layer, and whole stacks, over real sockets on loopback. */
#include "tests/live/live.h"

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = { &live_udp_suite, &live_tcp_suite, &live_stack_suite, &live_ws_suite };

	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
