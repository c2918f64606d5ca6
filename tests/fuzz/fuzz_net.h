/*
 * A stack under a virtual clock, with a memory net around it, for the targets that play whole machines. It stands at
 * 10.0.0.1:5060 by UDP and TCP; scripted peers stand at 10.0.0.2 … 10.0.0.4, and everything is forgotten after one input.
 */
#ifndef TESTS_FUZZ_FUZZ_NET_H
#define TESTS_FUZZ_FUZZ_NET_H

#include "dns/dns.h"
#include "tests/fuzz/fuzz.h"

#define FUZZ_PEERS 3

struct fuzz_net;
struct fuzz_peer {
	struct fuzz_net *net;    /* lent */
	struct sip_addr at;
	struct sip_packet *last; /* owned: the last request it was sent */
	unsigned heard;
};
struct fuzz_net {
	struct sip_clock_virtual clock;
	struct dns_source dns;
	struct sip_memory_net *net;   /* owned */
	struct sip_stack *stack;      /* owned */
	struct sip_loop *loop;        /* lent by the stack */
	struct fuzz_peer peers[FUZZ_PEERS];
	uint64_t sent;                /* datagrams that left the stack */
};
/* The stack is made, not started: users are added first. */
void fuzz_net_open(struct fuzz_net *n);
void fuzz_net_start(struct fuzz_net *n);
/* Time passes, and what is due happens. */
void fuzz_net_run(struct fuzz_net *n, int64_t ms);
/* A datagram from a peer to the stack. */
void fuzz_net_inject(struct fuzz_net *n, unsigned peer, struct sip_str bytes);
/* The peer answers the last request it heard; `lines` are more header lines, each with its end; or with the top Via alone. */
void fuzz_net_answer(struct fuzz_net *n, unsigned peer, unsigned status, struct sip_str lines, bool has_one_via);
/* Until every transaction must be over. Then all gauges are looked at. */
void fuzz_net_settle(struct fuzz_net *n, int64_t ms);
/* Ends it; call what must be between stop and destroy in the middle. */
void fuzz_net_stop(struct fuzz_net *n);
void fuzz_net_close(struct fuzz_net *n);

#endif
