/*
 * The poller over poll(2), and what the select-style face is made from: one pollfd a slot, those
 * of free slots empty. The loop's thread.
 */
#include "config.h"

#include "stack/loop/loop_priv.h"

#include <errno.h>
#include <poll.h>

static enum sip_err poll_open(struct sip__poller *p)
{
	(void)p;
	return SIP_OK;
}

static void poll_shut(struct sip__poller *p)
{
	sip_free(p->fds);
	p->fds = NULL;
}

static void clear(struct pollfd *at)
{
	at->fd = -1;
	at->events = at->revents = 0;
}

static enum sip_err poll_grow(struct sip__poller *p, size_t cap)
{
	struct pollfd *fds = sip_realloc(p->fds, cap * sizeof *fds);
	if (!fds)
		return SIP_E_NOMEM;
	p->fds = fds;
	for (size_t i = p->cap; i < cap; i++)
		clear(&fds[i]);
	return SIP_OK;
}

static enum sip_err poll_change(struct sip__poller *p, int slot, unsigned events)
{
	p->fds[slot].events = (short)((events & SIP_IO_READ ? POLLIN | POLLRDHUP : 0) | (events & SIP_IO_WRITE ? POLLOUT : 0));
	return SIP_OK;
}

static enum sip_err poll_add(struct sip__poller *p, int slot)
{
	const struct sip_io *io = p->slots[slot].io;
	p->fds[slot].fd = io->fd;
	p->fds[slot].revents = 0;
	return poll_change(p, slot, io->events);
}

static void poll_remove(struct sip__poller *p, int slot)
{
	clear(&p->fds[slot]);
}

static enum sip_err poll_sleep(struct sip__poller *p, int64_t timeout_us)
{
	int n = poll(p->fds, p->cap, sip__poll_ms(timeout_us));
	p->ready = n > 0 ? (size_t)n : 0;
	return n >= 0 || errno == EINTR ? SIP_OK : SIP_E_IO;
}

/* What call-backs add or remove has no events found, so that nothing stale is delivered. */
static void poll_dispatch(struct sip__poller *p)
{
	size_t ready = p->ready;
	p->ready = 0;
	for (size_t i = 0; i < p->cap && ready > 0; i++) {
		short seen = p->fds[i].revents;
		if (!seen)
			continue;
		ready--;
		p->fds[i].revents = 0;
		unsigned events = (seen & POLLIN ? SIP_IO_READ : 0u) | (seen & POLLOUT ? SIP_IO_WRITE : 0u) |
				  (seen & (POLLHUP | POLLERR | POLLRDHUP | POLLNVAL) ? SIP_IO_ERROR : 0u);
		sip__poller_deliver(p, (int)i, events);
	}
}

static enum sip_err poll_build(struct sip__poller *p, struct sip_fdset *set)
{
	enum sip_err err = SIP_OK;
	for (size_t i = 0; i < p->cap && err == SIP_OK; i++)
		if (p->slots[i].io)
			err = sip_fdset_add(set, p->fds[i].fd, p->slots[i].io->events);
	return err;
}

static enum sip_err poll_collect(struct sip__poller *p, const struct sip_fdset *set)
{
	p->ready = 0;
	for (size_t i = 0; i < p->cap; i++) {
		if (!p->slots[i].io)
			continue;
		unsigned found = sip_fdset_ready(set, p->fds[i].fd);
		p->fds[i].revents = (short)((found & SIP_IO_READ ? POLLIN : 0) | (found & SIP_IO_WRITE ? POLLOUT : 0) |
					    (found & SIP_IO_ERROR ? POLLERR : 0));
		p->ready += p->fds[i].revents != 0;
	}
	return SIP_OK;
}

const struct sip__poll_ops sip__poll_poll = {
	poll_open, poll_shut, poll_grow, poll_add, poll_change, poll_remove, poll_sleep, poll_dispatch, poll_build,
	poll_collect,
};
