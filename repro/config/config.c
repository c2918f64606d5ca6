/*
 * The settings table and the life of a configuration: defaults, file, overrides, then an immutable counted struct.
 * Runs on whatever thread loads it. Names and defaults are those of reSIProcate's repro.config.
 */
#include "repro/config/config.h"

#include "repro/config/config_priv.h"

#include <ctype.h>
#include <stdio.h>

#define CONFIG_MAGIC 0x636f6e66u

static const char *const logging_types[] = { "cout", "cerr", "syslog", "file", NULL };
static const char *const log_levels[] = { "NONE",   "EMERG", "ALERT", "CRIT",  "ERR", "WARNING",
					  "NOTICE", "INFO",  "DEBUG", "STACK", NULL };
static const char *const transport_types[] = { "UDP", "TCP", "TLS", "WS", "WSS", "DTLS", NULL }; /* enum sip_transport_kind */
static const char *const tls_verifications[] = { "None", "Optional", "Mandatory", NULL };
static const char *const tls_methods[] = { "SSLv23", "TLS", "TLSv1_2", "TLSv1_3", NULL };
static const char *const capture_transports[] = { "UDP", "TCP", NULL };
static const char *const proxy_protocols[] = { "default", "false", "true", NULL };
static const char *const size_switches[] = { "fallback", "on", "off", NULL }; /* enum repro_size_switch */
static const char *const slot_size_switches[] = { "default", "fallback", "on", "off", NULL }; /* one more than that */
static const char *const congestion_metrics[] = { "SIZE", "TIME_DEPTH", "WAIT_TIME", NULL };
static const char *const q_value_behaviors[] = { "FULL_SEQUENTIAL", "EQUAL_Q_PARALLEL", "FULL_PARALLEL", NULL };

#define FIELD(field) offsetof(struct repro_settings, field)
#define SLOT_FIELD(field)                                                                  \
	.offset = offsetof(struct repro_settings, transport) +                             \
		  offsetof(struct repro_transport_settings, field),                        \
	.stride = sizeof(struct repro_transport_settings), .slots = REPRO_TRANSPORT_SLOTS

static const struct sip_setting_row rows[] = {
#define REPRO_BOOL(field, row_name, text, reload, sentence)                                \
	{ .name = row_name, .type = SIP_SETTING_BOOL, .offset = FIELD(field), .value = text, \
	  .is_reloadable = reload, .help = sentence },
#define REPRO_NUMBER(field, row_name, text, least, most, reload, sentence)                 \
	{ .name = row_name, .type = SIP_SETTING_NUMBER, .offset = FIELD(field), .min = least, .max = most, \
	  .value = text, .is_reloadable = reload, .help = sentence },
#define REPRO_TEXT(field, row_name, text, check_fn, reload, sentence)                      \
	{ .name = row_name, .type = SIP_SETTING_TEXT, .offset = FIELD(field), .value = text, .check = check_fn, \
	  .is_reloadable = reload, .help = sentence },
#define REPRO_SECRET(field, row_name, text, check_fn, reload, sentence)                    \
	{ .name = row_name, .type = SIP_SETTING_TEXT, .offset = FIELD(field), .value = text, .check = check_fn, \
	  .is_reloadable = reload, .is_secret = true, .help = sentence },
#define REPRO_CHOICE(field, row_name, text, words, reload, sentence)                       \
	{ .name = row_name, .type = SIP_SETTING_CHOICE, .offset = FIELD(field), .choices = words, .value = text, \
	  .is_reloadable = reload, .help = sentence },
#define REPRO_SLOT_NUMBER(field, row_name, text, least, most, reload, sentence)            \
	{ .name = row_name, .type = SIP_SETTING_NUMBER, SLOT_FIELD(field), .min = least, .max = most, \
	  .value = text, .is_reloadable = reload, .help = sentence },
#define REPRO_SLOT_TEXT(field, row_name, text, check_fn, reload, sentence)                 \
	{ .name = row_name, .type = SIP_SETTING_TEXT, SLOT_FIELD(field), .value = text, .check = check_fn, \
	  .is_reloadable = reload, .help = sentence },
#define REPRO_SLOT_SECRET(field, row_name, text, check_fn, reload, sentence)               \
	{ .name = row_name, .type = SIP_SETTING_TEXT, SLOT_FIELD(field), .value = text, .check = check_fn, \
	  .is_reloadable = reload, .is_secret = true, .help = sentence },
#define REPRO_SLOT_CHOICE(field, row_name, text, words, reload, sentence)                  \
	{ .name = row_name, .type = SIP_SETTING_CHOICE, SLOT_FIELD(field), .choices = words, .value = text, \
	  .is_reloadable = reload, .help = sentence },
#define REPRO_UNSUPPORTED(name)
#include "repro/config/settings_table.h"
#undef REPRO_BOOL
#undef REPRO_NUMBER
#undef REPRO_TEXT
#undef REPRO_SECRET
#undef REPRO_CHOICE
#undef REPRO_SLOT_NUMBER
#undef REPRO_SLOT_TEXT
#undef REPRO_SLOT_SECRET
#undef REPRO_SLOT_CHOICE
#undef REPRO_UNSUPPORTED
};

static const char *const unsupported[] = {
#define REPRO_BOOL(field, name, value, reload, help)
#define REPRO_NUMBER(field, name, value, min, max, reload, help)
#define REPRO_TEXT(field, name, value, check, reload, help)
#define REPRO_SECRET(field, name, value, check, reload, help)
#define REPRO_CHOICE(field, name, value, choices, reload, help)
#define REPRO_SLOT_NUMBER(field, name, value, min, max, reload, help)
#define REPRO_SLOT_TEXT(field, name, value, check, reload, help)
#define REPRO_SLOT_SECRET(field, name, value, check, reload, help)
#define REPRO_SLOT_CHOICE(field, name, value, choices, reload, help)
#define REPRO_UNSUPPORTED(name) name,
#include "repro/config/settings_table.h"
	NULL
};

static const struct sip_settings_table table = { rows, SIP_COUNTOF(rows), unsupported };

static void config_destroy(void *object)
{
	struct repro_config *c = object;
	sip_free(c->domains);
	sip_settings_fini(&table, &c->set);
	sip_free(c);
}

static void tell_override(sip_settings_issue_fn fn, void *arg, unsigned line, const char *text)
{
	struct sip_settings_issue issue = { .file = "command line", .line = line, .is_error = true };
	struct sip_buf b;
	if (!fn)
		return;
	sip_buf_init_fixed(&b, issue.text, sizeof(issue.text));
	sip_buf_putf(&b, "expected Name=Value, found \"%.80s\"", text);
	sip_buf_z(&b);
	fn(arg, &issue);
}

static enum sip_err override(struct repro_config *c, const char *text, unsigned line, sip_settings_issue_fn fn,
			     void *arg)
{
	struct sip_str whole = sip_str_of(text);
	size_t at = sip_str_find(whole, '=');
	enum sip_err err;
	if (at == whole.len) {
		tell_override(fn, arg, line, text);
		return SIP_E_SYNTAX;
	}
	err = sip_settings_set(&table, &c->set, sip_str_trim(sip_str_make(text, at)),
			       sip_str_trim(sip_str_from(whole, at + 1)), "command line", line, fn, arg);
	return err == SIP_E_UNSUPPORTED ? SIP_OK : err;
}

/* Goes on after an issue, so that all of them are told at once. */
static enum sip_err read_settings(struct repro_config *c, const char *path, const char *const *overrides, size_t count,
				  sip_settings_issue_fn fn, void *arg)
{
	enum sip_err first = path ? sip_settings_load(&table, &c->set, path, fn, arg) : SIP_OK;
	if (first == SIP_E_UNSUPPORTED)
		first = SIP_OK;
	for (size_t i = 0; i < count; i++) {
		enum sip_err err = override(c, overrides[i], (unsigned)i + 1, fn, arg);
		if (first == SIP_OK)
			first = err;
	}
	return first;
}

enum sip_err repro_config_load(const char *path, const char *const *overrides, size_t override_count,
			       sip_settings_issue_fn fn, void *arg, struct repro_config **out)
{
	const struct repro__told told = { path, overrides, override_count, fn, arg };
	struct repro_config *c = sip_alloc_zero(sizeof(*c));
	enum sip_err err;
	if (!c)
		return SIP_E_NOMEM;
	sip_ref_init(&c->ref, CONFIG_MAGIC, config_destroy);
	err = sip_settings_init(&table, &c->set);
	if (err == SIP_OK)
		err = read_settings(c, path, overrides, override_count, fn, arg);
	if (err == SIP_OK)
		err = repro__config_take_apart(c, &told);
	if (err != SIP_OK)
		repro_config_unref(&c);
	else
		*out = c;
	return err;
}

/* ---- where a setting was set ------------------------------------------------------------------------------------- */

struct search {
	struct sip_str name;
	struct repro__place *place;
};

static void put_place(struct repro__place *p, const char *file, unsigned line)
{
	snprintf(p->file, sizeof(p->file), "%s", file);
	p->line = line;
}

static const char *refuse(struct sip_str text)
{
	(void)text;
	return "no value at all";
}

/* The last line counts, as it does for the value. */
static void note_place(void *arg, const struct sip_settings_issue *issue)
{
	struct search *s = arg;
	if (sip_str_starts_nocase(sip_str_of(issue->text), s->name) && issue->text[s->name.len] == ':')
		put_place(s->place, issue->file, issue->line);
}

/* The file is read once more, by a table that refuses this one setting: its reader says where. */
static bool find_place(const struct repro__told *told, struct sip_str name, struct repro__place *out)
{
	struct search s = { name, out };
	const struct sip_setting_row *row = sip_settings_find(&table, name, NULL);
	if (!row)
		return false;
	struct sip_setting_row refusing = { .name = row->name, .type = SIP_SETTING_TEXT, .check = refuse };
	const struct sip_settings_table probe = { &refusing, 1, NULL };
	char *nothing = NULL; /* what it would set */
	for (size_t i = told->override_count; i > 0; i--) {
		struct sip_str whole = sip_str_of(told->overrides[i - 1]);
		struct sip_str set = sip_str_trim(sip_str_make(whole.p, sip_str_find(whole, '=')));
		if (!sip_str_eq_nocase(set, name))
			continue;
		put_place(out, "command line", (unsigned)i);
		return true;
	}
	return told->file && sip_settings_load(&probe, &nothing, told->file, note_place, &s) != SIP_E_NOMEM && out->line > 0;
}

void repro__config_place(const struct repro__told *told, struct sip_str text, struct repro__place *out)
{
	put_place(out, told->file ? told->file : "command line", 0);
	while (text.len > 0) {
		size_t n = 0;
		while (n < text.len && isalnum((unsigned char)text.p[n]))
			n++;
		if (n > 0 && find_place(told, sip_str_make(text.p, n), out))
			return;
		text = sip_str_from(text, n + 1);
	}
}

void repro_config_ref(struct repro_config *c)
{
	MUST_BE(&c->ref, CONFIG_MAGIC);
	sip_ref_get(&c->ref);
}

void repro_config_unref(struct repro_config **c)
{
	if (!*c)
		return;
	MUST_BE(&(*c)->ref, CONFIG_MAGIC);
	sip_ref_put(&(*c)->ref);
	*c = NULL;
}

bool repro_config_is_domain(const struct repro_config *c, struct sip_str host)
{
	for (size_t i = 0; i < c->domain_count; i++) {
		if (sip_host_eq(c->domains[i], host))
			return true;
	}
	return false;
}

/* ---- showing -------------------------------------------------------------------------------------------------- */

/* "Transport%uType" with its number; a single setting has slot 0. */
static void put_name(struct sip_buf *b, const char *name, unsigned slot)
{
	const char *at = strstr(name, "%u");
	if (!at) {
		sip_buf_put_z(b, name);
		return;
	}
	sip_buf_put(b, name, (size_t)(at - name));
	sip_buf_put_u64(b, slot);
	sip_buf_put_z(b, at + 2);
}

struct shown {
	struct sip_buf name, before, after;
};

static bool is_changed(struct shown *s, const struct sip_setting_row *row, unsigned slot,
		       const struct repro_config *before, const struct repro_config *after)
{
	sip_buf_clear(&s->name);
	sip_buf_clear(&s->before);
	sip_buf_clear(&s->after);
	put_name(&s->name, row->name, slot);
	sip_settings_put_value(row, &before->set, slot, &s->before);
	sip_settings_put_value(row, &after->set, slot, &s->after);
	return !sip_str_eq(sip_buf_str(&s->before), sip_buf_str(&s->after));
}

static bool has_failed(const struct shown *s)
{
	return s->name.err != SIP_OK || s->before.err != SIP_OK || s->after.err != SIP_OK;
}

size_t repro_config_diff(const struct repro_config *before, const struct repro_config *after, repro_config_diff_fn fn,
			 void *arg)
{
	struct shown s;
	size_t count = 0;
	bool failed = false;
	sip_buf_init(&s.name, 0);
	sip_buf_init(&s.before, 0);
	sip_buf_init(&s.after, 0);
	for (size_t i = 0; i < SIP_COUNTOF(rows) && !failed; i++) {
		unsigned first = rows[i].stride ? 1 : 0;
		unsigned last = rows[i].stride ? rows[i].slots : 0;
		for (unsigned slot = first; slot <= last && !failed; slot++) {
			bool differs = is_changed(&s, &rows[i], slot, before, after);
			const char *name = sip_buf_z(&s.name), *old = sip_buf_z(&s.before), *new = sip_buf_z(&s.after);
			failed = has_failed(&s);
			if (!differs || failed)
				continue;
			count++;
			if (fn)
				fn(arg, name, old, new, !rows[i].is_reloadable);
		}
	}
	sip_buf_fini(&s.name);
	sip_buf_fini(&s.before);
	sip_buf_fini(&s.after);
	return failed ? SIZE_MAX : count;
}

bool repro_config_is_secret(const char *name)
{
	const struct sip_setting_row *row = sip_settings_find(&table, sip_str_of(name), NULL);
	return row && row->is_secret;
}

static void put_line(const struct repro_config *c, struct sip_buf *b, const struct sip_setting_row *row, unsigned slot)
{
	size_t from;
	put_name(b, row->name, slot);
	SIP_BUF_LIT(b, " = ");
	from = b->len;
	sip_settings_put_value(row, &c->set, slot, b);
	/* The reader takes a # for a comment, outside quotes. */
	if (b->err == SIP_OK && memchr(b->p + from, '#', b->len - from)) {
		b->len = from;
		sip_buf_put_char(b, '"');
		sip_settings_put_value(row, &c->set, slot, b);
		sip_buf_put_char(b, '"');
	}
	sip_buf_put_char(b, '\n');
}

void repro_config_put(const struct repro_config *c, struct sip_buf *b)
{
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		if (!rows[i].stride)
			put_line(c, b, &rows[i], 0);
		for (unsigned slot = 1; rows[i].stride && slot <= rows[i].slots; slot++) {
			if (c->set.transport[slot - 1].interface_text[0])
				put_line(c, b, &rows[i], slot);
		}
	}
}

void repro_config_put_sample(struct sip_buf *b)
{
	sip_settings_put_sample(&table, b);
}
