/* Runs the unit tests of stack/uri. */
#include "tests/unit/stack/uri/uri_rooms_test.h"

int main(int argc, char **argv)
{
#define X(name) &name##_suite,
	static const struct unit_suite *const suites[] = { URI_SUITES(X) };
#undef X
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
