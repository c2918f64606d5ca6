/*
 * A set of descriptors for poll(2) that grows, and finds a descriptor's item by its number.
 * Owned by whoever waits with it; one thread.
 */
#include "config.h"

#include "stack/loop/loop_priv.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

enum { ITEMS_FIRST = 16, PLACES_FIRST = 64 };

void sip_fdset_init(struct sip_fdset *s)
{
	s->items = NULL;
	s->count = s->cap = 0;
	s->places = NULL;
	s->places_cap = 0;
}

void sip_fdset_fini(struct sip_fdset *s)
{
	sip_free(s->items);
	sip_free(s->places);
	sip_fdset_init(s);
}

void sip_fdset_clear(struct sip_fdset *s)
{
	for (size_t i = 0; i < s->count; i++)
		s->places[s->items[i].fd] = 0;
	s->count = 0;
}

static enum sip_err grow_items(struct sip_fdset *s)
{
	size_t cap = s->cap ? s->cap * 2 : ITEMS_FIRST;
	struct pollfd *items = sip_realloc(s->items, cap * sizeof *items);
	if (!items)
		return SIP_E_NOMEM;
	s->items = items;
	s->cap = cap;
	return SIP_OK;
}

static enum sip_err grow_places(struct sip_fdset *s, size_t least)
{
	size_t cap = s->places_cap ? s->places_cap : PLACES_FIRST;
	while (cap < least)
		cap *= 2;
	size_t *places = sip_realloc(s->places, cap * sizeof *places);
	if (!places)
		return SIP_E_NOMEM;
	memset(places + s->places_cap, 0, (cap - s->places_cap) * sizeof *places);
	s->places = places;
	s->places_cap = cap;
	return SIP_OK;
}

enum sip_err sip_fdset_add(struct sip_fdset *s, int fd, unsigned events)
{
	enum sip_err err = SIP_OK;
	if (fd < 0)
		return SIP_E_INVAL;
	if ((size_t)fd >= s->places_cap)
		err = grow_places(s, (size_t)fd + 1);
	if (err == SIP_OK && s->count == s->cap)
		err = grow_items(s);
	if (err != SIP_OK)
		return err;
	if (s->places[fd] == 0) {
		s->items[s->count++] = (struct pollfd){ fd, 0, 0 };
		s->places[fd] = s->count;
	}
	struct pollfd *item = &s->items[s->places[fd] - 1];
	item->events = (short)(item->events | (events & SIP_IO_READ ? POLLIN | POLLRDHUP : 0) |
			       (events & SIP_IO_WRITE ? POLLOUT : 0));
	return SIP_OK;
}

enum sip_err sip_fdset_wait(struct sip_fdset *s, int64_t timeout_us)
{
	int n = poll(s->items, s->count, sip__poll_ms(timeout_us));
	if (n >= 0)
		return SIP_OK;
	for (size_t i = 0; i < s->count; i++)
		s->items[i].revents = 0;
	return errno == EINTR ? SIP_OK : SIP_E_IO;
}

unsigned sip_fdset_ready(const struct sip_fdset *s, int fd)
{
	if (fd < 0 || (size_t)fd >= s->places_cap || s->places[fd] == 0)
		return 0;
	short seen = s->items[s->places[fd] - 1].revents;
	return (seen & POLLIN ? SIP_IO_READ : 0u) | (seen & POLLOUT ? SIP_IO_WRITE : 0u) |
	       (seen & (POLLHUP | POLLERR | POLLRDHUP | POLLNVAL) ? SIP_IO_ERROR : 0u);
}
