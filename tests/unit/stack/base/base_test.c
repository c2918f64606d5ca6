/* Runs the unit tests of stack/base. */
#include "tests/unit/stack/base/base_test.h"

int main(int argc, char **argv)
{
#define X(name) &name##_suite,
	static const struct unit_suite *const suites[] = { BASE_SUITES(X) };
#undef X
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
