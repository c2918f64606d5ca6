/* stack/content: dialogs and what they come to (RFC 4235). */
#ifndef STACK_CONTENT_DIALOG_INFO_H
#define STACK_CONTENT_DIALOG_INFO_H

#include "stack/content/content.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_dialog_info_identity {
	struct sip_str display_name;
	struct sip_str uri;
};
struct sip_dialog_info_param {
	struct sip_dialog_info_param *next;
	struct sip_str name, value;
};
struct sip_dialog_info_target {
	struct sip_str uri;
	struct sip_dialog_info_param *params;
};
struct sip_dialog_info_description {
	struct sip_str type;
	struct sip_str text;
};
struct sip_dialog_info_party {
	struct sip_dialog_info_identity *identity;
	struct sip_dialog_info_target *target;
	struct sip_dialog_info_description *description;
	struct sip_content_number cseq;
};
struct sip_dialog_info_state {
	struct sip_str event;             /* "cancelled", "rejected", "local-bye", … */
	struct sip_content_number code;
	struct sip_str state;             /* "trying", "proceeding", "early", "confirmed", "terminated" */
};
struct sip_dialog_info_replaces {
	struct sip_str call_id, local_tag, remote_tag;
};
struct sip_dialog_info_route_set {
	struct sip_content_text *hops;
};
struct sip_dialog_info_dialog {
	struct sip_dialog_info_dialog *next;
	struct sip_str id;
	struct sip_str call_id, local_tag, remote_tag;
	struct sip_str direction;         /* "initiator", "recipient" */
	struct sip_dialog_info_state *state;
	struct sip_content_number duration; /* s */
	struct sip_dialog_info_replaces *replaces;
	struct sip_dialog_info_identity *referred_by;
	struct sip_dialog_info_route_set *route_set;
	struct sip_dialog_info_party *local, *remote;
};
struct sip_dialog_info {
	struct sip_content_number version;
	struct sip_str state;             /* "full", "partial" */
	struct sip_str entity;
	struct sip_dialog_info_dialog *dialogs;
};
enum sip_err sip_dialog_info_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
				   struct sip_dialog_info **out) SIP_MUST_USE;
void sip_dialog_info_put(struct sip_buf *b, const struct sip_dialog_info *x);

#ifdef __cplusplus
}
#endif
#endif
