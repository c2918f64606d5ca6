/* Choosing a transport, our Via, and where responses go. */
#include "tests/unit/stack/transport/bed.h"

#include <net/if.h>

static enum sip_err test_selector_when_asked_then_kind_family_and_preference_decide(void)
{
	struct sip_addr v4 = bed_addr("10.0.0.9:5060"), v6 = bed_addr("[2001:db8::1]:5060");
	struct sip_selector s;
	struct bed bed;
	enum sip_err err;

	sip_selector_init(&s);
	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(sip_selector_add(&s, bed.a.udp));
	UNIT_TRY(sip_selector_add(&s, bed.a.tcp));
	UNIT_TRY(sip_selector_add(&s, bed.b.udp));
	UNIT_EQ(sip_selector_kinds(&s), 1u << SIP_TRANSPORT_UDP | 1u << SIP_TRANSPORT_TCP);
	UNIT_CHECK(sip_selector_has_family(&s, AF_INET));
	UNIT_CHECK(!sip_selector_has_family(&s, AF_INET6));
	UNIT_CHECK(sip_selector_choose(&s, SIP_TRANSPORT_UDP, &v4, NULL) == bed.a.udp);
	UNIT_CHECK(sip_selector_choose(&s, SIP_TRANSPORT_UDP, &v4, bed.b.udp) == bed.b.udp);
	UNIT_CHECK(sip_selector_choose(&s, SIP_TRANSPORT_TCP, &v4, bed.b.udp) == bed.a.tcp);
	UNIT_CHECK(sip_selector_choose(&s, SIP_TRANSPORT_TLS, &v4, NULL) == NULL);
	UNIT_CHECK(sip_selector_choose(&s, SIP_TRANSPORT_UDP, &v6, NULL) == NULL);
	sip_selector_remove(&s, bed.a.udp);
	UNIT_EQ(s.count, 2);
	UNIT_CHECK(sip_selector_choose(&s, SIP_TRANSPORT_UDP, &v4, NULL) == bed.b.udp);
	while (s.count < SIP_SELECTOR_TRANSPORTS)
		UNIT_TRY(sip_selector_add(&s, bed.a.tcp));
	UNIT_EQ(sip_selector_add(&s, bed.a.tcp), SIP_E_LIMIT);
out:
	sip_selector_fini(&s);
	bed_close(&bed);
	return err;
}

static enum sip_err check_via(const struct bed *bed, const char *advertised, uint16_t port, const char *expected)
{
	struct sip_addr peer = bed_addr("10.0.0.9:5060");
	struct sip_transport_options o;
	struct sip_transport *t = NULL;
	char room[256];
	struct sip_buf b;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TCP);
	o.net = bed->net;
	o.bind = bed_addr("10.0.0.3:5062");
	o.advertised = sip_str_of(advertised);
	o.advertised_port = port;
	UNIT_TRY(sip_transport_open(&o, &bed->a.wire, 1, &t));
	sip_buf_init_fixed(&b, room, sizeof room);
	sip_transport_put_via(t, &peer, SIP_STR("z9hG4bKx"), true, &b);
	UNIT_STR(sip_buf_str(&b), expected);
	sip_transport_close(t);
	UNIT_EQ(sip_loop_turn(bed->loop, 0), SIP_OK);
out:
	sip_transport_unref(&t);
	return err;
}

static enum sip_err test_via_when_put_then_it_names_us_as_peers_shall(void)
{
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(check_via(&bed, "", 0, "SIP/2.0/TCP 10.0.0.3:5062;rport;branch=z9hG4bKx"));
	UNIT_TRY(check_via(&bed, "sip.example.com", 0, "SIP/2.0/TCP sip.example.com:5062;rport;branch=z9hG4bKx"));
	UNIT_TRY(check_via(&bed, "2001:db8::1", 5070, "SIP/2.0/TCP [2001:db8::1]:5070;rport;branch=z9hG4bKx"));
	UNIT_TRY(check_via(&bed, "[2001:db8::1]", 5070, "SIP/2.0/TCP [2001:db8::1]:5070;rport;branch=z9hG4bKx"));
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_response_addr_when_the_via_says_then_there(void)
{
	static const struct {
		const char *via, *addr; /* NULL: NOTFOUND */
	} rows[] = {
		{ "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1", "192.0.2.1:5070" },
		{ "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "192.0.2.1:5060" },
		{ "SIP/2.0/TLS 192.0.2.1;branch=z9hG4bK1", "192.0.2.1:5061" },
		{ "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;received=192.0.2.9", "192.0.2.9:5070" },
		{ "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;received=192.0.2.9;rport=999", "192.0.2.9:999" },
		{ "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;maddr=224.0.1.75;received=192.0.2.9", "224.0.1.75:5070" },
		{ "SIP/2.0/UDP [2001:db8::1]:5070;branch=z9hG4bK1", "[2001:db8::1]:5070" },
		{ "SIP/2.0/UDP pc.example.com;branch=z9hG4bK1;received=2001:db8::2", "[2001:db8::2]:5060" },
		{ "SIP/2.0/UDP pc.example.com;branch=z9hG4bK1", NULL },
	};

	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		char text[SIP_ADDR_TEXT];
		struct sip_addr a;
		struct sip_via via;

		UNIT_EQ(sip_via_parse(sip_str_of(rows[i].via), &via), SIP_OK);
		UNIT_EQ(sip_response_addr(&via, &a), rows[i].addr ? SIP_OK : SIP_E_NOTFOUND);
		if (rows[i].addr)
			UNIT_STR(sip_str_of(sip_addr_text(&a, text)), rows[i].addr);
	}
	return SIP_OK;
}

static enum sip_err test_zone_when_none_is_said_then_it_is_that_of_the_transport(void)
{
	struct sip_addr near = bed_addr("[fe80::9]:5060"), far = bed_addr("[2001:db8::9]:5060");
	struct sip_transport_options o;
	struct sip_transport *t = NULL;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	sip_transport_options_init(&o, SIP_TRANSPORT_UDP);
	o.net = bed.net;
	o.bind = bed_addr("[fe80::1]:5060");
	o.bind.u.in6.sin6_scope_id = 7;
	UNIT_TRY(sip_transport_open(&o, &bed.a.wire, 1, &t));
	sip_transport_take_zone(t, &near);
	sip_transport_take_zone(t, &far);
	UNIT_EQ(near.u.in6.sin6_scope_id, 7);
	UNIT_EQ(far.u.in6.sin6_scope_id, 0);
	sip_transport_close(t);
	sip_transport_unref(&t);
	UNIT_EQ(sip_loop_turn(bed.loop, 0), SIP_OK);
	near.u.in6.sin6_scope_id = 0;
	o.bind = bed_addr("[2001:db8::7]:5062");
	o.device = SIP_STR("lo");
	UNIT_TRY(sip_transport_open(&o, &bed.a.wire, 1, &t));
	sip_transport_take_zone(t, &near);
	UNIT_EQ(near.u.in6.sin6_scope_id, if_nametoindex("lo"));
	sip_transport_close(t);
	UNIT_EQ(sip_loop_turn(bed.loop, 0), SIP_OK);
out:
	sip_transport_unref(&t);
	bed_close(&bed);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_zone_when_none_is_said_then_it_is_that_of_the_transport),
	UNIT_CASE(test_selector_when_asked_then_kind_family_and_preference_decide),
	UNIT_CASE(test_via_when_put_then_it_names_us_as_peers_shall),
	UNIT_CASE(test_response_addr_when_the_via_says_then_there),
};
const struct unit_suite selector_suite = { "stack/transport/selector", cases, SIP_COUNTOF(cases) };
