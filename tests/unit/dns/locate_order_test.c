#include "tests/unit/dns/dns_test.h"

static void add(struct dns_rr *rr, uint16_t priority, uint16_t weight)
{
	memset(rr, 0, sizeof *rr);
	rr->type = DNS_TYPE_SRV;
	rr->priority = priority;
	rr->weight = weight;
}

/* RFC 2782: "Larger weights SHOULD be given a proportionately higher probability of being selected." */
static enum sip_err test_order_when_weighted_then_picked_in_proportion(void)
{
	enum { PICKS = 1000 };
	unsigned first[4] = { 0, 0, 0, 0 };
	uint16_t order[DNS__RECORDS_MAX];
	struct dns_rrset *set = NULL;
	struct sip_rand rand;
	struct dns_rr rr[4];
	enum sip_err err;

	add(&rr[0], 1, 60);
	add(&rr[1], 1, 30);
	add(&rr[2], 1, 10);
	add(&rr[3], 0, 1);
	sip_rand_init_seed(&rand, 7);
	UNIT_TRY(dns_rrset_create(SIP_OK, rr, 4, &set));
	for (int i = 0; i < PICKS; i++) {
		UNIT_EQ(dns__order_srv(&rand, set, order), 4);
		/* "A client MUST attempt to contact the target host with the lowest-numbered priority it can reach" */
		UNIT_EQ(order[0], 3);
		UNIT_EQ(order[1] + order[2] + order[3], 0 + 1 + 2);
		first[order[1]]++;
	}
	UNIT_CHECK(first[0] > 550 && first[0] < 650);
	UNIT_CHECK(first[1] > 250 && first[1] < 350);
	UNIT_CHECK(first[2] > 65 && first[2] < 140);
out:
	dns_rrset_unref(&set);
	return err;
}

/* RFC 2782: "In the presence of records containing weights greater than 0, records with weight 0 should have a very
 * small chance of being selected." */
static enum sip_err test_order_when_weight_is_zero_then_rarely_first(void)
{
	uint16_t order[DNS__RECORDS_MAX];
	struct dns_rrset *set = NULL;
	unsigned zero_first = 0;
	struct sip_rand rand;
	struct dns_rr rr[3];
	enum sip_err err;

	add(&rr[0], 1, 100);
	add(&rr[1], 1, 0);
	add(&rr[2], 1, 100);
	sip_rand_init_seed(&rand, 3);
	UNIT_TRY(dns_rrset_create(SIP_OK, rr, 3, &set));
	for (int i = 0; i < 2000; i++) {
		UNIT_EQ(dns__order_srv(&rand, set, order), 3);
		zero_first += order[0] == 1;
	}
	UNIT_CHECK(zero_first > 0 && zero_first < 40);
out:
	dns_rrset_unref(&set);
	return err;
}

static enum sip_err test_order_when_seeded_then_reproducible(void)
{
	uint16_t a[DNS__RECORDS_MAX], b[DNS__RECORDS_MAX];
	struct dns_rrset *set = NULL;
	struct sip_rand one, two;
	struct dns_rr rr[70];
	enum sip_err err;

	for (size_t i = 0; i < SIP_COUNTOF(rr); i++)
		add(&rr[i], (uint16_t)(i % 2 ? 65535 : 0), 65535);
	sip_rand_init_seed(&one, 5);
	sip_rand_init_seed(&two, 5);
	UNIT_TRY(dns_rrset_create(SIP_OK, rr, SIP_COUNTOF(rr), &set));
	for (int i = 0; i < 10; i++) {
		UNIT_EQ(dns__order_srv(&one, set, a), DNS__RECORDS_MAX);
		UNIT_EQ(dns__order_srv(&two, set, b), DNS__RECORDS_MAX);
		UNIT_EQ(memcmp(a, b, sizeof a), 0);
		for (size_t k = 0; k < DNS__RECORDS_MAX; k++)
			UNIT_EQ(set->rr[a[k]].priority, k < DNS__RECORDS_MAX / 2 ? 0 : 65535);
	}
out:
	dns_rrset_unref(&set);
	return err;
}

/* RFC 3403 4.1: order first, then preference. */
static enum sip_err test_order_when_naptr_then_order_before_preference(void)
{
	uint16_t order[DNS__RECORDS_MAX];
	struct dns_rrset *set = NULL;
	struct dns_rr rr[4];
	enum sip_err err;

	add(&rr[0], 20, 1);
	add(&rr[1], 10, 9);
	add(&rr[2], 10, 8);
	add(&rr[3], 10, 8);
	UNIT_TRY(dns_rrset_create(SIP_OK, rr, 4, &set));
	UNIT_EQ(dns__order_naptr(set, order), 4);
	UNIT_EQ(order[0], 2);
	UNIT_EQ(order[1], 3);
	UNIT_EQ(order[2], 1);
	UNIT_EQ(order[3], 0);
out:
	dns_rrset_unref(&set);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_order_when_weighted_then_picked_in_proportion),
	UNIT_CASE(test_order_when_weight_is_zero_then_rarely_first),
	UNIT_CASE(test_order_when_seeded_then_reproducible),
	UNIT_CASE(test_order_when_naptr_then_order_before_preference),
};
SUITE(locate_order);
