/* What the files of stack/content share and nobody else sees. */
#ifndef STACK_CONTENT_CONTENT_PRIV_H
#define STACK_CONTENT_CONTENT_PRIV_H

#include "stack/content/content.h"

#define SIP__DEPTH_MAX 64

/* NULL: the default ones. */
static inline const struct sip_content_limits *sip__limits(const struct sip_content_limits *limits)
{
	return limits ? limits : &sip_content_limits_default;
}

/*
 * How a parser begins: a form of this size, zeroed, for a body that is not too long. *limits NULL become the default ones. NULL: *err
 * says NOMEM or LIMIT.
 */
static inline void *sip__form_begin(struct sip_arena *arena, size_t size, struct sip_str bytes, const struct sip_content_limits **limits,
				    enum sip_err *err)
{
	void *form = sip_arena_alloc_zero(arena, size);

	*limits = sip__limits(*limits);
	*err = !form ? SIP_E_NOMEM : bytes.len > (*limits)->bytes ? SIP_E_LIMIT : SIP_OK;
	return *err == SIP_OK ? form : NULL;
}

/* ---- fields.c: blocks of header fields ---- */
/*
 * Takes lines "Name: value" off *rest up to the empty line, which goes too (*is_ended then), or the end. SYNTAX; LIMIT: over `most`;
 * NOMEM.
 */
enum sip_err sip__fields_parse(struct sip_arena *arena, unsigned most, struct sip_str *rest, bool *is_ended,
			       struct sip_content_field **out) SIP_MUST_USE;
/* One line; INVAL in the buffer when it would not be one. */
void sip__field_put(struct sip_buf *b, struct sip_str name, struct sip_str value);
/* A value may be folded, but no line in it may begin a field. */
bool sip__is_field_value(struct sip_str value);
void sip__fields_put(struct sip_buf *b, const struct sip_content_field *list);
/* Takes all of these off the list, which begins at *list; the value of the first, trimmed, or empty. */
struct sip_str sip__fields_take(struct sip_content_field **list, struct sip_str name);
/* Without the brackets of "<…>". */
struct sip_str sip__unbracket(struct sip_str s);
/* Fails the buffer unless it has failed. */
void sip__buf_fail(struct sip_buf *b, enum sip_err err);

/* Takes the next line off *rest, without its end; false when nothing is left. No folds. */
bool sip__line_cut(struct sip_str *rest, struct sip_str *line);
bool sip__is_whole_token(struct sip_str s); /* of one character at least */
/* Holds no line end. */
bool sip__is_line(struct sip_str s);
/* What Content-Disposition says; nothing when it cannot be read. */
void sip__disposition_read(struct sip_str value, struct sip_str *type, bool *is_optional);

/* ---- content.c: parameters of Content-Type ---- */
/* Its value with escapes and folds undone; empty: not there. NOMEM. */
enum sip_err sip__param_take(struct sip_arena *arena, struct sip_str params, struct sip_str name, struct sip_str *out) SIP_MUST_USE;
/* ";name=value", quoted when it has to be. INVAL in the buffer: the name is no token, or there is a line end in the value. */
void sip__param_put(struct sip_buf *b, struct sip_str name, struct sip_str value);

/* ---- transfer.c: the encodings of parts ---- */
/* `out` has room for in.len bytes, *len says how many there are. SYNTAX. */
enum sip_err sip__base64_lines_decode(struct sip_str in, char *out, size_t *len) SIP_MUST_USE;
enum sip_err sip__quoted_printable_decode(struct sip_str in, char *out, size_t *len) SIP_MUST_USE;
/* In lines of at most 76 characters, without an end of the last. */
void sip__base64_lines_put(struct sip_buf *b, struct sip_str bytes);
void sip__quoted_printable_put(struct sip_buf *b, struct sip_str bytes);

/* ---- multipart.c ---- */
bool sip__is_boundary(struct sip_str boundary);
struct sip__delimiter {
	const char *at;   /* where the line begins */
	const char *next; /* behind it */
	bool is_close;
};
/* The first line that is a delimiter, from a line's beginning on. */
bool sip__delimiter_find(struct sip_str text, struct sip_str boundary, struct sip__delimiter *out);
extern const struct sip_str sip__transfer_names[];

#endif
