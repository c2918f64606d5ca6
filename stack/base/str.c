/* Slices of text: comparing without case eight bytes at a time, cutting, numbers. No state, any thread. */
#include "stack/base/str.h"

#include "stack/base/base_priv.h"

static bool eq_nocase_short(const char *a, const char *b, size_t n)
{
	if (n >= 4) {
		uint64_t x = (uint64_t)sip__load32(a) << 32 | sip__load32(a + n - 4);
		uint64_t y = (uint64_t)sip__load32(b) << 32 | sip__load32(b + n - 4);
		return x == y || sip__fold64(x) == sip__fold64(y);
	}
	for (size_t i = 0; i < n; i++) {
		if (sip_char_lower(a[i]) != sip_char_lower(b[i]))
			return false;
	}
	return true;
}

/* The last step may read bytes of the step before again: cheaper than a loop over the rest. */
static bool eq_nocase_bytes(const char *a, const char *b, size_t n)
{
	if (n < 8)
		return eq_nocase_short(a, b, n);
	for (size_t i = 0;; i += 8) {
		if (i + 8 > n)
			i = n - 8;
		uint64_t x = sip__load64(a + i);
		uint64_t y = sip__load64(b + i);
		if (x != y && sip__fold64(x) != sip__fold64(y))
			return false;
		if (i + 8 == n)
			return true;
	}
}

bool sip_str_eq_nocase(struct sip_str a, struct sip_str b)
{
	return a.len == b.len && eq_nocase_bytes(a.p, b.p, a.len);
}

int sip_str_cmp_nocase(struct sip_str a, struct sip_str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	for (size_t i = 0; i < n; i++) {
		int x = (unsigned char)sip_char_lower(a.p[i]);
		int y = (unsigned char)sip_char_lower(b.p[i]);
		if (x != y)
			return x - y;
	}
	return (a.len > b.len) - (a.len < b.len);
}

bool sip_str_starts_nocase(struct sip_str s, struct sip_str prefix)
{
	return s.len >= prefix.len && eq_nocase_bytes(s.p, prefix.p, prefix.len);
}

bool sip_str_ends_nocase(struct sip_str s, struct sip_str suffix)
{
	if (s.len < suffix.len)
		return false;
	return suffix.len == 0 || eq_nocase_bytes(s.p + (s.len - suffix.len), suffix.p, suffix.len);
}

size_t sip_str_find(struct sip_str s, char c)
{
	const char *at = s.len ? memchr(s.p, c, s.len) : NULL;
	return at ? (size_t)(at - s.p) : s.len;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct sip_str sip_str_trim(struct sip_str s)
{
	while (s.len > 0 && is_space(s.p[s.len - 1]))
		s.len--;
	while (s.len > 0 && is_space(s.p[0])) {
		s.p++;
		s.len--;
	}
	return s;
}

/* Bytes of the sequence at p, 0 when it is none: the second byte decides about overlong forms, surrogates and the last plane. */
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	unsigned low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
	unsigned high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
	if (n > left || (n > 1 && (p[1] < low || p[1] > high)))
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

bool sip_str_is_utf8(struct sip_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0, n;
	uint64_t eight;
	while (i < s.len) {
		if (s.len - i >= sizeof eight) {
			memcpy(&eight, p + i, sizeof eight);
			if (!(eight & UINT64_C(0x8080808080808080))) {
				i += sizeof eight;
				continue;
			}
		}
		n = utf8_sequence(p + i, s.len - i);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

enum sip_err sip_str_to_u64(struct sip_str s, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;
	bool is_over = false;
	if (s.len == 0)
		return SIP_E_SYNTAX;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';
		if (digit > 9)
			return SIP_E_SYNTAX;
		if (is_over || value > max / 10 || (value == max / 10 && digit > max % 10)) {
			is_over = true;
			continue;
		}
		value = value * 10 + digit;
	}
	*out = is_over ? max : value;
	return is_over ? SIP_E_RANGE : SIP_OK;
}

enum sip_err sip_str_to_u32(struct sip_str s, uint32_t max, uint32_t *out)
{
	uint64_t wide;
	enum sip_err err = sip_str_to_u64(s, max, &wide);
	if (err == SIP_OK || err == SIP_E_RANGE)
		*out = (uint32_t)wide;
	return err;
}

bool sip_str_cut(struct sip_str *rest, char sep, struct sip_str *piece)
{
	if (rest->len == 0)
		return false;
	size_t at = sip_str_find(*rest, sep);
	*piece = sip_str_trim(sip_str_make(rest->p, at));
	*rest = sip_str_from(*rest, at + 1);
	return true;
}
