/* stack/content: what a list subscription says of its resources (RFC 4662). */
#ifndef STACK_CONTENT_RLMI_H
#define STACK_CONTENT_RLMI_H

#include "stack/content/content.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_rlmi_name {
	struct sip_rlmi_name *next;
	struct sip_str lang;
	struct sip_str text;
};
struct sip_rlmi_instance {
	struct sip_rlmi_instance *next;
	struct sip_str id;
	struct sip_str state;             /* "active", "pending", "terminated" */
	struct sip_str reason;
	struct sip_str cid;               /* of the part that holds its state */
};
struct sip_rlmi_resource {
	struct sip_rlmi_resource *next;
	struct sip_str uri;
	struct sip_rlmi_name *names;
	struct sip_rlmi_instance *instances;
};
struct sip_rlmi {
	struct sip_str uri;
	struct sip_content_number version;
	struct sip_content_number full_state; /* 0 or 1 */
	struct sip_str cid;
	struct sip_rlmi_name *names;
	struct sip_rlmi_resource *resources;
};
enum sip_err sip_rlmi_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
			    struct sip_rlmi **out) SIP_MUST_USE;
void sip_rlmi_put(struct sip_buf *b, const struct sip_rlmi *x);

#ifdef __cplusplus
}
#endif
#endif
