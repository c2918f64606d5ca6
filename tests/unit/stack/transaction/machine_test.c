/* The four machines against a list: every state with every event, and the timers of RFC 3261 table 4. */
#include "tests/unit/stack/transaction/transaction_test.h"

static const struct sip__machine *const all[SIP__MACHINE_COUNT] = {
	&sip__client_invite, &sip__client_other, &sip__server_invite, &sip__server_other
};

static struct sip__delays delays(void)
{
	struct sip_timers t;
	struct sip__delays d;

	sip_timers_init(&t);
	sip__delays_init(&d, &t);
	return d;
}

static bool step(const struct sip__machine *m, struct sip__transaction *tx, const struct sip__delays *d, enum sip__event event,
		 struct sip__step *s)
{
	memset(s, 0, sizeof *s);
	s->tx = tx;
	s->delays = d;
	s->event = event;
	return sip__machine_step(m, s);
}

static const struct sip__effect *find(const struct sip__step *s, enum sip__effect_kind kind)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->effects[i].kind == kind)
			return &s->effects[i];
	return NULL;
}

static int64_t armed(const struct sip__step *s, enum sip__timer timer)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->effects[i].kind == SIP__EFFECT_ARM && s->effects[i].timer == timer)
			return s->effects[i].delay_us;
	return -1;
}

static void try_pair(const struct sip__machine *m, unsigned state, unsigned event, bool is_reliable)
{
	struct sip__delays d = delays();
	struct sip__transaction tx = { .state = (uint8_t)state, .is_reliable = is_reliable };
	struct sip__step s;
	bool is_listed = step(m, &tx, &d, (enum sip__event)event, &s);

	UNIT_EQ(is_listed, m->rows[state][event].act != NULL);
	if (!is_listed) {
		UNIT_EQ(tx.state, state);
		UNIT_EQ(s.count, 0);
		return;
	}
	UNIT_CHECK(tx.state < SIP__STATE_COUNT);
	UNIT_CHECK(s.count <= SIP__EFFECTS);
	if (tx.state == SIP__STATE_TERMINATED)
		UNIT_EQ(s.effects[s.count - 1].kind, SIP__EFFECT_END);
	else
		UNIT_CHECK(!find(&s, SIP__EFFECT_END));
	for (unsigned i = 0; i < s.count; i++)
		if (s.effects[i].kind == SIP__EFFECT_SHED)
			UNIT_EQ(i, s.count - 1);
}

static enum sip_err test_every_state_and_event_moves_or_stays(void)
{
	for (unsigned m = 0; m < SIP__MACHINE_COUNT; m++)
		for (unsigned state = 0; state < SIP__STATE_COUNT; state++)
			for (unsigned event = 0; event < SIP__EVENT_COUNT; event++) {
				try_pair(all[m], state, event, false);
				try_pair(all[m], state, event, true);
			}
	return SIP_OK;
}

static enum sip_err test_a_timer_that_a_state_starts_has_a_row_there(void)
{
	for (unsigned m = 0; m < SIP__MACHINE_COUNT; m++)
		for (unsigned state = 0; state < SIP__STATE_COUNT; state++) {
			const struct sip__state_row *row = &all[m]->states[state];
			if (row->life < SIP__TIMER_COUNT)
				UNIT_CHECK(all[m]->rows[state][sip__timer_event(row->life)].act != NULL);
			if (row->resend < SIP__TIMER_COUNT)
				UNIT_CHECK(all[m]->rows[state][sip__timer_event(row->resend)].act != NULL);
			if (row->flags & SIP__LINGERS)
				UNIT_CHECK(row->life < SIP__TIMER_COUNT);
		}
	return SIP_OK;
}

static void walk(const struct sip__machine *m, unsigned state, bool *seen)
{
	if (seen[state])
		return;
	seen[state] = true;
	for (unsigned event = 0; event < SIP__EVENT_COUNT; event++)
		if (m->rows[state][event].act)
			walk(m, m->rows[state][event].next, seen);
}

/* No row stands in a state that cannot be reached, and the end can be reached from everywhere. */
static enum sip_err test_rows_from_the_start_reach_every_state_that_has_rows(void)
{
	for (unsigned m = 0; m < SIP__MACHINE_COUNT; m++) {
		bool seen[SIP__STATE_COUNT] = { false };
		walk(all[m], m <= SIP__MACHINE_CLIENT_OTHER ? SIP__STATE_LOCATING : SIP__STATE_TRYING, seen);
		UNIT_CHECK(seen[SIP__STATE_TERMINATED]);
		for (unsigned state = 0; state < SIP__STATE_COUNT; state++) {
			bool has_rows = false;
			bool end[SIP__STATE_COUNT] = { false };
			for (unsigned event = 0; event < SIP__EVENT_COUNT; event++)
				has_rows |= all[m]->rows[state][event].act != NULL;
			UNIT_EQ(has_rows, seen[state] && state != SIP__STATE_TERMINATED);
			walk(all[m], state, end);
			UNIT_EQ(end[SIP__STATE_TERMINATED], seen[state] || state == SIP__STATE_TERMINATED);
		}
	}
	return SIP_OK;
}

/* RFC 3261 17.1.1.2: "retransmitted with intervals that double after each transmission" */
static enum sip_err test_timer_a_doubles_without_a_limit(void)
{
	static const int64_t expected[] = { 1000, 2000, 4000, 8000, 16000 };
	struct sip__delays d = delays();
	struct sip__transaction tx = { .state = SIP__STATE_LOCATING };
	struct sip__step s;

	UNIT_CHECK(step(&sip__client_invite, &tx, &d, SIP__EVENT_LOCATED, &s));
	UNIT_EQ(armed(&s, SIP__TIMER_A), SIP_MS(500));
	UNIT_EQ(armed(&s, SIP__TIMER_B), SIP_MS(32000));
	UNIT_EQ(s.effects[0].kind, SIP__EFFECT_SEND);
	for (size_t i = 0; i < SIP_COUNTOF(expected); i++) {
		UNIT_CHECK(step(&sip__client_invite, &tx, &d, SIP__EVENT_RESEND_DUE, &s));
		UNIT_EQ(armed(&s, SIP__TIMER_A), SIP_MS(expected[i]));
		UNIT_EQ(armed(&s, SIP__TIMER_B), -1);
	}
	return SIP_OK;
}

/* RFC 3261 17.1.2.2: "If Timer E fires while in the "Proceeding" state, […] MUST be reset with a value of T2 seconds." */
static enum sip_err test_timer_e_doubles_up_to_t2_and_is_t2_once_proceeding(void)
{
	static const int64_t expected[] = { 1000, 2000, 4000, 4000 };
	struct sip__delays d = delays();
	struct sip__transaction tx = { .state = SIP__STATE_LOCATING };
	struct sip__step s;

	UNIT_CHECK(step(&sip__client_other, &tx, &d, SIP__EVENT_LOCATED, &s));
	UNIT_EQ(armed(&s, SIP__TIMER_E), SIP_MS(500));
	UNIT_EQ(armed(&s, SIP__TIMER_F), SIP_MS(32000));
	for (size_t i = 0; i < SIP_COUNTOF(expected); i++) {
		UNIT_CHECK(step(&sip__client_other, &tx, &d, SIP__EVENT_RESEND_DUE, &s));
		UNIT_EQ(armed(&s, SIP__TIMER_E), SIP_MS(expected[i]));
	}
	tx.state = SIP__STATE_TRYING;
	tx.resends = 0;
	UNIT_CHECK(step(&sip__client_other, &tx, &d, SIP__EVENT_RX_1XX, &s));
	UNIT_EQ(s.count, 1); /* timers E and F go on as they were */
	UNIT_CHECK(step(&sip__client_other, &tx, &d, SIP__EVENT_RESEND_DUE, &s));
	UNIT_EQ(armed(&s, SIP__TIMER_E), SIP_MS(4000));
	return SIP_OK;
}

/* RFC 3261 17.2.1: "timer G […] MIN(2*T1, T2)" */
static enum sip_err test_timer_g_doubles_up_to_t2_and_is_not_set_over_reliable(void)
{
	static const int64_t expected[] = { 1000, 2000, 4000, 4000 };
	struct sip__delays d = delays();
	struct sip__transaction tx = { .state = SIP__STATE_TRYING };
	struct sip__step s;

	UNIT_CHECK(step(&sip__server_invite, &tx, &d, SIP__EVENT_TU_FAILURE, &s));
	UNIT_EQ(armed(&s, SIP__TIMER_G), SIP_MS(500));
	UNIT_EQ(armed(&s, SIP__TIMER_H), SIP_MS(32000));
	for (size_t i = 0; i < SIP_COUNTOF(expected); i++) {
		UNIT_CHECK(step(&sip__server_invite, &tx, &d, SIP__EVENT_RESEND_DUE, &s));
		UNIT_EQ(armed(&s, SIP__TIMER_G), SIP_MS(expected[i]));
	}
	tx = (struct sip__transaction){ .state = SIP__STATE_TRYING, .is_reliable = true };
	UNIT_CHECK(step(&sip__server_invite, &tx, &d, SIP__EVENT_TU_FAILURE, &s));
	UNIT_EQ(armed(&s, SIP__TIMER_G), -1);
	UNIT_EQ(armed(&s, SIP__TIMER_H), SIP_MS(32000));
	return SIP_OK;
}

static enum sip_err test_lingering_timers_have_their_values(void)
{
	static const struct {
		enum sip__machine_id machine;
		enum sip__state from;
		enum sip__event event;
		enum sip__timer timer;
		int64_t unreliable_ms, reliable_ms; /* 0: at once */
	} rows[] = {
		{ SIP__MACHINE_CLIENT_INVITE, SIP__STATE_TRYING, SIP__EVENT_RX_FAILURE, SIP__TIMER_D, 32000, 0 },
		{ SIP__MACHINE_CLIENT_INVITE, SIP__STATE_TRYING, SIP__EVENT_RX_2XX, SIP__TIMER_M, 32000, 32000 },
		{ SIP__MACHINE_CLIENT_OTHER, SIP__STATE_TRYING, SIP__EVENT_RX_2XX, SIP__TIMER_K, 5000, 0 },
		{ SIP__MACHINE_SERVER_INVITE, SIP__STATE_COMPLETED, SIP__EVENT_RX_ACK, SIP__TIMER_I, 5000, 0 },
		{ SIP__MACHINE_SERVER_INVITE, SIP__STATE_TRYING, SIP__EVENT_TU_2XX, SIP__TIMER_L, 32000, 32000 },
		{ SIP__MACHINE_SERVER_OTHER, SIP__STATE_TRYING, SIP__EVENT_TU_2XX, SIP__TIMER_J, 32000, 0 },
	};
	struct sip__delays d = delays();
	struct sip__step s;

	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		struct sip__transaction tx = { .state = (uint8_t)rows[i].from };
		UNIT_CHECK(step(all[rows[i].machine], &tx, &d, rows[i].event, &s));
		UNIT_EQ(armed(&s, rows[i].timer), SIP_MS(rows[i].unreliable_ms));
		UNIT_CHECK(find(&s, SIP__EFFECT_SHED) != NULL);
		tx = (struct sip__transaction){ .state = (uint8_t)rows[i].from, .is_reliable = true };
		UNIT_CHECK(step(all[rows[i].machine], &tx, &d, rows[i].event, &s));
		UNIT_EQ(armed(&s, rows[i].timer), rows[i].reliable_ms ? SIP_MS(rows[i].reliable_ms) : -1);
		UNIT_EQ(find(&s, SIP__EFFECT_RAISE) != NULL, rows[i].reliable_ms == 0);
	}
	return SIP_OK;
}

/* RFC 4320 4.1: "the amount of time it takes a client transaction's Timer E to be reset to T2": 500 + 1,000 + 2,000 ms */
static enum sip_err test_trying_slow_is_when_timer_e_is_at_t2(void)
{
	struct sip__delays d = delays();

	UNIT_EQ(d.of[SIP__TIMER_TRYING_SLOW][0], SIP_MS(3500));
	UNIT_EQ(d.of[SIP__TIMER_TRYING][1], SIP_MS(200));
	return SIP_OK;
}

static enum sip_err test_a_forgotten_row_is_missing_in_a_copy_only(void)
{
	struct sip__machine *copy = NULL;
	const struct sip__machine *m;
	enum sip_err err = SIP_OK;

	sip__machine_forget_row(SIP__MACHINE_SERVER_INVITE, SIP__STATE_COMPLETED, SIP__EVENT_RX_ACK);
	m = sip__machine_of(SIP__MACHINE_SERVER_INVITE, &copy);
	UNIT_CHECK(sip__machine_of(SIP__MACHINE_CLIENT_OTHER, &copy) == &sip__client_other);
	sip__machine_forget_row(SIP__MACHINE_COUNT, SIP__STATE_LOCATING, SIP__EVENT_LOCATED);
	UNIT_TRY_PTR(m);
	UNIT_CHECK(m == copy && m != &sip__server_invite);
	UNIT_CHECK(!m->rows[SIP__STATE_COMPLETED][SIP__EVENT_RX_ACK].act);
	UNIT_CHECK(sip__server_invite.rows[SIP__STATE_COMPLETED][SIP__EVENT_RX_ACK].act != NULL);
	UNIT_CHECK(sip__machine_of(SIP__MACHINE_SERVER_INVITE, &copy) == &sip__server_invite);
out:
	sip_free(copy);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_every_state_and_event_moves_or_stays),
	UNIT_CASE(test_a_timer_that_a_state_starts_has_a_row_there),
	UNIT_CASE(test_rows_from_the_start_reach_every_state_that_has_rows),
	UNIT_CASE(test_timer_a_doubles_without_a_limit),
	UNIT_CASE(test_timer_e_doubles_up_to_t2_and_is_t2_once_proceeding),
	UNIT_CASE(test_timer_g_doubles_up_to_t2_and_is_not_set_over_reliable),
	UNIT_CASE(test_lingering_timers_have_their_values),
	UNIT_CASE(test_trying_slow_is_when_timer_e_is_at_t2),
	UNIT_CASE(test_a_forgotten_row_is_missing_in_a_copy_only),
};
const struct unit_suite machine_suite = { "stack/transaction/machine", cases, SIP_COUNTOF(cases) };
