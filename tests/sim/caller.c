/* The caller's side of a call: RFC 3261 13.2, 9.1, 15. Every 2xx gets its ACK again; what nobody wants gets BYE. */
#include "tests/sim/sim.h"

/* ---- sending what begins it ------------------------------------------------------------------ */

static struct sip_message *make_first(struct sim_call *c, enum sip_method method)
{
	struct sim_world *w = c->world;
	const char *domain = c->callee ? w->servers.repros[c->callee->domain].domain
			     : c->number % 2 ? "nowhere.sim" : w->servers.repros[0].domain;
	const char *user = c->callee ? c->callee->user : "nobody";
	char uri[48], to[56], from[80], id[40];
	struct sip_request_options o;

	sip_request_options_init(&o);
	snprintf(uri, sizeof uri, "sip:%s@%s", user, domain);
	snprintf(to, sizeof to, "<%s>", uri);
	snprintf(from, sizeof from, "<sip:%s@%s>;tag=t%u", c->caller->account->user,
		 w->servers.repros[c->caller->account->domain].domain, c->number);
	snprintf(id, sizeof id, "c%u-%08x", c->number, (unsigned)(sim_seed(&w->base) >> 32));
	o.method = sip_method_names[method];
	o.uri = sip_str_of(uri);
	o.from = sip_str_of(from);
	o.to = sip_str_of(to);
	o.call_id = sip_str_of(id);
	o.cseq = 1;
	if (method == SIP_METHOD_INVITE)
		o.contact = sip_str_of(c->caller->contact);
	if (method == SIP_METHOD_MESSAGE) {
		o.content_type = SIP_STR("text/plain");
		o.body = SIP_STR("Watson, come here.");
	}
	return sim_request(&o);
}

static void on_give_up(void *arg)
{
	struct sim_call *c = arg;
	struct sim_world *w = c->world;
	struct sim_client *client = &w->clients[c->client];
	struct sip_user *user = c->caller->phone->user;

	if (c->kind == SIM_DESERT) {
		sim_trace(&w->base, "agent %s forgets call %u", c->caller->user, c->number);
		client->is_deserted = true;
		SIM_MUST(sip_user_abandon(user, c->tx) == SIP_OK);
		return;
	}
	if (client->finals && !c->is_nervous)
		return;
	c->is_cancelled = c->is_cancelled || !client->finals;
	sim_trace(&w->base, "agent %s cancels call %u", c->caller->user, c->number);
	SIM_MUST(sip_user_cancel(user, c->tx, sip_str_make(NULL, 0)) == SIP_OK);
	if (c->is_nervous && sim_chance(&w->base, 70))
		sip_loop_arm(c->caller->phone->loop, &c->give_up, sim_between(&w->base, 0, SIP_SECONDS(5)));
}

static void arm_give_up(struct sim_call *c)
{
	struct sim_world *w = c->world;
	int64_t after;

	if (c->kind == SIM_CANCEL)
		after = sim_between(&w->base, 0, SIP_SECONDS(3));
	else if (c->kind == SIM_RACE)
		after = sim_between(&w->base, SIP_MS(800), SIP_MS(3500));
	else if (c->kind == SIM_NO_ANSWER)
		after = sim_between(&w->base, SIP_SECONDS(6), SIP_SECONDS(20));
	else if (c->kind == SIM_DESERT || c->is_nervous)
		after = sim_between(&w->base, 0, SIP_SECONDS(6));
	else
		return;
	sip_loop_arm(c->caller->phone->loop, &c->give_up, after);
}

static void on_begin(void *arg)
{
	struct sim_call *c = arg;
	struct sim_world *w = c->world;
	bool is_deserted = c->kind == SIM_DESERT && sim_chance(&w->base, 20);
	bool is_other = c->kind == SIM_MESSAGE || c->kind == SIM_OPTIONS || is_deserted;
	enum sip_method method = c->kind == SIM_MESSAGE || is_deserted ? SIP_METHOD_MESSAGE
				 : c->kind == SIM_OPTIONS ? SIP_METHOD_OPTIONS : SIP_METHOD_INVITE;

	c->has_begun = true;
	sim_trace(&w->base, "call %u: %s, %s to %s", c->number, sim_kind_name(c->kind), c->caller->user,
		  c->callee ? c->callee->user : "nobody");
	c->client = sim_client_add(w, is_other ? SIM_FOR_OTHER : SIM_FOR_INVITE, c, c->caller, NULL);
	sim_agent_request(c->caller, make_first(c, method), false, c->client, &c->tx);
	arm_give_up(c);
}

static enum sim_kind choose_kind(struct sim_world *w)
{
	static const unsigned weights[SIM_KIND_COUNT] = {
#define SIM_KIND(id, text, weight) weight,
#include "tests/sim/kind_table.h"
#undef SIM_KIND
	};
	unsigned at = (unsigned)sim_between(&w->base, 0, 99);

	for (unsigned i = 0; i < SIM_KIND_COUNT; i++) {
		if (at < weights[i])
			return (enum sim_kind)i;
		at -= weights[i];
	}
	return SIM_ANSWER;
}

void sim_call_plan(struct sim_call *c, struct sim_world *w, unsigned number, int64_t delay_us)
{
	c->world = w;
	c->number = number;
	c->kind = choose_kind(w);
	c->caller = &w->devices[sim_between(&w->base, 0, w->device_count - 1)];
	do {
		c->callee = &w->accounts[sim_between(&w->base, 0, SIM_ACCOUNTS - 1)];
	} while (c->callee == c->caller->account);
	c->is_sure = !c->callee->has_ghost && !w->has_outages && w->base.o.loss <= 60000 && c->kind != SIM_DESERT &&
		     !(w->servers.has_dead_first && w->servers.dead == SIM_DEAD_SILENT &&
		       (sim_is_by_name(c->caller) || c->callee->domain != c->caller->account->domain));
	if ((c->kind == SIM_MESSAGE || c->kind == SIM_OPTIONS) && sim_chance(&w->base, 30)) {
		c->is_sure = false;
		c->is_nervous = sim_chance(&w->base, 50);
	}
	if (c->kind == SIM_CANCEL || c->kind == SIM_RACE)
		c->is_nervous = sim_chance(&w->base, 20);
	if (c->kind == SIM_UNKNOWN)
		c->callee = NULL;
	sip_timer_init(&c->begin, on_begin, c);
	sip_timer_init(&c->give_up, on_give_up, c);
	sip_loop_arm(c->caller->phone->loop, &c->begin, delay_us + sim_between(&w->base, 0, SIP_MS(SIM_CALL_GAP_MS)));
}

/* ---- dialogs --------------------------------------------------------------------------------- */

static struct sim_dialog *find_dialog(struct sim_call *c, struct sip_str tag)
{
	for (unsigned i = 0; i < c->dialog_count; i++)
		if (sip_str_eq(sip_str_of(c->dialogs[i].tag), tag))
			return &c->dialogs[i];
	return NULL;
}

static void on_hang_up(void *arg)
{
	struct sim_dialog *d = arg;
	struct sim_call *c = d->call;
	struct sip_message *bye;
	uint64_t tx;

	if (d->is_over)
		return;
	d->is_over = true;
	bye = sim_dialog_request(c->caller, d->ok, true, NULL, SIP_METHOD_BYE, ++d->cseq);
	sim_agent_request(c->caller, bye, true,
			  sim_client_add(c->world, SIM_FOR_BYE_UAC, c, c->caller, d), &tx);
}

static void acknowledge(struct sim_dialog *d)
{
	struct sim_device *caller = d->call->caller;

	d->acks++;
	sim_agent_ack(caller, sim_dialog_request(caller, d->ok, true, NULL, SIP_METHOD_ACK, 1));
}

static struct sim_dialog *make_dialog(struct sim_call *c, struct sip_str tag, struct sip_message *ok)
{
	struct sim_dialog *d;

	if (c->dialog_count == SIM_DIALOGS) {
		sim_violation(&c->world->base, "call %u has more dialogs than it rang devices", c->number);
		return NULL;
	}
	d = &c->dialogs[c->dialog_count++];
	d->call = c;
	d->cseq = 1;
	sim_copy_tag(d->tag, tag);
	d->ok = ok;
	sip_message_ref(ok);
	sip_timer_init(&d->hang_up, on_hang_up, d);
	return d;
}

static void on_success(struct sim_call *c, struct sip_message *m)
{
	struct sim_world *w = c->world;
	const struct sip_name_addr *to = sip_message_name_addr(m, SIP_HEADER_TO, 0);
	struct sim_dialog *d;
	bool is_wanted;

	if (!to || !to->tag.p || !sip_message_name_addr(m, SIP_HEADER_CONTACT, 0)) {
		sim_violation(&w->base, "a 2xx to call %u makes no dialog", c->number);
		return;
	}
	d = find_dialog(c, to->tag);
	if (d) {
		acknowledge(d);
		return;
	}
	d = make_dialog(c, to->tag, m);
	if (!d)
		return;
	is_wanted = c->dialog_count == 1 && !c->is_cancelled;
	sim_trace(&w->base, "agent %s: call %u has a dialog with %s%s", c->caller->user, c->number, d->tag,
		  is_wanted ? "" : ", which it does not want");
	acknowledge(d);
	sip_loop_arm(c->caller->phone->loop, &d->hang_up,
		     is_wanted ? sim_between(&w->base, SIP_MS(500), SIP_SECONDS(20)) : sim_between(&w->base, 0, SIP_MS(100)));
}

void sim_caller_response(struct sim_call *c, struct sim_client *client, struct sip_user_event *e)
{
	unsigned status = sip_message_status(e->message);

	if (status < 200)
		return;
	if (!c->is_nervous)
		sip_loop_disarm(c->caller->phone->loop, &c->give_up);
	if (client->finals == 1)
		c->world->stats.outcomes[status / 100]++;
	if (status < 300)
		on_success(c, e->message);
}

void sim_caller_stray(struct sim_call *c, struct sip_message *m)
{
	unsigned status = sip_message_status(m);

	sim_trace(&c->world->base, "agent %s: a stray %u of call %u", c->caller->user, status, c->number);
	if (sip_message_method(m) == SIP_METHOD_INVITE && status >= 200 && status < 300)
		on_success(c, m);
}

unsigned sim_caller_bye(struct sim_call *c, struct sip_str tag)
{
	struct sim_dialog *d = find_dialog(c, tag);

	if (!d)
		return 481;
	d->is_over = true;
	sip_loop_disarm(c->caller->phone->loop, &d->hang_up);
	return 200;
}
