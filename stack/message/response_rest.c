/*
 * What of a response made here is not its request's: whoever may have to say it again keeps that much, since who asks
 * again brings the request along (RFC 3261 17.2.2). One block; on the owner's thread.
 */
#include "stack/message/message_priv.h"

struct sip_response_rest {
	uint16_t status;
	uint16_t tail_len; /* the lines behind those of the request, Content-Length first */
	uint8_t reason_len;
	uint8_t tag_len;
	bool has_reason;   /* given, not looked up */
	char bytes[];      /* the reason and a zero, the tag, the tail */
};

/* The lines behind those copied. */
static struct sip_str tail_of(const struct sip_message *m)
{
	const char *from = sip__first(m, SIP_HEADER_CONTENT_LENGTH)->line;

	return sip_str_make(from, (size_t)(m->header_end - from));
}

struct sip_response_rest *sip_response_rest_create(const struct sip_message *m)
{
	struct sip_response_rest *r;
	struct sip_str tail, tag = { NULL, 0 };
	const struct sip__field *to;
	bool has_reason = m->has_own_reason;

	MUST_BE(&m->ref, SIP__MESSAGE_MAGIC);
	if (!m->is_growing || !m->is_whole || m->is_edited || !m->is_of_request || m->reason.len > UINT8_MAX)
		return NULL;
	tail = tail_of(m);
	to = sip__first(m, SIP_HEADER_TO);
	if (m->made_tag_len)
		tag = sip_str_from(sip__field_value(to), to->value_len - m->made_tag_len);
	r = tail.len <= UINT16_MAX ? sip_alloc(sizeof *r + (has_reason ? m->reason.len + 1 : 0) + tag.len + tail.len) : NULL;
	if (!r)
		return NULL;
	r->status = m->status;
	r->has_reason = has_reason;
	r->reason_len = has_reason ? (uint8_t)m->reason.len : 0;
	r->tag_len = (uint8_t)tag.len;
	r->tail_len = (uint16_t)tail.len;
	char *w = r->bytes;
	if (has_reason) {
		w = sip__write_str(w, m->reason);
		*w++ = '\0';
	}
	w = sip__write_str(w, tag);
	sip__write_str(w, tail);
	return r;
}

void sip_response_rest_free(struct sip_response_rest **r)
{
	sip_free(*r);
	*r = NULL;
}

enum sip_err sip_response_rest_encode(const struct sip_response_rest *r, const struct sip_message *request,
				      struct sip_packet **out)
{
	const char *tag = r->bytes + (r->has_reason ? r->reason_len + 1 : 0), *tail = tag + r->tag_len;
	struct sip_message *m = NULL;
	enum sip_err err = sip_response_make(request, r->status, r->has_reason ? r->bytes : NULL, sip_str_make(tag, r->tag_len), &m);

	*out = NULL;
	if (err != SIP_OK)
		return err;
	/* It was made with this much room before, and the tail is all that it grew by. */
	struct sip_packet *p = m->packet;
	size_t at = (size_t)(sip__first(m, SIP_HEADER_CONTENT_LENGTH)->line - p->bytes);
	if (p->size - at >= (size_t)r->tail_len + 2) {
		SIP__WRITE_LIT(sip__write(p->bytes + at, tail, r->tail_len), "\r\n");
		p->len = at + r->tail_len + 2;
		sip_packet_ref(p);
		*out = p;
	}
	sip_message_unref(&m);
	return *out ? SIP_OK : SIP_E_LIMIT;
}
