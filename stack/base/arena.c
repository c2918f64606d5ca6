/* Bump allocation over a lent first block and further blocks of our own, freed at once. Owned by whoever inits it. */
#include "stack/base/arena.h"

#include "stack/base/check.h"

struct sip_arena_block {
	struct sip_arena_block *next;
	size_t size;
};

enum { BLOCK_FIRST = 1024, BLOCK_MOST = 64 * 1024 };

void sip_arena_init(struct sip_arena *a, void *first, size_t size, size_t limit)
{
	*a = (struct sip_arena){ .limit = limit };
	size_t skew = (size_t)(-(uintptr_t)first & 7);
	if (first && size > skew) {
		a->next = (char *)first + skew;
		a->end = (char *)first + size;
	}
}

void sip_arena_fini(struct sip_arena *a)
{
	struct sip_arena_block *block = a->blocks;
	while (block) {
		struct sip_arena_block *next = block->next;
		sip_free(block);
		block = next;
	}
	*a = (struct sip_arena){ .next = NULL };
}

/* Each block twice the one before, within BLOCK_MOST and what the limit leaves; never less than needed. */
static size_t block_size(const struct sip_arena *a, size_t need)
{
	size_t left = a->limit - a->used;
	size_t want = a->blocks ? a->blocks->size * 2 : BLOCK_FIRST;
	if (want > BLOCK_MOST)
		want = BLOCK_MOST;
	if (want > left)
		want = left & ~(size_t)7;
	return want < need ? need : want;
}

void *sip_arena_alloc_slow(struct sip_arena *a, size_t size)
{
	size_t need = (size + (size == 0) + 7) & ~(size_t)7;
	if (need < size || need > a->limit - a->used)
		return NULL;
	size_t bytes = block_size(a, need);
	if (bytes > SIZE_MAX - sizeof(struct sip_arena_block))
		return NULL;
	struct sip_arena_block *block = sip_alloc(sizeof *block + bytes);
	if (!block)
		return NULL;
	block->size = bytes;
	block->next = a->blocks;
	a->blocks = block;
	a->used += bytes;
	char *p = (char *)(block + 1);
	/* A large value takes a block of its own; what is left of the present one stays in use. */
	if (bytes - need > (size_t)(a->end - a->next)) {
		a->next = p + need;
		a->end = p + bytes;
	}
	return p;
}

void *sip_arena_alloc_zero(struct sip_arena *a, size_t size)
{
	void *p = sip_arena_alloc(a, size);
	return p ? memset(p, 0, size) : NULL;
}

struct sip_str sip_arena_str(struct sip_arena *a, struct sip_str s)
{
	char *p = sip_arena_alloc(a, s.len);
	if (!p)
		return sip_str_make(NULL, 0);
	if (s.len > 0)
		memcpy(p, s.p, s.len);
	return sip_str_make(p, s.len);
}
