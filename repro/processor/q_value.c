/*
 * Which candidates are tried now, by their q (RFC 3261 16.6): one after the other, those of equal
 * q at once, or all. Called again when a group is through, or when its time is up.
 */
#include "repro/processor/processor.h"

static struct repro_target *best_candidate(const struct repro_request *r)
{
	struct repro_target *best = NULL;

	for (size_t i = 0; i < r->target_count; i++) {
		struct repro_target *t = r->targets[i];
		if (t->state == REPRO_TARGET_CANDIDATE && (!best || t->q > best->q))
			best = t;
	}
	return best;
}

static size_t start_group(struct repro_request *r, const struct repro_settings *set)
{
	struct repro_target *first = best_candidate(r);
	struct repro_target *group[REPRO_TARGETS_MAX];
	uint32_t q = first ? first->q : 0;
	size_t count = 0, others = 0;

	for (size_t i = 0; first && i < r->target_count; i++) {
		struct repro_target *t = r->targets[i];
		if (t->state != REPRO_TARGET_CANDIDATE)
			continue;
		if ((t->q != q && set->q_value_behavior != REPRO_Q_FULL_PARALLEL) ||
		    (set->q_value_behavior == REPRO_Q_FULL_SEQUENTIAL && count))
			others++;
		else
			group[count++] = t;
	}
	return repro_request_start_group(r, group, count, set->q_value_wait_for_terminate ? 0 : others);
}

/* A group still rings while another waits: the settings say whether it is cancelled, or joined. */
static void arm_next(struct repro_request *r, const struct repro_settings *set)
{
	struct sip_loop *loop = repro_proxy_loop(r->proxy);

	if (!best_candidate(r))
		sip_loop_disarm(loop, &r->group_timer);
	else if (set->q_value_cancel)
		sip_loop_arm(loop, &r->group_timer, SIP_MS(set->q_value_ms_before_cancel));
	else if (!set->q_value_wait_for_terminate)
		sip_loop_arm(loop, &r->group_timer, SIP_MS(set->q_value_ms_between));
}

enum repro_verdict repro_q_value_process(void *arg, struct repro_request *r)
{
	const struct repro_settings *set = &repro_proxy_config(r->proxy)->set;
	bool is_due = r->pending > 0;

	(void)arg;
	if (!set->q_value)
		return REPRO_CONTINUE;
	if (!best_candidate(r))
		return REPRO_SKIP_CHAIN;
	if (is_due && set->q_value_cancel)
		repro_request_cancel_branches(r, SIP_STR("SIP;cause=408;text=\"No answer\""));
	if (is_due && set->q_value_cancel && set->q_value_wait_for_terminate)
		return REPRO_SKIP_CHAIN; /* the next group starts when the cancelled one has ended */
	if (start_group(r, set) > 1)
		sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_FORKED);
	arm_next(r, set);
	return REPRO_SKIP_CHAIN;
}
