/* What systemd is told of our state: a datagram to NOTIFY_SOCKET (sd_notify(3)). On the main thread; it never waits. */
#include "repro/runner/runner_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A path, or a name without one, which begins with @. */
static bool fill_name(const char *path, struct sockaddr_un *at, socklen_t *len)
{
	size_t n = strlen(path);

	memset(at, 0, sizeof *at);
	if ((path[0] != '/' && path[0] != '@') || n < 2 || n >= sizeof at->sun_path)
		return false;
	at->sun_family = AF_UNIX;
	memcpy(at->sun_path, path, n);
	if (path[0] == '@')
		at->sun_path[0] = '\0';
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return true;
}

static bool send_to(const char *path, struct sip_str text)
{
	union {
		struct sockaddr sa;
		struct sockaddr_un un;
	} name;
	socklen_t len;
	int fd;
	bool is_sent;

	errno = EINVAL;
	if (!fill_name(path, &name.un, &len))
		return false;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	is_sent = sendto(fd, text.p, text.len, MSG_DONTWAIT | MSG_NOSIGNAL, &name.sa, len) == (ssize_t)text.len;
	close(fd);
	return is_sent;
}

bool repro__notify(enum repro__state state, pid_t successor)
{
	const char *path = getenv("NOTIFY_SOCKET");
	char room[80];
	struct sip_buf text;

	if (!path || !path[0])
		return true;
	sip_buf_init_fixed(&text, room, sizeof room);
	switch (state) {
	case REPRO__STATE_READY:
		SIP_BUF_LIT(&text, "READY=1");
		break;
	case REPRO__STATE_RELOADING: /* the time tells it apart from an earlier one */
		sip_buf_putf(&text, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)sip_clock_real.now_us(sip_clock_real.arg));
		break;
	case REPRO__STATE_TAKEN_OVER: /* the unit goes on, as another process */
		sip_buf_putf(&text, "MAINPID=%ld", (long)successor);
		break;
	case REPRO__STATE_STOPPING:
		SIP_BUF_LIT(&text, "STOPPING=1");
		break;
	}
	return send_to(path, sip_buf_str(&text));
}
