/* stack/content: who watches a resource (RFC 3858). */
#ifndef STACK_CONTENT_WATCHERINFO_H
#define STACK_CONTENT_WATCHERINFO_H

#include "stack/content/content.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_watcherinfo_watcher {
	struct sip_watcherinfo_watcher *next;
	struct sip_str id;
	struct sip_str status;            /* "pending", "active", "waiting", "terminated" */
	struct sip_str event;             /* "subscribe", "approved", "timeout", … */
	struct sip_str display_name;
	struct sip_content_number expiration, duration_subscribed; /* s */
	struct sip_str uri;
};
struct sip_watcherinfo_list {
	struct sip_watcherinfo_list *next;
	struct sip_str resource;
	struct sip_str package;
	struct sip_watcherinfo_watcher *watchers;
};
struct sip_watcherinfo {
	struct sip_content_number version;
	struct sip_str state;             /* "full", "partial" */
	struct sip_watcherinfo_list *lists;
};
enum sip_err sip_watcherinfo_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
				   struct sip_watcherinfo **out) SIP_MUST_USE;
void sip_watcherinfo_put(struct sip_buf *b, const struct sip_watcherinfo *x);

#ifdef __cplusplus
}
#endif
#endif
