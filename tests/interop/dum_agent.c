/*
 * A user agent for tests: what it does about what it is told stands in dum_agent_table.h, and everything it is told is a line of
 * its output. Settings of its profile come before the word that says what it is ("Min-SE=5", "_" for a blank). It ends with its
 * standard input, or when what it was started for is over.
 */
#include "dum/manager/manager.h"
#include "stack/crypto/tls.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MODE_MOST 32
#define SDP(session, media)                                                                                                   \
	"v=0\r\no=agent 1 " session " IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                             \
	"m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=" media "\r\n"

/* What hangs on a session. */
struct talk {
	char mode[MODE_MOST];
	unsigned heard[DUM_EVENT_COUNT];
};

/* A deed: now, or when its time comes. */
struct task {
	struct sip_list node;        /* in agent.tasks */
	struct sip_timer timer;
	struct dum_handle handle, set, request;
	const struct rule *rule;     /* static */
};

struct rule {
	const char *mode;
	enum dum_event_kind on;
	int nth;
	enum sip_err (*deed)(struct dum *d, const struct task *t);
	unsigned number;
	unsigned after_ms;
};

static struct agent { /* one a program; DUM's loop but for main */
	struct dum *dum;
	struct dum_profile *profile;
	struct sip_list tasks;
	const char *mode;            /* of what we do ourselves */
	unsigned long calls;         /* it is over with the last of so many */
	const char *headers;
	const char *deaf;            /* handlers that are not there */
	const char *authority, *certificate, *key; /* PEM files */
	const char *shown;           /* a header whose values are told with every message; NULL: none */
	size_t size;                 /* of the body of a MESSAGE; 0: a word */
	unsigned slow;               /* times longer it waits: programs under valgrind */
	int wake[2];                 /* a letter for main: 'o' what we do is over, 's' shut down */
} agent;

/* ---- deeds ---------------------------------------------------------------------------------------------------------------- */

static const char talking[] = SDP("1", "sendrecv"), holding[] = SDP("2", "sendonly");
static const struct sip_str none;

static enum sip_err nothing(struct dum *d, const struct task *t)
{
	(void)d;
	(void)t;
	return DUM_OK;
}

static enum sip_err answer(struct dum *d, const struct task *t)
{
	return dum_session_provide_answer(d, t->handle, none, sip_str_of(talking));
}

static enum sip_err offer(struct dum *d, const struct task *t)
{
	return dum_session_provide_offer(d, t->handle, none, sip_str_of(talking));
}

static enum sip_err offer_hold(struct dum *d, const struct task *t)
{
	return dum_session_provide_offer(d, t->handle, none, sip_str_of(holding));
}

static enum sip_err ask(struct dum *d, const struct task *t)
{
	return dum_session_request_offer(d, t->handle);
}

static enum sip_err ring(struct dum *d, const struct task *t)
{
	return dum_session_provisional(d, t->handle, t->rule->number, false);
}

static enum sip_err early(struct dum *d, const struct task *t)
{
	return dum_session_provisional(d, t->handle, t->rule->number, true);
}

static enum sip_err accept_call(struct dum *d, const struct task *t)
{
	return dum_session_accept(d, t->handle, t->rule->number);
}

static enum sip_err reject(struct dum *d, const struct task *t)
{
	return dum_session_reject(d, t->handle, t->rule->number, none);
}

static enum sip_err redirect(struct dum *d, const struct task *t)
{
	return dum_session_redirect(d, t->handle, t->rule->number, SIP_STR("<sip:bob@192.0.2.1>;q=0.5, <sip:carol@192.0.2.2>"));
}

static enum sip_err end(struct dum *d, const struct task *t)
{
	return dum_end(d, t->handle, SIP_STR("SIP;cause=200;text=\"enough\""));
}

static enum sip_err end_set(struct dum *d, const struct task *t)
{
	return dum_end(d, t->set, none);
}

static enum sip_err info(struct dum *d, const struct task *t)
{
	return dum_session_info(d, t->handle, SIP_STR("application/dtmf-relay"), SIP_STR("Signal=5\r\nDuration=160\r\n"));
}

static enum sip_err message(struct dum *d, const struct task *t)
{
	return dum_session_message(d, t->handle, SIP_STR("text/plain"), SIP_STR("hello"));
}

static enum sip_err accept_request(struct dum *d, const struct task *t)
{
	return dum_accept(d, t->request, t->rule->number, none, none);
}

static enum sip_err reject_request(struct dum *d, const struct task *t)
{
	return dum_reject(d, t->request, t->rule->number, none);
}

static enum sip_err accept_register(struct dum *d, const struct task *t)
{
	return dum_server_registration_accept(d, t->request, SIP_STR("<sip:bob@192.0.2.1>;expires=60"));
}

static const struct rule rules[] = {
#define RULE(mode, on, nth, deed, number, after) { mode, DUM_EVENT_##on, nth, deed, number, after },
#include "tests/interop/dum_agent_table.h"
};

/* ---- what happens ----------------------------------------------------------------------------------------------------------- */

static void wake_main(char letter)
{
	if (write(agent.wake[1], &letter, 1) != 1)
		fputs("the pipe to main is full\n", stderr);
}

static void act(struct dum *d, const struct task *t)
{
	enum sip_err err = t->rule->deed(d, t);

	if (err != DUM_OK)
		printf("deed for %s of %s: %s\n", dum_event_name(t->rule->on), t->rule->mode, sip_err_text(err));
}

static void on_due(void *arg)
{
	struct task *t = arg;

	sip_list_remove(&t->node);
	act(agent.dum, t);
	sip_free(t);
}

static void act_later(const struct task *now)
{
	struct task *t = sip_alloc(sizeof *t);

	if (!t)
		return;
	*t = *now;
	sip_timer_init(&t->timer, on_due, t);
	sip_list_add_tail(&agent.tasks, &t->node);
	sip_loop_arm(dum_loop(agent.dum), &t->timer, SIP_MS((int64_t)now->rule->after_ms * agent.slow));
}

static bool holds(const struct rule *r, const struct dum_event *e, const char *mode, int heard)
{
	return r->on == e->kind && !strcmp(r->mode, mode) &&
	       (r->nth == 0 || r->nth == heard || (r->nth < 0 && heard >= -r->nth));
}

static size_t obey(struct dum *d, const struct dum_event *e, const char *mode, int heard)
{
	struct task t = { .handle = e->handle, .set = e->set, .request = e->request };
	size_t n = 0;

	for (size_t i = 0; i < SIP_COUNTOF(rules); i++) {
		if (!holds(&rules[i], e, mode, heard))
			continue;
		n++;
		t.rule = &rules[i];
		if (rules[i].after_ms)
			act_later(&t);
		else
			act(d, &t);
	}
	return n;
}

static bool has_rules(const struct dum_event *e, const char *mode)
{
	for (size_t i = 0; i < SIP_COUNTOF(rules); i++)
		if (rules[i].on == e->kind && !strcmp(rules[i].mode, mode))
			return true;
	return false;
}

static void tell_header(const struct sip_message *m)
{
	enum sip_header id = sip_header_find(sip_str_of(agent.shown));
	struct sip_str value;

	for (size_t i = 0; id != SIP_HEADER_UNKNOWN && sip_message_value(m, id, i, &value); i++)
		printf(" %s: %.*s", agent.shown, SIP_STR_ARG(value));
}

static void tell(const struct dum_event *e)
{
	printf("%s", dum_event_name(e->kind));
	if (e->status)
		printf(" %u", e->status);
	if (e->kind == DUM_EVENT_TERMINATED)
		printf(" \"%s\"", dum_reason_text(e->reason));
	if (e->kind == DUM_EVENT_REGISTRATION_RETRY)
		printf(" after %u s", (unsigned)e->number);
	if (e->kind == DUM_EVENT_DEED_FAILED)
		printf(" %s", sip_err_text(e->err));
	if (e->body.len)
		printf(" %.*s%s", SIP_STR_ARG(e->type), memmem(e->body.p, e->body.len, "sendonly", 8) ? " on hold" : "");
	if (e->body.len >= 1000)
		printf(" %zu bytes", e->body.len);
	if (agent.shown && e->message)
		tell_header(e->message);
	putchar('\n');
}

static void copy_mode(char mode[MODE_MOST], const struct dum_event *e)
{
	const struct sip_uri *u = e->message && sip_message_is_request(e->message) ? sip_message_uri(e->message) : NULL;
	struct sip_str user = u ? u->user : none;

	snprintf(mode, MODE_MOST, "%.*s", SIP_STR_ARG(user));
}

static void drop_talk(void *object)
{
	sip_free(object);
}

/* A session's own, made when it is new. */
static struct talk *talk_of(struct dum *d, const struct dum_event *e)
{
	struct talk *t;

	if (e->kind != DUM_EVENT_NEW_SESSION)
		return dum_data(d, e->handle);
	t = sip_alloc_zero(sizeof *t);
	if (!t)
		return NULL;
	if (e->is_client)
		snprintf(t->mode, sizeof t->mode, "%s", agent.mode);
	else
		copy_mode(t->mode, e);
	return dum_set_data(d, e->handle, t, drop_talk) == DUM_OK ? t : NULL;
}

static void on_session(struct dum *d, const struct dum_event *e)
{
	struct talk *t = talk_of(d, e);
	char mode[MODE_MOST];
	int heard;

	tell(e);
	if (!t)
		return;
	heard = (int)++t->heard[e->kind];
	memcpy(mode, t->mode, sizeof mode); /* what it does may end the session */
	obey(d, e, has_rules(e, mode) ? mode : "", heard);
}

static void on_set(struct dum *d, const struct dum_event *e)
{
	tell(e);
	if (agent.mode)
		obey(d, e, agent.mode, 1);
	if (agent.calls && e->kind == DUM_EVENT_SET_TERMINATED && --agent.calls == 0)
		wake_main('o');
}

static void on_request(struct dum *d, const struct dum_event *e)
{
	char mode[MODE_MOST];

	tell(e);
	copy_mode(mode, e);
	obey(d, e, has_rules(e, mode) ? mode : "", 1);
	if (!agent.mode)
		return;
	switch (e->kind) {
	case DUM_EVENT_PAGER_SUCCESS:
	case DUM_EVENT_PAGER_FAILURE:
	case DUM_EVENT_REQUEST_SUCCESS:
	case DUM_EVENT_REQUEST_FAILURE:
	case DUM_EVENT_REGISTRATION_REMOVED:
	case DUM_EVENT_REGISTRATION_FAILURE:
		wake_main('o');
		break;
	case DUM_EVENT_REGISTRATION_SUCCESS:
		if (!strcmp(agent.mode, "once") && dum_end(d, e->handle, none) != DUM_OK)
			wake_main('o');
		break;
	default:
		break;
	}
}

static void drop_tasks(struct dum *d)
{
	while (!sip_list_is_empty(&agent.tasks)) {
		struct task *t = SIP_CONTAINER(agent.tasks.next, struct task, node);
		sip_loop_disarm(dum_loop(d), &t->timer);
		sip_list_remove(&t->node);
		sip_free(t);
	}
}

static void on_manager(struct dum *d, const struct dum_event *e)
{
	tell(e);
	if (e->kind != DUM_EVENT_SHUTDOWN)
		return;
	drop_tasks(d);
	wake_main('s');
}

static const struct dum_session_handler session_handler = {
#define DUM_SESSION_EVENT(id, fn, when) .fn = on_session,
#include "dum/core/event_table.h"
};
static const struct dum_set_handler set_handler = {
#define DUM_SET_EVENT(id, fn, when) .fn = on_set,
#include "dum/core/event_table.h"
};
static const struct dum_registration_handler registration_handler = {
#define DUM_REGISTRATION_EVENT(id, fn, when) .fn = on_request,
#include "dum/core/event_table.h"
};
static const struct dum_server_registration_handler server_registration_handler = { .on_register = on_request };
static const struct dum_pager_handler pager_handler = {
#define DUM_PAGER_EVENT(id, fn, when) .fn = on_request,
#include "dum/core/event_table.h"
};
static const struct dum_request_handler request_handler = {
#define DUM_REQUEST_EVENT(id, fn, when) .fn = on_request,
#include "dum/core/event_table.h"
};
static const struct dum_manager_handler manager_handler = { .on_deed_failed = on_manager, .on_shutdown = on_manager };

/* ---- what it was started for --------------------------------------------------------------------------------------------------- */

/* args: whom, in which mode. */
static enum sip_err call(struct dum *d, char **args)
{
	struct dum_invite_options o;
	struct dum_handle set;
	enum sip_err err;

	dum_invite_options_init(&o);
	o.target = sip_str_of(args[0]);
	o.headers = sip_str_of(agent.headers);
	if (strncmp(agent.mode, "offerless", 9) != 0)
		o.body = sip_str_of(talking);
	err = dum_invite(d, &o, &set);
	return err == DUM_OK && !strcmp(agent.mode, "cancel-now") ? dum_end(d, set, none) : err;
}

static enum sip_err start_call(struct dum *d, char **args)
{
	agent.calls = 1;
	agent.mode = args[1];
	return call(d, args);
}

/* Many calls, so many a second: behind whom and the mode. */
static enum sip_err start_load(struct dum *d, char **args)
{
	unsigned long rate = strtoul(args[2], NULL, 10), count = strtoul(args[3], NULL, 10);
	struct timespec pace = { .tv_nsec = rate > 1 ? 1000000000 / (long)rate : 999999999 };
	enum sip_err err = SIP_OK;

	agent.calls = count;
	agent.mode = args[1];
	for (unsigned long i = 0; i < count && err == SIP_OK; i++) {
		err = call(d, args);
		(void)nanosleep(&pace, NULL);
	}
	return err;
}

static enum sip_err start_register(struct dum *d, char **args)
{
	struct dum_register_options o;
	struct dum_handle h;

	dum_register_options_init(&o);
	o.registrar = sip_str_of(args[0]);
	o.aor = sip_str_of(args[1]);
	agent.mode = args[2];
	return dum_register(d, &o, &h);
}

static enum sip_err send_large(struct dum *d, struct dum_send_options *o)
{
	char *body = sip_alloc(agent.size);
	struct dum_handle h;
	enum sip_err err;

	if (!body)
		return SIP_E_NOMEM;
	memset(body, 'x', agent.size);
	o->body = sip_str_make(body, agent.size);
	err = dum_send(d, o, &h);
	sip_free(body);
	return err;
}

static enum sip_err start_send(struct dum *d, char **args)
{
	struct dum_send_options o;
	struct dum_handle h;

	dum_send_options_init(&o);
	agent.mode = o.method.p;
	o.method = sip_str_of(args[0]);
	o.target = sip_str_of(args[1]);
	o.headers = sip_str_of(agent.headers);
	if (!sip_str_eq(o.method, SIP_STR("MESSAGE")))
		return dum_send(d, &o, &h);
	o.body = SIP_STR("hello");
	return agent.size ? send_large(d, &o) : dum_send(d, &o, &h);
}

static const struct start {
	const char *name;
	int args;
	enum sip_err (*fn)(struct dum *d, char **args);
} starts[] = {
	{ "serve", 0, NULL },
	{ "call", 2, start_call },
	{ "load", 4, start_load },
	{ "register", 3, start_register },
	{ "send", 2, start_send },
};

/* ---- its beginning and its end ---------------------------------------------------------------------------------------------------- */

static enum sip_err set_one(char *name, const char *value)
{
	enum dum_profile_setting id;
	uint32_t n;
	enum sip_err err;

	for (char *p = name; *p; p++)
		if (*p == '_')
			*p = ' ';
	err = dum_profile_find_setting(sip_str_of(name), &id);
	if (err != SIP_OK)
		return err;
	if (dum_profile_row(id)->type > DUM_PROFILE_TYPE_FLAG)
		return dum_profile_set_text(agent.profile, id, sip_str_of(value));
	err = sip_str_to_u32(sip_str_of(value), UINT32_MAX, &n);
	if (err == SIP_OK && dum_profile_row(id)->type == DUM_PROFILE_TYPE_NUMBER)
		return dum_profile_set_number(agent.profile, id, n);
	if (err == SIP_OK)
		dum_profile_set_flag(agent.profile, id, n != 0);
	return err;
}

/* By that name of a transport ("wss") all requests go. */
static enum sip_err fix_kind(const char *name)
{
	enum sip_transport_kind kind = sip_transport_kind_find(sip_str_of(name));

	if (kind == SIP_TRANSPORT_NONE)
		return SIP_E_NOTFOUND;
	return dum_profile_set_number(agent.profile, DUM_PROFILE_FIXED_TRANSPORT_KIND, kind);
}

/* What is a matter of transports. False: it is not. */
static bool set_transport(struct dum_options *o, const char *name, const char *value)
{
	if (!strcmp(name, "listen"))
		o->listen = value;
	else if (!strcmp(name, "tls"))
		o->listen_tls = value;
	else if (!strcmp(name, "dtls"))
		o->listen_dtls = value;
	else if (!strcmp(name, "ws"))
		o->has_ws = !strcmp(value, "1");
	else if (!strcmp(name, "ca"))
		agent.authority = value;
	else if (!strcmp(name, "cert"))
		agent.certificate = value;
	else if (!strcmp(name, "key"))
		agent.key = value;
	else
		return false;
	return true;
}

/*
 * NAME=VALUE of the profile, or of the agent: listen, tls, dtls (address:port), ws=1, ca, cert, key (PEM files), by (a transport),
 * user (name:password), headers, show (a header), deaf, size (of a MESSAGE), t1 (ms).
 */
static enum sip_err set(struct dum_options *o, char *arg)
{
	char *value = strchr(arg, '='), *colon;

	*value++ = '\0';
	if (set_transport(o, arg, value))
		return SIP_OK;
	if (!strcmp(arg, "by")) {
		return fix_kind(value);
	} else if (!strcmp(arg, "size")) {
		agent.size = strtoul(value, NULL, 10);
	} else if (!strcmp(arg, "show")) {
		agent.shown = value;
	} else if (!strcmp(arg, "headers")) {
		agent.headers = value;
	} else if (!strcmp(arg, "deaf")) {
		agent.deaf = value;
	} else if (!strcmp(arg, "t1")) {
		o->t1_ms = (uint32_t)strtoul(value, NULL, 10);
	} else if (!strcmp(arg, "user") && (colon = strchr(value, ':'))) {
		return dum_profile_add_credentials(agent.profile, SIP_STR("*"), sip_str_make(value, (size_t)(colon - value)),
						   sip_str_of(colon + 1));
	} else {
		return set_one(arg, value);
	}
	return SIP_OK;
}

static bool is_heard(const char *handler)
{
	return !agent.deaf || !strstr(agent.deaf, handler);
}

static void put_handlers(struct dum_options *o)
{
	o->handlers.session = is_heard("session") ? &session_handler : NULL;
	o->handlers.set = &set_handler;
	o->handlers.registration = &registration_handler;
	o->handlers.server_registration = is_heard("register") ? &server_registration_handler : NULL;
	o->handlers.pager = is_heard("pager") ? &pager_handler : NULL;
	o->handlers.request = is_heard("request") ? &request_handler : NULL;
	o->handlers.manager = &manager_handler;
}

static const struct start *start_of(int argc, char **argv)
{
	for (size_t i = 0; argc > 0 && i < SIP_COUNTOF(starts); i++)
		if (!strcmp(argv[0], starts[i].name) && argc == starts[i].args + 1)
			return &starts[i];
	return NULL;
}

/* A letter from DUM's loop, 'e' for the end of the standard input, 't' when neither comes in time. */
static char next_letter(int timeout_ms, bool has_stdin)
{
	struct pollfd p[2] = { { .fd = agent.wake[0], .events = POLLIN }, { .fd = has_stdin ? STDIN_FILENO : -1, .events = POLLIN } };
	char letter;

	while (poll(p, 2, timeout_ms) > 0) {
		if (p[0].revents)
			return read(agent.wake[0], &letter, 1) == 1 ? letter : 't';
		if (p[1].revents && read(STDIN_FILENO, &letter, 1) <= 0)
			return 'e';
	}
	return 't';
}

static int run(struct dum *d, const struct start *start, char **args)
{
	enum sip_err err = dum_start(d);
	struct sip_transport *t = NULL;
	char letter;

	if (err == SIP_OK && sip_stack_transports(dum_stack(d), &t, 1) == 1) {
		printf("ready %u\n", (unsigned)sip_addr_port(sip_transport_bound(t)));
		sip_transport_unref(&t);
	}
	if (err == SIP_OK && start->fn)
		err = start->fn(d, args);
	if (err != SIP_OK) {
		fprintf(stderr, "%s: %s\n", start->name, sip_err_text(err));
		return 2;
	}
	next_letter(-1, true);
	if (dum_shutdown(d) != SIP_OK)
		return 2;
	while ((letter = next_letter(5000, false)) == 'o')
		;
	puts(letter == 's' ? "down" : "not down");
	return 0;
}

static enum sip_err make_tls(struct dum_options *o)
{
	char text[300];
	struct sip_buf why;
	enum sip_err err;

	sip_buf_init_fixed(&why, text, sizeof text);
	err = sip_tls_context_load(agent.authority, agent.certificate, agent.key, &why, o->listen_tls ? &o->tls : NULL,
				   o->listen_dtls ? &o->dtls : NULL);
	if (err != SIP_OK)
		fprintf(stderr, "%s\n", sip_buf_z(&why));
	return err;
}

static enum sip_err make(struct dum_options *o, int argc, char **argv, int *at)
{
	enum sip_err err = dum_profile_create(NULL, &agent.profile);

	if (err == SIP_OK)
		err = dum_profile_set_text(agent.profile, DUM_PROFILE_METHODS,
					   SIP_STR("INVITE, ACK, CANCEL, OPTIONS, BYE, UPDATE, PRACK, INFO, MESSAGE"));
	if (err == SIP_OK)
		err = dum_profile_set_text(agent.profile, DUM_PROFILE_FROM, SIP_STR("<sip:agent@127.0.0.1>"));
	for (*at = 1; err == SIP_OK && *at < argc && strchr(argv[*at], '='); ++*at)
		err = set(o, argv[*at]);
	o->profile = agent.profile;
	put_handlers(o);
	if (err == SIP_OK && (o->listen_tls || o->listen_dtls))
		err = make_tls(o);
	if (err == SIP_OK)
		err = dum_create(o, &agent.dum);
	sip_tls_context_unref(&o->tls);
	sip_tls_context_unref(&o->dtls);
	return err;
}

int main(int argc, char **argv)
{
	struct dum_options o;
	const struct start *start;
	int at, status = 2;
	enum sip_err err;

	setvbuf(stdout, NULL, _IOLBF, 0);
	agent.slow = getenv("STROWGER_SLOW") && strcmp(getenv("STROWGER_SLOW"), "1") != 0 ? 5 : 1;
	sip_list_init(&agent.tasks);
	dum_options_init(&o);
	o.listen = "127.0.0.1:0";
	o.name = "agent";
	err = pipe(agent.wake) == 0 ? make(&o, argc, argv, &at) : SIP_E_IO;
	start = err == SIP_OK ? start_of(argc - at, argv + at) : NULL;
	if (err != SIP_OK)
		fprintf(stderr, "%s\n", sip_err_text(err));
	else if (!start)
		fputs("usage: dum_agent [NAME=VALUE]... serve | call URI MODE | load URI MODE RATE COUNT | register URI AOR once|stay | send METHOD URI\n", stderr);
	else
		status = run(agent.dum, start, argv + at + 1);
	dum_destroy(&agent.dum);
	dum_profile_unref(&agent.profile);
	return status;
}
