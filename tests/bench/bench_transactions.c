/*
 * What transactions cost: two stacks in one process, one asks, the other answers, over the memory wire, UDP and
 * TCP, in each layout. A unit is a REGISTER (one transaction) or a call (INVITE, 200, ACK, BYE, 200).
 *   bench_transactions [--json] [--case udp-folded] [--message register|call] [--count N] [--window W] [--loops N]
 *                      [--capture program|hep]: both stacks show what passes to a function, or to a collector nobody has started
 */
#include "stack/core/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum wire { MEMORY, UDP, TCP };
static const char *const wire_names[] = { "memory", "udp", "tcp" };
static const char *const layout_names[] = { "dedicated", "folded", "embedded" };

struct side {
	struct sip_stack *stack;
	struct sip_user *user;
	struct sip_transport *transport;
};

struct bench {
	enum wire wire;
	enum sip_layout layout;
	bool is_call;
	unsigned long count, window;
	const char *capture;  /* NULL: nobody captures */
	struct side caller, callee;
	struct sip_memory_net *net;
	char uri[128]; /* where the callee is */
	unsigned long started, ended, failed; /* the caller's user thread; ended is read by main */
	pthread_mutex_t lock;
	pthread_cond_t over;
};

static void must(enum sip_err err, const char *what)
{
	if (err == SIP_OK)
		return;
	fprintf(stderr, "bench_transactions: %s: %s\n", what, sip_err_text(err));
	exit(1);
}

/* ---- the one who answers ---------------------------------------------------------------------------------------- */

static void on_callee_event(void *arg, struct sip_user_event *e)
{
	struct bench *b = arg;

	if (e->kind == SIP_USER_REQUEST)
		must(sip_user_reply(b->callee.user, e->tx, e->message, 200, NULL), "answer");
}

/* ---- the one who asks ------------------------------------------------------------------------------------------- */

static void send_request(struct bench *b, const char *method, uint64_t unit, struct sip_str to)
{
	struct sip_request_options o;
	struct sip_message *m = NULL;
	struct sip_target target;
	char from[64], call_id[48];
	uint64_t tx;

	sip_request_options_init(&o);
	(void)snprintf(from, sizeof from, "<sip:caller@bench.test>;tag=f%llu", (unsigned long long)unit);
	(void)snprintf(call_id, sizeof call_id, "unit-%llu@bench.test", (unsigned long long)unit);
	o.method = sip_str_of(method);
	o.uri = sip_str_of(b->uri);
	o.from = sip_str_of(from);
	o.to = to;
	o.call_id = sip_str_of(call_id);
	o.cseq = strcmp(method, "BYE") == 0 ? 2 : 1;
	o.max_forwards = 70;
	o.contact = SIP_STR("<sip:caller@192.0.2.1>");
	must(sip_request_make(&o, &m), "make a request");
	sip_target_init(&target);
	if (strcmp(method, "ACK") == 0)
		must(sip_user_send(b->caller.user, &m, &target), "send");
	else
		must(sip_user_request(b->caller.user, &m, &target, unit, &tx), "send");
}

static void start_next(struct bench *b)
{
	if (b->started == b->count)
		return;
	send_request(b, b->is_call ? "INVITE" : "REGISTER", b->started++, SIP_STR("<sip:callee@bench.test>"));
}

static void end_unit(struct bench *b, bool is_good)
{
	b->failed += !is_good;
	pthread_mutex_lock(&b->lock);
	if (++b->ended == b->count)
		pthread_cond_signal(&b->over);
	pthread_mutex_unlock(&b->lock);
	start_next(b);
}

static void on_caller_event(void *arg, struct sip_user_event *e)
{
	struct bench *b = arg;
	const struct sip_name_addr *to;
	unsigned status;

	if (e->kind == SIP_USER_FLOW_GONE || !e->message)
		return;
	status = sip_message_status(e->message);
	if (e->kind != SIP_USER_RESPONSE || status < 200)
		return;
	if (b->is_call && status == 200 && sip_message_method(e->message) == SIP_METHOD_INVITE) {
		to = sip_message_name_addr(e->message, SIP_HEADER_TO, 0);
		send_request(b, "ACK", e->cookie, to->text);
		send_request(b, "BYE", e->cookie, to->text);
		return;
	}
	end_unit(b, status == 200);
}

/* The first requests start on the user's own thread, as all later ones. */
static void on_start(void *arg)
{
	struct bench *b = arg;

	for (unsigned long i = 0; i < b->window; i++)
		start_next(b);
}

/* ---- around it --------------------------------------------------------------------------------------------------- */

static bool wants_none(void *arg, const struct sip_message *m)
{
	(void)arg;
	(void)m;
	return false;
}

static void make_side(struct bench *b, struct side *s, bool is_caller)
{
	struct sip_stack_options so;
	struct sip_user_options uo;
	struct sip_transport_options to;

	sip_stack_options_init(&so);
	so.layout = b->layout;
	so.hosts_path = "";
	must(sip_stack_create(&so, &s->stack), "create a stack");
	sip_user_options_init(&uo);
	uo.name = is_caller ? "caller" : "callee";
	uo.wants = is_caller ? wants_none : NULL;
	uo.on_event = is_caller ? on_caller_event : on_callee_event;
	uo.arg = b;
	must(sip_stack_add_user(s->stack, &uo, &s->user), "add a user");
	sip_transport_options_init(&to, b->wire == TCP ? SIP_TRANSPORT_TCP : SIP_TRANSPORT_UDP);
	to.net = b->wire == MEMORY ? b->net : NULL;
	must(sip_addr_parse(&to.bind, sip_str_of(b->wire != MEMORY ? "127.0.0.1" : is_caller ? "192.0.2.1" : "192.0.2.2"),
			    b->wire == MEMORY ? 5060 : 0),
	     "parse an address");
	must(sip_stack_add_transport(s->stack, &to, &s->transport), "open a transport");
}

static void make(struct bench *b)
{
	struct sip_memory_options mo;
	struct sip_buf uri;

	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->over, NULL);
	sip_memory_options_init(&mo);
	mo.loss = mo.duplicate = mo.reorder = 0;
	mo.delay_min_us = mo.delay_max_us = 0;
	must(sip_memory_net_create(&mo, &b->net), "create a network");
	make_side(b, &b->callee, false);
	make_side(b, &b->caller, true);
	sip_buf_init_fixed(&uri, b->uri, sizeof b->uri);
	SIP_BUF_LIT(&uri, "sip:callee@");
	sip_addr_put(&uri, sip_transport_bound(b->callee.transport));
	if (b->wire == TCP)
		SIP_BUF_LIT(&uri, ";transport=tcp");
	(void)sip_buf_z(&uri);
	must(uri.err, "write a URI");
}

static void wait_threads(struct bench *b)
{
	pthread_mutex_lock(&b->lock);
	while (b->ended < b->count)
		pthread_cond_wait(&b->over, &b->lock);
	pthread_mutex_unlock(&b->lock);
}

/* One thread turns both: each in turn, sleeping only when neither has anything to do. */
static void turn_both(struct bench *b)
{
	struct sip_loop *loops[] = { sip_stack_loop(b->caller.stack, 0), sip_stack_loop(b->callee.stack, 0) };
	struct sip_fdset set;

	sip_fdset_init(&set);
	while (b->ended < b->count) {
		int64_t a, c;
		must(sip_loop_turn(loops[0], 0), "turn");
		must(sip_loop_turn(loops[1], 0), "turn");
		a = sip_loop_sleep_us(loops[0]);
		c = sip_loop_sleep_us(loops[1]);
		if (b->wire == MEMORY || a == 0 || c == 0 || b->ended == b->count)
			continue;
		sip_fdset_clear(&set);
		must(sip_loop_build_fdset(loops[0], &set), "build a set");
		must(sip_loop_build_fdset(loops[1], &set), "build a set");
		must(sip_fdset_wait(&set, a < 0 ? c : c < 0 || a < c ? a : c), "wait");
	}
	sip_fdset_fini(&set);
}

static void on_captured(void *arg, const struct sip_capture_record *r)
{
	(void)arg;
	(void)r;
}

static void capture(const struct bench *b, struct sip_stack *s)
{
	struct sip_capture_options o;
	struct sip_stack_capture *of_stack; /* the stack's, until it ends */

	if (!b->capture)
		return;
	sip_capture_options_init(&o);
	if (strcmp(b->capture, "hep") == 0)
		o.host = SIP_STR("127.0.0.1");
	else
		o.on_message = on_captured;
	must(sip_stack_capture_start(s, &o, &of_stack), "capture");
}

static void run(struct bench *b)
{
	struct sip_timer start;

	sip_timer_init(&start, on_start, b);
	sip_loop_arm(sip_user_loop(b->caller.user), &start, 0);
	capture(b, b->callee.stack);
	capture(b, b->caller.stack);
	must(sip_stack_start(b->callee.stack), "start");
	must(sip_stack_start(b->caller.stack), "start");
	if (b->layout == SIP_LAYOUT_EMBEDDED)
		turn_both(b);
	else
		wait_threads(b);
}

static void end(struct bench *b)
{
	sip_stack_destroy(&b->caller.stack);
	sip_stack_destroy(&b->callee.stack);
	sip_memory_net_unref(&b->net);
	pthread_cond_destroy(&b->over);
	pthread_mutex_destroy(&b->lock);
}

static double cpu_us(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void measure(struct bench *b, bool is_quiet)
{
	const struct sip_clock *clock = &sip_clock_real;
	int64_t wall;
	double cpu;

	make(b);
	wall = clock->now_us(clock->arg);
	cpu = cpu_us();
	run(b);
	wall = clock->now_us(clock->arg) - wall;
	cpu = cpu_us() - cpu;
	end(b);
	if (b->failed)
		fprintf(stderr, "bench_transactions: %lu of %lu failed\n", b->failed, b->count);
	if (!is_quiet)
		printf("{\"bench\":\"transactions\",\"case\":\"%s-%s\",\"message\":\"%s\",\"ns\":%.0f,\"cpu_ns\":%.0f,"
		       "\"per_second\":%.0f,\"failed\":%lu}\n",
		       wire_names[b->wire], layout_names[b->layout], b->is_call ? "call" : "register",
		       (double)wall * 1e3 / (double)b->count, cpu * 1e3 / (double)b->count,
		       (double)b->count * 1e6 / (double)wall, b->failed);
	(void)fflush(stdout);
	if (b->failed)
		exit(1);
}

static bool is_chosen(const char *only, const char *a, const char *b)
{
	size_t n = strlen(a);

	return !only || (strncmp(only, a, n) == 0 && (!b || (only[n] == '-' && strcmp(only + n + 1, b) == 0)));
}

int main(int argc, char **argv)
{
	const char *only_case = NULL, *only_message = NULL, *captured = NULL;
	unsigned long count = 20000, window = 64, loops = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			continue;
		if (i + 1 == argc) {
			fputs("usage: bench_transactions [--json] [--case WIRE-LAYOUT] [--message register|call]\n"
			      "                          [--count N] [--window W] [--loops N] [--capture program|hep]\n",
			      stderr);
			return 2;
		}
		if (strcmp(argv[i], "--case") == 0)
			only_case = argv[++i];
		else if (strcmp(argv[i], "--message") == 0)
			only_message = argv[++i];
		else if (strcmp(argv[i], "--capture") == 0)
			captured = argv[++i];
		else if (strcmp(argv[i], "--count") == 0)
			count = strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--window") == 0)
			window = strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--loops") == 0)
			loops = strtoul(argv[++i], NULL, 10);
	}
	for (int w = MEMORY; w <= TCP; w++)
		for (int l = SIP_LAYOUT_DEDICATED; l <= SIP_LAYOUT_EMBEDDED; l++)
			for (int c = 0; c < 2; c++) {
				struct bench b = { .wire = (enum wire)w, .layout = (enum sip_layout)l, .is_call = c != 0, .capture = captured };
				if (!is_chosen(only_case, wire_names[w], layout_names[l]) ||
				    (only_message && strcmp(only_message, c ? "call" : "register") != 0))
					continue;
				b.count = loops ? loops : count;
				b.window = window < b.count ? window : b.count;
				measure(&b, loops != 0);
			}
	return 0;
}
