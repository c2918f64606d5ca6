/* The table of targets, and what they share. */
#include "tests/fuzz/fuzz.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_TARGET(name, turn, what) { #name, turn, what, fuzz_##name },
const struct fuzz_target fuzz_targets[] = {
#include "tests/fuzz/target_table.h"
};
#undef FUZZ_TARGET
const size_t fuzz_target_count = SIP_COUNTOF(fuzz_targets);

struct sip_log *fuzz_log;

const struct fuzz_target *fuzz_target_find(struct sip_str name)
{
	for (size_t i = 0; i < fuzz_target_count; i++)
		if (sip_str_eq(sip_str_of(fuzz_targets[i].name), name))
			return &fuzz_targets[i];
	return NULL;
}

void fuzz_target_run(const struct fuzz_target *t, struct sip_str in)
{
	long before = sip_mem_balance();

	t->run(in);
	/* The others may make something once for all their runs. */
	FUZZ_MUST(sip_mem_balance() == before || t->turn[0] == '\0');
}

/* Bodies of XML have one parser, others one that looks like that of their kin: "message/…". */
struct sip_str fuzz_target_turn(const struct fuzz_target *t)
{
	struct sip_str turn = sip_str_of(t->turn);

	if (sip_str_ends_nocase(turn, SIP_STR("+xml")))
		return SIP_STR("xml");
	turn.len = sip_str_find(turn, '/');
	return turn;
}

void fuzz_must(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: %s does not hold\n", file, line, what);
	abort();
}

struct sip_packet *fuzz_packet(struct sip_str in)
{
	struct sip_packet *p = sip_packet_copy(in.p, in.len);

	FUZZ_MUST(p != NULL);
	return p;
}

bool fuzz_cut(struct sip_str *in, char c, struct sip_str *piece)
{
	size_t n = sip_str_find(*in, c);

	if (in->len == 0)
		return false;
	*piece = sip_str_make(in->p, n);
	*in = sip_str_from(*in, n + 1);
	return true;
}

unsigned fuzz_byte(struct sip_str *in)
{
	unsigned c = in->len ? (unsigned char)in->p[0] : 0;

	*in = sip_str_from(*in, 1);
	return c;
}

bool fuzz_is_same_text(struct sip_str a, struct sip_str b)
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

void fuzz_message_must_be_same(const struct sip_message *m, const struct sip_message *again)
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
		FUZZ_MUST(fuzz_is_same_text(a.value, b.value));
	}
	FUZZ_MUST(sip_message_is_request(m) == sip_message_is_request(again));
}

struct sip_message *fuzz_message_again(const struct sip_message *m)
{
	static const struct sip_limits wide = { SIZE_MAX, SIZE_MAX, 65535, 65535, UINT_MAX };
	struct sip_packet *packet = NULL;
	struct sip_message *again = NULL;

	FUZZ_MUST(sip_message_encode(m, &packet) == SIP_OK);
	FUZZ_MUST(sip_packet_len(packet) == sip_message_encoded_len(m));
	if (sip_message_parse(packet, 0, sip_packet_len(packet), &wide, &again) != SIP_OK)
		again = NULL;
	sip_packet_unref(&packet);
	return again;
}

struct sip_message *fuzz_request(void)
{
	struct sip_request_options o;
	struct sip_message *m = NULL;

	sip_request_options_init(&o);
	o.method = SIP_STR("INVITE");
	o.uri = SIP_STR("sip:b@example.com");
	o.from = SIP_STR("<sip:a@example.com>;tag=1");
	o.to = SIP_STR("<sip:b@example.com>");
	o.call_id = SIP_STR("c1");
	o.cseq = 1;
	FUZZ_MUST(sip_request_make(&o, &m) == SIP_OK);
	return m;
}

struct sip_addr fuzz_addr(const char *text)
{
	struct sip_addr a;

	FUZZ_MUST(sip_addr_parse_port(&a, sip_str_of(text), 5060) == SIP_OK);
	return a;
}
