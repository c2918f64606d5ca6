/*
 * Coming in and going out of a manager. Whatever ends while somebody is inside (a call-back may end anything, itself included) is
 * freed when the last one goes out, so that nobody stands on an object that is gone. DUM's loop.
 */
#include "dum/core/core.h"

void dum_core_enter(struct dum *d)
{
	SIP_LOOP_MINE(d->loop);
	d->depth++;
}

void dum_core_leave(struct dum *d)
{
	MUST(d->depth > 0);
	if (d->depth > 1) {
		d->depth--;
		return;
	}
	/* Still inside: what a burial ends is buried too. */
	for (struct sip_list *node; (node = sip_list_pop(&d->dying));) {
		struct dum_grave *g = SIP_CONTAINER(node, struct dum_grave, node);
		g->bury(g->object);
	}
	if (d->on_rest)
		d->on_rest(d);
	d->depth--;
}

void dum_core_bury(struct dum *d, struct dum_grave *g, void (*bury)(void *object), void *object)
{
	MUST(d->depth > 0);
	if (sip_list_is_linked(&g->node))
		return;
	g->bury = bury;
	g->object = object;
	sip_list_add_tail(&d->dying, &g->node);
}

int64_t dum_core_now(const struct dum *d)
{
	const struct sip_clock *c = sip_loop_clock(d->loop);

	return sip_loop_is_mine(d->loop) ? sip_loop_now(d->loop) : c->now_us(c->arg);
}

int64_t dum_core_patience_us(const struct dum *d)
{
	return 64 * d->t1_us;
}

struct sip_rand *dum_core_rand(struct dum *d)
{
	return sip_loop_rand(d->loop);
}

/* The transaction user's one ear. */
void dum_core_on_event(void *arg, struct sip_user_event *e)
{
	struct dum *d = arg;

	dum_core_enter(d);
	switch (e->kind) {
	case SIP_USER_REQUEST:
		dum_incoming_on_request(d, e);
		break;
	case SIP_USER_ACK:
		d->up->on_ack(d, e->message);
		break;
	case SIP_USER_CANCEL:
		dum_incoming_on_cancel(d, e);
		break;
	case SIP_USER_RESPONSE:
		dum_request_on_response(d, e);
		break;
	case SIP_USER_STRAY:
		d->up->on_stray(d, e->message);
		break;
	case SIP_USER_ENDED:
		dum_request_on_ended(d, e);
		break;
	case SIP_USER_FLOW_GONE:
		d->up->on_flow_gone(d, e->flow);
		break;
	}
	dum_core_leave(d);
}
