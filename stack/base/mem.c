/* Memory from libc's malloc, with a failure to order for tests. All state is the calling thread's. */
#include "stack/base/mem.h"

#include "stack/base/check.h"

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
