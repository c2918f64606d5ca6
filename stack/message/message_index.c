/*
 * The one pass over a header: start line, and of every field line its id, name and value. Blocks
 * of 64 bytes are compared at once, by the widest registers there are. Nothing is copied, nothing
 * is looked into (RFC 3261 7, 7.3.1).
 */
#include "stack/message/message_priv.h"
#include "stack/message/start_line_priv.h"

#include "stack/header/header_name.h"

#ifdef __SSE2__
#define SIP__X86 1
#include <immintrin.h>
#endif

#define BLOCK 64
#define NAME_BLOCK SIP__NAME_BLOCK

/*
 * What is seen of the BLOCK bytes at p, which may be read even behind the message: where line ends stand and, in the first
 * NAME_BLOCK, colons, bit n for p[n], of which only the lowest need be right; and whether p is `name` up to the first colon.
 */
struct eyes {
	uint64_t (*ends)(const char *p);
	uint32_t (*colons)(const char *p);
	bool (*is_name)(const char *p, const char *name, uint32_t colons);
};

static inline bool is_above_blank(char c)
{
	return (unsigned char)c > ' ';
}

/* A line that is no field: kept as it is, so that it can be answered. */
static void set_broken(struct sip_message *m, struct sip__field *f)
{
	size_t len = (size_t)f->value_at + f->value_len + f->tail;
	struct sip_str text = sip_str_trim(sip_str_make(f->line, len));
	size_t at = (size_t)(text.p - f->line) + text.len;
	f->name_len = (uint16_t)at;
	f->value_at = (uint16_t)at;
	f->value_len = 0;
	f->tail = (uint16_t)(len - at);
	f->flags |= SIP__FIELD_BROKEN;
	m->has_broken_line = true;
}

/* No name that is spelled as its row has it: in other letters or without the blanks before its colon it may be one. */
static __attribute__((noinline)) unsigned find_name(struct sip_message *m, struct sip__field *f)
{
	unsigned id = sip_header_find(sip_str_make(f->line, f->name_len));
	if (id == SIP_HEADER_UNKNOWN && f->name_len && sip__is_blank(f->line[f->name_len - 1])) {
		while (f->name_len && sip__is_blank(f->line[f->name_len - 1]))
			f->name_len--;
		id = sip_header_find(sip_str_make(f->line, f->name_len));
	}
	if (id == SIP_HEADER_UNKNOWN && !sip__is_token(sip_str_make(f->line, f->name_len)))
		set_broken(m, f);
	return id;
}

/*
 * Whatever is not "Name: value" CRLF at once: further blanks, folds (white space, RFC 3261 25.1 LWS: the line goes on
 * with the next one), a bare LF, no LF at all, no colon.
 */
static __attribute__((noinline)) const char *read_odd_line(struct sip_message *m, struct sip__field *f, const char *p,
							   const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));
	lf = lf ? lf : end;
	const char *e = lf > p && lf < end && lf[-1] == '\r' ? lf - 1 : lf;
	const char *colon = memchr(p, ':', (size_t)(e - p));
	const char *next = lf < end ? lf + 1 : end;
	bool is_uneven = e == lf;
	while (next < end && sip__is_blank(*next)) {
		lf = memchr(next, '\n', (size_t)(end - next));
		is_uneven |= !lf || lf[-1] != '\r';
		next = lf ? lf + 1 : end;
	}
	const char *v = colon ? colon + 1 : next;
	struct sip_str value = sip_str_trim(sip_str_make(v, (size_t)(next - v)));
	f->line = p;
	f->values = NULL;
	f->value_len = (uint32_t)value.len;
	f->name_len = colon ? (uint16_t)(colon - p) : 0;
	f->value_at = (uint16_t)(value.p - p);
	f->tail = (uint16_t)(next - (value.p + value.len));
	f->same = SIP__NONE;
	f->flags = is_uneven ? SIP__FIELD_UNEVEN : 0;
	m->is_uneven |= is_uneven;
	f->id = (uint8_t)find_name(m, f);
	return next;
}

/* The first line end from p < end on, `ends` being those of the block there; `end` or behind it: there is none. */
static inline __attribute__((always_inline)) const char *find_end(struct eyes eyes, uint64_t ends, const char *p,
								  const char *end)
{
	while (SIP_UNLIKELY(ends == 0)) {
		p += BLOCK;
		if (p >= end)
			return end;
		ends = eyes.ends(p);
	}
	return p + __builtin_ctzll(ends);
}

/* "Name: value" CRLF: nearly every line. */
static inline bool is_even_line(const char *value, const char *lf)
{
	return is_above_blank(*value) && lf[-1] == '\r' && is_above_blank(lf[-2]);
}

/* What stands in the line at p < end goes into f, without a look at what is behind; gives the next line. */
static inline __attribute__((always_inline)) const char *read_line(struct eyes eyes, struct sip_message *m,
								   struct sip__field *f, const char *p, const char *end)
{
	uint64_t ends = eyes.ends(p);
	/* Not one that the line begins with: there is no name then, whatever comes. */
	uint32_t colons = eyes.colons(p) & (uint32_t)(ends ^ (ends - 1)) & ~1u;
	const char *lf = find_end(eyes, ends, p, end);
	if (SIP_UNLIKELY(colons == 0))
		return read_odd_line(m, f, p, end);
	size_t len = (size_t)__builtin_ctzll(colons);
	const char *v = p + len + 1;
	v += *v == ' ';
	if (SIP_UNLIKELY(!is_even_line(v, lf) || lf >= end))
		return read_odd_line(m, f, p, end);
	f->line = p;
	f->values = NULL;
	f->value_len = (uint32_t)(lf - 1 - v);
	f->name_len = (uint16_t)len;
	f->value_at = (uint16_t)(v - p);
	f->tail = 2;
	f->same = SIP__NONE;
	f->flags = 0;
	unsigned id = sip__header_guess(sip_str_make(p, len));
	f->id = (uint8_t)(SIP_LIKELY(eyes.is_name(p, sip__header_names[id], colons)) ? id : find_name(m, f));
	return lf + 1;
}

/* To the fields of its header, and to all in the order they stand in. */
static inline void link_field(struct sip_message *m, struct sip__field *f, unsigned at)
{
	unsigned id = f->id;
	f->after = (uint16_t)(at + 1);
	if (SIP_LIKELY(m->first[id] == SIP__NONE)) {
		m->first[id] = (uint16_t)at;
	} else {
		m->fields[m->last[id]].same = (uint16_t)at;
		if (id != SIP_HEADER_UNKNOWN && sip_header_rows[id].multiplicity == SIP_ONE &&
		    m->duplicate == SIP_HEADER_UNKNOWN)
			m->duplicate = (uint8_t)id;
	}
	m->last[id] = (uint16_t)at;
}

static void end_fields(struct sip_message *m, size_t used)
{
	m->used = (uint16_t)used;
	m->live = (uint16_t)used;
	if (used) {
		m->head = 0;
		m->tail = (uint16_t)(used - 1);
		m->fields[used - 1].after = SIP__NONE;
	}
}

/* At the empty line, or where there is none any more. */
static void end_header(struct sip_message *m, const char *p, const char *end)
{
	m->header_end = p;
	if (p < end) {
		m->has_end = true;
		m->is_uneven |= *p == '\n';
		p += *p == '\n' ? 1 : 2;
	} else {
		m->is_uneven = true;
	}
	m->body = sip_str_make(p, (size_t)(end - p));
}

/* For one more than there is room for; LIMIT, NOMEM. */
static __attribute__((noinline)) enum sip_err make_room(struct sip_message *m, size_t used, const struct sip_limits *limits)
{
	m->used = (uint16_t)used;
	return used < limits->fields ? sip__message_reserve(m, 1) : SIP_E_LIMIT;
}

static inline bool is_empty_line(const char *p, const char *end)
{
	return p < end && (*p == '\n' || (*p == '\r' && end - p > 1 && p[1] == '\n'));
}

/* What keeps a semicolon from being a parameter's; it opens only where the values of its type have it. */
enum inside { INSIDE_NOTHING, INSIDE_QUOTES, INSIDE_BRACKETS, INSIDE_COMMENT };

/* c stands behind `before`, the last that was no blank: '=', or ',' at the beginning of a value. */
static enum inside opens(enum sip_value_type type, char before, char c)
{
	bool is_address = type == SIP_VALUE_NAME_ADDR || type == SIP_VALUE_CONTACT;
	if (c == '"')
		return before == '=' || before == ',' || type == SIP_VALUE_WARNING ? INSIDE_QUOTES : INSIDE_NOTHING;
	if (c == '<')
		return before == '=' || is_address ? INSIDE_BRACKETS : INSIDE_NOTHING;
	return c == '(' && (type == SIP_VALUE_NUMBER || type == SIP_VALUE_VIA) ? INSIDE_COMMENT : INSIDE_NOTHING;
}

/* p stands where it was opened; gives where it closes, or the end. */
static const char *skip_inside(enum inside what, const char *p, const char *end)
{
	unsigned depth = 0;
	for (; ++p < end;) {
		if (*p == '\\' && what != INSIDE_BRACKETS)
			p++;
		else if (what == INSIDE_COMMENT && *p == '(')
			depth++;
		else if (what == INSIDE_COMMENT && *p == ')' && depth > 0)
			depth--;
		else if (*p == (what == INSIDE_QUOTES ? '"' : what == INSIDE_BRACKETS ? '>' : ')'))
			return p;
	}
	return end;
}

/* Of one value of the list; credentials have theirs between commas. */
static bool has_more_params(enum sip_value_type type, struct sip_str list, unsigned most)
{
	bool has_commas = type == SIP_VALUE_AUTH || type == SIP_VALUE_AUTH_PARAMS;
	const char *end = list.p + list.len;
	unsigned params = has_commas;
	char before = ',';
	for (const char *p = list.p; p < end && params <= most; p++) {
		enum inside what = opens(type, before, *p);
		if (what != INSIDE_NOTHING)
			p = skip_inside(what, p, end);
		else if (*p == ',')
			params = has_commas ? params + 1 : 0;
		else if (*p == ';' && !has_commas)
			params++;
		if (p < end && !sip__is_blank(*p))
			before = *p;
	}
	return params > most;
}

/* Some line is longer than what has few parameters must be. */
static __attribute__((noinline, cold)) void count_params(struct sip_message *m, unsigned most)
{
	for (size_t i = 0; i < m->used; i++) {
		const struct sip__field *f = &m->fields[i];
		if (f->value_len <= most || f->id == SIP_HEADER_UNKNOWN)
			continue;
		enum sip_value_type type = sip_header_rows[f->id].type;
		if (type != SIP_VALUE_TEXT && has_more_params(type, sip_str_make(f->line + f->value_at, f->value_len), most))
			sip__refuse(m, SIP_REFUSAL_PARAMS);
	}
}

static bool is_too_long(size_t len, const struct sip_limits *limits)
{
	return len > limits->line || len > SIP__LINE_MAX;
}

/* What is no longer than this is neither too long nor has too many parameters: ";a" each. */
static size_t harmless_length(const struct sip_limits *limits)
{
	size_t line = limits->line < SIP__LINE_MAX ? limits->line : SIP__LINE_MAX;
	size_t few = 2 * (size_t)limits->params;
	return few < line ? few : line;
}

static inline __attribute__((always_inline)) enum sip_err
index_fields(struct eyes eyes, struct sip_message *m, const char *p, const char *end, const struct sip_limits *limits)
{
	size_t harmless = harmless_length(limits);
	size_t at = 0, room = m->room < limits->fields ? m->room : limits->fields;
	const char *stop = is_empty_line(p, end) ? p : end;
	struct sip__field *f = m->fields;
	enum sip_err err = SIP_OK;
	bool has_long = false;
	for (; SIP_LIKELY(p < stop); at++, f++) {
		if (SIP_UNLIKELY(at == room)) {
			err = make_room(m, at, limits);
			if (err != SIP_OK)
				break;
			room = m->room < limits->fields ? m->room : limits->fields;
			f = m->fields + at;
		}
		const char *next = read_line(eyes, m, f, p, end);
		if (SIP_UNLIKELY(!is_above_blank(*next))) {
			/* The line goes on, the header ends, or nothing is there. */
			if (next < end && sip__is_blank(*next))
				next = read_odd_line(m, f, p, end);
			stop = is_empty_line(next, end) ? next : end;
		}
		if (SIP_UNLIKELY((size_t)(next - p) > harmless)) {
			has_long = true;
			if (is_too_long((size_t)(next - p), limits)) {
				err = SIP_E_LIMIT;
				break;
			}
		}
		link_field(m, f, (unsigned)at);
		p = next;
	}
	end_fields(m, at);
	if (SIP_UNLIKELY(has_long))
		count_params(m, limits->params);
	if (SIP_LIKELY(err == SIP_OK))
		end_header(m, p, end);
	return err;
}

/* ---- the ways, from narrow to wide ---- */

/* The place of the first c in n bytes, a multiple of eight, as a bit; 0: there is none. */
static inline uint64_t first_portable(const char *p, unsigned n, char c)
{
	const uint64_t ones = 0x0101010101010101u;
	for (unsigned i = 0; i < n; i += 8) {
		uint64_t x;
		memcpy(&x, p + i, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		x = __builtin_bswap64(x);
#endif
		x ^= ones * (unsigned char)c;
		/* The high bit of every byte that is zero; above the lowest of them there may be more. */
		uint64_t found = (x - ones) & ~x & (ones << 7);
		if (found)
			return UINT64_C(1) << (i + (unsigned)__builtin_ctzll(found) / 8);
	}
	return 0;
}

static inline uint64_t ends_portable(const char *p)
{
	return first_portable(p, BLOCK, '\n');
}

static inline uint32_t colons_portable(const char *p)
{
	return (uint32_t)first_portable(p, NAME_BLOCK, ':');
}

static inline bool is_name_portable(const char *p, const char *name, uint32_t colons)
{
	return memcmp(p, name, (size_t)__builtin_ctz(colons) + 1) == 0;
}

static enum sip_err index_portable(struct sip_message *m, const char *p, const char *end,
				   const struct sip_limits *limits)
{
	return index_fields((struct eyes){ ends_portable, colons_portable, is_name_portable }, m, p, end, limits);
}

#ifdef SIP__X86
__attribute__((target("sse2"))) static inline uint32_t mask16(const char *p, char c)
{
	__m128i block = _mm_loadu_si128((const void *)p);
	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8(c)));
}

__attribute__((target("sse2"))) static inline uint32_t mask_sse2(const char *p, char c)
{
	return mask16(p, c) | mask16(p + 16, c) << 16;
}

__attribute__((target("sse2"))) static inline uint64_t ends_sse2(const char *p)
{
	return mask_sse2(p, '\n') | (uint64_t)mask_sse2(p + 32, '\n') << 32;
}

__attribute__((target("sse2"))) static inline uint32_t colons_sse2(const char *p)
{
	return mask_sse2(p, ':');
}

/* The bits of `same` up to the lowest of `colons` are all set; those above it are of bytes that may be nobody's, and not asked. */
static inline __attribute__((always_inline)) bool is_same_up_to(uint32_t colons, uint32_t same)
{
	return __builtin_ctzll(~(uint64_t)same) > __builtin_ctz(colons);
}

__attribute__((target("sse2"))) static inline uint32_t same16(const char *p, const char *q)
{
	__m128i a = _mm_loadu_si128((const void *)p), b = _mm_loadu_si128((const void *)q);
	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b));
}

__attribute__((target("sse2"))) static inline bool is_name_sse2(const char *p, const char *name, uint32_t colons)
{
	return is_same_up_to(colons, same16(p, name) | same16(p + 16, name + 16) << 16);
}

__attribute__((target("sse2"))) static enum sip_err index_sse2(struct sip_message *m, const char *p, const char *end,
							       const struct sip_limits *limits)
{
	return index_fields((struct eyes){ ends_sse2, colons_sse2, is_name_sse2 }, m, p, end, limits);
}

__attribute__((target("avx2,bmi"))) static inline uint32_t mask_avx2(const char *p, char c)
{
	__m256i block = _mm256_loadu_si256((const void *)p);
	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(block, _mm256_set1_epi8(c)));
}

__attribute__((target("avx2,bmi"))) static inline uint64_t ends_avx2(const char *p)
{
	return mask_avx2(p, '\n') | (uint64_t)mask_avx2(p + 32, '\n') << 32;
}

__attribute__((target("avx2,bmi"))) static inline uint32_t colons_avx2(const char *p)
{
	return mask_avx2(p, ':');
}

__attribute__((target("avx2,bmi"))) static inline bool is_name_avx2(const char *p, const char *name, uint32_t colons)
{
	__m256i a = _mm256_loadu_si256((const void *)p), b = _mm256_loadu_si256((const void *)name);
	return is_same_up_to(colons, (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, b)));
}

__attribute__((target("avx2,bmi"))) static enum sip_err index_avx2(struct sip_message *m, const char *p,
								   const char *end, const struct sip_limits *limits)
{
	return index_fields((struct eyes){ ends_avx2, colons_avx2, is_name_avx2 }, m, p, end, limits);
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}
#endif

size_t sip__index_ways(const sip__index_fn **ways)
{
	static const sip__index_fn all[] = {
		index_portable,
#ifdef SIP__X86
		index_sse2,
		index_avx2,
#endif
	};
	*ways = all;
#ifdef SIP__X86
	return has_avx2() ? 3 : 2;
#else
	return 1;
#endif
}

/* ---- the start line ---- */

static inline __attribute__((always_inline)) enum sip_err
index_start(struct sip_message *m, const char *p, size_t len, const struct sip_limits *limits)
{
	const char *lf = memchr(p, '\n', len);
	if (!lf)
		return SIP_E_SYNTAX;
	m->start = sip_str_make(p, (size_t)(lf + 1 - p));
	if (m->start.len > limits->line)
		return SIP_E_LIMIT;
	struct sip_str line = sip_str_make(p, (size_t)(lf - p));
	bool is_untidy = !line.len || line.p[line.len - 1] != '\r';
	line.len -= !is_untidy;
	struct sip_start_line read = { .is_request = false };
	enum sip_err err = sip__start_line_read(line, &read, &is_untidy);
	m->is_start_edited = is_untidy;
	m->is_uneven |= is_untidy;
	if (err != SIP_OK)
		return err;
	m->version = read.version;
	m->is_request = read.is_request;
	if (!read.is_request) {
		m->status = (uint16_t)read.status;
		m->reason = read.reason;
		return SIP_OK;
	}
	m->method_text = read.method;
	m->uri_text = read.uri;
	m->method = (uint8_t)sip_method_find(read.method);
	return SIP_OK;
}

enum sip_err sip__message_index_by(sip__index_fn fn, struct sip_message *m, const char *p, size_t len,
				   const struct sip_limits *limits)
{
	size_t most = len < limits->header ? len : limits->header;
	enum sip_err err = index_start(m, p, most, limits);
	if (err != SIP_OK)
		return err;
	err = fn(m, m->start.p + m->start.len, p + len, limits);
	if (err == SIP_OK && (size_t)(m->header_end - p) > limits->header)
		err = SIP_E_LIMIT;
	return err;
}

enum sip_err sip__message_index(struct sip_message *m, const char *p, size_t len, const struct sip_limits *limits)
{
#ifdef SIP__X86
	return sip__message_index_by(has_avx2() ? index_avx2 : index_sse2, m, p, len, limits);
#else
	return sip__message_index_by(index_portable, m, p, len, limits);
#endif
}
