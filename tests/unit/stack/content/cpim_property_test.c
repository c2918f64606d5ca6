/* Messages of CPIM made at random read back as they were made. CONTENT_SEED=N plays one seed. */
#include "stack/content/cpim.h"

#include <stdio.h>

#include "tests/unit/stack/content/content_rooms_test.h"

#define ROUNDS 300
#define PIECES 8

static struct sip_str make_text(struct sip_rand *rand, struct sip_arena *arena)
{
	static const char *const pieces[] = {
		"a", "Z9", ";", ":", "\"", "\\", "\\\"", "<im:a@b>", "=", "\x01", "\xc3\xbc", "\xff", " ", "\t", "\r\n ", "\n\t",
	};
	char text[PIECES * 8 + 1] = "";

	for (uint64_t n = sip_rand_below(rand, PIECES); n > 0; n--)
		strcat(text, pieces[sip_rand_below(rand, SIP_COUNTOF(pieces))]);
	return sip_arena_str(arena, sip_str_trim(sip_str_of(text)));
}

static struct sip_str pick(struct sip_rand *rand, const char *const *texts, size_t count)
{
	return sip_str_of(texts[sip_rand_below(rand, count)]);
}

static enum sip_err make_headers(struct sip_rand *rand, struct sip_arena *arena, struct sip_cpim *x)
{
	static const char *const names[] = { "From", "To", "DateTime", "Subject", "NS", "MyFeatures.Option", "x" };
	static const char *const params[] = { "", "", "lang=fr", "a;b=c", "a=\"b c\"", "a=\"\\\" \\\\\";d", "a=\"b\r\n c\"", "=" };
	struct sip_cpim_header **last = &x->headers;

	for (uint64_t n = sip_rand_below(rand, 5); n > 0; n--) {
		struct sip_cpim_header *h = *last = sip_arena_alloc_zero(arena, sizeof *h);
		if (!h)
			return SIP_E_NOMEM;
		h->name = pick(rand, names, SIP_COUNTOF(names));
		h->params = pick(rand, params, SIP_COUNTOF(params));
		h->value = make_text(rand, arena);
		last = &h->next;
	}
	return SIP_OK;
}

static enum sip_err make_fields(struct sip_rand *rand, struct sip_arena *arena, struct sip_cpim *x)
{
	static const char *const names[] = { "Content-Type", "Content-ID", "c", "X-More" };
	struct sip_content_field **last = &x->fields;

	for (uint64_t n = sip_rand_below(rand, 4); n > 0; n--) {
		struct sip_content_field *f = *last = sip_arena_alloc_zero(arena, sizeof *f);
		if (!f)
			return SIP_E_NOMEM;
		f->name = pick(rand, names, SIP_COUNTOF(names));
		f->value = make_text(rand, arena);
		last = &f->next;
	}
	return SIP_OK;
}

static bool is_same(const struct sip_cpim *a, const struct sip_cpim *b)
{
	const struct sip_cpim_header *h = a->headers, *k = b->headers;
	const struct sip_content_field *f = a->fields, *g = b->fields;

	for (; h && k; h = h->next, k = k->next)
		if (!sip_str_eq(h->name, k->name) || !sip_str_eq(h->params, k->params) || !sip_str_eq(h->value, k->value))
			return false;
	for (; f && g; f = f->next, g = g->next)
		if (!sip_str_eq(f->name, g->name) || !sip_str_eq(f->value, g->value))
			return false;
	return !h && !k && !f && !g && sip_str_eq(a->bytes, b->bytes);
}

static enum sip_err play(uint64_t seed)
{
	struct sip_cpim x = { .headers = NULL }, *again;
	struct sip_rand rand;
	enum sip_err err;
	char what[48];
	struct bed b;

	snprintf(what, sizeof what, "CONTENT_SEED=%llu", (unsigned long long)seed);
	bed_init(&b);
	sip_rand_init_seed(&rand, seed);
	UNIT_TRY(make_headers(&rand, &b.arena, &x));
	UNIT_TRY(make_fields(&rand, &b.arena, &x));
	x.bytes = make_text(&rand, &b.arena);
	sip_cpim_put(&b.out, &x);
	UNIT_TRY(b.out.err);
	UNIT_TRY(sip_cpim_parse(&b.arena, sip_buf_str(&b.out), NULL, &again));
	unit_check(is_same(&x, again), what, __FILE__, __LINE__);
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_cpim_made_at_random_reads_back(void)
{
	return bed_play_seeds(play, ROUNDS);
}

static enum sip_err test_cpim_made_of_one_seed_reads_back(void)
{
	return play(11);
}

static const struct unit_case cases[] = {
	/* Three hundred of them; the next one is run with every allocation failing. */
	UNIT_CASE_NO_OOM(test_cpim_made_at_random_reads_back),
	UNIT_CASE(test_cpim_made_of_one_seed_reads_back),
};
SUITE(cpim_property);
