/* Bodies: what is read is written, and what is written reads and writes the same. */
#include "stack/content/multipart.h"
#include "tests/fuzz/fuzz.h"

#define ARENA_MOST ((size_t)64 << 20)

static void write_again(const struct sip_content_registry *registry, const struct sip_content *first)
{
	struct sip_buf body, type, again, again_type;
	struct sip_content c;
	struct sip_arena arena;

	sip_arena_init(&arena, NULL, 0, ARENA_MOST);
	sip_buf_init(&body, 0);
	sip_buf_init(&type, 0);
	sip_buf_init(&again, 0);
	sip_buf_init(&again_type, 0);
	sip_content_put(&body, first);
	sip_content_put_type(&type, first);
	FUZZ_MUST(body.err == SIP_OK && type.err == SIP_OK);
	enum sip_err err = sip_content_parse(registry, &arena, sip_buf_str(&type), sip_buf_str(&body), NULL, &c);
	/* Escapes may make it larger than a body may be. */
	if (err != SIP_E_LIMIT) {
		FUZZ_MUST(err == SIP_OK && c.row == first->row && c.form != NULL);
		sip_content_put(&again, &c);
		sip_content_put_type(&again_type, &c);
		FUZZ_MUST(sip_str_eq(sip_buf_str(&again), sip_buf_str(&body)));
		FUZZ_MUST(sip_str_eq(sip_buf_str(&again_type), sip_buf_str(&type)));
	}
	sip_buf_fini(&again_type);
	sip_buf_fini(&again);
	sip_buf_fini(&type);
	sip_buf_fini(&body);
	sip_arena_fini(&arena);
}

static void walk_parts(const struct sip_multipart *x, struct sip_arena *arena, unsigned *parts)
{
	struct sip_content c;
	struct sip_str type;
	bool is_optional;
	unsigned count = 0;

	(void)sip_multipart_root(x);
	for (const struct sip_part *part = x->parts; part; part = part->next) {
		count++;
		FUZZ_MUST(++*parts <= sip_content_limits_default.parts);
		sip_part_disposition(part, &type, &is_optional);
		(void)sip_multipart_find_id(x, part->id);
		if (part->multipart)
			walk_parts(part->multipart, arena, parts);
		else
			fuzz_either(sip_part_content(part, NULL, arena, NULL, &c));
	}
	FUZZ_MUST(count == x->count && count > 0);
}

/* The same parts with a boundary of ours. */
static void choose_boundary(const struct sip_multipart *x, struct sip_arena *arena)
{
	struct sip_multipart copy = *x;
	struct sip_buf b;

	if (sip_multipart_choose_boundary(&copy, arena) != SIP_OK)
		return;
	sip_buf_init(&b, 0);
	sip_multipart_put(&b, &copy);
	FUZZ_MUST(b.err == SIP_OK);
	sip_buf_fini(&b);
}

static void read_body(const struct sip_content_registry *registry, struct sip_str type, struct sip_str body)
{
	struct sip_arena arena;
	struct sip_content c;
	unsigned parts = 0;

	sip_arena_init(&arena, NULL, 0, ARENA_MOST);
	enum sip_err err = sip_content_parse(registry, &arena, type, body, NULL, &c);
	FUZZ_MUST(sip_str_eq(c.bytes, body) && (err == SIP_OK || !c.form));
	if (err == SIP_OK && c.form) {
		const struct sip_multipart *x = sip_content_form(&c, SIP_CONTENT_MULTIPART);
		if (x) {
			walk_parts(x, &arena, &parts);
			choose_boundary(x, &arena);
		}
		write_again(registry, &c);
	}
	sip_arena_fini(&arena);
}

void fuzz_content(struct sip_str in)
{
	struct sip_str type;

	if (fuzz_cut(&in, '\n', &type))
		read_body(NULL, type, in);
}

/* ---- a target for each type ------------------------------------------------------------------------------------------------ */

/* With the parameters of the first line when `has_params`. */
static void run(enum sip_content_id id, bool has_params, struct sip_str in)
{
	const struct sip_content_row *row = &sip_content_rows[id];
	bool is_any = sip_str_eq(row->subtype, SIP_STR("*"));
	struct sip_str params = SIP_STR("");
	struct sip_buf b;

	if (has_params && !fuzz_cut(&in, '\n', &params))
		return;
	sip_buf_init(&b, 0);
	sip_buf_putf(&b, "%.*s/%.*s", SIP_STR_ARG(row->type), SIP_STR_ARG(is_any ? SIP_STR("mixed") : row->subtype));
	if (params.len)
		sip_buf_put_char(&b, ';');
	sip_buf_put_str(&b, params);
	FUZZ_MUST(b.err == SIP_OK);
	read_body(NULL, sip_buf_str(&b), in);
	sip_buf_fini(&b);
}

#define SIP_CONTENT(id, type, subtype, stem, rfc) \
	void fuzz_content_##id(struct sip_str in) \
	{                                         \
		run(SIP_CONTENT_##id, false, in); \
	}
#define SIP_CONTENT_PARAMS(id, type, subtype, stem, rfc) \
	void fuzz_content_##id(struct sip_str in)        \
	{                                                \
		run(SIP_CONTENT_##id, true, in);         \
	}
#define SIP_CONTENT_BYTES(id, type, subtype, rfc)
#include "stack/content/content_table.h"
#undef SIP_CONTENT
#undef SIP_CONTENT_PARAMS
#undef SIP_CONTENT_BYTES

/* ---- a program's own types ------------------------------------------------------------------------------------------------- */

static enum sip_err parse_own(struct sip_arena *arena, const struct sip_media_type *media, struct sip_str bytes,
			      const struct sip_content_limits *limits, void **form)
{
	struct sip_str *own = sip_arena_alloc(arena, sizeof *own);

	(void)media;
	FUZZ_MUST(own != NULL && bytes.len <= limits->bytes);
	if (bytes.len && bytes.p[0] == '!')
		return bytes.len % 2 ? SIP_E_UNSUPPORTED : SIP_E_SYNTAX;
	*own = bytes;
	*form = own;
	return SIP_OK;
}

static void put_own(struct sip_buf *b, const void *form)
{
	sip_buf_put_str(b, *(const struct sip_str *)form);
}

/* A type and a subtype a line, up to an empty one. */
static size_t take_rows(struct sip_str *in, struct sip_content_row *rows)
{
	struct sip_str line;
	size_t n = 0;

	while (n <= SIP_CONTENT_REGISTRY_MAX && fuzz_cut(in, '\n', &line) && line.len) {
		size_t at = sip_str_find(line, '/');
		rows[n].type = sip_str_make(line.p, at);
		rows[n].subtype = sip_str_from(line, at + 1);
		rows[n].rfc = 0;
		rows[n].parse = at % 3 ? parse_own : NULL;
		rows[n].put = put_own;
		rows[n++].put_type = NULL;
	}
	return n;
}

static bool is_row_of(const struct sip_content_row *row, const struct sip_media_type *media, bool is_any)
{
	return sip_str_eq_nocase(row->type, media->type) &&
	       sip_str_eq_nocase(row->subtype, is_any ? SIP_STR("*") : media->subtype);
}

static const struct sip_content_row *find_in(const struct sip_content_row *rows, size_t count, const struct sip_media_type *media,
					     bool is_any)
{
	for (size_t i = 0; i < count; i++)
		if (is_row_of(&rows[i], media, is_any))
			return &rows[i];
	return NULL;
}

/* A row for the subtype goes before one for any; the program's before ours. */
static void find_by_hand(const struct sip_content_registry *r, struct sip_str type)
{
	const struct sip_content_row *row = NULL;
	struct sip_media_type media;

	if (sip_media_type_parse(sip_str_trim(type), &media) != SIP_OK)
		return;
	for (unsigned is_any = 0; !row && is_any < 2; is_any++) {
		row = find_in(r->rows, r->count, &media, is_any);
		if (!row)
			row = find_in(sip_content_rows, SIP_CONTENT_COUNT, &media, is_any);
	}
	FUZZ_MUST(sip_content_find(r, &media) == row);
}

void fuzz_registry(struct sip_str in)
{
	struct sip_content_row rows[SIP_CONTENT_REGISTRY_MAX + 1];
	struct sip_content_registry r;
	size_t n = take_rows(&in, rows);
	struct sip_str type;
	enum sip_err err = sip_content_registry_init(&r, rows, n);

	FUZZ_MUST((err == SIP_E_LIMIT) == (n > SIP_CONTENT_REGISTRY_MAX) && (err == SIP_OK || r.count == 0));
	FUZZ_MUST(err == SIP_OK || err == SIP_E_LIMIT || err == SIP_E_INVAL || err == SIP_E_EXISTS);
	if (!fuzz_cut(&in, '\n', &type))
		return;
	find_by_hand(&r, type);
	read_body(&r, type, in);
}
