/*
 * Requests out of dialogs: MESSAGE (RFC 3428), OPTIONS, and any other. One handle a request, until its final answer is told:
 * on_success or on_failure of the pager handler for MESSAGE, of the request handler for all others. What comes in is told by
 * on_message_arrived and on_received, with a request for dum_accept or dum_reject. Any thread; texts are copied.
 */
#ifndef DUM_PAGER_PAGER_H
#define DUM_PAGER_PAGER_H

#include "dum/core/event.h"
#include "dum/profile/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dum_send_options {
	struct sip_str method;       /* any but INVITE, ACK, CANCEL, BYE, PRACK, UPDATE */
	struct sip_str target;       /* Request-URI */
	struct sip_str type, body;   /* type empty: "text/plain" */
	struct sip_str from;         /* name-addr; empty: the profile's */
	struct sip_str headers;      /* further fields, a line each */
	struct dum_profile *profile; /* a reference is taken; NULL: the manager's */
};
/* MESSAGE. */
void dum_send_options_init(struct dum_send_options *o);
/*
 * A MESSAGE waits until the one before it, from the same address to the same URI, has its final answer (RFC 3428 8). INVAL: no
 * target, or a method that makes or belongs to a dialog; FULL: more wait than the profile's message queue holds; LIMIT, NOMEM. *h is
 * set before anything is told.
 */
enum sip_err dum_send(struct dum *d, const struct dum_send_options *o, struct dum_handle *h) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
