/*
 * The client side's events: requests from the user begin a transaction, responses from the wire are matched (RFC 3261
 * 17.1.3, 18.1.2) and classified. The shard's loop.
 */
#include "stack/transaction/transaction_priv.h"

void sip__client_refuse(struct sip_shard *s, struct sip__command *c, enum sip_err why)
{
	struct sip_shard_user *user = &s->user;
	struct sip_str extra = c->route ? c->route->extra : sip_str_make(NULL, 0);
	struct sip_message *response = NULL;

	if (!s->is_stopped && sip__push_via(s, &s->key, c->message, NULL, NULL, c->tx, extra) == SIP_OK &&
	    sip__transaction_make(s, c->tx, c->message, 503, &response) == SIP_OK)
		user->on_response(user->arg, c->owner, c->tx, c->cookie, response, why);
	user->on_ended(user->arg, c->owner, c->tx, c->cookie, why);
	sip_message_unref(&c->message);
}

static enum sip_err set_target(struct sip__transaction *tx, struct sip__command *c)
{
	struct sip__work *w = tx->work;
	struct sip_addr none;

	w->preferred = c->transport;
	c->transport = NULL;
	if (c->route)
		w->route = *c->route;
	tx->u.client.extra = sip__text_hash(w->route.extra);
	w->is_flow_only = c->flag && c->flow;
	w->has_located = w->is_flow_only;
	if (!c->flow)
		return SIP_OK;
	sip_addr_clear(&none);
	sip__transaction_go_by(tx, c->flow, NULL, &none);
	if (!w->route.hop || (w->is_flow_only && sip_flow_kind(c->flow) != SIP_TRANSPORT_DTLS))
		return SIP_OK;
	w->own_hop = sip_strdup(w->route.hop, strlen(w->route.hop));
	w->route.hop = w->own_hop;
	return w->own_hop ? SIP_OK : SIP_E_NOMEM;
}

void sip__client_request(struct sip_shard *s, struct sip__command *c)
{
	enum sip__machine_id machine = sip_message_method(c->message) == SIP_METHOD_INVITE ? SIP__MACHINE_CLIENT_INVITE
											   : SIP__MACHINE_CLIENT_OTHER;
	struct sip__transaction *tx;
	enum sip__event event;
	enum sip_err why = SIP_OK;

	if (s->is_stopped || s->clients >= s->clients_max) {
		sip__client_refuse(s, c, s->is_stopped ? SIP_E_STOPPED : SIP_E_LIMIT);
		return;
	}
	tx = sip__transaction_create(s, c->tx, machine, SIP__STATE_LOCATING);
	if (!tx || set_target(tx, c) != SIP_OK) {
		if (tx)
			sip__transaction_destroy(&tx);
		sip__client_refuse(s, c, SIP_E_NOMEM);
		return;
	}
	tx->owner = c->owner;
	tx->u.client.cookie = c->cookie;
	tx->method = sip__method_byte(c->message);
	tx->work->request = c->message;
	c->message = NULL;
	event = sip__failover_next(tx, &why);
	if (event != SIP__EVENT_NONE)
		sip__transaction_run(tx, event, NULL, NULL, why);
}

static enum sip__event classify(struct sip__transaction *tx, unsigned status)
{
	if (status < 200)
		return SIP__EVENT_RX_1XX;
	if (status < 300)
		return SIP__EVENT_RX_2XX;
	if (status != 503)
		return SIP__EVENT_RX_FAILURE;
	sip__failover_target_failed(tx, SIP_OK);
	sip__failover_skip_twin(tx);
	if ((tx->state == SIP__STATE_TRYING || tx->state == SIP__STATE_PROCEEDING) && sip__failover_has_next(tx))
		return SIP__EVENT_RX_503_NEXT;
	return SIP__EVENT_RX_FAILURE;
}

/* "If the value of the "sent-by" parameter […] does not correspond to a value that the client transport is configured to insert" */
static bool is_own_sent_by(const struct sip_shard *s, const struct sip_message *m, const struct sip_via *via)
{
	const struct sip_flow *f = sip_flow_from_ref(sip_message_flow(m));

	if (f && sip_transport_is_sent_by(sip_flow_transport(f), via->host, via->port))
		return true;
	for (size_t i = 0; i < s->selector.count; i++)
		if (sip_transport_is_sent_by(s->selector.transports[i], via->host, via->port))
			return true;
	return false;
}

void sip__client_response(struct sip_shard *s, struct sip_message *m)
{
	const struct sip_via *via = sip_message_via(m, 0);
	struct sip__transaction *tx = NULL;
	unsigned status = sip_message_status(m);
	struct sip_str extra;
	uint64_t token = 0;
	bool is_ours = via && sip__branch_parse(&s->key, via->branch, &token, &extra) && is_own_sent_by(s, m, via);

	if (is_ours && sip_message_method(m) == SIP_METHOD_CANCEL)
		token |= SIP__TOKEN_CANCEL;
	if (is_ours)
		tx = sip__table_find_token(s, token);
	if (tx && (!sip__tx_is_client(tx) || tx->method != sip__method_byte(m) || tx->u.client.extra != sip__text_hash(extra)))
		tx = NULL;
	if (!tx) {
		if (is_ours || !sip__unknown(s, m))
			sip__stray_response(s, m, is_ours);
		return;
	}
	if (status != 503)
		sip__failover_target_answered(tx);
	if (tx->state >= SIP__STATE_COMPLETED)
		sip__count(s, SIP_M_RETRANSMIT_RECEIVED, 1);
	sip__transaction_run(tx, classify(tx, status), m, NULL, SIP_OK);
}
