/* What the files of stack/uri share and nobody else sees. */
#ifndef STACK_URI_URI_PRIV_H
#define STACK_URI_URI_PRIV_H

#include "stack/uri/uri.h"

/* The address that an IPv6 text stands for, with or without brackets; false for anything else. */
bool sip__host_ipv6(struct sip_str host, struct sip_addr *out);

/* One character of escaped text in canonical form: its value, and whether it has to stay escaped. */
struct sip__char {
	unsigned char value;
	bool is_escaped;
};
/* Takes the next one off s (not empty). Escapes of unreserved characters are undone (RFC 3261 19.1.4); "#" is what "%23" is. */
struct sip__char sip__char_next(struct sip_str *s);
/* Equal in canonical form. */
bool sip__escaped_eq(struct sip_str a, struct sip_str b, bool fold_case);

/* As it stands, but that what is not of these classes gets an escape. */
void sip__escaped_put(struct sip_buf *b, struct sip_str s, unsigned classes, bool folds_case);
/* Takes "name=value" up to the separator, and that, off *raw; false at its end. Without a "=" value->p is NULL. */
bool sip__part_next(struct sip_str *raw, char separator, struct sip_str *name, struct sip_str *value);

/* RFC 3966 3: a phone-context must not be there more than once. What it says of a number is half of whose it is. */
bool sip__has_two_contexts(struct sip_str params);

/* Visual separators of a telephone number (RFC 3966 3). */
static inline bool sip__is_visual(char c)
{
	return c == '-' || c == '.' || c == '(' || c == ')';
}

#endif
