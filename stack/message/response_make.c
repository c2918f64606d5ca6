/*
 * A response to a request (RFC 3261 8.2.6): the request's lines copied as they stand into one packet, indexed
 * while they are written, so that sending it encodes nothing.
 */
#include "stack/message/message_priv.h"

#define STATUS_LINE_FIXED (sizeof "SIP/2.0 200 \r\n" - 1)
#define LENGTH_LINE "Content-Length: 0\r\n"
/* For the lines that whoever answers adds: Contact, Date, Allow … */
#define ROOM_TO_GROW 256

/* What of a request stands in its response, in this order. */
static const uint8_t copied[] = {
	SIP_HEADER_VIA,	 SIP_HEADER_RECORD_ROUTE, SIP_HEADER_FROM,     SIP_HEADER_TO,
	SIP_HEADER_CALL_ID, SIP_HEADER_CSEQ,	     SIP_HEADER_TIMESTAMP,
};

static bool is_dialog_making(unsigned method)
{
	return method == SIP_METHOD_INVITE || method == SIP_METHOD_SUBSCRIBE || method == SIP_METHOD_REFER ||
	       method == SIP_METHOD_NOTIFY;
}

static bool is_copied(const struct sip_message *request, unsigned status, unsigned id)
{
	if (id == SIP_HEADER_TIMESTAMP)
		return status == 100;
	if (id == SIP_HEADER_RECORD_ROUTE)
		return status > 100 && status < 300 && is_dialog_making(request->method);
	return true;
}

static size_t copied_len(const struct sip_message *request, unsigned status, size_t *fields)
{
	size_t len = 0;
	for (size_t i = 0; i < sizeof copied; i++) {
		if (!is_copied(request, status, copied[i]))
			continue;
		for (const struct sip__field *f = sip__first(request, copied[i]); f; f = sip__same(request, f)) {
			len += sip__field_len(f);
			++*fields;
		}
	}
	return len;
}

/* Writes the field and indexes what was written. */
static char *copy_field(struct sip_message *m, const struct sip__field *from, char *w, struct sip_str tag)
{
	struct sip__field *f = sip__message_append(m, from->id);
	char *end = sip__field_write(from, w);
	f->line = w;
	f->flags = 0;
	f->tail = 2;
	if (from->flags & (SIP__FIELD_VALUE | SIP__FIELD_UNEVEN)) {
		f->name_len = (uint16_t)sip__field_name(from).len;
		f->value_at = (uint16_t)(f->name_len + 2);
		f->value_len = (uint32_t)(end - w) - f->value_at - 2;
	} else {
		f->name_len = from->name_len;
		f->value_at = from->value_at;
		f->value_len = from->value_len;
		f->tail = from->tail;
	}
	if (tag.len) {
		end = w + f->value_at + sip_params_trim(sip_str_make(w + f->value_at, f->value_len)).len;
		end = SIP__WRITE_LIT(end, ";tag=");
		end = sip__write_str(end, tag);
		f->value_len = (uint32_t)(end - w) - f->value_at;
		end = SIP__WRITE_LIT(end, "\r\n");
		f->tail = 2;
	}
	return end;
}

/* Nobody but the stamp has edited what is copied: it comes again when the request does. */
static bool is_as_it_came(const struct sip__field *f)
{
	return f->id == SIP_HEADER_VIA || !(f->flags & (SIP__FIELD_OWN | SIP__FIELD_VALUE));
}

static char *write_start(struct sip_message *m, char *w, unsigned status, struct sip_str reason)
{
	char *start = w;
	w = SIP__WRITE_LIT(w, "SIP/2.0 ");
	*w++ = (char)('0' + status / 100 % 10);
	*w++ = (char)('0' + status / 10 % 10);
	*w++ = (char)('0' + status % 10);
	*w++ = ' ';
	m->status = (uint16_t)status;
	m->version = sip_str_make(start, 7);
	m->reason = sip_str_make(w, reason.len);
	w = sip__write_str(w, reason);
	w = SIP__WRITE_LIT(w, "\r\n");
	m->start = sip_str_make(start, (size_t)(w - start));
	return w;
}

static char *write_end(struct sip_message *m, char *w)
{
	struct sip__field *f = sip__message_append(m, SIP_HEADER_CONTENT_LENGTH);
	f->line = w;
	f->flags = 0;
	f->name_len = 14;
	f->value_at = 16;
	f->value_len = 1;
	f->tail = 2;
	w = SIP__WRITE_LIT(w, LENGTH_LINE);
	m->header_end = w;
	w = SIP__WRITE_LIT(w, "\r\n");
	m->has_end = true;
	m->is_length_right = true;
	m->body = sip_str_make(w, 0);
	return w;
}

static bool wants_tag(const struct sip_message *request, unsigned status, struct sip_str to_tag)
{
	if (to_tag.len == 0 || status == 100)
		return false;
	const struct sip_name_addr *to = sip_message_name_addr(request, SIP_HEADER_TO, 0);
	return to && !to->tag.p;
}

/* Nothing in it ends its line, or is a control that no phrase may hold (RFC 3261 25.1). */
static bool is_phrase(struct sip_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

enum sip_err sip_response_make(const struct sip_message *request, unsigned status, const char *reason,
			       struct sip_str to_tag, struct sip_message **out)
{
	*out = NULL;
	MUST(request->is_request && status >= 100 && status <= 699);
	struct sip_str phrase = sip_str_of(reason ? reason : sip_status_reason(status));
	if (!wants_tag(request, status, to_tag))
		to_tag.len = 0;
	if ((reason && !is_phrase(phrase)) || (to_tag.len && !sip__is_token(to_tag)))
		return SIP_E_INVAL;
	size_t fields = 1;
	size_t most = STATUS_LINE_FIXED + phrase.len + copied_len(request, status, &fields) + sizeof ";tag=" + 2 +
		      to_tag.len + sizeof LENGTH_LINE + 2 + (status < 200 ? 0 : ROOM_TO_GROW);
	struct sip_packet *packet = sip_packet_create(most);
	struct sip_message *m = packet ? sip__message_create(packet) : NULL;
	sip_packet_unref(&packet);
	if (!m)
		return SIP_E_NOMEM;
	enum sip_err err = sip__message_reserve(m, fields);
	if (err != SIP_OK) {
		sip_message_unref(&m);
		return err;
	}
	const struct sip__field *to = sip__first(request, SIP_HEADER_TO);
	char *w = write_start(m, m->packet->bytes, status, phrase);
	m->has_own_reason = reason != NULL;
	m->is_of_request = to_tag.len <= UINT8_MAX;
	m->made_tag_len = to && m->is_of_request ? (uint8_t)to_tag.len : 0;
	for (size_t i = 0; i < sizeof copied; i++) {
		if (!is_copied(request, status, copied[i]))
			continue;
		for (const struct sip__field *f = sip__first(request, copied[i]); f; f = sip__same(request, f)) {
			m->is_of_request &= is_as_it_came(f);
			/* A To too many, which this answers, gets no tag: there is room for one. */
			w = copy_field(m, f, w, f == to ? to_tag : sip_str_make(NULL, 0));
		}
	}
	w = write_end(m, w);
	size_t len = (size_t)(w - m->packet->bytes);
	MUST(len <= most);
	m->packet->len = len;
	m->is_whole = true;
	m->is_growing = true;
	*out = m;
	return SIP_OK;
}
