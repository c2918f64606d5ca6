/* Requests made from URIs with headers. */
#include "tests/unit/stack/message/message_rooms_test.h"

#include <stdio.h>

static enum sip_err embed_what(const char *text, enum sip_embed what, struct sip_message **out, unsigned *left_out)
{
	struct sip_request_options o;
	struct sip_uri u;
	enum sip_err err;

	sip_request_options_init(&o);
	o.method = SIP_STR("INVITE");
	o.uri = SIP_STR("sip:b@h");
	o.from = SIP_STR("<sip:a@h>;tag=1");
	o.to = SIP_STR("<sip:b@h>");
	o.call_id = SIP_STR("1");
	UNIT_EQ(sip_uri_parse(sip_str_of(text), &u), SIP_OK);
	UNIT_TRY(sip_request_make(&o, out));
	err = sip_message_embed(*out, &u, what, left_out);
out:
	return err;
}

static enum sip_err embed(const char *text, struct sip_message **out, unsigned *left_out)
{
	return embed_what(text, SIP_EMBED_ALL, out, left_out);
}

static enum sip_err test_embed_when_only_what_is_harmless_then_the_rest_is_left_out(void)
{
	struct sip_message *m = NULL;
	struct sip_str value;
	unsigned left_out;
	enum sip_err err;

	UNIT_TRY(embed_what("sip:b@h?Subject=x&body=hi&Content-Type=text/html&Content-Disposition=render&Require=x&X-A=1", SIP_EMBED_HARMLESS, &m, &left_out));
	UNIT_EQ(left_out, 5);
	UNIT_EQ(sip_message_body(m).len, 0);
	UNIT_CHECK(!sip_message_value(m, SIP_HEADER_CONTENT_TYPE, 0, &value));
	UNIT_CHECK(sip_message_value(m, SIP_HEADER_SUBJECT, 0, &value));
out:
	sip_message_unref(&m);
	return err;
}

/* 19.1.5: "An implementation MUST NOT proceed with transmitting the request" when it is not valid. */
static enum sip_err test_embed_when_a_value_is_none_of_its_header_then_syntax(void)
{
	static const char *const broken[] = { "Session-Expires=abc", "Expires=-1", "Replaces=", "Require=", "Subject=%00x", "Subject=a%7f",
					      "Priority=%ff", "Subject=a%0D%0A%20b", "Reply-To=%3Csip:x", "X=%01" };
	unsigned left_out;

	for (size_t i = 0; i < SIP_COUNTOF(broken); i++) {
		struct sip_message *m = NULL;
		char text[64];
		(void)snprintf(text, sizeof text, "sip:b@h?%s", broken[i]);
		enum sip_err err = embed(text, &m, &left_out);
		sip_message_unref(&m);
		if (err == SIP_E_NOMEM)
			return err;
		unit_check(err == SIP_E_SYNTAX, broken[i], __FILE__, __LINE__);
	}
	return SIP_OK;
}

static enum sip_err test_embed_when_headers_are_harmless_then_they_are_there(void)
{
	struct sip_message *m = NULL;
	struct sip_str value;
	unsigned left_out;
	enum sip_err err;

	UNIT_TRY(embed("sip:b@h;method=INVITE?Subject=project%20x&priority=urgent&X-A=1&X-A=2&Accept-Contact=%2a&body=hi%0D%0Athere&"
		       "Replaces=1%40h%3Bto-tag%3D2%3Bfrom-tag%3D3&c=text/html",
		       &m, &left_out));
	UNIT_EQ(left_out, 0);
	UNIT_CHECK(sip_message_value(m, SIP_HEADER_SUBJECT, 0, &value));
	UNIT_STR(value, "project x");
	UNIT_CHECK(sip_message_value(m, SIP_HEADER_PRIORITY, 0, &value));
	UNIT_STR(value, "urgent");
	UNIT_CHECK(sip_message_find(m, SIP_STR("x-a"), 1, &value));
	UNIT_STR(value, "2");
	UNIT_CHECK(sip_message_value(m, SIP_HEADER_REPLACES, 0, &value));
	UNIT_STR(value, "1@h;to-tag=2;from-tag=3");
	UNIT_CHECK(sip_message_value(m, SIP_HEADER_CONTENT_TYPE, 0, &value));
	UNIT_STR(value, "text/html");
	UNIT_STR(sip_message_body(m), "hi\r\nthere");
out:
	sip_message_unref(&m);
	return err;
}

/* 19.1.5: "An implementation SHOULD NOT honor these obviously dangerous header fields" */
static enum sip_err test_embed_when_headers_are_not_the_uris_to_say_then_left_out(void)
{
	struct sip_message *m = NULL;
	struct sip_str value;
	unsigned left_out;
	enum sip_err err;

	UNIT_TRY(embed("sip:b@h?From=sip:x%40y&v=SIP/2.0/UDP%20x&Call-ID=2&CSeq=9%20BYE&Route=%3Csip:x%3E&Record-Route=%3Csip:x%3E&"
		       "Contact=sip:x&Supported=x&User-Agent=x&l=5&Max-Forwards=0",
		       &m, &left_out));
	UNIT_EQ(left_out, 11);
	UNIT_CHECK(!sip_message_has(m, SIP_HEADER_ROUTE) && !sip_message_has(m, SIP_HEADER_VIA) && !sip_message_has(m, SIP_HEADER_CONTACT));
	UNIT_CHECK(sip_message_value(m, SIP_HEADER_CALL_ID, 0, &value));
	UNIT_STR(value, "1");
	UNIT_EQ(sip_message_body(m).len, 0);
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_embed_when_it_hides_a_line_end_or_is_broken_then_refused(void)
{
	static const char *const bad[] = { "sip:b@h?Subject=x%0D%0ARoute:%20%3Csip:x%3E", "sip:b@h?X-A%0D%0AB=1", "sip:b@h?X%20A=1",
					   "sip:b@h?%3A=1" };
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(bad) && err != SIP_E_NOMEM; i++) {
		struct sip_message *m = NULL;
		unsigned left_out;

		err = embed(bad[i], &m, &left_out);
		unit_check(err == SIP_E_SYNTAX || err == SIP_E_NOMEM, bad[i], __FILE__, __LINE__);
		sip_message_unref(&m);
	}
	return err == SIP_E_NOMEM ? err : SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_embed_when_only_what_is_harmless_then_the_rest_is_left_out),
	UNIT_CASE(test_embed_when_a_value_is_none_of_its_header_then_syntax),
	UNIT_CASE(test_embed_when_headers_are_harmless_then_they_are_there),
	UNIT_CASE(test_embed_when_headers_are_not_the_uris_to_say_then_left_out),
	UNIT_CASE(test_embed_when_it_hides_a_line_end_or_is_broken_then_refused),
};
SUITE(embedded);
