/*
 * Streams on the memory net: set-up in one round trip, order kept, bytes as they were written;
 * refused, swallowed or reset as the net's fates say. A pipe under connection.c. Wire's loop.
 */
#include "stack/transport/transport_priv.h"

#define AGAIN_US SIP_MS(200) /* what a blackhole swallowed is tried again, as TCP would */

struct sip__memory_end { /* the near end of a stream */
	struct sip_hash_node node;           /* in the endpoint's ends */
	struct sip__connection *connection;  /* lent: it owns us */
	struct sip__memory_binding binding;  /* of an end that connected: its own address */
	struct sip_addr local, remote;       /* the net's: what the flow is called may change (PROXY protocol) */
	bool is_bound;
	int64_t due_us;                      /* nothing sent later arrives before this */
	struct sip_timer again;
};

static uint64_t hash_of(const struct sip__stream *st, const struct sip_addr *local, const struct sip_addr *remote)
{
	const struct sip_hash_key *key = &st->endpoint->wire->key;

	return sip_hash_mix(sip_addr_hash(key, local), sip_addr_hash(key, remote));
}

static struct sip__connection *find_end(const struct sip__stream *st, const struct sip_addr *local,
					const struct sip_addr *remote)
{
	struct sip_hash_node *n = sip_hash_first(&st->ends, hash_of(st, local, remote));

	for (; n; n = sip_hash_next(n)) {
		struct sip__connection *c = SIP_CONTAINER(n, struct sip__memory_end, node)->connection;
		if (sip_addr_eq(&c->memory->local, local) && sip_addr_eq(&c->memory->remote, remote))
			return c;
	}
	return NULL;
}

static enum sip_err post(struct sip__connection *c, enum sip__parcel_kind kind, struct sip_packet *packet)
{
	const struct sip_transport *t = c->flow.transport;
	struct sip__posting p = { .kind = kind, .transport = t->o.kind, .from = &c->memory->local, .to = &c->memory->remote,
				  .packet = packet, .now_us = sip_loop_now(c->flow.wire->loop),
				  .due_us = c->memory->due_us };
	enum sip_err err = sip__memory_post(t->o.net, &p);

	c->memory->due_us = p.due_us;
	return err;
}

/* ---- the pipe ---------------------------------------------------------------------------------------------------- */

static void try_again_later(struct sip__connection *c)
{
	sip_loop_arm(c->flow.wire->loop, &c->memory->again, AGAIN_US);
}

static enum sip_err call(struct sip__connection *c)
{
	enum sip_err err = post(c, SIP__PARCEL_CONNECT, NULL);

	if (err != SIP_E_TIMEOUT)
		return err;
	try_again_later(c);
	return SIP_OK;
}

static void on_again(void *arg)
{
	struct sip__connection *c = arg;
	struct sip_flow *f = &c->flow;
	enum sip_err err = SIP_OK;

	sip_flow_ref(f);
	if (!c->is_piped)
		err = call(c);
	else
		sip__connection_writable(c);
	if (err != SIP_OK)
		sip__connection_lost(c, err);
	else if (c->memory && c->is_blocked)
		try_again_later(c);
	sip_flow_unref(&f);
}

static enum sip_err end_create(struct sip__connection *c)
{
	struct sip__memory_end *end = sip_alloc_zero(sizeof *end);

	if (!end)
		return SIP_E_NOMEM;
	end->connection = c;
	end->local = c->flow.local;
	end->remote = c->flow.remote;
	sip_timer_init(&end->again, on_again, c);
	c->memory = end;
	return SIP_OK;
}

static enum sip_err end_add(struct sip__connection *c)
{
	return sip_hash_add(&c->stream->ends, &c->memory->node, hash_of(c->stream, &c->memory->local, &c->memory->remote));
}

static enum sip_err memory_connect(struct sip__connection *c)
{
	const struct sip_transport *t = c->flow.transport;
	enum sip_err err = end_create(c);

	if (err != SIP_OK)
		return err;
	err = sip__memory_bind(t->o.net, &c->memory->binding, c->flow.endpoint, &c->flow.local);
	if (err != SIP_OK)
		return err;
	c->memory->is_bound = true;
	c->memory->local = c->flow.local;
	err = end_add(c);
	return err == SIP_OK ? call(c) : err;
}

static enum sip_err memory_write(struct sip__connection *c, const struct iovec *iov, int count, size_t *n)
{
	struct sip_packet *packet;
	enum sip_err err;

	*n = 0;
	(void)count;
	packet = sip_packet_copy(iov[0].iov_base, iov[0].iov_len);
	if (!packet)
		return SIP_E_NOMEM;
	err = post(c, SIP__PARCEL_BYTES, packet);
	sip_packet_unref(&packet);
	if (err == SIP_OK)
		*n = iov[0].iov_len;
	return err == SIP_E_TIMEOUT ? SIP_E_AGAIN : err == SIP_E_REFUSED ? SIP_E_CLOSED : err;
}

static void memory_watch(struct sip__connection *c, bool is_reading, bool is_writing)
{
	(void)is_reading; /* what comes is pushed */
	if (is_writing)
		try_again_later(c);
}

static void memory_pipe_close(struct sip__connection *c, bool is_reset)
{
	struct sip__memory_end *end = c->memory;

	if (!end)
		return;
	sip_loop_disarm(c->flow.wire->loop, &end->again);
	/* Whether it arrives is not for us to know any more. */
	if (post(c, is_reset ? SIP__PARCEL_RESET : SIP__PARCEL_END, NULL) != SIP_OK)
		end->due_us = 0;
	(void)sip_hash_remove(&c->stream->ends, &end->node);
	if (end->is_bound)
		sip__memory_unbind(c->flow.transport->o.net, &end->binding);
	c->memory = NULL;
	sip_free(end);
}

static const struct sip__pipe memory_pipe = { memory_connect, memory_write, memory_watch, memory_pipe_close };

/* ---- arriving ---------------------------------------------------------------------------------------------------- */

static bool accept_from(struct sip__endpoint *e, const struct sip__parcel *p)
{
	struct sip__connection *c;
	enum sip_err err = sip__connection_create(e->state, &p->to, &p->from, &c);

	if (err != SIP_OK)
		return false;
	err = end_create(c);
	if (err == SIP_OK)
		err = end_add(c);
	if (err == SIP_OK)
		err = post(c, SIP__PARCEL_ACCEPT, NULL);
	if (err == SIP_OK)
		sip__connection_piped(c);
	else
		sip__connection_lost(c, err);
	return true;
}

enum sip_err sip__memory_stream_move(struct sip__connection *c, struct sip__stream *to)
{
	(void)sip_hash_remove(&c->stream->ends, &c->memory->node);
	return sip_hash_add(&to->ends, &c->memory->node, hash_of(to, &c->memory->local, &c->memory->remote));
}

static void deliver(struct sip__connection *c, const struct sip__parcel *p)
{
	switch (p->kind) {
	case SIP__PARCEL_ACCEPT:
		sip__connection_piped(c);
		break;
	case SIP__PARCEL_BYTES:
		(void)sip__connection_received(c, sip_packet_bytes(p->packet), sip_packet_len(p->packet));
		break;
	case SIP__PARCEL_END:
		sip__connection_ended(c);
		break;
	case SIP__PARCEL_RESET:
		sip__connection_lost(c, c->was_open ? SIP_E_CLOSED : SIP_E_REFUSED);
		break;
	case SIP__PARCEL_DATAGRAM:
	case SIP__PARCEL_CONNECT:
		break;
	}
}

bool sip__memory_stream_parcel(struct sip__endpoint *e, const struct sip__parcel *p)
{
	struct sip__connection *c = find_end(e->state, &p->to, &p->from);
	struct sip_flow *f;

	if (!c)
		return p->kind == SIP__PARCEL_CONNECT && !e->transport->o.beside &&
		       sip_addr_eq(&e->transport->bound, &p->to) && accept_from(e, p);
	f = &c->flow;
	sip_flow_ref(f);
	deliver(c, p);
	sip_flow_unref(&f);
	return true;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

struct memory_listener {
	struct sip__stream stream; /* first */
	struct sip__memory_binding binding;
};

static enum sip_err memory_stream_open(struct sip__endpoint *e, struct sip_addr *at)
{
	struct memory_listener *l = sip_alloc_zero(sizeof *l);
	enum sip_err err;

	if (!l)
		return SIP_E_NOMEM;
	sip__stream_init(&l->stream, e, &memory_pipe);
	err = e->transport->o.beside ? SIP_OK : sip__memory_bind(e->transport->o.net, &l->binding, e, at);
	if (err != SIP_OK) {
		sip__stream_fini(&l->stream);
		sip_free(l);
	}
	return err;
}

static void memory_stream_close(struct sip__endpoint *e)
{
	struct memory_listener *l = e->state;

	if (!e->transport->o.beside)
		sip__memory_unbind(e->transport->o.net, &l->binding);
	sip__stream_fini(&l->stream);
	sip_free(l);
}

const struct sip__kind sip__kind_memory_stream = { memory_stream_open, memory_stream_close, sip__stream_send,
						   sip__stream_flush, sip__stream_flow_effects };
