/*
 * Sending without a transaction: ACKs for 2xx, responses passed on (RFC 3261 16.11), answers under overload (8.2.7). One
 * try, nothing kept, except that a name must be resolved first: until then the message waits on the shard's list.
 */
#include "stack/transaction/transaction_priv.h"

#define WAITING_MAX 10000

struct sip__stateless {
	struct sip_list node;
	struct sip_shard *shard;         /* lent: our parent */
	struct sip_message *message;     /* owned */
	uint64_t branch;                 /* of a request: the id its branch is made of; 0: a new one */
	struct sip_transport *preferred; /* owned; may be NULL */
	const struct sip__route *route;  /* in the message's memory; may be NULL */
	struct dns_locate *locate;       /* owned */
};

static void failed(struct sip_shard *s, enum sip_err err)
{
	sip__count(s, err == SIP_E_NOMEM ? SIP_M_DROP_NOMEM : SIP_M_DROP_ERROR, 1);
}

static enum sip_err send_now(struct sip_shard *s, const struct sip_message *m, const struct sip__way *way)
{
	struct sip_packet *packet = NULL;
	enum sip_err err = sip__encode_for(m, way->peer, &packet);

	if (err == SIP_OK)
		err = sip__shard_send(s, packet, way, 0, false);
	sip_packet_unref(&packet);
	return err;
}

/*
 * The same Via each time it comes (RFC 3261 16.11), be it in another process: the branch is of the request alone. Nobody answers an
 * ACK, so it need not be known as ours, nor be hard to guess.
 */
static enum sip_err forward(struct sip_shard *s, struct sip_message *m, struct sip_transport *t, const struct sip_addr *to,
			    struct sip_str extra)
{
	static const struct sip_hash_key any;
	struct sip__key key;

	return sip__key_of(&any, m, &key) ? sip__push_via(s, &any, m, t, to, key.hash, extra) : SIP_E_SYNTAX;
}

static enum sip_err send_request(struct sip_shard *s, struct sip_message *m, uint64_t branch, const struct sip__way *way,
				 const struct sip__route *route)
{
	const struct sip_addr *to = way->flow ? sip_flow_remote(way->flow) : &way->to;
	struct sip_str extra = route ? route->extra : sip_str_make(NULL, 0);
	enum sip_err err = SIP_OK;

	if (route && route->prepare)
		err = route->prepare(route->prepare_arg, m, way->transport, to);
	if (err == SIP_OK)
		err = branch || !sip_message_has(m, SIP_HEADER_VIA)
			      ? sip__push_via(s, &s->key, m, way->transport, to, branch ? branch : sip_shard_new_tx(s), extra)
			      : forward(s, m, way->transport, to, extra);
	return err == SIP_OK ? send_now(s, m, way) : err;
}

static enum sip_err send_to(const struct sip__stateless *w, const struct dns_target *targets, size_t count)
{
	struct sip_shard *s = w->shard;
	struct sip_message *m = w->message;

	for (size_t i = 0; i < count; i++) {
		struct sip__way way = { .to = targets[i].addr, .kind = targets[i].kind };

		if (sip__is_secure(way.kind))
			way.peer = targets[i].domain;

		way.transport = sip_selector_choose(&s->selector, way.kind, &way.to, w->preferred);
		if (way.transport)
			return sip_message_is_request(m) ? send_request(s, m, w->branch, &way, w->route) : send_now(s, m, &way);
	}
	return SIP_E_UNREACHABLE;
}

static void destroy(struct sip__stateless *w)
{
	if (sip_list_is_linked(&w->node)) {
		sip_list_remove(&w->node);
		w->shard->stateless_count--;
	}
	if (w->locate)
		dns_locate_cancel(&w->locate);
	sip_transport_unref(&w->preferred);
	sip_message_unref(&w->message);
	sip_free(w);
}

static void on_located(void *arg, enum sip_err err, const struct dns_target *targets, size_t count)
{
	struct sip__stateless *w = arg;

	w->locate = NULL;
	if (err == SIP_OK)
		err = send_to(w, targets, count);
	if (err != SIP_OK)
		failed(w->shard, err);
	if (sip_list_is_linked(&w->node)) /* otherwise locate_and_send is still at it */
		destroy(w);
}

static enum sip_err options_for(const struct sip_shard *s, const struct sip_message *m, const char *hop, struct sip_uri *room,
				struct dns_locate_options *o)
{
	const struct sip_via *via;

	sip__locate_options(s, o);
	if (sip_message_is_request(m)) {
		o->uri = sip__next_hop(m, hop, room);
		return o->uri && sip_uri_is_sip(o->uri) ? SIP_OK : SIP_E_UNSUPPORTED;
	}
	via = sip_message_via(m, 0);
	if (!via)
		return SIP_E_SYNTAX;
	o->host = via->host;
	o->port = via->port;
	o->kind = via->transport;
	return SIP_OK;
}

static enum sip_err locate_and_send(struct sip_shard *s, struct sip__command *c)
{
	struct sip_message *m = c->message;
	const char *hop = c->route ? c->route->hop : NULL;
	struct dns_locate_options o;
	struct dns_locate *search = NULL;
	struct sip__stateless *w;
	struct sip_uri room;
	enum sip_err err = s->stateless_count < WAITING_MAX ? options_for(s, m, hop, &room, &o) : SIP_E_LIMIT;

	if (err != SIP_OK)
		return err;
	w = sip_alloc_zero(sizeof *w);
	if (!w)
		return SIP_E_NOMEM;
	w->shard = s;
	w->message = m;
	w->branch = c->tx;
	sip_message_ref(m);
	w->route = c->route;
	w->preferred = c->transport;
	c->transport = NULL;
	err = dns_locate_start(s->dns, &o, on_located, w, &search);
	if (err != SIP_OK || !search) {
		destroy(w);
		return err;
	}
	w->locate = search;
	sip_list_add_tail(&s->stateless, &w->node);
	s->stateless_count++;
	return SIP_OK;
}

static enum sip_err by_flow(struct sip_shard *s, struct sip__command *c)
{
	struct sip__way way = { .flow = c->flow, .transport = sip_flow_transport(c->flow), .to = *sip_flow_remote(c->flow),
				.kind = sip_flow_kind(c->flow) };

	if (sip_message_is_request(c->message)) {
		sip_addr_clear(&way.to);
		return send_request(s, c->message, c->tx, &way, c->route);
	}
	if (sip__way_back(s, c->message, c->flow, &way) != SIP_OK)
		return SIP_E_UNREACHABLE;
	return send_now(s, c->message, &way);
}

void sip__stateless_send(struct sip_shard *s, struct sip__command *c)
{
	bool is_request = sip_message_is_request(c->message);
	struct sip__way way;
	enum sip_err err;

	if (c->flow && (c->flag || sip__flow_is_alive(c->flow)))
		err = by_flow(s, c);
	else if (!is_request && sip__way_back(s, c->message, NULL, &way) == SIP_OK)
		err = send_now(s, c->message, &way);
	else
		err = locate_and_send(s, c);
	if (err != SIP_OK)
		failed(s, err);
	sip_message_unref(&c->message);
}

void sip__stateless_answer(struct sip_shard *s, const struct sip_message *request, unsigned status, uint64_t id)
{
	struct sip_message *response = NULL;
	struct sip__way way;
	enum sip_err err = sip__way_back(s, request, sip_flow_from_ref(sip_message_flow(request)), &way);

	if (err == SIP_OK)
		err = sip__transaction_make(s, id, request, status, &response);
	if (err == SIP_OK && status == 503) { /* spread, so that they do not all come back at once */
		char text[24];
		struct sip_buf b;
		sip_buf_init_fixed(&b, text, sizeof text);
		sip_buf_put_u64(&b, 5 + sip_rand_below(sip_loop_rand(s->loop), 6));
		err = sip_message_set(response, SIP_HEADER_RETRY_AFTER, sip_buf_str(&b));
	}
	if (err == SIP_OK)
		err = send_now(s, response, &way);
	if (err != SIP_OK)
		failed(s, err);
	else if (status == 503)
		sip__count(s, SIP_M_ANSWERED_OVERLOAD, 1);
	sip_message_unref(&response);
}

void sip__stateless_stop(struct sip_shard *s)
{
	while (!sip_list_is_empty(&s->stateless))
		destroy(SIP_CONTAINER(s->stateless.next, struct sip__stateless, node));
}
