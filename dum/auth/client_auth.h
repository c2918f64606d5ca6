/*
 * What one dialog set remembers of challenges: a realm, its present nonce, how often that was used. From then on each of
 * its requests carries credentials before it is asked (RFC 3261 22.3). One thread at a time; the profile may be anybody's.
 */
#ifndef DUM_AUTH_CLIENT_AUTH_H
#define DUM_AUTH_CLIENT_AUTH_H

#include "dum/profile/profile.h"
#include "stack/security/security.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DUM_CLIENT_AUTH_REALMS_MAX 8  /* the one used longest ago makes room */
#define DUM_CLIENT_AUTH_TRIES_MAX 10  /* challenges in a row that are answered */

struct dum_client_realm; /* private */

struct dum_client_auth { /* in place; its fields are private */
	struct dum_client_realm *realms; /* owned */
	unsigned count;
	unsigned tries;                  /* answered since the last final response that was no challenge */
	uint64_t uses;
};
void dum_client_auth_init(struct dum_client_auth *a);
void dum_client_auth_fini(struct dum_client_auth *a);
/* Forgets all realms, as when another user is to be. */
void dum_client_auth_clear(struct dum_client_auth *a);
/* Realms remembered now. */
unsigned dum_client_auth_count(const struct dum_client_auth *a);

/*
 * A 401 or 407 to a request as it was sent. OK: it can be answered; make the request anew, its CSeq one higher (22.2),
 * and let dum_client_auth_add put the credentials. Of one realm the topmost challenge counts for which there is an
 * algorithm and credentials (RFC 8760 2.4); both kinds of challenge may stand in one response (22.3).
 * Otherwise give up: NOTFOUND, the profile has no credentials; DENIED, the very ones it has were refused, neither as
 * stale nor with a nonce they had been accepted with (RFC 7616 3.3); UNSUPPORTED, no challenge we understand; LIMIT, too
 * many in a row; NOMEM.
 */
enum sip_err dum_client_auth_on_challenge(struct dum_client_auth *a, const struct sip_message *response,
					  const struct sip_message *sent, struct dum_profile *profile,
					  struct sip_digest_hash *h) SIP_MUST_USE;
/*
 * Any other response to a request as it was sent. A final one ends the row of tries, and brings the next nonce where it
 * has one (RFC 7616 3.5). DENIED: it proves the wrong secret (rspauth), and nothing is taken from it; NOMEM.
 */
enum sip_err dum_client_auth_on_response(struct dum_client_auth *a, const struct sip_message *response,
					 const struct sip_message *sent, struct dum_profile *profile,
					 struct sip_digest_hash *h) SIP_MUST_USE;
/*
 * Puts credentials for every realm that is remembered on a request about to be sent, its Request-URI and body final, in
 * place of what it had for that realm; each use counts. ACK and CANCEL are left alone: see below. NOMEM, LIMIT,
 * UNSUPPORTED (no such hash here): the request may carry some of them then, and is not to be sent.
 */
enum sip_err dum_client_auth_add(struct dum_client_auth *a, struct sip_message *request, struct dum_profile *profile,
				 struct sip_digest_hash *h, struct sip_rand *rand) SIP_MUST_USE;
/* An ACK has the credentials of its INVITE, for nobody can challenge it (RFC 3261 22.1, 13.2.2.4). NOMEM, LIMIT. */
enum sip_err dum_client_auth_copy(struct sip_message *ack, const struct sip_message *invite) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
