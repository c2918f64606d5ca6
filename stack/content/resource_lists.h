/* stack/content: lists of URIs (RFC 4826), and how each of them gets a copy (RFC 5364). */
#ifndef STACK_CONTENT_RESOURCE_LISTS_H
#define STACK_CONTENT_RESOURCE_LISTS_H

#include "stack/content/content.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_resource_name {
	struct sip_str lang;
	struct sip_str text;
};
struct sip_resource_entry {
	struct sip_resource_entry *next;
	struct sip_str uri;
	struct sip_str copy_control;      /* "to", "cc", "bcc" */
	struct sip_content_number anonymize; /* 0 or 1 */
	struct sip_content_number count;
	struct sip_resource_name *display_name;
};
struct sip_resource_ref { /* of an entry-ref, or the anchor of an external list */
	struct sip_resource_ref *next;
	struct sip_str uri;
	struct sip_resource_name *display_name;
};
struct sip_resource_list {
	struct sip_resource_list *next;
	struct sip_str name;
	struct sip_resource_name *display_name;
	struct sip_resource_list *lists;
	struct sip_resource_ref *externals;
	struct sip_resource_entry *entries;
	struct sip_resource_ref *entry_refs;
};
struct sip_resource_lists {
	struct sip_resource_list *lists;
};
/* The order among lists, externals, entries and entry-refs is not kept. */
enum sip_err sip_resource_lists_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
				      struct sip_resource_lists **out) SIP_MUST_USE;
void sip_resource_lists_put(struct sip_buf *b, const struct sip_resource_lists *x);

#ifdef __cplusplus
}
#endif
#endif
