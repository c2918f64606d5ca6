/*
 * Sends: bytes with an address on them, made by any thread, carried out by a wire. A send finds
 * its wire by its flow, else by its transport.
 */
#include "stack/transport/transport_priv.h"

struct sip_send *sip_send_create(struct sip_packet *packet)
{
	struct sip_send *s = sip_alloc(sizeof *s);

	if (!s)
		return NULL;
	memset(s, 0, sizeof *s);
	s->packet = packet;
	sip_packet_ref(packet);
	return s;
}

void sip_send_destroy(struct sip_send **s)
{
	struct sip_send *send = *s;

	*s = NULL;
	if (!send)
		return;
	sip_packet_unref(&send->packet);
	sip_flow_unref(&send->flow);
	sip_transport_unref(&send->transport);
	sip_free(send);
}

enum sip_err sip_send_post(struct sip_send **s, int64_t now_us)
{
	struct sip_send *send = *s;
	struct sip_wire *w = NULL;
	enum sip_err err;

	if (send->flow && (sip_flow_state(send->flow) != SIP_FLOW_GONE || !send->transport))
		w = send->flow->wire;
	else if (send->transport && !sip_addr_is_none(&send->to))
		w = sip__transport_wire(send->transport, &send->to);
	if (!w)
		return SIP_E_CLOSED;
	err = sip_fifo_post_essential(&w->fifo, &send->node, now_us);
	if (err == SIP_OK)
		*s = NULL;
	return err;
}
