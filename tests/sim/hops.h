/*
 * tests/sim/hops: what must hold on the wire, hop by hop, whoever is at its ends. A tap on the memory net sees every message that
 * is sent; datagrams that are lost are seen too: they were sent.
 */
#ifndef TESTS_SIM_HOPS_H
#define TESTS_SIM_HOPS_H

#include "tests/sim/base.h"

struct sim_hops;

/* Listens to the net of the base, which is lent, from now on. */
struct sim_hops *sim_hops_create(struct sim_base *b);
/* Before the net goes. */
void sim_hops_destroy(struct sim_hops **h);
/* At rest. needs_acks: nobody was out of reach, so every final to an INVITE has been acknowledged. */
void sim_hops_check(struct sim_hops *h, bool needs_acks);
/* Messages seen. */
uint64_t sim_hops_count(const struct sim_hops *h);

#endif
