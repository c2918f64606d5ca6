/* The command line of a benchmark of loops. */
#ifndef TESTS_BENCH_OPTIONS_H
#define TESTS_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* [--json] [--loops N]: sets what it finds; false, and its usage on stderr, when there is anything else. */
static inline bool bench_options(int argc, char **argv, bool *is_json, size_t *loops)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			*is_json = true;
		} else if (strcmp(argv[i], "--loops") == 0 && i + 1 < argc) {
			*loops = strtoul(argv[++i], NULL, 10);
		} else {
			fprintf(stderr, "usage: %s [--json] [--loops N]\n", argv[0]);
			return false;
		}
	}
	return true;
}

#endif
