/* Candidates of ICE, by the media they are for. Slices, no state, any thread. RFC 8840 9. */
#include "stack/content/ice_sdpfrag.h"

#include "stack/content/content_priv.h"
#include "stack/content/sdp_priv.h"

struct reader {
	struct sip_arena *arena;
	unsigned left;
	struct sip_ice_attribute **last_attribute;
	struct sip_ice_media **last_media;
};

static enum sip_err read_attribute(struct reader *r, struct sip_str text)
{
	struct sip_ice_attribute *a = sip_arena_alloc_zero(r->arena, sizeof *a);
	enum sip_err err = a ? sip__sdp_attribute_split(text, &a->name, &a->value) : SIP_E_NOMEM;

	if (err != SIP_OK)
		return err == SIP_E_NOTFOUND ? SIP_OK : err;
	*r->last_attribute = a;
	r->last_attribute = &a->next;
	return SIP_OK;
}

static enum sip_err read_media(struct reader *r, struct sip_str text)
{
	struct sip_ice_media *m = sip_arena_alloc_zero(r->arena, sizeof *m);

	if (!m)
		return SIP_E_NOMEM;
	m->line = text;
	*r->last_media = m;
	r->last_media = &m->next;
	r->last_attribute = &m->attributes;
	return SIP_OK;
}

static enum sip_err read_line(struct reader *r, char type, struct sip_str value)
{
	if (r->left == 0)
		return SIP_E_LIMIT;
	r->left--;
	if (type == 'm')
		return read_media(r, value);
	return type == 'a' ? read_attribute(r, value) : SIP_OK;
}

enum sip_err sip_ice_sdpfrag_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
				   struct sip_ice_sdpfrag **out)
{
	enum sip_err err;
	struct sip_ice_sdpfrag *x = sip__form_begin(arena, sizeof *x, bytes, &limits, &err);
	struct sip__sdp_lines lines = { .rest = bytes };
	struct sip_str value;
	char type = '\0';

	*out = NULL;
	if (!x)
		return err;
	struct reader r = { arena, limits->parts, &x->attributes, &x->media };
	while (err == SIP_OK && (err = sip__sdp_line_next(&lines, &type, &value)) == SIP_OK)
		err = read_line(&r, type, value);
	if (err != SIP_E_NOTFOUND)
		return err;
	*out = x;
	return SIP_OK;
}

static void put_attributes(struct sip_buf *b, const struct sip_ice_attribute *list)
{
	for (; list; list = list->next)
		sip__sdp_put_attribute(b, list->name, list->value);
}

void sip_ice_sdpfrag_put(struct sip_buf *b, const struct sip_ice_sdpfrag *x)
{
	put_attributes(b, x->attributes);
	for (const struct sip_ice_media *m = x->media; m; m = m->next) {
		if (!sip__sdp_is_bytes(m->line))
			sip__sdp_refuse(b);
		SIP_BUF_LIT(b, "m=");
		sip_buf_put_str(b, m->line);
		SIP_BUF_LIT(b, "\r\n");
		put_attributes(b, m->attributes);
	}
}

const struct sip_ice_attribute *sip_ice_attribute_find(const struct sip_ice_attribute *list, struct sip_str name)
{
	while (list && !sip_str_eq_nocase(list->name, name))
		list = list->next;
	return list;
}
