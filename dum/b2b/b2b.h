/*
 * dum/b2b: two sessions as one call. What one side says is said to the other: provisional responses, offers and answers in
 * whatever carried them (INVITE, PRACK, UPDATE, ACK), re-INVITEs, INFO and MESSAGE, refusals, CANCEL and BYE. Dialogs stay apart:
 * Via, Route, Contact, Call-ID and tags of one side are never seen on the other. Of several forks the caller hears the first that speaks,
 * and by a re-INVITE the one that has answered, if it is another. The application is told everything as well, of
 * both sessions, after the link has acted; it may end either, and the link ends the other.
 */
#ifndef DUM_B2B_B2B_H
#define DUM_B2B_B2B_H

#include "dum/core/event.h"
#include "dum/profile/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dum_b2b_options {
	struct sip_str target;       /* URI of who is called */
	struct sip_str from;         /* name-addr; empty: that of the incoming call, without its tag */
	struct sip_str headers;      /* further fields of our INVITE, a line each */
	struct sip_str passed;       /* names of fields copied from the incoming INVITE, ", " between them: "Subject, User-to-User" */
	struct dum_profile *profile; /* of the outgoing side; a reference is taken; NULL: the manager's */
};
/* All empty: `target` is to be filled in. */
void dum_b2b_options_init(struct dum_b2b_options *o);
/*
 * In on_new_session of an incoming call: when its offer, or the want of one, is told right after, the target is called and the two
 * are linked. On DUM's loop only: ESTATE elsewhere, later, or when it is linked already; ESTALE; INVAL: no target; NOMEM.
 */
enum sip_err dum_b2b_create(struct dum *d, struct dum_handle incoming, const struct dum_b2b_options *o) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
