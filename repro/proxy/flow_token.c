/*
 * Flow tokens: the user part of a Record-Route that names the connection of a client nobody can connect to (RFC 5626 5.2, in the
 * manner of its example): kind, address and port of its far end, and a keyed hash over them. No state; any thread.
 */
#include "repro/proxy/proxy_priv.h"

#include "stack/crypto/crypto.h"

#include <arpa/inet.h>

#define MARK "f-"

struct token {
	unsigned char bytes[1 + 1 + 2 + 16 + 8]; /* kind, length of the address, port, address; then the hash of these */
	size_t len;
};

static void put_hash(const struct repro_proxy *p, struct token *t)
{
	uint64_t hash = sip_hash_bytes(&p->o.flow_key, t->bytes, t->len);

	for (int shift = 56; shift >= 0; shift -= 8)
		t->bytes[t->len++] = (unsigned char)(hash >> shift);
}

static void make(const struct repro_proxy *p, enum sip_transport_kind kind, const struct sip_addr *far, struct token *t)
{
	bool is_v6 = sip_addr_family(far) == AF_INET6;
	const void *host = is_v6 ? (const void *)&far->u.in6.sin6_addr : (const void *)&far->u.in.sin_addr;

	t->bytes[0] = (unsigned char)kind;
	t->bytes[1] = is_v6 ? 16 : 4;
	t->bytes[2] = (unsigned char)(sip_addr_port(far) >> 8);
	t->bytes[3] = (unsigned char)sip_addr_port(far);
	memcpy(t->bytes + 4, host, t->bytes[1]);
	t->len = 4 + (size_t)t->bytes[1];
	put_hash(p, t);
}

bool repro__flow_token_is_due(enum sip_transport_kind kind)
{
	return kind == SIP_TRANSPORT_WS || kind == SIP_TRANSPORT_WSS || kind == SIP_TRANSPORT_TLS || kind == SIP_TRANSPORT_DTLS;
}

void repro__flow_token_put(const struct repro_proxy *p, enum sip_transport_kind kind, const struct sip_addr *far, struct sip_buf *b)
{
	struct token t;

	make(p, kind, far, &t);
	SIP_BUF_LIT(b, MARK);
	for (size_t i = 0; i < t.len; i++)
		sip_buf_putf(b, "%02x", (unsigned)t.bytes[i]);
}

static bool read_addr(const struct token *t, struct sip_addr *out)
{
	char text[SIP_ADDR_TEXT];
	const char *written = inet_ntop(t->bytes[1] == 16 ? AF_INET6 : AF_INET, t->bytes + 4, text, sizeof text);

	return written && sip_addr_parse(out, sip_str_of(text), (uint16_t)(t->bytes[2] << 8 | t->bytes[3])) == SIP_OK;
}

bool repro__flow_token_read(const struct repro_proxy *p, struct sip_str user, bool is_secure, struct sip_buf *hop)
{
	struct token t, own;
	struct sip_str hex = sip_str_from(user, sizeof MARK - 1);
	struct sip_addr far;

	if (!sip_str_starts_nocase(user, SIP_STR(MARK)) || hex.len > 2 * sizeof t.bytes || hex.len < 2 * (4 + 4 + 8))
		return false;
	t.len = hex.len / 2;
	if (sip_hex_decode(hex, t.bytes, t.len) != SIP_OK || t.bytes[0] >= SIP_TRANSPORT_KIND_COUNT ||
	    (t.bytes[1] != 4 && t.bytes[1] != 16) || t.len != 4 + (size_t)t.bytes[1] + 8 || !read_addr(&t, &far))
		return false;
	make(p, (enum sip_transport_kind)t.bytes[0], &far, &own);
	if (!sip_crypto_is_equal(sip_str_make((const char *)own.bytes, own.len), sip_str_make((const char *)t.bytes, t.len)))
		return false;
	sip_buf_put_z(hop, is_secure ? "sips:" : "sip:");
	sip_addr_put_uri_host(hop, &far);
	sip_buf_putf(hop, ":%u;transport=%.*s", (unsigned)sip_addr_port(&far), SIP_STR_ARG(sip_transport_kinds[t.bytes[0]].uri_name));
	return hop->err == SIP_OK;
}
