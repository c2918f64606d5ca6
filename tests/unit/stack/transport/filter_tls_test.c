/*
 * TLS of connections: whom it is for, when it is replaced, reused both ways (RFC 5923), and many handshakes at once. Memory net, but
 * for these.
 */
#include "tests/unit/stack/transport/pair.h"

#include <stdio.h>
#include <unistd.h>

static enum sip_err test_tls_when_the_name_is_not_in_the_certificate_then_nothing_is_sent(void)
{
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(pair_send_named(&p, "evil.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.a.failed, 1);
	UNIT_EQ(p.bed.a.why, SIP_E_DENIED);
	UNIT_EQ(p.bed.b.messages, 0);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
	/* Nobody named: the address itself must be there. */
	UNIT_TRY(pair_send_named(&p, "", 2));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 1);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_tls_when_another_name_has_the_address_then_it_has_its_own_connection(void)
{
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(pair_send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_TRY(pair_send_named(&p, "B.Example.com", 2));
	UNIT_TRY(pair_send_named(&p, "10.0.0.2", 3)); /* it is in the same certificate (RFC 5923 8.1) */
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_OUT), 1);
	UNIT_EQ(p.bed.b.messages, 3);
	UNIT_TRY(pair_send_named(&p, "other.example.com", 4));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_OUT), 2);
	UNIT_EQ(p.bed.a.failed, 1);
	UNIT_EQ(p.bed.b.messages, 3);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_tls_when_the_context_is_replaced_then_new_connections_are_by_the_new(void)
{
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(pair_send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_TRY(sip_transport_set_tls(p.b, pair_contexts[PAIR_TLS_OTHER]));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_TRY(pair_send_named(&p, "b.example.com", 2)); /* the connection that is there goes on */
	UNIT_TRY(pair_send_named(&p, "other.example.com", 3));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.a.failed, 0);
	UNIT_EQ(p.bed.b.messages, 3);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_OUT), 2);
	UNIT_EQ(sip_transport_set_tls(p.bed.b.tcp, pair_contexts[PAIR_TLS_OTHER]), SIP_E_INVAL);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_tls_when_the_peer_speaks_plainly_or_not_at_all_then_it_is_closed(void)
{
	struct sip_addr b = bed_addr("10.0.0.2:5061");
	struct sip_transport_options o;
	struct pair p;
	char room[1024];
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(bed_send(&p.bed, p.bed.a.tcp, "10.0.0.2:5061",
			  bed_options(room, sizeof room, "SIP/2.0/TCP 10.0.0.1:5061;branch=z9hG4bK1", "1"), 1));
	UNIT_EQ(p.bed.b.messages, 0);
	/* A handshake that is never finished. */
	UNIT_TRY(pair_send_named(&p, "b.example.com", 2));
	UNIT_EQ(sip_loop_turn(p.bed.loop, 0), SIP_OK);
	UNIT_TRY(sip_memory_net_fate(p.bed.net, &b, SIP_MEMORY_BLACKHOLE));
	bed_run(&p.bed, SIP_SECONDS(11));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
	UNIT_CHECK(p.bed.a.failed > 0);
	UNIT_TRY(sip_memory_net_fate(p.bed.net, &b, SIP_MEMORY_UP));
out:
	pair_close(&p);
	return err;
}

/* ---- RFC 5923 ---------------------------------------------------------------------------------------------------- */

static enum sip_err send_back(struct pair *p, const char *name, uint64_t token)
{
	struct sip_transport *a = p->a;
	char room[1024];
	enum sip_err err;

	p->a = p->b;
	err = pair_send_to(p, "10.0.0.1:5061", name, bed_options(room, sizeof room, "SIP/2.0/TLS 10.0.0.2:5061;branch=z9hG4bK9", "9"), token);
	p->a = a;
	return err;
}

/* a connects to b, says alias, and b sends to where a listens; `out` connections there are in the end. */
static enum sip_err reuse(enum pair_context b, const char *via, const char *name, int64_t out)
{
	struct sip_transport_options o;
	struct pair p;
	char room[1024];
	enum sip_err err;

	memset(&p, 0, sizeof p);
	sip_transport_options_init(&o, SIP_TRANSPORT_TLS);
	UNIT_TRY(pair_make_contexts());
	UNIT_TRY(bed_open(&p.bed));
	UNIT_TRY(pair_open_at(&p, &p.bed.a, "10.0.0.1:5061", pair_contexts[PAIR_TLS_A], &o, &p.a));
	UNIT_TRY(pair_open_at(&p, &p.bed.b, "10.0.0.2:5061", pair_contexts[b], &o, &p.b));
	UNIT_TRY(pair_send_to(&p, "10.0.0.2:5061", "b.example.com", bed_options(room, sizeof room, via, "1"), 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 1);
	UNIT_TRY(send_back(&p, name, 2));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_OUT), out);
out:
	pair_close(&p);
	return err;
}

#define ALIASED "SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK1;alias"

static enum sip_err test_alias_when_the_certificate_is_verified_then_the_connection_is_reused(void)
{
	return reuse(PAIR_TLS_B_ASKS, ALIASED, "a.example.com", 1);
}

static enum sip_err test_alias_when_it_may_not_be_formed_then_a_connection_of_our_own(void)
{
	static const struct {
		enum pair_context b;
		const char *via, *name;
	} rows[] = {
		{ PAIR_TLS_B_ASKS, "SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK1", "a.example.com" }, /* not asked for */
		{ PAIR_TLS_B, ALIASED, "a.example.com" }, /* nothing shown */
		{ PAIR_TLS_B_ASKS, ALIASED, "other.example.com" }, /* another's name */
		{ PAIR_TLS_B_ASKS, ALIASED, "" }, /* nobody's */
		{ PAIR_TLS_B_ASKS, "SIP/2.0/TLS 10.0.0.1:5071;branch=z9hG4bK1;alias", "a.example.com" }, /* another port */
	};
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(rows) && err == SIP_OK; i++)
		err = reuse(rows[i].b, rows[i].via, rows[i].name, 2);
	return err;
}

static enum sip_err test_alias_when_the_option_is_set_then_our_via_has_it(void)
{
	static const enum sip_transport_kind with[] = { SIP_TRANSPORT_TLS, SIP_TRANSPORT_TCP };
	struct sip_addr peer = bed_addr("10.0.0.1:5061");
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(with); i++) {
		struct sip_transport_options o;
		struct sip_buf b;
		struct pair p;
		char text[200];

		sip_transport_options_init(&o, with[i]);
		o.adds_alias = true;
		UNIT_TRY(pair_open(&p, &o));
		sip_buf_init_fixed(&b, text, sizeof text);
		sip_transport_put_via(p.b, &peer, SIP_STR("z9hG4bK1"), true, &b);
		UNIT_STR(sip_buf_str(&b), i == 0 ? "SIP/2.0/TLS 10.0.0.2:5061;rport;alias;branch=z9hG4bK1"
						 : "SIP/2.0/TCP 10.0.0.2:5061;rport;branch=z9hG4bK1");
out:
		pair_close(&p);
		if (err != SIP_OK)
			break;
	}
	return err;
}

/* ---- a crowd, by real sockets: what is not read in a turn is told again ------------------------------------------ */

#define CROWD 12

static void hello(struct sip_tls_session **session, int fd)
{
	struct sip_tls_session_options o;
	struct sip_str out;

	sip_tls_session_options_init(&o);
	o.context = pair_contexts[PAIR_TLS_TRUST];
	o.role = SIP_TLS_CLIENT;
	o.name = sip_str_of("b.example.com");
	UNIT_EQ(sip_tls_session_create(&o, session), SIP_OK);
	UNIT_EQ(sip_tls_session_handshake(*session), SIP_E_AGAIN);
	out = sip_tls_session_out(*session);
	UNIT_EQ(send(fd, out.p, out.len, 0), out.len);
}

static size_t count_answered(const int fds[CROWD])
{
	size_t count = 0;
	char byte;

	for (int i = 0; i < CROWD; i++)
		count += recv(fds[i], &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 1;
	return count;
}

static enum sip_err take_no_message(void *arg, struct sip_message *m)
{
	(void)arg;
	sip_message_unref(&m);
	return SIP_OK;
}

struct front { /* a wire with one transport on a socket, where what is not read in a turn is told again */
	struct sip_loop *loop;
	struct sip_wire *wire;
	struct sip_transport *transport;
};

static enum sip_err front_open(struct front *f)
{
	struct sip_loop_options lo;
	struct sip_wire_options w;
	struct sip_transport_options o;
	enum sip_err err;

	memset(f, 0, sizeof *f);
	UNIT_TRY(pair_make_contexts());
	sip_loop_options_init(&lo);
	UNIT_TRY(sip_loop_create(&lo, &f->loop));
	sip_wire_options_init(&w);
	w.loop = f->loop;
	w.user.on_message = take_no_message;
	UNIT_TRY(sip_wire_create(&w, &f->wire));
	sip_transport_options_init(&o, SIP_TRANSPORT_TLS);
	o.bind = bed_addr("127.0.0.1:0");
	o.tls = pair_contexts[PAIR_TLS_B];
	UNIT_TRY(sip_transport_open(&o, &f->wire, 1, &f->transport));
out:
	return err;
}

static void front_close(struct front *f)
{
	if (f->wire)
		sip_wire_shutdown(f->wire);
	sip_transport_unref(&f->transport);
	sip_wire_unref(&f->wire);
	sip_loop_unref(&f->loop);
}

static enum sip_err test_tls_when_many_shake_hands_at_once_then_one_a_turn(void)
{
	struct sip_tls_session *sessions[CROWD] = { NULL };
	const struct sip_addr *at;
	int fds[CROWD];
	struct front f;
	enum sip_err err;

	for (int i = 0; i < CROWD; i++)
		fds[i] = -1;
	UNIT_TRY(front_open(&f));
	at = sip_transport_bound(f.transport);
	for (int i = 0; i < CROWD; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		UNIT_EQ(connect(fds[i], &at->u.sa, sip_addr_len(at)), 0);
	}
	UNIT_EQ(sip_loop_turn(f.loop, 0), SIP_OK); /* they are accepted */
	for (int i = 0; i < CROWD; i++)
		hello(&sessions[i], fds[i]);
	for (size_t i = 1; i <= CROWD; i++) {
		UNIT_EQ(sip_loop_turn(f.loop, 0), SIP_OK);
		UNIT_EQ(count_answered(fds), i);
	}
out:
	for (int i = 0; i < CROWD; i++) {
		sip_tls_session_destroy(&sessions[i]);
		if (fds[i] >= 0)
			close(fds[i]);
	}
	front_close(&f);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_tls_when_the_name_is_not_in_the_certificate_then_nothing_is_sent),
	UNIT_CASE_NO_OOM(test_tls_when_another_name_has_the_address_then_it_has_its_own_connection),
	UNIT_CASE(test_tls_when_the_context_is_replaced_then_new_connections_are_by_the_new),
	UNIT_CASE_NO_OOM(test_tls_when_many_shake_hands_at_once_then_one_a_turn),
	UNIT_CASE_NO_OOM(test_tls_when_the_peer_speaks_plainly_or_not_at_all_then_it_is_closed),
	UNIT_CASE_DEAR(test_alias_when_the_certificate_is_verified_then_the_connection_is_reused),
	UNIT_CASE_NO_OOM(test_alias_when_it_may_not_be_formed_then_a_connection_of_our_own),
	UNIT_CASE(test_alias_when_the_option_is_set_then_our_via_has_it),
};
const struct unit_suite filter_tls_suite = { "stack/transport/filter_tls", cases, SIP_COUNTOF(cases) };
