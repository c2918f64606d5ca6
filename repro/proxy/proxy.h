/*
 * repro/proxy: RFC 3261 16. One proxy a shard: a transaction user that owns the request contexts
 * of its shard and runs them through three chains of processors (request, response, target).
 * Everything here belongs to the proxy's loop, but where a comment says otherwise.
 */
#ifndef REPRO_PROXY_PROXY_H
#define REPRO_PROXY_PROXY_H

#include "repro/config/config.h"
#include "repro/proxy/flow_token.h"
#include "repro/proxy/processor.h"
#include "repro/proxy/request_context.h"
#include "stack/core/core.h"

#ifdef __cplusplus
extern "C" {
#endif

struct repro_proxy;

struct repro_proxy_options {
	struct sip_stack *stack;            /* lent, outlives the proxy */
	unsigned shard;
	struct repro_config *config;        /* a reference is taken */
	struct repro_chain request_chain;   /* what is done with a request before it has targets */
	struct repro_chain response_chain;  /* with a final response before it counts */
	struct repro_chain target_chain;    /* with the targets: which are tried now */
	size_t contexts_max;                /* 200,000; beyond: 503 */
	struct repro_flow_tokens *tokens;   /* a reference is taken; of all shards alike; NULL: its own */
};
void repro_proxy_options_init(struct repro_proxy_options *o);
/* Before the stack starts. Cells: the proxy counts in its own of repro's metrics. */
enum sip_err repro_proxy_create(const struct repro_proxy_options *o, struct sip_metrics *metrics, struct repro_proxy **out) SIP_MUST_USE;
/* After the stack has stopped. */
void repro_proxy_destroy(struct repro_proxy **p);

struct sip_user *repro_proxy_user(const struct repro_proxy *p);
struct sip_loop *repro_proxy_loop(const struct repro_proxy *p);
struct sip_stack *repro_proxy_stack(const struct repro_proxy *p);
struct sip_metrics_cells *repro_proxy_cells(const struct repro_proxy *p);
unsigned repro_proxy_shard(const struct repro_proxy *p);
size_t repro_proxy_contexts(const struct repro_proxy *p);
/* The configuration in force: lent until the next turn of the loop. */
const struct repro_config *repro_proxy_config(const struct repro_proxy *p);
/* From the next request on. Any thread; takes a reference. NOMEM. */
enum sip_err repro_proxy_post_config(struct repro_proxy *p, struct repro_config *config) SIP_MUST_USE;

/* A host we answer for: one of our domains or own addresses (with this port; 0: none given). */
bool repro_proxy_is_mine(const struct repro_proxy *p, const struct sip_uri *uri);
/*
 * A URI that leads to this very proxy, as our Record-Route does: own address or (without a port) domain. Loose: lr is said, wherever
 * it stands.
 */
bool repro_proxy_is_own_route(const struct repro_proxy *p, const struct sip_uri *uri, bool is_loose);
/*
 * The address of record this URI stands for (RFC 3261 10.3 step 5): as sip_uri_put_aor, and where the host is ours its port does
 * not tell one user from another.
 */
void repro_proxy_put_aor(const struct repro_proxy *p, const struct sip_uri *uri, struct sip_buf *b);

#ifdef __cplusplus
}
#endif
#endif
