/* The family of dum/register. DUM's loop. */
#ifndef DUM_REGISTER_REGISTER_PRIV_H
#define DUM_REGISTER_REGISTER_PRIV_H

#include "dum/dialog/dialog.h"
#include "dum/register/register.h"

/* keepalive.c: what keeps the flow of a registration open (RFC 5626 4.4). */
struct dum__keepalive {
	struct dum *dum;       /* lent: outlives us */
	struct sip_timer timer;
	struct sip_list node;  /* in dum->kept_flows, while there is a flow */
	uint64_t flow;         /* its number: who holds a flow keeps it from closing */
	struct sip_transport *transport; /* owned: a reference; NULL: none is kept */
	struct sip_addr to;
	int64_t since_us;
	uint32_t most_s;       /* between two */
	void (*on_gone)(void *arg, bool has_lasted); /* the flow is no more; it has seen a keep-alive, or not */
	void *arg;             /* lent: the registration, who owns us */
};
void dum__keepalive_init(struct dum__keepalive *k, struct dum *d, void (*on_gone)(void *arg, bool has_lasted), void *arg);
/* By the flow this 2xx came by, as the profile and its Flow-Timer say; in place of what was kept before. */
void dum__keepalive_start(struct dum__keepalive *k, struct dum_profile *p, const struct sip_message *m);
void dum__keepalive_stop(struct dum__keepalive *k);

#endif
