/* Sends an OPTIONS and prints the answer. cc options.c $(pkg-config --cflags --libs libstack) */
#include "stack/core/core.h"

#include <stdio.h>

static void on_event(void *arg, struct sip_user_event *e)
{
	struct sip_loop **loop = arg;

	if (e->kind != SIP_USER_RESPONSE || sip_message_status(e->message) < 200)
		return;
	printf("%u %.*s\n", sip_message_status(e->message), SIP_STR_ARG(sip_message_reason(e->message)));
	sip_loop_stop(*loop);
}

static bool send_options(struct sip_user *user, const char *uri)
{
	char from[] = "<sip:options@localhost>;tag=--------", call_id[] = "----------------";
	struct sip_rand *rand = sip_loop_rand(sip_user_loop(user));
	struct sip_request_options o;
	struct sip_message *m = NULL;
	uint64_t tx;

	sip_rand_token(rand, from + sizeof from - 9, 8);
	sip_rand_token(rand, call_id, 16);
	sip_request_options_init(&o);
	o.method = SIP_STR("OPTIONS");
	o.uri = o.to = sip_str_of(uri);
	o.from = sip_str_of(from);
	o.call_id = sip_str_of(call_id);
	bool is_sent = sip_request_make(&o, &m) == SIP_OK && sip_user_request(user, &m, NULL, 0, &tx) == SIP_OK;
	sip_message_unref(&m); /* once sent it is the stack's, and NULL here */
	return is_sent;
}

int main(int argc, char **argv)
{
	struct sip_loop *loop = NULL;
	struct sip_stack *stack = NULL;
	struct sip_user *user = NULL;
	struct sip_stack_options so;
	struct sip_user_options uo;
	struct sip_transport_options to;

	sip_stack_options_init(&so);
	so.layout = SIP_LAYOUT_EMBEDDED; /* no thread: we turn the loop */
	sip_user_options_init(&uo);
	uo.on_event = on_event;
	uo.arg = &loop;
	sip_transport_options_init(&to, SIP_TRANSPORT_UDP);
	bool is_ok = argc == 2 && sip_addr_parse(&to.bind, SIP_STR("0.0.0.0"), 0) == SIP_OK &&
		     sip_stack_create(&so, &stack) == SIP_OK && sip_stack_add_user(stack, &uo, &user) == SIP_OK &&
		     sip_stack_add_transport(stack, &to, NULL) == SIP_OK && sip_stack_start(stack) == SIP_OK;
	if (is_ok) {
		loop = sip_stack_loop(stack, 0);
		is_ok = send_options(user, argv[1]) && sip_loop_run(loop) == SIP_OK;
	}
	sip_stack_destroy(&stack);
	return is_ok ? 0 : 1;
}
