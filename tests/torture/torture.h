/* Torture messages of our own after RFC 4475 and RFC 5118, and those that lie beside the source tree. */
#ifndef TESTS_TORTURE_TORTURE_H
#define TESTS_TORTURE_TORTURE_H

#include "stack/message/message.h"

enum torture_verdict { TORTURE_ACCEPT, TORTURE_REJECT, TORTURE_EITHER };

struct torture_row {
	const char *section; /* "4475 3.1.1.1" */
	const char *what;    /* the sentence it is about, in our words */
	enum torture_verdict verdict;
	unsigned code;       /* REJECT: the answer; 0: dropped */
	struct sip_str head; /* "{len}" in it stands for the length of the body */
	struct sip_str body;
};
extern const struct torture_row torture_rows_4475[];
extern const size_t torture_count_4475;
extern const struct torture_row torture_rows_5118[];
extern const size_t torture_count_5118;

/* The row as bytes, its length filled in; sip_free the result; NULL without memory. */
struct sip_str torture_bytes(const struct torture_row *row);
/* The verdict on these bytes as a datagram. */
enum sip_verdict torture_judge(struct sip_str bytes, struct sip_check *check);
/* Through the stream framer, cut in two at every step-th byte, and byte by byte: SIZE_MAX when all is as whole, else
 * where. */
size_t torture_split(struct sip_str bytes, size_t step);

#endif
