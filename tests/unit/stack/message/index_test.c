/* The one pass: start lines, field lines in every shape, limits, and every way of scanning the same. */
#include "tests/unit/stack/message/message_rooms_test.h"

static enum sip_err test_index_of_a_request_gives_its_parts(void)
{
	struct sip_message *m = NULL;
	struct sip_field f;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z(sample_invite, &m));
	UNIT_CHECK(sip_message_is_request(m));
	UNIT_EQ(sip_message_method(m), SIP_METHOD_INVITE);
	UNIT_STR(sip_message_method_text(m), "INVITE");
	UNIT_STR(sip_message_uri_text(m), "sip:bob@example.net;transport=tcp");
	UNIT_STR(sip_message_version(m), "SIP/2.0");
	UNIT_EQ(sip_message_status(m), 0);
	UNIT_EQ(sip_message_field_count(m), 13);
	sip_message_field(m, 0, &f);
	UNIT_EQ(f.id, SIP_HEADER_VIA);
	UNIT_STR(f.name, "v");
	sip_message_field(m, 9, &f);
	UNIT_STR(f.value, "100rel,\r\n timer");
	sip_message_field(m, 10, &f);
	UNIT_EQ(f.id, SIP_HEADER_UNKNOWN);
	UNIT_STR(f.name, "X-Odd");
	UNIT_STR(f.value, "one");
	UNIT_STR(sip_message_body(m), "hello");
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_index_of_a_response_gives_its_parts(void)
{
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z("SIP/2.0 486 Busy Here Now\r\nCSeq: 1 BYE\r\n\r\n", &m));
	UNIT_CHECK(!sip_message_is_request(m));
	UNIT_EQ(sip_message_status(m), 486);
	UNIT_STR(sip_message_reason(m), "Busy Here Now");
	UNIT_EQ(sip_message_method(m), SIP_METHOD_BYE);
	UNIT_STR(sip_message_method_text(m), "BYE");
	UNIT_CHECK(sip_message_uri(m) == NULL);
	sip_message_unref(&m);
	UNIT_TRY(parse_z("SIP/2.0 100 \r\n\r\n", &m));
	UNIT_STR(sip_message_reason(m), "");
	UNIT_EQ(sip_message_method(m), SIP_METHOD_UNKNOWN);
out:
	sip_message_unref(&m);
	return err;
}

/* As sip_message_parse and sip_message_check have it. */
static enum sip_err test_start_line_alone_is_read_as_that_of_a_message(void)
{
	static const char *const bad[] = { "", "SIP/2.0", "SIP/2.0 99 x", "SIP/2.0 700 x", "SIP/2.0 2000 x", "SIP/3.0 200 OK", "SIP/2.0200 OK",
					   "INVITE", "INVITE sip:a@b", "INVITE x SIP/2.0", "IN/VITE sip:a@b SIP/2.0", "INVITE sip:a@b SIP/3.0" };
	struct sip_start_line line;

	UNIT_EQ(sip_start_line_parse(SIP_STR("INVITE  sip:a@b SIP/2.0 "), &line), SIP_OK);
	UNIT_CHECK(line.is_request);
	UNIT_STR(line.method, "INVITE");
	UNIT_STR(line.uri, "sip:a@b");
	UNIT_EQ(line.status, 0);
	UNIT_EQ(sip_start_line_parse(SIP_STR("sip/2.0 486 Busy Here"), &line), SIP_OK);
	UNIT_CHECK(!line.is_request);
	UNIT_EQ(line.status, 486);
	UNIT_STR(line.reason, "Busy Here");
	UNIT_STR(line.version, "sip/2.0");
	UNIT_EQ(line.method.len, 0);
	for (size_t i = 0; i < SIP_COUNTOF(bad); i++)
		unit_check(sip_start_line_parse(sip_str_of(bad[i]), &line) == SIP_E_SYNTAX, bad[i], __FILE__, __LINE__);
	return SIP_OK;
}

static enum sip_err test_index_when_it_is_no_message_fails(void)
{
	static const char *const bad[] = { "",
					   "\r\n",
					   "INVITE",
					   "INVITE\r\n",
					   "INVITE sip:a@b\r\n\r\n",
					   "GET / HTTP/1.1\r\n\r\n",
					   "SIP/2.0\r\n\r\n",
					   "SIP/2.0 abc OK\r\n\r\n",
					   "SIP/2.0 20x OK\r\n\r\n",
					   " INVITE sip:a@b SIP/2.0\r\n\r\n",
					   "INVITE sip:a@b SIP/2.0" };
	struct sip_message *m;
	for (size_t i = 0; i < SIP_COUNTOF(bad); i++) {
		enum sip_err err = parse_z(bad[i], &m);
		if (err == SIP_E_NOMEM)
			return err;
		unit_check(err == SIP_E_SYNTAX && !m, bad[i], __FILE__, __LINE__);
	}
	return SIP_OK;
}

static enum sip_err test_index_of_odd_lines_keeps_what_they_say(void)
{
	static const struct {
		const char *line, *name, *value;
	} lines[] = {
		{ "Subject:x\r\n", "Subject", "x" },
		{ "Subject \t : \t x \t\r\n", "Subject", "x" },
		{ "Subject:\r\n", "Subject", "" },
		{ "Subject: \r\n", "Subject", "" },
		{ "Subject:\r\n  x\r\n\ty\r\n", "Subject", "x\r\n\ty" },
		{ "Subject: x\n", "Subject", "x" },
		{ "Subject: x\n y\r\n", "Subject", "x\n y" },
		{ "s: a:b:c\r\n", "s", "a:b:c" },
		{ "no colon here\r\n", "no colon here", "" },
		{ ": nothing\r\n", ": nothing", "" },
		{ "a b: x\r\n", "a b: x", "" },
		{ "Subject: 0123456789012345678901234567890123456789 0123456789012345678901234567890123456789\r\n",
		  "Subject", "0123456789012345678901234567890123456789 0123456789012345678901234567890123456789" },
		{ "A-Very-Long-Unknown-Name-Of-A-Header-Field-That-Goes-On: x\r\n",
		  "A-Very-Long-Unknown-Name-Of-A-Header-Field-That-Goes-On", "x" },
	};
	for (size_t i = 0; i < SIP_COUNTOF(lines); i++) {
		char text[400];
		struct sip_message *m;
		struct sip_field f;
		snprintf(text, sizeof text, "OPTIONS sip:a@b SIP/2.0\r\n%sTo: z\r\n\r\n", lines[i].line);
		enum sip_err err = parse_z(text, &m);
		if (err != SIP_OK)
			return err;
		UNIT_EQ(sip_message_field_count(m), 2);
		sip_message_field(m, 0, &f);
		UNIT_STR(f.name, lines[i].name);
		UNIT_STR(f.value, lines[i].value);
		sip_message_field(m, 1, &f);
		UNIT_EQ(f.id, SIP_HEADER_TO);
		sip_message_unref(&m);
	}
	return SIP_OK;
}

static enum sip_err test_index_over_a_limit_fails(void)
{
	struct sip_limits limits = sip_limits_default;
	struct sip_packet *packet = sip_packet_copy(sample_invite, strlen(sample_invite));
	struct sip_message *m;
	if (!packet)
		return SIP_E_NOMEM;
	size_t len = strlen(sample_invite);
	enum sip_err err = SIP_OK;
	limits.fields = 12;
	UNIT_EQ(sip_message_parse(packet, 0, len, &limits, &m), SIP_E_LIMIT);
	limits.fields = 13;
	UNIT_TRY(sip_message_parse(packet, 0, len, &limits, &m));
	sip_message_unref(&m);
	limits.line = strlen("v: SIP/2.0/TCP a.example.org;branch=z9hG4bK1, SIP/2.0/UDP "
			     "b.example.org:5070;branch=z9hG4bK2\r\n") -
		      1;
	UNIT_EQ(sip_message_parse(packet, 0, len, &limits, &m), SIP_E_LIMIT);
	limits.line++;
	UNIT_TRY(sip_message_parse(packet, 0, len, &limits, &m));
	sip_message_unref(&m);
	limits.header = len - 5 - 3;
	UNIT_EQ(sip_message_parse(packet, 0, len, &limits, &m), SIP_E_LIMIT);
	limits.header = len;
	UNIT_TRY(sip_message_parse(packet, 0, len, &limits, &m));
	sip_message_unref(&m);
out:
	sip_packet_unref(&packet);
	return err;
}

static enum sip_err test_index_of_many_fields_grows(void)
{
	char text[40000];
	struct sip_message *m;
	size_t at = (size_t)snprintf(text, sizeof text, "OPTIONS sip:a@b SIP/2.0\r\n");
	for (unsigned i = 0; i < 1000; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "X-%u: %u\r\n", i, i);
	snprintf(text + at, sizeof text - at, "\r\n");
	enum sip_err err = parse_z(text, &m);
	if (err != SIP_OK)
		return err;
	UNIT_EQ(sip_message_field_count(m), 1000);
	struct sip_str value;
	UNIT_CHECK(sip_message_find(m, SIP_STR("x-999"), 0, &value));
	UNIT_STR(value, "999");
	sip_message_unref(&m);
	return SIP_OK;
}

static void check_same(const struct sip_message *a, const struct sip_message *b)
{
	UNIT_EQ(a->used, b->used);
	UNIT_CHECK(memcmp(a->fields, b->fields, b->used * sizeof b->fields[0]) == 0);
	UNIT_CHECK(memcmp(a->first, b->first, sizeof b->first) == 0);
	bool is_last_same = true;
	for (unsigned id = 0; id <= SIP_HEADER_COUNT; id++)
		is_last_same &= sip__last(a, id) == sip__last(b, id);
	UNIT_CHECK(is_last_same);
	UNIT_CHECK(a->is_uneven == b->is_uneven && a->has_broken_line == b->has_broken_line && a->duplicate == b->duplicate);
	UNIT_CHECK(a->header_end == b->header_end && a->has_end == b->has_end);
	UNIT_CHECK(a->body.p == b->body.p && a->body.len == b->body.len);
}

/* The first `len` bytes of what has `more` bytes more in its packet, by every way. */
static enum sip_err index_by_every_way(const char *text, size_t len, size_t more)
{
	const sip__index_fn *ways;
	size_t count = sip__index_ways(&ways);
	struct sip_message *m[4] = { NULL, NULL, NULL, NULL };
	struct sip_packet *packet = sip_packet_copy(text, len + more);
	bool is_short = !packet;

	for (size_t i = 0; i < count && !is_short; i++) {
		m[i] = sip__message_create(packet);
		is_short = !m[i];
		if (!is_short)
			UNIT_EQ(sip__message_index_by(ways[i], m[i], packet->bytes, len, &sip_limits_default), SIP_OK);
	}
	for (size_t i = 1; i < count && !is_short; i++)
		check_same(m[i], m[0]);
	for (size_t i = 0; i < count; i++)
		sip_message_unref(&m[i]);
	sip_packet_unref(&packet);
	return is_short ? SIP_E_NOMEM : SIP_OK;
}

/* Cut short at every byte: the ways must agree to the last field. */
static enum sip_err test_index_by_every_way_is_the_same(void)
{
	struct sip_str text = sip_str_of(sample_invite);
	enum sip_err err = SIP_OK;
	for (size_t len = 60; len <= text.len; len++)
		UNIT_TRY(index_by_every_way(text.p, len, 0));
out:
	return err;
}

/* Names and lines of every length around those of a block, in every kind of line. Memory fails in the test above. */
static enum sip_err test_index_of_lines_around_a_block_is_the_same(void)
{
	static const struct {
		const char *before, *between, *behind;
	} shapes[] = {
		{ "", ": ", "\r\nVia: x\r\n\r\nbody:\r\n" },
		{ "", ":", "\nTo: x\r\n\r\n" },
		{ "", " : ", "\r\n fold: ed\r\nTo: x\r\n\r\n" },
		{ "Call-ID: x\r\n", "", "\r\nTo: x\r\n\r\n" },
		{ "to: ", "", " \r\nContent-Length:0\r\n\r\n" },
	};
	char letters[160], text[512];
	enum sip_err err = SIP_OK;
	struct sip_str sample = sip_str_of(sample_invite);

	/* What lies behind has no say. */
	for (size_t len = 60; len < sample.len; len++)
		UNIT_TRY(index_by_every_way(sample.p, len, sample.len - len));
	memset(letters, 'V', sizeof letters);
	for (size_t i = 0; i < SIP_COUNTOF(shapes); i++)
		for (int name = 1; name <= 34; name += name < 28 ? 9 : 1)
			for (int value = 0; value < 140; value++) {
				snprintf(text, sizeof text, "OPTIONS sip:a@b SIP/2.0\r\n%s%.*s%s%.*s%s", shapes[i].before, name,
					 letters, shapes[i].between, value, letters, shapes[i].behind);
				UNIT_TRY(index_by_every_way(text, strlen(text), 0));
			}
out:
	return err;
}

static enum sip_err test_packet_is_counted(void)
{
	struct sip_packet *p = sip_packet_create(10), *again = p;
	if (!p)
		return SIP_E_NOMEM;
	UNIT_EQ(sip_packet_len(p), 0);
	memcpy(sip_packet_room(p), "0123456789", 10);
	sip_packet_set_len(p, 4);
	sip_packet_ref(p);
	sip_packet_unref(&p);
	UNIT_CHECK(p == NULL);
	UNIT_STR(sip_str_make(sip_packet_bytes(again), sip_packet_len(again)), "0123");
	sip_packet_unref(&again);
	UNIT_CHECK(sip_packet_create(SIZE_MAX) == NULL);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_index_of_a_request_gives_its_parts), UNIT_CASE(test_index_of_a_response_gives_its_parts),
	UNIT_CASE(test_start_line_alone_is_read_as_that_of_a_message),
	UNIT_CASE(test_index_when_it_is_no_message_fails),  UNIT_CASE(test_index_of_odd_lines_keeps_what_they_say),
	UNIT_CASE(test_index_over_a_limit_fails),           UNIT_CASE(test_index_of_many_fields_grows),
	UNIT_CASE(test_index_by_every_way_is_the_same),     UNIT_CASE(test_packet_is_counted),
	UNIT_CASE_NO_OOM(test_index_of_lines_around_a_block_is_the_same),
};
SUITE(index);
