/*
 * tests/fuzz: one function a target, each of which takes any bytes at all. A fuzzer calls them with bytes of its own; the
 * replay calls them with every file of the corpus.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "stack/core/core.h"

struct fuzz_target {
	const char *name;
	const char *turn;
	const char *what;
	void (*run)(struct sip_str in);
};
extern const struct fuzz_target fuzz_targets[];
extern const size_t fuzz_target_count;
/* NULL: there is none of this name. */
const struct fuzz_target *fuzz_target_find(struct sip_str name);
/* Runs it; one of the message layer leaves no memory behind. */
void fuzz_target_run(const struct fuzz_target *t, struct sip_str in);
/* What those are called that are fuzzed together; empty: none of the message layer. */
struct sip_str fuzz_target_turn(const struct fuzz_target *t);

#define FUZZ_TARGET(name, turn, what) void fuzz_##name(struct sip_str in);
#include "tests/fuzz/target_table.h"
#undef FUZZ_TARGET

/* What does not hold ends the process, so that the fuzzer keeps the bytes. */
void fuzz_must(bool holds, const char *what, const char *file, int line);
/* Where the machines write what they do; NULL: nowhere. The replay of one file sets it. */
extern struct sip_log *fuzz_log;
#define FUZZ_MUST(x) fuzz_must((x), #x, __FILE__, __LINE__)

/* What may succeed or fail. */
static inline void fuzz_either(enum sip_err err)
{
	(void)err;
}

/* The bytes in a packet of their own. */
struct sip_packet *fuzz_packet(struct sip_str in);
/* The next bytes up to `c`, which is dropped; false at the end. */
bool fuzz_cut(struct sip_str *in, char c, struct sip_str *piece);
/* The next byte, 0 at the end. */
unsigned fuzz_byte(struct sip_str *in);
struct sip_addr fuzz_addr(const char *text);
/* Line ends apart, which are put right when a line is written anew. */
bool fuzz_is_same_text(struct sip_str a, struct sip_str b);
/* Every field of m is in what was read from its bytes, but for the Content-Length. */
void fuzz_message_must_be_same(const struct sip_message *m, const struct sip_message *again);
/* Encoded and read again; NULL: it cannot be read. */
struct sip_message *fuzz_message_again(const struct sip_message *m);
/* A request that has all it needs, of our making; NULL never. */
struct sip_message *fuzz_request(void);

#endif
