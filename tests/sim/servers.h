/*
 * tests/sim/servers: the repros of a world, the names by which they are found, and the dead address that some of these
 * names lead to first.
 */
#ifndef TESTS_SIM_SERVERS_H
#define TESTS_SIM_SERVERS_H

#include "dns/dns.h"
#include "repro/processor/processor.h"
#include "tests/sim/base.h"

#define SIM_REPROS 2
#define SIM_DEAD_ADDRESS "10.9.9.9"

enum sim_dead { SIM_DEAD_REFUSES, SIM_DEAD_SILENT, SIM_DEAD_UNAVAILABLE /* answers 503 */ };

struct sim_servers;

struct sim_zone { /* scripted DNS of one stack */
	struct sim_servers *servers;     /* lent */
	struct dns_source source;
	struct sip_loop *loop;           /* lent, once the stack is there */
	struct sip_list waiting;
};

struct sim_repro {
	struct sim_base *base;           /* lent */
	struct sim_zone zone;
	struct repro_config *config;     /* owned: a reference */
	struct sip_metrics *metrics;     /* owned */
	struct repro_location *location; /* owned */
	struct sip_nonces *nonces;       /* owned */
	struct sip_stack *stack;         /* owned */
	struct repro_registrar *registrar; /* owned */
	struct repro_proxy *proxy;       /* owned */
	char domain[16], address[24];
};

struct sim_servers {
	struct sim_base *base;           /* lent */
	enum sim_wire wire;
	bool has_record_route, has_redirect_followed, has_dead_first;
	enum sim_dead dead;
	uint32_t idle_s;                 /* of connections */
	struct sim_repro repros[SIM_REPROS];
	unsigned repro_count;
};

void sim_servers_open(struct sim_servers *s);
void sim_servers_close(struct sim_servers *s);
/* At rest, and when every binding has been taken out. */
void sim_servers_check(struct sim_servers *s);

/* zone.c */
void sim_zone_init(struct sim_zone *z, struct sim_servers *s);
/* dead.c: what is at the address nobody should have gone to */
void sim_dead_init(struct sim_servers *s);

#endif
