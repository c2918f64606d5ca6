/*
 * The answer to an offer that nobody takes: every stream refused (RFC 3264 6). A 2xx with an offer wants an answer in its ACK even
 * from who hangs up right after (RFC 3261 13.2.2.4), and so does a PRACK in its 2xx when the call is refused. The one place where SDP
 * is read; a body of another type stays unanswered. DUM's loop.
 */
#include "dum/invite/invite_priv.h"

static struct sip_str next_line(struct sip_str *rest)
{
	size_t n = sip_str_find(*rest, '\n');
	struct sip_str line = sip_str_make(rest->p, n < rest->len ? n : rest->len);

	*rest = sip_str_from(*rest, n < rest->len ? n + 1 : rest->len);
	return sip_str_trim(line);
}

/* "m=audio 49170/2 RTP/AVP 0": the port is 0, all else as it was. */
static void put_refused(struct sip_buf *b, struct sip_str line)
{
	size_t port = sip_str_find(line, ' ') + 1, rest;

	if (port > line.len)
		return; /* no media description at all */
	rest = port + sip_str_find(sip_str_from(line, port), ' ');
	sip_buf_put_str(b, sip_str_make(line.p, port));
	SIP_BUF_LIT(b, "0");
	sip_buf_put_str(b, sip_str_from(line, rest));
	SIP_BUF_LIT(b, "\r\n");
}

enum sip_err dum__refusal_make(struct dum__body *out, const struct sip_message *m)
{
	struct sip_str type, offer = dum__oa_body_of(m, &type), line;
	struct sip_buf b;
	enum sip_err err;

	dum__body_clear(out);
	type = sip_str_trim(sip_str_make(type.p, sip_str_find(type, ';')));
	if (!offer.len || !sip_str_eq_nocase(type, SIP_STR("application/sdp")))
		return SIP_OK;
	sip_buf_init(&b, 0);
	SIP_BUF_LIT(&b, "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n");
	while (offer.len) {
		line = next_line(&offer);
		if (line.len > 2 && line.p[0] == 'm' && line.p[1] == '=')
			put_refused(&b, line);
	}
	err = b.err == SIP_OK ? dum__body_set(out, type, sip_buf_str(&b)) : b.err;
	sip_buf_fini(&b);
	return err;
}
