/* Socket addresses as text and back. IPv4 by hand: it is on the message path; IPv6 by libc. No state, any thread. */
#include "stack/base/addr.h"

#include "stack/base/base_priv.h"

#include <arpa/inet.h>
#include <net/if.h>

enum { V4_TEXT = 15 };

socklen_t sip_addr_len(const struct sip_addr *a)
{
	switch (sip_addr_family(a)) {
	case AF_INET:
		return sizeof a->u.in;
	case AF_INET6:
		return sizeof a->u.in6;
	default:
		return 0;
	}
}

void sip_addr_clear(struct sip_addr *a)
{
	memset(a, 0, sizeof *a);
}

static void set_v4(struct sip_addr *a, const void *bytes, in_port_t port_n)
{
	sip_addr_clear(a);
	a->u.in.sin_family = AF_INET;
	a->u.in.sin_port = port_n;
	memcpy(&a->u.in.sin_addr, bytes, sizeof a->u.in.sin_addr);
}

/* IPv4-mapped becomes IPv4, so that one peer has one address. */
static void set_v6(struct sip_addr *a, const struct in6_addr *host, in_port_t port_n, uint32_t scope)
{
	if (IN6_IS_ADDR_V4MAPPED(host)) {
		set_v4(a, host->s6_addr + 12, port_n);
		return;
	}
	sip_addr_clear(a);
	a->u.in6.sin6_family = AF_INET6;
	a->u.in6.sin6_port = port_n;
	a->u.in6.sin6_addr = *host;
	a->u.in6.sin6_scope_id = scope;
}

enum sip_err sip_addr_from_sockaddr(struct sip_addr *a, const struct sockaddr *sa, socklen_t len)
{
	if (len < (socklen_t)(offsetof(struct sockaddr, sa_family) + sizeof sa->sa_family))
		return SIP_E_UNSUPPORTED;
	if (sa->sa_family == AF_INET && len >= (socklen_t)sizeof(struct sockaddr_in)) {
		struct sockaddr_in in;
		memcpy(&in, sa, sizeof in);
		set_v4(a, &in.sin_addr, in.sin_port);
		return SIP_OK;
	}
	if (sa->sa_family == AF_INET6 && len >= (socklen_t)sizeof(struct sockaddr_in6)) {
		struct sockaddr_in6 in6;
		memcpy(&in6, sa, sizeof in6);
		set_v6(a, &in6.sin6_addr, in6.sin6_port, in6.sin6_scope_id);
		return SIP_OK;
	}
	return SIP_E_UNSUPPORTED;
}

/* Four decimal numbers without leading zeros, and nothing else. */
static bool parse_v4(struct sip_str s, unsigned char out[4])
{
	const char *p = s.p;
	const char *end = s.p + s.len;
	if (s.len < 7 || s.len > V4_TEXT)
		return false;
	for (unsigned i = 0; i < 4; i++) {
		unsigned value = 0;
		const char *from = p;
		while (p < end && *p >= '0' && *p <= '9' && p - from < 3)
			value = value * 10 + (unsigned)(*p++ - '0');
		if (p == from || value > 255 || (*from == '0' && p - from > 1))
			return false;
		if (i < 3 && (p == end || *p++ != '.'))
			return false;
		out[i] = (unsigned char)value;
	}
	return p == end;
}

/* In brackets its "%" may be escaped (RFC 6874 2), and then is "%25". */
static bool parse_zone(struct sip_str zone, bool is_bracketed, uint32_t *scope)
{
	char name[IF_NAMESIZE];
	if (is_bracketed && zone.len > 2 && memcmp(zone.p, "25", 2) == 0)
		zone = sip_str_from(zone, 2);
	if (sip_str_to_u32(zone, UINT32_MAX, scope) == SIP_OK)
		return true;
	if (zone.len == 0 || zone.len >= sizeof name || memchr(zone.p, '\0', zone.len))
		return false;
	memcpy(name, zone.p, zone.len);
	name[zone.len] = '\0';
	*scope = if_nametoindex(name);
	return *scope != 0;
}

static bool parse_v6(struct sip_addr *a, struct sip_str s, bool is_bracketed, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr host;
	uint32_t scope = 0;
	size_t zone_at = sip_str_find(s, '%');
	if (zone_at >= sizeof text || memchr(s.p, '\0', zone_at))
		return false;
	if (zone_at < s.len && !parse_zone(sip_str_from(s, zone_at + 1), is_bracketed, &scope))
		return false;
	memcpy(text, s.p, zone_at);
	text[zone_at] = '\0';
	if (inet_pton(AF_INET6, text, &host) != 1)
		return false;
	set_v6(a, &host, htons(port), scope);
	return true;
}

enum sip_err sip_addr_parse(struct sip_addr *a, struct sip_str host, uint16_t port)
{
	unsigned char v4[4];
	if (host.len == 0)
		return SIP_E_SYNTAX;
	if (parse_v4(host, v4)) {
		set_v4(a, v4, htons(port));
		return SIP_OK;
	}
	bool is_bracketed = host.p[0] == '[';
	if (is_bracketed) {
		if (host.len < 2 || host.p[host.len - 1] != ']')
			return SIP_E_SYNTAX;
		host = sip_str_make(host.p + 1, host.len - 2);
	}
	return host.len > 0 && parse_v6(a, host, is_bracketed, port) ? SIP_OK : SIP_E_SYNTAX;
}

/* Where the host ends: behind the bracket, at an only colon, or at the end (bare IPv6 has no port). */
static size_t host_len(struct sip_str text)
{
	if (text.len > 0 && text.p[0] == '[') {
		size_t close = sip_str_find(text, ']');
		return close < text.len ? close + 1 : text.len;
	}
	size_t colon = sip_str_find(text, ':');
	struct sip_str after = sip_str_from(text, colon + 1);
	return sip_str_find(after, ':') < after.len ? text.len : colon;
}

enum sip_err sip_addr_parse_port(struct sip_addr *a, struct sip_str text, uint16_t default_port)
{
	uint32_t port = default_port;
	size_t n = host_len(text);
	if (n < text.len) {
		if (text.p[n] != ':')
			return SIP_E_SYNTAX;
		enum sip_err err = sip_str_to_u32(sip_str_from(text, n + 1), UINT16_MAX, &port);
		if (err != SIP_OK)
			return err;
	}
	return sip_addr_parse(a, sip_str_make(text.p, n), (uint16_t)port);
}

uint16_t sip_addr_port(const struct sip_addr *a)
{
	switch (sip_addr_family(a)) {
	case AF_INET:
		return ntohs(a->u.in.sin_port);
	case AF_INET6:
		return ntohs(a->u.in6.sin6_port);
	default:
		return 0;
	}
}

void sip_addr_set_port(struct sip_addr *a, uint16_t port)
{
	if (sip_addr_family(a) == AF_INET)
		a->u.in.sin_port = htons(port);
	else if (sip_addr_family(a) == AF_INET6)
		a->u.in6.sin6_port = htons(port);
}

bool sip_addr_eq_host(const struct sip_addr *a, const struct sip_addr *b)
{
	if (sip_addr_family(a) != sip_addr_family(b))
		return false;
	switch (sip_addr_family(a)) {
	case AF_INET:
		return a->u.in.sin_addr.s_addr == b->u.in.sin_addr.s_addr;
	case AF_INET6:
		return a->u.in6.sin6_scope_id == b->u.in6.sin6_scope_id &&
		       memcmp(&a->u.in6.sin6_addr, &b->u.in6.sin6_addr, sizeof a->u.in6.sin6_addr) == 0;
	default:
		return true;
	}
}

bool sip_addr_eq(const struct sip_addr *a, const struct sip_addr *b)
{
	return sip_addr_eq_host(a, b) && sip_addr_port(a) == sip_addr_port(b);
}

bool sip_addr_is_any(const struct sip_addr *a)
{
	if (sip_addr_family(a) == AF_INET)
		return a->u.in.sin_addr.s_addr == htonl(INADDR_ANY);
	return sip_addr_family(a) == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&a->u.in6.sin6_addr);
}

bool sip_addr_is_loopback(const struct sip_addr *a)
{
	if (sip_addr_family(a) == AF_INET)
		return ntohl(a->u.in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return sip_addr_family(a) == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a->u.in6.sin6_addr);
}

bool sip_addr_is_multicast(const struct sip_addr *a)
{
	if (sip_addr_family(a) == AF_INET)
		return ntohl(a->u.in.sin_addr.s_addr) >> 28 == 0xe;
	return sip_addr_family(a) == AF_INET6 && IN6_IS_ADDR_MULTICAST(&a->u.in6.sin6_addr);
}

bool sip_addr_is_link_local(const struct sip_addr *a)
{
	return sip_addr_family(a) == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&a->u.in6.sin6_addr);
}

void sip_addr_take_zone(struct sip_addr *a, const struct sip_addr *near)
{
	if (sip_addr_is_link_local(a) && a->u.in6.sin6_scope_id == 0 && sip_addr_is_link_local(near))
		a->u.in6.sin6_scope_id = near->u.in6.sin6_scope_id;
}

enum { PACKED_HOST = 3, PACKED_V4 = PACKED_HOST + 4, PACKED_V6 = PACKED_HOST + 16 + 4 }; /* behind family and port: host, and zone */
_Static_assert(PACKED_V6 == SIP_ADDR_PACKED_MAX, "the door says how long one is at most");

size_t sip_addr_pack(const struct sip_addr *a, char out[SIP_ADDR_PACKED_MAX])
{
	switch (sip_addr_family(a)) {
	case AF_INET:
		out[0] = 4;
		memcpy(out + 1, &a->u.in.sin_port, 2);
		memcpy(out + PACKED_HOST, &a->u.in.sin_addr, 4);
		return PACKED_V4;
	case AF_INET6:
		out[0] = 6;
		memcpy(out + 1, &a->u.in6.sin6_port, 2);
		memcpy(out + PACKED_HOST, &a->u.in6.sin6_addr, 16);
		memcpy(out + PACKED_HOST + 16, &a->u.in6.sin6_scope_id, 4);
		return PACKED_V6;
	default:
		return 0;
	}
}

size_t sip_addr_unpack(struct sip_str in, struct sip_addr *a)
{
	struct in6_addr host;
	in_port_t port_n;
	uint32_t scope;

	sip_addr_clear(a);
	if (in.len < PACKED_V4)
		return 0;
	memcpy(&port_n, in.p + 1, 2);
	if (in.p[0] == 4) {
		set_v4(a, in.p + PACKED_HOST, port_n);
		return PACKED_V4;
	}
	if (in.p[0] != 6 || in.len < PACKED_V6)
		return 0;
	memcpy(&host, in.p + PACKED_HOST, sizeof host);
	memcpy(&scope, in.p + PACKED_HOST + 16, sizeof scope);
	set_v6(a, &host, port_n, scope);
	return PACKED_V6;
}

uint64_t sip_addr_hash(const struct sip_hash_key *key, const struct sip_addr *a)
{
	unsigned char bytes[22];
	switch (sip_addr_family(a)) {
	case AF_INET:
		memcpy(bytes, &a->u.in.sin_addr, 4);
		memcpy(bytes + 4, &a->u.in.sin_port, 2);
		return sip_hash_bytes(key, bytes, 6);
	case AF_INET6:
		memcpy(bytes, &a->u.in6.sin6_addr, 16);
		memcpy(bytes + 16, &a->u.in6.sin6_port, 2);
		memcpy(bytes + 18, &a->u.in6.sin6_scope_id, 4);
		return sip_hash_bytes(key, bytes, 22);
	default:
		return sip_hash_bytes(key, "", 0);
	}
}

static char *put_octet(char *to, unsigned value)
{
	if (value >= 100)
		*to++ = (char)('0' + value / 100);
	if (value >= 10)
		*to++ = (char)('0' + value / 10 % 10);
	*to++ = (char)('0' + value % 10);
	return to;
}

static char *put_v4(char *to, const struct in_addr *host)
{
	unsigned char bytes[4];
	memcpy(bytes, host, sizeof bytes);
	for (unsigned i = 0; i < 4; i++) {
		if (i > 0)
			*to++ = '.';
		to = put_octet(to, bytes[i]);
	}
	return to;
}

static char *put_number(char *to, uint32_t value)
{
	char digits[10];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	memcpy(to, digits + at, sizeof digits - at);
	return to + (sizeof digits - at);
}

enum { WITH_ZONE = 1, WITH_BRACKETS = 2, WITH_PORT = 4 };

/* The text into `text`; returns its end. The zone is written as a number: its name would cost system calls. */
static char *put(char text[SIP_ADDR_TEXT], const struct sip_addr *a, unsigned how)
{
	char *to = text;
	switch (sip_addr_family(a)) {
	case AF_INET:
		to = put_v4(to, &a->u.in.sin_addr);
		break;
	case AF_INET6:
		if (how & WITH_BRACKETS)
			*to++ = '[';
		inet_ntop(AF_INET6, &a->u.in6.sin6_addr, to, INET6_ADDRSTRLEN);
		to += strlen(to);
		if ((how & WITH_ZONE) && a->u.in6.sin6_scope_id != 0) {
			*to++ = '%';
			to = put_number(to, a->u.in6.sin6_scope_id);
		}
		if (how & WITH_BRACKETS)
			*to++ = ']';
		break;
	default:
		memcpy(to, "none", 4);
		return to + 4;
	}
	if (how & WITH_PORT) {
		*to++ = ':';
		to = put_number(to, sip_addr_port(a));
	}
	return to;
}

static void put_buf(struct sip_buf *b, const struct sip_addr *a, unsigned how)
{
	char text[SIP_ADDR_TEXT];
	char *end = put(text, a, how);
	sip_buf_put(b, text, (size_t)(end - text));
}

void sip_addr_put_bare(struct sip_buf *b, const struct sip_addr *a)
{
	put_buf(b, a, 0);
}

void sip_addr_put_host(struct sip_buf *b, const struct sip_addr *a)
{
	put_buf(b, a, WITH_ZONE);
}

void sip_addr_put_uri_host(struct sip_buf *b, const struct sip_addr *a)
{
	put_buf(b, a, WITH_BRACKETS);
}

void sip_addr_put(struct sip_buf *b, const struct sip_addr *a)
{
	put_buf(b, a, WITH_ZONE | WITH_BRACKETS | WITH_PORT);
}

const char *sip_addr_text(const struct sip_addr *a, char text[SIP_ADDR_TEXT])
{
	*put(text, a, WITH_ZONE | WITH_BRACKETS | WITH_PORT) = '\0';
	return text;
}
