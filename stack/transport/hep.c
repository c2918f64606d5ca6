/*
 * HEP version 3: a message as a packet for a collector (Homer, sngrep): "HEP3", a length, and chunks, each of a vendor (0: the generic
 * ones), a type, a length and a value, all in network order. Nothing but a function from a record to bytes. Any thread.
 */
#include "stack/transport/transport_priv.h"

enum chunk {
	CHUNK_FAMILY = 0x01,    /* as Linux numbers them: 2, 10 */
	CHUNK_PROTOCOL = 0x02,
	CHUNK_FROM_V4 = 0x03,
	CHUNK_TO_V4 = 0x04,
	CHUNK_FROM_V6 = 0x05,
	CHUNK_TO_V6 = 0x06,
	CHUNK_FROM_PORT = 0x07,
	CHUNK_TO_PORT = 0x08,
	CHUNK_SECONDS = 0x09,
	CHUNK_MICROSECONDS = 0x0a,
	CHUNK_TYPE = 0x0b,
	CHUNK_AGENT = 0x0c,
	CHUNK_KEY = 0x0e,
	CHUNK_PAYLOAD = 0x0f,
	CHUNK_CORRELATION = 0x11
};
#define CHUNK_HEAD 6
#define FAMILY_V4 2
#define FAMILY_V6 10
#define TYPE_SIP 1

void sip__put_u16(struct sip_buf *b, unsigned value)
{
	unsigned char at[2] = { (unsigned char)(value >> 8), (unsigned char)value };

	sip_buf_put(b, at, sizeof at);
}

void sip__put_u32(struct sip_buf *b, uint32_t value)
{
	sip__put_u16(b, value >> 16);
	sip__put_u16(b, value & 0xffff);
}

/* ---- addresses, as HEP and pcap want them ------------------------------------------------------------------------ */

static void put_ip(const struct sip_addr *a, bool is_v6, unsigned char out[16])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	memset(out, 0, 16);
	if (sip_addr_family(a) == AF_INET6) {
		memcpy(out, &a->u.in6.sin6_addr, 16);
	} else if (sip_addr_family(a) == AF_INET) {
		if (is_v6)
			memcpy(out, mapped, sizeof mapped);
		memcpy(out + (is_v6 ? sizeof mapped : 0), &a->u.in.sin_addr, 4);
	}
}

void sip__ip_pair_of(const struct sip_capture_record *r, struct sip__ip_pair *out)
{
	out->is_v6 = sip_addr_family(&r->from) == AF_INET6 || sip_addr_family(&r->to) == AF_INET6;
	out->len = out->is_v6 ? 16 : 4;
	put_ip(&r->from, out->is_v6, out->from);
	put_ip(&r->to, out->is_v6, out->to);
}

unsigned sip__ip_protocol(enum sip_transport_kind kind)
{
	return sip_transport_kinds[kind].is_stream ? IPPROTO_TCP : IPPROTO_UDP;
}

/* ---- chunks ------------------------------------------------------------------------------------------------------- */

static void begin_chunk(struct sip_buf *b, enum chunk type, size_t len)
{
	sip__put_u16(b, 0);
	sip__put_u16(b, type);
	sip__put_u16(b, (unsigned)(CHUNK_HEAD + len));
}

static void put_bytes(struct sip_buf *b, enum chunk type, const void *bytes, size_t len)
{
	begin_chunk(b, type, len);
	sip_buf_put(b, bytes, len);
}

static void put_byte(struct sip_buf *b, enum chunk type, unsigned value)
{
	begin_chunk(b, type, 1);
	sip_buf_put_char(b, (char)value);
}

static void put_short(struct sip_buf *b, enum chunk type, unsigned value)
{
	begin_chunk(b, type, 2);
	sip__put_u16(b, value);
}

static void put_long(struct sip_buf *b, enum chunk type, uint32_t value)
{
	begin_chunk(b, type, 4);
	sip__put_u32(b, value);
}

static void put_addresses(struct sip_buf *b, const struct sip_capture_record *r)
{
	struct sip__ip_pair ip;

	sip__ip_pair_of(r, &ip);
	put_byte(b, CHUNK_FAMILY, ip.is_v6 ? FAMILY_V6 : FAMILY_V4);
	put_byte(b, CHUNK_PROTOCOL, sip__ip_protocol(r->kind));
	put_bytes(b, ip.is_v6 ? CHUNK_FROM_V6 : CHUNK_FROM_V4, ip.from, ip.len);
	put_bytes(b, ip.is_v6 ? CHUNK_TO_V6 : CHUNK_TO_V4, ip.to, ip.len);
	put_short(b, CHUNK_FROM_PORT, sip_addr_port(&r->from));
	put_short(b, CHUNK_TO_PORT, sip_addr_port(&r->to));
}

static void put_texts(struct sip_buf *b, const struct sip_capture_record *r, struct sip_str auth_key)
{
	size_t len = r->call_id.len < SIP__HEP_CALL_ID_MAX ? r->call_id.len : SIP__HEP_CALL_ID_MAX;

	if (auth_key.len)
		put_bytes(b, CHUNK_KEY, auth_key.p, auth_key.len);
	if (len)
		put_bytes(b, CHUNK_CORRELATION, r->call_id.p, len);
}

bool sip__hep_put(struct sip_buf *b, const struct sip_capture_record *r, uint32_t agent_id, struct sip_str auth_key)
{
	size_t begin = b->len, room, len;

	MUST(auth_key.len <= SIP_CAPTURE_KEY_MAX);
	SIP_BUF_LIT(b, "HEP3\0\0");
	put_addresses(b, r);
	put_long(b, CHUNK_SECONDS, (uint32_t)(r->wall_us / 1000000));
	put_long(b, CHUNK_MICROSECONDS, (uint32_t)(r->wall_us % 1000000));
	put_byte(b, CHUNK_TYPE, TYPE_SIP);
	put_long(b, CHUNK_AGENT, agent_id);
	put_texts(b, r, auth_key);
	room = SIP__HEP_MAX - (b->len - begin) - CHUNK_HEAD;
	len = r->bytes.len < room ? r->bytes.len : room;
	put_bytes(b, CHUNK_PAYLOAD, r->bytes.p, len);
	if (b->err == SIP_OK) {
		b->p[begin + 4] = (char)((b->len - begin) >> 8);
		b->p[begin + 5] = (char)(b->len - begin);
	}
	return len < r->bytes.len;
}
