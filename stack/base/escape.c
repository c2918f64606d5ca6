/* Percent escapes, quoted pairs, hexadecimal, base64. No state, any thread. RFC 3261 19.1.2 and 25.1, RFC 4648. */
#include "stack/base/escape.h"

#include "stack/base/base_priv.h"
#include "stack/base/scan.h"

/* The byte that the escape at s.p[at] stands for, or -1 when it is not one. */
static int percent_at(struct sip_str s, size_t at)
{
	if (s.len - at < 3)
		return -1;
	int high = sip__hex_value(s.p[at + 1]);
	int low = sip__hex_value(s.p[at + 2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

enum sip_err sip_percent_decode(struct sip_str in, char *out, size_t *len)
{
	size_t n = 0;
	for (size_t i = 0; i < in.len; i++) {
		char c = in.p[i];
		if (c == '%') {
			int byte = percent_at(in, i);
			if (byte < 0)
				return SIP_E_SYNTAX;
			c = (char)byte;
			i += 2;
		}
		out[n++] = c;
	}
	*len = n;
	return SIP_OK;
}

void sip_percent_encode(struct sip_buf *b, struct sip_str in, unsigned classes)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t i = 0;
	while (i < in.len) {
		size_t plain = i;
		while (i < in.len && sip_char_is(in.p[i], classes))
			i++;
		sip_buf_put(b, in.p + plain, i - plain);
		if (i < in.len) {
			unsigned char c = (unsigned char)in.p[i++];
			char escape[3] = { '%', hex[c >> 4], hex[c & 15] };
			sip_buf_put(b, escape, sizeof escape);
		}
	}
}

static char percent_next(struct sip_str s, size_t *at)
{
	int byte = s.p[*at] == '%' ? percent_at(s, *at) : -1;
	if (byte < 0)
		return s.p[(*at)++];
	*at += 3;
	return (char)byte;
}

bool sip_percent_eq(struct sip_str a, struct sip_str b)
{
	size_t i = 0;
	size_t j = 0;
	while (i < a.len && j < b.len) {
		if (percent_next(a, &i) != percent_next(b, &j))
			return false;
	}
	return i == a.len && j == b.len;
}

size_t sip_quoted_decode(struct sip_str in, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < in.len; i++) {
		if (in.p[i] == '\\' && i + 1 < in.len)
			i++;
		out[n++] = in.p[i];
	}
	return n;
}

void sip_quoted_encode(struct sip_buf *b, struct sip_str in)
{
	sip_buf_put_char(b, '"');
	for (size_t i = 0; i < in.len; i++) {
		char c = in.p[i];
		if (c == '\r' || c == '\n')
			c = ' ';
		bool is_control = ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
		if (c == '"' || c == '\\' || is_control)
			sip_buf_put_char(b, '\\');
		sip_buf_put_char(b, c);
	}
	sip_buf_put_char(b, '"');
}

enum sip_err sip_hex_decode(struct sip_str in, void *out, size_t size)
{
	unsigned char *to = out;
	if (in.len / 2 != size || in.len % 2 != 0)
		return SIP_E_SYNTAX;
	for (size_t i = 0; i < size; i++) {
		int high = sip__hex_value(in.p[2 * i]);
		int low = sip__hex_value(in.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return SIP_E_SYNTAX;
		to[i] = (unsigned char)(high * 16 + low);
	}
	return SIP_OK;
}

void sip_base64_encode(struct sip_buf *b, const void *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *from = p;
	for (size_t i = 0; i < n; i += 3) {
		size_t have = n - i < 3 ? n - i : 3;
		unsigned bits = (unsigned)from[i] << 16;
		if (have > 1)
			bits |= (unsigned)from[i + 1] << 8;
		if (have > 2)
			bits |= from[i + 2];
		char four[4] = { digits[bits >> 18], digits[bits >> 12 & 63], '=', '=' };
		if (have > 1)
			four[2] = digits[bits >> 6 & 63];
		if (have > 2)
			four[3] = digits[bits & 63];
		sip_buf_put(b, four, sizeof four);
	}
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four digits, the last `pad` of them '='; -1 unless they are digits and the bits beyond the last byte are zero. */
static int base64_quad(const char *p, unsigned pad)
{
	int bits = 0;
	for (unsigned i = 0; i < 4; i++) {
		int value = i < 4 - pad ? base64_value(p[i]) : 0;
		if (value < 0)
			return -1;
		bits = bits << 6 | value;
	}
	int beyond = pad == 2 ? 0xffff : pad == 1 ? 0xff : 0;
	return bits & beyond ? -1 : bits;
}

enum sip_err sip_base64_decode(struct sip_str in, void *out, size_t *len)
{
	unsigned char *to = out;
	if (in.len % 4 != 0)
		return SIP_E_SYNTAX;
	for (size_t i = 0; i < in.len; i += 4) {
		unsigned pad = 0;
		if (i + 4 == in.len && in.p[i + 3] == '=')
			pad = in.p[i + 2] == '=' ? 2 : 1;
		int bits = base64_quad(in.p + i, pad);
		if (bits < 0)
			return SIP_E_SYNTAX;
		*to++ = (unsigned char)(bits >> 16);
		if (pad < 2)
			*to++ = (unsigned char)(bits >> 8);
		if (pad < 1)
			*to++ = (unsigned char)bits;
	}
	*len = (size_t)(to - (unsigned char *)out);
	return SIP_OK;
}
