/*
 * reSIProcate's basicClient, ported: a user agent that calls or is called; two of them are a pair. Threads of the library turn it.
 * Who called says something every period and hangs up at the sixth; who was called says it back.
 * ./basic_client 127.0.0.1:5070; ./basic_client 127.0.0.1:5071 sip:bob@127.0.0.1:5070 [period in ms, 30000]
 */
#include "dum/manager/manager.h"

#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define HANG_UP_AT 6
#define PATIENCE_US SIP_SECONDS(20) /* in all */
static const char sdp[] = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 8000 RTP/AVP 0\r\n";

/* BasicClientUserAgent: the manager's data. */
struct user_agent {
	struct dum *dum;
	int64_t period_us; /* between what the caller says */
	sem_t over;        /* the call has ended, or a signal came: main goes on */
	unsigned said_back;
};

/* BasicClientCall: the session's data, on DUM's loop as its call-backs are. */
struct call {
	struct user_agent *ua;
	struct sip_loop *loop;
	struct dum_handle session;
	struct sip_timer timer;
	unsigned expired;
	int64_t waited_us;
	bool was_placed;
};

static sem_t *on_signal_post;

static void on_signal(int number)
{
	(void)number;
	(void)sem_post(on_signal_post);
}

static void note(enum sip_err err, const char *deed)
{
	if (err != DUM_OK)
		fprintf(stderr, "cannot %s: %s\n", deed, sip_err_text(err));
}

static void end_call(void *object)
{
	struct call *c = object;

	sip_loop_disarm(c->loop, &c->timer);
	free(c);
}

/* CallTimer: no message posted to DUM, but a timer of its loop. */
static void on_call_timer(void *arg)
{
	struct call *c = arg;

	/* One at a time: what is not said back yet is waited for. */
	if (c->ua->said_back < c->expired && c->waited_us < PATIENCE_US) {
		c->waited_us += c->ua->period_us;
		sip_loop_arm(c->loop, &c->timer, c->ua->period_us);
	} else if (++c->expired < HANG_UP_AT) {
		note(dum_session_message(c->ua->dum, c->session, SIP_STR("text/plain"), SIP_STR("test message")), "say something");
		sip_loop_arm(c->loop, &c->timer, c->ua->period_us);
	} else {
		note(dum_end(c->ua->dum, c->session, SIP_STR("")), "hang up");
	}
}

static void on_new_session(struct dum *d, const struct dum_event *e)
{
	struct call *c = calloc(1, sizeof *c);

	if (!c)
		return;
	c->ua = e->data;
	c->loop = dum_loop(d);
	c->session = e->handle;
	c->was_placed = e->is_client;
	sip_timer_init(&c->timer, on_call_timer, c);
	note(dum_set_data(d, e->handle, c, end_call), "remember a call");
}

/* Forks that answer after another one did are hung up on by the library. */
static void on_connected(struct dum *d, const struct dum_event *e)
{
	struct call *c = e->data;

	(void)d;
	if (c->was_placed)
		sip_loop_arm(c->loop, &c->timer, c->ua->period_us);
}

static void on_offer(struct dum *d, const struct dum_event *e)
{
	struct call *c = e->data;

	note(dum_session_provide_answer(d, e->handle, e->type, e->body), "answer");
	if (!c->was_placed && dum_session_accept(d, e->handle, 200) != DUM_OK)
		puts("it was accepted before: a re-INVITE");
}

static void on_offer_required(struct dum *d, const struct dum_event *e)
{
	struct call *c = e->data;

	note(dum_session_provide_offer(d, e->handle, SIP_STR(""), sip_str_of(sdp)), "offer");
	if (!c->was_placed && dum_session_accept(d, e->handle, 200) != DUM_OK)
		puts("it was accepted before: a re-INVITE");
}

static void on_info(struct dum *d, const struct dum_event *e)
{
	note(dum_accept(d, e->request, 200, SIP_STR(""), SIP_STR("")), "take an INFO");
}

static void on_message(struct dum *d, const struct dum_event *e)
{
	struct call *c = e->data;

	note(dum_accept(d, e->request, 200, SIP_STR(""), SIP_STR("")), "take a MESSAGE");
	printf("%.*s\n", SIP_STR_ARG(e->body));
	if (c->was_placed)
		c->ua->said_back++;
	else
		note(dum_session_message(d, e->handle, SIP_STR("text/plain"), SIP_STR("test message answer")), "say it back");
}

static void on_terminated(struct dum *d, const struct dum_event *e)
{
	(void)d;
	printf("ended: %s\n", dum_reason_text(e->reason));
}

static void on_set_terminated(struct dum *d, const struct dum_event *e)
{
	struct user_agent *ua = e->data;

	(void)d;
	if (ua->period_us)
		(void)sem_post(&ua->over);
}

static const struct dum_session_handler sessions = {
	.on_new_session = on_new_session,
	.on_connected = on_connected,
	.on_offer = on_offer,
	.on_offer_required = on_offer_required,
	.on_info = on_info,
	.on_message = on_message,
	.on_terminated = on_terminated,
};
static const struct dum_set_handler sets = { .on_terminated = on_set_terminated };

static enum sip_err run(struct user_agent *ua, const char *target)
{
	struct dum_invite_options call;
	struct dum_handle set;
	enum sip_err err = dum_start(ua->dum);

	if (err == DUM_OK)
		puts("ready");
	dum_invite_options_init(&call);
	call.target = sip_str_of(target);
	call.body = sip_str_of(sdp);
	if (err == DUM_OK && target[0])
		err = dum_invite(ua->dum, &call, &set);
	if (err != DUM_OK)
		return err;
	while (sem_wait(&ua->over) != 0)
		; /* a signal: its handler has posted */
	return DUM_OK;
}

int main(int argc, char **argv)
{
	struct user_agent ua = { .period_us = argc > 2 ? SIP_MS(argc > 3 ? strtol(argv[3], NULL, 10) : 30000) : 0 };
	struct dum_options o;
	enum sip_err err;

	dum_options_init(&o);
	o.listen = argc > 1 ? argv[1] : "0.0.0.0:5060";
	o.data = &ua;
	o.handlers.session = &sessions;
	o.handlers.set = &sets;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (sem_init(&ua.over, 0, 0) != 0 || dum_create(&o, &ua.dum) != DUM_OK)
		return 2;
	on_signal_post = &ua.over;
	(void)signal(SIGINT, on_signal);
	(void)signal(SIGTERM, on_signal);
	err = run(&ua, argc > 2 ? argv[2] : "");
	note(err, "run");
	dum_destroy(&ua.dum);
	(void)sem_destroy(&ua.over);
	return err == DUM_OK && (argc < 3 || ua.said_back == HANG_UP_AT - 1) ? 0 : 1;
}
