/* stack/content: a conference and who is in it (RFC 4575). "state" is "full", "partial" or "deleted"; not said, it is full. */
#ifndef STACK_CONTENT_CONFERENCE_INFO_H
#define STACK_CONTENT_CONFERENCE_INFO_H

#include "stack/content/content.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_conference_uri {
	struct sip_conference_uri *next;
	struct sip_str uri;
	struct sip_str display_text;
	struct sip_str purpose;           /* "participation", "streaming", … */
};
struct sip_conference_uris {
	struct sip_str state;
	struct sip_conference_uri *entries;
};
struct sip_conference_medium {
	struct sip_conference_medium *next;
	struct sip_str label;
	struct sip_str display_text;
	struct sip_str type;              /* "audio", … */
	struct sip_str status;            /* "sendrecv", … */
};
struct sip_conference_available_media {
	struct sip_conference_medium *entries;
};
struct sip_conference_description {
	struct sip_str display_text, subject, free_text;
	struct sip_str keywords;          /* white space between them */
	struct sip_conference_uris *conf_uris, *service_uris;
	struct sip_content_number maximum_user_count;
	struct sip_conference_available_media *available_media;
};
struct sip_conference_host {
	struct sip_str display_text, web_page;
	struct sip_conference_uris *uris;
};
struct sip_conference_state {
	struct sip_content_number user_count;
	struct sip_content_number active, locked; /* 0 or 1 */
};
struct sip_conference_execution {
	struct sip_str when, reason, by;
};
struct sip_conference_media {
	struct sip_conference_media *next;
	struct sip_str id;
	struct sip_str display_text, type, label, src_id, status;
};
struct sip_conference_sip {
	struct sip_str display_text, call_id, from_tag, to_tag;
};
struct sip_conference_call {
	struct sip_conference_sip *sip;
};
struct sip_conference_endpoint {
	struct sip_conference_endpoint *next;
	struct sip_str entity, state;
	struct sip_str display_text;
	struct sip_conference_execution *referred;
	struct sip_str status;            /* "connected", "on-hold", "alerting", … */
	struct sip_str joining_method;    /* "dialed-in", "dialed-out", "focus-owner" */
	struct sip_conference_execution *joining_info;
	struct sip_str disconnection_method; /* "departed", "booted", "failed", "busy" */
	struct sip_conference_execution *disconnection_info;
	struct sip_conference_media *media;
	struct sip_conference_call *call_info;
};
struct sip_conference_roles {
	struct sip_content_text *entries;
};
struct sip_conference_user {
	struct sip_conference_user *next;
	struct sip_str entity, state;
	struct sip_str display_text;
	struct sip_conference_uris *associated_aors;
	struct sip_conference_roles *roles;
	struct sip_str languages;         /* white space between them */
	struct sip_str cascaded_focus;
	struct sip_conference_endpoint *endpoints;
};
struct sip_conference_users {
	struct sip_str state;
	struct sip_conference_user *users;
};
struct sip_conference_info {
	struct sip_str entity, state;
	struct sip_content_number version;
	struct sip_conference_description *description;
	struct sip_conference_host *host;
	struct sip_conference_state *conference_state;
	struct sip_conference_users *users;
	struct sip_conference_uris *sidebars_by_ref;
};
enum sip_err sip_conference_info_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
				       struct sip_conference_info **out) SIP_MUST_USE;
void sip_conference_info_put(struct sip_buf *b, const struct sip_conference_info *x);

#ifdef __cplusplus
}
#endif
#endif
