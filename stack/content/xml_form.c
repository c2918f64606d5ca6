/* Trees of XML into forms, by their tables. Forms are in the caller's arena. No state, any thread. */
#include "stack/content/xml_priv.h"

static enum sip_err read_form(struct sip_arena *arena, const struct sip__xml *e, const struct sip__xml_schema *s, void **form);

bool sip__xml_is_name(struct sip_str name)
{
	for (size_t i = 0; i < name.len; i++) {
		bool is_first = sip_char_is(name.p[i], SIP_CC_ALPHA) || name.p[i] == '_';
		if (!is_first && (i == 0 || !(sip_char_is(name.p[i], SIP_CC_DIGIT) || name.p[i] == '-' || name.p[i] == '.')))
			return false;
	}
	return name.len > 0;
}

/* ---- values ---- */

static enum sip_err read_bool(const struct sip__xml_field *f, struct sip_str text, uint32_t *value)
{
	bool may_be_word = f->flags & SIP__XML_YES_NO;

	*value = sip_str_eq(text, SIP_STR("true")) || sip_str_eq(text, SIP_STR("1")) || (may_be_word && sip_str_eq(text, SIP_STR("yes")));
	if (*value || sip_str_eq(text, SIP_STR("false")) || sip_str_eq(text, SIP_STR("0")))
		return SIP_OK;
	return may_be_word && sip_str_eq(text, SIP_STR("no")) ? SIP_OK : SIP_E_SYNTAX;
}

static enum sip_err read_value(const struct sip__xml_field *f, struct sip_str text, void *to)
{
	struct sip_content_number *number = to;
	enum sip_err err;

	if (f->type == SIP__XML_STR) {
		*(struct sip_str *)to = text;
		return SIP_OK;
	}
	number->is_there = true;
	if (f->flags & SIP__XML_BOOL)
		return read_bool(f, text, &number->value);
	/* What is larger is as large as can be told. */
	err = sip_str_to_u32(text, UINT32_MAX, &number->value);
	return err == SIP_E_RANGE ? SIP_OK : err;
}

/* ---- elements ---- */

static bool is_field(const struct sip__xml_field *f, const struct sip__xml *e)
{
	return f->kind >= SIP__XML_IS_ELEMENT && f->kind != SIP__XML_IS_ITEMS && e->space == f->space && sip_str_eq(e->name, f->name);
}

static const struct sip__xml *find_child(const struct sip__xml *from, const struct sip__xml_field *f)
{
	while (from && (from->is_spoilt || !is_field(f, from)))
		from = from->next;
	return from;
}

/* Lists are linked by the first member of what is in them. */
struct link {
	struct link *next;
};

static enum sip_err read_children(struct sip_arena *arena, const struct sip__xml *e, const struct sip__xml_field *f, struct link **last)
{
	for (e = find_child(e->first, f); e; e = find_child(e->next, f)) {
		void *form = NULL;
		enum sip_err err = read_form(arena, e, f->schema, &form);
		if (err != SIP_OK)
			return err;
		*last = form;
		if (f->kind == SIP__XML_IS_CHILD)
			return SIP_OK;
		last = &(*last)->next;
	}
	return SIP_OK;
}

static enum sip_err read_texts(struct sip_arena *arena, const struct sip__xml *e, const struct sip__xml_field *f,
			       struct sip_content_text **last)
{
	for (e = find_child(e->first, f); e; e = find_child(e->next, f)) {
		*last = sip_arena_alloc_zero(arena, sizeof **last);
		if (!*last)
			return SIP_E_NOMEM;
		(*last)->text = e->text;
		last = &(*last)->next;
	}
	return SIP_OK;
}

static bool is_item(const struct sip__xml *e, const struct sip__xml_schema *s, enum sip__xml_space space)
{
	if (e->space != space || e->is_spoilt || !sip__xml_is_name(e->name))
		return false;
	for (size_t i = 0; i < s->count; i++)
		if (is_field(&s->fields[i], e))
			return false;
	return true;
}

static enum sip_err read_items(struct sip_arena *arena, const struct sip__xml *e, const struct sip__xml_schema *s,
			       const struct sip__xml_field *f, struct sip_content_item **last)
{
	for (e = e->first; e; e = e->next) {
		if (!is_item(e, s, f->space))
			continue;
		*last = sip_arena_alloc_zero(arena, sizeof **last);
		if (!*last)
			return SIP_E_NOMEM;
		(*last)->name = e->name;
		(*last)->text = e->text;
		last = &(*last)->next;
	}
	return SIP_OK;
}

/* The text a value is read from; .p NULL: it is not there. */
static struct sip_str find_text(const struct sip__xml *e, const struct sip__xml_field *f)
{
	const struct sip__xml *child;

	if (f->kind == SIP__XML_IS_TEXT)
		return e->text;
	if (f->kind == SIP__XML_IS_ELEMENT) {
		child = find_child(e->first, f);
		return child ? child->text : sip_str_make(NULL, 0);
	}
	for (const struct sip__xml_attribute *a = e->attributes; a; a = a->next)
		if (a->space == f->space && sip_str_eq(a->name, f->name))
			return a->value;
	return sip_str_make(NULL, 0);
}

static enum sip_err read_field(struct sip_arena *arena, const struct sip__xml *e, const struct sip__xml_schema *s,
			       const struct sip__xml_field *f, void *to)
{
	struct sip_str text;

	switch (f->kind) {
	case SIP__XML_IS_CHILD:
	case SIP__XML_IS_CHILDREN:
		return read_children(arena, e, f, to);
	case SIP__XML_IS_TEXTS:
		return read_texts(arena, e, f, to);
	case SIP__XML_IS_ITEMS:
		return read_items(arena, e, s, f, to);
	case SIP__XML_IS_ATTRIBUTE:
	case SIP__XML_IS_TEXT:
	case SIP__XML_IS_ELEMENT:
		break;
	}
	text = find_text(e, f);
	if (!text.p)
		return f->flags & SIP__XML_MUST ? SIP_E_SYNTAX : SIP_OK;
	return read_value(f, text, to);
}

static enum sip_err read_form(struct sip_arena *arena, const struct sip__xml *e, const struct sip__xml_schema *s, void **form)
{
	char *to = sip_arena_alloc_zero(arena, s->size);
	enum sip_err err = to ? SIP_OK : SIP_E_NOMEM;

	for (size_t i = 0; i < s->count && err == SIP_OK; i++)
		err = read_field(arena, e, s, &s->fields[i], to + s->fields[i].offset);
	*form = err == SIP_OK ? to : NULL;
	return err;
}

enum sip_err sip__xml_form_parse(const struct sip__xml_document *d, struct sip_arena *arena, struct sip_str bytes,
				 const struct sip_content_limits *limits, void **form)
{
	struct sip__xml *root;
	enum sip_err err = sip__xml_read(arena, bytes, sip__limits(limits), &root);

	*form = NULL;
	if (err != SIP_OK)
		return err;
	if (root->space != d->space || !sip_str_eq(root->name, d->name) || root->is_spoilt)
		return SIP_E_SYNTAX;
	return read_form(arena, root, d->schema, form);
}
