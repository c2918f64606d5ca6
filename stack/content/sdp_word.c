/* The words of a line: cutting them off and writing them so that they stay words. No state, any thread. RFC 8866 9. */
#include "stack/content/sdp_priv.h"

struct sip_str sip__sdp_trim(struct sip_str s)
{
	while (s.len > 0 && sip__sdp_is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && sip__sdp_is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

struct sip_str sip__sdp_word(struct sip_str *rest)
{
	if (rest->len == 0)
		return sip_str_make(NULL, 0);
	const char *p = rest->p, *end = p + rest->len;
	while (p < end && sip__sdp_is_blank(*p))
		p++;
	const char *from = p;
	while (p < end && !sip__sdp_is_blank(*p))
		p++;
	*rest = sip_str_make(p, (size_t)(end - p));
	return sip_str_make(from, (size_t)(p - from));
}

bool sip__sdp_is_bytes(struct sip_str s)
{
	return s.len == 0 || (!memchr(s.p, '\0', s.len) && !memchr(s.p, '\r', s.len) && !memchr(s.p, '\n', s.len));
}

bool sip__sdp_is_digits(struct sip_str s)
{
	return s.len > 0 && sip_char_run(s.p, s.p + s.len, SIP_CC_DIGIT) == s.p + s.len;
}

bool sip__sdp_take_u32(struct sip_str *rest, uint32_t max, uint32_t *out)
{
	return sip_str_to_u32(sip__sdp_word(rest), max, out) == SIP_OK;
}

bool sip__sdp_take_port(struct sip_str *rest, uint16_t *out)
{
	uint32_t port = 0;
	bool is_port = sip__sdp_take_u32(rest, UINT16_MAX, &port);

	*out = (uint16_t)port;
	return is_port;
}

void sip__sdp_refuse(struct sip_buf *b)
{
	if (b->err == SIP_OK)
		b->err = SIP_E_INVAL;
}

void sip__sdp_put_text(struct sip_buf *b, struct sip_str text)
{
	if (!sip__sdp_is_bytes(text) || (text.len > 0 && (sip__sdp_is_blank(text.p[0]) || sip__sdp_is_blank(text.p[text.len - 1]))))
		sip__sdp_refuse(b);
	sip_buf_put_str(b, text);
}

void sip__sdp_put_word(struct sip_buf *b, struct sip_str word)
{
	struct sip_str rest = word;

	if (sip__sdp_word(&rest).len != word.len || word.len == 0)
		sip__sdp_refuse(b);
	sip__sdp_put_text(b, word);
}

void sip__sdp_put_next(struct sip_buf *b, struct sip_str word)
{
	sip_buf_put_char(b, ' ');
	sip__sdp_put_word(b, word);
}

void sip__sdp_put_more(struct sip_buf *b, struct sip_str text)
{
	if (text.len == 0)
		return;
	sip_buf_put_char(b, ' ');
	sip__sdp_put_text(b, text);
}
