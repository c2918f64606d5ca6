/*
 * What a request that came in can be read from once more: its packet, and where in it. Costs a reference where a
 * clone costs a message; for whoever seldom needs the request again (RFC 3261 17.2). On the owner's thread.
 */
#include "stack/message/message_priv.h"

#include <limits.h>

/* Nothing was refused when it came, so nothing is now. */
static const struct sip_limits no_limits = { SIZE_MAX, SIZE_MAX, SIP__LINE_MAX, SIP__NONE, UINT_MAX };

void sip_received_init(struct sip_received *r, const struct sip_message *m)
{
	MUST_BE(&m->ref, SIP__MESSAGE_MAGIC);
	r->packet = m->packet;
	sip_packet_ref(r->packet);
	r->from = (size_t)(m->start.p - m->packet->bytes);
	r->len = (size_t)(m->header_end - m->start.p) + (*m->header_end == '\n' ? 1 : 2);
	r->source = m->source;
	r->is_stamped = m->is_stamped;
}

/* Behind the last field that was found, when the header has no end. */
static const char *end_of_fields(const struct sip_message *m)
{
	const struct sip__field *f = m->tail == SIP__NONE ? NULL : &m->fields[m->tail];

	return f ? f->line + f->value_at + f->value_len + f->tail : m->start.p + m->start.len;
}

void sip_message_raw(const struct sip_message *m, struct sip_raw *out)
{
	const char *end;

	MUST_BE(&m->ref, SIP__MESSAGE_MAGIC);
	out->packet = m->packet;
	out->body_packet = m->body_packet;
	out->body = sip_str_make(NULL, 0);
	if (m->body_packet) {
		out->body = m->body;
		end = m->header_end + (*m->header_end == '\n' ? 1 : 2);
	} else {
		end = m->header_end ? m->body.p + m->body.len : end_of_fields(m);
	}
	out->bytes = sip_str_make(m->start.p, (size_t)(end - m->start.p));
}

void sip_received_fini(struct sip_received *r)
{
	sip_packet_unref(&r->packet);
}

/* A stream's packet, whose length nobody says, is still being filled behind it by the wire, and the index reads whole blocks. */
static bool is_still_filled(const struct sip_received *r)
{
	return r->packet->len < r->from + r->len;
}

enum sip_err sip_received_parse(const struct sip_received *r, struct sip_message **out)
{
	struct sip_packet *own = NULL;
	const char *p = r->packet->bytes + r->from;
	enum sip_err err;

	*out = NULL;
	if (is_still_filled(r)) {
		own = sip_packet_copy(p, r->len);
		if (!own)
			return SIP_E_NOMEM;
		p = own->bytes;
	}
	err = sip__frame_index(own ? own : r->packet, p, r->len, &no_limits, out);
	sip_packet_unref(&own);
	if (err == SIP_OK && r->is_stamped)
		err = sip_message_stamp(*out, &r->source);
	if (err != SIP_OK)
		sip_message_unref(out);
	return err;
}
