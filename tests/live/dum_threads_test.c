/*
 * Many threads ask two managers for anything, at any time, with any handle they have ever seen: nothing is lost, nothing hangs,
 * everything ends. Run under TSan it is what "any thread, also in call-backs" is held to. Lasts seconds given as its argument;
 * what then lives until its timers fire need not be waited for, for the clock of both is ours and runs ahead.
 */
#include "dum/manager/manager.h"

#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 10, SEEN = 256, CALLS_MOST = 400, DATA_MOST = 1 << 30 };

struct side {
	struct sip_stack *stack; /* owned */
	struct dum *dum;         /* owned */
	char uri[96];            /* how the other one is reached by it */
	uint64_t seen[SEEN];     /* atomic: handles of any kind */
	uint32_t next;           /* atomic */
	uint64_t events;         /* atomic */
	uint64_t failed;         /* atomic: deeds told of by on_deed_failed */
	bool is_down;            /* under the lock */
};

static struct side sides[2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t data_given, data_ended; /* atomic */
static bool is_over;                    /* atomic */
static int64_t ahead_us;                /* atomic: of the kernel's clock */

static const char sdp[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

static void see(struct side *s, struct dum_handle h)
{
	uint32_t at = __atomic_fetch_add(&s->next, 1, __ATOMIC_RELAXED) % SEEN;

	if (!dum_handle_is_none(h))
		__atomic_store_n(&s->seen[at], dum_handle_to_u64(h), __ATOMIC_RELAXED);
}

static void count_end(void *data)
{
	(void)data;
	__atomic_fetch_add(&data_ended, 1, __ATOMIC_RELAXED);
}

static void on_event(struct dum *d, const struct dum_event *e)
{
	struct side *s = e->data;

	(void)d;
	__atomic_fetch_add(&s->events, 1, __ATOMIC_RELAXED);
	see(s, e->handle);
	see(s, e->request);
	see(s, e->dialog);
}

/* Half of the calls are answered at once, half are left to whoever comes. */
static void on_offer(struct dum *d, const struct dum_event *e)
{
	enum sip_err err;

	on_event(d, e);
	if (e->handle.index & 1)
		return;
	err = dum_session_provide_answer(d, e->handle, e->type, e->body);
	if (err == DUM_OK)
		err = dum_session_accept(d, e->handle, 200);
	(void)err;
}

/* Half of the users are known at once, half are left to whoever comes. */
static void on_credentials_needed(struct dum *d, const struct dum_event *e)
{
	enum sip_err err = SIP_OK;

	on_event(d, e);
	if (e->request.index & 1)
		err = dum_provide_password(d, e->request, SIP_STR("secret"));
	(void)err;
}

static void on_deed_failed(struct dum *d, const struct dum_event *e)
{
	struct side *s = e->data;

	(void)d;
	__atomic_fetch_add(&s->failed, 1, __ATOMIC_RELAXED);
}

static void on_shutdown(struct dum *d, const struct dum_event *e)
{
	struct side *s = e->data;

	(void)d;
	pthread_mutex_lock(&lock);
	s->is_down = true;
	pthread_mutex_unlock(&lock);
}

#define DUM_SESSION_EVENT(id, fn, when) .fn = on_event,
static const struct dum_session_handler told = {
#include "dum/core/event_table.h"
};
static struct dum_session_handler session;
static const struct dum_manager_handler manager = {
	.on_deed_failed = on_deed_failed, .on_credentials_needed = on_credentials_needed, .on_shutdown = on_shutdown,
};
static const struct dum_pager_handler pager = { .on_success = on_event, .on_failure = on_event, .on_message_arrived = on_event };

static void posted(struct dum *d, void *arg)
{
	(void)d;
	see(arg, (struct dum_handle){ 0 });
}

/* ---- what threads ask -------------------------------------------------------------------------------------------------------- */

static enum sip_err call(struct side *s)
{
	struct dum_invite_options o;
	struct dum_handle set;
	enum sip_err err;

	if (dum_count(s->dum) > CALLS_MOST)
		return SIP_E_LIMIT;
	dum_invite_options_init(&o);
	o.target = sip_str_of(s->uri);
	o.body = sip_str_of(sdp);
	err = dum_invite(s->dum, &o, &set);
	if (err == DUM_OK)
		see(s, set);
	return err;
}

static enum sip_err send_message(struct side *s)
{
	struct dum_send_options o;
	struct dum_handle h;
	enum sip_err err;

	if (dum_count(s->dum) > CALLS_MOST)
		return SIP_E_LIMIT;
	dum_send_options_init(&o);
	o.target = sip_str_of(s->uri);
	o.body = SIP_STR("hello");
	err = dum_send(s->dum, &o, &h);
	if (err == DUM_OK)
		see(s, h);
	return err;
}

static enum sip_err do_anything(struct side *s, struct sip_rand *rand)
{
	struct dum *d = s->dum;
	struct dum_handle h = dum_handle_from_u64(__atomic_load_n(&s->seen[sip_rand_below(rand, SEEN)], __ATOMIC_RELAXED));
	struct sip_str type = SIP_STR("application/sdp"), body = sip_str_of(sdp), none = SIP_STR("");

	switch (sip_rand_below(rand, 20)) {
	case 0: return call(s);
	case 1: return send_message(s);
	case 2: return dum_end(d, h, none);
	case 3: return dum_session_accept(d, h, 200);
	case 4: return dum_session_reject(d, h, 486, none);
	case 5: return dum_session_provide_answer(d, h, type, body);
	case 6: return dum_session_provide_offer(d, h, type, body);
	case 7: return dum_session_request_offer(d, h);
	case 8: return dum_session_provisional(d, h, 180, sip_rand_below(rand, 2));
	case 9: return dum_session_info(d, h, type, body);
	case 10: return dum_session_message(d, h, type, body);
	case 11: return dum_session_redirect(d, h, 302, SIP_STR("<sip:nobody@127.0.0.1:9>"));
	case 12: return dum_accept(d, h, 200, none, none);
	case 13: return dum_reject(d, h, 480, none);
	case 14: return dum_post(d, posted, s);
	case 15: __atomic_fetch_add(&data_given, 1, __ATOMIC_RELAXED); return dum_set_data(d, h, s, count_end);
	case 16: return dum_data(d, h) ? SIP_OK : SIP_E_NOTFOUND;
	case 17: return dum_provide_password(d, h, SIP_STR("secret"));
	case 18: return dum_provide_ha1(d, h, none);
	default: return dum_kind(d, h) == DUM_HANDLE_NONE ? SIP_E_STALE : SIP_OK;
	}
}

static void *thread(void *arg)
{
	struct sip_rand rand;
	struct timespec pause = { 0, 500000 };

	sip_rand_init_seed(&rand, (uint64_t)(uintptr_t)arg + 1);
	while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
		for (int i = 0; i < 8; i++)
			if (do_anything(&sides[sip_rand_below(&rand, 2)], &rand) == SIP_E_NOMEM)
				return NULL;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/* ---- the two ------------------------------------------------------------------------------------------------------------------ */

/* The second asks for whom a MESSAGE is sent by; the first knows a name for it. */
static struct dum_profile *make_profile(const struct side *s)
{
	struct dum_profile *p = NULL;

	MUST(dum_profile_create(NULL, &p) == SIP_OK);
	if (s == &sides[0]) {
		MUST(dum_profile_add_credentials(p, SIP_STR("live"), SIP_STR("alice"), SIP_STR("secret")) == SIP_OK);
	} else {
		MUST(dum_profile_set_text(p, DUM_PROFILE_DIGEST_REALM, SIP_STR("live")) == SIP_OK);
		MUST(dum_profile_set_text(p, DUM_PROFILE_DIGEST_METHODS, SIP_STR("MESSAGE")) == SIP_OK);
	}
	return p;
}

static int64_t now_us(void *arg)
{
	return sip_clock_real.now_us(arg) + __atomic_load_n(&ahead_us, __ATOMIC_ACQUIRE);
}

static int64_t wall_us(void *arg)
{
	return sip_clock_real.wall_us(arg) + __atomic_load_n(&ahead_us, __ATOMIC_ACQUIRE);
}

static const struct sip_clock hurried = { .now_us = now_us, .wall_us = wall_us };

static bool listen_on(struct side *s, enum sip_transport_kind kind, const struct sip_addr *bind)
{
	struct sip_transport_options o;
	struct sip_transport *t; /* lent by the stack */

	sip_transport_options_init(&o, kind);
	o.bind = *bind;
	return sip_stack_add_transport(s->stack, &o, &t) == SIP_OK;
}

static bool open_side(struct side *s)
{
	struct sip_stack_options so;
	struct dum_options o;
	struct dum_profile *p;
	struct sip_addr bind;
	enum sip_err err;

	sip_stack_options_init(&so);
	so.clock = &hurried;
	dum_options_init(&o);
	o.data = s;
	o.handlers.session = &session;
	o.handlers.pager = &pager;
	o.handlers.manager = &manager;
	if (sip_addr_parse_port(&bind, SIP_STR("127.0.0.1:0"), 0) != SIP_OK || sip_stack_create(&so, &s->stack) != SIP_OK)
		return false;
	o.stack = s->stack;
	p = make_profile(s);
	o.profile = p;
	err = dum_create(&o, &s->dum);
	dum_profile_unref(&p);
	return err == SIP_OK && listen_on(s, SIP_TRANSPORT_UDP, &bind) &&
	       listen_on(s, SIP_TRANSPORT_TCP, &bind) && sip_stack_start(s->stack) == SIP_OK && dum_start(s->dum) == SIP_OK;
}

static void close_side(struct side *s)
{
	sip_stack_stop(s->stack);
	dum_destroy(&s->dum);
	sip_stack_destroy(&s->stack);
}

static void address(struct side *s, const struct side *peer)
{
	struct sip_transport *t[4];
	size_t n = sip_stack_transports(dum_stack(peer->dum), t, 4);

	for (size_t i = 0; i < n; i++) {
		char text[SIP_ADDR_TEXT];
		if (sip_transport_kind_of(t[i]) == SIP_TRANSPORT_UDP)
			snprintf(s->uri, sizeof s->uri, "sip:any@%s", sip_addr_text(sip_transport_bound(t[i]), text));
		sip_transport_unref(&t[i]);
	}
}

static bool are_down(void)
{
	bool are;

	pthread_mutex_lock(&lock);
	are = sides[0].is_down && sides[1].is_down;
	pthread_mutex_unlock(&lock);
	return are;
}

/* What the peer never answers ends by its timers: a quarter of a second passes in every 5 ms, two minutes at most. */
static bool wait_down(void)
{
	struct timespec pause = { 0, 5000000 };

	for (int i = 0; i < 480 && !are_down(); i++) {
		__atomic_fetch_add(&ahead_us, SIP_MS(250), __ATOMIC_RELEASE);
		for (size_t side = 0; side < 2; side++) {
			sip_loop_wake(sip_stack_loop(sides[side].stack, 0));
			sip_loop_wake(dum_loop(sides[side].dum));
		}
		nanosleep(&pause, NULL);
	}
	return are_down();
}

static bool judge(struct side *s)
{
	struct dum_counts counts;
	size_t left = dum_count(s->dum);
	uint64_t failed = __atomic_load_n(&s->failed, __ATOMIC_RELAXED), events = __atomic_load_n(&s->events, __ATOMIC_RELAXED);

	dum_counts(s->dum, &counts);
	printf("deeds %llu, done %llu, of them failed %llu; events %llu; handles left %zu\n", (unsigned long long)counts.deeds_posted,
	       (unsigned long long)counts.deeds_done, (unsigned long long)failed, (unsigned long long)events, left);
	return counts.deeds_posted == counts.deeds_done && left == 0 && events > 0;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	struct timespec last = { argc > 1 ? atol(argv[1]) : 3, 0 };
	bool is_good;

	session = told;
	session.on_offer = on_offer;
	if (!open_side(&sides[0]) || !open_side(&sides[1]))
		return 99;
	address(&sides[0], &sides[1]);
	address(&sides[1], &sides[0]);
	for (size_t i = 0; i < THREADS; i++)
		MUST(pthread_create(&threads[i], NULL, thread, (void *)(uintptr_t)i) == 0);
	nanosleep(&last, NULL); /* the length of the test, not a wait for something */
	__atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	is_good = dum_shutdown(sides[0].dum) == SIP_OK && dum_shutdown(sides[1].dum) == SIP_OK && wait_down();
	if (!is_good)
		puts("something did not end");
	for (size_t i = 0; i < 2; i++)
		is_good &= judge(&sides[i]);
	close_side(&sides[0]);
	close_side(&sides[1]);
	is_good &= data_given == data_ended;
	printf("data given %llu, ended %llu\n", (unsigned long long)data_given, (unsigned long long)data_ended);
	return is_good ? 0 : 1;
}
