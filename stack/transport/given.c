/*
 * Datagrams on their way from the process that reads a socket to the one that will: given one by one, each whole, over a pair of
 * SOCK_SEQPACKET sockets, and taken on the wire's loop as if read there. When the giver has gone, the taker reads for itself.
 */
#include "stack/transport/transport_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define VERSION 1
#define ADDR 24                 /* family, port, zone, host */
#define HEAD (4 + 3 * ADDR)     /* version, kind, nothing; bound, source, local */
#define DATAGRAM_MAX 65536
#define TAKEN_A_TURN 128
#define PAIR_BUFFER (8 << 20)
#define IDLE_A_CALL 64          /* closed together: those who come again do so a few at a time */

/* ---- a datagram as bytes -------------------------------------------------------------------------------------------- */

static void put_addr(char out[ADDR], const struct sip_addr *a)
{
	uint16_t port = htons(sip_addr_port(a));

	memset(out, 0, ADDR);
	out[0] = sip_addr_family(a) == AF_INET6 ? 6 : 4;
	memcpy(out + 2, &port, sizeof port);
	if (sip_addr_family(a) == AF_INET6) {
		memcpy(out + 4, &a->u.in6.sin6_scope_id, 4);
		memcpy(out + 8, &a->u.in6.sin6_addr, 16);
	} else {
		memcpy(out + 8, &a->u.in.sin_addr, 4);
	}
}

static bool get_addr(const char in[ADDR], struct sip_addr *a)
{
	uint16_t port;

	memcpy(&port, in + 2, sizeof port);
	sip_addr_clear(a);
	if (in[0] == 6) {
		a->u.in6.sin6_family = AF_INET6;
		memcpy(&a->u.in6.sin6_scope_id, in + 4, 4);
		memcpy(&a->u.in6.sin6_addr, in + 8, 16);
	} else if (in[0] == 4) {
		a->u.in.sin_family = AF_INET;
		memcpy(&a->u.in.sin_addr, in + 8, 4);
	} else {
		return false;
	}
	sip_addr_set_port(a, ntohs(port));
	return true;
}

static bool read_record(struct sip_str record, struct sip_hand_over_datagram *d)
{
	if (record.len <= HEAD || record.p[0] != VERSION || (unsigned char)record.p[1] >= SIP_TRANSPORT_KIND_COUNT ||
	    !get_addr(record.p + 4, &d->bound) || !get_addr(record.p + 4 + ADDR, &d->source) ||
	    !get_addr(record.p + 4 + 2 * ADDR, &d->local))
		return false;
	d->kind = (enum sip_transport_kind)record.p[1];
	d->bytes = sip_str_from(record, HEAD);
	return true;
}

enum sip_err sip_hand_over_pair(int ends[2])
{
	int size = PAIR_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
		return sip_err_from_errno(errno);
	/* Wishes: what there is no room for is asked for again by its sender. */
	for (int i = 0; i < 2; i++) {
		(void)setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
		(void)setsockopt(ends[i], SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	}
	return SIP_OK;
}

enum sip_err sip_hand_over_give(int end, const struct sip_hand_over_datagram *d)
{
	char head[HEAD] = { VERSION, (char)d->kind };
	union {
		const char *lent;
		void *base;
	} bytes = { .lent = d->bytes.p };
	struct iovec iov[2] = { { head, HEAD }, { bytes.base, d->bytes.len } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };

	if (d->bytes.len > DATAGRAM_MAX)
		return SIP_E_TOOBIG;
	put_addr(head + 4, &d->bound);
	put_addr(head + 4 + ADDR, &d->source);
	put_addr(head + 4 + 2 * ADDR, &d->local);
	while (sendmsg(end, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
			return SIP_E_AGAIN;
		return errno == EPIPE || errno == ECONNRESET ? SIP_E_CLOSED : sip_err_from_errno(errno);
	}
	return SIP_OK;
}

/* ---- giving ----------------------------------------------------------------------------------------------------------- */

bool sip__give_away(struct sip__endpoint *e, struct sip_str bytes, const struct sip_addr *source, const struct sip_addr *local)
{
	struct sip_hand_over_datagram d = { e->transport->o.kind, e->transport->bound, *source, *local, bytes };

	if (SIP_LIKELY(e->wire->give_end < 0))
		return false;
	sip_metric_count(e->wire->cells, sip_hand_over_give(e->wire->give_end, &d) == SIP_OK ? SIP_M_GIVEN : SIP_M_DROP_HAND_OVER);
	return true;
}

struct giving {
	struct sip_wire *wire;
	int end;
};

static enum sip_err begin_to_give(void *arg)
{
	const struct giving *g = arg;

	g->wire->give_end = g->end;
	if (g->end < 0)
		return SIP_OK;
	SIP_LIST_FOR_SAFE(n, after, &g->wire->endpoints) {
		struct sip__endpoint *e = SIP_CONTAINER(n, struct sip__endpoint, node);

		if (e->kind == &sip__kind_tcp)
			sip__listener_close(e->state);
	}
	return SIP_OK;
}

enum sip_err sip_wire_give(struct sip_wire *w, int end)
{
	struct giving g = { w, end };

	return sip__wire_call(w, begin_to_give, &g);
}

/* ---- taking ----------------------------------------------------------------------------------------------------------- */

struct sip__taker {
	struct sip_wire *wire;          /* lent: it owns us */
	struct sip_io io;
	char room[HEAD + DATAGRAM_MAX];
};

static struct sip__endpoint *find_endpoint(struct sip_wire *w, const struct sip_hand_over_datagram *d)
{
	SIP_LIST_FOR_SAFE(n, after, &w->endpoints) {
		struct sip__endpoint *e = SIP_CONTAINER(n, struct sip__endpoint, node);

		if (e->transport->o.kind == d->kind && !sip_transport_kinds[d->kind].is_stream &&
		    sip_addr_eq(&e->transport->bound, &d->bound))
			return e;
	}
	return NULL;
}

static void take_one(struct sip_wire *w, struct sip_str record)
{
	struct sip_hand_over_datagram d;
	struct sip__endpoint *e = read_record(record, &d) ? find_endpoint(w, &d) : NULL;
	struct sip_packet *packet = e ? sip_packet_copy(d.bytes.p, d.bytes.len) : NULL;

	if (!packet) {
		sip_metric_count(w->cells, e ? SIP_M_DROP_NOMEM : SIP_M_DROP_HAND_OVER);
		return;
	}
	sip_metric_count(w->cells, SIP_M_TAKEN);
	if (e->dtls)
		sip__dtls_datagram(e, packet, &d.source, &d.local);
	else
		sip__door_taken(e, packet, &d.source, &d.local);
	sip_packet_unref(&packet);
}

void sip__taker_end(struct sip_wire *w)
{
	struct sip__taker *t = w->taker;

	w->taker = NULL;
	if (!t)
		return;
	sip_loop_remove_io(w->loop, &t->io);
	close(t->io.fd);
	sip_free(t);
}

static void on_given(void *arg, unsigned events)
{
	struct sip__taker *t = arg;
	struct sip_wire *w = t->wire;

	(void)events;
	for (int i = 0; i < TAKEN_A_TURN; i++) {
		ssize_t n = recv(t->io.fd, t->room, sizeof t->room, MSG_DONTWAIT);

		if (n > 0) {
			take_one(w, sip_str_make(t->room, (size_t)n));
			continue;
		}
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return;
		sip__taker_end(w);
		if (w->o.user.on_taken)
			w->o.user.on_taken(w->o.user.arg);
		return;
	}
}

static enum sip_err begin_to_take(void *arg)
{
	const struct giving *g = arg;
	struct sip_wire *w = g->wire;
	struct sip__taker *t;
	enum sip_err err;

	if (w->is_down)
		return SIP_E_CLOSED;
	if (w->taker)
		return SIP_E_STATE;
	t = sip_alloc(sizeof *t);
	if (!t)
		return SIP_E_NOMEM;
	t->wire = w;
	sip_io_init(&t->io, g->end, on_given, t);
	err = sip_loop_add_io(w->loop, &t->io, SIP_IO_READ);
	if (err == SIP_OK)
		w->taker = t;
	else
		sip_free(t);
	return err;
}

enum sip_err sip_wire_take(struct sip_wire *w, int end)
{
	struct giving g = { w, end };

	return sip__wire_call(w, begin_to_take, &g);
}

/* ---- errands: what a wire is asked to do and nobody waits for ----------------------------------------------------------- */

static void run_errand(struct sip__command *c)
{
	struct sip__errand *errand = SIP_CONTAINER(c, struct sip__errand, command);
	struct sip_wire *w = errand->wire;

	__atomic_store_n(&errand->is_posted, false, __ATOMIC_RELEASE);
	if (!w->is_down)
		errand->run(w);
	sip_wire_unref(&w);
}

static void post_errand(struct sip__errand *errand, struct sip_wire *w, void (*run)(struct sip_wire *w))
{
	const struct sip_clock *clock = sip_loop_clock(w->loop);
	struct sip_wire *held = w;

	if (__atomic_exchange_n(&errand->is_posted, true, __ATOMIC_ACQ_REL))
		return;
	errand->command.run = run_errand;
	errand->wire = w;
	errand->run = run;
	sip_ref_get(&w->ref);
	if (sip_fifo_post_answer(&w->fifo, &errand->command.node, clock->now_us(clock->arg)) != SIP_OK)
		sip_wire_unref(&held); /* the wire is down */
}

static void release(struct sip_wire *w)
{
	SIP_LIST_FOR_SAFE(n, after, &w->endpoints) {
		struct sip__endpoint *e = SIP_CONTAINER(n, struct sip__endpoint, node);

		if (e->transport->o.is_held && !sip_transport_kinds[e->transport->o.kind].is_stream && !e->transport->o.net)
			sip__udp_release(e);
	}
}

void sip_wire_release(struct sip_wire *w)
{
	post_errand(&w->release, w, release);
}

void sip_flow_set_busy(struct sip_flow *f, uint32_t search)
{
	__atomic_store_n(&f->busy, search, __ATOMIC_RELAXED);
}

static bool is_idle(const struct sip__connection *c, uint32_t search, int64_t since_us)
{
	return (c->flow.state == SIP_FLOW_OPEN || c->flow.state == SIP_FLOW_SUSPECT) && !c->queue.head && !sip__coded_left(c) &&
	       !(c->framer && sip_framer_is_partial(c->framer)) && c->used_us < since_us &&
	       __atomic_load_n(&c->flow.busy, __ATOMIC_RELAXED) != search;
}

static void find_idle_streams(struct sip__stream *st, uint32_t search, unsigned most)
{
	struct sip_wire *w = st->endpoint->wire;
	int64_t since_us = __atomic_load_n(&w->idle_since_us, __ATOMIC_RELAXED);

	SIP_LIST_FOR_SAFE(n, after, &st->lru) {
		struct sip_flow *f = SIP_CONTAINER(n, struct sip_flow, lru);

		if (most == 0)
			return;
		if (!is_idle(sip__connection_of(f), search, since_us))
			continue;
		most--;
		w->o.user.on_flow_idle(w->o.user.arg, f);
	}
}

static void find_idle(struct sip_wire *w)
{
	uint32_t search = __atomic_load_n(&w->idle_search, __ATOMIC_RELAXED);

	SIP_LIST_FOR_SAFE(n, after, &w->endpoints) {
		struct sip__endpoint *e = SIP_CONTAINER(n, struct sip__endpoint, node);

		if (!w->o.user.on_flow_idle)
			continue;
		if (sip_transport_kinds[e->transport->o.kind].is_stream)
			find_idle_streams(e->state, search, IDLE_A_CALL);
		else if (e->dtls)
			sip__dtls_find_idle(e, search, IDLE_A_CALL);
	}
}

void sip_wire_find_idle(struct sip_wire *w, uint32_t search, int64_t since_us)
{
	__atomic_store_n(&w->idle_search, search, __ATOMIC_RELAXED);
	__atomic_store_n(&w->idle_since_us, since_us, __ATOMIC_RELAXED);
	post_errand(&w->find_idle, w, find_idle);
}

/* ---- the sockets of a transport ----------------------------------------------------------------------------------------- */

struct asking {
	struct sip__endpoint *endpoint;
	int fd;
};

static enum sip_err duplicate(void *arg)
{
	struct asking *a = arg;
	const struct sip__endpoint *e = a->endpoint;
	const struct sip__stream *st = e->state;
	int fd = -1;

	if (!e->is_open || e->transport->o.net || e->transport->o.beside)
		return SIP_E_NOTFOUND;
	if (sip_transport_kinds[e->transport->o.kind].is_stream)
		fd = st->listener.fd;
	else
		fd = sip__udp_fd(e);
	if (fd < 0)
		return SIP_E_NOTFOUND;
	a->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return a->fd < 0 ? sip_err_from_errno(errno) : SIP_OK;
}

enum sip_err sip_transport_socket(struct sip_transport *t, int *out)
{
	struct asking a = { &t->endpoints[0], -1 };
	enum sip_err err = t->count == 1 ? sip__wire_call(a.endpoint->wire, duplicate, &a) : SIP_E_UNSUPPORTED;

	*out = a.fd;
	return err;
}
