/* The guard at the door: rates, points, bans, bounds of both tables, connections, the PROXY protocol. Virtual clock. */
#include "tests/unit/stack/transport/bed.h"

#include <stdio.h>

#define VIA "SIP/2.0/TCP 10.0.0.1:5060;branch=z9hG4bK1"
#define TO "10.0.0.2:5060"

static enum sip_err open_guarded(struct bed *bed, const struct sip_guard_options *g)
{
	struct sip_transport_options t;
	struct sip_wire_options w;

	sip_transport_options_init(&t, SIP_TRANSPORT_UDP);
	sip_wire_options_init(&w);
	w.guard = *g;
	return bed_open_with(bed, &t, &w);
}

/* So many OPTIONS in datagrams, at once. */
static enum sip_err flood(struct bed *bed, const char *from, unsigned count)
{
	char room[1024];
	struct sip_str text = bed_options(room, sizeof room, "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1", "1");
	enum sip_err err = SIP_OK;

	for (unsigned i = 0; i < count && err == SIP_OK; i++)
		err = bed_inject(bed, from, TO, text);
	bed_run(bed, SIP_MS(1));
	return err;
}

static enum sip_err garbage(struct bed *bed, const char *from, unsigned count)
{
	enum sip_err err = SIP_OK;

	for (unsigned i = 0; i < count && err == SIP_OK; i++)
		err = bed_inject(bed, from, TO, SIP_STR("\x01\x02 this is no SIP"));
	bed_run(bed, SIP_MS(1));
	return err;
}

static size_t list(struct bed *bed, struct sip_ban *out, size_t most)
{
	size_t count = 0;

	UNIT_EQ(sip_guard_list(bed->b.wire, out, most, &count), SIP_OK);
	return count;
}

static enum sip_err test_rate_when_exceeded_then_dropped_until_time_goes_by(void)
{
	struct sip_guard_options g;
	struct bed bed;
	enum sip_err err;

	sip_guard_options_init(&g);
	g.rate = 10;
	g.burst = 5;
	g.trusted = SIP_STR("10.9.0.0/16");
	UNIT_TRY(open_guarded(&bed, &g));
	UNIT_TRY(flood(&bed, "10.0.0.7:5060", 8));
	UNIT_EQ(bed.b.messages, 5);
	UNIT_EQ(bed_metric(&bed, SIP_M_DROP_RATE), 3);
	UNIT_TRY(flood(&bed, "10.0.0.8:5060", 5)); /* another's bucket is its own */
	UNIT_EQ(bed.b.messages, 10);
	bed_run(&bed, SIP_MS(200));
	UNIT_TRY(flood(&bed, "10.0.0.7:5061", 8)); /* another port is the same source */
	UNIT_EQ(bed.b.messages, 12);
	UNIT_TRY(flood(&bed, "10.9.0.7:5060", 20));
	UNIT_EQ(bed.b.messages, 32);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_source_when_ipv6_then_its_64_is_one(void)
{
	struct sip_guard_options g;
	struct sip_addr a = bed_addr("[2001:db8:1:2::1]:5060"), b = bed_addr("[2001:db8:1:2:ffff::9]:1"),
			other = bed_addr("[2001:db8:1:3::1]:5060");
	char text[SIP_ADDR_TEXT];
	struct sip_ban bans[4];
	struct bed bed;
	enum sip_err err;

	sip_guard_options_init(&g);
	UNIT_TRY(open_guarded(&bed, &g));
	UNIT_CHECK(sip__guard_admits(bed.b.wire->guard, &a));
	UNIT_TRY(sip_guard_ban(bed.b.wire, &a, 10));
	bed_run(&bed, SIP_MS(1));
	UNIT_EQ(list(&bed, bans, 4), 1);
	UNIT_STR(sip_str_of(sip_addr_text(&bans[0].source, text)), "[2001:db8:1:2::]:0");
	UNIT_EQ(bans[0].left_s, 10);
	UNIT_CHECK(!sip__guard_admits(bed.b.wire->guard, &b));
	UNIT_CHECK(sip__guard_admits(bed.b.wire->guard, &other));
out:
	bed_close(&bed);
	return err;
}

static void ban_options(struct sip_guard_options *g)
{
	sip_guard_options_init(g);
	g->ban_points = 30;
	g->decay_s = 30;
	g->ban_s = 10;
	g->ban_max_s = 35;
}

static enum sip_err test_ban_when_points_come_slowly_then_they_are_forgotten(void)
{
	struct sip_guard_options g;
	struct sip_ban bans[4];
	struct bed bed;
	enum sip_err err;

	ban_options(&g);
	UNIT_TRY(open_guarded(&bed, &g));
	for (int i = 0; i < 10; i++) {
		UNIT_TRY(garbage(&bed, "10.0.0.7:5060", 1)); /* 10 points, and a point a second is forgotten */
		bed_run(&bed, SIP_SECONDS(10));
	}
	UNIT_EQ(list(&bed, bans, 4), 0);
	UNIT_TRY(garbage(&bed, "10.0.0.7:5060", 3));
	UNIT_EQ(list(&bed, bans, 4), 1);
	UNIT_TRY(flood(&bed, "10.0.0.7:5060", 2));
	UNIT_EQ(bed.b.messages, 0);
	UNIT_EQ(bed_metric(&bed, SIP_M_DROP_BANNED), 2);
	UNIT_EQ(bed_metric(&bed, SIP_M_BANNED), 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_BANS), 1);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_ban_when_again_then_twice_as_long_up_to_the_most(void)
{
	static const unsigned lengths[] = { 10, 20, 35, 35 };
	struct sip_guard_options g;
	struct sip_ban bans[4];
	struct bed bed;
	enum sip_err err;

	ban_options(&g);
	UNIT_TRY(open_guarded(&bed, &g));
	for (unsigned i = 0; i < SIP_COUNTOF(lengths); i++) {
		UNIT_TRY(garbage(&bed, "10.0.0.7:5060", 3));
		UNIT_EQ(list(&bed, bans, 4), 1);
		UNIT_EQ(bans[0].left_s, lengths[i]);
		UNIT_EQ(bans[0].times, i + 1);
		UNIT_CHECK(bans[0].is_datagrams_only);
		bed_run(&bed, (int64_t)lengths[i] * SIP_SECONDS(1));
		UNIT_EQ(list(&bed, bans, 4), 0);
	}
	bed_run(&bed, SIP_SECONDS(2));
	UNIT_EQ(bed_metric(&bed, SIP_M_BANNED), 0);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_ban_when_trusted_then_never(void)
{
	struct sip_guard_options g;
	struct sip_addr a = bed_addr("10.0.0.7:1");
	struct sip_ban bans[4];
	struct bed bed;
	enum sip_err err;

	ban_options(&g);
	g.trusted = SIP_STR("192.0.2.0/24, 10.0.0.7");
	g.scanners = SIP_STR("friendly-scanner");
	UNIT_TRY(open_guarded(&bed, &g));
	UNIT_TRY(garbage(&bed, "10.0.0.7:5060", 50));
	UNIT_TRY(sip_guard_offend(bed.b.wire, &a, 1000));
	UNIT_TRY(sip_guard_ban(bed.b.wire, &a, 0));
	bed_run(&bed, SIP_MS(1));
	UNIT_EQ(list(&bed, bans, 4), 0);
out:
	bed_close(&bed);
	return err;
}

/* A ban is of a /64, and trust of an address: whatever its neighbours do, and whoever came first. */
static enum sip_err test_trust_when_neighbours_share_the_64_then_it_is_of_the_address_alone(void)
{
	struct sip_addr trunk = bed_addr("[2001:db8::5]:5060"), neighbour = bed_addr("[2001:db8::66]:5060");
	struct sip_guard_options g;
	struct bed bed;
	bool is_counted;
	enum sip_err err;

	for (int turn = 0; turn < 2; turn++) {
		ban_options(&g);
		g.rate = 10;
		g.burst = 5;
		g.connections_max = 1;
		g.trusted = SIP_STR("2001:db8::5");
		UNIT_TRY(open_guarded(&bed, &g));
		UNIT_CHECK(sip__guard_admits(bed.b.wire->guard, turn ? &neighbour : &trunk));
		for (int i = 0; i < 20; i++)
			UNIT_CHECK(sip__guard_admits(bed.b.wire->guard, &trunk));
		for (int i = 0; i < 20; i++)
			(void)sip__guard_admits(bed.b.wire->guard, &neighbour);
		UNIT_CHECK(!sip__guard_admits(bed.b.wire->guard, &neighbour));
		UNIT_TRY(sip_guard_offend(bed.b.wire, &trunk, 1000));
		bed_run(&bed, SIP_MS(1));
		UNIT_EQ(bed_metric(&bed, SIP_M_BANNED), 0);
		UNIT_TRY(sip_guard_ban(bed.b.wire, &neighbour, 60));
		bed_run(&bed, SIP_MS(1));
		UNIT_EQ(bed_metric(&bed, SIP_M_BANNED), 1);
		UNIT_CHECK(sip__guard_admits(bed.b.wire->guard, &trunk));
		UNIT_CHECK(sip__guard_entered(bed.b.wire->guard, &trunk, &is_counted));
		UNIT_CHECK(!is_counted);
		UNIT_CHECK(!sip__guard_entered(bed.b.wire->guard, &neighbour, &is_counted));
		bed_close(&bed);
	}
	return SIP_OK;
out:
	bed_close(&bed);
	return err;
}

/* What a forger has brought about makes the ban of a proven offence no longer. */
static enum sip_err test_ban_when_forged_often_then_the_first_proven_one_is_a_first(void)
{
	struct sip_addr a = bed_addr("10.0.0.7:1");
	struct sip_guard_options g;
	struct sip_ban bans[4];
	struct bed bed;
	enum sip_err err;

	ban_options(&g);
	UNIT_TRY(open_guarded(&bed, &g));
	for (unsigned i = 0; i < 3; i++) {
		UNIT_TRY(garbage(&bed, "10.0.0.7:5060", 3));
		UNIT_EQ(list(&bed, bans, 4), 1);
		bed_run(&bed, SIP_SECONDS(36));
	}
	UNIT_TRY(sip_guard_offend(bed.b.wire, &a, 30));
	bed_run(&bed, SIP_MS(1));
	UNIT_EQ(list(&bed, bans, 4), 1);
	UNIT_EQ(bans[0].left_s, 10);
	UNIT_EQ(bans[0].times, 1);
	UNIT_CHECK(!bans[0].is_datagrams_only);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_ban_when_lifted_then_it_begins_anew(void)
{
	struct sip_guard_options g;
	struct sip_addr a = bed_addr("10.0.0.7:1");
	struct sip_ban bans[4];
	struct bed bed;
	enum sip_err err;

	ban_options(&g);
	UNIT_TRY(open_guarded(&bed, &g));
	for (int i = 0; i < 3; i++) {
		UNIT_TRY(sip_guard_offend(bed.b.wire, &a, 30));
		bed_run(&bed, SIP_MS(1));
		UNIT_EQ(list(&bed, bans, 4), 1);
		UNIT_EQ(bans[0].times, 1);
		UNIT_CHECK(!bans[0].is_datagrams_only);
		UNIT_TRY(sip_guard_unban(bed.b.wire, &a));
		bed_run(&bed, SIP_MS(1));
		UNIT_EQ(list(&bed, bans, 4), 0);
		UNIT_EQ(bed_metric(&bed, SIP_M_BANNED), 0);
	}
	UNIT_TRY(flood(&bed, "10.0.0.7:5060", 1));
	UNIT_EQ(bed.b.messages, 1);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_ban_when_forged_datagrams_then_streams_go_on(void)
{
	struct sip_guard_options g;
	char room[1024];
	struct sip_str text = bed_options(room, sizeof room, VIA, "1");
	struct sip_ban bans[4];
	struct bed bed;
	enum sip_err err;

	ban_options(&g);
	UNIT_TRY(open_guarded(&bed, &g));
	UNIT_TRY(garbage(&bed, "10.0.0.1:7777", 3));
	UNIT_EQ(list(&bed, bans, 4), 1);
	UNIT_TRY(bed_send(&bed, bed.a.tcp, TO, text, 1));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.b.messages, 1);
	UNIT_TRY(sip_guard_suspect(bed.b.wire, &bed.a.tcp->bound, 1000));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.b.gone, 0);
	/* What is proven counts for both. */
	UNIT_TRY(sip_guard_offend(bed.b.wire, &bed.a.tcp->bound, 30));
	bed_run(&bed, SIP_MS(200));
	UNIT_EQ(bed.b.gone, 1);
	UNIT_EQ(bed.b.gone_why, SIP_E_DENIED);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS), 0);
	UNIT_TRY(bed_send(&bed, bed.a.tcp, TO, text, 2));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.b.messages, 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_REFUSED_BANNED), 1);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_ban_when_of_whom_we_called_then_he_may_answer(void)
{
	static const char answer[] = "SIP/2.0 200 OK\r\nVia: " VIA "\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>;tag=2\r\nCall-ID: 1\r\n"
				     "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
	struct sip_guard_options g;
	char room[1024];
	struct bed bed;
	enum sip_err err;

	ban_options(&g);
	UNIT_TRY(open_guarded(&bed, &g));
	bed.b.holds_flow = true;
	UNIT_TRY(bed_send(&bed, bed.a.tcp, TO, bed_options(room, sizeof room, VIA, "1"), 1));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.b.messages, 1);
	UNIT_TRY(sip_guard_ban(bed.a.wire, &bed.b.tcp->bound, 60));
	bed_run(&bed, SIP_MS(200));
	UNIT_EQ(bed_metric(&bed, SIP_M_BANNED), 1);
	UNIT_TRY(bed_send_by(&bed, bed.b.flow, sip_str_of(answer), 2));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.a.messages, 1);
	UNIT_EQ(bed.a.statuses[0], 200);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_ban_when_a_stream_is_no_sip_then_points(void)
{
	struct sip_guard_options g;
	struct sip_ban bans[4];
	struct bed bed;
	enum sip_err err;

	ban_options(&g);
	UNIT_TRY(open_guarded(&bed, &g));
	for (int i = 0; i < 2; i++) {
		UNIT_TRY(bed_send(&bed, bed.a.tcp, TO, SIP_STR("nonsense\r\n\r\nnonsense"), 1));
		bed_run(&bed, SIP_SECONDS(1));
	}
	UNIT_EQ(list(&bed, bans, 4), 1);
	UNIT_CHECK(!bans[0].is_datagrams_only);
	UNIT_EQ(bed_metric(&bed, SIP_M_BANS), 1);
out:
	bed_close(&bed);
	return err;
}

static struct sip_addr numbered(unsigned n)
{
	struct sip_addr a = bed_addr("11.0.0.0:5060");

	a.u.in.sin_addr.s_addr = htonl(0x0b000000u + n);
	return a;
}

static enum sip_err test_tables_when_flooded_by_many_sources_then_bounded_and_proven_bans_stay(void)
{
	struct sip_guard_options g;
	struct sip_ban bans[16];
	struct bed bed;
	enum sip_err err;
	size_t proven = 0;

	ban_options(&g);
	g.rate = 10;
	g.sources_max = 16;
	g.bans_max = 8;
	UNIT_TRY(open_guarded(&bed, &g));
	for (unsigned i = 0; i < 4; i++) {
		struct sip_addr a = numbered(i);
		UNIT_TRY(sip_guard_ban(bed.b.wire, &a, 1000));
	}
	bed_run(&bed, SIP_MS(1));
	for (unsigned i = 100; i < 10000; i++) {
		struct sip_addr a = numbered(i);
		for (int k = 0; k < 3; k++)
			sip__guard_offence(bed.b.wire->guard, &a, SIP__OFFENCE_MALFORMED, false);
		(void)sip__guard_admits(bed.b.wire->guard, &a);
	}
	size_t count = list(&bed, bans, 16);
	UNIT_CHECK(count <= 8);
	for (size_t i = 0; i < count; i++)
		proven += !bans[i].is_datagrams_only;
	UNIT_EQ(proven, 4);
	/* Full of proven ones, nothing forged gets in; one more that is proven takes the place of the least used. */
	for (unsigned i = 4; i < 9; i++) {
		struct sip_addr a = numbered(i);
		UNIT_TRY(sip_guard_ban(bed.b.wire, &a, 1000));
	}
	bed_run(&bed, SIP_MS(1));
	UNIT_CHECK(list(&bed, bans, 16) <= 8);
	UNIT_CHECK(bed_metric(&bed, SIP_M_BANNED) <= 8);
	struct sip_addr first = numbered(0);
	UNIT_CHECK(sip__guard_admits(bed.b.wire->guard, &first));
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_scanner_when_it_says_so_then_silence_and_a_ban(void)
{
	struct sip_guard_options g;
	struct bed bed;
	enum sip_err err;
	const char *text = "OPTIONS sip:bob@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1\r\n"
			   "Max-Forwards: 70\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
			   "User-Agent: My Friendly-Scanner 1\r\nContent-Length: 0\r\n\r\n";

	ban_options(&g);
	g.scanners = SIP_STR("sipvicious, friendly-scanner");
	UNIT_TRY(open_guarded(&bed, &g));
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", TO, sip_str_of(text)));
	bed_run(&bed, SIP_MS(1));
	UNIT_TRY(flood(&bed, "10.0.0.9:5060", 1));
	UNIT_EQ(bed.b.messages, 0);
	UNIT_EQ(bed.peer_count, 0);
	UNIT_EQ(bed_metric(&bed, SIP_M_DROP_SCANNER), 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_DROP_BANNED), 1);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_connections_when_more_than_a_source_may_have_then_refused(void)
{
	struct sip_guard_options g;
	struct sip_addr a = bed_addr("10.0.0.7:1"), other = bed_addr("10.0.0.8:1");
	struct sip__guard *guard;
	struct bed bed;
	bool is_counted;
	enum sip_err err;

	sip_guard_options_init(&g);
	g.connections_max = 2;
	g.accept_rate = 10;
	g.accept_burst = 4;
	UNIT_TRY(open_guarded(&bed, &g));
	guard = bed.b.wire->guard;
	UNIT_CHECK(sip__guard_entered(guard, &a, &is_counted) && is_counted);
	UNIT_CHECK(sip__guard_entered(guard, &a, &is_counted) && is_counted);
	UNIT_CHECK(!sip__guard_entered(guard, &a, &is_counted) && !is_counted);
	UNIT_CHECK(sip__guard_entered(guard, &other, &is_counted));
	UNIT_EQ(bed_metric(&bed, SIP_M_REFUSED_SOURCE), 1);
	sip__guard_left(guard, &a);
	UNIT_CHECK(sip__guard_entered(guard, &a, &is_counted));
	sip__guard_left(guard, &a);
	UNIT_CHECK(!sip__guard_entered(guard, &a, &is_counted)); /* the fifth in no time */
	UNIT_EQ(bed_metric(&bed, SIP_M_REFUSED_RATE), 1);
	bed_run(&bed, SIP_MS(100));
	UNIT_CHECK(sip__guard_entered(guard, &a, &is_counted));
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_guard_when_options_are_wrong_then_inval(void)
{
	struct sip_guard_options g;
	struct bed bed;

	ban_options(&g);
	g.trusted = SIP_STR("10.0.0.0/33");
	UNIT_CHECK(open_guarded(&bed, &g) != SIP_OK);
	bed_close(&bed);
	ban_options(&g);
	g.ban_max_s = 1;
	UNIT_EQ(open_guarded(&bed, &g), SIP_E_INVAL);
	bed_close(&bed);
	return SIP_OK;
}

/* ---- the PROXY protocol ------------------------------------------------------------------------------------------ */

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define FOUR SIGNATURE "\x21\x11\0\x0c" "\xcb\0\x71\x05" "\xcb\0\x71\x01" "\x30\x39" "\x13\xc4"
#define SIX SIGNATURE "\x21\x21\0\x26" \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01" "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02" "\x30\x39" "\x13\xc4" "\x04\0"

static enum sip_err open_balanced(struct bed *bed, const char *trusted, struct sip_transport **out)
{
	struct sip_transport_options t;
	struct sip_guard_options g;
	enum sip_err err;

	sip_guard_options_init(&g);
	g.trusted = sip_str_of(trusted);
	g.connections_max = 10;
	err = open_guarded(bed, &g);
	if (err != SIP_OK)
		return err;
	bed->b.holds_flow = true;
	sip_transport_options_init(&t, SIP_TRANSPORT_TCP);
	t.net = bed->net;
	t.bind = bed_addr("10.0.0.2:5070");
	t.proxy_protocol = true;
	t.connect_ms = 1000;
	return sip_transport_open(&t, &bed->b.wire, 1, out);
}

static enum sip_err say(struct bed *bed, const char *bytes, size_t len, size_t piece)
{
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < len && err == SIP_OK; i += piece)
		err = bed_send(bed, bed->a.tcp, "10.0.0.2:5070", sip_str_make(bytes + i, len - i < piece ? len - i : piece), 1);
	return err;
}

static enum sip_err hears(const char *header, size_t len, size_t piece, const char *remote)
{
	struct sip_transport *t = NULL;
	struct bed bed;
	char room[1024], text[SIP_ADDR_TEXT];
	struct sip_str options = bed_options(room, sizeof room, VIA, "1");
	enum sip_err err;

	UNIT_TRY(open_balanced(&bed, "10.0.0.1", &t));
	UNIT_TRY(say(&bed, header, len, piece));
	UNIT_TRY(say(&bed, options.p, options.len, piece == 1 ? 1 : options.len));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.b.messages, 1);
	if (bed.b.flow) {
		UNIT_STR(sip_str_of(sip_addr_text(sip_flow_remote(bed.b.flow), text)), remote);
		UNIT_CHECK(sip__connection_find(t->endpoints[0].state, sip_flow_remote(bed.b.flow), SIP_STR("")) != NULL);
		sip_flow_close(bed.b.flow);
		bed_run(&bed, SIP_MS(10));
		UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS), 0);
	}
out:
	sip_transport_unref(&t);
	bed_close(&bed);
	return err;
}

static enum sip_err test_proxy_when_ipv4_byte_by_byte_then_it_is_the_clients(void)
{
	return hears(FOUR, sizeof FOUR - 1, 1, "203.0.113.5:12345");
}

static enum sip_err test_proxy_when_ipv6_with_more_behind_then_it_is_the_clients(void)
{
	return hears(SIX, sizeof SIX - 1, sizeof SIX, "[2001:db8::1]:12345");
}

static enum sip_err refuses(const char *trusted, const char *header, size_t len)
{
	struct sip_transport *t = NULL;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(open_balanced(&bed, trusted, &t));
	UNIT_TRY(say(&bed, header, len, len));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.b.messages, 0);
	UNIT_EQ(bed_metric(&bed, SIP_M_REFUSED_PROXY), 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS), 0);
out:
	sip_transport_unref(&t);
	bed_close(&bed);
	return err;
}

static enum sip_err test_proxy_when_the_header_is_hostile_then_closed_and_counted(void)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
#define CASE(text) { text, sizeof text - 1 }
		CASE("PROXY TCP4 203.0.113.5 203.0.113.1 12345 5060\r\n"),
		CASE("OPTIONS sip:a@b SIP/2.0\r\n"),
		CASE(SIGNATURE "\x11\x11\0\x0c" "aaaabbbbccdd"),         /* version 1 in the clothes of 2 */
		CASE(SIGNATURE "\x22\x11\0\x0c" "aaaabbbbccdd"),         /* no such command */
		CASE(SIGNATURE "\x21\x12\0\x0c" "aaaabbbbccdd"),         /* datagrams */
		CASE(SIGNATURE "\x21\x22\0\x24" "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccdd"),
		CASE(SIGNATURE "\x21\x31\0\x04" "aaaa"),                 /* a Unix socket */
		CASE(SIGNATURE "\x21\x11\0\x0b" "aaaabbbbccd"),          /* too short for its addresses */
		CASE(SIGNATURE "\x21\x21\0\x23" "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccd"),
		CASE(SIGNATURE "\x21\x11\x02\x09"),                      /* 537 bytes */
		CASE(SIGNATURE "\x21\x11\xff\xff"),
		CASE(SIGNATURE "\x21\x11\0\x0c" "\0\0\0\0" "bbbbccdd"),  /* nobody's address */
		CASE(SIGNATURE "\x21\x11\0\x0c" "\xe0\0\0\x01" "bbbbccdd"),
		CASE(SIGNATURE "\x21\x11\0\x0c" "aaaabbbb\0\0dd"),       /* no port */
#undef CASE
	};
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(cases) && err == SIP_OK; i++)
		err = refuses("10.0.0.1", cases[i].bytes, cases[i].len);
	return err;
}

static enum sip_err test_proxy_when_not_from_a_trusted_network_then_closed(void)
{
	return refuses("192.0.2.0/24", FOUR, sizeof FOUR - 1);
}

static enum sip_err test_proxy_when_the_balancer_speaks_for_itself_then_its_own_address(void)
{
	static const char local[] = SIGNATURE "\x20\0\0\x03" "abc";
	struct sip_transport *t = NULL;
	struct bed bed;
	char room[1024];
	struct sip_str options = bed_options(room, sizeof room, VIA, "1");
	enum sip_err err;

	UNIT_TRY(open_balanced(&bed, "10.0.0.0/8", &t));
	UNIT_TRY(say(&bed, local, sizeof local - 1, 7));
	UNIT_TRY(say(&bed, options.p, options.len, options.len));
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(bed.b.messages, 1);
	if (bed.b.flow)
		UNIT_CHECK(sip_addr_eq_host(sip_flow_remote(bed.b.flow), &bed.a.tcp->bound));
out:
	sip_transport_unref(&t);
	bed_close(&bed);
	return err;
}

static enum sip_err test_proxy_when_largest_then_taken_and_when_silent_then_the_connect_wait_ends_it(void)
{
	char large[SIP__PROXY_MAX + 1] = FOUR;
	struct sip__proxy_header h;
	struct sip_transport *t = NULL;
	struct bed bed;
	enum sip_err err;

	large[14] = 0x02;
	large[15] = 0x08;
	UNIT_EQ(sip__proxy_read(sip_str_make(large, SIP__PROXY_MAX - 1), &h), SIP_E_MORE);
	UNIT_EQ(sip__proxy_read(sip_str_make(large, SIP__PROXY_MAX + 1), &h), SIP_OK);
	UNIT_EQ(h.len, SIP__PROXY_MAX);
	UNIT_TRY(open_balanced(&bed, "10.0.0.1", &t));
	UNIT_TRY(say(&bed, FOUR, 20, 20));
	bed_run(&bed, SIP_MS(900));
	UNIT_EQ(bed.b.gone, 0);
	bed_run(&bed, SIP_MS(200));
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS), 0);
out:
	sip_transport_unref(&t);
	bed_close(&bed);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_rate_when_exceeded_then_dropped_until_time_goes_by),
	UNIT_CASE_NO_OOM(test_source_when_ipv6_then_its_64_is_one),
	UNIT_CASE(test_ban_when_points_come_slowly_then_they_are_forgotten),
	UNIT_CASE_NO_OOM(test_ban_when_again_then_twice_as_long_up_to_the_most),
	UNIT_CASE(test_ban_when_trusted_then_never),
	UNIT_CASE_NO_OOM(test_trust_when_neighbours_share_the_64_then_it_is_of_the_address_alone),
	UNIT_CASE_NO_OOM(test_ban_when_forged_often_then_the_first_proven_one_is_a_first), /* a ban not made for want of memory is none */
	UNIT_CASE_NO_OOM(test_ban_when_lifted_then_it_begins_anew),
	UNIT_CASE(test_ban_when_forged_datagrams_then_streams_go_on),
	UNIT_CASE_NO_OOM(test_ban_when_of_whom_we_called_then_he_may_answer),
	UNIT_CASE_NO_OOM(test_ban_when_a_stream_is_no_sip_then_points),
	UNIT_CASE_NO_OOM(test_tables_when_flooded_by_many_sources_then_bounded_and_proven_bans_stay), /* its many bans are allocations */
	UNIT_CASE(test_scanner_when_it_says_so_then_silence_and_a_ban),
	UNIT_CASE(test_connections_when_more_than_a_source_may_have_then_refused),
	UNIT_CASE_NO_OOM(test_guard_when_options_are_wrong_then_inval), /* it expects failures of its own */
	UNIT_CASE_DEAR(test_proxy_when_ipv4_byte_by_byte_then_it_is_the_clients),
	UNIT_CASE(test_proxy_when_ipv6_with_more_behind_then_it_is_the_clients),
	UNIT_CASE_DEAR(test_proxy_when_the_header_is_hostile_then_closed_and_counted),
	UNIT_CASE(test_proxy_when_not_from_a_trusted_network_then_closed),
	UNIT_CASE(test_proxy_when_the_balancer_speaks_for_itself_then_its_own_address),
	UNIT_CASE(test_proxy_when_largest_then_taken_and_when_silent_then_the_connect_wait_ends_it),
};
const struct unit_suite guard_suite = { "stack/transport/guard", cases, SIP_COUNTOF(cases) };
