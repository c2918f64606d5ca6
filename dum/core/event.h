/*
 * What DUM tells an application: one value for every event, told to a handler on DUM's loop, or
 * taken with dum_next_event. Handlers are structs of optional functions, made from event_table.h.
 */
#ifndef DUM_CORE_EVENT_H
#define DUM_CORE_EVENT_H

#include "dum/handle/handle.h"
#include "stack/message/message.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dum; /* a manager: see dum/manager/manager.h */

/* What deeds answer when they cannot be done; see stack/base/err_table.h for the others. */
#define DUM_OK SIP_E_OK
#define DUM_ESTALE SIP_E_STALE  /* the handle names nothing any more */
#define DUM_ESTATE SIP_E_STATE  /* not now: no offer to answer, no call to accept */
#define DUM_EINVAL SIP_E_INVAL
#define DUM_ENOMEM SIP_E_NOMEM

enum dum_event_kind {
#define DUM_SESSION_EVENT(id, fn, when) DUM_EVENT_##id,
#define DUM_SET_EVENT(id, fn, when) DUM_EVENT_##id,
#define DUM_REGISTRATION_EVENT(id, fn, when) DUM_EVENT_##id,
#define DUM_SERVER_REGISTRATION_EVENT(id, fn, when) DUM_EVENT_##id,
#define DUM_PAGER_EVENT(id, fn, when) DUM_EVENT_##id,
#define DUM_REQUEST_EVENT(id, fn, when) DUM_EVENT_##id,
#define DUM_MANAGER_EVENT(id, fn, when) DUM_EVENT_##id,
#include "dum/core/event_table.h"
	DUM_EVENT_COUNT
};
/* "on_offer", and when it comes; static text. */
const char *dum_event_name(enum dum_event_kind kind);

enum dum_reason {
#define DUM_REASON(id, text) DUM_REASON_##id,
#include "dum/core/reason_table.h"
#undef DUM_REASON
	DUM_REASON_COUNT
};
const char *dum_reason_text(enum dum_reason reason);

struct dum_event {
	enum dum_event_kind kind;
	struct dum_handle handle;    /* what it is about */
	struct dum_handle dialog;    /* its dialog and its set, where there are such */
	struct dum_handle set;
	struct dum_handle request;   /* a request that waits for dum_accept or dum_reject */
	const struct sip_message *message; /* the request or response; lent for the call; may be NULL */
	unsigned status;             /* of a response; 0: none */
	enum dum_reason reason;      /* TERMINATED */
	bool is_client;              /* NEW_SESSION: the session is of our own INVITE */
	struct sip_str type, body;   /* OFFER, ANSWER, EARLY_MEDIA: media type and bytes; lent as the message */
	struct sip_str user;         /* of a request that was challenged: who sent it; CREDENTIALS_NEEDED: who says so; lent likewise */
	struct sip_str realm, algorithm; /* CREDENTIALS_NEEDED: of the HA1 that is needed: "SHA-256" … */
	uint32_t number;             /* REGISTRATION_RETRY, REGISTRATION_FLOW_FAILED: seconds; REGISTRATION_SUCCESS: how many it lives */
	uint32_t reg_id;             /* REGISTRATION_…: the flow it is about (RFC 5626 4.2); 0: it has no number */
	unsigned standing;           /* REGISTRATION_…: how many of its flows stand now */
	struct sip_str gruu, temporary_gruu; /* REGISTRATION_SUCCESS: URIs it has brought (RFC 5627 4.2); empty: none; lent likewise */
	enum sip_err err;            /* DEED_FAILED */
	void *data;                  /* what the user hung on handle, else on dialog, else on set, else the manager's */
};

typedef void (*dum_event_fn)(struct dum *d, const struct dum_event *e);

/* One struct a usage; static, lent for ever. */
struct dum_session_handler {
#define DUM_SESSION_EVENT(id, fn, when) dum_event_fn fn;
#include "dum/core/event_table.h"
};
struct dum_set_handler {
#define DUM_SET_EVENT(id, fn, when) dum_event_fn fn;
#include "dum/core/event_table.h"
};
struct dum_registration_handler {
#define DUM_REGISTRATION_EVENT(id, fn, when) dum_event_fn fn;
#include "dum/core/event_table.h"
};
struct dum_server_registration_handler {
#define DUM_SERVER_REGISTRATION_EVENT(id, fn, when) dum_event_fn fn;
#include "dum/core/event_table.h"
};
struct dum_pager_handler {
#define DUM_PAGER_EVENT(id, fn, when) dum_event_fn fn;
#include "dum/core/event_table.h"
};
struct dum_request_handler {
#define DUM_REQUEST_EVENT(id, fn, when) dum_event_fn fn;
#include "dum/core/event_table.h"
};
struct dum_manager_handler {
#define DUM_MANAGER_EVENT(id, fn, when) dum_event_fn fn;
#include "dum/core/event_table.h"
};

struct dum_handlers { /* each may be NULL: DUM then answers as the RFCs say of what is not supported */
	const struct dum_session_handler *session;
	const struct dum_set_handler *set;
	const struct dum_registration_handler *registration;
	const struct dum_server_registration_handler *server_registration;
	const struct dum_pager_handler *pager;
	const struct dum_request_handler *request;
	const struct dum_manager_handler *manager;
	/*
	 * May be NULL. Every request and response of ours just before it is sent: it may be edited (headers, body). `usage` is what sends it,
	 * the set of a call that has no session yet, or none. On DUM's loop.
	 */
	void (*on_ready_to_send)(struct dum *d, struct dum_handle usage, struct sip_message *m);
};

#ifdef __cplusplus
}
#endif
#endif
