/*
 * Looks over an XML document before the library reads it: how deep, how many elements and attributes, no DOCTYPE. The library takes
 * time by the square of a tag's attributes, so they have to be counted first; a tag that is not exactly of the grammar is refused, so
 * that both see the same tags. One pass, no state, any thread. XML 1.0, 2.4 to 3.1.
 */
#include "stack/content/xml_priv.h"

#define TAG_ATTRIBUTES 64 /* of one tag */
#define MARKS_A_PART 4    /* attributes, comments, sections: so many times as many as elements may be */

struct look {
	const char *p, *end;
	unsigned depth, depth_most, elements_left, marks_left;
};

static bool is_at(const struct look *l, const char *what, size_t len)
{
	return (size_t)(l->end - l->p) >= len && memcmp(l->p, what, len) == 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct look *l)
{
	while (l->p < l->end && is_space(*l->p))
		l->p++;
}

static enum sip_err count_mark(struct look *l)
{
	if (l->marks_left == 0)
		return SIP_E_LIMIT;
	l->marks_left--;
	return SIP_OK;
}

/* Past what begins here and ends with this; nothing in it means anything. */
static enum sip_err skip_past(struct look *l, size_t start, const char *close, size_t len)
{
	const char *p = l->p + start;

	if ((size_t)(l->end - p) < len)
		return SIP_E_SYNTAX;
	for (p += len - 1; (p = memchr(p, close[len - 1], (size_t)(l->end - p))) != NULL; p++)
		if (memcmp(p + 1 - len, close, len) == 0) {
			l->p = p + 1;
			return count_mark(l);
		}
	return SIP_E_SYNTAX;
}

static bool skip_name(struct look *l)
{
	const char *from = l->p;

	while (l->p < l->end && !is_space(*l->p) && !memchr("=/<>\"'&", *l->p, 7))
		l->p++;
	return l->p > from;
}

/* name = "value" */
static bool skip_attribute(struct look *l)
{
	const char *close;

	if (!skip_name(l))
		return false;
	skip_space(l);
	if (l->p == l->end || *l->p++ != '=')
		return false;
	skip_space(l);
	if (l->p == l->end || (*l->p != '"' && *l->p != '\''))
		return false;
	close = memchr(l->p + 1, *l->p, (size_t)(l->end - l->p) - 1);
	if (!close || memchr(l->p, '<', (size_t)(close - l->p)))
		return false;
	l->p = close + 1;
	return true;
}

static enum sip_err skip_start_tag(struct look *l)
{
	unsigned attributes = 0;
	bool is_empty;

	l->p++;
	if (!skip_name(l))
		return SIP_E_SYNTAX;
	if (l->elements_left == 0 || l->depth == l->depth_most)
		return SIP_E_LIMIT;
	l->elements_left--;
	while (l->p < l->end && is_space(*l->p)) {
		skip_space(l);
		if (l->p < l->end && (*l->p == '/' || *l->p == '>'))
			break;
		if (!skip_attribute(l))
			return SIP_E_SYNTAX;
		if (++attributes > TAG_ATTRIBUTES || count_mark(l) != SIP_OK)
			return SIP_E_LIMIT;
	}
	is_empty = l->p < l->end && *l->p == '/';
	l->p += is_empty;
	if (l->p == l->end || *l->p++ != '>')
		return SIP_E_SYNTAX;
	l->depth += !is_empty;
	return SIP_OK;
}

static enum sip_err skip_end_tag(struct look *l)
{
	l->p += 2;
	if (!skip_name(l))
		return SIP_E_SYNTAX;
	skip_space(l);
	if (l->depth == 0 || l->p == l->end || *l->p++ != '>')
		return SIP_E_SYNTAX;
	l->depth--;
	return SIP_OK;
}

static enum sip_err skip_markup(struct look *l)
{
	if (is_at(l, "</", 2))
		return skip_end_tag(l);
	if (is_at(l, "<?", 2))
		return skip_past(l, 2, "?>", 2);
	if (is_at(l, "<!--", 4))
		return skip_past(l, 4, "-->", 3);
	if (is_at(l, "<![CDATA[", 9))
		return skip_past(l, 9, "]]>", 3);
	return skip_start_tag(l);
}

enum sip_err sip__xml_scan(struct sip_str bytes, const struct sip_content_limits *limits)
{
	enum sip_err err = SIP_OK;
	struct look l = { .p = bytes.p, .elements_left = limits->parts };

	l.depth_most = limits->depth < SIP__DEPTH_MAX ? limits->depth : SIP__DEPTH_MAX;
	l.marks_left = limits->parts < UINT32_MAX / MARKS_A_PART ? limits->parts * MARKS_A_PART : UINT32_MAX;
	if (bytes.len > limits->bytes || bytes.len > INT32_MAX)
		return SIP_E_LIMIT;
	/* Other encodings would hide tags from this. */
	if (bytes.len == 0 || !sip_str_is_utf8(bytes) || memchr(bytes.p, '\0', bytes.len))
		return SIP_E_SYNTAX;
	l.end = l.p + bytes.len;
	while (err == SIP_OK && (l.p = memchr(l.p, '<', (size_t)(l.end - l.p))) != NULL)
		err = skip_markup(&l);
	return err == SIP_OK && l.depth > 0 ? SIP_E_SYNTAX : err;
}
