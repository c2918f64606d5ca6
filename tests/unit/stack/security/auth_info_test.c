/* stack/security/auth_info: the values of RFC 7616 3.5, and whether a server has proved that it knows the secret. */
#include "tests/unit/stack/security/security_test.h"

static enum sip_err test_auth_info_is_read(void)
{
	struct sip_auth_info info;
	UNIT_EQ(sip_auth_info_parse(SIP_STR("nextnonce=\"47364c23432d2e131a5fb210812c\", qop=auth, rspauth=\"6629\","
					    " cnonce=\"0a4f113b\", nc=00000001, other=x"), &info), SIP_OK);
	UNIT_STR(info.nextnonce, "47364c23432d2e131a5fb210812c");
	UNIT_STR(info.rspauth, "6629");
	UNIT_STR(info.cnonce, "0a4f113b");
	UNIT_STR(info.nc_text, "00000001");
	UNIT_EQ(info.qop, SIP_QOP_AUTH);
	UNIT_EQ(sip_auth_info_parse(SIP_STR("NextNonce=\"\""), &info), SIP_OK);
	UNIT_CHECK(info.nextnonce.p && info.nextnonce.len == 0 && !info.rspauth.p && info.qop == SIP_QOP_NONE);
	UNIT_EQ(sip_auth_info_parse(SIP_STR(""), &info), SIP_OK);
	UNIT_EQ(sip_auth_info_parse(SIP_STR("nextnonce=\"a\", nextnonce=\"b\""), &info), SIP_E_SYNTAX);
	UNIT_EQ(sip_auth_info_parse(SIP_STR("qop=auth, qop=auth"), &info), SIP_E_SYNTAX);
	UNIT_EQ(sip_auth_info_parse(SIP_STR("nextnonce=\"a"), &info), SIP_E_SYNTAX);
	UNIT_EQ(sip_auth_info_parse(SIP_STR("qop=auth-conf"), &info), SIP_E_UNSUPPORTED);
	return SIP_OK;
}

/* The credentials of RFC 2617 3.5; rspauth by Python's hashlib. */
static const char sent_text[] =
	"Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\","
	" uri=\"/dir/index.html\", qop=auth, nc=00000001, cnonce=\"0a4f113b\","
	" response=\"6629fae49393a05397450978507c4ef1\"";

static enum sip_err test_auth_info_when_rspauth_is_right_is_verified(void)
{
	static const struct {
		const char *value;
		enum sip_err err;
	} rows[] = {
		{ "rspauth=\"376602cfd2f4e8e5e78b948a85263e85\"", SIP_OK },
		{ "rspauth=\"376602cfd2f4e8e5e78b948a85263e85\", qop=auth, cnonce=\"0a4f113b\", nc=00000001", SIP_OK },
		{ "rspauth=\"5104ccf813fe77d382359b23a872a362\", qop=auth-int", SIP_OK },
		{ "rspauth=\"5104ccf813fe77d382359b23a872a362\", qop=auth", SIP_E_DENIED },
		{ "rspauth=\"376602cfd2f4e8e5e78b948a85263e85\", cnonce=\"0a4f113c\"", SIP_E_DENIED },
		{ "rspauth=\"376602cfd2f4e8e5e78b948a85263e85\", nc=00000002", SIP_E_DENIED },
		{ "rspauth=\"6629fae49393a05397450978507c4ef1\"", SIP_E_DENIED },
		{ "rspauth=\"\"", SIP_E_DENIED },
		{ "nextnonce=\"n\"", SIP_E_NOTFOUND },
	};
	char ha1[SIP_DIGEST_HEX_MAX];
	struct sip_digest_hash *h = NULL;
	struct sip_credentials sent;
	struct sip_auth_info info;
	enum sip_err err;
	UNIT_TRY(sip_digest_hash_create(&h));
	UNIT_EQ(sip_credentials_parse(sip_str_of(sent_text), &sent), SIP_OK);
	UNIT_TRY(sip_digest_ha1(h, SIP_DIGEST_MD5, sent.user, sent.realm, SIP_STR("Circle Of Life"), ha1));
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		UNIT_EQ(sip_auth_info_parse(sip_str_of(rows[i].value), &info), SIP_OK);
		enum sip_err got = sip_auth_info_verify(&info, &sent, h, sip_str_of(ha1), SIP_STR("v=0\r\n"));
		unit_check_int(got, rows[i].err, rows[i].value, __FILE__, __LINE__);
	}
out:
	sip_digest_hash_destroy(&h);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_auth_info_is_read),
	UNIT_CASE(test_auth_info_when_rspauth_is_right_is_verified),
};
const struct unit_suite auth_info_suite = { "stack/security/auth_info", cases, SIP_COUNTOF(cases) };
