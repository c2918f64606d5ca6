/*
 * DTLS 1.2 (RFC 6347): what differs from a stream. A server answers the first ClientHello with a cookie and remembers nothing (4.2.1);
 * flights are sent again by a timer (4.2.4), which the caller's loop keeps. OpenSSL reads the wall clock for it: when that is set,
 * a flight goes out too early or too late once, and nothing else is wrong.
 */
#include "stack/crypto/crypto_priv.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/hmac.h>

#include <sys/time.h>

enum {
	RECORD_HEAD = 13,
	HANDSHAKE_HEAD = 12,
	CONTENT_HANDSHAKE = 22,
	RANDOM_SIZE = 32,
	SESSION_ID_MOST = 32,
	MTU_LEAST = 256,
	MTU_MOST = 16 * 1024,
	FLIGHT_MTU_MOST = 1200, /* a handshake gets through wherever a datagram does; what is said after it may be larger */
};

/* ---- cookies ----------------------------------------------------------------------------------------------------------- */

/* Bound to the address: who has one gets datagrams there. The key is of the process, so one never ends while it runs. */
static bool make_cookie(const struct sip_tls_context *c, const struct sip_addr *peer, unsigned char cookie[SIP__COOKIE_SIZE])
{
	char text[SIP_ADDR_TEXT];
	unsigned int len = 0;
	struct sip_str addr = sip_str_of(sip_addr_text(peer, text));
	return HMAC(EVP_sha256(), c->cookie_key, sizeof(c->cookie_key), (const unsigned char *)addr.p, addr.len, cookie, &len) &&
	       len == SIP__COOKIE_SIZE;
}

static bool is_cookie(const struct sip_tls_context *c, const struct sip_addr *peer, struct sip_str cookie)
{
	unsigned char good[SIP__COOKIE_SIZE];
	return cookie.len == sizeof(good) && make_cookie(c, peer, good) && CRYPTO_memcmp(good, cookie.p, sizeof(good)) == 0;
}

static int on_make_cookie(SSL *ssl, unsigned char *cookie, unsigned int *len)
{
	const struct sip_tls_session *s = sip__tls_session_of(ssl);
	*len = SIP__COOKIE_SIZE;
	return make_cookie(s->context, &s->peer, cookie);
}

static int on_verify_cookie(SSL *ssl, const unsigned char *cookie, unsigned int len)
{
	const struct sip_tls_session *s = sip__tls_session_of(ssl);
	return is_cookie(s->context, &s->peer, sip_str_make((const char *)cookie, len));
}

void sip__dtls_context_init(SSL_CTX *ssl)
{
	SSL_CTX_set_options(ssl, SSL_OP_NO_QUERY_MTU);
	SSL_CTX_set_read_ahead(ssl, 1);
	SSL_CTX_set_cookie_generate_cb(ssl, on_make_cookie);
	SSL_CTX_set_cookie_verify_cb(ssl, on_verify_cookie);
}

/* ---- before there is a session ----------------------------------------------------------------------------------------- */

/* Reads big-endian fields off the front; once there are too few bytes it stays `is_short`. */
struct reader {
	struct sip_str rest;
	bool is_short;
};

static struct sip_str take(struct reader *r, size_t n)
{
	struct sip_str piece = sip_str_make(r->rest.p, n);
	if (n > r->rest.len)
		r->is_short = true;
	if (r->is_short)
		return sip_str_make(NULL, 0);
	r->rest = sip_str_from(r->rest, n);
	return piece;
}

static uint32_t take_number(struct reader *r, size_t bytes)
{
	struct sip_str piece = take(r, bytes);
	uint32_t n = 0;
	for (size_t i = 0; i < piece.len; i++)
		n = n << 8 | (unsigned char)piece.p[i];
	return n;
}

struct hello {
	struct sip_str sequence; /* of the record, 6 bytes */
	struct sip_str cookie;
};

/* A ClientHello in one record and one piece: with a cookie to be checked without memory it cannot be otherwise. */
static bool read_hello(struct sip_str datagram, struct hello *h)
{
	struct reader r = { datagram, false };
	bool is_hello = take_number(&r, 1) == CONTENT_HANDSHAKE;
	is_hello = take_number(&r, 1) == DTLS1_VERSION_MAJOR && is_hello;
	(void)take(&r, 1);
	is_hello = take_number(&r, 2) == 0 && is_hello; /* epoch */
	h->sequence = take(&r, 6);
	r.rest = take(&r, take_number(&r, 2));
	is_hello = take_number(&r, 1) == SSL3_MT_CLIENT_HELLO && is_hello;
	uint32_t len = take_number(&r, 3);
	is_hello = take_number(&r, 2) <= 1 && is_hello; /* message_seq: the first, or the one with our cookie */
	is_hello = take_number(&r, 3) == 0 && is_hello; /* fragment offset */
	is_hello = take_number(&r, 3) == len && is_hello;
	r.rest = take(&r, len);
	is_hello = take_number(&r, 1) == DTLS1_VERSION_MAJOR && is_hello;
	(void)take(&r, 1 + RANDOM_SIZE);
	uint32_t id_len = take_number(&r, 1);
	(void)take(&r, id_len);
	h->cookie = take(&r, take_number(&r, 1));
	return is_hello && !r.is_short && id_len <= SESSION_ID_MOST;
}

static void put_number(struct sip_buf *b, uint32_t n, size_t bytes)
{
	while (bytes-- > 0)
		sip_buf_put_char(b, (char)(n >> (8 * bytes)));
}

/* HelloVerifyRequest: "DTLS 1.2 server implementations SHOULD use DTLS version 1.0" (4.2.1), and the ClientHello's sequence. */
static void put_verify_request(struct sip_buf *b, struct sip_str sequence, const unsigned char cookie[SIP__COOKIE_SIZE])
{
	enum { BODY = 2 + 1 + SIP__COOKIE_SIZE };
	put_number(b, CONTENT_HANDSHAKE, 1);
	put_number(b, DTLS1_VERSION, 2);
	put_number(b, 0, 2);
	sip_buf_put_str(b, sequence);
	put_number(b, HANDSHAKE_HEAD + BODY, 2);
	put_number(b, DTLS1_MT_HELLO_VERIFY_REQUEST, 1);
	put_number(b, BODY, 3);
	put_number(b, 0, 2);
	put_number(b, 0, 3);
	put_number(b, BODY, 3);
	put_number(b, DTLS1_VERSION, 2);
	put_number(b, SIP__COOKIE_SIZE, 1);
	sip_buf_put(b, cookie, SIP__COOKIE_SIZE);
}

enum sip_err sip_dtls_listen(struct sip_tls_context *c, const struct sip_addr *peer, struct sip_str datagram, struct sip_buf *answer)
{
	struct hello h;
	unsigned char cookie[SIP__COOKIE_SIZE];
	MUST_BE(&c->ref, SIP__TLS_CONTEXT_MAGIC);
	MUST(c->is_datagram);
	/* Shorter than the answer it is no ClientHello, and nobody makes us send more than he did. */
	if (datagram.len < RECORD_HEAD + HANDSHAKE_HEAD + 2 + 1 + SIP__COOKIE_SIZE || !read_hello(datagram, &h))
		return SIP_E_SYNTAX;
	if (is_cookie(c, peer, h.cookie))
		return SIP_OK;
	if (!make_cookie(c, peer, cookie))
		return SIP_E_NOMEM;
	put_verify_request(answer, h.sequence, cookie);
	return answer->err == SIP_OK ? SIP_E_AGAIN : answer->err;
}

/* ---- sessions ---------------------------------------------------------------------------------------------------------- */

enum sip_err sip__dtls_session_init(struct sip_tls_session *s, size_t mtu)
{
	/* A server's cookie must be somebody's. */
	if (mtu < MTU_LEAST || mtu > MTU_MOST || (!sip__tls_session_is_client(s) && sip_addr_is_none(&s->peer)))
		return SIP_E_INVAL;
	s->mtu = (uint32_t)mtu;
	return SSL_set_mtu(s->ssl, mtu < FLIGHT_MTU_MOST ? (long)mtu : FLIGHT_MTU_MOST) > 0 ? SIP_OK : SIP_E_NOMEM;
}

enum sip_err sip__dtls_session_greet(struct sip_tls_session *s)
{
	BIO_ADDR *nobody = BIO_ADDR_new(); /* OpenSSL wants to tell us what we have told it */
	int ret = nobody ? DTLSv1_listen(s->ssl, nobody) : -1;
	BIO_ADDR_free(nobody);
	s->in = sip_str_make(NULL, 0);
	s->is_greeted = ret == 1;
	if (ret >= 0) {
		ERR_clear_error();
		return ret == 1 ? SIP_OK : SIP_E_AGAIN;
	}
	return sip__tls_session_answer(s, ret);
}

bool sip__dtls_session_get_buffers(struct sip_tls_session *s)
{
	if (SSL_alloc_buffers(s->ssl) == 1)
		return true;
	ERR_clear_error();
	return false;
}

void sip__dtls_session_give_buffers(struct sip_tls_session *s)
{
	if (s->is_up && !SSL_has_pending(s->ssl))
		(void)SSL_free_buffers(s->ssl); /* what is still in use stays */
}

size_t sip__dtls_session_room(const struct sip_tls_session *s)
{
	size_t flight = s->mtu < FLIGHT_MTU_MOST ? s->mtu : FLIGHT_MTU_MOST;
	return s->mtu - (flight - DTLS_get_data_mtu(s->ssl));
}

int64_t sip_dtls_session_timeout(const struct sip_tls_session *s)
{
	struct timeval left;
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	if (s->err != SIP_OK || !s->context->is_datagram || DTLSv1_get_timeout(s->ssl, &left) != 1)
		return -1;
	return (int64_t)left.tv_sec * 1000000 + left.tv_usec;
}

enum sip_err sip_dtls_session_on_timer(struct sip_tls_session *s)
{
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	if (s->err != SIP_OK || !s->context->is_datagram)
		return s->err;
	if (!sip__dtls_session_get_buffers(s))
		return SIP_E_NOMEM;
	ERR_clear_error();
	long ret = DTLSv1_handle_timeout(s->ssl);
	if (ret >= 0) {
		ERR_clear_error();
		return SIP_OK;
	}
	return sip__tls_session_answer(s, (int)ret);
}
