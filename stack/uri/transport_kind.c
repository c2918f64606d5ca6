/* The transports of SIP and their names. Constant tables, no state, any thread. RFC 3261 20.42, 7118, 3263. */
#include "stack/uri/uri.h"

#define SIP_TRANSPORT_KIND(id, via_name, uri_name, is_stream, is_secure, default_port, naptr, srv_prefix)   \
	{ SIP_STR_INIT(via_name), SIP_STR_INIT(uri_name), is_stream, is_secure, default_port,               \
	  SIP_STR_INIT(naptr), SIP_STR_INIT(srv_prefix) },
const struct sip_transport_kind_row sip_transport_kinds[SIP_TRANSPORT_KIND_COUNT] = {
#include "stack/uri/transport_kind_table.h"
};
#undef SIP_TRANSPORT_KIND

static bool is_named(struct sip_str row, struct sip_str name)
{
	return row.len == name.len && (row.p[0] | 0x20) == (name.p[0] | 0x20) && sip_str_eq_nocase(row, name);
}

enum sip_transport_kind sip_transport_kind_find(struct sip_str name)
{
	if (name.len == 0)
		return SIP_TRANSPORT_NONE;
	for (unsigned i = 0; i < SIP_TRANSPORT_KIND_COUNT; i++) {
		const struct sip_transport_kind_row *row = &sip_transport_kinds[i];
		if (is_named(row->via_name, name) || is_named(row->uri_name, name))
			return (enum sip_transport_kind)i;
	}
	return SIP_TRANSPORT_NONE;
}
