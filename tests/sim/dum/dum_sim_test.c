/* Managers of libdum call each other: runs its towns by seed. */
#include "dum/invite/invite_priv.h"
#include "tests/sim/dum/town.h"
#include "tests/sim/forget.h"
#include "tests/sim/seeds.h"

static const char *const layouts[] = { "direct", "proxy", "linked", NULL };

static void tell_outcomes(const struct sim_town *town)
{
	for (unsigned c = 0; c < DUM_REASON_COUNT; c++)
		for (unsigned s = 0; s < DUM_REASON_COUNT; s++)
			if (town->outcomes[c][s])
				printf("  %llu: the caller \"%s\", the callee \"%s\"\n", (unsigned long long)town->outcomes[c][s],
				       dum_reason_text((enum dum_reason)c), dum_reason_text((enum dum_reason)s));
}

static const struct sim_base *run(const struct sim_options *o, bool is_verbose, int *wire, int *layout)
{
	static struct sim_town town;

	sim_town_run(o, &town);
	*wire = (int)town.servers.wire;
	*layout = (int)town.layout;
	if (is_verbose) {
		printf("seed %llu: %s, %s, %llu talks, %llu connected, %llu exchanges, %llu refused, %llu events, %llu messages, %llu turns\n",
		       (unsigned long long)o->seed, sim_wire_names[*wire], layouts[*layout], (unsigned long long)town.talks,
		       (unsigned long long)town.connected, (unsigned long long)town.exchanges, (unsigned long long)town.rejected,
		       (unsigned long long)town.events, (unsigned long long)town.messages, (unsigned long long)town.base.turns);
		tell_outcomes(&town);
	}
	return &town.base;
}

/* "session:STATE:INPUT", or a row of a transaction. */
static bool forget(const char *text)
{
	char state[32], input[32];

	if (sscanf(text, "session:%31[^:]:%31s", state, input) == 2)
		return dum__session_forget_row(state, input);
	return sim_forget_transaction_row(text);
}

int main(int argc, char **argv)
{
	static const struct sim_program program = {
		.layouts = layouts, .seeds = 60, .calls = 500, .calls_slow = 60, .bytes_a_call = 24 * 1024,
		.forget = forget, .run = run,
	};

	return sim_seeds_main(&program, argc, argv);
}
