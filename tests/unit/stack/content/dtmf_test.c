/* Digits in INFO requests. */
#include "stack/content/dtmf.h"

#include "tests/unit/stack/content/content_rooms_test.h"

static enum sip_err test_dtmf_parse_as_peers_send_it(void)
{
	static const struct {
		const char *text;
		char signal;
		int duration; /* -1: not said */
	} bodies[] = {
		{ "Signal=5\r\nDuration=160\r\n", '5', 160 }, { "Signal= 1\nDuration= 250", '1', 250 }, { "signal=*", '*', -1 },
		{ "SIGNAL = 11 \r\n", '#', -1 }, { "Signal=16\r\n\r\nDuration=x", '!', -1 }, { "Signal=b", 'B', -1 }, { "Signal=05", '5', -1 },
		{ "7", '7', -1 }, { "#\r\n", '#', -1 }, { "Duration=100\r\nSignal=D\r\nOther", 'D', 100 },
	};
	enum sip_err err = SIP_OK;
	struct sip_content c;
	struct bed b;

	bed_init(&b);
	for (size_t i = 0; i < SIP_COUNTOF(bodies); i++) {
		UNIT_TRY(bed_parse(&b, "application/dtmf-relay", sip_str_of(bodies[i].text), &c));
		const struct sip_dtmf_relay *relay = sip_content_form(&c, SIP_CONTENT_DTMF_RELAY);
		unit_check_int(relay->signal, bodies[i].signal, bodies[i].text, __FILE__, __LINE__);
		UNIT_EQ(relay->duration.is_there ? (int)relay->duration.value : -1, bodies[i].duration);
		UNIT_TRY(bed_parse(&b, "application/dtmf", sip_str_of(bodies[i].text), &c));
		UNIT_EQ(((const struct sip_dtmf *)sip_content_form(&c, SIP_CONTENT_DTMF))->signal, bodies[i].signal);
		UNIT_TRY(bed_round("application/dtmf-relay", bodies[i].text, NULL));
		UNIT_TRY(bed_round("application/dtmf", bodies[i].text, NULL));
	}
	UNIT_TRY(bed_round("application/dtmf-relay", "Signal=10\nDuration=80", "Signal=*\r\nDuration=80\r\n"));
	UNIT_TRY(bed_round("application/dtmf", "12", "A"));
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_dtmf_parse_refuses_what_is_no_digit(void)
{
	static const struct sip_content_limits small = { .bytes = 20, .parts = 1, .depth = 1 };
	static const char *const bodies[] = { "", "x", "17", "123", "Signal=", "Signal=e", "Duration=100", "Signal" };
	struct sip_dtmf *x;
	struct bed b;

	for (size_t i = 0; i < SIP_COUNTOF(bodies); i++)
		if (bed_refused("application/dtmf-relay", bodies[i], SIP_E_SYNTAX) != SIP_OK ||
		    bed_refused("application/dtmf", bodies[i], SIP_E_SYNTAX) != SIP_OK)
			return SIP_E_NOMEM;
	bed_init(&b);
	UNIT_EQ(sip_dtmf_parse(&b.arena, SIP_STR("Signal=1\nx=2"), &small, &x), SIP_E_LIMIT);
	UNIT_EQ(sip_dtmf_parse(&b.arena, SIP_STR("                       1"), &small, &x), SIP_E_LIMIT);
	bed_fini(&b);
	return SIP_OK;
}

static enum sip_err test_dtmf_put_refuses_what_is_no_digit(void)
{
	static const char signals[] = { '\0', 'x', '\n' };
	for (size_t i = 0; i < sizeof signals; i++) {
		struct sip_dtmf_relay x = { .signal = signals[i] };
		char room[64];
		struct sip_buf b;
		sip_buf_init_fixed(&b, room, sizeof room);
		sip_dtmf_relay_put(&b, &x);
		UNIT_EQ(b.err, SIP_E_INVAL);
	}
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_dtmf_parse_as_peers_send_it),
	UNIT_CASE(test_dtmf_parse_refuses_what_is_no_digit),
	UNIT_CASE(test_dtmf_put_refuses_what_is_no_digit),
};
SUITE(dtmf);
