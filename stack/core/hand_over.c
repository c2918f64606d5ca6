/*
 * A stack's part in its replacement by another process: first it holds what is new, then it gives that away and ends what it has,
 * or takes it up again. And the other side's: it takes what it is given until nobody gives any more. Nothing here waits but for
 * the wires to hear of it.
 */
#include "stack/core/core_priv.h"

#include <poll.h>
#include <unistd.h>

#define UNUSED_US SIP_SECONDS(1) /* a loop's clock stands still while it turns: longer than that */

static void order(struct sip_stack *s, enum sip_shard_hand_over mode, enum sip_method method)
{
	for (unsigned i = 0; i < s->shard_count; i++)
		sip_shard_post_hand_over(s->shards[i].shard, mode, method, sip__stack_now(s, s->shards[i].loop));
}

size_t sip_stack_hold(struct sip_stack *s, enum sip_method method)
{
	size_t all = 0;

	MUST_BE(s, SIP__STACK_MAGIC);
	for (unsigned i = 0; i < s->shard_count; i++) {
		size_t some = sip_shard_unanswered(s->shards[i].shard);

		all = some == SIZE_MAX || all == SIZE_MAX ? SIZE_MAX : all + some;
	}
	order(s, SIP_SHARD_HOLDS, method);
	return all;
}

enum sip_err sip_stack_resume(struct sip_stack *s)
{
	MUST_BE(s, SIP__STACK_MAGIC);
	if (s->give_end >= 0)
		return SIP_E_STATE;
	order(s, SIP_SHARD_KEEPS, SIP_METHOD_UNKNOWN);
	return SIP_OK;
}

enum sip_err sip_stack_give(struct sip_stack *s, int end)
{
	enum sip_err err = SIP_OK;
	unsigned told = 0;

	MUST_BE(s, SIP__STACK_MAGIC);
	if (s->give_end >= 0 || __atomic_load_n(&s->is_draining, __ATOMIC_RELAXED))
		return SIP_E_STATE;
	while (told < s->wire_count && (err = sip_wire_give(s->wires[told].wire, end)) == SIP_OK)
		told++;
	if (err != SIP_OK) {
		/* The stack is being stopped; `end` is the caller's to close, and its number may become another's. */
		while (told > 0)
			(void)!sip_wire_give(s->wires[--told].wire, -1);
		return err;
	}
	s->give_end = end; /* the posts below make it seen */
	order(s, SIP_SHARD_GIVES, SIP_METHOD_UNKNOWN);
	return SIP_OK;
}

void sip__hand_over_fini(struct sip_stack *s)
{
	if (s->give_end >= 0)
		close(s->give_end);
	s->give_end = -1;
}

bool sip__hand_over_is_kept(void *arg, const struct sip_message *m)
{
	const struct sip__stack_shard *shard = arg;

	for (size_t i = 0; i < shard->stack->user_count; i++) {
		const struct sip_user *u = shard->stack->users[i];

		if (u->o.keeps && (u->o.shard < 0 || (unsigned)u->o.shard == shard->number) && u->o.keeps(u->o.arg, m))
			return true;
	}
	return false;
}

enum sip_err sip__hand_over_unknown(void *arg, struct sip_message *m)
{
	struct sip__stack_shard *shard = arg;
	struct sip_metrics_cells *cells = sip_loop_cells(shard->loop);
	const struct sip_packet *packet = sip_message_packet(m);
	struct sip_flow *f = sip_flow_from_ref(sip_message_flow(m));
	struct sip_hand_over_datagram d;
	enum sip_err err;

	/* What came by a connection would have to be answered by it, and that is ours alone. */
	if (!f || sip_flow_kind(f) != SIP_TRANSPORT_UDP)
		return SIP_E_UNSUPPORTED;
	d.kind = SIP_TRANSPORT_UDP;
	d.bound = *sip_transport_bound(sip_flow_transport(f));
	d.source = *sip_flow_remote(f);
	d.local = *sip_flow_local(f);
	d.error = 0;
	d.bytes = sip_str_make(sip_packet_bytes(packet), sip_packet_len(packet));
	err = sip_hand_over_give(shard->stack->give_end, &d);
	if (err == SIP_E_AGAIN)
		return err;
	sip_metric_count(cells, err == SIP_OK ? SIP_M_GIVEN : SIP_M_DROP_HAND_OVER);
	sip_message_unref(&m);
	return SIP_OK;
}

/* ---- the other side --------------------------------------------------------------------------------------------------- */

enum sip_err sip_stack_take(struct sip_stack *s, int end)
{
	enum sip_err err;

	MUST_BE(s, SIP__STACK_MAGIC);
	if (__atomic_exchange_n(&s->is_taking, true, __ATOMIC_ACQ_REL))
		return SIP_E_STATE;
	err = sip_wire_take(s->wires[0].wire, end);
	if (err != SIP_OK)
		__atomic_store_n(&s->is_taking, false, __ATOMIC_RELEASE);
	return err;
}

bool sip_stack_is_taking(struct sip_stack *s)
{
	MUST_BE(s, SIP__STACK_MAGIC);
	return __atomic_load_n(&s->is_taking, __ATOMIC_ACQUIRE);
}

/* Nothing ever comes this way: what is to be seen is that the other end has been closed. */
bool sip_stack_is_left(struct sip_stack *s)
{
	struct pollfd other = { .fd = s->give_end };

	MUST_BE(s, SIP__STACK_MAGIC);
	return s->give_end >= 0 && poll(&other, 1, 0) == 1;
}

void sip__hand_over_taken(void *arg, enum sip_err why)
{
	const struct sip__stack_wire *w = arg;

	if (why == SIP_OK)
		SIP_LOG(w->stack->o.log, SIP_LOG_NOTICE, "stack", "the process before us has ended: its sockets are read here from now on");
	else
		SIP_LOG(w->stack->o.log, SIP_LOG_ERR, "stack",
			"the process before us does not end, and gives nothing any more: its sockets are read here from now on");
	for (unsigned i = 0; i < w->stack->wire_count; i++)
		sip_wire_release(w->stack->wires[i].wire);
	__atomic_store_n(&w->stack->is_taking, false, __ATOMIC_RELEASE);
}

/* ---- connections nothing goes by -------------------------------------------------------------------------------------- */

/* One shard after the other marks what its transactions go by; then the wires look for what is not marked. */
static void mark(struct sip_stack *s, unsigned n, uint32_t search, int64_t since_us)
{
	struct sip__stack_shard *shard = &s->shards[n];

	/* Without memory this search ends here; the next one may do better. */
	if (sip_shard_post_mark_flows(shard->shard, search, since_us, sip__stack_now(s, shard->loop)) != SIP_OK)
		SIP_LOG(s->o.log, SIP_LOG_DEBUG, "stack", "connections could not be looked at");
}

void sip_stack_close_idle(struct sip_stack *s)
{
	MUST_BE(s, SIP__STACK_MAGIC);
	mark(s, 0, __atomic_add_fetch(&s->idle_search, 1, __ATOMIC_RELAXED), s->clock->now_us(s->clock->arg) - UNUSED_US);
}

void sip__hand_over_marked(void *arg, uint32_t search, int64_t since_us)
{
	const struct sip__stack_shard *shard = arg;
	struct sip_stack *s = shard->stack;

	if (shard->number + 1 < s->shard_count) {
		mark(s, shard->number + 1, search, since_us);
		return;
	}
	for (unsigned i = 0; i < s->wire_count; i++)
		sip_wire_find_idle(s->wires[i].wire, search, since_us);
}

/* A request that was written to it waits for its response, and only its shard knows. */
void sip__hand_over_wire_idle(void *arg, struct sip_flow *f)
{
	const struct sip__stack_wire *w = arg;

	sip_shard_post_flow_idle(w->stack->shards[0].shard, f, sip_loop_now(w->loop));
}

void sip__hand_over_shard_idle(void *arg, struct sip_flow *f)
{
	const struct sip__stack_shard *shard = arg;
	unsigned next = shard->number + 1;

	if (next < shard->stack->shard_count)
		sip_shard_post_flow_idle(shard->stack->shards[next].shard, f, sip_loop_now(shard->loop));
	else
		sip_flow_close_idle(f);
}
