#include "tests/unit/stack/base/base_test.h"
#include "stack/base/network.h"

#include <arpa/inet.h>
#include <sys/un.h>

static enum sip_err test_addr_parse_and_print(void)
{
	static const struct {
		const char *host;
		const char *text; /* NULL: SYNTAX */
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1:5060" },
		{ "0.0.0.0", "0.0.0.0:5060" },
		{ "255.255.255.255", "255.255.255.255:5060" },
		{ "10.20.100.9", "10.20.100.9:5060" },
		{ "2001:db8::1", "[2001:db8::1]:5060" },
		{ "[2001:DB8::1]", "[2001:db8::1]:5060" },
		{ "::", "[::]:5060" },
		{ "::ffff:192.0.2.1", "192.0.2.1:5060" },
		{ "[::ffff:c000:201]", "192.0.2.1:5060" },
		{ "fe80::1%7", "[fe80::1%7]:5060" },
		{ "[fe80::1%4294967295]", "[fe80::1%4294967295]:5060" },
		{ "fe80::1%lo", "[fe80::1%1]:5060" },
		{ "[fe80::1%25lo]", "[fe80::1%1]:5060" },
		{ "[fe80::1%252]", "[fe80::1%2]:5060" },
		{ "[fe80::1%25]", "[fe80::1%25]:5060" },
		{ "fe80::1%252", "[fe80::1%252]:5060" },
		{ "", NULL },
		{ "1.2.3", NULL },
		{ "1.2.3.4.5", NULL },
		{ "1.2.3.256", NULL },
		{ "1.2.3.999", NULL },
		{ "1.2.3.4444", NULL },
		{ "1.2.3.04", NULL },
		{ "1.2.3.", NULL },
		{ "1..3.4", NULL },
		{ ".1.2.3.4", NULL },
		{ "1.2.3.4 ", NULL },
		{ " 1.2.3.4", NULL },
		{ "+1.2.3.4", NULL },
		{ "0x1.2.3.4", NULL },
		{ "[192.0.2.1]", NULL },
		{ "[", NULL },
		{ "[]", NULL },
		{ "[::1", NULL },
		{ "::1]", NULL },
		{ "[[::1]]", NULL },
		{ ":::", NULL },
		{ "fe80::1%", NULL },
		{ "fe80::1%no-such-interface-here", NULL },
		{ "fe80::1%4294967296", NULL },
		{ "%1", NULL },
		{ "example.com", NULL },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", NULL },
	};
	char text[SIP_ADDR_TEXT];
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		struct sip_addr a;
		enum sip_err err = sip_addr_parse(&a, sip_str_of(rows[i].host), 5060);
		UNIT_EQ(err, rows[i].text ? SIP_OK : SIP_E_SYNTAX);
		if (err == SIP_OK && rows[i].text)
			UNIT_STR(sip_str_of(sip_addr_text(&a, text)), rows[i].text);
	}
	struct sip_addr a;
	UNIT_EQ(sip_addr_parse(&a, sip_str_make("::1\0junk", 8), 1), SIP_E_SYNTAX);
	UNIT_EQ(sip_addr_parse(&a, sip_str_make("::1%1\0", 6), 1), SIP_E_SYNTAX);
	return SIP_OK;
}

static enum sip_err test_addr_parse_port(void)
{
	static const struct {
		const char *in;
		const char *text;
		enum sip_err err;
	} rows[] = {
		{ "192.0.2.1:5061", "192.0.2.1:5061", SIP_OK },
		{ "192.0.2.1", "192.0.2.1:99", SIP_OK },
		{ "192.0.2.1:0", "192.0.2.1:0", SIP_OK },
		{ "192.0.2.1:65535", "192.0.2.1:65535", SIP_OK },
		{ "[2001:db8::1]:5061", "[2001:db8::1]:5061", SIP_OK },
		{ "[2001:db8::1]", "[2001:db8::1]:99", SIP_OK },
		{ "2001:db8::1", "[2001:db8::1]:99", SIP_OK },
		{ "192.0.2.1:65536", NULL, SIP_E_RANGE },
		{ "192.0.2.1:", NULL, SIP_E_SYNTAX },
		{ "192.0.2.1:x", NULL, SIP_E_SYNTAX },
		{ "[::1]x", NULL, SIP_E_SYNTAX },
		{ "[::1]:", NULL, SIP_E_SYNTAX },
		{ ":5060", NULL, SIP_E_SYNTAX },
		{ "", NULL, SIP_E_SYNTAX },
	};
	char text[SIP_ADDR_TEXT];
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		struct sip_addr a;
		enum sip_err err = sip_addr_parse_port(&a, sip_str_of(rows[i].in), 99);
		UNIT_EQ(err, rows[i].err);
		if (err == SIP_OK && rows[i].text)
			UNIT_STR(sip_str_of(sip_addr_text(&a, text)), rows[i].text);
	}
	return SIP_OK;
}

static enum sip_err test_addr_from_sockaddr(void)
{
	struct sip_addr a;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(7), .sin6_scope_id = 3 };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(8) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char text[SIP_ADDR_TEXT];
	inet_pton(AF_INET6, "::ffff:1.2.3.4", &in6.sin6_addr);
	UNIT_EQ(sip_addr_from_sockaddr(&a, (struct sockaddr *)&in6, sizeof in6), SIP_OK);
	UNIT_STR(sip_str_of(sip_addr_text(&a, text)), "1.2.3.4:7");
	UNIT_EQ(sip_addr_len(&a), sizeof in);
	inet_pton(AF_INET6, "fe80::9", &in6.sin6_addr);
	UNIT_EQ(sip_addr_from_sockaddr(&a, (struct sockaddr *)&in6, sizeof in6), SIP_OK);
	UNIT_STR(sip_str_of(sip_addr_text(&a, text)), "[fe80::9%3]:7");
	UNIT_EQ(sip_addr_len(&a), sizeof in6);
	UNIT_EQ(sip_addr_from_sockaddr(&a, (struct sockaddr *)&in, sizeof in), SIP_OK);
	UNIT_STR(sip_str_of(sip_addr_text(&a, text)), "0.0.0.0:8");
	UNIT_EQ(sip_addr_from_sockaddr(&a, (struct sockaddr *)&in, sizeof in - 1), SIP_E_UNSUPPORTED);
	UNIT_EQ(sip_addr_from_sockaddr(&a, (struct sockaddr *)&in6, sizeof in6 - 1), SIP_E_UNSUPPORTED);
	UNIT_EQ(sip_addr_from_sockaddr(&a, (struct sockaddr *)&in, 0), SIP_E_UNSUPPORTED);
	UNIT_EQ(sip_addr_from_sockaddr(&a, (struct sockaddr *)&un, sizeof un), SIP_E_UNSUPPORTED);
	return SIP_OK;
}

static struct sip_addr make(const char *host, uint16_t port)
{
	struct sip_addr a;
	sip_addr_clear(&a);
	UNIT_EQ(sip_addr_parse(&a, sip_str_of(host), port), SIP_OK);
	return a;
}

static enum sip_err test_addr_equality_and_hash_agree(void)
{
	static const struct sip_hash_key key = { { 1, 2 } };
	static const char *const hosts[] = { "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "fe80::1%1",
					     "fe80::1%2" };
	struct sip_addr none;
	sip_addr_clear(&none);
	for (size_t i = 0; i < SIP_COUNTOF(hosts); i++) {
		for (size_t k = 0; k < SIP_COUNTOF(hosts); k++) {
			struct sip_addr a = make(hosts[i], 5060);
			struct sip_addr b = make(hosts[k], 5060);
			UNIT_EQ(sip_addr_eq(&a, &b), i == k);
			UNIT_EQ(sip_addr_hash(&key, &a) == sip_addr_hash(&key, &b), i == k);
			sip_addr_set_port(&b, 5061);
			UNIT_EQ(sip_addr_port(&b), 5061);
			UNIT_CHECK(!sip_addr_eq(&a, &b));
			UNIT_EQ(sip_addr_eq_host(&a, &b), i == k);
			UNIT_CHECK(sip_addr_hash(&key, &a) != sip_addr_hash(&key, &b));
		}
		struct sip_addr a = make(hosts[i], 0);
		UNIT_CHECK(!sip_addr_eq(&a, &none));
	}
	UNIT_CHECK(sip_addr_eq(&none, &none));
	UNIT_CHECK(sip_addr_is_none(&none));
	UNIT_EQ(sip_addr_len(&none), 0);
	UNIT_EQ(sip_addr_port(&none), 0);
	sip_addr_set_port(&none, 1);
	UNIT_EQ(sip_addr_port(&none), 0);
	UNIT_CHECK(sip_addr_hash(&key, &none) == sip_addr_hash(&key, &none));
	return SIP_OK;
}

static enum sip_err test_addr_kinds(void)
{
	static const struct {
		const char *host;
		bool is_any, is_loopback, is_multicast;
	} rows[] = {
		{ "0.0.0.0", true, false, false },     { "::", true, false, false },
		{ "127.0.0.1", false, true, false },   { "127.255.0.9", false, true, false },
		{ "::1", false, true, false },         { "224.0.1.75", false, false, true },
		{ "239.255.255.255", false, false, true }, { "ff02::1", false, false, true },
		{ "192.0.2.1", false, false, false },  { "2001:db8::1", false, false, false },
		{ "240.0.0.1", false, false, false },
	};
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		struct sip_addr a = make(rows[i].host, 1);
		UNIT_EQ(sip_addr_is_any(&a), rows[i].is_any);
		UNIT_EQ(sip_addr_is_loopback(&a), rows[i].is_loopback);
		UNIT_EQ(sip_addr_is_multicast(&a), rows[i].is_multicast);
	}
	return SIP_OK;
}

static enum sip_err test_addr_put_faces(void)
{
	enum sip_err err = SIP_OK;
	struct sip_addr none;
	struct sip_buf b;
	sip_buf_init(&b, 0);
	sip_addr_clear(&none);
	struct sip_addr a = make("fe80::1%3", 5060);
	struct sip_addr v4 = make("192.0.2.1", 5060);
	sip_addr_put_host(&b, &a);
	sip_buf_put_char(&b, ' ');
	sip_addr_put_uri_host(&b, &a);
	sip_buf_put_char(&b, ' ');
	sip_addr_put(&b, &a);
	sip_buf_put_char(&b, ' ');
	sip_addr_put_host(&b, &v4);
	sip_buf_put_char(&b, ' ');
	sip_addr_put_uri_host(&b, &v4);
	sip_buf_put_char(&b, ' ');
	sip_addr_put(&b, &none);
	UNIT_TRY(b.err);
	UNIT_STR(sip_buf_str(&b), "fe80::1%3 [fe80::1] [fe80::1%3]:5060 192.0.2.1 192.0.2.1 none");
	char text[SIP_ADDR_TEXT];
	a = make("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255%4294967295", 65535);
	UNIT_CHECK(strlen(sip_addr_text(&a, text)) < SIP_ADDR_TEXT);
out:
	sip_buf_fini(&b);
	return err;
}

/* Ours against libc's, over every value of an octet. */
static enum sip_err test_addr_v4_agrees_with_libc(void)
{
	for (unsigned i = 0; i < 256; i++) {
		char theirs[INET_ADDRSTRLEN];
		struct in_addr in = { .s_addr = htonl(i << 24 | (255 - i) << 16 | i << 8 | (i ^ 0x55)) };
		struct sip_addr a;
		struct sip_buf b;
		char ours[INET_ADDRSTRLEN];
		inet_ntop(AF_INET, &in, theirs, sizeof theirs);
		UNIT_EQ(sip_addr_parse(&a, sip_str_of(theirs), 1), SIP_OK);
		UNIT_EQ(a.u.in.sin_addr.s_addr, in.s_addr);
		sip_buf_init_fixed(&b, ours, sizeof ours);
		sip_addr_put_host(&b, &a);
		UNIT_STR(sip_buf_str(&b), theirs);
	}
	return SIP_OK;
}

static enum sip_err test_network_when_bits_agree_then_it_has_the_address(void)
{
	static const struct {
		const char *network, *address;
		bool has;
	} rows[] = {
		{ "192.0.2.0/24", "192.0.2.255", true },    { "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.128/25", "192.0.2.127", false }, { "10.0.0.7", "10.0.0.7", true },
		{ "10.0.0.7", "10.0.0.6", false },          { "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "::1", false },              { "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false }, { "::1", "::1", true },
	};
	static const char *const wrong[] = { "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "a/8", "10.0.0.0/8x" };
	struct sip_network n, list[2];
	struct sip_addr a;
	size_t count;

	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		UNIT_EQ(sip_network_parse(&n, sip_str_of(rows[i].network)), SIP_OK);
		UNIT_EQ(sip_addr_parse(&a, sip_str_of(rows[i].address), 5), SIP_OK);
		UNIT_EQ(sip_network_has(&n, &a), rows[i].has);
	}
	for (size_t i = 0; i < SIP_COUNTOF(wrong); i++)
		UNIT_CHECK(sip_network_parse(&n, sip_str_of(wrong[i])) != SIP_OK);
	UNIT_EQ(sip_network_parse_list(list, 2, SIP_STR(" 10.0.0.0/8 ,, ::1,"), &count), SIP_OK);
	UNIT_EQ(count, 2);
	UNIT_EQ(sip_network_parse_list(list, 2, SIP_STR("10.0.0.0/8,::1,::2"), &count), SIP_E_LIMIT);
	return SIP_OK;
}

static enum sip_err test_addr_takes_the_zone_of_who_is_on_the_same_link(void)
{
	static const struct {
		const char *a, *near, *then;
	} rows[] = {
		{ "fe80::1", "fe80::2%3", "[fe80::1%3]:7" },
		{ "fe80::1%4", "fe80::2%3", "[fe80::1%4]:7" },
		{ "fe80::1", "2001:db8::2", "[fe80::1]:7" },
		{ "fe80::1", "192.0.2.1", "[fe80::1]:7" },
		{ "2001:db8::1", "fe80::2%3", "[2001:db8::1]:7" },
		{ "192.0.2.1", "fe80::2%3", "192.0.2.1:7" },
	};
	char text[SIP_ADDR_TEXT];

	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		struct sip_addr a = make(rows[i].a, 7), near = make(rows[i].near, 8);

		UNIT_EQ(sip_addr_is_link_local(&a), rows[i].a[0] == 'f');
		sip_addr_take_zone(&a, &near);
		UNIT_STR(sip_str_of(sip_addr_text(&a, text)), rows[i].then);
	}
	return SIP_OK;
}

static enum sip_err test_addr_when_packed_then_the_same_comes_out(void)
{
	static const char *const hosts[] = { "192.0.2.1", "0.0.0.0", "2001:db8::1", "fe80::1%7", "::" };
	static const struct sip_addr none;
	char room[2 * SIP_ADDR_PACKED_MAX];

	for (size_t i = 0; i < SIP_COUNTOF(hosts); i++) {
		struct sip_addr a = make(hosts[i], 5060), b;
		size_t n = sip_addr_pack(&a, room);

		UNIT_CHECK(n > 0 && n <= SIP_ADDR_PACKED_MAX);
		room[n] = 'x';
		UNIT_EQ(sip_addr_unpack(sip_str_make(room, n + 1), &b), n);
		UNIT_CHECK(memcmp(&a, &b, sizeof a) == 0);
		for (size_t len = 0; len < n; len++)
			UNIT_EQ(sip_addr_unpack(sip_str_make(room, len), &b), 0);
		room[0] = 5;
		UNIT_EQ(sip_addr_unpack(sip_str_make(room, n), &b), 0);
		UNIT_CHECK(sip_addr_is_none(&b));
	}
	UNIT_EQ(sip_addr_pack(&none, room), 0);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_network_when_bits_agree_then_it_has_the_address),
	UNIT_CASE(test_addr_parse_and_print),
	UNIT_CASE(test_addr_parse_port),
	UNIT_CASE(test_addr_from_sockaddr),
	UNIT_CASE(test_addr_equality_and_hash_agree),
	UNIT_CASE(test_addr_kinds),
	UNIT_CASE(test_addr_takes_the_zone_of_who_is_on_the_same_link),
	UNIT_CASE(test_addr_when_packed_then_the_same_comes_out),
	UNIT_CASE(test_addr_put_faces),
	UNIT_CASE(test_addr_v4_agrees_with_libc),
};
SUITE(addr);
