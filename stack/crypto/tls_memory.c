/*
 * Sessions a client may resume, by the name it called and the address it reached: their bytes, for OpenSSL's object of one keeps
 * a whole chain of certificates. A context has one, its successor goes on with it; any thread. (RFC 5077, RFC 8446 2.2)
 */
#include "stack/crypto/crypto_priv.h"

#include "stack/crypto/crypto.h"

#include <pthread.h>

enum { SESSION_MOST = 16 * 1024 };

struct entry {
	struct sip_hash_node node;
	struct sip_list use;
	struct sip_addr peer;
	size_t name_len;
	size_t len;            /* of the session's bytes, which follow the name */
	unsigned char bytes[];
};

struct sip__tls_memory {
	struct sip_ref ref;
	pthread_mutex_t lock;
	struct sip_hash entries; /* owned */
	struct sip_list used;    /* of entries, the last used first */
	struct sip_hash_key key;
	size_t limit;
};
#define MEMORY_MAGIC 0x746c736du

static struct sip_str name_of(const struct entry *e)
{
	return sip_str_make((const char *)e->bytes, e->name_len);
}

static void free_entry(struct entry *e)
{
	sip_crypto_wipe(e->bytes, e->name_len + e->len);
	sip_free(e);
}

static void forget(struct sip__tls_memory *m, struct entry *e)
{
	(void)sip_hash_remove(&m->entries, &e->node);
	sip_list_remove(&e->use);
	free_entry(e);
}

static void destroy(void *object)
{
	struct sip__tls_memory *m = object;
	while (!sip_list_is_empty(&m->used))
		forget(m, SIP_CONTAINER(m->used.prev, struct entry, use));
	sip_hash_fini(&m->entries);
	pthread_mutex_destroy(&m->lock);
	sip_crypto_wipe(m, sizeof(*m));
	sip_free(m);
}

enum sip_err sip__tls_memory_create(size_t limit, struct sip__tls_memory **out)
{
	struct sip_rand rand;
	struct sip__tls_memory *m = sip_alloc_zero(sizeof(*m));
	if (!m)
		return SIP_E_NOMEM;
	if (pthread_mutex_init(&m->lock, NULL) != 0) {
		sip_free(m);
		return SIP_E_NOMEM;
	}
	sip_ref_init(&m->ref, MEMORY_MAGIC, destroy);
	sip_hash_init(&m->entries, limit);
	sip_list_init(&m->used);
	sip_rand_init_os(&rand);
	sip_rand_fill(&rand, &m->key, sizeof(m->key));
	m->limit = limit;
	*out = m;
	return SIP_OK;
}

void sip__tls_memory_ref(struct sip__tls_memory *m)
{
	MUST_BE(&m->ref, MEMORY_MAGIC);
	sip_ref_get(&m->ref);
}

void sip__tls_memory_unref(struct sip__tls_memory **pm)
{
	struct sip__tls_memory *m = *pm;
	if (!m)
		return;
	MUST_BE(&m->ref, MEMORY_MAGIC);
	*pm = NULL;
	sip_ref_put(&m->ref);
}

static uint64_t hash_of(const struct sip__tls_memory *m, struct sip_str name, const struct sip_addr *peer)
{
	return sip_hash_mix(sip_hash_nocase(&m->key, name), sip_addr_hash(&m->key, peer));
}

static struct entry *find(struct sip__tls_memory *m, struct sip_str name, const struct sip_addr *peer)
{
	struct sip_hash_node *node = sip_hash_first(&m->entries, hash_of(m, name, peer));
	for (; node; node = sip_hash_next(node)) {
		struct entry *e = SIP_CONTAINER(node, struct entry, node);
		if (sip_str_eq_nocase(name_of(e), name) && sip_addr_eq(&e->peer, peer))
			return e;
	}
	return NULL;
}

static struct entry *make(struct sip_str name, const struct sip_addr *peer, SSL_SESSION *session)
{
	int len = i2d_SSL_SESSION(session, NULL);
	struct entry *e = len > 0 && len <= SESSION_MOST ? sip_alloc_zero(sizeof(*e) + name.len + (size_t)len) : NULL;
	if (!e)
		return NULL;
	unsigned char *at = e->bytes + name.len;
	memcpy(e->bytes, name.p, name.len);
	e->name_len = name.len;
	e->len = (size_t)i2d_SSL_SESSION(session, &at);
	e->peer = *peer;
	return e;
}

void sip__tls_memory_put(struct sip__tls_memory *m, struct sip_str name, const struct sip_addr *peer, SSL_SESSION *session)
{
	struct entry *e = make(name, peer, session);
	if (!e)
		return;
	pthread_mutex_lock(&m->lock);
	struct entry *old = find(m, name, peer);
	if (!old && m->entries.count == m->limit)
		old = SIP_CONTAINER(m->used.prev, struct entry, use);
	if (old)
		forget(m, old);
	if (sip_hash_add(&m->entries, &e->node, hash_of(m, name, peer)) == SIP_OK)
		sip_list_add_head(&m->used, &e->use);
	else
		free_entry(e);
	pthread_mutex_unlock(&m->lock);
}

SSL_SESSION *sip__tls_memory_find(struct sip__tls_memory *m, struct sip_str name, const struct sip_addr *peer)
{
	SSL_SESSION *session = NULL;
	pthread_mutex_lock(&m->lock);
	struct entry *e = find(m, name, peer);
	if (e) {
		const unsigned char *at = e->bytes + e->name_len;
		session = d2i_SSL_SESSION(NULL, &at, (long)e->len);
		sip_list_remove(&e->use);
		sip_list_add_head(&m->used, &e->use);
	}
	pthread_mutex_unlock(&m->lock);
	return session;
}

void sip__tls_memory_remove(struct sip__tls_memory *m, struct sip_str name, const struct sip_addr *peer)
{
	pthread_mutex_lock(&m->lock);
	struct entry *e = find(m, name, peer);
	if (e)
		forget(m, e);
	pthread_mutex_unlock(&m->lock);
}

size_t sip__tls_memory_count(struct sip__tls_memory *m)
{
	pthread_mutex_lock(&m->lock);
	size_t n = m->entries.count;
	pthread_mutex_unlock(&m->lock);
	return n;
}
