/* How many messages wait. */
#include "stack/content/message_summary.h"

#include "tests/unit/stack/content/content_rooms_test.h"

#define TYPE "application/simple-message-summary"

static enum sip_err test_message_summary_parse_of_rfc_3842_5(void)
{
	static const char body[] = "Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\n"
		"Voice-Message: 4/8 (1/2)\r\nFax-Message:2 / 4\r\nX-Other: word\r\n\r\nTo: <alice@atlanta.example.com>\r\n";
	struct sip_content c;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(bed_parse(&b, TYPE, sip_str_of(body), &c));
	const struct sip_message_summary *x = sip_content_form(&c, SIP_CONTENT_MESSAGE_SUMMARY);
	UNIT_CHECK(x->is_waiting);
	UNIT_STR(x->account, "sip:alice@vmail.example.com");
	const struct sip_message_count *voice = sip_message_summary_find(x, SIP_STR("voice-message"));
	UNIT_CHECK(voice->fresh == 4 && voice->old == 8 && voice->has_urgent && voice->urgent_fresh == 1 && voice->urgent_old == 2);
	const struct sip_message_count *fax = sip_message_summary_find(x, SIP_STR("Fax-Message"));
	UNIT_CHECK(fax->fresh == 2 && fax->old == 4 && !fax->has_urgent && fax->next == NULL);
	UNIT_CHECK(sip_message_summary_find(x, SIP_STR("X-Other")) == NULL);
	UNIT_STR(x->details, "To: <alice@atlanta.example.com>\r\n");
	UNIT_TRY(bed_round(TYPE, body, "Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\n"
			   "Voice-Message: 4/8 (1/2)\r\nFax-Message: 2/4\r\n\r\nTo: <alice@atlanta.example.com>\r\n"));
	UNIT_TRY(bed_round(TYPE, "messages-waiting:NO\n", "Messages-Waiting: no\r\n"));
	UNIT_TRY(bed_round(TYPE, "Messages-Waiting: no\r\nVoice-Message: 4294967295/4294967295(4294967295/4294967295)", NULL));
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_message_summary_parse_refuses_what_is_none(void)
{
	static const char *const bodies[] = {
		"", "Messages-Waiting: maybe", "Voice-Message: 1/2", "Messages-Waiting: yes\r\nVoice-Message: 1",
		"Messages-Waiting: yes\r\nVoice-Message: 1/4294967296", "Messages-Waiting: yes\r\nVoice-Message: 1/2 (3)",
		"Messages-Waiting: yes\r\nVoice-Message: 1/2 (3/4", "Messages-Waiting: yes\r\nVoice-Message: 1/2 x", "Messages",
	};
	for (size_t i = 0; i < SIP_COUNTOF(bodies); i++)
		if (bed_refused(TYPE, bodies[i], SIP_E_SYNTAX) != SIP_OK)
			return SIP_E_NOMEM;
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_message_summary_parse_of_rfc_3842_5),
	UNIT_CASE(test_message_summary_parse_refuses_what_is_none),
};
SUITE(message_summary);
