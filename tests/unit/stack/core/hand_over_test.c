/*
 * stack/core/hand_over: two stacks and a phone over loopback, all turned here under a virtual clock. What is new goes to the one
 * that takes over, what is under way ends where it began, and whoever fails leaves the other as it was.
 */
#include "stack/core/core.h"
#include "tests/support/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

struct side {
	struct sip_stack *stack;
	struct sip_user *user;
	struct sip_transport *transport; /* lent by the stack */
	size_t requests, acks, cancels;
	uint64_t invite;                 /* rings; 0: none does */
	struct sip_message *ringing;     /* owned: it */
};

struct bed {
	struct sip_clock_virtual clock;
	struct side old, fresh;
	int phone, ends[2];
	struct sip_addr at;
	char got[2000];                  /* what the phone was told last */
};

static void on_event(void *arg, struct sip_user_event *e)
{
	struct side *s = arg;

	s->requests += e->kind == SIP_USER_REQUEST;
	s->acks += e->kind == SIP_USER_ACK;
	s->cancels += e->kind == SIP_USER_CANCEL;
	if (e->kind != SIP_USER_REQUEST)
		return;
	if (sip_message_method(e->message) == SIP_METHOD_INVITE && !s->ringing) {
		s->invite = e->tx;
		s->ringing = e->message;
		e->message = NULL;
	} else {
		(void)!sip_user_reply(s->user, e->tx, e->message, 200, NULL);
	}
}

/* `fd` -1: a socket of its own. */
static enum sip_err open_side(struct bed *b, struct side *s, int fd)
{
	struct sip_stack_options so;
	struct sip_user_options uo;
	struct sip_transport_options to;
	enum sip_err err;

	sip_stack_options_init(&so);
	so.layout = SIP_LAYOUT_EMBEDDED;
	so.clock = &b->clock.clock;
	so.seed = fd < 0 ? 1 : 2;
	so.hosts_path = "";
	sip_user_options_init(&uo);
	uo.on_event = on_event;
	uo.arg = s;
	sip_transport_options_init(&to, SIP_TRANSPORT_UDP);
	to.fd = fd;
	to.is_held = fd >= 0;
	to.bind = b->at;
	UNIT_TRY(sip_stack_create(&so, &s->stack));
	UNIT_TRY(sip_stack_add_user(s->stack, &uo, &s->user));
	UNIT_TRY(sip_stack_add_transport(s->stack, &to, &s->transport));
	UNIT_TRY(sip_stack_start(s->stack));
out:
	return err;
}

static enum sip_err bed_open(struct bed *b)
{
	struct sip_addr any;
	int fd = -1;
	enum sip_err err;

	memset(b, 0, sizeof *b);
	b->ends[0] = b->ends[1] = -1;
	b->phone = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	sip_clock_virtual_init(&b->clock, 0);
	UNIT_TRY(sip_addr_parse(&b->at, SIP_STR("127.0.0.1"), 0));
	any = b->at;
	UNIT_EQ(bind(b->phone, &any.u.sa, sip_addr_len(&any)), 0);
	UNIT_TRY(open_side(b, &b->old, -1));
	b->at = *sip_transport_bound(b->old.transport);
	UNIT_EQ(connect(b->phone, &b->at.u.sa, sip_addr_len(&b->at)), 0);
	UNIT_TRY(sip_transport_socket(b->old.transport, &fd));
	UNIT_TRY(open_side(b, &b->fresh, fd));
	UNIT_TRY(sip_hand_over_pair(b->ends));
out:
	if (fd >= 0)
		close(fd);
	return err;
}

static void bed_close(struct bed *b)
{
	sip_message_unref(&b->old.ringing);
	sip_message_unref(&b->fresh.ringing);
	sip_stack_destroy(&b->old.stack);
	sip_stack_destroy(&b->fresh.stack);
	for (int i = 0; i < 2; i++)
		if (b->ends[i] >= 0)
			close(b->ends[i]);
	close(b->phone);
}

static void turn(struct bed *b)
{
	for (int i = 0; i < 8; i++) {
		if (b->old.stack)
			(void)!sip_loop_turn(sip_stack_loop(b->old.stack, 0), 0);
		if (b->fresh.stack)
			(void)!sip_loop_turn(sip_stack_loop(b->fresh.stack, 0), 0);
	}
}

#define ARRIVES_MS 50 /* at most: loopback takes a moment now and then */

/* What was sent has come, if anybody reads it, and is dealt with. */
static void arrive(struct bed *b)
{
	struct pollfd fds[] = { { .fd = -1, .events = POLLIN }, { .fd = -1, .events = POLLIN } };

	if (b->old.stack)
		fds[0].fd = sip_loop_fd(sip_stack_loop(b->old.stack, 0));
	if (b->fresh.stack)
		fds[1].fd = sip_loop_fd(sip_stack_loop(b->fresh.stack, 0));
	(void)poll(fds, SIP_COUNTOF(fds), ARRIVES_MS);
	turn(b);
}

static void ask(struct bed *b, const char *method, unsigned number)
{
	char text[600];
	int n = snprintf(text, sizeof text,
			 "%s sip:a@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK-n%u\r\nMax-Forwards: 70\r\n"
			 "From: <sip:b@example.com>;tag=1\r\nTo: <sip:a@example.com>\r\nCall-ID: c%u\r\nCSeq: 1 %s\r\n"
			 "Content-Length: 0\r\n\r\n",
			 method, number, number, method);

	UNIT_EQ(send(b->phone, text, (size_t)n, MSG_NOSIGNAL), n);
	arrive(b);
}

/* The status the phone was told next; 0: nothing. */
static unsigned told(struct bed *b)
{
	struct pollfd phone = { .fd = b->phone, .events = POLLIN };
	ssize_t n = poll(&phone, 1, ARRIVES_MS) == 1 ? recv(b->phone, b->got, sizeof b->got - 1, 0) : 0;

	if (n < 12)
		return 0;
	b->got[n] = '\0';
	return (unsigned)(b->got[8] - '0') * 100 + (unsigned)(b->got[9] - '0') * 10 + (unsigned)(b->got[10] - '0');
}

static enum sip_err hold(struct bed *b)
{
	size_t left = SIZE_MAX;

	for (int i = 0; i < 4 && left == SIZE_MAX; i++) {
		left = sip_stack_hold(b->old.stack, SIP_METHOD_OPTIONS);
		turn(b);
	}
	return left == SIZE_MAX ? SIP_E_NOMEM : SIP_OK;
}

static enum sip_err give(struct bed *b)
{
	enum sip_err err;

	UNIT_TRY(sip_stack_take(b->fresh.stack, b->ends[1]));
	b->ends[1] = -1;
	UNIT_TRY(sip_stack_give(b->old.stack, b->ends[0]));
	b->ends[0] = -1;
	turn(b);
out:
	return err;
}

static enum sip_err test_hold_when_resumed_then_nothing_was_lost(void)
{
	struct bed b;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(hold(&b));
	ask(&b, "OPTIONS", 1);
	ask(&b, "OPTIONS", 1);
	UNIT_EQ(b.old.requests, 0);
	UNIT_EQ(told(&b), 0);
	UNIT_TRY(sip_stack_resume(b.old.stack));
	turn(&b);
	UNIT_EQ(b.old.requests, 1);
	UNIT_EQ(b.fresh.requests, 0);
	UNIT_EQ(told(&b), 200);
out:
	bed_close(&b);
	return err;
}

#define HELD_MOST 20000

static enum sip_err test_hold_when_there_is_too_much_then_503(void)
{
	struct bed b;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(hold(&b));
	for (unsigned i = 0; i < HELD_MOST; i++)
		ask(&b, "OPTIONS", i);
	UNIT_EQ(b.old.requests, 0);
	ask(&b, "OPTIONS", HELD_MOST);
	UNIT_EQ(told(&b), 503);
	UNIT_TRY(sip_stack_resume(b.old.stack));
	turn(&b);
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
	ask(&b, "INVITE", 1);
	UNIT_EQ(b.old.requests, 1);
	UNIT_TRY(hold(&b));
	ask(&b, "OPTIONS", 2);
	UNIT_TRY(give(&b));
	UNIT_EQ(b.fresh.requests, 1); /* what was held */
	UNIT_EQ(told(&b), 200);
	ask(&b, "OPTIONS", 3);
	UNIT_EQ(b.fresh.requests, 2);
	UNIT_EQ(told(&b), 200);
	ask(&b, "ACK", 4);
	UNIT_EQ(b.fresh.acks, 1);
	ask(&b, "CANCEL", 5); /* of nothing here: nor there */
	UNIT_EQ(told(&b), 481);
	ask(&b, "INVITE", 1);
	ask(&b, "CANCEL", 1);
	UNIT_EQ(told(&b), 200);
	UNIT_EQ(b.old.cancels, 1);
	UNIT_EQ(b.old.requests, 1);
	UNIT_TRY_PTR(b.old.ringing);
	UNIT_TRY(sip_user_reply(b.old.user, b.old.invite, b.old.ringing, 487, NULL));
	turn(&b);
	UNIT_EQ(told(&b), 487);
	ask(&b, "ACK", 1);
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

static enum sip_err test_give_when_the_old_one_ends_then_the_other_reads_for_itself(void)
{
	struct bed b;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(hold(&b));
	UNIT_TRY(give(&b));
	ask(&b, "OPTIONS", 1);
	UNIT_EQ(b.fresh.requests, 1);
	UNIT_EQ(told(&b), 200);
	UNIT_CHECK(sip_stack_is_taking(b.fresh.stack) && !sip_stack_is_taking(b.old.stack));
	sip_stack_stop(b.old.stack);
	ask(&b, "OPTIONS", 2); /* nobody reads at present */
	UNIT_EQ(b.fresh.requests, 1);
	sip_stack_destroy(&b.old.stack);
	turn(&b);
	UNIT_CHECK(!sip_stack_is_taking(b.fresh.stack));
	UNIT_EQ(b.fresh.requests, 2);
	UNIT_EQ(told(&b), 200);
	ask(&b, "OPTIONS", 3);
	UNIT_EQ(b.fresh.requests, 3);
	UNIT_EQ(told(&b), 200);
out:
	bed_close(&b);
	return err;
}

/* A connection to the old one's TCP transport. */
static enum sip_err open_line(struct bed *b, int *line)
{
	struct sip_transport_options to;
	struct sip_transport *t = NULL;
	struct sip_addr at;
	enum sip_err err;

	*line = -1;
	sip_transport_options_init(&to, SIP_TRANSPORT_TCP);
	UNIT_TRY(sip_addr_parse(&to.bind, SIP_STR("127.0.0.1"), 0));
	UNIT_TRY(sip_stack_add_transport(b->old.stack, &to, &t));
	at = *sip_transport_bound(t);
	*line = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	UNIT_EQ(connect(*line, &at.u.sa, sip_addr_len(&at)), 0);
	UNIT_EQ(fcntl(*line, F_SETFL, O_NONBLOCK), 0);
	arrive(b);
out:
	return err;
}

static bool is_closed(int line)
{
	struct pollfd l = { .fd = line, .events = POLLIN };
	char byte;

	return poll(&l, 1, ARRIVES_MS) == 1 && recv(line, &byte, 1, MSG_PEEK) == 0;
}

static void close_idle(struct bed *b)
{
	sip_clock_virtual_advance(&b->clock, SIP_MS(100));
	turn(b);
	sip_stack_close_idle(b->old.stack);
	turn(b);
}

static enum sip_err test_close_idle_when_an_answer_is_owed_then_not_before_it_is_given(void)
{
	struct bed b;
	int line = -1, phone = -1;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(open_line(&b, &line));
	phone = b.phone;
	b.phone = line;
	ask(&b, "INVITE", 1);
	UNIT_TRY_PTR(b.old.ringing);
	close_idle(&b);
	close_idle(&b);
	UNIT_CHECK(!is_closed(line));
	UNIT_TRY(sip_user_reply(b.old.user, b.old.invite, b.old.ringing, 486, NULL));
	turn(&b);
	while (told(&b) == 100)
		;
	ask(&b, "ACK", 1);
	close_idle(&b);
	UNIT_CHECK(is_closed(line));
out:
	if (phone >= 0)
		b.phone = phone;
	if (line >= 0)
		close(line);
	bed_close(&b);
	return err;
}

static enum sip_err test_close_idle_when_nothing_goes_by_it_then_closed_whoever_holds_it(void)
{
	struct bed b;
	int line = -1, phone = -1;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(open_line(&b, &line));
	phone = b.phone;
	b.phone = line;
	ask(&b, "INVITE", 1); /* kept by its user, and its flow with it */
	UNIT_TRY_PTR(b.old.ringing);
	UNIT_TRY(sip_user_reply(b.old.user, b.old.invite, b.old.ringing, 486, NULL));
	turn(&b);
	ask(&b, "ACK", 1);
	UNIT_EQ(sip_stack_transactions(b.old.stack), 0);
	UNIT_EQ(send(line, "OPTIONS", 7, MSG_NOSIGNAL), 7); /* the beginning of a message */
	arrive(&b);
	close_idle(&b);
	UNIT_EQ(told(&b), 486);
	UNIT_CHECK(!is_closed(line));
	UNIT_EQ(send(line, "\r\n\r\n", 4, MSG_NOSIGNAL), 4); /* of none, as it turns out */
	arrive(&b);
	while (told(&b))
		;
	close_idle(&b);
	UNIT_CHECK(is_closed(line));
out:
	if (phone >= 0)
		b.phone = phone;
	if (line >= 0)
		close(line);
	bed_close(&b);
	return err;
}

static enum sip_err test_give_when_it_comes_by_a_connection_then_503_but_for_what_ends_something(void)
{
	struct bed b;
	int line = -1, phone = -1;
	enum sip_err err = bed_open(&b);

	if (err != SIP_OK)
		goto out;
	UNIT_TRY(open_line(&b, &line));
	UNIT_TRY(hold(&b));
	UNIT_TRY(give(&b));
	phone = b.phone;
	b.phone = line;
	ask(&b, "OPTIONS", 1);
	UNIT_EQ(told(&b), 503);
	UNIT_CHECK(strstr(b.got, "Retry-After: ") != NULL);
	ask(&b, "BYE", 2);
	UNIT_EQ(told(&b), 200);
	UNIT_EQ(b.old.requests, 1);
	UNIT_EQ(b.fresh.requests, 0);
out:
	if (phone >= 0)
		b.phone = phone;
	if (line >= 0)
		close(line);
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
	turn(&b);
	UNIT_EQ(sip_metrics_get(sip_stack_metrics(b.fresh.stack), SIP_M_DROP_HAND_OVER), 4);
	UNIT_EQ(sip_metrics_get(sip_stack_metrics(b.fresh.stack), SIP_M_TAKEN), 0);
out:
	bed_close(&b);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE_DEAR(test_hold_when_resumed_then_nothing_was_lost),
	UNIT_CASE_NO_OOM(test_hold_when_there_is_too_much_then_503), /* 20,000 requests */
	UNIT_CASE_DEAR(test_give_when_something_is_new_then_the_other_has_it_and_the_rest_ends_here),
	UNIT_CASE_DEAR(test_give_when_the_old_one_ends_then_the_other_reads_for_itself),
	UNIT_CASE_DEAR(test_close_idle_when_an_answer_is_owed_then_not_before_it_is_given),
	UNIT_CASE_DEAR(test_close_idle_when_nothing_goes_by_it_then_closed_whoever_holds_it),
	UNIT_CASE_DEAR(test_give_when_it_comes_by_a_connection_then_503_but_for_what_ends_something),
	UNIT_CASE_DEAR(test_take_when_it_is_no_record_then_dropped_and_counted),
};
static const struct unit_suite suite = { "stack/core/hand_over", cases, SIP_COUNTOF(cases) };

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = { &suite };

	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
