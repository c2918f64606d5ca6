/* Hosts and ports of URIs and Via, as slices. No state, any thread. RFC 3261 25.1, RFC 5118. */
#include "stack/uri/take.h"
#include "stack/uri/uri_priv.h"

#define CLOSED_MAX 63 /* an address, "%25", and the name of an interface */

/*
 * What is in the brackets is read loosely (RFC 5118 4.10); whoever needs the address finds out whether it is one. A zone may stand
 * behind it (RFC 6874).
 */
const char *sip__host_closed(const char *p, const char *end)
{
	const char *from = ++p;
	bool has_colon = false;
	while (p < end && (sip_char_is(*p, SIP_CC_HEX) || *p == ':' || *p == '.')) {
		has_colon |= *p == ':';
		p++;
	}
	if (p < end && *p == '%') {
		const char *zone = p + 1;
		p = sip_char_run(zone, end, SIP_CC_HOST);
		if (p == zone)
			return NULL;
	}
	if (p == end || *p != ']' || !has_colon || p - from > CLOSED_MAX)
		return NULL;
	return p + 1;
}

bool sip_host_scan(struct sip_scan *s, struct sip_str *host, uint16_t *port)
{
	struct sip__marks m;
	enum sip_err err = SIP_OK;
	*host = sip_str_make(s->p, 0);
	*port = 0;
	if (s->err != SIP_OK)
		return false;
	const char *from = s->p;
	sip__marks_init(&m, from, s->end);
	const char *p = sip__host_take(&m, from);
	if (!p)
		return sip_scan_fail(s, SIP_E_SYNTAX);
	*host = sip_str_make(from, (size_t)(p - from));
	s->p = p;
	p = sip_char_skip_lws(p, s->end);
	if (p == s->end || *p != ':')
		return true;
	s->p = sip_char_skip_lws(p + 1, s->end);
	p = sip__port_take(s->p, s->end, port, &err);
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
