/* Status codes and what they are called (RFC 3261 21 and the IANA registry). Tables only, any thread. */
#include "stack/message/message_priv.h"

struct status_row {
	uint16_t code;
	const char *reason;
};
static const struct status_row rows[] = {
#define SIP_STATUS(code, reason) { code, reason },
#include "stack/message/status_table.h"
#undef SIP_STATUS
};

static const char *const classes[] = {
	"Unknown",
	"Unknown Provisional",
	"Unknown Success",
	"Unknown Redirection",
	"Unknown Client Error",
	"Unknown Server Error",
	"Unknown Global Failure",
};

const char *sip_status_reason(unsigned status)
{
	size_t low = 0, high = SIP_COUNTOF(rows);
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (rows[middle].code == status)
			return rows[middle].reason;
		if (rows[middle].code < status)
			low = middle + 1;
		else
			high = middle;
	}
	unsigned class = status / 100;
	return classes[class < SIP_COUNTOF(classes) ? class : 0];
}
