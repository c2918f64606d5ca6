/* Reading settings from files: lines, comments, quotes, Include. An issue is told and the reading goes on. */
#include "stack/base/settings.h"

#include "stack/base/base_priv.h"
#include "stack/base/mem.h"

#include <errno.h>
#include <stdio.h>

enum { DEPTH_MOST = 8, LINE_MOST = 8 * 1024, FILE_MOST = 4 * 1024 * 1024, CHUNK = 16 * 1024, NAME_SHOWN = 80 };

struct load {
	const struct sip_settings_table *table;
	void *into;
	sip_settings_issue_fn fn;
	void *arg;
	unsigned *seen; /* owned: for every slot of every row the line that set it, or 0 */
	enum sip_err err; /* the first */
	unsigned depth;
};

static enum sip_err load_file(struct load *l, const char *path, const struct sip__settings_place *from);

static void keep(struct load *l, enum sip_err err)
{
	if (l->err == SIP_OK)
		l->err = err;
}

static void wrong(struct load *l, const struct sip__settings_place *at, enum sip_err err, const char *what,
		  struct sip_str about)
{
	int n = about.len < NAME_SHOWN ? (int)about.len : NAME_SHOWN;
	sip__settings_tell(at, true, "%.*s%s%s", n, about.p ? about.p : "", n ? ": " : "", what);
	keep(l, err);
}

/* Up to a "#" that begins the line or follows a blank, outside quotes. */
static struct sip_str without_comment(struct sip_str line)
{
	bool in_quotes = false;
	for (size_t i = 0; i < line.len; i++) {
		char c = line.p[i];
		if (c == '"')
			in_quotes = !in_quotes;
		if (c == '#' && !in_quotes && (i == 0 || line.p[i - 1] == ' ' || line.p[i - 1] == '\t'))
			return sip_str_make(line.p, i);
	}
	return line;
}

/* The value without its quotes; what is wrong with it, or NULL. */
static const char *unquote(struct sip_str *value)
{
	size_t quotes = 0;
	for (size_t i = 0; i < value->len; i++)
		quotes += value->p[i] == '"';
	if (quotes % 2 != 0)
		return "a quote does not close";
	if (value->len == 0 || value->p[0] != '"')
		return NULL;
	struct sip_str inside = sip_str_from(*value, 1);
	size_t close = sip_str_find(inside, '"');
	if (close + 1 != inside.len)
		return "text after the closing quote";
	*value = sip_str_make(inside.p, close);
	return NULL;
}

/* The line that set this before, or 0; this line is kept in its place. */
static unsigned swap_seen(struct load *l, struct sip_str name, unsigned line)
{
	unsigned slot;
	const struct sip_setting_row *row = sip_settings_find(l->table, name, &slot);
	if (!row)
		return 0;
	size_t at = slot > 0 ? slot - 1 : 0;
	for (const struct sip_setting_row *r = l->table->rows; r < row; r++)
		at += r->stride ? r->slots : 1;
	unsigned before = l->seen[at];
	l->seen[at] = line;
	return before;
}

static void set_line(struct load *l, struct sip_str name, struct sip_str value, const struct sip__settings_place *at)
{
	const char *trouble = unquote(&value);
	if (trouble) {
		wrong(l, at, SIP_E_INVAL, trouble, name);
		return;
	}
	unsigned before = swap_seen(l, name, at->line);
	if (before)
		sip__settings_tell(at, false, "%.*s: set twice, before in line %u; the last one counts",
				   name.len < NAME_SHOWN ? (int)name.len : NAME_SHOWN, name.p, before);
	enum sip_err err = sip_settings_set(l->table, l->into, name, value, at->file, at->line, l->fn, l->arg);
	if (err != SIP_E_UNSUPPORTED)
		keep(l, err);
}

/* A relative path starts from the including file's folder. NULL: no memory. */
static char *path_from(const char *file, struct sip_str path)
{
	const char *slash = strrchr(file, '/');
	struct sip_buf b;
	sip_buf_init(&b, 0);
	if (path.p[0] != '/' && slash)
		sip_buf_put(&b, file, (size_t)(slash - file) + 1);
	sip_buf_put_str(&b, path);
	sip_buf_put_char(&b, '\0');
	char *text = sip_buf_take(&b, NULL);
	sip_buf_fini(&b);
	return text;
}

static void include(struct load *l, struct sip_str path, const struct sip__settings_place *at)
{
	const char *trouble = unquote(&path);
	if (trouble) {
		wrong(l, at, SIP_E_INVAL, trouble, SIP_STR("Include"));
		return;
	}
	if (path.len == 0) {
		wrong(l, at, SIP_E_INVAL, "expected a file", SIP_STR("Include"));
		return;
	}
	if (l->depth >= DEPTH_MOST) {
		wrong(l, at, SIP_E_LIMIT, "more than 8 files deep", SIP_STR("Include"));
		return;
	}
	char *full = path_from(at->file, path);
	keep(l, full ? load_file(l, full, at) : SIP_E_NOMEM);
	sip_free(full);
}

/* True when the line is "Include file" (or "Include = file"); *path is the file then. */
static bool is_include(struct sip_str line, struct sip_str *path)
{
	struct sip_str word = SIP_STR("Include");
	if (!sip_str_starts_nocase(line, word))
		return false;
	struct sip_str rest = sip_str_from(line, word.len);
	if (rest.len > 0 && !strchr(" \t=\"", rest.p[0]))
		return false;
	rest = sip_str_trim(rest);
	if (rest.len > 0 && rest.p[0] == '=')
		rest = sip_str_trim(sip_str_from(rest, 1));
	*path = rest;
	return true;
}

static void read_line(struct load *l, struct sip_str line, const struct sip__settings_place *at)
{
	struct sip_str path;
	if (line.len > LINE_MOST) {
		wrong(l, at, SIP_E_LIMIT, "line of more than 8192 bytes", sip_str_make(NULL, 0));
		return;
	}
	if (sip_str_find(line, '\0') < line.len) {
		wrong(l, at, SIP_E_INVAL, "line with a zero byte", sip_str_make(NULL, 0));
		return;
	}
	line = sip_str_trim(without_comment(line));
	if (line.len == 0)
		return;
	size_t equals = sip_str_find(line, '=');
	if (is_include(line, &path)) {
		include(l, path, at);
	} else if (equals == line.len) {
		wrong(l, at, SIP_E_INVAL, "expected \"Name = value\"", line);
	} else if (equals == 0) {
		wrong(l, at, SIP_E_INVAL, "expected a name before \"=\"", sip_str_make(NULL, 0));
	} else {
		set_line(l, sip_str_trim(sip_str_make(line.p, equals)), sip_str_trim(sip_str_from(line, equals + 1)),
			 at);
	}
}

/* The whole file; a larger one is TOOBIG. */
static enum sip_err read_file(const char *path, struct sip_buf *b)
{
	enum sip_err err = SIP_OK;
	FILE *f = fopen(path, "re");
	if (!f)
		return sip_err_from_errno(errno);
	for (;;) {
		char *to = sip_buf_reserve(b, CHUNK);
		if (!to)
			break;
		size_t n = fread(to, 1, CHUNK, f);
		sip_buf_advance(b, n);
		if (n < CHUNK)
			break;
	}
	if (b->err == SIP_E_LIMIT || b->len > FILE_MOST)
		err = SIP_E_TOOBIG;
	else if (b->err != SIP_OK)
		err = b->err;
	else if (ferror(f))
		err = SIP_E_IO;
	fclose(f);
	return err;
}

static void read_lines(struct load *l, struct sip_str rest, const char *path)
{
	struct sip__settings_place at = { l->fn, l->arg, path, 0 };
	if (sip_str_starts_nocase(rest, SIP_STR("\xef\xbb\xbf")))
		rest = sip_str_from(rest, 3);
	while (rest.len > 0 && l->err != SIP_E_NOMEM) {
		size_t n = sip_str_find(rest, '\n');
		at.line++;
		read_line(l, sip_str_make(rest.p, n), &at);
		rest = sip_str_from(rest, n + 1);
	}
}

/* What cannot be read is told where it was asked for. */
static enum sip_err load_file(struct load *l, const char *path, const struct sip__settings_place *from)
{
	struct sip_buf b;
	sip_buf_init(&b, FILE_MOST + CHUNK + 1);
	enum sip_err err = read_file(path, &b);
	if (err == SIP_OK) {
		l->depth++;
		read_lines(l, sip_buf_str(&b), path);
		l->depth--;
	} else if (err != SIP_E_NOMEM) {
		sip__settings_tell(from, true, "%.*s: cannot be read: %s", 160, path, sip_err_text(err));
	}
	sip_buf_fini(&b);
	return err;
}

enum sip_err sip_settings_load(const struct sip_settings_table *t, void *into, const char *path,
			       sip_settings_issue_fn fn, void *arg)
{
	struct load l = { .table = t, .into = into, .fn = fn, .arg = arg };
	const struct sip__settings_place from = { fn, arg, path, 0 };
	size_t slots = 0;
	for (size_t i = 0; i < t->count; i++)
		slots += t->rows[i].stride ? t->rows[i].slots : 1;
	l.seen = sip_alloc_zero(slots * sizeof *l.seen);
	if (!l.seen)
		return SIP_E_NOMEM;
	keep(&l, load_file(&l, path, &from));
	sip_free(l.seen);
	return l.err;
}
