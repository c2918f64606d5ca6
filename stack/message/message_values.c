/*
 * Values on touch: a line is taken apart and a value parsed when somebody asks for it, into the
 * message's arena, once (RFC 3261 7.3.1). Owned by the message; on its owner's thread.
 */
#include "stack/message/message_priv.h"

static inline bool is_list(unsigned id)
{
	return id < SIP_HEADER_COUNT && sip_header_rows[id].multiplicity == SIP_LIST;
}

static inline void parse_into(struct sip__value *v, const struct sip_value_row *row, struct sip_str text, struct sip_str rest)
{
	v->next = NULL;
	v->rest = rest;
	v->is_split = rest.len == 0;
	v->is_broken = row->parse(text, v->typed) != SIP_OK;
}

/* Where a new block is needed for it: apart, so that nothing has to be kept over that call otherwise. */
static __attribute__((noinline)) struct sip__value *parse_slow(struct sip_message *m, const struct sip_value_row *row,
							      struct sip_str text, struct sip_str rest)
{
	struct sip__value *v = sip_arena_alloc_slow(&m->arena, sizeof *v + row->size);
	if (v)
		parse_into(v, row, text, rest);
	else
		m->is_short_of_memory = true;
	return v;
}

/* One value of a line, parsed; `rest` is what stands behind it. NULL: no memory. */
static inline struct sip__value *parse_value(struct sip_message *m, const struct sip_value_row *row, struct sip_str text,
					     struct sip_str rest)
{
	struct sip__value *v = sip_arena_alloc_fast(&m->arena, sizeof *v + row->size);
	if (SIP_UNLIKELY(!v))
		return parse_slow(m, row, text, rest);
	parse_into(v, row, text, rest);
	return v;
}

static __attribute__((noinline)) struct sip__value *cut_value(struct sip_message *m, const struct sip_value_row *row,
							     struct sip_str rest)
{
	struct sip_str text;
	return sip_list_value_next(&rest, &text) ? parse_value(m, row, text, rest) : NULL;
}

/* The line is not one value: v is the first of it, then. */
static __attribute__((noinline)) void cut_into(struct sip__value *v, const struct sip_value_row *row, struct sip_str line)
{
	struct sip_str text, rest = line;
	if (sip_list_value_next(&rest, &text) && text.len < line.len)
		parse_into(v, row, text, rest);
}

/* Nothing that taking it apart would trim. A ")" may end a comment, in which anything stands; a line of commas has no value. */
static inline bool may_be_one(struct sip_str line)
{
	return line.len && (unsigned char)line.p[0] > ' ' && line.p[0] != ',' && (unsigned char)line.p[line.len - 1] > ' ' &&
	       line.p[line.len - 1] != ')';
}

/* Most lines have one value: where no value has a bare comma, what parses as one is one. */
static __attribute__((noinline)) struct sip__value *list_value(struct sip_message *m, const struct sip_value_row *row,
							      struct sip_str line)
{
	struct sip__value *v;
	if (row->has_bare_commas || !may_be_one(line))
		return cut_value(m, row, line);
	v = parse_value(m, row, line, sip_str_make(line.p, 0));
	if (v && SIP_UNLIKELY(v->is_broken))
		cut_into(v, row, line);
	return v;
}

static inline struct sip__value *make_value(struct sip_message *m, unsigned id, struct sip_str line)
{
	const struct sip_header_row *header = &sip_header_rows[id];
	const struct sip_value_row *row = &sip_value_rows[header->type];
	if (header->multiplicity == SIP_LIST)
		return list_value(m, row, line);
	return parse_value(m, row, line, sip_str_make(line.p, 0));
}

/* The first of a line; NULL: none, or no memory. */
static inline struct sip__value *line_value(struct sip_message *m, unsigned id, struct sip__field *f)
{
	if (!f->values)
		f->values = make_value(m, id, sip__field_value(f));
	return f->values;
}

/* The one behind v in its line; NULL: none, or no memory. */
static inline struct sip__value *next_value(struct sip_message *m, unsigned id, struct sip__value *v)
{
	if (!v->is_split) {
		v->next = cut_value(m, &sip_value_rows[sip_header_rows[id].type], v->rest);
		v->is_split = v->next != NULL;
	}
	return v->next;
}

/* The first value of a header with a typed form; NULL: there is none. */
static inline struct sip__value *first_value(struct sip_message *m, unsigned id)
{
	return m->first[id] == SIP__NONE ? NULL : line_value(m, id, &m->fields[m->first[id]]);
}

/* Value n of a header that has a typed form, parsed; NULL: not there, or broken. One after the other, each is one step. */
static __attribute__((noinline)) void *later_value(struct sip_message *m, enum sip_header id, size_t n)
{
	struct sip__reached r = m->reached;
	if (!r.value || r.id != id || r.n > n)
		r = (struct sip__reached){ .id = (uint8_t)id, .field = m->first[id] };
	for (; r.field != SIP__NONE; r.field = m->fields[r.field].same, r.value = NULL) {
		if (!r.value)
			r.value = line_value(m, id, &m->fields[r.field]);
		for (; r.value; r.value = next_value(m, id, r.value), r.n++) {
			if (r.n < n)
				continue;
			m->reached = r;
			return r.value->is_broken ? NULL : r.value->typed;
		}
		/* The line may have more, and then nobody knows which number the next one has. */
		if (SIP_UNLIKELY(m->is_short_of_memory))
			return NULL;
	}
	return NULL;
}

/* The first one has been touched already more often than not: at the door. */
static inline void *typed_value(struct sip_message *m, enum sip_header id, size_t n)
{
	uint16_t at = m->first[id];
	struct sip__value *v = n == 0 && at != SIP__NONE ? m->fields[at].values : NULL;
	if (SIP_LIKELY(v != NULL))
		return v->is_broken ? NULL : v->typed;
	return later_value(m, id, n);
}

bool sip__first_value_parses(struct sip_message *m, enum sip_header id)
{
	struct sip__value *v = first_value(m, id);
	return v ? !v->is_broken : later_value(m, id, 0) != NULL;
}

bool sip__values_parse(struct sip_message *m, enum sip_header id)
{
	size_t n = 0;
	for (uint16_t at = m->first[id]; at != SIP__NONE; at = m->fields[at].same) {
		for (struct sip__value *v = line_value(m, id, &m->fields[at]); v; v = next_value(m, id, v), n++)
			if (v->is_broken)
				return false;
	}
	return n > 0 && !m->is_short_of_memory;
}

const void *sip_message_typed(const struct sip_message *m, enum sip_header id, size_t n)
{
	MUST(id < SIP_HEADER_COUNT);
	return sip_value_rows[sip_header_rows[id].type].size ? typed_value(m->self, id, n) : NULL;
}

const struct sip_via *sip_message_via(const struct sip_message *m, size_t n)
{
	return typed_value(m->self, SIP_HEADER_VIA, n);
}

const struct sip_cseq *sip_message_cseq(const struct sip_message *m)
{
	return typed_value(m->self, SIP_HEADER_CSEQ, 0);
}

static inline bool is_of(enum sip_header id, enum sip_value_type a, enum sip_value_type b)
{
	return id < SIP_HEADER_COUNT && (sip_header_rows[id].type == a || sip_header_rows[id].type == b);
}

const struct sip_name_addr *sip_message_name_addr(const struct sip_message *m, enum sip_header id, size_t n)
{
	MUST(is_of(id, SIP_VALUE_NAME_ADDR, SIP_VALUE_CONTACT));
	return typed_value(m->self, id, n);
}

const struct sip_word *sip_message_word(const struct sip_message *m, enum sip_header id, size_t n)
{
	MUST(is_of(id, SIP_VALUE_TOKEN, SIP_VALUE_WORD) || is_of(id, SIP_VALUE_PARAMS, SIP_VALUE_PARAMS));
	return typed_value(m->self, id, n);
}

const struct sip_number_value *sip_message_number_value(const struct sip_message *m, enum sip_header id)
{
	MUST(is_of(id, SIP_VALUE_NUMBER, SIP_VALUE_NUMBER));
	return typed_value(m->self, id, 0);
}

const struct sip_auth_value *sip_message_auth(const struct sip_message *m, enum sip_header id, size_t n)
{
	MUST(is_of(id, SIP_VALUE_AUTH, SIP_VALUE_AUTH_PARAMS));
	return typed_value(m->self, id, n);
}

const struct sip_media_type *sip_message_media_type(const struct sip_message *m, enum sip_header id, size_t n)
{
	MUST(is_of(id, SIP_VALUE_MEDIA_TYPE, SIP_VALUE_MEDIA_TYPE));
	return typed_value(m->self, id, n);
}

const struct sip_dialog_ref *sip_message_dialog_ref(const struct sip_message *m, enum sip_header id)
{
	MUST(is_of(id, SIP_VALUE_DIALOG_REF, SIP_VALUE_DIALOG_REF));
	return typed_value(m->self, id, 0);
}

const struct sip_rack *sip_message_rack(const struct sip_message *m)
{
	return typed_value(m->self, SIP_HEADER_RACK, 0);
}

const struct sip_date *sip_message_date(const struct sip_message *m)
{
	return typed_value(m->self, SIP_HEADER_DATE, 0);
}

const struct sip_warning *sip_message_warning(const struct sip_message *m, size_t n)
{
	return typed_value(m->self, SIP_HEADER_WARNING, n);
}

const struct sip_timestamp *sip_message_timestamp(const struct sip_message *m)
{
	return typed_value(m->self, SIP_HEADER_TIMESTAMP, 0);
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
		const char *end = rest.p + rest.len;
		for (const char *p = rest.p; p && (p = sip_char_skip_lws(p, end)) < end;) {
			n += *p != ',';
			p = memchr(p, ',', (size_t)(end - p));
			p = p ? p + 1 : NULL;
		}
		return n;
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
