/* What the keystore is made of: for the one that keeps it and the one that reads it from files. */
#ifndef STACK_CRYPTO_KEYSTORE_PRIV_H
#define STACK_CRYPTO_KEYSTORE_PRIV_H

#include "stack/crypto/crypto_priv.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIP__DOMAIN_MAX 255 /* RFC 1035 2.3.4 */

struct sip__pair_name {
	struct sip_hash_node node;
	const struct sip__pair *pair; /* lent by the keystore */
	size_t len;
	char text[];
};

struct sip_keystore {
	struct sip_ref ref;
	struct sip_list pairs;     /* owned sip__pair; the first is shown to who names nobody */
	struct sip_hash names;     /* owned sip__pair_name */
	struct sip_hash_key key;   /* of names: who asks is anybody */
	X509_STORE *store;         /* owned; authorities and revocation lists */
	unsigned char trust[SIP__TRUST_SIZE];
	int64_t expires;
};
#define SIP__KEYSTORE_MAGIC 0x6b657973u

enum sip_err sip__keystore_create(struct sip_keystore **out) SIP_MUST_USE;
/* The pair is found by this name, unless another is already. */
enum sip_err sip__keystore_add_name(struct sip_keystore *k, const struct sip__pair *pair, struct sip_str name) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
