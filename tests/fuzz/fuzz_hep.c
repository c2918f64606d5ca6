/*
 * What a capture makes of a message: HEP that must read back as what it was made of, and packets of a pcap file that must follow each
 * other. First a byte for the kind and one for the families; then addresses, ports, time, agent; a length each and then the
 * bytes of key and Call-ID; the rest is the message.
 */
#include "stack/transport/transport_priv.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/hep_read.h"
#include "tests/support/pcap_read.h"

static uint64_t number(struct sip_str *in, unsigned bytes)
{
	uint64_t n = 0;

	while (bytes--)
		n = n << 8 | fuzz_byte(in);
	return n;
}

static struct sip_addr address(struct sip_str *in, unsigned family)
{
	struct sip_addr a;

	memset(&a, 0, sizeof a);
	if (family % 3 == 0)
		return a;
	a.u.sa.sa_family = family % 3 == 1 ? AF_INET : AF_INET6;
	for (unsigned i = 0; i < (family % 3 == 1 ? 4u : 16u); i++)
		((unsigned char *)(family % 3 == 1 ? (void *)&a.u.in.sin_addr : (void *)&a.u.in6.sin6_addr))[i] =
			(unsigned char)fuzz_byte(in);
	sip_addr_set_port(&a, (uint16_t)number(in, 2));
	return a;
}

static struct sip_str text(struct sip_str *in, size_t most)
{
	size_t len = number(in, 2) % (most + 1);
	struct sip_str s = sip_str_make(in->p, len < in->len ? len : in->len);

	*in = sip_str_from(*in, s.len);
	return s;
}

static void check_addresses(const struct sip_capture_record *r, const struct hep_read *h)
{
	struct sip__ip_pair ip;
	unsigned chunks;

	sip__ip_pair_of(r, &ip);
	chunks = ip.is_v6 ? 1u << 5 | 1u << 6 : 1u << 3 | 1u << 4;
	FUZZ_MUST(h->family == (ip.is_v6 ? 10 : 2));
	FUZZ_MUST((h->seen & (15u << 3)) == chunks);
	FUZZ_MUST(memcmp(h->from, ip.from, ip.len) == 0 && memcmp(h->to, ip.to, ip.len) == 0);
	FUZZ_MUST(h->from_port == sip_addr_port(&r->from) && h->to_port == sip_addr_port(&r->to));
}

static void check_hep(const struct sip_capture_record *r, uint32_t agent, struct sip_str key)
{
	struct hep_read h;
	struct sip_buf b;
	bool is_cut;

	sip_buf_init(&b, 0);
	is_cut = sip__hep_put(&b, r, agent, key);
	FUZZ_MUST(b.err == SIP_OK && b.len <= SIP__HEP_MAX);
	FUZZ_MUST(hep_read(sip_buf_str(&b), &h));
	check_addresses(r, &h);
	FUZZ_MUST(h.protocol == sip__ip_protocol(r->kind) && h.type == 1 && h.agent == agent);
	FUZZ_MUST((int64_t)h.seconds * 1000000 + h.microseconds == r->wall_us);
	FUZZ_MUST(sip_str_eq(h.key, key) && sip_str_eq(h.correlation, r->call_id));
	FUZZ_MUST(is_cut == (h.payload.len < r->bytes.len));
	FUZZ_MUST(sip_str_eq(h.payload, sip_str_make(r->bytes.p, h.payload.len)));
	sip_buf_fini(&b);
}

static void check_pcap(const struct sip_capture_record *r)
{
	struct sip__pcap *p = sip_alloc_zero(sizeof *p);
	struct pcap_read packet;
	struct sip_str rest;
	struct sip_buf b;

	FUZZ_MUST(p != NULL);
	sip_buf_init(&b, 0);
	sip__pcap_put(p, &b, r);
	FUZZ_MUST(b.err == SIP_OK && b.len > 0 && b.len <= sip__pcap_most(r));
	for (rest = sip_buf_str(&b); rest.len; rest = pcap_read_rest(rest, &packet)) {
		FUZZ_MUST(pcap_read(rest, &packet));
		FUZZ_MUST(packet.protocol == sip__ip_protocol(r->kind));
		FUZZ_MUST(packet.from_port == sip_addr_port(&r->from) && packet.to_port == sip_addr_port(&r->to));
		FUZZ_MUST((int64_t)packet.seconds * 1000000 + packet.microseconds == r->wall_us);
	}
	sip_buf_fini(&b);
	sip_free(p);
}

void fuzz_hep(struct sip_str in)
{
	struct sip_capture_record r = { .kind = (enum sip_transport_kind)(fuzz_byte(&in) % SIP_TRANSPORT_KIND_COUNT) };
	unsigned families = fuzz_byte(&in);
	struct sip_str key;
	uint32_t agent;

	r.from = address(&in, families);
	r.to = address(&in, families / 3);
	r.wall_us = (int64_t)number(&in, 4) * 1000000 + (int64_t)(number(&in, 3) % 1000000);
	agent = (uint32_t)number(&in, 4);
	key = text(&in, SIP_CAPTURE_KEY_MAX);
	r.call_id = text(&in, SIP__HEP_CALL_ID_MAX);
	r.bytes = in;
	check_hep(&r, agent, key);
	check_pcap(&r);
}
