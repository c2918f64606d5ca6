/* Multiparts made at random read back as they were made. CONTENT_SEED=N plays one seed. */
#include "stack/content/multipart.h"

#include "tests/unit/stack/content/content_rooms_test.h"

#define ROUNDS 300
#define BYTES_MOST 200

static struct sip_str random_bytes(struct sip_rand *rand, struct sip_arena *arena)
{
	static const char pool[] = "--strowger-aabc\r\n\r\n =\"<>;:\x80\xff";
	size_t len = (size_t)sip_rand_below(rand, BYTES_MOST);
	char *p = sip_arena_alloc(arena, len + 1);

	for (size_t i = 0; p && i < len; i++) {
		size_t at = (size_t)sip_rand_below(rand, sizeof pool + 8);
		p[i] = at < sizeof pool ? pool[at] : (char)sip_rand_below(rand, 256);
		/* Often a whole delimiter. */
		if (at > sizeof pool && len - i > 13)
			memcpy(p + i, "\n--strowger-a", 13);
	}
	return sip_str_make(p, p ? len : 0);
}

static enum sip_err make_part(struct sip_rand *rand, struct bed *b, struct sip_multipart *x, unsigned depth);

static enum sip_err make_parts(struct sip_rand *rand, struct bed *b, struct sip_multipart *x, unsigned depth)
{
	unsigned count = 1 + (unsigned)sip_rand_below(rand, 4);
	enum sip_err err = SIP_OK;

	for (unsigned i = 0; i < count && err == SIP_OK; i++)
		err = make_part(rand, b, x, depth);
	return err == SIP_OK ? sip_multipart_choose_boundary(x, &b->arena) : err;
}

/* Written into the arena, with its type. */
static enum sip_err make_nested(struct sip_rand *rand, struct bed *b, struct sip_part *part, unsigned depth)
{
	struct sip_multipart *inner = sip_arena_alloc_zero(&b->arena, sizeof *inner);
	struct sip_buf out;
	enum sip_err err;

	if (!inner)
		return SIP_E_NOMEM;
	inner->subtype = SIP_STR("mixed");
	err = make_parts(rand, b, inner, depth);
	if (err != SIP_OK)
		return err;
	sip_buf_init(&out, 0);
	sip_multipart_put(&out, inner);
	part->bytes = sip_arena_str(&b->arena, sip_buf_str(&out));
	err = out.err;
	sip_buf_clear(&out);
	sip_multipart_put_type(&out, inner);
	part->type = sip_arena_str(&b->arena, sip_buf_str(&out));
	err = err == SIP_OK ? out.err : err;
	sip_buf_fini(&out);
	part->multipart = inner;
	part->encoding = SIP_TRANSFER_BINARY;
	return err == SIP_OK && !(part->type.p && part->bytes.p) ? SIP_E_NOMEM : err;
}

static enum sip_err make_part(struct sip_rand *rand, struct bed *b, struct sip_multipart *x, unsigned depth)
{
	static const char *const types[] = { "", "text/plain;charset=utf-8", "application/sdp", "image/png;\r\n a=b" };
	struct sip_str type = sip_str_of(types[sip_rand_below(rand, 4)]), bytes = random_bytes(rand, &b->arena);
	struct sip_part *part = sip_multipart_add(x, &b->arena, type, bytes);

	if (!part)
		return SIP_E_NOMEM;
	part->encoding = (enum sip_transfer_encoding)sip_rand_below(rand, SIP_TRANSFER_UNKNOWN);
	if (sip_rand_chance(rand, 300000))
		part->id = SIP_STR("1@x");
	if (sip_rand_chance(rand, 300000))
		part->disposition = SIP_STR("icon;handling=optional");
	return depth > 0 && sip_rand_chance(rand, 300000) ? make_nested(rand, b, part, depth - 1) : SIP_OK;
}

static bool is_same(const struct sip_multipart *a, const struct sip_multipart *b)
{
	const struct sip_part *p = a->parts, *q = b->parts;

	for (; p && q; p = p->next, q = q->next) {
		if (!sip_str_eq(p->bytes, q->bytes) || !sip_str_eq(p->type, q->type) || !sip_str_eq(p->id, q->id) ||
		    !sip_str_eq(p->disposition, q->disposition) || p->encoding != q->encoding || !p->multipart != !q->multipart)
			return false;
		if (p->multipart && !is_same(p->multipart, q->multipart))
			return false;
	}
	return !p && !q && a->count == b->count && sip_str_eq(a->boundary, b->boundary) && b->is_closed;
}

static enum sip_err play(uint64_t seed)
{
	struct sip_multipart x = { .subtype = SIP_STR_INIT("mixed") };
	const char *type;
	struct sip_content c;
	struct sip_rand rand;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	sip_rand_init_seed(&rand, seed);
	UNIT_TRY(make_parts(&rand, &b, &x, 3));
	sip_multipart_put(&b.out, &x);
	sip_multipart_put_type(&b.type, &x);
	UNIT_TRY(b.out.err);
	type = sip_buf_z(&b.type);
	UNIT_TRY(b.type.err);
	UNIT_TRY(bed_parse(&b, type, sip_buf_str(&b.out), &c));
	UNIT_CHECK(is_same(&x, sip_content_form(&c, SIP_CONTENT_MULTIPART)));
	/* Cut off anywhere it is read or refused, and nothing more. */
	for (unsigned i = 0; i < 8 && b.out.len; i++) {
		size_t len = (size_t)sip_rand_below(&rand, b.out.len);
		enum sip_err cut = bed_parse(&b, type, sip_str_make(b.out.p, len), &c);
		UNIT_CHECK(cut == SIP_OK || cut == SIP_E_SYNTAX);
	}
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_multipart_made_at_random_reads_back(void)
{
	return bed_play_seeds(play, ROUNDS);
}

static enum sip_err test_multipart_made_of_one_seed_reads_back(void)
{
	return play(7);
}

static const struct unit_case cases[] = {
	/* Three hundred of them; the next one is run with every allocation failing. */
	UNIT_CASE_NO_OOM(test_multipart_made_at_random_reads_back),
	UNIT_CASE(test_multipart_made_of_one_seed_reads_back),
};
SUITE(multipart_property);
