/*
 * Max-Breadth (RFC 5393 5): what came is shared out over the branches that are out; what a branch had is free again after its
 * final response. Those of a group that it does not suffice for are not tried one by one instead: that would bound what is out at
 * a time, but not how much is sent in all by forks that meet us over and over.
 */
#include "repro/proxy/proxy_priv.h"

#define MOST 60u /* also where none was given (5.3.3) */

uint32_t repro__breadth(struct repro_request *r)
{
	uint32_t n;

	if (r->breadth)
		return r->breadth;
	r->breadth = MOST;
	if (sip_message_number(r->message, SIP_HEADER_MAX_BREADTH, &n) == SIP_OK && n < MOST)
		r->breadth = n ? n : 1;
	return r->breadth;
}

static uint32_t free_breadth(struct repro_request *r)
{
	uint32_t used = 0;

	for (size_t i = 0; i < r->target_count; i++)
		if (r->targets[i]->state > REPRO_TARGET_SPARE && r->targets[i]->state != REPRO_TARGET_DONE)
			used += r->targets[i]->breadth;
	return repro__breadth(r) - used;
}

static void refuse(struct repro_request *r, struct repro_target *t)
{
	t->state = REPRO_TARGET_TRYING;
	r->tried++;
	r->pending++;
	repro__response_local(r, t, sip_refusal_code(SIP_REFUSAL_BREADTH));
}

size_t repro_request_start_group(struct repro_request *r, struct repro_target *const *group, size_t count, size_t reserve)
{
	uint32_t left = free_breadth(r);
	size_t begin;

	for (; count > left; count--)
		refuse(r, group[count - 1]);
	begin = r->tried;
	if (count == 0)
		return 0;
	left -= (uint32_t)(left - count < reserve ? left - count : reserve);
	for (size_t i = 0; i < count; i++) {
		/* What does not divide goes to the first. */
		group[i]->breadth = (uint32_t)(left / count + (i < left % count));
		repro__request_start_target(r, group[i]);
	}
	return r->tried - begin;
}

enum sip_err repro__breadth_put(struct sip_message *m, uint32_t breadth)
{
	char text[12];
	struct sip_buf b;
	uint32_t n;

	if (sip_message_number(m, SIP_HEADER_MAX_BREADTH, &n) == SIP_OK && n == breadth)
		return SIP_OK;
	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_put_u64(&b, breadth);
	return sip_message_set(m, SIP_HEADER_MAX_BREADTH, sip_buf_str(&b));
}
