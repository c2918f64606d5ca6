/* What must hold when the town has come to rest: both sides of every talk know the same of it, and nothing is left. */
#include "tests/sim/dum/town.h"

static const char *const reasons[DUM_REASON_COUNT] = {
#define DUM_REASON(id, text) #id,
#include "dum/core/reason_table.h"
#undef DUM_REASON
};

/* ---- two sides --------------------------------------------------------------------------------------- */

static struct sim_talk *next_talk(struct sim_dial *c, const struct sim_talk *t)
{
	struct sip_list *next = t ? t->node.next : c->talks.next;

	return next == &c->talks ? NULL : SIP_CONTAINER(next, struct sim_talk, node);
}

static struct sim_talk *other_side(struct sim_dial *c, const struct sim_talk *t)
{
	for (struct sim_talk *u = next_talk(c, NULL); u; u = next_talk(c, u))
		if (u->is_client != t->is_client && u->tag[0] && strcmp(u->tag, t->tag) == 0 && strcmp(u->call_id, t->call_id) == 0)
			return u;
	return NULL;
}

/* How two sides may see the end of what was between them; what is not listed must not be. */
static bool may_end(struct sim_dial *c, enum dum_reason client, enum dum_reason server, bool was_answered)
{
	enum when { ANSWERED, UNANSWERED, EITHER, RUDE };
	static const struct {
		enum dum_reason client, server;
		enum when when;
	} pairs[] = {
#define SIM_OUTCOME(client, server, when) { DUM_REASON_##client, DUM_REASON_##server, when },
#include "tests/sim/dum/outcome_table.h"
#undef SIM_OUTCOME
	};

	for (size_t i = 0; i < SIP_COUNTOF(pairs); i++)
		if (pairs[i].client == client && pairs[i].server == server &&
		    (pairs[i].when == EITHER || pairs[i].when == (was_answered ? ANSWERED : UNANSWERED) ||
		     (pairs[i].when == RUDE && c->is_rude)))
			return true;
	return false;
}

/* What was being agreed on when it ended one side alone may know of. */
static bool agree(const struct sim_talk *a, const struct sim_talk *b)
{
	unsigned n = a->agreed_count < b->agreed_count ? a->agreed_count : b->agreed_count;
	unsigned most = a->agreed_count > b->agreed_count ? a->agreed_count : b->agreed_count;

	return most - n <= 1 && memcmp(a->agreed, b->agreed, n * sizeof a->agreed[0]) == 0;
}

static void check_pair(struct sim_town *town, struct sim_dial *c, const struct sim_talk *client, const struct sim_talk *server)
{
	town->outcomes[client->reason][server->reason]++;
	if (town->has_outages)
		return;
	if (client->is_connected && !server->is_connected)
		sim_violation(&town->base, "call %u stands for the caller (%s) and not for the callee (%s)", c->number,
			      reasons[client->reason], reasons[server->reason]);
	if (!may_end(c, client->reason, server->reason, server->is_connected))
		sim_violation(&town->base, "call %u ended as %s for the caller (%s), %s for the callee (%s)", c->number,
			      reasons[client->reason], client->is_connected ? "connected" : "not connected", reasons[server->reason],
			      server->is_connected ? "connected" : "not connected");
	if (client->is_connected && !client->is_linked && !server->is_linked && !agree(client, server))
		sim_violation(&town->base, "call %u: %u exchanges for the caller, %u for the callee, not the same", c->number,
			      client->agreed_count, server->agreed_count);
}

static void check_talk(struct sim_town *town, struct sim_dial *c, const struct sim_talk *t)
{
	const struct sim_talk *u = other_side(c, t);

	if (!t->is_over)
		sim_violation(&town->base, "call %u: a %s at %s never ends", c->number, t->is_client ? "caller's talk" : "callee's talk",
			      t->manager->name);
	if (t->is_client && u && t->is_over && u->is_over)
		check_pair(town, c, t, u);
	if (t->is_client && !u)
		sim_violation(&town->base, "call %u: the caller speaks with %s, who is nobody", c->number, t->tag);
}

/* ---- a call ------------------------------------------------------------------------------------------- */

static unsigned count(struct sim_dial *c, bool is_client, bool is_linked)
{
	unsigned n = 0;

	for (const struct sim_talk *t = next_talk(c, NULL); t; t = next_talk(c, t))
		n += t->is_client == is_client && t->is_linked == is_linked && t->is_connected;
	return n;
}

/* Its caller wants it until somebody answers, and, behind a link, who answers waits until the caller knows. */
static bool is_wanted(struct sim_dial *c)
{
	if (c->has_cancelled || c->is_negligent)
		return false;
	/* One that is redirected again and again may be stale without a session that is told so. */
	if (dum_profile_number(c->caller->profile, DUM_PROFILE_STALE_CALL_TIME) < SIM_PATIENCE_S)
		return false;
	for (const struct sim_talk *t = next_talk(c, NULL); t; t = next_talk(c, t))
		if (t->is_ending && (c->town->layout == SIM_LAYOUT_LINKED || (t->is_client && !t->is_connected)))
			return false;
	return true;
}

static bool has_accepted(struct sim_dial *c)
{
	for (const struct sim_talk *t = next_talk(c, NULL); t; t = next_talk(c, t))
		if (!t->is_client && !t->is_linked && t->is_connected)
			return true;
	return false;
}

/* The one who has answered, if there was but one, and the caller if there is one. */
static struct sim_talk *only(struct sim_dial *c, bool is_client, bool is_linked)
{
	struct sim_talk *one = NULL;

	for (struct sim_talk *t = next_talk(c, NULL); t; t = next_talk(c, t)) {
		if (t->is_client != is_client || t->is_linked != is_linked)
			continue;
		if (one)
			return NULL;
		one = t;
	}
	return one;
}

/* Through the link as without it, where the link does not refresh of its own. */
static void check_ends(struct sim_town *town, struct sim_dial *c)
{
	const struct sim_talk *a = only(c, true, false), *b = only(c, false, false);

	if (town->layout != SIM_LAYOUT_LINKED || town->has_outages || !a || !b || other_side(c, a) == b ||
	    dum_profile_number(town->managers[SIM_MANAGERS].profile, DUM_PROFILE_SESSION_TIME))
		return;
	if (a->is_connected && (!b->is_connected || !agree(a, b)))
		sim_violation(&town->base, "call %u through the link: %u exchanges for the caller, %u for the callee, not the same",
			      c->number, a->agreed_count, b->agreed_count);
}

static void check_dial(struct sim_town *town, struct sim_dial *c)
{
	struct sim_base *b = &town->base;

	if (!c->has_begun)
		sim_violation(b, "call %u never began", c->number);
	if (!c->is_set_over)
		sim_violation(b, "call %u: its set never ends", c->number);
	for (const struct sim_talk *t = next_talk(c, NULL); t; t = next_talk(c, t))
		check_talk(town, c, t);
	if (count(c, true, false) > 1)
		sim_violation(b, "call %u stands %u times for its caller", c->number, count(c, true, false));
	if (count(c, true, false) && !has_accepted(c))
		sim_violation(b, "call %u stands, and nobody has accepted it", c->number);
	if (!count(c, true, false) && has_accepted(c) && is_wanted(c) && !town->has_outages && !town->has_early_leaver)
		sim_violation(b, "call %u was accepted, and its caller does not know", c->number);
	check_ends(town, c);
}

/* ---- all of it ------------------------------------------------------------------------------------------ */

static void check_manager(struct sim_town *town, struct sim_manager *m)
{
	struct sim_base *b = &town->base;
	struct dum_counts counts;

	if (!m->is_down)
		sim_violation(b, "%s does not shut down", m->name);
	dum_counts(m->dum, &counts);
	sim_check_zero(b, m->name, "handles", (int64_t)dum_count(m->dum));
	sim_check_zero(b, m->name, "lost events", (int64_t)counts.events_lost);
	sim_check_zero(b, m->name, "deeds not done", (int64_t)(counts.deeds_posted - counts.deeds_done));
	sim_check_stack(b, m->name, m->stack);
	sim_check_flows(b, m->name, m->stack);
}

void sim_town_check(struct sim_town *town)
{
	for (unsigned i = 0; i < town->base.o.calls; i++)
		check_dial(town, &town->dials[i]);
	for (unsigned i = 0; i < SIM_PERSONS && town->has_proxy; i++)
		if (!town->persons[i].is_registered || (!town->persons[i].is_removed && !town->has_outages))
			sim_violation(&town->base, "%s was never %s", town->persons[i].user,
				      town->persons[i].is_registered ? "removed" : "registered");
	sim_hops_check(town->hops, !town->has_outages);
	sim_check_rest(&town->base);
	for (unsigned i = 0; i < town->house_count; i++)
		check_manager(town, &town->managers[i]);
	sim_servers_check(&town->servers);
	sim_check_zero(&town->base, "the town", "data not given back", (int64_t)(town->hung - town->dropped));
}
