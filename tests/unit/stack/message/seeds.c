/* Gathers messages from the torture tables, the fuzzers' corpus and the folder beside the source tree. */
#include "tests/unit/stack/message/seeds.h"

#include "tests/torture/torture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MOST 65536

static void add(struct seeds *s, const char *name, struct sip_str bytes)
{
	if (s->count == s->room) {
		s->room = s->room ? s->room * 2 : 256;
		s->at = sip_realloc(s->at, s->room * sizeof *s->at);
		MUST(s->at);
	}
	snprintf(s->at[s->count].name, sizeof s->at[s->count].name, "%s", name);
	s->at[s->count++].bytes = bytes;
}

static void add_rows(struct seeds *s, const struct torture_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct sip_str bytes = torture_bytes(&rows[i]);
		MUST(bytes.p);
		add(s, rows[i].section, bytes);
	}
}

/* Without its first `skip` bytes, which are no part of the message. */
static void add_file(struct seeds *s, const char *path, size_t skip)
{
	FILE *file = fopen(path, "rb");
	char *bytes = sip_alloc(FILE_MOST);
	size_t len = file ? fread(bytes, 1, FILE_MOST, file) : 0, dir = strlen(path);

	MUST(bytes);
	if (file)
		fclose(file);
	if (len <= skip) {
		sip_free(bytes);
		return;
	}
	memmove(bytes, bytes + skip, len - skip);
	add(s, path + (dir > 90 ? dir - 90 : 0), sip_str_make(bytes, len - skip));
}

/* Files whose names end so. */
static void add_folder(struct seeds *s, const char *folder, const char *suffix, size_t skip)
{
	DIR *dir = opendir(folder);
	char path[1024];

	for (struct dirent *e; dir && (e = readdir(dir));) {
		if (e->d_name[0] == '.' || !sip_str_ends_nocase(sip_str_of(e->d_name), sip_str_of(suffix)))
			continue;
		snprintf(path, sizeof path, "%.700s/%s", folder, e->d_name);
		add_file(s, path, skip);
	}
	if (dir)
		closedir(dir);
}

static void add_folders(struct seeds *s, const char *folder)
{
	DIR *dir = opendir(folder);
	char path[1024];

	for (struct dirent *e; dir && (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%.700s/%s", folder, e->d_name);
		add_folder(s, path, ".sip", 0);
	}
	if (dir)
		closedir(dir);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct seed *)a)->name, ((const struct seed *)b)->name);
}

void seeds_init(struct seeds *s)
{
	const char *top = getenv("top_srcdir") ? getenv("top_srcdir") : ".";
	char path[1024];

	memset(s, 0, sizeof *s);
	add_rows(s, torture_rows_4475, torture_count_4475);
	add_rows(s, torture_rows_5118, torture_count_5118);
	snprintf(path, sizeof path, "%s/tests/fuzz/corpus/datagram", top);
	add_folder(s, path, "", 0);
	snprintf(path, sizeof path, "%s/tests/fuzz/corpus/stream", top);
	add_folder(s, path, "", 1);
	snprintf(path, sizeof path, "%s/../shared/torture", top);
	add_folders(s, path);
	/* Folders have no order: one seed plays the same everywhere. */
	qsort(s->at, s->count, sizeof *s->at, by_name);
}

void seeds_fini(struct seeds *s)
{
	for (size_t i = 0; i < s->count; i++)
		sip_free((void *)(uintptr_t)s->at[i].bytes.p);
	sip_free(s->at);
}
