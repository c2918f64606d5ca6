/* HEP v3, field by field, and the packets of a pcap file, byte by byte. */
#include "tests/support/hep_read.h"
#include "tests/support/pcap_read.h"
#include "tests/unit/stack/transport/bed.h"

#define SYN 2
#define MANDATORY_V4 (1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 7 | 1u << 8 | 1u << 9 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 15)
#define MANDATORY_V6 ((MANDATORY_V4 & ~(1u << 3 | 1u << 4)) | 1u << 5 | 1u << 6)

static struct sip_capture_record record_of(const char *from, const char *to, enum sip_transport_kind kind, struct sip_str bytes)
{
	struct sip_capture_record r = { .wall_us = 1700000000123456, .kind = kind, .from = bed_addr(from), .to = bed_addr(to),
					.bytes = bytes };

	return r;
}

static enum sip_err encode(const struct sip_capture_record *r, struct sip_str key, struct sip_buf *b, struct hep_read *out)
{
	sip_buf_clear(b);
	UNIT_EQ(sip__hep_put(b, r, 2001, key), r->bytes.len > 65000);
	if (b->err != SIP_OK)
		return SIP_E_NOMEM;
	UNIT_CHECK(hep_read(sip_buf_str(b), out));
	return SIP_OK;
}

static enum sip_err test_hep_when_ipv4_then_every_field_is_there(void)
{
	struct sip_capture_record r = record_of("192.0.2.1:5060", "198.51.100.7:5071", SIP_TRANSPORT_UDP, SIP_STR("OPTIONS …"));
	struct hep_read h;
	struct sip_buf b;
	enum sip_err err;

	sip_buf_init(&b, 0);
	UNIT_TRY(encode(&r, SIP_STR(""), &b, &h));
	UNIT_EQ(h.seen, MANDATORY_V4);
	UNIT_EQ(h.family, 2);
	UNIT_EQ(h.protocol, 17);
	UNIT_CHECK(memcmp(h.from, "\300\0\2\1", 4) == 0);
	UNIT_CHECK(memcmp(h.to, "\306\63\144\7", 4) == 0);
	UNIT_EQ(h.from_port, 5060);
	UNIT_EQ(h.to_port, 5071);
	UNIT_EQ(h.seconds, 1700000000);
	UNIT_EQ(h.microseconds, 123456);
	UNIT_EQ(h.type, 1);
	UNIT_EQ(h.agent, 2001);
	UNIT_STR(h.payload, "OPTIONS …");
	r.call_id = SIP_STR("a@b");
	UNIT_TRY(encode(&r, SIP_STR("secret"), &b, &h));
	UNIT_EQ(h.seen, MANDATORY_V4 | 1u << 14 | 1u << 17);
	UNIT_STR(h.key, "secret");
	UNIT_STR(h.correlation, "a@b");
out:
	sip_buf_fini(&b);
	return err;
}

static enum sip_err test_hep_when_ipv6_then_its_own_chunks(void)
{
	static const unsigned char mapped[16] = { [10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1 };
	struct sip_capture_record r = record_of("[2001:db8::1]:1", "[2001:db8::2]:65535", SIP_TRANSPORT_TCP, SIP_STR("x"));
	struct hep_read h;
	struct sip_buf b;
	enum sip_err err;

	sip_buf_init(&b, 0);
	UNIT_TRY(encode(&r, SIP_STR(""), &b, &h));
	UNIT_EQ(h.seen, MANDATORY_V6);
	UNIT_EQ(h.family, 10);
	UNIT_EQ(h.protocol, 6);
	UNIT_CHECK(memcmp(h.from, &r.from.u.in6.sin6_addr, 16) == 0);
	UNIT_CHECK(memcmp(h.to, &r.to.u.in6.sin6_addr, 16) == 0);
	UNIT_EQ(h.from_port, 1);
	UNIT_EQ(h.to_port, 65535);
	/* Both in one family, whatever comes. */
	r.from = bed_addr("10.0.0.1:5060");
	UNIT_TRY(encode(&r, SIP_STR(""), &b, &h));
	UNIT_EQ(h.seen, MANDATORY_V6);
	UNIT_CHECK(memcmp(h.from, mapped, 16) == 0);
	sip_addr_clear(&r.from);
	sip_addr_clear(&r.to);
	UNIT_TRY(encode(&r, SIP_STR(""), &b, &h));
	UNIT_EQ(h.seen, MANDATORY_V4);
	UNIT_EQ(h.from_port, 0);
out:
	sip_buf_fini(&b);
	return err;
}

static enum sip_err test_hep_of_each_kind_then_the_protocol_under_it(void)
{
	static const unsigned protocols[SIP_TRANSPORT_KIND_COUNT] = {
		[SIP_TRANSPORT_UDP] = 17, [SIP_TRANSPORT_TCP] = 6, [SIP_TRANSPORT_TLS] = 6,
		[SIP_TRANSPORT_WS] = 6, [SIP_TRANSPORT_WSS] = 6, [SIP_TRANSPORT_DTLS] = 17
	};

	for (unsigned i = 0; i < SIP_TRANSPORT_KIND_COUNT; i++)
		UNIT_EQ(sip__ip_protocol((enum sip_transport_kind)i), protocols[i]);
	return SIP_OK;
}

static enum sip_err test_hep_when_too_long_then_cut_to_a_datagram(void)
{
	char *text = sip_alloc_zero(100000);
	struct sip_capture_record r = record_of("10.0.0.1:5060", "10.0.0.2:5060", SIP_TRANSPORT_TCP, sip_str_make(text, 100000));
	struct hep_read h;
	struct sip_buf b;
	enum sip_err err;

	sip_buf_init(&b, 0);
	UNIT_TRY_PTR(text);
	memset(text, 'x', 100000);
	r.call_id = r.bytes;
	UNIT_TRY(encode(&r, SIP_STR("key"), &b, &h));
	UNIT_EQ(b.len, 65507);
	UNIT_EQ(h.correlation.len, 1024);
	UNIT_CHECK(h.payload.len > 64000 && memcmp(h.payload.p, text, h.payload.len) == 0);
out:
	sip_buf_fini(&b);
	sip_free(text);
	return err;
}

/* ---- pcap ------------------------------------------------------------------------------------------------------------ */

static uint32_t number(const char *p, size_t at, size_t len)
{
	uint32_t n = 0;

	while (len--)
		n = n << 8 | (unsigned char)p[at++];
	return n;
}

/* RFC 1071: with the checksum in it, all of it sums up to nothing. */
static bool sums_up(uint32_t total, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		total += i % 2 ? (unsigned char)p[i] : (uint32_t)(unsigned char)p[i] << 8;
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return total == 0xffff;
}

static uint32_t pseudo(const char *ips, size_t len, unsigned protocol, size_t payload)
{
	uint32_t total = protocol + (uint32_t)payload;

	for (size_t i = 0; i < len; i += 2)
		total += number(ips, i, 2);
	return total;
}

static enum sip_err test_pcap_when_udp_over_ipv4_then_headers_and_sums_are_right(void)
{
	struct sip_capture_record r = record_of("192.0.2.1:5060", "198.51.100.7:5071", SIP_TRANSPORT_UDP, SIP_STR("hello"));
	struct sip__pcap *p = sip_alloc_zero(sizeof *p);
	struct sip_buf b;
	enum sip_err err = SIP_OK;
	const char *ip;

	sip_buf_init(&b, 0);
	UNIT_TRY_PTR(p);
	sip__pcap_put_head(&b);
	sip__pcap_put(p, &b, &r);
	UNIT_TRY(b.err);
	UNIT_EQ(b.len, 24 + 16 + 20 + 8 + 5);
	UNIT_EQ(number(b.p, 0, 4), 0xa1b2c3d4);
	UNIT_EQ(number(b.p, 4, 4), 2 << 16 | 4);
	UNIT_EQ(number(b.p, 20, 4), 101);
	UNIT_EQ(number(b.p, 24, 4), 1700000000);
	UNIT_EQ(number(b.p, 28, 4), 123456);
	UNIT_EQ(number(b.p, 32, 4), 33);
	UNIT_EQ(number(b.p, 36, 4), 33);
	ip = b.p + 40;
	UNIT_EQ(number(ip, 0, 4), 0x45000000 + 33);
	UNIT_EQ(number(ip, 9, 1), 17);
	UNIT_CHECK(memcmp(ip + 12, "\300\0\2\1\306\63\144\7", 8) == 0);
	UNIT_CHECK(sums_up(0, ip, 20));
	UNIT_EQ(number(ip, 20, 2), 5060);
	UNIT_EQ(number(ip, 22, 2), 5071);
	UNIT_EQ(number(ip, 24, 2), 13);
	UNIT_CHECK(sums_up(pseudo(ip + 12, 8, 17, 13), ip + 20, 13));
	UNIT_CHECK(memcmp(ip + 28, "hello", 5) == 0);
out:
	sip_buf_fini(&b);
	sip_free(p);
	return err;
}

/* The last packet this message becomes; true: there was one that begins its stream in front of it. */
static bool put_message(struct sip__pcap *p, struct sip_buf *b, const struct sip_capture_record *r, struct pcap_read *out)
{
	uint32_t seq;

	sip_buf_clear(b);
	sip__pcap_put(p, b, r);
	UNIT_CHECK(b->err != SIP_OK || pcap_read(sip_buf_str(b), out));
	if (b->err != SIP_OK || out->flags != SYN)
		return false;
	seq = out->seq;
	UNIT_EQ(out->payload.len, 0);
	UNIT_CHECK(pcap_read(pcap_read_rest(sip_buf_str(b), out), out));
	UNIT_EQ(out->seq, seq + 1);
	return true;
}

static enum sip_err test_pcap_when_a_stream_then_numbers_run_on_each_way(void)
{
	struct sip_capture_record there = record_of("[2001:db8::1]:5061", "[2001:db8::2]:4711", SIP_TRANSPORT_TLS, SIP_STR("there"));
	struct sip_capture_record back = record_of("[2001:db8::2]:4711", "[2001:db8::1]:5061", SIP_TRANSPORT_TLS, SIP_STR("back"));
	struct sip__pcap *p = sip_alloc_zero(sizeof *p);
	struct pcap_read first, other, next;
	struct sip_buf b;
	enum sip_err err = SIP_OK;
	const char *ip;
	bool is_new;

	sip_buf_init(&b, 0);
	UNIT_TRY_PTR(p);
	is_new = put_message(p, &b, &there, &first);
	UNIT_TRY(b.err);
	ip = b.p + 16 + 60 + 16;
	UNIT_CHECK(is_new);
	UNIT_EQ(b.len, 16 + 60 + 16 + 60 + 5);
	UNIT_EQ(number(ip, 0, 4), 6u << 28);
	UNIT_EQ(number(ip, 4, 2), 25);
	UNIT_EQ(number(ip, 6, 1), 6);
	UNIT_EQ(number(ip, 40, 2), 5061);
	is_new = put_message(p, &b, &back, &other);
	UNIT_TRY(b.err);
	UNIT_CHECK(is_new);
	UNIT_EQ(other.ack, first.seq + 5);
	is_new = put_message(p, &b, &there, &next);
	UNIT_TRY(b.err);
	UNIT_CHECK(!is_new);
	UNIT_EQ(next.seq, first.seq + 5);
	UNIT_EQ(next.ack, other.seq + 4);
out:
	sip_buf_fini(&b);
	sip_free(p);
	return err;
}

/* Whoever has lost its place to others begins anew, and says so: 2^32 us later its numbers may be any. */
static enum sip_err test_pcap_when_a_stream_comes_again_after_many_others_then_it_begins_anew(void)
{
	struct sip_capture_record first = record_of("10.0.0.1:1", "10.0.0.2:5060", SIP_TRANSPORT_TCP, SIP_STR("message"));
	struct sip_capture_record r = first;
	struct sip__pcap *p = sip_alloc_zero(sizeof *p);
	struct pcap_read packet;
	struct sip_buf b;
	enum sip_err err = SIP_OK;
	bool is_new;

	sip_buf_init(&b, 0);
	UNIT_TRY_PTR(p);
	is_new = put_message(p, &b, &first, &packet);
	UNIT_TRY(b.err);
	UNIT_CHECK(is_new);
	for (unsigned port = 2; port < 10 * SIP__PCAP_DIRECTIONS; port++) {
		sip_addr_set_port(&r.from, (uint16_t)port);
		is_new = put_message(p, &b, &r, &packet);
		UNIT_TRY(b.err);
		UNIT_CHECK(is_new);
	}
	first.wall_us += (int64_t)1 << 32;
	is_new = put_message(p, &b, &first, &packet);
	UNIT_TRY(b.err);
	UNIT_CHECK(is_new);
	UNIT_STR(packet.payload, "message");
out:
	sip_buf_fini(&b);
	sip_free(p);
	return err;
}

static void check_segments(const char *from, const char *to, struct sip_str text)
{
	struct sip_capture_record r = record_of(from, to, SIP_TRANSPORT_TCP, text);
	struct sip__pcap *p = sip_alloc_zero(sizeof *p);
	struct pcap_read packet;
	struct sip_str rest;
	size_t total = 0;
	uint32_t next = 0;
	struct sip_buf b;

	sip_buf_init(&b, 0);
	if (p)
		sip__pcap_put(p, &b, &r);
	UNIT_CHECK(b.len <= sip__pcap_most(&r));
	for (rest = sip_buf_str(&b); pcap_read(rest, &packet); rest = pcap_read_rest(rest, &packet)) {
		UNIT_EQ(packet.len, packet.whole);
		UNIT_CHECK(packet.flags == SYN ? rest.len == b.len : packet.seq == next);
		next = packet.seq + (uint32_t)packet.payload.len + (packet.flags == SYN);
		total += packet.payload.len;
	}
	UNIT_EQ(rest.len, 0);
	UNIT_CHECK(!p || b.err == SIP_E_NOMEM || total == text.len);
	/* A datagram cannot be that long: it says how long it was. */
	r.kind = SIP_TRANSPORT_UDP;
	sip_buf_clear(&b);
	if (p)
		sip__pcap_put(p, &b, &r);
	if (b.len) {
		UNIT_CHECK(pcap_read(sip_buf_str(&b), &packet));
		UNIT_EQ(packet.len, 65535);
		UNIT_EQ(packet.whole, 65535 + text.len - packet.payload.len);
	}
	sip_buf_fini(&b);
	sip_free(p);
}

static enum sip_err test_pcap_when_longer_than_a_packet_then_in_segments(void)
{
	size_t size = 150000;
	char *text = sip_alloc_zero(size);

	if (!text)
		return SIP_E_NOMEM;
	check_segments("10.0.0.1:5060", "10.0.0.2:5060", sip_str_make(text, size));
	check_segments("[2001:db8::1]:5060", "[2001:db8::2]:5060", sip_str_make(text, size));
	sip_free(text);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_hep_when_ipv4_then_every_field_is_there),
	UNIT_CASE(test_hep_when_ipv6_then_its_own_chunks),
	UNIT_CASE(test_hep_of_each_kind_then_the_protocol_under_it),
	UNIT_CASE(test_hep_when_too_long_then_cut_to_a_datagram),
	UNIT_CASE(test_pcap_when_udp_over_ipv4_then_headers_and_sums_are_right),
	UNIT_CASE(test_pcap_when_a_stream_then_numbers_run_on_each_way),
	UNIT_CASE(test_pcap_when_a_stream_comes_again_after_many_others_then_it_begins_anew),
	UNIT_CASE(test_pcap_when_longer_than_a_packet_then_in_segments),
};
const struct unit_suite hep_suite = { "stack/transport/hep", cases, SIP_COUNTOF(cases) };
