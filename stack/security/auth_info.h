/*
 * Authentication-Info values (RFC 7616 3.5, RFC 3261 20.6; Proxy-Authentication-Info is the same grammar): what a
 * server says back to credentials it has accepted. Slices of the text; no state, any thread.
 */
#ifndef STACK_SECURITY_AUTH_INFO_H
#define STACK_SECURITY_AUTH_INFO_H

#include "stack/security/challenge.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_auth_info { /* what is not there has p NULL */
	struct sip_str nextnonce;   /* for the next request, counted from 1 */
	struct sip_str rspauth;     /* proof that the server knows the secret too */
	struct sip_str cnonce;
	struct sip_str nc_text;
	enum sip_digest_qop qop;    /* NONE: not said */
};
/* SYNTAX: broken, or a parameter twice; UNSUPPORTED: a qop we do not have. */
enum sip_err sip_auth_info_parse(struct sip_str value, struct sip_auth_info *out) SIP_MUST_USE;
/*
 * Does rspauth follow from this HA1 and the credentials the request carried? `body` is the response's. DENIED when
 * not, or when it speaks of another cnonce or nc; NOTFOUND: there is no rspauth; UNSUPPORTED, NOMEM.
 */
enum sip_err sip_auth_info_verify(const struct sip_auth_info *info, const struct sip_credentials *sent,
				  struct sip_digest_hash *h, struct sip_str ha1, struct sip_str body) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
