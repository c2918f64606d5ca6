/* The transports of SIP and their names. Constant tables, no state, any thread. RFC 3261 20.42, 7118, 3263. */
#include "stack/uri/uri.h"

#define SIP_TRANSPORT_KIND(id, via_name, uri_name, is_stream, is_secure, is_web, default_port, naptr, srv_prefix)   \
	{ SIP_STR_INIT(via_name), SIP_STR_INIT(uri_name), is_stream, is_secure, is_web, default_port,               \
	  SIP_STR_INIT(naptr), SIP_STR_INIT(srv_prefix) },
const struct sip_transport_kind_row sip_transport_kinds[SIP_TRANSPORT_KIND_COUNT] = {
#include "stack/uri/transport_kind_table.h"
};
#undef SIP_TRANSPORT_KIND

enum sip_transport_kind sip_transport_kind_find(struct sip_str name)
{
	/* The long names have a hyphen, for which only the second comparison is exact. */
#define SIP_TRANSPORT_KIND(id, via_name, uri_name, is_stream, is_secure, is_web, default_port, naptr, srv_prefix)   \
	if (SIP_STR_IS(name, uri_name) && (name.len <= 3 || sip_str_eq_nocase(name, SIP_STR(uri_name))))    \
		return SIP_TRANSPORT_##id;
#include "stack/uri/transport_kind_table.h"
#undef SIP_TRANSPORT_KIND
	/* reSIProcate's name of it. */
	return SIP_STR_IS(name, "dtls") ? SIP_TRANSPORT_DTLS : SIP_TRANSPORT_NONE;
}

static const enum sip_transport_kind secured[SIP_TRANSPORT_KIND_COUNT + 1] = {
	[SIP_TRANSPORT_UDP] = SIP_TRANSPORT_DTLS,   [SIP_TRANSPORT_TCP] = SIP_TRANSPORT_TLS,
	[SIP_TRANSPORT_TLS] = SIP_TRANSPORT_TLS,    [SIP_TRANSPORT_WS] = SIP_TRANSPORT_WSS,
	[SIP_TRANSPORT_WSS] = SIP_TRANSPORT_WSS,    [SIP_TRANSPORT_DTLS] = SIP_TRANSPORT_DTLS,
	[SIP_TRANSPORT_NONE] = SIP_TRANSPORT_NONE,
};

enum sip_transport_kind sip_transport_kind_secured(enum sip_transport_kind kind)
{
	return secured[kind];
}

struct sip_str sip_transport_kind_param(enum sip_transport_kind kind, bool is_sips)
{
	switch (kind) {
	case SIP_TRANSPORT_WSS:
		kind = SIP_TRANSPORT_WS;
		break;
	case SIP_TRANSPORT_TLS:
		kind = is_sips ? SIP_TRANSPORT_TCP : kind;
		break;
	case SIP_TRANSPORT_DTLS:
		kind = is_sips ? SIP_TRANSPORT_UDP : kind;
		break;
	default:
		break;
	}
	return sip_transport_kinds[kind].uri_name;
}
