/* Runs the unit tests of stack/header. */
#include "tests/unit/stack/header/header_rooms_test.h"

int main(int argc, char **argv)
{
#define X(name) &name##_suite,
	static const struct unit_suite *const suites[] = { HEADER_SUITES(X) };
#undef X
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
