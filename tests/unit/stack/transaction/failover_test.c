/* Targets one after the other (RFC 3263 4.3), flows, what the user may add, and responses whose first way failed. */
#include "tests/unit/stack/transaction/transaction_test.h"

#include "stack/crypto/tls.h"
#include "tests/support/certs.h"

#include <stdio.h>

#define STORY(p, text) UNIT_STR(sip_str_of(bed_story(&(p), room, sizeof room)), text)
#define PEER(text) UNIT_STR(sip_str_of(bed.peer_first), text)
static char room[512];
static char first_text[2048];

static enum sip_err test_a_refused_target_is_left_for_the_next(void)
{
	struct bed bed;
	struct sip_addr dead = bed_addr("10.0.0.8:5060");
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.b.answer = 200;
	UNIT_TRY(sip_memory_net_fate(bed.net, &dead, SIP_MEMORY_REFUSES));
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", "sip:bob@two.test", NULL, &tx));
	bed_run(&bed, 100);
	STORY(bed.a, "R200");
	STORY(bed.b, "Q");
	UNIT_EQ(bed_metric(&bed, SIP_M_FAILOVERS), 1);
	bed_run(&bed, 33000);
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
	bed.a.count = 0; /* the dead one comes last now */
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", "sip:bob@two.test", NULL, &tx));
	bed_run(&bed, 33000);
	STORY(bed.a, "R200 E");
	UNIT_EQ(bed_metric(&bed, SIP_M_FAILOVERS), 1);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_a_silent_target_is_left_for_the_next_after_timer_b(void)
{
	struct bed bed;
	struct sip_addr dead = bed_addr("10.0.0.8:5060");
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.b.answer = 486;
	UNIT_TRY(sip_memory_net_fate(bed.net, &dead, SIP_MEMORY_BLACKHOLE));
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@two.test", NULL, &tx));
	bed_run(&bed, 31900);
	STORY(bed.b, "");
	bed_run(&bed, 200);
	STORY(bed.a, "R486");
	STORY(bed.b, "Q");
	UNIT_EQ(bed.a.heard[0].tx, tx);
	bed_run(&bed, 33000);
	STORY(bed.a, "R486 E");
	UNIT_EQ(bed.a.heard[1].why, SIP_OK);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_no_target_at_all_is_503_made_here(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", "sip:bob@none.test", NULL, &tx));
	bed_run(&bed, 10);
	STORY(bed.a, "R503 E");
	UNIT_CHECK(bed.a.heard[0].why != SIP_OK);
	/* our Via is on top of what is made here too */
	UNIT_CHECK(!bed.a.response || sip_message_count(bed.a.response, SIP_HEADER_VIA) == 1);
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", "tel:+4930", NULL, &tx));
	bed_run(&bed, 10);
	STORY(bed.a, "R503 E R503 E");
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@10.0.0.2;transport=tls", NULL, &tx));
	bed_run(&bed, 10);
	STORY(bed.a, "R503 E R503 E R503 E");
out:
	return bed_close(&bed, err);
}

/* A 503 that leads on is acknowledged all the same, as often as it comes (17.1.1.2). */
static enum sip_err test_a_503_leads_to_the_next_target_and_is_acknowledged(void)
{
	struct bed bed;
	struct sip_addr first = bed_addr("10.0.0.8:5060");
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_peer_at(&bed, &first));
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@two.test", NULL, &tx));
	bed_run(&bed, 10);
	PEER("I");
	snprintf(first_text, sizeof first_text, "%s", bed.peer_last);
	UNIT_TRY(bed_peer_answers(&bed, "503 Service Unavailable", "x"));
	bed_run(&bed, 10);
	PEER("IA");
	STORY(bed.b, "Q");
	UNIT_TRY(bed_respond(&bed.b, 180));
	bed_run(&bed, 10);
	STORY(bed.a, "R180");
	snprintf(bed.peer_last, sizeof bed.peer_last, "%s", first_text);
	UNIT_TRY(bed_peer_answers(&bed, "503 Service Unavailable", "x"));
	bed_run(&bed, 10);
	PEER("IAA");
	UNIT_TRY(bed_respond(&bed.b, 200));
	bed_run(&bed, 33000);
	STORY(bed.a, "R180 R200 E");
out:
	return bed_close(&bed, err);
}

static enum sip_err test_a_503_without_a_next_target_is_the_users(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.b.answer = 503;
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@one.test", NULL, &tx));
	bed_run(&bed, 33000);
	STORY(bed.a, "R503 E");
	UNIT_EQ(bed.a.heard[0].why, SIP_OK);
out:
	return bed_close(&bed, err);
}

/* 513 (21.5.7), and the target has no fault in it. */
static enum sip_err test_what_is_too_large_for_every_way_is_513_made_here(void)
{
	struct bed bed;
	struct sip_addr silent = bed_addr("10.0.0.8:5060");
	struct sip__transaction *found;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(sip_memory_net_fate(bed.net, &silent, SIP_MEMORY_BLACKHOLE));
	for (int i = 0; i < 2; i++) {
		bed.a.count = 0;
		UNIT_TRY(bed_request(&bed.a, i ? "INVITE" : "OPTIONS", "sip:bob@10.0.0.8", NULL, &tx));
		bed_run(&bed, 10);
		found = sip__table_find_token(bed.a.shard, tx);
		UNIT_TRY_PTR(found);
		sip__transaction_send_failed(found, NULL, SIP_E_TOOBIG);
		bed_run(&bed, 10);
		STORY(bed.a, "R513 E");
		UNIT_EQ(bed.a.heard[0].why, SIP_E_TOOBIG);
	}
out:
	return bed_close(&bed, err);
}

/* ---- flows ---------------------------------------------------------------------------------------------------------------- */

static enum sip_err test_a_flow_carries_requests_back_and_its_end_is_430(void)
{
	struct bed bed;
	struct sip_flow *flow = NULL;
	struct sip_shard_target target;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.a.answer = bed.b.answer = 200;
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", "sip:bob@10.0.0.2;transport=tcp", NULL, &tx));
	bed_run(&bed, 10);
	UNIT_TRY_PTR(bed.b.request);
	flow = sip_flow_from_ref(sip_message_flow(bed.b.request));
	sip_flow_ref(flow);
	memset(&target, 0, sizeof target);
	target.flow = flow;
	target.flow_only = true;
	UNIT_TRY(bed_request(&bed.b, "OPTIONS", "sip:alice@nowhere.test", &target, &tx));
	bed_run(&bed, 10);
	STORY(bed.b, "Q E R200 E");
	STORY(bed.a, "R200 E Q E");
	sip_flow_close(flow);
	bed_run(&bed, 10);
	bed.b.count = 0;
	UNIT_TRY(bed_request(&bed.b, "OPTIONS", "sip:alice@nowhere.test", &target, &tx));
	bed_run(&bed, 10);
	STORY(bed.b, "R430 E");
	bed.b.count = 0; /* not only by the flow: the URI is gone to then */
	target.flow_only = false;
	UNIT_TRY(bed_request(&bed.b, "OPTIONS", "sip:alice@10.0.0.1", &target, &tx));
	bed_run(&bed, 6000);
	STORY(bed.b, "R200 E");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	sip_flow_unref(&flow);
	return bed_close(&bed, err);
}

struct secure { /* TLS and DTLS of both, at port 5061 */
	struct sip_tls_context *tls, *dtls;
	struct sip_transport *all[4];
};

static enum sip_err load_contexts(struct secure *s)
{
	struct certs *certs = certs_create();
	char text[300];
	struct sip_buf why;
	enum sip_err err;

	sip_buf_init_fixed(&why, text, sizeof text);
	certs_authority(certs, "root");
	certs_leaf(certs, "leaf", "root", "IP:10.0.0.1,IP:10.0.0.2");
	err = sip_tls_context_load(certs_path(certs, "root.pem"), certs_path(certs, "leaf.pem"), certs_path(certs, "leaf.key"), &why,
				   &s->tls, &s->dtls);
	certs_destroy(&certs);
	return err;
}

static enum sip_err secure_open(struct bed *bed, struct secure *s)
{
	enum sip_err err = load_contexts(s);

	for (size_t i = 0; i < SIP_COUNTOF(s->all) && err == SIP_OK; i++) {
		struct party *p = i < 2 ? &bed->a : &bed->b;
		struct sip_transport_options o;

		sip_transport_options_init(&o, i % 2 ? SIP_TRANSPORT_DTLS : SIP_TRANSPORT_TLS);
		o.net = bed->net;
		o.bind = bed_addr(i < 2 ? "10.0.0.1:5061" : "10.0.0.2:5061");
		o.tls = i % 2 ? s->dtls : s->tls;
		err = sip_transport_open(&o, &p->wire, 1, &s->all[i]);
		if (err == SIP_OK)
			err = sip_shard_post_transport(p->shard, s->all[i], true, bed->clock.now);
	}
	return err;
}

static void secure_close(struct secure *s)
{
	for (size_t i = 0; i < SIP_COUNTOF(s->all); i++)
		sip_transport_unref(&s->all[i]);
	sip_tls_context_unref(&s->tls);
	sip_tls_context_unref(&s->dtls);
}

/* Who is reached by a flow only is not called when it ends under a request; and what is no flow of DTLS's size has another way. */
static enum sip_err test_a_flow_of_dtls_is_the_only_way_but_for_what_is_too_large(void)
{
	static const char alice[] = "sip:alice@10.0.0.1:5061;transport=dtls-udp";
	static char large[17000];
	struct bed bed;
	struct secure secure = { .tls = NULL };
	struct sip_shard_target target = { .flow_only = true };
	int64_t calls;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(secure_open(&bed, &secure));
	bed.a.answer = bed.b.answer = 200;
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", "sip:bob@10.0.0.2:5061;transport=dtls-udp", NULL, &tx));
	bed_run(&bed, 10);
	UNIT_TRY_PTR(bed.b.request);
	target.flow = sip_flow_from_ref(sip_message_flow(bed.b.request));
	sip_flow_ref(target.flow);
	UNIT_EQ(sip_flow_kind(target.flow), SIP_TRANSPORT_DTLS);
	memset(large, 'x', sizeof large);
	bed.b.count = 0;
	UNIT_TRY(bed_request_with_body(&bed.b, alice, &target, sip_str_make(large, sizeof large), &tx));
	bed_run(&bed, 10);
	STORY(bed.b, "R200 E");
	UNIT_TRY_PTR(bed.a.request);
	UNIT_EQ(sip_flow_kind(sip_flow_from_ref(sip_message_flow(bed.a.request))), SIP_TRANSPORT_TLS);
	bed.b.count = bed.a.answer = 0;
	UNIT_TRY(bed_request(&bed.b, "OPTIONS", alice, &target, &tx));
	bed_run(&bed, 10);
	calls = bed_metric(&bed, SIP_M_CONNECTIONS_OUT);
	sip_flow_close(target.flow);
	bed_run(&bed, 2000);
	STORY(bed.b, "R430 E");
	UNIT_EQ(bed_metric(&bed, SIP_M_CONNECTIONS_OUT), calls);
	bed_run(&bed, 64000);
out:
	sip_flow_unref(&target.flow);
	secure_close(&secure);
	return bed_close(&bed, err);
}

/* ---- what the user adds ------------------------------------------------------------------------------------------------------ */

static unsigned prepared;

static enum sip_err prepare(void *arg, struct sip_message *m, struct sip_transport *by, const struct sip_addr *to)
{
	(void)to;
	(void)by;
	prepared++;
	return sip_message_push(m, SIP_HEADER_RECORD_ROUTE, sip_str_of(arg));
}

static char own_text[] = "<sip:10.0.0.1;lr>";

static enum sip_err test_every_target_is_prepared_afresh_and_the_branch_keeps_its_end(void)
{
	struct bed bed;
	struct sip_addr dead = bed_addr("10.0.0.8:5060");
	struct sip_shard_target target;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	prepared = 0;
	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(sip_memory_net_fate(bed.net, &dead, SIP_MEMORY_REFUSES));
	memset(&target, 0, sizeof target);
	target.uri = SIP_STR("sip:two.test");
	target.branch_extra = SIP_STR("loop1234");
	target.prepare = prepare;
	target.prepare_arg = own_text;
	bed.b.answer = 404;
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@elsewhere.test", &target, &tx));
	bed_run(&bed, 100);
	UNIT_EQ(prepared, 2);
	STORY(bed.a, "R404");
	UNIT_TRY_PTR(bed.b.request);
	UNIT_EQ(sip_message_count(bed.b.request, SIP_HEADER_RECORD_ROUTE), 1);
	UNIT_EQ(sip_message_count(bed.b.request, SIP_HEADER_VIA), 1);
	const struct sip_via *via = sip_message_via(bed.b.request, 0);
	UNIT_CHECK(via && sip_str_ends_nocase(via->branch, SIP_STR("-loop1234")));
	bed_run(&bed, 33000);
	STORY(bed.a, "R404 E");
	STORY(bed.b, "Q E"); /* the ACK had the same branch, its end included */
	UNIT_EQ(bed.b.heard[1].why, SIP_OK);
	target.branch_extra = SIP_STR("123456789012345678901234567890123");
	UNIT_CHECK(bed_request(&bed.a, "INVITE", "sip:bob@elsewhere.test", &target, &tx) != SIP_OK);
out:
	return bed_close(&bed, err);
}

/* ---- responses ----------------------------------------------------------------------------------------------------------------- */

/* RFC 3261 18.2.2: "If this fails, […] the procedures of Section 5 of [4] SHOULD be used to determine where to send the response." */
static enum sip_err test_a_response_that_cannot_go_back_goes_to_the_name_in_its_via(void)
{
	struct bed bed;
	struct sip_addr dead = bed_addr("10.0.0.9:5060");
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.a.answer = 404;
	UNIT_TRY(bed_inject(&bed, "OPTIONS sip:alice@10.0.0.1 SIP/2.0\r\n"
				  "Via: SIP/2.0/UDP one.test:5060;branch=z9hG4bKpeer3\r\nMax-Forwards: 70\r\n"
				  "From: <sip:p@peer>;tag=p1\r\nTo: <sip:alice@10.0.0.1>\r\nCall-ID: c3@peer\r\n"
				  "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"));
	UNIT_TRY(sip_memory_net_fate(bed.net, &dead, SIP_MEMORY_REFUSES));
	bed_run(&bed, 100);
	STORY(bed.a, "Q");
	UNIT_EQ(bed_metric(&bed, SIP_M_TRANSPORT_FAILURES), 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_DROP_STRAY), 1); /* at b, who has not asked */
	bed_run(&bed, 33000);
	STORY(bed.a, "Q E");
	UNIT_EQ(bed.a.heard[1].why, SIP_OK);
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 0);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_a_response_that_cannot_be_delivered_is_the_last_word(void)
{
	struct bed bed;
	struct sip_addr dead = bed_addr("10.0.0.9:5060");
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.a.answer = 404;
	UNIT_TRY(bed_inject(&bed, "OPTIONS sip:alice@10.0.0.1 SIP/2.0\r\n"
				  "Via: SIP/2.0/UDP none.test:5060;branch=z9hG4bKpeer3\r\nMax-Forwards: 70\r\n"
				  "From: <sip:p@peer>;tag=p1\r\nTo: <sip:alice@10.0.0.1>\r\nCall-ID: c3@peer\r\n"
				  "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"));
	UNIT_TRY(sip_memory_net_fate(bed.net, &dead, SIP_MEMORY_REFUSES));
	bed_run(&bed, 33000);
	STORY(bed.a, "Q E");
	UNIT_CHECK(bed.a.heard[1].why != SIP_OK);
out:
	return bed_close(&bed, err);
}

/* ---- RFC 3261 18.1.1 ---------------------------------------------------------------------------------------------------- */

static enum sip_err lose(struct bed *bed, struct party *p, struct sip_transport **t)
{
	enum sip_err err = sip_shard_post_transport(p->shard, *t, false, bed->clock.now);

	sip_transport_close(*t);
	bed_run(bed, 1);
	sip_transport_unref(t);
	return err;
}

/* Party a sends by a UDP that switches so. */
static enum sip_err set_size_switch(struct bed *bed, enum sip_size_switch to)
{
	struct sip_transport_options o;
	enum sip_err err = lose(bed, &bed->a, &bed->a.udp);

	sip_transport_options_init(&o, SIP_TRANSPORT_UDP);
	o.net = bed->net;
	o.bind = bed_addr("10.0.0.1:5060");
	o.size_switch = to;
	if (err == SIP_OK)
		err = sip_transport_open(&o, &bed->a.wire, 1, &bed->a.udp);
	if (err == SIP_OK)
		err = sip_shard_post_transport(bed->a.shard, bed->a.udp, true, bed->clock.now);
	bed_run(bed, 1);
	return err;
}

/* From a to b, who answers; *kind is what it came by, NONE: not at all. */
static enum sip_err send_large(struct bed *bed, enum sip_transport_kind *kind)
{
	char uri[1500];
	uint64_t tx;
	enum sip_err err;

	memset(uri, 'x', sizeof uri);
	memcpy(uri, "sip:", 4);
	memcpy(uri + 1400, "@one.test", sizeof "@one.test");
	bed->a.count = 0;
	bed->b.answer = 200;
	sip_message_unref(&bed->b.request);
	err = bed_request(&bed->a, "OPTIONS", uri, NULL, &tx);
	bed_run(bed, 33000);
	*kind = bed->b.request ? sip_flow_kind(sip_flow_from_ref(sip_message_flow(bed->b.request))) : SIP_TRANSPORT_NONE;
	return err;
}

static enum sip_err test_a_large_request_goes_as_the_switch_of_its_transport_says(void)
{
	enum sip_transport_kind kind;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(set_size_switch(&bed, SIP_SIZE_SWITCH_OFF));
	UNIT_TRY(send_large(&bed, &kind));
	UNIT_EQ(kind, SIP_TRANSPORT_UDP);
	UNIT_TRY(set_size_switch(&bed, SIP_SIZE_SWITCH_ON));
	UNIT_TRY(send_large(&bed, &kind));
	UNIT_EQ(kind, SIP_TRANSPORT_TCP);
	UNIT_TRY(set_size_switch(&bed, SIP_SIZE_SWITCH_FALLBACK));
	UNIT_TRY(send_large(&bed, &kind));
	UNIT_EQ(kind, SIP_TRANSPORT_TCP);
	STORY(bed.a, "R200 E");
out:
	return bed_close(&bed, err);
}

static enum sip_err test_a_large_request_without_tcp_there_falls_back_only_when_it_may(void)
{
	enum sip_transport_kind kind;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(lose(&bed, &bed.b, &bed.b.tcp));
	UNIT_TRY(send_large(&bed, &kind));
	UNIT_EQ(kind, SIP_TRANSPORT_UDP);
	UNIT_TRY(set_size_switch(&bed, SIP_SIZE_SWITCH_ON));
	UNIT_TRY(send_large(&bed, &kind));
	UNIT_EQ(kind, SIP_TRANSPORT_NONE);
	STORY(bed.a, "R503 E");
out:
	return bed_close(&bed, err);
}

static enum sip_err test_a_large_request_without_tcp_here_falls_back_only_when_it_may(void)
{
	enum sip_transport_kind kind;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(lose(&bed, &bed.a, &bed.a.tcp));
	UNIT_TRY(send_large(&bed, &kind));
	UNIT_EQ(kind, SIP_TRANSPORT_UDP);
	UNIT_TRY(set_size_switch(&bed, SIP_SIZE_SWITCH_ON));
	UNIT_TRY(send_large(&bed, &kind));
	UNIT_EQ(kind, SIP_TRANSPORT_NONE);
	STORY(bed.a, "R513 E");
	UNIT_EQ(bed.a.heard[0].why, SIP_E_TOOBIG);
out:
	return bed_close(&bed, err);
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_a_large_request_goes_as_the_switch_of_its_transport_says),
	UNIT_CASE(test_a_large_request_without_tcp_there_falls_back_only_when_it_may),
	UNIT_CASE(test_a_large_request_without_tcp_here_falls_back_only_when_it_may),
	UNIT_CASE(test_a_refused_target_is_left_for_the_next),
	UNIT_CASE(test_a_silent_target_is_left_for_the_next_after_timer_b),
	UNIT_CASE(test_no_target_at_all_is_503_made_here),
	UNIT_CASE(test_what_is_too_large_for_every_way_is_513_made_here),
	UNIT_CASE(test_a_503_leads_to_the_next_target_and_is_acknowledged),
	UNIT_CASE(test_a_503_without_a_next_target_is_the_users),
	UNIT_CASE(test_a_flow_carries_requests_back_and_its_end_is_430),
	UNIT_CASE_NO_OOM(test_a_flow_of_dtls_is_the_only_way_but_for_what_is_too_large),
	UNIT_CASE(test_every_target_is_prepared_afresh_and_the_branch_keeps_its_end),
	UNIT_CASE(test_a_response_that_cannot_go_back_goes_to_the_name_in_its_via),
	UNIT_CASE(test_a_response_that_cannot_be_delivered_is_the_last_word),
};
const struct unit_suite failover_suite = { "stack/transaction/failover", cases, SIP_COUNTOF(cases) };
