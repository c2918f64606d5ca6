#include "tests/unit/dns/dns_test.h"

static enum sip_err make(int64_t expires_us, struct dns_rrset **out)
{
	enum sip_err err = dns_rrset_create(SIP_E_NOTFOUND, NULL, 0, out);

	if (err == SIP_OK)
		(*out)->expires_us = expires_us;
	return err;
}

static enum sip_err test_cache_when_put_then_found_by_name_and_type(void)
{
	struct dns_rrset *one = NULL, *two = NULL, *found = NULL;
	struct dns__cache c;
	enum sip_err err;

	dns__cache_init(&c, 10, NULL);
	UNIT_TRY(make(100, &one));
	UNIT_TRY(make(200, &two));
	/* One hash for all: keys are compared. */
	dns__cache_put(&c, 5, SIP_STR("a.test"), DNS_TYPE_A, one);
	dns__cache_put(&c, 5, SIP_STR("b.test"), DNS_TYPE_A, two);
	dns__cache_put(&c, 5, SIP_STR("a.test"), DNS_TYPE_SRV, two);
	UNIT_EQ(c.table.count, 3);
	found = dns__cache_find(&c, 5, SIP_STR("A.TEST"), DNS_TYPE_A, 99);
	UNIT_CHECK(found == one);
	dns_rrset_unref(&found);
	found = dns__cache_find(&c, 5, SIP_STR("a.test"), DNS_TYPE_AAAA, 99);
	UNIT_CHECK(found == NULL);
	dns__cache_put(&c, 5, SIP_STR("a.test"), DNS_TYPE_A, two);
	UNIT_EQ(c.table.count, 3);
	found = dns__cache_find(&c, 5, SIP_STR("a.test"), DNS_TYPE_A, 199);
	UNIT_CHECK(found == two);
	dns_rrset_unref(&found);
	found = dns__cache_find(&c, 5, SIP_STR("a.test"), DNS_TYPE_A, 200);
	UNIT_CHECK(found == NULL);
	UNIT_EQ(c.table.count, 2);
out:
	dns_rrset_unref(&one);
	dns_rrset_unref(&two);
	dns_rrset_unref(&found);
	dns__cache_fini(&c);
	return err;
}

static enum sip_err test_cache_when_max_is_zero_then_keeps_nothing(void)
{
	struct dns_rrset *set = NULL;
	struct dns__cache c;
	enum sip_err err;

	dns__cache_init(&c, 0, NULL);
	UNIT_TRY(make(100, &set));
	dns__cache_put(&c, 5, SIP_STR("a.test"), DNS_TYPE_A, set);
	UNIT_EQ(c.table.count, 0);
	UNIT_CHECK(sip_ref_is_last(&set->ref));
out:
	dns_rrset_unref(&set);
	dns__cache_fini(&c);
	return err;
}

static enum sip_err make_large(struct dns_rrset **out)
{
	static const char text[250] = { 'x' };
	struct dns_rr rr[DNS__RECORDS_MAX];

	memset(rr, 0, sizeof rr);
	for (size_t i = 0; i < SIP_COUNTOF(rr); i++)
		rr[i].target = rr[i].regexp = sip_str_make(text, sizeof text);
	return dns_rrset_create(SIP_OK, rr, SIP_COUNTOF(rr), out);
}

static enum sip_err test_cache_when_sets_are_large_then_bounded_in_bytes(void)
{
	struct dns_rrset *set = NULL, *found = NULL;
	struct dns__cache c;
	enum sip_err err;
	size_t fit;

	dns__cache_init(&c, 200, NULL);
	UNIT_TRY(make_large(&set));
	set->expires_us = 100;
	fit = 200 * DNS__CACHE_BYTES / dns__rrset_size(set);
	for (uint64_t i = 0; i < 50; i++) {
		dns__cache_put(&c, i, SIP_STR("a.test"), DNS_TYPE_A, set);
		UNIT_CHECK(c.bytes <= 200 * DNS__CACHE_BYTES);
	}
	UNIT_CHECK(fit > 1 && fit < 10);
	UNIT_CHECK(c.table.count == fit || c.table.count + 1 == fit);
	found = dns__cache_find(&c, 49, SIP_STR("a.test"), DNS_TYPE_A, 99);
	UNIT_CHECK(found == set);
	dns_rrset_unref(&found);
	dns__cache_fini(&c);
	UNIT_EQ(c.bytes, 0);
	/* Larger than all: not kept, and nothing goes for it. */
	dns__cache_init(&c, 2, NULL);
	dns__cache_put(&c, 1, SIP_STR("a.test"), DNS_TYPE_A, set);
	UNIT_EQ(c.table.count, 0);
out:
	dns_rrset_unref(&set);
	dns__cache_fini(&c);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_cache_when_sets_are_large_then_bounded_in_bytes),
	UNIT_CASE(test_cache_when_put_then_found_by_name_and_type),
	UNIT_CASE(test_cache_when_max_is_zero_then_keeps_nothing),
};
SUITE(cache);
