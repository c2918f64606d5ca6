/*
 * UDP: datagrams are read and written in batches, one system call each way for many messages.
 * Errors the network sends back (ICMP) find the sends they are about. Wire's loop. RFC 3261 18.1, 18.2.
 */
#include "stack/transport/transport_priv.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/ip.h>
#include <unistd.h>

#define BATCH 32
#define ROUNDS 4            /* of receiving before others have their turn */
#define DATAGRAM_MAX 65536
#define QUEUE_MAX 8192      /* datagrams that wait for the socket */
#define RECENT 256          /* sends whose failure can still be told; a power of two */
#define RECENT_US SIP_SECONDS(5)
#define ERRORS_A_TURN 64

/* One a wire: pages of a buffer that no large datagram has touched cost nothing. */
struct sip__batch {
	struct mmsghdr heads[BATCH];
	struct iovec iov[BATCH];
	union {
		struct sockaddr sa;
		struct sockaddr_storage storage;
	} names[BATCH];
	union sip__arrival infos[BATCH];
	char room[BATCH][DATAGRAM_MAX];
};

struct recent {
	struct sip_addr to;
	uint64_t token;
	struct sip_packet *packet; /* owned: of a send that gives it back; else NULL */
	int64_t at_us;
};

struct udp {
	struct sip__endpoint *endpoint; /* lent: the one it is the state of */
	struct sip_io io;
	struct sip_fifo_batch queue;    /* of sends */
	bool is_blocked, is_fenced;
	bool is_held;                   /* another process reads it, and what the network says */
	bool is_watched;                /* the poller has it */
	uint32_t dropped;               /* by the kernel, as far as they are counted; it wraps */
	size_t next_recent;
	struct recent recents[RECENT];
};

static struct sip__batch *batch_create(void)
{
	struct sip__batch *b = sip_alloc(sizeof *b);

	if (!b)
		return NULL;
	memset(b->heads, 0, sizeof b->heads);
	for (size_t i = 0; i < BATCH; i++) {
		b->iov[i].iov_base = b->room[i];
		b->iov[i].iov_len = DATAGRAM_MAX;
		b->heads[i].msg_hdr.msg_iov = &b->iov[i];
		b->heads[i].msg_hdr.msg_iovlen = 1;
		b->heads[i].msg_hdr.msg_name = &b->names[i];
	}
	return b;
}

void sip__udp_batch_free(struct sip__batch **b)
{
	sip_free(*b);
	*b = NULL;
}

/* ---- in ---------------------------------------------------------------------------------------------------------- */

static void take_in(struct sip__endpoint *e, struct sip__batch *b, size_t i)
{
	struct sip_addr source, local = e->transport->bound;
	struct sip_packet *packet;

	if (sip_addr_from_sockaddr(&source, &b->names[i].sa, b->heads[i].msg_hdr.msg_namelen) != SIP_OK ||
	    !sip__guard_admits(e->wire->guard, &source))
		return;
	packet = sip_packet_copy(b->room[i], b->heads[i].msg_len);
	if (!packet) {
		sip_metric_count(e->wire->cells, SIP_M_DROP_NOMEM);
		return;
	}
	if (e->transport->is_any)
		sip__pktinfo_read(&b->heads[i].msg_hdr, &local);
	sip__datagram_in(e, packet, &source, &local);
	sip_packet_unref(&packet);
}

/* For want of room, or by the fence: the kernel does not tell these apart. What was queued earlier may tell of less. */
static void count_dropped(struct udp *u, uint32_t now)
{
	int32_t more = (int32_t)(now - u->dropped);

	if (more <= 0)
		return;
	sip_metric_add(u->endpoint->wire->cells, u->is_fenced ? SIP_M_DROP_FENCED : SIP_M_DROP_RCVBUF, more);
	u->dropped = now;
}

/* The kernel says how many it has ever dropped, with whatever it queues after the first of them. */
static void count_overflow(struct udp *u, struct msghdr *newest)
{
	uint32_t now = u->dropped;

	if (!newest->msg_controllen)
		return;
	sip__overflow_read(newest, &now);
	count_dropped(u, now);
}

static uint32_t all_dropped(const struct udp *u)
{
	uint32_t said[SK_MEMINFO_VARS];
	socklen_t len = sizeof said;

	return getsockopt(u->io.fd, SOL_SOCKET, SO_MEMINFO, said, &len) == 0 && len > SK_MEMINFO_DROPS * sizeof said[0]
		       ? said[SK_MEMINFO_DROPS]
		       : u->dropped;
}

static void take_down_fence(int fd)
{
	int none = 0;

	(void)setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none);
}

void sip__udp_fence(struct sip__endpoint *e, struct sock_filter *program, size_t len)
{
	struct udp *u = e->state;
	struct sock_fprog p = { .len = (unsigned short)len, .filter = program };

	/* Who reads it sees to it. */
	if (!u || u->is_held || (!len && !u->is_fenced))
		return;
	count_dropped(u, all_dropped(u));
	if (!len)
		take_down_fence(u->io.fd);
	/* A wish: without it the guard drops them alone. */
	else if (setsockopt(u->io.fd, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof p) != 0)
		return;
	u->is_fenced = len;
}

static void receive(struct udp *u)
{
	struct sip__batch *b = u->endpoint->wire->batch;

	for (int round = 0; round < ROUNDS; round++) {
		int n;

		for (size_t i = 0; i < BATCH; i++) {
			b->heads[i].msg_hdr.msg_namelen = sizeof b->names[i];
			b->heads[i].msg_hdr.msg_control = &b->infos[i];
			b->heads[i].msg_hdr.msg_controllen = sizeof b->infos[i];
		}
		n = recvmmsg(u->io.fd, b->heads, BATCH, MSG_DONTWAIT, NULL);
		if (n > 0)
			count_overflow(u, &b->heads[n - 1].msg_hdr);
		for (int i = 0; i < n; i++)
			take_in(u->endpoint, b, (size_t)i);
		if (n < BATCH)
			return;
	}
}

/* ---- what the network says of what was sent ---------------------------------------------------------------------- */

static void remember(struct udp *u, const struct sip_send *s)
{
	struct recent *r;

	if (!s->token)
		return;
	r = &u->recents[u->next_recent++ % RECENT];
	sip_packet_unref(&r->packet);
	if (s->gives_back) {
		r->packet = s->packet;
		sip_packet_ref(r->packet);
	}
	r->to = s->to;
	r->token = s->token;
	r->at_us = sip_loop_now(u->endpoint->wire->loop);
}

static void blame(struct udp *u, const struct sip_addr *to, enum sip_err why)
{
	struct sip_wire *w = u->endpoint->wire;
	struct sip_flow *f = sip__datagram_find(u->endpoint, to, NULL);
	int64_t now = sip_loop_now(w->loop);

	if (f)
		sip__flow_step(f, SIP__FLOW_ON_TROUBLE, why);
	for (size_t i = 0; i < RECENT; i++) {
		struct recent *r = &u->recents[i];
		uint64_t token = r->token;
		if (!token || !sip_addr_eq(&r->to, to))
			continue;
		r->token = 0;
		if (now - r->at_us <= RECENT_US && w->o.user.on_send_failed)
			w->o.user.on_send_failed(w->o.user.arg, token, r->packet, why);
		sip_packet_unref(&r->packet);
	}
}

void sip__udp_told(struct sip__endpoint *e, const struct sip_addr *to, int error, struct sip_str quoted)
{
	blame(e->state, to, sip_err_from_errno(error));
	if (e->dtls && error == ECONNREFUSED)
		sip__dtls_refused(e, to, quoted);
	sip__give_error(e, to, error, quoted);
}

static const struct sock_extended_err *error_in(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
		    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
			return (const struct sock_extended_err *)(void *)CMSG_DATA(c);
	return NULL;
}

static void read_errors(struct udp *u)
{
	for (int i = 0; i < ERRORS_A_TURN; i++) {
		union {
			struct sockaddr sa;
			struct sockaddr_storage storage;
		} name;
		union {
			char room[512];
			struct cmsghdr align;
		} control;
		char quoted[64];
		struct iovec iov = { quoted, sizeof quoted };
		struct msghdr m = { .msg_name = &name, .msg_namelen = sizeof name, .msg_control = &control,
				    .msg_controllen = sizeof control, .msg_iov = &iov, .msg_iovlen = 1 };
		ssize_t n = recvmsg(u->io.fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT);
		const struct sock_extended_err *ee;
		struct sip_addr to;

		if (n < 0)
			return;
		ee = error_in(&m);
		if (!ee || ee->ee_errno == EMSGSIZE || sip_addr_from_sockaddr(&to, &name.sa, m.msg_namelen) != SIP_OK)
			continue;
		sip__udp_told(u->endpoint, &to, (int)ee->ee_errno, sip_str_make(quoted, (size_t)n));
	}
}

/* ---- out --------------------------------------------------------------------------------------------------------- */

/* A poller tells of errors, asked or not: a socket that another process reads is not shown to it but to wait for room. */
static enum sip_err change_io(struct udp *u)
{
	unsigned events = (u->is_held ? 0u : (unsigned)SIP_IO_READ) | (u->is_blocked ? (unsigned)SIP_IO_WRITE : 0u);
	struct sip_loop *loop = u->endpoint->wire->loop;
	enum sip_err err;

	if (!events) {
		sip_loop_remove_io(loop, &u->io);
		u->is_watched = false;
		return SIP_OK;
	}
	err = u->is_watched ? sip_loop_change_io(loop, &u->io, events) : sip_loop_add_io(loop, &u->io, events);
	u->is_watched |= err == SIP_OK;
	return err;
}

static void watch(struct udp *u, bool is_blocked)
{
	if (u->is_blocked == is_blocked)
		return;
	u->is_blocked = is_blocked;
	if (change_io(u) != SIP_OK)
		u->is_blocked = false; /* the next send tries again */
}

struct outgoing {
	struct mmsghdr heads[BATCH];
	struct iovec iov[BATCH];
	union sip__pktinfo infos[BATCH];
};

static unsigned fill(struct udp *u, struct outgoing *o)
{
	bool is_any = u->endpoint->transport->is_any;
	struct sip_fifo_node *n = u->queue.head;
	unsigned count = 0;

	for (; n && count < BATCH; n = n->next, count++) {
		struct sip_send *s = SIP_CONTAINER(n, struct sip_send, node);
		union {
			const char *lent;
			void *base;
		} bytes = { .lent = sip_packet_bytes(s->packet) };

		struct msghdr *h = &o->heads[count].msg_hdr;

		o->iov[count].iov_base = bytes.base;
		o->iov[count].iov_len = sip_packet_len(s->packet);
		memset(&o->heads[count], 0, sizeof o->heads[count]);
		h->msg_name = &s->to.u;
		h->msg_namelen = sip_addr_len(&s->to);
		h->msg_iov = &o->iov[count];
		h->msg_iovlen = 1;
		const struct sip_addr *from = s->flow ? &s->flow->local : &s->from;
		if (is_any && !sip_addr_is_none(from) && !sip_addr_is_any(from))
			sip__pktinfo_write(h, &o->infos[count], from);
	}
	return count;
}

static struct sip_send *pop(struct udp *u)
{
	return SIP_CONTAINER(sip_fifo_batch_pop(&u->queue), struct sip_send, node);
}

/* The head could not be sent, or the socket told of an earlier one. False: no more this turn. */
static bool on_send_error(struct udp *u, int err_no, int *told)
{
	if (err_no == EINTR)
		return true;
	if (err_no == EAGAIN || err_no == EWOULDBLOCK || err_no == ENOBUFS) {
		watch(u, true);
		return false;
	}
	/* An error of an earlier datagram comes out of the next call: that one is not to blame. */
	if ((err_no == ECONNREFUSED || err_no == EHOSTUNREACH || err_no == ENETUNREACH) && (*told)++ == 0) {
		if (!u->is_held)
			read_errors(u);
		return true;
	}
	*told = 0;
	sip__wire_send_failed(u->endpoint->wire, pop(u), sip_err_from_errno(err_no));
	return true;
}

static void send_queued(struct udp *u)
{
	struct sip__endpoint *e = u->endpoint;
	struct outgoing o;
	int told = 0;

	while (u->queue.head) {
		int n = sendmmsg(u->io.fd, o.heads, fill(u, &o), MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0) {
			if (!on_send_error(u, errno, &told))
				return;
			continue;
		}
		told = 0;
		while (n-- > 0) {
			struct sip_send *s = pop(u);
			remember(u, s);
			sip__wire_sent(e->wire, e, s->flow, s);
		}
	}
	watch(u, false);
}

static void udp_flush(struct sip__endpoint *e)
{
	struct udp *u = e->state;

	if (!u->is_blocked)
		send_queued(u);
}

static void udp_send(struct sip__endpoint *e, struct sip_send *s)
{
	struct udp *u = e->state;

	if (u->queue.count >= QUEUE_MAX) {
		sip__wire_send_failed(e->wire, s, SIP_E_FULL);
		return;
	}
	if (sip_addr_is_none(&s->to))
		s->to = s->flow->remote;
	sip_fifo_batch_add(&u->queue, &s->node);
	if (u->is_blocked)
		return;
	if (u->queue.count >= BATCH)
		send_queued(u);
	else
		sip__wire_want_flush(e);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void on_io(void *arg, unsigned events)
{
	struct udp *u = arg;

	/* An error is something to read, to the poller. */
	if ((events & SIP_IO_ERROR) && !u->is_held)
		read_errors(u);
	if ((events & SIP_IO_READ) && !u->is_held)
		receive(u);
	if (events & SIP_IO_WRITE)
		send_queued(u);
}

static void set_options(int fd, const struct sip_transport_options *o)
{
	int on = 1;
	int rcvbuf = o->rcvbuf ? (int)o->rcvbuf : 1 << 20;
	int sndbuf = o->sndbuf ? (int)o->sndbuf : 1 << 20;

	/* Each of them is a wish: a socket without it still works. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof rcvbuf);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof sndbuf);
	(void)setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
	/* A socket that was given may have one of a process that came to a bad end. That of one who reads it is still good. */
	if (!o->is_held)
		take_down_fence(fd);
	if (sip_addr_is_any(&o->bind))
		sip__pktinfo_enable(fd, sip_addr_family(&o->bind));
	if (sip_addr_family(&o->bind) == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
	else
		(void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
}

static enum sip_err open_socket(struct udp *u, const struct sip_transport *t, struct sip_addr *at)
{
	int fd;
	enum sip_err err = sip__socket_open(t, at, &fd);

	if (err != SIP_OK)
		return err;
	set_options(fd, &t->o);
	err = sip__socket_bind(fd, t, at);
	if (err == SIP_OK) {
		sip_io_init(&u->io, fd, on_io, u);
		err = change_io(u);
	}
	if (err != SIP_OK)
		close(fd);
	return err;
}

static enum sip_err udp_open(struct sip__endpoint *e, struct sip_addr *at)
{
	struct sip_wire *w = e->wire;
	struct udp *u;
	enum sip_err err;

	if (!w->batch)
		w->batch = batch_create();
	if (!w->batch)
		return SIP_E_NOMEM;
	u = sip_alloc_zero(sizeof *u);
	if (!u)
		return SIP_E_NOMEM;
	u->endpoint = e;
	u->is_held = e->transport->o.is_held;
	sip_fifo_batch_init(&u->queue);
	err = open_socket(u, e->transport, at);
	if (err != SIP_OK)
		sip_free(u);
	else
		e->state = u;
	return err;
}

void sip__udp_release(struct sip__endpoint *e)
{
	struct udp *u = e->state;

	u->is_held = false;
	u->dropped = all_dropped(u); /* who read it until now has counted those */
	take_down_fence(u->io.fd);
	if (change_io(u) != SIP_OK)
		SIP_LOG(e->wire->log, SIP_LOG_ERR, "transport", "a socket that was handed over cannot be watched");
}

int sip__udp_fd(const struct sip__endpoint *e)
{
	const struct udp *u = e->state;

	return u->io.fd;
}

static void udp_close(struct sip__endpoint *e)
{
	struct udp *u = e->state;

	send_queued(u);
	/* What is there may be theirs by now to whom we give. */
	if (e->wire->give_end < 0)
		sip__udp_fence(e, NULL, 0);
	sip_loop_remove_io(e->wire->loop, &u->io);
	close(u->io.fd);
	while (u->queue.head)
		sip__wire_send_failed(e->wire, pop(u), SIP_E_CLOSED);
	for (size_t i = 0; i < RECENT; i++)
		sip_packet_unref(&u->recents[i].packet);
	sip__datagram_close_flows(e);
	e->state = NULL;
	sip_free(u);
}

const struct sip__kind sip__kind_udp = { udp_open, udp_close, udp_send, udp_flush, sip__datagram_flow_effects };
