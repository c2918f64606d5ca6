/* stack/content: instant messages with the headers that travel with them (RFC 3862). */
#ifndef STACK_CONTENT_CPIM_H
#define STACK_CONTENT_CPIM_H

#include "stack/content/content.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_cpim_header {
	struct sip_cpim_header *next;
	struct sip_str name;              /* case counts; "MyFeatures.Vital" with a prefix that an NS header says */
	struct sip_str params;            /* "lang=fr", without the first ";" */
	struct sip_str value;             /* escapes as they stand: sip_cpim_decode */
};
struct sip_cpim {
	struct sip_cpim_header *headers;
	struct sip_content_field *fields; /* of the content: Content-Type, Content-ID, … */
	struct sip_str bytes;             /* the content */
};
enum sip_err sip_cpim_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
			    struct sip_cpim **out) SIP_MUST_USE;
void sip_cpim_put(struct sip_buf *b, const struct sip_cpim *x);
/* The first of this name, behind `after` unless it is NULL; NULL: there is none. */
const struct sip_cpim_header *sip_cpim_find(const struct sip_cpim *x, const struct sip_cpim_header *after, struct sip_str name);
/* What From, To, cc and NS hold: a name, quotes and white space around it left off, and a URI. False: no URI in brackets. */
bool sip_cpim_address(struct sip_str value, struct sip_str *name, struct sip_str *uri);
/* With its escapes undone (2.3.1), "\uD83D\uDE00" as one character. SYNTAX, NOMEM. */
enum sip_err sip_cpim_decode(struct sip_arena *arena, struct sip_str value, struct sip_str *out) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
