/* stack/content: ICE candidates that come later (RFC 8840 9). */
#ifndef STACK_CONTENT_ICE_SDPFRAG_H
#define STACK_CONTENT_ICE_SDPFRAG_H

#include "stack/content/content.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_ice_attribute {
	struct sip_ice_attribute *next;
	struct sip_str name;              /* "candidate", "ice-ufrag", "end-of-candidates", … */
	struct sip_str value;             /* .p NULL: a flag */
};
struct sip_ice_media {
	struct sip_ice_media *next;
	struct sip_str line;              /* "audio 9 RTP/AVP 0" */
	struct sip_ice_attribute *attributes;
};
struct sip_ice_sdpfrag {
	struct sip_ice_attribute *attributes; /* of the session */
	struct sip_ice_media *media;
};
/* Lines other than "m=" and "a=" are skipped. */
enum sip_err sip_ice_sdpfrag_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
				   struct sip_ice_sdpfrag **out) SIP_MUST_USE;
void sip_ice_sdpfrag_put(struct sip_buf *b, const struct sip_ice_sdpfrag *x);
/* The first of this name, case folded; NULL: there is none. */
const struct sip_ice_attribute *sip_ice_attribute_find(const struct sip_ice_attribute *list, struct sip_str name);

#ifdef __cplusplus
}
#endif
#endif
