/* Answers every call, until it is interrupted. cc answer.c $(pkg-config --cflags --libs libdum) */
#include "dum/manager/manager.h"

#include <signal.h>
#include <stdio.h>

static void on_offer(struct dum *d, const struct dum_event *e)
{
	/* A real phone would read the offer; this one says it back. */
	if (dum_session_provide_answer(d, e->handle, e->type, e->body) == DUM_OK &&
	    dum_session_provisional(d, e->handle, 180, false) == DUM_OK && dum_session_accept(d, e->handle, 200) == DUM_OK)
		printf("answered %.*s\n", SIP_STR_ARG(sip_message_call_id(e->message)));
}

static void on_new_session(struct dum *d, const struct dum_event *e)
{
	(void)d;
	(void)e; /* the offer comes next */
}

static const struct dum_session_handler handler = { .on_new_session = on_new_session, .on_offer = on_offer };

int main(int argc, char **argv)
{
	struct dum *d = NULL;
	struct dum_options o;
	sigset_t signals;
	int got;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	dum_options_init(&o);
	o.listen = argc > 1 ? argv[1] : "0.0.0.0:5060";
	o.handlers.session = &handler;
	if (dum_create(&o, &d) != DUM_OK || dum_start(d) != DUM_OK)
		return 2;
	puts("ready");
	fflush(stdout);
	sigwait(&signals, &got);
	dum_destroy(&d);
	return 0;
}
