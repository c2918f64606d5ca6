/* Unit tests of TLS: the certificates all of them use, and contexts as they come. */
#include "tests/unit/stack/crypto/tls_test.h"

struct certs *tls_pki;

enum sip_err tls_make_contexts(struct duo *d)
{
	const struct duo_trust at_client = { .pair = NULL }, at_server = { .pair = "a", .second = "b" };
	struct sip_tls_options o;
	sip_tls_options_init(&o);
	enum sip_err err = duo_context(tls_pki, &at_client, &o, NULL, &d->for_client);
	sip_tls_options_init(&o);
	return err == SIP_OK ? duo_context(tls_pki, &at_server, &o, NULL, &d->for_server) : err;
}

static void make_bad_ones(void)
{
	static const struct certs_order orders[] = {
		{ .name = "old", .issuer = "root", .san = "DNS:old.test", .from_days = -20, .until_days = -10 },
		{ .name = "unborn", .issuer = "root", .san = "DNS:unborn.test", .from_days = 10 },
		{ .name = "self", .san = "DNS:self.test" },
		{ .name = "by_leaf", .issuer = "a", .san = "DNS:by-leaf.test" },
		{ .name = "for_code", .issuer = "root", .san = "DNS:code.test", .eku = "codeSigning" },
		{ .name = "for_servers", .issuer = "root", .san = "DNS:a.test", .eku = "serverAuth" },
		{ .name = "for_sip", .issuer = "root", .san = "DNS:sip-only.test", .eku = "1.3.6.1.5.5.7.3.20" },
		{ .name = "for_any", .issuer = "root", .san = "DNS:any.test", .eku = "anyExtendedKeyUsage" },
		{ .name = "for_nothing", .issuer = "root", .san = "DNS:nothing.test" },
		{ .name = "weak", .issuer = "root", .san = "DNS:a.test", .rsa_bits = 1024 },
		{ .name = "nameless", .issuer = "root", .san = "URI:sip:alice@x.test" },
	};
	for (size_t i = 0; i < SIP_COUNTOF(orders); i++)
		certs_make(tls_pki, &orders[i]);
}

static void make_certificates(void)
{
	const struct certs_order middle = { .name = "middle", .issuer = "root", .is_authority = true };
	tls_pki = certs_create();
	certs_authority(tls_pki, "root");
	certs_authority(tls_pki, "elsewhere");
	certs_authority(tls_pki, "late");
	certs_make(tls_pki, &middle);
	certs_leaf(tls_pki, "a", "root", "URI:sip:a.test,DNS:host.a.test");
	certs_leaf(tls_pki, "b", "root", "DNS:b.test");
	certs_leaf(tls_pki, "many", "root", "URI:sip:one.test,URI:sips:three.test,URI:sip:bob@one.test,URI:SIP:two.test:5061;x=y,DNS:dns.test");
	certs_leaf(tls_pki, "stranger", "elsewhere", "DNS:stranger.test");
	certs_leaf(tls_pki, "chained", "middle", "DNS:chained.test");
	certs_leaf(tls_pki, "wild", "root", "DNS:*.wild.test");
	certs_leaf(tls_pki, "at_addr", "root", "DNS:at.test,IP:192.0.2.1,IP:2001:db8::1");
	certs_leaf(tls_pki, "revoked", "root", "DNS:revoked.test");
	certs_leaf(tls_pki, "of_late", "late", "DNS:of-late.test");
	certs_leaf(tls_pki, "forged", "root", "DNS:forged.test");
	certs_leaf(tls_pki, "stale", "root", "DNS:stale.test");
	certs_leaf(tls_pki, "open", "root", "DNS:open.test");
	make_bad_ones();
	certs_crl(tls_pki, "root", "revoked", 10);
	certs_crl(tls_pki, "late", NULL, -1);
	certs_ocsp(tls_pki, "a", "root", "root", CERTS_GOOD, 10);
	certs_ocsp(tls_pki, "b", "root", "root", CERTS_UNKNOWN, 10);
	certs_ocsp(tls_pki, "revoked", "root", "root", CERTS_REVOKED, 10);
	certs_ocsp(tls_pki, "forged", "root", "elsewhere", CERTS_GOOD, 10);
	certs_ocsp(tls_pki, "stale", "root", "root", CERTS_GOOD, -1);
	certs_ocsp(tls_pki, "open", "root", "root", CERTS_GOOD, 0);
}

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = { &tls_context_suite, &tls_session_suite, &tls_tickets_suite, &tls_verify_suite };
	make_certificates();
	int status = unit_main(argc, argv, suites, SIP_COUNTOF(suites));
	certs_destroy(&tls_pki);
	return status;
}
