/*
 * Transports: a listening point on one or more wires, immutable once open but for being closed.
 * Opening is carried out on the wires' loops; everything else here may be asked by any thread.
 */
#include "stack/transport/transport_priv.h"

#include <net/if.h>

void sip_transport_options_init(struct sip_transport_options *o, enum sip_transport_kind kind)
{
	memset(o, 0, sizeof *o);
	o->kind = kind;
	o->fd = -1;
	o->connections_max = 20000;
	o->queue_bytes_max = 256 * 1024;
	o->queue_age_ms = 10000;
	o->connect_ms = 10000;
	o->idle_s = 3600;
	o->header_ms = 30000;
}

/* ---- what it is called in a Via ---------------------------------------------------------------------------------- */

static void put_sent_by(const struct sip_transport *t, const struct sip_addr *host, struct sip_buf *b)
{
	uint16_t port = t->o.advertised_port ? t->o.advertised_port : sip_addr_port(&t->bound);
	struct sip_str name = t->o.advertised;

	if (!name.len)
		sip_addr_put_uri_host(b, host);
	else if (name.p[0] != '[' && sip_str_find(name, ':') < name.len)
		sip_buf_putf(b, "[%.*s]", SIP_STR_ARG(name));
	else
		sip_buf_put_str(b, name);
	sip_buf_put_char(b, ':');
	sip_buf_put_u64(b, port);
}

static enum sip_err build_via(struct sip_transport *t)
{
	struct sip_buf b;

	if (t->is_any && !t->o.advertised.len)
		return SIP_OK;
	sip_buf_init(&b, 1024);
	SIP_BUF_LIT(&b, "SIP/2.0/");
	sip_buf_put_str(&b, sip_transport_kinds[t->o.kind].via_name);
	sip_buf_put_char(&b, ' ');
	t->sent_by_at = b.len;
	put_sent_by(t, &t->bound, &b);
	if (b.err != SIP_OK) {
		enum sip_err err = b.err;
		sip_buf_fini(&b);
		return err;
	}
	t->via = sip_buf_take(&b, &t->via_len);
	return t->via ? SIP_OK : SIP_E_NOMEM;
}

void sip_transport_put_sent_by(const struct sip_transport *t, const struct sip_addr *peer, struct sip_buf *b)
{
	struct sip_addr from = t->bound;

	if (t->via) {
		sip_buf_put(b, t->via + t->sent_by_at, t->via_len - t->sent_by_at);
		return;
	}
	if (peer && sip__source_find(t, peer, &from) != SIP_OK)
		from = t->bound;
	put_sent_by(t, &from, b);
}

bool sip_transport_is_sent_by(const struct sip_transport *t, struct sip_str host, uint16_t port)
{
	uint16_t own = t->o.advertised_port ? t->o.advertised_port : sip_addr_port(&t->bound);
	size_t len = t->via_len;

	if (own != (port ? port : sip_transport_kinds[t->o.kind].default_port))
		return false;
	if (!t->via) /* any address of this host */
		return true;
	while (len > t->sent_by_at && t->via[len - 1] != ':')
		len--;
	return sip_host_eq(sip_str_make(t->via + t->sent_by_at, len - 1 - t->sent_by_at), host);
}

void sip_transport_put_via(const struct sip_transport *t, const struct sip_addr *peer, struct sip_str branch,
			   bool with_rport, struct sip_buf *b)
{
	if (t->via) {
		sip_buf_put(b, t->via, t->via_len);
	} else {
		SIP_BUF_LIT(b, "SIP/2.0/");
		sip_buf_put_str(b, sip_transport_kinds[t->o.kind].via_name);
		sip_buf_put_char(b, ' ');
		sip_transport_put_sent_by(t, peer, b);
	}
	if (with_rport)
		SIP_BUF_LIT(b, ";rport");
	if (t->o.adds_alias && t->o.kind == SIP_TRANSPORT_TLS)
		SIP_BUF_LIT(b, ";alias");
	SIP_BUF_LIT(b, ";branch=");
	sip_buf_put_str(b, branch);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void transport_free(void *object)
{
	struct sip_transport *t = SIP_CONTAINER(object, struct sip_transport, ref);

	for (size_t i = 0; i < t->count; i++) {
		sip_tls_context_unref(&t->endpoints[i].tls);
		sip_wire_unref(&t->endpoints[i].wire);
	}
	if (t->sources)
		pthread_mutex_destroy(&t->sources->lock);
	sip_free(t->sources);
	sip_free(t->via);
	sip_free((void *)(uintptr_t)t->o.advertised.p);
	sip_free((void *)(uintptr_t)t->o.device.p);
	sip_free((void *)(uintptr_t)t->o.ws_origins.p);
	sip_free((void *)(uintptr_t)t->o.ws_resource.p);
	sip_free(t->ws_origins);
	sip_transport_unref(&t->o.beside);
	if (t->o.net)
		sip_memory_net_unref(&t->o.net);
	sip_free(t);
}

static void run_close(struct sip__command *c)
{
	struct sip__endpoint *e = SIP_CONTAINER(c, struct sip__endpoint, close);
	struct sip_transport *t = e->transport;

	sip__endpoint_close(e);
	sip_transport_unref(&t);
}

static const struct sip__kind *kind_for(const struct sip_transport_options *o)
{
	bool is_stream;

	if ((unsigned)o->kind >= SIP_TRANSPORT_KIND_COUNT)
		return NULL;
	is_stream = sip_transport_kinds[o->kind].is_stream;
	if (o->kind == SIP_TRANSPORT_DTLS)
		return &sip__kind_dtls;
	if (o->net)
		return is_stream ? &sip__kind_memory_stream : &sip__kind_memory_datagram;
	if (o->kind == SIP_TRANSPORT_UDP)
		return &sip__kind_udp;
	return is_stream ? &sip__kind_tcp : NULL;
}

static bool copy_text(struct sip_str from, struct sip_str *to)
{
	char *copy = from.len ? sip_strdup(from.p, from.len) : NULL;

	*to = sip_str_make(copy, copy ? from.len : 0);
	return copy || !from.len;
}

static enum sip_err split_origins(struct sip_transport *t)
{
	struct sip_str rest = t->o.ws_origins, one;
	size_t most = 1;

	for (size_t i = 0; i < rest.len; i++)
		most += rest.p[i] == ',';
	if (!rest.len)
		return SIP_OK;
	t->ws_origins = sip_alloc(most * sizeof *t->ws_origins);
	if (!t->ws_origins)
		return SIP_E_NOMEM;
	while (sip_str_cut(&rest, ',', &one))
		if (one.len)
			t->ws_origins[t->ws_origin_count++] = one;
	return SIP_OK;
}

static enum sip_err copy_options(struct sip_transport *t, const struct sip_transport_options *o)
{
	t->o = *o;
	t->o.advertised = t->o.device = t->o.ws_origins = t->o.ws_resource = sip_str_make(NULL, 0);
	t->o.tls = NULL; /* the endpoints have it */
	if (t->o.net)
		sip_memory_net_ref(t->o.net);
	if (t->o.beside) {
		sip_transport_ref(t->o.beside);
		t->o.bind = t->o.beside->bound;
	}
	if (!copy_text(o->advertised, &t->o.advertised) || !copy_text(o->device, &t->o.device) ||
	    !copy_text(o->ws_origins, &t->o.ws_origins) ||
	    !copy_text(o->ws_resource, &t->o.ws_resource) || split_origins(t) != SIP_OK)
		return SIP_E_NOMEM;
	t->is_any = sip_addr_is_any(&t->o.bind);
	t->zone = t->o.device.len ? if_nametoindex(t->o.device.p) : 0;
	if ((t->is_any || o->device.len) && !o->net) {
		t->sources = sip_alloc_zero(sizeof *t->sources);
		if (!t->sources)
			return SIP_E_NOMEM;
		pthread_mutex_init(&t->sources->lock, NULL);
	}
	return SIP_OK;
}

static bool is_beside(const struct sip_transport_options *o)
{
	return o->beside->o.net == o->net && !o->beside->o.beside &&
	       ((o->kind == SIP_TRANSPORT_WS && o->beside->o.kind == SIP_TRANSPORT_TCP) ||
		(o->kind == SIP_TRANSPORT_WSS && o->beside->o.kind == SIP_TRANSPORT_TLS));
}

/* NULL where there is nothing to agree; of DTLS one for datagrams. */
static bool is_context_of(enum sip_transport_kind kind, const struct sip_tls_context *tls)
{
	return sip_transport_kinds[kind].is_secure ? tls && sip_tls_context_is_datagram(tls) == (kind == SIP_TRANSPORT_DTLS) : !tls;
}

static bool is_in_range(const struct sip_transport_options *o)
{
	return o->dscp < 64 && (unsigned)o->size_switch <= SIP_SIZE_SWITCH_OFF && o->advertised.len <= SIP_ADVERTISED_MAX &&
	       o->device.len < IFNAMSIZ;
}

static enum sip_err transport_create(const struct sip_transport_options *o, struct sip_wire *const *wires, size_t count,
				     struct sip_transport **out)
{
	static uint32_t last_id;
	const struct sip__kind *kind = kind_for(o);
	struct sip_transport *t;

	if (!kind)
		return SIP_E_UNSUPPORTED;
	if (!is_context_of(o->kind, o->tls) || (o->beside && !is_beside(o)) || (o->fd >= 0 && (o->beside || o->net)) ||
	    o->connections_max == 0)
		return SIP_E_INVAL;
	if (!is_in_range(o))
		return SIP_E_RANGE;
	t = sip_alloc_zero(sizeof *t + count * sizeof t->endpoints[0]);
	if (!t)
		return SIP_E_NOMEM;
	sip_ref_init(&t->ref, SIP__TRANSPORT_MAGIC, transport_free);
	t->id = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
	for (size_t i = 0; i < count; i++) {
		struct sip__endpoint *e = &t->endpoints[i];
		e->wire = wires[i];
		sip_ref_get(&wires[i]->ref);
		e->transport = t;
		e->kind = kind;
		e->close.run = run_close;
		e->tls = o->tls;
		if (e->tls)
			sip_tls_context_ref(e->tls);
	}
	t->count = count;
	*out = t;
	return copy_options(t, o);
}

struct opening {
	struct sip__endpoint *e;
	struct sip_addr *at;
	bool is_first;
};

/* The name must stand before the first message comes. */
static enum sip_err open_one(void *arg)
{
	struct opening *o = arg;
	enum sip_err err = sip__endpoint_open(o->e, o->at);

	if (err != SIP_OK || !o->is_first)
		return err;
	o->e->transport->bound = *o->at;
	err = build_via(o->e->transport);
	if (err != SIP_OK)
		sip__endpoint_close(o->e);
	return err;
}

static enum sip_err close_one(void *arg)
{
	struct opening *o = arg;
	sip__endpoint_close(o->e);
	return SIP_OK;
}

static enum sip_err open_all(struct sip_transport *t)
{
	struct sip_addr at = t->o.bind; /* with a port from the first wire on */
	enum sip_err err = SIP_OK;
	size_t i;

	for (i = 0; i < t->count; i++) {
		struct opening o = { &t->endpoints[i], &at, i == 0 };
		err = sip__wire_call(t->endpoints[i].wire, open_one, &o);
		if (err != SIP_OK)
			break;
	}
	if (err == SIP_OK)
		return SIP_OK;
	while (i-- > 0) {
		struct opening o = { &t->endpoints[i], &at, false };
		if (sip__wire_call(t->endpoints[i].wire, close_one, &o) != SIP_OK)
			continue; /* the wire went down meanwhile and took its endpoint along */
	}
	return err;
}

enum sip_err sip_transport_open(const struct sip_transport_options *o, struct sip_wire *const *wires, size_t count,
				struct sip_transport **out)
{
	struct sip_transport *t = NULL;
	enum sip_err err;

	*out = NULL;
	if (!count || (!o->beside && sip_addr_is_none(&o->bind)))
		return SIP_E_INVAL;
	err = transport_create(o, wires, count, &t);
	if (err == SIP_OK)
		err = open_all(t);
	if (err != SIP_OK) {
		sip_transport_unref(&t);
		return err;
	}
	*out = t;
	return SIP_OK;
}

struct new_tls {
	struct sip__command command;
	struct sip__endpoint *endpoint;  /* lent by its transport, … */
	struct sip_transport *transport; /* owned: … of which this is a reference */
	struct sip_tls_context *tls;     /* owned: a reference */
};

static void new_tls_free(struct new_tls *n)
{
	sip_transport_unref(&n->transport);
	sip_tls_context_unref(&n->tls);
	sip_free(n);
}

static void run_new_tls(struct sip__command *c)
{
	struct new_tls *n = SIP_CONTAINER(c, struct new_tls, command);
	struct sip_tls_context *before = n->endpoint->tls;

	n->endpoint->tls = n->tls;
	n->tls = before;
	new_tls_free(n);
}

static enum sip_err post_new_tls(struct sip_transport *t, size_t i, struct sip_tls_context *tls)
{
	struct sip_fifo *fifo = &t->endpoints[i].wire->fifo;
	const struct sip_clock *clock = sip_loop_clock(t->endpoints[i].wire->loop);
	struct new_tls *n = sip_alloc_zero(sizeof *n);
	enum sip_err err;

	if (!n)
		return SIP_E_NOMEM;
	n->command.run = run_new_tls;
	n->endpoint = &t->endpoints[i];
	n->transport = t;
	sip_transport_ref(t);
	n->tls = tls;
	sip_tls_context_ref(tls);
	err = sip_fifo_post_answer(fifo, &n->command.node, clock->now_us(clock->arg));
	if (err != SIP_OK)
		new_tls_free(n);
	return err;
}

enum sip_err sip_transport_set_tls(struct sip_transport *t, struct sip_tls_context *tls)
{
	enum sip_err err = tls && is_context_of(t->o.kind, tls) ? SIP_OK : SIP_E_INVAL;

	for (size_t i = 0; i < t->count && err == SIP_OK; i++)
		err = post_new_tls(t, i, tls);
	return err;
}

void sip_transport_close(struct sip_transport *t)
{
	__atomic_store_n(&t->is_closed, true, __ATOMIC_RELEASE);
	for (size_t i = 0; i < t->count; i++) {
		struct sip__endpoint *e = &t->endpoints[i];
		const struct sip_clock *clock = sip_loop_clock(e->wire->loop);
		struct sip_transport *held = t;

		if (__atomic_exchange_n(&e->is_close_posted, true, __ATOMIC_ACQ_REL))
			continue;
		sip_transport_ref(held);
		if (sip_fifo_post_answer(&e->wire->fifo, &e->close.node, clock->now_us(clock->arg)) != SIP_OK)
			sip_transport_unref(&held); /* the wire is down */
	}
}

void sip_transport_ref(struct sip_transport *t)
{
	sip_ref_get(&t->ref);
}

void sip_transport_unref(struct sip_transport **t)
{
	struct sip_transport *transport = *t;

	*t = NULL;
	if (transport)
		sip_ref_put(&transport->ref);
}

uint32_t sip_transport_id(const struct sip_transport *t)
{
	return t->id;
}

enum sip_transport_kind sip_transport_kind_of(const struct sip_transport *t)
{
	return t->o.kind;
}

const struct sip_transport_options *sip_transport_options_of(const struct sip_transport *t)
{
	return &t->o;
}

void sip_transport_take_zone(const struct sip_transport *t, struct sip_addr *to)
{
	sip_addr_take_zone(to, &t->bound);
	if (t->zone && sip_addr_is_link_local(to) && to->u.in6.sin6_scope_id == 0)
		to->u.in6.sin6_scope_id = t->zone;
}

const struct sip_addr *sip_transport_bound(const struct sip_transport *t)
{
	return &t->bound;
}

bool sip_transport_is_closed(const struct sip_transport *t)
{
	return __atomic_load_n(&t->is_closed, __ATOMIC_ACQUIRE);
}

/* ---- which wire -------------------------------------------------------------------------------------------------- */

struct sip__endpoint *sip__transport_endpoint(struct sip_transport *t, const struct sip_wire *w)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->endpoints[i].wire == w)
			return &t->endpoints[i];
	return NULL;
}

struct sip_wire *sip__transport_wire(struct sip_transport *t, const struct sip_addr *to)
{
	static const struct sip_hash_key key;

	if (t->count == 1)
		return t->endpoints[0].wire;
	/* A datagram goes from wherever it is; connections of one peer meet on one wire. */
	for (size_t i = 0; i < t->count && !sip_transport_kinds[t->o.kind].is_stream; i++)
		if (sip_loop_is_mine(t->endpoints[i].wire->loop))
			return t->endpoints[i].wire;
	return t->endpoints[sip_addr_hash(&key, to) % t->count].wire;
}
