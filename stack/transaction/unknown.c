/*
 * What no transaction knows while another process takes over: held until it is known whether that succeeds, then given away, or
 * taken up as ever. The shard's loop.
 */
#include "stack/transaction/transaction_priv.h"

#define HELD_MAX 20000

static bool begins_something(const struct sip_message *m)
{
	if (!sip_message_is_request(m))
		return false;
	switch (sip_message_method(m)) {
	case SIP_METHOD_ACK:
	case SIP_METHOD_BYE:
	case SIP_METHOD_CANCEL:
	case SIP_METHOD_PRACK:
		return false;
	default:
		return true;
	}
}

static void hold(struct sip_shard *s, struct sip_message *m)
{
	struct sip__command *c = sip_message_owner_room(m);

	memset(c, 0, sizeof *c);
	c->message = m;
	sip_fifo_batch_add(&s->held, &c->node);
}

bool sip__unknown(struct sip_shard *s, struct sip_message *m)
{
	if (SIP_LIKELY(s->hand_over == SIP_SHARD_KEEPS))
		return false;
	if (s->hand_over == SIP_SHARD_HOLDS && s->held.count < HELD_MAX) {
		hold(s, m);
		return true;
	}
	if (s->hand_over == SIP_SHARD_GIVES && s->user.on_unknown && s->user.on_unknown(s->user.arg, m))
		return true;
	/* What ends something that we may have begun is ours still. */
	if (!begins_something(m))
		return false;
	sip__stateless_answer(s, m, 503, sip_shard_request_hash(&s->key, m));
	sip_message_unref(&m);
	return true;
}

void sip__unknown_stop(struct sip_shard *s)
{
	struct sip_fifo_node *n;

	while ((n = sip_fifo_batch_pop(&s->held)) != NULL) {
		struct sip_message *m = SIP_CONTAINER(n, struct sip__command, node)->message;

		sip_message_unref(&m);
	}
}

static void let_go(struct sip_shard *s)
{
	struct sip_fifo_batch held = s->held;
	struct sip_fifo_node *n;

	if (!held.head)
		return;
	sip_fifo_batch_init(&s->held);
	while ((n = sip_fifo_batch_pop(&held)) != NULL) {
		struct sip_message *m = SIP_CONTAINER(n, struct sip__command, node)->message;

		if (sip_message_is_request(m))
			sip__server_request(s, m);
		else
			sip__client_response(s, m);
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

void sip__hand_over(struct sip_shard *s, const struct sip__command *c)
{
	struct search search = { 0, (uint8_t)c->tx };

	s->hand_over = c->why;
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
