/*
 * A transaction user: who is told of requests and responses, and answers. Events come through
 * the user's FIFO on its own loop, one at a time. Every request must be answered in the end
 * (sip_user_respond or sip_user_abandon).
 */
#ifndef STACK_CORE_USER_H
#define STACK_CORE_USER_H

#include "stack/transport/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_stack;
struct sip_user;
struct dns_source;

enum sip_user_event_kind {
	SIP_USER_REQUEST,   /* a new server transaction: answer it by tx */
	SIP_USER_ACK,       /* an ACK for a 2xx, or for nothing known: there is no transaction to answer (tx: the INVITE's, or 0) */
	SIP_USER_CANCEL,    /* the INVITE tx was cancelled: the CANCEL is answered, the INVITE is still to be (487) */
	SIP_USER_RESPONSE,  /* to the request sent as tx with this cookie; why != OK: made by the stack (408, 503, 430) */
	SIP_USER_STRAY,     /* a response whose transaction is over: a late 2xx */
	SIP_USER_ENDED,     /* the last word about tx */
	SIP_USER_FLOW_GONE  /* only for users who asked (wants_flows) */
};

struct sip_user_event {
	enum sip_user_event_kind kind;
	enum sip_err why;
	uint64_t tx;
	uint64_t cookie;             /* of the client transaction */
	struct sip_message *message; /* owned by the event: take it (and leave NULL), or it is released after the call-back */
	struct sip_flow *flow;       /* FLOW_GONE: lent for the call */
	bool is_merged;              /* REQUEST: the same request came by another way too (RFC 3261 8.2.2.2) */
};

struct sip_user_options {
	const char *name;            /* a few letters; lent for ever */
	/* Is this request ours? Asked in the order of adding, on a shard's thread, at the same time for several shards: look, do not keep. */
	bool (*wants)(void *arg, const struct sip_message *request);
	/*
	 * While another process takes over: must this, which no transaction knows, be dealt with here, say because the connection it is to
	 * go by is ours? Asked like `wants`; may be NULL.
	 */
	bool (*keeps)(void *arg, const struct sip_message *m);
	void (*on_event)(void *arg, struct sip_user_event *event); /* on the user's loop */
	void *arg;                   /* lent, outlives the stack */
	int shard;                   /* only what belongs to this shard; -1: all */
	bool wants_flows;            /* FLOW_GONE */
	bool wants_strays;           /* STRAY: the first such user of a shard gets them; without one they are counted drops */
	bool wants_ended;            /* ENDED; one may be lost when memory ends */
	struct sip_loop *loop;       /* NULL: the layout's choice; else the application's own, which it turns */
	size_t queue_max;            /* events: 50,000; REQUEST events are refused with 503 from 80 % of it */
};
void sip_user_options_init(struct sip_user_options *o);
/* Before sip_stack_start. The stack owns the user. */
enum sip_err sip_stack_add_user(struct sip_stack *s, const struct sip_user_options *o, struct sip_user **out) SIP_MUST_USE;
struct sip_loop *sip_user_loop(const struct sip_user *u); /* lent */

/* ---- deeds; any thread; messages are taken on success --------------------------------------------------------------- */
enum sip_err sip_user_respond(struct sip_user *u, uint64_t tx, struct sip_message **response) SIP_MUST_USE;
/* Makes and sends a response to `request`: status, IANA phrase when reason is NULL, a new To tag. INVAL: the reason is no phrase. */
enum sip_err sip_user_reply(struct sip_user *u, uint64_t tx, const struct sip_message *request, unsigned status,
			    const char *reason) SIP_MUST_USE;

/* The To tag sip_user_reply would use for this server transaction: the same for every response made to it. */
#define SIP_USER_TAG_LEN 13
struct sip_str sip_user_tag(const struct sip_user *u, uint64_t tx, char text[SIP_USER_TAG_LEN]);

/*
 * The same three for an answer that would be the same if the request came again: capabilities, a challenge, a rule that it breaks
 * (RFC 3261 8.2.7). Over datagrams its transaction is over with the answer and is no burden for 32 s; a repetition is a REQUEST
 * event of its own, to be answered alike, with the tag that is made of the request. Not for what changes something (a REGISTER
 * that was accepted), nor for what a user refuses as merged: it must be there to be recognized. An INVITE, a request over a stream
 * and one that got a 100 meanwhile are answered as by sip_user_respond.
 */
enum sip_err sip_user_respond_once(struct sip_user *u, uint64_t tx, struct sip_message **response) SIP_MUST_USE;
enum sip_err sip_user_reply_once(struct sip_user *u, uint64_t tx, const struct sip_message *request, unsigned status,
				 const char *reason) SIP_MUST_USE;
struct sip_str sip_user_tag_once(const struct sip_user *u, const struct sip_message *request, char text[SIP_USER_TAG_LEN]);

struct sip_target {
	struct sip_flow *flow;       /* this flow while it lives */
	bool flow_only;              /* and nowhere else */
	struct sip_str uri;          /* next hop instead of the first Route or the Request-URI */
	struct sip_transport *preferred;
	int shard;                   /* where the transaction is to live; -1: the stack's choice */
	/*
	 * For sip_user_send; lent for the call, may be NULL. 0: the branch made for this request is noted here; else the request has that one:
	 * it is an ACK that is sent once more, as it was (RFC 3261 13.2.2.4).
	 */
	uint64_t *branch;
	struct sip_str branch_extra; /* ends the branch of our Via (RFC 3261 16.6 step 8); copied, at most 32 bytes */
	/*
	 * May be NULL. Called on the shard's loop, for each target of RFC 3263, when the transport is known and before the request is
	 * encoded: may edit it (Record-Route).
	 */
	enum sip_err (*prepare)(void *arg, struct sip_message *m, struct sip_transport *by, const struct sip_addr *to);
	void *prepare_arg;           /* lent, outlives the stack */
};
void sip_target_init(struct sip_target *t);
/*
 * Sends a request in a client transaction; a Via is pushed. Not for ACK or CANCEL. The first RESPONSE event may be handled by the
 * user's loop before this returns: *tx is set before.
 */
enum sip_err sip_user_request(struct sip_user *u, struct sip_message **request, const struct sip_target *target, uint64_t cookie,
			      uint64_t *tx) SIP_MUST_USE;
/* RFC 3261 9.1: `reason` (RFC 3326 value) is copied; one that is more than a line is left out. */
enum sip_err sip_user_cancel(struct sip_user *u, uint64_t tx, struct sip_str reason) SIP_MUST_USE;
/* No interest any more: an INVITE without a final answer gets 500, another request none at all (RFC 4320 4.2). */
enum sip_err sip_user_abandon(struct sip_user *u, uint64_t tx) SIP_MUST_USE;
/* An ACK for a 2xx, or a response, without a transaction (RFC 3261 13.2.2.4, 16.7, 16.11). */
enum sip_err sip_user_send(struct sip_user *u, struct sip_message **message, const struct sip_target *target) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
