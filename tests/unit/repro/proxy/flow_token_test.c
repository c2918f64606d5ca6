/* repro/proxy/flow_token: what a token leads to, and that nobody else makes one. */
#include "repro/proxy/proxy_priv.h"
#include "tests/support/unit.h"

static const struct repro_proxy proxy = { .o.flow_key = { { 1, 2 } } }, other = { .o.flow_key = { { 1, 3 } } };

static enum sip_err put(const char *far, enum sip_transport_kind kind, struct sip_buf *b)
{
	struct sip_addr a;
	enum sip_err err = sip_addr_parse_port(&a, sip_str_of(far), 0);

	if (err == SIP_OK)
		repro__flow_token_put(&proxy, kind, &a, b);
	return err == SIP_OK ? b->err : err;
}

static enum sip_err test_flow_token_when_read_back_leads_to_the_far_end(void)
{
	static const struct {
		const char *far;
		enum sip_transport_kind kind;
		bool is_secure;
		const char *hop;
	} rows[] = {
		{ "192.0.2.1:50000", SIP_TRANSPORT_WS, false, "sip:192.0.2.1:50000;transport=ws" },
		{ "192.0.2.1:80", SIP_TRANSPORT_TLS, true, "sips:192.0.2.1:80;transport=tls" },
		{ "[2001:db8::1]:65535", SIP_TRANSPORT_WSS, false, "sip:[2001:db8::1]:65535;transport=wss" },
	};
	char text[80], way[120];
	struct sip_buf token, hop;
	enum sip_err err;

	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		sip_buf_init_fixed(&token, text, sizeof text);
		sip_buf_init_fixed(&hop, way, sizeof way);
		UNIT_TRY(put(rows[i].far, rows[i].kind, &token));
		UNIT_CHECK(!repro__flow_token_read(&other, sip_buf_str(&token), rows[i].is_secure, &hop));
		UNIT_CHECK(repro__flow_token_read(&proxy, sip_buf_str(&token), rows[i].is_secure, &hop));
		UNIT_STR(sip_buf_str(&hop), rows[i].hop);
	}
out:
	return err;
}

static enum sip_err test_flow_token_when_a_letter_differs_or_is_missing_is_none(void)
{
	char text[80], way[120];
	struct sip_buf token, hop;
	enum sip_err err;

	sip_buf_init_fixed(&token, text, sizeof text);
	sip_buf_init_fixed(&hop, way, sizeof way);
	UNIT_TRY(put("192.0.2.1:50000", SIP_TRANSPORT_WSS, &token));
	for (size_t i = 0; i < token.len; i++) {
		char was = text[i];

		text[i] = was == '0' ? '1' : '0';
		UNIT_CHECK(!repro__flow_token_read(&proxy, sip_buf_str(&token), false, &hop));
		text[i] = was;
		UNIT_CHECK(!repro__flow_token_read(&proxy, sip_str_make(text, i), false, &hop));
	}
	UNIT_CHECK(!repro__flow_token_read(&proxy, SIP_STR(""), false, &hop));
	UNIT_CHECK(!repro__flow_token_read(&proxy, SIP_STR("alice"), false, &hop));
	UNIT_CHECK(!repro__flow_token_read(&proxy,
					   SIP_STR("f-00000000000000000000000000000000000000000000000000000000000000000000000000000000"),
					   false, &hop));
	UNIT_EQ(hop.len, 0);
out:
	return err;
}

int main(int argc, char **argv)
{
	static const struct unit_case cases[] = {
		UNIT_CASE(test_flow_token_when_read_back_leads_to_the_far_end),
		UNIT_CASE(test_flow_token_when_a_letter_differs_or_is_missing_is_none),
	};
	static const struct unit_suite suite = { "repro/proxy/flow_token", cases, SIP_COUNTOF(cases) };
	static const struct unit_suite *const suites[] = { &suite };
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
