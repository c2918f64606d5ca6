/*
 * Requests that follow from another: the ACK for a non-2xx (RFC 3261 17.1.1.3, 22.1) and CANCEL (9.1), hop by
 * hop, with the one Via of the request as it was sent.
 */
#include "stack/message/message_priv.h"

#define FIXED_MOST 128

/* Which fields stand in the derived request, in this order. */
static const uint8_t ack_fields[] = {
	SIP_HEADER_ROUTE,	  SIP_HEADER_FROM,		  SIP_HEADER_CALL_ID,
	SIP_HEADER_AUTHORIZATION, SIP_HEADER_PROXY_AUTHORIZATION,
};
static const uint8_t cancel_fields[] = {
	SIP_HEADER_ROUTE,
	SIP_HEADER_FROM,
	SIP_HEADER_CALL_ID,
};

struct derivation {
	const struct sip_message *request;
	struct sip_str method;
	const uint8_t *ids;
	size_t id_count;
	const struct sip_message *to_from; /* whose To it has */
	struct sip_str reason;
};

static size_t fields_len(const struct sip_message *m, unsigned id)
{
	size_t n = 0;
	for (const struct sip__field *f = sip__first(m, id); f; f = sip__same(m, f))
		n += sip__field_len(f);
	return n;
}

static void put_fields(struct sip_buf *b, const struct sip_message *m, unsigned id)
{
	for (const struct sip__field *f = sip__first(m, id); f; f = sip__same(m, f)) {
		size_t len = sip__field_len(f);
		char *w = sip_buf_reserve(b, len);
		if (!w)
			return;
		sip__field_write(f, w);
		sip_buf_advance(b, len);
	}
}

static void put_request(struct sip_buf *b, const struct derivation *d, struct sip_str via, uint32_t cseq)
{
	sip_buf_put_str(b, d->method);
	SIP_BUF_LIT(b, " ");
	sip_buf_put_str(b, d->request->uri_text);
	SIP_BUF_LIT(b, " SIP/2.0\r\nVia: ");
	sip_buf_put_str(b, via);
	SIP_BUF_LIT(b, "\r\nMax-Forwards: 70\r\n");
	for (size_t i = 0; i < d->id_count; i++)
		put_fields(b, d->request, d->ids[i]);
	put_fields(b, d->to_from, SIP_HEADER_TO);
	SIP_BUF_LIT(b, "CSeq: ");
	sip_buf_put_u64(b, cseq);
	SIP_BUF_LIT(b, " ");
	sip_buf_put_str(b, d->method);
	if (d->reason.len) {
		SIP_BUF_LIT(b, "\r\nReason: ");
		sip_buf_put_str(b, d->reason);
	}
	SIP_BUF_LIT(b, "\r\nContent-Length: 0\r\n\r\n");
}

static enum sip_err derive(const struct derivation *d, struct sip_message **out)
{
	struct sip_str via;
	*out = NULL;
	const struct sip_cseq *cseq = sip_message_cseq(d->request);
	if (!d->request->is_request || !cseq || !sip_message_value(d->request, SIP_HEADER_VIA, 0, &via) ||
	    !sip__is_safe(d->reason))
		return d->request->is_short_of_memory ? SIP_E_NOMEM : SIP_E_INVAL;
	size_t most = FIXED_MOST + d->method.len * 2 + d->request->uri_text.len + via.len + d->reason.len;
	for (size_t i = 0; i < d->id_count; i++)
		most += fields_len(d->request, d->ids[i]);
	most += fields_len(d->to_from, SIP_HEADER_TO);
	struct sip_packet *packet = sip_packet_create(most);
	if (!packet)
		return SIP_E_NOMEM;
	struct sip_buf b;
	sip_buf_init_fixed(&b, packet->bytes, packet->size);
	put_request(&b, d, via, cseq->number);
	packet->len = b.len;
	enum sip_err err = b.err;
	if (err == SIP_OK)
		err = sip_message_parse(packet, 0, packet->len, &sip_limits_default, out);
	sip_buf_fini(&b);
	sip_packet_unref(&packet);
	if (err == SIP_OK)
		(*out)->is_length_right = true;
	return err;
}

enum sip_err sip_derive_ack(const struct sip_message *invite, const struct sip_message *response,
			    struct sip_message **out)
{
	struct derivation d = {
		.request = invite,
		.method = sip_method_names[SIP_METHOD_ACK],
		.ids = ack_fields,
		.id_count = sizeof ack_fields,
		.to_from = response,
	};
	return derive(&d, out);
}

enum sip_err sip_derive_cancel(const struct sip_message *request, struct sip_str reason, struct sip_message **out)
{
	struct derivation d = {
		.request = request,
		.method = sip_method_names[SIP_METHOD_CANCEL],
		.ids = cancel_fields,
		.id_count = sizeof cancel_fields,
		.to_from = request,
		.reason = reason,
	};
	return derive(&d, out);
}
