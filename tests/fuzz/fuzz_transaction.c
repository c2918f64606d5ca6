/*
 * Transactions: every four bytes are an event for a real stack. Requests of a few methods, branches and numbers come in; the
 * user answers, cancels, forgets; its own requests are answered by a peer or by nobody. In the end nothing may be left.
 */
#include "tests/fuzz/fuzz_net.h"

#include <stdio.h>
#include <string.h>

#define KNOWN 16
#define EVENTS_MAX 256

struct play {
	struct fuzz_net net;
	struct sip_user *user;                /* lent by the stack */
	struct sip_message *requests[KNOWN];  /* owned: waiting for answers */
	uint64_t txs[KNOWN];
	uint64_t clients[KNOWN];
	unsigned request_count, client_count, ended;
};

static void on_event(void *arg, struct sip_user_event *e)
{
	struct play *p = arg;
	unsigned at;

	p->ended += e->kind == SIP_USER_ENDED;
	if (e->kind != SIP_USER_REQUEST)
		return;
	at = p->request_count++ % KNOWN;
	if (p->requests[at])
		fuzz_either(sip_user_abandon(p->user, p->txs[at]));
	sip_message_unref(&p->requests[at]);
	p->requests[at] = e->message;
	e->message = NULL;
	p->txs[at] = e->tx;
}

static void receive(struct play *p, unsigned a, unsigned b, unsigned c)
{
	static const char *const methods[] = { "INVITE", "ACK", "CANCEL", "OPTIONS", "BYE", "PRACK", "WEIRD", "INVITE" };
	static const char *const vias[] = { "SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK", "SIP/2.0/UDP 10.0.0.2;rport;branch=z9hG4bK",
					    "SIP/2.0/UDP 10.0.0.2;branch=old", "SIP/2.0/TCP 10.0.0.2;branch=z9hG4bK",
					    "SIP/2.0/UDP peer.test;maddr=10.0.0.3;branch=z9hG4bK",
					    "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK", "SIP/2.0/UDP 255.255.255.255:1;branch=z9hG4bK",
					    "SIP/2.0/UDP [::1]:5060;branch=z9hG4bK" };
	static const char *const tos[] = { "<sip:b@10.0.0.1>", "<sip:b@10.0.0.1>;tag=x", "*", "sip:b@10.0.0.1" };
	char text[1024];
	int n = snprintf(text, sizeof text,
			 "%s sip:b@10.0.0.1 SIP/2.0\r\nVia: %s%u\r\nFrom: <sip:a@10.0.0.2>;tag=%u\r\nTo: %s\r\n"
			 "Call-ID: c%u\r\nCSeq: %u %s\r\nMax-Forwards: 9\r\nContent-Length: 0\r\n\r\n",
			 methods[a & 7], vias[b >> 3 & 7], b & 7, c & 1, tos[c >> 6], c >> 1 & 3, 1 + (c >> 3 & 3),
			 methods[a & 7]);

	fuzz_net_inject(&p->net, a >> 3, sip_str_make(text, (size_t)n));
}

static void respond(struct play *p, unsigned a, unsigned b)
{
	static const unsigned statuses[] = { 100, 180, 183, 200, 299, 302, 404, 408, 486, 500, 503, 600, 699, 101, 199, 200 };
	unsigned at = a % KNOWN;

	if (!p->requests[at])
		return;
	if (b & 0x80)
		fuzz_either(sip_user_abandon(p->user, p->txs[at]));
	else
		fuzz_either(sip_user_reply(p->user, p->txs[at], p->requests[at], statuses[b & 15], NULL));
	if ((b & 0x80) || statuses[b & 15] >= 300)
		sip_message_unref(&p->requests[at]);
}

static void request(struct play *p, unsigned a, unsigned b)
{
	static const char *const uris[] = { "sip:x@10.0.0.2", "sip:x@peer.test", "sip:x@nobody.test", "sip:x@10.0.0.7;transport=tcp",
					    "sip:x@10.0.0.3;transport=udp", "sips:x@10.0.0.2", "sip:x@10.0.0.1", "tel:+1" };
	static const char *const methods[] = { "INVITE", "OPTIONS", "BYE", "WEIRD" };
	struct sip_request_options o;
	uint64_t *slot = &p->clients[p->client_count % KNOWN];
	struct sip_message *m = NULL;
	struct sip_target to;

	sip_request_options_init(&o);
	o.method = sip_str_of(methods[a & 3]);
	o.uri = sip_str_of(uris[b & 7]);
	o.from = SIP_STR("<sip:me@10.0.0.1>;tag=1");
	o.to = SIP_STR("<sip:x@y>");
	o.call_id = SIP_STR("out");
	o.cseq = 1 + a;
	o.max_forwards = 70;
	FUZZ_MUST(sip_request_make(&o, &m) == SIP_OK);
	sip_target_init(&to);
	/* One that is known no more is given up: an INVITE may ring for ever. */
	if (*slot)
		fuzz_either(sip_user_cancel(p->user, *slot, sip_str_make(NULL, 0)));
	if (sip_user_request(p->user, &m, &to, a, slot) == SIP_OK)
		p->client_count++;
	sip_message_unref(&m);
}

static void change_fate(struct play *p, unsigned a, unsigned b)
{
	static const char *const hosts[] = { "10.0.0.2:0", "10.0.0.3:0", "10.0.0.7:0", "10.0.0.4:0" };
	struct sip_addr at = fuzz_addr(hosts[a & 3]);

	fuzz_either(sip_memory_net_fate(p->net.net, &at, (enum sip_memory_fate)(b % 3)));
}

static void do_event(struct play *p, unsigned what, unsigned a, unsigned b, unsigned c)
{
	static const unsigned statuses[] = { 100, 180, 200, 302, 404, 487, 503, 600 };
	static const int64_t waits[] = { 1, 100, 200, 500, 1000, 4000, 5000, 32000 };

	switch (what & 7) {
	case 0:
	case 1:
		receive(p, a, b, c);
		break;
	case 2:
		respond(p, a, b);
		break;
	case 3:
		request(p, a, b);
		break;
	case 4:
		fuzz_net_answer(&p->net, a, statuses[b & 7], sip_str_make(NULL, 0), (b & 8) != 0);
		break;
	case 5:
		if (p->client_count && (b & 1))
			fuzz_either(sip_user_cancel(p->user, p->clients[a % KNOWN], SIP_STR("SIP;cause=1")));
		else if (p->client_count)
			fuzz_either(sip_user_abandon(p->user, p->clients[a % KNOWN]));
		break;
	case 6:
		fuzz_net_run(&p->net, waits[a & 7]);
		break;
	default:
		change_fate(p, a, b);
		break;
	}
	if ((what & 8) == 0)
		fuzz_net_run(&p->net, 1);
}

static void forget_requests(struct play *p)
{
	for (unsigned i = 0; i < KNOWN; i++) {
		if (p->requests[i])
			fuzz_either(sip_user_abandon(p->user, p->txs[i]));
		sip_message_unref(&p->requests[i]);
		if (p->clients[i])
			fuzz_either(sip_user_cancel(p->user, p->clients[i], sip_str_make(NULL, 0)));
	}
}

void fuzz_transaction(struct sip_str in)
{
	struct sip_user_options uo;
	struct play p;

	memset(&p, 0, sizeof p);
	fuzz_net_open(&p.net);
	sip_user_options_init(&uo);
	uo.name = "fuzz";
	uo.on_event = on_event;
	uo.arg = &p;
	uo.wants_ended = uo.wants_strays = uo.wants_flows = true;
	FUZZ_MUST(sip_stack_add_user(p.net.stack, &uo, &p.user) == SIP_OK);
	fuzz_net_start(&p.net);
	for (unsigned n = 0; in.len && n < EVENTS_MAX; n++) {
		unsigned what = fuzz_byte(&in), a = fuzz_byte(&in), b = fuzz_byte(&in);
		do_event(&p, what, a, b, fuzz_byte(&in));
	}
	fuzz_net_run(&p.net, 1);
	forget_requests(&p);
	fuzz_net_settle(&p.net, 200000);
	fuzz_net_stop(&p.net);
	fuzz_net_close(&p.net);
}
