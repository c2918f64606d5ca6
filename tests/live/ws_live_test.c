/* WebSocket over real sockets on loopback: what a server's end says, and frames that do not end. */
#include "tests/live/line.h"
#include "tests/live/live.h"

struct server {
	struct live live;
	struct sip_transport *t;
	struct line *client;
};

static enum sip_err server_open(struct server *s, unsigned header_ms)
{
	struct sip_transport_options o;
	enum sip_err err = live_open(&s->live, NULL);

	s->t = NULL;
	s->client = NULL;
	s->live.is_answering = true;
	sip_transport_options_init(&o, SIP_TRANSPORT_WS);
	if (header_ms)
		o.header_ms = header_ms;
	if (err == SIP_OK)
		err = live_transport(&s->live, SIP_TRANSPORT_WS, NULL, &o, &s->t);
	if (err != SIP_OK)
		return err;
	s->client = line_open(LINE_WS, "127.0.0.1", sip_addr_port(sip_transport_bound(s->t)), "127.0.0.1");
	return s->client ? SIP_OK : SIP_E_IO;
}

static void server_close(struct server *s)
{
	line_close(&s->client);
	live_close(&s->live);
	sip_transport_unref(&s->t);
}

static enum sip_err test_ws_when_a_frame_does_not_end_then_the_connection_ends(void)
{
	static const char half[] = { (char)0x82, (char)0xfe, 1, 0, 0, 0, 0, 0, 'O', 'P' };
	struct server s;
	char room[64];
	enum sip_err err;

	UNIT_TRY(server_open(&s, 100));
	UNIT_CHECK(line_send_by_byte(s.client, sip_str_make(half, sizeof half)));
	UNIT_CHECK(live_wait(&s.live, &s.live.gone, 1));
	UNIT_EQ(s.live.requests, 0);
	while (line_read(s.client, room, sizeof room) > 0)
		;
out:
	server_close(&s);
	return err;
}

static enum sip_err test_ws_when_the_server_goes_then_it_says_that_it_goes_away(void)
{
	struct sip_addr at;
	struct server s;
	struct sip_str text;
	char room[1024];
	size_t n = 0, more;
	enum sip_err err;

	UNIT_TRY(server_open(&s, 0));
	UNIT_TRY(sip_addr_parse(&at, SIP_STR("127.0.0.1"), 5060));
	text = live_options(room, sizeof room, "WS", &at, 1);
	UNIT_CHECK(line_send(s.client, text));
	UNIT_CHECK(live_wait(&s.live, &s.live.requests, 1));
	sip_transport_close(s.t);
	while (n < sizeof room && (more = line_read(s.client, room + n, sizeof room - n)) > 0)
		n += more;
	/* The last frame: a close of two bytes, 1001 (RFC 6455 7.4.1). */
	UNIT_CHECK(n >= 4 && memcmp(room + n - 4, "\x88\x02\x03\xe9", 4) == 0);
out:
	server_close(&s);
	return err;
}

/* All of them start threads. */
static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_ws_when_a_frame_does_not_end_then_the_connection_ends),
	UNIT_CASE_NO_OOM(test_ws_when_the_server_goes_then_it_says_that_it_goes_away),
};
const struct unit_suite live_ws_suite = { "live/ws", cases, SIP_COUNTOF(cases) };
