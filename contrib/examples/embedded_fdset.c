/*
 * A stack inside a select-style loop: the application's descriptors and the stack's in one set. Answers every request
 * with 200 and ends with its standard input.
 */
#include "stack/core/core.h"

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

/* The trio: build the set, sleep as long as the stack may, process the set. */
static enum sip_err turn(struct sip_stack *stack, struct sip_fdset *set)
{
	enum sip_err err;

	sip_fdset_clear(set);
	err = sip_fdset_add(set, STDIN_FILENO, SIP_IO_READ);
	if (err == SIP_OK)
		err = sip_stack_build_fdset(stack, set);
	if (err == SIP_OK)
		err = sip_fdset_wait(set, sip_stack_sleep_us(stack));
	return err == SIP_OK ? sip_stack_process_fdset(stack, set) : err;
}

int main(void)
{
	struct sip_stack *stack = NULL;
	struct sip_user *user = NULL;
	struct sip_fdset set;
	enum sip_err err = open_stack(&stack, &user);
	char ignored[256];

	sip_fdset_init(&set);
	while (err == SIP_OK) {
		err = turn(stack, &set);
		if (err == SIP_OK && sip_fdset_ready(&set, STDIN_FILENO) && read(STDIN_FILENO, ignored, sizeof ignored) <= 0)
			break;
	}
	if (err != SIP_OK)
		fprintf(stderr, "embedded_fdset: %s\n", sip_err_text(err));
	sip_fdset_fini(&set);
	sip_stack_destroy(&stack);
	return err == SIP_OK ? 0 : 1;
}
