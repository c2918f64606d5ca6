/*
 * The server side's events: requests from the wire are matched (RFC 3261 17.2.3) or begin a transaction, responses from
 * the user are encoded once and classified. The shard's loop.
 */
#include "stack/transaction/transaction_priv.h"

static void drop(struct sip_shard *s, struct sip_message *m, unsigned metric)
{
	sip__count(s, metric, 1);
	sip_message_unref(&m);
}

static void received_ack(struct sip_shard *s, const struct sip__key *key, struct sip_message *m)
{
	struct sip__transaction *tx = sip__table_find_server(s, key);

	/* "and the To tag of the ACK matches the To tag of the response" (17.2.3, RFC 2543 peers) */
	if (tx && key->is_2543 && tx->u.server.to_tag != key->to_tag)
		tx = NULL;
	if (tx)
		sip__transaction_run(tx, SIP__EVENT_RX_ACK, m, NULL, SIP_OK);
	else if (!sip__unknown(s, m))
		sip__stray_ack(s, m);
}

static struct sip__transaction *create(struct sip_shard *s, const struct sip__key *key, const struct sip_message *m,
				       const struct sip__way *way)
{
	bool is_invite = key->method == SIP_METHOD_INVITE;
	enum sip__timer timer = is_invite ? SIP__TIMER_TRYING : SIP__TIMER_TRYING_SLOW;
	struct sip__transaction *tx =
		sip__transaction_create(s, sip_shard_new_tx(s), is_invite ? SIP__MACHINE_SERVER_INVITE : SIP__MACHINE_SERVER_OTHER,
					SIP__STATE_TRYING);

	if (!tx)
		return NULL;
	if (sip__table_add_server(tx, key) != SIP_OK) {
		sip__transaction_destroy(&tx);
		return NULL;
	}
	sip_received_init(&tx->work->received, m);
	tx->is_reliable = sip_transport_kinds[way->kind].is_stream;
	sip__transaction_go_by(tx, way->flow, way->transport, &way->to);
	tx->work->timer = (uint8_t)timer;
	sip_loop_arm(s->loop, &tx->work->resend, s->delays.of[timer][tx->is_reliable]);
	return tx;
}

static void begin(struct sip_shard *s, const struct sip__key *key, struct sip_message *m)
{
	struct sip__transaction *tx;
	struct sip__way way;
	bool is_merged;

	if (sip__way_back(s, m, sip_flow_from_ref(sip_message_flow(m)), &way) != SIP_OK) {
		drop(s, m, SIP_M_DROP_ERROR);
		return;
	}
	if (s->servers >= s->servers_max || s->is_stopped) {
		sip__stateless_answer(s, m, 503, key->hash);
		sip_message_unref(&m);
		return;
	}
	tx = create(s, key, m, &way);
	if (!tx) {
		drop(s, m, SIP_M_DROP_NOMEM);
		return;
	}
	is_merged = sip__table_is_merged(tx, m);
	if (is_merged)
		sip__count(s, SIP_M_TX_COLLISIONS, 1);
	s->user.on_request(s->user.arg, sip__tx_id(tx), m, is_merged);
}

void sip__server_request(struct sip_shard *s, struct sip_message *m)
{
	struct sip__transaction *tx;
	struct sip__key key;

	if (!sip__key_of(&s->key, m, &key)) {
		drop(s, m, SIP_M_DROP_MALFORMED);
		return;
	}
	if (sip_message_method(m) == SIP_METHOD_ACK) {
		received_ack(s, &key, m);
		return;
	}
	tx = sip__table_find_server(s, &key);
	if (tx) {
		sip__count(s, SIP_M_RETRANSMIT_RECEIVED, 1);
		sip__transaction_run(tx, SIP__EVENT_RX_AGAIN, m, NULL, SIP_OK);
	} else if (key.method == SIP_METHOD_CANCEL) {
		tx = sip__table_find_cancelled(s, &key);
		if (tx || !sip__unknown(s, m))
			sip__cancel_received(s, &key, tx, m);
	} else if (!sip__unknown(s, m)) {
		begin(s, &key, m);
	}
}

/* Over a stream nothing lingers, and an INVITE's failure waits for its ACK: what is said once is said as ever. */
static enum sip__event classify(const struct sip__transaction *tx, unsigned status, bool is_once)
{
	if (status < 200)
		return SIP__EVENT_TU_1XX;
	if (is_once && tx->machine == SIP__MACHINE_SERVER_OTHER && !tx->is_reliable && status != 408)
		return SIP__EVENT_TU_ONCE;
	if (status < 300)
		return SIP__EVENT_TU_2XX;
	if (status == 408 && tx->machine == SIP__MACHINE_SERVER_OTHER)
		return SIP__EVENT_TU_408;
	return SIP__EVENT_TU_FAILURE;
}

/* Its last word, which nobody but the peer asks for again: without memory it keeps the packet. */
static void keep_rest(struct sip__transaction *tx, enum sip__event event, const struct sip_message *response)
{
	bool lingers = event == SIP__EVENT_TU_2XX || event == SIP__EVENT_TU_FAILURE ||
		       (event == SIP__EVENT_TU_ONCE && tx->state == SIP__STATE_PROCEEDING);

	if (tx->machine == SIP__MACHINE_SERVER_OTHER && !tx->is_reliable && tx->state < SIP__STATE_COMPLETED && lingers && !tx->rest)
		tx->rest = sip_response_rest_create(response);
}

void sip__server_response(struct sip_shard *s, struct sip__command *c)
{
	struct sip__transaction *tx = sip__table_find_id(s, c->tx);
	unsigned status = sip_message_status(c->message);
	struct sip_packet *packet = NULL;
	enum sip__event event;
	enum sip_err err = SIP_OK;

	if (!tx || sip__tx_is_client(tx)) {
		/* "the element MUST forward the response statelessly" (RFC 6026 8.3) */
		if (status >= 200 && status < 300 && sip_message_method(c->message) == SIP_METHOD_INVITE)
			sip__stateless_send(s, c);
		else
			sip_message_unref(&c->message);
		return;
	}
	event = classify(tx, status, c->flag);
	if (event != SIP__EVENT_TU_408 && (status >= 200 || tx->machine == SIP__MACHINE_SERVER_INVITE))
		err = sip_message_encode(c->message, &packet);
	if (err == SIP_OK && tx->is_2543) {
		const struct sip_name_addr *to = sip_message_name_addr(c->message, SIP_HEADER_TO, 0);
		tx->u.server.to_tag = to ? sip__text_hash(to->tag) : 0;
	}
	if (err == SIP_OK)
		keep_rest(tx, event, c->message);
	sip_message_unref(&c->message);
	if (err != SIP_OK) {
		sip__count(s, SIP_M_DROP_NOMEM, 1);
		event = SIP__EVENT_TU_LOST;
	}
	if (err == SIP_OK || status >= 200)
		sip__transaction_run(tx, event, NULL, packet, err);
}
