/* dum/invite/offer_answer: one offer at a time (RFC 3264 4), and which body is one. */
#include "dum/invite/invite_priv.h"
#include "tests/unit/dum/invite/invite_test.h"

static enum sip_err test_offer_when_answered_is_agreed(void)
{
	struct dum__oa oa = { 0 };

	UNIT_CHECK(dum__oa_step(&oa, DUM__OA_TX_OFFER));
	UNIT_CHECK(dum__oa_is_our_offer_out(&oa) && !dum__oa_is_answer_due(&oa));
	UNIT_CHECK(dum__oa_step(&oa, DUM__OA_RX_ANSWER));
	UNIT_EQ(oa.state, DUM__OA_AGREED);
	UNIT_CHECK(dum__oa_step(&oa, DUM__OA_RX_OFFER));
	UNIT_CHECK(!dum__oa_is_our_offer_out(&oa) && dum__oa_is_answer_due(&oa));
	UNIT_CHECK(dum__oa_step(&oa, DUM__OA_TX_ANSWER));
	UNIT_EQ(oa.state, DUM__OA_AGREED);
	return SIP_OK;
}

/* RFC 3264 4: no other offer before this one is answered or refused, from either side. */
static enum sip_err test_offer_while_another_is_out_is_against_the_rules(void)
{
	for (unsigned s = 0; s < DUM__OA_STATE_COUNT; s++) {
		struct dum__oa oa = { .state = (uint8_t)s };
		bool is_out = dum__oa_is_our_offer_out(&oa) || dum__oa_is_answer_due(&oa);
		UNIT_EQ(dum__oa_can(&oa, DUM__OA_TX_OFFER), !is_out);
		UNIT_EQ(dum__oa_can(&oa, DUM__OA_RX_OFFER), !is_out);
		UNIT_EQ(dum__oa_can(&oa, DUM__OA_REFUSED), is_out);
		UNIT_EQ(dum__oa_can(&oa, DUM__OA_RX_ANSWER), dum__oa_is_our_offer_out(&oa));
		UNIT_EQ(dum__oa_can(&oa, DUM__OA_TX_ANSWER), dum__oa_is_answer_due(&oa));
	}
	return SIP_OK;
}

/* RFC 3261 14.1: what was agreed on before stands. */
static enum sip_err test_offer_when_refused_leaves_what_was_agreed(void)
{
	for (unsigned s = 0; s < DUM__OA_STATE_COUNT; s++) {
		struct dum__oa oa = { .state = (uint8_t)s };
		bool was_first = s == DUM__OA_LOCAL || s == DUM__OA_REMOTE;
		if (!dum__oa_can(&oa, DUM__OA_REFUSED))
			continue;
		UNIT_CHECK(dum__oa_step(&oa, DUM__OA_REFUSED));
		UNIT_EQ(oa.state, was_first ? DUM__OA_NONE : DUM__OA_AGREED);
	}
	return SIP_OK;
}

static enum sip_err test_step_against_the_rules_changes_nothing(void)
{
	for (unsigned s = 0; s < DUM__OA_STATE_COUNT; s++)
		for (unsigned on = 0; on < DUM__OA_INPUT_COUNT; on++) {
			struct dum__oa oa = { .state = (uint8_t)s };
			bool can = dum__oa_can(&oa, (enum dum__oa_input)on);
			UNIT_EQ(dum__oa_step(&oa, (enum dum__oa_input)on), can);
			if (!can)
				UNIT_EQ(oa.state, s);
		}
	return SIP_OK;
}

/* ---- bodies ----------------------------------------------------------------------------------------------------------- */

static enum sip_err parse(const char *fields, struct sip_message **out)
{
	char text[512];
	int len = snprintf(text, sizeof text,
			   "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c;branch=z9hG4bKx\r\nFrom: <sip:c@d>;tag=1\r\n"
			   "To: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n%sContent-Length: 3\r\n\r\nv=0",
			   fields);
	struct sip_packet *packet = sip_packet_copy(text, (size_t)len);
	enum sip_err err = packet ? sip_message_parse(packet, 0, (size_t)len, &sip_limits_default, out) : SIP_E_NOMEM;

	sip_packet_unref(&packet);
	return err;
}

/* RFC 3261 20.11: "session" is the disposition that counts, and the default. */
static enum sip_err test_body_of_another_disposition_is_no_offer(void)
{
	static const struct {
		const char *fields, *body;
	} rows[] = {
		{ "Content-Type: application/sdp\r\n", "v=0" },
		{ "Content-Type: application/sdp\r\nContent-Disposition: session;handling=required\r\n", "v=0" },
		{ "Content-Type: application/sdp\r\nContent-Disposition: SESSION\r\n", "v=0" },
		{ "Content-Type: application/sdp\r\nContent-Disposition: early-session\r\n", "" },
		{ "Content-Type: text/plain\r\nContent-Disposition: render\r\n", "" },
		{ "", "" },
	};
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(rows) && err == SIP_OK; i++) {
		struct sip_message *m = NULL;
		struct sip_str type, body;
		err = parse(rows[i].fields, &m);
		if (err == SIP_OK) {
			body = dum__oa_body_of(m, &type);
			UNIT_STR(body, rows[i].body);
			UNIT_EQ(type.len != 0, body.len != 0);
		}
		sip_message_unref(&m);
	}
	return err;
}

static enum sip_err test_body_when_put_is_what_was_said_last(void)
{
	struct dum__oa oa = { 0 };
	struct sip_message *m = NULL;
	struct sip_str type;
	enum sip_err err;

	UNIT_TRY(parse("", &m));
	UNIT_TRY(dum__body_set(&oa.held, SIP_STR("application/sdp"), SIP_STR("o1")));
	UNIT_TRY(dum__body_set(&oa.held, SIP_STR("application/sdp"), SIP_STR("other")));
	UNIT_TRY(dum__oa_put_held(&oa, m));
	UNIT_STR(dum__oa_body_of(m, &type), "other");
	UNIT_STR(type, "application/sdp");
	UNIT_CHECK(oa.held.bytes == NULL);
	UNIT_STR(dum__body_bytes(&oa.local), "other");
	UNIT_STR(dum__body_bytes(&oa.held), "");
out:
	dum__body_clear(&oa.held);
	dum__body_clear(&oa.local);
	sip_message_unref(&m);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_offer_when_answered_is_agreed),
	UNIT_CASE(test_offer_while_another_is_out_is_against_the_rules),
	UNIT_CASE(test_offer_when_refused_leaves_what_was_agreed),
	UNIT_CASE(test_step_against_the_rules_changes_nothing),
	UNIT_CASE(test_body_of_another_disposition_is_no_offer),
	UNIT_CASE(test_body_when_put_is_what_was_said_last),
};
const struct unit_suite offer_answer_suite = { "dum/invite/offer_answer", cases, SIP_COUNTOF(cases) };
