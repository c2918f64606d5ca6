/* Memory that dies together: values are bump-allocated and freed all at once. One thread at a time. */
#ifndef STACK_BASE_ARENA_H
#define STACK_BASE_ARENA_H

#include "stack/base/mem.h"
#include "stack/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_arena_block; /* a further block, private */

struct sip_arena {
	char *next;
	char *end;
	struct sip_arena_block *blocks; /* owned: all but the first, lent, block */
	size_t used;                    /* bytes in further blocks */
	size_t limit;                   /* further blocks never hold more than this */
};

/* `first` (may be NULL) is lent and used before any allocation; `limit` bounds what is allocated beyond it. */
void sip_arena_init(struct sip_arena *a, void *first, size_t size, size_t limit);
void sip_arena_fini(struct sip_arena *a);
/* The way of the slow case: a new block. */
void *sip_arena_alloc_slow(struct sip_arena *a, size_t size);
/* From this block; NULL: it has no room. */
static inline void *sip_arena_alloc_fast(struct sip_arena *a, size_t size)
{
	size_t need = (size + (size == 0) + 7) & ~(size_t)7;
	void *p = a->next;
	if (need > (size_t)(a->end - a->next) || need < size)
		return NULL;
	a->next += need;
	return p;
}
/* Uninitialised, aligned to 8 bytes; NULL when memory or the limit ends. */
static inline void *sip_arena_alloc(struct sip_arena *a, size_t size)
{
	void *p = sip_arena_alloc_fast(a, size);
	return p ? p : sip_arena_alloc_slow(a, size);
}
void *sip_arena_alloc_zero(struct sip_arena *a, size_t size);
/* A copy of the text (not terminated); .p NULL on failure. */
struct sip_str sip_arena_str(struct sip_arena *a, struct sip_str s);

#ifdef __cplusplus
}
#endif
#endif
