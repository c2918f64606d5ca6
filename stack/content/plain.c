/* Plain text and its charset. Slices, no state, any thread. RFC 2046 4.1, RFC 3261 7.4.1. */
#include "stack/content/content_priv.h"

enum sip_err sip_plain_parse(struct sip_arena *arena, const struct sip_media_type *media, struct sip_str bytes,
			     const struct sip_content_limits *limits, struct sip_plain **out)
{
	enum sip_err err;
	struct sip_plain *x = sip__form_begin(arena, sizeof *x, bytes, &limits, &err);

	*out = NULL;
	if (!x)
		return err;
	err = sip__param_take(arena, media->params, SIP_STR("charset"), &x->charset);
	if (err != SIP_OK)
		return err;
	x->text = bytes;
	x->is_utf8 = (x->charset.len == 0 || sip_str_eq_nocase(x->charset, SIP_STR("utf-8")) ||
		      sip_str_eq_nocase(x->charset, SIP_STR("us-ascii"))) &&
		     sip_str_is_utf8(bytes);
	*out = x;
	return SIP_OK;
}

void sip_plain_put(struct sip_buf *b, const struct sip_plain *x)
{
	sip_buf_put_str(b, x->text);
}

void sip_plain_put_type(struct sip_buf *b, const struct sip_plain *x)
{
	SIP_BUF_LIT(b, "text/plain");
	if (x->charset.len)
		sip__param_put(b, SIP_STR("charset"), x->charset);
}
