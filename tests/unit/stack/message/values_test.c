/* Values on touch: lists over lines and commas, typed values once, numbers, tokens, by name. */
#include "tests/unit/stack/message/message_rooms_test.h"

static enum sip_err test_values_count_over_lines_and_commas(void)
{
	struct sip_message *m = NULL;
	struct sip_str value;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z(sample_invite, &m));
	UNIT_EQ(sip_message_count(m, SIP_HEADER_VIA), 3);
	UNIT_EQ(sip_message_count(m, SIP_HEADER_ROUTE), 2);
	UNIT_EQ(sip_message_count(m, SIP_HEADER_SUPPORTED), 2);
	UNIT_EQ(sip_message_count(m, SIP_HEADER_EXPIRES), 0);
	UNIT_CHECK(sip_message_has(m, SIP_HEADER_TO) && !sip_message_has(m, SIP_HEADER_EXPIRES));
	UNIT_CHECK(sip_message_value(m, SIP_HEADER_VIA, 2, &value));
	UNIT_STR(value, "SIP/2.0/UDP c.example.org;branch=z9hG4bK3;rport");
	UNIT_CHECK(sip_message_value(m, SIP_HEADER_SUPPORTED, 1, &value));
	UNIT_STR(value, "timer");
	UNIT_CHECK(!sip_message_value(m, SIP_HEADER_VIA, 3, &value));
	UNIT_STR(sip_message_call_id(m), "42@a.example.org");
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_values_typed_are_parsed_once(void)
{
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z(sample_invite, &m));
	const struct sip_via *third = sip_message_via(m, 2), *first = sip_message_via(m, 0);
	UNIT_TRY_PTR(third);
	UNIT_TRY_PTR(first);
	UNIT_STR(first->branch, "z9hG4bK1");
	UNIT_STR(third->branch, "z9hG4bK3");
	UNIT_CHECK(sip_message_via(m, 2) == third && sip_message_via(m, 0) == first);
	UNIT_CHECK(sip_message_via(m, 3) == NULL);
	const struct sip_name_addr *route = sip_message_name_addr(m, SIP_HEADER_ROUTE, 1);
	UNIT_TRY_PTR(route);
	UNIT_STR(route->uri.host, "p2.example.net");
	const struct sip_cseq *cseq = sip_message_cseq(m);
	UNIT_TRY_PTR(cseq);
	UNIT_EQ(cseq->number, 7);
	const struct sip_uri *uri = sip_message_uri(m);
	UNIT_TRY_PTR(uri);
	UNIT_STR(uri->user, "bob");
	UNIT_CHECK(sip_message_uri(m) == uri);
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_values_when_broken_are_not_there(void)
{
	struct sip_message *m = NULL;
	uint32_t number;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z("OPTIONS nothing SIP/2.0\r\nVia: x\r\nFrom: \"\r\nCSeq: a b\r\nMax-Forwards: 256\r\n"
			 "Expires: soon\r\nMin-Expires: 60\r\n\r\n",
			 &m));
	UNIT_CHECK(!sip_message_via(m, 0) && !sip_message_name_addr(m, SIP_HEADER_FROM, 0) && !sip_message_cseq(m));
	UNIT_CHECK(!sip_message_uri(m) && !sip_message_uri(m));
	UNIT_EQ(sip_message_number(m, SIP_HEADER_MAX_FORWARDS, &number), SIP_E_RANGE);
	UNIT_EQ(sip_message_number(m, SIP_HEADER_EXPIRES, &number), SIP_E_SYNTAX);
	UNIT_EQ(sip_message_number(m, SIP_HEADER_CONTENT_LENGTH, &number), SIP_E_NOTFOUND);
	UNIT_EQ(sip_message_number(m, SIP_HEADER_MIN_EXPIRES, &number), SIP_OK);
	UNIT_EQ(number, 60);
	UNIT_EQ(sip_message_call_id(m).len, 0);
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_values_by_name_and_token_are_found(void)
{
	struct sip_message *m = NULL;
	struct sip_str value;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z(
		"OPTIONS sip:a@b SIP/2.0\r\nX-A: 1\r\nX-B: 2\r\nx-a: 3\r\nk: foo , BAR;x=1\r\nSupported: baz\r\n\r\n",
		&m));
	UNIT_CHECK(sip_message_find(m, SIP_STR("x-A"), 1, &value));
	UNIT_STR(value, "3");
	UNIT_CHECK(!sip_message_find(m, SIP_STR("x-A"), 2, &value) &&
		   !sip_message_find(m, SIP_STR("X-C"), 0, &value));
	UNIT_CHECK(sip_message_find(m, SIP_STR("supported"), 1, &value));
	UNIT_STR(value, "baz");
	UNIT_CHECK(sip_message_has_token(m, SIP_HEADER_SUPPORTED, SIP_STR("bar")));
	UNIT_CHECK(sip_message_has_token(m, SIP_HEADER_SUPPORTED, SIP_STR("BAZ")));
	UNIT_CHECK(!sip_message_has_token(m, SIP_HEADER_SUPPORTED, SIP_STR("ba")));
	UNIT_CHECK(!sip_message_has_token(m, SIP_HEADER_REQUIRE, SIP_STR("foo")));
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_values_a_layer_hangs_on_go_with_the_message(void)
{
	struct sip_message *m = NULL, *clone = NULL;
	struct sip_packet *flow = sip_packet_create(1);
	struct sip_addr from;
	enum sip_err err = SIP_OK;
	UNIT_TRY_PTR(flow);
	UNIT_TRY(parse_z(sample_invite, &m));
	UNIT_CHECK(sip_message_flow(m) == NULL && sip_message_source_kind(m) == SIP_TRANSPORT_NONE);
	UNIT_CHECK(sip_addr_is_none(sip_message_source(m)));
	sip_message_set_flow(m, &flow->ref);
	UNIT_EQ(sip_addr_parse(&from, SIP_STR("192.0.2.1"), 5060), SIP_OK);
	sip_message_set_source(m, &from, SIP_TRANSPORT_TCP);
	UNIT_TRY(sip_message_clone(m, &clone));
	UNIT_CHECK(sip_message_flow(clone) == &flow->ref && sip_addr_eq(sip_message_source(clone), &from));
	UNIT_EQ(sip_message_source_kind(clone), SIP_TRANSPORT_TCP);
	UNIT_EQ((uintptr_t)sip_message_owner_room(m) % 16, 0);
	sip_message_set_flow(m, NULL);
	sip_message_ref(m);
	struct sip_message *again = m;
	sip_message_unref(&again);
out:
	sip_message_unref(&clone);
	sip_message_unref(&m);
	sip_packet_unref(&flow);
	return err;
}

/* Whatever stands around and between them; a comma in quotes or brackets is none between values. */
static enum sip_err test_values_typed_are_those_of_the_text(void)
{
	static const struct {
		const char *line;
		enum sip_header id;
		size_t count;   /* as text */
		const char *is_good; /* a letter each */
	} lines[] = {
		{ "Contact: <sip:a@b>", SIP_HEADER_CONTACT, 1, "+" },
		{ "Contact: <sip:a@b>,", SIP_HEADER_CONTACT, 1, "+" },
		{ "Contact: ,<sip:a@b>", SIP_HEADER_CONTACT, 1, "+" },
		{ "Contact: , ,", SIP_HEADER_CONTACT, 0, "" },
		{ "Contact: \"a, b\" <sip:a,b@c>;x=\"1, 2\"", SIP_HEADER_CONTACT, 1, "+" },
		{ "Contact: \"a, b\" <sip:a,b@c>;x=\"1, 2\" , sip:c@d", SIP_HEADER_CONTACT, 2, "++" },
		{ "Contact: a b, <sip:c@d>;tag=1 ,*,<sip:e@f", SIP_HEADER_CONTACT, 4, "-++-" },
		{ "Route: sip:a,b@c", SIP_HEADER_ROUTE, 2, "+-" },
		{ "Route: <sip:a>,,<sip:b>,", SIP_HEADER_ROUTE, 2, "++" },
		{ "Route: sip:a, ,\r\n\t,x <sip:b>, ,", SIP_HEADER_ROUTE, 2, "++" },
		{ "Via: SIP/2.0/UDP a;branch=z9hG4bK1", SIP_HEADER_VIA, 1, "+" },
		{ "Via: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b", SIP_HEADER_VIA, 2, "++" },
		{ "Via: SIP/2.0/UDP a (x)", SIP_HEADER_VIA, 1, "+" },
		{ "Via: SIP/2.0/UDP a (x, y)", SIP_HEADER_VIA, 2, "--" },
		{ "Via: x , SIP/2.0/UDP b:99999", SIP_HEADER_VIA, 2, "--" },
	};
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;
	for (size_t i = 0; i < SIP_COUNTOF(lines); i++) {
		char text[200];
		snprintf(text, sizeof text, "OPTIONS sip:a SIP/2.0\r\n%s\r\n\r\n", lines[i].line);
		UNIT_TRY(parse_z(text, &m));
		unit_check(sip_message_count(m, lines[i].id) == lines[i].count, lines[i].line, __FILE__, __LINE__);
		for (size_t n = 0; lines[i].is_good[n]; n++)
			unit_check((sip_message_typed(m, lines[i].id, n) != NULL) == (lines[i].is_good[n] == '+'), lines[i].line,
				   __FILE__, __LINE__);
		sip_message_unref(&m);
	}
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_values_walked_are_those_asked_for_by_number(void)
{
	static const char text[] = "OPTIONS sip:a SIP/2.0\r\nRoute: <sip:a>, <sip:b,c>\r\nAuthorization: x, y\r\nRoute:\r\n"
				   "Supported: ,a,, b\r\nRoute: <sip:d>,\r\nAuthorization:\r\n\r\n";
	static const enum sip_header ids[] = { SIP_HEADER_ROUTE, SIP_HEADER_AUTHORIZATION, SIP_HEADER_SUPPORTED,
					       SIP_HEADER_VIA, SIP_HEADER_UNKNOWN };
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z(text, &m));
	for (size_t i = 0; i < SIP_COUNTOF(ids); i++) {
		struct sip_value_walk walk = { .is_begun = false };
		struct sip_str one, other;
		size_t n = 0;
		for (; sip_message_next_value(m, ids[i], &walk, &one); n++) {
			UNIT_CHECK(sip_message_value(m, ids[i], n, &other));
			UNIT_CHECK(one.p == other.p && one.len == other.len);
		}
		UNIT_CHECK(!sip_message_value(m, ids[i], n, &other));
		UNIT_CHECK(!sip_message_next_value(m, ids[i], &walk, &one));
	}
out:
	sip_message_unref(&m);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_values_count_over_lines_and_commas),
	UNIT_CASE(test_values_typed_are_parsed_once),
	UNIT_CASE(test_values_when_broken_are_not_there),
	UNIT_CASE(test_values_by_name_and_token_are_found),
	UNIT_CASE(test_values_typed_are_those_of_the_text),
	UNIT_CASE(test_values_walked_are_those_asked_for_by_number),
	UNIT_CASE(test_values_a_layer_hangs_on_go_with_the_message),
};
SUITE(values);
