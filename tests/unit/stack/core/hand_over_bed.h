/*
 * Two stacks and a phone over loopback, all turned here under a virtual clock: what is new goes to the one that takes over, what is
 * under way ends where it began, and whoever fails leaves the other as it was.
 */
#ifndef TESTS_UNIT_STACK_CORE_HAND_OVER_BED_H
#define TESTS_UNIT_STACK_CORE_HAND_OVER_BED_H

#include "stack/core/core_priv.h"
#include "stack/transport/transport_priv.h"
#include "tests/support/unit.h"

#define BURST 60 /* more datagrams than the least room of a pair */
#define BED_ARRIVES_MS 50 /* at most: loopback takes a moment now and then */

struct side {
	struct sip_stack *stack;
	struct sip_user *user;
	struct sip_transport *transport; /* lent by the stack */
	size_t requests, acks, cancels;
	bool keeps_all;
	size_t refused;
	uint64_t invite;                 /* rings; 0: none does */
	struct sip_message *ringing;     /* owned: it */
};

struct bed {
	struct sip_clock_virtual clock;
	struct side old, fresh;
	int phone, ends[2];
	int datagrams;                   /* what the phone was before it had a line; -1: it has none */
	struct sip_addr at;
	char got[2000];                  /* what the phone was told last */
};

/* `fd` -1: a socket of its own. */
enum sip_err bed_open_side(struct bed *b, struct side *s, int fd);
/* Good for bed_close, also after a failure. */
enum sip_err bed_open(struct bed *b);
void bed_close(struct bed *b);
/* From here on the phone has a connection to the old one. */
enum sip_err bed_open_line(struct bed *b);
void bed_turn(struct bed *b);
/* What was sent has come, if anybody reads it, and is dealt with. */
void bed_arrive(struct bed *b);
void bed_ask(struct bed *b, const char *method, unsigned number);
/* The status the phone was told next; 0: nothing. */
unsigned bed_told(struct bed *b);
enum sip_err bed_hold(struct bed *b);
enum sip_err bed_give(struct bed *b);
void bed_close_idle(struct bed *b);

extern const struct unit_suite hand_over_lines_suite, hand_over_datagrams_suite;

#endif
