/*
 * Typed "key = value" settings from a table: one row a setting, and out of it come the
 * parser, --help, the sample file and the check. One thread at a time; a loaded struct is then only read.
 */
#ifndef STACK_BASE_SETTINGS_H
#define STACK_BASE_SETTINGS_H

#include "stack/base/buf.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sip_setting_type {
	SIP_SETTING_BOOL,    /* bool: true/false, yes/no, on/off, 1/0 */
	SIP_SETTING_NUMBER,  /* uint64_t within min … max */
	SIP_SETTING_TEXT,    /* char *, owned; "" when empty */
	SIP_SETTING_CHOICE   /* unsigned: index into choices, case folded */
};

struct sip_setting_row {
	const char *name;        /* compared case folded; "Transport%uInterface": a numbered family */
	enum sip_setting_type type;
	size_t offset;           /* of the field in the caller's struct; of an array when numbered */
	size_t stride;           /* numbered: size of one element; else 0 */
	unsigned slots;          /* numbered: elements 1 … slots */
	uint64_t min, max;       /* NUMBER: bounds; TEXT: max is the longest length (0: 4096) */
	const char *const *choices; /* CHOICE: NULL-terminated */
	const char *value;       /* the default, as text */
	bool is_reloadable;
	bool is_secret;          /* its value is nobody's business: no issue shows it */
	const char *help;        /* a sentence */
	/* TEXT: called for a further check; says what is expected, or NULL when the text is right. May be NULL. */
	const char *(*check)(struct sip_str text);
};

struct sip_settings_issue {
	const char *file;  /* as given */
	unsigned line;     /* 1 …; 0: not from a line */
	char text[240];    /* "TimerC: expected a number from 1 to 86400, found \"soon\"" */
	bool is_error;     /* false: a warning (known elsewhere, not supported here; set twice) */
};
typedef void (*sip_settings_issue_fn)(void *arg, const struct sip_settings_issue *issue);

struct sip_settings_table {
	const struct sip_setting_row *rows;
	size_t count;
	/* Names that are known but not honoured: NULL-terminated, may be NULL. A numbered family as above. */
	const char *const *unsupported;
};

/* Every field gets its default. NOMEM. The struct was zeroed before. */
enum sip_err sip_settings_init(const struct sip_settings_table *t, void *into) SIP_MUST_USE;
/* Frees the TEXT fields. */
void sip_settings_fini(const struct sip_settings_table *t, void *into);
/* Sets one by name. INVAL with the issue told, NOTFOUND (told), UNSUPPORTED (told as a warning), NOMEM. */
enum sip_err sip_settings_set(const struct sip_settings_table *t, void *into, struct sip_str name, struct sip_str value,
			      const char *file, unsigned line, sip_settings_issue_fn fn, void *arg) SIP_MUST_USE;
/*
 * Reads a file: "Name = value" a line, "#" starts a comment, "Include file" nests (8 deep). Goes on after an issue
 * and tells each; the result is the first error. A line is at most 8 KiB, a file 4 MiB.
 */
enum sip_err sip_settings_load(const struct sip_settings_table *t, void *into, const char *path,
			       sip_settings_issue_fn fn, void *arg) SIP_MUST_USE;
/* The row of this name (*slot, unless NULL, gets 1 … in a numbered family, else 0), or NULL. */
const struct sip_setting_row *sip_settings_find(const struct sip_settings_table *t, struct sip_str name,
						unsigned *slot);
/* The present value as text. */
void sip_settings_put_value(const struct sip_setting_row *row, const void *from, unsigned slot, struct sip_buf *b);
/* A commented sample file with the defaults. */
void sip_settings_put_sample(const struct sip_settings_table *t, struct sip_buf *b);

#ifdef __cplusplus
}
#endif
#endif
