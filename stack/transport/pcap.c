/*
 * Messages as packets of a pcap file: under each an IPv4 or IPv6 header and one of UDP or TCP, made up, with the right addresses and
 * checksums. Streams get a SYN and running sequence numbers for each direction, so that what is longer than a packet is put together
 * again by who reads it. What came encrypted or framed stands in the open. Runs on the capture's loop.
 */
#include "stack/transport/transport_priv.h"

#define MAGIC 0xa1b2c3d4u       /* times in microseconds; the order of its bytes is that of the file's numbers */
#define LINK_RAW 101u           /* packets begin with their IP header */
#define RECORD_HEAD SIP__PCAP_RECORD_HEAD
#define IP4_HEAD 20u
#define IP6_HEAD 40u
#define UDP_HEAD 8u
#define TCP_HEAD 20u
#define PACKET_MAX 65535u       /* with its heads: what an IPv4 packet may have, and what the file's head promises */
#define HOPS 64
#define TCP_PUSH_ACK 0x5018u    /* five words of header, PSH and ACK */
#define TCP_SYN 0x5002u
#define WINDOW 65535u

struct packet { /* one that is being made */
	const struct sip_capture_record *r;
	struct sip__ip_pair ip;
	unsigned protocol;
	unsigned flags;         /* TCP only, as are … */
	uint32_t seq, ack;      /* … these */
	struct sip_str bytes;   /* of the message in it */
};

void sip__pcap_put_head(struct sip_buf *b)
{
	sip__put_u32(b, MAGIC);
	sip__put_u16(b, 2);
	sip__put_u16(b, 4);
	sip__put_u32(b, 0);
	sip__put_u32(b, 0);
	sip__put_u32(b, PACKET_MAX);
	sip__put_u32(b, LINK_RAW);
}

size_t sip__pcap_len(const char *at)
{
	size_t len = 0;

	for (size_t i = 8; i < 12; i++)
		len = len << 8 | (unsigned char)at[i];
	return len < IP4_HEAD + UDP_HEAD || len > PACKET_MAX ? 0 : RECORD_HEAD + len;
}

size_t sip__pcap_most(const struct sip_capture_record *r)
{
	size_t heads = IP6_HEAD + TCP_HEAD;

	return r->bytes.len + (r->bytes.len / (PACKET_MAX - heads) + 2) * (RECORD_HEAD + heads); /* 2: the SYN */
}

static size_t heads_of(const struct packet *p)
{
	return (p->ip.is_v6 ? IP6_HEAD : IP4_HEAD) + (p->protocol == IPPROTO_UDP ? UDP_HEAD : TCP_HEAD);
}

/* As much of these bytes as a packet holds. */
static struct sip_str first_of(const struct packet *p, struct sip_str bytes)
{
	size_t most = PACKET_MAX - heads_of(p);

	return sip_str_make(bytes.p, bytes.len < most ? bytes.len : most);
}

/* ---- checksums (RFC 1071) ------------------------------------------------------------------------------------------ */

static uint32_t sum(uint32_t so_far, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	uint64_t total = so_far;

	for (; len > 1; p += 2, len -= 2)
		total += (uint32_t)p[0] << 8 | p[1];
	if (len)
		total += (uint32_t)p[0] << 8;
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint32_t)total;
}

static void store_sum(char *at, uint32_t total)
{
	at[0] = (char)(~total >> 8);
	at[1] = (char)~total;
}

/* ---- one packet ---------------------------------------------------------------------------------------------------- */

static void put_ip(struct sip_buf *b, const struct packet *p, size_t len)
{
	size_t at = b->len;

	if (p->ip.is_v6) {
		sip__put_u32(b, 0x60000000u);
		sip__put_u16(b, (unsigned)len);
		sip_buf_put_char(b, (char)p->protocol);
		sip_buf_put_char(b, HOPS);
	} else {
		sip__put_u16(b, 0x4500);
		sip__put_u16(b, (unsigned)(IP4_HEAD + len));
		sip__put_u32(b, 0x4000u); /* number 0, not to be fragmented */
		sip_buf_put_char(b, HOPS);
		sip_buf_put_char(b, (char)p->protocol);
		sip__put_u16(b, 0);
	}
	sip_buf_put(b, p->ip.from, p->ip.len);
	sip_buf_put(b, p->ip.to, p->ip.len);
	if (!p->ip.is_v6)
		store_sum(b->p + at + 10, sum(0, b->p + at, IP4_HEAD));
}

static void put_transport(struct sip_buf *b, const struct packet *p, size_t len)
{
	size_t at = b->len, sum_at = p->protocol == IPPROTO_UDP ? 6 : 16;
	uint32_t total = sum(p->protocol + (uint32_t)len, p->ip.from, p->ip.len);

	sip__put_u16(b, sip_addr_port(&p->r->from));
	sip__put_u16(b, sip_addr_port(&p->r->to));
	if (p->protocol == IPPROTO_UDP) {
		sip__put_u16(b, (unsigned)len);
		sip__put_u16(b, 0);
	} else {
		sip__put_u32(b, p->seq);
		sip__put_u32(b, p->ack);
		sip__put_u16(b, p->flags);
		sip__put_u16(b, WINDOW);
		sip__put_u32(b, 0);
	}
	sip_buf_put_str(b, p->bytes);
	total = sum(sum(total, p->ip.to, p->ip.len), b->p + at, b->len - at);
	/* A sum of nothing means that there is none (RFC 768). */
	store_sum(b->p + at + sum_at, p->protocol == IPPROTO_UDP && total == 0xffff ? 0 : total);
}

static void put_packet(struct sip_buf *b, const struct packet *p, size_t whole)
{
	size_t all = p->bytes.len + heads_of(p), len = all - (p->ip.is_v6 ? IP6_HEAD : IP4_HEAD);

	sip__put_u32(b, (uint32_t)(p->r->wall_us / 1000000));
	sip__put_u32(b, (uint32_t)(p->r->wall_us % 1000000));
	sip__put_u32(b, (uint32_t)all);
	sip__put_u32(b, (uint32_t)(all + whole - p->bytes.len));
	put_ip(b, p, len);
	put_transport(b, p, len);
}

/* ---- streams ------------------------------------------------------------------------------------------------------- */

static struct sip__pcap_direction *slot_of(struct sip__pcap *p, const struct sip_addr *from, const struct sip_addr *to)
{
	uint64_t hash = sip_hash_mix(sip_addr_hash(&p->key, from), sip_addr_hash(&p->key, to));

	return &p->directions[hash % SIP__PCAP_DIRECTIONS];
}

static bool is_of(const struct sip__pcap_direction *d, const struct sip_addr *from, const struct sip_addr *to)
{
	return sip_addr_eq(&d->from, from) && sip_addr_eq(&d->to, to);
}

/*
 * Who takes another's place, or comes again after that, begins with a SYN: without one a reader takes what stands behind the numbers
 * it knows for repeated, and clocks and sums of lengths come round.
 */
static struct sip__pcap_direction *begin_direction(struct sip__pcap *p, struct sip_buf *b, struct packet *packet)
{
	const struct sip_capture_record *r = packet->r;
	struct sip__pcap_direction *d = slot_of(p, &r->from, &r->to);

	if (is_of(d, &r->from, &r->to))
		return d;
	d->from = r->from;
	d->to = r->to;
	/* Neither what it began with the last time, nor what another run of ours did. */
	d->next += (uint32_t)r->wall_us;
	packet->flags = TCP_SYN;
	packet->seq = d->next++;
	packet->ack = 0;
	packet->bytes.len = 0;
	put_packet(b, packet, 0);
	return d;
}

static uint32_t acknowledged(struct sip__pcap *p, const struct sip_capture_record *r)
{
	const struct sip__pcap_direction *d = slot_of(p, &r->to, &r->from);

	return is_of(d, &r->to, &r->from) ? d->next : 0;
}

static void put_segments(struct sip__pcap *p, struct sip_buf *b, struct packet *packet)
{
	struct sip__pcap_direction *d = begin_direction(p, b, packet);
	struct sip_str rest = packet->r->bytes;

	packet->flags = TCP_PUSH_ACK;
	packet->ack = acknowledged(p, packet->r);
	do {
		packet->bytes = first_of(packet, rest);
		packet->seq = d->next;
		put_packet(b, packet, packet->bytes.len);
		d->next += (uint32_t)packet->bytes.len;
		rest = sip_str_from(rest, packet->bytes.len);
	} while (rest.len);
}

void sip__pcap_put(struct sip__pcap *p, struct sip_buf *b, const struct sip_capture_record *r)
{
	struct packet packet = { .r = r, .protocol = sip__ip_protocol(r->kind), .bytes = r->bytes };

	if (!sip_buf_reserve(b, sip__pcap_most(r)))
		return;
	sip__ip_pair_of(r, &packet.ip);
	if (packet.protocol == IPPROTO_TCP) {
		put_segments(p, b, &packet);
		return;
	}
	packet.bytes = first_of(&packet, r->bytes);
	put_packet(b, &packet, r->bytes.len);
}
