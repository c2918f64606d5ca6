/* Runs plays: those named, or every *.play of the folder; -v shows the whole exchange, -C DIR says where the plays are. */
#include "tests/replay/play.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

static int run_all(size_t count, char *const *files, bool is_verbose)
{
	size_t failed = 0;

	for (size_t i = 0; i < count; i++)
		failed += !play_run(files[i], is_verbose);
	printf("%zu passed, %zu failed\n", count - failed, failed);
	return failed || count == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run_folder(const char *folder, bool is_verbose)
{
	char pattern[4096];
	glob_t found;
	int status;

	(void)snprintf(pattern, sizeof pattern, "%s/tests/replay/plays/*.play", folder);
	if (glob(pattern, 0, NULL, &found) != 0) {
		fprintf(stderr, "replay: no plays at %s\n", pattern);
		return EXIT_FAILURE;
	}
	status = run_all(found.gl_pathc, found.gl_pathv, is_verbose);
	globfree(&found);
	return status;
}

int main(int argc, char **argv)
{
	const char *folder = getenv("srcdir");
	bool is_verbose = false;
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-v") == 0) {
			is_verbose = true;
		} else if (strcmp(argv[i], "-C") == 0 && i + 1 < argc) {
			folder = argv[++i];
		} else {
			fputs("usage: replay_test [-v] [-C SOURCE] [FILE...]\n", stderr);
			return 2;
		}
	}
	if (i < argc)
		return run_all((size_t)(argc - i), argv + i, is_verbose);
	return run_folder(folder ? folder : ".", is_verbose);
}
