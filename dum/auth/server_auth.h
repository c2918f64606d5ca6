/*
 * How a user agent server asks who is there, in two steps, so that the credentials may be looked up in between: the
 * request is looked at, then the user's HA1 decides. Nonces need no memory (stack/security). Any thread, the hash its own.
 */
#ifndef DUM_AUTH_SERVER_AUTH_H
#define DUM_AUTH_SERVER_AUTH_H

#include "stack/security/security.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DUM_SERVER_AUTH_USER_MAX 256

struct dum_server_auth { /* a value, only read once it is filled */
	struct sip_str realm;       /* lent, outlives this */
	struct sip_nonces *nonces;  /* lent, outlives this */
	enum sip_digest_algorithm algorithms[SIP_DIGEST_ALGORITHM_COUNT]; /* asked for in this order (RFC 8760 2.3) */
	size_t algorithm_count;
	bool is_proxy;              /* 407 and its headers in place of 401 */
	bool takes_auth_int;        /* offered and taken beside auth */
	bool needs_qop;             /* else RFC 2069 is taken too, whose repetition nobody sees (RFC 3261 22.4) */
	bool denies_foreign_nonces; /* else a nonce that was never ours is challenged anew */
};
/* SHA-256, then MD5; 401; auth only; RFC 2069 taken; foreign nonces challenged. */
void dum_server_auth_init(struct dum_server_auth *s, struct sip_str realm, struct sip_nonces *nonces);

enum dum_server_auth_verdict {
	DUM_SERVER_AUTH_EXEMPT,           /* ACK and CANCEL are never asked (RFC 3261 22.1) */
	DUM_SERVER_AUTH_CHALLENGE,        /* answer 401 or 407 with challenges */
	DUM_SERVER_AUTH_STALE,            /* the same, with stale=true */
	DUM_SERVER_AUTH_NEED_CREDENTIALS, /* the claim says whose, and of which algorithm; then dum_server_auth_verify */
	DUM_SERVER_AUTH_OK,               /* it is the user of the claim */
	DUM_SERVER_AUTH_DENIED,           /* 403 */
	DUM_SERVER_AUTH_BAD,              /* 400: credentials that do not parse */
	DUM_SERVER_AUTH_FAILED            /* 500: memory has ended, or the hash is missing */
};

struct dum_server_claim { /* what a request says of itself; slices of it: the request must outlive this */
	struct sip_credentials credentials; /* .algorithm: of the HA1 that is needed; the realm is the options' */
	char user[DUM_SERVER_AUTH_USER_MAX]; /* without escapes */
	size_t user_len;
};

/* The first step. now_us: monotonic, as for all calls on these nonces. Fills *claim for NEED_CREDENTIALS only. */
enum dum_server_auth_verdict dum_server_auth_check(const struct dum_server_auth *s, const struct sip_message *request,
						   struct sip_digest_hash *h, int64_t now_us,
						   struct dum_server_claim *claim);
/*
 * The second, with the same request: does the response follow from this HA1 (hexadecimal, of the claim's algorithm;
 * empty: there is no such user)? A right answer uses its nonce count up. OK, DENIED, STALE, FAILED.
 */
enum dum_server_auth_verdict dum_server_auth_verify(const struct dum_server_auth *s, const struct sip_message *request,
						    const struct dum_server_claim *claim, struct sip_str ha1,
						    struct sip_digest_hash *h, int64_t now_us);
/* 401 or 407. */
unsigned dum_server_auth_status(const struct dum_server_auth *s);
/* One header line an algorithm, in order, all of one new nonce, on a response of that status (RFC 8760 2.3). NOMEM. */
enum sip_err dum_server_auth_put_challenges(const struct dum_server_auth *s, struct sip_message *response,
					    struct sip_digest_hash *h, int64_t now_us, bool is_stale) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
