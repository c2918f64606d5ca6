/* Messages: a datagram and everything that is done to one; a stream, whole and in pieces. RFC 3261 7, 18.3. */
#include "stack/content/content.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static const struct sip_limits tight = { .message = 8192, .header = 2048, .line = 512, .fields = 16, .params = 8 };

#define SMALL 16384 /* bytes: values of so many have room in an arena, whatever they are */

/* ---- looking ------------------------------------------------------------------------------------------------------- */

/* A value that is parsed is the one that is shown as text: both take lines apart alike. */
static void typed_must_be(const struct sip_message *m, enum sip_header id, size_t n, struct sip_str text)
{
	_Alignas(16) unsigned char form[1024];
	const struct sip_value_row *row = &sip_value_rows[sip_header_rows[id].type];
	const struct sip_name_addr *a;

	if (row->size == 0)
		return;
	FUZZ_MUST((sip_message_typed(m, id, n) != NULL) == (row->parse(text, form) == SIP_OK));
	if (id == SIP_HEADER_VIA && sip_message_via(m, n))
		FUZZ_MUST(sip_str_eq(sip_message_via(m, n)->text, text));
	if ((sip_header_rows[id].type == SIP_VALUE_NAME_ADDR || sip_header_rows[id].type == SIP_VALUE_CONTACT) &&
	    (a = sip_message_name_addr(m, id, n)) != NULL)
		FUZZ_MUST(sip_str_eq(a->text, text));
}

static size_t touch_header(const struct sip_message *m, enum sip_header id, bool is_small)
{
	size_t n = sip_message_count(m, id), sum = 0;
	struct sip_str text;
	uint32_t number;

	for (size_t i = 0; i <= n && i < 40; i++) {
		bool is_there = sip_message_value(m, id, i, &text);
		FUZZ_MUST(is_there || !sip_message_typed(m, id, i));
		if (!is_there)
			continue;
		sum += text.len;
		if (is_small)
			typed_must_be(m, id, i, text);
	}
	sum += sip_message_number(m, id, &number) == SIP_OK;
	sum += sip_message_has_token(m, id, SIP_STR("path"));
	return sum;
}

static size_t touch_all(const struct sip_message *m)
{
	size_t sum = sip_message_uri(m) != NULL;
	bool is_small = sip_message_encoded_len(m) < SMALL;
	struct sip_field f;
	struct sip_str text;

	for (unsigned id = 0; id < SIP_HEADER_COUNT; id++)
		sum += touch_header(m, (enum sip_header)id, is_small);
	for (size_t i = 0; i < sip_message_field_count(m); i++) {
		sip_message_field(m, i, &f);
		sum += sip_message_find(m, f.name, 0, &text) ? text.len : 0;
	}
	sum += sip_message_cseq(m) != NULL;
	return sum + sip_message_call_id(m).len + sip_message_method_text(m).len + sip_message_reason(m).len;
}

/* ---- writing and reading again ---------------------------------------------------------------------------------------- */

/* What was not accepted is only answered: it need not read back as it was. */
static void encode_and_compare(const struct sip_message *m, bool is_good)
{
	struct sip_message *again = fuzz_message_again(m);

	if (again && is_good) {
		fuzz_message_must_be_same(m, again);
		FUZZ_MUST(sip_message_body(again).len >= sip_message_body(m).len);
	}
	sip_message_unref(&again);
}

/* ---- editing ------------------------------------------------------------------------------------------------------------ */

static void edit(const struct sip_message *m, bool is_good, enum sip_header id, unsigned how, struct sip_str text)
{
	struct sip_message *c = NULL;
	enum sip_err err;

	FUZZ_MUST(sip_message_clone(m, &c) == SIP_OK);
	err = sip_message_push(c, id, text);
	if (how & 1)
		err = sip_message_remove(c, id, how % 3);
	if (how & 2)
		err = sip_message_replace(c, id, how % 5, SIP_STR("<sip:x@y>"));
	if (how & 4)
		err = sip_message_pop(c, id);
	if (how & 8)
		err = sip_message_set(c, id, SIP_STR("1"));
	if (how & 16)
		err = sip_message_add(c, id, text);
	if (how & 32)
		sip_message_remove_all(c, id);
	if (how & 64)
		err = sip_message_set_body(c, text, text);
	if (how & 128)
		err = sip_message_add_field(c, text, text);
	if (how & 256)
		err = sip_message_set_uri(c, text);
	(void)err;
	touch_all(c);
	encode_and_compare(c, is_good);
	sip_message_unref(&c);
}

static void edit_all(const struct sip_message *m, bool is_good, struct sip_str in)
{
	static const enum sip_header ids[] = { SIP_HEADER_VIA, SIP_HEADER_ROUTE, SIP_HEADER_CONTACT, SIP_HEADER_TO,
					       SIP_HEADER_CONTENT_LENGTH, SIP_HEADER_PROXY_REQUIRE };
	uint32_t h = (uint32_t)in.len;
	struct sip_str call_id = sip_message_call_id(m);

	for (size_t i = 0; i < in.len && i < 4096; i++)
		h = h * 31 + (unsigned char)in.p[i];
	for (size_t i = 0; i < SIP_COUNTOF(ids); i++, h = h * 1103515245u + 12345u)
		edit(m, is_good, ids[i], h >> 8, call_id.len ? call_id : SIP_STR("a, <b>;c, \"d\""));
	edit(m, is_good, (enum sip_header)(h % SIP_HEADER_COUNT), h >> 8, SIP_STR("x"));
}

static void answer(const struct sip_message *m, bool is_good)
{
	static const unsigned statuses[] = { 100, 180, 200, 400, 503 };
	struct sip_message *out = NULL;

	for (size_t i = 0; sip_message_is_request(m) && i < SIP_COUNTOF(statuses); i++) {
		FUZZ_MUST(sip_response_make(m, statuses[i], NULL, SIP_STR("0123456789abcdef"), &out) == SIP_OK);
		touch_all(out);
		encode_and_compare(out, is_good);
		sip_message_unref(&out);
	}
	if (sip_derive_cancel(m, SIP_STR("SIP;cause=200"), &out) == SIP_OK)
		encode_and_compare(out, is_good);
	sip_message_unref(&out);
	if (sip_derive_ack(m, m, &out) == SIP_OK)
		encode_and_compare(out, is_good);
	sip_message_unref(&out);
}

static void read_body(const struct sip_message *m)
{
	struct sip_message_content c;
	struct sip_arena arena;

	sip_arena_init(&arena, NULL, 0, (size_t)64 << 20);
	fuzz_either(sip_message_content(m, NULL, &arena, NULL, &c));
	sip_arena_fini(&arena);
}

/* As it is encoded it says how long it is: then a stream has the same message, and the same is said of it. */
static void ask_both_framings(const struct sip_message *m)
{
	struct sip_framer *f = sip_framer_create(&sip_limits_default);
	struct sip_message *c = NULL, *whole = NULL, *piece = NULL;
	struct sip_check of_datagram, of_stream;
	struct sip_packet *packet = NULL;
	enum sip_err err;

	FUZZ_MUST(f != NULL && sip_message_clone(m, &c) == SIP_OK);
	fuzz_either(sip_message_add_field(c, SIP_STR("X-Edited"), SIP_STR("1")));
	FUZZ_MUST(sip_message_encode(c, &packet) == SIP_OK);
	size_t room_len = 0, len = sip_packet_len(packet);
	char *room = sip_framer_room(f, &room_len);
	FUZZ_MUST(room != NULL);
	if (sip_frame_datagram(packet, &sip_limits_default, &whole, &err) == SIP_FRAME_MESSAGE && len <= room_len) {
		memcpy(room, sip_packet_bytes(packet), len);
		sip_framer_filled(f, len);
		FUZZ_MUST(sip_framer_next(f, &piece, &err) == SIP_FRAME_MESSAGE && piece);
		sip_message_check(whole, false, &of_datagram);
		sip_message_check(piece, true, &of_stream);
		FUZZ_MUST(of_datagram.verdict == of_stream.verdict && of_datagram.code == of_stream.code);
		FUZZ_MUST(sip_str_eq(sip_message_body(whole), sip_message_body(piece)));
	}
	sip_message_unref(&piece);
	sip_message_unref(&whole);
	sip_message_unref(&c);
	sip_packet_unref(&packet);
	sip_framer_destroy(&f);
}

static void handle(struct sip_message *m, struct sip_str in, bool is_stream)
{
	struct sip_check check;

	sip_message_check(m, is_stream, &check);
	touch_all(m);
	read_body(m);
	encode_and_compare(m, check.verdict == SIP_ACCEPT);
	if (check.verdict == SIP_ACCEPT)
		ask_both_framings(m);
	answer(m, check.verdict == SIP_ACCEPT);
	edit_all(m, check.verdict == SIP_ACCEPT, in);
}

void fuzz_datagram(struct sip_str in)
{
	const struct sip_limits *limits[] = { &sip_limits_default, &tight };
	struct sip_packet *packet = fuzz_packet(in);

	for (size_t i = 0; i < SIP_COUNTOF(limits); i++) {
		struct sip_message *m = NULL;
		enum sip_err err;
		(void)sip_frame_datagram(packet, limits[i], &m, &err);
		if (m)
			handle(m, in, false);
		sip_message_unref(&m);
	}
	sip_packet_unref(&packet);
}

/* ---- streams --------------------------------------------------------------------------------------------------------------- */

struct seen { /* what a stream held, in short */
	unsigned messages, pings, pongs, ends;
	uint64_t sum;
	enum sip_err err;
};

static void see_message(const struct sip_message *m, struct seen *s)
{
	static const struct sip_hash_key key;
	struct sip_packet *packet = NULL;

	FUZZ_MUST(sip_message_encode(m, &packet) == SIP_OK);
	s->sum = sip_hash_mix(s->sum, sip_hash_bytes(&key, sip_packet_bytes(packet), sip_packet_len(packet)));
	sip_packet_unref(&packet);
}

static bool take_all(struct sip_framer *f, struct seen *s)
{
	for (;;) {
		struct sip_message *m = NULL;
		enum sip_frame_kind kind = sip_framer_next(f, &m, &s->err);
		if (kind == SIP_FRAME_MESSAGE) {
			s->messages++;
			see_message(m, s);
		}
		s->pings += kind == SIP_FRAME_PING;
		s->pongs += kind == SIP_FRAME_PONG;
		s->ends += kind == SIP_FRAME_UNFRAMEABLE;
		if (m) {
			struct sip_check check;
			sip_message_check(m, true, &check);
			touch_all(m);
		}
		sip_message_unref(&m);
		if (kind == SIP_FRAME_MORE || kind == SIP_FRAME_UNFRAMEABLE)
			return kind == SIP_FRAME_MORE;
	}
}

/* Cut to these lengths, over and over; there are none: not cut. */
static struct seen read_stream(struct sip_str in, struct sip_str cuts, const struct sip_limits *limits)
{
	size_t cut = 0;
	struct sip_framer *f = sip_framer_create(limits);
	struct seen s = { 0 };
	bool goes_on = true;

	FUZZ_MUST(f != NULL);
	while (in.len && goes_on) {
		size_t room_len, n = in.len;
		if (cuts.len && n > 1u + (unsigned char)cuts.p[cut % cuts.len])
			n = 1u + (unsigned char)cuts.p[cut % cuts.len];
		cut++;
		char *room = sip_framer_room(f, &room_len);
		FUZZ_MUST(room != NULL && room_len > 0);
		if (n > room_len)
			n = room_len;
		memcpy(room, in.p, n);
		in = sip_str_from(in, n);
		sip_framer_filled(f, n);
		goes_on = take_all(f, &s);
		FUZZ_MUST(sip_framer_memory(f) <= 4 * (limits->message + 65536));
	}
	sip_framer_destroy(&f);
	return s;
}

void fuzz_stream(struct sip_str in)
{
	size_t count = fuzz_byte(&in) % 16;
	struct sip_str cuts = sip_str_make(in.p, count < in.len ? count : in.len);

	in = sip_str_from(in, cuts.len);
	struct seen whole = read_stream(in, SIP_STR(""), &sip_limits_default);
	struct seen pieces = read_stream(in, cuts, &sip_limits_default);

	FUZZ_MUST(whole.messages == pieces.messages && whole.sum == pieces.sum);
	FUZZ_MUST(whole.pings == pieces.pings && whole.ends == pieces.ends);
	(void)read_stream(in, cuts, &tight);
}
