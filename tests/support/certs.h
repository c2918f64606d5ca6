/*
 * Certificates for tests, made while they run: authorities, leaves, revocation lists and OCSP responses, with P-256 keys, as
 * files in a temporary folder that goes with it. What is asked for wrongly ends the program. One thread.
 */
#ifndef TESTS_SUPPORT_CERTS_H
#define TESTS_SUPPORT_CERTS_H

#include <stdbool.h>

struct certs;

struct certs_order {
	const char *name;      /* of the files: NAME.pem (with its chain), NAME.key; and the common name if there is no `cn` */
	const char *issuer;    /* the authority's name; NULL: itself */
	const char *cn;
	const char *san;       /* "URI:sip:example.com,DNS:example.com,IP:192.0.2.1" in OpenSSL's words; NULL: none */
	const char *eku;       /* "serverAuth,clientAuth,1.3.6.1.5.5.7.3.20"; NULL: no such extension */
	bool is_authority;
	int from_days;         /* from now: -1 */
	int until_days;        /* from now: 365 */
	const char *key_of;    /* take the key of this one; NULL: a key of its own */
	unsigned rsa_bits;      /* an RSA key of so many; 0: P-256 */
	const char *passphrase; /* of the key's file; NULL: none */
};
enum certs_status { CERTS_GOOD, CERTS_REVOKED, CERTS_UNKNOWN };

struct certs *certs_create(void);
void certs_destroy(struct certs **c);
/* Full paths; lent until c is destroyed. "leaf.pem", "root.crl", or any name for a test's own file. */
const char *certs_path(struct certs *c, const char *file);
const char *certs_folder(struct certs *c);
void certs_write(struct certs *c, const char *file, const char *text);

void certs_make(struct certs *c, const struct certs_order *o);
/* For most: an authority signed by nobody, and a leaf with these names for both roles. */
void certs_authority(struct certs *c, const char *name);
void certs_leaf(struct certs *c, const char *name, const char *issuer, const char *san);
/* NAME.crl of this authority: `revoked` (NULL: nobody) is on it; good until the day. */
void certs_crl(struct certs *c, const char *issuer, const char *revoked, int until_days);
/* NAME.der: what `signer` (the issuer, as a rule) says of the certificate NAME, since two days; 0: it does not say until when. */
void certs_ocsp(struct certs *c, const char *name, const char *issuer, const char *signer, enum certs_status status, int until_days);

#endif
