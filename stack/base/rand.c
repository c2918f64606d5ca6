/* Entropy from the kernel in blocks, or xoshiro256** (Blackman, Vigna) from a seed. Owned by one loop. */
#include "stack/base/rand.h"

#include "stack/base/check.h"

#include <errno.h>
#include <sys/random.h>

enum { CHARS_A_WORD = 12 };

static void fill_block(struct sip_rand *r)
{
	size_t have = 0;
	while (have < sizeof r->block) {
		ssize_t n = getrandom(r->block + have, sizeof r->block - have, 0);
		MUST(n > 0 || errno == EINTR);
		if (n > 0)
			have += (size_t)n;
	}
	r->left = sizeof r->block;
}

void sip_rand_init_os(struct sip_rand *r)
{
	r->is_seeded = false;
	memset(r->s, 0, sizeof r->s);
	fill_block(r);
}

/* splitmix64 spreads the seed over the state, as the generator's authors advise. */
void sip_rand_init_seed(struct sip_rand *r, uint64_t seed)
{
	memset(r, 0, sizeof *r);
	r->is_seeded = true;
	for (size_t i = 0; i < SIP_COUNTOF(r->s); i++) {
		seed += 0x9e3779b97f4a7c15u;
		uint64_t z = seed;
		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
		r->s[i] = z ^ (z >> 31);
	}
}

static uint64_t rotl(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static uint64_t seeded_next(uint64_t s[4])
{
	uint64_t result = rotl(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

static void take(struct sip_rand *r, unsigned char *to, size_t n)
{
	while (n > 0) {
		if (r->left == 0)
			fill_block(r);
		size_t some = n < r->left ? n : r->left;
		unsigned char *from = r->block + sizeof r->block - r->left;
		memcpy(to, from, some);
		explicit_bzero(from, some);
		r->left -= some;
		to += some;
		n -= some;
	}
}

uint64_t sip_rand_u64(struct sip_rand *r)
{
	if (r->is_seeded)
		return seeded_next(r->s);
	uint64_t value;
	unsigned char bytes[sizeof value];
	take(r, bytes, sizeof bytes);
	memcpy(&value, bytes, sizeof value);
	return value;
}

void sip_rand_fill(struct sip_rand *r, void *p, size_t n)
{
	unsigned char *to = p;
	if (!r->is_seeded) {
		take(r, to, n);
		return;
	}
	uint64_t word = 0;
	for (size_t i = 0; i < n; i++) {
		if (i % 8 == 0)
			word = seeded_next(r->s);
		to[i] = (unsigned char)(word >> (8 * (i % 8)));
	}
}

/* Words under 2^64 mod n are thrown away, so that every remainder is as likely. */
uint64_t sip_rand_below(struct sip_rand *r, uint64_t n)
{
	MUST(n > 0);
	uint64_t least = (0 - n) % n;
	uint64_t word;
	do {
		word = sip_rand_u64(r);
	} while (word < least);
	return word % n;
}

bool sip_rand_chance(struct sip_rand *r, uint32_t per_million)
{
	return sip_rand_below(r, 1000000) < per_million;
}

void sip_rand_token(struct sip_rand *r, char *out, size_t n)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	uint64_t word = 0;
	for (size_t i = 0; i < n; i++) {
		if (i % CHARS_A_WORD == 0)
			word = sip_rand_u64(r);
		out[i] = digits[word & 31];
		word >>= 5;
	}
}

void sip_rand_put_token(struct sip_rand *r, struct sip_buf *b, size_t n)
{
	char *to = sip_buf_reserve(b, n);
	if (!to)
		return;
	sip_rand_token(r, to, n);
	sip_buf_advance(b, n);
}
