/* What the door does with what comes: stamps, answers, refuses, drops. */
#include "tests/unit/stack/transport/bed.h"

#include <stdio.h>

#define VIA "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1"

static enum sip_err arrive(struct bed *bed, const char *from, const char *via)
{
	char room[2048];
	enum sip_err err = bed_inject(bed, from, "10.0.0.1:5060", bed_options(room, sizeof room, via, "call"));

	bed_run(bed, SIP_MS(1));
	return err;
}

static enum sip_err check_stamp(const char *from, const char *via, const char *expected)
{
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(arrive(&bed, from, via));
	if (bed.a.messages == 1)
		UNIT_STR(sip_str_of(bed.a.via), expected);
	else
		err = SIP_E_NOMEM;
out:
	bed_close(&bed);
	return err;
}

/* RFC 3261 18.2.1, RFC 3581 4. */
static enum sip_err test_stamp_when_needed_then_received_and_rport(void)
{
	static const struct {
		const char *from, *via, *expected;
	} rows[] = {
		{ "10.0.0.9:5060", VIA, VIA },
		{ "10.0.0.9:7000", VIA, VIA },
		{ "10.0.0.8:5060", VIA, VIA ";received=10.0.0.8" },
		{ "10.0.0.9:7000", VIA ";rport", VIA ";received=10.0.0.9;rport=7000" },
		{ "10.0.0.9:7000", "SIP/2.0/UDP 10.0.0.9;rport;branch=z9hG4bK1;x=\"a;b\"",
		  "SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1;x=\"a;b\";received=10.0.0.9;rport=7000" },
		{ "10.0.0.9:7000", "SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1;rport=5;x",
		  "SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1;x;received=10.0.0.9;rport=7000" },
		{ "10.0.0.9:7000", "SIP/2.0/UDP 10.0.0.9 ; rport ;branch=z9hG4bK1",
		  "SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1;received=10.0.0.9;rport=7000" },
		{ "10.0.0.9:5060", "SIP/2.0/UDP pc.example.com;branch=z9hG4bK1",
		  "SIP/2.0/UDP pc.example.com;branch=z9hG4bK1;received=10.0.0.9" },
		{ "10.0.0.9:5060", VIA ";received=1.2.3.4", VIA ";received=10.0.0.9" },
		{ "10.0.0.9:5060", "SIP/2.0/UDP 10.0.0.8;branch=z9hG4bK1, SIP/2.0/TCP 1.1.1.1;branch=z9hG4bK2",
		  "SIP/2.0/UDP 10.0.0.8;branch=z9hG4bK1;received=10.0.0.9" },
	};
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(rows) && err == SIP_OK; i++)
		err = check_stamp(rows[i].from, rows[i].via, rows[i].expected);
	return err;
}

static enum sip_err test_answer_when_a_rule_is_broken_then_without_the_user(void)
{
	static const char broken[] = "OPTIONS sip:a@x SIP/2.0\r\nVia: " VIA "\r\nFrom: <sip:a@x>;tag=1\r\n"
				     "To: <sip:b@x>\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n";
	char first[2048];
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", sip_str_make(broken, sizeof broken - 1)));
	bed_run(&bed, SIP_MS(1));
	if (bed_metric(&bed, SIP_M_DROP_NOMEM)) {
		err = SIP_E_NOMEM;
		goto out;
	}
	UNIT_EQ(bed.a.messages, 0);
	UNIT_EQ(bed.peer_count, 1);
	UNIT_CHECK(strncmp(bed.peer_last, "SIP/2.0 400 ", 12) == 0);
	UNIT_CHECK(strstr(bed.peer_last, "To: <sip:b@x>;tag=") != NULL);
	UNIT_EQ(bed_metric(&bed, SIP_M_ANSWERED_INVALID), 1);
	memcpy(first, bed.peer_last, sizeof first);
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", sip_str_make(broken, sizeof broken - 1)));
	bed_run(&bed, SIP_MS(1));
	/* A repetition gets the same tag (RFC 3261 8.2.7). */
	UNIT_STR(sip_str_of(bed.peer_last), first);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_garbage_when_it_comes_then_it_is_counted_and_dropped(void)
{
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", SIP_STR("garbage")));
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", SIP_STR("\r\n\r\n")));
	bed_run(&bed, SIP_MS(1));
	UNIT_EQ(bed.peer_count, 0);
	UNIT_EQ(bed.a.messages, 0);
	if (!sip_mem_has_failed())
		UNIT_EQ(bed_metric(&bed, SIP_M_DROP_MALFORMED), 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_RX_KEEPALIVE), 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_FLOWS), 0);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_full_user_when_a_request_comes_then_503_with_retry_after(void)
{
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	bed.a.verdict = SIP_E_FULL;
	UNIT_TRY(arrive(&bed, "10.0.0.9:5060", VIA));
	if (bed_metric(&bed, SIP_M_DROP_NOMEM)) {
		err = SIP_E_NOMEM;
		goto out;
	}
	UNIT_EQ(bed.peer_count, 1);
	UNIT_CHECK(strncmp(bed.peer_last, "SIP/2.0 503 ", 12) == 0);
	UNIT_CHECK(strstr(bed.peer_last, "Retry-After: ") != NULL);
	UNIT_EQ(bed_metric(&bed, SIP_M_ANSWERED_OVERLOAD), 1);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err inject_request(struct bed *bed, const char *method, const char *to)
{
	char room[1024];
	int n = snprintf(room, sizeof room,
			 "%s sip:bob@10.0.0.1 SIP/2.0\r\nVia: " VIA "\r\nMax-Forwards: 70\r\nFrom: <sip:a@x>;tag=1\r\n"
			 "To: %s\r\nCall-ID: c\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
			 method, to, method);
	enum sip_err err = bed_inject(bed, "10.0.0.9:5060", "10.0.0.1:5060", sip_str_make(room, (size_t)n));

	bed_run(bed, SIP_MS(1));
	return err;
}

static enum sip_err inject_method(struct bed *bed, const char *method)
{
	return inject_request(bed, method, "<sip:b@x>;tag=2");
}

static enum sip_err test_refuse_new_when_it_comes_then_what_is_under_way_passes(void)
{
	static const char *const ending[] = { "ACK", "BYE", "CANCEL", "PRACK" };
	static const char *const within[] = { "INVITE", "INFO", "UPDATE", "SUBSCRIBE" };
	static const char *const beginning[] = { "INVITE", "OPTIONS", "REGISTER", "FOO" };
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	bed.a.level = SIP_CONGESTION_REFUSE_NEW;
	for (size_t i = 0; i < SIP_COUNTOF(ending); i++)
		UNIT_TRY(inject_request(&bed, ending[i], "<sip:b@x>"));
	for (size_t i = 0; i < SIP_COUNTOF(within); i++)
		UNIT_TRY(inject_method(&bed, within[i]));
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060",
			    SIP_STR("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\n"
				    "To: <sip:b@x>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n")));
	bed_run(&bed, SIP_MS(1));
	if (bed_metric(&bed, SIP_M_DROP_NOMEM)) {
		err = SIP_E_NOMEM;
		goto out;
	}
	UNIT_EQ(bed.a.messages, 9);
	UNIT_EQ(bed.peer_count, 0);
	for (size_t i = 0; i < SIP_COUNTOF(beginning); i++)
		UNIT_TRY(inject_request(&bed, beginning[i], "<sip:b@x>"));
	if (bed_metric(&bed, SIP_M_DROP_NOMEM)) {
		err = SIP_E_NOMEM;
		goto out;
	}
	UNIT_EQ(bed.a.messages, 9);
	UNIT_EQ(bed.peer_count, 4);
	UNIT_CHECK(strncmp(bed.peer_last, "SIP/2.0 503 ", 12) == 0);
	UNIT_CHECK(strstr(bed.peer_last, "Retry-After: ") != NULL);
	UNIT_EQ(bed_metric(&bed, SIP_M_ANSWERED_OVERLOAD), 4);
out:
	bed_close(&bed);
	return err;
}

static enum sip_err test_refuse_most_when_it_comes_then_only_what_ends_work_passes(void)
{
	static const char *const passing[] = { "ACK", "BYE", "CANCEL", "PRACK" };
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	bed.a.level = SIP_CONGESTION_REFUSE_MOST;
	for (size_t i = 0; i < SIP_COUNTOF(passing); i++)
		UNIT_TRY(inject_method(&bed, passing[i]));
	if (bed.a.messages == 4)
		UNIT_EQ(bed.peer_count, 0);
	UNIT_TRY(inject_method(&bed, "INVITE"));
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", SIP_STR("INVITE nonsense")));
	bed_run(&bed, SIP_MS(1));
	if (bed_metric(&bed, SIP_M_DROP_NOMEM)) {
		err = SIP_E_NOMEM;
		goto out;
	}
	UNIT_EQ(bed.a.messages, 4);
	UNIT_EQ(bed.peer_count, 1);
	UNIT_CHECK(strncmp(bed.peer_last, "SIP/2.0 503 ", 12) == 0);
	UNIT_EQ(bed_metric(&bed, SIP_M_DROP_MALFORMED), 1);
out:
	bed_close(&bed);
	return err;
}

/* RFC 3261 18.2.2: a datagram's answer goes to the port of sent-by, not to where it came from. */
static enum sip_err test_answer_when_there_is_no_rport_then_it_goes_to_sent_by(void)
{
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	bed.a.verdict = SIP_E_FULL;
	UNIT_TRY(arrive(&bed, "10.0.0.9:9999", VIA));
	if (!bed_metric(&bed, SIP_M_DROP_NOMEM))
		UNIT_EQ(bed.peer_count, 1);
	UNIT_TRY(arrive(&bed, "10.0.0.9:9999", VIA ";rport"));
	if (!bed_metric(&bed, SIP_M_DROP_NOMEM))
		UNIT_EQ(bed.peer_count, 1);
	if (bed_metric(&bed, SIP_M_DROP_NOMEM))
		err = SIP_E_NOMEM;
out:
	bed_close(&bed);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_stamp_when_needed_then_received_and_rport),
	UNIT_CASE(test_answer_when_a_rule_is_broken_then_without_the_user),
	UNIT_CASE(test_garbage_when_it_comes_then_it_is_counted_and_dropped),
	UNIT_CASE(test_full_user_when_a_request_comes_then_503_with_retry_after),
	UNIT_CASE(test_refuse_new_when_it_comes_then_what_is_under_way_passes),
	UNIT_CASE(test_refuse_most_when_it_comes_then_only_what_ends_work_passes),
	UNIT_CASE(test_answer_when_there_is_no_rport_then_it_goes_to_sent_by),
};
const struct unit_suite door_suite = { "stack/transport/door", cases, SIP_COUNTOF(cases) };
