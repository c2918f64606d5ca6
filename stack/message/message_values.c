/*
 * Values on touch: a line is taken apart and a value parsed when somebody asks for it, into the
 * message's arena, once (RFC 3261 7.3.1). Owned by the message; on its owner's thread.
 */
#include "stack/message/message_priv.h"

/* What the typed form of a value takes, and how it comes about; size 0: there is none. */
typedef enum sip_err (*parse_fn)(struct sip_str text, void *out);

static enum sip_err parse_via(struct sip_str text, void *out)
{
	return sip_via_parse(text, out);
}
static enum sip_err parse_name_addr(struct sip_str text, void *out)
{
	return sip_name_addr_parse(text, out);
}
/* "*" names nobody: only a Contact may be that (20.10). */
static enum sip_err parse_one(struct sip_str text, void *out)
{
	struct sip_name_addr *a = out;
	enum sip_err err = sip_name_addr_parse(text, a);
	return err == SIP_OK && a->is_star ? SIP_E_SYNTAX : err;
}
static enum sip_err parse_cseq(struct sip_str text, void *out)
{
	return sip_cseq_parse(text, out);
}

struct typed_row {
	size_t size;
	parse_fn parse;
};
static const struct typed_row typed_rows[] = {
	[SIP_VALUE_VIA] = { sizeof(struct sip_via), parse_via },
	[SIP_VALUE_NAME_ADDR] = { sizeof(struct sip_name_addr), parse_one },
	[SIP_VALUE_CONTACT] = { sizeof(struct sip_name_addr), parse_name_addr },
	[SIP_VALUE_CSEQ] = { sizeof(struct sip_cseq), parse_cseq },
	[SIP_VALUE_DATE] = { 0, NULL },
};

static inline bool is_list(unsigned id)
{
	return id < SIP_HEADER_COUNT && sip_header_rows[id].multiplicity == SIP_LIST;
}

/* The next value of the line behind *rest; NULL: none, or no memory. */
static struct sip__value *make_value(struct sip_message *m, unsigned id, struct sip_str rest)
{
	struct sip_str text = rest;
	if (is_list(id)) {
		if (!sip_list_value_next(&rest, &text))
			return NULL;
	} else {
		rest = sip_str_from(rest, rest.len);
	}
	const struct typed_row *row = &typed_rows[sip_header_rows[id].type];
	struct sip__value *v = sip_arena_alloc(&m->arena, sizeof *v + row->size);
	if (!v) {
		m->is_short_of_memory = true;
		return NULL;
	}
	v->next = NULL;
	v->text = text;
	v->rest = rest;
	v->is_split = rest.len == 0;
	v->is_broken = row->parse(text, v->typed) != SIP_OK;
	return v;
}

/* The first value of a header with a typed form; NULL: there is none. */
static inline struct sip__value *first_value(struct sip_message *m, unsigned id)
{
	if (m->first[id] == SIP__NONE)
		return NULL;
	struct sip__field *f = &m->fields[m->first[id]];
	if (!f->values)
		f->values = make_value(m, id, sip__field_value(f));
	return f->values;
}

/* Value n of a header that has a typed form, parsed; NULL: not there, or broken. */
static __attribute__((noinline)) void *later_value(struct sip_message *m, enum sip_header id, size_t n)
{
	for (uint16_t at = m->first[id]; at != SIP__NONE; at = m->fields[at].same) {
		struct sip__field *f = &m->fields[at];
		if (!f->values)
			f->values = make_value(m, id, sip__field_value(f));
		for (struct sip__value *v = f->values; v; v = v->next) {
			if (n-- == 0)
				return v->is_broken ? NULL : v->typed;
			if (!v->is_split) {
				v->next = make_value(m, id, v->rest);
				v->is_split = v->next != NULL;
			}
		}
	}
	return NULL;
}

static inline void *typed_value(struct sip_message *m, enum sip_header id, size_t n)
{
	struct sip__value *v = n == 0 ? first_value(m, id) : NULL;
	if (SIP_LIKELY(v != NULL))
		return v->is_broken ? NULL : v->typed;
	return later_value(m, id, n);
}

bool sip__first_value_parses(struct sip_message *m, enum sip_header id)
{
	return typed_value(m, id, 0) != NULL;
}

bool sip__values_parse(struct sip_message *m, enum sip_header id)
{
	size_t n = 0;
	for (uint16_t at = m->first[id]; at != SIP__NONE; at = m->fields[at].same) {
		struct sip__field *f = &m->fields[at];
		if (!f->values)
			f->values = make_value(m, id, sip__field_value(f));
		for (struct sip__value *v = f->values; v; v = v->next, n++) {
			if (v->is_broken)
				return false;
			if (!v->is_split) {
				v->next = make_value(m, id, v->rest);
				v->is_split = v->next != NULL;
			}
		}
	}
	return n > 0;
}

const struct sip_via *sip_message_via(const struct sip_message *m, size_t n)
{
	return typed_value(m->self, SIP_HEADER_VIA, n);
}

const struct sip_name_addr *sip_message_name_addr(const struct sip_message *m, enum sip_header id, size_t n)
{
	MUST(id < SIP_HEADER_COUNT && (sip_header_rows[id].type == SIP_VALUE_NAME_ADDR ||
				       sip_header_rows[id].type == SIP_VALUE_CONTACT));
	return typed_value(m->self, id, n);
}

const struct sip_cseq *sip_message_cseq(const struct sip_message *m)
{
	return typed_value(m->self, SIP_HEADER_CSEQ, 0);
}

const struct sip_uri *sip_message_uri(const struct sip_message *m)
{
	struct sip_message *w = m->self;
	if (w->uri_touched == SIP__UNTOUCHED) {
		if (!w->is_request)
			return NULL;
		struct sip_uri *uri = sip_arena_alloc(&w->arena, sizeof *uri);
		if (!uri) {
			w->is_short_of_memory = true;
			return NULL;
		}
		w->uri_touched = sip_uri_parse(w->uri_text, uri) == SIP_OK ? SIP__GOOD : SIP__BAD;
		w->uri = uri;
	}
	return w->uri_touched == SIP__GOOD ? w->uri : NULL;
}

struct sip_str sip_message_call_id(const struct sip_message *m)
{
	const struct sip__field *f = sip__first(m, SIP_HEADER_CALL_ID);
	return f ? sip__field_value(f) : sip_str_make(NULL, 0);
}

bool sip__is_token(struct sip_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!sip_char_is(s.p[i], SIP_CC_TOKEN))
			return false;
	return s.len > 0;
}

bool sip_message_has(const struct sip_message *m, enum sip_header id)
{
	MUST(id <= SIP_HEADER_COUNT);
	return m->first[id] != SIP__NONE;
}

/* How many values sip_list_value_next gives. */
static size_t count_values(struct sip_str rest)
{
	struct sip_str value;
	size_t n = 0;
	if (rest.len && !memchr(rest.p, '"', rest.len) && !memchr(rest.p, '<', rest.len)) {
		const char *p = rest.p, *end = rest.p + rest.len;
		for (const char *comma; p < end && (comma = memchr(p, ',', (size_t)(end - p))); p = comma + 1)
			n++;
		return n + (sip_str_trim(sip_str_make(p, (size_t)(end - p))).len > 0);
	}
	while (sip_list_value_next(&rest, &value))
		n++;
	return n;
}

size_t sip_message_count(const struct sip_message *m, enum sip_header id)
{
	MUST(id <= SIP_HEADER_COUNT);
	size_t n = 0;
	for (const struct sip__field *f = sip__first(m, id); f; f = sip__same(m, f))
		n += is_list(id) ? count_values(sip__field_value(f)) : 1;
	return n;
}

bool sip_message_value(const struct sip_message *m, enum sip_header id, size_t n, struct sip_str *out)
{
	MUST(id <= SIP_HEADER_COUNT);
	for (const struct sip__field *f = sip__first(m, id); f; f = sip__same(m, f)) {
		struct sip_str rest = sip__field_value(f);
		if (!is_list(id)) {
			*out = rest;
			if (n-- == 0)
				return true;
			continue;
		}
		while (sip_list_value_next(&rest, out))
			if (n-- == 0)
				return true;
	}
	return false;
}

static void walk_to(const struct sip_message *m, struct sip_value_walk *w, uint16_t field)
{
	w->field = field;
	w->is_fresh = true;
	w->rest = field == SIP__NONE ? sip_str_make(NULL, 0) : sip__field_value(&m->fields[field]);
}

bool sip_message_next_value(const struct sip_message *m, enum sip_header id, struct sip_value_walk *w, struct sip_str *out)
{
	MUST(id <= SIP_HEADER_COUNT);
	if (!w->is_begun)
		walk_to(m, w, m->first[id]);
	w->is_begun = true;
	for (; w->field != SIP__NONE; walk_to(m, w, m->fields[w->field].same)) {
		if (is_list(id) ? sip_list_value_next(&w->rest, out) : w->is_fresh) {
			if (!is_list(id))
				*out = w->rest;
			w->is_fresh = false;
			return true;
		}
	}
	return false;
}

bool sip_message_find(const struct sip_message *m, struct sip_str name, size_t n, struct sip_str *out)
{
	enum sip_header id = sip_header_find(name);
	for (const struct sip__field *f = sip__first(m, id); f; f = sip__same(m, f)) {
		if (id == SIP_HEADER_UNKNOWN && !sip_str_eq_nocase(sip__field_name(f), name))
			continue;
		*out = sip__field_value(f);
		if (n-- == 0)
			return true;
	}
	return false;
}

static enum sip_err number(const struct sip_message *m, enum sip_header id, uint32_t max, uint32_t *out)
{
	const struct sip__field *f = sip__first(m, id);
	if (!f)
		return SIP_E_NOTFOUND;
	return sip_number_parse(sip__field_value(f), max, out);
}

enum sip_err sip_message_number(const struct sip_message *m, enum sip_header id, uint32_t *out)
{
	MUST(id < SIP_HEADER_COUNT);
	return number(m, id, id == SIP_HEADER_MAX_FORWARDS ? UINT8_MAX : UINT32_MAX, out);
}

enum sip_err sip__content_length(const struct sip_message *m, uint32_t *out)
{
	const struct sip__field *f = sip__first(m, SIP_HEADER_CONTENT_LENGTH);
	if (!f)
		return SIP_E_NOTFOUND;
	/* Borders of messages hang on it, so digits and nothing else (20.14). */
	const char *p = f->line + f->value_at, *end = p + f->value_len;
	uint64_t n = 0;
	if (p == end)
		return SIP_E_SYNTAX;
	for (; p < end; p++) {
		unsigned digit = (unsigned)(unsigned char)*p - '0';
		if (digit > 9)
			return SIP_E_SYNTAX;
		n = n * 10 + digit;
		if (n > UINT32_MAX)
			return SIP_E_RANGE;
	}
	*out = (uint32_t)n;
	return SIP_OK;
}

bool sip_message_has_token(const struct sip_message *m, enum sip_header id, struct sip_str token)
{
	MUST(id <= SIP_HEADER_COUNT);
	for (const struct sip__field *f = sip__first(m, id); f; f = sip__same(m, f)) {
		struct sip_str rest = sip__field_value(f), value;
		while (sip_list_value_next(&rest, &value)) {
			value.len = sip_str_find(value, ';');
			if (sip_str_eq_nocase(sip_str_trim(value), token))
				return true;
		}
	}
	return false;
}
