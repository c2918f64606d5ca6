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

static inline uint64_t sip__load64(const char *p)
{
	uint64_t x;
	memcpy(&x, p, sizeof x);
	return x;
}

/* Two names, not empty, byte for byte; the last step may read bytes of the step before again. */
static inline bool sip__is_same(struct sip_str a, struct sip_str b)
{
	size_t n = a.len, i = 0;
	if (n != b.len)
		return false;
	if (n < 4)
		return a.p[0] == b.p[0] && a.p[n / 2] == b.p[n / 2] && a.p[n - 1] == b.p[n - 1];
	if (n < 8)
		return sip__load32(a.p) == sip__load32(b.p) && sip__load32(a.p + n - 4) == sip__load32(b.p + n - 4);
	while (i + 8 < n && sip__load64(a.p + i) == sip__load64(b.p + i))
		i += 8;
	return i + 8 >= n && sip__load64(a.p + n - 8) == sip__load64(b.p + n - 8);
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

/* word.c: the parameters from p on, where there may be nothing, or ";" and some; SYNTAX. */
enum sip_err sip__take_params(struct sip_str *params, const char *p, const char *end);

#endif
