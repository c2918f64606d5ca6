/*
 * The keys of the tickets a server gives: a new one each day, made when one is needed; tickets of the one before are taken for another
 * day and renewed. Who steals a key reads two days, not years. Contexts that follow each other share them; any thread. (RFC 9325 3.4)
 */
#include "stack/crypto/crypto_priv.h"

#include "stack/crypto/crypto.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <pthread.h>

enum { KEY_LIFE = 24 * 60 * 60 /* seconds */, IV_SIZE = 16 };

struct sip__tls_tickets {
	struct sip_ref ref;
	pthread_mutex_t lock;
	struct sip__ticket_key present;
	struct sip__ticket_key previous; /* at first one that was never used */
	int64_t since;                   /* the present one was made, seconds since 1970 */
};
#define TICKETS_MAGIC 0x746c746bu

static void destroy(void *object)
{
	struct sip__tls_tickets *t = object;
	pthread_mutex_destroy(&t->lock);
	sip_crypto_wipe(t, sizeof(*t));
	sip_free(t);
}

enum sip_err sip__tls_tickets_create(struct sip__tls_tickets **out)
{
	struct sip__tls_tickets *t = sip_alloc_zero(sizeof(*t));
	if (!t)
		return SIP_E_NOMEM;
	t->since = sip__cert_time_now();
	bool is_good = t->since >= 0 && RAND_bytes((unsigned char *)&t->present, sizeof(t->present)) == 1 &&
		       RAND_bytes((unsigned char *)&t->previous, sizeof(t->previous)) == 1;
	if (!is_good || pthread_mutex_init(&t->lock, NULL) != 0) {
		sip_free(t);
		return SIP_E_NOMEM;
	}
	sip_ref_init(&t->ref, TICKETS_MAGIC, destroy);
	*out = t;
	return SIP_OK;
}

void sip__tls_tickets_ref(struct sip__tls_tickets *t)
{
	MUST_BE(&t->ref, TICKETS_MAGIC);
	sip_ref_get(&t->ref);
}

void sip__tls_tickets_unref(struct sip__tls_tickets **pt)
{
	struct sip__tls_tickets *t = *pt;
	if (!t)
		return;
	MUST_BE(&t->ref, TICKETS_MAGIC);
	*pt = NULL;
	sip_ref_put(&t->ref);
}

/* ---- which key --------------------------------------------------------------------------------------------------------- */

/* A clock that was set back ends the day too: nobody knows how much of it was left. */
static bool change_keys(struct sip__tls_tickets *t)
{
	struct sip__ticket_key fresh[2];
	int64_t now = sip__cert_time_now();
	if (now >= t->since && now - t->since < KEY_LIFE)
		return true;
	if (now < 0 || RAND_bytes((unsigned char *)fresh, sizeof(fresh)) != 1)
		return false;
	t->previous = now - t->since < 2 * KEY_LIFE ? t->present : fresh[1];
	t->present = fresh[0];
	t->since = now;
	sip_crypto_wipe(fresh, sizeof(fresh));
	return true;
}

enum sip_err sip__tls_tickets_present(struct sip__tls_tickets *t, struct sip__ticket_key *out)
{
	pthread_mutex_lock(&t->lock);
	bool is_good = change_keys(t);
	if (is_good)
		*out = t->present;
	pthread_mutex_unlock(&t->lock);
	return is_good ? SIP_OK : SIP_E_NOMEM;
}

enum sip_err sip__tls_tickets_find(struct sip__tls_tickets *t, const unsigned char name[SIP__TICKET_NAME_SIZE],
				   struct sip__ticket_key *out, bool *is_previous)
{
	const struct sip__ticket_key *key = NULL;
	pthread_mutex_lock(&t->lock);
	bool is_good = change_keys(t);
	*is_previous = memcmp(name, t->previous.name, SIP__TICKET_NAME_SIZE) == 0;
	if (*is_previous)
		key = &t->previous;
	else if (memcmp(name, t->present.name, SIP__TICKET_NAME_SIZE) == 0)
		key = &t->present;
	if (is_good && key)
		*out = *key;
	pthread_mutex_unlock(&t->lock);
	if (!is_good)
		return SIP_E_NOMEM;
	return key ? SIP_OK : SIP_E_NOTFOUND;
}

/* ---- for OpenSSL ------------------------------------------------------------------------------------------------------- */

static bool set_mac(EVP_MAC_CTX *mac, struct sip__ticket_key *key)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac, sizeof(key->mac)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

int sip__tls_tickets_on_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int is_giving)
{
	struct sip__tls_tickets *t = sip__tls_session_of(ssl)->context->tickets;
	struct sip__ticket_key key;
	bool is_previous = false;
	enum sip_err err = is_giving ? sip__tls_tickets_present(t, &key) : sip__tls_tickets_find(t, name, &key, &is_previous);
	if (err != SIP_OK)
		return err == SIP_E_NOTFOUND ? 0 : -1;
	bool is_good = set_mac(mac, &key);
	if (is_giving) {
		memcpy(name, key.name, sizeof(key.name));
		is_good = is_good && RAND_bytes(iv, IV_SIZE) == 1;
	}
	is_good = is_good && EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher, iv, is_giving) == 1;
	sip_crypto_wipe(&key, sizeof(key));
	if (!is_good)
		return -1;
	/* To be renewed: "Clients SHOULD NOT reuse a ticket for multiple connections" (RFC 8446 C.4) */
	return is_previous || SSL_version(ssl) == TLS1_3_VERSION ? 2 : 1;
}
