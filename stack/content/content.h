/*
 * stack/content: bodies of messages. Nothing is parsed before it is asked for; what is parsed lives in the caller's arena, its texts
 * are slices of the body. Unknown types stay bytes. No state but the registry's, any thread.
 *
 * Every type has a file that reads and writes it, and a header with its form, in one shape:
 *   enum sip_err sip_x_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits, struct sip_x **out);
 *   void sip_x_put(struct sip_buf *b, const struct sip_x *x);
 * What put writes, parse reads to the same. SYNTAX, LIMIT, NOMEM; *out is NULL then. What cannot be written (a line end in a
 * header's value) is INVAL in the buffer. A type whose Content-Type has parameters takes it behind the arena, and has a put_type.
 * Of XML bodies what has no field is skipped, and white space around texts is no part of them; words ("full", "partial") are texts as
 * they stand; .p NULL means that it is not there; numbers of xs:boolean are 0 or 1. An arena whose own limit is reached says
 * NOMEM: some ten times the body is enough.
 */
#ifndef STACK_CONTENT_CONTENT_H
#define STACK_CONTENT_CONTENT_H

#include "stack/message/message.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_content_limits {
	size_t bytes;      /* of a body (1 MiB) */
	unsigned parts;    /* of one multipart with all inside it, or elements of one XML document, lists of one text: each kind (1,024) */
	unsigned depth;    /* multipart in multipart, element in element (16); at most 64 */
};
extern const struct sip_content_limits sip_content_limits_default;

/* ---- types: one row each ----------------------------------------------------------------------------------------- */
enum sip_content_id {
#define SIP_CONTENT(id, type, subtype, stem, rfc) SIP_CONTENT_##id,
#define SIP_CONTENT_PARAMS(id, type, subtype, stem, rfc) SIP_CONTENT_##id,
#define SIP_CONTENT_BYTES(id, type, subtype, rfc) SIP_CONTENT_##id,
#include "stack/content/content_table.h"
#undef SIP_CONTENT
#undef SIP_CONTENT_PARAMS
#undef SIP_CONTENT_BYTES
	SIP_CONTENT_COUNT
};
struct sip_content_row {
	struct sip_str type, subtype; /* case folded; subtype "*": any of the type */
	uint16_t rfc;
	/* `media`: Content-Type with its parameters. NULL: it stays bytes. */
	enum sip_err (*parse)(struct sip_arena *arena, const struct sip_media_type *media, struct sip_str bytes,
			      const struct sip_content_limits *limits, void **form);
	void (*put)(struct sip_buf *b, const void *form);
	void (*put_type)(struct sip_buf *b, const void *form); /* Content-Type's value; NULL: type "/" subtype is all of it */
};
/* The built-in ones. */
extern const struct sip_content_row sip_content_rows[SIP_CONTENT_COUNT];

/* ---- types of a program's own: asked before the built-in ones ------------------------------------------------------ */
#define SIP_CONTENT_REGISTRY_MAX 64
struct sip_content_registry { /* a value; filled once, then only read, by any thread */
	const struct sip_content_row *rows; /* lent by the program, which keeps them as long as the registry */
	size_t count;
};
/* LIMIT: more rows than there may be; INVAL: a row without a type or without a subtype; EXISTS: a type twice. */
enum sip_err sip_content_registry_init(struct sip_content_registry *r, const struct sip_content_row *rows, size_t count) SIP_MUST_USE;
/* NULL: nobody knows the type. `r` NULL: the built-in ones. A row for the subtype goes before one for "*". */
const struct sip_content_row *sip_content_find(const struct sip_content_registry *r, const struct sip_media_type *media);

/* ---- a body -------------------------------------------------------------------------------------------------------- */
struct sip_content {
	const struct sip_content_row *row; /* NULL: nobody knows the type */
	struct sip_media_type media;
	struct sip_str bytes;
	void *form;                        /* what row->parse made, in the arena; NULL: bytes are all there is */
};
/*
 * `type` is Content-Type's value. `registry` NULL: the built-in types; `limits` NULL: the default ones. A type that nobody knows, or
 * for which this build lacks the library, stays bytes. On failure *out says type, row and bytes as far as they are known: SYNTAX,
 * LIMIT, NOMEM, or what the program's own parser says.
 */
enum sip_err sip_content_parse(const struct sip_content_registry *registry, struct sip_arena *arena, struct sip_str type,
			       struct sip_str bytes, const struct sip_content_limits *limits, struct sip_content *out) SIP_MUST_USE;
/* The form if it is of this built-in type, else NULL: struct sip_pidf for SIP_CONTENT_PIDF. */
const void *sip_content_form(const struct sip_content *c, enum sip_content_id id);
/* The form written, or else the bytes. */
void sip_content_put(struct sip_buf *b, const struct sip_content *c);
/* Content-Type's value. */
void sip_content_put_type(struct sip_buf *b, const struct sip_content *c);
/* Whether this build reads XML bodies; otherwise they stay bytes. */
bool sip_content_has_xml(void);

/* ---- what several types hold ----------------------------------------------------------------------------------------- */
struct sip_content_field { /* a line "Name: value" */
	struct sip_content_field *next;
	enum sip_header id;
	struct sip_str name;
	struct sip_str value; /* trimmed; folds still in it */
};
/* The first of this name (case folded), or NULL. */
const struct sip_content_field *sip_content_field_find(const struct sip_content_field *list, struct sip_str name);
struct sip_content_text { /* one of a list of texts */
	struct sip_content_text *next;
	struct sip_str text;
};
struct sip_content_item { /* one of a list of names, perhaps with texts */
	struct sip_content_item *next;
	struct sip_str name;
	struct sip_str text;
};
struct sip_content_number { /* one that need not be there */
	bool is_there;
	uint32_t value;
};

/* ---- the body of a message (RFC 3261 20.11 to 20.15, RFC 8262) ------------------------------------------------------- */
struct sip_message_content {
	struct sip_content content;
	struct sip_str disposition;   /* "session", "render", …; empty: not said */
	bool is_optional;             /* handling=optional: who does not know it goes on without (RFC 3261 20.11) */
	struct sip_str id;            /* Content-ID without its brackets; empty: none */
	struct sip_content_text *languages;
};
/*
 * NOTFOUND: there is no body; SYNTAX: nor is a Content-Type that can be read (400); UNSUPPORTED: it has a Content-Encoding other than
 * identity (415); else as sip_content_parse.
 */
enum sip_err sip_message_content(const struct sip_message *m, const struct sip_content_registry *registry, struct sip_arena *arena,
				 const struct sip_content_limits *limits, struct sip_message_content *out) SIP_MUST_USE;

/* ---- text/plain ------------------------------------------------------------------------------------------------------ */
struct sip_plain { /* RFC 2046 4.1 */
	struct sip_str text;
	struct sip_str charset; /* empty: not said, which means UTF-8 (RFC 3261 7.4.1) */
	bool is_utf8;           /* it says so, or says nothing, and is */
};
enum sip_err sip_plain_parse(struct sip_arena *arena, const struct sip_media_type *media, struct sip_str bytes,
			     const struct sip_content_limits *limits, struct sip_plain **out) SIP_MUST_USE;
void sip_plain_put(struct sip_buf *b, const struct sip_plain *x);
void sip_plain_put_type(struct sip_buf *b, const struct sip_plain *x);

#ifdef __cplusplus
}
#endif
#endif
