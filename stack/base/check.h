/*
 * Kinds of wrong. MUST: we are wrong, always on, dumps and aborts; nothing from the
 * network may reach one. NEVER: cannot be, but survive it: counted, said once a place.
 * Objects carry a magic as their first member, so that a wrong pointer is seen at once.
 */
#ifndef STACK_BASE_CHECK_H
#define STACK_BASE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Prints what, file, line and the first bytes of the object (may be NULL) to standard error and aborts. */
void sip_panic(const char *what, const char *file, int line, const void *object, size_t size)
	__attribute__((noreturn));
/* Counts the place and says it once; returns true, so that NEVER can stand in an if. */
bool sip_never(const char *what, const char *file, int line);
/* How often a NEVER has come true in this process. */
uint64_t sip_never_count(void);

#define SIP_LIKELY(x) __builtin_expect(!!(x), 1)
#define SIP_UNLIKELY(x) __builtin_expect(!!(x), 0)

#define MUST(x)                                                                \
	(SIP_LIKELY(x) ? (void)0 : sip_panic(#x, __FILE__, __LINE__, NULL, 0))
#define NEVER(x) (SIP_UNLIKELY(x) && sip_never(#x, __FILE__, __LINE__))

/* The object is not NULL and is what it says it is: its first member `magic` holds the value. */
#define MUST_BE(obj, value)                                                    \
	(SIP_LIKELY((obj) != NULL && (obj)->magic == (value))                  \
		 ? (void)0                                                     \
		 : sip_panic(#obj " is a " #value, __FILE__, __LINE__, (obj), sizeof *(obj)))

#define SIP_COUNTOF(array) (sizeof(array) / sizeof((array)[0]))
/* The struct that holds this member. */
#define SIP_CONTAINER(ptr, type, member)                                       \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#ifdef __cplusplus
}
#endif
#endif
