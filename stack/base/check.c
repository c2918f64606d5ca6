/* Panic and the places a NEVER came true. The list of places is the process's, lock-free, and only ever grows. */
#include "stack/base/check.h"

#include <stdio.h>
#include <stdlib.h>

enum { DUMP_MOST = 96, PLACES = 64 };

static uint64_t never_total;
static uint64_t never_places[PLACES];

static void dump(const unsigned char *p, size_t size)
{
	size_t n = size < DUMP_MOST ? size : DUMP_MOST;
	for (size_t row = 0; row < n; row += 16) {
		fprintf(stderr, "  %04zx ", row);
		for (size_t i = row; i < row + 16 && i < n; i++)
			fprintf(stderr, " %02x", p[i]);
		fputs("  ", stderr);
		for (size_t i = row; i < row + 16 && i < n; i++)
			fputc(p[i] >= 0x20 && p[i] < 0x7f ? p[i] : '.', stderr);
		fputc('\n', stderr);
	}
}

void sip_panic(const char *what, const char *file, int line, const void *object, size_t size)
{
	fprintf(stderr, "%s:%d: must be true: %s\n", file, line, what);
	if (object) {
		fprintf(stderr, "object %p of %zu bytes:\n", object, size);
		dump(object, size);
	}
	fflush(stderr);
	abort();
}

/* True for the first who asks about this place; false for all once the list is full. */
static bool is_new_place(const char *file, int line)
{
	uint64_t id = ((uint64_t)(uintptr_t)file << 16) ^ (uint64_t)(unsigned)line ^ ((uint64_t)1 << 63);
	for (size_t i = 0; i < PLACES; i++) {
		uint64_t there = 0;
		if (__atomic_compare_exchange_n(&never_places[i], &there, id, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return true;
		if (there == id)
			return false;
	}
	return false;
}

bool sip_never(const char *what, const char *file, int line)
{
	__atomic_fetch_add(&never_total, 1, __ATOMIC_RELAXED);
	if (is_new_place(file, line))
		fprintf(stderr, "%s:%d: never thought possible, survived: %s\n", file, line, what);
	return true;
}

uint64_t sip_never_count(void)
{
	return __atomic_load_n(&never_total, __ATOMIC_RELAXED);
}
