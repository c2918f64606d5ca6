/*
 * One repro takes over from another that runs on the same DatabasePath, by the control socket: both halves of the talk. Each line
 * is answered "ok" or with what is wrong, and until the last one the old repro can go on as if nobody had asked:
 *
 *   take-over 1   sockets, claim of the database; the new one opens its transports by them
 *   hold          nothing new is begun, what was is in the database; what is known of nonces. The new one reads the registrations
 *   ready         the old one gives away what is new, and ends what it has
 *
 * The old one's half is on the thread of its control socket, the new one's on the main thread before it serves.
 */
#include "repro/runner/runner_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_MAX_LEN 300
#define STEP_SECONDS 30       /* what one of us may take for a step … */
#define READY_SECONDS 15      /* … and the new one to read the registrations, while what is new is held */
#define HOLD_MS 2000          /* for registrations under way */
#define HOLD_EVERY_MS 5
#define FLUSH_MS 5000

enum tag { TAG_LISTENER = 1, TAG_HTTP, TAG_CLAIM, TAG_CONTROL, TAG_DATAGRAMS, TAG_NONCES };

/* ---- lines ------------------------------------------------------------------------------------------------------------ */

static void set_patience(int fd)
{
	struct timeval patience = { .tv_sec = STEP_SECONDS };

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

static bool say(int fd, const char *line)
{
	size_t len = strlen(line);

	return send(fd, line, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* Without its end; nothing behind it is read. False: it does not come, or is too long. `stop_fd` (-1: none) ends the wait. */
static bool hear(int fd, int stop_fd, int seconds, char line[LINE_MAX_LEN])
{
	for (size_t len = 0; len < LINE_MAX_LEN; len++) {
		struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = stop_fd, .events = POLLIN } };

		if (poll(fds, SIP_COUNTOF(fds), seconds * 1000) <= 0 || fds[1].revents || recv(fd, line + len, 1, 0) != 1)
			return false;
		if (line[len] == '\n') {
			line[len] = '\0';
			return true;
		}
	}
	return false;
}

static bool read_peer(int fd, struct ucred *peer)
{
	socklen_t len = sizeof *peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &len) == 0;
}

/* ---- the old one ------------------------------------------------------------------------------------------------------- */

static void rest_ms(long ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000 };

	(void)nanosleep(&t, NULL);
}

static enum sip_err add_listeners(struct repro__house *h, struct sip_hand_over *out)
{
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < h->opened->listener_count && err == SIP_OK; i++) {
		char text[SIP_ADDR_TEXT];
		int fd = -1;

		if (!h->transports[i] || h->opened->listeners[i].beside >= 0)
			continue;
		err = sip_transport_socket(h->transports[i], &fd);
		if (err == SIP_OK)
			err = sip_hand_over_add(out, TAG_LISTENER, fd,
						sip_str_of(sip_addr_text(sip_transport_bound(h->transports[i]), text)));
	}
	return err;
}

static enum sip_err add_fd(struct sip_hand_over *out, enum tag tag, int fd)
{
	int copy = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;

	if (fd >= 0 && copy < 0)
		return sip_err_from_errno(errno);
	return copy >= 0 ? sip_hand_over_add(out, (uint16_t)tag, copy, sip_str_make(NULL, 0)) : SIP_OK;
}

static enum sip_err add_http(struct repro__house *h, struct sip_hand_over *out)
{
	enum sip_err err = SIP_OK;

	for (size_t i = 0; err == SIP_OK; i++) {
		int fd = repro_admin_socket(h->admin, i);

		if (fd < 0)
			return SIP_OK;
		err = sip_hand_over_add(out, TAG_HTTP, fd, sip_str_make(NULL, 0));
	}
	return err;
}

static bool send_sockets(struct repro__house *h, int fd, int control_fd, int taking_end)
{
	struct sip_hand_over out;
	enum sip_err err;

	sip_hand_over_init(&out);
	err = add_listeners(h, &out);
	if (err == SIP_OK)
		err = add_http(h, &out);
	if (err == SIP_OK)
		err = add_fd(&out, TAG_CLAIM, repro_store_claim_fd(h->store));
	if (err == SIP_OK)
		err = add_fd(&out, TAG_CONTROL, control_fd);
	if (err == SIP_OK)
		err = add_fd(&out, TAG_DATAGRAMS, taking_end);
	if (err == SIP_OK && say(fd, "ok\n"))
		err = sip_hand_over_send(&out, fd);
	sip_hand_over_fini(&out);
	return err == SIP_OK;
}

/* Registrations that nobody has answered yet are waited for; then everything is in the database. */
static const char *hold(struct repro__house *h)
{
	size_t left = SIZE_MAX;

	for (int ms = 0; ms < HOLD_MS && left; ms += HOLD_EVERY_MS) {
		left = sip_stack_hold(h->stack, SIP_METHOD_REGISTER);
		if (left)
			rest_ms(HOLD_EVERY_MS);
	}
	if (left == SIZE_MAX)
		return "the repro that runs cannot hold what is new";
	if (repro_store_flush(h->store, FLUSH_MS) != SIP_OK || !repro_store_is_healthy(h->store, NULL))
		return "the repro that runs cannot write its database: what it knows would be lost";
	return NULL;
}

static bool send_nonces(struct repro__house *h, int fd)
{
	struct sip_hand_over out;
	struct sip_buf b;
	enum sip_err err;

	sip_hand_over_init(&out);
	sip_buf_init(&b, SIP_HAND_OVER_BYTES);
	sip_nonces_put(h->nonces, &b);
	err = b.err == SIP_OK ? sip_hand_over_add(&out, TAG_NONCES, -1, sip_buf_str(&b)) : b.err;
	if (err == SIP_OK && say(fd, "ok\n"))
		err = sip_hand_over_send(&out, fd);
	if (b.p)
		sip_crypto_wipe(b.p, b.cap);
	sip_buf_fini(&b);
	sip_hand_over_fini(&out);
	return err == SIP_OK;
}

static bool may_take_over(int fd, struct ucred *peer)
{
	if (read_peer(fd, peer) && (peer->uid == geteuid() || peer->uid == 0))
		return true;
	(void)say(fd, "only the user this repro runs as may take over from it\n");
	return false;
}

/* All up to the point of no return. */
static bool prepare(struct repro__house *h, int fd, int control_fd, int stop_fd, int taking_end)
{
	char line[LINE_MAX_LEN];
	const char *trouble;

	if (!send_sockets(h, fd, control_fd, taking_end) || !hear(fd, stop_fd, STEP_SECONDS, line) || strcmp(line, "hold") != 0)
		return false;
	trouble = hold(h);
	if (trouble) {
		(void)(say(fd, trouble) && say(fd, "\n"));
		return false;
	}
	return send_nonces(h, fd) && hear(fd, stop_fd, READY_SECONDS, line) && strcmp(line, "ready") == 0;
}

static void tell_main(struct repro__house *h, pid_t successor)
{
	h->successor = successor;
	__atomic_store_n(&h->is_taken_over, true, __ATOMIC_RELEASE);
	MUST(kill(getpid(), REPRO__TAKEN_OVER_SIGNAL) == 0);
}

bool repro__take_over_serve(struct repro__house *h, struct sip_str version, int fd, int control_fd, int stop_fd)
{
	struct sip_log *log = &h->sink.log;
	struct ucred peer;
	int ends[2];

	if (!may_take_over(fd, &peer))
		return false;
	if (!sip_str_eq(version, SIP_STR("1"))) {
		(void)say(fd, "the repro that runs knows another way to be taken over from: stop it and start the new one\n");
		return false;
	}
	if (sip_hand_over_pair(ends) != SIP_OK) {
		(void)say(fd, "the repro that runs has no descriptors left\n");
		return false;
	}
	set_patience(fd);
	SIP_LOG(log, SIP_LOG_NOTICE, "runner", "process %ld wants to take over", (long)peer.pid);
	bool is_given = prepare(h, fd, control_fd, stop_fd, ends[1]) && sip_stack_give(h->stack, ends[0]) == SIP_OK;
	close(ends[1]);
	if (!is_given) {
		close(ends[0]);
		SIP_LOG(log, SIP_LOG_ERR, "runner", "process %ld has not taken over: all goes on as before", (long)peer.pid);
		if (sip_stack_resume(h->stack) != SIP_OK)
			SIP_LOG(log, SIP_LOG_ERR, "runner", "no memory to go on with what was held");
		return false;
	}
	repro_store_stop(h->store); /* it is the other's to write */
	if (!say(fd, "ok\n"))
		SIP_LOG(log, SIP_LOG_WARNING, "runner", "process %ld did not wait for our last word", (long)peer.pid);
	tell_main(h, peer.pid);
	return true;
}

/* ---- the new one --------------------------------------------------------------------------------------------------------- */

struct repro__take_over {
	int fd;             /* owned: the talk */
	int claim_fd;       /* owned until …_claim */
	int control_fd;     /* owned until the control socket is ours */
	int taking_end;     /* owned until the stack takes from it */
};

static bool complain(const char *what)
{
	fprintf(stderr, "repro: cannot take over: %s\n", what);
	return false;
}

/* It has carried out this line; what it says otherwise goes to standard error. */
static bool ask(const struct repro__take_over *t, const char *line)
{
	char answer[LINE_MAX_LEN];

	if (!say(t->fd, line) || !hear(t->fd, -1, STEP_SECONDS, answer))
		return complain("the repro that runs does not answer");
	return strcmp(answer, "ok") == 0 || complain(answer);
}

static bool receive(const struct repro__take_over *t, struct sip_hand_over *in)
{
	enum sip_err err = sip_hand_over_receive(in, t->fd);

	return err == SIP_OK || complain(sip_err_text(err));
}

static int take_first(struct sip_hand_over *in, enum tag tag)
{
	size_t i = sip_hand_over_find(in, (uint16_t)tag, 0);

	return i < in->count ? sip_hand_over_take_fd(in, i) : -1;
}

static void match_http(struct repro__house *h, int fd)
{
	size_t i = fd >= 0 ? repro__inherited_find_http(h->config, fd) : REPRO_SERVERS_MAX;

	if (i < h->config->http_bind_count && h->http_fds[i] < 0)
		h->http_fds[i] = fd;
	else if (fd >= 0)
		close(fd);
}

static bool take_sockets(struct repro__house *h, struct sip_hand_over *in)
{
	struct repro__take_over *t = h->take_over;

	for (size_t i = 0; i < in->count; i++) {
		if (in->items[i].tag == TAG_LISTENER)
			repro__inherited_offer(&h->inherited, h->config, sip_hand_over_take_fd(in, i));
		else if (in->items[i].tag == TAG_HTTP)
			match_http(h, sip_hand_over_take_fd(in, i));
	}
	t->claim_fd = take_first(in, TAG_CLAIM);
	t->control_fd = take_first(in, TAG_CONTROL);
	t->taking_end = take_first(in, TAG_DATAGRAMS);
	if (t->control_fd < 0 || t->taking_end < 0)
		return complain("the repro that runs has not handed over all there should be");
	return true;
}

/* Its word goes for sockets and secrets: it runs as we do, or we are root and may have told it to become another. */
static bool is_trusted(int fd)
{
	struct ucred peer;

	return read_peer(fd, &peer) && (peer.uid == geteuid() || geteuid() == 0);
}

bool repro__take_over_begin(struct repro__house *h)
{
	struct repro__take_over *t = sip_alloc_zero(sizeof *t);
	struct sip_hand_over *in = sip_alloc(sizeof *in);
	bool is_done = false;

	if (!t || !in) {
		sip_free(t);
		sip_free(in);
		return complain("no memory");
	}
	t->claim_fd = t->control_fd = t->taking_end = -1;
	h->take_over = t;
	sip_hand_over_init(in);
	t->fd = repro__control_connect(h->config);
	if (t->fd < 0) {
		fprintf(stderr, "repro: cannot take over: nobody runs on DatabasePath %s: %s\n", h->config->set.database_path,
			strerror(errno));
	} else {
		set_patience(t->fd);
		is_done = (is_trusted(t->fd) || complain("another user's process listens on repro.sock")) && ask(t, "take-over 1\n") &&
			  receive(t, in) && take_sockets(h, in);
	}
	sip_hand_over_fini(in);
	sip_free(in);
	return is_done;
}

void repro__take_over_claim(struct repro__house *h)
{
	repro_store_take_claim(h->store, h->take_over->claim_fd);
	h->take_over->claim_fd = -1;
}

bool repro__take_over_hold(struct repro__house *h)
{
	struct repro__take_over *t = h->take_over;
	struct sip_hand_over *in = sip_alloc(sizeof *in);
	bool is_done = false;
	size_t i;

	if (!in)
		return complain("no memory");
	sip_hand_over_init(in);
	if (ask(t, "hold\n") && receive(t, in)) {
		i = sip_hand_over_find(in, TAG_NONCES, 0);
		is_done = (i < in->count && sip_nonces_take(h->nonces, sip_hand_over_bytes(in, i)) == SIP_OK) ||
			  complain("what the repro that runs knows of nonces is not to be understood");
	}
	sip_hand_over_fini(in);
	sip_free(in);
	/* What comes to us before it is sure that we take over is not begun. */
	if (is_done)
		(void)sip_stack_hold(h->stack, SIP_METHOD_REGISTER);
	return is_done;
}

bool repro__take_over_finish(struct repro__house *h)
{
	struct repro__take_over *t = h->take_over;

	if (sip_stack_take(h->stack, t->taking_end) != SIP_OK)
		return complain("no memory");
	t->taking_end = -1;
	if (!ask(t, "ready\n"))
		return false;
	if (sip_stack_resume(h->stack) != SIP_OK)
		return complain("no memory");
	return true;
}

int repro__take_over_control_fd(struct repro__house *h)
{
	int fd = h->take_over ? h->take_over->control_fd : -1;

	if (h->take_over)
		h->take_over->control_fd = -1;
	return fd;
}

void repro__take_over_end(struct repro__house *h)
{
	struct repro__take_over *t = h->take_over;

	if (!t)
		return;
	const int fds[] = { t->fd, t->claim_fd, t->control_fd, t->taking_end };

	h->take_over = NULL;
	for (size_t i = 0; i < SIP_COUNTOF(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	sip_crypto_wipe(t, sizeof *t);
	sip_free(t);
}
