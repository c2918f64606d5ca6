/* Call-ID: word [ "@" word ]. No state, any thread. RFC 3261 20.8 and 25.1. */
#include "stack/header/header_priv.h"

bool sip_call_id_is_valid(struct sip_str value)
{
	const char *end = sip_str_end(value);
	const char *p = sip_char_run_text(value.p, end, SIP_CC_WORD);
	if (p == value.p)
		return false;
	if (p < end && *p == '@') {
		const char *from = p + 1;
		p = sip_char_run_text(from, end, SIP_CC_WORD);
		if (p == from)
			return false;
	}
	return p == end;
}
