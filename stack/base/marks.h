/*
 * A text of which runs are taken, one behind the other. A window of it is looked at at once, sixteen bytes at a time where the machine
 * can: its marks are the bytes that are no letter, digit, "-" or ".". A run then costs a step a mark. One thread at a time.
 */
#ifndef STACK_BASE_MARKS_H
#define STACK_BASE_MARKS_H

#include "stack/base/check.h"
#include "stack/base/scan.h"

#define SIP__MARKS_WINDOW 64

struct sip__marks {
	const char *end; /* of the text */
	const char *at;  /* where the window begins */
	uint64_t bits;   /* bit n: at[n] is a mark, or the end */
};

#ifdef __SSE2__
/* Those of the window from p on: of the first one; of a later one, with sixteen bytes or more of the text in front of its end. */
uint64_t sip__marks_first(const char *p, const char *end);
uint64_t sip__marks_later(const char *p, const char *end);
/* From narrow registers to wide, as many as the machine has: of sixteen bytes or more. */
typedef uint64_t (*sip__marks_fn)(const char *p, const char *end);
size_t sip__marks_ways(const sip__marks_fn **ways);

static inline void sip__marks_init(struct sip__marks *m, const char *p, const char *end)
{
	m->end = end;
	m->at = p;
	m->bits = sip__marks_first(p, end);
}

/* The next mark or the end, from p on: in the text, and not before where init was. Going on is cheap, going back costs a look. */
static inline const char *sip__marks_next(struct sip__marks *m, const char *p)
{
	for (;;) {
		size_t n = (size_t)(p - m->at);
		uint64_t bits = SIP_LIKELY(n < SIP__MARKS_WINDOW) ? m->bits >> n : 0;
		if (SIP_LIKELY(bits))
			return p + (unsigned)__builtin_ctzll(bits);
		p = n < SIP__MARKS_WINDOW ? m->at + SIP__MARKS_WINDOW : p;
		m->at = p;
		m->bits = sip__marks_later(p, m->end);
	}
}

/* What sip_char_run gives. Every one of the classes holds letters, digits, "-" and ".". */
static inline const char *sip__marks_run(struct sip__marks *m, const char *p, unsigned classes)
{
	p = sip__marks_next(m, p);
	while (p < m->end && sip_char_is(*p, classes))
		p = sip__marks_next(m, p + 1);
	return p;
}

/* The next of these two, or the end; neither is a letter, digit, "-" or ".". */
static inline const char *sip__marks_find(struct sip__marks *m, const char *p, char a, char b)
{
	p = sip__marks_next(m, p);
	while (p < m->end && *p != a && *p != b)
		p = sip__marks_next(m, p + 1);
	return p;
}
#else
static inline void sip__marks_init(struct sip__marks *m, const char *p, const char *end)
{
	m->end = end;
	m->at = p;
}

static inline const char *sip__marks_run(struct sip__marks *m, const char *p, unsigned classes)
{
	return sip_char_run(p, m->end, classes);
}

static inline const char *sip__marks_find(struct sip__marks *m, const char *p, char a, char b)
{
	while (p < m->end && *p != a && *p != b)
		p++;
	return p;
}
#endif

#endif
