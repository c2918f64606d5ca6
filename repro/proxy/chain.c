/* Runs a chain of processors: the order is data, a step says how to go on. On the proxy's loop. */
#include "repro/proxy/proxy_priv.h"

enum repro_verdict repro__chain_run(const struct repro_chain *chain, struct repro_request *r)
{
	r->chain = chain;
	while (r->step < chain->count) {
		const struct repro_processor *p = &chain->steps[r->step++];
		enum repro_verdict verdict = p->process(p->arg, r);

		SIP_LOG_CALL(sip_loop_log(r->proxy->loop), SIP_LOG_STACK, "proxy", sip_message_call_id(r->message),
			     "%s says %d", p->name, (int)verdict);
		if (verdict == REPRO_WAIT)
			r->is_waiting = true;
		if (verdict != REPRO_CONTINUE)
			return verdict;
	}
	return REPRO_CONTINUE;
}
