/*
 * Randomness: operating-system entropy in buffered blocks, or a seeded generator in tests.
 * One source a loop, so no lock: one thread at a time.
 */
#ifndef STACK_BASE_RAND_H
#define STACK_BASE_RAND_H

#include "stack/base/buf.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIP_RAND_BLOCK 2048

struct sip_rand {
	bool is_seeded;
	uint64_t s[4];                  /* the seeded generator (xoshiro256**) */
	size_t left;                    /* unread bytes in block */
	unsigned char block[SIP_RAND_BLOCK]; /* bytes given out are wiped */
};

/* From the kernel; aborts when the kernel has none. */
void sip_rand_init_os(struct sip_rand *r);
/* Reproducible; tests and the simulator only. */
void sip_rand_init_seed(struct sip_rand *r, uint64_t seed);
void sip_rand_fill(struct sip_rand *r, void *p, size_t n);
uint64_t sip_rand_u64(struct sip_rand *r);
/* Uniform in 0 … n-1; n > 0. */
uint64_t sip_rand_below(struct sip_rand *r, uint64_t n);
/* True with this chance out of a million. */
bool sip_rand_chance(struct sip_rand *r, uint32_t per_million);
/* n characters of 0-9a-v (5 bits each): tags, branches, Call-IDs. Not terminated. */
void sip_rand_token(struct sip_rand *r, char *out, size_t n);
void sip_rand_put_token(struct sip_rand *r, struct sip_buf *b, size_t n);

#ifdef __cplusplus
}
#endif
#endif
