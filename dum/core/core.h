/*
 * dum/core: what every usage stands on. The manager as its own rooms see it, deeds (what any
 * thread asks for), events (what applications are told), requests of ours under way, and
 * requests that wait for our answer. All on DUM's loop but dum_deed_do. Not for applications.
 */
#ifndef DUM_CORE_CORE_H
#define DUM_CORE_CORE_H

#include "dum/auth/auth.h"
#include "dum/core/event.h"
#include "dum/profile/profile.h"
#include "stack/core/core.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dum_incoming;

/* What the manager does with what comes in; it stands above, so it hands itself down. */
struct dum_core_user {
	void (*on_request)(struct dum *d, struct dum_incoming *in); /* a new one; leads to an answer in the end */
	void (*on_ack)(struct dum *d, struct sip_message *m);       /* that belongs to a 2xx, or to nothing */
	void (*on_stray)(struct dum *d, struct sip_message *m);     /* a 2xx to an INVITE whose transaction is over */
	void (*on_flow_gone)(struct dum *d, struct sip_flow *flow); /* lent for the call */
};

struct dum {
	uint32_t magic;
	struct sip_stack *stack;       /* owned when has_stack, else lent by the application, who outlives us with it */
	bool has_stack;
	struct sip_user *user;         /* lent by the stack */
	struct sip_loop *loop;         /* lent by the user */
	const struct dum_core_user *up; /* static */
	struct dum_handles *handles;   /* owned */
	struct dum_profile *profile;   /* owned: a reference; the master */
	struct dum_handlers handlers;
	void *data;                    /* the application's */
	sip_destroy_fn destroy_data;
	struct sip_digest_hash *hash;  /* owned */
	struct sip_nonces *nonces;     /* owned; NULL until somebody is challenged */
	struct sip_hash_key key;
	int64_t t1_us, t2_us;          /* the stack's (RFC 3261 17) */
	struct sip_fifo deeds;         /* what other threads ask for */
	struct sip_fifo pulled;        /* events for dum_next_event */
	struct sip_fifo_batch taken;   /* of the thread that pulls */
	bool has_deeds, has_pulled;
	bool is_pull;
	struct sip_hash sets;          /* of dum/dialog: by Call-ID and our tag */
	struct sip_list kept_flows;    /* of dum/register: those of its registrations */
	struct sip_hash lines;         /* of dum/pager: MESSAGEs under way, by who sends them to whom */
	struct sip_hash seen;          /* of dum/manager: requests that another one may be merged with … */
	struct sip_list seen_list;     /* … the oldest first */
	struct sip_hash incoming;      /* requests without a final answer, by transaction */
	struct sip_list set_list;      /* of dum/dialog: all sets */
	struct sip_list dying;         /* struct dum_grave: freed when nobody is inside any more */
	unsigned depth;                /* calls into us that are not over */
	void (*on_rest)(struct dum *d); /* may be NULL: everybody has left, what ended has been freed */
	bool is_shutting_down;
	bool is_down;                  /* and everybody has been told */
	uint64_t deeds_posted;         /* atomic */
	uint64_t deeds_done;           /* atomic */
	uint64_t events_lost;          /* atomic: pulled too slowly */
};
#define DUM_MAGIC 0x44554d31u

/* ---- coming in and going out: what ends meanwhile is freed when the last one goes out ----------------------------- */
struct dum_grave { /* in what is to be freed late */
	struct sip_list node;
	void (*bury)(void *object);
	void *object;
};
void dum_core_enter(struct dum *d);
void dum_core_leave(struct dum *d);
void dum_core_bury(struct dum *d, struct dum_grave *g, void (*bury)(void *object), void *object);
int64_t dum_core_now(const struct dum *d);
/* 64*T1: how long a transaction waits for an answer, and we for an ACK, a PRACK, an application (RFC 3261 17.1.2.2, 13.3.1.4). */
int64_t dum_core_patience_us(const struct dum *d);
struct sip_rand *dum_core_rand(struct dum *d);

/* ---- events ------------------------------------------------------------------------------------------------------- */
/* Is there anybody to hear this? A default answer is due otherwise. */
bool dum_event_is_heard(const struct dum *d, enum dum_event_kind kind);
/* Tells it; its data is filled in here. The caller is inside (dum_core_enter), and looks at its own state after. */
void dum_event_tell(struct dum *d, struct dum_event *e);
/* An event that waits to be pulled, and what frees it. */
struct dum_event *dum_event_of_node(struct sip_fifo_node *node);
struct sip_fifo_node *dum_event_to_node(struct dum_event *e);
void dum_event_discard(void *arg, struct sip_fifo_node *node);

/* ---- deeds: one way in for every thread ---------------------------------------------------------------------------- */
#define DUM_DEED_TEXTS 6
struct dum_deed {
	struct sip_fifo_node node;
	enum sip_err (*fn)(struct dum *d, const struct dum_deed *a); /* on DUM's loop, inside */
	struct dum_handle handle;      /* STALE when it is, before fn is asked; none: no matter */
	struct dum_handle made;        /* reserved for what it makes; stale again when it cannot */
	struct dum_profile *profile;   /* owned: a reference, let go of when it is done or given up; may be NULL */
	unsigned number;
	bool flag;
	bool is_secret;                /* copies of its texts are wiped */
	struct sip_str text[DUM_DEED_TEXTS]; /* lent; copied when the deed has to travel */
	void *pointer;                 /* as fn has it */
	sip_destroy_fn drop;           /* for the pointer, when the deed cannot be done; may be NULL */
};
/*
 * On DUM's loop it is done at once and its result returned. From another thread it is posted: OK means that it will be
 * done, FULL, CLOSED or NOMEM that it will not; should it then fail, on_deed_failed says so.
 */
enum sip_err dum_deed_do(struct dum *d, const struct dum_deed *a) SIP_MUST_USE;
/* The same for one that makes something of this kind: its name is in *out before anything is told of it. A reference to p is taken. */
enum sip_err dum_deed_make(struct dum *d, struct dum_deed *a, enum dum_handle_kind kind, struct dum_profile *p /* may be NULL */,
			   struct dum_handle *out) SIP_MUST_USE;
void dum_deed_on_node(void *arg, struct sip_fifo_node *node);
void dum_deed_discard(void *arg, struct sip_fifo_node *node);

/* ---- requests of ours ------------------------------------------------------------------------------------------------ */
struct dum_request; /* ends by itself after its final response; its owner may forget it before */
struct dum_request_options {
	struct dum_profile *profile;   /* a reference is taken */
	struct dum_client_auth *auth;  /* may be NULL; lent by the set, who outlives the request */
	struct dum_handle usage;       /* for on_ready_to_send */
	struct sip_flow *flow;         /* may be NULL: this flow while it lives */
	bool by_uri;                   /* the next hop is the Request-URI whatever the Route says: a strict router (RFC 3261 8.1.2) */
	/*
	 * Responses, provisional ones too, in order. A final one to anything but an INVITE, and a failure to an INVITE, is the last.
	 * 401 and 407 that could be answered from the profile are not told: the request went out again.
	 */
	void (*on_response)(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why);
	/* The CSeq number for a repetition with credentials. */
	uint32_t (*next_cseq)(void *cseq_arg);
	void *cseq_arg;                /* lent: the dialog or the set, who outlives the request */
	void *arg;                     /* lent by the owner, who forgets the request before it goes */
};
/*
 * Takes *m on success: credentials are added, it is shown to on_ready_to_send and sent. *out is the owner's own field: NULL, or a
 * request that is forgotten for this one; it is NULL again when the request is over.
 */
enum sip_err dum_request_send(struct dum *d, const struct dum_request_options *o, struct sip_message **m,
			      struct dum_request **out) SIP_MUST_USE;
/* As it was sent last, without our Via. Lent. */
const struct sip_message *dum_request_message(const struct dum_request *r);
/* The owner hears no more; an INVITE without a final answer is given up: cancelled. NULL is left alone; *r is NULL after. */
void dum_request_forget(struct dum_request **r);
/* RFC 3261 9.1: an INVITE only. The final response still comes. `reason` may be empty (RFC 3326). */
enum sip_err dum_request_cancel(struct dum_request *r, struct sip_str reason) SIP_MUST_USE;
/* What the stack says of them. */
void dum_request_on_response(struct dum *d, struct sip_user_event *e);
void dum_request_on_ended(struct dum *d, struct sip_user_event *e);
/*
 * Without a transaction: an ACK for a 2xx (RFC 3261 13.2.2.4). *branch is 0 at first, and what it is then makes the same ACK of the next
 * one; NULL: there is no next one. Takes *m on success.
 */
enum sip_err dum_request_send_ack(struct dum *d, struct dum_profile *p, struct dum_handle usage, bool by_uri, uint64_t *branch,
				  struct sip_message **m) SIP_MUST_USE;

/* ---- the way out: outbound proxy, fixed transport (way.c) -------------------------------------------------------------- */
struct dum_way {
	struct sip_target to;          /* its preferred transport is owned: a reference */
	char room[1024];               /* of the URI it goes by, where that is none of the message's */
};
/* For this message, whose Route may gain the outbound proxy; lent texts of it. UNREACHABLE: no such transport of ours. */
enum sip_err dum_way_find(struct dum *d, struct dum_profile *p, struct sip_message *m, bool by_uri, struct dum_way *w) SIP_MUST_USE;
/* When it was sent. Whatever dum_way_find said; a zeroed one too. */
void dum_way_leave(struct dum_way *w);

/* ---- dressing: what every message of ours says of us (dress.c) --------------------------------------------------------- */
enum dum_dress {
	DUM_DRESS_CONTACT = 1,
	DUM_DRESS_CAPABILITIES = 2, /* those the profile advertises */
	DUM_DRESS_ALL = 4           /* all of them */
};
/* User-Agent, Proxy-Require, and as asked Contact (its host is filled in when the transport is known), Allow, Supported, Accept … */
enum sip_err dum_dress_request(struct dum *d, struct dum_profile *p, struct sip_message *m, unsigned what) SIP_MUST_USE;
enum sip_err dum_dress_response(struct dum *d, struct dum_profile *p, const struct sip_message *request, struct sip_message *m,
				unsigned what) SIP_MUST_USE;
/* For sip_target.prepare: puts the host we are reached at into a Contact that has none yet. */
enum sip_err dum_dress_prepare(void *arg, struct sip_message *m, struct sip_transport *by, const struct sip_addr *to);
/* Our Contact for a registration, its host to be filled in; `instance` tells it from others of the same host (rinstance); empty: none. */
void dum_dress_put_contact(struct dum_profile *p, struct sip_str instance, struct sip_buf *b);
/* Further fields, a line each: "Subject: lunch\r\n". INVAL: not of that shape. */
enum sip_err dum_dress_add_headers(struct sip_message *m, struct sip_str lines) SIP_MUST_USE;
/* The value of Allow. */
void dum_dress_put_allow(struct dum_profile *p, struct sip_buf *b);
/* The value of From (or To) of a profile, with this tag. */
void dum_dress_put_from(struct dum *d, struct dum_profile *p, struct sip_str tag, struct sip_buf *b);

/* ---- requests that wait for our answer ----------------------------------------------------------------------------------- */
struct dum_incoming {
	struct sip_hash_node node;     /* in d->incoming */
	struct dum *dum;               /* lent by itself: it outlives all that comes in */
	struct dum_grave grave;
	struct dum_handle handle;      /* given to it when an application is to answer it */
	struct dum_handle usage;       /* for on_ready_to_send */
	uint64_t tx;
	struct sip_message *message;   /* owned */
	enum sip_method method;
	struct dum_profile *profile;   /* owned: a reference; the master until somebody says otherwise */
	struct sip_str user;           /* owned: who has proved to have sent it, while is_asking says so; empty: nobody was asked */
	struct sip_str tag;            /* lent by the set it begins: the To tag of our answers; empty: one of the transaction, or that it has */
	bool is_merged;
	bool is_asking;                /* who sent it is not known yet: it waits for a user's secret */
	bool is_answered;              /* finally */
	int64_t came_us;
	struct sip_timer timer;        /* nobody has answered in time (RFC 4320 4.2) */
	/* Its owner, told when it was cancelled, or is over without an answer of his (why). May be NULL. */
	void (*on_cancel)(void *arg, struct dum_incoming *in, const struct sip_message *cancel);
	void (*on_over)(void *arg, struct dum_incoming *in);
	void *arg;
};
struct dum_answer { /* all optional but the status */
	unsigned status;
	struct sip_str reason;         /* phrase; empty: IANA's */
	struct sip_str type, body;
	unsigned dress;                /* enum dum_dress */
	struct sip_str name[3], value[3]; /* further fields; empty names are passed over */
};
/* The response, dressed and shown to on_ready_to_send, not sent yet. */
enum sip_err dum_incoming_make(struct dum_incoming *in, const struct dum_answer *a, struct sip_message **out) SIP_MUST_USE;
/* Sends it; takes *m whatever comes of it. After a final one the request is over and, unless it is a 2xx to an INVITE, freed on leaving. */
enum sip_err dum_incoming_send(struct dum_incoming *in, struct sip_message **m) SIP_MUST_USE;
/* Both, for those who have no choice: what is no phrase gives way to IANA's; a failure is counted, and the transaction given up. */
void dum_incoming_answer(struct dum_incoming *in, const struct dum_answer *a);
void dum_incoming_refuse(struct dum_incoming *in, unsigned status);
/* As the list of refusals says. */
void dum_incoming_refuse_as(struct dum_incoming *in, enum sip_refusal refusal);
/* 405 with Allow (RFC 3261 8.2.1). */
void dum_incoming_refuse_method(struct dum_incoming *in);
/* The owner needs it no more: abandoned if it has no final answer. *in is NULL after. */
void dum_incoming_release(struct dum_incoming **in);
/* Gives it a handle, by which an application may answer it with dum_accept and dum_reject; refused by itself after 64*T1. */
enum sip_err dum_incoming_show(struct dum_incoming *in) SIP_MUST_USE;
/* Takes the handle back, as stale: it is somebody else's to show. */
void dum_incoming_hide(struct dum_incoming *in);
enum sip_err dum_incoming_set_user(struct dum_incoming *in, struct sip_str user) SIP_MUST_USE;
/* The owner's own: on_over when nobody has answered within 64*T1; it is over then. */
void dum_incoming_await(struct dum_incoming *in, void (*on_over)(void *arg, struct dum_incoming *in), void *arg);
/* What the stack says. */
void dum_incoming_on_request(struct dum *d, struct sip_user_event *e);
void dum_incoming_on_cancel(struct dum *d, struct sip_user_event *e);

/* ---- the parts of a manager ------------------------------------------------------------------------------------------------ */
void dum_core_on_event(void *arg, struct sip_user_event *e);

#ifdef __cplusplus
}
#endif
#endif
