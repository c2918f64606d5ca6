/*
 * DTLS (RFC 6347): sessions over a datagram carrier, a UDP socket or the memory net. A stranger gets a cookie and costs nothing until
 * it comes back; then it is counted as one of its source's, has a session, and a flow once they agree. Messages for who is not there
 * yet wait for the handshake, bounded as on a connection. Strangers that have not agreed yet make room first. Wire's loop.
 */
#include "stack/transport/transport_priv.h"

#define DATAGRAM_MOST 16384 /* of plain bytes in one record */
#define QUOTE 40            /* of a datagram: what is behind a record's head and nonce nobody can guess */
#define RANDOM_AT 27        /* in a hello: behind the heads of record and message, and a version */

struct association { /* a peer and what we have agreed with it */
	struct sip_hash_node node;       /* in its endpoint's table, by remote */
	struct sip_list use;             /* in its endpoint's lru, or among the strangers */
	struct sip__dtls *dtls;          /* lent by the endpoint */
	struct sip_tls_session *session; /* owned */
	struct sip_flow *flow;           /* owned: a reference, once it is up */
	struct sip_addr remote, local;
	char *name;                      /* owned: of whom we called, before DNS; NULL: it called us, or nobody named it */
	struct sip_timer timer;
	struct sip_fifo_batch queue;     /* of sends that wait for the handshake */
	size_t queue_bytes;
	int64_t since_us;                /* the handshake's beginning */
	int64_t used_us;
	char sent[QUOTE];                /* the last datagram's beginning */
	size_t sent_len;
	bool is_ours;
	bool is_counted;                 /* by the guard, as one of its source's */
};

struct sip__dtls { /* of an endpoint */
	struct sip__endpoint *endpoint;  /* lent: it owns us */
	struct sip_hash by_remote;
	struct sip_list lru;             /* least used first: those that are up, and ours */
	struct sip_list strangers;       /* oldest first: they have called, and we have not agreed yet */
	size_t count;
};

static const struct sip__kind *carrier_of(const struct sip__endpoint *e)
{
	return e->transport->o.net ? &sip__kind_memory_datagram : &sip__kind_udp;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static uint64_t hash_of(const struct sip__dtls *d, const struct sip_addr *remote)
{
	return sip_addr_hash(&d->endpoint->wire->key, remote);
}

static struct association *find(const struct sip__dtls *d, const struct sip_addr *remote)
{
	struct sip_hash_node *n = sip_hash_first(&d->by_remote, hash_of(d, remote));

	for (; n; n = sip_hash_next(n)) {
		struct association *a = SIP_CONTAINER(n, struct association, node);
		if (sip_addr_eq(&a->remote, remote))
			return a;
	}
	return NULL;
}

/* A stranger does not grow younger by what it says. */
static void used(struct association *a)
{
	a->used_us = sip_loop_now(a->dtls->endpoint->wire->loop);
	if (!a->flow && !a->is_ours)
		return;
	sip_list_remove(&a->use);
	sip_list_add_tail(&a->dtls->lru, &a->use);
}

static void fail_all(const struct sip__dtls *d, struct sip_fifo_batch *queue, enum sip_err why)
{
	struct sip_fifo_node *n;

	while ((n = sip_fifo_batch_pop(queue)) != NULL)
		sip__wire_send_failed(d->endpoint->wire, SIP_CONTAINER(n, struct sip_send, node), why);
}

static void move_all(struct sip_fifo_batch *from, struct sip_fifo_batch *to)
{
	struct sip_fifo_node *n;

	while ((n = sip_fifo_batch_pop(from)) != NULL)
		sip_fifo_batch_add(to, n);
}

static void destroy(struct association *a)
{
	sip_tls_session_destroy(&a->session);
	sip_flow_unref(&a->flow);
	sip_free(a->name);
	sip_free(a);
}

/* Its flow hears of it; what waits has failed. */
static void end(struct association *a, enum sip_err why)
{
	struct sip__dtls *d = a->dtls;

	sip_loop_disarm(d->endpoint->wire->loop, &a->timer);
	if (a->is_counted)
		sip__guard_left(d->endpoint->wire->guard, &a->remote);
	(void)sip_hash_remove(&d->by_remote, &a->node);
	sip_list_remove(&a->use);
	d->count--;
	sip_metric_add(d->endpoint->wire->cells, SIP_M_CONNECTIONS, -1);
	if (a->flow && a->flow->state != SIP_FLOW_GONE)
		sip__flow_step(a->flow, SIP__FLOW_ON_LOST, why);
	fail_all(d, &a->queue, why);
	destroy(a);
}

static struct association *least(const struct sip__dtls *d)
{
	const struct sip_list *from = sip_list_is_empty(&d->strangers) ? &d->lru : &d->strangers;

	return SIP_CONTAINER(from->next, struct association, use);
}

static void make_room(struct sip__dtls *d)
{
	while (d->count >= d->endpoint->transport->o.connections_max) {
		sip_metric_count(d->endpoint->wire->cells, SIP_M_CONNECTIONS_EVICTED);
		end(least(d), SIP_E_LIMIT);
	}
}

static enum sip_err open_session(struct association *a, struct sip_str name)
{
	struct sip_tls_session_options o;
	char text[SIP_ADDR_TEXT];

	sip_tls_session_options_init(&o);
	o.context = a->dtls->endpoint->tls;
	o.role = a->is_ours ? SIP_TLS_CLIENT : SIP_TLS_SERVER;
	o.peer = &a->remote;
	o.mtu = DATAGRAM_MOST;
	if (a->is_ours)
		o.name = sip__tls_name(name, &a->remote, text);
	return sip_tls_session_create(&o, &a->session);
}

static void on_timer(void *arg);

static struct association *create(struct sip__dtls *d, const struct sip_addr *remote, const struct sip_addr *local, bool is_ours,
				  struct sip_str name, enum sip_err *err)
{
	struct sip_wire *w = d->endpoint->wire;
	struct association *a = sip_alloc_zero(sizeof *a);

	*err = SIP_E_NOMEM;
	if (!a)
		return NULL;
	a->dtls = d;
	a->remote = *remote;
	a->local = *local;
	a->is_ours = is_ours;
	a->since_us = a->used_us = sip_loop_now(w->loop);
	a->name = name.len ? sip_strdup(name.p, name.len) : NULL;
	sip_fifo_batch_init(&a->queue);
	sip_timer_init(&a->timer, on_timer, a);
	if (!name.len || a->name)
		*err = open_session(a, name);
	if (*err == SIP_OK)
		make_room(d);
	if (*err == SIP_OK)
		*err = sip_hash_add(&d->by_remote, &a->node, hash_of(d, remote));
	if (*err != SIP_OK) {
		destroy(a);
		return NULL;
	}
	sip_list_add_tail(is_ours ? &d->lru : &d->strangers, &a->use);
	d->count++;
	sip_metric_add(w->cells, SIP_M_CONNECTIONS, 1);
	sip_metric_count(w->cells, is_ours ? SIP_M_CONNECTIONS_OUT : SIP_M_CONNECTIONS_IN);
	return a;
}

/* ---- out --------------------------------------------------------------------------------------------------------- */

static enum sip_err put_datagram(struct sip__endpoint *e, const struct sip_addr *to, struct sip_str bytes, uint64_t token)
{
	struct sip_packet *packet = sip_packet_copy(bytes.p, bytes.len);
	struct sip_send *s = packet ? sip_send_create(packet) : NULL;

	sip_packet_unref(&packet);
	if (!s)
		return SIP_E_NOMEM;
	s->to = *to;
	s->token = token;
	s->is_coded = true;
	carrier_of(e)->send(e, s);
	return SIP_OK;
}

static void remember(struct association *a, struct sip_str datagram)
{
	a->sent_len = datagram.len < QUOTE ? datagram.len : QUOTE;
	memcpy(a->sent, datagram.p, a->sent_len);
}

/* The last datagram carries the token of the message that is in it. */
static void pump(struct association *a, uint64_t token)
{
	struct sip__endpoint *e = a->dtls->endpoint;
	struct sip_str out;

	while ((out = sip_tls_session_out(a->session)).len) {
		if (put_datagram(e, &a->remote, out, token) != SIP_OK)
			sip_metric_count(e->wire->cells, SIP_M_DROP_NOMEM);
		remember(a, out);
		sip_tls_session_took(a->session, out.len);
	}
}

static void send_by(struct association *a, struct sip_send *s)
{
	struct sip__endpoint *e = a->dtls->endpoint;
	struct sip_str bytes = sip_str_make(sip_packet_bytes(s->packet), sip_packet_len(s->packet));
	enum sip_err err = bytes.len > DATAGRAM_MOST ? SIP_E_TOOBIG : sip_tls_session_write(a->session, bytes);

	if (err != SIP_OK) {
		sip__wire_send_failed(e->wire, s, err == SIP_E_LIMIT ? SIP_E_TOOBIG : err);
		return;
	}
	pump(a, s->gives_back ? 0 : s->token);
	sip__wire_sent(e->wire, e, a->flow, s);
}

/* Until when: it agrees, or is used again. <0: for ever. */
static int64_t patience(const struct association *a)
{
	const struct sip_transport_options *o = &a->dtls->endpoint->transport->o;
	int64_t now = sip_loop_now(a->dtls->endpoint->wire->loop), until;

	if (a->flow && !o->idle_s)
		return -1;
	until = a->flow ? a->used_us + SIP_SECONDS(o->idle_s) : a->since_us + SIP_MS(o->connect_ms);
	return until > now ? until - now : 0;
}

/* Idleness is looked at when the timer comes, so that a message need not move it. */
static void rearm(struct association *a)
{
	struct sip_loop *loop = a->dtls->endpoint->wire->loop;
	int64_t due = sip_dtls_session_timeout(a->session), end_due;

	if (due < 0 && a->flow && sip_timer_is_armed(&a->timer))
		return;
	end_due = patience(a);
	if (due < 0 || (end_due >= 0 && end_due < due))
		due = end_due;
	sip_loop_disarm(loop, &a->timer);
	if (due >= 0)
		sip_loop_arm(loop, &a->timer, due);
}

/* ---- agreeing ---------------------------------------------------------------------------------------------------- */

static void tell_failed(const struct association *a)
{
	sip__tls_tell_failed(a->dtls->endpoint->wire, "DTLS", a->is_ours, &a->remote, a->session);
}

/* Who has called us meanwhile may be somebody else than we wanted to call. */
static void send_queued(struct association *a, struct sip_send *s)
{
	if (a->is_ours || s->flow || sip__tls_is_for(a->session, a->name, &a->remote, sip_packet_peer(s->packet)))
		send_by(a, s);
	else
		sip__wire_send_failed(a->dtls->endpoint->wire, s, SIP_E_DENIED);
}

/* False: it has ended. */
static bool on_up(struct association *a)
{
	struct sip__endpoint *e = a->dtls->endpoint;
	struct sip_flow *f = sip__datagram_flow(e, &a->remote, &a->local);
	struct sip_fifo_node *n;

	if (!f) {
		end(a, SIP_E_NOMEM);
		return false;
	}
	sip_flow_ref(f);
	a->flow = f;
	used(a);
	sip_metric_count(e->wire->cells, SIP_M_TLS_UP);
	while ((n = sip_fifo_batch_pop(&a->queue)) != NULL)
		send_queued(a, SIP_CONTAINER(n, struct sip_send, node));
	a->queue_bytes = 0;
	return true;
}

static bool agree(struct association *a)
{
	enum sip_err err = sip_tls_session_handshake(a->session);

	pump(a, 0);
	if (err == SIP_OK)
		return on_up(a);
	if (err == SIP_E_AGAIN)
		return true;
	tell_failed(a);
	/* The cookie has proven where its hello came from; what fails a handshake is in the clear, and may be anybody's. */
	if (!a->is_ours && sip__is_handshake_s(err))
		sip__guard_offence(a->dtls->endpoint->wire->guard, &a->remote, SIP__OFFENCE_HANDSHAKE, false);
	end(a, err);
	return false;
}

static void on_timer(void *arg)
{
	struct association *a = arg;
	bool is_over = patience(a) == 0;
	enum sip_err err;

	if (is_over && a->flow) {
		sip__flow_step(a->flow, SIP__FLOW_ON_CLOSE, SIP_E_TIMEOUT);
		return;
	}
	err = is_over ? SIP_E_TIMEOUT : sip_dtls_session_on_timer(a->session);
	if (err != SIP_OK && err != SIP_E_AGAIN) {
		sip_metric_count(a->dtls->endpoint->wire->cells, SIP_M_TLS_FAILED);
		end(a, err);
		return;
	}
	pump(a, 0);
	rearm(a);
}

/*
 * The network says that nobody is there. Anybody may say so, but only who has got what we have sent can quote it: then it is true,
 * as a stream's reset is.
 */
void sip__dtls_refused(struct sip__endpoint *e, const struct sip_addr *remote, struct sip_str quoted)
{
	struct association *a = find(e->dtls, remote);

	if (a && a->sent_len == QUOTE && quoted.len >= QUOTE && memcmp(a->sent, quoted.p, QUOTE) == 0)
		end(a, SIP_E_REFUSED);
}

/* ---- in ---------------------------------------------------------------------------------------------------------- */

/* Until its flow is gone, and it with that; the flow is the caller's to hold. */
static enum sip_err read_all(struct association *a)
{
	struct sip__endpoint *e = a->dtls->endpoint;
	const struct sip_flow *f = a->flow;
	char *room = sip__wire_scratch(e->wire);
	enum sip_err err = room ? SIP_OK : SIP_E_NOMEM;

	while (err == SIP_OK) {
		struct sip_packet *packet;
		size_t n = 0;

		err = sip_tls_session_read(a->session, room, DATAGRAM_MOST, &n);
		if (err != SIP_OK)
			break;
		packet = sip_packet_copy(room, n);
		if (!packet)
			sip_metric_count(e->wire->cells, SIP_M_DROP_NOMEM);
		else
			sip__door_datagram(e, packet, &a->remote, &a->local);
		sip_packet_unref(&packet);
		if (f->state == SIP_FLOW_GONE)
			return SIP_E_STATE;
	}
	return err;
}

static void feed(struct association *a, struct sip_str bytes)
{
	struct sip_flow *f;
	enum sip_err err;

	used(a);
	sip_tls_session_feed(a->session, bytes);
	if (!a->flow && !agree(a))
		return;
	f = a->flow;
	if (!f) {
		rearm(a);
		return;
	}
	sip_flow_ref(f);
	err = read_all(a);
	/* The flow's end, if it came, was the association's. */
	if (f->state != SIP_FLOW_GONE) {
		pump(a, 0);
		if (err == SIP_E_AGAIN)
			rearm(a);
		else
			end(a, err);
	}
	sip_flow_unref(&f);
}

/* A peer that has begun anew says so in the clear, with a cookie (RFC 6347 4.2.8). */
static bool is_hello(struct sip_str bytes)
{
	return bytes.len > 13 && bytes.p[0] == 22 && bytes.p[3] == 0 && bytes.p[4] == 0 && bytes.p[13] == 1;
}

/*
 * We have called each other, and each waits for the other's answer, to a hello whose random number is the same with the cookie and
 * without (4.2.1): who has said the smaller one is answered. Who has been answered already is not disturbed.
 */
static bool gives_way(const struct association *a, struct sip_str hello)
{
	return is_hello(sip_str_make(a->sent, a->sent_len)) && a->sent_len == QUOTE && hello.len >= QUOTE &&
	       memcmp(hello.p + RANDOM_AT, a->sent + RANDOM_AT, QUOTE - RANDOM_AT) < 0;
}

/* What it had before is over (4.2.8), but for what waits. */
static void replace(struct association *before, struct sip_fifo_batch *waiting, size_t *bytes)
{
	move_all(&before->queue, waiting);
	*bytes = before->queue_bytes;
	end(before, SIP_E_CLOSED);
}

/* Its cookie has proven where it is: there it is counted. */
static enum sip_err enter(struct sip__dtls *d, const struct sip_addr *remote, const struct sip_addr *local, struct sip_str hello)
{
	struct association *before = find(d, remote), *a;
	struct sip__guard *guard = d->endpoint->wire->guard;
	struct sip_fifo_batch waiting;
	size_t bytes = 0;
	bool is_counted;
	enum sip_err err;

	sip_fifo_batch_init(&waiting);
	if (before)
		replace(before, &waiting, &bytes);
	if (sip__give_away(d->endpoint, hello, remote, local)) {
		fail_all(d, &waiting, SIP_E_CLOSED);
		return SIP_OK;
	}
	if (!sip__guard_entered(guard, remote, &is_counted)) {
		fail_all(d, &waiting, SIP_E_DENIED);
		return SIP_OK;
	}
	a = create(d, remote, local, false, sip_str_make(NULL, 0), &err);
	if (a) {
		a->is_counted = is_counted;
		move_all(&waiting, &a->queue);
		a->queue_bytes = bytes;
		feed(a, hello);
		return SIP_OK;
	}
	if (is_counted)
		sip__guard_left(guard, remote);
	fail_all(d, &waiting, err);
	return err;
}

static void greet(struct sip__dtls *d, const struct sip_addr *remote, const struct sip_addr *local, struct sip_str bytes)
{
	struct sip__endpoint *e = d->endpoint;
	struct sip_buf answer;
	char room[512];
	enum sip_err err;

	/* Whom we do not know begins with who takes over; of whom we know it has to be proven first. */
	if (!find(d, remote) && sip__give_away(e, bytes, remote, local))
		return;
	sip_buf_init_fixed(&answer, room, sizeof room);
	err = sip_dtls_listen(e->tls, remote, bytes, &answer);
	if (err == SIP_E_AGAIN)
		err = put_datagram(e, remote, sip_buf_str(&answer), 0);
	else if (err == SIP_OK)
		err = enter(d, remote, local, bytes);
	if (err != SIP_OK)
		sip_metric_count(e->wire->cells, err == SIP_E_NOMEM ? SIP_M_DROP_NOMEM : SIP_M_DROP_MALFORMED);
}

void sip__dtls_datagram(struct sip__endpoint *e, struct sip_packet *packet, const struct sip_addr *source,
			const struct sip_addr *local)
{
	struct sip_str bytes = sip_str_make(sip_packet_bytes(packet), sip_packet_len(packet));
	struct association *a = find(e->dtls, source);

	if (sip__stun_is(bytes))
		sip__door_datagram(e, packet, source, local);
	else if (a && (!is_hello(bytes) || (!a->flow && !a->is_ours)))
		feed(a, bytes);
	else if (!a || a->flow || gives_way(a, bytes))
		greet(e->dtls, source, local, bytes);
}

/* ---- the kind's face --------------------------------------------------------------------------------------------- */

static enum sip_err dtls_open(struct sip__endpoint *e, struct sip_addr *at)
{
	struct sip__dtls *d = sip_alloc_zero(sizeof *d);
	enum sip_err err;

	if (!d)
		return SIP_E_NOMEM;
	d->endpoint = e;
	sip_hash_init(&d->by_remote, 0);
	sip_list_init(&d->lru);
	sip_list_init(&d->strangers);
	e->dtls = d;
	err = carrier_of(e)->open(e, at);
	if (err != SIP_OK) {
		e->dtls = NULL;
		sip_hash_fini(&d->by_remote);
		sip_free(d);
	}
	return err;
}

static void say_end(struct association *a)
{
	sip_tls_session_close(a->session);
	pump(a, 0);
}

static void dtls_close(struct sip__endpoint *e)
{
	struct sip__dtls *d = e->dtls;

	while (d->count) {
		struct association *a = least(d);

		say_end(a);
		end(a, SIP_E_CLOSED);
	}
	carrier_of(e)->close(e);
	e->dtls = NULL;
	sip_hash_fini(&d->by_remote);
	sip_free(d);
}

static struct association *call(struct sip__dtls *d, const struct sip_addr *to, struct sip_str name, enum sip_err *err)
{
	struct sip_addr local = d->endpoint->transport->bound;
	struct association *a = create(d, to, &local, true, name, err);

	if (a && !agree(a)) {
		*err = SIP_E_CLOSED;
		return NULL;
	}
	if (a)
		rearm(a);
	return a;
}

static enum sip_err enqueue(struct association *a, struct sip_send *s)
{
	size_t cost = sip_packet_len(s->packet) + sizeof *s;

	if (a->queue_bytes && a->queue_bytes + cost > a->dtls->endpoint->transport->o.queue_bytes_max)
		return SIP_E_FULL;
	a->queue_bytes += cost;
	sip_fifo_batch_add(&a->queue, &s->node);
	return SIP_OK;
}

static void dtls_send(struct sip__endpoint *e, struct sip_send *s)
{
	const struct sip_addr *to = s->flow ? &s->flow->remote : &s->to;
	struct association *a = find(e->dtls, to);
	struct sip_str name = sip_packet_peer(s->packet);
	enum sip_err err = SIP_OK;

	/* One address has one association: another name there would have to be another peer. */
	if (a && !s->flow && !sip__tls_is_for(a->session, a->name, &a->remote, name))
		err = SIP_E_DENIED;
	else if (!a && s->flow)
		err = SIP_E_CLOSED;
	else if (!a)
		a = call(e->dtls, to, name, &err);
	if (err == SIP_OK && !a->flow)
		err = enqueue(a, s);
	else if (err == SIP_OK) {
		used(a);
		send_by(a, s);
	}
	if (err != SIP_OK)
		sip__wire_send_failed(e->wire, s, err);
}

static void dtls_flush(struct sip__endpoint *e)
{
	carrier_of(e)->flush(e);
}

bool sip__dtls_is_idle(const struct sip_flow *f, int64_t since_us)
{
	const struct association *a = f->endpoint->dtls ? find(f->endpoint->dtls, &f->remote) : NULL;

	return a && a->flow == f && a->used_us < since_us;
}

void sip__dtls_find_idle(struct sip__endpoint *e, uint32_t search, int64_t since_us, unsigned most)
{
	SIP_LIST_FOR_SAFE(n, after, &e->dtls->lru) {
		struct association *a = SIP_CONTAINER(n, struct association, use);

		if (most == 0)
			return;
		if (!a->flow || a->used_us >= since_us || sip__flow_is_busy(a->flow, search))
			continue;
		most--;
		sip__flow_idle(a->flow, since_us);
	}
}

/* A flow that ends takes its association along. */
static void dtls_flow(struct sip_flow *f, unsigned effects, enum sip_err why)
{
	struct association *a = f->endpoint->dtls ? find(f->endpoint->dtls, &f->remote) : NULL;

	if (a && a->flow == f && (effects & (SIP__FLOW_DRAIN | SIP__FLOW_END))) {
		if (effects & SIP__FLOW_DRAIN)
			say_end(a);
		sip_flow_unref(&a->flow);
		end(a, why);
	}
	sip__datagram_flow_effects(f, effects, why);
}

const struct sip__kind sip__kind_dtls = { dtls_open, dtls_close, dtls_send, dtls_flush, dtls_flow };
