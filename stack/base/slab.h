/*
 * Recycled objects of one size. Taken and returned by one thread (the owner's loop);
 * bounded by count; a freed object is poisoned under the sanitizers.
 */
#ifndef STACK_BASE_SLAB_H
#define STACK_BASE_SLAB_H

#include "stack/base/mem.h"
#include "stack/base/err.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sip_slab_page;

struct sip_slab {
	size_t size;                 /* of an object, rounded up to 16 */
	size_t per_page;
	size_t live;                 /* taken and not returned */
	size_t limit;                /* never more live than this; 0: no limit */
	void *free;                  /* list through the objects themselves */
	struct sip_slab_page *pages; /* owned */
};

void sip_slab_init(struct sip_slab *s, size_t object_size, size_t limit);
/* Every object must be back (MUST). */
void sip_slab_fini(struct sip_slab *s);
/* Not zeroed; NULL when memory or the limit ends. */
void *sip_slab_alloc(struct sip_slab *s);
void sip_slab_free(struct sip_slab *s, void *object);

#ifdef __cplusplus
}
#endif
#endif
