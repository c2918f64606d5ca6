/* stack/transport/hand_over: what is sent comes as it was; what is no whole message leaves nothing behind, no descriptor least. */
#include "stack/transport/hand_over.h"
#include "tests/unit/stack/transport/bed.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define HEAD 16

static size_t open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static int null_fd(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static struct sip_hand_over_patience long_enough(int stop_fd)
{
	return (struct sip_hand_over_patience){ &sip_clock_real, sip_clock_real.now_us(sip_clock_real.arg) + SIP_SECONDS(60), stop_fd };
}

static void pair(int ends[2])
{
	struct timeval soon = { .tv_usec = 20000 };

	UNIT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	for (int i = 0; i < 2; i++)
		UNIT_EQ(setsockopt(ends[i], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon), 0);
}

static enum sip_err test_receive_when_whole_then_as_it_was_sent(void)
{
	struct sip_hand_over_patience p = long_enough(-1);
	struct sip_hand_over out, in;
	size_t before = open_descriptors();
	int ends[2];
	enum sip_err err;

	pair(ends);
	sip_hand_over_init(&out);
	sip_hand_over_init(&in);
	UNIT_TRY(sip_hand_over_add(&out, 1, null_fd(), SIP_STR("UDP 127.0.0.1:5060")));
	UNIT_TRY(sip_hand_over_add(&out, 9, -1, sip_str_make("\0\1\2", 3)));
	UNIT_TRY(sip_hand_over_add(&out, 1, null_fd(), sip_str_make(NULL, 0)));
	UNIT_TRY(sip_hand_over_send(&out, ends[0], &p));
	UNIT_TRY(sip_hand_over_receive(&in, ends[1]));
	UNIT_EQ(in.count, 3);
	UNIT_STR(sip_hand_over_bytes(&in, 0), "UDP 127.0.0.1:5060");
	UNIT_EQ(sip_hand_over_bytes(&in, 1).len, 3);
	UNIT_EQ(sip_hand_over_bytes(&in, 1).p[2], 2);
	UNIT_EQ(sip_hand_over_bytes(&in, 2).len, 0);
	UNIT_EQ(sip_hand_over_find(&in, 1, 1), 2);
	UNIT_EQ(sip_hand_over_find(&in, 7, 0), 3);
	UNIT_CHECK(in.items[0].fd >= 0 && in.items[0].fd != out.items[0].fd);
	UNIT_CHECK(fcntl(in.items[0].fd, F_GETFD) == FD_CLOEXEC);
	UNIT_EQ(in.items[1].fd, -1);
	int taken = sip_hand_over_take_fd(&in, 2);
	UNIT_CHECK(taken >= 0);
	UNIT_EQ(sip_hand_over_take_fd(&in, 2), -1);
	close(taken);
out:
	sip_hand_over_fini(&in);
	sip_hand_over_fini(&out);
	close(ends[0]);
	close(ends[1]);
	UNIT_EQ(open_descriptors(), before);
	return err;
}

static enum sip_err test_add_when_there_is_no_more_room_then_limit_and_the_descriptor_is_closed(void)
{
	struct sip_hand_over h;
	size_t before = open_descriptors();
	char *large = sip_alloc(SIP_HAND_OVER_BYTES);
	enum sip_err err;

	sip_hand_over_init(&h);
	UNIT_TRY_PTR(large);
	memset(large, 'x', SIP_HAND_OVER_BYTES);
	for (int i = 0; i < SIP_HAND_OVER_ITEMS; i++)
		UNIT_TRY(sip_hand_over_add(&h, 1, -1, sip_str_make(NULL, 0)));
	UNIT_EQ(sip_hand_over_add(&h, 1, null_fd(), sip_str_make(NULL, 0)), SIP_E_LIMIT);
	sip_hand_over_fini(&h);
	sip_hand_over_init(&h);
	UNIT_TRY(sip_hand_over_add(&h, 1, -1, sip_str_make(large, SIP_HAND_OVER_BYTES)));
	UNIT_EQ(sip_hand_over_add(&h, 1, null_fd(), SIP_STR("y")), SIP_E_LIMIT);
out:
	sip_hand_over_fini(&h);
	sip_free(large);
	UNIT_EQ(open_descriptors(), before);
	return err;
}

/* As a stranger would write it: these bytes, this many descriptors with the first of them. */
static void write_with(int socket, const char *bytes, size_t len, size_t fds)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int) * 200)];
	} rights;
	union {
		const char *lent;
		void *base;
	} to = { .lent = bytes };
	struct iovec iov = { to.base, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd = null_fd();

	memset(&rights, 0, sizeof rights);
	rights.head.cmsg_level = SOL_SOCKET;
	rights.head.cmsg_type = SCM_RIGHTS;
	rights.head.cmsg_len = CMSG_LEN(sizeof(int) * fds);
	for (size_t i = 0; i < fds; i++)
		memcpy(CMSG_DATA(&rights.head) + i * sizeof fd, &fd, sizeof fd);
	if (fds) {
		m.msg_control = &rights;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * fds);
	}
	UNIT_EQ(sendmsg(socket, &m, MSG_NOSIGNAL), len);
	close(fd);
}

#define GOOD "SwHo\0\1\0\1\0\1\0\0\0\0\0\2" "\0\7\0\1\0\0\0\2" "ab"
static const struct {
	const char *what;
	const char *bytes;
	size_t len, fds;
	enum sip_err expected;
} bad[] = {
#define ROW(what, bytes, fds, expected) { what, bytes, sizeof(bytes) - 1, fds, SIP_E_##expected }
	ROW("good", GOOD, 1, OK),
	ROW("nothing", "", 0, CLOSED),
	ROW("half a head", "SwHo\0\1", 1, CLOSED),
	ROW("no row", "SwHo\0\1\0\1\0\1\0\0\0\0\0\2", 1, CLOSED),
	ROW("half the bytes", "SwHo\0\1\0\1\0\1\0\0\0\0\0\2" "\0\7\0\1\0\0\0\2" "a", 1, CLOSED),
	ROW("another mark", "SwHO\0\1\0\1\0\1\0\0\0\0\0\2" "\0\7\0\1\0\0\0\2" "ab", 1, SYNTAX),
	ROW("another version", "SwHo\0\2\0\1\0\1\0\0\0\0\0\2" "\0\7\0\1\0\0\0\2" "ab", 1, UNSUPPORTED),
	ROW("too many items", "SwHo\0\1\0\201\0\1\0\0\0\0\0\2", 1, LIMIT),
	ROW("too many bytes", "SwHo\0\1\0\1\0\1\0\0\0\100\0\1", 1, LIMIT),
	ROW("too many descriptors", GOOD, 129, LIMIT),
	ROW("far too many descriptors", GOOD, 200, LIMIT),
	ROW("more descriptors than said", GOOD, 2, SYNTAX),
	ROW("fewer descriptors than said", GOOD, 0, SYNTAX),
	ROW("a row with two", "SwHo\0\1\0\1\0\2\0\0\0\0\0\2" "\0\7\0\2\0\0\0\2" "ab", 2, SYNTAX),
	ROW("a descriptor of no row", "SwHo\0\1\0\1\0\1\0\0\0\0\0\2" "\0\7\0\0\0\0\0\2" "ab", 1, SYNTAX),
	ROW("a row with more bytes than there are", "SwHo\0\1\0\1\0\1\0\0\0\0\0\2" "\0\7\0\1\0\0\0\3" "abc", 1, SYNTAX),
	ROW("bytes of no row", "SwHo\0\1\0\1\0\1\0\0\0\0\0\3" "\0\7\0\1\0\0\0\2" "abc", 1, SYNTAX),
	ROW("a row that wraps", "SwHo\0\1\0\1\0\1\0\0\0\0\0\2" "\0\7\0\1\377\377\377\377" "ab", 1, SYNTAX),
#undef ROW
};

static enum sip_err test_receive_when_it_is_not_whole_then_refused_and_nothing_is_left(void)
{
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(bad) && err == SIP_OK; i++) {
		size_t before = open_descriptors();
		struct sip_hand_over h;
		int ends[2];

		pair(ends);
		sip_hand_over_init(&h);
		if (bad[i].len)
			write_with(ends[0], bad[i].bytes, bad[i].len, bad[i].fds);
		close(ends[0]);
		err = sip_hand_over_receive(&h, ends[1]);
		if (err != SIP_E_NOMEM)
			unit_check(err == bad[i].expected, bad[i].what, __FILE__, __LINE__);
		UNIT_EQ(h.count, err == SIP_OK ? 1 : 0);
		err = err == SIP_E_NOMEM ? err : SIP_OK;
		sip_hand_over_fini(&h);
		close(ends[1]);
		UNIT_EQ(open_descriptors(), before);
	}
	return err;
}

static enum sip_err test_receive_when_nothing_comes_then_timeout(void)
{
	struct sip_hand_over_patience p = long_enough(-1);
	struct sip_hand_over h;
	int ends[2];

	pair(ends);
	sip_hand_over_init(&h);
	UNIT_EQ(sip_hand_over_receive(&h, ends[1]), SIP_E_TIMEOUT);
	close(ends[0]);
	UNIT_EQ(sip_hand_over_send(&h, ends[1], &p), SIP_E_CLOSED);
	sip_hand_over_fini(&h);
	close(ends[1]);
	return SIP_OK;
}

static enum sip_err test_give_when_the_other_side_has_gone_or_does_not_read_then_told(void)
{
	struct sip_hand_over_datagram d = { .kind = SIP_TRANSPORT_UDP, .bytes = SIP_STR_INIT("OPTIONS") };
	char large[1400];
	size_t n = 0;
	int ends[2];
	enum sip_err err;

	d.bound = bed_addr("127.0.0.1:5060");
	d.source = bed_addr("[2001:db8::1]:5070");
	d.local = bed_addr("127.0.0.1:5060");
	UNIT_TRY(sip_hand_over_pair(ends));
	UNIT_TRY(sip_hand_over_give(ends[0], &d));
	memset(large, 'x', sizeof large);
	d.bytes = sip_str_make(large, sizeof large);
	while (n < 100000 && (err = sip_hand_over_give(ends[0], &d)) == SIP_OK)
		n++;
	UNIT_EQ(err, SIP_E_AGAIN);
	UNIT_CHECK(n > 50);
	close(ends[1]);
	UNIT_EQ(sip_hand_over_give(ends[0], &d), SIP_E_CLOSED);
	d.bytes.len = 65537;
	UNIT_EQ(sip_hand_over_give(ends[0], &d), SIP_E_TOOBIG);
	close(ends[0]);
	err = SIP_OK;
out:
	return err;
}

/* The pair is full before the message is out, and nobody reads: it ends when it is told to, or in time. */
static enum sip_err test_send_when_nobody_reads_then_it_ends_in_time_or_when_told_to(void)
{
	struct sip_hand_over_patience p = { &sip_clock_real, 0, -1 };
	struct sip_hand_over h;
	char *large = sip_alloc_zero(SIP_HAND_OVER_BYTES);
	int ends[2], stop = eventfd(1, EFD_CLOEXEC);
	enum sip_err err;

	pair(ends);
	sip_hand_over_init(&h);
	UNIT_TRY_PTR(large);
	UNIT_TRY(sip_hand_over_add(&h, 1, null_fd(), sip_str_make(large, SIP_HAND_OVER_BYTES)));
	UNIT_EQ(sip_hand_over_send(&h, ends[0], &p), SIP_E_TIMEOUT);
	p = long_enough(stop);
	UNIT_EQ(sip_hand_over_send(&h, ends[0], &p), SIP_E_TIMEOUT);
	p = (struct sip_hand_over_patience){ &sip_clock_real, sip_clock_real.now_us(sip_clock_real.arg) + SIP_MS(20), -1 };
	UNIT_EQ(sip_hand_over_send(&h, ends[0], &p), SIP_E_TIMEOUT); /* half way */
out:
	sip_hand_over_fini(&h);
	sip_free(large);
	close(stop);
	close(ends[0]);
	close(ends[1]);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_receive_when_whole_then_as_it_was_sent),
	UNIT_CASE(test_add_when_there_is_no_more_room_then_limit_and_the_descriptor_is_closed),
	UNIT_CASE(test_receive_when_it_is_not_whole_then_refused_and_nothing_is_left),
	UNIT_CASE(test_receive_when_nothing_comes_then_timeout),
	UNIT_CASE(test_give_when_the_other_side_has_gone_or_does_not_read_then_told),
	UNIT_CASE(test_send_when_nobody_reads_then_it_ends_in_time_or_when_told_to),
};
const struct unit_suite hand_over_suite = { "stack/transport/hand_over", cases, SIP_COUNTOF(cases) };
