/* ICE candidates that come later. */
#include "stack/content/ice_sdpfrag.h"

#include "tests/unit/stack/content/content_rooms_test.h"

#define TYPE "application/trickle-ice-sdpfrag"

static enum sip_err test_ice_sdpfrag_parse_of_rfc_8840_4_4(void)
{
	static const char body[] = "a=ice-pwd:777uzjYhagZgasd88fgpdd\r\na=ice-ufrag:Yhh8\r\nm=audio 10000 RTP/AVP 0\r\na=mid:foo\r\na=rtcp-mux\r\n"
		"a=candidate:1 1 UDP 1658497328 2001:db8:a0b:12f0::3 10000 typ host\r\nm=video 10002 RTP/AVP 31\r\na=mid:bar\r\n"
		"a=end-of-candidates\r\n";
	struct sip_content c;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(bed_parse(&b, TYPE, sip_str_of(body), &c));
	const struct sip_ice_sdpfrag *x = sip_content_form(&c, SIP_CONTENT_ICE_SDPFRAG);
	UNIT_STR(sip_ice_attribute_find(x->attributes, SIP_STR("ICE-ufrag"))->value, "Yhh8");
	UNIT_CHECK(sip_ice_attribute_find(x->attributes, SIP_STR("mid")) == NULL);
	UNIT_STR(x->media->line, "audio 10000 RTP/AVP 0");
	UNIT_STR(sip_ice_attribute_find(x->media->attributes, SIP_STR("candidate"))->value,
		 "1 1 UDP 1658497328 2001:db8:a0b:12f0::3 10000 typ host");
	const struct sip_ice_attribute *end = sip_ice_attribute_find(x->media->next->attributes, SIP_STR("end-of-candidates"));
	UNIT_CHECK(end && end->value.p == NULL && end->next == NULL);
	UNIT_TRY(bed_round(TYPE, body, body));
	UNIT_TRY(bed_round(TYPE, "v=0\na=x:\n\nm=\n", "a=x:\r\nm=\r\n"));
	UNIT_TRY(bed_round(TYPE, "", ""));
out:
	bed_fini(&b);
	return err;
}

/* By the grammar of SDP. */
static enum sip_err test_ice_sdpfrag_lines_are_read_as_those_of_sdp(void)
{
	static const char *const refused[] = { "1=x", "=x", "a= :x", "a=b:c\rd" };
	enum sip_err err = bed_round(TYPE, "a= end-of-candidates \r\r\n \t\r\na=mid :x\n", "a=end-of-candidates\r\na=mid:x\r\n");

	for (size_t i = 0; i < SIP_COUNTOF(refused) && err == SIP_OK; i++)
		err = bed_refused(TYPE, refused[i], SIP_E_SYNTAX);
	return err;
}

static enum sip_err test_ice_sdpfrag_parse_refuses_what_is_none(void)
{
	static const struct sip_content_limits small = { .bytes = 100, .parts = 2, .depth = 1 };
	static const char *const bodies[] = { "x", "ab", "a=:x", "a=b\rc", "a" };
	struct sip_ice_sdpfrag *x;
	struct bed b;

	for (size_t i = 0; i < SIP_COUNTOF(bodies); i++)
		if (bed_refused(TYPE, bodies[i], SIP_E_SYNTAX) != SIP_OK)
			return SIP_E_NOMEM;
	bed_init(&b);
	UNIT_EQ(sip_ice_sdpfrag_parse(&b.arena, SIP_STR("a=b\na=c\nm=d"), &small, &x), SIP_E_LIMIT);
	bed_fini(&b);
	return SIP_OK;
}

static enum sip_err test_ice_sdpfrag_put_refuses_what_would_not_read_back(void)
{
	static const struct sip_ice_attribute attributes[] = {
		{ .name = SIP_STR_INIT("") }, { .name = SIP_STR_INIT("a:b") }, { .name = SIP_STR_INIT("a\nb") },
		{ .name = SIP_STR_INIT("a"), .value = SIP_STR_INIT("\r") },
	};
	for (size_t i = 0; i < SIP_COUNTOF(attributes); i++) {
		struct sip_ice_attribute a = attributes[i];
		struct sip_ice_sdpfrag x = { .attributes = &a };
		char room[64];
		struct sip_buf b;
		sip_buf_init_fixed(&b, room, sizeof room);
		sip_ice_sdpfrag_put(&b, &x);
		UNIT_EQ(b.err, SIP_E_INVAL);
	}
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_ice_sdpfrag_parse_of_rfc_8840_4_4),
	UNIT_CASE(test_ice_sdpfrag_lines_are_read_as_those_of_sdp),
	UNIT_CASE(test_ice_sdpfrag_parse_refuses_what_is_none),
	UNIT_CASE(test_ice_sdpfrag_put_refuses_what_would_not_read_back),
};
SUITE(ice_sdpfrag);
