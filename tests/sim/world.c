/* A world's time: from event to event until nothing happens any more, then what must hold is looked at. */
#include "tests/sim/sim.h"

#define LOOPS (SIM_PHONES + SIM_REPROS)

const char *sim_kind_name(enum sim_kind kind)
{
	static const char *const names[SIM_KIND_COUNT] = {
#define SIM_KIND(id, text, weight) text,
#include "tests/sim/kind_table.h"
#undef SIM_KIND
	};

	return names[kind];
}

/* ---- what happens to all --------------------------------------------------------------------- */

static void on_leave(void *arg)
{
	struct sim_world *w = arg;

	for (unsigned i = 0; i < w->device_count; i++)
		sim_register_leave(&w->devices[i]);
}

/* One address after another is out of reach for some seconds. */
static void on_outage(void *arg)
{
	struct sim_world *w = arg;
	struct sim_phone *p = &w->phones[sim_between(&w->base, 0, SIM_PHONES - 1)];
	int64_t last = SIP_SECONDS(8) + (int64_t)w->base.o.calls * SIP_MS(SIM_CALL_GAP_MS);
	enum sip_memory_fate fate = w->has_refusals && sim_chance(&w->base, 50) ? SIP_MEMORY_REFUSES : SIP_MEMORY_BLACKHOLE;

	if (w->is_outage)
		SIM_MUST(sip_memory_net_fate(w->base.net, &w->outage_at, SIP_MEMORY_UP) == SIP_OK);
	w->is_outage = !w->is_outage && w->base.clock.now < last;
	if (w->is_outage) {
		w->outage_at = *sip_transport_bound(p->udp[sim_between(&w->base, 0, SIM_PHONE_ADDRS - 1)]);
		SIM_MUST(sip_memory_net_fate(w->base.net, &w->outage_at, fate) == SIP_OK);
		sim_trace(&w->base, "outage %d", (int)fate);
	}
	if (w->is_outage || w->base.clock.now < last)
		sip_loop_arm(w->phones[0].loop, &w->outage, sim_between(&w->base, SIP_SECONDS(1), SIP_SECONDS(8)));
}

/* ---- time ------------------------------------------------------------------------------------ */

static size_t collect(struct sim_world *w, struct sip_loop *loops[LOOPS])
{
	size_t n = 0;

	for (unsigned i = 0; i < w->servers.repro_count; i++)
		loops[n++] = sip_stack_loop(w->servers.repros[i].stack, 0);
	for (unsigned i = 0; i < SIM_PHONES; i++)
		loops[n++] = w->phones[i].loop;
	return n;
}

static void note_load(void *arg)
{
	struct sim_world *w = arg;
	uint64_t n = 0;

	for (unsigned i = 0; i < w->servers.repro_count; i++)
		n += repro_proxy_contexts(w->servers.repros[i].proxy);
	if (n > w->stats.in_flight_most)
		w->stats.in_flight_most = n;
}

/* The longest a call can take: 40 s of Timer C for each of three groups, then what lingers. */
#define CALLS_END SIP_SECONDS(200)

void sim_world_run(const struct sim_options *o, struct sim_world *w)
{
	struct sip_loop *loops[LOOPS];
	int64_t last;

	memset(w, 0, sizeof *w);
	sim_base_init(&w->base, o);
	sip_slab_init(&w->server_slab, sizeof(struct sim_server), 0);
	sim_build(w);
	last = w->base.clock.now + SIP_SECONDS(8) + (int64_t)o->calls * SIP_MS(SIM_CALL_GAP_MS);
	sip_timer_init(&w->leave, on_leave, w);
	sip_loop_arm(w->phones[0].loop, &w->leave, last + CALLS_END - w->base.clock.now);
	sip_timer_init(&w->outage, on_outage, w);
	if (w->has_outages)
		sip_loop_arm(w->phones[0].loop, &w->outage, SIP_SECONDS(10));
	sim_run_until(&w->base, loops, collect(w, loops), last + CALLS_END + SIM_REST, note_load, w);
	w->stats.virtual_us = w->base.clock.now;
	sim_check_calls(w);
	w->stats.sent = sim_hops_count(w->hops);
	sim_hops_check(w->hops, !w->has_outages);
	sim_check_gauges(w);
	sim_tear_down(w);
}
