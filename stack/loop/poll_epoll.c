/*
 * The poller over epoll, level-triggered. An event carries slot and generation, so that a stale
 * one is known. The loop's thread.
 */
#include "config.h"

#include "stack/loop/loop_priv.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { HARVEST = 256 };

static enum sip_err epoll_open(struct sip__poller *p)
{
	p->events = sip_alloc(HARVEST * sizeof *p->events);
	if (!p->events)
		return SIP_E_NOMEM;
	p->fd = epoll_create1(EPOLL_CLOEXEC);
	return p->fd < 0 ? sip_err_from_errno(errno) : SIP_OK;
}

static void epoll_shut(struct sip__poller *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	sip_free(p->events);
	p->events = NULL;
}

static enum sip_err epoll_grow(struct sip__poller *p, size_t cap)
{
	(void)p, (void)cap;
	return SIP_OK;
}

static enum sip_err control(struct sip__poller *p, int op, int slot, unsigned events)
{
	const struct sip__slot *s = &p->slots[slot];
	struct epoll_event e;
	/* Without READ the hang-up of the peer's half would come again and again to one who has stopped reading. */
	e.events = ((events & SIP_IO_READ) ? EPOLLIN | EPOLLRDHUP : 0u) | ((events & SIP_IO_WRITE) ? EPOLLOUT : 0u);
	e.data.u64 = (uint64_t)s->generation << 32 | (uint32_t)slot;
	return epoll_ctl(p->fd, op, s->io->fd, &e) == 0 ? SIP_OK : sip_err_from_errno(errno);
}

static enum sip_err epoll_add(struct sip__poller *p, int slot)
{
	return control(p, EPOLL_CTL_ADD, slot, p->slots[slot].io->events);
}

static enum sip_err epoll_change(struct sip__poller *p, int slot, unsigned events)
{
	return control(p, EPOLL_CTL_MOD, slot, events);
}

static void epoll_remove(struct sip__poller *p, int slot)
{
	enum sip_err err = control(p, EPOLL_CTL_DEL, slot, 0);
	if (NEVER(err != SIP_OK))
		return;
}

static enum sip_err epoll_sleep(struct sip__poller *p, int64_t timeout_us)
{
	int n = epoll_wait(p->fd, p->events, HARVEST, sip__poll_ms(timeout_us));
	p->ready = n > 0 ? (size_t)n : 0;
	return n >= 0 || errno == EINTR ? SIP_OK : SIP_E_IO;
}

static void epoll_dispatch(struct sip__poller *p)
{
	size_t ready = p->ready;
	p->ready = 0;
	for (size_t i = 0; i < ready; i++) {
		uint32_t seen = p->events[i].events;
		uint32_t slot = (uint32_t)p->events[i].data.u64;
		uint32_t generation = (uint32_t)(p->events[i].data.u64 >> 32);
		if (!p->slots[slot].io || p->slots[slot].generation != generation)
			continue;
		unsigned events = (seen & EPOLLIN ? SIP_IO_READ : 0u) | (seen & EPOLLOUT ? SIP_IO_WRITE : 0u) |
				  (seen & (EPOLLHUP | EPOLLERR | EPOLLRDHUP) ? SIP_IO_ERROR : 0u);
		sip__poller_deliver(p, (int)slot, events);
	}
}

/* One descriptor stands for all of them. */
static enum sip_err epoll_build(struct sip__poller *p, struct sip_fdset *set)
{
	return sip_fdset_add(set, p->fd, SIP_IO_READ);
}

static enum sip_err epoll_collect(struct sip__poller *p, const struct sip_fdset *set)
{
	return sip_fdset_ready(set, p->fd) ? epoll_sleep(p, 0) : SIP_OK;
}

const struct sip__poll_ops sip__poll_epoll = {
	epoll_open, epoll_shut, epoll_grow, epoll_add, epoll_change, epoll_remove, epoll_sleep, epoll_dispatch, epoll_build,
	epoll_collect,
};
