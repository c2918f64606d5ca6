/* What libFuzzer calls: the target is the one named by "--target=NAME" on the command line. */
#include "tests/fuzz/fuzz.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const struct fuzz_target *target;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char option[] = "--target=";

	for (int i = 1; i < *argc; i++)
		if (strncmp((*argv)[i], option, sizeof option - 1) == 0)
			target = fuzz_target_find((*argv)[i] + sizeof option - 1);
	if (target)
		return 0;
	fprintf(stderr, "--target=NAME is one of\n");
	for (size_t i = 0; i < fuzz_target_count; i++)
		fprintf(stderr, "  %-12s %s\n", fuzz_targets[i].name, fuzz_targets[i].what);
	exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	target->run(sip_str_make((const char *)bytes, len));
	return 0;
}
