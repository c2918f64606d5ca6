/*
 * A start line as it stands, read inline: by the index of a message, and by sip_start_line_parse for those who have no message. Slices,
 * no state, any thread. RFC 3261 7.1, 7.2.
 */
#ifndef STACK_MESSAGE_START_LINE_PRIV_H
#define STACK_MESSAGE_START_LINE_PRIV_H

#include "stack/message/message_priv.h"

/* Of any number: "SIP/". */
static inline bool sip__begins_as_version(struct sip_str s)
{
	return s.len >= 4 && (s.p[0] | 0x20) == 's' && (s.p[1] | 0x20) == 'i' && (s.p[2] | 0x20) == 'p' &&
	       s.p[3] == '/';
}

static inline bool sip__is_version_2(struct sip_str s)
{
	return (s.len == 7 && memcmp(s.p, "SIP/2.0", 7) == 0) || sip_str_eq_nocase(s, SIP_STR("SIP/2.0"));
}

static inline bool sip__is_status(unsigned status)
{
	return status >= 100 && status <= 699;
}

static inline __attribute__((always_inline)) enum sip_err sip__status_line_read(struct sip_str line, size_t version_len,
										 struct sip_start_line *out)
{
	const char *p = line.p + version_len, *end = line.p + line.len;
	out->is_request = false;
	out->version = sip_str_make(line.p, version_len);
	while (p < end && sip__is_blank(*p))
		p++;
	unsigned status = 0, digits = 0;
	for (; p < end && *p >= '0' && *p <= '9'; p++, digits++)
		status = status < 10000 ? status * 10 + (unsigned)(*p - '0') : status;
	if (digits == 0 || (p < end && !sip__is_blank(*p)))
		return SIP_E_SYNTAX;
	/* Two digits or four are representable; nothing below or above three is a status (7.2). */
	out->status = digits == 3 ? status : digits < 3 ? 1 : 9999;
	if (p < end)
		p++;
	out->reason = sip_str_make(p, (size_t)(end - p));
	return SIP_OK;
}

static inline __attribute__((always_inline)) enum sip_err sip__request_line_read(struct sip_str line, struct sip_start_line *out,
										  bool *is_untidy)
{
	while (SIP_UNLIKELY(line.len && sip__is_blank(line.p[line.len - 1]))) {
		*is_untidy = true;
		line.len--;
	}
	const char *end = line.p + line.len;
	const char *sp = memchr(line.p, ' ', line.len);
	if (!sp || sp == line.p)
		return SIP_E_SYNTAX;
	const char *v = end - 7;
	if (SIP_UNLIKELY(line.len < 8 || memcmp(end - 8, " SIP/2.0", 8) != 0)) {
		v = end;
		while (v == end || (v > sp && v[-1] != ' '))
			v--;
		if (!sip__begins_as_version(sip_str_make(v, (size_t)(end - v))))
			return SIP_E_SYNTAX;
	}
	if (v <= sp + 1)
		return SIP_E_SYNTAX;
	out->is_request = true;
	out->method = sip_str_make(line.p, (size_t)(sp - line.p));
	out->version = sip_str_make(v, (size_t)(end - v));
	const char *u = sp + 1, *u_end = v - 1;
	while (u < u_end && sip__is_blank(*u))
		u++;
	while (u_end > u && sip__is_blank(u_end[-1]))
		u_end--;
	*is_untidy |= u != sp + 1 || u_end != v - 1;
	out->uri = sip_str_make(u, (size_t)(u_end - u));
	return SIP_OK;
}

/*
 * In one of the two shapes; what is in it nobody has looked at. Only what its shape has is set. *is_untidy is set when there are
 * blanks more than there should be.
 */
static inline __attribute__((always_inline)) enum sip_err sip__start_line_read(struct sip_str line, struct sip_start_line *out,
										bool *is_untidy)
{
	const char *sp = sip__begins_as_version(line) ? memchr(line.p, ' ', line.len) : NULL;

	if (sp)
		return sip__status_line_read(line, (size_t)(sp - line.p), out);
	return sip__request_line_read(line, out, is_untidy);
}

#endif
