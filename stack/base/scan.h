/*
 * A cursor over input with a sticky failure that remembers where: read thirty things,
 * check once. The character classes of RFC 3261 25.1 are one table. One thread at a time.
 */
#ifndef STACK_BASE_SCAN_H
#define STACK_BASE_SCAN_H

#include "stack/base/err.h"
#include "stack/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sip_char_class {
	SIP_CC_DIGIT = 1,
	SIP_CC_ALPHA = 2,
	SIP_CC_HEX = 4,
	SIP_CC_TOKEN = 8,       /* token: alphanum - . ! % * _ + ` ' ~ */
	SIP_CC_WORD = 16,       /* word: token and ( ) < > : \ " / [ ] ? { } */
	SIP_CC_LWS = 32,        /* SP HTAB CR LF */
	SIP_CC_HOST = 64,       /* alphanum - . and what real hosts have: _ */
	SIP_CC_USER = 128,      /* unreserved and user-unreserved: unescaped in a user part */
	SIP_CC_PARAM = 256,     /* paramchar without escapes: unreserved [ ] / : & + $ */
	SIP_CC_HEADER = 512,    /* hnv without escapes: unreserved [ ] / ? : + $ */
	SIP_CC_PASSWORD = 1024, /* unreserved & = + $ , */
	SIP_CC_SCHEME = 2048,   /* alphanum + - . */
	SIP_CC_HASH = 4096      /* # alone, which telephones leave unescaped */
};
extern const uint16_t sip_char_table[256];
static inline bool sip_char_is(char c, unsigned classes)
{
	return (sip_char_table[(unsigned char)c] & classes) != 0;
}

/* The end of the longest run of these classes from p on. */
static inline const char *sip_char_run(const char *p, const char *end, unsigned classes)
{
	const uint16_t *table = sip_char_table;
	while (end - p >= 4) {
		if (!(table[(unsigned char)p[0]] & classes))
			return p;
		if (!(table[(unsigned char)p[1]] & classes))
			return p + 1;
		if (!(table[(unsigned char)p[2]] & classes))
			return p + 2;
		if (!(table[(unsigned char)p[3]] & classes))
			return p + 3;
		p += 4;
	}
	while (p < end && (table[(unsigned char)*p] & classes))
		p++;
	return p;
}
/*
 * The same for runs that are mostly letters, digits, "-" and "." and often longer than ten: sixteen at a time where the
 * machine can. Every one of the classes given must hold those.
 */
const char *sip_char_run_text(const char *p, const char *end, unsigned classes);
/* Past the SP, HTAB, CR, LF at p: for a field value, where every line end is a fold. */
static inline const char *sip_char_skip_lws(const char *p, const char *end)
{
	return p < end && (unsigned char)*p <= ' ' ? sip_char_run(p, end, SIP_CC_LWS) : p;
}

struct sip_scan {
	const char *start;
	const char *p;
	const char *end;
	enum sip_err err; /* the first failure; every read after it gives nothing */
	size_t err_at;    /* byte offset of the first failure */
};

void sip_scan_init(struct sip_scan *s, struct sip_str input);
/* Fails here with this error, unless it has failed before. Always returns false. */
bool sip_scan_fail(struct sip_scan *s, enum sip_err err);
static inline bool sip_scan_is_ok(const struct sip_scan *s)
{
	return s->err == SIP_OK;
}
/* At the end, or failed. */
static inline bool sip_scan_is_end(const struct sip_scan *s)
{
	return s->p >= s->end || s->err != SIP_OK;
}
/* The next character, or 0 at the end. */
static inline char sip_scan_peek(const struct sip_scan *s)
{
	return sip_scan_is_end(s) ? '\0' : *s->p;
}
/* Skips spaces, tabs and folded line ends. */
void sip_scan_lws(struct sip_scan *s);
/* Takes c if it is next: true. Never fails. */
bool sip_scan_accept(struct sip_scan *s, char c);
/* LWS c LWS if that is next; otherwise nothing is taken but the leading LWS. Never fails. */
bool sip_scan_accept_sep(struct sip_scan *s, char c);
/* Takes c or fails. */
bool sip_scan_expect(struct sip_scan *s, char c);
/* The longest run of these classes, at least one character, or fails. */
struct sip_str sip_scan_run(struct sip_scan *s, unsigned classes);
/* The longest run, perhaps empty. */
struct sip_str sip_scan_run0(struct sip_scan *s, unsigned classes);
struct sip_str sip_scan_token(struct sip_scan *s);
/* A quoted string: the raw bytes between the quotes, escapes kept (RFC 3261 25.1); fails when it does not close. */
struct sip_str sip_scan_quoted(struct sip_scan *s);
/* Decimal, at most max, or fails with RANGE. */
uint64_t sip_scan_number(struct sip_scan *s, uint64_t max);
/* Up to, without, the first c (or the end). Never fails. */
struct sip_str sip_scan_until(struct sip_scan *s, char c);
/* Nothing but LWS may be left, or fails. */
bool sip_scan_finish(struct sip_scan *s);

#ifdef __cplusplus
}
#endif
#endif
