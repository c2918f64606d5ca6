/*
 * The flow of a registration is kept open (RFC 5626 4.4): a double CRLF over streams (4.4.1), a STUN Binding request over datagrams
 * (4.4.2, RFC 5389 6). What comes back is the transport's affair. DUM's loop.
 */
#include "dum/register/register_in.h"
#include "dum/register/register_priv.h"

/* The greatest interval where nobody has said one: 95 to 120 s (4.4.1), 24 to 29 s (4.4.2). */
enum { STREAM_MOST_S = 120, DATAGRAM_MOST_S = 29 };

static bool is_stream(const struct sip_transport *t)
{
	return sip_transport_kinds[sip_transport_kind_of(t)].is_stream;
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
	struct sip_packet *packet = make_ping(k->dum, is_stream(k->transport));
	struct sip_send *send = packet ? sip_send_create(packet) : NULL;

	if (packet)
		sip_packet_unref(&packet);
	if (!send)
		return; /* no memory: the next one */
	send->transport = k->transport;
	sip_transport_ref(k->transport);
	send->to = k->to;
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

	ping(k);
	arm(k);
}

void dum_register_on_flow_gone(struct dum *d, struct sip_flow *flow)
{
	SIP_LIST_FOR_SAFE(node, after, &d->kept_flows) {
		struct dum__keepalive *k = SIP_CONTAINER(node, struct dum__keepalive, node);
		bool has_lasted = dum_core_now(d) - k->since_us >= SIP_SECONDS((int64_t)k->most_s);
		if (k->flow != sip_flow_id(flow))
			continue;
		dum__keepalive_stop(k);
		k->on_gone(k->arg, has_lasted);
		return; /* a flow is kept for the registration that came by it last */
	}
}

void dum__keepalive_init(struct dum__keepalive *k, struct dum *d, void (*on_gone)(void *arg, bool has_lasted), void *arg)
{
	k->dum = d;
	k->on_gone = on_gone;
	k->arg = arg;
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
	k->most_s = interval_of(p, m, is_stream(sip_flow_transport(flow)));
	if (!k->most_s)
		return;
	k->flow = sip_flow_id(flow);
	k->transport = sip_flow_transport(flow);
	sip_transport_ref(k->transport);
	k->to = *sip_flow_remote(flow);
	k->since_us = dum_core_now(k->dum);
	sip_list_add_tail(&k->dum->kept_flows, &k->node);
	arm(k);
}

void dum__keepalive_stop(struct dum__keepalive *k)
{
	sip_loop_disarm(k->dum->loop, &k->timer);
	if (k->transport)
		sip_list_remove(&k->node);
	sip_transport_unref(&k->transport);
}
