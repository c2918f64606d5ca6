/* Everything that is still a candidate is tried, at once (RFC 3261 16.6). The last step of the target chain. */
#include "repro/processor/processor.h"

enum repro_verdict repro_simple_target_process(void *arg, struct repro_request *r)
{
	struct repro_target *group[REPRO_TARGETS_MAX];
	size_t count = 0;

	(void)arg;
	for (size_t i = 0; i < r->target_count; i++)
		if (r->targets[i]->state == REPRO_TARGET_CANDIDATE)
			group[count++] = r->targets[i];
	if (repro_request_start_group(r, group, count, 0) > 1)
		sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_FORKED);
	return REPRO_CONTINUE;
}
