/* A world's time: from event to event until nothing happens any more, then what must hold is looked at. */
#include "tests/sim/sim.h"

#include <stdlib.h>

#define LOOPS (SIM_PHONES + SIM_REPROS)
#define TURNS_MAX 200000000u

/* ---- telling --------------------------------------------------------------------------------- */

void sim_must(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "sim: %s:%d: %s does not hold\n", file, line, what);
	abort();
}

void sim_trace(struct sim_world *w, const char *format, ...)
{
	va_list args;

	if (!w->o.is_traced)
		return;
	printf("%lld.%06lld ", (long long)(w->clock.now / 1000000), (long long)(w->clock.now % 1000000));
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

void sim_violation(struct sim_world *w, const char *format, ...)
{
	char *text = w->texts[w->stats.violations < SIM_VIOLATIONS ? w->stats.violations : SIM_VIOLATIONS - 1];
	char local[200];
	int n = snprintf(local, sizeof local, "%lld.%06lld ", (long long)(w->clock.now / 1000000),
			 (long long)(w->clock.now % 1000000));
	va_list args;

	va_start(args, format);
	vsnprintf(local + n, sizeof local - (size_t)n, format, args);
	va_end(args);
	if (w->stats.violations < SIM_VIOLATIONS)
		memcpy(text, local, sizeof local);
	w->stats.violations++;
	if (w->o.is_traced)
		printf("%s VIOLATION\n", local);
}

static void on_log(void *arg, const struct sip_log_line *line)
{
	sim_trace(arg, "%s %.*s %.*s", line->area, SIP_STR_ARG(line->call_id), SIP_STR_ARG(line->text));
}

/* ---- chance ---------------------------------------------------------------------------------- */

uint64_t sim_seed(struct sim_world *w)
{
	return sip_rand_u64(&w->rand) | 1;
}

int64_t sim_between(struct sim_world *w, int64_t least, int64_t most)
{
	return least + (int64_t)sip_rand_below(&w->rand, (uint64_t)(most - least) + 1);
}

bool sim_chance(struct sim_world *w, unsigned percent)
{
	return sip_rand_chance(&w->rand, percent * 10000);
}

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
	struct sim_phone *p = &w->phones[sim_between(w, 0, SIM_PHONES - 1)];
	int64_t last = SIP_SECONDS(8) + (int64_t)w->o.calls * SIP_MS(SIM_CALL_GAP_MS);
	enum sip_memory_fate fate = w->has_refusals && sim_chance(w, 50) ? SIP_MEMORY_REFUSES : SIP_MEMORY_BLACKHOLE;

	if (w->is_outage)
		SIM_MUST(sip_memory_net_fate(w->net, &w->outage_at, SIP_MEMORY_UP) == SIP_OK);
	w->is_outage = !w->is_outage && w->clock.now < last;
	if (w->is_outage) {
		w->outage_at = *sip_transport_bound(p->udp[sim_between(w, 0, SIM_PHONE_ADDRS - 1)]);
		SIM_MUST(sip_memory_net_fate(w->net, &w->outage_at, fate) == SIP_OK);
		sim_trace(w, "outage %d", (int)fate);
	}
	if (w->is_outage || w->clock.now < last)
		sip_loop_arm(w->phones[0].loop, &w->outage, sim_between(w, SIP_SECONDS(1), SIP_SECONDS(8)));
}

/* ---- time ------------------------------------------------------------------------------------ */

static size_t collect(struct sim_world *w, struct sip_loop *loops[LOOPS])
{
	size_t n = 0;

	for (unsigned i = 0; i < w->repro_count; i++)
		loops[n++] = sip_stack_loop(w->repros[i].stack, 0);
	for (unsigned i = 0; i < SIM_PHONES; i++)
		loops[n++] = w->phones[i].loop;
	return n;
}

/* Until nobody has anything to do now; the time until somebody has again (<0: never). */
static int64_t settle(struct sim_world *w, struct sip_loop *const *loops, size_t count)
{
	int64_t next;
	bool has_turned;

	do {
		has_turned = false;
		next = -1;
		for (size_t i = 0; i < count; i++) {
			int64_t wait = sip_loop_sleep_us(loops[i]);
			if (wait == 0) {
				SIM_MUST(sip_loop_turn(loops[i], 0) == SIP_OK);
				w->stats.turns++;
				has_turned = true;
			} else if (wait > 0 && (next < 0 || wait < next)) {
				next = wait;
			}
		}
	} while (has_turned && w->stats.turns < TURNS_MAX);
	return next;
}

static void note_load(struct sim_world *w)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < w->repro_count; i++)
		n += repro_proxy_contexts(w->repros[i].proxy);
	if (n > w->stats.in_flight_most)
		w->stats.in_flight_most = n;
}

static void run_until(struct sim_world *w, int64_t end_us)
{
	struct sip_loop *loops[LOOPS];
	size_t count = collect(w, loops);

	while (w->stats.turns < TURNS_MAX) {
		int64_t wait = settle(w, loops, count);
		if (wait < 0 || w->clock.now + wait > end_us)
			break;
		sip_clock_virtual_advance(&w->clock, wait);
		note_load(w);
	}
	if (w->stats.turns >= TURNS_MAX)
		sim_violation(w, "the world does not come to rest");
	else if (w->clock.now < end_us)
		sip_clock_virtual_advance(&w->clock, end_us - w->clock.now);
	(void)settle(w, loops, count);
}

/* The longest a call can take: 40 s of Timer C for each of three groups, then what lingers. */
#define CALLS_END SIP_SECONDS(200)

void sim_world_run(const struct sim_options *o, struct sim_world *w)
{
	int64_t last;

	memset(w, 0, sizeof *w);
	w->o = *o;
	sip_rand_init_seed(&w->rand, o->seed);
	sip_clock_virtual_init(&w->clock, SIP_SECONDS(1700000000));
	w->log.fn = on_log;
	w->log.arg = w;
	w->log.level = o->is_traced ? SIP_LOG_STACK : SIP_LOG_NONE;
	sip_slab_init(&w->servers, sizeof(struct sim_server), 0);
	sim_build(w);
	last = w->clock.now + SIP_SECONDS(8) + (int64_t)o->calls * SIP_MS(SIM_CALL_GAP_MS);
	sip_timer_init(&w->leave, on_leave, w);
	sip_loop_arm(w->phones[0].loop, &w->leave, last + CALLS_END - w->clock.now);
	sip_timer_init(&w->outage, on_outage, w);
	if (w->has_outages)
		sip_loop_arm(w->phones[0].loop, &w->outage, SIP_SECONDS(10));
	run_until(w, last + CALLS_END + SIM_REST);
	w->stats.virtual_us = w->clock.now;
	sim_check_calls(w);
	sim_hops_check(w);
	sim_check_gauges(w);
	sim_tear_down(w);
}
