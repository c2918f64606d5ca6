/* TCP over loopback: reuse, refusal, reset, silence, floods, exhaustion. */
#include "tests/live/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

struct pair {
	struct live a, b;
	struct sip_transport *ta, *tb;
};

static enum sip_err pair_open(struct pair *p, const char *host, const struct sip_transport_options *o)
{
	enum sip_err err;

	memset(p, 0, sizeof *p);
	err = live_open(&p->a, NULL);
	if (err == SIP_OK)
		err = live_open(&p->b, NULL);
	p->b.is_answering = true;
	if (err == SIP_OK)
		err = live_transport(&p->a, SIP_TRANSPORT_TCP, host, o, &p->ta);
	if (err == SIP_OK)
		err = live_transport(&p->b, SIP_TRANSPORT_TCP, host, o, &p->tb);
	return err;
}

static void pair_close(struct pair *p)
{
	live_close(&p->a);
	live_close(&p->b);
	sip_transport_unref(&p->ta);
	sip_transport_unref(&p->tb);
}

static enum sip_err pair_send(struct pair *p, unsigned number, uint64_t token)
{
	char room[1024];

	return live_send(p->ta, sip_transport_bound(p->tb),
			 live_options(room, sizeof room, "TCP", sip_transport_bound(p->ta), number), token);
}

static enum sip_err exchange(const char *host, unsigned count)
{
	struct pair p;
	enum sip_err err;

	UNIT_TRY(pair_open(&p, host, NULL));
	for (unsigned i = 0; i < count; i++) {
		if (i >= 100)
			UNIT_CHECK(live_wait(&p.a, &p.a.responses, i - 99));
		UNIT_TRY(pair_send(&p, i, i + 1));
	}
	UNIT_CHECK(live_wait(&p.a, &p.a.responses, count));
	UNIT_EQ(p.b.requests, count);
	UNIT_EQ(p.a.failed, 0);
	UNIT_EQ(sip_metrics_get(p.a.metrics, SIP_M_CONNECTIONS_OUT), 1);
	UNIT_EQ(sip_metrics_get(p.b.metrics, SIP_M_CONNECTIONS_IN), 1);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_tcp_when_two_threads_talk_then_one_connection_carries_all(void)
{
	return exchange("127.0.0.1", 5000);
}

static enum sip_err test_tcp_when_over_ipv6_then_the_same(void)
{
	return exchange("::1", 50);
}

static enum sip_err test_tcp_when_nobody_listens_then_every_token_is_told(void)
{
	struct pair p;
	enum sip_err err;

	UNIT_TRY(pair_open(&p, NULL, NULL));
	sip_transport_close(p.tb);
	/* Closing is not waited for; a call on the same wire is. */
	{
		struct sip_transport *t = NULL;
		UNIT_TRY(live_transport(&p.b, SIP_TRANSPORT_UDP, NULL, NULL, &t));
		sip_transport_unref(&t);
	}
	UNIT_TRY(pair_send(&p, 1, 11));
	UNIT_TRY(pair_send(&p, 2, 12));
	UNIT_CHECK(live_wait(&p.a, &p.a.failed, 2));
	UNIT_CHECK(p.a.gave_back);
	UNIT_EQ(p.a.why, SIP_E_REFUSED);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_tcp_when_the_peer_resets_then_the_flow_is_gone(void)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	struct pair p;
	enum sip_err err;
	int fd;

	UNIT_TRY(pair_open(&p, NULL, NULL));
	fd = live_connect(sip_transport_bound(p.tb), 0);
	UNIT_CHECK(fd >= 0);
	UNIT_EQ(send(fd, "\r\n\r\n", 4, 0), 4);
	UNIT_CHECK(live_read_until(fd, "\r\n"));
	UNIT_EQ(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
	close(fd);
	UNIT_CHECK(live_wait(&p.b, &p.b.gone, 1));
	UNIT_CHECK(live_wait_metric(&p.b, SIP_M_CONNECTIONS, 0));
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_tcp_when_the_peer_has_ended_then_it_still_gets_its_answer(void)
{
	struct pair p;
	char room[1024];
	struct sip_str text;
	enum sip_err err;
	int fd;

	UNIT_TRY(pair_open(&p, NULL, NULL));
	fd = live_connect(sip_transport_bound(p.tb), 0);
	UNIT_CHECK(fd >= 0);
	text = live_options(room, sizeof room, "TCP", sip_transport_bound(p.ta), 1);
	UNIT_EQ(send(fd, text.p, text.len, 0), text.len);
	UNIT_EQ(shutdown(fd, SHUT_WR), 0);
	UNIT_CHECK(live_read_until(fd, "SIP/2.0 200 "));
	close(fd);
	UNIT_CHECK(live_wait(&p.b, &p.b.gone, 1));
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_tcp_when_pipelined_or_byte_by_byte_then_the_same(void)
{
	char room[1024], many[20480];
	struct pair p;
	struct sip_str text;
	size_t len = 0;
	enum sip_err err;
	int fd;

	UNIT_TRY(pair_open(&p, NULL, NULL));
	fd = live_connect(sip_transport_bound(p.tb), 0);
	UNIT_CHECK(fd >= 0);
	text = live_options(room, sizeof room, "TCP", sip_transport_bound(p.ta), 1);
	for (size_t i = 0; i < text.len; i++)
		UNIT_EQ(send(fd, text.p + i, 1, 0), 1);
	UNIT_CHECK(live_wait(&p.b, &p.b.requests, 1));
	for (; len + text.len < sizeof many; len += text.len)
		memcpy(many + len, text.p, text.len);
	UNIT_EQ(send(fd, many, len, 0), len);
	UNIT_CHECK(live_wait(&p.b, &p.b.requests, 1 + len / text.len));
	close(fd);
out:
	pair_close(&p);
	return err;
}

/* Requests are sent to those who never read the answers; another is served all the while. */
static enum sip_err test_tcp_when_ten_never_read_then_others_feel_nothing(void)
{
	enum { DEAF = 10 };
	struct sip_transport_options o;
	struct sip_str text;
	char room[1024];
	int deaf[DEAF];
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TCP);
	o.queue_bytes_max = 65536;
	o.sndbuf = 8192;
	UNIT_TRY(pair_open(&p, NULL, &o));
	text = live_options(room, sizeof room, "TCP", sip_transport_bound(p.ta), 1);
	for (size_t i = 0; i < DEAF; i++)
		deaf[i] = live_connect(sip_transport_bound(p.tb), 4096);
	for (unsigned round = 0; sip_metrics_get(p.b.metrics, SIP_M_CONNECTIONS_SLOW) < DEAF &&
	     round < 20000; round++) {
		for (size_t i = 0; i < DEAF; i++)
			(void)!send(deaf[i], text.p, text.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (round % 100 == 0) {
			size_t before = p.a.responses;
			UNIT_TRY(pair_send(&p, round, 1));
			UNIT_CHECK(live_wait(&p.a, &p.a.responses, before + 1));
		}
	}
	UNIT_EQ(sip_metrics_get(p.b.metrics, SIP_M_CONNECTIONS_SLOW), DEAF);
	UNIT_CHECK(live_wait_metric(&p.b, SIP_M_CONNECTIONS, 1));
	UNIT_EQ(p.a.failed, 0);
	for (size_t i = 0; i < DEAF; i++)
		close(deaf[i]);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_tcp_when_there_are_2000_connections_then_all_are_served(void)
{
	enum { MANY = 2000 };
	struct rlimit limit;
	struct sip_str text;
	char room[1024];
	struct pair p;
	int *fds = calloc(MANY, sizeof *fds);
	enum sip_err err;

	UNIT_TRY_PTR(fds);
	UNIT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < 2 * MANY + 100) {
		limit.rlim_cur = limit.rlim_max < 2 * MANY + 100 ? limit.rlim_max : 2 * MANY + 100;
		UNIT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	}
	UNIT_TRY(pair_open(&p, NULL, NULL));
	text = live_options(room, sizeof room, "TCP", sip_transport_bound(p.ta), 1);
	for (size_t i = 0; i < MANY; i++) {
		fds[i] = live_connect(sip_transport_bound(p.tb), 0);
		UNIT_CHECK(fds[i] >= 0);
		UNIT_EQ(send(fds[i], text.p, text.len, MSG_NOSIGNAL), text.len);
	}
	UNIT_CHECK(live_wait(&p.b, &p.b.requests, MANY));
	UNIT_EQ(sip_metrics_get(p.b.metrics, SIP_M_CONNECTIONS), MANY);
	for (size_t i = 0; i < MANY; i++) {
		UNIT_CHECK(live_read_until(fds[i], "SIP/2.0 200 "));
		close(fds[i]);
	}
	UNIT_CHECK(live_wait_metric(&p.b, SIP_M_CONNECTIONS, 0));
	UNIT_CHECK(live_wait(&p.b, &p.b.gone, MANY));
	pair_close(&p);
out:
	free(fds);
	return err;
}

/* Its accept takes a connection and drops it when descriptors run out, where the kernel's leaves it in the queue. */
static bool is_under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "vgpreload");
}

/* Descriptors end long before connections do: the least used make room, and the newest is served. */
static enum sip_err test_tcp_when_descriptors_run_out_then_the_newest_are_served(void)
{
	enum { CLIENTS = 40, ROOM = 20 };
	struct rlimit before, limit;
	struct sip_str text;
	char room[1024];
	int fds[CLIENTS], top;
	struct pair p;
	enum sip_err err;

	if (is_under_valgrind())
		return SIP_OK;
	UNIT_TRY(pair_open(&p, NULL, NULL));
	UNIT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
	text = live_options(room, sizeof room, "TCP", sip_transport_bound(p.ta), 1);
	for (size_t i = 0; i < CLIENTS; i++)
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	top = dup(0);
	UNIT_CHECK(top >= 0);
	close(top);
	limit = before;
	limit.rlim_cur = (rlim_t)top + ROOM;
	UNIT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (size_t i = 0; i < CLIENTS; i++) {
		const struct sip_addr *to = sip_transport_bound(p.tb);

		UNIT_EQ(connect(fds[i], &to->u.sa, sip_addr_len(to)), 0);
		UNIT_EQ(send(fds[i], text.p, text.len, MSG_NOSIGNAL), text.len);
		UNIT_CHECK(live_wait(&p.b, &p.b.requests, i + 1));
	}
	UNIT_CHECK(live_read_until(fds[CLIENTS - 1], "SIP/2.0 200 "));
	UNIT_CHECK(sip_metrics_get(p.b.metrics, SIP_M_CONNECTIONS_EVICTED) >= CLIENTS - ROOM);
	UNIT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
	for (size_t i = 0; i < CLIENTS; i++)
		close(fds[i]);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_tcp_when_a_head_comes_slowly_then_the_connection_ends(void)
{
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;
	int fd;

	sip_transport_options_init(&o, SIP_TRANSPORT_TCP);
	o.header_ms = 100;
	UNIT_TRY(pair_open(&p, NULL, &o));
	fd = live_connect(sip_transport_bound(p.tb), 0);
	UNIT_CHECK(fd >= 0);
	UNIT_EQ(send(fd, "OPTIONS", 7, 0), 7);
	UNIT_CHECK(live_wait(&p.b, &p.b.gone, 1));
	close(fd);
out:
	pair_close(&p);
	return err;
}

/* One request on this connection, and its answer; false when there is none. */
static bool is_served(struct pair *p, int fd, unsigned number)
{
	char room[1024];
	struct sip_str text = live_options(room, sizeof room, "TCP", sip_transport_bound(p->ta), number);

	return send(fd, text.p, text.len, MSG_NOSIGNAL) == (ssize_t)text.len && live_read_until(fd, "SIP/2.0 200 ");
}

/* Who has never said a word makes room before who has, and is only silent now. */
static enum sip_err test_tcp_when_there_are_too_many_then_silent_strangers_make_room(void)
{
	struct sip_transport_options o;
	struct pair p;
	int stranger, phone, next;
	char byte;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TCP);
	o.connections_max = 2;
	UNIT_TRY(pair_open(&p, NULL, &o));
	stranger = live_connect(sip_transport_bound(p.tb), 0);
	UNIT_CHECK(live_wait_metric(&p.b, SIP_M_CONNECTIONS, 1));
	phone = live_connect(sip_transport_bound(p.tb), 0);
	UNIT_CHECK(is_served(&p, phone, 1));
	next = live_connect(sip_transport_bound(p.tb), 0);
	UNIT_CHECK(is_served(&p, next, 2));
	UNIT_CHECK(is_served(&p, phone, 3));
	UNIT_CHECK(recv(stranger, &byte, 1, 0) <= 0);
	close(stranger);
	close(phone);
	close(next);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_tcp_when_the_peer_restarts_then_a_new_connection_is_made(void)
{
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	UNIT_TRY(pair_open(&p, NULL, NULL));
	UNIT_TRY(pair_send(&p, 1, 1));
	UNIT_CHECK(live_wait(&p.a, &p.a.responses, 1));
	sip_transport_options_init(&o, SIP_TRANSPORT_TCP);
	o.bind = *sip_transport_bound(p.tb);
	sip_transport_close(p.tb);
	UNIT_CHECK(live_wait(&p.a, &p.a.gone, 1));
	sip_transport_unref(&p.tb);
	UNIT_TRY(sip_transport_open(&o, &p.b.wire, 1, &p.tb));
	UNIT_TRY(pair_send(&p, 2, 2));
	UNIT_CHECK(live_wait(&p.a, &p.a.responses, 2));
	UNIT_EQ(p.a.failed, 0);
out:
	pair_close(&p);
	return err;
}

/* All of them start threads. */
static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_tcp_when_two_threads_talk_then_one_connection_carries_all),
	UNIT_CASE_NO_OOM(test_tcp_when_over_ipv6_then_the_same),
	UNIT_CASE_NO_OOM(test_tcp_when_nobody_listens_then_every_token_is_told),
	UNIT_CASE_NO_OOM(test_tcp_when_the_peer_resets_then_the_flow_is_gone),
	UNIT_CASE_NO_OOM(test_tcp_when_the_peer_has_ended_then_it_still_gets_its_answer),
	UNIT_CASE_NO_OOM(test_tcp_when_pipelined_or_byte_by_byte_then_the_same),
	UNIT_CASE_NO_OOM(test_tcp_when_ten_never_read_then_others_feel_nothing),
	UNIT_CASE_NO_OOM(test_tcp_when_there_are_2000_connections_then_all_are_served),
	UNIT_CASE_NO_OOM(test_tcp_when_descriptors_run_out_then_the_newest_are_served),
	UNIT_CASE_NO_OOM(test_tcp_when_a_head_comes_slowly_then_the_connection_ends),
	UNIT_CASE_NO_OOM(test_tcp_when_there_are_too_many_then_silent_strangers_make_room),
	UNIT_CASE_NO_OOM(test_tcp_when_the_peer_restarts_then_a_new_connection_is_made),
};
const struct unit_suite live_tcp_suite = { "live/tcp", cases, SIP_COUNTOF(cases) };
