/* Takes a packet of a pcap file as sip__pcap_put makes it apart: that it is whole and its checksums are right, and what is in it. */
#ifndef TESTS_SUPPORT_PCAP_READ_H
#define TESTS_SUPPORT_PCAP_READ_H

#include "stack/base/base.h"

struct pcap_read {
	uint32_t seconds, microseconds;
	uint32_t len, whole;    /* of the IP packet: in the file, and as it was */
	bool is_v6;
	unsigned protocol, from_port, to_port;
	uint32_t seq, ack;      /* TCP only, as are … */
	unsigned flags;         /* … these: SYN 2, PSH 8, ACK 16 */
	struct sip_str payload; /* in `file` */
};

/* The packet that `file` begins with; false: it is none, is cut, is longer than the file's head promises, or a sum is wrong. */
bool pcap_read(struct sip_str file, struct pcap_read *out);
/* What stands behind it. */
struct sip_str pcap_read_rest(struct sip_str file, const struct pcap_read *p);

#endif
