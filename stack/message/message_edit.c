/*
 * Edits: an overlay on the index. A new value is a field of its own whose text is in the arena or a
 * slice of what was there; the bytes received never change. What can fail comes first, so that a
 * failed edit changes nothing. On the owner's thread (RFC 3261 7.3.1 on the order of fields).
 */
#include "stack/message/message_priv.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__
static inline __m128i controls_of(__m128i bytes)
{
	return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(' ' - 1)), bytes);
}

/* Is any byte below a space? The last step may look at bytes of the step before again. */
static inline bool has_control(struct sip_str s)
{
	__m128i found = _mm_setzero_si128();
	bool is_found = false;
	if (s.len >= 16) {
		const char *last = s.p + s.len - 16;
		for (const char *p = s.p; p < last; p += 16)
			found = _mm_or_si128(found, controls_of(_mm_loadu_si128((const void *)p)));
		found = _mm_or_si128(found, controls_of(_mm_loadu_si128((const void *)last)));
	} else if (s.len >= 8) {
		__m128i first = _mm_loadl_epi64((const void *)s.p);
		found = controls_of(_mm_unpacklo_epi64(first, _mm_loadl_epi64((const void *)(s.p + s.len - 8))));
	} else {
		for (size_t i = 0; i < s.len; i++)
			is_found |= (unsigned char)s.p[i] < ' ';
	}
	return is_found || _mm_movemask_epi8(found) != 0;
}
#else
static inline bool has_control(struct sip_str s)
{
	bool is_found = false;
	for (size_t i = 0; i < s.len; i++)
		is_found |= (unsigned char)s.p[i] < ' ';
	return is_found;
}
#endif

static bool has_safe_controls(struct sip_str s)
{
	const char *p = s.p, *end = s.p + s.len;
	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		if (++p == end || !sip__is_blank(*p))
			return false;
	}
	for (p = s.p; (p = memchr(p, '\r', (size_t)(end - p))); p++)
		if (p + 1 == end || p[1] != '\n')
			return false;
	return true;
}

bool sip__is_safe(struct sip_str s)
{
	return !has_control(s) || has_safe_controls(s);
}

/* As it stands in a field: without blanks around it. p NULL: it is not safe. */
static __attribute__((noinline)) struct sip_str tidy(struct sip_str s)
{
	if (SIP_LIKELY(!has_control(s) && s.len && s.p[0] != ' ' && s.p[s.len - 1] != ' '))
		return s;
	if (!s.len)
		return SIP_STR("");
	return sip__is_safe(s) ? sip_str_trim(s) : sip_str_make(NULL, 0);
}

/* A field line of our own: "Name: value" CRLF in the arena. */
struct own_line {
	const char *line;
	uint32_t value_len;
	uint16_t name_len;
};

static inline enum sip_err own_line(struct sip_message *m, struct sip_str name, struct sip_str value,
				    struct own_line *out)
{
	*out = (struct own_line){ NULL, 0, 0 };
	value = tidy(value);
	if (!value.p)
		return SIP_E_INVAL;
	if (value.len > SIP__ARENA_LIMIT || name.len > SIP__LINE_MAX - 2)
		return SIP_E_LIMIT;
	size_t len = name.len + value.len + 4;
	char *line = sip_arena_alloc(&m->arena, len);
	if (!line)
		return sip__arena_err(m, len);
	out->line = line;
	out->name_len = (uint16_t)name.len;
	out->value_len = (uint32_t)value.len;
	char *w = sip__write_str(line, name);
	w = SIP__WRITE_LIT(w, ": ");
	w = sip__write_str(w, value);
	SIP__WRITE_LIT(w, "\r\n");
	return SIP_OK;
}

static void put_line(struct sip__field *f, const struct own_line *line)
{
	f->line = line->line;
	f->values = NULL;
	f->value_len = line->value_len;
	f->name_len = line->name_len;
	f->value_at = (uint16_t)(line->name_len + 2);
	f->tail = 2;
	f->flags = SIP__FIELD_OWN;
}

/* A value that stands in a line which is no more: the line is written when it is sent. */
static void put_slice(struct sip__field *f, struct sip_str value, unsigned flags)
{
	f->line = value.p;
	f->values = NULL;
	f->value_len = (uint32_t)value.len;
	f->name_len = 0;
	f->value_at = 0;
	f->tail = 0;
	f->flags = (uint8_t)(SIP__FIELD_VALUE | flags);
}

static void touch(struct sip_message *m, unsigned id)
{
	m->is_edited = true;
	m->is_whole = false;
	m->reached.value = NULL;
	if (id == SIP_HEADER_CONTENT_LENGTH)
		m->is_length_right = false;
}

/* ---- fields and their two orders ---- */

static uint16_t index_of(const struct sip_message *m, const struct sip__field *f)
{
	return (uint16_t)(f - m->fields);
}

/* A field that is in no order and says nothing yet; there is room. */
static struct sip__field *new_field(struct sip_message *m, unsigned id)
{
	struct sip__field *f = &m->fields[m->used++];
	f->after = SIP__NONE;
	f->same = SIP__NONE;
	f->id = (uint8_t)id;
	m->live++;
	return f;
}

/* Behind `before` in the order of lines (SIP__NONE: in front of all). */
static void link_after(struct sip_message *m, uint16_t before, struct sip__field *f)
{
	uint16_t at = index_of(m, f);
	m->is_ordered = false;
	if (before == SIP__NONE) {
		f->after = m->head;
		m->head = at;
	} else {
		f->after = m->fields[before].after;
		m->fields[before].after = at;
	}
	if (f->after == SIP__NONE)
		m->tail = at;
}

/* Behind `before` among the lines of its header (SIP__NONE: the first). */
static void link_same(struct sip_message *m, uint16_t before, struct sip__field *f)
{
	uint16_t at = index_of(m, f);
	if (before == SIP__NONE) {
		f->same = m->first[f->id];
		m->first[f->id] = at;
	} else {
		f->same = m->fields[before].same;
		m->fields[before].same = at;
	}
	if (f->same == SIP__NONE)
		m->last[f->id] = at;
}

static uint16_t before_in_order(const struct sip_message *m, uint16_t at)
{
	uint16_t before = SIP__NONE;
	for (uint16_t i = m->head; i != at && i != SIP__NONE; i = m->fields[i].after)
		before = i;
	return before;
}

static uint16_t before_in_same(const struct sip_message *m, unsigned id, uint16_t at)
{
	uint16_t before = SIP__NONE;
	for (uint16_t i = m->first[id]; i != at && i != SIP__NONE; i = m->fields[i].same)
		before = i;
	return before;
}

/* Out of its header's lines; in the order it stays, passed over. */
static void unlink_field(struct sip_message *m, struct sip__field *f)
{
	uint16_t at = index_of(m, f), before = before_in_same(m, f->id, at);
	if (before == SIP__NONE)
		m->first[f->id] = f->same;
	else
		m->fields[before].same = f->same;
	if (m->last[f->id] == at)
		m->last[f->id] = before;
	f->flags |= SIP__FIELD_GONE;
	m->live--;
	m->is_ordered = false;
}

/* ---- one value of a line ---- */

struct place {
	struct sip__field *f;
	struct sip_str before; /* of the line, without the comma */
	struct sip_str value;
	struct sip_str after;
};

static bool find_value(struct sip_message *m, enum sip_header id, size_t n, struct place *out)
{
	for (uint16_t at = m->first[id]; at != SIP__NONE; at = m->fields[at].same) {
		struct sip_str line = sip__field_value(&m->fields[at]), rest = line, value = line;
		out->f = &m->fields[at];
		out->before = sip_str_make(line.p, 0);
		if (id == SIP_HEADER_UNKNOWN || sip_header_rows[id].multiplicity != SIP_LIST) {
			out->value = line;
			out->after = sip_str_make(line.p + line.len, 0);
			if (n-- == 0)
				return true;
			continue;
		}
		while (sip_list_value_next(&rest, &value)) {
			out->value = value;
			if (n-- == 0) {
				out->after = sip_str_trim(rest);
				return true;
			}
			out->before = sip_str_make(line.p, (size_t)(value.p + value.len - line.p));
		}
	}
	return false;
}

/*
 * The place's value gives way to `with` (NULL: to nothing): its line becomes up to three, what stays being slices of
 * what was there. There is room for two more.
 */
static void replace_value(struct sip_message *m, const struct place *place, const struct own_line *with)
{
	struct sip__field *f = place->f;
	unsigned flags = f->flags & (SIP__FIELD_OWN | SIP__FIELD_UNEVEN), id = f->id;
	uint16_t at = index_of(m, f);
	bool is_there[3] = { place->before.len > 0, with != NULL, place->after.len > 0 };
	bool is_first = true;
	for (unsigned i = 0; i < 3; i++) {
		if (!is_there[i])
			continue;
		if (!is_first) {
			f = new_field(m, id);
			link_after(m, at, f);
			link_same(m, at, f);
			at = index_of(m, f);
		}
		is_first = false;
		if (i == 1)
			put_line(f, with);
		else
			put_slice(f, i == 0 ? place->before : place->after, flags);
	}
	if (is_first)
		unlink_field(m, f);
	touch(m, id);
}

/* ---- the door's edits ---- */

/* Where a header goes that is not there yet: Via first, the routing headers behind Via, others last. */
static uint16_t place_for(const struct sip_message *m, enum sip_header id)
{
	if (id == SIP_HEADER_VIA)
		return SIP__NONE;
	if (id == SIP_HEADER_ROUTE || id == SIP_HEADER_RECORD_ROUTE || id == SIP_HEADER_PATH)
		return m->first[SIP_HEADER_VIA] != SIP__NONE ? m->last[SIP_HEADER_VIA] : m->tail;
	return m->tail;
}

enum sip_err sip_message_push(struct sip_message *m, enum sip_header id, struct sip_str value)
{
	MUST(id < SIP_HEADER_COUNT);
	struct own_line line;
	enum sip_err err = sip__message_reserve(m, 1);
	if (err == SIP_OK)
		err = own_line(m, sip_header_rows[id].name, value, &line);
	if (err != SIP_OK)
		return err;
	uint16_t first = m->first[id];
	struct sip__field *f = new_field(m, id);
	put_line(f, &line);
	link_after(m, first == SIP__NONE ? place_for(m, id) : before_in_order(m, first), f);
	link_same(m, SIP__NONE, f);
	touch(m, id);
	return SIP_OK;
}

static bool is_growable(const struct sip_message *m, unsigned id, size_t len)
{
	const struct sip_packet *p = m->packet;
	return m->is_growing && m->is_whole && !m->is_edited && m->first[id] == SIP__NONE && place_for(m, id) == m->tail &&
	       p->size - p->len >= len && sip_ref_is_last(&p->ref);
}

/* Our own response, whose packet is nobody else's yet: one more line at its end, and sending it encodes nothing. */
static bool grow(struct sip_message *m, unsigned id, struct sip_str value)
{
	struct sip_str name = sip_header_rows[id].name;
	size_t len = name.len + value.len + 4;
	if (!is_growable(m, id, len))
		return false;
	struct sip__field *f = sip__message_append(m, id);
	char *line = m->packet->bytes + m->packet->len - 2;
	char *w = sip__write_str(line, name);
	w = SIP__WRITE_LIT(w, ": ");
	w = sip__write_str(w, value);
	w = SIP__WRITE_LIT(w, "\r\n");
	f->line = line;
	f->value_len = (uint32_t)value.len;
	f->name_len = (uint16_t)name.len;
	f->value_at = (uint16_t)(name.len + 2);
	f->tail = 2;
	f->flags = 0;
	m->header_end = w;
	w = SIP__WRITE_LIT(w, "\r\n");
	m->body = sip_str_make(w, 0);
	m->packet->len += len;
	return true;
}

enum sip_err sip_message_add(struct sip_message *m, enum sip_header id, struct sip_str value)
{
	MUST(id < SIP_HEADER_COUNT);
	struct own_line line;
	enum sip_err err = sip__message_reserve(m, 1);
	struct sip_str tidied = tidy(value);
	if (err == SIP_OK && tidied.p && grow(m, id, tidied))
		return SIP_OK;
	if (err == SIP_OK)
		err = own_line(m, sip_header_rows[id].name, value, &line);
	if (err != SIP_OK)
		return err;
	uint16_t last = sip__last(m, id);
	struct sip__field *f = new_field(m, id);
	put_line(f, &line);
	link_after(m, last == SIP__NONE ? place_for(m, id) : last, f);
	link_same(m, last, f);
	touch(m, id);
	return SIP_OK;
}

enum sip_err sip_message_set(struct sip_message *m, enum sip_header id, struct sip_str value)
{
	MUST(id < SIP_HEADER_COUNT);
	if (m->first[id] == SIP__NONE)
		return sip_message_add(m, id, value);
	struct own_line line;
	enum sip_err err = own_line(m, sip_header_rows[id].name, value, &line);
	if (err != SIP_OK)
		return err;
	struct sip__field *f = &m->fields[m->first[id]];
	while (f->same != SIP__NONE)
		unlink_field(m, &m->fields[f->same]);
	put_line(f, &line);
	touch(m, id);
	return SIP_OK;
}

enum sip_err sip_message_remove(struct sip_message *m, enum sip_header id, size_t n)
{
	MUST(id < SIP_HEADER_COUNT);
	enum sip_err err = sip__message_reserve(m, 1);
	if (err != SIP_OK)
		return err;
	struct place place;
	if (!find_value(m, id, n, &place))
		return SIP_E_NOTFOUND;
	replace_value(m, &place, NULL);
	return SIP_OK;
}

enum sip_err sip_message_pop(struct sip_message *m, enum sip_header id)
{
	return sip_message_remove(m, id, 0);
}

enum sip_err sip_message_replace(struct sip_message *m, enum sip_header id, size_t n, struct sip_str value)
{
	MUST(id < SIP_HEADER_COUNT);
	enum sip_err err = sip__message_reserve(m, 2);
	if (err != SIP_OK)
		return err;
	struct place place;
	if (!find_value(m, id, n, &place))
		return SIP_E_NOTFOUND;
	struct own_line line;
	err = own_line(m, sip_header_rows[id].name, value, &line);
	if (err != SIP_OK)
		return err;
	replace_value(m, &place, &line);
	return SIP_OK;
}

void sip_message_remove_all(struct sip_message *m, enum sip_header id)
{
	MUST(id < SIP_HEADER_COUNT);
	while (m->first[id] != SIP__NONE) {
		unlink_field(m, &m->fields[m->first[id]]);
		touch(m, id);
	}
}

enum sip_err sip_message_add_field(struct sip_message *m, struct sip_str name, struct sip_str value)
{
	enum sip_header id = sip_header_find(name);
	if (id != SIP_HEADER_UNKNOWN)
		return sip_message_add(m, id, value);
	if (!sip__is_token(name))
		return SIP_E_INVAL;
	struct own_line line;
	enum sip_err err = sip__message_reserve(m, 1);
	if (err == SIP_OK)
		err = own_line(m, name, value, &line);
	if (err != SIP_OK)
		return err;
	put_line(sip__message_append(m, SIP_HEADER_UNKNOWN), &line);
	touch(m, SIP_HEADER_UNKNOWN);
	return SIP_OK;
}

/* The first field of a name without a row, from `at` on among those without; SIP__NONE. */
static uint16_t find_named(const struct sip_message *m, uint16_t at, struct sip_str name)
{
	while (at != SIP__NONE && !sip_str_eq_nocase(sip__field_name(&m->fields[at]), name))
		at = m->fields[at].same;
	return at;
}

static void unlink_named(struct sip_message *m, uint16_t from, struct sip_str name)
{
	for (uint16_t at = from; (at = find_named(m, at, name)) != SIP__NONE; at = m->fields[at].same)
		unlink_field(m, &m->fields[at]);
}

enum sip_err sip_message_set_field(struct sip_message *m, struct sip_str name, struct sip_str value)
{
	enum sip_header id = sip_header_find(name);
	if (id != SIP_HEADER_UNKNOWN)
		return sip_message_set(m, id, value);
	uint16_t at = find_named(m, m->first[id], name);
	if (at == SIP__NONE)
		return sip_message_add_field(m, name, value);
	struct own_line line;
	enum sip_err err = sip__is_token(name) ? own_line(m, name, value, &line) : SIP_E_INVAL;
	if (err != SIP_OK)
		return err;
	struct sip__field *f = &m->fields[at];
	unlink_named(m, f->same, name);
	put_line(f, &line);
	touch(m, id);
	return SIP_OK;
}

enum sip_err sip_message_remove_field(struct sip_message *m, struct sip_str name)
{
	enum sip_header id = sip_header_find(name);
	uint16_t at = id == SIP_HEADER_UNKNOWN ? find_named(m, m->first[id], name) : m->first[id];
	if (at == SIP__NONE)
		return SIP_E_NOTFOUND;
	if (id != SIP_HEADER_UNKNOWN) {
		sip_message_remove_all(m, id);
	} else {
		unlink_named(m, at, name);
		touch(m, id);
	}
	return SIP_OK;
}

enum sip_err sip_message_set_uri(struct sip_message *m, struct sip_str uri)
{
	for (size_t i = 0; i < uri.len; i++)
		if (sip_char_is(uri.p[i], SIP_CC_LWS))
			return SIP_E_INVAL;
	if (!m->is_request || uri.len == 0)
		return SIP_E_INVAL;
	if (uri.len > SIP__ARENA_LIMIT)
		return SIP_E_LIMIT;
	struct sip_str text = sip_arena_str(&m->arena, uri);
	if (!text.p)
		return sip__arena_err(m, uri.len);
	m->uri_text = text;
	m->uri = NULL;
	m->uri_touched = SIP__UNTOUCHED;
	m->is_start_edited = true;
	touch(m, SIP_HEADER_UNKNOWN);
	return SIP_OK;
}

enum sip_err sip_message_set_body(struct sip_message *m, struct sip_str type, struct sip_str body)
{
	struct sip_packet *packet = NULL;
	struct sip__kept *kept = NULL;
	if (body.len > UINT32_MAX)
		return SIP_E_LIMIT;
	if (m->body_packet && !(kept = sip_arena_alloc(&m->arena, sizeof *kept)))
		return sip__arena_err(m, sizeof *kept);
	if (body.len && !(packet = sip_packet_copy(body.p, body.len)))
		return SIP_E_NOMEM;
	if (!sip_str_is_empty(type)) {
		enum sip_err err = sip_message_set(m, SIP_HEADER_CONTENT_TYPE, type);
		if (err != SIP_OK) {
			sip_packet_unref(&packet);
			return err;
		}
	} else {
		sip_message_remove_all(m, SIP_HEADER_CONTENT_TYPE);
	}
	/* Slices of the old body may be about as long as the message lives. */
	if (kept) {
		kept->next = m->kept;
		kept->packet = m->body_packet;
		m->kept = kept;
	}
	m->body_packet = packet;
	m->body = packet ? sip_str_make(packet->bytes, packet->len) : sip_str_make(NULL, 0);
	m->is_length_right = false;
	touch(m, SIP_HEADER_UNKNOWN);
	return SIP_OK;
}
