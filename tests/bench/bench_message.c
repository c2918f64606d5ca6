/*
 * What a message costs: indexed; with its routing headers parsed and checked; with everything parsed; and as
 * a proxy hop (parse, check, edit, encode). One line of JSON a case, or N loops for callgrind (see icount).
 * --peers adds what other stacks take to parse it.
 */
#include "stack/message/message.h"
#include "tests/bench/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char sdp[] = "v=0\r\n"
			  "o=carol 3724394400 3724394400 IN IP4 198.51.100.23\r\n"
			  "s=-\r\n"
			  "c=IN IP4 198.51.100.23\r\n"
			  "t=0 0\r\n"
			  "m=audio 40172 RTP/AVP 0 8 101\r\n"
			  "a=rtpmap:0 PCMU/8000\r\n"
			  "a=rtpmap:8 PCMA/8000\r\n"
			  "a=rtpmap:101 telephone-event/8000\r\n"
			  "a=fmtp:101 0-16\r\n"
			  "a=sendrecv\r\n";

static const char invite_head[] = "INVITE sip:dave@office.example.net SIP/2.0\r\n"
				  "Via: SIP/2.0/UDP relay7.north4.example.org:5060;branch=z9hG4bK81dc0a7742359.1\r\n"
				  "Via: SIP/2.0/UDP ws17.example.org;branch=z9hG4bKmuwzr12;received=198.51.100.23\r\n"
				  "Max-Forwards: 69\r\n"
				  "Record-Route: <sip:relay7.north4.example.org;lr>\r\n"
				  "From: Carol <sip:carol@example.org>;tag=3847261950\r\n"
				  "To: Dave <sip:dave@office.example.net>\r\n"
				  "Call-ID: f73e9b10c42856@ws17.example.org\r\n"
				  "CSeq: 271828 INVITE\r\n"
				  "Contact: <sip:carol@198.51.100.23:5060;transport=udp>\r\n"
				  "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE\r\n"
				  "Supported: replaces, timer, 100rel\r\n"
				  "User-Agent: BenchPhone/1.0 (table)\r\n"
				  "Content-Type: application/sdp\r\n";

static const char register_head[] = "REGISTER sip:registry.office.example.net SIP/2.0\r\n"
				    "Via: SIP/2.0/UDP desk9.office.example.net:5060;branch=z9hG4bKtr83kx0;rport\r\n"
				    "Max-Forwards: 70\r\n"
				    "From: Dave <sip:dave@office.example.net>;tag=731904\r\n"
				    "To: Dave <sip:dave@office.example.net>\r\n"
				    "Call-ID: 590217364810253@772hfkwlq04\r\n"
				    "CSeq: 4096 REGISTER\r\n"
				    "Contact: <sip:dave@203.0.113.8:5060;transport=udp>;expires=7200\r\n"
				    "Authorization: Digest username=\"dave\", realm=\"office.example.net\", "
				    "nonce=\"a1b6c80f3e7d49528c0e6f1b2d3a4c5e97\", uri=\"sip:registry.office.example.net\", "
				    "response=\"0c9d8e7fa6b5c4d3e2f1089a7b6c5d4e\", algorithm=MD5, qop=auth, "
				    "nc=00000001, cnonce=\"5e2a71c8\"\r\n"
				    "User-Agent: BenchPhone/1.0 (table)\r\n"
				    "Expires: 7200\r\n";

static const char ok_head[] =
	"SIP/2.0 200 OK\r\n"
	"Via: SIP/2.0/UDP relay7.north4.example.org:5060;branch=z9hG4bK81dc0a7742359.1;received=198.51.100.7\r\n"
	"Via: SIP/2.0/UDP ws17.example.org:5060;branch=z9hG4bKmuwzr12;received=198.51.100.23\r\n"
	"Record-Route: <sip:relay7.north4.example.org;lr>\r\n"
	"From: Carol <sip:carol@example.org>;tag=3847261950\r\n"
	"To: Dave <sip:dave@office.example.net>;tag=e94b07a\r\n"
	"Call-ID: f73e9b10c42856@ws17.example.org\r\n"
	"CSeq: 271828 INVITE\r\n"
	"Contact: <sip:dave@203.0.113.8:5060;transport=udp>\r\n"
	"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE\r\n"
	"Supported: replaces, timer, 100rel\r\n"
	"Content-Type: application/sdp\r\n";

static void fail(const char *what)
{
	fprintf(stderr, "bench_message: %s\n", what);
	exit(1);
}

static struct sip_message *parse(struct sip_packet *packet)
{
	struct sip_message *m;
	if (sip_message_parse(packet, 0, sip_packet_len(packet), &sip_limits_default, &m) != SIP_OK)
		fail("the message does not parse");
	return m;
}

static void check(struct sip_message *m)
{
	struct sip_check verdict;
	sip_message_check(m, false, &verdict);
	if (verdict.verdict != SIP_ACCEPT)
		fail(verdict.reason);
}

static size_t run_index(struct sip_packet *packet)
{
	struct sip_message *m = parse(packet);
	size_t sum = sip_message_field_count(m);
	sip_message_unref(&m);
	return sum;
}

static size_t touch_routing(struct sip_message *m)
{
	size_t sum = sip_message_call_id(m).len;
	check(m);
	sum += sip_message_is_request(m) ? sip_message_uri(m)->host.len : sip_message_status(m);
	sum += sip_message_via(m, 0)->branch.len;
	sum += sip_message_name_addr(m, SIP_HEADER_FROM, 0)->tag.len;
	sum += sip_message_name_addr(m, SIP_HEADER_TO, 0)->uri.user.len;
	sum += sip_message_cseq(m)->number;
	return sum;
}

static size_t run_routing(struct sip_packet *packet)
{
	struct sip_message *m = parse(packet);
	size_t sum = touch_routing(m);
	sip_message_unref(&m);
	return sum;
}

static size_t touch_auth(struct sip_str raw)
{
	struct sip_auth_value auth;
	struct sip_str name, value;
	bool is_quoted;
	size_t sum = 0;
	if (sip_auth_value_parse(raw, &auth) != SIP_OK)
		fail("Authorization does not parse");
	while (sip_auth_value_next(&auth.params, &name, &value, &is_quoted))
		sum += value.len;
	return sum;
}

static size_t touch_rest(struct sip_message *m)
{
	static const enum sip_header numbers[] = { SIP_HEADER_MAX_FORWARDS, SIP_HEADER_CONTENT_LENGTH, SIP_HEADER_EXPIRES };
	static const enum sip_header lists[] = { SIP_HEADER_ALLOW, SIP_HEADER_SUPPORTED };
	static const enum sip_header addresses[] = { SIP_HEADER_RECORD_ROUTE, SIP_HEADER_ROUTE, SIP_HEADER_CONTACT };
	size_t sum = 0;
	uint32_t number;
	struct sip_str raw;
	struct sip_media_type type;
	for (size_t n = 0; sip_message_via(m, n); n++)
		sum++;
	for (size_t i = 0; i < SIP_COUNTOF(addresses); i++)
		for (size_t n = 0; sip_message_name_addr(m, addresses[i], n); n++)
			sum++;
	for (size_t i = 0; i < SIP_COUNTOF(numbers); i++)
		sum += sip_message_number(m, numbers[i], &number) == SIP_OK ? number : 0;
	for (size_t i = 0; i < SIP_COUNTOF(lists); i++)
		sum += sip_message_count(m, lists[i]);
	if (sip_message_value(m, SIP_HEADER_CONTENT_TYPE, 0, &raw))
		sum += sip_media_type_parse(raw, &type) == SIP_OK ? type.subtype.len : 0;
	if (sip_message_value(m, SIP_HEADER_AUTHORIZATION, 0, &raw))
		sum += touch_auth(raw);
	if (sip_message_value(m, SIP_HEADER_USER_AGENT, 0, &raw))
		sum += raw.len;
	return sum;
}

static size_t run_everything(struct sip_packet *packet)
{
	struct sip_message *m = parse(packet);
	size_t sum = touch_routing(m) + touch_rest(m);
	sip_message_unref(&m);
	return sum;
}

static enum sip_err edit_request(struct sip_message *m)
{
	uint32_t hops;
	char text[12];
	struct sip_buf b;
	enum sip_err err = sip_message_number(m, SIP_HEADER_MAX_FORWARDS, &hops);
	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_put_u64(&b, hops - 1);
	if (err == SIP_OK)
		err = sip_message_set(m, SIP_HEADER_MAX_FORWARDS, sip_buf_str(&b));
	if (err == SIP_OK)
		err = sip_message_push(m, SIP_HEADER_VIA, SIP_STR("SIP/2.0/UDP 192.0.2.80:5060;branch=z9hG4bK5e0f9a3c71;rport"));
	if (err == SIP_OK)
		err = sip_message_push(m, SIP_HEADER_RECORD_ROUTE, SIP_STR("<sip:192.0.2.80:5060;lr>"));
	if (err == SIP_OK && sip_message_has(m, SIP_HEADER_ROUTE))
		err = sip_message_pop(m, SIP_HEADER_ROUTE);
	return err;
}

static size_t run_hop(struct sip_packet *packet)
{
	struct sip_message *m = parse(packet);
	struct sip_packet *out;
	check(m);
	enum sip_err err = sip_message_is_request(m) ? edit_request(m) : sip_message_pop(m, SIP_HEADER_VIA);
	if (err != SIP_OK || sip_message_encode(m, &out) != SIP_OK)
		fail("the hop failed");
	size_t sum = sip_packet_len(out);
	sip_packet_unref(&out);
	sip_message_unref(&m);
	return sum;
}

struct bench_case {
	const char *name;
	size_t (*run)(struct sip_packet *packet);
};
static const struct bench_case cases[] = {
	{ "index", run_index },
	{ "routing", run_routing },
	{ "everything", run_everything },
	{ "hop", run_hop },
};

struct bench_message {
	const char *name;
	const char *head;
	const char *body;
};
/* A request on its way has been given a Route by whoever sent it. */
static const struct bench_message messages[] = {
	{ "invite", invite_head, sdp },
	{ "register", register_head, "" },
	{ "ok", ok_head, sdp },
};

static struct sip_packet *make(const struct bench_message *message, const char *route)
{
	char text[4096];
	int len = snprintf(text, sizeof text, "%s%sContent-Length: %zu\r\n\r\n%s", message->head, route, strlen(message->body),
			   message->body);
	struct sip_packet *packet = sip_packet_copy(text, (size_t)len);
	if (!packet)
		fail("out of memory");
	return packet;
}

static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* One of ours or, when it is given, a peer. */
struct bench_run {
	size_t (*ours)(struct sip_packet *packet);
	const struct bench_peer *peer;
};

static size_t loop(const struct bench_run *run, struct sip_packet *packet, unsigned long n)
{
	const char *bytes = sip_packet_bytes(packet);
	size_t sum = 0, len = sip_packet_len(packet);
	while (n-- > 0) {
		size_t one = run->peer ? run->peer->run(bytes, len) : run->ours(packet);
		if (one == 0)
			fail("the message does not parse");
		sum += one;
	}
	return sum;
}

/* The best of seven runs of a tenth of a second each. */
static double measure(const struct bench_run *run, struct sip_packet *packet)
{
	unsigned long n = 1000;
	double best = 0;
	for (unsigned i = 0; i < 7;) {
		double from = cpu_ns();
		loop(run, packet, n);
		double ns = cpu_ns() - from;
		if (ns < 5e7) {
			n *= 2;
			continue;
		}
		if (i++ == 0 || ns / (double)n < best)
			best = ns / (double)n;
	}
	return best;
}

static void usage(void)
{
	fprintf(stderr, "usage: bench_message [--json] [--peers] [--case index|routing|everything|hop|PEER] "
			"[--message invite|register|ok] [--loops N]\n");
	exit(2);
}

struct options {
	const char *only_case, *only_message;
	unsigned long loops;
	bool is_json, has_peers;
};

/* The ns of a loop, 0 with --loops. */
static double run_one(const struct options *o, const char *name, struct bench_run run, const struct bench_message *message)
{
	bool is_hop = run.ours == run_hop && strcmp(message->name, "ok") != 0;
	struct sip_packet *packet = make(message, is_hop ? "Route: <sip:192.0.2.80:5060;lr>\r\n" : "");
	double ns = 0;
	if (o->loops) {
		loop(&run, packet, o->loops);
	} else {
		ns = measure(&run, packet);
		printf(o->is_json ? "{\"bench\":\"message\",\"case\":\"%s\",\"message\":\"%s\",\"ns\":%.1f}\n"
				  : "%-10s %-8s %8.1f ns\n",
		       name, message->name, ns);
	}
	sip_packet_unref(&packet);
	return ns;
}

static bool is_wanted(const char *only, const char *name)
{
	return !only || strcmp(only, name) == 0;
}

static void run_ours(const struct options *o)
{
	for (size_t c = 0; c < SIP_COUNTOF(cases); c++)
		for (size_t m = 0; m < SIP_COUNTOF(messages); m++)
			if (is_wanted(o->only_case, cases[c].name) && is_wanted(o->only_message, messages[m].name))
				run_one(o, cases[c].name, (struct bench_run){ cases[c].run, NULL }, &messages[m]);
}

/* With how often ours does everything in that time. */
static void run_peers(const struct options *o)
{
	for (const struct bench_peer *p = bench_peers; p->name; p++)
		for (size_t m = 0; m < SIP_COUNTOF(messages); m++) {
			if (!is_wanted(o->only_case, p->name) || !is_wanted(o->only_message, messages[m].name))
				continue;
			double theirs = run_one(o, p->name, (struct bench_run){ NULL, p }, &messages[m]);
			if (o->loops || o->is_json)
				continue;
			double ours = run_one(o, "everything", (struct bench_run){ run_everything, NULL }, &messages[m]);
			printf("%-10s %-8s %8.1f times\n", p->name, messages[m].name, theirs / ours);
		}
}

int main(int argc, char **argv)
{
	struct options o = { NULL, NULL, 0, false, false };
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			o.is_json = true;
		else if (strcmp(argv[i], "--peers") == 0)
			o.has_peers = true;
		else if (i + 1 == argc)
			usage();
		else if (strcmp(argv[i], "--case") == 0)
			o.only_case = argv[++i];
		else if (strcmp(argv[i], "--message") == 0)
			o.only_message = argv[++i];
		else if (strcmp(argv[i], "--loops") == 0)
			o.loops = strtoul(argv[++i], NULL, 10);
		else
			usage();
	}
	run_ours(&o);
	if (o.has_peers || o.only_case)
		run_peers(&o);
	return 0;
}
