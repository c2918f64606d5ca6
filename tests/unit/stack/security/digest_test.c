/* stack/security/digest against the examples of RFC 7616 3.9.1, RFC 2617 3.5 and values computed elsewhere. */
#include "tests/unit/stack/security/security_test.h"

static const struct digest_example {
	enum sip_digest_algorithm algorithm;
	bool is_session;
	enum sip_digest_qop qop;
	const char *user, *realm, *password, *method, *uri, *nonce, *cnonce, *body;
	const char *response;
} examples[] = {
	/* RFC 7616 3.9.1 */
	{ SIP_DIGEST_MD5, false, SIP_QOP_AUTH, "Mufasa", "http-auth@example.org", "Circle of Life", "GET",
	  "/dir/index.html", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
	  "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "", "8ca523f5e9506fed4657c9700eebdbec" },
	{ SIP_DIGEST_SHA_256, false, SIP_QOP_AUTH, "Mufasa", "http-auth@example.org", "Circle of Life", "GET",
	  "/dir/index.html", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
	  "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "",
	  "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1" },
	/* The same with SHA-512/256, by Python's hashlib */
	{ SIP_DIGEST_SHA_512_256, false, SIP_QOP_AUTH, "Mufasa", "http-auth@example.org", "Circle of Life", "GET",
	  "/dir/index.html", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
	  "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "",
	  "430d05014cecc49cab6fbe03176d41a1da86cbfe24a16580e22aaad928d960d0" },
	/* RFC 2617 3.5 */
	{ SIP_DIGEST_MD5, false, SIP_QOP_AUTH, "Mufasa", "testrealm@host.com", "Circle Of Life", "GET", "/dir/index.html",
	  "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b", "", "6629fae49393a05397450978507c4ef1" },
	/* RFC 2069: no qop */
	{ SIP_DIGEST_MD5, false, SIP_QOP_NONE, "Mufasa", "testrealm@host.com", "Circle Of Life", "GET", "/dir/index.html",
	  "dcd98b7102dd2f0e8b11d0f600bfb0c093", "", "", "670fd8c2df070c60b045671b8b24ff02" },
	/* auth-int and -sess, by Python's hashlib */
	{ SIP_DIGEST_MD5, false, SIP_QOP_AUTH_INT, "Mufasa", "testrealm@host.com", "Circle Of Life", "GET",
	  "/dir/index.html", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b", "v=0\r\n",
	  "151b6cabb7e59e0ac757207a039ff3d0" },
	{ SIP_DIGEST_MD5, true, SIP_QOP_AUTH, "Mufasa", "testrealm@host.com", "Circle Of Life", "GET", "/dir/index.html",
	  "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b", "", "8e3825c57e897f5a0dec6c2d4e5059d0" },
	{ SIP_DIGEST_SHA_256, false, SIP_QOP_AUTH_INT, "bob", "biloxi.com", "zanzibar", "INVITE", "sip:bob@biloxi.com",
	  "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b", "v=0\r\n",
	  "554a9ffe79ce71c3cb6c9630deddd2787d8033f895e5cdef6a73c8e84ed4c979" },
};

static enum sip_err test_digest_response_of_examples_is_theirs(void)
{
	char ha1[SIP_DIGEST_HEX_MAX], response[SIP_DIGEST_HEX_MAX];
	struct sip_digest_hash *h = NULL;
	enum sip_err err;
	UNIT_TRY(sip_digest_hash_create(&h));
	for (size_t i = 0; i < SIP_COUNTOF(examples); i++) {
		const struct digest_example *e = &examples[i];
		UNIT_TRY(sip_digest_ha1(h, e->algorithm, sip_str_of(e->user), sip_str_of(e->realm), sip_str_of(e->password), ha1));
		struct sip_digest_input in = {
			.algorithm = e->algorithm,
			.is_session = e->is_session,
			.qop = e->qop,
			.ha1 = sip_str_of(ha1),
			.nonce = sip_str_of(e->nonce),
			.nc = SIP_STR("00000001"),
			.cnonce = sip_str_of(e->cnonce),
			.method = sip_str_of(e->method),
			.uri = sip_str_of(e->uri),
			.body = sip_str_of(e->body),
		};
		UNIT_TRY(sip_digest_response(h, &in, response));
		UNIT_STR(sip_str_of(response), e->response);
	}
out:
	sip_digest_hash_destroy(&h);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_digest_response_of_examples_is_theirs),
};
const struct unit_suite digest_suite = { "stack/security/digest", cases, SIP_COUNTOF(cases) };
