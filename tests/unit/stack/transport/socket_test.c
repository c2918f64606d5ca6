/* A socket that was bound by somebody else, given to a transport. */
#include "tests/unit/stack/transport/bed.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

struct given {
	struct sip_loop *loop;
	struct sip_wire *wire;
	struct sip_transport *transport;
	struct sip_transport_options o;
};

static enum sip_err on_message(void *arg, struct sip_message *m)
{
	(void)arg;
	sip_message_unref(&m);
	return SIP_OK;
}

/* A bound socket of this type; o.bind is its name. */
static enum sip_err given_init(struct given *g, enum sip_transport_kind kind, int type, const char *host, int v6_only)
{
	struct sip_loop_options lo;
	struct sip_wire_options w;
	union {
		struct sockaddr sa;
		struct sockaddr_storage storage;
	} name;
	socklen_t len = sizeof name;
	enum sip_err err;

	memset(g, 0, sizeof *g);
	sip_transport_options_init(&g->o, kind);
	g->o.bind = bed_addr(host);
	g->o.fd = socket(sip_addr_family(&g->o.bind), type, 0);
	if (sip_addr_family(&g->o.bind) == AF_INET6)
		UNIT_EQ(setsockopt(g->o.fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only), 0);
	UNIT_EQ(bind(g->o.fd, &g->o.bind.u.sa, sip_addr_len(&g->o.bind)), 0);
	UNIT_EQ(getsockname(g->o.fd, &name.sa, &len), 0);
	UNIT_EQ(sip_addr_from_sockaddr(&g->o.bind, &name.sa, len), SIP_OK);
	sip_loop_options_init(&lo);
	UNIT_TRY(sip_loop_create(&lo, &g->loop));
	sip_wire_options_init(&w);
	w.loop = g->loop;
	w.user.on_message = on_message;
	UNIT_TRY(sip_wire_create(&w, &g->wire));
out:
	return err;
}

static void given_fini(struct given *g)
{
	if (g->wire)
		sip_wire_shutdown(g->wire);
	sip_transport_unref(&g->transport);
	sip_wire_unref(&g->wire);
	sip_loop_unref(&g->loop);
	UNIT_CHECK(fcntl(g->o.fd, F_GETFD) >= 0); /* still the caller's, whatever came of it */
	close(g->o.fd);
}

static enum sip_err open_given(enum sip_transport_kind kind, int type)
{
	struct given g;
	enum sip_err err;

	UNIT_TRY(given_init(&g, kind, type, "127.0.0.1:0", 1));
	UNIT_TRY(sip_transport_open(&g.o, &g.wire, 1, &g.transport));
	UNIT_CHECK(sip_addr_eq(sip_transport_bound(g.transport), &g.o.bind));
	UNIT_CHECK((fcntl(g.o.fd, F_GETFL) & O_NONBLOCK) != 0);
out:
	given_fini(&g);
	return err;
}

static enum sip_err test_socket_when_a_bound_one_is_given_then_it_is_used(void)
{
	enum sip_err err = open_given(SIP_TRANSPORT_UDP, SOCK_DGRAM);

	return err == SIP_OK ? open_given(SIP_TRANSPORT_TCP, SOCK_STREAM) : err;
}

static enum sip_err refuse_given(enum sip_transport_kind kind, int type, const char *host, int v6_only, uint16_t port)
{
	struct given g;
	enum sip_err err;

	UNIT_TRY(given_init(&g, kind, type, host, v6_only));
	if (port)
		sip_addr_set_port(&g.o.bind, port);
	err = sip_transport_open(&g.o, &g.wire, 1, &g.transport);
	if (err == SIP_E_NOMEM)
		goto out;
	UNIT_EQ(err, SIP_E_INVAL);
	err = SIP_OK;
out:
	given_fini(&g);
	return err;
}

static enum sip_err test_socket_when_it_is_another_than_was_said_then_invalid(void)
{
	enum sip_err err = refuse_given(SIP_TRANSPORT_UDP, SOCK_STREAM, "127.0.0.1:0", 1, 0);

	if (err == SIP_OK)
		err = refuse_given(SIP_TRANSPORT_TCP, SOCK_DGRAM, "127.0.0.1:0", 1, 0);
	return err == SIP_OK ? refuse_given(SIP_TRANSPORT_UDP, SOCK_DGRAM, "127.0.0.1:0", 1, 9) : err;
}

static enum sip_err test_socket_when_it_takes_ipv4_as_well_then_invalid(void)
{
	return refuse_given(SIP_TRANSPORT_UDP, SOCK_DGRAM, "[::]:0", 0, 0);
}

static enum sip_err test_socket_of_a_stream_when_a_dscp_is_wanted_then_those_who_call_get_it_too(void)
{
	struct given g;
	int fd, found = 0;
	socklen_t len = sizeof found;
	enum sip_err err;

	UNIT_TRY(given_init(&g, SIP_TRANSPORT_TCP, SOCK_STREAM, "127.0.0.1:0", 1));
	g.o.dscp = 46;
	UNIT_TRY(sip_transport_open(&g.o, &g.wire, 1, &g.transport));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	UNIT_EQ(connect(fd, &g.o.bind.u.sa, sip_addr_len(&g.o.bind)), 0);
	close(fd);
	fd = accept(((struct sip__stream *)g.transport->endpoints[0].state)->listener.fd, NULL, NULL);
	UNIT_CHECK(fd >= 0);
	UNIT_EQ(getsockopt(fd, IPPROTO_IP, IP_TOS, &found, &len), 0);
	UNIT_EQ(found, 46 << 2);
	close(fd);
out:
	given_fini(&g);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_socket_of_a_stream_when_a_dscp_is_wanted_then_those_who_call_get_it_too),
	UNIT_CASE(test_socket_when_a_bound_one_is_given_then_it_is_used),
	UNIT_CASE(test_socket_when_it_is_another_than_was_said_then_invalid),
	UNIT_CASE(test_socket_when_it_takes_ipv4_as_well_then_invalid),
};
const struct unit_suite socket_suite = { "stack/transport/socket", cases, SIP_COUNTOF(cases) };
