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

static inline bool is_above_blank(char c)
{
	return (unsigned char)c > ' ';
}

/*
 * Whatever is not "Name: value" CRLF at once: further blanks, folds (white space, RFC 3261 25.1 LWS: the line goes on
 * with the next one), a bare LF, no LF at all, no colon. `lf` is where the first line ends.
 */
static __attribute__((noinline)) const char *read_odd_line(struct sip_message *m, struct sip__field *f, const char *p,
							   const char *lf, const char *end)
{
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
	f->name_len = colon ? (uint16_t)(colon - p) : 0;
	f->value_at = (uint16_t)(value.p - p);
	f->value_len = (uint32_t)value.len;
	f->tail = (uint16_t)(next - (value.p + value.len));
	f->flags = is_uneven ? SIP__FIELD_UNEVEN : 0;
	m->is_uneven |= is_uneven;
	return next;
}

/* What stands in the line at p < end goes into f; gives the next line. */
static inline __attribute__((always_inline)) const char *
read_line(mask_fn mask, struct sip_message *m, struct sip__field *f, const char *p, const char *end)
{
	uint32_t colons = mask_at(mask, p, end, ':');
	uint32_t ends = mask_at(mask, p, end, '\n');
	const char *lf = ends ? p + __builtin_ctz(ends) : find(mask, p + BLOCK, end, '\n');
	const char *colon = colons ? p + __builtin_ctz(colons) : end;
	if (SIP_UNLIKELY(colon >= lf || lf >= end - 1))
		return read_odd_line(m, f, p, lf, end);
	const char *v = colon + 1;
	v += *v == ' ';
	if (SIP_UNLIKELY(!is_above_blank(*v) || lf[-1] != '\r' || !is_above_blank(lf[-2]) || sip__is_blank(lf[1])))
		return read_odd_line(m, f, p, lf, end);
	f->line = p;
	f->name_len = (uint16_t)(colon - p);
	f->value_at = (uint16_t)(v - p);
	f->value_len = (uint32_t)(lf - 1 - v);
	f->tail = 2;
	f->flags = 0;
	return lf + 1;
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

/* No name is known by that: without the blanks before its colon it may be; else it must be a token. */
static __attribute__((noinline)) unsigned find_again(struct sip_message *m, struct sip__field *f)
{
	unsigned id = SIP_HEADER_UNKNOWN;
	if (f->name_len && sip__is_blank(f->line[f->name_len - 1])) {
		while (f->name_len && sip__is_blank(f->line[f->name_len - 1]))
			f->name_len--;
		id = sip_header_find(sip_str_make(f->line, f->name_len));
	}
	if (id == SIP_HEADER_UNKNOWN && !sip__is_token(sip_str_make(f->line, f->name_len)))
		set_broken(m, f);
	return id;
}

/* Names the fields and links them: those of one header, and all in the order they stand in. */
static void link_fields(struct sip_message *m, unsigned used)
{
	m->used = (uint16_t)used;
	m->live = (uint16_t)used;
	for (unsigned at = 0; at < used; at++) {
		struct sip__field *f = &m->fields[at];
		unsigned id = sip_header_find(sip_str_make(f->line, f->name_len));
		if (SIP_UNLIKELY(id == SIP_HEADER_UNKNOWN))
			id = find_again(m, f);
		f->values = NULL;
		f->after = (uint16_t)(at + 1);
		f->same = SIP__NONE;
		f->id = (uint8_t)id;
		unsigned before = m->last[id];
		m->last[id] = (uint16_t)at;
		if (SIP_LIKELY(before == SIP__NONE)) {
			m->first[id] = (uint16_t)at;
			continue;
		}
		m->fields[before].same = (uint16_t)at;
		if (id != SIP_HEADER_UNKNOWN && sip_header_rows[id].multiplicity == SIP_ONE &&
		    m->duplicate == SIP_HEADER_UNKNOWN)
			m->duplicate = (uint8_t)id;
	}
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

/* Where the next field goes and where there is no room any more; LIMIT, NOMEM. */
static __attribute__((noinline)) enum sip_err make_room(struct sip_message *m, size_t used,
							const struct sip_limits *limits, struct sip__field **f,
							struct sip__field **stop)
{
	m->used = (uint16_t)used;
	enum sip_err err = used < limits->fields ? sip__message_reserve(m, 1) : SIP_E_LIMIT;
	*f = m->fields + used;
	*stop = m->fields + (m->room < limits->fields ? m->room : limits->fields);
	return err;
}

static inline __attribute__((always_inline)) enum sip_err
index_fields(mask_fn mask, struct sip_message *m, const char *p, const char *end, const struct sip_limits *limits)
{
	size_t longest = limits->line < SIP__LINE_MAX ? limits->line : SIP__LINE_MAX;
	struct sip__field *f = m->fields, *stop = f + (m->room < limits->fields ? m->room : limits->fields);
	enum sip_err err = SIP_OK;
	while (SIP_LIKELY(p < end)) {
		if (SIP_UNLIKELY(!is_above_blank(*p)) && (*p == '\n' || (*p == '\r' && end - p > 1 && p[1] == '\n')))
			break;
		if (SIP_UNLIKELY(f == stop)) {
			/* Copies, so that the two stay in registers while nothing is made. */
			struct sip__field *next, *last;
			err = make_room(m, (size_t)(f - m->fields), limits, &next, &last);
			f = next;
			stop = last;
			if (err != SIP_OK)
				break;
		}
		const char *next = read_line(mask, m, f, p, end);
		if (SIP_UNLIKELY((size_t)(next - p) > longest)) {
			err = SIP_E_LIMIT;
			break;
		}
		f++;
		p = next;
	}
	link_fields(m, (unsigned)(f - m->fields));
	if (SIP_LIKELY(err == SIP_OK))
		end_header(m, p, end);
	return err;
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

static enum sip_err index_portable(struct sip_message *m, const char *p, const char *end,
				   const struct sip_limits *limits)
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

__attribute__((target("avx2,bmi"))) static enum sip_err index_avx2(struct sip_message *m, const char *p,
								   const char *end, const struct sip_limits *limits)
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
	return s.len >= 4 && (s.p[0] | 0x20) == 's' && (s.p[1] | 0x20) == 'i' && (s.p[2] | 0x20) == 'p' &&
	       s.p[3] == '/';
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
