/*
 * Edits. The first byte chooses a message; then an edit each: what, of which header, which of its values, a length, so many bytes of
 * text. After each the message says what it should, and at the end it is encoded and reads the same. RFC 3261 7.3.1, 19.1.5.
 */
#include "tests/fuzz/fuzz.h"

#define VALUES_MOST 64

static const char *const texts[] = {
	"INVITE sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/TCP b\r\nv: SIP/2.0/WS c\r\n"
	"Route: <sip:p1;lr>,\r\n <sip:p2;lr> , <sip:p3;lr>\r\nf: \"A\" <sip:a@h>;tag=1\r\nt: <sip:b@h>\r\ni: 1@h\r\nCSeq: 7 INVITE\r\n"
	"m: <sip:a@c>\r\nSupported: path, gruu ,outbound\r\nX-Own: 1\r\nX-Own: 2\r\nl: 2\r\n\r\nhi",
	"SIP/2.0 200 OK\nVia: SIP/2.0/UDP a\nTo: <sip:b@h>;tag=2\nFrom: sip:a@h;tag=1\nCall-ID: 1\nCSeq: 1 REGISTER\n"
	"Contact: <sip:x@y>;q=0.5, <sip:z@y>\nContact: \"a, b\" <sip:c@d>\nWarning: 399 h \"a, b\", 301 h \"c\"\n\n",
};

enum deed { ADD, PUSH, SET, POP, REMOVE, REPLACE, REMOVE_ALL, ADD_FIELD, SET_URI, SET_BODY, CLONE, SET_FIELD, REMOVE_FIELD, DEED_COUNT };

struct edit {
	enum deed deed;
	enum sip_header id;
	size_t n;
	struct sip_str text;
};

static bool next_edit(struct sip_str *in, struct edit *e)
{
	if (in->len == 0)
		return false;
	e->deed = (enum deed)(fuzz_byte(in) % DEED_COUNT);
	e->id = (enum sip_header)(fuzz_byte(in) % SIP_HEADER_COUNT);
	e->n = fuzz_byte(in) % 8;
	size_t len = fuzz_byte(in);
	e->text = sip_str_make(in->p, len < in->len ? len : in->len);
	*in = sip_str_from(*in, e->text.len);
	return true;
}

static struct sip_str name_of(const struct edit *e)
{
	return sip_str_make(e->text.p, sip_str_find(e->text, ':'));
}

static struct sip_str value_of(const struct edit *e)
{
	return sip_str_from(e->text, sip_str_find(e->text, ':') + 1);
}

static enum sip_err apply(struct sip_message *m, const struct edit *e)
{
	switch (e->deed) {
	case ADD:
		return sip_message_add(m, e->id, e->text);
	case PUSH:
		return sip_message_push(m, e->id, e->text);
	case SET:
		return sip_message_set(m, e->id, e->text);
	case POP:
		return sip_message_pop(m, e->id);
	case REMOVE:
		return sip_message_remove(m, e->id, e->n);
	case REPLACE:
		return sip_message_replace(m, e->id, e->n, e->text);
	case REMOVE_ALL:
		sip_message_remove_all(m, e->id);
		return SIP_OK;
	case ADD_FIELD:
		return sip_message_add_field(m, name_of(e), value_of(e));
	case SET_FIELD:
		return sip_message_set_field(m, name_of(e), value_of(e));
	case REMOVE_FIELD:
		return sip_message_remove_field(m, name_of(e));
	case SET_URI:
		return sip_message_set_uri(m, e->text);
	default:
		return sip_message_set_body(m, e->n % 2 ? SIP_STR("text/plain") : SIP_STR(""), e->text);
	}
}

/* How many values it is: of a header that is no list always one. */
static size_t count_of(enum sip_header id, struct sip_str text)
{
	size_t n = 0;
	struct sip_str value;

	text = sip_str_trim(text);
	if (sip_header_rows[id].multiplicity != SIP_LIST)
		return 1;
	while (sip_list_value_next(&text, &value))
		n++;
	return n;
}

/* The field is there once, or not at all. */
static void check_field(const struct sip_message *m, const struct edit *e)
{
	struct sip_str found;

	FUZZ_MUST(sip_message_find(m, name_of(e), 0, &found) == (e->deed == SET_FIELD));
	FUZZ_MUST(e->deed == REMOVE_FIELD || sip_str_eq(found, sip_str_trim(value_of(e))));
	FUZZ_MUST(!sip_message_find(m, name_of(e), 1, &found));
}

static void check_one(const struct sip_message *m, const struct edit *e, size_t n)
{
	struct sip_str value;

	if (count_of(e->id, e->text) == 1 && sip_str_trim(e->text).len && sip_message_value(m, e->id, n, &value)) {
		struct sip_str rest = sip_str_trim(e->text), first = rest;
		if (sip_header_rows[e->id].multiplicity == SIP_LIST)
			(void)sip_list_value_next(&rest, &first);
		FUZZ_MUST(sip_str_eq(value, first));
	}
}

/* What an edit that has been made leaves; `before`: how many values there were. */
static void check(const struct sip_message *m, const struct edit *e, size_t before)
{
	size_t after = sip_message_count(m, e->id), more = count_of(e->id, e->text);

	if (e->id == SIP_HEADER_CONTENT_LENGTH || e->id == SIP_HEADER_CONTENT_TYPE)
		return;
	switch (e->deed) {
	case ADD:
		FUZZ_MUST(after == before + more);
		check_one(m, e, before);
		break;
	case PUSH:
		FUZZ_MUST(after == before + more);
		check_one(m, e, 0);
		break;
	case SET:
		FUZZ_MUST(after == more);
		check_one(m, e, 0);
		break;
	case POP:
	case REMOVE:
		FUZZ_MUST(after + 1 == before);
		break;
	case REPLACE:
		FUZZ_MUST(after + 1 == before + more);
		check_one(m, e, e->n);
		break;
	case REMOVE_ALL:
		FUZZ_MUST(after == 0);
		break;
	case SET_FIELD:
	case REMOVE_FIELD:
		check_field(m, e);
		break;
	case SET_URI:
		FUZZ_MUST(sip_str_eq(sip_message_uri_text(m), e->text));
		break;
	case SET_BODY:
		FUZZ_MUST(sip_str_eq(sip_message_body(m), e->text));
		break;
	default:
		break;
	}
}

/* A copy has its own edits from here on, and goes on in our place. */
static void go_on_as_copy(struct sip_message **m, const struct edit *e)
{
	struct sip_message *copy = NULL;

	FUZZ_MUST(sip_message_clone(*m, &copy) == SIP_OK);
	fuzz_message_must_be_same(*m, copy);
	fuzz_either(sip_message_add(*m, e->id, e->text));
	sip_message_unref(m);
	*m = copy;
}

/* Between two commas is nothing: such a value goes when its line is taken apart. */
static bool has_empty(const struct sip_message *m, enum sip_header id)
{
	struct sip_value_walk w = { .field = 0 };
	struct sip_str value;

	while (sip_message_next_value(m, id, &w, &value))
		if (value.len == 0)
			return true;
	return false;
}

static void edit_one(struct sip_message **m, const struct edit *e)
{
	size_t before = sip_message_count(*m, e->id);
	bool is_whole = !has_empty(*m, e->id);

	if (e->deed == CLONE) {
		go_on_as_copy(m, e);
		return;
	}
	enum sip_err err = apply(*m, e);
	FUZZ_MUST(err == SIP_OK || err == SIP_E_INVAL || err == SIP_E_NOTFOUND || err == SIP_E_LIMIT);
	if (err != SIP_OK)
		FUZZ_MUST(sip_message_count(*m, e->id) == before);
	else if (is_whole)
		check(*m, e, before);
}

static void values_must_be_same(const struct sip_message *m, const struct sip_message *again, enum sip_header id)
{
	struct sip_str a, b;
	size_t n = sip_message_count(m, id);

	if (id == SIP_HEADER_CONTENT_LENGTH)
		return;
	FUZZ_MUST(sip_message_count(again, id) == n);
	for (size_t i = 0; i < n && i < VALUES_MOST; i++) {
		bool is_there = sip_message_value(m, id, i, &a);
		FUZZ_MUST(is_there == sip_message_value(again, id, i, &b));
		FUZZ_MUST(!is_there || fuzz_is_same_text(a, b));
		FUZZ_MUST(!sip_message_typed(m, id, i) == !sip_message_typed(again, id, i));
	}
}

void fuzz_edit(struct sip_str in)
{
	struct sip_str text = sip_str_of(texts[fuzz_byte(&in) % SIP_COUNTOF(texts)]);
	struct sip_packet *packet = fuzz_packet(text);
	struct sip_message *m = NULL, *again;
	struct edit e;

	FUZZ_MUST(sip_message_parse(packet, 0, text.len, &sip_limits_default, &m) == SIP_OK);
	sip_packet_unref(&packet);
	for (unsigned i = 0; i < 100 && next_edit(&in, &e); i++)
		edit_one(&m, &e);
	again = fuzz_message_again(m);
	FUZZ_MUST(again != NULL);
	fuzz_message_must_be_same(m, again);
	for (unsigned id = 0; id < SIP_HEADER_COUNT; id++)
		values_must_be_same(m, again, (enum sip_header)id);
	FUZZ_MUST(sip_str_eq(sip_message_body(m), sip_message_body(again)));
	sip_message_unref(&again);
	sip_message_unref(&m);
}

/* ---- what the headers of a URI ask for ------------------------------------------------------------------------------------- */

static const enum sip_header ours[] = { SIP_HEADER_FROM, SIP_HEADER_TO, SIP_HEADER_CALL_ID, SIP_HEADER_CSEQ, SIP_HEADER_VIA,
					SIP_HEADER_ROUTE, SIP_HEADER_MAX_FORWARDS, SIP_HEADER_CONTACT };

void fuzz_embed(struct sip_str in)
{
	struct sip_message *m, *plain, *again;
	unsigned left_out = 0;
	struct sip_uri u;

	if (sip_uri_parse(in, &u) != SIP_OK)
		return;
	m = fuzz_request();
	plain = fuzz_request();
	if (sip_message_embed(m, &u, in.len % 2 ? SIP_EMBED_ALL : SIP_EMBED_HARMLESS, &left_out) == SIP_OK) {
		FUZZ_MUST(u.headers.p || sip_message_field_count(m) == sip_message_field_count(plain));
		FUZZ_MUST(left_out <= SIP_URI_PARTS_MAX);
		again = fuzz_message_again(m);
		FUZZ_MUST(again != NULL);
		fuzz_message_must_be_same(m, again);
		FUZZ_MUST(sip_str_eq(sip_message_body(m), sip_message_body(again)));
		for (size_t i = 0; i < SIP_COUNTOF(ours); i++)
			values_must_be_same(plain, again, ours[i]);
		sip_message_unref(&again);
	}
	sip_message_unref(&plain);
	sip_message_unref(&m);
}
