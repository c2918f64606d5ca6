/* The three chains: the order of the proxy on one screen. A row is a step; add yours where it belongs. */
#include "repro/processor/processor.h"

struct row {
	const char *name;
	enum repro_verdict (*process)(void *arg, struct repro_request *r);
	bool wants_registrar;
};

/* A request, from its arrival to its targets. */
static const struct row request_chain[] = {
	{ "am_i_responsible", repro_am_i_responsible_process, false },
	{ "digest_authenticator", repro_digest_authenticator_process, true },
	{ "own_options", repro_own_options_process, false },
	{ "registrar", repro_registrar_process, true },
	{ "location_server", repro_location_server_process, true },
};

/* A final response that is neither a success nor the end of it all. */
static const struct row response_chain[] = {
	{ "recursive_redirect", repro_recursive_redirect_process, false },
};

/* Candidates: which of them are tried now. */
static const struct row target_chain[] = {
	{ "q_value", repro_q_value_process, false },
	{ "simple_target", repro_simple_target_process, false },
};

static void fill(struct repro_chain *chain, const struct row *rows, size_t count, struct repro_registrar *g)
{
	chain->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct repro_processor *p = &chain->steps[chain->count++];
		p->name = rows[i].name;
		p->process = rows[i].process;
		p->arg = rows[i].wants_registrar ? g : NULL;
	}
}

void repro_chains_fill(struct repro_proxy_options *o, struct repro_registrar *g)
{
	_Static_assert(SIP_COUNTOF(request_chain) <= REPRO_CHAIN_MAX, "the chain has room");
	fill(&o->request_chain, request_chain, SIP_COUNTOF(request_chain), g);
	fill(&o->response_chain, response_chain, SIP_COUNTOF(response_chain), g);
	fill(&o->target_chain, target_chain, SIP_COUNTOF(target_chain), g);
}
