/* Runs the unit tests of stack/security. */
#include "tests/unit/stack/security/security_test.h"

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = { &digest_suite, &nonce_suite, &challenge_suite, &auth_info_suite };
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
