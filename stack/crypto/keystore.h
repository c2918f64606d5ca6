/*
 * Certificates, keys, authorities and revocation lists, read from files once: a keystore is an immutable snapshot. To reload is to
 * load another and put it in the first one's place; a broken file changes nothing. Counted; any thread.
 */
#ifndef STACK_CRYPTO_KEYSTORE_H
#define STACK_CRYPTO_KEYSTORE_H

#include "stack/base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_keystore;

struct sip_keystore_pair {        /* who we are in one domain */
	const char *domain;       /* names it is shown for, blanks between them; NULL: those in the certificate's subjectAltName (RFC 5922 4) */
	const char *certificate;  /* PEM: the certificate, then its chain */
	const char *key;          /* PEM; NULL: in the certificate's file */
	const char *passphrase;   /* of the key; NULL: none */
	const char *ocsp;         /* DER: an OCSP response to be stapled; NULL: none */
};
struct sip_keystore_options {     /* all lent for the call; paths; NULL or 0: none */
	const struct sip_keystore_pair *pairs; /* the first is shown to who names no domain, or one that is not here */
	size_t pair_count;
	const char *const *authorities; /* PEM files of trusted authorities … */
	size_t authority_count;
	const char *const *authority_folders; /* … every *.pem and *.crt in these … */
	size_t authority_folder_count;
	bool has_system_authorities;    /* … and those the system trusts */
	const char *const *crls;        /* PEM files of revocation lists; if there is any, every certificate of a chain is looked up */
	size_t crl_count;
	/* As reSIProcate's CertificatePath: root_cert_*.pem, domain_cert_NAME.pem with domain_key_NAME.pem (and domain_ocsp_NAME.der). */
	const char *folder;
};
void sip_keystore_options_init(struct sip_keystore_options *o);
/*
 * Reads everything; NOTFOUND, DENIED (a file), SYNTAX (what is in it), INVAL (a key that is not the certificate's), NOMEM, or what
 * the system says of a file. `why` (may be NULL) gets one sentence: which file, and what is the matter with it.
 */
enum sip_err sip_keystore_load(const struct sip_keystore_options *o, struct sip_buf *why, struct sip_keystore **out) SIP_MUST_USE;
void sip_keystore_ref(struct sip_keystore *k);
void sip_keystore_unref(struct sip_keystore **k);
/* Domains there is a pair for: a certificate may name several, and the first pair that names one has it. */
size_t sip_keystore_pairs(const struct sip_keystore *k);
/* Seconds since 1970 at which the first of our certificates expires; 0: there is none. */
int64_t sip_keystore_expires(const struct sip_keystore *k);

#ifdef __cplusplus
}
#endif
#endif
