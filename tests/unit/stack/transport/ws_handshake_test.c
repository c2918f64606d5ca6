/* The heads of HTTP that open a WebSocket: each answer there is, the example of RFC 6455 1.3, and what a client believes. */
#include "tests/unit/stack/transport/ws_test.h"

#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define SIP "Sec-WebSocket-Protocol: sip\r\n"
#define HOST "Host: a.test\r\n"
#define GET "GET / HTTP/1.1\r\n"
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

struct judged {
	char room[1024];
	struct sip_buf out;
	struct sip__ws_request *kept;
	enum sip__ws_answer answer;
};

static enum sip_err judge(struct judged *j, struct sip_str head, const struct sip__ws_policy *policy)
{
	static const struct sip__ws_policy open_policy;

	sip_buf_init_fixed(&j->out, j->room, sizeof j->room);
	j->kept = NULL;
	return sip__ws_accept(head, policy ? policy : &open_policy, &j->out, &j->kept, &j->answer);
}

static enum sip_err test_ws_accept_of_the_published_key_then_the_published_answer(void)
{
	struct judged j = { .kept = NULL };
	enum sip_err err;

	UNIT_TRY(judge(&j,
		       SIP_STR("GET /chat?x=1 HTTP/1.1\r\nHost: server.example.com\r\n" UPGRADE KEY
			       "Origin: http://example.com\r\nCookie: a=b; c=d\r\nX-Forwarded-For: 10.0.0.1\r\n"
			       "Sec-WebSocket-Protocol: chat, sip\r\n" VERSION "\r\n"),
		       NULL));
	UNIT_EQ(j.answer, SIP__WS_ACCEPTED);
	UNIT_STR(sip_buf_str(&j.out), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
				      "Sec-WebSocket-Accept: " ACCEPT "\r\nSec-WebSocket-Protocol: sip\r\n\r\n");
	if (j.kept) {
		UNIT_STR(j.kept->host, "server.example.com");
		UNIT_STR(j.kept->path, "/chat?x=1");
		UNIT_STR(j.kept->origin, "http://example.com");
		UNIT_STR(j.kept->cookie, "a=b; c=d");
	}
out:
	sip_free(j.kept);
	return err;
}

static const struct row {
	enum sip__ws_answer answer;
	const char *head;
} rows[] = {
	{ SIP__WS_ACCEPTED, GET HOST UPGRADE KEY VERSION SIP "\r\n" },
	{ SIP__WS_ACCEPTED, "GET / HTTP/1.2\r\n" HOST UPGRADE KEY VERSION SIP "\r\n" },
	{ SIP__WS_ACCEPTED, GET "host:a.test\r\nUPGRADE:\tWebSocket \r\nconnection: keep-alive, upgrade\r\n" KEY VERSION SIP "\r\n" },
	{ SIP__WS_ACCEPTED, GET HOST "Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" KEY VERSION SIP "\r\n" },
	{ SIP__WS_ACCEPTED, GET HOST UPGRADE KEY VERSION "Sec-WebSocket-Protocol: msrp\r\n" SIP "\r\n" },
	{ SIP__WS_ACCEPTED, GET HOST UPGRADE KEY VERSION SIP "Content-Length: 0\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n" },
	{ SIP__WS_ACCEPTED, GET HOST UPGRADE KEY VERSION SIP "X-Name: caf\xc3\xa9\r\n\r\n" },
	/* what is no head */
	{ SIP__WS_MALFORMED, "" },
	{ SIP__WS_MALFORMED, "\r\n\r\n" },
	{ SIP__WS_MALFORMED, "GET /\r\n\r\n" },
	{ SIP__WS_MALFORMED, "GET  / HTTP/1.1\r\n\r\n" },
	{ SIP__WS_MALFORMED, "GET / HTTP/1.1 \r\n\r\n" },
	{ SIP__WS_MALFORMED, "GET / HTTP/2.0\r\n\r\n" },
	{ SIP__WS_MALFORMED, "GET / HTTP/1.x\r\n\r\n" },
	{ SIP__WS_MALFORMED, "GET /\x01 HTTP/1.1\r\n\r\n" },
	{ SIP__WS_MALFORMED, "GET /\xc3\xa9 HTTP/1.1\r\n\r\n" },
	{ SIP__WS_MALFORMED, "OPTIONS sip:a.test SIP/2.0\r\n\r\n" },
	{ SIP__WS_MALFORMED, "GET / HTTP/1.1\n\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE KEY VERSION SIP },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE KEY VERSION SIP "\r\nmore" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE KEY VERSION SIP "no colon\r\n\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE KEY VERSION SIP ": no name\r\n\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE KEY VERSION SIP "Name : value\r\n\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE KEY VERSION SIP "Name: value\r\n folded\r\n\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE KEY VERSION SIP "Name: va\rlue\r\n\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE KEY VERSION SIP "Name: va\x7flue\r\n\r\n" },
	/* what does not fit the protocol */
	{ SIP__WS_METHOD, "POST / HTTP/1.1\r\n" HOST UPGRADE KEY VERSION SIP "\r\n" },
	{ SIP__WS_METHOD, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n" },
	{ SIP__WS_NO_UPGRADE, GET HOST "\r\n" },
	{ SIP__WS_NO_UPGRADE, GET HOST "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n" },
	{ SIP__WS_NO_UPGRADE, "GET / HTTP/1.0\r\n\r\n" },
	{ SIP__WS_NO_UPGRADE, "GET / HTTP/1.0\r\n" HOST UPGRADE KEY VERSION SIP "\r\n" },
	{ SIP__WS_MALFORMED, GET UPGRADE KEY VERSION SIP "\r\n" },
	{ SIP__WS_MALFORMED, GET "Host:\r\n" UPGRADE KEY VERSION SIP "\r\n" },
	{ SIP__WS_MALFORMED, "GET http://a.test/ HTTP/1.1\r\n" HOST UPGRADE KEY VERSION SIP "\r\n" },
	{ SIP__WS_MALFORMED, GET HOST "Upgrade: websocket\r\n" KEY VERSION SIP "\r\n" },
	{ SIP__WS_MALFORMED, GET HOST "Upgrade: websocket\r\nConnection: close\r\n" KEY VERSION SIP "\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE KEY VERSION SIP "Content-Length: 5\r\n\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE KEY VERSION SIP "Transfer-Encoding: chunked\r\n\r\n" },
	{ SIP__WS_VERSION, GET HOST UPGRADE KEY SIP "\r\n" },
	{ SIP__WS_VERSION, GET HOST UPGRADE KEY "Sec-WebSocket-Version: 8\r\n" SIP "\r\n" },
	{ SIP__WS_VERSION, GET HOST UPGRADE KEY "Sec-WebSocket-Version: 13, 8\r\n" SIP "\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE VERSION SIP "\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE VERSION SIP "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE VERSION SIP "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWU=\r\n\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE VERSION SIP "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ!=\r\n\r\n" },
	{ SIP__WS_NO_SIP, GET HOST UPGRADE KEY VERSION "\r\n" },
	{ SIP__WS_NO_SIP, GET HOST UPGRADE KEY VERSION "Sec-WebSocket-Protocol: chat, msrp, sips, SIP\r\n\r\n" },
	/* what may be there once */
	{ SIP__WS_MALFORMED, GET HOST HOST UPGRADE KEY VERSION SIP "\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE KEY KEY VERSION SIP "\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE KEY VERSION VERSION SIP "\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE KEY VERSION SIP "Origin: http://a\r\nOrigin: http://b\r\n\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE KEY VERSION SIP "Cookie: a\r\nCookie: b\r\n\r\n" },
	{ SIP__WS_MALFORMED, GET HOST UPGRADE KEY VERSION SIP "Content-Length: 0\r\nContent-Length: 0\r\n\r\n" },
};

static enum sip_err test_ws_accept_of_each_fault_then_its_answer(void)
{
	struct judged j = { .kept = NULL };
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		UNIT_TRY(judge(&j, sip_str_of(rows[i].head), NULL));
		if (j.answer != rows[i].answer)
			unit_check(false, rows[i].head, __FILE__, __LINE__);
		UNIT_CHECK((j.kept != NULL) == (j.answer == SIP__WS_ACCEPTED));
		sip_free(j.kept);
		j.kept = NULL;
	}
out:
	sip_free(j.kept);
	return err;
}

static enum sip_err test_ws_refusals_are_whole_answers_that_close(void)
{
	static const unsigned statuses[SIP__WS_ANSWER_COUNT] = { 101, 400, 400, 403, 405, 426, 426, 431, 400 };
	char room[1024], want[32];
	struct sip_buf b, w;

	for (unsigned i = 0; i < SIP__WS_ANSWER_COUNT; i++) {
		enum sip__ws_answer answer = (enum sip__ws_answer)i;
		const char *text, *body;

		UNIT_EQ(sip__ws_answer_status(answer), statuses[i]);
		if (answer == SIP__WS_ACCEPTED)
			continue;
		sip_buf_init_fixed(&b, room, sizeof room);
		sip_buf_init_fixed(&w, want, sizeof want);
		sip__ws_put_refusal(&b, answer);
		text = sip_buf_z(&b);
		body = strstr(text, "\r\n\r\n");
		UNIT_CHECK(body != NULL && strstr(text, "close\r\n") != NULL);
		sip_buf_putf(&w, "Content-Length: %zu\r\n", body ? strlen(body + 4) : 0);
		UNIT_CHECK(strstr(text, sip_buf_z(&w)) != NULL);
		UNIT_CHECK((strstr(text, "Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n") != NULL) ==
			   (statuses[i] == 426));
		UNIT_CHECK((strstr(text, "Allow: GET\r\n") != NULL) == (statuses[i] == 405));
	}
	return SIP_OK;
}

static enum sip_err test_ws_accept_under_a_policy_then_it_is_kept(void)
{
	static const struct sip_str origins[] = { SIP_STR_INIT("https://a.test"), SIP_STR_INIT("https://b.test:8443") };
	const struct sip__ws_policy strict = { .origins = origins, .origin_count = 2 }, lax = { .takes_any_protocol = true };
	struct judged j = { .kept = NULL };
	enum sip_err err;

	UNIT_TRY(judge(&j, SIP_STR(GET HOST UPGRADE KEY VERSION SIP "Origin: HTTPS://B.test:8443\r\n\r\n"), &strict));
	UNIT_EQ(j.answer, SIP__WS_ACCEPTED);
	sip_free(j.kept);
	UNIT_TRY(judge(&j, SIP_STR(GET HOST UPGRADE KEY VERSION SIP "\r\n"), &strict)); /* no browser */
	UNIT_EQ(j.answer, SIP__WS_ACCEPTED);
	sip_free(j.kept);
	UNIT_TRY(judge(&j, SIP_STR(GET HOST UPGRADE KEY VERSION SIP "Origin: https://b.test\r\n\r\n"), &strict));
	UNIT_EQ(j.answer, SIP__WS_ORIGIN);
	UNIT_TRY(judge(&j, SIP_STR(GET HOST UPGRADE KEY VERSION SIP "Origin: null\r\n\r\n"), &strict));
	UNIT_EQ(j.answer, SIP__WS_ORIGIN);
	UNIT_TRY(judge(&j, SIP_STR(GET HOST UPGRADE KEY VERSION "\r\n"), &lax));
	UNIT_EQ(j.answer, SIP__WS_ACCEPTED);
	UNIT_CHECK(strstr(sip_buf_z(&j.out), "Sec-WebSocket-Protocol") == NULL);
out:
	sip_free(j.kept);
	return err;
}

static enum sip_err test_ws_accept_of_a_long_cookie_then_431(void)
{
	char room[SIP__WS_COOKIE_MAX + 512];
	struct judged j = { .kept = NULL };
	struct sip_buf b;
	enum sip_err err;

	for (size_t more = 0; more < 2; more++) {
		sip_buf_init_fixed(&b, room, sizeof room);
		SIP_BUF_LIT(&b, GET HOST UPGRADE KEY VERSION SIP "Cookie: ");
		for (size_t i = 0; i < SIP__WS_COOKIE_MAX + more; i++)
			sip_buf_put_char(&b, 'c');
		SIP_BUF_LIT(&b, "\r\n\r\n");
		UNIT_TRY(judge(&j, sip_buf_str(&b), NULL));
		UNIT_EQ(j.answer, more ? SIP__WS_TOO_LARGE : SIP__WS_ACCEPTED);
		UNIT_EQ(j.kept ? j.kept->cookie.len : 0, more ? 0 : SIP__WS_COOKIE_MAX);
		sip_free(j.kept);
		j.kept = NULL;
	}
out:
	sip_free(j.kept);
	return err;
}

static enum sip_err test_ws_looks_like_http_tells_sip_from_http(void)
{
	static const struct {
		enum sip__ws_guess guess;
		const char *text;
	} begins[] = {
		{ SIP__WS_YES, "GET / HTTP/1.1" },       { SIP__WS_YES, "OPTIONS * HTTP/1.1" },
		{ SIP__WS_YES, "OPTIONS /a HTTP/1.1" },  { SIP__WS_YES, "HEAD /" },
		{ SIP__WS_YES, "POST HTTP://a/" },       { SIP__WS_YES, "PUT https://a/" },
		{ SIP__WS_YES, "PRI * HTTP/2.0" },       { SIP__WS_NO, "OPTIONS sip:a.test SIP/2.0" },
		{ SIP__WS_NO, "OPTIONS  /" },            { SIP__WS_NO, "GET sip:a SIP/2.0" },
		{ SIP__WS_NO, "OPTIONS tel:1 SIP/2.0" }, { SIP__WS_NO, "OPTIONS hsip:1" },
		{ SIP__WS_NO, "INVITE sip:a SIP/2.0" },  { SIP__WS_NO, "\r\n\r\n" },
		{ SIP__WS_NO, "PUBLISH sip:a SIP/2.0" }, { SIP__WS_NO, "get / HTTP/1.1" },
		{ SIP__WS_NO, "SIP/2.0 200 OK" },        { SIP__WS_NO, "\x16\x03\x01" },
		{ SIP__WS_NO, "GETS / HTTP/1.1" },       { SIP__WS_NO, "PRACK sip:a SIP/2.0" },
	};

	UNIT_EQ(sip__ws_looks_like_http(SIP_STR("")), SIP__WS_MORE);
	for (size_t i = 0; i < SIP_COUNTOF(begins); i++) {
		struct sip_str text = sip_str_of(begins[i].text);

		UNIT_EQ(sip__ws_looks_like_http(text), begins[i].guess);
		/* Once told it stays so, however few bytes there were. */
		for (size_t n = 1; n < text.len; n++) {
			enum sip__ws_guess guess = sip__ws_looks_like_http(sip_str_make(text.p, n));

			UNIT_CHECK(guess == SIP__WS_MORE || guess == begins[i].guess);
		}
	}
	UNIT_EQ(sip__ws_looks_like_http(SIP_STR("OPTIONS ")), SIP__WS_MORE);
	UNIT_EQ(sip__ws_looks_like_http(SIP_STR("OPTIONS s")), SIP__WS_NO);
	UNIT_EQ(sip__ws_looks_like_http(SIP_STR("P")), SIP__WS_MORE);
	return SIP_OK;
}

static enum sip_err test_ws_ask_then_the_server_accepts_and_the_client_believes(void)
{
	const struct sip__ws_target target = { .host = SIP_STR_INIT("a.test:8080"), .resource = SIP_STR_INIT("/ws?x"),
					       .origin = SIP_STR_INIT("https://a.test"), .cookie = SIP_STR_INIT("id=1") };
	char room[1024], accept[SIP__WS_ACCEPT_LEN];
	struct judged j = { .kept = NULL };
	struct sip_rand rand;
	struct sip_buf b;
	unsigned status = 0;
	enum sip_err err;

	sip_rand_init_seed(&rand, 1);
	sip_buf_init_fixed(&b, room, sizeof room);
	UNIT_TRY(sip__ws_ask(&target, &rand, &b, accept));
	UNIT_TRY(judge(&j, sip_buf_str(&b), NULL));
	UNIT_EQ(j.answer, SIP__WS_ACCEPTED);
	if (j.kept) {
		UNIT_STR(j.kept->host, "a.test:8080");
		UNIT_STR(j.kept->path, "/ws?x");
		UNIT_STR(j.kept->origin, "https://a.test");
		UNIT_STR(j.kept->cookie, "id=1");
	}
	UNIT_EQ(sip__ws_check_answer(sip_buf_str(&j.out), accept, &status), SIP_OK);
	UNIT_EQ(status, 101);
out:
	sip_free(j.kept);
	return err;
}

static enum sip_err test_ws_ask_for_what_no_head_holds_then_invalid(void)
{
	static const struct sip__ws_target bad[] = {
		{ .host = SIP_STR_INIT("") },
		{ .host = SIP_STR_INIT("a b") },
		{ .host = SIP_STR_INIT("a\r\nX: y") },
		{ .host = SIP_STR_INIT("a"), .resource = SIP_STR_INIT("ws") },
		{ .host = SIP_STR_INIT("a"), .resource = SIP_STR_INIT("/a b") },
		{ .host = SIP_STR_INIT("a"), .origin = SIP_STR_INIT("x\r\nY: z") },
		{ .host = SIP_STR_INIT("a"), .origin = SIP_STR_INIT("x\r\n") },
		{ .host = SIP_STR_INIT("a"), .cookie = SIP_STR_INIT("x\n") },
	};
	char room[1024], accept[SIP__WS_ACCEPT_LEN];
	struct sip_rand rand;
	struct sip_buf b;

	sip_rand_init_seed(&rand, 1);
	sip_buf_init_fixed(&b, room, sizeof room);
	for (size_t i = 0; i < SIP_COUNTOF(bad); i++)
		UNIT_EQ(sip__ws_ask(&bad[i], &rand, &b, accept), SIP_E_INVAL);
	UNIT_EQ(b.len, 0);
	return SIP_OK;
}

static enum sip_err test_ws_check_answer_then_only_a_proven_one_is_believed(void)
{
#define SWITCHING "HTTP/1.1 101 Switching Protocols\r\n"
#define PROVEN "Sec-WebSocket-Accept: " ACCEPT "\r\n"
	static const struct {
		enum sip_err err;
		unsigned status;
		const char *head;
	} answers[] = {
		{ SIP_OK, 101, SWITCHING UPGRADE PROVEN SIP "\r\n" },
		{ SIP_OK, 101, "HTTP/1.1 101\r\n" UPGRADE PROVEN SIP "Server: x\r\n\r\n" },
		{ SIP_E_REFUSED, 302, "HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n" },
		{ SIP_E_REFUSED, 401, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"a\"\r\n\r\n" },
		{ SIP_E_REFUSED, 503, "HTTP/1.0 503 \r\n\r\n" },
		{ SIP_E_REFUSED, 200, "HTTP/1.1 200 OK\r\n\r\n" },
		{ SIP_E_SYNTAX, 101, SWITCHING UPGRADE SIP "\r\n" },
		{ SIP_E_SYNTAX, 101, SWITCHING UPGRADE "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOp=\r\n" SIP "\r\n" },
		{ SIP_E_SYNTAX, 0, SWITCHING UPGRADE PROVEN PROVEN SIP "\r\n" },
		{ SIP_E_SYNTAX, 101, SWITCHING UPGRADE PROVEN "\r\n" },
		{ SIP_E_SYNTAX, 101, SWITCHING UPGRADE PROVEN "Sec-WebSocket-Protocol: sip, chat\r\n\r\n" },
		{ SIP_E_SYNTAX, 101, SWITCHING UPGRADE PROVEN "Sec-WebSocket-Protocol: chat\r\n\r\n" },
		{ SIP_E_SYNTAX, 101, SWITCHING UPGRADE PROVEN SIP SIP "\r\n" },
		{ SIP_E_SYNTAX, 101, SWITCHING UPGRADE PROVEN SIP "Sec-WebSocket-Extensions: x\r\n\r\n" },
		{ SIP_E_SYNTAX, 101, SWITCHING "Connection: Upgrade\r\n" PROVEN SIP "\r\n" },
		{ SIP_E_SYNTAX, 101, SWITCHING "Upgrade: websocket\r\n" PROVEN SIP "\r\n" },
		{ SIP_E_SYNTAX, 0, "HTTP/1.1 1 x\r\n\r\n" },
		{ SIP_E_SYNTAX, 0, "HTTP/1.1 099 x\r\n\r\n" },
		{ SIP_E_SYNTAX, 0, "HTTP/1.1 700 x\r\n\r\n" },
		{ SIP_E_SYNTAX, 0, "HTTP/2.0 101 x\r\n\r\n" },
		{ SIP_E_SYNTAX, 0, "SIP/2.0 200 OK\r\n\r\n" },
		{ SIP_E_SYNTAX, 0, "\r\n\r\n" },
	};
	unsigned status = 7;

	for (size_t i = 0; i < SIP_COUNTOF(answers); i++) {
		enum sip_err err = sip__ws_check_answer(sip_str_of(answers[i].head), ACCEPT, &status);

		if (err != answers[i].err || status != answers[i].status)
			unit_check(false, answers[i].head, __FILE__, __LINE__);
	}
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_ws_accept_of_the_published_key_then_the_published_answer),
	UNIT_CASE(test_ws_accept_of_each_fault_then_its_answer),
	UNIT_CASE(test_ws_refusals_are_whole_answers_that_close),
	UNIT_CASE(test_ws_accept_under_a_policy_then_it_is_kept),
	UNIT_CASE(test_ws_accept_of_a_long_cookie_then_431),
	UNIT_CASE(test_ws_looks_like_http_tells_sip_from_http),
	UNIT_CASE(test_ws_ask_then_the_server_accepts_and_the_client_believes),
	UNIT_CASE(test_ws_ask_for_what_no_head_holds_then_invalid),
	UNIT_CASE(test_ws_check_answer_then_only_a_proven_one_is_believed),
};
const struct unit_suite ws_handshake_suite = { "stack/transport/ws_handshake", cases, SIP_COUNTOF(cases) };
