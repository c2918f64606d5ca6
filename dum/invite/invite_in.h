/* What the manager hands to this room: INVITEs that make a dialog. DUM's loop. Not for applications. */
#ifndef DUM_INVITE_INVITE_IN_H
#define DUM_INVITE_INVITE_IN_H

#include "dum/dialog/dialog.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An INVITE without a To tag: a new dialog set, and a session in it. Answered in the end. */
void dum_invite_on_request(struct dum *d, struct dum_incoming *in);
/* The INVITE of a session that has not been answered; NULL: it has. */
const struct sip_message *dum_invite_waiting(const struct dum_usage *session);
/* Does this answer to a request in a dialog say that the peer has no such dialog (RFC 5057 5.1)? */
bool dum_invite_is_gone(unsigned status);
/* A 2xx to an INVITE of ours that nobody waits for: ACK, then BYE (13.2.2.4). */
void dum_invite_on_unwanted(struct dum *d, const struct sip_message *m);

#ifdef __cplusplus
}
#endif
#endif
