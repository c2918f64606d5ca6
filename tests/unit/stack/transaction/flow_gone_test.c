/* A connection that dies under a request (RFC 3261 18.4): who is told, who goes on waiting, who is not meant. */
#include "tests/unit/stack/transaction/transaction_test.h"

#define STORY(p, text) UNIT_STR(sip_str_of(bed_story(&(p), room, sizeof room)), text)
#define BOB "sip:bob@10.0.0.2;transport=tcp"
static char room[512];

/* By the one who got a message over it. */
static enum sip_err close_flow_of(const struct sip_message *m)
{
	struct sip_flow *f = m ? sip_flow_from_ref(sip_message_flow(m)) : NULL;

	if (!f)
		return SIP_E_NOMEM;
	sip_flow_close(f);
	return SIP_OK;
}

static enum sip_err try_unanswered(const char *method)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, method, BOB, NULL, &tx));
	bed_run(&bed, 50);
	STORY(bed.b, "Q");
	STORY(bed.a, "");
	UNIT_EQ(bed.a.shard->hops.count, 1);
	UNIT_TRY(close_flow_of(bed.b.request));
	bed_run(&bed, 50);
	STORY(bed.a, "R503 E");
	UNIT_EQ(bed.a.heard[0].why, SIP_E_CLOSED);
	UNIT_EQ(bed.a.shard->hops.count, 0);
	UNIT_EQ(bed_metric(&bed, SIP_M_TRANSPORT_FAILURES), 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_an_unanswered_invite_ends_with_503_when_its_connection_dies(void)
{
	return try_unanswered("INVITE");
}

static enum sip_err test_an_unanswered_request_ends_with_503_when_its_connection_dies(void)
{
	return try_unanswered("OPTIONS");
}

static enum sip_err test_an_unanswered_request_goes_on_to_the_next_target(void)
{
	struct bed bed;
	struct sip_transport_options o;
	struct sip_transport *first = NULL;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	sip_transport_options_init(&o, SIP_TRANSPORT_TCP);
	o.net = bed.net;
	o.bind = bed_addr("10.0.0.8:5060");
	UNIT_TRY(sip_transport_open(&o, &bed.b.wire, 1, &first));
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", "sip:bob@two.test;transport=tcp", NULL, &tx));
	bed_run(&bed, 50);
	STORY(bed.b, "Q");
	UNIT_TRY(close_flow_of(bed.b.request));
	bed_run(&bed, 50);
	STORY(bed.b, "Q Q");
	STORY(bed.a, "");
	UNIT_EQ(bed_metric(&bed, SIP_M_FAILOVERS), 1);
	UNIT_TRY(bed_respond(&bed.b, 200));
	bed_run(&bed, 50);
	STORY(bed.a, "R200 E");
out:
	sip_transport_unref(&first);
	return bed_close(&bed, err);
}

/* A non-INVITE's 100 is let out no earlier than RFC 4320 4.1 wants it. */
static enum sip_err try_answered_in_part(const char *method, unsigned status, const char *story)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, method, BOB, NULL, &tx));
	bed_run(&bed, 50);
	UNIT_TRY(bed_respond(&bed.b, status));
	bed_run(&bed, 4000);
	UNIT_EQ(bed_count(&bed.a, HEARD_RESPONSE), 1);
	UNIT_TRY(close_flow_of(bed.b.request));
	bed_run(&bed, 6000);
	UNIT_EQ(bed_count(&bed.a, HEARD_RESPONSE), 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS), 0);
	UNIT_TRY(bed_respond(&bed.b, 200));
	bed_run(&bed, 33000);
	STORY(bed.a, story);
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

/* "the server SHOULD open a connection to the IP address in the "received" parameter" (18.2.2) */
static enum sip_err test_an_invite_in_proceeding_waits_for_another_connection(void)
{
	return try_answered_in_part("INVITE", 180, "R180 R200 E");
}

static enum sip_err test_a_request_in_proceeding_waits_for_another_connection(void)
{
	return try_answered_in_part("OPTIONS", 100, "R100 R200 E");
}

static enum sip_err test_a_request_sent_while_the_connection_dies_is_not_meant(void)
{
	struct bed bed;
	uint64_t old, tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, "INVITE", BOB, NULL, &old));
	bed_run(&bed, 50);
	UNIT_TRY(bed_respond(&bed.b, 180));
	bed_run(&bed, 50);
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", BOB, NULL, &tx));
	UNIT_TRY(close_flow_of(bed.a.response));
	bed_run(&bed, 50);
	STORY(bed.b, "Q Q");
	UNIT_TRY(bed_respond(&bed.b, 200));
	bed_run(&bed, 50);
	STORY(bed.a, "R180 R200 E");
	UNIT_EQ(bed.a.heard[1].tx, tx);
	UNIT_EQ(bed_metric(&bed, SIP_M_TRANSPORT_FAILURES), 0);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_a_connection_that_was_replaced_hits_only_its_own(void)
{
	struct bed bed;
	struct sip_message *first = NULL;
	uint64_t old, tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", BOB, NULL, &old));
	bed_run(&bed, 50);
	first = bed.b.request;
	bed.b.request = NULL;
	UNIT_TRY(close_flow_of(first));
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", BOB, NULL, &tx));
	bed_run(&bed, 50);
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", BOB, NULL, &tx));
	bed_run(&bed, 50);
	UNIT_TRY(bed_respond(&bed.b, 200));
	bed_run(&bed, 50);
	UNIT_EQ(bed.a.heard[bed.a.count - 1].tx, tx);
	UNIT_EQ(bed.a.heard[bed.a.count - 2].status, 200);
	for (size_t i = 0; i < bed.a.count; i++)
		UNIT_CHECK(bed.a.heard[i].status != 503 || bed.a.heard[i].tx != tx);
out:
	sip_message_unref(&first);
	return bed_close(&bed, err);
}

/* One connection, as many as you like: the death of one is nobody else's business. */
static enum sip_err test_all_on_a_connection_are_told_and_none_beside(void)
{
	enum { MANY = 20 };
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", "sip:bob@10.0.0.2", NULL, &tx));
	for (size_t i = 0; i < MANY; i++)
		UNIT_TRY(bed_request(&bed.a, "OPTIONS", BOB, NULL, &tx));
	bed_run(&bed, 50);
	UNIT_EQ(bed_count(&bed.b, HEARD_REQUEST), MANY + 1);
	UNIT_EQ(bed.a.shard->hops.count, 1);
	UNIT_TRY(close_flow_of(bed.b.request));
	bed_run(&bed, 50);
	UNIT_EQ(bed_count(&bed.a, HEARD_RESPONSE), MANY);
	UNIT_EQ(bed_count(&bed.a, HEARD_ENDED), MANY);
	UNIT_EQ(sip_shard_transactions(bed.a.shard), 1);
	UNIT_EQ(bed.a.shard->hops.count, 0);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_a_cancel_whose_connection_dies_is_sent_once_more(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.wire.delay_min_us = bed.wire.delay_max_us = SIP_MS(20);
	sip_memory_net_set(bed.net, &bed.wire);
	UNIT_TRY(bed_request(&bed.a, "INVITE", BOB, NULL, &tx));
	bed_run(&bed, 150);
	STORY(bed.b, "Q");
	UNIT_TRY(bed_respond(&bed.b, 180));
	bed_run(&bed, 50);
	UNIT_TRY(sip_shard_post_cancel(bed.a.shard, tx, SIP_STR(""), sip_loop_now(bed.loop)));
	bed_run(&bed, 5);
	UNIT_TRY(close_flow_of(bed.b.request));
	bed_run(&bed, 10);
	STORY(bed.b, "Q");
	bed_run(&bed, 200);
	STORY(bed.b, "Q C");
	UNIT_EQ(bed_metric(&bed, SIP_M_RETRANSMIT_SENT), 1);
	UNIT_TRY(bed_respond(&bed.b, 487));
	bed_run(&bed, 33000);
	STORY(bed.a, "R180 R487 E");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_an_unanswered_invite_ends_with_503_when_its_connection_dies),
	UNIT_CASE(test_an_unanswered_request_ends_with_503_when_its_connection_dies),
	UNIT_CASE(test_an_unanswered_request_goes_on_to_the_next_target),
	UNIT_CASE(test_an_invite_in_proceeding_waits_for_another_connection),
	UNIT_CASE(test_a_request_in_proceeding_waits_for_another_connection),
	UNIT_CASE(test_a_request_sent_while_the_connection_dies_is_not_meant),
	UNIT_CASE(test_a_connection_that_was_replaced_hits_only_its_own),
	UNIT_CASE(test_all_on_a_connection_are_told_and_none_beside),
	UNIT_CASE(test_a_cancel_whose_connection_dies_is_sent_once_more),
};
const struct unit_suite flow_gone_suite = { "stack/transaction/flow_gone", cases, SIP_COUNTOF(cases) };
