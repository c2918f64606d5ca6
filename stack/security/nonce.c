/*
 * Stateless nonces: eight bytes of time and sixteen of HMAC over time and scope, in base64. The counts
 * used with a nonce are remembered in striped, bounded tables; whoever falls out of one is stale from then
 * on, so that forgetting never lets a replay through. Shared by all shards. RFC 7616 3.3, 5.4, 5.5.
 */
#include "stack/security/security.h"

#include <pthread.h>

enum {
	NONCE_STRIPES = 16,
	TIME_BYTES = 8,
	MAC_BYTES = 16,
	RAW_BYTES = TIME_BYTES + MAC_BYTES,
	SCOPE_MAX = 256, /* more of it does not enter the MAC */
	KEY_BYTES = 32,
	FORGET_AT_ONCE = 4
};
#define NONCES_MAGIC 0x6e6f6e63u

struct nonce_use { /* a nonce that was used at least once; under its stripe's lock */
	struct sip_hash_node node; /* hash: the stamp mixed */
	struct sip_list order;     /* by first use */
	int64_t stamp_us;
	uint64_t seen;             /* bit n: count top - n was used */
	uint32_t top;
};
struct nonce_stripe {
	pthread_mutex_t lock;
	struct sip_hash table;
	struct sip_list order;
	struct sip_slab slab;
	int64_t floor_us; /* stamps up to here that are not in the table are stale */
};
struct sip_nonces {
	struct sip_ref ref;
	int64_t lifetime_us;
	int64_t last_us; /* the newest stamp given out; atomic */
	unsigned char key[KEY_BYTES];
	struct nonce_stripe stripes[NONCE_STRIPES];
};

void sip_nonces_options_init(struct sip_nonces_options *o)
{
	memset(o, 0, sizeof(*o));
	o->lifetime_us = INT64_C(300000000);
	o->table_max = 65536;
}

static void nonces_destroy(void *object)
{
	struct sip_nonces *n = object;
	for (size_t i = 0; i < NONCE_STRIPES; i++) {
		struct nonce_stripe *s = &n->stripes[i];
		struct sip_list *at;
		while ((at = sip_list_pop(&s->order)))
			sip_slab_free(&s->slab, SIP_CONTAINER(at, struct nonce_use, order));
		sip_hash_fini(&s->table);
		sip_slab_fini(&s->slab);
		pthread_mutex_destroy(&s->lock);
	}
	sip_crypto_wipe(n->key, sizeof(n->key));
	sip_free(n);
}

enum sip_err sip_nonces_create(const struct sip_nonces_options *o, struct sip_nonces **out)
{
	size_t each = o->table_max / NONCE_STRIPES;
	struct sip_nonces *n;
	if (!o->rand || o->lifetime_us <= 0 || each == 0)
		return SIP_E_INVAL;
	n = sip_alloc_zero(sizeof(*n));
	if (!n)
		return SIP_E_NOMEM;
	sip_ref_init(&n->ref, NONCES_MAGIC, nonces_destroy);
	n->lifetime_us = o->lifetime_us;
	n->last_us = INT64_MIN;
	sip_rand_fill(o->rand, n->key, sizeof(n->key));
	for (size_t i = 0; i < NONCE_STRIPES; i++) {
		struct nonce_stripe *s = &n->stripes[i];
		pthread_mutex_init(&s->lock, NULL);
		sip_hash_init(&s->table, each);
		sip_list_init(&s->order);
		sip_slab_init(&s->slab, sizeof(struct nonce_use), each);
		s->floor_us = INT64_MIN;
	}
	*out = n;
	return SIP_OK;
}

void sip_nonces_ref(struct sip_nonces *n)
{
	MUST_BE(&n->ref, NONCES_MAGIC);
	sip_ref_get(&n->ref);
}

void sip_nonces_unref(struct sip_nonces **n)
{
	if (!*n)
		return;
	MUST_BE(&(*n)->ref, NONCES_MAGIC);
	sip_ref_put(&(*n)->ref);
	*n = NULL;
}

static void put_stamp(unsigned char out[TIME_BYTES], int64_t stamp_us)
{
	uint64_t v = (uint64_t)stamp_us;
	for (unsigned i = 0; i < TIME_BYTES; i++)
		out[i] = (unsigned char)(v >> (8 * (TIME_BYTES - 1 - i)));
}

static int64_t get_stamp(const unsigned char in[TIME_BYTES])
{
	uint64_t v = 0;
	for (unsigned i = 0; i < TIME_BYTES; i++)
		v = v << 8 | in[i];
	return (int64_t)v;
}

static enum sip_err mac_of(struct sip_nonces *n, struct sip_digest_hash *h, const unsigned char stamp[TIME_BYTES],
			   struct sip_str scope, unsigned char out[SIP_HMAC_SIZE])
{
	char text[TIME_BYTES + SCOPE_MAX];
	size_t len = scope.len < SCOPE_MAX ? scope.len : SCOPE_MAX;
	memcpy(text, stamp, TIME_BYTES);
	if (len > 0)
		memcpy(text + TIME_BYTES, scope.p, len);
	return sip_digest_hash_hmac(h, sip_str_make((const char *)n->key, KEY_BYTES),
				    sip_str_make(text, TIME_BYTES + len), out);
}

/* Two nonces of one microsecond must differ, whatever thread makes them. */
static int64_t next_stamp(struct sip_nonces *n, int64_t now_us)
{
	int64_t last = __atomic_load_n(&n->last_us, __ATOMIC_RELAXED);
	int64_t next;
	do
		next = now_us > last ? now_us : last + 1;
	while (!__atomic_compare_exchange_n(&n->last_us, &last, next, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return next;
}

enum sip_err sip_nonces_make(struct sip_nonces *n, struct sip_digest_hash *h, struct sip_str scope, int64_t now_us,
			     char out[SIP_NONCE_LEN + 1])
{
	unsigned char raw[RAW_BYTES];
	unsigned char mac[SIP_HMAC_SIZE];
	struct sip_buf b;
	enum sip_err err;
	MUST_BE(&n->ref, NONCES_MAGIC);
	put_stamp(raw, next_stamp(n, now_us));
	err = mac_of(n, h, raw, scope, mac);
	if (err != SIP_OK)
		return err;
	memcpy(raw + TIME_BYTES, mac, MAC_BYTES);
	sip_buf_init_fixed(&b, out, SIP_NONCE_LEN);
	sip_base64_encode(&b, raw, sizeof(raw));
	MUST(b.err == SIP_OK && b.len == SIP_NONCE_LEN);
	out[SIP_NONCE_LEN] = '\0';
	return SIP_OK;
}

static bool is_too_old(const struct sip_nonces *n, int64_t stamp_us, int64_t now_us)
{
	return now_us - stamp_us > n->lifetime_us;
}

static enum sip_nonce_verdict read_nonce(struct sip_nonces *n, struct sip_digest_hash *h, struct sip_str scope,
					 struct sip_str nonce, int64_t now_us, int64_t *stamp_us)
{
	unsigned char raw[RAW_BYTES];
	unsigned char mac[SIP_HMAC_SIZE];
	size_t len = 0;
	if (nonce.len != SIP_NONCE_LEN || sip_base64_decode(nonce, raw, &len) != SIP_OK || len != RAW_BYTES)
		return SIP_NONCE_BAD;
	if (mac_of(n, h, raw, scope, mac) != SIP_OK)
		return SIP_NONCE_STALE;
	if (!sip_crypto_is_equal(sip_str_make((const char *)raw + TIME_BYTES, MAC_BYTES),
				 sip_str_make((const char *)mac, MAC_BYTES)))
		return SIP_NONCE_BAD;
	*stamp_us = get_stamp(raw);
	return is_too_old(n, *stamp_us, now_us) ? SIP_NONCE_STALE : SIP_NONCE_GOOD;
}

enum sip_nonce_verdict sip_nonces_peek(struct sip_nonces *n, struct sip_digest_hash *h, struct sip_str scope,
				       struct sip_str nonce, int64_t now_us)
{
	int64_t stamp_us;
	MUST_BE(&n->ref, NONCES_MAGIC);
	return read_nonce(n, h, scope, nonce, now_us, &stamp_us);
}

static struct nonce_use *find_use(struct nonce_stripe *s, uint64_t hash, int64_t stamp_us)
{
	struct sip_hash_node *at = sip_hash_first(&s->table, hash);
	for (; at; at = sip_hash_next(at)) {
		struct nonce_use *u = SIP_CONTAINER(at, struct nonce_use, node);
		if (u->stamp_us == stamp_us)
			return u;
	}
	return NULL;
}

static void forget(struct nonce_stripe *s, struct nonce_use *u)
{
	if (u->stamp_us > s->floor_us)
		s->floor_us = u->stamp_us;
	sip_list_remove(&u->order);
	MUST(sip_hash_remove(&s->table, &u->node));
	sip_slab_free(&s->slab, u);
}

static void forget_old(struct sip_nonces *n, struct nonce_stripe *s, int64_t now_us)
{
	for (unsigned i = 0; i < FORGET_AT_ONCE && !sip_list_is_empty(&s->order); i++) {
		struct nonce_use *u = SIP_CONTAINER(s->order.next, struct nonce_use, order);
		if (!is_too_old(n, u->stamp_us, now_us))
			return;
		forget(s, u);
	}
}

static enum sip_nonce_verdict use_first(struct nonce_stripe *s, uint64_t hash, int64_t stamp_us, uint32_t nc)
{
	struct nonce_use *u;
	if (stamp_us <= s->floor_us)
		return SIP_NONCE_STALE;
	if (s->table.count >= s->table.limit)
		forget(s, SIP_CONTAINER(s->order.next, struct nonce_use, order));
	u = sip_slab_alloc(&s->slab);
	if (!u)
		return SIP_NONCE_STALE;
	memset(u, 0, sizeof(*u));
	u->stamp_us = stamp_us;
	u->top = nc;
	u->seen = 1;
	if (sip_hash_add(&s->table, &u->node, hash) != SIP_OK) {
		sip_slab_free(&s->slab, u);
		return SIP_NONCE_STALE;
	}
	sip_list_add_tail(&s->order, &u->order);
	return SIP_NONCE_GOOD;
}

static enum sip_nonce_verdict use_again(struct nonce_use *u, uint32_t nc)
{
	if (nc > u->top) {
		uint32_t ahead = nc - u->top;
		u->seen = ahead < SIP_NONCE_WINDOW ? u->seen << ahead | 1 : 1;
		u->top = nc;
		return SIP_NONCE_GOOD;
	}
	uint32_t behind = u->top - nc;
	if (behind >= SIP_NONCE_WINDOW || (u->seen >> behind & 1) != 0)
		return SIP_NONCE_REPLAYED;
	u->seen |= UINT64_C(1) << behind;
	return SIP_NONCE_GOOD;
}

enum sip_nonce_verdict sip_nonces_check(struct sip_nonces *n, struct sip_digest_hash *h, struct sip_str scope,
					struct sip_str nonce, uint32_t nc, int64_t now_us)
{
	int64_t stamp_us;
	enum sip_nonce_verdict verdict;
	MUST_BE(&n->ref, NONCES_MAGIC);
	verdict = read_nonce(n, h, scope, nonce, now_us, &stamp_us);
	if (verdict != SIP_NONCE_GOOD || nc == 0)
		return verdict;
	uint64_t hash = sip_hash_mix(0, (uint64_t)stamp_us);
	struct nonce_stripe *s = &n->stripes[hash >> 60 & (NONCE_STRIPES - 1)];
	pthread_mutex_lock(&s->lock);
	forget_old(n, s, now_us);
	struct nonce_use *u = find_use(s, hash, stamp_us);
	verdict = u ? use_again(u, nc) : use_first(s, hash, stamp_us, nc);
	pthread_mutex_unlock(&s->lock);
	return verdict;
}

size_t sip_nonces_count(struct sip_nonces *n)
{
	size_t count = 0;
	for (size_t i = 0; i < NONCE_STRIPES; i++) {
		pthread_mutex_lock(&n->stripes[i].lock);
		count += n->stripes[i].table.count;
		pthread_mutex_unlock(&n->stripes[i].lock);
	}
	return count;
}

/* ---- for another process: key, newest stamp, floors; then each use, in order --------------------------------------------- */

enum { HEAD_BYTES = KEY_BYTES + TIME_BYTES * (1 + NONCE_STRIPES), USE_BYTES = 3 * TIME_BYTES };

static void put_number(struct sip_buf *b, int64_t value)
{
	unsigned char bytes[TIME_BYTES];

	put_stamp(bytes, value);
	sip_buf_put(b, bytes, sizeof bytes);
}

static int64_t number_at(struct sip_str bytes, size_t at)
{
	unsigned char raw[TIME_BYTES];

	memcpy(raw, bytes.p + at, sizeof raw);
	return get_stamp(raw);
}

static void put_uses(struct sip_buf *b, struct nonce_stripe *s)
{
	SIP_LIST_FOR_SAFE(at, after, &s->order) {
		const struct nonce_use *u = SIP_CONTAINER(at, struct nonce_use, order);

		put_number(b, u->stamp_us);
		put_number(b, (int64_t)u->seen);
		put_number(b, u->top);
	}
}

void sip_nonces_put(struct sip_nonces *n, struct sip_buf *b)
{
	MUST_BE(&n->ref, NONCES_MAGIC);
	for (size_t i = 0; i < NONCE_STRIPES; i++)
		pthread_mutex_lock(&n->stripes[i].lock);
	sip_buf_put(b, n->key, KEY_BYTES);
	put_number(b, __atomic_load_n(&n->last_us, __ATOMIC_RELAXED));
	for (size_t i = 0; i < NONCE_STRIPES; i++)
		put_number(b, n->stripes[i].floor_us);
	for (size_t i = 0; i < NONCE_STRIPES; i++)
		put_uses(b, &n->stripes[i]);
	for (size_t i = 0; i < NONCE_STRIPES; i++)
		pthread_mutex_unlock(&n->stripes[i].lock);
}

static enum sip_err take_use(struct sip_nonces *n, int64_t stamp_us, uint64_t seen, uint32_t top)
{
	uint64_t hash = sip_hash_mix(0, (uint64_t)stamp_us);
	struct nonce_stripe *s = &n->stripes[hash >> 60 & (NONCE_STRIPES - 1)];
	enum sip_nonce_verdict verdict;

	pthread_mutex_lock(&s->lock);
	verdict = find_use(s, hash, stamp_us) ? SIP_NONCE_REPLAYED : use_first(s, hash, stamp_us, top);
	if (verdict == SIP_NONCE_GOOD)
		find_use(s, hash, stamp_us)->seen = seen;
	pthread_mutex_unlock(&s->lock);
	if (verdict == SIP_NONCE_GOOD)
		return SIP_OK;
	/* Behind the floor of a smaller table it is stale in any case. */
	return verdict == SIP_NONCE_REPLAYED ? SIP_E_SYNTAX : stamp_us <= s->floor_us ? SIP_OK : SIP_E_NOMEM;
}

enum sip_err sip_nonces_take(struct sip_nonces *n, struct sip_str bytes)
{
	enum sip_err err = SIP_OK;

	MUST_BE(&n->ref, NONCES_MAGIC);
	if (bytes.len < HEAD_BYTES || (bytes.len - HEAD_BYTES) % USE_BYTES != 0)
		return SIP_E_SYNTAX;
	memcpy(n->key, bytes.p, KEY_BYTES);
	n->last_us = number_at(bytes, KEY_BYTES);
	for (size_t at = HEAD_BYTES; at < bytes.len && err == SIP_OK; at += USE_BYTES) {
		int64_t seen = number_at(bytes, at + TIME_BYTES), top = number_at(bytes, at + 2 * TIME_BYTES);

		err = top < 1 || top > UINT32_MAX ? SIP_E_SYNTAX : take_use(n, number_at(bytes, at), (uint64_t)seen, (uint32_t)top);
	}
	for (size_t i = 0; i < NONCE_STRIPES; i++) {
		int64_t floor_us = number_at(bytes, KEY_BYTES + TIME_BYTES * (1 + i));

		if (floor_us > n->stripes[i].floor_us)
			n->stripes[i].floor_us = floor_us;
	}
	return err;
}
