/* What a stack takes for its own address, on a host whose addresses the test sets. */
#include "tests/support/unit.h"

#include <errno.h>
#include <ifaddrs.h>

#define HOST_MOST 600
static struct ifaddrs local[HOST_MOST];
static struct sip_addr host_addrs[HOST_MOST];
static size_t host_count;
static bool host_says_nothing;

static int fake_getifaddrs(struct ifaddrs **all)
{
	if (host_says_nothing) {
		errno = EMFILE;
		return -1;
	}
	for (size_t i = 0; i < host_count; i++) {
		local[i].ifa_addr = &host_addrs[i].u.sa;
		local[i].ifa_next = i + 1 < host_count ? &local[i + 1] : NULL;
	}
	*all = host_count ? local : NULL;
	return 0;
}

static void fake_freeifaddrs(struct ifaddrs *all)
{
	UNIT_CHECK(!all || all == local);
}
#define getifaddrs fake_getifaddrs
#define freeifaddrs fake_freeifaddrs
#include "stack/core/transports.c"
#undef getifaddrs
#undef freeifaddrs
#include "stack/core/address_watch.c"

struct rig {
	struct sip_stack *stack;
	struct sip_transport_options o; /* of a UDP at 0.0.0.0 */
};

static void set_host(const char *address)
{
	host_says_nothing = false;
	host_count = 1;
	UNIT_EQ(sip_addr_parse(&host_addrs[0], sip_str_of(address), 0), SIP_OK);
}

static enum sip_err rig_open(struct rig *r)
{
	struct sip_stack_options so;
	enum sip_err err;

	memset(r, 0, sizeof *r);
	set_host("192.0.2.1");
	sip_stack_options_init(&so);
	so.layout = SIP_LAYOUT_EMBEDDED;
	so.hosts_path = "";
	UNIT_TRY(sip_stack_create(&so, &r->stack));
	sip_transport_options_init(&r->o, SIP_TRANSPORT_UDP);
	UNIT_EQ(sip_addr_parse(&r->o.bind, SIP_STR("0.0.0.0"), 0), SIP_OK);
out:
	return err;
}

static void rig_close(struct rig *r)
{
	sip_stack_destroy(&r->stack);
}

/* *port is the one it got. */
static enum sip_err rig_add(struct rig *r, uint16_t *port)
{
	struct sip_transport *t = NULL;
	enum sip_err err = sip_stack_add_transport(r->stack, &r->o, &t);

	*port = t ? sip_addr_port(sip_transport_bound(t)) : 0;
	return err;
}

static bool is_ours(const struct rig *r, const char *text, uint16_t port)
{
	return sip_stack_is_own_address(r->stack, sip_str_of(text), port);
}

static enum sip_err test_own_addresses_when_the_host_gets_another_then_that_one_is_ours(void)
{
	struct rig r;
	uint16_t port;
	enum sip_err err;

	UNIT_TRY(rig_open(&r));
	UNIT_TRY(rig_add(&r, &port));
	UNIT_CHECK(is_ours(&r, "192.0.2.1", port));
	UNIT_CHECK(!is_ours(&r, "192.0.2.2", port));
	set_host("192.0.2.2");
	sip_stack_learn_addresses(r.stack);
	UNIT_CHECK(!is_ours(&r, "192.0.2.1", port));
	UNIT_CHECK(is_ours(&r, "192.0.2.2", port));
	UNIT_CHECK(!is_ours(&r, "192.0.2.2", 1));
	host_says_nothing = true;
	sip_stack_learn_addresses(r.stack);
	UNIT_CHECK(is_ours(&r, "192.0.2.2", port));
out:
	rig_close(&r);
	return err;
}

static enum sip_err test_own_addresses_when_one_is_advertised_then_it_is_ours_whatever_its_length(void)
{
	static char name[SIP_ADVERTISED_MAX + 1];
	struct rig r;
	uint16_t port;
	enum sip_err err;

	memset(name, 'a', SIP_ADVERTISED_MAX);
	UNIT_TRY(rig_open(&r));
	r.o.advertised = sip_str_of(name);
	r.o.advertised_port = 70;
	UNIT_TRY(rig_add(&r, &port));
	UNIT_CHECK(is_ours(&r, name, 70));
	UNIT_CHECK(!is_ours(&r, name, port));
	UNIT_CHECK(is_ours(&r, "192.0.2.1", port));
	r.o.advertised = SIP_STR("2001:db8::1");
	UNIT_TRY(rig_add(&r, &port));
	UNIT_CHECK(is_ours(&r, "[2001:DB8::1]", 70));
	r.o.advertised = SIP_STR("");
	r.o.advertised_port = 74;
	UNIT_TRY(rig_add(&r, &port));
	UNIT_CHECK(is_ours(&r, "192.0.2.1", port));
	UNIT_CHECK(is_ours(&r, "192.0.2.1", 74));
	UNIT_EQ(sip_addr_parse(&r.o.bind, SIP_STR("127.0.0.1"), 0), SIP_OK);
	r.o.advertised_port = 75;
	UNIT_TRY(rig_add(&r, &port));
	UNIT_CHECK(is_ours(&r, "127.0.0.1", port));
	UNIT_CHECK(is_ours(&r, "127.0.0.1", 75));
out:
	rig_close(&r);
	return err;
}

static enum sip_err test_own_addresses_when_there_are_too_many_then_the_first_are_known(void)
{
	struct rig r;
	char text[SIP_ADDR_TEXT];
	struct sip_buf b;
	uint16_t port;
	enum sip_err err;

	UNIT_TRY(rig_open(&r));
	host_count = HOST_MOST;
	for (size_t i = 0; i < host_count; i++) {
		sip_buf_init_fixed(&b, text, sizeof text);
		sip_buf_putf(&b, "10.0.%u.%u", (unsigned)(i / 250), (unsigned)(i % 250 + 1));
		UNIT_EQ(sip_addr_parse(&host_addrs[i], sip_buf_str(&b), 0), SIP_OK);
	}
	UNIT_TRY(rig_add(&r, &port));
	sip_stack_learn_addresses(r.stack);
	UNIT_EQ(r.stack->own_count, SIP__OWN_ADDRESSES);
	UNIT_CHECK(is_ours(&r, "10.0.2.12", port)); /* the 512th */
	UNIT_CHECK(!is_ours(&r, "10.0.2.13", port));
out:
	rig_close(&r);
	return err;
}

static void notice(struct rig *r, int fd, uint16_t type, unsigned events)
{
	struct nlmsghdr head = { .nlmsg_len = sizeof head, .nlmsg_type = type };

	UNIT_EQ(send(fd, &head, sizeof head, 0), (ssize_t)sizeof head);
	on_notice(r->stack, events);
}

static enum sip_err test_address_watch_when_the_kernel_tells_then_addresses_are_learnt(void)
{
	struct rig r;
	uint16_t port;
	int ends[2] = { -1, -1 };
	enum sip_err err;

	UNIT_TRY(rig_open(&r));
	UNIT_TRY(rig_add(&r, &port));
	UNIT_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	r.stack->notices.fd = ends[0];
	set_host("192.0.2.2");
	notice(&r, ends[1], RTM_NEWROUTE, SIP_IO_READ);
	UNIT_CHECK(!is_ours(&r, "192.0.2.2", port));
	notice(&r, ends[1], RTM_NEWADDR, SIP_IO_READ);
	UNIT_CHECK(is_ours(&r, "192.0.2.2", port));
	set_host("192.0.2.3");
	notice(&r, ends[1], RTM_DELADDR, SIP_IO_READ);
	UNIT_CHECK(is_ours(&r, "192.0.2.3", port));
	set_host("192.0.2.4");
	on_notice(r.stack, SIP_IO_ERROR); /* some notices were lost */
	UNIT_CHECK(is_ours(&r, "192.0.2.4", port));
out:
	if (r.stack)
		r.stack->notices.fd = -1;
	if (ends[0] >= 0) {
		close(ends[0]);
		close(ends[1]);
	}
	rig_close(&r);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_own_addresses_when_the_host_gets_another_then_that_one_is_ours),
	UNIT_CASE(test_own_addresses_when_one_is_advertised_then_it_is_ours_whatever_its_length),
	UNIT_CASE(test_own_addresses_when_there_are_too_many_then_the_first_are_known),
	UNIT_CASE(test_address_watch_when_the_kernel_tells_then_addresses_are_learnt),
};
static const struct unit_suite transports_suite = { "stack/core/transports", cases, SIP_COUNTOF(cases) };

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = { &transports_suite };

	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
