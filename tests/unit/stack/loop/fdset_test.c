/* The select-style set: growth, high descriptors, waiting. */
#include "tests/unit/stack/loop/loop_test.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static bool allow(rlim_t least)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return false;
	if (r.rlim_cur >= least)
		return true;
	if (r.rlim_max < least)
		return false;
	r.rlim_cur = least;
	return setrlimit(RLIMIT_NOFILE, &r) == 0;
}

static enum sip_err test_fdset_when_many_are_added_then_finds_each(void)
{
	enum sip_err err = SIP_OK;
	struct sip_fdset s;
	sip_fdset_init(&s);
	for (int i = 0; i < 500; i++)
		UNIT_TRY(sip_fdset_add(&s, i * 7, SIP_IO_READ));
	UNIT_EQ(s.count, 500);
	UNIT_TRY(sip_fdset_add(&s, 70, SIP_IO_WRITE));
	UNIT_EQ(s.count, 500);
	UNIT_EQ(s.items[10].fd, 70);
	UNIT_EQ(s.items[10].events, POLLIN | POLLRDHUP | POLLOUT);
	s.items[10].revents = POLLOUT;
	s.items[11].revents = POLLHUP;
	UNIT_EQ(sip_fdset_ready(&s, 70), SIP_IO_WRITE);
	UNIT_EQ(sip_fdset_ready(&s, 77), SIP_IO_ERROR);
	UNIT_EQ(sip_fdset_ready(&s, 71), 0);
	UNIT_EQ(sip_fdset_ready(&s, -1), 0);
	UNIT_EQ(sip_fdset_ready(&s, 1 << 30), 0);
	UNIT_EQ(sip_fdset_add(&s, -1, SIP_IO_READ), SIP_E_INVAL);
	sip_fdset_clear(&s);
	UNIT_EQ(s.count, 0);
	UNIT_EQ(sip_fdset_ready(&s, 70), 0);
	UNIT_TRY(sip_fdset_add(&s, 70, SIP_IO_READ));
	UNIT_EQ(s.items[0].events, POLLIN | POLLRDHUP);
	UNIT_EQ(s.items[0].revents, 0);
out:
	sip_fdset_fini(&s);
	return err;
}

static enum sip_err test_fdset_when_a_descriptor_is_beyond_selects_ceiling_then_works(void)
{
	enum sip_err err = SIP_OK;
	struct sip_fdset s;
	int pair[2] = { -1, -1 }, high = -1;
	sip_fdset_init(&s);
	if (!allow(2100))
		return SIP_OK;
	UNIT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	high = dup2(pair[0], 2000);
	UNIT_EQ(high, 2000);
	UNIT_TRY(sip_fdset_add(&s, high, SIP_IO_READ));
	UNIT_EQ(sip_fdset_wait(&s, 0), SIP_OK);
	UNIT_EQ(sip_fdset_ready(&s, high), 0);
	UNIT_EQ(write(pair[1], "x", 1), 1);
	UNIT_EQ(sip_fdset_wait(&s, -1), SIP_OK);
	UNIT_EQ(sip_fdset_ready(&s, high), SIP_IO_READ);
	close(pair[1]);
	pair[1] = -1;
	UNIT_EQ(sip_fdset_wait(&s, -1), SIP_OK);
	UNIT_EQ(sip_fdset_ready(&s, high), SIP_IO_READ | SIP_IO_ERROR);
out:
	close(high);
	close(pair[0]);
	if (pair[1] >= 0)
		close(pair[1]);
	sip_fdset_fini(&s);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_fdset_when_many_are_added_then_finds_each),
	UNIT_CASE(test_fdset_when_a_descriptor_is_beyond_selects_ceiling_then_works),
};
SUITE(fdset);
