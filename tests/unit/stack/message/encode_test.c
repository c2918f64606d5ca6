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

/* More pieces than the encoder gathers at once. */
static enum sip_err test_encode_of_many_uneven_lines_is_whole(void)
{
	char text[4096], expected[4096];
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;
	size_t at = (size_t)snprintf(text, sizeof text, "OPTIONS sip:a@b SIP/2.0\r\n"), to = at;
	memcpy(expected, text, at);
	for (unsigned i = 0; i < 200; i++) {
		at += (size_t)snprintf(text + at, sizeof text - at, "X-%u: %u%s", i, i, i % 3 ? "\r\n" : "\n");
		to += (size_t)snprintf(expected + to, sizeof expected - to, "X-%u: %u\r\n", i, i);
	}
	snprintf(text + at, sizeof text - at, "\nbody");
	snprintf(expected + to, sizeof expected - to, "\r\nbody");
	UNIT_TRY(parse_z(text, &m));
	UNIT_EQ(sip_message_encoded_len(m), strlen(expected));
	UNIT_TRY(CHECK_ENCODED(m, expected));
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err check_named(const char *text, enum sip_names names, const char *expected)
{
	struct sip_message *m = NULL;
	struct sip_buf b;
	enum sip_err err;

	sip_buf_init(&b, 0);
	UNIT_TRY(parse_z(text, &m));
	sip_message_put_named(m, names, &b);
	UNIT_TRY(b.err);
	UNIT_STR(sip_buf_str(&b), expected);
out:
	sip_buf_fini(&b);
	sip_message_unref(&m);
	return err;
}

/* RFC 3261 7.3.3: an implementation must accept both the long and the short forms of each header name. */
static enum sip_err test_put_named_spells_every_name_one_way(void)
{
	static const char text[] = "BYE  sip:a@b SIP/2.0\r\nv:x\r\nTO  : y;\r\n z \t\r\n\tw\r\nX-odd: 1\n 2\r\nCSEQ: 1 BYE\r\n"
				   "Session-Expires: 9\r\nno\r\n field\r\nl: 1\r\n\r\nb";
	enum sip_err err = check_named(text, SIP_NAMES_CANONICAL,
				       "BYE sip:a@b SIP/2.0\r\nVia: x\r\nTo: y; z w\r\nX-odd: 1 2\r\nCSeq: 1 BYE\r\n"
				       "Session-Expires: 9\r\nno field\r\nContent-Length: 1\r\n\r\nb");
	if (err != SIP_OK)
		return err;
	return check_named(text, SIP_NAMES_COMPACT,
			   "BYE sip:a@b SIP/2.0\r\nv: x\r\nt: y; z w\r\nX-odd: 1 2\r\nCSeq: 1 BYE\r\nx: 9\r\nno field\r\n"
			   "l: 1\r\n\r\nb");
}

static enum sip_err test_put_named_of_an_edited_one_says_its_length(void)
{
	struct sip_message *m = NULL;
	struct sip_buf b;
	enum sip_err err;

	sip_buf_init(&b, 0);
	UNIT_TRY(parse_z("SIP/2.0 200 Fine by me\r\nsubject:\r\nk: a\r\nSupported: b\r\nContent-length: 9\r\n\r\n", &m));
	UNIT_TRY(sip_message_set_body(m, SIP_STR("text/plain"), SIP_STR("new")));
	sip_message_put_named(m, SIP_NAMES_COMPACT, &b);
	UNIT_TRY(b.err);
	UNIT_STR(sip_buf_str(&b), "SIP/2.0 200 Fine by me\r\ns: \r\nk: a\r\nk: b\r\nc: text/plain\r\nl: 3\r\n\r\nnew");
	sip_buf_clear(&b);
	sip_message_put_named(m, SIP_NAMES_CANONICAL, &b);
	UNIT_TRY(b.err);
	UNIT_STR(sip_buf_str(&b), "SIP/2.0 200 Fine by me\r\nSubject: \r\nSupported: a\r\nSupported: b\r\n"
				  "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\nnew");
out:
	sip_buf_fini(&b);
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_packet_says_whom_it_is_for_and_where_it_went(void)
{
	struct sip_packet *p = sip_packet_create(100);
	if (!p)
		return SIP_E_NOMEM;
	UNIT_EQ(sip_packet_peer(p).len, 0);
	UNIT_EQ(sip_packet_flow(p), 0);
	enum sip_err err = sip_packet_set_peer(p, SIP_STR("a.example"));
	if (err == SIP_OK)
		err = sip_packet_set_peer(p, SIP_STR("b.example"));
	if (err == SIP_OK)
		UNIT_CHECK(sip_str_eq(sip_packet_peer(p), SIP_STR("b.example")));
	UNIT_EQ(sip_packet_set_peer(p, SIP_STR("")), SIP_OK);
	UNIT_EQ(sip_packet_peer(p).len, 0);
	sip_packet_set_flow(p, 7);
	UNIT_EQ(sip_packet_flow(p), 7);
	UNIT_CHECK(sip_packet_memory(p) > 100);
	sip_packet_unref(&p);
	return err;
}

static enum sip_err test_raw_when_whole_then_the_bytes_it_came_in(void)
{
	static const char text[] = "OPTIONS sip:a@b SIP/2.0\r\nTo: x\r\n\r\nbody";
	struct sip_message *m;
	struct sip_raw raw;
	enum sip_err err = parse_z(text, &m);
	if (err != SIP_OK)
		return err;
	sip_message_raw(m, &raw);
	UNIT_CHECK(raw.packet == sip_message_packet(m) && !raw.body_packet);
	UNIT_CHECK(sip_str_eq(raw.bytes, sip_str_of(text)));
	UNIT_EQ(raw.body.len, 0);
	sip_message_unref(&m);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_put_named_spells_every_name_one_way),
	UNIT_CASE(test_put_named_of_an_edited_one_says_its_length),
	UNIT_CASE(test_packet_says_whom_it_is_for_and_where_it_went),
	UNIT_CASE(test_raw_when_whole_then_the_bytes_it_came_in),
	UNIT_CASE(test_encode_when_untouched_is_the_same_packet),
	UNIT_CASE(test_encode_of_a_part_of_a_packet_is_that_part),
	UNIT_CASE(test_encode_makes_uneven_lines_even),
	UNIT_CASE(test_encode_when_edited_says_how_long_the_body_is),
	UNIT_CASE(test_encode_into_a_buffer_is_the_same),
	UNIT_CASE(test_encode_of_many_uneven_lines_is_whole),
};
SUITE(encode);
