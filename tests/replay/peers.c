/*
 * The scripted peers: UDP by the memory net's own peers, TCP by a bare transport layer on a loop of its own. They know
 * nothing of transactions: what they say and hear is the play's business.
 */
#include "tests/replay/play.h"


static void on_datagram(void *arg, const struct sip_addr *from, struct sip_str bytes)
{
	struct voice *v = arg;
	/* What begins with a zero or a one is STUN (RFC 5626 8). */
	bool is_message = bytes.len && bytes.p[0] > 1 && sip_str_find(bytes, ' ') < bytes.len;
	struct speech *s = speech_new(v, is_message ? SPEECH_MESSAGE : SPEECH_BYTES, bytes, false);

	s->far = *from;
	speech_hear(s);
}

/* ---- TCP --------------------------------------------------------------------------------------------------------------- */

static struct voice *voice_of(struct play *p, struct sip_flow *f)
{
	struct sip_transport *t = sip_flow_transport(f);

	for (size_t i = 1; i < p->voice_count; i++)
		if (p->voices[i].transport == t)
			return &p->voices[i];
	return NULL;
}

static enum sip_err on_message(void *arg, struct sip_message *m)
{
	struct play *p = arg;
	struct sip_flow *f = sip_flow_from_ref(sip_message_flow(m));
	struct voice *v = voice_of(p, f);
	struct speech *s;
	struct sip_buf b;

	sip_buf_init(&b, 0);
	sip_message_put(m, &b);
	s = v ? speech_new(v, SPEECH_MESSAGE, sip_buf_str(&b), false) : NULL;
	sip_buf_fini(&b);
	if (s) {
		s->far = *sip_flow_remote(f);
		s->flow = f;
		sip_flow_ref(f);
		s->transport = SIP_TRANSPORT_TCP;
		speech_hear(s);
	}
	sip_message_unref(&m);
	return SIP_OK;
}

static void on_send_failed(void *arg, uint64_t token, struct sip_packet *packet, enum sip_err why)
{
	(void)token;
	(void)packet;
	play_tell(arg, "            # a peer could not send: %s\n", sip_err_name(why));
}

static void on_flow_gone(void *arg, struct sip_flow *f, enum sip_err why)
{
	struct voice *v = voice_of(arg, f);
	struct speech *s;

	if (!v)
		return;
	s = speech_new(v, SPEECH_CLOSE, sip_str_make("", 0), false);
	s->why = why;
	speech_hear(s);
}

static enum sip_congestion_level on_level(void *arg)
{
	(void)arg;
	return SIP_CONGESTION_NORMAL;
}

void peers_set(struct play *p)
{
	struct sip_loop_options lo;
	struct sip_wire_options wo;

	sip_loop_options_init(&lo);
	lo.name = "street";
	lo.clock = &p->clock.clock;
	lo.poll = SIP_POLL_NONE;
	lo.seed = 42;
	if (sip_loop_create(&lo, &p->street) != SIP_OK)
		play_fail(p, NULL, "a street");
	sip_wire_options_init(&wo);
	wo.loop = p->street;
	wo.user.on_message = on_message;
	wo.user.on_send_failed = on_send_failed;
	wo.user.on_flow_gone = on_flow_gone;
	wo.user.level = on_level;
	wo.user.arg = p;
	wo.limits = sip_limits_default;
	if (sip_wire_create(&wo, &p->street_wire) != SIP_OK)
		play_fail(p, NULL, "a wire");
}

void peers_strike(struct play *p)
{
	if (p->street_wire) {
		sip_wire_shutdown(p->street_wire);
		speech_drop_flows(p);
		for (size_t i = 1; i < p->voice_count; i++)
			sip_transport_unref(&p->voices[i].transport);
		sip_wire_unref(&p->street_wire);
	}
	if (p->street)
		sip_loop_unref(&p->street);
}

void peer_arrive(struct voice *v)
{
	struct play *p = v->play;
	struct sip_transport_options o;

	if (v->is_udp && sip_memory_net_peer(p->net, &v->at, on_datagram, v) != SIP_OK)
		play_fail(p, NULL, "room for a peer");
	if (!v->is_tcp || v->transport)
		return;
	sip_transport_options_init(&o, SIP_TRANSPORT_TCP);
	o.bind = v->at;
	o.net = p->net;
	if (sip_transport_open(&o, &p->street_wire, 1, &v->transport) != SIP_OK)
		play_fail(p, NULL, "room for a TCP peer");
}

void peer_leave(struct voice *v)
{
	if (v->is_udp && sip_memory_net_peer(v->play->net, &v->at, NULL, NULL) != SIP_OK)
		play_tell(v->play, "            # a peer does not leave\n");
	if (v->transport)
		sip_transport_close(v->transport);
}

static void say_tcp(struct voice *v, struct speech *s)
{
	struct play *p = v->play;
	struct sip_packet *packet = sip_packet_copy(s->bytes.p, s->bytes.len);
	struct sip_send *send = packet ? sip_send_create(packet) : NULL;

	if (packet)
		sip_packet_unref(&packet);
	if (!send)
		play_fail(p, NULL, "memory");
	if (s->flow) {
		send->flow = s->flow;
		sip_flow_ref(s->flow);
	} else {
		send->transport = v->transport;
		sip_transport_ref(v->transport);
		send->to = s->far;
	}
	if (sip_send_post(&send, p->clock.now) != SIP_OK)
		play_fail(p, s, "a peer that can send");
}

void peer_say(struct voice *v, struct speech *s)
{
	struct play *p = v->play;
	const struct sip_addr *from = &v->at;

	speech_said(s);
	if (s->flow || s->transport == SIP_TRANSPORT_TCP)
		say_tcp(v, s);
	else if (sip_memory_net_inject(p->net, from, &s->far, s->bytes, p->clock.now) != SIP_OK)
		play_fail(p, s, "somebody at the address this goes to");
}
