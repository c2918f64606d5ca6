/*
 * reSIProcate's basicCall, ported: a caller and a callee in one process, a manager and a stack each, turned by one thread. OPTIONS
 * and an INVITE with an offer; ringing, early media, the answer; the caller asks for an offer and says two MESSAGEs, the callee
 * two INFOs; then the callee hangs up, and both are shut down. ./basic_call [127.0.0.1:12005 127.0.0.1:12010]
 */
#include "dum/manager/manager.h"

#include <stdio.h>
#include <stdlib.h>

#define CALLER_SDP "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 8000 RTP/AVP 8\r\n"
#define CALLEE_SDP "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 8001 RTP/AVP 8\r\n"
#define HANG_UP_AFTER SIP_MS(500)

struct side { /* the manager's data */
	const char *name;
	struct dum *dum;
	struct dum_handle session; /* the callee's */
	struct sip_timer hang_up;  /* the callee's */
	unsigned acknowledged;     /* texts the peer has taken */
	bool has_failed, is_done, is_down;
};

/* What AppDialogSet was for: our own object on each set, from its beginning to its end. */
struct app_set {
	struct side *side;
	const char *what;
};

static void check(struct side *s, enum sip_err err, const char *deed)
{
	if (err == DUM_OK)
		return;
	printf("%s: cannot %s: %s\n", s->name, deed, sip_err_text(err));
	s->has_failed = s->is_done = true;
}

static void end_app_set(void *object)
{
	struct app_set *a = object;

	printf("%s: %s destroyed\n", a->side->name, a->what);
	free(a);
}

static void add_app_set(struct side *s, struct dum_handle set, const char *what)
{
	struct app_set *a = malloc(sizeof *a);

	if (!a) {
		check(s, DUM_ENOMEM, "remember a set");
		return;
	}
	a->side = s;
	a->what = what;
	printf("%s: %s created\n", s->name, what);
	check(s, dum_set_data(s->dum, set, a, end_app_set), "remember a set");
}

static struct side *side_of(const struct dum_event *e)
{
	struct app_set *a = e->data;

	printf("%s: %s\n", a->side->name, dum_event_name(e->kind));
	return a->side;
}

/* ---- both ---------------------------------------------------------------------------------------------------------------- */

static void on_event(struct dum *d, const struct dum_event *e)
{
	(void)d;
	(void)side_of(e);
}

/* acceptNIT */
static void on_text(struct dum *d, const struct dum_event *e)
{
	check(side_of(e), dum_accept(d, e->request, 200, SIP_STR(""), SIP_STR("")), "take a text");
}

static void on_failure(struct dum *d, const struct dum_event *e)
{
	(void)d;
	check(side_of(e), DUM_ESTATE, "do without");
}

static void on_terminated(struct dum *d, const struct dum_event *e)
{
	(void)d;
	side_of(e)->is_done = true;
}

static void on_shutdown(struct dum *d, const struct dum_event *e)
{
	struct side *s = e->data;

	(void)d;
	s->is_down = true;
}

static const struct dum_manager_handler both = { .on_shutdown = on_shutdown };
static const struct dum_request_handler requests = { .on_success = on_event, .on_failure = on_failure };

/* ---- the caller: TestUac -------------------------------------------------------------------------------------------------- */

static void on_caller_offer(struct dum *d, const struct dum_event *e)
{
	check(side_of(e), dum_session_provide_answer(d, e->handle, e->type, SIP_STR(CALLER_SDP)), "answer");
}

static void on_caller_connected(struct dum *d, const struct dum_event *e)
{
	struct side *s = side_of(e);

	check(s, dum_session_request_offer(d, e->handle), "ask for an offer");
	check(s, dum_session_message(d, e->handle, SIP_STR("text/plain"), SIP_STR("Hi there!!!")), "say something");
}

/* One is under way at a time; theirs queues the second. */
static void on_caller_message_success(struct dum *d, const struct dum_event *e)
{
	struct side *s = side_of(e);

	if (++s->acknowledged == 1)
		check(s, dum_session_message(d, e->handle, SIP_STR("text/plain"), SIP_STR("Hi again!!!")), "say more");
}

static const struct dum_session_handler caller_handler = {
	.on_new_session = on_event,
	.on_provisional = on_event,
	.on_early_media = on_event,
	.on_answer = on_event,
	.on_offer = on_caller_offer,
	.on_connected = on_caller_connected,
	.on_message_success = on_caller_message_success,
	.on_message_failure = on_failure,
	.on_info = on_text,
	.on_failure = on_failure,
	.on_terminated = on_terminated,
};

/* ---- the callee: TestUas -------------------------------------------------------------------------------------------------- */

static void on_callee_new_session(struct dum *d, const struct dum_event *e)
{
	struct side *s = e->data; /* the manager's: the set has none yet */

	add_app_set(s, e->set, "set of an INVITE");
	s->session = e->handle;
	check(s, dum_session_provisional(d, e->handle, 180, false), "ring");
}

static void on_callee_offer(struct dum *d, const struct dum_event *e)
{
	struct side *s = side_of(e);

	check(s, dum_session_provide_answer(d, e->handle, e->type, SIP_STR(CALLEE_SDP)), "answer");
	check(s, dum_session_provisional(d, e->handle, 183, true), "send early media");
	check(s, dum_session_accept(d, e->handle, 200), "accept");
}

static void on_callee_offer_required(struct dum *d, const struct dum_event *e)
{
	check(side_of(e), dum_session_provide_offer(d, e->handle, SIP_STR(""), SIP_STR(CALLEE_SDP)), "offer");
}

static void on_callee_connected(struct dum *d, const struct dum_event *e)
{
	check(side_of(e), dum_session_info(d, e->handle, SIP_STR("text/plain"), SIP_STR("Hello there!!!")), "say something");
}

static void on_callee_info_success(struct dum *d, const struct dum_event *e)
{
	struct side *s = side_of(e);

	if (++s->acknowledged == 1)
		check(s, dum_session_info(d, e->handle, SIP_STR("text/plain"), SIP_STR("Hello again!!!")), "say more");
	else
		sip_loop_arm(dum_loop(d), &s->hang_up, HANG_UP_AFTER);
}

static void on_hang_up_due(void *arg)
{
	struct side *s = arg;

	check(s, dum_end(s->dum, s->session, SIP_STR("")), "hang up");
}

static const struct dum_session_handler callee_handler = {
	.on_new_session = on_callee_new_session,
	.on_offer = on_callee_offer,
	.on_offer_required = on_callee_offer_required,
	.on_answer = on_event,
	.on_connected = on_callee_connected,
	.on_info_success = on_callee_info_success,
	.on_info_failure = on_failure,
	.on_message = on_text,
	.on_terminated = on_terminated,
};

/* ---- main ------------------------------------------------------------------------------------------------------------------ */

static enum sip_err create(struct side *s, const char *listen, const struct dum_session_handler *handler, const char *from)
{
	struct dum_options o;
	enum sip_err err;

	dum_options_init(&o);
	o.layout = SIP_LAYOUT_EMBEDDED;
	o.listen = listen;
	o.data = s;
	o.handlers.session = handler;
	o.handlers.request = &requests;
	o.handlers.manager = &both;
	sip_timer_init(&s->hang_up, on_hang_up_due, s);
	err = dum_create(&o, &s->dum);
	if (err == DUM_OK)
		err = dum_profile_set_text(dum_master_profile(s->dum), DUM_PROFILE_FROM, sip_str_of(from));
	if (err == DUM_OK)
		err = dum_profile_add_token(dum_master_profile(s->dum), DUM_PROFILE_METHODS, SIP_STR("INFO"));
	if (err == DUM_OK)
		err = dum_profile_add_token(dum_master_profile(s->dum), DUM_PROFILE_METHODS, SIP_STR("MESSAGE"));
	return err == DUM_OK ? dum_start(s->dum) : err;
}

static void call(struct side *s, const char *target)
{
	struct dum_send_options options;
	struct dum_invite_options invite;
	struct dum_handle h;

	dum_send_options_init(&options);
	options.method = SIP_STR("OPTIONS");
	options.target = sip_str_of(target);
	check(s, dum_send(s->dum, &options, &h), "send OPTIONS");
	add_app_set(s, h, "OPTIONS");
	dum_invite_options_init(&invite);
	invite.target = sip_str_of(target);
	invite.body = SIP_STR(CALLER_SDP);
	check(s, dum_invite(s->dum, &invite, &h), "call");
	add_app_set(s, h, "set of our INVITE");
}

/* Their stack.process(50) and dum.process(), for both: one sleep. */
static void turn(struct side *a, struct side *b, struct sip_fdset *set)
{
	struct sip_stack *stacks[] = { dum_stack(a->dum), dum_stack(b->dum) };
	int64_t wait = SIP_MS(50);

	sip_fdset_clear(set);
	for (unsigned i = 0; i < 2; i++) {
		int64_t us = sip_stack_sleep_us(stacks[i]);
		check(a, sip_stack_build_fdset(stacks[i], set), "watch");
		if (us >= 0 && us < wait)
			wait = us;
	}
	check(a, sip_fdset_wait(set, wait), "wait");
	for (unsigned i = 0; i < 2; i++)
		check(a, sip_stack_process_fdset(stacks[i], set), "turn");
}

int main(int argc, char **argv)
{
	const char *caller_at = argc == 3 ? argv[1] : "127.0.0.1:12005", *callee_at = argc == 3 ? argv[2] : "127.0.0.1:12010";
	struct side caller = { .name = "UAC" }, callee = { .name = "UAS" };
	struct sip_fdset set;
	char target[80];
	bool is_closing = false;

	(void)snprintf(target, sizeof target, "sip:UAS@%s", callee_at);
	if (create(&caller, caller_at, &caller_handler, "<sip:UAC@127.0.0.1>") != DUM_OK ||
	    create(&callee, callee_at, &callee_handler, "<sip:UAS@127.0.0.1>") != DUM_OK)
		return 2;
	sip_fdset_init(&set);
	call(&caller, target);
	while (!(caller.is_down && callee.is_down) && !caller.has_failed && !callee.has_failed) {
		turn(&caller, &callee, &set);
		if (is_closing || !caller.is_done || !callee.is_done)
			continue;
		is_closing = true;
		check(&caller, dum_shutdown(caller.dum), "shut down");
		check(&callee, dum_shutdown(callee.dum), "shut down");
	}
	sip_fdset_fini(&set);
	dum_destroy(&caller.dum);
	dum_destroy(&callee.dum);
	return caller.acknowledged == 2 && callee.acknowledged == 2 && caller.is_down ? 0 : 1;
}
