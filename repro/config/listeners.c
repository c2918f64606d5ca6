/*
 * The transports that settings ask for: by Transport<N>Interface, or by IPAddress and the ports; and what of it cannot be. Runs
 * while loading, on the loading thread.
 */
#include "repro/config/config_priv.h"

/* An address is said only by transports of its family; a name is for all. */
static struct sip_str advertised_by(const char *text, const struct sip_addr *bind)
{
	struct sip_addr a;
	struct sip_str host = sip_str_of(text);
	bool is_other = sip_addr_parse(&a, host, 0) == SIP_OK && sip_addr_family(&a) != sip_addr_family(bind);
	return is_other ? sip_str_make(NULL, 0) : host;
}

static enum sip_err add(struct repro_config *c, enum sip_transport_kind kind, const struct sip_addr *bind)
{
	struct repro_listener *l;
	if (c->listener_count == REPRO_LISTENERS_MAX)
		return SIP_E_LIMIT;
	l = &c->listeners[c->listener_count++];
	l->kind = kind;
	l->bind = *bind;
	l->beside = -1;
	l->proxy_protocol = sip_transport_kinds[kind].is_stream && c->set.proxy_protocol;
	l->advertised = advertised_by(c->set.advertised_host, bind);
	l->dscp = (unsigned)c->set.dscp;
	l->device = "";
	l->size_switch = (enum repro_size_switch)c->set.udp_size_switch;
	repro__record_route_split(c->set.record_route_uri, &l->record_route, &l->record_route_auto);
	l->tls = (struct repro_tls){ "", "", "", "", "", REPRO_TLS_NONE, REPRO_TLS_SSLV23 };
	if (!sip_transport_kinds[kind].is_secure)
		return SIP_OK;
	l->tls.domain = c->set.tls_domain;
	l->tls.certificate = c->set.tls_certificate;
	l->tls.key = c->set.tls_key;
	l->tls.passphrase = c->set.tls_passphrase;
	l->tls.ocsp = c->set.tls_ocsp;
	l->tls.clients = c->set.tls_clients;
	l->tls.method = c->set.tls_method;
	return SIP_OK;
}

/* A certificate of its own comes with a key of its own. */
static void take_slot_tls(const struct repro_transport_settings *t, struct repro_tls *tls)
{
	if (t->tls_domain[0])
		tls->domain = t->tls_domain;
	if (t->tls_certificate[0]) {
		tls->certificate = t->tls_certificate;
		tls->key = t->tls_key;
		tls->passphrase = t->tls_passphrase;
		tls->ocsp = "";
	}
	tls->clients = t->tls_clients;
	tls->method = t->tls_method;
}

/* How it sends, and what it says it is called. */
static void take_slot_path(const struct repro_transport_settings *t, struct repro_listener *l)
{
	l->rcvbuf = (unsigned)t->rcvbuf;
	if (t->advertised_host[0])
		l->advertised = sip_str_of(t->advertised_host);
	l->advertised_port = (uint16_t)t->advertised_port;
	if (t->dscp)
		l->dscp = (unsigned)t->dscp;
	l->device = t->device;
	if (t->udp_size_switch) /* 0: default */
		l->size_switch = (enum repro_size_switch)(t->udp_size_switch - 1);
}

static enum sip_err add_slots(struct repro_config *c)
{
	enum sip_err err = SIP_OK;
	for (size_t i = 0; i < REPRO_TRANSPORT_SLOTS && err == SIP_OK; i++) {
		const struct repro_transport_settings *t = &c->set.transport[i];
		struct repro_listener *l = &c->listeners[c->listener_count];
		struct sip_addr bind;
		if (!t->interface_text[0])
			continue;
		err = sip_addr_parse_port(&bind, sip_str_of(t->interface_text), 5060);
		if (err == SIP_OK)
			err = add(c, (enum sip_transport_kind)t->type, &bind);
		if (err != SIP_OK)
			break;
		take_slot_path(t, l);
		if (t->proxy_protocol != REPRO_PROXY_PROTOCOL_DEFAULT)
			l->proxy_protocol = sip_transport_kinds[l->kind].is_stream && t->proxy_protocol == REPRO_PROXY_PROTOCOL_TRUE;
		/* An empty text of its own falls back to RecordRouteUri. */
		if (t->record_route_uri[0])
			repro__record_route_split(t->record_route_uri, &l->record_route, &l->record_route_auto);
		if (sip_transport_kinds[l->kind].is_secure)
			take_slot_tls(t, &l->tls);
	}
	return err;
}

static enum sip_err add_ports(struct repro_config *c, struct sip_str ip)
{
	const uint64_t ports[SIP_TRANSPORT_KIND_COUNT] = {
		[SIP_TRANSPORT_UDP] = c->set.udp_port, [SIP_TRANSPORT_TCP] = c->set.tcp_port, [SIP_TRANSPORT_TLS] = c->set.tls_port,
		[SIP_TRANSPORT_WS] = c->set.ws_port,   [SIP_TRANSPORT_WSS] = c->set.wss_port, [SIP_TRANSPORT_DTLS] = c->set.dtls_port,
	};
	struct sip_addr bind;
	enum sip_err err = sip_addr_parse(&bind, ip, 0);
	for (unsigned kind = 0; kind < SIP_TRANSPORT_KIND_COUNT && err == SIP_OK; kind++) {
		sip_addr_set_port(&bind, (uint16_t)ports[kind]);
		if (ports[kind])
			err = add(c, (enum sip_transport_kind)kind, &bind);
	}
	return err;
}

/* Each on an interface of its own they do not meet. */
static bool share_port(const struct repro_listener *a, const struct repro_listener *b)
{
	bool is_apart = a->device[0] && b->device[0] && strcmp(a->device, b->device) != 0;
	return !is_apart && sip_addr_port(&a->bind) != 0 && sip_addr_eq(&a->bind, &b->bind) &&
	       sip_transport_kinds[a->kind].is_stream == sip_transport_kinds[b->kind].is_stream;
}

static bool may_be_beside(const struct repro_listener *ws, const struct repro_listener *held)
{
	return (ws->kind == SIP_TRANSPORT_WS && held->kind == SIP_TRANSPORT_TCP) ||
	       (ws->kind == SIP_TRANSPORT_WSS && held->kind == SIP_TRANSPORT_TLS);
}

static void put_beside(struct repro_config *c)
{
	for (size_t i = 0; i < c->listener_count; i++) {
		for (size_t k = 0; k < c->listener_count; k++) {
			struct repro_listener *ws = &c->listeners[i];
			if (may_be_beside(ws, &c->listeners[k]) && share_port(ws, &c->listeners[k]))
				ws->beside = (int)k;
		}
	}
}

/* Any Transport<N>Interface turns IPAddress and the ports off; no IPAddress means all adapters. */
enum sip_err repro__listeners_take(struct repro_config *c)
{
	struct sip_str rest = sip_str_of(c->set.ip_address);
	struct sip_str piece;
	bool is_any = true;
	enum sip_err err = add_slots(c);
	bool has_slots = c->listener_count > 0;
	while (err == SIP_OK && !has_slots && repro__next_piece(&rest, &piece)) {
		is_any = false;
		err = add_ports(c, piece);
	}
	if (err == SIP_OK && !has_slots && is_any && !c->set.disable_ipv4)
		err = add_ports(c, SIP_STR("0.0.0.0"));
	if (err == SIP_OK && !has_slots && is_any && c->set.enable_ipv6)
		err = add_ports(c, SIP_STR("::"));
	put_beside(c);
	return err;
}

static const char *check_one(const struct repro_config *c, const struct repro_listener *l)
{
	int family = sip_addr_family(&l->bind);
	if (family == AF_INET6 && !c->set.enable_ipv6)
		return "EnableIPv6: expected true for a transport with an IPv6 address, found false";
	if (family == AF_INET && c->set.disable_ipv4)
		return "DisableIPv4: expected false for a transport with an IPv4 address, found true";
	if (sip_transport_kinds[l->kind].is_secure && !l->tls.certificate[0] && !c->set.certificate_path[0])
		return "TLSCertificate: expected a PEM file (or a folder as CertificatePath) for a TLS, WSS or DTLS transport, found none";
	if (l->kind == SIP_TRANSPORT_DTLS && l->tls.method == REPRO_TLS_1_3)
		return "TLSConnectionMethod: expected SSLv23, TLS or TLSv1_2 for a DTLS transport, found TLSv1_3";
	return NULL;
}

const char *repro__listeners_check(const struct repro_config *c)
{
	const char *wrong = NULL;
	if (c->listener_count == 0)
		return "UDPPort, TCPPort: expected at least one transport, found none";
	for (size_t i = 0; i < c->listener_count && !wrong; i++) {
		const struct repro_listener *l = &c->listeners[i];
		wrong = check_one(c, l);
		for (size_t k = 0; k < i && !wrong; k++) {
			const struct repro_listener *other = &c->listeners[k];
			if (!share_port(l, other))
				continue;
			if (l->kind == other->kind)
				wrong = "TransportInterface: expected different addresses, found one twice";
			else if (!may_be_beside(l, other) && !may_be_beside(other, l))
				wrong = "TCPPort, TLSPort, WSPort, WSSPort, UDPPort, DTLSPort: expected different ports (WS may share "
					"TCP's, WSS may share TLS's), found one twice";
		}
	}
	return wrong;
}
