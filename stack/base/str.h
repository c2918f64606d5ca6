/* A borrowed slice of text: not terminated, not owned. Values: copy them freely. */
#ifndef STACK_BASE_STR_H
#define STACK_BASE_STR_H

#include "stack/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sip_str {
	const char *p; /* lent by whoever made the slice; may be NULL when len is 0 */
	size_t len;
};

/* For printf's "%.*s". */
#define SIP_STR_ARG(s) (int)(s).len, (s).p
/* A literal, in an initialiser and in an expression. */
#define SIP_STR_INIT(lit) { "" lit, sizeof(lit) - 1 }
#define SIP_STR(lit) sip_str_make("" lit, sizeof(lit) - 1)

static inline struct sip_str sip_str_make(const char *p, size_t len)
{
	struct sip_str s;
	s.p = p;
	s.len = len;
	return s;
}
/* From zero-terminated text; NULL gives the empty slice. */
static inline struct sip_str sip_str_of(const char *z)
{
	return sip_str_make(z, z ? strlen(z) : 0);
}
/* Behind its last byte; of one that is not there NULL, to which nothing may be added, not even 0. */
static inline const char *sip_str_end(struct sip_str s)
{
	return s.p ? s.p + s.len : NULL;
}
static inline bool sip_str_is_empty(struct sip_str s)
{
	return s.len == 0;
}
static inline bool sip_str_eq(struct sip_str a, struct sip_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}
/* From `from` on, clipped to what is there. */
static inline struct sip_str sip_str_from(struct sip_str s, size_t from)
{
	return from >= s.len ? sip_str_make(s.p, 0) : sip_str_make(s.p + from, s.len - from);
}

/* ASCII case folding, independent of locale. */
static inline char sip_char_lower(char c)
{
	return (c >= 'A' && c <= 'Z') ? (char)(c | 0x20) : c;
}
bool sip_str_eq_nocase(struct sip_str a, struct sip_str b);
/* Whether s is this word of small letters (and nothing but letters), in any case: for a handful of known names. */
#define SIP_STR_IS(s, lit) sip_str_is_word((s), "" lit, sizeof(lit) - 1)
static inline bool sip_str_is_word(struct sip_str s, const char *word, size_t n)
{
	uint32_t a, b, c, d;
	if (s.len != n)
		return false;
	if (n < 4) {
		return n == 0 || ((s.p[0] | 0x20) == word[0] && (s.p[n / 2] | 0x20) == word[n / 2] &&
				  (s.p[n - 1] | 0x20) == word[n - 1]);
	}
	for (size_t i = 4; i + 4 < n; i += 4) {
		memcpy(&a, s.p + i, 4);
		memcpy(&b, word + i, 4);
		if ((a | 0x20202020u) != b)
			return false;
	}
	memcpy(&a, s.p, 4);
	memcpy(&b, word, 4);
	memcpy(&c, s.p + n - 4, 4);
	memcpy(&d, word + n - 4, 4);
	return (a | 0x20202020u) == b && (c | 0x20202020u) == d;
}
/* <0, 0, >0 in order of lower-cased bytes, shorter first. */
int sip_str_cmp_nocase(struct sip_str a, struct sip_str b);
bool sip_str_starts_nocase(struct sip_str s, struct sip_str prefix);
bool sip_str_ends_nocase(struct sip_str s, struct sip_str suffix);
/* The position of the first `c`, or s.len. */
size_t sip_str_find(struct sip_str s, char c);
/* Without SP, HTAB, CR, LF on either side. */
struct sip_str sip_str_trim(struct sip_str s);
/* Well-formed UTF-8 throughout (RFC 3629): no overlong form, no surrogate, nothing cut off. */
bool sip_str_is_utf8(struct sip_str s);
/* All of s as a decimal number: SYNTAX when it is not one, RANGE when over max (*out is max then). */
enum sip_err sip_str_to_u64(struct sip_str s, uint64_t max, uint64_t *out) SIP_MUST_USE;
enum sip_err sip_str_to_u32(struct sip_str s, uint32_t max, uint32_t *out) SIP_MUST_USE;
/*
 * Cuts the next `sep`-separated piece off *rest, trimmed; false when nothing is left. Empty pieces are given,
 * but none after a last `sep`.
 */
bool sip_str_cut(struct sip_str *rest, char sep, struct sip_str *piece);

#ifdef __cplusplus
}
#endif
#endif
