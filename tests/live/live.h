/*
 * A wire on a thread of its own and a user who counts, for tests over real sockets. What the user
 * was told is waited for, never slept for.
 */
#ifndef TESTS_LIVE_LIVE_H
#define TESTS_LIVE_LIVE_H

#include "stack/transport/transport.h"
#include "tests/support/unit.h"

#include <pthread.h>

struct live {
	struct sip_metrics *metrics;
	struct sip_loop *loop;
	struct sip_wire *wire;
	struct sip_thread thread;
	pthread_mutex_t lock;     /* over what follows */
	pthread_cond_t changed;
	size_t requests, responses, failed, gone;
	enum sip_err why;
	uint64_t token;
	bool gave_back; /* the packet came with the last failure */
	bool is_answering;        /* 200 to every request, by its flow */
};

/* A running wire; its options may be NULL. */
enum sip_err live_open(struct live *l, const struct sip_wire_options *o);
/* Also checks that nothing is left over. */
void live_close(struct live *l);
/* 127.0.0.1 (or what `host` says) and a port of the kernel's choice. */
enum sip_err live_transport(struct live *l, enum sip_transport_kind kind, const char *host,
			    const struct sip_transport_options *base, struct sip_transport **out);
/* True once the counter has reached n; false after 20 s. */
bool live_wait(struct live *l, const size_t *counter, size_t n);
/* The same for a metric of the wire's (asked again whenever something happens). */
bool live_wait_metric(struct live *l, enum sip_metric id, int64_t n);
struct sip_str live_options(char *room, size_t size, const char *via_transport, const struct sip_addr *sent_by,
			    unsigned number);
enum sip_err live_send(struct sip_transport *from, const struct sip_addr *to, struct sip_str text, uint64_t token);
/* A plain blocking client. */
int live_connect(const struct sip_addr *to, int rcvbuf);
/* Reads until `end` was seen or the peer ended; true when it was seen. */
bool live_read_until(int fd, const char *end);

extern const struct unit_suite live_udp_suite, live_tcp_suite, live_stack_suite, live_ws_suite;

#endif
