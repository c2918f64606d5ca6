/*
 * The flow of a registration is kept open (RFC 5626 4.4): how often, and whether answers are owed, is said here; the stack pings and
 * watches. DUM's loop.
 */
#include "dum/register/register_in.h"
#include "dum/register/register_priv.h"

/* The greatest interval where nobody has said one: 95 to 120 s (4.4.1), 24 to 29 s (4.4.2). */
enum { STREAM_MOST_S = 120, DATAGRAM_MOST_S = 29, MOST_S = 86400 };

void dum__keepalive_init(struct dum__keepalive *k, struct dum *d, void (*on_gone)(void *arg, bool was_answered), void *arg)
{
	k->dum = d;
	k->on_gone = on_gone;
	k->arg = arg;
}

/* 4.2.1: the registrar does outbound, and so do those on the way there. Nothing else says that a ping is answered. */
static bool is_outbound(struct dum_profile *p, const struct sip_message *m)
{
	return dum_profile_flag(p, DUM_PROFILE_OUTBOUND) && sip_message_has_token(m, SIP_HEADER_REQUIRE, SIP_STR("outbound"));
}

/*
 * What the registrar asks for, else the profile, else what the RFC says where outbound is on; 0: none. A double CRLF may always be
 * sent, STUN only to who is known to understand it (4.4).
 */
static uint32_t interval_of(struct dum_profile *p, const struct sip_message *m, bool is_by_stream)
{
	uint32_t own = dum_profile_number(p, is_by_stream ? DUM_PROFILE_KEEPALIVE_STREAM : DUM_PROFILE_KEEPALIVE_DATAGRAM);
	struct sip_str value;
	uint32_t s;

	if (is_outbound(p, m) && sip_message_find(m, SIP_STR("Flow-Timer"), 0, &value) &&
	    sip_str_to_u32(value, MOST_S, &s) == SIP_OK && s)
		return own && own < s ? own : s;
	if (own)
		return own;
	if (is_by_stream)
		return dum_profile_flag(p, DUM_PROFILE_OUTBOUND) ? STREAM_MOST_S : 0;
	return is_outbound(p, m) ? DATAGRAM_MOST_S : 0;
}

bool dum__keepalive_start(struct dum__keepalive *k, struct dum_profile *p, const struct sip_message *m)
{
	struct sip_flow *flow = sip_flow_from_ref(sip_message_flow(m));
	struct sip_flow_keep_options o = { .is_watched = is_outbound(p, m) };

	if (flow)
		o.most_s = interval_of(p, m, sip_transport_kinds[sip_flow_kind(flow)].is_stream);
	/* A refresh leaves the pings, and what is known by them, as they are. */
	if (k->keep && flow && k->flow == sip_flow_id(flow) && k->o.most_s == o.most_s && k->o.is_watched == o.is_watched)
		return o.is_watched;
	dum__keepalive_stop(k);
	/* Without memory the next refresh tries again. */
	if (!o.most_s || sip_flow_keep_start(flow, &o, &k->keep) != SIP_OK)
		return false;
	k->o = o;
	k->flow = sip_flow_id(flow);
	sip_list_add_tail(&k->dum->kept_flows, &k->node);
	return o.is_watched;
}

void dum__keepalive_stop(struct dum__keepalive *k)
{
	sip_list_remove(&k->node);
	sip_flow_keep_stop(&k->keep);
}

bool dum__keepalive_is_answered(const struct dum__keepalive *k)
{
	return k->keep && sip_flow_keep_is_answered(k->keep);
}

struct sip_flow *dum__keepalive_flow(const struct dum__keepalive *k)
{
	return k->keep ? sip_flow_keep_find(k->keep) : NULL;
}

static void lose(struct dum__keepalive *k)
{
	bool was_answered = dum__keepalive_is_answered(k);

	dum__keepalive_stop(k);
	k->on_gone(k->arg, was_answered);
}

void dum__keepalive_check(struct dum__keepalive *k, const struct sip_message *m)
{
	struct sip_flow *flow = sip_flow_from_ref(sip_message_flow(m));

	if (k->keep && flow && sip_flow_id(flow) == k->flow && sip_flow_state(flow) == SIP_FLOW_GONE)
		lose(k);
}

/* Whoever is told may end others of the list: they are on one of their own first. */
void dum_register_on_flow_gone(struct dum *d, struct sip_flow *flow)
{
	struct sip_list gone;

	sip_list_init(&gone);
	SIP_LIST_FOR_SAFE(node, after, &d->kept_flows) {
		if (SIP_CONTAINER(node, struct dum__keepalive, node)->flow != sip_flow_id(flow))
			continue;
		sip_list_remove(node);
		sip_list_add_tail(&gone, node);
	}
	while (!sip_list_is_empty(&gone))
		lose(SIP_CONTAINER(gone.next, struct dum__keepalive, node));
}
