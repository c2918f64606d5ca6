/*
 * Overload as an operating state. A level is read off a FIFO (depth, age of its head,
 * expected wait) by whoever is about to bring it work; nothing is kept but the FIFOs' own figures.
 */
#ifndef STACK_LOOP_CONGESTION_H
#define STACK_LOOP_CONGESTION_H

#include "stack/loop/fifo.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sip_congestion_level {
	SIP_CONGESTION_NORMAL,
	SIP_CONGESTION_REFUSE_NEW,  /* 503 to requests that begin something */
	SIP_CONGESTION_REFUSE_MOST  /* only ACK, BYE, CANCEL, PRACK and responses pass */
};

enum sip_congestion_metric { /* reSIProcate's names: SIZE, TIME_DEPTH, WAIT_TIME */
	SIP_CONGESTION_BY_SIZE,
	SIP_CONGESTION_BY_TIME_DEPTH,
	SIP_CONGESTION_BY_WAIT_TIME
};

#define SIP_CONGESTION_FIFOS 96 /* of 64 shards and 32 users */
struct sip_congestion {
	bool is_on;
	enum sip_congestion_metric metric;
	uint64_t tolerance;  /* nodes for SIZE, milliseconds otherwise; level 1 at 80 %, level 2 at 100 %; 0: never */
	const struct sip_fifo *fifos[SIP_CONGESTION_FIFOS]; /* lent; set before the threads start */
	size_t count;
};
void sip_congestion_init(struct sip_congestion *c, enum sip_congestion_metric metric, uint64_t tolerance);
/* LIMIT. Before the threads start. */
enum sip_err sip_congestion_add(struct sip_congestion *c, const struct sip_fifo *f) SIP_MUST_USE;
/*
 * By the metric chosen, and never below what the FIFO itself refuses: REFUSE_NEW from its high water, REFUSE_MOST
 * when it is full. A FIFO's own tolerance_us, where it has one, goes before ours. Any thread, no lock.
 */
enum sip_congestion_level sip_congestion_level_of(const struct sip_congestion *c, const struct sip_fifo *f,
						  int64_t now_us);
/* The worst of all. */
enum sip_congestion_level sip_congestion_level(const struct sip_congestion *c, int64_t now_us);

#ifdef __cplusplus
}
#endif
#endif
