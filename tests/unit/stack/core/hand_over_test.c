/* stack/core/hand_over: what is held, given, taken; who ends, hangs or has no memory. */
#include "tests/unit/stack/core/hand_over_bed.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define HELD_MOST 20000
#define SILENT_S 15

static enum sip_err test_hold_when_resumed_then_nothing_was_lost(void)
{
	struct bed b;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(bed_hold(&b));
	bed_ask(&b, "OPTIONS", 1);
	bed_ask(&b, "OPTIONS", 1);
	UNIT_EQ(b.old.requests, 0);
	UNIT_EQ(bed_told(&b), 0);
	UNIT_TRY(sip_stack_resume(b.old.stack));
	bed_turn(&b);
	UNIT_EQ(b.old.requests, 1);
	UNIT_EQ(b.fresh.requests, 0);
	UNIT_EQ(bed_told(&b), 200);
out:
	bed_close(&b);
	return err;
}

static enum sip_err test_hand_over_when_memory_has_ended_then_all_of_it_goes_on(void)
{
	struct bed b;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(bed_hold(&b));
	bed_ask(&b, "OPTIONS", 1);
	sip_mem_fail_at(1);
	err = sip_stack_resume(b.old.stack);
	sip_mem_fail_at(0);
	UNIT_EQ(err, SIP_OK);
	bed_turn(&b);
	UNIT_EQ(bed_told(&b), 200);
	UNIT_TRY(bed_hold(&b));
	bed_ask(&b, "OPTIONS", 2);
	UNIT_EQ(b.old.requests, 1);
	sip_mem_fail_at(1);
	err = sip_stack_give(b.old.stack, b.ends[0]);
	sip_mem_fail_at(0);
	UNIT_EQ(err, SIP_OK);
	b.ends[0] = -1;
	UNIT_TRY(sip_stack_take(b.fresh.stack, b.ends[1]));
	b.ends[1] = -1;
	bed_turn(&b);
	UNIT_EQ(b.fresh.requests, 1);
	UNIT_EQ(bed_told(&b), 200);
out:
	bed_close(&b);
	return err;
}

static enum sip_err test_hold_when_there_is_too_much_then_503(void)
{
	struct bed b;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(bed_hold(&b));
	for (unsigned i = 0; i < HELD_MOST; i++)
		bed_ask(&b, "OPTIONS", i);
	UNIT_EQ(b.old.requests, 0);
	bed_ask(&b, "OPTIONS", HELD_MOST);
	UNIT_EQ(bed_told(&b), 503);
	UNIT_TRY(sip_stack_resume(b.old.stack));
	bed_turn(&b);
	UNIT_CHECK(b.old.requests > 0);
out:
	bed_close(&b);
	return err;
}

static enum sip_err test_give_when_something_is_new_then_the_other_has_it_and_the_rest_ends_here(void)
{
	struct bed b;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	bed_ask(&b, "INVITE", 1);
	UNIT_EQ(b.old.requests, 1);
	UNIT_TRY(bed_hold(&b));
	bed_ask(&b, "OPTIONS", 2);
	UNIT_TRY(bed_give(&b));
	UNIT_EQ(b.fresh.requests, 1); /* what was held */
	UNIT_EQ(bed_told(&b), 200);
	bed_ask(&b, "OPTIONS", 3);
	UNIT_EQ(b.fresh.requests, 2);
	UNIT_EQ(bed_told(&b), 200);
	bed_ask(&b, "ACK", 4);
	UNIT_EQ(b.fresh.acks, 1);
	bed_ask(&b, "CANCEL", 5); /* of nothing here: nor there */
	UNIT_EQ(bed_told(&b), 481);
	bed_ask(&b, "INVITE", 1);
	bed_ask(&b, "CANCEL", 1);
	UNIT_EQ(bed_told(&b), 200);
	UNIT_EQ(b.old.cancels, 1);
	UNIT_EQ(b.old.requests, 1);
	UNIT_TRY_PTR(b.old.ringing);
	UNIT_TRY(sip_user_reply(b.old.user, b.old.invite, b.old.ringing, 487, NULL));
	bed_turn(&b);
	UNIT_EQ(bed_told(&b), 487);
	bed_ask(&b, "ACK", 1);
	UNIT_EQ(b.old.acks, 0);
	UNIT_EQ(b.fresh.acks, 1);
	UNIT_EQ(sip_metrics_get(sip_stack_metrics(b.fresh.stack), SIP_M_TAKEN), 4);
	UNIT_CHECK(!sip_stack_is_left(b.old.stack));
	sip_stack_destroy(&b.fresh.stack);
	UNIT_CHECK(sip_stack_is_left(b.old.stack));
	UNIT_EQ(sip_stack_give(b.old.stack, -1), SIP_E_STATE);
	UNIT_EQ(sip_stack_resume(b.old.stack), SIP_E_STATE);
	UNIT_EQ(sip_metrics_get(sip_stack_metrics(b.old.stack), SIP_M_GIVEN), 4);
out:
	bed_close(&b);
	return err;
}

/* The pair has room for a few; whoever is refused there waits in front of it, and who comes later behind. */
static enum sip_err test_give_when_more_was_held_than_there_is_room_for_then_all_of_it_comes_in_order(void)
{
	struct bed b;
	char call_id[32];
	int least = 1;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(bed_hold(&b));
	for (unsigned i = 0; i < BURST; i++)
		bed_ask(&b, "OPTIONS", i);
	UNIT_EQ(setsockopt(b.ends[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
	UNIT_TRY(sip_stack_give(b.old.stack, b.ends[0]));
	b.ends[0] = -1;
	bed_turn(&b);
	bed_ask(&b, "OPTIONS", BURST);
	UNIT_TRY(sip_stack_take(b.fresh.stack, b.ends[1]));
	b.ends[1] = -1;
	for (unsigned i = 0; i <= BURST; i++) {
		sip_clock_virtual_advance(&b.clock, SIP_MS(2));
		bed_turn(&b);
	}
	UNIT_EQ(b.fresh.requests, BURST + 1);
	UNIT_EQ(sip_metrics_get(sip_stack_metrics(b.old.stack), SIP_M_DROP_HAND_OVER), 0);
	for (unsigned i = 0; i <= BURST; i++) {
		UNIT_EQ(bed_told(&b), 200);
		snprintf(call_id, sizeof call_id, "Call-ID: c%u\r\n", i);
		UNIT_CHECK(strstr(b.got, call_id) != NULL);
	}
out:
	bed_close(&b);
	return err;
}

static enum sip_err test_give_when_the_old_one_ends_then_the_other_reads_for_itself(void)
{
	struct bed b;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(bed_hold(&b));
	UNIT_TRY(bed_give(&b));
	bed_ask(&b, "OPTIONS", 1);
	UNIT_EQ(b.fresh.requests, 1);
	UNIT_EQ(bed_told(&b), 200);
	UNIT_CHECK(sip_stack_is_taking(b.fresh.stack) && !sip_stack_is_taking(b.old.stack));
	sip_stack_stop(b.old.stack);
	bed_ask(&b, "OPTIONS", 2); /* nobody reads at present */
	UNIT_EQ(b.fresh.requests, 1);
	sip_stack_destroy(&b.old.stack);
	bed_turn(&b);
	UNIT_CHECK(!sip_stack_is_taking(b.fresh.stack));
	UNIT_EQ(b.fresh.requests, 2);
	UNIT_EQ(bed_told(&b), 200);
	bed_ask(&b, "OPTIONS", 3);
	UNIT_EQ(b.fresh.requests, 3);
	UNIT_EQ(bed_told(&b), 200);
out:
	bed_close(&b);
	return err;
}

static enum sip_err test_give_when_the_old_one_hangs_then_the_other_reads_for_itself_after_a_while(void)
{
	struct bed b;
	struct sip_stack *hung = NULL;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(bed_hold(&b));
	UNIT_TRY(bed_give(&b));
	for (int i = 0; i < SILENT_S; i++)
		bed_close_idle(&b);
	UNIT_CHECK(sip_stack_is_taking(b.fresh.stack));
	hung = b.old.stack;
	b.old.stack = NULL;
	sip_clock_virtual_advance(&b.clock, SIP_SECONDS(SILENT_S - 1));
	bed_ask(&b, "OPTIONS", 1);
	UNIT_EQ(b.fresh.requests, 0);
	sip_clock_virtual_advance(&b.clock, SIP_SECONDS(2));
	bed_turn(&b);
	UNIT_CHECK(!sip_stack_is_taking(b.fresh.stack));
	UNIT_EQ(b.fresh.requests, 1);
	UNIT_EQ(bed_told(&b), 200);
	UNIT_CHECK(sip_stack_is_left(hung));
out:
	if (hung)
		b.old.stack = hung;
	bed_close(&b);
	return err;
}

static enum sip_err test_give_when_its_user_keeps_it_then_it_stays(void)
{
	struct bed b;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(bed_hold(&b));
	b.old.keeps_all = true;
	bed_ask(&b, "OPTIONS", 1);
	UNIT_EQ(b.old.requests, 0); /* it is not known yet whether there is another one */
	UNIT_TRY(bed_give(&b));
	UNIT_EQ(bed_told(&b), 200);
	bed_ask(&b, "ACK", 2);
	UNIT_EQ(b.old.requests, 1);
	UNIT_EQ(b.old.acks, 1);
	b.old.keeps_all = false;
	bed_ask(&b, "OPTIONS", 3);
	UNIT_EQ(b.old.requests, 1);
	UNIT_EQ(b.fresh.requests, 1);
	UNIT_EQ(b.fresh.acks, 0);
out:
	bed_close(&b);
	return err;
}

static enum sip_err test_take_when_it_is_no_record_then_dropped_and_counted(void)
{
	struct bed b;
	char record[80] = { 1, SIP_TRANSPORT_UDP, 0, 0, 4 };
	struct sip_hand_over_datagram other = { .kind = SIP_TRANSPORT_UDP, .bytes = SIP_STR_INIT("x") };
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(sip_stack_take(b.fresh.stack, b.ends[1]));
	b.ends[1] = -1;
	UNIT_EQ(sip_stack_take(b.fresh.stack, b.phone), SIP_E_STATE);
	UNIT_EQ(send(b.ends[0], "x", 1, 0), 1);
	UNIT_EQ(send(b.ends[0], record, sizeof record, 0), sizeof record);
	record[0] = 2;
	UNIT_EQ(send(b.ends[0], record, sizeof record, 0), sizeof record);
	UNIT_TRY(sip_addr_parse(&other.bound, SIP_STR("192.0.2.1"), 5060));
	other.source = other.local = other.bound;
	UNIT_TRY(sip_hand_over_give(b.ends[0], &other));
	bed_turn(&b);
	UNIT_EQ(sip_metrics_get(sip_stack_metrics(b.fresh.stack), SIP_M_DROP_HAND_OVER), 4);
	UNIT_EQ(sip_metrics_get(sip_stack_metrics(b.fresh.stack), SIP_M_TAKEN), 0);
out:
	bed_close(&b);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE_DEAR(test_hold_when_resumed_then_nothing_was_lost),
	UNIT_CASE_NO_OOM(test_hand_over_when_memory_has_ended_then_all_of_it_goes_on), /* it ends here and there */
	UNIT_CASE_NO_OOM(test_hold_when_there_is_too_much_then_503), /* 20,000 requests */
	UNIT_CASE_DEAR(test_give_when_something_is_new_then_the_other_has_it_and_the_rest_ends_here),
	UNIT_CASE_NO_OOM(test_give_when_more_was_held_than_there_is_room_for_then_all_of_it_comes_in_order), /* what there is no memory for is lost */
	UNIT_CASE_DEAR(test_give_when_the_old_one_ends_then_the_other_reads_for_itself),
	UNIT_CASE_NO_OOM(test_give_when_the_old_one_hangs_then_the_other_reads_for_itself_after_a_while), /* no memory is as silent */
	UNIT_CASE_DEAR(test_give_when_its_user_keeps_it_then_it_stays),
	UNIT_CASE_DEAR(test_take_when_it_is_no_record_then_dropped_and_counted),
};
static const struct unit_suite suite = { "stack/core/hand_over", cases, SIP_COUNTOF(cases) };

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = { &suite, &hand_over_lines_suite, &hand_over_datagrams_suite };

	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
