/* stack/content: a body that is somewhere else (RFC 2046 5.2.3, RFC 2017, RFC 4483). */
#ifndef STACK_CONTENT_EXTERNAL_BODY_H
#define STACK_CONTENT_EXTERNAL_BODY_H

#include "stack/content/content.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_external_body {
	struct sip_str access_type;       /* "URL", … */
	struct sip_str url;               /* white space in it left out (RFC 2017 3) */
	struct sip_str expiration;        /* as it stands: an RFC 5322 date */
	struct sip_content_number size;   /* bytes */
	struct sip_str permission;
	struct sip_content_field *fields; /* of what is there: Content-Type, Content-ID, Content-Disposition, … */
};
/* SYNTAX also: there is no access-type, or it is URL and there is none. */
enum sip_err sip_external_body_parse(struct sip_arena *arena, const struct sip_media_type *media, struct sip_str bytes,
				     const struct sip_content_limits *limits, struct sip_external_body **out) SIP_MUST_USE;
void sip_external_body_put(struct sip_buf *b, const struct sip_external_body *x);
void sip_external_body_put_type(struct sip_buf *b, const struct sip_external_body *x);

#ifdef __cplusplus
}
#endif
#endif
