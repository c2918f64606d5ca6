/* Runs what means harm, and sees to its time and memory. STROWGER_SLOW: how many times slower this build is. */
#include "tests/unit/stack/message/hostile_rooms_test.h"

#include "stack/content/content.h"
#include "stack/content/sdp_offer_answer.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>

#define TRIES 20
#define MOST_NS 10000000L
#define PIECE 4096
#define ARENA_MOST ((size_t)16 << 20)

/* ---- bytes -------------------------------------------------------------------------------------------------------------- */

void hostile_init(struct hostile *h, const char *name)
{
	snprintf(h->name, sizeof h->name, "%s", name);
	sip_buf_init(&h->bytes, 0);
}

void hostile_free(struct hostile *h)
{
	sip_buf_fini(&h->bytes);
}

void hostile_repeat(struct hostile *h, const char *piece, size_t n)
{
	struct sip_str s = sip_str_of(piece);

	for (size_t i = 0; i < n; i++)
		sip_buf_put_str(&h->bytes, s);
}

void hostile_fill(struct hostile *h, char byte, size_t n)
{
	char *p = sip_buf_reserve(&h->bytes, n);

	MUST(p);
	memset(p, byte, n);
	sip_buf_advance(&h->bytes, n);
}

void hostile_begin(struct hostile *h)
{
	SIP_BUF_LIT(&h->bytes, "REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/UDP a.example.org;branch=z9hG4bKh\r\n"
			       "From: <sip:a@example.org>;tag=1\r\nTo: <sip:a@example.org>\r\nCall-ID: 1@h\r\nCSeq: 1 REGISTER\r\n"
			       "Max-Forwards: 70\r\n");
}

void hostile_end(struct hostile *h, struct sip_str body)
{
	sip_buf_putf(&h->bytes, "Content-Length: %zu\r\n\r\n", body.len);
	sip_buf_put_str(&h->bytes, body);
}

bool hostile_is_ours(unsigned byte)
{
	bool is_punctuation = byte > ' ' && byte < 0x7f && !(byte >= '1' && byte <= '9') && !(byte >= 'B' && byte <= 'Z') &&
			      !(byte >= 'b' && byte <= 'z');

	bool is_seldom = byte == '\t' || byte == '\r' || byte == '\n' || byte % 64 == 0 || byte == 0xff;

	return every_value_slow() == 1 || is_seldom || (is_punctuation && byte % 2);
}

/* ---- the steps of one go, each timed by itself ----------------------------------------------------------------------------- */

static long step_from, step_longest;

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void end_step(void)
{
	long now = now_ns(), took = now - step_from;

	step_longest = took > step_longest ? took : step_longest;
	step_from = now;
}

/* ---- one go ------------------------------------------------------------------------------------------------------------- */

static void edit(struct sip_message *m)
{
	static const uint8_t ids[] = { SIP_HEADER_VIA, SIP_HEADER_ROUTE, SIP_HEADER_CONTACT, SIP_HEADER_SUPPORTED };
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(ids); i++) {
		enum sip_header id = (enum sip_header)ids[i];
		err = sip_message_push(m, id, SIP_STR("pushed"));
		err = sip_message_pop(m, id);
		err = sip_message_pop(m, id);
		err = sip_message_remove(m, id, 5);
		err = sip_message_replace(m, id, 3, SIP_STR("replaced"));
		err = sip_message_add(m, id, SIP_STR("added"));
	}
	err = sip_message_set(m, SIP_HEADER_VIA, SIP_STR("SIP/2.0/UDP b;branch=z9hG4bK"));
	err = sip_message_set_body(m, SIP_STR("text/plain"), SIP_STR("new"));
	sip_message_remove_all(m, SIP_HEADER_ROUTE);
	(void)err; /* any answer will do */
}

/* What a strict router's Route gets (RFC 3261 16.4). */
static void cut_last(struct sip_message *m)
{
	enum sip_err err = sip_message_remove(m, SIP_HEADER_ROUTE, sip_message_count(m, SIP_HEADER_ROUTE) - 1);

	(void)err; /* there may be none */
}

static void encode(const struct sip_message *m)
{
	struct sip_packet *packet = NULL;
	struct sip_buf b;

	sip_buf_init(&b, 0);
	UNIT_CHECK(sip_message_encode(m, &packet) == SIP_OK && sip_packet_len(packet) == sip_message_encoded_len(m));
	sip_message_put_named(m, SIP_NAMES_COMPACT, &b);
	UNIT_CHECK(b.err == SIP_OK);
	sip_buf_fini(&b);
	sip_packet_unref(&packet);
}

static bool is_named(const struct sip_check *c)
{
	if (c->verdict == SIP_ANSWER)
		return c->code >= 400 && c->code <= 699 && c->reason[0];
	return c->verdict == SIP_ACCEPT || (c->verdict == SIP_DROP && c->reason[0]);
}

static void do_everything(struct sip_message *m, bool is_stream, struct sip_check *check)
{
	struct sip_message *clone = NULL;

	sip_message_check(m, is_stream, check);
	UNIT_CHECK(is_named(check));
	end_step();
	every_value_touch(m);
	end_step();
	every_value_ask(m);
	end_step();
	encode(m);
	UNIT_CHECK(sip_message_clone(m, &clone) == SIP_OK);
	cut_last(clone);
	end_step();
	edit(clone);
	encode(clone);
	end_step();
	every_value_touch(clone);
	UNIT_CHECK(m->arena.used <= SIP__ARENA_LIMIT && clone->arena.used <= SIP__ARENA_LIMIT);
	sip_message_unref(&clone);
}

static void do_datagram(struct sip_str bytes, struct hostile_verdict *v)
{
	struct sip_packet *packet = sip_packet_copy(bytes.p, bytes.len);
	struct sip_message *m = NULL;

	MUST(packet);
	v->kind = sip_frame_datagram(packet, &sip_limits_default, &m, &v->err);
	UNIT_CHECK(v->kind != SIP_FRAME_UNFRAMEABLE || v->err != SIP_OK);
	UNIT_CHECK(v->kind != SIP_FRAME_MESSAGE || m);
	if (m)
		do_everything(m, false, &v->check);
	sip_message_unref(&m);
	sip_packet_unref(&packet);
}

static bool take(struct sip_framer *f, struct hostile_verdict *v)
{
	struct sip_message *m = NULL;

	v->kind = sip_framer_next(f, &m, &v->err);
	UNIT_CHECK(v->kind != SIP_FRAME_UNFRAMEABLE || v->err != SIP_OK);
	if (m)
		do_everything(m, true, &v->check);
	sip_message_unref(&m);
	return v->kind == SIP_FRAME_PING || v->kind == SIP_FRAME_PONG;
}

static void do_stream(struct sip_str bytes, struct hostile_verdict *v)
{
	struct sip_framer *f = sip_framer_create(&sip_limits_default);
	size_t most = sip_limits_default.message + sip_limits_default.header + PIECE * 4;

	MUST(f);
	for (v->kind = SIP_FRAME_MORE; bytes.len && v->kind != SIP_FRAME_UNFRAMEABLE && v->kind != SIP_FRAME_MESSAGE;) {
		size_t room, n = bytes.len < PIECE ? bytes.len : PIECE;
		char *p = sip_framer_room(f, &room);
		MUST(p && room);
		n = n < room ? n : room;
		memcpy(p, bytes.p, n);
		bytes = sip_str_from(bytes, n);
		sip_framer_filled(f, n);
		while (take(f, v))
			;
		UNIT_CHECK(sip_framer_memory(f) <= most);
	}
	sip_framer_destroy(&f);
}

/* ---- a few of them, timed ------------------------------------------------------------------------------------------------ */

struct deed {
	const struct hostile *h;
	const char *type;
	enum sip_value_type value;
	struct hostile_verdict v;
	enum sip_err err;
};

static void printable(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '.';
}

static void timed(struct deed *d, void (*fn)(struct deed *d), const char *what)
{
	long most = MOST_NS * (long)every_value_slow(), best = LONG_MAX;
	char name[160];

	MUST(d->h->bytes.err == SIP_OK);
	for (unsigned i = 0; i < TRIES && best > most; i++) {
		long balance = sip_mem_balance();
		step_longest = 0;
		step_from = now_ns();
		fn(d);
		end_step();
		best = step_longest < best ? step_longest : best;
		UNIT_EQ(sip_mem_balance(), balance);
	}
	snprintf(name, sizeof name, "%s as %s: %ld us, code %u %s", d->h->name, what, best / 1000, d->v.check.code,
		 d->v.check.reason ? d->v.check.reason : "");
	printable(name);
	unit_check(best <= most, name, __FILE__, __LINE__);
	if (getenv("HOSTILE_TIMES") && best > most / 8)
		fprintf(stderr, "%s\n", name);
}

static void datagram(struct deed *d)
{
	do_datagram(sip_buf_str(&d->h->bytes), &d->v);
}

static void stream(struct deed *d)
{
	do_stream(sip_buf_str(&d->h->bytes), &d->v);
}

static void value(struct deed *d)
{
	_Alignas(16) unsigned char form[1024];
	const struct sip_value_row *row = &sip_value_rows[d->value];

	MUST(row->size <= sizeof form);
	d->err = row->parse(sip_buf_str(&d->h->bytes), form);
	UNIT_CHECK(d->err == SIP_OK || d->err == SIP_E_SYNTAX || d->err == SIP_E_RANGE);
}

static void uri(struct deed *d)
{
	struct sip_str text = sip_buf_str(&d->h->bytes), found;
	struct sip_uri u;
	struct sip_buf b;

	d->err = sip_uri_parse(text, &u);
	UNIT_CHECK(d->err == SIP_OK || d->err == SIP_E_SYNTAX || d->err == SIP_E_RANGE);
	if (d->err != SIP_OK)
		return;
	sip_buf_init(&b, 0);
	sip_uri_put_aor(&b, &u);
	sip_uri_put_request(&b, &u);
	UNIT_CHECK(sip_uri_eq(&u, &u) || u.scheme == SIP_URI_OTHER || u.scheme == SIP_URI_TEL);
	(void)sip_uri_find_param(&u, SIP_STR("none"), &found);
	sip_buf_fini(&b);
}

static void content(struct deed *d)
{
	struct sip_content c;
	struct sip_arena arena;
	struct sip_buf b;

	sip_buf_init(&b, 0);
	sip_arena_init(&arena, NULL, 0, ARENA_MOST);
	d->err = sip_content_parse(NULL, &arena, sip_str_of(d->type), sip_buf_str(&d->h->bytes), NULL, &c);
	UNIT_CHECK(d->err == SIP_OK || d->err == SIP_E_SYNTAX || d->err == SIP_E_LIMIT || d->err == SIP_E_NOMEM);
	if (d->err == SIP_OK)
		sip_content_put(&b, &c);
	UNIT_CHECK(arena.used <= ARENA_MOST);
	sip_arena_fini(&arena);
	sip_buf_fini(&b);
}

static const struct sip_str protos[] = { SIP_STR_INIT("RTP/AVP"), SIP_STR_INIT("RTP/SAVP"), SIP_STR_INIT("UDP/TLS/RTP/SAVPF") };
static const struct sip_sdp_codec codecs[] = {
	{ .encoding = SIP_STR_INIT("opus"), .clock = 48000, .channels = 2 },    { .encoding = SIP_STR_INIT("PCMU"), .clock = 8000 },
	{ .encoding = SIP_STR_INIT("telephone-event"), .clock = 8000 },         { .encoding = SIP_STR_INIT("CN"), .clock = 8000 },
};
static const struct sip_sdp_attribute given[] = {
	{ SIP_STR_INIT("fingerprint"), SIP_STR_INIT("sha-1 01") }, { SIP_STR_INIT("crypto"), SIP_STR_INIT("1 S_80 inline:ours") },
	{ SIP_STR_INIT("key-mgmt"), SIP_STR_INIT("mikey ours") },  { SIP_STR_INIT("ice-ufrag"), SIP_STR_INIT("u") },
};

/* To our next offer, in which one stream is left: that alone, then what the peer has offered. */
static void step_through_answers(struct sip_sdp_session *s, struct sip_arena *arena, struct sip_sdp_capabilities *can,
				 const struct sip_sdp *offer)
{
	struct sip_sdp *ours, *one;
	enum sip_err err = sip_sdp_parse(arena, SIP_STR("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nm=audio 1 RTP/AVP 0\r\n"),
					 &sip_content_limits_default, &one);

	can->media_count = 1;
	sip_sdp_session_refuse(s);
	if (err == SIP_OK)
		err = sip_sdp_session_offer(s, arena, can, &ours);
	end_step();
	if (err == SIP_OK)
		err = sip_sdp_session_take_answer(s, arena, one, NULL);
	end_step();
	if (err == SIP_E_INVAL)
		err = sip_sdp_session_take_answer(s, arena, offer, NULL);
	UNIT_CHECK(err == SIP_OK || err == SIP_E_INVAL || err == SIP_E_NOMEM);
}

static void step_through_offer(struct sip_sdp_session *s, struct sip_arena *arena, const struct sip_sdp *offer)
{
	struct sip_sdp_media_capability media[4];
	struct sip_sdp_capabilities can = { .address = SIP_STR_INIT("192.0.2.1"), .has_bundle = true, .media = media,
					   .media_count = SIP_COUNTOF(media) };
	struct sip_sdp_result *result;
	struct sip_sdp *ours;

	for (size_t i = 0; i < SIP_COUNTOF(media); i++)
		media[i] = (struct sip_sdp_media_capability){
			.type = SIP_STR("audio"), .protos = protos, .proto_count = SIP_COUNTOF(protos), .codecs = codecs,
			.codec_count = SIP_COUNTOF(codecs), .direction = SIP_SDP_SEND_AND_RECEIVE, .port = (uint16_t)(4000 + i),
			.has_rtcp_mux = true, .attributes = given, .attribute_count = SIP_COUNTOF(given)
		};
	enum sip_err err = sip_sdp_session_take_offer(s, offer, NULL);
	end_step();
	if (err == SIP_OK)
		err = sip_sdp_session_answer(s, arena, &can, &ours);
	end_step();
	if (err == SIP_OK)
		err = sip_sdp_session_result(s, arena, &result);
	end_step();
	if (err == SIP_OK)
		err = sip_sdp_session_offer(s, arena, &can, &ours);
	UNIT_CHECK(err == SIP_OK || err == SIP_E_UNSUPPORTED || err == SIP_E_INVAL || err == SIP_E_NOMEM);
	end_step();
	if (err == SIP_OK)
		step_through_answers(s, arena, &can, offer);
}

static void offer(struct deed *d)
{
	struct sip_sdp_session session;
	struct sip_sdp *offered;
	struct sip_arena arena;
	struct sip_rand rand;

	sip_rand_init_seed(&rand, 1);
	sip_arena_init(&arena, NULL, 0, ARENA_MOST);
	sip_sdp_session_init(&session, &rand);
	d->err = sip_sdp_parse(&arena, sip_buf_str(&d->h->bytes), &sip_content_limits_default, &offered);
	end_step();
	if (d->err == SIP_OK)
		step_through_offer(&session, &arena, offered);
	sip_sdp_session_fini(&session);
	sip_arena_fini(&arena);
}

struct hostile_verdict hostile_datagram(const struct hostile *h)
{
	struct deed d = { .h = h };

	timed(&d, datagram, "a datagram");
	return d.v;
}

struct hostile_verdict hostile_stream(const struct hostile *h)
{
	struct deed d = { .h = h };

	timed(&d, stream, "a stream");
	return d.v;
}

void hostile_value(const struct hostile *h, enum sip_value_type type)
{
	struct deed d = { .h = h, .value = type };

	timed(&d, value, sip_value_rows[type].name.p);
}

void hostile_uri(const struct hostile *h)
{
	struct deed d = { .h = h };

	timed(&d, uri, "a URI");
}

enum sip_err hostile_content(const struct hostile *h, const char *type)
{
	struct deed d = { .h = h, .type = type };

	timed(&d, content, type);
	return d.err;
}

enum sip_err hostile_offer(const struct hostile *h)
{
	struct deed d = { .h = h };

	timed(&d, offer, "an offer");
	return d.err;
}

int main(int argc, char **argv)
{
#define X(name) &hostile_##name##_suite,
	static const struct unit_suite *const suites[] = { HOSTILE_SUITES(X) };
#undef X
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
