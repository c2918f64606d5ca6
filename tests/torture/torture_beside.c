/*
 * Runs the torture messages that lie beside the source tree (folder/expect.tsv and folder/NAME.sip), when they
 * do: torture_beside FOLDER STRONG-SOURCE…. Verdicts of strong sources fail the test, others are counted.
 */
#include "tests/torture/torture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MOST (1u << 20)

struct tally {
	unsigned files, accepted, differ, failed;
};

static struct sip_str read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return sip_str_make(NULL, 0);
	char *bytes = malloc(FILE_MOST);
	size_t len = bytes ? fread(bytes, 1, FILE_MOST, file) : 0;
	fclose(file);
	return sip_str_make(bytes, len);
}

static void judge_file(const char *folder, struct sip_str name, struct sip_str expected, bool is_strong,
		       struct tally *t)
{
	char path[1024];
	struct sip_check check;
	snprintf(path, sizeof path, "%s/%.*s", folder, SIP_STR_ARG(name));
	struct sip_str bytes = read_file(path);
	if (!bytes.p)
		return;
	t->files++;
	bool is_accepted = torture_judge(bytes, &check) == SIP_ACCEPT;
	t->accepted += is_accepted;
	bool is_either = sip_str_eq(expected, SIP_STR("either"));
	if (!is_either && is_accepted != sip_str_eq(expected, SIP_STR("accept"))) {
		t->differ++;
		t->failed += is_strong;
		printf("%s %s: expected %.*s, verdict %d %u %s\n", is_strong ? "FAIL" : "note", path,
		       SIP_STR_ARG(expected), (int)check.verdict, check.code, check.reason);
	}
	size_t at = torture_split(bytes, is_strong ? 1 : 1 + bytes.len / 16);
	if (at != SIZE_MAX) {
		t->failed++;
		printf("FAIL %s: cut at byte %zu it is not what it is whole\n", path, at);
	}
	free((void *)(uintptr_t)bytes.p);
}

static void judge_folder(const char *folder, bool is_strong, struct tally *t)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/expect.tsv", folder);
	struct sip_str table = read_file(path), rest = table, line, name, verdict;
	while (sip_str_cut(&rest, '\n', &line))
		if (sip_str_cut(&line, '\t', &name) && sip_str_cut(&line, '\t', &verdict))
			judge_file(folder, name, verdict, is_strong, t);
	free((void *)(uintptr_t)table.p);
}

static bool is_among(const char *name, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct tally t = { 0, 0, 0, 0 };
	DIR *dir = argc > 1 ? opendir(argv[1]) : NULL;
	if (!dir) {
		printf("no torture folder beside the tree: skipped\n");
		return 77;
	}
	for (struct dirent *e; (e = readdir(dir));) {
		char folder[800];
		if (e->d_name[0] == '.')
			continue;
		snprintf(folder, sizeof folder, "%s/%s", argv[1], e->d_name);
		judge_folder(folder, is_among(e->d_name, argc - 2, argv + 2), &t);
	}
	closedir(dir);
	printf("%u messages, %u accepted, %u not as expected, %u failures\n", t.files, t.accepted, t.differ,
	       t.failed);
	return t.failed || t.files == 0;
}
