#include "tests/unit/dns/dns_test.h"

#define A DNS_TYPE_A
#define SRV DNS_TYPE_SRV

static const struct zone_row zone[] = {
	{ "_sip._udp.pair.test", SRV, 3600, "10 0 5060 one.test", SIP_OK },
	{ "_sip._udp.pair.test", SRV, 3600, "20 0 5060 two.test", SIP_OK },
	{ "one.test", A, 3600, "192.0.2.1", SIP_OK },
	{ "two.test", A, 3600, "192.0.2.2", SIP_OK },
	{ "_sip._udp.lame.test", SRV, 3600, "10 0 5060 dead.test", SIP_OK },
	{ "_sip._udp.lame.test", SRV, 3600, "20 0 5060 two.test", SIP_OK },
	{ "dead.test", A, 3600, NULL, SIP_E_DNS },
	{ "_sip._udp.same.test", SRV, 3600, "10 0 5060 one.test", SIP_OK },
	{ "_sip._udp.same.test", SRV, 3600, "20 0 5060 one.test", SIP_OK },
	{ "three.test", A, 3600, "192.0.2.1", SIP_OK },
	{ "three.test", A, 3600, "192.0.2.2", SIP_OK },
	{ "three.test", A, 3600, "192.0.2.3", SIP_OK },
	{ "other.test", A, 3600, "192.0.2.1", SIP_OK },
	{ "other.test", A, 3600, "192.0.2.2", SIP_OK },
	{ "lazy.test", A, 3600, "192.0.2.1", SIP_OK },
	{ "lazy.test", DNS_TYPE_AAAA, 3600, NULL, SIP_E_TIMEOUT },
	{ "_sip._udp.mixed.test", SRV, 3600, "10 0 5060 one.test", SIP_OK },
	{ "_sip._udp.mixed.test", SRV, 3600, "20 0 5060 silent.test", SIP_OK },
	{ "silent.test", A, 3600, NULL, SIP_E_TIMEOUT },
	{ NULL, DNS_TYPE_NONE, 0, NULL, SIP_OK },
};

/* RFC 3263 4.3: "That request is sent to the next element in the list as specified by RFC 2782." */
static enum sip_err test_failover_when_two_servers_then_in_order_of_priority(void)
{
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_open(&w, zone));
	for (int i = 0; i < 10; i++)
		FIND(&w, "sip:pair.test", KIND(UDP), &f, "udp 192.0.2.1:5060, udp 192.0.2.2:5060");
	FIND(&w, "sip:lame.test", KIND(UDP), &f, "udp 192.0.2.2:5060");
	FIND(&w, "sip:same.test", KIND(UDP), &f, "udp 192.0.2.1:5060");
out:
	world_close(&w);
	return err;
}

static enum sip_err test_failover_when_marked_then_last_until_grey_ends(void)
{
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_open(&w, zone));
	FIND(&w, "sip:pair.test", KIND(UDP), &f, "udp 192.0.2.1:5060, udp 192.0.2.2:5060");
	dns_mark_failed(w.resolver, &f.first);
	FIND(&w, "sip:pair.test", KIND(UDP), &f, "udp 192.0.2.2:5060, udp 192.0.2.1:5060");
	world_turn(&w, SIP_MS(29500));
	FIND(&w, "sip:pair.test", KIND(UDP), &f, "udp 192.0.2.2:5060, udp 192.0.2.1:5060");
	world_turn(&w, SIP_MS(600));
	FIND(&w, "sip:pair.test", KIND(UDP), &f, "udp 192.0.2.1:5060, udp 192.0.2.2:5060");
	dns_mark_failed(w.resolver, &f.first);
	FIND(&w, "sip:pair.test", KIND(UDP), &f, "udp 192.0.2.2:5060, udp 192.0.2.1:5060");
	dns_mark_answered(w.resolver, &f.last);
	FIND(&w, "sip:pair.test", KIND(UDP), &f, "udp 192.0.2.1:5060, udp 192.0.2.2:5060");
	/* Both failed: as if none had. */
	dns_mark_failed(w.resolver, &f.first);
	dns_mark_failed(w.resolver, &f.last);
	FIND(&w, "sip:pair.test", KIND(UDP), &f, "udp 192.0.2.1:5060, udp 192.0.2.2:5060");
out:
	world_close(&w);
	return err;
}

static enum sip_err test_failover_when_one_answered_then_first_among_equals(void)
{
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_open(&w, zone));
	FIND(&w, "sip:three.test:5060", KIND(UDP), &f, "udp 192.0.2.1:5060, udp 192.0.2.2:5060, udp 192.0.2.3:5060");
	dns_mark_answered(w.resolver, &f.last);
	FIND(&w, "sip:three.test:5060", KIND(UDP), &f, "udp 192.0.2.3:5060, udp 192.0.2.1:5060, udp 192.0.2.2:5060");
	/* The mark is of the path: another transport, port or domain is another one. */
	FIND(&w, "sip:three.test:5060", KIND(TCP), &f, "tcp 192.0.2.1:5060, tcp 192.0.2.2:5060, tcp 192.0.2.3:5060");
	FIND(&w, "sip:three.test:5070", KIND(UDP), &f, "udp 192.0.2.1:5070, udp 192.0.2.2:5070, udp 192.0.2.3:5070");
	FIND(&w, "sip:other.test:5060", KIND(UDP), &f, "udp 192.0.2.1:5060, udp 192.0.2.2:5060");
	dns_mark_failed(w.resolver, &f.first);
	FIND(&w, "sip:three.test:5060", KIND(UDP), &f, "udp 192.0.2.3:5060, udp 192.0.2.1:5060, udp 192.0.2.2:5060");
	/* Priorities are the domain's will: the backup that answered stays the backup. */
	FIND(&w, "sip:pair.test", KIND(UDP), &f, "udp 192.0.2.1:5060, udp 192.0.2.2:5060");
	dns_mark_answered(w.resolver, &f.last);
	FIND(&w, "sip:pair.test", KIND(UDP), &f, "udp 192.0.2.1:5060, udp 192.0.2.2:5060");
out:
	world_close(&w);
	return err;
}

/* RFC 8305 3: "If a positive A response is received first due to reordering, the client SHOULD wait a short time for the
 * AAAA response to ensure that preference is given to IPv6". */
static enum sip_err test_failover_when_one_family_is_silent_then_not_held_up(void)
{
	struct dns_locate *l;
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_open(&w, zone));
	UNIT_TRY(world_start(&w, "sip:lazy.test:5060", KIND(UDP), &f, &l));
	world_turn(&w, SIP_MS(6));
	world_turn(&w, SIP_MS(45));
	UNIT_CHECK(f.calls == 0 || f.err == SIP_E_NOMEM);
	world_turn(&w, SIP_MS(10));
	UNIT_EQ(f.calls, 1);
	UNIT_TRY(f.err);
	UNIT_STR(sip_str_of(f.text), "udp 192.0.2.1:5060");
	/* From the cache and the question that is still under way. */
	FIND(&w, "sip:lazy.test:5060", KIND(UDP), &f, "udp 192.0.2.1:5060");
	UNIT_EQ(w.zone.asked, 2);
	UNIT_TRY(world_start(&w, "sip:lazy.test:5060", KIND(UDP), &f, &l));
	dns_locate_cancel(&l);
	world_turn(&w, SIP_MS(100));
	UNIT_EQ(f.calls, 0);
out:
	world_close(&w);
	return err;
}

/* A host without any address yet is waited for: the order of priority is the domain's will. */
static enum sip_err test_failover_when_a_host_is_silent_then_waited_for(void)
{
	struct dns_locate *l;
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_open(&w, zone));
	UNIT_TRY(world_start(&w, "sip:mixed.test;transport=udp", KIND(UDP), &f, &l));
	for (int i = 0; i < 200; i++)
		world_turn(&w, SIP_MS(10));
	UNIT_CHECK(f.calls == 0 || f.err == SIP_E_NOMEM);
	zone_tell(&w.zone);
	UNIT_EQ(f.calls, 1);
	UNIT_TRY(f.err);
	UNIT_STR(sip_str_of(f.text), "udp 192.0.2.1:5060");
out:
	world_close(&w);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_failover_when_one_family_is_silent_then_not_held_up),
	UNIT_CASE(test_failover_when_a_host_is_silent_then_waited_for),
	UNIT_CASE(test_failover_when_two_servers_then_in_order_of_priority),
	UNIT_CASE(test_failover_when_marked_then_last_until_grey_ends),
	UNIT_CASE(test_failover_when_one_answered_then_first_among_equals),
};
SUITE(failover);
