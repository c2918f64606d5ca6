/*
 * What the guard costs a datagram, beside the kernel: who is banned, who comes too often, a flood of sources that were never seen (as
 * forged ones are), and who may come in. bench_guard [--json] [--loops N]. Figures are nanoseconds a datagram.
 */
#include "stack/transport/transport_priv.h"
#include "tests/bench/options.h"

#include <stdio.h>
#include <stdlib.h>

enum { LOOPS = 5000000, SOME = 64, BANS = 10000 };

struct bench_case {
	const char *name;
	uint32_t rate;
	uint32_t bans;     /* in the table, of others */
	bool is_banned, is_random;
};
static const struct bench_case cases[] = {
	{ "off", 0, 0, false, false },
	{ "banned", 0, 0, true, false },
	{ "banned-among-10000", 0, BANS, true, false },
	{ "over-the-rate", 10, 0, false, false },
	{ "random-sources-with-rate", 10, 0, false, true },
	{ "random-sources-among-10000-bans", 10, BANS, false, true },
	{ "passes-with-rate", 100000000, 0, false, false },
	{ "passes-among-10000-bans", 0, BANS, false, false },
};

static void die(const char *what, enum sip_err err)
{
	fprintf(stderr, "bench_guard: %s: %s\n", what, sip_err_text(err));
	exit(EXIT_FAILURE);
}

static enum sip_err on_message(void *arg, struct sip_message *m)
{
	(void)arg;
	(void)m;
	return SIP_E_FULL;
}

static struct sip_addr numbered(uint32_t n)
{
	struct sip_addr a;

	sip_addr_clear(&a);
	a.u.in.sin_family = AF_INET;
	a.u.in.sin_addr.s_addr = htonl(n);
	a.u.in.sin_port = htons(5060);
	return a;
}

static struct sip_wire *open_wire(const struct bench_case *c, struct sip_loop *loop)
{
	struct sip_wire_options o;
	struct sip_wire *w;
	enum sip_err err;

	sip_wire_options_init(&o);
	o.loop = loop;
	o.user.on_message = on_message;
	o.guard.rate = c->rate;
	err = sip_wire_create(&o, &w);
	if (err != SIP_OK)
		die("wire", err);
	for (uint32_t i = 0; i < c->bans + (c->is_banned ? SOME : 0); i++) {
		struct sip_addr a = numbered(i < c->bans ? 0x0a000000 + i : 0x0b000000 + i - c->bans);
		sip__guard_carry_out(w->guard, SIP__GUARD_BAN, &a, 1000000);
	}
	return w;
}

static double run_case(const struct bench_case *c, size_t loops)
{
	struct sip_loop_options lo;
	struct sip_loop *loop;
	struct sip_addr some[SOME];
	size_t passed = 0;
	uint32_t x = 1;

	sip_loop_options_init(&lo);
	enum sip_err err = sip_loop_create(&lo, &loop);
	if (err != SIP_OK)
		die("loop", err);
	struct sip_wire *w = open_wire(c, loop);
	for (uint32_t i = 0; i < SOME; i++)
		some[i] = numbered(0x0b000000 + i);
	int64_t before = sip_clock_real.now_us(sip_clock_real.arg);
	for (size_t i = 0; i < loops; i++) {
		struct sip_addr a = some[i % SOME];
		if (c->is_random) {
			x = x * 1664525u + 1013904223u;
			a.u.in.sin_addr.s_addr = x;
		}
		passed += sip__guard_admits(w->guard, &a);
	}
	int64_t took = sip_clock_real.now_us(sip_clock_real.arg) - before;
	if ((c->is_banned && passed) || (c->rate == 10 && !c->is_random && passed > loops / 2))
		die(c->name, SIP_E_STATE);
	sip_wire_shutdown(w);
	sip_wire_unref(&w);
	sip_loop_unref(&loop);
	return (double)took * 1000 / (double)loops;
}

int main(int argc, char **argv)
{
	bool is_json = false;
	size_t loops = LOOPS;

	if (!bench_options(argc, argv, &is_json, &loops))
		return EXIT_FAILURE;
	for (size_t i = 0; i < SIP_COUNTOF(cases); i++) {
		double ns = run_case(&cases[i], loops ? loops : 1);
		if (is_json)
			printf("{\"bench\":\"guard\",\"case\":\"%s\",\"ns\":%.1f}\n", cases[i].name, ns);
		else
			printf("%-40s %9.1f ns a datagram\n", cases[i].name, ns);
	}
	return EXIT_SUCCESS;
}
