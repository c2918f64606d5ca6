/* Escaped text in canonical form: what RFC 3261 19.1.4 calls equivalent is equal in it. No state, any thread. */
#include "stack/uri/uri_priv.h"

#include "stack/base/escape.h"

/* RFC 2396 2.3 unreserved, which is what all these classes of RFC 3261 have in common. */
static bool is_unreserved(unsigned char c)
{
	const unsigned all = SIP_CC_USER | SIP_CC_PARAM | SIP_CC_HEADER | SIP_CC_PASSWORD;
	return (sip_char_table[c] & all) == all && c != '+' && c != '$';
}

static unsigned hex_value(char c)
{
	unsigned digit = (unsigned)(unsigned char)c - '0';
	return digit <= 9 ? digit : (((unsigned)(unsigned char)c | 0x20) - 'a' + 10) & 15;
}

struct sip__char sip__char_next(struct sip_str *s)
{
	struct sip__char c = { (unsigned char)s->p[0], s->p[0] == '#' };
	size_t taken = 1;
	if (c.value == '%' && s->len >= 3 && sip_char_is(s->p[1], SIP_CC_HEX) && sip_char_is(s->p[2], SIP_CC_HEX)) {
		c.value = (unsigned char)(hex_value(s->p[1]) << 4 | hex_value(s->p[2]));
		c.is_escaped = !is_unreserved(c.value);
		taken = 3;
	}
	s->p += taken;
	s->len -= taken;
	return c;
}

bool sip__escaped_eq(struct sip_str a, struct sip_str b, bool fold_case)
{
	while (a.len > 0 && b.len > 0) {
		struct sip__char x = sip__char_next(&a);
		struct sip__char y = sip__char_next(&b);
		if (x.is_escaped != y.is_escaped)
			return false;
		if (x.value == y.value)
			continue;
		if (!fold_case || sip_char_lower((char)x.value) != sip_char_lower((char)y.value))
			return false;
	}
	return a.len == 0 && b.len == 0;
}

void sip__escaped_put(struct sip_buf *b, struct sip_str s, unsigned classes, bool folds_case)
{
	while (s.len > 0) {
		const char *from = s.p;
		char c = (char)sip__char_next(&s).value;
		char lower = folds_case ? sip_char_lower(c) : c;
		if (s.p - from > 1)
			sip_buf_put(b, from, (size_t)(s.p - from));
		else
			sip_percent_encode(b, sip_str_make(&lower, 1), classes);
	}
}

bool sip__part_next(struct sip_str *raw, char separator, struct sip_str *name, struct sip_str *value)
{
	if (raw->len == 0)
		return false;
	size_t at = sip_str_find(*raw, separator);
	struct sip_str one = sip_str_make(raw->p, at);
	*raw = sip_str_from(*raw, at + 1);
	at = sip_str_find(one, '=');
	*name = sip_str_make(one.p, at);
	*value = at < one.len ? sip_str_from(one, at + 1) : sip_str_make(NULL, 0);
	return true;
}

bool sip__has_two_contexts(struct sip_str params)
{
	struct sip_str name, value;
	unsigned count = 0;
	while (sip__part_next(&params, ';', &name, &value))
		count += sip__escaped_eq(name, SIP_STR("phone-context"), true);
	return count > 1;
}
