/* The unit test harness over CUnit: every case as it is, then again with the n-th allocation failing. One thread. */
#include "tests/support/unit.h"

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RERUNS_MOST = 20000, TEXT_MOST = 200 };

/* CUnit's test functions take nothing, so what they run is kept here. */
static const struct unit_suite *const *all_suites;
static size_t all_count;

static void check(bool ok, const char *what, const char *file, int line)
{
	/* Once an allocation has failed the case is only on its way out. */
	if (sip_mem_has_failed())
		return;
	CU_assertImplementation(ok ? CU_TRUE : CU_FALSE, (unsigned)line, what, file, "", CU_FALSE);
}

void unit_check(bool ok, const char *what, const char *file, int line)
{
	check(ok, what, file, line);
}

void unit_check_int(long long actual, long long expected, const char *what, const char *file, int line)
{
	char text[TEXT_MOST * 2];
	if (actual != expected)
		snprintf(text, sizeof text, "%s: %lld, expected %lld", what, actual, expected);
	check(actual == expected, actual == expected ? what : text, file, line);
}

void unit_check_str(struct sip_str actual, struct sip_str expected, const char *what, const char *file, int line)
{
	char text[TEXT_MOST * 4];
	bool is_same = sip_str_eq(actual, expected);
	if (!is_same)
		snprintf(text, sizeof text, "%s: \"%.*s\", expected \"%.*s\"", what,
			 actual.len < TEXT_MOST ? (int)actual.len : TEXT_MOST, actual.p ? actual.p : "",
			 expected.len < TEXT_MOST ? (int)expected.len : TEXT_MOST, expected.p ? expected.p : "");
	check(is_same, is_same ? what : text, file, line);
}

/* A verdict of the harness itself about a rerun; counts whatever failed before. */
static void verdict(const char *name, unsigned long n, const char *what)
{
	char text[TEXT_MOST];
	sip_mem_fail_at(0);
	if (n)
		snprintf(text, sizeof text, "%s with allocation %lu failing: %s", name, n, what);
	else
		snprintf(text, sizeof text, "%s: %s", name, what);
	CU_assertImplementation(CU_FALSE, 0, text, name, "", CU_FALSE);
}

/* One run; true when the ordered failure came about. */
static bool run_once(const struct unit_case *c, unsigned long n)
{
	long before = sip_mem_balance();
	sip_mem_fail_at(n);
	enum sip_err err = c->fn();
	bool has_failed = sip_mem_has_failed();
	sip_mem_fail_at(0);
	if (has_failed && err != SIP_OK && err != SIP_E_NOMEM)
		verdict(c->name, n, sip_err_name(err));
	if (!has_failed && err != SIP_OK)
		verdict(c->name, n, "the case did not end with SIP_OK");
	if (!(c->flags & UNIT_NO_OOM) && sip_mem_balance() != before)
		verdict(c->name, n, "memory was not given back");
	return has_failed;
}

bool unit_is_our_share(unsigned long n)
{
	const char *share = getenv("STROWGER_SHARE"), *of = share ? strchr(share, '/') : NULL;
	unsigned long shares = of ? strtoul(of + 1, NULL, 10) : 1;
	if (shares < 2)
		return true;
	for (char *end = (char *)(uintptr_t)share; end < of; end++)
		if (strtoul(end, &end, 10) % shares == n % shares)
			return true;
	return false;
}

static void run_case(const struct unit_case *c)
{
	unsigned failures = CU_get_number_of_failures();
	run_once(c, 0);
	if ((c->flags & UNIT_NO_OOM) || CU_get_number_of_failures() != failures)
		return;
	for (unsigned long n = 1; n <= RERUNS_MOST; n++) {
		if ((c->flags & UNIT_DEAR) && !unit_is_our_share(n))
			continue;
		if (!run_once(c, n))
			return;
		if (CU_get_number_of_failures() != failures)
			return;
	}
	verdict(c->name, RERUNS_MOST, "never ran through");
}

static void run_current(void)
{
	const char *suite = CU_get_current_suite()->pName;
	const char *test = CU_get_current_test()->pName;
	for (size_t i = 0; i < all_count; i++) {
		for (size_t k = 0; k < all_suites[i]->count; k++) {
			const struct unit_case *c = &all_suites[i]->cases[k];
			if (strcmp(all_suites[i]->name, suite) == 0 && strcmp(c->name, test) == 0) {
				run_case(c);
				return;
			}
		}
	}
}

static bool is_wanted(int argc, char **argv, const char *name)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return true;
	}
	return argc < 2;
}

static size_t add_suites(int argc, char **argv)
{
	size_t added = 0;
	for (size_t i = 0; i < all_count; i++) {
		if (!is_wanted(argc, argv, all_suites[i]->name))
			continue;
		CU_pSuite suite = CU_add_suite(all_suites[i]->name, NULL, NULL);
		if (!suite)
			return 0;
		added++;
		for (size_t k = 0; k < all_suites[i]->count; k++) {
			if (!CU_add_test(suite, all_suites[i]->cases[k].name, run_current))
				return 0;
		}
	}
	return added;
}

int unit_main(int argc, char **argv, const struct unit_suite *const *suites, size_t count)
{
	all_suites = suites;
	all_count = count;
	if (CU_initialize_registry() != CUE_SUCCESS)
		return EXIT_FAILURE;
	if (add_suites(argc, argv) == 0) {
		fprintf(stderr, "no such suite; there are:\n");
		for (size_t i = 0; i < count; i++)
			fprintf(stderr, "  %s\n", suites[i]->name);
		CU_cleanup_registry();
		return EXIT_FAILURE;
	}
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	bool is_good = CU_get_number_of_failures() == 0 && CU_get_number_of_tests_run() > 0;
	CU_cleanup_registry();
	return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
