/*
 * A stack inside somebody else's loop, by its one descriptor: here poll(2), but any loop that can watch a descriptor and
 * keep a time will do. Answers every request with 200 and ends with its standard input.
 */
#include "stack/core/core.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static void on_event(void *arg, struct sip_user_event *e)
{
	struct sip_user **user = arg;

	if (e->kind == SIP_USER_REQUEST && sip_user_reply(*user, e->tx, e->message, 200, NULL) != SIP_OK)
		fputs("an answer was lost\n", stderr);
}

static enum sip_err open_stack(struct sip_stack **stack, struct sip_user **user)
{
	struct sip_transport *transport = NULL;
	struct sip_transport_options to;
	struct sip_stack_options so;
	struct sip_user_options uo;
	enum sip_err err;

	sip_stack_options_init(&so);
	so.layout = SIP_LAYOUT_EMBEDDED;
	err = sip_stack_create(&so, stack);
	sip_user_options_init(&uo);
	uo.on_event = on_event;
	uo.arg = user;
	if (err == SIP_OK)
		err = sip_stack_add_user(*stack, &uo, user);
	sip_transport_options_init(&to, SIP_TRANSPORT_UDP);
	if (err == SIP_OK)
		err = sip_addr_parse(&to.bind, SIP_STR("127.0.0.1"), 0);
	if (err == SIP_OK)
		err = sip_stack_add_transport(*stack, &to, &transport);
	if (err != SIP_OK)
		return err;
	printf("%u\n", (unsigned)sip_addr_port(sip_transport_bound(transport)));
	fflush(stdout);
	return sip_stack_start(*stack);
}

/* Whole milliseconds, rounded up: a timer is never waited for in vain. */
static int milliseconds(int64_t us)
{
	if (us < 0)
		return -1;
	return us < SIP_SECONDS(3600) ? (int)((us + 999) / 1000) : 3600000;
}

/* The descriptor is readable or the time is up: one turn that does not sleep. */
static enum sip_err serve(struct sip_loop *loop)
{
	struct pollfd fds[2] = { { STDIN_FILENO, POLLIN, 0 }, { sip_loop_fd(loop), POLLIN, 0 } };
	enum sip_err err = SIP_OK;
	char ignored[256];

	while (err == SIP_OK) {
		if (poll(fds, 2, milliseconds(sip_loop_sleep_us(loop))) < 0)
			return SIP_E_IO;
		err = sip_loop_turn(loop, 0);
		if (fds[0].revents && read(STDIN_FILENO, ignored, sizeof ignored) <= 0)
			break;
	}
	return err;
}

int main(void)
{
	struct sip_stack *stack = NULL;
	struct sip_user *user = NULL;
	enum sip_err err = open_stack(&stack, &user);

	if (err == SIP_OK)
		err = serve(sip_stack_loop(stack, 0));
	if (err != SIP_OK)
		fprintf(stderr, "embedded_fd: %s\n", sip_err_text(err));
	sip_stack_destroy(&stack);
	return err == SIP_OK ? 0 : 1;
}
