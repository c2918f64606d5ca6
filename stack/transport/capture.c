/*
 * Captures: the tap on the wires' loops, which takes references and passes them on in batches; the FIFO between, bounded in messages
 * and memory; and the end on the capture's loop, which gives each message to collector, file and program. A capture outlives its end
 * for as long as a wire's tap refers to it.
 */
#include "stack/transport/transport_priv.h"

#define TAP_BATCH 64
#define TAP_US SIP_MS(10)       /* how long a message waits for others on its wire: a wake-up costs more than all else here */
#define MESSAGES_MAX 16384u
#define BYTES_MAX ((size_t)16 << 20)
#define QUEUE_BYTES ((size_t)1 << 20)
#define QUEUE_BYTES_LEAST ((size_t)128 << 10)
#define FILE_BYTES ((uint64_t)100 << 20)
#define FILE_BYTES_LEAST ((uint64_t)64 << 10)

struct captured { /* a message on its way */
	struct sip_fifo_node node;
	struct sip_capture_record record;
	struct sip_packet *packet;      /* owned */
	struct sip_packet *body_packet; /* owned; NULL: record.bytes is all */
	struct sip_str body;
	size_t cost;                    /* of the capture's bytes_max */
};

struct sip__tap { /* a capture on a wire; the wire's loop */
	struct sip__tap *next;          /* owned */
	struct sip_capture *capture;    /* owned: a reference */
	struct sip_wire *wire;          /* lent: its owner */
	struct sip_fifo_batch batch;
	struct captured *newest;        /* lent by the batch: its last; NULL: it is empty */
	struct sip_timer timer;         /* armed while there is something in it */
};

struct sip_capture {
	struct sip_ref ref;             /* one is the owner's, one each tap's */
	struct sip_fifo fifo;
	size_t bytes;                   /* taken and not passed on; atomic */
	size_t bytes_max;
	struct sip_loop *loop;          /* owned: a reference, until it is destroyed */
	struct sip_loop_hook hook;
	char *auth_key;                 /* owned */
	struct sip__hep_sender *hep;    /* owned; NULL: no collector */
	struct sip__capture_file *file; /* owned; NULL: no file */
	sip_capture_fn on_message;      /* may be NULL */
	void *arg;
};

static void free_captured(struct captured *k)
{
	sip_packet_unref(&k->packet);
	sip_packet_unref(&k->body_packet);
	sip_free(k);
}

/* ---- the tap ------------------------------------------------------------------------------------------------------ */

/*
 * What it keeps from being freed: a message holds all of the packet it came in, which may be much larger. Of those that came in one
 * and follow each other the last one bears it: it is let go of last. Returns by how much the capture holds more than before.
 */
static size_t set_cost(const struct sip__tap *t, struct captured *k)
{
	size_t packet = sip_packet_memory(k->packet);

	k->cost = sizeof *k + packet + (k->body_packet ? sip_packet_memory(k->body_packet) : 0);
	return t->newest && t->newest->packet == k->packet ? k->cost - packet : k->cost;
}

static void add_to_batch(struct sip__tap *t, struct captured *k)
{
	if (t->newest && t->newest->packet == k->packet)
		t->newest->cost -= sip_packet_memory(k->packet);
	t->newest = k;
	sip_fifo_batch_add(&t->batch, &k->node);
}

/* Of which the capture has counted so much. */
static void drop(struct sip__tap *t, struct captured *k, size_t cost)
{
	sip_metric_count(t->wire->cells, SIP_M_CAPTURE_DROP_QUEUE);
	__atomic_sub_fetch(&t->capture->bytes, cost, __ATOMIC_RELAXED);
	free_captured(k);
}

static void pass_on(void *arg)
{
	struct sip__tap *t = arg;
	struct sip_fifo_node *n;

	sip_loop_disarm(t->wire->loop, &t->timer);
	t->newest = NULL;
	if (sip_fifo_post_batch(&t->capture->fifo, &t->batch, sip_loop_now(t->wire->loop)) == SIP_OK)
		return;
	while ((n = sip_fifo_batch_pop(&t->batch)) != NULL) {
		struct captured *k = SIP_CONTAINER(n, struct captured, node);

		drop(t, k, k->cost);
	}
}

static void take(struct sip__tap *t, const struct captured *seen)
{
	struct captured *k = sip_alloc(sizeof *k);
	size_t more;

	if (!k) {
		sip_metric_count(t->wire->cells, SIP_M_CAPTURE_DROP_QUEUE);
		return;
	}
	*k = *seen;
	sip_packet_ref(k->packet);
	if (k->body_packet)
		sip_packet_ref(k->body_packet);
	more = set_cost(t, k);
	if (__atomic_add_fetch(&t->capture->bytes, more, __ATOMIC_RELAXED) > t->capture->bytes_max) {
		drop(t, k, more);
		return;
	}
	sip_metric_count(t->wire->cells, SIP_M_CAPTURED);
	add_to_batch(t, k);
	if (t->batch.count >= TAP_BATCH)
		pass_on(t);
	else if (t->batch.count == 1)
		sip_loop_arm(t->wire->loop, &t->timer, TAP_US);
}

/* Line ends alone, and STUN, are no messages. */
static bool is_message(struct sip_str bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.p[i] != '\r' && bytes.p[i] != '\n')
			return !sip__stun_is(bytes);
	return false;
}

static void take_all(struct sip_wire *w, struct captured *seen)
{
	const struct sip_clock *clock = sip_loop_clock(w->loop);

	if (!is_message(seen->record.bytes))
		return;
	seen->record.wall_us = clock->wall_us(clock->arg);
	for (struct sip__tap *t = w->taps; t; t = t->next)
		take(t, seen);
}

static struct sip_str bytes_of(const struct sip_packet *p)
{
	return sip_str_make(sip_packet_bytes(p), sip_packet_len(p));
}

void sip__tap_datagram(struct sip__endpoint *e, struct sip_packet *packet, const struct sip_addr *source,
		       const struct sip_addr *local)
{
	struct captured seen = { .packet = packet, .record = { .kind = e->transport->o.kind, .from = *source, .to = *local,
							       .bytes = bytes_of(packet) } };

	take_all(e->wire, &seen);
}

void sip__tap_message(const struct sip_flow *f, const struct sip_message *m)
{
	struct captured seen = { .record = { .kind = (enum sip_transport_kind)f->kind, .from = f->remote, .to = f->local } };
	struct sip_raw raw;

	sip_message_raw(m, &raw);
	seen.packet = raw.packet;
	seen.record.bytes = raw.bytes;
	seen.body_packet = raw.body_packet;
	seen.body = raw.body;
	take_all(f->wire, &seen);
}

/* Where an any-address sends from is the kernel's choice, unless it was told. */
static void set_source(struct sip_capture_record *r, const struct sip_transport *t, const struct sip_flow *f)
{
	struct sip_addr host;

	r->from = t->bound;
	if (f && !sip_addr_is_any(&f->local)) {
		r->from = f->local;
	} else if (t->is_any && sip__source_find(t, &r->to, &host) == SIP_OK) {
		r->from = host;
		sip_addr_set_port(&r->from, sip_addr_port(&t->bound));
	}
}

void sip__tap_sent(struct sip__endpoint *e, const struct sip_flow *f, const struct sip_send *s)
{
	struct captured seen = { .packet = s->packet, .record = { .kind = e->transport->o.kind, .is_out = true,
								  .bytes = bytes_of(s->packet) } };

	seen.record.to = f && (e->transport->o.kind != SIP_TRANSPORT_UDP || sip_addr_is_none(&s->to)) ? f->remote : s->to;
	set_source(&seen.record, e->transport, f);
	take_all(e->wire, &seen);
}

/* ---- taps come and go ----------------------------------------------------------------------------------------------- */

static void capture_free(void *object)
{
	struct sip_capture *c = SIP_CONTAINER(object, struct sip_capture, ref);

	sip_fifo_fini(&c->fifo, NULL);
	sip_free(c->auth_key);
	sip_free(c);
}

/* The one at *at. */
static void end_tap(struct sip__tap **at)
{
	struct sip__tap *t = *at;

	*at = t->next;
	pass_on(t);
	sip_ref_put(&t->capture->ref);
	sip_free(t);
}

void sip__taps_end(struct sip_wire *w)
{
	while (w->taps)
		end_tap(&w->taps);
}

struct change {
	struct sip_capture *capture;
	struct sip_wire *wire;
};

static enum sip_err add_tap(void *arg)
{
	const struct change *change = arg;
	struct sip_wire *w = change->wire;
	struct sip__tap *t;
	size_t count = 0;

	if (w->is_down)
		return SIP_E_CLOSED;
	for (t = w->taps; t; t = t->next)
		if (++count == SIP_CAPTURES_MAX)
			return SIP_E_LIMIT;
	t = sip_alloc_zero(sizeof *t);
	if (!t)
		return SIP_E_NOMEM;
	t->capture = change->capture;
	sip_ref_get(&t->capture->ref);
	t->wire = w;
	sip_fifo_batch_init(&t->batch);
	sip_timer_init(&t->timer, pass_on, t);
	t->next = w->taps;
	w->taps = t;
	return SIP_OK;
}

static enum sip_err remove_tap(void *arg)
{
	const struct change *change = arg;

	for (struct sip__tap **at = &change->wire->taps; *at; at = &(*at)->next) {
		if ((*at)->capture == change->capture) {
			end_tap(at);
			return SIP_OK;
		}
	}
	return SIP_E_NOTFOUND;
}

enum sip_err sip_capture_add_wire(struct sip_capture *c, struct sip_wire *w)
{
	struct change change = { c, w };

	return sip__wire_call(w, add_tap, &change);
}

void sip_capture_remove_wire(struct sip_capture *c, struct sip_wire *w)
{
	struct change change = { c, w };
	enum sip_err err = sip__wire_call(w, remove_tap, &change);

	(void)err; /* a wire that is down has let go of it already */
}

/* ---- the capture's end ---------------------------------------------------------------------------------------------- */

/* What came in two packets is shown as one. */
static bool join(struct captured *k)
{
	struct sip_packet *whole;

	if (!k->body_packet)
		return true;
	whole = sip_packet_create(k->record.bytes.len + k->body.len);
	if (!whole)
		return false;
	memcpy(sip_packet_room(whole), k->record.bytes.p, k->record.bytes.len);
	memcpy(sip_packet_room(whole) + k->record.bytes.len, k->body.p, k->body.len);
	k->record.bytes = sip_str_make(sip_packet_bytes(whole), k->record.bytes.len + k->body.len);
	k->body = sip_str_make(NULL, 0);
	sip_packet_unref(&k->body_packet);
	sip_packet_unref(&k->packet);
	k->packet = whole;
	return true;
}

static void deliver(struct sip_capture *c, struct captured *k)
{
	struct sip_received head = { .packet = k->packet, .len = k->record.bytes.len };
	struct sip_message *m = NULL;

	head.from = (size_t)(k->record.bytes.p - sip_packet_bytes(k->packet));
	if ((c->hep || c->on_message) && sip_received_parse(&head, &m) == SIP_OK)
		k->record.call_id = sip_message_call_id(m);
	if (c->hep)
		sip__hep_sender_put(c->hep, &k->record);
	if (c->file)
		sip__capture_file_put(c->file, &k->record);
	if (c->on_message)
		c->on_message(c->arg, &k->record);
	sip_message_unref(&m);
}

static void on_captured(void *arg, struct sip_fifo_node *node)
{
	struct captured *k = SIP_CONTAINER(node, struct captured, node);
	struct sip_capture *c = arg;

	__atomic_sub_fetch(&c->bytes, k->cost, __ATOMIC_RELAXED);
	if (join(k))
		deliver(c, k);
	else
		sip_metric_count(sip_loop_cells(c->loop), SIP_M_CAPTURE_DROP_QUEUE);
	free_captured(k);
	sip_loop_want_hook(&c->hook);
}

static void on_turn_end(void *arg)
{
	struct sip_capture *c = arg;

	if (c->hep)
		sip__hep_sender_flush(c->hep);
	if (c->file)
		sip__capture_file_flush(c->file);
}

void sip_capture_found(struct sip_capture *c, const struct sip_addr *at, enum sip_err why)
{
	MUST_BE(&c->ref, SIP__CAPTURE_MAGIC);
	if (c->hep)
		sip__hep_sender_found(c->hep, at, why);
}

/* ---- life ---------------------------------------------------------------------------------------------------------- */

void sip_capture_options_init(struct sip_capture_options *o)
{
	memset(o, 0, sizeof *o);
	o->port = 9060;
	o->kind = SIP_TRANSPORT_UDP;
	o->agent_id = 2001;
	o->queue_bytes_max = QUEUE_BYTES;
	o->file_bytes_max = FILE_BYTES;
	o->messages_max = MESSAGES_MAX;
	o->bytes_max = BYTES_MAX;
}

static bool are_right(const struct sip_capture_options *o, const struct sip_capture_finder *finder)
{
	struct sip_addr a;

	if (!o->host.len && !o->file.len && !o->on_message)
		return false;
	if (o->host.len && ((o->kind != SIP_TRANSPORT_UDP && o->kind != SIP_TRANSPORT_TCP) || !o->port ||
			    o->auth_key.len > SIP_CAPTURE_KEY_MAX || o->queue_bytes_max < QUEUE_BYTES_LEAST ||
			    o->queue_bytes_max > SIZE_MAX / 4))
		return false;
	if (o->host.len && !finder && sip_addr_parse(&a, o->host, o->port) != SIP_OK)
		return false;
	return (!o->file.len || o->file_bytes_max >= FILE_BYTES_LEAST) && o->messages_max && o->bytes_max;
}

static enum sip_err open_sinks(struct sip_capture *c, const struct sip_capture_options *o, const struct sip_capture_finder *finder)
{
	struct sip_capture_options own = *o;
	enum sip_err err = SIP_OK;

	c->on_message = o->on_message;
	c->arg = o->arg;
	if (o->file.len)
		err = sip__capture_file_open(o, c->loop, &c->file);
	if (err != SIP_OK || !o->host.len)
		return err;
	if (o->auth_key.len) {
		c->auth_key = sip_strdup(o->auth_key.p, o->auth_key.len);
		if (!c->auth_key)
			return SIP_E_NOMEM;
		own.auth_key.p = c->auth_key;
	}
	c->hep = sip__hep_sender_create(c, &own, c->loop, finder);
	return c->hep ? SIP_OK : SIP_E_NOMEM;
}

enum sip_err sip_capture_create(const struct sip_capture_options *o, struct sip_loop *loop, const struct sip_capture_finder *finder,
				struct sip_capture **out)
{
	struct sip_fifo_options f = { .name = "capture", .max = o->messages_max, .fn = on_captured };
	struct sip_capture *c;
	enum sip_err err;

	*out = NULL;
	if (!are_right(o, finder))
		return SIP_E_INVAL;
	c = sip_alloc_zero(sizeof *c);
	if (!c)
		return SIP_E_NOMEM;
	f.arg = c;
	err = sip_fifo_init(&c->fifo, loop, &f);
	if (err != SIP_OK) {
		sip_free(c);
		return err;
	}
	sip_ref_init(&c->ref, SIP__CAPTURE_MAGIC, capture_free);
	c->bytes_max = o->bytes_max;
	c->loop = loop;
	sip_loop_ref(loop);
	c->hook.fn = on_turn_end;
	c->hook.arg = c;
	sip_loop_add_hook(loop, &c->hook);
	err = open_sinks(c, o, finder);
	if (err != SIP_OK)
		sip_capture_destroy(&c);
	*out = c;
	return err;
}

void sip_capture_destroy(struct sip_capture **cp)
{
	struct sip_capture *c = *cp;

	*cp = NULL;
	if (!c)
		return;
	MUST_BE(&c->ref, SIP__CAPTURE_MAGIC);
	sip_fifo_detach(&c->fifo, on_captured);
	sip__hep_sender_destroy(&c->hep);
	sip__capture_file_close(&c->file);
	sip_loop_remove_hook(c->loop, &c->hook);
	sip_loop_unref(&c->loop);
	sip_ref_put(&c->ref);
}
