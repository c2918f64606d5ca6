/* Edits: one value of a joined line, whole lines, new fields, start line and body; clones are their own. */
#include "tests/unit/stack/message/message_rooms_test.h"

#define START "OPTIONS sip:a@b SIP/2.0\r\n"
#define JOINED START "Route: <sip:1>, <sip:2> ,<sip:3>\r\nTo: x\r\nRoute: <sip:4>\r\nContent-Length: 0\r\n\r\n"
#define REST "To: x\r\nRoute: <sip:4>\r\nContent-Length: 0\r\n\r\n"

static enum sip_err edit(const char *text, enum sip_err (*fn)(struct sip_message *m), const char *expected)
{
	struct sip_message *m;
	enum sip_err err = parse_z(text, &m);
	if (err != SIP_OK)
		return err;
	/* Touched before: an edit must not leave an old value behind. */
	(void)sip_message_name_addr(m, SIP_HEADER_ROUTE, 2);
	(void)sip_message_uri(m);
	err = fn(m);
	unit_check_int(err, SIP_OK, expected, __FILE__, __LINE__);
	if (err == SIP_OK)
		err = CHECK_ENCODED(m, expected);
	sip_message_unref(&m);
	return err;
}

static enum sip_err pop(struct sip_message *m)
{
	return sip_message_pop(m, SIP_HEADER_ROUTE);
}
static enum sip_err pop_all(struct sip_message *m)
{
	enum sip_err err;
	while ((err = sip_message_pop(m, SIP_HEADER_ROUTE)) == SIP_OK)
		;
	return err == SIP_E_NOTFOUND ? SIP_OK : err;
}
static enum sip_err remove_second(struct sip_message *m)
{
	return sip_message_remove(m, SIP_HEADER_ROUTE, 1);
}
static enum sip_err remove_third(struct sip_message *m)
{
	return sip_message_remove(m, SIP_HEADER_ROUTE, 2);
}
static enum sip_err remove_fourth(struct sip_message *m)
{
	return sip_message_remove(m, SIP_HEADER_ROUTE, 3);
}
static enum sip_err replace_second(struct sip_message *m)
{
	return sip_message_replace(m, SIP_HEADER_ROUTE, 1, SIP_STR("<sip:new>"));
}
static enum sip_err push(struct sip_message *m)
{
	return sip_message_push(m, SIP_HEADER_ROUTE, SIP_STR("<sip:0>"));
}
static enum sip_err add(struct sip_message *m)
{
	return sip_message_add(m, SIP_HEADER_ROUTE, SIP_STR("<sip:5>"));
}
static enum sip_err set(struct sip_message *m)
{
	return sip_message_set(m, SIP_HEADER_ROUTE, SIP_STR("<sip:only>"));
}
static enum sip_err remove_all(struct sip_message *m)
{
	sip_message_remove_all(m, SIP_HEADER_ROUTE);
	return SIP_OK;
}

static enum sip_err test_edit_of_one_value_leaves_the_others(void)
{
	static const struct {
		enum sip_err (*fn)(struct sip_message *m);
		const char *expected;
	} edits[] = {
		{ pop, START "Route: <sip:2> ,<sip:3>\r\n" REST },
		{ pop_all, START "To: x\r\nContent-Length: 0\r\n\r\n" },
		{ remove_second, START "Route: <sip:1>\r\nRoute: <sip:3>\r\n" REST },
		{ remove_third, START "Route: <sip:1>, <sip:2>\r\n" REST },
		{ remove_fourth, START "Route: <sip:1>, <sip:2> ,<sip:3>\r\nTo: x\r\nContent-Length: 0\r\n\r\n" },
		{ replace_second, START "Route: <sip:1>\r\nRoute: <sip:new>\r\nRoute: <sip:3>\r\n" REST },
		{ push, START "Route: <sip:0>\r\nRoute: <sip:1>, <sip:2> ,<sip:3>\r\n" REST },
		{ add, START "Route: <sip:1>, <sip:2> ,<sip:3>\r\nTo: x\r\nRoute: <sip:4>\r\nRoute: <sip:5>\r\n"
			     "Content-Length: 0\r\n\r\n" },
		{ set, START "Route: <sip:only>\r\nTo: x\r\nContent-Length: 0\r\n\r\n" },
		{ remove_all, START "To: x\r\nContent-Length: 0\r\n\r\n" },
	};
	for (size_t i = 0; i < SIP_COUNTOF(edits); i++) {
		enum sip_err err = edit(JOINED, edits[i].fn, edits[i].expected);
		if (err != SIP_OK)
			return err;
	}
	return SIP_OK;
}

static enum sip_err test_edit_is_seen_by_every_getter(void)
{
	struct sip_message *m = NULL;
	struct sip_str value;
	struct sip_field f;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z(JOINED, &m));
	const struct sip_name_addr *old = sip_message_name_addr(m, SIP_HEADER_ROUTE, 1);
	UNIT_TRY_PTR(old);
	UNIT_TRY(sip_message_replace(m, SIP_HEADER_ROUTE, 1, SIP_STR("<sip:new@host>")));
	UNIT_TRY(sip_message_push(m, SIP_HEADER_VIA, SIP_STR("SIP/2.0/UDP h;branch=z9hG4bKv")));
	UNIT_STR(old->uri.host, "2");
	const struct sip_name_addr *new = sip_message_name_addr(m, SIP_HEADER_ROUTE, 1);
	UNIT_TRY_PTR(new);
	UNIT_STR(new->uri.host, "host");
	UNIT_EQ(sip_message_count(m, SIP_HEADER_ROUTE), 4);
	UNIT_CHECK(sip_message_value(m, SIP_HEADER_ROUTE, 3, &value));
	UNIT_STR(value, "<sip:4>");
	UNIT_EQ(sip_message_field_count(m), 7);
	sip_message_field(m, 0, &f);
	UNIT_STR(f.name, "Via");
	sip_message_field(m, 2, &f);
	UNIT_STR(f.value, "<sip:new@host>");
	sip_message_remove_all(m, SIP_HEADER_ROUTE);
	UNIT_EQ(sip_message_field_count(m), 3);
	UNIT_CHECK(!sip_message_has(m, SIP_HEADER_ROUTE));
	UNIT_EQ(sip_message_pop(m, SIP_HEADER_ROUTE), SIP_E_NOTFOUND);
	UNIT_EQ(sip_message_replace(m, SIP_HEADER_ROUTE, 0, SIP_STR("x")), SIP_E_NOTFOUND);
	sip_message_field(m, 2, &f);
	UNIT_EQ(f.id, SIP_HEADER_CONTENT_LENGTH);
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err new_fields(struct sip_message *m)
{
	enum sip_err err = sip_message_push(m, SIP_HEADER_VIA, SIP_STR("SIP/2.0/UDP h"));
	if (err == SIP_OK)
		err = sip_message_push(m, SIP_HEADER_RECORD_ROUTE, SIP_STR("<sip:rr>"));
	if (err == SIP_OK)
		err = sip_message_push(m, SIP_HEADER_EXPIRES, SIP_STR("60"));
	if (err == SIP_OK)
		err = sip_message_add_field(m, SIP_STR("X-New"), SIP_STR("1"));
	if (err == SIP_OK)
		err = sip_message_add_field(m, SIP_STR("k"), SIP_STR("timer"));
	if (err == SIP_OK)
		err = sip_message_set(m, SIP_HEADER_SUBJECT, SIP_STR(""));
	return err;
}

static enum sip_err test_edit_puts_new_fields_where_they_belong(void)
{
	return edit(START "To: x\r\nContent-Length: 0\r\n\r\n", new_fields,
		    START "Via: SIP/2.0/UDP h\r\nRecord-Route: <sip:rr>\r\nTo: x\r\nContent-Length: 0\r\nExpires: 60\r\n"
			  "X-New: 1\r\nSupported: timer\r\nSubject: \r\n\r\n");
}

static enum sip_err fields_by_name(struct sip_message *m)
{
	struct sip_str value;
	enum sip_err err = sip_message_set_field(m, SIP_STR("X-OWN"), SIP_STR(" 3 "));
	UNIT_CHECK(sip_message_find(m, SIP_STR("x-own"), 0, &value) && sip_str_eq(value, SIP_STR("3")));
	UNIT_CHECK(!sip_message_find(m, SIP_STR("x-own"), 1, &value));
	if (err == SIP_OK)
		err = sip_message_set_field(m, SIP_STR("X-New"), SIP_STR("1"));
	if (err == SIP_OK)
		err = sip_message_set_field(m, SIP_STR("s"), SIP_STR("we"));
	if (err == SIP_OK)
		err = sip_message_remove_field(m, SIP_STR("y-GONE"));
	if (err == SIP_OK)
		err = sip_message_remove_field(m, SIP_STR("k"));
	UNIT_EQ(sip_message_remove_field(m, SIP_STR("Y-Gone")), SIP_E_NOTFOUND);
	UNIT_EQ(sip_message_remove_field(m, SIP_STR("Supported")), SIP_E_NOTFOUND);
	UNIT_EQ(sip_message_remove_field(m, SIP_STR("")), SIP_E_NOTFOUND);
	return err;
}

static enum sip_err test_edit_by_name_leaves_one_or_none_of_that_name(void)
{
	return edit(START "Y-Gone: 1\r\nX-Own: 1\r\nSupported: a\r\nX-Ow: 0\r\ny-gone: 2\r\nx-own:\r\n 2\r\nSubject: x\r\nk: b\r\n"
			  "x-OWN: 4\r\nContent-Length: 0\r\n\r\n",
		    fields_by_name,
		    START "X-OWN: 3\r\nX-Ow: 0\r\nSubject: we\r\nContent-Length: 0\r\nX-New: 1\r\n\r\n");
}

static enum sip_err new_uri(struct sip_message *m)
{
	enum sip_err err = sip_message_set_uri(m, SIP_STR("sip:new@host"));
	const struct sip_uri *uri = sip_message_uri(m);
	UNIT_CHECK(uri && sip_str_eq(uri->host, SIP_STR("host")));
	UNIT_STR(sip_message_uri_text(m), "sip:new@host");
	return err;
}
static enum sip_err new_body(struct sip_message *m)
{
	struct sip_str old = sip_message_body(m);
	enum sip_err err = sip_message_set_body(m, SIP_STR("text/html"), SIP_STR("0123456789ab"));
	if (err == SIP_OK)
		err = sip_message_set_body(m, SIP_STR("text/x"), SIP_STR("0123456789"));
	UNIT_STR(old, "hi");
	return err;
}
static enum sip_err no_body(struct sip_message *m)
{
	enum sip_err err = sip_message_set_body(m, SIP_STR("text/x"), SIP_STR("0123456789"));
	return err == SIP_OK ? sip_message_set_body(m, SIP_STR(""), SIP_STR("")) : err;
}

static enum sip_err test_edit_of_start_line_and_body_keeps_the_rest(void)
{
	static const char text[] = START "To: x\r\nl: 2\r\nContent-Type: a/b\r\n\r\nhi";
	enum sip_err err = edit(text, new_uri, "OPTIONS sip:new@host SIP/2.0\r\nTo: x\r\nl: 2\r\nContent-Type: a/b\r\n\r\nhi");
	if (err == SIP_OK)
		err = edit(text, new_body, START "To: x\r\nContent-Type: text/x\r\nContent-Length: 10\r\n\r\n0123456789");
	if (err == SIP_OK)
		err = edit(text, no_body, START "To: x\r\nContent-Length: 0\r\n\r\n");
	return err;
}

static enum sip_err test_edit_that_would_break_the_message_fails(void)
{
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z(JOINED, &m));
	UNIT_EQ(sip_message_push(m, SIP_HEADER_TO, SIP_STR("x\r\nVia: y")), SIP_E_INVAL);
	UNIT_EQ(sip_message_add(m, SIP_HEADER_TO, SIP_STR("x\n")), SIP_E_INVAL);
	UNIT_EQ(sip_message_set(m, SIP_HEADER_TO, SIP_STR("x\r")), SIP_E_INVAL);
	UNIT_EQ(sip_message_replace(m, SIP_HEADER_ROUTE, 1, SIP_STR("\ry")), SIP_E_INVAL);
	UNIT_EQ(sip_message_add_field(m, SIP_STR("X A"), SIP_STR("1")), SIP_E_INVAL);
	UNIT_EQ(sip_message_add_field(m, SIP_STR(""), SIP_STR("1")), SIP_E_INVAL);
	UNIT_EQ(sip_message_add_field(m, SIP_STR("X"), SIP_STR("1\r\n")), SIP_E_INVAL);
	UNIT_EQ(sip_message_set_field(m, SIP_STR("X A"), SIP_STR("1")), SIP_E_INVAL);
	UNIT_EQ(sip_message_set_field(m, SIP_STR("X"), SIP_STR("1\n")), SIP_E_INVAL);
	UNIT_EQ(sip_message_set_field(m, SIP_STR("To"), SIP_STR("1\n")), SIP_E_INVAL);
	UNIT_EQ(sip_message_set_uri(m, SIP_STR("sip:a b")), SIP_E_INVAL);
	UNIT_EQ(sip_message_set_uri(m, SIP_STR("")), SIP_E_INVAL);
	UNIT_TRY(CHECK_ENCODED(m, JOINED));
	UNIT_TRY(sip_message_add(m, SIP_HEADER_SUBJECT, SIP_STR("x\r\n y")));
out:
	sip_message_unref(&m);
	return err;
}

/* RFC 3261 7.3.1: blanks around a value are no part of it, whoever wrote it. */
static enum sip_err test_edit_with_blanks_around_its_text_says_it_without(void)
{
	struct sip_message *m;
	struct sip_str value;
	uint32_t number;
	enum sip_err err = parse_z(JOINED, &m);
	if (err != SIP_OK)
		return err;
	err = sip_message_add(m, SIP_HEADER_MIN_SE, SIP_STR(" 90\t"));
	if (err == SIP_OK)
		err = sip_message_set(m, SIP_HEADER_TO, SIP_STR("  <sip:b@h>"));
	if (err == SIP_OK)
		err = sip_message_add_field(m, SIP_STR("X"), SIP_STR(" 1\r\n "));
	if (err == SIP_OK) {
		UNIT_EQ(sip_message_number(m, SIP_HEADER_MIN_SE, &number), SIP_OK);
		UNIT_EQ(number, 90);
		UNIT_CHECK(sip_message_name_addr(m, SIP_HEADER_TO, 0) != NULL);
		UNIT_CHECK(sip_message_find(m, SIP_STR("X"), 0, &value));
		UNIT_STR(value, "1");
	}
	sip_message_unref(&m);
	return err;
}

/* Nothing between two commas is no value: where a line is cut, it is not written. */
static enum sip_err test_edit_beside_an_empty_value_drops_it(void)
{
	struct sip_message *m;
	struct sip_str value;
	enum sip_err err = parse_z("OPTIONS sip:h SIP/2.0\r\nAllow: A, , B ,, ,C,\r\n\r\n", &m);
	if (err != SIP_OK)
		return err;
	UNIT_EQ(sip_message_count(m, SIP_HEADER_ALLOW), 3);
	err = sip_message_remove(m, SIP_HEADER_ALLOW, 1);
	if (err == SIP_OK) {
		UNIT_EQ(sip_message_count(m, SIP_HEADER_ALLOW), 2);
		UNIT_CHECK(sip_message_find(m, SIP_STR("Allow"), 0, &value));
		UNIT_STR(value, "A");
		UNIT_CHECK(sip_message_find(m, SIP_STR("Allow"), 1, &value));
		UNIT_STR(value, "C,");
	}
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_edit_beyond_the_arena_is_a_limit(void)
{
	struct sip_message *m = NULL;
	char *text = sip_alloc(SIP__ARENA_LIMIT + 1);
	enum sip_err err = SIP_OK;
	UNIT_TRY_PTR(text);
	memset(text, 'x', SIP__ARENA_LIMIT + 1);
	UNIT_TRY(parse_z(JOINED, &m));
	UNIT_EQ(sip_message_add(m, SIP_HEADER_SUBJECT, sip_str_make(text, SIP__ARENA_LIMIT + 1)), SIP_E_LIMIT);
	UNIT_EQ(sip_message_add_field(m, SIP_STR("X-A"), sip_str_make(text, SIP__ARENA_LIMIT)), SIP_E_LIMIT);
	UNIT_EQ(sip_message_add_field(m, sip_str_make(text, 65535), SIP_STR("1")), SIP_E_LIMIT);
	UNIT_TRY(CHECK_ENCODED(m, JOINED));
	unsigned n = 0;
	while ((err = sip_message_push(m, SIP_HEADER_ROUTE, SIP_STR("<sip:0>"))) == SIP_OK)
		n++;
	UNIT_EQ(err, SIP_E_LIMIT);
	UNIT_CHECK(n > 20000);
	err = err == SIP_E_LIMIT ? SIP_OK : err;
out:
	sip_message_unref(&m);
	sip_free(text);
	return err;
}

static enum sip_err test_clone_is_its_own(void)
{
	struct sip_message *m = NULL, *clone = NULL;
	enum sip_err err = SIP_OK;
	UNIT_TRY(parse_z(JOINED, &m));
	UNIT_TRY(sip_message_push(m, SIP_HEADER_VIA, SIP_STR("SIP/2.0/UDP h")));
	UNIT_TRY(sip_message_set_uri(m, SIP_STR("sip:c@d")));
	UNIT_TRY(sip_message_pop(m, SIP_HEADER_ROUTE));
	UNIT_TRY(sip_message_set_body(m, SIP_STR("a/b"), SIP_STR("body")));
	UNIT_TRY(sip_message_clone(m, &clone));
	UNIT_TRY(sip_message_push(m, SIP_HEADER_VIA, SIP_STR("SIP/2.0/UDP other")));
	sip_message_unref(&m);
	UNIT_TRY(CHECK_ENCODED(clone, "OPTIONS sip:c@d SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nRoute: <sip:2> ,<sip:3>\r\nTo: x\r\n"
				      "Route: <sip:4>\r\nContent-Type: a/b\r\nContent-Length: 4\r\n\r\nbody"));
	UNIT_TRY(sip_message_pop(clone, SIP_HEADER_VIA));
	UNIT_CHECK(!sip_message_has(clone, SIP_HEADER_VIA));
out:
	sip_message_unref(&clone);
	sip_message_unref(&m);
	return err;
}

/* What a getter says of the stamped Via is what parsing its text would say. */
static enum sip_err check_stamped(const char *via_text, const char *expected)
{
	struct sip_message *m = NULL, *anew = NULL;
	struct sip_received received = { .packet = NULL };
	const struct sip_via *via;
	struct sip_via again;
	struct sip_addr source;
	char text[512];
	struct sip_buf b;
	enum sip_err err;

	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_putf(&b, START "Via: %s\r\nVia: SIP/2.0/TCP 1.1.1.1;branch=z9hG4bK2\r\n\r\n", via_text);
	UNIT_EQ(sip_addr_parse(&source, SIP_STR("192.0.2.1"), 7000), SIP_OK);
	UNIT_TRY(parse_z(sip_buf_z(&b), &m));
	sip_message_set_source(m, &source, SIP_TRANSPORT_UDP);
	UNIT_TRY(sip_message_stamp(m, &source));
	sip_received_init(&received, m);
	UNIT_TRY(sip_message_set(m, SIP_HEADER_CALL_ID, SIP_STR("an edit of the user's")));
	UNIT_TRY(sip_received_parse(&received, &anew));
	UNIT_STR(sip_message_via(anew, 0)->text, expected);
	UNIT_CHECK(!sip_message_has(anew, SIP_HEADER_CALL_ID));
	via = sip_message_via(m, 0);
	UNIT_CHECK(via != NULL);
	UNIT_STR(via->text, expected);
	UNIT_EQ(sip_via_parse(via->text, &again), SIP_OK);
	UNIT_CHECK(sip_str_eq(via->protocol, again.protocol) && sip_str_eq(via->transport_text, again.transport_text));
	UNIT_CHECK(sip_str_eq(via->host, again.host) && via->port == again.port && via->transport == again.transport);
	UNIT_CHECK(via->branch.p == again.branch.p && via->branch.len == again.branch.len);
	UNIT_CHECK(via->received.p == again.received.p && via->received.len == again.received.len);
	UNIT_CHECK(via->maddr.p == again.maddr.p && via->maddr.len == again.maddr.len);
	UNIT_CHECK(via->params.p == again.params.p && via->params.len == again.params.len);
	UNIT_CHECK(via->has_rport == again.has_rport && via->rport == again.rport && via->rport_at == again.rport_at);
	UNIT_EQ(sip_message_count(m, SIP_HEADER_VIA), 2);
	UNIT_STR(sip_message_via(m, 1)->branch, "z9hG4bK2");
out:
	sip_received_fini(&received);
	sip_message_unref(&anew);
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_stamp_goes_along_parsed(void)
{
	static const char *const rows[][2] = {
		{ "SIP/2.0/UDP h:5;branch=z9hG4bK1;rport", "SIP/2.0/UDP h:5;branch=z9hG4bK1;received=192.0.2.1;rport=7000" },
		{ "SIP/2.0/UDP h;rport;branch=z9hG4bK1", "SIP/2.0/UDP h;branch=z9hG4bK1;received=192.0.2.1;rport=7000" },
		{ "SIP/2.0/UDP h;maddr=1.2.3.4;rport;branch=z9hG4bK1",
		  "SIP/2.0/UDP h;maddr=1.2.3.4;branch=z9hG4bK1;received=192.0.2.1;rport=7000" },
		{ "SIP/2.0/UDP h;rport", "SIP/2.0/UDP h;received=192.0.2.1;rport=7000" },
		{ "SIP/2.0/UDP h;branch=z9hG4bK1", "SIP/2.0/UDP h;branch=z9hG4bK1;received=192.0.2.1" },
		{ "SIP/2.0/UDP h", "SIP/2.0/UDP h;received=192.0.2.1" },
		{ "SIP/2.0/UDP h;rport;branch=z9hG4bK1 (said so)", "SIP/2.0/UDP h;branch=z9hG4bK1;received=192.0.2.1;rport=7000" },
		{ "SIP/2.0/UDP h ( x)", "SIP/2.0/UDP h;received=192.0.2.1" },
		{ "SIP/2.0/UDP h (c;)", "SIP/2.0/UDP h;received=192.0.2.1" },
		{ "SIP/2.0/UDP h;", "SIP/2.0/UDP h;received=192.0.2.1" },
		{ "SIP/2.0/UDP h;branch=z9hG4bK1;rport;", "SIP/2.0/UDP h;branch=z9hG4bK1;received=192.0.2.1;rport=7000" },
		{ "SIP/2.0/UDP h;branch=z9hG4bK1 ;", "SIP/2.0/UDP h;branch=z9hG4bK1;received=192.0.2.1" },
		{ "SIP/2.0/UDP h;received=9.9.9.9;rport=1", "SIP/2.0/UDP h;received=192.0.2.1;rport=7000" },
	};
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(rows) && err == SIP_OK; i++)
		err = check_stamped(rows[i][0], rows[i][1]);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_edit_of_one_value_leaves_the_others),
	UNIT_CASE(test_edit_is_seen_by_every_getter),
	UNIT_CASE(test_edit_puts_new_fields_where_they_belong),
	UNIT_CASE(test_edit_by_name_leaves_one_or_none_of_that_name),
	UNIT_CASE(test_edit_of_start_line_and_body_keeps_the_rest),
	UNIT_CASE(test_edit_that_would_break_the_message_fails),
	UNIT_CASE(test_edit_with_blanks_around_its_text_says_it_without),
	UNIT_CASE(test_edit_beside_an_empty_value_drops_it),
	UNIT_CASE(test_edit_beyond_the_arena_is_a_limit),
	UNIT_CASE(test_clone_is_its_own),
	UNIT_CASE(test_stamp_goes_along_parsed),
};
SUITE(edit);
