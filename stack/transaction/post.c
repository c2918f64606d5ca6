/*
 * How work reaches a shard: any thread fills in a command, in the room its message keeps for its owner, and posts it. What
 * begins something is refused above high water; what ends something only at the brim (RFC 3261 21.5.4), and what the user
 * says of a transaction that is there, not at all.
 */
#include "stack/transaction/transaction_priv.h"

static enum sip_err post(struct sip_shard *s, struct sip__command *c, bool is_new, int64_t now_us)
{
	return is_new ? sip_fifo_post(&s->fifo, &c->node, now_us) : sip_fifo_post_essential(&s->fifo, &c->node, now_us);
}

static struct sip__command *command_in(struct sip_message *m, enum sip__command_kind kind)
{
	struct sip__command *c = sip_message_owner_room(m);

	memset(c, 0, sizeof *c);
	c->message = m;
	c->kind = (uint8_t)kind;
	return c;
}

static void put_text(struct sip_str text, char *to)
{
	if (text.len)
		memcpy(to, text.p, text.len);
	to[text.len] = '\0';
}

static struct sip__command *command_alone(enum sip__command_kind kind, uint64_t tx, struct sip_str text)
{
	struct sip__command *c = sip_alloc(sizeof *c + text.len + 1);
	char *copy;

	if (!c)
		return NULL;
	memset(c, 0, sizeof *c);
	c->kind = (uint8_t)kind;
	c->tx = tx;
	copy = (char *)(c + 1);
	put_text(text, copy);
	c->text = sip_str_make(copy, text.len);
	return c;
}

enum sip_err sip_shard_post_message(struct sip_shard *s, struct sip_message *m, int64_t now_us)
{
	bool is_new = sip_message_begins_something(m);

	return post(s, command_in(m, SIP__COMMAND_MESSAGE), is_new, now_us);
}

/* Never refused; without memory the news is lost, and the transaction ends by its timers as if the network had been silent. */
void sip_shard_post_send_failed(struct sip_shard *s, uint64_t tx, struct sip_packet *packet, enum sip_err why, int64_t now_us)
{
	struct sip__command *c = command_alone(SIP__COMMAND_SEND_FAILED, tx, sip_str_make(NULL, 0));

	if (!c)
		return;
	c->why = (uint8_t)why;
	if (packet)
		sip_packet_ref(packet);
	c->packet = packet;
	if (sip_fifo_post_answer(&s->fifo, &c->node, now_us) == SIP_OK)
		return;
	sip_packet_unref(&c->packet);
	sip_free(c);
}

/* Never refused; without memory the news is lost, and what waits for an answer ends by its timers. */
static void post_flow(struct sip_shard *s, enum sip__command_kind kind, struct sip_flow *flow, enum sip_err why, int64_t now_us)
{
	struct sip__command *c = command_alone(kind, 0, sip_str_make(NULL, 0));

	if (!c)
		return;
	sip_flow_ref(flow);
	c->flow = flow;
	c->why = (uint8_t)why;
	if (sip_fifo_post_answer(&s->fifo, &c->node, now_us) == SIP_OK)
		return;
	sip_flow_unref(&c->flow);
	sip_free(c);
}

void sip_shard_post_flow_gone(struct sip_shard *s, struct sip_flow *flow, enum sip_err why, int64_t now_us)
{
	post_flow(s, SIP__COMMAND_FLOW_GONE, flow, why != SIP_OK ? why : SIP_E_CLOSED, now_us);
}

void sip_shard_post_flow_idle(struct sip_shard *s, struct sip_flow *flow, int64_t now_us)
{
	post_flow(s, SIP__COMMAND_FLOW_IDLE, flow, SIP_OK, now_us);
}

enum sip_err sip_shard_post_mark_flows(struct sip_shard *s, uint32_t search, int64_t since_us, int64_t now_us)
{
	struct sip__command *c = command_alone(SIP__COMMAND_MARK_FLOWS, search, sip_str_make(NULL, 0));
	enum sip_err err;

	if (!c)
		return SIP_E_NOMEM;
	c->cookie = (uint64_t)since_us;
	err = sip_fifo_post_answer(&s->fifo, &c->node, now_us);
	if (err != SIP_OK)
		sip_free(c);
	return err;
}

void sip_shard_post_hand_over(struct sip_shard *s, enum sip_shard_hand_over mode, enum sip_method method, int64_t now_us)
{
	struct sip__order *o = &s->order;

	__atomic_store_n(&o->wanted, (uint32_t)mode | (uint32_t)method << SIP__ORDER_METHOD_SHIFT, __ATOMIC_RELAXED);
	if (__atomic_exchange_n(&o->is_posted, true, __ATOMIC_ACQ_REL))
		return;
	o->command.kind = SIP__COMMAND_HAND_OVER;
	/* A shard that is down has nothing left to hold, nor to give. */
	(void)!sip_fifo_post_answer(&s->fifo, &o->command.node, now_us);
}

enum sip_err sip_shard_post_transport(struct sip_shard *s, struct sip_transport *t, bool is_added, int64_t now_us)
{
	struct sip__command *c = command_alone(SIP__COMMAND_TRANSPORT, 0, sip_str_make(NULL, 0));
	enum sip_err err;

	if (!c)
		return SIP_E_NOMEM;
	sip_transport_ref(t);
	c->transport = t;
	c->flag = is_added;
	err = sip_fifo_post_answer(&s->fifo, &c->node, now_us);
	if (err != SIP_OK) {
		sip_transport_unref(&c->transport);
		sip_free(c);
	}
	return err;
}

/* Copies in the message's own memory; the URI with a zero behind it. */
static enum sip_err put_target(struct sip__command *c, const struct sip_shard_target *target)
{
	size_t len;
	char *copy;

	if (!target)
		return SIP_OK;
	if (target->branch_extra.len > SIP__EXTRA_MAX)
		return SIP_E_INVAL;
	if (target->uri.len || target->branch_extra.len || target->prepare) {
		len = sizeof *c->route + target->uri.len + 1 + target->branch_extra.len + 1;
		c->route = sip_arena_alloc(sip_message_arena(c->message), len);
		if (!c->route)
			return SIP_E_NOMEM;
		copy = (char *)(c->route + 1);
		put_text(target->uri, copy);
		put_text(target->branch_extra, copy + target->uri.len + 1);
		c->route->hop = target->uri.len ? copy : NULL;
		c->route->extra = sip_str_make(copy + target->uri.len + 1, target->branch_extra.len);
		c->route->prepare = target->prepare;
		c->route->prepare_arg = target->prepare_arg;
	}
	c->flag = target->flow_only;
	c->flow = target->flow;
	if (c->flow)
		sip_flow_ref(c->flow);
	c->transport = target->preferred;
	if (c->transport)
		sip_transport_ref(c->transport);
	return SIP_OK;
}

static enum sip_err post_to_target(struct sip_shard *s, struct sip__command *c, struct sip_message **m,
				   const struct sip_shard_target *target, bool is_new, int64_t now_us)
{
	struct sip_flow *flow;
	struct sip_transport *transport;
	enum sip_err err = put_target(c, target);

	if (err != SIP_OK)
		return err;
	flow = c->flow;
	transport = c->transport;
	err = post(s, c, is_new, now_us);
	if (err == SIP_OK) {
		*m = NULL;
		return SIP_OK;
	}
	sip_flow_unref(&flow);
	sip_transport_unref(&transport);
	return err;
}

enum sip_err sip_shard_post_request(struct sip_shard *s, uint64_t tx, void *owner, uint64_t cookie, struct sip_message **m,
				    const struct sip_shard_target *target, int64_t now_us)
{
	enum sip_method method = sip_message_method(*m);
	struct sip__command *c;

	if (!sip_message_is_request(*m) || method == SIP_METHOD_ACK || method == SIP_METHOD_CANCEL)
		return SIP_E_INVAL;
	c = command_in(*m, SIP__COMMAND_REQUEST);
	c->tx = tx;
	c->owner = owner;
	c->cookie = cookie;
	return post_to_target(s, c, m, target, !sip_method_is_essential(method), now_us);
}

enum sip_err sip_shard_post_stateless(struct sip_shard *s, uint64_t branch, struct sip_message **m,
				      const struct sip_shard_target *target, int64_t now_us)
{
	struct sip__command *c = command_in(*m, SIP__COMMAND_STATELESS);

	c->tx = branch;
	return post_to_target(s, c, m, target, false, now_us);
}

static enum sip_err post_response(struct sip_shard *s, uint64_t tx, struct sip_message **m, bool is_once, int64_t now_us)
{
	struct sip__command *c;
	enum sip_err err;

	if (sip_message_is_request(*m))
		return SIP_E_INVAL;
	c = command_in(*m, SIP__COMMAND_RESPONSE);
	c->tx = tx;
	c->flag = is_once;
	/* A transaction waits for its final answer for ever: a flood of what ends work must not keep it away. */
	if (sip_message_status(*m) >= 200)
		err = sip_fifo_post_answer(&s->fifo, &c->node, now_us);
	else
		err = post(s, c, false, now_us);
	if (err == SIP_OK)
		*m = NULL;
	return err;
}

enum sip_err sip_shard_post_response(struct sip_shard *s, uint64_t tx, struct sip_message **m, int64_t now_us)
{
	return post_response(s, tx, m, false, now_us);
}

enum sip_err sip_shard_post_response_once(struct sip_shard *s, uint64_t tx, struct sip_message **m, int64_t now_us)
{
	return post_response(s, tx, m, true, now_us);
}

static enum sip_err post_alone(struct sip_shard *s, enum sip__command_kind kind, uint64_t tx, struct sip_str text,
			       int64_t now_us)
{
	struct sip__command *c = command_alone(kind, tx, text);
	enum sip_err err;

	if (!c)
		return SIP_E_NOMEM;
	err = sip_fifo_post_answer(&s->fifo, &c->node, now_us);
	if (err != SIP_OK)
		sip_free(c);
	return err;
}

enum sip_err sip_shard_post_cancel(struct sip_shard *s, uint64_t tx, struct sip_str reason, int64_t now_us)
{
	return post_alone(s, SIP__COMMAND_CANCEL, tx, reason, now_us);
}

enum sip_err sip_shard_post_abandon(struct sip_shard *s, uint64_t tx, int64_t now_us)
{
	return post_alone(s, SIP__COMMAND_ABANDON, tx, sip_str_make(NULL, 0), now_us);
}
