/* What must hold when the world has come to rest. */
#include "tests/sim/sim.h"

/* ---- calls ----------------------------------------------------------------------------------- */

static const struct sim_leg *leg_of(const struct sim_call *c, const char *tag)
{
	for (unsigned i = 0; i < c->leg_count; i++)
		if (strcmp(c->legs[i].tag, tag) == 0)
			return &c->legs[i];
	return NULL;
}

static const struct sim_dialog *dialog_of(const struct sim_call *c, const char *tag)
{
	for (unsigned i = 0; i < c->dialog_count; i++)
		if (strcmp(c->dialogs[i].tag, tag) == 0)
			return &c->dialogs[i];
	return NULL;
}

/* The protocol promises agreement as long as transactions do not run out of time. */
static void check_dialog(struct sim_world *w, const struct sim_call *c, const struct sim_dialog *d)
{
	const struct sim_leg *l = leg_of(c, d->tag);

	if (!d->is_over)
		sim_violation(&w->base, "call %u: the caller's dialog %s never ends", c->number, d->tag);
	if (!d->acks)
		sim_violation(&w->base, "call %u: a 2xx was never acknowledged", c->number);
	if (!l || l->status != 200)
		sim_violation(&w->base, "call %u: the caller speaks with %s, who has not answered", c->number, d->tag);
}

static void check_leg(struct sim_world *w, const struct sim_call *c, const struct sim_leg *l)
{
	if (!l->is_ended)
		sim_violation(&w->base, "call %u: the INVITE of %s never ends", c->number, l->device->user);
	if (l->state != SIM_LEG_OVER && l->state != SIM_LEG_FAILED)
		sim_violation(&w->base, "call %u: the leg of %s never ends (%d)", c->number, l->device->user, (int)l->state);
	if (l->state == SIM_LEG_FAILED && l->why != SIP_OK && !w->has_outages)
		sim_violation(&w->base, "call %u: a %u of %s was never acknowledged: %s", c->number, l->status, l->device->user,
			      sip_err_text(l->why));
	if (l->status != 200 || w->has_outages || w->base.o.loss > 60000 || c->kind == SIM_DESERT)
		return;
	if (l->gave_up || (!l->has_ack && !l->has_bye))
		sim_violation(&w->base, "call %u: %s has answered and got no ACK", c->number, l->device->user);
	if (!dialog_of(c, l->tag))
		sim_violation(&w->base, "call %u: %s has answered and the caller does not know", c->number, l->device->user);
}

static bool has_answered(const struct sim_call *c)
{
	for (unsigned i = 0; i < c->leg_count; i++)
		if (c->legs[i].status == 200)
			return true;
	return false;
}

/* What must become of a call of its kind when nothing stands in the way. */
static bool is_expected(const struct sim_world *w, const struct sim_call *c, unsigned status)
{
	switch (c->kind) {
	case SIM_ANSWER:
	case SIM_MESSAGE:
	case SIM_OPTIONS:
		return status == 200;
	case SIM_BUSY:
		return status == 486;
	case SIM_DECLINE:
		return status == 603;
	case SIM_REDIRECT:
		return status == (w->servers.has_redirect_followed ? 200u : 302u);
	case SIM_NO_ANSWER:
		return status == 487;
	case SIM_TIMER_C:
		return status == 487 || status == 408;
	case SIM_CANCEL:
	case SIM_RACE: /* cancelled while it was with the first target, it does not go on to the next */
		return status == 487 || status == 200 || (status == 503 && w->servers.has_dead_first);
	case SIM_ABANDON:
		return status == 500;
	case SIM_UNKNOWN:
		return status == 404 || status == 480 || status == 500;
	case SIM_DESERT:
	case SIM_KIND_COUNT:
		break;
	}
	return false;
}

static void check_call(struct sim_world *w, const struct sim_call *c)
{
	const struct sim_client *first = &w->clients[c->client];
	bool is_invite = first->purpose == SIM_FOR_INVITE;

	if (!c->has_begun) {
		sim_violation(&w->base, "call %u never began", c->number);
		return;
	}
	if (c->is_sure && !is_expected(w, c, first->status))
		sim_violation(&w->base, "call %u (%s, %s to %s) got %u%s", c->number, sim_kind_name(c->kind), c->caller->user,
			      c->callee ? c->callee->user : "nobody", first->status, first->is_local ? " made here" : "");
	if (is_invite && first->status / 100 == 2 && !has_answered(c))
		sim_violation(&w->base, "call %u got a 2xx that nobody gave", c->number);
	for (unsigned i = 0; i < c->dialog_count; i++)
		check_dialog(w, c, &c->dialogs[i]);
	for (unsigned i = 0; i < c->leg_count; i++)
		check_leg(w, c, &c->legs[i]);
}

static void check_client(struct sim_world *w, const struct sim_client *c)
{
	bool is_bye = c->purpose == SIM_FOR_BYE_UAC || c->purpose == SIM_FOR_BYE_UAS;

	if (c->ended != 1)
		sim_violation(&w->base, "a client transaction has ended %u times (call %d, final %u)", c->ended,
			      c->call ? (int)c->call->number : -1, c->status);
	if (c->finals == 0 && !c->is_deserted)
		sim_violation(&w->base, "a client transaction has no final (call %d)", c->call ? (int)c->call->number : -1);
	if (is_bye && c->status != 200 && c->call->kind != SIM_DESERT && !w->has_outages && w->base.o.loss <= 60000)
		sim_violation(&w->base, "a BYE of call %u got %u%s", c->call->number, c->status, c->is_local ? " made here" : "");
}

void sim_check_calls(struct sim_world *w)
{
	for (unsigned i = 0; i < w->base.o.calls; i++)
		check_call(w, &w->calls[i]);
	for (size_t i = 0; i < w->client_count; i++)
		check_client(w, &w->clients[i]);
}

/* ---- gauges ---------------------------------------------------------------------------------- */

void sim_check_gauges(struct sim_world *w)
{
	static const char *const names[SIM_PHONES] = { "phone 0", "phone 1" };

	sim_check_rest(&w->base);
	sim_servers_check(&w->servers);
	for (unsigned i = 0; i < SIM_PHONES; i++) {
		sim_check_stack(&w->base, names[i], w->phones[i].stack);
		sim_check_zero(&w->base, names[i], "server transactions known", (int64_t)w->phones[i].server_txs.count);
		sim_check_flows(&w->base, names[i], w->phones[i].stack);
	}
}
