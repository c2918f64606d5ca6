/* Two sessions with a wire of memory between them: what one has out is fed to the other, in pieces of any size. */
#ifndef TESTS_UNIT_STACK_CRYPTO_DUO_H
#define TESTS_UNIT_STACK_CRYPTO_DUO_H

#include "stack/crypto/tls.h"
#include "tests/support/certs.h"
#include "tests/support/unit.h"

/* One side: its session, what it answered last, and the plain bytes that came. */
struct duo_end {
	struct sip_tls_session *s;
	enum sip_err err; /* of the last handshake or read; OK or AGAIN while it is well */
	struct sip_buf plain;
};
struct duo {
	struct sip_tls_context *for_client; /* counted */
	struct sip_tls_context *for_server; /* counted */
	struct duo_end client;
	struct duo_end server;
	size_t piece; /* bytes fed at once; 0: all there is */
};

/* A context over these: `pair` (NULL: none; else the name of a leaf of the certs) and the authority "root". */
struct duo_trust {
	const char *pair;
	const char *second;    /* NULL: none */
	const char *authority; /* NULL: "root" */
	const char *crl;       /* NULL: none */
	const char *ocsp;      /* of the pair; NULL: none */
};
enum sip_err duo_keystore(struct certs *c, const struct duo_trust *t, struct sip_keystore **out) SIP_MUST_USE;
/* o's keystore is filled in. */
enum sip_err duo_context(struct certs *c, const struct duo_trust *t, struct sip_tls_options *o, struct sip_tls_context *before,
			 struct sip_tls_context **out) SIP_MUST_USE;

void duo_init(struct duo *d);
/* Both sessions; the client calls `name`. */
enum sip_err duo_open(struct duo *d, const char *name) SIP_MUST_USE;
/* Only the sessions. */
void duo_close(struct duo *d);
void duo_fini(struct duo *d);
/* Until nobody has anything to say; NOMEM if memory ended somewhere, OK whatever else came of it. */
enum sip_err duo_pump(struct duo *d) SIP_MUST_USE;
/* Feeds one side and lets it work until it needs more. */
void duo_feed(struct duo_end *e, struct sip_str bytes);
/* Opens and pumps. */
enum sip_err duo_connect(struct duo *d, const char *name) SIP_MUST_USE;
/* Both are up. */
bool duo_is_up(const struct duo *d);

#endif
