/* Instant messages with headers of their own. */
#include "stack/content/cpim.h"

#include "tests/unit/stack/content/content_rooms_test.h"

#define TYPE "message/cpim"

static const char rfc_3862_5_1[] = "From: MR SANDERS <im:piglet@100akerwood.com>\r\n"
	"To: Depressed Donkey <im:eeyore@100akerwood.com>\r\nDateTime: 2000-12-13T13:40:00-08:00\r\n"
	"Subject: the weather will be fine today\r\nSubject:;lang=fr beau temps prevu pour aujourd'hui\r\n"
	"NS: MyFeatures <mid:MessageFeatures@id.foo.com>\r\nRequire: MyFeatures.VitalMessageOption\r\n"
	"MyFeatures.VitalMessageOption: Confirmation-requested\r\n\r\nContent-type: text/xml; charset=utf-8\r\n"
	"Content-ID: <1234567890@foo.com>\r\n\r\n<body>\r\nHere is the text of my message.\r\n</body>";

static enum sip_err test_cpim_parse_of_rfc_3862_5_1(void)
{
	struct sip_str name, uri;
	struct sip_content c;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(bed_parse(&b, "Message/CPIM", sip_str_of(rfc_3862_5_1), &c));
	const struct sip_cpim *x = sip_content_form(&c, SIP_CONTENT_CPIM);
	UNIT_CHECK(sip_cpim_address(sip_cpim_find(x, NULL, SIP_STR("From"))->value, &name, &uri));
	UNIT_STR(name, "MR SANDERS");
	UNIT_STR(uri, "im:piglet@100akerwood.com");
	UNIT_CHECK(sip_cpim_find(x, NULL, SIP_STR("from")) == NULL);
	const struct sip_cpim_header *subject = sip_cpim_find(x, NULL, SIP_STR("Subject"));
	UNIT_STR(subject->value, "the weather will be fine today");
	UNIT_EQ(subject->params.len, 0);
	subject = sip_cpim_find(x, subject, SIP_STR("Subject"));
	UNIT_STR(subject->value, "beau temps prevu pour aujourd'hui");
	UNIT_STR(subject->params, "lang=fr");
	UNIT_CHECK(sip_cpim_find(x, subject, SIP_STR("Subject")) == NULL);
	UNIT_STR(sip_content_field_find(x->fields, SIP_STR("Content-Type"))->value, "text/xml; charset=utf-8");
	UNIT_STR(x->bytes, "<body>\r\nHere is the text of my message.\r\n</body>");
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_cpim_put_then_parse_is_the_same(void)
{
	static const char *const bodies[][2] = {
		{ rfc_3862_5_1, NULL }, { "\r\n\r\n", "\r\n\r\n" }, { "\n", "\r\n\r\n" },
		{ "A:;x=\"a \\\"b\" v\r\nB:; ;w\r\nC: ;u\r\nD:;p\r\nE:\r\n\r\nContent-Type:text/plain\r\n\r\nhi",
		  "A:;x=\"a \\\"b\" v\r\nB: ;w\r\nC: ;u\r\nD:;p \r\nE: \r\n\r\nContent-Type: text/plain\r\n\r\nhi" },
		{ "A:;x=\"never closed\r\n\r\n", NULL }, { "A:;x=\"\\\r\n\r\n", NULL },
	};
	enum sip_err err = SIP_OK;
	for (size_t i = 0; i < SIP_COUNTOF(bodies) && err == SIP_OK; i++)
		err = bed_round(TYPE, bodies[i][0], bodies[i][1]);
	return err;
}

static enum sip_err test_cpim_parse_refuses_what_is_none(void)
{
	static const char *const bodies[] = { "", "From: <im:a@b>", "From: <im:a@b>\r\n", "From\r\n\r\n", "\r\nno header" };
	for (size_t i = 0; i < SIP_COUNTOF(bodies); i++)
		if (bed_refused(TYPE, bodies[i], SIP_E_SYNTAX) != SIP_OK)
			return SIP_E_NOMEM;
	return SIP_OK;
}

static enum sip_err test_cpim_put_refuses_what_would_not_read_back(void)
{
	static const struct sip_cpim_header headers[] = {
		{ .name = SIP_STR_INIT("") }, { .name = SIP_STR_INIT("a b") }, { .name = SIP_STR_INIT("a"), .value = SIP_STR_INIT("b\r\nc") },
		{ .name = SIP_STR_INIT("a"), .params = SIP_STR_INIT("b\nc") }, { .name = SIP_STR_INIT("a"), .params = SIP_STR_INIT("b c") },
		{ .name = SIP_STR_INIT("a"), .params = SIP_STR_INIT("b=\"c"), .value = SIP_STR_INIT("d") },
		{ .name = SIP_STR_INIT("a"), .value = SIP_STR_INIT(" b") },
	};
	for (size_t i = 0; i < SIP_COUNTOF(headers); i++) {
		struct sip_cpim_header h = headers[i];
		struct sip_cpim x = { .headers = &h };
		char room[64];
		struct sip_buf b;
		sip_buf_init_fixed(&b, room, sizeof room);
		sip_cpim_put(&b, &x);
		UNIT_EQ(b.err, SIP_E_INVAL);
	}
	return SIP_OK;
}

static enum sip_err test_cpim_address_gives_name_and_uri(void)
{
	static const struct {
		const char *text, *name, *uri; /* NULL: refused */
	} values[] = {
		{ "<im:a@b>", "", "im:a@b" }, { "\"Winnie the Pooh\" <im:pooh@100akerwood.com>", "Winnie the Pooh", "im:pooh@100akerwood.com" },
		{ "a < b <sip:x>", "a < b", "sip:x" }, { "im:a@b", NULL, NULL }, { "a>", NULL, NULL }, { "", NULL, NULL }, { "\" <x>", "\"", "x" },
	};
	for (size_t i = 0; i < SIP_COUNTOF(values); i++) {
		struct sip_str name, uri;
		unit_check(sip_cpim_address(sip_str_of(values[i].text), &name, &uri) == (values[i].uri != NULL), values[i].text, __FILE__,
			   __LINE__);
		if (values[i].uri) {
			UNIT_STR(name, values[i].name);
			UNIT_STR(uri, values[i].uri);
		}
	}
	return SIP_OK;
}

static enum sip_err test_cpim_decode_undoes_escapes(void)
{
	static const struct {
		const char *text, *plain; /* NULL: refused */
	} values[] = {
		{ "", "" }, { "a\\tb\\n\\r\\b", "a\tb\n\r\b" }, { "\\\"\\'\\\\", "\"'\\" }, { "\\u0041\\u00e9\\u20AC", "A\xc3\xa9\xe2\x82\xac" },
		{ "\\uD83D\\uDE00", "\xf0\x9f\x98\x80" }, { "\\ud83d", NULL }, { "\\ud83dx", NULL }, { "\\ud83d\\u0041", NULL },
		{ "\\ude00", NULL }, { "\\u00", NULL }, { "\\u00zz", NULL }, { "\\x", NULL }, { "\\", NULL }, { "\\ud83d\\ud83d", NULL },
		{ "\\ud83d\\ue000", NULL },
	};
	enum sip_err err = SIP_OK;
	struct sip_str out;
	struct bed b;

	bed_init(&b);
	for (size_t i = 0; i < SIP_COUNTOF(values) && !sip_mem_has_failed(); i++) {
		err = sip_cpim_decode(&b.arena, sip_str_of(values[i].text), &out);
		unit_check(err == (values[i].plain ? SIP_OK : SIP_E_SYNTAX), values[i].text, __FILE__, __LINE__);
		UNIT_STR(out, values[i].plain ? values[i].plain : "");
	}
	bed_fini(&b);
	return sip_mem_has_failed() ? SIP_E_NOMEM : SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_cpim_parse_of_rfc_3862_5_1),
	UNIT_CASE(test_cpim_put_then_parse_is_the_same),
	UNIT_CASE(test_cpim_parse_refuses_what_is_none),
	UNIT_CASE(test_cpim_put_refuses_what_would_not_read_back),
	UNIT_CASE(test_cpim_address_gives_name_and_uri),
	UNIT_CASE(test_cpim_decode_undoes_escapes),
};
SUITE(cpim);
