/* Unit tests of stack/crypto/keystore: what is found by which name, and which file is told to be wrong. */
#include "stack/crypto/crypto_priv.h"
#include "tests/support/certs.h"
#include "tests/support/unit.h"
#include "tests/unit/stack/crypto/freed.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct certs *pki;

static bool is_shown(const struct sip_keystore *k, const char *name, const char *file)
{
	const struct sip__pair *p = sip__keystore_find(k, sip_str_of(name));
	return file ? p && strcmp(p->path, certs_path(pki, file)) == 0 : p == NULL;
}

static enum sip_err test_pair_is_found_exactly_then_by_wildcard(void)
{
	const struct sip_keystore_pair pairs[] = {
		{ .certificate = certs_path(pki, "a.pem"), .key = certs_path(pki, "a.key") },
		{ .certificate = certs_path(pki, "wild.pem"), .key = certs_path(pki, "wild.key") },
		{ .domain = "one.test two.test", .certificate = certs_path(pki, "b.pem"), .key = certs_path(pki, "b.key") },
	};
	static const struct {
		const char *name, *file;
	} cases[] = {
		{ "a.test", "a.pem" },	     { "A.TEST.", "a.pem" },   { "host.a.test", "a.pem" }, { "x.wild.test", "wild.pem" },
		{ "a.wild.test", "a.pem" },  { "wild.test", NULL },    { "x.y.wild.test", NULL },  { "one.test", "b.pem" },
		{ "two.test", "b.pem" },     { "b.test", NULL },       { "", NULL },		   { ".", NULL },
	};
	struct sip_keystore_options o;
	struct sip_keystore *k = NULL;
	enum sip_err err;
	sip_keystore_options_init(&o);
	o.pairs = pairs;
	o.pair_count = SIP_COUNTOF(pairs);
	UNIT_TRY(sip_keystore_load(&o, NULL, &k));
	for (size_t i = 0; i < SIP_COUNTOF(cases); i++)
		UNIT_CHECK(is_shown(k, cases[i].name, cases[i].file));
	UNIT_EQ(sip_keystore_pairs(k), 6);
	UNIT_STR(sip_str_of(sip__keystore_first(k)->path), pairs[0].certificate);
out:
	sip_keystore_unref(&k);
	return err;
}

static enum sip_err test_end_is_that_of_the_first_to_expire(void)
{
	const struct sip_keystore_pair pairs[] = {
		{ .certificate = certs_path(pki, "a.pem"), .key = certs_path(pki, "a.key") },
		{ .certificate = certs_path(pki, "short.pem"), .key = certs_path(pki, "short.key") },
	};
	struct sip_keystore_options o;
	struct sip_keystore *k = NULL;
	int64_t later;
	enum sip_err err;
	sip_keystore_options_init(&o);
	UNIT_TRY(sip_keystore_load(&o, NULL, &k));
	UNIT_EQ(sip_keystore_expires(k), 0);
	UNIT_EQ(sip_keystore_pairs(k), 0);
	sip_keystore_unref(&k);
	o.pairs = pairs;
	o.pair_count = 1;
	UNIT_TRY(sip_keystore_load(&o, NULL, &k));
	later = sip_keystore_expires(k);
	sip_keystore_unref(&k);
	o.pair_count = 2;
	UNIT_TRY(sip_keystore_load(&o, NULL, &k));
	/* 365 days and 5; the two were made within a minute. */
	UNIT_CHECK(later - sip_keystore_expires(k) > 359 * 86400 && later - sip_keystore_expires(k) < 361 * 86400);
out:
	sip_keystore_unref(&k);
	return err;
}

static enum sip_err test_file_when_wrong_is_named(void)
{
	static const struct {
		const char *certificate, *key, *passphrase, *ocsp, *authority, *crl;
		enum sip_err err;
		const char *file, *why;
	} cases[] = {
		{ "none.pem", NULL, NULL, NULL, NULL, NULL, SIP_E_NOTFOUND, "none.pem", "not found" },
		{ "empty", NULL, NULL, NULL, NULL, NULL, SIP_E_SYNTAX, "empty", "there is no certificate in it" },
		{ "text", NULL, NULL, NULL, NULL, NULL, SIP_E_SYNTAX, "text", "there is no certificate in it" },
		{ "cut", NULL, NULL, NULL, NULL, NULL, SIP_E_SYNTAX, "cut", "not a certificate in PEM" },
		{ "a.pem", "b.key", NULL, NULL, NULL, NULL, SIP_E_INVAL, "b.key", "the private key is not that of the certificate" },
		{ "a.pem", NULL, NULL, NULL, NULL, NULL, SIP_E_SYNTAX, "a.pem", "there is no private key in it" },
		{ "a.pem", "none.key", NULL, NULL, NULL, NULL, SIP_E_NOTFOUND, "none.key", "not found" },
		{ "locked.pem", "locked.key", NULL, NULL, NULL, NULL, SIP_E_SYNTAX, "locked.key",
		  "the private key cannot be read; does it need a passphrase?" },
		{ "locked.pem", "locked.key", "wrong", NULL, NULL, NULL, SIP_E_SYNTAX, "locked.key",
		  "the private key cannot be read; is the passphrase right?" },
		{ "locked.pem", "locked.key", "open sesame", NULL, NULL, NULL, SIP_OK, NULL, NULL },
		{ "a.pem", "a.key", NULL, "a.der", NULL, NULL, SIP_OK, NULL, NULL },
		{ "a.pem", "a.key", NULL, "text", NULL, NULL, SIP_E_SYNTAX, "text", "not an OCSP response" },
		{ "b.pem", "b.key", NULL, "a.der", NULL, NULL, SIP_E_INVAL, "a.der", "the OCSP response is about another certificate" },
		{ NULL, NULL, NULL, NULL, "text", NULL, SIP_E_SYNTAX, "text", "there is no certificate in it" },
		{ NULL, NULL, NULL, NULL, "root.pem", "text", SIP_E_SYNTAX, "text", "there is no revocation list in it" },
		{ NULL, NULL, NULL, NULL, "root.pem", "none.crl", SIP_E_NOTFOUND, "none.crl", "not found" },
		{ NULL, NULL, NULL, NULL, "root.pem", "root.crl", SIP_OK, NULL, NULL },
	};
	struct sip_keystore *k = NULL;
	struct sip_buf why, expected;
	enum sip_err err = SIP_OK;
	char text[512], room[512];
	sip_buf_init_fixed(&why, text, sizeof(text));
	for (size_t i = 0; i < SIP_COUNTOF(cases) && err != SIP_E_NOMEM; i++, sip_buf_clear(&why)) {
		const char *authority = cases[i].authority ? certs_path(pki, cases[i].authority) : NULL;
		const char *crl = cases[i].crl ? certs_path(pki, cases[i].crl) : NULL;
		struct sip_keystore_pair pair = { .passphrase = cases[i].passphrase };
		struct sip_keystore_options o;
		sip_keystore_options_init(&o);
		pair.certificate = cases[i].certificate ? certs_path(pki, cases[i].certificate) : NULL;
		pair.key = cases[i].key ? certs_path(pki, cases[i].key) : NULL;
		pair.ocsp = cases[i].ocsp ? certs_path(pki, cases[i].ocsp) : NULL;
		o.pairs = &pair;
		o.pair_count = pair.certificate != NULL;
		o.authorities = &authority;
		o.authority_count = authority != NULL;
		o.crls = &crl;
		o.crl_count = crl != NULL;
		err = sip_keystore_load(&o, &why, &k);
		sip_keystore_unref(&k);
		UNIT_EQ(err, cases[i].err);
		sip_buf_init_fixed(&expected, room, sizeof(room));
		if (cases[i].file)
			sip_buf_putf(&expected, "%s: %s", certs_path(pki, cases[i].file), cases[i].why);
		UNIT_STR(sip_buf_str(&why), sip_buf_z(&expected));
	}
	return err == SIP_E_NOMEM ? err : SIP_OK;
}

static enum sip_err test_file_when_too_large_or_no_file_is_refused(void)
{
	const char *large = certs_path(pki, "large");
	const char *folder = certs_folder(pki); /* not a file */
	struct sip_keystore_options o;
	struct sip_keystore *k = NULL;
	char text[512];
	struct sip_buf why;
	sip_buf_init_fixed(&why, text, sizeof(text));
	sip_keystore_options_init(&o);
	o.authorities = &large;
	o.authority_count = 1;
	UNIT_EQ(truncate(large, 9 * 1024 * 1024), 0);
	UNIT_EQ(sip_keystore_load(&o, &why, &k), SIP_E_TOOBIG);
	UNIT_CHECK(sip_str_ends_nocase(sip_buf_str(&why), SIP_STR("large: too large")));
	o.authorities = &folder;
	UNIT_CHECK(sip_keystore_load(&o, NULL, &k) != SIP_OK);
	UNIT_CHECK(k == NULL);
	return SIP_OK;
}

static enum sip_err test_folder_is_read_as_resiprocate_names_its_files(void)
{
	struct sip_keystore_options o;
	struct sip_keystore *k = NULL;
	enum sip_err err;
	sip_keystore_options_init(&o);
	o.folder = certs_folder(pki);
	UNIT_TRY(sip_keystore_load(&o, NULL, &k));
	UNIT_CHECK(is_shown(k, "x.test", "domain_cert_x.test.pem"));
	UNIT_CHECK(is_shown(k, "by-name.test", "domain_cert_by-name.test.pem"));
	UNIT_CHECK(is_shown(k, "a.test", NULL));
	UNIT_CHECK(sip__keystore_find(k, SIP_STR("x.test"))->ocsp.len > 0);
	UNIT_EQ(sip__keystore_find(k, SIP_STR("by-name.test"))->ocsp.len, 0);
	/* In the order of their names. */
	UNIT_CHECK(sip__keystore_first(k) == sip__keystore_find(k, SIP_STR("by-name.test")));
	sip_keystore_unref(&k);
	o.folder = certs_path(pki, "no-such-folder");
	err = sip_keystore_load(&o, NULL, &k);
	UNIT_EQ(err, SIP_E_NOTFOUND);
	err = err == SIP_E_NOMEM ? err : SIP_OK;
out:
	sip_keystore_unref(&k);
	return err;
}

static enum sip_err test_authorities_of_a_folder_and_the_system_are_trusted(void)
{
	const char *folder = certs_path(pki, "domain-authorities");
	struct sip_keystore_options o;
	struct sip_keystore *k = NULL, *other = NULL;
	enum sip_err err;
	sip_keystore_options_init(&o);
	o.authority_folders = &folder;
	o.authority_folder_count = 1;
	UNIT_TRY(sip_keystore_load(&o, NULL, &k));
	UNIT_EQ(sk_X509_OBJECT_num(X509_STORE_get0_objects(sip__keystore_store(k))), 2);
	UNIT_TRY(sip_keystore_load(&o, NULL, &other));
	UNIT_CHECK(memcmp(sip__keystore_trust(k), sip__keystore_trust(other), SIP__TRUST_SIZE) == 0);
	sip_keystore_unref(&other);
	o.has_system_authorities = true; /* as the environment says, from the same folder */
	UNIT_TRY(sip_keystore_load(&o, NULL, &other));
	UNIT_EQ(sk_X509_OBJECT_num(X509_STORE_get0_objects(sip__keystore_store(other))), 2);
	UNIT_CHECK(memcmp(sip__keystore_trust(k), sip__keystore_trust(other), SIP__TRUST_SIZE) != 0);
out:
	sip_keystore_unref(&k);
	sip_keystore_unref(&other);
	return err;
}

/* Of the long file, a piece of the key in it. */
static char piece_of_key[32];

static enum sip_err test_key_when_read_leaves_no_copy_behind(void)
{
	const struct sip_keystore_pair pair = { .certificate = certs_path(pki, "a.pem"), .key = certs_path(pki, "long.key") };
	struct sip_keystore_options o;
	struct sip_keystore *k = NULL;
	enum sip_err err;
	sip_keystore_options_init(&o);
	o.pairs = &pair;
	o.pair_count = 1;
	freed_watch(piece_of_key, sizeof(piece_of_key));
	UNIT_TRY(sip_keystore_load(&o, NULL, &k));
	sip_keystore_unref(&k);
	UNIT_CHECK(!freed_has_seen());
out:
	freed_watch(NULL, 0);
	return err;
}

/* The key of "a" and a long text behind it: more than is read at once. */
static void make_long_key(void)
{
	enum { TEXT = 100 * 1000, KEY_MOST = 1000 };
	char *text = malloc(KEY_MOST + TEXT + 1);
	FILE *f = fopen(certs_path(pki, "a.key"), "r");
	size_t n = text && f ? fread(text, 1, KEY_MOST, f) : 0;
	const char *line = n > 0 ? memchr(text, '\n', n) : NULL;
	if (!line || n < (size_t)(line - text) + 1 + sizeof(piece_of_key))
		abort();
	memcpy(piece_of_key, line + 1, sizeof(piece_of_key));
	memset(text + n, 'x', TEXT);
	text[n + TEXT] = '\0';
	certs_write(pki, "long.key", text);
	fclose(f);
	free(text);
}

static void make_files(void)
{
	const struct certs_order locked = { .name = "locked", .issuer = "root", .san = "DNS:locked.test", .passphrase = "open sesame" };
	const struct certs_order brief = { .name = "short", .issuer = "root", .san = "DNS:short.test", .until_days = 5 };
	pki = certs_create();
	certs_authority(pki, "root");
	certs_authority(pki, "other");
	certs_leaf(pki, "a", "root", "URI:sip:a.test,DNS:host.a.test,DNS:a.wild.test");
	certs_leaf(pki, "b", "root", "DNS:b.test");
	certs_leaf(pki, "wild", "root", "DNS:*.wild.test");
	certs_make(pki, &locked);
	certs_make(pki, &brief);
	certs_crl(pki, "root", NULL, 10);
	certs_ocsp(pki, "a", "root", "root", CERTS_GOOD, 10);
	make_long_key();
	certs_write(pki, "empty", "");
	certs_write(pki, "large", "");
	certs_write(pki, "text", "nothing of that kind\n");
	certs_write(pki, "cut", "-----BEGIN CERTIFICATE-----\nMIIB\n");
}

static void copy(const char *from, const char *to)
{
	char text[8192];
	FILE *f = fopen(certs_path(pki, from), "r");
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
	FILE *t = fopen(certs_path(pki, to), "w");
	if (n == 0 || !t || fwrite(text, 1, n, t) != n || fclose(t) != 0)
		abort();
	fclose(f);
}

/* Names as in reSIProcate's CertificatePath; two certificates with keys of their own, one of them without names. */
static void make_folder(void)
{
	const struct certs_order by_name = { .name = "domain_cert_by-name.test", .issuer = "root", .cn = "Somebody" };
	certs_leaf(pki, "domain_cert_x.test", "root", "DNS:x.test");
	certs_make(pki, &by_name);
	certs_ocsp(pki, "domain_cert_x.test", "root", "root", CERTS_GOOD, 10);
	copy("domain_cert_x.test.key", "domain_key_x.test.pem");
	copy("domain_cert_by-name.test.key", "domain_key_by-name.test.pem");
	copy("domain_cert_x.test.der", "domain_ocsp_x.test.der");
	copy("root.pem", "root_cert_root.pem");
	mkdir(certs_path(pki, "domain-authorities"), 0700);
	copy("root.pem", "domain-authorities/root.pem");
	copy("other.pem", "domain-authorities/other.crt");
	copy("text", "domain-authorities/README");
	setenv("SSL_CERT_FILE", certs_path(pki, "domain-authorities/root.pem"), 1);
	setenv("SSL_CERT_DIR", certs_path(pki, "domain-authorities"), 1);
}

static void remove_folder(void)
{
	unlink(certs_path(pki, "domain-authorities/root.pem"));
	unlink(certs_path(pki, "domain-authorities/other.crt"));
	unlink(certs_path(pki, "domain-authorities/README"));
	rmdir(certs_path(pki, "domain-authorities"));
}

int main(int argc, char **argv)
{
	static const struct unit_case cases[] = {
		UNIT_CASE_DEAR(test_pair_is_found_exactly_then_by_wildcard),
		UNIT_CASE_DEAR(test_end_is_that_of_the_first_to_expire),
		UNIT_CASE_DEAR(test_file_when_wrong_is_named),
		UNIT_CASE_NO_OOM(test_file_when_too_large_or_no_file_is_refused), /* reads megabytes, as the others do bytes */
		UNIT_CASE_DEAR(test_key_when_read_leaves_no_copy_behind),
		UNIT_CASE_DEAR(test_folder_is_read_as_resiprocate_names_its_files),
		UNIT_CASE_DEAR(test_authorities_of_a_folder_and_the_system_are_trusted),
	};
	static const struct unit_suite suite = { "stack/crypto/keystore", cases, SIP_COUNTOF(cases) };
	static const struct unit_suite *const suites[] = { &suite };
	make_files();
	make_folder();
	int status = unit_main(argc, argv, suites, SIP_COUNTOF(suites));
	remove_folder();
	certs_destroy(&pki);
	return status;
}
