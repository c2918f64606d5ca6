/*
 * Datagrams as fast as one core can send them, all alike: OPTIONS requests from each source in turn.
 *   flood TARGET SECONDS PAUSE_US SOURCE...   a pause after each batch, for builds that are slow
 * Until SIGTERM, or so long at most; then it prints how many the kernel took. Where it can, it is given many at a time in one piece (UDP_SEGMENT) and cuts them itself.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define PORT 5060
#define SOURCES_MAX 64
#define BATCH 32     /* pieces a call */
#define SEGMENTS 64  /* datagrams a piece: what every kernel that cuts takes */
#define PIECE_MAX 65000

struct source {
	int fd;
	size_t segments;           /* in each piece */
	struct iovec iov;
	struct mmsghdr heads[BATCH];
	char bytes[PIECE_MAX];
};

static struct source sources[SOURCES_MAX];
static volatile sig_atomic_t is_over;

static void on_term(int number)
{
	(void)number;
	is_over = 1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool address(const char *text, uint16_t port, struct sockaddr_in *out)
{
	memset(out, 0, sizeof *out);
	out->sin_family = AF_INET;
	out->sin_port = htons(port);
	return inet_pton(AF_INET, text, &out->sin_addr) == 1;
}

static size_t put_request(char *into, size_t size, const char *source, const char *target)
{
	int n = snprintf(into, size,
			 "OPTIONS sip:nobody@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bKflood\r\nMax-Forwards: 70\r\n"
			 "From: <sip:flood@%s>;tag=1\r\nTo: <sip:nobody@%s>\r\nCall-ID: flood\r\nCSeq: 1 OPTIONS\r\n"
			 "Content-Length: 0\r\n\r\n",
			 target, source, source, target);

	return n > 0 ? (size_t)n : 0;
}

static bool open_source(struct source *s, const char *source, const char *target)
{
	struct sockaddr_in from, to;
	size_t len = put_request(s->bytes, sizeof s->bytes, source, target);
	int segment = (int)len;

	if (!address(source, 0, &from) || !address(target, PORT, &to))
		return false;
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&from, sizeof from) != 0 ||
	    connect(s->fd, (struct sockaddr *)&to, sizeof to) != 0)
		return false;
	s->segments = setsockopt(s->fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment) == 0 ? SEGMENTS : 1;
	while (s->segments * len > sizeof s->bytes)
		s->segments--;
	for (size_t i = 1; i < s->segments; i++)
		memcpy(s->bytes + i * len, s->bytes, len);
	s->iov = (struct iovec){ s->bytes, s->segments * len };
	for (size_t i = 0; i < BATCH; i++)
		s->heads[i].msg_hdr = (struct msghdr){ .msg_iov = &s->iov, .msg_iovlen = 1 };
	return true;
}

int main(int argc, char **argv)
{
	unsigned long long sent = 0;
	double end;
	int count = argc - 4;
	useconds_t pause;

	if (count < 1 || count > SOURCES_MAX)
		return 2;
	pause = (useconds_t)strtoul(argv[3], NULL, 10);
	for (int i = 0; i < count; i++) {
		if (!open_source(&sources[i], argv[4 + i], argv[1])) {
			perror(argv[4 + i]);
			return 1;
		}
	}
	(void)signal(SIGTERM, on_term);
	end = now() + strtod(argv[2], NULL);
	for (int i = 0; !is_over && now() < end; i = (i + 1) % count) {
		struct source *s = &sources[i];
		int n = sendmmsg(s->fd, s->heads, pause ? 1 : BATCH, 0);

		/* What the target's side refuses tells of an earlier one. */
		if (n < 0 && errno != EINTR && errno != ECONNREFUSED && errno != ENOBUFS && errno != EAGAIN) {
			perror("sendmmsg");
			return 1;
		}
		sent += n > 0 ? (unsigned long long)n * s->segments : 0;
		if (pause)
			usleep(pause);
	}
	printf("%llu\n", sent);
	return 0;
}
