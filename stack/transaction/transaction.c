/*
 * A transaction's life, and the driver: events in, effects carried out in the order the machine listed them. Belongs to its
 * shard's loop. RFC 3261 17.
 */
#include "stack/transaction/transaction_priv.h"

#include <limits.h>

static const struct sip_limits own_limits = { SIZE_MAX, SIZE_MAX, 65535, 65535, UINT_MAX };

/* ---- life ---------------------------------------------------------------------------------------------------------- */

static void release_way(struct sip__transaction *tx)
{
	if (tx->is_by_flow)
		sip_flow_unref(&tx->way.flow);
	else
		sip_transport_unref(&tx->way.transport);
	tx->is_by_flow = false;
	tx->way.transport = NULL;
}

void sip__transaction_go_by(struct sip__transaction *tx, struct sip_flow *flow, struct sip_transport *transport,
			    const struct sip_addr *to)
{
	struct sip_addr where;

	if (flow)
		sip_flow_ref(flow);
	else if (transport)
		sip_transport_ref(transport);
	where = *to; /* may be tx's own */
	release_way(tx);
	tx->is_by_flow = flow != NULL;
	if (flow)
		tx->way.flow = flow;
	else
		tx->way.transport = transport;
	tx->to = where;
}

static void on_life(void *arg);
static void on_resend(void *arg);

struct sip__work *sip__transaction_work(struct sip__transaction *tx)
{
	struct sip__work *w = tx->work;

	if (w)
		return w;
	w = sip_slab_alloc(&tx->shard->works);
	if (!w)
		return NULL;
	memset(w, 0, sizeof *w);
	sip_timer_init(&w->resend, on_resend, tx);
	tx->work = w;
	return w;
}

static void shed(struct sip__transaction *tx)
{
	struct sip__work *w = tx->work;

	if (!w)
		return;
	sip__hop_leave(tx);
	tx->work = NULL;
	sip_loop_disarm(tx->shard->loop, &w->resend);
	if (w->locate)
		dns_locate_cancel(&w->locate);
	if (w->targets != &w->one)
		sip_free(w->targets);
	sip_free(w->domain);
	sip_transport_unref(&w->preferred);
	sip_message_unref(&w->request);
	sip_received_fini(&w->received);
	sip_free(w->own_hop);
	sip_free(w->reason);
	sip_slab_free(&tx->shard->works, w);
}

static void count_alive(struct sip_shard *s, bool is_client, int by)
{
	size_t *n = is_client ? &s->clients : &s->servers;

	*n = by > 0 ? *n + 1 : *n - 1;
	__atomic_store_n(&s->alive, s->clients + s->servers, __ATOMIC_RELAXED);
	sip__count(s, is_client ? SIP_M_CLIENT_TRANSACTIONS : SIP_M_SERVER_TRANSACTIONS, by);
	if (by > 0)
		sip__count(s, is_client ? SIP_M_CLIENT_TRANSACTIONS_TOTAL : SIP_M_SERVER_TRANSACTIONS_TOTAL, 1);
}

struct sip__transaction *sip__transaction_create(struct sip_shard *s, uint64_t id, enum sip__machine_id machine,
						 enum sip__state state)
{
	struct sip__transaction *tx = sip_slab_alloc(&s->transactions);

	if (!tx)
		return NULL;
	memset(tx, 0, sizeof *tx);
	tx->magic = SIP__TX_MAGIC;
	tx->shard = s;
	tx->machine = machine & 3;
	tx->state = (uint8_t)state;
	sip_timer_init(&tx->life, on_life, tx);
	if (!sip__transaction_work(tx)) {
		sip_slab_free(&s->transactions, tx);
		return NULL;
	}
	if (sip_hash_add(&s->ids, &tx->by_id, id >> SIP__ID_SHIFT) != SIP_OK) {
		shed(tx);
		sip_slab_free(&s->transactions, tx);
		return NULL;
	}
	count_alive(s, sip__tx_is_client(tx), 1);
	return tx;
}

void sip__transaction_destroy(struct sip__transaction **txp)
{
	struct sip__transaction *tx = *txp;
	struct sip_shard *s = tx->shard;

	*txp = NULL;
	MUST_BE(tx, SIP__TX_MAGIC);
	sip__table_remove(tx);
	sip_loop_disarm(s->loop, &tx->life);
	shed(tx);
	release_way(tx);
	sip_packet_unref(&tx->packet);
	sip_response_rest_free(&tx->rest);
	count_alive(s, sip__tx_is_client(tx), -1);
	tx->magic = 0;
	sip_slab_free(&s->transactions, tx);
}

void sip__transaction_end(struct sip__transaction **txp, enum sip_err why)
{
	struct sip__transaction *tx = *txp;
	struct sip_shard *s = tx->shard;
	void *owner = tx->owner;
	uint64_t id = sip__tx_id(tx);
	uint64_t cookie = sip__tx_is_client(tx) ? tx->u.client.cookie : 0;
	bool is_announced = !tx->is_unannounced;

	sip__transaction_destroy(txp);
	if (is_announced)
		s->user.on_ended(s->user.arg, owner, id, cookie, why);
}

/* ---- making messages ------------------------------------------------------------------------------------------------ */

enum sip_err sip__packet_index(struct sip_packet *packet, struct sip_message **out)
{
	return sip_message_parse(packet, 0, sip_packet_len(packet), &own_limits, out);
}

enum sip_err sip__transaction_make(const struct sip_shard *s, uint64_t id, const struct sip_message *request, unsigned status,
				   struct sip_message **out)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	char tag[13];
	uint64_t h = sip_hash_bytes(&s->key, &id, sizeof id);

	for (size_t i = 0; i < sizeof tag; i++, h >>= 5)
		tag[i] = digits[h & 31];
	return sip_response_make(request, status, NULL, sip_str_make(tag, sizeof tag), out);
}

/* The user's view of a failure: a response to the request as it was sent, our Via on top like any other's. */
static enum sip_err make_for_user(struct sip__transaction *tx, unsigned status, struct sip_message **out)
{
	struct sip_message *request = NULL;
	enum sip_err err = SIP_E_NOMEM;

	*out = NULL;
	if (tx->packet)
		err = sip__packet_index(tx->packet, &request);
	else if (tx->work && tx->work->request) {
		request = tx->work->request;
		sip_message_ref(request);
		err = sip__push_via(tx->shard, &tx->shard->key, request, NULL, NULL, sip__tx_token(tx), tx->work->route.extra);
	}
	if (err == SIP_OK)
		err = sip__transaction_make(tx->shard, sip__tx_id(tx), request, status, out);
	sip_message_unref(&request);
	return err;
}

static enum sip_err make_ack(struct sip__transaction *tx, const struct sip_message *response, struct sip_packet **out)
{
	struct sip_message *invite = NULL;
	struct sip_message *ack = NULL;
	enum sip_err err = sip__packet_index(tx->packet, &invite);

	if (err == SIP_OK)
		err = sip_derive_ack(invite, response, &ack);
	if (err == SIP_OK)
		err = sip__encode_for(ack, sip_packet_peer(tx->packet), out);
	sip_message_unref(&ack);
	sip_message_unref(&invite);
	if (err != SIP_OK)
		sip__count(tx->shard, SIP_M_DROP_NOMEM, 1);
	return err;
}

/* ---- effects --------------------------------------------------------------------------------------------------------- */

static enum sip_err send_packet(const struct sip__transaction *tx, struct sip_packet *packet)
{
	struct sip__way way = { .flow = tx->is_by_flow ? tx->way.flow : NULL,
				.transport = tx->is_by_flow ? NULL : tx->way.transport, .to = tx->to };
	/* RFC 6026 8.6 has the user repeat a 2xx, so none is kept here: its copy is on the wire only. So is what can be made again. */
	bool gives_back = tx->state == SIP__STATE_ACCEPTED || tx->rest;

	return sip__shard_send(tx->shard, packet, &way, sip__tx_token(tx), gives_back);
}

/* A flow that cannot carry this message is none that has failed. */
static enum sip__event failed_event(const struct sip__transaction *tx, enum sip_err why)
{
	if (!sip__tx_is_client(tx))
		return SIP__EVENT_SEND_FAILED;
	if (tx->work && tx->work->is_flow_only && why != SIP_E_TOOBIG)
		return SIP__EVENT_FLOW_LOST;
	if (tx->state == SIP__STATE_TRYING && sip__failover_has_next(tx))
		return SIP__EVENT_SEND_FAILED_NEXT;
	return SIP__EVENT_SEND_FAILED;
}

static void send_failed(struct sip__step *s, enum sip_err err)
{
	struct sip__transaction *tx = s->tx;

	sip__count(tx->shard, SIP_M_TRANSPORT_FAILURES, 1);
	sip__failover_target_failed(tx, err);
	if (!sip__tx_is_client(tx))
		tx->why = (uint8_t)err;
	s->why = err;
	s->raised = failed_event(tx, err);
}

/* The packet that a repeated request makes of the rest; it stays when it cannot be sent, for then it may yet go by another way. */
static void remake(struct sip__step *s)
{
	struct sip__transaction *tx = s->tx;

	if (!tx->rest || !s->message)
		return;
	if (sip_response_rest_encode(tx->rest, s->message, &tx->packet) != SIP_OK)
		sip__count(tx->shard, SIP_M_DROP_NOMEM, 1);
}

static void do_send(struct sip__step *s, bool is_again)
{
	struct sip__transaction *tx = s->tx;
	enum sip_err err;

	if (!tx->packet)
		remake(s);
	if (!tx->packet)
		return;
	if (is_again)
		sip__count(tx->shard, SIP_M_RETRANSMIT_SENT, 1);
	err = send_packet(tx, tx->packet);
	if (err != SIP_OK) {
		sip_response_rest_free(&tx->rest);
		send_failed(s, err);
	} else if (tx->rest) {
		sip_packet_unref(&tx->packet);
	}
}

static void do_send_staged(struct sip__step *s)
{
	struct sip__transaction *tx = s->tx;

	sip_packet_unref(&tx->packet);
	tx->packet = s->packet;
	s->packet = NULL;
	if (tx->work && tx->state >= SIP__STATE_COMPLETED)
		sip_received_fini(&tx->work->received);
	do_send(s, false);
}

/* Seldom: most requests are answered by their user, and in time. */
static enum sip_err make_answer(const struct sip__transaction *tx, unsigned status, struct sip_message **out)
{
	struct sip_message *request = NULL;
	enum sip_err err = SIP_E_NOMEM;

	if (tx->work && tx->work->received.packet)
		err = sip_received_parse(&tx->work->received, &request);
	if (err == SIP_OK)
		err = sip__transaction_make(tx->shard, sip__tx_id(tx), request, status, out);
	sip_message_unref(&request);
	return err;
}

static void do_answer(struct sip__step *s, unsigned status)
{
	struct sip__transaction *tx = s->tx;
	struct sip_message *response = NULL;
	const struct sip_name_addr *to;
	enum sip_err err = make_answer(tx, status, &response);

	if (err == SIP_OK)
		err = sip_message_encode(response, &s->packet);
	if (err == SIP_OK) {
		to = tx->is_2543 ? sip_message_name_addr(response, SIP_HEADER_TO, 0) : NULL;
		if (tx->is_2543)
			tx->u.server.to_tag = to ? sip__text_hash(to->tag) : 0;
		do_send_staged(s);
	} else {
		sip__count(tx->shard, SIP_M_DROP_NOMEM, 1);
		if (status >= 200) { /* what went before is no answer to repeat any more */
			tx->why = (uint8_t)err;
			sip_packet_unref(&tx->packet);
		}
	}
	sip_message_unref(&response);
}

static void do_ack(struct sip__step *s)
{
	struct sip__transaction *tx = s->tx;
	struct sip_packet *ack = NULL;
	bool is_again = tx->has_ack;

	if (!tx->packet || !s->message)
		return;
	if (!is_again) {
		if (make_ack(tx, s->message, &ack) != SIP_OK)
			return;
		sip_packet_unref(&tx->packet);
		tx->packet = ack;
		tx->has_ack = true;
	}
	do_send(s, is_again);
}

/* The failed attempt must answer repetitions of its 503 with ACK for as long as any other (17.1.1.2). */
static void do_ack_aside(struct sip__step *s)
{
	struct sip__transaction *tx = s->tx;
	struct sip_shard *shard = tx->shard;
	struct sip__transaction *old = NULL;
	struct sip_packet *ack = NULL;

	if (!tx->packet || !s->message || make_ack(tx, s->message, &ack) != SIP_OK)
		return;
	if (send_packet(tx, ack) != SIP_OK)
		sip__count(shard, SIP_M_TRANSPORT_FAILURES, 1);
	if (!tx->is_reliable)
		old = sip__transaction_create(shard, sip__tx_id(tx), SIP__MACHINE_CLIENT_INVITE, SIP__STATE_COMPLETED);
	if (!old) {
		sip_packet_unref(&ack);
		return;
	}
	shed(old);
	old->packet = ack;
	old->attempt = tx->attempt;
	old->method = tx->method;
	old->u.client.extra = tx->u.client.extra;
	old->is_old = old->is_unheard = old->is_unannounced = old->has_ack = true;
	sip__transaction_go_by(old, tx->is_by_flow ? tx->way.flow : NULL, tx->is_by_flow ? NULL : tx->way.transport, &tx->to);
	old->timer = SIP__TIMER_D;
	sip_loop_arm(shard->loop, &old->life, shard->delays.of[SIP__TIMER_D][0]);
}

static void tell(struct sip__transaction *tx, struct sip_message *m, enum sip_err why)
{
	struct sip_shard_user *user = &tx->shard->user;

	user->on_response(user->arg, tx->owner, sip__tx_id(tx), tx->u.client.cookie, m, why);
}

static void do_tell(struct sip__step *s)
{
	struct sip_message *m = s->message;

	if (s->tx->is_unheard || !m)
		return;
	s->message = NULL;
	tell(s->tx, m, SIP_OK);
}

static void do_tell_made(struct sip__step *s, unsigned status)
{
	struct sip__transaction *tx = s->tx;
	struct sip_message *m = NULL;
	enum sip_err why = s->why != SIP_OK ? s->why : (enum sip_err)tx->why;

	if (tx->is_unheard)
		return;
	if (make_for_user(tx, status, &m) == SIP_OK)
		tell(tx, m, why != SIP_OK ? why : SIP_E_STOPPED);
	else
		tx->why = (uint8_t)(why != SIP_OK ? why : SIP_E_NOMEM); /* the end will be all that is heard */
}

static void do_tell_server(struct sip__step *s, bool is_cancel)
{
	struct sip__transaction *tx = s->tx;
	struct sip_shard_user *user = &tx->shard->user;
	struct sip_message *m = s->message;

	if (!m)
		return;
	s->message = NULL;
	if (is_cancel) {
		tx->has_cancelled = true;
		user->on_cancel(user->arg, tx->owner, sip__tx_id(tx), m);
	} else
		user->on_ack(user->arg, tx->owner, sip__tx_id(tx), m);
}

static void do_next(struct sip__step *s)
{
	struct sip__transaction *tx = s->tx;

	sip__hop_leave(tx);
	sip__count(tx->shard, SIP_M_FAILOVERS, 1);
	s->raised = sip__failover_next(tx, &s->why);
}

static void do_arm(struct sip__transaction *tx, const struct sip__effect *e)
{
	if (sip__timer_is_life(e->timer)) {
		tx->timer = e->timer;
		sip_loop_arm(tx->shard->loop, &tx->life, e->delay_us);
	} else if (tx->work) {
		tx->work->timer = e->timer;
		sip_loop_arm(tx->shard->loop, &tx->work->resend, e->delay_us);
	}
}

/* After a 2xx that failed to be delivered the next one is kept: it may yet go by another way. */
static void do_forget_packet(struct sip__transaction *tx)
{
	bool may_fall_back = !sip__tx_is_client(tx) && tx->state == SIP__STATE_ACCEPTED && tx->why != SIP_OK;

	if (may_fall_back)
		return;
	sip_packet_unref(&tx->packet);
	sip_response_rest_free(&tx->rest);
}

/* What stays inside: packets, timers, memory. */
static void keep_house(struct sip__step *s, const struct sip__effect *e)
{
	struct sip__transaction *tx = s->tx;

	switch ((enum sip__effect_kind)e->kind) {
	case SIP__EFFECT_FORGET_PACKET:
		do_forget_packet(tx);
		break;
	case SIP__EFFECT_ARM:
		do_arm(tx, e);
		break;
	case SIP__EFFECT_DISARM_LIFE:
		sip_loop_disarm(tx->shard->loop, &tx->life);
		break;
	case SIP__EFFECT_DISARM_RESEND:
		if (tx->work)
			sip_loop_disarm(tx->shard->loop, &tx->work->resend);
		break;
	case SIP__EFFECT_RAISE:
		s->raised = (enum sip__event)e->event;
		break;
	case SIP__EFFECT_SHED:
		shed(tx);
		/* By the flow of a call that was just accepted its ACK is to come, or to go: nobody may take it for idle. */
		if (!tx->packet && !tx->rest && tx->state != SIP__STATE_ACCEPTED)
			release_way(tx); /* it will never send again */
		break;
	case SIP__EFFECT_END:
		sip__transaction_end(&s->tx, (enum sip_err)tx->why);
		break;
	default:
		break;
	}
}

static void perform(struct sip__step *s, const struct sip__effect *e)
{
	struct sip__transaction *tx = s->tx;

	switch ((enum sip__effect_kind)e->kind) {
	case SIP__EFFECT_SEND:
		if (tx->is_reliable && sip__tx_is_client(tx))
			sip__hop_join(tx);
		do_send(s, false);
		break;
	case SIP__EFFECT_SEND_AGAIN:
		do_send(s, true);
		break;
	case SIP__EFFECT_SEND_STAGED:
		do_send_staged(s);
		break;
	case SIP__EFFECT_SEND_ACK:
		do_ack(s);
		break;
	case SIP__EFFECT_SEND_CANCEL:
		sip__cancel_send(tx);
		break;
	case SIP__EFFECT_ACK_ASIDE:
		do_ack_aside(s);
		break;
	case SIP__EFFECT_TELL:
		do_tell(s);
		break;
	case SIP__EFFECT_TELL_MADE:
		do_tell_made(s, e->status);
		break;
	case SIP__EFFECT_TELL_ACK:
	case SIP__EFFECT_TELL_CANCEL:
		do_tell_server(s, e->kind == SIP__EFFECT_TELL_CANCEL);
		break;
	case SIP__EFFECT_ANSWER:
		do_answer(s, e->status);
		break;
	case SIP__EFFECT_NEXT:
		do_next(s);
		break;
	case SIP__EFFECT_FALLBACK:
		sip__failover_response(tx);
		break;
	default:
		keep_house(s, e);
		break;
	}
}

/* ---- the driver ------------------------------------------------------------------------------------------------------- */

static void trace(const struct sip__step *s, const struct sip__machine *m, unsigned from, bool is_listed)
{
	const struct sip__transaction *tx = s->tx;

	SIP_LOG(sip_loop_log(tx->shard->loop), SIP_LOG_STACK, "transaction", "%s %016llx/%u: %s on %s: %s%s", m->name,
		(unsigned long long)sip__tx_id(tx), tx->attempt, sip__state_name(from), sip__event_name(s->event),
		is_listed ? "" : "unlisted, stays ", sip__state_name(tx->state));
}

void sip__transaction_run(struct sip__transaction *tx, enum sip__event event, struct sip_message *m, struct sip_packet *packet,
			  enum sip_err why)
{
	struct sip_shard *shard = tx->shard;
	const struct sip__machine *machine = shard->machines[tx->machine];
	struct sip__step s;

	s.tx = tx;
	s.delays = &shard->delays;
	s.message = m;
	s.packet = packet;
	s.why = why;
	s.event = event;
	while (s.tx && s.event != SIP__EVENT_NONE) {
		unsigned from = tx->state;
		bool is_listed = sip__machine_step(machine, &s);
		trace(&s, machine, from, is_listed);
		if (!is_listed) {
			sip__count(shard, SIP_M_UNLISTED, 1);
			break;
		}
		for (unsigned i = 0; i < s.count && s.tx; i++)
			perform(&s, &s.effects[i]);
		s.event = s.raised;
	}
	sip_message_unref(&s.message);
	sip_packet_unref(&s.packet);
}

static void on_life(void *arg)
{
	struct sip__transaction *tx = arg;
	enum sip__event event = sip__timer_event(tx->timer);

	MUST_BE(tx, SIP__TX_MAGIC);
	if (event == SIP__EVENT_TIMEOUT && sip__tx_is_client(tx)) {
		sip__count(tx->shard, SIP_M_TRANSACTION_TIMEOUTS, 1);
		if (tx->state == SIP__STATE_TRYING || tx->state == SIP__STATE_TRYING_CANCELLED)
			sip__failover_target_failed(tx, SIP_E_TIMEOUT);
		sip__failover_skip_twin(tx);
		if (tx->state == SIP__STATE_TRYING && sip__failover_has_next(tx))
			event = SIP__EVENT_TIMEOUT_NEXT;
	}
	sip__transaction_run(tx, event, NULL, NULL, event == SIP__EVENT_LINGER_DUE ? SIP_OK : SIP_E_TIMEOUT);
}

static void on_resend(void *arg)
{
	struct sip__transaction *tx = arg;

	MUST_BE(tx, SIP__TX_MAGIC);
	sip__transaction_run(tx, sip__timer_event(tx->work->timer), NULL, NULL, SIP_OK);
}

void sip__transaction_send_failed(struct sip__transaction *tx, struct sip_packet *packet, enum sip_err why)
{
	if (packet && !tx->packet && (tx->state == SIP__STATE_ACCEPTED || tx->rest)) {
		sip_response_rest_free(&tx->rest);
		sip_packet_ref(packet);
		tx->packet = packet;
	}
	sip__count(tx->shard, SIP_M_TRANSPORT_FAILURES, 1);
	sip__failover_target_failed(tx, why);
	sip__transaction_run(tx, failed_event(tx, why), NULL, NULL, why);
}

/* Nothing was heard yet: a transport error (18.4). Something was: it may come by another connection (18.2.2). */
static enum sip__event gone_event(const struct sip__transaction *tx, enum sip_err why)
{
	if (tx->state != SIP__STATE_TRYING && tx->state != SIP__STATE_TRYING_CANCELLED)
		return SIP__EVENT_FLOW_GONE;
	if (tx->is_cancel && !tx->is_by_flow)
		return SIP__EVENT_FLOW_GONE_RETRY;
	return failed_event(tx, why);
}

void sip__transaction_flow_gone(struct sip__transaction *tx, enum sip_err why)
{
	enum sip__event event = gone_event(tx, why);

	if (event != SIP__EVENT_FLOW_GONE && event != SIP__EVENT_FLOW_GONE_RETRY) {
		sip__count(tx->shard, SIP_M_TRANSPORT_FAILURES, 1);
		sip__failover_target_failed(tx, why);
	}
	sip__transaction_run(tx, event, NULL, NULL, why);
}
