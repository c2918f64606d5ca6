/*
 * A shard: one loop's part of all transactions. Deeds of any thread come in through its FIFO, in order, and are dealt out to
 * the client's and the server's side; what they lead to goes to the wire and to the user. RFC 3261 17.
 */
#include "stack/transaction/transaction_priv.h"

void sip_timers_init(struct sip_timers *t)
{
	t->t1 = 500;
	t->t2 = 4000;
	t->t4 = 5000;
	t->t100 = 200;
	t->td = 32000;
}

void sip_shard_options_init(struct sip_shard_options *o)
{
	memset(o, 0, sizeof *o);
	sip_timers_init(&o->timers);
	dns_options_init(&o->dns);
	o->queue_max = 50000;
	o->tolerance_us = SIP_MS(200);
	o->clients_max = 4000000;
	o->servers_max = 4000000;
	o->add_rport = true;
}

/* ---- the wire's side ----------------------------------------------------------------------------------------------- */

enum sip_err sip__shard_send(struct sip_shard *s, struct sip_packet *packet, const struct sip__way *way, uint64_t token,
			     bool gives_back)
{
	struct sip_send *send = sip_send_create(packet);
	struct sip_transport *transport = way->transport;
	enum sip_err err;

	if (!send)
		return SIP_E_NOMEM;
	if (way->flow) {
		sip_flow_ref(way->flow);
		send->flow = way->flow;
		transport = sip_addr_is_none(&way->to) ? NULL : sip_flow_transport(way->flow);
	}
	if (transport) {
		sip_transport_ref(transport);
		send->transport = transport;
	}
	send->to = way->to;
	send->token = token;
	send->gives_back = gives_back;
	err = sip_send_post(&send, sip_loop_now(s->loop));
	if (err != SIP_OK)
		sip_send_destroy(&send);
	return err;
}

/* ---- commands ------------------------------------------------------------------------------------------------------- */

static void cancel(struct sip_shard *s, struct sip__command *c)
{
	struct sip__transaction *tx = sip__table_find_id(s, c->tx);

	if (!tx || tx->machine != SIP__MACHINE_CLIENT_INVITE)
		return;
	/* Without memory for the reason the CANCEL goes without one. */
	if (tx->work && c->text.len && !tx->work->reason)
		tx->work->reason = sip_strdup(c->text.p, c->text.len);
	sip__transaction_run(tx, SIP__EVENT_CANCEL, NULL, NULL, SIP_OK);
}

static void abandon(struct sip_shard *s, uint64_t id)
{
	struct sip__transaction *tx = sip__table_find_id(s, id);

	if (!tx)
		return;
	if (sip__tx_is_client(tx))
		tx->is_unheard = true;
	sip__transaction_run(tx, SIP__EVENT_ABANDON, NULL, NULL, SIP_OK);
}

static void change_transport(struct sip_shard *s, struct sip__command *c)
{
	enum sip_err err;

	if (!c->flag) {
		sip_selector_remove(&s->selector, c->transport);
		return;
	}
	err = sip_selector_add(&s->selector, c->transport);
	if (err != SIP_OK)
		SIP_LOG(sip_loop_log(s->loop), SIP_LOG_ERR, "transaction", "shard %u cannot use transport %u: %s", s->number,
			(unsigned)sip_transport_id(c->transport), sip_err_text(err));
}

static void carry_out(struct sip_shard *s, struct sip__command *c)
{
	struct sip__transaction *tx;

	switch ((enum sip__command_kind)c->kind) {
	case SIP__COMMAND_MESSAGE:
		if (sip_message_is_request(c->message))
			sip__server_request(s, c->message);
		else
			sip__client_response(s, c->message);
		break;
	case SIP__COMMAND_REQUEST:
		sip__client_request(s, c);
		break;
	case SIP__COMMAND_RESPONSE:
		sip__server_response(s, c);
		break;
	case SIP__COMMAND_STATELESS:
		sip__stateless_send(s, c);
		break;
	case SIP__COMMAND_CANCEL:
		cancel(s, c);
		break;
	case SIP__COMMAND_ABANDON:
		abandon(s, c->tx);
		break;
	case SIP__COMMAND_SEND_FAILED:
		tx = sip__table_find_token(s, c->tx);
		if (tx)
			sip__transaction_send_failed(tx, c->packet, (enum sip_err)c->why);
		sip_packet_unref(&c->packet);
		break;
	case SIP__COMMAND_FLOW_GONE:
		sip__hop_flow_gone(s, c->flow, (enum sip_err)c->why);
		break;
	case SIP__COMMAND_TRANSPORT:
		change_transport(s, c);
		break;
	case SIP__COMMAND_HAND_OVER:
		sip__hand_over(s);
		break;
	case SIP__COMMAND_MARK_FLOWS:
		sip__mark_flows(s, c);
		break;
	case SIP__COMMAND_FLOW_IDLE:
		if (s->user.on_flow_idle && !sip__hop_has(s, c->flow))
			s->user.on_flow_idle(s->user.arg, c->flow);
		break;
	}
}

/* Neither in the room of a message nor the shard's own. */
static bool is_alone(const struct sip__command *c)
{
	return !c->message && c->kind != SIP__COMMAND_HAND_OVER;
}

static void on_command(void *arg, struct sip_fifo_node *node)
{
	struct sip_shard *s = arg;
	struct sip__command *allocated = SIP_CONTAINER(node, struct sip__command, node);
	struct sip__command c = *allocated; /* the room in the message is the next owner's */

	SIP_LOOP_MINE(s->loop);
	if (!is_alone(&c))
		allocated = NULL;
	carry_out(s, &c);
	sip_flow_unref(&c.flow);
	sip_transport_unref(&c.transport);
	sip_free(allocated);
}

static void discard(void *arg, struct sip_fifo_node *node)
{
	struct sip_shard *s = arg;
	struct sip__command *allocated = SIP_CONTAINER(node, struct sip__command, node);
	struct sip__command c = *allocated;

	if (!is_alone(&c))
		allocated = NULL;
	if (c.kind == SIP__COMMAND_REQUEST)
		sip__client_refuse(s, &c, SIP_E_STOPPED);
	else if (c.kind == SIP__COMMAND_SEND_FAILED)
		sip_packet_unref(&c.packet);
	else
		sip_message_unref(&c.message);
	sip_flow_unref(&c.flow);
	sip_transport_unref(&c.transport);
	sip_free(allocated);
}

/* ---- life ------------------------------------------------------------------------------------------------------------- */

static enum sip_err start(struct sip_shard *s, const struct sip_shard_options *o)
{
	struct sip_fifo_options fo = { 0 };
	struct dns_options dns = o->dns;
	enum sip_err err;

	for (unsigned i = 0; i < SIP__MACHINE_COUNT; i++) {
		s->machines[i] = sip__machine_of((enum sip__machine_id)i, &s->copy);
		if (!s->machines[i])
			return SIP_E_NOMEM;
	}
	dns.loop = o->loop;
	err = dns_resolver_create(&dns, &s->dns);
	if (err != SIP_OK)
		return err;
	fo.name = "transaction";
	fo.max = o->queue_max;
	fo.high = o->queue_max / 10 * 8;
	fo.low = o->queue_max / 10 * 6;
	fo.tolerance_us = o->tolerance_us;
	fo.fn = on_command;
	fo.arg = s;
	return sip_fifo_init(&s->fifo, o->loop, &fo);
}

static void release(struct sip_shard *s)
{
	if (s->dns)
		dns_resolver_destroy(&s->dns);
	sip_selector_fini(&s->selector);
	sip_hash_fini(&s->ids);
	sip_hash_fini(&s->keys);
	sip_hash_fini(&s->origins);
	sip__hop_fini(s);
	sip_slab_fini(&s->works);
	sip_slab_fini(&s->transactions);
	sip_free(s->copy);
	sip_loop_unref(&s->loop);
	s->magic = 0;
	sip_free(s);
}

enum sip_err sip_shard_create(const struct sip_shard_options *o, struct sip_shard **out)
{
	struct sip_shard *s;
	enum sip_err err;

	*out = NULL;
	if (o->number >= SIP_SHARDS || !o->loop || o->queue_max < 10)
		return SIP_E_INVAL;
	s = sip_alloc_zero(sizeof *s);
	if (!s)
		return SIP_E_NOMEM;
	s->magic = SIP__SHARD_MAGIC;
	s->number = o->number;
	s->loop = o->loop;
	sip_loop_ref(o->loop);
	s->user = o->user;
	s->key = o->key;
	s->add_rport = o->add_rport;
	s->clients_max = o->clients_max;
	s->servers_max = o->servers_max;
	s->next_number = 1;
	sip__delays_init(&s->delays, &o->timers);
	sip_selector_init(&s->selector);
	sip_slab_init(&s->transactions, sizeof(struct sip__transaction), 0);
	sip_slab_init(&s->works, sizeof(struct sip__work), 0);
	sip_hash_init(&s->ids, 0);
	sip_hash_init(&s->keys, 0);
	sip_hash_init(&s->origins, 0);
	sip__hop_init(s);
	sip_list_init(&s->stateless);
	sip__unknown_init(s);
	err = start(s, o);
	if (err != SIP_OK) {
		release(s);
		return err;
	}
	*out = s;
	return SIP_OK;
}

static bool stop_one(void *arg, struct sip_hash_node *node)
{
	struct sip__transaction *tx = SIP_CONTAINER(node, struct sip__transaction, by_id);

	(void)arg;
	sip__transaction_end(&tx, SIP_E_STOPPED);
	return true;
}

void sip_shard_shutdown(struct sip_shard *s)
{
	MUST_BE(s, SIP__SHARD_MAGIC);
	if (s->is_stopped)
		return;
	s->is_stopped = true;
	sip_fifo_detach(&s->fifo, discard);
	sip_hash_walk(&s->ids, stop_one, NULL);
	sip__stateless_stop(s);
	sip__unknown_stop(s);
}

void sip_shard_destroy(struct sip_shard **sp)
{
	struct sip_shard *s = *sp;

	*sp = NULL;
	if (!s)
		return;
	sip_shard_shutdown(s);
	sip_fifo_fini(&s->fifo, NULL);
	release(s);
}

const struct sip_fifo *sip_shard_fifo(const struct sip_shard *s)
{
	return &s->fifo;
}

size_t sip_shard_transactions(const struct sip_shard *s)
{
	return __atomic_load_n(&s->alive, __ATOMIC_RELAXED);
}

uint64_t sip_shard_new_tx(struct sip_shard *s)
{
	uint64_t number = __atomic_fetch_add(&s->next_number, 1, __ATOMIC_RELAXED);

	return (uint64_t)s->number << 58 | (number << SIP__ID_SHIFT & ~((uint64_t)0x3f << 58));
}

void sip_shard_adopt(struct sip_shard *s, uint64_t tx, void *owner)
{
	struct sip__transaction *t = sip__table_find_id(s, tx);

	SIP_LOOP_MINE(s->loop);
	if (t)
		t->owner = owner;
}
