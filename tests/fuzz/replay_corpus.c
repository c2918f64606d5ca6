/*
 * Replays the corpus: every file of corpus/TARGET through its target, whole, cut short and with bytes turned. What crashed
 * once stays a test. With a target and a file: that one alone, with a trace.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)1 << 20)
#define VARIANTS 12 /* of each file that is not large, so that this takes seconds */
#define LARGE 4096

static void play(const struct fuzz_target *t, const char *bytes, size_t len)
{
	/* On its own, so that a checker sees who reads past the end. */
	char *copy = malloc(len + 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	fuzz_target_run(t, sip_str_make(copy, len));
	free(copy);
}

static void play_variants(const struct fuzz_target *t, char *bytes, size_t len)
{
	struct sip_rand rand;

	sip_rand_init_seed(&rand, len + 1);
	for (unsigned i = 0; i < VARIANTS && len; i++) {
		size_t at = (size_t)sip_rand_below(&rand, len);
		char was = bytes[at];
		play(t, bytes, at);
		bytes[at] = (char)sip_rand_below(&rand, 256);
		play(t, bytes, len);
		bytes[at] = was;
	}
}

static void play_file(const struct fuzz_target *t, const char *path, bool with_variants)
{
	FILE *f = fopen(path, "rb");
	char *bytes = malloc(FILE_MAX);
	size_t len;

	if (!f || !bytes) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	len = fread(bytes, 1, FILE_MAX, f);
	fclose(f);
	play(t, bytes, len);
	if (with_variants && len <= LARGE)
		play_variants(t, bytes, len);
	free(bytes);
}

static unsigned play_folder(const struct fuzz_target *t, const char *corpus)
{
	char path[1024];
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof path, "%s/%s", corpus, t->name);
	d = opendir(path);
	while (d && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s/%s", corpus, t->name, e->d_name);
		play_file(t, path, true);
		n++;
	}
	if (d)
		closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	struct sip_log log = { .fn = sip_log_to_stream, .arg = stderr, .level = SIP_LOG_STACK };
	const char *top = getenv("top_srcdir");
	char corpus[512];
	unsigned failures = 0;

	if (argc == 3 && fuzz_target_find(sip_str_of(argv[1]))) {
		fuzz_log = &log;
		play_file(fuzz_target_find(sip_str_of(argv[1])), argv[2], false);
		return 0;
	}
	snprintf(corpus, sizeof corpus, "%s/tests/fuzz/corpus", top ? top : ".");
	for (size_t i = 0; i < fuzz_target_count; i++) {
		unsigned n = play_folder(&fuzz_targets[i], argc > 1 ? argv[1] : corpus);
		printf("%-24s %u files\n", fuzz_targets[i].name, n);
		failures += n == 0;
	}
	failures += sip_never_count() != 0;
	return failures ? 1 : 0;
}
