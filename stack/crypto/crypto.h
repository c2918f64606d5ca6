/*
 * stack/crypto: the only folder that includes OpenSSL. Hashes, keyed hashes and comparisons
 * whose time tells nothing. No global state; a context belongs to one thread at a time.
 */
#ifndef STACK_CRYPTO_CRYPTO_H
#define STACK_CRYPTO_CRYPTO_H

#include "stack/base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sip_digest_algorithm {
#define SIP_DIGEST_ALGORITHM(id, name, provider_name, size) SIP_DIGEST_##id,
#include "stack/crypto/digest_algorithm_table.h"
#undef SIP_DIGEST_ALGORITHM
	SIP_DIGEST_ALGORITHM_COUNT
};
#define SIP_DIGEST_SIZE_MAX 32
#define SIP_DIGEST_HEX_MAX (2 * SIP_DIGEST_SIZE_MAX + 1) /* lower-case hexadecimal and a zero */
#define SIP_HMAC_SIZE 32

/* "MD5", "SHA-256", "SHA-512-256"; static text. */
struct sip_str sip_digest_hash_name(enum sip_digest_algorithm algorithm);
/* By that name, case folded; NOTFOUND. */
enum sip_err sip_digest_hash_find(struct sip_str name, enum sip_digest_algorithm *out) SIP_MUST_USE;
/* Bytes of a hash: 16 or 32. */
size_t sip_digest_hash_size(enum sip_digest_algorithm algorithm);

/*
 * A context that hashes: the algorithms are fetched once, so keep one a loop. One thread at a time.
 * NOMEM; UNSUPPORTED when the library has no SHA-256 (a missing MD5, as under FIPS, shows when it is used).
 */
struct sip_digest_hash;
enum sip_err sip_digest_hash_create(struct sip_digest_hash **out) SIP_MUST_USE;
void sip_digest_hash_destroy(struct sip_digest_hash **h);

/* In pieces: begin, add, add …, end. Failures stick until end tells: UNSUPPORTED, NOMEM; STATE without a begin. */
void sip_digest_hash_begin(struct sip_digest_hash *h, enum sip_digest_algorithm algorithm);
void sip_digest_hash_add(struct sip_digest_hash *h, struct sip_str piece);
enum sip_err sip_digest_hash_end(struct sip_digest_hash *h, unsigned char out[SIP_DIGEST_SIZE_MAX]) SIP_MUST_USE;
/* The same, as lower-case hexadecimal, zero-terminated. */
enum sip_err sip_digest_hash_end_hex(struct sip_digest_hash *h, char out[SIP_DIGEST_HEX_MAX]) SIP_MUST_USE;
/* All at once. */
enum sip_err sip_digest_hash_once(struct sip_digest_hash *h, enum sip_digest_algorithm algorithm, struct sip_str text,
				  unsigned char out[SIP_DIGEST_SIZE_MAX]) SIP_MUST_USE;
/* HMAC-SHA-256 (RFC 2104), a key of any length. */
enum sip_err sip_digest_hash_hmac(struct sip_digest_hash *h, struct sip_str key, struct sip_str text,
				  unsigned char out[SIP_HMAC_SIZE]) SIP_MUST_USE;

/*
 * SHA-1, all at once, any thread. No secret rests on it: it is what a WebSocket handshake proves itself with (RFC 6455 1.3).
 * UNSUPPORTED when the library has none.
 */
#define SIP_SHA1_SIZE 20
enum sip_err sip_sha1(struct sip_str text, unsigned char out[SIP_SHA1_SIZE]) SIP_MUST_USE;

/* Equal, in a time that depends on the lengths alone. */
bool sip_crypto_is_equal(struct sip_str a, struct sip_str b);
/* Overwrites a secret; not optimised away. */
void sip_crypto_wipe(void *p, size_t n);

#ifdef __cplusplus
}
#endif
#endif
