/* UDP over loopback: threads, both families, batches, ICMP, wires that share a port. */
#include "tests/live/live.h"

#include <ifaddrs.h>
#include <stdio.h>
#include <unistd.h>

static enum sip_err exchange(const char *host, unsigned count, const struct sip_transport_options *o)
{
	bool is_stream = o && sip_transport_kinds[o->kind].is_stream;
	enum sip_transport_kind kind = o ? o->kind : SIP_TRANSPORT_UDP;
	struct sip_transport *ta = NULL, *tb = NULL;
	struct live a, b;
	char room[1024];
	enum sip_err err;

	err = live_open(&a, NULL);
	if (err == SIP_OK)
		err = live_open(&b, NULL);
	if (err != SIP_OK)
		return err;
	b.is_answering = true;
	UNIT_TRY(live_transport(&a, kind, host, o, &ta));
	UNIT_TRY(live_transport(&b, kind, host, o, &tb));
	for (unsigned i = 0; i < count; i++) {
		/* No more under way than a socket's buffer surely holds. */
		if (i >= 100)
			UNIT_CHECK(live_wait(&a, &a.responses, i - 99));
		UNIT_TRY(live_send(ta, sip_transport_bound(tb),
				   live_options(room, sizeof room, is_stream ? "TCP" : "UDP", sip_transport_bound(ta),
						i),
				   i + 1));
	}
	UNIT_CHECK(live_wait(&a, &a.responses, count));
	UNIT_EQ(b.requests, count);
	UNIT_EQ(a.failed, 0);
	UNIT_EQ(sip_metrics_get(b.metrics, o ? SIP_M_RX_MEMORY : SIP_M_RX_UDP), count);
	UNIT_CHECK(live_wait_metric(&b, o ? SIP_M_TX_MEMORY : SIP_M_TX_UDP, count));
	UNIT_EQ(sip_metrics_get(b.metrics, SIP_M_FLOWS), 1);
out:
	live_close(&a);
	live_close(&b);
	sip_transport_unref(&ta);
	sip_transport_unref(&tb);
	return err;
}

static enum sip_err test_udp_when_two_threads_talk_then_every_message_arrives(void)
{
	return exchange("127.0.0.1", 5000, NULL);
}

static enum sip_err test_udp_when_over_ipv6_then_the_same(void)
{
	return exchange("::1", 50, NULL);
}

static enum sip_err exchange_over_memory(enum sip_transport_kind kind)
{
	struct sip_transport_options o;
	struct sip_memory_options m;
	enum sip_err err;

	sip_memory_options_init(&m);
	sip_transport_options_init(&o, kind);
	err = sip_memory_net_create(&m, &o.net);
	if (err == SIP_OK)
		err = exchange("10.0.0.1", 2000, &o);
	sip_memory_net_unref(&o.net);
	return err;
}

static enum sip_err test_memory_when_two_threads_talk_then_every_message_arrives(void)
{
	enum sip_err err = exchange_over_memory(SIP_TRANSPORT_UDP);

	return err == SIP_OK ? exchange_over_memory(SIP_TRANSPORT_TCP) : err;
}

static enum sip_err test_udp_when_nobody_listens_then_the_token_is_told(void)
{
	struct sip_transport *ta = NULL, *tb = NULL;
	struct sip_addr nobody;
	struct live a;
	char room[1024];
	enum sip_err err;

	UNIT_TRY(live_open(&a, NULL));
	UNIT_TRY(live_transport(&a, SIP_TRANSPORT_UDP, NULL, NULL, &ta));
	UNIT_TRY(live_transport(&a, SIP_TRANSPORT_UDP, NULL, NULL, &tb));
	nobody = *sip_transport_bound(tb);
	sip_transport_close(tb);
	sip_transport_unref(&tb);
	UNIT_TRY(live_send(ta, &nobody, live_options(room, sizeof room, "UDP", sip_transport_bound(ta), 1), 77));
	UNIT_CHECK(live_wait(&a, &a.failed, 1));
	UNIT_EQ(a.token, 77);
	UNIT_CHECK(a.gave_back);
	UNIT_EQ(a.why, SIP_E_REFUSED);
out:
	live_close(&a);
	sip_transport_unref(&ta);
	return err;
}

static enum sip_err test_udp_when_the_host_is_any_then_via_names_the_source(void)
{
	struct sip_transport *any = NULL, *near = NULL;
	struct sip_selector s;
	struct live a;
	char room[256], expected[256];
	struct sip_addr peer;
	struct sip_buf b;
	enum sip_err err;

	sip_selector_init(&s);
	UNIT_TRY(live_open(&a, NULL));
	UNIT_TRY(live_transport(&a, SIP_TRANSPORT_UDP, "0.0.0.0", NULL, &any));
	UNIT_TRY(live_transport(&a, SIP_TRANSPORT_UDP, "127.0.0.2", NULL, &near));
	UNIT_EQ(sip_addr_parse(&peer, SIP_STR("127.0.0.1"), 5060), SIP_OK);
	for (int i = 0; i < 2; i++) { /* asked, then remembered */
		sip_buf_init_fixed(&b, room, sizeof room);
		sip_transport_put_via(any, &peer, SIP_STR("z9hG4bKx"), false, &b);
		snprintf(expected, sizeof expected, "SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKx",
			 sip_addr_port(sip_transport_bound(any)));
		UNIT_STR(sip_buf_str(&b), expected);
	}
	UNIT_TRY(sip_selector_add(&s, near));
	UNIT_TRY(sip_selector_add(&s, any));
	UNIT_CHECK(sip_selector_choose(&s, SIP_TRANSPORT_UDP, &peer, NULL) == any);
	UNIT_CHECK(sip_selector_choose(&s, SIP_TRANSPORT_UDP, &peer, near) == near);
out:
	sip_selector_fini(&s);
	live_close(&a);
	sip_transport_unref(&any);
	sip_transport_unref(&near);
	return err;
}

/* All of 127/8 is ours, so a peer may choose which of our addresses it writes to. */
static enum sip_err answer_from(const char *any, const char *host)
{
	struct timeval wait = { .tv_sec = 20 };
	struct sip_transport *t = NULL;
	struct sip_addr to, said, from;
	struct sockaddr_storage name;
	socklen_t len = sizeof name;
	struct sip_str text;
	char room[1024];
	struct live a;
	enum sip_err err;
	int fd;

	UNIT_TRY(live_open(&a, NULL));
	a.is_answering = true;
	UNIT_TRY(live_transport(&a, SIP_TRANSPORT_UDP, any, NULL, &t));
	UNIT_EQ(sip_addr_parse(&to, sip_str_of(host), sip_addr_port(sip_transport_bound(t))), SIP_OK);
	said = to;
	if (sip_addr_is_link_local(&said))
		said.u.in6.sin6_scope_id = 0;
	text = live_options(room, sizeof room, "UDP", &said, 1);
	fd = socket(sip_addr_family(&to), SOCK_DGRAM, 0);
	UNIT_EQ(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait), 0);
	UNIT_EQ(sendto(fd, text.p, text.len, 0, &to.u.sa, sip_addr_len(&to)), text.len);
	UNIT_CHECK(recvfrom(fd, room, sizeof room, 0, (struct sockaddr *)&name, &len) > 0);
	UNIT_EQ(sip_addr_from_sockaddr(&from, (struct sockaddr *)&name, len), SIP_OK);
	UNIT_CHECK(sip_addr_eq(&from, &to));
	close(fd);
out:
	live_close(&a);
	sip_transport_unref(&t);
	return err;
}

static enum sip_err test_udp_when_the_host_is_any_then_answers_leave_from_where_requests_came_to(void)
{
	enum sip_err err = answer_from("0.0.0.0", "127.0.0.3");

	return err == SIP_OK ? answer_from("::", "::1") : err;
}

/* Skipped without a link-local address. The peer's Via says none of the zone, and another port than it sends from. */
static enum sip_err test_udp_when_the_peer_is_link_local_then_it_is_answered(void)
{
	struct ifaddrs *all = NULL;
	struct sip_addr host;
	enum sip_err err = SIP_OK;

	if (getifaddrs(&all) != 0)
		return SIP_OK;
	sip_addr_clear(&host);
	for (struct ifaddrs *i = all; i; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET6 && !sip_addr_is_link_local(&host))
			UNIT_EQ(sip_addr_from_sockaddr(&host, i->ifa_addr, sizeof(struct sockaddr_in6)), SIP_OK);
	freeifaddrs(all);
	if (sip_addr_is_link_local(&host)) {
		char text[SIP_ADDR_TEXT];
		struct sip_buf b;

		sip_buf_init_fixed(&b, text, sizeof text);
		sip_addr_put_host(&b, &host);
		err = answer_from("::", sip_buf_z(&b));
	}
	return err;
}

static enum sip_err test_udp_when_wires_share_a_port_then_all_of_them_receive(void)
{
	enum { WIRES = 3, PEERS = 60 };
	struct sip_transport *t = NULL;
	struct sip_transport_options o;
	struct sip_wire *wires[WIRES];
	struct live l[WIRES];
	char room[1024];
	size_t sum = 0, sharing = 0;
	enum sip_err err;

	for (size_t i = 0; i < WIRES; i++) {
		UNIT_TRY(live_open(&l[i], NULL));
		l[i].is_answering = true;
		wires[i] = l[i].wire;
	}
	sip_transport_options_init(&o, SIP_TRANSPORT_UDP);
	UNIT_EQ(sip_addr_parse(&o.bind, SIP_STR("127.0.0.1"), 0), SIP_OK);
	UNIT_TRY(sip_transport_open(&o, wires, WIRES, &t));
	for (unsigned i = 0; i < PEERS; i++) {
		const struct sip_addr *to = sip_transport_bound(t);
		struct timeval wait = { .tv_sec = 20 };
		struct sip_str text = live_options(room, sizeof room, "UDP", to, i);
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		UNIT_EQ(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait), 0);
		UNIT_EQ(connect(fd, &to->u.sa, sip_addr_len(to)), 0);
		UNIT_EQ(send(fd, text.p, text.len, 0), text.len);
		UNIT_CHECK(recv(fd, room, sizeof room, 0) > 0);
		UNIT_CHECK(memcmp(room, "SIP/2.0 200 ", 12) == 0);
		close(fd);
	}
	for (size_t i = 0; i < WIRES; i++) {
		sum += l[i].requests;
		sharing += l[i].requests > 0;
	}
	UNIT_EQ(sum, PEERS);
	UNIT_CHECK(sharing > 1);
out:
	for (size_t i = 0; i < WIRES; i++)
		live_close(&l[i]);
	sip_transport_unref(&t);
	return err;
}

static enum sip_err test_udp_when_transports_come_and_go_then_traffic_goes_on(void)
{
	struct sip_transport *ta = NULL, *tb = NULL;
	struct live a, b;
	char room[1024];
	enum sip_err err;

	UNIT_TRY(live_open(&a, NULL));
	UNIT_TRY(live_open(&b, NULL));
	b.is_answering = true;
	UNIT_TRY(live_transport(&a, SIP_TRANSPORT_UDP, NULL, NULL, &ta));
	UNIT_TRY(live_transport(&b, SIP_TRANSPORT_UDP, NULL, NULL, &tb));
	for (unsigned i = 0; i < 100; i++) {
		struct sip_transport *t = NULL;

		UNIT_TRY(live_send(ta, sip_transport_bound(tb),
				   live_options(room, sizeof room, "UDP", sip_transport_bound(ta), i), 1));
		UNIT_TRY(live_transport(&b, i % 2 ? SIP_TRANSPORT_UDP : SIP_TRANSPORT_TCP, NULL, NULL, &t));
		sip_transport_close(t);
		sip_transport_unref(&t);
	}
	UNIT_CHECK(live_wait(&a, &a.responses, 100));
out:
	live_close(&a);
	live_close(&b);
	sip_transport_unref(&ta);
	sip_transport_unref(&tb);
	return err;
}

static enum sip_err test_udp_when_the_port_is_taken_then_in_use(void)
{
	struct sip_transport *ta = NULL, *tb = NULL;
	struct sip_transport_options o;
	struct live a;
	enum sip_err err;

	UNIT_TRY(live_open(&a, NULL));
	UNIT_TRY(live_transport(&a, SIP_TRANSPORT_UDP, NULL, NULL, &ta));
	sip_transport_options_init(&o, SIP_TRANSPORT_UDP);
	o.bind = *sip_transport_bound(ta);
	UNIT_EQ(sip_transport_open(&o, &a.wire, 1, &tb), SIP_E_INUSE);
	UNIT_CHECK(tb == NULL);
out:
	live_close(&a);
	sip_transport_unref(&ta);
	return err;
}

/* All of them start threads. */
static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_udp_when_two_threads_talk_then_every_message_arrives),
	UNIT_CASE_NO_OOM(test_udp_when_over_ipv6_then_the_same),
	UNIT_CASE_NO_OOM(test_memory_when_two_threads_talk_then_every_message_arrives),
	UNIT_CASE_NO_OOM(test_udp_when_nobody_listens_then_the_token_is_told),
	UNIT_CASE_NO_OOM(test_udp_when_the_host_is_any_then_via_names_the_source),
	UNIT_CASE_NO_OOM(test_udp_when_the_host_is_any_then_answers_leave_from_where_requests_came_to),
	UNIT_CASE_NO_OOM(test_udp_when_the_peer_is_link_local_then_it_is_answered),
	UNIT_CASE_NO_OOM(test_udp_when_wires_share_a_port_then_all_of_them_receive),
	UNIT_CASE_NO_OOM(test_udp_when_transports_come_and_go_then_traffic_goes_on),
	UNIT_CASE_NO_OOM(test_udp_when_the_port_is_taken_then_in_use),
};
const struct unit_suite live_udp_suite = { "live/udp", cases, SIP_COUNTOF(cases) };
