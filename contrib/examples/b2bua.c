/*
 * A back-to-back user agent: every call that comes in is made again to the target, threads and all.
 * A third word: calls are never refused for want of time.
 * cc b2bua.c $(pkg-config --cflags --libs libdum); ./b2bua 0.0.0.0:5060 sip:service@192.0.2.1
 */
#include "dum/manager/manager.h"

#include <signal.h>
#include <stdio.h>

static void on_new_session(struct dum *d, const struct dum_event *e)
{
	struct dum_b2b_options o;

	if (e->is_client)
		return; /* the other side of one */
	dum_b2b_options_init(&o);
	o.target = sip_str_of(e->data);
	o.passed = SIP_STR("Subject, User-to-User");
	if (dum_b2b_create(d, e->handle, &o) != DUM_OK)
		fputs("a call could not be linked\n", stderr);
}

static void on_terminated(struct dum *d, const struct dum_event *e)
{
	(void)d;
	if (e->is_client && e->reason == DUM_REASON_ERROR)
		fprintf(stderr, "ended: %s %u\n", dum_reason_text(e->reason), e->status);
}

static const struct dum_session_handler handler = { .on_new_session = on_new_session, .on_terminated = on_terminated };

int main(int argc, char **argv)
{
	struct dum *d = NULL;
	struct dum_options o;
	sigset_t signals;
	int got;

	if (argc < 3)
		return 2;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	dum_options_init(&o);
	o.listen = argv[1];
	o.data = argv[2];
	o.is_congestion_on = argc == 3;
	o.handlers.session = &handler;
	if (dum_create(&o, &d) != DUM_OK || dum_start(d) != DUM_OK)
		return 2;
	puts("ready");
	fflush(stdout);
	sigwait(&signals, &got);
	dum_destroy(&d);
	return 0;
}
