/* A town's time, and who is who in it. */
#include "tests/sim/dum/town.h"

#define LOOPS (SIM_HOUSES + SIM_REPROS)

static struct sim_town *here; /* one a process: what is told of a message brings the manager alone */

struct sim_manager *sim_manager_of(const struct dum *d)
{
	for (unsigned i = 0; i < here->house_count; i++)
		if (here->managers[i].dum == d)
			return &here->managers[i];
	sim_must(false, "a manager is known", __FILE__, __LINE__);
	return NULL;
}

struct sim_person *sim_person_find(struct sim_town *town, struct sip_str user)
{
	for (unsigned i = 0; i < SIM_PERSONS; i++)
		if (sip_str_eq(user, sip_str_of(town->persons[i].user)))
			return &town->persons[i];
	return NULL;
}

/* One address after another is out of reach: for seconds mostly, for some at last longer than any timer. */
static void on_outage(void *arg)
{
	struct sim_town *town = arg;
	struct sim_base *b = &town->base;

	if (town->is_outage)
		SIM_MUST(sip_memory_net_fate(b->net, &town->outage_at, SIP_MEMORY_UP) == SIP_OK);
	town->is_outage = !town->is_outage && b->clock.now < town->calls_us;
	if (town->is_outage) {
		town->outage_at = sim_address(town->managers[sim_between(b, 0, SIM_MANAGERS - 1)].address);
		SIM_MUST(sip_memory_net_fate(b->net, &town->outage_at, SIP_MEMORY_BLACKHOLE) == SIP_OK);
		sim_trace(b, "outage");
	}
	if (town->is_outage || b->clock.now < town->calls_us)
		sip_loop_arm(town->managers[0].loop, &town->outage, sim_between(b, SIP_SECONDS(1), SIP_SECONDS(sim_chance(b, 10) ? 120 : 8)));
}

void sim_town_run(const struct sim_options *o, struct sim_town *town)
{
	struct sip_loop *loops[LOOPS];
	size_t n = 0;

	memset(town, 0, sizeof *town);
	here = town;
	sim_base_init(&town->base, o);
	town->calls_us = town->base.clock.now + SIP_SECONDS(8) + (int64_t)o->calls * SIP_MS(SIM_DIAL_GAP_MS);
	sim_town_build(town);
	for (unsigned i = 0; i < town->servers.repro_count; i++)
		loops[n++] = sip_stack_loop(town->servers.repros[i].stack, 0);
	for (unsigned i = 0; i < town->house_count; i++)
		loops[n++] = town->managers[i].loop;
	sip_timer_init(&town->outage, on_outage, town);
	if (town->has_outages)
		sip_loop_arm(town->managers[0].loop, &town->outage, SIP_SECONDS(10));
	sim_run_until(&town->base, loops, n, town->calls_us + SIM_CALLS_END + SIM_TOWN_REST, NULL, NULL);
	sim_town_check(town);
	town->messages = sim_hops_count(town->hops);
	sim_town_tear_down(town);
}
