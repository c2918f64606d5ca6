/*
 * One message, two ways: touched late or early and in any order, indexed by narrow registers or wide, come whole or in pieces; the
 * verdict, the values and the bytes are the same. On known messages, and on thousands that are those with changes. DIFFERENTIAL_SEED=N
 * plays one of these.
 */
#include "tests/support/unit.h"
#include "tests/unit/stack/message/every_value.h"
#include "tests/unit/stack/message/mutate.h"
#include "tests/unit/stack/message/seeds.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 8000
#define TOUCHES_MOST 300
#define TEXT_MOST 8192

static const char *playing; /* the message's name and seed */

/* What stands there, and a little before and behind it. */
static void print_about(const struct sip_buf *b, size_t at)
{
	size_t from = at < 200 ? 0 : at - 200, len = b->len - from < 400 ? b->len - from : 400;

	fprintf(stderr, "--- at %zu\n%.*s\n", at, (int)len, b->p + from);
}

static void must_be_same(const struct sip_buf *a, const struct sip_buf *b, const char *what)
{
	char name[240];

	MUST(a->err == SIP_OK && b->err == SIP_OK);
	bool is_same = sip_str_eq(sip_buf_str(a), sip_buf_str(b));
	snprintf(name, sizeof name, "%s: %s", playing, what);
	unit_check(is_same, name, __FILE__, __LINE__);
	if (is_same)
		return;
	size_t at = 0;
	while (at < a->len && at < b->len && a->p[at] == b->p[at])
		at++;
	fprintf(stderr, "%s\n", name);
	print_about(a, at);
	print_about(b, at);
}

/* ---- touched early or late ------------------------------------------------------------------------------------------------- */

struct touch {
	uint16_t id; /* SIP_HEADER_COUNT: the Request-URI */
	uint16_t n;
};

static size_t list_touches(const struct sip_message *m, struct touch *touches)
{
	size_t count = 0;

	touches[count++] = (struct touch){ SIP_HEADER_COUNT, 0 };
	for (unsigned id = 0; id < SIP_HEADER_COUNT; id++) {
		size_t values = sip_message_count(m, (enum sip_header)id);
		for (size_t n = 0; n < values && count < TOUCHES_MOST; n++)
			touches[count++] = (struct touch){ (uint16_t)id, (uint16_t)n };
	}
	return count;
}

static void touch_in_any_order(struct sip_rand *r, const struct sip_message *m)
{
	struct touch touches[TOUCHES_MOST];

	for (size_t count = list_touches(m, touches); count > 0; count--) {
		size_t i = (size_t)sip_rand_below(r, count);
		struct touch t = touches[i];
		touches[i] = touches[count - 1];
		if (t.id == SIP_HEADER_COUNT)
			(void)sip_message_uri(m);
		else
			(void)sip_message_typed(m, (enum sip_header)t.id, t.n);
	}
}

static void put_verdict(struct sip_buf *b, struct sip_message *m, bool is_stream)
{
	struct sip_check check;

	sip_message_check(m, is_stream, &check);
	sip_buf_putf(b, "verdict %d %u %s\n", (int)check.verdict, check.code, check.reason);
}

static struct sip_message *frame(struct sip_str bytes)
{
	struct sip_packet *packet = sip_packet_copy(bytes.p, bytes.len);
	struct sip_message *m = NULL;
	enum sip_err err;

	MUST(packet);
	(void)sip_frame_datagram(packet, &sip_limits_default, &m, &err);
	sip_packet_unref(&packet);
	return m;
}

/* Edited a little, so that values which were touched stand in lines that are not what they were. */
static void edit(struct sip_message *m)
{
	static const uint8_t ids[] = { SIP_HEADER_VIA, SIP_HEADER_ROUTE, SIP_HEADER_CONTACT, SIP_HEADER_SUPPORTED };

	for (size_t i = 0; i < SIP_COUNTOF(ids); i++) {
		enum sip_err err = sip_message_remove(m, (enum sip_header)ids[i], 1);
		err = sip_message_push(m, (enum sip_header)ids[i], SIP_STR("x"));
		err = sip_message_replace(m, (enum sip_header)ids[i], 2, SIP_STR("<sip:y@z>"));
		(void)err; /* the bytes say what came of it */
	}
}

static void put_outcome(struct sip_buf *b, struct sip_message *m, struct sip_rand *early)
{
	if (early)
		touch_in_any_order(early, m);
	put_verdict(b, m, false);
	sip_message_put(m, b);
	every_value_dump(m, b);
	edit(m);
	if (early)
		touch_in_any_order(early, m);
	sip_message_put(m, b);
	every_value_dump(m, b);
}

static void compare_touched(struct sip_rand *r, struct sip_str bytes)
{
	struct sip_message *early = frame(bytes), *late = frame(bytes);
	struct sip_buf a, b;

	sip_buf_init(&a, 0);
	sip_buf_init(&b, 0);
	unit_check(!early == !late, playing, __FILE__, __LINE__);
	if (early && late) {
		put_outcome(&a, early, r);
		put_outcome(&b, late, NULL);
	}
	must_be_same(&a, &b, "touched early or late");
	sip_buf_fini(&a);
	sip_buf_fini(&b);
	sip_message_unref(&early);
	sip_message_unref(&late);
}

/* ---- by every way of indexing ---------------------------------------------------------------------------------------------- */

static void put_indexed(struct sip_buf *b, sip__index_fn way, struct sip_packet *packet)
{
	struct sip_message *m = sip__message_create(packet);

	MUST(m);
	enum sip_err err = sip__message_index_by(way, m, packet->bytes, packet->len, &sip_limits_default);
	sip_buf_putf(b, "%s %d %d %d %d\n", sip_err_name(err), m->is_uneven, m->has_broken_line, m->duplicate, m->has_end);
	if (err == SIP_OK)
		every_value_dump(m, b);
	sip_message_unref(&m);
}

static void compare_indexed(struct sip_str bytes)
{
	struct sip_packet *packet = sip_packet_copy(bytes.p, bytes.len);
	const sip__index_fn *ways;
	struct sip_buf a, b;

	MUST(packet);
	sip_buf_init(&a, 0);
	sip_buf_init(&b, 0);
	size_t count = sip__index_ways(&ways);
	put_indexed(&a, ways[0], packet);
	for (size_t i = 1; i < count; i++) {
		sip_buf_clear(&b);
		put_indexed(&b, ways[i], packet);
		must_be_same(&a, &b, "indexed by wider registers");
	}
	sip_buf_fini(&a);
	sip_buf_fini(&b);
	sip_packet_unref(&packet);
}

/* ---- whole or in pieces ------------------------------------------------------------------------------------------------------ */

static struct sip_message *take_from_stream(struct sip_rand *r, struct sip_str bytes)
{
	struct sip_framer *f = sip_framer_create(&sip_limits_default);
	enum sip_frame_kind kind = SIP_FRAME_MORE;
	struct sip_message *m = NULL;
	enum sip_err err;

	MUST(f);
	while (!m && kind != SIP_FRAME_UNFRAMEABLE && bytes.len) {
		size_t room, n = 1 + (size_t)sip_rand_below(r, bytes.len < 400 ? bytes.len : 400);
		char *p = sip_framer_room(f, &room);
		MUST(p);
		n = n < room ? n : room;
		memcpy(p, bytes.p, n);
		bytes = sip_str_from(bytes, n);
		sip_framer_filled(f, n);
		do
			kind = sip_framer_next(f, &m, &err);
		while (kind == SIP_FRAME_PING || kind == SIP_FRAME_PONG);
	}
	sip_framer_destroy(&f);
	return m;
}

/* Line ends in front are CRLF; what half of one means there nobody says (RFC 3261 7.5). */
static bool begins_evenly(struct sip_str bytes)
{
	while (bytes.len > 1 && bytes.p[0] == '\r' && bytes.p[1] == '\n')
		bytes = sip_str_from(bytes, 2);
	return bytes.len && bytes.p[0] != '\r' && bytes.p[0] != '\n';
}

/* A datagram that says how long it is, and is, ends where a stream would end it. */
static void compare_split(struct sip_rand *r, struct sip_str bytes)
{
	struct sip_message *whole = frame(bytes), *m = NULL;
	struct sip_buf a, b;
	uint32_t said;

	sip_buf_init(&a, 0);
	sip_buf_init(&b, 0);
	bool is_both = begins_evenly(bytes) && whole && whole->has_end && !whole->is_refused &&
		       sip__content_length(whole, &said) == SIP_OK && said <= whole->body.len &&
		       whole->first[SIP_HEADER_CONTENT_LENGTH] == sip__last(whole, SIP_HEADER_CONTENT_LENGTH);
	if (is_both)
		m = take_from_stream(r, bytes);
	if (m) {
		put_verdict(&a, m, true);
		put_verdict(&b, whole, false);
		/* The verdict may have come before the body was looked at. */
		whole->body.len = said;
		every_value_dump(m, &a);
		every_value_dump(whole, &b);
	}
	unit_check(!is_both || m, playing, __FILE__, __LINE__);
	must_be_same(&a, &b, "on a stream, in pieces, and as a datagram");
	sip_buf_fini(&a);
	sip_buf_fini(&b);
	sip_message_unref(&whole);
	sip_message_unref(&m);
}

/* A value that is parsed is the one that is shown as text, and there are as many. */
static void compare_taken_apart(struct sip_str bytes)
{
	_Alignas(16) unsigned char form[1024];
	struct sip_message *m = frame(bytes);

	for (unsigned id = 0; m && id < SIP_HEADER_COUNT; id++) {
		const struct sip_value_row *row = &sip_value_rows[sip_header_rows[id].type];
		struct sip_value_walk walk = { .is_begun = false };
		struct sip_str text;
		size_t n = 0;
		for (; row->size && sip_message_next_value(m, (enum sip_header)id, &walk, &text); n++) {
			bool is_good = sip_message_typed(m, (enum sip_header)id, n) != NULL;
			unit_check(is_good == (row->parse(text, form) == SIP_OK), playing, __FILE__, __LINE__);
		}
		unit_check(!row->size || !sip_message_typed(m, (enum sip_header)id, n), playing, __FILE__, __LINE__);
	}
	sip_message_unref(&m);
}

static void compare(struct sip_rand *r, struct sip_str bytes)
{
	compare_taken_apart(bytes);
	compare_touched(r, bytes);
	compare_indexed(bytes);
	compare_split(r, bytes);
}

/* ---- the tests ---------------------------------------------------------------------------------------------------------------- */

static enum sip_err test_known_messages_are_the_same_either_way(void)
{
	struct sip_rand r;
	struct seeds s;

	seeds_init(&s);
	sip_rand_init_seed(&r, 1);
	for (size_t i = 0; i < s.count; i += every_value_slow() > 1 ? 3 : 1) {
		playing = s.at[i].name;
		compare(&r, s.at[i].bytes);
	}
	printf("%zu messages ", s.count);
	UNIT_CHECK(s.count > 60);
	seeds_fini(&s);
	return SIP_OK;
}

static void play(const struct seeds *s, uint64_t seed)
{
	char text[TEXT_MOST], name[160];
	struct sip_rand r;

	sip_rand_init_seed(&r, seed);
	const struct seed *from = &s->at[sip_rand_below(&r, s->count)];
	size_t len = from->bytes.len < TEXT_MOST / 2 ? from->bytes.len : TEXT_MOST / 2;
	memcpy(text, from->bytes.p, len);
	len = mutate(&r, text, len, sizeof text);
	snprintf(name, sizeof name, "DIFFERENTIAL_SEED=%llu %s", (unsigned long long)seed, from->name);
	playing = name;
	compare(&r, sip_str_make(text, len));
}

static enum sip_err test_changed_messages_are_the_same_either_way(void)
{
	const char *given = getenv("DIFFERENTIAL_SEED");
	uint64_t first = given ? strtoull(given, NULL, 10) : 0;
	struct sip_rand rand;
	struct seeds s;

	if (!given) {
		sip_rand_init_os(&rand);
		first = sip_rand_u64(&rand) >> 24;
	}
	printf("DIFFERENTIAL_SEED=%llu ", (unsigned long long)first);
	seeds_init(&s);
	for (uint64_t seed = first; seed < first + (given ? 1 : every_value_rounds(ROUNDS)); seed++)
		play(&s, seed);
	seeds_fini(&s);
	return SIP_OK;
}

/* Thousands of messages; what fails for want of memory fails in the tests of each room. */
static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_known_messages_are_the_same_either_way),
	UNIT_CASE_NO_OOM(test_changed_messages_are_the_same_either_way),
};
static const struct unit_suite suite = { "stack/message/differential", cases, SIP_COUNTOF(cases) };

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = { &suite };

	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
