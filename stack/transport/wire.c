/*
 * The wire: the transport layer of one loop. Its FIFO brings sends and commands, its endpoints
 * bring messages, its hook flushes at the end of a turn what the turn has collected.
 */
#include "stack/transport/transport_priv.h"

#include <fcntl.h>
#include <unistd.h>

_Static_assert(offsetof(struct sip__command, packet) == offsetof(struct sip_send, packet),
	       "a command is told from a send by its packet");

static void on_node(void *arg, struct sip_fifo_node *node)
{
	struct sip_wire *w = arg;
	struct sip_send *s = SIP_CONTAINER(node, struct sip_send, node);

	if (s->packet) {
		sip__wire_send(w, s);
	} else {
		struct sip__command *c = SIP_CONTAINER(node, struct sip__command, node);
		c->run(c);
	}
}

static void on_turn_end(void *arg)
{
	struct sip_wire *w = arg;
	struct sip_list *n;

	w->has_shaken = false;
	while ((n = sip_list_pop(&w->dirty)) != NULL) {
		struct sip__endpoint *e = SIP_CONTAINER(n, struct sip__endpoint, dirty);
		e->kind->flush(e);
	}
}

/* Such a step costs as much as dozens of messages, which have their turn between any two. */
bool sip__wire_may_shake(struct sip_wire *w)
{
	if (w->has_shaken)
		return false;
	w->has_shaken = true;
	sip_loop_want_hook(&w->hook);
	return true;
}

void sip__wire_want_flush(struct sip__endpoint *e)
{
	if (sip_list_is_linked(&e->dirty))
		return;
	sip_list_add_tail(&e->wire->dirty, &e->dirty);
	sip_loop_want_hook(&e->wire->hook);
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

static struct sip__endpoint *endpoint_for(struct sip_wire *w, struct sip_send *s)
{
	struct sip_transport *t = s->transport;
	struct sip__endpoint *e;

	if (s->flow) {
		if (s->flow->wire == w && s->flow->endpoint)
			return s->flow->endpoint;
		if (!t)
			t = s->flow->transport;
	}
	if (!t || sip_addr_is_none(&s->to))
		return NULL;
	e = sip__transport_endpoint(t, w);
	if (!e || !e->is_open)
		return NULL;
	/* From here on it goes by address. */
	if (!s->transport) {
		s->transport = t;
		sip_transport_ref(t);
	}
	if (t->o.kind != SIP_TRANSPORT_UDP) /* there it still says which of our addresses the peer knows */
		sip_flow_unref(&s->flow);
	return e;
}

void sip__wire_send(struct sip_wire *w, struct sip_send *s)
{
	struct sip__endpoint *e = endpoint_for(w, s);

	if (e)
		e->kind->send(e, s);
	else
		sip__wire_send_failed(w, s, SIP_E_CLOSED);
}

char *sip__wire_scratch(struct sip_wire *w)
{
	if (!w->scratch)
		w->scratch = sip_alloc(SIP__SCRATCH + SIP__PLAIN);
	if (!w->scratch)
		sip_metric_count(w->cells, SIP_M_DROP_NOMEM);
	return w->scratch;
}

bool sip__wire_may_tell(struct sip_wire *w, uint64_t *untold)
{
	int64_t now = sip_loop_now(w->loop);

	if (w->told_us && now - w->told_us < SIP_SECONDS(1)) {
		w->untold++;
		return false;
	}
	*untold = w->untold;
	w->told_us = now;
	w->untold = 0;
	return true;
}

static void tell_failed(struct sip_wire *w, enum sip_err why)
{
	uint64_t untold;

	if (sip__wire_may_tell(w, &untold))
		SIP_LOG(w->log, SIP_LOG_INFO, "transport", "a message could not be sent: %s; %llu more lines were not said since",
			sip_err_text(why), (unsigned long long)untold);
}

void sip__wire_send_failed(struct sip_wire *w, struct sip_send *s, enum sip_err why)
{
	struct sip_packet *packet = NULL;
	uint64_t token = s->token;

	if (s->gives_back) {
		packet = s->packet;
		sip_packet_ref(packet);
	}
	sip_metric_count(w->cells, why == SIP_E_FULL ? SIP_M_DROP_QUEUE : SIP_M_DROP_ERROR);
	tell_failed(w, why);
	sip_send_destroy(&s);
	if (token && w->o.user.on_send_failed)
		w->o.user.on_send_failed(w->o.user.arg, token, packet, why);
	sip_packet_unref(&packet);
}

void sip__wire_sent(struct sip_wire *w, struct sip__endpoint *e, const struct sip_flow *f, struct sip_send *s)
{
	const struct sip_transport *t = e->transport;

	if (SIP_UNLIKELY(w->taps) && !s->is_coded)
		sip__tap_sent(e, f, s);
	if (s->packet != w->pong && !s->is_coded)
		sip_metric_count(w->cells, t->o.net ? SIP_M_TX_MEMORY
				 : sip_transport_kinds[t->o.kind].is_stream ? SIP_M_TX_TCP : SIP_M_TX_UDP);
	sip_send_destroy(&s);
}

/* ---- calls from other threads ----------------------------------------------------------------------------------- */

struct wire_call {
	struct sip__command command;
	enum sip_err (*fn)(void *arg);
	void *arg;
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool is_done;
	enum sip_err err;
};

static void run_call(struct sip__command *command)
{
	struct wire_call *c = SIP_CONTAINER(command, struct wire_call, command);
	enum sip_err err = c->fn(c->arg);

	pthread_mutex_lock(&c->lock);
	c->err = err;
	c->is_done = true;
	pthread_cond_signal(&c->done);
	pthread_mutex_unlock(&c->lock);
}

enum sip_err sip__wire_call(struct sip_wire *w, enum sip_err (*fn)(void *arg), void *arg)
{
	const struct sip_clock *clock = sip_loop_clock(w->loop);
	struct wire_call c = { .fn = fn, .arg = arg };
	enum sip_err err;

	if (sip_loop_is_mine(w->loop))
		return fn(arg);
	c.command.run = run_call;
	pthread_mutex_init(&c.lock, NULL);
	pthread_cond_init(&c.done, NULL);
	err = sip_fifo_post_answer(&w->fifo, &c.command.node, clock->now_us(clock->arg));
	if (err == SIP_OK) {
		pthread_mutex_lock(&c.lock);
		while (!c.is_done)
			pthread_cond_wait(&c.done, &c.lock);
		err = c.err;
		pthread_mutex_unlock(&c.lock);
	}
	pthread_cond_destroy(&c.done);
	pthread_mutex_destroy(&c.lock);
	return err;
}

/* ---- errands: what a wire is asked to do and nobody waits for ----------------------------------------------------- */

static void run_errand(struct sip__command *c)
{
	struct sip__errand *errand = SIP_CONTAINER(c, struct sip__errand, command);
	struct sip_wire *w = errand->wire;
	void (*run)(struct sip_wire *) = errand->run;

	/* From here on it is the next one's who posts it; what was said before is read behind this. */
	(void)__atomic_exchange_n(&errand->is_posted, false, __ATOMIC_ACQ_REL);
	if (!w->is_down)
		run(w);
	sip_wire_unref(&w);
}

void sip__wire_post_errand(struct sip_wire *w, struct sip__errand *errand, void (*run)(struct sip_wire *w))
{
	const struct sip_clock *clock = sip_loop_clock(w->loop);
	struct sip_wire *held = w;

	if (__atomic_exchange_n(&errand->is_posted, true, __ATOMIC_ACQ_REL))
		return;
	errand->command.run = run_errand;
	errand->wire = w;
	errand->run = run;
	sip_ref_get(&w->ref);
	if (sip_fifo_post_answer(&w->fifo, &errand->command.node, clock->now_us(clock->arg)) != SIP_OK)
		sip_wire_unref(&held); /* the wire is down */
}

/* ---- endpoints --------------------------------------------------------------------------------------------------- */

enum sip_err sip__endpoint_open(struct sip__endpoint *e, struct sip_addr *at)
{
	enum sip_err err;

	if (e->wire->is_down)
		return SIP_E_CLOSED;
	err = e->kind->open(e, at);
	if (err != SIP_OK)
		return err;
	e->is_open = true;
	sip_transport_ref(e->transport);
	sip_list_add_tail(&e->wire->endpoints, &e->node);
	return SIP_OK;
}

void sip__endpoint_close(struct sip__endpoint *e)
{
	struct sip_transport *t = e->transport;

	if (!e->is_open)
		return;
	e->is_open = false;
	e->kind->close(e);
	sip_list_remove(&e->dirty);
	sip_list_remove(&e->node);
	sip_transport_unref(&t);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

void sip_wire_options_init(struct sip_wire_options *o)
{
	memset(o, 0, sizeof *o);
	o->limits = sip_limits_default;
	o->retry_after_s = 5;
	o->queue_max = 100000;
	o->udp_flows_max = 100000;
	sip_guard_options_init(&o->guard);
}

static void wire_free(void *object)
{
	struct sip_wire *w = SIP_CONTAINER(object, struct sip_wire, ref);

	MUST(w->is_down);
	sip__guard_destroy(&w->guard);
	sip_fifo_fini(&w->fifo, NULL);
	sip_fifo_fini(&w->inbound, NULL);
	sip_hash_fini(&w->udp_flows);
	sip_packet_unref(&w->pong);
	sip_loop_unref(&w->loop);
	sip_free((void *)(uintptr_t)w->o.server.p);
	sip_free(w);
}

static enum sip_err init_fifos(struct sip_wire *w)
{
	size_t max = w->o.queue_max;
	struct sip_fifo_options f = { .name = "wire", .max = max, .high = max, .low = max, .fn = on_node, .arg = w };
	struct sip_fifo_options in = { .name = "memory", .max = max, .high = max, .low = max,
				       .fn = sip__memory_on_parcel, .arg = w };
	enum sip_err err = sip_fifo_init(&w->fifo, w->loop, &f);

	if (err != SIP_OK)
		return err;
	err = sip_fifo_init(&w->inbound, w->loop, &in);
	if (err != SIP_OK)
		sip_fifo_fini(&w->fifo, NULL);
	return err;
}

static enum sip_err init_options(struct sip_wire *w, const struct sip_wire_options *o)
{
	w->o = *o;
	w->o.server = w->o.guard.trusted = w->o.guard.scanners = sip_str_make(NULL, 0);
	if (o->server.len) {
		char *copy = sip_strdup(o->server.p, o->server.len);
		if (!copy)
			return SIP_E_NOMEM;
		w->o.server = sip_str_make(copy, o->server.len);
	}
	w->pong = sip_packet_copy("\r\n", 2);
	return w->pong ? SIP_OK : SIP_E_NOMEM;
}

enum sip_err sip_wire_create(const struct sip_wire_options *o, struct sip_wire **out)
{
	struct sip_wire *w;
	enum sip_err err;

	*out = NULL;
	if (!o->loop || !o->user.on_message || !o->queue_max || !o->udp_flows_max)
		return SIP_E_INVAL;
	w = sip_alloc_zero(sizeof *w);
	if (!w)
		return SIP_E_NOMEM;
	w->loop = o->loop;
	w->cells = sip_loop_cells(w->loop);
	err = init_options(w, o);
	if (err == SIP_OK)
		err = sip__guard_create(w, &o->guard, &w->guard);
	if (err == SIP_OK)
		err = init_fifos(w);
	if (err != SIP_OK) {
		sip__guard_destroy(&w->guard);
		sip_packet_unref(&w->pong);
		sip_free((void *)(uintptr_t)w->o.server.p);
		sip_free(w);
		return err;
	}
	sip_loop_ref(w->loop);
	sip_ref_init(&w->ref, SIP__WIRE_MAGIC, wire_free);
	w->log = sip_loop_log(w->loop);
	sip_list_init(&w->endpoints);
	sip_list_init(&w->dirty);
	sip_list_init(&w->parcels);
	sip_list_init(&w->udp_lru);
	sip_list_init(&w->dtls_lru);
	sip_hash_init(&w->udp_flows, 0);
	w->key.k[0] = sip_rand_u64(sip_loop_rand(w->loop));
	w->key.k[1] = sip_rand_u64(sip_loop_rand(w->loop));
	w->reserve_fd = -1;
	w->give_end = -1;
	w->hook.fn = on_turn_end;
	w->hook.arg = w;
	sip_loop_add_hook(w->loop, &w->hook);
	*out = w;
	return SIP_OK;
}

static void drop_parcel(void *arg, struct sip_fifo_node *node)
{
	(void)arg;
	sip__parcel_free(SIP_CONTAINER(node, struct sip__parcel, node));
}

void sip_wire_shutdown(struct sip_wire *w)
{
	if (w->is_down)
		return;
	w->is_down = true;
	while (!sip_list_is_empty(&w->endpoints))
		sip__endpoint_close(SIP_CONTAINER(w->endpoints.next, struct sip__endpoint, node));
	/* What still waits is failed, and whoever waits for a call is answered. */
	sip_fifo_detach(&w->fifo, on_node);
	sip_fifo_detach(&w->inbound, drop_parcel);
	sip__memory_drop_parcels(w);
	sip__taps_end(w);
	sip__taker_end(w);
	sip__guard_stop(w->guard);
	sip_loop_remove_hook(w->loop, &w->hook);
	sip__udp_batch_free(&w->batch);
	sip_free(w->scratch);
	w->scratch = NULL;
	if (w->reserve_fd >= 0)
		close(w->reserve_fd);
	w->reserve_fd = -1;
}

void sip_wire_unref(struct sip_wire **w)
{
	struct sip_wire *wire = *w;

	*w = NULL;
	if (wire)
		sip_ref_put(&wire->ref);
}

struct sip_loop *sip_wire_loop(const struct sip_wire *w)
{
	return w->loop;
}
