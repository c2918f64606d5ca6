/*
 * Who is kept and who is not: pongs (RFC 5626 3.5.1), and one sweep timer a transport over
 * ordered lists of connections that are connecting, in the middle of a message, blocked, closing
 * or idle. Wire's loop.
 */
#include "stack/transport/transport_priv.h"

#define LINGER_US SIP_SECONDS(5)      /* for answers to a peer that has sent its end */
#define LOOK_US SIP_MS(100)           /* how often those that linger for an answer are looked at */
#define SWEEP_LEAST_US SIP_MS(20)     /* deadlines are kept to this much */

static int64_t deadline_of(const struct sip__connection *c, enum sip__wait what)
{
	const struct sip_transport_options *o = &c->flow.transport->o;

	switch (what) {
	case SIP__WAIT_CONNECT:
		return c->since_us[what] + SIP_MS(o->connect_ms);
	case SIP__WAIT_HEADER:
		return c->since_us[what] + SIP_MS(o->header_ms);
	case SIP__WAIT_WRITE:
		return sip__send_queue_since(c) + SIP_MS(o->queue_age_ms);
	case SIP__WAIT_CLOSE:
	case SIP__WAIT_COUNT:
		break;
	}
	return c->since_us[SIP__WAIT_CLOSE] + (c->is_lingering ? LINGER_US : SIP_MS(o->queue_age_ms));
}

static void schedule(struct sip__stream *st, int64_t at_us)
{
	struct sip_loop *l = st->endpoint->wire->loop;
	int64_t delay = at_us - sip_loop_now(l);

	if (sip_timer_is_armed(&st->sweep) && st->sweep_at_us <= at_us)
		return;
	st->sweep_at_us = at_us;
	sip_loop_arm(l, &st->sweep, delay > SWEEP_LEAST_US ? delay : SWEEP_LEAST_US);
}

void sip__connection_wait(struct sip__connection *c, enum sip__wait what)
{
	if (sip_list_is_linked(&c->waits[what]))
		return;
	c->since_us[what] = sip_loop_now(c->flow.wire->loop);
	sip_list_add_tail(&c->stream->waits[what], &c->waits[what]);
	schedule(c->stream, what == SIP__WAIT_CLOSE && c->is_lingering ? c->since_us[what] + LOOK_US : deadline_of(c, what));
}

void sip__connection_wait_no_more(struct sip__connection *c, enum sip__wait what)
{
	sip_list_remove(&c->waits[what]);
}

void sip__connection_watch_idle(struct sip__connection *c)
{
	unsigned idle_s = c->flow.transport->o.idle_s;

	if (idle_s)
		schedule(c->stream, c->used_us + SIP_SECONDS(idle_s));
}

static struct sip__connection *waiting(struct sip_list *node, enum sip__wait what)
{
	struct sip_list *first = node - what;

	return SIP_CONTAINER(first, struct sip__connection, waits);
}

/* Those whose last holder has let go need not wait for their deadline. */
static struct sip__connection *find_left(struct sip__stream *st, int64_t now, int64_t *next)
{
	SIP_LIST_FOR(n, &st->waits[SIP__WAIT_CLOSE]) {
		struct sip__connection *c = waiting(n, SIP__WAIT_CLOSE);

		if (sip__connection_is_left(c))
			return c;
		if (c->is_lingering && now + LOOK_US < *next)
			*next = now + LOOK_US;
	}
	return NULL;
}

/* Lists are in order of their deadlines, but for the blocked: what is written moves theirs. */
static struct sip__connection *find_due(struct sip__stream *st, enum sip__wait what, int64_t now, int64_t *next)
{
	SIP_LIST_FOR(n, &st->waits[what]) {
		struct sip__connection *c = waiting(n, what);
		int64_t at = deadline_of(c, what);

		if (at <= now)
			return c;
		if (at < *next)
			*next = at;
		if (what != SIP__WAIT_WRITE)
			break;
	}
	return NULL;
}

static struct sip__connection *find_idle(struct sip__stream *st, int64_t now, int64_t *next)
{
	unsigned idle_s = st->endpoint->transport->o.idle_s;
	struct sip__connection *c;
	int64_t at;

	if (!idle_s || sip_list_is_empty(&st->lru))
		return NULL;
	c = sip__connection_of(SIP_CONTAINER(st->lru.next, struct sip_flow, lru));
	at = c->used_us + SIP_SECONDS(idle_s);
	if (at <= now)
		return c;
	if (at < *next)
		*next = at;
	return NULL;
}

void sip__stream_on_sweep(void *stream)
{
	struct sip__stream *st = stream;
	struct sip_wire *w = st->endpoint->wire;
	int64_t now = sip_loop_now(w->loop), next = INT64_MAX;
	struct sip__connection *c;

	for (int what = 0; what < SIP__WAIT_COUNT; what++) {
		while ((c = find_due(st, (enum sip__wait)what, now, &next)) != NULL) {
			if (what == SIP__WAIT_WRITE)
				sip_metric_count(w->cells, SIP_M_CONNECTIONS_SLOW);
			sip__connection_lost(c, what == SIP__WAIT_CLOSE ? SIP_E_CLOSED : SIP_E_TIMEOUT);
		}
	}
	while ((c = find_left(st, now, &next)) != NULL)
		sip__connection_lost(c, SIP_E_CLOSED);
	while ((c = find_idle(st, now, &next)) != NULL)
		sip__connection_lost(c, SIP_E_TIMEOUT);
	if (next != INT64_MAX)
		schedule(st, next);
}

void sip__connection_pong(struct sip__connection *c)
{
	struct sip_wire *w = c->flow.wire;
	struct sip_send *s;

	sip_metric_count(w->cells, SIP_M_RX_KEEPALIVE);
	s = sip_send_create(w->pong);
	if (!s)
		return;
	s->flow = &c->flow;
	sip_flow_ref(s->flow);
	sip__wire_send(w, s);
}
