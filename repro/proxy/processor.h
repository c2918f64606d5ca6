/*
 * A processor is one step of a chain; a chain is a table of them. A step says how to go on; one
 * that must wait says WAIT and calls repro_request_resume later, from the proxy's loop.
 */
#ifndef REPRO_PROXY_PROCESSOR_H
#define REPRO_PROXY_PROCESSOR_H

#include "stack/base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct repro_request;

enum repro_verdict {
	REPRO_CONTINUE,   /* the next processor */
	REPRO_WAIT,       /* stop here; repro_request_resume goes on with the next processor */
	REPRO_SKIP_CHAIN, /* this chain is done */
	REPRO_DONE        /* the request has been answered: nothing is forwarded */
};

struct repro_processor {
	const char *name;
	/* On the proxy's loop; must not block. r may be over when it returns DONE, never before. */
	enum repro_verdict (*process)(void *arg, struct repro_request *r);
	void *arg; /* lent, outlives the chain */
};

#define REPRO_CHAIN_MAX 24
struct repro_chain {
	struct repro_processor steps[REPRO_CHAIN_MAX];
	size_t count;
};

#ifdef __cplusplus
}
#endif
#endif
