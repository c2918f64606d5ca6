/* The net of the targets that play whole machines: see fuzz_net.h. */
#include "tests/fuzz/fuzz_net.h"

#include <string.h>

#define TURNS_MAX 200000u

static void on_query(void *arg, struct sip_str name, enum dns_type type, void (*answered)(void *, struct dns_rrset *),
		     void *answer_arg)
{
	struct fuzz_net *n = arg;
	bool is_there = type == DNS_TYPE_A && name.len && sip_char_lower(name.p[0]) == 'p';
	struct dns_rr rr = { .type = DNS_TYPE_A, .ttl = 300, .addr = fuzz_addr("10.0.0.2:0") };
	struct dns_rrset *set = NULL;

	FUZZ_MUST(dns_rrset_create(is_there ? SIP_OK : SIP_E_NOTFOUND, &rr, is_there ? 1 : 0, &set) == SIP_OK);
	set->expires_us = n->clock.now + SIP_SECONDS(300);
	answered(answer_arg, set);
}

static void on_peer(void *arg, const struct sip_addr *from, struct sip_str bytes)
{
	struct fuzz_peer *p = arg;

	(void)from;
	p->heard++;
	p->net->sent++;
	if (bytes.len < 8 || memcmp(bytes.p, "SIP/2.0 ", 8) == 0 || memcmp(bytes.p, "ACK ", 4) == 0)
		return;
	sip_packet_unref(&p->last);
	p->last = fuzz_packet(bytes);
}

static void listen_on(struct fuzz_net *n, enum sip_transport_kind kind)
{
	struct sip_transport_options o;
	struct sip_transport *t;

	sip_transport_options_init(&o, kind);
	o.bind = fuzz_addr("10.0.0.1");
	o.net = n->net;
	o.idle_s = 60;
	FUZZ_MUST(sip_stack_add_transport(n->stack, &o, &t) == SIP_OK);
}

void fuzz_net_open(struct fuzz_net *n)
{
	static const char *const at[FUZZ_PEERS] = { "10.0.0.2", "10.0.0.3", "10.0.0.4" };
	struct sip_memory_options mo;
	struct sip_stack_options so;

	memset(n, 0, sizeof *n);
	sip_clock_virtual_init(&n->clock, SIP_SECONDS(1700000000));
	n->dns.query = on_query;
	n->dns.arg = n;
	sip_memory_options_init(&mo);
	FUZZ_MUST(sip_memory_net_create(&mo, &n->net) == SIP_OK);
	for (unsigned i = 0; i < FUZZ_PEERS; i++) {
		n->peers[i].net = n;
		n->peers[i].at = fuzz_addr(at[i]);
		FUZZ_MUST(sip_memory_net_peer(n->net, &n->peers[i].at, on_peer, &n->peers[i]) == SIP_OK);
	}
	sip_stack_options_init(&so);
	so.layout = SIP_LAYOUT_EMBEDDED;
	so.poll = SIP_POLL_NONE;
	so.clock = &n->clock.clock;
	so.seed = 11;
	so.log = fuzz_log;
	so.hosts_path = "";
	so.dns_source = &n->dns;
	FUZZ_MUST(sip_stack_create(&so, &n->stack) == SIP_OK);
	n->loop = sip_stack_loop(n->stack, 0);
}

void fuzz_net_start(struct fuzz_net *n)
{
	FUZZ_MUST(sip_stack_start(n->stack) == SIP_OK);
	listen_on(n, SIP_TRANSPORT_UDP);
	listen_on(n, SIP_TRANSPORT_TCP);
}

void fuzz_net_run(struct fuzz_net *n, int64_t ms)
{
	int64_t end = n->clock.now + SIP_MS(ms);

	for (unsigned turns = 0;; turns++) {
		int64_t sleep;
		FUZZ_MUST(turns < TURNS_MAX);
		FUZZ_MUST(sip_loop_turn(n->loop, 0) == SIP_OK);
		sleep = sip_loop_sleep_us(n->loop);
		if (sleep == 0)
			continue;
		if (sleep < 0 || n->clock.now + sleep > end)
			break;
		sip_clock_virtual_advance(&n->clock, sleep);
	}
	if (n->clock.now < end)
		sip_clock_virtual_advance(&n->clock, end - n->clock.now);
}

void fuzz_net_inject(struct fuzz_net *n, unsigned peer, struct sip_str bytes)
{
	struct sip_addr to = fuzz_addr("10.0.0.1");

	if (bytes.len && bytes.len <= 65507)
		FUZZ_MUST(sip_memory_net_inject(n->net, &n->peers[peer % FUZZ_PEERS].at, &to, bytes, n->clock.now) == SIP_OK);
}

void fuzz_net_answer(struct fuzz_net *n, unsigned peer, unsigned status, struct sip_str lines, bool has_one_via)
{
	struct sip_message *request = NULL, *response = NULL;
	struct fuzz_peer *p = &n->peers[peer % FUZZ_PEERS];
	enum sip_err err;
	struct sip_buf b;
	size_t head;

	if (!p->last || sip_frame_datagram(p->last, &sip_limits_default, &request, &err) != SIP_FRAME_MESSAGE)
		return;
	if (!sip_message_is_request(request) || !sip_message_via(request, 0) || status < 100 || status > 699) {
		sip_message_unref(&request);
		return;
	}
	FUZZ_MUST(sip_response_make(request, status, NULL, SIP_STR("peer"), &response) == SIP_OK);
	while (has_one_via && sip_message_remove(response, SIP_HEADER_VIA, 1) == SIP_OK)
		;
	sip_buf_init(&b, 0);
	sip_message_put(response, &b);
	/* Behind the status line, so that they come first. */
	head = sip_str_find(sip_buf_str(&b), '\n') + 1;
	struct sip_buf out;
	sip_buf_init(&out, 0);
	sip_buf_put(&out, b.p, head);
	sip_buf_put_str(&out, lines);
	sip_buf_put(&out, b.p + head, b.len - head);
	fuzz_net_inject(n, peer, sip_buf_str(&out));
	sip_buf_fini(&out);
	sip_buf_fini(&b);
	sip_message_unref(&response);
	sip_message_unref(&request);
}

void fuzz_net_settle(struct fuzz_net *n, int64_t ms)
{
	struct sip_metrics *m = sip_stack_metrics(n->stack);

	fuzz_net_run(n, ms);
	FUZZ_MUST(sip_stack_transactions(n->stack) == 0);
	FUZZ_MUST(sip_metrics_get(m, SIP_M_CLIENT_TRANSACTIONS) == 0);
	FUZZ_MUST(sip_metrics_get(m, SIP_M_SERVER_TRANSACTIONS) == 0);
	FUZZ_MUST(sip_metrics_get(m, SIP_M_FIFO_DEPTH) == 0);
	FUZZ_MUST(sip_metrics_get(m, SIP_M_CONNECTIONS) == 0);
	FUZZ_MUST(sip_memory_net_in_flight(n->net) == 0);
	FUZZ_MUST(sip_never_count() == 0);
}

void fuzz_net_stop(struct fuzz_net *n)
{
	sip_stack_stop(n->stack);
}

void fuzz_net_close(struct fuzz_net *n)
{
	FUZZ_MUST(sip_metrics_get(sip_stack_metrics(n->stack), SIP_M_FLOWS) == 0);
	sip_stack_destroy(&n->stack);
	sip_memory_net_unref(&n->net);
	for (unsigned i = 0; i < FUZZ_PEERS; i++)
		sip_packet_unref(&n->peers[i].last);
}
