/*
 * The one pass over a header: start line, and of every field line its id, name and value. Blocks
 * of 32 bytes are compared at once, by the widest registers there are. Nothing is copied, nothing
 * is looked into (RFC 3261 7, 7.3.1).
 */
#include "stack/message/message_priv.h"

#if defined(__x86_64__) || defined(__i386__)
#define SIP__X86 1
#include <immintrin.h>
#endif

#define BLOCK 32

/* Bit n is set when p[n] is c. All BLOCK bytes may be read. */
typedef uint32_t (*mask_fn)(const char *p, char c);

struct line {
	const char *colon; /* NULL: none */
	const char *value;
	const char *value_end;
	const char *next;  /* behind the line end */
	bool is_uneven;
};

static inline __attribute__((always_inline)) uint32_t mask_at(mask_fn mask, const char *p, const char *end, char c)
{
	uint32_t bits = mask(p, c);
	if (SIP_UNLIKELY(end - p < BLOCK))
		bits &= (1u << (end - p)) - 1;
	return bits;
}

/* The first c in [p, end), or end. */
static inline __attribute__((always_inline)) const char *find(mask_fn mask, const char *p, const char *end, char c)
{
	for (; p < end; p += BLOCK) {
		uint32_t bits = mask_at(mask, p, end, c);
		if (bits)
			return p + __builtin_ctz(bits);
	}
	return end;
}

/* A fold is white space (RFC 3261 25.1 LWS): the line goes on with the next one. Values then may begin and end in it. */
static __attribute__((noinline)) void unfold(struct line *l, const char *end)
{
	const char *next = l->next;
	while (next < end && sip__is_blank(*next)) {
		const char *lf = memchr(next, '\n', (size_t)(end - next));
		if (!lf)
			l->is_uneven = true;
		else if (lf[-1] != '\r')
			l->is_uneven = true;
		next = lf ? lf + 1 : end;
	}
	l->next = next;
	struct sip_str value = sip_str_trim(sip_str_make(l->value, (size_t)(next - l->value)));
	l->value = value.p;
	l->value_end = value.p + value.len;
}

/* What stands in the line at p < end. */
static inline __attribute__((always_inline)) void read_line(mask_fn mask, const char *p, const char *end, struct line *l)
{
	uint32_t colons = mask_at(mask, p, end, ':');
	uint32_t ends = mask_at(mask, p, end, '\n');
	const char *lf = ends ? p + __builtin_ctz(ends) : find(mask, p + BLOCK, end, '\n');
	const char *colon = colons ? p + __builtin_ctz(colons) : find(mask, p + BLOCK, lf, ':');
	if (lf > end)
		lf = end;
	const char *e = lf;
	l->next = lf < end ? lf + 1 : end;
	l->is_uneven = true;
	if (SIP_LIKELY(e > p && lf < end && e[-1] == '\r')) {
		l->is_uneven = false;
		e--;
	}
	l->colon = colon < e ? colon : NULL;
	const char *v = l->colon ? colon + 1 : e;
	while (v < e && sip__is_blank(*v))
		v++;
	while (e > v && sip__is_blank(e[-1]))
		e--;
	l->value = v;
	l->value_end = e;
	if (SIP_UNLIKELY(l->next < end && sip__is_blank(*l->next)))
		unfold(l, end);
}

/* A line that is no field: kept as it is, so that it can be answered. */
static __attribute__((noinline)) void set_broken(struct sip_message *m, struct sip__field *f, const struct line *l)
{
	struct sip_str text = sip_str_trim(sip_str_make(f->line, (size_t)(l->next - f->line)));
	size_t at = (size_t)(text.p - f->line) + text.len;
	f->name_len = (uint16_t)at;
	f->value_at = (uint16_t)at;
	f->value_len = 0;
	f->tail = (uint16_t)((size_t)(l->next - f->line) - at);
	f->flags |= SIP__FIELD_BROKEN;
	m->has_broken_line = true;
}

static inline __attribute__((always_inline)) void add_line(struct sip_message *m, const char *p, const struct line *l)
{
	struct sip_str name = sip_str_make(p, l->colon ? (size_t)(l->colon - p) : 0);
	while (SIP_UNLIKELY(name.len && sip__is_blank(name.p[name.len - 1])))
		name.len--;
	unsigned id = sip_header_find(name);
	uint16_t before = m->last[id];
	struct sip__field *f = sip__message_append(m, id);
	f->line = p;
	f->name_len = (uint16_t)name.len;
	f->value_at = (uint16_t)(l->value - p);
	f->value_len = (uint32_t)(l->value_end - l->value);
	f->tail = (uint16_t)(l->next - l->value_end);
	f->flags = 0;
	if (SIP_UNLIKELY(l->is_uneven)) {
		f->flags = SIP__FIELD_UNEVEN;
		m->is_uneven = true;
	}
	if (SIP_UNLIKELY(id == SIP_HEADER_UNKNOWN)) {
		if (!sip__is_token(name))
			set_broken(m, f, l);
	} else if (SIP_UNLIKELY(before != SIP__NONE) && sip_header_rows[id].multiplicity == SIP_ONE) {
		m->duplicate = m->duplicate == SIP_HEADER_UNKNOWN ? (uint8_t)id : m->duplicate;
	}
}

static inline __attribute__((always_inline)) enum sip_err index_fields(mask_fn mask, struct sip_message *m, const char *p,
								       const char *end, const struct sip_limits *limits)
{
	size_t longest = limits->line < SIP__LINE_MAX ? limits->line : SIP__LINE_MAX;
	for (;;) {
		if (p >= end) {
			m->is_uneven = true;
			m->header_end = p;
			m->body = sip_str_make(p, 0);
			return SIP_OK;
		}
		if (*p == '\n' || (*p == '\r' && end - p > 1 && p[1] == '\n')) {
			m->header_end = p;
			m->is_uneven |= *p == '\n';
			m->has_end = true;
			p += *p == '\n' ? 1 : 2;
			m->body = sip_str_make(p, (size_t)(end - p));
			return SIP_OK;
		}
		struct line l;
		read_line(mask, p, end, &l);
		if (SIP_UNLIKELY((size_t)(l.next - p) > longest || m->used >= limits->fields))
			return SIP_E_LIMIT;
		if (SIP_UNLIKELY(m->used == m->room)) {
			enum sip_err err = sip__message_reserve(m, 1);
			if (err != SIP_OK)
				return err;
		}
		add_line(m, p, &l);
		p = l.next;
	}
}

/* ---- the ways, from narrow to wide ---- */

/* High bit of every byte that is zero, and of no other. */
static inline uint64_t zero_bytes(uint64_t x)
{
	const uint64_t low7 = 0x7f7f7f7f7f7f7f7fu;
	return ~(((x & low7) + low7) | x | low7);
}

static inline uint32_t mask_portable(const char *p, char c)
{
	uint64_t pattern = 0x0101010101010101u * (unsigned char)c;
	uint32_t bits = 0;
	for (unsigned i = 0; i < BLOCK / 8; i++) {
		uint64_t x;
		memcpy(&x, p + i * 8, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		x = __builtin_bswap64(x);
#endif
		uint64_t found = zero_bytes(x ^ pattern) >> 7;
		bits |= (uint32_t)((found * 0x0102040810204080u) >> 56) << (i * 8);
	}
	return bits;
}

static enum sip_err index_portable(struct sip_message *m, const char *p, const char *end, const struct sip_limits *limits)
{
	return index_fields(mask_portable, m, p, end, limits);
}

#ifdef SIP__X86
__attribute__((target("sse2"))) static inline uint32_t mask_sse2(const char *p, char c)
{
	__m128i pattern = _mm_set1_epi8(c);
	__m128i low = _mm_loadu_si128((const void *)p);
	__m128i high = _mm_loadu_si128((const void *)(p + 16));
	uint32_t a = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(low, pattern));
	uint32_t b = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(high, pattern));
	return a | b << 16;
}

__attribute__((target("sse2"))) static enum sip_err index_sse2(struct sip_message *m, const char *p, const char *end,
							       const struct sip_limits *limits)
{
	return index_fields(mask_sse2, m, p, end, limits);
}

__attribute__((target("avx2,bmi"))) static inline uint32_t mask_avx2(const char *p, char c)
{
	__m256i block = _mm256_loadu_si256((const void *)p);
	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(block, _mm256_set1_epi8(c)));
}

__attribute__((target("avx2,bmi"))) static enum sip_err index_avx2(struct sip_message *m, const char *p, const char *end,
								   const struct sip_limits *limits)
{
	return index_fields(mask_avx2, m, p, end, limits);
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

static enum sip_err read_status_line(struct sip_message *m, struct sip_str line, size_t version_len)
{
	const char *p = line.p + version_len, *end = line.p + line.len;
	m->version = sip_str_make(line.p, version_len);
	while (p < end && sip__is_blank(*p))
		p++;
	unsigned status = 0, digits = 0;
	for (; p < end && *p >= '0' && *p <= '9'; p++, digits++)
		status = status < 10000 ? status * 10 + (unsigned)(*p - '0') : status;
	if (digits == 0 || (p < end && !sip__is_blank(*p)))
		return SIP_E_SYNTAX;
	/* Two digits or four are representable; nothing below or above three is a status (7.2). */
	m->status = (uint16_t)(digits == 3 ? status : digits < 3 ? 1 : 9999);
	if (p < end)
		p++;
	m->reason = sip_str_make(p, (size_t)(end - p));
	return SIP_OK;
}

static bool is_version(struct sip_str s)
{
	return s.len >= 4 && (s.p[0] | 0x20) == 's' && (s.p[1] | 0x20) == 'i' && (s.p[2] | 0x20) == 'p' && s.p[3] == '/';
}

static enum sip_err read_request_line(struct sip_message *m, struct sip_str line, bool *is_untidy)
{
	while (SIP_UNLIKELY(line.len && sip__is_blank(line.p[line.len - 1]))) {
		*is_untidy = true;
		line.len--;
	}
	const char *end = line.p + line.len;
	const char *sp = memchr(line.p, ' ', line.len);
	if (!sp || sp == line.p)
		return SIP_E_SYNTAX;
	const char *v = end - line.p > 8 && end[-8] == ' ' ? end - 7 : end;
	while (v == end || (v > sp && v[-1] != ' '))
		v--;
	if (v <= sp + 1 || !is_version(sip_str_make(v, (size_t)(end - v))))
		return SIP_E_SYNTAX;
	m->is_request = true;
	m->method_text = sip_str_make(line.p, (size_t)(sp - line.p));
	m->version = sip_str_make(v, (size_t)(end - v));
	const char *u = sp + 1, *u_end = v - 1;
	while (u < u_end && sip__is_blank(*u))
		u++;
	while (u_end > u && sip__is_blank(u_end[-1]))
		u_end--;
	*is_untidy |= u != sp + 1 || u_end != v - 1;
	m->uri_text = sip_str_make(u, (size_t)(u_end - u));
	m->method = (uint8_t)sip_method_find(m->method_text);
	return SIP_OK;
}

static enum sip_err index_start(struct sip_message *m, const char *p, size_t len, const struct sip_limits *limits)
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
	enum sip_err err;
	const char *sp = is_version(line) ? memchr(line.p, ' ', line.len) : NULL;
	if (sp)
		err = read_status_line(m, line, (size_t)(sp - line.p));
	else
		err = read_request_line(m, line, &is_untidy);
	m->is_start_edited = is_untidy;
	m->is_uneven |= is_untidy;
	return err;
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
