/*
 * The PROXY protocol's second version: before anything else a load balancer says for whom it has connected. Until that has come the
 * connection is not open; then it is one of that peer's. Below all other filters. Wire's loop.
 * The protocol is HAProxy's doc/proxy-protocol.txt, 2.2.
 */
#include "stack/transport/transport_priv.h"

#define FIXED 16
#define IPV4_LEN 12
#define IPV6_LEN 36

struct proxy {
	struct sip__filter filter; /* first; always the lowest */
	size_t len;
	char held[SIP__PROXY_MAX];
};

/* ---- the header -------------------------------------------------------------------------------------------------- */

static enum sip_err read_ipv4(const unsigned char *p, struct sip__proxy_header *h)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	memcpy(&a.sin_addr, p, 4);
	memcpy(&a.sin_port, p + 8, 2);
	memset(&h->remote, 0, sizeof h->remote);
	memset(&h->local, 0, sizeof h->local);
	h->remote.u.in = a;
	memcpy(&a.sin_addr, p + 4, 4);
	memcpy(&a.sin_port, p + 10, 2);
	h->local.u.in = a;
	return SIP_OK;
}

static enum sip_err read_one_ipv6(const unsigned char *host, const unsigned char *port, struct sip_addr *out)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in6 in6;
	} name = { .in6 = { .sin6_family = AF_INET6 } };

	memcpy(&name.in6.sin6_addr, host, 16);
	memcpy(&name.in6.sin6_port, port, 2);
	return sip_addr_from_sockaddr(out, &name.sa, sizeof name.in6);
}

static enum sip_err read_addresses(unsigned family, const unsigned char *p, size_t len, struct sip__proxy_header *h)
{
	enum sip_err err = SIP_E_UNSUPPORTED;

	if (family == 0x11)
		err = len < IPV4_LEN ? SIP_E_SYNTAX : read_ipv4(p, h);
	else if (family == 0x21 && len < IPV6_LEN)
		err = SIP_E_SYNTAX;
	else if (family == 0x21)
		err = read_one_ipv6(p, p + 32, &h->remote);
	if (err == SIP_OK && family == 0x21)
		err = read_one_ipv6(p + 16, p + 34, &h->local);
	if (err == SIP_OK && (sip_addr_is_any(&h->remote) || sip_addr_is_multicast(&h->remote) || !sip_addr_port(&h->remote)))
		err = SIP_E_RANGE;
	return err;
}

enum sip_err sip__proxy_read(struct sip_str bytes, struct sip__proxy_header *h)
{
	static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t shown = bytes.len < sizeof signature - 1 ? bytes.len : sizeof signature - 1, len;

	memset(h, 0, sizeof *h);
	if (memcmp(bytes.p, signature, shown) != 0)
		return SIP_E_SYNTAX;
	if (bytes.len > 12 && (p[12] & 0xf0) != 0x20)
		return SIP_E_UNSUPPORTED;
	if (bytes.len > 12 && (p[12] & 0x0f) > 1)
		return SIP_E_SYNTAX;
	if (bytes.len < FIXED)
		return SIP_E_MORE;
	len = (size_t)p[14] << 8 | p[15];
	if (FIXED + len > SIP__PROXY_MAX)
		return SIP_E_LIMIT;
	h->len = FIXED + len;
	h->is_local = (p[12] & 0x0f) == 0 || p[13] == 0;
	if (bytes.len < h->len)
		return SIP_E_MORE;
	return h->is_local ? SIP_OK : read_addresses(p[13], p + FIXED, len, h);
}

/* ---- the filter -------------------------------------------------------------------------------------------------- */

static enum sip_err proxy_start(struct sip__filter *f)
{
	(void)f;
	return SIP_OK;
}

/* It is somebody else's connection from here on. */
static enum sip_err become(struct sip__connection *c, const struct sip__proxy_header *h)
{
	struct sip__guard *g = c->flow.wire->guard;

	if (h->is_local)
		return SIP_OK;
	if (c->is_counted)
		sip__guard_left(g, &c->flow.remote);
	c->is_counted = false;
	sip__connection_table_hide(c);
	c->flow.remote = h->remote;
	c->flow.local = h->local;
	if (!sip__guard_entered(g, &c->flow.remote, &c->is_counted))
		return SIP_E_DENIED;
	return sip__connection_table_show(c);
}

static enum sip_err finish(struct proxy *p, const struct sip__proxy_header *h, struct sip_str rest)
{
	enum sip_err err = become(p->filter.connection, h);

	return err == SIP_OK ? sip__filter_leave(&p->filter, rest, sip_str_make(NULL, 0)) : err;
}

static enum sip_err proxy_feed(struct sip__filter *f, struct sip_str bytes)
{
	struct proxy *p = (struct proxy *)(void *)f;
	size_t most = sizeof p->held - p->len, before = p->len, first = bytes.len < most ? bytes.len : most;
	struct sip__proxy_header h;
	enum sip_err err;

	memcpy(p->held + p->len, bytes.p, first);
	p->len += first;
	err = sip__proxy_read(sip_str_make(p->held, p->len), &h);
	if (err == SIP_E_MORE)
		return SIP_OK;
	if (err != SIP_OK) {
		sip_metric_count(f->connection->flow.wire->cells, SIP_M_REFUSED_PROXY);
		return err;
	}
	return finish(p, &h, sip_str_from(bytes, h.len - before));
}

/* Nothing is said to who is not known. */
static enum sip_err proxy_write(struct sip__filter *f, struct sip_str bytes)
{
	return sip__filter_put(f, bytes);
}

static void proxy_close(struct sip__filter *f)
{
	(void)f;
}

static void proxy_destroy(struct sip__filter *f)
{
	sip_free(f);
}

static const struct sip__filter_kind proxy_kind = { proxy_start, proxy_feed, proxy_write, proxy_close, proxy_destroy };

enum sip_err sip__filter_proxy_add(struct sip__connection *c)
{
	struct proxy *p;

	if (c->is_ours || !c->flow.transport->o.proxy_protocol)
		return SIP_OK;
	p = sip_alloc_zero(sizeof *p);
	if (!p)
		return SIP_E_NOMEM;
	sip__filter_add(c, &p->filter, &proxy_kind);
	return SIP_OK;
}
