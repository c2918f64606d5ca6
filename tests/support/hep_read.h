/* HEP v3 read as its specification has it, for tests: shares nothing with what writes it. */
#ifndef TESTS_SUPPORT_HEP_READ_H
#define TESTS_SUPPORT_HEP_READ_H

#include "stack/base/base.h"

struct hep_read {
	unsigned seen;             /* bit n: there was a chunk of type n */
	unsigned family, protocol, type;
	unsigned char from[16], to[16];
	unsigned from_port, to_port;
	uint32_t seconds, microseconds, agent;
	struct sip_str key, payload, correlation;
};
/* One packet, all of it: false unless every chunk is generic, known, of the right length and there once. */
bool hep_read(struct sip_str packet, struct hep_read *out);
/* The first packet of several behind each other; empty when there is no whole one. */
struct sip_str hep_read_first(struct sip_str packets);

#endif
