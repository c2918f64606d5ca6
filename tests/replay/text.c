/* Messages as the wire shows them: text. Read here without the stack's own parser, which is what is under play. */
#include "tests/replay/play.h"

static const struct {
	const char *name;
	const char *compact;
	bool is_list;
} headers[] = {
	{ "Via", "v", true },           { "From", "f", false },       { "To", "t", false },
	{ "Call-ID", "i", false },      { "Contact", "m", true },     { "Content-Length", "l", false },
	{ "Content-Type", "c", false }, { "Supported", "k", true },   { "Route", "", true },
	{ "Record-Route", "", true },   { "Path", "", true },         { "Service-Route", "", true },
	{ "Require", "", true },        { "Proxy-Require", "", true }, { "Unsupported", "", true },
	{ "Allow", "", true },
};

static bool is_named(struct sip_str name, struct sip_str wanted, bool *is_list)
{
	*is_list = false;
	for (size_t i = 0; i < SIP_COUNTOF(headers); i++) {
		if (!sip_str_eq_nocase(wanted, sip_str_of(headers[i].name)))
			continue;
		*is_list = headers[i].is_list;
		return sip_str_eq_nocase(name, wanted) || sip_str_eq_nocase(name, sip_str_of(headers[i].compact));
	}
	return sip_str_eq_nocase(name, wanted);
}

static struct sip_str cut_line(struct sip_str *rest)
{
	size_t end = 0;
	struct sip_str line;

	while (end + 1 < rest->len && !(rest->p[end] == '\r' && rest->p[end + 1] == '\n'))
		end++;
	if (end + 1 >= rest->len)
		end = rest->len;
	line = sip_str_make(rest->p, end);
	*rest = sip_str_from(*rest, end + 2);
	return line;
}

struct sip_str text_start_line(struct sip_str m)
{
	return cut_line(&m);
}

bool text_is_request(struct sip_str m)
{
	return !sip_str_starts_nocase(m, SIP_STR("SIP/"));
}

struct sip_str text_word(struct sip_str line, size_t n)
{
	for (; n; n--)
		line = sip_str_from(line, sip_str_find(line, ' ') + 1);
	return line;
}

static struct sip_str first_word(struct sip_str s)
{
	return sip_str_make(s.p, sip_str_find(s, ' '));
}

struct sip_str text_body(struct sip_str m)
{
	for (size_t i = 0; i + 4 <= m.len; i++)
		if (memcmp(m.p + i, "\r\n\r\n", 4) == 0)
			return sip_str_from(m, i + 4);
	return sip_str_make("", 0);
}

/* The end of a list value: a comma outside of quotes and brackets. */
static size_t value_end(struct sip_str s, char stop)
{
	bool in_quotes = false, in_brackets = false;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		if (in_quotes && c == '\\')
			i++;
		else if (c == '"')
			in_quotes = !in_quotes;
		else if (!in_quotes && c == '<')
			in_brackets = true;
		else if (!in_quotes && c == '>')
			in_brackets = false;
		else if (c == stop && !in_quotes && !in_brackets)
			return i;
	}
	return s.len;
}

struct sip_str text_value(struct sip_str m, struct sip_str header, size_t n)
{
	struct sip_str line;

	(void)cut_line(&m);
	while ((line = cut_line(&m)).len) {
		size_t colon = sip_str_find(line, ':');
		struct sip_str name = sip_str_trim(sip_str_make(line.p, colon)), value = sip_str_from(line, colon + 1);
		bool is_list;
		if (!is_named(name, header, &is_list))
			continue;
		for (;;) {
			size_t end = is_list ? value_end(value, ',') : value.len;
			if (n-- == 0)
				return sip_str_trim(sip_str_make(value.p, end));
			if (end >= value.len)
				break;
			value = sip_str_from(value, end + 1);
		}
	}
	return sip_str_make(NULL, 0);
}

size_t text_count(struct sip_str m, struct sip_str header)
{
	size_t n = 0;

	while (text_value(m, header, n).p)
		n++;
	return n;
}

struct sip_str text_param(struct sip_str value, struct sip_str name)
{
	for (;;) {
		size_t at = value_end(value, ';');
		size_t eq;
		struct sip_str one;
		if (at >= value.len)
			return sip_str_make(NULL, 0);
		value = sip_str_from(value, at + 1);
		one = sip_str_make(value.p, value_end(value, ';'));
		eq = sip_str_find(one, '=');
		if (sip_str_eq_nocase(sip_str_trim(sip_str_make(one.p, eq)), name))
			return eq < one.len ? sip_str_trim(sip_str_from(one, eq + 1)) : sip_str_make("", 0);
	}
}

struct sip_str text_uri(struct sip_str value)
{
	size_t open = sip_str_find(value, '<'), close = sip_str_find(value, '>');

	if (open < value.len && close < value.len && open < close)
		return sip_str_make(value.p + open + 1, close - open - 1);
	return sip_str_trim(sip_str_make(value.p, sip_str_find(value, ';')));
}

/* The Record-Route of a response the way the caller must use it (RFC 3261 12.1.2). */
static struct sip_str route_set(struct play *p, struct sip_str m)
{
	struct sip_buf b;
	struct sip_str out;

	sip_buf_init(&b, 0);
	for (size_t n = text_count(m, SIP_STR("Record-Route")); n; n--) {
		sip_buf_put_str(&b, text_value(m, SIP_STR("Record-Route"), n - 1));
		if (n > 1)
			sip_buf_put_z(&b, ", ");
	}
	out = play_copy(p, sip_buf_str(&b));
	sip_buf_fini(&b);
	return out.len ? out : sip_str_make(NULL, 0);
}

static struct sip_str header_path(struct play *p, struct sip_str m, struct sip_str path)
{
	size_t dot = sip_str_find(path, '.'), open;
	struct sip_str name = sip_str_make(path.p, dot), what = sip_str_from(path, dot + 1), value;
	uint64_t n = 1;

	if (sip_str_eq(what, SIP_STR("count")))
		return play_format(p, "%zu", text_count(m, name));
	open = sip_str_find(name, '[');
	if (open < name.len &&
	    sip_str_to_u64(sip_str_make(name.p + open + 1, name.len - open - 2), 1000, &n) != SIP_OK)
		play_fail(p, NULL, "a number in \"%.*s\"", SIP_STR_ARG(path));
	value = text_value(m, sip_str_make(name.p, open), n ? (size_t)n - 1 : 0);
	if (!value.p || !what.len)
		return value;
	if (sip_str_eq(what, SIP_STR("uri")))
		return text_uri(value);
	return text_param(value, what);
}

struct sip_str text_path(struct play *p, struct sip_str m, struct sip_str path)
{
	struct sip_str start = text_start_line(m);
	bool is_request = text_is_request(m);

	if (sip_str_eq(path, SIP_STR("line")))
		return start;
	if (sip_str_eq(path, SIP_STR("method")))
		return is_request ? first_word(start) :
				    text_word(text_value(m, SIP_STR("CSeq"), 0), 1);
	if (sip_str_eq(path, SIP_STR("uri")))
		return is_request ? first_word(text_word(start, 1)) : sip_str_make(NULL, 0);
	if (sip_str_eq(path, SIP_STR("status")))
		return is_request ? sip_str_make(NULL, 0) : first_word(text_word(start, 1));
	if (sip_str_eq(path, SIP_STR("reason")))
		return is_request ? sip_str_make(NULL, 0) : text_word(start, 2);
	if (sip_str_eq(path, SIP_STR("body")))
		return text_body(m);
	if (sip_str_eq(path, SIP_STR("branch")))
		return text_param(text_value(m, SIP_STR("Via"), 0), SIP_STR("branch"));
	if (sip_str_eq(path, SIP_STR("sent-by")))
		return first_word(sip_str_make(text_word(text_value(m, SIP_STR("Via"), 0), 1).p,
					       value_end(text_word(text_value(m, SIP_STR("Via"), 0), 1), ';')));
	if (sip_str_eq(path, SIP_STR("from-tag")))
		return text_param(text_value(m, SIP_STR("From"), 0), SIP_STR("tag"));
	if (sip_str_eq(path, SIP_STR("to-tag")))
		return text_param(text_value(m, SIP_STR("To"), 0), SIP_STR("tag"));
	if (sip_str_eq(path, SIP_STR("contact")))
		return text_uri(text_value(m, SIP_STR("Contact"), 0));
	if (sip_str_eq(path, SIP_STR("cseq")))
		return first_word(text_value(m, SIP_STR("CSeq"), 0));
	if (sip_str_eq(path, SIP_STR("route-set")))
		return route_set(p, m);
	return header_path(p, m, path);
}
