#include "tests/live/line.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_SECONDS = 60, FRAME_HEAD_MOST = 14, SIP_PORT = 5060 };

static const struct {
	const char *name, *via;
	bool is_datagram, is_secure, is_web;
} kinds[] = {
	[LINE_UDP] = { "udp", "UDP", true, false, false },  [LINE_TCP] = { "tcp", "TCP", false, false, false },
	[LINE_TLS] = { "tls", "TLS", false, true, false },  [LINE_DTLS] = { "dtls", "DTLS-UDP", true, true, false },
	[LINE_WS] = { "ws", "WS", false, false, true },     [LINE_WSS] = { "wss", "WSS", false, true, true },
};

struct line {
	enum line_kind kind;
	int fd;
	SSL_CTX *context; /* owned, as is the next; NULL: not secure */
	SSL *ssl;
};

bool line_kind_of(const char *name, enum line_kind *out)
{
	for (size_t i = 0; i < SIP_COUNTOF(kinds); i++) {
		if (strcasecmp(kinds[i].name, name) == 0) {
			*out = (enum line_kind)i;
			return true;
		}
	}
	return false;
}

const char *line_via(enum line_kind kind)
{
	return kinds[kind].via;
}

bool line_has_bounds(enum line_kind kind)
{
	return kinds[kind].is_datagram || kinds[kind].is_web;
}

static bool connect_to(struct line *l, const char *address, unsigned port, const char *local)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons(l->kind == LINE_UDP ? SIP_PORT : 0) };
	struct timeval wait = { .tv_sec = ANSWER_SECONDS };
	bool is_datagram = kinds[l->kind].is_datagram;
	int on = 1;

	l->fd = socket(AF_INET, (is_datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return false;
	if (is_datagram && (inet_pton(AF_INET, local, &from.sin_addr) != 1 ||
			    bind(l->fd, (const struct sockaddr *)&from, sizeof from) != 0))
		return false;
	return connect(l->fd, (const struct sockaddr *)&to, sizeof to) == 0 &&
	       (is_datagram || setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0) &&
	       setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0;
}

static bool secure(struct line *l)
{
	BIO *bio;

	if (!kinds[l->kind].is_secure)
		return true;
	l->context = SSL_CTX_new(kinds[l->kind].is_datagram ? DTLS_client_method() : TLS_client_method());
	l->ssl = l->context ? SSL_new(l->context) : NULL;
	if (!l->ssl)
		return false;
	if (kinds[l->kind].is_datagram) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof peer;
		bio = BIO_new_dgram(l->fd, BIO_NOCLOSE);
		if (!bio || getpeername(l->fd, (struct sockaddr *)&peer, &len) != 0)
			return false;
		(void)BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, &peer);
		SSL_set_bio(l->ssl, bio, bio);
	} else if (SSL_set_fd(l->ssl, l->fd) != 1) {
		return false;
	}
	return SSL_connect(l->ssl) == 1;
}

static bool put(struct line *l, struct sip_str bytes)
{
	while (bytes.len) {
		ssize_t n = l->ssl ? SSL_write(l->ssl, bytes.p, (int)bytes.len) : send(l->fd, bytes.p, bytes.len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		bytes = sip_str_from(bytes, (size_t)n);
	}
	return true;
}

size_t line_read(struct line *l, char *into, size_t size)
{
	ssize_t n = l->ssl ? SSL_read(l->ssl, into, (int)size) : recv(l->fd, into, size, 0);
	return n > 0 ? (size_t)n : 0;
}

static bool shake_hands(struct line *l, const char *address, unsigned port)
{
	char text[512];
	size_t len = 0;
	int n = snprintf(text, sizeof text,
			 "GET / HTTP/1.1\r\nHost: %s:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
			 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n",
			 address, port);

	if (!kinds[l->kind].is_web)
		return true;
	if (n < 0 || !put(l, sip_str_make(text, (size_t)n)))
		return false;
	/* The server says nothing more until it is asked. */
	do {
		size_t more = line_read(l, text + len, sizeof text - 1 - len);
		if (more == 0)
			return false;
		len += more;
		text[len] = '\0';
	} while (!strstr(text, "\r\n\r\n"));
	return strncmp(text, "HTTP/1.1 101 ", 13) == 0;
}

struct line *line_open(enum line_kind kind, const char *address, unsigned port, const char *local)
{
	struct line *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	/* OpenSSL writes by write(), also to who has gone. */
	(void)signal(SIGPIPE, SIG_IGN);
	l->kind = kind;
	if (connect_to(l, address, port, local) && secure(l) && shake_hands(l, address, port))
		return l;
	fprintf(stderr, "no %s to %s:%u\n", kinds[kind].name, address, port);
	line_close(&l);
	return NULL;
}

void line_close(struct line **l)
{
	if (!*l)
		return;
	if ((*l)->ssl)
		(void)SSL_shutdown((*l)->ssl);
	SSL_free((*l)->ssl);
	SSL_CTX_free((*l)->context);
	if ((*l)->fd >= 0)
		close((*l)->fd);
	free(*l);
	*l = NULL;
}

/* A binary frame of a client, by a mask that changes nothing (RFC 6455 5.2). */
static bool put_frame(struct line *l, struct sip_str bytes)
{
	char head[FRAME_HEAD_MOST] = { (char)0x82 };
	struct sip_buf frame;
	size_t size = bytes.len < 126 ? 0 : bytes.len < 65536 ? 2 : 8;
	bool is_sent;

	head[1] = (char)(0x80 | (size == 0 ? bytes.len : size == 2 ? 126 : 127));
	for (size_t i = 0; i < size; i++)
		head[2 + i] = (char)(bytes.len >> (8 * (size - 1 - i)));
	sip_buf_init(&frame, 0);
	sip_buf_put(&frame, head, 2 + size + 4);
	sip_buf_put_str(&frame, bytes);
	is_sent = put(l, sip_buf_str(&frame));
	sip_buf_fini(&frame);
	return is_sent;
}

bool line_send(struct line *l, struct sip_str bytes)
{
	return kinds[l->kind].is_web ? put_frame(l, bytes) : put(l, bytes);
}

bool line_send_by_byte(struct line *l, struct sip_str bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (!put(l, sip_str_make(bytes.p + i, 1)))
			return false;
	return true;
}
