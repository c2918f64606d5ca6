/* The family of dum/manager. DUM's loop. */
#ifndef DUM_MANAGER_MANAGER_PRIV_H
#define DUM_MANAGER_MANAGER_PRIV_H

#include "dum/dialog/dialog.h"
#include "dum/invite/invite_in.h"
#include "dum/manager/manager.h"
#include "dum/pager/pager_in.h"
#include "dum/register/register_in.h"

/* incoming.c: the ways of what comes in. */
void dum__manager_on_request(struct dum *d, struct dum_incoming *in);
void dum__manager_on_ack(struct dum *d, struct sip_message *m);
void dum__manager_on_stray(struct dum *d, struct sip_message *m);
/* Past the question who asks: what it must be, and whose it is. */
void dum__manager_pass(struct dum *d, struct dum_incoming *in);
/* authenticate.c: true when it was answered, or waits for a user's secret (RFC 3261 22). */
bool dum__manager_asks(struct dum *d, struct dum_incoming *in);
/* merged.c: it came before, by another way (RFC 3261 8.2.2.2). Once a request. */
bool dum__manager_is_merged(struct dum *d, const struct dum_incoming *in);
void dum__merged_fini(struct dum *d);
/* validate.c: true when it was answered: RFC 3261 8.2. */
bool dum__manager_refuses(struct dum *d, struct dum_incoming *in);

#endif
