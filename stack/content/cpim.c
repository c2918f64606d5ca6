/* Messages with headers of their own, and MIME content. Slices, no state, any thread. RFC 3862. */
#include "stack/content/cpim.h"

#include "stack/content/content_priv.h"

/* Parameters begin where the colon ends (3.6), and go up to a space that is in no quotes. */
static void read_params(struct sip_cpim_header *h)
{
	const char *p = h->value.p, *end = p + h->value.len;
	bool is_quoted = false;

	if (h->value.len == 0 || *p != ';' || p[-1] != ':')
		return;
	for (p++; p < end && (is_quoted || !sip_char_is(*p, SIP_CC_LWS)); p++) {
		if (*p == '"')
			is_quoted = !is_quoted;
		else if (is_quoted && *p == '\\' && p + 1 < end)
			p++;
	}
	h->params = sip_str_make(h->value.p + 1, (size_t)(p - h->value.p - 1));
	h->value = sip_str_trim(sip_str_make(p, (size_t)(end - p)));
}

static enum sip_err read_headers(struct sip_arena *arena, const struct sip_content_field *f, struct sip_cpim *x)
{
	struct sip_cpim_header **last = &x->headers;

	for (; f; f = f->next) {
		*last = sip_arena_alloc_zero(arena, sizeof **last);
		if (!*last)
			return SIP_E_NOMEM;
		(*last)->name = f->name;
		(*last)->value = f->value;
		read_params(*last);
		last = &(*last)->next;
	}
	return SIP_OK;
}

enum sip_err sip_cpim_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits, struct sip_cpim **out)
{
	enum sip_err err;
	struct sip_cpim *x = sip__form_begin(arena, sizeof *x, bytes, &limits, &err);
	struct sip_content_field *fields;
	bool is_ended;

	*out = NULL;
	if (!x)
		return err;
	err = sip__fields_parse(arena, limits->parts, &bytes, &is_ended, &fields);
	if (err == SIP_OK && !is_ended)
		err = SIP_E_SYNTAX;
	if (err == SIP_OK)
		err = read_headers(arena, fields, x);
	if (err == SIP_OK)
		err = sip__fields_parse(arena, limits->parts, &bytes, &is_ended, &x->fields);
	if (err != SIP_OK)
		return err;
	x->bytes = bytes;
	*out = x;
	return SIP_OK;
}

/* What stands behind the colon says the same: no space in parameters has made it two. */
static bool is_as_written(const struct sip_cpim_header *h, struct sip_str written)
{
	struct sip_cpim_header again = { .value = sip_str_trim(written) };

	read_params(&again);
	return sip_str_eq(again.params, h->params) && sip_str_eq(again.value, h->value);
}

static void put_header(struct sip_buf *b, const struct sip_cpim_header *h)
{
	size_t from;

	if (!sip__is_whole_token(h->name) || !sip__is_field_value(h->params) || !sip__is_field_value(h->value))
		sip__buf_fail(b, SIP_E_INVAL);
	sip_buf_put_str(b, h->name);
	SIP_BUF_LIT(b, ":");
	from = b->len;
	if (h->params.len)
		SIP_BUF_LIT(b, ";");
	sip_buf_put_str(b, h->params);
	SIP_BUF_LIT(b, " ");
	sip_buf_put_str(b, h->value);
	if (b->err == SIP_OK && !is_as_written(h, sip_str_make(b->p + from, b->len - from)))
		sip__buf_fail(b, SIP_E_INVAL);
	SIP_BUF_LIT(b, "\r\n");
}

void sip_cpim_put(struct sip_buf *b, const struct sip_cpim *x)
{
	for (const struct sip_cpim_header *h = x->headers; h; h = h->next)
		put_header(b, h);
	SIP_BUF_LIT(b, "\r\n");
	sip__fields_put(b, x->fields);
	SIP_BUF_LIT(b, "\r\n");
	sip_buf_put_str(b, x->bytes);
}

const struct sip_cpim_header *sip_cpim_find(const struct sip_cpim *x, const struct sip_cpim_header *after, struct sip_str name)
{
	const struct sip_cpim_header *h = after ? after->next : x->headers;

	while (h && !sip_str_eq(h->name, name))
		h = h->next;
	return h;
}

bool sip_cpim_address(struct sip_str value, struct sip_str *name, struct sip_str *uri)
{
	const char *open;

	*name = *uri = sip_str_make(NULL, 0);
	if (value.len == 0 || value.p[value.len - 1] != '>')
		return false;
	open = memrchr(value.p, '<', value.len);
	if (!open)
		return false;
	*uri = sip_str_make(open + 1, (size_t)(value.p + value.len - 1 - (open + 1)));
	*name = sip_str_trim(sip_str_make(value.p, (size_t)(open - value.p)));
	if (name->len >= 2 && name->p[0] == '"' && name->p[name->len - 1] == '"')
		*name = sip_str_make(name->p + 1, name->len - 2);
	return true;
}

/* ---- escapes ---- */

#define SURROGATES 0xd800u
#define SURROGATES_LOW 0xdc00u
#define SURROGATES_END 0xe000u

static bool read_unit(struct sip_str *rest, unsigned *unit)
{
	unsigned char two[2];

	if (rest->len < 6 || rest->p[0] != '\\' || rest->p[1] != 'u' || sip_hex_decode(sip_str_make(rest->p + 2, 4), two, 2) != SIP_OK)
		return false;
	*unit = (unsigned)two[0] << 8 | two[1];
	*rest = sip_str_from(*rest, 6);
	return true;
}

/* What is written never needs more room than its escape. */
static char *write_utf8(char *to, unsigned code)
{
	if (code < 0x80) {
		*to++ = (char)code;
		return to;
	}
	if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*to++ = (char)(0xe0 | code >> 12);
		} else {
			*to++ = (char)(0xf0 | code >> 18);
			*to++ = (char)(0x80 | (code >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (code & 0x3f));
	return to;
}

static bool read_escape(struct sip_str *rest, char **to)
{
	static const char names[] = "btnr\"'\\", means[] = "\b\t\n\r\"'\\";
	unsigned code, low;

	if (read_unit(rest, &code)) {
		if (code >= SURROGATES_LOW && code < SURROGATES_END)
			return false;
		if (code >= SURROGATES && code < SURROGATES_END) {
			if (!read_unit(rest, &low) || low < SURROGATES_LOW || low >= SURROGATES_END)
				return false;
			code = 0x10000 + ((code - SURROGATES) << 10) + (low - SURROGATES_LOW);
		}
		*to = write_utf8(*to, code);
		return true;
	}
	const char *found = rest->len >= 2 ? memchr(names, rest->p[1], sizeof names - 1) : NULL;
	if (!found)
		return false;
	*(*to)++ = means[found - names];
	*rest = sip_str_from(*rest, 2);
	return true;
}

enum sip_err sip_cpim_decode(struct sip_arena *arena, struct sip_str value, struct sip_str *out)
{
	char *text = sip_arena_alloc(arena, value.len), *to = text;

	*out = sip_str_make(NULL, 0);
	if (!text)
		return SIP_E_NOMEM;
	while (value.len) {
		if (value.p[0] == '\\') {
			if (!read_escape(&value, &to))
				return SIP_E_SYNTAX;
		} else {
			*to++ = value.p[0];
			value = sip_str_from(value, 1);
		}
	}
	*out = sip_str_make(text, (size_t)(to - text));
	return SIP_OK;
}
