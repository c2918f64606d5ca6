/* The arithmetic of digest authentication (RFC 7616 3.4, 8760, 2069). The hash context is the caller's loop's. */
#ifndef STACK_SECURITY_DIGEST_H
#define STACK_SECURITY_DIGEST_H

#include "stack/crypto/crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sip_digest_qop {
	SIP_QOP_NONE,    /* RFC 2069: no qop, no nonce count */
	SIP_QOP_AUTH,
	SIP_QOP_AUTH_INT
};

/* H(user:realm:password): what is stored instead of a password. Hexadecimal, zero-terminated. UNSUPPORTED, NOMEM. */
enum sip_err sip_digest_ha1(struct sip_digest_hash *h, enum sip_digest_algorithm algorithm, struct sip_str user,
			    struct sip_str realm, struct sip_str password, char out[SIP_DIGEST_HEX_MAX]) SIP_MUST_USE;

struct sip_digest_input { /* texts as they stand between the quotes */
	enum sip_digest_algorithm algorithm;
	bool is_session;         /* "-sess": HA1 is bound to nonce and cnonce */
	enum sip_digest_qop qop;
	struct sip_str ha1;      /* hexadecimal */
	struct sip_str nonce;
	struct sip_str nc;       /* eight hexadecimal digits; with a qop */
	struct sip_str cnonce;   /* with a qop or is_session */
	struct sip_str method;
	struct sip_str uri;      /* digest-uri, as it stands in the credentials */
	struct sip_str body;     /* with auth-int */
};
/* The response, hexadecimal, zero-terminated. UNSUPPORTED, NOMEM. */
enum sip_err sip_digest_response(struct sip_digest_hash *h, const struct sip_digest_input *in,
				 char out[SIP_DIGEST_HEX_MAX]) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
