/* The wrappers the linker puts before stack/base/mem.c. All of a block is written, so that all of it can be looked at. */
#include "tests/unit/stack/crypto/freed.h"

#include <malloc.h>
#include <string.h>

void *__real_sip_alloc_zero(size_t size);
void __real_sip_free(void *ptr);
void *__wrap_sip_alloc(size_t size);
void *__wrap_sip_alloc_zero(size_t size);
void *__wrap_sip_realloc(void *ptr, size_t size);
void __wrap_sip_free(void *ptr);

static const void *watched;
static size_t watched_len;
static bool has_seen;

void freed_watch(const void *bytes, size_t len)
{
	watched = bytes;
	watched_len = len;
	has_seen = false;
}

bool freed_has_seen(void)
{
	return has_seen;
}

void *__wrap_sip_alloc_zero(size_t size)
{
	void *p = __real_sip_alloc_zero(size);
	return p ? memset(p, 0, malloc_usable_size(p)) : NULL;
}

void *__wrap_sip_alloc(size_t size)
{
	return __wrap_sip_alloc_zero(size);
}

void __wrap_sip_free(void *ptr)
{
	if (watched && ptr && memmem(ptr, malloc_usable_size(ptr), watched, watched_len))
		has_seen = true;
	__real_sip_free(ptr);
}

void *__wrap_sip_realloc(void *ptr, size_t size)
{
	void *p = __wrap_sip_alloc_zero(size);
	size_t had = ptr ? malloc_usable_size(ptr) : 0;
	if (!p || !ptr)
		return p;
	memcpy(p, ptr, had < size ? had : size);
	__wrap_sip_free(ptr);
	return p;
}
