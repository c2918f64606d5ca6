/* Builds a town from its seed: the managers, who lives at which, how they are set up, and where they register. */
#include "tests/sim/dum/town.h"

/* ---- what managers tell ------------------------------------------------------------------------------- */

static void drop_person(void *data)
{
	struct sim_person *p = data;

	p->manager->town->dropped++;
}

static void on_registration(struct dum *d, const struct dum_event *e)
{
	struct sim_manager *m = sim_manager_of(d);
	struct sim_person *p = dum_data(m->dum, e->handle);

	if (!p) {
		sim_violation(&m->town->base, "%s of a registration nobody knows", dum_event_name(e->kind));
		return;
	}
	sim_trace(&m->town->base, "%s: %s %u", p->user, dum_event_name(e->kind), e->status);
	if (e->kind == DUM_EVENT_REGISTRATION_SUCCESS)
		p->is_registered = true;
	p->is_removed |= e->kind == DUM_EVENT_REGISTRATION_REMOVED;
	if (e->kind == DUM_EVENT_REGISTRATION_FAILURE && !(m->is_leaving && m->town->has_outages))
		sim_violation(&m->town->base, "%s is not registered: %u", p->user, e->status);
}

static void on_credentials(struct dum *d, const struct dum_event *e)
{
	struct sim_manager *m = sim_manager_of(d);
	enum sip_err err = dum_provide_password(d, e->request, SIP_STR("secret"));

	if (err != SIP_OK)
		sim_violation(&m->town->base, "a password is refused: %s", sip_err_text(err));
}

static void on_deed_failed(struct dum *d, const struct dum_event *e)
{
	sim_violation(&sim_manager_of(d)->town->base, "a deed has failed: %s", sip_err_text(e->err));
}

static void on_shutdown(struct dum *d, const struct dum_event *e)
{
	struct sim_manager *m = sim_manager_of(d);

	(void)e;
	sim_trace(&m->town->base, "%s is down", m->name);
	if (m->is_down || !m->is_leaving)
		sim_violation(&m->town->base, "%s is down %s", m->name, m->is_down ? "twice" : "unasked");
	m->is_down = true;
}

static void on_session(struct dum *d, const struct dum_event *e)
{
	struct sim_manager *m = sim_manager_of(d);

	m->town->events++;
	sim_talk_event(m, e);
}

static void on_set(struct dum *d, const struct dum_event *e)
{
	struct sim_manager *m = sim_manager_of(d);
	struct sim_dial *c = dum_data(d, e->handle);

	m->town->events++;
	if (c)
		sim_dial_event(c, m, e);
}

static void on_ready_to_send(struct dum *d, struct dum_handle usage, struct sip_message *message)
{
	sim_talk_sends(sim_manager_of(d), usage, message);
}

#define DUM_SESSION_EVENT(id, fn, when) .fn = on_session,
static const struct dum_session_handler session_handler = {
#include "dum/core/event_table.h"
};
#define DUM_SET_EVENT(id, fn, when) .fn = on_set,
static const struct dum_set_handler set_handler = {
#include "dum/core/event_table.h"
};
#define DUM_REGISTRATION_EVENT(id, fn, when) .fn = on_registration,
static const struct dum_registration_handler registration_handler = {
#include "dum/core/event_table.h"
};
static const struct dum_manager_handler manager_handler = {
	.on_credentials_needed = on_credentials, .on_deed_failed = on_deed_failed, .on_shutdown = on_shutdown,
};

/* ---- managers -------------------------------------------------------------------------------------------- */

static void set_number(struct dum_profile *p, enum dum_profile_setting id, int64_t n)
{
	SIM_MUST(dum_profile_set_number(p, id, (uint32_t)n) == SIP_OK);
}

static void set_text(struct dum_profile *p, enum dum_profile_setting id, const char *text)
{
	SIM_MUST(dum_profile_set_text(p, id, sip_str_of(text)) == SIP_OK);
}

/* How it talks: session timers, reliable provisional responses. Some want what others do not have. */
static void choose_manners(struct sim_base *b, struct dum_profile *p)
{
	static const uint32_t times[] = { 0, 90, 100, 300 };

	set_number(p, DUM_PROFILE_SESSION_TIME, times[sim_between(b, 0, 3)]);
	set_number(p, DUM_PROFILE_MIN_SE, sim_chance(b, 30) ? 120 : 90);
	set_number(p, DUM_PROFILE_SESSION_TIMER_MODE, sim_between(b, DUM_SESSION_TIMER_NONE, DUM_SESSION_TIMER_CALLEE));
	set_number(p, DUM_PROFILE_UAC_RELIABLE, sim_between(b, DUM_RELIABLE_NEVER, DUM_RELIABLE_SUPPORTED_ESSENTIAL));
	set_number(p, DUM_PROFILE_UAS_RELIABLE, sim_between(b, DUM_RELIABLE_NEVER, DUM_RELIABLE_SUPPORTED_ESSENTIAL));
	set_number(p, DUM_PROFILE_STALE_CALL_TIME, sim_chance(b, 30) ? 15 : 180);
	if (sim_chance(b, 70))
		set_text(p, DUM_PROFILE_METHODS, "INVITE, ACK, CANCEL, OPTIONS, BYE, UPDATE, PRACK, INFO, MESSAGE");
	else
		set_text(p, DUM_PROFILE_METHODS, "INVITE, ACK, CANCEL, BYE, PRACK, INFO, MESSAGE");
	dum_profile_set_flag(p, DUM_PROFILE_VALIDATE_CONTENT, false);
	dum_profile_set_flag(p, DUM_PROFILE_FOLLOW_REDIRECTS, sim_chance(b, 70));
}

static void on_leaves(void *arg)
{
	struct sim_manager *m = arg;

	sim_trace(&m->town->base, "%s leaves", m->name);
	m->is_leaving = true;
	SIM_MUST(dum_shutdown(m->dum) == SIP_OK);
}

static void make_manager(struct sim_town *town, unsigned number)
{
	struct sim_manager *m = &town->managers[number];
	struct sim_base *b = &town->base;
	struct dum_options o;

	m->town = town;
	m->number = number;
	snprintf(m->name, sizeof m->name, number == SIM_MANAGERS ? "link" : "m%u", number);
	snprintf(m->address, sizeof m->address, "10.2.0.%u", number + 1);
	sip_timer_init(&m->leaves, on_leaves, m);
	SIM_MUST(dum_profile_create(NULL, &m->profile) == SIP_OK);
	choose_manners(b, m->profile);
	if (town->has_challenge && number != SIM_MANAGERS) {
		set_text(m->profile, DUM_PROFILE_DIGEST_REALM, "town");
		set_text(m->profile, DUM_PROFILE_DIGEST_METHODS, "INVITE");
	}
	m->stack = sim_stack_make(b, &town->zone.source);
	m->loop = sip_stack_loop(m->stack, 0);
	dum_options_init(&o);
	o.stack = m->stack;
	o.profile = m->profile;
	o.data = m;
	o.handlers.session = &session_handler;
	o.handlers.set = &set_handler;
	o.handlers.registration = &registration_handler;
	o.handlers.manager = &manager_handler;
	o.handlers.on_ready_to_send = on_ready_to_send;
	SIM_MUST(dum_create(&o, &m->dum) == SIP_OK);
	SIM_MUST(sip_stack_start(m->stack) == SIP_OK);
	SIM_MUST(dum_start(m->dum) == SIP_OK);
	(void)sim_listen(b, m->stack, SIP_TRANSPORT_UDP, m->address, town->servers.idle_s);
	(void)sim_listen(b, m->stack, SIP_TRANSPORT_TCP, m->address, town->servers.idle_s);
}

/* ---- persons --------------------------------------------------------------------------------------------- */

static void enrol(struct sim_person *p)
{
	struct sim_town *town = p->manager->town;
	struct dum_register_options o;

	dum_register_options_init(&o);
	o.contacts = sip_str_of(p->contact);
	o.expires_s = (uint32_t)sim_between(&town->base, 60, 90);
	o.profile = p->profile;
	SIM_MUST(dum_register(p->manager->dum, &o, &p->registration) == SIP_OK);
	town->hung++;
	SIM_MUST(dum_set_data(p->manager->dum, p->registration, p, drop_person) == SIP_OK);
}

static void make_person(struct sim_town *town, unsigned number)
{
	struct sim_base *b = &town->base;
	struct sim_person *p = &town->persons[number];
	bool is_tcp = town->servers.wire == SIM_WIRE_TCP || (town->servers.wire == SIM_WIRE_MIXED && sim_chance(b, 50));

	p->account = &town->accounts[number < SIM_ACCOUNTS ? number : (unsigned)sim_between(b, 0, SIM_ACCOUNTS - 1)];
	p->manager = &town->managers[sim_between(b, 0, SIM_MANAGERS - 1)];
	snprintf(p->user, sizeof p->user, "p%u", number);
	snprintf(p->from, sizeof p->from, "<sip:%s@a.sim>", p->account->user);
	snprintf(p->uri, sizeof p->uri, "sip:%s@%s%s", p->user, p->manager->address, is_tcp ? ";transport=tcp" : "");
	snprintf(p->contact, sizeof p->contact, "<%s>%s", p->uri, sim_chance(b, 20) ? ";q=0.5" : "");
	SIM_MUST(dum_profile_create(p->manager->profile, &p->profile) == SIP_OK);
	choose_manners(b, p->profile);
	set_text(p->profile, DUM_PROFILE_FROM, p->from);
	set_text(p->profile, DUM_PROFILE_CONTACT_USER, p->user);
	SIM_MUST(dum_profile_add_credentials(p->profile, SIP_STR("town"), sip_str_of(p->user), SIP_STR("secret")) == SIP_OK);
	if (town->has_proxy)
		enrol(p);
}

/* ---- all of it --------------------------------------------------------------------------------------------- */

static void choose_shape(struct sim_town *town)
{
	struct sim_base *b = &town->base;
	struct sim_servers *s = &town->servers;

	s->base = b;
	s->idle_s = SIM_TOWN_IDLE_S;
	s->wire = sim_choose_wire(b);
	town->layout = (enum sim_layout)sim_between(b, 0, SIM_LAYOUT_COUNT - 1);
	if (b->o.layout >= 0)
		town->layout = (enum sim_layout)b->o.layout;
	town->has_proxy = town->layout == SIM_LAYOUT_PROXY || (town->layout == SIM_LAYOUT_LINKED && sim_chance(b, 50));
	s->repro_count = town->has_proxy;
	s->has_record_route = sim_chance(b, 60);
	s->has_redirect_followed = sim_chance(b, 50);
	town->has_challenge = town->layout == SIM_LAYOUT_DIRECT && sim_chance(b, 30);
	town->has_outages = s->wire == SIM_WIRE_UDP && sim_chance(b, 20);
	town->has_early_leaver = sim_chance(b, 20);
	town->house_count = town->layout == SIM_LAYOUT_LINKED ? SIM_HOUSES : SIM_MANAGERS;
}

static void plan_leaving(struct sim_town *town)
{
	int64_t span = town->calls_us - town->base.clock.now;

	for (unsigned i = 0; i < town->house_count; i++) {
		struct sim_manager *m = &town->managers[i];
		bool is_early = i == 0 && town->has_early_leaver;
		sip_loop_arm(m->loop, &m->leaves, is_early ? sim_between(&town->base, 0, span) : span + SIM_CALLS_END);
	}
}

void sim_town_build(struct sim_town *town)
{
	struct sim_base *b = &town->base;

	choose_shape(town);
	sim_base_make_net(b);
	town->hops = sim_hops_create(b);
	sim_zone_init(&town->zone, &town->servers);
	sim_servers_open(&town->servers);
	for (unsigned i = 0; i < town->house_count; i++)
		make_manager(town, i);
	for (unsigned i = 0; i < SIM_ACCOUNTS; i++)
		snprintf(town->accounts[i].user, sizeof town->accounts[i].user, "u%u", i);
	for (unsigned i = 0; i < SIM_PERSONS; i++)
		make_person(town, i);
	town->dials = sip_alloc_zero((size_t)b->o.calls * sizeof *town->dials + 1);
	SIM_MUST(town->dials != NULL);
	for (unsigned i = 0; i < b->o.calls; i++)
		sim_dial_plan(&town->dials[i], town, i, SIP_SECONDS(8) + i * SIP_MS(SIM_DIAL_GAP_MS));
	plan_leaving(town);
}

static void release_dial(struct sim_dial *c)
{
	while (!sip_list_is_empty(&c->talks)) {
		struct sim_talk *t = SIP_CONTAINER(c->talks.next, struct sim_talk, node);
		sip_list_remove(&t->node);
		sip_free(t);
	}
}

void sim_town_tear_down(struct sim_town *town)
{
	for (unsigned i = 0; i < town->house_count; i++)
		sip_stack_stop(town->managers[i].stack);
	for (unsigned i = 0; i < town->house_count; i++) {
		struct sim_manager *m = &town->managers[i];
		struct dum *d = m->dum; /* known by it until its last word is said */
		dum_destroy(&d);
		m->dum = NULL;
		sip_stack_destroy(&m->stack);
		dum_profile_unref(&m->profile);
	}
	sim_servers_close(&town->servers);
	for (unsigned i = 0; i < SIM_PERSONS; i++)
		dum_profile_unref(&town->persons[i].profile);
	for (unsigned i = 0; i < town->base.o.calls; i++)
		release_dial(&town->dials[i]);
	sim_hops_destroy(&town->hops);
	sip_memory_net_unref(&town->base.net);
	sip_free(town->dials);
}
