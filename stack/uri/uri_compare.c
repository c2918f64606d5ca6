/* Equality of URIs and a hash that agrees with it. No state, any thread. RFC 3261 19.1.4, RFC 3966 4. */
#include "stack/uri/uri_priv.h"

/* These must be in both or in neither; any other parameter that only one has is ignored. */
#define IN_BOTH                                                                                                 \
	(1u << SIP_URI_PARAM_TRANSPORT | 1u << SIP_URI_PARAM_USER | 1u << SIP_URI_PARAM_METHOD |                \
	 1u << SIP_URI_PARAM_TTL | 1u << SIP_URI_PARAM_MADDR)

static bool value_eq(struct sip_str a, struct sip_str b)
{
	return (a.p != NULL) == (b.p != NULL) && sip__escaped_eq(a, b, true);
}

/* Every parameter that both have has one value. */
static bool params_agree(struct sip_str a, struct sip_str b)
{
	struct sip_str name_a, value_a, name_b, value_b;
	if (sip_str_eq(a, b))
		return true;
	while (sip_params_next(&a, &name_a, &value_a)) {
		struct sip_str rest = b;
		while (sip_params_next(&rest, &name_b, &value_b)) {
			if (sip__escaped_eq(name_a, name_b, true) && !value_eq(value_a, value_b))
				return false;
		}
	}
	return true;
}

/* RFC 3261 7.3.1: values fold case unless their definition says otherwise. */
static bool folds_case(struct sip_str header_name)
{
	return !sip__escaped_eq(header_name, SIP_STR("body"), true) &&
	       !sip__escaped_eq(header_name, SIP_STR("Call-ID"), true);
}

static bool has_header(struct sip_str raw, struct sip_str name, struct sip_str value)
{
	struct sip_str n, v;
	while (sip__part_next(&raw, '&', &n, &v)) {
		if (sip__escaped_eq(n, name, true) && sip__escaped_eq(v, value, folds_case(name)))
			return true;
	}
	return false;
}

/* Each of a is in b; *count: how many a has. */
static bool headers_within(struct sip_str a, struct sip_str b, size_t *count)
{
	struct sip_str name, value;
	for (*count = 0; sip__part_next(&a, '&', &name, &value); ++*count) {
		if (!has_header(b, name, value))
			return false;
	}
	return true;
}

static bool headers_eq(struct sip_str a, struct sip_str b)
{
	size_t in_a, in_b;
	if (sip_str_eq(a, b))
		return true;
	return headers_within(a, b, &in_a) && headers_within(b, a, &in_b) && in_a == in_b;
}

static bool sip_eq(const struct sip_uri *a, const struct sip_uri *b)
{
	if (a->has_user != b->has_user || a->port != b->port)
		return false;
	if (((a->params_seen ^ b->params_seen) & IN_BOTH) != 0)
		return false;
	if ((a->password.p != NULL) != (b->password.p != NULL))
		return false;
	if (!sip_host_eq(a->host, b->host))
		return false;
	if (!sip__escaped_eq(a->user, b->user, false) || !sip__escaped_eq(a->password, b->password, false))
		return false;
	return params_agree(a->params, b->params) && headers_eq(a->headers, b->headers);
}

static int next_digit(struct sip_str *s)
{
	while (s->len > 0) {
		char c = *s->p++;
		s->len--;
		if (!sip__is_visual(c))
			return (unsigned char)sip_char_lower(c);
	}
	return -1;
}

static bool number_eq(struct sip_str a, struct sip_str b)
{
	int digit;
	do {
		digit = next_digit(&a);
		if (digit != next_digit(&b))
			return false;
	} while (digit >= 0);
	return true;
}

static bool tel_value_eq(struct sip_str name, struct sip_str a, struct sip_str b)
{
	if (sip_str_eq_nocase(name, SIP_STR("phone-context")) && a.len > 0 && a.p[0] == '+')
		return number_eq(a, b);
	if (sip_str_eq_nocase(name, SIP_STR("ext")))
		return number_eq(a, b);
	return value_eq(a, b);
}

/* Each parameter of a is in b with an equal value. */
static bool tel_params_within(struct sip_str a, struct sip_str b)
{
	struct sip_str name, value, name_b, value_b;
	while (sip_params_next(&a, &name, &value)) {
		struct sip_str rest = b;
		bool is_there = false;
		while (!is_there && sip_params_next(&rest, &name_b, &value_b))
			is_there = sip__escaped_eq(name, name_b, true) && tel_value_eq(name, value, value_b);
		if (!is_there)
			return false;
	}
	return true;
}

bool sip_uri_eq(const struct sip_uri *a, const struct sip_uri *b)
{
	if (a->scheme != b->scheme)
		return false;
	if (a->text.len > 0 && sip_str_eq(a->text, b->text))
		return true;
	switch (a->scheme) {
	case SIP_URI_SIP:
	case SIP_URI_SIPS:
		return sip_eq(a, b);
	case SIP_URI_TEL:
		return number_eq(a->user, b->user) && tel_params_within(a->params, b->params) &&
		       tel_params_within(b->params, a->params);
	case SIP_URI_OTHER:
		break;
	}
	return sip_str_eq_nocase(a->scheme_text, b->scheme_text) && sip_str_eq(a->opaque, b->opaque);
}

/* The canonical form, hashed in pieces of fixed size so that its length has no bound. */
static uint64_t hash_escaped(const struct sip_hash_key *key, struct sip_str s, bool is_number)
{
	char piece[96];
	size_t n = 0;
	uint64_t h = s.len > 0;
	while (s.len > 0) {
		struct sip__char c = sip__char_next(&s);
		if (is_number && sip__is_visual((char)c.value))
			continue;
		if (c.is_escaped)
			piece[n++] = '%';
		piece[n++] = is_number ? sip_char_lower((char)c.value) : (char)c.value;
		if (n >= sizeof piece - 2) {
			h = sip_hash_mix(h, sip_hash_bytes(key, piece, n));
			n = 0;
		}
	}
	return sip_hash_mix(h, sip_hash_bytes(key, piece, n));
}

static uint64_t hash_host(const struct sip_hash_key *key, struct sip_str host)
{
	struct sip_addr addr;
	if (sip__host_ipv6(host, &addr))
		return sip_addr_hash(key, &addr);
	if (host.len > 1 && host.p[host.len - 1] == '.')
		host.len--;
	return sip_hash_nocase(key, host);
}

uint64_t sip_uri_hash(const struct sip_hash_key *key, const struct sip_uri *u)
{
	uint64_t h = sip_hash_mix((uint64_t)u->scheme, u->has_user);
	switch (u->scheme) {
	case SIP_URI_SIP:
	case SIP_URI_SIPS:
		h = sip_hash_mix(h, hash_escaped(key, u->user, false));
		return sip_hash_mix(h, hash_host(key, u->host));
	case SIP_URI_TEL:
		return sip_hash_mix(h, hash_escaped(key, u->user, true));
	case SIP_URI_OTHER:
		break;
	}
	return sip_hash_mix(sip_hash_mix(h, sip_hash_nocase(key, u->scheme_text)),
			    sip_hash_bytes(key, u->opaque.p, u->opaque.len));
}
