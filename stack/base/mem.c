/* Memory from libc's malloc, with a failure to order for tests. All state is the calling thread's. */
#include "stack/base/mem.h"

#include "stack/base/check.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Initial-exec: one instruction to reach, also from the shared object. */
#define OF_THREAD static _Thread_local __attribute__((tls_model("initial-exec")))

OF_THREAD unsigned long fail_in;
OF_THREAD bool has_failed;
OF_THREAD long balance;

static bool must_fail(void)
{
	if (SIP_LIKELY(fail_in == 0))
		return false;
	if (--fail_in > 0)
		return false;
	has_failed = true;
	return true;
}

static void *counted(void *p)
{
	balance += p != NULL;
	return p;
}

void *sip_alloc(size_t size)
{
	if (must_fail())
		return NULL;
	return counted(malloc(size ? size : 1));
}

void *sip_alloc_zero(size_t size)
{
	if (must_fail())
		return NULL;
	return counted(calloc(1, size ? size : 1));
}

void *sip_realloc(void *ptr, size_t size)
{
	if (!ptr)
		return sip_alloc(size);
	if (must_fail())
		return NULL;
	return realloc(ptr, size ? size : 1);
}

void sip_free(void *ptr)
{
	balance -= ptr != NULL;
	free(ptr);
}

char *sip_strdup(const char *ptr, size_t len)
{
	char *copy = len < SIZE_MAX ? sip_alloc(len + 1) : NULL;
	if (!copy)
		return NULL;
	if (len > 0)
		memcpy(copy, ptr, len);
	copy[len] = '\0';
	return copy;
}

/* ---- blocks that are kept ---- */

enum { KEPT_STEP = 1024, KEPT_KINDS = 8 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEEPS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define KEEPS 0
#endif
#endif
#ifndef KEEPS
#define KEEPS 1
#endif

struct kept_block {
	struct kept_block *next;
};
struct kept {
	struct kept_block *first[KEPT_KINDS];
	unsigned count[KEPT_KINDS];
	bool is_known; /* to the key, which gives all of it back when the thread ends */
};
OF_THREAD struct kept kept;

static pthread_key_t kept_key;
static pthread_once_t kept_once = PTHREAD_ONCE_INIT;
static bool has_key;

static void give_back(void *arg)
{
	struct kept *k = arg;

	for (size_t i = 0; i < KEPT_KINDS; i++) {
		while (k->first[i]) {
			struct kept_block *b = k->first[i];
			k->first[i] = b->next;
			free(b);
		}
		k->count[i] = 0;
	}
	k->is_known = false;
}

static void make_key(void)
{
	has_key = pthread_key_create(&kept_key, give_back) == 0;
}

static __attribute__((noinline)) bool get_known(void)
{
	pthread_once(&kept_once, make_key);
	kept.is_known = has_key && pthread_setspecific(kept_key, &kept) == 0;
	return kept.is_known;
}

static size_t kind_of(size_t size)
{
	return KEEPS && size > 0 ? (size - 1) / KEPT_STEP : KEPT_KINDS;
}

void *sip_alloc_kept(size_t size)
{
	size_t kind = kind_of(size);
	if (kind >= KEPT_KINDS)
		return sip_alloc(size);
	struct kept_block *b = kept.first[kind];
	if (!b)
		return sip_alloc((kind + 1) * KEPT_STEP);
	if (must_fail())
		return NULL;
	kept.first[kind] = b->next;
	kept.count[kind]--;
	return counted(b);
}

void sip_free_kept(void *ptr, size_t size)
{
	size_t kind = kind_of(size);
	if (!ptr || kind >= KEPT_KINDS || kept.count[kind] >= SIP_MEM_KEPT_MAX || (!kept.is_known && !get_known())) {
		sip_free(ptr);
		return;
	}
	struct kept_block *b = ptr;
	balance--;
	b->next = kept.first[kind];
	kept.first[kind] = b;
	kept.count[kind]++;
}

void sip_mem_fail_at(unsigned long n)
{
	fail_in = n;
	has_failed = false;
}

bool sip_mem_has_failed(void)
{
	return has_failed;
}

long sip_mem_balance(void)
{
	return balance;
}
