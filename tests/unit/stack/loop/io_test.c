/* Descriptors on a loop, by every poller and by the select-style face: each case runs in all these ways. */
#include "tests/unit/stack/loop/loop_test.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum way { BY_EPOLL, BY_POLL, BY_FDSET_EPOLL, BY_FDSET_POLL, WAYS };
enum { PEERS = 40 };

struct peer {
	struct sip_io io;
	int far; /* the other end */
	unsigned seen;
	int calls;
	struct place *place;
	struct peer *removes;  /* in the call-back */
	struct peer *replaces; /* and puts this in its slot */
};

struct place {
	struct sip_loop *loop;
	struct sip_fdset set;
	enum way way;
	struct peer peers[PEERS];
	size_t count;
	struct sip_timer timer;
	int fired;
};
static struct place p;

static void on_io(void *arg, unsigned events)
{
	struct peer *k = arg;
	char c[8];
	k->seen = events;
	k->calls++;
	if (k->removes) {
		sip_loop_remove_io(k->place->loop, &k->removes->io);
		k->removes = NULL;
	}
	if (k->replaces) {
		enum sip_err err = sip_loop_add_io(k->place->loop, &k->replaces->io, SIP_IO_READ);
		UNIT_EQ(err, SIP_OK);
		k->replaces = NULL;
	}
	if ((events & SIP_IO_READ) && recv(k->io.fd, c, sizeof c, MSG_DONTWAIT) < 0)
		UNIT_CHECK(events & SIP_IO_ERROR);
}

static void on_timer(void *arg)
{
	struct place *k = arg;
	k->fired++;
}

static enum sip_err begin(enum way way, size_t count)
{
	struct sip_loop_options o;
	memset(&p, 0, sizeof p);
	p.way = way;
	sip_fdset_init(&p.set);
	sip_timer_init(&p.timer, on_timer, &p);
	sip_loop_options_init(&o);
	o.poll = way == BY_EPOLL || way == BY_FDSET_EPOLL ? SIP_POLL_EPOLL : SIP_POLL_POLL;
	for (p.count = 0; p.count < count; p.count++) {
		int pair[2];
		UNIT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
		sip_io_init(&p.peers[p.count].io, pair[0], on_io, &p.peers[p.count]);
		p.peers[p.count].far = pair[1];
		p.peers[p.count].place = &p;
	}
	return sip_loop_create(&o, &p.loop);
}

static void hang_up(struct peer *k)
{
	if (k->far >= 0)
		close(k->far);
	k->far = -1;
}

static void end(void)
{
	for (size_t i = 0; i < p.count; i++) {
		if (p.loop)
			sip_loop_remove_io(p.loop, &p.peers[i].io);
		close(p.peers[i].io.fd);
		hang_up(&p.peers[i]);
	}
	if (p.loop)
		sip_loop_disarm(p.loop, &p.timer);
	sip_fdset_fini(&p.set);
	sip_loop_unref(&p.loop);
}

/* One turn that sleeps at most so long. */
static enum sip_err turn(int64_t most_us)
{
	if (p.way == BY_EPOLL || p.way == BY_POLL)
		return sip_loop_turn(p.loop, most_us);
	sip_fdset_clear(&p.set);
	enum sip_err err = sip_loop_build_fdset(p.loop, &p.set);
	int64_t sleep = sip_loop_sleep_us(p.loop);
	if (err == SIP_OK)
		err = sip_fdset_wait(&p.set, sleep >= 0 && (most_us < 0 || sleep < most_us) ? sleep : most_us);
	return err == SIP_OK ? sip_loop_process_fdset(p.loop, &p.set) : err;
}

static void send_to(struct peer *k)
{
	UNIT_EQ(send(k->far, "x", 1, MSG_NOSIGNAL), 1);
}

static enum sip_err watch_many(enum way way)
{
	enum sip_err err;
	UNIT_TRY(begin(way, PEERS));
	for (size_t i = 0; i < PEERS; i++)
		UNIT_TRY(sip_loop_add_io(p.loop, &p.peers[i].io, SIP_IO_READ));
	send_to(&p.peers[0]);
	send_to(&p.peers[PEERS - 1]);
	UNIT_TRY(turn(-1));
	UNIT_EQ(p.peers[0].calls, 1);
	UNIT_EQ(p.peers[0].seen, SIP_IO_READ);
	UNIT_EQ(p.peers[1].calls, 0);
	UNIT_EQ(p.peers[PEERS - 1].calls, 1);
	UNIT_TRY(sip_loop_change_io(p.loop, &p.peers[1].io, SIP_IO_WRITE));
	UNIT_TRY(turn(-1));
	UNIT_EQ(p.peers[1].seen, SIP_IO_WRITE);
	UNIT_TRY(sip_loop_change_io(p.loop, &p.peers[1].io, 0));
	UNIT_TRY(turn(0));
	UNIT_EQ(p.peers[1].calls, 1);
	sip_loop_remove_io(p.loop, &p.peers[1].io);
	sip_loop_remove_io(p.loop, &p.peers[1].io);
out:
	end();
	return err;
}

static enum sip_err remove_inside(enum way way)
{
	enum sip_err err;
	UNIT_TRY(begin(way, 4));
	for (size_t i = 0; i < 2; i++) {
		UNIT_TRY(sip_loop_add_io(p.loop, &p.peers[i].io, SIP_IO_READ));
		p.peers[i].removes = &p.peers[1 - i];
	}
	/* Whichever comes first removes the other and puts a new one in its slot, which has nothing to read. */
	p.peers[0].replaces = &p.peers[2];
	p.peers[1].replaces = &p.peers[3];
	send_to(&p.peers[0]);
	send_to(&p.peers[1]);
	UNIT_TRY(turn(-1));
	UNIT_TRY(turn(0));
	UNIT_EQ(p.peers[0].calls + p.peers[1].calls, 1);
	UNIT_EQ(p.peers[2].calls + p.peers[3].calls, 0);
out:
	end();
	return err;
}

static enum sip_err remove_itself(enum way way)
{
	enum sip_err err;
	UNIT_TRY(begin(way, 1));
	UNIT_TRY(sip_loop_add_io(p.loop, &p.peers[0].io, SIP_IO_READ));
	p.peers[0].removes = &p.peers[0];
	send_to(&p.peers[0]);
	UNIT_TRY(turn(-1));
	send_to(&p.peers[0]);
	UNIT_TRY(turn(0));
	UNIT_EQ(p.peers[0].calls, 1);
out:
	end();
	return err;
}

static enum sip_err hear_a_hang_up(enum way way)
{
	enum sip_err err;
	UNIT_TRY(begin(way, 2));
	UNIT_TRY(sip_loop_add_io(p.loop, &p.peers[0].io, SIP_IO_READ));
	UNIT_TRY(sip_loop_add_io(p.loop, &p.peers[1].io, 0));
	hang_up(&p.peers[0]);
	UNIT_TRY(turn(-1));
	UNIT_EQ(p.peers[0].seen, SIP_IO_READ | SIP_IO_ERROR);
	sip_loop_remove_io(p.loop, &p.peers[0].io);
	/* The peer ends its half: of no interest to one that does not read now. */
	UNIT_EQ(shutdown(p.peers[1].far, SHUT_WR), 0);
	UNIT_TRY(turn(0));
	UNIT_EQ(p.peers[1].calls, 0);
	UNIT_TRY(sip_loop_change_io(p.loop, &p.peers[1].io, SIP_IO_READ));
	UNIT_TRY(turn(-1));
	UNIT_EQ(p.peers[1].seen, SIP_IO_READ | SIP_IO_ERROR);
out:
	end();
	return err;
}

static enum sip_err wake_by_timer_or_wake(enum way way)
{
	enum sip_err err;
	UNIT_TRY(begin(way, 0));
	sip_loop_arm(p.loop, &p.timer, SIP_MS(2));
	int64_t sleep = sip_loop_sleep_us(p.loop);
	UNIT_CHECK(sleep >= 0 && sleep <= SIP_MS(3));
	for (int i = 0; i < 10 && p.fired == 0; i++)
		UNIT_TRY(turn(-1));
	UNIT_EQ(p.fired, 1);
	UNIT_EQ(sip_loop_sleep_us(p.loop), -1);
	sip_loop_wake(p.loop);
	UNIT_EQ(sip_loop_sleep_us(p.loop), 0);
	UNIT_TRY(turn(-1));
	UNIT_TRY(turn(0));
	UNIT_EQ(sip_loop_sleep_us(p.loop), -1);
out:
	end();
	return err;
}

static enum sip_err in_every_way(enum sip_err (*fn)(enum way way))
{
	enum sip_err err = SIP_OK;
	for (int way = 0; way < WAYS && err == SIP_OK; way++)
		err = fn((enum way)way);
	return err;
}

static enum sip_err test_io_when_many_are_watched_then_the_ready_are_told(void)
{
	return in_every_way(watch_many);
}

static enum sip_err test_io_when_another_removes_it_then_no_stale_event_comes(void)
{
	return in_every_way(remove_inside);
}

static enum sip_err test_io_when_it_removes_itself_then_no_more_events_come(void)
{
	return in_every_way(remove_itself);
}

static enum sip_err test_io_when_the_peer_hangs_up_then_is_told_to_read_the_end(void)
{
	return in_every_way(hear_a_hang_up);
}

static enum sip_err test_io_when_only_a_timer_or_a_wake_comes_then_the_sleep_ends(void)
{
	return in_every_way(wake_by_timer_or_wake);
}

static enum sip_err test_io_when_there_is_no_poller_then_is_refused(void)
{
	struct still s;
	struct sip_io io;
	struct sip_fdset set;
	enum sip_err err;
	sip_fdset_init(&set);
	UNIT_TRY(still_init(&s));
	sip_io_init(&io, 0, on_io, NULL);
	err = sip_loop_add_io(s.loop, &io, SIP_IO_READ);
	UNIT_CHECK(err == SIP_E_UNSUPPORTED);
	UNIT_TRY(sip_loop_build_fdset(s.loop, &set));
	UNIT_EQ(set.count, 0);
	UNIT_EQ(sip_loop_fd(s.loop), -1);
	UNIT_EQ(sip_loop_process_fdset(s.loop, NULL), SIP_OK);
out:
	still_fini(&s);
	return err == SIP_E_UNSUPPORTED ? SIP_OK : err;
}

static enum sip_err test_io_when_the_wake_is_a_pipe_then_it_never_blocks(void)
{
	struct sip__wake w;
	char c;
	UNIT_EQ(sip__wake_open_pipe(&w), SIP_OK);
	for (int i = 0; i < 20000; i++)
		sip__wake_signal(&w);
	sip__wake_drain(&w);
	UNIT_CHECK(read(w.reader, &c, 1) < 0);
	sip__wake_close(&w);
	sip__wake_close(&w);
	sip__wake_signal(&w);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_io_when_many_are_watched_then_the_ready_are_told),
	UNIT_CASE(test_io_when_another_removes_it_then_no_stale_event_comes),
	UNIT_CASE(test_io_when_it_removes_itself_then_no_more_events_come),
	UNIT_CASE(test_io_when_the_peer_hangs_up_then_is_told_to_read_the_end),
	UNIT_CASE(test_io_when_only_a_timer_or_a_wake_comes_then_the_sleep_ends),
	UNIT_CASE(test_io_when_there_is_no_poller_then_is_refused),
	UNIT_CASE(test_io_when_the_wake_is_a_pipe_then_it_never_blocks),
};
SUITE(io);
