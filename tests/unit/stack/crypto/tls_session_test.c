/* Two sessions speak to each other: handshakes, what comes in pieces, damaged or too much, and many at a time. */
#include "stack/crypto/crypto_priv.h"
#include "tests/unit/stack/crypto/tls_test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- handshake --------------------------------------------------------------------------------------------------------- */

static enum sip_err shake(enum sip_tls_version ceiling, const char *version, size_t piece)
{
	const struct duo_trust at_client = { .pair = NULL }, at_server = { .pair = "a" };
	struct sip_tls_options o;
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	d.piece = piece;
	sip_tls_options_init(&o);
	o.ceiling = ceiling;
	UNIT_TRY(duo_context(tls_pki, &at_client, &o, NULL, &d.for_client));
	sip_tls_options_init(&o);
	UNIT_TRY(duo_context(tls_pki, &at_server, &o, NULL, &d.for_server));
	UNIT_TRY(duo_open(&d, "a.test"));
	UNIT_EQ(sip_tls_session_write(d.client.s, SIP_STR("early")), SIP_E_STATE);
	UNIT_STR(sip_str_of(sip_tls_session_version(d.client.s)), "");
	UNIT_TRY(duo_pump(&d));
	UNIT_CHECK(duo_is_up(&d));
	UNIT_STR(sip_str_of(sip_tls_session_version(d.client.s)), version);
	UNIT_STR(sip_str_of(sip_tls_session_version(d.server.s)), version);
	UNIT_STR(sip_str_of(sip_tls_session_cipher(d.client.s)), sip_tls_session_cipher(d.server.s));
	UNIT_CHECK(sip_tls_session_has_certificate(d.client.s));
	UNIT_CHECK(!sip_tls_session_has_certificate(d.server.s));
	UNIT_CHECK(sip_tls_session_is_peer(d.client.s, SIP_STR("A.TEST")));
	UNIT_CHECK(!sip_tls_session_is_peer(d.client.s, SIP_STR("b.test")));
	UNIT_STR(sip_str_of(sip_tls_session_why(d.client.s)), "");
	UNIT_TRY(sip_tls_session_write(d.client.s, SIP_STR("hello")));
	UNIT_TRY(sip_tls_session_write(d.server.s, SIP_STR("good day")));
	UNIT_TRY(duo_pump(&d));
	UNIT_STR(sip_buf_str(&d.server.plain), "hello");
	UNIT_STR(sip_buf_str(&d.client.plain), "good day");
	UNIT_EQ(sip_tls_session_out(d.client.s).len, 0);
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_handshake_of_1_3_when_both_can(void)
{
	return shake(SIP_TLS_1_3, "TLSv1.3", 0);
}

static enum sip_err test_handshake_of_1_2_when_one_can_no_more(void)
{
	return shake(SIP_TLS_1_2, "TLSv1.2", 0);
}

static enum sip_err test_handshake_byte_by_byte_is_the_same(void)
{
	enum sip_err err = shake(SIP_TLS_1_3, "TLSv1.3", 1);
	return err == SIP_OK ? shake(SIP_TLS_1_2, "TLSv1.2", 1) : err;
}

static enum sip_err test_sni_when_known_picks_the_pair(void)
{
	static const struct {
		const char *name;
		bool is_up;
	} cases[] = { { "a.test", true }, { "b.test", true }, { "B.Test", true }, { "b.test.", true }, { "c.test", false } };
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(tls_make_contexts(&d));
	for (size_t i = 0; i < SIP_COUNTOF(cases); i++) {
		UNIT_TRY(duo_connect(&d, cases[i].name));
		UNIT_EQ(sip_tls_session_is_up(d.client.s), cases[i].is_up);
		if (!cases[i].is_up) {
			UNIT_EQ(d.client.err, SIP_E_DENIED);
			UNIT_STR(sip_str_of(sip_tls_session_why(d.client.s)), "the certificate names a.test, not c.test");
		}
		duo_close(&d);
	}
out:
	duo_fini(&d);
	return err;
}

/* ---- bytes that come --------------------------------------------------------------------------------------------------- */

static enum sip_err feed_server(const char *bytes, size_t len, size_t piece, struct duo *d)
{
	enum sip_err err = duo_open(d, "a.test");
	for (size_t at = 0; err == SIP_OK && at < len; at += piece)
		duo_feed(&d->server, sip_str_make(bytes + at, at + piece < len ? piece : len - at));
	return err == SIP_OK && d->server.err == SIP_E_NOMEM ? SIP_E_NOMEM : err;
}

static enum sip_err test_bytes_that_are_no_tls_are_refused(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *why;
	} cases[] = {
		{ "OPTIONS sip:a.test SIP/2.0\r\nVia: SIP/2.0/TCP b.test\r\n\r\n", 54, "that is not TLS" },
		{ "\r\n\r\n\r\n\r\n\r\n\r\n", 12, "that is not TLS" },
		{ "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", 34, "that is HTTP, not TLS" },
		{ "\x16\x03\x01\xff\xff garbage garbage", 21, "that is not TLS" },
		{ "\x16\x03\x01\x00\x04\x01\xff\xff\xff", 9, NULL },
		{ "\x15\x03\x01\x00\x02\x02\x28", 7, NULL },
		{ "\x17\x03\x03\x00\x05hello", 10, NULL },
	};
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(tls_make_contexts(&d));
	for (size_t i = 0; i < 2 * SIP_COUNTOF(cases); i++) {
		size_t k = i / 2;
		UNIT_TRY(feed_server(cases[k].bytes, cases[k].len, i % 2 ? 1 : cases[k].len, &d));
		UNIT_EQ(d.server.err, SIP_E_SYNTAX);
		if (cases[k].why)
			UNIT_STR(sip_str_of(sip_tls_session_why(d.server.s)), cases[k].why);
		else
			UNIT_CHECK(sip_tls_session_out(d.server.s).len > 0);
		UNIT_EQ(sip_tls_session_handshake(d.server.s), d.server.err);
		UNIT_EQ(sip_tls_session_write(d.server.s, SIP_STR("x")), d.server.err);
		duo_close(&d);
	}
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_record_when_damaged_ends_the_session_with_an_alert(void)
{
	struct duo d;
	char record[256];
	struct sip_str out;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(tls_make_contexts(&d));
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_TRY(sip_tls_session_write(d.client.s, SIP_STR("OPTIONS sip:a.test SIP/2.0")));
	out = sip_tls_session_out(d.client.s);
	UNIT_CHECK(out.len > 20 && out.len < sizeof(record));
	memcpy(record, out.p, out.len);
	record[out.len - 3] ^= 1;
	duo_feed(&d.server, sip_str_make(record, out.len));
	UNIT_EQ(d.server.err, SIP_E_SYNTAX);
	UNIT_STR(sip_str_of(sip_tls_session_why(d.server.s)), "a record is damaged");
	sip_tls_session_took(d.client.s, out.len);
	UNIT_TRY(duo_pump(&d));
	UNIT_EQ(d.client.err, SIP_E_CLOSED);
	UNIT_STR(sip_str_of(sip_tls_session_why(d.client.s)), "the peer says: a record was damaged");
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_large_transfers_come_whole_both_ways(void)
{
	enum { LARGE = 1 << 20 };
	char *large = sip_alloc(LARGE);
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY_PTR(large);
	for (size_t i = 0; i < LARGE; i++)
		large[i] = (char)(i * 31 + i / 251);
	UNIT_TRY(tls_make_contexts(&d));
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_TRY(sip_tls_session_write(d.client.s, sip_str_make(large, LARGE)));
	UNIT_TRY(sip_tls_session_write(d.server.s, sip_str_make(large, LARGE)));
	d.piece = 1777;
	UNIT_TRY(duo_pump(&d));
	UNIT_CHECK(sip_str_eq(sip_buf_str(&d.server.plain), sip_str_make(large, LARGE)));
	UNIT_CHECK(sip_str_eq(sip_buf_str(&d.client.plain), sip_str_make(large, LARGE)));
out:
	duo_fini(&d);
	sip_free(large);
	return err;
}

static enum sip_err test_close_is_seen_by_the_peer(void)
{
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(tls_make_contexts(&d));
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_TRY(sip_tls_session_write(d.client.s, SIP_STR("bye")));
	sip_tls_session_close(d.client.s);
	UNIT_TRY(duo_pump(&d));
	UNIT_STR(sip_buf_str(&d.server.plain), "bye");
	UNIT_EQ(d.server.err, SIP_E_CLOSED);
	UNIT_STR(sip_str_of(sip_tls_session_why(d.server.s)), "");
	UNIT_CHECK(!sip_tls_session_is_up(d.server.s));
	UNIT_EQ(sip_tls_session_write(d.server.s, SIP_STR("x")), SIP_E_CLOSED);
	sip_tls_session_feed(d.server.s, SIP_STR("what comes after the end"));
	UNIT_EQ(sip_tls_session_handshake(d.server.s), SIP_E_CLOSED);
	sip_tls_session_close(d.server.s);
	UNIT_TRY(duo_pump(&d));
	UNIT_EQ(d.client.err, SIP_E_CLOSED);
out:
	duo_fini(&d);
	return err;
}

/* A peer that asks to negotiate anew is refused and otherwise left alone. */
static enum sip_err test_renegotiation_is_refused(void)
{
	const struct duo_trust at_client = { .pair = NULL }, at_server = { .pair = "a" };
	struct sip_tls_options o;
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	sip_tls_options_init(&o);
	o.ceiling = SIP_TLS_1_2;
	UNIT_TRY(duo_context(tls_pki, &at_client, &o, NULL, &d.for_client));
	UNIT_TRY(duo_context(tls_pki, &at_server, &o, NULL, &d.for_server));
	UNIT_TRY(duo_connect(&d, "a.test"));
	SSL_clear_options(d.client.s->ssl, SSL_OP_NO_RENEGOTIATION);
	UNIT_EQ(SSL_renegotiate(d.client.s->ssl), 1);
	(void)SSL_do_handshake(d.client.s->ssl);
	UNIT_CHECK(sip_tls_session_out(d.client.s).len > 100);
	duo_feed(&d.server, sip_tls_session_out(d.client.s));
	UNIT_EQ(d.server.err, SIP_E_AGAIN);
	UNIT_CHECK(sip_tls_session_is_up(d.server.s));
	sip_tls_session_took(d.client.s, sip_tls_session_out(d.client.s).len);
	/* OpenSSL as a client gives up then. */
	UNIT_TRY(duo_pump(&d));
	UNIT_EQ(d.client.err, SIP_E_CLOSED);
	UNIT_STR(sip_str_of(sip_tls_session_why(d.client.s)), "the peer says: no renegotiation");
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_keys_are_changed_when_the_peer_asks(void)
{
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(tls_make_contexts(&d));
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_EQ(SSL_key_update(d.client.s->ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	UNIT_TRY(sip_tls_session_write(d.client.s, SIP_STR("new")));
	UNIT_TRY(duo_pump(&d));
	UNIT_TRY(sip_tls_session_write(d.server.s, SIP_STR("new too")));
	UNIT_TRY(duo_pump(&d));
	UNIT_STR(sip_buf_str(&d.server.plain), "new");
	UNIT_STR(sip_buf_str(&d.client.plain), "new too");
out:
	duo_fini(&d);
	return err;
}

static enum sip_err test_early_end_of_the_peer_is_told(void)
{
	static const char close_notify[] = "\x15\x03\x03\x00\x02\x01\x00";
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(tls_make_contexts(&d));
	UNIT_TRY(duo_open(&d, "a.test"));
	d.client.err = sip_tls_session_handshake(d.client.s);
	duo_feed(&d.server, sip_tls_session_out(d.client.s));
	UNIT_EQ(d.server.err, SIP_E_AGAIN);
	duo_feed(&d.client, sip_str_make(close_notify, 7));
	UNIT_EQ(d.client.err, SIP_E_CLOSED);
	sip_tls_session_close(d.client.s);
	err = sip_mem_has_failed() ? SIP_E_NOMEM : SIP_OK;
out:
	duo_fini(&d);
	return err;
}

/* ---- many loops -------------------------------------------------------------------------------------------------------- */

enum { THREADS = 3, MEETINGS = 30 };

static void *meet_often(void *arg)
{
	const struct duo *shared = arg;
	size_t good = 0;
	for (unsigned i = 0; i < MEETINGS; i++) {
		struct duo d;
		duo_init(&d);
		d.for_client = shared->for_client;
		d.for_server = shared->for_server;
		if (duo_connect(&d, i % 2 ? "a.test" : "b.test") == SIP_OK && duo_is_up(&d) &&
		    sip_tls_session_write(d.client.s, SIP_STR("hello")) == SIP_OK && duo_pump(&d) == SIP_OK)
			good += sip_str_eq(sip_buf_str(&d.server.plain), SIP_STR("hello"));
		duo_close(&d);
		sip_buf_fini(&d.client.plain);
		sip_buf_fini(&d.server.plain);
	}
	return good == MEETINGS ? arg : NULL;
}

static enum sip_err test_contexts_are_shared_by_threads(void)
{
	pthread_t threads[THREADS];
	void *good = NULL;
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	UNIT_TRY(tls_make_contexts(&d));
	for (size_t i = 0; i < THREADS; i++)
		UNIT_EQ(pthread_create(&threads[i], NULL, meet_often, &d), 0);
	for (size_t i = 0; i < THREADS; i++) {
		UNIT_EQ(pthread_join(threads[i], &good), 0);
		UNIT_CHECK(good == &d);
	}
	UNIT_EQ(sip__tls_memory_count(d.for_client->memory), 2);
out:
	duo_fini(&d);
	return err;
}

/* ---- session keys ------------------------------------------------------------------------------------------------------ */

static enum sip_err test_keylog_when_set_gets_lines_nobody_else_may_read(void)
{
	const struct duo_trust at_client = { .pair = NULL }, at_server = { .pair = "a" };
	const char *path = certs_path(tls_pki, "keys.log");
	struct sip_tls_options o;
	struct stat st;
	struct duo d;
	enum sip_err err;
	char line[512];
	size_t lines = 0;
	FILE *f = NULL;
	(void)remove(path);
	duo_init(&d);
	sip_tls_options_init(&o);
	UNIT_TRY(duo_context(tls_pki, &at_client, &o, NULL, &d.for_client));
	o.keylog = path;
	UNIT_TRY(duo_context(tls_pki, &at_server, &o, NULL, &d.for_server));
	UNIT_TRY(duo_connect(&d, "a.test"));
	UNIT_EQ(stat(path, &st), 0);
	UNIT_EQ(st.st_mode & 0777, 0600);
	f = fopen(path, "r");
	UNIT_CHECK(f != NULL);
	while (f && fgets(line, sizeof(line), f)) {
		lines++;
		UNIT_CHECK(strchr(line, '\n') && (strstr(line, "_SECRET") || strncmp(line, "EXPORTER", 8) == 0));
	}
	UNIT_EQ(lines, 5);
out:
	if (f)
		fclose(f);
	duo_fini(&d);
	return err;
}

/* Tables of many handshakes are not run again without memory: other cases do the same ones, and in a second. */
static const struct unit_case cases[] = {
	UNIT_CASE_DEAR(test_handshake_of_1_3_when_both_can),
	UNIT_CASE_DEAR(test_handshake_of_1_2_when_one_can_no_more),
	UNIT_CASE_NO_OOM(test_handshake_byte_by_byte_is_the_same),
	UNIT_CASE_NO_OOM(test_sni_when_known_picks_the_pair),
	UNIT_CASE_NO_OOM(test_bytes_that_are_no_tls_are_refused),
	UNIT_CASE_DEAR(test_record_when_damaged_ends_the_session_with_an_alert),
	UNIT_CASE_NO_OOM(test_large_transfers_come_whole_both_ways),
	UNIT_CASE_DEAR(test_close_is_seen_by_the_peer),
	UNIT_CASE_DEAR(test_renegotiation_is_refused),
	UNIT_CASE_DEAR(test_keys_are_changed_when_the_peer_asks),
	UNIT_CASE_DEAR(test_early_end_of_the_peer_is_told),
	UNIT_CASE_NO_OOM(test_contexts_are_shared_by_threads), /* it starts threads */
	UNIT_CASE_DEAR(test_keylog_when_set_gets_lines_nobody_else_may_read),
};
const struct unit_suite tls_session_suite = { "stack/crypto/tls_session", cases, SIP_COUNTOF(cases) };
