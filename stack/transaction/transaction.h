/*
 * stack/transaction: RFC 3261 17 with RFC 6026 and RFC 4320. A shard is one loop's part of all
 * transactions: its table, its timers, its resolver and its selector. Shards share nothing; a
 * request's shard is a hash of its transaction key, a response's is written in our own branch.
 *
 * Deeds (…_post_…) may be called by any thread and travel through the shard's FIFO; call-backs
 * come on the shard's loop. For stack/core alone: users see stack/core/user.h.
 */
#ifndef STACK_TRANSACTION_TRANSACTION_H
#define STACK_TRANSACTION_TRANSACTION_H

#include "dns/dns.h"
#include "stack/transport/hand_over.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIP_SHARDS 64

struct sip_shard; /* closed; created by stack/core, one a loop */

/* All of RFC 3261's timers follow from these (17.1.1.1), milliseconds. */
struct sip_timers {
	uint32_t t1;       /* 500 */
	uint32_t t2;       /* 4,000 */
	uint32_t t4;       /* 5,000 */
	uint32_t t100;     /* 100 Trying to an INVITE nobody has answered by then: 200 (17.2.1) */
	uint32_t td;       /* timer D over UDP: at least 32,000 */
};
void sip_timers_init(struct sip_timers *t);

struct sip_shard_user { /* stack/core; all called on the shard's loop */
	/* A new server transaction. Must lead to sip_shard_adopt (or a response) before it returns. Takes m. */
	void (*on_request)(void *arg, uint64_t tx, struct sip_message *m, bool is_merged);
	/* An ACK that belongs to no non-2xx: `owner` is that of the INVITE's transaction if it is still Accepted, else NULL. Takes m. */
	void (*on_ack)(void *arg, void *owner, uint64_t tx, struct sip_message *m);
	/* The INVITE `tx` was cancelled; the CANCEL itself is answered already (200, or 481 without a match). Takes m. */
	void (*on_cancel)(void *arg, void *owner, uint64_t tx, struct sip_message *m);
	/*
	 * Of our client transaction, our Via still on top. why != OK: made here because of a time-out or failed transport (408, 430,
	 * 487, 503), with a Via of ours on top as well; when memory does not even suffice for that, on_ended is all that comes. Takes m.
	 */
	void (*on_response)(void *arg, void *owner, uint64_t tx, uint64_t cookie, struct sip_message *m, enum sip_err why);
	/* A 2xx to an INVITE no transaction knows (RFC 3261 16.7): takes m. Only those that carry our mark in the branch. */
	void (*on_stray)(void *arg, struct sip_message *m);
	/*
	 * A hand-over's, each may be NULL. What no transaction knows, while the shard gives: is it ours all the same? Else: OK takes m;
	 * AGAIN: later, and until then what is behind it waits as well; all else leaves it here. No request of this shard that was
	 * written to this connection waits for an answer.
	 */
	bool (*is_kept)(void *arg, const struct sip_message *m);
	enum sip_err (*on_unknown)(void *arg, struct sip_message *m);
	void (*on_flow_idle)(void *arg, struct sip_flow *f);
	/* sip_flow_set_busy was called for all flows its transactions go by. */
	void (*on_flows_marked)(void *arg, uint32_t search, int64_t since_us);
	/* The transaction is over and forgotten: last word about tx. A server transaction that failed to be delivered says why. */
	void (*on_ended)(void *arg, void *owner, uint64_t tx, uint64_t cookie, enum sip_err why);
	void *arg; /* lent, outlives the shard */
};

struct sip_shard_options {
	unsigned number;               /* 0 … SIP_SHARDS - 1 */
	struct sip_loop *loop;         /* the shard takes a reference */
	struct sip_shard_user user;
	struct sip_timers timers;
	struct dns_options dns;        /* loop is filled in */
	size_t queue_max;              /* events in the FIFO: 50,000 (new work is refused from 80 % of it) */
	int64_t tolerance_us;          /* of the FIFO, for congestion: 200 ms; 0: as the congestion says */
	size_t clients_max, servers_max; /* transactions: 4,000,000 each */
	struct sip_hash_key key;       /* of all shards alike: picks the shard, keys the tables */
	bool add_rport;                /* in our Via: true */
};
void sip_shard_options_init(struct sip_shard_options *o);
enum sip_err sip_shard_create(const struct sip_shard_options *o, struct sip_shard **out) SIP_MUST_USE;
/* Every transaction ends without a word on the wire (users hear on_ended, STOPPED). On the loop's thread or when it stands. */
void sip_shard_shutdown(struct sip_shard *s);
void sip_shard_destroy(struct sip_shard **s);
const struct sip_fifo *sip_shard_fifo(const struct sip_shard *s);
size_t sip_shard_transactions(const struct sip_shard *s); /* alive now; any thread, relaxed */

/* ---- from the wire ------------------------------------------------------------------------------------------------ */
/* Which of `count` shards this message belongs to. Any thread. */
unsigned sip_shard_of(const struct sip_hash_key *key, unsigned count, const struct sip_message *m);
/* The same for a request each time it comes, on every shard with this key: its To tag can be made of it (8.2.7). Any thread. */
uint64_t sip_shard_request_hash(const struct sip_hash_key *key, const struct sip_message *request);
/* New work (a request that begins something) is refused above high water, everything at max: FULL leaves m with the caller. */
enum sip_err sip_shard_post_message(struct sip_shard *s, struct sip_message *m, int64_t now_us) SIP_MUST_USE;
/*
 * Without memory the news is lost, and the transaction ends by its timers. `tx` is the token the wire was given;
 * of `packet` (what the wire gave back, may be NULL) a reference is taken.
 */
void sip_shard_post_send_failed(struct sip_shard *s, uint64_t tx, struct sip_packet *packet, enum sip_err why, int64_t now_us);
unsigned sip_shard_of_tx(uint64_t tx);
/*
 * For every shard, of a connection that is gone (RFC 3261 18.4): requests written to it that nothing was heard of go on to their
 * next target, or end. Never refused; without memory it is lost for this shard, and its transactions end by their timers.
 */
void sip_shard_post_flow_gone(struct sip_shard *s, struct sip_flow *flow, enum sip_err why, int64_t now_us);
/*
 * While another process takes over: what no transaction knows (requests, ACKs, CANCELs, responses to nobody here) is held, at most
 * 20,000; then given to on_unknown, or taken up again. What on_unknown leaves here is answered 503 when it begins something.
 * Never refused, and no memory is needed. The last one counts, whichever were not heard yet.
 */
enum sip_shard_hand_over { SIP_SHARD_KEEPS, SIP_SHARD_HOLDS, SIP_SHARD_GIVES };
void sip_shard_post_hand_over(struct sip_shard *s, enum sip_shard_hand_over mode, enum sip_method method, int64_t now_us);
/* Server transactions for that method without a final response when it was told to hold last; SIZE_MAX: it does not hold. Any thread. */
size_t sip_shard_unanswered(const struct sip_shard *s);
/* on_flows_marked is the answer; NOMEM: there is none. Any thread. */
enum sip_err sip_shard_post_mark_flows(struct sip_shard *s, uint32_t search, int64_t since_us, int64_t now_us) SIP_MUST_USE;
/* on_flow_idle is the answer, if it is so; without memory there is none. Any thread. */
void sip_shard_post_flow_idle(struct sip_shard *s, struct sip_flow *flow, int64_t now_us);
/* Keeps the shard's selector current. Any thread. */
enum sip_err sip_shard_post_transport(struct sip_shard *s, struct sip_transport *t, bool is_added, int64_t now_us) SIP_MUST_USE;

/* ---- from the user ------------------------------------------------------------------------------------------------- */
/* On the shard's loop, from on_request: who owns the server transaction. */
void sip_shard_adopt(struct sip_shard *s, uint64_t tx, void *owner);

struct sip_shard_target {            /* where a request goes; all optional */
	struct sip_flow *flow;       /* this flow while it lives; a reference is taken */
	bool flow_only;              /* and nowhere else: 430 when it is gone (RFC 5626); what is too large for DTLS goes by TLS */
	struct sip_str uri;          /* instead of the first Route or the Request-URI (RFC 3261 8.1.2); copied */
	struct sip_transport *preferred; /* transport to send by when it fits; a reference is taken */
	struct sip_str branch_extra; /* ends the branch of our Via after a "-" (loop detection, RFC 3261 16.6 step 8); copied, at most 32 */
	/*
	 * May be NULL. Called on the shard's loop for each target, when its transport is chosen and before Via is pushed and the
	 * request is encoded: may edit it (Record-Route). Every target gets a message without the edits made for another. On an error
	 * the request fails as if the transport had.
	 */
	enum sip_err (*prepare)(void *arg, struct sip_message *m, struct sip_transport *by, const struct sip_addr *to);
	void *prepare_arg;           /* lent, outlives the shard */
};
/* A new id on this shard; for branches: unguessable and unique. Any thread that has its own rand. */
uint64_t sip_shard_new_tx(struct sip_shard *s);
/* Sends a request (never ACK, never CANCEL) in a client transaction. Takes *m on success. A Via is pushed. */
enum sip_err sip_shard_post_request(struct sip_shard *s, uint64_t tx, void *owner, uint64_t cookie, struct sip_message **m,
				    const struct sip_shard_target *target, int64_t now_us) SIP_MUST_USE;
/* Answers a server transaction. A 1xx after a final is dropped; a 2xx to an INVITE may be repeated while Accepted. Takes *m. */
enum sip_err sip_shard_post_response(struct sip_shard *s, uint64_t tx, struct sip_message **m, int64_t now_us) SIP_MUST_USE;
/*
 * The same, and a transaction of a datagram that is not an INVITE's is over with it: the request is new when it comes again
 * (RFC 3261 8.2.7). Not when it was answered 100 meanwhile.
 */
enum sip_err sip_shard_post_response_once(struct sip_shard *s, uint64_t tx, struct sip_message **m, int64_t now_us) SIP_MUST_USE;
/*
 * CANCELs an INVITE client transaction (RFC 3261 9.1): at once, or when the first provisional has come. `reason` is copied; one that
 * would begin another field is left out.
 */
enum sip_err sip_shard_post_cancel(struct sip_shard *s, uint64_t tx, struct sip_str reason, int64_t now_us) SIP_MUST_USE;
/*
 * The user has lost interest: an INVITE server transaction is answered 500 if nothing final was, another one just ends when its
 * time is up (RFC 4320 4.2: no late answers); a client transaction goes on unheard, an INVITE after being cancelled.
 */
enum sip_err sip_shard_post_abandon(struct sip_shard *s, uint64_t tx, int64_t now_us) SIP_MUST_USE;
/*
 * Without a transaction: an ACK for a 2xx (a Via is pushed, its branch that of the id `branch`, 0: of a new one, or, of one that is
 * forwarded, the same each time it comes: 16.11), or a response (goes by its top Via or `flow`). No retry. Takes *m.
 */
enum sip_err sip_shard_post_stateless(struct sip_shard *s, uint64_t branch, struct sip_message **m, const struct sip_shard_target *target,
				      int64_t now_us) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
