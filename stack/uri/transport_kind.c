/* The transports of SIP and their names. Constant tables, no state, any thread. RFC 3261 20.42, 7118, 3263. */
#include "stack/uri/uri.h"

#define SIP_TRANSPORT_KIND(id, via_name, uri_name, is_stream, is_secure, default_port, naptr, srv_prefix)   \
	{ SIP_STR_INIT(via_name), SIP_STR_INIT(uri_name), is_stream, is_secure, default_port,               \
	  SIP_STR_INIT(naptr), SIP_STR_INIT(srv_prefix) },
const struct sip_transport_kind_row sip_transport_kinds[SIP_TRANSPORT_KIND_COUNT] = {
#include "stack/uri/transport_kind_table.h"
};
#undef SIP_TRANSPORT_KIND

enum sip_transport_kind sip_transport_kind_find(struct sip_str name)
{
	/* The long names have a hyphen, for which only the second comparison is exact. */
#define SIP_TRANSPORT_KIND(id, via_name, uri_name, is_stream, is_secure, default_port, naptr, srv_prefix)   \
	if (SIP_STR_IS(name, uri_name) && (name.len <= 3 || sip_str_eq_nocase(name, SIP_STR(uri_name))))    \
		return SIP_TRANSPORT_##id;
#include "stack/uri/transport_kind_table.h"
#undef SIP_TRANSPORT_KIND
	return SIP_TRANSPORT_NONE;
}
