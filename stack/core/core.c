/*
 * A stack from its options to its end: loops by the layout, wires and shards on them, users
 * beside. Created and stopped by the application's thread; everything between runs on the loops.
 */
#include "stack/core/core_priv.h"

void sip_stack_options_init(struct sip_stack_options *o)
{
	struct sip_timers timers;

	memset(o, 0, sizeof *o);
	sip_timers_init(&timers);
	o->layout = SIP_LAYOUT_DEDICATED;
	o->shards = 1;
	o->wires = 1;
	o->poll = SIP_POLL_EPOLL;
	o->limits = sip_limits_default;
	o->t1_ms = timers.t1;
	o->t2_ms = timers.t2;
	o->t4_ms = timers.t4;
	o->t100_ms = timers.t100;
	o->dns_grey_ms = 30000;
	o->add_rport = true;
	o->is_congestion_on = true;
	o->congestion_metric = SIP_CONGESTION_BY_WAIT_TIME;
	o->congestion_tolerance = 200;
	o->transactions_max = 4000000;
	o->queue_max = 50000;
	sip_guard_options_init(&o->guard);
}

/* ---- the wires' call-backs: from a wire to the shard a message belongs to --------------------------------------- */

static enum sip_err on_message(void *arg, struct sip_message *m)
{
	struct sip__stack_wire *w = arg;
	struct sip_stack *s = w->stack;
	unsigned n;

	if (sip__overload_refuses(s, m))
		return SIP_E_FULL;
	n = s->shard_count == 1 ? 0 : sip_shard_of(&s->key, s->shard_count, m);
	return sip_shard_post_message(s->shards[n].shard, m, sip_loop_now(w->loop));
}

static void on_send_failed(void *arg, uint64_t token, struct sip_packet *packet, enum sip_err why)
{
	struct sip__stack_wire *w = arg;
	unsigned n = sip_shard_of_tx(token);

	if (!NEVER(n >= w->stack->shard_count))
		sip_shard_post_send_failed(w->stack->shards[n].shard, token, packet, why, sip_loop_now(w->loop));
}

static void on_flow_gone(void *arg, struct sip_flow *f, enum sip_err why)
{
	struct sip__stack_wire *w = arg;
	struct sip_user_event event = { .kind = SIP_USER_FLOW_GONE, .flow = f, .why = why };
	bool is_stream = sip_transport_kinds[sip_flow_kind(f)].is_stream;

	for (unsigned i = 0; is_stream && i < w->stack->shard_count; i++)
		sip_shard_post_flow_gone(w->stack->shards[i].shard, f, why, sip_loop_now(w->loop));
	for (size_t i = 0; i < w->stack->user_count; i++) {
		struct sip_user *u = w->stack->users[i];
		struct sip_flow *held = f;
		if (!u->o.wants_flows)
			continue;
		sip_flow_ref(held);
		if (sip__user_post(u, &event, SIP__USER_ANSWER, sip_loop_now(w->loop)) != SIP_OK)
			sip_flow_unref(&held);
	}
}

/* ---- making -------------------------------------------------------------------------------------------------------- */

static enum sip_err make_shard(struct sip_stack *s, unsigned i)
{
	struct sip__stack_shard *shard = &s->shards[i];
	struct sip_shard_options o;
	enum sip_err err;

	sip_shard_options_init(&o);
	o.number = i;
	o.loop = shard->loop;
	o.timers.t1 = s->o.t1_ms;
	o.timers.t2 = s->o.t2_ms;
	o.timers.t4 = s->o.t4_ms;
	o.timers.t100 = s->o.t100_ms;
	o.dns.servers = s->o.dns_servers;
	o.dns.hosts_path = s->o.hosts_path;
	o.dns.source = s->o.dns_source;
	o.dns.grey_ms = s->o.dns_grey_ms;
	o.queue_max = s->o.queue_max;
	o.tolerance_us = 0; /* as the congestion says */
	o.clients_max = o.servers_max = s->o.transactions_max;
	o.key = s->key;
	o.add_rport = s->o.add_rport;
	sip__user_selector_fill(shard, &o.user);
	err = sip_shard_create(&o, &shard->shard);
	if (err == SIP_OK)
		err = sip_congestion_add(&s->congestion, sip_shard_fifo(shard->shard));
	return err;
}

static enum sip_err make_wire(struct sip_stack *s, unsigned i)
{
	struct sip__stack_wire *w = &s->wires[i];
	struct sip_wire_options o;

	sip_wire_options_init(&o);
	o.loop = w->loop;
	o.user.on_message = on_message;
	o.user.on_send_failed = on_send_failed;
	o.user.on_flow_gone = on_flow_gone;
	o.user.on_flow_idle = sip__hand_over_wire_idle;
	o.user.on_taken = sip__hand_over_taken;
	o.user.level = sip__overload_level;
	o.user.arg = w;
	o.limits = s->o.limits;
	o.server = sip_str_of(s->o.server);
	o.guard = s->o.guard;
	return sip_wire_create(&o, &w->wire);
}

static enum sip_err make_layers(struct sip_stack *s)
{
	enum sip_err err = sip__layout_make_loops(s);

	for (unsigned i = 0; i < s->shard_count && err == SIP_OK; i++)
		err = make_shard(s, i);
	for (unsigned i = 0; i < s->wire_count && err == SIP_OK; i++)
		err = make_wire(s, i);
	return err;
}

static enum sip_err make_arrays(struct sip_stack *s)
{
	s->shard_count = s->o.shards;
	s->wire_count = s->o.layout == SIP_LAYOUT_DEDICATED ? s->o.wires : s->o.shards;
	s->shards = sip_alloc_zero(s->shard_count * sizeof *s->shards);
	s->wires = sip_alloc_zero(s->wire_count * sizeof *s->wires);
	if (!s->shards || !s->wires)
		return SIP_E_NOMEM;
	for (unsigned i = 0; i < s->shard_count; i++) {
		s->shards[i].stack = s;
		s->shards[i].number = i;
	}
	for (unsigned i = 0; i < s->wire_count; i++)
		s->wires[i].stack = s;
	return SIP_OK;
}

static void make_key(struct sip_stack *s)
{
	struct sip_rand rand;

	if (s->o.seed)
		sip_rand_init_seed(&rand, s->o.seed);
	else
		sip_rand_init_os(&rand);
	s->key.k[0] = sip_rand_u64(&rand);
	s->key.k[1] = sip_rand_u64(&rand);
}

enum sip_err sip_stack_create(const struct sip_stack_options *o, struct sip_stack **out)
{
	struct sip_stack *s;
	enum sip_err err;

	*out = NULL;
	if (o->shards < 1 || o->shards > SIP_SHARDS || o->wires < 1 || o->wires > SIP_SHARDS ||
	    (o->layout == SIP_LAYOUT_EMBEDDED && o->shards != 1))
		return SIP_E_INVAL;
	s = sip_alloc_zero(sizeof *s);
	if (!s)
		return SIP_E_NOMEM;
	s->magic = SIP__STACK_MAGIC;
	s->give_end = -1;
	s->o = *o;
	s->clock = o->clock ? o->clock : &sip_clock_real;
	pthread_rwlock_init(&s->lock, NULL);
	sip_selector_init(&s->transports);
	sip_congestion_init(&s->congestion, o->congestion_metric, o->congestion_tolerance);
	s->congestion.is_on = o->is_congestion_on;
	sip__captures_init(s);
	make_key(s);
	err = sip_metrics_create(sip_metric_rows, SIP_METRIC_COUNT, &s->metrics);
	if (err == SIP_OK)
		err = make_arrays(s);
	if (err == SIP_OK)
		err = make_layers(s);
	if (err != SIP_OK)
		sip_stack_destroy(&s);
	*out = s;
	return err;
}

/* ---- running ------------------------------------------------------------------------------------------------------- */

enum sip_err sip_stack_start(struct sip_stack *s)
{
	enum sip_err err;

	MUST_BE(s, SIP__STACK_MAGIC);
	if (s->is_running)
		return SIP_E_STATE;
	err = sip__address_watch_start(s);
	if (err != SIP_OK)
		return err;
	err = sip__layout_start(s);
	s->is_running = err == SIP_OK;
	if (!s->is_running)
		sip__address_watch_stop(s);
	return err;
}

void sip_stack_drain(struct sip_stack *s)
{
	MUST_BE(s, SIP__STACK_MAGIC);
	__atomic_store_n(&s->is_draining, true, __ATOMIC_RELAXED);
}

size_t sip_stack_transactions(struct sip_stack *s)
{
	size_t n = 0;

	MUST_BE(s, SIP__STACK_MAGIC);
	for (unsigned i = 0; i < s->shard_count; i++)
		n += sip_shard_transactions(s->shards[i].shard);
	return n;
}

void sip_stack_stop(struct sip_stack *s)
{
	MUST_BE(s, SIP__STACK_MAGIC);
	if (!s->is_running)
		return;
	s->is_running = false;
	sip__layout_stop(s);
	sip__address_watch_stop(s);
	/*
	 * No thread turns a loop any more. What was said last still goes out, and nothing new comes in, or goes on to who takes
	 * over …
	 */
	if (s->give_end < 0)
		sip_stack_drain(s);
	sip__layout_settle(s);
	/* … then the layers end, and their last words are heard here. */
	for (unsigned i = 0; i < s->wire_count; i++)
		sip_wire_shutdown(s->wires[i].wire);
	sip__layout_settle(s);
	for (unsigned i = 0; i < s->shard_count; i++)
		sip_shard_shutdown(s->shards[i].shard);
	sip__layout_settle(s);
}

static void destroy_layers(struct sip_stack *s)
{
	for (unsigned i = 0; s->wires && i < s->wire_count; i++)
		if (s->wires[i].wire) {
			sip_wire_shutdown(s->wires[i].wire);
			sip_wire_unref(&s->wires[i].wire);
		}
	for (unsigned i = 0; s->shards && i < s->shard_count; i++)
		if (s->shards[i].shard)
			sip_shard_destroy(&s->shards[i].shard);
	for (size_t i = 0; i < s->user_count; i++)
		sip__user_destroy(&s->users[i]);
	for (unsigned i = 0; s->wires && i < s->wire_count; i++)
		if (s->wires[i].loop)
			sip_loop_unref(&s->wires[i].loop);
	for (unsigned i = 0; s->shards && i < s->shard_count; i++)
		if (s->shards[i].loop)
			sip_loop_unref(&s->shards[i].loop);
}

void sip_stack_destroy(struct sip_stack **sp)
{
	struct sip_stack *s = *sp;

	*sp = NULL;
	if (!s)
		return;
	MUST_BE(s, SIP__STACK_MAGIC);
	sip_stack_stop(s);
	sip__captures_fini(s);
	sip__transports_fini(s);
	destroy_layers(s);
	sip__hand_over_fini(s);
	if (s->metrics)
		sip_metrics_unref(&s->metrics);
	pthread_rwlock_destroy(&s->lock);
	sip_free(s->wires);
	sip_free(s->shards);
	s->magic = 0;
	sip_free(s);
}

/* ---- looking in ---------------------------------------------------------------------------------------------------- */

uint32_t sip_stack_t1_ms(const struct sip_stack *s)
{
	MUST_BE(s, SIP__STACK_MAGIC);
	return s->o.t1_ms;
}

uint32_t sip_stack_t2_ms(const struct sip_stack *s)
{
	MUST_BE(s, SIP__STACK_MAGIC);
	return s->o.t2_ms;
}

uint32_t sip_stack_t4_ms(const struct sip_stack *s)
{
	MUST_BE(s, SIP__STACK_MAGIC);
	return s->o.t4_ms;
}

struct sip_metrics *sip_stack_metrics(struct sip_stack *s)
{
	MUST_BE(s, SIP__STACK_MAGIC);
	return s->metrics;
}

unsigned sip_stack_shards(const struct sip_stack *s)
{
	MUST_BE(s, SIP__STACK_MAGIC);
	return s->shard_count;
}

struct sip_loop *sip_stack_loop(struct sip_stack *s, unsigned shard)
{
	MUST_BE(s, SIP__STACK_MAGIC);
	MUST(shard < s->shard_count);
	return s->shards[shard].loop;
}

enum sip_err sip_stack_build_fdset(struct sip_stack *s, struct sip_fdset *set)
{
	MUST_BE(s, SIP__STACK_MAGIC);
	return sip_loop_build_fdset(s->shards[0].loop, set);
}

int64_t sip_stack_sleep_us(struct sip_stack *s)
{
	MUST_BE(s, SIP__STACK_MAGIC);
	return sip_loop_sleep_us(s->shards[0].loop);
}

enum sip_err sip_stack_process_fdset(struct sip_stack *s, const struct sip_fdset *set)
{
	MUST_BE(s, SIP__STACK_MAGIC);
	return sip_loop_process_fdset(s->shards[0].loop, set);
}
