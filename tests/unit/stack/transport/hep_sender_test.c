/* The way to a collector: real sockets on loopback, a virtual clock for pauses, and collectors of every bad sort. */
#include "tests/support/hep_read.h"
#include "tests/unit/stack/transport/bed.h"

#include <unistd.h>

#define TURNS_MOST 2000

struct rig {
	struct sip_clock_virtual clock;
	struct sip_metrics *metrics;
	struct sip_loop *loop;
	struct sip_capture *capture;
	struct sip__hep_sender *sender;
	struct sip_capture_options o;
	int fd;                    /* the collector's: bound, listening when it is TCP */
	struct sip_addr at;
	unsigned asked;
	bool is_unknown;           /* the name leads nowhere */
	bool has_dead;             /* it leads to an address first that nothing can be sent to */
};

static void find(void *arg, struct sip_capture *c, unsigned turn)
{
	struct rig *r = arg;
	struct sip_addr dead = bed_addr("255.255.255.255:9"); /* the kernel wants to be asked in another way for that */

	(void)c;
	r->asked++;
	sip__hep_sender_found(r->sender, r->is_unknown ? NULL : r->has_dead && turn % 2 == 0 ? &dead : &r->at, SIP_E_NOTFOUND);
}

static int open_collector(struct sip_addr *at, int type)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sip_addr any = bed_addr("127.0.0.1:0");
	socklen_t len = sizeof at->u;

	UNIT_CHECK(fd >= 0 && bind(fd, &any.u.sa, sip_addr_len(&any)) == 0);
	UNIT_CHECK(type != SOCK_STREAM || listen(fd, 4) == 0);
	memset(at, 0, sizeof *at);
	UNIT_CHECK(getsockname(fd, &at->u.sa, &len) == 0);
	return fd;
}

static enum sip_err rig_open(struct rig *r, enum sip_transport_kind kind)
{
	struct sip_capture_finder finder = { find, r };
	struct sip_loop_options lo;
	enum sip_err err;

	memset(r, 0, sizeof *r);
	sip_clock_virtual_init(&r->clock, 0);
	r->fd = open_collector(&r->at, kind == SIP_TRANSPORT_TCP ? SOCK_STREAM : SOCK_DGRAM);
	UNIT_TRY(sip_metrics_create(sip_metric_rows, SIP_METRIC_COUNT, &r->metrics));
	sip_loop_options_init(&lo);
	lo.clock = &r->clock.clock;
	lo.metrics = r->metrics;
	lo.seed = 1;
	UNIT_TRY(sip_loop_create(&lo, &r->loop));
	sip_capture_options_init(&r->o);
	r->o.kind = kind;
	r->o.queue_bytes_max = 128 << 10;
	r->sender = sip__hep_sender_create(NULL, &r->o, r->loop, &finder);
	UNIT_TRY_PTR(r->sender);
out:
	return err;
}

static void rig_close(struct rig *r)
{
	sip__hep_sender_destroy(&r->sender);
	sip_loop_unref(&r->loop);
	sip_metrics_unref(&r->metrics);
	if (r->fd >= 0)
		close(r->fd);
}

static int64_t metric(struct rig *r, enum sip_metric id)
{
	return sip_metrics_get(r->metrics, id);
}

/* One turn, after so much virtual time; what the kernel brings is waited for, for a moment. */
static void turn(struct rig *r, int64_t us)
{
	sip_clock_virtual_advance(&r->clock, us);
	UNIT_EQ(sip_loop_turn(r->loop, 1000), SIP_OK);
}

/* Until this has been counted so often, while the kernel does its part. */
static void await_metric(struct rig *r, enum sip_metric id, int64_t count)
{
	for (int i = 0; i < TURNS_MOST && metric(r, id) < count; i++)
		turn(r, SIP_SECONDS(1));
	UNIT_CHECK(metric(r, id) >= count);
}

static void put(struct rig *r, struct sip_str bytes)
{
	struct sip_capture_record record = { .wall_us = 1, .kind = SIP_TRANSPORT_UDP, .from = bed_addr("10.0.0.1:1"),
					     .to = bed_addr("10.0.0.2:2"), .bytes = bytes };

	sip__hep_sender_put(r->sender, &record);
}

static enum sip_err test_udp_when_a_hundred_then_a_hundred_datagrams(void)
{
	char room[2048];
	struct rig r;
	struct hep_read h;
	enum sip_err err;

	UNIT_TRY(rig_open(&r, SIP_TRANSPORT_UDP));
	turn(&r, SIP_MS(1));
	UNIT_EQ(r.asked, 1);
	for (int i = 0; i < 100; i++)
		put(&r, SIP_STR("message"));
	sip__hep_sender_flush(r.sender);
	for (int i = 0; i < 100; i++) {
		ssize_t n = recv(r.fd, room, sizeof room, MSG_DONTWAIT);
		UNIT_CHECK(n > 0 && hep_read(sip_str_make(room, (size_t)n), &h));
		UNIT_STR(h.payload, "message");
	}
	UNIT_CHECK(recv(r.fd, room, sizeof room, MSG_DONTWAIT) < 0);
	UNIT_EQ(metric(&r, SIP_M_CAPTURE_DROP_COLLECTOR), 0);
	/* The address is asked for again now and then. */
	turn(&r, SIP_SECONDS(301));
	UNIT_EQ(r.asked, 2);
out:
	rig_close(&r);
	return err;
}

static void await_peer(struct rig *r, int *peer)
{
	for (int i = 0; i < TURNS_MOST && *peer < 0; i++) {
		turn(r, SIP_MS(1));
		*peer = accept4(r->fd, NULL, NULL, SOCK_NONBLOCK);
	}
}

/* As IPv6 is from a host without: nothing is lost, and the next address is tried. */
static enum sip_err test_udp_when_the_first_address_cannot_be_sent_to_then_the_next(void)
{
	char room[2048];
	struct rig r;
	struct hep_read h;
	ssize_t n;
	enum sip_err err;

	UNIT_TRY(rig_open(&r, SIP_TRANSPORT_UDP));
	r.has_dead = true;
	turn(&r, SIP_MS(1));
	put(&r, SIP_STR("message"));
	sip__hep_sender_flush(r.sender);
	UNIT_EQ(metric(&r, SIP_M_CAPTURE_COLLECTOR_ERRORS), 1);
	UNIT_EQ(r.asked, 1);
	turn(&r, SIP_SECONDS(2));
	UNIT_EQ(r.asked, 2);
	n = recv(r.fd, room, sizeof room, MSG_DONTWAIT);
	UNIT_CHECK(n > 0 && hep_read(sip_str_make(room, (size_t)n), &h));
	UNIT_EQ(metric(&r, SIP_M_CAPTURE_DROP_COLLECTOR), 0);
	/* What works is stayed with. */
	turn(&r, SIP_SECONDS(301));
	UNIT_EQ(r.asked, 3);
	put(&r, SIP_STR("message"));
	sip__hep_sender_flush(r.sender);
	UNIT_CHECK(recv(r.fd, room, sizeof room, MSG_DONTWAIT) > 0);
	UNIT_EQ(metric(&r, SIP_M_CAPTURE_COLLECTOR_ERRORS), 1);
out:
	rig_close(&r);
	return err;
}

/* Nothing can be sent at all: ever more seldom, not once a second. */
static enum sip_err test_udp_when_no_address_works_then_the_pause_grows(void)
{
	struct rig r;
	enum sip_err err;

	UNIT_TRY(rig_open(&r, SIP_TRANSPORT_UDP));
	r.at = bed_addr("255.255.255.255:9");
	for (int i = 0; i < 600; i++) {
		put(&r, SIP_STR("message"));
		turn(&r, SIP_SECONDS(1));
		sip__hep_sender_flush(r.sender);
	}
	UNIT_CHECK(r.asked > 10 && r.asked < 20);
	UNIT_CHECK(metric(&r, SIP_M_CAPTURE_COLLECTOR_ERRORS) <= r.asked);
out:
	rig_close(&r);
	return err;
}

static enum sip_err test_tcp_when_the_first_address_cannot_be_reached_then_the_next(void)
{
	struct rig r;
	int peer = -1;
	enum sip_err err;

	UNIT_TRY(rig_open(&r, SIP_TRANSPORT_TCP));
	r.has_dead = true;
	await_metric(&r, SIP_M_CAPTURE_COLLECTOR_ERRORS, 1);
	turn(&r, SIP_SECONDS(1));
	await_peer(&r, &peer);
	UNIT_CHECK(peer >= 0);
	UNIT_EQ(r.asked, 2);
	UNIT_EQ(metric(&r, SIP_M_CAPTURE_COLLECTOR_ERRORS), 1);
out:
	if (peer >= 0)
		close(peer);
	rig_close(&r);
	return err;
}

/* A name that leads nowhere: asked again and again, ever more seldom; what is captured fills a bounded queue, then is dropped. */
static enum sip_err test_name_when_unknown_then_dropped_and_counted(void)
{
	static const char text[1000] = "x";
	struct rig r;
	enum sip_err err;

	UNIT_TRY(rig_open(&r, SIP_TRANSPORT_TCP));
	r.is_unknown = true;
	turn(&r, SIP_MS(1));
	for (int i = 0; i < 200; i++)
		put(&r, sip_str_make(text, sizeof text));
	sip__hep_sender_flush(r.sender);
	UNIT_CHECK(metric(&r, SIP_M_CAPTURE_DROP_COLLECTOR) > 100 && metric(&r, SIP_M_CAPTURE_DROP_COLLECTOR) < 200);
	for (int i = 0; i < 600; i++)
		turn(&r, SIP_SECONDS(1));
	UNIT_CHECK(r.asked > 10 && r.asked < 20);
	UNIT_EQ(metric(&r, SIP_M_CAPTURE_NAME_ERRORS), r.asked);
out:
	rig_close(&r);
	return err;
}

/* What has come on the connection, which is taken first when it is not yet. */
static size_t take(struct rig *r, int *peer, char *into, size_t size)
{
	ssize_t n;

	if (*peer < 0)
		*peer = accept4(r->fd, NULL, NULL, SOCK_NONBLOCK);
	n = *peer < 0 ? -1 : recv(*peer, into, size, 0);
	return n > 0 ? (size_t)n : 0;
}

static enum sip_err test_tcp_when_nobody_is_there_then_tried_again_and_all_of_it_arrives_later(void)
{
	static char room[64 * 1024];
	struct rig r;
	struct hep_read h;
	struct sip_str rest;
	size_t have = 0;
	int peer = -1;
	enum sip_err err;

	UNIT_TRY(rig_open(&r, SIP_TRANSPORT_TCP));
	close(r.fd);
	put(&r, SIP_STR("one"));
	await_metric(&r, SIP_M_CAPTURE_COLLECTOR_ERRORS, 3);
	UNIT_EQ(metric(&r, SIP_M_CAPTURE_DROP_COLLECTOR), 0);
	r.fd = open_collector(&r.at, SOCK_STREAM);
	put(&r, SIP_STR("two"));
	for (int i = 0; i < TURNS_MOST && (rest = hep_read_first(sip_str_make(room, have))).len * 2 != have + (have == 0); i++) {
		turn(&r, SIP_SECONDS(1));
		have += take(&r, &peer, room + have, sizeof room - have);
	}
	UNIT_CHECK(hep_read(sip_str_make(room, have / 2), &h));
	UNIT_STR(h.payload, "one");
	UNIT_CHECK(hep_read(sip_str_make(room + have / 2, have / 2), &h));
	UNIT_STR(h.payload, "two");
out:
	if (peer >= 0)
		close(peer);
	rig_close(&r);
	return err;
}

/* The kernel's buffers fill, then ours, then it is dropped: nothing waits. When the connection dies the next begins with a whole packet. */
static enum sip_err test_tcp_when_the_collector_does_not_read_then_dropped_and_the_next_begins_whole(void)
{
	static char text[60000], room[128 * 1024];
	struct rig r;
	struct hep_read h;
	size_t have = 0;
	int peer = -1;
	enum sip_err err;

	memset(text, 'x', sizeof text);
	UNIT_TRY(rig_open(&r, SIP_TRANSPORT_TCP));
	await_peer(&r, &peer);
	for (int i = 0; i < TURNS_MOST && metric(&r, SIP_M_CAPTURE_DROP_COLLECTOR) < 10; i++) {
		put(&r, sip_str_make(text, sizeof text));
		sip__hep_sender_flush(r.sender);
		turn(&r, SIP_MS(1));
	}
	UNIT_CHECK(metric(&r, SIP_M_CAPTURE_DROP_COLLECTOR) >= 10);
	UNIT_EQ(metric(&r, SIP_M_CAPTURE_COLLECTOR_ERRORS), 0);
	close(peer);
	peer = -1;
	for (int i = 0; i < TURNS_MOST && hep_read_first(sip_str_make(room, have)).len == 0; i++) {
		turn(&r, SIP_SECONDS(1));
		have += take(&r, &peer, room + have, sizeof room - have);
	}
	UNIT_CHECK(hep_read(hep_read_first(sip_str_make(room, have)), &h));
	UNIT_EQ(h.payload.len, sizeof text);
	UNIT_EQ(metric(&r, SIP_M_CAPTURE_COLLECTOR_ERRORS), 1);
out:
	if (peer >= 0)
		close(peer);
	rig_close(&r);
	return err;
}

/* Much goes through a small queue while the collector reads: nothing is lost, and all of it in order. */
static enum sip_err test_tcp_when_the_collector_reads_then_everything_in_order(void)
{
	static char text[9000], room[256 * 1024];
	struct rig r;
	struct hep_read h;
	struct sip_str packet;
	size_t have = 0;
	unsigned seen = 0;
	int peer = -1;
	enum sip_err err;

	UNIT_TRY(rig_open(&r, SIP_TRANSPORT_TCP));
	await_peer(&r, &peer);
	turn(&r, SIP_MS(1));
	for (unsigned i = 0; i < 300 && peer >= 0; i++) {
		ssize_t n;
		memset(text, (int)i, sizeof text);
		put(&r, sip_str_make(text, sizeof text));
		sip__hep_sender_flush(r.sender);
		turn(&r, SIP_MS(1));
		while ((n = recv(peer, room + have, sizeof room - have, 0)) > 0)
			have += (size_t)n;
		while ((packet = hep_read_first(sip_str_make(room, have))).len) {
			UNIT_CHECK(hep_read(packet, &h));
			UNIT_EQ((unsigned char)h.payload.p[0], seen++ & 255);
			have -= packet.len;
			memmove(room, room + packet.len, have);
		}
	}
	UNIT_CHECK(seen >= 299);
	UNIT_EQ(metric(&r, SIP_M_CAPTURE_DROP_COLLECTOR), 0);
out:
	if (peer >= 0)
		close(peer);
	rig_close(&r);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_udp_when_a_hundred_then_a_hundred_datagrams),
	UNIT_CASE(test_udp_when_the_first_address_cannot_be_sent_to_then_the_next),
	UNIT_CASE_DEAR(test_udp_when_no_address_works_then_the_pause_grows),
	UNIT_CASE_DEAR(test_name_when_unknown_then_dropped_and_counted),
	/* These wait for the kernel; the sender allocates nothing after the cases above. */
	UNIT_CASE_NO_OOM(test_tcp_when_the_first_address_cannot_be_reached_then_the_next),
	UNIT_CASE_NO_OOM(test_tcp_when_nobody_is_there_then_tried_again_and_all_of_it_arrives_later),
	UNIT_CASE_NO_OOM(test_tcp_when_the_collector_does_not_read_then_dropped_and_the_next_begins_whole),
	UNIT_CASE_NO_OOM(test_tcp_when_the_collector_reads_then_everything_in_order),
};
const struct unit_suite hep_sender_suite = { "stack/transport/hep_sender", cases, SIP_COUNTOF(cases) };
