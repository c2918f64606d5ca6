/* Descriptions made by chance: written, read and written again they are the same. The seed is printed when one is not. */
#include "tests/unit/stack/content/sdp_rooms_test.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 300, FEW = 4 };

struct world {
	struct sip_rand rand;
	struct sip_arena arena;
	bool is_out_of_memory;
};

static uint64_t below(struct world *w, uint64_t n)
{
	return sip_rand_below(&w->rand, n);
}

static void *some(struct world *w, size_t count, size_t size)
{
	void *p = sip_arena_alloc_zero(&w->arena, count * size);

	w->is_out_of_memory = w->is_out_of_memory || !p;
	return p;
}

/* Up to 8 bytes; a word has no blanks, a text may have them but for its ends, bytes anywhere. */
enum kind { WORD, TEXT, BYTES };
static struct sip_str random_text(struct world *w, enum kind kind, char without)
{
	static const char letters[] = "abcXYZ019-._/;=,+*\xc3\xa9\x01 \t";
	size_t len = 1 + (size_t)below(w, 8), kinds = kind == WORD ? sizeof letters - 3 : sizeof letters - 1;
	char *p = some(w, len, 1);

	for (size_t i = 0; p && i < len; i++) {
		bool is_end = i == 0 || i == len - 1;
		p[i] = letters[below(w, kind == TEXT && is_end ? sizeof letters - 3 : kinds)];
		if (p[i] == without)
			p[i] = '~';
	}
	return sip_str_make(p, p ? len : 0);
}

static struct sip_str random_digits(struct world *w)
{
	struct sip_str text = random_text(w, WORD, '\0');

	for (size_t i = 0; i < text.len; i++)
		((char *)(uintptr_t)text.p)[i] = (char)('0' + below(w, 10));
	return text;
}

static struct sip_sdp_time random_time(struct world *w, bool may_be_negative)
{
	struct sip_sdp_time t = { (int64_t)below(w, 1u << 30), "dhms"[below(w, 4)] };

	if (below(w, 2))
		t.unit = '\0';
	if (may_be_negative && below(w, 2))
		t.value = -t.value;
	return t;
}

static struct sip_sdp_timing random_timing(struct world *w)
{
	struct sip_sdp_timing t = { .start = sip_rand_u64(&w->rand), .stop = below(w, 3) };

	t.repeats = some(w, FEW, sizeof *t.repeats);
	t.repeat_count = t.repeats ? (size_t)below(w, FEW) : 0;
	for (size_t i = 0; i < t.repeat_count; i++) {
		struct sip_sdp_repeat *r = &t.repeats[i];
		*r = (struct sip_sdp_repeat){ random_time(w, false), random_time(w, false), some(w, FEW, sizeof *r->offsets), 0 };
		r->offset_count = r->offsets ? 1 + (size_t)below(w, FEW) : 0;
		for (size_t j = 0; j < r->offset_count; j++)
			r->offsets[j] = random_time(w, false);
	}
	t.zones = some(w, FEW, sizeof *t.zones);
	t.zone_count = t.zones && t.repeat_count ? (size_t)below(w, FEW) : 0;
	for (size_t i = 0; i < t.zone_count; i++)
		t.zones[i] = (struct sip_sdp_zone){ sip_rand_u64(&w->rand), random_time(w, true) };
	return t;
}

static struct sip_sdp_connection random_connection(struct world *w)
{
	struct sip_sdp_connection c = { .net_type = random_text(w, WORD, '\0'), .address = random_text(w, WORD, '/') };
	uint64_t family = below(w, 3);

	c.addr_type = family == 0 ? SIP_STR("IP4") : family == 1 ? SIP_STR("IP6") : SIP_STR("NSAP");
	c.has_ttl = family == 0 && below(w, 2);
	c.ttl = c.has_ttl ? (uint8_t)below(w, 256) : 0;
	c.count = (c.has_ttl || family == 1) ? (uint32_t)below(w, 3) : 0;
	return c;
}

static struct sip_sdp_section random_section(struct world *w, size_t connections)
{
	struct sip_sdp_section s = { .connections = some(w, FEW, sizeof *s.connections),
				     .bandwidths = some(w, FEW, sizeof *s.bandwidths),
				     .attributes = some(w, FEW, sizeof *s.attributes),
				     .others = some(w, FEW, sizeof *s.others) };

	if (below(w, 2))
		s.information = random_text(w, BYTES, '\0');
	if (below(w, 4) == 0)
		s.key = random_text(w, TEXT, '\0');
	if (w->is_out_of_memory)
		return s;
	for (s.connection_count = 0; s.connection_count < below(w, connections); s.connection_count++)
		s.connections[s.connection_count] = random_connection(w);
	for (; s.bandwidth_count < below(w, FEW); s.bandwidth_count++)
		s.bandwidths[s.bandwidth_count] = (struct sip_sdp_bandwidth){ random_text(w, WORD, ':'), sip_rand_u64(&w->rand) };
	for (; s.attribute_count < below(w, FEW); s.attribute_count++)
		s.attributes[s.attribute_count] = (struct sip_sdp_attribute){
			random_text(w, WORD, ':'), below(w, 2) ? random_text(w, BYTES, '\0') : sip_str_make(NULL, 0) };
	for (; s.other_count < below(w, FEW); s.other_count++)
		s.others[s.other_count] = (struct sip_sdp_line){ "dfYZ"[below(w, 4)], random_text(w, BYTES, '\0') };
	return s;
}

static struct sip_sdp_media random_media(struct world *w)
{
	struct sip_sdp_media m = { random_text(w, WORD, '\0'), (uint16_t)below(w, 65536), (uint32_t)below(w, 3),
				   random_text(w, WORD, '\0'), some(w, FEW, sizeof *m.formats), 0, random_section(w, FEW) };

	m.format_count = m.formats ? 1 + (size_t)below(w, FEW) : 0;
	for (size_t i = 0; i < m.format_count; i++)
		m.formats[i] = random_text(w, WORD, '\0');
	return m;
}

static struct sip_sdp random_sdp(struct world *w)
{
	struct sip_sdp sdp = { .origin = { random_text(w, WORD, '\0'), random_digits(w), random_digits(w),
					   random_text(w, WORD, '\0'),
					   random_text(w, WORD, '\0'), random_text(w, WORD, '\0') },
			       .name = random_text(w, BYTES, '\0'),
			       .section = random_section(w, 2),
			       .emails = some(w, FEW, sizeof *sdp.emails),
			       .phones = some(w, FEW, sizeof *sdp.phones),
			       .timings = some(w, FEW, sizeof *sdp.timings),
			       .media = some(w, FEW, sizeof *sdp.media) };

	if (below(w, 2))
		sdp.uri = random_text(w, TEXT, '\0');
	if (w->is_out_of_memory)
		return sdp;
	for (; sdp.email_count < below(w, FEW); sdp.email_count++)
		sdp.emails[sdp.email_count] = random_text(w, TEXT, '\0');
	for (; sdp.phone_count < below(w, FEW); sdp.phone_count++)
		sdp.phones[sdp.phone_count] = random_text(w, TEXT, '\0');
	for (; sdp.timing_count < below(w, FEW); sdp.timing_count++)
		sdp.timings[sdp.timing_count] = random_timing(w);
	for (; sdp.media_count < below(w, FEW); sdp.media_count++)
		sdp.media[sdp.media_count] = random_media(w);
	return sdp;
}

static enum sip_err check_once(uint64_t seed)
{
	struct world w = { .is_out_of_memory = false };
	struct sip_sdp *again;
	struct sip_buf b, c;
	char what[64];
	enum sip_err err = SIP_OK;

	(void)snprintf(what, sizeof what, "a description of seed %llu", (unsigned long long)seed);
	sip_rand_init_seed(&w.rand, seed);
	sip_arena_init(&w.arena, NULL, 0, SDP_ROOM);
	sip_buf_init(&b, 0);
	sip_buf_init(&c, 0);
	struct sip_sdp sdp = random_sdp(&w);
	if (w.is_out_of_memory)
		err = SIP_E_NOMEM;
	UNIT_TRY(err);
	sip_sdp_put(&b, &sdp);
	unit_check(b.err == SIP_OK || b.err == SIP_E_NOMEM, what, __FILE__, __LINE__);
	UNIT_TRY(b.err);
	err = sip_sdp_parse(&w.arena, sip_buf_str(&b), &sip_content_limits_default, &again);
	unit_check(err == SIP_OK || err == SIP_E_NOMEM, what, __FILE__, __LINE__);
	UNIT_TRY(err);
	sip_sdp_put(&c, again);
	UNIT_TRY(c.err);
	unit_check_str(sip_buf_str(&c), sip_buf_str(&b), what, __FILE__, __LINE__);
out:
	sip_buf_fini(&b);
	sip_buf_fini(&c);
	sip_arena_fini(&w.arena);
	return err;
}

static enum sip_err test_sdp_random_ones_are_written_as_they_are_read(void)
{
	const char *only = getenv("SDP_SEED");

	if (only)
		return check_once(strtoull(only, NULL, 10));
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		enum sip_err err = check_once(seed);
		if (err != SIP_OK)
			return err;
	}
	return SIP_OK;
}

static enum sip_err test_sdp_random_one_survives_the_want_of_memory(void)
{
	return check_once(7);
}

static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_sdp_random_ones_are_written_as_they_are_read), /* thousands of allocations: the next one does it */
	UNIT_CASE(test_sdp_random_one_survives_the_want_of_memory),
};
SUITE(sdp_random);
