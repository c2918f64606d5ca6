/* repro/runner/activation: which sockets are taken for which transports, and what is said of others. */
#include "repro/runner/runner_priv.h"
#include "tests/support/unit.h"

#include <sys/socket.h>
#include <unistd.h>

static enum sip_err test_count_when_the_environment_says_so_then_so_many_are_ours(void)
{
	static const struct {
		const char *pid, *count;
		bool is_good;
		size_t n;
	} rows[] = {
		{ NULL, NULL, true, 0 },    { "42", NULL, true, 0 },  { NULL, "2", true, 0 },    { "42", "2", true, 2 },
		{ "43", "2", true, 0 },     { "42", "0", true, 0 },   { "42", "64", true, 64 },  { "42", "65", false, 0 },
		{ "42", "-1", false, 0 },   { "42", "", false, 0 },   { "42", "2x", false, 0 },  { "", "2", false, 0 },
		{ "4 2", "2", false, 0 },   { "99999999999999999999", "2", false, 0 },
	};
	char room[200];
	struct sip_buf why;
	size_t n;

	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		sip_buf_init_fixed(&why, room, sizeof room);
		UNIT_EQ(repro__inherited_count(rows[i].pid, rows[i].count, 42, &n, &why), rows[i].is_good);
		UNIT_EQ(n, rows[i].n);
		UNIT_EQ(why.len == 0, rows[i].is_good);
	}
	return SIP_OK;
}

/* Two sockets on one number, at `first` and behind it, as systemd would pass them; their address. */
#define FIRST 200
static void bind_two(int type_a, int type_b, struct sip_addr *a, struct sip_addr *b)
{
	const int types[] = { type_a, type_b };
	struct sip_addr *const out[] = { a, b };

	for (int i = 0; i < 2; i++) {
		union {
			struct sockaddr sa;
			struct sockaddr_storage storage;
		} name;
		socklen_t len = sizeof name;
		struct sip_addr any;
		int fd = socket(AF_INET, types[i], 0);

		UNIT_EQ(sip_addr_parse(&any, SIP_STR("127.0.0.1"), 0), SIP_OK);
		UNIT_EQ(bind(fd, &any.u.sa, sip_addr_len(&any)), 0);
		UNIT_EQ(getsockname(fd, &name.sa, &len), 0);
		UNIT_EQ(sip_addr_from_sockaddr(out[i], &name.sa, len), SIP_OK);
		UNIT_EQ(dup2(fd, FIRST + i), FIRST + i);
		close(fd);
	}
}

static struct repro_config config; /* large */

static void listen_on(size_t i, enum sip_transport_kind kind, const struct sip_addr *at, int beside)
{
	config.listeners[i].kind = kind;
	config.listeners[i].bind = *at;
	config.listeners[i].beside = beside;
	config.listener_count = i + 1;
}

static enum sip_err test_match_when_each_is_of_a_transport_then_by_address_and_type(void)
{
	struct repro__inherited in;
	struct sip_addr udp, tcp;
	char room[400];
	struct sip_buf why;

	bind_two(SOCK_DGRAM, SOCK_STREAM, &udp, &tcp);
	listen_on(0, SIP_TRANSPORT_WS, &tcp, 1);
	listen_on(1, SIP_TRANSPORT_TCP, &tcp, -1);
	listen_on(2, SIP_TRANSPORT_TCP, &udp, -1);
	listen_on(3, SIP_TRANSPORT_UDP, &udp, -1);
	sip_buf_init_fixed(&why, room, sizeof room);
	repro__inherited_init(&in);
	UNIT_CHECK(repro__inherited_match(&in, &config, FIRST, 2, "sip-udp:sip-tcp", &why));
	UNIT_EQ(in.fds[0], -1);
	UNIT_EQ(in.fds[1], FIRST + 1);
	UNIT_EQ(in.fds[2], -1);
	UNIT_EQ(in.fds[3], FIRST);
	repro__inherited_close(&in);
	UNIT_EQ(in.fds[3], -1);
	UNIT_CHECK(close(FIRST) != 0);
	return SIP_OK;
}

static enum sip_err test_match_when_one_is_of_no_transport_then_it_is_named_and_none_is_left_open(void)
{
	struct repro__inherited in;
	struct sip_addr udp, tcp;
	char room[400];
	struct sip_buf why;

	bind_two(SOCK_DGRAM, SOCK_STREAM, &udp, &tcp);
	listen_on(0, SIP_TRANSPORT_UDP, &udp, -1);
	sip_buf_init_fixed(&why, room, sizeof room);
	repro__inherited_init(&in);
	UNIT_CHECK(!repro__inherited_match(&in, &config, FIRST, 2, "sip-udp:web", &why));
	UNIT_CHECK(strstr(sip_buf_z(&why), "descriptor 201 (web) of LISTEN_FDS is bound to TCP 127.0.0.1:"));
	repro__inherited_close(&in);
	UNIT_CHECK(close(FIRST) != 0);
	UNIT_CHECK(close(FIRST + 1) != 0);
	return SIP_OK;
}

static enum sip_err test_match_when_one_is_no_socket_then_it_is_named(void)
{
	struct repro__inherited in;
	char room[400];
	struct sip_buf why;
	int ends[2];

	UNIT_EQ(pipe(ends), 0);
	UNIT_EQ(dup2(ends[0], FIRST), FIRST);
	close(ends[0]);
	close(ends[1]);
	config.listener_count = 0;
	sip_buf_init_fixed(&why, room, sizeof room);
	repro__inherited_init(&in);
	UNIT_CHECK(!repro__inherited_match(&in, &config, FIRST, 1, NULL, &why));
	UNIT_STR(sip_buf_str(&why), "descriptor 200 () of LISTEN_FDS is no internet socket");
	return SIP_OK;
}

static enum sip_err test_offer_when_it_is_of_a_transport_then_kept_and_closed_otherwise(void)
{
	struct repro__inherited in;
	struct sip_addr udp, tcp;
	size_t http;

	bind_two(SOCK_DGRAM, SOCK_STREAM, &udp, &tcp);
	listen_on(0, SIP_TRANSPORT_UDP, &udp, -1);
	config.http_binds[0] = udp;
	config.http_binds[1] = tcp;
	config.http_bind_count = 2;
	http = repro__inherited_find_http(&config, FIRST + 1);
	UNIT_EQ(http, 1);
	UNIT_EQ(repro__inherited_find_http(&config, FIRST), 2);
	repro__inherited_init(&in);
	repro__inherited_offer(&in, &config, FIRST);
	repro__inherited_offer(&in, &config, FIRST + 1);
	repro__inherited_offer(&in, &config, dup(FIRST));
	repro__inherited_offer(&in, &config, -1);
	UNIT_EQ(in.fds[0], FIRST);
	UNIT_CHECK(close(FIRST + 1) != 0);
	repro__inherited_close(&in);
	UNIT_CHECK(close(FIRST) != 0);
	return SIP_OK;
}

int main(int argc, char **argv)
{
	static const struct unit_case cases[] = {
		UNIT_CASE(test_count_when_the_environment_says_so_then_so_many_are_ours),
		UNIT_CASE(test_match_when_each_is_of_a_transport_then_by_address_and_type),
		UNIT_CASE(test_match_when_one_is_of_no_transport_then_it_is_named_and_none_is_left_open),
		UNIT_CASE(test_match_when_one_is_no_socket_then_it_is_named),
		UNIT_CASE(test_offer_when_it_is_of_a_transport_then_kept_and_closed_otherwise),
	};
	static const struct unit_suite suite = { "repro/runner/activation", cases, SIP_COUNTOF(cases) };
	static const struct unit_suite *const suites[] = { &suite };
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
