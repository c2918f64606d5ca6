/*
 * HEP to a collector: over UDP told and forgotten, in batches; over TCP by a connection. What fails is tried again with a growing
 * pause, at the next of its addresses. What waits for it is bounded in bytes; what is beyond is dropped and counted. Owned by its
 * capture, on the capture's loop.
 */
#include "stack/transport/transport_priv.h"

#include <errno.h>
#include <unistd.h>

#define BATCH 64
#define PAUSE_LEAST SIP_SECONDS(1)
#define PAUSE_MOST SIP_SECONDS(60)
#define CONNECT_US SIP_SECONDS(10)
#define AGAIN_US SIP_SECONDS(300)  /* when the address is asked for again though it works */

enum state { ASKING, PAUSING, CONNECTING, OPEN };

/* Whole packets of HEP stand in room[start … end); room[start … written) has gone already: the first of them is being said. */
struct sip__hep_sender {
	struct sip_capture *capture;        /* lent: its owner */
	struct sip_loop *loop;              /* lent by the capture */
	struct sip_capture_finder finder;   /* find NULL: `to` is all there is to know */
	bool is_stream;
	uint32_t agent_id;
	struct sip_str auth_key;            /* lent by the capture */
	enum state state;
	struct sip_addr to;                 /* family 0: not known */
	struct sip_io io;                   /* fd -1: none */
	struct sip_timer timer;             /* of the state: asks again, gives up connecting */
	int64_t pause_us;
	unsigned turn;                      /* addresses that have failed; it wraps */
	bool is_in_trouble;                 /* and the log has said so */
	bool is_well;                       /* likewise: `to` takes what is sent */
	size_t most;                        /* bytes that may wait; there is room for twice as many, and one packet */
	size_t start, written, end;
	char *room;                         /* owned */
};

static void count(struct sip__hep_sender *h, enum sip_metric id)
{
	sip_metric_count(sip_loop_cells(h->loop), id);
}

static size_t length_at(const struct sip__hep_sender *h, size_t at)
{
	return (size_t)(unsigned char)h->room[at + 4] << 8 | (unsigned char)h->room[at + 5];
}

/* ---- the address, and trouble -------------------------------------------------------------------------------------- */

static void ask(struct sip__hep_sender *h)
{
	struct sip_addr numeric = h->to;

	if (h->finder.find)
		h->finder.find(h->finder.arg, h->capture, h->turn);
	else
		sip__hep_sender_found(h, &numeric, SIP_OK);
}

static void disconnect(struct sip__hep_sender *h)
{
	if (h->io.fd < 0)
		return;
	sip_loop_remove_io(h->loop, &h->io);
	close(h->io.fd);
	h->io.fd = -1;
	h->written = h->start; /* what was begun is said again, whole */
}

/* Once when it begins. */
static void on_trouble(struct sip__hep_sender *h, enum sip_metric what, enum sip_err why)
{
	char text[SIP_ADDR_TEXT];

	count(h, what);
	if (!h->is_in_trouble)
		SIP_LOG(sip_loop_log(h->loop), SIP_LOG_WARNING, "capture",
			"the collector (last known at %s) cannot be reached: %s; what it does not get is dropped",
			sip_addr_text(&h->to, text), sip_err_text(why));
	h->is_in_trouble = true;
	h->is_well = false;
	if (what == SIP_M_CAPTURE_COLLECTOR_ERRORS)
		h->turn++;
	disconnect(h);
	h->state = PAUSING;
	sip_loop_arm(h->loop, &h->timer, h->pause_us);
	h->pause_us = h->pause_us * 2 < PAUSE_MOST ? h->pause_us * 2 : PAUSE_MOST;
}

static void on_open(struct sip__hep_sender *h)
{
	h->state = OPEN;
	sip_loop_arm(h->loop, &h->timer, AGAIN_US);
}

/* Likewise: connected; over UDP, where a socket alone says nothing, a first datagram has gone. */
static void on_well(struct sip__hep_sender *h)
{
	char text[SIP_ADDR_TEXT];

	if (h->is_well)
		return;
	SIP_LOG(sip_loop_log(h->loop), SIP_LOG_NOTICE, "capture", "captures to %s", sip_addr_text(&h->to, text));
	h->is_well = true;
	h->is_in_trouble = false;
	h->pause_us = PAUSE_LEAST;
}

/* ---- over TCP ------------------------------------------------------------------------------------------------------ */

/* Where a packet is being said it stays until it is out, so that after a connection's end it can be said again. */
static void forget_written(struct sip__hep_sender *h)
{
	while (h->written > h->start && h->written - h->start >= length_at(h, h->start))
		h->start += length_at(h, h->start);
	if (h->start == h->end)
		h->start = h->written = h->end = 0;
}

static void watch_writing(struct sip__hep_sender *h, bool is_blocked)
{
	enum sip_err err = sip_loop_change_io(h->loop, &h->io, SIP_IO_READ | (is_blocked ? (unsigned)SIP_IO_WRITE : 0u));

	if (err != SIP_OK)
		on_trouble(h, SIP_M_CAPTURE_COLLECTOR_ERRORS, err);
}

static void write_stream(struct sip__hep_sender *h)
{
	while (h->written < h->end) {
		ssize_t n = send(h->io.fd, h->room + h->written, h->end - h->written, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			watch_writing(h, true);
			return;
		}
		if (n < 0) {
			on_trouble(h, SIP_M_CAPTURE_COLLECTOR_ERRORS, sip_err_from_errno(errno));
			return;
		}
		h->written += (size_t)n;
		forget_written(h);
	}
	watch_writing(h, false);
}

/* Collectors have nothing to say to us; what they say is not kept. */
static void read_stream(struct sip__hep_sender *h)
{
	char room[4096];
	ssize_t n = recv(h->io.fd, room, sizeof room, MSG_DONTWAIT);

	if (n == 0)
		on_trouble(h, SIP_M_CAPTURE_COLLECTOR_ERRORS, SIP_E_CLOSED);
	else if (n < 0 && errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
		on_trouble(h, SIP_M_CAPTURE_COLLECTOR_ERRORS, sip_err_from_errno(errno));
}

static void on_connected(struct sip__hep_sender *h)
{
	int failed = 0;
	socklen_t len = sizeof failed;

	if (getsockopt(h->io.fd, SOL_SOCKET, SO_ERROR, &failed, &len) != 0)
		failed = errno;
	if (failed) {
		on_trouble(h, SIP_M_CAPTURE_COLLECTOR_ERRORS, sip_err_from_errno(failed));
		return;
	}
	on_open(h);
	on_well(h);
	write_stream(h);
}

static void on_io(void *arg, unsigned events)
{
	struct sip__hep_sender *h = arg;

	if (h->state == CONNECTING) {
		on_connected(h);
		return;
	}
	if (events & SIP_IO_READ)
		read_stream(h);
	if ((events & SIP_IO_WRITE) && h->state == OPEN)
		write_stream(h);
}

static enum sip_err open_socket(struct sip__hep_sender *h)
{
	int type = (h->is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = socket(sip_addr_family(&h->to), type, 0);
	enum sip_err err = SIP_OK;

	if (fd < 0)
		return sip_err_from_errno(errno);
	if (h->is_stream && connect(fd, &h->to.u.sa, sip_addr_len(&h->to)) != 0 && errno != EINPROGRESS)
		err = sip_err_from_errno(errno);
	sip_io_init(&h->io, fd, on_io, h);
	/* Of a datagram socket nothing is ever asked. */
	if (err == SIP_OK)
		err = sip_loop_add_io(h->loop, &h->io, h->is_stream ? SIP_IO_WRITE : 0);
	if (err == SIP_OK)
		return SIP_OK;
	close(fd);
	h->io.fd = -1;
	return err;
}

static void begin(struct sip__hep_sender *h)
{
	enum sip_err err = open_socket(h);

	if (err != SIP_OK) {
		on_trouble(h, SIP_M_CAPTURE_COLLECTOR_ERRORS, err);
	} else if (h->is_stream) {
		h->state = CONNECTING;
		sip_loop_arm(h->loop, &h->timer, CONNECT_US);
	} else {
		on_open(h);
		sip__hep_sender_flush(h);
	}
}

void sip__hep_sender_found(struct sip__hep_sender *h, const struct sip_addr *at, enum sip_err why)
{
	bool is_same = at && sip_addr_eq(at, &h->to);

	/* What works is not given up because a name server is down; over UDP a new address is the one from now on. */
	if (h->state == OPEN && (!at || is_same || h->is_stream))
		return;
	if (!at) {
		on_trouble(h, SIP_M_CAPTURE_NAME_ERRORS, why);
		return;
	}
	disconnect(h);
	h->is_well = false;
	h->to = *at;
	begin(h);
}

static void on_timer(void *arg)
{
	struct sip__hep_sender *h = arg;

	if (h->state == CONNECTING) {
		on_trouble(h, SIP_M_CAPTURE_COLLECTOR_ERRORS, SIP_E_TIMEOUT);
		return;
	}
	if (h->state == PAUSING)
		h->state = ASKING;
	else
		sip_loop_arm(h->loop, &h->timer, AGAIN_US);
	ask(h);
}

/* ---- over UDP ------------------------------------------------------------------------------------------------------ */

struct outgoing {
	struct mmsghdr heads[BATCH];
	struct iovec iov[BATCH];
};

static unsigned fill(struct sip__hep_sender *h, struct outgoing *o)
{
	size_t at = h->start;
	unsigned n = 0;

	for (; at < h->end && n < BATCH; n++) {
		memset(&o->heads[n], 0, sizeof o->heads[n]);
		o->iov[n].iov_base = h->room + at;
		o->iov[n].iov_len = length_at(h, at);
		o->heads[n].msg_hdr.msg_name = &h->to.u;
		o->heads[n].msg_hdr.msg_namelen = sip_addr_len(&h->to);
		o->heads[n].msg_hdr.msg_iov = &o->iov[n];
		o->heads[n].msg_hdr.msg_iovlen = 1;
		at += o->iov[n].iov_len;
	}
	return n;
}

/* Of the first n. */
static void pass(struct sip__hep_sender *h, unsigned n)
{
	while (n-- > 0)
		h->start += length_at(h, h->start);
}

static void drop_all(struct sip__hep_sender *h)
{
	for (; h->start < h->end; h->start += length_at(h, h->start))
		count(h, SIP_M_CAPTURE_DROP_COLLECTOR);
}

/* What the socket does not take at once is gone. What it does not want for its size costs only itself; all else is the way's fault. */
static void write_datagrams(struct sip__hep_sender *h)
{
	struct outgoing o;

	while (h->start < h->end) {
		int n = sendmmsg(h->io.fd, o.heads, fill(h, &o), MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM))
			break;
		if (n < 0 && errno != EMSGSIZE) {
			on_trouble(h, SIP_M_CAPTURE_COLLECTOR_ERRORS, sip_err_from_errno(errno));
			return;
		}
		if (n < 0) {
			count(h, SIP_M_CAPTURE_COLLECTOR_ERRORS);
			count(h, SIP_M_CAPTURE_DROP_COLLECTOR);
			n = 1;
		} else {
			on_well(h);
		}
		pass(h, (unsigned)n);
	}
	drop_all(h);
	h->start = h->written = h->end = 0;
}

/* ---- what comes ---------------------------------------------------------------------------------------------------- */

/* The second half of the room is moved to the first when that is empty: a byte is moved once at most for one that was written. */
static void compact(struct sip__hep_sender *h)
{
	memmove(h->room, h->room + h->start, h->end - h->start);
	h->end -= h->start;
	h->written -= h->start;
	h->start = 0;
}

void sip__hep_sender_put(struct sip__hep_sender *h, const struct sip_capture_record *r)
{
	struct sip_buf b;

	if (h->end - h->start + SIP__HEP_MAX > h->most) {
		if (h->state == OPEN)
			sip__hep_sender_flush(h);
		if (h->end - h->start + SIP__HEP_MAX > h->most) {
			count(h, SIP_M_CAPTURE_DROP_COLLECTOR);
			return;
		}
	}
	if (h->end >= 2 * h->most)
		compact(h);
	sip_buf_init_fixed(&b, h->room + h->end, SIP__HEP_MAX + 1);
	if (sip__hep_put(&b, r, h->agent_id, h->auth_key))
		count(h, SIP_M_CAPTURE_CUT);
	MUST(b.err == SIP_OK);
	h->end += b.len;
}

void sip__hep_sender_flush(struct sip__hep_sender *h)
{
	if (h->state != OPEN || h->start == h->end)
		return;
	if (!h->is_stream)
		write_datagrams(h);
	else if (!(h->io.events & SIP_IO_WRITE))
		write_stream(h);
}

/* ---- life ---------------------------------------------------------------------------------------------------------- */

struct sip__hep_sender *sip__hep_sender_create(struct sip_capture *c, const struct sip_capture_options *o, struct sip_loop *loop,
					       const struct sip_capture_finder *finder)
{
	struct sip__hep_sender *h = sip_alloc_zero(sizeof *h);

	if (!h)
		return NULL;
	h->most = o->queue_bytes_max;
	h->room = sip_alloc(2 * h->most + SIP__HEP_MAX + 1);
	if (!h->room) {
		sip_free(h);
		return NULL;
	}
	h->capture = c;
	h->loop = loop;
	h->is_stream = o->kind == SIP_TRANSPORT_TCP;
	h->agent_id = o->agent_id;
	h->auth_key = o->auth_key;
	h->pause_us = PAUSE_LEAST;
	h->io.fd = -1;
	sip_addr_clear(&h->to);
	if (finder)
		h->finder = *finder;
	else
		MUST(sip_addr_parse(&h->to, o->host, o->port) == SIP_OK);
	/* Asked on the first turn: who answers may not know of us before. */
	sip_timer_init(&h->timer, on_timer, h);
	h->state = PAUSING;
	sip_loop_arm(loop, &h->timer, 0);
	return h;
}

void sip__hep_sender_destroy(struct sip__hep_sender **hp)
{
	struct sip__hep_sender *h = *hp;

	*hp = NULL;
	if (!h)
		return;
	sip__hep_sender_flush(h);
	drop_all(h);
	sip_loop_disarm(h->loop, &h->timer);
	disconnect(h);
	sip_free(h->room);
	sip_free(h);
}
