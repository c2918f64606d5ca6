/*
 * Connections: a flow, a framer for what comes, a queue for what goes, filters where there are
 * any, and a pipe below. The same for every stream kind. One that dies with nothing of a message
 * written gives that message a second connection, once. Wire's loop. RFC 3261 18.1.1, 18.2, 18.3, 18.4.
 */
#include "stack/transport/transport_priv.h"

#define WRITE_VECTORS 64

/* ---- life -------------------------------------------------------------------------------------------------------- */

void sip__stream_init(struct sip__stream *st, struct sip__endpoint *e, const struct sip__pipe *pipe)
{
	st->endpoint = e;
	st->pipe = pipe;
	sip_hash_init(&st->by_remote, 0);
	sip_hash_init(&st->by_alias, 0);
	sip_hash_init(&st->ends, 0);
	sip_list_init(&st->lru);
	sip_list_init(&st->dirty);
	for (size_t i = 0; i < SIP__WAIT_COUNT; i++)
		sip_list_init(&st->waits[i]);
	sip_timer_init(&st->sweep, sip__stream_on_sweep, st);
	e->state = st;
}

static void destroy_connection(void *object)
{
	struct sip__connection *c = SIP_CONTAINER(object, struct sip__connection, flow.ref);

	sip__flow_fini(&c->flow);
	sip_free(c->name);
	sip_free(c);
}

static enum sip_err create(struct sip__stream *st, const struct sip_addr *local, const struct sip_addr *remote, bool is_ours,
			   struct sip_str name, struct sip__connection **out)
{
	struct sip__endpoint *e = st->endpoint;
	struct sip__connection *c;
	enum sip_err err = SIP_OK;

	*out = NULL;
	while (st->count >= e->transport->o.connections_max)
		if (!sip__connection_evict(st))
			return SIP_E_LIMIT;
	c = sip_alloc_zero(sizeof *c);
	if (!c)
		return SIP_E_NOMEM;
	c->stream = st;
	c->io.fd = -1;
	c->is_ours = is_ours;
	sip_fifo_batch_init(&c->queue);
	sip_buf_init(&c->coded.bytes, 0);
	sip__flow_init(&c->flow, e, local, remote, SIP_FLOW_CONNECTING, destroy_connection);
	if (name.len) {
		c->name = sip_strdup(name.p, name.len);
		err = c->name ? SIP_OK : SIP_E_NOMEM;
	}
	if (err == SIP_OK)
		err = sip__filters_make(c);
	if (err == SIP_OK)
		err = sip__connection_table_add(c);
	if (err != SIP_OK) {
		sip__filters_end(c);
		sip_metric_add(e->wire->cells, SIP_M_FLOWS, -1);
		sip_ref_put(&c->flow.ref);
		return err;
	}
	sip_metric_add(e->wire->cells, SIP_M_CONNECTIONS, 1);
	sip_metric_count(e->wire->cells, is_ours ? SIP_M_CONNECTIONS_OUT : SIP_M_CONNECTIONS_IN);
	c->used_us = sip_loop_now(e->wire->loop);
	sip__connection_watch_idle(c);
	*out = c;
	return SIP_OK;
}

enum sip_err sip__connection_create(struct sip__stream *st, const struct sip_addr *local, const struct sip_addr *remote,
				    struct sip__connection **out)
{
	struct sip_wire *w = st->endpoint->wire;
	bool is_counted = false;
	enum sip_err err;

	*out = NULL;
	if (st->endpoint->transport->o.proxy_protocol && !sip__guard_is_trusted(w->guard, remote)) {
		sip_metric_count(w->cells, SIP_M_REFUSED_PROXY);
		return SIP_E_DENIED;
	}
	if (!sip__guard_entered(w->guard, remote, &is_counted))
		return SIP_E_DENIED;
	err = create(st, local, remote, false, sip_str_make(NULL, 0), out);
	if (err == SIP_OK)
		(*out)->is_counted = is_counted;
	else if (is_counted)
		sip__guard_left(w->guard, remote);
	return err;
}

enum sip_err sip__connection_create_to(struct sip__stream *st, const struct sip_addr *remote, struct sip_str name,
				       struct sip__connection **out)
{
	struct sip_addr local = st->endpoint->transport->bound;

	sip_addr_set_port(&local, 0);
	return create(st, &local, remote, true, name, out);
}

enum sip_err sip__connection_move(struct sip__connection *c, struct sip__stream *to)
{
	struct sip__endpoint *e = to->endpoint;
	struct sip_transport *from = c->flow.transport;
	enum sip_err err;

	while (to->count >= e->transport->o.connections_max)
		if (!sip__connection_evict(to))
			return SIP_E_LIMIT;
	sip__connection_table_remove(c);
	for (int i = 0; i < SIP__WAIT_COUNT; i++)
		sip__connection_wait_no_more(c, (enum sip__wait)i);
	sip_list_remove(&c->dirty);
	err = c->memory ? sip__memory_stream_move(c, to) : SIP_OK;
	c->stream = to;
	c->flow.endpoint = e;
	c->flow.kind = (uint8_t)e->transport->o.kind;
	c->flow.transport = e->transport;
	sip_transport_ref(e->transport);
	sip_transport_unref(&from);
	/* It is one of theirs from here on, whatever comes of it. */
	sip_list_add_tail(&to->lru, &c->flow.lru);
	to->count++;
	if (err == SIP_OK)
		err = sip__connection_table_show(c);
	sip__connection_watch_idle(c);
	return err;
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

static bool may_write(const struct sip__connection *c)
{
	return c->stream && c->is_piped && !c->is_blocked;
}

/* Messages wait for the filters, what these say themselves does not. */
static bool has_something(const struct sip__connection *c)
{
	return sip__coded_left(c) || (c->queue.head && c->flow.state != SIP_FLOW_CONNECTING);
}

static void mark_dirty(struct sip__connection *c)
{
	if (!may_write(c) || sip_list_is_linked(&c->dirty))
		return;
	sip_list_add_tail(&c->stream->dirty, &c->dirty);
	sip__wire_want_flush(c->stream->endpoint);
}

static struct sip__connection *connect_to(struct sip__stream *st, const struct sip_addr *to, struct sip_str name,
					  enum sip_err *err)
{
	struct sip__connection *c;

	*err = st->is_closing ? SIP_E_CLOSED : sip__connection_create_to(st, to, name, &c);
	if (*err != SIP_OK)
		return NULL;
	sip__connection_wait(c, SIP__WAIT_CONNECT);
	*err = st->pipe->connect(c);
	if (*err == SIP_OK)
		return c;
	sip__connection_lost(c, *err);
	return NULL;
}

#define PEER_NAME 256

/* Whom it is for. A response that finds no connection any more opens one to whom its top Via names (RFC 3261 18.2.2). */
static struct sip_str peer_of(const struct sip__stream *st, const struct sip_send *s, char room[PEER_NAME])
{
	struct sip_str name = sip_packet_peer(s->packet);
	struct sip_message *m = NULL;
	const struct sip_via *via = NULL;

	if (name.len || !sip_transport_kinds[st->endpoint->transport->o.kind].is_secure)
		return name;
	if (sip_message_parse(s->packet, 0, sip_packet_len(s->packet), &st->endpoint->wire->o.limits, &m) != SIP_OK)
		return name;
	if (!sip_message_is_request(m))
		via = sip_message_via(m, 0);
	if (via && via->host.len < PEER_NAME) {
		memcpy(room, via->host.p, via->host.len);
		name = sip_str_make(room, via->host.len);
	}
	sip_message_unref(&m);
	return name;
}

/* The connection this goes by: its flow's while that takes sends, else one to its address. */
static struct sip__connection *way_of(struct sip__stream *st, struct sip_send *s, enum sip_err *err)
{
	struct sip__connection *c;
	char room[PEER_NAME];
	struct sip_str name;

	if (s->flow) {
		c = sip__connection_of(s->flow);
		if (s->flow->state != SIP_FLOW_CLOSING || c->is_ended)
			return c;
		*err = SIP_E_CLOSED;
		if (sip_addr_is_none(&s->to))
			return NULL;
		sip_flow_unref(&s->flow);
	}
	name = peer_of(st, s, room);
	c = sip__connection_find(st, &s->to, name);
	return c ? c : connect_to(st, &s->to, name, err);
}

static bool is_held_by_most(const struct sip_ref *r, uint32_t count)
{
	return __atomic_load_n(&r->count, __ATOMIC_ACQUIRE) <= count;
}

bool sip__connection_is_left(const struct sip__connection *c)
{
	return c->is_lingering && !c->queue.head && is_held_by_most(&c->flow.ref, 1);
}

/* One reference is the wire's and one the caller's: nobody else is left who could want to answer. */
static bool is_over(const struct sip__connection *c)
{
	return c->flow.state == SIP_FLOW_CLOSING && (!c->is_lingering || is_held_by_most(&c->flow.ref, 2));
}

static void on_written(struct sip__connection *c)
{
	if (c->is_blocked) {
		c->is_blocked = false;
		sip__connection_wait_no_more(c, SIP__WAIT_WRITE);
		c->stream->pipe->watch(c, c->flow.state != SIP_FLOW_CLOSING, false);
	}
	if (is_over(c))
		sip__flow_step(&c->flow, SIP__FLOW_ON_DRAINED, SIP_E_CLOSED);
}

static void on_blocked(struct sip__connection *c)
{
	if (c->is_blocked)
		return;
	c->is_blocked = true;
	sip__connection_wait(c, SIP__WAIT_WRITE);
	c->stream->pipe->watch(c, c->flow.state != SIP_FLOW_CLOSING, true);
}

static enum sip_err write_plain(struct sip__connection *c)
{
	struct iovec iov[WRITE_VECTORS];
	int count = sip__send_queue_gather(c, iov, WRITE_VECTORS);
	size_t wrote = 0;
	enum sip_err err = c->stream->pipe->write(c, iov, count, &wrote);

	if (err == SIP_OK)
		sip__send_queue_wrote(c, wrote);
	return err;
}

static enum sip_err write_left(struct sip__connection *c)
{
	struct iovec iov = { c->coded.bytes.p + c->coded.off, sip__coded_left(c) };
	size_t wrote = 0;
	enum sip_err err = c->stream->pipe->write(c, &iov, 1, &wrote);

	if (err == SIP_OK)
		sip__coded_wrote(c, wrote);
	return err;
}

static enum sip_err write_coded(struct sip__connection *c)
{
	enum sip_err err = sip__filters_code(c);

	if (err != SIP_OK || !sip__coded_left(c))
		return err;
	err = write_left(c);
	if (err == SIP_OK)
		sip__send_queue_coded_wrote(c);
	return err;
}

/* AGAIN: the pipe takes no more. */
static enum sip_err write_all(struct sip__connection *c)
{
	enum sip_err err = SIP_OK;

	while (err == SIP_OK && has_something(c))
		err = c->lowest || sip__coded_left(c) ? write_coded(c) : write_plain(c);
	if (err != SIP_OK || c->has_shut || !c->lowest || !is_over(c))
		return err;
	c->has_shut = true;
	sip__filters_close(c);
	return write_all(c);
}

/* What waits goes first, as far as the pipe takes it: the end is behind it. */
static void say_end(struct sip__connection *c)
{
	if (!c->lowest || !may_write(c) || c->has_shut)
		return;
	c->has_shut = true;
	if (write_all(c) != SIP_OK)
		return;
	sip__filters_close(c);
	(void)write_all(c);
}

void sip__stream_fini(struct sip__stream *st)
{
	st->is_closing = true;
	while (!sip_list_is_empty(&st->lru)) {
		struct sip__connection *c = sip__connection_of(SIP_CONTAINER(st->lru.next, struct sip_flow, lru));

		say_end(c);
		sip__connection_lost(c, SIP_E_CLOSED);
	}
	sip_loop_disarm(st->endpoint->wire->loop, &st->sweep);
	sip_hash_fini(&st->by_remote);
	sip_hash_fini(&st->by_alias);
	sip_hash_fini(&st->ends);
	st->endpoint->state = NULL;
}

static void flush(struct sip__connection *c)
{
	enum sip_err err = write_all(c);

	if (err == SIP_OK)
		on_written(c);
	else if (err == SIP_E_AGAIN)
		on_blocked(c);
	else
		sip__connection_lost(c, err);
}

/* Much in one turn is not much for a peer that reads. */
static bool put(struct sip__connection *c, struct sip_send *s)
{
	if (may_write(c) && c->queue.count >= WRITE_VECTORS)
		flush(c);
	if (!c->stream)
		return false;
	if (sip__send_queue_put(c, s) == SIP_OK)
		return true;
	if (!may_write(c))
		return false;
	flush(c);
	return c->stream && sip__send_queue_put(c, s) == SIP_OK;
}

void sip__stream_send(struct sip__endpoint *e, struct sip_send *s)
{
	struct sip__stream *st = e->state;
	enum sip_err err = SIP_E_CLOSED;
	struct sip__connection *c = way_of(st, s, &err);
	struct sip_flow *f;

	if (!c) {
		sip__wire_send_failed(e->wire, s, err);
		return;
	}
	f = &c->flow;
	sip_flow_ref(f);
	sip__connection_used(c);
	if (put(c, s)) {
		mark_dirty(c);
	} else if (!c->stream) {
		sip__wire_send(e->wire, s); /* it died of what it had to write before: this one finds another way */
	} else {
		sip__wire_send_failed(e->wire, s, SIP_E_FULL);
		sip_metric_count(e->wire->cells, SIP_M_CONNECTIONS_SLOW);
		sip__connection_lost(c, SIP_E_FULL);
	}
	sip_flow_unref(&f);
}

void sip__stream_flush(struct sip__endpoint *e)
{
	struct sip__stream *st = e->state;
	struct sip_list *n;

	while ((n = sip_list_pop(&st->dirty)) != NULL) {
		struct sip__connection *c = SIP_CONTAINER(n, struct sip__connection, dirty);
		struct sip_flow *f = &c->flow;

		sip_flow_ref(f);
		if (may_write(c))
			flush(c);
		sip_flow_unref(&f);
	}
}

void sip__connection_writable(struct sip__connection *c)
{
	if (c->is_blocked)
		flush(c);
}

void sip__connection_has_coded(struct sip__connection *c)
{
	mark_dirty(c);
}

/* ---- receiving --------------------------------------------------------------------------------------------------- */

static bool is_reading(const struct sip__connection *c)
{
	return c->flow.state == SIP_FLOW_OPEN || c->flow.state == SIP_FLOW_SUSPECT;
}

static char *framer_room(struct sip__connection *c, size_t *len)
{
	char *room = NULL;

	if (!c->framer)
		c->framer = sip_framer_create(&c->flow.wire->o.limits);
	if (c->framer)
		room = sip_framer_room(c->framer, len);
	if (!room)
		sip_metric_count(c->flow.wire->cells, SIP_M_DROP_NOMEM);
	return room;
}

char *sip__connection_room(struct sip__connection *c, size_t *len)
{
	char *room;

	*len = SIP__SCRATCH;
	room = c->lowest ? sip__wire_scratch(c->flow.wire) : framer_room(c, len);
	if (!room)
		sip__connection_lost(c, SIP_E_NOMEM);
	return room;
}

static void on_unframeable(struct sip__connection *c, struct sip_message **m, enum sip_err err)
{
	sip_metric_count(c->flow.wire->cells, SIP_M_CONNECTIONS_UNFRAMED);
	if (*m)
		sip__door_unframeable(&c->flow, m);
	sip__guard_offence(c->flow.wire->guard, &c->flow.remote, SIP__OFFENCE_UNFRAMEABLE, true);
	if (is_reading(c))
		sip__flow_step(&c->flow, SIP__FLOW_ON_CLOSE, err == SIP_OK ? SIP_E_SYNTAX : err);
}

/* The time a message may take begins with its first byte. */
static void watch_partial(struct sip__connection *c, bool had_message)
{
	bool is_partial = sip_framer_is_partial(c->framer);

	if (!is_partial || had_message)
		sip__connection_wait_no_more(c, SIP__WAIT_HEADER);
	if (is_partial)
		sip__connection_wait(c, SIP__WAIT_HEADER);
}

static bool filled(struct sip__connection *c, size_t len)
{
	bool had_message = false;

	sip_framer_filled(c->framer, len);
	sip__connection_used(c);
	while (is_reading(c)) {
		struct sip_message *m = NULL;
		enum sip_err err = SIP_OK;

		switch (sip_framer_next(c->framer, &m, &err)) {
		case SIP_FRAME_MESSAGE:
			had_message = true;
			sip__door_message(&c->flow, &m);
			break;
		case SIP_FRAME_PING:
			/* Two pongs that come together look the same. */
			sip__flow_on_pong(&c->flow);
			sip__connection_pong(c);
			break;
		case SIP_FRAME_PONG:
			sip_metric_count(c->flow.wire->cells, SIP_M_RX_KEEPALIVE);
			if (sip__flow_on_pong(&c->flow))
				sip_framer_settle_pong(c->framer);
			break;
		case SIP_FRAME_UNFRAMEABLE:
			on_unframeable(c, &m, err);
			return false;
		case SIP_FRAME_MORE:
			watch_partial(c, had_message);
			return true;
		}
	}
	return false;
}

bool sip__connection_feed(struct sip__connection *c, const char *bytes, size_t len)
{
	while (len && is_reading(c)) {
		size_t room_len = 0;
		char *room = framer_room(c, &room_len);

		if (!room) {
			sip__connection_lost(c, SIP_E_NOMEM);
			return false;
		}
		if (room_len > len)
			room_len = len;
		memcpy(room, bytes, room_len);
		bytes += room_len;
		len -= room_len;
		if (!filled(c, room_len))
			return false;
	}
	return !len;
}

bool sip__connection_take(struct sip__connection *c, struct sip_str message)
{
	struct sip_wire *w = c->flow.wire;
	struct sip_packet *packet;
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;

	if (!is_reading(c))
		return false;
	packet = sip_packet_copy(message.p, message.len);
	if (!packet) {
		sip_metric_count(w->cells, SIP_M_DROP_NOMEM);
		return true;
	}
	sip__connection_used(c);
	switch (sip_frame_datagram(packet, &w->o.limits, &m, &err)) {
	case SIP_FRAME_MESSAGE:
		sip__door_message(&c->flow, &m);
		break;
	case SIP_FRAME_PING:
		sip__flow_on_pong(&c->flow);
		sip__connection_pong(c);
		break;
	case SIP_FRAME_PONG:
		sip_metric_count(w->cells, SIP_M_RX_KEEPALIVE);
		sip__flow_on_pong(&c->flow);
		break;
	case SIP_FRAME_UNFRAMEABLE:
	case SIP_FRAME_MORE:
		/* The next one begins where it begins, whatever this was. */
		if (m) {
			sip__door_unframeable(&c->flow, &m);
		} else if (err == SIP_E_NOMEM) {
			sip_metric_count(w->cells, SIP_M_DROP_NOMEM);
		} else {
			sip_metric_count(w->cells, SIP_M_DROP_MALFORMED);
			sip__guard_offence(w->guard, &c->flow.remote, SIP__OFFENCE_MALFORMED, true);
		}
		break;
	}
	sip_packet_unref(&packet);
	return is_reading(c);
}

/* What the filters have to say of it, an alert perhaps, is tried to be said. */
static void on_filter_failed(struct sip__connection *c, enum sip_err err)
{
	if (may_write(c) && sip__coded_left(c))
		(void)write_left(c);
	sip__connection_lost(c, err);
}

bool sip__is_handshake_s(enum sip_err err)
{
	return err != SIP_E_DENIED && err != SIP_E_NOMEM && err != SIP_E_CLOSED;
}

static bool on_filtered(struct sip__connection *c, enum sip_err err)
{
	if (err == SIP_OK) {
		sip__connection_used(c);
		return true;
	}
	if (err == SIP_E_CLOSED && c->was_open)
		sip__connection_ended(c);
	else if (err != SIP_E_STATE) {
		if (!c->is_ours && !c->was_open && sip__is_handshake_s(err))
			sip__guard_offence(c->flow.wire->guard, &c->flow.remote, SIP__OFFENCE_HANDSHAKE, true);
		on_filter_failed(c, err);
	}
	return false;
}

bool sip__connection_received(struct sip__connection *c, const char *bytes, size_t len)
{
	sip__flow_heard(&c->flow);
	if (!c->lowest)
		return sip__connection_feed(c, bytes, len);
	if (!is_reading(c) && c->flow.state != SIP_FLOW_CONNECTING)
		return false;
	return on_filtered(c, sip__filters_feed(c, sip_str_make(bytes, len)));
}

bool sip__connection_read(struct sip__connection *c, char *room, size_t len)
{
	if (c->lowest)
		return sip__connection_received(c, room, len);
	sip__flow_heard(&c->flow);
	return filled(c, len);
}

/* ---- what happens to it ------------------------------------------------------------------------------------------ */

void sip__connection_piped(struct sip__connection *c)
{
	struct sip_flow *f = &c->flow;

	sip_flow_ref(f);
	c->is_piped = true;
	if (c->lowest) {
		sip__connection_wait(c, SIP__WAIT_CONNECT);
		(void)on_filtered(c, sip__filters_start(c));
	} else {
		sip__connection_opened(c);
	}
	sip_flow_unref(&f);
}

void sip__connection_opened(struct sip__connection *c)
{
	c->was_open = true;
	sip__connection_wait_no_more(c, SIP__WAIT_CONNECT);
	sip__flow_step(&c->flow, SIP__FLOW_ON_OPENED, SIP_OK);
}

/* Of a WebSocket the end is of both directions (RFC 6455 5.5.1). */
void sip__connection_ended(struct sip__connection *c)
{
	c->is_lingering = !sip_transport_kinds[c->flow.kind].is_web && !is_held_by_most(&c->flow.ref, 2);
	c->is_ended = true;
	sip__flow_step(&c->flow, SIP__FLOW_ON_END, SIP_E_CLOSED);
}

void sip__connection_lost(struct sip__connection *c, enum sip_err why)
{
	if (c->stream)
		sip__flow_step(&c->flow, SIP__FLOW_ON_LOST, why);
}

static void drain(struct sip__connection *c)
{
	sip__connection_table_hide(c);
	sip__connection_wait_no_more(c, SIP__WAIT_HEADER);
	if (__atomic_load_n(&c->flow.is_to_close, __ATOMIC_RELAXED))
		c->is_lingering = false;
	c->stream->pipe->watch(c, false, c->is_blocked);
	sip__connection_wait(c, SIP__WAIT_CLOSE);
	if (c->lowest)
		mark_dirty(c); /* they have an end to say */
	else if (!has_something(c) && !c->is_lingering)
		sip__flow_step(&c->flow, SIP__FLOW_ON_DRAINED, SIP_E_CLOSED);
}

static bool is_worth_a_second(const struct sip__connection *c, const struct sip_send *s, enum sip_err why)
{
	return c->was_open && !s->is_retried && !sip_addr_is_none(&s->to) && why != SIP_E_FULL &&
	       why != SIP_E_TIMEOUT && why != SIP_E_LIMIT && why != SIP_E_NOMEM;
}

static void finish(struct sip__connection *c, enum sip_err why)
{
	struct sip__stream *st = c->stream;
	struct sip_wire *w = c->flow.wire;
	struct sip_fifo_batch left;
	struct sip_fifo_node *n;

	if (c->is_counted)
		sip__guard_left(w->guard, &c->flow.remote);
	c->is_counted = false;
	sip__connection_table_remove(c);
	for (int i = 0; i < SIP__WAIT_COUNT; i++)
		sip__connection_wait_no_more(c, (enum sip__wait)i);
	sip_list_remove(&c->dirty);
	st->pipe->close(c, why == SIP_E_FULL || why == SIP_E_TIMEOUT);
	if (c->framer)
		sip_framer_destroy(&c->framer);
	c->stream = NULL;
	sip_metric_add(w->cells, SIP_M_CONNECTIONS, -1);
	sip__send_queue_take(c, &left, why);
	sip__filters_end(c);
	while ((n = sip_fifo_batch_pop(&left)) != NULL) {
		struct sip_send *s = SIP_CONTAINER(n, struct sip_send, node);

		if (st->is_closing || !is_worth_a_second(c, s, why)) {
			sip__wire_send_failed(w, s, why);
			continue;
		}
		s->is_retried = true;
		sip_flow_unref(&s->flow);
		sip__stream_send(st->endpoint, s);
	}
}

void sip__stream_flow_effects(struct sip_flow *f, unsigned effects, enum sip_err why)
{
	struct sip__connection *c = sip__connection_of(f);

	if (effects & SIP__FLOW_START)
		mark_dirty(c);
	if (effects & SIP__FLOW_DRAIN)
		drain(c);
	if (effects & SIP__FLOW_END)
		finish(c, why);
}
