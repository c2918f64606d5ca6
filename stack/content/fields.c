/*
 * Blocks of "Name: value" lines, as parts, fragments and summaries begin with. Slices of the body, the list in the caller's arena. No
 * state, any thread. RFC 5322 2.2 as RFC 3261 7.3.1 has it; a lone line feed ends a line, too.
 */
#include "stack/content/content_priv.h"

/* The line that begins at p, folds in it, without its end: *next is behind that. False: a carriage return stands alone. */
static bool take_line(const char *p, const char *end, struct sip_str *line, const char **next)
{
	const char *from = p, *stop;

	do {
		stop = memchr(p, '\n', (size_t)(end - p));
		p = stop ? stop + 1 : end;
	} while (stop && p < end && (*p == ' ' || *p == '\t'));
	if (!stop)
		stop = end;
	else if (stop > from && stop[-1] == '\r')
		stop--;
	*next = p;
	*line = sip_str_make(from, (size_t)(stop - from));
	for (p = from; (p = memchr(p, '\r', (size_t)(stop - p))) != NULL; p++)
		if (p + 1 >= stop || p[1] != '\n')
			return false;
	return true;
}

bool sip__is_whole_token(struct sip_str s)
{
	return s.len > 0 && sip_char_run(s.p, s.p + s.len, SIP_CC_TOKEN) == s.p + s.len;
}

static bool read_field(struct sip_str line, struct sip_content_field *f)
{
	size_t colon = sip_str_find(line, ':');

	if (colon == line.len)
		return false;
	f->name = sip_str_trim(sip_str_make(line.p, colon));
	f->value = sip_str_trim(sip_str_from(line, colon + 1));
	if (!sip__is_whole_token(f->name))
		return false;
	f->id = sip_header_find(f->name);
	return f->name.p == line.p;
}

enum sip_err sip__fields_parse(struct sip_arena *arena, unsigned most, struct sip_str *rest, bool *is_ended,
			       struct sip_content_field **out)
{
	struct sip_content_field **last = out, *f;
	const char *p = rest->p, *end;
	struct sip_str line;

	*out = NULL;
	*is_ended = false;
	if (rest->len == 0)
		return SIP_OK;
	end = p + rest->len;
	while (p < end && !*is_ended) {
		/* What folds a line never begins the block, so an empty line is not folded. */
		if (*p == '\n' || (*p == '\r' && end - p > 1 && p[1] == '\n')) {
			p += *p == '\r' ? 2 : 1;
			*is_ended = true;
			break;
		}
		if (!take_line(p, end, &line, &p))
			return SIP_E_SYNTAX;
		if (most-- == 0)
			return SIP_E_LIMIT;
		f = sip_arena_alloc_zero(arena, sizeof *f);
		if (!f)
			return SIP_E_NOMEM;
		if (!read_field(line, f))
			return SIP_E_SYNTAX;
		*last = f;
		last = &f->next;
	}
	*rest = sip_str_make(p, (size_t)(end - p));
	return SIP_OK;
}

void sip__buf_fail(struct sip_buf *b, enum sip_err err)
{
	if (b->err == SIP_OK)
		b->err = err;
}

bool sip__is_field_value(struct sip_str value)
{
	for (size_t i = 0; i < value.len; i++) {
		bool is_fold = value.p[i] == '\n' && i + 1 < value.len && (value.p[i + 1] == ' ' || value.p[i + 1] == '\t');
		if ((value.p[i] == '\n' && !is_fold) || (value.p[i] == '\r' && (i + 1 == value.len || value.p[i + 1] != '\n')))
			return false;
	}
	return true;
}

void sip__field_put(struct sip_buf *b, struct sip_str name, struct sip_str value)
{
	if (!sip__is_whole_token(name) || !sip__is_field_value(value)) {
		sip__buf_fail(b, SIP_E_INVAL);
		return;
	}
	sip_buf_put_str(b, name);
	SIP_BUF_LIT(b, ": ");
	sip_buf_put_str(b, value);
	SIP_BUF_LIT(b, "\r\n");
}

void sip__fields_put(struct sip_buf *b, const struct sip_content_field *list)
{
	for (; list; list = list->next)
		sip__field_put(b, list->name, list->value);
}

const struct sip_content_field *sip_content_field_find(const struct sip_content_field *list, struct sip_str name)
{
	while (list && !sip_str_eq_nocase(list->name, name))
		list = list->next;
	return list;
}

struct sip_str sip__fields_take(struct sip_content_field **list, struct sip_str name)
{
	struct sip_str value = { NULL, 0 };
	bool is_found = false;

	while (*list) {
		if (!sip_str_eq_nocase((*list)->name, name)) {
			list = &(*list)->next;
			continue;
		}
		if (!is_found)
			value = (*list)->value;
		is_found = true;
		*list = (*list)->next;
	}
	return value;
}

bool sip__line_cut(struct sip_str *rest, struct sip_str *line)
{
	size_t n = sip_str_find(*rest, '\n');

	if (rest->len == 0)
		return false;
	*line = sip_str_make(rest->p, n && rest->p[n - 1] == '\r' ? n - 1 : n);
	*rest = sip_str_from(*rest, n + 1);
	return true;
}

bool sip__is_line(struct sip_str s)
{
	return sip_str_find(s, '\n') == s.len && sip_str_find(s, '\r') == s.len;
}

struct sip_str sip__unbracket(struct sip_str s)
{
	if (s.len >= 2 && s.p[0] == '<' && s.p[s.len - 1] == '>')
		return sip_str_make(s.p + 1, s.len - 2);
	return s;
}

void sip__disposition_read(struct sip_str value, struct sip_str *type, bool *is_optional)
{
	struct sip_str handling;
	struct sip_word word;

	if (value.len == 0 || sip_word_parse_token(value, &word) != SIP_OK)
		return;
	*type = word.word;
	*is_optional = sip_param_text(word.params, SIP_PARAM_HANDLING, &handling) && sip_str_eq_nocase(handling, SIP_STR("optional"));
}
