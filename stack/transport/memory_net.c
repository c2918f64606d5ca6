/*
 * The memory net: a network inside the process. What is sent becomes a parcel in the receiving
 * wire's FIFO, with the time it shall arrive; chance decides about it in one place, under one
 * lock, so that one seed on one thread gives one history.
 */
#include "stack/transport/transport_priv.h"

#define BINDINGS_MAX 65536
#define PEERS_MAX 4096
#define FATES_MAX 256
#define PARCELS_MAX 65536
#define FIRST_PORT 49152

struct fate {
	struct sip_addr to;
	enum sip_memory_fate fate;
};

struct peer {
	struct sip_hash_node node;
	struct sip_addr at;
	sip_memory_peer_fn fn;
	void *arg;
};

struct sip_memory_net {
	struct sip_ref ref;
	pthread_mutex_t lock;
	struct sip_memory_options o;
	struct sip_rand rand;
	struct sip_hash_key key;
	struct sip_hash bindings;
	struct sip_hash peers;
	struct fate fates[FATES_MAX];
	size_t fate_count;
	uint16_t next_port;
	size_t in_flight;              /* atomic */
	sip_memory_tap_fn tap;
	void *tap_arg;
};

/* ---- life -------------------------------------------------------------------------------------------------------- */

void sip_memory_options_init(struct sip_memory_options *o)
{
	memset(o, 0, sizeof *o);
	o->seed = 1;
}

static bool free_peer(void *arg, struct sip_hash_node *node)
{
	struct sip_memory_net *n = arg;
	struct peer *p = SIP_CONTAINER(node, struct peer, node);

	(void)sip_hash_remove(&n->peers, node);
	sip_free(p);
	return true;
}

static void net_free(void *object)
{
	struct sip_memory_net *n = SIP_CONTAINER(object, struct sip_memory_net, ref);

	sip_hash_walk(&n->peers, free_peer, n);
	sip_hash_fini(&n->peers);
	sip_hash_fini(&n->bindings);
	pthread_mutex_destroy(&n->lock);
	sip_free(n);
}

enum sip_err sip_memory_net_create(const struct sip_memory_options *o, struct sip_memory_net **out)
{
	struct sip_memory_net *n = sip_alloc_zero(sizeof *n);

	*out = n;
	if (!n)
		return SIP_E_NOMEM;
	sip_ref_init(&n->ref, SIP__MEMORY_NET_MAGIC, net_free);
	pthread_mutex_init(&n->lock, NULL);
	n->o = *o;
	n->next_port = FIRST_PORT;
	sip_rand_init_seed(&n->rand, o->seed);
	sip_hash_init(&n->bindings, BINDINGS_MAX);
	sip_hash_init(&n->peers, PEERS_MAX);
	return SIP_OK;
}

void sip_memory_net_ref(struct sip_memory_net *n)
{
	sip_ref_get(&n->ref);
}

void sip_memory_net_unref(struct sip_memory_net **n)
{
	struct sip_memory_net *net = *n;

	*n = NULL;
	if (net)
		sip_ref_put(&net->ref);
}

void sip_memory_net_set(struct sip_memory_net *n, const struct sip_memory_options *o)
{
	pthread_mutex_lock(&n->lock);
	if (o->seed != n->o.seed)
		sip_rand_init_seed(&n->rand, o->seed);
	n->o = *o;
	pthread_mutex_unlock(&n->lock);
}

void sip_memory_net_tap(struct sip_memory_net *n, sip_memory_tap_fn fn, void *arg)
{
	pthread_mutex_lock(&n->lock);
	n->tap = fn;
	n->tap_arg = arg;
	pthread_mutex_unlock(&n->lock);
}

size_t sip_memory_net_in_flight(const struct sip_memory_net *n)
{
	return __atomic_load_n(&n->in_flight, __ATOMIC_RELAXED);
}

enum sip_err sip_memory_net_fate(struct sip_memory_net *n, const struct sip_addr *to, enum sip_memory_fate fate)
{
	enum sip_err err = SIP_OK;
	size_t i;

	pthread_mutex_lock(&n->lock);
	for (i = 0; i < n->fate_count && !sip_addr_eq(&n->fates[i].to, to); i++)
		;
	if (fate == SIP_MEMORY_UP) {
		if (i < n->fate_count)
			n->fates[i] = n->fates[--n->fate_count];
	} else if (i < FATES_MAX) {
		n->fates[i].to = *to;
		n->fates[i].fate = fate;
		if (i == n->fate_count)
			n->fate_count++;
	} else {
		err = SIP_E_LIMIT;
	}
	pthread_mutex_unlock(&n->lock);
	return err;
}

static enum sip_memory_fate fate_of(const struct sip_memory_net *n, const struct sip_addr *to)
{
	for (size_t i = 0; i < n->fate_count; i++) {
		const struct fate *f = &n->fates[i];
		if (sip_addr_port(&f->to) ? sip_addr_eq(&f->to, to) : sip_addr_eq_host(&f->to, to))
			return f->fate;
	}
	return SIP_MEMORY_UP;
}

/* ---- who is where ------------------------------------------------------------------------------------------------ */

static uint64_t hash_of(const struct sip_memory_net *n, const struct sip_addr *at, bool is_stream)
{
	return sip_hash_mix(sip_addr_hash(&n->key, at), is_stream);
}

/* The pick-th of those bound there, counted over; NULL: there are none. */
static struct sip__memory_binding *find(const struct sip_memory_net *n, const struct sip_addr *at, bool is_stream,
					size_t pick)
{
	uint64_t hash = hash_of(n, at, is_stream);
	struct sip__memory_binding *found[64];
	size_t count = 0;

	for (struct sip_hash_node *node = sip_hash_first(&n->bindings, hash); node && count < SIP_COUNTOF(found);
	     node = sip_hash_next(node)) {
		struct sip__memory_binding *b = SIP_CONTAINER(node, struct sip__memory_binding, node);
		if (b->is_stream == is_stream && sip_addr_eq(&b->at, at))
			found[count++] = b;
	}
	return count ? found[pick % count] : NULL;
}

static enum sip_err choose_port(struct sip_memory_net *n, struct sip_addr *at, bool is_stream)
{
	for (unsigned tries = 0; tries < 65536 - FIRST_PORT; tries++) {
		sip_addr_set_port(at, n->next_port);
		n->next_port = n->next_port == UINT16_MAX ? FIRST_PORT : (uint16_t)(n->next_port + 1);
		if (!find(n, at, is_stream, 0))
			return SIP_OK;
	}
	return SIP_E_LIMIT;
}

enum sip_err sip__memory_bind(struct sip_memory_net *n, struct sip__memory_binding *b, const struct sip__endpoint *e,
			      struct sip_addr *at)
{
	const struct sip__memory_binding *other;
	enum sip_err err = SIP_OK;

	if (sip_addr_is_any(at))
		return SIP_E_INVAL;
	b->is_stream = sip_transport_kinds[e->transport->o.kind].is_stream;
	b->transport = e->transport->id;
	b->wire = e->wire;
	pthread_mutex_lock(&n->lock);
	if (!sip_addr_port(at))
		err = choose_port(n, at, b->is_stream);
	other = find(n, at, b->is_stream, 0);
	if (err == SIP_OK && other && other->transport != b->transport)
		err = SIP_E_INUSE;
	if (err == SIP_OK) {
		b->at = *at;
		err = sip_hash_add(&n->bindings, &b->node, hash_of(n, at, b->is_stream));
	}
	pthread_mutex_unlock(&n->lock);
	return err;
}

void sip__memory_unbind(struct sip_memory_net *n, struct sip__memory_binding *b)
{
	pthread_mutex_lock(&n->lock);
	(void)sip_hash_remove(&n->bindings, &b->node);
	pthread_mutex_unlock(&n->lock);
}

static struct peer *find_peer(const struct sip_memory_net *n, const struct sip_addr *at)
{
	struct sip_hash_node *node = sip_hash_first(&n->peers, hash_of(n, at, false));

	for (; node; node = sip_hash_next(node)) {
		struct peer *p = SIP_CONTAINER(node, struct peer, node);
		if (sip_addr_eq(&p->at, at))
			return p;
	}
	return NULL;
}

enum sip_err sip_memory_net_peer(struct sip_memory_net *n, const struct sip_addr *at, sip_memory_peer_fn fn, void *arg)
{
	struct peer *made = fn ? sip_alloc_zero(sizeof *made) : NULL;
	enum sip_err err = SIP_OK;
	struct peer *p;

	if (fn && !made)
		return SIP_E_NOMEM;
	pthread_mutex_lock(&n->lock);
	p = find_peer(n, at);
	if (p && !fn) {
		(void)sip_hash_remove(&n->peers, &p->node);
		made = p;
	} else if (p) {
		p->fn = fn;
		p->arg = arg;
	} else if (made) {
		*made = (struct peer){ .at = *at, .fn = fn, .arg = arg };
		err = sip_hash_add(&n->peers, &made->node, hash_of(n, at, false));
		if (err == SIP_OK)
			made = NULL;
	}
	pthread_mutex_unlock(&n->lock);
	sip_free(made);
	return err;
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

static struct sip__parcel *parcel_create(struct sip_memory_net *n, const struct sip__posting *p)
{
	struct sip__parcel *parcel = sip_alloc_zero(sizeof *parcel);

	if (!parcel)
		return NULL;
	parcel->net = n;
	sip_memory_net_ref(n);
	__atomic_add_fetch(&n->in_flight, 1, __ATOMIC_RELAXED);
	parcel->kind = p->kind;
	parcel->from = *p->from;
	parcel->to = *p->to;
	parcel->packet = p->packet;
	if (p->packet)
		sip_packet_ref(p->packet);
	return parcel;
}

void sip__parcel_free(struct sip__parcel *p)
{
	__atomic_sub_fetch(&p->net->in_flight, 1, __ATOMIC_RELAXED);
	sip_list_remove(&p->waiting);
	if (p->packet)
		sip_packet_unref(&p->packet);
	sip_memory_net_unref(&p->net);
	sip_free(p);
}

static int64_t delay(struct sip_memory_net *n)
{
	int64_t span = n->o.delay_max_us - n->o.delay_min_us;

	return n->o.delay_min_us + (span > 0 ? (int64_t)sip_rand_below(&n->rand, (uint64_t)span + 1) : 0);
}

static int64_t arrival(struct sip_memory_net *n, struct sip__posting *p, bool is_stream)
{
	int64_t due = p->now_us + delay(n);

	/* Late enough for what is sent after it to overtake. */
	if (!is_stream && n->o.reorder && sip_rand_chance(&n->rand, n->o.reorder))
		due += SIP_MS(5) + n->o.delay_max_us + delay(n);
	if (is_stream && due < p->due_us)
		due = p->due_us;
	p->due_us = due;
	return due;
}

static enum sip_err post_to(struct sip_memory_net *n, struct sip__posting *p, const struct sip__memory_binding *b)
{
	struct sip__parcel *parcel;
	enum sip_err err;

	if (sip_memory_net_in_flight(n) >= PARCELS_MAX)
		return SIP_E_LIMIT;
	parcel = parcel_create(n, p);
	if (!parcel)
		return SIP_E_NOMEM;
	parcel->wire = b->wire;
	parcel->due_us = arrival(n, p, b->is_stream);
	err = sip_fifo_post_essential(&b->wire->inbound, &parcel->node, p->now_us);
	if (err != SIP_OK)
		sip__parcel_free(parcel);
	return err;
}

/* Chance has its say; what does not arrive was still sent. */
static void post_datagram(struct sip_memory_net *n, struct sip__posting *p, const struct sip__memory_binding *b)
{
	bool is_lost = n->o.loss && sip_rand_chance(&n->rand, n->o.loss);
	bool is_doubled = n->o.duplicate && sip_rand_chance(&n->rand, n->o.duplicate);

	if (!is_lost && post_to(n, p, b) != SIP_OK)
		return; /* a full buffer loses datagrams too */
	if (is_doubled && post_to(n, p, b) != SIP_OK)
		return;
}

static enum sip_err judge(struct sip_memory_net *n, const struct sip__posting *p)
{
	struct sip_str bytes = sip_str_make(NULL, 0);

	if (p->packet)
		bytes = sip_str_make(sip_packet_bytes(p->packet), sip_packet_len(p->packet));
	switch (fate_of(n, p->to)) {
	case SIP_MEMORY_UP:
		break;
	case SIP_MEMORY_REFUSES:
		return SIP_E_REFUSED;
	case SIP_MEMORY_BLACKHOLE:
		return SIP_E_TIMEOUT;
	}
	if (p->packet && n->tap && !n->tap(n->tap_arg, p->transport, p->from, p->to, bytes))
		return p->kind == SIP__PARCEL_DATAGRAM ? SIP_E_TIMEOUT : SIP_E_REFUSED;
	return SIP_OK;
}

enum sip_err sip__memory_post(struct sip_memory_net *n, struct sip__posting *p)
{
	bool is_stream = p->kind != SIP__PARCEL_DATAGRAM;
	const struct sip__memory_binding *b;
	struct peer peer = { .fn = NULL };
	const struct peer *found;
	enum sip_err err;

	pthread_mutex_lock(&n->lock);
	err = judge(n, p);
	if (err == SIP_OK) {
		found = is_stream ? NULL : find_peer(n, p->to);
		b = find(n, p->to, is_stream, sip_addr_hash(&n->key, p->from));
		if (found && !(n->o.loss && sip_rand_chance(&n->rand, n->o.loss)))
			peer = *found;
		if (!found && !b)
			err = SIP_E_REFUSED;
		else if (!found && is_stream)
			err = post_to(n, p, b);
		else if (!found)
			post_datagram(n, p, b);
	}
	pthread_mutex_unlock(&n->lock);
	if (peer.fn)
		peer.fn(peer.arg, p->from, sip_str_make(sip_packet_bytes(p->packet), sip_packet_len(p->packet)));
	return err;
}

enum sip_err sip_memory_net_inject(struct sip_memory_net *n, const struct sip_addr *from, const struct sip_addr *to,
				   struct sip_str bytes, int64_t now_us)
{
	struct sip__posting p = { .kind = SIP__PARCEL_DATAGRAM, .transport = SIP_TRANSPORT_UDP, .from = from, .to = to,
				  .now_us = now_us };
	enum sip_err err;

	p.packet = sip_packet_copy(bytes.p, bytes.len);
	if (!p.packet)
		return SIP_E_NOMEM;
	err = sip__memory_post(n, &p);
	sip_packet_unref(&p.packet);
	return err == SIP_E_TIMEOUT ? SIP_OK : err;
}
