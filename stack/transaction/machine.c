/*
 * What the four machines share: looking up a row, and what entering a state does to the timers. Pure: effects go to a list
 * that the driver (transaction.c) carries out. RFC 3261 17, table 4.
 */
#include "stack/transaction/transaction_priv.h"

static const char *const state_names[SIP__STATE_COUNT] = {
#define SIP__STATE(id, text) text,
#include "stack/transaction/state_table.h"
#undef SIP__STATE
};
static const char *const event_names[SIP__EVENT_COUNT] = {
#define SIP__EVENT(id, text) text,
#include "stack/transaction/event_table.h"
#undef SIP__EVENT
};

enum value { VALUE_NONE, VALUE_ZERO, VALUE_T1, VALUE_T1_64, VALUE_T4, VALUE_TD, VALUE_T100, VALUE_T_E_AT_T2 };
enum which { WHICH_LIFE, WHICH_RESEND };
struct timer_row {
	uint8_t which, unreliable, reliable, event;
};
static const struct timer_row timers[SIP__TIMER_COUNT] = {
#define SIP__TIMER(id, which, unreliable, reliable, event) \
	{ WHICH_##which, VALUE_##unreliable, VALUE_##reliable, SIP__EVENT_##event },
#include "stack/transaction/timer_table.h"
#undef SIP__TIMER
};

static const struct sip__machine *const machines[SIP__MACHINE_COUNT] = {
#define SIP__MACHINE(id, stem) &sip__##stem,
#include "stack/transaction/machine_table.h"
#undef SIP__MACHINE
};

const char *sip__state_name(unsigned state)
{
	return state < SIP__STATE_COUNT ? state_names[state] : "?";
}

const char *sip__event_name(unsigned event)
{
	return event < SIP__EVENT_COUNT ? event_names[event] : "?";
}

enum sip__event sip__timer_event(unsigned timer)
{
	return timer < SIP__TIMER_COUNT ? (enum sip__event)timers[timer].event : SIP__EVENT_NONE;
}

bool sip__timer_is_life(unsigned timer)
{
	return timer < SIP__TIMER_COUNT && timers[timer].which == WHICH_LIFE;
}

/* How long the peer's timer E takes to be reset to T2 (RFC 4320 4.1): T1 + 2*T1 + … */
static int64_t e_at_t2(const struct sip_timers *t)
{
	int64_t sum = 0;
	int64_t interval = SIP_MS(t->t1 ? t->t1 : 1);

	for (; interval < SIP_MS(t->t2); interval *= 2)
		sum += interval;
	return sum;
}

static int64_t value_of(unsigned value, const struct sip_timers *t)
{
	switch (value) {
	case VALUE_ZERO:
		return 0;
	case VALUE_T1:
		return SIP_MS(t->t1);
	case VALUE_T1_64:
		return SIP_MS(t->t1) * 64;
	case VALUE_T4:
		return SIP_MS(t->t4);
	case VALUE_TD:
		return SIP_MS(t->td);
	case VALUE_T100:
		return SIP_MS(t->t100);
	case VALUE_T_E_AT_T2:
		return e_at_t2(t);
	default:
		return -1;
	}
}

void sip__delays_init(struct sip__delays *d, const struct sip_timers *t)
{
	for (size_t i = 0; i < SIP__TIMER_COUNT; i++) {
		d->of[i][0] = value_of(timers[i].unreliable, t);
		d->of[i][1] = value_of(timers[i].reliable, t);
	}
	d->t1 = SIP_MS(t->t1);
	d->t2 = SIP_MS(t->t2);
}

static struct sip__effect *append(struct sip__step *s, enum sip__effect_kind kind)
{
	MUST(s->count < SIP__EFFECTS);
	struct sip__effect *e = &s->effects[s->count++];
	e->kind = (uint8_t)kind;
	return e;
}

void sip__effect_add(struct sip__step *s, enum sip__effect_kind kind)
{
	append(s, kind);
}

void sip__effect_add_status(struct sip__step *s, enum sip__effect_kind kind, unsigned status)
{
	append(s, kind)->status = (uint16_t)status;
}

static void append_arm(struct sip__step *s, unsigned timer, int64_t delay_us)
{
	struct sip__effect *e = append(s, SIP__EFFECT_ARM);
	e->timer = (uint8_t)timer;
	e->delay_us = delay_us;
}

void sip__effect_add_resend(struct sip__step *s, enum sip__timer timer, int64_t most)
{
	struct sip__transaction *tx = s->tx;
	int64_t delay;

	if (tx->resends < UINT8_MAX)
		tx->resends++;
	delay = s->delays->t1 << (tx->resends < 20 ? tx->resends : 20);
	if (most >= 0 && delay > most)
		delay = most;
	append_arm(s, timer, delay);
}

static void enter_timer(struct sip__step *s, unsigned timer, enum sip__effect_kind disarm)
{
	int64_t delay;

	if (timer == SIP__TIMER_KEEP)
		return;
	delay = timer == SIP__TIMER_NONE ? -1 : s->delays->of[timer][s->tx->is_reliable];
	if (delay > 0) {
		append_arm(s, timer, delay);
		return;
	}
	append(s, disarm);
	if (delay == 0)
		append(s, SIP__EFFECT_RAISE)->event = timers[timer].event;
}

static void enter(struct sip__step *s, const struct sip__state_row *row)
{
	if (row->flags & SIP__ENDS) {
		append(s, SIP__EFFECT_END);
		return;
	}
	s->tx->resends = 0;
	if (!(row->flags & SIP__LINGERS))
		enter_timer(s, row->resend, SIP__EFFECT_DISARM_RESEND);
	enter_timer(s, row->life, SIP__EFFECT_DISARM_LIFE);
	if (!(row->flags & SIP__LINGERS))
		return;
	if (!(row->flags & SIP__KEEPS_PACKET))
		append(s, SIP__EFFECT_FORGET_PACKET);
	append(s, SIP__EFFECT_SHED);
}

bool sip__machine_step(const struct sip__machine *m, struct sip__step *s)
{
	struct sip__transaction *tx = s->tx;
	const struct sip__row *row = &m->rows[tx->state][s->event];
	uint8_t from = tx->state;

	s->count = 0;
	s->raised = SIP__EVENT_NONE;
	if (!row->act)
		return false;
	row->act(s);
	tx->state = row->next;
	if (from != row->next)
		enter(s, &m->states[row->next]);
	else if ((m->states[from].flags & (SIP__LINGERS | SIP__KEEPS_PACKET)) == SIP__LINGERS)
		append(s, SIP__EFFECT_FORGET_PACKET);
	return true;
}

/* Tests only: nothing outside this folder's tests writes it, and only while no shard is being made. */
static struct {
	enum sip__machine_id machine;
	enum sip__state state;
	enum sip__event event;
} forgotten = { SIP__MACHINE_COUNT, SIP__STATE_LOCATING, SIP__EVENT_LOCATED };

void sip__machine_forget_row(enum sip__machine_id machine, enum sip__state state, enum sip__event event)
{
	forgotten.machine = machine;
	forgotten.state = state;
	forgotten.event = event;
}

const struct sip__machine *sip__machine_of(enum sip__machine_id machine, struct sip__machine **copy)
{
	const struct sip__machine *m = machines[machine];

	if (SIP_LIKELY(machine != forgotten.machine))
		return m;
	*copy = sip_alloc(sizeof **copy);
	if (!*copy)
		return NULL;
	memcpy(*copy, m, sizeof *m);
	(*copy)->rows[forgotten.state][forgotten.event].act = NULL;
	return *copy;
}
