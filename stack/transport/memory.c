/*
 * The memory wire: parcels come out of the wire's inbound FIFO, wait for their time on its loop,
 * and are delivered; datagrams here, streams in memory_stream.c. Wire's loop.
 */
#include "stack/transport/transport_priv.h"

/* ---- arriving ---------------------------------------------------------------------------------------------------- */

static void deliver_datagram(struct sip_wire *w, const struct sip__parcel *p)
{
	SIP_LIST_FOR(n, &w->endpoints) {
		struct sip__endpoint *e = SIP_CONTAINER(n, struct sip__endpoint, node);
		if (sip_transport_kinds[e->transport->o.kind].is_stream || e->transport->o.net != p->net ||
		    !sip_addr_eq(&e->transport->bound, &p->to))
			continue;
		if (sip__guard_admits(w->guard, &p->from))
			sip__datagram_in(e, p->packet, &p->from, &p->to);
		return;
	}
}

static void deliver_stream(struct sip_wire *w, const struct sip__parcel *p)
{
	struct sip__posting reset = { .kind = SIP__PARCEL_RESET, .transport = SIP_TRANSPORT_TCP, .from = &p->to,
				      .to = &p->from, .now_us = sip_loop_now(w->loop) };

	SIP_LIST_FOR(n, &w->endpoints) {
		struct sip__endpoint *e = SIP_CONTAINER(n, struct sip__endpoint, node);
		if (e->kind == &sip__kind_memory_stream && e->transport->o.net == p->net &&
		    sip__memory_stream_parcel(e, p))
			return;
	}
	/* Whoever sent it does not know yet that nobody is here. */
	if (p->kind != SIP__PARCEL_RESET && p->kind != SIP__PARCEL_END && sip__memory_post(p->net, &reset) != SIP_OK)
		return;
}

static void deliver(struct sip__parcel *p)
{
	if (p->kind == SIP__PARCEL_DATAGRAM)
		deliver_datagram(p->wire, p);
	else
		deliver_stream(p->wire, p);
	sip__parcel_free(p);
}

static void on_due(void *arg)
{
	struct sip__parcel *p = arg;

	sip_list_remove(&p->waiting);
	deliver(p);
}

void sip__memory_on_parcel(void *wire, struct sip_fifo_node *node)
{
	struct sip__parcel *p = SIP_CONTAINER(node, struct sip__parcel, node);
	struct sip_wire *w = wire;
	int64_t now = sip_loop_now(w->loop);
	bool must_queue = p->kind != SIP__PARCEL_DATAGRAM && !sip_list_is_empty(&w->parcels);

	if (p->due_us <= now && !must_queue) {
		deliver(p);
		return;
	}
	sip_timer_init(&p->timer, on_due, p);
	sip_list_add_tail(&w->parcels, &p->waiting);
	sip_loop_arm(w->loop, &p->timer, p->due_us > now ? p->due_us - now : 0);
}

void sip__memory_drop_parcels(struct sip_wire *w)
{
	while (!sip_list_is_empty(&w->parcels)) {
		struct sip__parcel *p = SIP_CONTAINER(w->parcels.next, struct sip__parcel, waiting);
		sip_loop_disarm(w->loop, &p->timer);
		sip__parcel_free(p);
	}
}

/* ---- datagrams --------------------------------------------------------------------------------------------------- */

static enum sip_err memory_open(struct sip__endpoint *e, struct sip_addr *at)
{
	struct sip__memory_binding *b = sip_alloc_zero(sizeof *b);
	enum sip_err err;

	if (!b)
		return SIP_E_NOMEM;
	err = sip__memory_bind(e->transport->o.net, b, e, at);
	if (err != SIP_OK)
		sip_free(b);
	else
		e->state = b;
	return err;
}

static void memory_close(struct sip__endpoint *e)
{
	struct sip__memory_binding *b = e->state;

	sip__memory_unbind(e->transport->o.net, b);
	e->state = NULL;
	sip_free(b);
	sip__datagram_close_flows(e);
}

static void memory_send(struct sip__endpoint *e, struct sip_send *s)
{
	struct sip__posting p = { .kind = SIP__PARCEL_DATAGRAM, .transport = e->transport->o.kind,
				  .from = &e->transport->bound, .to = sip_addr_is_none(&s->to) ? &s->flow->remote : &s->to,
				  .packet = s->packet, .now_us = sip_loop_now(e->wire->loop) };
	enum sip_err err = sip__memory_post(e->transport->o.net, &p);
	struct sip_flow *f;

	/* A blackhole says nothing, and neither does a net that has lost it. */
	if (err == SIP_OK || err == SIP_E_TIMEOUT) {
		sip__wire_sent(e->wire, e, s->flow, s);
		return;
	}
	f = sip__datagram_find(e, p.to, NULL);
	if (f)
		sip__flow_step(f, SIP__FLOW_ON_TROUBLE, err);
	sip__wire_send_failed(e->wire, s, err);
}

static void memory_flush(struct sip__endpoint *e)
{
	(void)e; /* nothing is ever collected */
}

const struct sip__kind sip__kind_memory_datagram = { memory_open, memory_close, memory_send, memory_flush,
						     sip__datagram_flow_effects };
