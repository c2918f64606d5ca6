/* One datagram, one message; line ends in front of it or alone are keep-alives (RFC 3261 7.5, 18.3, RFC 5626 3.5.1). */
#include "stack/message/message_priv.h"

enum sip_err sip__frame_index(struct sip_packet *packet, const char *p, size_t len, const struct sip_limits *limits,
			      struct sip_message **out)
{
	*out = NULL;
	struct sip_message *m = sip__message_create(packet);
	if (!m)
		return SIP_E_NOMEM;
	enum sip_err err = sip__message_index(m, p, len, limits);
	if (err == SIP_E_LIMIT && m->first[SIP_HEADER_VIA] != SIP__NONE) {
		sip__refuse(m, SIP_REFUSAL_HEADER_SIZE);
		m->is_uneven = true;
	} else if (err != SIP_OK) {
		sip_message_unref(&m);
	}
	*out = m;
	return err;
}

enum sip_frame_kind sip_frame_datagram(struct sip_packet *packet, const struct sip_limits *limits,
				       struct sip_message **out, enum sip_err *err)
{
	MUST(packet && packet->ref.magic == SIP__PACKET_MAGIC);
	*out = NULL;
	*err = SIP_OK;
	const char *p = packet->bytes, *end = p + packet->len;
	while (p < end && (*p == '\r' || *p == '\n'))
		p++;
	if (p == end)
		return packet->len < 4 ? SIP_FRAME_PONG : SIP_FRAME_PING;
	if ((size_t)(end - p) > limits->message) {
		*err = SIP_E_TOOBIG;
		return SIP_FRAME_UNFRAMEABLE;
	}
	*err = sip__frame_index(packet, p, (size_t)(end - p), limits, out);
	if (*err != SIP_OK)
		return SIP_FRAME_UNFRAMEABLE;
	(*out)->is_whole = p == packet->bytes;
	return SIP_FRAME_MESSAGE;
}
