/* Connections of a stack that is taken over: they stay, but what is new gets 503, and those by which nothing goes are closed. */
#include "tests/unit/stack/core/hand_over_bed.h"

#include <poll.h>

static bool is_closed(const struct bed *b)
{
	struct pollfd line = { .fd = b->phone, .events = POLLIN };
	char byte;

	return poll(&line, 1, BED_ARRIVES_MS) == 1 && recv(b->phone, &byte, 1, MSG_PEEK) == 0;
}

/* Asks by the connection, whose peer answers 200. */
static enum sip_err call_by(struct bed *b, struct sip_flow *flow)
{
	static const char *const same[] = { "Via:", "From:", "To:", "Call-ID:", "CSeq:" };
	struct sip_request_options o;
	struct sip_message *m = NULL;
	struct sip_target to;
	struct sip_buf answer;
	uint64_t tx;
	enum sip_err err;

	sip_buf_init(&answer, 4000);
	sip_target_init(&to);
	to.flow = flow;
	to.flow_only = true;
	sip_request_options_init(&o);
	o.method = SIP_STR("INVITE");
	o.uri = o.to = SIP_STR("sip:b@example.com");
	o.from = SIP_STR("<sip:a@example.com>;tag=2");
	o.call_id = SIP_STR("by-flow");
	UNIT_TRY(sip_request_make(&o, &m));
	UNIT_TRY(sip_user_request(b->old.user, &m, &to, 0, &tx));
	bed_turn(b);
	(void)bed_told(b);
	SIP_BUF_LIT(&answer, "SIP/2.0 200 OK\r\n");
	for (size_t i = 0; i < SIP_COUNTOF(same); i++) {
		const char *line = strstr(b->got, same[i]), *end = line ? strchr(line, '\n') : NULL;

		if (!end)
			UNIT_TRY(SIP_E_NOMEM);
		sip_buf_put(&answer, line, (size_t)(end + 1 - line));
	}
	SIP_BUF_LIT(&answer, "Content-Length: 0\r\n\r\n");
	UNIT_TRY(answer.err);
	UNIT_EQ(send(b->phone, answer.p, answer.len, MSG_NOSIGNAL), answer.len);
	bed_arrive(b);
out:
	sip_message_unref(&m);
	sip_buf_fini(&answer);
	return err;
}

static enum sip_err test_close_idle_when_an_answer_is_owed_then_not_before_it_is_given(void)
{
	struct bed b;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(bed_open_line(&b));
	bed_ask(&b, "INVITE", 1);
	UNIT_TRY_PTR(b.old.ringing);
	bed_close_idle(&b);
	bed_close_idle(&b);
	UNIT_CHECK(!is_closed(&b));
	UNIT_TRY(sip_user_reply(b.old.user, b.old.invite, b.old.ringing, 486, NULL));
	bed_turn(&b);
	while (bed_told(&b) == 100)
		;
	bed_ask(&b, "ACK", 1);
	bed_close_idle(&b);
	UNIT_CHECK(is_closed(&b));
out:
	bed_close(&b);
	return err;
}

static enum sip_err test_close_idle_when_the_next_search_has_begun_then_what_it_found_is_busy(void)
{
	struct bed b;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(bed_open_line(&b));
	bed_ask(&b, "INVITE", 1);
	UNIT_TRY_PTR(b.old.ringing);
	for (int i = 0; i < 2; i++) { /* 100 goes by it as well */
		sip_clock_virtual_advance(&b.clock, SIP_SECONDS(2));
		bed_turn(&b);
	}
	UNIT_EQ(bed_told(&b), 100);
	sip_flow_set_busy(sip_flow_from_ref(sip_message_flow(b.old.ringing)), UINT32_MAX);
	sip_wire_find_idle(b.old.stack->wires[0].wire, UINT32_MAX - 1, b.clock.clock.now_us(b.clock.clock.arg));
	bed_turn(&b);
	UNIT_CHECK(!is_closed(&b));
	sip_flow_set_busy(sip_flow_from_ref(sip_message_flow(b.old.ringing)), 0); /* the number after it */
	sip_wire_find_idle(b.old.stack->wires[0].wire, UINT32_MAX, b.clock.clock.now_us(b.clock.clock.arg));
	bed_turn(&b);
	UNIT_CHECK(!is_closed(&b));
out:
	bed_close(&b);
	return err;
}

static enum sip_err test_close_idle_when_a_call_was_just_accepted_then_not_before_its_ack_must_have_gone(void)
{
	struct bed b;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(bed_open_line(&b));
	bed_ask(&b, "INVITE", 1);
	UNIT_TRY_PTR(b.old.ringing);
	UNIT_TRY(sip_user_reply(b.old.user, b.old.invite, b.old.ringing, 486, NULL));
	bed_turn(&b);
	while (bed_told(&b))
		;
	bed_ask(&b, "ACK", 1);
	UNIT_TRY(call_by(&b, sip_flow_from_ref(sip_message_flow(b.old.ringing))));
	UNIT_EQ(sip_stack_transactions(b.old.stack), 1);
	bed_close_idle(&b);
	bed_close_idle(&b);
	UNIT_CHECK(!is_closed(&b));
	sip_clock_virtual_advance(&b.clock, SIP_SECONDS(33));
	bed_turn(&b);
	UNIT_EQ(sip_stack_transactions(b.old.stack), 0);
	bed_close_idle(&b);
	UNIT_CHECK(is_closed(&b));
out:
	bed_close(&b);
	return err;
}

static enum sip_err test_close_idle_when_nothing_goes_by_it_then_closed_whoever_holds_it(void)
{
	struct bed b;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(bed_open_line(&b));
	bed_ask(&b, "INVITE", 1); /* kept by its user, and its flow with it */
	UNIT_TRY_PTR(b.old.ringing);
	UNIT_TRY(sip_user_reply(b.old.user, b.old.invite, b.old.ringing, 486, NULL));
	bed_turn(&b);
	bed_ask(&b, "ACK", 1);
	UNIT_EQ(sip_stack_transactions(b.old.stack), 0);
	UNIT_EQ(send(b.phone, "OPTIONS", 7, MSG_NOSIGNAL), 7); /* the beginning of a message */
	bed_arrive(&b);
	bed_close_idle(&b);
	UNIT_EQ(bed_told(&b), 486);
	UNIT_CHECK(!is_closed(&b));
	UNIT_EQ(send(b.phone, "\r\n\r\n", 4, MSG_NOSIGNAL), 4); /* of none, as it turns out */
	bed_arrive(&b);
	while (bed_told(&b))
		;
	bed_close_idle(&b);
	UNIT_CHECK(is_closed(&b));
out:
	bed_close(&b);
	return err;
}

static enum sip_err test_close_idle_when_something_has_come_meanwhile_then_it_stays(void)
{
	struct bed b;
	struct sip_flow *f;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(bed_open_line(&b));
	bed_ask(&b, "INVITE", 1);
	UNIT_TRY_PTR(b.old.ringing);
	f = sip_flow_from_ref(sip_message_flow(b.old.ringing));
	UNIT_TRY(sip_user_reply(b.old.user, b.old.invite, b.old.ringing, 486, NULL));
	bed_turn(&b);
	bed_ask(&b, "ACK", 1);
	sip_clock_virtual_advance(&b.clock, SIP_SECONDS(2));
	f->idle_since_us = b.clock.clock.now_us(b.clock.clock.arg); /* it was found */
	bed_ask(&b, "OPTIONS", 2);
	while (bed_told(&b))
		;
	sip_flow_close_idle(f);
	bed_turn(&b);
	UNIT_CHECK(!is_closed(&b));
	f->idle_since_us++;
	sip_flow_close_idle(f);
	bed_turn(&b);
	UNIT_CHECK(is_closed(&b));
out:
	bed_close(&b);
	return err;
}

static enum sip_err test_give_when_it_comes_by_a_connection_then_503_but_for_what_ends_something(void)
{
	struct bed b;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(bed_open_line(&b));
	UNIT_TRY(bed_hold(&b));
	UNIT_TRY(bed_give(&b));
	bed_ask(&b, "OPTIONS", 1);
	UNIT_EQ(bed_told(&b), 503);
	UNIT_CHECK(strstr(b.got, "Retry-After: ") != NULL);
	bed_ask(&b, "BYE", 2);
	UNIT_EQ(bed_told(&b), 200);
	UNIT_EQ(b.old.requests, 1);
	UNIT_EQ(b.fresh.requests, 0);
	b.old.keeps_all = true;
	bed_ask(&b, "OPTIONS", 3);
	UNIT_EQ(bed_told(&b), 200);
	UNIT_EQ(b.old.requests, 2);
out:
	bed_close(&b);
	return err;
}

static void swap_phones(struct bed *b)
{
	int other = b->phone;

	b->phone = b->datagrams;
	b->datagrams = other;
}

/* They wait for the other process to read; nothing that came by a connection goes that way. */
static enum sip_err test_give_when_datagrams_wait_then_a_connection_does_not(void)
{
	struct bed b;
	int least = 1;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(bed_open_line(&b));
	UNIT_TRY(bed_hold(&b));
	swap_phones(&b);
	for (unsigned i = 0; i < BURST; i++)
		bed_ask(&b, "OPTIONS", i);
	swap_phones(&b);
	UNIT_EQ(setsockopt(b.ends[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
	UNIT_TRY(sip_stack_give(b.old.stack, b.ends[0]));
	b.ends[0] = -1;
	bed_turn(&b);
	UNIT_CHECK(sip_metrics_get(sip_stack_metrics(b.old.stack), SIP_M_GIVEN) < BURST);
	bed_ask(&b, "BYE", BURST);
	UNIT_EQ(bed_told(&b), 200);
	bed_ask(&b, "OPTIONS", BURST + 1);
	UNIT_EQ(bed_told(&b), 503);
out:
	bed_close(&b);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE_DEAR(test_close_idle_when_an_answer_is_owed_then_not_before_it_is_given),
	UNIT_CASE_DEAR(test_close_idle_when_the_next_search_has_begun_then_what_it_found_is_busy),
	UNIT_CASE_DEAR(test_close_idle_when_a_call_was_just_accepted_then_not_before_its_ack_must_have_gone),
	UNIT_CASE_DEAR(test_close_idle_when_nothing_goes_by_it_then_closed_whoever_holds_it),
	UNIT_CASE_DEAR(test_close_idle_when_something_has_come_meanwhile_then_it_stays),
	UNIT_CASE_DEAR(test_give_when_it_comes_by_a_connection_then_503_but_for_what_ends_something),
	UNIT_CASE_DEAR(test_give_when_datagrams_wait_then_a_connection_does_not),
};
const struct unit_suite hand_over_lines_suite = { "stack/core/hand_over_lines", cases, SIP_COUNTOF(cases) };
