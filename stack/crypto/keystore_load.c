/*
 * Reads a keystore from files. What is wrong with one ends it with a sentence that names the file; the keystore that is in use
 * knows nothing of it. One thread, the caller's; it waits for the disk.
 */
#include "stack/crypto/keystore_priv.h"

#include "stack/crypto/crypto.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_MOST = 8 * 1024 * 1024, CHUNK = 16 * 1024, NAMES_MOST = 1024, FOLDER_MOST = 100000 };

struct load {
	struct sip_keystore *k;
	struct sip_buf *why; /* may be NULL */
	EVP_MD_CTX *trust;   /* owned; takes in the fingerprint of everything trusted */
	bool has_crls;
};

static enum sip_err fail(struct load *l, enum sip_err err, const char *path, const char *what)
{
	/* Whatever OpenSSL wanted to say is said by us. */
	unsigned long reason = ERR_peek_last_error();
	ERR_clear_error();
	if (ERR_GET_REASON(reason) == ERR_R_MALLOC_FAILURE)
		err = SIP_E_NOMEM;
	if (l->why)
		sip_buf_putf(l->why, "%s: %s", path, err == SIP_E_NOMEM ? sip_err_text(err) : what);
	return err;
}

/* ---- files ------------------------------------------------------------------------------------------------------------- */

static void done_with(struct sip_buf *b)
{
	if (b->p)
		sip_crypto_wipe(b->p, b->cap);
	sip_buf_fini(b);
}

/* Twice the room, and what it leaves is wiped: a buffer that grows by itself leaves a key in memory that is anybody's. */
static enum sip_err widen(struct sip_buf *b)
{
	struct sip_buf wider;
	sip_buf_init(&wider, FILE_MOST);
	if (!sip_buf_reserve(&wider, b->cap > 0 ? b->cap * 2 : CHUNK))
		return wider.err == SIP_E_LIMIT ? SIP_E_TOOBIG : wider.err;
	sip_buf_put_str(&wider, sip_buf_str(b));
	done_with(b);
	*b = wider;
	return SIP_OK;
}

static enum sip_err read_all(int fd, struct sip_buf *into)
{
	enum sip_err err = SIP_OK;
	for (;;) {
		if (into->len == into->cap && (err = widen(into)) != SIP_OK)
			return err;
		ssize_t n = read(fd, into->p + into->len, into->cap - into->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sip_err_from_errno(errno);
		if (n == 0)
			return SIP_OK;
		sip_buf_advance(into, (size_t)n);
	}
}

/* into: not initialised; what is read may be a key, so it goes by done_with. */
static enum sip_err read_file(struct load *l, const char *path, struct sip_buf *into)
{
	sip_buf_init(into, FILE_MOST);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum sip_err err = fd < 0 ? sip_err_from_errno(errno) : read_all(fd, into);
	if (fd >= 0)
		close(fd);
	return err == SIP_OK ? SIP_OK : fail(l, err, path, sip_err_text(err));
}

static BIO *bio_of(const struct sip_buf *b)
{
	return BIO_new_mem_buf(b->len > 0 ? b->p : "", (int)b->len);
}

static bool is_end_of_pem(void)
{
	unsigned long reason = ERR_peek_last_error();
	return ERR_GET_LIB(reason) == ERR_LIB_PEM && ERR_GET_REASON(reason) == PEM_R_NO_START_LINE;
}

/* OpenSSL asks the terminal when nobody answers. */
static int on_passphrase(char *room, int size, int is_writing, void *arg)
{
	struct sip_str z = sip_str_of(arg);
	(void)is_writing;
	if (z.len == 0 || z.len > (size_t)size)
		return -1;
	memcpy(room, z.p, z.len);
	return (int)z.len;
}

/* ---- certificates ------------------------------------------------------------------------------------------------------ */

/* All in a PEM file, at least one. */
static enum sip_err read_certificates(struct load *l, const char *path, STACK_OF(X509) **out)
{
	struct sip_buf pem;
	X509 *one;
	STACK_OF(X509) *all = NULL;
	enum sip_err err = read_file(l, path, &pem);
	if (err != SIP_OK) {
		done_with(&pem);
		return err;
	}
	BIO *bio = bio_of(&pem);
	all = sk_X509_new_null();
	ERR_clear_error();
	while (bio && all && (one = PEM_read_bio_X509(bio, NULL, on_passphrase, NULL)) != NULL) {
		if (sk_X509_push(all, one) > 0)
			continue;
		X509_free(one);
		break;
	}
	if (!bio || !all)
		err = fail(l, SIP_E_NOMEM, path, "");
	else if (!is_end_of_pem())
		err = fail(l, SIP_E_SYNTAX, path, "not a certificate in PEM");
	else if (sk_X509_num(all) == 0)
		err = fail(l, SIP_E_SYNTAX, path, "there is no certificate in it");
	ERR_clear_error();
	BIO_free(bio);
	done_with(&pem);
	if (err != SIP_OK)
		sk_X509_pop_free(all, X509_free);
	else
		*out = all;
	return err;
}

static bool take_in(struct load *l, const X509 *cert)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	return X509_digest(cert, EVP_sha256(), hash, &len) == 1 && EVP_DigestUpdate(l->trust, hash, len) == 1;
}

static enum sip_err load_authority(struct load *l, const char *path)
{
	STACK_OF(X509) *all = NULL;
	enum sip_err err = read_certificates(l, path, &all);
	for (int i = 0; err == SIP_OK && i < sk_X509_num(all); i++) {
		X509 *cert = sk_X509_value(all, i);
		if (X509_STORE_add_cert(l->k->store, cert) != 1 || !take_in(l, cert))
			err = fail(l, SIP_E_NOMEM, path, "");
	}
	sk_X509_pop_free(all, X509_free);
	return err;
}

static enum sip_err load_crl(struct load *l, const char *path)
{
	struct sip_buf pem;
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	X509_CRL *one = NULL;
	size_t count = 0;
	enum sip_err err = read_file(l, path, &pem);
	BIO *bio = err == SIP_OK ? bio_of(&pem) : NULL;
	ERR_clear_error();
	while (bio && err == SIP_OK && (one = PEM_read_bio_X509_CRL(bio, NULL, on_passphrase, NULL)) != NULL) {
		if (X509_STORE_add_crl(l->k->store, one) != 1 || X509_CRL_digest(one, EVP_sha256(), hash, &len) != 1 ||
		    EVP_DigestUpdate(l->trust, hash, len) != 1)
			err = fail(l, SIP_E_NOMEM, path, "");
		X509_CRL_free(one);
		count++;
	}
	if (bio && err == SIP_OK && !is_end_of_pem())
		err = fail(l, SIP_E_SYNTAX, path, "not a revocation list in PEM");
	else if (bio && err == SIP_OK && count == 0)
		err = fail(l, SIP_E_SYNTAX, path, "there is no revocation list in it");
	else if (!bio && err == SIP_OK)
		err = fail(l, SIP_E_NOMEM, path, "");
	ERR_clear_error();
	BIO_free(bio);
	done_with(&pem);
	l->has_crls = true;
	return err;
}

/* ---- pairs ------------------------------------------------------------------------------------------------------------- */

static enum sip_err load_key(struct load *l, struct sip__pair *p, const char *path, const char *passphrase)
{
	union { const char *text; void *arg; } lent = { passphrase };
	struct sip_buf pem;
	enum sip_err err = read_file(l, path, &pem);
	BIO *bio = err == SIP_OK ? bio_of(&pem) : NULL;
	ERR_clear_error();
	if (bio)
		p->key = PEM_read_bio_PrivateKey(bio, NULL, on_passphrase, lent.arg);
	if (err == SIP_OK && !bio)
		err = fail(l, SIP_E_NOMEM, path, "");
	else if (err == SIP_OK && !p->key && !memmem(pem.p, pem.len, "PRIVATE KEY-----", 16))
		err = fail(l, SIP_E_SYNTAX, path, "there is no private key in it");
	else if (err == SIP_OK && !p->key)
		err = fail(l, SIP_E_SYNTAX, path, passphrase ? "the private key cannot be read; is the passphrase right?" :
							       "the private key cannot be read; does it need a passphrase?");
	else if (err == SIP_OK && X509_check_private_key(p->certificate, p->key) != 1)
		err = fail(l, SIP_E_INVAL, path, "the private key is not that of the certificate");
	ERR_clear_error();
	BIO_free(bio);
	done_with(&pem);
	return err;
}

/* What is wrong with a response we are to staple, or NULL. It must speak of our certificate; its signature others check. */
static const char *check_ocsp(struct sip__pair *p, OCSP_BASICRESP *basic)
{
	ASN1_INTEGER *serial = NULL;
	ASN1_GENERALIZEDTIME *from = NULL, *until = NULL;
	for (int i = 0; i < OCSP_resp_count(basic); i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
		union { const OCSP_CERTID *known; OCSP_CERTID *id; } c = { OCSP_SINGLERESP_get0_id(single) };
		OCSP_id_get0_info(NULL, NULL, NULL, &serial, c.id);
		if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(p->certificate)) != 0)
			continue;
		(void)OCSP_single_get0_status(single, NULL, NULL, &from, &until);
		p->ocsp_until = until ? sip__cert_time_of(until) : sip__cert_time_of(from) + SIP__STAPLE_AGE_MOST;
		return NULL;
	}
	return "the OCSP response is about another certificate";
}

static enum sip_err load_ocsp(struct load *l, struct sip__pair *p, const char *path)
{
	enum sip_err err = read_file(l, path, &p->ocsp);
	if (err != SIP_OK)
		return err;
	const unsigned char *at = (const unsigned char *)p->ocsp.p;
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)p->ocsp.len);
	OCSP_BASICRESP *basic = NULL;
	if (!response)
		err = fail(l, SIP_E_SYNTAX, path, "not an OCSP response");
	else if (OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL || !(basic = OCSP_response_get1_basic(response)))
		err = fail(l, SIP_E_SYNTAX, path, "the OCSP response gives no answer");
	const char *trouble = basic ? check_ocsp(p, basic) : NULL;
	if (trouble)
		err = fail(l, SIP_E_INVAL, path, trouble);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	ERR_clear_error();
	return err;
}

/* One domain, or several with blanks between them. */
static enum sip_err add_domains(struct load *l, struct sip__pair *p, struct sip_str domains)
{
	struct sip_str name;
	enum sip_err err = SIP_OK;
	while (err == SIP_OK && sip_str_cut(&domains, ' ', &name))
		err = sip__keystore_add_name(l->k, p, name);
	return err;
}

static enum sip_err add_names_inside(struct load *l, struct sip__pair *p)
{
	struct sip_buf name;
	enum sip_err err = SIP_OK;
	sip_buf_init(&name, 0);
	for (size_t i = 0; i < NAMES_MOST && err == SIP_OK; i++, sip_buf_clear(&name)) {
		if (!sip__cert_shown_name(p->certificate, i, &name))
			break;
		err = name.err == SIP_OK ? sip__keystore_add_name(l->k, p, sip_buf_str(&name)) : name.err;
	}
	sip_buf_fini(&name);
	return err;
}

static void note_end(struct sip_keystore *k, const X509 *cert)
{
	int64_t end = sip__cert_time_of(X509_get0_notAfter(cert));
	if (end >= 0 && (k->expires == 0 || end < k->expires))
		k->expires = end;
}

/* `is_found_inside`: by the names in the certificate too. */
static enum sip_err load_pair(struct load *l, const struct sip_keystore_pair *from, bool is_found_inside)
{
	STACK_OF(X509) *all = NULL;
	struct sip__pair *p = sip_alloc_zero(sizeof(*p));
	if (!p)
		return fail(l, SIP_E_NOMEM, from->certificate, "");
	/* From here on it goes with the keystore. */
	sip_list_add_tail(&l->k->pairs, &p->link);
	p->path = sip_strdup(from->certificate, strlen(from->certificate));
	if (!p->path)
		return fail(l, SIP_E_NOMEM, from->certificate, "");
	enum sip_err err = read_certificates(l, from->certificate, &all);
	if (err != SIP_OK)
		return err;
	p->certificate = sk_X509_shift(all);
	p->chain = all;
	note_end(l->k, p->certificate);
	err = load_key(l, p, from->key ? from->key : from->certificate, from->passphrase);
	if (err == SIP_OK && from->ocsp)
		err = load_ocsp(l, p, from->ocsp);
	if (err != SIP_OK)
		return err;
	if (from->domain)
		err = add_domains(l, p, sip_str_of(from->domain));
	if (err == SIP_OK && is_found_inside)
		err = add_names_inside(l, p);
	return err == SIP_OK ? SIP_OK : fail(l, err, from->certificate, sip_err_text(err));
}

/* ---- folders ----------------------------------------------------------------------------------------------------------- */

/* The names in a folder, in order, each with its zero, so that the same folder always gives the same keystore. */
struct names {
	char **all; /* owned, and each */
	size_t count;
	size_t room;
};

static void free_names(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		sip_free(n->all[i]);
	sip_free(n->all);
}

static bool add_name(struct names *n, const char *name)
{
	if (n->count == n->room) {
		size_t room = n->room ? n->room * 2 : 16;
		char **all = sip_realloc(n->all, room * sizeof(*all));
		if (!all)
			return false;
		n->all = all;
		n->room = room;
	}
	n->all[n->count] = sip_strdup(name, strlen(name));
	return n->all[n->count] && ++n->count > 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum sip_err list_folder(struct load *l, const char *folder, struct names *n)
{
	struct dirent *e;
	enum sip_err err = SIP_OK;
	*n = (struct names){ .count = 0 };
	DIR *d = opendir(folder);
	if (!d) {
		err = sip_err_from_errno(errno);
		return fail(l, err, folder, sip_err_text(err));
	}
	while (err == SIP_OK && (e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.' && !add_name(n, e->d_name))
			err = fail(l, SIP_E_NOMEM, folder, "");
		if (n->count > FOLDER_MOST)
			err = fail(l, SIP_E_LIMIT, folder, "more than 100,000 files");
	}
	closedir(d);
	if (n->count > 0)
		qsort(n->all, n->count, sizeof(*n->all), compare);
	return err;
}

/* "FOLDER/BEFORENAMEAFTER"; NULL: no memory. */
static char *path_of(const char *folder, const char *before, struct sip_str name, const char *after)
{
	struct sip_buf b;
	sip_buf_init(&b, 0);
	sip_buf_putf(&b, "%s/%s%.*s%s", folder, before, SIP_STR_ARG(name), after);
	sip_buf_put_char(&b, '\0');
	char *path = sip_buf_take(&b, NULL);
	sip_buf_fini(&b);
	return path;
}

static bool is_certificate_file(struct sip_str name)
{
	return sip_str_ends_nocase(name, SIP_STR(".pem")) || sip_str_ends_nocase(name, SIP_STR(".crt"));
}

/* `is_ours`: a file nobody can read is told; else, in what the system keeps, passed over. */
static enum sip_err load_authority_folder(struct load *l, const char *folder, bool is_ours)
{
	struct names n;
	enum sip_err err = list_folder(l, folder, &n);
	for (size_t i = 0; err == SIP_OK && i < n.count; i++) {
		if (!is_certificate_file(sip_str_of(n.all[i])))
			continue;
		char *path = path_of(folder, "", sip_str_of(n.all[i]), "");
		err = path ? load_authority(l, path) : fail(l, SIP_E_NOMEM, folder, "");
		if (!is_ours && err != SIP_OK && err != SIP_E_NOMEM) {
			err = SIP_OK;
			if (l->why)
				sip_buf_clear(l->why);
		}
		sip_free(path);
	}
	free_names(&n);
	return err;
}

static enum sip_err load_system_authorities(struct load *l)
{
	const char *folder = getenv(X509_get_default_cert_dir_env());
	const char *file = getenv(X509_get_default_cert_file_env());
	if (!file)
		file = X509_get_default_cert_file();
	enum sip_err err = access(file, R_OK) == 0 ? load_authority(l, file) : SIP_OK;
	if (err == SIP_OK)
		err = load_authority_folder(l, folder ? folder : X509_get_default_cert_dir(), false);
	return err;
}

/* "domain_cert_NAME.pem" with its key and its OCSP response, if they are there. */
static enum sip_err load_domain(struct load *l, const char *folder, struct sip_str name)
{
	char *domain = sip_strdup(name.p, name.len);
	char *certificate = path_of(folder, "domain_cert_", name, ".pem");
	char *key = path_of(folder, "domain_key_", name, ".pem");
	char *ocsp = path_of(folder, "domain_ocsp_", name, ".der");
	enum sip_err err = SIP_E_NOMEM;
	if (domain && certificate && key && ocsp) {
		struct sip_keystore_pair p = { .domain = domain, .certificate = certificate };
		p.key = access(key, F_OK) == 0 ? key : NULL;
		p.ocsp = access(ocsp, F_OK) == 0 ? ocsp : NULL;
		err = load_pair(l, &p, true);
	}
	sip_free(domain);
	sip_free(certificate);
	sip_free(key);
	sip_free(ocsp);
	return err;
}

static enum sip_err load_folder(struct load *l, const char *folder)
{
	const struct sip_str root = SIP_STR("root_cert_"), domain = SIP_STR("domain_cert_"), pem = SIP_STR(".pem");
	struct names n;
	enum sip_err err = list_folder(l, folder, &n);
	for (size_t i = 0; err == SIP_OK && i < n.count; i++) {
		struct sip_str name = sip_str_of(n.all[i]);
		if (!sip_str_ends_nocase(name, pem))
			continue;
		if (sip_str_starts_nocase(name, domain)) {
			name = sip_str_from(name, domain.len);
			err = load_domain(l, folder, sip_str_make(name.p, name.len - pem.len));
		} else if (sip_str_starts_nocase(name, root)) {
			char *path = path_of(folder, "", name, "");
			err = path ? load_authority(l, path) : SIP_E_NOMEM;
			sip_free(path);
		}
	}
	free_names(&n);
	return err;
}

/* ---- all of it --------------------------------------------------------------------------------------------------------- */

static enum sip_err load_trust(struct load *l, const struct sip_keystore_options *o)
{
	enum sip_err err = SIP_OK;
	for (size_t i = 0; err == SIP_OK && i < o->authority_count; i++)
		err = load_authority(l, o->authorities[i]);
	for (size_t i = 0; err == SIP_OK && i < o->authority_folder_count; i++)
		err = load_authority_folder(l, o->authority_folders[i], true);
	if (err == SIP_OK && o->has_system_authorities)
		err = load_system_authorities(l);
	for (size_t i = 0; err == SIP_OK && i < o->crl_count; i++)
		err = load_crl(l, o->crls[i]);
	return err;
}

static enum sip_err load_all(struct load *l, const struct sip_keystore_options *o)
{
	unsigned int len = 0;
	enum sip_err err = SIP_OK;
	for (size_t i = 0; err == SIP_OK && i < o->pair_count; i++)
		err = load_pair(l, &o->pairs[i], !o->pairs[i].domain);
	if (err == SIP_OK)
		err = load_trust(l, o);
	if (err == SIP_OK && o->folder)
		err = load_folder(l, o->folder);
	if (err == SIP_OK && EVP_DigestFinal_ex(l->trust, l->k->trust, &len) != 1)
		err = SIP_E_NOMEM;
	if (err == SIP_OK && l->has_crls)
		X509_STORE_set_flags(l->k->store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	return err;
}

void sip_keystore_options_init(struct sip_keystore_options *o)
{
	*o = (struct sip_keystore_options){ .pair_count = 0 };
}

enum sip_err sip_keystore_load(const struct sip_keystore_options *o, struct sip_buf *why, struct sip_keystore **out)
{
	struct load l = { .why = why };
	enum sip_err err = sip__keystore_create(&l.k);
	if (err != SIP_OK)
		return err;
	l.trust = EVP_MD_CTX_new();
	if (!l.trust || EVP_DigestInit_ex(l.trust, EVP_sha256(), NULL) != 1)
		err = SIP_E_NOMEM;
	if (err == SIP_OK)
		err = load_all(&l, o);
	EVP_MD_CTX_free(l.trust);
	if (err != SIP_OK)
		sip_keystore_unref(&l.k);
	else
		*out = l.k;
	return err;
}
