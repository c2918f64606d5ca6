/* CANCEL, out and in. */
#include "tests/unit/stack/transaction/transaction_test.h"

#define STORY(p, text) UNIT_STR(sip_str_of(bed_story(&(p), room, sizeof room)), text)
#define PEER(text) UNIT_STR(sip_str_of(bed.peer_first), text)
static char room[512];

static enum sip_err cancel(struct party *p, uint64_t tx)
{
	return sip_shard_post_cancel(p->shard, tx, SIP_STR("SIP;cause=200"), sip_loop_now(p->bed->loop));
}

/* RFC 3261 9.1: "If no provisional response has been received, the CANCEL request MUST NOT be sent" */
static enum sip_err test_cancel_before_a_provisional_waits_for_it(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@10.0.0.2", NULL, &tx));
	bed_run(&bed, 10);
	UNIT_TRY(cancel(&bed.a, tx));
	bed_run(&bed, 100);
	STORY(bed.b, "Q");
	bed_run(&bed, 100); /* 100 Trying */
	STORY(bed.b, "Q C");
	UNIT_CHECK(bed.b.heard[1].owner == &bed.b);
	UNIT_EQ(bed.b.heard[1].tx, bed.b.tx);
	UNIT_TRY(bed_respond(&bed.b, 487));
	bed_run(&bed, 50);
	STORY(bed.a, "R100 R487");
	bed_run(&bed, 33000);
	STORY(bed.a, "R100 R487 E");
	STORY(bed.b, "Q C E");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
	UNIT_EQ(bed_metric(&bed, SIP_M_RETRANSMIT_SENT), 0);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_cancel_overtaken_by_a_final_sends_nothing(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@10.0.0.9", NULL, &tx));
	bed_run(&bed, 10);
	UNIT_TRY(cancel(&bed.a, tx));
	bed_run(&bed, 10);
	UNIT_TRY(bed_peer_answers(&bed, "200 OK", "peer"));
	bed_run(&bed, 10);
	STORY(bed.a, "R200");
	PEER("I");
	UNIT_TRY(cancel(&bed.a, tx)); /* and too late altogether */
	bed_run(&bed, 33000);
	STORY(bed.a, "R200 E");
	PEER("I");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_cancel_goes_where_the_invite_went_with_its_branch(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;
	char branch[64] = "";

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@10.0.0.9", NULL, &tx));
	bed_run(&bed, 10);
	const char *at = strstr(bed.peer_last, "branch=");
	if (at)
		memcpy(branch, at, 7 + SIP__BRANCH_LEN);
	UNIT_TRY(bed_peer_answers(&bed, "180 Ringing", "peer"));
	bed_run(&bed, 10);
	UNIT_TRY(cancel(&bed.a, tx));
	bed_run(&bed, 10);
	PEER("IC");
	UNIT_CHECK(branch[0] && strstr(bed.peer_last, branch) != NULL);
	UNIT_CHECK(strstr(bed.peer_last, "Reason: SIP;cause=200") != NULL);
	bed_run(&bed, 600); /* it is a transaction of its own: sent again */
	PEER("ICC");
	UNIT_TRY(bed_peer_answers(&bed, "200 OK", "peer"));
	bed_run(&bed, 10);
	STORY(bed.a, "R180"); /* the 200 to CANCEL is nobody's business */
	/* "If there is no final response for the original request in 64*T1 seconds […]" */
	bed_run(&bed, 32000);
	STORY(bed.a, "R180 R408 E");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

static const char invite[] =
	"INVITE sip:alice@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKpeer1\r\nMax-Forwards: 70\r\n"
	"From: <sip:p@peer>;tag=p1\r\nTo: <sip:alice@10.0.0.1>\r\nCall-ID: c1@peer\r\nCSeq: 1 INVITE\r\n"
	"Contact: <sip:p@10.0.0.9>\r\nContent-Length: 0\r\n\r\n";
static const char cancel_text[] =
	"CANCEL sip:alice@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKpeer1\r\nMax-Forwards: 70\r\n"
	"From: <sip:p@peer>;tag=p1\r\nTo: <sip:alice@10.0.0.1>\r\nCall-ID: c1@peer\r\nCSeq: 1 CANCEL\r\n"
	"Content-Length: 0\r\n\r\n";
static const char ack[] =
	"ACK sip:alice@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKpeer1\r\nMax-Forwards: 70\r\n"
	"From: <sip:p@peer>;tag=p1\r\nTo: <sip:alice@10.0.0.1>;tag=to\r\nCall-ID: c1@peer\r\nCSeq: 1 ACK\r\n"
	"Content-Length: 0\r\n\r\n";

/* RFC 3261 9.2: "the To tag of the response to the CANCEL and the To tag in the response to the original request SHOULD be the same" */
static enum sip_err test_a_cancel_is_answered_like_the_invite_and_told_once(void)
{
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_inject(&bed, invite));
	bed_run(&bed, 10);
	UNIT_TRY(bed_respond(&bed.a, 180));
	bed_run(&bed, 10);
	PEER("1");
	UNIT_TRY(bed_inject(&bed, cancel_text));
	bed_run(&bed, 10);
	PEER("12");
	UNIT_CHECK(strstr(bed.peer_last, "tag=to") != NULL);
	UNIT_CHECK(strstr(bed.peer_last, "1 CANCEL") != NULL);
	UNIT_TRY(bed_inject(&bed, cancel_text));
	bed_run(&bed, 10);
	PEER("122");
	STORY(bed.a, "Q C");
	UNIT_TRY(bed_respond(&bed.a, 487));
	bed_run(&bed, 10);
	UNIT_TRY(bed_inject(&bed, ack));
	bed_run(&bed, 10);
	UNIT_TRY(bed_inject(&bed, cancel_text)); /* its transaction lives on: the same 200 */
	bed_run(&bed, 10);
	PEER("12242");
	bed_run(&bed, 33000);
	STORY(bed.a, "Q C E");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

/* What was passed on from behind us may have a tag that we do not write. */
static enum sip_err test_a_cancel_is_answered_when_the_tag_of_the_invite_is_no_token(void)
{
	struct bed bed;
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_inject(&bed, invite));
	bed_run(&bed, 10);
	UNIT_TRY(bed.a.request ? sip_response_make(bed.a.request, 180, NULL, SIP_STR("to"), &m) : SIP_E_NOMEM);
	UNIT_TRY(sip_message_set(m, SIP_HEADER_TO, SIP_STR("<sip:alice@10.0.0.1>;tag=\"t o\"")));
	UNIT_TRY(sip_shard_post_response(bed.a.shard, bed.a.tx, &m, sip_loop_now(bed.loop)));
	bed_run(&bed, 10);
	UNIT_TRY(bed_inject(&bed, cancel_text));
	bed_run(&bed, 10);
	PEER("12");
	UNIT_CHECK(strstr(bed.peer_last, "1 CANCEL") != NULL);
	UNIT_CHECK(strstr(bed.peer_last, "t o") == NULL);
	STORY(bed.a, "Q C");
	UNIT_TRY(bed_respond(&bed.a, 487));
	bed_run(&bed, 33000);
out:
	sip_message_unref(&m);
	return bed_close(&bed, err);
}

static enum sip_err test_a_cancel_goes_without_a_reason_that_is_no_line(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@10.0.0.9", NULL, &tx));
	bed_run(&bed, 10);
	UNIT_TRY(bed_peer_answers(&bed, "180 Ringing", "peer"));
	bed_run(&bed, 10);
	UNIT_TRY(sip_shard_post_cancel(bed.a.shard, tx, SIP_STR("SIP\r\nX: y"), sip_loop_now(bed.loop)));
	bed_run(&bed, 10);
	PEER("IC");
	UNIT_CHECK(strstr(bed.peer_last, "Reason") == NULL && strstr(bed.peer_last, "X: y") == NULL);
	bed_run(&bed, 33000);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_a_cancel_after_the_final_gets_200_and_nothing_else(void)
{
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.a.answer = 200;
	UNIT_TRY(bed_inject(&bed, invite));
	bed_run(&bed, 10);
	UNIT_TRY(bed_inject(&bed, cancel_text));
	bed_run(&bed, 10);
	PEER("22");
	STORY(bed.a, "Q");
	bed_run(&bed, 33000);
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_a_cancel_without_a_match_gets_481(void)
{
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_inject(&bed, cancel_text));
	bed_run(&bed, 10);
	PEER("4");
	UNIT_CHECK(strstr(bed.peer_last, "SIP/2.0 481") != NULL);
	STORY(bed.a, "");
	bed_run(&bed, 33000);
out:
	return bed_close(&bed, err);
}

/* RFC 3261 9.2: "A CANCEL request has no impact on the processing of transactions with any other method" */
static enum sip_err test_a_cancel_of_another_method_gets_200_only(void)
{
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_inject(&bed, "OPTIONS sip:alice@10.0.0.1 SIP/2.0\r\n"
				  "Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKpeer1\r\nMax-Forwards: 70\r\n"
				  "From: <sip:p@peer>;tag=p1\r\nTo: <sip:alice@10.0.0.1>\r\nCall-ID: c1@peer\r\n"
				  "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"));
	bed_run(&bed, 10);
	UNIT_TRY(bed_inject(&bed, cancel_text));
	bed_run(&bed, 10);
	PEER("2");
	UNIT_TRY(bed_respond(&bed.a, 404));
	bed_run(&bed, 10);
	PEER("24");
	bed_run(&bed, 33000);
	STORY(bed.a, "Q E");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_an_abandoned_invite_is_cancelled_unheard(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@10.0.0.2", NULL, &tx));
	bed_run(&bed, 10);
	UNIT_TRY(bed_respond(&bed.b, 180));
	bed_run(&bed, 10);
	UNIT_TRY(sip_shard_post_abandon(bed.a.shard, tx, sip_loop_now(bed.loop)));
	bed_run(&bed, 10);
	STORY(bed.b, "Q C");
	UNIT_TRY(bed_respond(&bed.b, 487));
	bed_run(&bed, 33000);
	STORY(bed.a, "R180 E");
	STORY(bed.b, "Q C E");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

/* RFC 4320 4.2: no late answers to anything but INVITE */
static enum sip_err test_an_abandoned_server_answers_500_to_an_invite_only(void)
{
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_inject(&bed, invite));
	bed_run(&bed, 10);
	UNIT_TRY(sip_shard_post_abandon(bed.a.shard, bed.a.tx, sip_loop_now(bed.loop)));
	bed_run(&bed, 10);
	PEER("5");
	UNIT_TRY(bed_inject(&bed, ack));
	UNIT_TRY(bed_inject(&bed, "OPTIONS sip:alice@10.0.0.1 SIP/2.0\r\n"
				  "Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKpeer2\r\nMax-Forwards: 70\r\n"
				  "From: <sip:p@peer>;tag=p1\r\nTo: <sip:alice@10.0.0.1>\r\nCall-ID: c2@peer\r\n"
				  "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"));
	bed_run(&bed, 10);
	UNIT_TRY(sip_shard_post_abandon(bed.a.shard, bed.a.tx, sip_loop_now(bed.loop)));
	bed_run(&bed, 33000);
	PEER("5");
	STORY(bed.a, "Q Q E E");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_cancel_before_a_provisional_waits_for_it),
	UNIT_CASE(test_cancel_overtaken_by_a_final_sends_nothing),
	UNIT_CASE(test_cancel_goes_where_the_invite_went_with_its_branch),
	UNIT_CASE(test_a_cancel_is_answered_like_the_invite_and_told_once),
	UNIT_CASE(test_a_cancel_is_answered_when_the_tag_of_the_invite_is_no_token),
	UNIT_CASE(test_a_cancel_goes_without_a_reason_that_is_no_line),
	UNIT_CASE(test_a_cancel_after_the_final_gets_200_and_nothing_else),
	UNIT_CASE(test_a_cancel_without_a_match_gets_481),
	UNIT_CASE(test_a_cancel_of_another_method_gets_200_only),
	UNIT_CASE(test_an_abandoned_invite_is_cancelled_unheard),
	UNIT_CASE(test_an_abandoned_server_answers_500_to_an_invite_only),
};
const struct unit_suite cancel_suite = { "stack/transaction/cancel", cases, SIP_COUNTOF(cases) };
