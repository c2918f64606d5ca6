/*
 * As much of STUN as keeps a flow open (RFC 5626 8): Binding requests without attributes, and what an answer to one says
 * (RFC 5389 6, 15.2). Bytes only; any thread.
 */
#include "stack/transport/transport_priv.h"

enum { HEAD_LEN = 20, XOR_MAPPED_ADDRESS = 0x0020, FAMILY_IP4 = 1, FAMILY_IP6 = 2 };

static const unsigned char cookie[4] = { 0x21, 0x12, 0xa4, 0x42 };

static unsigned u16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* The two topmost bits, the magic cookie, the length: no SIP message begins so (RFC 5389 6). */
bool sip__stun_is(struct sip_str bytes)
{
	unsigned char head[HEAD_LEN];

	if (bytes.len < sizeof head || (bytes.p[0] & 0xc0))
		return false;
	memcpy(head, bytes.p, sizeof head);
	return memcmp(head + 4, cookie, sizeof cookie) == 0 && u16(head + 2) == bytes.len - HEAD_LEN;
}

void sip__stun_make(struct sip_rand *rand, unsigned char out[SIP__STUN_LEN])
{
	static const unsigned char head[4] = { 0x00, 0x01, 0x00, 0x00 };

	memcpy(out, head, sizeof head);
	memcpy(out + sizeof head, cookie, sizeof cookie);
	sip_rand_fill(rand, out + 8, SIP__STUN_LEN - 8);
}

/* 15.2: the port is hidden by the cookie, the address by the cookie and the transaction's number after it. */
static enum sip_err read_mapped(const unsigned char *p, const unsigned char *value, size_t len, struct sip_addr *out)
{
	unsigned char host[16];
	size_t host_len = len == 8 && value[1] == FAMILY_IP4 ? 4 : len == 20 && value[1] == FAMILY_IP6 ? 16 : 0;

	if (!host_len)
		return SIP_E_SYNTAX;
	for (size_t i = 0; i < host_len; i++)
		host[i] = value[4 + i] ^ p[4 + i];
	sip_addr_clear(out);
	if (host_len == 4) {
		out->u.in.sin_family = AF_INET;
		memcpy(&out->u.in.sin_addr, host, host_len);
	} else {
		out->u.in6.sin6_family = AF_INET6;
		memcpy(&out->u.in6.sin6_addr, host, host_len);
	}
	sip_addr_set_port(out, (uint16_t)(u16(value + 2) ^ u16(cookie)));
	return SIP_OK;
}

enum sip_err sip__stun_read_mapped(struct sip_str bytes, struct sip_addr *out)
{
	const unsigned char *p = (const unsigned char *)bytes.p;

	for (size_t at = HEAD_LEN; at + 4 <= bytes.len;) {
		size_t len = u16(p + at + 2);

		if (len > bytes.len - at - 4)
			return SIP_E_SYNTAX;
		if (u16(p + at) == XOR_MAPPED_ADDRESS)
			return read_mapped(p, p + at + 4, len, out);
		at += 4 + ((len + 3) & ~(size_t)3);
	}
	return SIP_E_NOTFOUND;
}

enum sip__stun sip__stun_kind(struct sip_str bytes)
{
	switch (u16((const unsigned char *)bytes.p)) {
	case 0x0101:
		return SIP__STUN_ANSWER;
	case 0x0111:
		return SIP__STUN_ERROR;
	default:
		return SIP__STUN_OTHER;
	}
}
