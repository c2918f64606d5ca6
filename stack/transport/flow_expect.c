/*
 * Flows whose peer has promised to keep them alive (RFC 5626 5.4, RFC 6223): a connection or an association that is silent for longer
 * than that is lost, and its users are told as of any other end; a flow of UDP is suspect until something comes by it. The timer is
 * the wire's loop's.
 */
#include "stack/transport/transport_priv.h"

static unsigned expected(const struct sip_flow *f)
{
	return __atomic_load_n(&f->expect_s, __ATOMIC_RELAXED);
}

void sip__flow_heard(struct sip_flow *f)
{
	f->heard_us = sip_loop_now(f->wire->loop);
	if (f->state == SIP_FLOW_SUSPECT && expected(f))
		sip_loop_arm(f->wire->loop, &f->silence, SIP_SECONDS(expected(f)));
}

/*
 * What is closed the peer notices, of an association by a word. Who asks by STUN is answered, whether he was given up or not: for him
 * his flow over UDP has not failed (RFC 5626 4.4.2), and he will not make another.
 */
static enum sip__flow_event event_of_silence(const struct sip_flow *f)
{
	if (sip_transport_kinds[f->kind].is_stream)
		return SIP__FLOW_ON_LOST;
	return f->endpoint->dtls ? SIP__FLOW_ON_CLOSE : SIP__FLOW_ON_TROUBLE;
}

/* What comes only notes its time; when the silence would have been too long it is looked at how long it has been. */
static void on_silence(void *arg)
{
	struct sip_flow *f = arg;
	int64_t left = f->heard_us + SIP_SECONDS(expected(f)) - sip_loop_now(f->wire->loop);

	if (left > 0)
		sip_loop_arm(f->wire->loop, &f->silence, left);
	else
		sip__flow_step(f, event_of_silence(f), SIP_E_TIMEOUT);
}

static void run_expect(struct sip__command *c)
{
	struct sip_flow *f = SIP_CONTAINER(c, struct sip_flow, expect);

	/* Not a store: what is read behind it must not be read before it. */
	(void)__atomic_exchange_n(&f->is_expect_posted, false, __ATOMIC_ACQ_REL);
	if (f->endpoint && expected(f)) {
		sip__flow_heard(f);
		sip_loop_arm(f->wire->loop, &f->silence, SIP_SECONDS(expected(f)));
	} else {
		sip_loop_disarm(f->wire->loop, &f->silence);
	}
	sip_flow_unref(&f);
}

void sip__flow_expect_init(struct sip_flow *f)
{
	sip_timer_init(&f->silence, on_silence, f);
	f->expect.run = run_expect;
}

void sip__flow_expect_end(struct sip_flow *f)
{
	sip_loop_disarm(f->wire->loop, &f->silence);
}

void sip_flow_expect(struct sip_flow *f, unsigned most_s)
{
	const struct sip_clock *clock = sip_loop_clock(f->wire->loop);

	__atomic_store_n(&f->expect_s, most_s, __ATOMIC_RELAXED);
	if (__atomic_exchange_n(&f->is_expect_posted, true, __ATOMIC_ACQ_REL))
		return;
	sip_flow_ref(f);
	if (sip_fifo_post_answer(&f->wire->fifo, &f->expect.node, clock->now_us(clock->arg)) != SIP_OK)
		sip_flow_unref(&f); /* the wire is down, and its flows with it */
}
