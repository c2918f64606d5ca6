/* The input cursor and the character classes of RFC 3261 25.1. No state, any thread. */
#include "stack/base/scan.h"

#include "stack/base/check.h"

#ifdef __SSE2__
#include <emmintrin.h>
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
/* Bit n: byte n is no letter, digit, "-" or ".". */
static unsigned other_than_text(const char *p)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i letters = _mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
	__m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('-'));
	__m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letters, _mm_set1_epi8('z' - 'a')), letters);
	__m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8('9' - '-')), digits);
	is_digit = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('/')), is_digit);
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(is_letter, is_digit)) ^ 0xffffu;
}

const char *sip_char_run_text(const char *p, const char *end, unsigned classes)
{
	while (end - p >= 16) {
		unsigned others = other_than_text(p);
		if (others == 0) {
			p += 16;
			continue;
		}
		p += __builtin_ctz(others);
		if (!sip_char_is(*p, classes))
			return p;
		p++;
	}
	return sip_char_run(p, end, classes);
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

/* The closing quote from p on, or NULL: a line end that is not folded cannot stand in a quoted string. */
static const char *find_quote(const char *p, const char *end)
{
	while (p < end && *p != '"') {
		if (*p == '\\') {
			if (end - p < 2 || p[1] == '\r' || p[1] == '\n')
				return NULL;
			p += 2;
		} else if (*p == '\r' || *p == '\n') {
			size_t fold = fold_len(p, end);
			if (fold == 0)
				return NULL;
			p += fold + 1;
		} else {
			p++;
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
