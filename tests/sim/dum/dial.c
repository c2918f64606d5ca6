/* A call as its caller makes it, until somebody answers. */
#include "tests/sim/dum/town.h"

static void choose_target(struct sim_dial *c)
{
	struct sim_town *town = c->town;
	struct sim_base *b = &town->base;
	const struct sim_person *p = &town->persons[sim_between(b, 0, SIM_PERSONS - 1)];

	if (town->layout == SIM_LAYOUT_LINKED && sim_chance(b, 70))
		snprintf(c->target, sizeof c->target, "sip:link-%s@%s%s", town->has_proxy ? p->account->user : p->user,
			 town->managers[SIM_MANAGERS].address, strchr(p->uri, ';') ? ";transport=tcp" : "");
	else if (town->has_proxy)
		snprintf(c->target, sizeof c->target, "sip:%s@a.sim", p->account->user);
	else
		snprintf(c->target, sizeof c->target, "%s", p->uri);
}

static void on_cancel(void *arg)
{
	struct sim_dial *c = arg;
	struct dum *d = c->caller->manager->dum;
	enum sip_err err = dum_end(d, c->set, sip_str_make(NULL, 0));

	sim_trace(&c->town->base, "call %u is given up: %s", c->number, sip_err_text(err));
	c->has_cancelled = true;
	c->is_rude |= !c->offer; /* what the callee offers at this moment nobody answers */
	SIP_LIST_FOR(node, &c->talks) {
		struct sim_talk *t = SIP_CONTAINER(node, struct sim_talk, node);
		if (t->is_client && !t->is_linked)
			sim_talk_note_end(t);
	}
	if (err != SIP_OK && !c->is_set_over)
		sim_violation(&c->town->base, "call %u cannot be given up: %s", c->number, sip_err_text(err));
}

static void on_begin(void *arg)
{
	struct sim_dial *c = arg;
	struct sim_town *town = c->town;
	struct sim_base *b = &town->base;
	struct dum *d = c->caller->manager->dum;
	struct dum_invite_options o;
	char body[SIM_BODY], headers[32];
	enum sip_err err;

	dum_invite_options_init(&o);
	o.target = sip_str_of(c->target);
	o.profile = c->caller->profile;
	snprintf(headers, sizeof headers, "X-Call: %u\r\n", c->number);
	o.headers = sip_str_of(headers);
	if (sim_chance(b, 75)) {
		c->offer = ++town->said;
		o.body = sim_body_make(body, c->offer, 0);
	}
	c->has_begun = true;
	err = dum_invite(d, &o, &c->set);
	sim_trace(b, "call %u, %s to %s: %s", c->number, c->caller->user, c->target, sip_err_text(err));
	if (err != SIP_OK) { /* the manager is shutting down */
		if (!c->caller->manager->is_leaving)
			sim_violation(b, "call %u cannot be made: %s", c->number, sip_err_text(err));
		c->is_set_over = true;
		return;
	}
	SIM_MUST(dum_set_data(d, c->set, c, NULL) == SIP_OK);
	if (sim_chance(b, 18))
		sip_loop_arm(c->caller->manager->loop, &c->cancel, sim_between(b, 0, SIP_SECONDS(9)));
}

void sim_dial_event(struct sim_dial *c, const struct sim_manager *m, const struct dum_event *e)
{
	sim_trace(&c->town->base, "call %u at %s: %s %u", c->number, m->name, dum_event_name(e->kind), e->status);
	if (m != c->caller->manager)
		return; /* the set of the one who links it */
	if (c->is_set_over)
		sim_violation(&c->town->base, "call %u: %s after its end", c->number, dum_event_name(e->kind));
	if (e->kind != DUM_EVENT_SET_TERMINATED)
		return;
	c->is_set_over = true;
	sip_loop_disarm(c->caller->manager->loop, &c->cancel);
}

static int64_t choose_length(struct sim_base *b)
{
	int64_t dice = sim_between(b, 0, 99);

	if (dice < 10)
		return sim_between(b, 0, SIP_MS(300));
	return dice < 80 ? sim_between(b, SIP_MS(300), SIP_SECONDS(40)) : sim_between(b, SIP_SECONDS(40), SIP_SECONDS(400));
}

void sim_dial_plan(struct sim_dial *c, struct sim_town *town, unsigned number, int64_t delay_us)
{
	struct sim_base *b = &town->base;

	c->town = town;
	c->number = number;
	c->caller = &town->persons[sim_between(b, 0, SIM_PERSONS - 1)];
	c->hanger = (enum sim_hanger)sim_between(b, 0, SIM_HANGER_COUNT - 1);
	c->talk_us = choose_length(b);
	c->is_eager = sim_chance(b, 15);
	sip_list_init(&c->talks);
	choose_target(c);
	sip_timer_init(&c->begin, on_begin, c);
	sip_timer_init(&c->cancel, on_cancel, c);
	sip_loop_arm(c->caller->manager->loop, &c->begin, delay_us + sim_between(b, 0, SIP_MS(SIM_DIAL_GAP_MS)));
}
