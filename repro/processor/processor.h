/*
 * repro/processor: the steps that are not the registrar's, one a file, and the order of them all
 * in chains.c. Every step runs on the loop of the proxy whose request it is given.
 */
#ifndef REPRO_PROCESSOR_PROCESSOR_H
#define REPRO_PROCESSOR_PROCESSOR_H

#include "repro/registrar/registrar.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The order of the proxy: fills the three chains in. `g` is lent and outlives the proxy. */
void repro_chains_fill(struct repro_proxy_options *o, struct repro_registrar *g);

/* Request chain. */
enum repro_verdict repro_am_i_responsible_process(void *arg, struct repro_request *r);
enum repro_verdict repro_own_options_process(void *arg, struct repro_request *r);
/* Response chain. */
enum repro_verdict repro_recursive_redirect_process(void *arg, struct repro_request *r);
/* Target chain. */
enum repro_verdict repro_q_value_process(void *arg, struct repro_request *r);
enum repro_verdict repro_simple_target_process(void *arg, struct repro_request *r);

#ifdef __cplusplus
}
#endif
#endif
