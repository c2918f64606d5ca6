/*
 * Which transport reaches a target, and what we are called there: choosing needs no lock. The
 * source towards a peer is the kernel's to say; it is asked once a peer and remembered for a while.
 */
#include "stack/transport/transport_priv.h"

#include <errno.h>
#include <unistd.h>

void sip_selector_init(struct sip_selector *s)
{
	memset(s, 0, sizeof *s);
}

void sip_selector_fini(struct sip_selector *s)
{
	while (s->count)
		sip_transport_unref(&s->transports[--s->count]);
}

enum sip_err sip_selector_add(struct sip_selector *s, struct sip_transport *t)
{
	if (s->count == SIP_SELECTOR_TRANSPORTS)
		return SIP_E_LIMIT;
	sip_transport_ref(t);
	s->transports[s->count++] = t;
	return SIP_OK;
}

void sip_selector_remove(struct sip_selector *s, struct sip_transport *t)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->transports[i] != t)
			continue;
		sip_transport_unref(&s->transports[i]);
		s->count--;
		memmove(&s->transports[i], &s->transports[i + 1], (s->count - i) * sizeof s->transports[0]);
		return;
	}
}

unsigned sip_selector_kinds(const struct sip_selector *s)
{
	unsigned kinds = 0;

	for (size_t i = 0; i < s->count; i++)
		kinds |= 1u << s->transports[i]->o.kind;
	return kinds;
}

bool sip_selector_has_family(const struct sip_selector *s, int family)
{
	for (size_t i = 0; i < s->count; i++)
		if (sip_addr_family(&s->transports[i]->bound) == family)
			return true;
	return false;
}

/* ---- our source towards a peer ----------------------------------------------------------------------------------- */

/* As those go that are made by these options; NULL: as the host's routes have it. */
static enum sip_err ask_kernel(const struct sip_transport_options *o, const struct sip_addr *to, struct sip_addr *from)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof name;
	struct sip_addr peer = *to;
	int fd = socket(sip_addr_family(to), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	enum sip_err err;

	if (fd < 0)
		return sip_err_from_errno(errno);
	if (!sip_addr_port(&peer))
		sip_addr_set_port(&peer, 5060);
	err = o ? sip__socket_set_path(fd, sip_addr_family(to), o) : SIP_OK;
	if (err == SIP_OK && (connect(fd, &peer.u.sa, sip_addr_len(&peer)) != 0 ||
			      getsockname(fd, (struct sockaddr *)&name, &len) != 0))
		err = SIP_E_NOTFOUND;
	if (err == SIP_OK)
		err = sip_addr_from_sockaddr(from, (struct sockaddr *)&name, len);
	close(fd);
	if (err == SIP_OK)
		sip_addr_set_port(from, 0);
	return err;
}

static struct sip__source *slot_for(struct sip__source_cache *c, const struct sip_addr *host)
{
	return &c->slots[sip_addr_hash(&c->key, host) % SIP__SOURCE_SLOTS];
}

static bool cache_read(struct sip__source_cache *c, const struct sip_addr *host, int64_t now, struct sip_addr *from, uint32_t *turn)
{
	struct sip__source *slot = slot_for(c, host);
	bool is_found;

	pthread_mutex_lock(&c->lock);
	is_found = sip_addr_eq(&slot->to, host) && now - slot->at_us < SIP__SOURCE_TTL_US;
	if (is_found)
		*from = slot->from;
	*turn = c->turn;
	pthread_mutex_unlock(&c->lock);
	return is_found;
}

static void cache_write(struct sip__source_cache *c, const struct sip__source *what, uint32_t turn)
{
	pthread_mutex_lock(&c->lock);
	if (c->turn == turn)
		*slot_for(c, &what->to) = *what;
	pthread_mutex_unlock(&c->lock);
}

enum sip_err sip__source_find(const struct sip_transport *t, const struct sip_addr *to, struct sip_addr *from)
{
	const struct sip_clock *clock = sip_loop_clock(t->endpoints[0].wire->loop);
	struct sip__source answer = { .to = *to, .at_us = clock->now_us(clock->arg) };
	uint32_t turn;
	enum sip_err err;

	if (!t->sources)
		return ask_kernel(&t->o, to, from);
	sip_addr_set_port(&answer.to, 0);
	if (cache_read(t->sources, &answer.to, answer.at_us, from, &turn))
		return SIP_OK;
	err = ask_kernel(&t->o, to, from);
	if (err != SIP_OK)
		return err;
	answer.from = *from;
	cache_write(t->sources, &answer, turn);
	return SIP_OK;
}

void sip_transport_forget_sources(struct sip_transport *t)
{
	struct sip__source_cache *c = t->sources;

	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->turn++;
	for (size_t i = 0; i < SIP__SOURCE_SLOTS; i++)
		sip_addr_clear(&c->slots[i].to);
	pthread_mutex_unlock(&c->lock);
}

/* Whatever device `t` keeps to. */
static enum sip_err source_by_routes(const struct sip_transport *t, const struct sip_addr *to, struct sip_addr *from)
{
	return t->o.device.len ? ask_kernel(NULL, to, from) : sip__source_find(t, to, from);
}

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

static bool fits(const struct sip_transport *t, enum sip_transport_kind kind, const struct sip_addr *to)
{
	return t->o.kind == kind && sip_addr_family(&t->bound) == sip_addr_family(to) && !sip_transport_is_closed(t);
}

/* By its device it goes as the routes would have it go. */
static bool goes_from(const struct sip_transport *t, const struct sip_addr *to, const struct sip_addr *from)
{
	struct sip_addr own;

	return t->o.device.len && sip__source_find(t, to, &own) == SIP_OK && sip_addr_eq_host(&own, from);
}

/*
 * The kernel sends nothing from loopback to elsewhere, and to loopback from nowhere else that answers. By a device it would send
 * anything, as if all the world were on that link.
 */
static bool reaches(const struct sip_transport *t, const struct sip_addr *to)
{
	struct sip_addr from;

	if (t->o.net)
		return true;
	if (t->o.device.len && ask_kernel(NULL, to, &from) == SIP_OK && !goes_from(t, to, &from))
		return false;
	return t->is_any || sip_addr_is_loopback(&t->bound) == sip_addr_is_loopback(to);
}

static struct sip_transport *best_of(const struct sip_selector *s, enum sip_transport_kind kind,
				     const struct sip_addr *to, struct sip_transport *first)
{
	struct sip_transport *any = NULL, *near = NULL;
	struct sip_addr from;
	bool is_known = !first->o.net && source_by_routes(first, to, &from) == SIP_OK;

	for (size_t i = 0; i < s->count; i++) {
		struct sip_transport *t = s->transports[i];
		if (!fits(t, kind, to))
			continue;
		if (is_known && (sip_addr_eq_host(&t->bound, &from) || goes_from(t, to, &from)))
			return t;
		if (t->is_any && !t->o.device.len && !any)
			any = t;
		if (!near && reaches(t, to))
			near = t;
	}
	return any ? any : near ? near : first;
}

struct sip_transport *sip_selector_choose(const struct sip_selector *s, enum sip_transport_kind kind,
					  const struct sip_addr *to, struct sip_transport *preferred)
{
	struct sip_transport *first = NULL;
	size_t count = 0;

	if (preferred && fits(preferred, kind, to) && reaches(preferred, to))
		return preferred;
	for (size_t i = 0; i < s->count; i++) {
		if (!fits(s->transports[i], kind, to))
			continue;
		if (!count++)
			first = s->transports[i];
	}
	return count < 2 ? first : best_of(s, kind, to, first);
}

/* ---- where a response goes --------------------------------------------------------------------------------------- */

static enum sip_err host_addr(struct sip_str host, uint16_t port, struct sip_addr *out)
{
	if (host.len > 2 && host.p[0] == '[' && host.p[host.len - 1] == ']')
		host = sip_str_make(host.p + 1, host.len - 2);
	return sip_addr_parse(out, host, port);
}

enum sip_err sip_response_addr(const struct sip_via *via, struct sip_addr *out)
{
	uint16_t port = via->port;

	if (!port)
		port = via->transport == SIP_TRANSPORT_NONE ? 5060 : sip_transport_kinds[via->transport].default_port;
	/* Over a stream the caller has tried the flow first (RFC 3261 18.2.2). */
	if (via->maddr.len && host_addr(via->maddr, port, out) == SIP_OK)
		return SIP_OK;
	if (via->received.len) {
		if (via->rport)
			port = via->rport;
		if (host_addr(via->received, port, out) == SIP_OK)
			return SIP_OK;
	}
	return host_addr(via->host, port, out) == SIP_OK ? SIP_OK : SIP_E_NOTFOUND;
}
