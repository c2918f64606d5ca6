/* stack/content: registrations and their contacts (RFC 3680), with their GRUUs (RFC 5628). */
#ifndef STACK_CONTENT_REGINFO_H
#define STACK_CONTENT_REGINFO_H

#include "stack/content/content.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_reginfo_gruu {
	struct sip_str uri;
	struct sip_content_number first_cseq; /* of a temporary one */
};
struct sip_reginfo_param {
	struct sip_reginfo_param *next;
	struct sip_str name;              /* "+sip.instance", … */
	struct sip_str value;             /* as it stands in Contact */
};
struct sip_reginfo_display_name {
	struct sip_str lang;
	struct sip_str text;
};
struct sip_reginfo_contact {
	struct sip_reginfo_contact *next;
	struct sip_str id;
	struct sip_str state;             /* "active", "terminated" */
	struct sip_str event;             /* "registered", "created", "refreshed", "expired", "unregistered", … */
	struct sip_content_number duration_registered, expires, retry_after; /* s */
	struct sip_str q;
	struct sip_str call_id;
	struct sip_content_number cseq;
	struct sip_str uri;
	struct sip_reginfo_display_name *display_name;
	struct sip_reginfo_param *params;
	struct sip_reginfo_gruu *pub_gruu, *temp_gruu;
};
struct sip_reginfo_registration {
	struct sip_reginfo_registration *next;
	struct sip_str aor;
	struct sip_str id;
	struct sip_str state;             /* "init", "active", "terminated" */
	struct sip_reginfo_contact *contacts;
};
struct sip_reginfo {
	struct sip_content_number version;
	struct sip_str state;             /* "full", "partial" */
	struct sip_reginfo_registration *registrations;
};
enum sip_err sip_reginfo_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
			       struct sip_reginfo **out) SIP_MUST_USE;
void sip_reginfo_put(struct sip_buf *b, const struct sip_reginfo *x);

#ifdef __cplusplus
}
#endif
#endif
