/* Fragments of messages. */
#include "stack/content/sipfrag.h"

#include "tests/unit/stack/content/content_rooms_test.h"

static enum sip_err test_sipfrag_parse_of_rfc_3420_3_1(void)
{
	static const struct {
		const char *text, *method;
		unsigned status, fields;
		bool has_body;
		const char *body;
	} bodies[] = {
		{ "SIP/2.0 100 Trying", "", 100, 0, false, "" },
		{ "SIP/2.0 200\r\n", "", 200, 0, false, "" },
		{ "SIP/2.0 603 Declined\r\n\r\n", "", 603, 0, true, "" },
		{ "SIP/2.0 503 Service Unavailable\r\n \r\n", "", 503, 0, true, "" },
		{ "SIP/2.0 180 Ringing\n\t \nbody", "", 180, 0, true, "body" },
		{ "SIP/2.0 200 OK\r\n ", "", 200, 0, true, "" },
		{ "SIP/2.0 200 OK\r\nTo: <sip:a@b>\r\n \r\nCSeq: 1 BYE\r\n", "", 200, 2, false, "" },
		{ "INVITE sip:alice@atlanta.com SIP/2.0\r\nTo: <sip:a@b>\r\nContact: <sip:x@y>\r\n", "INVITE", 0, 2, false, "" },
		{ "From: Alice <sip:a@b>\r\nContact : x\r\nContent-Type: text/plain\r\n\r\nSIP/2.0", "", 0, 3, true, "SIP/2.0" },
		{ "Subject : foo SIP/2.0", "", 0, 1, false, "" },
		{ "", "", 0, 0, false, "" },
		{ "\r\nbody", "", 0, 0, true, "body" },
	};
	enum sip_err err = SIP_OK;
	struct sip_content c;
	struct bed b;

	bed_init(&b);
	for (size_t i = 0; i < SIP_COUNTOF(bodies); i++) {
		UNIT_TRY(bed_parse(&b, "message/sipfrag;version=2.0", sip_str_of(bodies[i].text), &c));
		const struct sip_sipfrag *x = sip_content_form(&c, SIP_CONTENT_SIPFRAG);
		UNIT_STR(x->method, bodies[i].method);
		UNIT_EQ(x->status, bodies[i].status);
		UNIT_EQ(x->has_body, bodies[i].has_body);
		UNIT_STR(x->body, bodies[i].body);
		unsigned n = 0;
		for (const struct sip_content_field *f = x->fields; f; f = f->next)
			n++;
		UNIT_EQ(n, bodies[i].fields);
		UNIT_TRY(bed_round("message/sipfrag", bodies[i].text, NULL));
	}
	UNIT_TRY(bed_round("message/sip", "INVITE sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\nv=0\r\n", "INVITE sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\nv=0\r\n"));
	UNIT_TRY(bed_round("message/sipfrag", "SIP/2.0 486 Busy Here", "SIP/2.0 486 Busy Here\r\n"));
out:
	bed_fini(&b);
	return err;
}

/* By the grammar of messages: what those pass over is passed over, and what they refuse is no start line. */
static enum sip_err test_sipfrag_start_line_is_read_as_that_of_a_message(void)
{
	static const char *const refused[] = {
		"SIP/2.0 700 x", "SIP/3.0 200 OK", "INVITE x SIP/2.0", "INVITE sip:a@b SIP/3.0", "IN(VITE sip:a@b SIP/2.0",
	};
	enum sip_err err = bed_round("message/sipfrag", "sip/2.0  200 OK", "SIP/2.0 200 OK\r\n");

	if (err == SIP_OK)
		err = bed_round("message/sipfrag", "INVITE  sip:a@b  SIP/2.0 \nTo: <sip:a@b>", "INVITE sip:a@b SIP/2.0\r\nTo: <sip:a@b>\r\n");
	for (size_t i = 0; i < SIP_COUNTOF(refused) && err == SIP_OK; i++)
		err = bed_refused("message/sipfrag", refused[i], SIP_E_SYNTAX);
	return err;
}

static enum sip_err test_sipfrag_parse_refuses_what_is_no_piece_of_a_message(void)
{
	static const char *const bodies[] = {
		"SIP/2.0 99 x", "SIP/2.0 2000", "SIP/2.0 abc x", "SIP/2.0200 OK", "SIP/2.0", "SIP/2.0 200 O\rK", "INVITE sip:a@b",
		"INVITE  SIP/2.0", "INVITE sip:a b SIP/2.0", "A line of text", "To\r\n: x",
	};
	for (size_t i = 0; i < SIP_COUNTOF(bodies); i++)
		if (bed_refused("message/sipfrag", bodies[i], SIP_E_SYNTAX) != SIP_OK)
			return SIP_E_NOMEM;
	return SIP_OK;
}

static enum sip_err test_sipfrag_put_refuses_what_would_not_read_back(void)
{
	static const struct sip_sipfrag pieces[] = {
		{ .status = 20, .reason = SIP_STR_INIT("x") }, { .status = 1000 }, { .status = 200, .reason = SIP_STR_INIT("a\r\nb: c") },
		{ .method = SIP_STR_INIT("A B"), .uri = SIP_STR_INIT("sip:a@b") }, { .method = SIP_STR_INIT("A") },
		{ .method = SIP_STR_INIT("A"), .uri = SIP_STR_INIT("sip:a b") }, { .method = SIP_STR_INIT("A"), .uri = SIP_STR_INIT("x\r\n") },
		{ .method = SIP_STR_INIT("A"), .uri = SIP_STR_INIT(":x") }, { .method = SIP_STR_INIT("A"), .uri = SIP_STR_INIT(" sip:a@b") },
		{ .status = 200, .reason = SIP_STR_INIT(" OK") }, { .method = SIP_STR_INIT("A"), .uri = SIP_STR_INIT("sip:a@b"), .status = 200 },
	};
	for (size_t i = 0; i < SIP_COUNTOF(pieces); i++) {
		char room[64];
		struct sip_buf b;
		sip_buf_init_fixed(&b, room, sizeof room);
		sip_sipfrag_put(&b, &pieces[i]);
		UNIT_EQ(b.err, SIP_E_INVAL);
	}
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_sipfrag_parse_of_rfc_3420_3_1),
	UNIT_CASE(test_sipfrag_start_line_is_read_as_that_of_a_message),
	UNIT_CASE(test_sipfrag_parse_refuses_what_is_no_piece_of_a_message),
	UNIT_CASE(test_sipfrag_put_refuses_what_would_not_read_back),
};
SUITE(sipfrag);
