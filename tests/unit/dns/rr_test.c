#include "tests/unit/dns/dns_test.h"

/* A message under construction; names are written "a.b.", pointers with put_pointer. */
struct wire {
	struct sip_buf b;
	unsigned char bytes[65536];
};

static void put_u16(struct wire *w, unsigned v)
{
	sip_buf_put_char(&w->b, (char)(unsigned char)(v >> 8));
	sip_buf_put_char(&w->b, (char)(unsigned char)(v & 255));
}

static void put_u32(struct wire *w, uint32_t v)
{
	put_u16(w, v >> 16);
	put_u16(w, v & 65535);
}

static void put_name(struct wire *w, const char *name)
{
	struct sip_str rest = sip_str_of(name), label;

	while (sip_str_cut(&rest, '.', &label)) {
		if (label.len == 0)
			break;
		sip_buf_put_char(&w->b, (char)label.len);
		sip_buf_put_str(&w->b, label);
	}
	sip_buf_put_char(&w->b, '\0');
}

static void begin(struct wire *w, unsigned flags, unsigned answers, unsigned authorities, const char *name,
		  unsigned type)
{
	sip_buf_init_fixed(&w->b, w->bytes, sizeof w->bytes);
	put_u16(w, 7);
	put_u16(w, flags);
	put_u16(w, 1);
	put_u16(w, answers);
	put_u16(w, authorities);
	put_u16(w, 0);
	put_name(w, name);
	put_u16(w, type);
	put_u16(w, 1);
}

static void put_head(struct wire *w, const char *owner, unsigned type, uint32_t ttl, unsigned rdlen)
{
	put_name(w, owner);
	put_u16(w, type);
	put_u16(w, 1);
	put_u32(w, ttl);
	put_u16(w, rdlen);
}

static enum sip_err parse(struct wire *w, const char *name, enum dns_type type, struct dns_rrset **set)
{
	return dns__rr_parse(sip_buf_str(&w->b), sip_str_of(name), type, SIP_SECONDS(1000), set);
}

enum { REPLY = 0x8180, CNAME = 5, SOA = 6 };
static struct wire wire;

static enum sip_err test_rr_when_srv_and_naptr_then_all_fields(void)
{
	struct dns_rrset *set = NULL;
	enum sip_err err;

	begin(&wire, REPLY, 2, 0, "_sip._udp.a.test", DNS_TYPE_SRV);
	put_head(&wire, "_sip._udp.a.test", DNS_TYPE_SRV, 300, 6 + 8);
	put_u16(&wire, 1);
	put_u16(&wire, 2);
	put_u16(&wire, 5060);
	put_name(&wire, "h.test");
	put_head(&wire, "_SIP._udp.a.test", DNS_TYPE_SRV, 60, 6 + 1);
	put_u16(&wire, 9);
	put_u16(&wire, 8);
	put_u16(&wire, 0);
	put_name(&wire, "");
	UNIT_TRY(parse(&wire, "_sip._udp.A.test", DNS_TYPE_SRV, &set));
	UNIT_EQ(set->count, 2);
	UNIT_EQ(set->rr[0].ttl, 300);
	UNIT_EQ(set->rr[0].priority, 1);
	UNIT_EQ(set->rr[0].weight, 2);
	UNIT_EQ(set->rr[0].port, 5060);
	UNIT_STR(set->rr[0].target, "h.test");
	UNIT_EQ(set->rr[1].target.len, 0);
	dns_rrset_unref(&set);

	begin(&wire, REPLY, 1, 0, "a.test", DNS_TYPE_NAPTR);
	put_head(&wire, "a.test", DNS_TYPE_NAPTR, 300, 4 + 2 + 8 + 4 + 2);
	put_u16(&wire, 50);
	put_u16(&wire, 51);
	sip_buf_put(&wire.b, "\001s\007SIP+D2U\003!x!\001r", 16);
	sip_buf_put_char(&wire.b, '\0');
	UNIT_TRY(parse(&wire, "a.test", DNS_TYPE_NAPTR, &set));
	UNIT_EQ(set->count, 0);
	UNIT_EQ(set->err, SIP_E_NOTFOUND);
	dns_rrset_unref(&set);

	begin(&wire, REPLY, 1, 0, "a.test", DNS_TYPE_NAPTR);
	put_head(&wire, "a.test", DNS_TYPE_NAPTR, 300, 4 + 2 + 8 + 4 + 3);
	put_u16(&wire, 50);
	put_u16(&wire, 51);
	sip_buf_put(&wire.b, "\001s\007SIP+D2U\003!x!", 14);
	put_name(&wire, "r");
	UNIT_TRY(parse(&wire, "a.test", DNS_TYPE_NAPTR, &set));
	UNIT_EQ(set->count, 1);
	UNIT_EQ(set->rr[0].priority, 50);
	UNIT_EQ(set->rr[0].weight, 51);
	UNIT_STR(set->rr[0].flags, "s");
	UNIT_STR(set->rr[0].service, "SIP+D2U");
	UNIT_STR(set->rr[0].regexp, "!x!");
	UNIT_STR(set->rr[0].target, "r");
out:
	dns_rrset_unref(&set);
	return err;
}

static enum sip_err test_rr_when_cname_then_followed_and_strangers_left_out(void)
{
	struct dns_rrset *set = NULL;
	enum sip_err err;

	begin(&wire, REPLY, 5, 0, "a.test", DNS_TYPE_A);
	put_head(&wire, "c.test", DNS_TYPE_A, 300, 4);
	put_u32(&wire, 0xc0000201);
	put_head(&wire, "evil.test", DNS_TYPE_A, 300, 4);
	put_u32(&wire, 0xc0000202);
	put_head(&wire, "b.test", CNAME, 20, 8);
	put_name(&wire, "c.test");
	put_head(&wire, "a.test", CNAME, 100, 8);
	put_name(&wire, "b.test");
	put_head(&wire, "c.test", DNS_TYPE_A, 10, 4);
	put_u32(&wire, 0xc0000203);
	UNIT_TRY(parse(&wire, "a.test", DNS_TYPE_A, &set));
	UNIT_EQ(set->count, 2);
	UNIT_EQ(set->rr[0].ttl, 20);
	UNIT_EQ(set->rr[1].ttl, 10);
	UNIT_EQ(ntohl(set->rr[0].addr.u.in.sin_addr.s_addr), 0xc0000201);
	dns_rrset_unref(&set);

	/* A chain that bites its tail. */
	begin(&wire, REPLY, 2, 0, "a.test", DNS_TYPE_A);
	put_head(&wire, "a.test", CNAME, 100, 8);
	put_name(&wire, "b.test");
	put_head(&wire, "b.test", CNAME, 100, 8);
	put_name(&wire, "a.test");
	UNIT_TRY(parse(&wire, "a.test", DNS_TYPE_A, &set));
	UNIT_EQ(set->err, SIP_E_NOTFOUND);
out:
	dns_rrset_unref(&set);
	return err;
}

/* RFC 2308 5: "the minimum of the MINIMUM field of the SOA record and the TTL of the SOA itself". */
static enum sip_err test_rr_when_not_there_then_soa_says_how_long(void)
{
	struct dns_rrset *set = NULL;
	enum sip_err err;

	for (unsigned rcode = 0; rcode <= 3; rcode += 3) {
		begin(&wire, REPLY | rcode, 0, 1, "a.test", DNS_TYPE_A);
		put_head(&wire, "test", SOA, 300, 3 + 3 + 20);
		put_name(&wire, "n");
		put_name(&wire, "r");
		for (uint32_t i = 0; i < 5; i++)
			put_u32(&wire, 30 + i);
		UNIT_TRY(parse(&wire, "a.test", DNS_TYPE_A, &set));
		UNIT_EQ(set->err, SIP_E_NOTFOUND);
		UNIT_EQ(set->expires_us, SIP_SECONDS(1034));
		dns_rrset_unref(&set);
	}
	begin(&wire, REPLY | 2, 0, 0, "a.test", DNS_TYPE_A);
	UNIT_TRY(parse(&wire, "a.test", DNS_TYPE_A, &set));
	UNIT_EQ(set->err, SIP_E_DNS);
out:
	dns_rrset_unref(&set);
	return err;
}

static enum sip_err test_rr_when_a_thousand_records_then_bounded(void)
{
	struct dns_rrset *set = NULL;
	enum sip_err err;

	begin(&wire, REPLY, 1000, 0, "a.test", DNS_TYPE_SRV);
	for (unsigned i = 0; i < 1000; i++) {
		put_head(&wire, "a.test", DNS_TYPE_SRV, 300, 6 + 34);
		put_u32(&wire, i);
		put_u16(&wire, 5060);
		put_name(&wire, "abcdefghijklmnop.abcdefghijklmno");
	}
	UNIT_EQ(wire.b.err, SIP_OK);
	UNIT_TRY(parse(&wire, "a.test", DNS_TYPE_SRV, &set));
	UNIT_EQ(set->count, DNS__RECORDS_MAX + 1);
out:
	dns_rrset_unref(&set);
	return err;
}

static enum sip_err test_rr_when_addresses_are_odd_then_left_out(void)
{
	static const unsigned char mapped[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1 };
	struct dns_rrset *set = NULL;
	enum sip_err err;

	begin(&wire, REPLY, 2, 0, "a.test", DNS_TYPE_AAAA);
	put_head(&wire, "a.test", DNS_TYPE_AAAA, 300, 4);
	put_u32(&wire, 1);
	put_head(&wire, "a.test", DNS_TYPE_AAAA, 0x80000000u, 16);
	sip_buf_put(&wire.b, mapped, 16);
	UNIT_TRY(parse(&wire, "a.test", DNS_TYPE_AAAA, &set));
	UNIT_EQ(set->count, 1);
	UNIT_EQ(set->rr[0].ttl, 0);
	UNIT_EQ(sip_addr_family(&set->rr[0].addr), AF_INET);
out:
	dns_rrset_unref(&set);
	return err;
}

/* Whatever is cut off or flipped: an answer or SYNTAX, never more (the sanitizers watch). */
static enum sip_err test_rr_when_mangled_then_survives(void)
{
	unsigned char copy[256];
	struct dns_rrset *set = NULL;
	struct sip_rand rand;
	enum sip_err err;
	size_t len;

	sip_rand_init_seed(&rand, 11);
	begin(&wire, REPLY, 3, 0, "a.test", DNS_TYPE_SRV);
	put_head(&wire, "a.test", CNAME, 10, 2);
	put_u16(&wire, 0xc00c);
	put_u16(&wire, 0xc00c);
	put_u16(&wire, DNS_TYPE_SRV);
	put_u16(&wire, 1);
	put_u32(&wire, 60);
	put_u16(&wire, 6 + 4);
	put_u32(&wire, 1);
	put_u16(&wire, 5060);
	sip_buf_put(&wire.b, "\001h\300\014", 4);
	put_head(&wire, "a.test", DNS_TYPE_SRV, 10, 8);
	put_u32(&wire, 1);
	put_u16(&wire, 5060);
	put_u16(&wire, 0xc00e);
	len = wire.b.len;
	for (size_t n = 0; n <= len; n++) {
		memcpy(copy, wire.bytes, n);
		err = dns__rr_parse(sip_str_make((char *)copy, n), SIP_STR("a.test"), DNS_TYPE_SRV, 0, &set);
		UNIT_CHECK(n < len ? err != SIP_OK : err == SIP_OK);
		dns_rrset_unref(&set);
	}
	for (int i = 0; i < 20000; i++) {
		memcpy(copy, wire.bytes, len);
		for (int k = 0; k < 3; k++)
			copy[sip_rand_below(&rand, len)] = (unsigned char)sip_rand_below(&rand, 256);
		err = dns__rr_parse(sip_str_make((char *)copy, len), SIP_STR("a.test"), DNS_TYPE_SRV, 0, &set);
		UNIT_CHECK(err == SIP_OK || err == SIP_E_SYNTAX);
		dns_rrset_unref(&set);
	}
	/* A pointer to itself, and a name that is too long. */
	memcpy(copy, wire.bytes, len);
	copy[12] = 0xc0;
	copy[13] = 12;
	UNIT_EQ(dns__rr_parse(sip_str_make((char *)copy, len), SIP_STR("a.test"), DNS_TYPE_SRV, 0, &set), SIP_E_SYNTAX);
	UNIT_CHECK(set == NULL);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_rr_when_srv_and_naptr_then_all_fields),
	UNIT_CASE(test_rr_when_cname_then_followed_and_strangers_left_out),
	UNIT_CASE(test_rr_when_not_there_then_soa_says_how_long),
	UNIT_CASE(test_rr_when_a_thousand_records_then_bounded),
	UNIT_CASE(test_rr_when_addresses_are_odd_then_left_out),
	UNIT_CASE_NO_OOM(test_rr_when_mangled_then_survives), /* 20,000 answers: too many to run again */
};
SUITE(rr);
