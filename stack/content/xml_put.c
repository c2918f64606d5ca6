/*
 * Forms written as XML, by their tables: the root's namespace is the default one, others that are needed get their prefixes there,
 * too. Nothing is written that XML cannot hold. No state, any thread. XML 1.0, Namespaces in XML 1.0.
 */
#include "stack/content/xml_priv.h"

struct writer {
	struct sip_buf *b; /* lent by the caller */
	enum sip__xml_space root;
	uint32_t used;     /* namespaces, a bit each */
};

static bool is_writable(struct sip_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
			return false;
		/* U+FFFE and U+FFFF */
		if (c == 0xef && s.len - i >= 3 && (unsigned char)s.p[i + 1] == 0xbf && (unsigned char)s.p[i + 2] >= 0xbe)
			return false;
	}
	return sip_str_is_utf8(s);
}

/* In an attribute line ends and tabs are numbers, or they would be read as spaces. */
static void put_escaped(struct writer *w, struct sip_str s, bool is_attribute)
{
	if (!is_writable(s))
		sip__buf_fail(w->b, SIP_E_INVAL);
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		if (c == '&')
			SIP_BUF_LIT(w->b, "&amp;");
		else if (c == '<')
			SIP_BUF_LIT(w->b, "&lt;");
		else if (c == '>')
			SIP_BUF_LIT(w->b, "&gt;");
		else if (c == '"' && is_attribute)
			SIP_BUF_LIT(w->b, "&quot;");
		else if (c == '\r' || (is_attribute && (c == '\t' || c == '\n')))
			sip_buf_putf(w->b, "&#%d;", c);
		else
			sip_buf_put_char(w->b, c);
	}
}

static void put_name(struct writer *w, enum sip__xml_space space, struct sip_str name)
{
	if (space != SIP__XML_NO_SPACE)
		w->used |= 1u << space;
	if (space != w->root && space != SIP__XML_NO_SPACE) {
		sip_buf_put_str(w->b, sip__xml_spaces[space].prefix);
		sip_buf_put_char(w->b, ':');
	}
	sip_buf_put_str(w->b, name);
}

/* A namespace row is some eighty bytes. */
#define DECLARATIONS_MOST (SIP__XML_SPACE_COUNT * 96)

/* Once all is written it is known which are needed: they go to `at`, behind the root's name. */
static void insert_declarations(struct writer *w, size_t at)
{
	char room[DECLARATIONS_MOST];
	struct sip_buf text;

	sip_buf_init_fixed(&text, room, sizeof room);
	for (unsigned space = 0; space < SIP__XML_SPACE_COUNT; space++) {
		if (space == SIP__XML_XML || !(w->used >> space & 1u))
			continue;
		SIP_BUF_LIT(&text, " xmlns");
		if (space != w->root)
			sip_buf_putf(&text, ":%s", sip__xml_spaces[space].prefix.p);
		sip_buf_putf(&text, "=\"%s\"", sip__xml_spaces[space].name.p);
	}
	if (w->b->err != SIP_OK || !sip_buf_reserve(w->b, text.len))
		return;
	memmove(w->b->p + at + text.len, w->b->p + at, w->b->len - at);
	memcpy(w->b->p + at, text.p, text.len);
	sip_buf_advance(w->b, text.len);
}

static void put_close(struct writer *w, enum sip__xml_space space, struct sip_str name)
{
	SIP_BUF_LIT(w->b, "</");
	put_name(w, space, name);
	SIP_BUF_LIT(w->b, ">");
}

/* ---- values ---- */

/* As text; false: it is not there. Digits go to `room`. */
static bool value_text(struct writer *w, const struct sip__xml_field *f, const void *from, char *room, struct sip_str *text)
{
	const struct sip_content_number *number = from;

	if (f->flags & SIP__XML_READ_ONLY)
		return false;
	if (f->type == SIP__XML_STR) {
		*text = *(const struct sip_str *)from;
		if (!text->p && (f->flags & SIP__XML_MUST))
			sip__buf_fail(w->b, SIP_E_INVAL);
		return text->p != NULL;
	}
	if (f->flags & SIP__XML_BOOL)
		*text = number->value ? SIP_STR("true") : SIP_STR("false");
	else
		*text = sip_str_make(room, (size_t)(sip_buf_write_u64(room, number->value) - room));
	return number->is_there || (f->flags & SIP__XML_MUST);
}

static void put_attributes(struct writer *w, const struct sip__xml_schema *s, const char *form)
{
	char room[SIP_BUF_U64_MAX];
	struct sip_str text;

	for (const struct sip__xml_field *f = s->fields; f < s->fields + s->count; f++) {
		if (f->kind != SIP__XML_IS_ATTRIBUTE || !value_text(w, f, form + f->offset, room, &text))
			continue;
		SIP_BUF_LIT(w->b, " ");
		put_name(w, f->space, f->name);
		SIP_BUF_LIT(w->b, "=\"");
		put_escaped(w, text, true);
		SIP_BUF_LIT(w->b, "\"");
	}
}

static void put_element(struct writer *w, enum sip__xml_space space, struct sip_str name, struct sip_str text)
{
	SIP_BUF_LIT(w->b, "<");
	put_name(w, space, name);
	if (text.len == 0) {
		SIP_BUF_LIT(w->b, "/>");
		return;
	}
	SIP_BUF_LIT(w->b, ">");
	put_escaped(w, text, false);
	put_close(w, space, name);
}

/* ---- forms ---- */

struct link {
	const struct link *next;
};

static void put_form(struct writer *w, enum sip__xml_space space, struct sip_str name, const struct sip__xml_schema *s, const void *form,
		     unsigned depth);

static void put_list(struct writer *w, const struct sip__xml_field *f, const void *from, unsigned depth)
{
	const struct sip_content_text *text = from;
	const struct sip_content_item *item = from;
	const struct link *link = from;

	switch (f->kind) {
	case SIP__XML_IS_CHILD:
		put_form(w, f->space, f->name, f->schema, from, depth);
		break;
	case SIP__XML_IS_CHILDREN:
		for (; link; link = link->next)
			put_form(w, f->space, f->name, f->schema, link, depth);
		break;
	case SIP__XML_IS_TEXTS:
		for (; text; text = text->next)
			put_element(w, f->space, f->name, text->text);
		break;
	default:
		for (; item; item = item->next) {
			if (!sip__xml_is_name(item->name))
				sip__buf_fail(w->b, SIP_E_INVAL);
			put_element(w, f->space, item->name, item->text);
		}
	}
}

static void put_inside(struct writer *w, const struct sip__xml_schema *s, const char *form, unsigned depth)
{
	char room[SIP_BUF_U64_MAX];
	struct sip_str text;
	const void *list;

	for (const struct sip__xml_field *f = s->fields; f < s->fields + s->count && w->b->err == SIP_OK; f++) {
		if (f->kind == SIP__XML_IS_ATTRIBUTE)
			continue;
		if (f->kind > SIP__XML_IS_ELEMENT) {
			memcpy(&list, form + f->offset, sizeof list);
			if (list)
				put_list(w, f, list, depth);
		} else if (value_text(w, f, form + f->offset, room, &text)) {
			if (f->kind == SIP__XML_IS_TEXT)
				put_escaped(w, text, false);
			else
				put_element(w, f->space, f->name, text);
		}
	}
}

static void put_form(struct writer *w, enum sip__xml_space space, struct sip_str name, const struct sip__xml_schema *s, const void *form,
		     unsigned depth)
{
	size_t inside;

	if (depth == 0) {
		sip__buf_fail(w->b, SIP_E_LIMIT);
		return;
	}
	SIP_BUF_LIT(w->b, "<");
	put_name(w, space, name);
	put_attributes(w, s, form);
	SIP_BUF_LIT(w->b, ">");
	inside = w->b->len;
	put_inside(w, s, form, depth - 1);
	if (w->b->err == SIP_OK && w->b->len == inside) {
		w->b->len--;
		SIP_BUF_LIT(w->b, "/>");
	} else {
		put_close(w, space, name);
	}
}

void sip__xml_form_put(const struct sip__xml_document *d, struct sip_buf *b, const void *form)
{
	struct writer w = { b, d->space, 0 };
	size_t at;

	SIP_BUF_LIT(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n");
	at = b->len + 1 + d->name.len;
	put_form(&w, d->space, d->name, d->schema, form, SIP__DEPTH_MAX);
	insert_declarations(&w, at);
	SIP_BUF_LIT(b, "\r\n");
}
