/*
 * CANCEL both ways: one that comes in is matched, answered and told once (RFC 3261 9.2); one that goes out is a
 * transaction of its own with the INVITE's branch, to the INVITE's target (9.1). The shard's loop.
 */
#include "stack/transaction/transaction_priv.h"

/* "the To tag of the response to the CANCEL and the To tag in the response to the original request SHOULD be the same" */
static enum sip_err make_answer(struct sip_shard *s, const struct sip__transaction *invite, const struct sip_message *cancel,
				uint64_t id, struct sip_message **out)
{
	struct sip_message *last = NULL;
	const struct sip_name_addr *to = NULL;
	enum sip_err err;

	if (!invite)
		return sip__transaction_make(s, id, cancel, sip_refusal_code(SIP_REFUSAL_CANCEL_OF_NOTHING), out);
	if (invite->packet && sip__packet_index(invite->packet, &last) == SIP_OK)
		to = sip_message_name_addr(last, SIP_HEADER_TO, 0);
	err = to && to->tag.len ? sip_response_make(cancel, 200, NULL, to->tag, out) : SIP_E_INVAL;
	if (err == SIP_E_INVAL) /* none yet, or one that is no token */
		err = sip__transaction_make(s, sip__tx_id(invite), cancel, 200, out);
	sip_message_unref(&last);
	return err;
}

static struct sip__transaction *create_server(struct sip_shard *s, const struct sip__key *key, uint64_t id,
					      const struct sip__way *way)
{
	struct sip__transaction *tx = NULL;

	if (s->servers < s->servers_max)
		tx = sip__transaction_create(s, id, SIP__MACHINE_SERVER_OTHER, SIP__STATE_TRYING);
	if (!tx)
		return NULL;
	tx->is_unannounced = true;
	tx->is_reliable = sip_transport_kinds[way->kind].is_stream;
	sip__transaction_go_by(tx, way->flow, way->transport, &way->to);
	if (sip__table_add_server(tx, key) != SIP_OK)
		sip__transaction_destroy(&tx);
	return tx;
}

static void answer(struct sip_shard *s, const struct sip__key *key, uint64_t id, const struct sip_message *cancel,
		   struct sip_message *response)
{
	struct sip__transaction *tx = NULL;
	struct sip_packet *packet = NULL;
	struct sip__way way;

	if (sip__way_back(s, cancel, sip_flow_from_ref(sip_message_flow(cancel)), &way) != SIP_OK)
		return;
	if (sip_message_encode(response, &packet) != SIP_OK) {
		sip__count(s, SIP_M_DROP_NOMEM, 1);
		return;
	}
	tx = create_server(s, key, id, &way);
	if (tx) {
		sip__transaction_run(tx, sip_message_status(response) == 200 ? SIP__EVENT_TU_2XX : SIP__EVENT_TU_FAILURE, NULL,
				     packet, SIP_OK);
		return;
	}
	/* No room to remember it: a repetition gets the same answer again. */
	if (sip__shard_send(s, packet, &way, 0, false) != SIP_OK)
		sip__count(s, SIP_M_TRANSPORT_FAILURES, 1);
	sip_packet_unref(&packet);
}

void sip__cancel_received(struct sip_shard *s, const struct sip__key *key, struct sip__transaction *invite, struct sip_message *m)
{
	struct sip_message *response = NULL;
	uint64_t id = sip_shard_new_tx(s);

	if (make_answer(s, invite, m, id, &response) == SIP_OK)
		answer(s, key, id, m, response);
	else
		sip__count(s, SIP_M_DROP_NOMEM, 1);
	sip_message_unref(&response);
	if (invite && !invite->has_cancelled)
		sip__transaction_run(invite, SIP__EVENT_RX_CANCEL, m, NULL, SIP_OK);
	else
		sip_message_unref(&m);
}

/* ---- out ------------------------------------------------------------------------------------------------------------- */

static enum sip_err make_packet(const struct sip__transaction *invite, struct sip_packet **out)
{
	const char *reason = invite->work ? invite->work->reason : NULL;
	struct sip_message *request = NULL;
	struct sip_message *cancel = NULL;
	enum sip_err err = sip__packet_index(invite->packet, &request);

	if (err == SIP_OK)
		err = sip_derive_cancel(request, sip_str_of(reason), &cancel);
	if (err == SIP_E_INVAL && reason) /* it is none that can be said, and the INVITE is to end all the same */
		err = sip_derive_cancel(request, sip_str_make(NULL, 0), &cancel);
	if (err == SIP_OK)
		err = sip__encode_for(cancel, sip_packet_peer(invite->packet), out);
	sip_message_unref(&cancel);
	sip_message_unref(&request);
	return err;
}

void sip__cancel_send(struct sip__transaction *invite)
{
	struct sip_shard *s = invite->shard;
	struct sip__transaction *tx = NULL;
	struct sip_packet *packet = NULL;

	if (invite->packet && make_packet(invite, &packet) == SIP_OK)
		tx = sip__transaction_create(s, sip__tx_id(invite), SIP__MACHINE_CLIENT_OTHER, SIP__STATE_LOCATING);
	if (!tx) { /* 64*T1 later the INVITE is given up all the same */
		sip__count(s, SIP_M_DROP_NOMEM, 1);
		sip_packet_unref(&packet);
		return;
	}
	tx->packet = packet;
	tx->method = SIP_METHOD_CANCEL;
	tx->attempt = invite->attempt;
	tx->u.client.extra = invite->u.client.extra;
	tx->is_cancel = tx->is_unheard = tx->is_unannounced = true;
	tx->is_reliable = invite->is_reliable;
	sip__transaction_go_by(tx, invite->is_by_flow ? invite->way.flow : NULL,
			       invite->is_by_flow ? NULL : invite->way.transport, &invite->to);
	sip__transaction_run(tx, SIP__EVENT_LOCATED, NULL, NULL, SIP_OK);
}
