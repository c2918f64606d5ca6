#include "tests/unit/dns/dns_test.h"

static enum sip_err test_marks_when_full_then_oldest_is_forgotten(void)
{
	struct dns__marks m;

	dns__marks_init(&m, 1000);
	for (uint64_t i = 1; i <= DNS__MARKS_MAX; i++)
		dns__marks_failed(&m, i, 5);
	dns__marks_failed(&m, 1, 6);
	dns__marks_failed(&m, DNS__MARKS_MAX + 1, 7);
	UNIT_EQ(m.table.count, DNS__MARKS_MAX);
	UNIT_CHECK(dns__marks_is_grey(&m, 1, 100));
	UNIT_CHECK(!dns__marks_is_grey(&m, 2, 100));
	UNIT_CHECK(dns__marks_is_grey(&m, 3, 100));
	UNIT_CHECK(dns__marks_is_grey(&m, DNS__MARKS_MAX + 1, 100));
	dns__marks_fini(&m);
	return SIP_OK;
}

static enum sip_err test_marks_when_answered_then_grey_is_lifted(void)
{
	struct dns__marks m;

	dns__marks_init(&m, 1000);
	dns__marks_failed(&m, 9, 5);
	UNIT_CHECK(dns__marks_is_grey(&m, 9, SIP_MS(1000)));
	UNIT_CHECK(!dns__marks_is_grey(&m, 9, SIP_MS(1000) + 5));
	UNIT_EQ(dns__marks_last(&m, 9), 0);
	dns__marks_answered(&m, 9, 6);
	UNIT_CHECK(!dns__marks_is_grey(&m, 9, 7));
	UNIT_EQ(dns__marks_last(&m, 9), 6);
	dns__marks_failed(&m, 0, 1);
	UNIT_EQ(m.table.count, 1);
	dns__marks_clear(&m);
	UNIT_EQ(m.table.count, 0);
	dns__marks_fini(&m);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_marks_when_full_then_oldest_is_forgotten), /* 4,097 allocations, all alike */
	UNIT_CASE(test_marks_when_answered_then_grey_is_lifted),
};
SUITE(marks);
