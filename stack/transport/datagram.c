/*
 * Flows of datagram kinds: a transport and a peer, remembered in a bounded table of the wire
 * while they are used. They are open from the first message on and end when they are forgotten.
 */
#include "stack/transport/transport_priv.h"

void sip__datagram_in(struct sip__endpoint *e, struct sip_packet *packet, const struct sip_addr *source,
		      const struct sip_addr *local)
{
	if (e->dtls)
		sip__dtls_datagram(e, packet, source, local);
	else
		sip__door_datagram(e, packet, source, local);
}

static uint64_t hash_of(const struct sip__endpoint *e, const struct sip_addr *remote)
{
	return sip_hash_mix(sip_addr_hash(&e->wire->key, remote), e->transport->id);
}

/* `local` may be NULL: any will do. */
static struct sip_flow *lookup(struct sip__endpoint *e, const struct sip_addr *remote, const struct sip_addr *local,
			       uint64_t hash)
{
	struct sip_hash_node *n = sip_hash_first(&e->wire->udp_flows, hash);

	for (; n; n = sip_hash_next(n)) {
		struct sip_flow *f = SIP_CONTAINER(n, struct sip_flow, by_remote);
		if (f->endpoint == e && sip_addr_eq(&f->remote, remote) &&
		    (!local || sip_addr_eq_host(&f->local, local)))
			return f;
	}
	return NULL;
}

struct sip_flow *sip__datagram_find(struct sip__endpoint *e, const struct sip_addr *remote, const struct sip_addr *local)
{
	return lookup(e, remote, e->transport->is_any ? local : NULL, hash_of(e, remote));
}

static void destroy_flow(void *object)
{
	struct sip_flow *f = SIP_CONTAINER(object, struct sip_flow, ref);

	sip__flow_fini(f);
	sip_free(f);
}

/* DTLS has its own: what anybody may have sent by UDP drives nobody out who has shown where it is. */
static struct sip_list *lru_of(const struct sip__endpoint *e)
{
	return e->dtls ? &e->wire->dtls_lru : &e->wire->udp_lru;
}

void sip__datagram_used(struct sip_flow *f)
{
	sip_list_remove(&f->lru);
	sip_list_add_tail(lru_of(f->endpoint), &f->lru);
}

#define FORGET_LOOK 64

/*
 * The least used that nobody holds: what is held, by a registration, say, is wanted. It goes to the other end of the list, so that the
 * same are not looked at each time.
 */
static struct sip_flow *least_wanted(struct sip_wire *w)
{
	const struct sip_list *from = sip_list_is_empty(&w->udp_lru) ? &w->dtls_lru : &w->udp_lru;

	for (unsigned i = 0; i < FORGET_LOOK; i++) {
		struct sip_flow *f = SIP_CONTAINER(from->next, struct sip_flow, lru);
		if (sip_ref_is_last(&f->ref))
			return f;
		sip__datagram_used(f);
	}
	return SIP_CONTAINER(from->next, struct sip_flow, lru);
}

static void evict(struct sip_wire *w)
{
	sip_metric_count(w->cells, SIP_M_FLOWS_EVICTED);
	sip__flow_step(least_wanted(w), SIP__FLOW_ON_LOST, SIP_E_LIMIT);
}

struct sip_flow *sip__datagram_flow(struct sip__endpoint *e, const struct sip_addr *remote,
				    const struct sip_addr *local)
{
	struct sip_wire *w = e->wire;
	uint64_t hash = hash_of(e, remote);
	struct sip_flow *f = lookup(e, remote, e->transport->is_any ? local : NULL, hash);

	if (f) {
		sip__datagram_used(f);
		return f;
	}
	if (w->udp_flows.count >= w->o.udp_flows_max)
		evict(w);
	f = sip_alloc_zero(sizeof *f);
	if (!f)
		return NULL;
	if (sip_hash_add(&w->udp_flows, &f->by_remote, hash) != SIP_OK) {
		sip_free(f);
		return NULL;
	}
	sip__flow_init(f, e, local, remote, SIP_FLOW_OPEN, destroy_flow);
	sip_list_add_tail(lru_of(e), &f->lru);
	return f;
}

struct opening {
	struct sip__endpoint *endpoint;
	const struct sip_addr *local, *remote;
	struct sip_flow *flow;
};

static enum sip_err open_flow(void *arg)
{
	struct opening *o = arg;

	if (!o->endpoint->is_open)
		return SIP_E_CLOSED;
	o->flow = sip__datagram_flow(o->endpoint, o->remote, o->local);
	if (!o->flow)
		return SIP_E_NOMEM;
	sip_flow_ref(o->flow);
	return SIP_OK;
}

enum sip_err sip_transport_open_flow(struct sip_transport *t, const struct sip_addr *local, const struct sip_addr *remote,
				     struct sip_flow **out)
{
	struct sip_wire *w = sip__transport_wire(t, remote);
	struct opening o = { sip__transport_endpoint(t, w), local, remote, NULL };
	enum sip_err err = t->o.kind == SIP_TRANSPORT_UDP ? sip__wire_call(w, open_flow, &o) : SIP_E_UNSUPPORTED;

	*out = o.flow;
	return err;
}

void sip__datagram_flow_effects(struct sip_flow *f, unsigned effects, enum sip_err why)
{
	if (effects & SIP__FLOW_END) {
		(void)sip_hash_remove(&f->wire->udp_flows, &f->by_remote);
		sip_list_remove(&f->lru);
	}
	/* A datagram never waits for its flow. */
	if (effects & SIP__FLOW_DRAIN)
		sip__flow_step(f, SIP__FLOW_ON_DRAINED, why);
}

void sip__datagram_close_flows(struct sip__endpoint *e)
{
	SIP_LIST_FOR_SAFE(n, after, lru_of(e)) {
		struct sip_flow *f = SIP_CONTAINER(n, struct sip_flow, lru);
		if (f->endpoint == e)
			sip__flow_step(f, SIP__FLOW_ON_LOST, SIP_E_CLOSED);
	}
}
