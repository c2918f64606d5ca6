/*
 * Seeded mutations of a request: nothing crashes, untouched is byte-identical, and what is edited and encoded
 * parses to the same fields again; values asked for late are those asked for early.
 */
#include "tests/unit/stack/message/message_rooms_test.h"
#include "tests/unit/stack/message/mutate.h"

#define ROUNDS 4000

static void edit_some(struct sip_rand *r, struct sip_message *m)
{
	static const uint8_t ids[] = { SIP_HEADER_VIA, SIP_HEADER_ROUTE, SIP_HEADER_SUPPORTED, SIP_HEADER_TO,
				       SIP_HEADER_SUBJECT };
	for (uint64_t n = sip_rand_below(r, 6); n > 0; n--) {
		enum sip_header id = (enum sip_header)ids[sip_rand_below(r, SIP_COUNTOF(ids))];
		size_t at = (size_t)sip_rand_below(r, 4);
		enum sip_err err = SIP_OK;
		switch (sip_rand_below(r, 7)) {
		case 0: err = sip_message_push(m, id, SIP_STR("pushed")); break;
		case 1: err = sip_message_add(m, id, SIP_STR("added;x=\"a,b\"")); break;
		case 2: err = sip_message_pop(m, id); break;
		case 3: err = sip_message_remove(m, id, at); break;
		case 4: err = sip_message_replace(m, id, at, SIP_STR("replaced")); break;
		case 5: err = sip_message_set(m, id, SIP_STR("set")); break;
		default: err = sip_message_set_body(m, SIP_STR("a/b"), SIP_STR("new body"));
		}
		UNIT_CHECK(err == SIP_OK || err == SIP_E_NOTFOUND);
	}
}

static bool are_fields_same(const struct sip_message *a, const struct sip_message *b)
{
	if (sip_message_field_count(a) != sip_message_field_count(b))
		return false;
	for (size_t i = 0; i < sip_message_field_count(a); i++) {
		struct sip_field x, y;
		sip_message_field(a, i, &x);
		sip_message_field(b, i, &y);
		if (x.id != y.id || x.value.len != y.value.len)
			return false;
	}
	for (unsigned id = 0; id < SIP_HEADER_COUNT; id++) {
		struct sip_str x, y;
		size_t n = 0;
		for (; sip_message_value(a, (enum sip_header)id, n, &x); n++)
			if (!sip_message_value(b, (enum sip_header)id, n, &y) || !sip_str_eq(x, y))
				return false;
		if (n != sip_message_count(a, (enum sip_header)id))
			return false;
	}
	return sip_str_eq(sip_message_body(a), sip_message_body(b));
}

static void touch_all(const struct sip_message *m, size_t *sum)
{
	for (size_t n = 0; n < 8; n++) {
		*sum = *sum * 31 + (sip_message_via(m, n) != NULL);
		*sum = *sum * 31 + (sip_message_name_addr(m, SIP_HEADER_ROUTE, n) != NULL);
	}
	*sum = *sum * 31 + (sip_message_name_addr(m, SIP_HEADER_TO, 0) != NULL);
	*sum = *sum * 31 + (sip_message_cseq(m) != NULL) + (sip_message_uri(m) != NULL);
}

static enum sip_err judge(struct sip_rand *r, struct sip_str text)
{
	struct sip_message *m, *again = NULL;
	struct sip_packet *out = NULL;
	struct sip_check check;
	enum sip_err err = parse_text(text, &m);
	if (err != SIP_OK)
		return err == SIP_E_NOMEM ? err : SIP_OK;
	size_t early = 0, late = 0;
	if (!m->is_uneven) {
		UNIT_TRY(sip_message_encode(m, &out));
		UNIT_CHECK(sip_str_eq(sip_str_make(out->bytes, out->len), text));
		sip_packet_unref(&out);
	}
	touch_all(m, &early);
	sip_message_check(m, false, &check);
	edit_some(r, m);
	UNIT_TRY(sip_message_clone(m, &again));
	UNIT_CHECK(are_fields_same(m, again));
	sip_message_unref(&again);
	touch_all(m, &early);
	if (m->has_broken_line || m->is_uneven)
		goto out;
	if (sip_message_remove(m, SIP_HEADER_CONTENT_LENGTH, 0) == SIP_OK || !m->is_edited)
		UNIT_TRY(sip_message_set(m, SIP_HEADER_SUBJECT, SIP_STR("edited")));
	UNIT_TRY(sip_message_encode(m, &out));
	UNIT_TRY(sip_message_parse(out, 0, out->len, &sip_limits_default, &again));
	sip_message_remove_all(again, SIP_HEADER_CONTENT_LENGTH);
	sip_message_remove_all(m, SIP_HEADER_CONTENT_LENGTH);
	UNIT_CHECK(are_fields_same(m, again));
	size_t edited = 0;
	touch_all(m, &edited);
	touch_all(again, &late);
	UNIT_EQ(edited, late);
out:
	sip_packet_unref(&out);
	sip_message_unref(&again);
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_mutated_messages_keep_their_fields(void)
{
	struct sip_rand r;
	sip_rand_init_seed(&r, 4475);
	for (unsigned i = 0; i < ROUNDS; i++) {
		char text[4096];
		size_t len = strlen(sample_invite);
		memcpy(text, sample_invite, len);
		len = mutate(&r, text, len, sizeof text);
		enum sip_err err = judge(&r, sip_str_make(text, len));
		if (err != SIP_OK)
			return err;
	}
	return SIP_OK;
}

/* No reruns with failing memory: thousands of rounds each; the other suites have them. */
static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_mutated_messages_keep_their_fields),
};
SUITE(mutation);
