/*
 * Flows of ours that are kept open, and watched (RFC 5626 4.4): a double CRLF over streams, a pong owed within 10 s (4.4.1); a STUN
 * Binding request over datagrams, repeated until it is answered (4.4.2, RFC 5389 7.2.1). A flow that owes too long is lost, and its
 * users are told as of any other end. A keep is counted, by who asked and by the flow it is on; all but that is the wire's loop's.
 */
#include "stack/transport/transport_priv.h"

#define PONG_US SIP_SECONDS(10)
#define MESSAGE_US SIP_MS(100) /* how often a stream is looked at that is in the middle of a message when its pong is due */
#define RTO_US SIP_MS(500)     /* RFC 5389 7.2.1: doubled by each repetition … */
#define REQUESTS 7             /* … of which there are so many … */
#define LAST_RTO 16            /* … and after the last so many times the RTO */

struct sip_flow_keep {
	struct sip_ref ref;
	struct sip__command start, stop;  /* each travels once */
	struct sip_wire *wire;            /* owned: a reference */
	struct sip_flow *starting;        /* owned: a reference, until the start has come to the wire */
	pthread_mutex_t lock;             /* of the next */
	struct sip_flow *flow;            /* lent by the wire, who takes us off before it goes; NULL: not yet on, or gone */
	struct sip_list node;             /* of flow->keeps, which counts us */
	struct sip_timer timer;
	struct sip_flow_keep_options o;
	bool is_stream;
	bool is_answered;                 /* atomic */
	unsigned sent;                    /* times what was asked last has been sent; 0: no answer is owed */
	int64_t next_us;                  /* when the next is asked */
	int64_t owed_us;                  /* when something must be done about the answer; watched only */
	unsigned char stun[SIP__STUN_LEN]; /* what was asked last */
	struct sip_addr mapped;           /* what the first answer called us; family 0: none yet */
};

static void keep_free(void *object)
{
	struct sip_flow_keep *k = SIP_CONTAINER(object, struct sip_flow_keep, ref);

	sip_wire_unref(&k->wire);
	pthread_mutex_destroy(&k->lock);
	sip_free(k);
}

static void set_flow(struct sip_flow_keep *k, struct sip_flow *f)
{
	pthread_mutex_lock(&k->lock);
	k->flow = f;
	pthread_mutex_unlock(&k->lock);
}

static void take_off(struct sip_flow_keep *k)
{
	if (!k->flow)
		return;
	sip_loop_disarm(k->wire->loop, &k->timer);
	sip_list_remove(&k->node);
	set_flow(k, NULL);
	sip_ref_put(&k->ref);
}

static struct sip_flow_keep *first_of(const struct sip_flow *f)
{
	return sip_list_is_empty(&f->keeps) ? NULL : SIP_CONTAINER(f->keeps.next, struct sip_flow_keep, node);
}

void sip__flow_keeps_end(struct sip_flow *f)
{
	struct sip_flow_keep *k;

	while ((k = first_of(f)) != NULL)
		take_off(k);
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static bool is_owed(const struct sip_flow_keep *k)
{
	return k->o.is_watched && k->sent;
}

/* Over datagrams one is asked after the other; over streams all are answered alike. */
static void arm(struct sip_flow_keep *k)
{
	int64_t at = k->next_us, now = sip_loop_now(k->wire->loop);

	if (is_owed(k) && (!k->is_stream || k->owed_us < at))
		at = k->owed_us;
	sip_loop_arm(k->wire->loop, &k->timer, at > now ? at - now : 0);
}

/* What it comes to is told by the flow. */
static void send_ping(struct sip_flow_keep *k, const void *bytes, size_t len)
{
	struct sip_packet *packet = sip_packet_copy(bytes, len);
	struct sip_send *s = packet ? sip_send_create(packet) : NULL;

	if (packet)
		sip_packet_unref(&packet);
	if (!s)
		return; /* no memory: the next one */
	s->flow = k->flow;
	sip_flow_ref(s->flow);
	sip__wire_send(k->wire, s);
}

static void send_stun(struct sip_flow_keep *k)
{
	k->owed_us = sip_loop_now(k->wire->loop) + (++k->sent == REQUESTS ? LAST_RTO * RTO_US : RTO_US << (k->sent - 1));
	send_ping(k, k->stun, sizeof k->stun);
}

/* 4.4: between four fifths and all of the interval, another time each. */
static void plan(struct sip_flow_keep *k)
{
	int64_t fifth = SIP_SECONDS((int64_t)k->o.most_s) / 5;

	k->next_us = sip_loop_now(k->wire->loop) + 4 * fifth +
		     (int64_t)sip_rand_below(sip_loop_rand(k->wire->loop), (uint64_t)fifth + 1);
}

static void ask(struct sip_flow_keep *k)
{
	plan(k);
	if (!k->is_stream) {
		sip__stun_make(sip_loop_rand(k->wire->loop), k->stun);
		k->sent = 0;
		send_stun(k);
		return;
	}
	if (!k->sent)
		k->owed_us = sip_loop_now(k->wire->loop) + PONG_US;
	k->sent = 1;
	send_ping(k, "\r\n\r\n", 4);
}

static void lose(struct sip_flow_keep *k, enum sip_err why)
{
	sip__flow_step(k->flow, SIP__FLOW_ON_LOST, why);
}

/* "… or immediately after processing any incoming message being received when that 10 seconds expires" (4.4.1). */
static bool is_inside_message(const struct sip_flow_keep *k)
{
	const struct sip__connection *c = sip__connection_of(k->flow);

	return k->is_stream && c->framer && sip_framer_is_partial(c->framer);
}

static void on_overdue(struct sip_flow_keep *k)
{
	if (is_inside_message(k))
		k->owed_us = sip_loop_now(k->wire->loop) + MESSAGE_US;
	else if (k->is_stream || k->sent == REQUESTS)
		lose(k, SIP_E_TIMEOUT);
	else
		send_stun(k);
}

static void on_due(void *arg)
{
	struct sip_flow_keep *k = arg;

	sip_ref_get(&k->ref); /* what is sent may be the end of the flow */
	if (is_owed(k) && k->owed_us <= sip_loop_now(k->wire->loop))
		on_overdue(k);
	else
		ask(k);
	if (k->flow)
		arm(k);
	sip_ref_put(&k->ref);
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static void on_answer(struct sip_flow_keep *k)
{
	k->sent = 0;
	__atomic_store_n(&k->is_answered, true, __ATOMIC_RELAXED);
	arm(k);
}

bool sip__flow_on_pong(struct sip_flow *f)
{
	SIP_LIST_FOR(node, &f->keeps)
		on_answer(SIP_CONTAINER(node, struct sip_flow_keep, node));
	return !sip_list_is_empty(&f->keeps);
}

/* A repetition of the answer is one to nothing. */
static struct sip_flow_keep *find_asker(const struct sip_flow *f, struct sip_str bytes)
{
	SIP_LIST_FOR(node, &f->keeps) {
		struct sip_flow_keep *k = SIP_CONTAINER(node, struct sip_flow_keep, node);
		if (k->sent && memcmp(bytes.p + 4, k->stun + 4, SIP__STUN_LEN - 4) == 0)
			return k;
	}
	return NULL;
}

bool sip__flow_on_stun(struct sip_flow *f, struct sip_str bytes)
{
	enum sip__stun kind = sip__stun_kind(bytes);
	struct sip_flow_keep *k = kind == SIP__STUN_OTHER ? NULL : find_asker(f, bytes);
	struct sip_addr mapped;

	if (!k || (kind == SIP__STUN_ANSWER && sip__stun_read_mapped(bytes, &mapped) != SIP_OK))
		return false;
	if (kind == SIP__STUN_ERROR) {
		if (k->o.is_watched)
			lose(k, SIP_E_REFUSED);
		return true;
	}
	if (k->o.is_watched && !sip_addr_is_none(&k->mapped) && !sip_addr_eq(&k->mapped, &mapped)) {
		lose(k, SIP_E_CLOSED); /* the way back is another one now */
		return true;
	}
	k->mapped = mapped;
	on_answer(k);
	return true;
}

/* RFC 5389 7.2.1: what is asked has failed "if there has been a hard ICMP error". */
void sip__flow_on_trouble(struct sip_flow *f, enum sip_err why)
{
	SIP_LIST_FOR(node, &f->keeps) {
		struct sip_flow_keep *k = SIP_CONTAINER(node, struct sip_flow_keep, node);
		if (is_owed(k)) {
			lose(k, why);
			return;
		}
	}
}

/* ---- what others ask --------------------------------------------------------------------------------------------- */

static void run_start(struct sip__command *c)
{
	struct sip_flow_keep *k = SIP_CONTAINER(c, struct sip_flow_keep, start);

	if (k->starting->endpoint) {
		set_flow(k, k->starting);
		sip_list_add_tail(&k->flow->keeps, &k->node);
		sip_ref_get(&k->ref);
		plan(k);
		arm(k);
	}
	sip_flow_unref(&k->starting);
	sip_ref_put(&k->ref);
}

static void run_stop(struct sip__command *c)
{
	struct sip_flow_keep *k = SIP_CONTAINER(c, struct sip_flow_keep, stop);

	take_off(k);
	sip_ref_put(&k->ref);
}

static enum sip_err post(struct sip_flow_keep *k, struct sip__command *c)
{
	const struct sip_clock *clock = sip_loop_clock(k->wire->loop);

	return sip_fifo_post_answer(&k->wire->fifo, &c->node, clock->now_us(clock->arg));
}

enum sip_err sip_flow_keep_start(struct sip_flow *f, const struct sip_flow_keep_options *o, struct sip_flow_keep **out)
{
	struct sip_flow_keep *k;
	enum sip_err err;

	*out = NULL;
	if (!o->most_s)
		return SIP_E_INVAL;
	k = sip_alloc_zero(sizeof *k);
	if (!k)
		return SIP_E_NOMEM;
	sip_ref_init(&k->ref, SIP__FLOW_KEEP_MAGIC, keep_free);
	pthread_mutex_init(&k->lock, NULL);
	sip_timer_init(&k->timer, on_due, k);
	k->start.run = run_start;
	k->stop.run = run_stop;
	k->o = *o;
	k->is_stream = sip_transport_kinds[f->kind].is_stream;
	k->wire = f->wire;
	sip_ref_get(&k->wire->ref);
	k->starting = f;
	sip_flow_ref(f);
	sip_ref_get(&k->ref); /* the start's */
	err = post(k, &k->start);
	if (err != SIP_OK) {
		sip_flow_unref(&k->starting);
		sip_ref_put(&k->ref);
		sip_ref_put(&k->ref);
		return err;
	}
	*out = k;
	return SIP_OK;
}

void sip_flow_keep_stop(struct sip_flow_keep **kp)
{
	struct sip_flow_keep *k = *kp;

	*kp = NULL;
	if (!k)
		return;
	MUST_BE(&k->ref, SIP__FLOW_KEEP_MAGIC);
	if (post(k, &k->stop) != SIP_OK)
		sip_ref_put(&k->ref); /* the wire is down, and its flows with it */
}

bool sip_flow_keep_is_answered(const struct sip_flow_keep *k)
{
	return __atomic_load_n(&k->is_answered, __ATOMIC_RELAXED);
}

struct sip_flow *sip_flow_keep_find(struct sip_flow_keep *k)
{
	struct sip_flow *f;

	pthread_mutex_lock(&k->lock);
	f = k->flow;
	if (f)
		sip_flow_ref(f);
	pthread_mutex_unlock(&k->lock);
	return f;
}
