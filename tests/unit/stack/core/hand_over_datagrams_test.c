/* What both stacks have of one datagram socket: its fence, keep-alives, what the network says, whom the guard keeps out. */
#include "tests/unit/stack/core/hand_over_bed.h"

#include <linux/filter.h>
#include <stdio.h>
#include <unistd.h>

static bool has_fence(int fd)
{
	struct sock_filter program[8];
	socklen_t len = SIP_COUNTOF(program); /* in instructions, here alone */

	return getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, program, &len) == 0 && len;
}

static void keep_alive(struct bed *b, const char *bytes, size_t len)
{
	sip_clock_virtual_advance(&b->clock, SIP_SECONDS(4));
	bed_turn(b);
	UNIT_EQ(send(b->phone, bytes, len, MSG_NOSIGNAL), len);
	bed_arrive(b);
}

/* To a port nobody has any more. */
static enum sip_err ask_nobody(struct side *s, const char *call_id)
{
	struct sip_request_options o;
	struct sip_message *m = NULL;
	struct sip_addr at;
	char uri[64];
	socklen_t len = sizeof at.u;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t tx;
	enum sip_err err;

	UNIT_TRY(sip_addr_parse(&at, SIP_STR("127.0.0.1"), 0));
	UNIT_EQ(bind(fd, &at.u.sa, len), 0);
	UNIT_EQ(getsockname(fd, &at.u.sa, &len), 0);
	(void)snprintf(uri, sizeof uri, "sip:a@127.0.0.1:%u", (unsigned)sip_addr_port(&at));
	sip_request_options_init(&o);
	o.method = SIP_STR("OPTIONS");
	o.uri = o.to = sip_str_of(uri);
	o.from = SIP_STR("<sip:b@example.com>;tag=1");
	o.call_id = sip_str_of(call_id);
	UNIT_TRY(sip_request_make(&o, &m));
	close(fd);
	fd = -1;
	UNIT_TRY(sip_user_request(s->user, &m, NULL, 0, &tx));
out:
	sip_message_unref(&m);
	if (fd >= 0)
		close(fd);
	return err;
}

static enum sip_err test_give_when_there_is_a_fence_then_it_is_that_of_who_reads(void)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	struct side other = { 0 };
	struct bed b;
	int fd = -1;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(sip_transport_socket(b.old.transport, &fd));
	sip__udp_fence(&b.old.transport->endpoints[0], &all, 1);
	UNIT_CHECK(has_fence(fd));
	UNIT_TRY(bed_open_side(&b, &other, fd));
	sip__udp_fence(&b.fresh.transport->endpoints[0], NULL, 0);
	sip_stack_destroy(&other.stack);
	UNIT_CHECK(has_fence(fd));
	UNIT_TRY(bed_hold(&b));
	UNIT_TRY(bed_give(&b));
	sip_stack_destroy(&b.old.stack);
	UNIT_CHECK(has_fence(fd));
	bed_turn(&b);
	UNIT_CHECK(!has_fence(fd));
	sip__udp_fence(&b.fresh.transport->endpoints[0], &all, 1);
	UNIT_CHECK(has_fence(fd));
out:
	sip_stack_destroy(&other.stack);
	if (fd >= 0)
		close(fd);
	bed_close(&b);
	return err;
}

static enum sip_err test_give_when_it_is_a_keep_alive_then_both_have_heard_and_the_other_answers(void)
{
	static const char stun[20] = "\0\1\0\0\x21\x12\xa4\x42" "abcdefghijk";
	struct bed b;
	struct sip_flow *here, *there;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	bed_ask(&b, "INVITE", 1);
	UNIT_TRY_PTR(b.old.ringing);
	UNIT_TRY(bed_hold(&b));
	UNIT_TRY(bed_give(&b));
	bed_ask(&b, "INVITE", 2);
	UNIT_TRY_PTR(b.fresh.ringing);
	here = sip_flow_from_ref(sip_message_flow(b.old.ringing));
	there = sip_flow_from_ref(sip_message_flow(b.fresh.ringing));
	sip_flow_expect(here, 5);
	sip_flow_expect(there, 5);
	bed_turn(&b);
	keep_alive(&b, "\r\n\r\n", 4);
	keep_alive(&b, stun, sizeof stun);
	keep_alive(&b, "\r\n", 2);
	while (bed_told(&b) == 100)
		;
	UNIT_CHECK(memcmp(b.got, "\1\1", 2) == 0); /* by one of them only: */
	UNIT_EQ(bed_told(&b), 0);
	UNIT_EQ(sip_metrics_get(sip_stack_metrics(b.fresh.stack), SIP_M_RX_KEEPALIVE), 3);
	UNIT_EQ(sip_flow_state(here), SIP_FLOW_OPEN);
	UNIT_EQ(sip_flow_state(there), SIP_FLOW_OPEN);
	sip_clock_virtual_advance(&b.clock, SIP_SECONDS(6));
	bed_turn(&b);
	UNIT_EQ(sip_flow_state(there), SIP_FLOW_SUSPECT);
out:
	bed_close(&b);
	return err;
}

/* Loopback says at once that nobody is there: to whoever asks the socket first, which is the one that has not sent. */
static enum sip_err test_give_when_the_network_says_something_then_whoever_has_sent_hears_it(void)
{
	struct bed b;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(bed_hold(&b));
	UNIT_TRY(bed_give(&b));
	UNIT_TRY(ask_nobody(&b.fresh, "c1"));
	bed_turn(&b);
	UNIT_EQ(b.fresh.refused, 1);
	UNIT_TRY(ask_nobody(&b.old, "c2"));
	bed_turn(&b);
	UNIT_EQ(b.old.refused, 1);
	sip_stack_destroy(&b.old.stack);
	bed_turn(&b);
	UNIT_TRY(ask_nobody(&b.fresh, "c3"));
	bed_turn(&b);
	UNIT_EQ(b.fresh.refused, 2);
out:
	bed_close(&b);
	return err;
}

static enum sip_err test_give_when_a_source_is_banned_then_the_other_judges(void)
{
	struct bed b;
	struct sip_addr source;
	struct sip_ban ban;
	struct sip_buf list;
	enum sip_err err = bed_open(&b);

	sip_buf_init(&list, 10000);
	if (err != SIP_OK)
		goto out;
	UNIT_TRY(sip_addr_parse(&source, SIP_STR("127.0.0.1"), 0));
	UNIT_TRY(bed_hold(&b));
	UNIT_TRY(sip_stack_ban(b.old.stack, &source, 600));
	bed_turn(&b);
	sip_stack_put_bans(b.old.stack, 10, &list);
	UNIT_TRY(list.err);
	if (!list.len) /* no memory for it */
		UNIT_TRY(SIP_E_NOMEM);
	UNIT_EQ(sip_stack_take_bans(b.fresh.stack, sip_str_from(sip_buf_str(&list), 1)), SIP_E_SYNTAX);
	UNIT_TRY(sip_stack_take_bans(b.fresh.stack, sip_buf_str(&list)));
	bed_turn(&b);
	if (!sip_stack_list_bans(b.fresh.stack, &ban, 1))
		UNIT_TRY(SIP_E_NOMEM);
	UNIT_CHECK(sip_addr_eq_host(&ban.source, &source));
	UNIT_CHECK(ban.left_s > 590 && ban.left_s <= 600);
	UNIT_CHECK(ban.times == 1 && !ban.is_datagrams_only);
	UNIT_TRY(bed_give(&b));
	bed_ask(&b, "OPTIONS", 1);
	UNIT_EQ(bed_told(&b), 0);
	UNIT_EQ(sip_metrics_get(sip_stack_metrics(b.old.stack), SIP_M_DROP_BANNED), 0);
	UNIT_EQ(sip_metrics_get(sip_stack_metrics(b.fresh.stack), SIP_M_DROP_BANNED), 1);
	bed_ask(&b, "OPTIONS", 2); /* one of a few in a second, or a flood would come through */
	UNIT_EQ(sip_metrics_get(sip_stack_metrics(b.old.stack), SIP_M_DROP_BANNED), 1);
	UNIT_EQ(sip_metrics_get(sip_stack_metrics(b.fresh.stack), SIP_M_DROP_BANNED), 1);
	UNIT_TRY(sip_stack_unban(b.fresh.stack, &source));
	sip_clock_virtual_advance(&b.clock, SIP_MS(250));
	bed_turn(&b);
	bed_ask(&b, "OPTIONS", 3);
	UNIT_EQ(bed_told(&b), 200);
	UNIT_EQ(b.fresh.requests, 1);
out:
	sip_buf_fini(&list);
	bed_close(&b);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE_DEAR(test_give_when_there_is_a_fence_then_it_is_that_of_who_reads),
	UNIT_CASE_DEAR(test_give_when_it_is_a_keep_alive_then_both_have_heard_and_the_other_answers),
	UNIT_CASE_DEAR(test_give_when_the_network_says_something_then_whoever_has_sent_hears_it),
	UNIT_CASE_DEAR(test_give_when_a_source_is_banned_then_the_other_judges),
};
const struct unit_suite hand_over_datagrams_suite = { "stack/core/hand_over_datagrams", cases, SIP_COUNTOF(cases) };
