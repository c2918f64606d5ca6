/* Multiparts written. */
#include "stack/content/multipart.h"

#include "tests/unit/stack/content/content_rooms_test.h"

static enum sip_err test_multipart_put_writes_what_was_made(void)
{
	struct sip_multipart x = { .subtype = SIP_STR_INIT("related"), .params = SIP_STR_INIT("type=\"application/sdp\"") };
	struct sip_content_field more = { .name = SIP_STR_INIT("X-More"), .value = SIP_STR_INIT("1") };
	struct sip_part *part;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY_PTR(part = sip_multipart_add(&x, &b.arena, SIP_STR("application/sdp"), SIP_STR("v=0\r\n")));
	part->disposition = SIP_STR("session");
	part->id = SIP_STR("1@x");
	part->others = &more;
	UNIT_TRY_PTR(part = sip_multipart_add(&x, &b.arena, SIP_STR(""), SIP_STR("a=b")));
	part->encoding = SIP_TRANSFER_QUOTED_PRINTABLE;
	UNIT_TRY_PTR(part = sip_multipart_add(&x, &b.arena, SIP_STR("image/x"), SIP_STR("\x01\x02")));
	part->encoding = SIP_TRANSFER_BASE64;
	UNIT_TRY_PTR(part = sip_multipart_add(&x, &b.arena, SIP_STR("image/x"), SIP_STR("z")));
	part->encoding = SIP_TRANSFER_UNKNOWN;
	part->encoding_text = SIP_STR("x-y");
	UNIT_EQ(x.count, 4);
	UNIT_TRY(sip_multipart_choose_boundary(&x, &b.arena));
	UNIT_STR(x.boundary, "strowger-a");
	sip_multipart_put(&b.out, &x);
	sip_multipart_put_type(&b.type, &x);
	UNIT_TRY(b.out.err);
	UNIT_TRY(b.type.err);
	UNIT_STR(sip_buf_str(&b.type), "multipart/related;boundary=strowger-a;type=\"application/sdp\"");
	UNIT_STR(sip_buf_str(&b.out),
		 "--strowger-a\r\nContent-Type: application/sdp\r\nContent-Disposition: session\r\nContent-ID: <1@x>\r\nX-More: 1\r\n\r\n"
		 "v=0\r\n\r\n--strowger-a\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=3Db\r\n"
		 "--strowger-a\r\nContent-Type: image/x\r\nContent-Transfer-Encoding: base64\r\n\r\nAQI=\r\n"
		 "--strowger-a\r\nContent-Type: image/x\r\nContent-Transfer-Encoding: x-y\r\n\r\nz\r\n--strowger-a--\r\n");
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_multipart_put_then_parse_is_the_same(void)
{
	static const struct {
		const char *type, *body, *written;
	} bodies[] = {
		{ "multipart/mixed;boundary=b", "pre\r\n--b\nA:b\n\nx\n--b--\nepi", "--b\r\nA: b\r\n\r\nx\r\n--b--\r\n" },
		{ "multipart/mixed;boundary=b", "--b\r\n\r\nx", "--b\r\n\r\nx\r\n--b--\r\n" },
		{ "multipart/signed;micalg=sha-256;boundary=\"a b\\\"\";protocol=\"application/pkcs7-signature\"",
		  "--a b\"\r\nContent-Type: a/b\r\n c\r\nContent-Type: d/e\r\n\r\nx\r\n--a b\"--", NULL },
		{ "multipart/mixed;boundary=b", "--b\r\nContent-Type: multipart/x;boundary=c\r\n\r\n--c\r\n\r\ny\r\n--c--\r\n--b--", NULL },
		/* Of two the first counts, if it says nothing, too. */
		{ "multipart/mixed;boundary=b", "--b\r\nContent-Type:\r\nA: b\r\nContent-Type: c/d\r\nContent-ID: <1>\r\n\r\nx\r\n--b--",
		  "--b\r\nContent-ID: <1>\r\nA: b\r\n\r\nx\r\n--b--\r\n" },
		/* Where a line is broken softly, what stands behind is no delimiter. */
		{ "multipart/mixed;boundary=b",
		  "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=2D-b\r\n-\r\n"
		  "0123456789012345678901234567890123456789012345678901234567890123456789012--b\r\n--b--",
		  "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=2D-b\r\n=2D\r\n"
		  "0123456789012345678901234567890123456789012345678901234567890123456789012=\r\n=2D-b\r\n--b--\r\n" },
		{ "multipart/mixed;boundary=b;flag;u=<a:b?c>", "--b\r\nContent-ID: <>\r\nContent-Transfer-Encoding:\r\n\r\nx\r\n--b--", NULL },
	};
	enum sip_err err = SIP_OK;
	for (size_t i = 0; i < SIP_COUNTOF(bodies) && err == SIP_OK; i++)
		err = bed_round(bodies[i].type, bodies[i].body, bodies[i].written);
	return err;
}

static enum sip_err test_multipart_put_refuses_what_would_not_read_back(void)
{
	static const struct {
		const char *boundary, *id, *type, *bytes;
	} parts[] = {
		{ "", "", "a/b", "x" }, { "b ", "", "a/b", "x" }, { "b\r\n", "", "a/b", "x" }, { "b", "", "a/b", "x\r\n--b\r\ny" },
		{ "b", "", "a/b", "--b--" }, { "b", "", "a/b\r\n--b--\r\n", "x" }, { "b", "1\r\nX: y", "a/b", "x" },
	};
	for (size_t i = 0; i < SIP_COUNTOF(parts); i++) {
		struct sip_part part = { .type = sip_str_of(parts[i].type), .bytes = sip_str_of(parts[i].bytes) };
		struct sip_multipart x = { .subtype = SIP_STR_INIT("mixed"), .boundary = sip_str_of(parts[i].boundary), .parts = &part };
		char room[256];
		struct sip_buf b;
		part.id = sip_str_of(parts[i].id);
		sip_buf_init_fixed(&b, room, sizeof room);
		sip_multipart_put(&b, &x);
		unit_check(b.err == SIP_E_INVAL, parts[i].bytes, __FILE__, __LINE__);
		x.parts = NULL;
		sip_buf_init_fixed(&b, room, sizeof room);
		sip_multipart_put(&b, &x);
		UNIT_EQ(b.err, SIP_E_INVAL);
	}
	return SIP_OK;
}

/* RFC 2045 5.1 */
static enum sip_err test_multipart_put_type_quotes_what_has_to_be(void)
{
	static const struct {
		const char *subtype, *boundary, *params, *written; /* NULL: it is refused */
	} types[] = {
		{ "mixed", "b", "", "multipart/mixed;boundary=b" },
		{ "mixed", "a b", "", "multipart/mixed;boundary=\"a b\"" },
		{ "related", "b", "type=application/sdp;start=<1@x>", "multipart/related;boundary=b;type=\"application/sdp\";start=\"<1@x>\"" },
		{ "related", "b", "start=\"<\\\"@x>\" ; flag", "multipart/related;boundary=b;start=\"<\\\"@x>\";flag" },
		{ "related", "b", "a=", "multipart/related;boundary=b;a=\"\"" },
		{ "mixed;a", "b", "", NULL }, { "", "b", "", NULL }, { "mixed", "", "", NULL }, { "mixed", "b\r\nX: y", "", NULL },
		{ "mixed", "b ", "", NULL }, { "mixed", "b", "a=\"b", NULL }, { "mixed", "b", "a=b c", NULL }, { "mixed", "b", "a/b=c", NULL },
		{ "mixed", "b", "a=\"\r\nX: y\"", NULL }, { "mixed", "b", "a=b;Boundary=c", NULL }, { "mixed", "b", ";", NULL },
		{ "mixed", "b", "a=<\r\nX: y>", NULL },
	};
	for (size_t i = 0; i < SIP_COUNTOF(types); i++) {
		struct sip_multipart x = { .subtype = sip_str_of(types[i].subtype), .boundary = sip_str_of(types[i].boundary),
					   .params = sip_str_of(types[i].params) };
		char room[256];
		struct sip_buf b;
		sip_buf_init_fixed(&b, room, sizeof room);
		sip_multipart_put_type(&b, &x);
		unit_check_int(b.err, types[i].written ? SIP_OK : SIP_E_INVAL, types[i].params, __FILE__, __LINE__);
		if (types[i].written)
			UNIT_STR(sip_buf_str(&b), types[i].written);
	}
	return bed_round("multipart/mixed;boundary=b;a/b=c;d=\"e\r\n f\"", "--b\r\n\r\nx\r\n--b--", NULL);
}

static enum sip_err test_put_type_refuses_line_ends_in_parameters(void)
{
	static const struct sip_plain x = { .charset = SIP_STR_INIT("utf-8\r\nX: y") };
	char room[64];
	struct sip_buf b;

	sip_buf_init_fixed(&b, room, sizeof room);
	sip_plain_put_type(&b, &x);
	UNIT_EQ(b.err, SIP_E_INVAL);
	return SIP_OK;
}

/* Parts that hold every short boundary, as somebody would write who knows how ours are chosen. */
static enum sip_err test_choose_boundary_finds_one_that_occurs_nowhere(void)
{
	struct sip_multipart x = { .subtype = SIP_STR_INIT("mixed") };
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	for (unsigned i = 0; i < 16 * 16 * 16 - 1; i++)
		sip_buf_putf(&b.out, "--strowger-%c%c%c\r\n", 'a' + i / 256, 'a' + i / 16 % 16, 'a' + i % 16);
	SIP_BUF_LIT(&b.out, "--strowger---strowger-zz--strowger-");
	UNIT_TRY(b.out.err);
	UNIT_TRY_PTR(sip_multipart_add(&x, &b.arena, SIP_STR("a/b"), sip_buf_str(&b.out)));
	UNIT_TRY_PTR(sip_multipart_add(&x, &b.arena, SIP_STR("a/b"), SIP_STR("")));
	UNIT_TRY(sip_multipart_choose_boundary(&x, &b.arena));
	UNIT_STR(x.boundary, "strowger-ppp");
	sip_multipart_put(&b.type, &x);
	UNIT_TRY(b.type.err);
out:
	bed_fini(&b);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_multipart_put_type_quotes_what_has_to_be),
	UNIT_CASE(test_put_type_refuses_line_ends_in_parameters),
	UNIT_CASE(test_multipart_put_writes_what_was_made),
	UNIT_CASE(test_multipart_put_then_parse_is_the_same),
	UNIT_CASE(test_multipart_put_refuses_what_would_not_read_back),
	UNIT_CASE(test_choose_boundary_finds_one_that_occurs_nowhere),
};
SUITE(multipart_put);
