/* Two stacks and a phone, of which one takes over from the other. */
#include "tests/unit/stack/core/hand_over_bed.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DELIVERED_MS 1000 /* at most */

static void on_event(void *arg, struct sip_user_event *e)
{
	struct side *s = arg;

	s->requests += e->kind == SIP_USER_REQUEST;
	s->acks += e->kind == SIP_USER_ACK;
	s->cancels += e->kind == SIP_USER_CANCEL;
	s->refused += e->kind == SIP_USER_RESPONSE && e->why == SIP_E_REFUSED;
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

static bool keeps(void *arg, const struct sip_message *m)
{
	const struct side *s = arg;

	(void)m;
	return s->keeps_all;
}

enum sip_err bed_open_side(struct bed *b, struct side *s, int fd)
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
	uo.keeps = keeps;
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

enum sip_err bed_open(struct bed *b)
{
	struct sip_addr any;
	int fd = -1;
	enum sip_err err;

	memset(b, 0, sizeof *b);
	b->ends[0] = b->ends[1] = b->datagrams = -1;
	b->phone = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	sip_clock_virtual_init(&b->clock, 0);
	UNIT_TRY(sip_addr_parse(&b->at, SIP_STR("127.0.0.1"), 0));
	any = b->at;
	UNIT_EQ(bind(b->phone, &any.u.sa, sip_addr_len(&any)), 0);
	UNIT_TRY(bed_open_side(b, &b->old, -1));
	b->at = *sip_transport_bound(b->old.transport);
	UNIT_EQ(connect(b->phone, &b->at.u.sa, sip_addr_len(&b->at)), 0);
	UNIT_TRY(sip_transport_socket(b->old.transport, &fd));
	UNIT_TRY(bed_open_side(b, &b->fresh, fd));
	UNIT_TRY(sip_hand_over_pair(b->ends));
out:
	if (fd >= 0)
		close(fd);
	return err;
}

void bed_close(struct bed *b)
{
	sip_message_unref(&b->old.ringing);
	sip_message_unref(&b->fresh.ringing);
	sip_stack_destroy(&b->old.stack);
	sip_stack_destroy(&b->fresh.stack);
	for (int i = 0; i < 2; i++)
		if (b->ends[i] >= 0)
			close(b->ends[i]);
	close(b->phone);
	if (b->datagrams >= 0)
		close(b->datagrams);
}

void bed_turn(struct bed *b)
{
	for (int i = 0; i < 8; i++) {
		if (b->old.stack)
			(void)!sip_loop_turn(sip_stack_loop(b->old.stack, 0), 0);
		if (b->fresh.stack)
			(void)!sip_loop_turn(sip_stack_loop(b->fresh.stack, 0), 0);
	}
}

/* Until it lies where it will be read, or nobody will: on a busy machine that is later than send. */
static void await_delivery(int fd)
{
	struct pollfd gone = { .fd = fd };
	int left = 0;

	for (int ms = 0; ms < DELIVERED_MS && ioctl(fd, SIOCOUTQ, &left) == 0 && left > 0 && poll(&gone, 1, 1) == 0; ms++)
		;
}

void bed_arrive(struct bed *b)
{
	struct pollfd fds[] = { { .fd = -1, .events = POLLIN }, { .fd = -1, .events = POLLIN } };

	if (b->old.stack)
		fds[0].fd = sip_loop_fd(sip_stack_loop(b->old.stack, 0));
	if (b->fresh.stack)
		fds[1].fd = sip_loop_fd(sip_stack_loop(b->fresh.stack, 0));
	await_delivery(b->phone);
	(void)poll(fds, SIP_COUNTOF(fds), BED_ARRIVES_MS);
	bed_turn(b);
}

void bed_ask(struct bed *b, const char *method, unsigned number)
{
	char text[600];
	int n = snprintf(text, sizeof text,
			 "%s sip:a@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK-n%u\r\nMax-Forwards: 70\r\n"
			 "From: <sip:b@example.com>;tag=1\r\nTo: <sip:a@example.com>\r\nCall-ID: c%u\r\nCSeq: 1 %s\r\n"
			 "Content-Length: 0\r\n\r\n",
			 method, number, number, method);

	UNIT_EQ(send(b->phone, text, (size_t)n, MSG_NOSIGNAL), n);
	bed_arrive(b);
}

unsigned bed_told(struct bed *b)
{
	struct pollfd phone = { .fd = b->phone, .events = POLLIN };
	ssize_t n = poll(&phone, 1, BED_ARRIVES_MS) == 1 ? recv(b->phone, b->got, sizeof b->got - 1, 0) : 0;

	if (n < 12)
		return 0;
	b->got[n] = '\0';
	return (unsigned)(b->got[8] - '0') * 100 + (unsigned)(b->got[9] - '0') * 10 + (unsigned)(b->got[10] - '0');
}

enum sip_err bed_hold(struct bed *b)
{
	size_t left = SIZE_MAX;

	for (int i = 0; i < 4 && left == SIZE_MAX; i++) {
		left = sip_stack_hold(b->old.stack, SIP_METHOD_OPTIONS);
		bed_turn(b);
	}
	return left == SIZE_MAX ? SIP_E_NOMEM : SIP_OK;
}

enum sip_err bed_give(struct bed *b)
{
	enum sip_err err;

	UNIT_TRY(sip_stack_take(b->fresh.stack, b->ends[1]));
	b->ends[1] = -1;
	UNIT_TRY(sip_stack_give(b->old.stack, b->ends[0]));
	b->ends[0] = -1;
	bed_turn(b);
out:
	return err;
}

void bed_close_idle(struct bed *b)
{
	sip_clock_virtual_advance(&b->clock, SIP_SECONDS(2));
	bed_turn(b);
	sip_stack_close_idle(b->old.stack);
	bed_turn(b);
}

enum sip_err bed_open_line(struct bed *b)
{
	struct sip_transport_options to;
	struct sip_transport *t = NULL;
	struct sip_addr at;
	enum sip_err err;

	sip_transport_options_init(&to, SIP_TRANSPORT_TCP);
	UNIT_TRY(sip_addr_parse(&to.bind, SIP_STR("127.0.0.1"), 0));
	UNIT_TRY(sip_stack_add_transport(b->old.stack, &to, &t));
	at = *sip_transport_bound(t);
	b->datagrams = b->phone;
	b->phone = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	UNIT_EQ(connect(b->phone, &at.u.sa, sip_addr_len(&at)), 0);
	UNIT_EQ(fcntl(b->phone, F_SETFL, O_NONBLOCK), 0);
	bed_arrive(b);
out:
	return err;
}
