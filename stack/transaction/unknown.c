/*
 * What no transaction knows while another process takes over: held until it is known whether that succeeds, then given away, or
 * taken up as ever. The shard's loop.
 */
#include "stack/transaction/transaction_priv.h"

#define HELD_MAX 20000
#define GIVE_AGAIN_US SIP_MS(2) /* by then who takes has read some of what it was given */

static void hold(struct sip_shard *s, struct sip_message *m)
{
	struct sip__command *c = sip_message_owner_room(m);

	memset(c, 0, sizeof *c);
	c->message = m;
	sip_fifo_batch_add(&s->held, &c->node);
	if (s->hand_over == SIP_SHARD_GIVES && !sip_timer_is_armed(&s->give))
		sip_loop_arm(s->loop, &s->give, GIVE_AGAIN_US);
}

static enum sip_err give(struct sip_shard *s, struct sip_message *m)
{
	const struct sip_flow *f = sip_flow_from_ref(sip_message_flow(m));

	/* What waits goes first. By a connection nothing is given, and so it waits for nobody. */
	if (s->held.head && f && sip_flow_kind(f) == SIP_TRANSPORT_UDP)
		return SIP_E_AGAIN;
	return s->user.on_unknown ? s->user.on_unknown(s->user.arg, m) : SIP_E_UNSUPPORTED;
}

bool sip__unknown(struct sip_shard *s, struct sip_message *m)
{
	enum sip_err err = SIP_E_AGAIN;

	if (SIP_LIKELY(s->hand_over == SIP_SHARD_KEEPS))
		return false;
	if (s->hand_over == SIP_SHARD_GIVES) {
		if (s->user.is_kept && s->user.is_kept(s->user.arg, m))
			return false;
		err = give(s, m);
	}
	if (err == SIP_OK)
		return true;
	if (err == SIP_E_AGAIN && s->held.count < HELD_MAX) {
		hold(s, m);
		return true;
	}
	/* What ends something that we may have begun is ours still. */
	if (!sip_message_begins_something(m))
		return false;
	sip__stateless_answer(s, m, 503, sip_shard_request_hash(&s->key, m));
	sip_message_unref(&m);
	return true;
}

/* As far as it goes: the first that is held again is the head of what waits for the next time. */
static void let_go(struct sip_shard *s)
{
	struct sip_fifo_batch left = s->held;
	struct sip_fifo_node *n;

	sip_fifo_batch_init(&s->held);
	while (!s->held.head && (n = sip_fifo_batch_pop(&left)) != NULL) {
		struct sip_message *m = SIP_CONTAINER(n, struct sip__command, node)->message;

		if (sip_message_is_request(m))
			sip__server_request(s, m);
		else
			sip__client_response(s, m);
	}
	if (!left.head)
		return;
	*s->held.tail = left.head;
	s->held.tail = left.tail;
	s->held.count += left.count;
}

static void on_give(void *arg)
{
	let_go(arg);
}

void sip__unknown_init(struct sip_shard *s)
{
	sip_fifo_batch_init(&s->held);
	sip_timer_init(&s->give, on_give, s);
	s->unanswered = SIZE_MAX;
}

void sip__unknown_stop(struct sip_shard *s)
{
	struct sip_fifo_node *n;

	sip_loop_disarm(s->loop, &s->give);
	while ((n = sip_fifo_batch_pop(&s->held)) != NULL) {
		struct sip_message *m = SIP_CONTAINER(n, struct sip__command, node)->message;

		sip_message_unref(&m);
	}
}

/* ---- orders ------------------------------------------------------------------------------------------------------- */

struct search {
	size_t found;
	uint8_t method;
};

static bool count_unanswered(void *arg, struct sip_hash_node *node)
{
	const struct sip__transaction *tx = SIP_CONTAINER(node, struct sip__transaction, by_id);
	struct search *search = arg;

	if (!sip__tx_is_client(tx) && tx->method == search->method && tx->state < SIP__STATE_COMPLETED)
		search->found++;
	return true;
}

void sip__hand_over(struct sip_shard *s)
{
	struct search search = { 0 };
	uint32_t wanted;

	/* From here on it is the next one's who posts it. */
	(void)__atomic_exchange_n(&s->order.is_posted, false, __ATOMIC_ACQ_REL);
	wanted = __atomic_load_n(&s->order.wanted, __ATOMIC_RELAXED);
	search.method = (uint8_t)(wanted >> SIP__ORDER_METHOD_SHIFT);
	s->hand_over = (uint8_t)wanted;
	if (s->hand_over == SIP_SHARD_HOLDS)
		sip_hash_walk(&s->ids, count_unanswered, &search);
	else
		let_go(s);
	__atomic_store_n(&s->unanswered, s->hand_over == SIP_SHARD_HOLDS ? search.found : SIZE_MAX, __ATOMIC_RELEASE);
}

size_t sip_shard_unanswered(const struct sip_shard *s)
{
	return __atomic_load_n(&s->unanswered, __ATOMIC_ACQUIRE);
}

/* ---- which connections are waited for ------------------------------------------------------------------------------- */

static bool mark_flow(void *arg, struct sip_hash_node *node)
{
	const struct sip__transaction *tx = SIP_CONTAINER(node, struct sip__transaction, by_id);
	const uint32_t *search = arg;

	if (tx->is_by_flow && tx->way.flow)
		sip_flow_set_busy(tx->way.flow, *search);
	return true;
}

/* Requests that go by address are found by their hop, connection by connection. */
void sip__mark_flows(struct sip_shard *s, const struct sip__command *c)
{
	uint32_t search = (uint32_t)c->tx;

	sip_hash_walk(&s->ids, mark_flow, &search);
	if (s->user.on_flows_marked)
		s->user.on_flows_marked(s->user.arg, search, (int64_t)c->cookie);
}
