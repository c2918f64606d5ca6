/* stack/content: fragments of SIP messages (RFC 3420), as NOTIFYs about a REFER have them, and whole ones (RFC 3261 27.5). */
#ifndef STACK_CONTENT_SIPFRAG_H
#define STACK_CONTENT_SIPFRAG_H

#include "stack/content/content.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_sipfrag {
	struct sip_str method, uri;       /* of a request line; method empty: it has none */
	unsigned status;                  /* of a status line; 0: it has none */
	struct sip_str reason;
	struct sip_content_field *fields; /* values as they stand: sip_value_rows read them */
	bool has_body;                    /* there was an empty line, or one of blanks behind the start line */
	struct sip_str body;
};
enum sip_err sip_sipfrag_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
			       struct sip_sipfrag **out) SIP_MUST_USE;
void sip_sipfrag_put(struct sip_buf *b, const struct sip_sipfrag *x);

#ifdef __cplusplus
}
#endif
#endif
