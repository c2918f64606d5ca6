/*
 * INVITE sessions (RFC 3261 13 to 15, RFC 3262, 3264, 3311, 4028, 6141), both sides. A call of ours begins with dum_invite, which
 * names its dialog set; each fork that answers becomes a session of its own, told by on_new_session. A call that comes in is told
 * by the same. What a session tells is in dum/core/event_table.h.
 *
 * Every function here may be called from any thread, in call-backs too, and waits for nothing. On DUM's loop the result is the
 * result; from elsewhere OK says that it will be done, and on_deed_failed tells if it then could not be. DUM_ESTALE: the handle
 * names nothing any more. DUM_ESTATE: not now. Texts and bodies are copied.
 */
#ifndef DUM_INVITE_INVITE_H
#define DUM_INVITE_INVITE_H

#include "dum/core/event.h"
#include "dum/profile/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dum_invite_options {
	struct sip_str target;       /* URI of who is called */
	struct sip_str type, body;   /* our offer, as "application/sdp" when type is empty; no body: the peer is to offer */
	struct sip_str from;         /* name-addr; empty: the profile's */
	struct sip_str to;           /* name-addr; empty: the target */
	struct sip_str headers;      /* further fields, a line each: "Subject: lunch\r\n…" */
	struct dum_profile *profile; /* a reference is taken; NULL: the manager's */
};
/* All empty: `target` is to be filled in. */
void dum_invite_options_init(struct dum_invite_options *o);
/*
 * Calls (RFC 3261 13.2.1). *set names the dialog set at once, also on another thread: dum_end on it cancels, or hangs up.
 * INVAL: no target; LIMIT, NOMEM.
 */
enum sip_err dum_invite(struct dum *d, const struct dum_invite_options *o, struct dum_handle *set) SIP_MUST_USE;

/*
 * Our offer. Incoming call without one: goes with accept, or with a reliable provisional. In a session that stands: re-INVITE; in
 * an early one that has agreed on something: UPDATE (RFC 3311). ESTATE while another offer is on its way.
 */
enum sip_err dum_session_provide_offer(struct dum *d, struct dum_handle session, struct sip_str type,
				       struct sip_str body) SIP_MUST_USE;
/* Our answer to the peer's offer: goes at once by what is due (ACK, PRACK, 200), for an incoming call with provisional or accept. */
enum sip_err dum_session_provide_answer(struct dum *d, struct dum_handle session, struct sip_str type,
					struct sip_str body) SIP_MUST_USE;
/* A re-INVITE without an offer: the peer is to make one (RFC 3261 14.1). */
enum sip_err dum_session_request_offer(struct dum *d, struct dum_handle session) SIP_MUST_USE;
/* Rings (180), or another 101 … 199. is_early: with the answer (or, reliably, the offer) provided before. */
enum sip_err dum_session_provisional(struct dum *d, struct dum_handle session, unsigned status, bool is_early) SIP_MUST_USE;
/*
 * 2xx; while an offer of ours in a provisional response or an UPDATE waits for its answer, one of the peer's in an UPDATE for ours, or
 * an answer for its PRACK, it goes when that has come (RFC 3262 3, RFC 3311 5). ESTATE while our answer, or our offer, is missing.
 */
enum sip_err dum_session_accept(struct dum *d, struct dum_handle session, unsigned status) SIP_MUST_USE;
/*
 * 400 … 699 to an incoming call, or to a re-INVITE, UPDATE or PRACK whose offer waits for an answer: then that is refused, the session
 * goes on. (RFC 6337 2.3 leaves open whether a PRACK may be; it takes what it acknowledges as acknowledged.) A reason that is no phrase
 * gives way to IANA's.
 */
enum sip_err dum_session_reject(struct dum *d, struct dum_handle session, unsigned status, struct sip_str reason) SIP_MUST_USE;
/* 300 … 399; contacts as in a header: "<sip:a@b>;q=0.5, <sip:c@d>". */
enum sip_err dum_session_redirect(struct dum *d, struct dum_handle session, unsigned status, struct sip_str contacts) SIP_MUST_USE;
/* INFO (RFC 6086) and MESSAGE (RFC 3428) in the dialog; one at a time each. Between our 2xx and its ACK it waits for that. */
enum sip_err dum_session_info(struct dum *d, struct dum_handle session, struct sip_str type, struct sip_str body) SIP_MUST_USE;
enum sip_err dum_session_message(struct dum *d, struct dum_handle session, struct sip_str type, struct sip_str body) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
