/* 64 KiB of one byte, each of the 256, wherever bytes go: a datagram, a stream, a value of each type, a URI, a body. */
#include "tests/unit/stack/message/hostile_rooms_test.h"

#define LINE_MOST 16000 /* what a line of a message may hold */

static void name_of(char *out, size_t size, unsigned byte, const char *what)
{
	snprintf(out, size, "byte 0x%02x %s", byte, what);
}

static void as_message(unsigned byte)
{
	struct hostile h;
	char name[80];

	name_of(name, sizeof name, byte, "alone");
	hostile_init(&h, name);
	hostile_fill(&h, (char)byte, KIBIBYTES_64);
	struct hostile_verdict v = hostile_datagram(&h);
	UNIT_CHECK(v.kind == SIP_FRAME_UNFRAMEABLE || byte == '\r' || byte == '\n');
	v = hostile_stream(&h);
	UNIT_CHECK(v.kind == SIP_FRAME_UNFRAMEABLE || byte == '\r' || byte == '\n');
	hostile_free(&h);
}

static enum sip_err test_64_kibibytes_of_one_byte_alone(void)
{
	for (unsigned byte = 0; byte < 256; byte++)
		if (hostile_is_ours(byte))
			as_message(byte);
	return SIP_OK;
}

/* In a header of this type, as much as a line may hold, as its value and behind the beginning of a good one. */
static void as_field(unsigned byte, enum sip_header id, const char *before)
{
	struct hostile h;
	char name[80];

	snprintf(name, sizeof name, "byte 0x%02x in %s behind %s", byte, sip_header_rows[id].name.p, before);
	hostile_init(&h, name);
	hostile_begin(&h);
	sip_buf_putf(&h.bytes, "%s: %s", sip_header_rows[id].name.p, before);
	hostile_fill(&h, (char)byte, LINE_MOST);
	SIP_BUF_LIT(&h.bytes, "\r\n");
	hostile_end(&h, SIP_STR("body"));
	hostile_datagram(&h);
	hostile_free(&h);
}

static enum sip_err test_one_byte_in_a_header_of_each_type(void)
{
	static const struct {
		enum sip_header id;
		const char *before;
	} rows[] = {
		{ SIP_HEADER_SUBJECT, "" },       { SIP_HEADER_IN_REPLY_TO, "" },        { SIP_HEADER_VIA, "" },
		{ SIP_HEADER_VIA, "SIP/2.0/UDP h;a=" }, { SIP_HEADER_ROUTE, "" },        { SIP_HEADER_ROUTE, "<sip:a@b>" },
		{ SIP_HEADER_CONTACT, "\"" },     { SIP_HEADER_CSEQ, "" },               { SIP_HEADER_RETRY_AFTER, "1 (" },
		{ SIP_HEADER_ALLOW, "" },         { SIP_HEADER_ACCEPT_CONTACT, "*;a=\"" }, { SIP_HEADER_USER_TO_USER, "" },
		{ SIP_HEADER_P_CHARGING_VECTOR, "" }, { SIP_HEADER_AUTHORIZATION, "Digest " }, { SIP_HEADER_AUTHENTICATION_INFO, "a=\"" },
		{ SIP_HEADER_ACCEPT, "" },        { SIP_HEADER_REPLACES, "" },           { SIP_HEADER_RACK, "" },
		{ SIP_HEADER_DATE, "" },          { SIP_HEADER_WARNING, "" },            { SIP_HEADER_WARNING, "399 h \"" },
		{ SIP_HEADER_TIMESTAMP, "" },
	};

	for (unsigned byte = 0; byte < 256; byte++)
		for (size_t i = 0; i < SIP_COUNTOF(rows) && hostile_is_ours(byte); i++)
			as_field(byte, rows[i].id, rows[i].before);
	return SIP_OK;
}

static enum sip_err test_64_kibibytes_of_one_byte_as_a_value(void)
{
	for (unsigned byte = 0; byte < 256; byte++) {
		struct hostile h;
		char name[80];
		if (!hostile_is_ours(byte))
			continue;
		name_of(name, sizeof name, byte, "as a value");
		hostile_init(&h, name);
		hostile_fill(&h, (char)byte, KIBIBYTES_64);
		for (unsigned type = 0; type < SIP_VALUE_COUNT; type++)
			if (sip_value_rows[type].parse)
				hostile_value(&h, (enum sip_value_type)type);
		hostile_free(&h);
	}
	return SIP_OK;
}

static void as_uri(unsigned byte, const char *before)
{
	struct hostile h;
	char name[80];

	name_of(name, sizeof name, byte, before);
	hostile_init(&h, name);
	sip_buf_put_z(&h.bytes, before);
	hostile_fill(&h, (char)byte, KIBIBYTES_64);
	hostile_uri(&h);
	hostile_free(&h);
	hostile_init(&h, name);
	sip_buf_putf(&h.bytes, "OPTIONS %s", before);
	hostile_fill(&h, (char)byte, LINE_MOST);
	SIP_BUF_LIT(&h.bytes, " SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nTo: <sip:a@b>\r\nFrom: <sip:a@b>;tag=1\r\n"
			      "CSeq: 1 OPTIONS\r\nCall-ID: a\r\n\r\n");
	hostile_datagram(&h);
	hostile_free(&h);
}

static enum sip_err test_one_byte_as_a_request_uri(void)
{
	static const char *const before[] = { "", "sip:", "sip:a:", "sip:a@", "sip:a@[", "sip:a@b;", "sip:a@b;c=", "sip:a@b?c=", "tel:", "x:" };

	for (unsigned byte = 0; byte < 256; byte++)
		for (size_t i = 0; i < SIP_COUNTOF(before) && hostile_is_ours(byte); i++)
			as_uri(byte, before[i]);
	return SIP_OK;
}

/* Thousands of large messages each; what fails for want of memory fails in the tests of each room. */
static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_64_kibibytes_of_one_byte_alone),
	UNIT_CASE_NO_OOM(test_one_byte_in_a_header_of_each_type),
	UNIT_CASE_NO_OOM(test_64_kibibytes_of_one_byte_as_a_value),
	UNIT_CASE_NO_OOM(test_one_byte_as_a_request_uri),
};
SUITE(one_byte);
