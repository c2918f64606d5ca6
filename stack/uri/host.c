/* Hosts and ports of URIs and Via, as slices. No state, any thread. RFC 3261 25.1, RFC 5118. */
#include "stack/uri/uri_priv.h"

/* What is in the brackets is read loosely (RFC 5118 4.10); whoever needs the address finds out whether it is one. */
static const char *ipv6_end(const char *p, const char *end)
{
	const char *from = ++p;
	bool has_colon = false;
	while (p < end && (sip_char_is(*p, SIP_CC_HEX) || *p == ':' || *p == '.')) {
		has_colon |= *p == ':';
		p++;
	}
	if (p == end || *p != ']' || !has_colon || p - from > 47)
		return NULL;
	return p + 1;
}

const char *sip_host_end(const char *p, const char *end)
{
	if (p == end)
		return NULL;
	if (*p == '[')
		return ipv6_end(p, end);
	if (!sip_char_is(*p, SIP_CC_HOST) || *p == '.' || *p == '-')
		return NULL;
	return sip_char_run_text(p, end, SIP_CC_HOST);
}

const char *sip_host_port_end(const char *p, const char *end, uint16_t *port, enum sip_err *err)
{
	const char *from = p;
	unsigned value = 0;
	unsigned digit;
	while (p < end && *p == '0')
		p++;
	const char *last = end - p > 6 ? p + 6 : end;
	while (p < last && (digit = (unsigned)(unsigned char)*p - '0') <= 9) {
		value = value * 10 + digit;
		p++;
	}
	if (value == 0 || value > UINT16_MAX) {
		*err = p == from ? SIP_E_SYNTAX : SIP_E_RANGE;
		return NULL;
	}
	*port = (uint16_t)value;
	return p;
}

bool sip_host_scan(struct sip_scan *s, struct sip_str *host, uint16_t *port)
{
	enum sip_err err = SIP_OK;
	*host = sip_str_make(s->p, 0);
	*port = 0;
	if (s->err != SIP_OK)
		return false;
	const char *from = s->p;
	const char *p = sip_host_end(from, s->end);
	if (!p)
		return sip_scan_fail(s, SIP_E_SYNTAX);
	*host = sip_str_make(from, (size_t)(p - from));
	s->p = p;
	p = sip_char_skip_lws(p, s->end);
	if (p == s->end || *p != ':')
		return true;
	s->p = sip_char_skip_lws(p + 1, s->end);
	p = sip_host_port_end(s->p, s->end, port, &err);
	if (!p)
		return sip_scan_fail(s, err);
	s->p = p;
	return true;
}

bool sip__host_ipv6(struct sip_str host, struct sip_addr *out)
{
	if (host.len == 0 || sip_str_find(host, ':') == host.len)
		return false;
	return sip_addr_parse(out, host, 0) == SIP_OK;
}

static struct sip_str without_dot(struct sip_str host)
{
	if (host.len > 1 && host.p[host.len - 1] == '.')
		host.len--;
	return host;
}

bool sip_host_eq(struct sip_str a, struct sip_str b)
{
	struct sip_addr x;
	struct sip_addr y;
	if (sip_str_eq_nocase(without_dot(a), without_dot(b)))
		return true;
	return sip__host_ipv6(a, &x) && sip__host_ipv6(b, &y) && sip_addr_eq_host(&x, &y);
}
