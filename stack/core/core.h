/*
 * stack/core: the door of libstack. A stack is loops, a wire on each transport loop, shards of
 * transactions, and users who are told of requests and responses. Which layer turns on which
 * loop is a layout, not another program:
 *
 *   dedicated  a thread for the wires, one for each shard, one for each user
 *   folded     wire, shard and users of one shard on one thread
 *   embedded   no thread: the application turns the one loop (sip_stack_loop) as it likes
 */
#ifndef STACK_CORE_CORE_H
#define STACK_CORE_CORE_H

#include "stack/core/user.h"
#include "stack/transport/capture.h"
#include "stack/transport/hand_over.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sip_layout { SIP_LAYOUT_DEDICATED, SIP_LAYOUT_FOLDED, SIP_LAYOUT_EMBEDDED };

struct sip_stack_options {
	enum sip_layout layout;
	unsigned shards;                 /* 1 … 64; embedded: 1 */
	unsigned wires;                  /* transport loops, 1 … 64; folded: as shards; embedded: 1 */
	enum sip_poll_kind poll;
	const struct sip_clock *clock;   /* NULL: the real one; lent, outlives the stack */
	struct sip_log *log;             /* may be NULL; lent, outlives the stack */
	uint64_t seed;                   /* 0: operating-system randomness */
	struct sip_limits limits;
	uint32_t t1_ms, t2_ms, t4_ms, t100_ms; /* 500, 4,000, 5,000, 200 (RFC 3261 17) */
	const char *dns_servers;         /* NULL: the system's; "127.0.0.1:5353,…" */
	const char *hosts_path;          /* NULL: /etc/hosts; "": none */
	const struct dns_source *dns_source; /* NULL: real DNS; lent */
	uint32_t dns_grey_ms;            /* 30,000 */
	const char *server;              /* Server header of the stack's own answers; NULL: none; lent */
	bool add_rport;                  /* true */
	bool is_congestion_on;           /* true */
	enum sip_congestion_metric congestion_metric; /* WAIT_TIME */
	uint64_t congestion_tolerance;   /* 200 ms (nodes for SIZE) */
	size_t transactions_max;         /* of each role and shard: 4,000,000 */
	size_t queue_max;                /* of each FIFO: 50,000 */
	struct sip_guard_options guard;  /* of each wire: who may come in, and how often (stack/transport/guard.h) */
};
/* What stands behind each field; nothing for the others. */
void sip_stack_options_init(struct sip_stack_options *o);

/* Makes loops and layers; nothing runs yet. NOMEM, INVAL, or what the kernel refused. */
enum sip_err sip_stack_create(const struct sip_stack_options *o, struct sip_stack **out) SIP_MUST_USE;
/* Starts the threads of the layout. Users are added before. */
enum sip_err sip_stack_start(struct sip_stack *s) SIP_MUST_USE;
/*
 * New requests get 503 from now on; transactions under way may end. Any thread. Then poll sip_stack_transactions, or just stop.
 */
void sip_stack_drain(struct sip_stack *s);
/* Transactions alive. Any thread. */
size_t sip_stack_transactions(struct sip_stack *s);
/* Ends threads and layers; users hear ENDED (STOPPED) of what was still alive. Not from a call-back. */
void sip_stack_stop(struct sip_stack *s);
/* Stops first if need be. Users and their loops must not be used after. */
void sip_stack_destroy(struct sip_stack **s);

/* Also while running, from any thread but a call-back of the stack. INUSE, DENIED, … */
enum sip_err sip_stack_add_transport(struct sip_stack *s, const struct sip_transport_options *o,
				     struct sip_transport **out /* lent by the stack */) SIP_MUST_USE;
/* Its connections are closed and its flows tell their users; no more is sent by it. NOTFOUND. */
enum sip_err sip_stack_remove_transport(struct sip_stack *s, struct sip_transport *t) SIP_MUST_USE;
/* Copies up to `most` present transports, each with a reference for the caller; returns how many. Any thread. */
size_t sip_stack_transports(struct sip_stack *s, struct sip_transport **out, size_t most);
/*
 * The flow of UDP between this address of ours and that one, as if something had come by it; a reference. Waits for a turn of its wire: for
 * a user's thread, none of a shard's or wire's own. NOTFOUND: no transport has that address; NOMEM, CLOSED.
 */
enum sip_err sip_stack_open_flow(struct sip_stack *s, const struct sip_addr *ours, const struct sip_addr *theirs,
				 struct sip_flow **out) SIP_MUST_USE;
/* Is this host and port (0: the default of `kind`) one of our transports' sent-by or bound addresses? Any thread. */
bool sip_stack_is_own_address(struct sip_stack *s, struct sip_str host, uint16_t port);
/*
 * Which addresses an any-address transport has is asked again. The stack does so by itself when the kernel tells of a change, as Linux
 * does; elsewhere whoever knows calls this. Any thread.
 */
void sip_stack_learn_addresses(struct sip_stack *s);

/* The host alone, whatever the port. */
bool sip_stack_is_own_host(struct sip_stack *s, struct sip_str host);

/* T1, T2 and T4 of its transactions (RFC 3261 17, table 4): the timers of users follow them. Any thread. */
uint32_t sip_stack_t1_ms(const struct sip_stack *s);
uint32_t sip_stack_t2_ms(const struct sip_stack *s);
uint32_t sip_stack_t4_ms(const struct sip_stack *s);

/*
 * Replacement by another process, which has duplicates of our sockets (sip_transport_socket, sip_hand_over_send) and has opened its
 * transports by them, those for datagrams with is_held. Of a socket for datagrams one process alone reads: the old one, until it
 * ends.
 *
 * The old one first holds what no transaction of its own knows, and calls again until the answer is 0: server transactions for
 * `method` that have no final response yet (SIZE_MAX: not every shard holds). Then it gives, or resumes as if nothing had been.
 */
size_t sip_stack_hold(struct sip_stack *s, enum sip_method method);
enum sip_err sip_stack_resume(struct sip_stack *s) SIP_MUST_USE; /* STATE: it gives already */
/*
 * Nothing is accepted from now on; datagrams no transaction knows go to `end` (the first of sip_hand_over_pair; ours, on OK), new
 * requests by connections get 503, transactions go on to their end. sip_stack_stop is the end, sip_stack_destroy or the death of
 * the process lets the other one read. Not from a call-back. CLOSED: it is stopped; STATE: it gives or drains already. After
 * either it may resume.
 */
enum sip_err sip_stack_give(struct sip_stack *s, int end) SIP_MUST_USE;
/*
 * A few connections by which nothing goes, and nothing is awaited, are closed; again and again, that all of them are. It tells the
 * other process too that we are still here: who gives calls it once a second at least. Any thread.
 */
void sip_stack_close_idle(struct sip_stack *s);
/*
 * The new one: takes what is given to `end` (the second; ours, on OK) as if it had been received by its own transports, which
 * receive by themselves when nobody gives any more, or who gives has been silent for 15 s. Not from a call-back. NOMEM, STATE.
 */
enum sip_err sip_stack_take(struct sip_stack *s, int end) SIP_MUST_USE;
/*
 * Does the one before it read its sockets still? Then it must not end: what the other reads would be lost. And has it ended that
 * shall be given to? Then there is nothing left to wait for. Any thread.
 */
bool sip_stack_is_taking(struct sip_stack *s);
bool sip_stack_is_left(struct sip_stack *s);

/*
 * What a user has against a source (a proven address is that of a connection; one that may be forged is banned for datagrams only);
 * a ban, of so many seconds (0: as long as its next one would be); the end of one. To every wire; any thread. NOMEM, FULL, CLOSED.
 */
enum sip_err sip_stack_offence(struct sip_stack *s, const struct sip_addr *source, unsigned points, bool is_proven) SIP_MUST_USE;
enum sip_err sip_stack_ban(struct sip_stack *s, const struct sip_addr *source, unsigned seconds) SIP_MUST_USE;
enum sip_err sip_stack_unban(struct sip_stack *s, const struct sip_addr *source) SIP_MUST_USE;
/* Up to `most` of those banned now, each once, whichever wires keep it out; how many. Any thread; waits for the wires. */
size_t sip_stack_list_bans(struct sip_stack *s, struct sip_ban *out, size_t most);

/*
 * Up to `most` of those banned now, for the process that takes over, and what it makes of them; without memory fewer. SYNTAX: it is no
 * list of bans; what was taken of it stays.
 */
void sip_stack_put_bans(struct sip_stack *s, size_t most, struct sip_buf *b);
enum sip_err sip_stack_take_bans(struct sip_stack *s, struct sip_str bans) SIP_MUST_USE;

/* All the stack counts; users may put their own tables beside. Lent. */
struct sip_metrics *sip_stack_metrics(struct sip_stack *s);
enum sip_congestion_level sip_stack_congestion(struct sip_stack *s);

/*
 * Captures what comes in and goes out by all transports (see stack/transport/capture.h) on a thread of its own; the collector's
 * name is resolved there, again every five minutes and after each failure. Any thread but a call-back of the stack or of a capture,
 * also while running, not while the stack is stopped; embedded: the thread that turns the loop (STATE elsewhere), and on that loop.
 * At most SIP_CAPTURES_MAX at once (LIMIT). INVAL, NOMEM, EXISTS, or what opening the file failed with.
 */
struct sip_stack_capture; /* closed; the stack's until it is stopped */
enum sip_err sip_stack_capture_start(struct sip_stack *s, const struct sip_capture_options *o,
				     struct sip_stack_capture **out) SIP_MUST_USE;
/* What it has taken is passed on as far as that goes without waiting. NULL is left alone; *c is NULL after. As above. */
void sip_stack_capture_stop(struct sip_stack *s, struct sip_stack_capture **c);

/* Embedded: the loop to turn. Folded: shard n's. Lent. */
struct sip_loop *sip_stack_loop(struct sip_stack *s, unsigned shard);
unsigned sip_stack_shards(const struct sip_stack *s);

/* For those who bring their own thread, over all loops of an embedded stack (see stack/loop/fdset.h). */
enum sip_err sip_stack_build_fdset(struct sip_stack *s, struct sip_fdset *set) SIP_MUST_USE;
/* How long the caller may sleep: 0 not at all, <0 for ever. Ask it last (see sip_loop_sleep_us). */
int64_t sip_stack_sleep_us(struct sip_stack *s);
/* One turn of each loop, over what the set has found ready. */
enum sip_err sip_stack_process_fdset(struct sip_stack *s, const struct sip_fdset *set) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
