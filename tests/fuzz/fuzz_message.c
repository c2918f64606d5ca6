/* Messages: a datagram and everything that is done to one; a stream, whole and in pieces. RFC 3261 7, 18.3. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

static const struct sip_limits tight = { .message = 8192, .header = 2048, .line = 512, .fields = 16 };

/* ---- looking ------------------------------------------------------------------------------------------------------- */

static size_t touch_header(const struct sip_message *m, enum sip_header id)
{
	size_t n = sip_message_count(m, id), sum = 0;
	struct sip_str text;
	uint32_t number;

	for (size_t i = 0; i <= n && i < 40; i++) {
		sum += sip_message_value(m, id, i, &text) ? text.len : 0;
		if (id == SIP_HEADER_VIA && sip_message_via(m, i))
			sum += sip_message_via(m, i)->host.len;
		if (sip_header_rows[id].type == SIP_VALUE_NAME_ADDR || sip_header_rows[id].type == SIP_VALUE_CONTACT)
			sum += sip_message_name_addr(m, id, i) != NULL;
	}
	sum += sip_message_number(m, id, &number) == SIP_OK;
	sum += sip_message_has_token(m, id, SIP_STR("path"));
	return sum;
}

static size_t touch_all(const struct sip_message *m)
{
	size_t sum = sip_message_uri(m) != NULL;
	struct sip_field f;
	struct sip_str text;

	for (unsigned id = 0; id < SIP_HEADER_COUNT; id++)
		sum += touch_header(m, (enum sip_header)id);
	for (size_t i = 0; i < sip_message_field_count(m); i++) {
		sip_message_field(m, i, &f);
		sum += sip_message_find(m, f.name, 0, &text) ? text.len : 0;
	}
	sum += sip_message_cseq(m) != NULL;
	return sum + sip_message_call_id(m).len + sip_message_method_text(m).len + sip_message_reason(m).len;
}

/* ---- writing and reading again ---------------------------------------------------------------------------------------- */

/* Line ends apart, which are put right when a line is written anew. */
static bool is_same_text(struct sip_str a, struct sip_str b)
{
	for (;;) {
		while (a.len && a.p[0] == '\r')
			a = sip_str_from(a, 1);
		while (b.len && b.p[0] == '\r')
			b = sip_str_from(b, 1);
		if (!a.len || !b.len)
			return a.len == b.len;
		if (a.p[0] != b.p[0])
			return false;
		a = sip_str_from(a, 1);
		b = sip_str_from(b, 1);
	}
}

static void compare(const struct sip_message *m, const struct sip_message *again)
{
	struct sip_field a, b;
	size_t n = sip_message_field_count(m), more = sip_message_field_count(again);

	/* A Content-Length may be added or put right, and then stands last. */
	FUZZ_MUST(more <= n + 1);
	for (size_t i = 0, j = 0; i < n && j < more; i++, j++) {
		sip_message_field(m, i, &a);
		sip_message_field(again, j, &b);
		if (a.id == SIP_HEADER_CONTENT_LENGTH)
			return;
		FUZZ_MUST(a.id == b.id);
		FUZZ_MUST(is_same_text(a.value, b.value));
	}
	FUZZ_MUST(sip_message_is_request(m) == sip_message_is_request(again));
}

/* What was not accepted is only answered: it need not read back as it was. */
static void encode_and_compare(const struct sip_message *m, bool is_good)
{
	static const struct sip_limits wide = { SIZE_MAX, SIZE_MAX, 65535, 65535 };
	struct sip_packet *packet = NULL;
	struct sip_message *again = NULL;

	FUZZ_MUST(sip_message_encode(m, &packet) == SIP_OK);
	FUZZ_MUST(sip_packet_len(packet) == sip_message_encoded_len(m));
	if (sip_message_parse(packet, 0, sip_packet_len(packet), &wide, &again) == SIP_OK && is_good) {
		compare(m, again);
		FUZZ_MUST(sip_message_body(again).len >= sip_message_body(m).len);
	}
	sip_message_unref(&again);
	sip_packet_unref(&packet);
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

static void handle(struct sip_message *m, struct sip_str in, bool is_stream)
{
	struct sip_check check;

	sip_message_check(m, is_stream, &check);
	touch_all(m);
	encode_and_compare(m, check.verdict == SIP_ACCEPT);
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

static struct seen read_stream(struct sip_str in, size_t piece, const struct sip_limits *limits)
{
	struct sip_framer *f = sip_framer_create(limits);
	struct seen s = { 0 };
	bool goes_on = true;

	FUZZ_MUST(f != NULL);
	while (in.len && goes_on) {
		size_t room_len, n = in.len < piece ? in.len : piece;
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
	size_t piece = 1 + fuzz_byte(&in) % 64;
	struct seen whole = read_stream(in, SIZE_MAX, &sip_limits_default);
	struct seen pieces = read_stream(in, piece, &sip_limits_default);

	FUZZ_MUST(whole.messages == pieces.messages && whole.sum == pieces.sum);
	FUZZ_MUST(whole.pings == pieces.pings && whole.ends == pieces.ends);
	(void)read_stream(in, piece, &tight);
}

