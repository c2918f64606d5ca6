/*
 * The stack's transports: the list every shard's selector follows, and the addresses that
 * mean us. Changed by any thread under a write lock; addresses are asked for with every request
 * and read without one, and with it when they have changed meanwhile.
 */
#include "stack/core/core_priv.h"

#include <ifaddrs.h>

#define WORDS (sizeof(union sip__own_slot) / sizeof(uint64_t))

/*
 * A word that was written in a change is seen only after own_turn has been: whoever then finds the turn even and as it was has read
 * nothing of a change.
 */
static void write_slot(union sip__own_slot *to, const union sip__own_slot *from)
{
	for (size_t i = 0; i < WORDS; i++)
		__atomic_store_n(&to->word[i], from->word[i], __ATOMIC_RELEASE);
}

static void read_words(union sip__own_slot *to, const union sip__own_slot *from, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		to->word[i] = __atomic_load_n(&from->word[i], __ATOMIC_ACQUIRE);
}

/* Around every change, under the write lock. */
static void turn(struct sip_stack *s)
{
	__atomic_store_n(&s->own_turn, s->own_turn + 1, __ATOMIC_RELEASE);
}

static void add_own(struct sip_stack *s, struct sip_transport *t, struct sip_str host, uint16_t port)
{
	union sip__own_slot slot = { .word = { 0 } };
	struct sip__own_address *own = &slot.address;

	if (s->own_count == SIP__OWN_ADDRESSES || host.len == 0 || host.len > sizeof own->host)
		return;
	own->transport = t;
	memcpy(own->host, host.p, host.len);
	own->host_len = (uint32_t)host.len;
	own->port = port;
	own->default_port = sip_transport_kinds[sip_transport_kind_of(t)].default_port;
	write_slot(&s->own[s->own_count], &slot);
	__atomic_store_n(&s->own_count, s->own_count + 1, __ATOMIC_RELEASE);
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
static void add_own_interfaces(struct sip_stack *s, struct sip_transport *t, uint16_t port, const struct ifaddrs *all)
{
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		struct sip_addr a;
		if (!i->ifa_addr || i->ifa_addr->sa_family != sip_addr_family(sip_transport_bound(t)))
			continue;
		if (sip_addr_from_sockaddr(&a, i->ifa_addr, sizeof a.u) == SIP_OK)
			add_own_addr(s, t, &a, port);
	}
}

/* To be freed; NULL when the kernel does not say. */
static struct ifaddrs *interfaces(void)
{
	struct ifaddrs *all = NULL;

	return getifaddrs(&all) == 0 ? all : NULL;
}

/* What it calls itself to everybody. */
static void add_own_advertised(struct sip_stack *s, struct sip_transport *t, uint16_t port)
{
	char text[SIP_ADVERTISED_MAX + sizeof "[]:65535"];
	struct sip_buf b;

	sip_buf_init_fixed(&b, text, sizeof text);
	sip_transport_put_sent_by(t, NULL, &b);
	while (b.len && text[b.len - 1] != ':')
		b.len--;
	if (b.err == SIP_OK && b.len)
		add_own(s, t, sip_str_make(text, b.len - 1), port);
}

static void learn_own(struct sip_stack *s, struct sip_transport *t, const struct ifaddrs *all)
{
	const struct sip_transport_options *o = sip_transport_options_of(t);
	const struct sip_addr *bound = sip_transport_bound(t);
	uint16_t port = sip_addr_port(bound), advertised = o->advertised_port ? o->advertised_port : port;
	bool is_any = sip_addr_is_any(bound);

	if (o->advertised.len || !is_any)
		add_own_advertised(s, t, advertised);
	else if (advertised != port)
		add_own_interfaces(s, t, advertised, all);
	if (is_any)
		add_own_interfaces(s, t, port, all);
	else if (o->advertised.len || advertised != port)
		add_own_addr(s, t, bound, port);
}

static void forget_own(struct sip_stack *s, const struct sip_transport *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->own_count; i++)
		if (s->own[i].address.transport != t)
			write_slot(&s->own[kept++], &s->own[i]);
	__atomic_store_n(&s->own_count, kept, __ATOMIC_RELEASE);
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
	struct ifaddrs *all;
	enum sip_err err;

	MUST_BE(s, SIP__STACK_MAGIC);
	for (unsigned i = 0; i < s->wire_count; i++)
		wires[i] = s->wires[i].wire;
	err = sip_transport_open(o, wires, s->wire_count, &t);
	if (err != SIP_OK)
		return err;
	all = interfaces();
	pthread_rwlock_wrlock(&s->lock);
	err = sip_selector_add(&s->transports, t);
	if (err == SIP_OK) {
		turn(s);
		learn_own(s, t, all);
		turn(s);
	}
	pthread_rwlock_unlock(&s->lock);
	freeifaddrs(all);
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
	enum sip_err err;

	MUST_BE(s, SIP__STACK_MAGIC);
	sip_transport_ref(t);
	pthread_rwlock_wrlock(&s->lock);
	for (size_t i = 0; i < s->transports.count; i++)
		was_there |= s->transports.transports[i] == t;
	if (was_there)
		sip_selector_remove(&s->transports, t);
	turn(s);
	forget_own(s, t);
	turn(s);
	pthread_rwlock_unlock(&s->lock);
	err = was_there ? tell_shards(s, t, false) : SIP_E_NOTFOUND;
	if (was_there)
		sip_transport_close(t);
	sip_transport_unref(&t);
	return err;
}

void sip__transports_forget_sources(struct sip_stack *s)
{
	pthread_rwlock_rdlock(&s->lock);
	for (size_t i = 0; i < s->transports.count; i++)
		sip_transport_forget_sources(s->transports.transports[i]);
	pthread_rwlock_unlock(&s->lock);
}

void sip_stack_learn_addresses(struct sip_stack *s)
{
	struct ifaddrs *all = interfaces();

	MUST_BE(s, SIP__STACK_MAGIC);
	sip__transports_forget_sources(s);
	if (!all) { /* those we know are better than none */
		SIP_LOG(s->o.log, SIP_LOG_WARNING, "core", "this host's addresses could not be read: those known stay");
		return;
	}
	pthread_rwlock_wrlock(&s->lock);
	turn(s);
	__atomic_store_n(&s->own_count, 0, __ATOMIC_RELEASE);
	for (size_t i = 0; i < s->transports.count; i++)
		learn_own(s, s->transports.transports[i], all);
	turn(s);
	pthread_rwlock_unlock(&s->lock);
	freeifaddrs(all);
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

/* With a reference; one bound to that very address before one bound to all. */
static struct sip_transport *find_udp(struct sip_stack *s, const struct sip_addr *ours)
{
	struct sip_transport *found = NULL;

	pthread_rwlock_rdlock(&s->lock);
	for (size_t i = 0; i < s->transports.count; i++) {
		struct sip_transport *t = s->transports.transports[i];
		const struct sip_addr *bound = sip_transport_bound(t);
		bool is_it = sip_addr_eq(bound, ours);

		if (sip_transport_kind_of(t) != SIP_TRANSPORT_UDP || sip_addr_family(bound) != sip_addr_family(ours))
			continue;
		if (is_it || (!found && sip_addr_is_any(bound) && sip_addr_port(bound) == sip_addr_port(ours)))
			found = t;
		if (is_it)
			break;
	}
	if (found)
		sip_transport_ref(found);
	pthread_rwlock_unlock(&s->lock);
	return found;
}

enum sip_err sip_stack_open_flow(struct sip_stack *s, const struct sip_addr *ours, const struct sip_addr *theirs,
				 struct sip_flow **out)
{
	struct sip_transport *t;
	enum sip_err err;

	MUST_BE(s, SIP__STACK_MAGIC);
	*out = NULL;
	t = find_udp(s, ours);
	if (!t)
		return SIP_E_NOTFOUND;
	err = sip_transport_open_flow(t, ours, theirs, out);
	sip_transport_unref(&t);
	return err;
}

static bool find_own(const struct sip_stack *s, struct sip_str host, uint16_t port, bool any_port)
{
	size_t count = __atomic_load_n(&s->own_count, __ATOMIC_ACQUIRE);

	for (size_t i = 0; i < count; i++) {
		union sip__own_slot slot;
		const struct sip__own_address *own = &slot.address;

		read_words(&slot, &s->own[i], 0, 1);
		if ((!any_port && own->port != (port ? port : own->default_port)) || own->host_len > sizeof own->host)
			continue;
		read_words(&slot, &s->own[i], 1, WORDS);
		if (sip_host_eq(sip_str_make(own->host, own->host_len), host))
			return true;
	}
	return false;
}

static bool is_own(struct sip_stack *s, struct sip_str host, uint16_t port, bool any_port)
{
	uint32_t before;
	bool found;

	MUST_BE(s, SIP__STACK_MAGIC);
	before = __atomic_load_n(&s->own_turn, __ATOMIC_ACQUIRE);
	found = find_own(s, host, port, any_port);
	if (before % 2 == 0 && __atomic_load_n(&s->own_turn, __ATOMIC_ACQUIRE) == before)
		return found;
	pthread_rwlock_rdlock(&s->lock);
	found = find_own(s, host, port, any_port);
	pthread_rwlock_unlock(&s->lock);
	return found;
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
}
