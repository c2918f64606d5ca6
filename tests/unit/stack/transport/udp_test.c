/* The queue before a UDP socket, with a kernel that says what the test wants. */
#include "tests/unit/stack/transport/bed.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>

static int kernel_error; /* 0: everything is taken */
static unsigned kernel_calls, kernel_taken;

static int fake_sendmmsg(int fd, struct mmsghdr *heads, unsigned count, int flags)
{
	(void)fd;
	(void)heads;
	(void)flags;
	kernel_calls++;
	if (kernel_error) {
		errno = kernel_error;
		return -1;
	}
	kernel_taken += count;
	return (int)count;
}
#define sendmmsg fake_sendmmsg
#include "stack/transport/udp.c"
#undef sendmmsg

struct rig {
	struct rig_user {
		size_t failed;
		enum sip_err why;
	} user;
	struct sip_metrics *metrics;
	struct sip_loop *loop;
	struct sip_wire *wire;
	struct sip_transport *transport;
};

static enum sip_err on_message(void *arg, struct sip_message *m)
{
	(void)arg;
	sip_message_unref(&m);
	return SIP_OK;
}

static void on_send_failed(void *arg, uint64_t token, struct sip_packet *packet, enum sip_err why)
{
	struct rig_user *u = arg;

	UNIT_EQ(token, 1);
	UNIT_CHECK(!packet); /* its sender keeps a copy */
	u->failed++;
	u->why = why;
}

/* `clock` NULL: the real one. */
static enum sip_err rig_open_timed(struct rig *r, const struct sip_transport_options *o, const struct sip_clock *clock)
{
	struct sip_loop_options lo;
	struct sip_wire_options w;
	enum sip_err err;

	memset(r, 0, sizeof *r);
	kernel_error = 0;
	kernel_calls = kernel_taken = 0;
	sip_loop_options_init(&lo);
	UNIT_TRY(sip_metrics_create(sip_metric_rows, SIP_METRIC_COUNT, &r->metrics));
	lo.metrics = r->metrics;
	if (clock)
		lo.clock = clock;
	UNIT_TRY(sip_loop_create(&lo, &r->loop));
	sip_wire_options_init(&w);
	w.loop = r->loop;
	w.user.on_message = on_message;
	w.user.on_send_failed = on_send_failed;
	w.user.arg = &r->user;
	UNIT_TRY(sip_wire_create(&w, &r->wire));
	UNIT_TRY(sip_transport_open(o, &r->wire, 1, &r->transport));
out:
	return err;
}

static enum sip_err rig_open_with(struct rig *r, const struct sip_transport_options *o)
{
	return rig_open_timed(r, o, NULL);
}

static enum sip_err rig_open(struct rig *r)
{
	struct sip_transport_options o;

	sip_transport_options_init(&o, SIP_TRANSPORT_UDP);
	o.bind = bed_addr("127.0.0.1:0");
	return rig_open_with(r, &o);
}

static void rig_close(struct rig *r)
{
	if (r->wire)
		sip_wire_shutdown(r->wire);
	sip_transport_unref(&r->transport);
	sip_wire_unref(&r->wire);
	sip_loop_unref(&r->loop);
	sip_metrics_unref(&r->metrics);
}

static enum sip_err rig_send(struct rig *r, size_t count)
{
	struct sip_packet *p = sip_packet_copy("x", 1);
	enum sip_err err = p ? SIP_OK : SIP_E_NOMEM;

	for (size_t i = 0; i < count && err == SIP_OK; i++) {
		struct sip_send *s = sip_send_create(p);
		if (!s) {
			err = SIP_E_NOMEM;
			break;
		}
		s->transport = r->transport;
		sip_transport_ref(s->transport);
		s->to = bed_addr("127.0.0.1:9");
		s->token = 1;
		err = sip_send_post(&s, 1);
		sip_send_destroy(&s);
	}
	sip_packet_unref(&p);
	if (err == SIP_OK)
		UNIT_EQ(sip_loop_turn(r->loop, 0), SIP_OK);
	return err;
}

static enum sip_err test_udp_when_much_is_sent_in_one_turn_then_in_batches(void)
{
	struct rig r;
	enum sip_err err;

	UNIT_TRY(rig_open(&r));
	UNIT_TRY(rig_send(&r, 100));
	UNIT_EQ(kernel_taken, 100);
	UNIT_EQ(kernel_calls, (100 + BATCH - 1) / BATCH);
	UNIT_EQ(r.user.failed, 0);
out:
	rig_close(&r);
	return err;
}

/* Thousands of allocations that are all alike. */
static enum sip_err test_udp_when_the_socket_takes_no_more_then_the_queue_is_bounded(void)
{
	struct rig r;
	struct udp *u;
	enum sip_err err;

	UNIT_TRY(rig_open(&r));
	u = r.transport->endpoints[0].state;
	kernel_error = EAGAIN;
	UNIT_TRY(rig_send(&r, QUEUE_MAX + 100));
	UNIT_EQ(u->queue.count, QUEUE_MAX);
	UNIT_EQ(r.user.failed, 100);
	UNIT_EQ(r.user.why, SIP_E_FULL);
	UNIT_EQ(kernel_calls, 1);
	UNIT_CHECK(u->is_blocked);
	/* The socket is writable, and now the kernel says so too. */
	kernel_error = 0;
	UNIT_EQ(sip_loop_turn(r.loop, 0), SIP_OK);
	UNIT_EQ(u->queue.count, 0);
	UNIT_EQ(kernel_taken, QUEUE_MAX);
	UNIT_CHECK(!u->is_blocked);
out:
	rig_close(&r);
	return err;
}

static enum sip_err test_udp_when_a_datagram_cannot_go_then_only_it_fails(void)
{
	struct rig r;
	enum sip_err err;

	UNIT_TRY(rig_open(&r));
	kernel_error = EMSGSIZE;
	UNIT_TRY(rig_send(&r, 2));
	UNIT_EQ(r.user.failed, 2);
	UNIT_EQ(r.user.why, SIP_E_TOOBIG);
	kernel_error = ECONNREFUSED;
	UNIT_TRY(rig_send(&r, 1));
	UNIT_EQ(r.user.failed, 3);
	UNIT_EQ(r.user.why, SIP_E_REFUSED);
	/* Once it may have been the echo of another. */
	UNIT_EQ(kernel_calls, 4);
out:
	rig_close(&r);
	return err;
}

/* Loopback delivers before sendto returns: what the buffer has no room for is dropped by then. */
static enum sip_err test_udp_when_the_kernel_drops_then_all_of_it_is_counted(void)
{
	enum { SENT = 200 };
	struct sip_transport_options o;
	char text[1024];
	struct sip_str options = bed_options(text, sizeof text, "SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1", "1");
	const struct sip_addr *to;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int64_t came;
	struct rig r;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_UDP);
	o.bind = bed_addr("127.0.0.1:0");
	o.rcvbuf = 8192;
	UNIT_TRY(rig_open_with(&r, &o));
	to = sip_transport_bound(r.transport);
	for (int round = 1; round <= 2; round++) {
		for (int i = 0; i < SENT; i++)
			UNIT_EQ(sendto(fd, options.p, options.len, 0, &to->u.sa, sip_addr_len(to)), options.len);
		UNIT_EQ(sip_loop_turn(r.loop, 0), SIP_OK);
		/* What is queued after it tells of a drop. */
		UNIT_EQ(sendto(fd, options.p, options.len, 0, &to->u.sa, sip_addr_len(to)), options.len);
		UNIT_EQ(sip_loop_turn(r.loop, 0), SIP_OK);
		came = sip_metrics_get(r.metrics, SIP_M_RX_UDP);
		UNIT_CHECK(came > 0 && came < round * SENT);
		UNIT_EQ(sip_metrics_get(r.metrics, SIP_M_DROP_RCVBUF), round * (SENT + 1) - came);
	}
out:
	close(fd);
	rig_close(&r);
	return err;
}

/* ---- the fence --------------------------------------------------------------------------------------------------- */

#define FLOOD 3000
#define ALARM 1024 /* a batch of them, the last, makes it a flood */

struct siege {
	struct rig rig;
	struct sip_clock_virtual clock;
	struct sip_addr to;
	struct sip_str options;
	char text[1024];
};

static enum sip_err siege_open(struct siege *s, const char *at)
{
	struct sip_transport_options o;
	enum sip_err err;

	sip_clock_virtual_init(&s->clock, SIP_SECONDS(1));
	s->options = bed_options(s->text, sizeof s->text, "SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1", "1");
	sip_transport_options_init(&o, SIP_TRANSPORT_UDP);
	o.bind = bed_addr(at);
	err = rig_open_timed(&s->rig, &o, &s->clock.clock);
	if (err == SIP_OK)
		s->to = *sip_transport_bound(s->rig.transport);
	return err;
}

static enum sip_err siege_ban(struct siege *s, const char *who)
{
	struct sip_addr a = bed_addr(who);
	enum sip_err err = sip_guard_ban(s->rig.wire, &a, 600);

	return err == SIP_OK ? sip_loop_turn(s->rig.loop, 0) : err;
}

static int64_t siege_metric(const struct siege *s, enum sip_metric id)
{
	return sip_metrics_get(s->rig.metrics, id);
}

/* So many from there, few at a time so that all find room; false: there is no such source here. */
static bool flood_from(struct siege *s, const char *who, size_t count)
{
	struct sip_addr from = bed_addr(who);
	int fd = socket(sip_addr_family(&from), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_sent = bind(fd, &from.u.sa, sip_addr_len(&from)) == 0;

	for (size_t i = 0; is_sent && i < count; i++) {
		is_sent = sendto(fd, s->options.p, s->options.len, 0, &s->to.u.sa, sip_addr_len(&s->to)) > 0;
		if (i % 32 == 31 || i + 1 == count)
			UNIT_EQ(sip_loop_turn(s->rig.loop, 0), SIP_OK);
	}
	close(fd);
	return is_sent;
}

static void later(struct siege *s, int64_t us)
{
	sip_clock_virtual_advance(&s->clock, us);
	UNIT_EQ(sip_loop_turn(s->rig.loop, 0), SIP_OK);
}

/* The kernel lets a 256th through, by chance: of 3,000 hardly one, and hardly 100. */
static void check_fenced(struct siege *s, const char *who, int64_t count, bool is_fenced)
{
	int64_t before = siege_metric(s, SIP_M_DROP_BANNED), came;

	UNIT_CHECK(flood_from(s, who, (size_t)count));
	came = siege_metric(s, SIP_M_DROP_BANNED) - before;
	UNIT_CHECK(is_fenced ? came < 100 : came == count);
}

static enum sip_err test_fence_when_the_banned_flood_then_the_kernel_drops_until_it_is_over(void)
{
	struct siege s;
	struct sip_addr lifted = bed_addr("127.0.0.2:0");
	enum sip_err err;

	UNIT_TRY(siege_open(&s, "127.0.0.1:0"));
	for (int i = 0; i < SIP__FENCE_MAX + 2; i++) { /* more than it has room for: those met last count */
		char text[32];

		(void)snprintf(text, sizeof text, "127.0.1.%d:0", i + 1);
		UNIT_TRY(siege_ban(&s, text));
	}
	UNIT_TRY(siege_ban(&s, "127.0.0.2:0"));
	UNIT_CHECK(flood_from(&s, "127.0.0.2:0", 999));
	later(&s, SIP_MS(200)); /* few are no flood */
	check_fenced(&s, "127.0.0.2:0", ALARM, false);
	later(&s, SIP_MS(1));
	check_fenced(&s, "127.0.0.2:0", FLOOD, true);
	check_fenced(&s, "127.0.1.62:0", FLOOD, true);
	check_fenced(&s, "127.0.1.1:0", FLOOD, false);
	later(&s, SIP_MS(101)); /* it is looked at again, and each drop is counted */
	check_fenced(&s, "127.0.1.1:0", FLOOD, true);
	later(&s, SIP_MS(101));
	UNIT_EQ(siege_metric(&s, SIP_M_DROP_BANNED) + siege_metric(&s, SIP_M_DROP_FENCED), 999 + ALARM + 4 * FLOOD);
	UNIT_EQ(siege_metric(&s, SIP_M_DROP_RCVBUF), 0);
	UNIT_EQ(siege_metric(&s, SIP_M_RX_UDP), 0);
	/* Others come in; who is not banned any more at once. */
	UNIT_CHECK(flood_from(&s, "127.0.0.3:0", 10));
	UNIT_EQ(siege_metric(&s, SIP_M_RX_UDP), 10);
	UNIT_TRY(sip_guard_unban(s.rig.wire, &lifted));
	UNIT_EQ(sip_loop_turn(s.rig.loop, 0), SIP_OK);
	UNIT_CHECK(flood_from(&s, "127.0.0.2:0", 10));
	UNIT_EQ(siege_metric(&s, SIP_M_RX_UDP), 20);
	later(&s, SIP_SECONDS(11));
	later(&s, SIP_MS(101)); /* nobody was met for long */
	check_fenced(&s, "127.0.1.1:0", 500, false);
out:
	rig_close(&s.rig);
	return err;
}

static enum sip_err test_fence_when_the_flood_is_of_ipv6_then_it_is_a_network_that_is_kept_out(void)
{
	struct siege s;
	enum sip_err err = siege_open(&s, "[::1]:0");

	if (err == SIP_E_NOMEM)
		goto out;
	if (err != SIP_OK) { /* no IPv6 here */
		err = SIP_OK;
		goto out;
	}
	UNIT_TRY(siege_ban(&s, "[2001:db8:0:1::1]:0"));
	UNIT_TRY(siege_ban(&s, "[::2]:0"));
	UNIT_TRY(siege_ban(&s, "127.0.0.2:0")); /* of no concern to this socket */
	check_fenced(&s, "[::1]:0", ALARM, false);
	later(&s, SIP_MS(1));
	check_fenced(&s, "[::1]:0", FLOOD, true);
	UNIT_EQ(siege_metric(&s, SIP_M_RX_UDP), 0);
out:
	rig_close(&s.rig);
	return err;
}

static enum sip_err test_fence_when_the_socket_is_given_then_one_left_behind_is_taken_away(void)
{
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &none };
	struct sip_addr at = bed_addr("127.0.0.1:0");
	union {
		struct sockaddr sa;
		struct sockaddr_storage storage;
	} name;
	socklen_t len = sizeof name;
	struct sip_transport_options o;
	struct siege s;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	enum sip_err err;

	memset(&s, 0, sizeof s);
	UNIT_EQ(bind(fd, &at.u.sa, sip_addr_len(&at)), 0);
	UNIT_EQ(getsockname(fd, &name.sa, &len), 0);
	UNIT_EQ(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
	sip_transport_options_init(&o, SIP_TRANSPORT_UDP);
	UNIT_TRY(sip_addr_from_sockaddr(&o.bind, &name.sa, len));
	o.fd = fd;
	UNIT_TRY(rig_open_with(&s.rig, &o));
	s.to = o.bind;
	s.options = bed_options(s.text, sizeof s.text, "SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1", "1");
	UNIT_CHECK(flood_from(&s, "127.0.0.3:0", 1));
	UNIT_EQ(siege_metric(&s, SIP_M_RX_UDP), 1);
out:
	close(fd);
	rig_close(&s.rig);
	return err;
}

static enum sip_err check_dscp(const char *at, int level, int name)
{
	struct sip_transport_options o;
	struct rig r;
	int found = 0;
	socklen_t len = sizeof found;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_UDP);
	o.bind = bed_addr(at);
	o.dscp = 24;
	UNIT_TRY(rig_open_with(&r, &o));
	UNIT_EQ(getsockopt(((struct udp *)r.transport->endpoints[0].state)->io.fd, level, name, &found, &len), 0);
	UNIT_EQ(found, 24 << 2);
out:
	rig_close(&r);
	return err;
}

static enum sip_err test_udp_when_a_dscp_is_wanted_then_the_socket_has_it(void)
{
	enum sip_err err = check_dscp("127.0.0.1:0", IPPROTO_IP, IP_TOS);

	return err == SIP_OK ? check_dscp("[::1]:0", IPPROTO_IPV6, IPV6_TCLASS) : err;
}

static enum sip_err test_udp_when_a_device_is_wanted_then_the_socket_keeps_to_it(void)
{
	struct sip_transport_options o;
	struct sip_addr peer = bed_addr("127.0.0.1:5060"), from;
	struct rig r;
	char found[IFNAMSIZ] = "";
	socklen_t len = sizeof found;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_UDP);
	o.bind = bed_addr("0.0.0.0:0");
	o.device = SIP_STR("lo");
	UNIT_TRY(rig_open_with(&r, &o));
	UNIT_EQ(getsockopt(((struct udp *)r.transport->endpoints[0].state)->io.fd, SOL_SOCKET, SO_BINDTODEVICE, found, &len), 0);
	UNIT_STR(sip_str_of(found), "lo");
	UNIT_EQ(sip__source_find(r.transport, &peer, &from), SIP_OK);
	UNIT_CHECK(sip_addr_eq_host(&from, &peer));
	sip_transport_forget_sources(r.transport);
	UNIT_EQ(sip__source_find(r.transport, &peer, &from), SIP_OK);
out:
	rig_close(&r);
	return err;
}

static enum sip_err check_refused(struct rig *r, const struct sip_transport_options *o, enum sip_err why)
{
	struct sip_transport *t = NULL;
	enum sip_err err = sip_transport_open(o, &r->wire, 1, &t);

	if (t)
		sip_transport_close(t);
	sip_transport_unref(&t);
	if (err == SIP_E_NOMEM)
		return err;
	UNIT_EQ(err, why);
	return SIP_OK;
}

static enum sip_err test_udp_when_its_path_cannot_be_then_it_is_refused_by_name(void)
{
	static char name[SIP_ADVERTISED_MAX + 1];
	struct sip_transport_options o, wrong;
	struct rig r;
	enum sip_err err;

	memset(name, 'a', sizeof name);
	UNIT_TRY(rig_open(&r));
	sip_transport_options_init(&o, SIP_TRANSPORT_UDP);
	o.bind = bed_addr("127.0.0.1:0");
	wrong = o;
	wrong.dscp = 64;
	UNIT_TRY(check_refused(&r, &wrong, SIP_E_RANGE));
	wrong = o;
	wrong.device = SIP_STR("sixteen-bytes-ok");
	UNIT_TRY(check_refused(&r, &wrong, SIP_E_RANGE));
	wrong.device = SIP_STR("no-such-device0");
	UNIT_TRY(check_refused(&r, &wrong, SIP_E_NOTFOUND));
	wrong = o;
	wrong.advertised = sip_str_make(name, sizeof name);
	UNIT_TRY(check_refused(&r, &wrong, SIP_E_RANGE));
	wrong.advertised.len--;
	UNIT_TRY(check_refused(&r, &wrong, SIP_OK));
out:
	rig_close(&r);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_udp_when_a_dscp_is_wanted_then_the_socket_has_it),
	UNIT_CASE(test_udp_when_a_device_is_wanted_then_the_socket_keeps_to_it),
	UNIT_CASE(test_udp_when_its_path_cannot_be_then_it_is_refused_by_name),
	UNIT_CASE(test_udp_when_much_is_sent_in_one_turn_then_in_batches),
	UNIT_CASE_NO_OOM(test_udp_when_the_socket_takes_no_more_then_the_queue_is_bounded),
	UNIT_CASE(test_udp_when_a_datagram_cannot_go_then_only_it_fails),
	UNIT_CASE_NO_OOM(test_udp_when_the_kernel_drops_then_all_of_it_is_counted),
	UNIT_CASE_NO_OOM(test_fence_when_the_banned_flood_then_the_kernel_drops_until_it_is_over),
	UNIT_CASE_NO_OOM(test_fence_when_the_flood_is_of_ipv6_then_it_is_a_network_that_is_kept_out),
	UNIT_CASE_NO_OOM(test_fence_when_the_socket_is_given_then_one_left_behind_is_taken_away),
};
const struct unit_suite udp_suite = { "stack/transport/udp", cases, SIP_COUNTOF(cases) };
