/*
 * What libFuzzer calls: "--target=NAME[,NAME…]" on its command line names what takes the bytes; "--turns" lists those of the message
 * layer, what is fuzzed together on one line.
 */
#include "tests/fuzz/fuzz.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TARGETS_MOST 32

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const struct fuzz_target *targets[TARGETS_MOST];
static size_t target_count;

static bool is_first_of_turn(size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (sip_str_eq(fuzz_target_turn(&fuzz_targets[i]), fuzz_target_turn(&fuzz_targets[at])))
			return false;
	return fuzz_target_turn(&fuzz_targets[at]).len > 0;
}

static void list_turns(void)
{
	for (size_t i = 0; i < fuzz_target_count; i++) {
		if (!is_first_of_turn(i))
			continue;
		printf("%s", fuzz_targets[i].name);
		for (size_t j = i + 1; j < fuzz_target_count; j++)
			if (sip_str_eq(fuzz_target_turn(&fuzz_targets[i]), fuzz_target_turn(&fuzz_targets[j])))
				printf(",%s", fuzz_targets[j].name);
		printf("\n");
	}
}

static bool take_names(struct sip_str names)
{
	struct sip_str name;

	while (fuzz_cut(&names, ',', &name)) {
		const struct fuzz_target *t = fuzz_target_find(name);
		if (!t || target_count == TARGETS_MOST)
			return false;
		targets[target_count++] = t;
	}
	return true;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char option[] = "--target=";
	bool is_ok = true;

	for (int i = 1; i < *argc; i++) {
		if (strcmp((*argv)[i], "--turns") == 0) {
			list_turns();
			exit(0);
		}
		if (strncmp((*argv)[i], option, sizeof option - 1) == 0)
			is_ok = take_names(sip_str_of((*argv)[i] + sizeof option - 1)) && is_ok;
	}
	if (is_ok && target_count)
		return 0;
	fprintf(stderr, "--target=NAME is one of\n");
	for (size_t i = 0; i < fuzz_target_count; i++)
		fprintf(stderr, "  %-24s %s\n", fuzz_targets[i].name, fuzz_targets[i].what);
	exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < target_count; i++)
		fuzz_target_run(targets[i], sip_str_make((const char *)bytes, len));
	return 0;
}
