/* stack/content: how many messages wait (RFC 3842). */
#ifndef STACK_CONTENT_MESSAGE_SUMMARY_H
#define STACK_CONTENT_MESSAGE_SUMMARY_H

#include "stack/content/content.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_message_count {
	struct sip_message_count *next;
	struct sip_str context;           /* "Voice-Message", "Fax-Message", … (RFC 3458 6.2) */
	uint32_t fresh, old;
	bool has_urgent;
	uint32_t urgent_fresh, urgent_old;
};
struct sip_message_summary {
	bool is_waiting;
	struct sip_str account;           /* a URI; empty: not said */
	struct sip_message_count *counts;
	struct sip_str details;           /* headers of single messages, as they stand behind an empty line */
};
/* Lines of other names than these are skipped, unless they hold counts. */
enum sip_err sip_message_summary_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
				       struct sip_message_summary **out) SIP_MUST_USE;
void sip_message_summary_put(struct sip_buf *b, const struct sip_message_summary *x);
/* Of this context, case folded; NULL: it says nothing of it. */
const struct sip_message_count *sip_message_summary_find(const struct sip_message_summary *x, struct sip_str context);

#ifdef __cplusplus
}
#endif
#endif
