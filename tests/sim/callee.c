/*
 * The callee's side of a call: RFC 3261 13.3 and 15. A 2xx is repeated until its ACK has come (13.3.1.4): "If the
 * server retransmits the 2xx response for 64*T1 seconds without receiving an ACK, the dialog is confirmed, but the
 * session SHOULD be terminated. This is accomplished with a BYE".
 */
#include "tests/sim/sim.h"

#define T1 SIP_MS(500)
#define T2 SIP_SECONDS(4)
#define PLAN_ABANDON 1
#define RINGS_MOST SIP_SECONDS(90)

static struct sip_loop *loop_of(const struct sim_leg *l)
{
	return l->device->phone->loop;
}

static void respond(struct sim_leg *l, struct sip_message *m)
{
	enum sip_err err = sip_user_respond(l->device->phone->user, l->tx, &m);

	SIM_MUST(err == SIP_OK);
}

static struct sip_message *make_response(struct sim_leg *l, unsigned status, const char *contact)
{
	struct sip_message *m = NULL;

	SIM_MUST(sip_response_make(l->invite, status, NULL, sip_str_of(l->tag), &m) == SIP_OK);
	if (contact)
		SIM_MUST(sip_message_add(m, SIP_HEADER_CONTACT, sip_str_of(contact)) == SIP_OK);
	return m;
}

/* ---- the end of a dialog --------------------------------------------------------------------- */

static void stop(struct sim_leg *l)
{
	sip_loop_disarm(loop_of(l), &l->timer);
	sip_loop_disarm(loop_of(l), &l->resend);
	sip_message_unref(&l->ok);
}

static void hang_up(struct sim_leg *l)
{
	struct sim_world *w = l->call->world;
	struct sip_message *bye;
	uint64_t tx;

	stop(l);
	l->state = SIM_LEG_OVER;
	bye = sim_dialog_request(l->device, l->invite, false, l->tag, SIP_METHOD_BYE, ++l->cseq);
	sim_agent_request(l->device, bye, true, sim_client_add(w, SIM_FOR_BYE_UAS, l->call, l->device, l), &tx);
}

static void on_resend(void *arg)
{
	struct sim_leg *l = arg;
	struct sim_world *w = l->call->world;
	struct sip_message *again = NULL;

	if (sip_loop_now(loop_of(l)) - l->answered_us >= 64 * T1) {
		sim_trace(&w->base, "agent %s: no ACK in call %u", l->device->user, l->call->number);
		l->gave_up = true;
		hang_up(l);
		return;
	}
	w->stats.resent++;
	SIM_MUST(sip_message_clone(l->ok, &again) == SIP_OK);
	respond(l, again);
	l->interval_us = l->interval_us * 2 < T2 ? l->interval_us * 2 : T2;
	sip_loop_arm(loop_of(l), &l->resend, l->interval_us);
}

/* ---- answering ------------------------------------------------------------------------------- */

static void succeed(struct sim_leg *l)
{
	struct sip_message *m = make_response(l, 200, l->device->contact);

	SIM_MUST(sip_message_set_body(m, SIP_STR("application/sdp"), SIP_STR("v=0\r\n")) == SIP_OK);
	SIM_MUST(sip_message_clone(m, &l->ok) == SIP_OK);
	respond(l, m);
	l->state = SIM_LEG_ANSWERED;
	l->answered_us = sip_loop_now(loop_of(l));
	l->interval_us = T1;
	sip_timer_init(&l->resend, on_resend, l);
	sip_loop_arm(loop_of(l), &l->resend, T1);
}

/* What no careful program does: an answer after the answer. It must change nothing. */
static void on_slip(void *arg)
{
	struct sim_leg *l = arg;
	struct sim_world *w = l->call->world;
	bool may_succeed = l->status != 200 && sip_transport_kind_of(l->device->transport) == SIP_TRANSPORT_UDP;

	sim_trace(&w->base, "agent %s: answers call %u once more", l->device->user, l->call->number);
	respond(l, make_response(l, 180, l->device->contact));
	respond(l, make_response(l, 486, NULL));
	/* Later a 2xx would be sent without a transaction. */
	if (may_succeed && !l->is_ended)
		respond(l, make_response(l, 200, l->device->contact));
	SIM_MUST(sip_user_abandon(l->device->phone->user, l->tx) == SIP_OK);
}

static void finish(struct sim_leg *l, unsigned status)
{
	struct sim_world *w = l->call->world;
	const char *contact = NULL;

	sim_trace(&w->base, "agent %s: %u to call %u", l->device->user, status, l->call->number);
	sip_loop_disarm(loop_of(l), &l->timer);
	l->status = status;
	if (sim_chance(&w->base, 10)) {
		sip_timer_init(&l->slip, on_slip, l);
		sip_loop_arm(loop_of(l), &l->slip, sim_between(&w->base, 0, SIP_SECONDS(2)));
	}
	if (status == 200) {
		succeed(l);
		return;
	}
	l->state = SIM_LEG_FAILED;
	if (status == PLAN_ABANDON) {
		l->status = 500;
		SIM_MUST(sip_user_abandon(l->device->phone->user, l->tx) == SIP_OK);
		return;
	}
	if (status == 302)
		contact = w->devices[(l->device->number + SIM_DEVICES_EACH) % w->device_count].contact;
	respond(l, make_response(l, status, contact));
}

static void on_timer(void *arg)
{
	struct sim_leg *l = arg;
	struct sim_world *w = l->call->world;
	bool is_quick = l->call->kind != SIM_RACE;

	if (l->state == SIM_LEG_CONFIRMED) {
		hang_up(l);
	} else if (!l->has_rung) {
		l->has_rung = true;
		if (l->plan != 486 || sim_chance(&w->base, 50))
			respond(l, make_response(l, 180, l->device->contact));
		sip_loop_arm(loop_of(l), &l->timer,
			     !l->plan ? RINGS_MOST
				      : sim_between(&w->base, is_quick ? 0 : SIP_MS(600),
						    is_quick ? SIP_SECONDS(4) : SIP_SECONDS(3)));
	} else {
		if (!l->plan && !w->has_outages)
			sim_violation(&w->base, "call %u: %s rings for ever", l->call->number, l->device->user);
		finish(l, l->plan ? l->plan : 480);
	}
}

static unsigned choose_plan(struct sim_world *w, const struct sim_device *d, const struct sim_call *c)
{
	if (d->account != c->callee)
		return 200; /* redirected to here */
	switch (c->kind) {
	case SIM_ANSWER:
		return d->at == 0 || sim_chance(&w->base, 50) ? 200 : sim_chance(&w->base, 60) ? 486 : 0;
	case SIM_BUSY:
		return 486;
	case SIM_DECLINE:
		return d->at == 0 ? 603 : sim_chance(&w->base, 50) ? 486 : 0;
	case SIM_REDIRECT:
		return 302;
	case SIM_RACE:
		return 200;
	case SIM_DESERT:
		return sim_chance(&w->base, 50) ? 200 : 486;
	case SIM_CANCEL:
		return sim_chance(&w->base, 30) ? 200 : 0;
	case SIM_ABANDON:
		return PLAN_ABANDON;
	default:
		return 0;
	}
}

struct sim_leg *sim_callee_invite(struct sim_device *d, struct sim_call *c, struct sim_server *s,
				  struct sip_message *invite)
{
	struct sim_world *w = d->world;
	struct sim_leg *l;
	char tag[SIP_USER_TAG_LEN];

	if (c->leg_count == SIM_LEGS) {
		sim_violation(&w->base, "call %u rings more devices than there are", c->number);
		SIM_MUST(sip_user_reply(d->phone->user, s->tx, invite, 486, NULL) == SIP_OK);
		return NULL;
	}
	l = &c->legs[c->leg_count++];
	l->call = c;
	l->device = d;
	l->tx = s->tx;
	l->invite = invite;
	s->request = NULL;
	sim_copy_tag(l->tag, sip_user_tag(d->phone->user, s->tx, tag));
	l->plan = choose_plan(w, d, c);
	sip_timer_init(&l->timer, on_timer, l);
	sip_loop_arm(loop_of(l), &l->timer, sim_between(&w->base, 0, SIP_MS(350)));
	sim_trace(&w->base, "agent %s: call %u comes, will get %u", d->user, c->number, l->plan);
	return l;
}

/* ---- what comes after ------------------------------------------------------------------------ */

static struct sim_leg *find_leg(struct sim_call *c, struct sip_str tag)
{
	for (unsigned i = 0; i < c->leg_count; i++)
		if (sip_str_eq(sip_str_of(c->legs[i].tag), tag))
			return &c->legs[i];
	return NULL;
}

void sim_callee_ack(struct sim_call *c, const struct sip_message *m)
{
	const struct sip_name_addr *to = sip_message_name_addr(m, SIP_HEADER_TO, 0);
	struct sim_leg *l = to ? find_leg(c, to->tag) : NULL;

	if (!l || l->status != 200) {
		sim_violation(&c->world->base, "an ACK for what was no 2xx, call %u", c->number);
		return;
	}
	if (sip_message_cseq(m)->number != 1)
		sim_violation(&c->world->base, "an ACK with another CSeq than its INVITE, call %u", c->number);
	l->has_ack = true;
	if (l->state != SIM_LEG_ANSWERED)
		return;
	stop(l);
	l->state = SIM_LEG_CONFIRMED;
	sip_loop_arm(loop_of(l), &l->timer, sim_between(&c->world->base, SIP_MS(200), SIP_SECONDS(20)));
}

void sim_callee_cancel(struct sim_leg *l)
{
	if (l->state == SIM_LEG_RINGS)
		finish(l, 487);
}

unsigned sim_callee_bye(struct sim_call *c, struct sip_str tag)
{
	struct sim_leg *l = find_leg(c, tag);

	if (!l || l->status != 200)
		return 481;
	stop(l);
	l->state = SIM_LEG_OVER;
	l->has_bye = true;
	return 200;
}

void sim_callee_ended(struct sim_leg *l, enum sip_err why)
{
	if (l->is_ended)
		sim_violation(&l->call->world->base, "the INVITE of a leg of call %u has ended twice", l->call->number);
	if (l->state == SIM_LEG_RINGS)
		sim_violation(&l->call->world->base, "the INVITE of a leg of call %u has ended without an answer",
			      l->call->number);
	l->is_ended = true;
	l->why = why;
}
