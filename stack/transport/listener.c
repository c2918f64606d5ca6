/*
 * Listeners: accept in bounded bites. When descriptors run out a reserve is given up for a moment,
 * so that the queue of the kernel moves on: the least used connection makes room, or the newcomer
 * is turned away. Wire's loop.
 */
#include "stack/transport/transport_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define ACCEPTS_A_TURN 64
#define BACKLOG 1024

static void hold_reserve(struct sip_wire *w)
{
	if (w->reserve_fd < 0)
		w->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

union peer_name {
	struct sockaddr sa;
	struct sockaddr_storage storage;
};

static int accept_one(struct sip__stream *st, union peer_name *name, socklen_t *len)
{
	*len = sizeof *name;
	return accept4(st->listener.fd, &name->sa, len, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* True: one more may be tried. */
static bool on_exhausted(struct sip__stream *st)
{
	struct sip_wire *w = st->endpoint->wire;
	union peer_name name;
	socklen_t len;
	int fd;

	if (sip__connection_evict(st))
		return true;
	if (w->reserve_fd < 0)
		return false;
	close(w->reserve_fd);
	w->reserve_fd = -1;
	fd = accept_one(st, &name, &len);
	if (fd >= 0)
		close(fd);
	hold_reserve(w);
	return fd >= 0;
}

/* Nothing of it shall stay behind in the kernel either: there may be many. */
static void turn_away(int fd)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fd);
}

static void on_acceptable(void *arg, unsigned events)
{
	struct sip__stream *st = arg;
	union peer_name name;
	struct sip_addr remote;
	socklen_t len;

	(void)events;
	hold_reserve(st->endpoint->wire);
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept_one(st, &name, &len);

		if (fd < 0) {
			if (errno == ECONNABORTED || errno == EINTR)
				continue;
			if ((errno == EMFILE || errno == ENFILE) && on_exhausted(st))
				continue;
			return;
		}
		if (sip_addr_from_sockaddr(&remote, &name.sa, len) != SIP_OK ||
		    sip__tcp_adopt(st, fd, &remote) != SIP_OK)
			turn_away(fd);
	}
}

static enum sip_err listen_at(int fd, struct sip__stream *st, struct sip_addr *at)
{
	struct sip_wire *w = st->endpoint->wire;
	int on = 1;
	enum sip_err err;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
		return sip_err_from_errno(errno);
	sip__tcp_set_options(fd, &st->endpoint->transport->o);
	err = sip__socket_bind(fd, st->endpoint->transport, at);
	if (err != SIP_OK)
		return err;
	if (listen(fd, BACKLOG) != 0)
		return sip_err_from_errno(errno);
	sip_io_init(&st->listener, fd, on_acceptable, st);
	return sip_loop_add_io(w->loop, &st->listener, SIP_IO_READ);
}

enum sip_err sip__listener_open(struct sip__stream *st, struct sip_addr *at)
{
	int fd;
	enum sip_err err = sip__socket_open(st->endpoint->transport, at, &fd);

	st->listener.fd = -1;
	if (err != SIP_OK)
		return err;
	err = listen_at(fd, st, at);
	if (err == SIP_OK) {
		hold_reserve(st->endpoint->wire);
		return SIP_OK;
	}
	st->listener.fd = -1;
	close(fd);
	return err;
}

void sip__listener_close(struct sip__stream *st)
{
	if (st->listener.fd < 0)
		return;
	sip_loop_remove_io(st->endpoint->wire->loop, &st->listener);
	close(st->listener.fd);
	st->listener.fd = -1;
}
