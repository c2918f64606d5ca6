/* Runs the unit tests of stack/content; what they share. */
#include "tests/unit/stack/content/content_rooms_test.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TRIES 5
#define MOST_NS 10000000
#define BYTE_NS 20 /* so that what grows faster than its input is seen */
#define ARENA_MOST ((size_t)16 << 20)

void bed_init(struct bed *b)
{
	sip_arena_init(&b->arena, NULL, 0, ARENA_MOST);
	sip_buf_init(&b->out, 0);
	sip_buf_init(&b->type, 0);
}

void bed_fini(struct bed *b)
{
	sip_buf_fini(&b->type);
	sip_buf_fini(&b->out);
	sip_arena_fini(&b->arena);
}

enum sip_err bed_parse(struct bed *b, const char *type, struct sip_str body, struct sip_content *c)
{
	return sip_content_parse(NULL, &b->arena, sip_str_of(type), body, NULL, c);
}

enum sip_err bed_put(struct bed *b, const struct sip_content *c)
{
	sip_buf_clear(&b->out);
	sip_buf_clear(&b->type);
	sip_content_put(&b->out, c);
	sip_content_put_type(&b->type, c);
	(void)sip_buf_z(&b->type); /* there is room for its end now */
	return b->out.err != SIP_OK ? b->out.err : b->type.err;
}

enum sip_err bed_round(const char *type, const char *body, const char *written)
{
	struct sip_content c, again;
	struct bed first, second;
	enum sip_err err;

	bed_init(&first);
	bed_init(&second);
	UNIT_TRY(bed_parse(&first, type, sip_str_of(body), &c));
	UNIT_CHECK(c.form != NULL);
	UNIT_TRY(bed_put(&first, &c));
	if (written)
		UNIT_STR(sip_buf_str(&first.out), written);
	UNIT_TRY(bed_parse(&second, sip_buf_z(&first.type), sip_buf_str(&first.out), &again));
	UNIT_CHECK(again.row == c.row && again.form != NULL);
	UNIT_TRY(bed_put(&second, &again));
	unit_check_str(sip_buf_str(&second.out), sip_buf_str(&first.out), body, __FILE__, __LINE__);
	unit_check_str(sip_buf_str(&second.type), sip_buf_str(&first.type), type, __FILE__, __LINE__);
out:
	bed_fini(&second);
	bed_fini(&first);
	return err;
}

enum sip_err bed_refused(const char *type, const char *body, enum sip_err expected)
{
	struct sip_content c;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	err = bed_parse(&b, type, sip_str_of(body), &c);
	unit_check(err == expected, body, __FILE__, __LINE__);
	unit_check(c.form == NULL, body, __FILE__, __LINE__);
	bed_fini(&b);
	return sip_mem_has_failed() ? SIP_E_NOMEM : SIP_OK;
}

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

enum sip_err bed_hostile(const char *type, struct sip_str body, enum sip_err expected, size_t memory)
{
	const char *slow = getenv("STROWGER_SLOW");
	bool is_timed = !slow || strcmp(slow, "1") == 0;
	long most = MOST_NS + (long)body.len * BYTE_NS, best = LONG_MAX, start;
	char name[60];
	struct sip_content c;
	enum sip_err err;
	struct bed b;

	for (unsigned i = 0; i < TRIES && best > most; i++) {
		bed_init(&b);
		start = now_ns();
		err = bed_parse(&b, type, body, &c);
		start = now_ns() - start;
		snprintf(name, sizeof name, "%.*s", body.len < sizeof name ? (int)body.len : (int)sizeof name - 1, body.p);
		unit_check_int(err, expected, name, __FILE__, __LINE__);
		if (b.arena.used > memory)
			UNIT_EQ(b.arena.used, memory);
		bed_fini(&b);
		best = start < best ? start : best;
		if (!is_timed || sip_mem_has_failed())
			break;
	}
	if (is_timed && best > most)
		UNIT_EQ(best, most);
	return sip_mem_has_failed() ? SIP_E_NOMEM : SIP_OK;
}

enum sip_err bed_play_seeds(enum sip_err (*play)(uint64_t seed), unsigned rounds)
{
	const char *given = getenv("CONTENT_SEED");
	uint64_t first = given ? strtoull(given, NULL, 10) : 0;
	struct sip_rand rand;

	if (!given) {
		sip_rand_init_os(&rand);
		first = sip_rand_u64(&rand) >> 16;
	}
	printf("CONTENT_SEED=%" PRIu64 " ", first);
	for (uint64_t seed = first; seed < first + (given ? 1 : rounds); seed++) {
		enum sip_err err = play(seed);
		char name[48];
		snprintf(name, sizeof name, "CONTENT_SEED=%" PRIu64, seed);
		unit_check(err == SIP_OK, name, __FILE__, __LINE__);
	}
	return SIP_OK;
}

char *bed_repeat(const char *start, const char *piece, size_t n, const char *middle, const char *end, size_t *len)
{
	struct sip_buf b;

	sip_buf_init(&b, 0);
	sip_buf_put_z(&b, start);
	for (size_t i = 0; i < n; i++)
		sip_buf_put_z(&b, piece);
	sip_buf_put_z(&b, middle);
	for (size_t i = 0; i < n && *end; i++)
		sip_buf_put_z(&b, end);
	char *text = sip_buf_take(&b, len);
	sip_buf_fini(&b);
	return text;
}

int main(int argc, char **argv)
{
#define X(name) &name##_suite,
	static const struct unit_suite *const suites[] = { CONTENT_SUITES(X) };
#undef X
#ifdef HAVE_LIBXML2
	xml_memory_hook();
#endif
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
