/* Forms of XML bodies made at random, by their tables, read back as they were made. CONTENT_SEED=N plays one seed. */
#include "stack/content/xml_priv.h"

#include <stdio.h>

#include "tests/unit/stack/content/content_rooms_test.h"

#define ROUNDS 100
#define DEPTH 12
#define ELEMENTS 200
#define PIECES 12

static const struct sip__xml_document *const documents[] = {
	&sip__pidf_document, &sip__dialog_info_document, &sip__reginfo_document, &sip__resource_lists_document, &sip__rlmi_document,
	&sip__watcherinfo_document, &sip__conference_info_document,
};

struct maker {
	struct sip_rand rand;
	struct sip_arena *arena; /* lent by the bed */
	unsigned left;           /* elements that may still be made */
	bool is_short_of_memory;
};

/* Lists are linked by the first member of what is in them. */
struct link {
	struct link *next;
};

static void *make_room(struct maker *k, size_t size)
{
	void *p = sip_arena_alloc_zero(k->arena, size);

	k->is_short_of_memory = k->is_short_of_memory || !p;
	return p;
}

static bool is_chosen(struct maker *k)
{
	return sip_rand_below(&k->rand, 2) == 1;
}

/* Blanks at its ends would be no part of it. */
static struct sip_str make_text(struct maker *k)
{
	static const char *const blanks[] = { " ", "\t", "\n", "\r", "\r\n" };
	static const char *const pieces[] = {
		"a", "Z", "09", "-_.", "\"", "'", "<", ">", "&", "]]>", "&amp;", "<!--", "<?x", "\x7f", "\xc2\x85", "\xc3\xbc", "\xe2\x82\xac",
		"\xe2\x80\xa8", "\xef\xbf\xbd", "\xf0\x9f\x98\x80",
	};
	size_t count = (size_t)sip_rand_below(&k->rand, PIECES);
	char text[PIECES * 8] = "";

	for (size_t i = 0; i < count; i++) {
		bool is_blank = i > 0 && i + 1 < count && sip_rand_below(&k->rand, 3) == 0;
		strcat(text, is_blank ? blanks[sip_rand_below(&k->rand, SIP_COUNTOF(blanks))]
				      : pieces[sip_rand_below(&k->rand, SIP_COUNTOF(pieces))]);
	}
	struct sip_str made = sip_arena_str(k->arena, sip_str_of(text));
	k->is_short_of_memory = k->is_short_of_memory || !made.p;
	return made;
}

static void make_value(struct maker *k, const struct sip__xml_field *f, void *to)
{
	struct sip_content_number *number = to;

	if (!(f->flags & SIP__XML_MUST) && !is_chosen(k))
		return;
	if (f->type == SIP__XML_STR) {
		*(struct sip_str *)to = make_text(k);
		return;
	}
	number->is_there = true;
	number->value = (uint32_t)sip_rand_u64(&k->rand) >> sip_rand_below(&k->rand, 32);
	if (f->flags & SIP__XML_BOOL)
		number->value &= 1;
}

static void *make_form(struct maker *k, const struct sip__xml_schema *s, unsigned depth);

static void *make_one(struct maker *k, const struct sip__xml_field *f, unsigned depth)
{
	struct sip_content_text *text;
	struct sip_content_item *item;

	k->left--;
	if (f->schema)
		return make_form(k, f->schema, depth);
	if (f->kind == SIP__XML_IS_TEXTS) {
		text = make_room(k, sizeof *text);
		if (text)
			text->text = make_text(k);
		return text;
	}
	item = make_room(k, sizeof *item);
	if (item) {
		static const char *const names[] = { "x", "_", "on-the-phone", "A1.b" };
		item->name = sip_str_of(names[sip_rand_below(&k->rand, SIP_COUNTOF(names))]);
		item->text = make_text(k);
	}
	return item;
}

static void make_list(struct maker *k, const struct sip__xml_field *f, struct link **last, unsigned depth)
{
	uint64_t count = sip_rand_below(&k->rand, f->kind == SIP__XML_IS_CHILD ? 2 : 4);

	for (; count > 0 && k->left > 0 && depth > 0; count--) {
		*last = make_one(k, f, depth - 1);
		if (!*last || f->kind == SIP__XML_IS_CHILD)
			return;
		last = &(*last)->next;
	}
}

static void *make_form(struct maker *k, const struct sip__xml_schema *s, unsigned depth)
{
	char *form = make_room(k, s->size);

	for (const struct sip__xml_field *f = s->fields; form && f < s->fields + s->count; f++) {
		if (f->flags & SIP__XML_READ_ONLY)
			continue;
		if (f->kind > SIP__XML_IS_ELEMENT)
			make_list(k, f, (struct link **)(void *)(form + f->offset), depth);
		else
			make_value(k, f, form + f->offset);
	}
	return form;
}

/* ---- are they the same? ---- */

static bool is_same_form(const struct sip__xml_schema *s, const char *a, const char *b);

static bool is_same_value(const struct sip__xml_field *f, const void *a, const void *b)
{
	const struct sip_content_number *m = a, *n = b;
	const struct sip_str *s = a, *t = b;

	if (f->type != SIP__XML_STR)
		return m->is_there == n->is_there && m->value == n->value;
	/* Every element has a text. */
	return sip_str_eq(*s, *t) && (f->kind == SIP__XML_IS_TEXT || !s->p == !t->p);
}

static bool is_same_list(const struct sip__xml_field *f, const struct link *a, const struct link *b)
{
	for (; a && b; a = a->next, b = b->next) {
		const struct sip_content_text *s = (const void *)a, *t = (const void *)b;
		const struct sip_content_item *m = (const void *)a, *n = (const void *)b;
		if (f->kind == SIP__XML_IS_CHILD)
			return is_same_form(f->schema, (const void *)a, (const void *)b);
		if (f->kind == SIP__XML_IS_CHILDREN && !is_same_form(f->schema, (const void *)a, (const void *)b))
			return false;
		if (f->kind == SIP__XML_IS_TEXTS && !sip_str_eq(s->text, t->text))
			return false;
		if (f->kind == SIP__XML_IS_ITEMS && !(sip_str_eq(m->name, n->name) && sip_str_eq(m->text, n->text)))
			return false;
	}
	return !a && !b;
}

static bool is_same_form(const struct sip__xml_schema *s, const char *a, const char *b)
{
	for (const struct sip__xml_field *f = s->fields; f < s->fields + s->count; f++) {
		const void *p = a + f->offset, *q = b + f->offset;
		const struct link *m, *n;
		if (f->kind <= SIP__XML_IS_ELEMENT) {
			if (!is_same_value(f, p, q))
				return false;
			continue;
		}
		memcpy(&m, p, sizeof m);
		memcpy(&n, q, sizeof n);
		if (!is_same_list(f, m, n))
			return false;
	}
	return true;
}

/* ---- a seed ---- */

static enum sip_err play_document(const struct sip__xml_document *d, uint64_t seed)
{
	struct maker k = { .left = ELEMENTS };
	void *form, *again = NULL;
	enum sip_err err;
	char what[80];
	struct bed b;

	snprintf(what, sizeof what, "%s of CONTENT_SEED=%llu", d->name.p, (unsigned long long)seed);
	bed_init(&b);
	sip_rand_init_seed(&k.rand, seed);
	k.arena = &b.arena;
	form = make_form(&k, d->schema, DEPTH);
	UNIT_TRY(k.is_short_of_memory ? SIP_E_NOMEM : SIP_OK);
	sip__xml_form_put(d, &b.out, form);
	UNIT_TRY(b.out.err);
	UNIT_TRY(sip__xml_form_parse(d, &b.arena, sip_buf_str(&b.out), NULL, &again));
	unit_check(is_same_form(d->schema, form, again), what, __FILE__, __LINE__);
out:
	bed_fini(&b);
	return err;
}

static enum sip_err play(uint64_t seed)
{
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(documents) && err == SIP_OK; i++)
		err = play_document(documents[i], seed);
	return err;
}

static enum sip_err test_xml_forms_made_at_random_read_back(void)
{
	return bed_play_seeds(play, ROUNDS);
}

static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_xml_forms_made_at_random_read_back), /* hundreds of them; xml_bodies does it */
};
SUITE(xml_property);
