/*
 * One TLS connection as a pump: ciphered bytes are fed and taken out, plain bytes read and written. OpenSSL reads from the slice
 * that was lent to us and writes into one buffer that is gone when it is empty, so an idle connection has neither. (RFC 8446, 5246)
 */
#include "stack/crypto/crypto_priv.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <stdio.h>

enum { RECORD_ROOM = 16 * 1024, RECORD_EXTRA = 64, WHY_MOST = 512 };

static const struct reason_row {
	int reason;
	enum sip_err err;
	const char *text;
} reason_rows[] = {
#define SIP_TLS_REASON(reason, err, text) { reason, SIP_E_##err, text },
#include "stack/crypto/tls_reason_table.h"
#undef SIP_TLS_REASON
};

/* ---- the BIO ----------------------------------------------------------------------------------------------------------- */

static int bio_read(BIO *bio, char *to, size_t room, size_t *n)
{
	struct sip_tls_session *s = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	*n = room < s->in.len ? room : s->in.len;
	if (*n == 0) {
		BIO_set_retry_read(bio);
		return 0;
	}
	memcpy(to, s->in.p, *n);
	/* What does not fit of a datagram is lost, as a socket's would be. */
	s->in = sip_str_from(s->in, s->context->is_datagram ? s->in.len : *n);
	return 1;
}

static int bio_write(BIO *bio, const char *from, size_t len, size_t *n)
{
	struct sip_tls_session *s = BIO_get_data(bio);
	unsigned char head[2] = { (unsigned char)(len >> 8), (unsigned char)len };
	BIO_clear_retry_flags(bio);
	if (s->context->is_datagram && (NEVER(len > UINT16_MAX) || !sip_buf_reserve(&s->out, sizeof(head) + len)))
		return 0;
	if (s->context->is_datagram)
		sip_buf_put(&s->out, head, sizeof(head));
	sip_buf_put(&s->out, from, len);
	*n = s->out.err == SIP_OK ? len : 0;
	return s->out.err == SIP_OK;
}

static long bio_ctrl(BIO *bio, int command, long number, void *arg)
{
	(void)bio;
	(void)number;
	(void)arg;
	/* The rest, of which OpenSSL asks a socket for the MTU and the peer, is for us to say elsewhere. */
	return command == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

BIO_METHOD *sip__tls_session_bio(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "session");
	if (!m)
		return NULL;
	(void)BIO_meth_set_read_ex(m, bio_read);
	(void)BIO_meth_set_write_ex(m, bio_write);
	(void)BIO_meth_set_ctrl(m, bio_ctrl);
	(void)BIO_meth_set_create(m, bio_create);
	return m;
}

struct sip_tls_session *sip__tls_session_of(const SSL *ssl)
{
	struct sip_tls_session *s = BIO_get_data(SSL_get_rbio(ssl));
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	return s;
}

/* ---- failing ----------------------------------------------------------------------------------------------------------- */

enum sip_err sip__tls_session_because(struct sip_tls_session *s, enum sip_err err, const char *format, ...)
{
	char text[WHY_MOST];
	va_list args;
	if (s->why)
		return err;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	s->why = sip_strdup(text, strlen(text)); /* without memory the error's own sentence must do */
	return err;
}

/* What was lent is done with, and all later calls answer the same. */
static enum sip_err end(struct sip_tls_session *s, enum sip_err err)
{
	s->err = err;
	s->in = sip_str_make(NULL, 0);
	/* A session that fails may be why we should not have resumed it. */
	if (err != SIP_E_CLOSED && !s->is_up && sip__tls_session_is_client(s) && s->context->memory)
		sip__tls_memory_remove(s->context->memory, sip_str_of(s->name), &s->peer);
	return err;
}

static const struct reason_row *find_reason(unsigned long code)
{
	for (size_t i = 0; i < SIP_COUNTOF(reason_rows); i++)
		if (reason_rows[i].reason == ERR_GET_REASON(code))
			return &reason_rows[i];
	return NULL;
}

/* The first reason we have a sentence for, but no memory before all others; else the last there is. */
static enum sip_err explain(struct sip_tls_session *s)
{
	const struct reason_row *row = NULL;
	unsigned long code, last = 0;
	while ((code = ERR_get_error()) != 0) {
		bool is_memory = ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
		last = code;
		if (is_memory || (!row && ERR_GET_LIB(code) == ERR_LIB_SSL))
			row = find_reason(code);
	}
	if (row)
		return sip__tls_session_because(s, row->err, "%s", row->text);
	const char *text = last ? ERR_reason_error_string(last) : NULL;
	return sip__tls_session_because(s, SIP_E_SYNTAX, "the peer breaks TLS: %s", text ? text : "for no known reason");
}

enum sip_err sip__tls_session_answer(struct sip_tls_session *s, int ret)
{
	enum sip_err err;
	int what = SSL_get_error(s->ssl, ret);
	if (s->out.err != SIP_OK)
		err = sip__tls_session_because(s, s->out.err, "%s", sip_err_text(s->out.err));
	else if (what == SSL_ERROR_WANT_READ)
		err = SIP_E_AGAIN;
	else if (what == SSL_ERROR_ZERO_RETURN)
		err = SIP_E_CLOSED;
	else
		err = explain(s);
	ERR_clear_error();
	if (err != SIP_E_AGAIN)
		return end(s, err);
	s->in = sip_str_make(NULL, 0);
	return err;
}

/* ---- beginning and end ------------------------------------------------------------------------------------------------- */

void sip_tls_session_options_init(struct sip_tls_session_options *o)
{
	*o = (struct sip_tls_session_options){ .mtu = 1200 };
}

static enum sip_err begin_client(struct sip_tls_session *s, struct sip_str name)
{
	struct sip_addr addr;
	if (name.len > 1 && name.p[name.len - 1] == '.')
		name.len--;
	if (name.len == 0 || name.len > TLSEXT_MAXLEN_host_name || sip_str_find(name, '\0') < name.len)
		return SIP_E_INVAL;
	s->name = sip_strdup(name.p, name.len);
	if (!s->name)
		return SIP_E_NOMEM;
	SSL_set_connect_state(s->ssl);
	SSL_set_verify(s->ssl, SSL_VERIFY_PEER, NULL);
	if (SSL_set_tlsext_status_type(s->ssl, TLSEXT_STATUSTYPE_ocsp) != 1)
		return SIP_E_NOMEM;
	/* "Literal IPv4 and IPv6 addresses are not permitted in HostName" (RFC 6066 3) */
	if (sip_addr_parse(&addr, name, 0) != SIP_OK && SSL_set_tlsext_host_name(s->ssl, s->name) != 1)
		return SIP_E_NOMEM;
	SSL_SESSION *known = NULL;
	if (s->context->memory && !sip_addr_is_none(&s->peer))
		known = sip__tls_memory_find(s->context->memory, name, &s->peer);
	if (known && sip__tls_verify_is_fresh(known))
		(void)SSL_set_session(s->ssl, known); /* else it is a full handshake */
	SSL_SESSION_free(known);
	return SIP_OK;
}

static enum sip_err begin_server(struct sip_tls_session *s)
{
	static const int modes[] = { [SIP_TLS_VERIFY_NONE] = SSL_VERIFY_NONE, [SIP_TLS_VERIFY_OPTIONAL] = SSL_VERIFY_PEER,
				     [SIP_TLS_VERIFY_MANDATORY] = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT };
	if (!s->context->own)
		return SIP_E_INVAL;
	SSL_set_accept_state(s->ssl);
	SSL_set_verify(s->ssl, modes[s->context->clients], NULL);
	return SIP_OK;
}

static enum sip_err begin(struct sip_tls_session *s, const struct sip_tls_session_options *o)
{
	s->ssl = SSL_new(s->context->ssl);
	BIO *bio = s->ssl ? BIO_new(s->context->bio) : NULL;
	if (!bio)
		return SIP_E_NOMEM;
	BIO_set_data(bio, s);
	SSL_set_bio(s->ssl, bio, bio);
	enum sip_err err = o->role == SIP_TLS_CLIENT ? begin_client(s, o->name) : begin_server(s);
	return err == SIP_OK && s->context->is_datagram ? sip__dtls_session_init(s, o->mtu) : err;
}

enum sip_err sip_tls_session_create(const struct sip_tls_session_options *o, struct sip_tls_session **out)
{
	struct sip_tls_session *s = sip_alloc_zero(sizeof(*s));
	if (!s)
		return SIP_E_NOMEM;
	s->magic = SIP__TLS_SESSION_MAGIC;
	sip_buf_init(&s->out, 0);
	sip_tls_context_ref(o->context);
	s->context = o->context;
	if (o->peer)
		s->peer = *o->peer;
	enum sip_err err = begin(s, o);
	ERR_clear_error();
	if (err != SIP_OK)
		sip_tls_session_destroy(&s);
	else
		*out = s;
	return err;
}

void sip_tls_session_destroy(struct sip_tls_session **ps)
{
	struct sip_tls_session *s = *ps;
	if (!s)
		return;
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	*ps = NULL;
	SSL_free(s->ssl);
	ERR_clear_error();
	sip_tls_context_unref(&s->context);
	sip_buf_fini(&s->out);
	sip_free(s->name);
	sip_free(s->why);
	s->magic = 0;
	sip_free(s);
}

/* ---- pumping ----------------------------------------------------------------------------------------------------------- */

void sip_tls_session_feed(struct sip_tls_session *s, struct sip_str bytes)
{
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	MUST(s->in.len == 0);
	if (s->err == SIP_OK)
		s->in = bytes;
}

static void empty(STACK_OF(X509) *chain)
{
	while (sk_X509_num(chain) > 0)
		X509_free(sk_X509_pop(chain));
}

/* Only the handshake needed our certificates, the staple, and of the peer's chain all but the first. */
static void let_go(struct sip_tls_session *s)
{
	SSL_certs_clear(s->ssl);
	SSL_set_tlsext_status_ocsp_resp(s->ssl, NULL, 0);
	empty(SSL_get_peer_cert_chain(s->ssl));
	empty(SSL_get0_verified_chain(s->ssl));
}

enum sip_err sip_tls_session_handshake(struct sip_tls_session *s)
{
	enum sip_err err = SIP_OK;
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	if (s->err != SIP_OK || s->is_up)
		return s->err;
	ERR_clear_error();
	if (s->context->is_datagram && !sip__tls_session_is_client(s) && !s->is_greeted)
		err = sip__dtls_session_greet(s);
	if (err != SIP_OK)
		return err;
	int ret = SSL_do_handshake(s->ssl);
	if (ret != 1)
		return sip__tls_session_answer(s, ret);
	ERR_clear_error();
	if (SSL_session_reused(s->ssl) && (err = sip__tls_verify_resumed(s)) != SIP_OK)
		return end(s, err);
	s->is_up = true;
	let_go(s);
	return SIP_OK;
}

static bool get_buffers(struct sip_tls_session *s)
{
	return !s->context->is_datagram || sip__dtls_session_get_buffers(s);
}

static void give_buffers(struct sip_tls_session *s)
{
	if (s->context->is_datagram)
		sip__dtls_session_give_buffers(s);
}

bool sip_tls_session_is_up(const struct sip_tls_session *s)
{
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	return s->is_up && s->err == SIP_OK;
}

enum sip_err sip_tls_session_read(struct sip_tls_session *s, char *room, size_t len, size_t *n)
{
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	*n = 0;
	if (s->err != SIP_OK || !s->is_up)
		return s->err != SIP_OK ? s->err : SIP_E_STATE;
	if (!get_buffers(s))
		return SIP_E_NOMEM;
	ERR_clear_error();
	int ret = SSL_read_ex(s->ssl, room, len, n);
	enum sip_err err = ret == 1 ? SIP_OK : sip__tls_session_answer(s, ret);
	if (err == SIP_E_AGAIN)
		give_buffers(s);
	return err;
}

/* Room for all at once, so that a long message is not copied as the buffer grows. */
static bool make_room(struct sip_tls_session *s, size_t len)
{
	size_t records = len / RECORD_ROOM + 1;
	return sip_buf_reserve(&s->out, len + records * RECORD_EXTRA) != NULL;
}

enum sip_err sip_tls_session_write(struct sip_tls_session *s, struct sip_str bytes)
{
	size_t n = 0;
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	if (s->err != SIP_OK || !s->is_up)
		return s->err != SIP_OK ? s->err : SIP_E_STATE;
	if (bytes.len == 0)
		return SIP_OK;
	if (s->context->is_datagram && bytes.len > sip__dtls_session_room(s))
		return SIP_E_LIMIT;
	if (!make_room(s, bytes.len))
		return end(s, sip__tls_session_because(s, s->out.err, "%s", sip_err_text(s->out.err)));
	if (!get_buffers(s))
		return SIP_E_NOMEM;
	ERR_clear_error();
	int ret = SSL_write_ex(s->ssl, bytes.p, bytes.len, &n);
	if (ret != 1)
		return sip__tls_session_answer(s, ret);
	give_buffers(s);
	return SIP_OK;
}

void sip_tls_session_close(struct sip_tls_session *s)
{
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	if (!s->is_up || (s->err != SIP_OK && s->err != SIP_E_CLOSED))
		return;
	if (get_buffers(s))
		(void)SSL_shutdown(s->ssl); /* no memory for an alert: the peer sees the end of the stream */
	ERR_clear_error();
}

struct sip_str sip_tls_session_out(const struct sip_tls_session *s)
{
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	struct sip_str rest = sip_str_from(sip_buf_str(&s->out), s->taken);
	if (!s->context->is_datagram || rest.len == 0)
		return rest;
	size_t len = (size_t)((unsigned char)rest.p[0] << 8 | (unsigned char)rest.p[1]);
	return sip_str_make(rest.p + 2, len);
}

void sip_tls_session_took(struct sip_tls_session *s, size_t n)
{
	struct sip_str there = sip_tls_session_out(s);
	MUST(n <= there.len);
	/* A datagram goes whole or not at all. */
	if (n == 0 || (s->context->is_datagram && n < there.len))
		return;
	s->taken += s->context->is_datagram ? n + 2 : n;
	if (s->taken < s->out.len)
		return;
	sip_buf_fini(&s->out);
	sip_buf_init(&s->out, 0);
	s->taken = 0;
}

/* ---- who the peer is --------------------------------------------------------------------------------------------------- */

/* NULL: none, or one nobody has verified. */
static X509 *peer_of(const struct sip_tls_session *s)
{
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	if (!s->is_up || SSL_get_verify_mode(s->ssl) == SSL_VERIFY_NONE || SSL_get_verify_result(s->ssl) != X509_V_OK)
		return NULL;
	return SSL_get0_peer_certificate(s->ssl);
}

bool sip_tls_session_has_certificate(const struct sip_tls_session *s)
{
	return peer_of(s) != NULL;
}

bool sip_tls_session_is_peer(const struct sip_tls_session *s, struct sip_str domain)
{
	X509 *cert = peer_of(s);
	return cert && sip__cert_is_for(cert, domain, s->context->allows_wildcards);
}

bool sip_tls_session_identity(const struct sip_tls_session *s, size_t n, struct sip_buf *out)
{
	X509 *cert = peer_of(s);
	return cert && sip__cert_identity(cert, n, out);
}

const char *sip_tls_session_why(const struct sip_tls_session *s)
{
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	if (s->why)
		return s->why;
	return s->err == SIP_OK || s->err == SIP_E_CLOSED ? "" : sip_err_text(s->err);
}

const char *sip_tls_session_version(const struct sip_tls_session *s)
{
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	return s->is_up ? SSL_get_version(s->ssl) : "";
}

const char *sip_tls_session_cipher(const struct sip_tls_session *s)
{
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	return s->is_up ? SSL_get_cipher_name(s->ssl) : "";
}

bool sip_tls_session_is_resumed(const struct sip_tls_session *s)
{
	MUST_BE(s, SIP__TLS_SESSION_MAGIC);
	return s->is_up && SSL_session_reused(s->ssl) == 1;
}
