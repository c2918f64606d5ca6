/* Multiparts read. */
#include "stack/content/multipart.h"

#include "tests/unit/stack/content/content_rooms_test.h"

#define MIXED "multipart/mixed;boundary=b"

static enum sip_err read_multipart(struct bed *b, const char *type, const char *body, const struct sip_multipart **x)
{
	struct sip_content c;
	enum sip_err err = bed_parse(b, type, sip_str_of(body), &c);

	*x = sip_content_form(&c, SIP_CONTENT_MULTIPART);
	return err;
}

static enum sip_err test_multipart_parse_of_rfc_2046_5_1_1(void)
{
	static const char body[] = "This is the preamble.  It is to be ignored, though it\r\n"
		"is a handy place for composition agents to include an\r\nexplanatory note to non-MIME conformant readers.\r\n\r\n"
		"--simple boundary\r\n\r\nThis is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.\r\n"
		"--simple boundary\r\nContent-type: text/plain; charset=us-ascii\r\n\r\n"
		"This is explicitly typed plain US-ASCII text.\r\nIt DOES end with a linebreak.\r\n\r\n"
		"--simple boundary--\r\n\r\nThis is the epilogue.  It is also to be ignored.\r\n";
	const struct sip_multipart *x;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(read_multipart(&b, "multipart/mixed; boundary=\"simple boundary\"", body, &x));
	UNIT_CHECK(x->count == 2 && x->is_closed);
	UNIT_STR(x->subtype, "mixed");
	UNIT_STR(x->boundary, "simple boundary");
	const struct sip_part *part = x->parts;
	UNIT_STR(part->bytes, "This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.");
	UNIT_EQ(part->type.len, 0);
	UNIT_STR(part->media.subtype, "plain");
	part = part->next;
	UNIT_STR(part->bytes, "This is explicitly typed plain US-ASCII text.\r\nIt DOES end with a linebreak.\r\n");
	UNIT_STR(part->type, "text/plain; charset=us-ascii");
	UNIT_CHECK(part->next == NULL);
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_part_says_what_its_header_says(void)
{
	static const char body[] = "--b\r\nContent-Type: application/sdp\r\nContent-Disposition: session;handling=optional\r\n"
		"Content-ID: <alice@x>\r\nX-More: 1\r\nContent-Transfer-Encoding: 8BIT\r\n\r\nv=0\r\n\r\n"
		"--b\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: icon\r\n\r\naGVs\r\nbG8=\r\n"
		"--b\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-ID: bare\r\n\r\na=3D=\r\nb\r\n"
		"--b\r\nContent-Transfer-Encoding: x-rot13\r\nContent-Type: nonsense\r\n\r\nuryyb\r\n--b--";
	const struct sip_multipart *x;
	struct sip_str type;
	bool is_optional;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(read_multipart(&b, MIXED, body, &x));
	const struct sip_part *part = x->parts;
	UNIT_STR(part->media.subtype, "sdp");
	UNIT_STR(part->id, "alice@x");
	UNIT_EQ(part->encoding, SIP_TRANSFER_8BIT);
	UNIT_STR(part->others->name, "X-More");
	UNIT_STR(part->bytes, "v=0\r\n");
	sip_part_disposition(part, &type, &is_optional);
	UNIT_STR(type, "session");
	UNIT_CHECK(is_optional && part->others->next == NULL);
	part = part->next;
	UNIT_STR(part->bytes, "hello");
	sip_part_disposition(part, &type, &is_optional);
	UNIT_STR(type, "icon");
	UNIT_CHECK(!is_optional);
	part = part->next;
	UNIT_STR(part->bytes, "a=b");
	UNIT_STR(part->id, "bare");
	part = part->next;
	UNIT_EQ(part->encoding, SIP_TRANSFER_UNKNOWN);
	UNIT_STR(part->encoding_text, "x-rot13");
	UNIT_STR(part->bytes, "uryyb");
	UNIT_STR(part->media.subtype, "octet-stream");
	UNIT_CHECK(sip_multipart_find_id(x, SIP_STR("bare")) == x->parts->next->next);
	UNIT_CHECK(sip_multipart_find_id(x, SIP_STR("")) == NULL);
	UNIT_CHECK(x->count == 4 && x->is_closed);
out:
	bed_fini(&b);
	return err;
}

/* RFC 1847 2.1: "The first body part is the body part over which the digital signature was created, including its MIME headers." */
static enum sip_err test_part_as_it_came_is_what_was_signed(void)
{
#define SIGNED "content-type: multipart/mixed;\r\n boundary=i\r\nX-A:  1\r\n\r\n--i\r\n\r\none\r\n--i--\r\n"
	static const char body[] = "--b\r\n" SIGNED "\r\n--b \r\nContent-Type: application/pkcs7-signature\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\n--b--";
	const struct sip_multipart *x;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(read_multipart(&b, "multipart/signed;protocol=\"application/pkcs7-signature\";micalg=sha-256;boundary=b", body, &x));
	UNIT_STR(x->parts->raw, SIGNED);
	UNIT_CHECK(x->parts->raw.p == body + 5);
	UNIT_STR(x->parts->multipart->parts->raw, "\r\none");
	UNIT_STR(x->parts->next->raw, "Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=");
	UNIT_STR(x->parts->next->bytes, "hello");
out:
	bed_fini(&b);
	return err;
}

/* RFC 2392 2: "removing the "cid:" prefix, converting the % encoded character to their equivalent US-ASCII characters" */
static enum sip_err test_part_is_found_by_the_url_that_names_it(void)
{
	static const char body[] = "--b\r\nContent-ID: <my header3@example.org>\r\n\r\n1\r\n--b\r\nContent-ID: <foo4%25foo1@bar.net>\r\n\r\n2\r\n"
		"--b\r\nContent-ID: cid:odd@h\r\n\r\n3\r\n--b\r\n\r\n4\r\n--b--";
	static const struct {
		const char *id, *bytes;
	} rows[] = {
		{ "my%20header3@example.org", "1" }, { "my header3@example.org", "1" },     { "cid:my%20header3@example.org", "1" },
		{ "<my header3@example.org>", "1" }, { "<CID:my%20header3%40example.org>", "1" },
		{ "cid:foo4%25foo1@bar.net", "2" },  { "foo4%25foo1@bar.net", "2" },        { "cid:foo4%foo1@bar.net", "2" },
		{ "odd@h", "3" },                    { "cid:odd@h", "3" },
		{ "MY header3@example.org", NULL },  { "my%2header3@example.org", NULL },   { "cid:", NULL },
		{ "<>", NULL },                      { "", NULL },
	};
	const struct sip_multipart *x;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(read_multipart(&b, MIXED, body, &x));
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		const struct sip_part *part = sip_multipart_find_id(x, sip_str_of(rows[i].id));
		unit_check_str(part ? part->bytes : SIP_STR("none"), sip_str_of(rows[i].bytes ? rows[i].bytes : "none"), rows[i].id, __FILE__, __LINE__);
	}
out:
	bed_fini(&b);
	return err;
}

static bool is_sdp(void *arg, const struct sip_media_type *media)
{
	(void)arg;
	return sip_str_eq_nocase(media->subtype, SIP_STR("sdp"));
}

/* RFC 2045 6.4 */
static enum sip_err test_part_when_nobody_knows_its_encoding_then_it_is_bytes(void)
{
	static const char body[] = "--b\r\nContent-Type: application/sdp\r\nContent-Transfer-Encoding: x-rot13\r\n\r\nv=0\r\n--b--";
	const struct sip_multipart *x;
	struct sip_content c;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(read_multipart(&b, MIXED, body, &x));
	UNIT_STR(x->parts->type, "application/sdp");
	UNIT_STR(x->parts->media.subtype, "octet-stream");
	UNIT_CHECK(sip_multipart_choose(x, is_sdp, NULL) == NULL);
	UNIT_TRY(sip_part_content(x->parts, NULL, &b.arena, NULL, &c));
	UNIT_CHECK(c.row == &sip_content_rows[SIP_CONTENT_OCTETS] && c.form == NULL);
	UNIT_STR(c.bytes, "v=0");
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_multipart_parse_when_lines_are_odd(void)
{
	static const struct {
		const char *body, *first;
		unsigned count;
		bool is_closed;
	} bodies[] = {
		{ "--b\n\nx\n--b--", "x", 1, true },                /* lone line feeds */
		{ "--b \t\r\n\r\nx\r\n--b-- \r\n", "x", 1, true },    /* padding */
		{ "--b\r\n\r\nx\r\n--bc\r\n--b\r\n\r\n--b--", "x\r\n--bc", 2, true }, /* the beginning of a longer line */
		{ "--b\r\n\r\nx\r\n--b-\r\n--b--", "x\r\n--b-", 1, true },
		{ "--b\r\n\r\nx\r\n --b\r\n--b--", "x\r\n --b", 1, true }, /* not where a line begins */
		{ "--b\r\n--b--", "", 1, true },                    /* no empty line */
		{ "--b\r\nA: b\r\n--b--", "", 1, true },            /* a header alone */
		{ "--b\r\nA: b\r\n\r\n--b--", "", 1, true },
		{ "--b\r\n\r\n\r\n\r\n--b--", "\r\n", 1, true },
		{ "--b\r\n\r\nx\r\n", "x\r\n", 1, false },          /* cut off */
		{ "--b", "", 1, false },
		{ "--b\r\n\r\nx\r\n--b--\r\n--b\r\n\r\ny\r\n--b--", "x", 1, true }, /* behind the last delimiter */
		{ "--b\r\n\r\nx\r\n--b\r\n\r\ny", "x", 2, false },
		{ "--b\r\n\r\nx\r\r\n--b--", "x\r", 1, true },
	};
	const struct sip_multipart *x;
	enum sip_err err = SIP_OK;
	struct bed b;

	bed_init(&b);
	for (size_t i = 0; i < SIP_COUNTOF(bodies); i++) {
		UNIT_TRY(read_multipart(&b, MIXED, bodies[i].body, &x));
		unit_check_str(x->parts->bytes, sip_str_of(bodies[i].first), bodies[i].body, __FILE__, __LINE__);
		unit_check_int(x->count, bodies[i].count, bodies[i].body, __FILE__, __LINE__);
		unit_check(x->is_closed == bodies[i].is_closed, bodies[i].body, __FILE__, __LINE__);
	}
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_multipart_parse_refuses_what_is_none(void)
{
	static const struct {
		const char *type, *body;
	} bodies[] = {
		{ "multipart/mixed", "--b\r\n\r\nx\r\n--b--" }, { "multipart/mixed;boundary=\"\"", "--\r\n\r\nx\r\n----" },
		{ "multipart/mixed;boundary=\"b \"", "--b \r\n\r\nx\r\n--b --" }, { MIXED, "" }, { MIXED, "--b--" }, { MIXED, "x" },
		{ "multipart/mixed;boundary=\"\xc3\xbc\"", "--\xc3\xbc\r\n" },
		{ MIXED, "--b\r\nno header\r\n--b--" }, { MIXED, "--b\r\nContent-Transfer-Encoding: base64\r\n\r\na\r\n--b--" },
		{ MIXED, "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=x\r\n--b--" },
		{ MIXED, "--b\r\nContent-Type: multipart/mixed\r\n\r\n--b--" },
		{ MIXED, "--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\nx\r\n--b--" },
	};
	for (size_t i = 0; i < SIP_COUNTOF(bodies); i++)
		if (bed_refused(bodies[i].type, bodies[i].body, SIP_E_SYNTAX) != SIP_OK)
			return SIP_E_NOMEM;
	return SIP_OK;
}

static enum sip_err test_multipart_root_is_the_start_or_the_first(void)
{
	static const char body[] = "--b\r\nContent-ID: <1@x>\r\n\r\na\r\n--b\r\nContent-ID: <2@x>\r\n\r\nb\r\n--b--";
	static const struct {
		const char *type;
		unsigned root; /* 0: none */
	} types[] = {
		{ "multipart/related;boundary=b", 1 }, { "multipart/related;boundary=b;start=\"<2@x>\"", 2 },
		{ "multipart/related;start=\"1@x\";boundary=b", 1 }, { "multipart/related;boundary=b;start=\"<3@x>\";type=\"a/b\"", 0 },
	};
	const struct sip_multipart *x;
	enum sip_err err = SIP_OK;
	struct bed b;

	bed_init(&b);
	for (size_t i = 0; i < SIP_COUNTOF(types); i++) {
		UNIT_TRY(read_multipart(&b, types[i].type, body, &x));
		const struct sip_part *root[] = { NULL, x->parts, x->parts->next };
		unit_check(sip_multipart_root(x) == root[types[i].root], types[i].type, __FILE__, __LINE__);
	}
	UNIT_STR(x->params, "start=\"<3@x>\";type=\"a/b\"");
out:
	bed_fini(&b);
	return err;
}

static bool is_text(void *arg, const struct sip_media_type *media)
{
	return sip_str_eq_nocase(media->type, sip_str_of(arg));
}

static enum sip_err test_multipart_choose_takes_the_last_understood(void)
{
	static const char body[] = "--b\r\n\r\na\r\n--b\r\nContent-Type: TEXT/html\r\n\r\nb\r\n--b\r\nContent-Type: image/png\r\n\r\nc\r\n--b--";
	char text[] = "text", audio[] = "audio";
	const struct sip_multipart *x;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(read_multipart(&b, "multipart/alternative;boundary=b", body, &x));
	UNIT_CHECK(sip_multipart_choose(x, is_text, text) == x->parts->next);
	UNIT_CHECK(sip_multipart_choose(x, is_text, audio) == NULL);
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_multipart_in_multipart_is_read(void)
{
	static const char body[] = "--b\r\nContent-Type: multipart/alternative;boundary=bb\r\n\r\n"
		"--bb\r\n\r\nplain\r\n--bb\r\nContent-ID: <in@x>\r\nContent-Type: text/x\r\n\r\nrich\r\n--bb--\r\n"
		"--b\r\nContent-ID: <out@x>\r\n\r\nlast\r\n"
		"--b\r\nContent-Type: multipart/mixed;boundary=c\r\nContent-Transfer-Encoding: base64\r\n\r\nLS1j\r\n--b--\r\n";
	const struct sip_multipart *x;
	struct sip_content c;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(read_multipart(&b, MIXED, body, &x));
	UNIT_EQ(x->count, 3);
	const struct sip_multipart *inner = x->parts->multipart;
	UNIT_TRY_PTR(inner);
	UNIT_EQ(inner->count, 2);
	UNIT_STR(inner->parts->next->bytes, "rich");
	UNIT_CHECK(sip_multipart_find_id(x, SIP_STR("in@x")) == inner->parts->next);
	UNIT_CHECK(sip_multipart_find_id(x, SIP_STR("out@x")) == x->parts->next);
	/* An encoding that no multipart may have (RFC 2045 6.4): it stays bytes. */
	UNIT_CHECK(x->parts->next->next->multipart == NULL);
	UNIT_TRY(sip_part_content(x->parts, NULL, &b.arena, NULL, &c));
	UNIT_CHECK(sip_content_form(&c, SIP_CONTENT_MULTIPART) == inner);
	UNIT_TRY(sip_part_content(inner->parts, NULL, &b.arena, NULL, &c));
	UNIT_CHECK(sip_content_form(&c, SIP_CONTENT_PLAIN) != NULL);
	UNIT_TRY(sip_part_content(inner->parts->next, NULL, &b.arena, NULL, &c));
	UNIT_CHECK(c.row == NULL);
	UNIT_STR(c.bytes, "rich");
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_multipart_parse_is_within_limits(void)
{
	static const char two[] = "--b\r\n\r\n\r\n--b\r\n\r\n\r\n--b--",
			  deep[] = "--b\r\nContent-Type: multipart/x;boundary=c\r\n\r\n--c\r\n\r\n--c--\r\n--b--",
			  fields[] = "--b\r\nA:\r\nB:\r\nC:\r\nD:\r\nE:\r\n\r\n--b--";
	static const struct {
		struct sip_content_limits limits;
		const char *body;
		enum sip_err err;
	} bodies[] = {
		{ { 1000, 2, 1 }, two, SIP_OK }, { { 1000, 1, 1 }, two, SIP_E_LIMIT }, { { 1000, 2, 2 }, deep, SIP_OK },
		{ { 1000, 2, 1 }, deep, SIP_E_LIMIT }, { { 1000, 1, 2 }, deep, SIP_E_LIMIT }, { { 10, 2, 2 }, deep, SIP_E_LIMIT },
		{ { 1000, 2, 0 }, two, SIP_E_LIMIT }, { { 1000, 1, 1 }, fields, SIP_E_LIMIT }, { { 1000, 2, 1 }, fields, SIP_OK },
		{ { 1000, UINT32_MAX, UINT32_MAX }, deep, SIP_OK },
	};
	static const struct sip_media_type media = { SIP_STR_INIT("multipart"), SIP_STR_INIT("mixed"), SIP_STR_INIT("boundary=b") };
	enum sip_err err = SIP_OK;
	struct bed b;

	bed_init(&b);
	for (size_t i = 0; i < SIP_COUNTOF(bodies); i++) {
		struct sip_multipart *x = NULL;
		err = sip_multipart_parse(&b.arena, &media, sip_str_of(bodies[i].body), &bodies[i].limits, &x);
		UNIT_EQ(err, bodies[i].err);
		UNIT_EQ(x != NULL, err == SIP_OK);
	}
	bed_fini(&b);
	return err;
}

#define MEGABYTE ((size_t)1 << 20)

static enum sip_err test_multipart_parse_is_quick_whatever_comes(void)
{
	static const struct {
		const char *start, *piece, *middle, *end;
		enum sip_err err;
	} bodies[] = {
		{ "", "--b\r\n", "", "", SIP_E_LIMIT },
		{ "", "--bx\r\n", "", "", SIP_E_SYNTAX },
		{ "--b\r\n\r\n", "--bx\r\n", "", "", SIP_OK },
		{ "--b\r\n\r\n", "\n", "", "", SIP_OK },
		{ "--b\r\n\r\n", "--b-", "", "", SIP_OK },
		{ "", "-", "", "", SIP_E_SYNTAX },
		{ "--b\r\n\r\n", "--b                                                                 x\n", "", "", SIP_OK },
		{ "", "--b\r\nContent-Type:multipart/x;boundary=b\r\n\r\n", "", "", SIP_E_SYNTAX },
		{ "--b\r\n", "A:\n", "", "", SIP_E_LIMIT },
		{ "--b\r\nA:", "\n ", "", "", SIP_OK },
		{ "--b\r\nContent-Transfer-Encoding: base64\r\n\r\n", "\n\n\nA", "A", "", SIP_OK },
		{ "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", " \t", "x", "", SIP_OK },
		{ "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", "= \n", "", "", SIP_OK },
		{ "--b\r\nContent-Type: multipart/x", ";boundary=b", "", "", SIP_E_SYNTAX },
	};
	enum sip_err err = SIP_OK;
	for (size_t i = 0; i < SIP_COUNTOF(bodies) && err == SIP_OK; i++) {
		size_t n = (MEGABYTE - 100) / strlen(bodies[i].piece), len;
		char *text = bed_repeat(bodies[i].start, bodies[i].piece, n, bodies[i].middle, bodies[i].end, &len);
		if (!text)
			return SIP_E_NOMEM;
		err = bed_hostile(MIXED, sip_str_make(text, len), bodies[i].err, 4 * MEGABYTE);
		sip_free(text);
	}
	return err;
}

/* A megabyte of multiparts, each in the one before and with a boundary of its own. */
static enum sip_err test_multipart_parse_of_a_deep_nest_ends_at_the_limit(void)
{
	static const unsigned depths[] = { 15, 16, 20000 };
	enum sip_err err = SIP_OK;
	struct sip_buf b;

	sip_buf_init(&b, 0);
	for (size_t i = 0; i < SIP_COUNTOF(depths) && err == SIP_OK; i++) {
		sip_buf_clear(&b);
		SIP_BUF_LIT(&b, "--b\r\n");
		for (unsigned n = 0; n < depths[i]; n++)
			sip_buf_putf(&b, "Content-Type: multipart/mixed;boundary=%u\r\n\r\n--%u\r\n", n, n);
		while (b.len < MEGABYTE - 100 && b.err == SIP_OK)
			SIP_BUF_LIT(&b, "Name: value\r\n x\r\n\ty\r\n\r\n-------------------\r\n------------\r\n");
		err = b.err;
		if (err == SIP_OK)
			err = bed_hostile(MIXED, sip_str_make(b.p, b.len < MEGABYTE ? b.len : MEGABYTE),
					  depths[i] < 16 ? SIP_OK : SIP_E_LIMIT, MEGABYTE);
	}
	sip_buf_fini(&b);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_part_when_nobody_knows_its_encoding_then_it_is_bytes),
	UNIT_CASE(test_multipart_parse_of_rfc_2046_5_1_1),
	UNIT_CASE(test_part_says_what_its_header_says),
	UNIT_CASE(test_part_as_it_came_is_what_was_signed),
	UNIT_CASE(test_part_is_found_by_the_url_that_names_it),
	UNIT_CASE(test_multipart_parse_when_lines_are_odd),
	UNIT_CASE(test_multipart_parse_refuses_what_is_none),
	UNIT_CASE(test_multipart_root_is_the_start_or_the_first),
	UNIT_CASE(test_multipart_choose_takes_the_last_understood),
	UNIT_CASE(test_multipart_in_multipart_is_read),
	UNIT_CASE(test_multipart_parse_is_within_limits),
	/* What fails for want of memory fails in the others, which are smaller. */
	UNIT_CASE_NO_OOM(test_multipart_parse_is_quick_whatever_comes),
	UNIT_CASE_NO_OOM(test_multipart_parse_of_a_deep_nest_ends_at_the_limit),
};
SUITE(multipart);
