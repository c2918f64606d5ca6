/* What types of bodies there are, and which one a body is of. Constant tables, no state, any thread. RFC 3261 7.4, 20.15. */
#include "stack/content/content.h"

#include "stack/content/content_priv.h"
#include "stack/content/conference_info.h"
#include "stack/content/cpim.h"
#include "stack/content/dialog_info.h"
#include "stack/content/dtmf.h"
#include "stack/content/external_body.h"
#include "stack/content/ice_sdpfrag.h"
#include "stack/content/message_summary.h"
#include "stack/content/multipart.h"
#include "stack/content/pidf.h"
#include "stack/content/reginfo.h"
#include "stack/content/resource_lists.h"
#include "stack/content/rlmi.h"
#include "stack/content/sdp.h"
#include "stack/content/sipfrag.h"
#include "stack/content/watcherinfo.h"

const struct sip_content_limits sip_content_limits_default = { .bytes = (size_t)1 << 20, .parts = 1024, .depth = 16 };

/* ---- the table: rows know no types, so that every row has functions of its own that do ---- */

#define SIP_CONTENT(id, type, subtype, stem, rfc)                                                                     \
	static enum sip_err parse_##id(struct sip_arena *arena, const struct sip_media_type *media,                   \
				       struct sip_str bytes, const struct sip_content_limits *limits, void **form)    \
	{                                                                                                             \
		struct sip_##stem *x = NULL;                                                                          \
		enum sip_err err = sip_##stem##_parse(arena, bytes, limits, &x);                                      \
		(void)media;                                                                                          \
		*form = x;                                                                                            \
		return err;                                                                                           \
	}                                                                                                             \
	static void put_##id(struct sip_buf *b, const void *form)                                                     \
	{                                                                                                             \
		sip_##stem##_put(b, form);                                                                            \
	}
#define SIP_CONTENT_PARAMS(id, type, subtype, stem, rfc)                                                              \
	static enum sip_err parse_##id(struct sip_arena *arena, const struct sip_media_type *media,                   \
				       struct sip_str bytes, const struct sip_content_limits *limits, void **form)    \
	{                                                                                                             \
		struct sip_##stem *x = NULL;                                                                          \
		enum sip_err err = sip_##stem##_parse(arena, media, bytes, limits, &x);                               \
		*form = x;                                                                                            \
		return err;                                                                                           \
	}                                                                                                             \
	static void put_##id(struct sip_buf *b, const void *form)                                                     \
	{                                                                                                             \
		sip_##stem##_put(b, form);                                                                            \
	}                                                                                                             \
	static void put_type_##id(struct sip_buf *b, const void *form)                                                \
	{                                                                                                             \
		sip_##stem##_put_type(b, form);                                                                       \
	}
#define SIP_CONTENT_BYTES(id, type, subtype, rfc)
#include "stack/content/content_table.h"
#undef SIP_CONTENT
#undef SIP_CONTENT_PARAMS
#undef SIP_CONTENT_BYTES

const struct sip_content_row sip_content_rows[SIP_CONTENT_COUNT] = {
#define SIP_CONTENT(id, type, subtype, stem, rfc) \
	{ SIP_STR_INIT(type), SIP_STR_INIT(subtype), rfc, parse_##id, put_##id, NULL },
#define SIP_CONTENT_PARAMS(id, type, subtype, stem, rfc) \
	{ SIP_STR_INIT(type), SIP_STR_INIT(subtype), rfc, parse_##id, put_##id, put_type_##id },
#define SIP_CONTENT_BYTES(id, type, subtype, rfc) { SIP_STR_INIT(type), SIP_STR_INIT(subtype), rfc, NULL, NULL, NULL },
#include "stack/content/content_table.h"
#undef SIP_CONTENT
#undef SIP_CONTENT_PARAMS
#undef SIP_CONTENT_BYTES
};

/* ---- finding a row ---- */

static bool is_any(const struct sip_content_row *row)
{
	return sip_str_eq(row->subtype, SIP_STR("*"));
}

static const struct sip_content_row *find_in(const struct sip_content_row *rows, size_t count, const struct sip_media_type *media)
{
	const struct sip_content_row *any = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!sip_str_eq_nocase(rows[i].type, media->type))
			continue;
		if (sip_str_eq_nocase(rows[i].subtype, media->subtype))
			return &rows[i];
		if (is_any(&rows[i]))
			any = &rows[i];
	}
	return any;
}

const struct sip_content_row *sip_content_find(const struct sip_content_registry *r, const struct sip_media_type *media)
{
	const struct sip_content_row *row = r ? find_in(r->rows, r->count, media) : NULL;
	const struct sip_content_row *own = row && !is_any(row) ? NULL : find_in(sip_content_rows, SIP_CONTENT_COUNT, media);

	return !row || (own && !is_any(own)) ? own : row;
}

enum sip_err sip_content_registry_init(struct sip_content_registry *r, const struct sip_content_row *rows, size_t count)
{
	*r = (struct sip_content_registry){ .rows = NULL };
	if (count > SIP_CONTENT_REGISTRY_MAX)
		return SIP_E_LIMIT;
	for (size_t i = 0; i < count; i++) {
		if (rows[i].type.len == 0 || rows[i].subtype.len == 0)
			return SIP_E_INVAL;
		for (size_t k = 0; k < i; k++)
			if (sip_str_eq_nocase(rows[i].type, rows[k].type) && sip_str_eq_nocase(rows[i].subtype, rows[k].subtype))
				return SIP_E_EXISTS;
	}
	r->rows = rows;
	r->count = count;
	return SIP_OK;
}

/* ---- a body ---- */

enum sip_err sip_content_parse(const struct sip_content_registry *registry, struct sip_arena *arena, struct sip_str type,
			       struct sip_str bytes, const struct sip_content_limits *limits, struct sip_content *out)
{
	enum sip_err err;

	limits = sip__limits(limits);
	*out = (struct sip_content){ .bytes = bytes };
	type = sip_str_trim(type);
	err = type.len ? sip_media_type_parse(type, &out->media) : SIP_E_SYNTAX;
	if (err != SIP_OK)
		return err;
	out->row = sip_content_find(registry, &out->media);
	if (bytes.len > limits->bytes)
		return SIP_E_LIMIT;
	if (!out->row || !out->row->parse)
		return SIP_OK;
	err = out->row->parse(arena, &out->media, bytes, limits, &out->form);
	if (err != SIP_OK)
		out->form = NULL;
	return err == SIP_E_UNSUPPORTED ? SIP_OK : err;
}

const void *sip_content_form(const struct sip_content *c, enum sip_content_id id)
{
	return c->row == &sip_content_rows[id] ? c->form : NULL;
}

void sip_content_put(struct sip_buf *b, const struct sip_content *c)
{
	if (c->row && c->row->put && c->form)
		c->row->put(b, c->form);
	else
		sip_buf_put_str(b, c->bytes);
}

void sip_content_put_type(struct sip_buf *b, const struct sip_content *c)
{
	if (c->row && c->row->put_type && c->form) {
		c->row->put_type(b, c->form);
		return;
	}
	sip_buf_put_str(b, c->media.type);
	sip_buf_put_char(b, '/');
	sip_buf_put_str(b, c->media.subtype);
	if (c->media.params.len)
		sip_buf_put_char(b, ';');
	sip_buf_put_str(b, sip_str_trim(c->media.params));
}

/* ---- parameters ---- */

enum sip_err sip__param_take(struct sip_arena *arena, struct sip_str params, struct sip_str name, struct sip_str *out)
{
	struct sip_str value = { NULL, 0 };
	char *text;

	*out = value;
	if (!sip_params_find(params, name, &value) || (sip_str_find(value, '\\') == value.len && sip__is_line(value))) {
		*out = value;
		return SIP_OK;
	}
	text = sip_arena_alloc(arena, value.len);
	if (!text)
		return SIP_E_NOMEM;
	*out = sip_str_make(text, sip_quoted_decode(value, text));
	for (size_t i = 0; i < out->len; i++)
		if (text[i] == '\r' || text[i] == '\n')
			text[i] = ' ';
	return SIP_OK;
}

void sip__param_put(struct sip_buf *b, struct sip_str name, struct sip_str value)
{
	if (!sip__is_whole_token(name) || !sip__is_line(value))
		sip__buf_fail(b, SIP_E_INVAL);
	sip_buf_put_char(b, ';');
	sip_buf_put_str(b, name);
	sip_buf_put_char(b, '=');
	if (sip__is_whole_token(value))
		sip_buf_put_str(b, value);
	else
		sip_quoted_encode(b, value);
}
