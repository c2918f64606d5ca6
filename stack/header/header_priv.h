/* What the files of stack/header share and nobody else sees. */
#ifndef STACK_HEADER_HEADER_PRIV_H
#define STACK_HEADER_HEADER_PRIV_H

#include "stack/header/header.h"

static inline uint32_t sip__load32(const char *p)
{
	uint32_t x;
	memcpy(&x, p, sizeof x);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap32(x);
#endif
	return x;
}

/* The other half of perfect_hash.awk, before the modulus; name is not empty. */
static inline unsigned sip__name_hash(struct sip_str name, uint32_t k1, uint32_t k2, uint32_t k3)
{
	uint32_t first, last;
	if (SIP_LIKELY(name.len >= 4)) {
		first = sip__load32(name.p);
		last = sip__load32(name.p + name.len - 4);
	} else {
		first = (uint32_t)(unsigned char)name.p[0] | (uint32_t)(unsigned char)name.p[name.len / 2] << 8 |
			(uint32_t)(unsigned char)name.p[name.len - 1] << 16;
		last = first;
	}
	return ((first | 0x20202020u) * k1 + (last | 0x20202020u) * k2 + (uint32_t)name.len * k3) >> 16;
}

static inline struct sip_str sip__slice(const char *from, const char *to)
{
	return sip_str_make(from, (size_t)(to - from));
}

#endif
