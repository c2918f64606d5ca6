/*
 * What the connections of a transport share: versions, ciphers, trust, tickets, and the sessions remembered. One SSL_CTX for both
 * roles and all domains: a pair is given to the session that SNI asks it for, so a thousand domains cost a thousand pairs and no
 * thousand SSL_CTX. Immutable but for what is remembered and the keys of tickets; any thread. (RFC 8446, 5246, 6066 3, 5077)
 */
#include "stack/crypto/crypto.h"
#include "stack/crypto/crypto_priv.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { KEYLOG_LINE_MOST = 512, SESSION_LIFE = 2 * 60 * 60 /* seconds */ };

static const char default_ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

/* ---- callbacks of OpenSSL ---------------------------------------------------------------------------------------------- */

/* Whom does the client want to speak to? Who is not here gets the context's own, unacknowledged (RFC 6066 3). */
static int on_server_name(SSL *ssl, int *alert, void *arg)
{
	struct sip_tls_session *s = sip__tls_session_of(ssl);
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	(void)alert;
	(void)arg;
	s->pair = name ? sip__keystore_find(s->context->keystore, sip_str_of(name)) : NULL;
	return s->pair ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

static int on_certificate(SSL *ssl, void *arg)
{
	struct sip_tls_session *s = sip__tls_session_of(ssl);
	const struct sip__pair *pair = s->pair ? s->pair : s->context->own;
	(void)arg;
	if (!pair)
		return 1;
	return SSL_use_cert_and_key(ssl, pair->certificate, pair->key, pair->chain, 1);
}

static int on_session(SSL *ssl, SSL_SESSION *session)
{
	struct sip_tls_session *s = sip__tls_session_of(ssl);
	if (s->context->memory && sip__tls_session_is_client(s) && !sip_addr_is_none(&s->peer))
		sip__tls_memory_put(s->context->memory, sip_str_of(s->name), &s->peer, session);
	return 0;
}

/* As a server: a ticket we can read, of a client we judged too long ago, brings a full handshake and another ticket. */
static SSL_TICKET_RETURN on_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len, SSL_TICKET_STATUS status,
				   void *arg)
{
	(void)ssl;
	(void)name;
	(void)name_len;
	(void)arg;
	if ((status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) || !sip__tls_verify_is_fresh(session))
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

/* One write a line: lines of many loops do not mix. */
static void on_keys(const SSL *ssl, const char *line)
{
	char text[KEYLOG_LINE_MOST];
	struct sip_buf b;
	sip_buf_init_fixed(&b, text, sizeof(text));
	sip_buf_putf(&b, "%s\n", line);
	ssize_t n = b.err == SIP_OK ? write(sip__tls_session_of(ssl)->context->keylog, b.p, b.len) : 0;
	(void)n; /* a full disk must not end a call */
	sip_crypto_wipe(text, sizeof(text));
}

/* ---- making one -------------------------------------------------------------------------------------------------------- */

static enum sip_err fail(struct sip_buf *why, enum sip_err err, const char *about, const char *what)
{
	ERR_clear_error();
	if (why)
		sip_buf_putf(why, "%s: %s", about, what);
	return err;
}

static int version_of(const struct sip_tls_options *o, enum sip_tls_version v)
{
	if (o->is_datagram)
		return DTLS1_2_VERSION;
	return v == SIP_TLS_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

static enum sip_err set_versions(struct sip_tls_context *c, const struct sip_tls_options *o, struct sip_buf *why)
{
	if (o->ceiling < o->floor)
		return fail(why, SIP_E_INVAL, "versions of TLS", "the highest allowed is below the lowest");
	if (SSL_CTX_set_min_proto_version(c->ssl, version_of(o, o->floor)) != 1 ||
	    SSL_CTX_set_max_proto_version(c->ssl, version_of(o, o->ceiling)) != 1)
		return fail(why, SIP_E_NOMEM, "versions of TLS", sip_err_text(SIP_E_NOMEM));
	return SIP_OK;
}

static const char *next_word(const char *at, const char *between, struct sip_str *word)
{
	at += strspn(at, between);
	*word = sip_str_make(at, strcspn(at, between));
	return at + word->len;
}

typedef int (*set_list_fn)(SSL_CTX *ssl, const char *list);

static enum sip_err try_word(struct sip_tls_context *c, struct sip_str word, set_list_fn set, struct sip_buf *why)
{
	if (strchr("!-+@", word.p[0]))
		return SIP_OK;
	char *alone = sip_strdup(word.p, word.len);
	if (!alone)
		return SIP_E_NOMEM;
	enum sip_err err = set(c->ssl, alone) == 1 ? SIP_OK : fail(why, SIP_E_INVAL, alone, "no such cipher");
	sip_free(alone);
	return err;
}

/* OpenSSL passes over a word nobody knows while it knows another, and then the list is not what its writer thinks. */
static enum sip_err set_words(struct sip_tls_context *c, const char *list, const char *between, set_list_fn set, struct sip_buf *why)
{
	struct sip_str word;
	for (const char *at = next_word(list, between, &word); word.len > 0; at = next_word(at, between, &word)) {
		enum sip_err err = try_word(c, word, set, why);
		if (err != SIP_OK)
			return err;
	}
	return set(c->ssl, list) == 1 ? SIP_OK : fail(why, SIP_E_INVAL, list, "no cipher is left");
}

static enum sip_err set_ciphers(struct sip_tls_context *c, const struct sip_tls_options *o, struct sip_buf *why)
{
	enum sip_err err = SIP_OK;
	if (o->suites)
		err = set_words(c, o->suites, ":", SSL_CTX_set_ciphersuites, why);
	if (err == SIP_OK && o->ciphers)
		err = set_words(c, o->ciphers, ":, ", SSL_CTX_set_cipher_list, why);
	else if (err == SIP_OK && SSL_CTX_set_cipher_list(c->ssl, default_ciphers) != 1)
		err = fail(why, SIP_E_UNSUPPORTED, default_ciphers, "no such cipher");
	return err;
}

/* A key too small for the library's security level would show in every handshake; better once, here. */
static enum sip_err check_pairs(struct sip_tls_context *c, struct sip_buf *why)
{
	SSL *ssl = SSL_new(c->ssl);
	enum sip_err err = ssl ? SIP_OK : SIP_E_NOMEM;
	for (const struct sip__pair *p = sip__keystore_first(c->keystore); p && err == SIP_OK; p = sip__keystore_next(c->keystore, p)) {
		if (SSL_use_cert_and_key(ssl, p->certificate, p->key, p->chain, 1) == 1)
			continue;
		const char *reason = ERR_reason_error_string(ERR_peek_last_error());
		err = fail(why, SIP_E_INVAL, p->path, reason ? reason : "this certificate cannot be used");
	}
	SSL_free(ssl);
	return err;
}

static enum sip_err set_pairs(struct sip_tls_context *c, const struct sip_tls_options *o, struct sip_buf *why)
{
	char text[128];
	struct sip_buf b;
	sip_keystore_ref(o->keystore);
	c->keystore = o->keystore;
	c->own = o->domain.len > 0 ? sip__keystore_find(o->keystore, o->domain) : sip__keystore_first(o->keystore);
	if (o->domain.len > 0 && !c->own) {
		sip_buf_init_fixed(&b, text, sizeof(text) - 1);
		sip_buf_put_str(&b, o->domain);
		text[b.len] = '\0';
		return fail(why, SIP_E_INVAL, text, "there is no certificate for this domain");
	}
	return check_pairs(c, why);
}

/* What a session that is remembered depends on: when it differs, nobody resumes it. */
static enum sip_err set_identity(struct sip_tls_context *c)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned char scope[SIP__TRUST_SIZE + 2];
	unsigned int len = 0;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool is_good = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
		       EVP_DigestUpdate(md, sip__keystore_trust(c->keystore), SIP__TRUST_SIZE) == 1 &&
		       EVP_DigestUpdate(md, &c->demands_staple, sizeof(c->demands_staple)) == 1;
	if (is_good && c->own)
		is_good = X509_digest(c->own->certificate, EVP_sha256(), hash, &len) == 1 && EVP_DigestUpdate(md, hash, len) == 1;
	is_good = is_good && EVP_DigestFinal_ex(md, c->identity, &len) == 1;
	/* A ticket names this scope: one we gave while we trusted others, or asked for no certificate, is none of ours. */
	memcpy(scope, sip__keystore_trust(c->keystore), SIP__TRUST_SIZE);
	scope[SIP__TRUST_SIZE] = (unsigned char)c->clients;
	scope[SIP__TRUST_SIZE + 1] = c->is_datagram;
	is_good = is_good && EVP_Digest(scope, sizeof(scope), hash, &len, EVP_sha256(), NULL) == 1 &&
		  SSL_CTX_set_session_id_context(c->ssl, hash, SSL_MAX_SID_CTX_LENGTH) == 1;
	EVP_MD_CTX_free(md);
	return is_good ? SIP_OK : SIP_E_NOMEM;
}

/* Ticket keys and cookies go on; what was remembered only if it was of the same trust and the same certificate. */
static enum sip_err follow(struct sip_tls_context *c, const struct sip_tls_options *o, struct sip_tls_context *before)
{
	if (before && before->is_datagram != c->is_datagram)
		before = NULL;
	if (before) {
		MUST_BE(&before->ref, SIP__TLS_CONTEXT_MAGIC);
		memcpy(c->cookie_key, before->cookie_key, sizeof(c->cookie_key));
		sip__tls_tickets_ref(before->tickets);
		c->tickets = before->tickets;
	} else if (RAND_bytes(c->cookie_key, sizeof(c->cookie_key)) != 1 || sip__tls_tickets_create(&c->tickets) != SIP_OK) {
		return SIP_E_NOMEM;
	}
	if (o->resumable == 0)
		return SIP_OK;
	if (before && before->memory && memcmp(before->identity, c->identity, sizeof(c->identity)) == 0) {
		sip__tls_memory_ref(before->memory);
		c->memory = before->memory;
		return SIP_OK;
	}
	return sip__tls_memory_create(o->resumable, &c->memory);
}

static enum sip_err open_keylog(struct sip_tls_context *c, const char *path, struct sip_buf *why)
{
	if (!path)
		return SIP_OK;
	c->keylog = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (c->keylog < 0) {
		enum sip_err err = sip_err_from_errno(errno);
		return fail(why, err, path, sip_err_text(err));
	}
	SSL_CTX_set_keylog_callback(c->ssl, on_keys);
	return SIP_OK;
}

static void set_callbacks(SSL_CTX *ssl, bool is_datagram)
{
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	/* A chain is what its file says: OpenSSL would look for one in every handshake. */
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
	/* As servers we keep nothing: all is in the ticket. One is enough, our peers have one connection. */
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_set_num_tickets(ssl, 1);
	SSL_CTX_set_timeout(ssl, SESSION_LIFE);
	(void)SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl, sip__tls_tickets_on_key);
	(void)SSL_CTX_set_session_ticket_cb(ssl, NULL, on_ticket, NULL);
	SSL_CTX_sess_set_new_cb(ssl, on_session);
	SSL_CTX_set_tlsext_servername_callback(ssl, on_server_name);
	SSL_CTX_set_cert_cb(ssl, on_certificate, NULL);
	SSL_CTX_set_cert_verify_callback(ssl, sip__tls_verify, NULL);
	SSL_CTX_set_tlsext_status_cb(ssl, sip__tls_on_status);
	if (is_datagram)
		sip__dtls_context_init(ssl);
}

static enum sip_err set_all(struct sip_tls_context *c, const struct sip_tls_options *o, struct sip_tls_context *before, struct sip_buf *why)
{
	enum sip_err err;
	c->ssl = SSL_CTX_new(o->is_datagram ? DTLS_method() : TLS_method());
	c->bio = sip__tls_session_bio();
	if (!c->ssl || !c->bio)
		return SIP_E_NOMEM;
	set_callbacks(c->ssl, o->is_datagram);
	if ((err = set_versions(c, o, why)) != SIP_OK || (err = set_ciphers(c, o, why)) != SIP_OK)
		return err;
	if ((err = set_pairs(c, o, why)) != SIP_OK || (err = set_identity(c)) != SIP_OK)
		return err;
	SSL_CTX_set1_cert_store(c->ssl, sip__keystore_store(c->keystore));
	err = follow(c, o, before);
	return err == SIP_OK ? open_keylog(c, o->keylog, why) : err;
}

static void destroy(void *object)
{
	struct sip_tls_context *c = object;
	SSL_CTX_free(c->ssl);
	BIO_meth_free(c->bio);
	sip__tls_memory_unref(&c->memory);
	sip__tls_tickets_unref(&c->tickets);
	sip_keystore_unref(&c->keystore);
	if (c->keylog >= 0)
		close(c->keylog);
	sip_crypto_wipe(c, sizeof(*c));
	sip_free(c);
}

void sip_tls_options_init(struct sip_tls_options *o)
{
	*o = (struct sip_tls_options){ .ceiling = SIP_TLS_1_3, .resumable = 1000 };
}

enum sip_err sip_tls_context_create(const struct sip_tls_options *o, struct sip_tls_context *before, struct sip_buf *why,
				    struct sip_tls_context **out)
{
	struct sip_tls_context *c = sip_alloc_zero(sizeof(*c));
	if (!c)
		return SIP_E_NOMEM;
	sip_ref_init(&c->ref, SIP__TLS_CONTEXT_MAGIC, destroy);
	c->keylog = -1;
	c->is_datagram = o->is_datagram;
	c->allows_wildcards = o->allows_wildcards;
	c->demands_staple = o->demands_staple;
	c->clients = o->clients;
	enum sip_err err = set_all(c, o, before, why);
	ERR_clear_error();
	if (err != SIP_OK)
		sip_tls_context_unref(&c);
	else
		*out = c;
	return err;
}

static enum sip_err make_from(struct sip_keystore *keystore, bool is_datagram, struct sip_buf *why, struct sip_tls_context **out)
{
	struct sip_tls_options o;

	if (!out)
		return SIP_OK;
	sip_tls_options_init(&o);
	o.keystore = keystore;
	o.is_datagram = is_datagram;
	return sip_tls_context_create(&o, NULL, why, out);
}

enum sip_err sip_tls_context_load(const char *authority, const char *certificate, const char *key, struct sip_buf *why,
				  struct sip_tls_context **tls, struct sip_tls_context **dtls)
{
	struct sip_keystore_pair pair = { .certificate = certificate, .key = key };
	struct sip_keystore *keystore = NULL;
	struct sip_keystore_options ko;
	enum sip_err err;

	if (tls)
		*tls = NULL;
	if (dtls)
		*dtls = NULL;
	sip_keystore_options_init(&ko);
	ko.pairs = &pair;
	ko.pair_count = certificate ? 1 : 0;
	ko.authorities = &authority;
	ko.authority_count = authority ? 1 : 0;
	ko.has_system_authorities = !authority;
	err = sip_keystore_load(&ko, why, &keystore);
	if (err == SIP_OK)
		err = make_from(keystore, false, why, tls);
	if (err == SIP_OK)
		err = make_from(keystore, true, why, dtls);
	if (err != SIP_OK && tls)
		sip_tls_context_unref(tls);
	sip_keystore_unref(&keystore);
	return err;
}

void sip_tls_context_ref(struct sip_tls_context *c)
{
	MUST_BE(&c->ref, SIP__TLS_CONTEXT_MAGIC);
	sip_ref_get(&c->ref);
}

bool sip_tls_context_is_datagram(const struct sip_tls_context *c)
{
	MUST_BE(&c->ref, SIP__TLS_CONTEXT_MAGIC);
	return c->is_datagram;
}

void sip_tls_context_unref(struct sip_tls_context **pc)
{
	struct sip_tls_context *c = *pc;
	if (!c)
		return;
	MUST_BE(&c->ref, SIP__TLS_CONTEXT_MAGIC);
	*pc = NULL;
	sip_ref_put(&c->ref);
}
