/*
 * As much of STUN as keeps a flow open (RFC 5626 8): Binding requests without attributes, what an answer to one says, and our
 * answers (RFC 5389 6, 7.3, 15). Without authentication; RFC 3489 is not spoken (RFC 5626 8). Bytes only; any thread.
 */
#include "stack/transport/transport_priv.h"

enum { HEAD_LEN = 20, FAMILY_IP4 = 1, FAMILY_IP6 = 2 };
enum { BINDING_REQUEST = 0x0001, BINDING_ANSWER = 0x0101, BINDING_ERROR = 0x0111 };
enum {
	MAPPED_ADDRESS = 0x0001,
	USERNAME = 0x0006,
	MESSAGE_INTEGRITY = 0x0008,
	ERROR_CODE = 0x0009,
	UNKNOWN_ATTRIBUTES = 0x000a,
	REALM = 0x0014,
	NONCE = 0x0015,
	XOR_MAPPED_ADDRESS = 0x0020,
	OPTIONAL = 0x8000, /* from here on nobody need understand them (15) */
	FINGERPRINT = 0x8028
};
enum { FINGERPRINT_LEN = 8, REQUEST_MOST = 1500, UNKNOWN_MOST = 16 };
#define FINGERPRINT_MASK 0x5354554eu
#define UNKNOWN_TEXT "Unknown Attribute"

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
	case BINDING_REQUEST:
		return SIP__STUN_REQUEST;
	case BINDING_ANSWER:
		return SIP__STUN_ANSWER;
	case BINDING_ERROR:
		return SIP__STUN_ERROR;
	default:
		return SIP__STUN_OTHER;
	}
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

/* CRC-32 of ITU V.42, four bits at a time. */
static uint32_t crc32_of(const unsigned char *p, size_t len)
{
	static const uint32_t table[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
					    0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
					    0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
	uint32_t crc = UINT32_MAX;

	while (len--) {
		crc ^= *p++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

struct request { /* what the attributes of one say */
	unsigned unknown[UNKNOWN_MOST];
	size_t unknown_count;
	bool has_fingerprint;
};

/* "Known-but-unexpected attributes SHOULD be ignored by the agent" (7.3). */
static bool is_known(unsigned type)
{
	return type >= OPTIONAL || type == MAPPED_ADDRESS || type == USERNAME || type == MESSAGE_INTEGRITY || type == ERROR_CODE ||
	       type == UNKNOWN_ATTRIBUTES || type == REALM || type == NONCE || type == XOR_MAPPED_ADDRESS;
}

static bool is_fingerprint_right(const unsigned char *p, size_t at)
{
	uint32_t said = (uint32_t)u16(p + at + 4) << 16 | u16(p + at + 6);

	return said == (crc32_of(p, at) ^ FINGERPRINT_MASK);
}

/* False: not to be answered, only dropped (7.3). */
static bool read_request(struct sip_str bytes, struct request *r)
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	bool is_signed = false;

	memset(r, 0, sizeof *r);
	if (bytes.len > REQUEST_MOST || bytes.len % 4)
		return false;
	for (size_t at = HEAD_LEN; at < bytes.len;) {
		unsigned type = u16(p + at);
		size_t len = u16(p + at + 2), next = at + 4 + ((len + 3) & ~(size_t)3);

		/* "The FINGERPRINT attribute MUST be the last attribute in the message" (15.5). */
		if (next > bytes.len || r->has_fingerprint)
			return false;
		if (type == FINGERPRINT) {
			if (len != 4 || !is_fingerprint_right(p, at))
				return false;
			r->has_fingerprint = true;
		} else if (type == MESSAGE_INTEGRITY) {
			is_signed = true; /* what follows but FINGERPRINT is ignored (15.4) */
		} else if (!is_signed && !is_known(type) && r->unknown_count < UNKNOWN_MOST) {
			r->unknown[r->unknown_count++] = type;
		}
		at = next;
	}
	return true;
}

static unsigned char *put16(unsigned char *w, size_t n)
{
	*w++ = (unsigned char)(n >> 8);
	*w++ = (unsigned char)n;
	return w;
}

static unsigned char *put_mapped(unsigned char *w, const unsigned char *head, const struct sip_addr *source)
{
	bool is_ip4 = sip_addr_family(source) == AF_INET;
	size_t host_len = is_ip4 ? 4 : 16;
	unsigned char host[16];

	if (is_ip4)
		memcpy(host, &source->u.in.sin_addr, host_len);
	else
		memcpy(host, &source->u.in6.sin6_addr, host_len);
	w = put16(put16(w, XOR_MAPPED_ADDRESS), 4 + host_len);
	w = put16(w, is_ip4 ? FAMILY_IP4 : FAMILY_IP6);
	w = put16(w, sip_addr_port(source) ^ u16(cookie));
	for (size_t i = 0; i < host_len; i++)
		*w++ = host[i] ^ head[4 + i];
	return w;
}

static unsigned char *put_unknown(unsigned char *w, const struct request *r)
{
	size_t text_len = sizeof UNKNOWN_TEXT - 1;

	w = put16(put16(w, ERROR_CODE), 4 + text_len);
	w = put16(put16(w, 0), 4 << 8 | 20);
	memcpy(w, UNKNOWN_TEXT "\0\0", (text_len + 3) & ~(size_t)3);
	w += (text_len + 3) & ~(size_t)3;
	w = put16(put16(w, UNKNOWN_ATTRIBUTES), 2 * r->unknown_count);
	for (size_t i = 0; i < r->unknown_count; i++)
		w = put16(w, r->unknown[i]);
	return r->unknown_count % 2 ? put16(w, 0) : w;
}

size_t sip__stun_answer(struct sip_str request, const struct sip_addr *source, unsigned char out[SIP__STUN_ANSWER_LEN])
{
	_Static_assert(HEAD_LEN + 8 + 20 + 4 + 2 * UNKNOWN_MOST + FINGERPRINT_LEN <= SIP__STUN_ANSWER_LEN, "an error answer fits");
	unsigned char *w = out + HEAD_LEN;
	struct request r;
	size_t tail;
	uint32_t crc;

	if (sip__stun_kind(request) != SIP__STUN_REQUEST || !read_request(request, &r))
		return 0;
	memcpy(out, request.p, HEAD_LEN);
	(void)put16(out, r.unknown_count ? BINDING_ERROR : BINDING_ANSWER);
	w = r.unknown_count ? put_unknown(w, &r) : put_mapped(w, out, source);
	tail = r.has_fingerprint ? FINGERPRINT_LEN : 0;
	(void)put16(out + 2, (size_t)(w - out) - HEAD_LEN + tail);
	if (tail) { /* who asks so tells STUN from the rest by it */
		crc = crc32_of(out, (size_t)(w - out)) ^ FINGERPRINT_MASK;
		w = put16(put16(w, FINGERPRINT), 4);
		w = put16(put16(w, crc >> 16), crc & 0xffff);
	}
	return (size_t)(w - out);
}
