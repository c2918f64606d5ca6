/* Runs the suites of dum/invite. */
#include "tests/unit/dum/invite/invite_test.h"

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = { &session_machine_suite, &offer_answer_suite };
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
