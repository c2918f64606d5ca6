/*
 * Hops: the client transactions whose request went by a stream to one address, together, so that a connection's death costs
 * as much as it hits. A request counts as on a connection when the wire put it there last. RFC 3261 18.4. The shard's loop.
 */
#include "stack/transaction/transaction_priv.h"

struct sip__hop {
	struct sip_hash_node by_address;
	struct sip_list members; /* of struct sip__work, on_hop */
	struct sip_addr to;
	enum sip_transport_kind kind;
};

void sip__hop_init(struct sip_shard *s)
{
	sip_hash_init(&s->hops, 0);
	sip_slab_init(&s->hop_slab, sizeof(struct sip__hop), 0);
}

void sip__hop_fini(struct sip_shard *s)
{
	sip_hash_fini(&s->hops);
	sip_slab_fini(&s->hop_slab);
}

static uint64_t hash_of(const struct sip_shard *s, enum sip_transport_kind kind, const struct sip_addr *to)
{
	return sip_hash_mix(sip_addr_hash(&s->key, to), (uint64_t)kind);
}

static struct sip__hop *find(const struct sip_shard *s, uint64_t hash, enum sip_transport_kind kind, const struct sip_addr *to)
{
	for (struct sip_hash_node *n = sip_hash_first(&s->hops, hash); n; n = sip_hash_next(n)) {
		struct sip__hop *hop = SIP_CONTAINER(n, struct sip__hop, by_address);
		if (hop->kind == kind && sip_addr_eq(&hop->to, to))
			return hop;
	}
	return NULL;
}

static struct sip__hop *create(struct sip_shard *s, uint64_t hash, enum sip_transport_kind kind, const struct sip_addr *to)
{
	struct sip__hop *hop = sip_slab_alloc(&s->hop_slab);

	if (!hop)
		return NULL;
	memset(hop, 0, sizeof *hop);
	sip_list_init(&hop->members);
	hop->kind = kind;
	hop->to = *to;
	if (sip_hash_add(&s->hops, &hop->by_address, hash) == SIP_OK)
		return hop;
	sip_slab_free(&s->hop_slab, hop);
	return NULL;
}

static void free_when_empty(struct sip_shard *s, struct sip__hop *hop)
{
	if (!sip_list_is_empty(&hop->members))
		return;
	(void)sip_hash_remove(&s->hops, &hop->by_address);
	sip_slab_free(&s->hop_slab, hop);
}

void sip__hop_join(struct sip__transaction *tx)
{
	struct sip_shard *s = tx->shard;
	enum sip_transport_kind kind;
	const struct sip_addr *to;
	struct sip__hop *hop;
	uint64_t hash;

	sip__hop_leave(tx);
	if (!tx->work)
		return;
	kind = tx->is_by_flow ? sip_flow_kind(tx->way.flow) : sip_transport_kind_of(tx->way.transport);
	to = tx->is_by_flow ? sip_flow_remote(tx->way.flow) : &tx->to;
	hash = hash_of(s, kind, to);
	hop = find(s, hash, kind, to);
	if (!hop)
		hop = create(s, hash, kind, to);
	if (!hop)
		return;
	tx->work->hop = hop;
	sip_list_add_tail(&hop->members, &tx->work->on_hop);
}

void sip__hop_leave(struct sip__transaction *tx)
{
	struct sip__work *w = tx->work;
	struct sip__hop *hop = w ? w->hop : NULL;

	if (!w)
		return;
	sip_list_remove(&w->on_hop);
	w->hop = NULL;
	if (hop)
		free_when_empty(tx->shard, hop);
}

/* What was hit goes to a list of its own: hops come and go while transactions are told. */
static void take_hit(struct sip__hop *hop, uint64_t flow_id, struct sip_list *hit)
{
	SIP_LIST_FOR_SAFE(n, after, &hop->members) {
		struct sip__work *w = SIP_CONTAINER(n, struct sip__work, on_hop);
		const struct sip__transaction *tx = w->resend.arg;
		if (!tx->packet || sip_packet_flow(tx->packet) != flow_id)
			continue;
		sip_list_remove(n);
		w->hop = NULL;
		sip_list_add_tail(hit, n);
	}
}

bool sip__hop_has(const struct sip_shard *s, const struct sip_flow *flow)
{
	enum sip_transport_kind kind = sip_flow_kind(flow);
	const struct sip_addr *to = sip_flow_remote(flow);
	struct sip__hop *hop = find(s, hash_of(s, kind, to), kind, to);

	if (!hop)
		return false;
	SIP_LIST_FOR_SAFE(n, after, &hop->members) {
		const struct sip__transaction *tx = SIP_CONTAINER(n, struct sip__work, on_hop)->resend.arg;

		if (tx->packet && sip_packet_flow(tx->packet) == sip_flow_id(flow))
			return true;
	}
	return false;
}

void sip__hop_flow_gone(struct sip_shard *s, const struct sip_flow *flow, enum sip_err why)
{
	enum sip_transport_kind kind = sip_flow_kind(flow);
	const struct sip_addr *to = sip_flow_remote(flow);
	struct sip__hop *hop = find(s, hash_of(s, kind, to), kind, to);
	struct sip_list hit;
	struct sip_list *n;

	if (!hop)
		return;
	sip_list_init(&hit);
	take_hit(hop, sip_flow_id(flow), &hit);
	free_when_empty(s, hop);
	while ((n = sip_list_pop(&hit)) != NULL)
		sip__transaction_flow_gone(SIP_CONTAINER(n, struct sip__work, on_hop)->resend.arg, why);
}
