/*
 * stack/transport, guarding its door: how often a source (an address; of IPv6 a /64) may come, how many connections it may have,
 * and for how long it is not heard any more after it has misbehaved. One table a wire, of its loop: nothing is locked. What every
 * source may do is bounded, and so is what is remembered of all of them. (doc/decisions/0017)
 */
#ifndef STACK_TRANSPORT_GUARD_H
#define STACK_TRANSPORT_GUARD_H

#include "stack/base/addr.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_wire;

struct sip_guard_options {
	/* Per source; what is 0 is not looked at. All are 0 unless said. */
	uint32_t rate, burst;               /* messages a second, and at once (0: as many as in a second); more are dropped */
	uint32_t accept_rate, accept_burst; /* connections a second likewise; more are closed */
	uint32_t connections_max;           /* at a time */
	/*
	 * So many points and a source is banned. What a source does wrong has its weight (offence_table.h); points are forgotten
	 * evenly, all of them in decay_s. What datagrams alone have earned, which anybody may have sent, bans no more than datagrams.
	 */
	uint32_t ban_points;
	uint32_t decay_s;                   /* 600 */
	uint32_t ban_s, ban_max_s;          /* the first ban, and the longest: each is twice as long as the one before; 60, 86,400 */
	uint32_t sources_max;               /* remembered; the least used is forgotten: 65,536 */
	uint32_t bans_max;                  /* 16,384 */
	struct sip_str trusted;             /* networks, comma separated, to whom nothing of this applies; at most 64 */
	struct sip_str scanners;            /* parts of a User-Agent, comma separated, who get no answer; at most 32 */
};
void sip_guard_options_init(struct sip_guard_options *o);

#define SIP_GUARD_NETWORKS 64
#define SIP_GUARD_SCANNERS 32

struct sip_ban {
	struct sip_addr source;  /* of IPv6 the network, a /64 */
	uint32_t left_s;
	uint32_t times;          /* how often it was banned, this time included */
	bool is_datagrams_only;
};

/* Any thread, all of these. */
/*
 * What a layer above has against a source: failed authentication, for one. offend: its address is proven, by a connection;
 * suspect: it may be forged, and only its datagrams are banned. NOMEM, FULL, CLOSED.
 */
enum sip_err sip_guard_suspect(struct sip_wire *w, const struct sip_addr *source, unsigned points) SIP_MUST_USE;
enum sip_err sip_guard_offend(struct sip_wire *w, const struct sip_addr *source, unsigned points) SIP_MUST_USE;
/* Not for trusted ones. `seconds` 0: as long as its next ban would be. */
enum sip_err sip_guard_ban(struct sip_wire *w, const struct sip_addr *source, unsigned seconds) SIP_MUST_USE;
/*
 * A ban that another process has pronounced: for as long as it has left, and the next one is as long as it would have been there.
 * Waits for the wire's loop. CLOSED.
 */
enum sip_err sip_guard_restore(struct sip_wire *w, const struct sip_ban *ban) SIP_MUST_USE;
/* It begins anew: no ban, no points, no memory of earlier ones. */
enum sip_err sip_guard_unban(struct sip_wire *w, const struct sip_addr *source) SIP_MUST_USE;
/* Up to `most` of those that are banned now; waits for the wire's loop. CLOSED. */
enum sip_err sip_guard_list(struct sip_wire *w, struct sip_ban *out, size_t most, size_t *count) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
