/*
 * Unit tests over CUnit. A case returns SIP_OK, or SIP_E_NOMEM when memory ended on the way
 * and it has cleaned up after itself. Every case runs once as it is, then again and again with
 * the n-th allocation failing until it runs through: it must never crash or leak, and what
 * fails must fail with SIP_E_NOMEM. Checks count only while no allocation has failed.
 */
#ifndef TESTS_SUPPORT_UNIT_H
#define TESTS_SUPPORT_UNIT_H

#include "stack/base/base.h"

struct unit_case {
	const char *name; /* test_<what>_<when>_<then> */
	enum sip_err (*fn)(void);
	unsigned flags;
};
enum {
	UNIT_NO_OOM = 1, /* the case says why: it starts threads, or allocates nothing itself */
	UNIT_DEAR = 2    /* a run takes milliseconds: builds that share their work (STROWGER_SHARE) try their share of the failures */
};
#define UNIT_CASE(fn) { #fn, fn, 0 }
#define UNIT_CASE_DEAR(fn) { #fn, fn, UNIT_DEAR }
#define UNIT_CASE_NO_OOM(fn) { #fn, fn, UNIT_NO_OOM }

struct unit_suite {
	const char *name; /* the source file it mirrors: "stack/base/str" */
	const struct unit_case *cases;
	size_t count;
};

/* Runs the suites named in argv (all without), prints a summary; the exit status. */
int unit_main(int argc, char **argv, const struct unit_suite *const *suites, size_t count);

/* The n-th of many alike is this build's to do: all where nothing is shared, else those of its shares (STROWGER_SHARE=2,4/5). */
bool unit_is_our_share(unsigned long n);
void unit_check(bool ok, const char *what, const char *file, int line);
void unit_check_int(long long actual, long long expected, const char *what, const char *file, int line);
void unit_check_str(struct sip_str actual, struct sip_str expected, const char *what, const char *file, int line);

#define UNIT_CHECK(cond) unit_check((cond), #cond, __FILE__, __LINE__)
#define UNIT_EQ(actual, expected) \
	unit_check_int((long long)(actual), (long long)(expected), #actual, __FILE__, __LINE__)
#define UNIT_STR(actual, expected_z) \
	unit_check_str((actual), sip_str_of(expected_z), #actual, __FILE__, __LINE__)
/* Goes to `out:` with `err` set when the call fails; any error but NOMEM is a failed check as well. */
#define UNIT_TRY(call)                                                          \
	do {                                                                    \
		err = (call);                                                   \
		if (err != SIP_OK) {                                            \
			unit_check(err == SIP_E_NOMEM, #call, __FILE__, __LINE__); \
			goto out;                                               \
		}                                                               \
	} while (0)
/* The same for a pointer that is NULL when memory ends. */
#define UNIT_TRY_PTR(ptr)                       \
	do {                                    \
		if (!(ptr)) {                   \
			err = SIP_E_NOMEM;      \
			goto out;               \
		}                               \
	} while (0)

#endif
