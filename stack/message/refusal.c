/* The list of refusals. No state. */
#include "stack/message/message.h"

const struct sip_refusal_row sip_refusal_rows[SIP_REFUSAL_COUNT] = {
#define SIP_REFUSAL(id, by, code, reason, rfc, section, what) { SIP_BY_##by, code, reason, rfc, section, what },
#include "stack/message/refusal_table.h"
#undef SIP_REFUSAL
};

const char *sip_refusal_reason(enum sip_refusal id)
{
	const struct sip_refusal_row *row = &sip_refusal_rows[id];

	return row->reason[0] ? row->reason : sip_status_reason(row->code);
}
