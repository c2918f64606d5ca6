/*
 * Messages made at random by those that make them, and edited: what is sent is accepted, by datagram and by stream, says the same when
 * it is read, is the same bytes when it is sent on, and has no folds. MESSAGE_SEED=N plays one seed.
 */
#include "tests/support/unit.h"
#include "tests/unit/stack/message/every_value.h"
#include "tests/unit/stack/message/random_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 1500

struct world {
	struct sip_rand r;
	uint64_t seed;
	struct sip_buf text; /* for one value at a time */
	bool has_failed;
};

static void must_hold(struct world *w, bool holds, const char *what, struct sip_str bytes)
{
	char name[200];

	snprintf(name, sizeof name, "MESSAGE_SEED=%" PRIu64 ": %s", w->seed, what);
	unit_check(holds, name, __FILE__, __LINE__);
	if (holds || w->has_failed)
		return;
	w->has_failed = true;
	fprintf(stderr, "%s\n%.*s\n", name, SIP_STR_ARG(bytes));
}

static bool chance(struct world *w, unsigned n)
{
	return sip_rand_below(&w->r, n) == 0;
}

static struct sip_str value_of(struct world *w, enum sip_header id)
{
	sip_buf_clear(&w->text);
	random_value(&w->r, &w->text, id);
	return sip_buf_str(&w->text);
}

/* ---- edits ---------------------------------------------------------------------------------------------------------------- */

static enum sip_err edit_list(struct world *w, struct sip_message *m, enum sip_header id)
{
	size_t n = (size_t)sip_rand_below(&w->r, sip_message_count(m, id) + 1);

	switch (sip_rand_below(&w->r, 7)) {
	case 0: return sip_message_push(m, id, value_of(w, id));
	case 1: return sip_message_add(m, id, value_of(w, id));
	case 2: return sip_message_set(m, id, value_of(w, id));
	case 3: return sip_message_pop(m, id);
	case 4: return sip_message_remove(m, id, n);
	case 5: return sip_message_replace(m, id, n, value_of(w, id));
	default:
		if (chance(w, 4))
			sip_message_remove_all(m, id);
		return SIP_OK;
	}
}

/* One of those that a message must have, which is then good again. */
static enum sip_err edit_needed(struct world *w, struct sip_message *m, enum sip_header id)
{
	enum sip_err err = SIP_OK;

	switch (id) {
	case SIP_HEADER_CSEQ:
	case SIP_HEADER_CONTENT_LENGTH:
	case SIP_HEADER_CONTENT_TYPE: return SIP_OK;
	case SIP_HEADER_VIA:
		if (sip_message_count(m, id) > 1)
			return edit_list(w, m, id) == SIP_OK && !sip_message_has(m, id) ? sip_message_push(m, id, value_of(w, id)) : SIP_OK;
		return sip_message_push(m, id, value_of(w, id));
	case SIP_HEADER_FROM:
	case SIP_HEADER_TO:
		sip_buf_clear(&w->text);
		random_name_addr(&w->r, &w->text, !chance(w, 3));
		return sip_message_set(m, id, sip_buf_str(&w->text));
	case SIP_HEADER_CALL_ID:
		sip_buf_clear(&w->text);
		random_call_id(&w->r, &w->text);
		return sip_message_set(m, id, sip_buf_str(&w->text));
	default: err = edit_list(w, m, id);
	}
	return err;
}

static enum sip_err edit_unknown(struct world *w, struct sip_message *m)
{
	char name[40];
	struct sip_buf b;

	sip_buf_init_fixed(&b, name, sizeof name);
	SIP_BUF_LIT(&b, "X-Odd-");
	sip_buf_put_u64(&b, sip_rand_below(&w->r, 1000));
	sip_buf_clear(&w->text);
	random_words(&w->r, &w->text);
	return sip_message_add_field(m, sip_buf_str(&b), sip_buf_str(&w->text));
}

static enum sip_err edit_body(struct world *w, struct sip_message *m)
{
	char body[300];
	size_t len = (size_t)sip_rand_below(&w->r, sizeof body);

	if (chance(w, 4))
		return sip_message_set_body(m, sip_str_make(NULL, 0), sip_str_make(NULL, 0));
	sip_rand_fill(&w->r, body, len);
	return sip_message_set_body(m, value_of(w, SIP_HEADER_CONTENT_TYPE), sip_str_make(body, len));
}

static enum sip_err edit_stamp(struct sip_message *m)
{
	struct sip_addr source;

	enum sip_err err = sip_addr_parse(&source, SIP_STR("2001:db8::7"), 5080);

	return err == SIP_OK ? sip_message_stamp(m, &source) : err;
}

static enum sip_err edit_once(struct world *w, struct sip_message *m)
{
	enum sip_header id = (enum sip_header)sip_rand_below(&w->r, SIP_HEADER_COUNT);
	enum sip_multiplicity many = sip_header_rows[id].multiplicity;

	switch (sip_rand_below(&w->r, 12)) {
	case 0: return edit_unknown(w, m);
	case 1: return edit_body(w, m);
	case 2: return sip_message_is_request(m) ? edit_stamp(m) : SIP_OK;
	case 3:
		sip_buf_clear(&w->text);
		random_uri(&w->r, &w->text);
		return sip_message_is_request(m) ? sip_message_set_uri(m, sip_buf_str(&w->text)) : SIP_OK;
	case 4: id = chance(w, 2) ? SIP_HEADER_VIA : SIP_HEADER_ROUTE; break;
	case 5: id = chance(w, 2) ? SIP_HEADER_CONTACT : SIP_HEADER_RECORD_ROUTE; break;
	default:
		if (many == SIP_ONE && (id > SIP_HEADER_CONTENT_TYPE || id == SIP_HEADER_MAX_FORWARDS))
			return sip_message_set(m, id, value_of(w, id));
	}
	return edit_needed(w, m, id);
}

static void edit(struct world *w, struct sip_message *m)
{
	for (uint64_t n = sip_rand_below(&w->r, 25); n > 0; n--) {
		enum sip_err err = edit_once(w, m);
		must_hold(w, err == SIP_OK || err == SIP_E_NOTFOUND, sip_err_name(err), sip_buf_str(&w->text));
	}
}

/* ---- messages ------------------------------------------------------------------------------------------------------------- */

static struct sip_message *make_request(struct world *w)
{
	enum { METHOD, URI, FROM, TO, CALL_ID, CONTACT, PARTS };
	struct sip_request_options o;
	struct sip_message *m = NULL;
	struct sip_buf b[PARTS];

	for (size_t i = 0; i < PARTS; i++)
		sip_buf_init(&b[i], 0);
	if (chance(w, 5))
		random_token(&w->r, &b[METHOD]);
	else
		sip_buf_put_str(&b[METHOD], sip_method_names[sip_rand_below(&w->r, SIP_METHOD_COUNT)]);
	random_uri(&w->r, &b[URI]);
	random_name_addr(&w->r, &b[FROM], true);
	random_name_addr(&w->r, &b[TO], chance(w, 2));
	random_call_id(&w->r, &b[CALL_ID]);
	if (chance(w, 2))
		random_name_addr(&w->r, &b[CONTACT], false);
	sip_request_options_init(&o);
	o.method = sip_buf_str(&b[METHOD]);
	o.uri = sip_buf_str(&b[URI]);
	o.from = sip_buf_str(&b[FROM]);
	o.to = sip_buf_str(&b[TO]);
	o.call_id = sip_buf_str(&b[CALL_ID]);
	o.contact = sip_buf_str(&b[CONTACT]);
	o.cseq = (uint32_t)sip_rand_below(&w->r, 1u << 31);
	o.max_forwards = (uint32_t)sip_rand_below(&w->r, 256);
	if (chance(w, 2)) {
		o.content_type = SIP_STR("text/plain;charset=utf-8");
		o.body = SIP_STR("a\r\n\r\nb");
	}
	enum sip_err err = sip_request_make(&o, &m);
	must_hold(w, err == SIP_OK, "a request is made", o.uri);
	if (err == SIP_OK)
		err = sip_message_push(m, SIP_HEADER_VIA, value_of(w, SIP_HEADER_VIA));
	must_hold(w, err == SIP_OK, "a Via is put on it", sip_buf_str(&w->text));
	for (size_t i = 0; i < PARTS; i++)
		sip_buf_fini(&b[i]);
	return m;
}

/* What comes of a request: itself, a clone, its response, ACK or CANCEL; with edits of its own. */
static struct sip_message *turn(struct world *w, struct sip_message *m)
{
	struct sip_message *made = NULL, *response = NULL;
	enum sip_err err;

	switch (sip_rand_below(&w->r, 5)) {
	case 0: err = sip_message_clone(m, &made); break;
	case 1:
		err = sip_response_make(m, 100 + (unsigned)sip_rand_below(&w->r, 600), chance(w, 2) ? "Whatever \xc3\xa4" : NULL,
					SIP_STR("tag.9"), &made);
		break;
	case 2:
		err = sip_response_make(m, 486, NULL, SIP_STR("x"), &response);
		if (err == SIP_OK)
			err = sip_derive_ack(m, response, &made);
		break;
	case 3: err = sip_derive_cancel(m, chance(w, 2) ? SIP_STR("SIP;cause=200;text=\"a\"") : SIP_STR(""), &made); break;
	default: return m;
	}
	must_hold(w, err == SIP_OK, "something is made of it", SIP_STR(""));
	sip_message_unref(&response);
	if (!made)
		return m;
	sip_message_unref(&m);
	if (chance(w, 2))
		edit(w, made);
	return made;
}

/* ---- what must hold ------------------------------------------------------------------------------------------------------- */

/* Without Content-Length, which need not be there before a message is sent. */
static void dump(struct world *w, const struct sip_message *m, struct sip_buf *b)
{
	struct sip_message *c = NULL;

	sip_buf_clear(b);
	must_hold(w, sip_message_clone(m, &c) == SIP_OK, "it can be cloned", SIP_STR(""));
	sip_message_remove_all(c, SIP_HEADER_CONTENT_LENGTH);
	every_value_dump_typed(c, b);
	sip_message_unref(&c);
}

static bool has_fold(struct sip_str bytes)
{
	for (size_t i = 0; i + 3 < bytes.len && memcmp(bytes.p + i, "\r\n\r\n", 4) != 0; i++)
		if (bytes.p[i] == '\n' && (bytes.p[i + 1] == ' ' || bytes.p[i + 1] == '\t'))
			return true;
	return false;
}

static void check_forms(struct world *w, const struct sip_message *m, struct sip_str bytes)
{
	for (unsigned id = 0; id < SIP_HEADER_COUNT; id++) {
		size_t count = sip_message_count(m, (enum sip_header)id);
		for (size_t n = 0; sip_value_rows[sip_header_rows[id].type].size && n < count; n++)
			must_hold(w, sip_message_typed(m, (enum sip_header)id, n) != NULL, sip_header_rows[id].name.p, bytes);
	}
}

static struct sip_message *read_datagram(struct world *w, struct sip_str bytes)
{
	struct sip_packet *packet = sip_packet_copy(bytes.p, bytes.len);
	struct sip_message *m = NULL;
	struct sip_check check = { SIP_DROP, 0, "no message" };
	enum sip_err err = SIP_OK;

	MUST(packet);
	if (sip_frame_datagram(packet, &sip_limits_default, &m, &err) == SIP_FRAME_MESSAGE)
		sip_message_check(m, false, &check);
	must_hold(w, check.verdict == SIP_ACCEPT, check.reason, bytes);
	sip_packet_unref(&packet);
	return m;
}

static struct sip_message *read_stream(struct world *w, struct sip_str bytes)
{
	struct sip_framer *f = sip_framer_create(&sip_limits_default);
	struct sip_check check = { SIP_DROP, 0, "no message on a stream" };
	struct sip_message *m = NULL;
	struct sip_str rest = bytes;
	enum sip_err err;

	MUST(f);
	while (rest.len && !m) {
		size_t room, n = 1 + (size_t)sip_rand_below(&w->r, chance(w, 2) ? rest.len : rest.len < 9 ? rest.len : 9);
		char *p = sip_framer_room(f, &room);
		MUST(p);
		n = n < room ? n : room;
		memcpy(p, rest.p, n);
		rest = sip_str_from(rest, n);
		sip_framer_filled(f, n);
		if (sip_framer_next(f, &m, &err) == SIP_FRAME_MESSAGE)
			sip_message_check(m, true, &check);
	}
	must_hold(w, check.verdict == SIP_ACCEPT && rest.len == 0, check.reason, bytes);
	sip_framer_destroy(&f);
	return m;
}

static void check_bytes(struct world *w, const struct sip_message *m, struct sip_str bytes, const char *what)
{
	struct sip_packet *packet = NULL;
	struct sip_buf b;

	sip_buf_init(&b, 0);
	sip_message_put(m, &b);
	must_hold(w, sip_str_eq(sip_buf_str(&b), bytes), what, bytes);
	must_hold(w, sip_message_encoded_len(m) == bytes.len, what, bytes);
	if (sip_message_encode(m, &packet) == SIP_OK)
		must_hold(w, sip_str_eq(sip_str_make(sip_packet_bytes(packet), sip_packet_len(packet)), bytes), what, bytes);
	sip_packet_unref(&packet);
	sip_buf_fini(&b);
}

/* Short names and long: they read the same, and the one comes of the other. */
static void check_names(struct world *w, const struct sip_message *m, struct sip_str expected)
{
	struct sip_buf names[2], again, said;
	struct sip_message *read;

	sip_buf_init(&again, 0);
	sip_buf_init(&said, 0);
	for (unsigned i = 0; i < 2; i++) {
		sip_buf_init(&names[i], 0);
		sip_message_put_named(m, (enum sip_names)i, &names[i]);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct sip_str bytes = sip_buf_str(&names[i]);
		read = read_datagram(w, bytes);
		if (!read)
			continue;
		dump(w, read, &said);
		must_hold(w, sip_str_eq(sip_buf_str(&said), expected), "with other names it says the same", bytes);
		sip_buf_clear(&again);
		sip_message_put_named(read, (enum sip_names)!i, &again);
		must_hold(w, sip_str_eq(sip_buf_str(&again), sip_buf_str(&names[!i])), "one spelling comes of the other", bytes);
		sip_message_unref(&read);
	}
	sip_buf_fini(&names[0]);
	sip_buf_fini(&names[1]);
	sip_buf_fini(&said);
	sip_buf_fini(&again);
}

static void check_message(struct world *w, const struct sip_message *m)
{
	struct sip_buf sent, said, heard;
	struct sip_message *read[2];

	sip_buf_init(&sent, 0);
	sip_buf_init(&said, 0);
	sip_buf_init(&heard, 0);
	sip_message_put(m, &sent);
	dump(w, m, &said);
	struct sip_str bytes = sip_buf_str(&sent);
	must_hold(w, !has_fold(bytes), "no line is folded", bytes);
	check_forms(w, m, bytes);
	check_bytes(w, m, bytes, "encoded in any way it is the same");
	read[0] = read_datagram(w, bytes);
	read[1] = read_stream(w, bytes);
	for (unsigned i = 0; i < 2; i++) {
		if (!read[i])
			continue;
		dump(w, read[i], &heard);
		must_hold(w, sip_str_eq(sip_buf_str(&heard), sip_buf_str(&said)), i ? "by stream it says the same" : "it says the same", bytes);
		check_bytes(w, read[i], bytes, "it is sent on as it came");
		sip_message_unref(&read[i]);
	}
	check_names(w, m, sip_buf_str(&said));
	sip_buf_fini(&sent);
	sip_buf_fini(&said);
	sip_buf_fini(&heard);
}

static void play(uint64_t seed)
{
	struct world w = { .seed = seed };
	struct sip_message *m;

	sip_rand_init_seed(&w.r, seed);
	sip_buf_init(&w.text, 0);
	m = make_request(&w);
	if (m) {
		edit(&w, m);
		m = turn(&w, m);
		check_message(&w, m);
	}
	sip_message_unref(&m);
	sip_buf_fini(&w.text);
}

static enum sip_err test_messages_made_at_random_are_heard_as_they_were_said(void)
{
	const char *given = getenv("MESSAGE_SEED");
	uint64_t first = given ? strtoull(given, NULL, 10) : 0;
	struct sip_rand rand;

	if (!given) {
		sip_rand_init_os(&rand);
		first = sip_rand_u64(&rand) >> 24;
	}
	printf("MESSAGE_SEED=%" PRIu64 " ", first);
	for (uint64_t seed = first; seed < first + (given ? 1 : every_value_rounds(ROUNDS)); seed++)
		play(seed);
	return SIP_OK;
}

/* Those that the weather does not change. */
static enum sip_err test_messages_of_the_first_seeds(void)
{
	for (uint64_t seed = 1; seed <= every_value_rounds(300); seed++)
		play(seed);
	return SIP_OK;
}

/* Thousands of messages; what fails for want of memory fails in the tests of each room. */
static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_messages_made_at_random_are_heard_as_they_were_said),
	UNIT_CASE_NO_OOM(test_messages_of_the_first_seeds),
};
static const struct unit_suite suite = { "stack/message/property", cases, SIP_COUNTOF(cases) };

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = { &suite };

	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
