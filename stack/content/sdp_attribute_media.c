/* The values of attributes that say what a stream carries: formats, feedback, sources, simulcast. No state, any thread. */
#include "stack/content/sdp_priv.h"

static bool take_channels(struct sip_str text, uint32_t *out)
{
	*out = 0;
	return text.len == 0 || sip_str_to_u32(text, UINT32_MAX, out) == SIP_OK;
}

enum sip_err sip_sdp_rtpmap_parse(struct sip_str value, struct sip_sdp_rtpmap *out)
{
	uint32_t payload = 0;
	bool is_ok = sip__sdp_take_u32(&value, 127, &payload);
	struct sip_str what = sip__sdp_word(&value);
	size_t n = sip_str_find(what, '/');
	struct sip_str rest = sip_str_from(what, n + 1);
	size_t m = sip_str_find(rest, '/');

	out->payload = (uint8_t)payload;
	out->encoding = sip_str_make(what.p, n);
	is_ok = is_ok && n > 0 && sip_str_to_u32(sip_str_make(rest.p, m), UINT32_MAX, &out->clock) == SIP_OK;
	is_ok = is_ok && take_channels(sip_str_from(rest, m + 1), &out->channels);
	return is_ok && sip__sdp_word(&value).len == 0 ? SIP_OK : SIP_E_SYNTAX;
}

void sip_sdp_rtpmap_put(struct sip_buf *b, const struct sip_sdp_rtpmap *v)
{
	if (v->payload > 127 || sip_str_find(v->encoding, '/') < v->encoding.len)
		sip__sdp_refuse(b);
	sip_buf_put_u64(b, v->payload);
	sip__sdp_put_next(b, v->encoding);
	sip_buf_put_char(b, '/');
	sip_buf_put_u64(b, v->clock);
	if (v->channels > 0) {
		sip_buf_put_char(b, '/');
		sip_buf_put_u64(b, v->channels);
	}
}

/* RFC 8866 6.6: one, unless it is said; Opus always has two (RFC 7587 7), though some do not say so. */
static uint32_t channels_of(const struct sip_sdp_rtpmap *map)
{
	if (map->channels > 0)
		return map->channels;
	return SIP_STR_IS(map->encoding, "opus") ? 2 : 1;
}

bool sip_sdp_rtpmap_is_same(const struct sip_sdp_rtpmap *a, const struct sip_sdp_rtpmap *b)
{
	return a->clock == b->clock && channels_of(a) == channels_of(b) && sip_str_eq_nocase(a->encoding, b->encoding);
}

/* A word, then anything or nothing: fmtp, msid. */
static enum sip_err parse_word_and_more(struct sip_str value, struct sip_str *word, struct sip_str *more)
{
	bool has_word = sip__sdp_take(&value, word);

	*more = sip__sdp_trim(value);
	return has_word ? SIP_OK : SIP_E_SYNTAX;
}

enum sip_err sip_sdp_fmtp_parse(struct sip_str value, struct sip_sdp_fmtp *out)
{
	return parse_word_and_more(value, &out->format, &out->parameters);
}

void sip_sdp_fmtp_put(struct sip_buf *b, const struct sip_sdp_fmtp *v)
{
	sip__sdp_put_word(b, v->format);
	sip__sdp_put_more(b, v->parameters);
}

enum sip_err sip_sdp_msid_parse(struct sip_str value, struct sip_sdp_msid *out)
{
	return parse_word_and_more(value, &out->id, &out->appdata);
}

void sip_sdp_msid_put(struct sip_buf *b, const struct sip_sdp_msid *v)
{
	sip__sdp_put_word(b, v->id);
	sip__sdp_put_more(b, v->appdata);
}

enum sip_err sip_sdp_rtcp_parse(struct sip_str value, struct sip_sdp_rtcp *out)
{
	bool is_ok = sip__sdp_take_port(&value, &out->port);

	out->net_type = sip__sdp_word(&value);
	out->addr_type = sip__sdp_word(&value);
	out->address = sip__sdp_word(&value);
	is_ok = is_ok && (out->net_type.len == 0 || out->address.len > 0);
	return is_ok && sip__sdp_word(&value).len == 0 ? SIP_OK : SIP_E_SYNTAX;
}

void sip_sdp_rtcp_put(struct sip_buf *b, const struct sip_sdp_rtcp *v)
{
	sip_buf_put_u64(b, v->port);
	if (v->address.len == 0)
		return;
	sip__sdp_put_next(b, v->net_type);
	sip__sdp_put_next(b, v->addr_type);
	sip__sdp_put_next(b, v->address);
}

enum sip_err sip_sdp_rtcp_fb_parse(struct sip_str value, struct sip_sdp_rtcp_fb *out)
{
	(void)parse_word_and_more(value, &out->format, &out->feedback);
	return out->feedback.len > 0 ? SIP_OK : SIP_E_SYNTAX;
}

void sip_sdp_rtcp_fb_put(struct sip_buf *b, const struct sip_sdp_rtcp_fb *v)
{
	if (v->feedback.len == 0)
		sip__sdp_refuse(b);
	sip__sdp_put_word(b, v->format);
	sip__sdp_put_more(b, v->feedback);
}

enum sip_err sip_sdp_extmap_parse(struct sip_str value, struct sip_sdp_extmap *out)
{
	struct sip_str which = sip__sdp_word(&value);
	size_t n = sip_str_find(which, '/');
	bool is_ok = sip_str_to_u32(sip_str_make(which.p, n), UINT32_MAX, &out->id) == SIP_OK;

	out->direction = sip_str_from(which, n + 1);
	is_ok = is_ok && (n == which.len || out->direction.len > 0);
	out->uri = sip__sdp_word(&value);
	out->attributes = sip__sdp_trim(value);
	return is_ok && out->uri.len > 0 ? SIP_OK : SIP_E_SYNTAX;
}

void sip_sdp_extmap_put(struct sip_buf *b, const struct sip_sdp_extmap *v)
{
	sip_buf_put_u64(b, v->id);
	if (v->direction.len > 0) {
		sip_buf_put_char(b, '/');
		sip__sdp_put_word(b, v->direction);
	}
	sip__sdp_put_next(b, v->uri);
	sip__sdp_put_more(b, v->attributes);
}

enum sip_err sip_sdp_ssrc_parse(struct sip_str value, struct sip_sdp_ssrc *out)
{
	bool is_ok = sip__sdp_take_u32(&value, UINT32_MAX, &out->ssrc);
	struct sip_str attribute = sip__sdp_trim(value);
	size_t n = sip_str_find(attribute, ':');

	out->attribute = sip__sdp_trim(sip_str_make(attribute.p, n));
	out->value = n < attribute.len ? sip__sdp_trim(sip_str_from(attribute, n + 1)) : sip_str_make(NULL, 0);
	return is_ok && out->attribute.len > 0 ? SIP_OK : SIP_E_SYNTAX;
}

void sip_sdp_ssrc_put(struct sip_buf *b, const struct sip_sdp_ssrc *v)
{
	if (v->attribute.len == 0 || sip_str_find(v->attribute, ':') < v->attribute.len)
		sip__sdp_refuse(b);
	sip_buf_put_u64(b, v->ssrc);
	sip__sdp_put_more(b, v->attribute);
	if (!v->value.p)
		return;
	sip_buf_put_char(b, ':');
	sip__sdp_put_text(b, v->value);
}

enum sip_err sip_sdp_rid_parse(struct sip_str value, struct sip_sdp_rid *out)
{
	bool is_ok = sip__sdp_take(&value, &out->id) && sip__sdp_take(&value, &out->direction);

	out->restrictions = sip__sdp_trim(value);
	return is_ok ? SIP_OK : SIP_E_SYNTAX;
}

void sip_sdp_rid_put(struct sip_buf *b, const struct sip_sdp_rid *v)
{
	sip__sdp_put_word(b, v->id);
	sip__sdp_put_next(b, v->direction);
	sip__sdp_put_more(b, v->restrictions);
}

enum sip_err sip_sdp_simulcast_parse(struct sip_str value, struct sip_sdp_simulcast *out)
{
	struct sip_str direction;

	*out = (struct sip_sdp_simulcast){ 0 };
	while (sip__sdp_take(&value, &direction)) {
		bool is_receive = sip_str_eq(direction, SIP_STR("recv"));
		struct sip_str *streams = is_receive ? &out->receive : &out->send;
		if (!is_receive && !sip_str_eq(direction, SIP_STR("send")))
			return SIP_E_SYNTAX;
		if (streams->len > 0 || !sip__sdp_take(&value, streams))
			return SIP_E_SYNTAX;
	}
	out->is_receive_first = out->receive.len > 0 && (out->send.len == 0 || out->receive.p < out->send.p);
	return out->send.len > 0 || out->receive.len > 0 ? SIP_OK : SIP_E_SYNTAX;
}

static void put_streams(struct sip_buf *b, struct sip_str direction, struct sip_str streams)
{
	if (streams.len == 0)
		return;
	sip_buf_put_str(b, direction);
	sip__sdp_put_next(b, streams);
}

void sip_sdp_simulcast_put(struct sip_buf *b, const struct sip_sdp_simulcast *v)
{
	struct sip_str send = SIP_STR("send"), receive = SIP_STR("recv");

	if (v->send.len == 0 && v->receive.len == 0)
		sip__sdp_refuse(b);
	put_streams(b, v->is_receive_first ? receive : send, v->is_receive_first ? v->receive : v->send);
	if (v->send.len > 0 && v->receive.len > 0)
		sip_buf_put_char(b, ' ');
	put_streams(b, v->is_receive_first ? send : receive, v->is_receive_first ? v->send : v->receive);
}
