/* The message of a hand-over: a head, a row for each item, their bytes; the descriptors come with the head. No state. */
#include "stack/transport/transport_priv.h"

#include "stack/crypto/crypto.h"
#include "stack/loop/clock.h"

#include <errno.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#define MARK "SwHo"
#define HEAD 16 /* mark, version, items, descriptors, nothing, bytes behind the rows */
#define ROW 8   /* tag, descriptors, bytes */

union rights { /* room for the descriptors of one message, and one more, to see that there are more */
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int) * (SIP_HAND_OVER_ITEMS + 1))];
};

/* ---- building ----------------------------------------------------------------------------------------------------- */

void sip_hand_over_init(struct sip_hand_over *h)
{
	h->count = 0;
	sip_buf_init(&h->bytes, SIP_HAND_OVER_BYTES);
}

void sip_hand_over_fini(struct sip_hand_over *h)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->items[i].fd >= 0)
			close(h->items[i].fd);
	h->count = 0;
	if (h->bytes.p)
		sip_crypto_wipe(h->bytes.p, h->bytes.cap);
	sip_buf_fini(&h->bytes);
}

enum sip_err sip_hand_over_add(struct sip_hand_over *h, uint16_t tag, int fd, struct sip_str bytes)
{
	struct sip_hand_over_item *item = &h->items[h->count];
	size_t at = h->bytes.len;

	if (h->count < SIP_HAND_OVER_ITEMS)
		sip_buf_put_str(&h->bytes, bytes);
	if (h->count == SIP_HAND_OVER_ITEMS || h->bytes.err != SIP_OK) {
		if (fd >= 0)
			close(fd);
		return h->count == SIP_HAND_OVER_ITEMS ? SIP_E_LIMIT : h->bytes.err;
	}
	item->tag = tag;
	item->fd = fd;
	item->at = at;
	item->len = bytes.len;
	h->count++;
	return SIP_OK;
}

struct sip_str sip_hand_over_bytes(const struct sip_hand_over *h, size_t item)
{
	MUST(item < h->count);
	return sip_str_make(h->bytes.p ? h->bytes.p + h->items[item].at : NULL, h->items[item].len);
}

int sip_hand_over_take_fd(struct sip_hand_over *h, size_t item)
{
	int fd;

	MUST(item < h->count);
	fd = h->items[item].fd;
	h->items[item].fd = -1;
	return fd;
}

size_t sip_hand_over_find(const struct sip_hand_over *h, uint16_t tag, size_t from)
{
	while (from < h->count && h->items[from].tag != tag)
		from++;
	return from;
}

/* ---- sending ------------------------------------------------------------------------------------------------------ */

static uint64_t number_at(const char *p, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | (unsigned char)p[i];
	return value;
}

static enum sip_err failure(void)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return SIP_E_TIMEOUT;
	return errno == EPIPE || errno == ECONNRESET ? SIP_E_CLOSED : SIP_E_IO;
}

bool sip_hand_over_await(int socket, short events, const struct sip_hand_over_patience *p)
{
	struct pollfd fds[] = { { .fd = socket, .events = events }, { .fd = p->stop_fd, .events = POLLIN } };
	int64_t left;
	int n;

	do {
		left = p->until_us - p->clock->now_us(p->clock->arg);
		n = left > 0 ? poll(fds, SIP_COUNTOF(fds), (int)(left / 1000) + 1) : 0;
	} while (n < 0 && errno == EINTR);
	return n > 0 && !fds[1].revents;
}

static bool is_to_try_again(void)
{
	return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

static enum sip_err send_all(int socket, const struct sip_hand_over_patience *patience, const char *p, size_t len)
{
	while (len) {
		ssize_t n;

		if (!sip_hand_over_await(socket, POLLOUT, patience))
			return SIP_E_TIMEOUT;
		n = send(socket, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && !is_to_try_again())
			return failure();
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return SIP_OK;
}

/* With the first byte of the head. */
static enum sip_err send_head(int socket, const struct sip_hand_over_patience *p, const char *head, const int *fds, size_t fd_count)
{
	union {
		const char *lent;
		void *base;
	} bytes = { .lent = head };
	struct iovec iov = { .iov_base = bytes.base, .iov_len = HEAD };
	union rights rights;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (fd_count) {
		memset(&rights, 0, sizeof rights);
		rights.head.cmsg_level = SOL_SOCKET;
		rights.head.cmsg_type = SCM_RIGHTS;
		rights.head.cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		memcpy(CMSG_DATA(&rights.head), fds, sizeof(int) * fd_count);
		m.msg_control = &rights;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
	}
	do {
		if (!sip_hand_over_await(socket, POLLOUT, p))
			return SIP_E_TIMEOUT;
		n = sendmsg(socket, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && is_to_try_again());
	return n < 0 ? failure() : send_all(socket, p, head + n, HEAD - (size_t)n);
}

enum sip_err sip_hand_over_send(const struct sip_hand_over *h, int socket, const struct sip_hand_over_patience *p)
{
	int fds[SIP_HAND_OVER_ITEMS];
	size_t fd_count = 0;
	struct sip_buf b;
	char room[HEAD + SIP_HAND_OVER_ITEMS * ROW];
	enum sip_err err;

	for (size_t i = 0; i < h->count; i++)
		if (h->items[i].fd >= 0)
			fds[fd_count++] = h->items[i].fd;
	sip_buf_init_fixed(&b, room, sizeof room);
	SIP_BUF_LIT(&b, MARK);
	sip__put_u16(&b, SIP_HAND_OVER_VERSION);
	sip__put_u16(&b, (unsigned)h->count);
	sip__put_u16(&b, (unsigned)fd_count);
	sip__put_u16(&b, 0);
	sip__put_u32(&b, (uint32_t)h->bytes.len);
	for (size_t i = 0; i < h->count; i++) {
		sip__put_u16(&b, h->items[i].tag);
		sip__put_u16(&b, h->items[i].fd >= 0);
		sip__put_u32(&b, (uint32_t)h->items[i].len);
	}
	err = b.err == SIP_OK ? send_head(socket, p, room, fds, fd_count) : b.err;
	if (err == SIP_OK)
		err = send_all(socket, p, room + HEAD, b.len - HEAD);
	return err == SIP_OK ? send_all(socket, p, h->bytes.p, h->bytes.len) : err;
}

/* ---- receiving ---------------------------------------------------------------------------------------------------- */

static enum sip_err read_all(int socket, char *p, size_t len)
{
	while (len) {
		ssize_t n = recv(socket, p, len, 0);

		if (n == 0)
			return SIP_E_CLOSED;
		if (n < 0 && errno != EINTR)
			return failure();
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return SIP_OK;
}

struct got { /* descriptors, in their order */
	int fds[SIP_HAND_OVER_ITEMS + 1];
	size_t count;
};

static void close_all(struct got *g)
{
	while (g->count)
		close(g->fds[--g->count]);
}

static void gather(struct msghdr *m, struct got *g)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t n = c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (g->count < SIP_COUNTOF(g->fds))
				g->fds[g->count++] = fd;
			else
				close(fd);
		}
	}
}

static enum sip_err read_head(int socket, char head[HEAD], struct got *g)
{
	struct iovec iov = { .iov_base = head, .iov_len = HEAD };
	union rights rights;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights };
	ssize_t n;

	do
		n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n == 0 ? SIP_E_CLOSED : failure();
	gather(&m, g);
	if (m.msg_flags & MSG_CTRUNC)
		return SIP_E_LIMIT;
	return read_all(socket, head + n, HEAD - (size_t)n);
}

static enum sip_err read_rows(struct sip_hand_over *h, int socket, size_t items, struct got *g, size_t bytes)
{
	char rows[SIP_HAND_OVER_ITEMS * ROW];
	size_t at = 0, fd = 0;
	enum sip_err err = read_all(socket, rows, items * ROW);

	if (err != SIP_OK)
		return err;
	for (size_t i = 0; i < items; i++) {
		struct sip_hand_over_item *item = &h->items[i];
		uint64_t fds = number_at(rows + i * ROW + 2, 2);

		item->tag = (uint16_t)number_at(rows + i * ROW, 2);
		item->len = (size_t)number_at(rows + i * ROW + 4, 4);
		item->at = at;
		if (fds > 1 || fd + fds > g->count || item->len > bytes - at)
			return SIP_E_SYNTAX;
		item->fd = fds ? g->fds[fd++] : -1;
		at += item->len;
	}
	return fd == g->count && at == bytes ? SIP_OK : SIP_E_SYNTAX;
}

static enum sip_err read_bytes(struct sip_hand_over *h, int socket, size_t bytes)
{
	char *room = bytes ? sip_buf_reserve(&h->bytes, bytes) : NULL;
	enum sip_err err;

	if (!bytes)
		return SIP_OK;
	if (!room)
		return h->bytes.err;
	err = read_all(socket, room, bytes);
	if (err == SIP_OK)
		sip_buf_advance(&h->bytes, bytes);
	return err;
}

static enum sip_err read_message(struct sip_hand_over *h, int socket, struct got *g)
{
	char head[HEAD];
	size_t items, bytes;
	enum sip_err err = read_head(socket, head, g);

	if (err != SIP_OK)
		return err;
	if (memcmp(head, MARK, sizeof MARK - 1) != 0)
		return SIP_E_SYNTAX;
	if (number_at(head + 4, 2) != SIP_HAND_OVER_VERSION)
		return SIP_E_UNSUPPORTED;
	items = (size_t)number_at(head + 6, 2);
	bytes = (size_t)number_at(head + 12, 4);
	if (items > SIP_HAND_OVER_ITEMS || g->count > SIP_HAND_OVER_ITEMS || bytes > SIP_HAND_OVER_BYTES)
		return SIP_E_LIMIT;
	if (number_at(head + 8, 2) != g->count)
		return SIP_E_SYNTAX;
	err = read_rows(h, socket, items, g, bytes);
	if (err == SIP_OK)
		err = read_bytes(h, socket, bytes);
	if (err == SIP_OK)
		h->count = items;
	return err;
}

enum sip_err sip_hand_over_receive(struct sip_hand_over *h, int socket)
{
	struct got g = { .count = 0 };
	enum sip_err err = read_message(h, socket, &g);

	if (err == SIP_OK)
		return SIP_OK;
	close_all(&g);
	sip_hand_over_fini(h);
	sip_hand_over_init(h);
	return err;
}
