/*
 * The flow of a registration is kept open (RFC 5626 4.4): a double CRLF over streams (4.4.1), a STUN Binding request over datagrams
 * (4.4.2, RFC 5389 6). What comes back is the transport's affair. DUM's loop.
 */
#include "dum/register/register_priv.h"

/* The greatest interval where nobody has said one: 95 to 120 s (4.4.1), 24 to 29 s (4.4.2). */
enum { STREAM_MOST_S = 120, DATAGRAM_MOST_S = 29 };

static bool is_stream(const struct sip_flow *f)
{
	return sip_transport_kinds[sip_flow_kind(f)].is_stream;
}

static struct sip_packet *make_ping(struct dum *d, bool is_by_stream)
{
	/* Binding request, no attributes, the magic cookie, and a transaction number. */
	unsigned char stun[20] = { 0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42 };

	if (is_by_stream)
		return sip_packet_copy("\r\n\r\n", 4);
	sip_rand_fill(dum_core_rand(d), stun + 8, sizeof stun - 8);
	return sip_packet_copy(stun, sizeof stun);
}

static void ping(struct dum__keepalive *k)
{
	struct sip_packet *packet = make_ping(k->dum, is_stream(k->flow));
	struct sip_send *send = packet ? sip_send_create(packet) : NULL;

	if (packet)
		sip_packet_unref(&packet);
	if (!send)
		return; /* no memory: the next one */
	send->flow = k->flow;
	sip_flow_ref(k->flow);
	if (sip_send_post(&send, dum_core_now(k->dum)) != SIP_OK)
		sip_send_destroy(&send);
}

/* 4.4: between 80 % and all of it, another time each. */
static void arm(struct dum__keepalive *k)
{
	int64_t fifth = SIP_SECONDS((int64_t)k->most_s) / 5;

	sip_loop_arm(k->dum->loop, &k->timer, 4 * fifth + (int64_t)sip_rand_below(dum_core_rand(k->dum), (uint64_t)fifth + 1));
}

static void on_due(void *arg)
{
	struct dum__keepalive *k = arg;

	/* One that is gone is made anew by the next REGISTER. */
	if (sip_flow_state(k->flow) >= SIP_FLOW_CLOSING) {
		dum__keepalive_stop(k);
		return;
	}
	ping(k);
	arm(k);
}

void dum__keepalive_init(struct dum__keepalive *k, struct dum *d)
{
	k->dum = d;
	sip_timer_init(&k->timer, on_due, k);
}

/* What the registrar asks for, else the profile, else what the RFC says where outbound is on; 0: none. */
static uint32_t interval_of(struct dum_profile *p, const struct sip_message *m, bool is_by_stream)
{
	uint32_t own = dum_profile_number(p, is_by_stream ? DUM_PROFILE_KEEPALIVE_STREAM : DUM_PROFILE_KEEPALIVE_DATAGRAM);
	bool is_outbound = dum_profile_flag(p, DUM_PROFILE_OUTBOUND);
	struct sip_str value;
	uint32_t s;

	if (is_outbound && sip_message_find(m, SIP_STR("Flow-Timer"), 0, &value) && sip_str_to_u32(value, 86400, &s) == SIP_OK && s)
		return own && own < s ? own : s;
	if (own || !is_outbound)
		return own;
	return is_by_stream ? STREAM_MOST_S : DATAGRAM_MOST_S;
}

void dum__keepalive_start(struct dum__keepalive *k, struct dum_profile *p, const struct sip_message *m)
{
	struct sip_flow *flow = sip_flow_from_ref(sip_message_flow(m));

	dum__keepalive_stop(k);
	if (!flow)
		return;
	k->most_s = interval_of(p, m, is_stream(flow));
	if (!k->most_s)
		return;
	k->flow = flow;
	sip_flow_ref(flow);
	arm(k);
}

void dum__keepalive_stop(struct dum__keepalive *k)
{
	sip_loop_disarm(k->dum->loop, &k->timer);
	sip_flow_unref(&k->flow);
}
