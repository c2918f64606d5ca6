/*
 * A manager that is pulled, on a stack of its own, against a bare socket: its Via is as the profile says, and a request that was asked
 * about goes on when another thread than the manager's brings the secret; a flow of a registration lives and dies by what its STUN
 * answers say.
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

/* ---- a registration of two flows ------------------------------------------------------------------------------------------- */

static void register_by_two(struct dum *d, struct dum_handle *h)
{
	struct dum_register_options o;
	struct dum_profile *p = NULL;
	char flows[128];

	snprintf(flows, sizeof flows, "<sip:127.0.0.1:%u;lr>, <sip:127.0.0.1:%u;lr;second>", own_port, own_port);
	NEED(dum_profile_create(NULL, &p) == SIP_OK);
	NEED(dum_profile_set_text(p, DUM_PROFILE_FROM, SIP_STR("<sip:app@example.com>")) == SIP_OK);
	NEED(dum_profile_set_text(p, DUM_PROFILE_INSTANCE_ID, SIP_STR("urn:uuid:pull")) == SIP_OK);
	NEED(dum_profile_set_text(p, DUM_PROFILE_OUTBOUND_FLOWS, sip_str_of(flows)) == SIP_OK);
	dum_profile_set_flag(p, DUM_PROFILE_OUTBOUND, true);
	dum_profile_set_flag(p, DUM_PROFILE_GRUU, true);
	dum_register_options_init(&o);
	o.profile = p;
	NEED(dum_register(d, &o, h) == SIP_OK);
	dum_profile_unref(&p);
}

/* These lines of the request, each with its end. */
static void copy_lines(const char *request, char *out, size_t size)
{
	static const char *const names[] = { "Via:", "From:", "To:", "Call-ID:", "CSeq:" };
	size_t used = 0;

	for (size_t i = 0; i < SIP_COUNTOF(names); i++) {
		const char *at = strstr(request, names[i]);
		NEED(at);
		used += (size_t)snprintf(out + used, size - used, "%.*s%s\r\n", (int)strcspn(at, "\r"), at,
					 i == 2 ? ";tag=pull" : "");
		NEED(used < size);
	}
}

static void answer_register(const char *request)
{
	const char *contact = strstr(request, "Contact:");
	char lines[TEXT_MOST / 2], text[TEXT_MOST];
	int n;

	NEED(contact && strstr(contact, ";reg-id=1"));
	copy_lines(request, lines, sizeof lines);
	n = snprintf(text, sizeof text,
		     "SIP/2.0 200 OK\r\n%sRequire: outbound\r\nFlow-Timer: 1\r\n%.*s;expires=600;pub-gruu=\"sip:app@example.com;gr=pull\"\r\n"
		     "Content-Length: 0\r\n\r\n", lines, (int)strcspn(contact, "\r"), contact);
	NEED(n > 0 && (size_t)n < sizeof text);
	NEED(sendto(sock, text, (size_t)n, 0, (struct sockaddr *)&to, sizeof to) == n);
}

/* The next Binding request is answered: we are seen as 192.0.2.1 with this port. */
static void answer_stun(unsigned port)
{
	unsigned char b[TEXT_MOST];
	static const unsigned char mapped[12] = { 0, 0x20, 0, 8, 0, 1, 0, 0, 0xe1, 0x12, 0xa6, 0x43 };

	do
		NEED(recv(sock, b, sizeof b, 0) >= 20);
	while (b[0] != 0);
	b[0] = b[1] = 1;
	b[3] = sizeof mapped;
	memcpy(b + 20, mapped, sizeof mapped);
	b[26] = (unsigned char)(port >> 8 ^ 0x21);
	b[27] = (unsigned char)(port ^ 0x12);
	NEED(sendto(sock, b, 32, 0, (struct sockaddr *)&to, sizeof to) == 32);
}

/* One flow is answered, the other never; both are under way when the manager ends. */
static void test_flows(struct dum *d)
{
	const char *request;
	struct dum_handle h;
	struct dum_event *e;

	register_by_two(d, &h);
	do
		request = receive("REGISTER");
	while (!strstr(request, ";reg-id=1"));
	answer_register(request);
	e = next(d, DUM_EVENT_REGISTRATION_SUCCESS);
	NEED(dum_handle_eq(e->handle, h) && e->reg_id == 1 && e->standing == 1 && e->number == 600);
	NEED(sip_str_eq(e->gruu, SIP_STR("sip:app@example.com;gr=pull")) && e->temporary_gruu.len == 0);
	dum_event_release(&e);
	answer_stun(40001);
	answer_stun(40001);
	answer_stun(40002);
	e = next(d, DUM_EVENT_REGISTRATION_FLOW_FAILED);
	NEED(dum_handle_eq(e->handle, h) && e->reg_id == 1 && e->standing == 0 && e->status == 0 && e->number == 0);
	dum_event_release(&e);
	do
		request = receive("REGISTER");
	while (!strstr(request, ";reg-id=1"));
}

int main(void)
{
	struct dum *d;

	open_socket();
	d = make_manager();
	test_via(d);
	test_secret_of_another_thread(d);
	test_flows(d);
	leave_messages(d);
	dum_destroy(&d);
	close(sock);
	return 0;
}
