/* Bodies that are somewhere else. */
#include "stack/content/external_body.h"

#include "tests/unit/stack/content/content_rooms_test.h"

static enum sip_err test_external_body_parse_of_rfc_4483_6_1(void)
{
	static const char type[] = "message/external-body;\r\n ACCESS-TYPE=URL;\r\n URL=\"http://www.example.net/party/06/2002/announcement\";\r\n"
		" EXPIRATION=\"Sat, 20 Jun 2002 12:00:00 GMT\";\r\n size=231",
		body[] = "Content-Type: application/sdp\r\nContent-Disposition: session\r\nContent-ID: <4e5562cd1214427d@example.net>\r\n";
	struct sip_content c;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(bed_parse(&b, type, sip_str_of(body), &c));
	const struct sip_external_body *x = sip_content_form(&c, SIP_CONTENT_EXTERNAL_BODY);
	UNIT_STR(x->access_type, "URL");
	UNIT_STR(x->url, "http://www.example.net/party/06/2002/announcement");
	UNIT_STR(x->expiration, "Sat, 20 Jun 2002 12:00:00 GMT");
	UNIT_CHECK(x->size.is_there && x->size.value == 231);
	UNIT_STR(sip_content_field_find(x->fields, SIP_STR("Content-ID"))->value, "<4e5562cd1214427d@example.net>");
	UNIT_TRY(bed_put(&b, &c));
	UNIT_STR(sip_buf_str(&b.type), "message/external-body;access-type=URL;URL=\"http://www.example.net/party/06/2002/announcement\";"
		 "expiration=\"Sat, 20 Jun 2002 12:00:00 GMT\";size=231");
	UNIT_TRY(bed_round(type, body, NULL));
	UNIT_TRY(bed_round("message/external-body;access-type=x-file;permission=read;expiration=\"a\r\n b\"", "", "\r\n"));
	UNIT_TRY(bed_parse(&b, "message/external-body;access-type=\"url\";url=\"http://a/\r\n b \\\"\"", sip_str_of(""), &c));
	x = sip_content_form(&c, SIP_CONTENT_EXTERNAL_BODY);
	UNIT_STR(x->url, "http://a/b\"");
	UNIT_CHECK(!x->size.is_there);
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_external_body_parse_refuses_what_says_no_place(void)
{
	static const char *const types[] = {
		"message/external-body", "message/external-body;access-type=URL", "message/external-body;access-type=url;url=\" \"",
		"message/external-body;access-type=x;size=abc", "message/external-body;access-type=x;size=4294967296",
	};
	for (size_t i = 0; i < SIP_COUNTOF(types); i++)
		if (bed_refused(types[i], "", SIP_E_SYNTAX) != SIP_OK)
			return SIP_E_NOMEM;
	return bed_refused("message/external-body;access-type=x", "no field", SIP_E_SYNTAX);
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_external_body_parse_of_rfc_4483_6_1),
	UNIT_CASE(test_external_body_parse_refuses_what_says_no_place),
};
SUITE(external_body);
