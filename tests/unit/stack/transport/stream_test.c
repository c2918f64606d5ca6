/* Connections over the memory net: everything connection.c and its lists promise, under a virtual clock. */
#include "tests/unit/stack/transport/bed.h"

#define VIA "SIP/2.0/TCP 10.0.0.1:5060;branch=z9hG4bK1"

static enum sip_err send_one(struct bed *bed, uint64_t token)
{
	char room[1024];

	return bed_send(bed, bed->a.tcp, "10.0.0.2:5060", bed_options(room, sizeof room, VIA, "1"), token);
}

static enum sip_err test_stream_when_used_twice_then_one_connection(void)
{
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	bed.b.holds_flow = true;
	UNIT_TRY(send_one(&bed, 1));
	UNIT_TRY(send_one(&bed, 2));
	bed_run(&bed, SIP_MS(10));
	UNIT_TRY(send_one(&bed, 3));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.a.failed, 0);
	UNIT_EQ(bed.b.messages, 3);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS), 2); /* both ends are here */
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS_OUT), 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS_IN), 1);
	if (bed.b.flow) {
		/* An answer by the flow comes back over the same connection. */
		UNIT_TRY(bed_send_by(&bed, bed.b.flow,
				     SIP_STR("SIP/2.0 200 OK\r\nVia: " VIA "\r\nFrom: <sip:a@x>;tag=1\r\n"
					     "To: <sip:b@x>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
					     "Content-Length: 0\r\n\r\n"),
				     4));
		bed_run(&bed, SIP_MS(10));
		UNIT_EQ(bed.a.messages, 1);
		UNIT_EQ(bed.a.statuses[0], 200);
		sip_flow_close(bed.b.flow);
		bed_run(&bed, SIP_MS(10));
		UNIT_EQ(bed.b.gone, 1);
		UNIT_EQ(bed.a.gone, 1);
		UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS), 0);
	}
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_stream_when_idle_then_it_holds_little_memory(void)
{
	struct sip__connection *c;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	bed.b.holds_flow = true;
	UNIT_TRY(send_one(&bed, 1));
	bed_run(&bed, SIP_MS(10));
	if (bed.b.flow) {
		c = sip__connection_of(bed.b.flow);
		UNIT_CHECK(sizeof *c + sip_framer_memory(c->framer) <= 2500);
	}
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_stream_when_most_is_refused_then_503_on_the_connection(void)
{
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	bed.b.level = SIP_CONGESTION_REFUSE_MOST;
	UNIT_TRY(send_one(&bed, 1));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.b.messages, 0);
	UNIT_EQ(bed.a.messages, 1);
	UNIT_EQ(bed.a.statuses[0], 503);
	UNIT_EQ(bed_metric(&bed, SIP_M_ANSWERED_OVERLOAD), 1);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_stream_when_the_peer_has_ended_then_a_holder_may_answer_for_a_while(void)
{
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	bed.b.holds_flow = true;
	UNIT_TRY(send_one(&bed, 1));
	bed_run(&bed, SIP_MS(10));
	sip_transport_close(bed.a.tcp);
	bed_run(&bed, SIP_SECONDS(4));
	if (bed.b.flow)
		UNIT_EQ(sip_flow_state(bed.b.flow), SIP_FLOW_CLOSING);
	bed_run(&bed, SIP_SECONDS(2));
	UNIT_EQ(bed.b.gone, 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS), 0);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_stream_when_byte_by_byte_then_the_same_messages(void)
{
	char room[1024];
	struct bed bed;
	struct sip_str text = bed_options(room, sizeof room, VIA, "1");
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	for (size_t i = 0; i < text.len; i++)
		UNIT_TRY(bed_send(&bed, bed.a.tcp, "10.0.0.2:5060", sip_str_make(text.p + i, 1), 1));
	/* Two in one go, and a keep-alive between. */
	UNIT_TRY(bed_send(&bed, bed.a.tcp, "10.0.0.2:5060", text, 1));
	UNIT_TRY(bed_send(&bed, bed.a.tcp, "10.0.0.2:5060", SIP_STR("\r\n\r\n"), 1));
	UNIT_TRY(bed_send(&bed, bed.a.tcp, "10.0.0.2:5060", text, 1));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.b.messages, 3);
	UNIT_EQ(bed_metric(&bed, SIP_M_RX_KEEPALIVE), 2); /* the ping there, its pong here */
	UNIT_EQ(bed.a.failed, 0);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_stream_when_refused_then_every_token_is_told(void)
{
	struct sip_addr to = bed_addr("10.0.0.2:5060");
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(sip_memory_net_fate(bed.net, &to, SIP_MEMORY_REFUSES));
	UNIT_TRY(send_one(&bed, 1));
	UNIT_TRY(send_one(&bed, 2));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.a.failed, 2);
	UNIT_EQ(bed.a.why, SIP_E_REFUSED);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS), 0);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_stream_when_nobody_answers_then_the_connect_ends_in_time(void)
{
	struct sip_addr to = bed_addr("10.0.0.2:5060");
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(sip_memory_net_fate(bed.net, &to, SIP_MEMORY_BLACKHOLE));
	UNIT_TRY(send_one(&bed, 1));
	UNIT_TRY(send_one(&bed, 2));
	bed_run(&bed, SIP_SECONDS(9));
	UNIT_EQ(bed.a.failed, 0);
	bed_run(&bed, SIP_SECONDS(2));
	UNIT_EQ(bed.a.failed, 2);
	UNIT_EQ(bed.a.why, SIP_E_TIMEOUT);
	UNIT_EQ(bed.a.gone, 1);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err open_bed(struct bed *bed, struct sip_transport_options *t)
{
	struct sip_wire_options w;

	sip_wire_options_init(&w);
	return bed_open_with(bed, t, &w);
}

static enum sip_err test_stream_when_the_peer_does_not_read_then_bytes_are_bounded(void)
{
	struct sip_addr to = bed_addr("10.0.0.2:5060");
	struct sip_transport_options t;
	struct bed bed;
	enum sip_err err;

	sip_transport_options_init(&t, SIP_TRANSPORT_TCP);
	t.queue_bytes_max = 2000;
	UNIT_TRY(open_bed(&bed, &t));
	UNIT_TRY(send_one(&bed, 1));
	bed_run(&bed, SIP_MS(10));
	UNIT_TRY(sip_memory_net_fate(bed.net, &to, SIP_MEMORY_BLACKHOLE));
	for (uint64_t i = 2; i < 12 && !bed.a.failed; i++) {
		UNIT_TRY(send_one(&bed, i));
		bed_run(&bed, SIP_MS(10));
	}
	UNIT_CHECK(bed.a.failed >= 4);
	UNIT_EQ(bed.a.why, SIP_E_FULL);
	UNIT_EQ(bed.a.gone, 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS_SLOW), 1);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_stream_when_the_peer_does_not_read_then_age_is_bounded(void)
{
	struct sip_addr to = bed_addr("10.0.0.2:5060");
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(send_one(&bed, 1));
	bed_run(&bed, SIP_MS(10));
	UNIT_TRY(sip_memory_net_fate(bed.net, &to, SIP_MEMORY_BLACKHOLE));
	UNIT_TRY(send_one(&bed, 2));
	bed_run(&bed, SIP_SECONDS(9));
	UNIT_EQ(bed.a.failed, 0);
	bed_run(&bed, SIP_SECONDS(2));
	UNIT_EQ(bed.a.failed, 1);
	UNIT_EQ(bed.a.tokens[0], 2);
	UNIT_EQ(bed.a.why, SIP_E_TIMEOUT);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS_SLOW), 1);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_stream_when_a_partition_heals_in_time_then_nothing_is_lost(void)
{
	struct sip_addr to = bed_addr("10.0.0.2:5060");
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	for (uint64_t i = 1; i <= 3; i++) { /* while connecting, and twice while open */
		UNIT_TRY(sip_memory_net_fate(bed.net, &to, SIP_MEMORY_BLACKHOLE));
		UNIT_TRY(send_one(&bed, i));
		bed_run(&bed, SIP_SECONDS(3));
		UNIT_EQ(bed.b.messages, i - 1);
		UNIT_TRY(sip_memory_net_fate(bed.net, &to, SIP_MEMORY_UP));
		bed_run(&bed, SIP_SECONDS(1));
		UNIT_EQ(bed.b.messages, i);
	}
	UNIT_EQ(bed.a.failed, 0);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS_OUT), 1);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_stream_when_a_cached_connection_is_dead_then_a_second_is_tried(void)
{
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(send_one(&bed, 1));
	bed_run(&bed, SIP_MS(10));
	/* b restarts without a word that reaches a. */
	{
		struct sip_addr a = bed_addr("10.0.0.1:0"), b = bed_addr("10.0.0.2:5060");
		sip_addr_set_port(&a, 0);
		UNIT_TRY(sip_memory_net_fate(bed.net, &a, SIP_MEMORY_BLACKHOLE));
		sip_transport_close(bed.b.tcp);
		bed_run(&bed, SIP_MS(10));
		sip_transport_unref(&bed.b.tcp);
		UNIT_TRY(sip_memory_net_fate(bed.net, &a, SIP_MEMORY_UP));
		struct sip_transport_options o;
		sip_transport_options_init(&o, SIP_TRANSPORT_TCP);
		o.net = bed.net;
		o.bind = b;
		UNIT_TRY(sip_transport_open(&o, &bed.b.wire, 1, &bed.b.tcp));
	}
	UNIT_TRY(send_one(&bed, 2));
	bed_run(&bed, SIP_MS(10));
	/* The bytes went into the dead connection before it was known to be dead: nobody can tell. */
	UNIT_EQ(bed.a.gone, 1);
	UNIT_TRY(send_one(&bed, 3));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.b.messages, 2);
	UNIT_EQ(bed.a.failed, 0);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_stream_when_the_first_write_fails_then_a_second_connection_once(void)
{
	unsigned left = 0;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	sip_memory_net_tap(bed.net, bed_refuse_first, &left);
	UNIT_TRY(send_one(&bed, 1));
	bed_run(&bed, SIP_MS(10));
	left = 1;
	UNIT_TRY(send_one(&bed, 2));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.a.failed, 0);
	UNIT_EQ(bed.b.messages, 2);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS_OUT), 2);
	left = 2;
	UNIT_TRY(send_one(&bed, 3));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.a.failed, 1);
	UNIT_EQ(bed.a.tokens[0], 3);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS_OUT), 3);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_stream_when_a_message_is_slow_then_the_connection_ends(void)
{
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	for (int i = 0; i < 40 && !bed.b.gone; i++) {
		UNIT_TRY(bed_send(&bed, bed.a.tcp, "10.0.0.2:5060", SIP_STR("O"), 0));
		bed_run(&bed, SIP_SECONDS(1));
		if (i == 28)
			UNIT_EQ(bed.b.gone, 0);
	}
	UNIT_EQ(bed.b.gone, 1);
	UNIT_EQ(bed.b.gone_why, SIP_E_TIMEOUT);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_stream_when_much_is_sent_in_one_turn_then_a_reader_gets_all(void)
{
	struct sip_transport_options t;
	struct bed bed;
	enum sip_err err;

	sip_transport_options_init(&t, SIP_TRANSPORT_TCP);
	t.queue_bytes_max = 4000;
	UNIT_TRY(open_bed(&bed, &t));
	UNIT_TRY(send_one(&bed, 1));
	bed_run(&bed, SIP_MS(10));
	for (uint64_t i = 2; i <= 30; i++)
		UNIT_TRY(send_one(&bed, i));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.b.messages, 30);
	UNIT_EQ(bed.a.failed, 0);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS_SLOW), 0);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_stream_when_idle_then_it_is_closed(void)
{
	struct sip_transport_options t;
	struct bed bed;
	enum sip_err err;

	sip_transport_options_init(&t, SIP_TRANSPORT_TCP);
	t.idle_s = 60;
	UNIT_TRY(open_bed(&bed, &t));
	UNIT_TRY(send_one(&bed, 1));
	bed_run(&bed, SIP_SECONDS(40));
	UNIT_TRY(send_one(&bed, 2));
	bed_run(&bed, SIP_SECONDS(40));
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS), 2);
	bed_run(&bed, SIP_SECONDS(30));
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS), 0);
	UNIT_EQ(bed.a.failed, 0);
	UNIT_EQ(bed.b.messages, 2);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_stream_when_it_cannot_be_framed_then_answer_and_close(void)
{
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_send(&bed, bed.a.tcp, "10.0.0.2:5060",
			  SIP_STR("OPTIONS sip:b@x SIP/2.0\r\nVia: " VIA "\r\nFrom: <sip:a@x>;tag=1\r\n"
				  "To: <sip:b@x>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
				  "Content-Length: nonsense\r\n\r\n"),
			  1));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.b.messages, 0);
	UNIT_EQ(bed.b.gone, 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS_UNFRAMED), 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS), 0);
	UNIT_EQ(bed.a.messages, 1);
	UNIT_EQ(bed.a.statuses[0], 400);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_stream_when_there_are_too_many_then_the_least_used_goes(void)
{
	struct sip_transport_options t, o;
	struct sip_transport *more[6] = { NULL };
	char room[1024];
	struct bed bed;
	enum sip_err err;

	sip_transport_options_init(&t, SIP_TRANSPORT_TCP);
	t.connections_max = 4;
	UNIT_TRY(open_bed(&bed, &t));
	for (unsigned i = 0; i < SIP_COUNTOF(more); i++) {
		o = t;
		o.net = bed.net;
		o.bind = bed_addr("10.0.0.5:6000");
		sip_addr_set_port(&o.bind, (uint16_t)(6000 + i));
		UNIT_TRY(sip_transport_open(&o, &bed.a.wire, 1, &more[i]));
		UNIT_TRY(bed_send(&bed, more[i], "10.0.0.2:5060", bed_options(room, sizeof room, VIA, "1"), i + 1));
		bed_run(&bed, SIP_MS(10));
	}
	UNIT_EQ(bed.b.messages, 6);
	UNIT_EQ(bed.b.gone, 2);
	UNIT_EQ(bed.b.gone_why, SIP_E_LIMIT);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS_EVICTED), 2);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS), 8);
out:
	for (size_t i = 0; i < SIP_COUNTOF(more); i++)
		sip_transport_unref(&more[i]);
	bed_close(&bed);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_stream_when_used_twice_then_one_connection),
	UNIT_CASE(test_stream_when_idle_then_it_holds_little_memory),
	UNIT_CASE(test_stream_when_most_is_refused_then_503_on_the_connection),
	UNIT_CASE(test_stream_when_the_peer_has_ended_then_a_holder_may_answer_for_a_while),
	UNIT_CASE(test_stream_when_byte_by_byte_then_the_same_messages),
	UNIT_CASE(test_stream_when_refused_then_every_token_is_told),
	UNIT_CASE(test_stream_when_nobody_answers_then_the_connect_ends_in_time),
	UNIT_CASE(test_stream_when_the_peer_does_not_read_then_bytes_are_bounded),
	UNIT_CASE(test_stream_when_the_peer_does_not_read_then_age_is_bounded),
	UNIT_CASE(test_stream_when_a_partition_heals_in_time_then_nothing_is_lost),
	UNIT_CASE(test_stream_when_a_cached_connection_is_dead_then_a_second_is_tried),
	UNIT_CASE(test_stream_when_the_first_write_fails_then_a_second_connection_once),
	UNIT_CASE(test_stream_when_a_message_is_slow_then_the_connection_ends),
	UNIT_CASE(test_stream_when_much_is_sent_in_one_turn_then_a_reader_gets_all),
	UNIT_CASE(test_stream_when_idle_then_it_is_closed),
	UNIT_CASE(test_stream_when_it_cannot_be_framed_then_answer_and_close),
	UNIT_CASE(test_stream_when_there_are_too_many_then_the_least_used_goes),
};
const struct unit_suite stream_suite = { "stack/transport/stream", cases, SIP_COUNTOF(cases) };
