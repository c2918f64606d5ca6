/* Other stacks' parsers, those that were there when this was built: what bench_message compares with. */
#ifndef TESTS_BENCH_PEERS_H
#define TESTS_BENCH_PEERS_H

#include <stddef.h>

struct bench_peer {
	const char *name;
	/* Parses the message and gives it back to memory; something of it, 0 when it does not parse. */
	size_t (*run)(const char *text, size_t len);
};
extern const struct bench_peer bench_peers[]; /* the last has no name */

#endif
