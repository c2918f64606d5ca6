#include "tests/unit/stack/base/base_test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

struct person {
	struct sip_ref ref;
	unsigned *destroyed;
};

static void fail_must(void)
{
	int one = 1;
	MUST(one == 2);
}

static void fail_must_be(void)
{
	struct sip_ref r = { .magic = 7 };
	MUST_BE(&r, 8);
}

static void fail_must_be_null(void)
{
	struct sip_ref *r = NULL;
	MUST_BE(r, 8);
}

static void fail_slab_fini(void)
{
	struct sip_slab s;
	sip_slab_init(&s, 8, 0);
	if (sip_slab_alloc(&s))
		sip_slab_fini(&s);
}

static void fail_rand_below(void)
{
	struct sip_rand r;
	sip_rand_init_seed(&r, 1);
	sip_rand_below(&r, 0);
}

static void ignore_object(void *object)
{
	(void)object;
}

static void fail_ref_get(void)
{
	struct sip_ref r;
	sip_ref_init(&r, 1, ignore_object);
	sip_ref_put(&r);
	sip_ref_get(&r);
}

/* What becomes of fn in a process of its own, silenced: the wait status, or -1. */
static int status_of(void (*fn)(void))
{
	int status = 0;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		fn();
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child ? status : -1;
}

static bool aborts(void (*fn)(void))
{
	int status = status_of(fn);
	return status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static enum sip_err test_must_when_untrue_then_aborts(void)
{
	UNIT_CHECK(aborts(fail_must));
	UNIT_CHECK(aborts(fail_must_be));
	UNIT_CHECK(aborts(fail_must_be_null));
	UNIT_CHECK(aborts(fail_slab_fini));
	UNIT_CHECK(aborts(fail_rand_below));
	UNIT_CHECK(aborts(fail_ref_get));
	MUST(true);
	struct sip_ref r = { .magic = 7 };
	MUST_BE(&r, 7);
	return SIP_OK;
}

static enum sip_err test_never_when_true_then_counts(void)
{
	uint64_t before = sip_never_count();
	unsigned taken = 0;
	for (unsigned i = 0; i < 3; i++) {
		if (NEVER(i < 2))
			taken++;
	}
	UNIT_EQ(taken, 2);
	UNIT_EQ(sip_never_count() - before, 2);
	return SIP_OK;
}

static void come_true_in_many_places(void)
{
	uint64_t before = sip_never_count();
	for (int line = 1; line <= 200; line++)
		sip_never("a place of the test", "places", line);
	_exit(sip_never_count() - before == 200 ? 0 : 1);
}

static enum sip_err test_never_when_many_places_then_still_counts(void)
{
	UNIT_EQ(status_of(come_true_in_many_places), 0);
	return SIP_OK;
}

static enum sip_err test_err_table_is_whole(void)
{
	for (unsigned i = 0; i < SIP_ERR_COUNT; i++) {
		UNIT_CHECK(sip_err_name((enum sip_err)i)[0] != '\0');
		UNIT_CHECK(sip_err_text((enum sip_err)i)[0] != '\0');
	}
	UNIT_EQ(SIP_OK, 0);
	UNIT_STR(sip_str_of(sip_err_name(SIP_E_NOTFOUND)), "NOTFOUND");
	UNIT_STR(sip_str_of(sip_err_text(SIP_E_NOTFOUND)), "not found");
	UNIT_STR(sip_str_of(sip_err_name((enum sip_err)1000)), "UNKNOWN");
	UNIT_STR(sip_str_of(sip_err_text((enum sip_err)1000)), "unknown error");
	return SIP_OK;
}

static enum sip_err test_err_from_errno(void)
{
	UNIT_EQ(sip_err_from_errno(0), SIP_OK);
	UNIT_EQ(sip_err_from_errno(ENOMEM), SIP_E_NOMEM);
	UNIT_EQ(sip_err_from_errno(EWOULDBLOCK), SIP_E_AGAIN);
	UNIT_EQ(sip_err_from_errno(ECONNREFUSED), SIP_E_REFUSED);
	UNIT_EQ(sip_err_from_errno(EADDRINUSE), SIP_E_INUSE);
	UNIT_EQ(sip_err_from_errno(EMSGSIZE), SIP_E_TOOBIG);
	UNIT_EQ(sip_err_from_errno(99999), SIP_E_IO);
	return SIP_OK;
}

static void destroy_person(void *object)
{
	struct person *p = object;
	++*p->destroyed;
	sip_free(p);
}

static enum sip_err test_ref_when_last_then_destroyed_once(void)
{
	enum sip_err err = SIP_OK;
	unsigned destroyed = 0;
	struct person *p = sip_alloc_zero(sizeof *p);
	UNIT_TRY_PTR(p);
	p->destroyed = &destroyed;
	sip_ref_init(&p->ref, 5, destroy_person);
	UNIT_CHECK(sip_ref_is_last(&p->ref));
	sip_ref_get(&p->ref);
	UNIT_CHECK(!sip_ref_is_last(&p->ref));
	sip_ref_put(&p->ref);
	UNIT_EQ(destroyed, 0);
	UNIT_EQ(p->ref.magic, 5);
	sip_ref_put(&p->ref);
	UNIT_EQ(destroyed, 1);
out:
	return err;
}

static enum sip_err test_list_keeps_order(void)
{
	struct sip_list head;
	struct sip_list other;
	struct sip_list n[5] = { { NULL, NULL } };
	size_t seen = 0;
	sip_list_init(&head);
	sip_list_init(&other);
	UNIT_CHECK(sip_list_is_empty(&head));
	UNIT_CHECK(sip_list_pop(&head) == NULL);
	sip_list_splice_tail(&head, &other);
	UNIT_CHECK(sip_list_is_empty(&head));
	sip_list_remove(&n[0]);
	sip_list_add_tail(&head, &n[1]);
	sip_list_add_head(&head, &n[0]);
	sip_list_add_tail(&other, &n[3]);
	sip_list_add_tail(&other, &n[4]);
	sip_list_insert_before(&n[3], &n[2]);
	sip_list_splice_tail(&head, &other);
	UNIT_CHECK(sip_list_is_empty(&other));
	SIP_LIST_FOR(node, &head) {
		UNIT_CHECK(node == &n[seen]);
		seen++;
	}
	UNIT_EQ(seen, 5);
	SIP_LIST_FOR_SAFE(node, after, &head) {
		if ((node - n) % 2)
			sip_list_remove(node);
	}
	UNIT_CHECK(!sip_list_is_linked(&n[1]));
	UNIT_CHECK(sip_list_is_linked(&n[2]));
	UNIT_CHECK(sip_list_pop(&head) == &n[0]);
	UNIT_CHECK(sip_list_pop(&head) == &n[2]);
	UNIT_CHECK(sip_list_pop(&head) == &n[4]);
	UNIT_CHECK(sip_list_pop(&head) == NULL);
	return SIP_OK;
}

static enum sip_err test_header_container_and_countof(void)
{
	struct person p = { .destroyed = NULL };
	unsigned **inside = &p.destroyed;
	int array[7];
	UNIT_CHECK(SIP_CONTAINER(inside, struct person, destroyed) == &p);
	UNIT_EQ(SIP_COUNTOF(array), 7);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_must_when_untrue_then_aborts),
	UNIT_CASE(test_never_when_true_then_counts),
	UNIT_CASE_NO_OOM(test_never_when_many_places_then_still_counts),
	UNIT_CASE(test_err_table_is_whole),
	UNIT_CASE(test_err_from_errno),
	UNIT_CASE(test_ref_when_last_then_destroyed_once),
	UNIT_CASE(test_list_keeps_order),
	UNIT_CASE(test_header_container_and_countof),
};
SUITE(check);
