/* Flows that are kept open, and what STUN says: what no play reaches. */
#include "tests/unit/stack/transport/bed.h"

#define VIA_TCP "SIP/2.0/TCP 10.0.0.1:5060;branch=z9hG4bK1"
#define VIA_UDP "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1"
#define FINGERPRINT_OF_ASK "\x3f\x07\x24\xbd"
#define FINGERPRINT_OF_ANSWER "\x87\xa3\x78\xbe"
#define HEAD "\x01\x01\x00\x0c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"

static enum sip_err test_stun_is_told_from_messages_by_its_head(void)
{
	static const struct {
		struct sip_str bytes;
		bool is_stun;
	} rows[] = {
		{ SIP_STR_INIT("\x00\x01\x00\x00\x21\x12\xa4\x42xxxxxxxxxxxx"), true },
		{ SIP_STR_INIT("\x00\x01\x00\x04\x21\x12\xa4\x42xxxxxxxxxxxxAAAA"), true },
		{ SIP_STR_INIT("\x00\x01\x00\x00\x21\x12\xa4\x42xxxxxxxxxxx"), false },  /* short */
		{ SIP_STR_INIT("\x00\x01\x00\x00\x21\x12\xa4\x42xxxxxxxxxxxxA"), false }, /* longer than it says */
		{ SIP_STR_INIT("\x00\x01\x00\x04\x21\x12\xa4\x42xxxxxxxxxxxx"), false },  /* shorter than it says */
		{ SIP_STR_INIT("\x00\x01\x00\x00\x21\x12\xa4\x43xxxxxxxxxxxx"), false },  /* RFC 3489 */
		{ SIP_STR_INIT("\x80\x01\x00\x00\x21\x12\xa4\x42xxxxxxxxxxxx"), false },
		{ SIP_STR_INIT("OPTIONS sip:user@example.com SIP/2.0\r\n"), false },
		{ SIP_STR_INIT(""), false },
	};
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(rows); i++)
		UNIT_EQ(sip__stun_is(rows[i].bytes), rows[i].is_stun);
	return err;
}

/* The addresses of RFC 5769 2.2, 2.3; and attributes that are none. */
static enum sip_err test_stun_mapped_address_when_read_then_unmasked_or_refused(void)
{
	static const struct {
		struct sip_str bytes;
		const char *address;
		enum sip_err err;
	} rows[] = {
		{ SIP_STR_INIT(HEAD "\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"), "192.0.2.1:32853", SIP_OK },
		{ SIP_STR_INIT(HEAD "\x80\x22\x00\x03" "abc\x00\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"), "192.0.2.1:32853",
		  SIP_OK },
		{ SIP_STR_INIT(HEAD "\x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9"),
		  "[2001:db8:1234:5678:11:2233:4455:6677]:32853", SIP_OK },
		{ SIP_STR_INIT(HEAD), NULL, SIP_E_NOTFOUND },
		{ SIP_STR_INIT(HEAD "\x00\x01\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"), NULL, SIP_E_NOTFOUND },
		{ SIP_STR_INIT(HEAD "\x00\x20\x00\x08\x00\x03\xa1\x47\xe1\x12\xa6\x43"), NULL, SIP_E_SYNTAX },
		{ SIP_STR_INIT(HEAD "\x00\x20\x00\x08\x00\x02\xa1\x47\xe1\x12\xa6\x43"), NULL, SIP_E_SYNTAX },
		{ SIP_STR_INIT(HEAD "\x00\x20\x00\x00"), NULL, SIP_E_SYNTAX },
		{ SIP_STR_INIT(HEAD "\x00\x20\xff\xff\x00\x01\xa1\x47"), NULL, SIP_E_SYNTAX },
		{ SIP_STR_INIT(HEAD "\x80\x22\x00\x05" "abcd"), NULL, SIP_E_SYNTAX },
	};
	char text[SIP_ADDR_TEXT];
	struct sip_addr a;
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		UNIT_EQ(sip__stun_read_mapped(rows[i].bytes, &a), rows[i].err);
		if (rows[i].address)
			UNIT_STR(sip_str_of(sip_addr_text(&a, text)), rows[i].address);
	}
	return err;
}

#define ASK(len) "\x00\x01\x00" len "\x21\x12\xa4\x42" "abcdefghijkl"

static enum sip_err test_stun_request_when_read_then_answered_refused_or_dropped(void)
{
	static const struct {
		struct sip_str bytes;
		unsigned kind; /* 0: dropped */
		size_t len;
	} rows[] = {
		{ SIP_STR_INIT(ASK("\x00")), 0x0101, 32 },
		{ SIP_STR_INIT(ASK("\x0c") "\x80\x22\x00\x05" "agent\0\0\0"), 0x0101, 32 },
		{ SIP_STR_INIT(ASK("\x08") "\x80\x28\x00\x04\x67\x49\xb4\x63"), 0, 0 }, /* FINGERPRINT of something else */
		{ SIP_STR_INIT(ASK("\x04") "\x00\x24\x00\x00"), 0x0111, 20 + 28 + 4 + 4 },
		{ SIP_STR_INIT(ASK("\x08") "\x00\x24\x00\x00\x7f\xff\x00\x00"), 0x0111, 20 + 28 + 4 + 4 },
		{ SIP_STR_INIT(ASK("\x04") "\x00\x24\x00\x04"), 0, 0 },  /* longer than the message */
		{ SIP_STR_INIT(ASK("\x02") "\x00\x24"), 0, 0 },            /* no whole attribute */
		{ SIP_STR_INIT(HEAD "\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"), 0, 0 }, /* an answer */
		{ SIP_STR_INIT("\x00\x11\x00\x00\x21\x12\xa4\x42" "abcdefghijkl"), 0, 0 },           /* an indication */
		{ SIP_STR_INIT("\x00\x03\x00\x00\x21\x12\xa4\x42" "abcdefghijkl"), 0, 0 },           /* of TURN */
	};
	unsigned char out[SIP__STUN_ANSWER_LEN];
	struct sip_addr source = bed_addr("192.0.2.1:32853"), mapped;
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		size_t len = sip__stun_answer(rows[i].bytes, &source, out);
		UNIT_EQ(len, rows[i].len);
		if (!len)
			continue;
		UNIT_EQ(out[0] << 8 | out[1], rows[i].kind);
		UNIT_CHECK(sip__stun_is(sip_str_make((const char *)out, len)));
		if (rows[i].kind == 0x0101)
			UNIT_CHECK(sip__stun_read_mapped(sip_str_make((const char *)out, len), &mapped) == SIP_OK &&
				   sip_addr_eq(&mapped, &source));
	}
	return err;
}

/* More than sixteen are not named; the answer to a long request, and one to IPv6, still fit. */
static enum sip_err test_stun_request_when_at_its_bounds_then_answer_fits(void)
{
	static char bytes[1504];
	unsigned char out[SIP__STUN_ANSWER_LEN];
	struct sip_addr source = bed_addr("[2001:db8::9]:5062"), mapped;
	enum sip_err err = SIP_OK;

	memcpy(bytes, ASK("\x00"), 20);
	UNIT_EQ(sip__stun_answer(sip_str_make(bytes, 20), &source, out), 44);
	UNIT_EQ(sip__stun_read_mapped(sip_str_make((const char *)out, 44), &mapped), SIP_OK);
	UNIT_CHECK(sip_addr_eq(&mapped, &source));
	for (size_t at = 20; at < sizeof bytes; at += 4)
		memcpy(bytes + at, "\x01\x00\x00", 4);
	UNIT_EQ(sip__stun_answer(sip_str_make(bytes, 1500), &source, out), 20 + 28 + 4 + 32);
	UNIT_EQ(sip__stun_answer(sip_str_make(bytes, 1504), &source, out), 0);
	return err;
}

/* The request and the answer of RFC 5769 have passwords; this FINGERPRINT is that of another implementation (zlib's CRC-32). */
static enum sip_err test_stun_fingerprint_when_asked_with_then_answered_with(void)
{
	static const char asked[] = ASK("\x08") "\x80\x28\x00\x04" FINGERPRINT_OF_ASK;
	struct sip_addr source = bed_addr("192.0.2.1:32853");
	unsigned char out[SIP__STUN_ANSWER_LEN];
	enum sip_err err = SIP_OK;

	UNIT_EQ(sip__stun_answer(sip_str_make(asked, 28), &source, out), 40);
	UNIT_CHECK(memcmp(out + 32, "\x80\x28\x00\x04" FINGERPRINT_OF_ANSWER, 8) == 0);
	return err;
}

/* Whoever asks by STUN is answered: his flow is only suspect when he was silent, whatever comes by it is a sign of life. */
static enum sip_err test_expected_flow_of_udp_when_silent_too_long_then_suspect_until_heard(void)
{
	struct sip_flow *f;
	char room[1024];
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	bed.a.holds_flow = true;
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", bed_options(room, sizeof room, VIA_UDP, "1")));
	bed_run(&bed, SIP_MS(1));
	f = bed.a.flow;
	if (!f) {
		err = SIP_E_NOMEM;
		goto out;
	}
	sip_flow_expect(f, 100);
	sip_flow_expect(f, 100);
	bed_run(&bed, SIP_SECONDS(99));
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", sip_str_make(ASK("\x00"), 20)));
	bed_run(&bed, SIP_SECONDS(99));
	UNIT_EQ(bed.a.gone, 0);
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", SIP_STR("\r\n\r\n")));
	bed_run(&bed, SIP_SECONDS(99));
	UNIT_EQ(sip_flow_state(f), SIP_FLOW_OPEN);
	bed_run(&bed, SIP_SECONDS(2));
	UNIT_EQ(sip_flow_state(f), SIP_FLOW_SUSPECT);
	bed_run(&bed, SIP_SECONDS(1000));
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", sip_str_make(ASK("\x00"), 20)));
	bed_run(&bed, SIP_SECONDS(99));
	UNIT_EQ(sip_flow_state(f), SIP_FLOW_OPEN);
	bed_run(&bed, SIP_SECONDS(2));
	UNIT_EQ(sip_flow_state(f), SIP_FLOW_SUSPECT);
	sip_flow_expect(f, 0);
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", SIP_STR("\r\n\r\n")));
	bed_run(&bed, SIP_SECONDS(1000));
	UNIT_EQ(sip_flow_state(f), SIP_FLOW_OPEN);
	UNIT_EQ(bed.a.gone, 0);
out:
	bed_close(&bed);
	return err;
}

/* a's connection to b: a's end of it, and b's. References of the caller's. */
static enum sip_err join(struct bed *bed, struct sip_flow **of_a, struct sip_flow **of_b)
{
	char room[1024];
	enum sip_err err;

	bed->b.holds_flow = bed->a.holds_flow = true;
	UNIT_TRY(bed_send(bed, bed->a.tcp, "10.0.0.2:5060", bed_options(room, sizeof room, VIA_TCP, "1"), 1));
	bed_run(bed, SIP_MS(10));
	if (!bed->b.flow)
		return SIP_E_NOMEM;
	UNIT_TRY(bed_send_by(bed, bed->b.flow, bed_options(room, sizeof room, VIA_TCP, "2"), 2));
	bed_run(bed, SIP_MS(10));
	bed->b.holds_flow = bed->a.holds_flow = false;
	*of_a = bed->a.flow;
	*of_b = bed->b.flow;
	bed->a.flow = bed->b.flow = NULL;
	return *of_a ? SIP_OK : SIP_E_NOMEM;
out:
	return err;
}

static enum sip_err test_expected_flow_of_tcp_when_silent_too_long_then_lost(void)
{
	struct sip_flow *of_a = NULL, *f = NULL;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(join(&bed, &of_a, &f));
	sip_flow_expect(f, 100);
	bed_run(&bed, SIP_SECONDS(99));
	UNIT_EQ(bed.b.gone, 0);
	bed_run(&bed, SIP_SECONDS(2));
	UNIT_EQ(bed.b.gone, 1);
	UNIT_EQ(bed.b.gone_why, SIP_E_TIMEOUT);
	sip_flow_expect(f, 5); /* gone: nothing more */
	bed_run(&bed, SIP_SECONDS(20));
	UNIT_EQ(bed.b.gone, 1);
out:
	sip_flow_unref(&of_a);
	sip_flow_unref(&f);
	bed_close(&bed);
	return err;
}

static enum sip_err test_keep_of_a_stream_when_pinged_then_answered_until_stopped(void)
{
	struct sip_flow_keep_options o = { .most_s = 100, .is_watched = true };
	struct sip_flow_keep *k = NULL, *second = NULL;
	struct sip_flow *f = NULL, *of_b = NULL, *again;
	int64_t before;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(join(&bed, &f, &of_b));
	UNIT_TRY(sip_flow_keep_start(f, &o, &k));
	UNIT_CHECK(sip_flow_keep_find(k) == NULL);
	bed_run(&bed, SIP_MS(1));
	again = sip_flow_keep_find(k);
	UNIT_CHECK(again == f);
	sip_flow_unref(&again);
	UNIT_TRY(sip_flow_keep_start(f, &o, &second));
	sip_flow_unref(&f);
	UNIT_CHECK(!sip_flow_keep_is_answered(k));
	bed_run(&bed, SIP_SECONDS(101));
	if (!sip_mem_has_failed())
		UNIT_CHECK(sip_flow_keep_is_answered(k) && sip_flow_keep_is_answered(second));
	UNIT_EQ(bed.a.gone, 0);
	sip_flow_keep_stop(&second);
	sip_flow_keep_stop(&k);
	bed_run(&bed, SIP_MS(1));
	before = bed_metric(&bed, SIP_M_RX_KEEPALIVE);
	bed_run(&bed, SIP_SECONDS(300));
	UNIT_EQ(bed_metric(&bed, SIP_M_RX_KEEPALIVE), before);
out:
	sip_flow_unref(&f);
	sip_flow_unref(&of_b);
	sip_flow_keep_stop(&k);
	sip_flow_keep_stop(&second);
	bed_close(&bed);
	return err;
}

/* No pong can come in the middle of a message: the flow is not given up before that has its end (RFC 5626 4.4.1). */
static enum sip_err test_keep_of_a_stream_when_the_pong_is_due_inside_a_message_then_it_waits(void)
{
	struct sip_flow_keep_options o = { .most_s = 20, .is_watched = true };
	struct sip_transport_options t;
	struct sip_wire_options w;
	struct sip_addr host;
	struct sip_flow *of_a = NULL, *f = NULL;
	struct sip_flow_keep *k = NULL;
	struct bed bed;
	enum sip_err err;

	sip_transport_options_init(&t, SIP_TRANSPORT_TCP);
	sip_wire_options_init(&w);
	t.queue_age_ms = 60000; /* a itself is patient */
	UNIT_TRY(bed_open_with(&bed, &t, &w));
	UNIT_TRY(join(&bed, &of_a, &f));
	UNIT_TRY(sip_flow_keep_start(f, &o, &k)); /* b keeps it, a falls silent */
	bed_run(&bed, SIP_SECONDS(15));
	UNIT_TRY(bed_send(&bed, bed.a.tcp, "10.0.0.2:5060", SIP_STR("OPTIONS sip:b@example.com SIP/2.0\r\n"), 0));
	bed_run(&bed, SIP_MS(10));
	host = *sip_flow_local(f);
	UNIT_TRY(sip_memory_net_fate(bed.net, &host, SIP_MEMORY_BLACKHOLE));
	bed_run(&bed, SIP_MS(15500));
	UNIT_EQ(bed.b.gone, 0);
	bed_run(&bed, SIP_SECONDS(15));
	if (!sip_mem_has_failed()) {
		UNIT_EQ(bed.b.gone, 1);
		UNIT_EQ(bed.b.gone_why, SIP_E_TIMEOUT);
	}
out:
	sip_flow_unref(&of_a);
	sip_flow_unref(&f);
	sip_flow_keep_stop(&k);
	bed_close(&bed);
	return err;
}

/* A flow that ends takes nobody with it who keeps it; one that has ended is kept by nobody. */
static enum sip_err test_keep_when_the_flow_is_gone_then_nothing_is_found(void)
{
	struct sip_flow_keep_options o = { .most_s = 20 }, none = { .is_watched = true };
	struct sip_flow_keep *k = NULL, *late = NULL;
	struct sip_flow *f = NULL, *of_b = NULL;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(join(&bed, &f, &of_b));
	UNIT_EQ(sip_flow_keep_start(f, &none, &k), SIP_E_INVAL);
	UNIT_CHECK(k == NULL);
	UNIT_TRY(sip_flow_keep_start(f, &o, &k));
	bed_run(&bed, SIP_MS(1));
	sip_flow_close(f);
	sip_flow_unref(&of_b);
	bed_run(&bed, SIP_SECONDS(10));
	UNIT_EQ(bed.a.gone, 1);
	UNIT_CHECK(sip_flow_keep_find(k) == NULL);
	UNIT_TRY(sip_flow_keep_start(f, &o, &late));
	bed_run(&bed, SIP_SECONDS(60));
	UNIT_CHECK(sip_flow_keep_find(late) == NULL);
out:
	sip_flow_unref(&f);
	sip_flow_unref(&of_b);
	sip_flow_keep_stop(&k);
	sip_flow_keep_stop(&late);
	bed_close(&bed);
	return err;
}

/* RFC 5389 7.2.1: a hard ICMP error. Who is not watched may be refused as often as he likes. */
static enum sip_err refuse(bool is_watched, size_t gone)
{
	struct sip_flow_keep_options o = { .most_s = 20, .is_watched = is_watched };
	struct sip_addr peer = bed_addr("10.0.0.9:5060");
	struct sip_flow_keep *k = NULL;
	char room[1024];
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	bed.a.holds_flow = true;
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", bed_options(room, sizeof room, VIA_UDP, "1")));
	bed_run(&bed, SIP_MS(1));
	UNIT_TRY_PTR(bed.a.flow);
	UNIT_TRY(sip_flow_keep_start(bed.a.flow, &o, &k));
	UNIT_TRY(sip_memory_net_fate(bed.net, &peer, SIP_MEMORY_REFUSES));
	bed_run(&bed, SIP_MS(20500));
	if (!sip_mem_has_failed())
		UNIT_EQ(bed.a.gone, gone);
	if (bed.a.gone)
		UNIT_EQ(bed.a.gone_why, SIP_E_REFUSED);
out:
	sip_flow_keep_stop(&k);
	bed_close(&bed);
	return err;
}

static enum sip_err test_keep_of_datagrams_when_the_peer_is_refused_then_the_watched_flow_is_lost(void)
{
	enum sip_err err = refuse(true, 1);

	return err == SIP_OK ? refuse(false, 0) : err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_stun_is_told_from_messages_by_its_head),
	UNIT_CASE(test_stun_mapped_address_when_read_then_unmasked_or_refused),
	UNIT_CASE(test_stun_request_when_read_then_answered_refused_or_dropped),
	UNIT_CASE(test_stun_request_when_at_its_bounds_then_answer_fits),
	UNIT_CASE(test_stun_fingerprint_when_asked_with_then_answered_with),
	UNIT_CASE(test_expected_flow_of_udp_when_silent_too_long_then_suspect_until_heard),
	UNIT_CASE(test_expected_flow_of_tcp_when_silent_too_long_then_lost),
	UNIT_CASE(test_keep_of_a_stream_when_pinged_then_answered_until_stopped),
	UNIT_CASE(test_keep_of_a_stream_when_the_pong_is_due_inside_a_message_then_it_waits),
	UNIT_CASE(test_keep_when_the_flow_is_gone_then_nothing_is_found),
	UNIT_CASE(test_keep_of_datagrams_when_the_peer_is_refused_then_the_watched_flow_is_lost),
};
const struct unit_suite flow_keep_suite = { "stack/transport/flow_keep", cases, SIP_COUNTOF(cases) };
