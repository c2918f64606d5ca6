/*
 * dum/dialog: dialog sets, dialogs, and what every usage of them has in common. A set is all that came of one request: known by
 * its Call-ID and our tag. A dialog in it is known by the peer's tag, and carries usages (RFC 3261 12, RFC 5057). A set ends with
 * its last usage. All on DUM's loop. Not for applications.
 */
#ifndef DUM_DIALOG_DIALOG_H
#define DUM_DIALOG_DIALOG_H

#include "dum/core/core.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dum_set;
struct dum_dialog;
struct dum_usage;

#define DUM_DIALOGS_MAX 64  /* of one set: forks beyond are not taken up (their 2xx is acknowledged and ended) */
#define DUM_ROUTES_MAX 64   /* of one route set */

/* ---- usages ------------------------------------------------------------------------------------------------------- */
struct dum_usage_class { /* one a kind, static; functions may be NULL */
	enum dum_handle_kind kind; /* NONE: it has no handle */
	/* A request in its dialog. True: taken; the incoming request is its own from then on. */
	bool (*on_request)(struct dum_usage *u, struct dum_incoming *in);
	bool (*on_ack)(struct dum_usage *u, const struct sip_message *m);
	/* A 2xx to an INVITE whose transaction is over. */
	bool (*on_late_2xx)(struct dum_usage *u, const struct sip_message *m);
	/* What dum_end asks of it; it ends in its own time. `reason` for a Reason header, may be empty. */
	enum sip_err (*end)(struct dum_usage *u, struct sip_str reason);
	/* It ends now, and says nothing to the peer: the stack has stopped. */
	void (*stop)(struct dum_usage *u);
	/* Frees it: it is off everything, and nobody is inside. */
	void (*bury)(struct dum_usage *u);
};
/* Who hears what is told of a usage or a set before the application does (dum/b2b). */
struct dum_tap {
	void (*fn)(void *arg, struct dum_event *e); /* NULL: nobody */
	void *arg;                                  /* lent by who listens, and takes itself off before it goes */
};
struct dum_usage { /* first in every usage */
	const struct dum_usage_class *class_;
	struct dum_set *set;       /* lent; a set outlives its usages' burial */
	struct dum_dialog *dialog; /* lent likewise; NULL: a usage of the set itself */
	struct sip_list node;
	struct dum_grave grave;
	struct dum_handle handle;
	struct dum_tap tap;
	bool is_ended;
};
/* On the set's list, or on the dialog's. LIMIT, NOMEM. u->handle may name a reserved one already. */
enum sip_err dum_usage_init(struct dum_usage *u, const struct dum_usage_class *class_, struct dum_set *s,
			    struct dum_dialog *g) SIP_MUST_USE;
/* Its handle is stale from now on; it is freed when everybody has left. The dialog and the set may end with it. */
void dum_usage_end(struct dum_usage *u);
/* An event about it, its handles filled in. */
void dum_usage_tell(struct dum_usage *u, struct dum_event *e);
/* Is there anybody to hear it? */
bool dum_usage_is_heard(const struct dum_usage *u, enum dum_event_kind kind);

/* ---- sets ----------------------------------------------------------------------------------------------------------- */
struct dum_set {
	struct sip_hash_node node;    /* in dum->sets */
	struct sip_list all;          /* in dum->set_list */
	struct dum_grave grave;
	struct dum *dum;              /* lent by itself, who outlives its sets */
	struct dum_handle handle;
	struct dum_profile *profile;  /* owned: a reference */
	struct dum_client_auth auth;
	struct sip_list dialogs;
	struct sip_list usages;       /* those without a dialog */
	size_t dialog_count;
	unsigned buried;              /* usages and dialogs that are to be freed before us */
	uint32_t cseq;                /* of requests out of dialogs */
	uint32_t spent_cseq;          /* the highest number in an early dialog that has ended */
	struct dum_tap tap;           /* of the set's own events, and of the sessions a call of ours makes */
	struct sip_str call_id, tag;  /* owned, behind this struct */
	bool is_untold;               /* no application has heard of it: nor does it of its end */
	bool is_ended;
};
/*
 * With this Call-ID and tag, or new ones where they are empty. `handle`: a reserved one, or NULL for a new one. A reference to the
 * profile is taken. It ends with its last usage; end it yourself if it never gets one.
 */
enum sip_err dum_set_create(struct dum *d, struct dum_profile *p, struct sip_str call_id, struct sip_str tag,
			    const struct dum_handle *handle, struct dum_set **out) SIP_MUST_USE;
void dum_set_end_if_empty(struct dum_set *s);
/* An event about the set itself. */
void dum_set_tell(struct dum_set *s, struct dum_event *e);
struct dum_set *dum_set_find(struct dum *d, struct sip_str call_id, struct sip_str tag);
/*
 * Its usages now, its own before its dialogs'. They stand until the last call into the manager is over, but may be ended by what is
 * done to another: look at is_ended.
 */
#define DUM_SET_USAGES (DUM_DIALOGS_MAX + 32)
size_t dum_set_usages(struct dum_set *s, struct dum_usage *out[DUM_SET_USAGES]);
/* Asks every usage to end. */
enum sip_err dum_set_end(struct dum_set *s, struct sip_str reason) SIP_MUST_USE;
/* Every usage ends now, without a word to the peer; DUM_REASON_STOPPED. */
void dum_set_stop(struct dum_set *s);
void dum_set_adopt_profile(struct dum_set *s, struct dum_profile *p);

struct dum_outgoing { /* a request out of dialogs */
	struct sip_str method, uri, to; /* to: empty: the URI in brackets */
	struct sip_str from;            /* empty: the profile's */
	struct sip_str type, body;      /* empty: none */
	struct sip_str headers;         /* further fields, a line each */
	unsigned dress;
};
/* From, To, Call-ID, the next CSeq, Route from the profile's service route, what we say of us, body and further fields (RFC 3261 8.1.1). */
enum sip_err dum_set_make_request(struct dum_set *s, const struct dum_outgoing *o, struct sip_message **out) SIP_MUST_USE;
/* What a request of the set is sent with: auth, profile, CSeq for repetitions. Who hears of it is the caller's to say. */
struct dum_request_options dum_set_request_options(struct dum_set *s, const struct dum_usage *u);
/* Sends it as the set's. Takes *m on success. */
enum sip_err dum_set_send(struct dum_set *s, struct dum_usage *u,
			  void (*on_response)(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why),
			  void *arg, struct sip_message **m, struct dum_request **out) SIP_MUST_USE;

/* ---- dialogs --------------------------------------------------------------------------------------------------------- */
struct dum_dialog {
	struct sip_list node;         /* in set->dialogs */
	struct dum_grave grave;
	struct dum_set *set;          /* lent: outlives its dialogs' burial */
	struct dum_handle handle;
	struct sip_list usages;
	struct sip_str tag;           /* the peer's; empty: an RFC 2543 one; owned, behind this struct */
	struct sip_str local, remote; /* whole values of From and To as we write them; owned likewise */
	char *target;                 /* owned, zero-terminated: the peer's Contact URI */
	char *routes;                 /* owned: Route values in order, each zero-terminated */
	size_t routes_len;
	uint32_t local_cseq;
	uint32_t remote_cseq;
	bool has_remote_cseq;
	bool is_confirmed;
	bool is_client;               /* made by a response to us */
	bool is_ended;
};
/* From a response to our request, or a request to us (RFC 3261 12.1). SYNTAX: a Contact is missing; LIMIT; NOMEM. */
enum sip_err dum_dialog_create_client(struct dum_set *s, const struct sip_message *request, const struct sip_message *response,
				      struct dum_dialog **out) SIP_MUST_USE;
enum sip_err dum_dialog_create_server(struct dum_set *s, const struct sip_message *request, struct dum_dialog **out) SIP_MUST_USE;
struct dum_dialog *dum_dialog_find(struct dum_set *s, struct sip_str remote_tag);
void dum_dialog_end_if_empty(struct dum_dialog *g);
/* A request in it: CSeq, target refresh, then its usages (RFC 3261 12.2.2). Answered or taken in any case. */
void dum_dialog_on_request(struct dum_dialog *g, struct dum_incoming *in);
/* 12.2.2: INVITE, UPDATE and their like bring the peer's target. */
void dum_dialog_on_target_refresh(struct dum_dialog *g, const struct dum_incoming *in);
/* A response to a request in it, or to the one that made it: target, and before it is confirmed the route set (RFC 3261 12.1.2, 13.2.2.4). */
void dum_dialog_on_response(struct dum_dialog *g, enum sip_method method, const struct sip_message *m);
/* A request in it, with the next CSeq, or with `cseq` (ACK) (RFC 3261 12.2.1.1). */
enum sip_err dum_dialog_make_request(struct dum_dialog *g, enum sip_method method, uint32_t cseq, unsigned dress,
				     struct sip_message **out) SIP_MUST_USE;
/* Is its first route a strict router? Then the Request-URI is where requests go (RFC 3261 8.1.2). */
bool dum_dialog_is_strict(const struct dum_dialog *g);
enum sip_err dum_dialog_send(struct dum_dialog *g, struct dum_usage *u,
			     void (*on_response)(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why),
			     void *arg, struct sip_message **m, struct dum_request **out) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
