/*
 * The door: every message that comes in passes here, on the wire's loop. It is framed, judged
 * (sip_message_check), stamped (RFC 3261 18.2.1, RFC 3581 4) and given to the user; what does
 * not pass is answered without state, or dropped and counted.
 */
#include "stack/transport/transport_priv.h"

/* ---- answers without state --------------------------------------------------------------------------------------- */

/* The same for every repetition of the request (RFC 3261 8.2.7), and nobody else's to guess. */
static struct sip_str answer_tag(const struct sip_wire *w, const struct sip_message *m, char room[16])
{
	const struct sip_via *via = sip_message_via(m, 0);
	const struct sip_cseq *cseq = sip_message_cseq(m);
	struct sip_str call_id = sip_message_call_id(m);
	struct sip_buf b;
	uint64_t h = sip_hash_bytes(&w->key, call_id.p, call_id.len);

	if (via)
		h = sip_hash_mix(h, sip_hash_bytes(&w->key, via->branch.p, via->branch.len));
	h = sip_hash_mix(h, cseq ? cseq->number : 0);
	sip_buf_init_fixed(&b, room, 16);
	sip_buf_put_hex(&b, &h, sizeof h);
	return sip_buf_str(&b);
}

static enum sip_err add_retry_after(struct sip_wire *w, struct sip_message *answer)
{
	uint64_t least = w->o.retry_after_s;
	char room[24];
	struct sip_buf b;

	sip_buf_init_fixed(&b, room, sizeof room);
	sip_buf_put_u64(&b, least + sip_rand_below(sip_loop_rand(w->loop), least + 1));
	return sip_message_set(answer, SIP_HEADER_RETRY_AFTER, sip_buf_str(&b));
}

/* By the flow; a datagram of UDP goes where its Via says (RFC 3261 18.2.2), from where the request came to (RFC 3581 4). */
static enum sip_err send_answer(struct sip_flow *f, const struct sip_message *answer)
{
	const struct sip_via *via = sip_message_via(answer, 0);
	struct sip_packet *packet = NULL;
	struct sip_send *s;
	struct sip_addr to;
	enum sip_err err = sip_message_encode(answer, &packet);

	if (err != SIP_OK)
		return err;
	s = sip_send_create(packet);
	sip_packet_unref(&packet);
	if (!s)
		return SIP_E_NOMEM;
	s->flow = f;
	sip_flow_ref(f);
	if (f->kind == SIP_TRANSPORT_UDP && via && sip_response_addr(via, &to) == SIP_OK &&
	    sip_addr_family(&to) == sip_addr_family(&f->remote)) {
		sip_addr_take_zone(&to, &f->remote);
		s->to = to;
	}
	sip__wire_send(f->wire, s);
	return SIP_OK;
}

static enum sip_err answer(struct sip_flow *f, const struct sip_message *m, unsigned code, const char *reason)
{
	struct sip_wire *w = f->wire;
	struct sip_message *a = NULL;
	char room[16];
	enum sip_err err;

	if (!sip_message_is_request(m) || sip_message_method(m) == SIP_METHOD_ACK || !sip_message_via(m, 0))
		return SIP_E_INVAL;
	err = sip_response_make(m, code, reason, answer_tag(w, m, room), &a);
	if (err == SIP_OK && w->o.server.len)
		err = sip_message_set(a, SIP_HEADER_SERVER, w->o.server);
	if (err == SIP_OK && code == 503)
		err = add_retry_after(w, a);
	if (err == SIP_OK)
		err = send_answer(f, a);
	if (a)
		sip_message_unref(&a);
	return err;
}

static void answer_or_drop(struct sip_flow *f, const struct sip_message *m, unsigned code, const char *reason,
			   enum sip_metric answered, enum sip_metric dropped)
{
	struct sip_wire *w = f->wire;
	enum sip_err err = answer(f, m, code, reason);

	if (err == SIP_OK)
		sip_metric_count(w->cells, answered);
	else
		sip_metric_count(w->cells, err == SIP_E_NOMEM ? SIP_M_DROP_NOMEM : dropped);
}

static void refuse(struct sip_flow *f, const struct sip_message *m)
{
	answer_or_drop(f, m, 503, NULL, SIP_M_ANSWERED_OVERLOAD, SIP_M_DROP_OVERLOAD);
}

/* ---- the stamp on the top Via ------------------------------------------------------------------------------------ */

static bool sent_by_is_source(const struct sip_via *via, const struct sip_addr *source)
{
	struct sip_str host = via->host;
	struct sip_addr a;

	if (host.len > 2 && host.p[0] == '[')
		host = sip_str_make(host.p + 1, host.len - 2);
	if (sip_addr_parse(&a, host, 0) != SIP_OK)
		return false;
	sip_addr_take_zone(&a, source);
	return sip_addr_eq_host(&a, source);
}

/* Nothing is edited when the peer is who it says it is and asks for nothing. */
static enum sip_err stamp(struct sip_message *m, const struct sip_addr *source)
{
	const struct sip_via *via;

	if (!sip_message_is_request(m))
		return SIP_OK;
	via = sip_message_via(m, 0);
	if (!via || (!via->has_rport && !via->received.len && sent_by_is_source(via, source)))
		return SIP_OK;
	return sip_message_stamp(m, source);
}

/* ---- in ---------------------------------------------------------------------------------------------------------- */

static enum sip_congestion_level level_of(const struct sip_wire *w)
{
	return w->o.user.level ? w->o.user.level(w->o.user.arg) : SIP_CONGESTION_NORMAL;
}

/* What is within a dialog passes while only new work is refused. */
static bool is_refused(const struct sip_wire *w, const struct sip_message *m)
{
	enum sip_congestion_level level = level_of(w);
	const struct sip_name_addr *to;

	if (SIP_LIKELY(level == SIP_CONGESTION_NORMAL) || !sip_message_begins_something(m))
		return false;
	if (level == SIP_CONGESTION_REFUSE_MOST)
		return true;
	to = sip_message_name_addr(m, SIP_HEADER_TO, 0);
	return !to || !to->tag.len;
}

static void pass(struct sip_flow *f, struct sip_message **m)
{
	struct sip_wire *w = f->wire;
	bool is_request = sip_message_is_request(*m);
	enum sip_err err;

	sip_message_set_flow(*m, &f->ref);
	err = w->o.user.on_message(w->o.user.arg, *m);
	if (err == SIP_OK) {
		*m = NULL;
		sip_metric_count(w->cells, is_request ? SIP_M_RX_REQUESTS : SIP_M_RX_RESPONSES);
		return;
	}
	refuse(f, *m);
	sip_message_unref(m);
}

/* Where a message ends only Content-Length can say, but for transports that keep its bounds (RFC 3261 18.3, RFC 7118 5). */
static bool needs_length(const struct sip_flow *f)
{
	return sip_transport_kinds[f->kind].is_stream && !sip_transport_kinds[f->kind].is_web;
}

/* Who connected to us and listens elsewhere may be found by this connection. */
static void note_alias(struct sip_flow *f, const struct sip_message *m)
{
	if (f->kind == SIP_TRANSPORT_TLS && sip_message_is_request(m))
		sip__connection_table_alias(sip__connection_of(f), sip_message_via(m, 0));
}

static void drop_malformed(struct sip_flow *f, const char *reason)
{
	struct sip_wire *w = f->wire;

	sip_metric_count(w->cells, SIP_M_DROP_MALFORMED);
	sip__guard_offence(w->guard, &f->remote, SIP__OFFENCE_MALFORMED, sip__guard_is_proof(f->kind));
	SIP_LOG(w->log, SIP_LOG_DEBUG, "transport", "a message was dropped: %s", reason);
}

static void enter(struct sip_flow *f, struct sip_message **m)
{
	struct sip_wire *w = f->wire;
	struct sip_check check;

	sip_message_set_source(*m, &f->remote, (enum sip_transport_kind)f->kind);
	sip_message_check(*m, needs_length(f), &check);
	if (check.verdict == SIP_DROP) {
		drop_malformed(f, check.reason);
	} else if (stamp(*m, &f->remote) != SIP_OK) {
		sip_metric_count(w->cells, SIP_M_DROP_NOMEM);
	} else if (check.verdict == SIP_ANSWER) {
		answer_or_drop(f, *m, check.code, check.reason, SIP_M_ANSWERED_INVALID, SIP_M_DROP_MALFORMED);
	} else {
		note_alias(f, *m);
		pass(f, m);
		return;
	}
	sip_message_unref(m);
}

static void turn_away(struct sip_flow *f, struct sip_message **m)
{
	sip_message_set_source(*m, &f->remote, (enum sip_transport_kind)f->kind);
	if (stamp(*m, &f->remote) == SIP_OK)
		refuse(f, *m);
	else
		sip_metric_count(f->wire->cells, SIP_M_DROP_NOMEM);
	sip_message_unref(m);
}

static void judge(struct sip_flow *f, struct sip_message **m)
{
	if (sip__guard_is_scanner(f->wire->guard, f, *m))
		sip_message_unref(m);
	else if (is_refused(f->wire, *m))
		turn_away(f, m);
	else
		enter(f, m);
}

static void count_received(const struct sip__endpoint *e)
{
	const struct sip_transport *t = e->transport;

	sip_metric_count(e->wire->cells, t->o.net ? SIP_M_RX_MEMORY
			 : sip_transport_kinds[t->o.kind].is_stream ? SIP_M_RX_TCP : SIP_M_RX_UDP);
}

void sip__door_message(struct sip_flow *f, struct sip_message **m)
{
	count_received(f->endpoint);
	if (!sip__guard_admits_message(f->wire->guard, f)) {
		sip_message_unref(m);
		return;
	}
	/* What a ban keeps out fills no capture, as over UDP. */
	if (SIP_UNLIKELY(f->wire->taps))
		sip__tap_message(f, *m);
	judge(f, m);
}

/* The check names what the framer has found. Who cannot frame on a stream has offended by that already. */
static void refuse_unframeable(struct sip_flow *f, struct sip_message **m)
{
	struct sip_check check;

	sip_message_set_source(*m, &f->remote, (enum sip_transport_kind)f->kind);
	sip_message_check(*m, needs_length(f), &check);
	if (check.verdict != SIP_ANSWER && needs_length(f))
		sip_metric_count(f->wire->cells, SIP_M_DROP_MALFORMED);
	else if (check.verdict != SIP_ANSWER)
		drop_malformed(f, check.reason);
	else if (stamp(*m, &f->remote) == SIP_OK)
		answer_or_drop(f, *m, check.code, check.reason, SIP_M_ANSWERED_INVALID, SIP_M_DROP_MALFORMED);
	else
		sip_metric_count(f->wire->cells, SIP_M_DROP_NOMEM);
	sip_message_unref(m);
}

void sip__door_unframeable(struct sip_flow *f, struct sip_message **m)
{
	count_received(f->endpoint);
	if (!sip__guard_admits_message(f->wire->guard, f)) {
		sip_message_unref(m);
		return;
	}
	if (SIP_UNLIKELY(f->wire->taps))
		sip__tap_message(f, *m);
	refuse_unframeable(f, m);
}

static void datagram_heard(struct sip_flow *f)
{
	sip__flow_heard(f);
	sip__datagram_used(f);
	if (f->state == SIP_FLOW_SUSPECT)
		sip__flow_step(f, SIP__FLOW_ON_HEARD, SIP_OK);
}

static void datagram_message(struct sip__endpoint *e, struct sip_flow *f, struct sip_message **m, enum sip_err err)
{
	if (!f) {
		sip_metric_count(e->wire->cells, SIP_M_DROP_NOMEM);
		sip_message_unref(m);
		return;
	}
	sip_flow_ref(f);
	count_received(e);
	if (err != SIP_OK) {
		refuse_unframeable(f, m);
	} else {
		datagram_heard(f);
		judge(f, m);
	}
	sip_flow_unref(&f);
}

/* RFC 5626 8. The asker is remembered no more than before: there is a flow, or there is none. */
static enum sip_err answer_stun(struct sip__endpoint *e, struct sip_flow *f, struct sip_str bytes, const struct sip_addr *source,
				const struct sip_addr *local)
{
	unsigned char room[SIP__STUN_ANSWER_LEN];
	size_t len = sip__stun_answer(bytes, source, room);
	struct sip_packet *packet = len ? sip_packet_copy(room, len) : NULL;
	struct sip_send *s = packet ? sip_send_create(packet) : NULL;

	sip_packet_unref(&packet);
	if (!s)
		return len ? SIP_E_NOMEM : SIP_E_SYNTAX;
	if (f) {
		s->flow = f;
		sip_flow_ref(f);
	} else {
		s->transport = e->transport;
		sip_transport_ref(s->transport);
		s->to = *source;
		s->from = *local;
	}
	sip__wire_send(e->wire, s);
	return SIP_OK;
}

/* A flow of DTLS is a connection, and that of one process alone. */
static bool give_keepalive(struct sip__endpoint *e, const struct sip_flow *f, struct sip_str bytes, const struct sip_addr *source,
			   const struct sip_addr *local)
{
	return !(e->dtls && f) && sip__give_away(e, bytes, source, local);
}

static void datagram_stun(struct sip__endpoint *e, struct sip_str bytes, const struct sip_addr *source, const struct sip_addr *local)
{
	struct sip_flow *f = sip__datagram_find(e, source, local);
	enum sip_err err = SIP_E_SYNTAX;

	if (f) {
		sip_flow_ref(f);
		datagram_heard(f);
	}
	/* Who takes over answers, and hears so of flows it expects to be kept alive. */
	if ((f && sip__flow_on_stun(f, bytes)) || give_keepalive(e, f, bytes, source, local))
		err = SIP_OK;
	else if (sip__stun_kind(bytes) == SIP__STUN_REQUEST)
		err = answer_stun(e, f, bytes, source, local);
	sip_flow_unref(&f);
	sip_metric_count(e->wire->cells, err == SIP_OK ? SIP_M_RX_KEEPALIVE
			 : err == SIP_E_NOMEM ? SIP_M_DROP_NOMEM : SIP_M_DROP_MALFORMED);
}

static void datagram_line_end(struct sip__endpoint *e, struct sip_str bytes, const struct sip_addr *source, const struct sip_addr *local)
{
	struct sip_flow *f = sip__datagram_find(e, source, local);

	if (f)
		datagram_heard(f);
	(void)give_keepalive(e, f, bytes, source, local);
	sip_metric_count(e->wire->cells, SIP_M_RX_KEEPALIVE);
}

static void datagram_frame(struct sip__endpoint *e, struct sip_packet *packet, const struct sip_addr *source,
			   const struct sip_addr *local)
{
	struct sip_wire *w = e->wire;
	struct sip_message *m = NULL;
	enum sip_err err = SIP_OK;

	switch (sip_frame_datagram(packet, &w->o.limits, &m, &err)) {
	case SIP_FRAME_MESSAGE:
		datagram_message(e, sip__datagram_flow(e, source, local), &m, SIP_OK);
		return;
	case SIP_FRAME_PING:
	case SIP_FRAME_PONG:
		/* Only a stream answers with a pong; over UDP that is STUN's task (RFC 5626 3.5). */
		datagram_line_end(e, sip_str_make(sip_packet_bytes(packet), sip_packet_len(packet)), source, local);
		return;
	case SIP_FRAME_UNFRAMEABLE:
		if (m) {
			datagram_message(e, sip__datagram_flow(e, source, local), &m,
					 err == SIP_OK ? SIP_E_SYNTAX : err);
			return;
		}
		break;
	case SIP_FRAME_MORE:
		break;
	}
	sip_metric_count(w->cells, err == SIP_E_NOMEM ? SIP_M_DROP_NOMEM : SIP_M_DROP_MALFORMED);
	if (err != SIP_E_NOMEM)
		sip__guard_offence(w->guard, source, SIP__OFFENCE_MALFORMED, e->dtls != NULL);
}

static bool is_stun(struct sip__endpoint *e, const struct sip_packet *packet, const struct sip_addr *source, const struct sip_addr *local)
{
	struct sip_str bytes = sip_str_make(sip_packet_bytes(packet), sip_packet_len(packet));

	if (SIP_LIKELY(!sip__stun_is(bytes)))
		return false;
	datagram_stun(e, bytes, source, local);
	return true;
}

void sip__door_datagram(struct sip__endpoint *e, struct sip_packet *packet, const struct sip_addr *source,
			const struct sip_addr *local)
{
	if (is_stun(e, packet, source, local))
		return;
	if (SIP_UNLIKELY(e->wire->taps))
		sip__tap_datagram(e, packet, source, local);
	datagram_frame(e, packet, source, local);
}

void sip__door_taken(struct sip__endpoint *e, struct sip_packet *packet, const struct sip_addr *source,
		     const struct sip_addr *local)
{
	if (!is_stun(e, packet, source, local))
		datagram_frame(e, packet, source, local);
}
