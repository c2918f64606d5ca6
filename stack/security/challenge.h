/*
 * Authorization and WWW-Authenticate values (their Proxy- twins are the same grammar, RFC 3261 22)
 * as structs. Slices of the text they were parsed from; no state, any thread.
 */
#ifndef STACK_SECURITY_CHALLENGE_H
#define STACK_SECURITY_CHALLENGE_H

#include "stack/message/message.h"
#include "stack/security/digest.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the server's side: reads credentials, writes challenges ---------------------------------------------------- */
struct sip_credentials {
	struct sip_str user;        /* raw between the quotes: sip_quoted_decode undoes escapes */
	struct sip_str realm;
	struct sip_str nonce;
	struct sip_str uri;
	struct sip_str response;
	struct sip_str cnonce;
	struct sip_str opaque;
	struct sip_str nc_text;
	uint32_t nc;                /* 0: none */
	enum sip_digest_qop qop;
	enum sip_digest_algorithm algorithm; /* MD5 when none is named */
	bool is_session;
	bool has_algorithm;
};
/*
 * UNSUPPORTED: another scheme than Digest, an algorithm or qop we do not have. SYNTAX: broken, a parameter twice, or
 * one of username, realm, nonce, uri, response missing, or a qop without nc and cnonce. Then answer 400 or ignore them.
 */
enum sip_err sip_credentials_parse(struct sip_str value, struct sip_credentials *out) SIP_MUST_USE;
/*
 * The value of this header (SIP_HEADER_AUTHORIZATION or SIP_HEADER_PROXY_AUTHORIZATION) whose realm is ours (case
 * folded), of the strongest algorithm where there are several. NOTFOUND; SYNTAX when one is broken and none is right.
 */
enum sip_err sip_credentials_find(const struct sip_message *m, enum sip_header header, struct sip_str realm,
				  struct sip_credentials *out) SIP_MUST_USE;
/* Does the response follow from this HA1 (hexadecimal, of c->algorithm)? DENIED when not; UNSUPPORTED, NOMEM. */
enum sip_err sip_credentials_verify(const struct sip_credentials *c, struct sip_digest_hash *h, struct sip_str ha1,
				    struct sip_str method, struct sip_str body) SIP_MUST_USE;

struct sip_challenge {
	struct sip_str realm;
	struct sip_str nonce;
	struct sip_str opaque;      /* empty: none */
	enum sip_digest_algorithm algorithm;
	bool is_session;            /* parsed only */
	bool is_stale;
	bool has_auth;              /* qop offers; both false: RFC 2069 */
	bool has_auth_int;
};
/* The value for WWW- or Proxy-Authenticate. One header line an algorithm, in order of preference (RFC 8760 2.4). */
void sip_challenge_put(struct sip_buf *b, const struct sip_challenge *c);

/* ---- the client's side: reads challenges, writes credentials ---------------------------------------------------- */
/* UNSUPPORTED (scheme, algorithm, no qop we know), SYNTAX. A qop that is empty is none (RFC 3261 22.4 item 8). */
enum sip_err sip_challenge_parse(struct sip_str value, struct sip_challenge *out) SIP_MUST_USE;
/* The topmost challenge of this header that we can answer (RFC 8760 2.4). NOTFOUND. */
enum sip_err sip_challenge_choose(const struct sip_message *m, enum sip_header header,
				  struct sip_challenge *out) SIP_MUST_USE;

struct sip_credentials_input {
	struct sip_str user, password;
	struct sip_str ha1;         /* hexadecimal, of the challenge's algorithm: in place of the password; empty: none */
	struct sip_str method, uri, body;
	struct sip_str cnonce;      /* fresh randomness; token characters */
	uint32_t nc;                /* 1 for the first use of the nonce */
};
/*
 * The value for Authorization or Proxy-Authorization: auth when offered, else auth-int, else RFC 2069. INVAL: the
 * HA1 is not as long as the algorithm's; UNSUPPORTED, NOMEM, or what the buffer says.
 */
enum sip_err sip_challenge_answer(const struct sip_challenge *c, struct sip_digest_hash *h,
				  const struct sip_credentials_input *in, struct sip_buf *b) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
