/* Status codes and what they are called (RFC 3261 21 and the IANA registry). Tables only, any thread. */
#include "stack/message/message_priv.h"

#define LEAST 100
#define MOST 699

#define SIP_STATUS(code, reason) AT_##code,
enum { NOWHERE,
#include "stack/message/status_table.h"
};
#undef SIP_STATUS
#define SIP_STATUS(code, reason) [(code)-LEAST] = AT_##code,
static const uint8_t places[MOST - LEAST + 1] = {
#include "stack/message/status_table.h"
};
#undef SIP_STATUS
#define SIP_STATUS(code, reason) [AT_##code] = reason,
static const char *const reasons[] = {
#include "stack/message/status_table.h"
};
#undef SIP_STATUS

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
	if (status >= LEAST && status <= MOST && places[status - LEAST] != NOWHERE)
		return reasons[places[status - LEAST]];
	unsigned class = status / 100;
	return classes[class < SIP_COUNTOF(classes) ? class : 0];
}
