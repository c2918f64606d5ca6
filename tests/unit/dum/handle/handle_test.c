/* dum/handle: a stale handle stays stale, a full table says so, data is destroyed once, and any thread may look. */
#include "dum/handle/handle.h"
#include "tests/support/unit.h"

#include <pthread.h>

static int object_a, object_b;

static enum sip_err test_handle_when_removed_is_stale_for_ever(void)
{
	struct dum_handles *t = NULL;
	struct dum_handle a, b, none = { 0, 0 };
	enum sip_err err;
	UNIT_TRY(dum_handles_create(4, &t));
	UNIT_TRY(dum_handles_add(t, DUM_HANDLE_DIALOG, &object_a, &a));
	UNIT_CHECK(!dum_handle_is_none(a) && dum_handle_is_none(none));
	UNIT_CHECK(dum_handles_find(t, a, DUM_HANDLE_DIALOG) == &object_a);
	UNIT_CHECK(dum_handles_find(t, a, DUM_HANDLE_SESSION) == NULL);
	UNIT_CHECK(dum_handles_find(t, none, DUM_HANDLE_DIALOG) == NULL);
	UNIT_EQ(dum_handles_kind(t, a), DUM_HANDLE_DIALOG);
	dum_handles_remove(t, a);
	UNIT_EQ(dum_handles_count(t), 0);
	err = dum_handles_add(t, DUM_HANDLE_DIALOG, &object_b, &b);
	UNIT_EQ(err, SIP_OK);
	UNIT_EQ(b.index, a.index);
	UNIT_CHECK(!dum_handle_eq(a, b));
	UNIT_CHECK(dum_handles_find(t, a, DUM_HANDLE_DIALOG) == NULL);
	UNIT_EQ(dum_handles_kind(t, a), DUM_HANDLE_NONE);
	dum_handles_remove(t, a); /* does not touch the new tenant */
	UNIT_CHECK(dum_handles_find(t, b, DUM_HANDLE_DIALOG) == &object_b);
	dum_handles_remove(t, b);
	dum_handles_remove(t, b);
	UNIT_EQ(dum_handles_count(t), 0);
out:
	dum_handles_destroy(&t);
	return err;
}

/* Handles of nowhere: an index never given out, an even generation. */
static enum sip_err test_handle_when_forged_names_nothing(void)
{
	struct dum_handles *t = NULL;
	struct dum_handle a, forged;
	enum sip_err err;
	UNIT_TRY(dum_handles_create(4, &t));
	UNIT_TRY(dum_handles_add(t, DUM_HANDLE_SET, &object_a, &a));
	UNIT_CHECK(dum_handle_eq(dum_handle_from_u64(dum_handle_to_u64(a)), a));
	UNIT_EQ(dum_handle_to_u64(dum_handle_from_u64(0)), 0);
	forged = a;
	forged.index = UINT32_MAX;
	UNIT_CHECK(dum_handles_find(t, forged, DUM_HANDLE_SET) == NULL);
	forged.index = 200;
	UNIT_CHECK(dum_handles_find(t, forged, DUM_HANDLE_SET) == NULL);
	forged = a;
	forged.generation++;
	UNIT_CHECK(dum_handles_find(t, forged, DUM_HANDLE_SET) == NULL);
	dum_handles_remove(t, a);
	UNIT_CHECK(dum_handles_find(t, forged, DUM_HANDLE_SET) == NULL); /* the generation of the empty slot */
	UNIT_STR(sip_str_of(dum_handle_kind_text(DUM_HANDLE_SESSION)), "session");
	UNIT_STR(sip_str_of(dum_handle_kind_text(DUM_HANDLE_KIND_COUNT)), "none");
out:
	dum_handles_destroy(&t);
	return err;
}

static enum sip_err test_handles_when_full_say_limit(void)
{
	enum { MOST = 600 }; /* over several chunks */
	struct dum_handle h[MOST + 1];
	struct dum_handles *t = NULL;
	unsigned n = 0;
	enum sip_err err;
	UNIT_EQ(dum_handles_create(0, &t), SIP_E_INVAL);
	UNIT_EQ(dum_handles_create((1 << 24) + 1, &t), SIP_E_INVAL);
	UNIT_TRY(dum_handles_create(MOST, &t));
	for (; n < MOST; n++)
		UNIT_TRY(dum_handles_add(t, DUM_HANDLE_PAGER, &h[n], &h[n]));
	UNIT_EQ(dum_handles_add(t, DUM_HANDLE_PAGER, &h[n], &h[n]), SIP_E_LIMIT);
	UNIT_EQ(dum_handles_count(t), MOST);
	for (unsigned i = 0; i < MOST; i++)
		UNIT_CHECK(dum_handles_find(t, h[i], DUM_HANDLE_PAGER) == &h[i]);
	dum_handles_remove(t, h[--n]);
	UNIT_EQ(dum_handles_add(t, DUM_HANDLE_PAGER, &h[n], &h[n]), SIP_OK);
	n++;
out:
	while (n > 0)
		dum_handles_remove(t, h[--n]);
	dum_handles_destroy(&t);
	return err;
}

static void count_end(void *data)
{
	(*(unsigned *)data)++;
}

static enum sip_err test_handle_data_is_destroyed_exactly_once(void)
{
	unsigned first = 0, second = 0, late = 0;
	struct dum_handles *t = NULL;
	struct dum_handle a;
	enum sip_err err;
	UNIT_TRY(dum_handles_create(4, &t));
	UNIT_TRY(dum_handles_add(t, DUM_HANDLE_SESSION, &object_a, &a));
	UNIT_CHECK(dum_handles_data(t, a) == NULL);
	UNIT_EQ(dum_handles_set_data(t, a, &first, count_end), SIP_OK);
	UNIT_CHECK(dum_handles_data(t, a) == &first);
	UNIT_EQ(dum_handles_set_data(t, a, &second, count_end), SIP_OK);
	UNIT_EQ(first, 1);
	UNIT_EQ(second, 0);
	dum_handles_remove(t, a);
	UNIT_EQ(second, 1);
	UNIT_CHECK(dum_handles_data(t, a) == NULL);
	UNIT_EQ(dum_handles_set_data(t, a, &late, count_end), SIP_E_STALE);
	UNIT_EQ(late, 1);
	UNIT_EQ(dum_handles_set_data(t, a, &late, NULL), SIP_E_STALE);
	err = dum_handles_add(t, DUM_HANDLE_SESSION, &object_b, &a);
	UNIT_EQ(err, SIP_OK);
	UNIT_CHECK(dum_handles_data(t, a) == NULL);
	dum_handles_remove(t, a);
	UNIT_EQ(first, 1);
	UNIT_EQ(second, 1);
	UNIT_EQ(late, 1);
out:
	dum_handles_destroy(&t);
	return err;
}

struct curious {
	struct dum_handles *t;
	struct dum_handle self;
	bool saw_stale; /* by its own destructor */
};
static void look_at_self(void *data)
{
	struct curious *c = data;
	c->saw_stale = dum_handles_kind(c->t, c->self) == DUM_HANDLE_NONE &&
		       dum_handles_find(c->t, c->self, DUM_HANDLE_REQUEST) == NULL;
}

static enum sip_err test_handle_when_its_data_is_destroyed_is_stale_already(void)
{
	struct curious c = { 0 };
	enum sip_err err;
	UNIT_TRY(dum_handles_create(4, &c.t));
	UNIT_TRY(dum_handles_add(c.t, DUM_HANDLE_REQUEST, &object_a, &c.self));
	UNIT_EQ(dum_handles_set_data(c.t, c.self, &c, look_at_self), SIP_OK);
	dum_handles_remove(c.t, c.self);
	UNIT_CHECK(c.saw_stale);
out:
	dum_handles_destroy(&c.t);
	return err;
}

/* One thread, DUM's, adds and removes; others look at whatever handles it has published. */
enum { READERS = 3, SHOWN = 8, TURNS = 20000 };
struct shown {
	struct dum_handles *t;
	uint64_t handles[SHOWN]; /* atomic */
	bool is_over;            /* atomic */
	unsigned wrong;          /* atomic */
};

static void *reader_main(void *arg)
{
	struct shown *s = arg;
	for (unsigned i = 0; !__atomic_load_n(&s->is_over, __ATOMIC_ACQUIRE); i++) {
		struct dum_handle h = dum_handle_from_u64(__atomic_load_n(&s->handles[i % SHOWN], __ATOMIC_ACQUIRE));
		enum dum_handle_kind kind = dum_handles_kind(s->t, h);
		void *data = dum_handles_data(s->t, h);
		if (kind != DUM_HANDLE_NONE && kind != (enum dum_handle_kind)(1 + i % SHOWN))
			__atomic_add_fetch(&s->wrong, 1, __ATOMIC_RELAXED);
		if (data && data != &s->handles[i % SHOWN])
			__atomic_add_fetch(&s->wrong, 1, __ATOMIC_RELAXED);
		if (dum_handles_count(s->t) > SHOWN)
			__atomic_add_fetch(&s->wrong, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static enum sip_err test_handles_may_be_read_from_other_threads(void)
{
	struct shown s = { 0 };
	pthread_t readers[READERS];
	unsigned started = 0;
	enum sip_err err;
	UNIT_TRY(dum_handles_create(2000, &s.t));
	for (; started < READERS; started++)
		UNIT_EQ(pthread_create(&readers[started], NULL, reader_main, &s), 0);
	for (unsigned i = 0; i < TURNS; i++) {
		unsigned at = i % SHOWN;
		struct dum_handle h;
		dum_handles_remove(s.t, dum_handle_from_u64(s.handles[at]));
		UNIT_TRY(dum_handles_add(s.t, (enum dum_handle_kind)(1 + at), &s.handles[at], &h));
		UNIT_EQ(dum_handles_set_data(s.t, h, &s.handles[at], NULL), SIP_OK);
		__atomic_store_n(&s.handles[at], dum_handle_to_u64(h), __ATOMIC_RELEASE);
	}
out:
	__atomic_store_n(&s.is_over, true, __ATOMIC_RELEASE);
	while (started > 0)
		pthread_join(readers[--started], NULL);
	for (unsigned i = 0; i < SHOWN; i++)
		dum_handles_remove(s.t, dum_handle_from_u64(s.handles[i]));
	UNIT_EQ(s.wrong, 0);
	dum_handles_destroy(&s.t);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_handle_when_removed_is_stale_for_ever),
	UNIT_CASE(test_handle_when_forged_names_nothing),
	UNIT_CASE(test_handles_when_full_say_limit),
	UNIT_CASE(test_handle_data_is_destroyed_exactly_once),
	UNIT_CASE(test_handle_when_its_data_is_destroyed_is_stale_already),
	UNIT_CASE_NO_OOM(test_handles_may_be_read_from_other_threads),
};

int main(int argc, char **argv)
{
	static const struct unit_suite suite = { "dum/handle/handle", cases, SIP_COUNTOF(cases) };
	static const struct unit_suite *const suites[] = { &suite };
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
