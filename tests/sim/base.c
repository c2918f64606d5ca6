/* A world's seed, time and gauges, and the telling of what did not hold. */
#include "tests/sim/base.h"

#include <stdlib.h>

#define TURNS_MAX 200000000u

/* ---- telling --------------------------------------------------------------------------------- */

void sim_must(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "sim: %s:%d: %s does not hold\n", file, line, what);
	abort();
}

void sim_trace(struct sim_base *b, const char *format, ...)
{
	va_list args;

	if (!b->o.is_traced)
		return;
	printf("%lld.%06lld ", (long long)(b->clock.now / 1000000), (long long)(b->clock.now % 1000000));
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

void sim_violation(struct sim_base *b, const char *format, ...)
{
	char *text = b->texts[b->violations < SIM_VIOLATIONS ? b->violations : SIM_VIOLATIONS - 1];
	char local[200];
	int n = snprintf(local, sizeof local, "%lld.%06lld ", (long long)(b->clock.now / 1000000),
			 (long long)(b->clock.now % 1000000));
	va_list args;

	va_start(args, format);
	vsnprintf(local + n, sizeof local - (size_t)n, format, args);
	va_end(args);
	if (b->violations < SIM_VIOLATIONS)
		memcpy(text, local, sizeof local);
	b->violations++;
	if (b->o.is_traced)
		printf("%s VIOLATION\n", local);
}

static void on_log(void *arg, const struct sip_log_line *line)
{
	sim_trace(arg, "%s %.*s %.*s", line->area, SIP_STR_ARG(line->call_id), SIP_STR_ARG(line->text));
}

/* ---- chance ---------------------------------------------------------------------------------- */

uint64_t sim_seed(struct sim_base *b)
{
	return sip_rand_u64(&b->rand) | 1;
}

int64_t sim_between(struct sim_base *b, int64_t least, int64_t most)
{
	return least + (int64_t)sip_rand_below(&b->rand, (uint64_t)(most - least) + 1);
}

bool sim_chance(struct sim_base *b, unsigned percent)
{
	return sip_rand_chance(&b->rand, percent * 10000);
}

enum sim_wire sim_choose_wire(struct sim_base *b)
{
	int64_t wire = sim_between(b, 0, 9);

	if (b->o.wire >= 0)
		return (enum sim_wire)b->o.wire;
	return wire < 6 ? SIM_WIRE_UDP : wire < 8 ? SIM_WIRE_MIXED : SIM_WIRE_TCP;
}

/* ---- building -------------------------------------------------------------------------------- */

void sim_base_init(struct sim_base *b, const struct sim_options *o)
{
	b->o = *o;
	sip_rand_init_seed(&b->rand, o->seed);
	sip_clock_virtual_init(&b->clock, SIP_SECONDS(1700000000));
	b->log.fn = on_log;
	b->log.arg = b;
	b->log.level = o->is_traced ? SIP_LOG_STACK : SIP_LOG_NONE;
}

void sim_base_make_net(struct sim_base *b)
{
	struct sip_memory_options mo;

	sip_memory_options_init(&mo);
	mo.seed = sim_seed(b);
	mo.loss = b->o.loss;
	mo.duplicate = 20000;
	mo.reorder = 20000;
	mo.delay_min_us = SIP_MS(1);
	mo.delay_max_us = SIP_MS(sim_between(b, 20, 200));
	SIM_MUST(sip_memory_net_create(&mo, &b->net) == SIP_OK);
}

struct sip_addr sim_address(const char *text)
{
	struct sip_addr a;

	SIM_MUST(sip_addr_parse_port(&a, sip_str_of(text), 5060) == SIP_OK);
	return a;
}

struct sip_stack *sim_stack_make(struct sim_base *b, const struct dns_source *source)
{
	struct sip_stack_options o;
	struct sip_stack *s;

	sip_stack_options_init(&o);
	o.layout = SIP_LAYOUT_EMBEDDED;
	o.poll = SIP_POLL_NONE;
	o.clock = &b->clock.clock;
	o.log = &b->log;
	o.seed = sim_seed(b);
	o.hosts_path = "";
	o.dns_source = source;
	SIM_MUST(sip_stack_create(&o, &s) == SIP_OK);
	return s;
}

struct sip_transport *sim_listen(struct sim_base *b, struct sip_stack *s, enum sip_transport_kind kind, const char *at,
				 uint32_t idle_s)
{
	struct sip_transport_options o;
	struct sip_transport *t;

	sip_transport_options_init(&o, kind);
	o.bind = sim_address(at);
	o.net = b->net;
	o.idle_s = idle_s;
	SIM_MUST(sip_stack_add_transport(s, &o, &t) == SIP_OK);
	return t;
}

/* ---- time ------------------------------------------------------------------------------------ */

/* Until nobody has anything to do now; the time until somebody has again (<0: never). */
static int64_t settle(struct sim_base *b, struct sip_loop *const *loops, size_t count)
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
				b->turns++;
				has_turned = true;
			} else if (wait > 0 && (next < 0 || wait < next)) {
				next = wait;
			}
		}
	} while (has_turned && b->turns < TURNS_MAX);
	return next;
}

void sim_run_until(struct sim_base *b, struct sip_loop *const *loops, size_t count, int64_t end_us, void (*note)(void *arg),
		   void *arg)
{
	while (b->turns < TURNS_MAX) {
		int64_t wait = settle(b, loops, count);
		if (wait < 0 || b->clock.now + wait > end_us)
			break;
		sip_clock_virtual_advance(&b->clock, wait);
		if (note)
			note(arg);
	}
	if (b->turns >= TURNS_MAX)
		sim_violation(b, "the world does not come to rest");
	else if (b->clock.now < end_us)
		sip_clock_virtual_advance(&b->clock, end_us - b->clock.now);
	(void)settle(b, loops, count);
}

/* ---- gauges ---------------------------------------------------------------------------------- */

void sim_check_zero(struct sim_base *b, const char *whose, const char *what, int64_t value)
{
	if (value)
		sim_violation(b, "%s: %s is %lld at rest", whose, what, (long long)value);
}

void sim_check_stack(struct sim_base *b, const char *whose, struct sip_stack *s)
{
	struct sip_metrics *m = sip_stack_metrics(s);

	sim_check_zero(b, whose, "transactions", (int64_t)sip_stack_transactions(s));
	sim_check_zero(b, whose, "client transactions", sip_metrics_get(m, SIP_M_CLIENT_TRANSACTIONS));
	sim_check_zero(b, whose, "server transactions", sip_metrics_get(m, SIP_M_SERVER_TRANSACTIONS));
	sim_check_zero(b, whose, "connections", sip_metrics_get(m, SIP_M_CONNECTIONS));
	sim_check_zero(b, whose, "the depth of FIFOs", sip_metrics_get(m, SIP_M_FIFO_DEPTH));
	sim_check_zero(b, whose, "refused by FIFOs", sip_metrics_get(m, SIP_M_FIFO_REFUSED));
	sim_check_zero(b, whose, "dropped as malformed", sip_metrics_get(m, SIP_M_DROP_MALFORMED));
	sim_check_zero(b, whose, "answered as invalid", sip_metrics_get(m, SIP_M_ANSWERED_INVALID));
	sim_check_zero(b, whose, "refused for overload", sip_metrics_get(m, SIP_M_ANSWERED_OVERLOAD));
	if (!b->o.is_blind)
		sim_check_zero(b, whose, "unlisted transitions", sip_metrics_get(m, SIP_M_UNLISTED));
}

/* A UDP flow is remembered for as long as its transport is there. */
void sim_check_flows(struct sim_base *b, const char *whose, struct sip_stack *s)
{
	struct sip_transport *all[SIP_SELECTOR_TRANSPORTS];
	size_t n = sip_stack_transports(s, all, SIP_COUNTOF(all));

	for (size_t i = 0; i < n; i++) {
		SIM_MUST(sip_stack_remove_transport(s, all[i]) == SIP_OK);
		sip_transport_unref(&all[i]);
	}
	for (unsigned i = 0; i < 8; i++)
		SIM_MUST(sip_loop_turn(sip_stack_loop(s, 0), 0) == SIP_OK);
	sim_check_zero(b, whose, "flows", sip_metrics_get(sip_stack_metrics(s), SIP_M_FLOWS));
}

void sim_check_rest(struct sim_base *b)
{
	sim_check_zero(b, "the net", "parcels in flight", (int64_t)sip_memory_net_in_flight(b->net));
	sim_check_zero(b, "the process", "NEVER", (int64_t)sip_never_count());
}
