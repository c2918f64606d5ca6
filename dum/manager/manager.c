/*
 * A manager's life: made on a stack of its own or a lent one, started, shut down, destroyed. Owns all that is in struct dum.
 */
#include "dum/manager/manager_priv.h"

#define PORT_TRIES 10

void dum_options_init(struct dum_options *o)
{
	memset(o, 0, sizeof *o);
	o->layout = SIP_LAYOUT_DEDICATED;
	o->listen = "0.0.0.0:5060";
	o->t1_ms = 500;
	o->is_congestion_on = true;
	o->name = "dum";
	o->handles_max = 4000000;
	o->queue_max = 50000;
}

/* ---- a stack of its own --------------------------------------------------------------------------------------------------- */

static enum sip_err add_transport(struct dum *d, struct sip_transport_options *to, struct sip_addr *bind, struct sip_transport **out)
{
	enum sip_err err;

	to->bind = *bind;
	err = sip_stack_add_transport(d->stack, to, out);
	if (err == SIP_OK)
		*bind = *sip_transport_bound(*out);
	return err;
}

static enum sip_err add_kind(struct dum *d, enum sip_transport_kind kind, struct sip_addr *bind, struct sip_transport **out)
{
	struct sip_transport_options to;

	sip_transport_options_init(&to, kind);
	return add_transport(d, &to, bind, out);
}

static enum sip_err make_stack(struct dum *d, const struct dum_options *o)
{
	struct sip_stack_options so;

	sip_stack_options_init(&so);
	so.layout = o->layout;
	so.t1_ms = o->t1_ms;
	so.is_congestion_on = o->is_congestion_on;
	so.add_rport = dum_profile_flag(d->profile, DUM_PROFILE_RPORT);
	d->has_stack = true;
	return sip_stack_create(&so, &d->stack);
}

static enum sip_err add_both(struct dum *d, struct sip_addr bind, struct sip_transport **tcp)
{
	struct sip_transport *udp; /* lent by the stack */
	enum sip_err err = add_kind(d, SIP_TRANSPORT_UDP, &bind, &udp);

	if (err != SIP_OK)
		return err;
	err = add_kind(d, SIP_TRANSPORT_TCP, &bind, tcp);
	if (err != SIP_OK) {
		enum sip_err removed = sip_stack_remove_transport(d->stack, udp);
		if (removed != SIP_OK)
			return removed;
	}
	return err;
}

static enum sip_err add_ws(struct dum *d, enum sip_transport_kind kind, struct sip_transport *beside, struct sip_tls_context *tls)
{
	struct sip_transport_options to;
	struct sip_transport *ws; /* lent by the stack */
	struct sip_addr bind = *sip_transport_bound(beside);

	sip_transport_options_init(&to, kind);
	to.beside = beside;
	to.tls = tls;
	return add_transport(d, &to, &bind, &ws);
}

static enum sip_err listen_tls_at(struct dum *d, const struct dum_options *o, struct sip_transport **tls)
{
	struct sip_transport_options to;
	struct sip_addr bind;
	enum sip_err err = sip_addr_parse_port(&bind, sip_str_of(o->listen_tls), 5061);

	if (err != SIP_OK || !o->tls)
		return err != SIP_OK ? err : SIP_E_INVAL;
	sip_transport_options_init(&to, SIP_TRANSPORT_TLS);
	to.tls = o->tls;
	err = add_transport(d, &to, &bind, tls);
	return err == SIP_OK && o->has_ws ? add_ws(d, SIP_TRANSPORT_WSS, *tls, o->tls) : err;
}

/* On the port of TLS, when it may choose: there who finds a message too large for a datagram tries TLS (RFC 3261 18.1.1). */
static enum sip_err listen_dtls_at(struct dum *d, const struct dum_options *o, struct sip_transport *tls)
{
	struct sip_transport_options to;
	struct sip_transport *dtls; /* lent by the stack */
	struct sip_addr bind;
	enum sip_err err = sip_addr_parse_port(&bind, sip_str_of(o->listen_dtls), 5061);
	bool may_choose = err == SIP_OK && sip_addr_port(&bind) == 0;

	if (err != SIP_OK || !o->dtls)
		return err != SIP_OK ? err : SIP_E_INVAL;
	sip_transport_options_init(&to, SIP_TRANSPORT_DTLS);
	to.tls = o->dtls;
	if (may_choose && tls)
		sip_addr_set_port(&bind, sip_addr_port(sip_transport_bound(tls)));
	err = add_transport(d, &to, &bind, &dtls);
	if (err != SIP_E_INUSE || !may_choose)
		return err;
	sip_addr_set_port(&bind, 0);
	return add_transport(d, &to, &bind, &dtls);
}

/*
 * After the user, so that whoever comes first is heard. UDP and TCP on one port: what the kernel chooses for the one may be taken
 * for the other.
 */
static enum sip_err listen_at(struct dum *d, const struct dum_options *o)
{
	struct sip_transport *tcp = NULL, *tls = NULL;
	struct sip_addr bind;
	enum sip_err err = sip_addr_parse_port(&bind, sip_str_of(o->listen), 5060);

	if (err == SIP_OK)
		err = add_both(d, bind, &tcp);
	for (unsigned i = 0; i < PORT_TRIES && err == SIP_E_INUSE && sip_addr_port(&bind) == 0; i++)
		err = add_both(d, bind, &tcp);
	if (err == SIP_OK && o->has_ws)
		err = add_ws(d, SIP_TRANSPORT_WS, tcp, NULL);
	if (err == SIP_OK && o->listen_tls)
		err = listen_tls_at(d, o, &tls);
	return err == SIP_OK && o->listen_dtls ? listen_dtls_at(d, o, tls) : err;
}

/* ---- its parts -------------------------------------------------------------------------------------------------------------- */

static enum sip_err make_pulled(struct dum *d, const struct dum_options *o)
{
	struct sip_fifo_options fo = { .name = "events", .max = o->queue_max };
	enum sip_err err = sip_fifo_init(&d->pulled, NULL, &fo);

	d->has_pulled = err == SIP_OK;
	return err;
}

static enum sip_err make_user(struct dum *d, const struct dum_options *o)
{
	struct sip_user_options uo;
	struct sip_fifo_options fo = { .name = "deeds", .max = o->queue_max, .fn = dum_deed_on_node, .arg = d };
	enum sip_err err;

	sip_user_options_init(&uo);
	uo.name = o->name;
	uo.on_event = dum_core_on_event;
	uo.arg = d;
	uo.loop = o->loop;
	uo.wants_strays = true;
	uo.wants_ended = true;
	uo.wants_flows = true;
	err = sip_stack_add_user(d->stack, &uo, &d->user);
	if (err != SIP_OK)
		return err;
	/* The last thing that can fail on a lent stack, which would not take the user back. */
	d->loop = sip_user_loop(d->user);
	sip_rand_fill(sip_loop_rand(d->loop), &d->key, sizeof d->key);
	MUST(sip_fifo_init(&d->deeds, d->loop, &fo) == SIP_OK);
	d->has_deeds = true;
	return SIP_OK;
}

static enum sip_err make_parts(struct dum *d, const struct dum_options *o)
{
	enum sip_err err = dum_handles_create(o->handles_max, &d->handles);

	if (err == SIP_OK)
		err = sip_digest_hash_create(&d->hash);
	if (err == SIP_OK && o->profile)
		dum_profile_ref(d->profile = o->profile);
	else if (err == SIP_OK)
		err = dum_profile_create(NULL, &d->profile);
	if (err == SIP_OK && !o->stack)
		err = make_stack(d, o);
	if (err == SIP_OK) {
		d->t1_us = SIP_MS(sip_stack_t1_ms(d->stack));
		d->t2_us = SIP_MS(sip_stack_t2_ms(d->stack));
	}
	if (err == SIP_OK)
		err = make_pulled(d, o);
	if (err == SIP_OK)
		err = make_user(d, o);
	if (err == SIP_OK && d->has_stack)
		err = listen_at(d, o);
	return err;
}

static const struct dum_core_user up = {
	.on_request = dum__manager_on_request,
	.on_ack = dum__manager_on_ack,
	.on_stray = dum__manager_on_stray,
	.on_flow_gone = dum_register_on_flow_gone,
};

enum sip_err dum_create(const struct dum_options *o, struct dum **out)
{
	struct dum *d = sip_alloc_zero(sizeof *d);
	enum sip_err err;

	if (!d)
		return SIP_E_NOMEM;
	d->magic = DUM_MAGIC;
	d->stack = o->stack;
	d->up = &up;
	d->handlers = o->handlers;
	d->is_pull = o->is_pull;
	sip_hash_init(&d->sets, 0);
	sip_hash_init(&d->incoming, 0);
	sip_list_init(&d->kept_flows);
	sip_hash_init(&d->lines, 0);
	sip_hash_init(&d->seen, 0);
	sip_list_init(&d->seen_list);
	sip_list_init(&d->set_list);
	sip_list_init(&d->dying);
	sip_fifo_batch_init(&d->taken);
	err = make_parts(d, o);
	if (err != SIP_OK) {
		dum_destroy(&d);
		return err;
	}
	d->data = o->data;
	d->destroy_data = o->destroy_data;
	*out = d;
	return SIP_OK;
}

enum sip_err dum_start(struct dum *d)
{
	MUST_BE(d, DUM_MAGIC);
	return d->has_stack ? sip_stack_start(d->stack) : SIP_OK;
}

static bool release_one(void *arg, struct sip_hash_node *node)
{
	struct dum_incoming *in = SIP_CONTAINER(node, struct dum_incoming, node);

	(void)arg;
	dum_incoming_release(&in);
	return true;
}

/* Nobody turns the loop any more: what is left ends here. */
static void end_everything(struct dum *d)
{
	if (!d->user)
		return;
	dum_core_enter(d);
	while (!sip_list_is_empty(&d->set_list))
		dum_set_stop(SIP_CONTAINER(d->set_list.next, struct dum_set, all));
	sip_hash_walk(&d->incoming, release_one, d);
	dum_core_leave(d);
	if (d->has_deeds)
		sip_fifo_fini(&d->deeds, dum_deed_discard);
	if (d->has_pulled) {
		for (struct sip_fifo_node *n; (n = sip_fifo_batch_pop(&d->taken));)
			dum_event_discard(d, n);
		sip_fifo_close(&d->pulled);
		sip_fifo_fini(&d->pulled, dum_event_discard);
	}
}

void dum_destroy(struct dum **dp)
{
	struct dum *d = *dp;

	*dp = NULL;
	if (!d)
		return;
	MUST_BE(d, DUM_MAGIC);
	MUST(!d->loop || !sip_loop_is_mine(d->loop) || d->depth == 0); /* not from a call-back */
	if (d->stack && d->user)
		sip_stack_stop(d->stack);
	end_everything(d);
	if (d->has_stack)
		sip_stack_destroy(&d->stack);
	sip_hash_fini(&d->sets);
	sip_hash_fini(&d->incoming);
	sip_hash_fini(&d->lines);
	dum__merged_fini(d);
	dum_handles_destroy(&d->handles);
	sip_nonces_unref(&d->nonces);
	dum_profile_unref(&d->profile);
	sip_digest_hash_destroy(&d->hash);
	if (d->destroy_data)
		d->destroy_data(d->data);
	d->magic = 0;
	sip_free(d);
}

/* ---- shutting down ------------------------------------------------------------------------------------------------------------ */

static void tell_if_down(struct dum *d)
{
	struct dum_event e = { .kind = DUM_EVENT_SHUTDOWN };

	if (!d->is_shutting_down || d->is_down || !sip_list_is_empty(&d->set_list) || d->incoming.count)
		return;
	d->is_down = true;
	dum_event_tell(d, &e);
}

static enum sip_err do_shutdown(struct dum *d, const struct dum_deed *a)
{
	enum sip_err err;

	(void)a;
	d->is_shutting_down = true;
	d->on_rest = tell_if_down;
	/* Each goes to the end of the list and is asked; call-backs may end any of them meanwhile. */
	for (size_t n = d->sets.count; n && !sip_list_is_empty(&d->set_list); n--) {
		struct sip_list *node = sip_list_pop(&d->set_list);
		sip_list_add_tail(&d->set_list, node);
		err = dum_set_end(SIP_CONTAINER(node, struct dum_set, all), sip_str_make(NULL, 0));
		(void)err; /* in a state of its own: it ends by its timers */
	}
	return SIP_OK;
}

enum sip_err dum_shutdown(struct dum *d)
{
	struct dum_deed a = { .fn = do_shutdown };

	return dum_deed_do(d, &a);
}
