/*
 * A manager that is pulled, on a stack of its own, against a bare socket: its Via is as the profile says, and a request that was asked
 * about goes on when another thread than the manager's brings the secret.
 */
#include "dum/manager/manager.h"
#include "stack/security/security.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define NEED(x)                                                                                                                          \
	do {                                                                                                                             \
		if (!(x)) {                                                                                                              \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);                                                          \
			exit(1);                                                                                                         \
		}                                                                                                                        \
	} while (0)

enum { WAIT_S = 20, TEXT_MOST = 8192 };

static int sock;
static unsigned own_port;
static struct sockaddr_in to;

static void open_socket(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval wait = { WAIT_S, 0 };
	socklen_t len = sizeof at;

	sock = socket(AF_INET, SOCK_DGRAM, 0);
	NEED(sock >= 0 && bind(sock, (struct sockaddr *)&at, len) == 0);
	NEED(getsockname(sock, (struct sockaddr *)&at, &len) == 0);
	NEED(setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0);
	own_port = ntohs(at.sin_port);
}

static struct dum *make_manager(void)
{
	struct dum_profile *p = NULL;
	struct sip_transport *t[4];
	struct dum_options o;
	struct dum *d = NULL;
	size_t n;

	NEED(dum_profile_create(NULL, &p) == SIP_OK);
	dum_profile_set_flag(p, DUM_PROFILE_RPORT, false);
	NEED(dum_profile_set_text(p, DUM_PROFILE_DIGEST_REALM, SIP_STR("live")) == SIP_OK);
	dum_options_init(&o);
	o.listen = "127.0.0.1:0";
	o.profile = p;
	o.is_pull = true;
	NEED(dum_create(&o, &d) == SIP_OK && dum_start(d) == SIP_OK);
	dum_profile_unref(&p);
	n = sip_stack_transports(dum_stack(d), t, 4);
	to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	for (size_t i = 0; i < n; i++) {
		if (sip_transport_kind_of(t[i]) == SIP_TRANSPORT_UDP)
			to.sin_port = htons(sip_addr_port(sip_transport_bound(t[i])));
		sip_transport_unref(&t[i]);
	}
	return d;
}

/* The next datagram that begins so; others are repetitions of what nobody answers. */
static const char *receive(const char *begin)
{
	static char text[TEXT_MOST];
	ssize_t n;

	do {
		n = recv(sock, text, sizeof text - 1, 0);
		NEED(n > 0);
		text[n] = '\0';
	} while (strncmp(text, begin, strlen(begin)) != 0);
	return text;
}

static void send_message(unsigned cseq, const char *authorization)
{
	char text[TEXT_MOST];
	int n = snprintf(text, sizeof text,
			 "MESSAGE sip:app@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKpull%u\r\nMax-Forwards: 70\r\n"
			 "From: <sip:alice@example.com>;tag=a\r\nTo: <sip:app@example.com>\r\nCall-ID: pull\r\nCSeq: %u MESSAGE\r\n"
			 "%s%s%sContent-Length: 0\r\n\r\n",
			 own_port, cseq, cseq, *authorization ? "Authorization: " : "", authorization, *authorization ? "\r\n" : "");

	NEED(n > 0 && sendto(sock, text, (size_t)n, 0, (struct sockaddr *)&to, sizeof to) == n);
}

/* To the challenge of SHA-256 in a 401. */
static void answer_challenge(const char *response, char *out, size_t size)
{
	const char *at = strstr(response, "WWW-Authenticate: ");
	struct sip_credentials_input in = { .user = SIP_STR_INIT("alice"), .password = SIP_STR_INIT("secret"),
					    .method = SIP_STR_INIT("MESSAGE"), .uri = SIP_STR_INIT("sip:app@127.0.0.1"),
					    .cnonce = SIP_STR_INIT("c"), .nc = 1 };
	struct sip_digest_hash *h = NULL;
	struct sip_challenge c;
	struct sip_buf b;

	NEED(at && sip_challenge_parse(sip_str_make(at + 18, strcspn(at + 18, "\r")), &c) == SIP_OK);
	NEED(c.algorithm == SIP_DIGEST_SHA_256 && sip_digest_hash_create(&h) == SIP_OK);
	sip_buf_init_fixed(&b, out, size - 1);
	NEED(sip_challenge_answer(&c, h, &in, &b) == SIP_OK);
	out[b.len] = '\0';
	sip_digest_hash_destroy(&h);
}

static struct dum_event *next(struct dum *d, enum dum_event_kind kind)
{
	struct dum_event *e = NULL;

	NEED(dum_next_event(d, &e, SIP_SECONDS(WAIT_S)) == SIP_OK);
	NEED(e->kind == kind);
	return e;
}

static void test_via(struct dum *d)
{
	struct dum_send_options o;
	struct dum_handle h;
	char target[64];

	snprintf(target, sizeof target, "sip:bob@127.0.0.1:%u", own_port);
	dum_send_options_init(&o);
	o.method = SIP_STR("OPTIONS");
	o.target = sip_str_of(target);
	NEED(dum_send(d, &o, &h) == SIP_OK);
	NEED(!strstr(receive("OPTIONS"), "rport"));
}

static void test_secret_of_another_thread(struct dum *d)
{
	struct sip_str user = SIP_STR("alice"), none = SIP_STR("");
	struct dum_event *e;
	char authorization[1024];

	send_message(1, "");
	answer_challenge(receive("SIP/2.0 401"), authorization, sizeof authorization);
	send_message(2, authorization);
	e = next(d, DUM_EVENT_CREDENTIALS_NEEDED);
	NEED(sip_str_eq(e->user, user) && sip_str_eq(e->realm, SIP_STR("live")) && sip_str_eq(e->algorithm, SIP_STR("SHA-256")));
	NEED(dum_provide_password(d, e->request, SIP_STR("secret")) == SIP_OK);
	dum_event_release(&e);
	e = next(d, DUM_EVENT_PAGER_ARRIVED);
	NEED(sip_str_eq(e->user, user) && e->message && sip_message_method(e->message) == SIP_METHOD_MESSAGE);
	NEED(dum_accept(d, e->request, 200, none, none) == SIP_OK);
	dum_event_release(&e);
	receive("SIP/2.0 200");
}

/* Nobody answers the first: the others are in line when the manager ends. */
static void leave_messages(struct dum *d)
{
	struct dum_send_options o;
	struct dum_handle h;
	char target[64];

	snprintf(target, sizeof target, "sip:bob@127.0.0.1:%u", own_port);
	dum_send_options_init(&o);
	o.target = sip_str_of(target);
	o.body = SIP_STR("hello");
	for (int i = 0; i < 3; i++)
		NEED(dum_send(d, &o, &h) == SIP_OK);
	receive("MESSAGE");
}

int main(void)
{
	struct dum *d;

	open_socket();
	d = make_manager();
	test_via(d);
	test_secret_of_another_thread(d);
	leave_messages(d);
	dum_destroy(&d);
	close(sock);
	return 0;
}
