/* Client and server machines against each other over the memory wire, through their shards. */
#include "tests/unit/stack/transaction/transaction_test.h"

#define STORY(p, text) UNIT_STR(sip_str_of(bed_story(&(p), room, sizeof room)), text)
static char room[512];

static enum sip_err test_a_request_that_is_answered_ends_on_both_sides(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.b.answer = 200;
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", "sip:bob@10.0.0.2", NULL, &tx));
	bed_run(&bed, 10);
	STORY(bed.a, "R200");
	STORY(bed.b, "Q");
	UNIT_EQ(bed.a.heard[0].tx, tx);
	UNIT_EQ(bed.a.heard[0].cookie, 77);
	UNIT_CHECK(bed.a.heard[0].owner == &bed.a);
	bed_run(&bed, 4900);
	STORY(bed.a, "R200"); /* timer K: 5 s */
	bed_run(&bed, 200);
	STORY(bed.a, "R200 E");
	STORY(bed.b, "Q");
	bed_run(&bed, 27000); /* timer J: 32 s */
	STORY(bed.b, "Q E");
	UNIT_EQ(bed.b.heard[1].tx, bed.b.tx);
	UNIT_EQ(bed_metric(&bed, SIP_M_CLIENT_TRANSACTIONS), 0);
	UNIT_EQ(bed_metric(&bed, SIP_M_SERVER_TRANSACTIONS), 0);
	UNIT_EQ(bed_metric(&bed, SIP_M_RETRANSMIT_SENT), 0);
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_a_call_rings_is_accepted_and_acknowledged(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@10.0.0.2", NULL, &tx));
	bed_run(&bed, 10);
	UNIT_TRY(bed_respond(&bed.b, 180));
	bed_run(&bed, 1000);
	UNIT_TRY(bed_respond(&bed.b, 200));
	bed_run(&bed, 10);
	STORY(bed.a, "R180 R200");
	UNIT_TRY(bed_ack(&bed.a, "sip:bob@10.0.0.2"));
	bed_run(&bed, 10);
	STORY(bed.b, "Q A");
	UNIT_CHECK(bed.b.heard[1].owner == NULL);
	UNIT_EQ(bed_metric(&bed, SIP_M_RETRANSMIT_SENT), 0);
	bed_run(&bed, 33000); /* timers L and M */
	STORY(bed.a, "R180 R200 E");
	STORY(bed.b, "Q A E");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_a_call_that_fails_is_acknowledged_by_the_transaction(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.b.answer = 486;
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@10.0.0.2", NULL, &tx));
	bed_run(&bed, 10);
	STORY(bed.a, "R486");
	STORY(bed.b, "Q");
	bed_run(&bed, 5100); /* timer I, nothing is sent again */
	STORY(bed.b, "Q E");
	UNIT_EQ(bed.b.heard[1].why, SIP_OK);
	bed_run(&bed, 27000); /* timer D */
	STORY(bed.a, "R486 E");
	UNIT_EQ(bed_metric(&bed, SIP_M_RETRANSMIT_SENT), 0);
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_over_tcp_nothing_lingers_but_what_was_accepted(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.b.answer = 486;
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@10.0.0.2;transport=tcp", NULL, &tx));
	bed_run(&bed, 10);
	STORY(bed.a, "R486 E");
	STORY(bed.b, "Q E");
	bed.b.answer = 200;
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", "sip:bob@10.0.0.2;transport=tcp", NULL, &tx));
	bed_run(&bed, 10);
	STORY(bed.a, "R486 E R200 E");
	STORY(bed.b, "Q E Q E");
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@10.0.0.2;transport=tcp", NULL, &tx));
	bed_run(&bed, 31000);
	STORY(bed.a, "R486 E R200 E R200");
	bed_run(&bed, 2000);
	STORY(bed.a, "R486 E R200 E R200 E");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

/* RFC 3261 17.2.1: "MUST generate a 100 (Trying) response unless it knows that the TU will generate […] within 200 ms" */
static enum sip_err test_an_invite_nobody_answers_gets_100_after_200_ms(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@10.0.0.2", NULL, &tx));
	bed_run(&bed, 190);
	STORY(bed.a, "");
	bed_run(&bed, 20);
	STORY(bed.a, "R100");
	bed_run(&bed, 5000);
	UNIT_EQ(bed_metric(&bed, SIP_M_RETRANSMIT_SENT), 0);
	UNIT_TRY(bed_respond(&bed.b, 603));
	bed_run(&bed, 33000);
	STORY(bed.a, "R100 R603 E");
out:
	return bed_close(&bed, err);
}

static enum sip_err test_a_peer_that_never_answers_is_timed_out(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@10.0.0.9", NULL, &tx));
	bed_run(&bed, 31900);
	UNIT_EQ(bed.peer_count, 7); /* 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s */
	STORY(bed.a, "");
	bed_run(&bed, 200);
	STORY(bed.a, "R408 E");
	UNIT_EQ(bed.a.heard[0].why, SIP_E_TIMEOUT);
	UNIT_EQ(bed.a.heard[1].why, SIP_E_TIMEOUT);
	UNIT_CHECK(!bed.a.response || sip_message_count(bed.a.response, SIP_HEADER_VIA) == 1);
	bed.peer_count = 0;
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", "sip:bob@10.0.0.9", NULL, &tx));
	bed_run(&bed, 32100);
	UNIT_EQ(bed.peer_count, 11); /* 0, 0.5, 1.5, 3.5, then every 4 s */
	STORY(bed.a, "R408 E R408 E");
	UNIT_EQ(bed_metric(&bed, SIP_M_TRANSACTION_TIMEOUTS), 2);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_lost_parcels_are_sent_again_and_answered_once(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.wire.duplicate = 1000000; /* every parcel comes twice */
	sip_memory_net_set(bed.net, &bed.wire);
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@10.0.0.2", NULL, &tx));
	bed_run(&bed, 10);
	STORY(bed.b, "Q");
	UNIT_TRY(bed_respond(&bed.b, 180));
	bed_run(&bed, 10);
	UNIT_TRY(bed_respond(&bed.b, 486));
	bed_run(&bed, 10);
	UNIT_EQ(bed_count(&bed.b, HEARD_REQUEST), 1);
	UNIT_EQ(bed.a.heard[bed.a.count ? bed.a.count - 1 : 0].status, 486);
	UNIT_CHECK(bed_metric(&bed, SIP_M_RETRANSMIT_RECEIVED) >= 2);
	bed_run(&bed, 33000);
	UNIT_EQ(bed_count(&bed.a, HEARD_ENDED), 1);
	UNIT_EQ(bed_count(&bed.b, HEARD_ENDED), 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_a_request_that_is_answered_ends_on_both_sides),
	UNIT_CASE(test_a_call_rings_is_accepted_and_acknowledged),
	UNIT_CASE(test_a_call_that_fails_is_acknowledged_by_the_transaction),
	UNIT_CASE(test_over_tcp_nothing_lingers_but_what_was_accepted),
	UNIT_CASE(test_an_invite_nobody_answers_gets_100_after_200_ms),
	UNIT_CASE(test_a_peer_that_never_answers_is_timed_out),
	UNIT_CASE(test_lost_parcels_are_sent_again_and_answered_once),
};
const struct unit_suite call_suite = { "stack/transaction/call", cases, SIP_COUNTOF(cases) };
