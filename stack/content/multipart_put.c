/* Multiparts written, with a boundary that occurs nowhere inside. No state, any thread. RFC 2046 5.1.1. */
#include "stack/content/content_priv.h"
#include "stack/content/multipart.h"

static void put_field(struct sip_buf *b, struct sip_str name, struct sip_str value)
{
	if (value.len)
		sip__field_put(b, name, value);
}

static void put_header(struct sip_buf *b, const struct sip_part *part)
{
	bool is_known = part->encoding < SIP_TRANSFER_UNKNOWN;

	put_field(b, SIP_STR("Content-Type"), part->type);
	put_field(b, SIP_STR("Content-Disposition"), part->disposition);
	put_field(b, SIP_STR("Content-Transfer-Encoding"), is_known ? sip__transfer_names[part->encoding] : part->encoding_text);
	if (!sip__is_field_value(part->id))
		sip__buf_fail(b, SIP_E_INVAL);
	if (part->id.len) {
		SIP_BUF_LIT(b, "Content-ID: <");
		sip_buf_put_str(b, part->id);
		SIP_BUF_LIT(b, ">\r\n");
	}
	sip__fields_put(b, part->others);
	SIP_BUF_LIT(b, "\r\n");
}

static void put_part(struct sip_buf *b, const struct sip_multipart *x, const struct sip_part *part)
{
	struct sip__delimiter d;
	size_t from = b->len;

	put_header(b, part);
	if (part->encoding == SIP_TRANSFER_BASE64)
		sip__base64_lines_put(b, part->bytes);
	else if (part->encoding == SIP_TRANSFER_QUOTED_PRINTABLE)
		sip__quoted_printable_put(b, part->bytes);
	else
		sip_buf_put_str(b, part->bytes);
	SIP_BUF_LIT(b, "\r\n");
	if (b->err == SIP_OK && sip__delimiter_find(sip_str_make(b->p + from, b->len - from), x->boundary, &d))
		sip__buf_fail(b, SIP_E_INVAL);
}

void sip_multipart_put(struct sip_buf *b, const struct sip_multipart *x)
{
	if (!x->parts || !sip__is_boundary(x->boundary))
		sip__buf_fail(b, SIP_E_INVAL);
	for (const struct sip_part *part = x->parts; part && b->err == SIP_OK; part = part->next) {
		SIP_BUF_LIT(b, "--");
		sip_buf_put_str(b, x->boundary);
		SIP_BUF_LIT(b, "\r\n");
		put_part(b, x, part);
	}
	SIP_BUF_LIT(b, "--");
	sip_buf_put_str(b, x->boundary);
	SIP_BUF_LIT(b, "--\r\n");
}

/* All but the boundary: what is in quotes as it stands, the rest in quotes if it has to be. */
static void put_params(struct sip_buf *b, struct sip_str rest)
{
	struct sip_str name, value;

	while (sip_params_next(&rest, &name, &value)) {
		if (sip_str_eq_nocase(name, SIP_STR("boundary")) || !sip__is_whole_token(name))
			sip__buf_fail(b, SIP_E_INVAL);
		if (value.p && value.p[-1] != '"') {
			sip__param_put(b, name, value);
			continue;
		}
		sip_buf_put_char(b, ';');
		sip_buf_put_str(b, name);
		if (value.p) {
			SIP_BUF_LIT(b, "=\"");
			sip_buf_put_str(b, value);
			sip_buf_put_char(b, '"');
		}
	}
	if (rest.len)
		sip__buf_fail(b, SIP_E_INVAL);
}

void sip_multipart_put_type(struct sip_buf *b, const struct sip_multipart *x)
{
	if (!sip__is_whole_token(x->subtype) || !sip__is_boundary(x->boundary) || !sip__is_line(x->params))
		sip__buf_fail(b, SIP_E_INVAL);
	SIP_BUF_LIT(b, "multipart/");
	sip_buf_put_str(b, x->subtype);
	sip__param_put(b, SIP_STR("boundary"), x->boundary);
	put_params(b, sip_str_trim(x->params));
}

struct sip_part *sip_multipart_add(struct sip_multipart *x, struct sip_arena *arena, struct sip_str type, struct sip_str bytes)
{
	struct sip_part *part = sip_arena_alloc_zero(arena, sizeof *part), **last = &x->parts;

	if (!part)
		return NULL;
	part->type = type;
	part->bytes = bytes;
	while (*last)
		last = &(*last)->next;
	*last = part;
	x->count++;
	return part;
}

/* ---- the boundary ---- */

#define STEM "strowger-"
#define DIGITS 16
#define CHOSEN_MOST 24

struct chosen {
	char text[sizeof STEM + CHOSEN_MOST]; /* the boundary as far as it is chosen */
	size_t len;
	size_t count[DIGITS];                 /* how often it occurs with this digit behind it */
};

static void count_in(struct chosen *c, struct sip_str bytes)
{
	const char *p = bytes.len ? bytes.p : NULL, *end = p ? p + bytes.len : NULL;

	while (p && (p = memmem(p, (size_t)(end - p), c->text, c->len)) != NULL) {
		p += c->len;
		if (p < end && *p >= 'a' && *p < 'a' + DIGITS)
			c->count[*p - 'a']++;
	}
}

/*
 * Digit by digit the one that occurs least behind what is chosen: with every digit there is a sixteenth of the occurrences left, so
 * that a few looks are enough, whoever made the parts. No prefix of a line in a part is a delimiter then.
 */
enum sip_err sip_multipart_choose_boundary(struct sip_multipart *x, struct sip_arena *arena)
{
	struct chosen c = { .text = "--" STEM, .len = sizeof "--" STEM - 1 };
	struct sip_str boundary;
	size_t least;

	do {
		least = 0;
		memset(c.count, 0, sizeof c.count);
		for (const struct sip_part *part = x->parts; part; part = part->next)
			count_in(&c, part->bytes);
		for (size_t i = 1; i < DIGITS; i++)
			if (c.count[i] < c.count[least])
				least = i;
		c.text[c.len++] = (char)('a' + least);
	} while (c.count[least] > 0 && c.len < sizeof c.text);
	boundary = sip_arena_str(arena, sip_str_make(c.text + 2, c.len - 2));
	if (boundary.p)
		x->boundary = boundary;
	return boundary.p ? SIP_OK : SIP_E_NOMEM;
}
