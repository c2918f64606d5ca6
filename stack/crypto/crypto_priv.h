/*
 * The family's own: what keystore, cert, tls_context, tls_session and dtls_session show each other. The only header that
 * includes OpenSSL's. sip_alloc has what is ours; what OpenSSL allocates is OpenSSL's.
 */
#ifndef STACK_CRYPTO_CRYPTO_PRIV_H
#define STACK_CRYPTO_CRYPTO_PRIV_H

#include "stack/crypto/tls.h"

#include <openssl/ssl.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIP__TRUST_SIZE 32     /* SHA-256 */
#define SIP__COOKIE_SIZE 32    /* HMAC-SHA-256 */
#define SIP__COOKIE_KEY_SIZE 32
#define SIP__STAPLE_AGE_MOST (7 * 24 * 60 * 60) /* seconds an OCSP response is good for that does not say until when */

/* ---- cert.c: the names in a certificate (RFC 5922 7.1, 7.2), and what it may be used for (RFC 5924) -------------------- */
/* Good for this domain, or for this address, as an iPAddress name? */
bool sip__cert_is_for(X509 *cert, struct sip_str domain, bool allows_wildcards);
/* The n-th SIP identity is added to out; false: there are no more. */
bool sip__cert_identity(X509 *cert, size_t n, struct sip_buf *out);
/* The n-th name to show it for: SIP identities, then every DNS name. */
bool sip__cert_shown_name(X509 *cert, size_t n, struct sip_buf *out);
/* Its first identity or its subject, for people. */
void sip__cert_put_title(X509 *cert, struct sip_buf *out);
/* May it be used in SIP though OpenSSL, which does not know RFC 5924, finds it is for neither TLS clients nor servers? */
bool sip__cert_is_sip(X509 *cert);

/* ---- cert_time.c: seconds since 1970 ---------------------------------------------------------------------------------- */
/* -1: it cannot be read. */
int64_t sip__cert_time_of(const ASN1_TIME *text);
/* -1: no memory. */
int64_t sip__cert_time_now(void);

/* ---- keystore.c ------------------------------------------------------------------------------------------------------ */
struct sip__pair {
	struct sip_list link;                /* of the keystore's */
	char *path;                          /* owned; of the certificate, for sentences */
	X509 *certificate;                   /* owned */
	STACK_OF(X509) *chain;               /* owned; without the certificate */
	EVP_PKEY *key;                       /* owned */
	struct sip_buf ocsp;                 /* owned; empty: none */
	int64_t ocsp_until;                  /* seconds since 1970 */
};
/* By name: exact, then by a wildcard for the first label; NULL: there is none. */
const struct sip__pair *sip__keystore_find(const struct sip_keystore *k, struct sip_str name);
const struct sip__pair *sip__keystore_first(const struct sip_keystore *k);
/* The next one; NULL: it was the last. */
const struct sip__pair *sip__keystore_next(const struct sip_keystore *k, const struct sip__pair *pair);
X509_STORE *sip__keystore_store(const struct sip_keystore *k);
/* SIP__TRUST_SIZE bytes that differ when authorities or revocation lists do. */
const unsigned char *sip__keystore_trust(const struct sip_keystore *k);

/* ---- tls_memory.c: sessions remembered by clients. Any thread. -------------------------------------------------------- */
struct sip__tls_memory;
enum sip_err sip__tls_memory_create(size_t limit, struct sip__tls_memory **out) SIP_MUST_USE;
void sip__tls_memory_ref(struct sip__tls_memory *m);
void sip__tls_memory_unref(struct sip__tls_memory **m);
/* The newest for this name and peer; the least used makes room. Without memory it is not remembered. */
void sip__tls_memory_put(struct sip__tls_memory *m, struct sip_str name, const struct sip_addr *peer, SSL_SESSION *session);
/* The caller's; NULL: none. */
SSL_SESSION *sip__tls_memory_find(struct sip__tls_memory *m, struct sip_str name, const struct sip_addr *peer);
void sip__tls_memory_remove(struct sip__tls_memory *m, struct sip_str name, const struct sip_addr *peer);
size_t sip__tls_memory_count(struct sip__tls_memory *m);

/* ---- tls_tickets.c: the keys of a server's tickets, changed by time. Any thread. ---------------------------------------- */
#define SIP__TICKET_NAME_SIZE 16
struct sip__ticket_key {
	unsigned char name[SIP__TICKET_NAME_SIZE]; /* in the clear in every ticket */
	unsigned char cipher[32];                  /* AES-256 */
	unsigned char mac[32];                     /* HMAC-SHA-256 */
};
struct sip__tls_tickets;
enum sip_err sip__tls_tickets_create(struct sip__tls_tickets **out) SIP_MUST_USE;
void sip__tls_tickets_ref(struct sip__tls_tickets *t);
void sip__tls_tickets_unref(struct sip__tls_tickets **t);
/* What new tickets are made with; who has it wipes it. NOMEM: nothing random was to be had. */
enum sip_err sip__tls_tickets_present(struct sip__tls_tickets *t, struct sip__ticket_key *out) SIP_MUST_USE;
/* What this ticket was made with, and is it the key of the day before? NOTFOUND, NOMEM. */
enum sip_err sip__tls_tickets_find(struct sip__tls_tickets *t, const unsigned char name[SIP__TICKET_NAME_SIZE],
				   struct sip__ticket_key *out, bool *is_previous) SIP_MUST_USE;
/* OpenSSL's callback. */
int sip__tls_tickets_on_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int is_giving);

/* ---- tls_context.c ---------------------------------------------------------------------------------------------------- */
struct sip_tls_context {
	struct sip_ref ref;
	SSL_CTX *ssl;                        /* owned */
	BIO_METHOD *bio;                     /* owned */
	struct sip_keystore *keystore;       /* counted */
	const struct sip__pair *own;         /* the keystore's; NULL: there is none */
	struct sip__tls_memory *memory;      /* counted; NULL: nothing is remembered */
	struct sip__tls_tickets *tickets;    /* counted */
	unsigned char identity[SIP__TRUST_SIZE]; /* of what we show as clients, with what we trust */
	unsigned char cookie_key[SIP__COOKIE_KEY_SIZE];
	int keylog;                          /* -1: none */
	bool is_datagram;
	bool allows_wildcards;
	bool demands_staple;
	enum sip_tls_verify clients;
};
#define SIP__TLS_CONTEXT_MAGIC 0x746c7363u

/* ---- tls_verify.c: callbacks of OpenSSL that judge the peer ------------------------------------------------------------ */
int sip__tls_verify(X509_STORE_CTX *chain, void *arg);
/* As a client: what was stapled; as a server: staples. */
int sip__tls_on_status(SSL *ssl, void *arg);
/* Is it so lately that the peer of this session was judged that it may be resumed? Also if nobody was; not without memory. */
bool sip__tls_verify_is_fresh(SSL_SESSION *session);
/* A resumed session is verified by nobody else: still in time, and of the name. */
enum sip_err sip__tls_verify_resumed(struct sip_tls_session *s) SIP_MUST_USE;

/* ---- tls_session.c ---------------------------------------------------------------------------------------------------- */
struct sip_tls_session {
	uint32_t magic;
	enum sip_err err;                    /* once it has failed or is closed; stays */
	struct sip_tls_context *context;     /* counted */
	SSL *ssl;                            /* owned, with its BIO, which holds us */
	const struct sip__pair *pair;        /* of the context's keystore: what SNI chose; NULL: the context's own */
	struct sip_str in;                   /* lent by feed's caller */
	struct sip_buf out;                  /* owned; for DTLS each datagram after its length in two bytes */
	size_t taken;                        /* of out */
	char *name;                          /* owned; of the peer we called, zero-terminated; NULL: a server */
	char *why;                           /* owned; NULL: none */
	struct sip_addr peer;
	uint32_t mtu;
	bool is_up;
	bool is_greeted;                     /* a DTLS server has seen a good cookie */
};
#define SIP__TLS_SESSION_MAGIC 0x746c7373u

/* The session of this SSL. */
struct sip_tls_session *sip__tls_session_of(const SSL *ssl);
/* The BIO every session of a context has: reads what was fed, writes into out. NULL: no memory. */
BIO_METHOD *sip__tls_session_bio(void);
/* Keeps the sentence if it is the first, and returns err. */
enum sip_err sip__tls_session_because(struct sip_tls_session *s, enum sip_err err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* What OpenSSL's answer `ret` means; AGAIN and CLOSED too. What is a failure stays one. */
enum sip_err sip__tls_session_answer(struct sip_tls_session *s, int ret);
static inline bool sip__tls_session_is_client(const struct sip_tls_session *s)
{
	return s->name != NULL;
}

/* ---- dtls_session.c --------------------------------------------------------------------------------------------------- */
enum sip_err sip__dtls_session_init(struct sip_tls_session *s, size_t mtu) SIP_MUST_USE;
/* As a server, before the handshake: the cookie. AGAIN until it is good. */
enum sip_err sip__dtls_session_greet(struct sip_tls_session *s) SIP_MUST_USE;
/*
 * OpenSSL releases the buffers of an idle stream, and of DTLS only when told to: half of what a session costs. They are fetched
 * before it is called and given back once nothing is left in them. false: no memory.
 */
bool sip__dtls_session_get_buffers(struct sip_tls_session *s);
void sip__dtls_session_give_buffers(struct sip_tls_session *s);
/* Bytes a datagram carries. */
size_t sip__dtls_session_room(const struct sip_tls_session *s);
void sip__dtls_context_init(SSL_CTX *ssl);

#ifdef __cplusplus
}
#endif
#endif
