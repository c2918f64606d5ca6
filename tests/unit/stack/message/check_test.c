/* The verdicts at the door, rule by rule. */
#include "tests/unit/stack/message/message_rooms_test.h"

#define VIA "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
#define ENDS "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n"
#define REST "Call-ID: 1\r\nCSeq: 1 INVITE\r\n"
#define LINE "INVITE sip:c@d SIP/2.0\r\n"
#define OK_LINE "SIP/2.0 200 OK\r\n"

struct verdict_row {
	const char *text;
	enum sip_verdict verdict;
	unsigned code;
	const char *reason;
};

static const struct verdict_row datagrams[] = {
	{ LINE VIA ENDS REST "\r\n", SIP_ACCEPT, 0, "" },
	{ LINE VIA ENDS REST "Content-Length: 2\r\n\r\nhi", SIP_ACCEPT, 0, "" },
	{ LINE "Via: SIP/2.0/UDP h\r\nFrom: sip:a@b\r\nTo: sip:c@d\r\n" REST "\r\n", SIP_ACCEPT, 0, "" },
	{ "NEWMETHOD sip:c@d SIP/2.0\r\n" VIA ENDS "Call-ID: 1\r\nCSeq: 1 NEWMETHOD\r\n\r\n", SIP_ACCEPT, 0, "" },
	{ "INVITE urn:x:y SIP/2.0\r\n" VIA ENDS REST "\r\n", SIP_ACCEPT, 0, "" },
	{ OK_LINE VIA ENDS REST "\r\n", SIP_ACCEPT, 0, "" },
	{ LINE VIA ENDS REST "Content-Type: a/b\r\nContent-Length: 0\r\n\r\n", SIP_ACCEPT, 0, "" },
	{ LINE VIA ENDS REST "Subject: a\r\nSubject: b\r\n\r\n", SIP_ACCEPT, 0, "" },
	{ "INVITE sip:c@d SIP/3.1\r\n" VIA ENDS REST "\r\n", SIP_ANSWER, 505, "Version Not Supported" },
	{ "INVITE sip:c@d SIP/new\r\n" VIA ENDS REST "\r\n", SIP_ANSWER, 400, "Bad SIP Version" },
	{ "INV[TE sip:c@d SIP/2.0\r\n" VIA ENDS REST "\r\n", SIP_ANSWER, 400, "Bad Start Line" },
	{ LINE VIA ENDS REST "odd line\r\n\r\n", SIP_ANSWER, 400, "Bad Header Line" },
	{ LINE VIA ENDS REST, SIP_ANSWER, 400, "Missing Empty Line" },
	{ "INVITE sip:c d SIP/2.0\r\n" VIA ENDS REST "\r\n", SIP_ANSWER, 400, "Bad Request-URI" },
	{ LINE ENDS REST "\r\n", SIP_DROP, 0, "Missing Via" },
	{ LINE "Via: h\r\n" ENDS REST "\r\n", SIP_DROP, 0, "Bad Via" },
	{ LINE VIA "To: sip:c@d\r\n" REST "\r\n", SIP_ANSWER, 400, "Missing From" },
	{ LINE VIA "From: \"\r\nTo: sip:c@d\r\n" REST "\r\n", SIP_ANSWER, 400, "Bad From" },
	{ LINE VIA "From: sip:c@d\r\n" REST "\r\n", SIP_ANSWER, 400, "Missing To" },
	{ LINE VIA ENDS "To: sip:c@d\r\n" REST "\r\n", SIP_ANSWER, 400, "Duplicate To" },
	{ LINE VIA ENDS "CSeq: 1 INVITE\r\n\r\n", SIP_ANSWER, 400, "Missing Call-ID" },
	{ LINE VIA ENDS "Call-ID: a b\r\nCSeq: 1 INVITE\r\n\r\n", SIP_ANSWER, 400, "Bad Call-ID" },
	{ LINE VIA ENDS "Call-ID: 1\r\n\r\n", SIP_ANSWER, 400, "Missing CSeq" },
	{ LINE VIA ENDS "Call-ID: 1\r\nCSeq: INVITE\r\n\r\n", SIP_ANSWER, 400, "Bad CSeq" },
	{ LINE VIA ENDS "Call-ID: 1\r\nCSeq: 1 BYE\r\n\r\n", SIP_ANSWER, 400, "CSeq Method Is Not The Request's" },
	{ LINE VIA ENDS REST "Max-Forwards: 256\r\n\r\n", SIP_ANSWER, 400, "Bad Max-Forwards" },
	{ LINE VIA ENDS REST "Max-Forwards: 0\r\n\r\n", SIP_ACCEPT, 0, "" },
	{ LINE VIA ENDS REST "Route: x y\r\n\r\n", SIP_ANSWER, 400, "Bad Route" },
	{ LINE VIA ENDS REST "Content-Length: -1\r\n\r\n", SIP_ANSWER, 400, "Bad Content-Length" },
	{ LINE VIA ENDS REST "Content-Length: 3\r\n\r\nhi", SIP_ANSWER, 400, "Body Shorter Than Content-Length" },
	/* Two faults: the one that stands first in the list of refusals. */
	{ "INVITE sip: SIP/2.0\r\n" VIA ENDS "Call-ID: 1\r\nCSeq: 1 BYE\r\nContent-Length: 3\r\n\r\nhi", SIP_ANSWER, 400,
	  "Body Shorter Than Content-Length" },
	{ "INVITE sip: SIP/2.0\r\n" VIA ENDS "Call-ID: 1\r\nCSeq: 1 BYE\r\n\r\n", SIP_ANSWER, 400, "Bad Request-URI" },
	{ "INVITE sip: SIP/3.0\r\n" VIA ENDS REST "\r\n", SIP_ANSWER, 505, "Version Not Supported" },
	{ LINE VIA ENDS REST "l: 2\r\nl: 2\r\n\r\nhi", SIP_ANSWER, 400, "Duplicate Content-Length" },
	{ "REGISTER sip:d SIP/2.0\r\n" VIA ENDS "Call-ID: 1\r\nCSeq: 1 REGISTER\r\nContact: sip:a@b?x=y\r\n\r\n",
	  SIP_ANSWER, 400, "Bad Contact" },
	{ "ACK sip:c@d SIP/2.0\r\n" VIA ENDS REST "\r\n", SIP_DROP, 0, "CSeq Method Is Not The Request's" },
	{ OK_LINE VIA ENDS "CSeq: 1 INVITE\r\n\r\n", SIP_DROP, 0, "Missing Call-ID" },
	{ OK_LINE VIA ENDS REST "Content-Length: 3\r\n\r\nhi", SIP_DROP, 0, "Body Shorter Than Content-Length" },
	{ "SIP/2.0 700 No\r\n" VIA ENDS REST "\r\n", SIP_DROP, 0, "Bad Start Line" },
	{ "SIP/2.0 99 No\r\n" VIA ENDS REST "\r\n", SIP_DROP, 0, "Bad Start Line" },
	{ "SIP/2.0 2000 No\r\n" VIA ENDS REST "\r\n", SIP_DROP, 0, "Bad Start Line" },
	{ "SIP/7.0 200 OK\r\n" VIA ENDS REST "\r\n", SIP_DROP, 0, "Version Not Supported" },
};

static enum sip_err test_check_of_a_datagram_gives_the_verdict(void)
{
	for (size_t i = 0; i < SIP_COUNTOF(datagrams); i++) {
		const struct verdict_row *row = &datagrams[i];
		struct sip_message *m;
		struct sip_check check;
		enum sip_err err = parse_z(row->text, &m);
		if (err != SIP_OK)
			return err;
		sip_message_check(m, false, &check);
		unit_check_int(check.verdict, row->verdict, row->text, __FILE__, __LINE__);
		unit_check_int(check.code, row->code, row->text, __FILE__, __LINE__);
		UNIT_STR(sip_str_of(check.reason), row->reason);
		sip_message_unref(&m);
	}
	return SIP_OK;
}

static enum sip_err test_check_of_a_datagram_cuts_the_body(void)
{
	struct sip_message *m;
	struct sip_check check;
	enum sip_err err = parse_z(LINE VIA ENDS REST "Content-Length: 2\r\n\r\nhigh", &m);
	if (err != SIP_OK)
		return err;
	sip_message_check(m, false, &check);
	UNIT_EQ(check.verdict, SIP_ACCEPT);
	UNIT_STR(sip_message_body(m), "hi");
	err = CHECK_ENCODED(m, LINE VIA ENDS REST "Content-Length: 2\r\n\r\nhi");
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_check_on_a_stream_wants_a_length(void)
{
	struct sip_message *m;
	struct sip_check check;
	enum sip_err err = parse_z(LINE VIA ENDS REST "\r\n", &m);
	if (err != SIP_OK)
		return err;
	sip_message_check(m, true, &check);
	UNIT_EQ(check.verdict, SIP_ANSWER);
	UNIT_STR(sip_str_of(check.reason), "Missing Content-Length");
	sip_message_unref(&m);
	return SIP_OK;
}

/* So many values that the message's own room ends: without memory there is no verdict on the sender. */
static enum sip_err test_check_without_memory_drops(void)
{
	char text[16000];
	size_t at = (size_t)snprintf(text, sizeof text,
				     "REGISTER sip:d SIP/2.0\r\n" VIA ENDS
				     "Call-ID: 1\r\nCSeq: 1 REGISTER\r\nContact: <sip:0@h>");
	for (unsigned i = 1; i < 60; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, ", <sip:%u@h>", i);
	snprintf(text + at, sizeof text - at, "\r\n\r\n");
	struct sip_message *m;
	struct sip_check check;
	enum sip_err err = parse_z(text, &m);
	if (err != SIP_OK)
		return err;
	sip_message_check(m, false, &check);
	bool is_short = check.verdict == SIP_DROP && strcmp(check.reason, "Out Of Memory") == 0;
	UNIT_EQ(check.verdict, SIP_ACCEPT);
	sip_message_unref(&m);
	return is_short ? SIP_E_NOMEM : SIP_OK;
}

static enum sip_err test_refusals_have_an_answer_a_phrase_and_a_source(void)
{
	for (unsigned id = 0; id < SIP_REFUSAL_COUNT; id++) {
		const struct sip_refusal_row *row = &sip_refusal_rows[id];

		UNIT_CHECK(row->code >= 400 && row->code < 600);
		UNIT_CHECK(sip_refusal_reason(id)[0] && row->what[0] && row->section[0]);
		if (row->reason[0])
			UNIT_STR(sip_str_of(sip_refusal_reason(id)), row->reason);
	}
	return SIP_OK;
}

struct line {
	const char *what;
	bool is_refused; /* by a limit of three parameters */
};
static const struct line lines[] = {
	{ "Contact: <sip:a@b;x;x;x;x>;a;b;c,<sip:a@b>;a;b;c", false },
	{ "Contact: <sip:a@b>;a;b;c,<sip:a@b>;a;b;c;d", true },
	{ "Contact: \"a;b;c;d\\\";e\" <sip:a@b>;a=\"1;2;3;4\";b;c", false },
	{ "Contact: \"a\" <sip:a@b>;a=\"1\";b;c;d", true },
	{ "Accept: a/b;a;b;c;d", true },
	{ "Contact: <sip:a@b>;a=<;;;;>;b;c", false },
	{ "Contact: <sip:a@b>;a=<;;;;>;b;c;d", true },
	{ "Contact: sip:a@b;a;b;c;d", true },
	{ "Retry-After: 5 (;;(;;) \\) ;;;);a;b;c", false },
	{ "Retry-After: 5 (\");a;b;c;d", true },
	{ "Session-ID: a\";b;c;d;e", true },
	{ "Identity: a<;b;c;d;e", true },
	{ "Authorization: Digest a=\"1,2,3;;;;\",b=1, c=2", false },
	{ "Authorization: Digest a=\"1,2\",b=1, c=2,d=3", true },
	{ "Authentication-Info: a=1,b=1, c=2,d=3", true },
	{ "Subject: a;b;c;d;e;f;g;h", false },
	{ "X-Own: a;b;c;d;e;f;g;h", false },
};

static enum sip_err test_check_when_a_value_has_more_parameters_than_may_be_then_400(void)
{
	struct sip_limits few = sip_limits_default;
	char text[600];
	enum sip_err err = SIP_OK;

	few.params = 3;
	for (size_t i = 0; i < SIP_COUNTOF(lines); i++) {
		struct sip_packet *packet;
		struct sip_message *m = NULL;
		struct sip_check check;
		enum sip_frame_kind kind;
		enum sip_err why;

		(void)snprintf(text, sizeof text,
			       "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP b;branch=z9hG4bKa;a;b\r\nMax-Forwards: 70\r\n"
			       "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: a\r\nCSeq: 1 OPTIONS\r\n%s\r\n\r\n", lines[i].what);
		packet = sip_packet_copy(text, strlen(text));
		if (!packet)
			return SIP_E_NOMEM;
		kind = sip_frame_datagram(packet, &few, &m, &why);
		sip_packet_unref(&packet);
		UNIT_TRY(why);
		UNIT_EQ(kind, SIP_FRAME_MESSAGE);
		sip_message_check(m, false, &check);
		UNIT_EQ(check.verdict, lines[i].is_refused ? SIP_ANSWER : SIP_ACCEPT);
		UNIT_EQ(check.code, lines[i].is_refused ? 400 : 0);
		UNIT_STR(sip_str_of(check.reason), lines[i].is_refused ? "Too Many Parameters" : "");
		sip_message_unref(&m);
	}
out:
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_refusals_have_an_answer_a_phrase_and_a_source),
	UNIT_CASE(test_check_when_a_value_has_more_parameters_than_may_be_then_400),
	UNIT_CASE(test_check_of_a_datagram_gives_the_verdict),
	UNIT_CASE(test_check_of_a_datagram_cuts_the_body),
	UNIT_CASE(test_check_on_a_stream_wants_a_length),
	UNIT_CASE(test_check_without_memory_drops),
};
SUITE(check);
