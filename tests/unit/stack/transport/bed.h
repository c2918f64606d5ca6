/*
 * A bed for tests of the transport layer: wires on one loop under a virtual clock, a memory net
 * between them, and a user of each wire who writes down what it is told.
 */
#ifndef TESTS_UNIT_STACK_TRANSPORT_BED_H
#define TESTS_UNIT_STACK_TRANSPORT_BED_H

#include "stack/transport/transport_priv.h"
#include "tests/support/unit.h"

#define BED_SEEN 256

struct bed_user {
	struct sip_wire *wire;
	struct sip_transport *udp, *tcp;
	size_t messages;
	unsigned statuses[BED_SEEN];       /* of message n; 0: a request */
	char via[512];                     /* top Via of the last message */
	char body[512];                    /* of the last one */
	struct sip_flow *flow;             /* owned: of the last message */
	size_t failed;
	uint64_t tokens[BED_SEEN];
	enum sip_err why;
	size_t gone, idle;
	enum sip_err gone_why;
	enum sip_err verdict;              /* what on_message returns */
	enum sip_congestion_level level;
	bool holds_flow;                   /* keeps the flow of the last message */
};

struct bed {
	struct sip_clock_virtual clock;
	struct sip_metrics *metrics;
	struct sip_loop *loop;
	struct sip_memory_net *net;
	struct bed_user a, b;
	size_t peer_count;                 /* datagrams at the scripted peer */
	char peer_last[2048];
	char peer_all[8192];
};

/* Two wires on one loop; a at 10.0.0.1:5060, b at 10.0.0.2:5060, UDP and TCP; a scripted peer at 10.0.0.9:5060. */
enum sip_err bed_open(struct bed *bed);
/*
 * The same with these transport options (kind, bind and net are filled in) and wire options (loop and user likewise).
 */
enum sip_err bed_open_with(struct bed *bed, const struct sip_transport_options *t, const struct sip_wire_options *w);
void bed_close(struct bed *bed);
/* Turns the loop until this much virtual time has gone by. */
void bed_run(struct bed *bed, int64_t us);
struct sip_addr bed_addr(const char *text);
/* An OPTIONS with this Via value and Call-ID, into room; returns its length. */
struct sip_str bed_options(char *room, size_t size, const char *via, const char *call_id);
/* A send of this text from a transport to an address; posted. */
enum sip_err bed_send(struct bed *bed, struct sip_transport *from, const char *to, struct sip_str text, uint64_t token);
enum sip_err bed_send_by(struct bed *bed, struct sip_flow *flow, struct sip_str text, uint64_t token);
/* From the scripted peer to `to`, arrived. */
enum sip_err bed_inject(struct bed *bed, const char *from, const char *to, struct sip_str text);
/* Taps of the net (sip_memory_net_tap) whose argument is an unsigned that counts down: the first so many are lost; all behind them. */
bool bed_refuse_first(void *left, enum sip_transport_kind kind, const struct sip_addr *from, const struct sip_addr *to,
		      struct sip_str bytes);
bool bed_admit_first(void *left, enum sip_transport_kind kind, const struct sip_addr *from, const struct sip_addr *to,
		     struct sip_str bytes);
int64_t bed_metric(struct bed *bed, enum sip_metric id);
void bed_user_init(struct bed_user *u, struct sip_wire_user *face);

extern const struct unit_suite filter_suite, filter_tls_suite, dtls_suite;
extern const struct unit_suite flow_suite, flow_keep_suite, door_suite, guard_suite, memory_suite, stream_suite,
	selector_suite, socket_suite, udp_suite, capture_suite, hep_suite, hep_sender_suite, hand_over_suite;

#endif
