/* Connections with filters over the memory net: TLS, WebSocket and both, on ports of their own and beside SIP, under a virtual clock. */
#include "tests/unit/stack/transport/pair.h"

#include <stdio.h>
#include <stdlib.h>

static const enum sip_transport_kind kinds[] = { SIP_TRANSPORT_TCP, SIP_TRANSPORT_TLS, SIP_TRANSPORT_WS, SIP_TRANSPORT_WSS };

/* ---- every kind -------------------------------------------------------------------------------------------------- */

static enum sip_err both_ways(enum sip_transport_kind kind)
{
	struct sip_transport_options o;
	unsigned large = kind == SIP_TRANSPORT_DTLS ? 15000 : PAIR_LARGE; /* what one record holds */
	char *room = malloc(PAIR_LARGE + 1000);
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, kind);
	UNIT_TRY(pair_open(&p, &o));
	p.bed.b.holds_flow = true;
	UNIT_TRY(pair_send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 1);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 2);
	for (uint64_t i = 2; i < 12; i++)
		UNIT_TRY(pair_send_named(&p, "b.example.com", i));
	UNIT_TRY(pair_send_to(&p, "10.0.0.2:5061", "b.example.com", pair_large_message(room, PAIR_LARGE + 1000, large), 12));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 12);
	UNIT_EQ(p.bed.a.failed, 0);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 2);
	if (p.bed.b.flow) {
		UNIT_EQ(sip_flow_kind(p.bed.b.flow), kind);
		UNIT_TRY(bed_send_by(&p.bed, p.bed.b.flow, sip_str_of(pair_ok), 4));
		UNIT_TRY(bed_send_by(&p.bed, p.bed.b.flow, pair_large_message(room, PAIR_LARGE + 1000, large), 5));
		bed_run(&p.bed, SIP_MS(10));
		UNIT_EQ(p.bed.a.messages, 2);
		UNIT_EQ(p.bed.a.statuses[0], 200);
		sip_flow_close(p.bed.b.flow);
		bed_run(&p.bed, SIP_MS(10));
		UNIT_EQ(p.bed.b.gone, 1);
		UNIT_EQ(p.bed.a.gone, 1);
		UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
	}
out:
	pair_close(&p);
	free(room);
	return err;
}

static enum sip_err test_filter_when_messages_go_both_ways_then_every_kind_carries_them(void)
{
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(kinds) && err == SIP_OK; i++)
		err = both_ways(kinds[i]);
	return err == SIP_OK ? both_ways(SIP_TRANSPORT_DTLS) : err;
}

static enum sip_err test_dtls_when_messages_go_both_ways_then_it_carries_them(void)
{
	return both_ways(SIP_TRANSPORT_DTLS);
}

/* The kind with every filter, for memory that ends anywhere. */
static enum sip_err test_filter_when_all_filters_are_there_then_messages_go_both_ways(void)
{
	return both_ways(SIP_TRANSPORT_WSS);
}

static enum sip_err bounded(enum sip_transport_kind kind)
{
	struct sip_addr b = bed_addr("10.0.0.2:5061");
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, kind);
	o.queue_bytes_max = 16 * 1024;
	o.queue_age_ms = 3000;
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(pair_send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_TRY(sip_memory_net_fate(p.bed.net, &b, SIP_MEMORY_BLACKHOLE));
	UNIT_TRY(pair_send_named(&p, "b.example.com", 2));
	bed_run(&p.bed, SIP_SECONDS(4));
	UNIT_EQ(p.bed.a.failed, 1);
	UNIT_EQ(p.bed.a.why, SIP_E_TIMEOUT);
	UNIT_TRY(sip_memory_net_fate(p.bed.net, &b, SIP_MEMORY_UP));
	UNIT_TRY(pair_send_named(&p, "b.example.com", 3));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 2);
	UNIT_TRY(sip_memory_net_fate(p.bed.net, &b, SIP_MEMORY_BLACKHOLE));
	for (uint64_t i = 4; i < 400 && p.bed.a.failed == 1; i++) {
		UNIT_TRY(pair_send_named(&p, "b.example.com", i));
		bed_run(&p.bed, SIP_MS(1));
	}
	UNIT_CHECK(p.bed.a.failed > 1);
	UNIT_EQ(p.bed.a.why, SIP_E_FULL);
	UNIT_TRY(sip_memory_net_fate(p.bed.net, &b, SIP_MEMORY_UP));
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_filter_when_the_peer_does_not_read_then_bytes_and_age_are_bounded(void)
{
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(kinds) && err == SIP_OK; i++)
		err = bounded(kinds[i]);
	return err;
}

/* A peer that reads, but never all there is: what it has read is not kept. */
static enum sip_err test_coded_when_some_is_always_left_then_it_does_not_grow(void)
{
	enum { PIECE = 1000, LEFT = 100 };
	char piece[PIECE + LEFT] = "";
	struct sip__connection *c;
	struct sip_transport_options o;
	struct pair p;
	size_t most = 0;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TLS);
	memset(&p, 0, sizeof p);
	UNIT_TRY(pair_open(&p, &o));
	p.bed.b.holds_flow = true;
	UNIT_TRY(pair_send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 1);
	if (!p.bed.b.flow)
		goto out;
	c = sip__connection_of(p.bed.b.flow);
	for (int i = 0; i < 500; i++) {
		UNIT_TRY(sip__filter_put(c->lowest, sip_str_make(piece, i ? PIECE : PIECE + LEFT)));
		sip__coded_wrote(c, PIECE);
		UNIT_EQ(sip__coded_left(c), LEFT);
		if (c->coded.bytes.len > most)
			most = c->coded.bytes.len;
	}
	UNIT_CHECK(most < 5 * PIECE);
	sip__coded_wrote(c, LEFT);
out:
	sip_flow_unref(&p.bed.b.flow);
	pair_close(&p);
	return err;
}

static enum sip_err dead(enum sip_transport_kind kind)
{
	struct sip_transport_options o;
	unsigned refusals = 0;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, kind);
	UNIT_TRY(pair_open(&p, &o));
	sip_memory_net_tap(p.bed.net, bed_refuse_first, &refusals);
	UNIT_TRY(pair_send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	refusals = 1;
	for (uint64_t i = 2; i < 5; i++)
		UNIT_TRY(pair_send_named(&p, "b.example.com", i));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.a.failed, 0);
	UNIT_EQ(p.bed.b.messages, 4);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_OUT), 2);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_filter_when_a_cached_connection_is_dead_then_a_second_is_tried(void)
{
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(kinds) && err == SIP_OK; i++)
		err = dead(kinds[i]);
	return err;
}

/* ---- one port for both ------------------------------------------------------------------------------------------- */

static enum sip_err test_beside_when_sip_and_websocket_share_a_port_then_both_are_served(void)
{
	struct sip_transport *beside = NULL, *client = NULL;
	struct sip_transport_options o;
	struct pair p;
	char room[1024];
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TCP);
	UNIT_TRY(pair_open(&p, &o));
	sip_transport_options_init(&o, SIP_TRANSPORT_WS);
	o.net = p.bed.net;
	o.beside = p.b;
	UNIT_TRY(sip_transport_open(&o, &p.bed.b.wire, 1, &beside));
	UNIT_CHECK(sip_addr_eq(sip_transport_bound(beside), sip_transport_bound(p.b)));
	sip_transport_options_init(&o, SIP_TRANSPORT_WS);
	UNIT_TRY(pair_open_at(&p, &p.bed.a, "10.0.0.1:5080", NULL, &o, &client));
	p.bed.b.holds_flow = true;
	UNIT_TRY(bed_send(&p.bed, client, "10.0.0.2:5061",
			  bed_options(room, sizeof room, "SIP/2.0/WS 10.0.0.1:5080;branch=z9hG4bK1", "1"), 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 1);
	UNIT_CHECK(p.bed.b.flow && sip_flow_kind(p.bed.b.flow) == SIP_TRANSPORT_WS && sip_flow_transport(p.bed.b.flow) == beside);
	UNIT_TRY(pair_send_named(&p, "", 2));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 2);
	UNIT_CHECK(p.bed.b.flow && sip_flow_kind(p.bed.b.flow) == SIP_TRANSPORT_TCP && sip_flow_transport(p.bed.b.flow) == p.b);
	UNIT_EQ(p.bed.a.failed, 0);
out:
	sip_transport_unref(&client);
	sip_transport_unref(&beside);
	pair_close(&p);
	return err;
}

/* A request and a close frame, under a mask of zeros. Behind it nothing may be sent, so there is nothing to linger for (RFC 6455 5.5.1). */
static enum sip_err test_websocket_when_the_peer_has_closed_then_nobody_who_holds_it_keeps_it_open(void)
{
	static const char shake[] = "GET / HTTP/1.1\r\nHost: b.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
				    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
				    "Sec-WebSocket-Protocol: sip\r\n\r\n";
	struct sip_transport *beside = NULL;
	struct sip_transport_options o;
	struct sip_str options;
	char room[1024], text[2048];
	struct sip_buf b;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TCP);
	UNIT_TRY(pair_open(&p, &o));
	sip_transport_options_init(&o, SIP_TRANSPORT_WS);
	o.net = p.bed.net;
	o.beside = p.b;
	UNIT_TRY(sip_transport_open(&o, &p.bed.b.wire, 1, &beside));
	p.bed.b.holds_flow = true;
	options = bed_options(room, sizeof room, "SIP/2.0/WS a.invalid;branch=z9hG4bK1", "1");
	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_put(&b, shake, sizeof shake - 1);
	SIP_BUF_LIT(&b, "\x81\xfe");
	sip_buf_put_char(&b, (char)(options.len >> 8));
	sip_buf_put_char(&b, (char)(options.len & 0xff));
	SIP_BUF_LIT(&b, "\0\0\0\0");
	sip_buf_put_str(&b, options);
	SIP_BUF_LIT(&b, "\x88\x82\0\0\0\0\x03\xe8");
	UNIT_TRY(pair_send_to(&p, "10.0.0.2:5061", "", sip_buf_str(&b), 1));
	bed_run(&p.bed, SIP_MS(200));
	UNIT_EQ(p.bed.b.messages, 1);
	UNIT_EQ(p.bed.b.gone, 1);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
out:
	sip_transport_unref(&beside);
	pair_close(&p);
	return err;
}

static enum sip_err test_beside_when_http_comes_and_nobody_serves_it_then_it_is_answered_and_closed(void)
{
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TCP);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(pair_send_to(&p, "10.0.0.2:5061", "", SIP_STR("GET / HTTP/1.1\r\nHost: b.example.com\r\n\r\n"), 0));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 0);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_UNFRAMED), 1); /* the answer, on our side: it is no SIP */
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_beside_when_the_options_do_not_fit_then_inval(void)
{
	struct sip_transport *t = NULL;
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TCP);
	UNIT_TRY(pair_open(&p, &o));
	sip_transport_options_init(&o, SIP_TRANSPORT_WSS);
	o.net = p.bed.net;
	o.beside = p.b; /* speaks no TLS */
	o.tls = p.tls;
	UNIT_EQ(sip_transport_open(&o, &p.bed.b.wire, 1, &t), SIP_E_INVAL);
	o.beside = NULL;
	o.tls = NULL;
	o.bind = bed_addr("10.0.0.2:443");
	UNIT_EQ(sip_transport_open(&o, &p.bed.b.wire, 1, &t), SIP_E_INVAL);
out:
	pair_close(&p);
	return err;
}

static const struct unit_case cases[] = {
	/* Handshakes take their time: where memory ends is tried with the kind that has every filter. */
	UNIT_CASE_NO_OOM(test_filter_when_messages_go_both_ways_then_every_kind_carries_them),
	UNIT_CASE(test_dtls_when_messages_go_both_ways_then_it_carries_them),
	UNIT_CASE_DEAR(test_filter_when_all_filters_are_there_then_messages_go_both_ways),
	UNIT_CASE_NO_OOM(test_filter_when_the_peer_does_not_read_then_bytes_and_age_are_bounded),
	UNIT_CASE_NO_OOM(test_coded_when_some_is_always_left_then_it_does_not_grow), /* another has this exchange without memory */
	UNIT_CASE_NO_OOM(test_filter_when_a_cached_connection_is_dead_then_a_second_is_tried),
	UNIT_CASE(test_beside_when_sip_and_websocket_share_a_port_then_both_are_served),
	UNIT_CASE(test_websocket_when_the_peer_has_closed_then_nobody_who_holds_it_keeps_it_open),
	UNIT_CASE(test_beside_when_http_comes_and_nobody_serves_it_then_it_is_answered_and_closed),
	UNIT_CASE(test_beside_when_the_options_do_not_fit_then_inval),
};
const struct unit_suite filter_suite = { "stack/transport/filter", cases, SIP_COUNTOF(cases) };
