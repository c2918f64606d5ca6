/*
 * tests/sim/base: what every simulated world stands on: its seed, its clock, its net, what did not hold. One world a process,
 * one thread.
 */
#ifndef TESTS_SIM_BASE_H
#define TESTS_SIM_BASE_H

#include "stack/core/core.h"

#include <stdio.h>

#define SIM_VIOLATIONS 8      /* texts kept; the rest is counted */
#define SIM_CALLS_MAX 100000
#define SIM_ANY (-1)

enum sim_wire { SIM_WIRE_UDP, SIM_WIRE_TCP, SIM_WIRE_MIXED };

struct sim_options {
	uint64_t seed;
	unsigned calls;
	uint32_t loss;           /* out of a million */
	int layout;              /* as the program has them, or SIM_ANY: by the seed */
	int wire;                /* enum sim_wire, or SIM_ANY */
	const char *forget;      /* a row of a machine; NULL: none */
	bool is_blind;           /* unlisted transitions are no violation */
	bool is_traced;
};

struct sim_base {
	struct sim_options o;
	struct sip_rand rand;
	struct sip_clock_virtual clock;
	struct sip_log log;
	struct sip_memory_net *net;      /* owned */
	uint64_t violations, turns;
	char texts[SIM_VIOLATIONS][200];
};

void sim_base_init(struct sim_base *b, const struct sim_options *o);
/* The net, as lossy as the options say. */
void sim_base_make_net(struct sim_base *b);

void sim_violation(struct sim_base *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_trace(struct sim_base *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The simulator itself cannot go on. */
void sim_must(bool holds, const char *what, const char *file, int line);
#define SIM_MUST(x) sim_must((x), #x, __FILE__, __LINE__)

uint64_t sim_seed(struct sim_base *b);
/* Uniform from least to most, both included. */
int64_t sim_between(struct sim_base *b, int64_t least, int64_t most);
bool sim_chance(struct sim_base *b, unsigned percent);
/* One of the wires, by the options or the seed. */
enum sim_wire sim_choose_wire(struct sim_base *b);

/* An address on the net, port 5060. */
struct sip_addr sim_address(const char *text);
/* An embedded one, not started. */
struct sip_stack *sim_stack_make(struct sim_base *b, const struct dns_source *source);
struct sip_transport *sim_listen(struct sim_base *b, struct sip_stack *s, enum sip_transport_kind kind, const char *at,
				 uint32_t idle_s);

/* From event to event until end_us. `note` (may be NULL) is asked at every stop of the clock. */
void sim_run_until(struct sim_base *b, struct sip_loop *const *loops, size_t count, int64_t end_us, void (*note)(void *arg),
		   void *arg);

/* ---- what must be nothing at rest ---- */
void sim_check_zero(struct sim_base *b, const char *whose, const char *what, int64_t value);
void sim_check_stack(struct sim_base *b, const char *whose, struct sip_stack *s);
/* Takes the stack's transports away, and what they remember with them. */
void sim_check_flows(struct sim_base *b, const char *whose, struct sip_stack *s);
/* The net, and the process. */
void sim_check_rest(struct sim_base *b);

#endif
