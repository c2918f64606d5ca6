/*
 * Nonces without memory: a time stamp and an HMAC over it with a key of this process, so that
 * none is kept until it is used. Then a bounded table holds which nonce counts were seen.
 * Any thread; the hash context is the calling thread's.
 */
#ifndef STACK_SECURITY_NONCE_H
#define STACK_SECURITY_NONCE_H

#include "stack/crypto/crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIP_NONCE_LEN 32 /* characters */
#define SIP_NONCE_WINDOW 64 /* counts may come out of order within this many */

struct sip_nonces; /* counted; shared by all shards */

struct sip_nonces_options {
	struct sip_rand *rand;  /* the key comes from here; used only while creating */
	int64_t lifetime_us;    /* older ones are stale: 300 s */
	size_t table_max;       /* nonces in use that are remembered: 65,536; beyond, the longest remembered become stale */
};
void sip_nonces_options_init(struct sip_nonces_options *o);
enum sip_err sip_nonces_create(const struct sip_nonces_options *o, struct sip_nonces **out) SIP_MUST_USE;
void sip_nonces_ref(struct sip_nonces *n);
void sip_nonces_unref(struct sip_nonces **n);

/* A new one, good for this scope (the realm), zero-terminated. now_us: monotonic, the same clock for every call. */
enum sip_err sip_nonces_make(struct sip_nonces *n, struct sip_digest_hash *h, struct sip_str scope, int64_t now_us,
			     char out[SIP_NONCE_LEN + 1]) SIP_MUST_USE;

enum sip_nonce_verdict {
	SIP_NONCE_GOOD,
	SIP_NONCE_STALE,    /* ours, but too old: challenge again with stale=true */
	SIP_NONCE_REPLAYED, /* ours, but this count was used already: likewise, or refuse */
	SIP_NONCE_BAD       /* never ours, or of another scope */
};
/*
 * nc 0: credentials without a qop, whose repetition cannot be seen. A GOOD count is used up by the call, so ask only
 * after the response has proved right. SIP_NONCE_STALE also when memory for the table has ended.
 */
enum sip_nonce_verdict sip_nonces_check(struct sip_nonces *n, struct sip_digest_hash *h, struct sip_str scope,
					struct sip_str nonce, uint32_t nc, int64_t now_us);
/* The same without the count: before the response is computed. GOOD, STALE or BAD. */
enum sip_nonce_verdict sip_nonces_peek(struct sip_nonces *n, struct sip_digest_hash *h, struct sip_str scope,
				       struct sip_str nonce, int64_t now_us);
/*
 * All of it, for another process of this machine to go on with: whoever has these bytes can make nonces. Any thread; what is used
 * meanwhile may be missing.
 */
void sip_nonces_put(struct sip_nonces *n, struct sip_buf *b);
/* What another has put becomes ours. Before the first is made or checked. SYNTAX, NOMEM: nothing of it may be used then. */
enum sip_err sip_nonces_take(struct sip_nonces *n, struct sip_str bytes) SIP_MUST_USE;
/* Nonces remembered now. */
size_t sip_nonces_count(struct sip_nonces *n);

#ifdef __cplusplus
}
#endif
#endif
