/* The machine of flows: every state and every event, and what it means for sends. */
#include "tests/unit/stack/transport/bed.h"

#include <stdio.h>

static enum sip_err test_flow_row_every_pair_is_listed_or_stays(void)
{
	size_t listed = 0;

	for (int in = 0; in < SIP_FLOW_STATE_COUNT; in++) {
		for (int on = 0; on < SIP__FLOW_EVENT_COUNT; on++) {
			enum sip_flow_state then;
			unsigned effects;
			bool is_listed = sip__flow_row((enum sip_flow_state)in, (enum sip__flow_event)on, &then,
						       &effects);

			listed += is_listed;
			if (!is_listed)
				UNIT_EQ(then, in);
			if (!is_listed)
				UNIT_EQ(effects, 0);
			/* A flow ends once, and nothing comes after. */
			UNIT_EQ((effects & SIP__FLOW_END) != 0, then == SIP_FLOW_GONE && in != SIP_FLOW_GONE);
			if (in == SIP_FLOW_GONE)
				UNIT_EQ(then, SIP_FLOW_GONE);
			if (on == SIP__FLOW_ON_LOST && in != SIP_FLOW_GONE)
				UNIT_EQ(then, SIP_FLOW_GONE);
		}
	}
	UNIT_EQ(listed, 19);
	return SIP_OK;
}

static enum sip_err test_flow_of_datagrams_is_one_object_a_peer(void)
{
	static const char via[] = "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1";
	char room[1024];
	struct bed bed;
	struct sip_flow *first = NULL;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	bed.a.holds_flow = true;
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", bed_options(room, sizeof room, via, "1")));
	bed_run(&bed, SIP_MS(1));
	UNIT_TRY_PTR(bed.a.flow);
	first = bed.a.flow;
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", bed_options(room, sizeof room, via, "2")));
	bed_run(&bed, SIP_MS(1));
	UNIT_CHECK(bed.a.flow == first);
	UNIT_EQ(bed.a.messages, 2);
	UNIT_EQ(bed_metric(&bed, SIP_M_FLOWS), 1);
	UNIT_EQ(sip_flow_kind(first), SIP_TRANSPORT_UDP);
	UNIT_CHECK(sip_flow_transport(first) == bed.a.udp);
	UNIT_EQ(sip_addr_port(sip_flow_remote(first)), 5060);
	UNIT_EQ(sip_flow_state(first), SIP_FLOW_OPEN);
	sip_flow_close(first);
	sip_flow_close(first);
	bed_run(&bed, SIP_MS(1));
	UNIT_EQ(bed.a.gone, 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_FLOWS), 0);
	/* A flow that is gone takes nothing, and without an address there is no other way. */
	UNIT_EQ(bed_send_by(&bed, first, SIP_STR("x"), 5), SIP_OK);
	bed_run(&bed, SIP_MS(1));
	UNIT_EQ(bed.a.failed, 1);
	UNIT_EQ(bed.a.tokens[0], 5);
	UNIT_EQ(bed.a.why, SIP_E_CLOSED);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err open_for(struct bed *bed, unsigned flows)
{
	struct sip_transport_options t;
	struct sip_wire_options w;

	sip_transport_options_init(&t, SIP_TRANSPORT_UDP);
	sip_wire_options_init(&w);
	w.udp_flows_max = flows;
	return bed_open_with(bed, &t, &w);
}

/* OPTIONS from one of many. */
static enum sip_err from_peer(struct bed *bed, unsigned i)
{
	char room[1024], from[64];
	enum sip_err err;

	(void)snprintf(from, sizeof from, "10.0.1.%u:5060", i + 1);
	err = bed_inject(bed, from, "10.0.0.1:5060", bed_options(room, sizeof room, "SIP/2.0/UDP 10.0.1.1:5060;branch=z9hG4bK1", "1"));
	bed_run(bed, SIP_MS(1));
	return err;
}

static enum sip_err test_flow_of_datagrams_beyond_the_bound_forgets_the_least_used(void)
{
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(open_for(&bed, 4));
	for (unsigned i = 0; i < 6; i++)
		UNIT_TRY(from_peer(&bed, i));
	UNIT_EQ(bed_metric(&bed, SIP_M_FLOWS), 4);
	UNIT_EQ(bed.a.gone, 2);
	UNIT_EQ(bed.a.gone_why, SIP_E_LIMIT);
	UNIT_EQ(bed.a.messages, 6);
out:
	bed_close(&bed);
	return err;
}

/* The first is held (by a registration), and so the second goes; when all are held the least used does. */
static enum sip_err test_flow_of_datagrams_when_held_then_others_are_forgotten_first(void)
{
	struct sip_flow *held[2] = { NULL };
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(open_for(&bed, 2));
	for (unsigned i = 0; i < 4; i++) {
		bed.a.holds_flow = i == 0 || i == 2;
		UNIT_TRY(from_peer(&bed, i));
		if (bed.a.holds_flow) {
			held[i / 2] = bed.a.flow;
			bed.a.flow = NULL;
			UNIT_TRY(held[i / 2] ? SIP_OK : SIP_E_NOMEM);
		}
		if (i == 2)
			UNIT_EQ(sip_flow_state(held[0]), SIP_FLOW_OPEN);
	}
	UNIT_EQ(bed.a.gone, 2);
	UNIT_CHECK((sip_flow_state(held[0]) == SIP_FLOW_GONE) != (sip_flow_state(held[1]) == SIP_FLOW_GONE));
out:
	for (size_t i = 0; i < SIP_COUNTOF(held); i++)
		sip_flow_unref(&held[i]);
	bed_close(&bed);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_flow_row_every_pair_is_listed_or_stays),
	UNIT_CASE(test_flow_of_datagrams_is_one_object_a_peer),
	UNIT_CASE(test_flow_of_datagrams_beyond_the_bound_forgets_the_least_used),
	UNIT_CASE(test_flow_of_datagrams_when_held_then_others_are_forgotten_first),
};
const struct unit_suite flow_suite = { "stack/transport/flow", cases, SIP_COUNTOF(cases) };
