/*
 * Datagrams on their way from the process that reads a socket to the one that will: given one by one, each whole, over a pair of
 * SOCK_SEQPACKET sockets, and taken on the wire's loop as if read there. When the giver has gone, the taker reads for itself.
 */
#include "stack/transport/transport_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#define VERSION 1
#define ADDRS 4                 /* behind version, kind, error, nothing: bound, source, local */
#define ADDR 24                 /* room for one */
#define HEAD (ADDRS + 3 * ADDR)
#define DATAGRAM_MAX 65536
#define TAKEN_A_TURN 128
#define PAIR_BUFFER (8 << 20)
#define STILL_HERE 1            /* a record of this byte alone */
#define SILENT_US SIP_SECONDS(15)

/* ---- a datagram as bytes -------------------------------------------------------------------------------------------- */

static bool get_addr(struct sip_str record, int n, struct sip_addr *a)
{
	return sip_addr_unpack(sip_str_make(record.p + ADDRS + n * ADDR, ADDR), a) != 0;
}

static bool read_record(struct sip_str record, struct sip_hand_over_datagram *d)
{
	if (record.len < HEAD || record.p[0] != VERSION || (unsigned char)record.p[1] >= SIP_TRANSPORT_KIND_COUNT ||
	    !get_addr(record, 0, &d->bound) || !get_addr(record, 1, &d->source) || !get_addr(record, 2, &d->local))
		return false;
	d->kind = (enum sip_transport_kind)record.p[1];
	d->error = (unsigned char)record.p[2];
	d->bytes = sip_str_from(record, HEAD);
	return d->bytes.len || d->error;
}

enum sip_err sip_hand_over_pair(int ends[2])
{
	int size = PAIR_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
		return sip_err_from_errno(errno);
	/* A wish: what there is no room for has to wait. Past net.core.wmem_max with CAP_NET_ADMIN alone. */
	if (setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
		(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	return SIP_OK;
}

enum sip_err sip_hand_over_give(int end, const struct sip_hand_over_datagram *d)
{
	char head[HEAD] = { VERSION, (char)d->kind, (char)d->error };
	union {
		const char *lent;
		void *base;
	} bytes = { .lent = d->bytes.p };
	struct iovec iov[2] = { { head, HEAD }, { bytes.base, d->bytes.len } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };

	if (d->bytes.len > DATAGRAM_MAX)
		return SIP_E_TOOBIG;
	(void)sip_addr_pack(&d->bound, head + ADDRS);
	(void)sip_addr_pack(&d->source, head + ADDRS + ADDR);
	(void)sip_addr_pack(&d->local, head + ADDRS + 2 * ADDR);
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
	struct sip_hand_over_datagram d = { e->transport->o.kind, e->transport->bound, *source, *local, bytes, 0 };

	if (SIP_LIKELY(e->wire->give_end < 0))
		return false;
	sip_metric_count(e->wire->cells, sip_hand_over_give(e->wire->give_end, &d) == SIP_OK ? SIP_M_GIVEN : SIP_M_DROP_HAND_OVER);
	return true;
}

void sip__give_error(struct sip__endpoint *e, const struct sip_addr *to, int error, struct sip_str quoted)
{
	struct sip_hand_over_datagram d = { e->transport->o.kind, e->transport->bound, *to, e->transport->bound, quoted, error };

	if (e->wire->give_end >= 0 && sip_hand_over_give(e->wire->give_end, &d) != SIP_OK)
		sip_metric_count(e->wire->cells, SIP_M_DROP_HAND_OVER);
}

/* What there is no room for is not missed: then there are datagrams to be heard of us. */
void sip__say_still_here(const struct sip_wire *w)
{
	const char record = STILL_HERE;

	if (w->give_end >= 0)
		(void)!send(w->give_end, &record, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

struct giving {
	struct sip_wire *wire;
	int end;
};

static enum sip_err begin_to_give(void *arg)
{
	const struct giving *g = arg;

	g->wire->give_end = g->end;
	sip__say_still_here(g->wire);
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
	struct sip_timer silence;       /* from the first time on that who gives has said that it is still here */
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

static void take_datagram(struct sip__endpoint *e, const struct sip_hand_over_datagram *d)
{
	struct sip_packet *packet;

	if (!sip__guard_admits(e->wire->guard, &d->source))
		return;
	packet = sip_packet_copy(d->bytes.p, d->bytes.len);
	if (!packet) {
		sip_metric_count(e->wire->cells, SIP_M_DROP_NOMEM);
		return;
	}
	sip_metric_count(e->wire->cells, SIP_M_TAKEN);
	if (e->dtls)
		sip__dtls_datagram(e, packet, &d->source, &d->local);
	else
		sip__door_taken(e, packet, &d->source, &d->local);
	sip_packet_unref(&packet);
}

static void take_one(struct sip_wire *w, struct sip_str record)
{
	struct sip_hand_over_datagram d;
	struct sip__endpoint *e = read_record(record, &d) ? find_endpoint(w, &d) : NULL;

	if (e && d.error && !e->transport->o.net)
		sip__udp_told(e, &d.source, d.error, d.bytes);
	else if (e && !d.error)
		take_datagram(e, &d);
	else
		sip_metric_count(w->cells, SIP_M_DROP_HAND_OVER);
}

void sip__taker_end(struct sip_wire *w)
{
	struct sip__taker *t = w->taker;

	w->taker = NULL;
	if (!t)
		return;
	sip_loop_remove_io(w->loop, &t->io);
	sip_loop_disarm(w->loop, &t->silence);
	close(t->io.fd);
	sip_free(t);
}

static void taken(struct sip_wire *w, enum sip_err why)
{
	sip__taker_end(w);
	if (w->o.user.on_taken)
		w->o.user.on_taken(w->o.user.arg, why);
}

static void hear(struct sip__taker *t, struct sip_str record)
{
	bool is_sign = record.len == 1 && record.p[0] == STILL_HERE;

	if (is_sign || sip_timer_is_armed(&t->silence))
		sip_loop_arm(t->wire->loop, &t->silence, SILENT_US);
	if (!is_sign)
		take_one(t->wire, record);
}

static void on_given(void *arg, unsigned events)
{
	struct sip__taker *t = arg;

	(void)events;
	for (int i = 0; i < TAKEN_A_TURN; i++) {
		ssize_t n = recv(t->io.fd, t->room, sizeof t->room, MSG_DONTWAIT);

		if (n > 0) {
			hear(t, sip_str_make(t->room, (size_t)n));
			continue;
		}
		if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
			taken(t->wire, SIP_OK);
		return;
	}
}

/* Who gives hangs, unless it is we who have not listened. When it goes on it finds its end of the pair without another. */
static void on_silence(void *arg)
{
	struct sip__taker *t = arg;
	struct pollfd given = { .fd = t->io.fd, .events = POLLIN };

	if (poll(&given, 1, 0) > 0)
		sip_loop_arm(t->wire->loop, &t->silence, SILENT_US);
	else
		taken(t->wire, SIP_E_TIMEOUT);
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
	sip_timer_init(&t->silence, on_silence, t);
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

/* ---- when nobody gives any more -------------------------------------------------------------------------------------------- */

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
	sip__wire_post_errand(w, &w->release, release);
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
