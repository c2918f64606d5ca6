#include "tests/unit/stack/header/header_rooms_test.h"

static char flip(char c)
{
	return sip_char_is(c, SIP_CC_ALPHA) ? (char)(c ^ 0x20) : c;
}

static enum sip_err test_header_find_in_any_case_gives_its_row(void)
{
	char text[64];
	for (unsigned id = 0; id < SIP_HEADER_COUNT; id++) {
		struct sip_str name = sip_header_rows[id].name;
		UNIT_EQ(sip_header_find(name), id);
		for (unsigned mask = 1; mask < 8; mask++) {
			for (size_t i = 0; i < name.len; i++)
				text[i] = (mask >> i % 3 & 1) ? flip(name.p[i]) : name.p[i];
			UNIT_EQ(sip_header_find(sip_str_make(text, name.len)), id);
		}
		char compact = sip_header_rows[id].compact;
		if (compact) {
			UNIT_EQ(sip_header_find(sip_str_make(&compact, 1)), id);
			compact = flip(compact);
			UNIT_EQ(sip_header_find(sip_str_make(&compact, 1)), id);
		}
	}
	return SIP_OK;
}

static bool is_compact(char c)
{
	for (unsigned id = 0; id < SIP_HEADER_COUNT; id++) {
		if (sip_header_rows[id].compact != 0 && sip_header_rows[id].compact == sip_char_lower(c))
			return true;
	}
	return false;
}

static enum sip_err test_header_find_other_names_gives_unknown(void)
{
	char text[64];
	for (unsigned c = 0; c < 256; c++) {
		char one = (char)c;
		UNIT_EQ(sip_header_find(sip_str_make(&one, 1)) != SIP_HEADER_UNKNOWN, is_compact(one));
	}
	for (unsigned id = 0; id < SIP_HEADER_COUNT; id++) {
		struct sip_str name = sip_header_rows[id].name;
		memcpy(text, name.p, name.len);
		text[name.len] = 'x';
		UNIT_EQ(sip_header_find(sip_str_make(text, name.len + 1)), SIP_HEADER_UNKNOWN);
		for (size_t i = 0; i < name.len; i++) {
			text[i] = '#';
			UNIT_EQ(sip_header_find(sip_str_make(text, name.len)), SIP_HEADER_UNKNOWN);
			text[i] = (char)(name.p[i] ^ 0x80);
			UNIT_EQ(sip_header_find(sip_str_make(text, name.len)), SIP_HEADER_UNKNOWN);
			text[i] = name.p[i];
		}
	}
	UNIT_EQ(sip_header_find(sip_str_make(NULL, 0)), SIP_HEADER_UNKNOWN);
	UNIT_EQ(sip_header_find(SIP_STR("X-Not-Known")), SIP_HEADER_UNKNOWN);
	return SIP_OK;
}

/* RFC 3261 7.3.3 and 20; later RFCs for the others. */
static enum sip_err test_header_compact_forms_are_those_of_the_rfcs(void)
{
	static const struct {
		const char *compact;
		enum sip_header id;
	} forms[] = {
		{ "v", SIP_HEADER_VIA },          { "f", SIP_HEADER_FROM },           { "t", SIP_HEADER_TO },
		{ "i", SIP_HEADER_CALL_ID },      { "m", SIP_HEADER_CONTACT },        { "l", SIP_HEADER_CONTENT_LENGTH },
		{ "c", SIP_HEADER_CONTENT_TYPE }, { "e", SIP_HEADER_CONTENT_ENCODING }, { "k", SIP_HEADER_SUPPORTED },
		{ "s", SIP_HEADER_SUBJECT },      { "o", SIP_HEADER_EVENT },          { "u", SIP_HEADER_ALLOW_EVENTS },
		{ "x", SIP_HEADER_SESSION_EXPIRES }, { "r", SIP_HEADER_REFER_TO },    { "b", SIP_HEADER_REFERRED_BY },
		{ "a", SIP_HEADER_ACCEPT_CONTACT }, { "j", SIP_HEADER_REJECT_CONTACT },  { "d", SIP_HEADER_REQUEST_DISPOSITION },
		{ "y", SIP_HEADER_IDENTITY },     { "n", SIP_HEADER_IDENTITY_INFO },
	};
	for (size_t i = 0; i < SIP_COUNTOF(forms); i++)
		UNIT_EQ(sip_header_find(sip_str_of(forms[i].compact)), forms[i].id);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_header_find_in_any_case_gives_its_row),
	UNIT_CASE(test_header_find_other_names_gives_unknown),
	UNIT_CASE(test_header_compact_forms_are_those_of_the_rfcs),
};
SUITE(header);
