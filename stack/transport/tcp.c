/*
 * TCP: sockets as pipes under connection.c. Non-blocking throughout; one read a readiness unless
 * it was full, one writev a turn. Wire's loop.
 */
#include "stack/transport/transport_priv.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#define READS_A_TURN 4
#define KEEP_IDLE_S 120
#define KEEP_EVERY_S 30
#define UNACKED_MS 32000 /* as long as a transaction would wait */

/* Each of them is a wish. What a listener has, its connections inherit. */
void sip__tcp_set_options(int fd, const struct sip_transport_options *o)
{
	int on = 1, idle = KEEP_IDLE_S, every = KEEP_EVERY_S, unacked = UNACKED_MS;
	int rcvbuf = (int)o->rcvbuf, sndbuf = (int)o->sndbuf;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked, sizeof unacked);
	if (rcvbuf)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof rcvbuf);
	if (sndbuf)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof sndbuf);
}

static enum sip_err socket_error(int fd)
{
	int err_no = 0;
	socklen_t len = sizeof err_no;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err_no, &len) != 0)
		err_no = errno;
	return err_no ? sip_err_from_errno(err_no) : SIP_OK;
}

static void read_local(struct sip__connection *c)
{
	union {
		struct sockaddr sa;
		struct sockaddr_storage storage;
	} name;
	socklen_t len = sizeof name;
	struct sip_addr local;

	if (getsockname(c->io.fd, &name.sa, &len) == 0 && sip_addr_from_sockaddr(&local, &name.sa, len) == SIP_OK)
		c->flow.local = local;
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static bool is_shaking(const struct sip__connection *c)
{
	return c->flow.state == SIP_FLOW_CONNECTING && sip_transport_kinds[c->flow.kind].is_secure;
}

static void on_readable(struct sip__connection *c)
{
	/* What is not read the poller tells again. */
	if (is_shaking(c) && !sip__wire_may_shake(c->flow.wire))
		return;
	for (int i = 0; i < READS_A_TURN; i++) {
		size_t len = 0;
		char *room = sip__connection_room(c, &len);
		ssize_t n;

		if (!room)
			return;
		n = recv(c->io.fd, room, len, MSG_DONTWAIT);
		if (n < 0) {
			if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
				sip__connection_lost(c, sip_err_from_errno(errno));
			return;
		}
		if (n == 0) {
			sip__connection_ended(c);
			return;
		}
		if (!sip__connection_read(c, room, (size_t)n) || (size_t)n < len)
			return;
	}
}

static void on_connected(struct sip__connection *c)
{
	enum sip_err err = socket_error(c->io.fd);

	if (err == SIP_OK)
		err = sip_loop_change_io(c->flow.wire->loop, &c->io, SIP_IO_READ);
	if (err == SIP_OK)
		sip__connection_piped(c);
	else
		sip__connection_lost(c, err);
}

static void on_trouble(struct sip__connection *c)
{
	enum sip_err err = socket_error(c->io.fd);

	sip__connection_lost(c, err == SIP_OK ? SIP_E_CLOSED : err);
}

static void on_io(void *arg, unsigned events)
{
	struct sip__connection *c = arg;
	struct sip_flow *f = &c->flow;

	sip_flow_ref(f);
	if (!c->is_piped) {
		on_connected(c);
	} else {
		/* What came before the trouble is still read. */
		if ((events & SIP_IO_READ) && f->state != SIP_FLOW_CLOSING)
			on_readable(c);
		else if (events & SIP_IO_ERROR)
			on_trouble(c);
		if ((events & SIP_IO_WRITE) && f->state != SIP_FLOW_GONE)
			sip__connection_writable(c);
	}
	sip_flow_unref(&f);
}

/* ---- the pipe ---------------------------------------------------------------------------------------------------- */

static int new_socket(struct sip__stream *st, int family)
{
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = socket(family, type, 0);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE) && sip__connection_evict(st))
		fd = socket(family, type, 0);
	return fd;
}

static enum sip_err start(int fd, const struct sip__connection *c)
{
	const struct sip_transport *t = c->flow.transport;
	struct sip_addr from = t->bound;
	int on = 1;
	enum sip_err err = sip__socket_set_path(fd, sip_addr_family(&c->flow.remote), &t->o);

	if (err != SIP_OK)
		return err;
	sip__tcp_set_options(fd, &t->o);
	if (!t->is_any) {
		sip_addr_set_port(&from, 0);
		(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
		if (bind(fd, &from.u.sa, sip_addr_len(&from)) != 0)
			return sip_err_from_errno(errno);
	}
	if (connect(fd, &c->flow.remote.u.sa, sip_addr_len(&c->flow.remote)) != 0 && errno != EINPROGRESS &&
	    errno != EINTR)
		return sip_err_from_errno(errno);
	return SIP_OK;
}

static enum sip_err tcp_connect(struct sip__connection *c)
{
	int fd = new_socket(c->stream, sip_addr_family(&c->flow.remote));
	enum sip_err err;

	if (fd < 0)
		return sip_err_from_errno(errno);
	err = start(fd, c);
	if (err == SIP_OK) {
		sip_io_init(&c->io, fd, on_io, c);
		err = sip_loop_add_io(c->flow.wire->loop, &c->io, SIP_IO_WRITE);
	}
	if (err != SIP_OK) {
		c->io.fd = -1;
		close(fd);
		return err;
	}
	read_local(c);
	return SIP_OK;
}

static enum sip_err tcp_write(struct sip__connection *c, const struct iovec *iov, int count, size_t *n)
{
	union {
		const struct iovec *lent;
		struct iovec *iov;
	} v = { .lent = iov };
	struct msghdr m = { .msg_iov = v.iov, .msg_iovlen = (size_t)count };
	ssize_t wrote = sendmsg(c->io.fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

	*n = wrote > 0 ? (size_t)wrote : 0;
	if (wrote >= 0)
		return SIP_OK;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOBUFS)
		return SIP_E_AGAIN;
	return errno == EPIPE || errno == ECONNRESET ? SIP_E_CLOSED : sip_err_from_errno(errno);
}

static void tcp_watch(struct sip__connection *c, bool is_reading, bool is_writing)
{
	unsigned events = (is_reading ? (unsigned)SIP_IO_READ : 0u) | (is_writing ? (unsigned)SIP_IO_WRITE : 0u);

	/* A connection that cannot be watched ends; the poller tells of that in any case. */
	if (sip_loop_change_io(c->flow.wire->loop, &c->io, events) != SIP_OK)
		(void)shutdown(c->io.fd, SHUT_RDWR);
}

static void tcp_pipe_close(struct sip__connection *c, bool is_reset)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	if (c->io.fd < 0)
		return;
	sip_loop_remove_io(c->flow.wire->loop, &c->io);
	/* What a peer does not read shall not stay in the kernel either. */
	if (is_reset)
		(void)setsockopt(c->io.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(c->io.fd);
	c->io.fd = -1;
}

static const struct sip__pipe tcp_pipe = { tcp_connect, tcp_write, tcp_watch, tcp_pipe_close };

enum sip_err sip__tcp_adopt(struct sip__stream *st, int fd, const struct sip_addr *remote)
{
	struct sip__connection *c;
	enum sip_err err = sip__connection_create(st, &st->endpoint->transport->bound, remote, &c);

	if (err != SIP_OK)
		return err;
	sip_io_init(&c->io, fd, on_io, c);
	err = sip_loop_add_io(c->flow.wire->loop, &c->io, SIP_IO_READ);
	if (err != SIP_OK) {
		c->io.fd = -1;
		sip__connection_lost(c, err);
		return err;
	}
	if (c->flow.transport->is_any)
		read_local(c);
	sip__connection_piped(c);
	return SIP_OK;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static enum sip_err tcp_open(struct sip__endpoint *e, struct sip_addr *at)
{
	struct sip__stream *st = sip_alloc_zero(sizeof *st);
	enum sip_err err;

	if (!st)
		return SIP_E_NOMEM;
	sip__stream_init(st, e, &tcp_pipe);
	st->listener.fd = -1;
	err = e->transport->o.beside ? SIP_OK : sip__listener_open(st, at);
	if (err != SIP_OK) {
		sip__stream_fini(st);
		sip_free(st);
	}
	return err;
}

static void tcp_close(struct sip__endpoint *e)
{
	struct sip__stream *st = e->state;

	sip__listener_close(st);
	sip__stream_fini(st);
	sip_free(st);
}

const struct sip__kind sip__kind_tcp = { tcp_open, tcp_close, sip__stream_send, sip__stream_flush,
					 sip__stream_flow_effects };
