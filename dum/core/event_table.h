/*
 * Everything DUM tells an application, once: who hears it (a handler), as what, and when. A handler's functions are all
 * optional; what happens without one is said in brackets. Rows only, no guard.
 */
#ifndef DUM_SESSION_EVENT
#define DUM_SESSION_EVENT(id, fn, when)
#endif
#ifndef DUM_SET_EVENT
#define DUM_SET_EVENT(id, fn, when)
#endif
#ifndef DUM_REGISTRATION_EVENT
#define DUM_REGISTRATION_EVENT(id, fn, when)
#endif
#ifndef DUM_SERVER_REGISTRATION_EVENT
#define DUM_SERVER_REGISTRATION_EVENT(id, fn, when)
#endif
#ifndef DUM_PAGER_EVENT
#define DUM_PAGER_EVENT(id, fn, when)
#endif
#ifndef DUM_REQUEST_EVENT
#define DUM_REQUEST_EVENT(id, fn, when)
#endif
#ifndef DUM_MANAGER_EVENT
#define DUM_MANAGER_EVENT(id, fn, when)
#endif

/* ---- INVITE sessions, both sides ------------------------------------------------------------------------------------ */
DUM_SESSION_EVENT(NEW_SESSION, on_new_session, "an INVITE came in, or a response made a dialog of ours [incoming: 405]")
DUM_SESSION_EVENT(PROVISIONAL, on_provisional, "a 1xx of the peer, in a dialog")
DUM_SESSION_EVENT(EARLY_MEDIA, on_early_media, "a body in a 1xx that was not sent reliably: a preview of the answer")
DUM_SESSION_EVENT(OFFER, on_offer, "the peer offers: answer with dum_session_provide_answer, or reject [re-INVITE, UPDATE: 488]")
DUM_SESSION_EVENT(ANSWER, on_answer, "the peer's answer to our offer; to a refresh (RFC 4028) only if it says something new")
DUM_SESSION_EVENT(OFFER_REQUIRED, on_offer_required, "the peer wants an offer of us [incoming call: waits; re-INVITE: 488]")
DUM_SESSION_EVENT(OFFER_REJECTED, on_offer_rejected, "our offer was refused; the session goes on as it was agreed before")
DUM_SESSION_EVENT(OFFER_REQUEST_REJECTED, on_offer_request_rejected, "the peer would not make the offer we asked for")
DUM_SESSION_EVENT(CONNECTED, on_connected, "the call stands: a 2xx came, or ours was sent")
DUM_SESSION_EVENT(CONNECTED_CONFIRMED, on_connected_confirmed, "the ACK for our 2xx came")
DUM_SESSION_EVENT(PRACK, on_prack, "the peer has acknowledged a reliable 1xx of ours")
DUM_SESSION_EVENT(ILLEGAL_NEGOTIATION, on_illegal_negotiation, "the peer broke the rules of offer and answer (RFC 3264, 6337)")
DUM_SESSION_EVENT(INFO, on_info, "an INFO: answer with dum_accept or dum_reject [405]")
DUM_SESSION_EVENT(INFO_SUCCESS, on_info_success, "2xx to an INFO of ours")
DUM_SESSION_EVENT(INFO_FAILURE, on_info_failure, "another answer to an INFO of ours")
DUM_SESSION_EVENT(MESSAGE, on_message, "a MESSAGE in the dialog: answer with dum_accept or dum_reject [405]")
DUM_SESSION_EVENT(MESSAGE_SUCCESS, on_message_success, "2xx to a MESSAGE of ours")
DUM_SESSION_EVENT(MESSAGE_FAILURE, on_message_failure, "another answer to a MESSAGE of ours")
DUM_SESSION_EVENT(REDIRECTED, on_redirected, "3xx to our INVITE that is not followed")
DUM_SESSION_EVENT(FAILURE, on_failure, "our INVITE failed (status, message)")
DUM_SESSION_EVENT(FORK_DESTROYED, on_fork_destroyed, "an early dialog of ours ended because another one answered")
DUM_SESSION_EVENT(ACK_NOT_RECEIVED, on_ack_not_received, "no ACK came for our 2xx [the session ends with BYE]")
DUM_SESSION_EVENT(STALE_CALL, on_stale_call_timeout, "our INVITE got no final answer in time [it is cancelled]")
DUM_SESSION_EVENT(STALE_REINVITE, on_stale_reinvite_timeout, "our re-INVITE got no final answer in time [the session ends]")
DUM_SESSION_EVENT(SESSION_EXPIRED, on_session_expired, "no refresh came within the session's interval (RFC 4028) [it ends with BYE]")
DUM_SESSION_EVENT(TERMINATED, on_terminated,
		  "the last word of the session, with its reason, and the BYE or CANCEL of the peer; the handle is stale after")

/* ---- what comes of an INVITE before there is a dialog ---------------------------------------------------------------- */
DUM_SET_EVENT(SET_TRYING, on_trying, "100 to our request")
DUM_SET_EVENT(SET_PROVISIONAL, on_non_dialog_provisional, "a 1xx without a To tag")
DUM_SET_EVENT(SET_REDIRECTED, on_redirected, "3xx to our request that is not followed")
DUM_SET_EVENT(SET_FAILURE, on_failure, "our request failed before there was a dialog (status, message)")
DUM_SET_EVENT(SET_TERMINATED, on_terminated, "the last word of the set; the handle is stale after")

/* ---- registrations at a registrar ------------------------------------------------------------------------------------ */
DUM_REGISTRATION_EVENT(REGISTRATION_SUCCESS, on_success, "2xx, by any of its flows: our bindings stand (message)")
DUM_REGISTRATION_EVENT(REGISTRATION_REMOVED, on_removed, "our bindings are gone; the handle is stale after")
DUM_REGISTRATION_EVENT(REGISTRATION_FLOW_FAILED, on_flow_failed,
		       "one of its flows was refused (status) or is gone, another has not failed: it is made again after `number` seconds; "
		       "0 with a status: never")
DUM_REGISTRATION_EVENT(REGISTRATION_RETRY, on_retry,
		       "it was refused (status), or its flow is gone, and no other is there: it is tried again after `number` seconds")
DUM_REGISTRATION_EVENT(REGISTRATION_FAILURE, on_failure, "it failed for good; the handle is stale after")

/* ---- REGISTERs that come in ------------------------------------------------------------------------------------------ */
DUM_SERVER_REGISTRATION_EVENT(REGISTER, on_register, "a REGISTER: see dum_server_registration_* [405]")

/* ---- MESSAGEs out of dialogs ------------------------------------------------------------------------------------------ */
DUM_PAGER_EVENT(PAGER_SUCCESS, on_success, "2xx to a MESSAGE of ours")
DUM_PAGER_EVENT(PAGER_FAILURE, on_failure, "another answer to a MESSAGE of ours (status)")
DUM_PAGER_EVENT(PAGER_ARRIVED, on_message_arrived, "a MESSAGE came in: answer with dum_accept or dum_reject [405]")

/* ---- any other request out of dialogs ---------------------------------------------------------------------------------- */
DUM_REQUEST_EVENT(REQUEST_SUCCESS, on_success, "2xx to a request of ours; the handle is stale after")
DUM_REQUEST_EVENT(REQUEST_FAILURE, on_failure, "another answer to a request of ours (status); the handle is stale after")
DUM_REQUEST_EVENT(REQUEST_RECEIVED, on_received, "a request came in: answer with dum_accept or dum_reject [OPTIONS: 200; others: 405]")

/* ---- the manager itself ------------------------------------------------------------------------------------------------ */
DUM_MANAGER_EVENT(DEED_FAILED, on_deed_failed, "what another thread asked for could not be done (err)")
DUM_MANAGER_EVENT(CREDENTIALS_NEEDED, on_credentials_needed,
		  "a request shows credentials: bring the user's secret with dum_provide_ha1 or dum_provide_password, now or later [403]")
DUM_MANAGER_EVENT(SHUTDOWN, on_shutdown, "all sessions, registrations and requests have ended: the manager may be destroyed")

#undef DUM_SESSION_EVENT
#undef DUM_SET_EVENT
#undef DUM_REGISTRATION_EVENT
#undef DUM_SERVER_REGISTRATION_EVENT
#undef DUM_PAGER_EVENT
#undef DUM_REQUEST_EVENT
#undef DUM_MANAGER_EVENT
