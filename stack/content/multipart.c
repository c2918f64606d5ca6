/* Multiparts, read level by level; each level is looked through once. No state, any thread. RFC 2046 5.1, RFC 5621. */
#include "stack/content/multipart.h"

#include "stack/base/escape.h"
#include "stack/content/content_priv.h"

#define BOUNDARY_MOST 200 /* 70 are allowed; longer ones have been seen */
#define FIELDS_A_PART 4   /* of all parts together, so many times as many fields as parts may be */

const struct sip_str sip__transfer_names[SIP_TRANSFER_COUNT] = {
	[SIP_TRANSFER_7BIT] = SIP_STR_INIT("7bit"),
	[SIP_TRANSFER_8BIT] = SIP_STR_INIT("8bit"),
	[SIP_TRANSFER_BINARY] = SIP_STR_INIT("binary"),
	[SIP_TRANSFER_BASE64] = SIP_STR_INIT("base64"),
	[SIP_TRANSFER_QUOTED_PRINTABLE] = SIP_STR_INIT("quoted-printable"),
};

struct reader {
	struct sip_arena *arena;
	unsigned parts_left, fields_left; /* of the whole body */
};

/* ---- delimiters ---- */

bool sip__is_boundary(struct sip_str boundary)
{
	if (boundary.len == 0 || boundary.len > BOUNDARY_MOST || boundary.p[boundary.len - 1] == ' ')
		return false;
	for (size_t i = 0; i < boundary.len; i++)
		if (boundary.p[i] < ' ' || boundary.p[i] > '~')
			return false;
	return true;
}

/* Whether the line at p is one: nothing but padding stands behind it. */
static bool read_delimiter(const char *p, const char *end, struct sip_str boundary, struct sip__delimiter *out)
{
	out->at = p;
	if ((size_t)(end - p) < boundary.len + 2 || p[0] != '-' || p[1] != '-' || memcmp(p + 2, boundary.p, boundary.len) != 0)
		return false;
	p += 2 + boundary.len;
	out->is_close = end - p >= 2 && p[0] == '-' && p[1] == '-';
	if (out->is_close)
		p += 2;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p < end && *p == '\r')
		p++;
	out->next = p < end ? p + 1 : end;
	return p == end || *p == '\n';
}

bool sip__delimiter_find(struct sip_str text, struct sip_str boundary, struct sip__delimiter *out)
{
	const char *p = text.p, *end;

	if (text.len == 0)
		return false;
	end = p + text.len;
	while (p && p < end) {
		if (read_delimiter(p, end, boundary, out))
			return true;
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	return false;
}

/* The line end before a delimiter is the delimiter's. */
static struct sip_str without_line_end(const char *from, const char *to)
{
	if (to > from && to[-1] == '\n')
		to--;
	if (to > from && to[-1] == '\r')
		to--;
	return sip_str_make(from, (size_t)(to - from));
}

/* ---- parts ---- */

static enum sip_err decode(struct reader *r, struct sip_part *part, struct sip_str raw)
{
	bool is_base64 = part->encoding == SIP_TRANSFER_BASE64;
	enum sip_err err;
	size_t len = 0;
	char *out;

	part->bytes = raw;
	if (!is_base64 && part->encoding != SIP_TRANSFER_QUOTED_PRINTABLE)
		return SIP_OK;
	out = sip_arena_alloc(r->arena, raw.len);
	if (!out)
		return SIP_E_NOMEM;
	err = is_base64 ? sip__base64_lines_decode(raw, out, &len) : sip__quoted_printable_decode(raw, out, &len);
	part->bytes = sip_str_make(out, len);
	return err;
}

static void read_encoding(struct sip_part *part, struct sip_str text)
{
	static const struct sip_media_type octets = { SIP_STR_INIT("application"), SIP_STR_INIT("octet-stream"), { NULL, 0 } };

	if (text.len == 0)
		return;
	for (unsigned i = SIP_TRANSFER_7BIT; i < SIP_TRANSFER_UNKNOWN; i++) {
		if (sip_str_eq_nocase(text, sip__transfer_names[i])) {
			part->encoding = (enum sip_transfer_encoding)i;
			return;
		}
	}
	/* Whatever its type says (RFC 2045 6.4). */
	part->media = octets;
	part->encoding = SIP_TRANSFER_UNKNOWN;
	part->encoding_text = text;
}

static void read_type(struct sip_part *part, struct sip_str type)
{
	static const struct sip_media_type plain = { SIP_STR_INIT("text"), SIP_STR_INIT("plain"), { NULL, 0 } };

	part->type = type;
	part->media = plain;
	if (type.len && sip_media_type_parse(type, &part->media) != SIP_OK)
		part->media = (struct sip_media_type){ .type = { NULL, 0 } };
}

static enum sip_err read_header(struct reader *r, struct sip_part *part, struct sip_str *rest)
{
	bool is_ended;
	enum sip_err err = sip__fields_parse(r->arena, r->fields_left, rest, &is_ended, &part->others);

	if (err != SIP_OK)
		return err;
	for (const struct sip_content_field *f = part->others; f; f = f->next)
		r->fields_left--;
	read_type(part, sip__fields_take(&part->others, SIP_STR("Content-Type")));
	part->disposition = sip__fields_take(&part->others, SIP_STR("Content-Disposition"));
	part->id = sip__unbracket(sip__fields_take(&part->others, SIP_STR("Content-ID")));
	read_encoding(part, sip__fields_take(&part->others, SIP_STR("Content-Transfer-Encoding")));
	return SIP_OK;
}

static enum sip_err read_multipart(struct reader *r, const struct sip_media_type *media, struct sip_str bytes, unsigned depth,
				   struct sip_multipart **out);

static enum sip_err read_part(struct reader *r, struct sip_str text, unsigned depth, struct sip_part **out)
{
	struct sip_part *part;
	enum sip_err err;

	if (r->parts_left == 0)
		return SIP_E_LIMIT;
	r->parts_left--;
	*out = part = sip_arena_alloc_zero(r->arena, sizeof *part);
	if (!part)
		return SIP_E_NOMEM;
	part->raw = text;
	err = read_header(r, part, &text);
	if (err == SIP_OK)
		err = decode(r, part, text);
	if (err != SIP_OK || !sip_str_eq_nocase(part->media.type, SIP_STR("multipart")) || part->encoding > SIP_TRANSFER_BINARY)
		return err;
	return read_multipart(r, &part->media, part->bytes, depth, &part->multipart);
}

static enum sip_err read_parts(struct reader *r, struct sip_multipart *x, struct sip_str bytes, unsigned depth)
{
	struct sip_part **last = &x->parts;
	const char *end, *from;
	struct sip__delimiter d;
	enum sip_err err;
	bool is_found;

	if (!sip__delimiter_find(bytes, x->boundary, &d) || d.is_close)
		return SIP_E_SYNTAX;
	end = bytes.p + bytes.len;
	do {
		from = d.next;
		is_found = sip__delimiter_find(sip_str_make(from, (size_t)(end - from)), x->boundary, &d);
		err = read_part(r, is_found ? without_line_end(from, d.at) : sip_str_make(from, (size_t)(end - from)), depth, last);
		if (err != SIP_OK)
			return err;
		last = &(*last)->next;
		x->count++;
	} while (is_found && !d.is_close);
	x->is_closed = is_found;
	return SIP_OK;
}

/* All but the boundary, and those that no multipart could have; in one line. */
static enum sip_err read_params(struct reader *r, struct sip_multipart *x, struct sip_str params)
{
	struct sip_str rest = sip_str_trim(params), name, value;
	char *text = sip_arena_alloc(r->arena, rest.len + 1), *p = text;
	size_t len;

	if (!text)
		return SIP_E_NOMEM;
	while (sip_params_next(&rest, &name, &value)) {
		if (sip_str_eq_nocase(name, SIP_STR("boundary")) || !sip__is_whole_token(name))
			continue;
		bool is_quoted = value.p && value.p[-1] == '"';
		len = (size_t)((value.p ? value.p + value.len : name.p + name.len) - name.p) + is_quoted;
		if (p > text)
			*p++ = ';';
		memcpy(p, name.p, len);
		p += len;
	}
	for (char *c = text; c < p; c++)
		if (*c == '\r' || *c == '\n')
			*c = ' ';
	x->params = sip_str_make(text, (size_t)(p - text));
	return SIP_OK;
}

static enum sip_err read_multipart(struct reader *r, const struct sip_media_type *media, struct sip_str bytes, unsigned depth,
				   struct sip_multipart **out)
{
	struct sip_multipart *x;
	enum sip_err err;

	if (depth == 0)
		return SIP_E_LIMIT;
	x = sip_arena_alloc_zero(r->arena, sizeof *x);
	if (!x)
		return SIP_E_NOMEM;
	x->subtype = media->subtype;
	err = sip__param_take(r->arena, media->params, SIP_STR("boundary"), &x->boundary);
	if (err == SIP_OK && !sip__is_boundary(x->boundary))
		err = SIP_E_SYNTAX;
	if (err == SIP_OK)
		err = read_params(r, x, media->params);
	if (err == SIP_OK)
		err = read_parts(r, x, bytes, depth - 1);
	*out = err == SIP_OK ? x : NULL;
	return err;
}

enum sip_err sip_multipart_parse(struct sip_arena *arena, const struct sip_media_type *media, struct sip_str bytes,
				 const struct sip_content_limits *limits, struct sip_multipart **out)
{
	const struct sip_content_limits *most = sip__limits(limits);
	unsigned depth = most->depth < SIP__DEPTH_MAX ? most->depth : SIP__DEPTH_MAX;
	unsigned fields = most->parts < UINT32_MAX / FIELDS_A_PART ? most->parts * FIELDS_A_PART : UINT32_MAX;
	struct reader r = { arena, most->parts, fields };

	*out = NULL;
	return bytes.len > most->bytes ? SIP_E_LIMIT : read_multipart(&r, media, bytes, depth, out);
}

/* ---- finding ---- */

/* Of a Content-ID or a URL that names it: what they have in common but for the escapes. */
static struct sip_str bare_id(struct sip_str id)
{
	id = sip__unbracket(id);
	return sip_str_starts_nocase(id, SIP_STR("cid:")) ? sip_str_from(id, 4) : id;
}

const struct sip_part *sip_multipart_find_id(const struct sip_multipart *x, struct sip_str id)
{
	id = bare_id(id);
	for (const struct sip_part *part = x->parts; part; part = part->next) {
		const struct sip_part *inner = part->multipart ? sip_multipart_find_id(part->multipart, id) : NULL;
		if (id.len && sip_percent_eq(bare_id(part->id), id))
			return part;
		if (inner)
			return inner;
	}
	return NULL;
}

const struct sip_part *sip_multipart_root(const struct sip_multipart *x)
{
	const struct sip_part *part = x->parts;
	struct sip_str start;

	if (!sip_param_text(x->params, SIP_PARAM_START, &start))
		return part;
	start = sip__unbracket(start);
	while (part && !sip_str_eq(part->id, start))
		part = part->next;
	return part;
}

const struct sip_part *sip_multipart_choose(const struct sip_multipart *x, sip_media_type_fn is_understood, void *arg)
{
	const struct sip_part *best = NULL;

	for (const struct sip_part *part = x->parts; part; part = part->next)
		if (is_understood(arg, &part->media))
			best = part;
	return best;
}

void sip_part_disposition(const struct sip_part *part, struct sip_str *type, bool *is_optional)
{
	*type = sip_str_make(NULL, 0);
	*is_optional = false;
	sip__disposition_read(part->disposition, type, is_optional);
}

enum sip_err sip_part_content(const struct sip_part *part, const struct sip_content_registry *registry, struct sip_arena *arena,
			      const struct sip_content_limits *limits, struct sip_content *out)
{
	if (!part->multipart) {
		struct sip_str type = part->type.len ? part->type : SIP_STR("text/plain");
		if (part->encoding == SIP_TRANSFER_UNKNOWN)
			type = SIP_STR("application/octet-stream");
		return sip_content_parse(registry, arena, type, part->bytes, limits, out);
	}
	*out = (struct sip_content){ .row = &sip_content_rows[SIP_CONTENT_MULTIPART], .media = part->media, .bytes = part->bytes };
	out->form = part->multipart;
	return SIP_OK;
}
