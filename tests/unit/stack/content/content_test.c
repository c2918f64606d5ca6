/* Rows, registries, bodies of no known type, plain text. */
#include "tests/unit/stack/content/content_rooms_test.h"

static enum sip_err test_content_find_folds_case_and_prefers_the_subtype(void)
{
	static const struct {
		const char *type;
		int id; /* COUNT: nobody knows it */
	} types[] = {
		{ "text/plain", SIP_CONTENT_PLAIN }, { "TEXT/Plain", SIP_CONTENT_PLAIN },
		{ "application/octet-stream", SIP_CONTENT_OCTETS }, { "text/html", SIP_CONTENT_COUNT },
		{ "image/plain", SIP_CONTENT_COUNT },
	};
	for (size_t i = 0; i < SIP_COUNTOF(types); i++) {
		struct sip_media_type media;
		UNIT_EQ(sip_media_type_parse(sip_str_of(types[i].type), &media), SIP_OK);
		const struct sip_content_row *row = sip_content_find(NULL, &media);
		unit_check(row == (types[i].id == SIP_CONTENT_COUNT ? NULL : &sip_content_rows[types[i].id]), types[i].type,
			   __FILE__, __LINE__);
	}
	for (size_t i = 0; i < SIP_CONTENT_COUNT; i++) {
		struct sip_media_type media = { sip_content_rows[i].type, sip_content_rows[i].subtype, { NULL, 0 } };
		UNIT_CHECK(sip_content_find(NULL, &media) == &sip_content_rows[i]);
		UNIT_CHECK(sip_content_rows[i].rfc != 1);
	}
	return SIP_OK;
}

/* A type of a program's own: the first byte of the body, which must be there. */
static enum sip_err parse_first(struct sip_arena *arena, const struct sip_media_type *media, struct sip_str bytes,
				const struct sip_content_limits *limits, void **form)
{
	struct sip_str *x = sip_arena_alloc(arena, sizeof *x);
	*form = x;
	if (!x)
		return SIP_E_NOMEM;
	UNIT_CHECK(limits != NULL);
	UNIT_STR(sip_str_trim(media->params), "v=1");
	*x = sip_str_make(bytes.p, 1);
	return bytes.p[0] == '?' ? SIP_E_SYNTAX : bytes.p[0] == '-' ? SIP_E_UNSUPPORTED : SIP_OK;
}
static void put_first(struct sip_buf *b, const void *form)
{
	sip_buf_put_str(b, *(const struct sip_str *)form);
}
static const struct sip_content_row own_rows[] = {
	{ SIP_STR_INIT("application"), SIP_STR_INIT("vnd.first"), 0, parse_first, put_first, NULL },
	{ SIP_STR_INIT("text"), SIP_STR_INIT("*"), 0, NULL, NULL, NULL },
	{ SIP_STR_INIT("application"), SIP_STR_INIT("octet-stream"), 0, NULL, NULL, NULL },
};

static enum sip_err test_registry_has_types_of_its_own_before_the_built_in(void)
{
	static const struct sip_media_type plain = { SIP_STR_INIT("text"), SIP_STR_INIT("plain"), { NULL, 0 } },
					   html = { SIP_STR_INIT("text"), SIP_STR_INIT("html"), { NULL, 0 } },
					   octets = { SIP_STR_INIT("application"), SIP_STR_INIT("octet-stream"), { NULL, 0 } },
					   png = { SIP_STR_INIT("image"), SIP_STR_INIT("png"), { NULL, 0 } };
	struct sip_content_registry r;
	struct sip_content c;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(sip_content_registry_init(&r, own_rows, SIP_COUNTOF(own_rows)));
	UNIT_CHECK(sip_content_find(&r, &plain) == &sip_content_rows[SIP_CONTENT_PLAIN]);
	UNIT_CHECK(sip_content_find(&r, &html) == &own_rows[1]);
	UNIT_CHECK(sip_content_find(&r, &octets) == &own_rows[2]);
	UNIT_CHECK(sip_content_find(&r, &png) == NULL);
	UNIT_TRY(sip_content_parse(&r, &b.arena, SIP_STR("application/VND.first; v=1"), SIP_STR("xyz"), NULL, &c));
	UNIT_CHECK(c.row == &own_rows[0] && sip_content_form(&c, SIP_CONTENT_PLAIN) == NULL);
	UNIT_TRY(bed_put(&b, &c));
	UNIT_STR(sip_buf_str(&b.out), "x");
	UNIT_STR(sip_buf_str(&b.type), "application/VND.first;v=1");
	err = sip_content_parse(&r, &b.arena, SIP_STR("application/vnd.first; v=1"), SIP_STR("?"), NULL, &c);
	UNIT_EQ(err, SIP_E_SYNTAX);
	UNIT_CHECK(c.row == &own_rows[0] && c.form == NULL);
	UNIT_TRY(sip_content_parse(&r, &b.arena, SIP_STR("application/vnd.first; v=1"), SIP_STR("-"), NULL, &c));
	UNIT_CHECK(c.row == &own_rows[0] && c.form == NULL);
	UNIT_STR(c.bytes, "-");
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_registry_init_refuses_too_many_twice_and_nameless(void)
{
	static struct sip_content_row many[SIP_CONTENT_REGISTRY_MAX + 1];
	static const struct sip_content_row twice[] = {
		{ SIP_STR_INIT("a"), SIP_STR_INIT("b"), 0, NULL, NULL, NULL },
		{ SIP_STR_INIT("A"), SIP_STR_INIT("B"), 0, NULL, NULL, NULL },
	};
	static const struct sip_content_row nameless = { SIP_STR_INIT("a"), SIP_STR_INIT(""), 0, NULL, NULL, NULL };
	struct sip_content_registry r;

	UNIT_EQ(sip_content_registry_init(&r, many, SIP_COUNTOF(many)), SIP_E_LIMIT);
	UNIT_EQ(r.count, 0);
	UNIT_EQ(sip_content_registry_init(&r, twice, SIP_COUNTOF(twice)), SIP_E_EXISTS);
	UNIT_EQ(sip_content_registry_init(&r, &nameless, 1), SIP_E_INVAL);
	UNIT_EQ(sip_content_registry_init(&r, NULL, 0), SIP_OK);
	return SIP_OK;
}

static enum sip_err test_content_parse_leaves_unknown_types_as_bytes(void)
{
	struct sip_content c;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(bed_parse(&b, " application/vnd.unheard-of ; a=\"b;c\" ", SIP_STR("\x00\x01\xff"), &c));
	UNIT_CHECK(c.row == NULL && c.form == NULL);
	UNIT_TRY(bed_put(&b, &c));
	UNIT_CHECK(sip_str_eq(sip_buf_str(&b.out), SIP_STR("\x00\x01\xff")));
	UNIT_STR(sip_buf_str(&b.type), "application/vnd.unheard-of;a=\"b;c\"");
	UNIT_TRY(bed_parse(&b, "application/octet-stream", SIP_STR("x"), &c));
	UNIT_CHECK(c.row == &sip_content_rows[SIP_CONTENT_OCTETS] && c.form == NULL);
	UNIT_TRY(bed_put(&b, &c));
	UNIT_STR(sip_buf_str(&b.type), "application/octet-stream");
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_xml_bodies_stay_bytes_without_the_library(void)
{
	static const char body[] = "<list xmlns='urn:ietf:params:xml:ns:rlmi' uri='u' version='1' fullState='1'/>";
	struct sip_content c;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(bed_parse(&b, "application/rlmi+xml", sip_str_of(body), &c));
	UNIT_CHECK(c.row == &sip_content_rows[SIP_CONTENT_RLMI]);
	UNIT_EQ(c.form != NULL, sip_content_has_xml());
	UNIT_STR(c.bytes, body);
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_content_parse_refuses_no_type_and_too_many_bytes(void)
{
	static const struct sip_content_limits small = { .bytes = 3, .parts = 1, .depth = 1 };
	struct sip_content c;
	struct bed b;

	bed_init(&b);
	UNIT_EQ(bed_parse(&b, "nothing", SIP_STR("x"), &c), SIP_E_SYNTAX);
	UNIT_CHECK(c.row == NULL && c.media.subtype.len == 0);
	UNIT_EQ(sip_content_parse(NULL, &b.arena, SIP_STR("text/plain"), SIP_STR("four"), &small, &c), SIP_E_LIMIT);
	UNIT_CHECK(c.row == &sip_content_rows[SIP_CONTENT_PLAIN] && c.form == NULL);
	UNIT_STR(c.bytes, "four");
	bed_fini(&b);
	return SIP_OK;
}

static enum sip_err test_plain_says_charset_and_whether_it_is_utf8(void)
{
	static const struct {
		const char *type, *text, *charset, *written;
		bool is_utf8;
	} texts[] = {
		{ "text/plain", "Gr\xc3\xbc\xc3\x9f", "", "text/plain", true },
		{ "text/plain", "Gr\xfc\xdf", "", "text/plain", false },
		{ "text/plain;charset=UTF-8", "a", "UTF-8", "text/plain;charset=UTF-8", true },
		{ "text/plain;format=flowed;charset=\"us-ascii\"", "a", "us-ascii", "text/plain;charset=us-ascii", true },
		{ "text/plain;charset=iso-8859-1", "a", "iso-8859-1", "text/plain;charset=iso-8859-1", false },
		{ "text/plain;charset=\"a\\\"b\"", "", "a\"b", "text/plain;charset=\"a\\\"b\"", false },
	};
	enum sip_err err = SIP_OK;
	struct sip_content c;
	struct bed b;

	bed_init(&b);
	for (size_t i = 0; i < SIP_COUNTOF(texts); i++) {
		UNIT_TRY(bed_parse(&b, texts[i].type, sip_str_of(texts[i].text), &c));
		const struct sip_plain *x = sip_content_form(&c, SIP_CONTENT_PLAIN);
		UNIT_TRY_PTR(x);
		UNIT_STR(x->text, texts[i].text);
		UNIT_STR(x->charset, texts[i].charset);
		UNIT_EQ(x->is_utf8, texts[i].is_utf8);
		UNIT_TRY(bed_put(&b, &c));
		UNIT_STR(sip_buf_str(&b.type), texts[i].written);
		UNIT_STR(sip_buf_str(&b.out), texts[i].text);
	}
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_plain_parse_is_within_limits(void)
{
	static const struct sip_content_limits small = { .bytes = 3, .parts = 1, .depth = 1 };
	static const struct sip_media_type plain = { SIP_STR_INIT("text"), SIP_STR_INIT("plain"), { NULL, 0 } };
	struct sip_plain *x = NULL;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	err = sip_plain_parse(&b.arena, &plain, SIP_STR("four"), &small, &x);
	UNIT_CHECK(err == SIP_E_LIMIT && x == NULL);
	bed_fini(&b);
	return err == SIP_E_LIMIT ? SIP_OK : err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_content_find_folds_case_and_prefers_the_subtype),
	UNIT_CASE(test_registry_has_types_of_its_own_before_the_built_in),
	UNIT_CASE(test_registry_init_refuses_too_many_twice_and_nameless),
	UNIT_CASE(test_content_parse_leaves_unknown_types_as_bytes),
	UNIT_CASE(test_xml_bodies_stay_bytes_without_the_library),
	UNIT_CASE(test_content_parse_refuses_no_type_and_too_many_bytes),
	UNIT_CASE(test_plain_says_charset_and_whether_it_is_utf8),
	UNIT_CASE(test_plain_parse_is_within_limits),
};
SUITE(content);
