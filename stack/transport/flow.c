/*
 * Flows: one object for every kind of transport, with one machine. The machine belongs to the
 * wire's loop; identity and counting to any thread. RFC 5626 3.3 has the idea, RFC 3261 18 the deeds.
 */
#include "stack/transport/transport_priv.h"

static const char *const state_names[SIP_FLOW_STATE_COUNT] = {
#define SIP_FLOW_STATE(id, text) text,
#include "stack/transport/flow_state_table.h"
#undef SIP_FLOW_STATE
};
static const char *const event_names[SIP__FLOW_EVENT_COUNT] = {
#define SIP_FLOW_EVENT(id, text) text,
#include "stack/transport/flow_event_table.h"
#undef SIP_FLOW_EVENT
};

struct flow_row {
	bool is_listed;
	uint8_t effects;
	uint8_t then;
};
#define ROW(in, on, effects, then) \
	[SIP_FLOW_##in][SIP__FLOW_ON_##on] = { true, (effects), SIP_FLOW_##then }
#define NONE 0
#define START SIP__FLOW_START
#define DRAIN SIP__FLOW_DRAIN
#define FINISH SIP__FLOW_END

static const struct flow_row rows[SIP_FLOW_STATE_COUNT][SIP__FLOW_EVENT_COUNT] = {
	/*  in          on       do      then */
	ROW(CONNECTING, OPENED,  START,  OPEN),
	ROW(CONNECTING, END,     FINISH, GONE),
	ROW(CONNECTING, CLOSE,   FINISH, GONE),
	ROW(CONNECTING, LOST,    FINISH, GONE),
	ROW(OPEN,       HEARD,   NONE,   OPEN),
	ROW(OPEN,       TROUBLE, NONE,   SUSPECT),
	ROW(OPEN,       END,     DRAIN,  CLOSING),
	ROW(OPEN,       CLOSE,   DRAIN,  CLOSING),
	ROW(OPEN,       LOST,    FINISH, GONE),
	ROW(SUSPECT,    HEARD,   NONE,   OPEN),
	ROW(SUSPECT,    TROUBLE, NONE,   SUSPECT),
	ROW(SUSPECT,    END,     DRAIN,  CLOSING),
	ROW(SUSPECT,    CLOSE,   DRAIN,  CLOSING),
	ROW(SUSPECT,    LOST,    FINISH, GONE),
	ROW(CLOSING,    END,     NONE,   CLOSING),
	ROW(CLOSING,    CLOSE,   DRAIN,  CLOSING),
	ROW(CLOSING,    DRAINED, FINISH, GONE),
	ROW(CLOSING,    LOST,    FINISH, GONE),
	/* A close asked for by another thread may come too late. */
	ROW(GONE,       CLOSE,   NONE,   GONE),
};

bool sip__flow_row(enum sip_flow_state in, enum sip__flow_event on, enum sip_flow_state *then, unsigned *effects)
{
	const struct flow_row *row = &rows[in][on];

	*then = row->is_listed ? (enum sip_flow_state)row->then : in;
	*effects = row->effects;
	return row->is_listed;
}

/* The part of an end that is the same for every kind. */
static void forget(struct sip_flow *f, enum sip_err why)
{
	struct sip_wire *w = f->wire;

	sip__flow_keeps_end(f);
	sip__flow_expect_end(f);
	f->endpoint = NULL;
	sip_metric_add(w->cells, SIP_M_FLOWS, -1);
	if (w->o.user.on_flow_gone)
		w->o.user.on_flow_gone(w->o.user.arg, f, why);
	sip_ref_put(&f->ref);
}

void sip__flow_step(struct sip_flow *f, enum sip__flow_event event, enum sip_err why)
{
	enum sip_flow_state in = (enum sip_flow_state)f->state, then;
	unsigned effects;

	SIP_LOOP_MINE(f->wire->loop);
	if (!sip__flow_row(in, event, &then, &effects)) {
		sip_metric_count(f->wire->cells, SIP_M_UNLISTED);
		SIP_LOG(f->wire->log, SIP_LOG_STACK, "transport", "flow %llu %s: %s is not listed",
			(unsigned long long)f->id, state_names[in], event_names[event]);
		return;
	}
	__atomic_store_n(&f->state, (uint8_t)then, __ATOMIC_RELAXED);
	if (in != then)
		SIP_LOG(f->wire->log, SIP_LOG_STACK, "transport", "flow %llu %s: %s: %s (%s)",
			(unsigned long long)f->id,
			state_names[in], event_names[event], state_names[then], sip_err_text(why));
	if (event == SIP__FLOW_ON_TROUBLE)
		sip__flow_on_trouble(f, why);
	if (!effects)
		return;
	sip_flow_ref(f);
	f->endpoint->kind->flow(f, effects, why);
	if (effects & SIP__FLOW_END)
		forget(f, why);
	sip_flow_unref(&f);
}

static void run_close(struct sip__command *c)
{
	struct sip_flow *f = SIP_CONTAINER(c, struct sip_flow, close);

	/* From here on it is the next one's who posts it. */
	(void)__atomic_exchange_n(&f->is_close_posted, false, __ATOMIC_ACQ_REL);
	if (__atomic_load_n(&f->is_to_close, __ATOMIC_RELAXED) || sip__flow_is_idle(f, f->idle_since_us))
		sip__flow_step(f, SIP__FLOW_ON_CLOSE, SIP_E_CLOSED);
	sip_flow_unref(&f);
}

void sip__flow_init(struct sip_flow *f, struct sip__endpoint *e, const struct sip_addr *local,
		    const struct sip_addr *remote, enum sip_flow_state state, sip_destroy_fn destroy)
{
	static uint64_t last_id;

	sip_ref_init(&f->ref, SIP__FLOW_MAGIC, destroy);
	f->state = (uint8_t)state;
	f->kind = (uint8_t)e->transport->o.kind;
	f->close.run = run_close;
	f->id = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
	f->transport = e->transport;
	sip_transport_ref(f->transport);
	f->wire = e->wire;
	sip_ref_get(&f->wire->ref);
	f->endpoint = e;
	f->local = *local;
	f->remote = *remote;
	sip_list_init(&f->keeps);
	sip__flow_expect_init(f);
	sip_metric_add(f->wire->cells, SIP_M_FLOWS, 1);
}

void sip__flow_fini(struct sip_flow *f)
{
	sip_transport_unref(&f->transport);
	sip_wire_unref(&f->wire);
}

void sip_flow_ref(struct sip_flow *f)
{
	sip_ref_get(&f->ref);
}

void sip_flow_unref(struct sip_flow **f)
{
	struct sip_flow *flow = *f;

	*f = NULL;
	if (flow)
		sip_ref_put(&flow->ref);
}

struct sip_ref *sip_flow_as_ref(struct sip_flow *f)
{
	return f ? &f->ref : NULL;
}

struct sip_flow *sip_flow_from_ref(struct sip_ref *r)
{
	if (!r)
		return NULL;
	MUST_BE(r, SIP__FLOW_MAGIC);
	return SIP_CONTAINER(r, struct sip_flow, ref);
}

uint64_t sip_flow_id(const struct sip_flow *f)
{
	return f->id;
}

enum sip_transport_kind sip_flow_kind(const struct sip_flow *f)
{
	return (enum sip_transport_kind)f->kind;
}

struct sip_transport *sip_flow_transport(const struct sip_flow *f)
{
	return f->transport;
}

const struct sip_addr *sip_flow_local(const struct sip_flow *f)
{
	return &f->local;
}

const struct sip_addr *sip_flow_remote(const struct sip_flow *f)
{
	return &f->remote;
}

enum sip_flow_state sip_flow_state(const struct sip_flow *f)
{
	return (enum sip_flow_state)__atomic_load_n(&f->state, __ATOMIC_RELAXED);
}

static void post_close(struct sip_flow *f)
{
	struct sip_fifo *fifo = &f->wire->fifo;
	int64_t now = sip_loop_clock(f->wire->loop)->now_us(sip_loop_clock(f->wire->loop)->arg);

	if (__atomic_exchange_n(&f->is_close_posted, true, __ATOMIC_ACQ_REL))
		return;
	sip_flow_ref(f);
	if (sip_fifo_post_answer(fifo, &f->close.node, now) != SIP_OK)
		sip_flow_unref(&f); /* the wire is down, and its flows with it */
}

void sip_flow_close(struct sip_flow *f)
{
	__atomic_store_n(&f->is_to_close, true, __ATOMIC_RELAXED);
	post_close(f);
}

void sip_flow_close_idle(struct sip_flow *f)
{
	post_close(f);
}
