/*
 * Descriptors on a loop: the table of slots that every poller shares. A slot's generation tells
 * an event of its present owner from one of an earlier. The loop's thread only.
 */
#include "config.h"

#include "stack/loop/loop_priv.h"

#include <limits.h>

enum { SLOTS_FIRST = 16, SLOTS_MOST = 1 << 24, IO_WATCHED = SIP_IO_READ | SIP_IO_WRITE };

void sip__poller_init(struct sip__poller *p, const struct sip__poll_ops *ops)
{
	p->ops = ops;
	p->slots = NULL;
	p->cap = p->count = p->ready = 0;
	p->free = p->fd = -1;
	p->events = NULL;
	p->fds = NULL;
}

void sip__poller_fini(struct sip__poller *p)
{
	p->ops->close(p);
	sip_free(p->slots);
	p->slots = NULL;
	p->cap = 0;
}

static enum sip_err grow(struct sip__poller *p)
{
	size_t cap = p->cap ? p->cap * 2 : SLOTS_FIRST;
	if (cap > SLOTS_MOST)
		return SIP_E_LIMIT;
	struct sip__slot *slots = sip_realloc(p->slots, cap * sizeof *slots);
	if (!slots)
		return SIP_E_NOMEM;
	p->slots = slots;
	enum sip_err err = p->ops->grow(p, cap);
	if (err != SIP_OK)
		return err;
	for (size_t i = cap; i-- > p->cap;) {
		slots[i].io = NULL;
		slots[i].generation = 0;
		slots[i].next_free = p->free;
		p->free = (int)i;
	}
	p->cap = cap;
	return SIP_OK;
}

static void give_back(struct sip__poller *p, int slot)
{
	p->slots[slot].io = NULL;
	p->slots[slot].generation++;
	p->slots[slot].next_free = p->free;
	p->free = slot;
	p->count--;
}

enum sip_err sip__poller_add(struct sip__poller *p, struct sip_io *io, unsigned events)
{
	if (p->free < 0) {
		enum sip_err err = grow(p);
		if (err != SIP_OK)
			return err;
	}
	int slot = p->free;
	p->free = p->slots[slot].next_free;
	p->slots[slot].io = io;
	p->count++;
	io->events = events;
	enum sip_err err = p->ops->add(p, slot);
	if (err != SIP_OK)
		give_back(p, slot);
	else
		io->slot = slot;
	return err;
}

void sip__poller_remove(struct sip__poller *p, struct sip_io *io)
{
	if (io->slot < 0)
		return;
	MUST((size_t)io->slot < p->cap && p->slots[io->slot].io == io);
	p->ops->remove(p, io->slot);
	give_back(p, io->slot);
	io->slot = -1;
	io->events = 0;
}

void sip__poller_deliver(struct sip__poller *p, int slot, unsigned events)
{
	struct sip_io *io = p->slots[slot].io;
	/* Whoever reads sees the end of the stream, so an error is something to read as well. */
	if (events & SIP_IO_ERROR)
		events |= SIP_IO_READ;
	else
		events &= io->events;
	if (events)
		io->fn(io->arg, events);
}

int sip__poll_ms(int64_t timeout_us)
{
	if (timeout_us < 0)
		return -1;
	if (timeout_us > (int64_t)(INT_MAX - 1) * 1000)
		return INT_MAX;
	return (int)((timeout_us + 999) / 1000);
}

void sip_io_init(struct sip_io *io, int fd, sip_io_fn fn, void *arg)
{
	io->fd = fd;
	io->events = 0;
	io->fn = fn;
	io->arg = arg;
	io->slot = -1;
}

enum sip_err sip_loop_add_io(struct sip_loop *l, struct sip_io *io, unsigned events)
{
	SIP_LOOP_MINE(l);
	MUST(io->slot < 0);
	return sip__poller_add(&l->poller, io, events & IO_WATCHED);
}

enum sip_err sip_loop_change_io(struct sip_loop *l, struct sip_io *io, unsigned events)
{
	SIP_LOOP_MINE(l);
	MUST(io->slot >= 0 && (size_t)io->slot < l->poller.cap && l->poller.slots[io->slot].io == io);
	events &= IO_WATCHED;
	if (events == io->events)
		return SIP_OK;
	enum sip_err err = l->poller.ops->change(&l->poller, io->slot, events);
	if (err == SIP_OK)
		io->events = events;
	return err;
}

void sip_loop_remove_io(struct sip_loop *l, struct sip_io *io)
{
	SIP_LOOP_MINE(l);
	sip__poller_remove(&l->poller, io);
}
