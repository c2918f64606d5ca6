/* Certificates for tests, by OpenSSL's own hands. Its memory is not counted: nothing here is under test. */
#include "tests/support/certs.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MADE_MOST = 64, PATHS_MOST = 512, NAME_MOST = 64, PATH_SIZE = 512, DAY = 24 * 60 * 60 };

struct made {
	char name[NAME_MOST];
	X509 *cert;
	EVP_PKEY *key;
	struct made *issuer;
};
struct certs {
	char folder[PATH_SIZE / 2];
	struct made made[MADE_MOST];
	size_t count;
	char *paths[PATHS_MOST];
	size_t path_count;
	long serial;
};

#define NEED(x) need((x), #x, __LINE__)
static void need(bool holds, const char *what, int line)
{
	if (holds)
		return;
	fprintf(stderr, "tests/support/certs.c:%d: %s\n", line, what);
	abort();
}

struct certs *certs_create(void)
{
	struct certs *c = calloc(1, sizeof(*c));
	const char *tmp = getenv("TMPDIR");
	NEED(c != NULL);
	snprintf(c->folder, sizeof c->folder, "%s/certs-XXXXXX", tmp ? tmp : "/tmp");
	NEED(mkdtemp(c->folder) != NULL);
	return c;
}

static void remove_files(struct certs *c)
{
	struct dirent *e;
	DIR *d = opendir(c->folder);
	NEED(d != NULL);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			unlink(certs_path(c, e->d_name));
	closedir(d);
	rmdir(c->folder);
}

void certs_destroy(struct certs **pc)
{
	struct certs *c = *pc;
	*pc = NULL;
	if (!c)
		return;
	remove_files(c);
	for (size_t i = 0; i < c->count; i++) {
		X509_free(c->made[i].cert);
		EVP_PKEY_free(c->made[i].key);
	}
	for (size_t i = 0; i < c->path_count; i++)
		free(c->paths[i]);
	free(c);
}

const char *certs_folder(struct certs *c)
{
	return c->folder;
}

const char *certs_path(struct certs *c, const char *file)
{
	char path[PATH_SIZE];
	snprintf(path, sizeof path, "%s/%s", c->folder, file);
	for (size_t i = 0; i < c->path_count; i++)
		if (strcmp(c->paths[i], path) == 0)
			return c->paths[i];
	NEED(c->path_count < PATHS_MOST);
	c->paths[c->path_count] = strdup(path);
	NEED(c->paths[c->path_count] != NULL);
	return c->paths[c->path_count++];
}

static FILE *open_file(struct certs *c, const char *name, const char *end)
{
	char file[NAME_MOST * 2];
	snprintf(file, sizeof file, "%s%s", name, end);
	FILE *f = fopen(certs_path(c, file), "w");
	NEED(f != NULL);
	return f;
}

void certs_write(struct certs *c, const char *file, const char *text)
{
	FILE *f = open_file(c, file, "");
	NEED(fputs(text, f) >= 0 && fclose(f) == 0);
}

static struct made *find(struct certs *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->made[i].name, name) == 0)
			return &c->made[i];
	need(false, "made before", __LINE__);
	return NULL;
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	NEED(e != NULL && X509_add_ext(cert, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static void name_it(X509 *cert, const struct certs_order *o)
{
	const char *cn = o->cn ? o->cn : o->name;
	X509_NAME *subject = X509_get_subject_name(cert);
	NEED(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0) == 1);
}

static void add_extensions(X509 *cert, const struct made *issuer, const struct certs_order *o)
{
	if (o->is_authority) {
		add_extension(cert, issuer->cert, NID_basic_constraints, "critical,CA:TRUE");
		add_extension(cert, issuer->cert, NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature");
	}
	add_extension(cert, issuer->cert, NID_subject_key_identifier, "hash");
	if (o->san)
		add_extension(cert, issuer->cert, NID_subject_alt_name, o->san);
	if (o->eku)
		add_extension(cert, issuer->cert, NID_ext_key_usage, o->eku);
}

static void write_files(struct certs *c, const struct made *m, const char *passphrase)
{
	FILE *f = open_file(c, m->name, ".pem");
	NEED(PEM_write_X509(f, m->cert) == 1);
	/* The chain up to the root, which the other side has. */
	for (const struct made *i = m->issuer; i && i->issuer; i = i->issuer)
		NEED(PEM_write_X509(f, i->cert) == 1);
	NEED(fclose(f) == 0);
	f = open_file(c, m->name, ".key");
	const EVP_CIPHER *cipher = passphrase ? EVP_aes_128_cbc() : NULL;
	NEED(PEM_write_PKCS8PrivateKey(f, m->key, cipher, passphrase, passphrase ? (int)strlen(passphrase) : 0, NULL, NULL) == 1);
	NEED(fclose(f) == 0);
}

void certs_make(struct certs *c, const struct certs_order *o)
{
	NEED(c->count < MADE_MOST && strlen(o->name) < NAME_MOST);
	struct made *issuer = o->issuer ? find(c, o->issuer) : NULL;
	struct made *m = &c->made[c->count];
	snprintf(m->name, sizeof m->name, "%s", o->name);
	if (o->key_of) {
		m->key = find(c, o->key_of)->key;
		EVP_PKEY_up_ref(m->key);
	} else {
		m->key = o->rsa_bits ? EVP_RSA_gen(o->rsa_bits) : EVP_EC_gen("P-256");
	}
	m->cert = X509_new();
	NEED(m->key && m->cert);
	m->issuer = issuer;
	X509_set_version(m->cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(m->cert), ++c->serial);
	X509_gmtime_adj(X509_getm_notBefore(m->cert), (o->from_days ? o->from_days : -1) * (long)DAY);
	X509_gmtime_adj(X509_getm_notAfter(m->cert), (o->until_days ? o->until_days : 365) * (long)DAY);
	NEED(X509_set_pubkey(m->cert, m->key) == 1);
	name_it(m->cert, o);
	const struct made *signer = issuer ? issuer : m;
	NEED(X509_set_issuer_name(m->cert, X509_get_subject_name(signer->cert)) == 1);
	add_extensions(m->cert, signer, o);
	NEED(X509_sign(m->cert, signer->key, EVP_sha256()) > 0);
	c->count++;
	write_files(c, m, o->passphrase);
}

void certs_authority(struct certs *c, const char *name)
{
	struct certs_order o = { .name = name, .is_authority = true };
	certs_make(c, &o);
}

void certs_leaf(struct certs *c, const char *name, const char *issuer, const char *san)
{
	struct certs_order o = { .name = name, .issuer = issuer, .san = san, .eku = "serverAuth,clientAuth" };
	certs_make(c, &o);
}

void certs_crl(struct certs *c, const char *issuer, const char *revoked, int until_days)
{
	struct made *by = find(c, issuer);
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = X509_gmtime_adj(NULL, -2 * (long)DAY);
	ASN1_TIME *until = X509_gmtime_adj(NULL, until_days * (long)DAY);
	NEED(crl && from && until && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1);
	NEED(X509_CRL_set_issuer_name(crl, X509_get_subject_name(by->cert)) == 1);
	NEED(X509_CRL_set1_lastUpdate(crl, from) == 1 && X509_CRL_set1_nextUpdate(crl, until) == 1);
	if (revoked) {
		X509_REVOKED *r = X509_REVOKED_new();
		NEED(X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(find(c, revoked)->cert)) == 1);
		NEED(X509_REVOKED_set_revocationDate(r, from) == 1 && X509_CRL_add0_revoked(crl, r) == 1);
	}
	NEED(X509_CRL_sign(crl, by->key, EVP_sha256()) > 0);
	FILE *f = open_file(c, issuer, ".crl");
	NEED(PEM_write_X509_CRL(f, crl) == 1 && fclose(f) == 0);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	X509_CRL_free(crl);
}

void certs_ocsp(struct certs *c, const char *name, const char *issuer, const char *signer, enum certs_status status, int until_days)
{
	static const int states[] = { V_OCSP_CERTSTATUS_GOOD, V_OCSP_CERTSTATUS_REVOKED, V_OCSP_CERTSTATUS_UNKNOWN };
	struct made *by = find(c, signer);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha256(), find(c, name)->cert, find(c, issuer)->cert);
	ASN1_TIME *from = X509_gmtime_adj(NULL, -2 * (long)DAY);
	ASN1_TIME *until = until_days ? X509_gmtime_adj(NULL, until_days * (long)DAY) : NULL;
	NEED(basic && id && from && (until || !until_days));
	ASN1_TIME *when = status == CERTS_REVOKED ? from : NULL;
	NEED(OCSP_basic_add1_status(basic, id, states[status], when ? OCSP_REVOKED_STATUS_KEYCOMPROMISE : 0, when, from, until) != NULL);
	NEED(OCSP_basic_sign(basic, by->cert, by->key, EVP_sha256(), NULL, 0) == 1);
	OCSP_RESPONSE *response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	unsigned char *der = NULL;
	int len = i2d_OCSP_RESPONSE(response, &der);
	FILE *f = open_file(c, name, ".der");
	NEED(len > 0 && fwrite(der, 1, (size_t)len, f) == (size_t)len && fclose(f) == 0);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
}
