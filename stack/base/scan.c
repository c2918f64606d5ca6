/* The input cursor and the character classes of RFC 3261 25.1. No state, any thread. */
#include "stack/base/marks.h"

#include "stack/base/check.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif

/* alphanum is in every class but LWS; so are the marks in all that allow `unreserved`. */
#define ALNUM                                                                                                \
	(SIP_CC_TOKEN | SIP_CC_WORD | SIP_CC_HOST | SIP_CC_USER | SIP_CC_PARAM | SIP_CC_HEADER | SIP_CC_PASSWORD | \
	 SIP_CC_SCHEME)
#define UNRESERVED (SIP_CC_USER | SIP_CC_PARAM | SIP_CC_HEADER | SIP_CC_PASSWORD)
#define TOKEN (SIP_CC_TOKEN | SIP_CC_WORD)
#define WORD SIP_CC_WORD

const uint16_t sip_char_table[256] = {
	['0' ... '9'] = ALNUM | SIP_CC_DIGIT | SIP_CC_HEX,
	['A' ... 'F'] = ALNUM | SIP_CC_ALPHA | SIP_CC_HEX,
	['G' ... 'Z'] = ALNUM | SIP_CC_ALPHA,
	['a' ... 'f'] = ALNUM | SIP_CC_ALPHA | SIP_CC_HEX,
	['g' ... 'z'] = ALNUM | SIP_CC_ALPHA,
	['-'] = TOKEN | UNRESERVED | SIP_CC_HOST | SIP_CC_SCHEME,
	['.'] = TOKEN | UNRESERVED | SIP_CC_HOST | SIP_CC_SCHEME,
	['_'] = TOKEN | UNRESERVED | SIP_CC_HOST,
	['!'] = TOKEN | UNRESERVED,
	['~'] = TOKEN | UNRESERVED,
	['*'] = TOKEN | UNRESERVED,
	['\''] = TOKEN | UNRESERVED,
	['('] = WORD | UNRESERVED,
	[')'] = WORD | UNRESERVED,
	['%'] = TOKEN,
	['`'] = TOKEN,
	['+'] = TOKEN | SIP_CC_USER | SIP_CC_PARAM | SIP_CC_HEADER | SIP_CC_PASSWORD | SIP_CC_SCHEME,
	['#'] = SIP_CC_HASH,
	['$'] = SIP_CC_USER | SIP_CC_PARAM | SIP_CC_HEADER | SIP_CC_PASSWORD,
	['&'] = SIP_CC_USER | SIP_CC_PARAM | SIP_CC_PASSWORD,
	['='] = SIP_CC_USER | SIP_CC_PASSWORD,
	[','] = SIP_CC_USER | SIP_CC_PASSWORD,
	[';'] = SIP_CC_USER,
	['?'] = WORD | SIP_CC_USER | SIP_CC_HEADER,
	['/'] = WORD | SIP_CC_USER | SIP_CC_PARAM | SIP_CC_HEADER,
	[':'] = WORD | SIP_CC_PARAM | SIP_CC_HEADER,
	['['] = WORD | SIP_CC_PARAM | SIP_CC_HEADER,
	[']'] = WORD | SIP_CC_PARAM | SIP_CC_HEADER,
	['<'] = WORD,
	['>'] = WORD,
	['\\'] = WORD,
	['"'] = WORD,
	['{'] = WORD,
	['}'] = WORD,
	[' '] = SIP_CC_LWS,
	['\t'] = SIP_CC_LWS,
	['\r'] = SIP_CC_LWS,
	['\n'] = SIP_CC_LWS,
};

#ifdef __SSE2__
/* Bit n: byte n is no letter, digit, "-" or ".". A range of bytes is moved to the top of the signed ones to be compared. */
static inline unsigned other_than_text(__m128i bytes)
{
	__m128i letters = _mm_add_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8(0x7f - 'z'));
	__m128i digits = _mm_add_epi8(bytes, _mm_set1_epi8(0x7f - '9'));
	__m128i is_letter = _mm_cmpgt_epi8(letters, _mm_set1_epi8(0x7f - 'z' + 'a' - 1));
	__m128i is_digit = _mm_cmpgt_epi8(digits, _mm_set1_epi8(0x7f - '9' + '-' - 1));
	is_digit = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('/')), is_digit);
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(is_letter, is_digit)) ^ 0xffffu;
}

/* Eight to fifteen bytes, as the first eight and the last. */
static const char *run_short_text(const char *p, const char *end, unsigned classes)
{
	__m128i first = _mm_loadl_epi64((const void *)p), last = _mm_loadl_epi64((const void *)(end - 8));
	unsigned others = other_than_text(_mm_unpacklo_epi64(first, last));
	if (others == 0)
		return end;
	unsigned at = (unsigned)__builtin_ctz(others);
	p = at < 8 ? p + at : end - 16 + at;
	return sip_char_is(*p, classes) ? sip_char_run(p + 1, end, classes) : p;
}

/* Sixteen at a time; the last step may read bytes of the step before again: cheaper than a loop over the rest. */
static __attribute__((noinline)) const char *run_long_text(const char *p, const char *end, unsigned classes)
{
	const char *last = end - 16;
	while (p <= last) {
		unsigned others = other_than_text(_mm_loadu_si128((const void *)p));
		if (others != 0) {
			p += __builtin_ctz(others);
			if (!sip_char_is(*p, classes))
				return p;
			p++;
			continue;
		}
		if (p == last)
			return end;
		p = last - p > 16 ? p + 16 : last;
	}
	return sip_char_run(p, end, classes);
}

/* Most end in the first sixteen, for which a loop would be set up in vain. */
const char *sip_char_run_text(const char *p, const char *end, unsigned classes)
{
	if (end - p < 16)
		return end - p < 8 ? sip_char_run(p, end, classes) : run_short_text(p, end, classes);
	unsigned others = other_than_text(_mm_loadu_si128((const void *)p));
	if (others == 0)
		return p + 16 == end ? end : run_long_text(end - p > 32 ? p + 16 : end - 16, end, classes);
	p += __builtin_ctz(others);
	return sip_char_is(*p, classes) ? run_long_text(p + 1, end, classes) : p;
}

/* ---- marks ---- */

static inline uint64_t marks_at(const char *p)
{
	return other_than_text(_mm_loadu_si128((const void *)p));
}

/* Sixteen bytes or more; the last step looks at some of the step before again. */
static uint64_t marks_sse2(const char *p, const char *end)
{
	size_t n = (size_t)(end - p);
	uint64_t marks = marks_at(p);
	if (n > 32)
		marks |= marks_at(p + 16) << 16;
	if (n > 48)
		marks |= marks_at(p + 32) << 32;
	if (n < SIP__MARKS_WINDOW)
		return marks | marks_at(end - 16) << (n - 16) | UINT64_C(1) << n;
	return marks | marks_at(p + 48) << 48;
}

/*
 * By the two halves of a byte: what has a bit in both rows is text. One row is by the low half (of bytes from 0x80 on, nothing), one
 * by the high half: "-" and "." have 1, digits 2, the letters from A and a on 4, those from P and p on 8.
 */
#define BY_LOW_HALF 10, 14, 14, 14, 14, 14, 14, 14, 14, 14, 12, 4, 4, 5, 5, 4
#define BY_HIGH_HALF 0, 0, 1, 2, 4, 8, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0

__attribute__((target("avx2"))) static inline uint64_t marks_at_16(const char *p)
{
	__m128i bytes = _mm_loadu_si128((const void *)p);
	__m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(15));
	__m128i text = _mm_and_si128(_mm_shuffle_epi8(_mm_setr_epi8(BY_LOW_HALF), bytes),
				     _mm_shuffle_epi8(_mm_setr_epi8(BY_HIGH_HALF), high));
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_setzero_si128()));
}

__attribute__((target("avx2"))) static inline uint64_t marks_at_32(const char *p)
{
	__m256i bytes = _mm256_loadu_si256((const void *)p);
	__m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
	__m256i text = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_setr_epi8(BY_LOW_HALF, BY_LOW_HALF), bytes),
					_mm256_shuffle_epi8(_mm256_setr_epi8(BY_HIGH_HALF, BY_HIGH_HALF), high));
	return (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(text, _mm256_setzero_si256()));
}

__attribute__((target("avx2"))) static uint64_t marks_avx2(const char *p, const char *end)
{
	size_t n = (size_t)(end - p);
	if (n >= SIP__MARKS_WINDOW)
		return marks_at_32(p) | marks_at_32(p + 32) << 32;
	if (n >= 32)
		return marks_at_32(p) | marks_at_32(end - 32) << (n - 32) | UINT64_C(1) << n;
	return marks_at_16(p) | marks_at_16(end - 16) << (n - 16) | UINT64_C(1) << n;
}

static inline bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

size_t sip__marks_ways(const sip__marks_fn **ways)
{
	static const sip__marks_fn all[] = { marks_sse2, marks_avx2 };
	*ways = all;
	return has_avx2() ? 2 : 1;
}

static uint64_t marks_of_few(const char *p, size_t n)
{
	uint64_t marks = UINT64_C(1) << n;
	for (size_t i = 0; i < n; i++)
		marks |= (uint64_t)(!sip_char_is(p[i], SIP_CC_HOST) || p[i] == '_') << i;
	return marks;
}

uint64_t sip__marks_first(const char *p, const char *end)
{
	size_t n = (size_t)(end - p);
	if (SIP_LIKELY(n >= 16))
		return has_avx2() ? marks_avx2(p, end) : marks_sse2(p, end);
	if (n < 8)
		return marks_of_few(p, n);
	__m128i first = _mm_loadl_epi64((const void *)p), last = _mm_loadl_epi64((const void *)(end - 8));
	uint64_t marks = other_than_text(_mm_unpacklo_epi64(first, last));
	return (marks & 0xff) | marks >> 8 << (n - 8) | UINT64_C(1) << n;
}

uint64_t sip__marks_later(const char *p, const char *end)
{
	size_t n = (size_t)(end - p);
	if (n >= 16)
		return has_avx2() ? marks_avx2(p, end) : marks_sse2(p, end);
	return marks_at(end - 16) >> (16 - n) | UINT64_C(1) << n;
}
#else
const char *sip_char_run_text(const char *p, const char *end, unsigned classes)
{
	return sip_char_run(p, end, classes);
}
#endif

void sip_scan_init(struct sip_scan *s, struct sip_str input)
{
	s->start = input.p ? input.p : "";
	s->p = s->start;
	s->end = s->start + input.len;
	s->err = SIP_OK;
	s->err_at = 0;
}

bool sip_scan_fail(struct sip_scan *s, enum sip_err err)
{
	if (s->err == SIP_OK) {
		s->err = err;
		s->err_at = (size_t)(s->p - s->start);
	}
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The length of a line end at p that a blank follows (RFC 3261 25.1 LWS), or 0. */
static size_t fold_len(const char *p, const char *end)
{
	size_t n = 0;
	if (p < end && *p == '\r')
		n++;
	if (p + n < end && p[n] == '\n')
		n++;
	return n > 0 && p + n < end && is_blank(p[n]) ? n : 0;
}

static void skip_lws(struct sip_scan *s)
{
	while (s->p < s->end) {
		size_t fold;
		if (is_blank(*s->p))
			s->p++;
		else if ((*s->p == '\r' || *s->p == '\n') && (fold = fold_len(s->p, s->end)) > 0)
			s->p += fold + 1;
		else
			return;
	}
}

void sip_scan_lws(struct sip_scan *s)
{
	if (s->err == SIP_OK)
		skip_lws(s);
}

bool sip_scan_accept(struct sip_scan *s, char c)
{
	if (sip_scan_is_end(s) || *s->p != c)
		return false;
	s->p++;
	return true;
}

bool sip_scan_accept_sep(struct sip_scan *s, char c)
{
	sip_scan_lws(s);
	if (!sip_scan_accept(s, c))
		return false;
	skip_lws(s);
	return true;
}

bool sip_scan_expect(struct sip_scan *s, char c)
{
	return sip_scan_accept(s, c) || sip_scan_fail(s, SIP_E_SYNTAX);
}

struct sip_str sip_scan_run0(struct sip_scan *s, unsigned classes)
{
	const char *from = s->p;
	const char *p = from;
	if (s->err != SIP_OK)
		return sip_str_make(from, 0);
	while (p < s->end && sip_char_is(*p, classes))
		p++;
	s->p = p;
	return sip_str_make(from, (size_t)(p - from));
}

struct sip_str sip_scan_run(struct sip_scan *s, unsigned classes)
{
	struct sip_str run = sip_scan_run0(s, classes);
	if (run.len == 0)
		sip_scan_fail(s, SIP_E_SYNTAX);
	return run;
}

struct sip_str sip_scan_token(struct sip_scan *s)
{
	return sip_scan_run(s, SIP_CC_TOKEN);
}

#ifdef __SSE2__
/* Bit n: byte n means something in a quoted string. */
static inline unsigned marks_of(__m128i bytes)
{
	__m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), escapes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
	__m128i returns = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r')), ends = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n'));
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, escapes), _mm_or_si128(returns, ends)));
}
#endif

/* The first quote, backslash or line end from p on, or the end. */
static inline const char *find_mark(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		unsigned marks = marks_of(_mm_loadu_si128((const void *)p));
		if (marks)
			return p + __builtin_ctz(marks);
	}
#endif
	while (p < end && *p != '"' && *p != '\\' && *p != '\r' && *p != '\n')
		p++;
	return p;
}

/* The closing quote from p on, or NULL: a line end that is not folded cannot stand in a quoted string. */
static const char *find_quote(const char *p, const char *end)
{
	while ((p = find_mark(p, end)) < end && *p != '"') {
		if (*p == '\\') {
			if (end - p < 2 || p[1] == '\r' || p[1] == '\n')
				return NULL;
			p += 2;
		} else {
			size_t fold = fold_len(p, end);
			if (fold == 0)
				return NULL;
			p += fold + 1;
		}
	}
	return p < end ? p : NULL;
}

struct sip_str sip_scan_quoted(struct sip_scan *s)
{
	struct sip_str none = sip_str_make(s->p, 0);
	if (!sip_scan_expect(s, '"'))
		return none;
	const char *close = find_quote(s->p, s->end);
	if (!close) {
		s->p--;
		sip_scan_fail(s, SIP_E_SYNTAX);
		return none;
	}
	struct sip_str inside = sip_str_make(s->p, (size_t)(close - s->p));
	s->p = close + 1;
	return inside;
}

uint64_t sip_scan_number(struct sip_scan *s, uint64_t max)
{
	uint64_t value = 0;
	const char *from = s->p;
	struct sip_str digits = sip_scan_run(s, SIP_CC_DIGIT);
	if (s->err != SIP_OK)
		return 0;
	enum sip_err err = sip_str_to_u64(digits, max, &value);
	if (err != SIP_OK) {
		s->p = from;
		sip_scan_fail(s, err);
		return 0;
	}
	return value;
}

struct sip_str sip_scan_until(struct sip_scan *s, char c)
{
	const char *from = s->p;
	if (s->err != SIP_OK)
		return sip_str_make(from, 0);
	size_t n = sip_str_find(sip_str_make(from, (size_t)(s->end - from)), c);
	s->p = from + n;
	return sip_str_make(from, n);
}

bool sip_scan_finish(struct sip_scan *s)
{
	sip_scan_lws(s);
	if (s->err == SIP_OK && s->p < s->end)
		sip_scan_fail(s, SIP_E_SYNTAX);
	return s->err == SIP_OK;
}
