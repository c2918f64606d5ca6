/* A megabyte of what opens and does not close: quotes, brackets, folds, whatever a scanner may go back for. */
#include "tests/unit/stack/message/hostile_rooms_test.h"

static const char *const pieces[] = { "\"", "(",  "<",     ",",    ";a",  "\\",   "\r\n ", "\\\"", "\"\\", "()",  "<>",
				      "\"\"", ";", "a,",   "\",",  "<,",  "=",    "@",    ":",    "[",    "%",   ";\"",
				      "\n ", "\t", "a=\",", ",;", ";a=", ";a=\"", "<\"",  "a b",  "\r\n\t", "?a=b&" };

static const char *const before[] = { "", "\"", "<", "a;b=\"", "<sip:a@b>;c=", "Digest a=", "SIP/2.0/UDP h;a=", "1 (" };

/* A slow build does with an eighth of it. */
static size_t large(void)
{
	return every_value_slow() > 1 ? MEGABYTE / 8 : MEGABYTE;
}

/* The parsers of values take what they are given, however long. */
static enum sip_err test_a_megabyte_as_a_value(void)
{
	for (size_t i = 0; i < SIP_COUNTOF(pieces); i++) {
		for (size_t k = 0; k < SIP_COUNTOF(before); k++) {
			struct hostile h;
			if ((i + k) % (every_value_slow() > 1 ? 12 : 3))
				continue;
			hostile_init(&h, before[k]);
			snprintf(h.name, sizeof h.name, "%s and %s", before[k], pieces[i]);
			sip_buf_put_z(&h.bytes, before[k]);
			hostile_repeat(&h, pieces[i], large() / strlen(pieces[i]));
			for (unsigned type = 0; type < SIP_VALUE_COUNT; type++)
				if (sip_value_rows[type].parse)
					hostile_value(&h, (enum sip_value_type)type);
			hostile_free(&h);
		}
	}
	return SIP_OK;
}

/* A header of a megabyte is too large; on a stream the end is not waited for. */
static enum sip_err test_a_megabyte_in_a_header(void)
{
	for (size_t i = 0; i < SIP_COUNTOF(pieces); i++) {
		struct hostile h;
		hostile_init(&h, pieces[i]);
		hostile_begin(&h);
		SIP_BUF_LIT(&h.bytes, "Contact: <sip:a@b>;x=y");
		hostile_repeat(&h, pieces[i], large() / strlen(pieces[i]));
		SIP_BUF_LIT(&h.bytes, "\r\n");
		hostile_end(&h, SIP_STR(""));
		struct hostile_verdict v = hostile_datagram(&h);
		unit_check(v.check.code == 513 || v.check.code == 400, pieces[i], __FILE__, __LINE__);
		v = hostile_stream(&h);
		unit_check(v.kind == SIP_FRAME_UNFRAMEABLE || v.check.code == 400, pieces[i], __FILE__, __LINE__);
		hostile_free(&h);
	}
	return SIP_OK;
}

/* As much of it as a line holds, in headers of several kinds. */
static enum sip_err test_a_line_of_it(void)
{
	static const char *const lines[] = { "Contact: ", "Via: ", "Via: SIP/2.0/UDP h;x=", "Route: <sip:a@b>,", "Warning: 399 h ", "s: ",
					     "Authorization: Digest ", "Accept: ", "X: ", "User-to-User: ", "Retry-After: 1 (" };

	for (size_t i = 0; i < SIP_COUNTOF(pieces); i++) {
		for (size_t k = 0; k < SIP_COUNTOF(lines); k++) {
			struct hostile h;
			if ((i + k) % (every_value_slow() > 1 ? 11 : 1))
				continue;
			hostile_init(&h, lines[k]);
			snprintf(h.name, sizeof h.name, "%s and %s", lines[k], pieces[i]);
			hostile_begin(&h);
			sip_buf_put_z(&h.bytes, lines[k]);
			hostile_repeat(&h, pieces[i], 15900 / strlen(pieces[i]));
			SIP_BUF_LIT(&h.bytes, "\r\n");
			hostile_end(&h, SIP_STR("body"));
			hostile_datagram(&h);
			hostile_stream(&h);
			hostile_free(&h);
		}
	}
	return SIP_OK;
}

static enum sip_err test_a_megabyte_alone_and_as_a_uri(void)
{
	static const char *const uris[] = { "sip:", "sip:a@b", "sip:a@b;c=", "sip:a@b?c=", "tel:", "x:" };

	for (size_t i = 0; i < SIP_COUNTOF(pieces); i++) {
		struct hostile h;
		hostile_init(&h, pieces[i]);
		hostile_repeat(&h, pieces[i], large() / strlen(pieces[i]));
		hostile_datagram(&h);
		hostile_stream(&h);
		for (size_t k = 0; k < SIP_COUNTOF(uris); k++) {
			sip_buf_clear(&h.bytes);
			sip_buf_put_z(&h.bytes, uris[k]);
			hostile_repeat(&h, pieces[i], large() / strlen(pieces[i]));
			hostile_uri(&h);
		}
		hostile_free(&h);
	}
	return SIP_OK;
}

/* Large texts; what fails for want of memory fails in the tests of each room. */
static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_a_megabyte_as_a_value),
	UNIT_CASE_NO_OOM(test_a_megabyte_in_a_header),
	UNIT_CASE_NO_OOM(test_a_line_of_it),
	UNIT_CASE_NO_OOM(test_a_megabyte_alone_and_as_a_uri),
};
SUITE(nested);
