/*
 * The one place memory comes from. Failure is an answer (NULL), never an abort, and
 * tests can make the n-th allocation fail. Any thread.
 */
#ifndef STACK_BASE_MEM_H
#define STACK_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void *sip_alloc(size_t size) __attribute__((malloc, warn_unused_result));
void *sip_alloc_zero(size_t size) __attribute__((malloc, warn_unused_result));
/* As realloc: on failure NULL, and the old block lives on. */
void *sip_realloc(void *ptr, size_t size) __attribute__((warn_unused_result));
void sip_free(void *ptr);
/* A copy with a terminating zero; NULL on failure. */
char *sip_strdup(const char *ptr, size_t len) __attribute__((warn_unused_result));

/*
 * For large blocks that come and go with every message: a thread keeps some of them and gives them out again, the last
 * first, for it is still in the cache. At most SIP_MEM_KEPT_MAX of a size, to a kibibyte; they go with the thread.
 */
#define SIP_MEM_KEPT_MAX 64
void *sip_alloc_kept(size_t size) __attribute__((malloc, warn_unused_result));
void sip_free_kept(void *ptr, size_t size); /* the size it was asked for with */

/* Tests: the n-th allocation of this thread from now on (1 = the next) fails, and only that one; 0 = none. */
void sip_mem_fail_at(unsigned long n);
/* Tests: did that failure come about since sip_mem_fail_at? */
bool sip_mem_has_failed(void);
/* Tests: blocks this thread has allocated less those it has freed; a test that gives back all leaves it as it was. */
long sip_mem_balance(void);

#ifdef __cplusplus
}
#endif
#endif
