/* Phones and repros: runs its worlds by seed. */
#include "tests/sim/seeds.h"
#include "tests/sim/sim.h"
#include "tests/sim/forget.h"

static const char *const layouts[] = { "single", "chain", NULL };

static const struct sim_base *run(const struct sim_options *o, bool is_verbose, int *wire, int *layout)
{
	static struct sim_world w;
	const struct sim_stats *s = &w.stats;

	sim_world_run(o, &w);
	*wire = (int)w.servers.wire;
	*layout = (int)w.layout;
	if (is_verbose)
		printf("seed %llu: %s, %s, %llu messages, %llu turns, at most %llu contexts, "
		       "outcomes %llu/%llu/%llu/%llu/%llu, 2xx resent %llu, %lld s\n",
		       (unsigned long long)o->seed, sim_wire_names[w.servers.wire], layouts[w.layout],
		       (unsigned long long)s->sent, (unsigned long long)w.base.turns, (unsigned long long)s->in_flight_most,
		       (unsigned long long)s->outcomes[2], (unsigned long long)s->outcomes[3], (unsigned long long)s->outcomes[4],
		       (unsigned long long)s->outcomes[5], (unsigned long long)s->outcomes[6], (unsigned long long)s->resent,
		       (long long)(s->virtual_us / 1000000));
	return &w.base;
}

int main(int argc, char **argv)
{
	static const struct sim_program program = {
		.layouts = layouts, .seeds = 200, .calls = 1000, .calls_slow = 250, .bytes_a_call = 24 * 1024,
		.forget = sim_forget_transaction_row, .run = run,
	};

	return sim_seeds_main(&program, argc, argv);
}
