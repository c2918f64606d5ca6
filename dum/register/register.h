/*
 * Registrations (RFC 3261 10). Ours: kept alive until dum_end, which takes the bindings out again; told by the registration
 * handler. Theirs: a REGISTER is told by on_register of the server registration handler, and answered with
 * dum_server_registration_accept or dum_reject. Any thread; texts are copied.
 */
#ifndef DUM_REGISTER_REGISTER_H
#define DUM_REGISTER_REGISTER_H

#include "dum/core/event.h"
#include "dum/profile/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dum_register_options {
	struct sip_str registrar;    /* Request-URI; empty: "sip:" and the domain of the address of record */
	struct sip_str aor;          /* name-addr or URI; empty: the profile's From */
	struct sip_str contacts;     /* as in a header; empty: where we are reached */
	struct sip_str headers;      /* further fields, a line each */
	uint32_t expires_s;          /* 0: the profile's registration time */
	struct dum_profile *profile; /* a reference is taken; NULL: the manager's */
};
/* All empty: the profile's From, where we are reached, and the profile's time. */
void dum_register_options_init(struct dum_register_options *o);
/*
 * A flow by each of the profile's "outbound flows" (RFC 5626 4.2.1), or one; events tell of all together, see doc/dum.md. *h is set
 * before anything is told. INVAL: no address of record, or several flows without outbound, an instance id, Contacts of ours; LIMIT:
 * more than eight flows; NOMEM.
 */
enum sip_err dum_register(struct dum *d, const struct dum_register_options *o, struct dum_handle *h) SIP_MUST_USE;
/* All its flows, now, not when it is due. ESTATE while a REGISTER is under way by each. */
enum sip_err dum_registration_refresh(struct dum *d, struct dum_handle h) SIP_MUST_USE;
/* Every binding of the address of record, whoever made it ("Contact: *"); the registration ends. */
enum sip_err dum_registration_remove_all(struct dum *d, struct dum_handle h) SIP_MUST_USE;

/* 200 with these bindings, as in a Contact header, each with its expires; empty: none. */
enum sip_err dum_server_registration_accept(struct dum *d, struct dum_handle request, struct sip_str contacts) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
