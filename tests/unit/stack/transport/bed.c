/* The bed: see bed.h. One thread. */
#include "tests/unit/stack/transport/bed.h"

#include <stdio.h>

struct sip_addr bed_addr(const char *text)
{
	struct sip_addr a;

	sip_addr_clear(&a);
	UNIT_EQ(sip_addr_parse_port(&a, sip_str_of(text), 5060), SIP_OK);
	return a;
}

static void copy_text(char *room, size_t size, struct sip_str s)
{
	snprintf(room, size, "%.*s", SIP_STR_ARG(s));
}

static enum sip_err on_message(void *arg, struct sip_message *m)
{
	struct bed_user *u = arg;
	const struct sip_via *via = sip_message_via(m, 0);

	if (u->messages < BED_SEEN)
		u->statuses[u->messages] = sip_message_status(m);
	u->messages++;
	copy_text(u->via, sizeof u->via, via ? via->text : sip_str_of(""));
	copy_text(u->body, sizeof u->body, sip_message_body(m));
	if (u->holds_flow) {
		sip_flow_unref(&u->flow);
		u->flow = sip_flow_from_ref(sip_message_flow(m));
		sip_flow_ref(u->flow);
	}
	if (u->verdict == SIP_OK)
		sip_message_unref(&m);
	return u->verdict;
}

static void on_send_failed(void *arg, uint64_t token, struct sip_packet *packet, enum sip_err why)
{
	struct bed_user *u = arg;

	(void)packet;
	if (u->failed < BED_SEEN)
		u->tokens[u->failed] = token;
	u->failed++;
	u->why = why;
}

static void on_flow_gone(void *arg, struct sip_flow *f, enum sip_err why)
{
	struct bed_user *u = arg;

	UNIT_EQ(sip_flow_state(f), SIP_FLOW_GONE);
	u->gone++;
	u->gone_why = why;
}

static void on_flow_idle(void *arg, struct sip_flow *f)
{
	(void)f;
	((struct bed_user *)arg)->idle++;
}

static enum sip_congestion_level level(void *arg)
{
	return ((struct bed_user *)arg)->level;
}

static void on_peer(void *arg, const struct sip_addr *from, struct sip_str bytes)
{
	struct bed *bed = arg;
	size_t used = strlen(bed->peer_all);

	(void)from;
	bed->peer_count++;
	copy_text(bed->peer_last, sizeof bed->peer_last, bytes);
	copy_text(bed->peer_all + used, sizeof bed->peer_all - used, bytes);
}

void bed_user_init(struct bed_user *u, struct sip_wire_user *face)
{
	face->on_message = on_message;
	face->on_send_failed = on_send_failed;
	face->on_flow_gone = on_flow_gone;
	face->on_flow_idle = on_flow_idle;
	face->level = level;
	face->arg = u;
}

static enum sip_err open_transport(struct bed *bed, struct bed_user *u, const char *at, enum sip_transport_kind kind,
				   const struct sip_transport_options *base, struct sip_transport **out)
{
	struct sip_transport_options o = *base;

	o.kind = kind;
	o.net = bed->net;
	o.bind = bed_addr(at);
	return sip_transport_open(&o, &u->wire, 1, out);
}

static enum sip_err open_user(struct bed *bed, struct bed_user *u, const char *at,
			      const struct sip_transport_options *t, const struct sip_wire_options *base)
{
	struct sip_wire_options o = *base;
	enum sip_err err;

	o.loop = bed->loop;
	bed_user_init(u, &o.user);
	err = sip_wire_create(&o, &u->wire);
	if (err == SIP_OK)
		err = open_transport(bed, u, at, SIP_TRANSPORT_UDP, t, &u->udp);
	if (err == SIP_OK)
		err = open_transport(bed, u, at, SIP_TRANSPORT_TCP, t, &u->tcp);
	return err;
}

enum sip_err bed_open_with(struct bed *bed, const struct sip_transport_options *t, const struct sip_wire_options *w)
{
	struct sip_loop_options lo;
	struct sip_memory_options mo;
	struct sip_addr peer = bed_addr("10.0.0.9:5060");
	enum sip_err err;

	memset(bed, 0, sizeof *bed);
	sip_clock_virtual_init(&bed->clock, 0);
	err = sip_metrics_create(sip_metric_rows, SIP_METRIC_COUNT, &bed->metrics);
	if (err != SIP_OK)
		return err;
	sip_loop_options_init(&lo);
	lo.clock = &bed->clock.clock;
	lo.poll = SIP_POLL_NONE;
	lo.metrics = bed->metrics;
	lo.seed = 7;
	err = sip_loop_create(&lo, &bed->loop);
	sip_memory_options_init(&mo);
	if (err == SIP_OK)
		err = sip_memory_net_create(&mo, &bed->net);
	if (err == SIP_OK)
		err = sip_memory_net_peer(bed->net, &peer, on_peer, bed);
	if (err == SIP_OK)
		err = open_user(bed, &bed->a, "10.0.0.1:5060", t, w);
	if (err == SIP_OK)
		err = open_user(bed, &bed->b, "10.0.0.2:5060", t, w);
	return err;
}

enum sip_err bed_open(struct bed *bed)
{
	struct sip_transport_options t;
	struct sip_wire_options w;

	sip_transport_options_init(&t, SIP_TRANSPORT_UDP);
	sip_wire_options_init(&w);
	return bed_open_with(bed, &t, &w);
}

static void close_user(struct bed_user *u)
{
	sip_flow_unref(&u->flow);
	if (u->wire)
		sip_wire_shutdown(u->wire);
	sip_transport_unref(&u->udp);
	sip_transport_unref(&u->tcp);
	sip_wire_unref(&u->wire);
}

void bed_close(struct bed *bed)
{
	close_user(&bed->a);
	close_user(&bed->b);
	if (bed->net)
		UNIT_EQ(sip_memory_net_in_flight(bed->net), 0);
	sip_memory_net_unref(&bed->net);
	sip_loop_unref(&bed->loop);
	if (bed->metrics) {
		UNIT_EQ(sip_metrics_get(bed->metrics, SIP_M_FLOWS), 0);
		UNIT_EQ(sip_metrics_get(bed->metrics, SIP_M_CONNECTIONS), 0);
		UNIT_EQ(sip_metrics_get(bed->metrics, SIP_M_UNLISTED), 0);
	}
	sip_metrics_unref(&bed->metrics);
}

void bed_run(struct bed *bed, int64_t us)
{
	int64_t end = bed->clock.now + us;

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

struct sip_str bed_options(char *room, size_t size, const char *via, const char *call_id)
{
	int n = snprintf(room, size,
			 "OPTIONS sip:bob@10.0.0.1 SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\nFrom: <sip:a@x>;tag=1\r\n"
			 "To: <sip:b@x>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
			 via, call_id);

	UNIT_CHECK(n > 0 && (size_t)n < size);
	return sip_str_make(room, (size_t)n);
}

static enum sip_err post(struct bed *bed, struct sip_send *s)
{
	enum sip_err err = sip_send_post(&s, bed->clock.now);

	sip_send_destroy(&s);
	return err;
}

static struct sip_send *make_send(struct sip_str text, uint64_t token)
{
	struct sip_packet *p = sip_packet_copy(text.p, text.len);
	struct sip_send *s = p ? sip_send_create(p) : NULL;

	sip_packet_unref(&p);
	if (s)
		s->token = token;
	return s;
}

enum sip_err bed_send(struct bed *bed, struct sip_transport *from, const char *to, struct sip_str text, uint64_t token)
{
	struct sip_send *s = make_send(text, token);

	if (!s)
		return SIP_E_NOMEM;
	s->transport = from;
	sip_transport_ref(from);
	s->to = bed_addr(to);
	return post(bed, s);
}

enum sip_err bed_send_by(struct bed *bed, struct sip_flow *flow, struct sip_str text, uint64_t token)
{
	struct sip_send *s = make_send(text, token);

	if (!s)
		return SIP_E_NOMEM;
	s->flow = flow;
	sip_flow_ref(flow);
	return post(bed, s);
}

enum sip_err bed_inject(struct bed *bed, const char *from, const char *to, struct sip_str text)
{
	struct sip_addr f = bed_addr(from), t = bed_addr(to);

	return sip_memory_net_inject(bed->net, &f, &t, text, bed->clock.now);
}

int64_t bed_metric(struct bed *bed, enum sip_metric id)
{
	return sip_metrics_get(bed->metrics, id);
}

static bool count_down(void *left)
{
	unsigned *n = left;

	if (!*n)
		return false;
	--*n;
	return true;
}

bool bed_refuse_first(void *left, enum sip_transport_kind kind, const struct sip_addr *from, const struct sip_addr *to,
		      struct sip_str bytes)
{
	(void)kind;
	(void)from;
	(void)to;
	(void)bytes;
	return !count_down(left);
}

bool bed_admit_first(void *left, enum sip_transport_kind kind, const struct sip_addr *from, const struct sip_addr *to,
		     struct sip_str bytes)
{
	return !bed_refuse_first(left, kind, from, to, bytes);
}
