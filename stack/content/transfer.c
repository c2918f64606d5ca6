/* Content-Transfer-Encoding: base64 in lines, quoted-printable. No state, any thread. RFC 2045 6.7, 6.8. */
#include "stack/content/content_priv.h"

#define LINE_MOST 76
#define BYTES_A_LINE 57 /* make 76 digits */

enum sip_err sip__base64_lines_decode(struct sip_str in, char *out, size_t *len)
{
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++)
		if (!sip_char_is(in.p[i], SIP_CC_LWS))
			out[n++] = in.p[i];
	return sip_base64_decode(sip_str_make(out, n), out, len);
}

void sip__base64_lines_put(struct sip_buf *b, struct sip_str bytes)
{
	while (bytes.len > BYTES_A_LINE) {
		sip_base64_encode(b, bytes.p, BYTES_A_LINE);
		SIP_BUF_LIT(b, "\r\n");
		bytes = sip_str_from(bytes, BYTES_A_LINE);
	}
	sip_base64_encode(b, bytes.p, bytes.len);
}

/* The end of the line break at p, or NULL. */
static const char *line_break(const char *p, const char *end)
{
	if (p < end && *p == '\n')
		return p + 1;
	return end - p >= 2 && p[0] == '\r' && p[1] == '\n' ? p + 2 : NULL;
}

/* What stands behind spaces: white space before a line's end was added on the way (6.7 rule 3). */
static const char *skip_padding(const char *p, const char *end, bool *is_padding)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	*is_padding = p == end || line_break(p, end) != NULL;
	return p;
}

enum sip_err sip__quoted_printable_decode(struct sip_str in, char *out, size_t *len)
{
	const char *p = in.p, *end = in.len ? p + in.len : p, *next;
	bool is_padding;
	size_t n = 0;

	while (p < end) {
		if (*p == ' ' || *p == '\t') {
			next = skip_padding(p, end, &is_padding);
			for (; p < next; p++)
				if (!is_padding)
					out[n++] = *p;
		} else if (*p != '=') {
			out[n++] = *p++;
		} else if (end - p >= 3 && sip_hex_decode(sip_str_make(p + 1, 2), out + n, 1) == SIP_OK) {
			n++;
			p += 3;
		} else {
			next = skip_padding(p + 1, end, &is_padding);
			if (!is_padding)
				return SIP_E_SYNTAX;
			p = next == end ? end : line_break(next, end);
		}
	}
	*len = n;
	return SIP_OK;
}

static bool is_plain(const char *p, const char *end)
{
	if (*p == ' ' || *p == '\t')
		return p + 1 < end && line_break(p + 1, end) == NULL;
	return *p > ' ' && *p < 127 && *p != '=';
}

void sip__quoted_printable_put(struct sip_buf *b, struct sip_str bytes)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *p = bytes.p, *end = bytes.len ? p + bytes.len : p, *next;
	size_t column = 0;

	while (p < end) {
		next = *p == '\r' ? line_break(p, end) : NULL;
		if (next) {
			SIP_BUF_LIT(b, "\r\n");
			column = 0;
			p = next;
			continue;
		}
		/* Room for an escape and for the "=" of a soft break. */
		if (column > LINE_MOST - 4) {
			SIP_BUF_LIT(b, "=\r\n");
			column = 0;
		}
		/* No line begins with "-", so that none is a delimiter of a multipart. */
		if (is_plain(p, end) && (column > 0 || *p != '-')) {
			sip_buf_put_char(b, *p);
			column++;
		} else {
			char escape[3] = { '=', hex[(unsigned char)*p >> 4], hex[(unsigned char)*p & 15] };
			sip_buf_put(b, escape, sizeof escape);
			column += sizeof escape;
		}
		p++;
	}
}
