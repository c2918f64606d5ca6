/* Making messages: responses by slices of the request, requests from parts, ACK and CANCEL; phrases. */
#include "tests/unit/stack/message/message_rooms_test.h"

#define COPIED                                                                                                       \
	"v: SIP/2.0/TCP a.example.org;branch=z9hG4bK1, SIP/2.0/UDP b.example.org:5070;branch=z9hG4bK2\r\n"           \
	"Via: SIP/2.0/UDP c.example.org;branch=z9hG4bK3;rport\r\n"
#define FROM "f: Alice <sip:alice@example.org>;tag=1\r\n"
#define TO "TO: <sip:bob@example.net>"
#define ENDS "Call-ID: 42@a.example.org\r\nCSeq: 7 INVITE\r\n"

static enum sip_err respond(struct sip_message *m, unsigned status, const char *reason, struct sip_str tag,
			    const char *expected)
{
	struct sip_message *response, *again = NULL;
	struct sip_packet *packet = NULL;
	enum sip_err err = sip_response_make(m, status, reason, tag, &response);
	if (err != SIP_OK)
		return err;
	UNIT_TRY(sip_message_encode(response, &packet));
	UNIT_CHECK(packet == response->packet);
	UNIT_TRY(CHECK_ENCODED(response, expected));
	UNIT_TRY(parse_z(expected, &again));
	UNIT_EQ(again->used, response->used);
	for (unsigned i = 0; i < again->used && i < response->used; i++) {
		UNIT_EQ(again->fields[i].id, response->fields[i].id);
		UNIT_EQ(again->fields[i].value_at, response->fields[i].value_at);
		UNIT_EQ(again->fields[i].value_len, response->fields[i].value_len);
		UNIT_EQ(again->fields[i].name_len, response->fields[i].name_len);
		UNIT_EQ(again->fields[i].tail, response->fields[i].tail);
	}
	UNIT_EQ(sip_message_status(response), status);
	UNIT_CHECK(sip_str_eq(sip_message_reason(response), sip_message_reason(again)));
out:
	sip_packet_unref(&packet);
	sip_message_unref(&again);
	sip_message_unref(&response);
	return err;
}

static enum sip_err test_response_has_the_lines_of_its_request(void)
{
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z(sample_invite, &m));
	UNIT_TRY(respond(m, 404, NULL, SIP_STR("t2"),
			 "SIP/2.0 404 Not Found\r\n" COPIED FROM TO ";tag=t2\r\n" ENDS "Content-Length: 0\r\n\r\n"));
	UNIT_TRY(respond(m, 400, "Missing Call-ID", SIP_STR(""),
			 "SIP/2.0 400 Missing Call-ID\r\n" COPIED FROM TO "\r\n" ENDS "Content-Length: 0\r\n\r\n"));
	UNIT_TRY(sip_message_add(m, SIP_HEADER_TIMESTAMP, SIP_STR("54")));
	UNIT_TRY(sip_message_push(m, SIP_HEADER_RECORD_ROUTE, SIP_STR("<sip:r;lr>")));
	UNIT_TRY(respond(m, 100, NULL, SIP_STR("t2"),
			 "SIP/2.0 100 Trying\r\n" COPIED FROM TO "\r\n" ENDS
			 "Timestamp: 54\r\nContent-Length: 0\r\n\r\n"));
	UNIT_TRY(respond(m, 180, NULL, SIP_STR("t2"),
			 "SIP/2.0 180 Ringing\r\n" COPIED "Record-Route: <sip:r;lr>\r\n" FROM TO ";tag=t2\r\n" ENDS
			 "Content-Length: 0\r\n\r\n"));
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_response_to_odd_lines_is_even(void)
{
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z("BYE sip:a@b SIP/2.0\nVia: SIP/2.0/UDP h,\n SIP/2.0/UDP i\nFrom:sip:a@b\nTo "
			 ":sip:c@d;tag=9\nCall-ID: 1\n"
			 "CSeq: 1 BYE\n\n",
			 &m));
	UNIT_TRY(sip_message_replace(m, SIP_HEADER_VIA, 0, SIP_STR("SIP/2.0/UDP h;received=192.0.2.1")));
	UNIT_TRY(respond(
		m, 200, NULL, SIP_STR("t2"),
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;received=192.0.2.1\r\nVia: SIP/2.0/UDP i\r\nFrom: sip:a@b\r\n"
		"To: sip:c@d;tag=9\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n"));
out:
	sip_message_unref(&m);
	return err;
}

/* Before a tag goes what stood behind the last parameter: ";;" would be an empty one (RFC 3261 25.1). */
static enum sip_err test_response_to_a_last_semicolon_has_its_tag_behind_one(void)
{
	static const char *const to[][2] = {
		{ "<sip:c@d>;", "<sip:c@d>" }, { "<sip:c@d>;x=\"y;\" ; ", "<sip:c@d>;x=\"y;\"" }, { "<sip:c@d>;x=\";\"", "<sip:c@d>;x=\";\"" },
	};
	struct sip_message *m = NULL;
	char text[200], expected[200];
	enum sip_err err = SIP_OK;
	for (size_t i = 0; i < SIP_COUNTOF(to); i++) {
		snprintf(text, sizeof text, "BYE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nTo: %s\r\n\r\n", to[i][0]);
		snprintf(expected, sizeof expected,
			 "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\nTo: %s;tag=t\r\nContent-Length: 0\r\n\r\n", to[i][1]);
		UNIT_TRY(parse_z(text, &m));
		UNIT_TRY(respond(m, 200, NULL, SIP_STR("t"), expected));
		sip_message_unref(&m);
	}
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_response_to_a_broken_request_copies_what_is_there(void)
{
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z("BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nTo: \"", &m));
	UNIT_TRY(respond(m, 400, "Missing From", SIP_STR("t"),
			 "SIP/2.0 400 Missing From\r\nVia: SIP/2.0/UDP h\r\nTo: \"\r\nContent-Length: 0\r\n\r\n"));
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_a_response_has_one_start_line_and_a_tag_that_is_one(void)
{
	static const char *const phrases[] = { "OK\r\nInjected: yes", "OK\n", "OK\r", "\001", "a\033b", "\177" };
	static const char *const tags[] = { "t\r\nX: y", "t;x=y>", "t t", "\"t\"", "t,u", "\xc3\xa4" };
	struct sip_message *m = NULL, *response = NULL;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z(sample_invite, &m));
	for (size_t i = 0; i < SIP_COUNTOF(phrases); i++)
		UNIT_EQ(sip_response_make(m, 200, phrases[i], SIP_STR("t2"), &response), SIP_E_INVAL);
	for (size_t i = 0; i < SIP_COUNTOF(tags); i++)
		UNIT_EQ(sip_response_make(m, 200, NULL, sip_str_of(tags[i]), &response), SIP_E_INVAL);
	UNIT_CHECK(!response);
	UNIT_TRY(respond(m, 404, "Nicht da,\tM\xc3\xbcller: \"x\"", SIP_STR("-.!%*_+`'~"),
			 "SIP/2.0 404 Nicht da,\tM\xc3\xbcller: \"x\"\r\n" COPIED FROM TO ";tag=-.!%*_+`'~\r\n" ENDS
			 "Content-Length: 0\r\n\r\n"));
out:
	sip_message_unref(&response);
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_request_is_made_of_its_parts(void)
{
	struct sip_request_options o;
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;
	sip_request_options_init(&o);
	o.method = SIP_STR("MESSAGE");
	o.uri = SIP_STR("sip:bob@example.net");
	o.from = SIP_STR("<sip:alice@example.org>;tag=1");
	o.to = SIP_STR("<sip:bob@example.net>");
	o.call_id = SIP_STR("c1");
	o.cseq = 3;
	o.contact = SIP_STR("<sip:alice@h>");
	o.content_type = SIP_STR("text/plain");
	o.body = SIP_STR("hello");
	UNIT_TRY(sip_request_make(&o, &m));
	UNIT_TRY(CHECK_ENCODED(
		m,
		"MESSAGE sip:bob@example.net SIP/2.0\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.org>;tag=1\r\n"
		"To: <sip:bob@example.net>\r\nCall-ID: c1\r\nCSeq: 3 MESSAGE\r\nContact: <sip:alice@h>\r\n"
		"Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"));
	sip_message_unref(&m);
	o.from = SIP_STR("<sip:a@b>\r\nX: y");
	UNIT_EQ(sip_request_make(&o, &m), SIP_E_INVAL);
	o.from = SIP_STR("sip:a@b");
	o.method = SIP_STR("BAD METHOD");
	UNIT_EQ(sip_request_make(&o, &m), SIP_E_INVAL);
	o.method = SIP_STR("MESSAGE");
	o.uri = SIP_STR("sip:a b");
	UNIT_EQ(sip_request_make(&o, &m), SIP_E_INVAL);
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_ack_is_derived_from_invite_and_response(void)
{
	struct sip_message *invite = NULL, *response = NULL, *ack = NULL;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z(sample_invite, &invite));
	UNIT_TRY(sip_response_make(invite, 486, NULL, SIP_STR("t2"), &response));
	UNIT_TRY(sip_derive_ack(invite, response, &ack));
	UNIT_TRY(CHECK_ENCODED(ack, "ACK sip:bob@example.net;transport=tcp SIP/2.0\r\n"
				    "Via: SIP/2.0/TCP a.example.org;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
				    "Route: <sip:p1.example.net;lr>, <sip:p2.example.net;lr>\r\n" FROM
				    "Call-ID: 42@a.example.org\r\n" TO
				    ";tag=t2\r\nCSeq: 7 ACK\r\nContent-Length: 0\r\n\r\n"));
	sip_message_unref(&ack);
	UNIT_EQ(sip_derive_ack(response, response, &ack), SIP_E_INVAL);
out:
	sip_message_unref(&ack);
	sip_message_unref(&response);
	sip_message_unref(&invite);
	return err;
}

static enum sip_err test_cancel_is_derived_from_its_request(void)
{
	struct sip_message *invite = NULL, *cancel = NULL;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z(sample_invite, &invite));
	UNIT_TRY(sip_derive_cancel(invite, SIP_STR("SIP;cause=200"), &cancel));
	UNIT_TRY(CHECK_ENCODED(cancel,
			       "CANCEL sip:bob@example.net;transport=tcp SIP/2.0\r\n"
			       "Via: SIP/2.0/TCP a.example.org;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
			       "Route: <sip:p1.example.net;lr>, <sip:p2.example.net;lr>\r\n" FROM
			       "Call-ID: 42@a.example.org\r\n" TO "\r\nCSeq: 7 CANCEL\r\nReason: SIP;cause=200\r\n"
			       "Content-Length: 0\r\n\r\n"));
	sip_message_unref(&cancel);
	UNIT_EQ(sip_derive_cancel(invite, SIP_STR("x\r\ny"), &cancel), SIP_E_INVAL);
	UNIT_TRY(sip_derive_cancel(invite, SIP_STR(""), &cancel));
	UNIT_CHECK(!sip_message_has(cancel, SIP_HEADER_REASON));
out:
	sip_message_unref(&cancel);
	sip_message_unref(&invite);
	return err;
}

static enum sip_err test_status_reason_is_never_missing(void)
{
	UNIT_STR(sip_str_of(sip_status_reason(100)), "Trying");
	UNIT_STR(sip_str_of(sip_status_reason(481)), "Call/Transaction Does Not Exist");
	UNIT_STR(sip_str_of(sip_status_reason(608)), "Rejected");
	UNIT_STR(sip_str_of(sip_status_reason(299)), "Unknown Success");
	UNIT_STR(sip_str_of(sip_status_reason(699)), "Unknown Global Failure");
	UNIT_STR(sip_str_of(sip_status_reason(0)), "Unknown");
	UNIT_STR(sip_str_of(sip_status_reason(70000)), "Unknown");
	for (unsigned i = 0; i < 1000; i++)
		UNIT_CHECK(strlen(sip_status_reason(i)) > 0);
	return SIP_OK;
}

/* Its rest, with the request, makes it again; or there is none. */
static enum sip_err say_again(const struct sip_message *request, const struct sip_message *response, bool has_rest)
{
	struct sip_response_rest *rest = sip_response_rest_create(response);
	struct sip_packet *first = NULL, *again = NULL;
	enum sip_err err = SIP_OK;
	if (!has_rest) {
		UNIT_CHECK(!rest);
		return SIP_OK;
	}
	if (!rest)
		return SIP_E_NOMEM;
	UNIT_TRY(sip_message_encode(response, &first));
	UNIT_TRY(sip_response_rest_encode(rest, request, &again));
	UNIT_CHECK(sip_str_eq(sip_str_make(again->bytes, again->len), sip_str_make(first->bytes, first->len)));
out:
	sip_packet_unref(&again);
	sip_packet_unref(&first);
	sip_response_rest_free(&rest);
	return err;
}

static enum sip_err test_the_rest_of_a_response_and_its_request_make_it_again(void)
{
	struct sip_message *m = NULL, *response = NULL;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z(sample_invite, &m));
	UNIT_TRY(sip_response_make(m, 404, NULL, SIP_STR("t2"), &response));
	UNIT_TRY(say_again(m, response, true));
	UNIT_TRY(sip_message_add(response, SIP_HEADER_ALLOW, SIP_STR("INVITE")));
	UNIT_TRY(sip_message_add(response, SIP_HEADER_SERVER, SIP_STR("a server")));
	UNIT_TRY(say_again(m, response, true));
	sip_message_unref(&response);
	UNIT_TRY(sip_response_make(m, 404, "", SIP_STR(""), &response));
	UNIT_TRY(say_again(m, response, true));
	sip_message_unref(&response);
	UNIT_TRY(sip_response_make(m, 404, "Nobody here of that name", SIP_STR("t2"), &response));
	UNIT_TRY(say_again(m, response, true));
	UNIT_TRY(sip_message_add(response, SIP_HEADER_ALLOW, SIP_STR("INVITE")));
	UNIT_TRY(sip_message_add(response, SIP_HEADER_ALLOW, SIP_STR("BYE"))); /* this one is an edit */
	UNIT_TRY(say_again(m, response, false));
out:
	sip_message_unref(&response);
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_a_response_of_an_edited_request_is_whole_or_not_at_all(void)
{
	struct sip_message *m = NULL, *response = NULL;
	struct sip_addr source;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z(sample_invite, &m));
	sip_addr_clear(&source);
	UNIT_EQ(sip_addr_parse(&source, SIP_STR("192.0.2.1"), 5060), SIP_OK);
	UNIT_TRY(sip_message_stamp(m, &source)); /* who asks again is stamped again */
	UNIT_TRY(sip_response_make(m, 200, NULL, SIP_STR("t2"), &response));
	UNIT_TRY(say_again(m, response, true));
	sip_message_unref(&response);
	UNIT_TRY(sip_message_set(m, SIP_HEADER_CALL_ID, SIP_STR("another")));
	UNIT_TRY(sip_response_make(m, 200, NULL, SIP_STR("t2"), &response));
	UNIT_TRY(say_again(m, response, false));
out:
	sip_message_unref(&response);
	sip_message_unref(&m);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_response_has_the_lines_of_its_request),
	UNIT_CASE(test_the_rest_of_a_response_and_its_request_make_it_again),
	UNIT_CASE(test_a_response_of_an_edited_request_is_whole_or_not_at_all),
	UNIT_CASE(test_response_to_odd_lines_is_even),
	UNIT_CASE(test_response_to_a_last_semicolon_has_its_tag_behind_one),
	UNIT_CASE(test_response_to_a_broken_request_copies_what_is_there),
	UNIT_CASE(test_a_response_has_one_start_line_and_a_tag_that_is_one),
	UNIT_CASE(test_request_is_made_of_its_parts),
	UNIT_CASE(test_ack_is_derived_from_invite_and_response),
	UNIT_CASE(test_cancel_is_derived_from_its_request),
	UNIT_CASE(test_status_reason_is_never_missing),
};
SUITE(make);
