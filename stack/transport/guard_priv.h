/* The guard among the family: what the door, connections and listeners ask, and its table of bans. Wire's loop. */
#ifndef STACK_TRANSPORT_GUARD_PRIV_H
#define STACK_TRANSPORT_GUARD_PRIV_H

#include "stack/base/list.h"
#include "stack/base/metric.h"
#include "stack/base/network.h"
#include "stack/loop/timer.h"
#include "stack/transport/guard.h"
#include "stack/uri/uri.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sip__offence {
#define SIP_OFFENCE(id, points) SIP__OFFENCE_##id,
#include "stack/transport/offence_table.h"
#undef SIP_OFFENCE
	SIP__OFFENCE_COUNT
};

struct sip__source_key { /* IPv4: family and address; IPv6: the upper half */
	uint64_t family, net;
};

/* ---- bans (guard_ban.c) ------------------------------------------------------------------------------------------ */
enum sip__ban_rank { SIP__BAN_PAST, SIP__BAN_DATAGRAMS, SIP__BAN_ALL, SIP__BAN_RANKS };
struct sip__ban {
	struct sip_hash_node node;
	struct sip_list use;        /* in the list of its rank, least used first */
	struct sip__source_key key;
	int64_t until_us;           /* PAST: it was over then */
	int64_t met_us;             /* when it was last used, which is the order of its list */
	int64_t passed_us;          /* when one of its datagrams was given to another process for the last time */
	uint32_t times[SIP__BAN_RANKS]; /* how often it was banned so */
	bool is_mixed;              /* some of this IPv6 network is trusted: the kernel cannot tell which */
	enum sip__ban_rank rank;
};
struct sip__bans {
	struct sip_hash table;
	struct sip_list by_rank[SIP__BAN_RANKS];
	size_t max;
	struct sip_metrics_cells *cells; /* lent by the loop */
};
void sip__bans_init(struct sip__bans *b, size_t max, struct sip_metrics_cells *cells);
void sip__bans_fini(struct sip__bans *b);
/* What is known of it, lent; NULL: nothing. */
struct sip__ban *sip__bans_find(const struct sip__bans *b, const struct sip__source_key *key, uint64_t hash);
/* It was met again: others are forgotten before it. */
void sip__bans_used(struct sip__bans *b, struct sip__ban *ban, int64_t now_us);
/*
 * Found or made, of this rank from now on. When the table is full, the least used of the lowest rank goes, but never one of a
 * higher rank than the new one: NULL then, or when memory ends.
 */
struct sip__ban *sip__bans_put(struct sip__bans *b, const struct sip__source_key *key, uint64_t hash, enum sip__ban_rank rank);
void sip__bans_forget(struct sip__bans *b, struct sip__ban *ban);
/* Those that are over are PAST from now on, and forgotten `memory_us` later. Up to `most` are looked at; *cursor begins at 0. */
void sip__bans_sweep(struct sip__bans *b, int64_t now_us, int64_t memory_us, size_t *cursor, size_t most);

/* ---- the fence (guard_fence.c) ----------------------------------------------------------------------------------- */
#define SIP__FENCE_MAX 60
struct sip__fence {
	struct sip_wire *wire;                       /* lent: it owns the guard whose we are */
	const struct sip__bans *bans;                /* lent by the guard */
	struct sip_timer turn;
	uint64_t met;                                /* datagrams of the banned that came through, this turn */
	size_t count;                                /* 0: it is down */
	struct sip__source_key keys[SIP__FENCE_MAX]; /* those met last, the last one first */
};
void sip__fence_init(struct sip__fence *f, struct sip_wire *w, const struct sip__bans *bans);
/* Sockets take theirs down with themselves. */
void sip__fence_stop(struct sip__fence *f);
/* A datagram of one who is banned has come; sip__bans_used was told. */
void sip__fence_met(struct sip__fence *f);
/* Bans have changed: those that are over are let through from now on. */
void sip__fence_renew(struct sip__fence *f);

/* ---- the guard (guard.c) ----------------------------------------------------------------------------------------- */
struct sip__guard;
struct sip_flow;
struct sip_message;
struct sip__connection;
enum sip_err sip__guard_create(struct sip_wire *w, const struct sip_guard_options *o, struct sip__guard **out) SIP_MUST_USE;
/* The wire goes down: no timer after. */
void sip__guard_stop(struct sip__guard *g);
void sip__guard_destroy(struct sip__guard **g);
bool sip__guard_is_trusted(const struct sip__guard *g, const struct sip_addr *source);
/* May this datagram come in? What may not is counted. While another process takes over it is that one who judges. */
bool sip__guard_admits(struct sip__guard *g, const struct sip_addr *source);
/* The same of a message of a stream. */
bool sip__guard_admits_message(struct sip__guard *g, struct sip_flow *f);
/* A request whose User-Agent is one of a scanner, and not from a trusted source: to be dropped; counted, and an offence. */
bool sip__guard_is_scanner(struct sip__guard *g, const struct sip_flow *f, const struct sip_message *m);
/* May a connection from there come about? Then it is counted until sip__guard_left. */
bool sip__guard_entered(struct sip__guard *g, const struct sip_addr *source, bool *is_counted);
void sip__guard_left(struct sip__guard *g, const struct sip_addr *source);
/* A datagram may have come from anybody, who pretends to be this one; the peer of a stream or of DTLS is proven. */
void sip__guard_offence(struct sip__guard *g, const struct sip_addr *source, enum sip__offence what, bool is_proven);
/* Is whoever sends by this kind where he says? By a connection, or an association after its cookie. */
static inline bool sip__guard_is_proof(unsigned kind)
{
	return kind != SIP_TRANSPORT_UDP;
}
void sip__guard_restore(struct sip__guard *g, const struct sip_ban *ban);
enum sip__guard_deed { SIP__GUARD_SUSPECT, SIP__GUARD_OFFEND, SIP__GUARD_BAN, SIP__GUARD_UNBAN };
void sip__guard_carry_out(struct sip__guard *g, enum sip__guard_deed deed, const struct sip_addr *a, unsigned number);
/* Those banned now, proven ones first; how many. */
size_t sip__guard_read(const struct sip__guard *g, struct sip_ban *out, size_t most);

/* ---- the PROXY protocol (filter_proxy.c) ------------------------------------------------------------------------- */
#define SIP__PROXY_MAX 536 /* of a header, with what is skipped in it */
struct sip__proxy_header {
	struct sip_addr remote, local;
	size_t len;
	bool is_local; /* of the balancer's own, a health check: the addresses are the connection's */
};
/* MORE; SYNTAX, UNSUPPORTED (version 1, what is no TCP), RANGE, LIMIT. */
enum sip_err sip__proxy_read(struct sip_str bytes, struct sip__proxy_header *h) SIP_MUST_USE;
/* Of what we have accepted alone, where the transport wants it: below all others. */
enum sip_err sip__filter_proxy_add(struct sip__connection *c) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
