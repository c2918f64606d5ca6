/* Unit tests of stack/crypto/cert: RFC 5922 7.1 and 7.2 as a table, and RFC 5924. */
#include "stack/crypto/crypto_priv.h"
#include "tests/support/certs.h"
#include "tests/support/unit.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdio.h>

static struct certs *pki;

/* A certificate with these names, as it would come from a peer. */
static X509 *make(const char *san, const char *cn, const char *eku)
{
	static unsigned count;
	char name[16], file[24];
	snprintf(name, sizeof name, "c%u", count++);
	snprintf(file, sizeof file, "%s.pem", name);
	const struct certs_order o = { .name = name, .issuer = "root", .san = san, .cn = cn, .eku = eku };
	certs_make(pki, &o);
	FILE *f = fopen(certs_path(pki, file), "r");
	X509 *cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	if (f)
		fclose(f);
	return cert;
}

static enum sip_err test_domain_is_compared_as_rfc_5922_says(void)
{
	static const struct {
		const char *san, *cn, *domain;
		bool allows_wildcards, is_for;
	} cases[] = {
		/* 7.1: a URI of scheme sip, in any case, without a userpart */
		{ "URI:sip:example.com", NULL, "example.com", false, true },
		{ "URI:SIP:example.com", NULL, "example.com", false, true },
		{ "URI:sips:example.com", NULL, "example.com", false, false },
		{ "URI:http://example.com", NULL, "example.com", false, false },
		{ "URI:sip:alice@example.com", NULL, "example.com", false, false },
		{ "URI:sip:example.com;x=a@b", NULL, "example.com", false, false },
		{ "URI:sip:", NULL, "", false, false },
		/* 7.2: neither scheme nor parameters are compared */
		{ "URI:sip:example.com:5061;transport=tls?x=y", NULL, "example.com", false, true },
		{ "URI:sip:EXAMPLE.com", NULL, "example.COM", false, true },
		{ "URI:sip:example.com.", NULL, "example.com", false, true },
		{ "URI:sip:example.com", NULL, "example.com.", false, true },
		/* 7.1: a DNS name if and only if there is no SIP URI */
		{ "DNS:example.com", NULL, "example.com", false, true },
		{ "URI:sip:example.net,DNS:example.com", NULL, "example.com", false, false },
		{ "DNS:example.com,URI:sip:example.net", NULL, "example.net", false, true },
		{ "URI:sip:bob@example.net,DNS:example.com", NULL, "example.com", false, true },
		{ "URI:sips:example.net,DNS:example.com", NULL, "example.com", false, true },
		{ "DNS:example.org,DNS:example.com", NULL, "example.com", false, true },
		/* 7.1: the common name if and only if there is no subjectAltName */
		{ NULL, "example.com", "EXAMPLE.com", false, true },
		{ "DNS:example.net", "example.com", "example.com", false, false },
		{ "email:alice@example.com", "example.com", "example.com", false, false },
		{ NULL, "Example Ltd", "Example Ltd", false, false },
		/* 7.2: the examples; no suffixes and no wildcards */
		{ "DNS:foo.example.com", NULL, "example.com", false, false },
		{ "DNS:example.com", NULL, "foo.example.com", false, false },
		{ "DNS:*.example.com", NULL, "*.example.com", false, true },
		{ "DNS:*.example.com", NULL, "foo.example.com", false, false },
		{ "URI:sip:.example.com", NULL, ".example.com", false, true },
		{ "URI:sip:.example.com", NULL, "foo.example.com", false, false },
		/* where we are told to allow them */
		{ "DNS:*.example.com", NULL, "foo.example.com", true, true },
		{ "DNS:*.example.com", NULL, "FOO.EXAMPLE.COM", true, true },
		{ "DNS:*.example.com", NULL, "a.foo.example.com", true, false },
		{ "DNS:*.example.com", NULL, "example.com", true, false },
		{ "DNS:*.example.com", NULL, ".example.com", true, false },
		{ "DNS:*.com", NULL, "example.com", true, false },
		{ "DNS:f*.example.com", NULL, "foo.example.com", true, false },
		/* addresses */
		{ "IP:192.0.2.1", NULL, "192.0.2.1", false, true },
		{ "IP:192.0.2.1", NULL, "192.0.2.2", false, false },
		{ "IP:2001:db8::1", NULL, "2001:DB8:0::1", false, true },
		{ "IP:2001:db8::1", NULL, "[2001:db8::1]", false, true },
		{ "URI:sip:192.0.2.1", NULL, "192.0.2.1", false, true },
		{ "URI:sip:[2001:db8::1]:5061", NULL, "[2001:db8::1]", false, true },
		/* 5280 7.2: an international name is compared by its A-labels */
		{ "DNS:xn--bcher-kva.example", NULL, "XN--BCHER-KVA.example", false, true },
	};
	for (size_t i = 0; i < SIP_COUNTOF(cases); i++) {
		X509 *cert = make(cases[i].san, cases[i].cn, NULL);
		bool is_for = cert && sip__cert_is_for(cert, sip_str_of(cases[i].domain), cases[i].allows_wildcards);
		if (is_for != cases[i].is_for)
			fprintf(stderr, "%s / %s for %s\n", cases[i].san ? cases[i].san : "-", cases[i].cn ? cases[i].cn : "-", cases[i].domain);
		UNIT_EQ(is_for, cases[i].is_for);
		X509_free(cert);
	}
	return SIP_OK;
}

static enum sip_err test_names_with_a_zero_byte_are_none(void)
{
	char text[64];
	struct sip_buf b;
	X509 *cert = make("DNS:good.test", NULL, NULL);
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *value = ASN1_IA5STRING_new();
	sip_buf_init_fixed(&b, text, sizeof(text));
	UNIT_EQ(ASN1_STRING_set(value, "bank.test\0.evil.test", 20), 1);
	GENERAL_NAME_set0_value(name, GEN_DNS, value);
	UNIT_CHECK(sk_GENERAL_NAME_push(names, name) > 0);
	UNIT_EQ(X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, X509V3_ADD_REPLACE), 1);
	UNIT_CHECK(!sip__cert_is_for(cert, SIP_STR("bank.test"), true));
	UNIT_CHECK(!sip__cert_identity(cert, 0, &b));
	GENERAL_NAMES_free(names);
	X509_free(cert);
	return SIP_OK;
}

static enum sip_err test_names_that_cannot_be_read_are_no_reason_for_the_common_name(void)
{
	X509 *cert = make("DNS:good.test", "bank.test", NULL);
	ASN1_OCTET_STRING *broken = ASN1_OCTET_STRING_new();
	UNIT_EQ(ASN1_STRING_set(broken, "\x30\x7f garbage", 10), 1);
	X509_EXTENSION *e = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, broken);
	X509_EXTENSION_free(X509_delete_ext(cert, X509_get_ext_by_NID(cert, NID_subject_alt_name, -1)));
	UNIT_EQ(X509_add_ext(cert, e, -1), 1);
	UNIT_CHECK(!sip__cert_is_for(cert, SIP_STR("bank.test"), false));
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(broken);
	X509_free(cert);
	return SIP_OK;
}

static enum sip_err test_shown_names_are_all_there_are(void)
{
	static const char *const expected[] = { "example.com", "www.example.com", "example.net" };
	char text[64];
	struct sip_buf b;
	X509 *cert = make("DNS:www.example.com,URI:sip:example.com,DNS:example.net,URI:sip:bob@example.org", NULL, NULL);
	sip_buf_init_fixed(&b, text, sizeof(text));
	for (size_t i = 0; i < SIP_COUNTOF(expected); i++, sip_buf_clear(&b)) {
		UNIT_CHECK(sip__cert_shown_name(cert, i, &b));
		UNIT_STR(sip_buf_str(&b), expected[i]);
	}
	UNIT_CHECK(!sip__cert_shown_name(cert, SIP_COUNTOF(expected), &b));
	X509_free(cert);
	return SIP_OK;
}

static enum sip_err test_use_in_sip_is_what_rfc_5924_says(void)
{
	static const struct {
		const char *eku;
		bool is_sip;
	} cases[] = {
		{ NULL, false }, /* nothing to say: OpenSSL has no objection either */
		{ "1.3.6.1.5.5.7.3.20", true },
		{ "codeSigning,1.3.6.1.5.5.7.3.20", true },
		{ "anyExtendedKeyUsage", true },
		{ "codeSigning", false },
		{ "1.3.6.1.5.5.7.3.200", false },
	};
	for (size_t i = 0; i < SIP_COUNTOF(cases); i++) {
		X509 *cert = make("DNS:example.com", NULL, cases[i].eku);
		UNIT_EQ(sip__cert_is_sip(cert), cases[i].is_sip);
		X509_free(cert);
	}
	return SIP_OK;
}

int main(int argc, char **argv)
{
	/* They allocate nothing of ours. */
	static const struct unit_case cases[] = {
		UNIT_CASE_NO_OOM(test_domain_is_compared_as_rfc_5922_says),
		UNIT_CASE_NO_OOM(test_names_with_a_zero_byte_are_none),
		UNIT_CASE_NO_OOM(test_names_that_cannot_be_read_are_no_reason_for_the_common_name),
		UNIT_CASE_NO_OOM(test_shown_names_are_all_there_are),
		UNIT_CASE_NO_OOM(test_use_in_sip_is_what_rfc_5924_says),
	};
	static const struct unit_suite suite = { "stack/crypto/cert", cases, SIP_COUNTOF(cases) };
	static const struct unit_suite *const suites[] = { &suite };
	pki = certs_create();
	certs_authority(pki, "root");
	int status = unit_main(argc, argv, suites, SIP_COUNTOF(suites));
	certs_destroy(&pki);
	return status;
}
