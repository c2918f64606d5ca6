/*
 * The stack's transports: the list every shard's selector follows, and the addresses that
 * mean us. Changed by any thread under a write lock; addresses are asked for with every request
 * and read off a snapshot, without one.
 */
#include "stack/core/core_priv.h"

#include <ifaddrs.h>

static void add_own(struct sip_stack *s, struct sip_transport *t, struct sip_str host, uint16_t port)
{
	struct sip__own_address *own = &s->own[s->own_count];

	if (s->own_count == SIP__OWN_ADDRESSES || host.len == 0 || host.len > sizeof own->host)
		return;
	own->transport = t;
	memcpy(own->host, host.p, host.len);
	own->host_len = host.len;
	own->port = port;
	own->default_port = sip_transport_kinds[sip_transport_kind_of(t)].default_port;
	s->own_count++;
}

static void add_own_addr(struct sip_stack *s, struct sip_transport *t, const struct sip_addr *a, uint16_t port)
{
	char text[SIP_ADDR_TEXT];
	struct sip_buf b;

	sip_buf_init_fixed(&b, text, sizeof text);
	sip_addr_put_uri_host(&b, a);
	add_own(s, t, sip_buf_str(&b), port);
}

/* An any-address transport answers to every address of its family that this host has. */
static void add_own_interfaces(struct sip_stack *s, struct sip_transport *t, const struct sip_addr *bound)
{
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all) != 0)
		return;
	for (struct ifaddrs *i = all; i; i = i->ifa_next) {
		struct sip_addr a;
		if (!i->ifa_addr || i->ifa_addr->sa_family != sip_addr_family(bound))
			continue;
		if (sip_addr_from_sockaddr(&a, i->ifa_addr, sizeof a.u) == SIP_OK)
			add_own_addr(s, t, &a, sip_addr_port(bound));
	}
	freeifaddrs(all);
}

static void learn_own(struct sip_stack *s, struct sip_transport *t, const struct sip_transport_options *o)
{
	const struct sip_addr *bound = sip_transport_bound(t);
	uint16_t port = o->advertised_port ? o->advertised_port : sip_addr_port(bound);

	if (o->advertised.len)
		add_own(s, t, o->advertised, port);
	if (sip_addr_is_any(bound))
		add_own_interfaces(s, t, bound);
	else
		add_own_addr(s, t, bound, sip_addr_port(bound));
}

/* ---- what readers see; under the write lock ---- */

static enum sip_err publish(struct sip_stack *s)
{
	size_t size = s->own_count * sizeof s->own[0];
	struct sip__own_published *p = sip_alloc(sizeof *p + size);

	if (!p)
		return SIP_E_NOMEM;
	p->before = s->published;
	p->count = s->own_count;
	memcpy(p->of, s->own, size);
	__atomic_store_n(&s->published, p, __ATOMIC_RELEASE);
	return SIP_OK;
}

/* Needs no memory, so that a removal cannot fail. */
static void withdraw(struct sip_stack *s, const struct sip_transport *t)
{
	struct sip__own_published *p = s->published;

	for (size_t i = 0; p && i < p->count; i++)
		if (p->of[i].transport == t)
			__atomic_store_n(&p->of[i].is_gone, true, __ATOMIC_RELAXED);
}

static enum sip_err tell_shards(struct sip_stack *s, struct sip_transport *t, bool is_added)
{
	enum sip_err err = SIP_OK;

	for (unsigned i = 0; i < s->shard_count && err == SIP_OK; i++)
		err = sip_shard_post_transport(s->shards[i].shard, t, is_added, sip__stack_now(s, s->shards[i].loop));
	return err;
}

enum sip_err sip_stack_add_transport(struct sip_stack *s, const struct sip_transport_options *o,
				     struct sip_transport **out)
{
	struct sip_wire *wires[SIP_SHARDS];
	struct sip_transport *t = NULL;
	enum sip_err err;

	MUST_BE(s, SIP__STACK_MAGIC);
	for (unsigned i = 0; i < s->wire_count; i++)
		wires[i] = s->wires[i].wire;
	err = sip_transport_open(o, wires, s->wire_count, &t);
	if (err != SIP_OK)
		return err;
	pthread_rwlock_wrlock(&s->lock);
	err = sip_selector_add(&s->transports, t);
	if (err == SIP_OK) {
		learn_own(s, t, o);
		err = publish(s);
	}
	pthread_rwlock_unlock(&s->lock);
	if (err == SIP_OK)
		err = tell_shards(s, t, true);
	if (err != SIP_OK) {
		enum sip_err removed = sip_stack_remove_transport(s, t);
		if (removed != SIP_OK) /* it never got onto the list */
			sip_transport_close(t);
	} else if (out) {
		*out = t;
	}
	sip_transport_unref(&t);
	return err;
}

enum sip_err sip_stack_remove_transport(struct sip_stack *s, struct sip_transport *t)
{
	bool was_there = false;
	size_t kept = 0;
	enum sip_err err;

	MUST_BE(s, SIP__STACK_MAGIC);
	sip_transport_ref(t);
	pthread_rwlock_wrlock(&s->lock);
	for (size_t i = 0; i < s->transports.count; i++)
		was_there |= s->transports.transports[i] == t;
	if (was_there)
		sip_selector_remove(&s->transports, t);
	for (size_t i = 0; i < s->own_count; i++)
		if (s->own[i].transport != t)
			s->own[kept++] = s->own[i];
	s->own_count = kept;
	withdraw(s, t);
	pthread_rwlock_unlock(&s->lock);
	err = was_there ? tell_shards(s, t, false) : SIP_E_NOTFOUND;
	if (was_there)
		sip_transport_close(t);
	sip_transport_unref(&t);
	return err;
}

size_t sip_stack_transports(struct sip_stack *s, struct sip_transport **out, size_t most)
{
	size_t n = 0;

	MUST_BE(s, SIP__STACK_MAGIC);
	pthread_rwlock_rdlock(&s->lock);
	for (; n < most && n < s->transports.count; n++) {
		out[n] = s->transports.transports[n];
		sip_transport_ref(out[n]);
	}
	pthread_rwlock_unlock(&s->lock);
	return n;
}

static bool is_own(struct sip_stack *s, struct sip_str host, uint16_t port, bool any_port)
{
	const struct sip__own_published *p = __atomic_load_n(&s->published, __ATOMIC_ACQUIRE);

	MUST_BE(s, SIP__STACK_MAGIC);
	for (size_t i = 0; p && i < p->count; i++) {
		const struct sip__own_address *own = &p->of[i];
		if ((any_port || own->port == (port ? port : own->default_port)) && !__atomic_load_n(&own->is_gone, __ATOMIC_RELAXED) &&
		    sip_host_eq(sip_str_make(own->host, own->host_len), host))
			return true;
	}
	return false;
}

bool sip_stack_is_own_address(struct sip_stack *s, struct sip_str host, uint16_t port)
{
	return is_own(s, host, port, false);
}

bool sip_stack_is_own_host(struct sip_stack *s, struct sip_str host)
{
	return is_own(s, host, 0, true);
}

void sip__transports_fini(struct sip_stack *s)
{
	for (size_t i = 0; i < s->transports.count; i++)
		sip_transport_close(s->transports.transports[i]);
	sip_selector_fini(&s->transports);
	s->own_count = 0;
	while (s->published) {
		struct sip__own_published *p = s->published;
		s->published = p->before;
		sip_free(p);
	}
}
