/* Builds the world's servers and agents from its seed, and takes them down again. */
#include "tests/sim/sim.h"

/* ---- phones ---------------------------------------------------------------------------------- */

static void make_phone(struct sim_world *w, struct sim_phone *p, unsigned number)
{
	struct sip_user_options uo;
	char at[24];

	p->world = w;
	p->number = number;
	sip_hash_init(&p->server_txs, 0);
	p->stack = sim_stack_make(&w->base, &w->phone_zone.source);
	sip_user_options_init(&uo);
	uo.name = "agent";
	uo.on_event = sim_agent_event;
	uo.arg = p;
	uo.wants_strays = true;
	uo.wants_ended = true;
	SIM_MUST(sip_stack_add_user(p->stack, &uo, &p->user) == SIP_OK);
	p->loop = sip_user_loop(p->user);
	SIM_MUST(sip_stack_start(p->stack) == SIP_OK);
	for (unsigned i = 0; i < SIM_PHONE_ADDRS; i++) {
		snprintf(at, sizeof at, "10.1.%u.%u", number, i + 1);
		p->udp[i] = sim_listen(&w->base, p->stack, SIP_TRANSPORT_UDP, at, SIM_IDLE_S);
		p->tcp[i] = sim_listen(&w->base, p->stack, SIP_TRANSPORT_TCP, at, SIM_IDLE_S);
	}
}

static const char *choose_q(struct sim_world *w, unsigned style, unsigned at)
{
	static const char *const falling[SIM_DEVICES_EACH] = { ";q=1.0", ";q=0.7", ";q=0.3" };

	if (style == 0)
		return "";
	if (style == 1)
		return ";q=0.5";
	return falling[(at + (style == 2 ? 0 : (unsigned)sim_between(&w->base, 0, 2))) % SIM_DEVICES_EACH];
}

static void make_device(struct sim_world *w, struct sim_account *a, unsigned at, unsigned style)
{
	struct sim_device *d = &w->devices[w->device_count];
	struct sim_phone *p = &w->phones[sim_between(&w->base, 0, SIM_PHONES - 1)];
	unsigned i = (unsigned)sim_between(&w->base, 0, SIM_PHONE_ADDRS - 1);
	bool is_tcp = w->servers.wire == SIM_WIRE_TCP || (w->servers.wire == SIM_WIRE_MIXED && sim_chance(&w->base, 50));
	char text[SIP_ADDR_TEXT];

	d->world = w;
	d->account = a;
	d->phone = p;
	d->at = at;
	d->number = w->device_count++;
	d->transport = is_tcp ? p->tcp[i] : p->udp[i];
	d->expires_s = sim_chance(&w->base, 10) ? 10 : (unsigned)sim_between(&w->base, 60, 90);
	d->cseq = 1;
	snprintf(d->user, sizeof d->user, "d%u", d->number);
	snprintf(d->contact, sizeof d->contact, "<sip:d%u@%s%s>%s", d->number,
		 sip_addr_text(sip_transport_bound(d->transport), text), is_tcp ? ";transport=tcp" : "",
		 choose_q(w, style, at));
	snprintf(d->call_id, sizeof d->call_id, "r%u-%08x", d->number, (unsigned)(sim_seed(&w->base) >> 32));
	a->devices[a->device_count++] = d;
	sim_register_start(d, sim_between(&w->base, 0, SIP_SECONDS(2)));
}

static void make_accounts(struct sim_world *w)
{
	for (unsigned i = 0; i < SIM_ACCOUNTS; i++) {
		struct sim_account *a = &w->accounts[i];
		unsigned count = (unsigned)sim_between(&w->base, 1, SIM_DEVICES_EACH);
		unsigned style = (unsigned)sim_between(&w->base, 0, 3);
		snprintf(a->user, sizeof a->user, "u%u", i);
		a->domain = i % w->servers.repro_count;
		a->has_ghost = i % 8 == 7;
		for (unsigned n = 0; n < count; n++)
			make_device(w, a, n, style);
	}
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void choose_shape(struct sim_world *w)
{
	struct sim_base *b = &w->base;
	struct sim_servers *s = &w->servers;
	int64_t layout;

	s->base = b;
	s->idle_s = SIM_IDLE_S;
	s->wire = sim_choose_wire(b);
	layout = sim_between(b, 0, 9);
	w->layout = b->o.layout >= 0 ? (enum sim_layout)b->o.layout : layout < 6 ? SIM_LAYOUT_SINGLE : SIM_LAYOUT_CHAIN;
	s->repro_count = w->layout == SIM_LAYOUT_CHAIN ? 2 : 1;
	s->has_record_route = sim_chance(b, 60);
	s->has_redirect_followed = sim_chance(b, 50);
	s->has_dead_first = sim_chance(b, 50);
	s->dead = (enum sim_dead)sim_between(b, SIM_DEAD_REFUSES, SIM_DEAD_UNAVAILABLE);
	w->has_outages = s->wire == SIM_WIRE_UDP && sim_chance(b, 40);
	w->has_refusals = w->has_outages && sim_chance(b, 50);
}

void sim_build(struct sim_world *w)
{
	choose_shape(w);
	sim_base_make_net(&w->base);
	sim_dead_init(&w->servers);
	w->hops = sim_hops_create(&w->base);
	sim_zone_init(&w->phone_zone, &w->servers);
	sim_servers_open(&w->servers);
	for (unsigned i = 0; i < SIM_PHONES; i++)
		make_phone(w, &w->phones[i], i);
	make_accounts(w);
	w->calls = sip_alloc_zero((size_t)w->base.o.calls * sizeof *w->calls + 1);
	SIM_MUST(w->calls != NULL);
	for (unsigned i = 0; i < w->base.o.calls; i++)
		sim_call_plan(&w->calls[i], w, i, SIP_SECONDS(8) + i * SIP_MS(SIM_CALL_GAP_MS));
}

static void release_call(struct sim_call *c)
{
	for (unsigned i = 0; i < c->dialog_count; i++)
		sip_message_unref(&c->dialogs[i].ok);
	for (unsigned i = 0; i < c->leg_count; i++) {
		sip_message_unref(&c->legs[i].invite);
		sip_message_unref(&c->legs[i].ok);
	}
}

static bool free_server(void *arg, struct sip_hash_node *n)
{
	struct sim_phone *p = arg;
	struct sim_server *s = SIP_CONTAINER(n, struct sim_server, node);

	(void)sip_hash_remove(&p->server_txs, n);
	sip_loop_disarm(p->loop, &s->timer);
	sip_message_unref(&s->request);
	sip_slab_free(&p->world->server_slab, s);
	return true;
}

void sim_tear_down(struct sim_world *w)
{
	for (unsigned i = 0; i < SIM_PHONES; i++)
		sip_stack_stop(w->phones[i].stack);
	sim_servers_close(&w->servers);
	for (unsigned i = 0; i < w->base.o.calls; i++)
		release_call(&w->calls[i]);
	for (size_t i = 0; i < w->client_count; i++)
		sip_message_unref(&w->clients[i].sent);
	for (unsigned i = 0; i < SIM_PHONES; i++) {
		sip_hash_walk(&w->phones[i].server_txs, free_server, &w->phones[i]);
		sip_hash_fini(&w->phones[i].server_txs);
		sip_stack_destroy(&w->phones[i].stack);
	}
	sim_hops_destroy(&w->hops);
	sip_memory_net_unref(&w->base.net);
	sip_slab_fini(&w->server_slab);
	sip_free(w->calls);
	sip_free(w->clients);
}
