/*
 * Sockets that were bound before we started: systemd's socket activation (sd_listen_fds(3)). Each is of one of the transports the
 * settings ask for, found by address, port and type. On the main thread, before others start.
 */
#include "repro/runner/runner_priv.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

void repro__inherited_init(struct repro__inherited *in)
{
	for (size_t i = 0; i < SIP_COUNTOF(in->fds); i++)
		in->fds[i] = -1;
}

void repro__inherited_close(struct repro__inherited *in)
{
	for (size_t i = 0; i < SIP_COUNTOF(in->fds); i++) {
		if (in->fds[i] >= 0)
			close(in->fds[i]);
		in->fds[i] = -1;
	}
}

/* ---- what the environment says ------------------------------------------------------------------------------------- */

bool repro__inherited_count(const char *pid, const char *count, int64_t own_pid, size_t *out, struct sip_buf *why)
{
	uint64_t to, n;

	*out = 0;
	if (!pid || !count)
		return true;
	if (sip_str_to_u64(sip_str_of(pid), INT64_MAX, &to) != SIP_OK) {
		sip_buf_putf(why, "LISTEN_PID: expected a process id, found \"%.40s\"", pid);
		return false;
	}
	if ((int64_t)to != own_pid) /* for whoever started us, who has not cleared it away */
		return true;
	if (sip_str_to_u64(sip_str_of(count), REPRO_LISTENERS_MAX, &n) != SIP_OK) {
		sip_buf_putf(why, "LISTEN_FDS: expected a number from 0 to %d, found \"%.40s\"", REPRO_LISTENERS_MAX, count);
		return false;
	}
	*out = (size_t)n;
	return true;
}

/* ---- whose it is ---------------------------------------------------------------------------------------------------- */

struct found { /* what a socket is */
	struct sip_addr at;
	bool is_stream;
};

static bool look_at(int fd, struct found *f)
{
	union {
		struct sockaddr sa;
		struct sockaddr_storage storage;
	} name;
	socklen_t len = sizeof name, type_len = sizeof(int);
	int type;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) != 0 || (type != SOCK_STREAM && type != SOCK_DGRAM) ||
	    getsockname(fd, &name.sa, &len) != 0 || sip_addr_from_sockaddr(&f->at, &name.sa, len) != SIP_OK)
		return false;
	f->is_stream = type == SOCK_STREAM;
	return true;
}

/* The listener that has no socket yet; listener_count: there is none. WS beside TCP has none of its own. */
static size_t find_listener(const struct repro__inherited *in, const struct repro_config *c, const struct found *f)
{
	size_t i;

	for (i = 0; i < c->listener_count; i++) {
		const struct repro_listener *l = &c->listeners[i];

		if (in->fds[i] < 0 && l->beside < 0 && sip_transport_kinds[l->kind].is_stream == f->is_stream &&
		    sip_addr_eq(&l->bind, &f->at))
			break;
	}
	return i;
}

void repro__inherited_offer(struct repro__inherited *in, const struct repro_config *c, int fd)
{
	struct found f;
	size_t i = fd >= 0 && look_at(fd, &f) ? find_listener(in, c, &f) : c->listener_count;

	if (i < c->listener_count)
		in->fds[i] = fd;
	else if (fd >= 0)
		close(fd);
}

size_t repro__inherited_find_http(const struct repro_config *c, int fd)
{
	struct found f;
	size_t i = 0;

	if (!look_at(fd, &f) || !f.is_stream)
		return c->http_bind_count;
	while (i < c->http_bind_count && !sip_addr_eq(&c->http_binds[i], &f.at))
		i++;
	return i;
}

static bool take_one(struct repro__inherited *in, const struct repro_config *c, int fd, struct sip_str name, struct sip_buf *why)
{
	struct found f;
	char text[SIP_ADDR_TEXT];
	size_t i;

	if (!look_at(fd, &f)) {
		sip_buf_putf(why, "descriptor %d (%.*s) of LISTEN_FDS is no internet socket", fd, SIP_STR_ARG(name));
		return false;
	}
	i = find_listener(in, c, &f);
	if (i == c->listener_count) {
		sip_buf_putf(why,
			     "descriptor %d (%.*s) of LISTEN_FDS is bound to %s %s, and no transport of the settings is, or another socket "
			     "was given for it: whoever comes there would wait for ever",
			     fd, SIP_STR_ARG(name), f.is_stream ? "TCP" : "UDP", sip_addr_text(&f.at, text));
		return false;
	}
	in->fds[i] = fd;
	return true;
}

bool repro__inherited_match(struct repro__inherited *in, const struct repro_config *c, int first, size_t count, const char *names,
			    struct sip_buf *why)
{
	struct sip_str rest = sip_str_of(names ? names : "");
	bool is_good = true;

	for (size_t n = 0; n < count; n++) {
		int fd = first + (int)n;
		size_t end = sip_str_find(rest, ':');
		struct sip_str name = sip_str_make(rest.p, end);

		rest = sip_str_from(rest, end < rest.len ? end + 1 : end);
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		if (is_good && take_one(in, c, fd, name, why))
			continue;
		is_good = false;
		close(fd);
	}
	return is_good;
}

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */

bool repro__inherited_take(struct repro__inherited *in, const struct repro_config *c, struct sip_buf *why)
{
	size_t count;
	bool is_good = repro__inherited_count(getenv("LISTEN_PID"), getenv("LISTEN_FDS"), getpid(), &count, why) &&
		       repro__inherited_match(in, c, FIRST_FD, count, getenv("LISTEN_FDNAMES"), why);

	/* They are ours alone: nobody we might start shall take them for his. */
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	return is_good;
}
