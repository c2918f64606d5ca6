/* Settings from a table: names, numbered families, typed values with their bounds, and the way back to text. */
#include "stack/base/settings.h"

#include "stack/base/base_priv.h"
#include "stack/base/mem.h"

#include <stdio.h>

enum { TEXT_MOST = 4096, FOUND_MOST = 80 };

static const char *const bool_words[][2] = {
	{ "false", "true" }, { "no", "yes" }, { "off", "on" }, { "0", "1" },
};

void sip__settings_tell(const struct sip__settings_place *at, bool is_error, const char *format, ...)
{
	struct sip_settings_issue issue = { .file = at->file, .line = at->line, .is_error = is_error };
	va_list args;
	if (!at->fn)
		return;
	va_start(args, format);
	vsnprintf(issue.text, sizeof issue.text, format, args);
	va_end(args);
	for (char *p = issue.text; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	}
	at->fn(at->arg, &issue);
}

enum match { NO_MATCH, MATCH, MATCH_OUT_OF_SLOTS };

/* "Transport%uInterface" against "transport12interface": *number is 12. A pattern without %u must be equal. */
static bool match_name(const char *pattern, struct sip_str name, uint64_t *number)
{
	struct sip_str whole = sip_str_of(pattern);
	const char *mark = strstr(pattern, "%u");
	*number = 0;
	if (!mark)
		return sip_str_eq_nocase(whole, name);
	struct sip_str before = sip_str_make(pattern, (size_t)(mark - pattern));
	struct sip_str after = sip_str_of(mark + 2);
	if (name.len <= before.len + after.len || !sip_str_starts_nocase(name, before) ||
	    !sip_str_ends_nocase(name, after))
		return false;
	struct sip_str digits = sip_str_make(name.p + before.len, name.len - before.len - after.len);
	return digits.p[0] != '0' && sip_str_to_u64(digits, UINT32_MAX, number) != SIP_E_SYNTAX;
}

static enum match match_row(const struct sip_setting_row *row, struct sip_str name, unsigned *slot)
{
	uint64_t number;
	if (!match_name(row->name, name, &number))
		return NO_MATCH;
	*slot = (unsigned)number;
	return row->stride == 0 || number <= row->slots ? MATCH : MATCH_OUT_OF_SLOTS;
}

const struct sip_setting_row *sip_settings_find(const struct sip_settings_table *t, struct sip_str name,
						unsigned *slot)
{
	unsigned number;
	for (size_t i = 0; i < t->count; i++) {
		if (match_row(&t->rows[i], name, &number) == MATCH) {
			if (slot)
				*slot = number;
			return &t->rows[i];
		}
	}
	return NULL;
}

/* Where the field of this slot lies in the caller's struct. Slots count from 1; a single setting has slot 0. */
static size_t field_offset(const struct sip_setting_row *row, unsigned slot)
{
	return row->offset + (slot > 0 ? (slot - 1) * row->stride : 0);
}

static void *field(const struct sip_setting_row *row, void *into, unsigned slot)
{
	return (char *)into + field_offset(row, slot);
}

static unsigned slot_count(const struct sip_setting_row *row)
{
	return row->stride ? row->slots : 1;
}

static unsigned slot_number(const struct sip_setting_row *row, unsigned i)
{
	return row->stride ? i + 1 : 0;
}

static bool parse_bool(struct sip_str value, bool *out)
{
	for (size_t i = 0; i < SIP_COUNTOF(bool_words); i++) {
		for (size_t is_true = 0; is_true < 2; is_true++) {
			if (sip_str_eq_nocase(value, sip_str_of(bool_words[i][is_true]))) {
				*out = is_true != 0;
				return true;
			}
		}
	}
	return false;
}

static bool parse_choice(const struct sip_setting_row *row, struct sip_str value, unsigned *out)
{
	for (unsigned i = 0; row->choices[i]; i++) {
		if (sip_str_eq_nocase(value, sip_str_of(row->choices[i]))) {
			*out = i;
			return true;
		}
	}
	return false;
}

static size_t text_most(const struct sip_setting_row *row)
{
	return row->max ? (size_t)row->max : TEXT_MOST;
}

/* INVAL, with what was expected in `want` when it is given; NOMEM. */
static enum sip_err set_text(const struct sip_setting_row *row, void *at, struct sip_str value, struct sip_buf *want)
{
	const char *expected = NULL;
	if (value.len > text_most(row)) {
		sip_buf_putf(want, "at most %zu characters", text_most(row));
		return SIP_E_INVAL;
	}
	if (row->check)
		expected = row->check(value);
	if (expected) {
		sip_buf_put_z(want, expected);
		return SIP_E_INVAL;
	}
	char *copy = sip_strdup(value.p, value.len);
	if (!copy)
		return SIP_E_NOMEM;
	char *old;
	memcpy(&old, at, sizeof old);
	sip_free(old);
	memcpy(at, &copy, sizeof copy);
	return SIP_OK;
}

static enum sip_err set_number(const struct sip_setting_row *row, void *at, struct sip_str value, struct sip_buf *want)
{
	uint64_t number;
	if (sip_str_to_u64(value, row->max, &number) != SIP_OK || number < row->min) {
		SIP_BUF_LIT(want, "a number from ");
		sip_buf_put_u64(want, row->min);
		SIP_BUF_LIT(want, " to ");
		sip_buf_put_u64(want, row->max);
		return SIP_E_INVAL;
	}
	memcpy(at, &number, sizeof number);
	return SIP_OK;
}

static enum sip_err set_choice(const struct sip_setting_row *row, void *at, struct sip_str value, struct sip_buf *want)
{
	unsigned choice;
	if (!parse_choice(row, value, &choice)) {
		SIP_BUF_LIT(want, "one of ");
		for (unsigned i = 0; row->choices[i]; i++)
			sip_buf_putf(want, "%s%s", i ? ", " : "", row->choices[i]);
		return SIP_E_INVAL;
	}
	memcpy(at, &choice, sizeof choice);
	return SIP_OK;
}

static enum sip_err set_bool(void *at, struct sip_str value, struct sip_buf *want)
{
	bool flag;
	if (!parse_bool(value, &flag)) {
		SIP_BUF_LIT(want, "true or false");
		return SIP_E_INVAL;
	}
	memcpy(at, &flag, sizeof flag);
	return SIP_OK;
}

static enum sip_err set_field(const struct sip_setting_row *row, void *at, struct sip_str value, struct sip_buf *want)
{
	switch (row->type) {
	case SIP_SETTING_BOOL:
		return set_bool(at, value, want);
	case SIP_SETTING_NUMBER:
		return set_number(row, at, value, want);
	case SIP_SETTING_TEXT:
		return set_text(row, at, value, want);
	case SIP_SETTING_CHOICE:
		return set_choice(row, at, value, want);
	}
	return SIP_E_INVAL;
}

enum sip_err sip_settings_init(const struct sip_settings_table *t, void *into)
{
	char want[160];
	struct sip_buf b;
	for (size_t i = 0; i < t->count; i++) {
		const struct sip_setting_row *row = &t->rows[i];
		/* Without a default: the zeroed field, but a text is never NULL. */
		if (!row->value && row->type != SIP_SETTING_TEXT)
			continue;
		for (unsigned k = 0; k < slot_count(row); k++) {
			void *at = field(row, into, slot_number(row, k));
			sip_buf_init_fixed(&b, want, sizeof want);
			enum sip_err err = set_field(row, at, sip_str_of(row->value), &b);
			if (err == SIP_E_NOMEM) {
				sip_settings_fini(t, into);
				return err;
			}
			MUST(err == SIP_OK);
		}
	}
	return SIP_OK;
}

void sip_settings_fini(const struct sip_settings_table *t, void *into)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct sip_setting_row *row = &t->rows[i];
		if (row->type != SIP_SETTING_TEXT)
			continue;
		for (unsigned k = 0; k < slot_count(row); k++) {
			void *at = field(row, into, slot_number(row, k));
			char *text;
			memcpy(&text, at, sizeof text);
			sip_free(text);
			memset(at, 0, sizeof text);
		}
	}
}

static bool is_unsupported(const struct sip_settings_table *t, struct sip_str name)
{
	uint64_t number;
	for (const char *const *known = t->unsupported; known && *known; known++) {
		if (match_name(*known, name, &number))
			return true;
	}
	return false;
}

/* Why a name has no row: out of its family's slots, known elsewhere, or unknown. */
static enum sip_err tell_no_row(const struct sip_settings_table *t, struct sip_str name,
				const struct sip__settings_place *place)
{
	int n = name.len < FOUND_MOST ? (int)name.len : FOUND_MOST;
	unsigned slot;
	for (size_t i = 0; i < t->count; i++) {
		if (match_row(&t->rows[i], name, &slot) == MATCH_OUT_OF_SLOTS) {
			sip__settings_tell(place, true, "%.*s: expected a number from 1 to %u in the name", n, name.p,
					   t->rows[i].slots);
			return SIP_E_INVAL;
		}
	}
	if (is_unsupported(t, name)) {
		sip__settings_tell(place, false, "%.*s: not supported here, ignored", n, name.p);
		return SIP_E_UNSUPPORTED;
	}
	sip__settings_tell(place, true, "%.*s: no such setting", n, name.p);
	return SIP_E_NOTFOUND;
}

static void tell_found(const struct sip__settings_place *place, const struct sip_setting_row *row, struct sip_str name,
		       struct sip_str expected, struct sip_str value)
{
	bool is_cut = value.len > FOUND_MOST;
	if (row->is_secret) {
		sip__settings_tell(place, true, "%.*s: expected %.*s", SIP_STR_ARG(name), SIP_STR_ARG(expected));
		return;
	}
	sip__settings_tell(place, true, "%.*s: expected %.*s, found \"%.*s%s\"", SIP_STR_ARG(name), SIP_STR_ARG(expected),
			   is_cut ? FOUND_MOST : (int)value.len, value.p ? value.p : "", is_cut ? "..." : "");
}

enum sip_err sip_settings_set(const struct sip_settings_table *t, void *into, struct sip_str name, struct sip_str value,
			      const char *file, unsigned line, sip_settings_issue_fn fn, void *arg)
{
	const struct sip__settings_place place = { fn, arg, file, line };
	char want_text[160];
	struct sip_buf want;
	unsigned slot;
	const struct sip_setting_row *row = sip_settings_find(t, name, &slot);
	if (!row)
		return tell_no_row(t, name, &place);
	sip_buf_init_fixed(&want, want_text, sizeof want_text);
	enum sip_err err = set_field(row, field(row, into, slot), value, &want);
	if (err == SIP_E_INVAL)
		tell_found(&place, row, name, sip_buf_str(&want), value);
	return err;
}

void sip_settings_put_value(const struct sip_setting_row *row, const void *from, unsigned slot, struct sip_buf *b)
{
	const char *at = (const char *)from + field_offset(row, slot);
	bool flag;
	uint64_t number;
	const char *text;
	unsigned choice;
	switch (row->type) {
	case SIP_SETTING_BOOL:
		memcpy(&flag, at, sizeof flag);
		sip_buf_put_z(b, flag ? "true" : "false");
		break;
	case SIP_SETTING_NUMBER:
		memcpy(&number, at, sizeof number);
		sip_buf_put_u64(b, number);
		break;
	case SIP_SETTING_TEXT:
		memcpy(&text, at, sizeof text);
		sip_buf_put_z(b, text ? text : "");
		break;
	case SIP_SETTING_CHOICE:
		memcpy(&choice, at, sizeof choice);
		sip_buf_put_z(b, row->choices[choice]);
		break;
	}
}

static void put_kind(const struct sip_setting_row *row, struct sip_buf *b)
{
	switch (row->type) {
	case SIP_SETTING_BOOL:
		SIP_BUF_LIT(b, "# true or false");
		break;
	case SIP_SETTING_NUMBER:
		SIP_BUF_LIT(b, "# a number from ");
		sip_buf_put_u64(b, row->min);
		SIP_BUF_LIT(b, " to ");
		sip_buf_put_u64(b, row->max);
		break;
	case SIP_SETTING_TEXT:
		sip_buf_putf(b, "# text of at most %zu characters", text_most(row));
		break;
	case SIP_SETTING_CHOICE:
		SIP_BUF_LIT(b, "# one of");
		for (unsigned i = 0; row->choices[i]; i++)
			sip_buf_putf(b, "%s %s", i ? "," : "", row->choices[i]);
		break;
	}
	if (row->stride)
		sip_buf_putf(b, "; numbered 1 to %u", row->slots);
	sip_buf_put_z(b, row->is_reloadable ? "; may be reloaded\n" : "; read at start\n");
}

/* A text that the reader would cut or trim stands in quotes. */
static bool needs_quotes(const char *value)
{
	struct sip_str s = sip_str_of(value);
	return sip_str_find(s, '#') < s.len || sip_str_trim(s).len < s.len;
}

/* "Transport%uInterface" shows as "Transport1Interface". */
static void put_name(const struct sip_setting_row *row, struct sip_buf *b)
{
	const char *mark = strstr(row->name, "%u");
	if (!mark) {
		sip_buf_put_z(b, row->name);
		return;
	}
	sip_buf_put(b, row->name, (size_t)(mark - row->name));
	sip_buf_put_char(b, '1');
	sip_buf_put_z(b, mark + 2);
}

void sip_settings_put_sample(const struct sip_settings_table *t, struct sip_buf *b)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct sip_setting_row *row = &t->rows[i];
		const char *value = row->value ? row->value : "";
		bool is_active = row->value && row->value[0] && !row->stride;
		sip_buf_putf(b, "%s# %s\n", i ? "\n" : "", row->help);
		put_kind(row, b);
		sip_buf_put_z(b, is_active ? "" : "#");
		put_name(row, b);
		SIP_BUF_LIT(b, " =");
		if (value[0])
			sip_buf_putf(b, needs_quotes(value) ? " \"%s\"" : " %s", value);
		sip_buf_put_char(b, '\n');
	}
}
