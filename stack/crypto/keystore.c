/*
 * The keystore: our certificates with their keys and chains, found by the names they are shown for, and what we trust. Read once
 * from files by keystore_load.c; afterwards nothing changes it, so any thread may look. (RFC 5922 4)
 */
#include "stack/crypto/keystore_priv.h"

#include "stack/crypto/crypto.h"

static void free_pair(struct sip__pair *p)
{
	X509_free(p->certificate);
	sk_X509_pop_free(p->chain, X509_free);
	EVP_PKEY_free(p->key);
	sip_buf_fini(&p->ocsp);
	sip_free(p->path);
	sip_free(p);
}

static bool free_name(void *arg, struct sip_hash_node *node)
{
	struct sip_keystore *k = arg;
	(void)sip_hash_remove(&k->names, node);
	sip_free(SIP_CONTAINER(node, struct sip__pair_name, node));
	return true;
}

static void destroy(void *object)
{
	struct sip_keystore *k = object;
	struct sip_list *link;
	sip_hash_walk(&k->names, free_name, k);
	sip_hash_fini(&k->names);
	while ((link = sip_list_pop(&k->pairs)) != NULL)
		free_pair(SIP_CONTAINER(link, struct sip__pair, link));
	X509_STORE_free(k->store);
	sip_free(k);
}

enum sip_err sip__keystore_create(struct sip_keystore **out)
{
	struct sip_rand rand;
	struct sip_keystore *k = sip_alloc_zero(sizeof(*k));
	if (!k)
		return SIP_E_NOMEM;
	sip_ref_init(&k->ref, SIP__KEYSTORE_MAGIC, destroy);
	sip_list_init(&k->pairs);
	sip_hash_init(&k->names, 0);
	sip_rand_init_os(&rand);
	sip_rand_fill(&rand, &k->key, sizeof(k->key));
	k->store = X509_STORE_new();
	if (!k->store) {
		sip_keystore_unref(&k);
		return SIP_E_NOMEM;
	}
	*out = k;
	return SIP_OK;
}

void sip_keystore_ref(struct sip_keystore *k)
{
	MUST_BE(&k->ref, SIP__KEYSTORE_MAGIC);
	sip_ref_get(&k->ref);
}

void sip_keystore_unref(struct sip_keystore **pk)
{
	struct sip_keystore *k = *pk;
	if (!k)
		return;
	MUST_BE(&k->ref, SIP__KEYSTORE_MAGIC);
	*pk = NULL;
	sip_ref_put(&k->ref);
}

size_t sip_keystore_pairs(const struct sip_keystore *k)
{
	MUST_BE(&k->ref, SIP__KEYSTORE_MAGIC);
	return k->names.count;
}

int64_t sip_keystore_expires(const struct sip_keystore *k)
{
	MUST_BE(&k->ref, SIP__KEYSTORE_MAGIC);
	return k->expires;
}

X509_STORE *sip__keystore_store(const struct sip_keystore *k)
{
	return k->store;
}

const unsigned char *sip__keystore_trust(const struct sip_keystore *k)
{
	return k->trust;
}

/* ---- pairs ------------------------------------------------------------------------------------------------------------- */

static const struct sip__pair *pair_of(const struct sip_keystore *k, struct sip_list *link)
{
	return link == &k->pairs ? NULL : SIP_CONTAINER(link, struct sip__pair, link);
}

const struct sip__pair *sip__keystore_first(const struct sip_keystore *k)
{
	return pair_of(k, k->pairs.next);
}

const struct sip__pair *sip__keystore_next(const struct sip_keystore *k, const struct sip__pair *pair)
{
	return pair_of(k, pair->link.next);
}

static const struct sip__pair *find_exactly(const struct sip_keystore *k, struct sip_str name)
{
	struct sip_hash_node *node = sip_hash_first(&k->names, sip_hash_nocase(&k->key, name));
	for (; node; node = sip_hash_next(node)) {
		const struct sip__pair_name *n = SIP_CONTAINER(node, struct sip__pair_name, node);
		if (sip_str_eq_nocase(sip_str_make(n->text, n->len), name))
			return n->pair;
	}
	return NULL;
}

const struct sip__pair *sip__keystore_find(const struct sip_keystore *k, struct sip_str name)
{
	char text[SIP__DOMAIN_MAX];
	struct sip_buf b;
	if (name.len > 1 && name.p[name.len - 1] == '.')
		name.len--;
	const struct sip__pair *pair = find_exactly(k, name);
	struct sip_str parent = sip_str_from(name, sip_str_find(name, '.'));
	if (pair || parent.len == 0)
		return pair;
	sip_buf_init_fixed(&b, text, sizeof(text));
	SIP_BUF_LIT(&b, "*");
	sip_buf_put_str(&b, parent);
	return b.err == SIP_OK ? find_exactly(k, sip_buf_str(&b)) : NULL;
}

enum sip_err sip__keystore_add_name(struct sip_keystore *k, const struct sip__pair *pair, struct sip_str name)
{
	/* Who came first keeps it. */
	if (name.len == 0 || name.len > SIP__DOMAIN_MAX || find_exactly(k, name))
		return SIP_OK;
	struct sip__pair_name *n = sip_alloc(sizeof(*n) + name.len);
	if (!n)
		return SIP_E_NOMEM;
	n->pair = pair;
	n->len = name.len;
	memcpy(n->text, name.p, name.len);
	enum sip_err err = sip_hash_add(&k->names, &n->node, sip_hash_nocase(&k->key, name));
	if (err != SIP_OK)
		sip_free(n);
	return err;
}
