/*
 * One repro takes over from another that runs on the same DatabasePath, by the control socket: both halves of the talk. Each line
 * is answered "ok" or with what is wrong, and until the last one the old repro can go on as if nobody had asked:
 *
 *   take-over 1   sockets, claim of the database; the new one opens its transports by them
 *   hold          nothing new is begun, what was is in the database; what is known of nonces, and the key of flow tokens. The new one
 *                 reads the registrations
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

#define STEP_SECONDS 30       /* what one of us may take for a step … */
#define READY_SECONDS 15      /* … and both of us for all that while what is new is held */
#define HOLD_MS 2000          /* for registrations under way */
#define HOLD_FIRST_MS 5       /* each look walks all transactions: … */
#define HOLD_LAST_MS 100      /* … the rests between them grow to this */
#define FLUSH_MS 5000
#define BANS_MOST 16384

enum tag { TAG_LISTENER = 1, TAG_HTTP, TAG_CLAIM, TAG_CONTROL, TAG_DATAGRAMS, TAG_NONCES, TAG_FLOW_TOKENS, TAG_BANS };

/* ---- lines ------------------------------------------------------------------------------------------------------------ */

static void set_patience(int fd)
{
	struct timeval patience = { .tv_sec = STEP_SECONDS };

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

static struct sip_hand_over_patience patience_of(unsigned seconds, int stop_fd)
{
	return (struct sip_hand_over_patience){ &sip_clock_real, sip_clock_real.now_us(sip_clock_real.arg) + SIP_SECONDS(seconds), stop_fd };
}

static bool say(int fd, const char *line)
{
	size_t len = strlen(line);

	return send(fd, line, len, MSG_NOSIGNAL) == (ssize_t)len;
}

enum heard { HEARD, GONE, NOTHING };

/* Without its end; nothing behind it is read. NOTHING: it does not come, or is too long. */
static enum heard hear(int fd, const struct sip_hand_over_patience *p, char line[REPRO__LINE_MAX])
{
	for (size_t len = 0; len < REPRO__LINE_MAX; len++) {
		ssize_t n;

		if (!sip_hand_over_await(fd, POLLIN, p))
			return NOTHING;
		n = recv(fd, line + len, 1, 0);
		if (n != 1)
			return n == 0 || errno == ECONNRESET ? GONE : NOTHING;
		if (line[len] == '\n') {
			line[len] = '\0';
			return HEARD;
		}
	}
	return NOTHING;
}

static bool read_peer(int fd, struct ucred *peer)
{
	socklen_t len = sizeof *peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &len) == 0;
}

/* ---- the old one ------------------------------------------------------------------------------------------------------- */

static enum sip_err add_fd(struct sip_hand_over *out, enum tag tag, int fd)
{
	return fd >= 0 ? sip_hand_over_add(out, (uint16_t)tag, fd, sip_str_make(NULL, 0)) : sip_err_from_errno(errno);
}

static enum sip_err add_copy(struct sip_hand_over *out, enum tag tag, int fd)
{
	return fd >= 0 ? add_fd(out, tag, fcntl(fd, F_DUPFD_CLOEXEC, 0)) : SIP_OK;
}

static enum sip_err add_listeners(struct repro__house *h, struct sip_hand_over *out)
{
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < h->opened->listener_count && err == SIP_OK; i++) {
		int fd = -1;

		if (!h->transports[i] || h->opened->listeners[i].beside >= 0)
			continue;
		err = sip_transport_socket(h->transports[i], &fd);
		if (err == SIP_OK)
			err = add_fd(out, TAG_LISTENER, fd);
	}
	return err;
}

static enum sip_err add_http(struct repro__house *h, struct sip_hand_over *out)
{
	enum sip_err err = SIP_OK;

	for (size_t i = 0; h->admin && i < h->opened->http_bind_count && err == SIP_OK; i++)
		err = add_fd(out, TAG_HTTP, repro_admin_socket(h->admin, i));
	return err;
}

/* Or why not, when `err` says that it is not whole. The message is over with it. */
static bool deliver(struct sip_hand_over *out, enum sip_err err, const char *what, int fd, const struct sip_hand_over_patience *p)
{
	char line[REPRO__LINE_MAX];

	if (err != SIP_OK) {
		(void)snprintf(line, sizeof line, "the repro that runs cannot hand over its %s: %s\n", what, sip_err_text(err));
		(void)say(fd, line);
	} else {
		err = say(fd, "ok\n") ? sip_hand_over_send(out, fd, p) : SIP_E_CLOSED;
	}
	sip_hand_over_fini(out);
	return err == SIP_OK;
}

static bool send_sockets(struct repro__house *h, int fd, const struct sip_hand_over_patience *p, int control_fd, int taking_end)
{
	struct sip_hand_over out;
	enum sip_err err;

	sip_hand_over_init(&out);
	err = add_listeners(h, &out);
	if (err == SIP_OK)
		err = add_http(h, &out);
	if (err == SIP_OK)
		err = add_copy(&out, TAG_CLAIM, repro_store_claim_fd(h->store));
	if (err == SIP_OK)
		err = add_copy(&out, TAG_CONTROL, control_fd);
	if (err == SIP_OK)
		err = add_copy(&out, TAG_DATAGRAMS, taking_end);
	return deliver(&out, err, "sockets", fd, p);
}

/* Registrations that nobody has answered yet are waited for; then everything is in the database. */
static const char *hold(struct repro__house *h, int stop_fd)
{
	const int64_t until_us = sip_clock_real.now_us(sip_clock_real.arg) + SIP_MS(HOLD_MS);
	struct pollfd stop = { .fd = stop_fd, .events = POLLIN };
	int rest = HOLD_FIRST_MS;
	size_t left;

	while ((left = sip_stack_hold(h->stack, SIP_METHOD_REGISTER)) > 0) {
		if (sip_clock_real.now_us(sip_clock_real.arg) >= until_us)
			return left == SIZE_MAX ? "the repro that runs cannot hold what is new"
						: "registrations are under way that do not end: try again";
		if (poll(&stop, 1, rest) > 0)
			return "the repro that runs is being stopped";
		rest = rest < HOLD_LAST_MS / 2 ? rest * 2 : HOLD_LAST_MS;
	}
	if (repro_store_flush(h->store, FLUSH_MS) != SIP_OK || !repro_store_is_healthy(h->store, NULL))
		return "the repro that runs cannot write its database: what it knows would be lost";
	return NULL;
}

static void put_nonces(struct repro__house *h, struct sip_buf *b)
{
	sip_nonces_put(h->nonces, b);
}

static void put_flow_tokens(struct repro__house *h, struct sip_buf *b)
{
	repro_flow_tokens_put_secret(h->tokens, b);
}

static void put_bans(struct repro__house *h, struct sip_buf *b)
{
	sip_stack_put_bans(h->stack, BANS_MOST, b);
}

static enum sip_err add_secret(struct repro__house *h, struct sip_hand_over *out, enum tag tag,
			       void (*put)(struct repro__house *h, struct sip_buf *b))
{
	struct sip_buf b;
	enum sip_err err;

	sip_buf_init(&b, SIP_HAND_OVER_BYTES);
	put(h, &b);
	err = b.err == SIP_OK ? sip_hand_over_add(out, (uint16_t)tag, -1, sip_buf_str(&b)) : b.err;
	if (b.p)
		sip_crypto_wipe(b.p, b.cap);
	sip_buf_fini(&b);
	return err;
}

static bool send_secrets(struct repro__house *h, int fd, const struct sip_hand_over_patience *p)
{
	struct sip_hand_over out;
	enum sip_err err;

	sip_hand_over_init(&out);
	err = add_secret(h, &out, TAG_NONCES, put_nonces);
	if (err == SIP_OK)
		err = add_secret(h, &out, TAG_FLOW_TOKENS, put_flow_tokens);
	(void)add_secret(h, &out, TAG_BANS, put_bans); /* without memory, or room, it goes on without */
	return deliver(&out, err, "secrets", fd, p);
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
	struct sip_hand_over_patience p = patience_of(STEP_SECONDS, stop_fd);
	char line[REPRO__LINE_MAX];
	const char *trouble;

	if (!send_sockets(h, fd, &p, control_fd, taking_end) || hear(fd, &p, line) != HEARD || strcmp(line, "hold") != 0)
		return false;
	p = patience_of(READY_SECONDS, stop_fd);
	trouble = hold(h, stop_fd);
	if (trouble) {
		(void)(say(fd, trouble) && say(fd, "\n"));
		return false;
	}
	return send_secrets(h, fd, &p) && hear(fd, &p, line) == HEARD && strcmp(line, "ready") == 0;
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
		/* Without a word we would be taken for dead. */
		(void)say(fd, "it took too long: the repro that runs goes on\n");
		close(ends[0]);
		SIP_LOG(log, SIP_LOG_ERR, "runner", "process %ld has not taken over: all goes on as before", (long)peer.pid);
		MUST(sip_stack_resume(h->stack) == SIP_OK);
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

/* HEARD: it has carried out this line. What it says otherwise goes to standard error, and is NOTHING. */
static enum heard ask(const struct repro__take_over *t, const char *line)
{
	struct sip_hand_over_patience p = patience_of(STEP_SECONDS, -1);
	char answer[REPRO__LINE_MAX];
	enum heard heard;

	(void)say(t->fd, line); /* to one that has gone as well: it may have said why */
	heard = hear(t->fd, &p, answer);
	if (heard == GONE || (heard == HEARD && strcmp(answer, "ok") == 0))
		return heard;
	(void)complain(heard == HEARD ? answer : "the repro that runs does not answer");
	return NOTHING;
}

static bool is_carried_out(const struct repro__take_over *t, const char *line)
{
	enum heard heard = ask(t, line);

	return heard == HEARD || (heard == GONE && complain("the repro that runs has ended"));
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
	struct sip_hand_over in;
	bool is_done = false;

	if (!t)
		return complain("no memory");
	t->claim_fd = t->control_fd = t->taking_end = -1;
	h->take_over = t;
	sip_hand_over_init(&in);
	t->fd = repro__control_connect(h->config);
	if (t->fd < 0) {
		fprintf(stderr, "repro: cannot take over: nobody runs on DatabasePath %s: %s\n", h->config->set.database_path,
			strerror(errno));
	} else {
		set_patience(t->fd);
		is_done = (is_trusted(t->fd) || complain("another user's process listens on repro.sock")) &&
			  is_carried_out(t, "take-over 1\n") && receive(t, &in) && take_sockets(h, &in);
	}
	sip_hand_over_fini(&in);
	return is_done;
}

void repro__take_over_claim(struct repro__house *h)
{
	repro_store_take_claim(h->store, h->take_over->claim_fd);
	h->take_over->claim_fd = -1;
}

static bool take_secrets(struct repro__house *h, const struct sip_hand_over *in)
{
	size_t nonces = sip_hand_over_find(in, TAG_NONCES, 0), tokens = sip_hand_over_find(in, TAG_FLOW_TOKENS, 0);
	size_t bans = sip_hand_over_find(in, TAG_BANS, 0);

	if (nonces == in->count || sip_nonces_take(h->nonces, sip_hand_over_bytes(in, nonces)) != SIP_OK)
		return complain("what the repro that runs knows of nonces is not to be understood");
	if (tokens == in->count || repro_flow_tokens_take_secret(h->tokens, sip_hand_over_bytes(in, tokens)) != SIP_OK)
		return complain("what the repro that runs knows of flow tokens is not to be understood");
	if (bans < in->count && sip_stack_take_bans(h->stack, sip_hand_over_bytes(in, bans)) != SIP_OK)
		return complain("what the repro that runs knows of bans is not to be understood");
	return true;
}

bool repro__take_over_hold(struct repro__house *h)
{
	struct repro__take_over *t = h->take_over;
	struct sip_hand_over in;
	bool is_done;

	sip_hand_over_init(&in);
	is_done = is_carried_out(t, "hold\n") && receive(t, &in) && take_secrets(h, &in);
	sip_hand_over_fini(&in);
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
	switch (ask(t, "ready\n")) {
	case GONE:
		SIP_LOG(&h->sink.log, SIP_LOG_ERR, "runner", "the repro before us has died: what it was doing is lost");
		break;
	case HEARD:
		break;
	default:
		return false;
	}
	MUST(sip_stack_resume(h->stack) == SIP_OK);
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
	sip_free(t);
}
