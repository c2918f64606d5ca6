/* A WebSocket of either role, fed with frames made here by hand: whole, in pieces, broken, too large. */
#include "tests/unit/stack/transport/ws_test.h"

#define GET "GET / HTTP/1.1\r\n"
#define FIELDS                                                                                                        \
	"Host: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                                                 \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n" \
	"Cookie: a=b\r\n\r\n"
#define REQUEST GET FIELDS
#define BIG 65536
enum { FIN = 0x80, MORE = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

/* Like UNIT_TRY, for a call that is to end with `want`. */
#define TRY_EQ(call, want)                  \
	do {                                \
		err = (call);               \
		if (err == SIP_E_NOMEM)     \
			goto out;           \
		UNIT_EQ(err, want);         \
		err = SIP_OK;               \
	} while (0)

struct end {
	struct sip__ws *ws;
	struct sip_rand rand;
	unsigned messages;
	enum sip_err verdict;        /* of the call-back */
	enum { KEEP, WRITE, SHUT } deed; /* what it does besides */
	char room[BIG + 64];
	struct sip_buf got;          /* each message and a bar */
};

static enum sip_err on_message(void *arg, struct sip_str message)
{
	struct end *e = arg;

	e->messages++;
	UNIT_CHECK(message.p != NULL);
	sip_buf_put_str(&e->got, message);
	sip_buf_put_char(&e->got, '|');
	if (e->deed == WRITE)
		return sip__ws_write(e->ws, message);
	if (e->deed == SHUT)
		return sip__ws_close(e->ws, SIP__WS_NORMAL);
	return e->verdict;
}

static enum sip_err feed(struct end *e, struct sip_str bytes)
{
	return sip__ws_feed(e->ws, bytes, on_message, e);
}

static enum sip_err open_end(struct end *e, bool is_server, size_t message_max)
{
	const struct sip__ws_options options = { .is_server = is_server, .message_max = message_max, .rand = &e->rand,
						 .target = { .host = SIP_STR_INIT("a.test") } };

	e->ws = NULL;
	e->messages = 0;
	e->verdict = SIP_OK;
	e->deed = KEEP;
	sip_rand_init_seed(&e->rand, 5);
	sip_buf_init_fixed(&e->got, e->room, sizeof e->room);
	return sip__ws_create(&options, &e->ws);
}

static void drain(struct end *e)
{
	sip__ws_took(e->ws, sip__ws_out(e->ws).len);
}

static enum sip_err up_server(struct end *e, size_t message_max)
{
	enum sip_err err = open_end(e, true, message_max);

	if (err == SIP_OK)
		err = feed(e, SIP_STR(REQUEST));
	if (err == SIP_OK)
		drain(e);
	return err;
}

/* All that waits at one end, to the other. */
static enum sip_err pass(struct end *from, struct end *to)
{
	enum sip_err err = feed(to, sip__ws_out(from->ws));

	drain(from);
	return err;
}

static enum sip_err up_pair(struct end *client, struct end *server, size_t message_max)
{
	enum sip_err err = open_end(client, false, message_max);

	server->ws = NULL;
	if (err == SIP_OK)
		err = open_end(server, true, message_max);
	if (err == SIP_OK)
		err = pass(client, server);
	if (err == SIP_OK)
		err = pass(server, client);
	return err;
}

/* The head of a frame as RFC 6455 5.2 draws it, with as many bytes of length as asked for. */
static void put_head(struct sip_buf *b, unsigned first, bool is_masked, uint64_t len, unsigned len_bytes)
{
	unsigned short_len = len_bytes == 8 ? 127 : len_bytes == 2 ? 126 : (unsigned)len;

	sip_buf_put_char(b, (char)first);
	sip_buf_put_char(b, (char)((is_masked ? 0x80 : 0) | short_len));
	for (unsigned i = len_bytes; i > 0; i--)
		sip_buf_put_char(b, (char)(len >> (8 * (i - 1))));
	if (is_masked)
		SIP_BUF_LIT(b, "\x11\x22\x33\x44");
}

static void put_payload(struct sip_buf *b, bool is_masked, struct sip_str payload)
{
	static const char mask[4] = { 0x11, 0x22, 0x33, 0x44 };

	for (size_t i = 0; i < payload.len; i++)
		sip_buf_put_char(b, (char)(payload.p[i] ^ (is_masked ? mask[i % 4] : 0)));
}

static void put_frame(struct sip_buf *b, unsigned first, bool is_masked, struct sip_str payload)
{
	put_head(b, first, is_masked, payload.len, payload.len > 0xffff ? 8 : payload.len > 125 ? 2 : 0);
	put_payload(b, is_masked, payload);
}

/* The code in the close frame that ends what a server sends; 0: there is none. */
static unsigned close_code(struct sip_str out)
{
	if (out.len < 4 || (unsigned char)out.p[out.len - 4] != (FIN | CLOSE) || out.p[out.len - 3] != 2)
		return 0;
	return (unsigned)(unsigned char)out.p[out.len - 2] << 8 | (unsigned char)out.p[out.len - 1];
}

static void fill_text(char *room, size_t n)
{
	for (size_t i = 0; i < n; i++)
		room[i] = (char)('a' + i % 23);
}

/* ---- both ends --------------------------------------------------------------------------------------------------- */

static enum sip_err test_ws_pair_then_large_messages_go_both_ways(void)
{
	static char text[BIG];
	static struct end client, server;
	struct sip_str message = sip_str_make(text, sizeof text);
	enum sip_err err;

	fill_text(text, sizeof text);
	UNIT_TRY(up_pair(&client, &server, 0));
	UNIT_CHECK(sip__ws_is_up(client.ws) && sip__ws_is_up(server.ws));
	UNIT_EQ(sip__ws_status(client.ws), 101);
	UNIT_EQ(sip__ws_status(server.ws), 101);
	UNIT_CHECK(sip__ws_request(client.ws) == NULL);
	UNIT_STR(sip__ws_request(server.ws)->host, "a.test");
	UNIT_TRY(sip__ws_write(client.ws, message));
	UNIT_EQ(sip__ws_out(client.ws).len, message.len + 14);
	UNIT_CHECK(memcmp(sip__ws_out(client.ws).p + 14, text, 16) != 0); /* 5.3: masked */
	UNIT_TRY(pass(&client, &server));
	UNIT_EQ(server.messages, 1);
	UNIT_CHECK(server.got.len == BIG + 1 && memcmp(server.got.p, text, BIG) == 0);
	UNIT_TRY(sip__ws_write(server.ws, message));
	UNIT_EQ(sip__ws_out(server.ws).len, message.len + 10);
	UNIT_TRY(pass(&server, &client));
	UNIT_EQ(client.messages, 1);
	UNIT_CHECK(client.got.len == BIG + 1 && memcmp(client.got.p, text, BIG) == 0);
	sip__ws_forget_request(server.ws);
	UNIT_CHECK(sip__ws_request(server.ws) == NULL);
	UNIT_CHECK(sip__ws_memory(client.ws) <= 400 && sip__ws_memory(server.ws) <= 400);
out:
	sip__ws_destroy(&client.ws);
	sip__ws_destroy(&server.ws);
	return err;
}

static enum sip_err test_ws_pair_of_every_size_around_the_forms_of_length(void)
{
	static const size_t sizes[] = { 0, 1, 124, 125, 126, 127, 4000, 4083, 4084, 4085, 4096, 4097, 8192, 65535 };
	static char text[BIG];
	static struct end client, server;
	enum sip_err err;

	fill_text(text, sizeof text);
	UNIT_TRY(up_pair(&client, &server, 0));
	for (size_t i = 0; i < SIP_COUNTOF(sizes); i++) {
		sip_buf_clear(&server.got);
		sip_buf_clear(&client.got);
		UNIT_TRY(sip__ws_write(client.ws, sip_str_make(text, sizes[i])));
		UNIT_TRY(pass(&client, &server));
		UNIT_TRY(sip__ws_write(server.ws, sip_str_make(text, sizes[i])));
		UNIT_TRY(pass(&server, &client));
		UNIT_CHECK(server.got.len == sizes[i] + 1 && memcmp(server.got.p, text, sizes[i]) == 0);
		UNIT_CHECK(client.got.len == sizes[i] + 1 && memcmp(client.got.p, text, sizes[i]) == 0);
		UNIT_CHECK(!sip__ws_is_partial(client.ws) && !sip__ws_is_partial(server.ws));
	}
out:
	sip__ws_destroy(&client.ws);
	sip__ws_destroy(&server.ws);
	return err;
}

static enum sip_err test_ws_write_then_text_unless_it_is_not_utf8(void)
{
	static struct end e;
	enum sip_err err;

	UNIT_TRY(up_server(&e, 0));
	UNIT_TRY(sip__ws_write(e.ws, SIP_STR("caf\xc3\xa9")));
	UNIT_CHECK((unsigned char)sip__ws_out(e.ws).p[0] == (FIN | TEXT));
	drain(&e);
	UNIT_TRY(sip__ws_write(e.ws, SIP_STR("caf\xe9")));
	UNIT_CHECK((unsigned char)sip__ws_out(e.ws).p[0] == (FIN | BINARY));
	UNIT_EQ(sip__ws_out(e.ws).len, 2 + 4);
	/* Taken in pieces. */
	sip__ws_took(e.ws, 2);
	UNIT_STR(sip__ws_out(e.ws), "caf\xe9");
	UNIT_TRY(sip__ws_ping(e.ws));
	UNIT_EQ(sip__ws_out(e.ws).len, 4 + 2);
	drain(&e);
	UNIT_EQ(sip__ws_out(e.ws).len, 0);
out:
	sip__ws_destroy(&e.ws);
	return err;
}

static enum sip_err test_ws_ping_then_a_pong_is_counted(void)
{
	static struct end client, server;
	enum sip_err err;

	UNIT_TRY(up_pair(&client, &server, 0));
	UNIT_TRY(sip__ws_ping(client.ws));
	UNIT_TRY(pass(&client, &server));
	UNIT_EQ(sip__ws_pongs(client.ws), 0);
	UNIT_TRY(pass(&server, &client));
	UNIT_EQ(sip__ws_pongs(client.ws), 1);
	UNIT_TRY(sip__ws_ping(server.ws));
	UNIT_TRY(pass(&server, &client));
	UNIT_TRY(pass(&client, &server));
	UNIT_EQ(sip__ws_pongs(server.ws), 1);
	UNIT_EQ(client.messages + server.messages, 0);
out:
	sip__ws_destroy(&client.ws);
	sip__ws_destroy(&server.ws);
	return err;
}

static enum sip_err test_ws_close_then_the_peer_answers_and_messages_on_the_way_arrive(void)
{
	static struct end client, server;
	struct sip_str out;
	enum sip_err err;

	UNIT_TRY(up_pair(&client, &server, 0));
	UNIT_TRY(sip__ws_write(server.ws, SIP_STR("late")));
	UNIT_TRY(sip__ws_close(client.ws, SIP__WS_NORMAL));
	UNIT_TRY(sip__ws_close(client.ws, SIP__WS_NORMAL));
	UNIT_CHECK(!sip__ws_is_up(client.ws));
	TRY_EQ(sip__ws_write(client.ws, SIP_STR("x")), SIP_E_CLOSED);
	TRY_EQ(sip__ws_ping(client.ws), SIP_E_CLOSED);
	UNIT_TRY(pass(&server, &client));
	UNIT_STR(sip_buf_str(&client.got), "late|");
	TRY_EQ(pass(&client, &server), SIP_E_CLOSED);
	UNIT_EQ(sip__ws_peer_code(server.ws), 1000);
	UNIT_EQ(close_code(sip__ws_out(server.ws)), 1000);
	UNIT_CHECK(!sip__ws_is_up(server.ws));
	TRY_EQ(sip__ws_write(server.ws, SIP_STR("x")), SIP_E_CLOSED);
	TRY_EQ(pass(&server, &client), SIP_E_CLOSED);
	out = sip__ws_out(client.ws);
	UNIT_EQ(out.len, 0); /* one close frame each */
	UNIT_EQ(sip__ws_peer_code(client.ws), 1000);
	TRY_EQ(feed(&client, SIP_STR("more")), SIP_E_CLOSED);
out:
	sip__ws_destroy(&client.ws);
	sip__ws_destroy(&server.ws);
	return err;
}

static enum sip_err test_ws_close_from_both_sides_at_once(void)
{
	static struct end client, server;
	enum sip_err err;

	UNIT_TRY(up_pair(&client, &server, 0));
	UNIT_TRY(sip__ws_close(client.ws, SIP__WS_GOING_AWAY));
	UNIT_TRY(sip__ws_close(server.ws, SIP__WS_POLICY));
	TRY_EQ(pass(&client, &server), SIP_E_CLOSED);
	TRY_EQ(pass(&server, &client), SIP_E_CLOSED); /* what was sent before stays to be taken */
	UNIT_EQ(sip__ws_peer_code(server.ws), 1001);
	UNIT_EQ(sip__ws_peer_code(client.ws), 1008);
	UNIT_EQ(sip__ws_out(client.ws).len, 0);
out:
	sip__ws_destroy(&client.ws);
	sip__ws_destroy(&server.ws);
	return err;
}

/* ---- every split ------------------------------------------------------------------------------------------------- */

/* A text, a message in three pieces with a ping and a pong between, a binary one of two lengths, and the end. */
static void put_conversation(struct sip_buf *b, bool is_masked)
{
	char text[200];

	fill_text(text, sizeof text);
	put_frame(b, FIN | TEXT, is_masked, SIP_STR("one"));
	put_frame(b, MORE | TEXT, is_masked, SIP_STR("caf\xc3")); /* cut inside of a character */
	put_frame(b, FIN | PING, is_masked, SIP_STR("there?"));
	put_frame(b, MORE, is_masked, SIP_STR(""));
	put_frame(b, FIN | PONG, is_masked, SIP_STR(""));
	put_frame(b, FIN | MORE, is_masked, SIP_STR("\xa9"));
	put_frame(b, FIN | BINARY, is_masked, sip_str_make(text, sizeof text));
	put_frame(b, FIN | BINARY, is_masked, SIP_STR("\xff"));
	put_frame(b, FIN | TEXT, is_masked, SIP_STR(""));
	put_frame(b, FIN | CLOSE, is_masked, SIP_STR("\x03\xe8" "bye"));
}

static enum sip_err check_conversation(struct end *e, size_t out_before)
{
	char want[512];
	struct sip_str out = sip__ws_out(e->ws);
	struct sip_buf b;

	sip_buf_init_fixed(&b, want, sizeof want);
	SIP_BUF_LIT(&b, "one|caf\xc3\xa9|");
	fill_text(sip_buf_reserve(&b, 200), 200);
	sip_buf_advance(&b, 200);
	SIP_BUF_LIT(&b, "|\xff||");
	UNIT_CHECK(sip_str_eq(sip_buf_str(&e->got), sip_buf_str(&b)));
	UNIT_EQ(e->messages, 5);
	UNIT_EQ(sip__ws_pongs(e->ws), 1);
	UNIT_EQ(sip__ws_peer_code(e->ws), 1000);
	UNIT_EQ(sip__ws_status(e->ws), 101);
	/* a pong of six bytes, a close of two */
	UNIT_EQ(out.len - out_before, sip__ws_request(e->ws) ? 8 + 4 : 12 + 8); /* a client's have masks */
	return SIP_OK;
}

/* The stream in two pieces, cut at `cut`, or in pieces of one byte. */
static enum sip_err play(struct end *e, struct sip_str stream, size_t cut, bool by_byte)
{
	enum sip_err err = SIP_OK;

	if (!by_byte) {
		err = feed(e, sip_str_make(stream.p, cut));
		return err == SIP_OK ? feed(e, sip_str_from(stream, cut)) : err;
	}
	for (size_t i = 0; err == SIP_OK && i < stream.len; i++) {
		err = feed(e, sip_str_make(stream.p + i, 1));
		/* Always said while something is missing, never else. */
		if (err == SIP_OK && i + 1 < stream.len && !sip__ws_is_up(e->ws))
			UNIT_CHECK(sip__ws_is_partial(e->ws));
	}
	return err;
}

/* The whole stream that makes a server or a client of our seed, which always sends the same key. */
static enum sip_err put_stream(struct sip_buf *b, bool is_server)
{
	static struct end client, server;
	enum sip_err err;

	server.ws = NULL;
	UNIT_TRY(open_end(&client, false, 0));
	UNIT_TRY(open_end(&server, true, 0));
	if (is_server)
		sip_buf_put_str(b, sip__ws_out(client.ws));
	UNIT_TRY(pass(&client, &server));
	if (!is_server)
		sip_buf_put_str(b, sip__ws_out(server.ws));
	put_conversation(b, is_server);
out:
	sip__ws_destroy(&client.ws);
	sip__ws_destroy(&server.ws);
	return err;
}

static enum sip_err play_split(struct sip_str stream, bool is_server, size_t cut, bool by_byte)
{
	static struct end e;
	size_t before;
	enum sip_err err;

	UNIT_TRY(open_end(&e, is_server, 0));
	drain(&e);
	TRY_EQ(play(&e, stream, cut, by_byte), SIP_E_CLOSED);
	before = is_server ? sip_str_find(sip__ws_out(e.ws), (char)(FIN | PONG)) : 0;
	UNIT_TRY(check_conversation(&e, before));
	if (is_server)
		UNIT_EQ(close_code(sip__ws_out(e.ws)), 1000);
out:
	sip__ws_destroy(&e.ws);
	return err;
}

static enum sip_err play_splits(bool is_server, bool by_byte)
{
	static char room[2048];
	struct sip_buf b;
	enum sip_err err;

	sip_buf_init_fixed(&b, room, sizeof room);
	UNIT_TRY(put_stream(&b, is_server));
	for (size_t cut = 0; err == SIP_OK && cut <= (by_byte ? 0 : b.len); cut++)
		err = play_split(sip_buf_str(&b), is_server, cut, by_byte);
out:
	return err;
}

static enum sip_err test_ws_server_of_every_split_then_the_same(void)
{
	return play_splits(true, false);
}

static enum sip_err test_ws_client_of_every_split_then_the_same(void)
{
	return play_splits(false, false);
}

static enum sip_err test_ws_server_byte_by_byte_then_the_same(void)
{
	return play_splits(true, true);
}

static enum sip_err test_ws_client_byte_by_byte_then_the_same(void)
{
	return play_splits(false, true);
}

/* ---- what is broken ---------------------------------------------------------------------------------------------- */

static const struct broken {
	const char *why;
	struct sip_str bytes; /* masked with four zeros, where masked */
	enum sip_err err;
	unsigned code;
} broken[] = {
	{ "no mask", SIP_STR_INIT("\x81\x01" "a"), SIP_E_SYNTAX, 1002 },
	{ "no mask, nothing in it", SIP_STR_INIT("\x81\x00"), SIP_E_SYNTAX, 1002 },
	{ "RSV1", SIP_STR_INIT("\xc1\x81\0\0\0\0" "a"), SIP_E_SYNTAX, 1002 },
	{ "RSV2", SIP_STR_INIT("\xa1\x81\0\0\0\0" "a"), SIP_E_SYNTAX, 1002 },
	{ "RSV3 of a ping", SIP_STR_INIT("\x99\x80\0\0\0\0"), SIP_E_SYNTAX, 1002 },
	{ "opcode 3", SIP_STR_INIT("\x83\x81\0\0\0\0" "a"), SIP_E_SYNTAX, 1002 },
	{ "opcode 7", SIP_STR_INIT("\x87\x80\0\0\0\0"), SIP_E_SYNTAX, 1002 },
	{ "opcode 11", SIP_STR_INIT("\x8b\x80\0\0\0\0"), SIP_E_SYNTAX, 1002 },
	{ "opcode 15", SIP_STR_INIT("\x8f\x80\0\0\0\0"), SIP_E_SYNTAX, 1002 },
	{ "a ping in pieces", SIP_STR_INIT("\x09\x80\0\0\0\0"), SIP_E_SYNTAX, 1002 },
	{ "a ping of 126 bytes", SIP_STR_INIT("\x89\xfe\x00\x7e\0\0\0\0"), SIP_E_SYNTAX, 1002 },
	{ "a continuation of nothing", SIP_STR_INIT("\x80\x81\0\0\0\0" "a"), SIP_E_SYNTAX, 1002 },
	{ "a new message inside of one", SIP_STR_INIT("\x01\x81\0\0\0\0" "a\x81\x81\0\0\0\0" "b"), SIP_E_SYNTAX, 1002 },
	{ "two bytes of length for one", SIP_STR_INIT("\x81\xfe\x00\x01\0\0\0\0" "a"), SIP_E_SYNTAX, 1002 },
	{ "eight bytes of length for two", SIP_STR_INIT("\x81\xff\0\0\0\0\0\0\xff\xff\0\0\0\0" "a"), SIP_E_SYNTAX, 1002 },
	{ "the top bit of a length", SIP_STR_INIT("\x81\xff\x80\0\0\0\0\0\0\0\0\0\0\0" "a"), SIP_E_SYNTAX, 1002 },
	{ "a length of 2^63 - 1", SIP_STR_INIT("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0" "a"), SIP_E_TOOBIG, 1009 },
	{ "a byte too much", SIP_STR_INIT("\x81\xfe\x01\x2d\0\0\0\0" "a"), SIP_E_TOOBIG, 1009 },
	{ "a byte too much in pieces", SIP_STR_INIT("\x01\x82\0\0\0\0" "ab\x80\xfe\x01\x2b\0\0\0\0" "a"), SIP_E_TOOBIG, 1009 },
	{ "text that is not UTF-8", SIP_STR_INIT("\x81\x81\0\0\0\0\xff"), SIP_E_SYNTAX, 1007 },
	{ "text that ends inside of a character", SIP_STR_INIT("\x01\x81\0\0\0\0" "a\x80\x81\0\0\0\0\xc3"), SIP_E_SYNTAX, 1007 },
	{ "a close with half a code", SIP_STR_INIT("\x88\x81\0\0\0\0\x03"), SIP_E_SYNTAX, 1002 },
	{ "a close with 999", SIP_STR_INIT("\x88\x82\0\0\0\0\x03\xe7"), SIP_E_SYNTAX, 1002 },
	{ "a close with 1005", SIP_STR_INIT("\x88\x82\0\0\0\0\x03\xed"), SIP_E_SYNTAX, 1002 },
	{ "a close with 1015", SIP_STR_INIT("\x88\x82\0\0\0\0\x03\xf7"), SIP_E_SYNTAX, 1002 },
	{ "a close with 5000", SIP_STR_INIT("\x88\x82\0\0\0\0\x13\x88"), SIP_E_SYNTAX, 1002 },
	{ "a close whose reason is not UTF-8", SIP_STR_INIT("\x88\x83\0\0\0\0\x03\xe8\xff"), SIP_E_SYNTAX, 1007 },
	{ "a close with 4999", SIP_STR_INIT("\x88\x82\0\0\0\0\x13\x87"), SIP_E_CLOSED, 4999 },
	{ "a close with 1012", SIP_STR_INIT("\x88\x82\0\0\0\0\x03\xf4"), SIP_E_CLOSED, 1012 },
};

static enum sip_err test_ws_server_of_broken_frames_then_each_has_its_code(void)
{
	static struct end e;
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(broken); i++) {
		const struct broken *row = &broken[i];

		for (int by_byte = 0; by_byte < 2; by_byte++) {
			UNIT_TRY(up_server(&e, 300));
			err = play(&e, row->bytes, row->bytes.len, by_byte);
			if (err == SIP_E_NOMEM)
				goto out;
			if (err != row->err || close_code(sip__ws_out(e.ws)) != row->code || e.messages != 0)
				unit_check(false, row->why, __FILE__, __LINE__);
			UNIT_CHECK(!sip__ws_is_up(e.ws) && !sip__ws_is_partial(e.ws));
			TRY_EQ(feed(&e, SIP_STR("\x81\x81\0\0\0\0" "a")), SIP_E_CLOSED);
			sip__ws_destroy(&e.ws);
		}
	}
out:
	sip__ws_destroy(&e.ws);
	return err;
}

static enum sip_err test_ws_client_of_a_masked_frame_then_1002(void)
{
	static struct end client, server;
	enum sip_err err;

	UNIT_TRY(up_pair(&client, &server, 0));
	TRY_EQ(feed(&client, SIP_STR("\x81\x81\0\0\0\0" "a")), SIP_E_SYNTAX);
	UNIT_EQ(client.messages, 0);
	TRY_EQ(pass(&client, &server), SIP_E_CLOSED);
	UNIT_EQ(sip__ws_peer_code(server.ws), 1002);
out:
	sip__ws_destroy(&client.ws);
	sip__ws_destroy(&server.ws);
	return err;
}

static enum sip_err test_ws_close_without_a_code_then_answered_without_one(void)
{
	static struct end e;
	enum sip_err err;

	UNIT_TRY(up_server(&e, 0));
	TRY_EQ(feed(&e, SIP_STR("\x88\x80\0\0\0\0")), SIP_E_CLOSED);
	UNIT_EQ(sip__ws_peer_code(e.ws), SIP__WS_NO_CODE);
	UNIT_CHECK(sip_str_eq(sip__ws_out(e.ws), sip_str_make("\x88\x00", 2)));
out:
	sip__ws_destroy(&e.ws);
	return err;
}

/* ---- bounds ------------------------------------------------------------------------------------------------------ */

static enum sip_err test_ws_message_of_the_largest_size_then_taken(void)
{
	static char room[1024], text[300];
	static struct end e;
	struct sip_buf b;
	enum sip_err err;

	fill_text(text, sizeof text);
	sip_buf_init_fixed(&b, room, sizeof room);
	put_frame(&b, MORE | TEXT, true, sip_str_make(text, 299));
	put_frame(&b, FIN | MORE, true, sip_str_make(text, 1));
	put_frame(&b, FIN | TEXT, true, sip_str_make(text, 300));
	UNIT_TRY(up_server(&e, 300));
	UNIT_TRY(feed(&e, sip_buf_str(&b)));
	UNIT_EQ(e.messages, 2);
	UNIT_EQ(e.got.len, 602);
out:
	sip__ws_destroy(&e.ws);
	return err;
}

static enum sip_err test_ws_when_nobody_takes_what_is_sent_then_full(void)
{
	static char room[128], text[BIG];
	static struct end e;
	struct sip_buf b;
	size_t before;
	enum sip_err err;

	fill_text(text, sizeof text);
	UNIT_TRY(up_server(&e, 300));
	UNIT_TRY(sip__ws_write(e.ws, sip_str_make(text, 65000)));
	before = sip__ws_out(e.ws).len;
	TRY_EQ(sip__ws_write(e.ws, sip_str_make(text, 1000)), SIP_E_FULL);
	UNIT_EQ(sip__ws_out(e.ws).len, before);
	UNIT_CHECK(sip__ws_is_up(e.ws));
	/* Smaller ones still go; a flood of pings ends it. */
	UNIT_TRY(sip__ws_write(e.ws, SIP_STR("x")));
	sip_buf_init_fixed(&b, room, sizeof room);
	put_frame(&b, FIN | PING, true, sip_str_make(text, 100));
	for (unsigned i = 0; err == SIP_OK && i < 100; i++)
		err = feed(&e, sip_buf_str(&b));
	TRY_EQ(err, SIP_E_FULL);
	TRY_EQ(feed(&e, sip_buf_str(&b)), SIP_E_CLOSED);
out:
	sip__ws_destroy(&e.ws);
	return err;
}

static enum sip_err test_ws_when_idle_then_it_holds_little_memory(void)
{
	static char room[BIG];
	static struct end e;
	struct sip_buf b;
	size_t idle;
	enum sip_err err;

	UNIT_TRY(up_server(&e, 0));
	idle = sip__ws_memory(e.ws);
	UNIT_CHECK(idle <= 500); /* the request with its cookie is still there */
	sip_buf_init_fixed(&b, room, sizeof room);
	put_frame(&b, FIN | TEXT, true, SIP_STR("a"));
	/* A byte of a head is held by wslay; so is a length that lies, and no more. */
	UNIT_TRY(feed(&e, sip_str_make(b.p, 1)));
	UNIT_CHECK(sip__ws_is_partial(e.ws));
	UNIT_CHECK(sip__ws_memory(e.ws) <= idle + 4400);
	UNIT_TRY(feed(&e, sip_str_from(sip_buf_str(&b), 1)));
	UNIT_EQ(e.messages, 1);
	UNIT_EQ(sip__ws_memory(e.ws), idle);
	put_head(&b, FIN | TEXT, true, 1000000, 8);
	SIP_BUF_LIT(&b, "abc");
	UNIT_TRY(feed(&e, sip_str_from(sip_buf_str(&b), 7)));
	UNIT_CHECK(sip__ws_memory(e.ws) <= idle + 4400 + 128);
out:
	sip__ws_destroy(&e.ws);
	return err;
}

/* ---- the call-back ----------------------------------------------------------------------------------------------- */

static enum sip_err test_ws_message_call_back_may_write_and_close(void)
{
	static const char two[] = "\x81\x81\0\0\0\0" "a\x81\x81\0\0\0\0" "b";
	static struct end e;
	struct sip_str frames = sip_str_make(two, sizeof two - 1);
	enum sip_err err;

	UNIT_TRY(up_server(&e, 0));
	e.deed = WRITE;
	UNIT_TRY(feed(&e, frames));
	UNIT_STR(sip__ws_out(e.ws), "\x81\x01" "a\x81\x01" "b");
	drain(&e);
	e.deed = SHUT;
	UNIT_TRY(feed(&e, frames));
	UNIT_EQ(e.messages, 4);
	UNIT_EQ(close_code(sip__ws_out(e.ws)), 1000);
	/* A ping after our close frame has no answer (5.5.1). */
	drain(&e);
	UNIT_TRY(feed(&e, SIP_STR("\x89\x80\0\0\0\0")));
	UNIT_EQ(sip__ws_out(e.ws).len, 0);
out:
	sip__ws_destroy(&e.ws);
	return err;
}

static enum sip_err test_ws_message_call_back_that_fails_ends_the_session(void)
{
	static struct end e;
	enum sip_err err;

	UNIT_TRY(up_server(&e, 0));
	e.verdict = SIP_E_STOPPED;
	TRY_EQ(feed(&e, SIP_STR("\x81\x81\0\0\0\0" "a\x81\x81\0\0\0\0" "b")), SIP_E_STOPPED);
	UNIT_EQ(e.messages, 1);
	TRY_EQ(feed(&e, SIP_STR("\x81\x81\0\0\0\0" "a")), SIP_E_CLOSED);
out:
	sip__ws_destroy(&e.ws);
	return err;
}

/* ---- handshakes that fail ---------------------------------------------------------------------------------------- */

static enum sip_err refused(struct end *e, struct sip_str head, enum sip_err want, unsigned status)
{
	char line[32];
	struct sip_buf b;
	enum sip_err err;

	UNIT_TRY(open_end(e, true, 0));
	TRY_EQ(feed(e, head), want);
	UNIT_EQ(sip__ws_status(e->ws), status);
	sip_buf_init_fixed(&b, line, sizeof line);
	sip_buf_putf(&b, "HTTP/1.1 %u ", status);
	UNIT_CHECK(sip_str_starts_nocase(sip__ws_out(e->ws), sip_buf_str(&b)));
	UNIT_CHECK(!sip__ws_is_up(e->ws) && sip__ws_request(e->ws) == NULL);
	TRY_EQ(feed(e, head), SIP_E_CLOSED);
	TRY_EQ(sip__ws_write(e->ws, head), SIP_E_CLOSED);
out:
	sip__ws_destroy(&e->ws);
	return err;
}

static enum sip_err test_ws_server_of_no_handshake_then_an_answer_of_http(void)
{
	static char room[SIP__WS_HANDSHAKE_MAX + 100];
	static struct end e;
	struct sip_buf b;
	enum sip_err err;

	UNIT_TRY(refused(&e, SIP_STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), SIP_E_UNSUPPORTED, 426));
	UNIT_TRY(refused(&e, SIP_STR("POST / HTTP/1.1\r\nHost: a\r\n\r\n"), SIP_E_UNSUPPORTED, 405));
	UNIT_TRY(refused(&e, SIP_STR("GET / HTTP/1.1\r\nbad\r\n\r\n"), SIP_E_SYNTAX, 400));
	/* At once, for no empty line need ever come. */
	UNIT_TRY(refused(&e, SIP_STR("INVITE sip:a SIP/2.0\r\n"), SIP_E_SYNTAX, 400));
	UNIT_TRY(refused(&e, SIP_STR("\x16\x03\x01"), SIP_E_SYNTAX, 400));
	sip_buf_init_fixed(&b, room, sizeof room);
	SIP_BUF_LIT(&b, GET "X: ");
	while (b.len < sizeof room)
		sip_buf_put_char(&b, 'x');
	UNIT_TRY(refused(&e, sip_str_make(room, SIP__WS_HANDSHAKE_MAX), SIP_E_TOOBIG, 431));
	UNIT_TRY(refused(&e, sip_buf_str(&b), SIP_E_TOOBIG, 431));
	/* The largest that fits is taken. */
	b.len = SIP__WS_HANDSHAKE_MAX - strlen("\r\n" FIELDS);
	SIP_BUF_LIT(&b, "\r\n" FIELDS);
	UNIT_EQ(b.len, SIP__WS_HANDSHAKE_MAX);
	UNIT_TRY(open_end(&e, true, 0));
	UNIT_TRY(feed(&e, sip_buf_str(&b)));
	UNIT_CHECK(sip__ws_is_up(e.ws));
out:
	sip__ws_destroy(&e.ws);
	return err;
}

static enum sip_err test_ws_server_of_a_foreign_origin_then_denied(void)
{
	static const struct sip_str origins[] = { SIP_STR_INIT("https://a.test") };
	static const struct sip__ws_policy policy = { .origins = origins, .origin_count = 1 };
	const struct sip__ws_options options = { .is_server = true, .policy = &policy };
	static struct end e;
	enum sip_err err;

	UNIT_TRY(open_end(&e, true, 0));
	sip__ws_destroy(&e.ws);
	UNIT_TRY(sip__ws_create(&options, &e.ws));
	TRY_EQ(feed(&e, SIP_STR("GET / HTTP/1.1\r\nOrigin: https://b.test\r\nHost: a.test\r\nUpgrade: websocket\r\n"
				"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
				"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n")),
	       SIP_E_DENIED);
	UNIT_EQ(sip__ws_status(e.ws), 403);
out:
	sip__ws_destroy(&e.ws);
	return err;
}

static enum sip_err client_of(struct end *e, struct sip_str answer, enum sip_err want, unsigned status)
{
	enum sip_err err;

	UNIT_TRY(open_end(e, false, 0));
	drain(e);
	TRY_EQ(sip__ws_write(e->ws, answer), SIP_E_STATE);
	TRY_EQ(feed(e, answer), want);
	UNIT_EQ(sip__ws_status(e->ws), status);
	UNIT_EQ(sip__ws_out(e->ws).len, 0);
	TRY_EQ(feed(e, answer), SIP_E_CLOSED);
out:
	sip__ws_destroy(&e->ws);
	return err;
}

static enum sip_err test_ws_client_of_no_101_then_refused_and_the_status_kept(void)
{
	static char room[SIP__WS_HANDSHAKE_MAX];
	static struct end e;
	struct sip_buf b;
	enum sip_err err;

	UNIT_TRY(client_of(&e, SIP_STR("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"), SIP_E_REFUSED, 401));
	UNIT_TRY(client_of(&e, SIP_STR("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"), SIP_E_REFUSED, 302));
	UNIT_TRY(client_of(&e, SIP_STR("HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\n\r\n"), SIP_E_SYNTAX, 101));
	UNIT_TRY(client_of(&e, SIP_STR("SIP/2.0"), SIP_E_SYNTAX, 0));
	sip_buf_init_fixed(&b, room, sizeof room);
	SIP_BUF_LIT(&b, "HTTP/1.1 200 OK\r\nX: ");
	while (b.len < sizeof room)
		sip_buf_put_char(&b, 'x');
	UNIT_TRY(client_of(&e, sip_buf_str(&b), SIP_E_TOOBIG, 0));
out:
	sip__ws_destroy(&e.ws);
	return err;
}

static enum sip_err test_ws_close_during_the_handshake_then_over(void)
{
	static struct end e;
	enum sip_err err;

	UNIT_TRY(open_end(&e, true, 0));
	UNIT_TRY(feed(&e, SIP_STR("GET /")));
	UNIT_CHECK(sip__ws_is_partial(e.ws));
	UNIT_TRY(sip__ws_close(e.ws, SIP__WS_GOING_AWAY));
	UNIT_EQ(sip__ws_out(e.ws).len, 0);
	UNIT_CHECK(!sip__ws_is_partial(e.ws));
	TRY_EQ(feed(&e, SIP_STR(" HTTP/1.1\r\n")), SIP_E_CLOSED);
out:
	sip__ws_destroy(&e.ws);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_ws_pair_then_large_messages_go_both_ways),
	UNIT_CASE(test_ws_pair_of_every_size_around_the_forms_of_length),
	UNIT_CASE(test_ws_write_then_text_unless_it_is_not_utf8),
	UNIT_CASE(test_ws_ping_then_a_pong_is_counted),
	UNIT_CASE(test_ws_close_then_the_peer_answers_and_messages_on_the_way_arrive),
	UNIT_CASE(test_ws_close_from_both_sides_at_once),
	/* Each split allocates like the next: the two cases after these run out of memory for all. */
	UNIT_CASE_NO_OOM(test_ws_server_of_every_split_then_the_same),
	UNIT_CASE_NO_OOM(test_ws_client_of_every_split_then_the_same),
	UNIT_CASE(test_ws_server_byte_by_byte_then_the_same),
	UNIT_CASE(test_ws_client_byte_by_byte_then_the_same),
	UNIT_CASE(test_ws_server_of_broken_frames_then_each_has_its_code),
	UNIT_CASE(test_ws_client_of_a_masked_frame_then_1002),
	UNIT_CASE(test_ws_close_without_a_code_then_answered_without_one),
	UNIT_CASE(test_ws_message_of_the_largest_size_then_taken),
	UNIT_CASE(test_ws_when_nobody_takes_what_is_sent_then_full),
	UNIT_CASE(test_ws_when_idle_then_it_holds_little_memory),
	UNIT_CASE(test_ws_message_call_back_may_write_and_close),
	UNIT_CASE(test_ws_message_call_back_that_fails_ends_the_session),
	UNIT_CASE(test_ws_server_of_no_handshake_then_an_answer_of_http),
	UNIT_CASE(test_ws_server_of_a_foreign_origin_then_denied),
	UNIT_CASE(test_ws_client_of_no_101_then_refused_and_the_status_kept),
	UNIT_CASE(test_ws_close_during_the_handshake_then_over),
};
const struct unit_suite ws_suite = { "stack/transport/ws", cases, SIP_COUNTOF(cases) };
