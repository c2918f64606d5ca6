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

static const struct unit_case cases[] = {
	UNIT_CASE(test_cache_when_put_then_found_by_name_and_type),
	UNIT_CASE(test_cache_when_max_is_zero_then_keeps_nothing),
};
SUITE(cache);
