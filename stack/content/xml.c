/*
 * XML read by libxml2's SAX2 face into a tree in the caller's arena: elements of known namespaces, no DTD, no entity but the five and
 * characters by number, no network, no word on standard error. The only file that includes libxml2. No state, any thread.
 */
#include "stack/content/xml_priv.h"

#include "config.h"

const struct sip__xml_space_row sip__xml_spaces[SIP__XML_SPACE_COUNT] = {
#define SIP__XML_SPACE(id, name, prefix) { SIP_STR_INIT(name), SIP_STR_INIT(prefix) },
#include "stack/content/xml_space_table.h"
#undef SIP__XML_SPACE
};

#ifndef HAVE_LIBXML2

bool sip_content_has_xml(void)
{
	return false;
}

enum sip_err sip__xml_read(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits, struct sip__xml **out)
{
	enum sip_err err = sip__xml_scan(bytes, limits);

	(void)arena;
	*out = NULL;
	return err == SIP_OK ? SIP_E_UNSUPPORTED : err;
}

#else

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <pthread.h>

bool sip_content_has_xml(void)
{
	return true;
}

struct builder {
	xmlParserCtxtPtr parser; /* lent by sip__xml_read */
	struct sip_arena *arena; /* lent by the caller */
	struct sip__xml *root, *at;
	unsigned skipped;        /* how deep we are in what is of no known namespace */
	struct sip_buf text;     /* of `at`, since its last tag */
	enum sip_err err;
};

static void fail(struct builder *b, enum sip_err err)
{
	if (b->err == SIP_OK)
		b->err = err;
}

/* At the end of a callback only: it frees what names and values are in. */
static void stop_if_failed(struct builder *b)
{
	if (b->err != SIP_OK)
		xmlStopParser(b->parser);
}

static struct sip_str slice(const xmlChar *from, const xmlChar *to)
{
	return sip_str_make((const char *)from, (size_t)(to - from));
}

static struct sip_str slice_z(const xmlChar *z)
{
	return sip_str_of((const char *)z);
}

static enum sip__xml_space find_space(struct sip_str name)
{
	for (unsigned i = 0; i < SIP__XML_SPACE_COUNT; i++)
		if (sip_str_eq(sip__xml_spaces[i].name, name))
			return (enum sip__xml_space)i;
	return SIP__XML_UNKNOWN;
}

/* ---- texts ---- */

static struct sip_str keep(struct builder *b, struct sip_str s)
{
	struct sip_str copy = sip_arena_str(b->arena, s);

	if (!copy.p)
		fail(b, SIP_E_NOMEM);
	return copy;
}

/* What has come belongs to the element we are in. */
static void settle_text(struct builder *b)
{
	if (b->text.err != SIP_OK)
		fail(b, b->text.err);
	if (b->at && !b->at->first)
		b->at->text = keep(b, sip_str_trim(sip_buf_str(&b->text)));
	sip_buf_clear(&b->text);
}

static void on_text(void *arg, const xmlChar *text, int len)
{
	struct builder *b = arg;

	if (b->skipped == 0 && b->at && !b->at->first)
		sip_buf_put(&b->text, text, (size_t)len);
}

/* ---- elements ---- */

#define ATTRIBUTE_POINTERS 5 /* name, prefix, namespace, value, its end */

static void add_attribute(struct builder *b, struct sip__xml *e, enum sip__xml_space space, const xmlChar **from)
{
	struct sip__xml_attribute *a = sip_arena_alloc_zero(b->arena, sizeof *a);

	if (!a) {
		fail(b, SIP_E_NOMEM);
		return;
	}
	a->space = space;
	a->name = keep(b, slice_z(from[0]));
	a->value = keep(b, sip_str_trim(slice(from[3], from[4])));
	a->next = e->attributes;
	e->attributes = a;
}

static bool must_be_understood(int count, const xmlChar **from)
{
	for (int i = 0; i < count; i++, from += ATTRIBUTE_POINTERS) {
		struct sip_str value = sip_str_trim(slice(from[3], from[4]));
		if (from[2] && find_space(slice_z(from[2])) == SIP__XML_PIDF && sip_str_eq(slice_z(from[0]), SIP_STR("mustUnderstand")) &&
		    (sip_str_eq(value, SIP_STR("1")) || sip_str_eq(value, SIP_STR("true"))))
			return true;
	}
	return false;
}

static struct sip__xml *add_element(struct builder *b, enum sip__xml_space space, struct sip_str name)
{
	struct sip__xml *e = sip_arena_alloc_zero(b->arena, sizeof *e);

	if (!e) {
		fail(b, SIP_E_NOMEM);
		return NULL;
	}
	e->space = space;
	e->name = keep(b, name);
	e->parent = b->at;
	if (!b->at)
		b->root = e;
	else if (b->at->last)
		b->at->last->next = e;
	else
		b->at->first = e;
	if (b->at)
		b->at->last = e;
	return e;
}

static void on_start(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int space_count, const xmlChar **spaces,
		     int count, int defaulted, const xmlChar **attributes)
{
	enum sip__xml_space space = uri ? find_space(slice_z(uri)) : SIP__XML_UNKNOWN;
	struct builder *b = arg;
	struct sip__xml *e;

	(void)prefix;
	(void)space_count;
	(void)spaces;
	(void)defaulted;
	if (b->skipped > 0 || space == SIP__XML_UNKNOWN) {
		if (b->skipped++ == 0 && b->at && must_be_understood(count, attributes))
			b->at->is_spoilt = true;
		return;
	}
	settle_text(b);
	e = b->err == SIP_OK ? add_element(b, space, slice_z(name)) : NULL;
	for (int i = 0; i < count && b->err == SIP_OK; i++, attributes += ATTRIBUTE_POINTERS) {
		space = attributes[2] ? find_space(slice_z(attributes[2])) : SIP__XML_NO_SPACE;
		if (space != SIP__XML_UNKNOWN)
			add_attribute(b, e, space, attributes);
	}
	b->at = e;
	stop_if_failed(b);
}

static void on_end(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct builder *b = arg;

	(void)name;
	(void)prefix;
	(void)uri;
	if (b->skipped > 0) {
		b->skipped--;
		return;
	}
	settle_text(b);
	if (b->at)
		b->at = b->at->parent;
	stop_if_failed(b);
}

/* ---- the library ---- */

#if LIBXML_VERSION >= 21200
static void on_error(void *arg, const xmlError *error)
#else
static void on_error(void *arg, xmlErrorPtr error)
#endif
{
	(void)arg;
	(void)error;
}

static void init_library(void)
{
	xmlInitParser();
}

static enum sip_err read_document(struct builder *b)
{
	static const xmlSAXHandler handler = {
		.initialized = XML_SAX2_MAGIC, .startElementNs = on_start, .endElementNs = on_end, .characters = on_text, .serror = on_error,
	};

	*b->parser->sax = handler;
	b->parser->userData = b;
	/* There are no entities but the five; NOENT is for "&amp;" in attributes, which would be "&#38;" otherwise. */
	(void)xmlCtxtUseOptions(b->parser, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_NOENT);
	(void)xmlParseDocument(b->parser);
	if (b->err != SIP_OK)
		return b->err;
	if (b->parser->errNo == XML_ERR_NO_MEMORY)
		return SIP_E_NOMEM;
	return b->parser->wellFormed && b->parser->nsWellFormed && b->root ? SIP_OK : SIP_E_SYNTAX;
}

enum sip_err sip__xml_read(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits, struct sip__xml **out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct builder b = { .arena = arena };
	enum sip_err err = sip__xml_scan(bytes, limits);

	*out = NULL;
	if (err != SIP_OK)
		return err;
	pthread_once(&once, init_library);
	sip_buf_init(&b.text, bytes.len + 1);
	b.parser = xmlCreateMemoryParserCtxt(bytes.p, (int)bytes.len);
	/* Where it has no memory for a name it does not say so: that is SYNTAX. */
	err = b.parser ? read_document(&b) : SIP_E_NOMEM;
	if (b.parser)
		xmlFreeParserCtxt(b.parser);
	/* It keeps a text of the last error for the thread. */
	xmlResetLastError();
	sip_buf_fini(&b.text);
	if (err == SIP_OK)
		*out = b.root;
	return err;
}

#endif
