/*
 * Connections nothing goes by, of a stack that another process replaces: found a few at a time, when the shards have marked those
 * their transactions wait for. The wire's loop; the marks are relaxed atomics.
 */
#include "stack/transport/transport_priv.h"

#define IDLE_A_CALL 64 /* closed together: those who come again do so a few at a time */

void sip_flow_set_busy(struct sip_flow *f, uint32_t search)
{
	__atomic_store_n(&f->busy, search, __ATOMIC_RELAXED);
}

/* The shards may be at the next search already. */
bool sip__flow_is_busy(const struct sip_flow *f, uint32_t search)
{
	return (int32_t)(__atomic_load_n(&f->busy, __ATOMIC_RELAXED) - search) >= 0;
}

static bool is_idle(const struct sip__connection *c, int64_t since_us)
{
	return !c->queue.head && !sip__coded_left(c) && !(c->framer && sip_framer_is_partial(c->framer)) && c->used_us < since_us;
}

bool sip__flow_is_idle(struct sip_flow *f, int64_t since_us)
{
	if (f->state != SIP_FLOW_OPEN && f->state != SIP_FLOW_SUSPECT)
		return false;
	if (sip_transport_kinds[f->kind].is_stream)
		return is_idle(sip__connection_of(f), since_us);
	return sip__dtls_is_idle(f, since_us);
}

/* Whoever may need it is asked, one after the other; what has come by it until then is seen when it is closed. */
void sip__flow_idle(struct sip_flow *f, int64_t since_us)
{
	f->idle_since_us = since_us;
	f->wire->o.user.on_flow_idle(f->wire->o.user.arg, f);
}

static void find_idle_streams(struct sip__stream *st, uint32_t search, int64_t since_us, unsigned most)
{
	SIP_LIST_FOR_SAFE(n, after, &st->lru) {
		struct sip_flow *f = SIP_CONTAINER(n, struct sip_flow, lru);

		if (most == 0)
			return;
		if (sip__flow_is_busy(f, search) || !sip__flow_is_idle(f, since_us))
			continue;
		most--;
		sip__flow_idle(f, since_us);
	}
}

static void find_idle(struct sip_wire *w)
{
	uint32_t search = __atomic_load_n(&w->idle_search, __ATOMIC_RELAXED);
	int64_t since_us = __atomic_load_n(&w->idle_since_us, __ATOMIC_RELAXED);

	sip__say_still_here(w);
	SIP_LIST_FOR_SAFE(n, after, &w->endpoints) {
		struct sip__endpoint *e = SIP_CONTAINER(n, struct sip__endpoint, node);

		if (!w->o.user.on_flow_idle)
			continue;
		if (sip_transport_kinds[e->transport->o.kind].is_stream)
			find_idle_streams(e->state, search, since_us, IDLE_A_CALL);
		else if (e->dtls)
			sip__dtls_find_idle(e, search, since_us, IDLE_A_CALL);
	}
}

void sip_wire_find_idle(struct sip_wire *w, uint32_t search, int64_t since_us)
{
	__atomic_store_n(&w->idle_search, search, __ATOMIC_RELAXED);
	__atomic_store_n(&w->idle_since_us, since_us, __ATOMIC_RELAXED);
	sip__wire_post_errand(w, &w->find_idle, find_idle);
}
