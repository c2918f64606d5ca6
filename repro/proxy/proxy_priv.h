/* The family of repro/proxy. */
#ifndef REPRO_PROXY_PROXY_PRIV_H
#define REPRO_PROXY_PROXY_PRIV_H

#include "repro/proxy/proxy.h"
#include "repro/config/metrics.h"

#define REPRO__PROXY_MAGIC 0x50525859u
#define REPRO__REQUEST_MAGIC 0x52455131u

/* Where a configured Record-Route leads: to us, whatever our own addresses are. Slices of the first configuration. */
struct repro__record_route {
	struct sip_str host;
	uint16_t port;
};

struct repro_proxy {
	uint32_t magic;
	struct repro__record_route record_routes[REPRO_LISTENERS_MAX + 1];
	size_t record_route_count;
	struct repro_proxy_options o;
	struct sip_user *user;             /* lent by the stack */
	struct sip_loop *loop;             /* lent by the user */
	struct repro_config *config;       /* owned: a reference; replaced on reload */
	struct repro_config *start_config; /* owned: the first one, whose unreloadable settings other threads may read */
	struct sip_metrics_cells *cells;   /* lent by repro's metrics */
	struct sip_metrics *metrics;       /* owned: a reference */
	struct sip_hash by_id;
	struct sip_hash by_tx;
	struct sip_slab contexts;
	uint64_t next_id;
	struct sip_fifo configs;           /* new configurations, from any thread */
	bool has_fifo;
};

/* request_context.c */
struct repro_request *repro__request_create(struct repro_proxy *p, uint64_t tx, struct sip_message **m);
struct repro_request *repro__request_find_tx(struct repro_proxy *p, uint64_t tx);
/* Every entry into a context stands between these two; the last leave lets go of one that is over. */
void repro__request_enter(struct repro_request *r);
void repro__request_leave(struct repro_request *r);
/* Validates, takes our Routes off, runs the request chain, and forwards. */
void repro__request_begin(struct repro_request *r);
void repro__request_cancel(struct repro_request *r, struct sip_message *cancel);
/* Drops what is left without a word on the wire: the proxy ends. */
void repro__request_drop(struct repro_request *r);

/* chain.c: runs from r->step on. */
enum repro_verdict repro__chain_run(const struct repro_chain *chain, struct repro_request *r);

/* validate.c: RFC 3261 16.3. False: answered. */
bool repro__validate(struct repro_request *r);
/* route.c: RFC 3261 16.4. False: answered. */
bool repro__route_preprocess(struct repro_request *r);

/* loop_detection.c: RFC 3261 16.3 step 4 and 16.6 step 8, RFC 5393. */
#define REPRO__LOOP_LEN 13
/* The value of the request as it came, Routes of ours included: made when asked first, which is before anything is taken off. */
struct sip_str repro__loop_value(struct repro_request *r);
bool repro__loop_found(struct repro_request *r);

/*
 * record_route.c: called on the shard's loop when a branch's transport is known; on the proxy's of one that goes by a flow alone.
 * DENIED: a sips request by what is not secure.
 */
enum sip_err repro__record_route_by(const struct repro_proxy *p, struct sip_message *m, struct sip_flow *out) SIP_MUST_USE;
enum sip_err repro__record_route(void *arg, struct sip_message *m, struct sip_transport *by,
				 const struct sip_addr *to) SIP_MUST_USE;

/* breadth.c: RFC 5393 5. */
uint32_t repro__breadth(struct repro_request *r);
enum sip_err repro__breadth_put(struct sip_message *m, uint32_t breadth) SIP_MUST_USE;

/* forward.c */
void repro__request_start_target(struct repro_request *r, struct repro_target *t);
void repro__forward_ack(struct repro_request *r);

/* response_context.c: RFC 3261 16.7. */
void repro__response_in(struct repro_request *r, struct repro_target *t, struct sip_message **m);
/* No branch is out any more: the next group, or the best response. */
void repro__response_settle(struct repro_request *r);
/* A branch that never was, or whose way has failed: counts as this status, unless another flow of its instance takes its place. */
void repro__response_local(struct repro_request *r, struct repro_target *t, unsigned status);

/* best_response.c: RFC 3261 16.7 steps 6 and 7. True when `status` beats `than` (0: nothing yet). */
bool repro__best_is_better(unsigned status, unsigned than);
/* Adds the challenges of `from` to `to`. */
enum sip_err repro__best_add_challenges(struct sip_message *to, const struct sip_message *from) SIP_MUST_USE;

/* target_set.c: RFC 5626 7. Another flow of the same instance is tried instead; false: there is none, or none may be. */
bool repro__target_replace(struct repro_request *r, const struct repro_target *failed, unsigned status);

/* timer_c.c */
void repro__timer_c_start(struct repro_target *t);
void repro__timer_c_stop(struct repro_target *t);

#endif
