/*
 * A bed for tests of transactions: two parties, each a wire and a shard, on one loop under a virtual clock, with a memory net
 * between them and a user of each shard who writes down what it is told; and a scripted peer who reads and writes text.
 */
#ifndef TESTS_UNIT_STACK_TRANSACTION_TRANSACTION_TEST_H
#define TESTS_UNIT_STACK_TRANSACTION_TRANSACTION_TEST_H

#include "stack/transaction/transaction_priv.h"
#include "tests/support/unit.h"

#define HEARD 64

enum heard_kind { HEARD_REQUEST = 1, HEARD_ACK, HEARD_CANCEL, HEARD_RESPONSE, HEARD_STRAY, HEARD_ENDED };
struct heard {
	enum heard_kind kind;
	enum sip_method method;
	unsigned status;
	enum sip_err why;
	uint64_t tx, cookie;
	bool is_merged;
	void *owner;
};
struct party {
	struct bed *bed;
	struct sip_wire *wire;
	struct sip_shard *shard;
	struct sip_transport *udp, *tcp;
	struct heard heard[HEARD];
	size_t count;
	uint64_t tx;                  /* of the last request that came in */
	struct sip_message *request;  /* owned: the last that came in */
	struct sip_message *response; /* owned: the last that came in */
	unsigned answer;              /* status to answer every request with at once; 0: not */
	void (*listener)(struct party *p, const struct heard *h); /* hears all, also what is beyond HEARD; may be NULL */
};
struct bed {
	struct sip_clock_virtual clock;
	struct sip_metrics *metrics;
	struct sip_loop *loop;
	struct sip_memory_net *net;
	struct sip_memory_options wire;
	struct dns_source dns;
	struct party a, b;            /* 10.0.0.1:5060 and 10.0.0.2:5060, UDP and TCP */
	size_t peer_count;            /* datagrams at the scripted peer, 10.0.0.9:5060 */
	char peer_last[2048];
	char peer_first[64];          /* start lines of all, one letter each: method or class */
	bool has_failed;              /* memory ended on the way */
};
enum sip_err bed_open(struct bed *bed);
/* The same with limits: transactions of each kind at most (0: many). */
enum sip_err bed_open_with(struct bed *bed, size_t clients_max, size_t servers_max);
/* Checks that nothing is left: no transaction, no parcel, every gauge at zero. Cases return what it returns. */
enum sip_err bed_close(struct bed *bed, enum sip_err err);
void bed_run(struct bed *bed, int64_t ms);
int64_t bed_metric(struct bed *bed, enum sip_metric id);
struct sip_addr bed_addr(const char *text);

/* A request by p to `uri`; *tx is its transaction. _with_body: with that. */
enum sip_err bed_request(struct party *p, const char *method, const char *uri, const struct sip_shard_target *target,
			 uint64_t *tx);
enum sip_err bed_request_with_body(struct party *p, const char *uri, const struct sip_shard_target *target, struct sip_str body,
				   uint64_t *tx);
/* A response to p's last request. */
enum sip_err bed_respond(struct party *p, unsigned status);
/* An ACK for the 2xx p got last, without a transaction. */
enum sip_err bed_ack(struct party *p, const char *uri);
/* A request in this text goes on to the scripted peer without a transaction. */
enum sip_err bed_forward(struct party *p, const char *text);
/* The scripted peer is at this address too. */
enum sip_err bed_peer_at(struct bed *bed, const struct sip_addr *at);
/* Text from the scripted peer to party a. */
enum sip_err bed_inject(struct bed *bed, const char *text);
/* The peer answers what it saw last with this status line ("200 OK") and To tag. */
enum sip_err bed_peer_answers(struct bed *bed, const char *status, const char *tag);

size_t bed_count(const struct party *p, enum heard_kind kind);
/* "R180 R200 E" of what p was told: letters Q request, A ack, C cancel, R response, S stray, E ended. */
const char *bed_story(const struct party *p, char *room, size_t size);

extern const struct unit_suite machine_suite, call_suite, cancel_suite, failover_suite, flow_gone_suite, server_suite, shard_suite,
	weather_suite;

#endif
