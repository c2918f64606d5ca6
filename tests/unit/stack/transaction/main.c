/* The unit tests of stack/transaction. */
#include "tests/unit/stack/transaction/transaction_test.h"

static const struct unit_suite *const suites[] = {
	&machine_suite, &call_suite, &cancel_suite, &failover_suite, &flow_gone_suite, &server_suite, &shard_suite, &weather_suite
};

int main(int argc, char **argv)
{
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
