#ifndef TESTS_UNIT_STACK_MESSAGE_SEEDS_H
#define TESTS_UNIT_STACK_MESSAGE_SEEDS_H

#include "stack/base/base.h"

/* Messages to begin with: of our own making, those the fuzzers begin with, and those that lie beside the source tree when they do. */
struct seed {
	char name[100];
	struct sip_str bytes; /* owned */
};
struct seeds {
	struct seed *at; /* owned */
	size_t count, room;
};
void seeds_init(struct seeds *s);
void seeds_fini(struct seeds *s);

#endif
