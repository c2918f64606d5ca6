/* The suites of stack/content's unit tests, one a source file, and what they share. */
#ifndef TESTS_UNIT_STACK_CONTENT_CONTENT_ROOMS_TEST_H
#define TESTS_UNIT_STACK_CONTENT_CONTENT_ROOMS_TEST_H

#include "stack/content/content.h"
#include "tests/support/unit.h"

#include "config.h"

#ifdef HAVE_LIBXML2
#define CONTENT_XML_SUITES(X) X(xml) X(xml_bodies) X(xml_memory) X(xml_property)
void xml_memory_hook(void); /* before anything of libxml2 is used */
#else
#define CONTENT_XML_SUITES(X)
#endif
#define CONTENT_SUITES(X) X(content) X(fields) X(message_content) X(transfer) \
	X(multipart) X(multipart_put) X(multipart_property) X(sipfrag) X(message_summary) X(cpim) X(cpim_property) X(external_body) X(ice_sdpfrag) \
	X(dtmf) X(limits) CONTENT_XML_SUITES(X)
#define X(name) extern const struct unit_suite name##_suite;
CONTENT_SUITES(X)
#undef X

#define SUITE(stem) \
	const struct unit_suite stem##_suite = { "stack/content/" #stem, cases, SIP_COUNTOF(cases) }

/* An arena of 16 MiB, and a buffer, for one body. */
struct bed {
	struct sip_arena arena;
	struct sip_buf out, type;
};
void bed_init(struct bed *b);
void bed_fini(struct bed *b);
/* Reads a body of this type; what parse says. */
enum sip_err bed_parse(struct bed *b, const char *type, struct sip_str body, struct sip_content *c) SIP_MUST_USE;
/* Writes it, type and body, into out and type. NOMEM. */
enum sip_err bed_put(struct bed *b, const struct sip_content *c) SIP_MUST_USE;
/*
 * Reads, writes, and reads and writes what was written: the second time nothing changes. `written` NULL: what is written first is
 * not looked at. NOMEM.
 */
enum sip_err bed_round(const char *type, const char *body, const char *written) SIP_MUST_USE;
/* It is refused with `expected`, and no form is left. NOMEM. */
enum sip_err bed_refused(const char *type, const char *body, enum sip_err expected) SIP_MUST_USE;
/*
 * Reads it, whatever comes of it, a few times: the fastest of them takes at most a hundredth of a second of processor time, for large
 * ones 20 ns a byte more, and the arena at most `memory`. A slow build (STROWGER_SLOW) is not timed. NOMEM.
 */
enum sip_err bed_hostile(const char *type, struct sip_str body, enum sip_err expected, size_t memory) SIP_MUST_USE;
/* Plays as many seeds from one on that is printed, or the one that CONTENT_SEED=N says. */
enum sip_err bed_play_seeds(enum sip_err (*play)(uint64_t seed), unsigned rounds) SIP_MUST_USE;
/* `n` times `piece`, `n` times `end` behind it; freed with sip_free; NULL when memory ends. */
char *bed_repeat(const char *start, const char *piece, size_t n, const char *middle, const char *end, size_t *len) SIP_MUST_USE;

#endif
