#include "tests/unit/dns/dns_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct zone_row zone[] = {
	{ "pbx.test", DNS_TYPE_A, 60, "192.0.2.99", SIP_OK },
	{ "other.test", DNS_TYPE_A, 60, "192.0.2.98", SIP_OK },
	{ NULL, DNS_TYPE_NONE, 0, NULL, SIP_OK },
};

static bool write_file(char *path, const char *text, size_t len)
{
	int fd = mkstemp(path);
	bool is_ok = fd >= 0 && write(fd, text, len) == (ssize_t)len;

	if (fd >= 0)
		close(fd);
	return is_ok;
}

static enum sip_err test_hosts_when_listed_then_no_question(void)
{
	static const char text[] = "# comment\n192.0.2.1\tpbx.test. PBX # more\n 2001:db8::1 pbx.test\n"
				   "nonsense pbx.test\n"
				   "\n192.0.2.2 pbx.test\n192.0.2.3 four.test";
	char path[] = "/tmp/dns_hosts_test.XXXXXX";
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_prepare(&w, zone));
	UNIT_CHECK(write_file(path, text, sizeof text - 1));
	w.options.hosts_path = path;
	UNIT_TRY(dns_resolver_create(&w.options, &w.resolver));
	FIND(&w, "sip:PBX.test:5060", USUAL, &f, "udp [2001:db8::1]:5060, udp 192.0.2.1:5060, udp 192.0.2.2:5060");
	FIND(&w, "sip:pbx:5060", USUAL, &f, "udp 192.0.2.1:5060");
	FIND(&w, "sip:four.test:5060", USUAL, &f, "udp 192.0.2.3:5060");
	UNIT_EQ(w.zone.asked, 0);
	FIND(&w, "sip:other.test:5060", USUAL, &f, "udp 192.0.2.98:5060");
	UNIT_EQ(w.zone.asked, 2);
	/* Only the name servers know SRV. */
	FIND(&w, "sip:pbx.test", USUAL, &f, "udp [2001:db8::1]:5060, udp 192.0.2.1:5060, udp 192.0.2.2:5060");
	UNIT_EQ(w.zone.asked, 2 + 4);
	/* Flushed, it is read again: now it is gone. */
	unlink(path);
	dns_resolver_flush(w.resolver);
	FIND(&w, "sip:pbx.test:5060", USUAL, &f, "udp 192.0.2.99:5060");
out:
	unlink(path);
	world_close(&w);
	return err;
}

static enum sip_err test_hosts_when_lines_are_wild_then_bounded(void)
{
	char path[] = "/tmp/dns_hosts_test.XXXXXX";
	static char text[8000];
	struct sip_hash_key key = { { 1, 2 } };
	struct dns_rrset *set = NULL;
	struct dns__hosts h;
	struct sip_buf b;
	enum sip_err err;

	sip_buf_init_fixed(&b, text, sizeof text);
	SIP_BUF_LIT(&b, "192.0.2.1 long.test ");
	for (int i = 0; i < 3000; i++)
		sip_buf_put_char(&b, 'x');
	SIP_BUF_LIT(&b, " 192.0.2.9 tail.test\n");
	for (int i = 1; i <= 40; i++)
		sip_buf_putf(&b, "10.0.0.%d many.test\n", i);
	UNIT_TRY(b.err);
	UNIT_CHECK(write_file(path, text, b.len));
	dns__hosts_init(&h, &key);
	err = dns__hosts_load(&h, path);
	UNIT_CHECK(err == SIP_OK);
	if (err == SIP_OK) {
		UNIT_EQ(dns__hosts_find(&h, SIP_STR("long.test"), DNS_TYPE_A, &set), SIP_E_NOTFOUND);
		UNIT_EQ(dns__hosts_find(&h, SIP_STR("tail.test"), DNS_TYPE_A, &set), SIP_E_NOTFOUND);
		err = dns__hosts_find(&h, SIP_STR("many.test"), DNS_TYPE_A, &set);
		UNIT_EQ(set ? set->count : 0, DNS__HOST_ADDRS_MAX);
		dns_rrset_unref(&set);
	}
	dns__hosts_fini(&h);
out:
	unlink(path);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_hosts_when_listed_then_no_question),
	UNIT_CASE(test_hosts_when_lines_are_wild_then_bounded),
};
SUITE(hosts);
