/*
 * Commands to a running repro: a Unix socket in the DatabasePath, for the user repro runs as alone (mode 0600). One line asks; the
 * answer is "ok" or what is wrong, then text to the end. A command is a row of the table below. Its own thread, one peer at a time,
 * none for long.
 */
#include "repro/runner/runner_priv.h"

#include "stack/loop/clock.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_NAME "repro.sock"
#define TAKE_OVER "take-over " /* then the version; see take_over.c */
#define BACKLOG 8
#define PEER_SECONDS 2 /* for all of a command */
#define ASK_SECONDS (PEER_SECONDS * (BACKLOG + 2)) /* so many may be served before us */
#define REST_MS 100
#define BANS_SHOWN 4096
#define NO_MEMORY "no memory\n"

struct repro__control {
	struct repro__house *house; /* lent: it owns us */
	char path[sizeof((struct sockaddr_un *)0)->sun_path];
	pthread_t thread;
	const struct sip_clock *clock; /* lent, outlives us */
	int listen_fd, stop_fd;
	bool is_others; /* the thread's while it runs: another repro listens there now */
};

/* ---- the line between them ------------------------------------------------------------------------------------- */

struct peer {
	int fd; /* lent */
	struct sip_hand_over_patience patience; /* whatever it has said so far */
};

static void peer_init(struct peer *p, int fd, int stop_fd, const struct sip_clock *clock, unsigned seconds)
{
	*p = (struct peer){ fd, { clock, clock->now_us(clock->arg) + SIP_SECONDS(seconds), stop_fd } };
}

static bool peer_await(const struct peer *p, short events)
{
	return sip_hand_over_await(p->fd, events, &p->patience);
}

/* 0: it has said all it will; <0: it is gone, or late. */
static ssize_t peer_read(const struct peer *p, char *room, size_t len)
{
	return peer_await(p, POLLIN) ? recv(p->fd, room, len, MSG_DONTWAIT) : -1;
}

static bool peer_send(const struct peer *p, struct sip_str text)
{
	while (text.len) {
		ssize_t n = peer_await(p, POLLOUT) ? send(p->fd, text.p, text.len, MSG_NOSIGNAL | MSG_DONTWAIT) : -1;

		if (n <= 0)
			return false;
		text = sip_str_from(text, (size_t)n);
	}
	return true;
}

/* ---- the commands ------------------------------------------------------------------------------------------------ */

static void show_bans(struct repro__house *h, struct sip_str argument, struct sip_buf *out)
{
	struct sip_ban *bans = sip_alloc(BANS_SHOWN * sizeof *bans);
	size_t count = bans ? sip_stack_list_bans(h->stack, bans, BANS_SHOWN) : 0;

	(void)argument;
	sip_buf_put_z(out, bans ? "ok\n" : NO_MEMORY);
	for (size_t i = 0; i < count; i++) {
		sip_addr_put_host(out, &bans[i].source);
		sip_buf_putf(out, "%s for %u s, ban %u%s\n", sip_addr_family(&bans[i].source) == AF_INET6 ? "/64" : "", bans[i].left_s,
			     bans[i].times, bans[i].is_datagrams_only ? ", datagrams only" : "");
	}
	sip_free(bans);
}

static void lift_ban(struct repro__house *h, struct sip_str argument, struct sip_buf *out)
{
	struct sip_str host = sip_str_make(argument.p, sip_str_find(argument, '/'));
	struct sip_addr a;
	enum sip_err err = sip_addr_parse(&a, host, 0);

	if (err != SIP_OK) {
		sip_buf_put_z(out, "expected an address, as in 192.0.2.1 or 2001:db8::1\n");
		return;
	}
	err = sip_stack_unban(h->stack, &a);
	sip_buf_putf(out, "%s\n", err == SIP_OK ? "ok" : sip_err_text(err));
}

struct command {
	const char *name; /* on the socket; with two dashes before it on the command line */
	int arguments;
	void (*run)(struct repro__house *h, struct sip_str argument, struct sip_buf *out);
};
static const struct command commands[] = {
	{ "bans", 0, show_bans },
	{ "unban", 1, lift_ban },
};

static const struct command *find(struct sip_str name)
{
	for (size_t i = 0; i < SIP_COUNTOF(commands); i++)
		if (sip_str_eq(name, sip_str_of(commands[i].name)))
			return &commands[i];
	return NULL;
}

/* ---- the running one --------------------------------------------------------------------------------------------- */

static void answer(struct repro__house *h, struct sip_str line, struct sip_buf *out)
{
	struct sip_str name = sip_str_make(line.p, sip_str_find(line, ' '));
	const struct command *command = find(name);

	if (command)
		command->run(h, sip_str_trim(sip_str_from(line, name.len)), out);
	else
		sip_buf_put_z(out, "no such command\n");
}

/* True: another repro has taken over. */
static bool serve(struct repro__control *c, int fd)
{
	char line[REPRO__LINE_MAX];
	size_t len = 0;
	struct peer p;
	struct sip_buf out;
	struct sip_str said;

	peer_init(&p, fd, c->stop_fd, c->clock, PEER_SECONDS);
	while (len < sizeof line && !memchr(line, '\n', len)) {
		ssize_t n = peer_read(&p, line + len, sizeof line - len);

		if (n <= 0)
			return false;
		len += (size_t)n;
	}
	said = sip_str_make(line, sip_str_find(sip_str_make(line, len), '\n'));
	if (sip_str_starts_nocase(said, SIP_STR(TAKE_OVER)))
		return repro__take_over_serve(c->house, sip_str_from(said, sizeof TAKE_OVER - 1), fd, c->listen_fd, c->stop_fd);
	sip_buf_init(&out, 0);
	answer(c->house, said, &out);
	if (!peer_send(&p, out.err == SIP_OK ? sip_buf_str(&out) : SIP_STR(NO_MEMORY)))
		SIP_LOG(&c->house->sink.log, SIP_LOG_INFO, "runner", "who asked on %s did not wait for the answer", c->path);
	sip_buf_fini(&out);
	return false;
}

static void *turn(void *arg)
{
	struct repro__control *c = arg;
	struct pollfd fds[] = { { .fd = c->listen_fd, .events = POLLIN }, { .fd = c->stop_fd, .events = POLLIN } };

	for (;;) {
		int fd;

		if (poll(fds, SIP_COUNTOF(fds), -1) < 0 && errno != EINTR)
			return NULL;
		if (fds[1].revents)
			return NULL;
		fd = accept4(c->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0) {
			/* Without a descriptor for it whoever waits would wake us all the time. */
			(void)poll(&fds[1], 1, REST_MS);
			continue;
		}
		c->is_others = serve(c, fd);
		close(fd);
		if (c->is_others)
			return NULL;
	}
}

static bool fill_path(const struct repro_config *c, struct sockaddr_un *at)
{
	int n;

	memset(at, 0, sizeof *at);
	at->sun_family = AF_UNIX;
	n = snprintf(at->sun_path, sizeof at->sun_path, "%s/" SOCKET_NAME, c->set.database_path);
	return n > 0 && (size_t)n < sizeof at->sun_path;
}

/* The database is ours alone by now: a socket that is there is of a repro that has ended. */
static int listen_at(const struct sockaddr_un *at)
{
	union {
		const struct sockaddr_un *un;
		const struct sockaddr *sa;
	} name = { .un = at };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	(void)unlink(at->sun_path);
	/* Nobody else gets in between: no connection comes about before it listens. */
	if (bind(fd, name.sa, sizeof *at) == 0 && chmod(at->sun_path, S_IRUSR | S_IWUSR) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool start(struct repro__control *c, const struct sockaddr_un *at, int inherited_fd)
{
	c->listen_fd = inherited_fd >= 0 ? inherited_fd : listen_at(at);
	if (c->listen_fd < 0)
		return false;
	c->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (c->stop_fd >= 0 && pthread_create(&c->thread, NULL, turn, c) == 0)
		return true;
	if (c->stop_fd >= 0)
		close(c->stop_fd);
	close(c->listen_fd);
	return false;
}

void repro__control_open(struct repro__house *h, int inherited_fd)
{
	struct repro__control *c = sip_alloc_zero(sizeof *c);
	struct sockaddr_un at;

	if (c && fill_path(h->config, &at)) {
		c->house = h;
		c->clock = &sip_clock_real;
		memcpy(c->path, at.sun_path, sizeof c->path);
		if (start(c, &at, inherited_fd)) {
			h->control = c;
			return;
		}
		SIP_LOG(&h->sink.log, SIP_LOG_WARNING, "runner", "takes no commands: %s: %s", at.sun_path, strerror(errno));
	} else {
		SIP_LOG(&h->sink.log, SIP_LOG_WARNING, "runner", "takes no commands: no memory, or DatabasePath is too long");
	}
	sip_free(c);
}

void repro__control_close(struct repro__house *h)
{
	struct repro__control *c = h->control;
	uint64_t one = 1;

	if (!c)
		return;
	h->control = NULL;
	MUST(write(c->stop_fd, &one, sizeof one) == (ssize_t)sizeof one);
	pthread_join(c->thread, NULL);
	if (!c->is_others)
		(void)unlink(c->path);
	close(c->listen_fd);
	close(c->stop_fd);
	sip_free(c);
}

/* ---- the one that asks ------------------------------------------------------------------------------------------- */

static const struct command *find_option(const char *name)
{
	return strncmp(name, "--", 2) == 0 ? find(sip_str_of(name + 2)) : NULL;
}

bool repro_control_is_command(const char *name)
{
	return find_option(name) != NULL;
}

static int print_answer(const struct peer *p)
{
	char text[4096];
	struct sip_buf b;
	struct sip_str rest, first;
	ssize_t n;
	bool is_ok;

	sip_buf_init(&b, 0);
	while ((n = peer_read(p, text, sizeof text)) > 0)
		sip_buf_put(&b, text, (size_t)n);
	rest = sip_buf_str(&b);
	is_ok = n == 0 && b.err == SIP_OK && sip_str_cut(&rest, '\n', &first) && sip_str_eq(first, SIP_STR("ok"));
	if (is_ok)
		(void)fwrite(rest.p, 1, rest.len, stdout);
	else
		fprintf(stderr, "repro: %s\n", n == 0 && b.len ? sip_buf_z(&b) : "it did not answer");
	sip_buf_fini(&b);
	return is_ok ? REPRO_EXIT_OK : REPRO_EXIT_FAILURE;
}

/* -1: errno says why. */
static int connect_to(const struct sockaddr_un *at)
{
	union {
		const struct sockaddr_un *un;
		const struct sockaddr *sa;
	} name = { .un = at };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), why;

	if (fd < 0 || connect(fd, name.sa, sizeof *at) == 0)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

int repro__control_connect(const struct repro_config *c)
{
	struct sockaddr_un at;

	errno = ENAMETOOLONG;
	return fill_path(c, &at) ? connect_to(&at) : -1;
}

static int ask(const struct sockaddr_un *at, struct sip_str line)
{
	int fd = connect_to(at), status = REPRO_EXIT_UNAVAILABLE;
	struct peer p;

	peer_init(&p, fd, -1, &sip_clock_real, ASK_SECONDS);
	if (fd >= 0 && peer_send(&p, line))
		status = print_answer(&p);
	else
		fprintf(stderr, "repro: %s: %s; does a repro run on this DatabasePath, as this user?\n", at->sun_path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return status;
}

int repro_control_command(const struct repro_command_line *line, const char *name, int argc, char **argv)
{
	const struct command *command = find_option(name);
	struct repro_config *c;
	struct sockaddr_un at;
	char text[REPRO__LINE_MAX];
	int n = -1, status = REPRO_EXIT_UNAVAILABLE;

	if (command && command->arguments == argc)
		n = snprintf(text, sizeof text, "%s %s\n", command->name, argc ? argv[0] : "");
	if (n < 0 || (size_t)n >= sizeof text) {
		fputs("usage: repro [-c FILE] --bans | --unban ADDRESS\n", stderr);
		return REPRO_EXIT_USAGE;
	}
	c = repro__house_config(line);
	if (!c)
		return REPRO_EXIT_CONFIG;
	if (fill_path(c, &at))
		status = ask(&at, sip_str_make(text, (size_t)n));
	else
		fputs("repro: DatabasePath is too long for a socket in it\n", stderr);
	repro_config_unref(&c);
	return status;
}
