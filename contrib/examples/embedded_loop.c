/*
 * A user agent inside somebody's poll: no thread of its own, its descriptors in one set with the application's. Answers calls and
 * texts, says what happens, and ends with its standard input. cc embedded_loop.c $(pkg-config --cflags --libs libdum)
 */
#include "dum/manager/manager.h"

#include <stdio.h>
#include <unistd.h>

static void on_new_session(struct dum *d, const struct dum_event *e)
{
	(void)d;
	(void)e; /* the offer comes next */
}

static void on_offer(struct dum *d, const struct dum_event *e)
{
	if (dum_session_provide_answer(d, e->handle, e->type, e->body) != DUM_OK || dum_session_accept(d, e->handle, 200) != DUM_OK)
		puts("a re-INVITE: answered by what was provided");
}

static void on_terminated(struct dum *d, const struct dum_event *e)
{
	(void)d;
	puts(dum_reason_text(e->reason));
}

static void on_text(struct dum *d, const struct dum_event *e)
{
	printf("%.*s\n", SIP_STR_ARG(e->body));
	if (dum_accept(d, e->request, 200, SIP_STR(""), SIP_STR("")) != DUM_OK)
		puts("nobody waits for the answer any more");
}

static const struct dum_session_handler sessions = {
	.on_new_session = on_new_session, .on_offer = on_offer, .on_terminated = on_terminated,
};
static const struct dum_pager_handler texts = { .on_message_arrived = on_text };

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

int main(int argc, char **argv)
{
	struct dum *d = NULL;
	struct dum_options o;
	struct sip_fdset set;
	enum sip_err err;
	char ignored[256];

	dum_options_init(&o);
	o.layout = SIP_LAYOUT_EMBEDDED;
	o.listen = argc > 1 ? argv[1] : "0.0.0.0:5060";
	o.handlers.session = &sessions;
	o.handlers.pager = &texts;
	setvbuf(stdout, NULL, _IOLBF, 0);
	sip_fdset_init(&set);
	err = dum_create(&o, &d);
	if (err == SIP_OK)
		err = dum_start(d);
	puts(err == SIP_OK ? "ready" : sip_err_text(err));
	while (err == SIP_OK) {
		err = turn(dum_stack(d), &set);
		if (err == SIP_OK && sip_fdset_ready(&set, STDIN_FILENO) && read(STDIN_FILENO, ignored, sizeof ignored) <= 0)
			break;
	}
	sip_fdset_fini(&set);
	dum_destroy(&d);
	return err == SIP_OK ? 0 : 1;
}
