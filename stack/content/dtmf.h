/* stack/content: digits in INFO requests, as peers send them (application/dtmf-relay, application/dtmf); no RFC says how. */
#ifndef STACK_CONTENT_DTMF_H
#define STACK_CONTENT_DTMF_H

#include "stack/content/content.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_dtmf { /* the digit alone */
	char signal; /* 0 … 9 * # A … D, "!" for flash; events 10 … 16 of RFC 4733 are read as what they mean */
};
struct sip_dtmf_relay { /* "Signal=5", "Duration=160" */
	char signal;
	struct sip_content_number duration; /* ms */
};
/* Either form is read in either type. */
enum sip_err sip_dtmf_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
			    struct sip_dtmf **out) SIP_MUST_USE;
void sip_dtmf_put(struct sip_buf *b, const struct sip_dtmf *x);
enum sip_err sip_dtmf_relay_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
				  struct sip_dtmf_relay **out) SIP_MUST_USE;
void sip_dtmf_relay_put(struct sip_buf *b, const struct sip_dtmf_relay *x);

#ifdef __cplusplus
}
#endif
#endif
