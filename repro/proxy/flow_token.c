/* Flow tokens: see the door. The lock covers the table and the hash, a microsecond at a time. RFC 5626 5.2, RFC 2104. */
#include "repro/proxy/flow_token.h"

#include "stack/base/escape.h"
#include "stack/crypto/crypto.h"

#include <pthread.h>

#define MAGIC 0x464c544bu
#define PREFIX "flow."
enum { KEY_LEN = 32, NAME_LEN = 16, MAC_LEN = 16 };
_Static_assert(REPRO_FLOW_TOKEN_LEN == sizeof PREFIX - 1 + 2 * (NAME_LEN + MAC_LEN), "the door says how long one is");

struct raw { /* a token as bytes: the name of a flow, which is never used again in any process, and its proof */
	unsigned char process[NAME_LEN / 2];
	unsigned char id[NAME_LEN / 2];
	unsigned char mac[MAC_LEN];
};

struct named { /* a flow that has a token */
	struct sip_hash_node node;
	struct sip_flow *flow; /* owned: a reference */
};

struct repro_flow_tokens {
	struct sip_ref ref;
	unsigned char key[KEY_LEN];
	unsigned char process[NAME_LEN / 2];
	pthread_mutex_t lock; /* of what follows */
	struct sip_digest_hash *hash; /* owned */
	struct sip_hash table;
};

static bool drop(void *arg, struct sip_hash_node *node)
{
	struct named *n = SIP_CONTAINER(node, struct named, node);

	(void)arg;
	sip_flow_unref(&n->flow);
	sip_free(n);
	return true;
}

static void destroy(void *object)
{
	struct repro_flow_tokens *t = object;

	sip_hash_walk(&t->table, drop, NULL);
	sip_hash_fini(&t->table);
	sip_digest_hash_destroy(&t->hash);
	pthread_mutex_destroy(&t->lock);
	sip_crypto_wipe(t->key, sizeof t->key);
	sip_free(t);
}

enum sip_err repro_flow_tokens_create(struct sip_rand *rand, size_t flows_max, struct repro_flow_tokens **out)
{
	struct repro_flow_tokens *t = sip_alloc_zero(sizeof *t);
	enum sip_err err;

	*out = NULL;
	if (!t)
		return SIP_E_NOMEM;
	sip_ref_init(&t->ref, MAGIC, destroy);
	pthread_mutex_init(&t->lock, NULL);
	sip_hash_init(&t->table, flows_max ? flows_max : REPRO_FLOW_TOKENS_MAX);
	sip_rand_fill(rand, t->key, sizeof t->key);
	sip_rand_fill(rand, t->process, sizeof t->process);
	err = sip_digest_hash_create(&t->hash);
	if (err != SIP_OK)
		repro_flow_tokens_unref(&t);
	*out = t;
	return err;
}

void repro_flow_tokens_ref(struct repro_flow_tokens *t)
{
	MUST_BE(&t->ref, MAGIC);
	sip_ref_get(&t->ref);
}

void repro_flow_tokens_unref(struct repro_flow_tokens **t)
{
	if (*t)
		sip_ref_put(&(*t)->ref);
	*t = NULL;
}

static uint64_t mix(uint64_t id)
{
	return sip_hash_mix(0x666c6f7773u, id);
}

static struct named *find(const struct repro_flow_tokens *t, uint64_t id)
{
	struct sip_hash_node *n = sip_hash_first(&t->table, mix(id));

	for (; n; n = sip_hash_next(n)) {
		struct named *named = SIP_CONTAINER(n, struct named, node);
		if (sip_flow_id(named->flow) == id)
			return named;
	}
	return NULL;
}

static void forget(struct repro_flow_tokens *t, uint64_t id)
{
	struct named *n = find(t, id);

	if (n && sip_hash_remove(&t->table, &n->node))
		(void)drop(NULL, &n->node);
}

void repro_flow_tokens_forget(struct repro_flow_tokens *t, const struct sip_flow *f)
{
	pthread_mutex_lock(&t->lock);
	forget(t, sip_flow_id(f));
	pthread_mutex_unlock(&t->lock);
}

/* A flow that goes meanwhile is told of after its state has changed, and so after it is in the table. */
static enum sip_err keep(struct repro_flow_tokens *t, struct sip_flow *f)
{
	struct named *n;
	enum sip_err err;

	if (find(t, sip_flow_id(f)))
		return SIP_OK;
	n = sip_alloc_zero(sizeof *n);
	if (!n)
		return SIP_E_NOMEM;
	err = sip_hash_add(&t->table, &n->node, mix(sip_flow_id(f)));
	if (err != SIP_OK) {
		sip_free(n);
		return err;
	}
	n->flow = f;
	sip_flow_ref(f);
	if (sip_flow_state(f) != SIP_FLOW_GONE)
		return SIP_OK;
	forget(t, sip_flow_id(f));
	return SIP_E_CLOSED;
}

static enum sip_err prove(struct repro_flow_tokens *t, const struct raw *raw, unsigned char out[SIP_HMAC_SIZE])
{
	return sip_digest_hash_hmac(t->hash, sip_str_make((const char *)t->key, sizeof t->key),
				    sip_str_make((const char *)raw->process, NAME_LEN), out);
}

enum sip_err repro_flow_token_put(struct repro_flow_tokens *t, struct sip_flow *f, struct sip_buf *b)
{
	unsigned char mac[SIP_HMAC_SIZE];
	uint64_t id = sip_flow_id(f);
	struct raw raw;
	enum sip_err err;

	memcpy(raw.process, t->process, sizeof raw.process);
	memcpy(raw.id, &id, sizeof raw.id);
	pthread_mutex_lock(&t->lock);
	err = keep(t, f);
	if (err == SIP_OK)
		err = prove(t, &raw, mac);
	pthread_mutex_unlock(&t->lock);
	if (err != SIP_OK)
		return err;
	memcpy(raw.mac, mac, sizeof raw.mac);
	SIP_BUF_LIT(b, PREFIX);
	sip_buf_put_hex(b, &raw, sizeof raw);
	return b->err;
}

bool repro_flow_token_is_due(enum sip_transport_kind kind)
{
	return sip_transport_kinds[kind].is_web || sip_transport_kinds[kind].is_secure;
}

bool repro_flow_token_is(struct sip_str user)
{
	return user.len >= sizeof PREFIX - 1 && memcmp(user.p, PREFIX, sizeof PREFIX - 1) == 0;
}

static enum sip_err read_locked(struct repro_flow_tokens *t, const struct raw *raw, struct sip_flow **out)
{
	unsigned char mac[SIP_HMAC_SIZE];
	const struct named *n;
	uint64_t id;
	enum sip_err err = prove(t, raw, mac);

	if (err != SIP_OK)
		return err;
	if (!sip_crypto_is_equal(sip_str_make((const char *)raw->mac, MAC_LEN), sip_str_make((const char *)mac, MAC_LEN)))
		return SIP_E_SYNTAX;
	memcpy(&id, raw->id, sizeof id);
	n = find(t, id);
	if (!n || sip_flow_state(n->flow) == SIP_FLOW_GONE)
		return SIP_E_CLOSED;
	*out = n->flow;
	sip_flow_ref(*out);
	return SIP_OK;
}

enum sip_err repro_flow_token_read(struct repro_flow_tokens *t, struct sip_str user, struct sip_flow **out)
{
	struct raw raw;
	enum sip_err err;

	*out = NULL;
	if (user.len != REPRO_FLOW_TOKEN_LEN || !repro_flow_token_is(user) ||
	    sip_hex_decode(sip_str_from(user, sizeof PREFIX - 1), &raw, sizeof raw) != SIP_OK)
		return SIP_E_SYNTAX;
	/* Of another process: nothing of it is believed, and no flow of it is left (RFC 5626 5.3.1). */
	if (memcmp(raw.process, t->process, sizeof raw.process) != 0)
		return SIP_E_CLOSED;
	pthread_mutex_lock(&t->lock);
	err = read_locked(t, &raw, out);
	pthread_mutex_unlock(&t->lock);
	return err;
}
