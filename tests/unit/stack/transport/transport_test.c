/* All suites of stack/transport. */
#include "tests/unit/stack/transport/bed.h"

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = { &filter_suite, &filter_tls_suite, &dtls_suite, &flow_suite, &flow_keep_suite,
							   &door_suite, &guard_suite,
							   &memory_suite, &stream_suite, &selector_suite, &socket_suite,
							   &udp_suite, &capture_suite, &hep_suite, &hep_sender_suite, &hand_over_suite };

	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
