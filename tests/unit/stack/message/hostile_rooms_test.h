/* The suites of what means harm, one a kind of it, and what they share: how long it may take, and how much memory. */
#ifndef TESTS_UNIT_STACK_MESSAGE_HOSTILE_ROOMS_TEST_H
#define TESTS_UNIT_STACK_MESSAGE_HOSTILE_ROOMS_TEST_H

#include "tests/support/unit.h"
#include "tests/unit/stack/message/every_value.h"

#include <stdio.h>

#define HOSTILE_SUITES(X) X(one_byte) X(many) X(nested) X(body)
#define X(name) extern const struct unit_suite hostile_##name##_suite;
HOSTILE_SUITES(X)
#undef X

#define SUITE(stem) \
	const struct unit_suite hostile_##stem##_suite = { "stack/message/hostile_" #stem, cases, SIP_COUNTOF(cases) }

#define KIBIBYTES_64 ((size_t)64 << 10)
#define MEGABYTE ((size_t)1 << 20)

/* Bytes with a name for who reads what failed; freed by hostile_free. */
struct hostile {
	char name[80];
	struct sip_buf bytes;
};
void hostile_init(struct hostile *h, const char *name);
void hostile_free(struct hostile *h);
/* n times. */
void hostile_repeat(struct hostile *h, const char *piece, size_t n);
void hostile_fill(struct hostile *h, char byte, size_t n);
/* A request up to where its further fields go, and what ends it: its length, and the body. */
void hostile_begin(struct hostile *h);
void hostile_end(struct hostile *h, struct sip_str body);

/*
 * Each does the same a few times and gives back all memory. No step of it (framed and checked; touched; asked; encoded, cloned and
 * cut; edited and encoded; touched again) takes more than 10 ms of processor time in the fastest of them, times STROWGER_SLOW. What
 * it says is checked to be an answer: accepted, an answer with a code and a phrase, dropped and why; or the stream ends, and why.
 */
/* Framed, checked, every value touched, encoded, cloned, edited and encoded again. What was said of it: 0 when there was no message. */
struct hostile_verdict {
	enum sip_frame_kind kind;
	enum sip_err err;
	struct sip_check check;
};
struct hostile_verdict hostile_datagram(const struct hostile *h);
/* The same through the framer of streams, in pieces of up to 4 KiB; the first thing that is not MORE. */
struct hostile_verdict hostile_stream(const struct hostile *h);
/* Through the parser of one type of values. */
void hostile_value(const struct hostile *h, enum sip_value_type type);
void hostile_uri(const struct hostile *h);
/* As a body of this Content-Type. */
enum sip_err hostile_content(const struct hostile *h, const char *type);
/* A description, read, taken as an offer, answered by four streams with keys of each kind, and followed by an offer of ours. */
enum sip_err hostile_offer(const struct hostile *h);

/* Whether this build has the time for this of 256 bytes: a slow one takes those that mean something, and some others. */
bool hostile_is_ours(unsigned byte);

#endif
