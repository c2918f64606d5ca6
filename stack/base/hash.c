/* SipHash-1-3 (Aumasson, Bernstein) and the intrusive table over it. A table has one owner, no lock. */
#include "stack/base/hash.h"

#include "stack/base/base_priv.h"
#include "stack/base/mem.h"

enum { BUCKETS_FIRST = 16 };

struct sip_state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotl(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static inline void sip_round(struct sip_state *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 = rotl(s->v2, 32);
}

static inline uint64_t load_le64(const void *p)
{
	uint64_t w = sip__load64(p);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	return w;
}

/* The last n % 8 bytes as a little-endian word. With eight bytes before the end one load and a shift will do. */
static inline uint64_t load_tail(const unsigned char *p, size_t n)
{
	size_t rest = n & 7;
	uint64_t w = 0;
	if (rest == 0)
		return 0;
	if (n >= 8)
		return load_le64(p + n - 8) >> (8 * (8 - rest));
	for (size_t i = 0; i < rest; i++)
		w |= (uint64_t)p[i] << (8 * i);
	return w;
}

static inline __attribute__((always_inline)) uint64_t hash(const struct sip_hash_key *key, const void *bytes, size_t n,
							   bool is_folded)
{
	const unsigned char *p = bytes;
	struct sip_state s = {
		key->k[0] ^ 0x736f6d6570736575u,
		key->k[1] ^ 0x646f72616e646f6du,
		key->k[0] ^ 0x6c7967656e657261u,
		key->k[1] ^ 0x7465646279746573u,
	};
	for (size_t i = 0; i + 8 <= n; i += 8) {
		uint64_t w = load_le64(p + i);
		if (is_folded)
			w = sip__fold64(w);
		s.v3 ^= w;
		sip_round(&s);
		s.v0 ^= w;
	}
	uint64_t last = load_tail(p, n);
	if (is_folded)
		last = sip__fold64(last);
	last |= (uint64_t)n << 56;
	s.v3 ^= last;
	sip_round(&s);
	s.v0 ^= last;
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t sip_hash_bytes(const struct sip_hash_key *key, const void *p, size_t n)
{
	return hash(key, p, n, false);
}

uint64_t sip_hash_nocase(const struct sip_hash_key *key, struct sip_str s)
{
	return hash(key, s.p, s.len, true);
}

void sip_hash_init(struct sip_hash *t, size_t limit)
{
	*t = (struct sip_hash){ .limit = limit };
}

void sip_hash_fini(struct sip_hash *t)
{
	sip_free(t->buckets);
	*t = (struct sip_hash){ .limit = t->limit };
}

/* Splits a chain in two, in order, so that the newest of equal keys stays first. */
static void split(struct sip_hash_node *n, size_t bit, struct sip_hash_node **low, struct sip_hash_node **high)
{
	while (n) {
		struct sip_hash_node *next = n->next;
		if (n->hash & bit) {
			*high = n;
			high = &n->next;
		} else {
			*low = n;
			low = &n->next;
		}
		n = next;
	}
	*low = NULL;
	*high = NULL;
}

/* Room for twice as many buckets, none of them in use yet: large blocks the kernel moves by their pages. */
static bool make_room(struct sip_hash *t)
{
	size_t size = t->buckets ? (t->mask + 1) * 2 : BUCKETS_FIRST;
	if (size > SIZE_MAX / sizeof *t->buckets / 2)
		return false;
	struct sip_hash_node **buckets = sip_realloc(t->buckets, size * sizeof *buckets);
	if (!buckets)
		return false;
	if (!t->buckets) {
		memset(buckets, 0, size * sizeof(struct sip_hash_node *));
		t->used = size;
	}
	t->buckets = buckets;
	t->mask = size - 1;
	return true;
}

/* One bucket more, of half the nodes of the one that held its nodes so far. */
static void grow(struct sip_hash *t)
{
	if (t->used > t->mask && !make_room(t))
		return;
	size_t half = (t->mask + 1) / 2, i = t->used++ - half;
	split(t->buckets[i], half, &t->buckets[i], &t->buckets[i + half]);
}

enum sip_err sip_hash_add(struct sip_hash *t, struct sip_hash_node *node, uint64_t hash_value)
{
	if (t->limit && t->count >= t->limit)
		return SIP_E_FULL;
	if (!t->buckets && !make_room(t))
		return SIP_E_NOMEM;
	if (t->count >= t->used) /* without memory it only becomes denser */
		grow(t);
	struct sip_hash_node **bucket = &t->buckets[sip_hash_bucket(t, hash_value)];
	node->hash = hash_value;
	node->next = *bucket;
	*bucket = node;
	t->count++;
	return SIP_OK;
}

bool sip_hash_remove(struct sip_hash *t, struct sip_hash_node *node)
{
	if (!t->buckets)
		return false;
	struct sip_hash_node **at = &t->buckets[sip_hash_bucket(t, node->hash)];
	while (*at && *at != node)
		at = &(*at)->next;
	if (!*at)
		return false;
	*at = node->next;
	node->next = NULL;
	t->count--;
	return true;
}

/* False when fn wants no more. */
static bool walk_bucket(struct sip_hash *t, size_t i, bool (*fn)(void *arg, struct sip_hash_node *node), void *arg)
{
	struct sip_hash_node *n = t->buckets[i];
	while (n) {
		struct sip_hash_node *next = n->next;
		if (!fn(arg, n))
			return false;
		n = next;
	}
	return true;
}

void sip_hash_walk(struct sip_hash *t, bool (*fn)(void *arg, struct sip_hash_node *node), void *arg)
{
	size_t cursor = 0;
	sip_hash_walk_some(t, &cursor, SIZE_MAX, fn, arg);
}

bool sip_hash_walk_some(struct sip_hash *t, size_t *cursor, size_t most,
			bool (*fn)(void *arg, struct sip_hash_node *node), void *arg)
{
	if (!t->buckets)
		return false;
	size_t size = t->used;
	for (size_t i = *cursor; i < size; i++, most--) {
		*cursor = i;
		if (most == 0)
			return true;
		if (!walk_bucket(t, i, fn, arg)) {
			*cursor = size;
			return false;
		}
	}
	*cursor = size;
	return false;
}
