/* The family of stack/core: what a stack is made of. */
#ifndef STACK_CORE_CORE_PRIV_H
#define STACK_CORE_CORE_PRIV_H

#include "stack/core/core.h"
#include "stack/transaction/transaction.h"

#define SIP__STACK_MAGIC 0x53544b31u
#define SIP__USER_MAGIC 0x55534552u
#define SIP__STACK_USERS 32
_Static_assert(SIP_SHARDS + SIP__STACK_USERS <= SIP_CONGESTION_FIFOS, "every FIFO is listened to");

/* The transport layer of one loop, and its thread when it has one of its own. */
struct sip__stack_wire {
	struct sip_stack *stack; /* lent by the stack it is part of */
	struct sip_loop *loop;   /* owned: a reference */
	struct sip_wire *wire;   /* owned */
	struct sip_thread thread;
	bool has_thread;
};

struct sip__stack_shard {
	struct sip_stack *stack; /* lent by the stack it is part of */
	struct sip_loop *loop;   /* owned: a reference */
	struct sip_shard *shard; /* owned */
	struct sip_thread thread;
	bool has_thread;
	unsigned number;
};

struct sip_user {
	uint32_t magic;
	struct sip_stack *stack; /* lent by the stack, which owns us */
	struct sip_user_options o;
	struct sip_loop *loop;   /* owned: a reference */
	struct sip_fifo fifo;
	struct sip_thread thread;
	bool has_thread;
	bool has_fifo;
	unsigned next_shard;     /* round robin for requests without a home; relaxed */
};

/* One way to reach us: what a sent-by, Route or Request-URI may say and still mean this stack. */
struct sip__own_address {
	uint16_t port;                   /* these three fill the first word: most addresses are told apart by it */
	uint16_t default_port;
	uint32_t host_len;
	struct sip_transport *transport; /* lent by the stack's list */
	char host[SIP_ADVERTISED_MAX + 2]; /* as in a URI: in brackets if it is an IPv6 address */
};
union sip__own_slot { /* read and written a word at a time, so that readers need no lock (transports.c) */
	struct sip__own_address address;
	uint64_t word[(sizeof(struct sip__own_address) + 7) / 8];
};
#define SIP__OWN_ADDRESSES 512

struct sip__stack_captures {
	pthread_mutex_t lock;    /* held while a capture is started or stopped */
	struct sip_loop *loop;   /* owned: a reference; made with the first; embedded: the shard's */
	struct sip_thread thread; /* turns the loop while there are captures */
	bool has_thread;
	struct sip_list list;    /* of struct sip_stack_capture */
};

struct sip_stack {
	uint32_t magic;
	struct sip_stack_options o;
	const struct sip_clock *clock;
	struct sip_metrics *metrics;     /* owned: a reference */
	struct sip_hash_key key;         /* of shards, tags and tables */
	struct sip_congestion congestion;
	bool is_running;
	bool is_draining;                /* relaxed atomic */
	uint32_t idle_search;            /* atomic */
	bool is_taking;                  /* atomic: who was before us reads our sockets still */
	int give_end;                    /* owned: another process takes over, and gets there what is its; -1: none does */
	unsigned wire_count;
	unsigned shard_count;
	struct sip__stack_wire *wires;   /* owned array */
	struct sip__stack_shard *shards; /* owned array */
	struct sip_user *users[SIP__STACK_USERS]; /* owned */
	size_t user_count;
	pthread_rwlock_t lock;           /* of what follows */
	struct sip_selector transports;
	union sip__own_slot own[SIP__OWN_ADDRESSES];
	size_t own_count;                /* atomic */
	uint32_t own_turn;               /* atomic; odd while `own` changes */
	struct sip_io notices;           /* of the kernel, on the first wire's loop (address_watch.c); fd -1: none */
	struct sip__stack_captures captures;
};

/* layout.c: loops for the layers, threads for the loops. */
enum sip_err sip__layout_make_loops(struct sip_stack *s) SIP_MUST_USE;
enum sip_err sip__layout_user_loop(struct sip_stack *s, struct sip_user *u) SIP_MUST_USE;
enum sip_err sip__layout_capture_loop(struct sip_stack *s) SIP_MUST_USE;
enum sip_err sip__layout_start(struct sip_stack *s) SIP_MUST_USE;
void sip__layout_stop(struct sip_stack *s);
/* Turns every loop that has no thread any more, until what was posted has been consumed (bounded). */
void sip__layout_settle(struct sip_stack *s);

/* overload.c: what the wires ask before they bring work. */
enum sip_congestion_level sip__overload_level(void *arg);
/* This message begins something, and the stack takes nothing new. */
bool sip__overload_refuses(const struct sip_stack *s, const struct sip_message *m);
/* A 503 with Retry-After for a request whose user is full. */
enum sip_err sip__overload_answer(struct sip_stack *s, struct sip__stack_shard *shard, uint64_t tx,
				  const struct sip_message *request) SIP_MUST_USE;

/* user_selector.c: the shards' call-backs; who gets what. */
void sip__user_selector_fill(struct sip__stack_shard *shard, struct sip_shard_user *out);
/* user.c */
void sip__user_destroy(struct sip_user **u);
/* Essential events are refused only when the FIFO holds its maximum; answers never. Takes m on success. */
enum sip__user_class { SIP__USER_NEW, SIP__USER_ESSENTIAL, SIP__USER_ANSWER };
enum sip_err sip__user_post(struct sip_user *u, const struct sip_user_event *event, enum sip__user_class class_,
			    int64_t now_us) SIP_MUST_USE;
/* The tag of every response to this server transaction that is made here: the same each time. */
#define SIP__TAG_LEN SIP_USER_TAG_LEN
struct sip_str sip__stack_tag(const struct sip_stack *s, uint64_t tx, char text[SIP__TAG_LEN]);
int64_t sip__stack_now(const struct sip_stack *s, const struct sip_loop *loop);

/* hand_over.c: call-backs of shards and wires, and the end */
bool sip__hand_over_is_kept(void *arg, const struct sip_message *m);
enum sip_err sip__hand_over_unknown(void *arg, struct sip_message *m);
void sip__hand_over_shard_idle(void *arg, struct sip_flow *f);
void sip__hand_over_marked(void *arg, uint32_t search, int64_t since_us);
void sip__hand_over_wire_idle(void *arg, struct sip_flow *f);
void sip__hand_over_taken(void *arg, enum sip_err why);
/* After the last message: the other side takes over for good. */
void sip__hand_over_fini(struct sip_stack *s);

/* captures.c */
void sip__captures_init(struct sip_stack *s);
/* After the last message, before the wires are destroyed. */
void sip__captures_fini(struct sip_stack *s);

/* address_watch.c: hears of new addresses and routes while the stack runs. NOMEM; a host that does not tell is no error. */
enum sip_err sip__address_watch_start(struct sip_stack *s) SIP_MUST_USE;
/* When nobody turns the loops any more. */
void sip__address_watch_stop(struct sip_stack *s);

/* transports.c */
/* What was learnt of the source towards peers is asked for again. Any thread. */
void sip__transports_forget_sources(struct sip_stack *s);
void sip__transports_fini(struct sip_stack *s);

#endif
