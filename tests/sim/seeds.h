/* tests/sim/seeds: a program that runs worlds by seed. */
#ifndef TESTS_SIM_SEEDS_H
#define TESTS_SIM_SEEDS_H

#include "tests/sim/base.h"

struct sim_program {
	const char *const *layouts;      /* by name; NULL after the last */
	uint64_t seeds;                  /* without further words: 1 to this */
	unsigned calls;
	unsigned calls_slow;             /* in a slow build, which has fewer seeds too: another world shows more than more of the same */
	size_t bytes_a_call;             /* of memory, about */
	bool (*forget)(const char *row); /* takes the row out of its machine; false: there is no such row */
	/* Runs one; the base it was, and, is_verbose, what it was like on standard output, and its layout. */
	const struct sim_base *(*run)(const struct sim_options *o, bool is_verbose, int *wire, int *layout);
};
/* Reads the words, runs the seeds, each in a process of its own, tells what did not hold. The exit status. */
int sim_seeds_main(const struct sim_program *p, int argc, char **argv);
extern const char *const sim_wire_names[];

#endif
