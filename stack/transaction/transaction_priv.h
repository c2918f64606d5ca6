/*
 * The family's view of a transaction and of its shard. Everything here belongs to the shard's loop.
 *
 * A transaction is two pieces from two slabs: struct sip__transaction, all that one which only lingers needs (key, timer,
 * what it may have to repeat and where to), and struct sip__work, shed when it starts to linger. What it repeats is a packet,
 * or, of a response made here, what a repetition of its request does not bring along.
 */
#ifndef STACK_TRANSACTION_TRANSACTION_PRIV_H
#define STACK_TRANSACTION_TRANSACTION_PRIV_H

#include "stack/transaction/transaction.h"

#define SIP__SHARD_MAGIC 0x53485244u
#define SIP__TX_MAGIC 0x54584e31u

/* ---- machines ---------------------------------------------------------------------------------------------------- */
enum sip__state {
#define SIP__STATE(id, text) SIP__STATE_##id,
#include "stack/transaction/state_table.h"
#undef SIP__STATE
	SIP__STATE_COUNT
};
enum sip__event {
#define SIP__EVENT(id, text) SIP__EVENT_##id,
#include "stack/transaction/event_table.h"
#undef SIP__EVENT
	SIP__EVENT_COUNT,
	SIP__EVENT_NONE = SIP__EVENT_COUNT
};
enum sip__timer {
#define SIP__TIMER(id, which, unreliable, reliable, event) SIP__TIMER_##id,
#include "stack/transaction/timer_table.h"
#undef SIP__TIMER
	SIP__TIMER_COUNT,
	SIP__TIMER_NONE = SIP__TIMER_COUNT, /* a state where none runs */
	SIP__TIMER_KEEP                     /* a state that leaves it as it is */
};
enum sip__machine_id {
#define SIP__MACHINE(id, stem) SIP__MACHINE_##id,
#include "stack/transaction/machine_table.h"
#undef SIP__MACHINE
	SIP__MACHINE_COUNT
};

enum sip__effect_kind {
	SIP__EFFECT_SEND,         /* the packet it has */
	SIP__EFFECT_SEND_AGAIN,   /* the same, counted as a retransmission */
	SIP__EFFECT_SEND_STAGED,  /* the step's packet becomes the transaction's and is sent */
	SIP__EFFECT_SEND_ACK,     /* derived from its packet and the step's message, kept, and sent */
	SIP__EFFECT_SEND_CANCEL,  /* derived from its packet, in a transaction of its own */
	SIP__EFFECT_ACK_ASIDE,    /* this attempt goes on answering its failure with ACK, beside the next attempt */
	SIP__EFFECT_TELL,         /* the response to the user */
	SIP__EFFECT_TELL_MADE,    /* a response made here: `status` */
	SIP__EFFECT_TELL_ACK,
	SIP__EFFECT_TELL_CANCEL,
	SIP__EFFECT_ANSWER,       /* made here from the request, kept, and sent: `status` */
	SIP__EFFECT_NEXT,         /* on to the next target */
	SIP__EFFECT_FALLBACK,     /* the response on to the next address (18.2.2) */
	SIP__EFFECT_FORGET_PACKET,
	SIP__EFFECT_ARM,          /* `timer`, after delay_us */
	SIP__EFFECT_DISARM_LIFE,
	SIP__EFFECT_DISARM_RESEND,
	SIP__EFFECT_RAISE,        /* `event` comes next */
	SIP__EFFECT_SHED,         /* it lingers from now on */
	SIP__EFFECT_END
};
struct sip__effect {
	uint8_t kind; /* enum sip__effect_kind */
	uint8_t timer;
	uint8_t event;
	uint16_t status;
	int64_t delay_us;
};
#define SIP__EFFECTS 12

struct sip__transaction;
struct sip__delays { /* microseconds; <0: not armed */
	int64_t of[SIP__TIMER_COUNT][2]; /* [timer][is_reliable] */
	int64_t t1, t2;
};
/* One event on its way through a machine. */
struct sip__step {
	struct sip__transaction *tx;
	const struct sip__delays *delays;
	struct sip_message *message; /* owned; who takes it leaves NULL */
	struct sip_packet *packet;   /* owned: an encoded response (TU_…) */
	enum sip__event event;
	enum sip__event raised;      /* comes next; SIP__EVENT_NONE: nothing */
	enum sip_err why;
	unsigned count;
	struct sip__effect effects[SIP__EFFECTS];
};
typedef void (*sip__act_fn)(struct sip__step *s);
struct sip__row {
	sip__act_fn act; /* NULL: no such row */
	uint8_t next;    /* enum sip__state */
};
enum { SIP__LINGERS = 1, SIP__KEEPS_PACKET = 2, SIP__ENDS = 4 };
struct sip__state_row { /* what entering the state does */
	uint8_t life, resend; /* enum sip__timer */
	uint8_t flags;
};
struct sip__machine {
	const char *name;
	struct sip__state_row states[SIP__STATE_COUNT];
	struct sip__row rows[SIP__STATE_COUNT][SIP__EVENT_COUNT];
};
#define SIP__ROW(state, on, action, then) \
	[SIP__STATE_##state][SIP__EVENT_##on] = { act_##action, SIP__STATE_##then }
#define SIP__ENTER(state, life_timer, resend_timer, how) \
	[SIP__STATE_##state] = { SIP__TIMER_##life_timer, SIP__TIMER_##resend_timer, (how) }

extern const struct sip__machine sip__client_invite, sip__client_other, sip__server_invite, sip__server_other;

const char *sip__state_name(unsigned state);
const char *sip__event_name(unsigned event);
void sip__delays_init(struct sip__delays *d, const struct sip_timers *t);
/* The event this timer becomes. */
enum sip__event sip__timer_event(unsigned timer);
bool sip__timer_is_life(unsigned timer);
/* Moves the transaction and fills in the effects; false: no row, nothing has changed. Does no I/O. */
bool sip__machine_step(const struct sip__machine *m, struct sip__step *s);
void sip__effect_add(struct sip__step *s, enum sip__effect_kind kind);
void sip__effect_add_status(struct sip__step *s, enum sip__effect_kind kind, unsigned status);
/* After T1 doubled as often as it was resent, at most `most` (<0: no limit). */
void sip__effect_add_resend(struct sip__step *s, enum sip__timer timer, int64_t most);
/*
 * Tests: shards created from now on lack this row (a second call replaces the first; SIP__MACHINE_COUNT as machine ends it).
 * Before any shard's thread starts.
 */
void sip__machine_forget_row(enum sip__machine_id machine, enum sip__state state, enum sip__event event);
/* The machine a new shard is to use; `copy` (may be NULL: no memory) is the shard's to free. */
const struct sip__machine *sip__machine_of(enum sip__machine_id machine, struct sip__machine **copy);

/* ---- a transaction ------------------------------------------------------------------------------------------------ */
/*
 * Ids: shard (6 bits), number (48), zero (10). A token is an id with the attempt in its low 8 bits and a mark for CANCEL; it is
 * what branches carry and sends are known by, so that an old attempt's trouble never hits the new one.
 */
#define SIP__ID_SHIFT 10
#define SIP__TOKEN_CANCEL 0x100u
#define SIP__ATTEMPT_MAX 0xffu

/* How a server transaction is known (17.2.3). */
struct sip__key {
	uint64_t hash;     /* keyed, of branch and sent-by; the same for INVITE, its ACK and its CANCEL */
	uint32_t check;    /* of the same bytes, another way */
	uint32_t to_tag;   /* RFC 2543 peers: of the To tag */
	uint8_t method;    /* ACK's is INVITE's */
	bool is_2543;
};

struct sip__transaction {
	struct sip_hash_node by_id; /* its hash is the id, shifted */
	union {
		struct {
			struct sip_hash_node by_key;
			struct sip_hash_node by_origin; /* From tag, Call-ID, CSeq: merged requests (8.2.2.2) */
			uint32_t check;
			uint32_t to_tag; /* RFC 2543 peers: of the To tag of the last response */
		} server;
		struct {
			uint64_t cookie;
			uint32_t extra; /* of what ends the branch of this request: hashed; 0: nothing */
		} client;
	} u;
	struct sip_timer life;
	struct sip_shard *shard;   /* lent: our parent */
	void *owner;               /* lent by the user, who outlives the shard */
	struct sip_packet *packet; /* owned: what may be repeated; NULL: nothing yet, or nothing any more */
	struct sip_response_rest *rest; /* owned: what is repeated in place of the packet, with the request; NULL: nothing */
	struct sip__work *work;    /* owned; NULL once it only lingers */
	union {
		struct sip_flow *flow;           /* owned, when is_by_flow */
		struct sip_transport *transport; /* owned, otherwise; may be NULL before the first send */
	} way;
	struct sip_addr to;        /* family 0: only by the flow */
	uint32_t magic;
	uint8_t state;             /* enum sip__state */
	uint8_t method;            /* of the request, folded to a byte */
	uint8_t attempt;           /* client: of the branch; server: of the address */
	uint8_t resends;           /* since the first send of this attempt */
	uint8_t why;               /* enum sip_err for on_ended */
	uint8_t timer;             /* what `life` stands for: enum sip__timer */
	bool is_reliable : 1;
	bool is_by_flow : 1;
	bool is_cancel : 1;        /* client: a CANCEL made here */
	bool is_old : 1;           /* client: an attempt that was given up: not found by user's deeds */
	bool is_unheard : 1;       /* the user hears no response (CANCEL, old attempts, abandoned) */
	bool is_unannounced : 1;   /* and no end either */
	bool has_ack : 1;          /* the packet is the ACK */
	bool has_origin : 1;       /* server: on the table of origins */
	bool has_cancelled : 1;    /* server: the user was told of a CANCEL */
	bool has_key : 1;          /* server: on the table of keys */
	bool is_2543 : 1;
	uint8_t machine : 2;       /* enum sip__machine_id */
};
_Static_assert(sizeof(struct sip__transaction) <= 192, "what lingers is small");
_Static_assert(SIP__MACHINE_COUNT <= 4, "two bits");

/* What the user said of the way, beside flow and transport; lives in the message's memory. */
struct sip__route {
	const char *hop;      /* the URI to go to instead of Route and Request-URI; NULL: none */
	struct sip_str extra; /* ends the branch */
	enum sip_err (*prepare)(void *arg, struct sip_message *m, struct sip_transport *by, const struct sip_addr *to);
	void *prepare_arg;
};
#define SIP__EXTRA_MAX 32

/* What only an active one needs. */
struct sip__work {
	struct sip_timer resend;
	struct sip__hop *hop;          /* lent by the shard: who else sends by streams to the same address; NULL: none */
	struct sip_list on_hop;
	uint8_t timer;                 /* what `resend` stands for */
	bool is_flow_only;
	bool has_tried_flow;
	bool has_located;              /* the search for targets was begun; there will be no second one */
	bool is_starting;              /* inside dns_locate_start */
	bool is_wide;                  /* targets by UDP stand behind themselves by TCP: the request is large */
	bool has_answered;             /* dns has heard that the present target answers */
	struct sip_received received;  /* owned. Server: to make answers from; nothing is kept once a final one is sent */
	struct sip_message *request;   /* owned. Client: until it is encoded first */
	struct sip_transport *preferred; /* owned; may be NULL */
	struct dns_locate *locate;     /* owned: a search under way */
	struct dns_target *targets;    /* owned, unless it is &one; without their domain, which is … */
	char *domain;                  /* owned: … this, when any of them is by a secure transport; NULL otherwise */
	struct dns_target one;
	size_t count, at;              /* targets[at - 1] is the present one, when at > 0 */
	enum sip_err located;          /* how the search ended */
	struct sip__route route;       /* in the memory of `request`, or in own_hop */
	char *own_hop;                 /* owned: route's hop, when it must outlive the request */
	char *reason;                  /* owned: of a CANCEL that waits; NULL: none */
};

static inline uint64_t sip__tx_id(const struct sip__transaction *tx)
{
	return tx->by_id.hash << SIP__ID_SHIFT;
}
static inline uint64_t sip__tx_token(const struct sip__transaction *tx)
{
	return sip__tx_id(tx) | tx->attempt | (tx->is_cancel ? SIP__TOKEN_CANCEL : 0);
}
static inline bool sip__tx_is_client(const struct sip__transaction *tx)
{
	return tx->machine <= SIP__MACHINE_CLIENT_OTHER;
}

/* transaction.c: life and driver. */
/* NULL when memory ends. In state `state` without entering it; counted; in the table of ids. */
struct sip__transaction *sip__transaction_create(struct sip_shard *s, uint64_t id, enum sip__machine_id machine,
						 enum sip__state state);
/* Off every table, without a word to anyone. */
void sip__transaction_destroy(struct sip__transaction **tx);
/* Gives it back what it shed (a late failure needs it). NULL when memory ends. */
struct sip__work *sip__transaction_work(struct sip__transaction *tx);
/* Steps until nothing more is raised. Takes m and packet; tx may be gone after. */
void sip__transaction_run(struct sip__transaction *tx, enum sip__event event, struct sip_message *m, struct sip_packet *packet,
			  enum sip_err why);
/* The wire could not deliver what was sent last: `packet` (lent, may be NULL) is what it gives back. */
void sip__transaction_send_failed(struct sip__transaction *tx, struct sip_packet *packet, enum sip_err why);
/* The connection its request was written to is closed. */
void sip__transaction_flow_gone(struct sip__transaction *tx, enum sip_err why);
void sip__transaction_go_by(struct sip__transaction *tx, struct sip_flow *flow, struct sip_transport *transport,
			    const struct sip_addr *to);
/* What is said of it to its user last, and then it is destroyed. */
void sip__transaction_end(struct sip__transaction **tx, enum sip_err why);
/* A response made here, with a To tag that is always the same for this id. */
enum sip_err sip__transaction_make(const struct sip_shard *s, uint64_t id, const struct sip_message *request, unsigned status,
				   struct sip_message **out) SIP_MUST_USE;
/* A packet of ours, indexed again. */
enum sip_err sip__packet_index(struct sip_packet *packet, struct sip_message **out) SIP_MUST_USE;

/* transaction_table.c */
/* False: without a usable Via. */
bool sip__key_of(const struct sip_hash_key *k, const struct sip_message *m, struct sip__key *out);
uint8_t sip__method_byte(const struct sip_message *m);
/* Case folded, as tokens are; 0 for the empty text only. */
uint32_t sip__text_hash(struct sip_str text);
struct sip__transaction *sip__table_find_server(struct sip_shard *s, const struct sip__key *key);
/* The one a CANCEL with this key means; any method but CANCEL. */
struct sip__transaction *sip__table_find_cancelled(struct sip_shard *s, const struct sip__key *key);
struct sip__transaction *sip__table_find_id(struct sip_shard *s, uint64_t id);
struct sip__transaction *sip__table_find_token(struct sip_shard *s, uint64_t token);
enum sip_err sip__table_add_server(struct sip__transaction *tx, const struct sip__key *key) SIP_MUST_USE;
void sip__table_remove(struct sip__transaction *tx);
/* Notes where the request comes from; true when it has come by another way already. */
bool sip__table_is_merged(struct sip__transaction *tx, const struct sip_message *m);

/* branch.c */
#define SIP__BRANCH_LEN 33
void sip__branch_put(const struct sip_hash_key *k, uint64_t token, struct sip_str extra, struct sip_buf *b);
/* True when it was made by us, with this key; `extra` is the part behind our own. */
bool sip__branch_parse(const struct sip_hash_key *k, struct sip_str branch, uint64_t *token, struct sip_str *extra);

/* failover.c: where a client transaction goes, and a response whose first way failed. */
/* The event that follows: LOCATED, LOCATE_FAILED or FLOW_LOST; NONE: it comes when names are resolved. */
enum sip__event sip__failover_next(struct sip__transaction *tx, enum sip_err *why);
/* The server of the present target has spoken or been silent: the same one by UDP need not be asked (RFC 3261 18.1.1). */
void sip__failover_skip_twin(struct sip__transaction *tx);
bool sip__failover_has_next(const struct sip__transaction *tx);
/* `why` tells whether it was the target's fault, or that a flow is too narrow. */
void sip__failover_target_failed(struct sip__transaction *tx, enum sip_err why);
void sip__failover_target_answered(struct sip__transaction *tx);
/* The response of a server transaction on to its next address (18.2.2, RFC 3263 5). */
void sip__failover_response(struct sip__transaction *tx);
/* Where to look for this request's next hop (8.1.2): `hop`, else the first Route, else the Request-URI. NULL: not a URI. */
const struct sip_uri *sip__next_hop(const struct sip_message *m, const char *hop, struct sip_uri *room);
void sip__locate_options(const struct sip_shard *s, struct dns_locate_options *o);
/* Our Via on top of the request; the branch has the mark of k, the shard's when responses are to be known by it. */
enum sip_err sip__push_via(struct sip_shard *s, const struct sip_hash_key *k, struct sip_message *m, struct sip_transport *t,
			   const struct sip_addr *to, uint64_t token, struct sip_str extra) SIP_MUST_USE;
/* The way back (18.2.2), all lent: by `flow` when it is not NULL; else from `transport`. Family 0 in to: only by the flow. */
struct sip__way {
	struct sip_flow *flow;
	struct sip_transport *transport;
	struct sip_addr to;
	enum sip_transport_kind kind;
	struct sip_str peer; /* whom it is for, where the transport asks for names (a stateless send's); else the packet says */
};
/* NOTFOUND: its top Via names a host that must be looked for. */
enum sip_err sip__way_back(const struct sip_shard *s, const struct sip_message *m, struct sip_flow *flow,
			   struct sip__way *out) SIP_MUST_USE;
bool sip__flow_is_alive(const struct sip_flow *f);
static inline bool sip__is_secure(enum sip_transport_kind kind)
{
	return kind < SIP_TRANSPORT_KIND_COUNT && sip_transport_kinds[kind].is_secure;
}
/* Encoded, with a note of whom it is for; empty: nobody is asked for a name. */
enum sip_err sip__encode_for(const struct sip_message *m, struct sip_str peer, struct sip_packet **out) SIP_MUST_USE;

/* hop.c: client transactions by the address their request went to over a stream, for when a connection dies (18.4). */
struct sip__hop;
/* The request is about to go by a stream. Without memory the transaction hears of no dying connection, and ends by its timers. */
void sip__hop_join(struct sip__transaction *tx);
void sip__hop_leave(struct sip__transaction *tx);
/* Every transaction whose request was written to this flow last is told. */
void sip__hop_flow_gone(struct sip_shard *s, const struct sip_flow *flow, enum sip_err why);
/* Did a request go by this flow that waits for its answer? */
bool sip__hop_has(const struct sip_shard *s, const struct sip_flow *flow);
void sip__hop_init(struct sip_shard *s);
void sip__hop_fini(struct sip_shard *s);

/* cancel.c */
/* Takes m. `invite`: what it cancels; NULL: nothing we know. */
void sip__cancel_received(struct sip_shard *s, const struct sip__key *key, struct sip__transaction *invite,
			  struct sip_message *m);
void sip__cancel_send(struct sip__transaction *invite);

/* stray.c */
void sip__stray_ack(struct sip_shard *s, struct sip_message *m);
void sip__stray_response(struct sip_shard *s, struct sip_message *m, bool is_ours);

/* unknown.c */
struct sip__command;
/* True: it is held, given or refused, and none of ours any more. No transaction knows m. */
bool sip__unknown(struct sip_shard *s, struct sip_message *m);
void sip__unknown_init(struct sip_shard *s);
void sip__unknown_stop(struct sip_shard *s);
void sip__hand_over(struct sip_shard *s);
void sip__mark_flows(struct sip_shard *s, const struct sip__command *c);

/* stateless.c */
struct sip__stateless; /* one whose target is being looked for */
struct sip__command;
void sip__stateless_send(struct sip_shard *s, struct sip__command *c);
/* `id` makes the To tag. Never for an ACK. */
void sip__stateless_answer(struct sip_shard *s, const struct sip_message *request, unsigned status, uint64_t id);
void sip__stateless_stop(struct sip_shard *s);

/* server.c: requests from the wire and responses from the user; client.c: the other two. */
void sip__server_request(struct sip_shard *s, struct sip_message *m);
void sip__server_response(struct sip_shard *s, struct sip__command *c);
void sip__client_request(struct sip_shard *s, struct sip__command *c);
void sip__client_response(struct sip_shard *s, struct sip_message *m);
/* A request that never became a transaction: the user hears 503 and the end. */
void sip__client_refuse(struct sip_shard *s, struct sip__command *c, enum sip_err why);

/* ---- the shard ------------------------------------------------------------------------------------------------------ */
enum sip__command_kind {
	SIP__COMMAND_MESSAGE,
	SIP__COMMAND_REQUEST,
	SIP__COMMAND_RESPONSE,
	SIP__COMMAND_STATELESS,
	SIP__COMMAND_CANCEL,
	SIP__COMMAND_ABANDON,
	SIP__COMMAND_SEND_FAILED,
	SIP__COMMAND_FLOW_GONE,
	SIP__COMMAND_TRANSPORT,
	SIP__COMMAND_HAND_OVER,
	SIP__COMMAND_FLOW_IDLE,
	SIP__COMMAND_MARK_FLOWS
};
struct sip__command { /* in the room its message keeps for its owner, or allocated; HAND_OVER: the shard's own */
	struct sip_fifo_node node;
	struct sip_message *message;     /* owned: holds this command too */
	uint64_t tx;                     /* or token */
	union {
		void *owner;
		struct sip_packet *packet; /* SEND_FAILED: owned: what was not delivered; may be NULL */
	};
	uint64_t cookie;
	struct sip_flow *flow;           /* owned */
	struct sip_transport *transport; /* owned */
	struct sip__route *route;        /* in the message's arena; NULL: none */
	struct sip_str text;             /* behind the command: of a CANCEL's Reason */
	uint8_t kind;                    /* enum sip__command_kind */
	uint8_t why;                     /* enum sip_err */
	bool flag;                       /* flow_only; is_added; is_once */
};
_Static_assert(sizeof(struct sip__command) <= SIP_MESSAGE_OWNER_ROOM, "a command fits the room in its message");

#define SIP__ORDER_METHOD_SHIFT 8
struct sip__order { /* what to do with what no transaction knows: it can be said when memory has ended */
	struct sip__command command;
	uint32_t wanted;                 /* atomic: enum sip_shard_hand_over, and the method asked for */
	bool is_posted;                  /* atomic */
};

struct sip_shard {
	uint32_t magic;
	unsigned number;
	struct sip_loop *loop;           /* owned: a reference */
	struct sip_fifo fifo;
	struct sip_shard_user user;
	struct sip__delays delays;
	struct sip_hash_key key;
	struct dns_resolver *dns;        /* owned */
	struct sip_selector selector;
	const struct sip__machine *machines[SIP__MACHINE_COUNT];
	struct sip__machine *copy;       /* owned: a machine with a row missing; tests */
	struct sip_slab transactions, works;
	struct sip_hash ids, keys, origins;
	struct sip_hash hops;            /* of struct sip__hop */
	struct sip_slab hop_slab;
	struct sip_list stateless;       /* of struct sip__stateless */
	size_t stateless_count;
	size_t clients, servers;         /* alive */
	size_t clients_max, servers_max;
	size_t alive;                    /* both; read relaxed by any thread */
	uint64_t next_number;            /* atomic */
	struct sip_fifo_batch held;      /* of messages no transaction knows, while HOLDS, or until they can be given */
	struct sip_timer give;           /* the next try */
	struct sip__order order;
	size_t unanswered;               /* atomic */
	uint8_t hand_over;               /* enum sip_shard_hand_over */
	bool add_rport;
	bool is_stopped;
};
/* Hands the packet to the wire, which may give it back with a failure. Errors are the caller's. */
enum sip_err sip__shard_send(struct sip_shard *s, struct sip_packet *packet, const struct sip__way *way, uint64_t token,
			     bool gives_back) SIP_MUST_USE;
static inline void sip__count(const struct sip_shard *s, unsigned metric, int64_t n)
{
	sip_metric_add(sip_loop_cells(s->loop), metric, n);
}

#endif
