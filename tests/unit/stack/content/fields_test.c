/* Blocks of header fields. */
#include "stack/content/content_priv.h"
#include "tests/unit/stack/content/content_rooms_test.h"

static enum sip_err test_fields_parse_gives_names_and_folded_values(void)
{
	static const char text[] = "Content-Type: text/plain\r\nX-Y :a\r\n b\n\tc\r\nEmpty:\r\nl: 3\n\r\nthe rest";
	struct sip_str rest = sip_str_of(text);
	struct sip_content_field *list;
	enum sip_err err;
	bool is_ended;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(sip__fields_parse(&b.arena, 4, &rest, &is_ended, &list));
	UNIT_CHECK(is_ended);
	UNIT_STR(rest, "the rest");
	UNIT_EQ(list->id, SIP_HEADER_CONTENT_TYPE);
	UNIT_STR(list->value, "text/plain");
	UNIT_STR(sip_content_field_find(list, SIP_STR("x-y"))->value, "a\r\n b\n\tc");
	UNIT_EQ(sip_content_field_find(list, SIP_STR("EMPTY"))->value.len, 0);
	UNIT_EQ(sip_content_field_find(list, SIP_STR("l"))->id, SIP_HEADER_CONTENT_LENGTH);
	UNIT_CHECK(sip_content_field_find(list, SIP_STR("gone")) == NULL);
	sip__fields_put(&b.out, list);
	UNIT_TRY(b.out.err);
	UNIT_STR(sip_buf_str(&b.out), "Content-Type: text/plain\r\nX-Y: a\r\n b\n\tc\r\nEmpty: \r\nl: 3\r\n");
	UNIT_STR(sip__fields_take(&list, SIP_STR("x-y")), "a\r\n b\n\tc");
	UNIT_EQ(sip__fields_take(&list, SIP_STR("x-y")).len, 0);
	UNIT_STR(sip__fields_take(&list, SIP_STR("content-type")), "text/plain");
	UNIT_STR(list->name, "Empty");
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_fields_parse_when_nothing_ends_the_block(void)
{
	static const struct {
		const char *text, *rest;
		bool is_ended, has_field;
	} blocks[] = {
		{ "", "", false, false }, { "\r\n", "", true, false }, { "\n", "", true, false }, { "\r\n\r\n", "\r\n", true, false },
		{ "A: b", "", false, true }, { "A: b\r\n", "", false, true }, { "A: b\n\n x", " x", true, true },
		{ "A: b\r\n \r\n", "", false, true },
	};
	enum sip_err err = SIP_OK;
	struct bed b;

	bed_init(&b);
	for (size_t i = 0; i < SIP_COUNTOF(blocks); i++) {
		struct sip_str rest = sip_str_of(blocks[i].text);
		struct sip_content_field *list;
		bool is_ended;
		UNIT_TRY(sip__fields_parse(&b.arena, 4, &rest, &is_ended, &list));
		UNIT_EQ(is_ended, blocks[i].is_ended);
		UNIT_STR(rest, blocks[i].rest);
		UNIT_EQ(list != NULL, blocks[i].has_field);
		if (list)
			UNIT_STR(list->value, "b");
	}
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_fields_parse_refuses_what_is_no_field(void)
{
	static const struct {
		const char *text;
		enum sip_err err;
	} blocks[] = {
		{ "no colon", SIP_E_SYNTAX }, { ": nameless", SIP_E_SYNTAX }, { " A: b", SIP_E_SYNTAX }, { "A b: c", SIP_E_SYNTAX },
		{ "A: b\rC: d\r\n", SIP_E_SYNTAX }, { "A: b\r", SIP_E_SYNTAX }, { "A:\r\nB:\r\nC:\r\n", SIP_E_LIMIT },
		{ "\r", SIP_E_SYNTAX },
	};
	struct bed b;

	bed_init(&b);
	for (size_t i = 0; i < SIP_COUNTOF(blocks); i++) {
		struct sip_str rest = sip_str_of(blocks[i].text);
		struct sip_content_field *list;
		bool is_ended;
		enum sip_err err = sip__fields_parse(&b.arena, 2, &rest, &is_ended, &list);
		unit_check(err == blocks[i].err, blocks[i].text, __FILE__, __LINE__);
	}
	bed_fini(&b);
	return SIP_OK;
}

static enum sip_err test_field_put_refuses_what_would_be_another_line(void)
{
	static const struct {
		const char *name, *value;
	} fields[] = { { "", "a" }, { "a b", "c" }, { "a", "b\r\nC: d" }, { "a", "b\n" }, { "a", "b\rc" }, { "a", "b\r" } };
	for (size_t i = 0; i < SIP_COUNTOF(fields); i++) {
		char room[64];
		struct sip_buf b;
		sip_buf_init_fixed(&b, room, sizeof room);
		sip__field_put(&b, sip_str_of(fields[i].name), sip_str_of(fields[i].value));
		UNIT_EQ(b.err, SIP_E_INVAL);
		sip__buf_fail(&b, SIP_E_NOMEM);
		UNIT_EQ(b.err, SIP_E_INVAL);
		UNIT_EQ(b.len, 0);
	}
	return SIP_OK;
}

static enum sip_err test_unbracket_needs_both(void)
{
	static const char *const texts[][2] = { { "<a@b>", "a@b" }, { "<>", "" }, { "a@b", "a@b" }, { "<a", "<a" }, { "<", "<" },
						{ "", "" }, { "a>", "a>" } };
	for (size_t i = 0; i < SIP_COUNTOF(texts); i++)
		UNIT_STR(sip__unbracket(sip_str_of(texts[i][0])), texts[i][1]);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_fields_parse_gives_names_and_folded_values),
	UNIT_CASE(test_fields_parse_when_nothing_ends_the_block),
	UNIT_CASE(test_fields_parse_refuses_what_is_no_field),
	UNIT_CASE(test_field_put_refuses_what_would_be_another_line),
	UNIT_CASE(test_unbracket_needs_both),
};
SUITE(fields);
