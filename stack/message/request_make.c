/* A request from its parts (RFC 3261 8.1.1): written into one packet and indexed. The Via is its sender's. */
#include "stack/message/message_priv.h"

#define FIXED_MOST 512

void sip_request_options_init(struct sip_request_options *o)
{
	memset(o, 0, sizeof *o);
	o->cseq = 1;
	o->max_forwards = 70;
}

static bool is_one_line(struct sip_str s)
{
	return s.len == 0 || (!memchr(s.p, '\r', s.len) && !memchr(s.p, '\n', s.len));
}

/* Nothing a user hands us may become a header of its own. */
static bool are_options_sound(const struct sip_request_options *o)
{
	for (size_t i = 0; i < o->uri.len; i++)
		if (sip_char_is(o->uri.p[i], SIP_CC_LWS))
			return false;
	return sip__is_token(o->method) && o->uri.len && o->cseq <= INT32_MAX && o->max_forwards <= UINT8_MAX &&
	       is_one_line(o->from) && is_one_line(o->to) && is_one_line(o->call_id) && is_one_line(o->contact) &&
	       is_one_line(o->content_type);
}

static void put_line(struct sip_buf *b, enum sip_header id, struct sip_str value)
{
	sip_buf_put_str(b, sip_header_rows[id].name);
	SIP_BUF_LIT(b, ": ");
	sip_buf_put_str(b, value);
	SIP_BUF_LIT(b, "\r\n");
}

static void put_number(struct sip_buf *b, enum sip_header id, uint64_t value)
{
	sip_buf_put_str(b, sip_header_rows[id].name);
	SIP_BUF_LIT(b, ": ");
	sip_buf_put_u64(b, value);
	SIP_BUF_LIT(b, "\r\n");
}

static void put_request(struct sip_buf *b, const struct sip_request_options *o)
{
	sip_buf_put_str(b, o->method);
	SIP_BUF_LIT(b, " ");
	sip_buf_put_str(b, o->uri);
	SIP_BUF_LIT(b, " SIP/2.0\r\n");
	put_number(b, SIP_HEADER_MAX_FORWARDS, o->max_forwards);
	put_line(b, SIP_HEADER_FROM, o->from);
	put_line(b, SIP_HEADER_TO, o->to);
	put_line(b, SIP_HEADER_CALL_ID, o->call_id);
	SIP_BUF_LIT(b, "CSeq: ");
	sip_buf_put_u64(b, o->cseq);
	SIP_BUF_LIT(b, " ");
	sip_buf_put_str(b, o->method);
	SIP_BUF_LIT(b, "\r\n");
	if (o->contact.len)
		put_line(b, SIP_HEADER_CONTACT, o->contact);
	if (o->content_type.len)
		put_line(b, SIP_HEADER_CONTENT_TYPE, o->content_type);
	put_number(b, SIP_HEADER_CONTENT_LENGTH, o->body.len);
	SIP_BUF_LIT(b, "\r\n");
	sip_buf_put_str(b, o->body);
}

enum sip_err sip_request_make(const struct sip_request_options *o, struct sip_message **out)
{
	*out = NULL;
	if (!are_options_sound(o))
		return SIP_E_INVAL;
	size_t most = o->method.len * 2 + o->uri.len + o->from.len + o->to.len + o->call_id.len + o->contact.len +
		      o->content_type.len + o->body.len + FIXED_MOST;
	struct sip_packet *packet = sip_packet_create(most);
	if (!packet)
		return SIP_E_NOMEM;
	struct sip_buf b;
	sip_buf_init_fixed(&b, packet->bytes, packet->size);
	put_request(&b, o);
	packet->len = b.len;
	struct sip_limits limits = sip_limits_default;
	limits.message = SIZE_MAX;
	enum sip_err err = b.err;
	if (err == SIP_OK)
		err = sip_message_parse(packet, 0, packet->len, &limits, out);
	sip_buf_fini(&b);
	sip_packet_unref(&packet);
	if (err == SIP_OK)
		(*out)->is_length_right = true;
	return err;
}
