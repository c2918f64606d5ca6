/*
 * Where things go: targets of a client transaction one after the other, each in a new attempt with a branch of its own
 * (RFC 3263 4.3), and a response whose first way failed (RFC 3261 18.2.2, RFC 3263 5). The shard's loop.
 */
#include "stack/transaction/transaction_priv.h"

#define VIA_TEXT 512
/* RFC 3261 18.1.1: what is larger goes by a stream, when the path MTU is not known. */
#define DATAGRAM_MOST 1300
/* More than our Via and Record-Route ever add. */
#define OWN_MOST 600

bool sip__flow_is_alive(const struct sip_flow *f)
{
	enum sip_flow_state state = sip_flow_state(f);

	return state != SIP_FLOW_GONE && state != SIP_FLOW_CLOSING;
}

void sip__locate_options(const struct sip_shard *s, struct dns_locate_options *o)
{
	memset(o, 0, sizeof *o);
	o->kind = SIP_TRANSPORT_NONE;
	o->kinds = sip_selector_kinds(&s->selector);
	o->has_ipv4 = sip_selector_has_family(&s->selector, AF_INET);
	o->has_ipv6 = sip_selector_has_family(&s->selector, AF_INET6);
}

const struct sip_uri *sip__next_hop(const struct sip_message *m, const char *hop, struct sip_uri *room)
{
	if (hop)
		return sip_uri_parse(sip_str_of(hop), room) == SIP_OK ? room : NULL;
	if (!sip_message_has(m, SIP_HEADER_ROUTE))
		return sip_message_uri(m);
	const struct sip_name_addr *route = sip_message_name_addr(m, SIP_HEADER_ROUTE, 0);
	return route ? &route->uri : NULL;
}

enum sip_err sip__push_via(struct sip_shard *s, const struct sip_hash_key *k, struct sip_message *m, struct sip_transport *t,
			   const struct sip_addr *to, uint64_t token, struct sip_str extra)
{
	char space[SIP__BRANCH_LEN + 1 + SIP__EXTRA_MAX];
	char text[VIA_TEXT];
	struct sip_buf branch;
	struct sip_buf b;

	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_init_fixed(&branch, space, sizeof space);
	sip__branch_put(k, token, extra, &branch);
	if (branch.err != SIP_OK)
		return branch.err;
	if (t)
		sip_transport_put_via(t, to, sip_buf_str(&branch), s->add_rport, &b);
	else { /* it never went anywhere: for responses made here, which have our Via like any other */
		SIP_BUF_LIT(&b, "SIP/2.0/UDP 0.0.0.0;branch=");
		sip_buf_put_str(&b, sip_buf_str(&branch));
	}
	return b.err != SIP_OK ? b.err : sip_message_push(m, SIP_HEADER_VIA, sip_buf_str(&b));
}

enum sip_err sip__encode_for(const struct sip_message *m, struct sip_str peer, struct sip_packet **out)
{
	enum sip_err err = sip_message_encode(m, out);

	if (err != SIP_OK || !peer.len)
		return err;
	err = sip_packet_set_peer(*out, peer);
	if (err != SIP_OK)
		sip_packet_unref(out);
	return err;
}

/* What ended the branch of the attempt before. */
static struct sip_str extra_of(const struct sip__transaction *tx, const struct sip_message *m)
{
	const struct sip_via *via = sip_message_via(m, 0);
	struct sip_str extra = sip_str_make(NULL, 0);
	uint64_t token;

	if (!via || !sip__branch_parse(&tx->shard->key, via->branch, &token, &extra))
		extra.len = 0;
	return extra;
}

/* The stream by which goes what is too large for a datagram of this kind (18.1.1): what was secure stays so. NONE: it is a stream. */
static enum sip_transport_kind wide_kind(enum sip_transport_kind kind)
{
	return kind == SIP_TRANSPORT_UDP ? SIP_TRANSPORT_TCP : kind == SIP_TRANSPORT_DTLS ? SIP_TRANSPORT_TLS : SIP_TRANSPORT_NONE;
}

/* There may be a further attempt: at another target, or by a stream when this turns out too large for a datagram. */
static bool may_go_further(const struct sip__work *w)
{
	if (!w->has_located || w->at < w->count)
		return true;
	return !w->is_wide && w->at > 0 && wide_kind(w->targets[w->at - 1].kind) != SIP_TRANSPORT_NONE &&
	       sip_message_encoded_len(w->request) + OWN_MOST > DATAGRAM_MOST;
}

/*
 * A request to encode for the next attempt. The user's own is kept only for a `prepare` that may be called again; otherwise it
 * is encoded and gone, and a further attempt begins with the packet of the one before.
 */
static enum sip_err take_request(struct sip__transaction *tx, struct sip_message **out, struct sip_str *extra)
{
	struct sip__work *w = tx->work;
	enum sip_err err;

	*extra = w->route.extra;
	if (w->request && w->route.prepare && may_go_further(w))
		return sip_message_clone(w->request, out);
	if (w->request) {
		*out = w->request;
		w->request = NULL;
		return SIP_OK;
	}
	err = sip__packet_index(tx->packet, out);
	if (err != SIP_OK)
		return err;
	*extra = extra_of(tx, *out);
	return sip_message_pop(*out, SIP_HEADER_VIA);
}

static enum sip_err encode(struct sip__transaction *tx, struct sip_transport *t, const struct sip_addr *to)
{
	struct sip__work *w = tx->work;
	struct sip_message *m = NULL;
	struct sip_packet *packet = NULL;
	struct sip_str extra, peer = sip_str_make(NULL, 0);
	enum sip_err err = take_request(tx, &m, &extra);

	if (w->domain && sip__is_secure(sip_transport_kind_of(t)))
		peer = sip_str_of(w->domain);

	if (err == SIP_OK && w->route.prepare)
		err = w->route.prepare(w->route.prepare_arg, m, t, to);
	if (err == SIP_OK)
		err = sip__push_via(tx->shard, &tx->shard->key, m, t, to, sip__tx_token(tx), extra);
	if (err == SIP_OK)
		err = sip__encode_for(m, peer, &packet);
	if (err == SIP_OK) {
		sip_packet_unref(&tx->packet);
		tx->packet = packet;
	} else if (!tx->packet && !w->request) { /* the user is still to be told about it */
		w->request = m;
		m = NULL;
	}
	sip_message_unref(&m);
	return err;
}

static bool is_stream(const struct sip_transport *t)
{
	enum sip_transport_kind kind = sip_transport_kind_of(t);

	return kind < SIP_TRANSPORT_KIND_COUNT && sip_transport_kinds[kind].is_stream;
}

/* ---- a client's targets ------------------------------------------------------------------------------------------------- */

bool sip__failover_has_next(const struct sip__transaction *tx)
{
	const struct sip__work *w = tx->work;

	if (!w || tx->is_cancel || tx->attempt == SIP__ATTEMPT_MAX)
		return false;
	return w->has_located ? w->at < w->count : w->has_tried_flow;
}

static const struct dns_target *present(const struct sip__transaction *tx)
{
	const struct sip__work *w = tx->work;

	return w && w->at > 0 && w->at <= w->count ? &w->targets[w->at - 1] : NULL;
}

/* What is too large for DTLS goes by TLS (18.1.1), though its flow is the only way for all else. */
static void leave_flow(const struct sip__transaction *tx)
{
	struct sip__work *w = tx->work;

	if (w && w->is_flow_only && tx->is_by_flow && sip_flow_kind(tx->way.flow) == SIP_TRANSPORT_DTLS)
		w->is_flow_only = w->has_located = false;
}

void sip__failover_target_failed(struct sip__transaction *tx, enum sip_err why)
{
	const struct dns_target *t = present(tx);
	bool is_ours = why == SIP_E_NOMEM || why == SIP_E_FULL || why == SIP_E_LIMIT || why == SIP_E_STOPPED ||
		       why == SIP_E_TOOBIG;

	if (t && t->path && !is_ours)
		dns_mark_failed(tx->shard->dns, t);
	if (why == SIP_E_TOOBIG)
		leave_flow(tx);
}

void sip__failover_target_answered(struct sip__transaction *tx)
{
	const struct dns_target *t = present(tx);

	if (!t || !t->path || tx->work->has_answered)
		return;
	tx->work->has_answered = true;
	dns_mark_answered(tx->shard->dns, t);
}

static enum sip_err keep_targets(struct sip__work *w, const struct dns_target *targets, size_t count)
{
	w->targets = count == 1 ? &w->one : sip_alloc(count * sizeof *targets);
	if (!w->targets)
		return SIP_E_NOMEM;
	w->count = count;
	memcpy(w->targets, targets, count * sizeof *targets);
	for (size_t i = 0; i < count; i++) {
		if (sip__is_secure(targets[i].kind) && !w->domain)
			w->domain = sip_strdup(targets[i].domain.p, targets[i].domain.len);
		if (sip__is_secure(targets[i].kind) && !w->domain)
			return SIP_E_NOMEM;
		w->targets[i].domain = sip_str_make(NULL, 0); /* lent for the call only */
	}
	return SIP_OK;
}

static bool has_stream_for(const struct sip__transaction *tx, enum sip_transport_kind kind)
{
	enum sip_transport_kind wide = wide_kind(kind);

	return wide != SIP_TRANSPORT_NONE && (sip_selector_kinds(&tx->shard->selector) >> wide & 1u);
}

static enum sip_size_switch size_switch_of(const struct sip__transaction *tx, const struct dns_target *target)
{
	const struct sip_transport *t =
		sip_selector_choose(&tx->shard->selector, target->kind, &target->addr, tx->work->preferred);

	return t ? sip_transport_options_of(t)->size_switch : SIP_SIZE_SWITCH_FALLBACK;
}

/* By a stream, and after that as it was; or one of the two. */
static size_t put_wide(const struct sip__transaction *tx, const struct dns_target *target, struct dns_target *out)
{
	bool is_datagram = wide_kind(target->kind) != SIP_TRANSPORT_NONE;
	enum sip_size_switch to = is_datagram ? size_switch_of(tx, target) : SIP_SIZE_SWITCH_OFF;
	size_t n = 0;

	if (to != SIP_SIZE_SWITCH_OFF && has_stream_for(tx, target->kind)) {
		out[n] = *target;
		out[n].kind = wide_kind(target->kind);
		out[n++].path = 0;
	}
	if (to != SIP_SIZE_SWITCH_ON)
		out[n++] = *target;
	return n;
}

static enum sip_err put_all_wide(struct sip__transaction *tx, size_t from)
{
	struct sip__work *w = tx->work;
	struct dns_target *wide = sip_alloc((2 * w->count - from) * sizeof *wide);
	size_t n = from;

	if (!wide)
		return SIP_E_NOMEM;
	memcpy(wide, w->targets, from * sizeof *wide);
	for (size_t i = from; i < w->count; i++)
		n += put_wide(tx, &w->targets[i], &wide[n]);
	if (w->targets != &w->one)
		sip_free(w->targets);
	w->targets = wide;
	w->count = n;
	w->at = from;
	w->is_wide = true;
	return SIP_OK;
}

/*
 * The present target is a datagram's by `t`, and this is too large for it: all from here on are seen to (18.1.1). OK: it goes as it is; AGAIN:
 * by what is the next target now. A datagram that may be fragmented is better than none, unless `t` says otherwise.
 */
static enum sip_err widen(struct sip__transaction *tx, const struct sip_transport *t)
{
	struct sip__work *w = tx->work;
	enum sip_size_switch to = sip_transport_options_of(t)->size_switch;
	bool has_stream = has_stream_for(tx, w->targets[w->at - 1].kind);

	if (w->is_wide || to == SIP_SIZE_SWITCH_OFF)
		return SIP_OK;
	if (has_stream && put_all_wide(tx, w->at - 1) == SIP_OK)
		return SIP_E_AGAIN;
	if (to == SIP_SIZE_SWITCH_FALLBACK)
		return SIP_OK;
	return has_stream ? SIP_E_NOMEM : SIP_E_TOOBIG;
}

/* Of the request that is encoded now. */
static enum sip_err fit(struct sip__transaction *tx, const struct dns_target *target, const struct sip_transport *t)
{
	if (wide_kind(target->kind) == SIP_TRANSPORT_NONE || sip_packet_len(tx->packet) <= DATAGRAM_MOST)
		return SIP_OK;
	return widen(tx, t);
}

void sip__failover_skip_twin(struct sip__transaction *tx)
{
	struct sip__work *w = tx->work;
	const struct dns_target *t = present(tx);

	if (t && w->is_wide && w->at < w->count && t->kind == wide_kind(w->targets[w->at].kind) &&
	    sip_addr_eq(&t->addr, &w->targets[w->at].addr))
		w->at++;
}

static enum sip__event try_targets(struct sip__transaction *tx, enum sip_err *why)
{
	struct sip__work *w = tx->work;
	struct sip_shard *s = tx->shard;

	while (w->at < w->count) {
		const struct dns_target *target = &w->targets[w->at++];
		struct sip_transport *t = sip_selector_choose(&s->selector, target->kind, &target->addr, w->preferred);
		if (!t) {
			*why = SIP_E_UNREACHABLE;
			continue;
		}
		w->has_answered = false;
		*why = encode(tx, t, &target->addr);
		if (*why == SIP_OK)
			*why = fit(tx, target, t);
		if (*why == SIP_E_NOMEM)
			return SIP__EVENT_LOCATE_FAILED;
		if (*why != SIP_OK)
			continue;
		tx->is_reliable = is_stream(t);
		sip__transaction_go_by(tx, NULL, t, &target->addr);
		return SIP__EVENT_LOCATED;
	}
	return SIP__EVENT_LOCATE_FAILED;
}

static void on_located(void *arg, enum sip_err err, const struct dns_target *targets, size_t count)
{
	struct sip__transaction *tx = arg;
	struct sip__work *w = tx->work;
	enum sip__event event = SIP__EVENT_LOCATE_FAILED;

	w->locate = NULL;
	if (err == SIP_OK && count > 0)
		err = keep_targets(w, targets, count);
	else if (err == SIP_OK)
		err = SIP_E_NOTFOUND;
	w->located = err;
	if (w->is_starting)
		return;
	if (err == SIP_OK)
		event = try_targets(tx, &err);
	sip__transaction_run(tx, event, NULL, NULL, err);
}

static enum sip_err locate(struct sip__transaction *tx, const struct sip_message *m)
{
	struct sip__work *w = tx->work;
	struct dns_locate_options o;
	struct dns_locate *search = NULL;
	struct sip_uri room;
	enum sip_err err;

	sip__locate_options(tx->shard, &o);
	o.uri = sip__next_hop(m, w->route.hop, &room);
	if (!o.uri || !sip_uri_is_sip(o.uri))
		return SIP_E_UNSUPPORTED;
	w->is_starting = true;
	err = dns_locate_start(tx->shard->dns, &o, on_located, tx, &search);
	w->is_starting = false;
	if (err != SIP_OK)
		return err;
	w->locate = search;
	return search ? SIP_E_AGAIN : w->located;
}

static enum sip__event start_locating(struct sip__transaction *tx, enum sip_err *why)
{
	struct sip__work *w = tx->work;
	struct sip_message *m = NULL;

	w->has_located = true;
	if (w->request)
		*why = locate(tx, w->request);
	else {
		*why = sip__packet_index(tx->packet, &m);
		if (*why == SIP_OK)
			*why = locate(tx, m);
		sip_message_unref(&m);
	}
	if (*why == SIP_E_AGAIN)
		return SIP__EVENT_NONE;
	return *why == SIP_OK ? try_targets(tx, why) : SIP__EVENT_LOCATE_FAILED;
}

static enum sip__event try_flow(struct sip__transaction *tx, enum sip_err *why)
{
	struct sip_flow *flow = tx->way.flow;
	struct sip_transport *t = sip_flow_transport(flow);

	tx->work->has_tried_flow = true;
	if (!sip__flow_is_alive(flow)) {
		*why = SIP_E_CLOSED;
		return SIP__EVENT_FLOW_LOST;
	}
	*why = encode(tx, t, sip_flow_remote(flow));
	if (*why != SIP_OK)
		return SIP__EVENT_LOCATE_FAILED;
	tx->is_reliable = is_stream(t);
	sip_addr_clear(&tx->to);
	return SIP__EVENT_LOCATED;
}

enum sip__event sip__failover_next(struct sip__transaction *tx, enum sip_err *why)
{
	struct sip__work *w = tx->work;
	enum sip__event event;

	if (tx->packet && tx->attempt < SIP__ATTEMPT_MAX)
		tx->attempt++;
	if (tx->is_by_flow && !w->has_tried_flow) {
		event = try_flow(tx, why);
		if (event != SIP__EVENT_FLOW_LOST || w->is_flow_only)
			return event;
	}
	return w->has_located ? try_targets(tx, why) : start_locating(tx, why);
}

/* ---- the way back -------------------------------------------------------------------------------------------------------- */

static uint16_t port_of(const struct sip_via *via, enum sip_transport_kind kind)
{
	if (via->port)
		return via->port;
	return kind < SIP_TRANSPORT_KIND_COUNT ? sip_transport_kinds[kind].default_port : 5060;
}

/* "the server SHOULD open a connection to the IP address in the "received" parameter […] using the port in the "sent-by"" */
static void stream_way_back(const struct sip_via *via, const struct sip_flow *flow, struct sip__way *w)
{
	struct sip_str host = via->received.len ? via->received : via->host;

	if (sip_addr_parse(&w->to, host, port_of(via, w->kind)) != SIP_OK)
		sip_addr_clear(&w->to);
	else if (flow)
		sip_addr_take_zone(&w->to, sip_flow_remote(flow));
}

/*
 * RFC 3581 4: from the address the request came to, whether its Via wants the response where it came from or elsewhere. A DTLS
 * association carries the answer as a connection does.
 */
static enum sip_err datagram_way_back(const struct sip_via *via, struct sip_flow *flow, struct sip__way *w)
{
	enum sip_err err = sip_response_addr(via, &w->to);

	if (!flow)
		return err;
	w->flow = flow;
	if (err != SIP_OK || w->kind != SIP_TRANSPORT_UDP)
		w->to = *sip_flow_remote(flow);
	sip_addr_take_zone(&w->to, sip_flow_remote(flow));
	return SIP_OK;
}

enum sip_err sip__way_back(const struct sip_shard *s, const struct sip_message *m, struct sip_flow *flow, struct sip__way *out)
{
	const struct sip_via *via = sip_message_via(m, 0);
	enum sip_err err;

	memset(out, 0, sizeof *out);
	if (!via)
		return SIP_E_SYNTAX;
	out->kind = flow ? sip_flow_kind(flow) : via->transport;
	if (out->kind >= SIP_TRANSPORT_KIND_COUNT)
		return SIP_E_UNSUPPORTED;
	if (sip_transport_kinds[out->kind].is_stream) {
		out->flow = flow;
		stream_way_back(via, flow, out);
	} else {
		err = datagram_way_back(via, flow, out);
		if (err != SIP_OK)
			return err;
	}
	if (flow)
		out->transport = sip_flow_transport(flow);
	else if (!sip_addr_is_none(&out->to))
		out->transport = sip_selector_choose(&s->selector, out->kind, &out->to, NULL);
	else
		return SIP_E_NOTFOUND;
	if (!out->transport)
		return SIP_E_UNREACHABLE;
	sip_transport_take_zone(out->transport, &out->to);
	return SIP_OK;
}

static void fall_back(struct sip__transaction *tx)
{
	struct sip__work *w = tx->work;
	struct sip_shard *s = tx->shard;
	bool gives_back = tx->state == SIP__STATE_ACCEPTED;

	while (w->at < w->count) {
		const struct dns_target *target = &w->targets[w->at++];
		struct sip_transport *t = sip_selector_choose(&s->selector, target->kind, &target->addr, NULL);
		if (!t || sip_addr_eq(&target->addr, &tx->to))
			continue;
		if (tx->attempt < SIP__ATTEMPT_MAX)
			tx->attempt++;
		sip__transaction_go_by(tx, NULL, t, &target->addr);
		struct sip__way way = { .transport = t, .to = target->addr, .kind = target->kind };
		if (sip__shard_send(s, tx->packet, &way, sip__tx_token(tx), gives_back) == SIP_OK) {
			tx->why = SIP_OK;
			return;
		}
	}
}

static void on_fallback(void *arg, enum sip_err err, const struct dns_target *targets, size_t count)
{
	struct sip__transaction *tx = arg;
	struct sip__work *w = tx->work;

	w->locate = NULL;
	if (err == SIP_OK && count > 0 && keep_targets(w, targets, count) == SIP_OK && tx->packet)
		fall_back(tx);
}

static enum sip_err locate_sent_by(struct sip__transaction *tx, const struct sip_via *via)
{
	struct dns_locate_options o;
	struct dns_locate *search = NULL;
	enum sip_err err;

	sip__locate_options(tx->shard, &o);
	o.host = via->host;
	o.port = via->port;
	o.kind = via->transport;
	err = dns_locate_start(tx->shard->dns, &o, on_fallback, tx, &search);
	if (err == SIP_OK && search)
		tx->work->locate = search;
	return err;
}

void sip__failover_response(struct sip__transaction *tx)
{
	struct sip_message *m = NULL;
	struct sip__work *w;
	const struct sip_via *via;

	if (!tx->packet)
		return;
	w = sip__transaction_work(tx);
	if (!w || w->locate)
		return;
	if (w->has_located) {
		fall_back(tx);
		return;
	}
	w->has_located = true;
	if (sip__packet_index(tx->packet, &m) != SIP_OK)
		return;
	via = sip_message_via(m, 0);
	if (via && locate_sent_by(tx, via) != SIP_OK)
		sip__count(tx->shard, SIP_M_DROP_ERROR, 1);
	sip_message_unref(&m);
}
