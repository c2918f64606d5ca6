/* What says where a body is. Slices, no state, any thread. RFC 2017, RFC 4483. */
#include "stack/content/external_body.h"

#include "stack/content/content_priv.h"

/* A long URL may have been broken into lines (RFC 2017 3). */
static enum sip_err drop_white_space(struct sip_arena *arena, struct sip_str *s)
{
	char *text;
	size_t n = 0;

	if (s->len == 0)
		return SIP_OK;
	text = sip_arena_alloc(arena, s->len);
	if (!text)
		return SIP_E_NOMEM;
	for (size_t i = 0; i < s->len; i++)
		if (!sip_char_is(s->p[i], SIP_CC_LWS))
			text[n++] = s->p[i];
	*s = sip_str_make(text, n);
	return SIP_OK;
}

static enum sip_err read_params(struct sip_arena *arena, struct sip_str params, struct sip_external_body *x)
{
	struct {
		struct sip_str name, *to;
	} texts[] = {
		{ SIP_STR("access-type"), &x->access_type },
		{ SIP_STR("url"), &x->url },
		{ SIP_STR("expiration"), &x->expiration },
		{ SIP_STR("permission"), &x->permission },
	};
	struct sip_str size;

	for (size_t i = 0; i < SIP_COUNTOF(texts); i++) {
		enum sip_err err = sip__param_take(arena, params, texts[i].name, texts[i].to);
		if (err != SIP_OK)
			return err;
	}
	x->size.is_there = sip_params_find(params, SIP_STR("size"), &size);
	if (x->size.is_there && sip_str_to_u32(size, UINT32_MAX, &x->size.value) != SIP_OK)
		return SIP_E_SYNTAX;
	return drop_white_space(arena, &x->url);
}

enum sip_err sip_external_body_parse(struct sip_arena *arena, const struct sip_media_type *media, struct sip_str bytes,
				     const struct sip_content_limits *limits, struct sip_external_body **out)
{
	enum sip_err err;
	struct sip_external_body *x = sip__form_begin(arena, sizeof *x, bytes, &limits, &err);
	bool is_ended;

	*out = NULL;
	if (!x)
		return err;
	err = read_params(arena, media->params, x);
	if (err == SIP_OK && (x->access_type.len == 0 || (SIP_STR_IS(x->access_type, "url") && x->url.len == 0)))
		err = SIP_E_SYNTAX;
	if (err == SIP_OK)
		err = sip__fields_parse(arena, limits->parts, &bytes, &is_ended, &x->fields);
	if (err == SIP_OK)
		*out = x;
	return err;
}

void sip_external_body_put(struct sip_buf *b, const struct sip_external_body *x)
{
	sip__fields_put(b, x->fields);
	SIP_BUF_LIT(b, "\r\n");
}

void sip_external_body_put_type(struct sip_buf *b, const struct sip_external_body *x)
{
	SIP_BUF_LIT(b, "message/external-body");
	sip__param_put(b, SIP_STR("access-type"), x->access_type);
	if (x->url.len)
		sip__param_put(b, SIP_STR("URL"), x->url);
	if (x->expiration.len)
		sip__param_put(b, SIP_STR("expiration"), x->expiration);
	if (x->size.is_there)
		sip_buf_putf(b, ";size=%u", x->size.value);
	if (x->permission.len)
		sip__param_put(b, SIP_STR("permission"), x->permission);
}
