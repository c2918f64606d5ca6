/* The bed: see transaction_test.h. One thread. */
#include "tests/unit/stack/transaction/transaction_test.h"

#include <stdio.h>

struct sip_addr bed_addr(const char *text)
{
	struct sip_addr a;

	sip_addr_clear(&a);
	UNIT_EQ(sip_addr_parse_port(&a, sip_str_of(text), 5060), SIP_OK);
	return a;
}

/* ---- what a party is told ------------------------------------------------------------------------------------------------ */

static void told(struct party *p, const struct heard *h)
{
	if (p->listener)
		p->listener(p, h);
}

static struct heard *hear(struct party *p, enum heard_kind kind, uint64_t tx, const struct sip_message *m)
{
	static struct heard beyond;
	struct heard *h = p->count < HEARD ? &p->heard[p->count++] : &beyond;

	memset(h, 0, sizeof *h);
	h->kind = kind;
	h->tx = tx;
	h->method = m ? sip_message_method(m) : SIP_METHOD_UNKNOWN;
	h->status = m ? sip_message_status(m) : 0;
	return h;
}

static void on_request(void *arg, uint64_t tx, struct sip_message *m, bool is_merged)
{
	struct party *p = arg;

	struct heard *h = hear(p, HEARD_REQUEST, tx, m);

	h->is_merged = is_merged;
	sip_shard_adopt(p->shard, tx, p);
	p->tx = tx;
	sip_message_unref(&p->request);
	p->request = m;
	told(p, h);
	if (p->answer && bed_respond(p, p->answer) != SIP_OK)
		p->bed->has_failed = true;
}

static void on_ack(void *arg, void *owner, uint64_t tx, struct sip_message *m)
{
	hear(arg, HEARD_ACK, tx, m)->owner = owner;
	sip_message_unref(&m);
}

static void on_cancel(void *arg, void *owner, uint64_t tx, struct sip_message *m)
{
	struct heard *h = hear(arg, HEARD_CANCEL, tx, m);

	h->owner = owner;
	told(arg, h);
	sip_message_unref(&m);
}

static void on_response(void *arg, void *owner, uint64_t tx, uint64_t cookie, struct sip_message *m, enum sip_err why)
{
	struct party *p = arg;
	struct heard *h = hear(p, HEARD_RESPONSE, tx, m);

	h->owner = owner;
	h->cookie = cookie;
	h->why = why;
	sip_message_unref(&p->response);
	p->response = m;
	told(p, h);
}

static void on_stray(void *arg, struct sip_message *m)
{
	hear(arg, HEARD_STRAY, 0, m);
	sip_message_unref(&m);
}

static void on_ended(void *arg, void *owner, uint64_t tx, uint64_t cookie, enum sip_err why)
{
	struct heard *h = hear(arg, HEARD_ENDED, tx, NULL);

	h->owner = owner;
	h->cookie = cookie;
	h->why = why;
	told(arg, h);
}

static enum sip_err on_message(void *arg, struct sip_message *m)
{
	struct party *p = arg;

	return sip_shard_post_message(p->shard, m, sip_loop_now(p->bed->loop));
}

static void on_send_failed(void *arg, uint64_t token, struct sip_packet *packet, enum sip_err why)
{
	struct party *p = arg;

	UNIT_EQ(sip_shard_of_tx(token), 3);
	sip_shard_post_send_failed(p->shard, token, packet, why, sip_loop_now(p->bed->loop));
}

static void on_flow_gone(void *arg, struct sip_flow *f, enum sip_err why)
{
	struct party *p = arg;

	if (sip_transport_kinds[sip_flow_kind(f)].is_stream)
		sip_shard_post_flow_gone(p->shard, f, why, sip_loop_now(p->bed->loop));
}

static enum sip_congestion_level level(void *arg)
{
	(void)arg;
	return SIP_CONGESTION_NORMAL;
}

/* ---- opening and closing --------------------------------------------------------------------------------------------------- */

static void on_peer(void *arg, const struct sip_addr *from, struct sip_str bytes)
{
	struct bed *bed = arg;

	(void)from;
	if (bed->peer_count + 1 < sizeof bed->peer_first)
		bed->peer_first[bed->peer_count] = bytes.p[0] == 'S' ? bytes.p[8] : bytes.p[0];
	bed->peer_count++;
	snprintf(bed->peer_last, sizeof bed->peer_last, "%.*s", SIP_STR_ARG(bytes));
}

enum sip_err bed_peer_at(struct bed *bed, const struct sip_addr *at)
{
	return sip_memory_net_peer(bed->net, at, on_peer, bed);
}

/* The scripted zone: two.test has two addresses, the dead one first; one.test has the living one. */
static void on_query(void *arg, struct sip_str name, enum dns_type type, void (*answered)(void *, struct dns_rrset *),
		     void *answer_arg)
{
	struct bed *bed = arg;
	bool is_two = sip_str_eq_nocase(name, SIP_STR("two.test"));
	bool is_one = sip_str_eq_nocase(name, SIP_STR("one.test"));
	size_t count = type != DNS_TYPE_A ? 0 : is_two ? 2 : is_one ? 1 : 0;
	struct dns_rrset *set = sip_alloc_zero(sizeof *set + 2 * sizeof *set->rr);

	if (set) {
		sip_ref_init(&set->ref, 0x52525345u, sip_free);
		set->err = count ? SIP_OK : SIP_E_NOTFOUND;
		set->expires_us = sip_loop_now(bed->loop) + SIP_SECONDS(300);
		set->count = count;
		set->rr = (struct dns_rr *)(void *)(set + 1);
		for (size_t i = 0; i < count; i++) {
			set->rr[i].type = DNS_TYPE_A;
			set->rr[i].ttl = 300;
			set->rr[i].addr = bed_addr(is_two && i == 0 ? "10.0.0.8:0" : "10.0.0.2:0");
		}
	}
	answered(answer_arg, set);
}

static enum sip_err open_transport(struct party *p, const char *at, enum sip_transport_kind kind, struct sip_transport **out)
{
	struct sip_transport_options o;
	enum sip_err err;

	sip_transport_options_init(&o, kind);
	o.net = p->bed->net;
	o.bind = bed_addr(at);
	err = sip_transport_open(&o, &p->wire, 1, out);
	if (err == SIP_OK)
		err = sip_shard_post_transport(p->shard, *out, true, p->bed->clock.now);
	return err;
}

static enum sip_err open_party(struct bed *bed, struct party *p, const char *at, const struct sip_shard_options *base)
{
	struct sip_shard_options so = *base;
	struct sip_wire_options wo;
	enum sip_err err;

	p->bed = bed;
	sip_wire_options_init(&wo);
	wo.loop = bed->loop;
	wo.user = (struct sip_wire_user){ .on_message = on_message, .on_send_failed = on_send_failed, .on_flow_gone = on_flow_gone,
						  .level = level, .arg = p };
	err = sip_wire_create(&wo, &p->wire);
	so.user = (struct sip_shard_user){ .on_request = on_request, .on_ack = on_ack, .on_cancel = on_cancel, .on_response = on_response,
						   .on_stray = on_stray, .on_ended = on_ended, .arg = p };
	if (err == SIP_OK)
		err = sip_shard_create(&so, &p->shard);
	if (err == SIP_OK)
		err = open_transport(p, at, SIP_TRANSPORT_UDP, &p->udp);
	if (err == SIP_OK)
		err = open_transport(p, at, SIP_TRANSPORT_TCP, &p->tcp);
	return err;
}

static enum sip_err open_loop(struct bed *bed)
{
	struct sip_addr peer = bed_addr("10.0.0.9:5060");
	struct sip_loop_options lo;
	enum sip_err err = sip_metrics_create(sip_metric_rows, SIP_METRIC_COUNT, &bed->metrics);

	if (err != SIP_OK)
		return err;
	sip_loop_options_init(&lo);
	lo.clock = &bed->clock.clock;
	lo.poll = SIP_POLL_NONE;
	lo.metrics = bed->metrics;
	lo.seed = 7;
	err = sip_loop_create(&lo, &bed->loop);
	sip_memory_options_init(&bed->wire);
	if (err == SIP_OK)
		err = sip_memory_net_create(&bed->wire, &bed->net);
	if (err == SIP_OK)
		err = sip_memory_net_peer(bed->net, &peer, on_peer, bed);
	return err;
}

enum sip_err bed_open_with(struct bed *bed, size_t clients_max, size_t servers_max)
{
	struct sip_shard_options so;
	enum sip_err err;

	memset(bed, 0, sizeof *bed);
	sip_clock_virtual_init(&bed->clock, 0);
	bed->dns.query = on_query;
	bed->dns.arg = bed;
	err = open_loop(bed);
	sip_shard_options_init(&so);
	so.number = 3;
	so.loop = bed->loop;
	so.key.k[0] = 0x1234;
	so.dns.hosts_path = "";
	so.dns.source = &bed->dns;
	if (clients_max)
		so.clients_max = clients_max;
	if (servers_max)
		so.servers_max = servers_max;
	if (err == SIP_OK)
		err = open_party(bed, &bed->a, "10.0.0.1:5060", &so);
	if (err == SIP_OK)
		err = open_party(bed, &bed->b, "10.0.0.2:5060", &so);
	if (err == SIP_OK)
		bed_run(bed, 1);
	return err;
}

enum sip_err bed_open(struct bed *bed)
{
	return bed_open_with(bed, 0, 0);
}

static void close_party(struct party *p)
{
	if (p->shard)
		sip_shard_shutdown(p->shard);
	if (p->wire)
		sip_wire_shutdown(p->wire);
	sip_message_unref(&p->request);
	sip_message_unref(&p->response);
	sip_shard_destroy(&p->shard);
	sip_transport_unref(&p->udp);
	sip_transport_unref(&p->tcp);
	sip_wire_unref(&p->wire);
}

/* As far as it was written down. */
static void check_ended(const struct party *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		n += p->heard[i].kind == HEARD_REQUEST;
	UNIT_CHECK(n <= bed_count(p, HEARD_ENDED) || p->count == HEARD);
}

enum sip_err bed_close(struct bed *bed, enum sip_err err)
{
	close_party(&bed->a);
	close_party(&bed->b);
	sip_memory_net_unref(&bed->net);
	sip_loop_unref(&bed->loop);
	check_ended(&bed->a);
	check_ended(&bed->b);
	if (bed->metrics) {
		UNIT_EQ(sip_metrics_get(bed->metrics, SIP_M_CLIENT_TRANSACTIONS), 0);
		UNIT_EQ(sip_metrics_get(bed->metrics, SIP_M_SERVER_TRANSACTIONS), 0);
		UNIT_EQ(sip_metrics_get(bed->metrics, SIP_M_FLOWS), 0);
	}
	sip_metrics_unref(&bed->metrics);
	return err != SIP_OK ? err : bed->has_failed ? SIP_E_NOMEM : SIP_OK;
}

void bed_run(struct bed *bed, int64_t ms)
{
	int64_t end = bed->clock.now + SIP_MS(ms);

	for (;;) {
		int64_t sleep;

		UNIT_EQ(sip_loop_turn(bed->loop, 0), SIP_OK);
		sleep = sip_loop_sleep_us(bed->loop);
		if (sleep == 0)
			continue;
		if (sleep < 0 || bed->clock.now + sleep > end)
			break;
		sip_clock_virtual_advance(&bed->clock, sleep);
	}
	sip_clock_virtual_advance(&bed->clock, end - bed->clock.now);
}

int64_t bed_metric(struct bed *bed, enum sip_metric id)
{
	return sip_metrics_get(bed->metrics, id);
}

/* ---- deeds ------------------------------------------------------------------------------------------------------------------ */

static enum sip_err request(struct party *p, const char *method, const char *uri, const struct sip_shard_target *target,
			    struct sip_str body, uint64_t *tx)
{
	struct sip_request_options o;
	struct sip_message *m = NULL;
	enum sip_err err;

	*tx = sip_shard_new_tx(p->shard);
	sip_request_options_init(&o);
	o.method = sip_str_of(method);
	o.uri = sip_str_of(uri);
	o.from = SIP_STR("<sip:alice@a.test>;tag=from");
	o.to = SIP_STR("<sip:bob@b.test>");
	o.call_id = SIP_STR("call@a.test");
	o.cseq = (uint32_t)(*tx >> SIP__ID_SHIFT & 0xffff);
	o.max_forwards = 70;
	err = sip_request_make(&o, &m);
	if (err == SIP_OK && body.len)
		err = sip_message_set_body(m, SIP_STR("text/plain"), body);
	if (err == SIP_OK)
		err = sip_shard_post_request(p->shard, *tx, p, 77, &m, target, sip_loop_now(p->bed->loop));
	sip_message_unref(&m);
	return err;
}

enum sip_err bed_request(struct party *p, const char *method, const char *uri, const struct sip_shard_target *target,
			 uint64_t *tx)
{
	return request(p, method, uri, target, sip_str_make(NULL, 0), tx);
}

enum sip_err bed_request_with_body(struct party *p, const char *uri, const struct sip_shard_target *target, struct sip_str body,
				   uint64_t *tx)
{
	return request(p, "MESSAGE", uri, target, body, tx);
}

enum sip_err bed_respond(struct party *p, unsigned status)
{
	struct sip_message *m = NULL;
	enum sip_err err;

	if (!p->request)
		return SIP_E_NOMEM;
	err = sip_response_make(p->request, status, NULL, SIP_STR("to"), &m);
	if (err == SIP_OK)
		err = sip_shard_post_response(p->shard, p->tx, &m, sip_loop_now(p->bed->loop));
	sip_message_unref(&m);
	return err;
}

enum sip_err bed_ack(struct party *p, const char *uri)
{
	struct sip_request_options o;
	struct sip_message *m = NULL;
	enum sip_err err;

	sip_request_options_init(&o);
	o.method = SIP_STR("ACK");
	o.uri = sip_str_of(uri);
	o.from = SIP_STR("<sip:alice@a.test>;tag=from");
	o.to = SIP_STR("<sip:bob@b.test>;tag=to");
	o.call_id = SIP_STR("call@a.test");
	o.cseq = 1;
	o.max_forwards = 70;
	err = sip_request_make(&o, &m);
	if (err == SIP_OK)
		err = sip_shard_post_stateless(p->shard, 0, &m, NULL, sip_loop_now(p->bed->loop));
	sip_message_unref(&m);
	return err;
}

enum sip_err bed_forward(struct party *p, const char *text)
{
	struct sip_shard_target target = { .uri = SIP_STR("sip:10.0.0.9") };
	struct sip_packet *packet = sip_packet_copy(text, strlen(text));
	struct sip_message *m = NULL;
	enum sip_err err = packet ? sip__packet_index(packet, &m) : SIP_E_NOMEM;

	if (err == SIP_OK)
		err = sip_shard_post_stateless(p->shard, 0, &m, &target, sip_loop_now(p->bed->loop));
	sip_message_unref(&m);
	sip_packet_unref(&packet);
	return err;
}

enum sip_err bed_inject(struct bed *bed, const char *text)
{
	struct sip_addr from = bed_addr("10.0.0.9:5060");
	struct sip_addr to = bed_addr("10.0.0.1:5060");

	return sip_memory_net_inject(bed->net, &from, &to, sip_str_of(text), sip_loop_now(bed->loop));
}

enum sip_err bed_peer_answers(struct bed *bed, const char *status, const char *tag)
{
	struct sip_packet *packet = sip_packet_copy(bed->peer_last, strlen(bed->peer_last));
	struct sip_message *request = NULL;
	struct sip_message *response = NULL;
	struct sip_buf b;
	unsigned code = (unsigned)(status[0] - '0') * 100 + (unsigned)(status[1] - '0') * 10 + (unsigned)(status[2] - '0');
	/* Memory that ended on the way to the peer leaves it with nothing to answer. */
	enum sip_err err = packet && bed->peer_last[0] ? sip__packet_index(packet, &request) : SIP_E_NOMEM;

	sip_buf_init(&b, 0);
	if (err == SIP_OK)
		err = sip_response_make(request, code, NULL, sip_str_of(tag), &response);
	if (err == SIP_OK) {
		sip_message_put(response, &b);
		err = b.err;
	}
	if (err == SIP_OK)
		err = bed_inject(bed, sip_buf_z(&b));
	sip_buf_fini(&b);
	sip_message_unref(&response);
	sip_message_unref(&request);
	sip_packet_unref(&packet);
	return err;
}

size_t bed_count(const struct party *p, enum heard_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		n += p->heard[i].kind == kind;
	return n;
}

const char *bed_story(const struct party *p, char *room, size_t size)
{
	static const char letters[] = "?QACRSE";
	size_t len = 0;

	room[0] = '\0';
	for (size_t i = 0; i < p->count && len + 8 < size; i++) {
		const struct heard *h = &p->heard[i];
		len += (size_t)snprintf(room + len, size - len, "%s%c", i ? " " : "", letters[h->kind]);
		if (h->status)
			len += (size_t)snprintf(room + len, size - len, "%u", h->status);
	}
	return room;
}
