/* What the files of stack/header share and nobody else sees. */
#ifndef STACK_HEADER_HEADER_PRIV_H
#define STACK_HEADER_HEADER_PRIV_H

#include "stack/header/header.h"

/* The other half of perfect_hash.awk, before the modulus; name is not empty. */
static inline unsigned sip__name_hash(struct sip_str name, unsigned k1, unsigned k2, unsigned k3, unsigned k4)
{
	unsigned c1 = (unsigned char)name.p[0] | 0x20u;
	unsigned c2 = (unsigned char)name.p[name.len / 2] | 0x20u;
	unsigned c3 = (unsigned char)name.p[name.len * 3 / 4] | 0x20u;
	unsigned c4 = (unsigned char)name.p[name.len - 1] | 0x20u;
	return (c1 * k1 + c2 * k2 + c3 * k3 + c4 * k4 + (unsigned)name.len * 8) / 8;
}

static inline struct sip_str sip__slice(const char *from, const char *to)
{
	return sip_str_make(from, (size_t)(to - from));
}

#endif
