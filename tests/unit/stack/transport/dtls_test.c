/* DTLS over the memory net: handshakes, names, bounds, and ends of associations. Virtual clock. */
#include "tests/unit/stack/transport/pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum sip_err test_dtls_when_the_name_is_wrong_or_the_message_too_large_then_it_has_failed(void)
{
	struct sip_transport_options o;
	char *room = malloc(PAIR_LARGE + 1000);
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(pair_send_named(&p, "evil.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.a.failed, 1);
	UNIT_EQ(p.bed.a.why, SIP_E_DENIED);
	UNIT_TRY(pair_send_named(&p, "b.example.com", 2));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 1);
	UNIT_TRY(pair_send_named(&p, "evil.example.com", 3)); /* one address, one association */
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.a.failed, 2);
	UNIT_TRY(pair_send_to(&p, "10.0.0.2:5061", "b.example.com", pair_large_message(room, PAIR_LARGE + 1000, PAIR_LARGE), 4));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.a.failed, 3);
	UNIT_EQ(p.bed.a.why, SIP_E_TOOBIG);
	UNIT_EQ(p.bed.b.messages, 1);
out:
	pair_close(&p);
	free(room);
	return err;
}

static enum sip_err test_dtls_when_nobody_answers_then_what_waits_fails_in_time(void)
{
	struct sip_addr b = bed_addr("10.0.0.2:5061");
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	o.queue_bytes_max = 2000;
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(sip_memory_net_fate(p.bed.net, &b, SIP_MEMORY_BLACKHOLE));
	for (uint64_t i = 1; i < 12; i++)
		UNIT_TRY(pair_send_named(&p, "b.example.com", i));
	UNIT_EQ(sip_loop_turn(p.bed.loop, 0), SIP_OK);
	UNIT_CHECK(p.bed.a.failed > 0);
	UNIT_EQ(p.bed.a.why, SIP_E_FULL);
	bed_run(&p.bed, SIP_SECONDS(11));
	UNIT_EQ(p.bed.a.failed, 11);
	UNIT_EQ(p.bed.a.why, SIP_E_TIMEOUT);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_dtls_when_a_handshake_stops_half_way_then_both_sides_give_up(void)
{
	struct sip_transport_options o;
	unsigned datagrams = 3; /* a hello, its cookie, the hello with it */
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	UNIT_TRY(pair_open(&p, &o));
	sip_memory_net_tap(p.bed.net, bed_admit_first, &datagrams);
	UNIT_TRY(pair_send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_SECONDS(5));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 2);
	bed_run(&p.bed, SIP_SECONDS(6));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
	UNIT_EQ(p.bed.a.failed, 1);
	UNIT_EQ(p.bed.a.why, SIP_E_TIMEOUT);
out:
	pair_close(&p);
	return err;
}

/* Until they agree all is in the clear: whoever forges an alert in another's name gets that one's datagrams banned at most. */
static enum sip_err test_dtls_when_a_handshake_is_broken_by_a_forger_then_nothing_is_proven(void)
{
	static const char alert[] = "\x15\xfe\xfd\0\0\0\0\0\0\0\x09\0\x02\x02\x28";
	unsigned datagrams = 3;
	struct sip_transport_options o;
	struct sip_wire_options w;
	struct sip_ban bans[2];
	struct pair p;
	size_t count = 0;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	sip_wire_options_init(&w);
	w.guard.ban_points = 5;
	UNIT_TRY(pair_open_with(&p, &o, &w));
	sip_memory_net_tap(p.bed.net, bed_admit_first, &datagrams);
	UNIT_TRY(pair_send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 2);
	sip_memory_net_tap(p.bed.net, NULL, NULL);
	UNIT_TRY(bed_inject(&p.bed, "10.0.0.1:5061", "10.0.0.2:5061", sip_str_make(alert, sizeof alert - 1)));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_TLS_FAILED), 1);
	UNIT_TRY(sip_guard_list(p.bed.b.wire, bans, SIP_COUNTOF(bans), &count));
	UNIT_EQ(count, 1);
	UNIT_CHECK(bans[0].is_datagrams_only);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_dtls_when_strangers_send_anything_then_it_costs_nothing(void)
{
	struct sip_transport_options o;
	struct pair p;
	char room[1024];
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(bed_inject(&p.bed, "10.0.0.77:5060", "10.0.0.2:5061",
			    bed_options(room, sizeof room, "SIP/2.0/UDP 10.0.0.77;branch=z9hG4bK1", "1")));
	UNIT_TRY(bed_inject(&p.bed, "10.0.0.77:5060", "10.0.0.2:5061", SIP_STR("\x16\xfe\xfd")));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 0);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_DROP_MALFORMED), 2);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_FLOWS), 0);
out:
	pair_close(&p);
	return err;
}

#define CALLERS 3

struct callers { /* transports of a's, each of which calls b */
	struct sip_transport *all[CALLERS];
};

static enum sip_err caller_open(struct pair *p, struct callers *c, const struct sip_transport_options *o, unsigned i)
{
	char at[32];

	snprintf(at, sizeof at, "10.0.0.1:%u", 5070 + i);
	return pair_open_at(p, &p->bed.a, at, p->trust, o, &c->all[i]);
}

static enum sip_err caller_sends(struct pair *p, const struct callers *c, unsigned i)
{
	char room[1024];
	enum sip_err err = bed_send(&p->bed, c->all[i], "10.0.0.2:5061",
				    bed_options(room, sizeof room, "SIP/2.0/DTLS-UDP 10.0.0.1;branch=z9hG4bK1", "1"), 1);

	bed_run(&p->bed, SIP_MS(10));
	return err;
}

static enum sip_err callers_open(struct pair *p, struct callers *c, const struct sip_transport_options *o)
{
	enum sip_err err = SIP_OK;

	for (unsigned i = 0; i < CALLERS && err == SIP_OK; i++)
		err = caller_open(p, c, o, i);
	return err;
}

static void callers_close(struct pair *p, struct callers *c)
{
	for (size_t i = 0; i < CALLERS; i++)
		sip_transport_unref(&c->all[i]);
	pair_close(p);
}

static enum sip_err test_dtls_when_there_are_too_many_then_the_least_used_goes(void)
{
	struct sip_transport_options o;
	struct callers c = { { NULL } };
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	o.connections_max = 2;
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(callers_open(&p, &c, &o));
	for (unsigned i = 0; i < CALLERS; i++)
		UNIT_TRY(caller_sends(&p, &c, i));
	UNIT_EQ(p.bed.b.messages, 3);
	UNIT_EQ(p.bed.b.gone, 1);
	UNIT_EQ(p.bed.b.gone_why, SIP_E_LIMIT);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_EVICTED), 1);
out:
	callers_close(&p, &c);
	return err;
}

/* Who has got through a cookie and no further drives out others like him, and nobody who speaks. */
static enum sip_err test_dtls_when_strangers_fill_the_table_then_who_is_up_stays(void)
{
	struct sip_transport_options o;
	struct callers c = { { NULL } };
	unsigned datagrams;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	o.connections_max = 2;
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(callers_open(&p, &c, &o));
	UNIT_TRY(caller_sends(&p, &c, 0));
	UNIT_EQ(p.bed.b.messages, 1);
	sip_memory_net_tap(p.bed.net, bed_admit_first, &datagrams);
	for (unsigned i = 1; i < CALLERS; i++) {
		datagrams = 3; /* a hello, its cookie, the hello with it */
		UNIT_TRY(caller_sends(&p, &c, i));
	}
	sip_memory_net_tap(p.bed.net, NULL, NULL);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_EVICTED), 1);
	UNIT_EQ(p.bed.b.gone, 0);
	UNIT_TRY(caller_sends(&p, &c, 0));
	UNIT_EQ(p.bed.b.messages, 2);
out:
	callers_close(&p, &c);
	return err;
}

static enum sip_err test_dtls_when_a_source_has_as_many_as_it_may_then_the_next_is_refused(void)
{
	struct sip_transport_options o;
	struct callers c = { { NULL } };
	struct sip_wire_options w;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	sip_wire_options_init(&w);
	w.guard.connections_max = 2;
	UNIT_TRY(pair_open_with(&p, &o, &w));
	UNIT_TRY(callers_open(&p, &c, &o));
	p.bed.b.holds_flow = true;
	for (unsigned i = 0; i < CALLERS; i++)
		UNIT_TRY(caller_sends(&p, &c, i));
	UNIT_EQ(p.bed.b.messages, 2);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_REFUSED_SOURCE), 1);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_DROP_MALFORMED), 0);
	UNIT_CHECK(p.bed.b.flow != NULL);
	if (p.bed.b.flow)
		sip_flow_close(p.bed.b.flow);
	bed_run(&p.bed, SIP_SECONDS(11)); /* the third has given up */
	UNIT_EQ(p.bed.a.failed, 1);
	UNIT_TRY(caller_sends(&p, &c, 2));
	UNIT_EQ(p.bed.b.messages, 3);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_REFUSED_SOURCE), 1);
out:
	callers_close(&p, &c);
	return err;
}

/* UDP, which anybody may forge, drives out no association; these make room for each other. */
static enum sip_err test_dtls_when_a_wire_has_as_many_flows_as_it_may_then_udp_goes_first(void)
{
	struct sip_transport_options o;
	struct callers c = { { NULL } };
	struct sip_wire_options w;
	struct pair p;
	char at[32], room[1024];
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	sip_wire_options_init(&w);
	w.udp_flows_max = 3;
	UNIT_TRY(pair_open_with(&p, &o, &w));
	UNIT_TRY(callers_open(&p, &c, &o));
	UNIT_TRY(pair_send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	for (unsigned i = 0; i < 5; i++) {
		snprintf(at, sizeof at, "10.0.0.%u:5060", 77 + i);
		UNIT_TRY(bed_inject(&p.bed, at, "10.0.0.2:5060",
				    bed_options(room, sizeof room, "SIP/2.0/UDP 10.0.0.77;branch=z9hG4bK1", "1")));
	}
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_FLOWS_EVICTED), 3);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 2);
	for (unsigned i = 0; i < CALLERS; i++)
		UNIT_TRY(caller_sends(&p, &c, i));
	UNIT_EQ(p.bed.b.messages, 9);
	UNIT_EQ(p.bed.b.gone_why, SIP_E_LIMIT);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 6);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_FLOWS), 6);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_FLOWS_EVICTED), 7); /* two more of UDP and one of DTLS at b, one at a */
out:
	callers_close(&p, &c);
	return err;
}

static enum sip_err test_dtls_when_nobody_uses_it_then_it_ends(void)
{
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	o.idle_s = 60;
	UNIT_TRY(pair_open(&p, &o));
	for (uint64_t i = 1; i < 4; i++) {
		UNIT_TRY(pair_send_named(&p, "b.example.com", i));
		bed_run(&p.bed, SIP_SECONDS(59));
		UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 2);
	}
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_IN), 1);
	bed_run(&p.bed, SIP_SECONDS(2));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
	UNIT_EQ(p.bed.b.messages, 3);
	UNIT_EQ(p.bed.b.gone, 1);
out:
	pair_close(&p);
	return err;
}

/* Nothing else would tell the other side, which would ask in vain for 39.5 s. */
static enum sip_err test_dtls_when_it_is_silent_though_it_promised_not_to_be_then_both_sides_end(void)
{
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	UNIT_TRY(pair_open(&p, &o));
	p.bed.b.holds_flow = true;
	UNIT_TRY(pair_send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	if (!p.bed.b.flow)
		goto out;
	sip_flow_expect(p.bed.b.flow, 100);
	bed_run(&p.bed, SIP_SECONDS(99));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 2);
	bed_run(&p.bed, SIP_SECONDS(2));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
	UNIT_EQ(p.bed.b.gone, 1);
	UNIT_EQ(p.bed.b.gone_why, SIP_E_TIMEOUT);
	UNIT_EQ(p.bed.a.gone, 1);
out:
	pair_close(&p);
	return err;
}

/* Each to the other, before either has heard anything. The names: whom they want to find there. */
static enum sip_err call_each_other(struct pair *p, const char *a_name, const char *b_name)
{
	struct sip_transport_options o;
	struct sip_transport *a = NULL;
	char room[1024];
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	UNIT_TRY(pair_open(p, &o));
	UNIT_TRY(pair_open_at(p, &p->bed.a, "10.0.0.1:5071", pair_contexts[PAIR_DTLS_A], &o, &a));
	UNIT_TRY(pair_send_by(p, a, "10.0.0.2:5061", b_name,
			      bed_options(room, sizeof room, "SIP/2.0/DTLS-UDP 10.0.0.1;branch=z9hG4bK1", "1"), 1));
	UNIT_TRY(pair_send_by(p, p->b, "10.0.0.1:5071", a_name,
			      bed_options(room, sizeof room, "SIP/2.0/DTLS-UDP 10.0.0.2;branch=z9hG4bK2", "2"), 2));
	bed_run(&p->bed, SIP_MS(500));
	UNIT_EQ(bed_metric(&p->bed, SIP_M_CONNECTIONS), 2);
out:
	sip_transport_unref(&a);
	return err;
}

/* Both are clients, and neither would answer a hello. */
static enum sip_err test_dtls_when_both_call_at_once_then_one_answers(void)
{
	struct pair p;
	enum sip_err err;

	UNIT_TRY(call_each_other(&p, "10.0.0.1", "10.0.0.2"));
	UNIT_EQ(p.bed.a.messages, 1);
	UNIT_EQ(p.bed.b.messages, 1);
	UNIT_EQ(p.bed.a.failed + p.bed.b.failed, 0);
out:
	pair_close(&p);
	return err;
}

/* Who calls shows no certificate: what waits at the one that answers is for a name, and nobody has shown it. */
static enum sip_err test_dtls_when_both_call_a_name_at_once_then_one_of_them_is_denied(void)
{
	struct pair p;
	enum sip_err err;

	UNIT_TRY(call_each_other(&p, "a.example.com", "b.example.com"));
	UNIT_EQ(p.bed.a.messages + p.bed.b.messages, 1);
	UNIT_EQ(p.bed.a.failed + p.bed.b.failed, 1);
	UNIT_EQ(p.bed.a.failed ? p.bed.a.why : p.bed.b.why, SIP_E_DENIED);
out:
	pair_close(&p);
	return err;
}

struct heard { /* the last datagram to a's */
	char bytes[2048];
	size_t len;
};

static bool hear(void *arg, enum sip_transport_kind kind, const struct sip_addr *from, const struct sip_addr *to, struct sip_str bytes)
{
	const struct sip_addr a = bed_addr("10.0.0.1:0");
	struct heard *h = arg;

	(void)kind;
	(void)from;
	if (sip_addr_eq_host(to, &a) && bytes.len <= sizeof h->bytes) {
		memcpy(h->bytes, bytes.p, bytes.len);
		h->len = bytes.len;
	}
	return true;
}

static enum sip_err test_dtls_when_the_network_says_nobody_is_there_then_it_must_quote_us(void)
{
	struct sip_addr a = bed_addr("10.0.0.1:5061");
	struct heard heard = { .len = 0 };
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	UNIT_TRY(pair_open(&p, &o));
	sip_memory_net_tap(p.bed.net, hear, &heard);
	p.bed.b.holds_flow = true;
	UNIT_TRY(pair_send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	if (!p.bed.b.flow)
		goto out;
	UNIT_TRY(bed_send_by(&p.bed, p.bed.b.flow, sip_str_of(pair_ok), 2));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_CHECK(heard.len > 64);
	sip__dtls_refused(&p.b->endpoints[0], &a, sip_str_make(heard.bytes, 28));
	heard.bytes[30] ^= 1;
	sip__dtls_refused(&p.b->endpoints[0], &a, sip_str_make(heard.bytes, 64));
	heard.bytes[30] ^= 1;
	UNIT_EQ(p.bed.b.gone, 0);
	sip__dtls_refused(&p.b->endpoints[0], &a, sip_str_make(heard.bytes, 64));
	UNIT_EQ(p.bed.b.gone, 1);
	UNIT_EQ(p.bed.b.gone_why, SIP_E_REFUSED);
out:
	pair_close(&p);
	return err;
}

/* Who has an association goes on by it; who has none begins with the process that takes over. */
static enum sip_err test_dtls_when_given_then_handshakes_go_and_associations_stay(void)
{
	struct sip_transport_options o;
	struct sip_transport *stranger = NULL;
	struct pair p;
	char room[1024], record[2000];
	int ends[2] = { -1, -1 };
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(pair_open_at(&p, &p.bed.a, "10.0.0.1:5063", p.trust, &o, &stranger));
	UNIT_TRY(pair_send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_SECONDS(1));
	UNIT_EQ(p.bed.b.messages, 1);
	UNIT_TRY(sip_hand_over_pair(ends));
	UNIT_TRY(sip_wire_give(p.bed.b.wire, ends[0]));
	UNIT_EQ(recv(ends[1], record, sizeof record, MSG_DONTWAIT), 1); /* a sign of life */
	UNIT_TRY(pair_send_named(&p, "b.example.com", 2));
	bed_run(&p.bed, SIP_SECONDS(1));
	UNIT_EQ(p.bed.b.messages, 2);
	UNIT_CHECK(recv(ends[1], record, sizeof record, MSG_DONTWAIT) < 0);
	UNIT_TRY(bed_send(&p.bed, stranger, "10.0.0.2:5061",
			  bed_options(room, sizeof room, "SIP/2.0/DTLS-UDP 10.0.0.1:5063;branch=z9hG4bK3", "3"), 3));
	bed_run(&p.bed, SIP_MS(100));
	UNIT_EQ(p.bed.b.messages, 2);
	UNIT_CHECK(recv(ends[1], record, sizeof record, MSG_DONTWAIT) > 76);
	UNIT_EQ(record[1], SIP_TRANSPORT_DTLS);
	UNIT_EQ(record[76], 22); /* a handshake's */
	UNIT_TRY(sip_wire_give(p.bed.b.wire, -1));
	sip_transport_close(stranger);
	sip_transport_unref(&stranger);
	UNIT_TRY(pair_open_at(&p, &p.bed.a, "10.0.0.1:5064", p.trust, &o, &stranger));
	UNIT_TRY(bed_send(&p.bed, stranger, "10.0.0.2:5061",
			  bed_options(room, sizeof room, "SIP/2.0/DTLS-UDP 10.0.0.1:5064;branch=z9hG4bK4", "4"), 4));
	bed_run(&p.bed, SIP_SECONDS(1));
	UNIT_EQ(p.bed.b.messages, 3);
out:
	sip_transport_unref(&stranger);
	pair_close(&p);
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	return err;
}

static enum sip_err test_dtls_when_idle_ones_are_looked_for_then_what_was_used_since_is_not_found(void)
{
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(pair_send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_SECONDS(1));
	UNIT_EQ(p.bed.b.messages, 1);
	sip_wire_find_idle(p.bed.b.wire, 1, 0);
	bed_run(&p.bed, SIP_MS(1));
	UNIT_EQ(p.bed.b.idle, 0);
	sip_wire_find_idle(p.bed.b.wire, 1, sip_loop_now(p.bed.loop));
	bed_run(&p.bed, SIP_MS(1));
	UNIT_EQ(p.bed.b.idle, 1);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_transport_when_the_context_is_of_the_other_kind_then_inval(void)
{
	struct sip_transport_options o;
	struct sip_transport *t = NULL;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_EQ(pair_open_at(&p, &p.bed.b, "10.0.0.2:5070", pair_contexts[PAIR_TLS_B], &o, &t), SIP_E_INVAL);
	UNIT_EQ(sip_transport_set_tls(p.b, pair_contexts[PAIR_TLS_B]), SIP_E_INVAL);
	o.kind = SIP_TRANSPORT_WSS;
	UNIT_EQ(pair_open_at(&p, &p.bed.b, "10.0.0.2:5070", pair_contexts[PAIR_DTLS_B], &o, &t), SIP_E_INVAL);
out:
	pair_close(&p);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_dtls_when_the_name_is_wrong_or_the_message_too_large_then_it_has_failed),
	UNIT_CASE_NO_OOM(test_dtls_when_nobody_answers_then_what_waits_fails_in_time),
	UNIT_CASE_NO_OOM(test_dtls_when_a_handshake_stops_half_way_then_both_sides_give_up),
	UNIT_CASE_NO_OOM(test_dtls_when_a_handshake_is_broken_by_a_forger_then_nothing_is_proven),
	UNIT_CASE(test_dtls_when_strangers_send_anything_then_it_costs_nothing),
	UNIT_CASE_NO_OOM(test_dtls_when_there_are_too_many_then_the_least_used_goes),
	UNIT_CASE_NO_OOM(test_dtls_when_strangers_fill_the_table_then_who_is_up_stays),
	UNIT_CASE_NO_OOM(test_dtls_when_a_source_has_as_many_as_it_may_then_the_next_is_refused),
	UNIT_CASE_NO_OOM(test_dtls_when_a_wire_has_as_many_flows_as_it_may_then_udp_goes_first),
	UNIT_CASE_NO_OOM(test_dtls_when_nobody_uses_it_then_it_ends),
	UNIT_CASE_NO_OOM(test_dtls_when_both_call_at_once_then_one_answers),
	UNIT_CASE_NO_OOM(test_dtls_when_both_call_a_name_at_once_then_one_of_them_is_denied),
	UNIT_CASE_NO_OOM(test_dtls_when_it_is_silent_though_it_promised_not_to_be_then_both_sides_end),
	UNIT_CASE_NO_OOM(test_dtls_when_the_network_says_nobody_is_there_then_it_must_quote_us),
	UNIT_CASE_NO_OOM(test_dtls_when_given_then_handshakes_go_and_associations_stay),
	UNIT_CASE_NO_OOM(test_dtls_when_idle_ones_are_looked_for_then_what_was_used_since_is_not_found), /* a handshake */
	UNIT_CASE(test_transport_when_the_context_is_of_the_other_kind_then_inval),
};
const struct unit_suite dtls_suite = { "stack/transport/dtls", cases, SIP_COUNTOF(cases) };
