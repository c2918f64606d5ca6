/* What the files of stack/base share and nobody else sees. */
#ifndef STACK_BASE_BASE_PRIV_H
#define STACK_BASE_BASE_PRIV_H

#include "stack/base/check.h"
#include "stack/base/settings.h"

#include <string.h>

static inline uint64_t sip__load64(const void *p)
{
	uint64_t w;
	memcpy(&w, p, sizeof w);
	return w;
}
static inline uint32_t sip__load32(const void *p)
{
	uint32_t w;
	memcpy(&w, p, sizeof w);
	return w;
}
/* ASCII capitals among eight bytes become small; every other byte stays. */
static inline uint64_t sip__fold64(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t low = w & (0x7f * ones);
	uint64_t over_z = low + (0x7f - 'Z') * ones;
	uint64_t from_a = low + (0x80 - 'A') * ones;
	uint64_t capital = (from_a ^ over_z) & ~w & (0x80 * ones);
	return w | (capital >> 2);
}
/* The value of a hexadecimal digit, or -1. */
static inline int sip__hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Where an issue of the settings is told, and of which line. */
struct sip__settings_place {
	sip_settings_issue_fn fn; /* may be NULL */
	void *arg;
	const char *file;
	unsigned line;
};
void sip__settings_tell(const struct sip__settings_place *at, bool is_error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
