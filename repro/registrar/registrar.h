/*
 * repro/registrar: who may, and where they are. Three steps of the request chain: digest
 * authentication, the registrar (RFC 3261 10.3, RFC 3327) and the location service's look-up
 * (16.5). One a shard; what they share (location service, users, nonces) is safe for any thread.
 */
#ifndef REPRO_REGISTRAR_REGISTRAR_H
#define REPRO_REGISTRAR_REGISTRAR_H

#include "repro/proxy/proxy.h"
#include "repro/store/store.h"
#include "stack/security/security.h"

#ifdef __cplusplus
extern "C" {
#endif

struct repro_registrar;

struct repro_registrar_options {
	struct repro_location *location; /* a reference is taken */
	struct repro_store *store;       /* a reference is taken; NULL: in memory only, and nobody can authenticate */
	struct sip_nonces *nonces;       /* a reference is taken; of all shards alike */
};
enum sip_err repro_registrar_create(const struct repro_registrar_options *o, struct repro_registrar **out) SIP_MUST_USE;
/* Once the proxy it serves is made and before the stack starts: answers of the store come on that loop. */
enum sip_err repro_registrar_attach(struct repro_registrar *g, struct repro_proxy *p) SIP_MUST_USE;
/* After the store has stopped and the loop does not turn any more, before the proxy ends. */
void repro_registrar_detach(struct repro_registrar *g);
void repro_registrar_destroy(struct repro_registrar **g);

/* Steps of the request chain; arg is the struct repro_registrar. */
enum repro_verdict repro_digest_authenticator_process(void *arg, struct repro_request *r);
enum repro_verdict repro_registrar_process(void *arg, struct repro_request *r);
enum repro_verdict repro_location_server_process(void *arg, struct repro_request *r);

#ifdef __cplusplus
}
#endif
#endif
