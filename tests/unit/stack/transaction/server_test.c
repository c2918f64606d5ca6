/* Server transactions and what belongs to none: matching, merged requests, RFC 2543 peers, RFC 6026, RFC 4320. */
#include "tests/unit/stack/transaction/transaction_test.h"

#include <stdio.h>

#define STORY(p, text) UNIT_STR(sip_str_of(bed_story(&(p), room, sizeof room)), text)
#define PEER(text) UNIT_STR(sip_str_of(bed.peer_first), text)
static char room[512];
static char text[2048];

struct request {
	const char *method, *branch, *to_tag;
	unsigned cseq;
	const char *via_params; /* instead of the branch */
};

static const char *make(const struct request *r)
{
	int n = snprintf(text, sizeof text,
			 "%s sip:alice@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;%s%s\r\nMax-Forwards: 70\r\n"
			 "From: <sip:p@peer>;tag=p1\r\nTo: <sip:alice@10.0.0.1>%s%s\r\nCall-ID: c1@peer\r\nCSeq: %u %s\r\n"
			 "Contact: <sip:p@10.0.0.9>\r\nContent-Length: 0\r\n\r\n",
			 r->method, r->via_params ? r->via_params : "branch=z9hG4bK", r->branch, r->to_tag ? ";tag=" : "",
			 r->to_tag ? r->to_tag : "", r->cseq, r->method);

	UNIT_CHECK(n > 0 && (size_t)n < sizeof text);
	return text;
}

/* RFC 6026 7.1: "Any ACKs received from the network while in the "Accepted" state MUST be passed directly to the TU" */
static enum sip_err test_accepted_absorbs_invites_and_passes_acks_and_2xx_on(void)
{
	struct request invite = { "INVITE", "one", NULL, 1, NULL };
	struct request ack = { "ACK", "one", "to", 1, NULL };
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.a.answer = 200;
	UNIT_TRY(bed_inject(&bed, make(&invite)));
	bed_run(&bed, 10);
	UNIT_TRY(bed_inject(&bed, make(&invite)));
	bed_run(&bed, 1000);
	PEER("2");
	STORY(bed.a, "Q");
	UNIT_TRY(bed_respond(&bed.a, 200)); /* the user sends it again */
	bed_run(&bed, 10);
	PEER("22");
	UNIT_TRY(bed_respond(&bed.a, 180));
	UNIT_TRY(bed_respond(&bed.a, 500));
	bed_run(&bed, 10);
	PEER("22");
	UNIT_TRY(bed_inject(&bed, make(&ack)));
	bed_run(&bed, 10);
	STORY(bed.a, "Q A");
	UNIT_CHECK(bed.a.heard[1].owner == &bed.a);
	UNIT_EQ(bed.a.heard[1].tx, bed.a.tx);
	bed_run(&bed, 33000);
	STORY(bed.a, "Q A E");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
	UNIT_TRY(bed_inject(&bed, make(&ack)));
	bed_run(&bed, 10);
	STORY(bed.a, "Q A E A");
	UNIT_CHECK(bed.a.heard[3].owner == NULL);
	UNIT_EQ(bed.a.heard[3].tx, 0);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_a_2xx_whose_transaction_is_over_goes_statelessly(void)
{
	struct request invite = { "INVITE", "one", NULL, 1, NULL };
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.a.answer = 200;
	UNIT_TRY(bed_inject(&bed, make(&invite)));
	bed_run(&bed, 33000);
	STORY(bed.a, "Q E");
	PEER("2");
	UNIT_TRY(bed_respond(&bed.a, 200));
	bed_run(&bed, 10);
	PEER("22");
	UNIT_TRY(bed_respond(&bed.a, 486));
	bed_run(&bed, 10);
	PEER("22");
out:
	return bed_close(&bed, err);
}

static enum sip_err forward(struct party *p, const struct request *r, char branch[64])
{
	enum sip_err err = bed_forward(p, make(r));
	const char *at;

	bed_run(p->bed, 10);
	at = strstr(p->bed->peer_last, "branch=");
	(void)snprintf(branch, 64, "%.*s", at ? (int)strcspn(at, "\r\n;") : 0, at ? at : "");
	return err;
}

/* RFC 3261 16.11: "retransmissions of a request need to have the same value" */
static enum sip_err test_an_ack_that_is_forwarded_again_has_the_same_branch(void)
{
	struct request ack = { "ACK", "one", "to", 1, NULL };
	struct request next = { "ACK", "two", "to", 1, NULL };
	struct request old = { "ACK", "", "to", 1, "x=y" };
	struct request older = { "ACK", "", "to", 2, "x=y" };
	char first[64], again[64];
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(forward(&bed.a, &ack, first));
	UNIT_TRY(forward(&bed.a, &ack, again));
	PEER("AA");
	UNIT_CHECK(strlen(first) > SIP__BRANCH_LEN);
	UNIT_STR(sip_str_of(again), first);
	UNIT_TRY(forward(&bed.b, &ack, again)); /* another process */
	UNIT_STR(sip_str_of(again), first);
	UNIT_TRY(forward(&bed.a, &next, again));
	UNIT_CHECK(strcmp(first, again) != 0);
	UNIT_TRY(forward(&bed.a, &old, first));
	UNIT_TRY(forward(&bed.a, &old, again));
	UNIT_STR(sip_str_of(again), first);
	UNIT_TRY(forward(&bed.a, &older, again));
	UNIT_CHECK(strcmp(first, again) != 0);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_no_ack_sends_the_final_by_timer_g_until_timer_h(void)
{
	struct request invite = { "INVITE", "one", NULL, 1, NULL };
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.a.answer = 486;
	UNIT_TRY(bed_inject(&bed, make(&invite)));
	bed_run(&bed, 31900);
	UNIT_EQ(bed.peer_count, 11); /* 0, 0.5, 1.5, 3.5, then every 4 s */
	STORY(bed.a, "Q");
	bed_run(&bed, 200);
	STORY(bed.a, "Q E");
	UNIT_EQ(bed.a.heard[1].why, SIP_E_TIMEOUT);
out:
	return bed_close(&bed, err);
}

/* RFC 4320 4.1: "MUST respond to a non-INVITE request with a Status-Code of 100 if it has not otherwise responded" */
static enum sip_err test_another_method_gets_100_after_3500_ms_and_never_408(void)
{
	struct request options = { "OPTIONS", "one", NULL, 1, NULL };
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_inject(&bed, make(&options)));
	bed_run(&bed, 10);
	UNIT_TRY(bed_respond(&bed.a, 183));
	UNIT_TRY(bed_inject(&bed, make(&options)));
	bed_run(&bed, 3400);
	PEER("");
	bed_run(&bed, 200);
	PEER("1");
	UNIT_TRY(bed_inject(&bed, make(&options)));
	bed_run(&bed, 10);
	PEER("11");
	UNIT_TRY(bed_respond(&bed.a, 408));
	bed_run(&bed, 10);
	UNIT_TRY(bed_inject(&bed, make(&options)));
	bed_run(&bed, 10);
	PEER("11");
	UNIT_TRY(bed_respond(&bed.a, 200));
	bed_run(&bed, 33000);
	PEER("11");
	STORY(bed.a, "Q E");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

/* RFC 3261 17.2.3: branch, sent-by and method make the key; 8.2.2.2: the same request by two ways is merged */
static enum sip_err test_requests_match_by_branch_sent_by_and_method(void)
{
	struct request first = { "OPTIONS", "one", NULL, 1, NULL };
	struct request other = { "OPTIONS", "two", NULL, 1, NULL };
	struct request method = { "MESSAGE", "one", NULL, 1, NULL };
	struct request later = { "OPTIONS", "three", NULL, 2, NULL };
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_inject(&bed, make(&first)));
	bed_run(&bed, 10);
	UNIT_TRY(bed_inject(&bed, make(&first)));
	bed_run(&bed, 10);
	STORY(bed.a, "Q");
	UNIT_CHECK(!bed.a.heard[0].is_merged);
	UNIT_TRY(bed_inject(&bed, make(&other)));
	bed_run(&bed, 10);
	STORY(bed.a, "Q Q");
	UNIT_CHECK(bed.a.heard[1].is_merged);
	UNIT_TRY(bed_inject(&bed, make(&method)));
	UNIT_TRY(bed_inject(&bed, make(&later)));
	bed_run(&bed, 10);
	STORY(bed.a, "Q Q Q Q");
	UNIT_CHECK(!bed.a.heard[2].is_merged);
	UNIT_CHECK(!bed.a.heard[3].is_merged);
	UNIT_EQ(bed_metric(&bed, SIP_M_TX_COLLISIONS), 1);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_a_2543_peer_is_matched_by_headers_and_its_ack_by_tag(void)
{
	struct request invite = { "INVITE", "", NULL, 1, "branch=1" };
	struct request ack = { "ACK", "", "to", 1, "branch=1" };
	struct request wrong = { "ACK", "", "other", 1, "branch=1" };
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.a.answer = 486;
	UNIT_TRY(bed_inject(&bed, make(&invite)));
	bed_run(&bed, 10);
	UNIT_TRY(bed_inject(&bed, make(&invite)));
	bed_run(&bed, 10);
	PEER("44");
	STORY(bed.a, "Q");
	UNIT_TRY(bed_inject(&bed, make(&wrong)));
	bed_run(&bed, 10);
	STORY(bed.a, "Q A");
	UNIT_TRY(bed_inject(&bed, make(&ack)));
	bed_run(&bed, 6000);
	PEER("44");
	STORY(bed.a, "Q A E");
	UNIT_EQ(bed.a.heard[2].why, SIP_OK);
out:
	return bed_close(&bed, err);
}

/* RFC 6026 7.3: "MUST NOT forward the response if there is no matching transaction state machine" – but a 2xx is told */
static enum sip_err test_stray_responses_are_dropped_but_a_late_2xx_of_ours(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@10.0.0.9", NULL, &tx));
	bed_run(&bed, 33000);
	STORY(bed.a, "R408 E");
	UNIT_TRY(bed_peer_answers(&bed, "486 Busy Here", "x"));
	bed_run(&bed, 10);
	STORY(bed.a, "R408 E");
	UNIT_TRY(bed_peer_answers(&bed, "200 OK", "x"));
	bed_run(&bed, 10);
	STORY(bed.a, "R408 E S200");
	UNIT_TRY(bed_inject(&bed, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKguess\r\n"
				  "From: <sip:p@peer>;tag=p1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: c1@peer\r\n"
				  "CSeq: 1 INVITE\r\nContact: <sip:x@y>\r\nContent-Length: 0\r\n\r\n"));
	bed_run(&bed, 10);
	STORY(bed.a, "R408 E S200");
	UNIT_EQ(bed_metric(&bed, SIP_M_DROP_STRAY), 2);
out:
	return bed_close(&bed, err);
}

static enum sip_err respond_once(struct party *p, unsigned status)
{
	struct sip_message *m = NULL;
	enum sip_err err = p->request ? sip_response_make(p->request, status, NULL, SIP_STR("to"), &m) : SIP_E_NOMEM;

	if (err == SIP_OK)
		err = sip_shard_post_response_once(p->shard, p->tx, &m, sip_loop_now(p->bed->loop));
	sip_message_unref(&m);
	return err;
}

/* RFC 3261 8.2.7: "discards any state that would ordinarily be retained by a UAS after a response has been sent" */
static enum sip_err test_what_is_answered_once_is_over_and_comes_anew(void)
{
	struct request options = { "OPTIONS", "one", NULL, 1, NULL };
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_inject(&bed, make(&options)));
	bed_run(&bed, 10);
	UNIT_TRY(bed_inject(&bed, make(&options)));
	bed_run(&bed, 10);
	STORY(bed.a, "Q");
	UNIT_TRY(respond_once(&bed.a, 200));
	bed_run(&bed, 0);
	STORY(bed.a, "Q E");
	UNIT_EQ(bed.a.heard[1].why, SIP_OK);
	UNIT_EQ(sip_shard_transactions(bed.a.shard), 0);
	UNIT_TRY(respond_once(&bed.a, 200)); /* of a transaction that is no more */
	bed_run(&bed, 10);
	PEER("2");
	UNIT_TRY(bed_inject(&bed, make(&options)));
	bed_run(&bed, 10);
	STORY(bed.a, "Q E Q");
	UNIT_CHECK(!bed.a.heard[2].is_merged);
	UNIT_TRY(respond_once(&bed.a, 200));
	bed_run(&bed, 10);
	PEER("22");
	STORY(bed.a, "Q E Q E");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

/* RFC 3261 8.2.7 speaks of finals; a 408 is never sent (RFC 4320 4.2), an INVITE's failure waits for its ACK (17.2.1) */
static enum sip_err test_once_is_as_ever_for_provisionals_408_and_invites(void)
{
	struct request options = { "OPTIONS", "one", NULL, 1, NULL };
	struct request invite = { "INVITE", "two", NULL, 1, NULL };
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_inject(&bed, make(&options)));
	bed_run(&bed, 10);
	UNIT_TRY(respond_once(&bed.a, 183));
	UNIT_TRY(respond_once(&bed.a, 408));
	bed_run(&bed, 10);
	PEER("");
	UNIT_EQ(sip_shard_transactions(bed.a.shard), 1);
	UNIT_TRY(bed_inject(&bed, make(&invite)));
	bed_run(&bed, 10);
	UNIT_TRY(respond_once(&bed.a, 486));
	bed_run(&bed, 10);
	PEER("4");
	UNIT_EQ(sip_shard_transactions(bed.a.shard), 2);
	bed_run(&bed, 600);
	PEER("44");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

/* The wire does not get it: told with the end, and nothing falls back from what is over. */
static enum sip_err test_an_answer_given_once_that_fails_ends_saying_so(void)
{
	struct request options = { "OPTIONS", "one", NULL, 1, NULL };
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_inject(&bed, make(&options)));
	bed_run(&bed, 10);
	sip_wire_shutdown(bed.a.wire);
	UNIT_TRY(respond_once(&bed.a, 200));
	bed_run(&bed, 10);
	STORY(bed.a, "Q E");
	UNIT_CHECK(bed.a.heard[1].why != SIP_OK);
	PEER("");
out:
	return bed_close(&bed, err);
}

/* RFC 3261 17.2.2: "MUST pass the final response to the transport layer for retransmission whenever a retransmission […] is received" */
static enum sip_err test_what_lingers_keeps_no_packet_but_what_makes_it_again(void)
{
	struct request options = { "OPTIONS", "one", NULL, 1, NULL };
	struct sip__transaction *tx;
	char first[2048];
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_inject(&bed, make(&options)));
	bed_run(&bed, 10);
	UNIT_TRY(bed_respond(&bed.a, 200));
	bed_run(&bed, 10);
	PEER("2");
	memcpy(first, bed.peer_last, sizeof first);
	tx = sip__table_find_id(bed.a.shard, bed.a.tx);
	UNIT_CHECK(tx && !tx->work && (tx->rest ? !tx->packet : tx->packet != NULL));
	UNIT_TRY(bed_inject(&bed, make(&options)));
	bed_run(&bed, 10);
	UNIT_STR(sip_str_of(bed.peer_last), first);
	UNIT_EQ(bed.peer_count, 2);
	UNIT_CHECK(tx->rest ? !tx->packet : tx->packet != NULL);
out:
	return bed_close(&bed, err);
}

/* RFC 3261 8.2.7: "the same tag for the same request consistently" */
static enum sip_err test_the_hash_of_a_request_is_the_same_each_time_and_no_other_s(void)
{
	static const struct request of[] = {
		{ "OPTIONS", "one", NULL, 1, NULL }, { "OPTIONS", "one", NULL, 1, NULL }, { "OPTIONS", "two", NULL, 1, NULL },
		{ "OPTIONS", "", NULL, 1, "branch=1" }, { "OPTIONS", "", NULL, 1, "branch=1" }, { "OPTIONS", "", NULL, 2, "branch=1" },
	};
	static const struct sip_hash_key key = { { 1, 2 } };
	uint64_t hash[SIP_COUNTOF(of)] = { 0 };
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(of) && err == SIP_OK; i++) {
		const char *bytes = make(&of[i]);
		struct sip_packet *packet = sip_packet_copy(bytes, strlen(bytes));
		struct sip_message *m = NULL;
		err = packet ? sip__packet_index(packet, &m) : SIP_E_NOMEM;
		if (err == SIP_OK)
			hash[i] = sip_shard_request_hash(&key, m);
		sip_message_unref(&m);
		sip_packet_unref(&packet);
	}
	if (err != SIP_OK)
		return err;
	UNIT_CHECK(hash[0] == hash[1] && hash[0] != hash[2]);
	UNIT_CHECK(hash[3] == hash[4] && hash[3] != hash[5]);
	return SIP_OK;
}

/* Its Via cannot say the zone (RFC 4007 11.2): which link it is on, the flow knows. Nor is the zone told to anybody. */
static enum sip_err test_a_link_local_peer_is_answered_on_its_link(void)
{
	static const struct {
		const char *from, *via_params, *max_forwards;
		bool is_stamped, is_answered_here;
	} rows[] = {
		{ "[fe80::9%2]:5060", "", "Max-Forwards: 70\r\n", false, false },
		{ "[fe80::9%2]:7000", "", "Max-Forwards: 70\r\n", false, false }, /* from another port than it wants it at */
		{ "[fe80::8%2]:5060", "", "Max-Forwards: 70\r\n", true, false }, /* in the name of another */
		{ "[fe80::8%2]:5060", ";rport", "Max-Forwards: 70\r\n", true, false },
		{ "[fe80::9%2]:7000", "", "Max-Forwards: x\r\n", false, true },  /* the door answers */
	};
	struct sip_transport_options o;
	struct sip_transport *t = NULL;
	struct sip_addr peer = bed_addr("[fe80::9%2]:5060"), other = bed_addr("[fe80::8%2]:5060");
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	sip_transport_options_init(&o, SIP_TRANSPORT_UDP);
	o.net = bed.net;
	o.bind = bed_addr("[fe80::1%2]:5060");
	UNIT_TRY(sip_transport_open(&o, &bed.a.wire, 1, &t));
	UNIT_TRY(bed_peer_at(&bed, &peer));
	UNIT_TRY(bed_peer_at(&bed, &other));
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		struct sip_addr from = bed_addr(rows[i].from);
		int n = snprintf(text, sizeof text,
				 "OPTIONS sip:[fe80::1] SIP/2.0\r\nVia: SIP/2.0/UDP [fe80::9]:5060%s;branch=z9hG4bK%zu\r\n%s"
				 "From: <sip:p@peer>;tag=p1\r\nTo: <sip:[fe80::1]>\r\nCall-ID: c%zu\r\nCSeq: 1 OPTIONS\r\n"
				 "Content-Length: 0\r\n\r\n",
				 rows[i].via_params, i, rows[i].max_forwards, i);

		UNIT_TRY(sip_memory_net_inject(bed.net, &from, &o.bind, sip_str_make(text, (size_t)n), sip_loop_now(bed.loop)));
		bed_run(&bed, 10);
		if (!rows[i].is_answered_here)
			UNIT_TRY(bed_respond(&bed.a, 200));
		bed_run(&bed, 10);
		if (bed_metric(&bed, SIP_M_DROP_NOMEM) || sip_mem_has_failed()) {
			err = SIP_E_NOMEM;
			goto out;
		}
		UNIT_EQ(bed.peer_count, i + 1);
		UNIT_CHECK(strncmp(bed.peer_last, rows[i].is_answered_here ? "SIP/2.0 400 " : "SIP/2.0 200 ", 12) == 0);
		UNIT_CHECK((strstr(bed.peer_last, "received=fe80::8") != NULL) == rows[i].is_stamped);
		UNIT_CHECK(!strchr(bed.peer_last, '%'));
	}
out:
	if (t) {
		sip_transport_close(t);
		bed_run(&bed, 40000);
	}
	sip_transport_unref(&t);
	return bed_close(&bed, err);
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_accepted_absorbs_invites_and_passes_acks_and_2xx_on),
	UNIT_CASE(test_a_2xx_whose_transaction_is_over_goes_statelessly),
	UNIT_CASE(test_an_ack_that_is_forwarded_again_has_the_same_branch),
	UNIT_CASE(test_no_ack_sends_the_final_by_timer_g_until_timer_h),
	UNIT_CASE(test_another_method_gets_100_after_3500_ms_and_never_408),
	UNIT_CASE(test_requests_match_by_branch_sent_by_and_method),
	UNIT_CASE(test_a_2543_peer_is_matched_by_headers_and_its_ack_by_tag),
	UNIT_CASE(test_stray_responses_are_dropped_but_a_late_2xx_of_ours),
	UNIT_CASE(test_what_is_answered_once_is_over_and_comes_anew),
	UNIT_CASE(test_once_is_as_ever_for_provisionals_408_and_invites),
	UNIT_CASE(test_an_answer_given_once_that_fails_ends_saying_so),
	UNIT_CASE(test_what_lingers_keeps_no_packet_but_what_makes_it_again),
	UNIT_CASE(test_a_link_local_peer_is_answered_on_its_link),
	UNIT_CASE(test_the_hash_of_a_request_is_the_same_each_time_and_no_other_s),
};
const struct unit_suite server_suite = { "stack/transaction/server", cases, SIP_COUNTOF(cases) };
