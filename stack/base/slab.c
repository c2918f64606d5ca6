/* Recycled objects of one size, carved from pages that live as long as the slab. Owned by one loop. */
#include "stack/base/slab.h"

#include "stack/base/check.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif

#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) __asan_poison_memory_region((p), (n))
#define UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

/* 16 bytes, so that the objects behind it are aligned like malloc's. */
struct sip_slab_page {
	struct sip_slab_page *next;
	uint64_t unused;
};

enum { PAGE_BYTES = 16 * 1024, PER_PAGE_LEAST = 8 };

void sip_slab_init(struct sip_slab *s, size_t object_size, size_t limit)
{
	MUST(object_size > 0 && object_size <= SIZE_MAX / 64);
	size_t size = (object_size + 15) & ~(size_t)15;
	size_t per_page = (PAGE_BYTES - sizeof(struct sip_slab_page)) / size;
	*s = (struct sip_slab){
		.size = size,
		.per_page = per_page < PER_PAGE_LEAST ? PER_PAGE_LEAST : per_page,
		.limit = limit,
	};
}

void sip_slab_fini(struct sip_slab *s)
{
	MUST(s->live == 0);
	while (s->pages) {
		struct sip_slab_page *page = s->pages;
		s->pages = page->next;
		UNPOISON(page + 1, s->per_page * s->size);
		sip_free(page);
	}
	s->free = NULL;
}

static void push(struct sip_slab *s, void *object)
{
	*(void **)object = s->free;
	s->free = object;
	POISON(object, s->size);
}

static bool add_page(struct sip_slab *s)
{
	struct sip_slab_page *page = sip_alloc(sizeof *page + s->per_page * s->size);
	if (!page)
		return false;
	page->next = s->pages;
	s->pages = page;
	char *objects = (char *)(page + 1);
	for (size_t i = s->per_page; i-- > 0;)
		push(s, objects + i * s->size);
	return true;
}

void *sip_slab_alloc(struct sip_slab *s)
{
	if (s->limit && s->live >= s->limit)
		return NULL;
	if (!s->free && !add_page(s))
		return NULL;
	void *object = s->free;
	UNPOISON(object, s->size);
	s->free = *(void **)object;
	s->live++;
	return object;
}

void sip_slab_free(struct sip_slab *s, void *object)
{
	if (!object)
		return;
	MUST(s->live > 0);
	s->live--;
	push(s, object);
}
