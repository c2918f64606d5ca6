/* Framing: datagrams, and streams cut at every byte, pipelined, too large, without borders. */
#include "tests/unit/stack/message/message_rooms_test.h"

#define HEAD "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n"

/* Feeds it in pieces of `step` and draws what comes: M message, U unframeable, I ping, O pong; bodies behind. */
static enum sip_err draw(struct sip_framer *f, struct sip_str bytes, size_t step, char *out, enum sip_err *why)
{
	size_t at = 0;
	*why = SIP_OK;
	while (bytes.len) {
		size_t room, n = step < bytes.len ? step : bytes.len;
		char *p = sip_framer_room(f, &room);
		if (!p)
			return *why == SIP_OK ? SIP_E_NOMEM : SIP_OK;
		n = n < room ? n : room;
		memcpy(p, bytes.p, n);
		sip_framer_filled(f, n);
		bytes = sip_str_from(bytes, n);
		for (;;) {
			struct sip_message *m;
			enum sip_frame_kind kind = sip_framer_next(f, &m, why);
			if (kind == SIP_FRAME_MORE)
				break;
			out[at++] = "_MIOU"[kind];
			out[at] = '\0';
			if (m) {
				struct sip_str body = sip_message_body(m);
				at += (size_t)snprintf(out + at, 20, "%.*s", body.len < 8 ? (int)body.len : 8,
						       body.p);
			}
			sip_message_unref(&m);
			if (kind == SIP_FRAME_UNFRAMEABLE)
				return *why == SIP_E_NOMEM ? SIP_E_NOMEM : SIP_OK;
		}
	}
	return SIP_OK;
}

static enum sip_err draw_new(const struct sip_limits *limits, const char *text, size_t step, const char *expected,
			     enum sip_err expected_why)
{
	char out[200] = "";
	enum sip_err why;
	struct sip_framer *f = sip_framer_create(limits);
	if (!f)
		return SIP_E_NOMEM;
	enum sip_err err = draw(f, sip_str_of(text), step, out, &why);
	if (err == SIP_OK) {
		UNIT_STR(sip_str_of(out), expected);
		UNIT_EQ(why, expected_why);
	}
	sip_framer_destroy(&f);
	return err;
}

static enum sip_err test_framer_of_any_split_gives_the_same(void)
{
	static const char text[] =
		HEAD "l: 0\r\n\r\n" HEAD "Content-Length: 4\r\n\r\nabcd" HEAD "Content-Length:\r\n 2\r\n\r\nxy";
	for (size_t step = 1; step <= sizeof text; step++) {
		enum sip_err err = draw_new(&sip_limits_default, text, step, "MMabcdMxy", SIP_OK);
		if (err != SIP_OK)
			return err;
	}
	return SIP_OK;
}

static enum sip_err test_framer_of_line_ends_gives_pings(void)
{
	static const struct {
		const char *text, *whole, *split;
	} rows[] = {
		{ "\r\n\r\n", "I", "OI" },
		{ "\r\n", "O", "O" },
		{ "\r\n\r\n\r\n\r\n" HEAD "l: 1\r\n\r\nx\r\n\r\n", "IIMxI", "OIOIMxOI" },
		{ "\r\n" HEAD "l: 0\r\n\r\n", "OM", "OM" },
	};
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		enum sip_err err = draw_new(&sip_limits_default, rows[i].text, 1000, rows[i].whole, SIP_OK);
		if (err == SIP_OK)
			err = draw_new(&sip_limits_default, rows[i].text, 1, rows[i].split, SIP_OK);
		if (err != SIP_OK)
			return err;
	}
	return SIP_OK;
}

static enum sip_err test_framer_without_borders_closes(void)
{
	struct sip_limits small = sip_limits_default;
	small.header = 119;
	small.message = 200;
	small.fields = 4;
	static const struct {
		const char *text;
		enum sip_err why;
	} rows[] = {
		{ HEAD "\r\n", SIP_E_SYNTAX },
		{ HEAD "l: -1\r\n\r\n", SIP_E_SYNTAX },
		{ HEAD "l: 99999999999\r\n\r\n", SIP_E_SYNTAX },
		{ HEAD "l: 1\r\nl: 2\r\n\r\n", SIP_E_SYNTAX },
		{ "GET / HTTP/1.1\r\n\r\n", SIP_E_SYNTAX },
		{ HEAD "l: 150\r\n\r\n", SIP_E_TOOBIG },
		{ HEAD "a: 1\r\nb: 2\r\nc: 3\r\nd: 4\r\nl: 0\r\n\r\n", SIP_E_LIMIT },
		{ HEAD "Subject: 0123456789012345678901234567890123456789\r\nl: 0\r\n\r\n", SIP_E_LIMIT },
	};
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		enum sip_err err = draw_new(&small, rows[i].text, 1000, "U", rows[i].why);
		if (err == SIP_OK)
			err = draw_new(&small, rows[i].text, 1, "U", rows[i].why);
		if (err != SIP_OK)
			return err;
	}
	return draw_new(&small, HEAD "l: 10\r\n\r\n0123456789", 1, "M01234567", SIP_OK);
}

static enum sip_err unframeable(struct sip_limits limits, const char *text, unsigned code, const char *reason)
{
	struct sip_framer *f = sip_framer_create(&limits);
	struct sip_message *m = NULL;
	struct sip_check check;
	enum sip_err err = SIP_OK;
	size_t room;
	UNIT_TRY_PTR(f);
	char *p = sip_framer_room(f, &room);
	UNIT_TRY_PTR(p);
	memcpy(p, text, strlen(text));
	sip_framer_filled(f, strlen(text));
	enum sip_err why;
	UNIT_EQ(sip_framer_next(f, &m, &why), SIP_FRAME_UNFRAMEABLE);
	if (why == SIP_E_NOMEM)
		m = NULL;
	UNIT_TRY_PTR(m);
	sip_message_check(m, true, &check);
	UNIT_EQ(check.verdict, SIP_ANSWER);
	UNIT_EQ(check.code, code);
	UNIT_STR(sip_str_of(check.reason), reason);
	sip_message_unref(&m);
	UNIT_EQ(sip_framer_next(f, &m, &why), SIP_FRAME_UNFRAMEABLE);
	UNIT_CHECK(sip_framer_room(f, &room) == NULL && room == 0);
out:
	sip_message_unref(&m);
	sip_framer_destroy(&f);
	return err;
}

#define WHOLE HEAD "From: sip:a@b\r\nTo: sip:c@d\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"

static enum sip_err test_framer_without_borders_lets_answer(void)
{
	struct sip_limits small = sip_limits_default;
	enum sip_err err = unframeable(small, WHOLE "\r\n", 400, "Missing Content-Length");
	if (err == SIP_OK)
		err = unframeable(small, WHOLE "l: x\r\n\r\n", 400, "Bad Content-Length");
	small.message = 300;
	if (err == SIP_OK)
		err = unframeable(small, WHOLE "l: 400\r\n\r\n", 413, "Request Entity Too Large");
	small.header = 100;
	if (err == SIP_OK)
		err = unframeable(small, WHOLE "l: 0\r\n\r\n", 513, "Message Too Large");
	for (size_t less = 1; less < 6 && err == SIP_OK; less++) {
		small.header = sizeof(WHOLE "l: 0\r\n\r\n") - 1 - less;
		err = unframeable(small, WHOLE "l: 0\r\n\r\n", 513, "Message Too Large");
	}
	return err;
}

static enum sip_err feed_large(struct sip_framer *f, size_t body_len, struct sip_message **out)
{
	char head[200];
	enum sip_err why;
	size_t left = body_len, room;
	int n = snprintf(head, sizeof head, HEAD "Content-Length: %zu\r\n\r\nbegin", body_len);
	char *p = sip_framer_room(f, &room);
	if (!p)
		return SIP_E_NOMEM;
	memcpy(p, head, (size_t)n);
	sip_framer_filled(f, (size_t)n);
	left -= 5;
	for (;;) {
		enum sip_frame_kind kind = sip_framer_next(f, out, &why);
		if (kind != SIP_FRAME_MORE)
			return why;
		UNIT_CHECK(sip_framer_is_partial(f));
		p = sip_framer_room(f, &room);
		if (!p)
			return SIP_E_NOMEM;
		size_t step = left < room ? left : room;
		memset(p, 'b', step);
		sip_framer_filled(f, step);
		left -= step;
	}
}

static enum sip_err test_framer_of_a_large_body_reads_it_in_place(void)
{
	struct sip_framer *f = sip_framer_create(&sip_limits_default);
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;
	UNIT_TRY_PTR(f);
	size_t idle = sip_framer_memory(f);
	UNIT_CHECK(idle < 256);
	UNIT_TRY(feed_large(f, 200000, &m));
	UNIT_TRY_PTR(m);
	UNIT_EQ(sip_message_body(m).len, 200000);
	UNIT_CHECK(memcmp(sip_message_body(m).p, "beginbbbb", 9) == 0 && sip_message_body(m).p[199999] == 'b');
	UNIT_CHECK(!sip_framer_is_partial(f));
	UNIT_EQ(sip_framer_memory(f), idle);
	UNIT_EQ(sip_message_encoded_len(m), strlen(HEAD "Content-Length: 200000\r\n\r\n") + 200000);
	size_t room;
	enum sip_err why;
	UNIT_TRY_PTR(sip_framer_room(f, &room));
	sip_framer_filled(f, 0);
	sip_message_unref(&m);
	UNIT_EQ(sip_framer_next(f, &m, &why), SIP_FRAME_MORE);
	UNIT_EQ(sip_framer_memory(f), idle);
out:
	sip_message_unref(&m);
	sip_framer_destroy(&f);
	return err;
}

static enum sip_err datagram(const char *text, enum sip_frame_kind kind, enum sip_err why)
{
	struct sip_message *m = NULL;
	enum sip_err actual;
	struct sip_packet *packet = sip_packet_copy(text, strlen(text));
	if (!packet)
		return SIP_E_NOMEM;
	enum sip_frame_kind actual_kind = sip_frame_datagram(packet, &sip_limits_default, &m, &actual);
	sip_packet_unref(&packet);
	sip_message_unref(&m);
	if (actual == SIP_E_NOMEM)
		return actual;
	unit_check_int(actual_kind, kind, text, __FILE__, __LINE__);
	unit_check_int(actual, why, text, __FILE__, __LINE__);
	return SIP_OK;
}

static enum sip_err test_datagram_is_one_message_or_a_ping(void)
{
	static const struct {
		const char *text;
		enum sip_frame_kind kind;
		enum sip_err why;
	} rows[] = {
		{ HEAD "\r\n", SIP_FRAME_MESSAGE, SIP_OK },
		{ "\r\n\r\n" HEAD "\r\n", SIP_FRAME_MESSAGE, SIP_OK },
		{ "\r\n\r\n", SIP_FRAME_PING, SIP_OK },
		{ "\r\n", SIP_FRAME_PONG, SIP_OK },
		{ "", SIP_FRAME_PONG, SIP_OK },
		{ "jaK", SIP_FRAME_UNFRAMEABLE, SIP_E_SYNTAX },
	};
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		enum sip_err err = datagram(rows[i].text, rows[i].kind, rows[i].why);
		if (err != SIP_OK)
			return err;
	}
	return SIP_OK;
}

static enum sip_err test_datagram_over_a_limit_may_be_answered(void)
{
	struct sip_limits small = sip_limits_default;
	struct sip_message *m = NULL;
	struct sip_check check;
	enum sip_err why, err = SIP_OK;
	struct sip_packet *packet = sip_packet_copy(WHOLE "\r\n", strlen(WHOLE "\r\n"));
	UNIT_TRY_PTR(packet);
	small.fields = 3;
	UNIT_EQ(sip_frame_datagram(packet, &small, &m, &why), SIP_FRAME_UNFRAMEABLE);
	UNIT_TRY_PTR(m);
	UNIT_EQ(why, SIP_E_LIMIT);
	sip_message_check(m, false, &check);
	UNIT_EQ(check.code, 513);
	sip_message_unref(&m);
	small.message = 50;
	UNIT_EQ(sip_frame_datagram(packet, &small, &m, &why), SIP_FRAME_UNFRAMEABLE);
	UNIT_EQ(why, SIP_E_TOOBIG);
out:
	sip_message_unref(&m);
	sip_packet_unref(&packet);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_framer_of_any_split_gives_the_same),
	UNIT_CASE(test_framer_of_line_ends_gives_pings),
	UNIT_CASE(test_framer_without_borders_closes),
	UNIT_CASE(test_framer_without_borders_lets_answer),
	UNIT_CASE(test_framer_of_a_large_body_reads_it_in_place),
	UNIT_CASE(test_datagram_is_one_message_or_a_ping),
	UNIT_CASE(test_datagram_over_a_limit_may_be_answered),
};
SUITE(frame);
