/*
 * Unit tests of stack/crypto/dtls_session: cookies, datagrams that are lost, the timers, the MTU. OpenSSL asks gettimeofday for its
 * timers: the one below is what it gets, so that nobody waits.
 */
#include "tests/unit/stack/crypto/duo.h"

#include <sys/time.h>

static struct certs *pki;
static int64_t now = 1700000000 * (int64_t)1000000;

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	(void)zone;
	tv->tv_sec = (time_t)(now / 1000000);
	tv->tv_usec = (suseconds_t)(now % 1000000);
	return 0;
}

struct wire {
	struct duo d;
	struct sip_addr client; /* where the server sees it */
	unsigned lost;          /* a bit a datagram, the first sent the lowest: it is lost */
	unsigned sent;
	size_t mtu;
	size_t longest;
};

static enum sip_err open_client(struct wire *w)
{
	const struct duo_trust at_client = { .pair = "b" }, at_server = { .pair = "a" };
	struct sip_tls_session_options so;
	struct sip_tls_options o;
	struct sip_addr at_server_addr;
	enum sip_err err;
	sip_tls_options_init(&o);
	o.is_datagram = true;
	UNIT_TRY(duo_context(pki, &at_client, &o, NULL, &w->d.for_client));
	o.clients = SIP_TLS_VERIFY_MANDATORY;
	UNIT_TRY(duo_context(pki, &at_server, &o, NULL, &w->d.for_server));
	UNIT_TRY(sip_addr_parse_port(&at_server_addr, SIP_STR("192.0.2.1:5061"), 0));
	UNIT_TRY(sip_addr_parse_port(&w->client, SIP_STR("192.0.2.9:40000"), 0));
	sip_tls_session_options_init(&so);
	so.context = w->d.for_client;
	so.name = SIP_STR("a.test");
	so.peer = &at_server_addr;
	so.mtu = w->mtu;
	UNIT_TRY(sip_tls_session_create(&so, &w->d.client.s));
	w->d.client.err = sip_tls_session_handshake(w->d.client.s);
out:
	return err;
}

static enum sip_err open_server(struct wire *w)
{
	struct sip_tls_session_options so;
	sip_tls_session_options_init(&so);
	so.context = w->d.for_server;
	so.role = SIP_TLS_SERVER;
	so.peer = &w->client;
	so.mtu = w->mtu;
	return sip_tls_session_create(&so, &w->d.server.s);
}

static bool is_lost(struct wire *w, struct sip_str datagram)
{
	if (datagram.len > w->longest)
		w->longest = datagram.len;
	return w->sent++ < 32 && (w->lost >> (w->sent - 1) & 1);
}

/* What the client sends, to a server that has no session for it yet, or to the session. */
static enum sip_err to_server(struct wire *w, struct sip_str datagram)
{
	char room[256];
	struct sip_buf answer;
	enum sip_err err = SIP_OK;
	sip_buf_init_fixed(&answer, room, sizeof(room));
	if (!w->d.server.s) {
		err = sip_dtls_listen(w->d.for_server, &w->client, datagram, &answer);
		if (err == SIP_E_AGAIN && !is_lost(w, sip_buf_str(&answer)))
			duo_feed(&w->d.client, sip_buf_str(&answer));
		if (err == SIP_E_AGAIN)
			return SIP_OK;
		UNIT_EQ(err, SIP_OK);
		err = open_server(w);
	}
	if (err == SIP_OK)
		duo_feed(&w->d.server, datagram);
	return err;
}

static enum sip_err carry(struct wire *w, bool *is_busy)
{
	char copy[4096];
	enum sip_err err = SIP_OK;
	struct sip_str out = sip_tls_session_out(w->d.client.s);
	if (out.len > 0 && out.len <= sizeof(copy)) {
		*is_busy = true;
		memcpy(copy, out.p, out.len);
		sip_tls_session_took(w->d.client.s, out.len);
		if (!is_lost(w, sip_str_make(copy, out.len)))
			err = to_server(w, sip_str_make(copy, out.len));
	}
	out = w->d.server.s ? sip_tls_session_out(w->d.server.s) : sip_str_make(NULL, 0);
	if (err == SIP_OK && out.len > 0) {
		*is_busy = true;
		if (!is_lost(w, out))
			duo_feed(&w->d.client, out);
		sip_tls_session_took(w->d.server.s, out.len);
	}
	return err;
}

static enum sip_err pump(struct wire *w)
{
	bool is_busy = true;
	enum sip_err err = SIP_OK;
	while (is_busy && err == SIP_OK) {
		is_busy = false;
		err = carry(w, &is_busy);
	}
	if (w->d.client.err == SIP_E_NOMEM || w->d.server.err == SIP_E_NOMEM)
		return SIP_E_NOMEM;
	return err;
}

/* The clock moves to the next timer of either, which then runs; false: there is none. */
static bool wait_for_timer(struct wire *w, enum sip_err *err)
{
	int64_t client = sip_dtls_session_timeout(w->d.client.s);
	int64_t server = w->d.server.s ? sip_dtls_session_timeout(w->d.server.s) : -1;
	int64_t next = client < 0 || (server >= 0 && server < client) ? server : client;
	if (next < 0)
		return false;
	now += next;
	*err = sip_dtls_session_on_timer(w->d.client.s);
	if (*err == SIP_OK && w->d.server.s)
		*err = sip_dtls_session_on_timer(w->d.server.s);
	return true;
}

static bool is_done(const struct wire *w)
{
	return w->d.server.s && duo_is_up(&w->d);
}

static enum sip_err shake(struct wire *w)
{
	enum sip_err err = open_client(w);
	if (err == SIP_OK)
		err = pump(w);
	for (unsigned i = 0; err == SIP_OK && !is_done(w) && i < 40 && wait_for_timer(w, &err); i++)
		if (err == SIP_OK)
			err = pump(w);
	return err;
}

static void wire_init(struct wire *w, unsigned lost)
{
	*w = (struct wire){ .lost = lost, .mtu = 1200 };
	duo_init(&w->d);
}

static enum sip_err say_hello(struct wire *w)
{
	enum sip_err err;
	UNIT_TRY(sip_tls_session_write(w->d.client.s, SIP_STR("one")));
	UNIT_TRY(sip_tls_session_write(w->d.client.s, SIP_STR("two")));
	UNIT_STR(sip_str_of(sip_tls_session_version(w->d.client.s)), "DTLSv1.2");
	UNIT_CHECK(sip_tls_session_is_peer(w->d.client.s, SIP_STR("a.test")));
	UNIT_CHECK(sip_tls_session_is_peer(w->d.server.s, SIP_STR("b.test")));
	UNIT_TRY(pump(w));
	UNIT_STR(sip_buf_str(&w->d.server.plain), "onetwo");
	sip_tls_session_close(w->d.client.s);
	UNIT_TRY(pump(w));
	UNIT_EQ(w->d.server.err, SIP_E_CLOSED);
out:
	return err;
}

static enum sip_err test_handshake_when_nothing_is_lost_needs_no_timer(void)
{
	struct wire w;
	enum sip_err err;
	int64_t start = now;
	wire_init(&w, 0);
	UNIT_TRY(shake(&w));
	UNIT_CHECK(is_done(&w));
	UNIT_EQ(now, start);
	UNIT_EQ(sip_dtls_session_timeout(w.d.client.s), -1);
	UNIT_EQ(sip_dtls_session_timeout(w.d.server.s), -1);
	UNIT_TRY(say_hello(&w));
out:
	duo_fini(&w.d);
	return err;
}

/* Each datagram of the handshake in turn, and pairs of them. */
static enum sip_err test_handshake_when_datagrams_are_lost_comes_through(void)
{
	enum sip_err err = SIP_OK;
	for (unsigned first = 0; first < 10; first++) {
		for (unsigned second = first; second < 10; second++) {
			struct wire w;
			wire_init(&w, 1u << first | 1u << second);
			UNIT_TRY(shake(&w));
			/* The last flight may be lost to the client alone: it asks again by its timer. */
			UNIT_CHECK(is_done(&w));
			if (is_done(&w)) {
				w.lost = 0;
				UNIT_TRY(say_hello(&w));
			}
			duo_fini(&w.d);
		}
	}
out:
	return err;
}

static enum sip_err test_timer_doubles_and_gives_up(void)
{
	struct wire w;
	enum sip_err err;
	int64_t last = 0;
	unsigned n = 0;
	wire_init(&w, ~0u);
	UNIT_TRY(open_client(&w));
	UNIT_TRY(pump(&w));
	UNIT_EQ(sip_dtls_session_timeout(w.d.client.s), 1000000);
	UNIT_TRY(sip_dtls_session_on_timer(w.d.client.s)); /* not yet due: nothing */
	UNIT_EQ(sip_tls_session_out(w.d.client.s).len, 0);
	for (; err == SIP_OK && n < 40; n++) {
		int64_t left = sip_dtls_session_timeout(w.d.client.s);
		UNIT_CHECK(left == 60000000 || left == (last ? 2 * last : 1000000));
		last = left;
		UNIT_CHECK(wait_for_timer(&w, &err));
		UNIT_CHECK(err != SIP_OK || sip_tls_session_out(w.d.client.s).len > 0);
		if (sip_tls_session_out(w.d.client.s).len > 0)
			sip_tls_session_took(w.d.client.s, sip_tls_session_out(w.d.client.s).len);
	}
	UNIT_EQ(err, SIP_E_TIMEOUT);
	UNIT_CHECK(n > 3 && n < 40);
	UNIT_STR(sip_str_of(sip_tls_session_why(w.d.client.s)), "the peer does not answer");
	UNIT_EQ(sip_dtls_session_timeout(w.d.client.s), -1);
	err = err == SIP_E_TIMEOUT ? SIP_OK : err;
out:
	duo_fini(&w.d);
	return err;
}

/* ---- cookies ----------------------------------------------------------------------------------------------------------- */

/* The second ClientHello of a client at w->client, with its cookie, in `copy`. */
static enum sip_err hello_with_cookie(struct wire *w, char *copy, size_t room, struct sip_str *hello)
{
	char text[256];
	struct sip_buf answer;
	struct sip_str first;
	enum sip_err err;
	sip_buf_init_fixed(&answer, text, sizeof(text));
	UNIT_TRY(open_client(w));
	first = sip_tls_session_out(w->d.client.s);
	err = sip_dtls_listen(w->d.for_server, &w->client, first, &answer);
	UNIT_EQ(err, SIP_E_AGAIN);
	UNIT_EQ(answer.len, 60);
	UNIT_CHECK(answer.len < first.len);
	sip_tls_session_took(w->d.client.s, first.len);
	duo_feed(&w->d.client, sip_buf_str(&answer));
	*hello = sip_tls_session_out(w->d.client.s);
	err = hello->len > 0 && hello->len <= room ? SIP_OK : SIP_E_NOMEM;
	if (err == SIP_OK)
		memcpy(copy, hello->p, hello->len);
	hello->p = copy;
out:
	return err;
}

static enum sip_err listen_to(struct wire *w, const struct sip_addr *from, struct sip_str datagram)
{
	char text[256];
	struct sip_buf answer;
	sip_buf_init_fixed(&answer, text, sizeof(text));
	enum sip_err err = sip_dtls_listen(w->d.for_server, from, datagram, &answer);
	UNIT_EQ(answer.len, err == SIP_E_AGAIN ? 60 : 0);
	return err;
}

static enum sip_err test_cookie_when_forged_or_of_another_address_is_refused(void)
{
	char copy[2048];
	struct sip_str hello;
	struct sip_addr elsewhere;
	struct wire w;
	enum sip_err err;
	wire_init(&w, 0);
	UNIT_TRY(hello_with_cookie(&w, copy, sizeof(copy), &hello));
	UNIT_EQ(listen_to(&w, &w.client, hello), SIP_OK);
	UNIT_TRY(sip_addr_parse_port(&elsewhere, SIP_STR("192.0.2.9:40001"), 0));
	UNIT_EQ(listen_to(&w, &elsewhere, hello), SIP_E_AGAIN);
	/* 13 and 12 bytes of heads, version, random, no session id: there the cookie begins. */
	copy[25 + 34 + 1 + 1] ^= 1;
	UNIT_EQ(listen_to(&w, &w.client, hello), SIP_E_AGAIN);
	/* Who makes a session of it all the same gets no further either. */
	UNIT_TRY(open_server(&w));
	duo_feed(&w.d.server, hello);
	UNIT_CHECK(!sip_tls_session_is_up(w.d.server.s));
	UNIT_EQ(w.d.server.err, SIP_E_AGAIN);
	UNIT_CHECK(sip_tls_session_out(w.d.server.s).len < 100);
out:
	duo_fini(&w.d);
	return err;
}

static enum sip_err test_listen_when_it_is_no_hello_says_so(void)
{
	char copy[2048], room[64];
	struct sip_str hello;
	struct sip_buf small;
	struct wire w;
	enum sip_err err;
	wire_init(&w, 0);
	UNIT_TRY(hello_with_cookie(&w, copy, sizeof(copy), &hello));
	UNIT_EQ(listen_to(&w, &w.client, SIP_STR("")), SIP_E_SYNTAX);
	UNIT_EQ(listen_to(&w, &w.client, SIP_STR("OPTIONS sip:a.test SIP/2.0\r\nVia: SIP/2.0/UDP b.test\r\n\r\n")), SIP_E_SYNTAX);
	for (size_t n = 0; n < hello.len; n++)
		UNIT_EQ(listen_to(&w, &w.client, sip_str_make(copy, n)), SIP_E_SYNTAX);
	/* What is in the heads must be right; the rest is for the session to judge. */
	for (size_t i = 0; i < 25; i++) {
		bool is_free = i == 2 || (i >= 5 && i < 11);
		copy[i] = (char)(copy[i] ^ 0x40);
		UNIT_EQ(listen_to(&w, &w.client, hello), is_free ? SIP_OK : SIP_E_SYNTAX);
		copy[i] = (char)(copy[i] ^ 0x40);
	}
	sip_buf_init_fixed(&small, room, 20);
	copy[25 + 34 + 1 + 1] ^= 1;
	UNIT_EQ(sip_dtls_listen(w.d.for_server, &w.client, hello, &small), SIP_E_LIMIT);
out:
	duo_fini(&w.d);
	return err;
}

static enum sip_err test_cookie_goes_on_over_a_reload(void)
{
	const struct duo_trust at_server = { .pair = "a" };
	struct sip_tls_context *after = NULL;
	struct sip_tls_options o;
	char copy[2048];
	struct sip_str hello;
	struct wire w;
	enum sip_err err;
	wire_init(&w, 0);
	UNIT_TRY(hello_with_cookie(&w, copy, sizeof(copy), &hello));
	sip_tls_options_init(&o);
	o.is_datagram = true;
	UNIT_TRY(duo_context(pki, &at_server, &o, w.d.for_server, &after));
	sip_tls_context_unref(&w.d.for_server);
	w.d.for_server = after;
	after = NULL;
	UNIT_EQ(listen_to(&w, &w.client, hello), SIP_OK);
out:
	sip_tls_context_unref(&after);
	duo_fini(&w.d);
	return err;
}

/* ---- datagrams --------------------------------------------------------------------------------------------------------- */

static enum sip_err test_mtu_bounds_every_datagram(void)
{
	static const size_t mtus[] = { 256, 576, 1200, 9000 };
	char large[16384];
	struct wire w;
	enum sip_err err = SIP_OK;
	memset(large, 'x', sizeof(large));
	for (size_t i = 0; i < SIP_COUNTOF(mtus); i++) {
		wire_init(&w, 0);
		w.mtu = mtus[i];
		UNIT_TRY(shake(&w));
		UNIT_CHECK(is_done(&w));
		UNIT_CHECK(w.longest <= mtus[i]);
		size_t room = 0;
		/* The longest that goes is within, and hardly shorter; the next does not go. */
		while (err == SIP_OK && room < mtus[i] && sip_tls_session_write(w.d.client.s, sip_str_make(large, room + 1)) == SIP_OK) {
			room++;
			UNIT_CHECK(sip_tls_session_out(w.d.client.s).len <= mtus[i]);
			sip_tls_session_took(w.d.client.s, sip_tls_session_out(w.d.client.s).len);
		}
		UNIT_CHECK(room + 64 > mtus[i]);
		UNIT_EQ(sip_tls_session_write(w.d.client.s, sip_str_make(large, room + 1)), SIP_E_LIMIT);
		UNIT_EQ(sip_tls_session_write(w.d.client.s, sip_str_make(large, sizeof(large))), SIP_E_LIMIT);
		duo_fini(&w.d);
	}
	return err;
out:
	duo_fini(&w.d);
	return err;
}

/* Half a datagram is read, then one is written: what is left of the first must still be there. */
static enum sip_err test_read_in_pieces_with_writes_between_loses_nothing(void)
{
	static const char text[] = "0123456789abcdefghij";
	char room[6];
	struct wire w;
	struct sip_str out;
	struct sip_buf got;
	size_t n = 0;
	enum sip_err err, end;
	wire_init(&w, 0);
	sip_buf_init(&got, 0);
	UNIT_TRY(shake(&w));
	UNIT_TRY(sip_tls_session_write(w.d.client.s, sip_str_of(text)));
	out = sip_tls_session_out(w.d.client.s);
	sip_tls_session_feed(w.d.server.s, out);
	while ((end = sip_tls_session_read(w.d.server.s, room, sizeof(room), &n)) == SIP_OK) {
		sip_buf_put(&got, room, n);
		UNIT_TRY(sip_tls_session_write(w.d.server.s, SIP_STR("between")));
	}
	UNIT_EQ(end, SIP_E_AGAIN);
	UNIT_STR(sip_buf_str(&got), text);
	sip_tls_session_took(w.d.client.s, out.len);
	UNIT_TRY(pump(&w));
	UNIT_STR(sip_buf_str(&w.d.client.plain), "betweenbetweenbetweenbetween");
	err = got.err;
out:
	sip_buf_fini(&got);
	duo_fini(&w.d);
	return err;
}

static enum sip_err test_session_without_mtu_or_peer_is_refused(void)
{
	struct sip_tls_session *s = NULL;
	struct sip_tls_session_options so;
	struct wire w;
	enum sip_err err;
	wire_init(&w, 0);
	UNIT_TRY(open_client(&w));
	sip_tls_session_options_init(&so);
	so.context = w.d.for_server;
	so.role = SIP_TLS_SERVER;
	UNIT_EQ(sip_tls_session_create(&so, &s), SIP_E_INVAL);
	so.peer = &w.client;
	so.mtu = 255;
	UNIT_EQ(sip_tls_session_create(&so, &s), SIP_E_INVAL);
	so.mtu = 65536;
	UNIT_EQ(sip_tls_session_create(&so, &s), SIP_E_INVAL);
out:
	duo_fini(&w.d);
	return err;
}

static enum sip_err test_datagrams_that_are_garbage_are_dropped(void)
{
	struct wire w;
	enum sip_err err;
	wire_init(&w, 0);
	UNIT_TRY(shake(&w));
	UNIT_CHECK(is_done(&w));
	/* Anybody can send them from anywhere, so they end nothing (RFC 6347 4.1.2.7). */
	duo_feed(&w.d.server, SIP_STR("garbage"));
	duo_feed(&w.d.server, SIP_STR("\x17\xfe\xfd\x00\x01\x00\x00\x00\x00\x00\x09\x00\x05hello"));
	duo_feed(&w.d.server, SIP_STR("\x15\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x09\x00\x02\x02\x28"));
	UNIT_EQ(w.d.server.err, SIP_E_AGAIN);
	UNIT_TRY(say_hello(&w));
out:
	duo_fini(&w.d);
	return err;
}

int main(int argc, char **argv)
{
	static const struct unit_case cases[] = {
		UNIT_CASE_DEAR(test_handshake_when_nothing_is_lost_needs_no_timer),
		UNIT_CASE_NO_OOM(test_handshake_when_datagrams_are_lost_comes_through), /* a hundred handshakes, as the one before */
		UNIT_CASE_DEAR(test_timer_doubles_and_gives_up),
		UNIT_CASE_DEAR(test_cookie_when_forged_or_of_another_address_is_refused),
		UNIT_CASE_DEAR(test_listen_when_it_is_no_hello_says_so),
		UNIT_CASE_DEAR(test_cookie_goes_on_over_a_reload),
		UNIT_CASE_NO_OOM(test_mtu_bounds_every_datagram), /* the same for four of them */
		UNIT_CASE_DEAR(test_read_in_pieces_with_writes_between_loses_nothing),
		UNIT_CASE_DEAR(test_session_without_mtu_or_peer_is_refused),
		UNIT_CASE_DEAR(test_datagrams_that_are_garbage_are_dropped),
	};
	static const struct unit_suite suite = { "stack/crypto/dtls_session", cases, SIP_COUNTOF(cases) };
	static const struct unit_suite *const suites[] = { &suite };
	pki = certs_create();
	certs_authority(pki, "root");
	certs_leaf(pki, "a", "root", "URI:sip:a.test");
	certs_leaf(pki, "b", "root", "DNS:b.test");
	int status = unit_main(argc, argv, suites, SIP_COUNTOF(suites));
	certs_destroy(&pki);
	return status;
}
