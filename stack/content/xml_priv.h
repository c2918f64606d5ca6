/*
 * XML bodies: a form is a struct, and a table of its fields (attributes, texts, elements inside) reads and writes it. What no table
 * names is skipped. Depth, elements, attributes and bytes are counted before the library sees any of it (xml_scan.c).
 */
#ifndef STACK_CONTENT_XML_PRIV_H
#define STACK_CONTENT_XML_PRIV_H

#include "stack/content/content_priv.h"

enum sip__xml_space {
#define SIP__XML_SPACE(id, name, prefix) SIP__XML_##id,
#include "stack/content/xml_space_table.h"
#undef SIP__XML_SPACE
	SIP__XML_SPACE_COUNT,
	SIP__XML_NO_SPACE = SIP__XML_SPACE_COUNT, /* an attribute without a prefix */
	SIP__XML_UNKNOWN
};
struct sip__xml_space_row {
	struct sip_str name, prefix;
};
extern const struct sip__xml_space_row sip__xml_spaces[SIP__XML_SPACE_COUNT];

/* ---- a document as it was read (xml.c): what is of known namespaces, in the arena ---- */
struct sip__xml_attribute {
	struct sip__xml_attribute *next;
	enum sip__xml_space space;
	struct sip_str name, value; /* trimmed */
};
struct sip__xml {
	struct sip__xml *next, *first, *last, *parent;
	enum sip__xml_space space;
	struct sip_str name;
	struct sip_str text;        /* of its own, trimmed; of what is between elements only what stands before the first */
	struct sip__xml_attribute *attributes;
	bool is_spoilt;             /* something in it must be understood, and is not (RFC 3863 4.2.3) */
};
/* UNSUPPORTED: without the library. SYNTAX, LIMIT, NOMEM. */
enum sip_err sip__xml_read(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
			   struct sip__xml **out) SIP_MUST_USE;
/* Whether the document is within limits, and has neither DOCTYPE nor what could hide one. SYNTAX, LIMIT. */
enum sip_err sip__xml_scan(struct sip_str bytes, const struct sip_content_limits *limits) SIP_MUST_USE;

/* ---- forms (xml_form.c) ---- */
enum sip__xml_kind {
	SIP__XML_IS_ATTRIBUTE,
	SIP__XML_IS_TEXT,     /* of the element itself */
	SIP__XML_IS_ELEMENT,  /* the text of an element inside */
	SIP__XML_IS_CHILD,    /* an element inside that has a form of its own: a pointer to that */
	SIP__XML_IS_CHILDREN, /* a list of them, by their first member */
	SIP__XML_IS_TEXTS,    /* a list of texts of elements inside: struct sip_content_text */
	SIP__XML_IS_ITEMS     /* all elements of a namespace that no other field takes: struct sip_content_item */
};
enum {
	SIP__XML_MUST = 1,
	SIP__XML_BOOL = 2,
	SIP__XML_READ_ONLY = 4, /* another name for what a later field writes */
	SIP__XML_YES_NO = 8     /* a boolean that is also said in these words */
};
enum sip__xml_type { SIP__XML_STR, SIP__XML_NUMBER, SIP__XML_NO_TYPE };
struct sip__xml_schema;
struct sip__xml_field {
	enum sip__xml_kind kind;
	enum sip__xml_type type;
	enum sip__xml_space space;
	struct sip_str name;
	size_t offset;
	unsigned flags;
	const struct sip__xml_schema *schema;
};
struct sip__xml_schema {
	size_t size;
	const struct sip__xml_field *fields;
	size_t count;
};
/* A struct sip_str or a struct sip_content_number. */
#define SIP__XML_TYPE(form, member) \
	_Generic(((struct form *)0)->member, struct sip_str: SIP__XML_STR, struct sip_content_number: SIP__XML_NUMBER)
#define SIP__XML_VALUE(kind, form, member, space, name, flags) \
	{ kind, SIP__XML_TYPE(form, member), space, SIP_STR_INIT(name), offsetof(struct form, member), flags, NULL }
#define SIP__XML_ATTR(form, member, name, flags) \
	SIP__XML_VALUE(SIP__XML_IS_ATTRIBUTE, form, member, SIP__XML_NO_SPACE, name, flags)
#define SIP__XML_ATTR_IN(form, member, space, name, flags) SIP__XML_VALUE(SIP__XML_IS_ATTRIBUTE, form, member, space, name, flags)
#define SIP__XML_TEXT(form, member) SIP__XML_VALUE(SIP__XML_IS_TEXT, form, member, SIP__XML_NO_SPACE, "", 0)
#define SIP__XML_ELEMENT(form, member, space, name, flags) SIP__XML_VALUE(SIP__XML_IS_ELEMENT, form, member, space, name, flags)
#define SIP__XML_CHILD(form, member, space, name, schema) \
	{ SIP__XML_IS_CHILD, SIP__XML_NO_TYPE, space, SIP_STR_INIT(name), offsetof(struct form, member), 0, &schema }
#define SIP__XML_CHILDREN(form, member, space, name, schema) \
	{ SIP__XML_IS_CHILDREN, SIP__XML_NO_TYPE, space, SIP_STR_INIT(name), offsetof(struct form, member), 0, &schema }
#define SIP__XML_TEXTS(form, member, space, name) \
	{ SIP__XML_IS_TEXTS, SIP__XML_NO_TYPE, space, SIP_STR_INIT(name), offsetof(struct form, member), 0, NULL }
#define SIP__XML_ITEMS(form, member, space) \
	{ SIP__XML_IS_ITEMS, SIP__XML_NO_TYPE, space, SIP_STR_INIT(""), offsetof(struct form, member), 0, NULL }
#define SIP__XML_SCHEMA(form, fields) { sizeof(struct form), fields, SIP_COUNTOF(fields) }

struct sip__xml_document {
	enum sip__xml_space space; /* of the root */
	struct sip_str name;
	const struct sip__xml_schema *schema;
};
enum sip_err sip__xml_form_parse(const struct sip__xml_document *d, struct sip_arena *arena, struct sip_str bytes,
				 const struct sip_content_limits *limits, void **form) SIP_MUST_USE;
/* INVAL in the buffer: a text that XML cannot hold, or one that must be there is not; LIMIT: too deep. (xml_put.c) */
void sip__xml_form_put(const struct sip__xml_document *d, struct sip_buf *b, const void *form);
/* Whether it may be the name of an element; of ASCII only. */
bool sip__xml_is_name(struct sip_str name);

extern const struct sip__xml_document sip__pidf_document, sip__dialog_info_document, sip__reginfo_document,
	sip__resource_lists_document, sip__rlmi_document, sip__watcherinfo_document, sip__conference_info_document;

/* What a type of an XML body needs beside its tables. */
#define SIP__XML_DOCUMENT(stem, space, name, schema)                                                                   \
	const struct sip__xml_document sip__##stem##_document = { space, SIP_STR_INIT(name), &schema };               \
	enum sip_err sip_##stem##_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits, \
					struct sip_##stem **out)                                                      \
	{                                                                                                             \
		void *form = NULL;                                                                                    \
		enum sip_err err = sip__xml_form_parse(&sip__##stem##_document, arena, bytes, limits, &form);         \
		*out = form;                                                                                          \
		return err;                                                                                           \
	}                                                                                                             \
	void sip_##stem##_put(struct sip_buf *b, const struct sip_##stem *x)                                          \
	{                                                                                                             \
		sip__xml_form_put(&sip__##stem##_document, b, x);                                                     \
	}

/* geopriv.c */
extern const struct sip__xml_schema sip__geopriv_schema;

#endif
