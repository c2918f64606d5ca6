#include "tests/unit/stack/header/header_rooms_test.h"

static enum sip_err test_name_addr_parse_shapes_gives_their_parts(void)
{
	static const struct {
		const char *text, *display, *uri, *params, *tag; /* tag NULL: none */
	} shapes[] = {
		{ "Alice <sip:alice@example.com>;tag=1928301774", "Alice", "sip:alice@example.com", "tag=1928301774",
		  "1928301774" },
		{ "<sip:alice@example.com>", "", "sip:alice@example.com", "", NULL },
		{ "sip:alice@example.com", "", "sip:alice@example.com", "", NULL },
		{ "sip:+12125551212@server.phone2net.com;tag=887s", "", "sip:+12125551212@server.phone2net.com", "tag=887s",
		  "887s" },
		{ "\"A. G. Bell\" <sip:agb@bell-telephone.com> ;tag=a48s", "A. G. Bell", "sip:agb@bell-telephone.com",
		  "tag=a48s", "a48s" },
		{ "Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8", "Anonymous", "sip:c8oqz84zk7z@privacy.org", "tag=hyh8",
		  "hyh8" },
		{ "\"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8", "J Rosenberg \\\\\\\"",
		  "sip:jdrosen@example.com", "\r\n  tag = 98asjd8", "98asjd8" },
		{ "sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n", "", "sip:vivekg@chair-dnrc.example.com",
		  "   tag    = 1918181833n", "1918181833n" },
		{ "token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"\xd1\x80;,\";tag=_token~1'+`*%!-.",
		  "token1~` token2'+_ token3*%!.-", "sip:mundane@example.com",
		  "fromParam''~+*_!.-%=\"\xd1\x80;,\";tag=_token~1'+`*%!-.", "_token~1'+`*%!-." },
		{ "caller<sip:caller@example.com>;tag=323", "caller", "sip:caller@example.com", "tag=323", "323" },
		{ "J\xc3\xbcrgen M. <sip:j@h>", "J\xc3\xbcrgen M.", "sip:j@h", "", NULL },
		{ "<sip:user;x@h;lr?a=b>;TAG=q", "", "sip:user;x@h;lr?a=b", "TAG=q", "q" },
		{ "<http://www.example.com/a?b>;tag=1", "", "http://www.example.com/a?b", "tag=1", "1" },
		{ "<urn:service:sos>", "", "urn:service:sos", "", NULL },
		{ "isbn:2983792873", "", "isbn:2983792873", "", NULL },
		{ "<tel:+1-201-555-0123;ext=5>", "", "tel:+1-201-555-0123;ext=5", "", NULL },
		{ "\"<sip:no@no>\" <sip:yes@yes>", "<sip:no@no>", "sip:yes@yes", "", NULL },
		{ "<sip:a@b>;x=\"y>z;tag=1\";q=0.5", "", "sip:a@b", "x=\"y>z;tag=1\";q=0.5", NULL },
		{ "<sip:caller@[2001:db8::1]:5070>;+sip.instance=\"<urn:uuid:0>\"", "", "sip:caller@[2001:db8::1]:5070",
		  "+sip.instance=\"<urn:uuid:0>\"", NULL },
	};
	for (size_t i = 0; i < SIP_COUNTOF(shapes); i++) {
		struct sip_name_addr a;
		enum sip_err err = sip_name_addr_parse(sip_str_of(shapes[i].text), &a);
		unit_check(err == SIP_OK, shapes[i].text, __FILE__, __LINE__);
		UNIT_STR(a.text, shapes[i].text);
		UNIT_STR(a.display, shapes[i].display);
		UNIT_STR(a.uri.text, shapes[i].uri);
		UNIT_STR(a.params, shapes[i].params);
		UNIT_STR(a.tag, shapes[i].tag ? shapes[i].tag : "");
		UNIT_EQ(a.tag.p != NULL, shapes[i].tag != NULL);
		UNIT_EQ(a.is_bracketed, strchr(shapes[i].text, '<') != NULL);
		UNIT_CHECK(!a.is_star);
	}
	return SIP_OK;
}

static enum sip_err test_name_addr_parse_star_stands_alone(void)
{
	struct sip_name_addr a;
	UNIT_EQ(sip_name_addr_parse(SIP_STR("*"), &a), SIP_OK);
	UNIT_CHECK(a.is_star);
	UNIT_EQ(sip_name_addr_parse(SIP_STR("* <sip:a@b>"), &a), SIP_OK);
	UNIT_CHECK(!a.is_star);
	UNIT_EQ(sip_name_addr_parse(SIP_STR("*;expires=0"), &a), SIP_E_SYNTAX);
	return SIP_OK;
}

/* RFC 3261 20.10: with a comma, question mark or semicolon, "the URI MUST be enclosed in angle brackets". */
static enum sip_err test_name_addr_parse_bare_parameters_belong_to_the_header(void)
{
	struct sip_name_addr a;
	UNIT_EQ(sip_name_addr_parse(SIP_STR("sip:+19725552222@gw1.example.net;unknownparam"), &a), SIP_OK);
	UNIT_STR(a.uri.text, "sip:+19725552222@gw1.example.net");
	UNIT_CHECK(a.uri.params.p == NULL);
	UNIT_STR(a.params, "unknownparam");
	UNIT_EQ(sip_name_addr_parse(SIP_STR("<sip:+19725552222@gw1.example.net;unknownparam>"), &a), SIP_OK);
	UNIT_STR(a.uri.params, "unknownparam");
	UNIT_EQ(sip_name_addr_parse(SIP_STR("sip:user@example.com?Route=%3Csip:sip.example.com%3E"), &a), SIP_E_SYNTAX);
	UNIT_EQ(sip_name_addr_parse(SIP_STR("sip:a,b@example.com"), &a), SIP_E_SYNTAX);
	return SIP_OK;
}

/* Many send it: a ";" behind which nothing comes. */
static enum sip_err test_name_addr_parse_a_last_semicolon_is_let_pass(void)
{
	static const char *const texts[] = { "<sip:a@b>;", "<sip:a@b> ; ", "sip:a@b;", "<sip:a@b>;x;", "sip:a@b;x=\"y;\" ;" };
	struct sip_name_addr a;
	for (size_t i = 0; i < SIP_COUNTOF(texts); i++) {
		unit_check(sip_name_addr_parse(sip_str_trim(sip_str_of(texts[i])), &a) == SIP_OK, texts[i], __FILE__, __LINE__);
		UNIT_STR(a.uri.text, "sip:a@b");
		UNIT_CHECK(a.tag.p == NULL);
	}
	UNIT_EQ(sip_name_addr_parse(SIP_STR("<sip:a@b>;tag=1;"), &a), SIP_OK);
	UNIT_STR(a.tag, "1");
	UNIT_STR(sip_params_trim(a.text), "<sip:a@b>;tag=1");
	return SIP_OK;
}

/* RFC 3261 25.1 rec-route: parameters of the URI need its brackets; who left them out, or put lr behind them, is meant all the same. */
static enum sip_err test_name_addr_is_loose_wherever_lr_stands(void)
{
	static const char *const loose[] = { "<sip:h;lr>", "<sip:h>;lr", "sip:h;lr", "<sip:h;LR=on>", "<sip:h>;lr=8" };
	static const char *const strict[] = { "<sip:h>", "sip:h", "<sip:lr@h>;x=lr", "<tel:1;lr>" };
	struct sip_name_addr a;
	for (size_t i = 0; i < SIP_COUNTOF(loose); i++) {
		UNIT_EQ(sip_name_addr_parse(sip_str_of(loose[i]), &a), SIP_OK);
		unit_check(sip_name_addr_is_loose(&a), loose[i], __FILE__, __LINE__);
	}
	for (size_t i = 0; i < SIP_COUNTOF(strict); i++) {
		UNIT_EQ(sip_name_addr_parse(sip_str_of(strict[i]), &a), SIP_OK);
		unit_check(!sip_name_addr_is_loose(&a), strict[i], __FILE__, __LINE__);
	}
	return SIP_OK;
}

static enum sip_err test_name_addr_put_reads_back(void)
{
	char room[64];
	struct sip_buf b;
	struct sip_name_addr a;
	sip_buf_init_fixed(&b, room, sizeof room);
	sip_name_addr_put(&b, SIP_STR("Al \"Al\" \\"), SIP_STR("sip:a@b;c"));
	UNIT_STR(sip_buf_str(&b), "\"Al \\\"Al\\\" \\\\\" <sip:a@b;c>");
	UNIT_EQ(sip_name_addr_parse(sip_buf_str(&b), &a), SIP_OK);
	sip_buf_clear(&b);
	sip_name_addr_put(&b, SIP_STR(""), SIP_STR("sip:a@b"));
	UNIT_STR(sip_buf_str(&b), "<sip:a@b>");
	sip_buf_fini(&b);
	return SIP_OK;
}

static enum sip_err test_name_addr_parse_broken_fails(void)
{
	static const char *const broken[] = {
		"", " ", "<", ">", "<>", "< >", "\"", "\"\"", "Alice", "Alice Bob", "<sip:a@b", "sip:a@b>", "\"Alice <sip:a@b>",
		"\"Mr. J. User <sip:j.user@example.com>", "\"Joe\" <sip:joe@example.org>;;;;", "Bell, Alexander <sip:a@b>;tag=43",
		"\"Watson, Thomas\" < sip:t.watson@example.org >", "<sip:a@b>tag=1", "<sip:a@b>;tag", "<sip:a@b>;tag=",
		"<sip:a@b>;tag=1;tag=2", "<sip:a@b>;;", "<sip:a@b>;a;;", "<sip:a@b>,<sip:c@d>", "<<sip:a@b>>", "\"a\" sip:a@b", "sip :a@b",
		"sip:a b@c", "<sip:a@b>;x=\"y", "a\"b\" <sip:a@b>", "alice@example.com", "<alice@example.com>", ":", "sip:",
		"<sip:a@b>;=x", "<sip:a@b>;x=y z", "\"a\\\" <sip:a@b>",
	};
	struct sip_name_addr a;
	for (size_t i = 0; i < SIP_COUNTOF(broken); i++) {
		enum sip_err err = sip_name_addr_parse(sip_str_of(broken[i]), &a);
		unit_check(err == SIP_E_SYNTAX, broken[i], __FILE__, __LINE__);
	}
	return SIP_OK;
}

/* RFC 3261 25.1: qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ) */
static enum sip_err test_name_addr_q_gives_thousandths(void)
{
	static const struct {
		const char *text;
		enum sip_err err;
		uint32_t q;
	} values[] = {
		{ "<sip:a@b>", SIP_OK, 77 },          { "<sip:a@b>;q=0", SIP_OK, 0 },         { "<sip:a@b>;q=1", SIP_OK, 1000 },
		{ "<sip:a@b>;q=0.5", SIP_OK, 500 },   { "<sip:a@b>;Q = 0.123", SIP_OK, 123 }, { "<sip:a@b>;q=1.000", SIP_OK, 1000 },
		{ "<sip:a@b>;q=0.", SIP_OK, 0 },      { "<sip:a@b>;x;q=0.07", SIP_OK, 70 },   { "<sip:a@b>;q=1.", SIP_OK, 1000 },
		{ "<sip:a@b>;q", SIP_E_SYNTAX, 0 },   { "<sip:a@b>;q=", SIP_E_SYNTAX, 0 },
		{ "<sip:a@b>;q=1.001", SIP_E_SYNTAX, 0 },
		{ "<sip:a@b>;q=2", SIP_E_SYNTAX, 0 }, { "<sip:a@b>;q=0.1234", SIP_E_SYNTAX, 0 },
		{ "<sip:a@b>;q=-1", SIP_E_SYNTAX, 0 },
		{ "<sip:a@b>;q=.5", SIP_E_SYNTAX, 0 }, { "<sip:a@b>;q=00", SIP_E_SYNTAX, 0 }, { "<sip:a@b>;q=0.x", SIP_E_SYNTAX, 0 },
	};
	for (size_t i = 0; i < SIP_COUNTOF(values); i++) {
		struct sip_name_addr a;
		uint32_t q = 0;
		UNIT_EQ(sip_name_addr_parse(sip_str_of(values[i].text), &a), SIP_OK);
		enum sip_err err = sip_name_addr_q(&a, 77, &q);
		unit_check(err == values[i].err, values[i].text, __FILE__, __LINE__);
		if (err == SIP_OK)
			UNIT_EQ(q, values[i].q);
	}
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_name_addr_parse_shapes_gives_their_parts),
	UNIT_CASE(test_name_addr_parse_star_stands_alone),
	UNIT_CASE(test_name_addr_parse_bare_parameters_belong_to_the_header),
	UNIT_CASE(test_name_addr_parse_a_last_semicolon_is_let_pass),
	UNIT_CASE(test_name_addr_is_loose_wherever_lr_stands),
	UNIT_CASE(test_name_addr_put_reads_back),
	UNIT_CASE(test_name_addr_parse_broken_fails),
	UNIT_CASE(test_name_addr_q_gives_thousandths),
};
SUITE(name_addr);
