/* Runs the unit tests of dns. */
#include "tests/unit/dns/dns_test.h"

int main(int argc, char **argv)
{
#define X(name) &name##_suite,
	static const struct unit_suite *const suites[] = { DNS_SUITES(X) };
#undef X
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
