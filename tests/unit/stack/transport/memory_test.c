/* The memory net: chance that can be repeated, fates, taps, scripted peers. */
#include "tests/unit/stack/transport/bed.h"

#include <stdio.h>

#define VIA "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1"

static enum sip_err send_some(struct bed *bed, unsigned count)
{
	char room[1024], call_id[16];

	for (unsigned i = 0; i < count; i++) {
		enum sip_err err;

		snprintf(call_id, sizeof call_id, "%u", i);
		err = bed_send(bed, bed->a.udp, "10.0.0.2:5060", bed_options(room, sizeof room, VIA, call_id), i + 1);
		if (err != SIP_OK)
			return err;
	}
	bed_run(bed, SIP_SECONDS(1));
	return SIP_OK;
}

static enum sip_err test_datagram_when_the_net_is_good_then_it_arrives_after_the_delay(void)
{
	struct sip_memory_options o;
	char room[1024];
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	sip_memory_options_init(&o);
	o.delay_min_us = o.delay_max_us = SIP_MS(30);
	sip_memory_net_set(bed.net, &o);
	UNIT_TRY(bed_send(&bed, bed.a.udp, "10.0.0.2:5060", bed_options(room, sizeof room, VIA, "1"), 1));
	bed_run(&bed, SIP_MS(29));
	UNIT_EQ(bed.b.messages, 0);
	if (!sip_mem_has_failed())
		UNIT_EQ(sip_memory_net_in_flight(bed.net), 1);
	bed_run(&bed, SIP_MS(3));
	if (!sip_mem_has_failed())
		UNIT_EQ(bed.b.messages, 1);
	UNIT_EQ(bed.a.failed, 0);
	err = sip_mem_has_failed() ? SIP_E_NOMEM : SIP_OK;
out:
	bed_close(&bed);
	return err;
}

struct history {
	size_t received, in_flight;
	char last[64];
};

static enum sip_err play(uint64_t seed, struct history *h)
{
	struct sip_memory_options o;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	sip_memory_options_init(&o);
	o.seed = seed;
	o.loss = 200000;
	o.duplicate = 100000;
	o.reorder = 200000;
	o.delay_min_us = SIP_MS(1);
	o.delay_max_us = SIP_MS(20);
	sip_memory_net_set(bed.net, &o);
	UNIT_TRY(send_some(&bed, 200));
	h->received = bed.b.messages;
	snprintf(h->last, sizeof h->last, "%.63s", bed.b.via);
	h->in_flight = sip_memory_net_in_flight(bed.net);
out:
	bed_close(&bed);
	return err;
}

/* Hundreds of allocations: one failing is like one datagram lost, which this case has enough of. */
static enum sip_err test_chance_when_the_seed_is_the_same_then_the_history_is(void)
{
	struct history one, two, other;
	enum sip_err err;

	UNIT_TRY(play(5, &one));
	UNIT_TRY(play(5, &two));
	UNIT_TRY(play(6, &other));
	UNIT_EQ(one.received, two.received);
	UNIT_CHECK(one.received > 140 && one.received < 200);
	UNIT_CHECK(one.received != other.received);
	UNIT_EQ(one.in_flight, 0);
out:
	return err;
}

static enum sip_err test_fate_when_it_refuses_then_the_token_is_told(void)
{
	struct sip_addr host = bed_addr("10.0.0.2:0");
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	sip_addr_set_port(&host, 0);
	UNIT_TRY(sip_memory_net_fate(bed.net, &host, SIP_MEMORY_REFUSES));
	UNIT_TRY(send_some(&bed, 1));
	UNIT_EQ(bed.a.failed, 1);
	UNIT_EQ(bed.a.tokens[0], 1);
	UNIT_EQ(bed.a.why, SIP_E_REFUSED);
	UNIT_TRY(sip_memory_net_fate(bed.net, &host, SIP_MEMORY_BLACKHOLE));
	UNIT_TRY(send_some(&bed, 1));
	UNIT_EQ(bed.a.failed, 1);
	UNIT_EQ(bed.b.messages, 0);
	UNIT_TRY(sip_memory_net_fate(bed.net, &host, SIP_MEMORY_UP));
	UNIT_TRY(send_some(&bed, 1));
	if (!sip_mem_has_failed())
		UNIT_EQ(bed.b.messages, 1);
	/* Nobody is there. */
	UNIT_TRY(bed_send(&bed, bed.a.udp, "10.0.0.77:5060", SIP_STR("x"), 9));
	bed_run(&bed, SIP_MS(1));
	UNIT_EQ(bed.a.failed, 2);
	UNIT_EQ(bed.a.why, SIP_E_REFUSED);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_fates_when_there_are_too_many_then_limit(void)
{
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	for (unsigned i = 0; i < 256; i++) {
		struct sip_addr a = bed_addr("10.9.9.9:1");
		sip_addr_set_port(&a, (uint16_t)(i + 1));
		UNIT_TRY(sip_memory_net_fate(bed.net, &a, SIP_MEMORY_REFUSES));
	}
	{
		struct sip_addr a = bed_addr("10.9.9.9:9999");
		UNIT_EQ(sip_memory_net_fate(bed.net, &a, SIP_MEMORY_REFUSES), SIP_E_LIMIT);
	}
out:
	bed_close(&bed);
	return err;
}

static void ignore(void *arg, const struct sip_addr *from, struct sip_str bytes)
{
	(void)arg;
	(void)from;
	(void)bytes;
}

/* Thousands of allocations that are all alike. */
static enum sip_err test_net_when_it_is_crowded_then_peers_and_parcels_are_bounded(void)
{
	struct sip_addr at = bed_addr("10.9.0.1:1");
	struct sip_memory_options o;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	for (unsigned i = 1; i < 4096; i++) { /* the bed has one */
		sip_addr_set_port(&at, (uint16_t)i);
		UNIT_TRY(sip_memory_net_peer(bed.net, &at, ignore, NULL));
	}
	sip_addr_set_port(&at, 5000);
	UNIT_EQ(sip_memory_net_peer(bed.net, &at, ignore, NULL), SIP_E_FULL);
	sip_addr_set_port(&at, 1);
	UNIT_TRY(sip_memory_net_peer(bed.net, &at, NULL, NULL));
	sip_addr_set_port(&at, 5000);
	UNIT_TRY(sip_memory_net_peer(bed.net, &at, ignore, NULL));
	sip_memory_options_init(&o);
	o.delay_min_us = o.delay_max_us = SIP_SECONDS(1);
	sip_memory_net_set(bed.net, &o);
	for (unsigned i = 0; i < 65536 + 10; i++) {
		UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", SIP_STR("x")));
		if (i % 1000 == 0)
			UNIT_EQ(sip_loop_turn(bed.loop, 0), SIP_OK);
	}
	UNIT_EQ(sip_memory_net_in_flight(bed.net), 65536);
	bed_run(&bed, SIP_SECONDS(2));
	UNIT_EQ(bed_metric(&bed, SIP_M_DROP_MALFORMED), 65536);
out:
	bed_close(&bed);
	return err;
}

static bool veto_second(void *arg, enum sip_transport_kind kind, const struct sip_addr *from, const struct sip_addr *to,
			struct sip_str bytes)
{
	size_t *count = arg;

	UNIT_EQ(kind, SIP_TRANSPORT_UDP);
	UNIT_EQ(sip_addr_port(from), 5060);
	UNIT_EQ(sip_addr_port(to), 5060);
	UNIT_CHECK(bytes.len > 0);
	return ++*count != 2;
}

static enum sip_err test_tap_when_it_says_no_then_the_datagram_vanishes(void)
{
	size_t count = 0;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	sip_memory_net_tap(bed.net, veto_second, &count);
	UNIT_TRY(send_some(&bed, 3));
	UNIT_EQ(count, 3);
	if (!sip_mem_has_failed())
		UNIT_EQ(bed.b.messages, 2);
	UNIT_EQ(bed.a.failed, 0);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_bind_when_the_address_is_taken_then_in_use(void)
{
	struct sip_transport_options o;
	struct sip_transport *t = NULL;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	sip_transport_options_init(&o, SIP_TRANSPORT_UDP);
	o.net = bed.net;
	o.bind = bed_addr("10.0.0.2:5060");
	err = sip_transport_open(&o, &bed.a.wire, 1, &t);
	if (err == SIP_E_INUSE)
		err = SIP_OK;
	UNIT_TRY(err);
	UNIT_CHECK(t == NULL);
	o.bind = bed_addr("0.0.0.0:5060");
	err = sip_transport_open(&o, &bed.a.wire, 1, &t);
	if (err == SIP_E_INVAL)
		err = SIP_OK;
	UNIT_TRY(err);
	o.bind = bed_addr("10.0.0.2:0");
	UNIT_TRY(sip_transport_open(&o, &bed.a.wire, 1, &t));
	UNIT_CHECK(sip_addr_port(sip_transport_bound(t)) >= 49152);
	sip_transport_close(t);
	UNIT_CHECK(sip_transport_is_closed(t));
	bed_run(&bed, SIP_MS(1));
out:
	sip_transport_unref(&t);
	bed_close(&bed);
	return err;
}

static enum sip_err test_transport_when_it_is_closed_then_sends_by_it_fail(void)
{
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	sip_transport_close(bed.a.udp);
	bed_run(&bed, SIP_MS(1));
	UNIT_TRY(bed_send(&bed, bed.a.udp, "10.0.0.2:5060", SIP_STR("x"), 3));
	bed_run(&bed, SIP_MS(1));
	UNIT_EQ(bed.a.failed, 1);
	UNIT_EQ(bed.a.why, SIP_E_CLOSED);
	/* And the wire once it is down takes nothing at all. */
	sip_wire_shutdown(bed.a.wire);
	err = bed_send(&bed, bed.a.udp, "10.0.0.2:5060", SIP_STR("x"), 4);
	UNIT_CHECK(err == SIP_E_CLOSED || err == SIP_E_NOMEM);
	if (err == SIP_E_CLOSED)
		err = SIP_OK;
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_send_when_the_fifo_is_full_then_it_stays_with_the_caller(void)
{
	struct sip_transport_options t;
	struct sip_wire_options w;
	struct bed bed;
	enum sip_err err;

	sip_transport_options_init(&t, SIP_TRANSPORT_UDP);
	sip_wire_options_init(&w);
	w.queue_max = 3;
	UNIT_TRY(bed_open_with(&bed, &t, &w));
	for (unsigned i = 0; i < 3; i++)
		UNIT_TRY(bed_send(&bed, bed.a.udp, "10.0.0.9:5060", SIP_STR("x"), 1));
	err = bed_send(&bed, bed.a.udp, "10.0.0.9:5060", SIP_STR("x"), 1);
	if (err == SIP_E_FULL)
		err = SIP_OK;
	UNIT_TRY(err);
	bed_run(&bed, SIP_MS(1));
	UNIT_EQ(bed.peer_count, 3);
out:
	bed_close(&bed);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_datagram_when_the_net_is_good_then_it_arrives_after_the_delay),
	UNIT_CASE_NO_OOM(test_chance_when_the_seed_is_the_same_then_the_history_is),
	UNIT_CASE(test_fate_when_it_refuses_then_the_token_is_told),
	UNIT_CASE(test_fates_when_there_are_too_many_then_limit),
	UNIT_CASE_NO_OOM(test_net_when_it_is_crowded_then_peers_and_parcels_are_bounded),
	UNIT_CASE(test_tap_when_it_says_no_then_the_datagram_vanishes),
	UNIT_CASE(test_bind_when_the_address_is_taken_then_in_use),
	UNIT_CASE(test_transport_when_it_is_closed_then_sends_by_it_fail),
	UNIT_CASE(test_send_when_the_fifo_is_full_then_it_stays_with_the_caller),
};
const struct unit_suite memory_suite = { "stack/transport/memory", cases, SIP_COUNTOF(cases) };
