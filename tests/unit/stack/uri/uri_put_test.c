#include "tests/unit/stack/uri/uri_rooms_test.h"

struct made {
	const char *from, *to;
};

static void check_made(const struct made *made, size_t count, void (*put)(struct sip_buf *b, const struct sip_uri *u))
{
	for (size_t i = 0; i < count; i++) {
		char room[256];
		struct sip_buf b;
		struct sip_uri u;
		sip_buf_init_fixed(&b, room, sizeof room);
		UNIT_EQ(sip_uri_parse(sip_str_of(made[i].from), &u), SIP_OK);
		put(&b, &u);
		UNIT_EQ(b.err, SIP_OK);
		UNIT_STR(sip_buf_str(&b), made[i].to);
		sip_buf_fini(&b);
	}
}

/* RFC 3261 10.3 step 5. */
static enum sip_err test_uri_put_aor_is_canonical(void)
{
	static const struct made made[] = {
		{ "SIP:%61lice:pw@Atlanta.COM;transport=tcp;lr?a=b", "sip:alice@atlanta.com" },
		{ "sips:Bob@h", "sip:Bob@h" },
		{ "sip:a@h:5060", "sip:a@h" },
		{ "sips:a@h:5061", "sip:a@h" },
		{ "sips:a@h:5060", "sip:a@h" },
		{ "sip:a@h:5061", "sip:a@h:5061" },
		{ "sip:a@h.example.", "sip:a@h.example" },
		{ "sip:a%40b%3b%00c%2e@h", "sip:a%40b%3B%00c.@h" },
		{ "sip:a;b=c@[2001:DB8:0::1]:5070", "sip:a;b=c@[2001:db8::1]:5070" },
		{ "sip:*21#%23@h", "sip:*21%23%23@h" },
		{ "sip:h", "sip:h" },
		{ "tel:+1-201-555-0123;ext=5", "tel:+12015550123" },
		{ "tel:70-4A;phone-context=Example.com", "tel:704a;phone-context=example.com" },
		{ "tel:1;phone-context=+1-2", "tel:1;phone-context=+12" },
		{ "tel:1;x;Phone-%63ontext=%65X.com%2f", "tel:1;phone-context=ex.com%2F" },
		{ "HTTP://A/b", "http://A/b" },
	};
	check_made(made, SIP_COUNTOF(made), sip_uri_put_aor);
	return SIP_OK;
}

/* RFC 3261 19.1.1 table 1: neither method nor headers in a Request-URI. */
static enum sip_err test_uri_put_request_leaves_method_and_headers_out(void)
{
	static const struct made made[] = {
		{ "sip:a:b@h:1;x=y;lr", "sip:a:b@h:1;x=y;lr" },
		{ "sip:a@h;x=y?a=b", "sip:a@h;x=y" },
		{ "sip:a@h?a=b", "sip:a@h" },
		{ "sip:a@h;method=INVITE", "sip:a@h" },
		{ "sip:a@h;x=;method=INVITE;flag;y=%41?a=b", "sip:a@h;x=;flag;y=%41" },
		{ "sip:h;%6dethod=BYE;x", "sip:h;x" },
		{ "sip:*21#@h;x=\"a;b\";method=BYE;y=c=;z=\"\"?a=b", "sip:*21#@h;x=\"a;b\";y=c=;z=\"\"" },
		{ "tel:1;method=x", "tel:1;method=x" },
		{ "http:a?b", "http:a?b" },
	};
	check_made(made, SIP_COUNTOF(made), sip_uri_put_request);
	return SIP_OK;
}

/* RFC 3261 19.1.1, as RFC 3891 4 has it in a Refer-To. */
static enum sip_err test_uri_put_header_escapes_what_may_not_stand_there(void)
{
	char room[256];
	struct sip_buf b;
	struct sip_uri u;
	sip_buf_init_fixed(&b, room, sizeof room);
	SIP_BUF_LIT(&b, "sip:dave@denver.example.org");
	sip_uri_put_header(&b, true, SIP_STR("Replaces"), SIP_STR("12345@192.168.118.3;to-tag=12345;from-tag=5FFE-3994"));
	sip_uri_put_header(&b, false, SIP_STR("X-a&b"), SIP_STR("50% [/?:+$]"));
	sip_uri_put_header(&b, false, SIP_STR("body"), SIP_STR("\xc3\xa4\r\n"));
	sip_uri_put_header(&b, false, SIP_STR("Subject"), SIP_STR(""));
	UNIT_STR(sip_buf_str(&b), "sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE-3994"
				  "&X-a%26b=50%25%20[/?:+$]&body=%C3%A4%0D%0A&Subject=");
	UNIT_EQ(sip_uri_parse(sip_buf_str(&b), &u), SIP_OK);
	UNIT_STR(u.host, "denver.example.org");
	UNIT_EQ(u.headers.p + u.headers.len == b.p + b.len, true);
	sip_uri_put_header(&b, false, SIP_STR(""), SIP_STR("x"));
	UNIT_EQ(b.err, SIP_E_INVAL);
	return SIP_OK;
}

static enum sip_err test_uri_host_addr_knows_addresses_from_names(void)
{
	struct sip_uri u;
	struct sip_addr a;
	char text[SIP_ADDR_TEXT];
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:192.0.2.1"), &u), SIP_OK);
	UNIT_EQ(sip_uri_host_addr(&u, 5060, &a), SIP_OK);
	UNIT_STR(sip_str_of(sip_addr_text(&a, text)), "192.0.2.1:5060");
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:a@[2001:db8::1]:5070"), &u), SIP_OK);
	UNIT_EQ(sip_uri_host_addr(&u, 5060, &a), SIP_OK);
	UNIT_STR(sip_str_of(sip_addr_text(&a, text)), "[2001:db8::1]:5070");
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:a@[fe80::1%25lo];transport=tcp"), &u), SIP_OK);
	UNIT_EQ(sip_uri_host_addr(&u, 5060, &a), SIP_OK);
	UNIT_STR(sip_str_of(sip_addr_text(&a, text)), "[fe80::1%1]:5060");
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:4you.example.com"), &u), SIP_OK);
	UNIT_EQ(sip_uri_host_addr(&u, 5060, &a), SIP_E_NOTFOUND);
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:h"), &u), SIP_OK);
	UNIT_EQ(sip_uri_host_addr(&u, 5060, &a), SIP_E_NOTFOUND);
	UNIT_EQ(sip_uri_parse(SIP_STR("sip:[2001:db8:::1]"), &u), SIP_OK);
	UNIT_EQ(sip_uri_host_addr(&u, 5060, &a), SIP_E_SYNTAX);
	UNIT_EQ(sip_uri_parse(SIP_STR("tel:1"), &u), SIP_OK);
	UNIT_EQ(sip_uri_host_addr(&u, 5060, &a), SIP_E_NOTFOUND);
	return SIP_OK;
}

static enum sip_err test_uri_put_route_has_lr_once(void)
{
	static const struct made made[] = {
		{ "sip:p", "sip:p;lr" },
		{ "sip:p;lr", "sip:p;lr" },
		{ "sip:p:5070;LR=on;transport=tcp;method=x", "sip:p:5070;transport=tcp;lr" },
		{ "sips:u@p;x=\"a;b\"?y=z;lr", "sips:u@p;x=\"a;b\";lr" },
		{ "sip:p?y=z", "sip:p;lr" },
	};
	check_made(made, SIP_COUNTOF(made), sip_uri_put_route);
	return SIP_OK;
}

static enum sip_err test_uri_put_sip_escapes_and_brackets_as_needed(void)
{
	static const struct {
		bool is_secure;
		const char *user, *host;
		uint16_t port;
		const char *expected;
	} made[] = {
		{ false, "alice", "h.example", 0, "sip:alice@h.example" },
		{ true, "a b@c:d#;e", "192.0.2.1", 5061, "sips:a%20b%40c%3Ad%23;e@192.0.2.1:5061" },
		{ false, "", "2001:db8::1", 5070, "sip:[2001:db8::1]:5070" },
		{ false, "\xc3\xa4", "[::1]", 0, "sip:%C3%A4@[::1]" },
	};
	for (size_t i = 0; i < SIP_COUNTOF(made); i++) {
		char room[128];
		struct sip_buf b;
		struct sip_uri u;
		sip_buf_init_fixed(&b, room, sizeof room);
		sip_uri_put_sip(&b, made[i].is_secure, sip_str_of(made[i].user), sip_str_of(made[i].host), made[i].port);
		UNIT_STR(sip_buf_str(&b), made[i].expected);
		UNIT_EQ(sip_uri_parse(sip_buf_str(&b), &u), SIP_OK);
		sip_buf_fini(&b);
	}
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_uri_put_aor_is_canonical),
	UNIT_CASE(test_uri_put_request_leaves_method_and_headers_out),
	UNIT_CASE(test_uri_put_route_has_lr_once),
	UNIT_CASE(test_uri_put_sip_escapes_and_brackets_as_needed),
	UNIT_CASE(test_uri_put_header_escapes_what_may_not_stand_there),
	UNIT_CASE(test_uri_host_addr_knows_addresses_from_names),
};
SUITE(uri_put);
