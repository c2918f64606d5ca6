/*
 * Sends the torture messages to a server over TCP, byte by byte, each on a connection of its own and followed by an
 * OPTIONS: what the stack's verdict promises must come back, and the OPTIONS must be answered wherever the stream is whole.
 *   torture_client ADDRESS PORT STEP       every STEP-th message
 */
#include "tests/torture/torture.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_SECONDS 60

struct promise {
	bool is_whole;   /* the bytes are messages, and nothing is left over */
	bool is_closed;  /* the stream has no borders any more */
	unsigned code;   /* the answer that must come; 0: none is promised */
};

static bool look(struct sip_framer *f, struct promise *p)
{
	for (;;) {
		struct sip_message *m = NULL;
		struct sip_check check;
		enum sip_err err;
		enum sip_frame_kind kind = sip_framer_next(f, &m, &err);
		if (kind == SIP_FRAME_MORE)
			return true;
		check.verdict = SIP_DROP;
		if (m && p->code == 0)
			sip_message_check(m, true, &check);
		if (check.verdict == SIP_ANSWER)
			p->code = check.code;
		sip_message_unref(&m);
		p->is_closed = kind == SIP_FRAME_UNFRAMEABLE;
		if (p->is_closed)
			return false;
	}
}

static struct promise promise_of(struct sip_str bytes)
{
	struct sip_framer *f = sip_framer_create(&sip_limits_default);
	struct promise p = { 0 };

	while (f && bytes.len) {
		size_t room;
		char *to = sip_framer_room(f, &room);
		size_t n = bytes.len < room ? bytes.len : room;
		if (!to || n == 0)
			break;
		memcpy(to, bytes.p, n);
		sip_framer_filled(f, n);
		bytes = sip_str_from(bytes, n);
		if (!look(f, &p))
			break;
	}
	p.is_whole = f && !p.is_closed && bytes.len == 0 && !sip_framer_is_partial(f);
	sip_framer_destroy(&f);
	return p;
}

static int dial(const char *address, unsigned port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct timeval wait = { .tv_sec = ANSWER_SECONDS };
	int on = 1;
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(s, (const struct sockaddr *)&to, sizeof to) != 0 ||
	    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
	    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0) {
		perror("torture_client: cannot connect");
		exit(1);
	}
	return s;
}

/* False: the server has closed the connection. */
static bool send_by_byte(int s, struct sip_str bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (send(s, bytes.p + i, 1, MSG_NOSIGNAL) != 1)
			return false;
	return true;
}

static void send_marker(int s, const char *address, size_t row)
{
	char text[600];
	int n = snprintf(text, sizeof text,
			 "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKmark%zu\r\nMax-Forwards: 70\r\n"
			 "From: <sip:mark@%s>;tag=m\r\nTo: <sip:%s>\r\nCall-ID: mark%zu@live\r\nCSeq: 1 OPTIONS\r\n"
			 "Content-Length: 0\r\n\r\n",
			 address, row, address, address, row);

	/* A connection that is closed shows when it is read. */
	if (n > 0 && send(s, text, (size_t)n, MSG_NOSIGNAL) != n)
		return;
}

/* Everything until the marker is answered or the connection is closed: is the marker's Call-ID among it? */
static bool collect(int s, size_t row, char *into, size_t size)
{
	char mark[40];
	size_t len = 0;
	ssize_t n;

	(void)snprintf(mark, sizeof mark, "Call-ID: mark%zu@live", row);
	into[0] = '\0';
	while (len + 1 < size && (n = recv(s, into + len, size - len - 1, 0)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (into[len + (size_t)i] == '\0')
				into[len + (size_t)i] = ' ';
		len += (size_t)n;
		into[len] = '\0';
		if (strstr(into, mark))
			return true;
	}
	return false;
}

static bool is_kept(const struct promise *p, bool is_marked, const char *got)
{
	char line[24];

	if (p->is_whole && !is_marked)
		return false;
	if (p->code == 0 || !p->is_whole)
		return true;
	(void)snprintf(line, sizeof line, "SIP/2.0 %u ", p->code);
	return strstr(got, line) != NULL;
}

static unsigned run(const struct torture_row *rows, size_t count, size_t step, const char *address, unsigned port)
{
	static char got[262144];
	unsigned failures = 0;

	for (size_t i = 0; i < count; i += step) {
		struct sip_str bytes = torture_bytes(&rows[i]);
		struct promise p = promise_of(bytes);
		bool is_marked = false;
		int s;
		if (!bytes.p || (!p.is_whole && !p.is_closed)) { /* its end is for the peer to wait for */
			sip_free((void *)(uintptr_t)bytes.p);
			continue;
		}
		s = dial(address, port);
		if (send_by_byte(s, bytes))
			send_marker(s, address, i);
		is_marked = collect(s, i, got, sizeof got);
		if (!is_kept(&p, is_marked, got)) {
			failures++;
			printf("FAIL %s %s: expected %u%s, got: %.60s\n", rows[i].section, rows[i].what, p.code,
			       p.is_whole ? " and the OPTIONS answered" : "", got);
		}
		close(s);
		sip_free((void *)(uintptr_t)bytes.p);
	}
	return failures;
}

int main(int argc, char **argv)
{
	unsigned failures;
	size_t step;
	unsigned port;

	if (argc != 4)
		return 2;
	port = (unsigned)strtoul(argv[2], NULL, 10);
	step = strtoul(argv[3], NULL, 10);
	if (step == 0)
		return 2;
	failures = run(torture_rows_4475, torture_count_4475, step, argv[1], port);
	failures += run(torture_rows_5118, torture_count_5118, step, argv[1], port);
	printf("%zu messages, every %zu. of them, %u failures\n", torture_count_4475 + torture_count_5118, step, failures);
	return failures != 0;
}
