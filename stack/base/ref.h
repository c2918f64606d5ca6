/*
 * Counted objects ("persons"). struct sip_ref comes first in the object; the last unref
 * calls the destructor on whatever thread lets go last. Counting is atomic; any thread.
 */
#ifndef STACK_BASE_REF_H
#define STACK_BASE_REF_H

#include "stack/base/check.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*sip_destroy_fn)(void *object);

struct sip_ref {
	uint32_t magic; /* what the object is; 0 once destroyed */
	uint32_t count; /* only through the functions below */
	sip_destroy_fn destroy;
};

/* One reference, the caller's. */
static inline void sip_ref_init(struct sip_ref *r, uint32_t magic, sip_destroy_fn destroy)
{
	r->magic = magic;
	r->destroy = destroy;
	__atomic_store_n(&r->count, 1, __ATOMIC_RELAXED);
}
static inline void sip_ref_get(struct sip_ref *r)
{
	uint32_t old = __atomic_fetch_add(&r->count, 1, __ATOMIC_RELAXED);
	MUST(old != 0 && old < UINT32_MAX / 2);
}
static inline bool sip_ref_is_last(const struct sip_ref *r)
{
	return __atomic_load_n(&r->count, __ATOMIC_ACQUIRE) == 1;
}
static inline void sip_ref_put(struct sip_ref *r)
{
	uint32_t old = __atomic_fetch_sub(&r->count, 1, __ATOMIC_ACQ_REL);
	MUST(old != 0);
	if (old == 1) {
		sip_destroy_fn destroy = r->destroy;
		r->magic = 0;
		destroy(r);
	}
}

#ifdef __cplusplus
}
#endif
#endif
