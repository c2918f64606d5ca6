/*
 * repro/admin: what is seen from outside over HTTP (libmicrohttpd, a thread of its own):
 * /metrics in Prometheus' text format, /healthz (the process lives), /readyz (it takes calls,
 * and what is amiss).
 */
#ifndef REPRO_ADMIN_ADMIN_H
#define REPRO_ADMIN_ADMIN_H

#include "repro/config/config.h"
#include "repro/store/store.h"
#include "stack/core/core.h"

#ifdef __cplusplus
extern "C" {
#endif

struct repro_admin;
struct repro_admin_options {
	struct repro_config *config;   /* a reference is taken */
	struct sip_stack *stack;       /* lent, outlives the admin */
	struct repro_store *store;     /* lent, outlives the admin; may be NULL */
	struct sip_metrics *metrics;   /* repro's own; lent, outlives the admin */
	struct sip_log *log;           /* lent, outlives the admin */
	bool is_ready;                 /* from the first answer on; else see repro_admin_set_ready */
	int fds[REPRO_SERVERS_MAX];    /* a listening socket for each address of the configuration, lent for the call; -1: we bind one */
};
/* Listens on every address of the configuration. On failure one sentence goes to `why`. The main thread. */
enum sip_err repro_admin_open(const struct repro_admin_options *o, struct repro_admin **out, struct sip_buf *why) SIP_MUST_USE;
void repro_admin_close(struct repro_admin **a);
/* A duplicate of the n-th listener's socket, the caller's to close; -1: there is none. The main thread. */
int repro_admin_socket(const struct repro_admin *a, size_t n);
/* Ready for calls? Not before the first true. Any thread; a may be NULL. */
void repro_admin_set_ready(struct repro_admin *a, bool is_ready);
/* The port of the n-th listener (the kernel's choice when HttpPort was 0 in a test); 0 past the end. */
uint16_t repro_admin_port(const struct repro_admin *a, size_t n);

#ifdef __cplusplus
}
#endif
#endif
