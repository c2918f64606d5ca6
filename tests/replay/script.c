/* Reads a play: cues, blocks, times and substitutions. */
#include "tests/replay/play.h"

static struct sip_str next_line(struct play *p)
{
	size_t end = sip_str_find(p->rest, '\n');
	struct sip_str line = sip_str_make(p->rest.p, end);

	p->rest = sip_str_from(p->rest, end + 1);
	p->line++;
	return sip_str_trim(line);
}

/* Takes \r \n \t \\ \" \0 out of a quoted word. */
static struct sip_str unescape(struct play *p, struct sip_str s)
{
	char *out = play_alloc(p, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		if (c == '\\' && i + 1 < s.len) {
			c = s.p[++i];
			c = c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c == '0' ? '\0' : c;
		}
		out[n++] = c;
	}
	return sip_str_make(out, n);
}

static void read_quoted(struct play *p, struct sip_str *line)
{
	size_t end = 1;

	while (end < line->len && line->p[end] != '"')
		end += line->p[end] == '\\' ? 2 : 1;
	if (end >= line->len)
		play_fail(p, NULL, "a quotation that ends on its line");
	p->cue.words[p->cue.count++] = unescape(p, sip_str_make(line->p + 1, end - 1));
	*line = sip_str_trim(sip_str_from(*line, end + 1));
}

static void add_block_line(struct play *p, struct sip_str line)
{
	struct cue *c = &p->cue;

	if (c->block_count == PLAY_BLOCK)
		play_fail(p, NULL, "a block of at most %d lines", PLAY_BLOCK);
	c->block[c->block_count++] = line;
}

/* "{ a & b }" on the line, or lines up to a "}". */
static void read_block(struct play *p, struct sip_str line)
{
	p->cue.has_block = true;
	line = sip_str_trim(sip_str_from(line, 1));
	if (line.len) {
		if (line.p[line.len - 1] != '}')
			play_fail(p, NULL, "a block that ends on its line, or begins on the next");
		line = sip_str_trim(sip_str_make(line.p, line.len - 1));
		while (line.len) {
			size_t end = 0;
			while (end < line.len && !(end + 2 < line.len && memcmp(line.p + end, " & ", 3) == 0))
				end++;
			add_block_line(p, sip_str_trim(sip_str_make(line.p, end)));
			line = sip_str_from(line, end + 3);
		}
		return;
	}
	for (;;) {
		if (p->rest.len == 0)
			play_fail(p, NULL, "a closing brace");
		line = next_line(p);
		if (sip_str_eq(line, SIP_STR("}")))
			return;
		add_block_line(p, line);
	}
}

bool script_next(struct play *p)
{
	struct cue *c = &p->cue;
	struct sip_str line;

	memset(c, 0, sizeof *c);
	do {
		if (p->rest.len == 0)
			return false;
		line = next_line(p);
	} while (line.len == 0 || line.p[0] == '#');
	c->line = p->line;
	while (line.len && c->count < PLAY_WORDS) {
		if (line.p[0] == '"') {
			read_quoted(p, &line);
		} else if (line.p[0] == '{') {
			read_block(p, line);
			break;
		} else {
			size_t end = sip_str_find(line, ' ');
			c->words[c->count++] = sip_str_make(line.p, end);
			line = sip_str_trim(sip_str_from(line, end));
		}
	}
	for (size_t i = 0; i < c->count; i++)
		c->words[i] = script_fill(p, c->words[i]);
	return true;
}

int64_t script_time(struct play *p, struct sip_str word)
{
	static const struct {
		const char *unit;
		int64_t us;
	} units[] = { { "ms", 1000 }, { "min", 60000000 }, { "us", 1 }, { "s", 1000000 } };
	int64_t whole = 0, part = 0, scale = 1;
	size_t i = 0;

	for (; i < word.len && word.p[i] >= '0' && word.p[i] <= '9'; i++)
		whole = whole * 10 + (word.p[i] - '0');
	if (i > 0 && i < word.len && word.p[i] == '.')
		for (i++; i < word.len && word.p[i] >= '0' && word.p[i] <= '9'; i++, scale *= 10)
			part = part * 10 + (word.p[i] - '0');
	for (size_t u = 0; i > 0 && u < SIP_COUNTOF(units); u++)
		if (sip_str_eq(sip_str_from(word, i), sip_str_of(units[u].unit)))
			return whole * units[u].us + part * units[u].us / scale;
	play_fail(p, NULL, "a time like 500ms, 1.5s or 3min where there is \"%.*s\"", SIP_STR_ARG(word));
}

struct sip_addr script_addr(struct play *p, struct sip_str word)
{
	const struct voice *v = voice_find(p, word);
	struct sip_addr a;

	if (v)
		return v->at;
	if (sip_addr_parse_port(&a, word, 5060) != SIP_OK)
		play_fail(p, NULL, "a peer or an address where there is \"%.*s\"", SIP_STR_ARG(word));
	return a;
}

static struct sip_str fill_one(struct play *p, struct sip_str inner)
{
	size_t dot = sip_str_find(inner, '.');
	struct sip_str name = sip_str_make(inner.p, dot), path = sip_str_from(inner, dot + 1), value;
	const struct speech *s = speech_find(p, name);
	char text[SIP_ADDR_TEXT];

	if (sip_str_eq(path, SIP_STR("source")))
		return play_copy(p, sip_str_of(sip_addr_text(&s->far, text)));
	if (sip_str_eq(path, SIP_STR("source-port")))
		return play_format(p, "%u", sip_addr_port(&s->far));
	if (sip_str_starts_nocase(path, SIP_STR("digest ")))
		return text_digest(p, s, sip_str_from(path, 7));
	value = text_path(p, s->bytes, path);
	if (!value.p)
		play_fail(p, s, "a message with %.*s for $(%.*s)", SIP_STR_ARG(path), SIP_STR_ARG(inner));
	return value;
}

struct sip_str script_fill(struct play *p, struct sip_str text)
{
	struct sip_buf b;
	struct sip_str out;

	if (sip_str_find(text, '$') == text.len)
		return text;
	sip_buf_init(&b, 0);
	while (text.len) {
		size_t end = sip_str_find(text, ')');
		if (text.len > 2 && text.p[0] == '$' && text.p[1] == '(' && end < text.len) {
			sip_buf_put_str(&b, fill_one(p, sip_str_make(text.p + 2, end - 2)));
			text = sip_str_from(text, end + 1);
		} else {
			sip_buf_put_char(&b, text.p[0]);
			text = sip_str_from(text, 1);
		}
	}
	out = play_copy(p, sip_buf_str(&b));
	sip_buf_fini(&b);
	return out;
}

bool script_has(const struct cue *c, size_t from, const char *key)
{
	for (size_t i = from; i < c->count; i++)
		if (sip_str_eq(c->words[i], sip_str_of(key)))
			return true;
	return false;
}

struct sip_str script_option(const struct cue *c, size_t from, const char *key)
{
	for (size_t i = from; i + 1 < c->count; i++)
		if (sip_str_eq(c->words[i], sip_str_of(key)))
			return c->words[i + 1];
	return sip_str_make(NULL, 0);
}
