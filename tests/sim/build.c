/* Builds the world's stacks, repros and agents from its seed, and takes them down again. */
#include "tests/sim/sim.h"

static void tell_issue(void *arg, const struct sip_settings_issue *issue)
{
	(void)arg;
	if (issue->is_error)
		fprintf(stderr, "sim: configuration: %s\n", issue->text);
}

static struct sip_addr address(const char *text)
{
	struct sip_addr a;

	SIM_MUST(sip_addr_parse_port(&a, sip_str_of(text), 5060) == SIP_OK);
	return a;
}

static struct sip_stack *make_stack(struct sim_world *w, const struct dns_source *source)
{
	struct sip_stack_options o;
	struct sip_stack *s;

	sip_stack_options_init(&o);
	o.layout = SIP_LAYOUT_EMBEDDED;
	o.poll = SIP_POLL_NONE;
	o.clock = &w->clock.clock;
	o.log = &w->log;
	o.seed = sim_seed(w);
	o.hosts_path = "";
	o.dns_source = source;
	SIM_MUST(sip_stack_create(&o, &s) == SIP_OK);
	return s;
}

static struct sip_transport *listen_on(struct sim_world *w, struct sip_stack *s, enum sip_transport_kind kind,
				       const char *at)
{
	struct sip_transport_options o;
	struct sip_transport *t;

	sip_transport_options_init(&o, kind);
	o.bind = address(at);
	o.net = w->net;
	o.idle_s = 30;
	SIM_MUST(sip_stack_add_transport(s, &o, &t) == SIP_OK);
	return t;
}

/* ---- repros ---------------------------------------------------------------------------------- */

static struct repro_config *make_config(const struct sim_world *w, const struct sim_repro *r)
{
	char domains[40];
	const char *overrides[] = {
		domains, "DisableAuth=true", "AlwaysAllowRelaying=true", "TimerC=40", "HttpPort=0",
		"RegistrarMinExpires=60", "QValueMsBeforeCancel=8000", "DNSGreylistDuration=30000",
		w->has_record_route ? "ForceRecordRouting=true" : "ForceRecordRouting=false",
		w->has_redirect_followed ? "RecursiveRedirect=true" : "RecursiveRedirect=false",
	};
	struct repro_config *c = NULL;

	snprintf(domains, sizeof domains, "Domains=%s", r->domain);
	SIM_MUST(repro_config_load(NULL, overrides, SIP_COUNTOF(overrides), tell_issue, NULL, &c) == SIP_OK);
	return c;
}

static void make_registrar(struct sim_world *w, struct sim_repro *r)
{
	struct repro_location_options lo;
	struct sip_nonces_options no;
	struct repro_registrar_options ro = { .store = NULL };

	repro_location_options_init(&lo);
	lo.rand = &w->rand;
	SIM_MUST(repro_location_create(&lo, &r->location) == SIP_OK);
	sip_nonces_options_init(&no);
	no.rand = &w->rand;
	SIM_MUST(sip_nonces_create(&no, &r->nonces) == SIP_OK);
	ro.location = r->location;
	ro.nonces = r->nonces;
	SIM_MUST(repro_registrar_create(&ro, &r->registrar) == SIP_OK);
}

static void make_repro(struct sim_world *w, struct sim_repro *r, unsigned number)
{
	struct repro_proxy_options po;

	r->world = w;
	snprintf(r->domain, sizeof r->domain, "%c.sim", 'a' + (int)number);
	snprintf(r->address, sizeof r->address, "10.0.%u.1", number);
	r->config = make_config(w, r);
	SIM_MUST(sip_metrics_create(repro_metric_rows, REPRO_METRIC_COUNT, &r->metrics) == SIP_OK);
	make_registrar(w, r);
	sim_zone_init(&r->zone, w);
	r->stack = make_stack(w, &r->zone.source);
	r->zone.loop = sip_stack_loop(r->stack, 0);
	repro_proxy_options_init(&po);
	po.stack = r->stack;
	po.config = r->config;
	repro_chains_fill(&po, r->registrar);
	SIM_MUST(repro_proxy_create(&po, r->metrics, &r->proxy) == SIP_OK);
	SIM_MUST(repro_registrar_attach(r->registrar, r->proxy) == SIP_OK);
	SIM_MUST(sip_stack_start(r->stack) == SIP_OK);
	(void)listen_on(w, r->stack, SIP_TRANSPORT_UDP, r->address);
	(void)listen_on(w, r->stack, SIP_TRANSPORT_TCP, r->address);
}

/* ---- phones ---------------------------------------------------------------------------------- */

static void make_phone(struct sim_world *w, struct sim_phone *p, unsigned number)
{
	struct sip_user_options uo;
	char at[24];

	p->world = w;
	p->number = number;
	sip_hash_init(&p->server_txs, 0);
	p->stack = make_stack(w, &w->phone_zone.source);
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
		p->udp[i] = listen_on(w, p->stack, SIP_TRANSPORT_UDP, at);
		p->tcp[i] = listen_on(w, p->stack, SIP_TRANSPORT_TCP, at);
	}
}

static const char *choose_q(struct sim_world *w, unsigned style, unsigned at)
{
	static const char *const falling[SIM_DEVICES_EACH] = { ";q=1.0", ";q=0.7", ";q=0.3" };

	if (style == 0)
		return "";
	if (style == 1)
		return ";q=0.5";
	return falling[(at + (style == 2 ? 0 : (unsigned)sim_between(w, 0, 2))) % SIM_DEVICES_EACH];
}

static void make_device(struct sim_world *w, struct sim_account *a, unsigned at, unsigned style)
{
	struct sim_device *d = &w->devices[w->device_count];
	struct sim_phone *p = &w->phones[sim_between(w, 0, SIM_PHONES - 1)];
	unsigned i = (unsigned)sim_between(w, 0, SIM_PHONE_ADDRS - 1);
	bool is_tcp = w->wire == SIM_WIRE_TCP || (w->wire == SIM_WIRE_MIXED && sim_chance(w, 50));
	char text[SIP_ADDR_TEXT];

	d->world = w;
	d->account = a;
	d->phone = p;
	d->at = at;
	d->number = w->device_count++;
	d->transport = is_tcp ? p->tcp[i] : p->udp[i];
	d->expires_s = sim_chance(w, 10) ? 10 : (unsigned)sim_between(w, 60, 90);
	d->cseq = 1;
	snprintf(d->user, sizeof d->user, "d%u", d->number);
	snprintf(d->contact, sizeof d->contact, "<sip:d%u@%s%s>%s", d->number,
		 sip_addr_text(sip_transport_bound(d->transport), text), is_tcp ? ";transport=tcp" : "",
		 choose_q(w, style, at));
	snprintf(d->call_id, sizeof d->call_id, "r%u-%08x", d->number, (unsigned)(sim_seed(w) >> 32));
	a->devices[a->device_count++] = d;
	sim_register_start(d, sim_between(w, 0, SIP_SECONDS(2)));
}

static void make_accounts(struct sim_world *w)
{
	for (unsigned i = 0; i < SIM_ACCOUNTS; i++) {
		struct sim_account *a = &w->accounts[i];
		unsigned count = (unsigned)sim_between(w, 1, SIM_DEVICES_EACH);
		unsigned style = (unsigned)sim_between(w, 0, 3);
		snprintf(a->user, sizeof a->user, "u%u", i);
		a->domain = i % w->repro_count;
		a->has_ghost = i % 8 == 7;
		for (unsigned n = 0; n < count; n++)
			make_device(w, a, n, style);
	}
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void make_net(struct sim_world *w)
{
	struct sip_memory_options mo;

	sip_memory_options_init(&mo);
	mo.seed = sim_seed(w);
	mo.loss = w->o.loss;
	mo.duplicate = 20000;
	mo.reorder = 20000;
	mo.delay_min_us = SIP_MS(1);
	mo.delay_max_us = SIP_MS(sim_between(w, 20, 200));
	SIM_MUST(sip_memory_net_create(&mo, &w->net) == SIP_OK);
	sim_dead_init(w);
}

static void choose_shape(struct sim_world *w)
{
	int64_t wire = sim_between(w, 0, 9), layout = sim_between(w, 0, 9);

	w->wire = w->o.wire >= 0 ? (enum sim_wire)w->o.wire
				 : wire < 6 ? SIM_WIRE_UDP : wire < 8 ? SIM_WIRE_MIXED : SIM_WIRE_TCP;
	w->layout = w->o.layout >= 0 ? (enum sim_layout)w->o.layout : layout < 6 ? SIM_LAYOUT_SINGLE : SIM_LAYOUT_CHAIN;
	w->repro_count = w->layout == SIM_LAYOUT_CHAIN ? 2 : 1;
	w->has_record_route = sim_chance(w, 60);
	w->has_redirect_followed = sim_chance(w, 50);
	w->has_dead_first = sim_chance(w, 50);
	w->dead = (enum sim_dead)sim_between(w, SIM_DEAD_REFUSES, SIM_DEAD_UNAVAILABLE);
	w->has_outages = w->wire == SIM_WIRE_UDP && sim_chance(w, 40);
	w->has_refusals = w->has_outages && sim_chance(w, 50);
}

void sim_build(struct sim_world *w)
{
	choose_shape(w);
	make_net(w);
	sim_hops_create(w);
	sim_zone_init(&w->phone_zone, w);
	for (unsigned i = 0; i < w->repro_count; i++)
		make_repro(w, &w->repros[i], i);
	for (unsigned i = 0; i < SIM_PHONES; i++)
		make_phone(w, &w->phones[i], i);
	make_accounts(w);
	w->calls = sip_alloc_zero((size_t)w->o.calls * sizeof *w->calls + 1);
	SIM_MUST(w->calls != NULL);
	for (unsigned i = 0; i < w->o.calls; i++)
		sim_call_plan(&w->calls[i], w, i, SIP_SECONDS(8) + i * SIP_MS(SIM_CALL_GAP_MS));
}

static void close_repro(struct sim_repro *r)
{
	sip_stack_stop(r->stack);
	repro_registrar_detach(r->registrar);
	repro_proxy_destroy(&r->proxy);
	repro_registrar_destroy(&r->registrar);
	sip_stack_destroy(&r->stack);
	sip_nonces_unref(&r->nonces);
	repro_location_unref(&r->location);
	sip_metrics_unref(&r->metrics);
	repro_config_unref(&r->config);
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
	sip_slab_free(&p->world->servers, s);
	return true;
}

void sim_tear_down(struct sim_world *w)
{
	for (unsigned i = 0; i < SIM_PHONES; i++)
		sip_stack_stop(w->phones[i].stack);
	for (unsigned i = 0; i < w->repro_count; i++)
		close_repro(&w->repros[i]);
	for (unsigned i = 0; i < w->o.calls; i++)
		release_call(&w->calls[i]);
	for (size_t i = 0; i < w->client_count; i++)
		sip_message_unref(&w->clients[i].sent);
	for (unsigned i = 0; i < SIM_PHONES; i++) {
		sip_hash_walk(&w->phones[i].server_txs, free_server, &w->phones[i]);
		sip_hash_fini(&w->phones[i].server_txs);
		sip_stack_destroy(&w->phones[i].stack);
	}
	sim_hops_destroy(w);
	sip_memory_net_unref(&w->net);
	sip_slab_fini(&w->servers);
	sip_free(w->calls);
	sip_free(w->clients);
}
