/*
 * Intrusive keyed table: nodes live in their objects and keep their 64-bit hash, so a
 * look-up compares keys only where hashes agree. Hashes of what comes from the network
 * are keyed (SipHash-1-3), so that nobody outside can make them collide. One thread at a time.
 */
#ifndef STACK_BASE_HASH_H
#define STACK_BASE_HASH_H

#include "stack/base/check.h"
#include "stack/base/err.h"
#include "stack/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_hash_key {
	uint64_t k[2];
};
uint64_t sip_hash_bytes(const struct sip_hash_key *key, const void *p, size_t n);
/* The same with ASCII letters folded to lower case. */
uint64_t sip_hash_nocase(const struct sip_hash_key *key, struct sip_str s);
/* One more word stirred into a hash. */
static inline uint64_t sip_hash_mix(uint64_t h, uint64_t v)
{
	h ^= v + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ (h >> 32);
}

struct sip_hash_node {
	struct sip_hash_node *next;
	uint64_t hash;
};
struct sip_hash {
	struct sip_hash_node **buckets; /* owned; NULL until the first add */
	size_t mask;                    /* room for buckets - 1 */
	size_t used;                    /* buckets in use: (mask + 1) / 2 … mask + 1; a bucket more for an entry more */
	size_t count;
	size_t limit;                   /* never more nodes than this; 0: no limit */
};

void sip_hash_init(struct sip_hash *t, size_t limit);
/* The nodes are the caller's business; they must be off already or never be looked at again. */
void sip_hash_fini(struct sip_hash *t);
/*
 * Equal keys may stand beside each other; the newest is found first. Grows at load 1, a bucket at a time (linear hashing),
 * so that no add ever moves more than one bucket's nodes. NOMEM, FULL (limit).
 */
enum sip_err sip_hash_add(struct sip_hash *t, struct sip_hash_node *node, uint64_t hash) SIP_MUST_USE;
/* True when it was there. */
bool sip_hash_remove(struct sip_hash *t, struct sip_hash_node *node);
/* Where nodes with this hash are: in a bucket not in use yet they are still with those it will be split from. */
static inline size_t sip_hash_bucket(const struct sip_hash *t, uint64_t hash)
{
	size_t i = hash & t->mask;
	return i < t->used ? i : i & (t->mask >> 1);
}
/* The first node with this hash; the caller compares keys and goes on with sip_hash_next. */
static inline struct sip_hash_node *sip_hash_first(const struct sip_hash *t, uint64_t hash)
{
	struct sip_hash_node *n = t->buckets ? t->buckets[sip_hash_bucket(t, hash)] : NULL;
	while (n && n->hash != hash)
		n = n->next;
	return n;
}
static inline struct sip_hash_node *sip_hash_next(const struct sip_hash_node *node)
{
	struct sip_hash_node *n = node->next;
	while (n && n->hash != node->hash)
		n = n->next;
	return n;
}
/* Calls fn for every node until it returns false; fn may remove the node it is given, and no other. */
void sip_hash_walk(struct sip_hash *t, bool (*fn)(void *arg, struct sip_hash_node *node), void *arg);
/*
 * The same in slices, for long tables: up to `most` buckets from *cursor on; false when the walk is complete.
 * Nodes added meanwhile may or may not be seen; a growth between slices may show one twice. fn returning false ends it.
 */
bool sip_hash_walk_some(struct sip_hash *t, size_t *cursor, size_t most,
			bool (*fn)(void *arg, struct sip_hash_node *node), void *arg);

#ifdef __cplusplus
}
#endif
#endif
