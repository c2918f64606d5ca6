/*
 * What the library gives back to the heap: does it still hold a secret? The program is linked with
 * -Wl,--wrap of sip_alloc, sip_alloc_zero, sip_realloc and sip_free; a block that grows always moves. One thread watches.
 */
#ifndef TESTS_UNIT_STACK_CRYPTO_FREED_H
#define TESTS_UNIT_STACK_CRYPTO_FREED_H

#include <stdbool.h>
#include <stddef.h>

/* From now on, for these bytes, lent; NULL: no more. */
void freed_watch(const void *bytes, size_t len);
/* Was there a block with them in it? */
bool freed_has_seen(void);

#endif
