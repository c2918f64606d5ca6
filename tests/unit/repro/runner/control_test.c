/* repro/runner/control: what a client is told, and that none holds the thread; with a clock and a kernel that do as the test wants. */
#include "tests/support/unit.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static int fake_polls; /* 0: the kernel's; else the next is the so-and-so-many-th */
static nfds_t rested_on;
static int rested_ms;

/* Somebody comes; then what is slept on; then the end. */
static int fake_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	switch (fake_polls) {
	case 1:
		fds[0].revents = POLLIN;
		break;
	case 2:
		rested_on = count;
		rested_ms = timeout;
		break;
	case 3:
		fds[count - 1].revents = POLLIN;
		break;
	default:
		return poll(fds, count, timeout);
	}
	return fake_polls++ != 2;
}

static int fake_accept4(int fd, void *from, void *len, int flags)
{
	(void)fd;
	(void)from;
	(void)len;
	(void)flags;
	errno = EMFILE;
	return -1;
}
#define poll fake_poll
#define accept4 fake_accept4
#include "repro/runner/control.c"
#undef poll
#undef accept4

static struct repro__house house; /* without a stack: large, and only asked for its log */

struct line {
	struct repro__control control;
	int ends[2];      /* repro's, the client's */
	int64_t now;
	unsigned dripped; /* bytes the clock has sent */
};

/* Each time it is asked half a second has passed, and the client has sent one byte more. */
static int64_t drip(void *arg)
{
	struct line *l = arg;

	UNIT_EQ(send(l->ends[1], "x", 1, MSG_NOSIGNAL), 1);
	l->dripped++;
	l->now += SIP_MS(500);
	return l->now;
}

static void line_open(struct line *l)
{
	memset(l, 0, sizeof *l);
	house.sink.log.level = SIP_LOG_NONE;
	l->control.house = &house;
	l->control.clock = &sip_clock_real;
	l->control.stop_fd = eventfd(0, EFD_CLOEXEC);
	UNIT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, l->ends), 0);
}

/* What the client has been answered. */
static struct sip_str line_close(struct line *l, char room[100])
{
	ssize_t n = recv(l->ends[1], room, 100, MSG_DONTWAIT);

	close(l->ends[0]);
	close(l->ends[1]);
	close(l->control.stop_fd);
	return sip_str_make(room, n > 0 ? (size_t)n : 0);
}

static enum sip_err test_serve_when_a_client_asks_nonsense_then_it_is_told(void)
{
	static const struct {
		const char *asked, *answered;
	} rows[] = {
		{ "\n", "no such command\n" },
		{ "--bans\n", "no such command\n" },
		{ "bansx\n", "no such command\n" },
		{ "unban nobody\n", "expected an address, as in 192.0.2.1 or 2001:db8::1\n" },
	};
	char room[100];
	struct line l;

	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		line_open(&l);
		UNIT_EQ(send(l.ends[1], rows[i].asked, strlen(rows[i].asked), 0), strlen(rows[i].asked));
		serve(&l.control, l.ends[0]);
		UNIT_STR(line_close(&l, room), rows[i].answered);
	}
	return SIP_OK;
}

static enum sip_err test_serve_when_there_is_no_memory_then_that_is_the_answer(void)
{
	static const char *const lines[] = { "bans\n", "nonsense\n" };
	char room[100];
	struct line l;

	for (size_t i = 0; i < SIP_COUNTOF(lines); i++) {
		line_open(&l);
		UNIT_EQ(send(l.ends[1], lines[i], strlen(lines[i]), 0), strlen(lines[i]));
		sip_mem_fail_at(1);
		serve(&l.control, l.ends[0]);
		sip_mem_fail_at(0);
		UNIT_STR(line_close(&l, room), "no memory\n");
	}
	return SIP_OK;
}

static enum sip_err test_serve_when_a_line_comes_by_drips_then_all_of_it_has_two_seconds(void)
{
	char room[100];
	struct line l;
	const struct sip_clock dripping = { drip, drip, &l };

	line_open(&l);
	l.control.clock = &dripping;
	serve(&l.control, l.ends[0]);
	UNIT_EQ(l.dripped, 5);
	UNIT_STR(line_close(&l, room), "");
	return SIP_OK;
}

static enum sip_err test_serve_when_told_to_stop_then_nobody_is_waited_for(void)
{
	uint64_t one = 1;
	char room[100];
	struct line l;
	struct sip_clock_virtual still;

	sip_clock_virtual_init(&still, 0);
	line_open(&l);
	l.control.clock = &still.clock;
	UNIT_EQ(write(l.control.stop_fd, &one, sizeof one), sizeof one);
	serve(&l.control, l.ends[0]);
	UNIT_STR(line_close(&l, room), "");
	return SIP_OK;
}

static enum sip_err test_turn_when_no_descriptor_is_left_then_it_rests_for_all_but_the_end(void)
{
	struct line l;
	char room[100];

	line_open(&l);
	fake_polls = 1;
	UNIT_CHECK(turn(&l.control) == NULL);
	fake_polls = 0;
	UNIT_EQ(rested_on, 1);
	UNIT_EQ(rested_ms, 100);
	(void)line_close(&l, room);
	return SIP_OK;
}

static enum sip_err test_options_when_named_as_commands_then_with_their_dashes_alone(void)
{
	UNIT_CHECK(repro_control_is_command("--bans"));
	UNIT_CHECK(repro_control_is_command("--unban"));
	UNIT_CHECK(!repro_control_is_command("bans"));
	UNIT_CHECK(!repro_control_is_command("--"));
	UNIT_CHECK(!repro_control_is_command("--ban"));
	return SIP_OK;
}

int main(int argc, char **argv)
{
	static const struct unit_case cases[] = {
		UNIT_CASE_NO_OOM(test_serve_when_a_client_asks_nonsense_then_it_is_told), /* the next case has its failures */
		UNIT_CASE_NO_OOM(test_serve_when_there_is_no_memory_then_that_is_the_answer),
		UNIT_CASE(test_serve_when_a_line_comes_by_drips_then_all_of_it_has_two_seconds),
		UNIT_CASE(test_serve_when_told_to_stop_then_nobody_is_waited_for),
		UNIT_CASE(test_turn_when_no_descriptor_is_left_then_it_rests_for_all_but_the_end),
		UNIT_CASE(test_options_when_named_as_commands_then_with_their_dashes_alone),
	};
	static const struct unit_suite suite = { "repro/runner/control", cases, SIP_COUNTOF(cases) };
	static const struct unit_suite *const suites[] = { &suite };
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
