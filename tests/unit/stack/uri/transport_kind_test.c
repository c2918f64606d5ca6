#include "tests/unit/stack/uri/uri_rooms_test.h"

static enum sip_err test_transport_kind_find_by_either_name(void)
{
	for (unsigned i = 0; i < SIP_TRANSPORT_KIND_COUNT; i++) {
		UNIT_EQ(sip_transport_kind_find(sip_transport_kinds[i].via_name), i);
		UNIT_EQ(sip_transport_kind_find(sip_transport_kinds[i].uri_name), i);
	}
	UNIT_EQ(sip_transport_kind_find(SIP_STR("uDp")), SIP_TRANSPORT_UDP);
	UNIT_EQ(sip_transport_kind_find(SIP_STR("Dtls-Udp")), SIP_TRANSPORT_DTLS);
	UNIT_EQ(sip_transport_kind_find(SIP_STR("DTLS")), SIP_TRANSPORT_DTLS);
	return SIP_OK;
}

static enum sip_err test_transport_kind_find_others_gives_none(void)
{
	static const char *const others[] = { "", "u", "UD", "UDPX", "SCTP", "TLX", "DTLS\rUDP", "DTLS-UD", "DTLX", "5DP",
		"W3" };
	for (size_t i = 0; i < SIP_COUNTOF(others); i++)
		UNIT_EQ(sip_transport_kind_find(sip_str_of(others[i])), SIP_TRANSPORT_NONE);
	return SIP_OK;
}

/* RFC 3261 26.2.2, RFC 7118 5.2 */
static enum sip_err test_transport_kind_secured_is_what_sips_means_by_it(void)
{
	UNIT_EQ(sip_transport_kind_secured(SIP_TRANSPORT_NONE), SIP_TRANSPORT_NONE);
	UNIT_EQ(sip_transport_kind_secured(SIP_TRANSPORT_UDP), SIP_TRANSPORT_DTLS);
	UNIT_EQ(sip_transport_kind_secured(SIP_TRANSPORT_TCP), SIP_TRANSPORT_TLS);
	UNIT_EQ(sip_transport_kind_secured(SIP_TRANSPORT_WS), SIP_TRANSPORT_WSS);
	for (unsigned i = 0; i < SIP_TRANSPORT_KIND_COUNT; i++)
		if (sip_transport_kinds[i].is_secure)
			UNIT_EQ(sip_transport_kind_secured((enum sip_transport_kind)i), i);
	return SIP_OK;
}

/* RFC 7118 5.2, RFC 5630 3.1.4 */
static enum sip_err test_transport_kind_param_of_sips_names_what_is_below_tls(void)
{
	UNIT_CHECK(sip_str_eq(sip_transport_kind_param(SIP_TRANSPORT_WSS, true), SIP_STR("ws")));
	UNIT_CHECK(sip_str_eq(sip_transport_kind_param(SIP_TRANSPORT_WSS, false), SIP_STR("ws")));
	UNIT_CHECK(sip_str_eq(sip_transport_kind_param(SIP_TRANSPORT_TLS, true), SIP_STR("tcp")));
	UNIT_CHECK(sip_str_eq(sip_transport_kind_param(SIP_TRANSPORT_TLS, false), SIP_STR("tls")));
	UNIT_CHECK(sip_str_eq(sip_transport_kind_param(SIP_TRANSPORT_DTLS, true), SIP_STR("udp")));
	UNIT_CHECK(sip_str_eq(sip_transport_kind_param(SIP_TRANSPORT_DTLS, false), SIP_STR("dtls-udp")));
	UNIT_CHECK(sip_str_eq(sip_transport_kind_param(SIP_TRANSPORT_UDP, false), SIP_STR("udp")));
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_transport_kind_secured_is_what_sips_means_by_it),
	UNIT_CASE(test_transport_kind_param_of_sips_names_what_is_below_tls),
	UNIT_CASE(test_transport_kind_find_by_either_name),
	UNIT_CASE(test_transport_kind_find_others_gives_none),
};
SUITE(transport_kind);
