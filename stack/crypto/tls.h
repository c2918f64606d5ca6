/*
 * TLS and DTLS as pumps of bytes: no sockets, no threads, no clock but the wall's. A context is what the connections of one transport
 * share, counted; a session is one connection's, and belongs to one loop for life. (RFC 8446, 5246, 6347, 5922, 5626)
 */
#ifndef STACK_CRYPTO_TLS_H
#define STACK_CRYPTO_TLS_H

#include "stack/crypto/keystore.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_tls_context;
struct sip_tls_session;

enum sip_tls_verify { SIP_TLS_VERIFY_NONE, SIP_TLS_VERIFY_OPTIONAL, SIP_TLS_VERIFY_MANDATORY };
enum sip_tls_version { SIP_TLS_1_2, SIP_TLS_1_3 }; /* DTLS has 1.2 alone */
enum sip_tls_role { SIP_TLS_CLIENT, SIP_TLS_SERVER };

struct sip_tls_options {                 /* lent for the call but for what is counted */
	struct sip_keystore *keystore;   /* a reference is taken */
	bool is_datagram;                /* DTLS */
	struct sip_str domain;           /* shown to who names none, and by us as clients; empty: the keystore's first */
	/* As a server: is a certificate asked for, and must there be one? A bad one ends the session even if there need be none. NONE */
	enum sip_tls_verify clients;
	enum sip_tls_version floor;      /* SIP_TLS_1_2 */
	enum sip_tls_version ceiling;    /* SIP_TLS_1_3 */
	const char *ciphers;             /* of 1.2, in OpenSSL's words; NULL: forward secret AEAD only */
	const char *suites;              /* of 1.3; NULL: the library's */
	bool allows_wildcards;           /* "*.example.com" names a.example.com: RFC 5922 7.2 forbids it; false */
	bool demands_staple;             /* as a client: no OCSP answer stapled is a failure; false */
	const char *keylog;              /* file that gets the session keys, for wire analysis; NULL: none. Whoever sets it warns */
	size_t resumable;                /* sessions remembered as a client: 1,000; 0: none */
};
void sip_tls_options_init(struct sip_tls_options *o);
/*
 * `before` (may be NULL): the context this one replaces; ticket keys and remembered sessions go on, but none of a peer whose
 * authority is trusted no more, or that has stapled nothing where we demand it since. INVAL (a cipher nobody knows, no pair for
 * `domain`), NOMEM; `why` as sip_keystore_load.
 */
enum sip_err sip_tls_context_create(const struct sip_tls_options *o, struct sip_tls_context *before, struct sip_buf *why,
				    struct sip_tls_context **out) SIP_MUST_USE;
/*
 * What a user agent needs as a rule, from PEM files: whom it trusts (NULL: whom the system does), and who it is (NULL: nobody in particular;
 * `key` NULL: it is in the certificate's file). One for streams, one for datagrams; NULL: it is not asked for. As sip_keystore_load
 * and _create; on failure both are NULL.
 */
enum sip_err sip_tls_context_load(const char *authority, const char *certificate, const char *key, struct sip_buf *why,
				  struct sip_tls_context **tls, struct sip_tls_context **dtls) SIP_MUST_USE;
void sip_tls_context_ref(struct sip_tls_context *c);
void sip_tls_context_unref(struct sip_tls_context **c);
bool sip_tls_context_is_datagram(const struct sip_tls_context *c);

/* ---- one connection ---------------------------------------------------------------------------------------------- */
struct sip_tls_session_options {
	struct sip_tls_context *context; /* a reference is taken */
	enum sip_tls_role role;
	/*
	 * As a client: the name before DNS (RFC 5922 4): what is sent as SNI (when it is no address) and must be in the server's
	 * certificate, as a SIP URI or a DNS name (7.1, 7.2); an address as an iPAddress name.
	 */
	struct sip_str name;
	/* As a client: whose earlier sessions may be resumed: the name with this. As a DTLS server: what a cookie is bound to. */
	const struct sip_addr *peer;
	size_t mtu;                      /* DTLS: of one datagram's payload, 256 … 16,384: 1,200 */
};
void sip_tls_session_options_init(struct sip_tls_session_options *o);
/* INVAL: a client that calls nobody, a server with no certificate to show, of DTLS without a peer, an mtu that cannot be. NOMEM. */
enum sip_err sip_tls_session_create(const struct sip_tls_session_options *o, struct sip_tls_session **out) SIP_MUST_USE;
void sip_tls_session_destroy(struct sip_tls_session **s);

/*
 * What came from the peer, lent until the next call of _handshake or _read has returned AGAIN: call them until they do, and
 * nothing of it is left. A datagram, for DTLS.
 */
void sip_tls_session_feed(struct sip_tls_session *s, struct sip_str bytes);
/*
 * One step of the handshake. OK: done, and the peer is who it must be; AGAIN: it waits for the peer. Otherwise it has failed:
 * SYNTAX (that is no TLS), DENIED (a certificate or name that is not accepted), UNSUPPORTED (no version or cipher in common),
 * CLOSED, NOMEM; an alert may be in _out (none for who speaks no TLS at all). sip_tls_session_why has the sentence.
 */
enum sip_err sip_tls_session_handshake(struct sip_tls_session *s) SIP_MUST_USE;
bool sip_tls_session_is_up(const struct sip_tls_session *s);
/* Plain bytes into room. AGAIN: nothing more; CLOSED: the peer has sent its end; else it is broken. */
enum sip_err sip_tls_session_read(struct sip_tls_session *s, char *room, size_t len, size_t *n) SIP_MUST_USE;
/* All of it is coded into _out. One datagram, for DTLS: LIMIT when it fits into none. STATE before the handshake is done. */
enum sip_err sip_tls_session_write(struct sip_tls_session *s, struct sip_str bytes) SIP_MUST_USE;
/* Our end: an alert in _out. */
void sip_tls_session_close(struct sip_tls_session *s);
/*
 * What must go to the peer, in order; lent until the next call on s. `took` says how much went. For DTLS one datagram at a
 * time, and took(all of it) brings the next. Memory is kept only while there is something.
 */
struct sip_str sip_tls_session_out(const struct sip_tls_session *s);
void sip_tls_session_took(struct sip_tls_session *s, size_t n);

/* ---- who the peer is (after the handshake) ----------------------------------------------------------------------- */
bool sip_tls_session_has_certificate(const struct sip_tls_session *s); /* one that was verified */
/* Is that certificate good for this SIP domain? (RFC 5922 7.1, 7.2) */
bool sip_tls_session_is_peer(const struct sip_tls_session *s, struct sip_str domain);
/* The n-th identity of it: a SIP domain of a URI in subjectAltName, or a DNS name (5922 7.1); false: there are no more. */
bool sip_tls_session_identity(const struct sip_tls_session *s, size_t n, struct sip_buf *out);
/* Why it failed, a sentence; "" while it has not. Lent. */
const char *sip_tls_session_why(const struct sip_tls_session *s);
/* "TLSv1.3", and the cipher's name; "" before. */
const char *sip_tls_session_version(const struct sip_tls_session *s);
const char *sip_tls_session_cipher(const struct sip_tls_session *s);
bool sip_tls_session_is_resumed(const struct sip_tls_session *s);

/* ---- DTLS: what a server does before it spends anything, and the timers ------------------------------------------- */
/*
 * A datagram from a peer there is no session for. OK: it is a ClientHello with a good cookie: create the session (server) and feed it
 * this same datagram. AGAIN: `answer` has the HelloVerifyRequest to send, statelessly. SYNTAX: nothing we know.
 */
enum sip_err sip_dtls_listen(struct sip_tls_context *c, const struct sip_addr *peer, struct sip_str datagram,
			     struct sip_buf *answer) SIP_MUST_USE;
/* Microseconds from now until _on_timer is due; <0: no timer runs. */
int64_t sip_dtls_session_timeout(const struct sip_tls_session *s);
/* Sends the last flight again (into _out) if it is due. TIMEOUT: often enough. */
enum sip_err sip_dtls_session_on_timer(struct sip_tls_session *s) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
