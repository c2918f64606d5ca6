/* Whole stacks of many threads over loopback: made, loaded, and stopped while traffic flows. */
#include "stack/core/core.h"
#include "tests/live/live.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ROUNDS = 25, WINDOW = 64, ENOUGH = 200 };

static const char embedded_text[] = "ACK sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
				   "From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>;tag=2\r\nCall-ID: 0123456789abcdef0123456789abcdef\r\n"
				   "CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n";

struct ring {
	struct sip_stack *caller, *callee;
	struct sip_user *asks, *answers;
	struct sip_transport *at;
	struct sip_timer begin; /* the first are asked on the user's own thread, as all later ones */
	char uri[96];
	const char *hosts_path; /* NULL: none */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t ok, failed; /* under the lock, as is what follows */
	unsigned status;   /* of the last failure */
};

static void ask(struct ring *r)
{
	struct sip_request_options o;
	struct sip_message *m = NULL;
	uint64_t tx;
	char call_id[32], from[] = "<sip:a@live.test>;tag=--------";
	struct sip_rand *rand = sip_loop_rand(sip_user_loop(r->asks));

	sip_rand_token(rand, call_id, sizeof call_id);
	sip_rand_token(rand, from + sizeof from - 9, 8);
	sip_request_options_init(&o);
	o.method = SIP_STR("OPTIONS");
	o.uri = o.to = sip_str_of(r->uri);
	o.from = sip_str_of(from);
	o.call_id = sip_str_make(call_id, sizeof call_id);
	/* A stack that is being stopped refuses: then there is nothing more to ask. */
	if (sip_request_make(&o, &m) == SIP_OK && sip_user_request(r->asks, &m, NULL, 0, &tx) != SIP_OK)
		sip_message_unref(&m);
}

static void on_asking(void *arg, struct sip_user_event *e)
{
	struct ring *r = arg;

	if (e->kind != SIP_USER_RESPONSE || sip_message_status(e->message) < 200)
		return;
	pthread_mutex_lock(&r->lock);
	if (sip_message_status(e->message) == 200)
		r->ok++;
	else
		r->failed++, r->status = sip_message_status(e->message);
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	if (e->why == SIP_OK)
		ask(r);
}

static void on_answering(void *arg, struct sip_user_event *e)
{
	struct ring *r = arg;

	if (e->kind == SIP_USER_REQUEST)
		(void)!sip_user_reply(r->answers, e->tx, e->message, 200, NULL);
}

static void on_begin(void *arg)
{
	for (int i = 0; i < WINDOW; i++)
		ask(arg);
}

static enum sip_err side(struct ring *r, enum sip_transport_kind kind, bool is_caller)
{
	struct sip_stack_options so;
	struct sip_user_options uo;
	struct sip_transport_options to;
	struct sip_stack **s = is_caller ? &r->caller : &r->callee;
	struct sip_transport *at = NULL;
	enum sip_err err;

	sip_stack_options_init(&so);
	so.shards = so.wires = 4;
	so.hosts_path = r->hosts_path ? r->hosts_path : "";
	so.is_congestion_on = false; /* a slow machine is not what is looked for */
	sip_user_options_init(&uo);
	uo.on_event = is_caller ? on_asking : on_answering;
	uo.arg = r;
	sip_transport_options_init(&to, kind);
	err = sip_addr_parse(&to.bind, SIP_STR("127.0.0.1"), 0);
	if (err == SIP_OK)
		err = sip_stack_create(&so, s);
	if (err == SIP_OK)
		err = sip_stack_add_user(*s, &uo, is_caller ? &r->asks : &r->answers);
	if (err == SIP_OK)
		err = sip_stack_add_transport(*s, &to, &at);
	if (!is_caller)
		r->at = at;
	return err;
}

static enum sip_err start(struct ring *r, enum sip_transport_kind kind)
{
	struct sip_buf uri;
	enum sip_err err = side(r, kind, false);

	if (err == SIP_OK)
		err = side(r, kind, true);
	if (err != SIP_OK)
		return err;
	sip_buf_init_fixed(&uri, r->uri, sizeof r->uri);
	SIP_BUF_LIT(&uri, "sip:b@");
	sip_addr_put(&uri, sip_transport_bound(r->at));
	if (kind == SIP_TRANSPORT_TCP)
		SIP_BUF_LIT(&uri, ";transport=tcp");
	(void)sip_buf_z(&uri);
	sip_timer_init(&r->begin, on_begin, r);
	sip_loop_arm(sip_user_loop(r->asks), &r->begin, 0);
	err = sip_stack_start(r->callee);
	return err == SIP_OK ? sip_stack_start(r->caller) : err;
}

/* Four shards, four wires a side: answers enough, then both stop in the middle of it; which first takes turns. */
static enum sip_err one_round(enum sip_transport_kind kind, bool is_caller_first)
{
	struct ring r = { .ok = 0 };
	enum sip_err err;

	pthread_mutex_init(&r.lock, NULL);
	pthread_cond_init(&r.changed, NULL);
	err = start(&r, kind);
	if (err == SIP_OK) {
		pthread_mutex_lock(&r.lock);
		while (r.ok + r.failed < ENOUGH)
			pthread_cond_wait(&r.changed, &r.lock);
		UNIT_EQ(r.failed, 0);
		UNIT_EQ(r.status, 0);
		pthread_mutex_unlock(&r.lock);
	}
	if (is_caller_first)
		sip_stack_destroy(&r.caller);
	sip_stack_destroy(&r.callee);
	sip_stack_destroy(&r.caller);
	pthread_cond_destroy(&r.changed);
	pthread_mutex_destroy(&r.lock);
	return err;
}

static enum sip_err test_stack_when_stopped_under_traffic_then_all_ends(void)
{
	enum sip_err err = SIP_OK;

	for (int i = 0; i < ROUNDS && err == SIP_OK; i++)
		err = one_round(i % 4 < 2 ? SIP_TRANSPORT_UDP : SIP_TRANSPORT_TCP, i % 2 == 0);
	return err;
}

/* ---- captures ---------------------------------------------------------------------------------------------------------- */

static void on_captured(void *arg, const struct sip_capture_record *record)
{
	size_t *count = arg;

	UNIT_CHECK(record->bytes.len > 100 && record->call_id.len == 32);
	__atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
}

/* A collector that a file of hosts knows by two names, by one behind an address nothing is sent to: its socket, and the file's path. */
static int open_collector(char path[], uint16_t *port)
{
	static const char names[] = "127.0.0.1 collector.test\n255.255.255.255 second.test\n127.0.0.1 second.test\n";
	struct sip_addr at;
	socklen_t len = sizeof at.u;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), file = mkstemp(path);
	struct timeval patience = { .tv_sec = 20 };

	memset(&at, 0, sizeof at);
	UNIT_EQ(sip_addr_parse(&at, SIP_STR("127.0.0.1"), 0), SIP_OK);
	UNIT_CHECK(bind(fd, &at.u.sa, sip_addr_len(&at)) == 0 && getsockname(fd, &at.u.sa, &len) == 0);
	UNIT_CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
	UNIT_CHECK(write(file, names, sizeof names - 1) == sizeof names - 1);
	close(file);
	*port = sip_addr_port(&at);
	return fd;
}

/* False after 20 s. */
static bool has_come(const size_t *count, size_t wanted)
{
	int64_t end = sip_clock_real.now_us(NULL) + SIP_SECONDS(20);

	while (__atomic_load_n(count, __ATOMIC_RELAXED) < wanted) {
		if (sip_clock_real.now_us(NULL) > end)
			return false;
		sched_yield();
	}
	return true;
}

/* One of each sort, for as long as it takes until something has come. */
static enum sip_err capture_once(struct sip_stack *s, int collector, const char *host, uint16_t port)
{
	struct sip_capture_options o, live;
	struct sip_stack_capture *hep = NULL, *seeing = NULL;
	size_t count = 0;
	char head[4];
	enum sip_err err;

	sip_capture_options_init(&o);
	live = o;
	o.host = sip_str_of(host);
	o.port = port;
	live.on_message = on_captured;
	live.arg = &count;
	while (recv(collector, head, sizeof head, MSG_DONTWAIT) > 0)
		;
	UNIT_TRY(sip_stack_capture_start(s, &o, &hep));
	UNIT_TRY(sip_stack_capture_start(s, &live, &seeing));
	UNIT_CHECK(recv(collector, head, sizeof head, 0) == sizeof head && memcmp(head, "HEP3", 4) == 0);
	UNIT_CHECK(has_come(&count, 10));
out:
	sip_stack_capture_stop(s, &hep);
	sip_stack_capture_stop(s, &seeing);
	/* Nothing is heard of it any more. */
	UNIT_CHECK(err != SIP_OK || count >= 10);
	return err;
}

static enum sip_err test_captures_when_started_and_stopped_under_traffic_then_each_sees_it(void)
{
	char path[] = "/tmp/stack_live_test_XXXXXX";
	struct ring r = { .hosts_path = path };
	struct sip_stack_capture *many[SIP_CAPTURES_MAX + 1] = { NULL };
	struct sip_capture_options o;
	size_t count = 0;
	uint16_t port;
	int collector = open_collector(path, &port);
	enum sip_err err;

	pthread_mutex_init(&r.lock, NULL);
	pthread_cond_init(&r.changed, NULL);
	UNIT_TRY(start(&r, SIP_TRANSPORT_UDP));
	for (int i = 0; i < ROUNDS; i++)
		UNIT_TRY(capture_once(r.callee, collector, "collector.test", port));
	UNIT_TRY(capture_once(r.callee, collector, "second.test", port));
	UNIT_EQ(sip_metrics_get(sip_stack_metrics(r.callee), SIP_M_CAPTURE_COLLECTOR_ERRORS), 1);
	sip_capture_options_init(&o);
	o.on_message = on_captured;
	o.arg = &count;
	for (int i = 0; i < SIP_CAPTURES_MAX; i++)
		UNIT_TRY(sip_stack_capture_start(r.callee, &o, &many[i]));
	UNIT_EQ(sip_stack_capture_start(r.callee, &o, &many[SIP_CAPTURES_MAX]), SIP_E_LIMIT);
	UNIT_EQ(sip_metrics_get(sip_stack_metrics(r.callee), SIP_M_CAPTURE_NAME_ERRORS), 0);
	UNIT_EQ(r.failed, 0);
out:
	/* Those that are left end with their stack. */
	sip_stack_destroy(&r.caller);
	sip_stack_destroy(&r.callee);
	pthread_cond_destroy(&r.changed);
	pthread_mutex_destroy(&r.lock);
	close(collector);
	unlink(path);
	return err;
}

static void *start_elsewhere(void *stack)
{
	struct sip_capture_options o;
	struct sip_stack_capture *capture;
	static size_t count;

	sip_capture_options_init(&o);
	o.on_message = on_captured;
	o.arg = &count;
	UNIT_EQ(sip_stack_capture_start(stack, &o, &capture), SIP_E_STATE);
	return NULL;
}

/* Everything on the one loop there is, by the one thread that turns it. */
static enum sip_err test_capture_when_embedded_then_on_the_application_s_loop(void)
{
	struct sip_stack_options so;
	struct sip_capture_options o;
	struct sip_stack_capture *capture = NULL;
	struct sip_transport_options to;
	struct sip_transport *t = NULL;
	struct sip_stack *s = NULL;
	pthread_t other;
	size_t count = 0;
	enum sip_err err;
	int fd;

	sip_stack_options_init(&so);
	so.layout = SIP_LAYOUT_EMBEDDED;
	so.hosts_path = "";
	sip_transport_options_init(&to, SIP_TRANSPORT_UDP);
	UNIT_EQ(sip_addr_parse(&to.bind, SIP_STR("127.0.0.1"), 0), SIP_OK);
	sip_capture_options_init(&o);
	o.on_message = on_captured;
	o.arg = &count;
	UNIT_TRY(sip_stack_create(&so, &s));
	UNIT_TRY(sip_stack_add_transport(s, &to, &t));
	UNIT_TRY(sip_stack_start(s));
	UNIT_TRY(sip_stack_process_fdset(s, NULL));
	UNIT_EQ(pthread_create(&other, NULL, start_elsewhere, s), 0);
	pthread_join(other, NULL);
	UNIT_TRY(sip_stack_capture_start(s, &o, &capture));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	UNIT_CHECK(sendto(fd, embedded_text, sizeof embedded_text - 1, 0, &sip_transport_bound(t)->u.sa,
			  sip_addr_len(sip_transport_bound(t))) > 0);
	close(fd);
	for (int i = 0; i < 1000 && count == 0; i++)
		UNIT_TRY(sip_loop_turn(sip_stack_loop(s, 0), 10000));
	UNIT_EQ(count, 1);
	sip_stack_capture_stop(s, &capture);
	UNIT_TRY(sip_stack_capture_start(s, &o, &capture));
out:
	sip_stack_destroy(&s);
	return err;
}

/* Four wires keep it out, and it is one source. */
static enum sip_err test_bans_when_several_wires_keep_it_out_then_listed_once(void)
{
	struct ring r = { .ok = 0 };
	struct sip_addr one, other;
	struct sip_ban bans[8];
	enum sip_err err;

	UNIT_EQ(sip_addr_parse(&one, SIP_STR("192.0.2.1"), 0), SIP_OK);
	UNIT_EQ(sip_addr_parse(&other, SIP_STR("192.0.2.2"), 0), SIP_OK);
	UNIT_TRY(side(&r, SIP_TRANSPORT_UDP, false));
	UNIT_TRY(sip_stack_start(r.callee));
	UNIT_TRY(sip_stack_ban(r.callee, &one, 60));
	UNIT_TRY(sip_stack_ban(r.callee, &other, 120));
	UNIT_EQ(sip_stack_list_bans(r.callee, bans, SIP_COUNTOF(bans)), 2);
	UNIT_CHECK(sip_addr_eq_host(&bans[0].source, &one) != sip_addr_eq_host(&bans[1].source, &one));
	UNIT_EQ(sip_stack_list_bans(r.callee, bans, 1), 1);
	UNIT_TRY(sip_stack_unban(r.callee, &one));
	UNIT_EQ(sip_stack_list_bans(r.callee, bans, SIP_COUNTOF(bans)), 1);
	UNIT_CHECK(sip_addr_eq_host(&bans[0].source, &other));
out:
	sip_stack_destroy(&r.callee);
	return err;
}

/* As many as the options allow, each with its FIFO, and users beside. */
static enum sip_err test_stack_when_of_the_most_shards_then_it_is_made(void)
{
	struct sip_stack_options so;
	struct sip_user_options uo;
	struct sip_stack *s = NULL;
	struct sip_user *u;
	enum sip_err err;

	sip_stack_options_init(&so);
	so.layout = SIP_LAYOUT_FOLDED;
	so.shards = 64;
	so.hosts_path = "";
	sip_user_options_init(&uo);
	uo.on_event = on_answering;
	err = sip_stack_create(&so, &s);
	for (int i = 0; i < 32 && err == SIP_OK; i++)
		err = sip_stack_add_user(s, &uo, &u);
	sip_stack_destroy(&s);
	return err;
}

/* Takes every descriptor up to this one, as far as they are allowed; how many are taken in `fds`. */
static bool take_descriptors(int *fds, int up_to)
{
	struct rlimit limit;
	int count = 0, fd;

	UNIT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < (rlim_t)up_to * 2) {
		limit.rlim_cur = limit.rlim_max < (rlim_t)up_to * 2 ? limit.rlim_max : (rlim_t)up_to * 2;
		UNIT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	}
	do
		fds[count++] = fd = dup(STDERR_FILENO);
	while (fd >= 0 && fd < up_to);
	fds[count] = -1;
	return fd >= up_to;
}

static void give_back_descriptors(const int *fds)
{
	for (; *fds >= 0; fds++)
		close(*fds);
}

/* Turned by its application, as one that uses select() would: no descriptor of it would be in an fd_set. */
static enum sip_err test_fdset_when_descriptors_are_above_1024_then_all_is_served(void)
{
	enum { HIGH = 1100, CONNECTIONS = 20 };
	int fds[HIGH + 2], peers[CONNECTIONS];
	struct sip_stack_options so;
	struct sip_transport_options to;
	struct sip_user_options uo;
	struct ring r = { .ok = 0 };
	struct sip_fdset set;
	char room[1024];
	size_t answered = 0;
	enum sip_err err;

	sip_fdset_init(&set);
	UNIT_CHECK(take_descriptors(fds, HIGH));
	sip_stack_options_init(&so);
	so.layout = SIP_LAYOUT_EMBEDDED;
	so.hosts_path = "";
	sip_user_options_init(&uo);
	uo.on_event = on_answering;
	uo.arg = &r;
	sip_transport_options_init(&to, SIP_TRANSPORT_TCP);
	UNIT_EQ(sip_addr_parse(&to.bind, SIP_STR("127.0.0.1"), 0), SIP_OK);
	UNIT_TRY(sip_stack_create(&so, &r.callee));
	UNIT_TRY(sip_stack_add_user(r.callee, &uo, &r.answers));
	UNIT_TRY(sip_stack_add_transport(r.callee, &to, &r.at));
	UNIT_TRY(sip_stack_start(r.callee));
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		struct sip_str text = live_options(room, sizeof room, "TCP", sip_transport_bound(r.at), i);
		peers[i] = live_connect(sip_transport_bound(r.at), 0);
		UNIT_CHECK(peers[i] > HIGH && send(peers[i], text.p, text.len, MSG_NOSIGNAL) == (ssize_t)text.len);
	}
	for (int turn = 0; turn < 10000 && answered < CONNECTIONS; turn++) {
		sip_fdset_clear(&set);
		UNIT_TRY(sip_stack_build_fdset(r.callee, &set));
		UNIT_TRY(sip_fdset_wait(&set, 10000));
		UNIT_TRY(sip_stack_process_fdset(r.callee, &set));
		while (answered < CONNECTIONS && recv(peers[answered], room, sizeof room, MSG_PEEK | MSG_DONTWAIT) > 0)
			answered++;
	}
	UNIT_EQ(answered, CONNECTIONS);
	for (size_t i = 0; i < CONNECTIONS; i++) {
		UNIT_CHECK(live_read_until(peers[i], "SIP/2.0 200 "));
		close(peers[i]);
	}
out:
	sip_stack_destroy(&r.callee);
	sip_fdset_fini(&set);
	give_back_descriptors(fds);
	return err;
}

static bool means(struct sip_stack *s, const struct sip_transport *t)
{
	uint16_t port = sip_addr_port(sip_transport_bound(t));
	bool is_host = sip_stack_is_own_host(s, SIP_STR("127.0.0.1"));

	UNIT_CHECK(!sip_stack_is_own_address(s, SIP_STR("127.0.0.2"), port));
	UNIT_CHECK(is_host || !sip_stack_is_own_address(s, SIP_STR("127.0.0.1"), port));
	return sip_stack_is_own_address(s, SIP_STR("127.0.0.1"), port);
}

static void *keep_asking(void *arg)
{
	struct sip_stack *s = arg;

	for (int i = 0; i < 100000; i++)
		(void)(sip_stack_is_own_address(s, SIP_STR("127.0.0.1"), 1) || sip_stack_is_own_host(s, SIP_STR("127.0.0.2")));
	return NULL;
}

/* While somebody asks all the time: what was added means us, what was removed does not any more. */
static enum sip_err test_addresses_when_transports_come_and_go_then_those_there_mean_us(void)
{
	struct sip_stack_options so;
	struct sip_transport_options to;
	struct sip_transport *first = NULL, *t = NULL;
	struct sip_stack *s = NULL;
	pthread_t asker;
	enum sip_err err;

	sip_stack_options_init(&so);
	so.layout = SIP_LAYOUT_EMBEDDED;
	so.hosts_path = "";
	sip_transport_options_init(&to, SIP_TRANSPORT_UDP);
	UNIT_EQ(sip_addr_parse(&to.bind, SIP_STR("127.0.0.1"), 0), SIP_OK);
	err = sip_stack_create(&so, &s);
	if (err != SIP_OK)
		return err;
	UNIT_CHECK(!sip_stack_is_own_host(s, SIP_STR("127.0.0.1")));
	UNIT_EQ(pthread_create(&asker, NULL, keep_asking, s), 0);
	err = sip_stack_add_transport(s, &to, &first);
	for (int i = 0; i < 20 && err == SIP_OK; i++) {
		err = sip_stack_add_transport(s, &to, &t);
		if (err != SIP_OK)
			break;
		UNIT_CHECK(means(s, first) && means(s, t));
		sip_transport_ref(t);
		UNIT_EQ(sip_stack_remove_transport(s, t), SIP_OK);
		UNIT_CHECK(means(s, first) && !means(s, t));
		sip_transport_unref(&t);
	}
	pthread_join(asker, NULL);
	sip_stack_destroy(&s);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_addresses_when_transports_come_and_go_then_those_there_mean_us),
	UNIT_CASE_NO_OOM(test_bans_when_several_wires_keep_it_out_then_listed_once),
	UNIT_CASE_NO_OOM(test_stack_when_of_the_most_shards_then_it_is_made),
	UNIT_CASE_NO_OOM(test_fdset_when_descriptors_are_above_1024_then_all_is_served), /* real connections */
	UNIT_CASE_NO_OOM(test_stack_when_stopped_under_traffic_then_all_ends),
	UNIT_CASE_NO_OOM(test_captures_when_started_and_stopped_under_traffic_then_each_sees_it), /* threads */
	UNIT_CASE_NO_OOM(test_capture_when_embedded_then_on_the_application_s_loop), /* a thread, and the kernel */
};
const struct unit_suite live_stack_suite = { "live/stack", cases, SIP_COUNTOF(cases) };
