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

static const struct unit_case cases[] = {
	UNIT_CASE(test_transport_kind_find_by_either_name),
	UNIT_CASE(test_transport_kind_find_others_gives_none),
};
SUITE(transport_kind);
