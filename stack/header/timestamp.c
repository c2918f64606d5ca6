/* When a request was sent by its sender's clock, and how long its answer took to make. No state, any thread. RFC 3261 20.38. */
#include "stack/header/header_priv.h"

#define MICROS 1000000u

/* 1*DIGIT [ "." *DIGIT ] as microseconds, digits beyond them dropped; the clock is the sender's, and any number may be its time. */
static enum sip_err take_time(const char **at, const char *end, uint64_t *out)
{
	const char *p = *at, *from = p;
	uint64_t whole = 0, micros = 0, weight = MICROS / 10;

	for (; p < end && sip_char_is(*p, SIP_CC_DIGIT); p++) {
		whole = whole * 10 + (uint64_t)(*p - '0');
		if (whole > UINT64_MAX / MICROS / 10)
			return SIP_E_RANGE;
	}
	if (p == from && (p == end || *p != '.'))
		return SIP_E_SYNTAX;
	if (p < end && *p == '.')
		for (p++; p < end && sip_char_is(*p, SIP_CC_DIGIT); p++, weight /= 10)
			micros += weight * (uint64_t)(*p - '0');
	if (p < end && !sip_char_is(*p, SIP_CC_LWS))
		return SIP_E_SYNTAX;
	*out = whole * MICROS + micros;
	*at = sip_char_skip_lws(p, end);
	return SIP_OK;
}

enum sip_err sip_timestamp_parse(struct sip_str value, struct sip_timestamp *out)
{
	const char *p = value.p, *end = sip_str_end(value);
	enum sip_err err;

	memset(out, 0, sizeof *out);
	if (value.len == 0)
		return SIP_E_SYNTAX;
	err = take_time(&p, end, &out->time_us);
	out->has_delay = err == SIP_OK && p < end;
	if (out->has_delay)
		err = take_time(&p, end, &out->delay_us);
	return err == SIP_OK && p < end ? SIP_E_SYNTAX : err;
}
