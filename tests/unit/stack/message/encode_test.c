/* Encoding: untouched is byte-identical (and the same packet), uneven lines become even, the length follows the body.
 */
#include "tests/unit/stack/message/message_rooms_test.h"

static enum sip_err test_encode_when_untouched_is_the_same_packet(void)
{
	struct sip_message *m = NULL;
	struct sip_packet *out = NULL;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z(sample_invite, &m));
	UNIT_TRY(sip_message_encode(m, &out));
	UNIT_CHECK(out == m->packet);
	UNIT_TRY(CHECK_ENCODED(m, sample_invite));
out:
	sip_packet_unref(&out);
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_encode_of_a_part_of_a_packet_is_that_part(void)
{
	char text[2048];
	struct sip_message *m = NULL;
	int len = snprintf(text, sizeof text, "noise%snoise", sample_invite);
	struct sip_packet *packet = sip_packet_copy(text, (size_t)len);
	enum sip_err err = SIP_OK;
	UNIT_TRY_PTR(packet);
	UNIT_TRY(sip_message_parse(packet, 5, (size_t)len - 10, &sip_limits_default, &m));
	UNIT_TRY(CHECK_ENCODED(m, sample_invite));
out:
	sip_message_unref(&m);
	sip_packet_unref(&packet);
	return err;
}

static enum sip_err encode_as(const char *text, const char *expected)
{
	struct sip_message *m;
	enum sip_err err = parse_z(text, &m);
	if (err != SIP_OK)
		return err;
	err = CHECK_ENCODED(m, expected);
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_encode_makes_uneven_lines_even(void)
{
	static const struct {
		const char *text, *expected;
	} uneven[] = {
		{ "BYE sip:a@b SIP/2.0\nTo:x\nSubject: a\n b\r\n\nbody",
		  "BYE sip:a@b SIP/2.0\r\nTo: x\r\nSubject: a\r\n b\r\n\r\nbody" },
		{ "BYE  sip:a@b  SIP/2.0  \r\nTo:x\r\n\r\n", "BYE sip:a@b SIP/2.0\r\nTo:x\r\n\r\n" },
		{ "BYE sip:a@b SIP/2.0\r\nTo:x\r\n", "BYE sip:a@b SIP/2.0\r\nTo:x\r\n\r\n" },
		{ "BYE sip:a@b SIP/2.0\r\nTo:x", "BYE sip:a@b SIP/2.0\r\nTo: x\r\n\r\n" },
		{ "BYE sip:a@b SIP/2.0\r\nodd\n\r\n", "BYE sip:a@b SIP/2.0\r\nodd\r\n\r\n" },
		{ "SIP/2.0 200 OK\nTo:x\r\n\n", "SIP/2.0 200 OK\r\nTo:x\r\n\r\n" },
	};
	for (size_t i = 0; i < SIP_COUNTOF(uneven); i++) {
		enum sip_err err = encode_as(uneven[i].text, uneven[i].expected);
		if (err != SIP_OK)
			return err;
	}
	return SIP_OK;
}

static enum sip_err test_encode_when_edited_says_how_long_the_body_is(void)
{
	static const char *const heads[] = { "l: 9\r\n", "Content-Length: x\r\n", "l: 2\r\nl: 2\r\n", "" };
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;
	for (size_t i = 0; i < SIP_COUNTOF(heads); i++) {
		char text[200];
		snprintf(text, sizeof text, "BYE sip:a@b SIP/2.0\r\n%sTo: x\r\n\r\nhi", heads[i]);
		UNIT_TRY(parse_z(text, &m));
		UNIT_TRY(CHECK_ENCODED(m, text));
		UNIT_TRY(sip_message_set(m, SIP_HEADER_TO, SIP_STR("y")));
		UNIT_TRY(CHECK_ENCODED(m, "BYE sip:a@b SIP/2.0\r\nTo: y\r\nContent-Length: 2\r\n\r\nhi"));
		sip_message_unref(&m);
	}
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_encode_into_a_buffer_is_the_same(void)
{
	struct sip_message *m = NULL;
	struct sip_buf b;
	char small[20];
	enum sip_err err = SIP_OK;
	sip_buf_init(&b, 0);
	UNIT_TRY(parse_z(sample_invite, &m));
	sip_message_put(m, &b);
	UNIT_TRY(b.err);
	UNIT_STR(sip_buf_str(&b), sample_invite);
	sip_buf_fini(&b);
	sip_buf_init_fixed(&b, small, sizeof small);
	sip_message_put(m, &b);
	UNIT_EQ(b.err, SIP_E_LIMIT);
out:
	sip_buf_fini(&b);
	sip_message_unref(&m);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_encode_when_untouched_is_the_same_packet),
	UNIT_CASE(test_encode_of_a_part_of_a_packet_is_that_part),
	UNIT_CASE(test_encode_makes_uneven_lines_even),
	UNIT_CASE(test_encode_when_edited_says_how_long_the_body_is),
	UNIT_CASE(test_encode_into_a_buffer_is_the_same),
};
SUITE(encode);
