/* What every type has to keep to: bytes, lists, time, whatever comes. */
#include "tests/unit/stack/content/content_rooms_test.h"

#define KIBIBYTES_64 ((size_t)64 << 10)

static void type_of(const struct sip_content_row *row, char *out, size_t size)
{
	struct sip_buf b;

	sip_buf_init_fixed(&b, out, size);
	sip_buf_putf(&b, "%.*s/%s;boundary=b;access-type=x", SIP_STR_ARG(row->type),
		     sip_str_eq(row->subtype, SIP_STR("*")) ? "mixed" : row->subtype.p);
	(void)sip_buf_z(&b);
}

static enum sip_err test_every_type_is_within_its_limits(void)
{
	static const struct sip_content_limits small = { .bytes = 3, .parts = 1, .depth = 1 };
	for (size_t i = 0; i < SIP_CONTENT_COUNT; i++) {
		const struct sip_content_row *row = &sip_content_rows[i];
		struct sip_media_type media;
		void *form = &media;
		enum sip_err err;
		char type[100];
		struct bed b;
		if (!row->parse)
			continue;
		bed_init(&b);
		type_of(row, type, sizeof type);
		UNIT_EQ(sip_media_type_parse(sip_str_of(type), &media), SIP_OK);
		err = row->parse(&b.arena, &media, SIP_STR("four"), &small, &form);
		unit_check(err == SIP_E_LIMIT || err == SIP_E_UNSUPPORTED, type, __FILE__, __LINE__);
		UNIT_CHECK(form == NULL);
		bed_fini(&b);
	}
	return SIP_OK;
}

/* An empty body that is nowhere, an empty one that is somewhere: the same answer. */
static enum sip_err test_every_type_takes_no_bytes_at_all(void)
{
	struct sip_content c;
	char type[100];

	for (size_t i = 0; i < SIP_CONTENT_COUNT; i++) {
		struct bed b;
		bed_init(&b);
		type_of(&sip_content_rows[i], type, sizeof type);
		enum sip_err nowhere = bed_parse(&b, type, sip_str_make(NULL, 0), &c);
		enum sip_err somewhere = bed_parse(&b, type, SIP_STR(""), &c);
		unit_check_int(nowhere, somewhere, type, __FILE__, __LINE__);
		if (somewhere == SIP_OK && nowhere == SIP_OK)
			UNIT_CHECK(bed_put(&b, &c) == SIP_OK);
		UNIT_EQ(bed_parse(&b, "", SIP_STR(""), &c), SIP_E_SYNTAX);
		bed_fini(&b);
	}
	return SIP_OK;
}

static enum sip_err test_every_type_answers_at_once_whatever_comes(void)
{
	static const char *const pieces[] = { "a", "<", ">", "&", "\"", "\n", "\r", ":", "-", " ", ";", "=", "\\", "(", "\xff",
					      "a:\n", "a=b\n", "m=b\n", "<a>", "<a ", "<!--", "--b\n", "Signal=1\n", "A:;\n" };
	struct sip_content c;
	char type[100];
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_CONTENT_COUNT; i++) {
		type_of(&sip_content_rows[i], type, sizeof type);
		for (size_t k = 0; k < SIP_COUNTOF(pieces) && err == SIP_OK; k++) {
			size_t len;
			char *text = bed_repeat("", pieces[k], KIBIBYTES_64 / strlen(pieces[k]), "", "", &len);
			struct bed b;
			if (!text)
				return SIP_E_NOMEM;
			bed_init(&b);
			enum sip_err said = bed_parse(&b, type, sip_str_make(text, len), &c);
			bed_fini(&b);
			UNIT_CHECK(said == SIP_OK || said == SIP_E_SYNTAX || said == SIP_E_LIMIT);
			err = bed_hostile(type, sip_str_make(text, len), said, KIBIBYTES_64 * 16);
			sip_free(text);
		}
	}
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_every_type_is_within_its_limits),
	UNIT_CASE(test_every_type_takes_no_bytes_at_all),
	/* Many large bodies; what fails for want of memory fails in the tests of each type. */
	UNIT_CASE_NO_OOM(test_every_type_answers_at_once_whatever_comes),
};
SUITE(limits);
