/* dum/invite/session_machine: every state times every input. What must hold of the table whatever its rows are. */
#include "dum/invite/session_machine.c"
#include "tests/unit/dum/invite/invite_test.h"

#define STATES DUM__SESSION_STATE_COUNT
#define INPUTS DUM__SESSION_INPUT_COUNT

static bool has(unsigned in, unsigned on)
{
	return dum__session_has_row((enum dum__session_state)in, (enum dum__session_input)on);
}

/* Whether `to` can come of `from`. */
static void reach(unsigned from, bool seen[STATES])
{
	if (seen[from])
		return;
	seen[from] = true;
	for (unsigned on = 0; on < INPUTS; on++)
		if (has(from, on))
			reach(rows[from][on].then, seen);
}

static enum sip_err test_session_when_ended_hears_nothing(void)
{
	for (unsigned on = 0; on < INPUTS; on++)
		UNIT_CHECK(!has(DUM__SESSION_ENDED, on));
	return SIP_OK;
}

static enum sip_err test_session_in_every_state_can_end(void)
{
	for (unsigned in = 0; in < STATES; in++) {
		bool seen[STATES] = { false };
		reach(in, seen);
		UNIT_CHECK(seen[DUM__SESSION_ENDED]);
	}
	return SIP_OK;
}

static enum sip_err test_session_in_every_state_comes_of_a_beginning(void)
{
	bool seen[STATES] = { false };

	reach(DUM__SESSION_UAC_EARLY, seen);
	reach(DUM__SESSION_UAS_NEW, seen);
	for (unsigned in = 0; in < STATES; in++)
		UNIT_CHECK(seen[in]);
	return SIP_OK;
}

/* dum_end is never refused with "not now". */
static enum sip_err test_session_in_every_state_takes_the_end(void)
{
	for (unsigned in = 0; in < DUM__SESSION_ENDED; in++) {
		UNIT_CHECK(has(in, DUM__ON_DO_END));
		UNIT_CHECK(rows[in][DUM__ON_DO_END].then != DUM__SESSION_CONNECTED);
	}
	return SIP_OK;
}

/* RFC 3261 15.1.2: a BYE ends it, but for our own BYE, whose answer does. */
static enum sip_err test_session_when_a_bye_comes_ends(void)
{
	for (unsigned in = 0; in < DUM__SESSION_ENDED; in++) {
		UNIT_CHECK(has(in, DUM__ON_RX_BYE));
		UNIT_EQ(rows[in][DUM__ON_RX_BYE].then, in == DUM__SESSION_BYE_SENT ? DUM__SESSION_BYE_SENT : DUM__SESSION_ENDED);
	}
	return SIP_OK;
}

/* Every re-INVITE is answered by a row; with another offer out it never changes the state. */
static enum sip_err test_session_when_a_re_invite_comes_answers(void)
{
	for (unsigned in = 0; in < DUM__SESSION_ENDED; in++) {
		UNIT_CHECK(has(in, DUM__ON_RX_INVITE));
		UNIT_CHECK(has(in, DUM__ON_RX_INVITE_GLARE));
		UNIT_EQ(rows[in][DUM__ON_RX_INVITE_GLARE].then, in);
	}
	return SIP_OK;
}

/* RFC 3261 14.1: ours goes out only where no other INVITE is under way. */
static enum sip_err test_session_sends_a_re_invite_only_alone(void)
{
	for (unsigned in = 0; in < STATES; in++)
		for (unsigned on = 0; on < INPUTS; on++)
			if (rows[in][on].act == dum__act_send_reinvite)
				UNIT_CHECK((in == DUM__SESSION_CONNECTED && on == DUM__ON_DO_REINVITE) ||
					   (in == DUM__SESSION_REINVITE_GLARE && on == DUM__ON_GLARE_DUE));
	return SIP_OK;
}

/* RFC 3261 15: the callee sends no BYE before the ACK, or the end of the wait for it. */
static enum sip_err test_session_of_a_callee_sends_no_bye_before_the_ack(void)
{
	static const unsigned early[] = { DUM__SESSION_UAS_NEW, DUM__SESSION_UAS_ACCEPTING, DUM__SESSION_UAS_ACCEPTED,
					  DUM__SESSION_UAS_ENDING };

	for (size_t i = 0; i < SIP_COUNTOF(early); i++)
		for (unsigned on = 0; on < INPUTS; on++)
			if (has(early[i], on) && rows[early[i]][on].then == DUM__SESSION_BYE_SENT)
				UNIT_CHECK(on == DUM__ON_RX_ACK || on == DUM__ON_RX_ACK_ILLEGAL || on == DUM__ON_NO_ACK);
	return SIP_OK;
}

/* RFC 3261 13.2.2.4: no 2xx of an INVITE of ours is left without an ACK. */
static enum sip_err test_session_of_a_caller_answers_every_2xx(void)
{
	static const unsigned waits[] = { DUM__SESSION_UAC_EARLY, DUM__SESSION_UAC_CANCELLING, DUM__SESSION_REINVITE_SENT,
					  DUM__SESSION_BYE_SENT };

	for (size_t i = 0; i < SIP_COUNTOF(waits); i++) {
		UNIT_CHECK(has(waits[i], DUM__ON_RX_2XX));
		UNIT_CHECK(has(waits[i], DUM__ON_RX_2XX_OFFER));
		UNIT_CHECK(has(waits[i], DUM__ON_RX_2XX_ILLEGAL));
		UNIT_CHECK(has(waits[i], DUM__ON_RX_FAILURE));
	}
	UNIT_CHECK(has(DUM__SESSION_CONNECTED, DUM__ON_RX_2XX_AGAIN));
	return SIP_OK;
}

static enum sip_err test_session_when_something_fails_moves_towards_its_end(void)
{
	for (unsigned in = 0; in < DUM__SESSION_ENDED; in++) {
		unsigned then = rows[in][DUM__ON_FAILED].then;
		if (!has(in, DUM__ON_FAILED))
			UNIT_CHECK(in == DUM__SESSION_UAS_ENDING || in == DUM__SESSION_BYE_SENT);
		else
			UNIT_CHECK(then == DUM__SESSION_ENDED || then == DUM__SESSION_BYE_SENT || then == DUM__SESSION_UAS_ENDING);
	}
	return SIP_OK;
}

static enum sip_err test_session_inputs_and_states_are_all_of_use(void)
{
	for (unsigned on = 0; on < INPUTS; on++) {
		bool is_heard = false;
		for (unsigned in = 0; in < STATES; in++)
			is_heard |= has(in, on);
		UNIT_CHECK(is_heard);
	}
	for (unsigned in = 0; in < STATES; in++)
		UNIT_CHECK(dum__session_state_text((enum dum__session_state)in)[0] != '\0');
	return SIP_OK;
}

static enum sip_err test_session_without_a_row_says_state_and_stays(void)
{
	struct dum_session *x = sip_alloc_zero(sizeof *x);
	struct dum__input i = { 0 };

	if (!x)
		return SIP_E_NOMEM;
	x->state = DUM__SESSION_ENDED;
	UNIT_EQ(dum__session_run(x, DUM__ON_RX_BYE, &i), SIP_E_STATE);
	UNIT_EQ(x->state, DUM__SESSION_ENDED);
	x->state = DUM__SESSION_BYE_SENT;
	UNIT_EQ(dum__session_run(x, DUM__ON_DO_END, &i), SIP_OK);
	UNIT_EQ(x->state, DUM__SESSION_BYE_SENT);
	/* An action that fails leaves the state as it was: there is nothing to answer with. */
	x->state = DUM__SESSION_REINVITE_IN;
	UNIT_EQ(dum__session_run(x, DUM__ON_DO_ANSWER, &i), SIP_E_STATE);
	UNIT_EQ(x->state, DUM__SESSION_REINVITE_IN);
	sip_free(x);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_session_when_ended_hears_nothing),
	UNIT_CASE(test_session_in_every_state_can_end),
	UNIT_CASE(test_session_in_every_state_comes_of_a_beginning),
	UNIT_CASE(test_session_in_every_state_takes_the_end),
	UNIT_CASE(test_session_when_a_bye_comes_ends),
	UNIT_CASE(test_session_when_a_re_invite_comes_answers),
	UNIT_CASE(test_session_sends_a_re_invite_only_alone),
	UNIT_CASE(test_session_of_a_callee_sends_no_bye_before_the_ack),
	UNIT_CASE(test_session_of_a_caller_answers_every_2xx),
	UNIT_CASE(test_session_when_something_fails_moves_towards_its_end),
	UNIT_CASE(test_session_inputs_and_states_are_all_of_use),
	UNIT_CASE(test_session_without_a_row_says_state_and_stays),
};
const struct unit_suite session_machine_suite = { "dum/invite/session_machine", cases, SIP_COUNTOF(cases) };
