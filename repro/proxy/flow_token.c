/* Flow tokens: see the door. The lock covers the table and the hash, a microsecond at a time. RFC 5626 5.2, RFC 2104. */
#include "repro/proxy/flow_token.h"

#include "stack/base/escape.h"
#include "stack/crypto/crypto.h"

#include <pthread.h>

#define MAGIC 0x464c544bu
#define PREFIX "flow."
enum { KEY_LEN = 32, MAKER_LEN = 8, ID_LEN = 8, MAC_LEN = 16 };
enum {
	STREAM_LEN = MAKER_LEN + ID_LEN, /* which process, which of its flows: never used again in any process */
	NAME_MAX_LEN = MAKER_LEN + 2 * SIP_ADDR_PACKED_MAX /* of UDP: which key, ours, theirs: the flow, whichever process sends by it */
};
_Static_assert(REPRO_FLOW_TOKEN_MAX == sizeof PREFIX - 1 + 2 * (NAME_MAX_LEN + MAC_LEN), "the door says how long one is at most");

struct name { /* of a flow: all of its token but the proof */
	unsigned char bytes[NAME_MAX_LEN];
	size_t len;
};

struct named { /* a flow that has a token; by its name, which is the flow's own */
	struct sip_hash_node node;
	struct sip_flow *flow; /* owned: a reference */
};

/* What is handed over: tokens of datagrams outlive the process. */
struct secret {
	unsigned char key[KEY_LEN];
	unsigned char maker[MAKER_LEN];
};

struct repro_flow_tokens {
	struct sip_ref ref;
	struct secret secret;
	unsigned char process[MAKER_LEN];
	struct sip_hash_key table_key;
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
	sip_crypto_wipe(&t->secret, sizeof t->secret);
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
	sip_rand_fill(rand, &t->secret, sizeof t->secret);
	sip_rand_fill(rand, t->process, sizeof t->process);
	sip_rand_fill(rand, &t->table_key, sizeof t->table_key);
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

/* ---- names ------------------------------------------------------------------------------------------------------------ */

static void put(struct name *n, const void *bytes, size_t len)
{
	memcpy(n->bytes + n->len, bytes, len);
	n->len += len;
}

static void put_addr(struct name *n, const struct sip_addr *a)
{
	n->len += sip_addr_pack(a, (char *)n->bytes + n->len);
}

/* False: it is none of UDP. */
static bool ends_of(const struct name *n, struct repro_flow_ends *ends)
{
	struct sip_str rest = sip_str_make((const char *)n->bytes + MAKER_LEN, n->len - MAKER_LEN);
	size_t local = sip_addr_unpack(rest, &ends->local), remote;

	rest = sip_str_from(rest, local);
	remote = local ? sip_addr_unpack(rest, &ends->remote) : 0;
	return remote && remote == rest.len;
}

static void name_of(const struct repro_flow_tokens *t, const struct sip_flow *f, struct name *n)
{
	uint64_t id = sip_flow_id(f);

	n->len = 0;
	if (sip_flow_kind(f) == SIP_TRANSPORT_UDP) {
		put(n, t->secret.maker, MAKER_LEN);
		put_addr(n, sip_flow_local(f));
		put_addr(n, sip_flow_remote(f));
	} else {
		put(n, t->process, MAKER_LEN);
		put(n, &id, ID_LEN);
	}
}

static bool is_made_by(const struct name *n, const unsigned char maker[MAKER_LEN])
{
	return memcmp(n->bytes, maker, MAKER_LEN) == 0;
}

static enum sip_err prove(struct repro_flow_tokens *t, const struct name *n, unsigned char out[SIP_HMAC_SIZE])
{
	return sip_digest_hash_hmac(t->hash, sip_str_make((const char *)t->secret.key, KEY_LEN),
				    sip_str_make((const char *)n->bytes, n->len), out);
}

/* ---- the table -------------------------------------------------------------------------------------------------------- */

static uint64_t hash_of(const struct repro_flow_tokens *t, const struct name *n)
{
	return sip_hash_bytes(&t->table_key, n->bytes, n->len);
}

static struct named *find(const struct repro_flow_tokens *t, const struct name *name)
{
	struct sip_hash_node *n = sip_hash_first(&t->table, hash_of(t, name));

	for (; n; n = sip_hash_next(n)) {
		struct named *named = SIP_CONTAINER(n, struct named, node);
		struct name own;

		name_of(t, named->flow, &own);
		if (own.len == name->len && memcmp(own.bytes, name->bytes, name->len) == 0)
			return named;
	}
	return NULL;
}

/* Of UDP there may be another one by this name already. */
static void forget(struct repro_flow_tokens *t, const struct name *name, const struct sip_flow *f)
{
	struct named *n = find(t, name);

	if (n && n->flow == f && sip_hash_remove(&t->table, &n->node))
		(void)drop(NULL, &n->node);
}

void repro_flow_tokens_forget(struct repro_flow_tokens *t, const struct sip_flow *f)
{
	struct name name;

	name_of(t, f, &name);
	pthread_mutex_lock(&t->lock);
	forget(t, &name, f);
	pthread_mutex_unlock(&t->lock);
}

static enum sip_err add(struct repro_flow_tokens *t, const struct name *name, struct sip_flow *f)
{
	struct named *n = sip_alloc_zero(sizeof *n);
	enum sip_err err;

	if (!n)
		return SIP_E_NOMEM;
	err = sip_hash_add(&t->table, &n->node, hash_of(t, name));
	if (err != SIP_OK) {
		sip_free(n);
		return err;
	}
	n->flow = f;
	sip_flow_ref(f);
	return SIP_OK;
}

/* A flow that goes meanwhile is told of after its state has changed, and so after it is in the table. */
static enum sip_err keep(struct repro_flow_tokens *t, const struct name *name, struct sip_flow *f)
{
	const struct named *n = find(t, name);
	enum sip_err err;

	if (n && n->flow == f)
		return SIP_OK;
	if (n)
		forget(t, name, n->flow);
	err = add(t, name, f);
	if (err != SIP_OK || sip_flow_state(f) != SIP_FLOW_GONE)
		return err;
	forget(t, name, f);
	return SIP_E_CLOSED;
}

enum sip_err repro_flow_token_keep(struct repro_flow_tokens *t, struct sip_flow *f)
{
	struct name name;
	enum sip_err err;

	name_of(t, f, &name);
	pthread_mutex_lock(&t->lock);
	err = keep(t, &name, f);
	pthread_mutex_unlock(&t->lock);
	return err;
}

/* ---- tokens ----------------------------------------------------------------------------------------------------------- */

enum sip_err repro_flow_token_put(struct repro_flow_tokens *t, struct sip_flow *f, struct sip_buf *b)
{
	unsigned char mac[SIP_HMAC_SIZE];
	struct name name;
	enum sip_err err;

	name_of(t, f, &name);
	pthread_mutex_lock(&t->lock);
	err = keep(t, &name, f);
	if (err == SIP_OK)
		err = prove(t, &name, mac);
	pthread_mutex_unlock(&t->lock);
	if (err != SIP_OK)
		return err;
	SIP_BUF_LIT(b, PREFIX);
	sip_buf_put_hex(b, name.bytes, name.len);
	sip_buf_put_hex(b, mac, MAC_LEN);
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

struct token {
	struct name name;
	struct repro_flow_ends ends; /* of UDP */
	unsigned char mac[MAC_LEN];
};

/* Nothing of it is proven yet. */
static enum sip_err parse(struct sip_str user, struct token *out)
{
	unsigned char raw[NAME_MAX_LEN + MAC_LEN];
	struct sip_str hex = repro_flow_token_is(user) ? sip_str_from(user, sizeof PREFIX - 1) : user;
	size_t len = hex.len / 2;

	if (hex.len == user.len || hex.len % 2 || len < MAC_LEN || len > sizeof raw || sip_hex_decode(hex, raw, len) != SIP_OK)
		return SIP_E_SYNTAX;
	out->name.len = len - MAC_LEN;
	memcpy(out->name.bytes, raw, out->name.len);
	memcpy(out->mac, raw + out->name.len, MAC_LEN);
	return out->name.len == STREAM_LEN || (out->name.len > STREAM_LEN && ends_of(&out->name, &out->ends)) ? SIP_OK : SIP_E_SYNTAX;
}

static enum sip_err read_locked(struct repro_flow_tokens *t, const struct token *token, struct sip_flow **out)
{
	unsigned char mac[SIP_HMAC_SIZE];
	const struct named *n;
	enum sip_err err = prove(t, &token->name, mac);

	if (err != SIP_OK)
		return err;
	if (!sip_crypto_is_equal(sip_str_make((const char *)token->mac, MAC_LEN), sip_str_make((const char *)mac, MAC_LEN)))
		return SIP_E_SYNTAX;
	n = find(t, &token->name);
	if (!n || sip_flow_state(n->flow) == SIP_FLOW_GONE)
		return token->name.len == STREAM_LEN ? SIP_E_CLOSED : SIP_E_NOTFOUND;
	*out = n->flow;
	sip_flow_ref(*out);
	return SIP_OK;
}

enum sip_err repro_flow_token_read(struct repro_flow_tokens *t, struct sip_str user, struct sip_flow **out,
				   struct repro_flow_ends *ends)
{
	struct token token;
	enum sip_err err = parse(user, &token);

	*out = NULL;
	if (err != SIP_OK)
		return err;
	/* Of another key or process: nothing of it is believed, and no flow of it is left (RFC 5626 5.3.1). */
	if (!is_made_by(&token.name, token.name.len == STREAM_LEN ? t->process : t->secret.maker))
		return SIP_E_CLOSED;
	pthread_mutex_lock(&t->lock);
	err = read_locked(t, &token, out);
	pthread_mutex_unlock(&t->lock);
	if (err == SIP_E_NOTFOUND)
		*ends = token.ends;
	return err;
}

bool repro_flow_token_is_here(struct repro_flow_tokens *t, struct sip_str user)
{
	struct sip_flow *f = NULL;
	struct token token;
	bool is_here;

	if (parse(user, &token) != SIP_OK || token.name.len != STREAM_LEN || !is_made_by(&token.name, t->process))
		return false;
	pthread_mutex_lock(&t->lock);
	is_here = read_locked(t, &token, &f) == SIP_OK && sip_flow_state(f) == SIP_FLOW_OPEN;
	pthread_mutex_unlock(&t->lock);
	sip_flow_unref(&f);
	return is_here;
}

/* ---- hand-over -------------------------------------------------------------------------------------------------------- */

void repro_flow_tokens_put_secret(const struct repro_flow_tokens *t, struct sip_buf *b)
{
	sip_buf_put(b, &t->secret, sizeof t->secret);
}

enum sip_err repro_flow_tokens_take_secret(struct repro_flow_tokens *t, struct sip_str secret)
{
	if (secret.len != sizeof t->secret)
		return SIP_E_SYNTAX;
	memcpy(&t->secret, secret.p, sizeof t->secret);
	return SIP_OK;
}
